"""Executed notebooks to pages: one heading, no script, nothing unreleased, no value in a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import made_up
import nbformat
import pytest
from bs4 import BeautifulSoup
from made_up import cell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mtf_eval.publish.display import elements
from mtf_eval.publish.pages import exporter as pages
from mtf_eval.publish.pages.index import Entry, index

RUN = "2026-01-05T10:00:00+00:00"


def render(notebook: Any, **given: Any) -> BeautifulSoup:
    return BeautifulSoup(pages.render(notebook, run_time=RUN, **given), "html.parser")


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return render(made_up.notebook())


def test_head_says_language_title_and_policy(page: BeautifulSoup) -> None:
    assert page.html["lang"] == "en-GB"
    assert page.title.get_text() == "Annual review 2021"
    metas = page.head.find_all("meta")
    assert metas[1]["http-equiv"] == "Content-Security-Policy"
    assert metas[1]["content"].startswith("default-src 'none'")
    assert "script" not in metas[1]["content"]
    assert not page.find_all(["script", "link", "iframe"])


def test_nothing_is_loaded_from_outside(page: BeautifulSoup) -> None:
    for tag in page.find_all(src=True):
        assert tag["src"].startswith("data:")
    for tag in page.find_all(href=True):
        assert tag["href"].startswith("#") or "://" not in tag["href"]


def test_one_heading_one_main_one_way_in(page: BeautifulSoup) -> None:
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("main")) == 1
    assert page.body.a["href"] == "#main"
    levels = [int(h.name[1]) for h in page.main.find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [t["id"] for t in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_contents_nest(page: BeautifulSoup) -> None:
    assert [a.get_text() for a in page.select("nav > ol > li > a")] == [
        "Referrals by month", "Themes", "How this report was made",
    ]  # fmt: skip
    assert [a.get_text() for a in page.select("nav ul a")] == [
        "Progress", "Cautions from reading the data",
    ]  # fmt: skip


def test_headings_of_the_same_words_are_reached_each() -> None:
    book = made_up.notebook()
    book.cells += [new_markdown_cell("## Again\n\nWords.") for _ in range(3)]
    page = render(book)
    links = [a["href"] for a in page.select("nav a") if a.get_text() == "Again"]
    assert links == ["#again", "#again-2", "#again-3"]
    assert [page.select_one(link).get_text() for link in links] == ["Again"] * 3


def test_style_for_the_desk_is_not_there_twice(page: BeautifulSoup) -> None:
    assert len(page.find_all("style")) == 1
    assert len(str(page)) < 100 * 1024


def test_two_runs_differ_in_the_time_only() -> None:
    one = pages.render(made_up.notebook(), run_time="2026-01-05T10:00:00+00:00")
    two = pages.render(made_up.notebook(), run_time="2027-02-06T11:30:00+00:00")
    assert one != two
    assert one.replace("2026-01-05T10:00", "2027-02-06T11:30").replace(
        "5 January 2026, 10:00", "6 February 2027, 11:30"
    ) == two  # fmt: skip
    assert one == pages.render(made_up.notebook(), run_time="2026-01-05T10:00:00+00:00")


def test_hidden_cells_are_counted() -> None:
    # 0 to 7 people: three months of those accepted, seven of those rejected.
    text = render(made_up.notebook("public")).get_text(" ")
    assert "Hidden cells 10 in 4 tables, for their own size or to protect others" in text


def test_links_to_index_files_and_related() -> None:
    page = render(
        made_up.notebook(), related=[("Project <A>", "a.html")],
        downloads=[("All tables", "x/x.xlsx"), ("Themes", "x/themes.csv")],
    )  # fmt: skip
    assert page.select_one(".mtf-top a")["href"] == "../index.html"
    assert page.select_one("#related a").get_text() == "Project <A>"
    assert page.select_one("#download > ul a")["href"] == "x/x.xlsx"
    assert page.select_one("#download details a")["href"] == "x/themes.csv"


def test_code_is_there_for_those_who_ask(page: BeautifulSoup) -> None:
    assert len(page.select("details.mtf-code")) == 1
    assert page.select_one("details.mtf-code code").get_text() == "show()"
    page.select_one("details.mtf-code").extract()
    assert "show()" not in page.main.get_text()


SECRET = "Alex of Elm Road, 7"


def foreign() -> list[Any]:
    html = f"<table class='dataframe'><tr><th></th></tr><tr><td>{SECRET}</td></tr></table>"
    return [
        new_output("display_data", {"text/html": html, "text/plain": SECRET}),
        new_output("stream", name="stdout", text=SECRET),
        new_output("stream", name="stderr", text=SECRET),
        new_output("execute_result", {"text/plain": SECRET}, execution_count=1),
    ]


@pytest.mark.parametrize("release", ["public", None])
def test_unreleased_output_is_left_out(release: str | None) -> None:
    cells = [cell(made_up.head_element(release))] if release else []
    odd = new_code_cell("frame")
    odd.outputs = foreign()
    notebook = new_notebook(cells=[*cells, odd])
    assert SECRET not in pages.render(notebook, run_time=RUN)
    assert SECRET not in nbformat.writes(pages.cleaned(notebook))
    assert "An output was left out here" in pages.render(notebook, run_time=RUN)
    assert SECRET in nbformat.writes(notebook)


def test_the_analyst_s_own_output_stays_in_the_house() -> None:
    odd = new_code_cell("frame")
    odd.outputs = foreign()
    page = render(new_notebook(cells=[cell(made_up.head_element("internal")), odd]))
    assert page.get_text().count(SECRET) == 3  # not what went to stderr
    assert page.select_one("div[role=region] table thead") is None
    assert not page.find_all("th", string="")


def failing() -> nbformat.NotebookNode:
    notebook = made_up.notebook("public")
    bad = new_code_cell("work(out)")
    bad.outputs = [new_output("error", ename="KeyError", evalue=SECRET, traceback=[SECRET])]
    papermill = new_markdown_cell(f"An exception: {SECRET}")
    papermill.metadata["tags"] = ["papermill-error-cell-tag"]
    notebook.cells = [papermill, *notebook.cells[:4], bad]
    notebook.metadata["papermill"] = {"exception": SECRET}
    return notebook


def test_a_failure_names_cell_section_and_class_only() -> None:
    text = pages.render(failing(), run_time=RUN)
    banner = BeautifulSoup(text, "html.parser").select_one(".mtf-failed").get_text()
    assert "stopped at cell 5, in the section “Referrals by month” with KeyError" in banner
    assert SECRET not in text
    assert SECRET not in nbformat.writes(pages.cleaned(failing()))


def test_a_failure_before_the_first_cell_has_a_page() -> None:
    failed = pages.Failure(error="DeadKernelError")
    page = render(new_notebook(), failed=failed)
    assert page.h1.get_text() == "Report"
    assert "stopped at the start with DeadKernelError" in page.get_text()


def test_summary_is_plain_json_for_the_index() -> None:
    summary = pages.read_summary(made_up.notebook("public"))
    assert json.loads(json.dumps(summary)) == summary
    assert summary["title"] == "Annual review 2021"
    assert summary["result"] == "188 referrals were received."
    assert summary["maryland"] == 4
    assert summary["rule"] == "public"
    assert summary["hidden"] == 10
    assert summary["tables"] == ["headline", "referrals_by_month", "themes", "progress"]
    # Rows of people are named in internal reports only.
    assert summary["sources"] == []
    internal = pages.read_summary(made_up.notebook())
    assert internal["sources"][0]["as_at"] == "2021-12-15"
    bare = pages.read_summary(new_notebook())
    assert bare["status"] == "complete"
    assert bare["tables"] == []


def test_a_heading_leaves_with_what_it_heads_and_prose_stays() -> None:
    bare = cell(made_up.head_element())
    bare.outputs = []
    empty = [new_markdown_cell("## Nothing\n\nWhat would follow."), bare]
    prose = [new_markdown_cell("## Our view\n\nIt went well."), new_markdown_cell("### Bare")]
    shown = [new_markdown_cell("## Note"), new_markdown_cell("### Below"), new_markdown_cell("So.")]
    text = str(render(new_notebook(cells=[cell(made_up.head_element()), *empty, *prose, *shown])))
    assert "Nothing" not in text
    assert "What would follow" not in text
    assert "Bare" not in text
    assert all(f">{each}</h" in text for each in ("Our view", "Note", "Below"))
    assert "It went well." in text


def test_two_sections_of_one_name_get_ids_of_their_own() -> None:
    same = [new_markdown_cell("## Themes\n\nText."), new_markdown_cell("## Themes\n\nMore.")]
    page = render(new_notebook(cells=[cell(made_up.head_element()), *same]))
    assert [a["href"] for a in page.select("nav a")] == ["#themes", "#themes-2"]


def entry(**more: Any) -> Entry:
    facts = {"dataset": "d", "dataset_title": "D", "title": "Review", "period": "2021",
             "kind": "annual_review", "run_time": RUN, "html": "d/review.html"}  # fmt: skip
    return Entry(**{**facts, **more})


@pytest.mark.parametrize("given", ["data: str = '/home/a/secret'  # folder", 'data="C:\\secret"'])
def test_where_the_data_lie_is_in_no_notebook(given: str) -> None:
    book = made_up.notebook()
    book.cells[0].source = f"{given}\nyear: int = 2021"
    book.cells[0].metadata["tags"] = ["parameters"]
    clean = pages.cleaned(book).cells[0].source
    assert "secret" not in clean
    assert clean.endswith("\nyear: int = 2021")
    assert clean.startswith("data")


def test_index_lists_what_when_and_whether() -> None:
    page = BeautifulSoup(
        index(
            [entry(result="188 <b>received</b>.", workbook="d/r/r.xlsx", csv="d/r/", maryland=4),
             entry(title="Bad", state="failed", why="failed at cell 2 (KeyError)"),
             entry(dataset="e", dataset_title="E", illustrative=True, rule="internal")],
            run_time=RUN,
        ), "html.parser",
    )  # fmt: skip
    assert [h.get_text() for h in page.find_all("h2")] == ["D", "E"]
    first, bad, other = page.select("li.mtf-entry")
    assert first.a["href"] == "d/review.html"
    assert "188 <b>received</b>." in first.get_text()
    assert "Current" in first.get_text()
    assert "4 of 5" in first.get_text()
    assert [a["href"] for a in first.select(".mtf-files a")] == ["d/r/r.xlsx", "d/r/"]
    assert "Failed" in bad.get_text()
    assert "Failed at cell 2 (KeyError)" in bad.get_text()
    assert "made up" in other.find_parent("section").get_text()
    assert "not for publication" in other.find_parent("section").get_text()
    assert "1 of 3 not current" in page.get_text()
    assert not page.find_all(["script", "link", "form", "input"])


def test_index_puts_a_project_s_reports_together_its_evaluation_first() -> None:
    of_it = {"project": "EX01", "dataset": "d"}
    made = [
        entry(
            **of_it,
            title="Costs and benefits: Square (EX01)",
            kind="benefit_analysis",
            html="b.html",
        ),
        entry(title="Data quality", kind="data_quality"),
        entry(**of_it, title="What we tried", kind="own", html="o.html", state="failed", why="so"),
        entry(**of_it, title="Square (EX01)", kind="project_evaluation", html="e.html"),
    ]
    page = BeautifulSoup(index(made, run_time=RUN), "html.parser")
    assert [h.get_text() for h in page.find_all("h3")] == ["Data quality"]
    (row,) = page.select(".mtf-portfolio tbody tr")
    assert page.caption.get_text() == "Complete: 1 project"
    assert [(a.get_text(), a["href"]) for a in row.find_all("a")] == [
        ("Square (EX01)", "e.html"),
        ("What changed: Square (EX01)", "e.html"),
        ("What we tried: Square (EX01)", "o.html"),
        ("Costs and benefits: Square (EX01)", "b.html"),
    ]
    assert row.select_one(".mtf-entry-failed strong").get_text() == "So"


def test_index_of_nothing() -> None:
    assert "No report has been made yet" in index([], run_time=RUN)


def test_the_field_s_own_command_makes_the_page(tmp_path: Path) -> None:
    source = tmp_path / "out.ipynb"
    nbformat.write(made_up.notebook(), source)
    jupyter = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "mtf", str(source)]
    done = subprocess.run(jupyter, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Alternative text is missing" not in done.stderr
    by_hand = BeautifulSoup((tmp_path / "out.html").read_text(encoding="utf-8"), "html.parser")
    assert by_hand.h1.get_text() == "Annual review 2021"
    assert len(by_hand.select("figure svg")) == 6
    assert not by_hand.select("[data-mtf]")
    assert not by_hand.find_all("time")


def test_elements_stand_on_their_own_in_jupyterlab() -> None:
    html = made_up.head_element()._repr_mimebundle_()["text/html"]
    assert ".mtf-figure" in html
    assert "body{" not in html
    assert elements.note("x")._repr_mimebundle_()["text/plain"] == "Note: x"
