"""The user's own prices: a folder `reference` whose files stand in the place of ours, row by row.

It lies inside a data set's folder, beside its workbook, or is named (`--reference`) for a database.
A table of ours by its name (`unit_costs.csv`): its rows replace ours of the same key, the deflator
as a whole. Any workbook is read as a Unit Cost Database. Writes only what `update` is given: of HM
Treasury's workbook of deflators the financial years in the first column that has them, with a level
or the growth of a forecast, which is chained; one vintage a file.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import tempfile
from calendar import month_name
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from mtf_eval.errors import BadArgument, DataProblems, Problem
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.prices.reference import FILES, PRICED, Reference, load_reference, sound
from mtf_eval.records.prices.unit_cost_import import read_unit_cost_database
from mtf_eval.records.prices.unit_costs import (
    AMOUNTS,
    CURRENCY,
    USUAL,
    Row,
    amount,
    at,
    deflator_problems,
    year_of,
)

POUNDS = "pounds; convert it and give its source"
DEFLATOR = ("price_year", "index", "base", "status", "source", "edition", "verified", "retrieved")
MONTHS = f"({'|'.join(month_name[1:])})"
BOOKS = (".xlsx", ".xlsm", ".xls")
LOOKS = (".docx", ".toml", ".png", ".jpg", ".jpeg")  # how reports look: no prices


def own_folder(place: str | Path, named: str | Path = "") -> Path | None:
    """Find the folder of the user's own prices of a data set; `None` where there is none."""
    if named:
        if not Path(named).is_dir():
            raise BadArgument(f"--reference {named}: there is no such folder")
        return Path(named).resolve()
    if "://" in str(place):
        return None
    beside = (Path(place) if Path(place).is_dir() else Path(place).parent) / "reference"
    return beside.resolve() if beside.is_dir() and beside.resolve() != REFERENCE else None


@once
def reference_for(data: Dataset) -> Reference:
    """Load the reference data, with the user's own where the data set brings some."""
    return own_reference(data.own_prices).in_edition(about=data.about)


def own_reference(folder: Path | None) -> Reference:
    """Load the reference data, with the user's own from a folder in their place."""
    ours = load_reference()
    if folder is None:
        return ours
    tables, problems, told = dict(ours.tables), list[Problem](), list[Problem]()
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] not in ".~")
    books = [path for path in files if path.suffix.lower() in BOOKS]
    for path in files:
        name = path.stem.lower()
        if path.suffix.lower() == ".csv" and name in FILES:
            mine, wrong, unread = _rows(path, name, ours)
            told += unread
            problems += wrong
            tables[name] = _replaced(tables[name], mine, FILES[name])
        elif path not in books and path.suffix.lower() not in LOOKS:
            known = ", ".join(f"{table}.csv" for table in FILES)
            known = f"a workbook or {known}"
            told.append(Problem(file=path.name, found="not read", expected=known))
    last = max(tables["gdp_deflator"], key=lambda row: row["price_year"])
    priced = {row["price_year"] for row in ours.tables["unit_costs"]}
    beyond = sorted(year for year in priced if year > last["price_year"])
    if beyond and not [*deflator_problems(tables["gdp_deflator"])]:
        found, expected = f"nothing of {', '.join(beyond)}", "every price year of the unit costs"
        problems.append(at(last, "price_year", found, expected))
    if problems:
        raise DataProblems(problems)
    both = replace(ours, tables=sound(tables), own=folder)
    for path in books:
        day = date.fromtimestamp(path.stat().st_mtime).isoformat()
        read = read_unit_cost_database(path, both, retrieved=day)
        taken = [row for row in read.rows if row["code"] in both.unit_costs]
        both = both.with_unit_costs(row for row in read.rows if row not in taken)
        again = (at(row, "", f"{row['code']}: a code of another file", "not read") for row in taken)
        told += [*read.skipped, *again]
    return replace(both, told=tuple(told))


def _replaced(ours: Iterable[Row], mine: Iterable[Row], key: tuple[str, ...]) -> tuple[Row, ...]:
    mine = tuple(mine)
    taken = {tuple(row[name] for name in key) for row in mine}
    return (*(r for r in ours if tuple(r[name] for name in key) not in taken), *mine)


def _rows(
    path: Path, table: str, ours: Reference
) -> tuple[list[Row], list[Problem], list[Problem]]:
    """Read a table of the user's; what a row lacks is taken from ours of the same key."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    key, columns = FILES[table], list(ours.tables[table][0])
    known = {_folded(row, key): row for row in ours.tables[table]} if key else {}
    needed = {*(key or ("price_year", "index", "base", "status", "edition")), "source"}
    needed |= {"price_year"} if table in PRICED else set()
    headings = {_heading(str(h or ""), columns): h for h in reader.fieldnames or ()}
    if lacking := sorted(needed - set(headings)):
        found = f"no column {', '.join(lacking)}"
        expected = f"the columns of the table: {', '.join(columns[:-2])}"
        return [], [Problem(file=path.name, row=1, found=found, expected=expected)], []
    rows: list[Row] = []
    top, unread = {"_file": path.name, "_row": "1"}, set(headings) - {*columns, "currency", ""}
    problems = [at(top, h, "another currency", POUNDS) for h in unread if CURRENCY.search(h)]
    told = [at(top, h, f"the heading {h}, not read", "the columns of ours") for h in sorted(unread)]
    for line, cells in enumerate(reader, start=2):
        given = {name: str(cells.get(h) or "").strip() for name, h in headings.items()}
        if not any(given.values()):
            continue
        given |= {"_file": path.name, "_row": str(line)}
        problems += _odd(given, needed)
        if "price_year" in given:
            given["price_year"] = year_of(given["price_year"])
        row = dict(known.get(_folded(given, key), {}))
        given |= {name: row[name] for name in key if row}
        mine = {name: value for name, value in given.items() if value}
        if any(name in mine for name in AMOUNTS):
            row |= dict.fromkeys(AMOUNTS, "")
        elif row and table == "unit_costs" and row["price_year"] != given["price_year"]:
            problems.append(at(given, "total_gbp", "a blank", "an amount in prices of its year"))
        day = date.fromtimestamp(path.stat().st_mtime).isoformat()
        said = {"edition": "the user's own", "verified": "user-copy", "retrieved": day, "note": ""}
        usual = USUAL if table == "unit_costs" else {}
        if "retrieved" in mine:
            if (read := _day(mine["retrieved"])) is None:
                expected = "a day, as 2026-11-21 or 21/11/2026"
                problems.append(at(given, "retrieved", "no day", expected))
            else:
                mine["retrieved"] = read.isoformat()
        rows.append(dict.fromkeys(columns, "") | usual | row | said | mine)
    return rows, problems, told


def _heading(text: str, columns: Iterable[str]) -> str:
    """Write a heading as the column it names: `Total (£)` as `total_gbp`."""
    name = re.sub(r"[\s_]+", "_", text.strip().lower())
    bare = re.sub(r"_*\(?(£|gbp)\)?$", "", name)
    return next((each for each in (name, f"{bare}_gbp") if each in columns), name)


def _folded(row: Row, key: Iterable[str]) -> tuple[str, ...]:
    return tuple(row[name].casefold() for name in key)


def _day(text: str) -> date | None:
    """Read a day, day first where it is not written year first; `None` where it is none."""
    for form, long in (("%Y-%m-%d", 10), ("%d/%m/%Y", None)):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text[:long], form).date()
    return None


def _odd(given: dict[str, str], needed: set[str]) -> Iterable[Problem]:
    """Yield what no price may be: blank, a formula, another currency; write amounts plainly."""
    for name in sorted(needed):
        if not given[name]:
            yield at(given, name, "a blank", "every row needs it")
    for name, value in given.items():
        if value.startswith("=") or value.startswith("#"):
            yield at(given, name, "a formula, or what is left of one", "the value itself")
        elif name in (*AMOUNTS, "currency") and CURRENCY.search(value):
            yield at(given, name, "another currency", POUNDS)
        elif name in AMOUNTS:
            try:
                given[name] = amount(value)
            except ValueError:
                expected = "pounds, with commas before every third digit or none"
                yield at(given, name, "an amount that is no number", expected)


def update(file: Path, folder: Path) -> tuple[Path, Reference]:
    """Take a deflator, a cost table or a Unit Cost Database into the user's folder, if sound."""
    name, content = file.name, None
    if file.suffix.lower() in BOOKS:
        content = read_published_deflator(file)
        name = "gdp_deflator.csv" if content else f"unit_cost_database{file.suffix.lower()}"
    elif file.suffix.lower() == ".csv":
        with file.open(encoding="utf-8-sig", errors="replace") as stream:
            head = {h.strip().strip('"').lower() for h in re.split(r"[,;]", stream.readline())}
        by_heading = {"gdp_deflator": {"price_year", "index"}, "unit_costs": {"code", "price_year"}}
        tables = [t for t, heads in by_heading.items() if heads <= head]
        name = f"{file.stem.lower() if file.stem.lower() in FILES else ''.join(tables[:1])}.csv"
    if name == ".csv" or file.suffix.lower() not in (*BOOKS, ".csv"):
        kinds = "a deflator (price_year, index, ...), unit costs (code, ...)"
        raise BadArgument(f"{file.name}: expected {kinds} or a workbook of either")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".prices-") as draft:
        trial = Path(draft)
        for path in (p for p in folder.iterdir() if p.is_file()):
            shutil.copy2(path, trial / path.name)
        if content is None:
            shutil.copyfile(file, trial / name)
        else:
            (trial / name).write_text(content, encoding="utf-8", newline="")
        reference = own_reference(trial)
        os.replace(trial / name, folder / name)
    return folder / name, replace(reference, own=folder)


# The workbook of GDP deflators as HM Treasury publishes it


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
    writer.writerow((*DEFLATOR, "note"))
    day = date.fromtimestamp(path.stat().st_mtime).isoformat()
    source = f"HM Treasury, GDP deflators at market prices and money GDP ({path.name})"
    for year, level, status in series:
        note = "chained by the growth rate; a forecast" if status == "forecast" else ""
        row = (year, level, base.replace(" ", ""), status, source, f"HM Treasury {edition}")
        writer.writerow((*row, "user-copy", day, note))
    return out.getvalue()
