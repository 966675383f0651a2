"""Corrections: an edited past figure is named with old value, new value and date; time is not."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from made_up import cell, counts, dataset, head_element, label, people, table
from nbformat.v4 import new_notebook

from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.publish.display import elements
from mtf_eval.publish.pages import corrections
from mtf_eval.publish.pages import exporter as pages
from mtf_eval.publish.workbench.view import joined
from mtf_eval.run import cli

RUN = "2022-02-10T09:00:00+00:00"
ABOUT = {"year": 2021}


def months(march: int, december: int, *, completed: int = 30, as_at: str = "2021-12-15") -> Table:
    frame = pd.DataFrame(
        {
            "period": ["March 2021", "December 2021"],
            "received": counts(march, december),
            "completed": counts(completed, 5),
        }
    )
    done = Column(name="completed", heading="Completed", kind="people", standing=True)
    return table(
        "referrals_by_month_2021", frame, label("period"), people("received"), done,
        as_at=pd.Timestamp(as_at).date(),
    )  # fmt: skip


def book(shown: Table, *, release: str = "internal", slot: bool = True) -> nbformat.NotebookNode:
    disclosure = Disclosure(release, counts=["referrals"])
    cells = [cell(head_element(release)), cell(elements.headline_result("188 referrals"))]
    cells.append(cell(elements.table(disclosure(shown))))
    cells += [cell(elements.corrections())] if slot else []
    cells.append(cell(elements.provenance(dataset(), disclosure, {"year": 2021})))
    return new_notebook(cells=cells)


def publish(
    folder: Path, notebook: nbformat.NotebookNode, found: tuple[corrections.Correction, ...] = ()
) -> None:
    home = folder / "annual_review-2021"
    home.mkdir(exist_ok=True)
    (home / "annual_review-2021.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    if found:
        (home / corrections.FILE).write_bytes(corrections.as_csv(found))


def run(
    folder: Path, notebook: nbformat.NotebookNode, **about: Any
) -> tuple[corrections.Correction, ...]:
    before = corrections.edition(folder, "annual_review-2021")
    return corrections.listed(before, notebook, parameters=about or ABOUT, run_time=RUN)


def test_an_edited_past_figure_has_old_value_new_value_and_date(tmp_path: Path) -> None:
    publish(tmp_path, book(months(51, 20)))
    (found,) = run(tmp_path, book(months(53, 20)))
    assert (found.was, found.now, found.date) == ("51", "53", "2022-02-10")
    assert (found.row, found.figure) == ("March 2021", "Received")


def test_a_table_that_is_read_together_with_others_is_compared_too(tmp_path: Path) -> None:
    def together(shown: Table) -> nbformat.NotebookNode:
        made = book(shown)
        beside = elements.table(Disclosure("internal", counts=["referrals"])(shown))
        made.cells[2] = cell(joined(elements.note("By month."), beside))
        return made

    publish(tmp_path, together(months(51, 20)))
    (found,) = run(tmp_path, together(months(53, 20)))
    assert (found.was, found.now, found.row) == ("51", "53", "March 2021")


def test_a_month_that_had_not_ended_moves_on(tmp_path: Path) -> None:
    publish(tmp_path, book(months(51, 20)))
    assert run(tmp_path, book(months(51, 33, as_at="2021-12-31"))) == ()


def test_what_becomes_of_a_referral_later_is_no_correction(tmp_path: Path) -> None:
    publish(tmp_path, book(months(51, 20)))
    assert run(tmp_path, book(months(51, 20, completed=41, as_at="2021-12-31"))) == ()
    (found,) = run(tmp_path, book(months(51, 20, completed=41)))
    assert found.figure == "Completed", "the same day's figure, rewritten"


def test_the_list_is_kept_from_edition_to_edition(tmp_path: Path) -> None:
    publish(tmp_path, book(months(51, 20)))
    first = run(tmp_path, book(months(53, 20)))
    publish(tmp_path, book(months(53, 20)), first)
    assert run(tmp_path, book(months(53, 20))) == first
    second = run(tmp_path, book(months(52, 20)))
    assert [(c.was, c.now) for c in second] == [("51", "53"), ("53", "52")]


def test_nothing_is_compared_across_rules_nor_hidden_cells(tmp_path: Path) -> None:
    publish(tmp_path, book(months(51, 20)))
    assert run(tmp_path, book(months(53, 20), release="public")) == ()
    publish(tmp_path, book(months(51, 20), release="public"))
    assert run(tmp_path, book(months(3, 20), release="public")) == ()


def test_what_was_corrected_once_is_not_told_when_it_is_hidden_now(tmp_path: Path) -> None:
    """Else total less the rest less the old figure would be the cell hidden beside it."""
    publish(tmp_path, book(months(51, 20), release="public"))
    first = run(tmp_path, book(months(9, 20), release="public"))
    assert [(c.row, c.now) for c in first] == [("March 2021", "10")]
    publish(tmp_path, book(months(9, 20), release="public"), first)
    assert run(tmp_path, book(months(3, 20), release="public")) == ()


@pytest.mark.parametrize(
    ("march", "said", "as_at", "told"),
    [
        (53, "190 referrals", "2021-12-31", ["March 2021", ""]),
        (53, "188 referrals", "2021-12-31", ["March 2021"]),
        (51, "190 referrals", "2021-12-31", []),  # the words alone
        (53, "190 referrals", "2021-12-30", ["March 2021"]),  # a year that was not over
    ],
)
def test_the_result_in_one_line_is_corrected_with_a_figure_of_a_time_that_was_over(
    tmp_path: Path, march: int, said: str, as_at: str, told: list[str]
) -> None:
    publish(tmp_path, book(months(51, 20, as_at=as_at)))
    new = book(months(march, 20, as_at=as_at))
    new.cells[1] = cell(elements.headline_result(said))
    found = run(tmp_path, new)
    assert sorted(c.row for c in found) == sorted(told)
    for each in (c for c in found if not c.row):
        assert (each.table, each.was, each.now) == (corrections.RESULT, "188 referrals", said)
    assert all(c.date == RUN[:10] for c in found)


def test_without_an_edition_there_is_nothing_to_correct(tmp_path: Path) -> None:
    assert run(tmp_path, book(months(53, 20))) == ()
    (tmp_path / "annual_review-2021").mkdir()
    (tmp_path / "annual_review-2021" / "annual_review-2021.ipynb").write_text("not json")
    assert run(tmp_path, book(months(53, 20))) == ()


@pytest.mark.parametrize("slot", [True, False], ids=["in its place", "without a place"])
def test_the_page_lists_them(tmp_path: Path, slot: bool) -> None:
    publish(tmp_path, book(months(51, 20)))
    new = book(months(53, 20), slot=slot)
    page = pages.render(new, run_time=RUN, corrected=run(tmp_path, new))
    soup = BeautifulSoup(page, "html.parser")
    (listed,) = [t for t in soup.find_all("table") if t.caption and "Corrections" in t.caption.text]
    words = re.sub(r"\s+", " ", listed.get_text(" "))
    assert all(w in words for w in ("March 2021", "51", "53", "10 February 2022"))
    assert "No published figure has been corrected" not in page


def test_a_page_without_corrections_says_so() -> None:
    page = pages.render(book(months(51, 20)), run_time=RUN)
    assert "No published figure has been corrected." in page
    assert "data-mtf=" not in page


def test_the_file_is_no_formula(tmp_path: Path) -> None:
    found = corrections.Correction(
        date="2022-02-10", table="=1+1", row="@x", figure="n", was="1", now="2"
    )
    rows = list(csv.reader(io.StringIO(corrections.as_csv((found,)).decode("utf-8-sig"))))
    assert rows[1][1] == "'=1+1"


@pytest.mark.parametrize(
    ("table_name", "key", "column", "end"),
    [
        ("referrals_by_month_2021", "February 2021", "received", "2021-02-28"),
        ("referrals_by_quarter_2021", "April to June", "received", "2021-06-30"),
        ("referrals_headline_2024_h1", "January to June 2024", "received", "2024-06-30"),
        ("referrals_headline_2024_h1", "January to June 2024", "previous", "2023-06-28"),
        ("referrals_year_on_year_2021", "2020", "received", "2020-12-31"),
        ("actions_overdue_2024_12_31", "A019", "days", "2024-12-31"),
        ("ex01_series", "EX01", "observed", "2021-12-31"),
    ],
)
def test_when_the_time_of_a_cell_ended(table_name: str, key: str, column: str, end: str) -> None:
    about = pd.Timestamp("2021-12-31").date()
    found = corrections._ended(table_name, key, column, about)
    assert found is not None
    assert found.isoformat() == end


def put(
    folder: Path, name: str, page: str, *found: corrections.Correction, ending: str = "-internal"
) -> None:
    (folder / f"{name}{ending}.html").write_text(page, encoding="utf-8")
    (folder / name).mkdir()
    if found:
        (folder / name / corrections.FILE).write_bytes(corrections.as_csv(found))


def test_a_page_with_room_for_it_lists_what_other_reports_corrected(tmp_path: Path) -> None:
    """The review tells the project's correction and its own once, and nothing of another rule."""
    found = {
        n: corrections.Correction(
            date="2022-02-10", table="Recorded", row="March 2021", figure=n, was="27", now=r"6\7"
        )
        for n in ("Own", "Project", "Secret")
    }
    review = pages.render(book(months(51, 20)), run_time=RUN)
    assert corrections.PLACE in review
    put(tmp_path, "review", review, found["Own"])
    put(tmp_path, "project", "<p>Without room.</p>", found["Project"], found["Own"])
    put(tmp_path, "secret", "<p>Without room.</p>", found["Secret"], ending="")
    titles = {"review": "Review", "project": "Evenings & days", "secret": "Secret"}
    rules = {"review": "internal", "project": "internal", "secret": "local_lt5"}
    (name, page), *rest = corrections.elsewhere(tmp_path, titles, rules).items()
    assert (name, rest) == ("review", [])
    soup = BeautifulSoup(page, "html.parser")
    words = re.sub(r"\s+", " ", soup.get_text(" "))
    assert "In other reports of this data set Evenings & days" in words
    assert r"27 6\7 10 February 2022" in words
    assert "Secret" not in words
    assert "March 2021 Own" not in words, "its own is listed in its own place"
    link = soup.find("a", string="Open that report")
    assert link is not None
    assert link["href"] == "project-internal.html#corrections"
    # Put up again, nothing is told twice.
    (tmp_path / "review-internal.html").write_text(page, encoding="utf-8")
    assert corrections.elsewhere(tmp_path, titles, rules) == {}


def test_a_figure_that_stands_in_several_tables_is_listed_once() -> None:
    def changed(table: str, now: str = "125") -> corrections.Correction:
        return corrections.Correction(
            date="2022-02-10", table=table, row="Total", figure="Accepted", was="124", now=now
        )

    found = (
        changed("By month"),
        changed("By quarter"),
        changed("By ward"),
        changed("By ward", "9"),
    )
    shown = corrections.as_table(found).frame
    assert shown["table"].tolist() == ["By month (also in 2 other places)", "By ward"]
    assert corrections.as_csv(found).count(b"124") == 4


@pytest.mark.slow
def test_the_command_finds_an_edited_figure(tmp_path: Path) -> None:
    data = tmp_path / "thanet"
    shutil.copytree(Path(__file__).parent.parent / "data" / "thanet_2021", data)
    arguments = ["run", str(data), "--out", str(tmp_path / "reports"), "--report", "annual_review"]
    first = command(arguments)
    monthly = data / "monthly_referrals.csv"
    text = monthly.read_text(encoding="utf-8")
    edited = re.sub(r"(?m)^(2021-03(?:-01)?,)(\d+)", lambda m: f"{m[1]}{int(m[2]) + 2}", text)
    assert edited != text
    monthly.write_text(edited, encoding="utf-8")
    second = command(arguments)
    assert "March 2021" not in corrected(first)
    assert "March 2021" in corrected(second)
    index = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert "of published figures" in index
    assert command([*arguments, "--force"]) == second, "a second run of the same says the same"


def command(arguments: list[str]) -> str:
    with pytest.raises(SystemExit) as ended, redirect_stdout(io.StringIO()):
        cli.main(arguments)
    assert not ended.value.code
    out = Path(arguments[arguments.index("--out") + 1])
    page = next(out.glob("*/annual_review-2021-internal.html")).read_text(encoding="utf-8")
    return re.sub(r"<time[^>]*>.*?</time>", "", page)


def corrected(page: str) -> str:
    captions = BeautifulSoup(page, "html.parser").find_all("caption", string=re.compile("Correct"))
    return " ".join(c.parent.get_text(" ") for c in captions if c.parent is not None)
