"""Risk of soil contamination: screening and intervention values by land use, of farmland also by pH.

GB 15618 for farmland, GB 36600 for development land. At or below the screening value the risk is low; between the two
there may be a risk; above the intervention value it is high. Grades of 1995 are not judged again by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lichen.elements.descriptor import Evaluation, Flags, Floats, LimitLine, Option, ResultClass, Samples
from lichen.elements.single_factor import (
    NOTHING,
    by_edition,
    by_group,
    entering,
    joined,
    limit_lines,
    of_classes,
    verdict,
)
from lichen.elements.site_reports import option_on
from lichen.elements.soil.indices import nemerow
from lichen.elements.soil.shelf import SHELF
from lichen.standards import ClassTable, Edition, Row

FARMLAND, DEVELOPMENT = "GB 15618", "GB 36600"
CLAUSE = "GB 15618-2018 table 1; table 2; table 3 | GB 36600-2018 table 1; table 2"
#: Colours are ours.
CLASSES = (
    ResultClass("风险低", "low risk", "不超过筛选值", (0, 176, 80)),
    ResultClass("可能存在风险", "possible risk", "超过筛选值、不超过管制值", (255, 192, 0)),
    ResultClass("风险高", "high risk", "超过管制值", (255, 0, 0)),
)

LAND_USE = Option(
    "land_use",
    "土地利用类型",
    "land use",
    {
        "paddy": ("水田", "paddy field"),
        "rotation": ("水旱轮作", "rice-dryland rotation"),
        "orchard": ("果园", "orchard"),
        "other": ("其他农用地", "other farmland"),
        "class1": ("第一类用地", "development land, class 1"),
        "class2": ("第二类用地", "development land, class 2"),
    },
    accepts={
        "水浇地": "other",
        "旱地": "other",
        "茶园": "other",
        "草地": "other",
        "第一类": "class1",
        "第二类": "class2",
    },
)
_USES = tuple(LAND_USE.choices)
_DEVELOPED = frozenset({"class1", "class2"})
SOIL_TYPE = Option(
    "soil_type",
    "土壤类型",
    "soil type",
    {
        row["soil_type"]: (row["soil_type"], row["soil_type_en"])
        for row in SHELF.of(DEVELOPMENT)[-1].table("background")
    },
)

_PH = "soil_ph"
#: The bands of GB 15618 table 1; a bound belongs to the band below it.
_BANDS = ("<=5.5", "5.5-6.5", "6.5-7.5", ">7.5")
_BOUNDS = (5.5, 6.5, 7.5)
_NO_BAND = -1
_LIMITS = ("screening", "intervention")
#: Sums that GB 15618 judges → their parts; ``soil_ddt`` is o,p'-DDT and p,p'-DDT.
_SUMS = {
    "soil_hch_total": ("soil_alpha_hch", "soil_beta_hch", "soil_gamma_hch", "soil_delta_hch"),
    "soil_ddt_total": ("soil_p_p_dde", "soil_p_p_ddd", "soil_ddt"),
}


@cache
def farmland_limits(edition: Edition, land_use: str, band: int) -> ClassTable:
    """The limits of GB 15618 for a land use and a pH band; without a band (-1) those that need none."""
    wanted = {"any"} if band == _NO_BAND else {"any", _BANDS[band]}
    uses = ("paddy", "other") if land_use == "rotation" else (land_use,)
    intervention = {row["parameter"]: row for row in edition.table("intervention") if row["ph_band"] in wanted}
    found: dict[str, dict[str, str]] = {}
    by_item: dict[str, list[Row]] = {}
    for row in edition.table("screening"):
        if row["ph_band"] in wanted:
            by_item.setdefault(row["parameter"], []).append(row)
    for slug, rows in by_item.items():
        named = {row["land_use"] for row in rows}
        # A table that splits an item in two says "other" for all that it does not name.
        chosen = {use if use in named else "any" if "any" in named else "other" for use in uses}
        # Rotation takes the stricter value (GB 15618, note to table 1).
        row = min((row for row in rows if row["land_use"] in chosen), key=lambda one: float(one["limit"]))
        found[slug] = _limit(row, row["limit"], intervention[slug]["limit"] if slug in intervention else "")
    return ClassTable.from_rows(found.values(), _LIMITS)


@cache
def development_limits(edition: Edition, land_use: str) -> ClassTable:
    """The limits of GB 36600 for class 1 or class 2 land."""
    rows = (*edition.table("table1"), *edition.table("table2"))
    return ClassTable.from_rows(
        [_limit(row, row[f"screening_{land_use}"], row[f"intervention_{land_use}"]) for row in rows], _LIMITS
    )


def _limit(row: Row, screening: str, intervention: str) -> dict[str, str]:
    kept = {name: row[name] for name in ("parameter", "unit", "clause", "status")}
    return kept | {"direction": "max", "screening": screening, "intervention": intervention}


_FARMLAND_ITEMS = tuple(dict.fromkeys(row["parameter"] for one in SHELF.of(FARMLAND) for row in one.table("screening")))
#: What the rules read, of any edition and any land use.
INPUTS = tuple(
    dict.fromkeys(
        (
            _PH, *_FARMLAND_ITEMS, *(part for parts in _SUMS.values() for part in parts),
            *(item.parameter for one in SHELF.of(DEVELOPMENT) for item in development_limits(one, "class1").items),
        )
    )
)  # fmt: skip


def ph_band(ph: Floats) -> NDArray[np.int64]:
    """The band of GB 15618 table 1 of each pH, 0 to 3; -1: missing, (n,).

    >>> ph_band(np.array([5.5, 5.51, 6.5, 7.5, 7.51, np.nan])).tolist()
    [0, 1, 1, 2, 3, -1]
    """
    return np.where(np.isnan(ph), _NO_BAND, np.searchsorted(_BOUNDS, ph, side="left")).astype(np.int64)


def soil_risk(samples: Samples) -> Evaluation:
    """Risk class of n soil samples, items above their screening value and by how many times; index: Nemerow's.

    Parameters
    ----------
    samples : Samples
        Columns: any item of GB 15618 or GB 36600, total content of dry soil [mg/kg], and ``soil_ph``. HCH and DDT in
        farmland are summed of their parts where they are not given and all parts are there. Below the detection limit:
        half of it. Options: `land_use`, without which there is no verdict; `soil_type`, for the arsenic of development
        land.

    Raises
    ------
    UnknownEdition
        The message lists the editions there are.

    Notes
    -----
    GB 15618-2018, tables 1 to 3; a value equal to its limit is on the better side. Cu, Ni, Zn have no intervention
    value. Farmland without pH has no class while an item is there whose limit depends on it. GB 36600-2018, tables 1
    and 2; arsenic above the screening value, but not above the background of its soil type (annex A), counts as not
    above it. Index: across the items of a sample, each over its screening value (HJ/T 166-2004, 12.2).

    Examples
    --------
    >>> from lichen.vocab.clock import day_start_ms
    >>> day = np.full(2, day_start_ms(date(2026, 1, 1)))
    >>> paddy = {"land_use": np.full(2, LAND_USE.code("水田"), np.int16)}
    >>> measured = {"soil_ph": np.array([5.5, 5.6]), "soil_cd": np.array([0.30, 2.1])}
    >>> verdict = soil_risk(Samples(measured, day, options=paddy))
    >>> [CLASSES[k].word for k in verdict.klass], verdict.multiples["soil_cd"].round(2).tolist()
    (['风险低', '风险高'], [nan, 4.25])
    """
    uses = samples.choice(LAND_USE).astype(np.int64)
    bands = ph_band(samples.columns.get(_PH, np.full(len(samples), np.nan)))
    developed = np.isin(uses, [_USES.index(use) for use in _DEVELOPED])
    group = np.where(uses < 0, -1, uses * (len(_BANDS) + 1) + np.where(developed, 0, bands + 1))

    def one(number: int, rows: Samples) -> Evaluation:
        if number < 0:
            nothing = np.full(len(rows), -1, np.int8)
            return verdict(nothing, "", CLAUSE, remarks={"未注明土地利用类型（land_use），未评价": nothing < 0})
        use, band = divmod(number, len(_BANDS) + 1)
        if _USES[use] in _DEVELOPED:
            return by_edition(rows, SHELF, DEVELOPMENT, CLAUSE, lambda edition, some: _development(edition, some, use))
        return by_edition(rows, SHELF, FARMLAND, CLAUSE, lambda edition, some: _farmland(edition, some, use, band - 1))

    return joined(len(samples), by_group(samples, group, one), CLAUSE)


def _farmland(edition: Edition, samples: Samples, use: int, band: int) -> Evaluation:
    table = farmland_limits(edition, _USES[use], band)
    columns = entering(samples, table)
    for slug, parts in _SUMS.items():
        if all(part in samples.columns for part in parts):
            made = np.asarray(sum(samples.halved(part) for part in parts))
            given = columns.get(slug, np.full(len(samples), np.nan))
            columns[slug] = np.where(np.isnan(given), made, given)
    lacking = np.zeros(len(samples), np.bool_)
    if band == _NO_BAND:
        for slug in set(_FARMLAND_ITEMS) - set(table.by_parameter):
            if slug in samples.columns:
                lacking |= ~np.isnan(samples.columns[slug])
    return _judged(table, columns, edition, {"土壤pH缺测，无法确定重金属的筛选值": lacking}, lacking)


def _development(edition: Edition, samples: Samples, use: int) -> Evaluation:
    table = development_limits(edition, _USES[use])
    columns = entering(samples, table)
    types = samples.choice(SOIL_TYPE)
    remarks: dict[str, Flags] = {}
    rows = edition.table("background")
    for slug in {row["parameter"] for row in rows} & set(columns):
        # By position of the soil type; the last, which is -1: not known.
        background = np.array(
            [float(row["background"]) if row["parameter"] == slug else np.nan for row in rows] + [np.nan]
        )
        screening = table.by_parameter[slug].high[0]
        natural = (columns[slug] > screening) & (columns[slug] <= background[types])
        columns[slug] = np.where(natural, screening, columns[slug])
        remarks["砷高于筛选值，但不高于该类土壤的背景值（附录A），不按超过筛选值管理"] = natural
    return _judged(table, columns, edition, remarks, np.zeros(len(samples), np.bool_))


def _judged(
    table: ClassTable, columns: dict[str, Floats], edition: Edition, remarks: dict[str, Flags], undecided: Flags
) -> Evaluation:
    """The verdict by a table; none where it is undecided."""
    n = len(undecided)
    if not columns:
        missing = {**remarks, NOTHING: ~undecided}
        return verdict(np.full(n, -1, np.int8), edition.id, CLAUSE, remarks=missing)
    found = table.judge(columns, 0)
    shares = {
        slug: np.where(code >= 0, columns[slug] / table.by_parameter[slug].high[0], np.nan)
        for slug, code in found.sub.items()
    }
    base = of_classes(found, table, edition.id, CLAUSE, remarks)
    klass = np.where(undecided, -1, found.klass).astype(np.int8)
    index = np.where(undecided, np.nan, nemerow(np.stack(list(shares.values()))))
    return Evaluation(
        klass, index, base.deciding, base.exceeding, shares, base.note, base.notes, base.edition, base.edition_code,
        CLAUSE, base.multiples,
    )  # fmt: skip


def limits_of_point(attributes: Mapping[str, Any], on: date) -> tuple[LimitLine, ...]:
    """Screening and intervention values of a plot's land use on a day; of farmland those that do not depend on pH."""
    code = option_on(LAND_USE, attributes, on)
    if code < 0:
        return ()
    use = _USES[code]
    words = {"screening": ("筛选值", "screening value"), "intervention": ("管制值", "intervention value")}
    return tuple(
        line
        for edition in SHELF.of(DEVELOPMENT if use in _DEVELOPED else FARMLAND)
        if edition.covers(on)
        for line in limit_lines(
            development_limits(edition, use) if use in _DEVELOPED else farmland_limits(edition, use, _NO_BAND),
            edition.id,
            words,
        )
    )
