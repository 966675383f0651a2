"""Folders and data sets as wholes: what is refused, what travels with the data, the cache."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from books import DAY, Book, book, write_folder

from mtf_eval import load
from mtf_eval.errors import BadArgument, DataProblems
from mtf_eval.records import cache
from mtf_eval.records import load as load_room
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.load import hold
from mtf_eval.records.tables import TABLES

ROOT = Path(__file__).parent.parent
Spoil = Callable[[Book], object]


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


def refusal(path: Path | str) -> str:
    with pytest.raises(DataProblems) as caught:
        load(path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def put(table: str, row: int, column: int, value: object) -> Spoil:
    return lambda b: b[table][row].__setitem__(column, value)


def drop(table: str, column: int) -> Spoil:
    return lambda b: [r.pop(column) for r in b[table]]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (drop("referrals", 1), "referrals.csv, row 1, column received: found no such column"),
        (put("referrals", 1, 3, "maybe"), "row 2, column decision: found 'maybe'; expected one of"),
        (put("referrals", 1, 1, "2021-13-01"), "row 2, column received: found '2021-13-01'"),
        (put("referrals", 2, 0, "R-001"), "row 3, column referral_id: found the same referral_id"),
        (put("referrals", 2, 0, ""), "row 3, column referral_id: found nothing"),
        (put("monthly_referrals", 1, 1, -1), "row 2, column received: found '-1'; expected 0 or"),
        (put("monthly_referrals", 1, 1, "many"), "row 2, column received: found text of 4 charac"),
        (put("monthly_referrals", 1, 0, "2020-13"), "row 2, column month: found '2020-13'"),
        (put("monthly_referrals", 2, 0, "2020-01"), "row 3, column month: found the same month"),
        (put("projects", 1, 5, "thinking"), "expected one of scanning, analysis, response"),
        (put("projects", 1, 6, "noise"), "column primary_measure: found a primary_measure that"),
        (put("project_areas", 1, 0, "P9"), "project_areas.csv, row 2, column project_id: found a"),
        (put("project_measures", 1, 0, "P9"), "project_measures.csv, row 2, column project_id"),
        (put("costs", 1, 0, "P9"), "costs.csv, row 2, column project_id: found a project_id that"),
        (put("project_areas", 2, 1, "E01000001"), "row 3, column project_id: found the same proj"),
        (put("costs", 1, 7, ""), "costs.csv, row 2, column rate_gbp: found nothing; expected hou"),
        (put("costs", 2, 5, ""), "row 3, column amount_gbp: found nothing; expected an amount, or"),
        (put("costs", 1, 5, 99), "row 2, column amount_gbp: found 99; expected hours times rate"),
        (lambda b: b["costs"][0].append("evidence_grade") or b["costs"][1].append(7),
         "row 2, column evidence_grade: found '7'; expected 6 or less"),
        (lambda b: b.update(outcomes=[["project_id", "unit_cost_code", "people", "deadweight"],
                                      ["P1", "x", 3, 1.2]]),
         "row 2, column deadweight: found '1.2'; expected 1 or less"),
        (lambda b: b["projects"][0].append("response_end") or b["projects"][1].append("2021-01-01"),
         "row 2, column response_end: found 2021-01-01; expected response_end on or after"),
        (lambda b: b.update(referrals=[], extra=[]), "referrals.csv: found an empty file"),
        (lambda b: [b.pop(t) for t in ("referrals", "monthly_referrals", "projects", "costs",
                                       "project_areas", "project_measures", "incidents")],
         "found none of the main tables; expected one of referrals"),
        (drop("incidents", 0), "incidents.csv, row 1: found no such column; expected one of the"),
    ],
)  # fmt: skip
def test_bad_input_is_told_where_it_is(tmp_path: Path, spoil: Spoil, message: str) -> None:
    tables = book()
    spoil(tables)
    assert message in refusal(write_folder(tmp_path / "data", tables))


def test_a_stage_before_the_response_is_told_where_its_first_day_has_passed(tmp_path: Path) -> None:
    tables = book()
    names = tables["projects"][0]
    tables["projects"][1][names.index("stage")] = "analysis"
    data = load(write_folder(tmp_path / "data", tables))
    (told,) = (f for f in data.findings if f.column == "stage")
    assert (told.kind, told.table, told.row) == ("warning", "projects", 2)
    assert "the dates are followed" in told.text


def test_all_problems_at_once_and_nothing_personal(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"][1][:4] = ["Ann Example", "01234 567890", "NHS", "ann@example.org"]
    tables["referrals"][2][3] = "Bob"
    tables["monthly_referrals"][1][2] = "07700900123"
    tables["monthly_referrals"][2][2] = "x"
    tables["costs"][1][0] = "Ann Example"
    message = refusal(write_folder(tmp_path / "data", tables))
    assert message.startswith("5 problem(s)") or message.count("\n  - ") >= 5
    for personal in ("Ann", "567890", "example.org", "07700900123"):
        assert personal not in message


def test_places_that_hold_no_data(tmp_path: Path) -> None:
    assert "nowhere: found nothing there; expected a folder" in refusal(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "empty: found none of the main tables" in refusal(tmp_path / "empty")
    (tmp_path / "notes.txt").write_text("hello")
    assert "notes.txt: found a file of another kind" in refusal(tmp_path / "notes.txt")
    with pytest.raises(BadArgument, match="as_of='soon'"):
        load(tmp_path, as_of="soon")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b" \r\n", "an empty file"),
        (b"PK\x03\x04rest", "an Excel workbook or zip file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "a file that is not text"),
        (b"\xff\xfe\x00", "broken UTF-16"),
        (b'referral_id,received\n"R-1,2021-01-05\n', "quotation marks that do not close"),
        (b"one,two\n1,2\n", "no row of headings"),
        (b"only words\n", "no row of headings"),
    ],
)
def test_files_that_are_no_csv(tmp_path: Path, content: bytes, message: str) -> None:
    folder = write_folder(tmp_path / "data", book())
    (folder / "referrals.csv").write_bytes(content)
    said = refusal(folder)
    assert "referrals.csv" in said
    assert f"found {message}" in said


def test_headings_without_rows_are_an_empty_table(tmp_path: Path) -> None:
    tables = book()
    del tables["incidents"][1:], tables["referrals"][1:]
    data = load(write_folder(tmp_path / "data", tables))
    assert not data.has("incidents")
    assert not data.has("referrals")
    assert data.has("projects")
    assert data.table("incidents")["count"].dtype == pd.Int64Dtype()


def test_every_table_has_its_columns_and_types(tmp_path: Path) -> None:
    data = load(write_folder(tmp_path / "data", book()))
    assert list(data.tables) == list(TABLES)
    referrals = data.table("referrals")
    assert list(referrals) == list(TABLES["referrals"].columns)
    assert referrals["closed"].dtype == "datetime64[us]"
    assert data.table("survey_responses").empty
    assert list(data.table("incidents")) == ["month", "area_code", "measure", "count", "source"]
    with pytest.raises(BadArgument, match="expected one of about"):
        data.table("no such")


def test_incidents_are_summed_by_month(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["date", "area_code", "measure"],
        *([DAY(2021, 5, d), "E01000001", "disorder"] for d in (1, 17, 17)),
        [DAY(2021, 6, 30), "E01000001", "disorder"],
    ]
    frame = load(write_folder(tmp_path / "data", tables)).table("incidents")
    assert frame["count"].tolist() == [3, 1]
    assert frame["month"].tolist() == [pd.Timestamp(2021, 5, 1), pd.Timestamp(2021, 6, 1)]


def test_one_spelling_of_measures_and_projects(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"][2][2] = "Disorder "
    tables["costs"][1][0] = "p1"
    data = load(write_folder(tmp_path / "data", tables))
    assert set(data.table("incidents")["measure"]) == {"disorder"}
    assert set(data.table("costs")["project_id"]) == {"P1"}
    assert len([f for f in data.findings if f.kind == "repaired"]) == 3


def test_answers_off_the_scale(tmp_path: Path) -> None:
    tables = book()
    tables["survey_questions"] = [["question_id", "text", "scale"], ["Q1", "Safe?", "no; yes"]]
    tables["survey_responses"] = [
        ["project_id", "wave", "date", "question_id", "answer"],
        ["P1", "entry", DAY(2021, 5, 17), "Q1", "Yes"],
    ]
    data = load(write_folder(tmp_path / "data", tables))
    assert data.table("survey_responses")["answer"].tolist() == ["yes"]
    tables["survey_responses"][1][4] = "ask Ann"
    message = refusal(write_folder(tmp_path / "data", tables))
    assert "found text of 7 characters; expected an answer on the question's scale" in message


def test_those_who_did_not_say_are_kept_apart(tmp_path: Path) -> None:
    tables = book()
    tables["survey_questions"] = [["question_id", "text", "scale"], ["Q1", "Safe?", "no; yes"]]
    said = ("yes", "don\u2019t know", "DK", "prefer not to say", "Not answered")
    tables["survey_responses"] = [
        ["project_id", "wave", "date", "question_id", "answer"],
        *[["P1", "entry", DAY(2021, 5, 17), "Q1", answer] for answer in said],
    ]
    answers = load(write_folder(tmp_path / "data", tables)).table("survey_responses")["answer"]
    assert sorted(answers) == [
        "Don't know", "Don't know", "No answer", "Prefer not to say", "yes",
    ]  # fmt: skip


def test_where_it_came_from(tmp_path: Path) -> None:
    tables = book()
    tables["about"] = [["key", "value"], ["title", "A title"], ["as_at", "2022-01-31"]]
    folder = write_folder(tmp_path / "My Data", tables)
    data = load(folder)
    assert (data.name, data.title, data.illustrative) == ("my_data", "A title", False)
    source = data.source("costs")
    assert source is not None
    assert source.sha256 == hashlib.sha256((folder / "costs.csv").read_bytes()).hexdigest()
    assert (source.file, source.rows, source.as_at) == ("costs.csv", 2, date(2022, 1, 31))
    monthly = data.source("monthly_referrals")
    assert monthly is not None
    assert monthly.as_at == date(2021, 12, 15)


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    first = load(write_folder(tmp_path / "a", book())).digest
    assert load(write_folder(tmp_path / "b", book())).digest == first
    tables = book()
    tables["costs"][1][7] = 25.51
    assert load(write_folder(tmp_path / "c", tables)).digest != first


def test_a_relative_path_is_looked_for_above_and_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "mine", book())
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert load("mine").path == (tmp_path / "mine").resolve()
    assert load("data/thanet_2021").path == ROOT / "data" / "thanet_2021"


def test_as_of_leaves_out_what_came_later(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", book())
    data = load(folder, as_of="2021-02-01")
    assert data.table("referrals")["referral_id"].tolist() == ["R-001", "R-002"]
    assert data.table("referrals")["status"].tolist()[0] == "ongoing"
    assert data.table("referrals")["closed"].isna().all()
    assert data.table("incidents").empty
    assert len(data.table("projects")) == 1
    assert any("2 row(s) dated after 2021-02-01 left out" in f.text for f in data.findings)
    whole = load(folder)
    assert len(whole.table("referrals")) == 4
    days = {s.table: s.as_at for s in whole.sources if s.as_at}
    early = {s.table: s.as_at for s in data.sources if s.as_at}
    assert early == {table: min(day, date(2021, 2, 1)) for table, day in days.items()}
    assert max(days.values()) > date(2021, 2, 1), "some are of a later day"


def test_street_records_beside_the_tables(tmp_path: Path) -> None:
    tables = book()
    del tables["incidents"]
    folder = write_folder(tmp_path / "data", tables)
    header = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
        "Crime type,Last outcome category,Context"
    )
    row = ",2021-05,Kent Police,Kent Police,1.4,51.3,On or near,E01000001,Thanet 001A,disorder,,"
    with zipfile.ZipFile(folder / "police_uk.zip", "w") as archive:
        archive.writestr("2021-05/2021-05-kent-street.csv", "\n".join([header, row, row]))
    shutil.copy(folder / "police_uk.zip", folder / "second.zip")
    for data in (load(folder), load(folder)):
        assert data.table("incidents")["count"].tolist() == [2]
        source = data.source("incidents")
        assert source is not None
        assert source.file == "police_uk.zip, second.zip"
    write_folder(folder, {"incidents": book()["incidents"]})
    assert "found a second source of incidents" in refusal(folder)


# The cache


def test_the_second_time_comes_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    tables = book()
    tables["costs"][2][5] = "£1,234.50"
    folder = write_folder(tmp_path / "data", tables)
    first = load(folder)
    assert len(list(kept.iterdir())) == 1
    monkeypatch.setattr("mtf_eval.records.load._checked", None)
    again = load(folder)
    assert (again.digest, again.findings, again.sources, again.about, again.name) == (
        first.digest, first.findings, first.sources, first.about, first.name,
    )  # fmt: skip
    for name in TABLES:
        pd.testing.assert_frame_equal(again.table(name), first.table(name))


def test_a_change_is_read_again(tmp_path: Path) -> None:
    tables = book()
    first = load(write_folder(tmp_path / "data", tables))
    tables["costs"][1][6] = 41
    second = load(write_folder(tmp_path / "data", tables))
    assert (first.table("costs")["hours"][0], second.table("costs")["hours"][0]) == (40, 41)


def test_a_file_saved_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    tables = book()
    folder = write_folder(tmp_path / "data", tables)
    read = load_room._checked

    def saved_meanwhile(*grids: Any) -> Any:
        tables["costs"][1][6] = 41
        write_folder(folder, tables)
        return read(*grids)

    monkeypatch.setattr(load_room, "_checked", saved_meanwhile)
    load(folder)
    monkeypatch.setattr(load_room, "_checked", read)
    assert not kept.exists()
    tables["costs"][1][6] = 40
    assert load(write_folder(folder, tables)).table("costs")["hours"][0] == 40


@pytest.mark.parametrize("harm", ["cut", "alter", "words", "other", "remove"])
def test_a_broken_cache_is_ignored(tmp_path: Path, kept: Path, harm: str) -> None:
    folder = write_folder(tmp_path / "data", book())
    first = load(folder)
    file = next(kept.iterdir())
    raw = bytearray(file.read_bytes())
    if harm == "remove":
        file.unlink()
    elif harm == "alter":
        raw[len(raw) // 2] ^= 1
        file.write_bytes(raw)
    elif harm == "cut":
        file.write_bytes(raw[: len(raw) // 2])
    elif harm == "other":
        cache.put(file, ["whole", "and no data set"], 40)
    else:
        file.write_text(json.dumps({"tables": []}))
    again = load(folder)
    assert again.digest == first.digest
    pd.testing.assert_frame_equal(again.table("costs"), first.table("costs"))
    assert cache.fetch(file.name) is not None


def test_what_is_held_needs_no_disk_and_is_copied(tmp_path: Path, kept: Path) -> None:
    folder = write_folder(tmp_path / "data", book())
    first = load(folder)
    hold(str(folder))
    shutil.rmtree(kept)
    for _ in range(2):
        again = load(folder)
        pd.testing.assert_frame_equal(again.table("costs"), first.table("costs"))
        again.table("costs").loc[:, "hours"] = 99
    assert not kept.exists()


def test_no_place_for_a_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "data", book())
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MTF_CACHE", str(tmp_path / "file"))
    assert load(folder).has("costs")
    monkeypatch.setenv("MTF_CACHE", "off")
    assert load(folder).has("costs")


def test_the_published_figures_are_read_without_complaint() -> None:
    data = load(ROOT / "data" / "thanet_2021")
    monthly = data.table("monthly_referrals")
    assert monthly[["received", "accepted", "rejected", "saras", "completed"]].sum().tolist() == [
        188, 128, 57, 3, 124,
    ]  # fmt: skip
    assert len(data.table("agency_priorities")) == 30
    assert len(data.table("priority_progress")) == 34
    assert not data.findings


def test_a_month_outside_the_year_the_data_set_is_about(tmp_path: Path) -> None:
    for path in (ROOT / "data" / "thanet_2021").glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "about.csv").open("a", encoding="utf-8") as file:
        file.write("year,2021\n")
    load(tmp_path)
    months = tmp_path / "monthly_referrals.csv"
    text = months.read_text(encoding="utf-8")
    assert "2021-03" in text
    months.write_text(text.replace("2021-03", "2020-03"), encoding="utf-8")
    found = "monthly_referrals.csv, row 4, column month: found March 2020; expected a month of 2021"
    assert found in refusal(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        "\x1b[1;31mQuay\x1b[0m lights", "Quay \x9b31mlights", "\x1b]0;a title\x07Quay lights",
        "\x1b]8;;https://x.invalid\x1b\\Quay\x1b]8;;\x1b\\ lights", "\x1b(BQuay lights",
        "Q\x01uay\x7f lights\x1b[K", "\x1bPq#0\x1b\\Quay lights",
    ],
)  # fmt: skip
def test_what_a_terminal_was_told_is_no_part_of_a_title(tmp_path: Path, written: str) -> None:
    """Not even what is left of it once its first character is gone."""
    tables = book()
    title = tables["projects"][0].index("title")
    for row in tables["projects"][1:]:
        row[title] = written
    found = load(write_folder(tmp_path / "data", tables)).table("projects")["title"]
    assert set(found) == {"Quay lights"}


def test_what_is_worked_out_once_is_kept_by_all_it_was_asked_with(tmp_path: Path) -> None:
    data = load(write_folder(tmp_path, book()))
    asked: list[tuple[int, int]] = []

    @once
    def made(data: Dataset, first: int, *, second: int = 0) -> tuple[int, int]:
        asked.append((first, second))
        return first, second

    for wanted in ((1, 1), (1, 2), (2, 1), (1, 1), (1, 2)):
        assert made(data, wanted[0], second=wanted[1]) == wanted
    assert asked == [(1, 1), (1, 2), (2, 1)]
