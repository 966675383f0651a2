"""What was meant: the pro-forma of a plan, and a project's logic model; estimates nothing.

A plan says what is fixed, what it could show and what it must avoid to pay; the logic model what
was put in, done and made of it, and what each agency gave and got.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from mtf_eval.analysis.benefit.appraisal import GIVEN, Benefit
from mtf_eval.analysis.benefit.cashflow import parts
from mtf_eval.analysis.benefit.guards import apart
from mtf_eval.analysis.benefit.layout import table
from mtf_eval.analysis.benefit.statement import benefits_by_agency, costs
from mtf_eval.analysis.project.delivery import actions_then, actions_words, dose
from mtf_eval.analysis.project.evaluation import Evaluation, page_table
from mtf_eval.analysis.project.net import smallest
from mtf_eval.analysis.project.planning import Choice
from mtf_eval.analysis.project.plans import Plan
from mtf_eval.analysis.results.columns import NOT_GIVEN, day, pounds, span
from mtf_eval.analysis.results.findings import listing, number, percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import BY_HAND
from mtf_eval.records.prices.reference import Reference

NO_BUFFER = "none named: what moves is not seen"
MOST = 5  # things named at a stage
NONE = "none on record"


def proforma(
    data: Dataset,
    plan: Plan,
    evaluation: Evaluation,
    reference: Reference,
    made: Sequence[Choice],
    *,
    price_year: str,
) -> Table:
    """Return the pro-forma of a plan: one fact a row, as the leadership group signs it off."""
    project, aim = plan.project, plan.aim
    aims = project.primary_measure + (f" ({percent(aim, signed=True)})" if aim else "")
    start = project.first_month
    assert start is not None
    last = start + pd.DateOffset(months=plan.months - 1)
    others = [m for m in project.measures if m != project.primary_measure]
    rows = [
        ("Problem", project.problem or NOT_GIVEN),
        ("Measure, and change aimed at", listing([aims, *others])),
        ("Areas", f"{len(project.target)}: {', '.join(map(data.area, project.target))}"),
        ("Areas beside them", ", ".join(map(data.area, project.buffer)) or NO_BUFFER),
        ("Response", f"{span(start, last)} ({plan.months} month{'s' * (plan.months > 1)})"),
        ("Months on record before the start", _held(evaluation, start)),
        *_able(made, aim),
        *_worth(plan, reference, made, price_year),
        ("Years that pounds are counted for", str(plan.horizon_years or NOT_GIVEN)),
        ("Fixed on", f"{day(plan.fixed_on)}; hash {plan.hash}"),
    ]
    notes = []
    if plan.hash == BY_HAND:
        notes.append("The plan was changed by hand after it was fixed: its hash is of another.")
    return page_table(data, evaluation, "plan", rows, notes=notes)


def _held(evaluation: Evaluation, start: pd.Timestamp) -> str:
    """Say how many months before the start all areas are on record in, and which those are."""
    assert evaluation.coverage is not None
    counts, target = evaluation.coverage.counts, list(evaluation.project.target)
    there = counts.reindex(columns=target).notna().all(axis=1)
    months = pd.DatetimeIndex(counts.index[there & (counts.index < start)])
    if months.empty:
        return "none: " + ("the areas are not on record" if there.sum() == 0 else "none so early")
    others = int(counts.loc[months].notna().all().sum()) - len(target)
    said = f"{len(months)}, {span(months[0], months[-1])}; {others:,} other areas to compare with"
    yet = (start.year - months[-1].year) * 12 + start.month - months[-1].month - 1
    months_are = "month is" if yet == 1 else "months are"
    return said + (f"; {yet} {months_are} not on record yet up to the start" if yet else "")


def _able(made: Sequence[Choice], aim: float | None) -> list[tuple[str, str]]:
    way = smallest(0.1, aim)[1]
    name = f"Smallest {way} that could be shown"
    least = made[0].smallest(aim) if made else None
    if least is None:
        return [(name, made[0].judged(aim) if made else "cannot be said")]
    rows = [(name, f"{least.in_percent()}, four times in five")]
    if chance := made[0].chance(aim):
        rows.append((f"The {way} aimed at would be shown", chance.often()))
    return [*rows, ("Judgement", made[0].judged(aim))]


def _worth(
    plan: Plan, reference: Reference, made: Sequence[Choice], price_year: str
) -> list[tuple[str, str]]:
    """Say what it costs and how many incidents it must avoid to pay for itself."""
    cost, measure = plan.cost_gbp, plan.project.primary_measure
    rows = [("Cost planned", pounds(cost) if cost is not None else NOT_GIVEN)]
    kind = reference.crime_type(measure)
    usual = kind.unit_cost_code if kind and kind.monetise else ""
    code = plan.unit_costs.get(measure, usual)
    if not code:
        return [*rows, ("To pay for itself", f"{measure} has no price: name one with --unit-cost")]
    if (plan.aim or 0) > 0:
        return [*rows, ("To pay for itself", f"a rise of {measure} is aimed at: it has no pounds")]
    try:
        unit = reference.priced(code)
    except BadArgument as error:
        return [*rows, ("To pay for itself", f"cannot be said: {error}")]
    if why := apart(unit):
        return [*rows, ("To pay for itself", f"cannot be said: {why}")]
    worth = sum(part.gbp for part in parts(unit) if not part.transfer)
    each = reference.uprate(worth, unit.price_year, price_year)
    ours = "" if measure in plan.unit_costs else ", our usual one"
    worth_of = f"{pounds(each)} ({unit.code}{ours}; {price_year} prices)"
    rows.append(("Worth of one incident", worth_of))
    if not cost:
        return rows
    need = math.ceil(cost / each)
    said = f"{number(need)} incident{'s' * (need > 1)} fewer, before any correction for optimism"
    able = made[0].able if made else None
    if able is not None and (least := made[0].smallest(None)):
        part = need / able.expected
        said += f": {percent(part)} of the {number(able.expected)} expected in the months compared"
        if part >= 1:
            said += "; more than there are, so it cannot pay for itself in them"
        elif part < least.low:
            said += "; a fall of that size is too small to be shown"
        else:
            said += f"; a fall of that size {'could' if part >= least.high else 'may'} be shown"
    return [*rows, ("To pay for itself", said)]


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
