"""Have LibreOffice work workbooks out anew: one call for all of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl

Change = Callable[[Any], None]
SHEETS = ("Model", "Model inputs", "Unit costs", "Deflator", "Discount factors")
NAMES = {
    "Present value of costs": "present_value_costs_gbp",
    "Present value of public value benefits": "present_value_benefits_gbp",
    "Present value of fiscal benefits": "present_value_fiscal_gbp",
    "Net present public value": "net_present_public_value_gbp",
    "Public value return on investment (BCR)": "public_value_bcr",
    "Overall financial return on investment (fiscal BCR)": "fiscal_bcr",
    "Net present budget impact": "net_present_budget_impact_gbp",
}
Results = dict[str, dict[str, Any]]  # by sum, by name of result


def recalculated(books: Mapping[str, tuple[Path, Change]], folder: Path) -> dict[str, Results]:
    """Change workbooks, have them worked out, and read the results of each by its name."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, (path, change) in books.items():
        opened = openpyxl.load_workbook(path)
        for sheet in opened.sheetnames:
            if sheet not in SHEETS:
                del opened[sheet]
        change(opened)
        paths.append(folder / f"{name}.xlsx")
        opened.save(paths[-1])  # without stored values, so that all is worked out
    office = ["soffice", f"-env:UserInstallation={(folder / 'office').as_uri()}", "--headless"]
    convert = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    subprocess.run([*office, *convert, *map(str, paths)], check=True, timeout=240)
    return {path.stem: _read(folder / "out" / path.name) for path in paths}


def _read(path: Path) -> Results:
    sheet = openpyxl.load_workbook(path, data_only=True)["Model"]
    found: Results = {}
    for label, value, *_ in sheet.iter_rows(min_row=4, values_only=True):
        if value is None and str(label).startswith("What the "):
            found[label] = own = {}
        elif label in NAMES:
            own[NAMES[label]] = value
    return found


def set_input(book: Any, row: str, heading: str, value: float) -> None:
    """Change an input of a source row."""
    sheet = book["Model inputs"]
    heads = [cell.value for cell in sheet[1]]
    (line,) = [c.row for c in sheet["B"] if c.value == row]
    sheet.cell(line, heads.index(heading) + 1).value = value
