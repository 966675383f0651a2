"""What holds between printed figures, and what every hidden count can still be.

Additions between printed figures, one table in two places, months within quarters, per cent of
printed counts, pounds over unit costs, and the log behind the tables of referrals (`Log`), solved
at once. Told which figures were printed and by which rule; reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np

from mtf_eval.publish.disclosure.feasible import CEILING, Log, System
from mtf_eval.publish.disclosure.published import (
    HIDDEN,
    TOTAL,
    Figure,
    Grid,
    Told,
    months_of,
    span_of,
)

#: With fewer possible values than this a hidden count is held to be worked out, or nearly.
FEWEST = 4
WORTH = re.compile(r"\b(one|each|per|a)\b.*\b(person|head|individual)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a reader is told of a rule: the largest count it hides, what it rounds the rest to."""

    high: int
    base: int


@dataclass(frozen=True, slots=True)
class Leak:
    """A count hidden or kept back and what it can be; as text says where, not what."""

    file: str
    table: str
    row: str
    column: str
    low: int
    high: int
    reason: str = "the other figures"

    def __str__(self) -> str:
        many = self.high - self.low + 1
        what = "can be worked out" if many == 1 else f"can only be one of {many} values"
        place = f"{self.file}: table “{self.table}”, row “{self.row}”, column “{self.column}”"
        return f"{place}: the hidden count {what} from {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Every hidden count of an edition with the least and the most it can be.

    Of counts that can be one of `FEWEST` values or more the ends are not sought further. Of
    `unsolved` hidden counts none was found in time.
    """

    counts: tuple[Leak, ...]
    unsolved: int = 0

    @property
    def leaks(self) -> list[Leak]:
        """Hidden counts that can only be one of fewer than `FEWEST` values, by file and place."""
        return [k for k in self.counts if k.high - k.low + 1 < FEWEST]


class Attacker:
    """All printed cells as unknowns within bounds, and what holds between them."""

    def __init__(
        self,
        grids: list[Grid],
        rules: list[Rule],
        own: int,
        *,
        apart: int | None = None,
        told: Told | None = None,
    ) -> None:
        self.grids, self.own = grids, own
        self.start = np.cumsum([0, *(len(g.rows) * len(g.columns) for g in grids)])
        self.cell: list[Figure | str | None] = [c for g in grids for row in g.cells for c in row]
        self.rules = [
            r for g, r in zip(grids, rules, strict=True) for _ in g.rows for _ in g.columns
        ]
        self.parent = list(range(len(self.cell)))
        self.system = System()
        self.sums: list[tuple[list[tuple[int, float]], dict[str, float]]] = []
        for g, grid in enumerate(grids):
            self._down(g, grid)
            if self.rules and self.rules[self.at(g, 0, 0)].base == 1:
                self._along(g, grid)
                self._shares(g, grid)
            else:
                self._bases(g, grid)
        for a, b in combinations(range(len(grids)), 2):
            if (a < own) == (b < own) and (grids[a].hidden or grids[b].hidden):
                self._same(a, b)
                self._periods(a, b)
                self._periods(b, a)
                self._products(a, b)
                self._products(b, a)
            elif grids[a].hidden and apart is None:
                self._same(a, b)
        self.apart, self.told = apart, told or Told()
        self.place: dict[int, int] = {}
        self._write()

    def at(self, g: int, row: int, column: int) -> int:
        """Return the place of a printed cell."""
        return int(self.start[g]) + row * len(self.grids[g].columns) + column

    def value(self, i: int) -> float | None:
        """Return what is printed in a cell, if a figure is."""
        cell = self.cell[i]
        return cell.value if isinstance(cell, Figure) else None

    def room(self, i: int) -> float:
        """How far rounding may have moved a printed count."""
        return (self.rules[i].base - 1) / 2 if self.value(i) else 0.0

    def holds(self, total: int, parts: list[int]) -> bool | None:
        """Whether exact figures bear an addition out; `None` where they cannot say."""
        values = [self.value(i) for i in (total, *parts)]
        figures = [v for v in values if v is not None]
        if len(figures) < len(values) or not any(figures):
            return None
        return abs(figures[0] - sum(figures[1:])) <= 1e-9

    def add(self, total: int, parts: list[int], belief: float = 1.0) -> None:
        """Note an addition that has a hidden cell; a blank part counts as none."""
        if self.cell[total] is None:
            return
        cells = [(total, -1.0), *((p, 1.0) for p in parts if self.cell[p] is not None)]
        if any(isinstance(self.cell[i], str) for i, _ in cells) and len(cells) > 1:
            self.sums.append((cells, {"belief": belief}))

    def _down(self, g: int, grid: Grid) -> None:
        totals = [r for r, name in enumerate(grid.rows) if TOTAL.match(name)]
        for total in totals[-1:]:
            parts = [r for r in range(len(grid.rows)) if r not in totals]
            for c, name in enumerate(grid.columns):
                if len(parts) > 1 and "%" not in name:
                    self.add(self.at(g, total, c), [self.at(g, r, c) for r in parts])

    def _bases(self, g: int, grid: Grid) -> None:
        """In a table of answers the base is the sum of the columns before it."""
        if "base" in grid.columns:
            base = grid.columns.index("base")
            for r in range(len(grid.rows)):
                self.add(self.at(g, r, base), [self.at(g, r, c) for c in range(base)])

    def _along(self, g: int, grid: Grid) -> None:
        """Columns that are sums of other columns in the rows where that can be seen."""
        if not grid.hidden:
            return
        # People come in whole numbers; a column with digits after the point does not count them.
        digits = [any(isinstance(f, Figure) and f.decimals for f in column)
                  for column in zip(*grid.cells, strict=True)]  # fmt: skip
        whole = [c for c, n in enumerate(grid.columns) if "%" not in n and not digits[c]]
        found: list[tuple[int, int, int, tuple[int, ...]]] = []
        for total in whole:
            others = [c for c in whole if c != total][:11]
            subsets = [s for n in (2, 3, 4) for s in combinations(others, n)]
            if len(others) > 4:
                subsets.append(tuple(others))
            for parts in subsets:
                seen = [
                    self.holds(self.at(g, r, total), [self.at(g, r, p) for p in parts])
                    for r in range(len(grid.rows))
                ]
                good, bad = seen.count(True), seen.count(False)
                # Rows in which only one part is not zero compare two columns, and add up nothing.
                adding = sum(
                    ok is True and sum(bool(self.value(self.at(g, r, p))) for p in parts) > 1
                    for r, ok in enumerate(seen)
                )
                named = good == bad == 0 and TOTAL.match(grid.columns[total])
                # Borne out by three rows, or half of a short table.
                least = min(3, max(2, -(-len(grid.rows) // 2)))
                if (adding >= least and good >= 3 * bad) or (named and len(parts) == len(others)):
                    found.append((good - bad, good, total, parts))
        # A larger sum says more than a smaller one that holds as often because of zeros.
        found.sort(key=lambda f: (-f[0], -len(f[3])))
        taken: list[tuple[int, int, tuple[int, ...]]] = []
        for score, good, total, parts in found:
            # Of two sums that share parts the better one is believed: the other may be chance.
            rivals = [(s, p) for s, t, p in taken if t == total and set(p) & set(parts)]
            if any(s > score or set(p) < set(parts) or set(parts) < set(p) for s, p in rivals):
                continue
            taken.append((score, total, parts))
            for r in range(len(grid.rows)):
                belief = (good + 1) / (2 * good - score + 2)
                self.add(self.at(g, r, total), [self.at(g, r, p) for p in parts], belief)

    def _shares(self, g: int, grid: Grid) -> None:
        """Per cent columns that are one count of another in every row that can be checked."""
        if not grid.hidden:
            return
        height = len(grid.rows)
        shares = [c for c, name in enumerate(grid.columns) if "%" in name]
        counts = [c for c, name in enumerate(grid.columns) if "%" not in name]
        for share in shares:
            for part, whole in permutations(counts, 2):
                rows = [[self.at(g, r, c) for c in (share, part, whole)] for r in range(height)]
                fits = [self._fits(*row) for row in rows]
                if fits.count(True) >= 2 and False not in fits:
                    for row in rows:
                        self._share(*row)

    def _fits(self, share: int, part: int, whole: int) -> bool | None:
        printed, one, all_of = self.cell[share], self.value(part), self.value(whole)
        if not isinstance(printed, Figure) or not one or not all_of:
            return None
        return abs(printed.value - 100 * one / all_of) <= _off(printed) + 1e-9

    def _share(self, share: int, part: int, whole: int) -> None:
        printed = self.cell[share]
        both = (self.cell[part], self.cell[whole])
        if not isinstance(printed, Figure) or None in both:
            return
        if not any(isinstance(cell, str) for cell in both):
            return
        most = self.value(whole) or (self.value(part) or 0) * 100 / max(printed.value, 1e-9)
        off = _off(printed) / 100 * (most + 1)
        cells = [(part, 1.0), (whole, -printed.value / 100)]
        self.sums.append((cells, {"slack": off + 1e-9}))

    def _same(self, a: int, b: int) -> None:
        """Cells of one row and column name in two tables, where the tables agree."""
        one, other = self.grids[a], self.grids[b]
        columns, rows = _both(one.columns, other.columns), _both(one.rows, other.rows)
        # A table of one row may be another's total.
        for x, y, turn in ((one, other, 1), (other, one, -1)):
            total = next((r for r, name in enumerate(y.rows) if TOTAL.match(name)), None)
            if len(x.rows) == 1 and total is not None and not rows:
                rows = [(0, total) if turn > 0 else (total, 0)]
        rows = [
            (r, q)
            for r, q in rows
            if None in (s := {_when(one, r), _when(other, q)}) or len(s) == 1
        ]
        cells = [(self.at(a, r, c), self.at(b, q, d)) for r, q in rows for c, d in columns]
        seen = [
            self.value(i) == self.value(j)
            for i, j in cells
            if None not in (self.value(i), self.value(j))
        ]
        # Two noughts that agree are no sign of one table in two places.
        telling = any(self.value(i) for i, j in cells if self.value(j) is not None)
        if telling and all(seen) and (len(seen) > 1 or len(cells) < 4):
            for i, j in cells:
                self._join(i, j)

    def _join(self, i: int, j: int) -> None:
        if self.cell[i] is None or self.cell[j] is None:
            return
        a, b = self.root(i), self.root(j)
        if self.value(a) is None:
            a, b = b, a
        self.parent[b] = a  # the printed figure, where there is one, speaks for both

    def root(self, i: int) -> int:
        """Return the cell that speaks for all that are the same count."""
        while self.parent[i] != i:
            i = self.parent[i]
        return i

    def _periods(self, a: int, b: int) -> None:
        """Rows of one table whose months are exactly made up by rows of the other."""
        one, other = self.grids[a], self.grids[b]
        spans = {r: s for r, name in enumerate(other.rows) if (s := months_of(name, other.title))}
        for r, name in enumerate(one.rows):
            span = months_of(name, one.title)
            parts = [q for q, s in spans.items() if span and s < span]
            if not span or sum(len(spans[q]) for q in parts) != len(span):
                continue
            for c, column in enumerate(one.columns):
                if column in other.columns:
                    d = other.columns.index(column)
                    self.add(self.at(a, r, c), [self.at(b, q, d) for q in parts])

    def _products(self, a: int, b: int) -> None:
        """Find counts of one table that times the worth of one give the pounds of another.

        Rows are one by what names them first: beside it stand a code here and words there.
        """
        one, other = self.grids[a], self.grids[b]
        named = {name.split(" | ")[0]: q for q, name in enumerate(other.rows)}
        rows = [(r, named[k]) for r, n in enumerate(one.rows) if (k := n.split(" | ")[0]) in named]
        worths = [c for c, n in enumerate(other.columns) if WORTH.search(n)]
        if not rows or not one.hidden:
            return
        for c in range(len(one.columns)):
            hidden = [(r, q) for r, q in rows if one.cells[r][c] == HIDDEN]
            for each, whole in permutations(range(len(other.columns)), 2) if hidden else ():
                counts = (
                    (one.cells[r][c], *(other.cells[q][k] for k in (each, whole))) for r, q in rows
                )
                if each not in worths or False in (self._times(*found) for found in counts):
                    continue
                for r, q in hidden:
                    worth, pounds = other.cells[q][each], other.cells[q][whole]
                    if isinstance(worth, Figure) and isinstance(pounds, Figure) and worth.value:
                        given = pounds.value / worth.value
                        slack = (_off(pounds) + given * _off(worth)) / abs(worth.value)
                        if given > 0:
                            cell = (self.at(a, r, c), 1.0)
                            self.sums.append(([cell], {"slack": slack, "given": given}))

    def _times(self, count: Any, worth: Any, whole: Any) -> bool | None:
        """Whether a printed count times its worth is the whole; `None` where it cannot be said."""
        if not all(isinstance(f, Figure) and f.value for f in (count, worth, whole)):
            return None
        off = _off(whole) + count.value * _off(worth) + 1e-9
        rounded = (self.rules[0].base - 1) / 2 * abs(worth.value)
        return bool(abs(count.value * worth.value - whole.value) <= off + rounded)

    def bounds(self, i: int) -> tuple[float, float]:
        """Return the least and the most that a printed cell says of its count."""
        value, rule = self.value(i), self.rules[i]
        if value is None:
            return (0, rule.high) if self.cell[i] == HIDDEN else (0, CEILING)
        if rule.base == 1:
            return value, value
        return max(value - self.room(i), rule.high + 1), value + self.room(i)

    def _unknown(self, i: int) -> int:
        i = self.root(i)
        if i not in self.place:
            self.place[i] = self.system.unknown(*self.bounds(i))
        return self.place[i]

    def _write(self) -> None:
        """Write down every sum; `place` then has each cell's unknown."""
        for cells, more in self.sums:
            self.system.add([(self._unknown(i), w) for i, w in cells], **more)
        log = Log(self.system, self.grids, self.own, self.apart, self.told)
        for g, r, c, terms in log.cells():
            if self.cell[i := self.at(g, r, c)] is not None:
                self.system.add([(self._unknown(i), -1.0), *terms])

    def reach(self, reason: str) -> Reach:
        """Solve, and say what every hidden cell of the edition can be."""
        place = self.place
        hidden = [
            (g, r, c)
            for g, grid in enumerate(self.grids[: self.own])
            for r, row in enumerate(grid.cells)
            for c, cell in enumerate(row)
            if isinstance(cell, str) and "%" not in grid.columns[c]
        ]
        wanted = sorted({place[p] for h in hidden if (p := self.root(self.at(*h))) in place})
        ranges = self.system.ranges(wanted, FEWEST)
        counts, unsolved = [], 0
        for g, r, c in hidden:
            grid, root = self.grids[g], self.root(self.at(g, r, c))
            if root in place and place[root] not in ranges:
                unsolved += 1
                continue
            low, high = ranges[place[root]] if root in place else self.bounds(root)
            if low > self.rules[root].high:
                continue  # kept back, and not one of the few
            where = grid.file, grid.title, grid.rows[r], grid.columns[c]
            counts.append(Leak(*where, int(low), int(high), reason))
        counts.sort(key=lambda k: (k.file, k.table, k.row, k.column))
        return Reach(counts=tuple(counts), unsolved=unsolved)


def _when(grid: Grid, row: int) -> frozenset[int] | None:
    """Return the months that a row counts, where it says so."""
    return months_of(grid.rows[row], grid.title) or span_of(grid.title)


def _both(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Return where each name that both hold stands first in either."""
    return [(one.index(n), other.index(n)) for n in dict.fromkeys(one) if n in other]


def _off(figure: Figure) -> float:
    """How far rounding may have moved a printed figure."""
    return 0.5 * 10.0**-figure.decimals
