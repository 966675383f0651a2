"""Effects and outcomes to money, by the GMCA / HM Treasury local-partnership model."""

from mtf_eval.analysis.benefit.appendix import (
    assumptions,
    calculation,
    cost_per_outcome,
    cost_sources,
    findings,
    gaps,
    shown_alone,
    sources,
)
from mtf_eval.analysis.benefit.appraisal import Benefit, analyse
from mtf_eval.analysis.benefit.cashflow import Assumptions
from mtf_eval.analysis.benefit.journeys import by_domain, by_step, people_claimed
from mtf_eval.analysis.benefit.logic import contributions, logic_model
from mtf_eval.analysis.benefit.spread import (
    distribution,
    prices,
    sensitivities,
    switching_values,
    tornado,
)
from mtf_eval.analysis.benefit.standing import by_records, standing
from mtf_eval.analysis.benefit.statement import (
    appraisal_summary,
    benefits_by_agency,
    by_agency_and_year,
    cash_flow,
    chance_finding,
    costs,
    costs_finding,
    gains_finding,
    headline,
    payback_finding,
    ratios,
    results_in_pounds,
    tornado_finding,
    waterfall,
    waterfall_finding,
)
from mtf_eval.analysis.benefit.totals import once, portfolio

__all__ = [
    "Assumptions", "Benefit", "analyse", "appraisal_summary", "assumptions",
    "benefits_by_agency", "by_agency_and_year", "by_domain", "by_records", "by_step",
    "calculation", "cash_flow", "chance_finding", "contributions",
    "cost_per_outcome", "cost_sources", "costs", "costs_finding", "distribution", "findings",
    "gains_finding", "gaps", "headline", "logic_model", "once", "payback_finding",
    "people_claimed", "portfolio", "prices", "ratios", "results_in_pounds", "sensitivities",
    "shown_alone", "sources", "standing", "switching_values", "tornado", "tornado_finding",
    "waterfall", "waterfall_finding",
]  # fmt: skip
