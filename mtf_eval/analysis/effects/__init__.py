"""Pure estimators and their result records, a module a family. See docs/methods.md."""

from mtf_eval.analysis.effects.diagnostics import (
    placebo_in_space,
    placebo_in_time,
    pre_trend,
    regression_to_the_mean,
)
from mtf_eval.analysis.effects.displacement import (
    concentration,
    displacement_quotient,
    lorenz,
    weighted_displacement_difference,
)
from mtf_eval.analysis.effects.forecast import synthetic_control
from mtf_eval.analysis.effects.panel import Panel, difference_in_differences, overdispersion
from mtf_eval.analysis.effects.placebo import (
    Planned,
    controls_needed,
    placebo_calibrated,
    placebo_controls,
    planned,
)
from mtf_eval.analysis.effects.pooling import Pooled, holm, pool, pool_ratios
from mtf_eval.analysis.effects.proportions import (
    ordinal_change,
    paired_change,
    paired_ordinal_change,
    proportion,
    proportion_change,
)
from mtf_eval.analysis.effects.rates import (
    minimum_detectable_effect,
    power,
    rate_ratio,
    ratio_of_ratios,
)
from mtf_eval.analysis.effects.result import Check, Estimate, Quantity
from mtf_eval.analysis.effects.series import SeriesResult, interrupted_series

__all__ = [
    "Check", "Estimate", "Panel", "Planned", "Pooled", "Quantity", "SeriesResult",
    "concentration", "controls_needed", "difference_in_differences",
    "displacement_quotient", "holm", "interrupted_series", "lorenz", "minimum_detectable_effect",
    "ordinal_change", "overdispersion", "paired_change", "paired_ordinal_change",
    "placebo_calibrated", "placebo_controls", "placebo_in_space", "placebo_in_time", "planned",
    "pool", "pool_ratios", "power", "pre_trend", "proportion", "proportion_change", "rate_ratio",
    "ratio_of_ratios", "regression_to_the_mean", "synthetic_control",
    "weighted_displacement_difference",
]  # fmt: skip
