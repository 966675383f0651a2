"""Priorities: how far the task force's own are, and how often its work met its partners'."""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.counts.activity import block, not_published
from mtf_eval.analysis.results.columns import add_total, as_at_of, lay
from mtf_eval.analysis.results.findings import extremes, listing, number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset

RATINGS = called("rating")
DONE = "completed"


def _counts(data: Dataset, year: int) -> tuple[pd.DataFrame, date | None, str]:
    """Return times fulfilled by code in a year, with as-at date and source."""
    actions = data.table("actions")
    named = actions[actions["priority_codes"].notna()]
    done = named[(named["status"] == DONE) & (named["completed"].dt.year == year)]
    rows = block(data, "agency_priorities", year)
    if len(done) or (len(named) and rows.empty):
        codes = done["priority_codes"].str.split(";").explode().str.strip()
        counts = codes[codes != ""].groupby(codes).size()
        source = data.source("actions")
        when = source.as_at if source is not None else None
        frame = pd.DataFrame({"code": counts.index.astype("object"), "count": counts.to_numpy()})
        return frame, when, "Actions of the projects"
    frame = rows[["category", "count"]].set_axis(["code", "count"], axis=1).reset_index(drop=True)
    frame = frame.astype({"code": "object"})
    return frame, as_at_of(rows["as_at"]), "Published counts of activity"


def fulfilled(data: Dataset, *, year: int) -> Table:
    """How often each agency's priorities were fulfilled; actions may fulfil several."""
    counts, as_at, source = _counts(data, year)
    names = data.table("agency_priorities")[["code", "agency", "priority"]].astype("object")
    frame = names.merge(counts, on="code", how="left" if len(counts) else "inner")
    frame = frame.fillna({"count": 0})
    return lay("priorities_fulfilled", frame, data, year=year, source=source, as_at=as_at)


def fulfilled_by_agency(data: Dataset, *, year: int) -> Table:
    """Sum of `fulfilled` by agency, with a total row."""
    frame = fulfilled(data, year=year).frame
    counts = frame.groupby("agency", sort=False)["count"].agg(priorities="size", count="sum")
    _, as_at, source = _counts(data, year)
    total, name = add_total(counts.reset_index(), "agency"), "priorities_fulfilled_by_agency"
    return lay(name, total, data, year=year, source=source, as_at=as_at)


def progress(data: Dataset) -> tuple[Table, ...]:
    """Progress of the task force's own priorities: one table a priority, a row an action."""
    rows = data.table("priority_progress")
    rating = _rating(rows).map(RATINGS)
    rated = bool((rating != RATINGS["not_rated"]).any())
    made = []
    for position, (name, part) in enumerate(rows.groupby("priority", sort=False), start=1):
        frame = part.assign(number=part["number"].astype(str), rag=rating[part.index])
        frame = frame if rated else frame.drop(columns="rag")
        as_at = as_at_of(part["updated"])
        made.append(lay("progress", frame, data, position=position, name=name, as_at=as_at))
    return tuple(made)


def progress_summary(data: Dataset) -> Table:
    """Count the progress rows by priority and rating, of ratings on record, with a total row."""
    rows = data.table("priority_progress")
    rating = _rating(rows)
    given = [key for key in RATINGS if (rating == key).any()]
    counts = pd.DataFrame({"priority": rows["priority"].astype("object"), "rows": 1})
    for key in given:
        counts[key] = (rating == key).astype(int)
    summed = counts.groupby("priority", sort=False).sum().reset_index()
    total, as_at = add_total(summed, "priority"), as_at_of(rows["updated"])
    return lay("progress_summary", total, data, as_at=as_at)


def _rating(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["rag"].fillna("not_rated")


def progress_finding(data: Dataset) -> str:
    """Say how many rows there are, how they are rated or why not, and whose the words are."""
    frame = progress_summary(data).frame
    row = frame.iloc[-1]
    rated = [f"{row[k]} {RATINGS[k].lower()}" for k in RATINGS if k in frame]
    said = [s for s in not_published(data) if "ratings" in s.lower()]
    licence = data.about.get("licence", "").rstrip(".")
    said = [f"{row['rows']} actions: {listing(rated)}.", *said]
    return " ".join([*said, f"{licence}."] if licence else said)


def agencies_finding(frame: pd.DataFrame, *, year: int) -> str:
    """Say how often priorities were met in all and whose most often."""
    ends = extremes(frame, "agency", "count")
    totals = frame[frame["agency"] == "Total"]
    if ends is None or totals.empty:
        return f"Agency priorities fulfilled in {year}"
    return (
        f"Agency priorities were fulfilled {number(totals['count'].iloc[0])} times; "
        f"those of {ends[0]} most often ({number(ends[1])})"
    )
