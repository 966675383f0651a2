"""The tables of a data set: their columns, types, allowed values, keys and row checks.

They stand in `tables.csv`, a row a table and under it a row a column or check: the one place that
says what input looks like. The data dictionary, the blank workbook and every check are made from
it. What one table says of another is checked in `relations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from pandera.pandas import Check, DataFrameSchema

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.home import read_rows
from mtf_eval.records.schema import row_check, table

DESCRIBED = Path(__file__).with_suffix(".csv")
#: A data set needs at least one of these.
CORE = ("referrals", "monthly_referrals", "activity", "projects")
#: Columns of incidents that are gone once names and hours have been taken from them.
APART = ("area_name", "time", "date_to", "time_to")


def _order(first: str, later: str) -> Check:
    return row_check(
        later,
        f"{later} on or after {first}",
        lambda f: (f[later] >= f[first]) | f[later].isna() | f[first].isna(),
        f"correct {first} or {later}",
    )


def _check(row: Mapping[str, str]) -> Check:
    """Make a check across columns as a row describes it: what holds, and what else to do."""
    holds = row["order"]
    return row_check(
        row["column"], row["meaning"], lambda f: f.eval(holds, engine="python"), row["allowed"]
    )


def _read() -> Mapping[str, DataFrameSchema]:
    tables = {}
    for name, group in groupby(read_rows(DESCRIBED), key=lambda row: row["table"]):
        of, *parts = group
        columns = [row for row in parts if row["kind"] != "check"]
        orders = (_order(*pair.split()) for pair in of["order"].split("; ") if pair)
        checks = (_check(row) for row in parts if row["kind"] == "check")
        tables[name] = table(of, columns, (*orders, *checks))
    return tables


TABLES = _read()
WEEKDAYS = TABLES["incident_hours"].columns["weekday"].metadata["allowed"]


#: What the meaning of a sheet or heading is called where it has none.
OUT = "leave out"
#: A year at the end of a name: `Referrals 2023-24`, `incidents_2021`.
_YEAR = re.compile(r"[ _-]*\(?(?:fy ?)?20[0-9]{2}(?:[-/_ ][0-9]{2,4})?\)?$", re.I)


def tables_named(names: Iterable[str], aliases: Aliases) -> dict[str, str]:
    """Return the table of each sheet or file; those of years only where none is of all years."""
    names = [*names]
    named = {name: t for name in names if (t := table_named(name, aliases))}
    years = {name: table_named(_YEAR.sub("", name), aliases) for name in names}
    whole = {*named.values()}
    return named | {name: t for name, t in years.items() if t and t not in whole}


def table_named(name: str, aliases: Aliases) -> str | None:
    """Return the table that a sheet or file of this name holds, `None` when it is none.

    `OUT` where the aliases of the data set leave it out.
    """
    known = {fold(table): table for table in TABLES}
    found = known.get(fold(name)) or aliases.find("sheet", name)
    return found if found == OUT or found in TABLES else None
