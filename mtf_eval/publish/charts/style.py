"""The house style of a picture: colours, sizes, axes, and small SVG that is the same every time.

Knows nothing of what is drawn. matplotlib's SVG is made small: a tenth of the page's weight
otherwise.
"""

from __future__ import annotations

import io
import math
import re
from calendar import month_name
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast
from weakref import WeakKeyDictionary
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from mtf_eval.analysis.results.tables import Column
from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import compact, need_released, texts
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import DARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes


INK, MUTED, GRID = "#0B0C0C", "#505A5F", "#DCDFE0"
WIDE, NARROW = 690, 340  # pixels; the narrow picture is for telephones
SIZE = 13  # of the text, in pixels
LINES = 6  # of a label
STYLE = Path(__file__).with_name("house.mplstyle")

Paint = Callable[["Axes", bool], None]
SVG = "{http://www.w3.org/2000/svg}"
KEPT_IDS = re.compile(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"")
DROPPED = {"stroke-linejoin", "stroke-miterlimit", "stroke-linecap", "font-family"}


class Words(TypedDict):
    """What every picture must say in words: its finding; what, where, when, unit; what is seen."""

    title: str
    subtitle: str
    alt: str


#: What lay on each picture that `plot` gave: anything more was drawn by hand.
_GIVEN: WeakKeyDictionary[Axes, tuple[int, ...]] = WeakKeyDictionary()


def _layers(axes: Axes) -> tuple[int, ...]:
    drawn: tuple[Any, ...] = (axes.lines, axes.collections, axes.patches, axes.images, axes.texts)
    return tuple(map(len, drawn))


@dataclass(frozen=True, kw_only=True, repr=False)
class Chart:
    """A picture of a released table, with everything a reader needs beside it.

    `released` is printed as the data under the picture; `title` is the finding, `subtitle` what,
    where, when and unit. `paint` draws on an Axes, for a wide or a narrow page of heights `tall`
    (pixels); `key` has label and colour of each series, in the order drawn. `own` takes the place
    of our picture; `blank` where no figure that would be drawn is shown.
    """

    released: Released
    title: str
    subtitle: str
    alt: str
    paint: Paint
    tall: tuple[float, float]
    key: tuple[tuple[str, str], ...] = ()
    own: Axes | None = None
    blank: bool = False

    @cached_property
    def wide(self) -> str:
        """The picture as SVG, `WIDE` pixels wide, without title or ids; empty without rows."""
        return self._svg(narrow=False)

    @cached_property
    def narrow(self) -> str:
        """The picture as SVG, `NARROW` pixels wide."""
        return self._svg(narrow=True)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture and return its Axes, to restyle or to put beside others."""
        with house_style(self._salt):
            ax = new_axes(WIDE, self.tall[0]) if ax is None else ax
            self.paint(ax, False)
        _GIVEN[ax] = _layers(ax)
        return ax

    def shown_as(self, ax: Axes) -> Chart:
        """Return the chart with an Axes in place of our picture; words and data stay.

        Raises `BadArgument`: under a rule that hides, for anything but a picture that `plot` gave,
        restyled: what is drawn from a frame has not been released.
        """
        drawn = ax.get_figure(root=True)
        if not self.released.rule.off and any(
            _GIVEN.get(each) != _layers(each) for each in (drawn.axes if drawn else [])
        ):
            raise BadArgument(
                f"{self.released.rule.name} rule: only a picture that `.plot()` gave may be shown, "
                "its words, axes and colours changed; what was drawn on it by hand was not released"
            )
        return replace(self, own=ax)

    def _repr_html_(self) -> str:
        return self.wide

    def __repr__(self) -> str:
        return f"{self.title} ({self.subtitle})"

    @property
    def _salt(self) -> str:
        return f"{self.released.table.name}/{self.title}/{self.subtitle}"

    def _svg(self, *, narrow: bool) -> str:
        if self.released.frame.empty:
            return ""
        width = NARROW if narrow else WIDE
        with house_style(f"{self._salt}/{width}"):
            axes = self.own
            if axes is None:
                axes = new_axes(width, self.tall[narrow])
                self.paint(axes, narrow)
                axes.set(xlabel="", ylabel="")
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            out = io.StringIO()
            room = None if self.own is None else "tight"  # for a title of one's own
            axes.figure.savefig(out, format="svg", metadata=nothing, bbox_inches=room)  # type: ignore[union-attr]
        return slim(out.getvalue(), size=SIZE, ink=INK)


def text_on(colour: str) -> str:
    """Return the text colour that reads on a palette colour."""
    return "#FFFFFF" if colour in DARK else "#000000"


def drawn(released: Released, *, total: bool = False) -> slice:
    """Rows that are drawn: all but the total, unless it is wanted."""
    return slice(None, -1) if released.table.total_row and not total else slice(None)


def numbers(released: Released, name: str, *, total: bool = False) -> NDArray[np.float64]:
    """Return a column's rows as floats, hidden cells as NaN."""
    column_of(released, name)
    values = released.frame[name].astype("Float64").to_numpy("float64", na_value=float("nan"))
    return cast("NDArray[np.float64]", values[drawn(released, total=total)])


def shown(released: Released, name: str, *, total: bool = False) -> list[str]:
    """Return a column's rows as the table prints them, symbols included."""
    column_of(released, name)
    return texts(released)[name][drawn(released, total=total)]


def column_of(released: Released, name: str) -> Column:
    """Return the marks of a column of the table."""
    for column in need_released(released).table.columns:
        if column.name == name:
            return column
    names = ", ".join(c.name for c in released.table.columns)
    raise BadArgument(f"table {released.table.name} has no column {name!r}; it has {names}")


def finish(
    released: Released,
    paint: Paint,
    *,
    height: float = 330,
    narrow_height: float | None = None,
    rows: Sequence[str] = (),
    each: float = 34,
    key: Sequence[tuple[str, str]] = (),
    values: Sequence[NDArray[np.float64]] = (),
    **words: Unpack[Words],
) -> Chart:
    """Return the picture, drawn when it is looked at, with its words.

    Heights are in pixels; for a picture of `rows` they follow from their names and the least that
    `each` takes. `values` is what is drawn, where all of it may be hidden.
    """
    need_released(released)
    if missing := [what for what, text in words.items() if not str(text).strip()]:
        raise BadArgument(f"chart of {released.table.name}: {', '.join(missing)} must be given")
    tall = [
        rows_height(rows, each, narrow=narrow) if rows else given
        for narrow, given in ((False, height), (True, narrow_height or height))
    ]
    return Chart(
        **words,
        released=released,
        paint=paint,
        tall=(tall[0], tall[1]),
        key=tuple(key),
        blank=len(values) > 0 and all(math.isnan(n) for column in values for n in column),
    )


@contextmanager
def house_style(salt: str) -> Iterator[None]:
    """Hold the house style while drawing; `salt` makes a picture's ids its own on the page."""
    import matplotlib as mpl

    house = mpl.rc_params_from_file(STYLE, use_default_template=False)
    own = {"backend": mpl.rcParams["backend"], "svg.hashsalt": salt}
    plain: dict[Any, Any] = {**mpl.rcParamsDefault, **house, **own}
    with mpl.rc_context(plain):
        yield


def new_axes(width: float, height: float) -> Axes:
    """Return an empty Axes that fills a figure of so many pixels."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    axes = figure.add_axes((0, 0, 1, 1), axes_class=_picture())
    axes.patch.set_visible(False)
    axes.tick_params(length=0, left=False, bottom=False, pad=6)
    return axes


@cache
def _picture() -> type[Axes]:
    """Make the Axes that a notebook's cell shows, as its figure is none of pyplot's."""
    from matplotlib.axes import Axes

    class Picture(Axes):
        def _repr_svg_(self) -> str:
            out = io.StringIO()
            self.figure.savefig(out, format="svg", bbox_inches="tight")  # type: ignore[union-attr]
            return out.getvalue()

    return Picture


def margins(axes: Axes, *, left: float, right: float, top: float, bottom: float) -> None:
    """Set the plot's margins in pixels."""
    figure = axes.get_figure()
    assert figure is not None
    width, height = figure.get_size_inches() * 72  # type: ignore[union-attr]
    axes.set_position(
        (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
    )


def value_axis(axes: Axes, kind: str, *, along: str = "y", most: int = 5) -> None:
    """Give the axis of values round numbers, a light grid and its unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if along == "y" else axes.xaxis
    axis.set_major_locator(
        MaxNLocator(most, integer=kind in ("people", "count"), steps=[1, 2, 2.5, 5, 10])
    )
    axis.set_major_formatter(
        FuncFormatter(lambda v, _: compact(v, kind, most=max(axis.get_view_interval())))
    )
    axes.grid(axis=along, color=GRID, linewidth=1)  # type: ignore[arg-type]


def category_axis(axes: Axes, labels: Sequence[str], *, narrow: bool) -> int:
    """Name the places along the bottom, horizontally; return how many lines the names take."""
    each = ((NARROW if narrow else WIDE) - 60) / max(len(labels), 1)
    months = [label.partition(" ")[0] for label in labels]
    years = [label.partition(" ")[2] for label in labels]
    places = list(range(len(labels)))
    monthly = all(m in month_name[1:] and y.isdigit() for m, y in zip(months, years, strict=True))
    if not monthly:
        texts = [wrapped(label, max(4, int(each / (SIZE * 0.58)))) for label in labels]
    else:
        if len(labels) > 24:
            places = [i for i, month in enumerate(months) if month == "January"]
            places = places[:: 1 + int(len(places) * 44 / (each * len(labels)))]
        else:
            places = places[:: 1 + int(SIZE * 2.4 / each)]
        texts, year = [], ""
        for place in places:
            texts.append(months[place][:3] + (f"\n{years[place]}" if years[place] != year else ""))
            year = years[place]
    axes.set_xticks(())
    under = axes.get_xaxis_transform()
    for place, text in zip(places, texts, strict=True):
        for n, line in enumerate(text.split("\n")):
            write(axes, line, (place, 0), (0, -18 - 16 * n), SIZE, ha="center", xycoords=under)
    return max((text.count("\n") + 1 for text in texts), default=1)


def row_axis(
    axes: Axes, labels: Sequence[str], *, narrow: bool, right: float, top: float = 4
) -> None:
    """Name the rows down the left side, the first on top, and set the margins to suit."""
    names = [wrapped(text, 15 if narrow else 32) for text in labels]
    margins(axes, left=room_for(names, 124 if narrow else 250), right=right, top=top, bottom=28)
    axes.set_yticks(())
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.spines["bottom"].set_visible(False)
    side: dict[str, Any] = {"ha": "right", "xycoords": axes.get_yaxis_transform()}
    for place, name in enumerate(names):
        lines = name.split("\n")
        for n, line in enumerate(lines):
            up = 7.5 * (len(lines) - 1) - 15 * n
            write(axes, line, (0, place), (-8, up), SIZE, va="center", **side)


def rows_height(labels: Sequence[str], least: float, *, narrow: bool) -> float:
    """Pixels that the rows of `row_axis` take, when each takes `least` or what its name needs."""
    most = max((wrapped(t, 15 if narrow else 32).count("\n") + 1 for t in labels), default=1)
    return 36 + max(least, 15 * most + 8) * max(len(labels), 2)


def write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    off: tuple[float, float],
    size: float = SIZE - 1,
    **look: Any,
) -> None:
    """Write beside a point, so many pixels off it."""
    axes.annotate(text, at, off, textcoords="offset points", fontsize=size, **look)


def gaps(axes: Axes, places: Sequence[float], symbols: Sequence[str], y: float) -> None:
    """Mark hidden values where they would stand; those that are close share one mark."""
    if len(places):
        at, look = (sum(places) / len(places), y), {"ha": "center", "va": "bottom", "color": MUTED}
        write(axes, symbols[0], at, (0, 2), SIZE - 3, **look)


def above(axes: Axes, x: float, y: float, text: str) -> None:
    """Print a value over its bar, under it when it is below zero."""
    side, off = ("bottom", 3) if y >= 0 else ("top", -3)
    write(axes, text, (x, y), (0, off), ha="center", va=side, color=INK)


def wrapped(label: str, width: int) -> str:
    """Break a label into at most `LINES` lines of `width` characters; the table has the rest."""
    return "\n".join(wrap(label, width, max_lines=LINES, placeholder=" \N{HORIZONTAL ELLIPSIS}"))


def room_for(labels: Sequence[str], most: float) -> float:
    """Pixels that the longest line of the labels takes, at most `most`."""
    longest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    return min(most, longest * SIZE * 0.56 + 12)


def slim(text: str, *, size: int, ink: str) -> str:
    """Return SVG without what a browser does not need: ids, metadata, clips, long numbers."""
    text = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.S
    )
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            drawn = {f"{SVG}path", f"{SVG}pattern"} & {c.tag for c in child}
            empty = child.tag == f"{SVG}defs" and not drawn
            if empty or child.tag in (f"{SVG}style", f"{SVG}clipPath"):
                parent.remove(child)
    for element in root.iter():
        _plain(element.attrib, element.tag == f"{SVG}text", str(size), ink)
    raw = ElementTree.tostring(root, encoding="unicode")
    used = {a or b for a, b in KEPT_IDS.findall(raw)}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    _unwrap(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    raw = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    raw = raw.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    return re.sub(r">\s+<", "><", raw.replace("xlink:href", "href"))


def _plain(attributes: dict[str, str], is_text: bool, size: str, ink: str) -> None:
    """Turn matplotlib's style strings into short attributes and round the numbers."""
    attributes.pop("clip-path", None)
    for part in attributes.pop("style", "").split(";"):
        name, _, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font-size":
            attributes[name] = value.removesuffix("px")
        elif name and name not in DROPPED:
            attributes[name] = value
    if attributes.get("font-size") == size:
        del attributes["font-size"]
    if is_text and attributes.get("fill", "").upper() == ink:
        del attributes["fill"]

    def short(number: re.Match[str]) -> str:
        return f"{float(number[0]):.1f}".rstrip("0").rstrip(".")

    for name in ("d", "x", "y", "transform", "points", "stroke-width"):
        if name in attributes:
            plain = attributes[name].replace("\n", "").strip()
            attributes[name] = re.sub(r"-?\d+\.\d+", short, plain)
    if is_text and re.match(r"rotate\(-?0 ", attributes.get("transform", "")):
        del attributes["transform"]


def _unwrap(element: ElementTree.Element) -> None:
    """Drop groups that say nothing."""
    children: list[ElementTree.Element] = []
    for child in list(element):
        _unwrap(child)
        if child.tag == f"{SVG}g" and not child.attrib:
            children.extend(child)
        else:
            children.append(child)
    element[:] = [c for c in children if c.tag not in (f"{SVG}g", f"{SVG}defs") or len(c)]
