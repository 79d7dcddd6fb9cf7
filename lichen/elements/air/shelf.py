"""The standards of ambient air, as dated tables."""

from importlib import resources

from lichen.standards import Shelf

#: Every edition below ``tables/``.
SHELF = Shelf.load(resources.files("lichen.elements.air").joinpath("tables"))
