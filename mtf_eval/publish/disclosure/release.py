"""The only way out: each table is released alone, by one rule.

A `Table` goes in, a `Released` comes out; charts, elements, exports and pages take nothing else.
Every count of people is hidden or rounded on its own true value, totals too; columns and parts that
would give a hidden one back are left out; what a table works out from its counts is worked out
again from what is shown, or left out. Tested from the outside by `audit`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mtf_eval.analysis.results.columns import parts_kept_back
from mtf_eval.analysis.results.tables import Brief, Shown, Table
from mtf_eval.errors import BadArgument
from mtf_eval.records.prices.rules import Rule, rule_of
from mtf_eval.records.tables import OF_PEOPLE, TABLES

COUNTED = tuple(name for name, t in TABLES.items() if OF_PEOPLE in t.marks)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Released(Brief):
    """A table as it may be shown.

    `table` and `frame` hold what is shown, hidden cells missing; `symbols` has their shape: `""`,
    or the symbol in place of the value. `hidden` counts the cells that are `[c]`; `withheld` says
    that rows were left out, as they tell of records of people as they are.
    """

    table: Table
    frame: pd.DataFrame
    symbols: pd.DataFrame
    rule: Rule
    hidden: int = 0
    withheld: bool = False

    def __repr__(self) -> str:
        return (
            f"{self.table.title}: {len(self.frame):,} rows, released by the {self.rule.name} rule, "
            f"{self.hidden} cells hidden"
        )


def release(table: Table, rule: Rule) -> Released:
    """Release one table by one rule.

    Raises `BadArgument`: not a marked table, counts of people that are no whole numbers, or pounds
    and estimates worked out from counts of people that this rule does not show.
    """
    if not isinstance(table, Table):
        raise BadArgument("only a marked Table can be released; a bare frame is refused")
    if not rule.off and table.basis not in ("", rule.name):
        raise BadArgument(
            f"table {table.name} is worked out from counts of people as {table.basis} shows them, "
            f"not as {rule.name} does: give the function that makes it `Disclosure.counted`"
        )
    frame = table.frame.reset_index(drop=True).copy()
    withheld = table.exact and not rule.off
    if withheld:
        frame = frame.iloc[:0]
    symbols = pd.DataFrame("", index=frame.index, columns=[c.name for c in table.columns])
    if not rule.off:
        kept_back = _kept_back(table.with_frame(frame), rule)
        for name in table.people:
            frame[name], symbols[name] = _shown(table, name, frame[name], rule, kept_back[name])
        if table.derive is not None:
            frame = table.derive(frame)  # which may leave rows out
            symbols = symbols.loc[frame.index].reset_index(drop=True)
            frame = frame.reset_index(drop=True)
        gone = {c.name for c in table.columns if c.adds_up}
        kept = [c for c in table.columns if not gone & {c.name, *(c.of or ())}]
        stored = [c.name for c in kept if c.of is None]
        table = replace(table, frame=frame[stored], columns=tuple(kept))
        symbols = symbols[[c.name for c in kept]]
    for column in table.columns:
        if column.of is not None:
            part, whole = (frame[c].astype("Float64") for c in column.of)
            ratio = part / whole.where(whole != 0)
            if column.kind == "share" and not rule.off:
                ratio = ratio.clip(upper=1.0)  # two roundings may pass the whole
            frame[column.name] = ratio - 1 if column.kind == "change" else ratio
            covered = (symbols[list(column.of)] != "").any(axis=1)
            symbols.loc[covered, column.name] = "[c]"
            symbols.loc[~covered & (whole == 0).fillna(False), column.name] = "[z]"
    frame = frame[[c.name for c in table.columns]]
    marks = symbols.to_numpy(object)
    blank = frame.isna().to_numpy() & (marks == "")
    marks = np.where(blank, [c.missing for c in table.columns], marks)
    symbols = pd.DataFrame(marks, frame.index, frame.columns, dtype="str")
    return Released(
        table=table.with_frame(frame[[c.name for c in table.columns if c.of is None]]),
        frame=frame,
        symbols=symbols,
        rule=rule,
        hidden=int((symbols[list(table.people)] == "[c]").to_numpy().sum()),
        withheld=withheld,
    )


def _shown(
    table: Table, name: str, counts: pd.Series[int], rule: Rule, kept_back: pd.Series[bool]
) -> tuple[pd.Series[int], list[str]]:
    """Return a column of people as it may be shown, with its symbols."""
    values = counts.astype("Float64")
    if ((values < 0) | (values % 1 != 0)).fillna(False).any():
        raise BadArgument(f"table {table.name}, {name}: people are whole counts")
    shown, symbols = [], []
    for value, kept in zip(values, kept_back, strict=True):
        known = not pd.isna(value)
        shown.append(rule.shown(int(value)) if known and not kept else None)
        symbols.append("" if not known or shown[-1] is not None else "[k]" if kept else "[c]")
    return pd.Series(shown, index=counts.index, dtype="Int64"), symbols


def _kept_back(table: Table, rule: Rule) -> pd.DataFrame:
    """Return which counts of people would give others back."""
    names = list(table.people)
    if len(table.frame) and table.kept_back is not None:
        return table.kept_back(rule).reindex(columns=names, fill_value=False)
    if len(table.frame) and table.total_row:
        return parts_kept_back(table.frame[names], rule)
    return pd.DataFrame(False, index=table.frame.index, columns=names)


class Disclosure:
    """Releases the tables of one page under one rule.

    `counts`: which tables of records the page counts people of, such as `referrals`; a page that
    names none shows no table of people under a rule that hides. Raises `BadArgument` for an unknown
    rule or table.
    """

    def __init__(self, release: str, counts: Iterable[str] = ()) -> None:
        self.rule = rule_of(release)
        self.counts = (counts,) if isinstance(counts, str) else tuple(counts)
        unknown = [str(name) for name in self.counts if name not in COUNTED]
        if unknown:
            raise BadArgument(
                f"counts={', '.join(unknown)}: expected tables of people, {', '.join(COUNTED)}"
            )

    def __call__(self, table: Table) -> Released:
        """Release one table; see `release`."""
        people = isinstance(table, Table) and table.people
        if people and not (self.rule.off or self.counts):
            raise BadArgument(
                f"table {table.name} counts people, and the page never named what it counts: "
                f"Disclosure(release, counts=[...]) with some of {', '.join(COUNTED)}"
            )
        return release(table, self.rule)

    @property
    def counted(self) -> Shown:
        """How pounds and estimates may count people: as they are shown, or not at all."""
        return Shown(rule=self.rule.name, of=self.rule.shown)
