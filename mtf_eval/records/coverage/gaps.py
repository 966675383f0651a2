"""Gaps in what is on record, and the rows of incidents as the numbers they are looked for in.

The vocabulary of `coverage`: a gap, what a measure has on record, the words for a run of months,
whole months, and who recorded an area. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.records.dataset import Dataset, once

SHOWN = 5  # areas that a text names
ONE_MONTH = pd.DateOffset(months=1)
Kind = Literal[
    "declared", "no_file", "source_stops", "recoded", "silent", "incomplete", "no_area",
    "not_begun", "ended", "split", "noughts",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A run of months that is not on record, or that cannot be trusted, and why.

    No `areas`: every area of the `source`. `gate`: no claim for the areas concerned, as leaving
    months or areas out does not mend it.
    """

    kind: Kind
    measure: str
    source: str
    areas: tuple[str, ...]
    first: pd.Timestamp
    last: pd.Timestamp
    gate: bool
    text: str
    remedy: str

    def steady(self, first: pd.Timestamp, last: pd.Timestamp) -> bool:
        """Whether it holds alike in all of some months, so that it is no gap between them."""
        return self.kind in ("no_area", "split") and self.first <= first and self.last >= last


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Counts of one measure with what is not on record left open.

    `counts`: months x areas; NaN where not on record, never 0. `quiet`: runs of noughts in target
    areas, counted as such, that may be chance or a gap. `source_of`: the source an area belongs to:
    the one that recorded most of it.
    """

    measure: str
    counts: pd.DataFrame
    gaps: tuple[Gap, ...] = ()
    quiet: tuple[Gap, ...] = ()
    source_of: dict[str, str] = field(default_factory=dict)

    def concerning(
        self, areas: Iterable[str], first: pd.Timestamp, last: pd.Timestamp
    ) -> tuple[Gap, ...]:
        """Return the gaps that touch these areas in these months.

        What is the same in all of them (see `Gap.steady`) is no gap between them.
        """
        wanted = set(areas)
        sources = {self.source_of.get(a, "") for a in wanted}
        return tuple(
            g
            for g in self.gaps
            if g.first <= last
            and g.last >= first
            and (wanted & set(g.areas) if g.areas else g.source in sources or not g.source)
            and not g.steady(first, last)
        )


def named(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Say a run of months."""
    if first == last:
        return f"{first:%B %Y}"
    start = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
    return f"{start} {'and' if last == first + ONE_MONTH else 'to'} {last:%B %Y}"


def whole_months(as_of: date) -> pd.Timestamp:
    """Return the last month that is over."""
    end = pd.Timestamp(as_of)
    return first_of(end) if end.is_month_end else first_of(end) - ONE_MONTH


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of `incidents` up to a day, as numbers; what every measure's coverage needs."""

    month: NDArray[np.int64]  # months since year 0
    area: NDArray[np.intp]
    source: NDArray[np.intp]
    measure: NDArray[np.intp]
    count: NDArray[np.float64]
    areas: list[str]
    sources: list[str]
    measures: list[str]
    owner: dict[str, str]
    by_file: bool


@once
def rows_of(data: Dataset, as_of: date) -> Rows:
    """Return the rows of `incidents` up to the last month that is over."""
    rows, held = data.table("incidents"), data.source("incidents")
    rows = rows[rows["month"] <= whole_months(as_of)]
    area, areas = pd.factorize(rows["area_code"].fillna(""), sort=True)
    source, sources = pd.factorize(rows["source"].fillna(""), sort=True)
    measure, measures = pd.factorize(rows["measure"], sort=True)
    month = (rows["month"].dt.year * 12 + rows["month"].dt.month - 1).to_numpy("int64")
    count = rows["count"].fillna(0).to_numpy("float64")
    # An area belongs to the source that recorded most of it, by what it has in a month.
    sums = np.bincount(area * len(sources) + source, count, len(areas) * len(sources))
    months = [len(np.unique(month[source == s])) for s in range(len(sources))]
    shares = sums.reshape(len(areas), -1) / np.maximum(months, 1) if len(rows) else sums
    best = shares.argmax(axis=1) if len(rows) else []
    return Rows(
        month=month,
        area=area,
        source=source,
        measure=measure,
        count=count,
        areas=[str(a) for a in areas],
        sources=[str(s) for s in sources],
        measures=[str(m) for m in measures],
        owner={str(a): str(sources[s]) for a, s in zip(areas, best, strict=True)},
        by_file=bool(held and held.by_file),
    )


def ordinal(month: pd.Timestamp) -> int:
    """Count a month from year 0."""
    return int(12 * month.year + month.month - 1)


def month_of(count: int) -> pd.Timestamp:
    """Return the month that `ordinal` counted."""
    return pd.Timestamp(year=int(count // 12), month=int(count % 12) + 1, day=1)


def first_of(day: Any) -> pd.Timestamp:
    """Return the first day of a day's month."""
    return pd.Timestamp(day).to_period("M").to_timestamp()


def some(areas: Iterable[str]) -> str:
    """List a few, and how many more there are."""
    codes = list(areas)
    rest = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
    return f"{', '.join(codes[:SHOWN])}{rest}"
