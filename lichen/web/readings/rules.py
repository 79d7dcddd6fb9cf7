"""Which printed rule a number rests on, and how sure our reading of it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from lichen.elements.descriptor import Element
from lichen.standards import Edition, Shelf

#: From sure to doubtful.
_DOUBT = ("verified", "second hand", "proposal", "memory", "conflict")


@dataclass(frozen=True, slots=True)
class Citation:
    """A clause of an edition, and the most doubtful status among the rows of ours that cite it."""

    edition: str
    title_zh: str
    title_en: str
    clause: str
    status: str
    note: str

    @property
    def is_doubtful(self) -> bool:
        """Whether the page must say that the rule may be other than printed."""
        return self.status in ("memory", "conflict")


@cache
def _shelf(element: str) -> Shelf:
    # Every element keeps its standards in tables/ of its folder (docs/architecture.md).
    return Shelf.load(resources.files("lichen.elements").joinpath(element, "tables"))


def citations(element: Element, clause: str, edition: str = "") -> tuple[Citation, ...]:
    """The rules that a clause text names (``HJ 633-2012 4.2; 4.3 | HJ 633-2026 4.2``).

    Parameters
    ----------
    element : Element
    clause : str
        Of a verdict or an aggregation: editions with their clauses.
    edition : str
        Only of this one, where the text names several.
    """
    return _citations(element.slug, clause, edition)


@cache
def _citations(element: str, clause: str, edition: str) -> tuple[Citation, ...]:
    found = []
    for text in filter(None, clause.split(" | ")):
        for known in _shelf(element).editions:
            if text.startswith(f"{known.id} "):
                found.append(_citation(known, text.removeprefix(f"{known.id} ")))
                break
        else:
            found.append(Citation("", "", "", text, "", ""))
    if edition and any(one.edition == edition for one in found):
        return tuple(one for one in found if one.edition == edition)
    return tuple(found)


def _citation(edition: Edition, clause: str) -> Citation:
    cited = set(clause.split("; "))
    statuses = [edition.status]
    statuses += [
        row["status"]
        for table in edition.tables.values()
        for row in table
        if row.get("clause") in cited and row.get("status") in _DOUBT
    ]
    worst = max(statuses, key=_DOUBT.index)
    return Citation(edition.id, edition.title_zh, edition.title_en, clause, worst, edition.note)
