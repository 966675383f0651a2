"""The only door out: hides what could point at a person, and says what it hid.

A `Table` goes in, a `Released` comes out; charts, elements, exports and pages take nothing else.
An unknown rule, an unmarked column, a people table that was not named: nothing comes out. Which
further cells must be hidden is worked out in `suppression`; whether it worked is tested from the
outside by `audit`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.publish.disclosure.merging import merged
from mtf_eval.records.prices.reference import default_folder

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.publish.disclosure.book import Plan

__all__ = ["ALIASES", "RULES", "Door", "Released", "Rule", "read_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named disclosure profile: hide people counts of `low..high`, round the rest to `base`.

    Attributes
    ----------
    low, high
        Counts from `low` to `high` are hidden; none where `high < low`.
    base
        The other counts are rounded to the nearest multiple of this.
    secondary
        Whether further counts are hidden so that no hidden one can be worked out.
    totals
        `kept`: totals are computed first; `recomputed`: totals are sums of the counts shown.
    min_width
        How wide the range of possible values of a hidden count stays.
    coarser_above
        A table with a larger share of its people counts hidden gives way to its coarser one.
    stand_in
        What a count hidden for its own size is taken for where pounds are computed from it. No
        whole number, so that nobody takes it for one, and an attacker's quotient is told apart.
    sentence, banner
        What a reader is told; the banner stands on every page.
    source
        Whose rule it is.
    """

    name: str
    low: int
    high: int
    base: int = 1
    secondary: bool = False
    totals: str = "kept"
    min_width: int = 0
    coarser_above: float = 1.0
    stand_in: float = 0.0
    sentence: str
    banner: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        whole = (self.low, self.high, self.base, self.min_width)
        if not all(type(n) is int for n in whole) or self.low < 1 or self.base < 1:
            raise BadArgument(f"rule {self.name}: thresholds are whole numbers of 1 or more")
        if self.high >= self.low and not (
            self.stand_in % 1 and self.low < self.stand_in < self.high
        ):
            raise BadArgument(f"rule {self.name}: what stands for a hidden count lies between two")
        if self.totals not in ("kept", "recomputed"):
            raise BadArgument(f"rule {self.name}: totals is kept or recomputed")

    @property
    def off(self) -> bool:
        """Whether the rule lets everything through."""
        return self.high < self.low and self.base == 1


def read_rules(path: Path | None = None) -> dict[str, Rule]:
    """Read the profiles from `disclosure_rules.csv`, each with its source.

    Raises
    ------
    RunRefused
        The file is missing or a profile lacks a value: without rules nothing is released.
    """
    path = path or default_folder() / "disclosure_rules.csv"
    if not path.exists():
        raise RunRefused("disclosure_rules.csv is missing: without rules nothing can be released")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    try:
        return {
            row["name"]: Rule(
                name=row["name"],
                low=int(row["low"]),
                high=int(row["high"]),
                base=int(row["base"]),
                secondary={"yes": True, "no": False}[row["secondary"]],
                totals=row["totals"],
                min_width=int(row["min_width"]),
                coarser_above=float(row["coarser_above"]),
                stand_in=float(row["stand_in"]),
                sentence=row["sentence"],
                banner=row["banner"],
                source=row["source"],
            )
            for row in rows
        }
    except (KeyError, ValueError, TypeError) as error:
        raise RunRefused(
            f"{path.name}: a profile is not complete ({type(error).__name__})"
        ) from None


RULES = read_rules()
ALIASES = {"public": "local_lt5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A table after the door.

    Attributes
    ----------
    table
        The table with its hidden cells missing: title, columns, source, as-at date and notes.
    frame
        Every column of `table.columns` in order, shares and changes computed from what is shown.
    symbols
        Frame of the same shape and labels: `""`, or the symbol to print instead of the value
        (`[c]` confidential, `[k]` kept back, `[x]` not available, `[z]` not applicable, `[low]`).
    rule
        The rule it went through.
    hidden_primary, hidden_secondary
        How many cells were hidden for their own size, and to protect others.
    warnings
        For the analyst, not the reader: rows in which everybody, or nobody, is in one column.
    """

    table: Table
    frame: pd.DataFrame
    symbols: pd.DataFrame
    rule: Rule
    hidden_primary: int = 0
    hidden_secondary: int = 0
    warnings: tuple[str, ...] = ()


class Door:
    """Releases tables of one run under one rule.

    Parameters
    ----------
    release
        Name of a rule, or `public` for the default one.
    tables
        Every table of the run that counts people: what is hidden in one must not come back from
        another, so the door decides over all of them at once. A people table that was not named
        here, or differs from what was named, is refused. Under a rule that hides nothing they
        are not looked at, so an iterator costs nothing.

    Raises
    ------
    BadArgument
        The rule is unknown, two different tables have one name, or a link names no cell.
    """

    def __init__(self, release: str, tables: Iterable[Table] = ()) -> None:
        name = ALIASES.get(release, release)
        if name not in RULES:
            allowed = ", ".join(["public", *RULES])
            raise BadArgument(f"release={release!r}: expected one of {allowed}")
        self.rule = RULES[name]
        self._tables: dict[str, Table] = {}
        for table in () if self.rule.off else tables:
            seen = self._tables.setdefault(table.name, table)
            if seen is not table and not _same(seen, table):
                raise BadArgument(f"two different tables are called {table.name}")
        self.known = set(self._tables)
        self._spare: set[str] = set()
        for table in list(self._tables.values()):
            counts = table.frame[list(table.people)]
            few = counts.ge(self.rule.low) & counts.le(self.rule.high)
            fewer = merged(table) if few.any(axis=None) and table.coarser is None else None
            if fewer is not None:
                self._tables[table.name] = replace(table, coarser=fewer.name)
                self._tables[fewer.name] = fewer
                self._spare.add(fewer.name)

    def __call__(self, table: Table) -> Released:
        """Release one table; where it would be mostly hidden, its coarser one in its place.

        Raises
        ------
        BadArgument
            Not a marked table, or it counts people and was not named to the door as it is.
        """
        if not isinstance(table, Table):
            raise BadArgument("only a marked Table can be released; a bare frame is refused")
        for cell, used in () if self.rule.off else table.rests_on:
            if used != self._countable(cell):
                raise BadArgument(
                    f"table {table.name} is computed from {cell}, which may not be shown as it is; "
                    "compute it from what Door.countable gives"
                )
        if table.frame[list(table.people)].isna().all(axis=None):
            # Nobody is counted: no people columns, no rows, or nothing but missing figures.
            return self._show(table, {}, set())
        if self.rule.off:
            return self._show(table, {}, set())
        if table.name not in self.known:
            raise BadArgument(f"table {table.name} counts people and was not named to the door")
        if not _same(self._tables[table.name], table):
            raise BadArgument(f"table {table.name} is not the one that was named to the door")
        if table.name in self._plan.withdrawn:
            coarser = self._tables[self._plan.withdrawn[table.name]]
            note = (
                f"The finer table “{table.title}” would be mostly hidden, "
                "so these coarser figures are shown in its place."
            )
            if coarser.name in self._spare:
                place = self._plan.shown[coarser.name], self._plan.small[coarser.name]
                return self._show(coarser, *place)
            released = self(coarser)
            notes = (*released.table.notes, note)
            return replace(released, table=replace(released.table, notes=notes))
        shown = self._plan.shown[table.name]
        return self._show(table, shown, self._plan.small[table.name])

    def countable(self, table: Table) -> dict[str, tuple[float, int, int]]:
        """Say what each row's count of people may be taken for where pounds are computed from it.

        By row key: the count as it is shown, or what stands for a small one, with the fewest and
        the most it may be. A row that is hidden to protect others is not in it.
        """
        (column,) = table.people
        counts = self(table).frame[column].astype(object)
        counts = counts.where(counts.notna(), None)
        found = {}
        for row, (key, shown) in enumerate(zip(table.row_keys(), counts, strict=True)):
            small = not self.rule.off and (row, column) in self._plan.small[table.name]
            used = self._taken(shown, small)
            if used is not None:
                ends = (self.rule.low, self.rule.high) if small else (int(used), int(used))
                found[key] = (used, *ends)
        return found

    def _taken(self, shown: int | None, small: bool) -> float | None:
        """Return what stands for a count: as shown, or for a small one what the rule says."""
        if small:
            return self.rule.stand_in
        return None if shown is None else float(shown)

    def _countable(self, cell: str) -> float | None:
        name, _, rest = cell.partition("/")
        key, _, column = rest.rpartition("/")
        if name not in self.known:
            return None
        place = (self._tables[name].row_keys().index(key), column)
        return self._taken(self._plan.shown[name].get(place), place in self._plan.small[name])

    def choose(self, finer: Table, coarser: Table) -> Released:
        """Release the finer of two tables, or the coarser where the finer is mostly hidden."""
        if finer.coarser != coarser.name:
            raise BadArgument(f"table {finer.name} does not name {coarser.name} as its coarser one")
        return self(finer)

    @cached_property
    def _plan(self) -> Plan:
        """Decide once, over every table named, and only when a table is first asked for."""
        from mtf_eval.publish.disclosure.book import plan

        return plan(
            {n: t for n, t in self._tables.items() if t.people},
            low=self.rule.low,
            high=self.rule.high,
            base=self.rule.base,
            width=self.rule.min_width if self.rule.secondary else None,
            recompute=self.rule.totals == "recomputed",
            coarser_above=self.rule.coarser_above,
            spare=self._spare,
        )

    def _show(
        self,
        table: Table,
        shown: Mapping[tuple[int, str], int | None],
        small: set[tuple[int, str]],
    ) -> Released:
        """Put what may be shown into the frame, then compute shares and changes from it."""
        import pandas as pd

        frame = table.frame.reset_index(drop=True).copy()
        symbols = pd.DataFrame("", index=frame.index, columns=[c.name for c in table.columns])
        hidden = 0
        for name in dict.fromkeys(n for _, n in shown):
            values = frame[name].astype(object).tolist()
            for row, value in ((r, v) for (r, n), v in shown.items() if n == name):
                if value is None:
                    symbols.at[row, name] = "[c]" if name in table.people else "[k]"
                    hidden += 1
                values[row] = pd.NA if value is None else value
            frame[name] = pd.array(values, dtype="Int64")
        for column in table.columns:
            if column.of is not None:
                part, whole = (frame[c].astype("Float64") for c in column.of)
                ratio = part / whole.where(whole != 0)
                frame[column.name] = ratio - 1 if column.kind == "change" else ratio
                covered = (symbols[list(column.of)] != "").any(axis=1)
                symbols.loc[covered, column.name] = "[c]"
                symbols.loc[~covered & (whole == 0).fillna(False), column.name] = "[z]"
        counted = list(table.people)
        covered = symbols[counted] != ""
        unlike = frame[counted].ne(table.frame[counted].reset_index(drop=True))
        for column in table.columns:
            if column.over == "row":
                frame[column.name] = frame[column.name].mask(covered.any(axis=1))
            elif column.over and (covered | unlike.fillna(False)).any(axis=None):
                frame[column.name] = frame[column.name].mask([True] * len(frame))
        frame = frame[[c.name for c in table.columns]]
        blank = pd.Series({c.name: c.missing for c in table.columns})
        symbols = symbols.mask(frame.isna() & (symbols == ""), blank, axis=1)
        stored = [c.name for c in table.columns if c.of is None]
        return Released(
            table=table.with_frame(frame[stored]),
            frame=frame,
            symbols=symbols,
            rule=self.rule,
            hidden_primary=len(small),
            hidden_secondary=hidden - len(small),
            warnings=_everybody(table, frame),
        )


def _same(one: Table, other: Table) -> bool:
    """Whether two tables count the same people in the same cells."""
    if one.people != other.people or one.row_keys() != other.row_keys():
        return False
    return one is other or one.frame.reset_index(drop=True).equals(
        other.frame.reset_index(drop=True)
    )


def _everybody(table: Table, frame: pd.DataFrame) -> tuple[str, ...]:
    """Warn of shares of 0 and 100 per cent: they say something about every single person."""
    import pandas as pd

    found = []
    for column in table.columns:
        if column.kind == "share" and column.of and column.of[0] in table.people:
            for key, share in zip(table.row_keys(), frame[column.name], strict=True):
                if not pd.isna(share) and share in (0, 1):
                    found.append(f"{table.name}: {column.heading} is {share:.0%} in row {key}")
    return tuple(found)
