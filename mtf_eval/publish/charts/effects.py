"""Pictures of effects: how a project was meant to work, intervals, it among its controls.

Take released tables whose estimates are already worked out; nothing is estimated here.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Unpack

import numpy as np

from mtf_eval.errors import BadArgument
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import INK, MUTED, Chart, Words, finish, numbers, shown
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


BLUE = PALETTE[0]
GAP, LINE, HEAD = 24, 16, 44  # pixels between boxes, of a line of text, above the first one


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
        axes.axvline(1, color=INK, linewidth=1.5)
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
            style.write(axes, text, (1, 1), (sign, 6), ha=side, color=MUTED,
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
        axes.axvline(1, color=INK, linewidth=1.5)
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
