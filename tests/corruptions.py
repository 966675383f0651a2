"""Random corruptions of trackers: the same numbers, or a clear refusal, never others in silence."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import openpyxl

Change = Callable[[random.Random, Any], None]


def _cell(rng: random.Random, sheet: Any, *, body: bool = True) -> Any:
    filled = [
        c
        for row in sheet.iter_rows(min_row=4 if body else 1)
        for c in row
        if c.value is not None and not isinstance(c, openpyxl.cell.cell.MergedCell)
    ]
    return rng.choice(filled) if filled else None


def spaces(rng: random.Random, sheet: Any) -> None:
    cell = _cell(rng, sheet)
    if cell is not None and isinstance(cell.value, str):
        cell.value = f"\u00a0{cell.value}  "


def case(rng: random.Random, sheet: Any) -> None:
    cell = _cell(rng, sheet)
    if cell is not None and isinstance(cell.value, str):
        cell.value = cell.value.upper()


def title(rng: random.Random, sheet: Any) -> None:
    sheet.insert_rows(1)
    sheet["A1"] = "Official"


def blank_row(rng: random.Random, sheet: Any) -> None:
    sheet.append([])
    sheet.append(["printed from the shared drive"])


def column(rng: random.Random, sheet: Any) -> None:
    place = sheet.max_column + 1
    sheet.cell(row=2, column=place, value="Checked by")


def error(rng: random.Random, sheet: Any) -> None:
    cell = _cell(rng, sheet)
    if cell is not None:
        cell.value = "#REF!"
        cell.data_type = "e"


def rubbish(rng: random.Random, sheet: Any) -> None:
    cell = _cell(rng, sheet)
    if cell is not None:
        cell.value = "zzqx"


def emptied(rng: random.Random, sheet: Any) -> None:
    cell = _cell(rng, sheet)
    if cell is not None:
        cell.value = None


def twice(rng: random.Random, sheet: Any) -> None:
    row = rng.randint(4, max(4, sheet.max_row))
    values = [c.value for c in sheet[row]]
    sheet.append(values)


def heading(rng: random.Random, sheet: Any) -> None:
    for row in sheet.iter_rows(min_row=1, max_row=3):
        filled = [c for c in row if isinstance(c.value, str)]
        if len(filled) > 3:
            rng.choice(filled).value = "Something else"
            return


CHANGES: list[Change] = [
    spaces,
    case,
    title,
    blank_row,
    column,
    error,
    rubbish,
    emptied,
    twice,
    heading,
]
