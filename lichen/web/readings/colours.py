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


def ink_on(rgb: tuple[int, int, int]) -> str:
    """Black or white, whichever reads better on a colour (WCAG contrast ratio).

    >>> ink_on((0, 228, 0)), ink_on((255, 0, 0)), ink_on((126, 0, 35))
    ('#000', '#000', '#fff')
    """
    return "#000" if contrast(rgb, (0, 0, 0)) >= contrast(rgb, (255, 255, 255)) else "#fff"


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2 contrast ratio of two sRGB colours, 1 to 21.

    >>> contrast((0, 0, 0), (255, 255, 255))
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: tuple[int, int, int]) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (value / 255 for value in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@cache
def stylesheet() -> str:
    """For each class of each element the swatch, and the custom properties that badges and map use.

    ``--class-sign`` is the number of the class, best first: for those who cannot tell the colours apart.

    >>> print(*stylesheet().splitlines()[:2], sep="\\n")
    .swatch.air-0 { background: rgb(0 228 0); }
    .air-0 { --class: rgb(0 228 0); --class-ink: #000; --class-sign: '1'; }
    """
    rules = []
    for element in ELEMENTS:
        for number, klass in enumerate(element.classes):
            name, colour = swatch(element.slug, number), f"rgb({' '.join(map(str, klass.rgb))})"
            rules.append(f".swatch.{name} {{ background: {colour}; }}\n")
            told = f"--class: {colour}; --class-ink: {ink_on(klass.rgb)}; --class-sign: '{number + 1}';"
            rules.append(f".{name} {{ {told} }}\n")
    return "".join(rules)
