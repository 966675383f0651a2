"""The tables of a year: what they add up to, which years there are."""

from __future__ import annotations

import pytest
from dashboard import HERE

from benchmarks.disclosure import yearly
from mtf_eval import load
from mtf_eval.analysis.counts import referrals
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


@pytest.fixture(scope="module")
def thanet() -> Dataset:
    return load(HERE)


@pytest.fixture(scope="module")
def tables(thanet: Dataset) -> dict[str, Table]:
    return {t.name: t for t in yearly(thanet, year=2021) if t.people}


def test_every_total_row_is_the_sum(tables: dict[str, Table]) -> None:
    for table in tables.values():
        if table.total_row:
            for column in table.people:
                rows = table.frame[column]
                if rows.notna().any():
                    assert rows.iloc[-1] == rows.iloc[:-1].sum(), (table.name, column)


def test_years_and_what_they_cover(thanet: Dataset) -> None:
    assert referrals.years(thanet) == (2020, 2021)
    assert referrals.covered(thanet, year=2021) == "1 January to 15 December 2021"
    assert referrals.covered(thanet, year=2020) == "January to December 2020"
