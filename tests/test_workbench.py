"""Results that show themselves: what stays with them, what an analyst tries, what cannot leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

import mtf_eval as mtf
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.errors import BadArgument, DataProblems, MtfError, Problem
from mtf_eval.publish.display.elements import note
from mtf_eval.publish.exports.files import csv_name, tables, write_exports
from mtf_eval.publish.pages.exporter import read_summary, render
from mtf_eval.publish.workbench import view
from mtf_eval.publish.workbench.effect import _agreement, _series_title
from mtf_eval.publish.workbench.view import Absent, Several, View, joined
from mtf_eval.run.session import run_cells

DATA = Path(__file__).parent.parent / "data"
RUN = "2026-01-05T10:00:00+00:00"
OWN_AREAS = ["E01990003", "E01990004"]


@pytest.fixture(scope="module")
def records() -> Any:
    return mtf.load(DATA / "example")


@pytest.fixture(scope="module")
def project(records: Any) -> Any:
    return records.project("EX01")


@pytest.fixture(autouse=True)
def no_report() -> Iterator[None]:
    before = list(view._open)
    view._open.clear()
    yield
    view._open[:] = before


def opened(records: Any, release: str = "internal") -> Any:
    return mtf.report(records, "project_evaluation", release=release, project="EX01")


def made(name: str, values: list[int]) -> Table:
    return Table(
        name=name,
        title=f"Table {name}",
        frame=pd.DataFrame({"row": [f"r{v}" for v in values], "n": values}),
        columns=(
            Column(name="row", heading="Row", kind="label"),
            Column(name="n", heading="Number", kind="count"),
        ),
        source="made up",
    )


def book_of(*shown: Any, markdown: dict[int, str] | None = None) -> nbformat.NotebookNode:
    """A notebook whose cells showed these."""
    cells = []
    for i, each in enumerate(shown):
        if markdown and i in markdown:
            cells.append(nbformat.v4.new_markdown_cell(markdown[i]))
        bundle = each._repr_mimebundle_()
        out = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
        cells.append(nbformat.v4.new_code_cell("x", outputs=[out], execution_count=1))
    return nbformat.v4.new_notebook(cells=cells)


# What is read together


def test_what_is_joined_keeps_its_tables_into_csv_and_excel(records: Any, tmp_path: Path) -> None:
    import openpyxl

    both = Several(View(made("one", [1, 2])), View(made("two", [30, 40]), words="Two said."))
    book = book_of(opened(records), both)
    assert set(tables(book)) == {"one", "two"}
    written = write_exports(book, tmp_path, "page")
    named = {p.name: p for p in written}
    text = next(p for n, p in named.items() if "two" in n).read_text(encoding="utf-8-sig")
    assert [line.split(",")[-1] for line in text.splitlines()][-2:] == ["30", "40"]
    sheets = openpyxl.load_workbook(named["page.xlsx"])
    cells = [c for s in sheets for row in s.iter_rows(values_only=True) for c in row]
    assert {1, 2, 30, 40} <= set(cells)
    assert csv_name("two", {}) in named or any("two" in n for n in named)


def test_joined_takes_in_what_was_joined_before() -> None:
    inner = joined(note("a"), note("b"))
    whole = joined(inner, note("c"))
    assert [p["data"]["text"] for p in whole.data["parts"]] == ["a", "b", "c"]
    assert joined(note("only")).kind == "note"


def test_what_there_is_not_stays_in_the_notebook_and_leaves_the_page(records: Any) -> None:
    shown = Several(Absent("Nothing on the left"), View(made("right", [5])))
    assert "Nothing on the left" not in shown.element().html
    assert shown.frame["n"].tolist() == [5], "the first that there is"
    alone = Several(Absent("Nothing at all"), Absent("Nor here"))
    assert alone.element().kind == "absent"
    book = book_of(
        opened(records), Absent("Nobody was asked"), View(made("kept", [7])),
        markdown={1: "## An empty section", 2: "## A full one"},
    )  # fmt: skip
    page = render(book, run_time=RUN)
    assert "Nobody was asked" not in page
    assert "An empty section" not in page, "a heading over nothing"
    assert "A full one" in page


def test_the_picture_of_several_is_that_of_the_first_that_has_one(project: Any) -> None:
    months = project.effect().months()
    several = Several(View(words="words only"), months)
    assert len(several.plot().lines) == len(months.plot().lines) > 0
    with pytest.raises(BadArgument, match="no picture"):
        View(words="words only").plot()


def test_the_months_a_design_uses_are_said_of_a_series_and_of_a_comparison(records: Any) -> None:
    """From January 2022 on record; EX08 begins in January 2024, EX03 in November 2023."""
    series, compared = (records.project(name).design().sentence() for name in ("EX08", "EX03"))
    assert "Months used: 24 before the start, 12 after." in series
    assert "Months compared" not in series
    assert "Months used" not in compared
    assert "November 2022 to October 2023 against November 2023 to October 2024" in compared


def test_a_result_the_records_do_not_carry_is_one_line(records: Any) -> None:
    planned = records.project("EX10")
    for result in (planned.effect(), planned.changes(), planned.check_list(), planned.surveys()):
        assert len(repr(result).splitlines()) == 1
        assert "<table" not in result.element().html


# The report's rule


def test_without_a_report_every_figure_is_shown_and_with_one_its_rule_holds(records: Any) -> None:
    count = Table(
        name="of_people",
        title="People",
        frame=pd.DataFrame({"row": ["a"], "n": pd.array([3], dtype="Int64")}),
        columns=(
            Column(name="row", heading="Row", kind="label"),
            Column(name="n", heading="People", kind="people"),
        ),
        source="made up",
    )
    assert ">3<" in View(count).element().html
    opened(records, "public")
    assert "[c]" in View(count).element().html
    assert ">3<" not in View(count).element().html
    opened(records)
    assert ">3<" in View(count).element().html, "the report opened last"


# Tried by hand


def test_pictures_of_the_published_year_say_what_was_published() -> None:
    """Sums by hand of the dashboard's figures; 2021 has what was on it by 15 December."""
    records = mtf.load(DATA / "thanet_2021")
    mtf.report(records, "annual_review", year=2021)
    year = records.year(2021)
    shown = {
        "contacts_made": ["Contact attempts in lockdown 1 were the most (19,247)"],
        "contacts_by_period": [
            "Visits to residents out of reach: 819 in 2020 and 0 in 2021",  # 660 + 159, 0
            "Remote contacts: 29,540 in 2020 and 2,454 in 2021",
        ],
        "requests": ["Requests for support fell from 210 in January 2021 to 23 in April 2021"],
        "themes": ["Social issues led the themes with 64; 46 of 174 were home security"],
        "support_by_agency": [
            "47 referrals in 2021, 51 in 2020; most from Oasis Domestic Abuse Service"
        ],
        "priorities_fulfilled": [
            "Agency priorities were fulfilled 1,151 times; those of Police &amp; Crime "
            "Commissioner most often (225)"
        ],
        "referrals_by_month": ["188 referrals received in 2021 so far, 128 accepted"],
    }
    for name, titles in shown.items():
        html = getattr(year, name)().element().html
        assert all(title in html for title in titles), name
    assert len(year.progress().parts) == 4
    assert all(
        isinstance(getattr(year, name)(), Absent) for name in ("waits", "referrals_by_group")
    )


def test_the_quality_page_says_what_was_read_and_what_does_not_agree() -> None:
    records = mtf.load(DATA / "thanet_2021")
    mtf.report(records, "data_quality")
    page = records.quality()
    read = page.element().text
    tables = ["about", "activity", "agency_priorities", "monthly_referrals", "priority_progress"]
    assert re.findall(r"(?m)^([a-z_]+)\t", read) == tables
    said = page.verdict().sentence()
    # The twelve months of 2021; the five differences are those test_reconcile names.
    assert said.startswith("12 monthly rows and ")
    assert ": 5 comparisons do not hold, " in said
    agreed = page.agreement().element().text
    assert said in agreed.splitlines()[0]
    assert "September 2021: received against accepted" in agreed
    assert "Monthly referrals" in agreed
    assert page.coverage().sentence() == "No incidents of areas are on record."
    assert isinstance(page.gaps(), Absent), "none is missing of areas that there are none of"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("EX06", "We cannot say: Robbery: 6 incidents in the months before the start; "),
        ("EX07", "The response is still running. "),
        ("EX09", "Nothing of its measure is on record in its areas, so no effect "),
        ("EX10", "The response has not begun: "),
    ],
)
def test_a_project_without_an_effect_says_why(records: Any, name: str, start: str) -> None:
    own = records.project(name)
    assert own.effect().sentence().startswith(start)
    assert isinstance(own.calendar(), Absent) == (name == "EX09")
    assert isinstance(own.places(), Absent) == (name == "EX09")


def test_the_designs_own_method_by_hand_is_the_reports_own_effect(project: Any) -> None:
    own, tried = project.effect().estimate, project.effect(method="placebo").estimate
    assert (tried.estimate, tried.low, tried.high) == (own.estimate, own.low, own.high)


def test_only_the_areas_named_are_compared(project: Any) -> None:
    """Held against the sums of the areas named, over the same calendar months."""
    tried = project.effect(method="relative", comparison=OWN_AREAS)
    panel = project.evaluation.compared.same_season()
    counts, after = panel.counts, panel.post
    target, rest = counts[list(panel.target)].sum(axis=1), counts[OWN_AREAS].sum(axis=1)
    ratio = (target[after].sum() / target[~after].sum()) / (rest[after].sum() / rest[~after].sum())
    assert tried.estimate.estimate == pytest.approx(ratio)
    few = project.effect(method="placebo", comparison=OWN_AREAS)
    assert few.estimate is None
    assert "We cannot say" in few.sentence(), "two areas carry no placebo groups"


def test_a_window_of_ones_own_uses_those_months(project: Any) -> None:
    tried = project.effect(method="before_after", window=("2023-04", "2024-03"))
    panel = project.evaluation.panel
    monthly = panel.counts[list(panel.target)].sum(axis=1)
    before, after = monthly["2023-04":"2023-09"].sum(), monthly["2023-10":"2024-03"].sum()
    assert (tried.estimate.n_before, tried.estimate.n_after) == (before, after)
    assert "April 2023 to September 2023 against October 2023 to March 2024" in tried._by_hand


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "magic"}, "expected one of placebo, did"),
        ({"comparison": ["E1"]}, "E1 is not an area on record"),
        ({"comparison": []}, "no area is not an area on record"),
        ({"window": ("2023-11", "2024-03")}, "with the start (2023-10) between them"),
        ({"window": ("2022", "soon")}, "the first and the last month to use"),
        ({"window": ("1999-01", "2024-03")}, "which are on record"),
    ],
)
def test_what_cannot_be_tried_is_said_in_one_line(
    project: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        project.effect(**given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value._render_traceback_() == [f"BadArgument: {caught.value}"]


def test_the_picture_of_the_months_says_no_more_than_the_design(project: Any) -> None:
    found = project.evaluation
    measure, (name, effect) = found.project.primary_measure, next(iter(found.effects.items()))
    assert name == measure
    said = {
        level: _series_title(
            replace(found, effects={**found.effects, name: replace(effect, maryland=level)})
        )
        for level in (1, 2, 3)
    }
    fell = f"{effect.n_after:,} recorded after the start, "
    assert said[3] == f"{measure}: {fell}{effect.n_after + round(effect.avoided):,} were expected"
    assert (
        said[1] == said[2] == said[3].replace("were expected", "would be as in the months before")
    )
    none = replace(found, effects={})
    assert _series_title(none) == f"{measure} as it was recorded, month by month"


def test_how_many_methods_agree_by_hand(project: Any) -> None:
    found = project.evaluation
    first = found.sensitivity[0]
    up = replace(first, estimate=1.2, low=1.1, high=1.3)
    unsure = replace(first, estimate=0.9, low=0.7, high=1.1)
    assert _agreement(replace(found, sensitivity=(first, first, up, unsure))) == (
        "Of 3 other estimates 2 show a fall as the primary one does; 1 of them with an interval "
        "that leaves out no change."
    )
    assert _agreement(replace(found, sensitivity=(unsure, first, up))) == (
        "Of 2 other estimates 1 lie on the side of a fall, as the primary one, which chance may "
        "explain; 1 of them with an interval that leaves out no change."
    )
    alone = replace(found, sensitivity=(up,))
    assert _agreement(alone) == "No other method can be used on these records."


def test_nothing_overdue_is_said_and_what_is_is_listed(records: Any) -> None:
    assert records.half("2023-H2").overdue().sentence() == "No action is overdue"
    made = records.half("2024-H2").overdue()
    assert made.frame.empty == (made.sentence() == "No action is overdue")


def test_a_trial_that_cannot_be_made_names_what_was_asked_for_and_nothing_else(
    records: Any,
) -> None:
    said = records.project("EX06").effect(method="did", window=("2023-08", "2024-07")).sentence()
    assert said.startswith("We cannot say with method did; window ('2023-08', '2024-07'): ")


def test_the_page_says_first_what_was_changed_by_hand(records: Any, project: Any) -> None:
    report = opened(records)
    own = project.effect()
    first = book_of(report, project.answer(), own, report.made_by())
    assert "Changed by hand" not in render(first, run_time=RUN)
    tried = project.effect(comparison=OWN_AREAS)  # areas named are compared one by one
    assert own.estimate.estimate == project.effect().estimate.estimate, "the report's own stays"
    assert "The report's own result stands: Anti-social behaviour: a fall" in tried.element().text
    book = book_of(report, project.answer(), tried, report.made_by())
    page = render(book, run_time=RUN)
    said = page.index("Changed by hand in its notebook:")
    assert said < page.index("<h1"), "before anything else"
    assert "method did, compared with E01990003, E01990004" in page[said : said + 200]
    assert "changed by hand" in read_summary(book)["result"], "the index says so too"


# Pictures of one's own


def test_a_picture_may_be_restyled_and_shown_under_any_rule(records: Any, project: Any) -> None:
    opened(records, "public")
    months = project.effect().months()
    ax = months.plot()
    ax.set_title("Evenings at the square")
    shown = months.shown_as(ax).element()
    assert "Evenings at the square" in shown.html
    assert shown.data["rows"] == months.element().data["rows"], "the data under it stay"


def test_what_was_drawn_by_hand_is_refused_under_a_rule_that_hides(
    records: Any, project: Any
) -> None:
    from matplotlib.figure import Figure

    months = project.effect().months()
    ours, own = months.plot(), Figure().subplots()
    ours.plot([1, 2], [3, 4])
    own.plot([1, 2], [3, 4])
    opened(records)
    assert "<svg" in months.shown_as(own).element().html, "internal"
    opened(records, "public")
    for ax in (ours, own):
        with pytest.raises(BadArgument, match=r"only a picture that `.plot\(\)` gave"):
            months.shown_as(ax).element()


# What a cell shows when something is wrong


def run(*sources: str) -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    run_cells(book, lambda _: None, lambda *_: None, lambda why: pytest.fail(why))
    return book


def test_a_result_that_cannot_be_shown_stops_the_report() -> None:
    """IPython shows its plain text instead and goes on: the page would lack it in silence."""
    broken = "class Broken:\n    def _repr_mimebundle_(self, **_):\n        raise KeyError('x')"
    book = run(broken, "Broken()", "after = 1")
    errors = [o for o in book.cells[1].outputs if o.output_type == "error"]
    assert [e.ename for e in errors] == ["KeyError"]
    assert book.cells[2].execution_count is None, "nothing after it ran"


def test_our_errors_are_one_line_in_a_notebook_of_their_own_message() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shown: list[Any] = []
    shell._showtraceback = lambda etype, evalue, stb: shown.append(stb)  # type: ignore[method-assign]
    shell.run_cell("from mtf_eval.errors import BadArgument\nraise BadArgument('area X')")
    assert shown == [["BadArgument: area X"]]


def test_every_error_of_ours_shows_only_its_message() -> None:
    problem = Problem(file="a.csv", found="x", expected="y")
    errors: list[MtfError] = [BadArgument("b"), DataProblems([problem])]
    for error in errors:
        assert "\n".join(error._render_traceback_()) == f"{type(error).__name__}: {error}"


def test_an_internal_page_says_why_it_stopped_and_a_public_one_does_not(records: Any) -> None:
    for release, told in (("internal", True), ("public", False)):
        book = book_of(opened(records, release))
        for kind, said in (("BadArgument", "comparison: E1"), ("KeyError", "AB12 3CD")):
            ours = ["File ~/env/mtf_eval/analysis/design.py:9, in f()"]
            out = nbformat.v4.new_output("error", ename=kind, evalue=said, traceback=ours)
            cells = [*book.cells, nbformat.v4.new_code_cell("x", outputs=[out])]
            page = render(nbformat.v4.new_notebook(cells=cells), run_time=RUN)
            assert f"stopped at cell 2 with {kind}" in page
            assert (said in page) == (told and kind == "BadArgument")


# Everything an analyst can reach, in few words


PROJECTS = ("EX01", "EX06", "EX09", "EX10")
LONGEST = 3000


TAKEN = {  # tried elsewhere
    *("project", "plan", "year", "half", "table", "own", "columns", "source", "notes", "has"),
    *("element", "plot", "shown_as", "frame", "tables", "memo", "about", "key_figures"),
}


def reached(thing: Any) -> Iterator[tuple[str, Any]]:
    """Every public property of a result, and what every method without arguments returns."""
    for name in dir(type(thing)):
        if name.startswith("_") or name in TAKEN:
            continue
        try:
            value = getattr(thing, name)
            if callable(value):
                given = signature(value).parameters.values()
                if any(p.default is p.empty and not str(p).startswith("*") for p in given):
                    continue
                value = value()
        except MtfError:
            continue  # one line, as tried above
        yield name, value


def too_much(value: Any) -> str:
    """Say what is wrong with how a result shows itself."""
    ours = type(value).__module__.startswith("mtf_eval")
    if ours and len(repr(value)) > LONGEST:
        return f"{len(repr(value))} characters"
    bundle, html = (getattr(value, f"_repr_{n}_", None) for n in ("mimebundle", "html"))
    if ours and not ((bundle and "text/html" in bundle()) or (html and html())):
        return "no HTML"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "projects", "year"), [("example", PROJECTS, 2024), ("thanet_2021", (), 2021)]
)
def test_nothing_an_analyst_reaches_floods_the_cell(
    data: str, projects: tuple[str, ...], year: int
) -> None:
    records = mtf.load(DATA / data)
    things: list[Any] = [records, records.quality(), records.half(f"{year}-H2")]
    things += [records.year(year), records.year(year).money()]
    things += [records.plan("EX10")] if projects else []
    for reference in projects:
        project = records.project(reference)
        things += [project, project.effect(), project.surveys(), project.benefit()]
        things += [project.effect().months()]
    looked = [(type(t).__name__, n, v) for t in things for n, v in (("itself", t), *reached(t))]
    faults = [f"{kind}.{name}: {said}" for kind, name, v in looked if (said := too_much(v))]
    assert faults == []
    assert len(looked) > 60
    chart = table_of = None
    for _, _, value in looked:
        if isinstance(value, View) and value.is_drawn and not value.released.frame.empty:
            chart, table_of = value._draw(value.released), value.table  # type: ignore[misc]
    if projects:
        assert chart is not None
        assert too_much(chart) == too_much(table_of) == ""
