"""The annual review of 2021 as a reader gets it: figures in the page against the dashboard.

The page is made with the field's own commands, papermill and nbconvert; what is compared with it
was typed from the dashboard, not taken from the library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup, Tag
from dashboard import HERE, MONTHS

from mtf_eval.publish.pages import exporter as pages

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "annual_review.ipynb"
BIN = Path(sys.executable).parent
FIGURES = 9


def command(*words: str, where: Path) -> None:
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=where,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the page made by the two commands, run from the project's folder."""
    folder = tmp_path_factory.mktemp("by_hand")
    made = str(folder / "out.ipynb")
    given = ["-p", "data", "data/thanet_2021", "-p", "year", "2021"]
    command("papermill", "notebooks/annual_review.ipynb", made, *given, where=ROOT)
    command("jupyter", "nbconvert", "--to", "mtf", made, where=folder)
    return (folder / "out.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def soup(by_hand: str) -> BeautifulSoup:
    return BeautifulSoup(by_hand, "html.parser")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    made = tmp_path_factory.mktemp("public") / "public.ipynb"
    given = {"data": str(HERE), "year": 2021, "release": "public"}
    papermill.execute_notebook(NOTEBOOK, made, given, progress_bar=False)
    return nbformat.read(made, 4)


def text(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ", strip=True))


def grid(soup: BeautifulSoup, caption: str) -> dict[str, list[str]]:
    """Rows of the one table whose caption starts so, by their first cell."""
    found = [t for t in soup.find_all("table") if t.caption and text(t.caption).startswith(caption)]
    assert len({str(t.find("tbody")) for t in found}) == 1, f"{len(found)} tables: {caption}"
    rows = [[text(c) for c in tr.find_all(["th", "td"])] for tr in found[0].find_all("tr")]
    return {row[0]: row[1:] for row in rows}


def cards(soup: BeautifulSoup) -> dict[str, str]:
    boxes = soup.select(".mtf-headline dl > div")
    return {text(b.dt): text(b.find("dd")) for b in boxes if isinstance(b.dt, Tag)}


def test_headline_figures(soup: BeautifulSoup) -> None:
    assert cards(soup) == {
        "Received": "188",
        "Accepted": "128",
        "Rejected": "57",
        "SARA projects": "3",
        "Completed": "124",
        "Ongoing": "4",
        "Received in 2020": "84",
        "Change since 2020": "+124%",
        "Accepted, of all received": "68.1%",
        "Completed, of those accepted": "96.9%",
    }
    page = text(soup)
    assert "188 referrals in 2021 so far, 124% more than the 84 of 2020" in page
    assert "2021 runs to 15 December 2021 only; 2020 is the whole year." in page


def test_months_and_quarters(soup: BeautifulSoup) -> None:
    months = grid(soup, "Referrals received and their outcomes by month, 2021")
    for month, counts in MONTHS.items():
        assert months[month] == [str(n) for n in counts]
    quarters = grid(soup, "Referrals received and their outcomes by quarter, 2021")
    assert [quarters[q][0] for q in list(quarters)[1:]] == ["55", "50", "51", "32", "188"]


def test_themes_and_support(soup: BeautifulSoup) -> None:
    themes = grid(soup, "Interventions by theme, 2021")
    assert [v[0] for v in list(themes.values())[1:]] == ["4", "41", "64", "8", "11", "46", "174"]
    streams = grid(soup, "Interventions by stream, 2021")
    assert streams["Key criteria"] == ["128"]
    assert streams["Home security"] == ["46"]
    agency = grid(soup, "Referrals for domestic abuse support by agency, 2021 and 2020")
    assert agency["Oasis Domestic Abuse Service"] == ["18", "32"]
    assert agency["NHS"] == ["0", "3"]
    assert agency["TDC Community Safety Unit"] == ["3", "not on record"]
    assert agency["Total"] == ["47", "51"]
    risk = grid(soup, "Referrals for domestic abuse support by risk")
    assert [risk[k][1] for k in ("High risk", "Low or medium risk", "Total")] == ["33", "18", "51"]
    visits = grid(soup, "Visits to high risk referrals")
    assert [v[1] for v in list(visits.values())[1:]] == ["33", "15", "48"]


def test_contacts_and_requests(soup: BeautifulSoup) -> None:
    channels = grid(soup, "Outgoing contacts during COVID-19 by channel")
    assert channels["Contact attempts"] == ["19,247", "not on record", "not on record"]
    assert channels["Visits"] == ["660", "159", "0"]
    assert channels["Calls"][1:] == ["2,933", "13"]
    assert channels["Texts"][1:] == ["2,752", "1,250"]
    assert channels["Emails"][1:] == ["3,116", "923"]
    assert channels["Letters"][1:] == ["1,492", "268"]
    years = grid(soup, "Visits and remote contacts during COVID-19 by year")
    assert years["2020"] == ["819", "29,540"]
    requests = grid(soup, "Requests for support received during COVID-19, 2021")
    assert [v[0] for v in list(requests.values())[1:]] == ["210", "127", "61", "23", "421"]
    both = grid(soup, "Requests for support received during COVID-19, 2020 and 2021")
    assert both["March to December 2020"] == ["4,020"]
    assert "unlike things are compared" in text(soup)
    assert "Safe and well home visits: shown as a chart without numbers" in text(soup)


def test_priorities_and_progress(soup: BeautifulSoup) -> None:
    agencies = grid(soup, "Agency priorities fulfilled by agency, 2021")
    sums = ["192", "137", "177", "225", "85", "105", "196", "34", "1,151"]
    assert [v[1] for v in list(agencies.values())[1:]] == sums
    captions = [t for t in soup.find_all("caption") if text(t).startswith("Progress: ")]
    lengths = [len(t.find_parent("table").tbody.find_all("tr")) for t in captions]
    assert lengths == [8, 9, 10, 7]
    fine = soup.find("caption", string=re.compile("task force's work"))
    assert isinstance(fine, Tag)
    assert len(fine.find_parent("table").tbody.find_all("tr")) == 30


def test_reconciliation(soup: BeautifulSoup) -> None:
    rows = grid(soup, "Figures that do not agree")
    figures = [tuple(v[:2]) for v in list(rows.values())[1:]]
    assert figures == [("16", "15"), ("19", "20"), ("5", "6"), ("174", "128"), ("46", "47")]
    assert "September and November do not add up across, but the errors cancel" in text(soup)


def test_every_as_at_date_stands_on_the_page(soup: BeautifulSoup) -> None:
    for words in ("15 December", "14 December", "25 August", "7 September", "20 May"):
        assert f"As at {words} 2021." in text(soup)
    assert "25 February 2021" in text(soup)


def test_figures_have_a_finding_a_subtitle_words_and_data(soup: BeautifulSoup) -> None:
    figures = soup.select("figure.mtf-figure")
    assert len(figures) == FIGURES
    titles = [text(f.figcaption.strong) for f in figures]
    # December runs to the 15th only.
    assert titles[0] == "188 referrals received in 2021 so far, 128 accepted"
    assert any("those of Police & Crime Commissioner most often (225)" in t for t in titles)
    assert len(set(titles)) == FIGURES
    for figure in figures:
        subtitle = text(figure.figcaption.span)
        assert "202" in subtitle
        assert "number of" in subtitle
        assert figure.find("svg")
        assert figure.find("details").find("table")
    assert "No description has been provided" not in str(soup)


def test_page_is_light_and_free_of_code(by_hand: str, soup: BeautifulSoup) -> None:
    assert len(by_hand.encode()) <= 350 * 1024
    assert not soup.find_all("script")
    assert not [t for t in soup.find_all(src=True) if not t["src"].startswith("data:")]
    assert "Traceback" not in by_hand
    assert len(soup.find_all("h1")) == 1


@pytest.mark.slow
def test_two_runs_give_the_same_page(by_hand: str, tmp_path: Path) -> None:
    given = {"data": "data/thanet_2021", "year": 2021}
    made = tmp_path / "out.ipynb"
    papermill.execute_notebook(NOTEBOOK, made, given, progress_bar=False, cwd=str(ROOT))
    exporter = pages.ReportExporter()
    again, _ = exporter.from_filename(str(made))
    times = re.compile(r"<time[^>]*>.*?</time>")
    assert times.sub("", again).strip() == times.sub("", by_hand).strip()


def test_public_page_hides_small_counts_and_rounds_the_others(
    public: nbformat.NotebookNode,
) -> None:
    page = pages.render(public, run_time="2022-01-10T09:00:00")
    soup = BeautifulSoup(page, "html.parser")
    assert "Official-Sensitive" not in text(soup)
    shown = cards(soup)
    assert shown["Received"] == "190"
    assert "Ongoing" not in shown, "128 accepted less 124 completed"
    months = grid(soup, "Referrals received and their outcomes by month, 2021")
    assert [months[m][0] for m in list(MONTHS)[:-1]] == [
        *("15", "15", "20", "20", "10", "15", "20", "15", "15", "[c]", "20", "[c]"),
    ], "the dashboard's to the nearest five, 7 and 6 hidden"
    agency = grid(soup, "Referrals for domestic abuse support by agency, 2021 and 2020")
    told = {int(v) for row in list(agency.values())[1:] for v in row if v.isdigit()}
    assert {v for v in told if v < 10 or v % 5} == set()
    assert agency["Total"] == ["45", "50"]  # 47 and 51 to the nearest five
    heading = soup.find("strong", string=re.compile("referrals received in"))
    assert heading is not None
    assert text(heading) == "190 referrals received in 2021 so far, 130 accepted"


def test_a_year_without_figures_still_gives_a_page(tmp_path: Path) -> None:
    made = tmp_path / "none.ipynb"
    given = {"data": str(HERE), "year": 2019, "release": "public"}
    papermill.execute_notebook(NOTEBOOK, made, given, progress_bar=False)
    page = pages.render(nbformat.read(made, 4), run_time="2022-01-10T09:00:00")
    assert "Nothing is on record for" in page
    assert "No count of referrals in 2019 can be shown" in page
