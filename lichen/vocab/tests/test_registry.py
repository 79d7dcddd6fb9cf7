from dataclasses import replace

from lichen.vocab.registry import EMPTY, Device, Point, Snapshot

POINT = Point("p1", "一号点", "Point 1", "air", "state", "自贡")
MOVED = Point("p2", "二号点", "Point 2", "air", "state", "自贡")
OLD = Device("A" * 24, "p1", password="123456", valid_from=0, valid_until=1000)
NEW = Device("A" * 24, "p2", password="654321", valid_from=1000)
SNAPSHOT = Snapshot(3, (POINT, MOVED), (NEW, OLD))


def test_json_round_trip():
    assert Snapshot.from_json(SNAPSHOT.to_json()) == SNAPSHOT
    assert Snapshot.from_json(EMPTY.to_json()) == EMPTY


def test_a_moved_device_sends_for_the_point_of_that_day():
    assert SNAPSHOT.device_at("A" * 24, 999) == OLD
    assert SNAPSHOT.device_at("A" * 24, 1000) == NEW
    assert SNAPSHOT.device_at("B" * 24, 1000) is None


def test_a_disabled_device_is_nobody():
    assert Snapshot(1, (), (replace(NEW, enabled=False),)).device_at("A" * 24, 2000) is None


def test_the_hash_sees_bindings_but_no_secret_and_no_publication_number():
    same = Snapshot(4, SNAPSHOT.points, (replace(NEW, password="x", key="k" * 16), OLD))
    assert same.hash == SNAPSHOT.hash
    assert Snapshot(3, SNAPSHOT.points, (OLD,)).hash != SNAPSHOT.hash


def test_keys_of_a_newer_publisher_are_ignored():
    text = SNAPSHOT.to_json().replace('"mn":', '"colour": "red", "mn":')
    assert Snapshot.from_json(text) == SNAPSHOT
