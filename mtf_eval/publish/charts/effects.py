"""Pictures of effects and over time: how a project was meant to work, intervals, its controls.

Over time a series stands against what was expected; beside it a control chart, and what is on
record. Takes released tables whose estimates, averages and limits are already worked out; nothing
is estimated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from mtf_eval.errors import BadArgument
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import Chart, Words, column_of, finish, numbers, shown
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import DARK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


GAP, LINE, HEAD = 24, 16, 44  # pixels between boxes, of a line of text, above the first one
BLUE, ORANGE = PALETTE[0], PALETTE[3]
LOOKS = {"on record": (BLUE, ""), "not on record": ("white", "////")}


def forest(released: Released, *, x: str, **words: Unpack[Words]) -> Chart:
    """Draw `estimate`, `low` and `high` of ratios under each other; the total row is a diamond."""
    labels = shown(released, x, total=True)
    columns = ("estimate", "low", "high")
    middle, lower, upper = (numbers(released, c, total=True) for c in columns)
    texts = zip(*(shown(released, c, total=True) for c in columns), strict=True)
    said = [f"{m}\n({lo} to {hi})" for m, lo, hi in texts]

    def paint(axes: Axes, narrow: bool) -> None:
        style.row_axis(axes, labels, narrow=narrow, right=102 if narrow else 118, top=22)
        ends = np.concatenate([middle, lower, upper, [1.0]])
        ends = ends[np.isfinite(ends) & (ends > 0)]
        first, last = ends.min() / 1.12, ends.max() * 1.12
        axes.set_xscale("log")
        _ratio_axis(axes, first, last, most=4 if narrow else 7)
        axes.set_xlim(first, last)
        axes.axvline(1, color=style.INK, linewidth=1.5)
        for place in range(len(labels)):
            whole = released.table.total_row and place == len(labels) - 1
            colour = PALETTE[2] if whole else BLUE
            if np.isnan(middle[place]):
                said[place] = said[place].split("\n")[0]
            else:
                a, b = np.clip([lower[place], upper[place]], first, last)
                axes.plot([a, b], [place, place], color=colour, linewidth=2.5)
                axes.plot(middle[place], place, "D" if whole else "s", color=colour, markersize=9)
                for end, arrow in ((lower[place], "<"), (upper[place], ">")):
                    if not np.isfinite(end) or end <= 0:
                        axes.plot(last if arrow == ">" else first, place, arrow, color=colour)
            style.write(axes, said[place], (1, place), (8, 0), va="center",
                        xycoords=axes.get_yaxis_transform())  # fmt: skip
        axes.grid(axis="y", visible=False)
        for text, side, sign in (("\u2190 Fewer", "right", -6), ("More \u2192", "left", 6)):
            style.write(axes, text, (1, 1), (sign, 6), ha=side, color=style.MUTED,
                        xycoords=axes.get_xaxis_transform())  # fmt: skip

    return finish(released, paint, **words, rows=labels, each=46)


def dots(released: Released, *, x: str, y: str, project: str, **words: Unpack[Words]) -> Chart:
    """Draw a dot an area and the project's own among them."""
    labels, values = shown(released, x), numbers(released, y)
    if project not in labels:
        raise BadArgument(f"table {released.table.name}: no row {project!r} in {x}")

    def paint(axes: Axes, narrow: bool) -> None:
        style.margins(axes, left=14, right=14, top=20, bottom=30)
        held = np.isfinite(values) & (values > 0)
        scale = np.log(values[held])
        names = np.array(labels, dtype=object)[held]
        first, last = min(scale.min(), 0.0), max(scale.max(), 0.0)
        pad = 0.04 * ((last - first) or 1)
        first, last = first - pad, last + pad
        plot = (style.NARROW if narrow else style.WIDE) - 28
        size = 6 if narrow else 10
        column = np.floor((scale - first) / (last - first) * plot / (size + 1)).astype(int)
        stack: dict[int, int] = {}
        heights = np.zeros(len(scale))
        for position in np.argsort(names == project, kind="stable")[::-1]:
            heights[position] = stack.get(column[position], 0)
            stack[column[position]] = stack.get(column[position], 0) + 1
        places = first + (column + 0.5) * (size + 1) / plot * (last - first)
        own = names == project
        axes.set_xscale("log")
        _ratio_axis(axes, np.exp(first), np.exp(last), most=4 if narrow else 7)
        axes.set_xlim(np.exp(first), np.exp(last))
        tall = max(stack.values())
        room = 150 / (size + 1)
        axes.set_ylim(-0.6, max(room, tall))
        axes.axvline(1, color=style.INK, linewidth=1.5)
        axes.scatter(np.exp(places[~own]), heights[~own], size**2, "#8A9BA8", linewidth=0)
        axes.scatter(np.exp(places[own]), heights[own], (size + 3) ** 2, PALETTE[2], marker="D",
                     edgecolor="white", linewidth=1)  # fmt: skip
        side = "left" if places[own][0] < (first + last) / 2 else "right"
        arrow = {"arrowstyle": "-", "color": PALETTE[2], "relpos": (side == "right", 0)}
        style.write(axes, project, (float(np.exp(places[own])[0]), heights[own][0]), (0, 130),
                    style.SIZE, ha=side, fontweight="bold", color=PALETTE[2],
                    arrowprops=arrow)  # fmt: skip
        axes.set_yticks([])

    return finish(released, paint, **words, height=202)


def _ratio_axis(axes: Axes, low: float, high: float, *, most: int) -> None:
    """Give a log axis along the bottom round ratios that a reader knows."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    known = (1, 0.5, 2, 0.2, 5, 0.1, 10, 0.8, 1.25, 0.67, 1.5, 0.33, 3, 0.05, 20, 0.02, 50)
    inside = sorted([v for v in known if low <= v <= high][:most])
    axes.xaxis.set_major_locator(FixedLocator(inside))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axes.grid(axis="x", color=style.GRID, linewidth=1)


def chain(released: Released, *, x: str, y: str, **words: Unpack[Words]) -> Chart:
    """Draw a box for each row, in order, with an arrow to the next one; on a phone one below it."""
    names, texts = shown(released, x), shown(released, y)
    across = (style.WIDE - GAP * (len(names) - 1)) / len(names)
    wrapped = [
        [
            [line for item in text.split("; ") for line in wrap(f"• {item}", letters)]
            for text in texts
        ]
        for letters in (int(across / 7), 44)
    ]
    deep = [HEAD + LINE * max(map(len, wrapped[0]))] * len(names)
    down = [HEAD + LINE * len(lines) for lines in wrapped[1]]

    def paint(axes: Axes, narrow: bool) -> None:
        from matplotlib.patches import Rectangle

        style.margins(axes, left=0, right=0, top=0, bottom=0)
        axes.set_xlim(0, style.NARROW if narrow else style.WIDE)
        axes.set_ylim(sum(down) + GAP * (len(down) - 1) if narrow else deep[0], 0)
        axes.axis("off")
        left = top = 0.0
        for place, (name, lines) in enumerate(zip(names, wrapped[narrow], strict=True)):
            width, height = (style.NARROW, down[place]) if narrow else (across, deep[place])
            corner = (left + 1, top + 1)
            box = Rectangle(corner, width - 2, height - 2, fc="#F3F2F1", ec=PALETTE[0])
            axes.add_patch(box)
            axes.text(left + 8, top + 20, name, fontweight="bold", color=PALETTE[0])
            for n, line in enumerate(lines):
                axes.text(left + 8, top + HEAD + LINE * n, line, fontsize=style.SIZE - 1)
            end = (width / 2, top + height) if narrow else (left + width, 30)
            left, top = (0.0, top + height + GAP) if narrow else (left + width + GAP, 0.0)
            if place < len(names) - 1:
                tip = (width / 2, top) if narrow else (left, 30)
                axes.annotate("", tip, end, arrowprops={"arrowstyle": "->", "color": style.INK})

    tall = sum(down) + GAP * (len(down) - 1)
    return finish(released, paint, **words, height=deep[0], narrow_height=tall)


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
            axes.axvspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=style.MUTED,
                         hatch="////", linewidth=0)  # fmt: skip
        axes.set_ylim(bottom=min(0.0, *(np.nanmin(v, initial=0) for v in values.values())))
        axes.margins(y=0.06)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        if start is not None:
            at = labels.index(start) - 0.5
            axes.axvline(at, color=style.INK, linewidth=1.5)
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
                      edgecolor=style.INK, linewidth=0.8)  # fmt: skip
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
            (len(labels) - 1, line[-1], word, style.INK)
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
        ink = colour if colour in DARK else style.INK
        style.write(axes, name, (x, y), (9, 0), va="center", color=ink, fontweight="bold")
