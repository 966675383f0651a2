"""Identifiers in input, canaries and formulas in output: hand-made examples of each kind."""

from __future__ import annotations

import base64
import csv
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from canaries import canaries, identifying
from openpyxl import Workbook

from mtf_eval.errors import DataProblems
from mtf_eval.publish.cells import neutralise
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.load import load
from mtf_eval.records.reading.scanner import (
    doubts,
    identifiers,
    is_nhs_number,
    scan,
    without_person,
)

ROOT = Path(__file__).parent.parent


def frame(**columns: list[object]) -> pd.DataFrame:
    made = pd.DataFrame(columns, dtype=object)
    made.index = pd.RangeIndex(2, 2 + len(made))
    return made


@pytest.mark.parametrize(
    "heading",
    [
        *("Name", "First name", "Surname", "Client's surname", "victim_name", "Initials"),
        *(
            "Address",
            "Home address",
            "Address line 1",
            "House no",
            "DOB",
            "D.O.B.",
            "Date of birth",
        ),
        *("Phone", "Mobile", "Mobile number", "Contact No", "E-mail", "email address", "Postcode"),
        *("Post code", "NHS Number", "NI number", "National Insurance No", "Passport number"),
    ],
)
def test_columns_for_identifiers_are_refused(heading: str) -> None:
    problems = scan("referrals", frame(**{heading: ["something"]}), "log.csv")
    assert len(problems) == 1
    assert problems[0].column == heading
    assert "something" not in str(problems[0])


@pytest.mark.parametrize(
    "heading",
    [
        *("agency", "Agency name", "project name", "ward name", "LSOA name", "title", "contact"),
        *("number", "month", "count", "text", "provider", "name of the measure", "mobile patrols"),
    ],
)
def test_columns_of_other_names_are_not(heading: str) -> None:
    assert scan("referrals", frame(**{heading: ["Kent Police"]}), "log.csv") == []


# 943 476 5919 and 987 654 3210 carry the right check digit (worked by hand); 07700 900xxx and
# 020 7946 0xxx are Ofcom's numbers for drama; QQ 12 34 56 C is HMRC's impossible example.
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("07700 900123", "a telephone number"),
        ("ring 07700-900-123 after six", "a telephone number"),
        ("He can be rung: 07700 900123.", "a telephone number"),
        ("07700 900123, evenings", "a telephone number"),
        ("The number is 943 476 5919.", "an NHS number"),
        ("+44 7700 900123", "a telephone number"),
        ("+44 (0)20 7946 0958", "a telephone number"),
        ("(01632) 960123", "a telephone number"),
        ("someone@example.org", "an e-mail address"),
        ("Write to A.B+c@mail.example.co.uk.", "an e-mail address"),
        ("SW1A 1AA", "a full postcode"),
        ("lives at ct9 1xz", "a full postcode"),
        ("AB 12 34 56 C", "a National Insurance number"),
        ("AB123456C", "a National Insurance number"),
        ("943 476 5919", "an NHS number"),
        ("9876543210", "an NHS number"),
        ("DOB: 03.04.80", "a date of birth"),
        ("born on 3 March 1980", "a date of birth"),
    ],
)
def test_values_that_identify(text: str, kind: str) -> None:
    assert kind in identifiers(text)
    problem = scan("referrals", frame(note=["", text]), "log.csv", "Log")[0]
    assert (problem.row, problem.sheet, problem.column) == (3, "Log", "note")
    assert text not in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        *("E01024678", "E00123456", "R-2021-000123456", "SARA-01", "2021-01-05", "05/01/2021"),
        *("1,250", "0.123456789", "51.3891234", "1234567890123", "2021-01-01 00:00:00", "CT9"),
        *("9434765918", "000123", "a3f0123456789012bc", "p0123456789abcdef0123", "Q1 2021"),
        *("QQ 12 34 56 C", "24/7 cover", "100 000 000", "H2 2021", "£1,234,567.00"),
    ],
)
def test_values_that_do_not(text: str) -> None:
    assert identifiers(text) == []


def test_check_digit() -> None:
    assert is_nhs_number("9434765919")
    assert not is_nhs_number("9434765918")
    assert not is_nhs_number("943476591")


def test_a_column_of_ten_digit_references_is_not_one_of_nhs_numbers() -> None:
    references = [str(4_000_000_000 + 7 * i) for i in range(200)]
    assert any(map(is_nhs_number, references))
    assert scan("referrals", frame(referral_id=references), "log.csv", known=["referral_id"]) == []
    real = frame(reference=[9434765919, 9876543210])
    assert len(scan("referrals", real, "log.csv")) == 1


def test_texts_are_doubted_not_refused() -> None:
    told = frame(description=["Patrol outside 12 High Street", "Mrs Example helped"])
    assert scan("actions", told, "actions.csv") == []
    found = doubts("actions", told, "actions.csv")
    assert [f.kind for f in found] == ["warning", "warning"]
    assert not any("High" in str(f) or "Example" in str(f) for f in found)
    for text in ("Mr J Example helped", "Seen by PC A. B. Example"):
        assert [f.kind for f in doubts("actions", frame(description=[text]), "a.csv")] == [
            "warning"
        ]


def test_the_data_we_ship_is_clean() -> None:
    for folder in ("thanet_2021", "example"):
        assert load(ROOT / "data" / folder).tables


def test_load_refuses_a_column_it_does_not_read(tmp_path: Path) -> None:
    (tmp_path / "referrals.csv").write_text(
        "referral_id,received,agency,decision,Client name,comment\n"
        "R1,2021-01-05,Kent Police,accepted,Sam Example,ring 07700 900123\n",
        encoding="utf-8",
    )
    with pytest.raises(DataProblems) as error:
        load(tmp_path)
    text = str(error.value)
    assert "Client name" in text
    assert "row 2, column comment" in text
    assert "Sam" not in text
    assert "900123" not in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 7700", "'+44 7700"),
        ("-1+1|cmd", "'-1+1|cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1+1", "'＝1+1"),
        ("-12.5", "-12.5"),
        ("-£3.20", "-£3.20"),
        ("+3%", "+3%"),
        (-3, "-3"),
        (None, ""),
        ("a\x00b", "ab"),
        ("Kent Police", "Kent Police"),
        ("[c]", "[c]"),
    ],
)
def test_neutralise(value: object, written: str) -> None:
    assert neutralise(value) == written


SECRET = "REF-7731-Q"


def put(folder: Path, where: str) -> None:
    if where == "svg":
        (folder / "page.html").write_text(f"<svg><title>{SECRET}</title></svg>", encoding="utf-8")
    elif where == "escaped":
        text = "".join(f"&#{ord(c)};" for c in SECRET)
        (folder / "page.html").write_text(f"<p>{text}</p>", encoding="utf-8")
    elif where == "workbook property":
        book = Workbook()
        book.properties.creator = SECRET
        book.save(folder / "tables.xlsx")
    elif where == "workbook cell":
        book = Workbook()
        book.active["B2"] = f"see {SECRET}"
        book.save(folder / "tables.xlsx")
    elif where == "notebook metadata":
        book = {"cells": [], "metadata": {"papermill": {"parameters": {"x": SECRET}}}}
        (folder / "run.ipynb").write_text(json.dumps(book), encoding="utf-8")
    elif where == "json escape":
        text = "".join(f"\\u{ord(c):04x}" for c in SECRET)
        (folder / "run.json").write_text(f'{{"a": "{text}"}}', encoding="utf-8")
    elif where == "log":
        (folder / "run.log").write_text(f"KeyError: '{SECRET.lower()}'", encoding="utf-8")
    elif where == "data address":
        inner = base64.b64encode(f"<svg><desc>about {SECRET} here</desc></svg>".encode()).decode()
        (folder / "p.html").write_text(
            f'<img src="data:image/svg+xml;base64,{inner}">', encoding="utf-8"
        )
    elif where == "zip in zip":
        with zipfile.ZipFile(folder / "in.zip", "w") as archive:
            archive.writestr("a.txt", SECRET)
        inside = (folder / "in.zip").read_bytes()
        (folder / "in.zip").unlink()
        with zipfile.ZipFile(folder / "out.zip", "w") as archive:
            archive.writestr("in.zip", inside)
    elif where == "file name":
        (folder / f"{SECRET}.html").write_text("nothing", encoding="utf-8")


@pytest.mark.parametrize(
    "where",
    [
        *("svg", "escaped", "workbook property", "workbook cell", "notebook metadata"),
        *("json escape", "log", "data address", "zip in zip", "file name"),
    ],
)
def test_canaries_sing(tmp_path: Path, where: str) -> None:
    put(tmp_path, where)
    hits = canaries([SECRET, "OTHER-1"], tmp_path)
    assert hits
    assert SECRET not in str(hits[0]) or where == "file name"


def test_canaries_are_whole_values(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"x{SECRET} {SECRET}z 1{SECRET}", encoding="utf-8")
    assert canaries([SECRET], tmp_path) == []


def test_identifying_values_of_a_data_set() -> None:
    found = identifying(ROOT / "data" / "example")
    log = pd.read_csv(ROOT / "data" / "example" / "referrals.csv", dtype=str)
    assert set(log["referral_id"]) <= set(found)
    assert not {v for v in found if v.isdigit() and len(v) < 6}


def test_the_frequent_surnames_are_the_dated_ones_of_the_reference_data() -> None:
    with (REFERENCE / "frequent_surnames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(r["source"] and r["edition"] and r["retrieved"] for r in rows)
    shares = {r["surname"]: float(r["share_percent"]) for r in rows}
    assert len(shares) == len(rows)
    assert min(shares.values()) >= 0.1
    # The first six of deaths registered in England and Wales, 1984 to 1997.
    assert list(shares)[:6] == ["Smith", "Jones", "Williams", "Taylor", "Brown", "Davies"]
    for name in shares:
        assert without_person(f"J {name}", (), ()) == ""
        assert without_person(f"{name} & Sons Ltd", (), ()) is None
    assert without_person("K Ward", (), ()) is None  # a ward of a hospital, it may be
