"""What hidden counts can still be: least and most over everything that fits every equation.

Solved by linear programming (HiGHS); sums that contradict each other are dropped, the least
believable first. Ends not found within the time are said to be unknown.

Of the log behind published tables of referrals the unknowns are how many were received and left
undecided in each month, and how many of each year's were decided in each month with one outcome;
the same by agency and by ward, by year. Every printed count of referrals is a sum of them. Nobody
is decided before being received: what is in hand at the end of a month is never less than none.
Nobody was received before the first month that is printed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtf_eval.publish.disclosure.published import TOTAL, Grid, Told, months_of, plain, span_of

CEILING = 1_000_000  # no count here is larger
TURNS = 12
SECONDS = 30.0  # for one end of one count
ALL_SECONDS = 900.0  # for all of them
Term = tuple[int, float]
OUTCOMES = ("completed", "ongoing", "rejected", "sara projects")
ACCEPTED = OUTCOMES[:2]
RECEIVED, WAITING = "received", "not yet decided"
# What each printed column counts: outcomes by the day decided, the others by the day received.
COLUMNS: dict[str, tuple[str, ...]] = {
    RECEIVED: (RECEIVED,),
    WAITING: (WAITING,),
    "accepted": ACCEPTED,
    "decided": OUTCOMES,
    "decided, day known": OUTCOMES,
    **{outcome: (outcome,) for outcome in OUTCOMES},
}
SPLIT = re.compile(r"referrals by (agency|ward)\b")
#: Split, its value, what is counted, year received, month (year, of a split) in which it counts.
Key = tuple[str, str, str, int, int]


@dataclass(slots=True)
class System:
    """Unknown whole numbers of 0 or more, and what holds between them."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    _sums: list[tuple[dict[int, float], float, float, float]] = field(default_factory=list)

    def unknown(self, low: float = 0.0, high: float = CEILING) -> int:
        """Add an unknown and return its place."""
        self.low.append(max(low, 0.0))
        self.high.append(high)
        return len(self.low) - 1

    def add(
        self, terms: Iterable[Term], *, given: float = 0.0, slack: float = 0.0, belief: float = 1.0
    ) -> None:
        """Note that weighted unknowns sum to `given` within `slack`; `belief` says how firmly."""
        line: dict[int, float] = {}
        for place, weight in terms:
            line[place] = line.get(place, 0.0) + weight
        self._sums.append((line, given - slack, given + slack, belief))

    def _matrix(self) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
        """Return the sums as rows over the unknowns, with the least and the most of each."""
        from scipy.sparse import csr_matrix

        cells = [(r, p, w) for r, (line, *_) in enumerate(self._sums) for p, w in line.items()]
        rows, places, weights = (
            (np.array(c) for c in zip(*cells, strict=True)) if cells else [[]] * 3
        )
        matrix = csr_matrix((weights, (rows, places)), shape=(len(self._sums), len(self.low)))
        least, most = (np.array([s[k] for s in self._sums]) for k in (1, 2))
        return matrix, least, most

    def bends(self) -> NDArray[np.float64] | None:
        """Return how far each sum would have to be bent for all to hold; `None` where none can."""
        from scipy.sparse import hstack, identity, vstack

        n, m = len(self.low), len(self._sums)
        if not m:
            return np.zeros(0)
        matrix, least, most = self._matrix()
        belief = np.array([s[3] for s in self._sums])
        bent = hstack([matrix, identity(m), -identity(m)]).tocsr()
        bounds = np.vstack(
            [np.column_stack([self.low, self.high]), np.tile([0, np.inf], (2 * m, 1))]
        )
        found = _solve(
            np.concatenate([np.zeros(n), belief, belief]), A_ub=vstack([bent, -bent]).tocsr(),
            b_ub=np.concatenate([most, -least]), bounds=bounds, method="highs",
        )  # fmt: skip
        return None if found.x is None else found.x[n : n + m] + found.x[n + m :]

    def ranges(self, wanted: Sequence[int], enough: int) -> dict[int, tuple[int, int]]:
        """Return the least and the most that each wanted unknown can be.

        Once an unknown can be one of `enough` values its ends are not sought further. One of which
        an end was not found in time is left out.
        """
        from scipy.sparse import vstack

        n, until = len(self.low), time.monotonic() + ALL_SECONDS
        if (bent := self.bends()) is None:
            return {}
        keep = bent <= 1e-6
        matrix, least, most = self._matrix()
        bounds = np.column_stack([self.low, self.high])
        inside, above, below = matrix[keep], most[keep], least[keep]

        both, ends = vstack([inside, -inside]).tocsr(), np.concatenate([above, -below])
        lowest = {p: np.inf for p in wanted}
        highest = {p: -np.inf for p in wanted}

        def look(goal: NDArray[np.float64]) -> bool:
            left = min(SECONDS, until - time.monotonic())
            if left <= 0:
                return False
            answer = _solve(
                goal, A_ub=both, b_ub=ends, bounds=bounds, method="highs",
                options={"time_limit": left},
            )  # fmt: skip
            if answer.status:  # not solved to the end
                return False
            for p in wanted:
                lowest[p], highest[p] = min(lowest[p], answer.x[p]), max(highest[p], answer.x[p])
            return True

        def narrow() -> list[int]:
            return [p for p in wanted if _whole(lowest[p], highest[p]) < enough]

        signs = np.random.default_rng(0)
        for turn in range(TURNS):  # many pushed to their ends at once
            goal = np.zeros(n)
            if left := narrow():
                goal[left] = (1.0, -1.0)[turn] if turn < 2 else signs.choice([-1.0, 1.0], len(left))
                look(goal)
        open_ = set()
        for p in narrow():
            for sign, there, end in ((1.0, lowest, self.low[p]), (-1.0, highest, self.high[p])):
                if abs(there[p] - end) > 1e-6 and _whole(lowest[p], highest[p]) < enough:
                    goal = np.zeros(n)
                    goal[p] = sign
                    if not look(goal):
                        open_.add(p)
        return {
            p: (int(np.ceil(lowest[p] - 1e-6)), int(np.floor(highest[p] + 1e-6)))
            for p in wanted
            if np.isfinite(lowest[p]) and (p not in open_ or p not in set(narrow()))
        }


def _solve(goal: NDArray[np.float64], **more: Any) -> Any:
    from scipy.optimize import linprog

    return linprog(goal, **more)


def _whole(low: float, high: float) -> float:
    """How many whole numbers lie between two ends."""
    return float(np.floor(high + 1e-6) - np.ceil(low - 1e-6) + 1)


class Log:
    """The unknown log: what every printed count of referrals is made of.

    Tables of the edition before stand after the first `own`. `apart`: referrals added since; where
    that is not known, the edition before says nothing of the log.
    """

    def __init__(
        self, system: System, grids: list[Grid], own: int, apart: int | None, told: Told
    ) -> None:
        self.system, self.grids, self.own, self.apart = system, grids, own, apart
        dated = {"decided", "decided, day known"}
        self.dated = told.dated or any(dated & set(g.columns) for g in grids)
        self.gone = told.gone
        self.rows = [found for g in range(len(grids)) for found in self._rows(g)]
        months = sorted(set().union(*(span for *_, span in self.rows)))
        self.months = range(months[0], months[-1] + 1) if months else range(0)
        self.years = sorted({m // 12 for m in self.months})
        self.values: dict[str, set[str]] = {"agency": set(), "ward": set()}
        for _, _, split, value, _ in self.rows:
            if split:
                self.values[split].add(value)

    def _rows(self, g: int) -> Iterator[tuple[int, int, str, str, frozenset[int]]]:
        """Rows of a table of referrals: its split and value, and the months it counts."""
        grid = self.grids[g]
        if RECEIVED not in grid.columns and "decided, day known" not in grid.columns:
            return
        title = plain(grid.title)
        split = SPLIT.search(title)
        whole = span_of(title)
        for r, name in enumerate(grid.rows):
            if TOTAL.match(name):
                if whole:
                    yield g, r, "", "", whole
            elif split and whole and len(whole) == 12:  # the log holds splits by year
                yield g, r, split[1], name, whole
            elif not split and (span := months_of(name, title)):
                yield g, r, "", "", span

    def cells(self) -> Iterator[tuple[int, int, int, list[Term]]]:
        """Each printed count of referrals and what it is the sum of."""
        if not self.months:
            return
        now = [self._book()]
        if self.apart is not None:  # what was there before, and what was added
            now.append(self._book())
            came = [(p, 1.0) for k, p in now[1].items() if k[2] == RECEIVED and not k[0]]
            self.system.add(came, given=self.apart)
        for g, r, split, value, span in self.rows:
            books = now if g < self.own else now[:1] if self.apart is not None else []
            for c, heading in enumerate(self.grids[g].columns if books else ()):
                if heading in COLUMNS:
                    when = span if split else span - self.gone
                    keys = self._keys(split, value, when, COLUMNS[heading])
                    yield g, r, c, [(book[k], 1.0) for book in books for k in keys]

    def _keys(
        self, split: str, value: str, months: Iterable[int], counted: tuple[str, ...]
    ) -> list[Key]:
        found: list[Key] = []
        for what, when in product(counted, {m // 12 for m in months} if split else months):
            year = when if split else when // 12
            late = self.dated and what in OUTCOMES  # of that year or an earlier one
            years = [y for y in self.years if y < year] if late else []
            found += [(split, value, what, y, when) for y in (*years, year)]
        return found

    def _book(self) -> dict[Key, int]:
        """Write down one log, by month and by each split; return its unknowns."""
        kinds = (RECEIVED, WAITING, *OUTCOMES)
        groups = [(s, v) for s, values in self.values.items() for v in sorted(values)]
        keys = [k for group in (("", ""), *groups) for k in self._keys(*group, self.months, kinds)]
        book = {key: self.system.unknown() for key in keys}
        for year in self.years:
            self._in_hand(book, year)
        for split, values in self.values.items():
            if values:
                self._tie(book, split)
        return book

    def _in_hand(self, book: dict[Key, int], year: int) -> None:
        """Of what was received in a year, what is in hand at the end of each month."""
        before: list[Term] = []
        for month in (m for m in self.months if m // 12 >= year):
            signs = dict.fromkeys((WAITING, *OUTCOMES), -1.0) | {RECEIVED: 1.0}
            keys = {("", "", what, year, month): sign for what, sign in signs.items()}
            moved = [(book[k], sign) for k, sign in keys.items() if k in book]
            # Decisions of months that are not on record may lie beyond the last that is.
            ends = not self.dated or (month == self.months[-1] and not self.gone)
            after = [] if ends else [(self.system.unknown(), -1.0)]
            self.system.add([*before, *moved, *after])
            before = [(p, 1.0) for p, _ in after]

    def _tie(self, book: dict[Key, int], split: str) -> None:
        """Agencies, or wards, make up the months, year by year, and add up each."""
        sums: dict[tuple[str, int, int], list[Term]] = {}
        for (of, _, what, year, when), place in book.items():
            if not of and when not in self.gone:
                sums.setdefault((what, year, when // 12), []).append((place, 1.0))
            elif of == split:
                sums.setdefault((what, year, when), []).append((place, -1.0))
        for terms in sums.values():
            self.system.add(terms)
        # Where months are not on record, what was received is not all that became something.
        each: dict[tuple[str, int], list[Term]] = {}
        for (of, value, what, year, _), place in book.items() if not self.gone else ():
            if of == split:
                sign = -1.0 if what == RECEIVED else 1.0
                each.setdefault((value, year), []).append((place, sign))
        for terms in each.values():
            self.system.add(terms)
