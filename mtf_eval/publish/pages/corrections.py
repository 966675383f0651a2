"""What a report says otherwise than its last published edition: the corrections.

Compares released figures only, those of the page as it was with those of the page as it is, and
keeps the list from edition to edition. A figure whose period had ended by the day the old edition
ran to, and that has changed, was corrected; anything else has moved on with time. Nothing is
compared across disclosure rules, and no cell that either edition hides.
"""

from __future__ import annotations

import calendar
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, fields
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from mtf_eval.analysis.results.columns import Period, day, lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import neutralise
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.publish.display.elements import table
from mtf_eval.publish.exports.files import contents, head, tables
from mtf_eval.publish.shell import page_name

FILE = "corrections.csv"
#: Where a page leaves room for what other reports corrected; filled in when the set is put up.
OPEN, SHUT = "<!-- corrected elsewhere -->", "<!-- / -->"
PLACE = OPEN + SHUT
FILLED = re.compile(f"{OPEN}.*?{SHUT}", flags=re.S)
RECORDED = ("people", "count", "money")  # rates and estimates follow from these
RESULT = "Main result"
HIDDEN = ("[c]", "[k]")
# Of a benefit analysis the pounds put in and what came of them; the rest is the way between.
WORKING = re.compile(r"benefit_(?!headline|costs_|benefits)")
MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
MONTH = "|".join(MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A figure that an earlier edition gave otherwise, found by the run of `date` (ISO 8601)."""

    date: str
    table: str
    row: str
    figure: str
    was: str
    now: str


def edition(folder: Path, name: str) -> str:
    """Return what the published edition of a report said, as JSON text; `""` without one."""
    try:
        book = json.loads(next((folder / name).glob(f"{name}*.ipynb")).read_bytes())
    except (OSError, ValueError, StopIteration):
        return ""
    said = list(contents(book))
    ledger = folder / name / FILE
    held = ledger.read_text(encoding="utf-8-sig") if ledger.exists() else ""
    found = {
        "rule": next((d["rule"] for kind, d in said if kind == "page"), ""),
        "result": next((d["text"] for kind, d in said if kind == "result"), ""),
        "tables": {d["name"]: d for kind, d in said if kind in ("table", "figure")},
        "ledger": [asdict(c) for c in _read(held)],
    }
    return json.dumps(found)


def listed(
    previous: str, notebook: NotebookNode, *, parameters: Mapping[str, Any], run_time: str
) -> tuple[Correction, ...]:
    """Return every correction of a report, those found earlier first.

    `previous` is what `edition` returned before the run; `parameters` say what time the report is
    about; what is found now is of the day of `run_time`.
    """
    old = json.loads(previous) if previous else {}
    if not old or old["rule"] != head(notebook).get("rule"):
        return ()
    made = (d["parameters"] for kind, d in contents(notebook) if kind == "provenance")
    about, day = _about({**next(made, {}), **parameters}), run_time[:10]
    new = tables(notebook)
    hidden = {
        (key, column["heading"])
        for table in new.values()
        for key, row in _rows(table).items()
        for column, value in zip(table["columns"], row, strict=True)
        if value in HIDDEN
    }
    ledger = [Correction(**entry) for entry in old["ledger"]]
    # What an earlier edition told of a cell that is hidden now would give it back.
    found = [each for each in ledger if (each.row, each.figure) not in hidden]
    held = len(found)
    for name in old["tables"].keys() & new.keys():
        for change in _changed(old["tables"][name], new[name], about):
            found.append(Correction(date=day, **change))
    ran_to = max((t["as_at"] for t in old["tables"].values() if t["as_at"]), default="")
    said = next((d["text"] for kind, d in contents(notebook) if kind == "result"), "")
    closed = about is not None and about.isoformat() <= ran_to
    if closed and len(found) > held and said != old["result"]:
        words = {"was": old["result"], "now": said}
        found.append(Correction(date=day, table=RESULT, row="", figure="", **words))
    return tuple(sorted(found, key=lambda c: (c.date, c.table, c.row, c.figure)))


def _about(parameters: Mapping[str, Any]) -> date | None:
    """Return the last day of the time a report is about."""
    with suppress(BadArgument):
        return Period.parse(str(parameters.get("period"))).end
    if parameters.get("year"):
        return date(int(parameters["year"]), 12, 31)
    as_of = re.fullmatch(r"\d{4}-\d\d-\d\d", str(parameters.get("as_of", "")))
    return date.fromisoformat(as_of[0]) if as_of else None


def _changed(
    old: Mapping[str, Any], new: Mapping[str, Any], about: date | None
) -> Iterator[dict[str, str]]:
    """Yield the recorded figures of one table that were corrected."""
    if WORKING.match(old["name"]):
        return
    places = {c["name"]: i for i, c in enumerate(new["columns"])}
    before = _rows(old)
    for key, row in _rows(new).items():
        was = before.get(key)
        if was is None:
            continue
        for position, column in enumerate(old["columns"]):
            here = places.get(column["name"])
            if here is None or column["kind"] not in RECORDED or was[position] == row[here]:
                continue
            if isinstance(was[position], str) or row[here] in HIDDEN:
                continue
            ended = _ended(old["name"], key, column["name"], about)
            if ended is None or not old["as_at"] or ended.isoformat() > old["as_at"]:
                continue
            if column.get("standing") and new["as_at"] != old["as_at"]:
                continue
            then, now = (_print(each, column["kind"]) for each in (was[position], row[here]))
            figure = {"table": new["title"], "row": key, "figure": column["heading"]}
            yield figure | {"was": then, "now": now}


def _rows(content: Mapping[str, Any]) -> dict[str, list[Any]]:
    labels = [i for i, c in enumerate(content["columns"]) if c["kind"] == "label"]
    return {" | ".join(str(row[i]) for i in labels): row for row in content["rows"]}


def _ended(table: str, key: str, column: str, about: date | None) -> date | None:
    """Return the last day of the time a cell is about: by its row, its table, or its report."""
    of_table = re.search(r"_(\d{4})(?:_h([12])|_(\d{2})_(\d{2}))?(?=_|$)", table)
    year = int(of_table[1]) if of_table else (about.year if about else None)
    month = re.match(rf"({MONTH})(?: (\d{{4}}))?(?: to ({MONTH}))?(?: (\d{{4}}))?$", key)
    end = about
    if month and (month[4] or month[2] or year):
        of, last = int(month[4] or month[2] or year or 0), MONTHS[month[3] or month[1]]
        end = date(of, last, calendar.monthrange(of, last)[1])
    elif re.fullmatch(r"\d{4}", key):
        end = date(int(key), 12, 31)
    elif of_table and of_table[3]:
        end = date(int(of_table[1]), int(of_table[3]), int(of_table[4]))
    elif of_table and of_table[2]:
        end = Period(int(of_table[1]), int(of_table[2])).end
    elif of_table:
        end = date(int(of_table[1]), 12, 31)
    if column == "previous" and end is not None:
        return date(end.year - 1, end.month, min(end.day, 28))
    return end


def _print(value: object, kind: str) -> str:
    if isinstance(value, str):
        return value
    return f"{'£' if kind == 'money' else ''}{value:,}"


# The list, on the page and beside it


def distinct(found: Sequence[Correction]) -> dict[Correction, int]:
    """Return each change once, with how many more tables of the report tell the same."""
    first: dict[tuple[str, ...], Correction] = {}
    more: dict[Correction, int] = {}
    for each in found:
        kept = first.setdefault((each.date, each.figure, each.was, each.now), each)
        more[kept] = more.get(kept, -1) + 1
    return more


def as_table(found: tuple[Correction, ...], report: str = "") -> Table:
    """Return the corrections as a table of words; every figure in it has been released.

    A figure that stands in several tables is listed once; `as_csv` keeps every place.
    """
    # What the report says in one line comes first: it is what most readers took away.
    found = tuple(sorted(found, key=lambda c: (c.date, c.table != RESULT)))
    rows = []
    for c, more in distinct(found).items():
        place = f"{c.table} (also in {more} other place{'s' * (more > 1)})" if more else c.table
        told = c.row or "the report", c.figure or "in one line", c.was, c.now
        rows.append((place, *told, day(date.fromisoformat(c.date))))
    name = f"corrections_{report}" if report else "corrections"
    return lay("corrections", rows, "", name=name, which="That" if report else "This")


def elsewhere(folder: Path, titles: Mapping[str, str], rules: Mapping[str, str]) -> dict[str, str]:
    """Return pages that leave room for it, with the corrections of all other reports put in.

    `titles` and `rules` are by report: a correction made under one rule is never told under
    another.
    """
    ledgers = {
        name: list(_read(path.read_text(encoding="utf-8-sig")))
        for name in titles
        if (path := folder / name / FILE).exists()
    }
    pages = {}
    for name in titles:
        page = folder / page_name(name, rules[name])
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        if not FILLED.search(text):
            continue
        own = {astuple(c)[1:] for c in ledgers.get(name, ())}  # all but the day it was found
        others = {
            other: kept
            for other, found in ledgers.items()
            if other != name and rules.get(other) == rules.get(name)
            if (kept := [c for c in found if astuple(c)[1:] not in own])
        }
        filled = OPEN + _others(others, titles, rules[name]) + SHUT
        if (new := FILLED.sub(filled.replace("\\", r"\\"), text)) != text:
            pages[name] = new
    return pages


def _others(found: Mapping[str, Sequence[Correction]], titles: Mapping[str, str], rule: str) -> str:
    parts = [
        f"<details><summary>{escape(titles[name])}: {len(distinct(each))} corrected</summary>"
        f'<p><a href="{escape(page_name(name, rule))}#corrections">Open that report</a></p>'
        f"{table(Disclosure(rule)(as_table(tuple(each), name))).html}</details>"
        for name, each in sorted(found.items(), key=lambda item: titles[item[0]])
    ]
    return f"<h3>In other reports of this data set</h3>{''.join(parts)}" if parts else ""


def as_csv(found: tuple[Correction, ...]) -> bytes:
    """Return the corrections as a CSV file, which is also how the next edition knows them."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([f.name for f in fields(Correction)])
    rows.writerows([neutralise(v) for v in astuple(c)] for c in found)
    return out.getvalue().encode("utf-8-sig")


def _read(text: str) -> Iterator[Correction]:
    names = [f.name for f in fields(Correction)]
    for row in csv.DictReader(io.StringIO(text)):
        yield Correction(**{name: row[name] for name in names})
