"""The workbench's ways: what it links to, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lichen.web.accounts.access import Reader, is_administrator, may_bring_results, may_enter_desk, may_keep_registry


@dataclass(frozen=True, slots=True)
class Way:
    """A link: the address's name and arguments, its words, who is shown it, and what else lies under it."""

    name: str
    title: str | Promise
    is_for: Callable[[Reader], bool] = may_enter_desk
    arguments: tuple[str, ...] = ()
    root: str = ""


WAYS = (
    Way("desk", _("Overview")),
    Way("devices", _("Device wall")),
    Way("registry-rows", _("Registry"), arguments=("points",), root="/desk/registry/"),
    Way("results", _("Results"), may_bring_results),
    Way("explore", _("Explore readings")),
    Way("room", _("Command room")),
    Way("desk-acts", _("Acts")),
    Way("status", _("Status"), may_keep_registry),
    Way("desk-tokens", _("API tokens")),
    Way("design", _("Design"), is_administrator),
    Way("desk-settings", _("Settings")),
)


def ways_of(user: Reader, path: str) -> list[tuple[str | Promise, str, str]]:
    """Words and address of each way that somebody is shown, and ``aria-current`` of it at `path`.

    Raises
    ------
    NoReverseMatch
        An address has been renamed: better no page than one whose links have silently gone.
    """
    found = []
    for way in WAYS:
        if way.is_for(user):
            address = reverse(way.name, args=way.arguments)
            root = way.root or address
            is_under = path.startswith(root) and way.name != "desk"
            current = "page" if path == address else "true" if is_under else ""
            found.append((way.title, address, current))
    return found
