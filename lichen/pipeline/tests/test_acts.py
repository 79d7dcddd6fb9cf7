"""Acts: what stands in the acts log can be read back, or is refused with the reason."""

from __future__ import annotations

import json

import pytest

from lichen.pipeline.acts import SUPERSEDE, Act, Supersede
from lichen.pipeline.errors import BadAct
from lichen.vocab.batch import Series
from lichen.vocab.entry import Entry
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period, Source

SERIES = Series("P1", "pm25", Period.MINUTE, Source.REPORTED)


def test_act_is_canonical_json() -> None:
    act = Act("case.close", "案件 7", "li", "办结", 5, {"b": 1, "a": [None, "x"]})
    body = Entry.decode(act.encode()).body
    assert body == json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert Act.decode(act.encode()) == act


@pytest.mark.parametrize("value", [35.0, None])
def test_supersede_is_read_back(value: float | None) -> None:
    order = Supersede(SERIES, 5, value, Flag.BAD)
    assert Supersede.of(Act.decode(order.act(by="li", reason="why", at=9).encode())) == order


@pytest.mark.parametrize("change", [{"value": None, "flag": 1}, {"flag": 7}, {"period": "age"}, {"time": "x"}])
def test_unusable_supersede_is_refused(change: dict[str, object]) -> None:
    act = Supersede(SERIES, 5, 1.0, Flag.GOOD).act(by="li", reason="why", at=9)
    with pytest.raises(BadAct, match=SUPERSEDE):
        Supersede.of(Act(act.action, act.subject, act.by, act.reason, act.at, {**act.details, **change}))


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("li", " ")])
def test_supersede_needs_a_person_and_a_reason(by: str, reason: str) -> None:
    with pytest.raises(BadAct, match="a reason and a person"):
        Supersede.of(Supersede(SERIES, 5, 1.0, Flag.GOOD).act(by=by, reason=reason, at=9))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"action":"x"}'])
def test_other_bytes_are_no_act(body: bytes) -> None:
    with pytest.raises(BadAct):
        Act.decode(Entry(0, "act", "", "", "ok", body).encode())
    with pytest.raises(BadAct, match="door"):
        Act.decode(Entry(0, "hj212", "", "", "ok", body).encode())
