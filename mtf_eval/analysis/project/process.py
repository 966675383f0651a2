"""What a project set out to do and did: pro-forma, actions, deliveries, priorities, stories."""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.project.delivery import actions_then, actions_words, deliveries_then, dose
from mtf_eval.analysis.project.design import Project
from mtf_eval.analysis.results.columns import (
    NOT_GIVEN,
    add_total,
    as_at_of,
    day,
    in_words,
    lay,
    place,
)
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import listed
from mtf_eval.records.prices.reference import Reference

NO_STORY = "No case story with consent and sign-off is on record"
STATES = {"done": "completed", "late": "completed late", "overdue": "overdue"}


def proforma(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Return the project's pro-forma: one fact a row."""
    areas = "; ".join(
        f"{role}: {', '.join(map(data.area, codes))}" for role, codes in project.areas.items()
    )
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
    return lay("project_proforma", rows, data, project=project, as_at=as_of)


def actions(data: Dataset, project: Project, *, as_of: date) -> Table:
    """List the actions in the order they are due, each with its mechanism and standing."""
    rows = actions_then(data, as_of, project.project_id).sort_values(["due", "action_id"])
    later = (rows["state"] == "open") & (rows["status"] == "completed")
    standing = rows["status"].mask(later, "in_progress").astype("object").str.replace("_", " ")
    standing = standing.mask(rows["state"].isin(STATES), rows["state"].map(STATES))
    rows = rows.assign(
        action=rows["action_id"],
        what=rows["description"],
        how=rows["mechanism"].astype("object").fillna(NOT_GIVEN),
        standing=standing,
        serves=rows["priority_codes"].astype("object").fillna(""),
    )
    return lay("project_actions", rows, data, project=project, as_at=as_of)


def actions_finding(frame: pd.DataFrame) -> str:
    """Say how many actions were done, late or not."""
    done = int(frame["standing"].str.startswith("completed").sum())
    late = int((frame["standing"] == "completed late").sum())
    overdue = int((frame["standing"] == "overdue").sum())
    return actions_words(len(frame), done=done, late=late, overdue=overdue)


def deliveries(data: Dataset, project: Project, *, as_of: date) -> Table:
    """Hold what was delivered against what was agreed, by provider; silence is not delivery."""
    rows = deliveries_then(data, as_of, project.project_id)
    frame = dose(data, as_of=as_of, project_id=project.project_id)
    as_at = as_at_of(rows["reported"]) or as_of
    return lay("project_deliveries", frame, data, project=project, as_at=as_at)


def deliveries_finding(frame: pd.DataFrame) -> str:
    """Say the dose that reached the place; of several activities, whose units differ, the range."""
    known = frame[(frame["agreed"] > 0) & frame["delivered"].notna()]
    if known.empty and frame[["agreed", "delivered"]].isna().any(axis=None):
        return "We cannot say how much was delivered: it was reported or agreed without a quantity"
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
    known = data.table("agency_priorities")
    named = dict(zip(known["code"], known["agency"] + ": " + known["priority"], strict=True))
    lines = [(named.get(code, code), int(n)) for code, n in counts.sort_index().items()]
    total = add_total(pd.DataFrame(lines, columns=["priority", "actions"]), "priority")
    return lay("project_priorities", total, data, project=project, as_at=as_of)


def stories(
    data: Dataset, reference: Reference, *, year: int = 0, project: Project | None = None
) -> Table:
    """Lay out the stories of a project, or those signed off in a year; one a row."""
    if project is not None:
        titles = {project.project_id: project.title}
        rows = data.own("case_stories", project.project_id)
        name, of = project.key, f" of {project.title}"
    else:
        known = data.columns("projects", "project_id", "title")
        titles = dict(zip(known["project_id"], known["title"], strict=True))
        rows = data.table("case_stories")
        rows = rows[rows["signed_off_on"].dt.year == year]
        name, of = f"case_{year}", f", {year}, {place(data)}"
    rows = rows.sort_values(["signed_off_on", "story_id"])
    told = []
    for number, row in enumerate(rows.astype(object).where(rows.notna(), "").itertuples(), 1):
        ladder = reference.ladder(row.domain) if row.domain in reference.ladders else ()
        labels = {rung.step: rung.label for rung in ladder}
        way = ", then ".join(labels.get(s, in_words(s)).lower() for s in listed(row.steps))
        roles, author = "; ".join(listed(row.roles)) or "not given", row.author or "not given"
        after = f"{row.after} On the ladder: {way}." if way else row.after
        signed = f"signed off by {row.signed_off_by}, {day(row.signed_off_on)}"
        story = {"story": f"{number}. {roles[0].upper()}{roles[1:]}", "before": row.before}
        story |= {"project": titles.get(row.project_id, ""), "done": row.done, "after": after}
        told.append(story | {"signed": f"{author[0].upper()}{author[1:]}; {signed}"})
    as_at = as_at_of(rows["signed_off_on"])
    return lay("case_stories", told, data, name=name, of=of, as_at=as_at)
