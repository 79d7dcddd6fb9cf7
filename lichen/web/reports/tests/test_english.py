"""A report in English: names of points from the registry, words and notes from the element."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_words_and_notes_of_a_report_are_in_english(sampled: Any, client: Client) -> None:
    client.cookies["lichen_language"] = "en"
    asked = {"period": "sample", "since": "2026-01-01", "until": "2026-03-31"}
    page = client.get("/report/surface_water/rivers/", asked)
    assert page.context["made"].notes
    text = page.content.decode()
    for note in page.context["notes"]:
        assert not re.search(r"[\u3400-\u9fff]", note), note
        assert note in text
    assert "shares of classes" in text or "mean of the sections" in text
    empty = client.get(
        "/report/surface_water/black_and_odorous/", {**asked, "since": "2020-01-01", "until": "2020-02-01"}
    )
    assert not re.search(r"[\u3400-\u9fff]", empty.context["refused"])
