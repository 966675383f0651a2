"""Priorities: how far the task force's own are, and how often its work met its partners'.

Progress rows with their rating come from `priority_progress`. How often agencies' priorities were
fulfilled comes from the actions that name them, and from the published counts of a year in which no
action does. Rates nothing: a row without a rating is `not rated`.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.counts.activity import block
from mtf_eval.analysis.counts.readings import not_published
from mtf_eval.analysis.results.columns import (
    add_total,
    as_at_of,
    count,
    label,
    lay,
    place,
    text,
    where_from,
)
from mtf_eval.analysis.results.findings import extremes, listing, number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset

RATINGS = {
    "red": "Red",
    "amber": "Amber",
    "green": "Green",
    "complete": "Complete",
    "not_rated": "Not rated",
}
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
        return frame, when, where_from(data, "Actions of the projects")
    frame = pd.DataFrame(
        {"code": rows["category"].astype("object"), "count": rows["count"]}
    ).reset_index(drop=True)
    return frame, as_at_of(rows["as_at"]), where_from(data, "Published counts of activity")


def fulfilled(data: Dataset, *, year: int) -> Table:
    """How often each agency's priorities were fulfilled; actions may fulfil several."""
    counts, when, source = _counts(data, year)
    names = data.table("agency_priorities")[["code", "agency", "priority"]].astype("object")
    frame = names.merge(counts, on="code", how="left" if len(counts) else "inner")
    return lay(
        f"priorities_fulfilled_{year}",
        f"Agency priorities fulfilled by the task force's work, {year}, {place(data)}",
        frame.fillna({"count": 0}),
        (
            label("agency", "Agency"),
            label("priority", "Priority"),
            count("count", "Times fulfilled"),
        ),
        source=source,
        as_at=when,
        notes=("One action may fulfil priorities of several agencies.",),
    )


def fulfilled_by_agency(data: Dataset, *, year: int) -> Table:
    """Sum of `fulfilled` by agency, with a total row."""
    fine = fulfilled(data, year=year)
    grouped = fine.frame.groupby("agency", sort=False)["count"]
    counts = grouped.agg(priorities="size", count="sum").reset_index()
    return lay(
        f"priorities_fulfilled_by_agency_{year}",
        f"Agency priorities fulfilled by agency, {year}, {place(data)}",
        add_total(counts, "agency"),
        (
            label("agency", "Agency"),
            count("priorities", "Priorities"),
            count("count", "Times fulfilled"),
        ),
        source=fine.source,
        as_at=fine.as_at,
        notes=fine.notes,
        total_row=True,
    )


def progress(data: Dataset) -> tuple[Table, ...]:
    """Progress of the task force's own priorities: one table a priority, a row an action."""
    rows = data.table("priority_progress")
    rating = _rating(rows).map(RATINGS)
    rated = bool((rating != RATINGS["not_rated"]).any())
    tables = []
    for position, (name, part) in enumerate(rows.groupby("priority", sort=False), start=1):
        tables.append(
            lay(
                f"progress_{position}",
                f"Progress: {name}",
                part.assign(number=part["number"].astype(str), rag=rating[part.index]),
                (
                    label("number", "No."),
                    text("action", "Action"),
                    text("progress", "Progress"),
                    *([text("rag", "Rating")] if rated else []),
                ),
                source=where_from(data, "Action plan"),
                as_at=as_at_of(part["updated"]),
            )
        )
    return tuple(tables)


def progress_summary(data: Dataset) -> Table:
    """Count the progress rows by priority and rating, of ratings on record, with a total row."""
    rows = data.table("priority_progress")
    rating = _rating(rows)
    given = [key for key in RATINGS if (rating == key).any()]
    counts = pd.DataFrame({"priority": rows["priority"].astype("object"), "rows": 1})
    for key in given:
        counts[key] = (rating == key).astype(int)
    summed = counts.groupby("priority", sort=False).sum().reset_index()
    return lay(
        "progress_summary",
        "Progress rows by priority and rating",
        add_total(summed, "priority"),
        (
            label("priority", "Priority"),
            count("rows", "Actions"),
            *(count(k, RATINGS[k]) for k in given),
        ),
        source=where_from(data, "Action plan"),
        as_at=as_at_of(rows["updated"]),
        total_row=True,
    )


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
