"""Why a value of a city or a district: the rule, the stations that count, and whether their values hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.elements.descriptor import Element
from lichen.pipeline.trace import why
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.engines import Engines
from lichen.web.readings import spans, words
from lichen.web.readings.city import PlaceRow, StationRow, judge, ranked, row_of
from lichen.web.readings.explain import Fault, Number, misfit
from lichen.web.readings.grid import NOTHING, grid_of
from lichen.web.readings.proof import OnDisk
from lichen.web.readings.rules import Citation, citations
from lichen.web.readings.stations import verdicts_of


@dataclass(frozen=True, slots=True)
class PlaceWhy:
    """All that the page shows.

    Attributes
    ----------
    row : PlaceRow
        The number: verdict and concentrations of the place.
    sub_indices : tuple of str
        The index of each concentration alone; empty where the element has no index.
    place_rule, index_rule : tuple of Citation
        How concentrations of stations become those of the place, and how these are judged.
    stations : tuple of StationRow
        Those that count and those that do not, as ranked.
    checked : int
        How many values of stations were computed again for this page.
    faults : tuple of Fault
        Those that do not fit what they rest on; empty: all hold.
    """

    element: Element
    period: Period
    time: int
    parameters: tuple[str, ...]
    row: PlaceRow
    sub_indices: tuple[str, ...]
    place_rule: tuple[Citation, ...]
    index_rule: tuple[Citation, ...]
    stations: tuple[StationRow, ...]
    checked: int
    faults: tuple[Fault, ...]

    @property
    def interval(self) -> str:
        return words.interval(self.time, spans.lasts(self.period, self.time))

    @property
    def name(self) -> str:
        """What is explained: the index, else the element."""
        return self.element.index_name or words.element_name(self.element)

    @property
    def needed(self) -> int:
        return self.row.values[0].needed


def explain_place(
    engines: Engines, name: str, element: Element, points: Sequence[Point], period: Period, time: int
) -> PlaceWhy | None:
    """Why the value of a place with those points in the interval that starts at `time`; None where there is none.

    The value of a place is not stored: it is made here from the stored values of the stations, each of which is
    computed again from what it rests on. [time: ms since 1970 UTC]
    """
    store, ids = engines.store, [point.id for point in points]
    grid = grid_of(store, ids, element.inputs[period], period, time, spans.end_of(period, time))
    judged = judge(element, grid, points, period)
    if judged is None or judged.verdicts[0] is None:
        return None
    parameters = tuple(slug for at, slug in enumerate(grid.parameters) if (grid.flag[:, at] != NOTHING).any())
    verdicts = {
        verdict.point: verdict
        for verdict in verdicts_of(element, store.results(element.slug, period, time, time + 1, points=ids))
    }
    stations = ranked(points, verdicts, grid, period, 0, parameters, judged)
    checked, faults = _check(engines, stations, parameters, period, time)
    evaluation = judged.evaluation
    sub = [evaluation.sub[slug][0] if slug in evaluation.sub else None for slug in parameters]
    return PlaceWhy(
        element=element, period=period, time=time, parameters=parameters,
        row=row_of(name, judged, 0, parameters),
        sub_indices=tuple(words.index(value) for value in sub) if element.index_name else (),
        place_rule=citations(element, judged.mean.clause),
        index_rule=citations(element, evaluation.clause, judged.verdicts[0].edition),
        stations=stations, checked=checked, faults=faults,
    )  # fmt: skip


def _check(
    engines: Engines, stations: Sequence[StationRow], parameters: Sequence[str], period: Period, time: int
) -> tuple[int, tuple[Fault, ...]]:
    """Each value that counts, computed again from its inputs; these are followed further on pages of their own."""
    snapshot, raw, acts = engines.snapshot(), OnDisk(engines.raw_log), OnDisk(engines.acts_log)
    checked, faults = 0, []
    for station in stations:
        for slug, cell in zip(parameters, station.cells, strict=True):
            if cell.flag is None or not station.counts:
                continue
            node = why(
                engines.store, raw, snapshot, point=station.point.id, name=slug, period=period, time=time,
                acts_log=acts, depth=0,
            )  # fmt: skip
            checked += 1
            for one in node.problems():
                fault = misfit(Number(one, words.width(period, station.point.id, time, snapshot)))
                faults.append(Fault(f"{station.name}: {fault.text}", fault.url))
    return checked, tuple(faults)
