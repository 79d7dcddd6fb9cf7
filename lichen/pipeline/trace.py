"""Why this number: from a verdict down to the digits in the packet, and whether all of it still fits together.

A number is explained by a node: where it stands, the rule and clause it was made by, and the numbers it was made from,
each a node again. A reported number ends in the packet it came in, or in the act by which a person set it. Every node
is computed anew from what is below it; where the store says something else, `Why.problem` says so.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Aggregation, Derivation, Element
from lichen.pipeline.acts import Act, Supersede
from lichen.pipeline.aggregate import inputs_of, rules_of, values
from lichen.pipeline.derive import derived
from lichen.pipeline.errors import BadAct, NothingToTrace
from lichen.pipeline.evaluate import judge
from lichen.pipeline.frames import Names, keys
from lichen.pipeline.intervals import end_after
from lichen.pipeline.packet import Packet, packet_of
from lichen.pipeline.recomputation import Recomputation
from lichen.pipeline.samples import made_by
from lichen.pipeline.worker import ReadableLog
from lichen.store import Results, Store, Version
from lichen.vocab.batch import PERSON, Series, ledger_index
from lichen.vocab.entry import EntryError
from lichen.vocab.parameters import PARAMETERS
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Snapshot

#: What can be wrong with a node.
PROBLEMS = {
    "differs-from-packet": "the store differs from the sealed packet",
    "no-such-packet": "the ledger has no packet that says this",
    "differs-from-act": "the store differs from the sealed act",
    "no-such-act": "the acts log has no act that says this",
    "differs-from-inputs": "the store differs from what the rule makes of its inputs",
    "no-rule": "no rule of this day makes such a number",
}


@dataclass(frozen=True, slots=True)
class Why:
    """A number and how it came about.

    Attributes
    ----------
    kind : {"verdict", "computed", "reported", "act"}
    name : str
        Parameter slug; of a verdict the element's.
    point, period, source, stat, time
        Where the number stands. [ms since 1970 UTC, start of the interval]
    value : float or None
        The value, of a verdict its index.
    klass : int or None
        Of a verdict: index into the element's classes.
    unit : str
    flag : int or None
        In force.
    version : int
        See `lichen.vocab.batch.PERSON`. `versions` counts all there are.
    method, clause, edition, note : str
        The rule: ``mean``, ``running_mean``, ``max``, ``reported`` (the station's own value was taken) …
    needed, valid, inputs : int or None
        How many valid inputs the rule needs, how many there were, and how many inputs in all. Of minute data `needed`
        and `valid` are minutes.
    deciding, exceeding : tuple of str
        Parameters, of a verdict.
    snapshot, code : str
        Of a verdict: hash of the registry and version of Lichen it was reached with.
    findings : tuple of (check, flag, reason, person)
        About the version in force.
    packet : Packet or None
    act : int or None
        Index in the acts log; `person` and `reason` are its words.
    problem : str
        Key of `PROBLEMS`, or "".
    says : float or None
        With a problem: what the packet, act or rule says instead.
    parts : tuple of Why
        What it was made from; empty where `depth` ended.
    """

    kind: str
    name: str
    point: str
    period: Period
    source: Source
    stat: str
    time: int
    value: float | None
    version: int
    unit: str = ""
    klass: int | None = None
    flag: int | None = None
    versions: int = 1
    method: str = ""
    clause: str = ""
    edition: str = ""
    note: str = ""
    needed: int | None = None
    valid: int | None = None
    inputs: int | None = None
    deciding: tuple[str, ...] = ()
    exceeding: tuple[str, ...] = ()
    snapshot: str = ""
    code: str = ""
    findings: tuple[tuple[str, int, str, str], ...] = ()
    packet: Packet | None = None
    act: int | None = None
    person: str = ""
    reason: str = ""
    problem: str = ""
    says: float | None = None
    parts: tuple[Why, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def problems(self) -> list[Why]:
        """The nodes, from here down, at which something does not fit."""
        return [*([self] if self.problem else []), *(found for part in self.parts for found in part.problems())]


def why(
    store: Store,
    raw_log: ReadableLog,
    snapshot: Snapshot,
    *,
    point: str,
    name: str,
    period: Period,
    time: int,
    source: Source = Source.COMPUTED,
    stat: str = "avg",
    acts_log: ReadableLog | None = None,
    depth: int = 2,
) -> Why:
    """How a number came about.

    Parameters
    ----------
    store : Store
    raw_log : ReadableLog
    snapshot : Snapshot
    point : str
        Id of the point.
    name : str
        A parameter's slug for an observation, an element's slug for its verdict (AQI …).
    period : Period
    time : int
        Start of the interval. [ms since 1970 UTC]
    source : Source
        Of an observation.
    stat : str
        Of an observation.
    acts_log : ReadableLog, optional
        Without it, a person's act is named but not compared.
    depth : int
        How many levels of inputs to explain; 0 = none. A node can be explained further by asking for it.

    Raises
    ------
    NothingToTrace
        There is no such number.
    """
    tracer = _Tracer(store, raw_log, snapshot, acts_log)
    if name in ELEMENT_BY_SLUG:
        return tracer.verdict(ELEMENT_BY_SLUG[name], point, period, time, depth)
    return tracer.number(Series(point, name, period, source, stat), time, depth)


class _Tracer:
    def __init__(self, store: Store, raw_log: ReadableLog, snapshot: Snapshot, acts_log: ReadableLog | None) -> None:
        self._store = store
        self._raw_log = raw_log
        self._acts_log = acts_log
        self._snapshot = snapshot
        # Nothing is appended: only the reading half of a recomputation is used.
        self._work = Recomputation(store, snapshot, Names(), 0, 0, 0)

    def verdict(self, element: Element, point: str, period: Period, time: int, depth: int) -> Why:
        found = self._store.results(element.slug, period, time, time + 1, points=[point])
        if not len(found):
            raise NothingToTrace(f"{element.slug} {period} of {point} at {time}: no verdict")
        node = Why(
            "verdict", element.slug, point, period, Source.COMPUTED, "", time, _or_none(found.index[0]),
            int(found.version[0]), klass=int(found.klass[0]), clause=found.clause[0], edition=found.edition[0],
            note=found.note[0], deciding=found.deciding[0], unit="",
            exceeding=found.exceeding[0], snapshot=found.snapshot[0], code=found.code[0],
            method="evaluate",
        )  # fmt: skip
        anew = self._judge(element, period, point, time)
        if not bool(found.same_verdict(anew)[0]):
            node = replace(node, problem="differs-from-inputs", says=_or_none(anew.index[0]))
        if depth <= 0:
            return node
        source = made_by(period)
        there = self._store.range(
            time, time + 1, points=[point], parameters=element.inputs[period], periods=[period], sources=[source]
        )
        slugs = {series.parameter for series in there.series}
        parts = [
            self.number(Series(point, slug, period, source), time, depth - 1)
            for slug in element.inputs[period]
            if slug in slugs
        ]
        return replace(node, parts=tuple(parts))

    def number(self, series: Series, time: int, depth: int) -> Why:
        return self._explained(series, time, self._store.versions(series, time), depth)

    def _explained(self, series: Series, time: int, versions: list[Version], depth: int) -> Why:
        if not versions:
            raise NothingToTrace(f"{series.parameter} {series.period} of {series.point} at {time}: no value")
        newest = versions[0]
        parameter = PARAMETERS.get(series.parameter)
        node = Why(
            str(series.source), series.parameter, series.point, series.period, series.source, series.stat, time,
            _or_none(newest.value), newest.version, unit=parameter.unit if parameter else "", flag=newest.flag,
            versions=len(versions), findings=newest.findings,
        )  # fmt: skip
        if newest.version >= PERSON:
            return self._set_by_a_person(node, series, newest)
        if series.source is Source.REPORTED:
            return self._sent(node, series, newest)
        return self._computed(node, series, depth)

    def _judge(self, element: Element, period: Period, point: str, time: int) -> Results:
        names = self._work.names
        sample = keys(_one(names.code(point), np.int32), _one(0, np.int32), _one(time, np.int64))
        return judge(element, period, sample.select("point", "time"), self._work)

    def _set_by_a_person(self, node: Why, series: Series, version: Version) -> Why:
        act = version.version - PERSON
        review = next((finding for finding in version.findings if finding[3]), None)
        reason, person = review[2:] if review else ("", "")
        node = replace(node, kind="act", act=act, method="act", reason=reason, person=person)
        if self._acts_log is None:
            return node
        try:
            if act >= self._acts_log.size:
                raise BadAct(f"the acts log ends before act {act}")
            sealed = Act.decode(self._acts_log.read(act, act + 1)[0])
            order = Supersede.of(sealed)
        except (BadAct, EntryError):
            return replace(node, problem="no-such-act")
        node = replace(node, person=sealed.by, reason=sealed.reason)
        if (order.series, order.time) != (series, node.time):
            return replace(node, problem="no-such-act")
        if order.value != node.value or order.flag != version.own_flag:
            return replace(node, problem="differs-from-act", says=order.value)
        return node

    def _sent(self, node: Why, series: Series, version: Version) -> Why:
        index = ledger_index(version.version)
        packet = None
        if index < self._raw_log.size:
            packet = packet_of(self._raw_log.read(index, index + 1)[0], index, series, node.time, self._snapshot)
        if packet is None:
            return replace(node, problem="no-such-packet")
        node = replace(node, packet=packet, method="reported")
        same = (packet.value, packet.flag, packet.mark) == (node.value, version.own_flag, version.mark)
        return node if same else replace(node, problem="differs-from-packet", says=packet.value)

    def _computed(self, node: Why, series: Series, depth: int) -> Why:
        derivation = self._derivation(series)
        if derivation is not None:
            return self._derived(node, series, *derivation, depth)
        rules = self._rules(series, node.time)
        if not rules:
            return replace(node, problem="no-rule")
        names = self._work.names
        codes = _one(names.code(series.point), np.int32), _one(names.code(series.parameter), np.int32)
        for rule in rules:
            made = values(rule, keys(*codes, _one(node.time, np.int64)), self._work)
            if len(made):
                break
        node = replace(node, method=rule.method, clause=rule.clause, needed=rule.needed)
        if not len(made):
            return replace(node, problem="differs-from-inputs")
        anew = made.row(0, named=True)
        node = replace(node, valid=anew["valid"], inputs=anew["inputs"])
        if anew["reported"]:
            node = replace(node, method="reported", needed=None, valid=None)
        if (_or_none(anew["value"]), anew["flag"]) != (node.value, node.flag):
            node = replace(node, problem="differs-from-inputs", says=_or_none(anew["value"]))
        if depth <= 0:
            return node
        if anew["reported"]:
            own = series._replace(source=Source.REPORTED)
            return replace(node, parts=(self.number(own, node.time, depth - 1),))
        return replace(node, parts=self._inputs(rule, series, node.time, depth - 1))

    def _inputs(self, rule: Aggregation, series: Series, time: int, depth: int) -> tuple[Why, ...]:
        source, lasts = inputs_of(rule)
        inputs = Series(series.point, rule.source_parameter or series.parameter, rule.source, source)
        there = self._store.history(inputs, time, end_after(time, rule.target) - lasts + 1)
        return tuple(self._explained(inputs, at, versions, depth) for at, versions in there.items())

    def _derived(self, node: Why, series: Series, element: Element, rule: Derivation, depth: int) -> Why:
        names = self._work.names
        point, time = _one(names.code(series.point), np.int32), _one(node.time, np.int64)
        made = derived(element, rule, keys(point, _one(0, np.int32), time).select("point", "time"), self._work)
        mine = made.filter(pl.col("parameter") == names.code(series.parameter))
        node = replace(node, method="derived", clause=rule.clause)
        anew = _or_none(mine["value"][0]) if len(mine) else None
        if not len(mine) or (anew, mine["flag"][0]) != (node.value, node.flag):
            node = replace(node, problem="differs-from-inputs", says=anew)
        if depth <= 0:
            return node
        inputs = [series._replace(parameter=slug) for slug in rule.inputs if slug not in rule.parameters]
        found = [(one, self._store.versions(one, node.time)) for one in inputs]
        return replace(node, parts=tuple(self._explained(one, node.time, had, depth - 1) for one, had in found if had))

    def _derivation(self, series: Series) -> tuple[Element, Derivation] | None:
        point = self._snapshot.point_by_id.get(series.point)
        element = ELEMENT_BY_SLUG.get(point.element) if point is not None else None
        for rule in element.derivations if element else ():
            if rule.period == series.period and series.parameter in rule.parameters:
                assert element is not None
                return element, rule
        return None

    def _rules(self, series: Series, time: int) -> list[Aggregation]:
        """The rules that can make a number, in their order."""
        point = self._snapshot.point_by_id.get(series.point)
        element = ELEMENT_BY_SLUG.get(point.element) if point is not None else None
        if element is None:
            return []
        return [
            rule
            for rule in rules_of(element, time)
            if rule.target == series.period and series.parameter in rule.parameters
        ]


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _one(value: int, kind: type[np.integer[Any]]) -> np.ndarray[Any, Any]:
    return np.array([value], dtype=kind)
