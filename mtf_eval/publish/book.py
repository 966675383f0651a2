"""What of every people table of a run is shown: the door's working paper.

Lays the cells of all tables side by side with the additions between them, has `suppression` choose
what to hide, rounds, and gives way to coarser tables. Knows no rule by name and draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from mtf_eval.analysis.tables import Table
from mtf_eval.errors import BadArgument
from mtf_eval.publish.suppression import Counts, hide

__all__ = ["Plan", "plan"]

Cell = tuple[str, int, str]  # table, row position, column

# Prices of hiding: all close to one cell, so that few are hidden; a total, a zero and a large
# count dearer than a small count inside a table. Columns that count no people are a last resort.
TOTAL, ZERO, SIZE, NOT_PEOPLE = 0.05, 0.05, 0.04, 12.0


@dataclass(frozen=True, slots=True)
class Plan:
    """For each table the value to show per cell, `None` where hidden, and the small cells."""

    shown: dict[str, dict[tuple[int, str], int | None]]
    small: dict[str, set[tuple[int, str]]]
    withdrawn: dict[str, str] = field(default_factory=dict)


def plan(
    tables: Mapping[str, Table],
    *,
    low: int,
    high: int,
    base: int,
    width: int | None,
    recompute: bool,
    coarser_above: float,
) -> Plan:
    """Decide over all people tables of a run what is shown.

    Parameters
    ----------
    tables
        By name.
    low, high, base
        Counts from `low` to `high` are hidden, others rounded to the nearest multiple of `base`.
    width
        Width of the range that stays possible for a hidden count; `None`: only small counts are
        hidden.
    recompute
        Totals become the sums of the counts shown.
    coarser_above
        A table with more than this share of its people counts hidden is withdrawn when the table
        it names as coarser is there; the decision is then taken again over what remains.

    Raises
    ------
    BadArgument
        A count is negative, or a link names a row or column its table does not have.
    """
    book = _Book(tables)
    withdrawn: dict[str, str] = {}
    while True:
        hidden = book.hidden(low, high, base, width, withdrawn)
        shares = {
            name: np.mean([hidden[i] for i in book.people[name]])
            for name, table in tables.items()
            if name not in withdrawn and table.coarser in tables and book.people[name]
        }
        worst = max(shares, key=lambda n: (shares[n], n), default=None)
        if worst is None or shares[worst] <= coarser_above:
            break
        withdrawn[worst] = str(tables[worst].coarser)
    shown = book.rounded(hidden, base, recompute, withdrawn)
    result = Plan({n: {} for n in tables}, {n: set() for n in tables}, withdrawn)
    for i, (name, row, column) in enumerate(book.cells):
        if column in tables[name].people or shown[i] is None:
            result.shown[name][row, column] = shown[i]
            if shown[i] is None and book.small(low, high)[i]:
                result.small[name].add((row, column))
    return result


class _Book:
    """Every cell that an addition with people in it touches, and the additions."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.cells: list[Cell] = []
        self.place: dict[Cell, int] = {}
        self.people: dict[str, list[int]] = {}
        values: list[int] = []
        person: list[bool] = []
        for name, table in tables.items():
            self.people[name] = []
            beside = {c for s in table.sums for c in (s.total, *s.parts)} - set(table.people)
            for column in (*table.people, *sorted(beside)):
                counts = table.frame[column]
                people = column in table.people
                for row, count in enumerate(counts.to_numpy(dtype=float, na_value=np.nan)):
                    if np.isnan(count):
                        continue
                    if people and (count < 0 or count != int(count)):
                        raise BadArgument(f"table {name}, {column}: people are whole counts")
                    if people:
                        self.people[name].append(len(self.cells))
                    self.place[name, row, column] = len(self.cells)
                    self.cells.append((name, row, column))
                    values.append(int(count))
                    person.append(people)
        self.value = np.array(values, dtype=np.int64)
        self.person = np.array(person, dtype=bool)
        # Each addition: the total's cell and its parts.
        self.additions: list[tuple[int, tuple[int, ...]]] = []
        for table in tables.values():
            self._within(table)
        for table in tables.values():
            self._across(table)
        self._alike()

    def _add(self, total: Cell | None, parts: list[Cell]) -> None:
        """Note an addition; a part that is not available counts as none."""
        here = tuple(self.place[p] for p in parts if p in self.place)
        if total in self.place and here and (self.person[list(here)].any()):
            self.additions.append((self.place[total], here))

    def _within(self, table: Table) -> None:
        name, last = table.name, len(table.frame) - 1
        columns = [c for n, _, c in self.cells if n == name]
        if table.total_row and last > 0:
            for column in dict.fromkeys(columns):
                self._add((name, last, column), [(name, r, column) for r in range(last)])
        for total in table.sums:
            for row in range(last + 1):
                self._add((name, row, total.total), [(name, row, p) for p in total.parts])

    def _across(self, table: Table) -> None:
        for link in table.links:
            named = [self._find(table.name, cell) for cell in (link.total, *link.parts)]
            if named[0] is not None and None not in named:
                self._add(named[0], [c for c in named[1:] if c is not None])

    def _find(self, origin: str, text: str) -> Cell | None:
        """Cell of `table/row/column`; `None` when that table was not named to the door."""
        name, _, rest = text.partition("/")
        key, _, column = rest.rpartition("/")
        if name not in self.tables:
            return None
        rows = [r for r, k in enumerate(self.tables[name].row_keys()) if k == key]
        if len(rows) != 1 or column not in self.tables[name].frame.columns:
            raise BadArgument(f"table {origin}: link names {text}, which is not one cell")
        return (name, rows[0], column)

    def _alike(self) -> None:
        """Tables that agree in every row and column they share are read as one, and linked."""
        by_name: dict[str, dict[tuple[str, str], int]] = {}
        for name, table in self.tables.items():
            keys = table.row_keys()
            by_name[name] = {
                (keys[self.cells[i][1]], self.cells[i][2]): i for i in self.people[name]
            }
        for one, other in combinations(by_name.values(), 2):
            shared = sorted(one.keys() & other.keys())
            pairs = [(one[s], other[s]) for s in shared]
            if len(pairs) > 1 and all(self.value[a] == self.value[b] for a, b in pairs):
                self.additions.extend((a, (b,)) for a, b in pairs)

    def small(self, low: int, high: int) -> np.ndarray:
        """Mark the counts of people that are hidden for their own size."""
        return np.asarray(self.person & (self.value >= low) & (self.value <= high))

    def hidden(
        self, low: int, high: int, base: int, width: int | None, withdrawn: Mapping[str, str]
    ) -> np.ndarray:
        """Which cells are hidden, given the tables that are not published."""
        absent = np.array([n in withdrawn for n, _, _ in self.cells], dtype=bool)
        small = self.small(low, high)
        if width is None or not small.any():
            return small
        totals = np.zeros(len(self.value), dtype=bool)
        totals[[t for t, parts in self.additions if len(parts) > 1]] = True
        rank = np.argsort(np.argsort(self.value, kind="stable")) / max(len(self.value), 1)
        cost = 1 + TOTAL * totals + ZERO * (self.value == 0) + SIZE * rank
        cost = np.where(self.person, cost, NOT_PEOPLE * cost)
        rounded = _round(self.value, base)
        open_by = (base - 1) // 2 + (base % 2 == 0)
        exact = (self.value == 0) | ~self.person | (base == 1)
        counts = Counts(
            value=self.value,
            small=small & ~absent,
            cost=cost,
            additions=tuple(
                ((total, -1), *((p, 1) for p in parts)) for total, parts in self.additions
            ),
            given=absent,
            below=np.where(exact, 0, self.value - np.maximum(rounded - open_by, high + 1)),
            above=np.where(exact, 0, rounded + open_by - self.value),
            low=low,
            high=high,
            width=width,
        )
        return np.asarray(hide(counts) | small)

    def rounded(
        self, hidden: np.ndarray, base: int, recompute: bool, withdrawn: Mapping[str, str]
    ) -> list[int | None]:
        """Return the value to show per cell, `None` where hidden."""
        value = np.where(self.person, _round(self.value, base), self.value)
        shown = [None if hide else int(v) for v, hide in zip(value, hidden, strict=True)]
        if not recompute:
            return shown
        made_of: dict[int, tuple[int, ...]] = {}
        for total, parts in self.additions:
            if not any(self.cells[i][0] in withdrawn for i in (total, *parts)):
                made_of.setdefault(total, parts)
        done: set[int] = set()

        def settle(i: int) -> int | None:
            if i in made_of and i not in done:
                done.add(i)
                parts = [v for p in made_of[i] if (v := settle(p)) is not None]
                if shown[i] is not None:
                    shown[i] = sum(parts) if parts else None
            return shown[i]

        for i in made_of:
            settle(i)
        return shown


def _round(value: np.ndarray, base: int) -> np.ndarray:
    """Nearest multiple of `base`; halves go up."""
    nearest: np.ndarray = (2 * value + base) // (2 * base) * base
    return nearest
