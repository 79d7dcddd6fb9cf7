"""Outlines of districts behind the map: those of the package, or the installation's own."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

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


@lru_cache(16)
def _outlines(cities: frozenset[str], own: str) -> bytes:
    files = [Path(own)] if own else sorted(_PACKAGED.glob("*.geojson"))
    found = [
        feature
        for path in files
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
