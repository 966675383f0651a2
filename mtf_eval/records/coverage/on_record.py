"""What is on record: which months of which areas, for a measure, and why the others are not.

A cell of area by month is a count or not on record, never a nought for want of a row. Decided by
evidence, in this order: what is declared (`coverage`), which files were there, codes that end or
begin with a redrawing, and silence that chance does not explain. Everything that counts incidents,
and every series of the task force's own tables, asks here; nothing after it fills gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.records.as_of import own_day
from mtf_eval.records.cache import by_content
from mtf_eval.records.coverage.declarations import declared
from mtf_eval.records.coverage.gaps import (
    Coverage,
    Gap,
    Kind,
    month_of,
    named,
    ordinal,
    rows_of,
    some,
    whole_months,
)
from mtf_eval.records.coverage.silences import (
    KIND,
    hollow_runs,
    incomplete_months,
    runs,
    silent_runs,
    small_left_out,
)
from mtf_eval.records.coverage.totals import totals_of
from mtf_eval.records.dataset import Dataset, noting, once

DECLARE = "or declare it in the table coverage"
ASK = f"ask for the file, {DECLARE}"
NOUGHT = "if nothing happened, declare it complete in coverage, else ask who keeps it"
WHOLE = f"ask for the small counts too, {DECLARE}"
FEW = "if so few happened, declare it complete in coverage, else ask who keeps it"
UNEXPLAINED = "which chance does not explain"
Places = tuple[int, ...]


def coverage_of(
    data: Dataset, measure: str, *, as_of: date, also: tuple[str, ...] = ()
) -> Coverage:
    """Return what is on record of one measure, from the first to the last whole month.

    Areas are those with a record of the measure, those of projects, and `also`: with none of any
    measure they are not on record at all. Up to the records' own day it is a unit of its own.
    `as_of`: nothing later is counted; a month counts when it is over.
    """
    if also or as_of != own_day(data):
        return _coverage(data, measure, as_of, also)
    with noting(data, lasting=False):
        found = _coverage(data, measure, as_of, also)
    data.reads.update((f"incidents.measure={measure}", "as at[incidents]"))
    return found


@once
@by_content("incidents", "coverage", "projects", "project_areas", "project_measures")
def _coverage(data: Dataset, measure: str, as_of: date, also: tuple[str, ...]) -> Coverage:
    return _Reading(data, measure, as_of, also).coverage()


class _Reading:
    """One measure's records on their way to a coverage."""

    def __init__(
        self, data: Dataset, measure: str, as_of: date, also: tuple[str, ...] = ()
    ) -> None:
        self.data, self.measure, self.rows = data, measure, rows_of(data, as_of)
        self.declared = declared(data, measure)
        self.gaps: list[Gap] = []
        self.quiet: list[Gap] = []
        rows, self.totals = self.rows, totals_of(data, as_of)
        self.number = rows.measures.index(measure) if measure in rows.measures else -1
        self.of = rows.measure == self.number
        self.months = self._months(whole_months(as_of))
        own = {*data.table("project_areas")["area_code"].dropna(), *also}
        told = {rows.areas[a] for a in np.unique(rows.area[self.of])} - {""}
        known = {*rows.areas} - {""}
        # One that most areas have is a measure of all of them.
        everywhere = rows.by_file or 2 * len(told) > len(known)
        self.unknown = sorted(own - known)
        self.bare = [] if everywhere or not told else sorted(self._asked() & known - told)
        own &= known if everywhere else {*self.bare}
        self.areas = sorted(told | own | {*self.unknown})
        self._place = {a: i for i, a in enumerate(self.areas)}
        self.owner = {a: rows.owner.get(a, "") for a in self.areas}
        self.whose = np.array([rows.sources.index(rows.owner[a]) for a in rows.areas], dtype=int)
        self.counts = np.zeros((len(self.months), len(self.areas)))
        self.sure = np.zeros(self.counts.shape, bool)

    def _asked(self) -> set[str]:
        """Return the target areas of the projects that have this measure."""
        projects, measures = (self.data.table(t) for t in ("projects", "project_measures"))
        whom = {*projects["project_id"][projects["primary_measure"] == self.measure]}
        whom |= {*measures["project_id"][measures["measure"] == self.measure]}
        areas = self.data.table("project_areas")
        mine = areas["project_id"].isin(whom) & (areas["role"] == "target")
        return {*areas["area_code"][mine].dropna()}

    def _months(self, last: pd.Timestamp) -> pd.DatetimeIndex:
        """Months of the files, or from the measure's first row to its last; those declared too."""
        held = self.rows.month[slice(None) if self.rows.by_file else self.of]
        if not len(held):
            return pd.DatetimeIndex([], name="month")
        whole = self.declared[self.declared["complete"]]
        ends = [*map(month_of, (held.min(), held.max())), *whole["first"], *whole["last"]]
        return pd.date_range(min(ends), min(last, max(ends)), freq="MS", name="month")

    def coverage(self) -> Coverage:
        if len(self.months):
            for row in self.declared[self.declared["complete"]].itertuples():
                self.sure[np.ix_(self._between(row), self._concerned(row))] = True
            self._add_sources()
            self._beyond()
            self._parts()
            self._unknown()
            self._declare()
            self._silent()
            self._left_out()
            self._doubtful()
        columns = pd.Index(self.areas, name="area_code", dtype="str")
        counts = pd.DataFrame(self.counts, index=self.months, columns=columns)
        gaps, quiet = tuple(self.gaps), tuple(self.quiet)
        return Coverage(
            measure=self.measure, counts=counts, gaps=gaps, quiet=quiet, source_of=self.owner
        )

    # Sources

    def _add_sources(self) -> None:
        """Add each source's counts: open where an owner is absent; a guest with gaps left out."""
        rows = self.rows
        place = np.array([self._place.get(a, -1) for a in rows.areas])
        first = ordinal(self.months[0]) if len(self.months) else 0
        for number, source in enumerate(rows.sources):
            its = rows.source == number
            own = [i for i, a in enumerate(self.areas) if self.owner[a] == source]
            absent = self._absent(number, own)
            inside = its & self.of & (place[rows.area] >= 0) if len(rows.area) else its
            inside &= (rows.month >= first) & (rows.month < first + len(self.months))
            table = np.zeros(self.counts.shape)
            cells = rows.month[inside] - first, place[rows.area[inside]]
            np.add.at(table, cells, rows.count[inside])
            self._leave_guests(source, table, own, absent)
            self.counts += table
            sure = self.sure[:, own] & (not rows.by_file)
            self.counts[:, own] = np.where(absent[:, None] & ~sure, np.nan, self.counts[:, own])

    def _absent(self, number: int, own: list[int]) -> NDArray[np.bool_]:
        """Return the months for which a source sent nothing, or too little."""
        totals, source = self.totals, self.rows.sources[number]
        of = self._within(totals.apart[number, :, self.number] * (self.number >= 0))
        of_all = (totals.sent, totals.broken, totals.whole)
        sent, broken, whole = (self._within(each[number]) for each in of_all)
        absent = ~sent if self.rows.by_file else np.zeros(len(sent), bool)
        for first, last in runs(absent):
            ends, begins = last == len(absent) - 1, first == 0
            kind: Kind = "source_stops" if ends else "not_begun" if begins else "no_file"
            text = f"{self._are(first, last)} for {source or 'a force not named'}"
            said, remedy = self._renamed(number, first, last, kind)
            text += f": no file, or one without rows{said}"
            self._gap(kind, (), (first, last), text, remedy or ASK, source=source)
        open_ = np.where(absent, np.nan, of)
        sure: NDArray[np.bool_] = np.asarray(self.sure[:, own].all(axis=1)) & bool(own)
        for _, first, last in silent_runs(open_[:, None], sure[:, None]):
            absent[first : last + 1] = True
            self._tell_silent(number, first, last)
        broken &= ~absent & ~sure
        part = incomplete_months(np.where(absent | (of == 0), np.nan, of), share=KIND)
        part &= ~broken & ~absent & ~sure
        for flags, held, what in ((broken, whole, ""), (part, of, f"{self.measure}: ")):
            for first, last in runs(flags):
                by = f" for {source}" if source else ""
                n = ", ".join(f"{v:,.0f}" for v in held[first : last + 1])
                usual = np.median(held[~flags & (held > 0)])
                apart = ", the projects' own areas apart" if source in totals.few else ""
                look = "looks" if first == last else "look"
                wrong = "incomplete" if held[first] < usual else "counted twice"
                text = f"{what}{self._named(first, last)}{by} {look} {wrong}: {n} records where "
                text += f"{usual:,.0f} a month are usual{apart}"
                self._gap("incomplete", (), (first, last), text, ASK, source=source)
        found: NDArray[np.bool_] = absent | broken | part
        return found

    def _within(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the months of all records for those of this measure, else nought."""
        at = np.arange(len(self.months)) + ordinal(self.months[0]) - self.totals.first
        inside, found = (at >= 0) & (at < len(values)), np.zeros(len(at), values.dtype)
        found[inside] = values[at[inside]]
        return found

    def _tell_silent(self, number: int, first: int, last: int) -> None:
        kind, why, _ = self._silence(first, last)
        source = self.rows.sources[number]
        by = f" by {source}" if source else ""
        text = f"{self.measure}: {self._are(first, last)}{by}: {why}"
        own = tuple(a for a in self.areas if self.owner[a] == source)
        if entered := bool(own) and self._entered(own, first, last) == own:
            when = self._named(first, last)
            text = f"{self.measure}: noughts are entered in {when}{by}, {UNEXPLAINED}"
        said, remedy = self._renamed(number, first, last, kind)
        kind, usual = ("noughts", NOUGHT) if entered else (kind, ASK)
        self._gap(kind, (), (first, last), text + said, remedy or usual, source=source)

    def _renamed(self, number: int, first: int, last: int, kind: Kind) -> tuple[str, str]:
        ends = kind in ("ended", "source_stops")
        at = (first if ends else last) + ordinal(self.months[0]) - self.totals.first
        if not ends and kind != "not_begun":
            return "", ""
        return self.totals.renamed(number, self.number, at, ends=ends)

    def _beyond(self) -> None:
        """Say where a source has months before the first row of a measure, or after the last."""
        held, shift = self.totals.sent, self.totals.first - ordinal(self.months[0])
        for number, source in enumerate(self.rows.sources):
            sent = np.flatnonzero(held[number]) + shift
            if self.rows.by_file or not (self.of & (self.rows.source == number)).any():
                continue
            spans: dict[Kind, NDArray[np.intp]] = {
                "ended": sent[sent >= len(self.months)],
                "not_begun": sent[sent < 0],
            }
            for kind, months in ((k, m) for k, m in spans.items() if len(m)):
                span = min(int(months[0]), len(self.months)), max(int(months[-1]), -1)
                said, remedy = self._renamed(number, *span, kind)
                by = f" by {source}" if source else ""
                text = f"{self.measure}: {self._are(*span)}{by}: no row of it there{said}"
                self._gap(kind, (), span, text, remedy or ASK, source=source)

    def _leave_guests(
        self, source: str, table: NDArray[np.float64], own: list[int], absent: NDArray[np.bool_]
    ) -> None:
        guests = np.setdiff1d(np.flatnonzero(table.any(axis=0)), own)
        if not len(guests) or not absent.any():
            return
        text = f"{self.measure}: {table[:, guests].sum():,.0f} records by "
        text += f"{source or 'a source not named'} in areas of another source are left out "
        text += "throughout, as it is not on record throughout"
        span = int(np.argmax(absent)), int(len(absent) - 1 - np.argmax(absent[::-1]))
        areas = tuple(self.areas[g] for g in guests)
        self._gap("source_stops", areas, span, text, ASK, source=source)
        table[:, guests] = 0.0

    # Areas

    def _parts(self) -> None:
        """Areas that are a part of what was split or merged: on record in their own months only."""
        rows, months = self.rows, np.arange(len(self.months)) + ordinal(self.months[0])
        for area, group in self.data.redrawn.items():
            if area not in self._place:
                continue
            held = rows.month[rows.area == rows.areas.index(area)] if area in rows.areas else []
            beyond = (months < min(held, default=0)) | (months > max(held, default=-1))
            self.counts[beyond, self._place[area]] = np.nan
            for first, last in runs(beyond):
                text = f"{self._are(first, last)} for {self.data.area(area)}: {group}"
                remedy = "name the whole group as target areas"
                self._gap("recoded", (area,), (first, last), text, remedy, gate=True)

    def _unknown(self) -> None:
        """Areas of projects that no record names, of any measure or of one that few areas have."""
        bare = f"{self.measure}: no record of it in any month for "
        why = "; few areas have any, so that may be nought or not kept there"
        level = f"check the code, or the level of area (LSOA, MSOA), {DECLARE}"
        for of, before, after, remedy in (
            (self.unknown, "", ": no record of any kind", level),
            (self.bare, bare, why, f"{NOUGHT}, or name areas in which it is kept"),
        ):
            there = (a for a in of if a not in self.data.redrawn)
            codes = tuple(a for a in there if not self.sure[:, self._place[a]].any())
            self.counts[:, [self._place[a] for a in codes]] = np.nan
            if codes:
                text = f"{before}{self._some(codes)}{after}"
                self._gap("silent", codes, (0, len(self.months) - 1), text, remedy)

    def _silent(self) -> None:
        """Leave open runs of months in which an area's silence is no chance."""
        rows, place = self.data.table("project_areas"), self._place
        rows = rows[rows["area_code"].isin(place) & (rows["role"] != "comparison")]
        parts = rows.groupby(["project_id", "role"])["area_code"]
        groups = {(str(r), tuple(sorted(place[a] for a in {*part}))) for (_, r), part in parts}
        together = sorted({g for _, g in groups if len(g) > 1})
        for codes, first, last in self._runs(silent_runs(self.counts, self.sure, together)):
            self.counts[first : last + 1, [place[c] for c in codes]] = np.nan
            if entered := self._entered(codes, first, last):
                text = f"{self._nothing(entered, first, last)}, {UNEXPLAINED}"
                self._gap("noughts", entered, (first, last), text, NOUGHT)
            if absent := tuple(c for c in codes if c not in entered):
                kind, why, remedy = self._silence(first, last)
                text = f"{self.measure}: {self._are(first, last)} for {self._some(absent)}: {why}"
                self._gap(kind, absent, (first, last), text, remedy)
        targets = sorted({g for role, g in groups if role == "target"})
        quiet = [run for g in targets for run in silent_runs(self.counts, self.sure, [g], of=g)]
        for g in targets:  # no record in any month: no other month tells what is usual
            if not np.nan_to_num(self.counts[:, g], nan=1.0).any() and not self.sure[:, g].any():
                quiet.append((g, 0, len(self.months) - 1))
        for codes, first, last in self._runs(quiet):
            text = f"{self._nothing(codes, first, last)}, which may be chance or records not sent"
            self._gap("silent", codes, (first, last), text, NOUGHT)
            self.quiet.append(self.gaps.pop())
        for codes, first, last in self._runs(self._hollow(targets)):
            when, whom = self._named(first, last), self._some(codes)
            text = f"{self.measure}: next to nothing is recorded in {when} for {whom}"
            text += " between months that have their usual, which may be records not sent"
            self._gap("silent", codes, (first, last), text, FEW)
            self.quiet.append(self.gaps.pop())

    def _left_out(self) -> None:
        """Leave open what has none where the small counts of a source look left out."""
        for number, source in enumerate(self.rows.sources):
            own = [i for i, a in enumerate(self.areas) if self.owner[a] == source]
            none = (self.counts[:, own] == 0) & ~self.sure[:, own]
            given = self.rows.count[self.of & (self.rows.source == number)]
            if small_left_out(given, none):
                self.counts[:, own] = np.where(none, np.nan, self.counts[:, own])
                least, left = given[given > 0].min(), np.array(self.areas)[own][none.any(axis=0)]
                text = f"{self.measure}: {(given == least).sum()} counts of {least:.0f} and none "
                text += f"of 1 to {least - 1:.0f}: small counts look left out, not none"
                codes, at = tuple(left.tolist()), (0, len(self.months) - 1)
                self._gap("silent", codes, at, text, WHOLE, gate=True, source=source)

    def _hollow(self, targets: Iterable[Places]) -> Iterator[tuple[Places, int, int]]:
        """Yield runs of months in which target areas, one or all, hold next to nothing."""
        for g in {*targets, *((area,) for group in targets for area in group)}:
            rest = np.nansum(np.delete(self.counts, g, axis=1), axis=1)
            for first, last in hollow_runs(self.counts[:, g].sum(axis=1), rest):
                if not self.sure[first : last + 1, g].any():
                    yield g, first, last

    def _entered(self, codes: tuple[str, ...], first: int, last: int) -> tuple[str, ...]:
        """Return the areas whose noughts are each a row of its own, not one that is absent."""
        rows, begin = self.rows, ordinal(self.months[0])
        its = self.of & (rows.month >= begin + first) & (rows.month <= begin + last)
        its &= self.whose[rows.area] == rows.source
        cells = {*zip(rows.area[its].tolist(), rows.month[its].tolist(), strict=True)}
        told = Counter(rows.areas[area] for area, _ in cells)
        return tuple(c for c in codes if told[c] == last - first + 1)

    def _nothing(self, codes: tuple[str, ...], first: int, last: int) -> str:
        """Say that some months hold nothing, and whether that was entered."""
        entered = self._entered(codes, first, last) == codes
        what = "noughts are entered" if entered else "nothing is recorded"
        return f"{self.measure}: {what} in {self._named(first, last)} for {self._some(codes)}"

    def _runs(
        self, found: Iterable[tuple[Places, int, int]]
    ) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Yield the areas of each run of months together, in order."""
        seen: dict[tuple[int, int], set[int]] = {}
        for columns, first, last in found:
            seen.setdefault((first, last), set()).update(columns)
        for (first, last), areas in sorted(seen.items()):
            yield tuple(self.areas[c] for c in sorted(areas)), first, last

    def _silence(self, first: int, last: int) -> tuple[Kind, str, str]:
        """Say a silence and what would mend it: without a count, which the outcome would move."""
        remedy = f"ask who keeps the records, {DECLARE}"
        look_up = "if redrawn, put a look-up of codes beside the records (lsoa_lookup.csv); "
        if last == len(self.months) - 1:
            stop = f"the records stop in {self.months[first - 1]:%B %Y}, {UNEXPLAINED}"
            return "ended", stop, look_up + remedy
        if first == 0:
            begin = f"the records begin in {self.months[last + 1]:%B %Y}, {UNEXPLAINED}"
            return "not_begun", begin, look_up + remedy
        return "silent", f"nothing is recorded in them, {UNEXPLAINED}", remedy

    # Months that cannot be trusted

    def _doubtful(self) -> None:
        """Name months with a share of rows without an area that jumps, and categories split."""
        if self.number < 0:
            return
        ends = ordinal(self.months[0]), ordinal(self.months[-1])
        for number, source in enumerate(self.rows.sources):
            for kind, span, text, remedy in self.totals.doubts(number, self.number, *ends):
                self._gap(kind, (), span, text, remedy, gate=True, source=source)

    # Declarations

    def _declare(self) -> None:
        """Leave open what is declared not to be on record."""
        for row in self.declared[~self.declared["complete"]].itertuples():
            months, areas = self._between(row), self._concerned(row)
            if not len(months) or not len(areas):
                continue
            self.counts[np.ix_(months, areas)] = np.nan
            whom = self.data.area(row.area_code) if row.area_code else row.force or row.source
            span = int(months[0]), int(months[-1])
            text = f"{self._are(*span)} for {whom}, as declared"
            text += f": {row.reason.rstrip('.')}" if row.reason else ""
            remedy = "add the records, and take the row out of the table coverage"
            codes = () if row.force and not row.area_code else tuple(self.areas[a] for a in areas)
            self._gap("declared", codes, span, text, remedy, source=row.force)

    def _between(self, row: Any) -> NDArray[np.intp]:
        return np.flatnonzero((self.months >= row.first) & (self.months <= row.last))

    def _concerned(self, row: Any) -> NDArray[np.intp]:
        areas = [row.area_code in ("", a) and row.force in ("", self.owner[a]) for a in self.areas]
        return np.flatnonzero(areas)

    # Helpers

    def _some(self, codes: Iterable[str]) -> str:
        return some(map(self.data.area, codes))

    def _named(self, first: int, last: int) -> str:
        return named(self._month(first), self._month(last))

    def _month(self, at: int) -> pd.Timestamp:
        return month_of(ordinal(self.months[0]) + at)

    def _are(self, first: int, last: int) -> str:
        return f"{self._named(first, last)} {'is' if first == last else 'are'} not on record"

    def _gap(
        self,
        kind: Kind,
        areas: tuple[str, ...],
        span: tuple[int, int],
        text: str,
        remedy: str,
        *,
        gate: bool = False,
        source: str = "",
    ) -> None:
        first, last = map(self._month, span)
        of = partial(Gap, measure=self.measure, source=source, areas=areas, first=first, last=last)
        self.gaps.append(of(kind=kind, gate=gate, text=text, remedy=remedy))
