"""Pounds as a finance director reads them: in the command and in the files that are published.

The illustrative partnership, changed as real ones are: an outcome claimed beside the records, a
dear unit cost code, a code for a measure of which more is wanted, areas inside areas.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import recalculate
from bs4 import BeautifulSoup
from openpyxl import load_workbook
from recalculate import NAMES, Change, set_input
from typed_here import typed

from mtf_eval import load
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.year import portfolio, pounds
from mtf_eval.records.prices.reference import load_reference

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
REPORTS = ("project_evaluation", "benefit_analysis", "annual_review", "tlg_report")


def changed(folder: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change one table of a copy of the example, as text."""
    path = folder / f"{table}.csv"
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def year_of(folder: Path, year: int = 2024) -> pounds.Money | None:
    data = load(folder)
    together = portfolio.gather(data, year=year)
    return pounds.appraise(
        data, together, load_reference(), price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip


def value(benefit: Benefit) -> float:
    return float(benefit.results["present_value_benefits_gbp"])


def of(money: pounds.Money, project: str) -> Benefit:
    return next(b for b in money.each if b.project_id == project)


def counted(money: pounds.Money, *projects: str) -> float:
    """Public value of some projects as it stands in the sums of all kinds together."""
    frames = [kind.flow[~kind.flow["transfer"] & kind.flow["side"].eq("benefit")]
              for kind in money.kinds.values()]  # fmt: skip
    flow = pd.concat(frames)
    own = flow["source_row"].str.split(",").str[0].isin(projects)
    return float(flow.loc[own, "present_gbp"].sum())


def test_two_projects_in_the_same_areas_are_worth_no_more_than_one(example: Path) -> None:
    money = year_of(example)
    assert money is not None
    alone = value(of(money, "EX04"))
    assert counted(money, "EX04", "EX12") == pytest.approx(alone)

    def dear(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["project_id"] == "EX12", "unit_cost_code"] = "crime_theft_of_vehicle"
        return frame

    changed(example, "project_measures", dear)
    again = year_of(example)
    assert again is not None
    assert value(of(again, "EX12")) > 5 * value(of(money, "EX12"))
    assert counted(again, "EX04", "EX12") == pytest.approx(alone), "whatever the code"


def test_an_area_inside_another_project_s_areas_adds_nothing(example: Path) -> None:
    def inside(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~frame["project_id"].eq("EX12") | frame["area_code"].eq("E01990052")]

    changed(example, "project_areas", inside)
    money = year_of(example)
    assert money is not None
    assert counted(money, "EX04", "EX12") == pytest.approx(value(of(money, "EX04")))


def dated(start: str, end: str, assessed: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Give EX03 other dates, and no earlier ones."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        own = frame["project_id"] == "EX03"
        frame.loc[own, ["response_start", "response_end", "assessment_date"]] = [
            start, end, assessed,
        ]  # fmt: skip
        frame.loc[own, ["scanning_start", "analysis_start", "tlg_signoff"]] = ""
        return frame

    return change


def test_a_project_is_counted_in_one_year(example: Path) -> None:
    changed(example, "projects", dated("2023-03-01", "2023-12-31", "2024-02-15"))
    years = {year: year_of(example, year) for year in (2023, 2024)}
    there = [
        year for year, money in years.items()
        if money is not None and "EX03" in {b.project_id for b in money.each}
    ]  # fmt: skip
    assert there == [2023]
    assert years[2024] is not None
    assert years[2024].elsewhere == {"EX03": 2023}


def test_a_short_response_is_counted_when_its_six_months_are_over(example: Path) -> None:
    changed(example, "projects", dated("2023-09-01", "2023-11-30", "2023-12-15"))
    for year, there in ((2023, False), (2024, True)):
        money = year_of(example, year)
        assert (money is not None and "EX03" in {b.project_id for b in money.each}) == there


# As published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of a partnership with a claim beside records, and codes that are dear or unwanted."""
    home = tmp_path_factory.mktemp("pounds")
    data = Path(shutil.copytree(EXAMPLE, home / "data" / "example"))

    def coded(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["project_id"] == "EX12", "unit_cost_code"] = "crime_theft_of_vehicle"
        frame.loc[frame["project_id"] == "EX05", "unit_cost_code"] = "crime_violence_with_injury"
        return frame

    def claiming(frame: pd.DataFrame) -> pd.DataFrame:
        claim = ["EX02", "child_in_need_year", "10", "0.5", "0.2", "1", "0", "1", "0", "6"]
        return pd.concat([frame, pd.DataFrame([claim], columns=frame.columns)])

    changed(data, "project_measures", coded)
    changed(data, "outcomes", claiming)
    out = home / "reports"
    said = typed(
        "run", str(data), "--out", str(out), "--year=2024", "--period=2024-H2",
        *(f"--report={r}" for r in REPORTS), *(f"--project=EX{n:02}" for n in range(1, 13)),
        cwd=home,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    return out / "example"


def page(published: Path, name: str) -> str:
    html = (published / f"{name}-internal.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", BeautifulSoup(html, "html.parser").get_text(" "))


def first_screen(published: Path, name: str) -> str:
    text = page(published, name)
    return text[text.rindex("In one line:") : text.rindex("What it cost Costs of every agency")]


def test_a_claim_beside_the_records_is_a_sum_of_its_own(published: Path) -> None:
    """10 children x 0.5 x 0.8 x the unit cost, 40% off for grade 6."""
    unit = load_reference().unit_cost("child_in_need_year")
    claim = 10 * 0.5 * 0.8 * 0.6
    claim *= load_reference().uprate(unit.total_gbp, unit.price_year, "2023/24")
    said = first_screen(published, "benefit_analysis-EX02")
    assert said.startswith("In one line: No saving can be claimed, £0:")
    apart = said[said.index("Claimed by the project, not shown by the records") :]
    assert f"benefits of £{float(f'{claim:.3g}'):,.0f} of public value" in apart
    assert "not to be added to what the records show" in apart
    assert "If the outcomes are as claimed, the chance" in apart


def test_a_dear_code_is_cautioned_on_the_first_screen(published: Path) -> None:
    said = first_screen(published, "benefit_analysis-EX12")
    assert "crime_theft_from_vehicle (£870 in 2015/16) is usual" in said
    assert "and both claim the same incidents in full" in said, "whatever the code"


def test_a_wanted_rise_has_no_pounds(published: Path) -> None:
    said = first_screen(published, "benefit_analysis-EX05")
    assert "Violence and sexual offences: a rise was aimed at" in said
    assert "million" not in said
    text = page(published, "project_evaluation-EX05")
    assert re.search(r"a rise of \d+% against what was expected, as the project wanted", text)
    assert "More than expected, net of next door" in text
    assert "Smallest rise that could be seen" in text
    assert "violence and sexual offences (more is wanted)" in page(published, "annual_review-2024")


def test_a_fall_that_may_have_moved_says_so_wherever_it_goes(published: Path) -> None:
    doubt = "part or all may have moved next door"
    for name in ("project_evaluation-EX03", "benefit_analysis-EX03", "annual_review-2024",
                 "tlg_report-2024-H2"):  # fmt: skip
        text = page(published, name)
        assert doubt in text, name
        assert "no fewer incidents are left" not in text
    catalogue = BeautifulSoup((published.parent / "index.html").read_text("utf-8"), "html.parser")
    assert doubt in catalogue.get_text(" ")
    steps = page(published, "benefit_analysis-EX03")
    assert "Moved next door" in steps


def test_the_year_quotes_kinds_and_no_ratio_over_all(published: Path) -> None:
    text = page(published, "annual_review-2024")
    begin = text.index("The projects cost £")
    money = text[begin : text.index("Source:", begin)]
    assert money.index("Effect that passed its checks:") < money.index("Doubtful:")
    assert money.count("for each £1") == 1


def standing_of(published: Path, report: str, project: str) -> dict[str, tuple[str, ...]]:
    """Return a project's row of net effect, pounds and claim from page, CSV and workbook."""
    folder = published / report
    (path,) = folder.glob("*_standing*-internal.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = {row[0].split()[0]: row[1:] for row in csv.reader(stream) if row}
    html = BeautifulSoup((published / f"{report}-internal.html").read_text("utf-8"), "html.parser")
    shown = next(t for t in html("table") if "what may be claimed" in str(t.caption or ""))
    cells = [[c.get_text(" ", strip=True) for c in row(["th", "td"])] for row in shown("tr")]
    book = load_workbook(folder / f"{report}-internal.xlsx", read_only=True)
    sheets = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
    sheet = next(s for s in sheets if str(s[0][0]).startswith("Net effect, pounds by the records"))
    return {
        "csv": plain(rows[project]),
        "page": plain(next(c[1:] for c in cells if c[0].startswith(project))),
        "excel": plain(next(r[1:] for r in sheet if str(r[0]).startswith(f"{project} "))),
    }


def plain(row: Iterable[object]) -> tuple[str, ...]:
    """Write cells alike, whatever file they stand in: numbers to one decimal, no symbols."""
    found = []
    for cell in row:
        text = re.sub(r"[£,]", "", str(cell)).replace("\N{MINUS SIGN}", "-").strip()
        try:
            found.append(f"{float(text):.1f}")
        except ValueError:
            found.append("" if text in ("[x]", "None", "not given", "none") else str(cell))
    return tuple(found)


@pytest.mark.parametrize("project", [f"EX{n:02}" for n in range(1, 13)])
def test_net_effect_pounds_and_claim_are_the_same_in_every_file(
    published: Path, project: str
) -> None:
    names = (f"project_evaluation-{project}", f"benefit_analysis-{project}", "annual_review-2024",
             "tlg_report-2024-H2")  # fmt: skip
    found = [row for name in names for row in standing_of(published, name, project).values()]
    assert len(found) == 12
    assert len(set(found)) == 1, found
    claims = project in ("EX02", "EX05", "EX09")
    of_people = results_of(published, project, claimed=project == "EX02") if claims else {}
    said = of_people.get("Present value of public value benefits")
    assert found[0][-1] == ("" if said is None else f"{said:.1f}")
    done = projects.evaluate(
        load(EXAMPLE), project, as_of="2024-12-31", rng=np.random.default_rng(2021)
    )
    if done.primary is not None:
        net = done.net[done.project.primary_measure]
        assert float(found[0][1]) == pytest.approx(net.avoided, abs=0.06)
        assert net.avoided <= net.gross
    else:
        assert found[0][1:-1] == ("",) * 5


def results_of(published: Path, project: str, claimed: bool) -> dict[str, float]:
    """Return the results of a benefit page in pounds, by their names, as its CSV has them."""
    folder = published / f"benefit_analysis-{project}"
    end = f"_{project.lower()}{'_claimed' * claimed}-internal.csv"
    found: dict[str, float] = {}
    for path in folder.glob(f"benefit_results{end}"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [r for r in csv.reader(stream) if r and r[0] in NAMES and r[1] != "[x]"]
            found |= {r[0]: float(r[1]) for r in rows}
    return found


def cell(book: Any, sheet: str, at: str, change: Callable[[float], float]) -> None:
    book[sheet][at] = change(float(book[sheet][at].value))


@pytest.mark.slow
def test_every_live_workbook_gives_its_pages_pounds(published: Path, tmp_path: Path) -> None:
    def deadweight(book: Any) -> None:
        (row,) = [c.value for c in book["Model inputs"]["B"] if "measures" in str(c.value)]
        set_input(book, row, "Deadweight", 0.5)

    def unit_cost(book: Any) -> None:
        for column in "DF":
            cell(book, "Unit costs", f"{column}2", lambda pounds: 2 * pounds)

    def price_year(book: Any) -> None:
        book["Model"]["B2"] = "2025/26"

    def rate(book: Any) -> None:
        for column in "CDEF":
            book["Discount factors"][f"{column}2"] = 0.0

    books = {
        path.stem.removesuffix("-internal"): path
        for path in published.glob("benefit_analysis-*/*-internal.xlsx")
        if "Model" in load_workbook(path, read_only=True).sheetnames
    }
    asked: dict[str, tuple[Path, Change]] = {n: (p, lambda book: None) for n, p in books.items()}
    changes = {"EX11": deadweight, "EX04": unit_cost, "EX01": price_year, "EX09": rate}
    for project, change in changes.items():
        asked[f"{project}-changed"] = books[f"benefit_analysis-{project}"], change
    found = recalculate.recalculated(asked, tmp_path / "office")
    titles = {"What the records show": False, "What the project claims": True}
    seen = set()
    for name in books:
        project = name.removeprefix("benefit_analysis-")
        for title, own in found[name].items():
            beside = titles[title.partition(":")[0]] and len(found[name]) > 1
            page_says = results_of(published, project, beside)
            for label, key in NAMES.items():
                if label in page_says:
                    assert own[key] == pytest.approx(page_says[label], abs=0.5), (project, label)
                    seen.add(project)
    assert seen == {f"EX{n:02}" for n in range(1, 13)} - {"EX10"}, "EX10 has cost nothing yet"
    public, costs = "present_value_benefits_gbp", "present_value_costs_gbp"

    def pair(project: str, title: str, key: str) -> tuple[float, float]:
        books_of = (f"benefit_analysis-{project}", f"{project}-changed")
        before, after = (found[name][title][key] for name in books_of)
        return before, after

    records, claims = titles
    before, after = pair("EX11", records, public)
    assert after == pytest.approx(before / 2), "half of it would have happened anyway"
    before, after = pair("EX04", records, public)
    assert after == pytest.approx(2 * before), "twice the price"
    index = load_reference().covered
    for key in (public, costs):
        before, after = pair("EX01", records, key)
        assert after == pytest.approx(before * index["2025/26"] / index["2023/24"])
    folder = published / "benefit_analysis-EX09"
    (path,) = folder.glob("benefit_flow_ex09-internal.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        paid = sum(float(r[1]) for r in csv.reader(stream) if r and r[0].startswith("Year "))
    assert pair("EX09", claims, costs)[1] == pytest.approx(paid, abs=1), "undiscounted"
