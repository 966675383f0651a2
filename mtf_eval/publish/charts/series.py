"""Pictures over time: a series against what was expected, a control chart, what is on record.

Take released tables; averages, limits and expectations are columns of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from mtf_eval.errors import BadArgument
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import (
    INK,
    MUTED,
    Chart,
    Words,
    column_of,
    finish,
    numbers,
    shown,
)
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import DARK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


BLUE, ORANGE = PALETTE[0], PALETTE[3]
LOOKS = {"on record": (BLUE, ""), "not on record": ("white", "////")}


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

    The line breaks where nothing is on record, and the place is hatched. `x`: months;
    `counterfactual`, `low`, `high`: what was expected without the response, and its band; `start`:
    label in `x`, as printed (`April 2021`), of the first month of the response.
    """
    labels = shown(released, x)
    names = {n: column_of(released, n).heading for n in (observed, counterfactual) if n}
    values = {n: numbers(released, n) for n in (observed, counterfactual, low, high) if n}
    if start is not None and start not in labels:
        raise BadArgument(f"table {released.table.name}: no row {start!r} in {x}")

    def paint(axes: Axes, narrow: bool) -> None:
        below = style.category_axis(axes, labels, narrow=narrow)
        told = {n: style.wrapped(text, 10 if narrow else 16) for n, text in names.items()}
        style.margins(axes, left=46, right=style.room_for(list(told.values()), 140) + 4, top=30,
                      bottom=14 + 17 * below)  # fmt: skip
        places = np.arange(len(labels))
        if low and high:
            axes.fill_between(places, values[low], values[high], color="#F9D3BE", linewidth=0)
        if counterfactual:
            axes.plot(places, values[counterfactual], color=ORANGE, linewidth=2.5,
                      linestyle=(0, (5, 2)))  # fmt: skip
        axes.plot(places, values[observed], color=BLUE, linewidth=2.2)
        held = np.isfinite(values[observed])
        alone = held & ~np.r_[False, held[:-1]] & ~np.r_[held[1:], False]
        axes.scatter(places[alone], values[observed][alone], 16, BLUE, linewidth=0)
        for place in places[~held]:
            axes.axvspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=MUTED, hatch="////",
                         linewidth=0)  # fmt: skip
        axes.set_ylim(bottom=min(0.0, *(np.nanmin(v, initial=0) for v in values.values())))
        axes.margins(y=0.06)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        if start is not None:
            at = labels.index(start) - 0.5
            axes.axvline(at, color=INK, linewidth=1.5)
            side, off = ("left", 3) if at < len(labels) / 2 else ("right", -3)
            style.write(axes, "Response starts", (at, 1), (off, 8), ha=side,
                        xycoords=axes.get_xaxis_transform())  # fmt: skip
        style.value_axis(axes, column_of(released, observed).kind)
        ends: list[tuple[float, float, str, str]] = []
        for name, colour in ((observed, BLUE), (counterfactual, ORANGE)):
            held = np.flatnonzero(np.isfinite(values[name])) if name else np.array([], dtype=int)
            if name and held.size:
                ends.append((len(labels) - 1, values[name][held[-1]], told[name], colour))
        _end_labels(axes, ends, height=286 - 17 * below)

    return finish(released, paint, **words)


def strip(
    released: Released, *, x: str, first: str, last: str, state: str, **words: Unpack[Words]
) -> Chart:
    """Draw a bar a row over the months: filled where on record, hatched or dotted where not.

    `x` names the row, `first` and `last` hold the months of a run, `state` its standing: `on
    record` is filled, `not on record` hatched, anything else dotted.
    """
    names, begins, ends, states = (shown(released, c) for c in (x, first, last, state))
    rows = list(dict.fromkeys(names))

    def paint(axes: Axes, narrow: bool) -> None:
        runs = [pd.PeriodIndex([pd.to_datetime(m, format="%B %Y") for m in column], freq="M")
                for column in (begins, ends)]  # fmt: skip
        months = pd.period_range(min(runs[0]), max(runs[1]), freq="M")
        style.row_axis(axes, rows, narrow=narrow, right=14, top=8)
        for name, begin, end, standing in zip(names, *runs, states, strict=True):
            fill, hatch = LOOKS.get(standing, ("white", "...."))
            left, right = months.get_loc(begin) - 0.5, months.get_loc(end) + 0.5
            axes.barh(rows.index(name), right - left, 0.62, left, facecolor=fill, hatch=hatch,
                      edgecolor=INK, linewidth=0.8)  # fmt: skip
        axes.set_xlim(-0.5, len(months) - 0.5)
        januaries = [i for i, m in enumerate(months) if m.month == 1]
        most = 3 if narrow else 8
        shown_at = januaries[:: 1 + len(januaries) // most] or [0]
        axes.set_xticks(shown_at, [f"{months[i].strftime('%b %Y')}" for i in shown_at])

    return finish(released, paint, **words, rows=rows, each=26)


def xmr(
    released: Released, *, x: str, y: str, centre: str, low: str, high: str, **words: Unpack[Words]
) -> Chart:
    """Draw a control chart: months, their average and limits; those outside are marked."""
    labels = shown(released, x)
    values, mean, lower, upper = (numbers(released, n) for n in (y, centre, low, high))

    def paint(axes: Axes, narrow: bool) -> None:
        below = style.category_axis(axes, labels, narrow=narrow)
        style.margins(axes, left=46, right=64, top=14, bottom=14 + 17 * below)
        places = np.arange(len(labels))
        axes.fill_between(places, lower, upper, color="#E8EEF3", linewidth=0, step="mid")
        axes.plot(places, mean, color=PALETTE[4], linewidth=1.5, linestyle=(0, (5, 2)))
        axes.plot(places, values, color=BLUE, linewidth=1.6, marker="o", markersize=4,
                  markeredgewidth=0)  # fmt: skip
        out = (values > upper) | (values < lower)
        axes.scatter(places[out], values[out], 81, PALETTE[2], marker="D", linewidth=0, zorder=3)
        axes.set_ylim(bottom=min(0.0, np.nanmin(lower, initial=0), np.nanmin(values, initial=0)))
        axes.margins(y=0.06)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        style.value_axis(axes, column_of(released, y).kind)
        ends = [
            (len(labels) - 1, line[-1], word, INK)
            for line, word in ((lower, "Low limit"), (mean, "Average"), (upper, "High limit"))
        ]
        _end_labels(
            axes, [(a, b, style.wrapped(c, 7), d) for a, b, c, d in ends], height=302 - 17 * below
        )

    key = [(column_of(released, y).heading, BLUE), ("Outside the limits", PALETTE[2])]
    return finish(released, paint, **words, key=key, values=[values])


def _end_labels(
    axes: Axes, ends: Sequence[tuple[float, float, str, str]], *, height: float
) -> None:
    """Name lines at their right end, each in its ink, pushed apart where they would meet."""
    low, high = axes.get_ylim()
    step = 16 * (high - low) / height
    last, below = float("-inf"), 0
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        lines = name.count("\n") + 1
        last = y = max(y, last + step * (lines + below) / 2)
        below = lines
        ink = colour if colour in DARK else INK
        style.write(axes, name, (x, y), (9, 0), va="center", color=ink, fontweight="bold")
