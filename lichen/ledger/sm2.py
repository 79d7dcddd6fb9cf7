"""SM2 signatures with SM3 (GB/T 32918.2-2016 on the curve of GB/T 32918.5-2017; RFC-style deterministic k).

The common cryptographic libraries for Python sign on NIST curves only, hence this small implementation. The
arithmetic is plain Python integers and does not run in constant time: it is meant for a log that signs a few times
a second by its own will, not for a server that signs whatever a stranger asks, and measures how long it takes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes, hmac

# GB/T 32918.5-2017, clause 2: y² = x³ - 3x + b over F_p; base point G of prime order n.
P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A = P - 3
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
GX = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
GY = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0

#: The signer's identity where none was agreed (GM/T 0009-2012, clause 10).
DEFAULT_ID = b"1234567812345678"

Point = tuple[int, int]  # affine
_Jacobian = tuple[int, int, int]  # (X, Y, Z) for x = X/Z², y = Y/Z³; Z = 0 is the point at infinity

_INFINITY: _Jacobian = (1, 1, 0)


def sm3(data: bytes) -> bytes:
    """SM3 digest (GB/T 32905-2016), 32 bytes.

    >>> sm3(b"abc").hex()[:16]
    '66c7f0f462eeedd9'
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on the curve."""

    x: int
    y: int

    def encode(self) -> bytes:
        """65 bytes: 0x04, x, y."""
        return b"\x04" + self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")

    @classmethod
    def decode(cls, raw: bytes) -> PublicKey:
        """The key of `encode`'s bytes; raises `ValueError` where they are no point of the curve."""
        if len(raw) != 65 or raw[0] != 4:
            raise ValueError("SM2 public key: expected 65 bytes beginning with 04")
        x, y = int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
        if x >= P or y >= P or (y * y - (x * x + A) * x - B) % P:
            raise ValueError("SM2 public key: not a point of the curve")
        return cls(x, y)

    def verify(self, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID) -> bool:
        """Whether `signature` (64 bytes r, s) is this key's on `message` (GB/T 32918.2-2016, clause 7)."""
        if len(signature) != 64:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        t = (r + s) % N
        if not (0 < r < N and 0 < s < N) or t == 0:
            return False
        point = _add(_times_base(s), _times((self.x, self.y), t))
        return point[2] != 0 and (self.digest(message, identity) + _affine(point)[0]) % N == r

    def digest(self, message: bytes, identity: bytes = DEFAULT_ID) -> int:
        """e of GB/T 32918.2-2016, 6.1: SM3 over Z (who signs, on which curve, with which key) and the message."""
        curve = b"".join(number.to_bytes(32, "big") for number in (A, B, GX, GY, self.x, self.y))
        z = sm3((8 * len(identity)).to_bytes(2, "big") + identity + curve)
        return int.from_bytes(sm3(z + message), "big")


@dataclass(frozen=True)
class PrivateKey:
    """A number from 1 to n - 2. Its text form never shows it."""

    d: int

    def __repr__(self) -> str:
        return "PrivateKey(…)"

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key from the system's random numbers."""
        return cls(1 + secrets.randbelow(N - 2))

    @classmethod
    def decode(cls, raw: bytes) -> PrivateKey:
        """The key of 32 bytes; raises `ValueError` where they are none."""
        d = int.from_bytes(raw, "big")
        if len(raw) != 32 or not 0 < d < N - 1:
            raise ValueError("SM2 private key: expected 32 bytes, a number from 1 to n - 2")
        return cls(d)

    def encode(self) -> bytes:
        """32 bytes, big-endian."""
        return self.d.to_bytes(32, "big")

    def public(self) -> PublicKey:
        """The key that verifies this one's signatures."""
        return PublicKey(*_affine(_times_base(self.d)))

    def sign(self, message: bytes, public: PublicKey, identity: bytes = DEFAULT_ID) -> bytes:
        """64 bytes r, s (GB/T 32918.2-2016, clause 6).

        k is derived from the key and the message as in RFC 6979, with HMAC-SM3: the same message gives the same
        signature, and a weak random generator cannot give the key away.
        """
        e = public.digest(message, identity)
        for k in _nonces(self.d, e):
            signature = sign_digest(e, self.d, k)
            if signature is not None:
                return signature
        raise AssertionError("unreachable: _nonces does not end")


def sign_digest(e: int, d: int, k: int) -> bytes | None:
    """r, s for digest `e`, private key `d` and nonce `k`; None where the standard asks for another k."""
    r = (e + _affine(_times_base(k))[0]) % N
    if r == 0 or r + k == N:
        return None
    s = pow(1 + d, -1, N) * (k - r * d) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") if s else None


def _nonces(d: int, e: int) -> Iterator[int]:
    """Numbers from 1 to n - 1 for signing `e` with `d` (RFC 6979, 3.2, with HMAC-SM3)."""
    seed = d.to_bytes(32, "big") + (e % N).to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for step in (b"\x00", b"\x01"):
        key = _hmac(key, value + step + seed)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < N:
            yield k
        key = _hmac(key, value + b"\x00")
        value = _hmac(key, value)


def _hmac(key: bytes, message: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return _INFINITY
    # a = -3: 3x² + a z⁴ = 3 (x - z²)(x + z²)
    zz = z * z % P
    yy = y * y % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P
    x2 = (m * m - 2 * s) % P
    return x2, (m * (s - x2) - 8 * yy * yy) % P, 2 * y * z % P


def _add(left: _Jacobian, right: _Jacobian) -> _Jacobian:
    x1, y1, z1 = left
    x2, y2, z2 = right
    if z1 == 0:
        return right
    if z2 == 0:
        return left
    z1z1 = z1 * z1 % P
    z2z2 = z2 * z2 % P
    u1 = x1 * z2z2 % P
    h = (x2 * z1z1 - u1) % P
    s1 = y1 * z2 * z2z2 % P
    r = (y2 * z1 * z1z1 - s1) % P
    if h == 0:
        return _double(left) if r == 0 else _INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(point: _Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _times(point: Point, factor: int) -> _Jacobian:
    """factor · point, four bits at a time."""
    multiples = [_INFINITY, (*point, 1)]
    for _ in range(14):
        multiples.append(_add(multiples[-1], multiples[1]))
    total = _INFINITY
    for shift in range(252, -1, -4):
        for _ in range(4):
            total = _double(total)
        total = _add(total, multiples[factor >> shift & 15])
    return total


@cache
def _base_multiples() -> list[list[_Jacobian]]:
    """For each of 64 groups of four bits, the base point times 0 to 15 times the group's weight."""
    table = []
    weight: _Jacobian = (GX, GY, 1)
    for _ in range(64):
        row = [_INFINITY, weight]
        for _ in range(14):
            row.append(_add(row[-1], weight))
        table.append([_INFINITY] + [(*_affine(point), 1) for point in row[1:]])
        weight = _add(row[15], weight)
    return table


def _times_base(factor: int) -> _Jacobian:
    total = _INFINITY
    for group, row in enumerate(_base_multiples()):
        total = _add(total, row[factor >> (4 * group) & 15])
    return total
