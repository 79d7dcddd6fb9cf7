"""Pages of elements that are not judged by the hour: samples, classes without an index, values without a class."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from lichen.vocab.clock import HOUR_MS, parse_digits
from lichen.vocab.periods import Period, Source
from lichen.web import lastknown
from lichen.web.desk import home
from lichen.web.readings import stations
from lichen.web.readings.addresses import Place
from lichen.web.readings.table import ROWS

pytestmark = pytest.mark.django_db

FIRST, SECOND = (parse_digits(digits) for digits in ("20260110093000", "20260211100000"))
ELEMENTS = ("surface_water", "groundwater", "soil", "noise", "weather")


def test_every_page_of_every_element(sampled: Any, client: Client) -> None:
    for language in ("zh-hans", "en"):
        client.cookies["lichen_language"] = language
        for point in sampled.snapshot().points:
            assert client.get(f"/stations/{point.id}/").status_code == 200
            course = client.get(f"/stations/{point.id}/course.json").json()
            assert course["times"], point.id
            assert len(course["intervals"]) == len(course["times"])
            assert client.get(f"/stations/{point.id}/values.csv").status_code == 200
        for slug in ELEMENTS:
            for address in ("/", "/map.json", "/cities/自贡/", "/room/", "/room/state.json"):
                assert client.get(address, {"element": slug}).status_code == 200, (address, slug)
        for address in ("/?element=", "/open-data/", "/explore/?s=S1:tp:sample"):
            assert client.get(address).status_code == 200, address


def test_the_map_and_the_cities(sampled: Any, client: Client) -> None:
    # There is no time line where stations are sampled.
    text = client.get("/?element=surface_water").content.decode()
    assert 'id="hour"' not in text
    assert "Ⅴ" in text
    opening = client.get("/map.json?element=surface_water").json()
    assert (opening["step"], opening["index"]) == (None, "")
    said = opening["frame"]["values"]["S1"]
    assert (said["figure"], said["word"], said["interval"]) == ("Ⅴ", "Ⅴ", "2026-02-11 10:00")
    assert opening["frame"]["said"][0]["text"].startswith("2 个点位中 2 个有评价结果：")
    assert 'id="hour"' in client.get("/?element=noise").content.decode()
    # A city ranks by class.
    found = client.get("/cities/自贡/?element=surface_water").context["found"]
    assert [(row.rank, row.point.id) for row in found.ranking] == [(1, "S2"), (2, "S1")]
    assert found.row is None
    assert next(cell for cell in found.ranking[1].cells if cell.place.name == "tp").value == 0.302


def test_stations_of_samples_months_and_values_without_classes(
    sampled: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/stations/S1/")
    table = page.context["table"]
    assert (table.period, [row.time for row in table.rows]) == (Period.SAMPLE, [SECOND, FIRST])
    text = page.content.decode()
    for said in ("2026-01-10 09:30", "&lt;0.025", "目标类别", "自 2026-02-01 起", "总磷 0.5 倍", "低于检出限"):
        assert said in text, said
    newest, oldest = table.rows[0].verdict, table.rows[1].verdict
    assert (newest.multiples["tp"], oldest.exceeding) == (pytest.approx(0.51), ())
    course = client.get("/stations/S1/course.json").json()
    nh3n = next(one for one in course["series"] if one["slug"] == "nh3n")
    assert (nh3n["below"], nh3n["values"][0]) == ([0], 0.025)
    assert course["series"][0]["slug"] == "tp", "what exceeded comes first"
    assert course["series"][0]["limits"]
    rows = list(csv.DictReader(StringIO(client.get("/stations/S1/values.csv").content.decode("utf-8-sig"))))
    assert (rows[1]["nh3n"], rows[0]["exceeding"][:3]) == ("<0.025", "tp=")
    # Months are shown by their name.
    text = client.get("/stations/S1/?period=month").content.decode()
    assert ">2026-02</th>" in text
    assert client.get("/stations/S1/course.json?period=month").json()["intervals"][-1] == "2026-02"
    # Values that nothing judges.
    table = client.get("/stations/W1/").context["table"]
    assert [row.cells[0].value for row in table.rows if row.cells[0].flag is not None] == [-1.5, -3.2]
    assert client.get("/stations/W1/course.json").json()["classes"] == []
    # Samples are turned over like pages.
    monkeypatch.setitem(ROWS, Period.SAMPLE, (1,))
    first = client.get("/stations/S1/").context
    assert ([row.time for row in first["table"].rows], first["newer"]) == ([SECOND], "")
    older = client.get(f"/stations/S1/?before={first['older']}").context
    assert [row.time for row in older["table"].rows] == [FIRST]
    assert [row.time for row in client.get(f"/stations/S1/?before={older['newer']}").context["table"].rows] == [SECOND]


def test_why_a_class_and_why_the_value_in_a_cell(sampled: Any, client: Client) -> None:
    verdict = Place("S1", "surface_water", Period.SAMPLE, SECOND)
    text = client.get(verdict.url).content.decode()
    for said in ("全部核对无误" if "全部核对无误" in text else "✓", "Ⅴ", "总磷 0.5 倍", "目标类别", "Ⅲ", "单项类别"):
        assert said in text, said
    cell = Place("S1", "nh3n", Period.SAMPLE, FIRST, Source.REPORTED)
    page = client.get(cell.url)
    text = page.content.decode()
    assert page.context["found"].holds
    for said in ("surface_water.csv", "<code>F2</code>", "<mark>&lt;0.025</mark>", "账本", "li"):
        assert said in text, said
    (claim,) = page.context["live"]["claims"]
    digits = claim["digits"]
    sealed = sampled.raw_log.read(claim["index"], claim["index"] + 1)[0]
    body = sealed[sealed.index(b'{"by"') if b'{"by"' in sealed else sealed.index(b"{") :]
    assert body[slice(*digits["span"])].decode() == digits["text"] == "<0.025"
    assert (digits["value"], digits["comparable"]) == (0.025, True)


def test_interface_open_data_and_what_is_kept(sampled: Any, client: Client, cast: dict[str, Any]) -> None:
    span = {"from": "2026-01-01T00:00:00+08:00", "to": "2026-12-01T00:00:00+08:00"}
    found = client.get("/api/v1/results", {"element": "surface_water", "period": "sample", **span}).json()["items"]
    assert found[1]["multiples"] == {"tp": pytest.approx(0.51)}
    assert found[1]["klass_zh"] == "Ⅴ"
    series = client.get("/api/v1/series", {"point": "S1", "parameter": "tp", "period": "sample", **span}).json()
    assert [(one["value"], one["source"]) for one in series["items"]] == [(0.1, "reported"), (0.302, "reported")]
    page = client.get("/open-data/surface_water-sample-verdicts/")
    assert page.status_code == 200
    text = client.get("/open-data/surface_water-sample-verdicts/2026-02.csv").getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(text))
    assert (row["point"], row["class"], row["exceeding"]) == ("S1", "Ⅴ", "tp=0.51")
    assert row["start"] == row["end"]
    lastknown.forget()
    lastknown.prime(sampled.store, sampled.snapshot())
    try:
        assert {(one.point, one.time) for one in lastknown.last_known()} >= {("S1", SECOND)}
    finally:
        lastknown.forget()
    assert home.exceedances(cast["admin"]).count >= 0


def test_a_station_that_measures_every_four_hours_is_not_late_in_between(sampled: Any) -> None:
    end = parse_digits("20260117140000")
    late = {}
    for hours in (3, 9):
        found = stations.latest(sampled.store, sampled.snapshot(), end + hours * HOUR_MS, "noise")
        late |= {(station.point.id, hours): station.is_late for station in found}
    assert late == {("N1", 3): True, ("N2", 3): False, ("N1", 9): True, ("N2", 9): True}
