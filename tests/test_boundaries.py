"""Outlines of areas: what is read from GeoJSON, what is refused, what the map shows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mtf_eval.errors import DataProblems
from mtf_eval.records.load import load
from mtf_eval.records.reading.places import read_boundaries

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
SQUARE = [[1.38, 51.38], [1.40, 51.38], [1.40, 51.39], [1.38, 51.39], [1.38, 51.38]]


def geojson(
    path: Path, *, code: str = "LSOA21CD", kind: str = "Polygon", ring: object = None
) -> Path:
    coordinates = [ring or SQUARE]
    whole = [coordinates] if kind == "MultiPolygon" else coordinates
    feature = {
        "type": "Feature",
        "properties": {"name": "Harbour", code: "E01990011"},
        "geometry": {"type": kind, "coordinates": whole},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
def test_corners_come_in_order(tmp_path: Path, kind: str) -> None:
    frame, _ = read_boundaries(geojson(tmp_path / "b.geojson", kind=kind))
    assert frame[["lon", "lat"]].to_numpy().tolist() == SQUARE
    assert set(frame["area_code"]) == {"E01990011"}
    assert frame["point"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"code": "colour"}, "without a code"),
        ({"ring": [[634000.0, 170000.0]] * 4}, "no degrees"),
        ({"ring": [[180.5, 51.0]] * 4}, "no degrees"),
        ({"ring": [[1.4, -90.5]] * 4}, "no degrees"),
        ({"kind": "Point"}, "no GeoJSON of polygons"),
    ],
)
def test_what_is_refused(tmp_path: Path, given: dict[str, object], words: str) -> None:
    with pytest.raises(DataProblems, match=words):
        read_boundaries(geojson(tmp_path / "b.geojson", **given))  # type: ignore[arg-type]


def test_areas_have_the_names_that_their_outlines_give(tmp_path: Path) -> None:
    path = geojson(tmp_path / "b.geojson")
    assert read_boundaries(path)[1] == {"E01990011": "Harbour"}
    held = json.loads(path.read_text())
    first = held["features"][0]
    held["features"].append({**first, "properties": {"LSOA21CD": "E01990012"}})
    path.write_text(json.dumps(held))
    frame, names = read_boundaries(path)
    assert (set(frame["area_code"]), names) == (
        {"E01990011", "E01990012"},
        {"E01990011": "Harbour"},
    )
    del first["properties"]["name"]
    path.write_text(json.dumps(held))
    assert read_boundaries(path)[1] == {}


def test_the_map_of_a_project_has_its_areas_outlined(tmp_path: Path) -> None:
    from mtf_eval.analysis.project import design, maps

    for path in EXAMPLE.glob("*.csv"):
        if path.stem != "area_boundaries":
            shutil.copy(path, tmp_path)
    geojson(tmp_path / "boundaries.geojson")
    data = load(tmp_path)
    source = data.source("area_boundaries")
    assert source is not None
    assert source.rows == 5
    assert data.digest != load(EXAMPLE).digest
    known = data.table("project_areas")
    owner = known[(known["area_code"] == "E01990011") & (known["role"] == "target")]
    project = design.project_of(data, owner["project_id"].iloc[0])
    only = replace(project, areas={"target": ("E01990011",)})
    square = ([x for x, _ in SQUARE], [y for _, y in SQUARE])
    assert maps.outlines(data, only) == {"target": (square,)}
    assert maps.outlines(data, project) == {}  # of its other areas no outline is on record
