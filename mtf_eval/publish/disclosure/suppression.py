"""Which cells to hide so that no small count comes back from sums: cell suppression.

Takes counts and the additions that hold between them, returns the cells to hide: first the small
counts themselves, then the cheapest others that keep every small count open. Knows nothing of
tables, rules' names or symbols (see `disclosure`).

The attacker assumed here knows every figure shown, every addition, that counts are whole numbers
of zero or more, and, where published figures do not add up, both possibilities: the exact
discrepancy, and the figures as if they did add up. A pattern is safe when integer tables exist
that agree with all of this and in which a hidden small count takes its lowest and its highest
value. Source of the method: Fischetti and Salazar (2001), "Solving the cell suppression problem on
tabular data with linear constraints", Management Science 47(7): a master problem over what to
hide, and cuts from each attack that still succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mtf_eval.errors import RunRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Counts", "hide"]

# Furthest a hidden count is moved to show that it could be another; less only hides more.
REACH = 24
ROUNDS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The cells of one run and what is known about them.

    Attributes
    ----------
    value
        True counts, shape (n,).
    small
        Which are to be hidden for their own size, shape (n,).
    cost
        Price of hiding each, shape (n,); infinite where a cell cannot be hidden.
    additions
        Each as `((cell, sign), ...)`: the signed cells sum to zero, or to a published discrepancy.
    given
        Cells that are not published at all: unknown to the attacker and free to hide. One that is
        also small is a count a reader could get by subtraction.
    below, above
        What rounding leaves open of a shown count: it lies between `value - below` and
        `value + above`; shape (n,), zero where the exact count is shown.
    low, high
        The range a hidden small count must keep.
    width
        `high - low` where the whole range must stay possible; less asks only for a range of that
        width, and the attacker is then told which cells were hidden for their own size.
    """

    value: NDArray[np.int64]
    small: NDArray[np.bool_]
    cost: NDArray[np.float64]
    additions: tuple[tuple[tuple[int, int], ...], ...]
    given: NDArray[np.bool_]
    below: NDArray[np.int64]
    above: NDArray[np.int64]
    low: int
    high: int
    width: int


def hide(counts: Counts, known: dict[bytes, NDArray[np.bool_]] | None = None) -> NDArray[np.bool_]:
    """Return the cells to hide, small ones and those that protect them, at least cost.

    `known` keeps what was found for each group of linked cells, for a second call in which most
    groups are the same.

    Raises
    ------
    RunRefused
        No choice of cells protects all: an addition holds only cells that cannot be hidden.
    """
    hidden, known = counts.small.copy(), {} if known is None else known
    for cells, additions in _parts(counts):
        part = _Part(counts, cells, additions)
        if part.name not in known:
            known[part.name] = part.solve()
        hidden[cells] |= known[part.name]
    return hidden & ~counts.given


def _parts(counts: Counts) -> Iterator[tuple[NDArray[np.int64], list[tuple[tuple[int, int], ...]]]]:
    """Split the run into groups of cells that additions connect; only those with small counts."""
    parent = list(range(len(counts.value)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for addition in counts.additions:
        # A cell that is fixed in the open passes nothing on from one addition to another.
        movable = [i for i, _ in addition if np.isfinite(counts.cost[i]) or counts.given[i]]
        for i in movable[1:]:
            parent[root(i)] = root(movable[0])
    groups: dict[int, list[int]] = {}
    for i in range(len(parent)):
        groups.setdefault(root(i), []).append(i)
    for members in groups.values():
        inside = set(members)
        additions = [a for a in counts.additions if any(i in inside for i, _ in a)]
        if additions and counts.small[members].any():
            yield np.array(members), additions


class _Part:
    """One connected group: the master problem and its attacks, in moves away from the truth."""

    def __init__(
        self,
        counts: Counts,
        cells: NDArray[np.int64],
        additions: Sequence[tuple[tuple[int, int], ...]],
    ) -> None:
        self.counts = counts
        place = {int(i): j for j, i in enumerate(cells)}
        self.value, self.small = counts.value[cells], counts.small[cells]
        self.cost, self.given = counts.cost[cells], counts.given[cells]
        self.sums = np.zeros((len(additions), len(cells)))
        self.gap = np.zeros(len(additions))
        for r, addition in enumerate(additions):
            for i, sign in addition:
                self.gap[r] += sign * counts.value[i]
                if i in place:
                    self.sums[r, place[i]] += sign
        told = self.small & (counts.width < counts.high - counts.low)
        self.least = np.maximum(-self.value, -REACH)
        self.most = np.where(told, counts.high - self.value, REACH)
        self.least = np.where(told, counts.low - self.value, self.least)
        self.shown_least, self.shown_most = -counts.below[cells], counts.above[cells]
        self.exact = not (self.shown_least.any() or self.shown_most.any())
        self.whole = counts.width == counts.high - counts.low
        self.name = b"".join(
            a.tobytes() for a in (cells, self.value, self.small, self.given, self.sums, self.gap)
        )

    def solve(self) -> NDArray[np.bool_]:
        """Alternate between the cheapest pattern and the attacks it does not stand."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        n = len(self.value)
        fixed = self.small | self.given
        able = np.isfinite(self.cost) | fixed
        cost = np.where(fixed, 0.0, np.where(able, self.cost, 1.0))
        cuts, floors = self._first_cuts() if self.exact else ([], [])
        for _ in range(ROUNDS):
            if cuts:
                done = milp(
                    cost,
                    constraints=LinearConstraint(np.array(cuts), np.array(floors), np.inf),
                    bounds=Bounds(fixed.astype(float), able.astype(float)),
                    integrality=np.ones(n, dtype=np.int64),
                    options={"mip_rel_gap": 0.01},
                )
                if done.x is None:
                    break
                hidden = done.x > 0.5
            else:
                hidden = fixed.copy()
            new = list(self._attacks(hidden))
            if not new:
                return np.asarray(hidden)
            for cut, floor in new:
                cuts.append(cut)
                floors.append(floor)
        raise RunRefused(
            "a small count cannot be protected: an addition in the tables leaves nothing to hide; "
            "show a coarser table"
        )

    def _first_cuts(self) -> tuple[list[NDArray[np.float64]], list[float]]:
        """Return what every safe pattern obeys: within one addition, others must absorb a move."""
        cuts: list[NDArray[np.float64]] = []
        floors: list[float] = []
        for row in self.sums:
            members = np.flatnonzero(row)
            for i in members:
                others = members[members != i]
                if self.given[i] and not self.small[i]:
                    continue
                if not self.small[i]:  # alone in its addition it would come back: no use hiding it
                    cut = np.zeros(len(row))
                    cut[others], cut[i] = 1.0, -1.0
                    cuts.append(cut)
                    floors.append(0.0)
                    continue
                for need, way in self._needs(int(i)):
                    cut = np.zeros(len(row))
                    for j in others:
                        down = -row[j] * row[i] * way < 0
                        room = -self.least[j] if down else self.most[j]
                        cut[j] = min(need, room)
                    cuts.append(cut)
                    floors.append(float(need))
        return cuts, floors

    def _needs(self, i: int) -> list[tuple[int, int]]:
        """Return the moves a small count must be able to make: `(how far, +1 or -1)`."""
        up, down = self.counts.high - self.value[i], self.value[i] - self.counts.low
        return [(int(far), way) for far, way in ((up, 1), (down, -1)) if far > 0]

    def _attacks(self, hidden: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.float64], float]]:
        """Cuts against a pattern, one for each attack that succeeds; none when it is safe."""
        gaps = [np.zeros(len(self.gap))]
        if self.gap.any():
            gaps.append(-self.gap)  # moves that make the published figures add up
        for gap in gaps:
            attack = _Attack(self, hidden, gap)
            if attack.impossible:
                continue
            found = list(attack.cuts())
            yield from found
            if found:
                return


class _Attack:
    """What an attacker can work out against one pattern: extremes of moves over hidden cells."""

    def __init__(self, part: _Part, hidden: NDArray[np.bool_], gap: NDArray[np.float64]) -> None:
        self.part, self.hidden = part, hidden
        self.least = np.where(hidden, part.least, part.shown_least).astype(float)
        self.most = np.where(hidden, part.most, part.shown_most).astype(float)
        if gap.any():  # further away: the truth is not among the answers
            extra = np.abs(gap).sum()
            self.most = np.where(hidden, self.most + extra, self.most)
        self.free = np.flatnonzero(self.most > self.least)
        self.matrix = part.sums[:, self.free]
        used = np.abs(self.matrix).sum(axis=1) > 0
        self.rows, self.gap = self.matrix[used], gap[used]
        self.used = used
        self.seen_least = np.zeros(len(hidden))
        self.seen_most = np.zeros(len(hidden))
        self.truth = not gap.any()
        self.impossible = False
        if not self.truth:
            self.seen_least[:], self.seen_most[:] = np.inf, -np.inf
            self.impossible = bool(gap[~used].any()) or self._extreme({}) is None

    def cuts(self) -> Iterator[tuple[NDArray[np.float64], float]]:
        """Cuts for the small counts that are not open; then for other hidden cells too narrow."""
        part = self.part
        small = np.flatnonzero(part.small)
        needs = [(int(i), far, way) for i in small for far, way in part._needs(int(i))]
        if part.whole:
            self._look(needs)
        failed = False
        for i, far, way in needs if part.whole else []:
            cut = self._cut_for(
                {i: way}, far, lambda i=i, far=far, way=way: self._open(i, far, way)
            )
            if cut is not None:
                failed = True
                yield cut
        if failed:
            return
        # What is hidden to protect must not be worked out either: as wide a range as promised.
        for cell in np.flatnonzero(self.hidden & (part.small | ~part.given)):
            cut = self._width(int(cell))
            if cut is not None:
                yield cut

    def _open(self, i: int, far: int, way: int) -> bool:
        return bool(self.seen_most[i] >= far if way > 0 else -self.seen_least[i] >= far)

    def _look(self, needs: Sequence[tuple[int, int, int]]) -> None:
        """Find possible tables in which many small counts are at their ends at once."""
        for way in (1, -1):
            left = {i: far for i, far, w in needs if w == way}
            while left:
                caps = {i: way * far for i, far in left.items()}
                if self._extreme(dict.fromkeys(left, way), caps) is None:
                    break
                still = {i: far for i, far in left.items() if not self._open(i, far, way)}
                if len(still) == len(left):
                    break
                left = still

    def _extreme(
        self, weights: dict[int, int], caps: dict[int, int] | None = None, *, whole: bool = False
    ) -> Any:
        """Largest weighted move; a whole-number answer is remembered as a possible table."""
        from scipy.optimize import linprog

        goal = np.zeros(len(self.hidden))
        for i, weight in weights.items():
            goal[i] = -weight
        least, most = self.least.copy(), self.most.copy()
        for i, cap in (caps or {}).items():
            if cap > 0:
                most[i] = min(most[i], cap)
            else:
                least[i] = max(least[i], cap)
        solver: Any = linprog
        answer = solver(
            goal[self.free],
            A_eq=self.rows if len(self.rows) else None,
            b_eq=self.gap if len(self.rows) else None,
            bounds=np.column_stack([least[self.free], most[self.free]]),
            integrality=np.ones(len(self.free)) if whole else None,
            method="highs",
        )
        if answer.x is None:
            return None
        near = np.rint(answer.x)
        if np.abs(near - answer.x).max(initial=0.0) < 1e-6:
            move = np.zeros(len(self.hidden))
            move[self.free] = near
            self.seen_least = np.minimum(self.seen_least, move)
            self.seen_most = np.maximum(self.seen_most, move)
        return answer

    def _cut_for(
        self, weights: dict[int, int], need: float, is_open: Any
    ) -> tuple[NDArray[np.float64], float] | None:
        """Cut when the weighted move cannot reach `need`, else `None`."""
        if is_open():
            return None
        answer = self._extreme(weights)
        if answer is None:
            return None
        if -answer.fun >= need - 1e-6:
            if not is_open():
                self._extreme(weights, whole=True)
            return None if is_open() else self._any_other(min(weights))
        return self._dual_cut([(answer, weights)], need + answer.fun, min(weights))

    def _width(self, i: int) -> tuple[NDArray[np.float64], float] | None:
        """Cut when the possible values of a hidden cell are fewer than promised."""
        # A hidden zero is not to be known as one, nor as smaller than the largest small count.
        width = max(self.part.counts.width, int(self.part.counts.high - self.part.value[i]))
        if self.part.small[i] or not self.part.whole:
            width = self.part.counts.width

        def is_open() -> bool:
            return bool(self.seen_most[i] - self.seen_least[i] >= width)

        if is_open():
            return None
        if self.seen_most[i] - self.seen_least[i] < 0 and self._extreme({}, whole=True) is None:
            return None
        ends = [(self._extreme({i: way}), {i: way}) for way in (1, -1)]
        if is_open():
            return None
        far = -sum(answer.fun for answer, _ in ends)
        if far >= width - 1e-6:
            for way in (1, -1):
                self._extreme({i: way}, whole=True)
            return None if is_open() else self._any_other(i)
        return self._dual_cut(ends, width - far, i)

    def _dual_cut(
        self, ends: Sequence[tuple[Any, dict[int, int]]], short: float, i: int
    ) -> tuple[NDArray[np.float64], float]:
        """How much each cell, if hidden too, could add to the move; together at least `short`."""
        part = self.part
        gain = np.zeros(len(self.hidden))
        for answer, weights in ends:
            price = np.zeros(len(part.sums))
            if len(self.rows):
                price[self.used] = -answer.eqlin.marginals
            reduced = -(price @ part.sums)
            for j, weight in weights.items():
                reduced[j] += weight
            gain += np.maximum(reduced, 0) * np.maximum(part.most - self.most, 0)
            gain += np.maximum(-reduced, 0) * np.maximum(self.least - part.least, 0)
        gain[self.hidden] = 0.0
        gain = np.minimum(np.where(gain < 1e-7, 0.0, gain), short)
        if not gain.any():
            return self._any_other(i)
        return self._only_while_hidden(gain / short, i)

    def _any_other(self, i: int) -> tuple[NDArray[np.float64], float]:
        return self._only_while_hidden((~self.hidden).astype(float), i)

    def _only_while_hidden(
        self, cut: NDArray[np.float64], i: int
    ) -> tuple[NDArray[np.float64], float]:
        """Ask for the cut outright for a small count, else only while the cell is hidden."""
        if self.part.small[i]:
            return cut, 1.0
        cut = cut.copy()
        cut[i] -= 1.0
        return cut, 0.0
