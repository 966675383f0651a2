"""The result tables as they are declared: each of a known shape, each used, none named twice."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mtf_eval.analysis.results.columns import DECLARED, Period, lay

PACKAGE = Path(__file__).parent.parent / "mtf_eval"
ROWS = list(csv.DictReader(DECLARED.open(encoding="utf-8", newline="")))
TABLES = [row["table"] for row in ROWS if row["kind"] == "table"]
FLAGS = {"", "total", "exact", "optional", "standing", "adds up", "%"}


def test_every_table_is_declared_once_and_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert len(TABLES) == len(set(TABLES)) > 90
    for name in TABLES:
        short = re.sub("^(benefit|project|survey)_", "", name)
        used = re.search(rf'"({name}|{short})"|@tabled\ndef {short}\(', code)
        assert used, f"{name} is declared and never laid"


def test_rows_are_of_known_kinds() -> None:
    kinds = {"label", "text", "date", "people", "count", "money", "number", "share", "change"}
    for row in ROWS:
        assert row["kind"] in kinds | {"table", "note", "columns"}, row
        assert set(re.sub("{.*}", "", row["marks"]).split("; ")) <= FLAGS, row
        assert (row["kind"] in ("share", "change")) == bool(row["of"]), row
        assert bool(row["heading"]) == (row["kind"] != "columns"), row


def test_columns_that_are_not_held_are_left_out_where_they_may_be() -> None:
    rows = pd.DataFrame({"priority": ["A", "Total"], "rows": [3, 3], "green": [3, 3]})
    table = lay("progress_summary", rows, "our own", as_at=None)
    assert [c.heading for c in table.columns] == ["Priority", "Actions", "Green"]
    assert table.total_row
    own = lay("bids_by_status", [], "us", as_of=date(2021, 1, 1), notes=("Own.",))
    assert own.notes[-1] == "Own."
    with pytest.raises(KeyError, match="rows"):
        lay("progress_summary", rows.drop(columns="rows"), "our own", as_at=None)


@pytest.mark.parametrize(
    ("half", "start", "end", "slug", "words", "after"),
    [
        (None, "2021-01-01", "2021-12-31", "2021", "2021", Period(2022)),
        (1, "2021-01-01", "2021-06-30", "2021_h1", "January to June 2021", Period(2021, 2)),
        (2, "2021-07-01", "2021-12-31", "2021_h2", "July to December 2021", Period(2022, 1)),
    ],
)
def test_a_period(
    half: int | None, start: str, end: str, slug: str, words: str, after: Period
) -> None:
    period = Period(2021, half)
    assert (f"{period.start}", f"{period.end}") == (start, end)
    assert (period.slug, period.words, period.next) == (slug, words, after)
    assert period.before == Period(2020, half)
    days = pd.date_range("2020-12-31", "2022-01-01", freq="D").to_series()
    held = days[period.holds(days)]
    assert (f"{held.min():%Y-%m-%d}", f"{held.max():%Y-%m-%d}") == (start, end)
    moments = pd.Series(pd.to_datetime([f"{end} 23:59:59", None]))
    assert period.holds(moments).tolist() == [True, False]
