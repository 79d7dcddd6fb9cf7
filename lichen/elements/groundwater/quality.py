"""The class of groundwater by GB/T 14848: each item alone, the worst decides.

The composite score F of the 1993 edition is gone; before the 2017 edition there is no verdict.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from lichen.elements.descriptor import Evaluation, LimitLine, Option, ResultClass, Samples
from lichen.elements.folder import shelf
from lichen.elements.single_factor import by_edition, entering, judged, limit_lines
from lichen.standards import ClassTable, Edition
from lichen.vocab.parameters import PARAMETERS

NUMBER = "GB/T 14848"
SHELF = shelf("groundwater")
CLAUSE = "GB/T 14848-2017 table 1; table 2"
#: With an upper limit in the table, best first; what is beyond the fourth is Ⅴ.
_LIMITED = ("I", "II", "III", "IV")
_WORDS = {
    "I": ("Ⅰ", "class I"), "II": ("Ⅱ", "class II"), "III": ("Ⅲ", "class III"), "IV": ("Ⅳ", "class IV"),
    "V": ("Ⅴ", "class V"),
}  # fmt: skip
#: Ours: the standard prints no colours. Blue to red, as for surface water.
_COLOURS = ((0, 112, 192), (0, 176, 240), (0, 176, 80), (255, 192, 0), (255, 0, 0))
CLASSES = tuple(
    ResultClass(*words, f"{words[0]}类", colour) for words, colour in zip(_WORDS.values(), _COLOURS, strict=True)
)

TARGET = Option(
    "target",
    "目标类别",
    "target class",
    {_WORDS[name][0]: (f"{_WORDS[name][0]}类", _WORDS[name][1]) for name in _LIMITED},
    _WORDS["III"][0],
    accepts={text: _WORDS[name][0] for no, name in enumerate(_LIMITED, 1) for text in (name, f"{name}类", str(no))},
)
#: Above their class III the standard knows no number: the radionuclides are analysed.
_RADIOACTIVITY = ("gross_alpha", "gross_beta")


@cache
def limits_of(edition: Edition) -> ClassTable:
    """The limits of an edition: tables 1 (regular items) and 2 (the others), 93 items."""
    return ClassTable.from_rows((*edition.table("table1"), *edition.table("table2")), _LIMITED)


#: What the rule reads, of any edition.
INPUTS = tuple(dict.fromkeys(item.parameter for one in SHELF.of(NUMBER) for item in limits_of(one).items))


def groundwater_class(samples: Samples) -> Evaluation:
    """The class of n samples, deciding and exceeding items, and by how many times they exceed.

    Parameters
    ----------
    samples : Samples
        Columns: any of the 93 items, in the units of `lichen.vocab.parameters`; only those that are there are judged.
        Odour and visible matter: 0 = none, 1 = present. Below the detection limit: half of it is judged; where class
        Ⅰ allows nothing (anionic surfactants), 0. Option `target`: Ⅲ by default.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    Notes
    -----
    GB/T 14848-2017, tables 1 and 2. When classes share a limit, the better one. In class Ⅰ no item decides. Gross α
    and β have no limit between Ⅳ and Ⅴ: above class Ⅲ the class is Ⅳ, and the note asks for the analysis of
    radionuclides, which decides.

    Examples
    --------
    >>> import numpy as np
    >>> from lichen.vocab.clock import day_start_ms
    >>> days = np.array([day_start_ms(date(2018, 4, 30)), *[day_start_ms(date(2018, 5, 1))] * 2])
    >>> verdict = groundwater_class(Samples({"nh3n": np.array([0.1, 0.1, 0.6]), "ph": np.full(3, 7.0)}, days))
    >>> verdict.klass.tolist(), verdict.exceeding["nh3n"].tolist(), verdict.multiples["nh3n"].round(3).tolist()
    ([-1, 1, 3], [False, False, True], [nan, nan, 0.2])
    """
    return by_edition(samples, SHELF, NUMBER, CLAUSE, _judge)


def _judge(edition: Edition, samples: Samples) -> Evaluation:
    table = limits_of(edition)
    radioactive = table.only(_RADIOACTIVITY)
    remarks = {
        f"{PARAMETERS[slug].name_zh}超过Ⅲ类，应进行核素分析和评价": column
        > radioactive.by_parameter[slug].high[_LIMITED.index("III")]
        for slug, column in entering(samples, radioactive).items()
    }
    return judged(samples, table, edition.id, CLAUSE, samples.choice(TARGET), remarks)


def limits(on: date) -> tuple[LimitLine, ...]:
    """The limits of classes Ⅰ to Ⅳ in force on a day; before the first edition none."""
    return tuple(
        line
        for edition in SHELF.of(NUMBER)
        if edition.covers(on)
        for line in limit_lines(limits_of(edition), edition.id, {name: _WORDS[name] for name in _LIMITED})
    )
