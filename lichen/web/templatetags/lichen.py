"""Tags and filters every template has."""

from __future__ import annotations

from django import template
from django.urls import reverse

from lichen.vocab.units import text_of
from lichen.web import assets
from lichen.web.acts import words as acts
from lichen.web.readings import words

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """The address of a file that `make setup` built for the browser."""
    return assets.asset(name)


@register.simple_tag
def address(name: str, *arguments: object) -> str:
    """The address of a name, for ``{% address "ledger" as ledger %}``.

    Django's own ``{% url … as … %}`` makes an empty text of a name that there is not, and the link vanishes; this
    raises `NoReverseMatch`.
    """
    return reverse(name, args=arguments)


@register.simple_tag(takes_context=True)
def desk_ways(context: template.Context) -> list[tuple[object, str, str]]:
    """The links of the workbench that the reader is shown: words, address, ``aria-current``."""
    from lichen.web.desk.navigation import ways_of  # models: not before the apps are ready

    request = context["request"]
    return list(ways_of(request.user, request.path))


@register.filter
def instant(moment: int | None) -> str:
    """Milliseconds since 1970 UTC as Beijing time, to the second."""
    return words.instant(moment)


@register.filter
def act_words(action: str) -> object:
    """What an act did."""
    return acts.action(action)


@register.filter
def clause(text: str) -> str:
    """Where in a standard a rule stands."""
    return words.clause(text)


@register.filter
def standing(status: str) -> str:
    """How sure our reading of a rule is."""
    return words.standing(status)


@register.filter
def unit_text(name: str) -> str:
    """A unit as people read it."""
    return text_of(name)
