"""SM4 over the content of a 2025 packet (HJ 212-2025, 6.4 and Appendix A.2).

Every full 16-byte block between ``CP=&&`` and ``&&`` is replaced by SM4-ECB(key) of it; the last, incomplete block
stays plain; length and CRC remain those of the plain segment. ECB shows equal blocks, and the CRC is no seal: where a
link must resist an attacker, put it inside TLS or a private network.
"""

from __future__ import annotations

import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lichen.hj212.errors import HJ212Error

_BYTE_DUMP = re.compile(rb"\{\s*0[xX][0-9A-Fa-f]{1,2}(?:\s*,\s*0[xX][0-9A-Fa-f]{1,2})*\s*,?\s*\}")
_BYTE = re.compile(rb"0[xX]([0-9A-Fa-f]{1,2})")


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    if len(key) != 16:
        raise HJ212Error(f"SM4 key of {len(key)} bytes; it has exactly 16")
    return Cipher(algorithms.SM4(key), modes.ECB())


def encrypt(content: bytes, key: bytes) -> bytes:
    """The content with its full blocks encrypted; same length.

    Raises
    ------
    HJ212Error
        The key does not have 16 bytes.

    Examples
    --------
    >>> key = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907, Appendix A
    >>> encrypt(key, key).hex()
    '681edf34d206965e86b3e94f536e4246'
    >>> encrypt(b"short", key)
    b'short'
    """
    whole = len(content) // 16 * 16
    encryptor = _cipher(key).encryptor()
    return encryptor.update(content[:whole]) + encryptor.finalize() + content[whole:]


def decrypt(content: bytes, key: bytes) -> bytes:
    """The plain content; the inverse of `encrypt`.

    >>> decrypt(encrypt(b"DataTime=20240520210600", b"0" * 16), b"0" * 16)
    b'DataTime=20240520210600'
    """
    whole = len(content) // 16 * 16
    decryptor = _cipher(key).decryptor()
    return decryptor.update(content[:whole]) + decryptor.finalize() + content[whole:]


def read_byte_dump(content: bytes) -> bytes | None:
    """The bytes of content written as ``{0xE4,0x3E,…}`` (the standard prints it so, some send it so), else None.

    Plain bytes after the closing brace are the unencrypted last block.

    >>> read_byte_dump(b"{0xE4,0x3E}=N")
    b'\\xe4>=N'
    >>> read_byte_dump(b"DataTime=1") is None
    True
    """
    dump = _BYTE_DUMP.match(content)
    if dump is None:
        return None
    return bytes(int(byte, 16) for byte in _BYTE.findall(dump.group())) + content[dump.end() :]
