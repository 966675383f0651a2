"""Times of incidents to counts by hour of the week; an incident of a span is spread over it.

Aoristic weights (Ratcliffe 2000, 2002): each hour by its share of the span, one an incident. A time
of 00:00 that is written far more often than chance or rounding explains reads as not known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.records.reading.grids import Tidied
from mtf_eval.records.tables import TABLES, WEEKDAYS, empty

WEEK = 7 * 24
#: 00:00 holds this many times what the hours before and after hold on average, and so many rows.
TIMES, FEW = 3, 10
_HOUR = pd.Timedelta(hours=1)


def parted(frame: pd.DataFrame) -> pd.DataFrame:
    """Part days from the times written with them; a column of times goes before those.

    A column in which no day has a time but midnight has days only.
    """
    for day, at in (("date", "time"), ("date_to", "time_to")):
        beside = (frame[day] - frame[day].dt.normalize()) / _HOUR
        if beside.gt(0).any():
            frame[at] = frame[at].fillna(beside)
        frame[day] = frame[day].dt.normalize()
    return frame


def by_hour(tidied: Tidied) -> pd.DataFrame:
    """Count incidents by month, area, measure and hour of the week; tell what was left out."""
    rows = tidied.frame
    rows = rows[rows["date"].notna() & rows["time"].notna()] if "time" in rows else rows[:0]
    if rows.empty:
        return empty(TABLES["incident_hours"])
    start = rows["date"] + rows["time"] * _HOUR
    end = _end(rows, start)
    if (wrong := end < start).any():
        text = f"{int(wrong.sum())} incident(s) end before they begin, first here: times not used"
        tidied.finding("warning", text, row=rows.index[wrong][0], column="time_to")
        rows, start, end = (each[~wrong] for each in (rows, start, end))
    unknown = _defaults(tidied, rows, start, end)
    number, hours, weights = spread(start[~unknown], end[~unknown])
    known = rows[~unknown].iloc[number]
    made = pd.concat([known, rows[unknown]])
    counts = made["count"].astype("float64").fillna(1).to_numpy()
    none = np.full(int(unknown.sum()), -1)
    hours = np.concatenate([hours, none])
    made = made[["area_code", "measure"]].assign(
        month=made["date"].dt.to_period("M").dt.to_timestamp(),
        hour=hours,
        count=counts * np.concatenate([weights, np.ones(len(none))]),
    )
    keys = ["month", "area_code", "measure", "hour"]
    sums = made.groupby(keys, as_index=False, sort=True)["count"].sum()
    day, hour = np.divmod(sums["hour"].to_numpy(), 24)
    sums["weekday"] = np.array([*WEEKDAYS, None], dtype=object)[day]
    sums["hour"] = pd.array(hour, "Int64")
    sums.loc[day < 0, "hour"] = pd.NA
    types = empty(TABLES["incident_hours"]).dtypes
    return sums[[*types.index]].astype(types.to_dict())


def _end(rows: pd.DataFrame, start: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Return the end of each span, the start where there is none.

    A later day without a time is taken to its end; an earlier time without a day is of the next.
    """
    day = rows["date_to"].fillna(rows["date"])
    open_ended = rows["time_to"].isna()
    end = (day + rows["time_to"].fillna(24) * _HOUR).mask(open_ended & (day == rows["date"]), start)
    over_night = (end < start) & rows["date_to"].isna()
    return end.mask(over_night, end + pd.Timedelta(days=1))


def _defaults(
    tidied: Tidied, rows: pd.DataFrame, start: pd.Series[pd.Timestamp], end: pd.Series[pd.Timestamp]
) -> pd.Series[bool]:
    """Tell which times of 00:00 or 00:01 stand for none: those of a source with far too many."""
    minute = start.dt.hour * 60 + start.dt.minute
    midnight = (minute <= 1) & (start == end)
    near, by = start.dt.hour.isin([23, 1]), rows["source"].fillna("")
    many, beside = midnight.groupby(by).transform("sum"), near.groupby(by).transform("sum") / 2
    unknown = midnight & (many >= FEW) & (many > TIMES * beside.clip(lower=1))
    if unknown.any():
        text = f"{int(unknown.sum()):,} of {len(rows):,} times are 00:00 (or 00:01), far more than "
        text += "the hours beside it hold: read as not known, and left out of the hours of the week"
        tidied.finding("warning", text, row=rows.index[unknown][0], column="time")
    return unknown


def spread(
    start: pd.Series[pd.Timestamp], end: pd.Series[pd.Timestamp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Spread each incident evenly over the hours of the week it may have happened in.

    Returns, for each hour it may lie in, the incident's place, the hour of the week from Monday
    00:00, and its weight. One longer than a week lies in every hour alike.
    """
    monday = pd.Timestamp(2000, 1, 3)
    first, last = (((t - monday) / _HOUR).to_numpy("float64") for t in (start, end))
    long = last - first > WEEK
    first, last = np.where(long, 0.0, first), np.where(long, float(WEEK), last)
    begin = np.floor(first)
    cells = np.where(last > first, np.ceil(last) - begin, 1).astype(int)
    place = np.repeat(np.arange(len(first)), cells)
    hour = begin[place] + np.arange(len(place)) - np.repeat(np.cumsum(cells) - cells, cells)
    length = (last - first)[place]
    inside = np.minimum(hour + 1, last[place]) - np.maximum(hour, first[place])
    weight = np.divide(inside, length, out=np.ones(len(place)), where=length > 0)
    return place, (hour % WEEK).astype(int), weight
