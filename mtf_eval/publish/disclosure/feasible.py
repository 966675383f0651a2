"""What hidden counts can still be: least and most over whole numbers that fit every equation.

Takes additions and what is printed of their cells, from wherever; knows no tables, files or rules.
Additions that contradict each other are dropped, the least believable first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["CEILING", "Addition", "ranges"]

CEILING = 1_000_000  # no count here is larger


@dataclass(frozen=True, slots=True)
class Addition:
    """Signed cells that sum to `given` within `slack`; `belief` says how firmly."""

    cells: tuple[tuple[int, float], ...]
    slack: float = 0.0
    belief: float = 1.0
    given: float = 0.0


def ranges(
    additions: Iterable[Addition],
    *,
    printed: Callable[[int], tuple[float, float] | None],
    enough: Callable[[int, float, float], bool],
) -> dict[int, tuple[float, float]]:
    """Return the least and the most that each unknown cell can be.

    Parameters
    ----------
    printed
        What is printed of a cell and how far rounding may have moved it; `None` of a hidden one.
    enough
        Whether a cell that is known to reach from one value to another need not be looked at
        further.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    unknown: dict[int, int] = {}
    bounds: list[tuple[float, float]] = []
    lines: list[tuple[dict[int, float], float, float, float]] = []
    for addition in additions:
        line: dict[int, float] = defaultdict(float)
        known = -addition.given
        for i, sign in addition.cells:
            value, room = printed(i) or (0.0, CEILING)
            if not room:
                known += sign * value
                continue
            if i not in unknown:
                unknown[i] = len(bounds)
                bounds.append((max(0, value - room), value + room))
            line[unknown[i]] += sign
        line = {v: s for v, s in line.items() if s}
        if line:
            lines.append((line, -known - addition.slack, -known + addition.slack, addition.belief))
    result: dict[int, tuple[float, float]] = {}
    back = {v: i for i, v in unknown.items()}
    for members, mine in _groups(len(bounds), lines):
        place = {v: k for k, v in enumerate(members)}
        matrix = np.zeros((len(mine), len(members)))
        for k, (line, *_) in enumerate(mine):
            for v, sign in line.items():
                matrix[k, place[v]] = sign
        floor, roof = np.array([m[1] for m in mine]), np.array([m[2] for m in mine])
        limits = Bounds(*np.array([bounds[v] for v in members], dtype=float).T)
        kept = _consistent(matrix, floor, roof, np.array([m[3] for m in mine]), limits)
        rules = LinearConstraint(matrix[kept], floor[kept], roof[kept])
        whole = np.ones(len(members), dtype=np.int64)
        low, high = np.full(len(members), np.inf), np.full(len(members), -np.inf)
        for k, v in enumerate(members):
            for sign in (1.0, -1.0):
                if enough(back[v], float(low[k]), float(high[k])):
                    break
                goal = np.zeros(len(members))
                goal[k] = sign
                run = milp(goal, constraints=rules, bounds=limits, integrality=whole).x
                if run is not None:
                    low, high = np.minimum(low, np.rint(run)), np.maximum(high, np.rint(run))
            result[back[v]] = (low[k], high[k]) if np.isfinite(low[k]) else (0, CEILING)
    return result


def _groups(n: int, lines: list[Any]) -> Iterator[tuple[list[int], list[Any]]]:
    """Split unknowns into groups that additions connect."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not n:
        return
    ends = [(next(iter(line)), v) for line, *_ in lines for v in line]
    rows, columns = zip(*ends, strict=True)
    group = connected_components(coo_matrix((np.ones(len(ends)), (rows, columns)), shape=(n, n)))[1]
    for label in range(group.max() + 1):
        members = [int(v) for v in np.flatnonzero(group == label)]
        yield members, [line for line in lines if group[next(iter(line[0]))] == label]


def _consistent(
    matrix: np.ndarray, floor: np.ndarray, roof: np.ndarray, belief: np.ndarray, limits: Any
) -> np.ndarray:
    """Mark the additions that can all hold at once, giving up as little belief as possible."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    m, n = matrix.shape
    # One column per addition and direction: by how much it would have to be bent.
    wide = np.hstack([matrix, np.eye(m), -np.eye(m)])
    answer = milp(
        np.concatenate([np.zeros(n), belief, belief]),
        constraints=LinearConstraint(wide, floor, roof),
        bounds=Bounds(
            np.concatenate([limits.lb, np.zeros(2 * m)]),
            np.concatenate([limits.ub, np.full(2 * m, np.inf)]),
        ),
        integrality=np.concatenate([np.ones(n), np.zeros(2 * m)]).astype(np.int64),
    )
    if answer.x is None:
        return np.zeros(m, dtype=bool)
    bent = answer.x[n : n + m] + answer.x[n + m :]
    return np.asarray(bent <= 1e-6)
