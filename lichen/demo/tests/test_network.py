"""The demo's registry fits its elements, and what it sends and brings leads to verdicts in every element."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from lichen.demo import loggers
from lichen.demo.bring import BadFile, checked
from lichen.demo.made import Noise, draw, flue_gas
from lichen.demo.network import demo_snapshot
from lichen.demo.points import parties, places
from lichen.demo.record import Verdict, load
from lichen.demo.sections import RECORD, section_values, sections, timeline
from lichen.demo.seed import DemoSeed
from lichen.demo.tables import files_of
from lichen.elements import ELEMENT_BY_SLUG, ELEMENTS
from lichen.hj212.compose import compose
from lichen.pipeline.sheets.entry import entries_of
from lichen.pipeline.testing import Ledger, ledger  # noqa: F401
from lichen.pipeline.worker import Worker
from lichen.vocab.clock import DAY_MS, HOUR_MS, day_start_ms, parse_digits
from lichen.vocab.entry import Entry
from lichen.vocab.parameters import by_code
from lichen.vocab.periods import Period
from lichen.vocab.registry import attribute_at

STARTED = parse_digits("20261015103000")
SEED = DemoSeed("5a" * 32, STARTED)
SNAPSHOT = demo_snapshot(SEED)


@pytest.mark.parametrize("point", SNAPSHOT.points, ids=lambda point: point.id)
def test_what_a_point_says_is_accepted_by_its_element(point):
    element = ELEMENT_BY_SLUG[point.element]
    assert point.kind in element.point_kinds
    instants = np.array([STARTED - 3000 * DAY_MS, STARTED])
    for option in element.options:
        for said in attribute_at(point.attributes, option.slug, instants):
            if said not in (None, ""):
                assert float(said) if option.is_number else option.code(str(said)) >= 0, (option.slug, said)
    assert point.attributes["replay_zh"]
    assert point.attributes["replay_en"].isascii()


def test_every_element_has_a_point():
    assert {point.element for point in SNAPSHOT.points} == {element.slug for element in ELEMENTS}


def test_what_was_made_up_says_so():
    for place in places():
        said = place.point(STARTED).attributes["replay_zh"]
        assert ("非实测" in said) != (place.beside is not None)
    assert all("中国环境监测总站" in SNAPSHOT.point_by_id[section.id].attributes["replay_zh"] for section in sections())


def test_sections_have_no_invented_position():
    assert {SNAPSHOT.point_by_id[section.id].lon for section in sections()} == {None}


def test_an_option_changed_by_date():
    dated = [point.id for point in SNAPSHOT.points if any(isinstance(v, list) for v in point.attributes.values())]
    assert {"demo-soil-works", "demo-noise-road-2", "demo-da001"} <= set(dated)
    road = SNAPSHOT.point_by_id["demo-noise-road-2"].attributes
    change = day_start_ms(date.fromisoformat(road["zone"][1]["from"]))
    assert attribute_at(road, "zone", np.array([change - 1, change])) == ["2", "4a"]


def test_owners_and_operators_are_parties():
    known = {party.code for party in parties()} | {""}
    assert {place.owner for place in places()} | {place.operator for place in places()} == known
    assert {party.kind for party in parties()} == {"company", "laboratory"}


def test_loggers_send_factors_of_their_element():
    for device in loggers.loggers(SEED):
        element = ELEMENT_BY_SLUG[SNAPSHOT.point_by_id[device.point].element]
        source, plan = loggers.source(device.point, STARTED), loggers.uploads(device.point)
        for cn, (width, back) in plan.history.items():
            items = [item for at in range(STARTED - back, STARTED, width) for item in source.items(cn, at, width)]
            assert items, device.point
            codes = {item.split("-")[0] for item in items}
            found = {by_code(code, device.st) for code in codes}
            assert {parameter.slug for parameter in found if parameter} <= set(element.parameters)
            assert None not in found


def test_the_same_times_give_the_same_values():
    for source in (Noise("a", STARTED), flue_gas("b", STARTED)):
        assert source.items("2051", STARTED, 600_000) == source.items("2051", STARTED, 600_000)
        assert source.items("2051", STARTED, 600_000) != source.items("2051", STARTED + 600_000, 600_000)
    assert -1 <= draw("x") < 1
    assert files_of(STARTED) == files_of(STARTED)


def test_published_classes_are_kept_beside_and_not_sent():
    verdicts = load(RECORD).verdicts["zg-tanyansuo"]
    assert Counter(one.level for one in verdicts.values())["Ⅲ"] > 15
    first = parse_digits("20210404040000")
    assert verdicts[first] == Verdict(None, "", "", "维护")
    values = section_values("zg-tanyansuo", STARTED)
    at = next(at for at in range(0, 5 * DAY_MS, HOUR_MS) if values.timeline.recorded_hour(STARTED + at) == first)
    assert all(item.endswith("Flag=M") for item in values.items("2061", STARTED + at, HOUR_MS))
    assert values.items("2061", STARTED + at + HOUR_MS, HOUR_MS) == [], "sections are sampled every four hours"


def test_a_file_that_does_not_fit_the_registry_is_refused():
    (file, *_) = files_of(STARTED)
    with pytest.raises(BadFile, match="No such point is registered"):
        checked(file, type(SNAPSHOT)(1, SNAPSHOT.points[:1], ()), STARTED)


def packets():
    """What every logger but those of air sends of its history; of weather a day is enough."""
    for device in loggers.loggers(SEED):
        source = loggers.source(device.point, STARTED)
        for cn, (width, back) in loggers.uploads(device.point).history.items():
            stop = STARTED // width * width
            for at in range(stop - min(back, 4 * DAY_MS), stop, width):
                yield from packet(device, cn, at, width, source.items(cn, at, width))


def packet(device, cn, at, width, items):
    frames = compose(
        cn=cn, mn=device.mn, st=device.st, pw=device.password, qn=at + width, edition=device.edition, time_ms=at,
        items=items,
    )  # fmt: skip
    return [
        Entry(at + width, "hj212", "203.0.113.7:41022", device.mn, "ok", frame).encode() for frame in frames if items
    ]


def test_every_element_reaches_verdicts(ledger, store, monkeypatch):  # noqa: F811
    monkeypatch.setattr("lichen.pipeline.worker.now_ms", lambda: STARTED)
    ledger.raw.append(list(packets()))
    for file in files_of(STARTED):
        found = checked(file, SNAPSHOT, STARTED)
        ledger.raw.append(entries_of(file.body, found.head, found.good, received=STARTED, peer="demo"))
    worker = Worker(store, ledger.raw, ledger.acts, lambda: SNAPSHOT)
    while worker.step():
        pass
    assert not worker.refused
    words = {element.slug: judged(store, element) for element in ELEMENTS if element.slug != "air"}
    assert {slug for slug, found in words.items() if not any(word for _, _, word in found)} == {"weather"}
    assert words["weather"], "weather is taken in, and has no verdicts"
    # What the demo is to show: good and bad, by its own rules.
    for element, point, period, wanted in (
        ("noise", "demo-noise-zone", "hour", {"达标", "超标"}),
        ("noise", "demo-noise-road-2", "sample", {"达标", "超标"}),
        ("soil", "demo-soil-works", "sample", {"风险低", "可能存在风险"}),
        ("drinking_water", "demo-dw-tap", "sample", {"合格", "不合格"}),
        ("vibration", "demo-vibration-rail", "sample", {"达标", "超标"}),
        ("radiation", "demo-gamma", "hour", {"正常", "降水升高"}),
        ("ecology", "demo-ecology-city", "year", {"良", "二类", "三类"}),
        ("sources", "demo-da001", "hour", {"达标", "超标"}),
        ("sources", "demo-dw001", "day", {"超标"}),
    ):
        assert {word for at, over, word in words[element] if (at, over) == (point, period)} >= wanted, point
    assert_as_published(store)


def judged(store, element):
    """Point, period and word of every verdict; "" where there is none."""
    return Counter(
        (results.points[point], str(period), element.classes[klass].word if klass >= 0 else "")
        for period in element.evaluators
        for results in [store.results(element.slug, period, 0, STARTED + DAY_MS)]
        for point, klass in zip(results.point.tolist(), results.klass.tolist(), strict=True)
    )


def assert_as_published(store):
    """Nearly all classes of sections are those published with the values; the record says why not all."""
    element, verdicts = ELEMENT_BY_SLUG["surface_water"], load(RECORD).verdicts
    results = store.results("surface_water", Period.HOUR, 0, STARTED)
    pairs = [
        (element.classes[klass].word, verdict.level)
        for point, time, klass in zip(
            results.point.tolist(), results.time.tolist(), results.klass.tolist(), strict=True
        )
        if klass >= 0
        for verdict in [verdicts[results.points[point]][timeline(STARTED).recorded_hour(time)]]
        if verdict.level
    ]
    assert len(pairs) > 700
    assert sum(ours == published for ours, published in pairs) / len(pairs) > 0.97
