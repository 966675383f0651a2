"""What the pictures of a benefit report show, in one sentence each: their titles."""

from __future__ import annotations

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.statement import benefits_by_agency, costs, payback
from mtf_eval.analysis.results.columns import pounds

NOTHING = "Nothing can be shown: no benefit is known"


def costs_finding(benefit: Benefit) -> str:
    """Say who paid most."""
    table = costs(benefit)
    frame = table.frame.iloc[: -1 if table.total_row else None]
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
    prefix = "Not shown: " if benefit.no_saving else ""
    prefix = "Not told from nothing: " if benefit.no_saving_possible else prefix
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
    return f"From gross benefits to a net present public value of {pounds(benefit.net_gbp)}"


def chance_finding(benefit: Benefit) -> str:
    """Say how likely it is that benefits exceed costs."""
    if benefit.draws is None:
        return NOTHING
    if benefit.no_saving:
        inside = "The interval of the effect includes no effect"
        why = inside if benefit.no_saving_possible else "The records show no effect"
        return f"{why}, so no saving can be claimed"
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
