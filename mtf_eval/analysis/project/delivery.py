"""Was it done, on time, and enough of it: actions, and what was delivered of what was agreed."""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.results.columns import add_total, as_at_of, day, lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset, once

OVERDUE = {
    "action_id": "action",
    "project_id": "project",
    "description": "what",
    "days_late": "days",
}
STATES = ["done", "late", "overdue", "open", "stopped"]


@once
def actions_then(data: Dataset, as_of: date, project_id: str | None = None) -> pd.DataFrame:
    """Return actions with what became of each by `as_of`; those stopped have no due day to miss."""
    rows = data.own("actions", project_id) if project_id else data.table("actions")
    rows = rows.copy()
    now = pd.Timestamp(as_of)
    done = rows["completed"].notna() & (rows["completed"] <= now)
    undated = (rows["status"] == "completed") & rows["completed"].isna()
    state = pd.Series("open", index=rows.index, dtype="object")
    state[~done & rows["due"].notna() & (rows["due"] < now)] = "overdue"
    state[done | undated] = "done"
    state[done & rows["due"].notna() & (rows["completed"] > rows["due"])] = "late"
    state[(rows["status"] == "stopped") & ~done] = "stopped"
    rows["state"] = state
    rows["completed"] = rows["completed"].where(done)
    rows["days_late"] = (rows["completed"].fillna(now) - rows["due"]).dt.days
    return rows


def actions_by_agency(data: Dataset, *, as_of: date) -> Table:
    """Actions by agency and what became of them, with a total."""
    counts = actions_then(data, as_of).groupby(["agency", "state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=STATES, fill_value=0).sort_index()
    frame = counts.reset_index().rename_axis(columns=None)
    frame.insert(1, "all", frame[STATES].sum(axis=1))
    return lay("actions_by_agency", add_total(frame, "agency"), data, as_of=as_of)


@once
def overdue(data: Dataset, *, as_of: date) -> Table:
    """Actions past their day and not done, the longest overdue first."""
    rows = actions_then(data, as_of)
    rows = rows[rows["state"] == "overdue"].sort_values("days_late", ascending=False)
    rows = rows.rename(columns=OVERDUE).assign(due=[day(d) for d in rows["due"]])
    return lay("actions_overdue", rows, data, as_of=as_of)


def actions_finding(data: Dataset, *, as_of: date) -> str:
    """Say how many actions were done, and how many are overdue."""
    state = actions_then(data, as_of)["state"]
    late, overdue = int((state == "late").sum()), int((state == "overdue").sum())
    done = int((state == "done").sum()) + late
    return f"{actions_words(len(state), done=done, late=late, overdue=overdue)}."


def actions_words(total: int, *, done: int, late: int, overdue: int) -> str:
    """Say how many actions were completed (`late` of them late) and how many are overdue."""
    if not total:
        return "No actions are on record"
    words = f"{done} of {total} actions completed" + (f", {late} of them late" if late else "")
    return f"{words}; {overdue or 'none'} overdue"


# Deliveries


@once
def deliveries_then(data: Dataset, as_of: date, project_id: str | None = None) -> pd.DataFrame:
    """Return the updates due by `as_of`, each as it was known then; `told` where it had come."""
    rows = data.own("deliveries", project_id) if project_id else data.table("deliveries")
    rows = rows[rows["due"] <= pd.Timestamp(as_of)].copy()
    told = rows["reported"].notna() & (rows["reported"] <= pd.Timestamp(as_of))
    rows["told"] = told
    rows["reported"] = rows["reported"].where(told)
    rows["delivered"] = rows["delivered"].where(told)
    return rows


def dose(data: Dataset, *, as_of: date, project_id: str | None = None) -> pd.DataFrame:
    """Agreed and delivered by project, provider and activity, with the updates that did not come.

    The one rule for every page: what was agreed counts whether its update came or not, and what
    was not reported counts as not delivered. Where one was reported without how much, or one has
    nothing agreed on record, the sum is not known.
    """
    rows = deliveries_then(data, as_of, project_id)
    rows = rows.assign(unsaid=rows["told"] & rows["delivered"].isna())
    grouped = rows.groupby(["project_id", "provider", "activity"], dropna=False, sort=True)
    frame = grouped.agg(
        updates=("due", "size"),
        reported=("told", "sum"),
        agreed=("agreed", lambda each: each.sum(skipna=False)),
        delivered=("delivered", "sum"),
        unsaid=("unsaid", "any"),
    ).reset_index()
    frame["delivered"] = frame["delivered"].mask(frame["unsaid"].astype(bool))
    return frame.assign(missing=frame["updates"] - frame["reported"])


def delivered(data: Dataset, *, as_of: date) -> Table:
    """Agreed against delivered by provider and activity, with the updates that did not come."""
    as_at = as_at_of(deliveries_then(data, as_of)["reported"])
    return lay("deliveries", dose(data, as_of=as_of), data, as_of=as_of, as_at=as_at)


def delivered_finding(data: Dataset, *, as_of: date) -> str:
    """Say which providers fell short, and how many updates are missing."""
    frame = dose(data, as_of=as_of)
    if frame.empty:
        return "No deliveries are on record."
    missing, due = int(frame["missing"].sum()), int(frame["updates"].sum())
    short = frame["delivered"] < frame["agreed"]
    unknown = frame[["delivered", "agreed"]].isna().any(axis=1)
    names, unsaid = (", ".join(sorted({*frame["provider"][rows]})) for rows in (short, unknown))
    words = f"{names} reported less than was agreed" if names else ""
    if unsaid:
        of = "; of" if words else "Of"
        words += f"{of} {unsaid} we cannot say whether it was what was agreed"
    words = words or "All that was agreed was reported as delivered"
    are = "are" if missing > 1 else "is"
    return f"{words}; {missing or 'none'} of {due} updates {are} missing."
