"""Small valid data sets as lists of rows, to be spoilt by the tests of reading."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

Rows = list[list[Any]]
Book = dict[str, Rows]

DAY = dt.date


def book() -> Book:
    """A partnership of one project: every number in it is used by some test."""
    return {
        "referrals": [
            ["referral_id", "received", "agency", "decision", "status", "closed", "criteria"],
            [
                "R-001",
                DAY(2021, 1, 5),
                "Kent Police",
                "accepted",
                "completed",
                DAY(2021, 2, 13),
                "Social issues",
            ],
            ["R-002", DAY(2021, 1, 25), "NHS", "rejected", None, None, None],
            [
                "R-003",
                DAY(2021, 2, 28),
                "Social Housing",
                "accepted",
                "ongoing",
                None,
                "Risk or harm; Social issues",
            ],
            ["R-004", DAY(2021, 3, 14), "Oasis Domestic Abuse Service", "sara", None, None, None],
        ],
        "monthly_referrals": [
            ["month", "received", "accepted", "rejected", "saras", "completed", "as_at"],
            [DAY(2020, 1, 1), 17, 10, 7, 0, 10, DAY(2021, 12, 15)],
            [DAY(2020, 2, 1), 1116, 1015, 101, 0, 15, DAY(2021, 12, 15)],
            [DAY(2020, 3, 1), 22, 20, 2, 0, 20, DAY(2021, 12, 15)],
        ],
        "projects": [
            [
                "project_id",
                "title",
                "problem",
                "lead_agency",
                "response_start",
                "stage",
                "primary_measure",
            ],
            [
                "P1",
                "Harbour lights",
                "Evening disorder",
                "Kent Police",
                DAY(2021, 6, 14),
                "response",
                "disorder",
            ],
        ],
        "project_measures": [["project_id", "measure", "target_change"], ["P1", "disorder", -0.2]],
        "project_areas": [
            ["project_id", "area_code", "role"],
            ["P1", "E01000001", "target"],
            ["P1", "E01000002", "comparison"],
        ],
        "costs": [
            ["project_id", "agency", "item", "date", "kind", "amount_gbp", "hours", "rate_gbp"],
            ["P1", "Kent Police", "Patrols", DAY(2021, 7, 20), "in_kind", None, 40, 25.5],
            ["P1", "NHS", "Outreach", DAY(2021, 8, 25), "cash", 1234.5, None, None],
        ],
        "incidents": [
            ["month", "area_code", "measure", "count"],
            [DAY(2021, 5, 1), "E01000001", "disorder", 12],
            [DAY(2021, 6, 1), "E01000001", "disorder", 7],
            [DAY(2021, 5, 1), "E01000002", "disorder", 5],
        ],
        "priority_progress": [
            ["priority", "number", "action", "rag", "updated"],
            ["Engagement", 1, "Survey residents", "green", DAY(2021, 8, 25)],
            ["Engagement", 2, "Use the answers", "amber", DAY(2021, 8, 25)],
        ],
    }


def write_xlsx(
    path: Path, tables: Book, touch: Callable[[openpyxl.Workbook], None] | None = None
) -> Path:
    """Write a workbook, a sheet per table; `touch` may do to it what people do."""
    wb = openpyxl.Workbook()
    wb.remove(wb.worksheets[0])
    for name, rows in tables.items():
        ws = wb.create_sheet(name)
        for row in rows:
            ws.append(row)
    if touch:
        touch(wb)
    wb.save(path)
    return path


def write_folder(path: Path, tables: Book) -> Path:
    """Write a folder of CSV files."""
    path.mkdir(exist_ok=True)
    for name, rows in tables.items():
        with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [c.isoformat() if isinstance(c, dt.date) else c for c in row] for row in rows
            )
    return path
