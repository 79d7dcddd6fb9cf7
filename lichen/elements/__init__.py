"""The elements Lichen knows: one folder each, one line each below."""

from lichen.elements.air.element import AIR
from lichen.elements.descriptor import Element
from lichen.elements.ecology.element import ECOLOGY
from lichen.elements.noise.element import NOISE
from lichen.elements.radiation.element import RADIATION
from lichen.elements.surface_water.element import SURFACE_WATER
from lichen.elements.vibration.element import VIBRATION
from lichen.elements.weather.element import WEATHER

ELEMENTS: tuple[Element, ...] = (
    AIR,
    SURFACE_WATER,
    NOISE,
    VIBRATION,
    RADIATION,
    ECOLOGY,
    WEATHER,
)

ELEMENT_BY_SLUG = {element.slug: element for element in ELEMENTS}
