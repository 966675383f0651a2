"""What hidden counts can still be: least and most over everything that fits every equation.

Takes unknowns with their bounds and the sums that hold between them, from wherever; knows no
tables, files or rules. Solved by linear programming (HiGHS); sums that contradict each other are
dropped, the least believable first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CEILING", "System"]

CEILING = 1_000_000  # no count here is larger
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

    def ranges(self, wanted: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Return the least and the most that each wanted unknown can be."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix, hstack, identity

        n, m = len(self.low), len(self._sums)
        solver: Any = linprog
        cells = [(r, p, w) for r, (line, *_) in enumerate(self._sums) for p, w in line.items()]
        rows, places, weights = (
            (np.array(c) for c in zip(*cells, strict=True)) if cells else [[]] * 3
        )
        matrix = csr_matrix((weights, (rows, places)), shape=(m, n))
        least, most, belief = (np.array([s[k] for s in self._sums]) for k in (1, 2, 3))
        bounds = np.column_stack([self.low, self.high]) if n else np.zeros((0, 2))
        keep = np.ones(m, dtype=bool)
        if m:
            # How far each sum would have to be bent for all to hold.
            bent = hstack([matrix, identity(m), -identity(m)]).tocsr()
            found = solver(
                np.concatenate([np.zeros(n), belief, belief]),
                A_ub=_stack(bent, -bent),
                b_ub=np.concatenate([most, -least]),
                bounds=np.vstack([bounds, np.tile([0, np.inf], (2 * m, 1))]),
                method="highs",
            )
            if found.x is None:
                return {}
            keep = found.x[n : n + m] + found.x[n + m :] <= 1e-6
        inside, above, below = matrix[keep], most[keep], least[keep]

        def extreme(goal: NDArray[np.float64]) -> NDArray[np.float64] | None:
            answer = solver(
                goal, A_ub=_stack(inside, -inside), b_ub=np.concatenate([above, -below]),
                bounds=bounds, method="highs",
            )  # fmt: skip
            return None if answer.x is None else np.asarray(answer.x)

        lowest = {p: np.inf for p in wanted}
        highest = {p: -np.inf for p in wanted}

        def look(goal: NDArray[np.float64]) -> None:
            found = extreme(goal)
            if found is None:
                return
            for p in wanted:
                lowest[p], highest[p] = min(lowest[p], found[p]), max(highest[p], found[p])

        for sign in (1.0, -1.0):  # many at their ends at once
            goal = np.zeros(n)
            goal[list(wanted)] = sign
            if len(wanted):
                look(goal)
        for p in wanted:
            for sign, there, end in (
                (1.0, lowest, self.low[p]),
                (-1.0, highest, min(self.high[p], 2 * CEILING)),
            ):
                if abs(there[p] - end) > 1e-6:
                    goal = np.zeros(n)
                    goal[p] = sign
                    look(goal)
        return {
            p: (int(np.ceil(lowest[p] - 1e-6)), int(np.floor(highest[p] + 1e-6)))
            for p in wanted
            if np.isfinite(lowest[p])
        }


def _stack(one: Any, other: Any) -> Any:
    from scipy.sparse import vstack

    return vstack([one, other]).tocsr()
