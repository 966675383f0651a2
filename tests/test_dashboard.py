"""The dashboard of a year as `mtf-eval run` publishes it, against the one that was published."""

from __future__ import annotations

import csv
import re
import shutil

import pytest
from bs4 import BeautifulSoup
from dashboard import HERE, MONTHS
from typed_here import typed

import mtf_eval as mtf

# Typed from the dashboard: what it states besides its rows, and what the rows give.
STATED = {
    "Referrals received, 2021: total stated against the sum of the months": ("188", "188"),
    "Referrals accepted, 2021: total stated against the sum of the months": ("128", "128"),
    "Referrals rejected, 2021: total stated against the sum of the months": ("57", "57"),
    "Referrals SARA projects, 2021: total stated against the sum of the months": ("3", "3"),
    "Referrals completed, 2021: total stated against the sum of the months": ("124", "124"),
    "Referrals ongoing, 2021: total stated against the sum of the months": ("4", "4"),
    "Referrals, 2021: change in per cent stated against computed": ("124", "124"),
    "Interventions, 2021: total stated against the sum of the rows": ("174", "174"),
    "COVID-19 incoming, 2021: total stated against the sum of the rows": ("421", "421"),
    "Domestic abuse risk, 2020: total stated against the sum of the rows": ("51", "51"),
    "2020: visits stated against first and additional visits": ("48", "48"),
    # And where it contradicts itself.
    "September 2021: received against accepted, rejected and SARA projects": ("16", "15"),
    "November 2021: received against accepted, rejected and SARA projects": ("19", "20"),
    "2021: home security among the themes against support by agency": ("46", "47"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BeautifulSoup]:
    """The published figures; and the same with three actions rated and no contacts on record."""
    home = tmp_path_factory.mktemp("dashboard")
    rated = shutil.copytree(HERE, home / "rated")
    for name, change in {
        "priority_progress": lambda n, r: r | {"rag": ("red", "amber", "green")[n]} if n < 3 else r,
        "activity": lambda _, r: None if r["block"].startswith("covid") else r,
    }.items():
        with (rated / f"{name}.csv").open(encoding="utf-8") as lines:
            rows = [change(n, row) for n, row in enumerate(csv.DictReader(lines))]
        with (rated / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            made = csv.DictWriter(out, list(rows[-1]))
            made.writeheader()
            made.writerows(row for row in rows if row)
    line = ("run", str(HERE), str(rated), "--report", "dashboard", "--out", str(home / "out"))
    done = typed(*line)
    assert done.returncode == 0, done.stderr
    index = (home / "out" / "index.html").read_text(encoding="utf-8")
    assert index.count(">Dashboard 2021</a>") == 2
    return {
        path.parent.name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in (home / "out").glob("*/dashboard-2021-internal.html")
    }


def words(tag: object) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ", strip=True))  # type: ignore[attr-defined]


def rows_of(page: BeautifulSoup, caption: str) -> list[list[str]]:
    """Rows of the one table whose caption starts so, its heading first."""
    (table,) = (t for t in page.find_all("table") if words(t.caption or t).startswith(caption))
    return [[words(c) for c in tr.find_all(["th", "td"])] for tr in table.find_all("tr")]


def grid(page: BeautifulSoup, caption: str) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in rows_of(page, caption)}


def test_every_block_of_the_seed_stands_on_the_one_page(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["thanet_2021"]
    months = grid(page, "Referrals received and their outcomes by month, 2021")
    assert {m: months[m] for m in MONTHS} == {m: [str(n) for n in c] for m, c in MONTHS.items()}
    themes = grid(page, "Interventions by theme, 2021")
    assert [v[0] for v in list(themes.values())[1:]] == ["4", "41", "64", "8", "11", "46", "174"]
    support = grid(page, "Referrals for domestic abuse support by agency, 2021 and 2020")
    assert support["Oasis Domestic Abuse Service"] == ["18", "32"]
    assert support["Total"] == ["47", "51"]
    made = grid(page, "Outgoing contacts during COVID-19 by channel")
    assert made["Contact attempts"] == ["19,247", "not on record", "not on record"]
    assert made["Texts"] == ["not on record", "2,752", "1,250"]
    asked = grid(page, "Requests for support received during COVID-19, 2021")
    assert [v[0] for v in list(asked.values())[1:]] == ["210", "127", "61", "23", "421"]
    agencies = grid(page, "Agency priorities fulfilled by agency, 2021")
    assert agencies["Police & Crime Commissioner"] == ["6", "225"]
    assert agencies["Total"] == ["30", "1,151"]
    each = rows_of(page, "Agency priorities fulfilled by the task force's work, 2021")[1:]
    assert (len(each), sum(int(row[2]) for row in each)) == (30, 1151)
    visits = grid(page, "Visits to high risk referrals")
    assert [v[1] for v in list(visits.values())[1:]] == ["33", "15", "48"]


def test_what_was_published_stands_beside_what_its_rows_give(
    pages: dict[str, BeautifulSoup],
) -> None:
    rows = grid(pages["thanet_2021"], "As published, and as the rows behind it give it")
    for what, (stated, found) in STATED.items():
        assert rows[what][:2] == [stated, found], what
        assert (rows[what][2] == "They agree.") == (stated == found), what
    assert "Reported as found; no figure was changed." in words(pages["thanet_2021"])


def test_a_lost_rating_is_said_and_is_no_table_of_noughts(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["thanet_2021"]
    assert "34 actions: 34 not rated." in words(page)
    assert "shown as colours that are lost" in words(page)
    assert "wording of the narratives is ours" in words(page)
    assert not page.find("caption", string=re.compile("Progress rows"))
    assert not page.select(".mtf-rag")
    told = pages["rated"]
    summed = grid(told, "Progress rows by priority and rating")
    assert summed["Priority"] == ["Actions", "Red", "Amber", "Green", "Not rated"], "none complete"
    assert summed["Focus areas"] == ["8", "1", "1", "1", "5"]
    assert summed["Total"] == ["34", "1", "1", "1", "31"]
    assert len(told.select(".mtf-rag")) == 34


def test_what_is_not_on_record_is_left_out_and_said_once(pages: dict[str, BeautifulSoup]) -> None:
    said = "Not on record for 2021: contacts made and requests for support."
    page = pages["rated"]
    assert words(page).count(said) == 1
    assert not [h for h in page.find_all(["h2", "h3"]) if "COVID" in h.text]
    assert not page.find("caption", string=re.compile("COVID"))
    assert "Not on record for 2021" not in words(pages["thanet_2021"])


def test_exact_sums_stay_inside_in_public() -> None:
    records = mtf.load(HERE)
    mtf.report(records, "dashboard", release="public", year=2021)
    told = records.year(2021).compared().element().text
    assert told.startswith("Note: Not given under the public rule")
    assert "188" not in told
