"""What of every people table of a run is shown: the door's working paper.

Lays the cells of all tables side by side with the additions between them, has `suppression` choose
what to hide, rounds, and gives way to coarser tables. Knows no rule by name and draws nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from mtf_eval.analysis.results.tables import Link, Table
from mtf_eval.errors import BadArgument
from mtf_eval.publish.disclosure.suppression import Counts, hide

__all__ = ["Plan", "plan"]

Cell = tuple[str, int, str]  # table, row position, column

# Prices of hiding: all close to one cell, so that few are hidden; a total, a zero and a large
# count dearer than a small count inside a table. Leading columns are dear, columns that count no
# people a last resort.
TOTAL, ZERO, SIZE, NOT_PEOPLE, LEADING = 0.05, 0.05, 0.04, 12.0, 3.0


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
    spare: Collection[str] = (),
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
    spare
        Tables that are shown only where another gives way to them.

    Raises
    ------
    BadArgument
        A count is negative, or a link names a row or column its table does not have.
    """
    book = _Book(tables)
    withdrawn: dict[str, str] = {}
    hidden = book.small(low, high)
    for decided in (False, True):  # first by the small counts alone, then with what protects them
        while True:
            away = {*withdrawn, *(set(spare) - set(withdrawn.values()))}
            if decided:
                hidden = book.hidden(low, high, base, width, away)
            worst = {
                name: str(table.coarser)
                for name, table in tables.items()
                if name not in away and table.coarser in tables and book.people[name]
                if np.mean(hidden[book.people[name]]) > coarser_above
            }
            withdrawn |= worst
            if not worst:
                break
    shown = book.rounded(hidden, base, recompute, away)
    result = Plan({n: {} for n in tables}, {n: set() for n in tables}, withdrawn)
    for i, (name, row, column) in enumerate(book.cells):
        if name and (column in tables[name].people or shown[i] is None):
            result.shown[name][row, column] = shown[i]
            if shown[i] is None and book.small(low, high)[i]:
                result.small[name].add((row, column))
    return result


class _Book:
    """Every cell that an addition with people in it touches, and the additions."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.known: dict[bytes, np.ndarray] = {}
        self.keys = {name: table.row_keys() for name, table in tables.items()}
        self.cells: list[Cell] = []
        self.place: dict[Cell, int] = {}
        self.people: dict[str, list[int]] = {name: [] for name in tables}
        # What is left of a total when its parts are taken off: in no table, but in reach.
        self.left: dict[int, str] = {}
        self._value: list[int] = []
        self._person: list[bool] = []
        # Each addition: the total's cell and its parts.
        self.additions: list[tuple[int, tuple[int, ...]]] = []
        links = [
            (t.name, self._ends(t.name, link), link.rest)
            for t in tables.values()
            for link in t.links
        ]
        for name, table in tables.items():
            beside = {c for s in table.sums for c in (s.total, *s.parts)}
            named = {c for _, ends, _ in links for t, _, c in ends if t == name}
            beside |= named & set(table.frame.columns)
            self._enter(table, sorted(beside - set(table.people)))
        for name, table in tables.items():
            self._within(table, [e for origin, e, rest in links if origin == name and not rest])
        for _, ends, rest in links:
            outside = any(c[0] not in tables for c in ends[1:])
            self._add(ends[0], ends[1:], rest=rest or outside, person=rest)
        self._alike()
        self.value = np.array(self._value, dtype=np.int64)
        self.person = np.array(self._person, dtype=bool)

    def _enter(self, table: Table, beside: list[str]) -> None:
        """List a table's cells: those of people, and those beside them in an addition."""
        for column in (*table.people, *beside):
            people = column in table.people
            counts = table.frame[column].to_numpy(dtype=float, na_value=np.nan)
            for row, count in enumerate(counts):
                if np.isnan(count):
                    continue
                if people and (count < 0 or count != int(count)):
                    raise BadArgument(f"table {table.name}, {column}: people are whole counts")
                i = self._cell((table.name, row, column), int(count), people)
                if people:
                    self.people[table.name].append(i)

    def _cell(self, cell: Cell, value: int, person: bool) -> int:
        self.place[cell] = len(self.cells)
        self.cells.append(cell)
        self._value.append(value)
        self._person.append(person)
        return self.place[cell]

    def _add(
        self, total: Cell, parts: Sequence[Cell], *, rest: bool = False, person: bool = True
    ) -> None:
        """Note an addition; a part that is not available counts as none.

        With `rest` the parts are not all: what is left, persons or not, is not shown.
        """
        here = tuple(self.place[p] for p in parts if p in self.place)
        if total not in self.place or not any(self._person[i] for i in here):
            return
        whole = self.place[total]
        if rest:
            left = self._value[whole] - sum(self._value[i] for i in here)
            if left < 0:
                return
            i = self._cell(("", len(self.cells), ""), left, person)
            self.left[i] = total[0]
            here = (*here, i)
        self.additions.append((whole, here))

    def _within(self, table: Table, links: list[tuple[Cell, ...]]) -> None:
        """Additions down the columns and along the rows of one table."""
        name, last = table.name, len(table.frame) - 1
        if table.total_row and last > 0:
            for column in dict.fromkeys(c for n, _, c in self.cells if n == name):
                self._add((name, last, column), [(name, r, column) for r in range(last)])
        along = [(s.total, s.parts, s.rest) for s in table.sums]
        # A link along one row is an addition that a reader tries on every row.
        for ends in links:
            if len({(t, r) for t, r, _ in ends}) == 1 and ends[0][0] == name and len(ends) > 2:
                along.append((ends[0][2], tuple(c for _, _, c in ends[1:]), False))
        # A share says that its part lies within its whole.
        along += [
            (c.of[1], (c.of[0],), True)
            for c in table.columns
            if c.kind == "share" and c.of and set(c.of) <= set(table.people)
        ]
        for total, parts, rest in dict.fromkeys(along):
            for row in range(last + 1):
                self._add((name, row, total), [(name, row, p) for p in parts], rest=rest)

    def _ends(self, origin: str, link: Link) -> tuple[Cell, ...]:
        """Cells of a link; row -1 where the table was not named to the door."""
        ends = tuple(self._find(origin, text) for text in (link.total, *link.parts))
        if all(t in self.tables and self._blank(t, r, c) for t, r, c in ends):
            raise BadArgument(f"table {origin}: the link to {link.total} names no cell there is")
        return ends

    def _blank(self, table: str, row: int, column: str) -> bool:
        return row < 0 or column not in self.tables[table].frame.columns

    def _find(self, origin: str, text: str) -> Cell:
        name, _, rest = text.partition("/")
        key, _, column = rest.rpartition("/")
        if name not in self.tables:
            return (name, -1, column)
        rows = [r for r, k in enumerate(self.keys[name]) if k == key]
        if len(rows) > 1:
            raise BadArgument(f"table {origin}: link names {text}, which is {len(rows)} cells")
        # A row or column left out because nothing stands in it counts as none, as to a reader.
        return (name, rows[0] if rows else -1, column)

    def _alike(self) -> None:
        """Tables that agree in every row and column they share are read as one, and linked."""
        by_name: dict[str, dict[tuple[str, str], int]] = {}
        for name, keys in self.keys.items():
            by_name[name] = {
                (keys[self.cells[i][1]], self.cells[i][2]): i for i in self.people[name]
            }
        for one, other in combinations(by_name.values(), 2):
            shared = sorted(one.keys() & other.keys())
            pairs = [(one[s], other[s]) for s in shared]
            if len(pairs) > 1 and all(self._value[a] == self._value[b] for a, b in pairs):
                self.additions.extend((a, (b,)) for a, b in pairs)

    def small(self, low: int, high: int) -> np.ndarray:
        """Mark the counts of people that are hidden for their own size."""
        return np.asarray(self.person & (self.value >= low) & (self.value <= high))

    def hidden(
        self, low: int, high: int, base: int, width: int | None, away: Collection[str]
    ) -> np.ndarray:
        """Which cells are hidden, given the tables that are not published."""
        absent = np.array([not n or n in away for n, _, _ in self.cells], dtype=bool)
        small = self.small(low, high)
        reach = [i for i, name in self.left.items() if name not in away]
        small[list(self.left.keys() - set(reach))] = False
        if width is None or not small.any():
            return small
        totals = np.zeros(len(self.value), dtype=bool)
        totals[[t for t, parts in self.additions if len(parts) > 1]] = True
        rank = np.argsort(np.argsort(self.value, kind="stable")) / max(len(self.value), 1)
        cost = 1 + TOTAL * totals + ZERO * (self.value == 0) + SIZE * rank
        leading = {(n, c.name) for n, t in self.tables.items() for c in t.columns if c.leading}
        cost[[(n, c) in leading for n, _, c in self.cells]] *= LEADING
        cost = np.where(self.person, cost, NOT_PEOPLE * cost)
        rounded = _round(self.value, base)
        open_by = (base - 1) // 2 + (base % 2 == 0)
        exact = (self.value == 0) | ~self.person | (base == 1)
        counts = Counts(
            value=self.value,
            small=small & (~absent | np.isin(np.arange(len(small)), reach)),
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
        return np.asarray(hide(counts, self.known) | small)

    def rounded(
        self, hidden: np.ndarray, base: int, recompute: bool, away: Collection[str]
    ) -> list[int | None]:
        """Return the value to show per cell, `None` where hidden."""
        value = np.where(self.person, _round(self.value, base), self.value)
        shown = [None if hide else int(v) for v, hide in zip(value, hidden, strict=True)]
        if not recompute:
            return shown
        made_of: dict[int, tuple[int, ...]] = {}
        for total, parts in self.additions:
            if all(self.cells[i][0] and self.cells[i][0] not in away for i in (total, *parts)):
                made_of.setdefault(total, parts)
        done: set[int] = set()

        def settle(i: int) -> int | None:
            if i in made_of and i not in done:
                done.add(i)
                parts = [v for p in made_of[i] if (v := settle(p)) is not None]
                if shown[i] is not None:
                    # A total of which nothing is shown is not zero: it is not shown either.
                    shown[i] = sum(parts) if any(parts) or value[i] == 0 else None
            return shown[i]

        for i in made_of:
            settle(i)
        return shown


def _round(value: np.ndarray, base: int) -> np.ndarray:
    """Nearest multiple of `base`; halves go up."""
    nearest: np.ndarray = (2 * value + base) // (2 * base) * base
    return nearest
