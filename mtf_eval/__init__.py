"""Evaluation and benefit analysis workbench for a multi-agency task force.

What an analyst works with is reachable from here and loaded when first used; see docs/api.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_BENCH = "mtf_eval.publish.workbench"
_HOMES = {
    "load": f"{_BENCH}.records:load",
    "report": f"{_BENCH}.records:report",
    "Records": f"{_BENCH}.records:Records",
    "Project": f"{_BENCH}.project:Project",
    "Plan": f"{_BENCH}.scanning:Plan",
    "Effect": f"{_BENCH}.effect:Effect",
    "Surveys": f"{_BENCH}.effect:Surveys",
    "Money": f"{_BENCH}.benefit:Money",
    "Year": f"{_BENCH}.year:Year",
    "HalfYear": f"{_BENCH}.half_year:HalfYear",
    "Quality": f"{_BENCH}.quality:Quality",
    "View": f"{_BENCH}.view:View",
    "Several": f"{_BENCH}.view:Several",
    "Beside": f"{_BENCH}.view:Beside",
    "Table": "mtf_eval.analysis.results.tables:Table",
    "Column": "mtf_eval.analysis.results.tables:Column",
    "charts": "mtf_eval.publish.charts",
    "headline_result": "mtf_eval.publish.display.elements:headline_result",
    "note": "mtf_eval.publish.display.elements:note",
    "effects": "mtf_eval.analysis.effects",
    "npv": "mtf_eval.analysis.benefit.totals:npv",
    "bcr": "mtf_eval.analysis.benefit.totals:bcr",
    "present_value": "mtf_eval.analysis.benefit.totals:present_value",
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
