"""A project's logic model, and what each agency gave and got; estimates nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from mtf_eval.analysis.benefit.appraisal import GIVEN, Benefit
from mtf_eval.analysis.benefit.layout import table
from mtf_eval.analysis.benefit.statement import benefits_by_agency, costs
from mtf_eval.analysis.project.delivery import actions_then, actions_words, dose
from mtf_eval.analysis.results.columns import pounds
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset

MOST = 5  # things named at a stage
NONE = "none on record"


def logic_model(data: Dataset, benefit: Benefit) -> Table:
    """Lay out inputs, activities, outputs and outcomes, as they are on record; a row each."""
    found = benefit.judged
    assert found is not None
    own, as_of = found.project.project_id, found.as_of
    actions = actions_then(data, as_of, own)
    done = {s: int((actions["state"] == s).sum()) for s in ("done", "late", "overdue")}
    made = [
        _made(row["activity"], row["delivered"], row["agreed"])
        for row in dose(data, as_of=as_of, project_id=own).to_dict("records")
        if row["agreed"] != 0
    ]
    acted = actions_words(len(actions), **{**done, "done": done["done"] + done["late"]})
    changed = [found.headline]
    for measure in found.project.measures:
        if measure != found.project.primary_measure:
            said = found.net[measure].met if measure in found.net else "no estimate"
            changed.append(f"{measure}: {found.cannot_say.get(measure, said)}")
    stages = {
        "Inputs": _inputs(data, benefit),
        "Activities": _few(actions["description"].dropna()),
        "Outputs": [*_few(made), acted],
        "Outcomes": changed,
    }
    rows = (
        (stage, "; ".join(item.replace(";", ",") for item in items) or NONE)
        for stage, items in stages.items()
    )
    return table(benefit, "logic", rows)


def _few(items: Iterable[str]) -> list[str]:
    named = [item.rstrip(".") for item in items]
    more = len(named) - MOST
    return [*named[:MOST], f"and {more} more"] if more > 0 else named


def _inputs(data: Dataset, benefit: Benefit) -> Iterable[str]:
    """Say what was put in: pounds in cash and in kind, hours, by whom."""
    paid = costs(benefit).frame
    if paid.empty:
        return
    total = paid[paid["agency"] != "Total"]
    cash, kind = (total["running"] + total["capital"]).sum(), total["in_kind"].sum()
    yield f"{pounds(cash)} in cash and {pounds(kind)} in kind"
    if hours := data.own("costs", benefit.project_id)["hours"].sum():
        yield f"{hours:,.0f} hours of staff"
    yield f"from {listing(list(total['agency']))}"


def _made(activity: str, delivered: float, agreed: float) -> str:
    """Say how much of what was agreed was delivered; what is not a number is not on record."""
    if delivered != delivered:
        of = f" of {agreed:g}" if agreed == agreed else ""
        return f"{activity}: how much{of} is not on record"
    of = f" of {agreed:g}" if agreed == agreed else ", how much was agreed is not on record"
    return f"{activity}: {delivered:g}{of}"


def contributions(data: Dataset, benefit: Benefit) -> Table:
    """Show what each agency gave (pounds, hours, actions) and got (priorities helped, savings)."""
    found = benefit.judged
    assert found is not None
    rows: dict[str, dict[str, Any]] = {}

    def add(agency: object, column: str, value: float) -> None:
        row = rows.setdefault(str(agency), {})
        row[column] = row.get(column, 0) + value

    for row in costs(benefit).frame.to_dict("records"):
        if row["agency"] != "Total":
            add(row["agency"], "cash", row["running"] + row["capital"])
            add(row["agency"], "in_kind", row["in_kind"])
    given = data.own("costs", benefit.project_id).dropna(subset=["hours"])
    for agency, hours in given.groupby("agency")["hours"].sum().items():
        add(agency, "hours", hours)
    actions = actions_then(data, found.as_of, benefit.project_id)
    done = actions[actions["state"].isin(["done", "late"])]
    for agency, number_done in done["agency"].value_counts().items():
        add(agency, "actions", number_done)
    whose = data.table("agency_priorities").set_index("code")["agency"]
    for code in done["priority_codes"].dropna().str.split(";").explode().str.strip():
        if code in whose.index:
            add(whose[code], "priorities", 1)
    if not benefit.no_saving:
        for row in benefits_by_agency(benefit).frame.to_dict("records"):
            if row["agency"] != "Total" and row["fiscal"]:
                add(row["agency"], "fiscal", row["fiscal"])
    given_that = GIVEN.get(benefit.evidence, "").removesuffix(", the")
    names = ("cash", "in_kind", "hours", "actions", "priorities", "fiscal")
    whole = {"actions", "priorities"}
    listed = [
        (agency, *(row.get(n, 0 if n in whole else math.nan) for n in names))
        for agency, row in sorted(rows.items())
    ]
    return table(benefit, "contributions", listed, given=given_that)
