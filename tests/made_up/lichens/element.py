"""Lichens on the bark of trees (made up): the more species, the cleaner the air."""

from datetime import date

import numpy as np

from lichen.elements.descriptor import Aggregation, Element, Evaluation, Option, ResultClass, Samples
from lichen.elements.folder import checks, shelf, symbols
from lichen.vocab.periods import Period

SHELF = shelf("lichens")
_EDITION = SHELF.editions[0]
_LOWEST = [float(row["lowest"]) for row in _EDITION.table("classes")]
TREE = Option("tree", "树种", "tree", {"oak": ("栎", "oak"), "lime": ("椴", "lime")}, "oak")


def judge(samples: Samples) -> Evaluation:
    """The class by the number of species; on a lime one more is asked for."""
    n = len(samples)
    species = samples.columns.get("eqi", np.full(n, np.nan)) - (samples.choice(TREE) == TREE.code("lime"))
    there = ~np.isnan(species)
    klass = np.where(there, np.select([species >= lowest for lowest in _LOWEST], range(len(_LOWEST)), len(_LOWEST)), -1)
    return Evaluation(
        klass.astype(np.int8), np.full(n, np.nan), {"eqi": there}, {"eqi": klass == len(_LOWEST)}, {},
        np.where(there, 0, 1), ("", "没有可评价的项目"), (_EDITION.id,), np.zeros(n, np.uint16), f"{_EDITION.id} 表1",
    )  # fmt: skip


def aggregations(on: date) -> tuple[Aggregation, ...]:
    """None: a survey stands for itself."""
    return ()


LICHENS = Element(
    slug="lichens",
    name_zh="树附生地衣",
    name_en="lichens on trees",
    parameters=tuple(symbols("lichens")),
    point_kinds={"tree": ("样树", "tree")},
    classes=(
        ResultClass("丰富", "rich", "一级", (0, 120, 0)),
        ResultClass("一般", "fair", "二级", (200, 160, 0)),
        ResultClass("贫乏", "poor", "三级", (160, 0, 0)),
    ),
    aggregations=aggregations,
    evaluators={Period.SAMPLE: judge},
    inputs={Period.SAMPLE: ("eqi",)},
    checks=checks("lichens"),
    options=(TREE,),
)
