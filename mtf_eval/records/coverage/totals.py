"""What each source recorded in all, by month and measure: whether its months are whole.

Judged by areas in which no project works, so that no outcome moves it. Knows no project's months.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from mtf_eval.records.coverage import silences
from mtf_eval.records.coverage.gaps import Kind, Rows, month_of, named, rows_of
from mtf_eval.records.dataset import Dataset, once

#: Of the records that go from a measure or come to it, how many another one accounts for.
ALIKE = (0.5, 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Counts by source, from the first month of all records to the last.

    `first`: month of the first row, as `ordinal` counts. `sent`: whether a source has any row in a
    month, sources x months. `apart`, `own`, `nowhere`: sources x months x measures: in areas in
    which no project works (in all, where the projects' own are half or more), in the others, and in
    no area. `known`: `apart`, NaN where a source sent nothing or a measure is silent beyond chance.
    `whole`, `broken`: all measures together, those silent by their usual share; whether that is far
    too little, or twice as much. `few`: sources that are judged without the projects' own areas.
    `before`: months before the first project began.
    """

    rows: Rows
    first: int
    sent: silences.Flags
    apart: silences.Counts
    own: silences.Counts
    nowhere: silences.Counts
    known: silences.Counts
    whole: silences.Counts
    broken: silences.Flags
    few: frozenset[str]
    before: silences.Flags

    def jumps(self, source: int, measure: int) -> list[tuple[int, int, float, float]]:
        """Find months in which the share of rows without an area jumps.

        Judged with the projects' own areas as they were before the first of them began; the shares
        are of the rows as they are, which a reader can count. Returns list of (first month, last
        month, share of all rows of them, share in the other months).
        """
        without, of = self.nowhere[source, :, measure], self.apart[source, :, measure]
        own = self.own[source, :, measure]
        early, rows = own[self.before], of + own
        raised = silences.jumps(without, of + (np.rint(early.mean()) if early.size else 0))

        def share(of: Any) -> float:
            return float(without[of].sum() / max(1.0, rows[of].sum()))

        return [(i, j, share(slice(i, j + 1)), share(~raised)) for i, j in silences.runs(raised)]

    def renamed(self, source: int, measure: int, at: int, *, ends: bool) -> tuple[str, str]:
        """Say which measures of a source, or sources of its areas, begin where this ends.

        Or which end before it begins; with what to do, both empty where none does.
        """
        rows, both = self.rows, self.apart + self.own
        kinds = _at(both[source].T, at, ends=ends) - {measure}
        words = " and ".join(rows.measures[k] for k in sorted(kinds))
        verb = ("begin" if ends else "end") + "s" * (len(kinds) == 1)
        if kinds:
            said = f"; {words} {verb} there: the category was renamed or redrawn"
            return said, "compare within one name of the category"
        own = {*rows.area[rows.source == source]}
        for k in sorted(_at(both.sum(axis=2), at, ends=ends) - {source}):
            if 2 * len(own & {*rows.area[rows.source == k]}) > len(own):
                verb = "begins" if ends else "ends"
                said = f"; {rows.sources[k]} {verb} there in the same areas"
                return said, "if the source was renamed, write one name for both"
        return "", ""

    def splits(self, source: int, measure: int) -> Iterator[tuple[int, str, bool, float]]:
        """Yield where another measure takes rows from this one, or leaves it its own.

        Yields the first month after, the other measure, whether it begins there (else it ended
        before), and by what share this one fell or rose.
        """
        table = self.apart[source]
        sent, held = np.flatnonzero(self.sent[source]), table > 0
        for k in map(int, np.flatnonzero(held.any(axis=0))):
            if k == measure:
                continue
            lone = np.flatnonzero(held[:, k])
            for at, begins in ((lone[0], True), (lone[-1] + 1, False)):
                before, after = sent[sent < at][-6:], sent[sent >= at][:6]
                rest = _together(np.delete(self.known[source], [measure, k], axis=1))
                moved, share = silences.steps(table[:, measure], rest, before, after)
                other = table[after if begins else before, k].mean() if moved else 0.0
                if other > 0 and ALIKE[0] < (-moved if begins else moved) / other < ALIKE[1]:
                    yield int(at), self.rows.measures[k], begins, share

    def doubts(
        self, source: int, measure: int, begin: int, end: int
    ) -> Iterator[tuple[Kind, tuple[int, int], str, str]]:
        """Yield what is not to be relied on between two months, as `ordinal` counts them.

        Yields its kind, its first and last month counted from the first of these, words, what to
        do.
        """
        name, shift = self.rows.sources[source], self.first - begin
        kind, by = self.rows.measures[measure], f" ({name})" if name else ""
        for first, last, high, low in self.jumps(source, measure):
            span = max(0, first + shift), min(end - begin, last + shift)
            when = named(*(month_of(begin + at) for at in span))
            text = f"{kind}: {high:.0%} of the rows of {when} have no area, "
            text += f"{low:.0%} of the others{by}"
            yield "no_area", span, text, "ask for the records with their areas"
        for at, other, begins, share in self.splits(source, measure):
            if not 0 < at + shift <= end - begin:
                continue
            month = f"{month_of(self.first + at):%B %Y}"
            what = f"{other} ends before {month}, and about {share:.0%} more are recorded as "
            what += f"{kind}: the categories were put together"
            if begins:
                what = f"{other} begins in {month}, and about {share:.0%} fewer are recorded as "
                what += f"{kind}: the category was split"
            remedy = f"count {kind} and {other} as one measure, or stay on one side"
            yield "split", (at + shift, end - begin), f"{kind}: {what}{by}", remedy


@once
def totals_of(data: Dataset, as_of: date) -> Totals:
    """Return what each source recorded up to the last month that is over."""
    rows, roles = rows_of(data, as_of), data.table("project_areas")
    own = {*roles["area_code"][roles["role"] == "target"]}
    targets = np.array([a in own for a in rows.areas], dtype=bool)
    owners = np.array([rows.owner[a] for a in rows.areas], dtype=object)
    few = {s for s in rows.sources if 0 < 2 * targets[owners == s].sum() < (owners == s).sum()}
    judged = np.array([s not in few for s in rows.sources], dtype=bool)[rows.source]
    apart = judged | ~targets[rows.area]
    first = int(rows.month.min()) if len(rows.month) else 0
    size = len(rows.sources), int(np.ptp(rows.month)) + 1 if len(rows.month) else 0
    shape = (*size, len(rows.measures))
    place = (rows.source * size[1] + rows.month - first) * shape[2] + rows.measure

    def sums(which: silences.Flags) -> silences.Counts:
        counted = np.bincount(place[which], rows.count[which], int(np.prod(shape)))
        return counted.astype(float).reshape(shape)

    sent = np.bincount(place // max(1, shape[2]), minlength=int(np.prod(size))).reshape(size) > 0
    begun = data.table("projects")["response_start"].min()
    start = np.inf if begun is None or begun != begun else 12 * begun.year + begun.month - 1
    counts = sums(apart)
    known = np.where(sent[..., None], counts, np.nan)
    for table in known:
        for (measure,), begins, ends in silences.silent_runs(table):
            table[begins : ends + 1, measure] = np.nan
    whole = np.array([_together(table) for table in known]).reshape(size)
    # Where the projects' own areas are among those judged, one kind may be what a project moved.
    kinds = [1 if s in few or not targets[owners == s].any() else 2 for s in rows.sources]
    return Totals(
        rows=rows,
        first=first,
        sent=sent,
        apart=counts,
        own=sums(~apart),
        nowhere=sums(np.array([not a for a in rows.areas], dtype=bool)[rows.area]),
        known=known,
        whole=whole,
        broken=np.array(
            [
                silences.incomplete_months(w, share=silences.WHOLE)
                | silences.doubled_months(w)
                | silences.odd_runs(w, k, least=n)
                for w, k, n in zip(whole, known, kinds, strict=True)
            ]
        ).reshape(size),
        few=frozenset(few),
        before=np.arange(size[1]) + first < start,
    )


def _at(held: silences.Counts, at: int, *, ends: bool) -> set[int]:
    """Return the rows that have their first month at one, or their last."""
    there = held > 0
    edge = there.argmax(axis=1) if ends else there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    return {int(k) for k in np.flatnonzero(there.any(axis=1) & (edge == at))}


def _together(table: silences.Counts) -> silences.Counts:
    """Sum over measures, those not on record in a month by their usual share of the others."""
    known = ~np.isnan(table)
    rate = np.nansum(table, axis=0) / np.maximum(known.sum(axis=0), 1)
    share = (known * rate).sum(axis=1)
    sums: silences.Counts = (
        np.nansum(table, axis=1) * rate.sum() / np.where(share > 0, share, np.nan)
    )
    return sums
