"""Where a project works: its areas by role, and map points of its measure before and after.

The points are the publisher's anonymised ones: fit for a picture, not for distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.project.design import Project, Window, months_words
from mtf_eval.analysis.results.columns import lay, span
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


def points(
    data: Dataset, project: Project, window: Window, *, as_of: date
) -> tuple[Table, Table] | None:
    """Return the points before and after with incidents of the primary measure; `None` without.

    Both tables hold the same places, so that one scale serves both pictures.
    """
    rows = data.table("incident_points")
    rows = rows[rows["measure"] == project.primary_measure]
    rows = rows[rows["month"] <= pd.Timestamp(as_of)]
    rows = rows[rows["project_id"].isna() | (rows["project_id"] == project.project_id)]
    places = rows[["lon", "lat"]].drop_duplicates().sort_values(["lon", "lat"])
    made = []
    for name, first, last, months in (
        ("before", window.before_first, window.before_last, window.used()[0]),
        ("after", window.start, window.last, window.used()[1]),
    ):
        inside = rows[rows["month"].isin(months)]
        sums = inside.groupby(["lon", "lat"])["count"].sum().rename("incidents").reset_index()
        frame = places.merge(sums, how="left", on=["lon", "lat"])
        frame["incidents"] = frame["incidents"].fillna(0)
        if not frame["incidents"].sum():
            return None
        frame.insert(0, "point", [f"Point {i}" for i in range(1, len(frame) + 1)])
        when, notes = span(first, last), [f"Without {months_words(window.out)}."]
        given: dict[str, Any] = {"project": project, "name": name, "when": when, "as_of": as_of}
        made.append(lay("map_points", frame, data, notes=notes * bool(window.out), **given))
    return made[0], made[1]


def points_alt(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Say in words what the two maps show."""
    totals = [int(f["incidents"].sum()) for f in (before, after)]
    tops = [f["incidents"].nlargest(3) for f in (before, after)]
    shares = [100 * int(t.sum()) / max(n, 1) for t, n in zip(tops, totals, strict=True)]
    return (
        f"{totals[0]:,} incidents at {len(before)} map points before, {totals[1]:,} after, on the "
        "whole map: it may reach beyond the project's areas, so these need not be their totals. "
        f"The three busiest points hold {shares[0]:.0f}% before and {shares[1]:.0f}% after."
    )


#: Longitudes and latitudes of one ring of an outline.
Ring = tuple[list[float], list[float]]
ROLES = {"target": "The project", "buffer": "Next door", "comparison": "Named to compare with"}
_AROUND = 400  # rings beyond which only the project's own are drawn
_FINE = 300  # parts of the map's width below which corners are left out


def where(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Count the areas of each role, with their residents and names."""
    rows, made = data.own("project_areas", project.project_id), []
    for role, words in ROLES.items():
        codes = project.areas.get(role, ())
        part = rows[(rows["role"] == role) & rows["area_code"].isin(codes)]
        if len(part):
            residents = part["population"].sum(skipna=False)
            names = ", ".join(filter(None, dict.fromkeys(map(data.area_name, codes))))
            made.append((words, len(part), residents, names or "not given"))
    return lay("areas", made, data, project=project, as_of=as_of)


def where_words(frame: pd.DataFrame) -> str:
    """Say in how many areas the project works, which they are, and what lies beside them."""
    return "; ".join(_role_words(row) for row in frame.to_dict("records"))


def _role_words(row: dict[str, object]) -> str:
    areas = f"{row['areas']} {'area' if row['areas'] == 1 else 'areas'}"
    lived = "" if pd.isna(row["residents"]) else f" with {row['residents']:,} residents"
    named = "" if row["names"] == "not given" else f" ({row['names']})"
    role = "" if row["role"] == ROLES["target"] else f"{str(row['role']).lower()}: "
    return f"{role}{areas}{'' if role else lived}{named}"


def outlines(data: Dataset, project: Project) -> dict[str, tuple[Ring, ...]]:
    """Return the outlines of the project's areas by role, and as `around` those between them.

    Empty where the outline of a target area is not on record.
    """
    rows = data.table("area_boundaries")
    rows = rows.sort_values(["area_code", "ring", "point"], ignore_index=True)
    if not {*project.target} <= {*rows["area_code"]} or not project.target:
        return {}
    roles = {area: role for role in ROLES for area in project.areas.get(role, ())}
    role = rows["area_code"].map(roles)
    own, places = rows[role.notna()], rows[["lon", "lat"]]
    low, high = own[["lon", "lat"]].min(), own[["lon", "lat"]].max()
    inside = rows[((places >= low) & (places <= high)).all(axis=1)]["area_code"]
    near = rows[rows["area_code"].isin(inside) & role.isna()]
    grain = float((high - low).max()) / _FINE
    drawn = {r: tuple(_rings(rows[role == r], grain)) for r in ROLES}
    around = tuple(_rings(near, grain)) if near["area_code"].nunique() <= _AROUND else ()
    return {name: rings for name, rings in {"around": around, **drawn}.items() if rings}


def places(data: Dataset, project: Project) -> dict[str, tuple[float, float]]:
    """Return the middle of each target area that has a name and an outline, in degrees."""
    rows = data.table("area_boundaries")
    rows = rows[rows["area_code"].isin(project.target)]
    middles = rows.groupby("area_code")[["lon", "lat"]].agg(lambda c: (c.min() + c.max()) / 2)
    return {
        name: (float(lon), float(lat))
        for code, lon, lat in middles.itertuples()
        if (name := data.area_name(str(code)))
    }


def _rings(rows: pd.DataFrame, grain: float) -> Iterator[Ring]:
    import shapely

    for _, ring in rows.groupby(["area_code", "ring"], sort=True):
        corners = ring[["lon", "lat"]].to_numpy(dtype=float)
        if len(corners) > 3:
            corners = shapely.get_coordinates(shapely.simplify(shapely.linearrings(corners), grain))
        yield corners[:, 0].tolist(), corners[:, 1].tolist()
