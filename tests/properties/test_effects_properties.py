"""What must hold for any counts: order, scale and direction change nothing they should not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Estimate, Panel
from mtf_eval.analysis.effects.result import Quantity
from mtf_eval.errors import NotEnoughData

SOME = st.integers(1, 400)
MONTHS = pd.date_range("2022-01-01", periods=12, freq="MS")


def relative(**counts: float) -> Estimate:
    """Leave out what is refused: limits beyond a millionfold change."""
    try:
        return effects.ratio_of_ratios(**counts)
    except NotEnoughData:
        reject()


@settings(deadline=None)
@given(SOME, SOME, SOME, SOME, st.floats(1, 5))
def test_swapping_the_periods_turns_the_ratio_over(a: int, b: int, c: int, d: int, phi: float):
    there = relative(before=a, after=b, comparison_before=c, comparison_after=d, dispersion=phi)
    back = relative(before=b, after=a, comparison_before=d, comparison_after=c, dispersion=phi)
    assert there.estimate * back.estimate == pytest.approx(1)
    assert there.low * back.high == pytest.approx(1)
    assert there.details["relative_effect_size"] * there.estimate == pytest.approx(1)


@settings(deadline=None)
@given(SOME, st.integers(0, 400))
def test_exact_interval_and_p_agree(before: int, after: int) -> None:
    found = effects.rate_ratio(before=before, after=after)
    assert found.low <= found.estimate <= found.high
    if abs(found.p - 0.05) > 1e-9:
        assert (found.p < 0.05) == found.distinguishable
    assert found.avoided == pytest.approx(before - after)
    assert found.avoided_low - 1e-9 <= found.avoided <= found.avoided_high + 1e-9


@settings(deadline=None)
@given(SOME, SOME, SOME, SOME, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_a_higher_level_gives_a_wider_interval(a: int, b: int, c: int, d: int, level: float):
    counts = {"before": a, "after": b, "comparison_before": c, "comparison_after": d}
    narrow = relative(**counts, level=level - 0.05)
    wide = relative(**counts, level=level)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=40).filter(any), st.randoms())
def test_concentration_knows_no_order_and_stays_in_its_range(counts: list[int], order) -> None:
    shuffled = counts.copy()
    order.shuffle(shuffled)
    found = effects.concentration(counts=counts)
    assert found.estimate == pytest.approx(effects.concentration(counts=shuffled).estimate)
    assert -1e-9 <= found.estimate <= 1
    line = effects.lorenz(counts=counts)
    assert line["share_of_incidents"].iloc[-1] == pytest.approx(1)
    # In the worst so many places, so many at once.
    worst = [sum(sorted(counts)[-n:]) / sum(counts) for n in line["places"]]
    assert line["share_of_incidents"].tolist() == pytest.approx(worst)
    assert list(line["places"]) == list(range(1, len(counts) + 1))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_row_order_changes_no_panel_estimate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.poisson(rng.gamma(4, 3, 30), (12, 30)),
        index=MONTHS,
        columns=[f"E{i}" for i in range(30)],
    )
    fields = {"target": ("E3",), "start": MONTHS[6]}
    one = Panel(counts=frame, **fields)
    two = Panel(counts=frame.sample(frac=1, random_state=seed % 1000), **fields)
    for estimator in (effects.placebo_calibrated, effects.difference_in_differences):
        assert estimator(panel=one).estimate == pytest.approx(estimator(panel=two).estimate)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_changing_what_happened_later_never_changes_who_the_controls_are(seed: int, size: int):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.poisson(rng.gamma(4, 3, 60) + 1, (12, 60)),
        index=MONTHS,
        columns=[f"E{i:02d}" for i in range(60)],
    )
    target = tuple(f"E{i:02d}" for i in range(10, 10 + size))
    other = frame.copy()
    other.iloc[6:] = rng.poisson(8, (6, 60))
    chosen = [
        set(
            effects.placebo_controls(panel=Panel(counts=f, target=target, start=MONTHS[6]))["areas"]
        )
        for f in (frame, other)
    ]
    assert chosen[0] == chosen[1]


@settings(deadline=None)
@given(st.floats(0.05, 0.6), st.floats(0.01, 0.3))
def test_more_incidents_show_smaller_falls(share: float, excess: float) -> None:
    few = effects.minimum_detectable_effect(before=50, after_share=share, excess=excess)
    many = effects.minimum_detectable_effect(before=500, after_share=share, excess=excess)
    assert 0 < many < few < 1
    floor = 1 - math.exp(-(1.959964 + 0.841621) * math.sqrt(excess))
    assert many > floor - 1e-6


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_shares_stay_between_none_and_all(n: int, data) -> None:
    found = effects.proportion(yes=data.draw(st.integers(0, n)), n=n)
    assert -1e-12 <= found.low <= found.estimate + 1e-12
    assert found.estimate <= found.high + 1e-12 <= 1 + 2e-12


def test_a_lower_level_gives_an_interval_inside_the_other() -> None:
    answers = {"before": [1, 2, 2, 3, 4, 1, 2, 3], "after": [3, 2, 4, 5, 2, 4, 1, 5]}
    calls: dict[str, Callable[[float], Quantity]] = {
        "share": lambda level: effects.proportion(yes=7, n=20, level=level),
        "two shares": lambda level: effects.proportion_change(
            yes_before=7, n_before=20, yes_after=11, n_after=30, level=level
        ),
        "paired": lambda level: effects.paired_change(
            both=20, gained=9, lost=6, neither=12, level=level
        ),
        "ordinal": lambda level: effects.ordinal_change(**answers, level=level),
        "displacement": lambda level: effects.weighted_displacement_difference(
            target=(100, 70), comparison=(90, 95), level=level
        ),
    }
    for name, call in calls.items():
        wide, narrow = call(0.95), call(0.8)
        assert (wide.level, narrow.level) == (0.95, 0.8)
        assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high, name
        assert (wide.estimate, wide.p) == (narrow.estimate, narrow.p), name
