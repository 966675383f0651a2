"""What is declared of the records: the table `coverage`, its rows matched to what they are about.

Decides nothing; `coverage` weighs what is declared against the other evidence.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mtf_eval.records.aliases import fold
from mtf_eval.records.dataset import Dataset

__all__ = ["declared", "force_key", "sources"]

_FORCE_WORDS = ("police", "constabulary", "service", "force", "the", "of", "and")


def declared(data: Dataset, measure: str, table: str = "incidents") -> pd.DataFrame:
    """Return what is declared of a table and measure, forces as the records name them.

    `source` may name a table, a force or source of the incidents, or be the publisher's name.
    """
    rows = data.table("coverage").copy()
    for column in ("source", "force", "area_code", "reason"):
        rows[column] = rows[column].fillna("")
    own = rows["source"].map(fold).isin({fold(t) for t in data.tables} - {"incidents"})
    if table != "incidents":
        rows = rows[rows["source"].map(fold) == fold(table)]
    else:
        rows = rows[~own & (rows["measure"].isna() | (rows["measure"] == measure))]
        known = sources(data.table("incidents")["source"])
        named_so = rows["source"].map(lambda s: known.get(force_key(s), ""))
        rows["force"] = (
            rows["force"]
            .map(lambda s: known.get(force_key(s), s))
            .where(rows["force"] != "", named_so.where(rows["area_code"] == "", ""))
        )
    return rows.assign(complete=rows["complete"].fillna("yes") == "yes")


def force_key(name: str) -> str:
    """Fold a force's name as records and files write it: Kent Police, kent."""
    words = fold(name).split()
    return " ".join([w for w in words if w not in _FORCE_WORDS] or words)


def sources(column: pd.Series[str]) -> Mapping[str, str]:
    """Return the sources that records name, by the folded name."""
    return {force_key(s): s for s in column.dropna().unique() if s}
