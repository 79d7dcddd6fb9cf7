"""Outlines of districts behind the map: those of the package, or the installation's own."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PACKAGED = Path(__file__).resolve().parents[1] / "geo"


class BadOutlines(ValueError):
    """A file of outlines that cannot be used; says which, and why."""


def outlines(cities: Collection[str], own: str = "") -> bytes:
    """The outlines of the districts of some cities, as GeoJSON.

    Parameters
    ----------
    cities : collection of str
        As points name them (``自贡``).
    own : str
        Path of the installation's file; "": those that come with Lichen. Features without the property ``city`` are
        always shown.

    Raises
    ------
    BadOutlines
        The file is missing or is no GeoJSON FeatureCollection.

    Examples
    --------
    >>> import json
    >>> found = json.loads(outlines(["自贡"]))
    >>> len(found["features"]), found["features"][0]["properties"]
    (6, {'city': '自贡', 'district': '自流井区', 'district_en': 'Ziliujing'})
    """
    return _outlines(frozenset(cities), own)


def outlined_cities(own: str = "") -> list[str]:
    """The cities that have outlines.

    >>> outlined_cities()
    ['北京', '天津', '自贡']
    """
    return sorted({city for city, _district, _rings in _districts(own)})


def district_at(lon: float, lat: float, own: str = "") -> tuple[str, str] | None:
    """City and district at a position [degree], None outside all outlines.

    >>> district_at(104.7786, 29.3392), district_at(0, 0)
    (('自贡', '自流井区'), None)
    """
    for city, district, rings in _districts(own):
        # Even-odd over all rings: holes and islands take care of themselves.
        if sum(_crossings(ring, lon, lat) for ring in rings) % 2:
            return city, district
    return None


def has_outline(city: str, district: str, own: str = "") -> bool:
    """Whether there is an outline of a district.

    >>> has_outline("自贡", "大安区"), has_outline("自贡", "没有区")
    (True, False)
    """
    return any((city, district) == known[:2] for known in _districts(own))


def _crossings(ring: NDArray[np.float64], lon: float, lat: float) -> int:
    """How many sides of a closed ring a ray to the east crosses."""
    (x, y), (next_x, next_y) = ring[:-1].T, ring[1:].T
    crosses = (y > lat) != (next_y > lat)
    at = x[crosses] + (lat - y[crosses]) / (next_y[crosses] - y[crosses]) * (next_x[crosses] - x[crosses])
    return int(np.count_nonzero(at > lon))


@lru_cache(4)
def _districts(own: str) -> tuple[tuple[str, str, tuple[NDArray[np.float64], ...]], ...]:
    """City, district and rings of every outline that names both."""
    found = []
    for path in _files(own):
        for feature in _features(path):
            about, shape = feature.get("properties") or {}, feature.get("geometry") or {}
            corners = shape.get("coordinates") or []
            parts = {"Polygon": [corners], "MultiPolygon": corners}.get(shape.get("type", ""), [])
            if parts and about.get("city") and about.get("district"):
                rings = tuple(np.asarray(ring, dtype=np.float64)[:, :2] for part in parts for ring in part)
                found.append((str(about["city"]), str(about["district"]), rings))
    return tuple(found)


def _files(own: str) -> list[Path]:
    return [Path(own)] if own else sorted(_PACKAGED.glob("*.geojson"))


@lru_cache(16)
def _outlines(cities: frozenset[str], own: str) -> bytes:
    found = [
        feature
        for path in _files(own)
        for feature in _features(path)
        if (feature.get("properties") or {}).get("city") in (None, *cities)
    ]
    collection = {"type": "FeatureCollection", "features": found}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise BadOutlines(f"{path}: cannot be read as GeoJSON: {broken}") from broken
    if not isinstance(read, dict) or not isinstance(read.get("features"), list):
        raise BadOutlines(f"{path}: is no GeoJSON FeatureCollection")
    features: list[dict[str, Any]] = read["features"]
    return features
