"""The only door out: hides what could point at a person, and says what it hid.

A `Table` goes in, a `Released` comes out; charts, elements, exports and pages take nothing else.
An unknown rule or an unmarked table: nothing comes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtf_eval.analysis.tables import Table
from mtf_eval.errors import BadArgument

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RULES", "Door", "Released", "Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named disclosure profile: hide people counts of `low..high`, round the rest to `base`."""

    name: str
    low: int
    high: int
    base: int = 1
    sentence: str
    banner: str = ""


RULES = {
    "internal": Rule(
        name="internal",
        low=1,
        high=0,
        sentence="No figure has been hidden.",
        banner="Official-Sensitive: not for publication",
    ),
    "local_lt5": Rule(
        name="local_lt5",
        low=1,
        high=4,
        sentence="Counts of 1 to 4 people are hidden and shown as [c].",
    ),
}
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
        (`[c]` confidential, `[x]` not available, `[z]` not applicable, `[low]`).
    rule
        The rule it went through.
    hidden_primary, hidden_secondary
        How many cells were hidden for their own size, and to protect others.
    """

    table: Table
    frame: pd.DataFrame
    symbols: pd.DataFrame
    rule: Rule
    hidden_primary: int = 0
    hidden_secondary: int = 0


class Door:
    """Releases tables of one run under one rule.

    Parameters
    ----------
    release
        Name of a rule, or `public` for the default one.
    tables
        Every table of the run that counts people: what is hidden in one must not come back from
        another, so the door decides over all of them at once. A people table that was not named
        here is refused.
    """

    def __init__(self, release: str, tables: Iterable[Table] = ()) -> None:
        name = ALIASES.get(release, release)
        if name not in RULES:
            allowed = ", ".join(["public", *RULES])
            raise BadArgument(f"release={release!r}: expected one of {allowed}")
        self.rule = RULES[name]
        self.known = {table.name for table in tables}

    def __call__(self, table: Table) -> Released:
        """Release one table."""
        import pandas as pd

        if not isinstance(table, Table):
            raise BadArgument("only a marked Table can be released; a bare frame is refused")
        if table.people and table.name not in self.known:
            raise BadArgument(f"table {table.name} counts people and was not named to the door")
        frame = table.frame.copy()
        symbols = pd.DataFrame("", index=frame.index, columns=[c.name for c in table.columns])
        hidden = 0
        for name in table.people:
            small = frame[name].between(self.rule.low, self.rule.high).fillna(False)
            symbols.loc[small, name] = "[c]"
            frame.loc[small, name] = pd.NA
            hidden += int(small.sum())
        for column in table.columns:
            if column.of is not None:
                part, whole = (frame[c].astype("Float64") for c in column.of)
                ratio = part / whole.where(whole != 0)
                frame[column.name] = ratio - 1 if column.kind == "change" else ratio
                covered = (symbols[list(column.of)] != "").any(axis=1)
                symbols.loc[covered, column.name] = "[c]"
                symbols.loc[~covered & (whole == 0).fillna(False), column.name] = "[z]"
        frame = frame[[c.name for c in table.columns]]
        empty = frame.isna() & (symbols == "")
        symbols = symbols.mask(empty, "[x]")
        stored = [c.name for c in table.columns if c.of is None]
        return Released(
            table=table.with_frame(frame[stored]),
            frame=frame,
            symbols=symbols,
            rule=self.rule,
            hidden_primary=hidden,
        )
