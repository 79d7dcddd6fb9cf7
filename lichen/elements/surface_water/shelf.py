"""The standards of surface water, as dated tables, and the words of its parameters."""

from lichen.elements import folder

#: Every edition below ``tables/``.
SHELF = folder.shelf("surface_water")
#: Slug → symbol as people write it in a sentence, in the order of GB 3838 tables 1, 2, 3; supporting parameters last.
SYMBOL = folder.symbols("surface_water")
PARAMETERS = tuple(SYMBOL)
