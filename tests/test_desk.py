"""The analyst's desk: working copies, workbook, fix report, and the commands around them."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import webbrowser
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from tiny_desk import COMMAND, TINY, Desk

from mtf_eval.errors import BadArgument, DataProblems, Problem
from mtf_eval.publish.pages.exporter import ReportExporter
from mtf_eval.records.desk.annotate import annotate
from mtf_eval.records.desk.blank import write_workbook
from mtf_eval.records.load import load
from mtf_eval.run import cli, cli_desk
from mtf_eval.run.desk import (
    _with_values,
    has_browser,
    lab_command,
    lab_environment,
    working_copies,
)
from mtf_eval.run.parameters import read_template
from mtf_eval.run.plan import Wanted

TOOLS = Path(__file__).parent.parent / "notebooks" / "tools"


def call(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


# Working copies


def source(path: Path) -> str:
    (cell,) = [
        c
        for c in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if "parameters" in c["metadata"].get("tags", [])
    ]
    return "".join(cell["source"])


def test_a_copy_has_the_parameters_set_and_its_comments_kept(tmp_path: Path) -> None:
    book = read_template(TINY / "tiny_project.ipynb")
    before = book.path.read_bytes()
    values = {"project_id": "EX-2", "data": "städte/x", "no_such": 1}
    made, left = working_copies([book], tmp_path / "lab", values)
    assert (len(made), left, book.path.read_bytes()) == (1, [], before)
    assert made[0].name == "tiny_project-EX-2.ipynb"
    read = read_template(made[0]).parameters
    assert read["project_id"].default == "EX-2"
    assert read["data"].default == "städte/x"
    original = {n: p.comment for n, p in book.parameters.items()}
    assert {n: p.comment for n, p in read.items()} == original


def test_only_values_that_stand_on_a_line_are_set() -> None:
    other = '"Words"\nwho: str\nmany = [\n    1,\n]\na.year = 3\n'
    given = {"year": 2022, "many": [2], "who": "x", "name": "é", "a": 4}
    before, after = (f"{other}é = 1; year: int = {y}  # of é\nname = {n}"
                     for y, n in ((2021, "''"), (2022, "'é'")))  # fmt: skip
    assert _with_values(before, given) == after


def test_a_copy_says_how_to_go_on_and_its_page_does_not(tmp_path: Path) -> None:
    book = read_template(TINY / "tiny_project.ipynb")
    (copy,), _ = working_copies([book], tmp_path, {"project_id": "EX-2"})
    first = json.loads(copy.read_text(encoding="utf-8"))["cells"][0]
    assert "Run All Cells" in "".join(first["source"])
    assert f"lab/{copy.name}" in "".join(first["source"])
    page, _ = ReportExporter().from_filename(str(copy))  # type: ignore[no-untyped-call]
    assert "Run All Cells" not in page


def test_what_the_analyst_changed_is_never_written_over(tmp_path: Path) -> None:
    book = read_template(TINY / "tiny_project.ipynb")
    (copy,), _ = working_copies([book], tmp_path, {"project_id": "EX-2"})
    copy.write_text("mine", encoding="utf-8")
    assert working_copies([book], tmp_path, {"project_id": "EX-2"}) == ([], [copy])
    assert copy.read_text(encoding="utf-8") == "mine"
    working_copies([book], tmp_path, {"project_id": "EX-2"}, fresh=True)
    assert "EX-2" in source(copy)
    assert copy.with_suffix(".old.ipynb").read_text(encoding="utf-8") == "mine"


def test_a_project_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    book = read_template(TINY / "tiny_project.ipynb")
    (copy,), _ = working_copies([book], tmp_path / "lab", {"project_id": "../../x"})
    assert copy.resolve().parent == (tmp_path / "lab").resolve()


def test_whether_there_is_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error

    for get, there in ((none, False), (object, True)):
        monkeypatch.setattr(webbrowser, "get", get)
        assert has_browser() == there


def test_jupyterlab_starts_without_calls_to_the_internet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, port = tmp_path / "first.ipynb", {"--port=8123", "--ServerApp.port_retries=0"}
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    plain = {*lab_command(tmp_path, first)}
    assert "--allow-root" in plain
    assert not port & plain
    assert {*lab_command(tmp_path, first, port=8123)} - plain == port
    assert {*lab_command(tmp_path, first, browser=False)} - plain == {"--no-browser"}
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert plain - {*lab_command(tmp_path, first)} == {"--allow-root"}
    command = lab_command(tmp_path, first, port=8123)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    never = "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    assert {"--LabApp.news_url=None", never, "--LabApp.extension_manager=readonly"} <= {*command}
    assert command[-1] == "--LabApp.default_url=/lab/tree/first.ipynb"
    lab_environment(tmp_path)
    settings = Path(lab_environment(tmp_path)["JUPYTERLAB_SETTINGS_DIR"])  # the next day
    (written,) = settings.rglob("*.jupyterlab-settings")
    assert json.loads(written.read_text()) == {"checkForUpdates": False, "fetchNews": "false"}


def test_lab_says_what_it_copied_and_which_projects_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("lab", "--project", "EX01", "--no-open", capsys=capsys)
    assert code == 0
    assert "project_evaluation-EX01.ipynb" in out
    assert "project_id: str = 'EX01'" in source(tmp_path / "lab/project_evaluation-EX01.ipynb")
    code, _, err = call("lab", "--project", "NO", "--no-open", capsys=capsys)
    assert code == 3
    assert "no project NO; there is EX01" in err


# A changed notebook, run like ours


def changed(desk: Desk, **values: Any) -> Path:
    book = read_template(TINY / "tiny_project.ipynb")
    values = {"data": str(desk.data), "project_id": "EX-2", **values}
    (copy,), _ = working_copies([book], desk.root / "lab", values)
    return copy


def test_a_changed_notebook_runs_as_it_stands(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = changed(desk)
    arguments = ["run", "--notebook", str(copy), "--out", str(desk.out)]
    code, out, _ = call(*arguments, capsys=capsys)
    assert (code, "1 made" in out) == (0, True)
    assert desk.outcomes() == {"tiny_project-EX-2": "ok"}
    assert desk.record()["reports"]["tiny_project-EX-2"]["parameters"]["project_id"] == "EX-2"
    code, out, _ = call(*arguments, capsys=capsys)
    assert "Nothing has changed" in out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.replace('"EX-2"', '"EX-9"').replace("'EX-2'", "'EX-9'"), "no project EX-9"),
        (lambda s: s.replace('"parameters"', '"params"'), "tagged `parameters`"),
        (lambda s: s.replace("project_id: str", "project_id: date"), "is annotated date"),
    ],
)
def test_a_changed_notebook_meets_the_same_checks(
    desk: Desk, change: Any, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = changed(desk)
    copy.write_text(change(copy.read_text(encoding="utf-8")), encoding="utf-8")
    code, _, err = call("run", "--notebook", str(copy), "--out", str(desk.out), capsys=capsys)
    assert code in (2, 3)
    assert words in err
    assert not desk.out.exists()


def test_pdf_is_printed_beside_the_page_and_not_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtf_eval.publish.pages import pdf

    printed = []

    def pretend(page: Path, target: Path) -> Path:
        printed.append(page.name)
        target.write_bytes(b"%PDF")
        return target

    monkeypatch.setattr(pdf, "find_browser", lambda: "/a/browser")
    monkeypatch.setattr(pdf, "print_pdf", pretend)
    desk.run("--pdf", books=("tiny_once",))
    desk.run("--pdf", books=("tiny_once",))
    assert printed == ["tiny_once-internal.html"]
    file = "data/tiny_once/tiny_once-internal.pdf"
    assert (desk.out / file).is_file()
    assert f'href="{file}"' in (desk.out / "index.html").read_text(encoding="utf-8")


def test_of_pages_printed_before_it_says_how_many_and_prints_none_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "north" / "one").mkdir(parents=True)
    for name in ("north/one.html", "north/one/one.pdf", "north/two-internal.html"):
        (tmp_path / name).write_text("")
    reports = [SimpleNamespace(name=name) for name in ("one", "two", "gone")]
    plans: Any = [SimpleNamespace(folder="north", reports=reports)]
    printed: list[tuple[Path, Path]] = []
    monkeypatch.setattr(
        cli_desk.pdf, "print_pdf", lambda page, target: printed.append((page, target))
    )
    cli_desk.print_pages(plans, tmp_path, wanted=False)
    assert (printed, capsys.readouterr().out) == ([], "")
    cli_desk.print_pages(plans, tmp_path, wanted=True)
    page = tmp_path / "north" / "two-internal.html"
    assert printed == [(page, tmp_path / "north" / "two" / "two-internal.pdf")]
    told = capsys.readouterr()
    assert "PDF: 1 printed, 1 were there" in told.out
    assert told.err == "", "which is no screen: a log is not told of each page"
    assert (tmp_path / "index.html").is_file(), "which now leads to it"


def test_a_database_is_read_from_its_address_and_a_folder_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, object]] = []
    monkeypatch.setattr("mtf_eval.records.load.load",
                        lambda place, reference: asked.append((place, reference)))  # fmt: skip
    address = "postgresql://reader@host/records"
    cli_desk.read(address)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    cli_desk.read("mine", tmp_path / "prices")
    assert asked == [(address, ""), (str(tmp_path / "mine"), tmp_path / "prices")]


def test_notebooks_run_as_written_name_one_data_set(tmp_path: Path) -> None:
    def named(*data: str | None) -> list[Any]:
        return [
            SimpleNamespace(
                parameters={"data": SimpleNamespace(default=d)} if d is not None else {}
            )
            for d in data
        ]

    wanted, addresses = cli_desk.as_written(Wanted(release="public"), named("a", "a"))
    assert (wanted, addresses) == (Wanted(release="public", as_written=True), ("a",))
    for books in (named("a", None), named("a", "")):
        with pytest.raises(BadArgument, match="names no data set"):
            cli_desk.as_written(Wanted(), books)
    with pytest.raises(BadArgument, match="several data sets"):
        cli_desk.as_written(Wanted(), named("a", "b"))


def test_check_of_several_says_each_and_ends_with_the_worst(
    wrong: Path, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call("check", str(wrong), str(desk.data), capsys=capsys)
    assert code == 2
    assert "no errors" in out, "the one after it is checked too"
    assert f"mtf-eval check {wrong} --fix-report to-mend.xlsx" in err
    assert f"Next: mtf-eval run {desk.data}" in out
    code, _, err = call(
        "check", str(wrong), str(desk.data), "--fix-report", "x.xlsx", capsys=capsys
    )
    assert (code, "give one DATA at a time" in err) == (3, True)


def test_without_a_browser_it_says_what_to_install_before_any_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtf_eval.publish.pages import pdf

    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    done = desk.run("--pdf")
    assert done.returncode == 2
    assert "apt install chromium" in done.stderr
    assert not desk.out.exists()


# The workbook


def test_a_blank_workbook_is_written_checked_and_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "records.xlsx"
    code, out, _ = call("workbook", str(path), capsys=capsys)
    assert (code, f"Next: mtf-eval check {path}" in out) == (0, True)
    code, out, _ = call("check", str(path), capsys=capsys)
    assert (code, "nothing is filled in yet" in out) == (0, True)
    code, _, err = call("workbook", str(path), capsys=capsys)
    assert (code, "is there already" in err) == (3, True)
    code, _, err = call("workbook", str(tmp_path / "records.csv"), capsys=capsys)
    assert (code, "ends in .xlsx" in err) == (3, True)


def test_a_workbook_made_from_a_data_set_gives_the_same_data_set(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "filled.xlsx"
    assert call("workbook", str(path), "--from", str(desk.data), capsys=capsys)[0] == 0
    before, after = load(desk.data), load(path)
    assert all(before.tables[n].equals(after.tables[n]) for n in before.tables)


# The fix report


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A workbook with three things wrong, and much that a copy could lose."""
    path = write_workbook(tmp_path / "wrong.xlsx", load(TINY / "data"))
    book = openpyxl.load_workbook(path)
    sheet = book["projects"]
    headings = {str(c.value).removesuffix(" *"): c.column for c in sheet[1]}
    sheet.cell(row=2, column=headings["response_start"], value="not a day")
    sheet.cell(row=3, column=headings["stage"], value="unheard of")
    sheet.cell(row=3, column=headings["stage"]).comment = Comment("ask Ann's team", "me")
    sheet.cell(row=3, column=headings["title"]).fill = PatternFill("solid", start_color="00FF00")
    sheet.cell(row=2, column=40, value="=1+1")
    sheet.column_dimensions["B"].width = 77
    book.create_sheet("Notes")["A1"] = "our own words"
    book.save(path)
    return path


def test_every_complaint_stands_beside_its_cell(wrong: Path, tmp_path: Path) -> None:
    with pytest.raises(DataProblems) as caught:
        load(wrong)
    before = wrong.read_bytes()
    count = annotate(wrong, tmp_path / "fix.xlsx", caught.value.problems)
    assert (count, wrong.read_bytes()) == (len(caught.value.problems), before)
    book = openpyxl.load_workbook(tmp_path / "fix.xlsx")
    sheet = book["projects"]
    headings = {str(c.value).removesuffix(" *"): c.column for c in sheet[1]}
    day = sheet.cell(row=2, column=headings["response_start"])
    assert "expected a date" in day.comment.text
    assert day.fill.start_color.rgb.endswith("FFC7CE")
    stage = sheet.cell(row=3, column=headings["stage"])
    assert stage.comment.text.startswith("ask Ann's team")
    assert "mtf-eval: Found" in stage.comment.text
    listed = list(book["Complaints"].iter_rows(min_row=4, values_only=True))
    assert any(row[:3] == ("projects", 2, "response_start") for row in listed)
    links = [c.hyperlink.location for row in book["Complaints"] for c in row if c.hyperlink]
    assert f"'projects'!{day.coordinate}" in links


def test_the_copy_loses_nothing(wrong: Path, tmp_path: Path) -> None:
    with pytest.raises(DataProblems) as caught:
        load(wrong)
    annotate(wrong, tmp_path / "fix.xlsx", caught.value.problems)
    old, new = openpyxl.load_workbook(wrong), openpyxl.load_workbook(tmp_path / "fix.xlsx")
    assert new.sheetnames == ["Complaints", *old.sheetnames]
    for sheet in old:
        copy = new[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                other = copy[cell.coordinate]
                assert (other.value, other.number_format) == (cell.value, cell.number_format)
                if cell.comment:
                    assert other.comment.text.startswith(cell.comment.text)
        assert copy.freeze_panes == sheet.freeze_panes
        assert len(copy.data_validations.dataValidation) == len(
            sheet.data_validations.dataValidation
        )
        for letter, column in sheet.column_dimensions.items():
            assert copy.column_dimensions[letter].width == column.width


def test_a_mended_fix_report_is_read_like_the_original(wrong: Path, tmp_path: Path) -> None:
    with pytest.raises(DataProblems) as caught:
        load(wrong)
    annotate(wrong, tmp_path / "fix.xlsx", caught.value.problems)
    book = openpyxl.load_workbook(tmp_path / "fix.xlsx")
    sheet = book["projects"]
    headings = {str(c.value).removesuffix(" *"): c.column for c in sheet[1]}
    sheet.cell(row=2, column=headings["response_start"], value="2021-04-01")
    sheet.cell(row=3, column=headings["stage"], value="response")
    sheet.cell(row=2, column=40).value = None
    book.save(tmp_path / "fix.xlsx")
    given = load(TINY / "data")
    assert (
        load(tmp_path / "fix.xlsx")
        .table("projects")["project_id"]
        .equals(given.table("projects")["project_id"])
    )


def test_a_folder_of_files_gets_a_workbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(TINY / "data", folder)
    path = folder / "projects.csv"
    path.write_text(path.read_text().replace("2021-04-01", "31/31/2021"), encoding="utf-8")
    report = tmp_path / "fix.xlsx"
    code, out, err = call("check", str(folder), "--fix-report", str(report), capsys=capsys)
    assert (code, "1 complaint(s)" in out, "row 2" in err) == (2, True, True)
    book = openpyxl.load_workbook(report)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    for number, row in enumerate(rows, start=1):
        for place, text in enumerate(row, start=1):
            assert (book["projects"].cell(row=number, column=place).value or "") == text
    noted = [c for row in book["projects"].iter_rows() for c in row if c.comment]
    assert [(c.row, rows[0][c.column - 1]) for c in noted] == [(2, "response_start")]


def test_a_complaint_without_a_cell_stands_where_it_can_be_seen(tmp_path: Path) -> None:
    """Of a column that is not there: at the start of its row; of no row: beside the headings."""
    folder = tmp_path / "data"
    shutil.copytree(TINY / "data", folder)
    (folder / "costs.csv").write_text("a,b\n1,2\n", encoding="utf-8")  # no known heading
    complaints = [
        Problem(file="projects.csv", row=3, column="colour", found="x", expected="y", todo="z"),
        Problem(file="projects.csv", row=None, column="title", found="u", expected="v"),
        Problem(file="costs.csv", row=None, column="", found="no headings", expected="some"),
    ]
    annotate(folder, tmp_path / "fix.xlsx", complaints)
    assert [p.name for p in tmp_path.glob(".*")] == []
    book = openpyxl.load_workbook(tmp_path / "fix.xlsx")
    noted = {
        (sheet.title, cell.row, cell.column): cell.comment.text
        for sheet in book for row in sheet.iter_rows() for cell in row if cell.comment
    }  # fmt: skip
    titles = [c.value for c in book["projects"][1]]
    assert noted == {
        ("projects", 3, 1): "mtf-eval: colour: Found x; expected y. z",
        ("projects", 1, titles.index("title") + 1): "mtf-eval: Found u; expected v.",
        ("costs", 1, 1): "mtf-eval: Found no headings; expected some.",
    }


def test_the_fix_report_never_takes_the_place_of_the_records(wrong: Path) -> None:
    with pytest.raises(BadArgument, match="cannot take the place"):
        annotate(wrong, wrong, [])
    with pytest.raises(BadArgument, match=r"ends in \.xlsx"):
        annotate(wrong, wrong.with_suffix(".csv"), [])


def test_a_workbook_that_does_not_open_cannot_be_annotated(tmp_path: Path) -> None:
    path = tmp_path / "torn.xlsx"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(BadArgument, match="does not open"):
        annotate(path, tmp_path / "fix.xlsx", [])


# Audit and pseudonyms


def test_an_audit_says_where_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leaky = "Place,People\r\nNorth,40\r\nSouth,[c]\r\nTotal,43\r\n"
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "people.csv").write_text(leaky, encoding="utf-8")
    rule = ("--release", "local_lt5")
    code, out, _ = call("audit", str(tmp_path / "reports"), *rule, capsys=capsys)
    assert code == 1
    assert "south" in out
    assert "3" not in out.replace(str(tmp_path), "")
    (tmp_path / "reports" / "people.csv").write_text("Place,People\r\nNorth,40\r\n")
    code, out, _ = call("audit", str(tmp_path / "reports"), capsys=capsys)
    assert (code, "no hidden count can be worked out" in out) == (0, True)


def test_an_audit_of_nothing_is_no_clean_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call("audit", str(tmp_path), capsys=capsys)
    assert (code, "holds no reports" in err) == (3, True)
    (tmp_path / "page.html").touch()
    code, _, err = call("audit", str(tmp_path / "page.html"), capsys=capsys)
    assert (code, "is a file" in err) == (3, True)


def test_pseudonyms_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, key = tmp_path / "log.csv", tmp_path / "key"
    log.write_text("case_ref,name,ward\nA1,Somebody,North\nA1,Somebody,South\n", encoding="utf-8")
    assert call("pseudonymise", "--new-key", str(key), capsys=capsys)[0] == 0
    arguments = [str(log), str(tmp_path / "clean.csv"), "--key", str(key)]
    wanted = ["--column", "case_ref", "--drop", "name"]
    code, out, _ = call("pseudonymise", *arguments, *wanted, capsys=capsys)
    assert (code, "2 references" in out) == (0, True)
    head, one, two = (tmp_path / "clean.csv").read_text(encoding="utf-8").splitlines()
    assert (head, one.split(",")[0]) == ("case_ref,ward", two.split(",")[0])
    assert "Somebody" not in one + two
    assert call("pseudonymise", str(log), capsys=capsys)[0] == 3


def test_validation_wants_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")
    code, _, err = call("validate", str(tmp_path / "x.csv"), capsys=capsys)
    assert (code, "as downloaded from data.police.uk" in err) == (3, True)


# Validation


def archive(path: Path) -> Path:
    """A small archive in data.police.uk's layout: 40 areas, six months, nothing happens."""
    from test_police_uk import ASB, month_file, row

    dice = random.Random(1)
    with zipfile.ZipFile(path, "w") as made:
        for month in (f"2021-{m:02d}" for m in range(1, 7)):
            rows = [
                row(month, f"E010000{area:02d}", ASB)
                for area in range(40)
                for _ in range(dice.randint(6, 14))
            ]
            made.writestr(f"{month}/{month}-kent-street.csv", month_file(rows))
    return path


def test_the_validation_of_an_archive_is_a_page_of_its_own(tmp_path: Path) -> None:
    given = archive(tmp_path / "streets.zip")
    command = [*COMMAND, "validate", str(given), "--out", str(tmp_path / "reports")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "reports/streets/estimator_validation-internal.html").read_text(
        encoding="utf-8"
    )
    for words in ("Placebo-calibrated", "Interval covers the truth", "40", "January 2021 to June"):
        assert words in page
    (table,) = (tmp_path / "reports/streets/estimator_validation").glob("validation_1*.csv")
    text = table.read_text("utf-8")
    called = {line.split(",")[0]: line for line in text.splitlines() if "," in line}
    assert "Placebo-calibrated" in called


def test_a_tools_notebook_is_stripped_and_not_among_the_reports() -> None:
    from mtf_eval.run.plan import templates

    (tool,) = TOOLS.glob("*.ipynb")
    assert tool.stem not in {book.name for book in templates()}
    assert set(read_template(tool).parameters) == {"data", "release", "neighbours", "start"}
    cells = json.loads(tool.read_text(encoding="utf-8"))["cells"]
    assert all(not c["outputs"] and not c["execution_count"] for c in cells if "outputs" in c)


# Help


@pytest.mark.parametrize("name", sorted(cli.commands.commands))
def test_every_help_has_an_example_and_a_word_on_every_option(name: str) -> None:
    command = cli.commands.commands[name]
    told = CliRunner().invoke(cli.commands, [name, "--help"], prog_name="mtf-eval").output
    assert f"mtf-eval {name}" in told.partition("Example")[2]
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []
    assert "..." not in command.get_short_help_str(60)


PLAN = "plan x --areas A --measure M --start 2026-04 --months"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("adopt FOLDER", "FILE"), ("adopt none.csv", "FILE"),
        ("audit FILE", "FOLDER"), ("audit none", "FOLDER"), ("audit FOLDER --previous FILE",
                                                             "--previous"),
        ("check x --fix-report FOLDER", "--fix-report"), ("check x --reference FILE",
                                                          "--reference"),
        ("list --notebook FOLDER", "--notebook"), ("list --notebook none.ipynb", "--notebook"),
        ("list --reference none", "--reference"), ("list --out FILE", "--out"),
        ("run --out FILE", "--out"), ("run --in-flight 0", "--in-flight"),
        ("run --cell-timeout 0.5", "--cell-timeout"), ("run --report-timeout 0",
                                                       "--report-timeout"),
        ("run --year last", "--year"), ("run --group colour", "--group"),
        ("lab --port 0", "--port"), ("lab --port 65536", "--port"),
        (f"{PLAN} 0", "--months"), (f"{PLAN} 6 --cost -1", "--cost"),
        (f"{PLAN} 6 --horizon 0", "--horizon"), (f"{PLAN} 6 --out FILE", "--out"),
        ("prices x --update FOLDER", "--update"), ("prices x --update none", "--update"),
        ("pseudonymise FOLDER", "[SOURCE"), ("pseudonymise FILE FOLDER", "[TARGET"),
        ("pseudonymise --key FOLDER", "--key"), ("pseudonymise --new-key FOLDER", "--new-key"),
        ("schedule launchd", "{cron|"), ("validate FOLDER", "ARCHIVE"),
        ("validate FILE --out FILE", "--out"), ("workbook FOLDER", "FILE.xlsx"),
    ],
)  # fmt: skip
def test_what_an_option_cannot_take_is_refused_by_its_name(
    line: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.zip").write_bytes(b"")
    given = {"FOLDER": str(tmp_path), "FILE": str(tmp_path / "a.zip")}
    code, out, err = call(*(given.get(word, word) for word in line.split()), capsys=capsys)
    assert (code, out) == (3, "")
    assert f"Invalid value for '{name}" in err


def test_the_program_alone_says_what_to_do_next_and_help_how_to_complete() -> None:
    alone = CliRunner().invoke(cli.commands, []).output
    assert re.findall(r"^  (\d)\. ", alone, re.MULTILINE) == ["1", "2", "3"]
    assert "_MTF_EVAL_COMPLETE=bash_source" in CliRunner().invoke(cli.commands, ["--help"]).output


def test_the_shell_is_told_how_commands_and_options_go_on() -> None:
    for typed, goes_on in (("mtf-eval ru", "run"), ("mtf-eval run --proj", "--project")):
        told = subprocess.run(
            COMMAND,
            env={**os.environ, "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")),
                 "_MTF_EVAL_COMPLETE": "bash_complete"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.stdout.split(",")[-1].strip() == goes_on
