"""What is said to the person who brought a table, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lichen.pipeline.errors import PipelineError


class Said(NamedTuple):
    """A sentence, 中文 and English."""

    zh: str
    en: str


class BadTable(PipelineError):
    """A file that is no table of results; `said` says why and what to do, in both languages."""

    exit_code = 2

    def __init__(self, said: Said) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: where (``D7``), the head of its column, what stands there, the rule, what to do."""

    cell: str
    column: str
    value: str
    rule: Said
    remedy: Said
