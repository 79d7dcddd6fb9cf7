"""Standards as dated data: load a table folder, pick the edition in force on a day, compare values with a limit.

This package holds no limit. The tables belong to the elements (``elements/<x>/tables/<edition>/``).

    StandardsError              base of all
    ├── TableError              a table folder or a cell of it cannot be read
    ├── UnknownEdition          no edition of that name
    └── NoStandardInForce       no edition covers that day
"""

from lichen.standards.breakpoints import Breakpoints
from lichen.standards.classes import Classified, ClassLimits, ClassTable
from lichen.standards.edition import Edition, Phase, Row, Shelf, Table
from lichen.standards.errors import NoStandardInForce, StandardsError, TableError, UnknownEdition
from lichen.standards.limits import Limit, attains, exceedance_multiple, exceeds, find_limit, limits

__all__ = [
    "Breakpoints",
    "ClassLimits",
    "ClassTable",
    "Classified",
    "Edition",
    "Limit",
    "NoStandardInForce",
    "Phase",
    "Row",
    "Shelf",
    "StandardsError",
    "Table",
    "TableError",
    "UnknownEdition",
    "attains",
    "exceedance_multiple",
    "exceeds",
    "find_limit",
    "limits",
]
