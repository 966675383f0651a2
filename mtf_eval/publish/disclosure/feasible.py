"""What hidden counts can still be: least and most over everything that fits every equation.

Solved by linear programming (HiGHS); sums that contradict each other are dropped, the least
believable first. Ends not found within the time are said to be unknown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

CEILING = 1_000_000  # no count here is larger
TURNS = 12
SECONDS = 30.0  # for one end of one count
ALL_SECONDS = 900.0  # for all of them
Terms = Iterable[tuple[int, float]]


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
        self, terms: Terms, *, given: float = 0.0, slack: float = 0.0, belief: float = 1.0
    ) -> None:
        """Note that weighted unknowns sum to `given` within `slack`; `belief` says how firmly."""
        line: dict[int, float] = {}
        for place, weight in terms:
            line[place] = line.get(place, 0.0) + weight
        if line := {p: w for p, w in line.items() if w}:
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
        from scipy.sparse import hstack, identity

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
            np.concatenate([np.zeros(n), belief, belief]), A_ub=_stack(bent, -bent),
            b_ub=np.concatenate([most, -least]), bounds=bounds, method="highs",
        )  # fmt: skip
        return None if found.x is None else found.x[n : n + m] + found.x[n + m :]

    def ranges(self, wanted: Sequence[int], enough: int) -> dict[int, tuple[int, int]]:
        """Return the least and the most that each wanted unknown can be.

        Once an unknown can be one of `enough` values its ends are not sought further. One of which
        an end was not found in time is left out.
        """
        n, until = len(self.low), time.monotonic() + ALL_SECONDS
        if (bent := self.bends()) is None:
            return {}
        keep = bent <= 1e-6
        matrix, least, most = self._matrix()
        bounds = np.column_stack([self.low, self.high])
        inside, above, below = matrix[keep], most[keep], least[keep]

        both, ends = _stack(inside, -inside), np.concatenate([above, -below])
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


def _stack(one: Any, other: Any) -> Any:
    from scipy.sparse import vstack

    return vstack([one, other]).tocsr()
