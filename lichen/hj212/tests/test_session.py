"""The dialogue: every move of the table, every flow of HJ 212-2017 6.5 and HJ 212-2025 6.8."""

import pytest

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading
from lichen.hj212.errors import LocalError, PeerError
from lichen.hj212.exchange import FINAL, TRANSITIONS, Input
from lichen.hj212.frame import frame_of
from lichen.hj212.message import answer, parse
from lichen.hj212.session import (
    Execute,
    Finished,
    HostSession,
    KeyChanged,
    KeyWanted,
    Notified,
    Registration,
    Send,
    SendWhenStored,
    SiteSession,
    State,
    Upload,
)  # fmt: skip

MN = "010000A8900016F000169DC0"
VALUES = [Reading("a34013", "Avg", 7.5, "7.5", "N")]


def pair(edition="2017", **more):
    return HostSession(MN, edition=edition, **more), SiteSession(MN, edition=edition, **more)


def read(event, **keys):
    return parse(frame_of(event.data), **keys)


def kinds(events):
    return [type(event) for event in events]


def test_every_state_has_a_way_out():
    for kind, table in TRANSITIONS.items():
        reached = {State.SENT} | set(table.values())
        for state in reached - FINAL:
            assert any(source is state and target is not state for source, target in table), kind or table
        assert not any(source in FINAL for source, _ in table)


def test_every_input_is_used():
    assert {event for table in TRANSITIONS.values() for _, event in table} == set(Input)


def test_request_with_data():  # 2017 6.5.1, C.17, C.21
    host, site = pair()
    (sent,) = host.request("2061", {"BeginTime": "20160801080000", "EndTime": "20160801090000"}, now=0)
    assert read(sent).flag == 5
    reply, todo = site.receive(read(sent), now=1)
    assert (read(reply).cn, read(reply).fields, read(reply).qn, read(reply).st) == (
        "9011",
        {"QnRtn": "1"},
        read(sent).qn,
        "91",
    )
    assert isinstance(todo, Execute)
    assert todo.command.zh == "取污染物小时数据"
    assert host.receive(read(reply), now=2) == []
    (data,) = site.upload("2061", now=3, time_ms=0, values=VALUES)
    upload, stored = host.receive(read(data), now=4)
    assert isinstance(upload, Upload)
    assert upload.exchange is not None
    assert (upload.exchange.received, upload.exchange.state) == (1, State.EXECUTING)
    assert kinds([stored]) == [SendWhenStored]
    (settled,) = site.receive(read(stored), now=5)
    assert isinstance(settled, Finished)
    assert settled.exchange.state is State.DONE
    (ended,) = site.finish(todo.message, now=6)
    (finished,) = host.receive(read(ended), now=7)
    assert isinstance(finished, Finished)
    assert (finished.exchange.state, finished.exchange.result) == (State.DONE, "1")
    assert host.next_deadline is None


@pytest.mark.parametrize(
    ("change", "qn_rtn"),
    [
        ({"pw": "000000"}, "3"), ({"mn": "010000A8900016F000169DC1"}, "4"), ({"qn": None}, "7"), ({"cn": "2083"}, "8"),
    ],
    ids=["PW", "MN", "QN", "CN"],
)  # fmt: skip
def test_refusals(change, qn_rtn):  # 2017 table 7
    _, site = pair()
    arguments = {"cn": "1061", "mn": MN, "st": "32", "pw": "123456", "qn": 0, "needs_answer": True, **change}
    (reply,) = site.receive(parse(frame_of(compose(**arguments)[0])), now=0)
    assert read(reply).fields == {"QnRtn": qn_rtn}


def test_a_request_with_a_wrong_crc_is_refused():
    _, site = pair()
    (raw,) = compose(cn="1061", mn=MN, st="32", qn=0, needs_answer=True)
    (reply,) = site.receive(parse(frame_of(raw[:-6] + b"0000\r\n")), now=0)
    assert read(reply).fields == {"QnRtn": "9"}


def test_a_refused_request_ends():
    host, _ = pair()
    (sent,) = host.request("1061", now=0)
    (finished,) = host.receive(parse(frame_of(answer(read(sent), "9011", QnRtn="3"))), now=1)
    assert (finished.exchange.state, finished.exchange.result) == (State.REFUSED, "3")


def test_a_failed_execution():
    host, site = pair()
    (sent,) = host.request("3012", {"PolId": "w01018"}, now=0)
    reply, todo = site.receive(read(sent), now=1)
    host.receive(read(reply), now=2)
    (ended,) = site.finish(todo.message, "100", now=3)
    (finished,) = host.receive(read(ended), now=4)
    assert (finished.exchange.state, finished.exchange.result) == (State.FAILED, "100")


def test_nobody_answers():  # 10 s × 3, 2017 table 1
    host, _ = pair()
    (sent,) = host.request("1061", now=0)
    for now in (10_000, 20_000, 30_000):
        assert host.tick(now - 1) == []
        assert host.next_deadline == now
        assert host.tick(now) == [sent]  # the same bytes, so the same QN
    (finished,) = host.tick(40_000)
    assert (finished.exchange.state, finished.exchange.sendings) == (State.UNREACHABLE, 4)
    assert host.tick(99_999) == []


def test_accepted_but_never_finished():
    host, site = pair(execution=30_000)
    (sent,) = host.request("1061", now=0)
    reply, _ = site.receive(read(sent), now=0)
    host.receive(read(reply), now=1_000)
    assert host.tick(30_999) == []
    (finished,) = host.tick(31_000)
    assert finished.exchange.state is State.EXPIRED


def test_a_repeated_request_is_executed_once():
    host, site = pair()
    (sent,) = host.request("1061", now=0)
    assert kinds(site.receive(read(sent), now=1)) == [Send, Execute]
    (again,) = site.receive(read(sent), now=2)
    assert read(again).cn == "9011"
    site.finish(read(sent), now=3)
    (again,) = site.receive(read(sent), now=4)
    assert read(again).cn == "9012"


def test_answers_to_repeated_sendings_are_quietly_taken():
    host, site = pair()
    (sent,) = host.request("1061", now=0)
    reply, todo = site.receive(read(sent), now=1)
    (ended,) = site.finish(todo.message, now=1)
    assert host.receive(read(reply), now=2) == []
    assert host.receive(read(reply), now=2) == []
    assert kinds(host.receive(read(ended), now=3)) == [Finished]
    assert host.receive(read(ended), now=3) == []
    assert host.receive(read(reply), now=3) == []


def test_a_site_that_leaves_out_9011():
    host, _ = pair()
    (sent,) = host.request("1061", now=0)
    (finished,) = host.receive(parse(frame_of(answer(read(sent), "9012", ExeRtn="1"))), now=1)
    assert finished.exchange.state is State.DONE


@pytest.mark.parametrize("cn", ["2012", "2022"])
def test_notice_from_the_host(cn):  # 2017 C.11, C.13
    host, site = pair()
    (sent,) = host.request(cn, now=0)
    noted, told = site.receive(read(sent), now=1)
    assert isinstance(told, Notified)
    assert read(noted).cn == "9013"
    (finished,) = host.receive(read(noted), now=2)
    assert finished.exchange.state is State.DONE
    (again,) = site.receive(read(sent), now=3)
    assert again == noted


def test_clock_calibration():  # 2017 C.4, then C.3
    host, site = pair()
    (sent,) = site.notice("1013", {"PolId": "w01018"}, now=0)
    noted, setting = host.receive(read(sent), now=1_470_013_137_000)
    assert kinds(site.receive(read(noted), now=1)) == [Finished]
    assert read(setting).cn == "1012"
    assert read(setting).fields == {"PolId": "w01018", "SystemTime": "20160801085857"}


def test_heartbeat_and_login():
    host, site = pair("2025")
    (sent,) = site.notice("9015", now=0)
    noted, told = host.receive(read(sent), now=0)
    assert (read(noted).cn, read(noted).flag, type(told)) == ("9013", 8, Notified)
    host, site = pair("2005")
    (sent,) = site.notice("9021", now=0)
    reply, _ = host.receive(read(sent), now=0)
    assert read(reply).cn == "9022"
    assert kinds(site.receive(read(reply), now=1)) == [Finished]


def test_registration_and_activation():  # 2025 6.8, C.2, C.3
    host, site = HostSession("", edition="2025", st="91"), SiteSession("", edition="2025", st="91")
    (sent,) = site.notice("1001", {"i23005-Info": "SN1", "i23006-Info": "CPU"}, now=0)
    noted, wanted = host.receive(read(sent), now=1)
    assert b";MN=;" in noted.data
    assert isinstance(wanted, Registration)
    assert wanted.hardware == {"i23005": "SN1", "i23006": "CPU"}
    site.receive(read(noted), now=1)
    (setting,) = host.activate(MN, "SN1", now=2)
    reply, todo = site.receive(read(setting), now=3)
    host.receive(read(reply), now=4)
    (ended,) = site.finish(todo.message, now=5)
    assert kinds(host.receive(read(ended), now=6)) == [Finished]
    assert host.mn == site.mn == MN


def test_key_change():  # 2025 6.4.3, C.7, C.8
    old, new = b"0123456789abcdef", b"fedcba9876543210"
    host, site = pair("2025", key=old)
    (sent,) = site.notice("1014", {"SKCreateTime": "20240601085857223"}, now=0)
    noted, wanted = host.receive(read(sent, key=old), now=1)
    assert isinstance(wanted, KeyWanted)
    site.receive(read(noted), now=2)
    (setting,) = host.change_key(new, now=3)
    assert not parse(frame_of(setting.data)).ok  # encrypted with the key in force
    assert b"NewSK" not in setting.data
    reply, todo = site.receive(read(setting, key=old), now=4)
    host.receive(read(reply), now=5)
    ended, changed = site.finish(todo.message, now=6)
    assert changed == KeyChanged(new, old)
    finished, changed = host.receive(read(ended), now=7)
    assert isinstance(finished, Finished)
    assert changed == KeyChanged(new, old)
    (data,) = site.upload("2061", now=8, time_ms=0, values=VALUES)
    assert read(data, key=host.key).values == tuple(VALUES)
    assert host.previous_key == old


@pytest.mark.parametrize("key", [b"short", b"0123456789abcde;", bytes(16), b"\xff" * 16])
def test_keys_that_cannot_be_sent(key):
    host, _ = pair("2025")
    with pytest.raises(LocalError, match="16 printable"):
        host.change_key(key, now=0)


def test_settings_come_into_force():
    host, site = pair()
    for cn, fields in (("1000", {"OverTime": "5", "ReCount": "1"}), ("1072", {"NewPW": "654321"})):
        (sent,) = host.request(cn, fields, now=0)
        reply, todo = site.receive(read(sent), now=0)
        host.receive(read(reply), now=0)
        (ended,) = site.finish(todo.message, now=0)
        host.receive(read(ended), now=0)
    assert (site.overtime, site.recount, site.pw, host.pw) == (5_000, 1, "654321", "654321")
    assert kinds(site.receive(read(host.request("1061", now=1)[0]), now=2)) == [Send, Execute]


def test_uploads_are_answered_after_storing_and_counted_once():
    host, site = pair()
    (sent,) = site.upload("2011", now=0, time_ms=0, values=VALUES)
    first = host.receive(read(sent), now=1)
    assert [type(event) for event in first] == [Upload, SendWhenStored]
    assert not first[0].repeated
    assert site.tick(10_000) == [sent]
    again = host.receive(read(sent), now=2)
    assert again[0].repeated
    assert again[1] == first[1]._replace(message=again[1].message)
    (settled,) = site.receive(read(first[1]), now=3)
    assert settled.exchange.state is State.DONE
    assert site.next_deadline is None


def test_split_uploads_are_answered_one_by_one():  # 2017 C.50
    host, site = pair()
    items = [f"a{number:05d}-Avg=1" for number in range(100)]
    sent = site.upload("2061", now=0, time_ms=0, items=items)
    assert len(sent) > 1
    answers = [host.receive(read(event), now=1)[1] for event in sent]
    assert len({read(one).qn for one in answers}) == len(sent)
    for one in answers:
        assert kinds(site.receive(read(one), now=2)) == [Finished]


def test_uploads_without_the_answer_bit_are_not_answered():
    host, site = pair()
    (sent,) = site.upload("2011", now=0, time_ms=0, values=VALUES, needs_answer=False)
    assert kinds(host.receive(read(sent), now=1)) == [Upload]
    assert site.next_deadline is None


def test_unknown_uploads_with_the_answer_bit_are_answered():  # else the logger repeats them for ever
    host, _ = pair()
    (raw,) = compose(cn="2083", mn=MN, st="32", qn=0, needs_answer=True)
    assert kinds(host.receive(parse(frame_of(raw)), now=0)) == [Upload, SendWhenStored]


def test_broken_packets_change_nothing():
    host, site = pair()
    (sent,) = site.upload("2011", now=0, time_ms=0, values=VALUES)
    assert host.receive(parse(frame_of(sent.data[:-6] + b"0000\r\n")), now=1) == []


def test_peer_errors():
    host, site = pair()
    stranger = parse(frame_of(compose(cn="2011", mn=MN, st="32", qn=0)[0]))
    for cn in ("9011", "9012", "9013"):
        with pytest.raises(PeerError, match="never got from us"):
            host.receive(parse(frame_of(answer(stranger, cn))), now=0)
    with pytest.raises(PeerError, match="host uploads nothing"):
        host.receive(parse(frame_of(answer(stranger, "9014"))), now=0)
    with pytest.raises(PeerError, match="site requests nothing"):
        site.receive(parse(frame_of(answer(stranger, "9011"))), now=0)
    (sent,) = host.request("2012", now=0)
    with pytest.raises(PeerError, match="READY for notice"):
        host.receive(parse(frame_of(answer(read(sent), "9011", QnRtn="1"))), now=1)


def test_local_errors():
    host, site = pair()
    with pytest.raises(LocalError, match="host to site"):
        host.request("1014", now=0)
    with pytest.raises(LocalError, match="host to site"):
        host.request("9014", now=0)
    with pytest.raises(LocalError, match="site to host"):
        site.notice("9015", now=0)
    with pytest.raises(LocalError, match="no such upload"):
        site.upload("2052", now=0)
    with pytest.raises(LocalError, match="1002"):
        host.activate(MN, "SN1", now=0)


def test_each_exchange_has_its_own_qn():
    host, _ = pair()
    qns = [read(host.request("1061", now=0)[0]).qn for _ in range(300)]
    assert len(set(qns)) == 300


def test_closed_exchanges_are_forgotten_in_the_end():
    host, _ = pair()
    for now in range(1000):
        (sent,) = host.request("2012", now=now)
        host.receive(parse(frame_of(answer(read(sent), "9013"))), now=now)
    assert len(host.exchanges) <= 257
