"""The pages' words in other languages: ``.po`` files (for people) compiled to ``.mo`` (for gettext), in plain Python.

GNU gettext is not on every machine, and ours need only a small part of its format: ``msgid``, ``msgstr``,
``msgctxt``, ``msgid_plural`` with one plural form (Chinese has one), and the ``fuzzy`` mark.
"""

from __future__ import annotations

import ast
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CONTEXT = "\x04"
_PLURAL = "\x00"


class MessagesError(ValueError):
    """A ``.po`` file that cannot be read."""


def parse(text: str, name: str = "<po>") -> dict[str, str]:
    """The catalogue of a ``.po`` text: gettext's key (context, id, plural id) → translation. Fuzzy ones are left out.

    Examples
    --------
    >>> parse('msgid "station"\\nmsgstr "监测点位"')
    {'station': '监测点位'}
    """
    catalogue: dict[str, str] = {}
    entry: dict[str, str] = {}
    field = ""
    fuzzy = False

    def close() -> None:
        nonlocal entry, fuzzy
        if "msgid" in entry:
            key = entry["msgid"]
            if "msgid_plural" in entry:
                key += _PLURAL + entry["msgid_plural"]
            if "msgctxt" in entry:
                key = entry["msgctxt"] + _CONTEXT + key
            if key in catalogue:
                raise MessagesError(f"{name}: {entry['msgid']!r} is there twice; keep one")
            if not fuzzy:
                catalogue[key] = entry.get("msgstr", entry.get("msgstr[0]", ""))
            entry, fuzzy = {}, False

    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#"):
            if "msgstr" in entry or "msgstr[0]" in entry:
                close()
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        word, _, rest = line.partition(" ")
        if line.startswith('"'):
            rest = line
        elif word in ("msgctxt", "msgid", "msgid_plural", "msgstr", "msgstr[0]"):
            if word in entry or (word in ("msgctxt", "msgid") and ("msgstr" in entry or "msgstr[0]" in entry)):
                close()
            field = word
        else:
            raise MessagesError(f"{name}, line {number}: {word!r} is not a word of the format we read")
        try:
            entry[field] = entry.get(field, "") + ast.literal_eval(rest)
        except (SyntaxError, ValueError) as broken:
            raise MessagesError(f"{name}, line {number}: not a quoted text: {rest}") from broken
    close()
    return catalogue


def encode(catalogue: dict[str, str]) -> bytes:
    """The ``.mo`` bytes of a catalogue (GNU MO, revision 0, little-endian); untranslated entries are left out."""
    pairs = sorted((key.encode(), value.encode()) for key, value in catalogue.items() if value)
    at = 28 + 16 * len(pairs)
    tables = [b"", b""]
    blobs = [b"", b""]
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), at)
            blobs[side] += pair[side] + b"\0"
            at += len(pair[side]) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + blobs[0] + blobs[1]


def compile_messages(folders: Iterable[Path]) -> list[Path]:
    """Write the ``.mo`` beside each ``.po`` below the locale folders where it is missing or differs; returns those.

    Raises
    ------
    MessagesError
        A ``.po`` cannot be read, or its ``.mo`` is out of date and the folder cannot be written.
    """
    written = []
    for source in sorted(path for folder in folders for path in folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        wanted = encode(parse(source.read_text(encoding="utf-8"), str(source)))
        if target.exists() and target.read_bytes() == wanted:
            continue
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            draft.write_bytes(wanted)
            draft.replace(target)
        except OSError as refused:
            raise MessagesError(f"{target} cannot be written ({refused.strerror}); install as who owns it") from refused
        written.append(target)
    return written
