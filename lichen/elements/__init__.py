"""The elements Lichen knows: one folder each, one line each below."""

from importlib import import_module

from lichen.elements.descriptor import Element

#: Folders of this package, in the order in which people see the elements. Each holds ``element.py`` with the descriptor
#: under the folder's name in capitals: ``SURFACE_WATER``.
_FOLDERS = (
    "air",
    "surface_water",
    "groundwater",
    "drinking_water",
    "sea",
    "soil",
    "noise",
    "vibration",
    "radiation",
    "ecology",
    "sources",
    "weather",
)


def _descriptor(folder: str) -> Element:
    found: Element = getattr(import_module(f"lichen.elements.{folder}.element"), folder.upper())
    if found.slug != folder:
        raise ValueError(f"lichen/elements/{folder}/element.py describes {found.slug!r}; folder and slug must be equal")
    return found


ELEMENTS: tuple[Element, ...] = tuple(_descriptor(folder) for folder in _FOLDERS)

ELEMENT_BY_SLUG = {element.slug: element for element in ELEMENTS}
