"""What a benefit analysis came to, as tables: results, who pays and gains, flow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit.appraisal import GIVEN, Benefit
from mtf_eval.analysis.benefit.cashflow import Pricing
from mtf_eval.analysis.benefit.layout import Rows, sides, table, tabled, with_total
from mtf_eval.analysis.benefit.uncertainty import Array, Draws
from mtf_eval.analysis.project.net import KINDS
from mtf_eval.analysis.results.columns import MINUS, pounds
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called

NOTHING = "Nothing can be shown: no benefit is known"
TYPES = ("fiscal", "economic", "social", "not_split")
#: What stands beside every large figure, where the records alone do not bear it.
CONDITION = {"claimed": "As claimed, not shown", "doubtful": "In doubt"}


def _span(benefit: Benefit, name: str) -> str:
    """Say the interval of a result at the one level of the page."""
    draws = None if name != "benefits" and benefit.unpriced else benefit.draws
    if draws is None or (name == "bcr" and pd.isna(benefit.results["public_value_bcr"])):
        return ""
    if name == "bcr":
        ends = (f"{end:.2f}".replace("-", MINUS) for end in draws.ratio or ())
        return f"{draws.level:.0%} interval {' to '.join(ends)}" if draws.ratio else ""
    low, high = draws.interval if name == "benefits" else draws.span(draws.net, -draws.costs)
    return f"{draws.level:.0%} interval {pounds(low)} to {pounds(high)}"


def payback(benefit: Benefit) -> str:
    """Say after how long discounted fiscal benefits have caught up with costs.

    Benefits of a year come evenly over its months; costs of a year stand at its beginning.
    """
    if not benefit.claimed or benefit.unpriced or benefit.no_saving:
        return "we cannot say"
    if pd.isna(benefit.results["public_value_bcr"]):
        return "nothing to pay back"
    if pd.isna(benefit.results["payback_year"]):
        years = benefit.assumptions.horizon_years
        return f"not within {years} year{'s' * (years > 1)}"
    spent, gains = sides(benefit)
    fiscal = gains[gains["value_type"].eq("fiscal")].groupby("year")["present_gbp"].sum()
    paid = spent.groupby("year")["present_gbp"].sum()
    year = int(benefit.results["payback_year"])
    due = paid[paid.index <= year].sum() - fiscal[fiscal.index < year].sum()
    months = 12 * year + max(1, math.ceil(12 * due / fiscal.get(year, np.inf) - 1e-9))
    when = f"after about {months} month{'s' * (months > 1)}"
    given = GIVEN.get(benefit.evidence, "").removesuffix(", the")
    given = f", {given[0].lower()}{given[1:]}" if given else ""
    return f"{when if months <= 24 else f'in year {year + 1}'}{given}"


def headline(benefit: Benefit) -> Table:
    """One row: what reviewers read first, present values and their ratio, then the rest."""
    found = benefit.results
    none = "the interval includes no saving" if benefit.no_saving_possible else ""
    value, cash = found["present_value_benefits_gbp"], found["cashable_benefit_gbp"]
    if benefit.nought:
        none = f"of the estimate, {pounds(value)}, of which none can be claimed"
        value = cash = 0.0
    elif benefit.no_saving:
        none = KINDS["against"].lower()
        if benefit.evidence == "not_shown":
            none = "not shown to be the project's doing"
    given = CONDITION.get(benefit.evidence, "") if benefit.claimed else ""

    def under(name: str, more: str = "") -> str:
        return "; ".join(filter(None, (given, _span(benefit, name), more)))

    net = np.nan if benefit.no_saving else benefit.net_gbp
    row = (value, *found[["present_value_costs_gbp", "public_value_bcr"]], net, cash,
           payback(benefit), benefit.chance)  # fmt: skip
    notes = {"benefits": under("benefits", none), "bcr": under("bcr"), "net": under("net")}
    notes["costs"] = _span(benefit, "costs") and bridge(benefit)
    notes["cashable"] = "; ".join(filter(None, (given, _freed(benefit))))
    return table(benefit, "headline", [row], under=notes)


def _freed(benefit: Benefit) -> str:
    """Say whether any budget gets smaller."""
    fiscal, cash = benefit.results[["present_value_fiscal_gbp", "cashable_benefit_gbp"]]
    if cash:
        return f"Of a fiscal benefit of {pounds(fiscal)}"
    if benefit.no_saving_possible or benefit.nought:
        return "Capacity freed, not cash"
    if fiscal < 0:
        return f"No budget gets smaller: services had {pounds(-fiscal)} more to bear"
    if benefit.no_saving:
        return "Capacity freed, not cash"
    return f"Capacity freed worth {pounds(fiscal)}, not cash"


def bridge(benefit: Benefit) -> str:
    """Lead from what was paid to the cost of the headline, once."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    own = [(line, float(pricing.units(line).sum())) for line in benefit.paid]
    if not any(units for _, units in own):
        return ""
    priced = sum(units * pricing.uprating(line.price_year) for line, units in own)
    biased = sum(float(pricing.worth(line, n, *pricing.parts(line))) for line, n in own)
    last = benefit.results["present_value_costs_gbp"]
    steps = (
        f"{pounds(sum(units for _, units in own))} as paid",
        f"{pounds(priced)} in {benefit.assumptions.price_year} prices",
        f"{pounds(biased)} with optimism bias",
        f"{pounds(last)} discounted" if round(last) != round(biased) else "",
    )
    return ", ".join(filter(None, steps))


#: Results by their GMCA names: in pounds, with what is drawn of each, and ratios.
POUNDS: dict[str, tuple[str, Callable[[Draws], Array]]] = {
    "present_value_costs_gbp": ("Present value of costs", lambda d: d.costs),
    "present_value_benefits_gbp": ("Present value of public value benefits", lambda d: d.public),
    "present_value_fiscal_gbp": ("Present value of fiscal benefits", lambda d: d.fiscal),
    "cashable_benefit_gbp": ("Cashable benefit", lambda d: d.cashable),
    "net_present_public_value_gbp": ("Net present public value", lambda d: d.net),
    "net_present_budget_impact_gbp": ("Net present budget impact", lambda d: d.costs - d.fiscal),
}
RATIOS = called("ratio")


def least(benefit: Benefit) -> str:
    """Name the lower bound, and what it is net of: of next door only where that was measured."""
    nets = [line.net for line in benefit.claimed if line.net]
    unseen = any(net.beside is None for net in nets)
    net = "next door not measured, " if unseen else "net of next door, " if nets else ""
    return f"Lower bound: {net}anticipation of crime out of gains, P5"


def results_in_pounds(benefit: Benefit) -> Table:
    """Every result in pounds under its GMCA name, with P5, P50 and P95 of the draws."""
    draws, rows, notes = benefit.draws, [], []
    for key, (name, of) in POUNDS.items():
        spread = (np.nan,) * 3
        if draws is not None:
            spread = draws.quantiles(of(draws), of(draws.saving_nothing))
        rows.append((name, benefit.results[key], *spread))
    if draws is not None and not benefit.unpriced:
        lean = draws.quantiles(draws.careful, -draws.costs)
        rows.append(("Net present public value, anticipation of crime out of gains", np.nan, *lean))
        if not benefit.no_saving:
            notes.append(f"{least(benefit)} is P5 of the last row.")
    return table(benefit, "results_in_pounds", rows, notes=notes)


def ratios(benefit: Benefit) -> Table:
    """Every ratio under its GMCA name."""
    rows = [(name, benefit.results[key]) for key, name in RATIOS.items()]
    switching = "Switching value: share of the benefits at which they equal the costs"
    notes = [f"Payback of fiscal benefits: {payback(benefit)}."]
    return table(benefit, "ratios", [*rows, (switching, benefit.switching)], notes=notes)


def costs(benefit: Benefit) -> Table:
    """Costs by agency: cash and in kind, capital and running, and after optimism bias."""
    pricing = Pricing(benefit.reference, benefit.assumptions)
    rows: dict[str, dict[str, float]] = {}
    for line in benefit.paid:
        amount = pricing.units(line).sum() * pricing.uprating(line.price_year)
        row = rows.setdefault(line.agency, dict.fromkeys(("capital", "running", "in_kind"), 0.0))
        kind = "in_kind" if line.kind == "in_kind" else "capital" if line.capital else "running"
        row[kind] += amount
        bias = float(pricing.correction(line, amount))
        row["corrected"] = row.get("corrected", 0.0) + amount * (1 + bias)
    listed: list[dict[str, Any]] = [
        {"agency": agency, "total": row["capital"] + row["running"] + row["in_kind"], **row}
        for agency, row in sorted(rows.items())
    ]
    shown = with_total(listed) if benefit.spent else listed
    return table(benefit, "costs", shown, total_row=benefit.spent)


@tabled
def benefits_by_agency(benefit: Benefit) -> Rows:
    """Present value of benefits by who gains, by type of value, transfers and cashable apart."""
    _, gains = sides(benefit)
    rows = []
    for agency, part in gains.groupby("agency", sort=True):
        own = part[~part["transfer"]]
        row: dict[str, Any] = {"agency": benefit.reference.agency(str(agency))}
        row |= {kind: own.loc[own["value_type"].eq(kind), "present_gbp"].sum() for kind in TYPES}
        row["public"] = own["present_gbp"].sum()
        row["transfer"] = part.loc[part["transfer"], "present_gbp"].sum()
        row["cashable"] = part.loc[part["cashable"], "present_gbp"].sum()
        rows.append(row)
    return with_total(rows)


@tabled
def by_agency_and_year(benefit: Benefit) -> pd.DataFrame:
    """Who pays and who benefits, by agency and year: discounted costs and fiscal benefits."""
    spent, gains = sides(benefit)
    fiscal = gains[gains["value_type"].eq("fiscal")]
    fiscal = fiscal.assign(agency=[benefit.reference.agency(str(a)) for a in fiscal["agency"]])
    parts = {
        name: part.groupby(["year", "agency"])["present_gbp"].sum()
        for name, part in (("paid", spent), ("gained", fiscal))
    }
    both = pd.concat(parts, axis=1).fillna(0.0).sort_index().reset_index()
    both["net"] = np.nan if benefit.unpriced else both["gained"] - both["paid"]
    return both.assign(year="Year " + both["year"].astype(str))


@tabled
def cash_flow(benefit: Benefit) -> pd.DataFrame:
    """Lay out the flow by year, undiscounted by type, and the running net value, discounted."""
    spent, gains = sides(benefit)
    own = gains[~gains["transfer"]]
    years = range(benefit.assumptions.horizon_years)

    def by_year(frame: pd.DataFrame, column: str) -> pd.Series[float]:
        return frame.groupby("year")[column].sum().reindex(years, fill_value=0.0)

    frame = pd.DataFrame({"cost": by_year(spent, "amount_gbp")})
    for kind in TYPES:
        frame[kind] = by_year(own[own["value_type"].eq(kind)], "amount_gbp")
    frame["transfer"] = by_year(gains[gains["transfer"]], "amount_gbp")
    paid, fiscal = by_year(spent, "present_gbp"), gains[gains["value_type"].eq("fiscal")]
    for name, gained in (("running_public", own), ("running_fiscal", fiscal)):
        running = (by_year(gained, "present_gbp") - paid).cumsum()
        frame[name] = np.nan if benefit.unpriced else running
    return frame.assign(year=[f"Year {t}" for t in years])


STEPS = (
    "Gross benefits", "Transfers", "Moved next door", "Deadweight", "Attribution to others",
    "Counted by another project", "Optimism bias on benefits", "Discounting of benefits",
    "Costs", "Optimism bias on costs", "Discounting of costs",
)  # fmt: skip


@tabled
def waterfall(benefit: Benefit) -> Rows:
    """From gross benefits to net present public value, one step a correction.

    A step is what the formula of an amount gives with the correction less what it gives without.
    """
    pricing = Pricing(benefit.reference, benefit.assumptions)
    steps = dict.fromkeys(STEPS, 0.0)
    for line in benefit.lines:
        plain, parts = pricing.factor(line), pricing.parts(line)
        if line.route == "cost":
            steps["Costs"] -= pricing.units(line).sum() * plain
            continue
        each = plain * sum(part.gbp for part in parts if not part.transfer)
        gross = replace(
            line, quantity=line.quantity + line.moved, deadweight=0.0, attribution=1.0, weight=1.0
        )
        way = {
            "Gross benefits": gross,
            "Moved next door": replace(gross, quantity=line.quantity),
            "Deadweight": replace(line, attribution=1.0, weight=1.0),
            "Attribution to others": replace(line, weight=1.0),
            "Counted by another project": line,
        }
        before = 0.0
        for step, at in way.items():
            after = float(pricing.units(at).sum()) * each
            steps[step] += after - before
            before = after
        moved = float(pricing.units(gross).sum()) * plain * sum(p.gbp for p in parts if p.transfer)
        steps["Gross benefits"] += moved
        steps["Transfers"] -= moved
        steps["Optimism bias on benefits"] -= before
    spent, gains = sides(benefit)
    steps["Optimism bias on costs"] = -spent["amount_gbp"].sum() - steps["Costs"]
    steps["Discounting of costs"] = spent["amount_gbp"].sum() - spent["present_gbp"].sum()
    own = gains[~gains["transfer"]]
    steps["Optimism bias on benefits"] += own["amount_gbp"].sum()
    steps["Discounting of benefits"] = own["present_gbp"].sum() - own["amount_gbp"].sum()
    yield from ((name, value) for name, value in steps.items() if round(value, 2))
    yield "Net present public value", benefit.net_gbp


# The appraisal on one page


@tabled
def appraisal_summary(benefit: Benefit) -> Rows:
    """Set the options side by side: do nothing, the project as measured, as claimed, at least."""
    yield "Do nothing", 0.0, 0.0, 0.0, np.nan, "the problem as expected", "", "nobody", ""
    for each in (benefit, benefit.claims):
        if each is not None:
            yield _option(each, both=benefit.claims is not None)
    draws = benefit.draws
    if draws is not None and not (benefit.unpriced or benefit.no_saving):
        net = draws.quantiles(draws.careful, -draws.costs)[0]
        cost = benefit.results["present_value_costs_gbp"]
        yield least(benefit), np.nan, cost, net, np.nan, "", "", "", "19 in 20 draws lie above"


def _option(each: Benefit, *, both: bool) -> tuple[object, ...]:
    found, kind = each.results, each.evidence
    name = "The project as claimed" if kind == "claimed" else "The project as the records show"
    other = "project_" if kind == "claimed" else "outcomes"  # tables of the other option's rows
    found_of = (f for f in each.findings if not (both and f.source_row.startswith(other)))
    said = (f.text.rstrip(".") for f in found_of)
    named = dict.fromkeys(filter(None, (each.doubts, *each.unpriced, *said)))
    risks = [*named] or ["none named by the rules"]
    if each.alone_in_it and each.claimed:
        risks.append("no other project on record claims it")
    chance = f"chance that benefits exceed costs {each.chance or 'not known'}"
    return (
        name,
        found["present_value_benefits_gbp"] if each.claimed else np.nan,
        found["present_value_costs_gbp"] if each.spent else np.nan,
        found["net_present_public_value_gbp"],
        found["public_value_bcr"],
        " ".join(each.notes) or "nothing that is on record",
        "; ".join(risks),
        _gains(each),
        f"{KINDS[kind]}; {'no saving can be claimed' if each.no_saving else chance}",
    )


def _gains(each: Benefit) -> str:
    """Name who gains most, and how much of it is cash."""
    _, gains = sides(each)
    own = gains[~gains["transfer"]]
    if own.empty:
        return "not known"
    by = own.groupby("agency")["present_gbp"].sum().sort_values(ascending=False)
    if each.results["present_value_benefits_gbp"] <= 0:
        return "nobody"
    most = ", ".join(f"{each.reference.agency(str(a))} {pounds(v)}" for a, v in by[:3].items())
    cash = float(each.results["cashable_benefit_gbp"])
    return f"{most}; {f'cashable {pounds(cash)}' if cash else 'capacity freed, not cash'}"


# What the pictures show, in one sentence each: their titles


def costs_finding(benefit: Benefit) -> str:
    """Say who paid most."""
    made = costs(benefit)
    frame = made.frame.iloc[: -1 if made.total_row else None]
    if frame.empty:
        return "No costs are on record"
    most = frame.loc[frame["total"].idxmax()]
    whole = frame["total"].sum()
    gave = f"{most['agency']} gave {pounds(most['total'])}"
    if not benefit.spent:
        return f"We cannot say what it cost; of what has a price {gave}"
    if whole < 0:
        return f"{pounds(-whole)} more came back than was paid"
    return f"It cost {pounds(whole)} before optimism bias; {gave}"


def gains_finding(benefit: Benefit) -> str:
    """Say who gains most."""
    frame = benefits_by_agency(benefit).frame.iloc[:-1]
    if frame.empty:
        return NOTHING
    most = frame.loc[frame["public"].idxmax()]
    prefix = f"{benefit.marked}: " if benefit.marked else ""
    if most["public"] < 0:
        return f"{prefix}nobody gains: a loss of {pounds(-frame['public'].sum())} in all"
    return f"{prefix}{most['agency']} would gain most, {pounds(most['public'])}"


def payback_finding(benefit: Benefit) -> str:
    """Say when fiscal benefits have caught up with costs."""
    return f"Payback of the costs by fiscal benefits: {payback(benefit)}"


def waterfall_finding(benefit: Benefit) -> str:
    """Say where gross and net end up."""
    if not benefit.claimed:
        return NOTHING
    if benefit.unpriced:
        return f"We cannot say what is left: {'; '.join(benefit.unpriced)}"
    start = f"{benefit.marked}: from" if benefit.marked else "From"
    return f"{start} gross benefits to a net present public value of {pounds(benefit.net_gbp)}"


def chance_finding(benefit: Benefit) -> str:
    """Say how likely it is that benefits exceed costs."""
    if benefit.draws is None:
        return NOTHING
    if benefit.no_saving:
        lost = benefit.results["present_value_benefits_gbp"] < 0
        none = "The records show no effect"
        if benefit.unsaid:
            none = "We cannot say what the project changed"
        why = "The estimate is a loss" if lost else none
        inside = "The interval of the effect includes no effect"
        return f"{inside if benefit.no_saving_possible else why}, so no saving can be claimed"
    if benefit.unpriced:
        return f"The chance cannot be said: {'; '.join(benefit.unpriced)}"
    return benefit.chance_sentence


def tornado_finding(benefit: Benefit) -> str:
    """Say which input the result hangs on most."""
    if not benefit.swings:
        return NOTHING
    first = benefit.swings[0]
    name = f" ({first.name})" if first.name else ""
    return f"The result hangs most on the {first.kind}{name}"
