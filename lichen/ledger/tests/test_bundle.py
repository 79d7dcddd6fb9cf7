"""Proof bundles, and the verifier that stands alone."""

import base64
import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lichen.ledger import bundle as bundles
from lichen.ledger import verify_offline
from lichen.ledger.errors import LedgerError, ProofError
from lichen.ledger.log import Log
from lichen.vocab.entry import Entry

ORIGIN = "lichen.local/raw"
PACKET = b"##0101QN=20160801085857223;ST=22;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&1C80\r\n"
INDEX = 300


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger") / "raw"
    entry = Entry(1_470_013_137_223, "hj212", "203.0.113.7:41022", "010000A8900016F000169DC0", "ok", PACKET)
    with Log.open(folder, origin=ORIGIN) as log:
        log.append([b"entry %d" % number for number in range(INDEX)] + [entry.encode()] + [b"later"] * 200)
    return folder


@pytest.fixture
def bundle(log_dir: Path) -> dict[str, Any]:
    made = bundles.prove(Log.open(log_dir, readonly=True), INDEX)
    assert json.loads(bundles.to_json(made)) == made
    return made


def run(*arguments: str, stdin: str | None = None, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as a stranger would run it: copied away from the package, isolated from the environment."""
    alone = cwd / "verify_offline.py"
    alone.write_bytes(Path(verify_offline.__file__).read_bytes())
    command = [sys.executable, "-I", "-X", "utf8", str(alone), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, timeout=60)


def test_a_good_bundle_proves_the_packet(log_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    bundles.prove_to(log_dir, INDEX, path)
    done = run(str(path), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"证明成立：日志 {ORIGIN} 的第 {INDEX} 条记录" in done.stdout
    assert "2016-08-01T08:58:57.223+08:00" in done.stdout
    assert "MN=010000A8900016F000169DC0" in done.stdout
    assert "注意：没有用 --key" in done.stdout

    keys = (log_dir / "verifiers").read_text().split()
    done = run("-", "--lang", "en", "--key", keys[0], "--key", keys[1], stdin=path.read_text(), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proven" in done.stdout
    assert "(SM2/SM3), a key you gave" in done.stdout
    assert "Note" not in done.stdout


def test_the_verifier_imports_nothing_of_ours() -> None:
    source = Path(verify_offline.__file__).read_text(encoding="utf-8")
    assert "import lichen" not in source
    assert "from lichen" not in source


def altered(bundle: dict[str, Any], field: str, position: int = 0) -> dict[str, Any]:
    changed = copy.deepcopy(bundle)
    match changed[field]:
        case int(number):
            changed[field] = number + 1
        case list(texts):
            texts[position] = flipped(texts[position])
        case str(text) if field == "entry":
            changed[field] = flipped(text)
    return changed


def flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("field", ["entry", "index", "size", "proof"])
def test_whatever_is_altered_is_refused(bundle: dict[str, Any], field: str, tmp_path: Path) -> None:
    changed = altered(bundle, field)
    with pytest.raises(ProofError):
        bundles.verify(changed)
    path = tmp_path / "proof.json"
    path.write_text(bundles.to_json(changed))
    done = run(str(path), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("证明不成立：")


def test_any_altered_character_of_the_checkpoint_is_refused(bundle: dict[str, Any]) -> None:
    note = bundle["checkpoint"]
    signatures_from = note.rindex("\n\n") + 2
    for at, character in enumerate(note):
        changed = note[:at] + ("A" if character != "A" else "B") + note[at + 1 :]
        try:
            proven = bundles.verify({**bundle, "checkpoint": changed})
        except ProofError:
            continue
        # A signature line with another name or key id is an unknown key's: ignored, as signed-note says. The last
        # base64 digit before padding has bits that stand for nothing.
        assert at >= signatures_from
        assert len(proven.signatures) == 1 or note[at + 1] == "="


def test_a_proof_too_long_or_too_short_is_refused(bundle: dict[str, Any]) -> None:
    for proof in (bundle["proof"][:-1], [*bundle["proof"], bundle["proof"][0]], []):
        with pytest.raises(ProofError):
            bundles.verify({**bundle, "proof": proof})


def test_a_bundle_signed_by_another_log_is_refused(bundle: dict[str, Any], tmp_path: Path) -> None:
    with Log.open(tmp_path / "raw", origin=ORIGIN) as other:
        keys = [verifier.vkey for verifier in other.verifiers]
    with pytest.raises(ProofError, match="not signed by the given key"):
        bundles.verify(bundle, keys)
    with pytest.raises(ProofError, match="no signature of the log"):
        bundles.verify({**bundle, "verifiers": []})


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "无法验证"), ("[]", "format"), ('{"format": "lichen-ledger-proof/1"}', "origin"), ("{", "无法验证")],
)
def test_a_file_that_is_no_bundle_is_unusable(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(content)
    done = run(str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stdout
    with pytest.raises(ProofError):
        bundles.verify_bundle(path)


def test_unusable_arguments(log_dir: Path, tmp_path: Path) -> None:
    assert run("missing.json", cwd=tmp_path).returncode == 2
    path = tmp_path / "proof.json"
    bundles.prove_to(log_dir, 0, path)
    done = run(str(path), "--key", "nonsense", cwd=tmp_path)
    assert done.returncode == 2
    assert "无法识别的公钥" in done.stdout
    with pytest.raises(LedgerError, match="no entry 501"):
        bundles.prove_to(log_dir, 501, path)


def test_the_tlog_proof_text_is_that_of_c2sp(bundle: dict[str, Any]) -> None:
    lines = bundles.tlog_proof(bundle).split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == f"index {INDEX}"
    assert lines[2 + len(bundle["proof"])] == ""
    assert "\n".join(lines[3 + len(bundle["proof"]) :]) == bundle["checkpoint"]
