"""A year or a half of one: its days, how it is written, and which comes before and after."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or half of one: `Period(2021, 2)` is 1 July to 31 December 2021."""

    year: int
    half: int | None = None

    @classmethod
    def parse(cls, period: str) -> Period:
        """Read a half-year, `2021-H2`; anything else is refused."""
        found = re.fullmatch(r"(\d{4})-H([12])", period)
        if not found:
            raise BadArgument(f"period={period!r}: expected a half-year such as 2021-H2")
        return cls(int(found[1]), int(found[2]))

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, 7 if self.half == 2 else 1, 1)

    @property
    def end(self) -> date:
        """Last day."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def until(self, data: Dataset) -> date:
        """Last day that can be spoken of: the end, or the day the data run to."""
        return min(self.end, data.until or self.end)

    def holds(self, days: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
        """Return which days lie in it."""
        return days.between(pd.Timestamp(self.start), pd.Timestamp(self.next.start), "left")

    @property
    def next(self) -> Period:
        """The year, or the half-year, after."""
        if self.half == 1:
            return replace(self, half=2)
        return Period(self.year + 1, self.half and 1)

    @property
    def before(self) -> Period:
        """The same a year earlier."""
        return replace(self, year=self.year - 1)

    @property
    def words(self) -> str:
        """`July to December 2021`, `2021`."""
        return f"{self.start:%B} to {self.end:%B} {self.year}" if self.half else f"{self.year}"

    @property
    def slug(self) -> str:
        """As tables are named by it: `2021_h2`."""
        return f"{self.year}_h{self.half}" if self.half else f"{self.year}"
