# ruff: noqa: E501
"""Ten trackers made from different habits of keeping one, with what a hand counts in each."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

Rows = list[list[Any]]
DAY = dt.datetime


def _book(path: Path, sheets: dict[str, Rows], merge: dict[str, list[str]] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for area in (merge or {}).get(name, []):
            sheet.merge_cells(area)
    book.save(path)
    return path


def housing_log(folder: Path) -> Path:
    """A housing provider's log of anti-social behaviour: 24 cases, one team, in sections a month."""
    rows: Rows = [["Harbour Homes - ASB cases 2023/24"], []]
    rows.append(
        ["Case ref", "Opened", "Reported by", "Category", "Outcome", "Risk", "Date closed", "Notes"]
    )
    for n in range(24):
        if n % 12 == 0:
            rows.append([("APRIL 2023", "OCTOBER 2023")[n // 12]])
        day = DAY(2023, 4 if n < 12 else 10, n % 12 + 3)
        outcome = ("Accepted", "NFA", "Accepted - warning letter", "Signposted")[n % 4]
        closed = f"{day:%d/%m/%y}" if n % 4 == 0 else "ongoing" if n % 4 == 2 else ""
        risk = ("H", "M", "L")[n % 3]
        rows.append(
            [
                f"HH{n:03}",
                f"{day:%d/%m/%Y %H:%M}",
                "Housing officer",
                "Noise",
                outcome,
                risk,
                closed,
                "rang",
            ]
        )
    rows.append(["TOTAL", 24])
    return _book(folder / "housing.xlsx", {"ASB log": rows})


def community_trigger(folder: Path) -> Path:
    """A community trigger log: threshold met or not, dates without a year."""
    rows: Rows = [["Community Trigger applications 2022"]]
    rows.append(["Application no", "Date recd", "Source", "Threshold", "Panel date", "Ward"])
    for n in range(15):
        met = "Below threshold" if n % 3 else "Accepted"
        rows.append(
            [
                f"CT/{n + 1}/22",
                f"{n + 2}/{n % 9 + 1}",
                "Council",
                met,
                f"{n + 9} {['Oct', 'Nov', 'Dec'][n % 3]}",
                "Pier" if n % 2 else "PIER",
            ]
        )
    return _book(folder / "trigger.xlsx", {"Triggers": rows})


def panel_list(folder: Path) -> Path:
    """A list of a panel's cases without names, headings over two rows, merged."""
    rows: Rows = [
        ["Panel list", None, None, None, None, None],
        ["Referral", None, None, "Panel", None, "Closed"],
        ["ref", "date", "agency", "date", "decision", "date"],
    ]
    for n in range(20):
        rows.append(
            [
                f"M{n:03}",
                DAY(2023, n % 12 + 1, 4),
                ("NHS", "Kent Police")[n % 2],
                DAY(2023, n % 12 + 1, 18),
                ("accepted", "deferred")[n % 5 == 0],
                None,
            ]
        )
    return _book(folder / "panel.xlsx", {"Panel cases": rows}, {"Panel cases": ["A2:C2", "D2:E2"]})


def sharepoint(folder: Path) -> Path:
    """A list exported from SharePoint: times in UTC, choices parted by ;#, furniture columns."""
    rows: Rows = [
        [
            "ID",
            "Title",
            "Date received",
            "Referring agency",
            "Decision",
            "Criteria",
            "Status",
            "Created",
            "Modified",
            "Item Type",
            "Path",
        ]
    ]
    for n in range(30):
        rows.append(
            [
                n + 1,
                f"TF-{n:03}",
                f"2023-{n % 12 + 1:02}-05T09:30:00Z",
                "KCC",
                ("Accepted", "Rejected", "Pending")[n % 3],
                "ASB;#Housing" if n % 2 else "ASB",
                "",
                f"2023-{n % 12 + 1:02}-05T09:31:00Z",
                "",
                "Item",
                "sites/tf",
            ]
        )
    return _book(folder / "sharepoint.xlsx", {"query": rows})


def google_form(folder: Path) -> Path:
    """Answers to a Google form as CSV: a stamp with a time, choices parted by commas."""
    path = folder / "responses.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(
            [
                "Timestamp",
                "Reference",
                "Which agency are you from?",
                "Date of referral",
                "Themes",
                "Panel decision",
            ]
        )
        for n in range(18):
            themes = ("ASB, Housing", "ASB", "Housing")[n % 3]
            out.writerow(
                [
                    f"{n + 1:02}/03/2023 14:05:11",
                    f"G{n}",
                    "NHS",
                    f"{n + 1:02}/03/2023",
                    themes,
                    ("Accepted", "Declined")[n % 2],
                ]
            )
    return path


def sheet_a_project(folder: Path) -> Path:
    """A sheet of spending for each project, and a list of projects."""
    projects: Rows = [
        [
            "Project ref",
            "Project title",
            "Problem",
            "Lead",
            "Start date",
            "End date",
            "Stage",
            "Measure",
        ]
    ]
    sheets: dict[str, Rows] = {}
    for n in (1, 2, 3):
        projects.append(
            [
                f"PSP-{n}",
                f"Project {n}",
                "Disorder at night",
                "Council",
                DAY(2023, n, 1),
                "ongoing",
                "Respond",
                "ASB",
            ]
        )
        sheets[f"PSP-{n}"] = [
            [f"Spending of PSP-{n}"],
            ["Spend item", "Agency", "Date paid", "Kind", "Amount (£)"],
        ]
        for k in range(4):
            sheets[f"PSP-{n}"].append(
                [f"item {k}", "Council", DAY(2023, 6, k + 1), "cash", f"£{100 * (k + 1):,}.00"]
            )
    return _book(folder / "projects.xlsx", {"Projects": projects, **sheets})


def month_sheets(folder: Path) -> Path:
    """A sheet a month, the columns in another order from summer on, a total under each."""
    sheets: dict[str, Rows] = {}
    head = ["Ref no", "Date", "Agency", "Outcome"]
    for n, month in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
    ):
        rows = [
            [f"{n:02}/{k}", f"{k + 1}/{n + 1}", "KFRS", ("Accept", "Reject")[k % 2]]
            for k in range(5)
        ]
        order = [0, 1, 2, 3] if n < 6 else [1, 0, 3, 2]
        sheets[f"{month} 2023"] = [[row[i] for i in order] for row in [head, *rows]]
        sheets[f"{month} 2023"].append(["Total" if i == 0 else None for i in order])
    return _book(folder / "months.xlsx", sheets)


def totals_only(folder: Path) -> Path:
    """Monthly totals with the months across, as a dashboard keeps them."""
    months = [f"{m} 23" for m in ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]]
    rows: Rows = [
        ["Task force dashboard"],
        ["", *months],
        ["Total referrals", 10, 12, 9, 14, 11, 13],
        ["Accepted", 6, 8, 5, 9, 7, 8],
        ["Rejected", 3, 3, 4, 4, 3, 4],
        ["SARA", 1, 1, 0, 1, 1, 1],
        ["Completed", 6, 7, 5, 8, 4, 2],
        ["Last updated", *["30/06/2023"] * 6],
    ]
    return _book(folder / "totals.xlsx", {"Referrals by month": rows})


def crime_export(folder: Path) -> Path:
    """A log and an export of a crime system with the ward, months across for a second measure."""
    log: Rows = [["Reference", "Received date", "Referred by", "Decision"]]
    log += [[f"R{n}", DAY(2023, 1, n + 1), "Kent Police", "accepted"] for n in range(10)]
    export: Rows = [["Crime Number", "Reported Date", "Offence Type", "Ward Name"]]
    export += [
        [
            f"46/{n}/23",
            f"{n % 28 + 1:02}-Feb-2023 {n % 24:02}:15",
            "Burglary",
            ("Pier", "Mill")[n % 2],
        ]
        for n in range(40)
    ]
    return _book(folder / "crime.xlsx", {"Log": log, "Crime export": export})


def old_hand(folder: Path) -> Path:
    """A tracker of many years: words in capitals, marks for nothing, a key at the side."""
    rows: Rows = [
        ["", "", "", "", "", "", "", "KEY"],
        ["REF", "DATE REC'D", "AGENCY", "DECISION", "RISK", "CLOSED", "THEMES", "A = accepted"],
    ]
    for n in range(26):
        rows.append(
            [
                f"{n + 1}/19",
                DAY(2019, n % 12 + 1, n + 1),
                ("POLICE", "nhs", "T.D.C.")[n % 3],
                ("ACCEPTED", "REJECTED", "TBC")[n % 3],
                ("HIGH", "-", "LOW")[n % 3],
                "n/a",
                ("asb", "ASB ", "Asb; DRUGS")[n % 3],
                "R = rejected" if n == 0 else "",
            ]
        )
    return _book(folder / "old.xlsx", {"Referral log": rows})


#: Maker, table that is counted, rows in it, a column and its counts as a hand finds them.
HABITS: list[tuple[Callable[[Path], Path], str, int, str, dict[str, int]]] = [
    (housing_log, "referrals", 24, "decision", {"accepted": 12, "rejected": 12}),
    (community_trigger, "referrals", 15, "decision", {"accepted": 5, "rejected": 10}),
    (panel_list, "referrals", 20, "decision", {"accepted": 16, "pending": 4}),
    (sharepoint, "referrals", 30, "decision", {"accepted": 10, "rejected": 10, "pending": 10}),
    (google_form, "referrals", 18, "decision", {"accepted": 9, "rejected": 9}),
    (sheet_a_project, "costs", 12, "project_id", {"PSP-1": 4, "PSP-2": 4, "PSP-3": 4}),
    (month_sheets, "referrals", 60, "decision", {"accepted": 36, "rejected": 24}),
    (
        totals_only,
        "monthly_referrals",
        6,
        "received",
        {"10": 1, "12": 1, "9": 1, "14": 1, "11": 1, "13": 1},
    ),
    (crime_export, "referrals", 10, "decision", {"accepted": 10}),
    (old_hand, "referrals", 26, "decision", {"accepted": 9, "rejected": 9, "pending": 8}),
]
