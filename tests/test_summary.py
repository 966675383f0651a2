"""The year's tables as the door sees them: every addition stated, nothing small comes out."""

from __future__ import annotations

import pandas as pd
import pytest
from dashboard import HERE

from mtf_eval import Door, load, referrals, summary
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


@pytest.fixture(scope="module")
def thanet() -> Dataset:
    return load(HERE)


@pytest.fixture(scope="module")
def tables(thanet: Dataset) -> dict[str, Table]:
    return {t.name: t for t in summary.people_tables(thanet)}


def cell(tables: dict[str, Table], name: str) -> int | None:
    """Value of `table/row/column`; `None` when the run has no such table."""
    home, rest = name.split("/", 1)
    row, column = rest.rsplit("/", 1)
    if home not in tables:
        return None
    position = tables[home].row_keys().index(row)
    value = tables[home].frame[column].iloc[position]
    return None if pd.isna(value) else int(value)


def test_every_link_is_an_addition_that_holds(tables: dict[str, Table]) -> None:
    held = 0
    for table in tables.values():
        for link in table.links:
            parts = [cell(tables, p) for p in link.parts]
            total = cell(tables, link.total)
            if total is None or None in parts:
                continue
            assert total == sum(p for p in parts if p is not None), link
            held += 1
    assert held > 100


@pytest.mark.parametrize(
    "total",
    [
        "referrals_headline_2021/2021/accepted",
        "referrals_by_quarter_2021/July to September/received",
        "interventions_by_stream_2021/Key criteria/count",
        "support_by_risk_2021/Total/previous",
        "incoming_by_year_2021/January to April 2021/n",
    ],
)
def test_sums_across_tables_are_named(tables: dict[str, Table], total: str) -> None:
    assert any(link.total == total for t in tables.values() for link in t.links)


def test_every_total_row_is_the_sum(tables: dict[str, Table]) -> None:
    for table in tables.values():
        if table.total_row:
            for column in table.people:
                rows = table.frame[column]
                if rows.notna().any():
                    assert rows.iloc[-1] == rows.iloc[:-1].sum(), (table.name, column)


def test_names_are_unique_and_every_people_table_of_the_year_is_named(
    thanet: Dataset, tables: dict[str, Table]
) -> None:
    for table in summary.yearly(thanet, year=2021):
        if table.people:
            assert table.name in tables
    assert len(tables) == len(list(summary.people_tables(thanet)))


def test_public_shows_no_small_count_and_quarters_for_months(
    thanet: Dataset, tables: dict[str, Table]
) -> None:
    door = Door("public", tables=tables.values())
    for table in tables.values():
        released = door(table)
        for column in released.table.people:
            shown = released.frame[column].dropna()
            assert not shown.between(1, 4).any(), (table.name, column)
    months = referrals.by_month(thanet, year=2021)
    quarters = referrals.by_quarter(thanet, year=2021)
    released = door.choose(months, quarters)
    assert released.table.name == quarters.name
    assert released.frame["received"].tolist() == [55, 50, 51, 32, 188]


def test_years_and_what_they_cover(thanet: Dataset) -> None:
    assert summary.years(thanet) == (2020, 2021)
    assert summary.covered(thanet, year=2021) == "1 January to 15 December 2021"
    assert summary.covered(thanet, year=2020) == "January to December 2020"
