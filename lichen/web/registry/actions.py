"""What can be done to the registry. Each action: permission, one transaction, an act; then it is published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from lichen.vocab import registry as words
from lichen.vocab.clock import from_ms
from lichen.web.accounts.access import Reader, require_people_keeper, require_registry_keeper
from lichen.web.accounts.models import User
from lichen.web.acts.sealing import record
from lichen.web.registry import snapshot
from lichen.web.registry.models import Binding, Device, District, Instrument, Organisation, Point

#: Never in an act: acts are public.
_SECRETS = {"password", "key", "previous_key"}
_SECRET = "changed"

#: What `change` changes.
Registered = Point | Device | Instrument | Organisation | District


def register_point(user: Reader, *, reason: str = "", **fields: Any) -> Point:
    """Register a point; `fields` are those of `lichen.web.registry.models.Point`.

    Raises
    ------
    PermissionDenied
    ValidationError
        Which field is wrong and why.
    """
    by = require_registry_keeper(user, fields.get("city", ""))
    with transaction.atomic():
        point = Point(**fields)
        point.full_clean()
        point.save()
        attributes = fields.pop("attributes", {})
        _changed("point.register", point.code, by, reason, {**fields, **attributes})
    return point


def register_device(
    user: Reader, point: Point, *, valid_from: datetime | None = None, reason: str = "", **fields: Any
) -> Device:
    """Register a device and bind it to a point from `valid_from` on (None: since ever)."""
    by = require_registry_keeper(user, point.city)
    with transaction.atomic():
        device = Device(**fields)
        device.full_clean()
        device.save()
        _bind(device, point, valid_from)
        _changed("device.register", device.mn, by, reason, {**fields, "point": point.code, "valid_from": valid_from})
    return device


def claim_device(user: Reader, mn: str, point: Point, *, edition: str, st: str, password: str, reason: str) -> Device:
    """Take a device that sends but is not registered (待认领设备) into the registry, bound to `point` since ever.

    What it sent before is sealed with the verdict ``unknown`` and stays unused; from now on its packets count.
    """
    return register_device(user, point, mn=mn, edition=edition, st=st, password=password, reason=reason)


def move_device(user: Reader, device: Device, point: Point, *, at: datetime, reason: str) -> Binding:
    """From `at` on the device sends for another point."""
    by = _keeper_of_device(user, device)
    require_registry_keeper(user, point.city)
    with transaction.atomic():
        _end(Binding.objects.filter(device=device, valid_until=None), at)
        moved = _bind(device, point, at)
        _changed("device.move", device.mn, by, reason, {"point": point.code, "at": at})
    return moved


def retire_point(user: Reader, point: Point, *, at: datetime, reason: str) -> Point:
    """The point ends; its devices are bound to it no longer."""
    by = require_registry_keeper(user, point.city)
    with transaction.atomic():
        point.valid_until = at
        point.full_clean()
        point.save()
        _end(Binding.objects.filter(Q(valid_until=None) | Q(valid_until__gt=at), point=point), at)
        _changed("point.retire", point.code, by, reason, {"at": at})
    return point


def retire_device(user: Reader, device: Device, *, at: datetime, reason: str) -> Device:
    """From `at` on the device sends for no point; what it still sends is sealed and not used."""
    by = _keeper_of_device(user, device)
    with transaction.atomic():
        _end(Binding.objects.filter(Q(valid_until=None) | Q(valid_until__gt=at), device=device), at)
        _changed("device.retire", device.mn, by, reason, {"at": at})
    return device


def register_instrument(user: Reader, *, reason: str = "", **fields: Any) -> Instrument:
    """Put an analyser in service; the one before it for the same parameter ends where the new one begins."""
    by = require_registry_keeper(user, fields["point"].city)
    with transaction.atomic():
        instrument = Instrument(**fields)
        before = Instrument.objects.filter(point=instrument.point, parameter=instrument.parameter, valid_until=None)
        start = instrument.valid_from
        for earlier in before.select_for_update():
            if start is None or (earlier.valid_from is not None and earlier.valid_from >= start):
                raise ValidationError(
                    _("Instrument %(serial)s has measured this parameter since then; choose a later time.")
                    % {"serial": earlier.serial}
                )
            earlier.valid_until = start
            earlier.save()
        instrument.full_clean()
        instrument.save()
        _changed("instrument.register", instrument.serial, by, reason, {**fields, "point": instrument.point.code})
    return instrument


def register_organisation(user: Reader, *, reason: str = "", **fields: Any) -> Organisation:
    """Register a bureau, company or monitoring institution."""
    by = require_people_keeper(user)
    with transaction.atomic():
        organisation = Organisation(**fields)
        organisation.full_clean()
        organisation.save()
        _changed("organisation.register", organisation.code, by, reason, fields)
    return organisation


def register_district(user: Reader, *, reason: str = "", **fields: Any) -> District:
    """Register a district of a city."""
    by = require_people_keeper(user)
    with transaction.atomic():
        district = District(**fields)
        district.full_clean()
        district.save()
        _changed("district.register", district.code, by, reason, fields)
    return district


def change(user: Reader, row: Registered, *, reason: str, **fields: Any) -> Registered:
    """Change what is registered about something; the act says what was and what is. Secrets are told by name only.

    A point's code, a device's MN, … are what acts and values know it by, and cannot be changed.

    Raises
    ------
    PermissionDenied
    ValidationError
        Which field is wrong and why, or nothing would change.
    """
    by = keeper_of(user, row)
    was = {name: getattr(row, name) for name in fields}
    different = [name for name, value in fields.items() if value != was[name]]
    if not different:
        raise ValidationError(_("Nothing would change."))
    if identity(row) in different:
        raise ValidationError({identity(row): _("This cannot be changed: acts and values know it by that name.")})
    with transaction.atomic():
        for name in different:
            setattr(row, name, fields[name])
        row.full_clean()
        row.save()
        if isinstance(row, Point):
            require_registry_keeper(user, row.city)
        details: dict[str, Any] = {}
        for name in different:
            if name == "attributes":
                details |= _different(was[name], fields[name])
            else:
                details[name] = _SECRET if name in _SECRETS else {"was": _plain(was[name]), "is": _plain(fields[name])}
        _changed(f"{row._meta.model_name}.change", subject_of(row), by, reason, details, secret=False)
    return row


def _different(was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The attributes that change, each by its own name."""
    return {
        name: {"was": was.get(name), "is": now.get(name)}
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    }


def retire(user: Reader, row: Instrument | Organisation | District, *, at: datetime, reason: str) -> None:
    """An instrument, organisation or district ends."""
    by = keeper_of(user, row)
    with transaction.atomic():
        row.valid_until = at
        row.full_clean()
        row.save()
        _changed(f"{row._meta.model_name}.retire", subject_of(row), by, reason, {"at": at})


def identity(row: Registered) -> str:
    """The field that names a row for ever."""
    return {Device: "mn", Instrument: "serial"}.get(type(row), "code")


def subject_of(row: Registered) -> str:
    """What acts call the row."""
    return str(getattr(row, identity(row)))


def keeper_of(user: Reader, row: Registered) -> User:
    """The user, if the row is theirs to change; else `PermissionDenied`."""
    if isinstance(row, Organisation | District):
        return require_people_keeper(user)
    if isinstance(row, Device):
        return _keeper_of_device(user, row)
    return require_registry_keeper(user, row.city if isinstance(row, Point) else row.point.city)


def _keeper_of_device(user: Reader, device: Device) -> User:
    last = Binding.objects.filter(device=device).select_related("point").last()
    return require_registry_keeper(user, last.point.city if last else None)


def load(given: words.Snapshot, *, by: User | None, reason: str) -> tuple[int, int]:
    """Bring the registry to what a snapshot says: adds and updates its points and devices, removes none.

    The same snapshot again changes nothing and leaves no act.

    Returns
    -------
    points, devices : int
        How many were added or changed.
    """
    with transaction.atomic():
        points = [code for point in given.points if (code := _load_point(point))]
        devices = [mn for device in given.devices if (mn := _load_device(device))]
        if points or devices:
            _changed("load", reason, by, reason, {"points": points, "devices": devices})
    return len(points), len(devices)


def _load_point(point: words.Point) -> str | None:
    fields = {
        "name_zh": point.name_zh, "name_en": point.name_en, "element": point.element, "kind": point.kind,
        "city": point.city, "district": point.district, "lon": point.lon, "lat": point.lat,
        "valid_from": _moment(point.valid_from), "valid_until": _moment(point.valid_until),
        "attributes": dict(point.attributes),
    }  # fmt: skip
    return point.id if _bring(Point, {"code": point.id}, fields) else None


def _load_device(device: words.Device) -> str | None:
    fields = {
        "edition": device.edition, "st": device.st, "password": device.password, "key": device.key,
        "previous_key": device.previous_key, "minute_interval": device.minute_interval,
        "realtime_interval": device.realtime_interval, "enabled": device.enabled,
        "units": dict(device.units), "aliases": dict(device.aliases),
    }  # fmt: skip
    changed = _bring(Device, {"mn": device.mn}, fields)
    row = Device.objects.get(mn=device.mn)
    point = Point.objects.get(code=device.point)
    start, end = _moment(device.valid_from), _moment(device.valid_until)
    if not Binding.objects.filter(device=row, point=point, valid_from=start).exists():
        _bind(row, point, start, end)
        changed = True
    return device.mn if changed else None


def _bring(model: type[Point] | type[Device], key: dict[str, str], fields: dict[str, Any]) -> bool:
    row = model.objects.filter(**key).first()
    if row is not None and all(getattr(row, name) == value for name, value in fields.items()):
        return False
    row = row or model(**key)
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    return True


def _bind(device: Device, point: Point, start: datetime | None, end: datetime | None = None) -> Binding:
    if start is not None and end is not None and end <= start:
        raise ValidationError(_("Device %(mn)s would leave before it came.") % {"mn": device.mn})
    binding = Binding(device=device, point=point, valid_from=start, valid_until=end)
    binding.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            binding.save()
    except IntegrityError as clash:
        raise ValidationError(
            _("Device %(mn)s sends for another point at that time; move it instead.") % {"mn": device.mn}
        ) from clash
    return binding


def _end(bindings: QuerySet[Binding], at: datetime) -> None:
    for binding in bindings.select_for_update(of=("self",)).select_related("device"):
        if binding.valid_from is not None and binding.valid_from >= at:
            raise ValidationError(
                _("Device %(mn)s comes to its point only later than that; choose a later time.")
                % {"mn": binding.device.mn}
            )
        binding.valid_until = at
        binding.save()


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else from_ms(instant)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Organisation | Point):
        return value.code
    return str(value) if isinstance(value, Model) else value


def _changed(
    action: str, subject: str, by: User | None, reason: str, fields: dict[str, Any], *, secret: bool = True
) -> None:
    details = {name: _plain(value) for name, value in fields.items() if not (secret and name in _SECRETS)}
    record(snapshot.PREFIX + action, subject, by=by, reason=reason, details=details)
    # An import changes many rows in one transaction: the registry is published once.
    if not any(waiting[1] is snapshot.publish for waiting in connection.run_on_commit):
        transaction.on_commit(snapshot.publish)
