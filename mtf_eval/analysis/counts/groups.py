"""Coarser figures where most would be hidden: agencies of one kind, quarters for months.

Asked for by the data set (`groups` in `about`) or by the run; the records are named by their group
before anything is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from mtf_eval.errors import BadArgument
from mtf_eval.records.home import REFERENCE, read_rows

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.rules import Rule


PERIODS = ("quarter", "year")
GROUPS = ("agency", "ward", "theme", *PERIODS)
# Where the categories of a dimension stand: table, column, and the blocks it is so in.
PLACES = {
    "agency": (("referrals", "agency", ()), ("activity", "agency", ("domestic_abuse_support",))),
    "ward": (("referrals", "ward", ()),),
    "theme": (("referrals", "criteria", ()), ("activity", "category", ("interventions",))),
}


@cache
def _declared() -> Mapping[str, Mapping[str, str]]:
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for row in read_rows(REFERENCE / "category_groups.csv"):
        groups[row["dimension"]][row["category"]] = row["group"]
    return groups


def coarser(data: Dataset, rule: Rule, asked: str = "") -> Dataset:
    """Return the data set with what is asked for put together; as it is where nothing is hidden.

    `rule`: the disclosure rule of the page. `asked`: some of `GROUPS`, separated by `;`; by default
    what `about` says under `groups`. A category without a declared group stays as it is; a referral
    of several themes of one group counts once in it. Raises `BadArgument`: a group is unknown.
    """
    text = asked or data.about.get("groups", "")
    wanted = [word.strip() for word in text.split(";") if word.strip()]
    if unknown := [word for word in wanted if word not in GROUPS]:
        raise BadArgument(f"groups={'; '.join(unknown)}: expected some of {', '.join(GROUPS)}")
    if rule.off or not wanted:
        return data
    tables, said = dict(data.tables), {}
    for dimension in (word for word in wanted if word in PLACES):
        used: dict[str, set[str]] = defaultdict(set)
        for table, column, blocks in PLACES[dimension]:
            frame = tables[table].copy()
            rows = frame["block"].isin(blocks) if blocks else frame[column].notna()
            frame[column] = frame[column].astype("object")
            frame.loc[rows, column] = _named(frame.loc[rows, column], dimension, used)
            tables[table] = frame.astype({column: tables[table][column].dtype})
        named = [f"{name} ({', '.join(sorted(of))})" for name, of in sorted(used.items())]
        if named:
            said[dimension] = f"Put together so that fewer counts are hidden: {'; '.join(named)}."
    for period in (word for word in PERIODS if word in wanted):
        said["grain"] = period
        said["period"] = f"Shown by {period}, as most of the finer figures would be hidden."
    about = {**data.about, **{f"groups of {key}": words for key, words in said.items()}}
    return replace(data, tables=tables, about=about)


def _named(values: pd.Series[str], dimension: str, used: dict[str, set[str]]) -> pd.Series[str]:
    """Name each value, or each of several, by its group; what was put together goes into `used`."""
    groups = _declared()[dimension]

    def group(text: str) -> str:
        found = []
        for one in (part.strip() for part in text.split(";")) if dimension == "theme" else (text,):
            found.append(groups.get(one, one))
            if one in groups:
                used[groups[one]].add(one)
        return "; ".join(dict.fromkeys(found))

    return values.map(group, na_action="ignore")


def grain(data: Dataset, finest: str) -> str:
    """Return the shortest period to count by: `month`, `quarter` or `year`."""
    order = ("month", *PERIODS)
    return max(finest, data.about.get("groups of grain", finest), key=order.index)


def notes(data: Dataset, what: str) -> tuple[str, ...]:
    """Say that rows of a dimension, or periods, were put together; nothing where none were."""
    said = data.about.get(f"groups of {what}")
    return (said,) if said else ()
