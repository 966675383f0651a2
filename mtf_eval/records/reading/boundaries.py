"""Outlines of areas from a GeoJSON file, for the map and for placing incidents.

Takes the file as the Office for National Statistics or a council publishes it (longitude and
latitude, polygons). Measures nothing; `places` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mtf_eval.errors import DataProblems, refused

#: A district's small areas, generalised, are some 2 MB; read, a file takes 25 times its size.
MAX_BYTES = 20 * 2**20
#: Names of the property that holds the area's code: `area_code`, `LSOA21CD`, `lsoa_code`.
_CODE = re.compile(r"(area_?)?code|.*(cd|_code)", flags=re.IGNORECASE)

#: Names of the property that holds its name: `name`, `LSOA21NM`, `ward_name`.
_NAME = re.compile(r"(area_?)?name|.*(nm|_name)", flags=re.IGNORECASE)

#: Of two properties that tell areas apart, those of small areas first.
_SMALL = re.compile(r"(lsoa|msoa|oa|wd|ward|area)", flags=re.IGNORECASE)


def read_boundaries(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read the outlines of a GeoJSON file.

    Returns `area_code`, `ring` and `point` (from 1), `lon`, `lat` (degrees), and the name of each
    area. Raises `DataProblems` for no GeoJSON, no property with the code, or no degrees.
    """
    if (size := path.stat().st_size) > MAX_BYTES:
        found, limit = f"{size / 2**20:,.0f} MB", f"at most {MAX_BYTES / 2**20:,.0f} MB"
        todo = "take only the areas needed, with generalised boundaries"
        raise refused(path.name, found, limit, todo)
    try:
        features = json.loads(path.read_bytes())["features"]
        held = [feature["properties"] for feature in features]
        code = _telling(held, _CODE)
        called = _telling(held, _NAME)
        read = [
            (feature["properties"].get(code), ring, point, float(place[0]), float(place[1]))
            for feature in features
            for ring, places in enumerate(_rings(feature["geometry"]), 1)
            for point, place in enumerate(places, 1)
        ]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, AttributeError):
        raise _refused(path, "no GeoJSON of polygons with an area code") from None
    frame = pd.DataFrame(read, columns=["area_code", "ring", "point", "lon", "lat"])
    if frame.empty or frame["area_code"].isna().any():
        raise _refused(path, "areas without a code")
    if not (frame["lon"].between(-180, 180) & frame["lat"].between(-90, 90)).all():
        raise _refused(path, "coordinates that are no degrees (a national grid, perhaps)")
    return frame, {str(p.get(code)): str(p[called]) for p in held if called and p.get(called)}


def _telling(features: Sequence[Mapping[str, Any]], pattern: re.Pattern[str]) -> str | None:
    """Return the property with each area's own code or name: a district's is that of many."""
    names = dict.fromkeys(
        n for p in features for n, value in p.items() if pattern.fullmatch(n) and value
    )
    different = {n: len({p.get(n) for p in features}) for n in names}
    return max(names, key=lambda n: (different[n], bool(_SMALL.match(n))), default=None)


def _rings(geometry: dict[str, Any]) -> list[Any]:
    """Return outer and inner rings of a polygon or of several."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "MultiPolygon":
        return [ring for polygon in coordinates for ring in polygon]
    if kind == "Polygon":
        return list(coordinates)
    raise ValueError(kind)


def _refused(path: Path, found: str) -> DataProblems:
    expected = "GeoJSON polygons in longitude and latitude with a property such as area_code"
    return refused(path.name, found, expected, "export it again, or take it out")
