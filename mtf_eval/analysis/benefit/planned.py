"""The pro-forma of a plan: what is fixed, what it could show, and what it must avoid to pay."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from mtf_eval.analysis.benefit.cashflow import parts
from mtf_eval.analysis.benefit.guards import apart
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
