"""A witness co-signs continuations and nothing else."""

import base64
import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lichen.ledger import bundle as bundles
from lichen.ledger import merkle, suites
from lichen.ledger.check import verify_log
from lichen.ledger.checkpoint import Checkpoint
from lichen.ledger.cosign import Witness, collect_cosignatures, cosign
from lichen.ledger.errors import LedgerError, NoteError, WitnessError
from lichen.ledger.log import Log
from lichen.ledger.note import Note, Signature, sign
from lichen.ledger.suites import parse_verifier
from lichen.ledger.witness import MAX_REQUEST, Answer, Cosigner, WitnessServer, serve_witness

ORIGIN = "lichen.local/raw"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(tmp_path / "city" / "raw", origin=ORIGIN) as opened:
        opened.append([b"entry %d" % index for index in range(10)])
        yield opened


@pytest.fixture
def cosigner(log: Log, tmp_path: Path) -> Iterator[Cosigner]:
    made = Cosigner(tmp_path / "witness", "witness.example/w1", {ORIGIN: [key.vkey for key in log.verifiers]})
    yield made
    made.close()


def request(old: int, proof: list[bytes], checkpoint: bytes) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(digest).decode() for digest in proof), "", ""]
    return "\n".join(lines).encode() + checkpoint


def ask(cosigner: Cosigner, log: Log, old: int) -> Answer:
    return cosigner.add_checkpoint(request(old, log.consistency_proof(old), log.checkpoint()))


def test_a_continuation_is_cosigned(cosigner: Cosigner, log: Log) -> None:
    answer = ask(cosigner, log, 0)
    assert answer.status == 200
    line = Signature.parse(answer.body.decode().rstrip("\n"))
    verifier = parse_verifier(cosigner.vkey)
    note = Note.parse(log.checkpoint()).joined([line])
    assert verifier in note.verified_by([verifier, *log.verifiers])
    log.append([b"more"] * 300)
    assert ask(cosigner, log, 10).status == 200
    assert ask(cosigner, log, 310).status == 200  # once more, for a fresh time
    served = cosigner.checkpoint(hashlib.sha256(ORIGIN.encode()).hexdigest())
    assert served.status == 200
    served_note = Note.parse(served.body)
    assert Checkpoint.parse(served_note.text).size == 310
    assert len(served_note.verified_by([verifier, *log.verifiers])) == 3


def test_another_old_size_is_answered_with_the_right_one(cosigner: Cosigner, log: Log) -> None:
    assert ask(cosigner, log, 10) == Answer(409, b"0\n", "text/x.tlog.size")
    assert ask(cosigner, log, 0).status == 200
    assert ask(cosigner, log, 0) == Answer(409, b"10\n", "text/x.tlog.size")


def signed(log: Log, head: Checkpoint) -> bytes:
    """A checkpoint that the log's own key signs, whatever it says: what a lying operator can make."""
    return sign(head.text(), log._signers).encode()


def test_a_rollback_a_fork_and_a_wrong_proof_are_refused(cosigner: Cosigner, log: Log) -> None:
    early = log.checkpoint()
    log.append([b"more"] * 20)
    assert ask(cosigner, log, 0).status == 200
    assert cosigner.add_checkpoint(request(30, [], early)).status == 400
    assert cosigner.add_checkpoint(request(10, [], early)).status == 409
    same_size = Checkpoint(ORIGIN, 30, hashlib.sha256(b"fork").digest())
    assert cosigner.add_checkpoint(request(30, [], signed(log, same_size))).status == 422
    log.append([b"more"] * 20)
    proof = log.consistency_proof(30)
    assert cosigner.add_checkpoint(request(30, proof[:-1], log.checkpoint())).status == 422
    larger = Checkpoint(ORIGIN, 50, hashlib.sha256(b"fork").digest())
    assert cosigner.add_checkpoint(request(30, proof, signed(log, larger))).status == 422
    assert ask(cosigner, log, 30).status == 200


def test_proofs_and_roots_that_must_be_empty(cosigner: Cosigner, log: Log) -> None:
    assert cosigner.add_checkpoint(request(0, [bytes(32)], log.checkpoint())).status == 422
    assert cosigner.add_checkpoint(request(0, [], signed(log, Checkpoint(ORIGIN, 0, bytes(32))))).status == 422
    nothing = signed(log, Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT))
    assert cosigner.add_checkpoint(request(0, [], nothing)).status == 200


def test_strangers_and_broken_signatures_are_refused(cosigner: Cosigner, log: Log, tmp_path: Path) -> None:
    with Log.open(tmp_path / "other" / "raw", origin=ORIGIN) as forged:
        assert cosigner.add_checkpoint(request(0, [], forged.checkpoint())).status == 403
    with Log.open(tmp_path / "other" / "acts", origin="lichen.local/acts") as unknown:
        assert cosigner.add_checkpoint(request(0, [], unknown.checkpoint())).status == 404
    note = Note.parse(log.checkpoint())
    spoilt = Signature(note.signatures[0].name, note.signatures[0].key_id, bytes(64))
    broken = Note(note.text, (spoilt, note.signatures[1])).encode()
    assert cosigner.add_checkpoint(request(0, [], broken)).status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0\n", b"old 00\n\n%s", b"old -1\n\n%s", b"new 0\n\n%s", b"old 0\n!!\n\n%s", b"old 0\nAAAA\n\n%s",
        b"old 0\n\nnot a note", b"old 0\n" + b"A" * 44 + b"\n" * 70 + b"\n%s", b"old 0\n\n\xff",
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n%s",
    ],
)  # fmt: skip
def test_malformed_requests(cosigner: Cosigner, log: Log, body: bytes) -> None:
    assert cosigner.add_checkpoint(body.replace(b"%s", log.checkpoint())).status == 400


def test_what_was_cosigned_outlives_the_process(cosigner: Cosigner, log: Log, tmp_path: Path) -> None:
    assert ask(cosigner, log, 0).status == 200
    keys = {ORIGIN: [key.vkey for key in log.verifiers]}
    with pytest.raises(WitnessError, match="another witness"):
        Cosigner(tmp_path / "witness", "witness.example/w1", keys)
    vkey = cosigner.vkey
    cosigner.close()
    again = Cosigner(tmp_path / "witness", "witness.example/w1", keys)
    assert again.vkey == vkey
    assert ask(again, log, 0) == Answer(409, b"10\n", "text/x.tlog.size")
    cosigner._lock_handle = again._lock_handle


@pytest.fixture
def server(log: Log, tmp_path: Path) -> Iterator[WitnessServer]:
    cosigner = Cosigner(tmp_path / "w", "witness.example/w1", {ORIGIN: [key.vkey for key in log.verifiers]})
    with WitnessServer("127.0.0.1", 0, cosigner) as running:
        yield running


def test_a_log_has_its_checkpoint_cosigned_and_its_bundles_carry_it(
    log: Log, server: WitnessServer, tmp_path: Path
) -> None:
    witness = Witness.parse(f"{server.url} {server.cosigner.vkey}")
    for size in (10, 310):
        log.append([b"more"] * (size - log.size))
        done = cosign(log, [witness])
        assert done.refused == ()
        assert done.by == (witness,)
    log.append([b"later"])
    bundle = bundles.prove(log, 300)
    assert bundle["size"] == 310
    assert len(bundle["verifiers"]) == 3
    keys = [key.vkey for key in log.verifiers]
    proven = bundles.verify(bundle, [*keys, server.cosigner.vkey])
    assert [one.key.name for one in proven.signatures] == [ORIGIN, ORIGIN, "witness.example/w1"]
    assert bundles.prove(log, 310)["size"] == 311  # not yet co-signed: the newest checkpoint
    report = verify_log(log.path)
    assert report.ok, report.findings
    for name in ("checkpoint.cosigned", "witnesses"):
        path = log.path / name
        data = path.read_bytes()
        for at in range(0, len(data), 7):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert {finding.path for finding in verify_log(log.path).findings} & {name, "checkpoint.cosigned"}
        path.write_bytes(data)


def test_a_rewritten_log_gets_no_cosignature(log: Log, server: WitnessServer, tmp_path: Path) -> None:
    """The operator holds the key and writes another history of the same length: the witness is not fooled."""
    witness = Witness.parse(f"{server.url} {server.cosigner.vkey}")
    assert cosign(log, [witness]).by == (witness,)
    with Log.open(tmp_path / "forged", origin=ORIGIN, keys_folder=log.path.parent / "keys") as forged:
        forged.append([b"forged"] * 12)
        ((_, refusal),) = cosign(forged, [witness]).refused
        assert "answered 422" in str(refusal)
        other = collect_cosignatures(log.checkpoint(), log.consistency_proof, [witness])
        with pytest.raises(LedgerError, match="another root"):
            forged.keep_cosigned(other.note.encode(), [witness.verifier])
    with Log.open(tmp_path / "short", origin=ORIGIN, keys_folder=log.path.parent / "keys") as short:
        short.append([b"entry 0"])
        ((_, refusal),) = cosign(short, [witness]).refused
        assert "set back" in str(refusal)


def test_a_witness_that_is_away_or_another_does_not_stop_the_rest(log: Log, server: WitnessServer) -> None:
    right = Witness.parse(f"{server.url} {server.cosigner.vkey}")
    stranger = suites.SUITES["cosignature"].generate("witness.example/w1").verifier
    away = Witness("http://127.0.0.1:9", stranger)
    wrong_key = Witness(server.url, stranger)
    done = cosign(log, [away, right, wrong_key], timeout=2)
    assert done.by == (right,)
    assert {witness for witness, _ in done.refused} == {away, wrong_key}
    assert log.cosigned_head() is not None
    assert cosign(log, []).by == ()


@pytest.mark.parametrize("text", ["", "ftp://x key", "http:// key", "http://127.0.0.1:1", "http://127.0.0.1:1 key"])
def test_unusable_addresses(text: str) -> None:
    with pytest.raises(NoteError):
        Witness.parse(text)


def test_the_server_is_bounded_and_answers_plainly(log: Log, server: WitnessServer) -> None:
    parts = urlsplit(server.url)

    def send(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str | None, bytes]:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.status, response.headers["Content-Type"], response.read()
        connection.close()
        return answer

    origin_hash = hashlib.sha256(ORIGIN.encode()).hexdigest()
    assert send("GET", f"/{origin_hash}/checkpoint")[0] == 404
    assert send("POST", "/add-checkpoint", request(0, [], log.checkpoint()))[0] == 200
    assert send("POST", "/add-checkpoint", request(0, [], log.checkpoint())) == (409, "text/x.tlog.size", b"10\n")
    assert send("GET", f"/{origin_hash}/checkpoint")[:2] == (200, "text/plain; charset=utf-8")
    assert send("GET", "/../keys")[0] == 404
    assert send("POST", "/other", b"x")[0] == 404
    assert send("POST", "/add-checkpoint", b"x" * (MAX_REQUEST + 1), Expect="")[0] == 413
    assert send("POST", "/add-checkpoint", None, **{"Content-Length": "-1"})[0] == 411


def test_serving_until_told_to_stop(log: Log, tmp_path: Path) -> None:
    stop = threading.Event()
    arguments = ("127.0.0.1", 0, tmp_path / "w", {ORIGIN: [key.vkey for key in log.verifiers]})
    thread = threading.Thread(target=serve_witness, args=arguments, kwargs={"name": "w.example", "stop": stop})
    thread.start()
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_the_record_is_plain(cosigner: Cosigner, log: Log) -> None:
    assert ask(cosigner, log, 0).status == 200
    (path,) = cosigner.folder.glob("*.json")
    assert json.loads(path.read_text()) == {"origin": ORIGIN, "size": 10, "root": log.root().hex()}
    path.write_text("{")
    assert ask(cosigner, log, 10).status == 500
