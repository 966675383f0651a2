"""The workbook of GDP deflators as HM Treasury publishes it, to the columns of `gdp_deflator.csv`.

Goes by the financial years in the first column that has them: a level, or `-` and the growth of a
forecast, which is chained. One vintage a file; single years are never taken over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

COLUMNS = ("price_year", "index", "base", "status", "source", "edition", "verified", "retrieved")
MONTHS = r"(January|February|March|April|May|June|July|August|September|October|November|December)"


def read_published_deflator(path: Path) -> str | None:
    """Return the series as CSV text, `None` where the workbook holds no deflator."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        words = " ".join(str(cell) for row in grid for cell in row)
        base = re.search(r"(\d{4})[-/](\d{2})\s*=\s*100", words)
        series = _series(grid)
        if base and "deflator" in words.lower() and len(series) >= 2:
            edition = re.search(rf"{MONTHS} (20\d\d)", f"{words} {path.stem.replace('_', ' ')}")
            return _written(series, f"{base[0]}", edition[0] if edition else path.stem, path)
    return None


def _series(grid: Sequence[Sequence[object]]) -> list[tuple[str, float, str]]:
    """Return financial year, level and status of every row that has them."""
    found: list[tuple[str, float, str]] = []
    for cells in grid:
        for place, cell in enumerate(cells[:3]):
            year = re.fullmatch(r"(\d{4})[-/](?:\d{2})?(\d{2})", str(cell).strip())
            if not year:
                continue
            level, growth = ((*cells[place + 1 :], "", "")[n] for n in (0, 1))
            if isinstance(level, int | float) and level:
                found.append((f"{year[1]}/{year[2]}", float(level), "outturn"))
            elif found and isinstance(growth, int | float):
                chained = found[-1][1] * (1 + growth / 100)
                found.append((f"{year[1]}/{year[2]}", round(chained, 4), "forecast"))
            break
    return found


def _written(series: list[tuple[str, float, str]], base: str, edition: str, path: Path) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, "note"))
    day = date.fromtimestamp(path.stat().st_mtime).isoformat()
    source = f"HM Treasury, GDP deflators at market prices and money GDP ({path.name})"
    for year, level, status in series:
        note = "chained by the growth rate; a forecast" if status == "forecast" else ""
        row = (year, level, base.replace(" ", ""), status, source, f"HM Treasury {edition}")
        writer.writerow((*row, "user-copy", day, note))
    return out.getvalue()
