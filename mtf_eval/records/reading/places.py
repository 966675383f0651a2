"""Outlines of areas, and incidents with coordinates or a postcode placed in them.

Coordinates are degrees (latitude, longitude) or metres of the National Grid (easting, northing);
areas are those of the data set's own boundaries. A postcode is read only where the analyst's own
look-up stands beside the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.errors import DataProblems, refused
from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.home import read_rows
from mtf_eval.records.reading.cells import is_blank, is_mark
from mtf_eval.records.reading.grids import LOOKUP, Grid
from mtf_eval.records.reading.headings import heading_row

_CALLED = {
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "long", "lon", "lng"),
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
    "postcode": ("postcode", "post code"),
}
#: What stands for the area of an incident without a place.
NOWHERE = "not known"
_PAIRS = (("longitude", "latitude"), ("easting", "northing"))
#: Great Britain: degrees, and metres of the National Grid.
_BOUNDS = {
    "longitude": ((-8.7, 49.8), (1.8, 60.9)),
    "easting": ((0.0, 0.0), (700_000.0, 1_300_000.0)),
}
#: A district's small areas, generalised, are some 2 MB; read, a file takes 25 times its size.
MAX_BYTES = 20 * 2**20
#: Names of the property that holds the area's code: `area_code`, `LSOA21CD`, `lsoa_code`.
_CODE = re.compile(r"(area_?)?code|.*(cd|_code)", flags=re.IGNORECASE)

#: Names of the property that holds its name: `name`, `LSOA21NM`, `ward_name`.
_NAME = re.compile(r"(area_?)?name|.*(nm|_name)", flags=re.IGNORECASE)

#: Of two properties that tell areas apart, those of small areas first.
_SMALL = re.compile(r"(lsoa|msoa|oa|wd|ward|area)", flags=re.IGNORECASE)


def coordinates(header: Sequence[Any]) -> dict[str, int]:
    """Return the places of the columns that say where, by their usual name."""
    called = {way: name for name, ways in _CALLED.items() for way in ways}
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        if isinstance(cell, str) and (name := called.get(fold(cell))):
            found.setdefault(name, place)
    return found


def in_areas(
    x: NDArray[np.float64], y: NDArray[np.float64], outlines: pd.DataFrame
) -> NDArray[np.object_]:
    """Return the area each point lies in, `None` where it lies in none.

    Points and `outlines` are in degrees, or both in metres; a ring within a ring is a hole.
    """
    import shapely

    owner = np.full(len(x), -1)
    order = np.argsort(x)
    along, across = x[order], y[order]
    codes, areas = _polygons(outlines)
    for number, area in enumerate(areas):
        shapely.prepare(area)
        left, bottom, right, top = area.bounds
        near = slice(np.searchsorted(along, left), np.searchsorted(along, right, side="right"))
        here = order[near][(across[near] >= bottom) & (across[near] <= top)]
        here = here[shapely.intersects_xy(area, x[here], y[here])]
        # A point on the border of two belongs to the first.
        owner[here[owner[here] < 0]] = number
    found: NDArray[np.object_] = np.array([*codes, None], dtype=object)[owner]
    return found


def _polygons(outlines: pd.DataFrame) -> tuple[list[str], list[Any]]:
    """Return the code and the polygon of each area, in the order of their codes."""
    import shapely

    rings = outlines.groupby(["area_code", "ring"])
    whole = outlines.assign(number=rings.ngroup())[rings["point"].transform("size") > 3]
    whole = whole.sort_values("number", kind="stable")
    number, _ = pd.factorize(whole["number"])
    corners = whole[["lon", "lat"]].to_numpy()
    parts = shapely.make_valid(shapely.polygons(shapely.linearrings(corners, indices=number)))
    owners = whole["area_code"].to_numpy(object)[np.flatnonzero(np.diff(number, prepend=-1))]
    codes, starts = np.unique(owners, return_index=True)
    areas = [reduce(shapely.symmetric_difference, p) for p in np.split(parts, starts[1:]) if len(p)]
    return codes.tolist(), areas


def placed(grid: Grid, aliases: Aliases, outlines: pd.DataFrame | None, folder: Path) -> Grid:
    """Return the grid with an area in place of what says where; as it was where it has areas."""
    if grid.frame is not None or (head := heading_row(grid, aliases)) is None:
        return grid
    top, places = head
    where = coordinates(grid.rows[top])
    pair = next((p for p in _PAIRS if set(p) <= set(where)), None)
    if "area_code" in places:
        return grid
    if "postcode" in where and (folder / LOOKUP).is_file():
        return _by_postcode(grid, head, where, _lookup(folder / LOOKUP))
    if pair is None or outlines is None or outlines.empty:
        return grid
    rows = grid.rows[top + 1 :]
    x, y = (_numbers(grid, rows, top, where[name], name) for name in pair)
    known = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    (left, bottom), (right, upper) = _BOUNDS[pair[0]]
    there = (left <= x) & (x <= right) & (bottom <= y) & (y <= upper)
    turned = (left <= y) & (y <= right) & (bottom <= x) & (x <= upper)
    if pair[0] == "easting":
        outlines = _on_grid(outlines)
    codes = np.full(len(rows), None, dtype=object)
    inside = known & there
    codes[inside] = in_areas(x[inside], y[inside], outlines)
    exchanged = known & turned
    if known.any() and not (codes != None).any() and exchanged.any():  # noqa: E711
        again = in_areas(y[exchanged], x[exchanged], outlines)
        if (again != None).mean() > 0.5 or not there[known].any():  # noqa: E711
            found = f"{pair[1]} and {pair[0]} exchanged"
            raise _wrong(grid, top, pair[0], found, "exchange the two headings")
    if (outside := known & ~there).any():
        first = int(np.flatnonzero(outside)[0])
        found = f"{int(outside.sum()):,} place(s) outside Great Britain, first here"
        todo = "correct them, or empty the cells of those whose place is not known"
        raise _wrong(grid, top + 1 + first, pair[0], found, todo)
    lost = int((inside & (codes == None)).sum())  # noqa: E711
    for number in np.flatnonzero(~known).tolist():
        codes[number] = _unplaced(rows[number], places)
    return _replaced(grid, top, where, codes, lost, "the boundaries")


def _unplaced(row: Sequence[Any], places: Mapping[str, int]) -> str | None:
    """Say that the area of a row without a place is not known, where the row is an incident."""
    told = [row[p] for n, p in places.items() if n in ("month", "date", "measure") and p < len(row)]
    return NOWHERE if len(told) > 1 and not any(map(is_blank, told)) else None


def _on_grid(outlines: pd.DataFrame) -> pd.DataFrame:
    """Return outlines in metres of the National Grid: of fewer corners than there are incidents."""
    from pyproj import Transformer

    turn = Transformer.from_crs(4326, 27700, always_xy=True)
    east, north = turn.transform(outlines["lon"].to_numpy(), outlines["lat"].to_numpy())
    return outlines.assign(lon=east, lat=north)


def _numbers(
    grid: Grid, rows: Sequence[Sequence[Any]], top: int, place: int, name: str
) -> NDArray[np.float64]:
    try:
        cells = list(map(itemgetter(place), rows))
    except IndexError:
        cells = [row[place] if place < len(row) else None for row in rows]
    values = np.fromiter(map(_number, cells), float, len(cells))
    for number in np.flatnonzero(np.isnan(values)).tolist():
        if is_mark(cell := cells[number]):
            continue
        values[number] = _number(str(cell).replace(",", "") if name in _PAIRS[1] else cell)
        if np.isnan(values[number]):
            found = "a text that is no number"
            raise _wrong(grid, top + 1 + number, name, found, "write the number")
    return values


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return np.nan


def _lookup(path: Path) -> dict[str, str]:
    rows = [{fold(k): v for k, v in row.items() if k} for row in read_rows(path)]
    if not rows or not {"postcode", "area code"} <= set(rows[0]):
        found, todo = "other headings", "name them so"
        expected = "the columns postcode and area_code"
        raise refused(path.name, found, expected, todo)
    return {_closed(row["postcode"]): row["area code"] for row in rows if row["area code"]}


def _closed(postcode: object) -> str:
    return "".join(str(postcode or "").split()).upper()


def _by_postcode(
    grid: Grid, head: tuple[int, dict[str, int]], where: Mapping[str, int], areas: Mapping[str, str]
) -> Grid:
    (top, places), place = head, where["postcode"]
    cells = [row[place] if place < len(row) else None for row in grid.rows[top + 1 :]]
    codes = np.array([areas.get(_closed(c)) for c in cells], dtype=object)
    lost = sum(not is_blank(c) and a is None for c, a in zip(cells, codes, strict=True))
    for number in (n for n, cell in enumerate(cells) if is_blank(cell)):
        codes[number] = _unplaced(grid.rows[top + 1 + number], places)
    return _replaced(grid, top, where, codes, lost, LOOKUP)


def _replaced(
    grid: Grid, top: int, where: Mapping[str, int], codes: NDArray[np.object_], lost: int, by: str
) -> Grid:
    """Put the area behind each row and take out what said where.

    One without a place has its area not known; rows in none of the areas are emptied.

    The rows themselves are changed: copies of many take longer than placing them.
    """
    width = max(map(len, grid.rows[top:]), default=0)
    out, empty = tuple(where.values()), [None] * (width + 1)
    rows: list[Any] = [*grid.rows]
    for row, code in zip(rows[top:], ["area_code", *codes.tolist()], strict=True):
        if code is None:
            row[:] = empty
            continue
        row += [*empty[len(row) : width], code]
        for place in out:
            row[place] = None
    count = int(((codes != None) & (codes != NOWHERE)).sum())  # noqa: E711
    said = [("repaired", f"{count:,} row(s) placed in areas by {by}; where is not kept")]
    if lost:
        share = 100 * lost / (count + lost)
        text = f"{lost:,} row(s) ({share:.0f}%) in none of the areas left out"
        said.append(("warning", text))
    findings = [grid.finding(kind, text) for kind, text in said]
    return replace(grid, rows=rows, heading=top, findings=(*grid.findings, *findings))


def _wrong(grid: Grid, number: int, column: str, found: str, todo: str) -> DataProblems:
    expected = "degrees of latitude and longitude, or easting and northing in metres"
    return DataProblems([grid.problem(found, expected, todo, row=number + 1, column=column)])


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
