"""A log that begins in a year of published months, and referrals withdrawn, as published."""

from __future__ import annotations

import csv
import html
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mtf_eval import load
from mtf_eval.run.cli import commands


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve published months of 2021; a log of ten in December, one withdrawn, 20 a month after.

    Six of the ten are accepted, and of them nothing is completed.
    """
    here = tmp_path_factory.mktemp("two")
    (here / "data").mkdir()
    months = [f"2021-{m:02},15,10,5,0,8,2021-12-31" for m in range(1, 13)]
    log = ["W1,2021-12-20,NHS,Withdrawn,"]
    for month, number in (("2021-12", 10), *((f"2022-{m:02}", 20) for m in range(1, 7))):
        log += [
            f"{month}-{n},{month}-{1 + n:02},NHS,{'accepted,ongoing' if n % 3 else 'rejected,'}"
            for n in range(number)
        ]
    for name, rows in {
        "about": ["key,value", "title,Two", "publisher,P", "as_at,2022-06-30"],
        "monthly_referrals": ["month,received,accepted,rejected,saras,completed,as_at", *months],
        "activity": [
            "block,measure,category,period_start,period_end,count,counts_people,as_at",
            *(
                f"interventions,core,{theme},2021-01-01,2021-12-31,{n},yes,2021-12-31"
                for theme, n in (("Housing", 40), ("Health", 76))
            ),
        ],
        "referrals": ["referral_id,received,agency,decision,status", *log],
    }.items():
        (here / "data" / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
    line = ["run", str(here / "data"), "--release", "public", "--year", "2021", "--out",
            str(here / "out"), "--report", "annual_review"]  # fmt: skip
    done = CliRunner().invoke(commands, line)
    assert done.exit_code == 0, done.output
    return here / "out" / "data" / "annual_review-2021"


def rows(page: Path, name: str) -> dict[str, list[str]]:
    with (page / f"{name}_2021.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row[0]: row[1:] for row in csv.reader(file)}


def test_months_published_before_the_log_stand(review: Path) -> None:
    """By hand: 11 months of 15 and 10 of December are 175; accepted 11 x 10 + 6 = 116."""
    months = rows(review, "referrals_by_month")
    assert [months[f"{m} 2021"][0] for m in ("January", "November", "December")] == [
        "15", "15", "10",
    ]  # fmt: skip
    assert months["Total"][:2] == ["175", "115"]
    assert rows(review, "interventions_by_theme")["Total"] == ["115"]  # 40 and 76, as published
    assert rows(review, "referrals_by_agency")["Total"][0] == "10"


def test_themes_published_of_a_part_do_not_stand_for_the_year(tmp_path: Path) -> None:
    """Of April to December the log has two core referrals and one for a home; published are 65."""
    for name, lines in {
        "about": ["key,value", "title,T", "publisher,P", "as_at,2021-12-31"],
        "monthly_referrals": ["month,received,accepted,rejected,saras,completed,as_at",
                              "2021-01,20,20,0,0,20,2021-03-31"],
        "activity": ["block,measure,category,period_start,period_end,count,counts_people,as_at",
                     "interventions,core,Housing,2021-01-01,2021-03-31,65,yes,2021-03-31"],
        "referrals": ["referral_id,received,agency,decision,criteria,stream",
                      "R1,2021-04-05,NHS,accepted,Housing,core",
                      "R2,2021-12-05,NHS,accepted,Health,core",
                      "R3,2021-06-05,NHS,accepted,,home_security"],
    }.items():  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    themes = load(tmp_path).year(2021).themes().frame
    assert dict(zip(themes["theme"], themes["count"], strict=True)) == {
        "Housing": 1, "Health": 1, "Home security referrals": 1, "Total": 3,
    }  # fmt: skip


def test_one_referral_after_what_is_published_does_not_stand_for_the_year(tmp_path: Path) -> None:
    """174 themes are published to 14 December; on the 16th one was referred."""
    shutil.copytree(Path(__file__).parent.parent / "data" / "thanet_2021", tmp_path / "data")
    late = "referral_id,received,agency,decision,criteria\nR1,2021-12-16,NHS,accepted,Health"
    (tmp_path / "data" / "referrals.csv").write_text(late, encoding="utf-8")
    assert load(tmp_path / "data").year(2021).themes().frame["count"].iloc[-1] == 174


def test_the_page_says_what_is_left_out_and_what_is_as_published(review: Path) -> None:
    page = review.with_suffix(".html")
    text = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.read_text("utf-8"))).split())
    assert "Referrals withdrawn, or a duplicate of another, are left out." in text
    assert "Months of 2021 outside the log (11): totals as published, in no table by" in text
    assert "Log of referrals and published monthly totals of referrals" in text


def test_records_that_name_no_day_run_to_their_last_row(tmp_path: Path) -> None:
    field = Path(__file__).parent / "field" / "public" / "03" / "data"
    shutil.copytree(field, tmp_path / "data")
    (tmp_path / "data" / "about.csv").write_text("key,value\ntitle,T\npublisher,P\n")
    given, own = (
        load(place).project("P1").effect().sentence() for place in (field, tmp_path / "data")
    )
    assert own == given
