"""The log of referrals: on which day each row counts, and what became of it.

A referral counts as received on the day it was, and by its outcome on the day it was decided; what
lies in a month that is not on record counts in no total.
"""

from __future__ import annotations

import pandas as pd

from mtf_eval.records.coverage import kept
from mtf_eval.records.dataset import Dataset, once

COUNTS = ("received", "accepted", "rejected", "saras", "pending", "completed")


@once
def core_log(data: Dataset) -> pd.DataFrame:
    """Return the log without the home security stream."""
    log: pd.DataFrame = data.table("referrals")
    core: pd.DataFrame = log[log["stream"].fillna("core") == "core"]
    return core


@once
def counted_on(data: Dataset) -> pd.DataFrame:
    """Return the days on which each row of the log counts, missing in a month not on record.

    Returns a frame with `received`, and `outcome`: the day decided, that of receipt where none is
    given.
    """
    log = data.table("referrals")
    days = log[["received"]].assign(outcome=log["decided"].fillna(log["received"]))
    months = kept(data, "referrals")
    there = days.apply(lambda d: d.dt.to_period("M").dt.to_timestamp().isin(months.index[months]))
    return days.where(there)


@once
def logged(data: Dataset, year: int) -> bool:
    """Whether the year is the log's: received in it, or decided where no month is published."""
    log, published = data.table("referrals"), data.table("monthly_referrals")["month"]
    days = ["received"] if (published.dt.year == year).any() else ["received", "decided"]
    return any((log[day].dt.year == year).any() for day in days)


@once
def standing(data: Dataset) -> pd.Series[pd.Timestamp]:
    """Return published months that stand: those outside the log, from its first received on."""
    months, received = data.table("monthly_referrals")["month"], core_log(data)["received"]
    inside = months.between(received.min().replace(day=1), received.max())
    own = months.dt.year.map(lambda year: logged(data, year)).astype(bool)
    stands: pd.Series[pd.Timestamp] = months[~(own & inside)]
    return stands


@once
def dated(data: Dataset, year: int) -> bool:
    """Whether outcomes of the year are counted by their day of decision."""
    return logged(data, year) and bool((core_log(data)["decided"].dt.year == year).any())


def completed(log: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows were accepted and completed; a closing date says so too."""
    done = (log["status"] == "completed") | log["closed"].notna()
    return (log["decision"] == "accepted") & done


def as_told(counts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Leave the completed open where the log says of no referral what became of it."""
    told = log[["status", "closed"]].notna().any(axis=None)
    return counts if told else counts.assign(completed=pd.array([pd.NA] * len(counts), "Int64"))


def count_outcomes(
    log: pd.DataFrame, received: pd.Series, outcome: pd.Series | None = None
) -> pd.DataFrame:
    """Count a log's rows within groups; one row a group.

    `log`: one row a referral. `received`: group in which each row counts as received, and as
    pending; missing where in none. `outcome`: group in which its outcome counts; as `received`
    where not given.
    """
    decision = log["decision"]
    came = pd.DataFrame({"received": True, "pending": decision == "pending"}, index=log.index)
    outcomes = {"accepted": "accepted", "rejected": "rejected", "saras": "sara"}
    became = pd.DataFrame({name: decision == word for name, word in outcomes.items()})
    became["completed"] = completed(log)
    counts = came.astype("Int64").groupby(received).sum()
    became = became.astype("Int64").groupby(received if outcome is None else outcome).sum()
    return counts.join(became, how="outer").fillna(0)[list(COUNTS)]


@once
def counts_by(data: Dataset, by: str, year: int) -> pd.DataFrame:
    """Count a year of the log within the values of a column: received in it, decided in it."""
    log = core_log(data)
    group = log[by].astype("object").fillna("Not recorded")
    every = sorted(group.unique())
    inside = counted_on(data).loc[log.index].apply(lambda days: days.dt.year == year)
    counts = count_outcomes(log, *(group.where(inside[c]) for c in inside))
    # Every value on record, in any year: one that is missing would be known to be none.
    return as_told(counts.reindex(pd.Index(every, name=by), fill_value=0), log)
