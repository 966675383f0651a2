"""Elements: released content only, every word escaped, everything a reader needs beside it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import made_up
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from made_up import (
    HOSTILE,
    WORDS,
    counts,
    disclosure,
    headline_row,
    label,
    months,
    people,
    progress,
    table,
    themes,
)

from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.errors import BadArgument
from mtf_eval.publish import charts
from mtf_eval.publish.cells import compact, number, payload, strength
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.publish.display import elements
from mtf_eval.publish.display.elements import RAG
from mtf_eval.records.dataset import Finding


def soup(element: Any) -> BeautifulSoup:
    return BeautifulSoup(element._repr_mimebundle_()["text/html"], "html.parser")


def column(kind: str, **more: Any) -> Column:
    return Column(name="n", heading="N", kind=kind, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "marks", "expected"),
    [
        (19247, column("people"), "19,247"),
        (0, column("count"), "0"),
        (1234.5, column("money"), "£1,234"),  # half to even, as banks do
        (-1234.567, column("money", decimals=2), "−£1,234.57"),
        (-0.2, column("money"), "£0"),
        (68.09, column("share", of=("a", "b"), decimals=1), "68.1%"),
        (123.81, column("change", of=("a", "b")), "+124%"),
        (-25.0, column("change", of=("a", "b")), "−25%"),
        (0.0, column("change", of=("a", "b")), "0%"),
        (0.834, column("number", decimals=2), "0.83"),
        (float("inf"), column("number"), "no limit"),
    ],
)
def test_numbers_as_written(value: float, marks: Column, expected: str) -> None:
    assert number(value, marks.kind, marks.decimals) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [(1.25e6, "money", "£1.25m"), (-12500, "money", "−£12.5k"), (0.4, "share", "40%"),
     (1250, "count", "1,250"), (0, "money", "£0"), (0.25, "number", "0.25"),
     # What rounds to the next unit is written in it, and nothing as a power of ten.
     (999_499, "money", "£999k"), (999_500, "money", "£1m"), (-999_999, "money", "−£1m"),
     (999_600_000, "money", "£1bn"), (9_999.4, "money", "£9,999"), (9_999.6, "money", "£10k"),
     (12_345.6, "number", "12,346"), (123.456, "change", "12,346%"), (-0.125, "change", "−12.5%")],
)  # fmt: skip
def test_numbers_on_an_axis(value: float, kind: str, expected: str) -> None:
    assert compact(value, kind) == expected


@pytest.mark.parametrize("make", [elements.table, elements.headline])
@pytest.mark.parametrize("thing", [months(), months().frame, None, "x"])
def test_what_is_not_released_is_refused(make: Any, thing: object) -> None:
    with pytest.raises(BadArgument, match="Release it first"):
        make(thing)


def test_a_figure_takes_charts_of_released_tables_only() -> None:
    with pytest.raises(BadArgument, match="takes a chart"):
        elements.figure(disclosure()(months()))  # type: ignore[arg-type]
    chart = charts.bars(disclosure()(months()), x="month", y="accepted", title="T", **WORDS)
    with pytest.raises(BadArgument, match="Release it first"):
        elements.figure(replace(chart, released=months()))  # type: ignore[arg-type]


def test_table_is_one_for_every_reader() -> None:
    page = soup(elements.table(disclosure()(themes())))
    assert page.caption.get_text() == "Table of themes"
    assert [th.get_text() for th in page.select("thead th[scope=col]")] == [
        "Theme",
        "Interventions",
    ]
    assert len(page.select("tbody th[scope=row]")) == 3
    assert page.select_one("tfoot").get_text() == "Total1,339"
    region = page.select_one("div[role=region]")
    assert region["aria-labelledby"] == page.caption["id"]
    assert region["tabindex"] == "0"
    assert page.select_one("tbody td")["class"] == ["n"]
    assert "Source: Made up for a test. As at 15 December 2021." in page.get_text()


@pytest.mark.parametrize(
    ("words", "numbers", "longest", "looks"),
    [
        (2, 1, (1, 1), set()),
        (3, 1, (1, 1), {"mtf-folds"}),  # more than two columns of words fold on a small screen
        (2, 6, (1, 1), set()),
        (2, 7, (1, 1), {"mtf-many"}),  # more than eight are set smaller in print
        (2, 0, (40, 35), set()),
        (2, 0, (40, 36), {"mtf-long"}),  # 76 letters of the longest words: no line holds them
        (2, 0, (76, 1), {"mtf-long"}),
    ],
)
def test_how_a_table_is_laid_out_follows_from_its_columns(
    words: int, numbers: int, longest: tuple[int, int], looks: set[str]
) -> None:
    letters = [*longest, 1, 1][:words]
    frame = pd.DataFrame({f"w{n}": ["x", "y" * k] for n, k in enumerate(letters)})
    marks = [label(n, "H") if n == "w0" else Column(name=n, heading="H", kind="text")
             for n in frame]  # fmt: skip
    for n in range(numbers):
        frame[f"n{n}"] = counts(1, 2)
        marks.append(Column(name=f"n{n}", heading="N", kind="count"))
    made = soup(elements.table(disclosure("internal")(table("t", frame, *marks)))).table
    assert set(made.get("class") or ()) == looks
    assert (made.get("role") == "table") == ("mtf-folds" in looks)


@pytest.mark.parametrize("missing", ["title", "source"])
def test_a_table_has_a_title_and_a_source(missing: str) -> None:
    given = {"title": "T", "source": "S"} | {missing: ""}
    with pytest.raises(BadArgument, match="title and source are both needed"):
        Table(name="t", frame=pd.DataFrame({"n": [1]}), columns=(column("count"),), **given)


@pytest.mark.parametrize(
    ("level", "rests_on"),
    [  # from the third level on there is a comparison, the fifth is drawn by lot
        (1, "before and after alone"),
        (2, "no comparison with other places"),
        (3, "compared with other places"),
        (4, "as good as drawn by lot"),
        (5, "drawn by lot"),
    ],
)
def test_the_strength_of_a_design_in_words(level: int, rests_on: str) -> None:
    said = f"Strength of the design: {level} of 5 on the Maryland scale ({rests_on})"
    assert strength(level) == said


def test_hostile_text_is_text() -> None:
    out = disclosure()
    chart = charts.hbars(
        out(themes()), x="theme", y="n", title=HOSTILE, subtitle=HOSTILE, alt=HOSTILE
    )
    shown = [
        elements.table(out(themes())),
        elements.figure(chart),
        elements.note(HOSTILE),
        elements.headline_result(HOSTILE),
        elements.page(title=HOSTILE, period=HOSTILE, data=made_up.dataset(), disclosure=out,
                      kind="x", lead=HOSTILE),
        elements.provenance(made_up.dataset(), out, {"words": HOSTILE}),
    ]  # fmt: skip
    for element in shown:
        page = soup(element)
        assert not page.find_all(["script", "img"])
        assert HOSTILE in page.get_text()


def test_units_stand_in_headings_once() -> None:
    frame = pd.DataFrame({"a": ["x"], "cost": [1.0], "lag": [2.0], "gbp": [3.0]})
    made = table(
        "units", frame, label("a"), Column(name="cost", heading="Cost", kind="money"),
        Column(name="lag", heading="Lag", kind="number", unit="months"),
        Column(name="gbp", heading="Benefit (£)", kind="money"),
    )  # fmt: skip
    heads = [th.get_text() for th in soup(elements.table(disclosure()(made))).select("thead th")]
    assert heads == ["A", "Cost (£)", "Lag (months)", "Benefit (£)"]


def test_symbols_are_explained_where_used() -> None:
    out = disclosure("local")
    page = soup(elements.table(out(months())))
    assert [td.get_text() for td in page.select("tbody td.n")].count("[c]") == 5
    assert "Symbols: [c] confidential" in page.get_text()
    assert "Symbols" not in soup(elements.table(disclosure()(months()))).get_text()


def test_private_json_holds_nothing_that_is_hidden() -> None:
    released = disclosure("local")(months())
    bundle = elements.table(released)._repr_mimebundle_()
    content = bundle["application/vnd.mtf.table+json"]
    rows = {row[0]: row[1:] for row in json.loads(json.dumps(content))["rows"]}
    assert rows["2021-02-01"] == ["[c]", 10]
    assert rows["2021-10-01"] == ["[c]", "[c]"]
    assert content["hidden"] == 5
    assert content["symbols"].keys() == {"[c]"}
    assert content["as_at"] == "2021-12-15"


def test_private_json_rounds_to_what_is_shown() -> None:
    frame = pd.DataFrame({"a": ["x"], "rr": [0.83456], "n": counts(2), "m": counts(3)})
    share = Column(name="s", heading="Share", kind="share", of=("n", "m"), decimals=1)
    rr = Column(name="rr", heading="Rate ratio", kind="number", decimals=2)
    made = table("rounded", frame, label("a"), rr, people("n"), people("m"), share)
    assert payload(disclosure()(made))["rows"] == [["x", 0.83, 2, 3, 66.7]]


def test_headline_is_one_row_of_cards() -> None:
    page = soup(elements.headline(disclosure()(headline_row())))
    cards = {c.dt.get_text(): c.dd.get_text() for c in page.select("dl > div")}
    assert cards == {
        "Referrals received": "188",
        "Referrals received in 2020": "84",
        "Change on 2020": "+124%",
        "Net cost": "−£1,234",
    }
    assert page.select_one(".mtf-under").get_text() == "To 15 December"
    assert "To 15 December" not in page.select_one(".mtf-source").get_text()
    under = soup(elements.table(disclosure()(headline_row()))).select_one(".mtf-source")
    assert "To 15 December" in under.get_text(), "a table has no place of its own for it"
    with pytest.raises(BadArgument, match="one row, not 12"):
        elements.headline(disclosure()(months()))


def test_figure_has_picture_words_and_data() -> None:
    chart = charts.bars(
        disclosure()(months()), x="month", y=["accepted", "rejected"], title="T", **WORDS
    )
    page = soup(elements.figure(chart))
    caption = page.figcaption
    assert caption.strong.get_text() == "T"
    assert WORDS["subtitle"] in caption.get_text()
    assert page.figure["aria-labelledby"] == caption["id"]
    pictures = page.find_all("svg")
    assert len(pictures) == 2
    for svg in pictures:
        assert svg["role"] == "img"
        named = [page.find(id=own).get_text() for own in svg["aria-labelledby"].split()]
        assert named == ["T", WORDS["alt"]]
    assert len(page.select("details tbody tr")) == 12
    assert [li.get_text() for li in page.select(".mtf-plate li")] == ["Accepted", "Rejected"]
    ids = [t["id"] for t in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def rated(word: str) -> Any:
    frame = pd.DataFrame({"action": ["Outreach"], "rag": [word]})
    marks = label("action"), Column(name="rag", heading="Rating", kind="text")
    return soup(elements.table(disclosure()(table("t", frame, *marks)))).select_one(".mtf-rag")


@pytest.mark.parametrize(
    ("word", "said"),
    [("red", "Red"), ("AMBER", "Amber"), ("green", "Green"), ("complete", "Complete"),
     ("not_rated", "Not rated"), ("Not rated", "Not rated")],
)  # fmt: skip
def test_rating_is_word_and_shape(word: str, said: str) -> None:
    page = rated(word)
    shape = page.find(attrs={"aria-hidden": "true"})
    assert shape.get_text()
    shape.extract()
    assert page.get_text().strip() == said


def test_ratings_differ_in_shape_and_read_on_their_colour() -> None:
    shapes = {rated(word).find(attrs={"aria-hidden": "true"}).get_text() for word in RAG}
    assert len(shapes) == len(RAG)


def test_ratings_in_a_table_are_drawn_as_ratings() -> None:
    page = soup(elements.table(disclosure()(progress())))
    assert len(page.select("td .mtf-rag")) == 5
    cells = [td.get_text() for td in page.select("tbody tr")[2].find_all("td")]
    assert cells[1:] == ["On course", "[x]"]


def test_page_says_whose_and_what_and_warns() -> None:
    page = soup(made_up.head_element("internal"))
    assert page.h1.get_text() == "Annual review 2021"
    assert "Official-Sensitive: not for publication" in page.get_text()
    assert "Illustrative data" in page.get_text()
    assert "Official-Sensitive" not in soup(made_up.head_element("public")).get_text()
    said = made_up.head_element("public").data
    assert said["period"] == "2021", "the index says it beside the report"
    assert (said["title"], said["kind"]) == ("Annual review 2021", "annual_review")


@dataclass
class Estimate:
    maryland: int = 3
    cautions: tuple[str, ...] = ("Few months.",)

    def sentence(self) -> str:
        return "Incidents were 0.63 times what they were."


def test_result_says_sentence_strength_and_cautions() -> None:
    text = soup(elements.result(Estimate())).get_text(" ")
    assert "0.63 times" in text
    assert "3 of 5 on the Maryland scale" in text
    assert "Few months." in text
    bold = SimpleNamespace(maryland=2, sentence=lambda: "The project caused a fall of 37%.")
    with pytest.raises(BadArgument, match="'caused': claims more than Maryland level 2"):
        elements.result(bold)


def test_provenance_keeps_rows_and_findings_in_the_house() -> None:
    settings = {"data": "/home/anna/records.xlsx", "year": 2021}
    inside = soup(elements.provenance(made_up.dataset(), disclosure(), settings)).get_text(" ")
    assert "anna" not in inside
    assert "referrals.csv" not in inside
    for words in ("year = 2021", "15 December 2021", "pandas"):
        assert words in inside
    assert re.search(r"referrals\s+9\s+15 December 2021\s+[0-9a-f]{12}", inside)
    assert "December is not complete" in inside
    told = [("warning", "referrals"), ("note", "referrals"), ("note", ""), ("warning", "costs")]
    noticed = tuple(Finding(kind=kind, table=table, text="x") for kind, table in told)
    several = replace(made_up.dataset(), findings=noticed)
    several.table("referrals")
    text = soup(elements.provenance(several, disclosure(), settings)).get_text(" ")
    assert re.search(r"found\s+warning: 1; note: 2\s", text), "costs were not read for this page"
    outside = soup(elements.provenance(made_up.dataset(), Disclosure("public"), {"year": 2021}))
    assert "December is not complete" not in outside.get_text(" ")
    assert "warning" not in outside.get_text(" "), "what reading found was counted in records"
    assert "abababab" not in outside.get_text(" ")
    assert "referrals" not in outside.table.get_text(" "), "rows of people are counts of people"


@pytest.mark.parametrize(
    "call",
    [lambda: elements.note("x", "warning"), lambda: elements.headline_result("x", status="done"),
     lambda: elements.page(title=" ", period="x", data=made_up.dataset(), disclosure=disclosure(),
                           kind="x")],
)  # fmt: skip
def test_closed_choices(call: Any) -> None:
    with pytest.raises(BadArgument):
        call()
