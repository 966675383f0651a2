"""Where every pound comes from: source rows, assumptions, rules that spoke, gaps.

The appendix of a benefit report and of its workbook; nothing is computed here but what a row
contributes.
"""

from __future__ import annotations

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Pricing
from mtf_eval.analysis.benefit.layout import Rows, sides, tabled
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.results.columns import label, money, number, text

SECONDARY = (
    "Anything but stored-source must be checked against the publication before it is quoted."
)
DID = {"refuse": "left out", "warn": "check", "alone": "shown alone"}


@tabled(
    "Cost per outcome",
    label("outcome", "Outcome"),
    number("units", "Incidents avoided", 1),
    money("each", "Cost of each (£)"),
    text("unit", "Each is"),
    money("person", "Cost of each person or case (£)"),
    name="per_outcome",
    notes=(
        "Each row carries the whole cost, so the rows are not to be added.",
        "No cost of each is given where no effect is shown, or the interval includes none.",
        "A person counts for every year the outcome lasts, less drop-off. Persons and cases are "
        "those left after impact, deadweight and attribution.",
    ),
)
def cost_per_outcome(benefit: Benefit) -> Rows:
    """Cost of each unit avoided or gained, the whole cost set against each outcome in turn."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    total = benefit.results["present_value_costs_gbp"]
    for line in benefit.claimed:
        units = float(pricing.units(line).sum())
        can = benefit.spent and not line.uncertain and line.evidence != "not_shown"
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


@tabled(
    "How every pound of benefit is worked out",
    label("row", "Source row"),
    text("what", "Outcome"),
    number("quantity", "Incidents avoided", 1),
    money("uprated_gbp", "Unit cost, uprated (£)", 2),
    number("impact", "Impact", 2),
    number("deadweight", "Deadweight", 2),
    number("attribution", "Attribution", 2),
    number("drop_off", "Drop-off a year", 2),
    number("grade", "Worst grade (1 to 6)"),
    number("bias", "Optimism bias", 2),
    money("each", "Present value of one incident or person (£)", 2),
    money("present", "Present public value (£)", 2),
)
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
            pricing.correction(line),
            value / units if units else np.nan,
            value,
        )


@tabled(
    "Unit costs used",
    label("code", "Unit cost code"),
    text("what", "What it is"),
    money("unit_gbp", "Unit cost (£)", 2),
    text("price_year", "Price year"),
    number("uprating", "Uprated by", 4),
    number("grade", "Grade (1 to 6)"),
    text("status", "Status of the figure"),
    text("source", "Source and edition"),
    text("note", "Caution"),
    notes=(SECONDARY,),
)
def sources(benefit: Benefit) -> Rows:
    """List the unit costs used: price year, uprating, grade, status, source, caution."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    used = {line.code: line.unit_cost for line in (*benefit.claimed, *benefit.alone)}
    for code, cost in sorted(used.items()):
        assert cost is not None
        yield (
            code,
            f"{cost.label}, {cost.unit}",
            cost.total_gbp,
            cost.price_year,
            pricing.uprating(cost.price_year),
            cost.grade,
            cost.verified,
            ", ".join(filter(None, (cost.source, cost.entry, cost.edition))),
            cost.caution,
        )


@tabled(
    "Where every pound of cost comes from",
    label("row", "Source row"),
    text("agency", "Agency"),
    text("item", "Item"),
    text("kind", "Kind"),
    money("gbp", "As recorded (£)", 2),
    text("price_year", "Price year"),
    number("grade", "Grade (1 to 6)"),
    number("bias", "Optimism bias", 2),
    money("present", "Present value (£)", 2),
    text("note", "Hours x rate"),
)
def cost_sources(benefit: Benefit) -> Rows:
    """List every cost row: amount, price year, grade, correction, present value."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent, _ = sides(benefit)
    present = spent.groupby("source_row")["present_gbp"].sum()
    for line in benefit.paid:
        yield (
            line.source_row,
            line.agency,
            line.label,
            f"{line.kind.replace('_', ' ')}, {'capital' if line.capital else 'running'}",
            line.quantity,
            line.price_year,
            max(line.grades),
            pricing.correction(line),
            present.get(line.source_row, np.nan),
            line.note,
        )


def _deadweight_of_places(benefit: Benefit) -> str:
    gross = [line.label for line in benefit.claimed if line.route == "places" and line.gross]
    if not gross:
        return "zero: the comparison has taken it off"
    return f"zero, though nothing has taken it off (gross): {', '.join(gross)}"


@tabled(
    "Assumptions",
    label("name", "Assumption"),
    text("value", "Value"),
    text("grade", "Grade (1 to 6)"),
    text("status", "Status"),
    text("source", "Source"),
    notes=(SECONDARY,),
)
def assumptions(benefit: Benefit) -> Rows:
    """List what the analysis rests on beside the data: value, grade, status, source."""
    chosen, tables = benefit.assumptions, benefit.reference.tables
    own = {
        "Price year": chosen.price_year,
        "Horizon, years": str(chosen.horizon_years),
        "Optimism bias": f"by the {chosen.optimism} grade of the inputs; none on a refund",
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
        if row["name"] != "price_year":
            named = row["meaning"].capitalize(), row["value"], row["grade"]
            yield *named, row["verified"], row["source"]


@tabled(
    "What the rules against overclaiming found",
    label("row", "Source row"),
    text("rule", "Rule"),
    text("did", "What was done"),
    text("text", "Why"),
)
def findings(benefit: Benefit) -> Rows:
    """List what the rules against double counting and overclaiming did."""
    for n, each in enumerate(benefit.findings, start=1):
        yield f"{n}. {each.source_row}", each.rule.replace("_", " "), DID[each.action], each.text


@tabled(
    "What is missing or could not be used",
    label("gap", "Number"),
    text("text", "What is missing or wrong"),
)
def gaps(benefit: Benefit) -> Rows:
    """List what could not be computed, and rows that are wrong."""
    wrong = (*benefit.problems, *benefit.reference.told, *benefit.notes)
    return ((str(n), str(each)) for n, each in enumerate(wrong, start=1))


@tabled(
    "Rare, dear events, outside every total",
    label("event", "Event"),
    money("each", "Value of one (£)"),
    text("status", "Status of the figure"),
    name="alone",
)
def shown_alone(benefit: Benefit) -> Rows:
    """Show rare, dear events: the value of one, outside every total."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    for line in benefit.alone:
        cost = line.unit_cost
        assert cost is not None
        each = cost.total_gbp * pricing.uprating(cost.price_year)
        yield f"{cost.label} ({line.source_row})", each, cost.verified
