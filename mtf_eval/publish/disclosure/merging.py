"""Rows of a table merged by declared groups: agencies by kind, wards by town, criteria by theme.

Which groups there are is data (`category_groups.csv`); whether a table gives way to its merged one
is decided in `book`, over all tables of a run. Adds up and names; hides nothing.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from mtf_eval.analysis.results.tables import Link, Table
from mtf_eval.errors import BadArgument
from mtf_eval.records.prices.reference import default_folder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["declared", "merged"]

ADDS = ("people", "count", "money")


@cache
def declared() -> Mapping[str, Mapping[str, str]]:
    """Return the group of each category, by dimension."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    with (default_folder() / "category_groups.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            groups[row["dimension"]][row["category"]] = row["group"]
    return groups


def merged(table: Table) -> Table | None:
    """Return the table with its rows merged by the groups of its dimension.

    A category without a group, or alone in its own, stays as it is. `None` where the table has no
    dimension, or where fewer than two rows would be left, or as many as there were.

    Raises
    ------
    BadArgument
        The dimension has no groups, or a column cannot be added up.
    """
    if table.dimension is None:
        return None
    label, dimension = table.dimension
    if dimension not in declared():
        raise BadArgument(f"table {table.name}: no groups are declared for {dimension}")
    for column in table.columns:
        if column.of is None and column.kind not in (*ADDS, "label"):
            raise BadArgument(f"table {table.name}: {column.name} is not added up over {dimension}")
    last = len(table.frame) - table.total_row
    rows, total = table.frame.iloc[:last], table.frame.iloc[last:]
    named = rows[label].astype("object").map(lambda c: declared()[dimension].get(c, c))
    several = rows[label].groupby(named).transform("nunique") > 1
    group = named.where(several, rows[label].astype("object"))
    keys = [c for c in table.labels if c != label]
    by = [group if c == label else rows[c] for c in table.labels]
    counts = [c.name for c in table.columns if c.kind in ADDS]
    frame = rows[counts].groupby(by, sort=False).sum(min_count=1).reset_index()
    if not 1 < len(frame) < len(rows):
        return None
    name = f"{table.name}_merged"
    fine = table.row_keys()[:last]
    made = replace(
        table,
        name=name,
        title=f"{table.title}, similar rows together",
        frame=_joined(frame, total, table),
        notes=(*table.notes, _said(rows[label], group)),
        links=(),
        dimension=None,
    )
    parts: dict[str, list[str]] = defaultdict(list)
    coarse = frame[list(table.labels)].astype(str).agg(" | ".join, axis=1)
    if len(total):
        parts[table.row_keys()[-1]].append(table.row_keys()[-1])
    places = {tuple(k): c for k, c in zip(frame[[label, *keys]].to_numpy(), coarse, strict=True)}
    wanted = rows[keys].assign(**{label: group})[[label, *keys]].to_numpy()
    for key, place in zip(fine, wanted, strict=True):
        parts[places[tuple(place)]].append(key)
    links = (
        Link(total=f"{name}/{key}/{c}", parts=tuple(f"{table.name}/{p}/{c}" for p in of))
        for key, of in parts.items()
        for c in table.people
    )
    return replace(made, links=tuple(links))


def _joined(frame: pd.DataFrame, total: pd.DataFrame, table: Table) -> pd.DataFrame:
    import pandas as pd

    columns = list(table.frame.columns)
    whole = pd.concat([frame[columns].astype("object"), total.astype("object")], ignore_index=True)
    return whole.astype(table.frame.dtypes.to_dict())


def _said(rows: pd.Series[str], group: pd.Series[str]) -> str:
    """Say which rows were merged, and why."""
    of: dict[str, list[str]] = defaultdict(list)
    for category, name in zip(rows, group, strict=True):
        if category not in of[name]:
            of[name].append(str(category))
    said = [f"{name} ({', '.join(each)})" for name, each in of.items() if each != [name]]
    return f"Too many counts would be hidden, so these rows were put together: {'; '.join(said)}."
