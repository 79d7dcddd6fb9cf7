"""Make lichen/web/geo/*.geojson anew from a source: no gaps, no overlaps, common borders simplified once.

Not part of any set-up: run by hand when the source changes, with shapely (2.1 or newer) in an environment of its own:

    python scripts/build_outlines.py zigong=…/si4_chuan1_zi4_gong4.geojson beijing=…/beijing.geojson

The source's neighbours disagree by a step of its grid here and there. So all borders are cut where they meet into
faces; a face that several districts claim, or that none does, goes to the neighbour with which it shares the longest
border. What then lies side by side has the very same points on both sides, and is simplified as a whole
(`shapely.coverage_simplify`, area-based after Visvalingam and Whyatt).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

TARGET = Path(__file__).resolve().parents[1] / "lichen" / "web" / "geo"
#: A kink that takes this square root of an area off or on is left out. [degree]
TOLERANCE = 0.0012
#: Smaller islands are left out; smaller faces are slips of the source. [degree²; about 0.04 and 0.4 km²]
LEAST_ISLAND, LEAST_FACE = 4e-6, 4e-5
#: Digits behind the point: about 10 m.
DIGITS = 4


def without_gaps(districts: list[BaseGeometry]) -> list[BaseGeometry]:
    """The same districts, side by side; the order is kept."""
    rings = shapely.node(shapely.union_all([shapely.boundary(one) for one in districts]))
    faces = list(shapely.polygonize(list(shapely.get_parts(rings))).geoms)
    valid = [shapely.make_valid(one) for one in districts]
    owner: dict[int, int] = {}
    for number, face in enumerate(faces):
        claims = [at for at, one in enumerate(valid) if shapely.contains(one, face.representative_point())]
        if len(claims) == 1 and (face.area > LEAST_FACE or not _touches_others(number, faces)):
            owner[number] = claims[0]
    tree = shapely.STRtree(faces)
    left = [number for number in range(len(faces)) if number not in owner]
    while left:
        given = {}
        for number in left:
            shared: dict[int, float] = {}
            for other in tree.query(faces[number], predicate="intersects"):
                if int(other) in owner:
                    common = shapely.intersection(faces[number].boundary, faces[int(other)].boundary).length
                    shared[owner[int(other)]] = shared.get(owner[int(other)], 0.0) + common
            if shared and max(shared.values()) > 0:
                given[number] = max(shared, key=lambda at: shared[at])
        if not given:
            break  # an island that nobody claims alone
        owner |= given
        left = [number for number in left if number not in given]
    return [
        shapely.coverage_union_all([faces[number] for number, at in owner.items() if at == which])
        for which in range(len(districts))
    ]


def _touches_others(number: int, faces: list[BaseGeometry]) -> bool:
    return any(at != number and shapely.touches(faces[number], face) for at, face in enumerate(faces))


def build(name: str, source: Path) -> None:
    """One city; names and their English come from the file that is there."""
    target = TARGET / f"{name}.geojson"
    named = {one["properties"]["district"]: one["properties"] for one in json.loads(target.read_text())["features"]}
    features = json.loads(source.read_text())["features"]
    # The source draws some districts as a mere point.
    features = [
        one for one in features if shapely.make_valid(shapely.geometry.shape(one["geometry"])).area > LEAST_FACE
    ]
    found = without_gaps([shapely.geometry.shape(one["geometry"]) for one in features])
    coarse = shapely.coverage_simplify(found, TOLERANCE)
    lines = []
    for feature, outline in zip(features, coarse, strict=True):
        parts = [part for part in shapely.get_parts(shapely.orient_polygons(outline)) if part.area > LEAST_ISLAND]
        rings: list[Any] = [[_rounded(ring.coords) for ring in (part.exterior, *part.interiors)] for part in parts]
        about = named[feature["properties"]["name"]]
        geometry = {"type": "MultiPolygon", "coordinates": rings}
        one = {"type": "Feature", "properties": about, "geometry": geometry}
        lines.append(json.dumps(one, ensure_ascii=False, separators=(",", ":")))
    target.write_text('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n")


def _rounded(ring: Any) -> list[list[float]]:
    return [[round(x, DIGITS), round(y, DIGITS)] for x, y in ring]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("city", nargs="+", help="name=source, as zigong=…/si4_chuan1_zi4_gong4.geojson")
    for given in parser.parse_args().city:
        city, _, path = given.partition("=")
        build(city, Path(path))
