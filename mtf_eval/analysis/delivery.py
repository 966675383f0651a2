"""Was it done, on time, and enough of it: actions, and what providers delivered of what was agreed.

Process evaluation of one project or of all of them. Says nothing of effects.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.marks import add_total, as_at_of, count, day, label, text, where_from
from mtf_eval.analysis.tables import Column, Table
from mtf_eval.records.dataset import Dataset

__all__ = [
    "actions",
    "actions_by_agency",
    "actions_finding",
    "actions_then",
    "delivered",
    "delivered_finding",
    "deliveries_then",
    "fortnights",
    "overdue",
]

WORDS = {"done": "Done on time", "late": "Done late", "overdue": "Overdue", "open": "Not yet due"}


def actions_then(data: Dataset, as_of: date, project_id: str | None) -> pd.DataFrame:
    """Return actions with what became of each by `as_of`; those stopped have no due day to miss."""
    rows = data.table("actions")
    if project_id is not None:
        rows = rows[rows["project_id"] == project_id]
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


def _scope(project_id: str | None) -> tuple[str, str]:
    return ("", "all projects") if project_id is None else (f"_{slug(project_id)}", project_id)


def slug(project_id: str) -> str:
    """Return a project's reference as it may stand in a table's name."""
    return "".join(c if c.isalnum() else "_" for c in project_id.lower())


def actions(data: Dataset, *, as_of: date, project_id: str) -> Table:
    """Every action of a project: what, how it is meant to work, who, and what became of it."""
    rows = actions_then(data, as_of, project_id)
    words = WORDS | {"stopped": "Stopped"}
    frame = pd.DataFrame(
        {
            "action": rows["description"].astype("object"),
            "mechanism": rows["mechanism"].fillna("not stated").astype("object"),
            "agency": rows["agency"].astype("object"),
            "due": [_day(d) for d in rows["due"]],
            "state": rows["state"].map(words).astype("object"),
        }
    )
    return Table(
        name=f"actions_{slug(project_id)}",
        title=f"Actions of {project_id} and what became of them by {day(as_of)}",
        frame=frame.reset_index(drop=True),
        columns=(
            label("action", "Action"),
            text("mechanism", "How it is meant to work"),
            text("agency", "Agency"),
            text("due", "Due"),
            text("state", "State"),
        ),
        source=where_from(data, "Action plans"),
        as_at=as_of,
    )


def _day(value: pd.Timestamp) -> str:
    return "" if pd.isna(value) else day(value)


def actions_by_agency(data: Dataset, *, as_of: date, project_id: str | None = None) -> Table:
    """Actions by agency and what became of them, with a total."""
    rows = actions_then(data, as_of, project_id)
    suffix, scope = _scope(project_id)
    counts = rows.groupby(["agency", "state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[*WORDS, "stopped"], fill_value=0).sort_index()
    frame = counts.reset_index().rename_axis(columns=None)
    frame.insert(1, "all", frame[[*WORDS, "stopped"]].sum(axis=1))
    frame = frame.astype({"agency": "object"} | dict.fromkeys(frame.columns[1:], "Int64"))
    return Table(
        name=f"actions_by_agency{suffix}_{as_of:%Y_%m_%d}",
        title=f"Actions by agency, {scope}, to {day(as_of)}",
        frame=add_total(frame, "agency"),
        columns=(
            label("agency", "Agency"),
            count("all", "Actions"),
            *(count(name, heading) for name, heading in WORDS.items()),
            count("stopped", "Stopped"),
        ),
        source=where_from(data, "Action plans"),
        as_at=as_of,
        total_row=bool(len(frame)),
    )


def overdue(data: Dataset, *, as_of: date) -> Table:
    """Actions past their day and not done, the longest overdue first."""
    rows = actions_then(data, as_of, None)
    rows = rows[rows["state"] == "overdue"].sort_values("days_late", ascending=False)
    frame = pd.DataFrame(
        {
            "action": rows["action_id"].astype("object"),
            "project": rows["project_id"].astype("object"),
            "what": rows["description"].astype("object"),
            "agency": rows["agency"].astype("object"),
            "due": [_day(d) for d in rows["due"]],
            "days": rows["days_late"].astype("Int64"),
        }
    )
    return Table(
        name=f"actions_overdue_{as_of:%Y_%m_%d}",
        title=f"Actions overdue on {day(as_of)}",
        frame=frame.reset_index(drop=True),
        columns=(
            label("action", "Action"),
            text("project", "Project"),
            text("what", "What"),
            text("agency", "Agency"),
            text("due", "Due"),
            count("days", "Days overdue"),
        ),
        source=where_from(data, "Action plans"),
        as_at=as_of,
    )


def actions_finding(data: Dataset, *, as_of: date, project_id: str | None = None) -> str:
    """Say how many actions were done, and how many are overdue."""
    state = actions_then(data, as_of, project_id)["state"]
    if state.empty:
        return "No actions are on record."
    done, late = int(state.isin(["done", "late"]).sum()), int((state == "late").sum())
    words = f"{done} of {len(state)} actions done"
    words += f", {late} of them late" if late else ""
    behind = int((state == "overdue").sum())
    return f"{words}; {behind} overdue." if behind else f"{words}; none overdue."


# Deliveries


def deliveries_then(data: Dataset, as_of: date, project_id: str | None) -> pd.DataFrame:
    """Return the updates due by `as_of`, each as it was known then; `told` where it had come."""
    rows = data.table("deliveries")
    rows = rows[rows["due"] <= pd.Timestamp(as_of)]
    if project_id is not None:
        rows = rows[rows["project_id"] == project_id]
    rows = rows.copy()
    told = rows["reported"].notna() & (rows["reported"] <= pd.Timestamp(as_of))
    rows["told"] = told
    rows["reported"] = rows["reported"].where(told)
    rows["delivered"] = rows["delivered"].where(told)
    return rows


def delivered(data: Dataset, *, as_of: date, project_id: str | None = None) -> Table:
    """Agreed against delivered by provider and activity, with the updates that did not come."""
    rows = deliveries_then(data, as_of, project_id)
    suffix, scope = _scope(project_id)
    known = rows["told"] & rows["agreed"].notna() & rows["delivered"].notna()
    rows = rows.assign(
        agreed_known=rows["agreed"].where(known),
        delivered_known=rows["delivered"].where(known),
        missing=~rows["told"],
    )
    keys = ["project_id", "provider", "activity"]
    frame = (
        rows.groupby(keys, dropna=False)
        .agg(
            updates=("due", "size"),
            missing=("missing", "sum"),
            agreed=("agreed_known", "sum"),
            delivered=("delivered_known", "sum"),
        )
        .reset_index()
    )
    frame["dose"] = frame["delivered"] / frame["agreed"].where(frame["agreed"] > 0) * 100
    frame = frame.astype(dict.fromkeys(keys, "object") | {"updates": "Int64", "missing": "Int64"})
    return Table(
        name=f"deliveries{suffix}_{as_of:%Y_%m_%d}",
        title=f"Delivered against agreed by provider, {scope}, to {day(as_of)}",
        frame=frame,
        columns=(
            label("project_id", "Project"),
            label("provider", "Provider"),
            label("activity", "Activity"),
            count("updates", "Updates due"),
            count("missing", "Updates missing"),
            _number("agreed", "Agreed"),
            _number("delivered", "Delivered"),
            _number("dose", "Delivered of agreed (%)"),
        ),
        source=where_from(data, "Providers' two-weekly updates"),
        as_at=as_at_of(rows["reported"]),
        notes=("Agreed and delivered are of the fortnights whose update came.",),
    )


def _number(name: str, heading: str) -> Column:
    return Column(name=name, heading=heading, kind="number")


def fortnights(data: Dataset, *, as_of: date, project_id: str) -> Table:
    """List a project's updates fortnight by fortnight; what did not come is missing."""
    rows = deliveries_then(data, as_of, project_id).sort_values(["due", "provider", "activity"])
    frame = pd.DataFrame(
        {
            "due": [_day(d) for d in rows["due"]],
            "provider": rows["provider"].astype("object"),
            "activity": rows["activity"].astype("object"),
            "agreed": rows["agreed"],
            "delivered": rows["delivered"],
        }
    )
    return Table(
        name=f"fortnights_{slug(project_id)}",
        title=f"Providers' two-weekly updates, {project_id}",
        frame=frame.reset_index(drop=True),
        columns=(
            label("due", "Update due"),
            label("provider", "Provider"),
            label("activity", "Activity"),
            _number("agreed", "Agreed"),
            _number("delivered", "Delivered"),
        ),
        source=where_from(data, "Providers' two-weekly updates"),
        as_at=as_at_of(rows["reported"]),
    )


def delivered_finding(data: Dataset, *, as_of: date, project_id: str | None = None) -> str:
    """Say which providers fell short, and how many updates are missing."""
    frame = delivered(data, as_of=as_of, project_id=project_id).frame
    if frame.empty:
        return "No deliveries are on record."
    short = frame[frame["delivered"] < frame["agreed"]]
    missing, due = int(frame["missing"].sum()), int(frame["updates"].sum())
    names = sorted(set(short["provider"]))
    words = f"{', '.join(names)} delivered less than agreed" if names else "All that was reported "
    words += "" if names else "was delivered as agreed"
    gaps = (
        f"{missing} of {due} updates are missing"
        if missing
        else f"none of {due} updates is missing"
    )
    return f"{words}; {gaps}."
