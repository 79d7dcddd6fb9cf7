"""Reports as pages and files."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pytest
from django.test import Client
from openpyxl import load_workbook

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.surface_water.element import SURFACE_WATER
from lichen.vocab.clock import day_start_ms
from lichen.vocab.periods import Period
from lichen.web.reports.survey import survey_of

pytestmark = pytest.mark.django_db

SECTIONS = "/report/surface_water/sections/"


def test_a_survey_has_samples_limits_and_verdicts(sampled: Any) -> None:
    points = [point for point in sampled.snapshot().points if point.element == "surface_water"]
    start, stop = (day_start_ms(date(2026, month, 1)) for month in (1, 3))
    found = survey_of(sampled.store, SURFACE_WATER, points, Period.SAMPLE, start, stop)
    assert [site.id for site in found.sites] == ["S1", "S2"]
    assert found.sites[0].attributes["river"] == "釜溪河"
    assert len(found.time) == 3
    np.testing.assert_array_equal(found.columns["tp"], [[0.1, np.nan, 0.302], [np.nan, 0.05, np.nan]])
    assert found.below["nh3n"].tolist() == [[True, False, False], [False, False, False]]
    assert found.klass[0, 2] == 4
    assert found.klass[0, 1] == -1
    none = survey_of(sampled.store, SURFACE_WATER, points, Period.SAMPLE, stop, stop + 1)
    assert none.time.shape == (0,)


def test_every_report_opens_says_its_rule_and_is_a_file(sampled: Any, client: Client) -> None:
    text = client.get("/report/").content.decode()
    for slug in ("surface_water", "groundwater", "soil", "noise"):
        for report in ELEMENT_BY_SLUG[slug].reports:
            address = f"/report/{slug}/{report.slug}/"
            assert address in text
            page = client.get(address)
            assert page.status_code == 200
            assert (page.context["made"] is None) == bool(page.context["refused"]), address
            if page.context["refused"]:
                assert 'role="alert"' in page.content.decode()
    page = client.get(SECTIONS, {"period": "sample", "since": "2026-01-01", "until": "2026-03-31"})
    text = page.content.decode()
    for said in ("釜溪河断面", "旭水河断面", "规则", "2026-01-01"):
        assert said in text, said
    asked = {"period": "sample", "since": "2026-01-01", "until": "2026-03-31"}
    rows = list(csv.reader(StringIO(client.get(SECTIONS, {**asked, "export": "csv"}).content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["釜溪河断面", "旭水河断面"]
    packed = client.get(SECTIONS, {**asked, "export": "xlsx"})
    sheet = load_workbook(BytesIO(packed.content)).active
    assert isinstance(sheet.cell(2, rows[0].index("DO (mg/L)") + 1 if "DO (mg/L)" in rows[0] else 9).value, int | float)
    assert client.get(SECTIONS, {**asked, "sort": "-class"}).status_code == 200
    # What cannot be asked is said.
    backwards = client.get(SECTIONS, {"period": "sample", "since": "2026-03-01", "until": "2026-01-01"})
    assert "结束日期不得早于开始日期" in backwards.content.decode()
    empty = client.get(SECTIONS, {"period": "sample", "since": "2020-01-01", "until": "2020-02-01"})
    assert empty.context["refused"]
    for address in ("/report/phlogiston/sections/", "/report/surface_water/nothing/"):
        assert client.get(address).status_code == 404


def test_nothing_is_registered(web_engines: Any, client: Client) -> None:
    assert "尚无可出报表的要素" in client.get("/report/").content.decode()
    assert client.get(SECTIONS).status_code == 200
