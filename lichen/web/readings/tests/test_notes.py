"""Notes of verdicts in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from lichen.elements.surface_water.element import SURFACE_WATER
from lichen.vocab.periods import Period
from lichen.web.readings.stations import Verdict


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "总磷缺测"), ("en", "total phosphorus missing")])
def test_a_verdict_says_its_note_in_the_language_of_the_page(language: str, said: str) -> None:
    verdict = Verdict(SURFACE_WATER, "S1", Period.DAY, 0, float("nan"), 1, ("do",), "总磷缺测", "GB 3838-2002")
    with translation.override(language):
        assert verdict.note_text == said
