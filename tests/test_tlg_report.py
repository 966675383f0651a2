"""The report to the leadership group as it is read: the rendered page, under the public rule."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup

from mtf_eval.publish.pages import exporter as pages
from mtf_eval.publish.pages.pdf import find_browser, print_pdf

ROOT = Path(__file__).parent.parent
SECTIONS = (
    "Decisions asked",
    "The half-year in figures",
    "Coming up",
    "Projects",
    "Actions",
    "Budget",
    "Net effects and pounds",
    "Referrals",
    "Bids for funding",
    "What providers delivered",
    "Risks: projects in each other's way",
    "Long-term: who keeps it up",
    "Corrections",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tlg")
    given = {"data": str(ROOT / "data" / "example"), "period": "2024-H2", "release": "public"}
    book = ROOT / "notebooks" / "tlg_report.ipynb"
    papermill.execute_notebook(book, folder / "made.ipynb", given, progress_bar=False)
    made = nbformat.read(folder / "made.ipynb", 4)
    html = pages.render(made, run_time="2025-01-10T09:00:00+00:00")
    (folder / "tlg.html").write_text(html, encoding="utf-8")
    return folder / "tlg.html"


@pytest.fixture(scope="module")
def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def words(soup: BeautifulSoup, caption: str) -> str:
    (found,) = [t for t in soup.find_all("table") if t.caption and caption in t.caption.text]
    return re.sub(r"\s+", " ", found.get_text(" "))


def test_every_section_is_there_in_order(soup: BeautifulSoup) -> None:
    headings = [h.get_text(strip=True) for h in soup.main.find_all("h2")]  # type: ignore[union-attr]
    assert [h for h in headings if h in SECTIONS] == list(SECTIONS)


def test_decisions_name_the_result_they_rest_on(soup: BeautifulSoup) -> None:
    asked = words(soup, "Decisions asked")
    assert re.search(r"EX10 Garage courts Sign off, or not Police 1 April 2025", asked)
    assert re.search(r"EX02 .*no change to be told from chance", asked)
    assert re.search(r"EX01 .*fall of \d+%", asked)
    assert "Safer Places Fund: due 20 December 2024, not on record as sent" in asked
    assert "Victims" not in asked
    assert "sent on 27 November 2024" in words(soup, "Bids for funding as they stood")


def test_figures_against_the_records(soup: BeautifulSoup) -> None:
    with (ROOT / "data" / "example" / "referrals.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    mine = [r for r in rows if "2024-07" <= r["received"][:7] <= "2024-12"]
    core = [r for r in mine if (r["stream"] or "core") == "core"]
    cards = {
        d.dt.get_text(" ", strip=True): d.find("dd").get_text(" ", strip=True)  # type: ignore[union-attr]
        for d in soup.select(".mtf-headline dl > div")
        if d.dt is not None
    }
    assert len(core) == 79
    assert cards["Received"] == "80"  # to the nearest five
    with (ROOT / "data" / "example" / "funding.csv").open(encoding="utf-8") as file:
        asked = sum(float(r["requested_gbp"]) for r in csv.DictReader(file))
    assert f"£{asked:,.0f}" in words(soup, "Bids for funding by status")


def test_small_numbers_of_people_are_hidden(soup: BeautifulSoup) -> None:
    """By hand from the log: 0 to 7 are hidden, the others to the nearest five."""
    shown = words(soup, "Referrals received and their outcomes by month")
    assert re.search(r"July 2024 10 \[c\] \[[ck]\]", shown), (
        "11 received; 6 accepted, 4 rejected in July"
    )
    assert re.search(r"August 2024 15 15 \[[ck]\]", shown), (
        "16 received; 15 accepted, 3 rejected in August"
    )
    assert not [c for c in soup.find_all("caption") if "outcomes by quarter" in c.get_text()]


def test_a_rating_has_a_word_and_its_rule_is_printed(soup: BeautifulSoup) -> None:
    shown = words(soup, "Projects by stage")
    assert "Red" in shown
    assert "Amber" in shown
    text = soup.get_text(" ")
    assert "Red: an action more than 28 days overdue" in text


@pytest.mark.browser
def test_two_sheets_say_what_must_be_decided(page: Path) -> None:
    if find_browser() is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from pypdf import PdfReader

    made = PdfReader(print_pdf(page, page.with_suffix(".pdf")))
    assert len(made.pages) <= 2
    first, *_ = texts = [re.sub(r"\s+", " ", p.extract_text()) for p in made.pages]
    assert "EX01 Harbour Square evenings Stop, continue" in first
    text = " ".join(texts)
    for decision in (
        "Sign off, or not",
        "Stop, continue, change or spread",
        "send the funder's report",
    ):
        assert decision in text
    assert "As at 31 December 2024" in text
