"""Acts: recorded in one transaction with what they change, sealed in order, once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from lichen.pipeline.acts import Act as Entry
from lichen.web import engines
from lichen.web.acts import sealing
from lichen.web.acts.models import Act

pytestmark = pytest.mark.django_db(transaction=True)


def record(subject: str, by: Any = None) -> Act:
    with transaction.atomic():
        return sealing.record("case.close", subject, by=by, reason="settled", details={"n": 1})


def subjects(opened: Any) -> list[str]:
    log = opened.acts_log
    return [Entry.decode(entry).subject for entry in log.read(0, log.size)]


def test_an_act_is_sealed_right_after_its_transaction(web_engines: Any, cast: dict[str, Any]) -> None:
    with transaction.atomic():
        act = sealing.record("case.close", "case 7", by=cast["bureau"], reason="settled")
        assert web_engines.acts_log.size == 0
    act.refresh_from_db()
    assert act.index == 0
    (entry,) = web_engines.acts_log.read(0, 1)
    said = Entry.decode(entry)
    assert (said.action, said.subject, said.by, said.reason) == ("case.close", "case 7", "bureau", "settled")


def test_an_act_that_was_rolled_back_never_was(web_engines: Any) -> None:
    with transaction.atomic():
        sealing.record("case.close", "case 7", by=None)
        transaction.set_rollback(True)
    record("case 8")
    assert subjects(web_engines) == ["case 8"]


def test_an_act_outside_a_transaction_is_a_programming_error(web_engines: Any) -> None:
    with pytest.raises(RuntimeError, match="in the transaction that carries it out"):
        sealing.record("case.close", "case 7", by=None)


def test_the_log_has_the_order_in_which_acts_were_committed(web_engines: Any) -> None:
    def officer(number: int) -> None:
        try:
            for turn in range(5):
                record(f"{number}/{turn}")
        finally:
            connection.close()

    threads = [threading.Thread(target=officer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(subjects(web_engines)) == 20
    assert subjects(web_engines) == list(Act.objects.order_by("id").values_list("subject", flat=True))
    assert list(Act.objects.order_by("id").values_list("index", flat=True)) == list(range(20))


def test_what_another_process_recorded_is_sealed_when_the_engines_open(web_engines: Any) -> None:
    engines.install(None)
    record("case 1")
    record("case 2")
    assert Act.objects.filter(index=None).count() == 2
    engines.install(web_engines)
    record("case 3")
    assert subjects(web_engines) == ["case 1", "case 2", "case 3"]
    assert sealing.seal() == 0


def test_a_crash_between_seal_and_index_seals_nothing_twice(web_engines: Any) -> None:
    record("case 1")
    last = record("case 2")
    Act.objects.filter(pk=last.pk).update(index=None)  # as the crash leaves it
    assert sealing.seal() == 1
    last.refresh_from_db()
    assert last.index == 1
    assert subjects(web_engines) == ["case 1", "case 2"]


def test_a_crash_before_the_seal_loses_nothing(web_engines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record("case 1")
    with monkeypatch.context() as patched:
        patched.setattr(sealing, "seal", lambda: 0)
        record("case 2")
    assert subjects(web_engines) == ["case 1"]
    sealing.seal()
    assert subjects(web_engines) == ["case 1", "case 2"]


def test_sealing_wakes_the_worker(web_engines: Any) -> None:
    woken = []
    web_engines.wake = lambda: woken.append(True)
    record("case 1")
    assert woken == [True]
    sealing.seal()
    assert woken == [True]
