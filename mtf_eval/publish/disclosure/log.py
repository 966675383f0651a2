"""The log behind published tables of referrals, as an attacker sees it.

Unknowns are how many referrals were received in one month and decided in another with one outcome;
the same by agency and by ward, by year. Every printed count of referrals is a sum of them. Nobody
is decided before being received, and nobody was received before the first month that is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from mtf_eval.publish.disclosure.feasible import System
from mtf_eval.publish.disclosure.published import TOTAL, Grid, months_of, plain

__all__ = ["Log"]

OUTCOMES = ("completed", "ongoing", "rejected", "sara projects")
ACCEPTED = OUTCOMES[:2]
WAITING = "not yet decided"
# What each printed column counts: outcomes by the day decided; `None`: all by the day received.
COLUMNS = {
    "received": None,
    "accepted": ACCEPTED,
    "rejected": ("rejected",),
    "sara projects": ("sara projects",),
    "decided": OUTCOMES,
    "decided, day known": OUTCOMES,
    "completed": ("completed",),
    "ongoing": ("ongoing",),
    WAITING: (WAITING,),
}
SPLIT = re.compile(r"referrals by (agency|ward)\b")
HALF = re.compile(r"(january to june|july to december|h1|h2)\b")
Terms = list[tuple[int, float]]
Key = tuple[str, str, int, int, str]  # split, its value, received, decided, outcome


class Log:
    """The unknown log: what every printed count of referrals is made of.

    Parameters
    ----------
    grids, own
        Printed tables, those of the edition before after the first `own`.
    apart
        How many referrals were added since the edition before; `None` where that is not known,
        and the edition before then says nothing of the log.
    dated
        Whether outcomes are said to be counted by the day decided.
    """

    def __init__(
        self, system: System, grids: list[Grid], own: int, apart: int | None, dated: bool
    ) -> None:
        self.system, self.grids, self.own, self.apart = system, grids, own, apart
        self.place: dict[Key, int] = {}
        self.new: dict[Key, int] = {}
        told = {"decided", "decided, day known"}
        self.dated = dated or any(told & set(g.columns) for g in grids)
        self.rows = [found for g in range(len(grids)) for found in self._rows(g)]
        months = sorted(set().union(*(span for *_, span in self.rows)))
        self.months = list(range(months[0], months[-1] + 1)) if months else []
        self.values: dict[str, set[str]] = {"agency": set(), "ward": set()}
        for _, _, split, value, _ in self.rows:
            if split:
                self.values[split].add(value)

    def _rows(self, g: int) -> Iterator[tuple[int, int, str, str, frozenset[int]]]:
        """Rows of a table of referrals: its split and value, and the months it counts."""
        grid = self.grids[g]
        if "received" not in grid.columns and "decided, day known" not in grid.columns:
            return
        title = plain(grid.title)
        split = SPLIT.search(title)
        whole = _span(title)
        for r, name in enumerate(grid.rows):
            if TOTAL.match(name):
                if whole:
                    yield g, r, "", "", whole
            elif split and whole:
                yield g, r, split[1], name, whole
            elif not split and (span := months_of(name, title)):
                yield g, r, "", "", span

    def cells(self) -> Iterator[tuple[int, int, int, Terms]]:
        """Each printed count of referrals and what it is the sum of."""
        if not self.months:
            return
        for g, r, split, value, span in self.rows:
            if g >= self.own and self.apart is None:
                continue
            for c, heading in enumerate(self.grids[g].columns):
                if heading in COLUMNS:
                    terms = self._terms(split, value, span, COLUMNS[heading])
                    if g >= self.own:
                        terms += [(self.new[k], -1.0) for k in self._last if k in self.new]
                    yield g, r, c, terms
        self._tie()

    def _terms(
        self, split: str, value: str, span: frozenset[int], kinds: tuple[str, ...] | None
    ) -> Terms:
        months = span if not split else {m // 12 for m in span}
        every = self.months if not split else sorted({m // 12 for m in self.months})
        keys: list[Key] = []
        outcomes = kinds or (*OUTCOMES, WAITING)
        for received, decided, outcome in product(every, every, outcomes):
            waits = outcome == WAITING
            if decided < received or ((waits or not self.dated) and decided != received):
                continue
            if (received if kinds is None or waits else decided) in months:
                keys.append((split, value, received, decided, outcome))
        self._last = keys
        return [(self._unknown(k), 1.0) for k in keys]

    def _unknown(self, key: Key) -> int:
        if key not in self.place:
            self.place[key] = self.system.unknown()
            if self.apart is not None:
                # What was there before is what is there now less what was added.
                self.new[key] = self.system.unknown(0, self.apart)
                before = self.system.unknown()
                self.system.add([(self.place[key], 1), (self.new[key], -1), (before, -1)])
        return self.place[key]

    def _tie(self) -> None:
        """Agencies, and wards, make up the months, year by year; so do the referrals added."""
        years: dict[tuple[int, int, str], list[Key]] = {}
        for received, decided, outcome in product(self.months, self.months, (*OUTCOMES, WAITING)):
            waits = outcome == WAITING or not self.dated
            if decided >= received and not (waits and decided != received):
                key = ("", "", received, decided, outcome)
                years.setdefault((received // 12, decided // 12, outcome), []).append(key)
        for (received, decided, outcome), keys in years.items():
            for split, values in self.values.items():
                if not values:
                    continue
                parts = [(split, v, received, decided, outcome) for v in sorted(values)]
                for home in (self._unknown, self.new.__getitem__):
                    whole = [(home(k), 1.0) for k in keys if home == self._unknown or k in self.new]
                    each = [
                        (home(k), -1.0) for k in parts if home == self._unknown or k in self.new
                    ]
                    if whole and each:
                        self.system.add([*whole, *each])
        if self.apart is not None:
            added = [(n, 1.0) for k, n in self.new.items() if not k[0]]
            self.system.add(added, given=self.apart)


def _span(title: str) -> frozenset[int] | None:
    """Return the months of the year or half-year that a title names."""
    year = re.search(r"\b(20\d\d)\b", title)
    if not year:
        return None
    half = HALF.search(title)
    first = int(year[1]) * 12 + (6 if half and half[1] in ("july to december", "h2") else 0)
    return frozenset(range(first, first + (6 if half else 12)))
