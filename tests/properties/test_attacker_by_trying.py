"""The attacker against trying every value: what is left is what it finds, and nothing else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from mtf_eval.publish.disclosure.attacker import FEWEST, Attacker, Leak
from mtf_eval.publish.disclosure.audit import KNOWN
from mtf_eval.publish.disclosure.feasible import System
from mtf_eval.publish.disclosure.published import HIDDEN, Figure, Grid

Table = list[list[int | None]]  # None: hidden


def grid(name: str, columns: tuple[str, ...], table: Table) -> Grid:
    """A table whose last row is its total; rows are named after it, so that no two tables meet."""
    rows = (*(f"{name} {r}" for r in range(len(table) - 1)), "total")
    cells = tuple(tuple(HIDDEN if v is None else Figure(float(v)) for v in row) for row in table)
    return Grid(f"{name}.csv", name, columns, rows, cells)


def found(grids: list[Grid], rule: str) -> dict[tuple[str, str, str], Leak]:
    attacker = Attacker(grids, [KNOWN[rule]] * len(grids), len(grids))
    reach = attacker.reach("the other figures")
    assert not reach.unsolved
    assert reach.leaks == [k for k in reach.counts if k.high - k.low < FEWEST - 1]
    return {(k.table, k.row, k.column): k for k in reach.counts}


def agree(leak: Leak, left: NDArray[np.int64]) -> bool:
    """Whether the ends are those of the values left, once these are fewer than are sought."""
    low, high = int(left.min()), int(left.max())
    if high - low + 1 < FEWEST:
        return (leak.low, leak.high) == (low, high)
    return low <= leak.low and leak.high <= high and leak.high - leak.low + 1 >= FEWEST


def test_sums_of_neighbours() -> None:
    """Of sums of neighbours the ends are whole numbers: trying every one gives the same."""
    rng = np.random.default_rng(5)
    for _ in range(6):
        low = rng.integers(0, 3, 4)
        high = low + rng.integers(0, 4, 4)
        true = rng.integers(low, high + 1)
        system = System()
        places = [system.unknown(float(a), float(b)) for a, b in zip(low, high, strict=True)]
        tried = np.array(list(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))))
        for _ in range(3):
            first, last = sorted(rng.integers(0, 5, 2))
            slack, sign = int(rng.integers(0, 2)), float(rng.choice([-1, 1]))
            some = slice(first, last)
            given = int(true[some].sum())
            terms = [(p, sign) for p in places[some]]
            system.add(terms, given=sign * given, slack=slack)
            tried = tried[abs(tried[:, some].sum(axis=1) - given) <= slack]
        ends = dict(
            zip(places, zip(tried.min(axis=0), tried.max(axis=0), strict=True), strict=True)
        )
        assert system.ranges(places, 100) == ends
        for place, (least, most) in system.ranges(places[1:], 3).items():
            a, b = ends[place]
            assert (least, most) == (a, b) or (a <= least <= most - 2 and most <= b)


def test_exact_counts_between_totals() -> None:
    """Figures of the first edition, rows and columns added up: two or three rows are hidden in."""
    rng = np.random.default_rng(11)
    columns, grids, left = ("police", "council", "health", "total"), [], {}
    for n in range(8):
        true = rng.integers(10, 90, (6, 4))
        gone = sorted({(int(rng.integers(0, 2)), int(c)) for c in rng.integers(0, 3, 4)})
        for place in gone:
            true[place] = rng.integers(0, 5)
        true[:, 3] = true[:, :3].sum(axis=1)
        true[5] = true[:5].sum(axis=0)
        tried = np.array(list(product(range(9), repeat=len(gone))))
        for axis, sums in ((0, true[:5].sum(axis=1)), (1, true[5, :3])):
            for line in range(3 if axis else 5):
                inside = [k for k, place in enumerate(gone) if place[axis] == line]
                if inside:
                    known = sum(int(true[gone[k]]) for k in inside)
                    assert sums[line] >= known
                    tried = tried[tried[:, inside].sum(axis=1) == known]
        table: Table = [[None if (r, c) in gone else int(true[r, c]) for c in range(4)]
                        for r in range(6)]  # fmt: skip
        grids.append(grid(f"t{n}", columns, table))
        left |= {(f"t{n}", f"t{n} {r}", columns[c]): tried[:, k] for k, (r, c) in enumerate(gone)}
    seen = found(grids, "local_lt5")
    assert seen.keys() == left.keys()
    assert [place for place in left if not agree(seen[place], left[place])] == []


@pytest.mark.parametrize(("rule", "most"), [("public", 7), ("local", 4)])
def test_rounded_counts_and_their_total(rule: str, most: int) -> None:
    """Printed to the nearest 5, so 2 either way; hidden, `most` or less; the total printed too."""
    rng, grids, left = np.random.default_rng(3), [], {}
    for n in range(14):
        hidden = rng.integers(0, most + 1, int(rng.integers(1, 4)))
        shown = rng.integers(most + 1, 25, int(rng.integers(1, 3)))
        if n == 0:  # 5 is 5 to 7 here, and of a total of 5 no more than 2 are left
            hidden, shown = np.array([0]), np.array([most + 1])
        total = int(hidden.sum() + shown.sum())

        def printed(count: int) -> int:
            return 5 * ((count + 2) // 5)

        shown = np.array([printed(int(v)) for v in shown])
        tried = np.array(list(product(range(most + 1), repeat=len(hidden))))
        least, largest = np.maximum(shown - 2, most + 1).sum(), (shown + 2).sum()
        sums, at = tried.sum(axis=1), printed(total)
        tried = tried[(sums + least <= at + 2) & (sums + largest >= max(at - 2, most + 1))]
        table: Table = [*([None] for _ in hidden), *([int(v)] for v in shown), [at]]
        grids.append(grid(f"t{n}", ("people",), table))
        left |= {(f"t{n}", f"t{n} {r}", "people"): tried[:, r] for r in range(len(hidden))}
    seen = found(grids, rule)
    assert seen.keys() == left.keys()
    assert [place for place in left if not agree(seen[place], left[place])] == []
    assert any(agree(k, left[p]) and k.high - k.low + 1 < FEWEST for p, k in seen.items())
