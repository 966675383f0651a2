"""What a project set out to do and did: pro-forma, actions, deliveries, priorities served.

Process evaluation and accountability. Says nothing of effects.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.delivery import actions_then, deliveries_then
from mtf_eval.analysis.design import Project
from mtf_eval.analysis.findings import percent
from mtf_eval.analysis.marks import add_total, as_at_of, count, day, label, share, text, where_from
from mtf_eval.analysis.tables import Column, Table
from mtf_eval.records.dataset import Dataset

__all__ = [
    "actions",
    "actions_finding",
    "deliveries",
    "deliveries_finding",
    "priorities",
    "proforma",
]

NOT_GIVEN = "not given"
STATES = {"done": "completed", "late": "completed late", "overdue": "overdue"}


def _source(data: Dataset) -> str:
    return where_from(data, "Project records")


def proforma(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Return the project's pro-forma: one fact a row."""
    areas = "; ".join(f"{role}: {', '.join(codes)}" for role, codes in project.areas.items())
    dates = (
        ("Signed off by the leadership group", project.tlg_signoff),
        ("Scanning from", project.scanning_start),
        ("Analysis from", project.analysis_start),
        ("Response from", project.response_start),
        ("Response until", project.response_end),
        ("Assessed", project.assessment_date),
        ("Follow-up", project.follow_up_date),
    )
    aims = "; ".join(
        measure if aim is None else f"{measure} ({percent(aim, signed=True)})"
        for measure, aim in project.measures.items()
    )
    rows = [
        ("Problem", project.problem),
        ("Stage", project.stage),
        ("Lead agency", project.lead_agency),
        ("Partners", ", ".join(project.partners) or NOT_GIVEN),
        ("Priority of the task force", project.mtf_priority or NOT_GIVEN),
        ("Measures and change aimed at", aims),
        ("Areas", areas or NOT_GIVEN),
        *((name, NOT_GIVEN if when is None else day(when)) for name, when in dates),
        ("Consolidation plan", project.consolidation_plan or NOT_GIVEN),
    ]
    return Table(
        name=f"{project.key}_proforma",
        title=f"Pro-forma of {project.title}",
        frame=pd.DataFrame(rows, columns=["fact", "text"]),
        columns=(label("fact", "Fact"), text("text", "Entry")),
        source=_source(data),
        as_at=as_of,
    )


def actions(data: Dataset, project: Project, *, as_of: date) -> Table:
    """List the actions in the order they are due, each with its mechanism and standing."""
    rows = actions_then(data, as_of, project.project_id).sort_values(["due", "action_id"])
    later = (rows["state"] == "open") & (rows["status"] == "completed")
    standing = rows["status"].mask(later, "in_progress").astype("object").str.replace("_", " ")
    standing = standing.mask(rows["state"].isin(STATES), rows["state"].map(STATES))
    frame = pd.DataFrame(
        {
            "action": rows["action_id"].astype("object"),
            "what": rows["description"].astype("object"),
            "how": rows["mechanism"].astype("object").fillna(NOT_GIVEN),
            "agency": rows["agency"].astype("object"),
            "due": rows["due"],
            "completed": rows["completed"],
            "standing": standing,
            "serves": rows["priority_codes"].astype("object").fillna(""),
        }
    ).reset_index(drop=True)
    return Table(
        name=f"{project.key}_actions",
        title=f"Actions of {project.title}",
        frame=frame,
        columns=(
            label("action", "Action"),
            text("what", "What is done"),
            text("how", "How it is meant to work"),
            text("agency", "Agency"),
            Column(name="due", heading="Due", kind="date"),
            Column(name="completed", heading="Completed", kind="date"),
            text("standing", "Standing"),
            text("serves", "Priorities served"),
        ),
        source=_source(data),
        as_at=as_of,
    )


def actions_finding(frame: pd.DataFrame) -> str:
    """Say how many actions were done, late or not."""
    if frame.empty:
        return "No actions are on record"
    done = frame["standing"].str.startswith("completed").sum()
    late = (frame["standing"] == "completed late").sum()
    overdue = (frame["standing"] == "overdue").sum()
    said = f"{done} of {len(frame)} actions completed"
    if late:
        said += f", {late} of them late"
    return f"{said}; {overdue} overdue" if overdue else said


def deliveries(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Hold what was delivered against what was agreed, by provider; silence is not delivery."""
    rows = deliveries_then(data, as_of, project.project_id)
    grouped = rows.groupby(["provider", "activity"], sort=True)
    frame = grouped.agg(
        updates=("due", "size"),
        reported=("reported", "count"),
        agreed=("agreed", "sum"),
        delivered=("delivered", "sum"),
    ).reset_index()
    frame[["updates", "reported"]] = frame[["updates", "reported"]].astype("Int64")
    return Table(
        name=f"{project.key}_deliveries",
        title=f"What providers delivered against what was agreed: {project.title}",
        frame=frame,
        columns=(
            label("provider", "Provider"),
            label("activity", "Activity"),
            count("updates", "Updates due"),
            count("reported", "Updates received"),
            Column(name="agreed", heading="Agreed", kind="number"),
            Column(name="delivered", heading="Delivered and reported", kind="number"),
            share("share", "Delivered of agreed", "delivered", "agreed"),
        ),
        source=where_from(data, "Providers' updates"),
        as_at=as_at_of(rows["reported"]) or as_of,
        notes=("What was not reported counts as not delivered.",),
    )


def deliveries_finding(frame: pd.DataFrame) -> str:
    """Say the dose that reached the place; of several activities, whose units differ, the range."""
    known = frame[frame["agreed"] > 0]
    if known.empty:
        return "No deliveries are on record"
    shares = known["delivered"].astype("float64") / known["agreed"].astype("float64")
    least, most = known.loc[shares.idxmin()], known.loc[shares.idxmax()]
    if len(known) == 1:
        return f"{percent(shares.iloc[0])} of what was agreed was delivered"
    return (
        f"Of what was agreed, from {percent(shares.min())} ({least['activity']}, "
        f"{least['provider']}) to {percent(shares.max())} ({most['activity']}, "
        f"{most['provider']}) was delivered"
    )


def priorities(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Count the completed actions that serve each agency's priority."""
    rows = actions_then(data, as_of, project.project_id)
    rows = rows[rows["state"].isin(["done", "late"])]
    codes = rows["priority_codes"].dropna().str.split(";").explode().str.strip()
    counts = codes[codes != ""].value_counts()
    known = data.table("agency_priorities").set_index("code")
    frame = pd.DataFrame(
        {
            "priority": [
                f"{known.loc[c, 'agency']}: {known.loc[c, 'priority']}" if c in known.index else c
                for c in sorted(counts.index)
            ],
            "actions": pd.Series([int(counts[c]) for c in sorted(counts.index)], dtype="Int64"),
        }
    )
    whole = add_total(frame, "priority")
    return Table(
        name=f"{project.key}_priorities",
        title=f"Agency priorities that completed actions of {project.title} helped to fulfil",
        frame=whole,
        columns=(label("priority", "Priority"), count("actions", "Actions")),
        source=_source(data),
        as_at=as_of,
        total_row=len(whole) > len(frame),
        notes=("One action may serve several priorities.",),
    )
