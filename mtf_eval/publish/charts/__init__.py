"""Released tables drawn in the house style: one function a kind of picture.

Each returns a `Chart` (pictures for a wide and a narrow page, titles, text alternative, data) and
shows or saves nothing. What is hidden is drawn as a gap with its symbol.
"""

from __future__ import annotations

from mtf_eval.publish.charts.counts import bars, grouped_bars, hbars, lines
from mtf_eval.publish.charts.style import Chart

__all__ = ["Chart", "bars", "grouped_bars", "hbars", "lines"]
