"""How tables of pounds are laid out: their name, source and price year."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import pandas as pd

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.prices.reference import slug

Rows = Iterable[Mapping[str, Any] | tuple[Any, ...]]


def table(benefit: Benefit, name: str, rows: Rows | pd.DataFrame, **words: Any) -> Table:
    """Lay out a table of the analysis, with its name, source and price year; see `columns.lay`."""
    own = f"{slug(benefit.project_id, '_')}{'_claimed' * benefit.beside}"
    words |= {"benefit": benefit, "own": own, "as_at": benefit.as_of, "basis": basis(benefit)}
    return lay(f"benefit_{name}", rows, benefit.source, **words)


def tabled(make: Callable[[Benefit], Rows | pd.DataFrame]) -> Callable[[Benefit], Table]:
    """Make a function that yields rows of a benefit into one that returns the table of its name."""

    @wraps(make)
    def made(benefit: Benefit) -> Table:
        return table(benefit, make.__name__, make(benefit))

    return made


def basis(benefit: Benefit) -> str:
    """Name the rule by which people were counted for the pounds; `""` where none were."""
    beside = () if benefit.claims is None else benefit.claims.claimed
    return next((line.counted for line in (*benefit.claimed, *beside) if line.counted), "")


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
