"""Counts that hold others: a total among the areas, periods that share days, sums to date.

Added up they count twice. What may be meant so is told, the rest is refused.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from mtf_eval.records.aliases import fold
from mtf_eval.records.reading.grids import Tidied

#: Sums by month that show an area to be the sum of the others: of many areas, and of fewer.
_MANY, _SURE = 5, 12
#: Steps up without one down that chance does not make: those of a year.
_STEPS = 11
_COUNTS = ("count", "received", "accepted", "rejected", "completed")


def hold_sums(read: Mapping[str, Tidied]) -> None:
    """Tell every count of a table that holds others of it."""
    if "incidents" in read and read["incidents"].grid.frame is None:
        _wholes(read["incidents"], read.get("project_areas"))
        _to_date(read, "incidents")
    if "monthly_referrals" in read:
        _to_date(read, "monthly_referrals")
    if "activity" in read:
        _overlapping(read["activity"])


def _wholes(incidents: Tidied, areas: Tidied | None) -> None:
    """Leave out an area that is the sum of all others, or ask whether it is."""
    frame = incidents.frame
    month = frame["month"].fillna(frame["date"].dt.to_period("M").dt.to_timestamp())
    table = frame["count"].fillna(1).groupby([month, frame["measure"], frame["area_code"]]).sum()
    cells = table.unstack(fill_value=0).astype(int)
    if len(cells.columns) < 3:
        return
    placed = cells.drop(columns="", errors="ignore")
    name, few = placed.sum().idxmax(), len(cells.columns) < _MANY
    whole, placed = cells.pop(name), placed.drop(columns=placed.sum().idxmax())
    # A total may be of the areas alone, or with what has none.
    rest, held = placed.sum(axis=1), whole > 0
    same = [(whole == each.sum(axis=1))[held].all() for each in (placed, cells)]
    sums = (placed[held].gt(0).sum(axis=1) > 1).sum()
    if sums < (_SURE if few else _MANY) or not (whole >= rest)[held].all():
        return
    place = {"row": frame.index[frame["area_code"] == name][0], "column": "area_code"}
    own = areas is not None and (areas.frame["area_code"] == name).any()
    if any(same) and not own:
        incidents.frame = frame[frame["area_code"] != name]
        text = "an area that is the sum of all others in every month left out"
        incidents.finding("repaired", text, **place)
    elif not few and whole.sum() < 2 * cells[held].sum(axis=None):
        text = "an area holds as many as all others together in every month: is it their total, "
        text += "with those that have no area? take it out"
        incidents.finding("warning", text, **place)


def _overlapping(activity: Tidied) -> None:
    """Refuse periods of one figure that share days: added up they count twice."""
    rows = activity.frame.sort_values("period_start")
    each = rows.groupby(["block", "measure", "agency", "category"], dropna=False)["period_end"]
    before = pd.to_datetime(each.transform(lambda ends: ends.cummax().shift()))
    for row in rows.index[rows["period_start"] <= before]:
        found = "a period that shares days with another of its figure"
        todo = "keep parts or whole; period_end is the last day of a period"
        activity.problem(found, "periods that add up", todo, row=row, column="period_start")


def _to_date(read: Mapping[str, Tidied], name: str) -> None:
    """Refuse counts that grow from one turn of the year to the next, or throughout: sums to date.

    What grew so month by month is declared complete in `coverage`.
    """
    tidied, frame = read[name], read[name].frame
    columns = [c for c in _COUNTS if c in frame]
    if not columns:
        return
    month = frame.get("month", pd.Series(pd.NaT, frame.index))
    if "date" in frame:
        month = month.fillna(frame["date"].dt.to_period("M").dt.to_timestamp())
    by = ["month", *(["area_code"] if "area_code" in frame else [])]
    rows = frame.assign(month=month, of=frame.get("measure", "referrals"))
    for what, part in rows.dropna(subset=[*by, *columns[:1]]).groupby("of"):
        if part[columns].eq(1).all(axis=None) or _declared(read, name, what, part["month"]):
            continue
        sums = part.groupby(by)[columns].sum()
        table = (sums.unstack() if len(by) > 1 else sums).asfreq("MS").ffill()
        step, months = table.diff(), pd.DatetimeIndex(table.index).month
        falls, rises = ((each.sum(axis=1)).groupby(months).sum() for each in (step < 0, step > 0))
        turn = (months == falls.idxmax()) & step.notna().any(axis=1)
        last, first = (each[turn].sum(axis=None) for each in (table.shift(), table))
        halves = falls.any() and 2 * first < last
        # Without a turn it grows throughout: one series that doubles, or areas in many steps.
        ends = rises.sum() >= _MANY * _SURE or len(by) == 1
        ends &= bool(2 * table.iloc[0].sum() < table.iloc[-1].sum())
        beyond = falls.sum() - (falls.max() if halves else 0)
        # Columns of one table move together: two of them are asked to.
        told = min(_SURE / 2, part["month"].dt.month.nunique() - 1)
        sure = rises.sum() >= _STEPS * min(2, len(columns)) and (rises > 0).sum() >= told
        if sure and 20 * beyond <= rises.sum() and (halves or ends):
            found = f"counts of {what} that only grow, from a year's turn to the next: sums to date"
            todo = "take the month before from each month, or ask for the counts by month; if each "
            todo += f"is its month's own, declare them all complete in coverage (source {name}"
            todo += f", measure {what})" if name == "incidents" else ")"
            one = "the count of each month alone"
            tidied.problem(found, one, todo, column=columns[0])


def _declared(
    read: Mapping[str, Tidied], name: str, what: Hashable, months: pd.Series[Any]
) -> bool:
    """Whether all months of a table's counts, or of a measure, are declared complete."""
    if "coverage" not in read:
        return False
    rows = read["coverage"].frame
    own = fold(name)
    whole = rows["complete"].fillna("yes").eq("yes") & rows["area_code"].isna()
    whole &= rows["force"].isna() & rows["first"].le(months.min()) & rows["last"].ge(months.max())
    named = rows["measure"].eq(what)
    named |= rows["source"].map(fold).eq(own) & rows["measure"].isna()
    return bool((whole & named).any())
