"""A data set as it stood on a day: what was dated later left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
from pandas.tseries.offsets import MonthEnd

from mtf_eval.records.dataset import CONTENT, Dataset, Finding
from mtf_eval.records.tables import TABLES


def own_day(data: Dataset) -> date | None:
    """Return the day the records run to: as `about` says, or the latest of what has happened.

    What is planned for later does not count, nor a day after today: it is mistyped.
    """
    if data.until:
        return data.until
    days, today = [], pd.Timestamp(date.today())
    for name, schema in TABLES.items():
        frame = data.tables[name]
        for column in {*schema.past, "as_at", "updated"} & set(frame):
            if pd.notna(latest := frame[column][frame[column] <= today].max()):
                month = column in schema.of_kind(["month"])
                days.append(latest + MonthEnd(0) if month else latest)
    return min(max(days), today).date() if days else None


def cut(data: Dataset, limit: date) -> Dataset:
    """Leave out what is dated after a day, as if the data had been read then."""
    end, content = pd.Timestamp(limit), data.memo.get(CONTENT)
    tables, findings = dict(data.tables), list(data.findings)
    about = dict(data.about)
    if "as_at" in about:
        about["as_at"] = min(about["as_at"], limit.isoformat())
    for name, schema in TABLES.items():
        event, frame = schema.event, tables[name]
        if not event or frame.empty:
            continue
        late = frame[event] > end
        if "as_at" in frame:  # a count of a time that ends later, and was published later
            last = "period_end" if "period_end" in frame else event
            ends = frame[last] + MonthEnd(0) if last in schema.of_kind(["month"]) else frame[last]
            late |= (ends > end) & ~(frame["as_at"] <= end)
        if late.any():
            if name == "costs":
                data = replace(data, ahead=frozenset(frame.loc[late, "project_id"].astype(str)))
            text = f"{int(late.sum())} row(s) dated after {limit:%Y-%m-%d} left out"
            findings.append(Finding(kind="note", table=name, text=text))
            tables[name] = frame = frame[~late].reset_index(drop=True)
        if name == "referrals":
            tables[name] = _as_it_stood(frame, end)
    sources = (replace(s, as_at=s.as_at and min(s.as_at, limit)) for s in data.sources)
    then = replace(
        data,
        tables=tables,
        findings=tuple(findings),
        about=about,
        sources=tuple(sources),
        as_of=limit,
    )
    if content:
        then.memo[CONTENT] = f"{content} {limit}"
    then.reads.add("day")
    if limit != own_day(data):
        then.reads.add("incidents")  # what is on record is digested up to the day all runs to
    return then


def _as_it_stood(log: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Take back what was decided or closed after a day."""
    open_still, undecided = log["closed"] > end, log["decided"] > end
    return log.assign(
        status=log["status"].mask(open_still, "ongoing").mask(undecided),
        closed=log["closed"].mask(open_still | undecided),
        decision=log["decision"].mask(undecided, "pending"),
        decided=log["decided"].mask(undecided),
    )
