"""The standards of pollution sources, as dated tables."""

from collections.abc import Mapping
from types import MappingProxyType

from lichen.elements.folder import shelf

#: Every edition below ``tables/``.
SHELF = shelf("sources")


def rules(edition: str, table: str = "rules") -> Mapping[str, float]:
    """The numbers of a table of rules, by rule.

    >>> rules("HJ 356-2019")["day_share"]
    0.75
    """
    return MappingProxyType({row["rule"]: float(row["value"]) for row in SHELF.edition(edition).table(table)})
