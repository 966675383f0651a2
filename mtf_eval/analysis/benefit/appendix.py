"""Where every pound comes from and how sure it is: the appendix of a report, and its live model."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit, chance_words
from mtf_eval.analysis.benefit.cashflow import Part, Pricing
from mtf_eval.analysis.benefit.layout import Rows, sides, tabled
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.benefit.uncertainty import switches
from mtf_eval.analysis.project.net import UNSAVED
from mtf_eval.records.aliases import called

DID = {"refuse": "left out", "warn": "check", "alone": "shown alone"}
MANY = 3  # from here a switching value is said as so many times
BANDS, SWINGS = 30, 10  # of draws; of inputs, the widest first
PRICES = called("unit costs taken")
#: Inputs that cannot go below nought or above one.
SHARES = ("impact", "deadweight", "attribution")


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
    assert cost is not None
    if cost.period_months:
        months = f"{cost.period_months:g}"
        return f"{'one year' if months == '12' else f'{months} months'} of one person"
    return f"one {cost.unit.removeprefix('per ')}, each year it lasts"


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


def model(benefit: Benefit) -> dict[str, Any]:
    """Return every input and the present values they give; empty where something has no price.

    Returns `lines`, one a source row with its sum (`cost`, `records`, `claimed`), inputs and
    present values (public, fiscal); `unshown`, whether the sum of the records has no ratio;
    `marked`, what it is where no saving can be claimed of it or it is in doubt;
    `units`, the parts of a unit cost by code; `deflator`, index by year; `rates`, the discount rate
    of each year by kind; `price_year`.
    """
    claims = (*benefit.claimed, *(benefit.claims.claimed if benefit.claims else ()))
    if benefit.unpriced:
        return {}
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent = [line for line in benefit.lines if line.route == "cost"]
    records = [line for line in claims if line.route == "places"]
    claimed = [line for line in claims if line.route == "people"]
    sums = {"cost": spent, "records": records, "claimed": claimed}
    factors = {kind: list(map(float, found)) for kind, found in pricing.factors.items()}
    return {
        "price_year": benefit.assumptions.price_year,
        "unshown": bool(np.isnan(benefit.results["public_value_bcr"])),
        "marked": benefit.marked,
        "deflator": dict(benefit.reference.covered),
        "rates": {
            kind: [0.0, *(a / b - 1 for a, b in pairwise(found))] for kind, found in factors.items()
        },
        "units": {
            _code(x, own): _priced_unit(x, own, pricing) for x in claims for own in _own(x, pricing)
        },
        "lines": [
            _line(name, line, own, pricing)
            for name, each in sums.items()
            for line in each
            for own in _own(line, pricing)
        ],
    }


def _own(line: Line, pricing: Pricing) -> list[list[Part]]:
    """Set the parts of a unit cost that are lost where it is gained apart: bias goes by sign."""
    parts = pricing.parts(line)
    kinds = ([part for part in parts if part.loss == loss] for loss in (False, True))
    return [own for own in kinds if own]


def _code(line: Line, own: list[Part]) -> str:
    return f"{line.code}{' (lost)' * own[0].loss}"


def _priced_unit(line: Line, parts: list[Part], pricing: Pricing) -> dict[str, Any]:
    cost, _ = pricing.priced(line)
    own = [part for part in parts if not part.transfer]
    return {
        "label": cost.label,
        "price_year": cost.price_year,
        "public": sum(part.gbp for part in own if not part.health),
        "health": sum(part.gbp for part in own if part.health),
        "fiscal": sum(part.gbp for part in parts if part.value_type == "fiscal"),
    }


def _line(name: str, line: Line, own: list[Part], pricing: Pricing) -> dict[str, Any]:
    years = pricing.years
    return {
        "sum": name,
        "row": line.source_row,
        "what": line.label,
        "code": _code(line, own),
        "price_year": line.price_year,
        "bias": float(pricing.correction(line)),
        **{
            field: float(getattr(line, field))
            for field in ("quantity", "impact", "deadweight", "attribution", "weight", "drop_off")
        },
        "profile": [*line.profile[:years], *([0.0] * (years - len(line.profile)))],
        "ages": [*line.ages[:years], *([0] * (years - len(line.ages)))],
        "present": list(map(float, pricing.present(line, pricing.units(line), own)[:2])),
    }


@tabled
def distribution(benefit: Benefit) -> Rows:
    """How often each band of net present public value came up in the draws."""
    if benefit.draws is not None and not benefit.unpriced:
        # The outer 1% on each side is gathered in the end bands, so that the middle can be seen.
        ends = np.quantile(benefit.draws.net, [0.01, 0.99])
        often, edges = np.histogram(np.clip(benefit.draws.net, *ends), bins=BANDS)
        yield from zip(edges[:-1], edges[1:], map(int, often), strict=True)


@tabled
def prices(benefit: Benefit) -> Rows:
    """Net present public value and chance over the ranges the sources of unit costs give."""
    if benefit.draws is not None and benefit.draws.prices:
        nets = {"reported": benefit.draws.net} | dict(benefit.draws.prices)
        for key, name in PRICES.items():
            chance = chance_words(float((nets[key] > 0).mean())) if benefit.chance else None
            yield name, *benefit.draws.quantiles(nets[key], -benefit.draws.costs), chance


@tabled
def tornado(benefit: Benefit) -> Rows:
    """Net present public value with one input at a time at its P10 and P90."""
    seen: Counter[str] = Counter()
    for swing in benefit.swings[:SWINGS]:
        name = _input(swing.kind, swing.name, seen)
        yield name, swing.low_input, swing.high_input, swing.at_low_gbp, swing.at_high_gbp


def _input(kind: str, name: str, seen: Counter[str]) -> str:
    """Name an input; two rows of one outcome are told apart by number."""
    words = f"{kind.capitalize()}{': ' if name else ''}{name}"
    seen[words] += 1
    return words if seen[words] == 1 else f"{words} ({seen[words]})"


@tabled
def switching_values(benefit: Benefit) -> Rows:
    """Value of each assumption at which the net present public value is nought."""
    if benefit.draws is None or benefit.unpriced or benefit.no_saving:
        return
    seen: Counter[str] = Counter()
    found = switches(benefit.lines, benefit.reference, benefit.assumptions, benefit.draws)
    for kind, name, reported, at in found:
        low, high = -math.inf if kind == "effect" else 0.0, 1.0 if kind in SHARES else math.inf
        switch, meaning = math.nan, "no value of it alone changes the answer"
        if at is not None and low <= at <= high:
            switch, meaning = at, f"{'more' if at < 0 else 'fewer'} incidents than expected"
            if (times := at / reported if reported else 0.0) > 0 or kind != "effect":
                meaning = f"{abs(times - 1):.0%} {'less' if times < 1 else 'more'}"
                meaning = f"{times:,.0f} times as much" if times >= MANY else meaning
        yield _input(kind, name, seen), reported, switch, meaning


@tabled
def sensitivities(benefit: Benefit) -> Rows:
    """Results with one assumption switched at a time."""
    names = ("net_present_public_value_gbp", "public_value_bcr", "fiscal_bcr",
             "net_present_budget_impact_gbp")  # fmt: skip
    for case, _, found in benefit.sensitivities:
        yield case, *(found[name] for name in names)
