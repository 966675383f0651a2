"""Evaluation and benefit analysis workbench for a multi-agency task force.

What notebooks use is reachable from here and loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "load": "mtf_eval.records.load",
    "Door": "mtf_eval.publish.disclosure",
    "charts": "mtf_eval.publish.charts",
    "page": "mtf_eval.publish.elements",
    "headline": "mtf_eval.publish.elements",
    "headline_result": "mtf_eval.publish.elements",
    "result": "mtf_eval.publish.elements",
    "figure": "mtf_eval.publish.elements",
    "table": "mtf_eval.publish.elements",
    "note": "mtf_eval.publish.elements",
    "rag": "mtf_eval.publish.elements",
    "provenance": "mtf_eval.publish.elements",
    "corrections": "mtf_eval.publish.elements",
    "project_page": "mtf_eval.publish.project_page",
    "benefit_page": "mtf_eval.publish.benefit_page",
    "year_page": "mtf_eval.publish.year_page",
    "findings": "mtf_eval.analysis.findings",
    "referrals": "mtf_eval.analysis.referrals",
    "caseload": "mtf_eval.analysis.caseload",
    "activity": "mtf_eval.analysis.activity",
    "contacts": "mtf_eval.analysis.contacts",
    "priorities": "mtf_eval.analysis.priorities",
    "readings": "mtf_eval.analysis.readings",
    "reconcile": "mtf_eval.analysis.reconcile",
    "quality": "mtf_eval.analysis.quality",
    "projects": "mtf_eval.analysis.projects",
    "delivery": "mtf_eval.analysis.delivery",
    "funding": "mtf_eval.analysis.funding",
    "leadership": "mtf_eval.analysis.leadership",
    "overlaps": "mtf_eval.analysis.overlaps",
    "surveys": "mtf_eval.analysis.surveys",
    "validation": "mtf_eval.analysis.effects.validation",
    "portfolio": "mtf_eval.analysis.portfolio",
    "worth": "mtf_eval.analysis.worth",
    "benefit": "mtf_eval.analysis.benefit",
    "summary": "mtf_eval.analysis.summary",
    "reference": "mtf_eval.records.prices.reference",
}
_MODULES = {name for name, home in _HOMES.items() if home.endswith(f".{name}")} - {"load"}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mtf_eval' has no attribute {name!r}")
    module = import_module(_HOMES[name])
    return module if name in _MODULES else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
