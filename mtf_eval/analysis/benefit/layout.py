"""How tables of pounds are laid out: their marks, their name, their notes.

Decides nothing about what is shown; see `tables` and `appendix`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.benefit.uncertainty import Swing
from mtf_eval.analysis.tables import Column, Table
from mtf_eval.records.reference import Reference

__all__ = [
    "few",
    "least_people",
    "money",
    "number",
    "open_swings",
    "sides",
    "table",
    "with_total",
]


def money(name: str, heading: str, note: str = "", decimals: int = 0) -> Column:
    """Mark a column of pounds."""
    return Column(name=name, heading=heading, kind="money", unit="£", decimals=decimals, note=note)


def number(name: str, heading: str, note: str = "", decimals: int = 2, unit: str = "") -> Column:
    """Mark a column of ratios, shares or grades."""
    return Column(
        name=name, heading=heading, kind="number", unit=unit, decimals=decimals, note=note
    )


def table(
    benefit: Benefit,
    name: str,
    title: str,
    rows: pd.DataFrame | Sequence[dict[str, Any]],
    columns: Sequence[Column],
    *,
    notes: Iterable[str] = (),
    total_row: bool = False,
) -> Table:
    """Make a table of rows, with the name, source and price year of the analysis."""
    wanted = [column.name for column in columns]
    frame = pd.DataFrame(rows, columns=wanted)
    for column in columns:
        if column.kind in ("money", "number"):
            frame[column.name] = pd.to_numeric(frame[column.name]).astype("float64")
    key = re.sub(r"[^a-z0-9]+", "_", benefit.project_id.lower()).strip("_")
    return Table(
        name=f"benefit_{name}_{key}",
        title=f"{title}, {benefit.title}, {benefit.assumptions.price_year} prices",
        frame=frame.reset_index(drop=True),
        columns=tuple(columns),
        source=benefit.source,
        notes=tuple(notes),
        total_row=total_row and len(frame) > 0,
    )


def sides(benefit: Benefit) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of cost and the rows of benefit of the cash flow."""
    cost = benefit.flow["side"].eq("cost")
    return benefit.flow[cost], benefit.flow[~cost]


def with_total(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Append the row `Total`."""
    if not rows:
        return rows
    sums = {key: sum(row[key] for row in rows) for key in rows[0] if key != name}
    return [*rows, {name: "Total", **sums}]


def few(benefit: Benefit, line: Line) -> bool:
    """Whether a line describes so few people that its details are kept out of every table."""
    return line.people is not None and line.people < least_people(benefit.reference)


def open_swings(benefit: Benefit) -> tuple[Swing, ...]:
    """Swings without those that would show a share of an outcome of few people."""
    kept_back = {line.label for line in benefit.claimed if few(benefit, line)}
    return tuple(
        swing
        for swing in benefit.swings
        if swing.kind in ("effect", "unit cost", "costs") or swing.name not in kept_back
    )


def least_people(reference: Reference) -> int:
    """Return the fewest people whose pounds may be followed: more than any rule hides."""
    return int(reference.assumption("least_people").value)
