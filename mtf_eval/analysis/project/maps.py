"""Map points of a project's measure before and after, on one scale.

The points are the publisher's anonymised ones, on or near a street: fit for a picture of where,
not for distances or addresses.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.project.design import Project, Window, months_words
from mtf_eval.analysis.results.columns import count, label, lay, number, span, where_from
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


def points(
    data: Dataset, project: Project, window: Window, *, as_of: date
) -> tuple[Table, Table] | None:
    """Return the points before and after with incidents of the primary measure; `None` without.

    Both tables hold the same places, so that one scale serves both pictures.
    """
    rows = data.table("incident_points")
    rows = rows[
        (rows["measure"] == project.primary_measure) & (rows["month"] <= pd.Timestamp(as_of))
    ]
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
        columns = (
            label("point", "Map point"),
            number("lon", "Longitude", 5),
            number("lat", "Latitude", 5),
            count("incidents", "Incidents"),
        )
        made.append(
            lay(
                f"{project.key}_points_{name}",
                f"{project.primary_measure}, map points, {span(first, last)}",
                frame,
                columns,
                source=where_from(data, "Anonymised map points of recorded incidents"),
                as_at=as_of,
                notes=[f"Without {months_words(window.out)}."] if window.out else (),
            )
        )
    return made[0], made[1]


def points_alt(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Say in words what the two maps show."""
    totals = [int(f["incidents"].sum()) for f in (before, after)]
    tops = [
        f.sort_values("incidents", ascending=False).head(3)["incidents"] for f in (before, after)
    ]
    shares = [100 * int(t.sum()) / max(n, 1) for t, n in zip(tops, totals, strict=True)]
    return (
        f"{totals[0]:,} incidents at {len(before)} map points before, {totals[1]:,} after, on the "
        "whole map: it may reach beyond the project's areas, so these need not be their totals. "
        f"The three busiest points hold {shares[0]:.0f}% before and {shares[1]:.0f}% after."
    )


def outlines(data: Dataset, project: Project) -> tuple[tuple[list[float], list[float]], ...]:
    """Return the boundaries of the project's target areas as longitudes and latitudes."""
    rows = data.table("area_boundaries")
    rows = rows[rows["area_code"].isin(project.target)].sort_values(["area_code", "ring", "point"])
    return tuple(
        (ring["lon"].tolist(), ring["lat"].tolist())
        for _, ring in rows.groupby(["area_code", "ring"], sort=True)
    )
