"""The standards of ecology, as dated tables."""

from lichen.elements import folder

SHELF = folder.shelf("ecology")
SYMBOL = folder.symbols("ecology")
