"""What the folder of an element holds, read: ``parameters.csv``, ``checks.csv`` and ``tables/``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from lichen.elements.descriptor import Check
from lichen.standards import Shelf


def symbols(element: str) -> Mapping[str, str]:
    """The parameters of an element in the order of its table, each with its symbol as people write it in a sentence.

    Parameters
    ----------
    element : str
        The name of the folder. Its ``parameters.csv`` has the columns parameter and symbol.
    """
    return MappingProxyType({row["parameter"]: row["symbol"] for row in _rows(element, "parameters.csv")})


def checks(element: str) -> tuple[Check, ...]:
    """The automatic checks of an element, from its ``checks.csv``."""
    return tuple(
        Check(
            row["parameter"], float(row["low"]), float(row["high"]), int(row["stuck_count"]), row["source"],
            row["status"],
        )
        for row in _rows(element, "checks.csv")
    )  # fmt: skip


def shelf(element: str) -> Shelf:
    """The editions below the ``tables/`` of an element."""
    return Shelf.load(resources.files(f"lichen.elements.{element}").joinpath("tables"))


def _rows(element: str, name: str) -> list[dict[str, str]]:
    text = resources.files(f"lichen.elements.{element}").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
