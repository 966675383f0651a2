"""Incidents with coordinates or postcodes: to which area, what is told, what is not kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from books import book, write_xlsx
from pyproj import Transformer

from benchmarks import places
from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reading.places import in_areas, read_boundaries


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


#: Easting and northing of 1.375 E 51.385 N.
EN = Transformer.from_crs(4326, 27700, always_xy=True).transform(1.375, 51.385)


def square(left: float, bottom: float, size: float = 0.01) -> list[list[float]]:
    right, top = left + size, bottom + size
    return [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]


def outlines(folder: Path, *, holes: bool = False) -> Path:
    """Two areas side by side; the district's code stands first, as in the ONS's files."""
    features = [
        {
            "type": "Feature",
            "properties": {"LAD23CD": "E07000114", "LSOA21CD": code, "LSOA21NM": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    square(left, 51.38),
                    *([square(left + 0.004, 51.384, 0.002)] * holes),
                ],
            },
        }
        for code, name, left in (("E01000001", "Pier", 1.37), ("E01000002", "Mill", 1.38))
    ]
    path = folder / "boundaries.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def with_incidents(folder: Path, head: list[str], *rows: list[Any]) -> Dataset:
    tables = book()
    tables["incidents"] = [
        ["Date", "Incident Type", *head],
        *(["2021-05-07", "disorder", *r] for r in rows),
    ]
    return load(write_xlsx(folder / "b.xlsx", tables))


def counted(data: Dataset) -> dict[str, int]:
    return data.table("incidents").groupby("area_code")["count"].sum().to_dict()


def told(data: Dataset) -> str:
    return "\n".join(f.text for f in data.findings)


def test_degrees_are_placed_and_not_kept(tmp_path: Path) -> None:
    outlines(tmp_path)
    rows = [[51.385, 1.375], [51.385, 1.385], [51.386, 1.386], [51.9, 1.3], ["", ""], [0, 0]]
    data = with_incidents(tmp_path, ["Latitude", "Longitude"], *rows)
    assert counted(data) == {"E01000001": 1, "E01000002": 2, "": 2}
    assert "3 row(s) placed in areas" in told(data)
    assert "1 row(s) (25%) in none of the areas left out" in told(data)
    assert "2 row(s) whose area is not known" in told(data)
    for frame in data.tables.values():
        if frame is not data.tables["area_boundaries"]:
            assert not {"latitude", "Latitude"} & set(frame.columns)


def test_the_national_grid_is_placed(tmp_path: Path) -> None:
    # TR 35 71: the hundred-kilometre square TR begins at 600,000 east and 100,000 north.
    east, north = EN
    assert 634_000 < east < 636_000
    assert 170_000 < north < 173_000
    outlines(tmp_path)
    data = with_incidents(tmp_path, ["Easting", "Northing"], [f"{east:,.0f}", round(north)])
    assert counted(data) == {"E01000001": 1}


@pytest.mark.parametrize(
    ("head", "row", "words"),
    [
        (["Latitude", "Longitude"], [1.375, 51.385], "exchanged"),
        (["Easting", "Northing"], [EN[1], EN[0]], "exchanged"),
        (["Latitude", "Longitude"], [48.85, 2.35], "outside Great Britain"),
        (["Latitude", "Longitude"], ["north", 1.375], "no number"),
    ],
)
def test_coordinates_that_cannot_be_meant(
    tmp_path: Path, head: list[str], row: list[Any], words: str
) -> None:
    outlines(tmp_path)
    with pytest.raises(DataProblems, match=words):
        with_incidents(tmp_path, head, row)


def test_without_boundaries_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        DataProblems, match=r"Latitude/Longitude and no area_code.*boundaries\.geojson"
    ):
        with_incidents(tmp_path, ["Latitude", "Longitude"], [51.385, 1.375])


def test_a_postcode_is_looked_up_and_dropped(tmp_path: Path) -> None:
    with pytest.raises(DataProblems, match="postcode"):
        with_incidents(tmp_path, ["Postcode"], ["CT9 1ZZ"])
    with (tmp_path / "postcode_areas.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["postcode", "area_code"], ["CT91ZZ", "E01000001"]])
    rows = [["CT9 1ZZ"], ["ct91zz"], ["CT9 9ZZ"]]
    data = with_incidents(tmp_path, ["Postcode"], *rows)
    assert counted(data) == {"E01000001": 2}
    assert "1 row(s) (33%) in none of the areas left out" in told(data)
    assert not any("CT9" in f.text.upper() for f in data.findings)


def test_a_mark_for_no_place_is_none(tmp_path: Path) -> None:
    outlines(tmp_path)
    rows = ([51.385, 1.375], [51.385, 1.385], ["N/A", "N/A"], ["unknown", "-"])
    data = with_incidents(tmp_path, ["Latitude", "Longitude"], *rows)
    assert counted(data) == {"E01000001": 1, "E01000002": 1, "": 2}
    assert "2 row(s) whose area is not known" in told(data)


def test_a_total_under_coordinates_is_no_incident(tmp_path: Path) -> None:
    outlines(tmp_path)
    tables = book()
    tables["incidents"] = [["Date", "Incident Type", "Latitude", "Longitude"]]
    tables["incidents"] += [["2021-05-07", "disorder", 51.385, 1.375]] * 2
    tables["incidents"] += [["Total", 2, None, None], ["Printed in June", None, None, None]]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert counted(data) == {"E01000001": 2}


def test_a_hole_is_no_part_of_an_area(tmp_path: Path) -> None:
    frame, _ = read_boundaries(outlines(tmp_path, holes=True))
    found = in_areas(np.array([1.375, 1.3715]), np.array([51.385, 51.3815]), frame)
    assert found.tolist() == [None, "E01000001"]


def test_placing_takes_a_few_times_the_time_of_reading(tmp_path: Path) -> None:
    """A tenth of `python -m benchmarks.places`, which asks for at most five times."""
    path = tmp_path / "incidents.csv"
    expected = places.by_hand(places.written(path, 20_000))
    ratio, found = places.measure(path)
    assert (np.array(found) == expected).mean() > 0.999
    assert ratio < 15


def test_areas_with_holes_and_islands_are_those_of_shapely(tmp_path: Path) -> None:
    frame, _ = read_boundaries(outlines(tmp_path, holes=True))
    island = frame[frame["ring"] == 1].assign(ring=3, lon=lambda f: f["lon"] + 0.1)
    both = pd.concat([frame, island])
    rng = np.random.default_rng(2)
    x, y = rng.uniform(1.36, 1.5, 3000), rng.uniform(51.37, 51.4, 3000)
    found = in_areas(x, y, both)
    for code, left in (("E01000001", 1.37), ("E01000002", 1.38)):
        area = shapely.box(left, 51.38, left + 0.01, 51.39) - shapely.box(
            left + 0.004, 51.384, left + 0.006, 51.386
        ) | shapely.box(left + 0.1, 51.38, left + 0.11, 51.39)
        assert ((found == code) == shapely.contains_xy(area, x, y)).all()
    assert (found != None).sum() > 200  # noqa: E711
