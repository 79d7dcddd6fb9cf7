"""What the JSON API answers with: one class for each shape."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field


class PointOut(Schema):
    """A monitoring point."""

    id: str
    name_zh: str
    name_en: str
    element: str
    kind: str
    city: str
    district: str
    lon: float | None
    lat: float | None
    valid_from: str | None
    valid_until: str | None
    attributes: dict[str, Any]


class PointsOut(Schema):
    """Monitoring points, and the version of the registry they are from."""

    registry_version: int
    registry_hash: str
    items: list[PointOut]
    next: str | None


class ValueOut(Schema):
    """The observation in force: `time` is the start of the interval, `value` null where there is none."""

    point: str
    parameter: str
    period: str
    source: str
    stat: str
    unit: str
    time: str
    value: float | None
    flag: str
    mark: str
    version: str = Field(description="Decimal digits: larger than what a JSON number safely holds")


class ValuesOut(Schema):
    """Observations."""

    items: list[ValueOut]
    next: str | None


class ResultOut(Schema):
    """A verdict: `klass` 0 is the best class, null = none; `klass_zh` its official word."""

    point: str
    time: str
    klass: int | None
    klass_zh: str
    klass_en: str
    index: float | None
    deciding: list[str]
    exceeding: list[str]
    sub: dict[str, float]
    edition: str
    clause: str
    note: str
    snapshot: str
    code: str
    version: str


class ResultsOut(Schema):
    """Verdicts of one element over one period."""

    element: str
    period: str
    items: list[ResultOut]
    next: str | None


class KeyOut(Schema):
    """A public key and whether it signed the checkpoint."""

    name: str
    algorithm: str
    vkey: str
    is_witness: bool
    has_signed: bool


class HeadOut(Schema):
    """The newest checkpoint of a log; `root` in hexadecimal, `checkpoint` the signed note."""

    origin: str
    size: int
    root: str
    checkpoint: str
    keys: list[KeyOut]


class EntryOut(Schema):
    """A sealed entry: the receipt, and all of it in base64. Receipt fields are null where the bytes are no entry."""

    origin: str
    index: int
    leaf_hash: str
    received: str | None
    door: str | None
    peer: str | None
    station: str | None
    verdict: str | None
    entry: str
