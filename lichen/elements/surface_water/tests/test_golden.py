"""Published classes of national stations. Origin: 中国环境监测总站, see data/README.md."""

import csv
import gzip
from datetime import date
from importlib import resources

import numpy as np
import pytest

from lichen.elements.descriptor import Samples
from lichen.elements.surface_water.classify import AUTO_ITEMS, CLASSES, WATER_BODY, single_factor
from lichen.vocab.clock import day_start_ms


@pytest.fixture(scope="module")
def records():
    file = resources.files("lichen.elements.surface_water").joinpath("tests/data/official_classes_2020.csv.gz")
    text = gzip.decompress(file.read_bytes()).decode("utf-8")
    return list(csv.DictReader(text.splitlines()))


def samples(records, *, with_types=True):
    columns = {slug: np.array([float(row[slug] or "nan") for row in records]) for slug in AUTO_ITEMS}
    time = np.array([day_start_ms(date.fromisoformat(row["day"])) for row in records])
    types = [WATER_BODY.code((row["water_body"] if with_types else "") or "river") for row in records]
    return Samples(columns, time, options={"water_body": np.array(types, np.int16)})


def agreeing(records, **how):
    words = np.array([one.word for one in CLASSES])
    verdict = single_factor(samples(records, **how))
    return int((words[verdict.klass] == np.array([row["official_class"] for row in records])).sum())


def test_the_published_class_is_met(records):
    known = [row for row in records if row["water_body"]]
    unknown = [row for row in records if not row["water_body"]]
    assert (agreeing(known), len(known)) == (5044, 5044)
    # Two records whose values no type of water explains.
    assert (agreeing(unknown), len(unknown)) == (1570, 1572)


def test_without_the_type_of_the_water_one_in_twenty_is_missed(records):
    assert 0.94 < agreeing(records, with_types=False) / len(records) < 0.96
