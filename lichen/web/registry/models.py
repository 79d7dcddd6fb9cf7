"""What the network consists of. Nothing is deleted: things end on a day, and every change leaves a row."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

#: Of HJ 212, that devices speak.
EDITIONS = [("2005", "HJ/T 212-2005"), ("2017", "HJ 212-2017"), ("2025", "HJ 212-2025")]


def _forward(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name=name
    )


class Kind(models.TextChoices):
    """What an organisation is to the bureau."""

    CITY_BUREAU = "city_bureau", _("city bureau")
    DISTRICT_BUREAU = "district_bureau", _("district bureau")
    COMPANY = "company", _("discharging unit")
    LABORATORY = "laboratory", _("monitoring institution")


class Organisation(models.Model):
    """A bureau, company or monitoring institution (单位). `city` empty = any city."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    valid_from = models.DateTimeField(_("registered from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("registered until"), null=True, blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=Kind.DISTRICT_BUREAU) | ~Q(district=""), name="district_bureau_has_district"
            ),
            _forward("organisation_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name_zh


class District(models.Model):
    """A district or county (区县) of a city, by the name that points and organisations carry."""

    code = models.CharField(
        _("administrative code"), max_length=6, unique=True, validators=[RegexValidator(r"^[1-9][0-9]{5}$")]
    )
    city = models.CharField(_("city"), max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    valid_from = models.DateTimeField(_("registered from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("registered until"), null=True, blank=True)

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ("code",)
        constraints = [
            _forward("district_ends_after_start"),
            models.UniqueConstraint(
                fields=("city", "name_zh"), condition=Q(valid_until=None), name="district_one_name_in_a_city"
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Point(models.Model):
    """A monitoring point (监测点位): a place where an element is measured, from one day to another."""

    code = models.CharField(_("point code"), max_length=40, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    element = models.CharField(_("element"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    city = models.CharField(_("city"), max_length=40)
    district = models.CharField(_("district"), max_length=40, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    valid_from = models.DateTimeField(_("in service from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("in service until"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    owner = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="owned", verbose_name=_("owner")
    )
    operator = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="operated", verbose_name=_("operator")
    )

    class Meta:
        verbose_name = _("monitoring point")
        verbose_name_plural = _("monitoring points")
        ordering = ("code",)
        constraints = [
            _forward("point_ends_after_start"),
            models.CheckConstraint(
                condition=(Q(lon=None) & Q(lat=None))
                | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90, lon__isnull=False, lat__isnull=False),
                name="point_position_whole",
            ),
        ]
        indexes = [models.Index(fields=("element", "city", "district"), name="point_element_place")]

    def __str__(self) -> str:
        return f"{self.name_zh} ({self.code})"


class Device(models.Model):
    """A data logger (数采仪): one MN of HJ 212, what it speaks and how it proves itself."""

    mn = models.CharField("MN", max_length=24, unique=True)
    edition = models.CharField(_("HJ 212 edition"), max_length=4, default="2017", choices=EDITIONS)
    st = models.CharField(_("system code (ST)"), max_length=5, default="22")
    password = models.CharField(_("password (PW)"), max_length=20, blank=True)
    key = models.CharField(_("SM4 key"), max_length=16, blank=True)
    previous_key = models.CharField(_("previous SM4 key"), max_length=16, blank=True)
    minute_interval = models.PositiveSmallIntegerField(_("minute data interval [min]"), default=5)
    realtime_interval = models.PositiveIntegerField(_("real-time data interval [s]"), default=60)
    enabled = models.BooleanField(_("enabled"), default=True)
    units = models.JSONField(_("units as sent"), default=dict, blank=True)
    aliases = models.JSONField(_("factor codes as sent"), default=dict, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("mn",)
        constraints = [
            models.CheckConstraint(condition=Q(minute_interval__gte=1, minute_interval__lte=60),
                                   name="device_minute_interval"),
            models.CheckConstraint(condition=Q(realtime_interval__gte=1), name="device_realtime_interval"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.mn


class Binding(models.Model):
    """A device sends for a point between two instants (from inclusive, until exclusive); never for two at once."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="bindings", verbose_name=_("device"))
    point = models.ForeignKey(Point, models.PROTECT, related_name="bindings", verbose_name=_("monitoring point"))
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")
        ordering = ("device_id", F("valid_from").asc(nulls_first=True))
        constraints = [
            _forward("binding_ends_after_start"),
            # The one-number range stands for "device =": equality needs the extension btree_gist, which a
            # PostgreSQL from a wheel does not bring.
            ExclusionConstraint(
                name="binding_one_point_at_a_time",
                expressions=[
                    (Func(F("device"), F("device"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("valid_from"), F("valid_until"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device} → {self.point}"


class Instrument(models.Model):
    """An analyser (分析仪器) that measures one parameter at a point from one day to another."""

    point = models.ForeignKey(Point, models.PROTECT, related_name="instruments", verbose_name=_("monitoring point"))
    parameter = models.CharField(_("parameter"), max_length=40)
    manufacturer = models.CharField(_("manufacturer"), max_length=120, blank=True)
    model = models.CharField(_("model"), max_length=120)
    serial = models.CharField(_("serial number"), max_length=80)
    method = models.CharField(_("method"), max_length=200, blank=True)
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        ordering = ("point_id", "parameter", "-valid_from")
        constraints = [
            _forward("instrument_ends_after_start"),
            models.UniqueConstraint(
                fields=("point", "parameter"), condition=Q(valid_until=None), name="instrument_one_in_service"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.serial}"
