"""Charts: what is drawn is what was released, the same every time, small and without ids."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import made_up
import numpy as np
import pandas as pd
import pytest
from made_up import WORDS, counts, disclosure, label, money, months, number, people, table, themes
from matplotlib.colors import to_rgb

from mtf_eval.analysis.results.tables import Column
from mtf_eval.errors import BadArgument
from mtf_eval.publish import charts
from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.look import PALETTE

COUNT = Column(name="n", heading="Recorded", kind="count")
TITLE = {"title": "A finding", **WORDS}


def texts(svg: str) -> list[str]:
    return [
        "".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")
    ]


def both(chart: Chart) -> list[str]:
    return [chart.wide, chart.narrow]


def bars_of(svg: str, colour: str) -> list[float]:
    """Heights of the bars in a colour, read from the paths drawn."""
    heights = []
    for element in ElementTree.fromstring(svg).iter():
        if element.get("d") and element.get("fill", "").upper() == colour.upper():
            ys = [float(y) for _, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", element.get("d", ""))]
            heights.append(max(ys) - min(ys))
    return heights


def forest_table():  # type: ignore[no-untyped-def]
    frame = pd.DataFrame(
        {
            "project": ["A", "B", "Cannot say", "Together"],
            "estimate": [0.5, 1.2, np.nan, 0.8],
            "low": [0.25, 0.9, np.nan, 0.7],
            "high": [1.0, np.inf, np.nan, 0.9],
        }
    )
    marks = (label("project"), number("estimate"), number("low"), number("high"))
    return table("forest", frame, *marks, total_row=True)


def every_kind() -> dict[str, Chart]:
    out = disclosure()
    month = pd.date_range("2019-01-01", periods=30, freq="MS")
    line = pd.DataFrame({"month": month, "n": counts(*range(30)), "c": 12.0, "lo": 2.0, "hi": 25.0})
    limits = (number("c"), number("lo"), number("hi"))
    over = out(table("over", line, label("month"), COUNT, *limits))
    pounds = pd.DataFrame({"s": ["Cost", "Saved", "Net"], "v": [-50.0, 80.0, 30.0]})
    flow = out(table("flow", pounds, label("s"), money("v"), total_row=True))
    year = pd.DataFrame(
        {"y": ["2021", "2022", "2023"], "v": [-5e4, -1e4, 2e4], "lo": -6e4, "hi": 5e4}
    )
    running = out(table("running", year, label("y"), money("v"), money("lo"), money("hi")))
    ends = pd.DataFrame({"lo": [-10.0, 0.0, 10.0], "hi": [0.0, 10.0, 20.0], "n": counts(1, 5, 4)})
    bands = out(table("bands", ends, money("lo"), money("hi"), COUNT))
    areas = pd.DataFrame({"area": [f"E{i}" for i in range(40)], "rr": np.linspace(0.6, 1.6, 40)})
    answers = pd.DataFrame({"q": ["Safe?", "Known?"], "no": [10.0, 5.0], "so": 20.0, "yes": 30.0})
    scale = out(table("scale", answers, label("q"), number("no"), number("so"), number("yes")))
    spots = pd.DataFrame(
        {"i": ["a", "b"], "lon": [1.4, 1.41], "lat": [51.3, 51.4], "n": counts(3, 9)}
    )
    where = out(table("spots", spots, label("i"), number("lon"), number("lat"), COUNT))
    by_month = out(months())
    pair = ["accepted", "rejected"]
    spread = out(table("areas", areas, label("area"), number("rr")))
    band = {"low": "lo", "high": "hi"}
    drawn = {
        "bars": charts.bars(by_month, x="month", y=pair, stacked=True, **TITLE),
        "hbars": charts.hbars(out(themes()), x="theme", y="n", **TITLE),
        "forest": charts.forest(out(forest_table()), x="project", **TITLE),
        "dots": charts.dots(spread, x="area", y="rr", project="E0", **TITLE),
        "xmr": charts.xmr(over, x="month", y="n", centre="c", **band, **TITLE),
        "diverging": charts.diverging(scale, x="q", y=["no", "so", "yes"], **TITLE),
        "heatmap": charts.heatmap(scale, y="q", x=["no", "so", "yes"], **TITLE),
        "hexmap": charts.hexmap(where, x="lon", y="lat", value="n", **TITLE),
        "rolemap": charts.rolemap(
            where,
            outlines={"target": [([1.0, 1.1, 1.1], [51.3, 51.3, 51.4])]},
            key={"target": "The project"},
            **TITLE,
        ),
        "chain": charts.chain(out(themes()), x="theme", y="theme", **TITLE),
        "waterfall": charts.waterfall(flow, x="s", y="v", **TITLE),
        "tornado": charts.tornado(running, x="y", base=1e4, threshold=0, **band, **TITLE),
        "cumulative": charts.cumulative(running, x="y", y="v", paid=2, **TITLE),
        "histogram": charts.histogram(bands, y="n", marks={"P5": 2.0}, **band, **TITLE),
    }
    runs = pd.DataFrame(
        {
            "area": ["A", "A", "B"],
            "first": pd.to_datetime(["2021-01-01", "2021-05-01", "2021-01-01"]),
            "last": pd.to_datetime(["2021-04-01", "2021-08-01", "2021-08-01"]),
            "state": ["on record", "not on record", "on record"],
        }
    )
    marks = (label(n) for n in ("area", "first", "last", "state"))
    kept = out(table("kept", runs, *marks))
    drawn["strip"] = charts.strip(
        kept, x="area", first="first", last="last", state="state", **TITLE
    )
    start = {"counterfactual": "c", "start": "January 2021"}
    drawn["series"] = charts.series(over, x="month", observed="n", **start, **band, **TITLE)
    return drawn


@pytest.fixture(scope="module")
def kinds() -> dict[str, Chart]:
    return every_kind()


def test_every_kind_is_there(kinds: dict[str, Chart]) -> None:
    assert sorted([*kinds, "Chart"]) == sorted(charts.__all__)


def test_numbers_of_a_grid_can_be_read_on_their_fill(kinds: dict[str, Chart]) -> None:
    axes = kinds["heatmap"].plot()
    fills = axes.collections[0].get_facecolor()
    assert [t.get_text() for t in axes.texts] == ["10", "5", "20", "20", "30", "30"]
    for text, fill in zip(axes.texts, fills, strict=True):
        lights = []
        for colour in (to_rgb(text.get_color()), fill[:3]):
            linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
            lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
        assert max(lights) / min(lights) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("kind", sorted(set(charts.__all__) - {"Chart"}))
def test_small_plain_svg(kinds: dict[str, Chart], kind: str) -> None:
    for svg in both(kinds[kind]):
        assert len(svg) < 16_000
        root = ElementTree.fromstring(svg)
        box = [float(v) for v in root.get("viewBox", "").split()]
        assert box[2] in (690, 340)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert all(f"#{own}" in svg for own in ids)
        for words in (
            "metadata",
            "clip-path",
            "<style",
            "font-family",
            "rotate(",
            "matplotlib",
            "20T",
        ):
            assert words not in svg
        # Nothing is written outside the picture.
        for element in root.iter():
            if element.tag.endswith("text") and element.get("x"):
                assert -1 <= float(element.get("x", "0")) <= box[2] + 1
                assert 0 <= float(element.get("y", "0")) <= box[3]


def test_the_same_every_time(kinds: dict[str, Chart]) -> None:
    again = every_kind()
    for kind, chart in kinds.items():
        assert both(chart) == both(again[kind]), kind


@pytest.mark.parametrize("thing", [months(), months().frame, None, 3])
def test_only_released_tables_are_drawn(thing: object) -> None:
    with pytest.raises(BadArgument, match="Release it first"):
        charts.bars(thing, x="month", y="accepted", **TITLE)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", ["title", "subtitle", "alt"])
def test_words_are_mandatory(missing: str) -> None:
    words = {**TITLE, missing: " "}
    with pytest.raises(BadArgument, match=missing):
        charts.bars(disclosure()(months()), x="month", y="accepted", **words)


def test_unknown_column_names_those_there_are() -> None:
    with pytest.raises(BadArgument, match="month, accepted, rejected"):
        charts.bars(disclosure()(months()), x="month", y="receivd", **TITLE)


def test_bars_are_as_high_as_their_numbers() -> None:
    chart = charts.bars(
        disclosure()(months()), x="month", y=["accepted", "rejected"], stacked=True, **TITLE
    )
    heights = bars_of(chart.wide, PALETTE[0])
    expected = [12, 4, 18, 14, 9, 13, 20, 7, 11, 2, 11, 12]
    ratio = np.array(heights) / np.array(expected)
    assert ratio == pytest.approx(np.full(12, ratio[0]), rel=0.02)
    drawn = texts(chart.wide)
    assert [t for t in drawn if t[:3] in ("Jan", "Feb", "Dec")] == ["Jan", "Feb", "Dec"]
    assert "2021" in drawn


def test_hidden_cells_are_gaps_with_their_symbol() -> None:
    released = disclosure("local")(months())
    hidden = int((released.symbols == "[c]").to_numpy().sum())
    assert hidden == 5  # 4 in February, 3 in May, 2 and 4 in October, 0 in December
    chart = charts.bars(released, x="month", y=["accepted", "rejected"], **TITLE)
    marks = texts(chart.wide).count("[c]")
    assert 0 < marks <= hidden
    drawn = bars_of(chart.wide, PALETTE[0])
    secret = made_up.months().frame["accepted"].astype(float).to_numpy()
    shown = released.frame["accepted"].notna().to_numpy()
    positive = [h for h in drawn if h > 0.5]
    assert len(positive) == int(shown.sum())
    scale = positive[0] / secret[shown][0]
    for small in secret[~shown]:
        assert not any(abs(h - small * scale) < 0.4 for h in positive) or small in secret[shown]


def test_the_total_row_is_not_a_bar() -> None:
    chart = charts.hbars(disclosure()(themes()), x="theme", y="n", **TITLE)
    assert "1,234" in texts(chart.wide)
    assert "1,339" not in texts(chart.wide)
    # Tags stay text.
    assert "<script" not in chart.wide


def test_forest_says_every_estimate_and_what_it_cannot() -> None:
    chart = charts.forest(disclosure()(forest_table()), x="project", **TITLE)
    drawn = texts(chart.wide)
    for words in ("0.50", "(0.25 to 1.00)", "(0.90 to no limit)", "[x]", "Together", "1"):
        assert words in drawn


def test_dots_need_the_project_among_the_areas() -> None:
    frame = pd.DataFrame({"area": ["a", "b"], "rr": [0.9, 1.1]})
    released = disclosure()(table("areas", frame, label("area"), number("rr")))
    with pytest.raises(BadArgument, match="no row 'c'"):
        charts.dots(released, x="area", y="rr", project="c", **TITLE)
    chart = charts.dots(released, x="area", y="rr", project="a", **TITLE)
    assert "a" in texts(chart.wide)


def test_cumulative_names_the_year_of_payback(kinds: dict[str, Chart]) -> None:
    assert "Paid back by 2023" in texts(kinds["cumulative"].wide)


def test_too_many_series_are_refused() -> None:
    names = [f"n{i}" for i in range(7)]
    frame = pd.DataFrame({"x": ["a"], **{n: [1.0] for n in names}})
    released = disclosure()(table("many", frame, label("x"), *(number(n) for n in names)))
    with pytest.raises(BadArgument, match="at most 6"):
        charts.bars(released, x="x", y=names, **TITLE)


@pytest.mark.parametrize("name", ["bars", "hbars"])
def test_all_hidden_or_empty_still_draws(name: str) -> None:
    frame = pd.DataFrame({"x": ["a", "b"], "n": counts(None, None)})
    nothing = table("nothing", frame, label("x"), people("n"))
    released = disclosure()(nothing)
    chart = getattr(charts, name)(released, x="x", y="n", **TITLE)
    assert "[x]" in texts(chart.wide)
    assert not charts.bars(
        disclosure()(months()), x="month", y=["accepted", "rejected"], **TITLE
    ).blank
    assert chart.blank, "the page then shows the table"
    empty = replace(nothing, frame=frame.head(0))
    none = disclosure()(empty)
    assert getattr(charts, name)(none, x="x", y="n", **TITLE).wide == ""


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted([light(one), light(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_palette_can_be_told_apart() -> None:
    for colour, following in pairwise(PALETTE):
        assert contrast(colour, following) >= 3
    for colour in PALETTE:
        assert contrast(colour, "#FFFFFF") >= 3
        assert contrast(colour, style.text_on(colour)) >= 4.5
    assert contrast(style.MUTED, "#FFFFFF") >= 4.5


def test_a_picture_is_an_axes_that_can_be_restyled(kinds: dict[str, Chart]) -> None:
    chart = kinds["bars"]
    axes = chart.plot()
    axes.annotate("A word of ours", (0, 5))
    for bar in axes.patches:
        bar.set_facecolor("#00FF00")
    own = chart.shown_as(axes)
    assert "A word of ours" in texts(own.wide)
    assert "#00ff00" in own.narrow.lower()
    assert "A word of ours" not in texts(chart.wide)


def test_a_picture_goes_where_it_is_told(kinds: dict[str, Chart]) -> None:
    from matplotlib.figure import Figure

    left, right = Figure().subplots(1, 2)
    assert kinds["series"].plot(ax=right) is right
    assert right.lines
    assert not left.lines


def test_bars_of_a_histogram_stand_within_their_bands(kinds: dict[str, Chart]) -> None:
    chart = kinds["histogram"]
    frame, bars = chart.released.frame, chart.plot().patches
    assert len(bars) == len(frame)
    for bar, low, high in zip(bars, frame["lo"], frame["hi"], strict=True):
        assert low < bar.get_x() < bar.get_x() + bar.get_width() < high


def test_both_ends_of_every_bar_of_a_tornado_are_written(kinds: dict[str, Chart]) -> None:
    chart = kinds["tornado"]
    frame = chart.released.frame
    axes = chart.plot()
    told = [text.get_text() for text in axes.texts]
    ends = {"hi": "£50,000", "lo": "\N{MINUS SIGN}£60,000"}
    for name, words in ends.items():
        assert told.count(words) == len(frame) == (frame[name].abs() > 0).sum()
    assert "nan" not in " ".join(told)


def test_boxes_of_a_chain_stand_within_the_picture(kinds: dict[str, Chart]) -> None:
    from matplotlib.figure import Figure

    for narrow, width in ((False, style.WIDE), (True, style.NARROW)):
        axes = Figure().subplots()
        kinds["chain"].paint(axes, narrow)
        assert axes.get_xlim() == (0, width)
        low, high = sorted(axes.get_ylim())
        for box in axes.patches:
            assert 0 <= box.get_x() < box.get_x() + box.get_width() <= width
            assert low <= box.get_y() < box.get_y() + box.get_height() <= high
