"""At which hours of the week a project's problem came before the start, where times are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtf_eval.analysis.project.evaluation import Evaluation, page_table
from mtf_eval.analysis.project.planning import before
from mtf_eval.analysis.results.columns import column, span
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import WEEKDAYS

FEWEST = 50  # incidents with a time, of a picture of 168 hours
WINDOW = 4  # hours of the day that are named together
CHANCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Incidents in the project's areas before the start, by hour (rows) and day of the week."""

    counts: pd.DataFrame
    months: pd.DatetimeIndex
    recorded: int
    midnight: int

    @property
    def timed(self) -> float:
        """Incidents with a time that is known."""
        return float(self.counts.to_numpy().sum())

    @property
    def spread(self) -> bool:
        """Whether some are spread over a span."""
        return bool((self.counts % 1 > 0.001).any(axis=None))

    def known(self) -> str:
        """Say how many have a time, and what of the others is known."""
        timed = min(round(self.timed), self.recorded)
        share = percent(timed / max(1, self.recorded))
        said = f"a time of day is known for {timed:,} of {self.recorded:,} ({share})"
        if self.midnight:
            said += (
                f"; {self.midnight:,} are written as 00:00, far more than its share, and read as "
                "not known"
            )
        return said

    def peak(self) -> str:
        """Name the part of the day and the day that hold more than chance explains."""
        from scipy.stats import binom

        def beyond(n: float, share: float, tries: int) -> bool:
            return bool(tries * binom.sf(round(n) - 1, round(self.timed), share) < CHANCE)

        hours, days = self.counts.sum(axis=1).to_numpy(), self.counts.sum().to_numpy()
        windows = sum(np.roll(hours, -n) for n in range(WINDOW))
        first, day = int(windows.argmax()), int(days.argmax())
        said = []
        if beyond(windows[first], WINDOW / 24, 24):
            share = percent(windows[first] / self.timed)
            said.append(f"between {first:02}:00 and {(first + WINDOW - 1) % 24:02}:59 ({share})")
        if beyond(days[day], 1 / 7, 7):
            said.append(f"on {WEEKDAYS[day]}s ({percent(days[day] / self.timed)})")
        if not said:
            return "No time of day and no day of the week stands out"
        return f"It came most {', and '.join(said)}"


def week_of(data: Dataset, evaluation: Evaluation) -> Week:
    """Return the hours of the week.

    Raises `NotEnoughData` where no time of day is known, or too few are.
    """
    panel = before(data, evaluation)
    rows = data.of_measure("incident_hours", panel.measure)
    months = pd.DatetimeIndex(panel.counts.index)
    rows = rows[rows["month"].isin(months) & rows["area_code"].isin(panel.target)]
    recorded = int(panel.monthly(panel.target).sum())
    known = rows[rows["hour"].notna()]
    sums = known.pivot_table(index="hour", columns="weekday", values="count", aggfunc="sum")
    counts = sums.reindex(index=range(24), columns=list(WEEKDAYS)).fillna(0.0)
    if (timed := float(counts.to_numpy().sum())) < FEWEST:
        few = f"{round(timed):,} of {recorded:,} incidents before the start have a time of day"
        none = "No time of day of the incidents is on record"
        raise NotEnoughData(f"{few}: too few for a picture of the week" if len(rows) else none)
    midnight = round(rows["count"].sum() - timed)
    return Week(counts=counts, months=months, recorded=recorded, midnight=midnight)


def hours(data: Dataset, evaluation: Evaluation, week: Week) -> Table:
    """Return incidents by hour and day of the week, before the start."""
    frame = week.counts.set_axis([d[:3] for d in WEEKDAYS], axis=1)
    frame.insert(0, "hour", [f"{h:02}:00" for h in range(24)])
    columns = [column("number", d[:3], d, decimals=int(week.spread)) for d in WEEKDAYS]
    known, when = week.known(), span(*week.months[[0, -1]])
    notes = ["An incident of which only a span is known is spread evenly over its hours."]
    words = {"known": f"{known[0].upper()}{known[1:]}", "when": when, "columns": columns}
    return page_table(data, evaluation, "hours", frame, **words, notes=notes * week.spread)
