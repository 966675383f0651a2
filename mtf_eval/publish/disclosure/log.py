"""The log behind published tables of referrals, as an attacker sees it.

Unknowns are how many referrals were received and left undecided in each month, and how many of
each year's were decided in each month with one outcome; the same by agency and by ward, by year.
Every printed count of referrals is a sum of them. Nobody is decided before being received: what is
in hand at the end of a month is never less than none. Nobody was received before the first month
that is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from mtf_eval.publish.disclosure.feasible import System
from mtf_eval.publish.disclosure.published import TOTAL, Grid, Told, months_of, plain, span_of

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
Terms = list[tuple[int, float]]
#: Split, its value, what is counted, year received, month (year, of a split) in which it counts.
Key = tuple[str, str, str, int, int]


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

    def cells(self) -> Iterator[tuple[int, int, int, Terms]]:
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
        before: Terms = []
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
        sums: dict[tuple[str, int, int], Terms] = {}
        for (of, _, what, year, when), place in book.items():
            if not of and when not in self.gone:
                sums.setdefault((what, year, when // 12), []).append((place, 1.0))
            elif of == split:
                sums.setdefault((what, year, when), []).append((place, -1.0))
        for terms in sums.values():
            self.system.add(terms)
        # Where months are not on record, what was received is not all that became something.
        each: dict[tuple[str, int], Terms] = {}
        for (of, value, what, year, _), place in book.items() if not self.gone else ():
            if of == split:
                sign = -1.0 if what == RECEIVED else 1.0
                each.setdefault((value, year), []).append((place, sign))
        for terms in each.values():
            self.system.add(terms)
