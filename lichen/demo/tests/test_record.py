"""The demo's record and registry are complete and say where they come from."""

import re
from importlib.resources import files

import pytest

from lichen.demo.network import all_devices, demo_snapshot
from lichen.demo.record import POLLUTANTS, load, stations
from lichen.demo.registry import ENCRYPTED, FACTORS, UNCLAIMED, UNITS
from lichen.demo.seed import DemoSeed, demo_seed, load_or_create
from lichen.vocab.clock import HOUR_MS, beijing
from lichen.vocab.registry import Snapshot
from lichen.vocab.settings import Home
from lichen.vocab.units import unit

SEED = DemoSeed("5a" * 32, 0)


def test_every_station_has_a_record():
    recorded = load("official_hours_202004").hours.keys() | load("beijing_hours_2016").hours.keys()
    assert recorded == {station.id for station in stations()}


def test_hours_are_starts_of_hours_and_values_are_numbers():
    for name in ("official_hours_202004", "beijing_hours_2016"):
        for hours in load(name).hours.values():
            for start, hour in hours.items():
                assert start % HOUR_MS == 0
                assert hour.keys() <= set(POLLUTANTS)
                assert all(float(text) >= 0 for text in hour.values())


def test_labels_were_moved_from_the_end_to_the_start_of_the_hour():
    # The feed's first label of 2020-04-02 in Zigong is 08:00, the mean of 07:00 to 08:00.
    first = min(load("official_hours_202004").hours["zg-datangshan"])
    assert beijing(first).isoformat() == "2020-04-02T07:00:00+08:00"


def test_no_station_is_a_frozen_row_of_the_display():
    for hours in load("official_hours_202004").hours.values():
        assert len({tuple(sorted(hour.items())) for hour in hours.values()}) > 40


def test_the_official_verdicts_are_there_for_comparison():
    verdicts = load("official_hours_202004").verdicts["zg-chunhua-road"]
    assert verdicts[min(verdicts)].aqi == 73
    assert verdicts[min(verdicts)].level == "良"


def test_data_are_small_and_name_their_origin():
    folder = files("lichen.demo").joinpath("data")
    names = [entry.name for entry in folder.iterdir()]
    readme = folder.joinpath("README.md").read_text("utf-8")
    assert sum(len(folder.joinpath(name).read_bytes()) for name in names) < 600_000
    for name in names:
        assert name == "README.md" or name in readme
    assert "CC BY 4.0" in readme
    assert "MIT" in readme


def test_every_air_point_has_both_names_and_says_it_is_a_replay():
    for point in (point for point in demo_snapshot(SEED).points if point.element == "air"):
        assert re.search(r"[一-鿿]", point.name_zh)
        assert point.name_en.isascii()
        assert point.attributes["replay_zh"].startswith("回放：")
        assert point.attributes["replay_en"].startswith("Replay: ")
        assert point.lon is not None
        assert 15 < point.lat < 55 < 70 < point.lon < 140


def test_every_device_has_a_point_and_a_well_formed_mn():
    snapshot = demo_snapshot(SEED)
    for device in all_devices(SEED):
        assert device.point in snapshot.point_by_id
        assert re.fullmatch(r"[0-9A-F]{24}", device.mn)
        assert re.fullmatch(r"\d{6}", device.password)
        assert device.units == (UNITS if snapshot.point_by_id[device.point].element == "air" else {})
    assert len({device.mn for device in all_devices(SEED)}) == len({device.point for device in all_devices(SEED)})
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


def test_one_logger_waits_to_be_claimed():
    registered = {device.mn for device in demo_snapshot(SEED).devices}
    waiting = [device for device in all_devices(SEED) if device.mn not in registered]
    assert [device.point for device in waiting] == [UNCLAIMED]


def test_editions_are_mixed_and_only_2025_encrypts():
    devices = {device.point: device for device in all_devices(SEED)}
    assert {device.edition for device in devices.values()} == {"2017", "2025"}
    assert {point for point, device in devices.items() if device.key} == ENCRYPTED
    assert all(devices[point].edition == "2025" and len(devices[point].key) == 16 for point in ENCRYPTED)


def test_units_are_known():
    assert {unit(text).name for text in UNITS.values()} == {"ug/m3", "mg/m3"}
    assert FACTORS.keys() == set(POLLUTANTS)


def test_every_process_of_an_installation_gets_the_same_seed(tmp_path):
    home = Home(tmp_path)
    assert demo_seed(home) == demo_seed(home)
    assert demo_seed(home) != demo_seed(Home(tmp_path / "other"))


def test_secrets_differ_between_installations(tmp_path):
    first, second = load_or_create(tmp_path / "a.json"), load_or_create(tmp_path / "b.json")
    assert first == load_or_create(tmp_path / "a.json")
    assert [d.password for d in all_devices(first)] != [d.password for d in all_devices(second)]
    assert (tmp_path / "a.json").stat().st_mode & 0o077 == 0


def test_a_broken_seed_file_is_refused(tmp_path):
    (tmp_path / "seed.json").write_text("{}")
    with pytest.raises(ValueError, match="is no demo seed"):
        load_or_create(tmp_path / "seed.json")
