"""The command table and the return codes, as data (commands.csv, codes.csv).

`status` says how each row is known: ``verified`` in the standard's own text, ``code`` in public code written against
the standard, ``memory`` from the trade without a source.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the command table (HJ 212-2017 table 9; HJ 212-2025 table 12).

    Attributes
    ----------
    cn : str
    direction : {"down", "up", "both"}
        ``down`` = host to site.
    kind : {"request", "upload", "notice", "interaction"}
    zh, en : str
        The command's name.
    fields : tuple of str
        Content fields; ``*-Rtd`` stands for the suffix on any factor.
    editions : tuple of str
    clause_2017, clause_2025 : str
        The example of Appendix C; "" where the edition lacks the command.
    status : {"verified", "code", "memory"}
    """

    cn: str
    direction: str
    kind: str
    zh: str
    en: str
    fields: tuple[str, ...]
    editions: tuple[str, ...]
    clause_2017: str
    clause_2025: str
    status: str


@dataclass(frozen=True, slots=True)
class Code:
    """One value of QnRtn, ExeRtn or ST and its words."""

    code: str
    zh: str
    en: str
    editions: tuple[str, ...]
    clause: str
    status: str


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("lichen.hj212").joinpath(name).read_text("utf-8").splitlines()))


@cache
def commands() -> tuple[Command, ...]:
    """All commands of all editions, by code, ``down`` and ``up`` apart."""
    return tuple(
        Command(
            row["cn"], row["direction"], row["kind"], row["zh"], row["en"], tuple(row["fields"].split()),
            tuple(row["editions"].split()), row["clause_2017"], row["clause_2025"], row["status"],
        )
        for row in _rows("commands.csv")
    )  # fmt: skip


@cache
def is_defined(cn: str, edition: str | None = None) -> bool:
    """Whether the edition, or any edition, defines the command.

    Surface-water stations use the commands of 2017 and 2025.

    >>> is_defined("2011", "2017"), is_defined("9021", "2017"), is_defined("9021"), is_defined("2083")
    (True, False, True, False)
    """
    wanted = ("2017", "2025") if edition == "surface-water" else (edition,)
    return any(
        command.cn == cn and (edition is None or any(name in command.editions for name in wanted))
        for command in commands()
    )


@cache
def find(cn: str, direction: str, edition: str = "2017") -> Command | None:
    """The command as sent in a direction, in an edition; None if the edition lacks it.

    Surface-water stations use the commands of 2017.

    >>> find("1013", "up").kind, find("1014", "down", "2017"), find("9013", "down").zh
    ('notice', None, '通知应答')
    """
    wanted = "2017" if edition == "surface-water" else edition
    for command in commands():
        if command.cn == cn and command.direction in (direction, "both") and wanted in command.editions:
            return command
    return None


@cache
def codes(table: str) -> dict[str, Code]:
    """The values of ``QnRtn``, ``ExeRtn`` or ``ST`` by code.

    >>> codes("QnRtn")["9"].zh, codes("ST")["22"].en
    ('CRC 校验错误', 'air quality')
    """
    rows = [row for row in _rows("codes.csv") if row["table"] == table]
    if not rows:
        raise KeyError(f"no table {table!r}; tables: QnRtn, ExeRtn, ST")
    return {
        row["code"]: Code(
            row["code"], row["zh"], row["en"], tuple(row["editions"].split()), row["clause"], row["status"]
        )
        for row in rows
    }
