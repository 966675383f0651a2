"""Pictures of counts: bars, bars beside each other, bars on their side, lines.

Take released tables only; nothing is added up, sorted or left out here, save the total row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtf_eval.publish.cells import need_released, words
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import MUTED, PALETTE, Chart, finish, numbers

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mtf_eval.publish.disclosure import Released

__all__ = ["bars", "grouped_bars", "hbars", "lines"]


def body(released: Released) -> slice:
    """Rows that are drawn: all but the total."""
    return slice(None, -1) if released.table.total_row else slice(None)


def labels_of(released: Released, name: str) -> list[str]:
    """Return the labels of the rows drawn, as the table prints them."""
    column = style.column_of(released, name)
    return words(released.frame[name], released.symbols[name], column)[body(released)]


def shown(released: Released, name: str) -> list[str]:
    """Return a column's values as the table prints them, symbols included."""
    column = style.column_of(released, name)
    return words(released.frame[name], released.symbols[name], column)[body(released)]


def series_key(released: Released, y: Sequence[str]) -> list[tuple[str, str]]:
    """Label and colour of each series; none for a single one."""
    if len(y) == 1:
        return []
    if len(y) > len(PALETTE):
        from mtf_eval.errors import BadArgument

        raise BadArgument(
            f"{len(y)} series in one picture: at most {len(PALETTE)} can be told apart"
        )
    return [(style.column_of(released, n).heading, c) for n, c in zip(y, PALETTE, strict=False)]


def short_months(labels: Sequence[str]) -> list[str]:
    """Shorten `January 2021` to `Jan`, with the year where it starts."""
    import calendar

    full = {m: m[:3] for m in calendar.month_name if m}
    out, year = [], ""
    for label in labels:
        month, _, this = label.partition(" ")
        if month not in full or not this.isdigit():
            return list(labels)
        out.append(full[month] + (f"\n{this}" if this != year else ""))
        year = this
    return out


def category_axis(axes: Axes, labels: Sequence[str], *, narrow: bool) -> int:
    """Name the places along the bottom, horizontally; return how many lines the names take."""
    short = short_months(labels)
    monthly = short != list(labels)
    room = (style.NARROW if narrow else style.WIDE) - 60
    each = room / max(len(labels), 1)
    if not monthly:
        width = max(4, int(each / (style.SIZE * 0.58)))
        short = [style.wrapped(text, width) for text in labels]
    step = 1
    while monthly and each * step < style.SIZE * 2.4:
        step += 1 if step < 3 else 3
    axes.set_xticks(range(0, len(short), step), short[::step])
    return max((text.count("\n") + 1 for text in short[::step]), default=1)


def bars(
    released: Released,
    *,
    x: str,
    y: Sequence[str] | str,
    title: str,
    subtitle: str,
    alt: str,
    stacked: bool = False,
) -> Chart:
    """Draw upright bars, one or several a row, beside or upon each other.

    Parameters
    ----------
    x, y
        Column that names the rows; column or columns that hold the values.
    stacked
        Whether several columns are parts of a whole and stand upon each other.

    Raises
    ------
    BadArgument
        For an unreleased table, unknown columns, or more series than can be told apart.
    """
    need_released(released)
    y = [y] if isinstance(y, str) else list(y)
    labels = labels_of(released, x)
    kind = style.column_of(released, y[0]).kind
    values = {name: numbers(released, name)[body(released)] for name in y}
    texts = {name: shown(released, name) for name in y}
    key = series_key(released, y)

    def paint(axes: Axes, narrow: bool) -> None:
        lines_below = category_axis(axes, labels, narrow=narrow)
        style.margins(axes, left=46, right=8, top=22, bottom=14 + 17 * lines_below)
        if stacked:
            _stack(axes, y, values, texts, narrow=narrow)
        else:
            _beside(axes, y, values, texts, narrow=narrow)
        axes.set_xlim(-0.6, len(labels) - 0.4)
        style.value_axis(axes, kind)

    return finish(released, paint, title=title, subtitle=subtitle, alt=alt, key=key)


def grouped_bars(
    released: Released,
    *,
    x: str,
    y: Sequence[str],
    title: str,
    subtitle: str,
    alt: str,
) -> Chart:
    """Draw bars of several columns beside each other; see `bars`."""
    return bars(released, x=x, y=y, title=title, subtitle=subtitle, alt=alt)


def _gap(axes: Axes, x: float, y: float, symbol: str, *, ha: str = "center") -> None:
    """Mark a hidden value where it would stand."""
    axes.text(
        x,
        y,
        symbol,
        ha=ha,
        va="bottom" if ha == "center" else "center",
        color=MUTED,
        fontsize=style.SIZE - 2,
    )


def _beside(
    axes: Axes,
    y: Sequence[str],
    values: dict[str, NDArray[np.float64]],
    texts: dict[str, list[str]],
    *,
    narrow: bool,
) -> None:
    import numpy as np

    width = 0.8 / len(y)
    count = len(values[y[0]])
    slot = ((style.NARROW if narrow else style.WIDE) - 60) / max(count, 1) * width
    for n, name in enumerate(y):
        places = np.arange(count) + (n - (len(y) - 1) / 2) * width
        axes.bar(places, np.nan_to_num(values[name]), width * 0.94, color=PALETTE[n])
        for place, value, text in zip(places, values[name], texts[name], strict=True):
            if np.isnan(value):
                _gap(axes, place, 0, text)
            elif len(text) * 7 <= slot + 4:
                axes.annotate(
                    text,
                    (place, value),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    fontsize=style.SIZE - 1,
                )


def _stack(
    axes: Axes,
    y: Sequence[str],
    values: dict[str, NDArray[np.float64]],
    texts: dict[str, list[str]],
    *,
    narrow: bool,
) -> None:
    import numpy as np

    count = len(values[y[0]])
    top = np.zeros(count)
    whole = np.nansum([values[n] for n in y], axis=0).max(initial=1)
    slot = ((style.NARROW if narrow else style.WIDE) - 60) / max(count, 1) * 0.72
    hidden = [[texts[n][i] for n in y if np.isnan(values[n][i])] for i in range(count)]
    for colour, name in zip(PALETTE, y, strict=False):
        part = np.nan_to_num(values[name])
        axes.bar(
            np.arange(count), part, 0.72, bottom=top, color=colour, edgecolor="#FFFFFF", linewidth=1
        )
        for place, (value, text) in enumerate(zip(part, texts[name], strict=True)):
            if value / whole > 0.07 and len(text) * 7 <= slot:
                axes.text(
                    place,
                    top[place] + value / 2,
                    text,
                    ha="center",
                    va="center",
                    color=style.text_on(colour),
                    fontsize=style.SIZE - 1,
                )
        top = top + part
    for place, symbols in enumerate(hidden):
        if symbols:
            _gap(axes, place, top[place] + whole * 0.01, symbols[0])


def hbars(
    released: Released,
    *,
    x: str,
    y: Sequence[str] | str,
    title: str,
    subtitle: str,
    alt: str,
) -> Chart:
    """Draw bars on their side, for names that are long; first row on top.

    Parameters
    ----------
    x, y
        Column that names the rows; column or columns that hold the values.
    """
    need_released(released)
    y = [y] if isinstance(y, str) else list(y)
    labels = labels_of(released, x)
    kind = style.column_of(released, y[0]).kind
    values = {name: numbers(released, name)[body(released)] for name in y}
    texts = {name: shown(released, name) for name in y}
    each = 16 + 17 * len(y)

    def paint(axes: Axes, narrow: bool) -> None:
        import numpy as np

        names = [style.wrapped(t, 17 if narrow else 34) for t in labels]
        left = style.room_for(names, 130 if narrow else 260)
        style.margins(axes, left=left, right=52, top=4, bottom=26)
        high = 0.8 / len(y)
        for n, name in enumerate(y):
            places = np.arange(len(labels)) + (n - (len(y) - 1) / 2) * high
            axes.barh(places, np.nan_to_num(values[name]), high * 0.92, color=PALETTE[n])
            for place, value, text in zip(places, values[name], texts[name], strict=True):
                if np.isnan(value):
                    axes.annotate(
                        text,
                        (0, place),
                        (4, 0),
                        textcoords="offset points",
                        va="center",
                        color=MUTED,
                        fontsize=style.SIZE - 1,
                    )
                else:
                    axes.annotate(
                        text,
                        (max(value, 0), place),
                        (4, 0),
                        va="center",
                        textcoords="offset points",
                        fontsize=style.SIZE - 1,
                    )
        axes.set_yticks(range(len(labels)), names)
        axes.set_ylim(len(labels) - 0.45, -0.55)
        axes.spines["left"].set_visible(True)
        axes.spines["bottom"].set_visible(False)
        style.value_axis(axes, kind, along="x", most=3 if narrow else 5)

    height = max(110, each * len(labels) + 34)
    return finish(
        released,
        paint,
        title=title,
        subtitle=subtitle,
        alt=alt,
        height=height,
        narrow_height=max(height, 42 * len(labels) + 34),
        key=series_key(released, y),
    )


def lines(
    released: Released,
    *,
    x: str,
    y: Sequence[str] | str,
    title: str,
    subtitle: str,
    alt: str,
) -> Chart:
    """Draw a line a column over months or years; a hidden value is a gap with its symbol.

    Parameters
    ----------
    x, y
        Column of months, quarters or years; column or columns that hold the values.
    """
    need_released(released)
    y = [y] if isinstance(y, str) else list(y)
    labels = labels_of(released, x)
    kind = style.column_of(released, y[0]).kind
    values = {name: numbers(released, name)[body(released)] for name in y}
    texts = {name: shown(released, name) for name in y}

    def paint(axes: Axes, narrow: bool) -> None:
        import numpy as np

        below = category_axis(axes, labels, narrow=narrow)
        style.margins(axes, left=50, right=14, top=12, bottom=14 + 17 * below)
        for n, name in enumerate(y):
            axes.plot(
                range(len(labels)),
                values[name],
                color=PALETTE[n],
                linewidth=2.5,
                linestyle=("-", (0, (5, 2)), (0, (1, 1.4)), "-.")[n % 4],
                marker="os^D"[n % 4] if len(labels) <= 24 else "",
                markersize=6,
            )
            for place in np.flatnonzero(np.isnan(values[name])):
                _gap(axes, place, 0, texts[name][place])
        axes.set_ylim(bottom=min(0, *(np.nanmin(v, initial=0) for v in values.values())))
        axes.margins(y=0.08)
        style.value_axis(axes, kind)

    return finish(
        released, paint, title=title, subtitle=subtitle, alt=alt, key=series_key(released, y)
    )
