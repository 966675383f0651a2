"""Pictures over time: a series against what was expected, a control chart.

Take released tables; averages, limits and expectations are columns of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import need_released
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import (
    INK,
    PALETTE,
    Chart,
    Words,
    column_of,
    finish,
    numbers,
    shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mtf_eval.publish.disclosure.release import Released

__all__ = ["series", "xmr"]

BLUE, ORANGE = PALETTE[0], PALETTE[3]


def series(
    released: Released,
    *,
    x: str,
    observed: str,
    counterfactual: str | None = None,
    low: str | None = None,
    high: str | None = None,
    start: str | None = None,
    **words: Unpack[Words],
) -> Chart:
    """Draw what was observed against what was expected, with its band and the start.

    Parameters
    ----------
    x
        Column of months.
    observed, counterfactual, low, high
        Columns of the counts, of what was expected without the response, and of its band.
    start
        Label in `x`, as printed (`April 2021`), of the first month of the response.
    """
    need_released(released)
    labels = shown(released, x)
    names = {n: column_of(released, n).heading for n in (observed, counterfactual) if n}
    values = {n: numbers(released, n) for n in (observed, counterfactual, low, high) if n}
    if start is not None and start not in labels:
        raise BadArgument(f"table {released.table.name}: no row {start!r} in {x}")

    def paint(axes: Axes, narrow: bool) -> None:
        import numpy as np

        below = style.category_axis(axes, labels, narrow=narrow)
        told = {n: style.wrapped(text, 10 if narrow else 16) for n, text in names.items()}
        style.margins(axes, left=46, right=style.room_for(list(told.values()), 140) + 4, top=30,
                      bottom=14 + 17 * below)  # fmt: skip
        places = np.arange(len(labels))
        if low and high:
            axes.fill_between(places, values[low], values[high], color="#F9D3BE", linewidth=0)
        if counterfactual:
            axes.plot(
                places, values[counterfactual], color=ORANGE, linewidth=2.5, linestyle=(0, (5, 2))
            )
        axes.plot(places, values[observed], color=BLUE, linewidth=2.2)
        axes.set_ylim(bottom=min(0.0, *(np.nanmin(v, initial=0) for v in values.values())))
        axes.margins(y=0.06)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        if start is not None:
            at = labels.index(start) - 0.5
            axes.axvline(at, color=INK, linewidth=1.5)
            side = "left" if at < len(labels) / 2 else "right"
            axes.annotate(
                "Response starts", (at, 1), (3 if side == "left" else -3, 8), ha=side,
                xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                fontsize=style.SIZE - 1,
            )  # fmt: skip
        style.value_axis(axes, column_of(released, observed).kind)
        ends: list[tuple[float, float, str, str]] = []
        for name, colour in ((observed, BLUE), (counterfactual, ORANGE)):
            held = np.flatnonzero(np.isfinite(values[name])) if name else np.array([], dtype=int)
            if name and held.size:
                ends.append((len(labels) - 1, values[name][held[-1]], told[name], colour))
        style.end_labels(axes, ends, height=286 - 17 * below)

    return finish(released, paint, **words)


def xmr(
    released: Released, *, x: str, y: str, centre: str, low: str, high: str, **words: Unpack[Words]
) -> Chart:
    """Draw a control chart: months, their average and the limits of ordinary variation.

    Parameters
    ----------
    x, y
        Column of months; column of counts.
    centre, low, high
        Columns of the average and the limits. Months outside them are marked.
    """
    need_released(released)
    labels = shown(released, x)
    values, mean, lower, upper = (numbers(released, n) for n in (y, centre, low, high))

    def paint(axes: Axes, narrow: bool) -> None:
        import numpy as np

        below = style.category_axis(axes, labels, narrow=narrow)
        style.margins(axes, left=46, right=64, top=14, bottom=14 + 17 * below)
        places = np.arange(len(labels))
        axes.fill_between(places, lower, upper, color="#E8EEF3", linewidth=0, step="mid")
        axes.plot(places, mean, color=PALETTE[4], linewidth=1.5, linestyle=(0, (5, 2)))
        axes.plot(places, values, color=BLUE, linewidth=1.6, marker="o", markersize=4)
        out = (values > upper) | (values < lower)
        axes.plot(places[out], values[out], "D", color=PALETTE[2], markersize=9, linestyle="")
        axes.set_ylim(bottom=min(0.0, np.nanmin(lower, initial=0), np.nanmin(values, initial=0)))
        axes.margins(y=0.06)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        style.value_axis(axes, column_of(released, y).kind)
        ends = [
            (len(labels) - 1, line[-1], word, INK)
            for line, word in ((lower, "Low limit"), (mean, "Average"), (upper, "High limit"))
        ]
        style.end_labels(
            axes, [(a, b, style.wrapped(c, 7), d) for a, b, c, d in ends], height=302 - 17 * below
        )

    key = [(column_of(released, y).heading, BLUE), ("Outside the limits", PALETTE[2])]
    return finish(released, paint, **words, key=key)
