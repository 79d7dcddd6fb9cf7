"""The explorer: what an address asks for, what is drawn, and what was known before."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from django.test import Client

from lichen.vocab.batch import Batch, Series
from lichen.vocab.clock import HOUR_MS, MINUTE_MS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source
from lichen.web.explorer.asked import form
from lichen.web.explorer.known import as_of, sealed_before
from lichen.web.explorer.thinning import KEPT, MOST, thinned
from lichen.web.testing import MEASURED

pytestmark = pytest.mark.django_db

SPAN = f"from={form(MEASURED)}&to={form(MEASURED + 2 * HOUR_MS)}"
MINUTES = f"s=P1:pm25:minute&{SPAN}"


def drawn(client: Client, query: str) -> list[dict[str, Any]]:
    return list(client.get(f"/explore/data.json?{query}").json()["curves"])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_shows_what_its_address_asks_for(measured: Any, client: Client, language: str) -> None:
    client.cookies["lichen_language"] = language
    text = client.get(f"/explore/?{MINUTES}&s=P1:co:hour").content.decode()
    assert ("数据浏览" in text) == (language == "zh-hans")
    assert "µg/m³" in text
    assert "mg/m³" in text
    assert 'id="explore-settings"' in text
    assert text.count('name="s"') == 2
    assert client.get("/explore/").status_code == 200


def test_adding_a_series_by_the_form(measured: Any, client: Client) -> None:
    text = client.get(f"/explore/?{MINUTES}&point=P1&parameter=co&period=hour").content.decode()
    assert 'value="P1:co:hour"' in text


def test_the_curve_holds_the_values_in_force(measured: Any, client: Client) -> None:
    (curve,) = drawn(client, MINUTES)
    assert [value for _, value in curve["line"]] == [30.0 + n for n in range(24)]
    assert (curve["rows"], curve["drawn"], curve["unit"]) == (24, 24, "µg/m³")


def test_what_does_not_count_is_drawn_beside_the_line_with_its_reason(measured: Any, client: Client) -> None:
    series = Series("P1", "pm25", Period.MINUTE, Source.REPORTED)
    measured.store.supersede(series, MEASURED, act=0, value=999.0, flag=Flag.BAD, reason="校准", person="bureau")
    (curve,) = drawn(client, MINUTES)
    assert curve["line"][0] == [MEASURED, None]
    assert curve["wrong"] == [[MEASURED, 999.0, "无效"]]
    text = client.get(f"/explore/?{MINUTES}").content.decode()
    assert "999" not in text, "what does not count is not in the summary"


def test_the_line_breaks_where_rows_are_missing(measured: Any, client: Client) -> None:
    device = measured.snapshot().devices[0]
    late = MEASURED + 3 * HOUR_MS
    series = Series(device.point, "pm25", Period.MINUTE, Source.REPORTED)
    measured.store.supersede(series, late, act=0, value=5.0, flag=Flag.GOOD, reason="补录", person="bureau")
    (curve,) = drawn(client, f"s=P1:pm25:minute&from={form(MEASURED)}&to={form(late + HOUR_MS)}")
    assert curve["line"][-2:] == [[MEASURED + 2 * HOUR_MS, None], [late, 5.0]]
    assert curve["rows"] == curve["drawn"] == 25


def test_a_past_state_of_knowledge(measured: Any, client: Client) -> None:
    early = MEASURED + HOUR_MS + 5 * MINUTE_MS - 1  # packets arrive five minutes after the interval they tell of began
    assert sealed_before(measured.raw_log, early) == 12
    assert as_of(measured.raw_log, measured.acts_log, MEASURED - HOUR_MS) == (0, 0)
    assert len(drawn(client, MINUTES)[0]["line"]) == 24
    address = f"{MINUTES}&as_of={form(MEASURED + HOUR_MS)}"
    assert len(drawn(client, address)[0]["line"]) == 12
    assert "过去某一时刻" in client.get(f"/explore/?{address}").content.decode()


def test_the_file_leaves_nothing_out(measured: Any, client: Client) -> None:
    answer = client.get(f"/explore/readings.csv?{MINUTES}&s=P1:co:hour")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 24 + 2
    assert (rows[0]["start"], rows[0]["value"], rows[0]["unit"]) == ("2026-03-02T00:00:00+08:00", "30.0", "µg/m³")
    assert client.get("/explore/readings.csv").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("s=P9:pm25:hour", "P9:pm25:hour"),
        ("s=P1:soup:hour", "P1:soup:hour"),
        ("s=P1:pm25:century", "century"),
        ("s=P1:pm25:hour:dreamt", "dreamt"),
        ("from=yesterday", "yesterday"),
        ("from=2026-03-02T00:00&to=2026-03-01T00:00", "必须晚于"),
        ("s=P1:pm25:minute&from=2020-01-01T00:00&to=2026-01-01T00:00", "366"),
        ("&".join(f"s=P{1 + n % 3}:{slug}:hour" for n in range(3) for slug in ("so2", "no2", "co")), "最多 8"),
    ],
)
def test_what_cannot_be_used_is_said(measured: Any, client: Client, query: str, said: str) -> None:
    answer = client.get(f"/explore/?{query}")
    assert answer.status_code == 200
    assert said in answer.content.decode().partition('role="alert"')[2].partition("</ul>")[0]


def test_names_in_addresses_are_escaped(measured: Any, client: Client) -> None:
    assert "<script>x" not in client.get("/explore/?s=<script>x</script>").content.decode()


def test_few_points_are_all_drawn() -> None:
    assert len(thinned(np.arange(MOST), np.zeros(MOST))) == MOST


def test_thinning_keeps_ends_peaks_and_gaps() -> None:
    n = 500_000
    time = np.arange(n, dtype=np.int64) * MINUTE_MS
    value = np.sin(np.arange(n) / 5000)
    value[123_456], value[234_567] = 50.0, -50.0
    value[300_000:350_000] = np.nan
    kept = thinned(time, value)
    assert len(kept) <= KEPT + 2
    assert {0, n - 1, 123_456, 234_567} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    assert np.isnan(value[kept]).sum() > 300, "the gap stays a gap"


def test_half_a_million_points_come_as_a_few_thousand(measured: Any, client: Client) -> None:
    n = 500_000
    series = Series("P2", "pm25", Period.MINUTE, Source.REPORTED)
    measured.store.append(
        Batch((series,), np.zeros(n, np.int32), MEASURED + np.arange(n, dtype=np.int64) * MINUTE_MS,
              np.sin(np.arange(n) / 500) + 2, np.ones(n, np.uint8), ("",), np.zeros(n, np.uint16),
              np.arange(1, n + 1, dtype=np.uint64))
    )  # fmt: skip
    (curve,) = drawn(client, f"s=P2:pm25:minute&from={form(MEASURED)}&to={form(MEASURED + n * MINUTE_MS)}")
    assert curve["rows"] == n
    assert curve["drawn"] <= KEPT + 2
