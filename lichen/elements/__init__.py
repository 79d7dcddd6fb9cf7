"""The elements Lichen knows: one folder each, one line each below."""

from lichen.elements.air.element import AIR
from lichen.elements.descriptor import Element
from lichen.elements.drinking_water.element import DRINKING_WATER
from lichen.elements.ecology.element import ECOLOGY
from lichen.elements.groundwater.element import GROUNDWATER
from lichen.elements.noise.element import NOISE
from lichen.elements.radiation.element import RADIATION
from lichen.elements.sea.element import SEA
from lichen.elements.soil.element import SOIL
from lichen.elements.sources.element import SOURCES
from lichen.elements.surface_water.element import SURFACE_WATER
from lichen.elements.vibration.element import VIBRATION
from lichen.elements.weather.element import WEATHER

ELEMENTS: tuple[Element, ...] = (
    AIR,
    SURFACE_WATER,
    GROUNDWATER,
    DRINKING_WATER,
    SEA,
    SOIL,
    NOISE,
    VIBRATION,
    RADIATION,
    ECOLOGY,
    SOURCES,
    WEATHER,
)

ELEMENT_BY_SLUG = {element.slug: element for element in ELEMENTS}
