"""The official colours of classes, from the elements' descriptors to the stylesheet ``/classes.css``."""

from __future__ import annotations

from functools import cache

from lichen.elements import ELEMENTS


def swatch(element: str, klass: int) -> str:
    """The style class that paints a swatch in the colour of an element's class.

    >>> swatch("air", 0)
    'air-0'
    """
    return f"{element}-{klass}"


@cache
def stylesheet() -> str:
    """One rule for each class of each element.

    >>> stylesheet().splitlines()[0]
    '.swatch.air-0 { background: rgb(0 228 0); }'
    """
    return "".join(
        f".swatch.{swatch(element.slug, number)} {{ background: rgb({' '.join(map(str, klass.rgb))}); }}\n"
        for element in ELEMENTS
        for number, klass in enumerate(element.classes)
    )
