"""The standards of soil, as dated tables."""

from lichen.elements.folder import shelf, symbols

#: Every edition below ``tables/``.
SHELF = shelf("soil")
#: Parameter → its short word, in the order of ``parameters.csv``.
SYMBOL = symbols("soil")
