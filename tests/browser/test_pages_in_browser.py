"""A made-up report and the catalogue in Chromium, as their readers meet them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import made_up
import pytest
from checks import check_page
from nbformat.v4 import new_output

from mtf_eval.publish.pages import exporter as pages
from mtf_eval.publish.pages.index import Entry, index

pytestmark = pytest.mark.browser
RUN = "2026-01-05T10:00:00+00:00"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    related = [("Another report", "other.html")]
    page = pages.render(
        made_up.notebook(), run_time=RUN, related=related, downloads=[("Tables", "t.xlsx")]
    )
    path.write_text(page, encoding="utf-8")
    return path


def test_report(browser: Any, report: Path) -> None:
    found = check_page(browser, report)
    assert not found.problems
    assert "188" in found.text
    assert "+124%" in found.text
    # The data of a figure are folded on the screen and left out of print.
    assert "September 2021" not in found.text + found.printed
    assert "The code of this report" not in found.printed


def test_hostile_text_runs_nothing(browser: Any, report: Path) -> None:
    page = browser.new_page()
    alerts: list[str] = []
    page.on("dialog", lambda d: (alerts.append(d.message), d.dismiss()))
    page.goto(report.as_uri())
    assert page.locator("main img, main script").count() == 0
    shown = page.locator("th[scope=row]").evaluate_all("all => all.map(e => e.textContent)")
    assert made_up.HOSTILE in shown
    page.close()
    assert not alerts


def test_contents_lead_to_the_sections(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    links = page.locator("nav a").all()
    assert [link.inner_text() for link in links][:3] == ["Referrals by month", "Themes", "Progress"]
    for link in links:
        assert page.locator(link.get_attribute("href")).count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "mtf-skip"
    page.close()


def test_report_that_failed(browser: Any, tmp_path: Path) -> None:
    notebook = made_up.notebook()
    secret = new_output("error", ename="ValueError", evalue="Alex of Elm Road", traceback=["Alex"])
    notebook.cells[5].outputs = [secret]
    path = tmp_path / "failed.html"
    path.write_text(pages.render(notebook, run_time=RUN), encoding="utf-8")
    found = check_page(browser, path, looks=[("light", 1280), ("dark", 375)])
    assert not found.problems
    assert "stopped at cell 6, in the section “Referrals by month” with ValueError" in found.text
    assert "Alex" not in path.read_text(encoding="utf-8")


def test_index(browser: Any, tmp_path: Path) -> None:
    common = {"dataset": "made_up", "dataset_title": "Made up", "run_time": RUN, "period": "2021"}
    entries = [
        Entry(
            **common, title="Annual review", kind="annual_review", html="made_up/a.html",
            workbook="made_up/a/a.xlsx", csv="made_up/a/", result="188 received.", maryland=4,
        ),
        Entry(
            **common, title="Data quality", kind="data_quality", html="made_up/q.html",
            state="failed", why="failed at cell 7 (ValueError)",
        ),
        Entry(
            **common, title="A project", kind="project_evaluation", html="made_up/p.html",
            state="out_of_date", why="a later run failed", status="running", rule="internal",
        ),
    ]  # fmt: skip
    path = tmp_path / "index.html"
    path.write_text(index(entries, run_time=RUN), encoding="utf-8")
    found = check_page(browser, path)
    assert not found.problems
    for words in ("Current", "Failed", "Out of date", "5 January 2026", "still running"):
        assert words in found.text


def test_the_check_finds_what_is_wrong(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        "<html><head><title>x</title></head><body><main><p style='color:#aaa'>Pale</p>"
        "<img src='http://127.0.0.1:9/x.png'><div style='width:2000px'>wide</div>"
        "<script>1</script></main></body></html>",
        encoding="utf-8",
    )
    found = " ".join(check_page(browser, path, looks=[("light", 1280)]).problems)
    for what in ("html-has-lang", "image-alt", "color-contrast", "asked for http://127.0.0.1:9",
                 "2008 pixels wide", "<script"):  # fmt: skip
        assert what in found
