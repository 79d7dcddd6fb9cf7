"""The signature suites of notes, by their type byte. A suite is added by one class pair and one line in `SUITES`.

0x01  Ed25519 over the text                       (C2SP signed-note)
0x04  Ed25519 over time and checkpoint            (C2SP tlog-cosignature: what a witness signs)
0xff  followed by `SM2_TYPE`: SM2 with SM3        (GB/T 32918.2-2016, for evidence in China)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lichen.ledger import sm2
from lichen.ledger.errors import NoteError
from lichen.ledger.note import Signer, Verifier, decode_vkey, encode_vkey, key_id
from lichen.vocab.clock import now_ms

ED25519_TYPE = b"\x01"
COSIGNATURE_TYPE = b"\x04"
#: signed-note leaves 0xff to types without a byte of their own, named by what follows.
SM2_TYPE = b"\xffGB/T 32918.2 SM2-SM3\n"


@dataclass(frozen=True)
class _Key:
    """A named public key of some suite."""

    name: str
    material: bytes

    @cached_property
    def key_id(self) -> bytes:
        return key_id(self.name, self.material)

    @property
    def vkey(self) -> str:
        """The public verifier string."""
        return encode_vkey(self.name, self.material)


class Ed25519Verifier(_Key):
    """Ed25519 over the note's text."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's."""
        return _ed25519_ok(self.material[1:], signature, text)


class CosignatureVerifier(_Key):
    """cosignature/v1: Ed25519 over the time and the whole text of a checkpoint."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature (8 bytes time in s, 64 bytes Ed25519) is this key's."""
        if len(signature) != 72:
            return False
        return _ed25519_ok(self.material[1:], signature[8:], cosigned_message(cosigned_at(signature), text))


class Sm2Verifier(_Key):
    """SM2 with SM3 over the note's text, the signer's identity being `sm2.DEFAULT_ID`."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's."""
        return sm2.PublicKey.decode(self.material[len(SM2_TYPE) :]).verify(text, signature)


@dataclass(frozen=True)
class Ed25519Signer:
    """Signs a note's text with Ed25519."""

    name: str
    private: Ed25519PrivateKey

    @cached_property
    def verifier(self) -> Verifier:
        return Ed25519Verifier(self.name, ED25519_TYPE + self.private.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(text)

    def encode(self) -> bytes:
        """Type and private key."""
        return ED25519_TYPE + self.private.private_bytes_raw()


@dataclass(frozen=True)
class CosignatureSigner:
    """Signs a checkpoint as a witness does, with the time at which it did."""

    name: str
    private: Ed25519PrivateKey

    @cached_property
    def verifier(self) -> Verifier:
        return CosignatureVerifier(self.name, COSIGNATURE_TYPE + self.private.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """72 bytes: time in s, then the signature."""
        seconds = now_ms() // 1000
        return seconds.to_bytes(8, "big") + self.private.sign(cosigned_message(seconds, text))

    def encode(self) -> bytes:
        """Type and private key."""
        return COSIGNATURE_TYPE + self.private.private_bytes_raw()


@dataclass(frozen=True)
class Sm2Signer:
    """Signs a note's text with SM2 and SM3."""

    name: str
    private: sm2.PrivateKey

    @cached_property
    def _public(self) -> sm2.PublicKey:
        return self.private.public()

    @cached_property
    def verifier(self) -> Verifier:
        return Sm2Verifier(self.name, SM2_TYPE + self._public.encode())

    def sign(self, text: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(text, self._public)

    def encode(self) -> bytes:
        """Type and private key."""
        return SM2_TYPE + self.private.encode()


class StoredSigner(Signer, Protocol):
    """A private key that can be kept in a file."""

    def encode(self) -> bytes:
        """Type bytes and private key: secret."""
        ...


@dataclass(frozen=True)
class Suite:
    """One way of signing: its type bytes, and how its keys are read and made."""

    type: bytes
    public_size: int
    verifier: Callable[[str, bytes], Verifier]
    generate: Callable[[str], StoredSigner]
    load: Callable[[str, bytes], StoredSigner]


SUITES = {
    "ed25519": Suite(
        ED25519_TYPE,
        32,
        Ed25519Verifier,
        lambda name: Ed25519Signer(name, Ed25519PrivateKey.generate()),
        lambda name, raw: Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(raw)),
    ),
    "cosignature": Suite(
        COSIGNATURE_TYPE,
        32,
        CosignatureVerifier,
        lambda name: CosignatureSigner(name, Ed25519PrivateKey.generate()),
        lambda name, raw: CosignatureSigner(name, Ed25519PrivateKey.from_private_bytes(raw)),
    ),
    "sm2": Suite(
        SM2_TYPE,
        65,
        Sm2Verifier,
        lambda name: Sm2Signer(name, sm2.PrivateKey.generate()),
        lambda name, raw: Sm2Signer(name, sm2.PrivateKey.decode(raw)),
    ),
}


def parse_verifier(vkey: str) -> Verifier:
    """The verifier of a string ``<name>+<id>+<key>``.

    Raises
    ------
    NoteError
        It is malformed, or of a suite we do not know.
    """
    name, material = decode_vkey(vkey)
    suite = _suite_of(name, material)
    public = material[len(suite.type) :]
    if len(public) != suite.public_size:
        raise NoteError(f"verifier key of {name}: {len(public)} bytes of key, expected {suite.public_size}")
    if suite.type == SM2_TYPE:
        try:
            sm2.PublicKey.decode(public)
        except ValueError as broken:
            raise NoteError(f"verifier key of {name}: {broken}") from broken
    return suite.verifier(name, material)


def load_signer(name: str, encoded: bytes) -> StoredSigner:
    """The signer of a `StoredSigner.encode` output; raises `NoteError`."""
    suite = _suite_of(name, encoded)
    try:
        return suite.load(name, encoded[len(suite.type) :])
    except ValueError as broken:
        raise NoteError(f"private key of {name}: {broken}") from broken


def _suite_of(name: str, material: bytes) -> Suite:
    for suite in SUITES.values():
        if material.startswith(suite.type):
            return suite
    raise NoteError(f"key of {name}: unknown type byte {material[:1].hex()}; known suites: {', '.join(SUITES)}")


def cosigned_message(seconds: int, text: bytes) -> bytes:
    """What a witness signs: a header line, the time in s since 1970, the checkpoint's text."""
    return b"cosignature/v1\ntime %d\n" % seconds + text


def cosigned_at(signature: bytes) -> int:
    """When a cosignature was made. [s since 1970 UTC]"""
    return int.from_bytes(signature[:8], "big")


def _ed25519_ok(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
