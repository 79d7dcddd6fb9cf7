"""The registry's actions: who may, what they leave behind, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lichen.pipeline.acts import Act as Sealed
from lichen.vocab import registry as words
from lichen.vocab.clock import BEIJING, to_ms
from lichen.web.acts.models import Act
from lichen.web.registry import actions, snapshot
from lichen.web.registry.models import Binding, Device, Instrument, Point

MN = "010000A8900016F000169DC0"
SECRET = "s3cret-pw"
KEY = "0123456789abcdef"
MARCH = datetime(2026, 3, 1, tzinfo=BEIJING)

pytestmark = pytest.mark.django_db(transaction=True)


def a_point(user: Any, code: str = "p1", **fields: Any) -> Point:
    given = {"name_zh": "春华路", "element": "air", "kind": "urban", "city": "自贡", **fields}
    return actions.register_point(user, code=code, **given)


def a_device(user: Any, point: Point, mn: str = MN, **fields: Any) -> Device:
    return actions.register_device(user, point, mn=mn, password=SECRET, key=KEY, **fields)


def sealed(engines: Any) -> list[Sealed]:
    return [Sealed.decode(entry) for entry in engines.acts_log.read(0, engines.acts_log.size)]


def test_registering_leaves_a_sealed_act_and_puts_the_registry_in_force(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"], reason="new station")
    a_device(cast["bureau"], point, valid_from=MARCH, reason="new logger")
    first, second = sealed(web_engines)
    assert (first.action, first.subject, first.by, first.reason) == (
        "registry.point.register", "p1", "bureau", "new station",
    )  # fmt: skip
    assert (second.action, second.subject) == ("registry.device.register", MN)
    assert second.details["point"] == "p1"
    assert second.details["valid_from"] == MARCH.isoformat()
    (device,) = web_engines.snapshot().devices
    assert (device.mn, device.point, device.password, device.valid_from) == (MN, "p1", SECRET, to_ms(MARCH))


def test_no_secret_is_ever_in_an_act(web_engines: Any, cast: dict[str, Any]) -> None:
    a_device(cast["bureau"], a_point(cast["bureau"]), previous_key=KEY[::-1])
    actions.load(web_engines.snapshot(), by=None, reason="again")
    changed = [
        replace(device, password="other-pw", key="fedcba9876543210") for device in web_engines.snapshot().devices
    ]
    actions.load(replace(web_engines.snapshot(), devices=tuple(changed)), by=None, reason="new secrets")
    log = web_engines.acts_log
    said = b"".join(log.read(0, log.size))
    for secret in (SECRET, KEY, KEY[::-1], "other-pw"):
        assert secret.encode() not in said
    assert "password" not in str(list(Act.objects.values_list("details", flat=True)))


def test_each_change_makes_a_larger_version(web_engines: Any, cast: dict[str, Any]) -> None:
    versions = [web_engines.snapshot().version]
    for code in ("p1", "p2", "p3"):
        a_point(cast["bureau"], code)
        versions.append(web_engines.snapshot().version)
        assert web_engines.snapshot().version == snapshot.build().version
    assert versions == sorted(set(versions))


def test_what_is_refused_changes_nothing(web_engines: Any, cast: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_point(cast["bureau"], lon=104.7)  # a longitude without a latitude is no position
    with pytest.raises(ValidationError):
        a_point(cast["bureau"], valid_from=MARCH, valid_until=MARCH)
    assert not Point.objects.exists()
    assert not Act.objects.exists()
    assert web_engines.acts_log.size == 0
    assert web_engines.snapshot() == words.EMPTY


@pytest.mark.parametrize("who", ["inspector", "company", "public"])
def test_only_the_city_bureau_and_administrators_keep_the_registry(
    web_engines: Any, cast: dict[str, Any], who: str
) -> None:
    point = a_point(cast["admin"])
    device = a_device(cast["admin"], point)
    user = cast[who]
    for attempt in (
        lambda: a_point(user, "p2"),
        lambda: a_device(user, point, "ANOTHER"),
        lambda: actions.claim_device(user, "X", point, edition="2017", st="22", password="", reason="mine"),
        lambda: actions.move_device(user, device, point, at=MARCH, reason="mine"),
        lambda: actions.retire_point(user, point, at=MARCH, reason="mine"),
        lambda: actions.register_instrument(user, point=point, parameter="pm25", model="m", serial="1"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert Act.objects.count() == 2


def test_a_claimed_device_counts_from_now_on(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"])
    actions.claim_device(cast["bureau"], MN, point, edition="2025", st="22", password=SECRET, reason="ours")
    (device,) = web_engines.snapshot().devices
    assert (device.mn, device.edition, device.point, device.valid_from) == (MN, "2025", "p1", None)
    with pytest.raises(ValidationError):
        actions.claim_device(cast["bureau"], MN, point, edition="2025", st="22", password=SECRET, reason="twice")


def test_a_moved_device_sends_for_one_point_at_a_time(web_engines: Any, cast: dict[str, Any]) -> None:
    here, there = a_point(cast["bureau"], "p1"), a_point(cast["bureau"], "p2")
    device = a_device(cast["bureau"], here)
    actions.move_device(cast["bureau"], device, there, at=MARCH, reason="moved to the other site")
    found = web_engines.snapshot()
    before = found.device_at(MN, to_ms(MARCH) - 1)
    after = found.device_at(MN, to_ms(MARCH))
    assert (before.point, after.point) == ("p1", "p2")
    assert sealed(web_engines)[-1].details == {"point": "p2", "at": MARCH.isoformat()}


def test_a_device_cannot_be_moved_to_before_it_came(web_engines: Any, cast: dict[str, Any]) -> None:
    here, there = a_point(cast["bureau"], "p1"), a_point(cast["bureau"], "p2")
    device = a_device(cast["bureau"], here, valid_from=MARCH)
    with pytest.raises(ValidationError):
        actions.move_device(cast["bureau"], device, there, at=MARCH - timedelta(days=1), reason="by mistake")
    assert Binding.objects.get().point == here


def test_two_points_at_once_are_refused_in_words(web_engines: Any, cast: dict[str, Any]) -> None:
    here, there = a_point(cast["bureau"], "p1"), a_point(cast["bureau"], "p2")
    a_device(cast["bureau"], here, valid_from=MARCH)
    device = web_engines.snapshot().devices[0]
    elsewhere = replace(web_engines.snapshot(), devices=(replace(device, point=there.code, valid_from=None),))
    acts = Act.objects.count()
    with pytest.raises(ValidationError) as refused:
        actions.load(elsewhere, by=None, reason="overlapping")
    assert MN in str(refused.value)
    assert Binding.objects.get().point == here
    assert Act.objects.count() == acts


def test_a_retired_point_has_no_devices_any_more(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"])
    a_device(cast["bureau"], point)
    actions.retire_point(cast["bureau"], point, at=MARCH, reason="site closed")
    found = web_engines.snapshot()
    assert found.device_at(MN, to_ms(MARCH)) is None
    assert found.device_at(MN, to_ms(MARCH) - 1) is not None
    assert found.points[0].valid_until == to_ms(MARCH)


def test_retiring_ends_a_device_that_would_have_come_later(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"])
    a_device(cast["bureau"], point, valid_from=MARCH + timedelta(days=1))
    with pytest.raises(ValidationError):
        actions.retire_point(cast["bureau"], point, at=MARCH, reason="site closed")
    assert Point.objects.get().valid_until is None


def test_a_new_instrument_ends_the_one_before_it(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"])
    for serial, start in (("1", None), ("2", MARCH)):
        actions.register_instrument(
            cast["bureau"], point=point, parameter="pm25", model="BAM", serial=serial, valid_from=start, reason="swap"
        )
    assert Instrument.objects.get(serial="1").valid_until == MARCH
    assert Instrument.objects.get(serial="2").valid_until is None


def test_an_instrument_cannot_end_the_one_before_it_before_that_began(web_engines: Any, cast: dict[str, Any]) -> None:
    point = a_point(cast["bureau"])
    given = {"point": point, "parameter": "pm25", "model": "BAM"}
    actions.register_instrument(cast["bureau"], **given, serial="1", valid_from=MARCH)
    for start in (None, MARCH, MARCH - timedelta(days=1)):
        with pytest.raises(ValidationError):
            actions.register_instrument(cast["bureau"], **given, serial="2", valid_from=start)
    assert Instrument.objects.get().valid_until is None


def demo() -> words.Snapshot:
    return words.Snapshot(
        0,
        (
            words.Point("p1", "甲", "one", "air", "urban", "自贡"),
            words.Point("p2", "乙", "two", "air", "urban", "自贡"),
        ),
        (words.Device("A", "p1", password="1"), words.Device("B", "p2", password="2", valid_from=to_ms(MARCH))),
    )


def test_loading_the_same_twice_changes_nothing(web_engines: Any, cast: dict[str, Any]) -> None:
    assert actions.load(demo(), by=None, reason="demo") == (2, 2)
    version = web_engines.snapshot().version
    assert actions.load(demo(), by=None, reason="demo") == (0, 0)
    assert web_engines.snapshot().version == version
    assert Act.objects.count() == 1
    assert sealed(web_engines)[0].by == "installation"
    assert web_engines.snapshot().hash == demo().hash


def test_loading_updates_what_changed_and_removes_nothing(web_engines: Any, cast: dict[str, Any]) -> None:
    actions.load(demo(), by=None, reason="demo")
    given = demo()
    renamed = replace(given, points=(replace(given.points[0], name_zh="丙"),), devices=())
    assert actions.load(renamed, by=cast["admin"], reason="renamed") == (1, 0)
    assert Point.objects.get(code="p1").name_zh == "丙"
    assert Device.objects.count() == 2
    assert sealed(web_engines)[-1].details == {"points": ["p1"], "devices": []}
