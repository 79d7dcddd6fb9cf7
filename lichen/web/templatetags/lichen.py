"""Tags and filters every template has."""

from __future__ import annotations

from django import template

from lichen.vocab.units import text_of
from lichen.web import assets
from lichen.web.readings import words

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """The address of a file that `make setup` built for the browser."""
    return assets.asset(name)


@register.filter
def instant(moment: int | None) -> str:
    """Milliseconds since 1970 UTC as Beijing time, to the second."""
    return words.instant(moment)


@register.filter
def standing(status: str) -> str:
    """How sure our reading of a rule is."""
    return words.standing(status)


@register.filter
def unit_text(name: str) -> str:
    """A unit as people read it."""
    return text_of(name)
