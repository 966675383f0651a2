"""Where every pound comes from: the appendix of a benefit report and of its workbook."""

from __future__ import annotations

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Pricing
from mtf_eval.analysis.benefit.layout import Rows, sides, tabled
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.project.net import UNSAVED

DID = {"refuse": "left out", "warn": "check", "alone": "shown alone"}


@tabled
def cost_per_outcome(benefit: Benefit) -> Rows:
    """Cost of each unit avoided or gained, the whole cost set against each outcome in turn."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    total = benefit.results["present_value_costs_gbp"]
    for line in benefit.claimed:
        units = float(pricing.units(line).sum())
        can = benefit.spent and not line.uncertain and line.evidence not in UNSAVED
        each = total / units if units > 0 and can else np.nan
        shown = line.route == "places"
        helped = (line.people or 0) * line.impact * (1 - line.deadweight) * line.attribution
        yield (
            f"{line.label} ({line.source_row})",
            units if shown else np.nan,
            each,
            "one incident" if shown else _unit(line),
            total / helped if helped > 0 and benefit.spent else np.nan,
        )


def _unit(line: Line) -> str:
    """Say what one unit of an outcome of people is: time in it, where its cost is by time."""
    cost = line.unit_cost
    if cost is not None and cost.period_months:
        months = f"{cost.period_months:g}"
        return f"{'one year' if months == '12' else f'{months} months'} of one person"
    kind = "person" if cost is None else cost.unit.removeprefix("per ")
    return f"one {kind}, each year it lasts"


@tabled
def calculation(benefit: Benefit) -> Rows:
    """Follow every pound to its source row: quantity, unit cost, corrections, present value.

    One row a line of benefit; the present values add up to the public value.
    """
    pricing = Pricing(benefit.reference, benefit.assumptions)
    _, gains = sides(benefit)
    present = gains[~gains["transfer"]].groupby("source_row")["present_gbp"].sum()
    for line in benefit.claimed:
        cost = line.unit_cost
        assert cost is not None
        units = line.quantity if line.people is None else line.people
        value = present.get(line.source_row, 0.0)
        yield (
            line.source_row,
            line.label,
            line.quantity if line.route == "places" else np.nan,
            cost.total_gbp * pricing.uprating(cost.price_year),
            *(line.impact, line.deadweight, line.attribution, line.drop_off),
            max(line.grades),
            float(pricing.correction(line, line.quantity)),
            value / units if units else np.nan,
            value,
        )


@tabled
def sources(benefit: Benefit) -> Rows:
    """List the unit costs used: price year, uprating, grade, status, source, caution."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    used = {line.code: line.unit_cost for line in (*benefit.claimed, *benefit.alone)}
    for code, cost in sorted(used.items()):
        assert cost is not None
        source = ", ".join(filter(None, (cost.source, cost.entry, cost.edition)))
        yield (
            *(code, f"{cost.label}, {cost.unit}", cost.total_gbp, cost.price_year),
            *(pricing.uprating(cost.price_year), cost.grade, cost.verified, source, cost.caution),
        )


@tabled
def cost_sources(benefit: Benefit) -> Rows:
    """List every cost row: amount, price year, grade, correction, present value."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent, _ = sides(benefit)
    present = spent.groupby("source_row")["present_gbp"].sum()
    for line in benefit.paid:
        kind = f"{line.kind.replace('_', ' ')}, {'capital' if line.capital else 'running'}"
        yield (
            *(line.source_row, line.agency, line.label, kind, line.quantity, line.price_year),
            *(max(line.grades), float(pricing.correction(line, line.quantity))),
            *(present.get(line.source_row, np.nan), line.note),
        )


def _deadweight_of_places(benefit: Benefit) -> str:
    gross = [line.label for line in benefit.claimed if line.route == "places" and line.gross]
    if not gross:
        return "zero: the comparison has taken it off"
    return f"zero, though nothing has taken it off (gross): {', '.join(gross)}"


@tabled
def assumptions(benefit: Benefit) -> Rows:
    """List what the analysis rests on beside the data: value, grade, status, source."""
    chosen, tables = benefit.assumptions, benefit.reference.tables
    own = {
        "Price year": chosen.price_year,
        "Horizon, years": str(chosen.horizon_years),
        "Optimism bias": f"by the {chosen.optimism} grade of the inputs; none on a loss or refund",
        "Effect on places": "months observed only, nothing beyond",
        "Deadweight of places": _deadweight_of_places(benefit),
        "Recorded to actual crime": "not scaled up",
    }
    for name, value in own.items():
        yield name, value, "", "own-judgement", "this analysis"
    for kind, name in (("standard", "Discount rate"), ("health", "Discount rate, QALY effects")):
        band = next(r for r in tables["discount_rates"] if r["kind"] == kind)
        value = f"{float(band['rate']):.1%} to year {band['year_to']}"
        yield name, value, "", band["verified"], band["source"]
    index = next(r for r in tables["gdp_deflator"] if r["price_year"] == chosen.price_year)
    value = f"{float(index['index']):.4f} ({index['base']}, {index['status']})"
    yield f"GDP deflator {chosen.price_year}", value, "", index["verified"], index["source"]
    for row in tables["assumptions"]:
        if not row["name"].startswith(("price_year", "rag_", "plan_")):
            named = row["meaning"].capitalize(), row["value"], row["grade"]
            yield *named, row["verified"], row["source"]


@tabled
def findings(benefit: Benefit) -> Rows:
    """List what the rules against double counting and overclaiming did."""
    for n, each in enumerate(benefit.findings, start=1):
        yield f"{n}. {each.source_row}", each.rule.replace("_", " "), DID[each.action], each.text


@tabled
def gaps(benefit: Benefit) -> Rows:
    """List what could not be computed, and rows that are wrong."""
    wrong = (*benefit.problems, *benefit.reference.told, *benefit.notes)
    return ((str(n), str(each)) for n, each in enumerate(wrong, start=1))


@tabled
def shown_alone(benefit: Benefit) -> Rows:
    """Show rare, dear events: the value of one, outside every total."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    for line in benefit.alone:
        cost = line.unit_cost
        assert cost is not None
        each = cost.total_gbp * pricing.uprating(cost.price_year)
        yield f"{cost.label} ({line.source_row})", each, cost.verified
