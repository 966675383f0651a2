"""Pure estimators and their result records; a room a family. See docs/methods.md."""

from mtf_eval.analysis.effects.counts import (
    etest_p,
    minimum_detectable_effect,
    rate_ratio,
    relative_effect,
)
from mtf_eval.analysis.effects.panel import Panel, difference_in_differences, overdispersion
from mtf_eval.analysis.effects.result import Check, Estimate, Quantity

__all__ = [
    "Check",
    "Estimate",
    "Panel",
    "Quantity",
    "difference_in_differences",
    "etest_p",
    "minimum_detectable_effect",
    "overdispersion",
    "rate_ratio",
    "relative_effect",
]
