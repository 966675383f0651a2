"""What docs/first_afternoon.md asks to be filled in and typed; `typed` replays it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

PAGE = (Path(__file__).parent.parent / "docs" / "first_afternoon.md").read_text(encoding="utf-8")
SHEETS = dict(re.findall(r"Sheet `(\w+)`:\n\n```text\n(.*?)```", PAGE, re.DOTALL))
STEPS = re.findall(
    r"^```console\n(.*?)^```|^(Save, and close Excel\.)|(?:S|s)heet `(\w+)`, "
    r"cell `(\w+)`:\s`([^`]+)`",
    PAGE,
    re.DOTALL | re.MULTILINE,
)


def typed(text: str) -> Any:
    """What Excel makes of what is pasted: dates and numbers where it sees some."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return datetime.fromisoformat(text)
    if re.fullmatch(r"\d{4}-\d\d", text):
        return datetime.fromisoformat(f"{text}-01")
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    return text


def fill(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for name, block in SHEETS.items():
        for row, line in enumerate(block.splitlines(), start=2):
            for column, text in enumerate(line.split("\t"), start=1):
                if text:
                    book[name].cell(row=row, column=column).value = typed(text)
    book.save(path)


def shown(line: str) -> str:
    """A line of the page as a pattern; … stands for anything."""
    return ".*".join(re.escape(part) for part in line.split("…"))


def test_the_page_has_all_it_promises() -> None:
    assert len(SHEETS["referrals"].splitlines()) == 20
    assert {"projects", "project_areas", "project_measures", "incidents", "costs"} <= set(SHEETS)
    assert sum(line.startswith("$ ") for step in STEPS for line in step[0].splitlines()) < 10
