"""Adopting trackers: what is proposed, asked, written and then read, through the commands."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from books import book, write_xlsx
from habits import HABITS

from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.records.desk.adopt import OUT, adopt, answered, write
from mtf_eval.run import cli

TRACKERS = Path(__file__).parent / "field" / "trackers"


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(list(arguments))
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out + told.err


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    return Path(shutil.copy(TRACKERS / "17_partnership_tracker.xlsx", tmp_path))


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.stem}.mapping.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(path: Path, lines: list[dict[str, str]]) -> None:
    target = path.with_name(f"{path.stem}.mapping.csv")
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictWriter(file, list(lines[0]))
        rows.writeheader()
        rows.writerows(lines)


def test_a_partnership_tracker_goes_in(tracker: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = call(capsys, "adopt", str(tracker))
    assert code == 0
    asked = [line for line in lines_of(tracker) if line["answer"] == "?"]
    assert 0 < len(asked) <= 10
    assert f"{len(asked)} open" in text
    # An open question is never taken as answered.
    code, text = call(capsys, "check", str(tracker))
    assert code == 2
    assert f"{len(asked)} problem(s)" in text
    code, text = call(capsys, "adopt", str(tracker), "--yes")
    assert code == 0
    code, text = call(capsys, "check", str(tracker))
    assert code == 0, text
    log = load(tracker).table("referrals")
    # Counted by hand: ninety rows of the log, nine decisions in turn, ten rows each but the first.
    assert len(log) == 90
    assert log["decision"].value_counts().to_dict() == {
        "accepted": 45,
        "rejected": 27,
        "sara": 9,
        "pending": 9,
    }
    assert log["referral_id"].is_unique
    themes = log["criteria"].str.split("; ").explode().value_counts()
    assert themes["Vulnerability"] == 15
    assert load(tracker).table("incidents")["count"].sum() == 400


def test_what_is_left_out_is_gone(tracker: Path) -> None:
    write(answered(adopt(tracker), lambda why, means: means))
    data = load(tracker)
    for frame in data.tables.values():
        assert not frame.astype(str).apply(lambda c: c.str.contains("Example Road|Sgt")).any().any()
    assert not any("Example" in f.text or "Sgt" in f.text for f in data.findings)


def test_next_year_needs_nothing(tracker: Path, tmp_path: Path) -> None:
    write(answered(adopt(tracker), lambda why, means: means))
    import openpyxl

    later = openpyxl.load_workbook(tracker)
    later["Referral Log 23-24"].title = "Referral Log 24-25"
    later["Apr 23"].title = "Apr 24"
    sheet = later["Referral Log 24-25"]
    sheet["A1"] = "TRACKER 2024/25"
    sheet.insert_rows(1)  # one more title row
    for row in sheet.iter_rows(min_row=5):
        row[0].value = str(row[0].value).replace("/23", "/24")
        row[1].value, row[7].value = "14 June 2024", "20 June 2024"
        row[10].value = None
    later.save(tracker)
    log = load(tracker).table("referrals")
    this = log[log["referral_id"].str.endswith("/24")]
    assert (this["received"].dt.year == 2024).sum() == len(this) == 90


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"written": "Ref No."}, {"written": "Reference number"}),
        ({"written": "Ward"}, {"means": "criteria"}),
        ({"written": "Y"}, {"means": ""}),
        ({"what": "sheet"}, {"means": "people"}),
        ({"written": "Status"}, {"means": "shoe_size"}),
    ],
)
def test_a_bad_mapping_is_one_clear_message(
    tracker: Path, change: dict[str, str], words: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(answered(adopt(tracker), lambda why, means: means))
    lines = lines_of(tracker)
    ((name, value),) = change.items()
    number = next(i for i, line in enumerate(lines) if line[name] == value)
    lines[number] |= words
    written(tracker, lines)
    code, text = call(capsys, "check", str(tracker))
    assert code == 2
    assert "1 problem(s)" in text
    assert "17_partnership_tracker.mapping.csv, row" in text


def test_a_heading_like_another_is_asked_and_never_taken(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"][0] = [
        "Ref",
        "Referral recieved",
        "Agncy",
        "Decision",
        "Status",
        "Closed",
        "x",
    ]
    path = write_xlsx(tmp_path / "t.xlsx", {"Log": tables["referrals"]})
    out = adopt(path)
    asked = {out.lines[i].written: out.lines[i].means for i in out.questions}
    assert asked == {"Referral recieved": "received", "Agncy": "agency"}
    write(out)
    with pytest.raises(DataProblems, match="an open question"):
        load(path)


def test_one_csv_file_goes_in_with_its_mapping(tmp_path: Path) -> None:
    path = Path(shutil.copy(TRACKERS / "19_referrals.csv", tmp_path / "export.csv"))
    out = adopt(path)
    assert not out.questions
    write(out)
    assert len(load(path).table("referrals")) == 60


def test_a_sheet_a_project_takes_the_project_from_its_name(tmp_path: Path) -> None:
    tables = book()
    head = ["Item", "Agency", "Date paid", "Cash or in kind", "Amount (£)"]
    rows = {
        "PSP-01": [head, ["Gates", "NHS", "01/08/2021", "cash", 100]],
        "PSP-02": [head, ["Lights", "NHS", "02/08/2021", "cash", 50]],
    }
    tables["projects"][1][0] = "PSP-01"
    tables["projects"].append(["PSP-02", *tables["projects"][1][1:]])
    kept = {n: tables[n] for n in ("referrals", "projects")}
    path = write_xlsx(tmp_path / "t.xlsx", {**kept, **rows})
    out = answered(adopt(path), lambda why, means: "kind" if "Cash or" in why else means)
    write(out)
    costs = load(path).table("costs")
    assert costs.set_index("project_id")["amount_gbp"].to_dict() == {"PSP-01": 100, "PSP-02": 50}


def test_what_cannot_be_adopted_is_refused(tmp_path: Path) -> None:
    nothing = write_xlsx(tmp_path / "a.xlsx", {"Rota": [["Monday", "Tuesday"], ["x", "y"]]})
    with pytest.raises(DataProblems, match="no sheet that is like a main table"):
        adopt(nothing)
    many = write_xlsx(tmp_path / "b.xlsx", {f"S{i}": [["a", "b"]] for i in range(101)})
    with pytest.raises(DataProblems, match="101 sheets"):
        adopt(many)
    (tmp_path / "c.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"0" * 600)
    with pytest.raises(DataProblems, match="password"):
        adopt(tmp_path / "c.xlsx")


def test_sixty_sheets_of_one_kind_are_mapped_once(tmp_path: Path) -> None:
    head, *rows = book()["referrals"]
    sheets = {
        f"Week {n}": [head, [f"R-{n:03}", *rows[1][1:]], [f"S-{n:03}", *rows[1][1:]]]
        for n in range(1, 61)
    }
    path = write_xlsx(tmp_path / "t.xlsx", sheets)
    out = adopt(path)
    assert not out.questions
    assert sum(line.what == "heading" for line in out.lines) == len(head)
    write(out)
    assert len(load(path).table("referrals")) == 120


@pytest.mark.parametrize(
    ("make", "table", "rows", "column", "counts"), HABITS, ids=[h[0].__name__ for h in HABITS]
)
def test_trackers_of_other_habits_go_in(
    make: Callable[[Path], Path],
    table: str,
    rows: int,
    column: str,
    counts: dict[str, int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = make(tmp_path)
    assert call(capsys, "adopt", str(path), "--yes")[0] == 0
    code, text = call(capsys, "check", str(path))
    assert code == 0, text
    frame = load(path).table(table)
    assert len(frame) == rows
    assert frame[column].astype(str).value_counts().to_dict() == counts


def test_what_an_adopted_tracker_asks(tmp_path: Path) -> None:
    log = [["Ref", "Day", "Agency", "Outcome", "Shoe size"]]
    log += [["R1", "3rd Apr", "NHS", "Accepted", 7], ["R2", "4th Apr", "NHS", "Returned", 8]]
    log += [["R3", "Jo Bloggs", "NHS", "Accepted", 9]]
    incidents = [["Date/Time", "Type", "Postcode"], ["05/04/2023 13:30", "disorder", "CT9 1AA"]]
    areas = "postcode,area_code\nCT9 1AA,E01000001\n"
    (tmp_path / "postcode_areas.csv").write_text(areas, encoding="utf-8")
    sheets = {"April 2023": log, "Incidents": incidents, "Notes": [["Remember the milk"]]}
    out = adopt(write_xlsx(tmp_path / "t.xlsx", sheets))
    assert [said.rpartition(", ")[2] for said in out.seen] == [
        "1 left out (Shoe size)", "0 left out", "left out",
    ]  # fmt: skip
    assert [x.sheet for x in out.lines if x.what == "sheet" and x.means == OUT] == ["Notes"]
    asked = {out.lines[i].written: out.lines[i].means for i in out.questions}
    # A text that is no day may be a name: it is left to the check, which quotes none.
    assert asked == {
        "Day": "received",
        "Returned": "rejected",
        "Date/Time": "date",
        "Type": "measure",
    }
    write(answered(out, lambda why, means: means))
    with pytest.raises(DataProblems) as refused:
        load(tmp_path / "t.xlsx")
    (problem,) = refused.value.problems
    assert (problem.row, problem.column) == (4, "received")
    assert "Bloggs" not in str(problem)
    log[3][1] = "5th Apr"
    write_xlsx(tmp_path / "t.xlsx", sheets)
    data = load(tmp_path / "t.xlsx")
    assert data.table("referrals")["received"].dt.day.tolist() == [3, 4, 5]
    assert data.table("incidents")["area_code"].tolist() == ["E01000001"]


def test_one_row_and_months_without_a_year_are_placed(tmp_path: Path) -> None:
    tables = book()
    tables["projects"][0][0] = "Ref"
    del tables["incidents"]
    tables["Incidents 2021-22"] = [["LSOA", "Incident type", "Apr", "Jan"]]
    tables["Incidents 2021-22"].append(["E01000001", "disorder", 12, 7])
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    asked = {out.lines[i].written: out.lines[i].means for i in out.questions}
    assert asked == {"Ref": "project_id"}
    write(answered(out, lambda why, means: means))
    rows = load(tmp_path / "t.xlsx").table("incidents")
    months = dict(zip(rows["month"].dt.strftime("%Y-%m"), rows["count"], strict=True))
    assert months == {"2021-04": 12, "2022-01": 7}


def test_a_heading_that_may_hold_the_references_is_asked_about_in_its_own_sheet(
    tmp_path: Path,
) -> None:
    """Below a title of two rows in the sheet before it, in the first row of its own."""
    tables = book()
    head, *rows = tables["referrals"]
    sheets = {
        "projects": [["Our projects"], [None], *tables["projects"]],
        "referrals": [["Our mark", *head[1:]], *rows],
    }
    out = adopt(write_xlsx(tmp_path / "t.xlsx", sheets))
    assert {x.sheet: x.written for x in out.lines if x.what == "sheet"} == {
        "projects": "3",
        "referrals": "1",
    }
    (asked,) = (out.lines[n] for n in out.questions)
    assert (asked.sheet, asked.written, asked.means) == ("referrals", "Our mark", "referral_id")
    assert asked.why == "does 'Our mark' hold the reference of each row (referral_id)?"


def years_of_two_hands(path: Path) -> Path:
    """A sheet a year: the police kept 2024, the council 2025 and 2026 under headings of its own."""
    police = [["Tracker 2024"], ["Ref", "Date recd", "Referring agency", "Outcome", "Worker"]]
    police += [[f"M/24/{n}", f"{n}/03/2024", "Kent Police", "Accept", "x"] for n in range(1, 6)]
    sheets = {"Referrals 2024": police}
    for year, count in ((2025, 7), (2026, 4)):
        head = ["Referred by", "Referral no", "Decision", "Date of referral", "Repeat?"]
        rows = [["KCC", f"M/{year}/{n}", "Yes", f"{n}/05/{year}", ""] for n in range(1, count + 1)]
        sheets[f"Referrals {year}"] = [head, *rows]
    return write_xlsx(path, sheets)


def test_sheets_of_one_name_with_headings_of_two_hands_go_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = years_of_two_hands(tmp_path / "our tracker.xlsx")
    code, text = call(capsys, "adopt", str(place), "--yes")
    assert code == 0, text
    # A name with a space is typed in quotes.
    assert f'Next: mtf-eval check "{place}"' in text
    referrals = load(place).table("referrals")
    # By hand: 5 of 2024, 7 of 2025, 4 of 2026, each under its own year's headings.
    counts = referrals["received"].dt.year.value_counts().to_dict()
    assert counts == {2024: 5, 2025: 7, 2026: 4}
    assert set(referrals["decision"]) == {"accepted"}
    # Next year's sheet, kept as the council keeps them.
    mapping = place.with_name("our tracker.mapping.csv").read_bytes()
    after = tmp_path / "after.xlsx"
    head = ["Date of referral", "Decision", "Referral no", "Repeat?", "Referred by"]
    rows = [head, ["02/02/2027", "yes", "M/27/1", "", "KCC"]]
    write_xlsx(after, {"Referrals 2027": rows})
    (tmp_path / "after.mapping.csv").write_bytes(mapping)
    assert load(after).table("referrals")["agency"].tolist() == ["Kent County Council"]


def test_measures_and_questions_across_are_not_left_out(tmp_path: Path) -> None:
    tables = book()
    tables["project_measures"] = [["project_id", "measure"], ["P1", "Noise complaints"]]
    head, row = tables["projects"]
    row[head.index("primary_measure")] = "Noise complaints"
    area = tables["incidents"][1][tables["incidents"][0].index("area_code")]
    tables["incidents"] = [["Month", "LSOA code", "Burglary", "Noise complaints"]]
    tables["incidents"] += [[f"2021-{n:02}", area, n, 3] for n in range(1, 13)]
    tables["survey_questions"] = [["Question no", "Question", "Answers"]]
    tables["survey_questions"] += [[f"Q{n}", f"Is it {n}?", "No; Yes"] for n in (1, 2)]
    tables["survey_responses"] = [["Project", "Survey", "Date", "Q1", "Q2"]]
    tables["survey_responses"] += [
        ["P1", "Before", f"0{n}/01/2021", "No", "Yes"] for n in range(1, 5)
    ]
    place = write_xlsx(tmp_path / "t.xlsx", tables)
    write(answered(adopt(place), lambda why, means: means))
    data = load(place)
    # By hand: 1 + 2 + ... + 12 burglaries and 12 times 3 complaints; 4 people, 2 answers each.
    sums = data.table("incidents").groupby("measure")["count"].sum()
    assert sums.to_dict() == {"Burglary": 78, "Noise complaints": 36}
    answers = data.table("survey_responses").groupby(["question_id", "answer"]).size()
    assert answers.to_dict() == {("Q1", "No"): 4, ("Q2", "Yes"): 4}


def test_a_table_is_not_left_out_because_its_reference_has_another_name(tmp_path: Path) -> None:
    tables = book()
    head = ["Bid ref", "Funder", "Submitted", "Status", "Amount requested"]
    rows = [[f"G{n}", "Safer Streets", f"0{n}/02/2021", "Successful", 1000 * n] for n in (1, 2, 3)]
    tables["funding"] = [head, *rows]
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    (asked,) = [out.lines[n] for n in out.questions if out.lines[n].sheet == "funding"]
    assert (asked.written, asked.means) == ("Bid ref", "bid_id")


def test_a_sheet_like_one_that_has_the_name_is_left_out_unless_it_is_said_to_be_more(
    tmp_path: Path,
) -> None:
    tables = book()
    tables["Budget"] = [row[:] for row in tables["costs"]]
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    (asked,) = [out.lines[n] for n in out.questions if out.lines[n].sheet == "Budget"]
    assert (asked.what, asked.means) == ("sheet", "leave out")
    assert asked.why.startswith("it is like costs, which another sheet is by its name")
    tables["Costs Jan 24"] = tables.pop("Budget")
    tables["Log"] = tables.pop("referrals")
    tables["referrals"] = [["Month", "How many"], ["Jan", 3]]  # a summary by that name
    out = adopt(write_xlsx(tmp_path / "u.xlsx", tables))
    means = {line.sheet: line.means for line in out.lines if line.what == "sheet"}
    assert means["Costs Jan 24"] == "costs"
    assert means["Log"] == "referrals"


def test_a_tracker_with_names_of_its_own_is_pointed_to_adopt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = book()
    tables["Costs of ours"] = [["What", "How much"], ["Lamps", 3]]
    tables["referrals"][1][tables["referrals"][0].index("decision")] = "acepted"
    place = write_xlsx(tmp_path / "our tracker.xlsx", tables)
    code, text = call(capsys, "check", str(place))
    assert code == 2
    assert f'mtf-eval adopt "{place}"' in text
    assert f'mtf-eval check "{place}" --fix-report' in text


def test_of_two_headings_of_one_column_the_one_with_days_is_asked_about(tmp_path: Path) -> None:
    """`Closed?` holds Y and N, `Date closed` the days; no row may be refused for it."""
    tables = book()
    log = [["Ref", "Date received", "Referred by", "Decision", "Closed?", "Date closed"]]
    log += [[f"R{n}", f"0{n}/03/2021", "NHS", "Accepted", "Y", f"0{n}/04/2021"] for n in (1, 2, 3)]
    log += [["R4", "04/03/2021", "NHS", "Accepted", "N", None]]
    tables["referrals"] = log
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    (asked,) = [out.lines[n] for n in out.questions if out.lines[n].sheet == "referrals"]
    assert (asked.written, asked.means) == ("Date closed", "closed")
    assert (
        asked.why == "'Closed?' and 'Date closed' are both the column closed: is it 'Date closed'?"
    )
    (left,) = [x for x in out.lines if x.written == "Closed?"]
    assert (left.means, left.why) == (OUT, "closed is 'Date closed'")
    write(answered(out, lambda why, means: means))
    closed = load(tmp_path / "t.xlsx").table("referrals")["closed"]
    assert [d.day if d == d else None for d in closed] == [1, 2, 3, None]


def test_headings_repeated_among_the_rows_are_no_words_to_ask_about(tmp_path: Path) -> None:
    tables = book()
    head = ["Referral no", "Date of referral", "Referred by", "Decision", "Risk rating"]
    rows = [[f"R{n}", f"0{n}/03/2021", "NHS", "Accepted", "H"] for n in range(1, 6)]
    tables["referrals"] = [head, *rows[:2], head, *rows[2:]]
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    assert not [n for n in out.questions if out.lines[n].sheet == "referrals"]
    write(answered(out, lambda why, means: means))
    assert load(tmp_path / "t.xlsx").table("referrals")["received"].dt.day.tolist() == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_a_sheet_of_one_kind_with_months_across_is_asked_for_its_kind(tmp_path: Path) -> None:
    """By hand: 1 + 2 + 3 of 2024, twice that of 2025, in two areas."""
    tables = book()
    del tables["incidents"]
    for year, times in ((2024, 1), (2025, 2)):
        rows = [[f"E0100000{a}", *(n * times for n in (1, 2, 3)), 6 * times] for a in (1, 2)]
        head = ["LSOA code", "Jan", "Feb", "Mar", "Total"]
        tables[f"ASB {year}"] = [[f"ASB by LSOA, {year}"], head, *rows]
    out = adopt(write_xlsx(tmp_path / "t.xlsx", tables))
    (asked,) = [out.lines[n] for n in out.questions if out.lines[n].sheet == "ASB 2024"]
    assert (asked.what, asked.column) == ("constant", "measure")
    (place,) = [n for n in out.questions if out.lines[n].sheet == "ASB 2024"]
    assert out.question(place).startswith("ASB 2024: incidents needs measure")
    write(answered(out, lambda why, means: means or "Anti-social behaviour"))
    rows = load(tmp_path / "t.xlsx").table("incidents")
    assert rows.groupby(rows["month"].dt.year)["count"].sum().to_dict() == {2024: 12, 2025: 24}
    assert set(rows["measure"]) == {"Anti-social behaviour"}
