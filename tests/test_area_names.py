"""Names of areas: wherever they come from, said beside the code wherever a reader looks."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_places import outlines, square, with_incidents
from test_police_uk import folder, row

import mtf_eval as mtf
from mtf_eval.run.cli import commands

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
#: Names with a comma and with "and", as real ones have.
NAMES = {f"E019900{n:02}": f"Pier, Quay and Strand {n}" for n in range(1, 100)}


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def write(path: Path, *rows: tuple[str, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with names of most areas in a table, and a month declared not on record."""
    place = tmp_path_factory.mktemp("named") / "example"
    shutil.copytree(EXAMPLE, place)
    write(place / "area_names.csv", ("area_code", "area_name"), *NAMES.items())
    text = "source,area_code,first,last,complete\nincidents,E01990011,2022-03,2022-03,no\n"
    (place / "coverage.csv").write_text(text)
    return place


def test_a_label_has_name_and_code_and_role(tmp_path: Path) -> None:
    outlines(tmp_path)
    data = with_incidents(tmp_path, ["Latitude", "Longitude"], [51.385, 1.375])
    assert data.area("E01000001") == "Pier (E01000001)"
    assert data.area("E01000001", "target") == "Pier (E01000001, target)"
    assert data.area("E01000009") == "E01000009"
    assert data.area("E01000009", "buffer") == "E01000009 (buffer)"
    # Counted as one after they were redrawn.
    assert data.area("E01000001/E01000002") == "Pier and Mill (E01000001/E01000002)"


def test_a_name_column_names_areas_and_parts_no_counts(tmp_path: Path) -> None:
    rows = [["E01000001", "Pier"], ["E01000001", ""], ["E01000001", "Old Pier"], ["E01000002", ""]]
    data = with_incidents(tmp_path, ["LSOA code", "LSOA name"], *rows)
    assert data.table("incidents").groupby("area_code")["count"].sum().to_list() == [3, 1]
    assert len(data.table("incidents")) == 2
    assert data.area("E01000001") == "Pier (E01000001)"
    assert data.area("E01000002") == "E01000002"
    assert any("1 area(s) with several names" in f.text for f in data.findings)


def test_the_table_of_names_goes_before_the_outlines(tmp_path: Path) -> None:
    place = tmp_path
    rows = [("2021-05", f"E0199001{n}", "disorder") for n in range(1, 5)]
    write(place / "incidents.csv", ("month", "area_code", "measure"), *rows)
    write(place / "area_names.csv", ("area_code", "area_name"), ("E01990011", "Harbour Square"))
    write(place / "lsoa_lookup.csv", ("LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM"),
          ("E01990013", "Harbour 003", "E01990013", "Harbour 3"))  # fmt: skip
    features = [
        {
            "type": "Feature",
            "properties": {"LAD23NM": "Shore", "LSOA21CD": code, "LSOA21NM": name},
            "geometry": {"type": "Polygon", "coordinates": [square(1.3 + n / 100, 51.3)]},
        }
        for n, (code, name) in enumerate([("E01990011", "Shore 1"), ("E01990012", "Shore 2")])
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (place / "boundaries.geojson").write_text(text)
    data = mtf.load(place)
    found = [data.area(f"E0199001{n}").partition(" (")[0] for n in range(1, 5)]
    assert found == ["Harbour Square", "Shore 2", "Harbour 3", "E01990014"]


def test_records_of_the_police_name_areas_by_the_last_name(tmp_path: Path) -> None:
    month = {"2021-01": "Shepway 001A", "2021-02": "Folkestone and Hythe 001A"}
    months = {m: [row(m, "E01024000", "Burglary", name=n)] for m, n in month.items()}
    shutil.move(folder(tmp_path / "street", months), tmp_path / "police_uk")
    data = mtf.load(tmp_path)
    assert data.area("E01024000") == "Folkestone and Hythe 001A (E01024000)"


def test_names_stand_wherever_a_project_is_read(named: Path) -> None:
    records = mtf.load(named)
    project, plan = records.project("EX01"), records.plan("EX10")
    said = {
        "pro-forma": project.frame,
        "places": project.places().frame,
        "controls": project.effect().controls().frame,
        "on record": project.coverage().frame,
        "gaps": records.quality().gaps().frame,
    }
    for what, frame in said.items():
        assert "Pier, Quay and Strand 11 (E01990011" in frame.to_csv(), what
    assert "Pier, Quay and Strand 11 (E01990011, target)" in said["places"].to_csv()
    assert "Pier, Quay and Strand 25 (E01990025)" in plan.frame.to_csv()
    assert "Pier, Quay and Strand 30 (E01990030)" in plan.alike().frame.to_csv()
    answer = plan.answer().sentence()
    assert "one more area (Pier, Quay and Strand 69 (E01990069))" in answer
    assert "with 3 more months and " in answer
    # Nothing says a code alone where a name is known.
    for frame in (*said.values(), plan.frame, plan.designs().frame):
        assert not re.search(r"(?<![(/])E019900\d\d", frame.to_csv())


def test_check_says_names(named: Path) -> None:
    said = " ".join(CliRunner().invoke(commands, ["check", str(named)]).output.split())
    assert "for Pier, Quay and Strand 11 (E01990011), as declared" in said
