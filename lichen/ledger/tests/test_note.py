"""Signed notes, checkpoints, keys: the published examples, and what is refused."""

import itertools
from pathlib import Path

import pytest

from lichen.ledger import keys, sm2, suites
from lichen.ledger.checkpoint import Checkpoint, open_checkpoint
from lichen.ledger.errors import NoteError
from lichen.ledger.note import MAX_SIGNATURES, Note, Signature, sign
from lichen.ledger.suites import SUITES, cosigned_at, parse_verifier

# C2SP signed-note, "Example".
FOO_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
""".encode()

# The example of Go's golang.org/x/mod/sumdb/note, where the format comes from.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()

CHECKPOINT = Checkpoint("lichen.local/raw", 3, bytes(range(32)))


@pytest.mark.parametrize(("key", "data"), [(FOO_KEY, FOO_NOTE), (NEUMANN_KEY, NEUMANN_NOTE)], ids=["c2sp", "go"])
def test_published_examples(key: str, data: bytes) -> None:
    verifier = parse_verifier(key)
    note = Note.parse(data)
    assert note.verified_by([verifier]) == (verifier,)
    assert note.encode() == data
    assert verifier.vkey == key
    with pytest.raises(NoteError, match="is wrong"):
        Note.parse(data.replace(b"is", b"si", 1)).verified_by([verifier])


def test_a_signature_by_strangers_is_ignored_but_not_enough() -> None:
    foo, neumann = parse_verifier(FOO_KEY), parse_verifier(NEUMANN_KEY)
    note = Note.parse(FOO_NOTE)
    with pytest.raises(NoteError, match="none of the known keys"):
        note.verified_by([neumann])
    stranger = Signature("example.com/foo", b"\0\0\0\0", b"whatever")
    assert note.joined([stranger]).verified_by([foo, neumann]) == (foo,)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"text\n", b"text\n\n", FOO_NOTE[:-1], FOO_NOTE + b"\n", FOO_NOTE.replace(b"\xe2\x80\x94", b"-"),
        FOO_NOTE.replace(b"message", b"mess\tage"), b"\xff" + FOO_NOTE, FOO_NOTE.replace(b"aQM=", b"aQN="),
        FOO_NOTE.replace(b"example.com/foo", b"example+foo"), b"x" * 300_000, FOO_NOTE.replace(b"Uw2QOkn8srV1", b"!"),
        b"text\n\n" + FOO_NOTE.split(b"\n\n")[1] * (MAX_SIGNATURES + 1),
    ],
)  # fmt: skip
def test_what_is_no_note(data: bytes) -> None:
    with pytest.raises(NoteError):
        Note.parse(data)


@pytest.mark.parametrize(
    "key",
    [
        "", "name", "name+c74f20a3", "name+c74f20a3+ARpc", FOO_KEY.replace("530d903a", "530d903b"),
        FOO_KEY.replace("foo", "fop"), FOO_KEY[:-4], "a b" + FOO_KEY,
    ],
)  # fmt: skip
def test_what_is_no_verifier_key(key: str) -> None:
    with pytest.raises(NoteError):
        parse_verifier(key)


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_signs_verifies_and_is_kept(suite: str, tmp_path: Path) -> None:
    (signer,) = keys.load_or_create(tmp_path, "lichen.local/raw", [suite])
    (again,) = keys.load_or_create(tmp_path, "lichen.local/raw", [suite])
    assert again.encode() == signer.encode()
    verifier = parse_verifier(signer.verifier.vkey)
    note = sign(CHECKPOINT.text(), [signer])
    assert note.verified_by([verifier]) == (verifier,)
    value = note.signatures[0].value
    for at in range(len(value)):
        broken = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
        assert not verifier.verify(note.text.encode(), broken)
    assert not verifier.verify(note.text.encode(), value[:-1])
    assert not verifier.verify(note.text.encode() + b"\n", value)


def test_a_suite_is_added_to_an_old_key_file(tmp_path: Path) -> None:
    (first,) = keys.load_or_create(tmp_path, "n", ["ed25519"])
    both = keys.load_or_create(tmp_path, "n", ["ed25519", "sm2"])
    assert both[0].encode() == first.encode()
    assert len(both) == 2
    assert keys.load_or_create(tmp_path, "n", ["sm2"]) == both[1:]


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-3], lambda text: "x" + text, lambda text: text.replace("+n+", "+m+")]
)
def test_a_spoilt_key_file_is_refused_without_showing_it(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    keys.load_or_create(tmp_path, "n", ["ed25519"])
    path = keys.key_file(tmp_path, "n")
    secret = path.read_text()
    path.write_text(spoil(secret.rstrip("\n")))
    with pytest.raises(NoteError, match="line 1") as refusal:
        keys.load_or_create(tmp_path, "n", ["ed25519"])
    shown = str(refusal.value)
    for start, stop in itertools.pairwise(range(0, len(secret), 12)):
        assert len(secret[start:stop]) < 12 or secret[start:stop] not in shown


def test_unusable_names_and_suites(tmp_path: Path) -> None:
    with pytest.raises(NoteError, match="space or a plus"):
        keys.load_or_create(tmp_path, "a b", ["ed25519"])
    with pytest.raises(NoteError, match="known: ed25519"):
        keys.load_or_create(tmp_path, "a", ["rsa"])


def test_a_cosignature_carries_its_time() -> None:
    signer = suites.SUITES["cosignature"].generate("witness.example/w1")
    value = signer.sign(CHECKPOINT.text().encode())
    assert len(value) == 72
    later = (cosigned_at(value) + 1).to_bytes(8, "big") + value[8:]
    assert not signer.verifier.verify(CHECKPOINT.text().encode(), later)
    assert suites.cosigned_message(1_679_315_147, b"example.com/behind-the-sofa\n20852163\n").startswith(
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n"
    )


def test_sm2_example_of_the_standard() -> None:
    """GB/T 32918.5-2017, A.2: signing "message digest" with the default identity."""
    private = sm2.PrivateKey(0x3945208F_7B2144B1_3F36E38A_C6D39F95_88939369_2860B51A_42FB81EF_4DF7C5B8)
    k = 0x59276E27_D506861A_16680F3A_D9C02DCC_EF3CC1FA_3CDBE4CE_6D54B80D_EAC1BC21
    public = private.public()
    assert public.x == 0x09F9DF31_1E5421A1_50DD7D16_1E4BC5C6_72179FAD_1833FC07_6BB08FF3_56F35020
    assert public.y == 0xCCEA490C_E26775A5_2DC6EA71_8CC1AA60_0AED05FB_F35E084A_6632F607_2DA9AD13
    e = public.digest(b"message digest")
    assert e == 0xF0B43E94_BA45ACCA_ACE692ED_534382EB_17E6AB5A_19CE7B31_F4486FDF_C0D28640
    signature = sm2.sign_digest(e, private.d, k)
    assert signature is not None
    assert signature.hex().upper() == (
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    assert public.verify(b"message digest", signature)
    assert not public.verify(b"message digesu", signature)
    assert not public.verify(b"message digest", signature, b"another signer!!")


def test_sm3_example_of_the_standard() -> None:
    """GB/T 32905-2016, A.1."""
    assert sm2.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_sm2_signatures_are_deterministic_and_keys_checked() -> None:
    private = sm2.PrivateKey.generate()
    public = private.public()
    assert private.sign(b"a", public) == private.sign(b"a", public) != private.sign(b"b", public)
    assert sm2.PublicKey.decode(public.encode()) == public
    assert str(private.d) not in repr(private)
    for raw in (b"", bytes(65), b"\x04" + bytes(64), public.encode()[:-1]):
        with pytest.raises(ValueError, match="SM2 public key"):
            sm2.PublicKey.decode(raw)
    for raw in (bytes(32), (sm2.N - 1).to_bytes(32, "big"), b"\1"):
        with pytest.raises(ValueError, match="SM2 private key"):
            sm2.PrivateKey.decode(raw)
    zero, n = bytes(32), sm2.N.to_bytes(32, "big")
    one = (1).to_bytes(32, "big")
    for signature in (zero + one, one + zero, n + one, one + n, one + (sm2.N - 1).to_bytes(32, "big"), b""):
        assert not public.verify(b"a", signature)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n", "origin\n01\nAAAA\n", "origin\n-1\nAAAA\n", "origin\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n",
        "origin\n1\n" + "A" * 43 + "=", "origin\n1\n" + "A" * 42 + "B=\n", "origin\n1\n" + "A" * 43 + "=\n\n",
        "origin\n1\n!\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_is_read_back_and_its_origin_checked(tmp_path: Path) -> None:
    extended = Checkpoint("o", 0, bytes(32), ("more", "yet more"))
    assert Checkpoint.parse(extended.text()) == extended
    signers = keys.load_or_create(tmp_path, "lichen.local/raw", ["ed25519", "sm2"])
    data = sign(CHECKPOINT.text(), signers).encode()
    verifiers = [signer.verifier for signer in signers]
    assert open_checkpoint(data, verifiers, "lichen.local/raw")[1] == CHECKPOINT
    with pytest.raises(NoteError, match=r"expected .lichen\.local/acts"):
        open_checkpoint(data, verifiers, "lichen.local/acts")
