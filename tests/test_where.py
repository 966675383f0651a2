"""Where a project works: its areas by role, in words and on the small map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import mtf_eval as mtf
from mtf_eval.analysis.project import design, maps
from mtf_eval.publish.look import PALETTE
from mtf_eval.publish.workbench.records import Records

EXAMPLE = Path(__file__).parent.parent / "data" / "example"


@pytest.fixture(scope="module")
def records() -> Records:
    return mtf.load(EXAMPLE)


def with_table(records: Records, name: str, frame: pd.DataFrame) -> Records:
    return replace(records, tables={**records.tables, name: frame})


def words(records: Records) -> str:
    project = design.project_of(records, "EX01")
    return maps.where_words(maps.where(records, project, as_of=records.until).frame)


def outlines(records: Records) -> dict[str, tuple[maps.Ring, ...]]:
    return maps.outlines(records, design.project_of(records, "EX01"))


def test_the_areas_are_named_and_counted_by_role(records: Records) -> None:
    # By hand from data/example/project_areas.csv: 1,473 + 1,910 + 1,544 + 1,665 + 1,654 residents.
    assert words(records) == (
        "5 areas with 8,246 residents (Harbour Square, Pier Street, Fish Market, Custom House, "
        "Old Quay); next door: 3 areas (Chapel Hill, Rope Walk, Station Green); named to compare "
        "with: 5 areas"
    )


def test_areas_without_names_or_residents_are_counted(records: Records) -> None:
    rows = records.table("project_areas").copy()
    rows["population"] = rows["population"].mask(rows["area_code"] == "E01990012")
    bare = with_table(records, "project_areas", rows)
    bare = with_table(bare, "area_names", records.table("area_names").iloc[:0])
    assert words(bare) == "5 areas; next door: 3 areas; named to compare with: 5 areas"


def test_the_map_stands_beside_the_answer_and_fills_each_role(records: Records) -> None:
    drawn = outlines(records)
    assert [len(drawn[role]) for role in maps.ROLES] == [5, 3, 5]
    own = [ring for role in maps.ROLES for ring in drawn[role]]
    assert not any(ring in own for ring in drawn["around"]), "each is drawn once"
    mtf.report(records, "project_evaluation", project="EX01")
    project = records.project("EX01")
    shown = mtf.Beside(project.effect().months(), project.where()).element().html
    assert shown.startswith('<div class="mtf-beside"><div><figure')
    assert shown.count("</figure></div>") == 2
    axes = project.where().plot()
    target = {p.get_facecolor()[:3]: p.get_path() for p in axes.patches}[to_rgb(PALETTE[0])]
    corners = pd.read_csv(EXAMPLE / "area_boundaries.csv")
    lat = corners[corners["area_code"].between("E01990011", "E01990015")]["lat"]
    assert target.vertices[:, 1].min() == pytest.approx(lat.min())
    assert target.vertices[:, 1].max() == pytest.approx(lat.max())


def test_nothing_is_drawn_unless_every_target_area_has_an_outline(records: Records) -> None:
    rows = records.table("area_boundaries")
    for kept in (rows.iloc[:0], rows[rows["area_code"] != "E01990013"]):
        assert outlines(with_table(records, "area_boundaries", kept)) == {}


def test_fine_outlines_are_drawn_with_few_corners(records: Records) -> None:
    made = []
    for (area, ring), part in records.table("area_boundaries").groupby(["area_code", "ring"]):
        n = np.linspace(0, len(part) - 1, 500)
        fine = {c: np.interp(n, range(len(part)), part[c]) for c in ("lon", "lat")}
        made.append(pd.DataFrame({"area_code": area, "ring": ring, "point": range(500), **fine}))
    drawn = outlines(with_table(records, "area_boundaries", pd.concat(made)))
    assert sum(len(x) for rings in drawn.values() for x, _ in rings) < 1000


def test_the_map_of_incidents_names_the_areas_where_they_are(records: Records) -> None:
    axes = records.project("EX01").map().plot()
    told = {t.get_text().replace("\n", " "): t.xy for t in axes.texts}
    assert {"Harbour Square", "Pier Street", "Fish Market", "Custom House", "Old Quay"} <= {*told}
    corners = pd.read_csv(EXAMPLE / "area_boundaries.csv")
    lat = corners[corners["area_code"] == "E01990011"]["lat"]
    assert lat.min() < told["Harbour Square"][1] < lat.max()


def test_what_is_never_to_be_added_is_said_of_what_is_claimed_alone(records: Records) -> None:
    areas = records.table("project_areas")
    own = areas[areas["project_id"].eq("EX04") & areas["role"].eq("target")]["area_code"]
    rows = records.table("incidents")
    gone = rows["area_code"].isin(own) & rows["measure"].eq("Vehicle crime")
    gone &= rows["month"].between("2024-01-01", "2024-10-01")
    bare = with_table(records, "incidents", rows[~gone])
    for held, said in ((records, True), (bare, False)):
        mtf.report(held, "project_evaluation", project="EX04")
        line = held.project("EX04").answer().element()
        assert ("Never add the two" in line.html) == said
    assert "we cannot say" in line.text
