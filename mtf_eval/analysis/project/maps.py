"""Where a project works, and at which hours of the week its problem came where times are known.

Areas are shown by role, with map points of the measure before and after. The points
are the publisher's anonymised ones: fit for a picture, not for distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.project.design import Project, Window, months_words
from mtf_eval.analysis.project.evaluation import Evaluation, page_table
from mtf_eval.analysis.project.planning import before
from mtf_eval.analysis.results.columns import column, lay, span
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import WEEKDAYS

FEWEST = 50  # incidents with a time, of a picture of 168 hours
WINDOW = 4  # hours of the day that are named together
CHANCE = 0.05


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Incidents in the project's areas before the start, by hour (rows) and day of the week."""

    counts: pd.DataFrame
    months: pd.DatetimeIndex
    recorded: int
    midnight: int

    @property
    def timed(self) -> float:
        """Incidents with a time that is known."""
        return float(self.counts.to_numpy().sum())

    @property
    def spread(self) -> bool:
        """Whether some are spread over a span."""
        return bool((self.counts % 1 > 0.001).any(axis=None))

    def known(self) -> str:
        """Say how many have a time, and what of the others is known."""
        timed = min(round(self.timed), self.recorded)
        share = percent(timed / max(1, self.recorded))
        said = f"a time of day is known for {timed:,} of {self.recorded:,} ({share})"
        if self.midnight:
            said += (
                f"; {self.midnight:,} are written as 00:00, far more than its share, and read as "
                "not known"
            )
        return said

    def peak(self) -> str:
        """Name the part of the day and the day that hold more than chance explains."""
        from scipy.stats import binom

        def beyond(n: float, share: float, tries: int) -> bool:
            return bool(tries * binom.sf(round(n) - 1, round(self.timed), share) < CHANCE)

        hours, days = self.counts.sum(axis=1).to_numpy(), self.counts.sum().to_numpy()
        windows = sum(np.roll(hours, -n) for n in range(WINDOW))
        first, day = int(windows.argmax()), int(days.argmax())
        said = []
        if beyond(windows[first], WINDOW / 24, 24):
            share = percent(windows[first] / self.timed)
            said.append(f"between {first:02}:00 and {(first + WINDOW - 1) % 24:02}:59 ({share})")
        if beyond(days[day], 1 / 7, 7):
            said.append(f"on {WEEKDAYS[day]}s ({percent(days[day] / self.timed)})")
        if not said:
            return "No time of day and no day of the week stands out"
        return f"It came most {', and '.join(said)}"


def week_of(data: Dataset, evaluation: Evaluation) -> Week:
    """Return the hours of the week.

    Raises `NotEnoughData` where no time of day is known, or too few are.
    """
    panel = before(data, evaluation)
    rows = data.of_measure("incident_hours", panel.measure)
    months = pd.DatetimeIndex(panel.counts.index)
    rows = rows[rows["month"].isin(months) & rows["area_code"].isin(panel.target)]
    recorded = int(panel.monthly(panel.target).sum())
    known = rows[rows["hour"].notna()]
    sums = known.pivot_table(index="hour", columns="weekday", values="count", aggfunc="sum")
    counts = sums.reindex(index=range(24), columns=list(WEEKDAYS)).fillna(0.0)
    if (timed := float(counts.to_numpy().sum())) < FEWEST:
        few = f"{round(timed):,} of {recorded:,} incidents before the start have a time of day"
        none = "No time of day of the incidents is on record"
        raise NotEnoughData(f"{few}: too few for a picture of the week" if len(rows) else none)
    midnight = round(rows["count"].sum() - timed)
    return Week(counts=counts, months=months, recorded=recorded, midnight=midnight)


def hours(data: Dataset, evaluation: Evaluation, week: Week) -> Table:
    """Return incidents by hour and day of the week, before the start."""
    frame = week.counts.set_axis([d[:3] for d in WEEKDAYS], axis=1)
    frame.insert(0, "hour", [f"{h:02}:00" for h in range(24)])
    columns = [column("number", d[:3], d, decimals=int(week.spread)) for d in WEEKDAYS]
    known, when = week.known(), span(*week.months[[0, -1]])
    notes = ["An incident of which only a span is known is spread evenly over its hours."]
    words = {"known": f"{known[0].upper()}{known[1:]}", "when": when, "columns": columns}
    return page_table(data, evaluation, "hours", frame, **words, notes=notes * week.spread)
