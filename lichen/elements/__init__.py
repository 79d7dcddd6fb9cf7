"""The elements Lichen knows: one folder each, one line each below."""

from lichen.elements.air.element import AIR
from lichen.elements.descriptor import Element

ELEMENTS: tuple[Element, ...] = (AIR,)

ELEMENT_BY_SLUG = {element.slug: element for element in ELEMENTS}
