"""A client of a Lichen's API, in plain Python.

    from datetime import datetime, timedelta
    from lichen.client import Client, BEIJING

    lichen = Client("https://air.example.cn")
    now = datetime.now(BEIJING)
    for value in lichen.series("P1", "pm25", "hour", now - timedelta(days=1), now):
        print(value.time, value.value)
    proven = lichen.proof(41, keys=[...])   # raises if the entry or its proof was altered

Needs the standard library only; `Client.proof` verifies with `cryptography`. A client may be used from many threads.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lichen.ledger.verify_offline import Proven

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
LogName = Literal["raw", "acts"]
FileFormat = Literal["csv", "arrow", "parquet"]


class ApiError(Exception):
    """The API refused, or could not be reached.

    Attributes
    ----------
    status : int
        Of HTTP; 0 = no answer came.
    code : str
        For programs; ``unreachable`` when no answer came.
    message : str
        For people.
    retry_after : float or None
        When to ask again, if the API said so. [s]
    """

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


@dataclass(frozen=True, slots=True)
class Point:
    """A monitoring point; `lon` and `lat` in degrees."""

    id: str
    name_zh: str
    name_en: str
    element: str
    kind: str
    city: str
    district: str
    lon: float | None
    lat: float | None
    valid_from: datetime | None
    valid_until: datetime | None
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """An observation: `time` is the start of its interval, `value` None where there is none."""

    point: str
    parameter: str
    period: str
    source: str
    stat: str
    unit: str
    time: datetime
    value: float | None
    flag: str
    mark: str
    version: int


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict: `klass` 0 is the best class, None = none; `multiples` by how many times limits are exceeded;
    `snapshot` and `code` say with what it was reached."""

    point: str
    time: datetime
    klass: int | None
    klass_zh: str
    klass_en: str
    index: float | None
    deciding: Sequence[str]
    exceeding: Sequence[str]
    multiples: Mapping[str, float]
    sub: Mapping[str, float]
    edition: str
    clause: str
    note: str
    snapshot: str
    code: str
    version: int


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a log or of a witness, and whether it signed the checkpoint."""

    name: str
    algorithm: str
    vkey: str
    is_witness: bool
    has_signed: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The newest checkpoint of a log; `root` in hexadecimal, `checkpoint` the signed note."""

    origin: str
    size: int
    root: str
    checkpoint: str
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed entry and its receipt; the receipt is None where the bytes are no entry."""

    origin: str
    index: int
    leaf_hash: str
    received: datetime | None
    door: str | None
    peer: str | None
    station: str | None
    verdict: str | None
    entry: bytes


class Client:
    """A Lichen's API.

    Parameters
    ----------
    base_url : str
        Where its pages are: ``https://air.example.cn``.
    token : str, optional
        Raises the rate limit; public data need none.
    timeout : float
        How long an answer is waited for. [s]

    Every method raises `ApiError`.

    Examples
    --------
    >>> Client("ftp://air.example.cn")
    Traceback (most recent call last):
    ValueError: ftp://air.example.cn is no http:// or https:// address
    """

    def __init__(self, base_url: str, token: str | None = None, *, timeout: float = 30.0) -> None:
        if urllib.parse.urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError(f"{base_url} is no http:// or https:// address")
        self._root = base_url.rstrip("/") + "/api/v1/"
        self._token = token
        self._timeout = timeout

    def points(self, *, element: str = "", city: str = "") -> Iterator[Point]:
        """The monitoring points."""
        for item in self._items("points", {"element": element, "city": city}):
            yield Point(**item | {name: _moment(item[name]) for name in ("valid_from", "valid_until")})

    def latest(self, *, point: str = "", parameter: str = "", period: str = "", source: str = "") -> Iterator[Value]:
        """The newest observation of each series."""
        asked = {"point": point, "parameter": parameter, "period": period, "source": source}
        return map(_value, self._items("latest", asked))

    def series(
        self,
        point: str,
        parameter: str,
        period: str,
        start: datetime,
        stop: datetime,
        *,
        source: str = "computed",
        stat: str = "avg",
    ) -> Iterator[Value]:
        """The observations of one series from `start` (inclusive) to `stop` (exclusive), oldest first.

        Raises
        ------
        ValueError
            A time has no zone: guessing one would move data by eight hours.
        """
        asked = _series(point, parameter, period, start, stop, source, stat)
        return map(_value, self._items("series", {**asked, "limit": "10000"}))

    def series_file(
        self,
        point: str,
        parameter: str,
        period: str,
        start: datetime,
        stop: datetime,
        *,
        source: str = "computed",
        stat: str = "avg",
        form: FileFormat = "csv",
    ) -> bytes:
        """The same as the bytes of a CSV, Arrow stream or Parquet file."""
        asked = _series(point, parameter, period, start, stop, source, stat)
        return self._bytes("series", {**asked, "format": form})

    def results(
        self, element: str, period: str, start: datetime, stop: datetime, *, point: str = ""
    ) -> Iterator[Result]:
        """The verdicts on the intervals that start in a span of time, by point, then time."""
        asked = {"element": element, "period": period, "from": _iso(start), "to": _iso(stop), "point": point}
        for item in self._items("results", asked | {"limit": "10000"}):
            yield Result(**item | {"time": datetime.fromisoformat(item["time"]), "version": int(item["version"])})

    def why(
        self,
        point: str,
        name: str,
        period: str,
        time: datetime,
        *,
        source: str = "computed",
        stat: str = "avg",
        depth: int = 2,
    ) -> dict[str, Any]:
        """How a number (`name` a parameter) or a verdict (an element) came about: a tree of ``parts``."""
        asked = {"point": point, "name": name, "period": period, "time": _iso(time), "source": source, "stat": stat}
        return self._json("why", asked | {"depth": str(depth)})

    def ledger_head(self, log: LogName = "raw") -> Head:
        """The newest checkpoint of a log."""
        found = self._json(f"ledger/{log}")
        return Head(**found | {"keys": tuple(Key(**key) for key in found["keys"])})

    def entry(self, index: int, log: LogName = "raw") -> Entry:
        """A sealed entry."""
        found = self._json(f"ledger/{log}/entries/{index}")
        sealed = base64.b64decode(found["entry"])
        return Entry(**found | {"entry": sealed, "received": _moment(found["received"])})

    def bundle(self, index: int, log: LogName = "raw") -> dict[str, Any]:
        """The proof bundle of an entry, unverified: write it to a file and give it to anybody."""
        return self._json(f"ledger/{log}/entries/{index}/proof")

    def proof(self, index: int, log: LogName = "raw", *, keys: Sequence[str] = ()) -> Proven:
        """The verified proof that an entry was sealed.

        Parameters
        ----------
        keys : sequence of str
            Keys that must have signed. Keep them from a day you trusted, or from another place than this server:
            keys that come with the proof show only that it is whole.

        Raises
        ------
        lichen.ledger.verify_offline.Refusal
            The proof does not hold, is unusable, or is that of another entry.
        """
        from lichen.ledger import verify_offline

        proven = verify_offline.verify(self.bundle(index, log), list(keys))
        if proven.index != index:
            raise verify_offline.Unproven(
                f"要的是第 {index} 条记录，证明的却是第 {proven.index} 条。",
                f"asked for entry {index}, but the proof is of entry {proven.index}",
            )
        return proven

    def _items(self, path: str, asked: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._json(path, {**asked, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]

    def _json(self, path: str, asked: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            found = json.loads(self._bytes(path, asked or {}))
        except ValueError as broken:
            raise ApiError(0, "unreadable", f"{self._root}{path}: the answer is no JSON") from broken
        if not isinstance(found, dict):
            raise ApiError(0, "unreadable", f"{self._root}{path}: the answer is no JSON object")
        return found

    def _bytes(self, path: str, asked: Mapping[str, str]) -> bytes:
        query = urllib.parse.urlencode({name: value for name, value in asked.items() if value != ""})
        request = urllib.request.Request(self._root + path + ("?" + query if query else ""))
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as refused:
            with refused:
                raise _refusal(refused) from None
        except OSError as away:
            reason = getattr(away, "reason", away)
            raise ApiError(0, "unreachable", f"{self._root}: {reason}") from away


def _refusal(refused: urllib.error.HTTPError) -> ApiError:
    after = refused.headers.get("Retry-After", "")
    wait = float(after) if after.isdigit() else None
    try:
        said = json.loads(refused.read())["error"]
        return ApiError(refused.code, str(said["code"]), str(said["message"]), wait)
    except (ValueError, KeyError, TypeError):
        return ApiError(refused.code, "unreadable", f"HTTP {refused.code} {refused.reason}", wait)


def _series(
    point: str, parameter: str, period: str, start: datetime, stop: datetime, source: str, stat: str
) -> dict[str, str]:
    return {
        "point": point, "parameter": parameter, "period": period, "from": _iso(start), "to": _iso(stop),
        "source": source, "stat": stat,
    }  # fmt: skip


def _value(item: dict[str, Any]) -> Value:
    return Value(**item | {"time": datetime.fromisoformat(item["time"]), "version": int(item["version"])})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give one, for instance lichen.client.BEIJING")
    return moment.isoformat()
