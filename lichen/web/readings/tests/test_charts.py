"""What the charts of a station draw."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, format_digits
from lichen.vocab.entry import Entry
from lichen.web.readings.charts import wind_of_hours

from .conftest import DEVICES, INTERVAL, Network

pytestmark = pytest.mark.django_db


def test_course_has_values_limits_and_classes(network: Network, client: Client) -> None:
    found = client.get("/stations/zg-1/course.json?span=24").json()
    assert len(found["times"]) == 24
    assert found["times"][-1] == network.hour
    assert found["index"]["values"][-2:] == [101, 101]
    assert found["classes"][found["index"]["klass"][-1]]["word"] == "轻度污染"
    by_slug = {one["slug"]: one for one in found["series"]}
    assert by_slug["pm25"]["unit"] == "µg/m³"
    assert by_slug["pm25"]["limits"] == []  # GB 3095 has none of an hour
    assert [limit["value"] for limit in by_slug["so2"]["limits"]] == [150, 500]
    assert by_slug["so2"]["values"][0] is None
    digits = format_digits(network.hour)
    assert found["urls"]["pm25"].replace("19700101000000", digits) == network.hourly("pm25").url


def test_what_does_not_count_is_drawn_with_its_reason(network: Network, client: Client) -> None:
    time = network.hour - 3 * HOUR_MS
    for at in range(12):
        network.send("zg-2", time + at * INTERVAL * MINUTE_MS, {"so2": 8.0}, mark="D")
    network.settle()
    found = client.get("/stations/zg-2/course.json?span=24").json()
    (so2,) = [one for one in found["series"] if one["slug"] == "so2"]
    (out,) = so2["ruled_out"]
    assert found["times"][out["at"]] == time
    assert found["flags"][str(out["flag"])][0] == "缺测"
    assert so2["values"][out["at"]] is None


@pytest.mark.parametrize("asked", ["period=week", "span=25", "before=yesterday", "period=day&span=72"])
def test_addresses_that_mean_nothing_are_not_found(network: Network, client: Client, asked: str) -> None:
    assert client.get(f"/stations/zg-1/course.json?{asked}").status_code == 404


def test_a_year_and_what_is_no_year(network: Network, client: Client) -> None:
    found = client.get("/stations/zg-1/year.json").json()
    assert found["days"] == [] or {"day", "klass", "index", "deciding"} == set(found["days"][0])
    assert client.get("/stations/zg-1/year.json?year=3000").status_code == 404
    assert client.get("/stations/zg-1/year.json?year=soon").status_code == 404


def test_profiles_count_their_values(network: Network, client: Client) -> None:
    found = client.get("/stations/zg-1/profile.json").json()
    (pm25,) = [one for one in found["series"] if one["slug"] == "pm25"]
    assert sum(pm25["hours_n"]) == sum(pm25["week_n"]) == 2
    assert max(value for value in pm25["week"] if value is not None) == pytest.approx(61.3, abs=0.1)
    assert found["wind"] is None


def test_roses_come_with_the_wind(network: Network, client: Client) -> None:
    for at in range(12):
        time = network.hour + at * INTERVAL * MINUTE_MS
        side = ("350", "10")[at % 2]
        readings = [Reading("a01007", "Avg", 3.0, "3.0", "N"), Reading("a01008", "Avg", float(side), side, "N")]
        (frame,) = compose(
            cn="2051", mn=DEVICES[0].mn, st="22", pw="secret7", qn=time + 1, time_ms=time, values=readings
        )
        entry = Entry(time + INTERVAL * MINUTE_MS, "hj212", "203.0.113.7:41022", DEVICES[0].mn, "ok", frame)
        network.engines.raw_log.append([entry.encode()])
    network.settle()
    wind = client.get("/stations/zg-1/profile.json").json()["wind"]
    assert (wind["hours"], wind["calm"]) == (1, 0)
    assert wind["counts"][1][0] == 1  # from the north, 2 to 4 m/s
    assert wind["unit"] == "m/s"


def test_a_wind_from_both_sides_of_north_is_a_north_wind() -> None:
    from lichen.vocab.batch import Batch, Series
    from lichen.vocab.periods import Period, Source

    series = tuple(Series("p", slug, Period.MINUTE, Source.REPORTED) for slug in ("wind_speed", "wind_direction"))
    code = np.array([0, 0, 1, 1], np.int32)
    time = np.array([0, MINUTE_MS] * 2)
    value = np.array([1.0, 3.0, 350.0, 10.0])
    batch = Batch(series, code, time, value, np.ones(4, np.uint8), ("",), np.zeros(4, np.uint16), np.ones(4, np.uint64))
    speed, direction = wind_of_hours(batch, 0, DAY_MS)
    assert speed[0] == 2
    assert min(direction[0], 360 - direction[0]) == pytest.approx(0, abs=1e-9)
    assert np.isnan(speed[1:]).all()
