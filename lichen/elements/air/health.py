"""What a level of the AQI means for people: effect, advice and sensitive groups (HJ 633, health tables).

The words are our own; which groups a pollutant endangers is the standard's (HJ 633-2026, table 2; the 2012 edition
names the same groups for all pollutants).
"""

from __future__ import annotations

from dataclasses import dataclass

from lichen.elements.air.shelf import SHELF

NUMBER = "HJ 633"


@dataclass(frozen=True, slots=True)
class Advice:
    """The words of one level, Chinese and English; `clause` and `status` of the table they stand in."""

    numeral: str
    class_zh: str
    class_en: str
    colour_zh: str
    colour_en: str
    effect_zh: str
    effect_en: str
    advice_zh: str
    advice_en: str
    edition: str
    clause: str
    status: str


@dataclass(frozen=True, slots=True)
class SensitiveGroups:
    """Who should take care when a pollutant's sub-index exceeds 100."""

    parameter: str
    groups_zh: str
    groups_en: str
    edition: str
    clause: str
    status: str


def advice(level: int, edition: str) -> Advice:
    """The words for a level.

    Parameters
    ----------
    level : int
        0 = best … 5, as `Evaluation.klass` counts.
    edition : str
        ``HJ 633-2026``, ``2026`` …

    Raises
    ------
    ValueError
        There is no such level.
    UnknownEdition

    Examples
    --------
    >>> advice(2, "HJ 633-2026").class_zh, advice(2, "HJ 633-2026").colour_zh
    ('轻度污染', '橙色')
    """
    one = SHELF.edition(edition, NUMBER)
    rows = one.table("levels").rows
    if not 0 <= level < len(rows):
        raise ValueError(f"level {level}; allowed: 0 to {len(rows) - 1}")
    row = rows[level]
    return Advice(
        row["numeral_zh"], row["class_zh"], row["class_en"], row["colour_zh"], row["colour_en"], row["effect_zh"],
        row["effect_en"], row["advice_zh"], row["advice_en"], one.id, row["clause"], row["status"],
    )  # fmt: skip


def sensitive_groups(exceeding: tuple[str, ...], edition: str) -> tuple[SensitiveGroups, ...]:
    """The groups endangered by each of some pollutants, in the order given; others than those of the index are skipped.

    Parameters
    ----------
    exceeding : tuple of str
        Pollutants with a sub-index above 100.
    edition : str

    Examples
    --------
    >>> [one.groups_zh for one in sensitive_groups(("co",), "HJ 633-2026")]
    ['心血管疾病患者']
    """
    one = SHELF.edition(edition, NUMBER)
    rows = {row["parameter"]: row for row in one.table("sensitive_groups")}
    return tuple(
        SensitiveGroups(
            slug, rows[slug]["groups_zh"], rows[slug]["groups_en"], one.id, rows[slug]["clause"], rows[slug]["status"]
        )
        for slug in exceeding
        if slug in rows
    )
