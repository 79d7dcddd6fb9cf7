"""Categories of radioactive sources, and levels of accidents with them."""

from __future__ import annotations

from lichen.elements.radiation.shelf import SHELF
from lichen.standards import Row

_SOURCES = SHELF.edition("announcement 62-2005")
_ACCIDENTS = {row["level"]: row for row in SHELF.edition("Order 449-2019").table("accidents")}
_D_TBQ = {row["nuclide"]: float(row["d_tbq"]) for row in _SOURCES.table("d_values")}
CATEGORIES = tuple(row["category"] for row in _SOURCES.table("categories"))


def source_category(activities_tbq: dict[str, float]) -> str:
    """Category I to V of a source, or of several at one place, by the sum of activity / D (memory).

    Exemption is not looked at: what is exempt comes out as V.

    Parameters
    ----------
    activities_tbq : dict nuclide → activity
        ``{"Cs137": 0.0037}`` [TBq], above 0.

    Raises
    ------
    ValueError
        No nuclide, one without a D value (the message lists those there are), or an activity that is not above 0.

    Examples
    --------
    >>> source_category({"Cs137": 0.0037}), source_category({"Ir192": 3.7})
    ('IV', 'II')
    """
    unknown = [nuclide for nuclide in activities_tbq if nuclide not in _D_TBQ]
    if unknown or not activities_tbq:
        raise ValueError(f"no D value for {', '.join(unknown) or 'nothing'}; known: {', '.join(_D_TBQ)}")
    if not all(activity > 0 for activity in activities_tbq.values()):
        raise ValueError(f"activities {activities_tbq} must be above 0 TBq")
    ratio = sum(activity / _D_TBQ[nuclide] for nuclide, activity in activities_tbq.items())
    return next(row["category"] for row in _SOURCES.table("categories") if ratio >= float(row["ratio_from"]))


def accident_level(
    category: str | None = None,
    *,
    wide_contamination: bool = False,
    deaths: int = 0,
    injured: int = 0,
    above_annual_limit: bool = False,
) -> Row | None:
    """Level of a radiation accident (Regulations, article 40); None where nothing of the article applies.

    Parameters
    ----------
    category : str, optional
        ``I`` to ``V`` of a source that is lost, stolen or out of control.
    wide_contamination : bool
        Wide and severe contamination of the environment by a source of category I or II.
    deaths : int
        Acute deaths.
    injured : int
        People with acute severe radiation sickness or disabled organs.
    above_annual_limit : bool
        Somebody was exposed above the annual limit.

    Returns
    -------
    Row or None
        With ``level``, ``word_zh``, ``word_en`` and ``report_hours``: within how many hours the province and the
        ministries report to the State Council ("" = not said).

    Examples
    --------
    >>> accident_level("I")["word_zh"], accident_level("I", wide_contamination=True)["word_zh"]
    ('重大辐射事故', '特别重大辐射事故')
    """
    if category is not None and category not in CATEGORIES:
        raise ValueError(f"category {category!r}; allowed: {', '.join(CATEGORIES)}")
    dangerous = category in ("I", "II")
    if (dangerous and wide_contamination) or deaths >= 3:
        return _ACCIDENTS["especially_serious"]
    if dangerous or deaths >= 1 or injured >= 10:
        return _ACCIDENTS["serious"]
    if category == "III" or injured >= 1:
        return _ACCIDENTS["larger"]
    if category is not None or above_annual_limit:
        return _ACCIDENTS["general"]
    return None
