"""Pictures of counts: bars, beside each other, on their side, on a scale of answers, on a map.

Take released tables only; nothing is added up, sorted or left out here, save the total row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import compact
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import MUTED, Chart, Words, finish, numbers, shown
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class _Series:
    """What bars show: the rows' names, each series' values and how they are printed, their kind."""

    labels: list[str]
    values: dict[str, NDArray[np.float64]]
    texts: dict[str, list[str]]
    kind: str
    key: list[tuple[str, str]]

    @classmethod
    def of(cls, released: Released, x: str, y: Sequence[str] | str) -> _Series:
        names = [y] if isinstance(y, str) else list(y)
        if len(names) > len(PALETTE):
            raise BadArgument(
                f"{len(names)} series in one picture: at most {len(PALETTE)} can be told apart"
            )
        values, texts = ({n: read(released, n) for n in names} for read in (numbers, shown))
        told = [style.column_of(released, n) for n in names]
        key = [(c.heading, colour) for c, colour in zip(told, PALETTE, strict=False)]
        labels = shown(released, x)
        return cls(labels, values, texts, told[0].kind, key if len(key) > 1 else [])  # type: ignore[arg-type]

    def bars(self, axes: Axes, *, along: str, gap: float) -> None:
        """Draw the series beside each other, `along` x or y; a hidden value as nought."""
        draw = axes.bar if along == "y" else axes.barh
        width = 0.8 / len(self.values)
        places = np.arange(len(self.labels)) - 0.4 + width / 2
        for n, (values, colour) in enumerate(zip(self.values.values(), PALETTE, strict=False)):
            draw(places + n * width, np.nan_to_num(values), width * (1 - gap), color=colour)

    def stack(self, axes: Axes, *, along: str, width: float) -> None:
        """Draw the series end to end."""
        ends = np.zeros(len(self.labels))
        draw = axes.bar if along == "y" else axes.barh
        for values, colour in zip(self.values.values(), PALETTE, strict=False):
            part = np.nan_to_num(values)
            draw(
                range(len(part)), part, width, ends, color=colour, edgecolor="#FFFFFF", linewidth=1
            )
            ends = ends + part

    def slot(self, narrow: bool) -> float:
        """Pixels that a row has along the bottom."""
        return ((style.NARROW if narrow else style.WIDE) - 60) / max(len(self.labels), 1)

    def hidden(self, place: int) -> list[str]:
        """Names of the series of which a row shows no value."""
        return [n for n, values in self.values.items() if np.isnan(values[place])]


def bars(
    released: Released,
    *,
    x: str,
    y: Sequence[str] | str,
    stacked: bool = False,
    **words: Unpack[Words],
) -> Chart:
    """Draw upright bars, one or several a row, beside or upon each other."""
    of = _Series.of(released, x, y)
    values, texts = of.values, of.texts

    def beside(axes: Axes, narrow: bool) -> None:
        of.bars(axes, along="y", gap=0.06)
        width = 0.8 / len(values)
        slot = of.slot(narrow) * width
        longest = max((len(text) for column in texts.values() for text in column), default=0)
        for place in range(len(of.labels)):
            at = {n: place + (i - (len(values) - 1) / 2) * width for i, n in enumerate(values)}
            hidden = of.hidden(place)
            for group in [[n] for n in hidden] if slot >= 17 else [hidden]:
                style.gaps(axes, [at[n] for n in group], [texts[n][place] for n in group], 0)
            for n in values:
                if n not in hidden and longest * 7 <= slot + 4:
                    style.above(axes, at[n], values[n][place], texts[n][place])

    def upon(axes: Axes, narrow: bool) -> None:
        top = np.zeros(len(of.labels))
        whole = np.nansum([*values.values()], axis=0).max(initial=1)
        of.stack(axes, along="y", width=0.72)
        for colour, name in zip(PALETTE, values, strict=False):
            part = np.nan_to_num(values[name])
            for place, (value, text) in enumerate(zip(part, texts[name], strict=True)):
                if value / whole > 0.07 and len(text) * 7 <= of.slot(narrow) * 0.72:
                    axes.text(place, top[place] + value / 2, text, ha="center", va="center",
                              color=style.text_on(colour), fontsize=style.SIZE - 1)  # fmt: skip
            top = top + part
        for place in range(len(of.labels)):
            symbols = [texts[n][place] for n in of.hidden(place)]
            style.gaps(axes, [place] if symbols else [], symbols, top[place])

    def paint(axes: Axes, narrow: bool) -> None:
        lines_below = style.category_axis(axes, of.labels, narrow=narrow)
        style.margins(axes, left=46, right=8, top=22, bottom=14 + 17 * lines_below)
        (upon if stacked else beside)(axes, narrow)
        axes.set_xlim(-0.6, len(of.labels) - 0.4)
        style.value_axis(axes, of.kind)

    return finish(released, paint, **words, key=of.key, values=[*values.values()])


def hbars(
    released: Released,
    *,
    x: str,
    y: Sequence[str] | str,
    stacked: bool = False,
    **words: Unpack[Words],
) -> Chart:
    """Draw bars on their side, for names that are long; first row on top."""
    of = _Series.of(released, x, y)
    values, texts, labels = of.values, of.texts, of.labels

    def end_to_end(axes: Axes, narrow: bool) -> None:
        of.stack(axes, along="x", width=0.66)
        style.row_axis(axes, labels, narrow=narrow, right=60, top=4)
        for place in range(len(labels)):
            parts = np.array([values[n][place] for n in values])
            hidden = of.hidden(place)
            whole = texts[hidden[0]][place] if hidden else compact(float(parts.sum()), of.kind)
            style.write(axes, whole, (float(np.nansum(parts)), place), (5, 0), va="center")

    def beside(axes: Axes, narrow: bool) -> None:
        of.bars(axes, along="x", gap=0.08)
        style.row_axis(axes, labels, narrow=narrow, right=52, top=4)
        for n, name in enumerate(values):
            places = np.arange(len(labels)) + (n - (len(values) - 1) / 2) * (0.8 / len(values))
            for place, value, text in zip(places, values[name], texts[name], strict=True):
                end, ink = (0, MUTED) if np.isnan(value) else (max(value, 0), style.INK)
                style.write(axes, text, (end, place), (4, 0), va="center", color=ink)

    def paint(axes: Axes, narrow: bool) -> None:
        (end_to_end if stacked and len(values) > 1 else beside)(axes, narrow)
        axes.spines["left"].set_visible(True)
        style.value_axis(axes, of.kind, along="x", most=3 if narrow else 5)

    each = 16 + 17 * (1 if stacked else len(values))
    drawn = [*values.values()]
    return finish(released, paint, **words, rows=labels, each=each, key=of.key, values=drawn)


def diverging(released: Released, *, x: str, y: Sequence[str], **words: Unpack[Words]) -> Chart:
    """Draw answers on a scale as bars that lean from unfavourable to favourable.

    `x`: questions or waves; `y`: answers from unfavourable to favourable, of which the middle one
    of an odd number stands astride the centre line.
    """
    if not 2 <= len(y) <= 5:
        raise BadArgument(f"{len(y)} answers on a scale: two to five can be told apart")
    labels = shown(released, x)
    middle = ["#BFC7CC"] if len(y) % 2 else []
    side = len(y) // 2
    colours = ["#801650", "#C988A9"][:side] + middle + ["#6BACE6", "#12436D"][2 - side :]
    key = [(style.column_of(released, n).heading, c) for n, c in zip(y, colours, strict=True)]

    def paint(axes: Axes, narrow: bool) -> None:
        counts = np.array([numbers(released, n) for n in y])
        part = np.nan_to_num(counts) / np.maximum(np.nansum(counts, axis=0), 1e-9)
        left = first = -part[:side].sum(axis=0) - (part[side] / 2 if middle else 0)
        style.row_axis(axes, labels, narrow=narrow, right=20, top=4)
        wide = (style.NARROW - 140 if narrow else style.WIDE - 280) / 2
        for row, (name, colour) in enumerate(zip(y, colours, strict=True)):
            axes.barh(range(len(labels)), part[row], 0.7, left=left, color=colour,
                      edgecolor="white")  # fmt: skip
            for place, share in enumerate(part[row]):
                hidden = np.isnan(counts[row][place])
                text = shown(released, name)[place] if hidden else f"{share * 100:.0f}%"
                if hidden or share * wide > 30:
                    axes.text(left[place] + share / 2, place, text, ha="center", va="center",
                              color=style.text_on(colour), fontsize=style.SIZE - 2)  # fmt: skip
            left = left + part[row]
        axes.axvline(0, color=style.INK, linewidth=1.5, zorder=0.5)
        reach = np.ceil(4 * max(-first.min(initial=0), left.max(initial=0), 0.25)) / 4
        axes.set_xlim(-reach, reach)
        ticks = np.array([-1, 0, 1] if narrow else [-1, -0.5, 0, 0.5, 1]) * reach
        axes.set_xticks(ticks, [f"{abs(t) * 100:.3g}%" for t in ticks])
        axes.grid(axis="x", color=style.GRID)

    return finish(released, paint, **words, key=key, rows=labels, each=44)


def heatmap(released: Released, *, y: str, x: Sequence[str], **words: Unpack[Words]) -> Chart:
    """Draw counts as a grid, the darker the more; it lies down on a wide page."""
    held = [numbers(released, n) for n in x]
    rows = shown(released, y)

    def paint(axes: Axes, narrow: bool) -> None:
        import seaborn as sns
        from matplotlib.colors import LinearSegmentedColormap
        from seaborn.utils import relative_luminance

        grid = pd.DataFrame(np.array(held).T, index=[r[:2] for r in rows], columns=list(x))
        grid = grid if narrow else grid.T
        style.margins(axes, left=44, right=4, top=4, bottom=26)
        colours = LinearSegmentedColormap.from_list("blues", ["#F4F8FB", "#2073BC", PALETTE[0]])
        texts = grid.round().map(lambda n: f"{n:,.0f}" if n else "")
        sns.heatmap(grid, ax=axes, cmap=colours, vmin=0, cbar=False, linewidths=1, annot=texts,
                    fmt="", annot_kws={"fontsize": style.SIZE - 2}, xticklabels=1,
                    yticklabels=1)  # fmt: skip
        for text, fill in zip(axes.texts, axes.collections[0].get_facecolor(), strict=True):
            text.set_color("white" if relative_luminance(fill) < 0.18 else style.INK)
        axes.tick_params(axis="both", labelrotation=0)

    return finish(
        released, paint, **words, height=30 + 30 * len(x), narrow_height=30 + 19 * len(rows),
        values=held,
    )  # fmt: skip


def hexmap(
    released: Released,
    *,
    x: str,
    y: str,
    value: str,
    beside: Released | None = None,
    outlines: Sequence[tuple[Sequence[float], Sequence[float]]] = (),
    names: Mapping[str, tuple[float, float]] | None = None,
    **words: Unpack[Words],
) -> Chart:
    """Draw counts on a map of hexagons; the darker the more, the most marked with its number.

    `x`, `y`: degrees east and north of published, anonymised map points; `beside`: another table of
    the same points on the same scale; `outlines`: boundaries to draw over it, each as longitudes
    and latitudes; `names`: areas to name, each with its place.
    """
    other = None if beside is None else numbers(beside, value)
    east, north, count = (numbers(released, n) for n in (x, y, value))

    def paint(axes: Axes, narrow: bool) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        held = ~np.isnan(count)
        shrink = np.cos(np.radians(north[held].mean()))
        style.margins(axes, left=8, right=8, top=8, bottom=8)
        colours = LinearSegmentedColormap.from_list("blues", ["#C9DDF0", "#2073BC", PALETTE[0]])
        summed = partial(axes.hexbin, east[held] * shrink, north[held], reduce_C_function=np.sum,
                         gridsize=14 if narrow else 24)  # fmt: skip
        cells = summed(C=count[held], cmap=colours, linewidths=0.5, edgecolors="white")
        if other is not None and len(other) == len(count):
            second = summed(C=np.nan_to_num(other[held]))
            sums = [np.asarray(c.get_array(), dtype=float) for c in (cells, second)]
            most = max(1.0, *(float(s.max()) for s in sums))
            second.remove()
            cells.set_clim(0, most)
        for longitudes, latitudes in outlines:
            axes.plot(np.asarray(longitudes) * shrink, latitudes, color=style.INK, linewidth=1.2)
        plate = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.8}
        for name, (longitude, latitude) in (names or {}).items():
            text, place = style.wrapped(name, 7 if narrow else 12), (longitude * shrink, latitude)
            style.write(axes, text, place, (0, 0), ha="center", va="center", bbox=plate)
        axes.set_aspect("equal", adjustable="datalim")
        held_in, places = np.asarray(cells.get_array()), cells.get_offsets()
        top = int(held_in.argmax())
        where = np.asarray(places)[top]
        style.write(axes, f"{held_in[top]:,.0f}", (where[0], where[1]), (0, 12), style.SIZE,
                    ha="center", fontweight="bold")  # fmt: skip
        axes.axis("off")

    return finish(released, paint, **words, height=440, narrow_height=340)


def rolemap(
    released: Released,
    *,
    outlines: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]],
    key: Mapping[str, str],
    **words: Unpack[Words],
) -> Chart:
    """Draw areas filled by their role, on the outlines of those around them."""
    fills = dict(zip(key, (PALETTE[0], PALETTE[1], "#C8CDD0"), strict=False))

    def paint(axes: Axes, narrow: bool) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        style.margins(axes, left=4, right=4, top=4, bottom=4)
        north = [y for rings in outlines.values() for _, ys in rings for y in ys]
        shrink = np.cos(np.radians(np.mean(north)))
        for role, rings in outlines.items():
            path = Path.make_compound_path(
                *(Path(np.column_stack([np.asarray(x) * shrink, y]), closed=True) for x, y in rings)
            )
            fill, edge = fills.get(role, "none"), "#FFFFFF" if role in fills else MUTED
            axes.add_patch(PathPatch(path, facecolor=fill, edgecolor=edge, linewidth=0.5))
        axes.autoscale_view()
        axes.set_aspect("equal", adjustable="datalim")
        axes.axis("off")

    shown_roles = [(key[role], fills[role]) for role in key if role in outlines]
    return finish(released, paint, **words, height=300, narrow_height=220, key=shown_roles)
