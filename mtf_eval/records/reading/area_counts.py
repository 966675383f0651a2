"""A table of counts by ward with a column a month, to try estimators on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mtf_eval.errors import BadArgument

if TYPE_CHECKING:
    import pandas as pd


ENDS = ".csv.gz"
_AREA = ("ward", "area_code", "lsoa_code", "msoa_code")


def read_area_counts(path: Path) -> pd.DataFrame:
    """Return monthly counts as `police_uk.aggregate` does, from a table with a column a month.

    A compressed CSV with a column of area codes, `measure`, and columns named `2021-04`; others are
    left alone. Raises `BadArgument` for a missing column, or a count that is none.
    """
    import pandas as pd

    wide = pd.read_csv(path, dtype={name: str for name in _AREA})
    area = next((name for name in _AREA if name in wide), None)
    months = [c for c in wide if re.fullmatch(r"\d{4}-\d{2}", c)]
    if area is None or "measure" not in wide or not months:
        raise BadArgument(
            f"{path.name}: expected columns ward (or area_code), measure, and one a month named as "
            f"2021-04; it has {', '.join(map(str, wide.columns[:8]))}"
        )
    counts = wide[months].apply(pd.to_numeric, errors="coerce")
    wrong = (counts.isna() & wide[months].notna()) | (counts < 0) | (counts % 1 > 0)
    if wrong.any(axis=None):
        row, month = next((i, m) for m in months for i in counts.index[wrong[m]])
        raise BadArgument(f"{path.name}, row {row + 2}, column {month}: expected a whole number")
    long = counts.set_index([wide[area], wide["measure"]]).stack().dropna()
    frame = long.rename_axis(["area_code", "measure", "month"]).rename("count").reset_index()
    frame["month"] = pd.to_datetime(frame["month"])
    return frame.astype({"count": "int64"}).assign(source="")
