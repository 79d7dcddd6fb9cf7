"""What the JSON API answers with: one class for each shape."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _
from ninja import Schema
from pydantic import ConfigDict, Field


def _choosable(schema: dict[str, Any]) -> None:
    """`fields=` leaves fields out, so none of them is required."""
    schema.pop("required", None)


class Chosen(Schema):
    """An item of which the reader may ask for some fields only."""

    model_config = ConfigDict(json_schema_extra=_choosable)


class Problem(Schema):
    """What was wrong with a request."""

    code: str = Field(description=_("For programs; never changes its meaning"))
    message: str = Field(description=_("For people, in the language they chose"))


class ErrorOut(Schema):
    """The one shape of every refusal."""

    error: Problem


class PointOut(Chosen):
    """A monitoring point."""

    id: str
    name_zh: str
    name_en: str
    element: str
    kind: str
    city: str
    district: str
    lon: float | None = Field(description=_("Longitude, degrees east"))
    lat: float | None = Field(description=_("Latitude, degrees north"))
    valid_from: str | None = Field(description=_("In service from this instant; null: always was"))
    valid_until: str | None = Field(description=_("In service before this instant; null: still is"))
    attributes: dict[str, Any]


class Page(Schema):
    """A page of a list."""

    next: str | None = Field(description=_("Give it as `cursor` for the next page; null: this is the last"))


class PointsOut(Page):
    """Monitoring points, and the version of the registry they are from."""

    registry_version: int
    registry_hash: str
    items: list[PointOut]


class ValueOut(Chosen):
    """The observation in force."""

    point: str
    parameter: str
    period: str
    source: str
    stat: str
    unit: str
    time: str = Field(description=_("Start of the interval"))
    value: float | None = Field(description=_("null: there is no value"))
    flag: str = Field(description=_("good, unchecked, suspect, bad or missing"))
    mark: str = Field(description=_("The sender's own mark, as sent"))
    version: str = Field(description=_("Decimal digits: larger than what a JSON number safely holds"))


class ValuesOut(Page):
    """Observations."""

    time_zone: str
    items: list[ValueOut]


class ResultOut(Chosen):
    """A verdict."""

    point: str
    time: str = Field(description=_("Start of the interval"))
    klass: int | None = Field(description=_("0 is the best class; null: none"))
    klass_zh: str = Field(description=_("The official word"))
    klass_en: str
    index: float | None = Field(description=_("The index (AQI); null: none"))
    deciding: list[str] = Field(description=_("The parameters that decided"))
    exceeding: list[str] = Field(description=_("The parameters over their limit"))
    multiples: dict[str, float] = Field(
        description=_("By how many times its limit a parameter exceeds it; only where the standard gives that")
    )
    sub: dict[str, float] = Field(description=_("The index, or the place of the class, of each parameter alone"))
    edition: str = Field(description=_("The standard that judged"))
    clause: str
    note: str
    snapshot: str = Field(description=_("Hash of the registry it was reached with"))
    code: str = Field(description=_("The version of Lichen it was reached with"))
    version: str = Field(description=_("Decimal digits: larger than what a JSON number safely holds"))


class ResultsOut(Page):
    """Verdicts of one element over one period."""

    element: str
    period: str
    time_zone: str
    items: list[ResultOut]


class KeyOut(Schema):
    """A public key and whether it signed the checkpoint."""

    name: str
    algorithm: str
    vkey: str
    is_witness: bool
    has_signed: bool


class HeadOut(Schema):
    """The newest checkpoint of a log."""

    origin: str
    size: int
    root: str = Field(description=_("Hexadecimal"))
    checkpoint: str = Field(description=_("The signed note"))
    keys: list[KeyOut]


class EntryOut(Schema):
    """A sealed entry: the receipt, and all of it in base64. Receipt fields are null where the bytes are no entry."""

    origin: str
    index: int
    leaf_hash: str = Field(description=_("Hexadecimal"))
    received: str | None
    door: str | None
    peer: str | None
    station: str | None
    verdict: str | None
    entry: str = Field(description=_("All of it, in base64"))


class ProofOut(Schema):
    """A proof bundle: what ``verify_offline.py`` checks."""

    format: str
    origin: str
    index: int
    size: int = Field(description=_("Entries under the checkpoint"))
    entry: str = Field(description=_("All of it, in base64"))
    proof: list[str] = Field(description=_("Hashes from the entry's sibling up, in base64"))
    checkpoint: str = Field(description=_("The signed note"))
    verifiers: list[str] = Field(description=_("The public keys that signed"))


class FindingOut(Schema):
    """What a check, or a person, found about a value."""

    check: str
    flag: str
    reason: str
    person: str


class PacketOut(Schema):
    """The packet a reported value came in."""

    model_config = ConfigDict(extra="allow")

    received: str
    flag: str
    text: str = Field(description=_("As sent; the password is blotted out, its length kept"))


class WhyOut(Schema):
    """A number and how it came about, down to the packet."""

    model_config = ConfigDict(extra="allow")

    kind: str = Field(description=_("verdict, computed, reported or act"))
    name: str
    point: str
    period: str
    source: str
    stat: str
    time: str = Field(description=_("Start of the interval"))
    value: float | None = Field(description=_("null: there is no value"))
    version: str = Field(description=_("Decimal digits: larger than what a JSON number safely holds"))
    flag: str | None
    method: str = Field(description=_("The rule that made it"))
    clause: str
    problem: str = Field(description=_("What does not fit together; empty: nothing"))
    findings: list[FindingOut]
    packet: PacketOut | None
    parts: list[WhyOut] = Field(description=_("What it was made from"))
