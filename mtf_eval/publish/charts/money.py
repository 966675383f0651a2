"""Pictures of pounds: from costs to net benefit, what it hangs on, when it pays, how sure.

Take released tables of a benefit analysis; nothing is discounted, added up or simulated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

import numpy as np

from mtf_eval.publish.cells import compact
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import Chart, Words, column_of, finish, numbers, shown
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # keeps a number off a line
COST, BENEFIT, NET = PALETTE[3], PALETTE[0], PALETTE[2]


def waterfall(released: Released, *, x: str, y: str, **words: Unpack[Words]) -> Chart:
    """Draw steps from costs to the net result, top down; the total row stands from zero."""
    labels, texts = shown(released, x, total=True), shown(released, y, total=True)
    steps = numbers(released, y, total=True)
    kind = column_of(released, y).kind
    total = len(steps) - 1 if released.table.total_row else -1

    def paint(axes: Axes, narrow: bool) -> None:
        size = np.nan_to_num(steps)
        end = np.cumsum(size)
        start = end - size
        if total >= 0:
            start[total], end[total] = 0, size[total]
        colours = [NET if i == total else BENEFIT if v >= 0 else COST for i, v in enumerate(size)]
        style.row_axis(axes, labels, narrow=narrow, right=20, top=4)
        axes.barh(range(len(labels)), end - start, 0.66, left=start, color=colours)
        first, last = min(0, start.min(), end.min()), max(0, start.max(), end.max())
        span = (last - first) or 1
        for place in range(len(labels) - 1):
            axes.plot([end[place]] * 2, [place, place + 1], color=style.MUTED, linewidth=1)
        for place, text in enumerate(texts):
            right = max(start[place], end[place])
            weight = "bold" if place == total else "normal"
            style.write(axes, text, (right, place), (5, 0), va="center", fontweight=weight,
                        bbox=PLATE)  # fmt: skip
        axes.set_xlim(first - span * 0.02, last + span * (0.42 if narrow else 0.16))
        axes.axvline(0, color=style.INK, linewidth=1.5)
        style.value_axis(axes, kind, along="x", most=2 if narrow else 5)

    key = [("Cost", COST), ("Benefit", BENEFIT), *([("Net result", NET)] if total >= 0 else [])]
    return finish(released, paint, **words, key=key, rows=labels)


def tornado(
    released: Released,
    *,
    x: str,
    low: str,
    high: str,
    base: float,
    threshold: float | None = None,
    **words: Unpack[Words],
) -> Chart:
    """Draw how far each assumption moves the result, the widest first as the table has it.

    `x` names the assumptions; `low` and `high` hold the result at their ends, `base` is the result
    as it stands; at `threshold` benefits equal costs (1 for a ratio, 0 for pounds).
    """
    labels = shown(released, x)
    kind = column_of(released, low).kind
    ends = {low: numbers(released, low), high: numbers(released, high)}
    texts = {low: shown(released, low), high: shown(released, high)}

    def paint(axes: Axes, narrow: bool) -> None:
        style.row_axis(axes, labels, narrow=narrow, right=14, top=26)
        every = np.concatenate([*ends.values(), [base], [] if threshold is None else [threshold]])
        first, last = np.nanmin(every), np.nanmax(every)
        pad = ((last - first) or 1) * (0.34 if narrow else 0.14)
        for (name, values), colour in zip(ends.items(), (COST, BENEFIT), strict=True):
            axes.barh(
                range(len(labels)), np.nan_to_num(values - base), 0.66, left=base, color=colour
            )
            for place, value in enumerate(values):
                side, off = ("left", 4) if value >= base else ("right", -4)
                if not np.isnan(value):
                    style.write(axes, texts[name][place], (value, place), (off, 0), style.SIZE - 2,
                                va="center", ha=side, bbox=PLATE)  # fmt: skip
        axes.set_xlim(first - pad, last + pad)
        axes.axvline(base, color=style.INK, linewidth=1.5)
        style.write(axes, f"As reported: {compact(base, kind)}", (base, 1), (0, 7), ha="center",
                    xycoords=axes.get_xaxis_transform())  # fmt: skip
        if threshold is not None:
            axes.axvline(threshold, color=style.MUTED, linewidth=1.5, linestyle=(0, (4, 3)))
        style.value_axis(axes, kind, along="x", most=3 if narrow else 5)

    key = [("Assumption at its low end", COST), ("Assumption at its high end", BENEFIT)]
    return finish(released, paint, **words, key=key, rows=labels, each=42)


def cumulative(
    released: Released, *, x: str, y: str, paid: int | None = None, **words: Unpack[Words]
) -> Chart:
    """Draw the running net result by year and mark the year in which it has paid back.

    `x`: years; `y`: the running sum in pounds; `paid`: place of the year in which it has paid back.
    """
    labels, values = shown(released, x), numbers(released, y)

    def paint(axes: Axes, narrow: bool) -> None:
        style.category_axis(axes, labels, narrow=narrow)
        style.margins(axes, left=62, right=22, top=22, bottom=32)
        places = np.arange(len(labels))
        axes.axhline(0, color=style.INK, linewidth=1.5)
        axes.plot(places, values, color=BENEFIT, linewidth=2.5, marker="o", markersize=6,
                  markeredgewidth=0)  # fmt: skip
        if paid is not None:
            axes.plot(paid, values[paid], "D", color=NET, markersize=11)
            side, off = ("right", -10) if paid else ("left", 0)
            style.write(axes, f"Paid back by {labels[paid]}", (paid, values[paid]), (off, 12),
                        style.SIZE, ha=side, fontweight="bold", color=NET)  # fmt: skip
        axes.margins(y=0.14)
        axes.set_xlim(-0.4, len(labels) - 0.6)
        style.value_axis(axes, column_of(released, y).kind)

    return finish(released, paint, **words)


def histogram(
    released: Released,
    *,
    low: str,
    high: str,
    y: str,
    marks: Mapping[str, float] | None = None,
    **words: Unpack[Words],
) -> Chart:
    """Draw how often each band of results came up; bands below nought, losses, stand out.

    `low`, `high`, `y`: ends of each band and how often it came up; `marks`: points to name, such as
    `{"P5": 12_000.0}`.
    """
    lower, upper, often = (numbers(released, n) for n in (low, high, y))
    kind = column_of(released, low).kind

    def paint(axes: Axes, narrow: bool) -> None:
        style.margins(axes, left=50, right=16, top=14 + 17 * len(marks or {}), bottom=30)
        colours = np.where(lower + upper < 0, COST, BENEFIT)
        middle, width = (lower + upper) / 2, (upper - lower) * 0.94
        axes.bar(middle, np.nan_to_num(often), width, color=colours.tolist())
        axes.axvline(0, color=style.INK, linewidth=1.5)
        for n, (word, value) in enumerate((marks or {}).items()):
            axes.axvline(value, color=style.MUTED, linewidth=1.5, linestyle=(0, (4, 3)))
            side, off = ("left", 4) if value < (lower[0] + upper[-1]) / 2 else ("right", -4)
            style.write(axes, f"{word}: {compact(value, kind)}", (value, 1), (off, 4 + 17 * n),
                        ha=side, xycoords=axes.get_xaxis_transform())  # fmt: skip
        style.value_axis(axes, column_of(released, y).kind)
        style.value_axis(axes, kind, along="x", most=3 if narrow else 6)
        axes.grid(axis="x", visible=False)

    unit = "Benefits less than costs", "Benefits at least equal to costs"
    key = [(unit[0], COST), (unit[1], BENEFIT)]
    return finish(released, paint, **words, key=key, height=300)
