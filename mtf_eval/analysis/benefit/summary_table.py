"""The appraisal on one page: options with doing nothing, and what reviewers ask of each."""

from __future__ import annotations

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.layout import Rows, sides, tabled
from mtf_eval.analysis.benefit.statement import least
from mtf_eval.analysis.project.net import KINDS
from mtf_eval.analysis.results.columns import pounds


@tabled
def appraisal_summary(benefit: Benefit) -> Rows:
    """Set the options side by side: do nothing, the project as measured, as claimed, at least."""
    yield "Do nothing", 0.0, 0.0, 0.0, np.nan, "the problem as expected", "", "nobody", ""
    for each in (benefit, benefit.claims):
        if each is not None:
            yield _option(each, both=benefit.claims is not None)
    draws = benefit.draws
    if draws is not None and not (benefit.unpriced or benefit.no_saving):
        net = draws.quantiles(draws.careful)[0]
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
    if each.results["present_value_benefits_gbp"] < 0:
        return "nobody"
    most = ", ".join(f"{each.reference.agency(str(a))} {pounds(v)}" for a, v in by[:3].items())
    cash = float(each.results["cashable_benefit_gbp"])
    return f"{most}; {f'cashable {pounds(cash)}' if cash else 'capacity freed, not cash'}"
