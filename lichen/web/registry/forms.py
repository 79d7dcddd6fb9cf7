"""Forms of the registry. The import of sheets checks its rows by the same forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.elements.descriptor import Element
from lichen.vocab.parameters import PARAMETERS
from lichen.web.registry.attributes import FurtherField, OptionField, further, history_of, name_of
from lichen.web.registry.models import EDITIONS, Device, District, Instrument, Organisation, Point
from lichen.web.registry.places import doubt

#: China's land and sea [degree]; a longitude and a latitude that were swapped fall outside.
LON, LAT = (73.0, 136.0), (3.0, 54.0)
#: Of more options than this the numbers that nobody has said are folded away.
MOST_OPTIONS = 12


class _Moment(forms.DateTimeField):
    """A moment in Beijing time."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


class _Why(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), min_length=5, max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("At least 5 characters; sealed with your name. Do not write a password here."),
    )  # fmt: skip


class ClaimForm(forms.Form):
    """What an officer says about a device that sends and is not registered."""

    point = forms.ModelChoiceField(Point.objects.filter(valid_until=None), label=_("Monitoring point"))
    edition = forms.ChoiceField(choices=EDITIONS, label=_("HJ 212 edition"))
    st = forms.RegexField(r"^[0-9A-Z]{2}$", label=_("System code (ST)"), max_length=2)
    password = forms.CharField(
        label=_("Password (PW)"),
        max_length=20,
        required=False,
        help_text=_("As set in the device. Without one, whoever knows the MN can send in its name."),
    )
    reason = forms.CharField(
        label=_("Reason"), min_length=5, max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("At least 5 characters; sealed with your name. Do not write the password here."),
    )  # fmt: skip


def _elements() -> list[tuple[str, str]]:
    english = get_language() == "en"
    return [(element.slug, element.name_en if english else element.name_zh) for element in ELEMENTS]


def _kinds(element: Element | None) -> list[tuple[str, str]]:
    at = 1 if get_language() == "en" else 0
    return [
        (kind, names[at]) for one in ([element] if element else ELEMENTS) for kind, names in one.point_kinds.items()
    ]


def _parameters() -> list[tuple[str, str]]:
    measured = {slug for element in ELEMENTS for slug in element.parameters}
    return [(slug, slug) for slug in PARAMETERS if slug in measured]


class PointForm(forms.ModelForm):  # type: ignore[type-arg]
    """A monitoring point of an element: that of the point, else the one that is said or asked for, else the first.

    What the element asks of its points (`lichen.elements.descriptor.Option`) and further attributes are fields of their
    own; `cleaned_data` holds them together as ``attributes``.
    """

    element = forms.ChoiceField(label=_("element"), choices=_elements, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("kind"))
    lon = forms.FloatField(
        label=_("longitude"), required=False, validators=[MinValueValidator(LON[0]), MaxValueValidator(LON[1])],
        help_text=_("Degrees east, 73 to 136, WGS 84 or CGCS2000; for instance 104.7786."),
    )  # fmt: skip
    lat = forms.FloatField(
        label=_("latitude"), required=False, validators=[MinValueValidator(LAT[0]), MaxValueValidator(LAT[1])],
        help_text=_("Degrees north, 3 to 54; for instance 29.3392."),
    )  # fmt: skip
    valid_from = _Moment(label=_("in service from"), required=False)

    class Meta:
        model = Point
        fields = ("code", "name_zh", "name_en", "element", "kind", "city", "district", "lon", "lat", "valid_from",
                  "owner", "operator")  # fmt: skip

    def __init__(self, data: Any = None, *, initial: Any = None, instance: Point | None = None) -> None:
        asked = (data or {}).get("element") or (initial or {}).get("element") or ELEMENTS[0].slug
        slug = instance.element if instance is not None else asked
        attributes = instance.attributes if instance is not None else {}
        self.of = ELEMENT_BY_SLUG.get(slug)
        super().__init__(data, initial={**(initial or {}), "element": slug}, instance=instance)
        self.fields["element"].disabled = instance is not None
        self.fields["kind"].choices = _kinds(self.of)  # type: ignore[attr-defined]
        if self.of is None:
            return
        for option in self.of.options:
            self.fields[name_of(option)] = OptionField(option)
            self.initial[name_of(option)] = history_of(attributes.get(option.slug))
        self.fields["further"] = FurtherField(self.of)
        self.initial["further"] = list(further(attributes, self.of).items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._gather(data)
        for one, other in (("lon", "lat"), ("lat", "lon")):
            if data.get(one) is None and data.get(other) is not None and one not in self.errors:
                self.add_error(one, forms.ValidationError(_("A position needs both numbers."), code="half"))
        city, district = data.get("city"), data.get("district")
        known = District.objects.filter(city=city, valid_until=None)
        if district and known.exists() and not known.filter(name_zh=district).exists():
            names = "、".join(known.values_list("name_zh", flat=True))
            self.add_error("district", forms.ValidationError(
                _("%(city)s has the districts %(names)s."), code="district", params={"city": city, "names": names}
            ))  # fmt: skip
        return data

    def _gather(self, data: dict[str, Any]) -> None:
        """Put the options and further attributes together."""
        if self.of is None:
            return
        attributes = data.pop("further", {})
        for option in self.of.options:
            value = data.pop(name_of(option), None)
            if value is not None:
                attributes[option.slug] = value
        data["attributes"] = attributes

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that every point has."""
        return [self[name] for name in self.fields if name in PointForm.Meta.fields and name != "element"]

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """What the element asks: choices, numbers that somebody has said, and all of them where there are few."""
        asked = [self[name_of(option)] for option in self.of.options] if self.of else []
        return asked if len(asked) <= MOST_OPTIONS else [field for field in asked if self._is_open(field)]

    @property
    def folded_fields(self) -> list[forms.BoundField]:
        """The rest of what the element asks."""
        opened = {field.name for field in self.option_fields}
        return [self[name_of(one)] for one in self.of.options if name_of(one) not in opened] if self.of else []

    def _is_open(self, field: forms.BoundField) -> bool:
        option = getattr(field.field, "option", None)
        return option is not None and (not option.is_number or bool(field.errors) or any(map(any, field.value() or [])))

    @property
    def doubt(self) -> str:
        """What somebody should look at although it is no mistake; call it after `is_valid`."""
        said = self.cleaned_data
        return doubt(said.get("city", ""), said.get("district", ""), said.get("lon"), said.get("lat"))


class DeviceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A data logger; empty secrets of a registered one stay as they are."""

    mn = forms.RegexField(
        r"^[0-9A-Za-z]{1,24}$", label="MN", help_text=_("As set in the device: up to 24 digits and letters.")
    )
    st = forms.RegexField(r"^[0-9A-Z]{2}$", label=_("System code (ST)"), max_length=2, initial="22")
    password = forms.CharField(
        label=_("Password (PW)"), max_length=20, required=False, widget=forms.PasswordInput({"autocomplete": "off"})
    )
    key = forms.RegexField(
        r"^[ -~]{16}$", label=_("SM4 key"), required=False, widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("16 characters; HJ 212-2025 only."),
    )  # fmt: skip

    class Meta:
        model = Device
        fields = ("mn", "edition", "st", "password", "key", "minute_interval", "realtime_interval", "enabled")

    def clean_minute_interval(self) -> int:
        minutes: int = self.cleaned_data["minute_interval"]
        if not 1 <= minutes <= 60:
            raise forms.ValidationError(_("From 1 to 60 minutes."), code="range")
        return minutes


class NewDeviceForm(DeviceForm):
    """A device and the point it sends for from a moment on."""

    point = forms.ModelChoiceField(
        Point.objects.filter(valid_until=None), to_field_name="code", label=_("Monitoring point")
    )
    valid_from = _Moment(label=_("bound from"), required=False, help_text=_("Empty: since ever."))


class InstrumentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An analyser at a point."""

    parameter = forms.ChoiceField(label=_("parameter"), choices=_parameters)
    valid_from = _Moment(label=_("from"), required=False)

    class Meta:
        model = Instrument
        fields = ("point", "parameter", "manufacturer", "model", "serial", "method", "valid_from")


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A bureau, company or monitoring institution."""

    valid_from = _Moment(label=_("registered from"), required=False)

    class Meta:
        model = Organisation
        fields = ("code", "name_zh", "name_en", "kind", "city", "district", "valid_from")


class DistrictForm(forms.ModelForm):  # type: ignore[type-arg]
    """A district of a city."""

    valid_from = _Moment(label=_("registered from"), required=False)

    class Meta:
        model = District
        fields = ("code", "city", "name_zh", "name_en", "valid_from")


class EndForm(_Why):
    """From when on something is no more."""

    at = _Moment(label=_("ends at"))
    field_order = ("at", "reason")


class MoveForm(_Why):
    """To which point a device moves, and when."""

    point = forms.ModelChoiceField(Point.objects.filter(valid_until=None), label=_("Monitoring point"))
    at = _Moment(label=_("sends for it from"))
    field_order = ("point", "at", "reason")


class WhyForm(_Why):
    """Why; beside the form of a thing."""
