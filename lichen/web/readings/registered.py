"""What a point is registered as: the options its verdicts depend on, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lichen.elements.descriptor import Element, Option
from lichen.vocab.registry import Point, attribute_at
from lichen.web.readings import words


@dataclass(frozen=True, slots=True)
class Registered:
    """An option and what it says.

    `since` is the first day of an attribute that changes by date, "" = always so; `is_assumed`: nothing is registered,
    and this is the element's default.
    """

    name: str
    text: str
    since: str = ""
    is_assumed: bool = False


def history(point: Point, element: Element) -> list[Registered]:
    """Every option that the point is registered with, the newest first where it changed; without defaults."""
    found = []
    for option in element.options:
        said = point.attributes.get(option.slug)
        changes = said if isinstance(said, list) else [{"value": said}]
        found += [_said(option, one["value"], str(one.get("from", ""))) for one in reversed(changes) if _is_said(one)]
    return found


def used(point: Point, element: Element, time: int) -> list[Registered]:
    """What a verdict at an instant was reached with: what was registered, else the default where there is one."""
    found = []
    for option in element.options:
        (said,) = attribute_at(point.attributes, option.slug, np.array([time], np.int64))
        if said not in (None, ""):
            found.append(_said(option, said, ""))
        elif option.default not in (None, "") and option.default == option.default:
            found.append(Registered(_name(option), words.option_value(option, option.default), "", True))
    return found


def _is_said(change: dict[str, Any]) -> bool:
    return change["value"] not in (None, "")


def _said(option: Option, value: Any, since: str) -> Registered:
    return Registered(_name(option), words.option_value(option, value), since)


def _name(option: Option) -> str:
    return words.either(option.name_zh, option.name_en)
