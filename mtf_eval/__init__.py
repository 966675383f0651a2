"""Evaluation and benefit analysis workbench for a multi-agency task force.

What notebooks use is reachable from here and loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "load": "mtf_eval.publish.workbench.records:load",
    "report": "mtf_eval.publish.workbench.records:report",
    "Records": "mtf_eval.publish.workbench.records:Records",
    "Door": "mtf_eval.publish.disclosure.release:Door",
    "groups": "mtf_eval.analysis.counts.groups",
    "charts": "mtf_eval.publish.charts",
    "page": "mtf_eval.publish.display.elements:page",
    "headline": "mtf_eval.publish.display.elements:headline",
    "headline_result": "mtf_eval.publish.display.elements:headline_result",
    "result": "mtf_eval.publish.display.elements:result",
    "figure": "mtf_eval.publish.display.elements:figure",
    "table": "mtf_eval.publish.display.elements:table",
    "note": "mtf_eval.publish.display.elements:note",
    "rag": "mtf_eval.publish.display.elements:rag",
    "provenance": "mtf_eval.publish.display.elements:provenance",
    "corrections": "mtf_eval.publish.display.elements:corrections",
    "findings": "mtf_eval.analysis.results.findings",
    "referrals": "mtf_eval.analysis.counts.referrals",
    "caseload": "mtf_eval.analysis.counts.caseload",
    "activity": "mtf_eval.analysis.counts.activity",
    "contacts": "mtf_eval.analysis.counts.contacts",
    "priorities": "mtf_eval.analysis.counts.priorities",
    "readings": "mtf_eval.analysis.counts.readings",
    "reconcile": "mtf_eval.analysis.counts.reconcile",
    "quality": "mtf_eval.analysis.counts.quality",
    "projects": "mtf_eval.analysis.project.evaluation",
    "delivery": "mtf_eval.analysis.project.delivery",
    "funding": "mtf_eval.analysis.year.funding",
    "leadership": "mtf_eval.analysis.year.leadership",
    "overlaps": "mtf_eval.analysis.project.overlaps",
    "surveys": "mtf_eval.analysis.surveys.surveys",
    "validation": "mtf_eval.analysis.effects.validation",
    "portfolio": "mtf_eval.analysis.year.portfolio",
    "worth": "mtf_eval.analysis.year.pounds",
    "benefit": "mtf_eval.analysis.benefit",
    "npv": "mtf_eval.analysis.benefit.sums:npv",
    "bcr": "mtf_eval.analysis.benefit.sums:bcr",
    "present_value": "mtf_eval.analysis.benefit.sums:present_value",
    "summary": "mtf_eval.analysis.year.summary",
    "reference": "mtf_eval.records.prices.reference",
    "reference_for": "mtf_eval.records.prices.own:reference_for",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mtf_eval' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return __all__
