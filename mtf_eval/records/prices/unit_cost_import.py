"""A user's own copy of the GMCA Unit Cost Database workbook, usable beside our unit costs.

Goes by headings, not by places: any version whose columns it recognises. Takes the original figures
and their years, never the updated ones, so that uprating happens once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mtf_eval.errors import Problem, refused
from mtf_eval.records.home import REFERENCE, read_rows
from mtf_eval.records.prices.reference import Reference
from mtf_eval.records.prices.unit_costs import (
    AMOUNTS,
    CURRENCY,
    NOT_POUNDS,
    USUAL,
    Row,
    amount,
    foreign_format,
    year_of,
)

# What a heading must say to be a field; the first field that fits takes the column.
HEADINGS = [(r["field"], r["pattern"]) for r in read_rows(REFERENCE / "unit_cost_headings.csv")]
NEEDED = {"code", "unit"}
PRICE = ("fiscal_gbp", "economic_gbp", "social_gbp", "price_year")
RAG_GRADES = {"g": 4, "a": 5, "r": 6}
PERIODS = (
    (r"six month|6 month", 6.0),
    (r"week", 12 / 52.1775),
    (r"month", 1.0),
    (r"over a|year period", None),
    (r"year|annum", 12.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Rows as in `unit_costs.csv`, and what of the workbook could not be used, by place."""

    rows: tuple[Mapping[str, str], ...]
    skipped: tuple[Problem, ...]


def read_unit_cost_database(path: str | Path, reference: Reference, *, retrieved: str) -> Imported:
    """Read a Unit Cost Database workbook: every sheet that has its headings.

    `retrieved` is the ISO date of the user's copy. Its rows are for `Reference.with_unit_costs`,
    their codes the workbook's own (`CR1.0`). Raises `DataProblems` where no sheet has a code, a
    unit and a value with its year.
    """
    import python_calamine as calamine

    path = Path(path)
    try:
        workbook = calamine.CalamineWorkbook.from_path(str(path))
        sheets = {
            name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in workbook.sheet_names
        }
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError):
        closed, expected = "a workbook that does not open", "an Excel workbook without a password"
        raise refused(path.name, closed, expected) from None
    found = {name: _header(grid) for name, grid in sheets.items()}
    usable = {name: header for name, header in found.items() if header is not None}
    if not usable:
        headings = "columns for code, unit, a fiscal value and its year"
        nothing = "no sheet with the headings of a unit cost database"
        raise refused(path.name, nothing, headings)
    odd = _odd(path) if path.suffix.lower() in (".xlsx", ".xlsm") else {}
    years = {row["price_year"] for row in reference.tables["gdp_deflator"]}
    ours = tuple(row for row in reference.tables["unit_costs"] if row["entry"])
    rows: dict[str, Mapping[str, str]] = {}
    prices: dict[str, list[str]] = {}
    skipped = [
        Problem(file=path.name, sheet=name, found="no headings of unit costs", expected="not read")
        for name in sheets
        if name not in usable and any(_text(cell) for cells in sheets[name] for cell in cells)
    ]
    for sheet, (start, columns) in usable.items():
        counted = [n for n in ("fiscal", "economic", "social", "value") if n in columns]
        heads = [row[columns[n]] for row in sheets[sheet][max(0, start - 2) : start]
                 for n in counted if columns[n] < len(row)]  # fmt: skip
        said = " ".join(map(_text, heads)).replace("_", " ")
        unfit = "another currency in the heading" if CURRENCY.search(said) else ""
        unfit = "thousands, millions or pence in the heading" if NOT_POUNDS.search(said) else unfit
        for number, cells in enumerate(sheets[sheet][start:], start=start + 1):
            values = {field: _text(cells[i]) for field, i in columns.items() if i < len(cells)}
            code = values.get("code", "")
            if not re.match(r"^[A-Z&]{1,4}\s?\d", code.upper()):
                if not (values.get("label") and any(_amounts(values).values())):
                    continue  # a heading or a remark between the rows
                row: dict[str, str] = {}
                wrong = "a value without a code"
            else:
                row, wrong = _row(values, path.name, retrieved, years)
            of_cells = (odd.get((sheet, number, columns[n]), "") for n in counted)
            wrong = next(filter(None, (*of_cells, wrong, unfit)), "")
            if not wrong and row["code"] in prices:
                wrong = "a code that was there before"
                if prices[row["code"]] != [row[name] for name in PRICE]:
                    rows.pop(row["code"], None)
                    read = f"{row['code']}: read, but"
                    skipped = [each for each in skipped if not each.found.startswith(read)]
                    wrong += ", with another price: neither is read"
            known, doubt = _ours(row, ours) if not wrong else (None, "")
            if wrong or doubt:
                expected = doubt or "one value in pounds with one financial year of the deflator"
                named = row.get("code") or code or "a row"
                said = f"{named}: {wrong or 'read, but its number is of another item'}"
                skipped.append(Problem(path.name, said, expected, sheet=sheet, row=number))
            if not wrong:
                place = {"_file": path.name, "_sheet": sheet, "_row": str(number)}
                kind = _kind(row, reference.tables["unit_cost_kinds"])
                prices[row["code"]] = [row[name] for name in PRICE]
                rows[row["code"]] = row | _as_ours(row, known) | kind | place
    return Imported(rows=tuple(rows.values()), skipped=tuple(skipped))


def _odd(path: Path) -> dict[tuple[str, int, int], str]:
    """Say what is odd about cells, by sheet, row and column from 0: formulas, other currencies."""
    from openpyxl import load_workbook
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    book = load_workbook(path, read_only=True)
    usual, found = {*BUILTIN_FORMATS.values()}, {}  # those show the reader's own currency
    try:
        for sheet in book.worksheets:
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value):
                if cell.data_type == "f":
                    found[sheet.title, cell.row, cell.column - 1] = "a formula in place of a price"
                elif cell.number_format not in usual and foreign_format(cell.number_format):
                    at = (sheet.title, cell.row, cell.column - 1)
                    found[at] = "another currency in the format of the cell"
    finally:
        book.close()
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return re.sub(r"\s+", " ", str(cell)).strip()


def _header(grid: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """Find the heading row, or two rows read as one, and which column is which field."""
    for index in range(min(30, len(grid))):
        for depth in (1, 2):
            columns: dict[str, int] = {}
            above = ""
            for place, cell in enumerate(grid[index]):
                # A heading over several columns stands in the first of them only.
                above = _text(cell) or (above if depth == 2 else "")
                below = (
                    _text(grid[index + 1][place]) if depth == 2 and index + 1 < len(grid) else ""
                )
                heading = f"{above} {below}".strip().lower().replace("_", " ")
                field = next((f for f, words in HEADINGS if re.search(words, heading)), None)
                if heading and field and field != "ignored":
                    columns.setdefault(field, place)
            valued = columns.keys() & {"fiscal", "value"}
            dated = columns.keys() & {"fiscal_year", "year"}
            if columns.keys() >= NEEDED and valued and dated:
                return index + depth, columns
    return None


def _row(
    values: Mapping[str, str], file: str, retrieved: str, years: set[str]
) -> tuple[dict[str, str], str]:
    """Make a row of `unit_costs.csv`, or say what is wrong with it."""
    amounts, dates = _amounts(values), set()
    if foreign := next((a for a in amounts.values() if CURRENCY.search(a)), ""):
        return {}, f"another currency, {foreign[:20]}"
    for kind, text in amounts.items():
        try:
            amounts[kind] = amount(text)
        except ValueError:
            return {}, f"a {kind} value that is no number"
        if amounts[kind]:
            dates.add(year_of(values.get(f"{kind}_year") or values.get("year", "")))
    if not dates:
        return {}, "no value"
    year = dates.pop()
    if dates or year not in years:
        return {}, f"price year {values.get('fiscal_year') or values.get('year') or 'missing'}"
    unit = values["unit"].lower()
    months = next((m for words, m in PERIODS if re.search(words, unit)), None)
    total = sum(float(amount or 0) for amount in amounts.values())
    if total <= 0:
        return {}, "a value that is not above zero"
    return {
        **USUAL,
        **dict.fromkeys((*AMOUNTS, "health_valued", "superseded_by", "newer_code"), ""),
        "code": values["code"].replace(" ", "").upper(),
        "label": values.get("label") or values.get("detail") or values["code"],
        "unit": unit,
        **{f"{kind}_gbp": amount for kind, amount in amounts.items()},
        "total_gbp": f"{total:g}" if total < 1e5 else f"{total:.2f}",
        "bearer": values.get("agency") or USUAL["bearer"],
        "period_months": "" if months is None else f"{months:.6f}",
        "grade": str(RAG_GRADES.get(values.get("rag", "")[:1].lower(), 6)),
        "price_year": year,
        "source": f"{file}, Unit Cost Database (GMCA Research)",
        "entry": values["code"],
        "edition": "the user's own copy",
        "verified": "user-copy",
        "retrieved": retrieved,
        "note": f"Original source: {values.get('source', '')[:200]}",
    }, ""


def _amounts(values: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of the values; a single value is a fiscal one."""
    texts = {kind: values.get(kind, "") for kind in ("fiscal", "economic", "social")}
    return texts | {"fiscal": texts["fiscal"] or values.get("value", "")}


def _ours(row: Mapping[str, str], ours: Iterable[Row]) -> tuple[Row | None, str]:
    """Find our row of the same item, by text; say where the number alone is the same.

    Editions give numbers anew, so a number alone says nothing.
    """
    known, doubt = None, ""
    for other in ours:
        if _alike(row["label"], other["label"]):
            if known is None or other["entry"] == row["code"]:
                known = other
        elif other["entry"] == row["code"]:
            doubt = f"{other['label'][:80]}, as it was in {other['edition']}"
    return known, doubt


def _alike(one: str, other: str) -> bool:
    """Whether two descriptions are of one item: most words of the shorter are in the longer."""
    first, second = (set(re.findall(r"[a-z]{4,}", text.lower())) for text in (one, other))
    return len(first & second) >= 0.75 * max(1, min(len(first), len(second)))


def _as_ours(row: Row, known: Row | None) -> dict[str, str]:
    """Take what no column of the workbook says from our row of the same item.

    Whether it is a cost of acting, a rare event or in part a transfer; the transfer only where
    the figure is the one we read.
    """
    if re.search(r"homicide|murder", row["label"].lower()):
        return {"rare": "yes"}
    if known is None:
        return {}
    taken = {"role": known["role"], "rare": known["rare"]}
    amounts = ("fiscal_gbp", "economic_gbp", "social_gbp")
    same = known["price_year"] == row["price_year"] and all(
        float(known[name] or 0) == float(row[name] or 0) for name in amounts
    )
    if same and known["transfer_gbp"]:
        taken |= {"transfer_gbp": known["transfer_gbp"], "total_gbp": known["total_gbp"]}
    return taken


def _kind(row: Mapping[str, str], kinds: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Say what an entry is a cost of, by its number; the rules against counting twice go by it."""
    found = (k["category"] for k in kinds if row and fnmatchcase(row["code"], k["entry"]))
    return {"category": kind} if (kind := next(found, "")) else {}
