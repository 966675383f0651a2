"""The example moved in time: what prices do not reach shows, and nothing else moves.

A fixed part of the study of `benchmarks.shifts`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.shifts import EXAMPLE, Moved, differences, partial, shifted, worked_out
from mtf_eval.run import cli

SHIFTS = (12, 24)
PROJECTS = ("EX02", "EX03", "EX09")


@pytest.fixture(scope="module")
def before() -> Moved:
    return worked_out(EXAMPLE, 0, PROJECTS)


@pytest.mark.parametrize("months", SHIFTS)
def test_effects_stay_and_pounds_move_by_prices_alone(
    months: int, tmp_path: Path, before: Moved
) -> None:
    after = worked_out(shifted(tmp_path / "data", months), months, PROJECTS)
    assert not list(differences(before, after))
    spent = [sum(b.results["present_value_costs_gbp"] for b in each.benefits.values())
             for each in (before, after)]  # fmt: skip
    # Prices of later years are dearer, so the same pounds paid later are worth less of 2023/24.
    assert spent[1] < spent[0]


def test_the_study_sees_a_cost_left_out_and_an_effect_that_moved(before: Moved) -> None:
    one = before.benefits["EX09"]
    short = replace(one, flow=one.flow[one.flow["source_row"] != one.paid[0].source_row])
    assert partial(short)
    assert not partial(replace(short, results=pd.Series(float("nan"), index=one.results.index)))
    key = next(iter(before.effects))
    other = before._replace(effects=before.effects | {key: (0.5, 0.4, 0.6, 1.0)})
    assert list(differences(before, other)) == [f"the effect of {' '.join(key)}"]


@pytest.mark.parametrize("months", SHIFTS)
def test_the_moved_example_is_priced_in_full(
    months: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shifted(tmp_path / "data", months)
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(place)])
    said = capsys.readouterr()
    assert int(ended.value.code or 0) == 0, said.err
    assert "no price" not in said.out


def test_costs_the_deflator_does_not_reach_stop_the_moved_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(shifted(tmp_path / "data", 96))])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "costs.csv" in said
    assert "which has no price" in said
