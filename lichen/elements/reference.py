"""An element as a page of the reference, in Markdown: what is measured, how it is judged, what it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import resources

from lichen.elements.descriptor import Element, Option
from lichen.elements.folder import shelf
from lichen.standards import Edition
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.units import text_of

#: Rules of aggregation are shown as they are on this day or that of the newest edition, whichever is later.
_SHOWN_ON = date(2026, 3, 1)


def page(element: Element) -> str:
    """The page of one element."""
    editions = _editions(element)
    on = max([_SHOWN_ON, *(edition.start for edition in editions)])
    lines = [f"# {element.name_zh} · {element.name_en}", "", f"`{element.slug}`. Made by `make reference`.", ""]
    lines += [f"What it judges and what falls short: [README](../../../lichen/elements/{element.slug}/README.md).", ""]
    lines += _table(
        "Kinds of point", ("kind", "中文", "English"), ((k, *words) for k, words in element.point_kinds.items())
    )
    lines += _table("Classes, best first", ("word", "level", "English", "colour"), (
        (one.word, one.level, one.name_en, "#{:02x}{:02x}{:02x}".format(*one.rgb)) for one in element.classes
    ))  # fmt: skip
    lines += _table("Judged on", ("period", "reads"), (
        (f"`{period}`", _listed(inputs)) for period, inputs in element.inputs.items()
    ))  # fmt: skip
    lines += _table("Options", ("option", "中文", "English", "allowed", "default"), map(_option, element.options))
    lines += _table("Editions", ("edition", "title", "from", "until", "status", "rows"), map(_edition, editions))
    lines += _table(f"From values to means (on {on})", ("parameters", "from", "to", "method", "needed", "clause"), (
        (_listed(rule.parameters), rule.source, rule.target, rule.method, rule.needed, rule.clause)
        for rule in element.aggregations(on)
    ))  # fmt: skip
    lines += _table("Derived", ("parameters", "period", "from", "clause"), (
        (_listed(rule.parameters), rule.period, _listed(rule.inputs), rule.clause) for rule in element.derivations
    ))  # fmt: skip
    lines += _table("Reports", ("report", "中文", "English", "of"), (
        (f"`{one.slug}`", one.name_zh, one.name_en, ", ".join(one.periods)) for one in element.reports
    ))  # fmt: skip
    lines += _table("Checks", ("parameter", "low", "high", "equal values", "status"), (
        (f"`{one.parameter}`", f"{one.low:g}", f"{one.high:g}", one.stuck_count or "", one.status)
        for one in element.checks
    ))  # fmt: skip
    lines += _table(
        "Parameters", ("parameter", "HJ 212", "中文", "English", "unit"), map(_parameter, element.parameters)
    )
    return "\n".join(lines).rstrip() + "\n"


def index(elements: Sequence[Element]) -> str:
    """The page that leads to the others."""
    lines = ["# Elements", "", "Made by `make reference`.", ""]
    lines += _table("", ("element", "中文", "English", "standards"), (
        (f"[`{one.slug}`]({one.slug}.md)", one.name_zh, one.name_en, ", ".join(each.id for each in _editions(one)))
        for one in elements
    ))  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _editions(element: Element) -> tuple[Edition, ...]:
    there = resources.files(f"lichen.elements.{element.slug}").joinpath("tables").is_dir()
    return tuple(shelf(element.slug).editions) if there else ()


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A heading and a table, nothing if there are no rows."""
    body = ["| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in row) + " |" for row in rows]
    if not body:
        return []
    head = [f"## {title}", ""] if title else []
    return [*head, "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *body, ""]


def _listed(slugs: Sequence[str]) -> str:
    return " ".join(f"`{slug}`" for slug in slugs)


def _option(option: Option) -> tuple[str, ...]:
    if option.is_number:
        allowed = f"a number, {text_of(option.unit)}" if option.unit else "a number"
    else:
        allowed = ", ".join(f"`{value}` {zh}" for value, (zh, _) in option.choices.items())
    return (f"`{option.slug}`", option.name_zh, option.name_en, allowed, str(option.default))


def _edition(edition: Edition) -> tuple[object, ...]:
    status = Counter(row["status"] for table in edition.tables.values() for row in table)
    rows = ", ".join(f"{count} {name}" for name, count in status.most_common())
    return (edition.id, edition.title_zh, edition.start, edition.end or "", edition.status, rows)


def _parameter(slug: str) -> tuple[str, ...]:
    one = PARAMETERS[slug]
    return (f"`{slug}`", one.code, one.name_zh, one.name_en, text_of(one.unit))
