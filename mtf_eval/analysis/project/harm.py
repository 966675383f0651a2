"""Harm: the area's recorded incidents weighted by severity, beside its district.

A measure without a weight is shown apart, never as nought; two indices are never added up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

import pandas as pd

from mtf_eval.analysis.project.design import Project
from mtf_eval.analysis.project.net import Net
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.findings import inside
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.coverage import coverage_of
from mtf_eval.records.dataset import Dataset, noting
from mtf_eval.records.prices.reference import Reference

INDEX = "cambridge_chi"
NO_WEIGHT = "no weight: counted apart"


def _last_year(
    data: Dataset, project: Project, measure: str, as_of: date
) -> tuple[int, int, str] | None:
    """Incidents of the last year before the start: the project's areas, all areas; a note.

    Counted over the months in which every area of the project is on record; `None` where none of
    them holds an incident.
    """
    with noting(data, lasting=False) as read:
        counts = coverage_of(data, measure, as_of=as_of).counts
    data.reads.update({*read} - {f"incidents.measure={measure}"} | {"incidents.span"})
    own = counts.reindex(columns=list(project.target))
    if not (own > 0).any(axis=None):
        return None
    year = counts.index
    if project.first_month is not None:
        year = year[year < project.first_month]
    year = year[-12:]
    data.reads.update(f"incidents.month={month:%Y-%m}" for month in year)
    held = own.loc[year].notna().all(axis=1)
    months = year[held]
    if months.empty:
        return None
    note = "" if held.all() else f"{len(months)} of {len(year)} months are on record"
    there = counts.loc[months].notna()
    if part := int((there.any() & ~there.all()).sum()):
        less = f"{part} other area{'s are' if part > 1 else ' is'} not on record in all of them"
        note = "; ".join(filter(None, (note, f"{less}, so the share is too high")))
    return int(own.loc[months].sum().sum()), int(counts.loc[months].sum().sum()), note


def profile(data: Dataset, project: Project, reference: Reference, *, as_of: date) -> Table:
    """Harm profile of the last year on record before the start, beside all areas.

    Columns of counts and of harm (days of the Cambridge index, missing without a weight), and the
    share of all areas' incidents.
    """
    rows = []
    for measure in sorted(map(str, data.tables["incidents"]["measure"].dropna().unique())):
        found = _last_year(data, project, measure, as_of)
        if found is None:
            continue
        own, everywhere, gap = found
        try:
            weight = reference.severity_weight(measure, index=INDEX)
            harm, each, note = own * weight.value, weight.value, ""
            if weight.low is not None and weight.high is not None and weight.low < weight.high:
                note = f"the index has {weight.low:,.0f} to {weight.high:,.0f} days for one"
        except NotEnoughData:
            harm, each, note = None, None, NO_WEIGHT
        note = "; ".join(filter(None, (note, gap)))
        rows.append((measure, own, everywhere, each, harm, note))
    frame = pd.DataFrame(rows, columns=["measure", "own", "all", "weight", "harm", "note"])
    frame = frame.astype({"harm": "float64"})
    frame = frame.sort_values(["harm", "own"], ascending=False, na_position="last")
    return lay("harm_profile", frame, data, project=project, as_of=as_of)


def profile_finding(frame: pd.DataFrame) -> str:
    """Say which kind of incident makes most of the harm, and which most of the count."""
    weighted_rows = frame.dropna(subset=["harm"])
    if frame.empty:
        return "No incidents are on record in the project's areas"
    most = frame.loc[frame["own"].astype("float64").idxmax(), "measure"]
    if weighted_rows.empty or weighted_rows["harm"].sum() == 0:
        return f"{most} is recorded most"
    worst = weighted_rows.loc[weighted_rows["harm"].idxmax(), "measure"]
    if worst == most:
        return f"{most} is recorded most and does most of the harm that can be weighed"
    harm = f"{inside(str(worst))} does most of the harm that can be weighed"
    return f"{most} is recorded most; {harm}"


def avoided(
    data: Dataset, project: Project, net: Mapping[str, Net], reference: Reference, as_of: date
) -> Table:
    """Harm avoided, measure by measure: net incidents avoided times the harm of one, with interval.

    A measure without a weight keeps its incidents and has no harm; nor has one of which more on
    record is aimed at. The rows are not added up: the measures' errors are not independent.
    """
    wanted = {measure for measure, each in net.items() if each.rise_wanted}
    notes = [
        f"{measure}: the project wants more of it reported, so more on record is not more harm, "
        "and none is stated."
        for measure in sorted(wanted)
    ]
    rows = []
    for measure, found in net.items():
        try:
            each = reference.severity_weight(measure, index=INDEX).value
        except NotEnoughData:
            each = math.nan
        avoided = (math.nan,) * 3 if found.rise_wanted else (found.avoided, *found.interval)
        rows.append((measure, each, *(n * each for n in avoided)))
    return lay("harm_avoided", rows, data, project=project, as_of=as_of, notes=notes)
