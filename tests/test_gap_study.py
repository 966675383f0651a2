"""A fixed tenth of the study of gaps: no claim whose cause is a gap, and still answers."""

from __future__ import annotations

import pytest

from benchmarks.gaps import KINDS, answers, nought, study

pytestmark = pytest.mark.slow


def test_no_claim_out_of_gaps() -> None:
    frame = study(20)
    assert set(frame["kind"]) == set(KINDS)
    assert not (frame["by_gap"] & frame["seen"]).any()
    # 5 % are promised where nothing was done; of 20, more than 4 would be 1 in 400.
    assert frame["claimed"].sum() <= 4
    assert not frame.loc[frame["kind"] == "share without area jumps", "answered"].any()
    assert frame["seen"].mean() >= 0.7


def test_with_months_missing_it_still_answers() -> None:
    frame = answers(20)
    assert frame["answered"].mean() >= 0.8
    assert frame.loc[frame["answered"], "covers"].mean() >= 0.85


def test_a_declared_fall_to_nought_is_claimed() -> None:
    found = nought().primary
    assert found is not None
    assert found.estimate < 0.02
    assert found.high < 0.1
