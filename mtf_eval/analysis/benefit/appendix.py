"""Where every pound comes from: source rows, assumptions, rules that spoke, gaps.

The appendix of a benefit report and of its workbook; nothing is computed here but what a row
contributes.
"""

from __future__ import annotations

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Pricing
from mtf_eval.analysis.benefit.layout import sides, table
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.results.columns import label, money, number, text
from mtf_eval.analysis.results.tables import Table

__all__ = [
    "assumptions",
    "calculation",
    "cost_per_outcome",
    "cost_sources",
    "findings",
    "gaps",
    "shown_alone",
    "sources",
]

SECONDARY = (
    "Anything but stored-source must be checked against the publication before it is quoted."
)


def cost_per_outcome(benefit: Benefit) -> Table:
    """Cost of each unit avoided or gained, the whole cost set against each outcome in turn."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    total = benefit.results["present_value_costs_gbp"]
    rows = []
    for line in benefit.claimed:
        units = float(pricing.units(line).sum())
        each = total / units if units > 0 and benefit.spent and not line.uncertain else np.nan
        shown = line.route == "places"
        helped = (line.people or 0) * line.impact * (1 - line.deadweight) * line.attribution
        rows.append(
            {
                "outcome": f"{line.label} ({line.source_row})",
                "units": units if shown else np.nan,
                "each": each,
                "unit": "one incident" if shown else _unit(line),
                "person": total / helped if helped > 0 and benefit.spent else np.nan,
            }
        )
    columns = (
        label("outcome", "Outcome"),
        number("units", "Incidents avoided", 1),
        money("each", "Cost of each (£)"),
        text("unit", "Each is"),
        money("person", "Cost of each person or case (£)"),
    )
    notes = (
        "Each row carries the whole cost, so the rows are not to be added.",
        "No cost of each is given where no effect lies inside the interval.",
        "A person counts for every year the outcome lasts, less drop-off. Persons and cases are "
        "those left after impact, deadweight and attribution.",
    )
    return table(benefit, "per_outcome", "Cost per outcome", rows, columns, notes=notes)


def _unit(line: Line) -> str:
    """Say what one unit of an outcome of people is: time in it, where its cost is by time."""
    cost = line.unit_cost
    if cost is not None and cost.period_months:
        months = f"{cost.period_months:g}"
        return f"{'one year' if months == '12' else f'{months} months'} of one person"
    kind = "person" if cost is None else cost.unit.removeprefix("per ")
    return f"one {kind}, each year it lasts"


def calculation(benefit: Benefit) -> Table:
    """Follow every pound to its source row: quantity, unit cost, corrections, present value.

    One row a line of benefit; the present values add up to the public value.
    """
    pricing = Pricing(benefit.reference, benefit.assumptions)
    _, gains = sides(benefit)
    present = gains[~gains["transfer"]].groupby("source_row")["present_gbp"].sum()
    rows = []
    for line in benefit.claimed:
        cost = line.unit_cost
        assert cost is not None
        units = line.quantity if line.people is None else line.people
        value = present.get(line.source_row, 0.0)
        rows.append(
            {
                "row": line.source_row,
                "what": line.label,
                "quantity": line.quantity if line.route == "places" else np.nan,
                "uprated_gbp": cost.total_gbp * pricing.uprating(cost.price_year),
                "impact": line.impact,
                "deadweight": line.deadweight,
                "attribution": line.attribution,
                "drop_off": line.drop_off,
                "grade": max(line.grades),
                "bias": pricing.correction(line),
                "each": value / units if units else np.nan,
                "present": value,
            }
        )
    columns = (
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
    title = "How every pound of benefit is worked out"
    return table(benefit, "calculation", title, rows, columns)


def sources(benefit: Benefit) -> Table:
    """List the unit costs used: price year, uprating, grade, status, source, caution."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    used = {line.code: line for line in (*benefit.claimed, *benefit.alone)}
    rows = []
    for code, line in sorted(used.items()):
        cost = line.unit_cost
        assert cost is not None
        rows.append(
            {
                "code": code,
                "what": f"{cost.label}, {cost.unit}",
                "unit_gbp": cost.total_gbp,
                "price_year": cost.price_year,
                "uprating": pricing.uprating(cost.price_year),
                "grade": cost.grade,
                "status": cost.verified,
                "source": ", ".join(filter(None, (cost.source, cost.entry, cost.edition))),
                "note": cost.caution,
            }
        )
    columns = (
        label("code", "Unit cost code"),
        text("what", "What it is"),
        money("unit_gbp", "Unit cost (£)", 2),
        text("price_year", "Price year"),
        number("uprating", "Uprated by", 4),
        number("grade", "Grade (1 to 6)"),
        text("status", "Status of the figure"),
        text("source", "Source and edition"),
        text("note", "Caution"),
    )
    return table(benefit, "sources", "Unit costs used", rows, columns, notes=(SECONDARY,))


def cost_sources(benefit: Benefit) -> Table:
    """List every cost row: amount, price year, grade, correction, present value."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent, _ = sides(benefit)
    present = spent.groupby("source_row")["present_gbp"].sum()
    rows = [
        {
            "row": line.source_row,
            "agency": line.agency,
            "item": line.label,
            "kind": f"{line.kind.replace('_', ' ')}, {'capital' if line.capital else 'running'}",
            "gbp": line.quantity,
            "price_year": line.price_year,
            "grade": max(line.grades),
            "bias": pricing.correction(line),
            "present": present.get(line.source_row, np.nan),
            "note": line.note,
        }
        for line in benefit.lines
        if line.route == "cost"
    ]
    columns = (
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
    return table(benefit, "cost_sources", "Where every pound of cost comes from", rows, columns)


def _deadweight_of_places(benefit: Benefit) -> str:
    gross = [line.label for line in benefit.claimed if line.route == "places" and line.gross]
    if not gross:
        return "zero: the comparison has taken it off"
    return f"zero, though nothing has taken it off (gross): {', '.join(gross)}"


def assumptions(benefit: Benefit) -> Table:
    """List what the analysis rests on beside the data: value, grade, status, source."""
    chosen = benefit.assumptions
    reference = benefit.reference
    rows = [
        {"name": "Price year", "value": chosen.price_year},
        {"name": "Horizon, years", "value": str(chosen.horizon_years)},
        {"name": "Optimism bias", "value": f"by the {chosen.optimism} grade of the inputs"},
        {"name": "Effect on places", "value": "months observed only, nothing beyond"},
        {"name": "Deadweight of places", "value": _deadweight_of_places(benefit)},
        {"name": "Recorded to actual crime", "value": "not scaled up"},
    ]
    for row in rows:
        row |= {"grade": "", "status": "own-judgement", "source": "this analysis"}
    for kind, name in (("standard", "Discount rate"), ("health", "Discount rate, QALY effects")):
        band = next(r for r in reference.tables["discount_rates"] if r["kind"] == kind)
        rows.append(
            {
                "name": name,
                "value": f"{float(band['rate']):.1%} to year {band['year_to']}",
                "grade": "",
                "status": band["verified"],
                "source": band["source"],
            }
        )
    index = next(
        r for r in reference.tables["gdp_deflator"] if r["price_year"] == chosen.price_year
    )
    rows.append(
        {
            "name": f"GDP deflator {chosen.price_year}",
            "value": f"{float(index['index']):.4f} ({index['base']}, {index['status']})",
            "grade": "",
            "status": index["verified"],
            "source": index["source"],
        }
    )
    rows += [
        {
            "name": own["meaning"].capitalize(),
            "value": own["value"],
            "grade": own["grade"],
            "status": own["verified"],
            "source": own["source"],
        }
        for own in reference.tables["assumptions"]
        if own["name"] != "price_year"
    ]
    columns = (
        label("name", "Assumption"),
        text("value", "Value"),
        text("grade", "Grade (1 to 6)"),
        text("status", "Status"),
        text("source", "Source"),
    )
    return table(benefit, "assumptions", "Assumptions", rows, columns, notes=(SECONDARY,))


def findings(benefit: Benefit) -> Table:
    """List what the rules against double counting and overclaiming did."""
    did = {"refuse": "left out", "warn": "check", "alone": "shown alone"}
    rows = [
        {
            "row": f"{n}. {found.source_row}",
            "rule": found.rule.replace("_", " "),
            "did": did[found.action],
            "text": found.text,
        }
        for n, found in enumerate(benefit.findings, start=1)
    ]
    columns = (
        label("row", "Source row"),
        text("rule", "Rule"),
        text("did", "What was done"),
        text("text", "Why"),
    )
    return table(benefit, "findings", "What the rules against overclaiming found", rows, columns)


def gaps(benefit: Benefit) -> Table:
    """List what could not be computed, and rows that are wrong."""
    wrong = (*benefit.problems, *benefit.reference.told)
    rows = [{"gap": f"{n}", "text": str(p)} for n, p in enumerate(wrong, start=1)]
    start = len(rows) + 1
    rows += [{"gap": f"{n}", "text": note} for n, note in enumerate(benefit.notes, start=start)]
    columns = (label("gap", "Number"), text("text", "What is missing or wrong"))
    return table(benefit, "gaps", "What is missing or could not be used", rows, columns)


def shown_alone(benefit: Benefit) -> Table:
    """Show rare, dear events: the value of one, outside every total."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    rows = []
    for line in benefit.alone:
        cost = line.unit_cost
        assert cost is not None
        rows.append(
            {
                "event": f"{cost.label} ({line.source_row})",
                "each": cost.total_gbp * pricing.uprating(cost.price_year),
                "status": cost.verified,
            }
        )
    columns = (
        label("event", "Event"),
        money("each", "Value of one (£)"),
        text("status", "Status of the figure"),
    )
    return table(benefit, "alone", "Rare, dear events, outside every total", rows, columns)
