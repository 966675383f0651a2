"""How tables of pounds are laid out: their marks, their name, their notes.

Decides nothing about what is shown; see `tables` and `appendix`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

import pandas as pd

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Column, Table

Rows = Iterable[Mapping[str, Any] | tuple[Any, ...]]
Notes = Iterable[str] | Callable[[Benefit], Iterable[str]]


def table(
    benefit: Benefit,
    name: str,
    title: str,
    rows: Rows | pd.DataFrame,
    columns: Sequence[Column],
    *,
    notes: Iterable[str] = (),
    total_row: bool = False,
) -> Table:
    """Make a table of rows, with the name, source and price year of the analysis."""
    return lay(
        f"benefit_{name}_{slug(benefit.project_id)}{'_claimed' * benefit.beside}",
        f"{title}, {benefit.title}, {benefit.assumptions.price_year} prices",
        rows,
        columns,
        source=benefit.source,
        as_at=benefit.as_of,
        notes=notes,
        total_row=total_row,
        basis=basis(benefit),
    )


def tabled(
    title: str, *columns: Column, name: str = "", notes: Notes = (), total_row: bool = False
) -> Callable[[Callable[[Benefit], Rows | pd.DataFrame]], Callable[[Benefit], Table]]:
    """Make a function that yields rows of a benefit into one that returns their table.

    Parameters
    ----------
    name
        As the table is named; the function's own name without it.
    """

    def wrap(make: Callable[[Benefit], Rows | pd.DataFrame]) -> Callable[[Benefit], Table]:
        @wraps(make)
        def made(benefit: Benefit) -> Table:
            called, rows = name or make.__name__, make(benefit)
            said = notes(benefit) if callable(notes) else notes
            return table(benefit, called, title, rows, columns, notes=said, total_row=total_row)

        return made

    return wrap


def basis(benefit: Benefit) -> str:
    """Name the rule by which people were counted for the pounds; `""` where none were."""
    beside = () if benefit.claims is None else benefit.claims.claimed
    return next((line.counted for line in (*benefit.claimed, *beside) if line.counted), "")


def slug(text: str) -> str:
    """Lower case, everything but letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def sides(benefit: Benefit) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of cost and the rows of benefit of the cash flow."""
    cost = benefit.flow["side"].eq("cost")
    return benefit.flow[cost], benefit.flow[~cost]


def with_total(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append the row `Total` to rows by agency."""
    if not rows:
        return rows
    sums = {key: sum(row[key] for row in rows) for key in rows[0] if key != "agency"}
    return [*rows, {"agency": "Total", **sums}]
