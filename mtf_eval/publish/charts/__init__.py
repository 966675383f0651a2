"""Released tables drawn in the house style: one function a kind of picture.

Each returns a `Chart` (pictures for a wide and a narrow page, titles, text alternative, data) and
shows or saves nothing. What is hidden is drawn as a gap with its symbol.
"""

from __future__ import annotations

from mtf_eval.publish.charts.counts import bars, diverging, hbars, heatmap, hexmap, rolemap
from mtf_eval.publish.charts.effects import chain, dots, forest, series, strip, xmr
from mtf_eval.publish.charts.money import cumulative, histogram, tornado, waterfall
from mtf_eval.publish.charts.style import Chart

__all__ = [
    "Chart", "bars", "chain", "cumulative", "diverging", "dots", "forest", "hbars", "heatmap",
    "hexmap", "histogram", "rolemap", "series", "strip", "tornado", "waterfall", "xmr",
]  # fmt: skip
