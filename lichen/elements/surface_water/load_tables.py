"""Tables of loads: carried through sections, and between the borders of a city."""

from __future__ import annotations

import numpy as np

from lichen.elements.descriptor import Column, Survey, Table
from lichen.elements.surface_water import flux
from lichen.elements.surface_water.shelf import SYMBOL
from lichen.elements.surface_water.survey import registered
from lichen.vocab.parameters import PARAMETERS as ALL_PARAMETERS
from lichen.vocab.units import convert

_SITE = Column("site", "断面", "section")
#: Substances that water carries, so that concentration times flow is a load.
_CARRIED = ("codmn", "cod", "nh3n", "tp", "tn")

Cell = str | float | None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _loads(survey: Survey, row: int) -> dict[str, flux.Load]:
    """Loads of what a section carries, over the whole survey."""
    flow = survey.columns["river_flow"][row]
    step = int(np.diff(survey.time).min())
    start, stop = int(survey.time[0]), int(survey.time[-1]) + step
    found = {}
    for slug in _CARRIED:
        if slug in survey.columns and not np.isnan(survey.columns[slug][row]).all():
            values = survey.columns[slug][row]
            if slug in survey.below:
                values = np.where(survey.below[slug][row], values / 2, values)
            values = convert(values, ALL_PARAMETERS[slug].unit, "mg/L", slug)
            found[slug] = flux.integrate(survey.time, values, flow, start, stop, step)
    return found


def _with_flow(survey: Survey) -> list[int]:
    if len(survey.time) < 2 or "river_flow" not in survey.columns:
        raise ValueError("没有流量数据，无法计算通量。请选择有流量监测的断面和两期以上的时间范围。")
    flow = survey.columns["river_flow"]
    return [row for row in range(len(survey.sites)) if not np.isnan(flow[row]).all()]


def section_loads(survey: Survey) -> Table:
    """Loads carried through sections that measure flow (断面通量)."""
    rows: list[tuple[Cell, ...]] = []
    for row in _with_flow(survey):
        for slug, load in _loads(survey, row).items():
            rows.append((
                survey.sites[row].name_zh, SYMBOL[slug], _number(load.tonnes), _number(load.concentration),
                _number(load.volume / 1e4), 100 * load.coverage, 100 * load.bridged,
            ))  # fmt: skip
    columns = (
        _SITE, Column("item", "项目", "item"), Column("load", "通量", "load", "t", 2),
        Column("concentration", "流量加权浓度", "flow-weighted concentration", "mg/L", 3),
        Column("volume", "水量", "volume", "10⁴ m³", 1), Column("coverage", "数据覆盖率", "coverage", "%", 1),
        Column("bridged", "其中浓度内插", "of it interpolated", "%", 1),
    )  # fmt: skip
    note = "通量只计有数据的时段，未外推；浓度缺测不超过24小时的内插，流量不补。"
    return Table(columns, tuple(rows), "4-hourly integration", "proposal", (note,))


def border_balance(survey: Survey) -> Table:
    """What a city adds between the sections where water enters it and leaves it (跨界断面通量平衡)."""
    last = int(survey.time[-1]) if len(survey.time) else 0
    words = {"入境": 0, "出境": 1, "in": 0, "out": 1}
    found: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for row in _with_flow(survey):
        site = survey.sites[row]
        side = words.get(registered(site, "border", last))
        if side is not None:
            for slug, load in _loads(survey, row).items():
                city = registered(site, "city", last)
                found.setdefault((city, slug), ([], []))[side].append(load.tonnes)
    if not found:
        raise ValueError("所选断面都没有登记入境或出境。请在断面的登记中填写border：入境或出境。")
    rows: list[tuple[Cell, ...]] = []
    for (city, slug), (entering, leaving) in found.items():
        if np.isnan([*entering, *leaving]).any():
            rows.append((city, SYMBOL[slug], None, None, None, None))
            continue
        one = flux.balance(entering, leaving)
        rows.append((city, SYMBOL[slug], one.entering, one.leaving, one.added, _number(100 * one.change)))
    columns = (
        Column("city", "城市", "city"), Column("item", "项目", "item"),
        Column("entering", "入境通量", "entering", "t", 2),
        Column("leaving", "出境通量", "leaving", "t", 2), Column("added", "净增", "added", "t", 2),
        Column("change", "净增比例", "added to what entered", "%", 1),
    )  # fmt: skip
    return Table(columns, tuple(rows), "4-hourly integration", "proposal", ("有断面缺数据的，该项不作平衡。",))
