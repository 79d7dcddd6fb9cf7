"""Every note that the index may say reads in English too."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from lichen.elements.air.aqi import NUMBER, aqi, inputs
from lichen.elements.air.shelf import SHELF
from lichen.elements.notes import english
from lichen.vocab.periods import Period

#: Missing, far below zero, slightly below zero, usual, high, beyond every breakpoint.
VALUES = (np.nan, -900.0, -0.4, 20.0, 700.0, 20_000.0)
CHINESE = re.compile(r"[\u3400-\u9fff，；、（）]")


@pytest.mark.parametrize("period", [Period.HOUR, Period.DAY])
@pytest.mark.parametrize("edition", [*(one.id for one in SHELF.of(NUMBER)), None])
def test_every_note_is_in_english(edition: str | None, period: Period) -> None:
    slugs = inputs(period)
    one_differs = [
        [value if slug == other else usual for other in slugs] for slug in slugs for value in VALUES for usual in VALUES
    ]
    pairs = list(itertools.islice(itertools.product(VALUES, repeat=len(slugs)), 0, None, 7))
    rows = np.array(one_differs + pairs)
    said = aqi(dict(zip(slugs, rows.T, strict=True)), np.zeros(len(rows), np.int64), edition, period=period)
    notes = {note for note in said.notes if note}
    assert notes
    assert {note: english("air", note) for note in notes if CHINESE.search(english("air", note))} == {}
