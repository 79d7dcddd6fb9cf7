"""The mean sample of each site."""

import numpy as np
import pytest

from lichen.elements.descriptor import Option, Site, Survey
from lichen.elements.single_factor import verdict
from lichen.elements.site_reports import items_in_words, mean_samples
from lichen.vocab.clock import DAY_MS
from lichen.vocab.periods import Period

NAN = np.nan
USE = Option("use", "用途", "use", {"a": ("甲", "first"), "b": ("乙", "second")}, "a")
AREA = Option("area", "面积", "area", default=NAN)


def survey(attributes, below=None, times=2, **columns):
    sites = tuple(Site(str(i), f"{i}号", f"no. {i}", "x", one) for i, one in enumerate(attributes))
    arrays = {slug: np.array(values, float) for slug, values in columns.items()}
    low = {slug: np.array(values) for slug, values in (below or {}).items()}
    time = np.arange(times, dtype=np.int64) * 10_000 * DAY_MS
    return Survey(sites, Period.SAMPLE, time, arrays, low, np.zeros((len(sites), times), np.int8))


def test_means_of_concentrations_and_of_ph():
    means = mean_samples(survey([{}, {}], nh3n=[[0.1, 0.3], [NAN, 0.5]], ph=[[6.0, 8.0], [NAN, NAN]]), ())
    assert means.columns["nh3n"].tolist() == pytest.approx([0.2, 0.5])
    # -lg((10^-6 + 10^-8) / 2)
    assert means.columns["ph"][0] == pytest.approx(6.29671)
    assert np.isnan(means.columns["ph"][1])


def test_half_the_limit_enters_unless_all_is_below_it():
    low = {"nh3n": [[True, False], [True, True]]}
    means = mean_samples(survey([{}, {}], low, nh3n=[[0.2, 0.3], [0.2, 0.4]]), ())
    assert means.columns["nh3n"].tolist() == pytest.approx([0.2, 0.3])
    assert means.below["nh3n"].tolist() == [False, True]


def test_attributes_are_those_of_the_last_value():
    changed = [{"value": "a"}, {"from": "1990-01-01", "value": "乙"}]
    means = mean_samples(survey([{"use": changed}, {"use": changed}, {}], nh3n=[[1, NAN], [1, 1], [NAN, NAN]]), (USE,))
    assert means.time.tolist() == [0, 10_000 * DAY_MS, 0]
    assert means.options["use"].tolist() == [0, 1, 0]


def test_numbers_of_sites():
    means = mean_samples(survey([{"area": "2.5"}, {}], nh3n=[[1, 1], [1, 1]]), (AREA,))
    assert means.options["area"][0] == 2.5
    assert np.isnan(means.options["area"][1])


@pytest.mark.parametrize(
    ("attributes", "words"),
    [({"use": "丙"}, "0 的用途为“丙”，可选：a、b"), ({"area": "大"}, "0 的面积为“大”，应为数值")],
)
def test_wrong_attributes_are_named(attributes, words):
    with pytest.raises(ValueError, match=words):
        mean_samples(survey([attributes], nh3n=[[1, 1]]), (USE, AREA))


def test_a_survey_without_values_is_refused():
    with pytest.raises(ValueError, match="没有测值"):
        mean_samples(survey([{}], times=0, nh3n=[[]]), ())


def test_items_are_named_by_how_far_they_exceed():
    flags = {slug: np.array([True]) for slug in ("ph", "nh3n", "tp")}
    multiples = {"nh3n": np.array([0.25]), "tp": np.array([1.05])}
    found = verdict(np.zeros(1, np.int8), "X", "c", deciding=flags, exceeding=flags, multiples=multiples)
    assert items_in_words(found, 0, {"ph": "pH", "nh3n": "氨氮", "tp": "总磷"}) == "总磷(1.0)、氨氮(0.2)、pH"
