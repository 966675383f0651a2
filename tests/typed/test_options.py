"""No option is dropped: it is used by every report, or refused by name before anything starts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from place import Place


def text_of(page: Path) -> str:
    return " ".join(BeautifulSoup(page.read_text("utf-8"), "html.parser").get_text(" ").split())


@pytest.mark.slow
def test_as_of_is_used_by_the_year(checkout: Place, tmp_path: Path) -> None:
    """By 31 May 2024 the log holds 70 of the year's 168 referrals of the core stream."""
    with (checkout.folder / "data/example/referrals.csv").open(encoding="utf-8") as lines:
        core = [r["received"] for r in csv.DictReader(lines) if r["stream"] == "core"]
    assert sum("2024-01-01" <= day <= "2024-05-31" for day in core) == 70
    line = "mtf-eval run data/example --as-of 2024-05-31 --report annual_review -p year=2024"
    checkout.type(f"{line} --out {tmp_path}/as-of")
    page = text_of(tmp_path / "as-of/example/annual_review-2024-internal.html")
    assert "1 January to 31 May 2024" in page
    assert "70 referrals in 2024 so far" in page
    assert "168" not in page.split("Referrals")[0]


def test_as_of_makes_no_report_of_what_had_not_begun(checkout: Place, tmp_path: Path) -> None:
    said = checkout.type(f"mtf-eval list data/example --as-of 2024-05-31 --out {tmp_path}/none")
    assert "tlg_report-2024-H1" in said
    assert "tlg_report-2024-H2" not in said
    made = re.findall(r"^  \S+ +due$", said, re.MULTILINE)
    assert said.count('"as_of": "2024-05-31"') == len(made) > 20


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("-p year=2023", ["annual_review-2023", "dashboard-2023"]),
        ("-p period=2024-H1", ["tlg_report-2024-H1"]),
        ("-p project_id=EX02", ["benefit_analysis-EX02", "project_evaluation-EX02"]),
    ],
)
def test_a_parameter_that_narrows(
    checkout: Place, tmp_path: Path, options: str, names: list[str]
) -> None:
    said = checkout.type(f"mtf-eval list data/example {options} --out {tmp_path}/none")
    assert re.findall(r"^  (\S+) +due$", said, re.MULTILINE) == names


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-p year=1999", "no year 1999"),
        ("-p year=last", "-p year: expected a year as in 2021"),
        ("-p period=2024-H2 --as-of 2024-05-31", "no period 2024-H2"),
        ("--year 2024 --as-of 2023-05-31", "no year 2024"),
        ("--report tlg_report -p price_year=2022/23", "-p price_year: none of the reports"),
        ("--report data_quality --project EX01", "--project: none of the reports"),
        ("-p data=data/thanet_2021", "-p data: name the data set as DATA"),
        ("-p as_of=2024-05-31 --as-of 2024-06-30", "-p as_of=2024-05-31: the option"),
        ("--as-of 31/05/2024", "expected a day as in 2021-12-31"),
    ],
)
def test_what_no_report_would_use_is_refused(
    checkout: Place, tmp_path: Path, options: str, words: str
) -> None:
    said = checkout.type(f"mtf-eval run data/example {options} --out {tmp_path}/none", code=3)
    assert words in said
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_a_schedule_of_an_installed_wheel_runs_beside_internal_reports(installed: Place) -> None:
    installed.type("mtf-eval run data/thanet_2021 --report data_quality")
    said = installed.type("mtf-eval schedule cron data/thanet_2021")
    assert "site-packages" not in re.sub(r"\S+/site-packages/\S*bin\S*", "", said)
    (line,) = re.findall(r"^30 6 \* \* \* (.*)$", said, re.MULTILINE)
    assert installed.type(line.replace(r"\%", "%")) == "", "cron would mail it"
    records = {
        folder: json.loads((installed.folder / folder / "thanet_2021/run.json").read_text())
        for folder in ("reports", "public")
    }
    assert {f: r["release"] for f, r in records.items()} == {
        "reports": "internal",
        "public": "public",
    }
    assert "data_quality" in records["public"]["reports"]
    assert "site-packages" not in str(installed.folder)
    refused = installed.type("mtf-eval schedule cron data/thanet_2021 --out reports", code=3)
    assert "holds internal reports; public ones go into a folder of their own" in refused
