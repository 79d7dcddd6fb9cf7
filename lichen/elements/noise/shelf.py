"""The standards of noise, as dated tables, and the short words of its parameters."""

from lichen.elements import folder

SHELF = folder.shelf("noise")
SYMBOL = folder.symbols("noise")
