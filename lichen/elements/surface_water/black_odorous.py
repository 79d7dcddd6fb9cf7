"""Black and odorous urban waters (城市黑臭水体): grades by four items. All from memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Floats
from lichen.elements.surface_water.shelf import SHELF
from lichen.standards import ClassTable

EDITION = SHELF.edition("城市黑臭水体整治工作指南-2015")
#: Best first.
GRADES = ("非黑臭", "轻度黑臭", "重度黑臭")
TABLE = ClassTable.from_rows(EDITION.table("limits"), ["none", "light"])


def grade(columns: Mapping[str, Floats]) -> NDArray[np.int8]:
    """Position in `GRADES` of each sample, by its worst item; -1: no item, (n,).

    Parameters
    ----------
    columns : mapping slug → ndarray (n,)
        Of transparency [cm], do [mg/L], redox_potential [mV], nh3n [mg/L].

    Examples
    --------
    >>> grade({"do": np.array([3.0, 1.0, 0.1]), "redox_potential": np.array([60.0, np.nan, -250])}).tolist()
    [0, 1, 2]
    """
    return TABLE.judge(columns).klass
