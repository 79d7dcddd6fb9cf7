import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.elements.ecology.diversity import diversity, family_score

CASES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))
counts = st.lists(st.integers(0, 500), min_size=1, max_size=30)


def test_an_even_sample():
    case = CASES["diversity"]
    found = diversity(case["counts"])
    for name in ("shannon", "simpson", "pielou", "margalef"):
        assert round(float(getattr(found, name)), 4) == case[name]


def test_family_scores():
    case = CASES["bmwp"]
    found = family_score(case["families"])
    assert (found.bmwp, found.aspt, found.unknown) == (case["bmwp"], case["aspt"], ())


def test_families_count_once_and_the_unknown_are_told():
    found = family_score(["Baetidae", "baetidae ", "Baetidae", "Nobody", "nobody"])
    assert (found.bmwp, found.scoring) == (4, 1)
    assert [name.casefold() for name in found.unknown] == ["nobody"]
    assert np.isnan(family_score([]).aspt)


@given(counts)
def test_indices_lie_where_they_may(some):
    found = diversity(some)
    if sum(some) == 0:
        assert np.isnan([found.shannon, found.simpson, found.margalef, found.pielou]).all()
        return
    species = int(found.species)
    assert -1e-12 <= float(found.shannon) <= np.log(species) + 1e-9
    assert -1e-12 <= float(found.simpson) <= 1 - 1 / species + 1e-9
    assert np.isnan(found.pielou) if species == 1 else -1e-12 <= float(found.pielou) <= 1 + 1e-9


@given(counts, st.randoms())
def test_the_order_of_taxa_and_absent_ones_do_not_matter(some, random):
    other = [*some, 0, 0]
    random.shuffle(other)
    for name in ("shannon", "simpson", "margalef", "pielou"):
        left, right = float(getattr(diversity(some), name)), float(getattr(diversity(other), name))
        assert left == pytest.approx(right, nan_ok=True)


def test_many_samples_at_once():
    found = diversity([[10, 10, 0], [0, 0, 0], [5, np.nan, np.nan]])
    assert found.species.tolist() == [2.0, 0.0, 1.0]
    assert found.shannon.tolist() == pytest.approx([np.log(2), np.nan, 0.0], nan_ok=True)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        diversity([1, -1])
