"""Absent is not nought, as a user sees it: `mtf-eval run` on records with gaps, and its pages.

The ratios of the field cases are those that the handled gap gives (their READMEs); in the made-up
records the truth is planted.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from openpyxl import load_workbook
from typed_here import typed

pytestmark = pytest.mark.slow
FIELD = Path(__file__).parent / "field" / "public"
ASB = "Anti-social behaviour"
MONTHS = pd.date_range("2021-01-01", "2022-12-01", freq="MS")
#: Every kind of report, of the project, year and half-year in which the counts move.
EVERY_KIND = ["--project", "P1", "--year", "2022", "--period", "2022-H2", *(
    word for kind in ("project_evaluation", "benefit_analysis", "annual_review", "dashboard",
                      "tlg_report", "data_quality") for word in ("--report", kind)
)]  # fmt: skip


def run(data: Path, out: Path, *more: str) -> str:
    done = typed("run", str(data), "--out", str(out), *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def page_of(out: Path, report: str) -> BeautifulSoup:
    (page,) = out.rglob(f"{report}*-internal.html")
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def words_of(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


def first_screen(page: BeautifulSoup) -> str:
    """Text of the page's first section."""
    (first,) = page.find_all("h2", string=re.compile("^The result in short"))
    said = []
    for part in first.find_all_next(string=True):
        if part.find_parent("h2") not in (None, first):
            break
        said.append(str(part))
    return " ".join(" ".join(said).split())


def column(out: Path, name: str, heading: str) -> dict[str, str]:
    """First column to another, from a published CSV file."""
    (path,) = out.rglob(f"{name}*.csv")
    with path.open(encoding="utf-8-sig") as file:
        return {next(iter(row.values())): row[heading] for row in csv.DictReader(file)}


def ratio(text: str) -> tuple[float, float, float]:
    found = re.search(r"ratio (\d\.\d\d) \(95% interval (\d\.\d\d) to (\d\.\d\d)\)", text)
    assert found, text[:600]
    a, b, c = map(float, found.groups())
    return a, b, c


@pytest.mark.parametrize(
    ("case", "right", "said"),
    [
        ("01", 1.01, "May to August 2022 are not on record for City of Testshire Police: no file"),
        ("02", None, "36% of the rows of January to December 2022 have no area, 1% of the others"),
        ("03", 1.09, "May to August 2022 are not on record for E01990003"),
        ("09", None, "Violence and sexual offences begins there: the category was renamed"),
        ("10", None, "they need months before and after the start"),
    ],
)
def test_a_field_case_claims_nothing_that_did_not_happen(
    case: str, right: float | None, said: str, tmp_path: Path
) -> None:
    run(FIELD / case / "data", tmp_path, "--project", "P1", "--report", "project_evaluation")
    text = first_screen(page_of(tmp_path, "project_evaluation"))
    assert said in text
    if right is None:
        assert "we cannot say" in text
        assert "To mend it" in text
        assert "ratio" not in text.lower()
    else:
        estimate, low, high = ratio(text)
        assert abs(estimate - right) <= 0.05
        assert low < 1 < high
    if case in ("01", "03"):
        recorded = column(tmp_path, "p1_months", "Recorded")
        gone = [f"{m} 2022" for m in ("May", "June", "July", "August")]
        assert {recorded[m] for m in gone} == {"not on record"}
        assert "0" not in recorded.values()
        expected = column(tmp_path, "p1_months", "Expected without the project")
        assert {expected[m] for m in gone} == {"not compared"}


# Made-up records: nothing done anywhere save where it says so


def write(folder: Path, **tables: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def counts_of(areas: int = 90, mean: float = 12.0) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    names = [f"A{i:02d}" for i in range(areas)]
    level = rng.gamma(12, mean / 12, areas)
    return pd.DataFrame(rng.poisson(level, (len(MONTHS), areas)), index=MONTHS, columns=names)


def rows_of(counts: pd.DataFrame, without: Iterator[tuple[str, str, str]]) -> list[dict]:  # type: ignore[type-arg]
    held = counts.astype(float).copy()
    for area, first, last in without:
        held.loc[first:last, area] = np.nan
    long = held.stack().dropna().rename("count").reset_index()
    long.columns = pd.Index(["month", "area_code", "count"])
    long["month"] = long["month"].dt.strftime("%Y-%m")
    return long.assign(measure=ASB).astype({"count": int}).to_dict("records")


def project(name: str, **more: object) -> dict[str, object]:
    return {
        "project_id": name, "title": f"Project {name}", "problem": "Groups", "stage": "closed",
        "lead_agency": "Police", "response_start": "2022-01-10", "response_end": "2022-12-31",
        "tlg_signoff": "2021-12-01", "assessment_date": "2023-01-10", "primary_measure": ASB,
        "consolidation_plan": "Police keep it up", "follow_up_date": "2023-06-01", **more,
    }  # fmt: skip


TARGETS = {
    "HOLE": ["A00"], "CODE": ["A05"], "PART": ["A10", "A11", "A12", "A13"],
    "FALL": ["A20", "A21", "A22", "A23", "A24"], "NONE": ["A30"], "LATE": ["A40"],
    "WORD": ["A50"], "QUIET": ["A60", "A61"], "SHUT": ["A62", "A63"],
}  # fmt: skip
WITHOUT = (
    ("A00", "2022-05", "2022-08"), ("A05", "2022-01", "2022-12"), ("A12", "2022-01", "2022-12"),
    *((a, "2022-03", "2022-04") for a in TARGETS["FALL"]), ("A30", "2022-01", "2022-12"),
    ("A40", "2021-01", "2021-06"), ("A50", "2022-01", "2022-07"),
    *((a, "2022-03", "2022-09") for a in TARGETS["QUIET"]),
    *((a, "2022-02", "2022-12") for a in TARGETS["SHUT"]),
)  # fmt: skip
ABOUT = [
    {"key": k, "value": v}
    for k, v in (("title", "Gaps"), ("publisher", "Nobody"), ("illustrative", "yes"),
                 ("as_at", "2022-12-31"))
]  # fmt: skip
ALIASES = [{"alias": "Police", "name": "Police", "scope": "agency"}]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of seven projects, each with a gap of its own."""
    home = tmp_path_factory.mktemp("several")
    counts = counts_of()
    late = counts.index >= "2022-01-01"
    thinned = np.random.default_rng(5).binomial(counts.loc[late, TARGETS["FALL"]], 0.5)
    counts.loc[late, TARGETS["FALL"]] = thinned
    few = [*TARGETS["QUIET"], *TARGETS["SHUT"]]
    counts[few] = np.random.default_rng(6).poisson((1.2, 1.2, 2, 2), (len(counts), len(few)))
    said = [
        *({"source": "incidents", "area_code": a, "measure": ASB, "first": "2022-02",
           "last": "2022-12", "complete": "yes", "reason": "the park was closed"}
          for a in TARGETS["SHUT"]),
        {"source": "incidents", "area_code": "A30", "measure": ASB, "first": "2022-01",
         "last": "2022-12", "complete": "yes", "reason": "the square was closed"},
        {"source": "incidents", "area_code": "A50", "measure": ASB, "first": "2022-01",
         "last": "2022-07", "complete": "no", "reason": "a system was replaced"},
    ]  # fmt: skip
    write(
        home / "data",
        about=ABOUT,
        aliases=ALIASES,
        projects=[project(p) for p in TARGETS],
        project_areas=[
            {"project_id": p, "area_code": a, "role": "target", "population": 1500}
            for p, areas in TARGETS.items()
            for a in areas
        ],
        incidents=rows_of(counts, WITHOUT),  # type: ignore[arg-type]
        coverage=said,
    )
    run(home / "data", home / "out", "--report", "project_evaluation", "--report", "data_quality")
    return home / "out"


def headline(out: Path, name: str) -> str:
    return column(out, f"{name.lower()}_short", "Answer")["What changed"]


@pytest.mark.parametrize("name", ["CODE", "PART", "WORD"])
def test_where_the_records_allow_no_claim_none_is_made_or_drawn(several: Path, name: str) -> None:
    page = page_of(several, f"project_evaluation-{name}")
    assert "we cannot say" in headline(several, name)
    assert "not on record" in headline(several, name)
    text = first_screen(page)
    assert "To mend it" in text
    assert "ratio" not in text.lower()
    made = {p.stem.removesuffix("-internal") for p in several.rglob(f"*{name}/*.csv")}
    nothing = {"estimates", "controls", "spill", "headline", "later", "harm_avoided"}
    assert not made & {f"{name.lower()}_{each}" for each in nothing}
    titles = [c.get_text(" ") for c in page.select("figcaption strong")]
    assert any("Not on record throughout" in t for t in titles)
    recorded = column(several, f"{name.lower()}_months", "Recorded")
    assert recorded["January 2022"] == "not on record"
    assert "0" not in recorded.values()
    assert "we cannot say" in words_of(BeautifulSoup((several / "index.html").read_text(), "lxml"))


def test_a_declared_gap_gives_its_reason(several: Path) -> None:
    assert "a system was replaced" in headline(several, "WORD")


@pytest.mark.parametrize("name", ["HOLE", "LATE"])
def test_a_gap_left_out_on_both_sides_leaves_no_change(several: Path, name: str) -> None:
    _, low, high = ratio(headline(several, name))
    assert low < 1 < high
    sure = column(several, f"{name.lower()}_short", "Answer")["How sure"]
    assert "are not compared" in sure


def test_a_planted_fall_is_seen_with_two_months_missing(several: Path) -> None:
    estimate, low, high = ratio(headline(several, "FALL"))
    assert low < 0.5 < high < 1
    recorded = column(several, "fall_months", "Recorded")
    after = [int(n) for m, n in recorded.items() if "2022" in m and n != "not on record"]
    assert len(after) == 10
    expected = column(several, "fall_months", "Expected without the project")
    total = sum(float(v) for v in expected.values() if v != "not compared")
    assert sum(after) / total == pytest.approx(estimate, abs=0.02)


@pytest.mark.parametrize("name", ["NONE", "SHUT"])
def test_a_complete_fall_to_nought_that_is_declared_is_claimed(several: Path, name: str) -> None:
    assert "a fall of" in headline(several, name)
    assert column(several, f"{name.lower()}_months", "Recorded")["May 2022"] == "0"


def test_a_fall_that_rests_on_a_silence_of_quiet_areas_is_no_claim(several: Path) -> None:
    """Two areas of five incidents a quarter, too few for the silence of seven months to tell."""
    text = first_screen(page_of(several, "project_evaluation-QUIET"))
    assert "we cannot say: nothing is recorded in " in text
    assert "March to September 2022 for A60, A61, which may be chance or records not sent" in text
    assert "without those months no change can be told from chance" in text
    assert "To mend it: if nothing happened, declare it complete in coverage" in text
    assert "ratio" not in text.lower()


def test_the_data_quality_page_lists_the_gaps(several: Path) -> None:
    text = words_of(page_of(several, "data_quality"))
    for said in ("A00", "A05", "as declared: a system was replaced"):
        assert said in text
    assert "none is counted as nought" in text


# No path from a failed gate to a number


def test_with_a_failed_gate_no_published_value_follows_the_counts_after(tmp_path: Path) -> None:
    """Only the recorded months, and digests and sizes of the table they stand in, may move."""
    counts = counts_of(60)
    shown: dict[str, dict[str, str]] = {}
    for name, more in (("plain", 0), ("more", 4)):
        counts.loc["2022-08":, "A50"] += more  # type: ignore[misc]
        write(
            tmp_path / name / "data",
            about=ABOUT,
            aliases=ALIASES,
            projects=[project("P1", primary_measure="Burglary")],
            project_measures=[
                {"project_id": "P1", "measure": "Burglary", "target_change": -0.2,
                 "unit_cost_code": "crime_domestic_burglary", "fixed_on": "2021-11-01"}
            ],
            project_areas=[
                {"project_id": "P1", "area_code": "A50", "role": "target", "population": 1500},
                {"project_id": "P1", "area_code": "A51", "role": "buffer", "population": 1500},
            ],
            costs=[{"project_id": "P1", "agency": "Police", "item": "Patrols", "kind": "cash",
                    "date": "2022-02-01", "amount_gbp": 5000, "evidence_grade": 2}],
            referrals=[
                {"referral_id": f"R{m.month}{m.year}{i}", "received": f"{m:%Y-%m}-05",
                 "agency": "Police", "decision": "accepted"}
                for m in MONTHS for i in range(3)
            ],
            incidents=[
                {**row, "measure": "Burglary"}
                for row in rows_of(counts, [("A50", "2022-01", "2022-07")])  # type: ignore[arg-type]
            ],
            coverage=[{"source": "incidents", "area_code": "A50", "first": "2022-01",
                       "last": "2022-07", "complete": "no", "reason": "a system was replaced"}],
        )  # fmt: skip
        run(tmp_path / name / "data", tmp_path / name / "out", "--docx", "--pptx", *EVERY_KIND)
        shown[name] = _published(tmp_path / name / "out")
    assert shown["plain"].keys() == shown["more"].keys()
    assert len(shown["plain"]) > 30
    assert {Path(k).suffix for k in shown["plain"]} >= {".csv", ".html", ".txt", ".xlsx", ".docx"}
    assert any(".pptx" in k for k in shown["plain"])
    moved = [k for k, v in shown["plain"].items() if shown["more"][k] != v]
    assert moved == []
    gated = [k for k, v in shown["plain"].items() if "we cannot say" in v.lower()]
    for page in ("project_evaluation-P1", "benefit_analysis-P1", "annual_review-2022",
                 "tlg_report-2022-H2", "index"):  # fmt: skip
        assert any(page in k and k.endswith(".html") for k in gated), page
    reason = "January to July 2022 are not on record for A50"
    for page in ("project_evaluation-P1", "benefit_analysis-P1", "annual_review-2022",
                 "tlg_report-2022-H2", "index"):  # fmt: skip
        assert any(reason in v for k, v in shown["plain"].items() if page in k), page
    rating = next(v for k, v in shown["plain"].items() if "projects_by_stage_2022_12_31" in k)
    assert "Amber" in rating
    assert "Green" not in rating


def _published(out: Path) -> dict[str, str]:
    """Every published file as text, without the recorded months, digests and times.

    A picture of a Word document or of slides is left out: it shows what its table holds.
    """
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".csv" and "_months" not in name:
            found[name] = path.read_text("utf-8-sig")
        elif path.suffix == ".html":
            page = BeautifulSoup(path.read_text("utf-8"), "lxml")
            for figure in page.select("figure.mtf-figure"):
                if "month by month" in figure.get_text(" "):
                    figure.decompose()
            for part in page.select("style, .mtf-made, time, footer, [data-mtf=time]"):
                part.decompose()
            found[name] = words_of(page)
        elif path.suffix == ".txt" and "state" not in name:
            found[name] = path.read_text("utf-8")
        elif path.suffix in (".xlsx", ".docx", ".pptx"):
            found[name] = "\n".join(_lines(path))
    times = r"\b[0-9a-f]{12,64}\b|\d+(\.\d+)? s\b|\d\d:\d\d(:\d\d)?"
    return {name: re.sub(times, "#", text) for name, text in found.items()}


def _lines(path: Path) -> Iterator[str]:
    """Texts and rows of a workbook, a document or slides, but rows of single months."""
    if path.suffix == ".xlsx":
        rows = (row for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True))
    else:
        with zipfile.ZipFile(path) as parts:
            kept = [n for n in parts.namelist() if re.match(r"(word|ppt)/.*\.xml$", n)]
            pages = [BeautifulSoup(parts.read(n), "lxml-xml") for n in sorted(kept)]
        rows = (
            [cell.get_text() for cell in row.find_all(["w:tc", "a:tc"])] or [row.get_text()]
            for page in pages
            for row in page.find_all(["w:tr", "a:tr", "w:p", "a:p", "c:v"])
            if row.name.endswith(":tr") or row.find_parent(["w:tr", "a:tr"]) is None
        )
    for row in rows:
        line = "\t".join("" if cell is None else str(cell) for cell in row)
        if not re.match(r"[A-Z][a-z]+ 20\d\d\t", line):
            yield line
