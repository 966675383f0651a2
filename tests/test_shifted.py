"""The example moved in time: what prices do not reach shows, and nothing else moves.

A fixed part of the study; `SHIFTS` in the environment (`-60,-48,...`) runs more of it.
"""

from __future__ import annotations

import csv
import os
import re
from calendar import monthrange
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtf_eval.analysis import benefit
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.records.load import load
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.run import cli

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
SHIFTS = [int(months) for months in os.environ.get("SHIFTS", "12,24").split(",")]
PROJECTS = ("EX02", "EX03", "EX09")


def moved(text: str, months: int) -> str:
    found = DATE.fullmatch(text)
    if not found:
        return text
    n = int(found[1]) * 12 + int(found[2]) - 1 + months
    if not found[3]:
        return f"{n // 12}-{n % 12 + 1:02}"
    was, last = (monthrange(m // 12, m % 12 + 1)[1] for m in (n - months, n))
    day = last if int(found[3]) == was else min(int(found[3]), last)
    return f"{n // 12}-{n % 12 + 1:02}-{day:02}"


def shifted(target: Path, months: int) -> Path:
    """Copy the example with every date moved by some months."""
    target.mkdir()
    for path in EXAMPLE.glob("*.csv"):
        if path.name == "truth.csv":
            continue
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head, *rows = csv.reader(stream)
        with (target / path.name).open("w", encoding="utf-8", newline="") as stream:
            body = [[moved(cell, months) for cell in row] for row in rows]
            csv.writer(stream).writerows([head, *body])
    return target


Appraised = Callable[[Path, str, str], dict[str, tuple[Any, benefit.Benefit]]]


@pytest.fixture(scope="module")
def appraised() -> Appraised:
    known: dict[tuple[Path, str, str], dict[str, tuple[Any, benefit.Benefit]]] = {}

    def appraise(place: Path, as_of: str, year: str) -> dict[str, tuple[Any, benefit.Benefit]]:
        if (place, as_of, year) in known:
            return known[place, as_of, year]
        data, values, done = load(place, as_of=as_of), load_reference(), {}
        for name in PROJECTS:
            found = projects.evaluate(data, name, as_of=as_of, rng=np.random.default_rng(1))
            worth = benefit.analyse(
                data, found, values, price_year=year, horizon_years=5,
                rng=np.random.default_rng(1), draws=0,
            )  # fmt: skip
            done[name] = found, worth
        return known.setdefault((place, as_of, year), done)

    return appraise


@pytest.mark.parametrize("months", SHIFTS)
def test_effects_stay_and_pounds_move_by_prices_alone(
    months: int, tmp_path: Path, appraised: Appraised
) -> None:
    before = appraised(EXAMPLE, "2024-12-31", "2023/24")
    as_of = moved("2024-12-31", months)
    after = appraised(shifted(tmp_path / "data", months), as_of, "2023/24")
    index = load_reference().covered
    for name in PROJECTS:
        (was, old), (now, new) = before[name], after[name]
        for measure, effect in was.effects.items():
            same = now.effects[measure]
            for field in ("estimate", "low", "high", "avoided"):
                assert getattr(same, field) == pytest.approx(getattr(effect, field), rel=1e-9)
        assert not new.unpriced
        spent = [[x for x in each.lines if x.route == "cost"] for each in (old, new)]
        assert len(spent[0]) == len(spent[1]) > 0
        # A cost is of its own year: only the deflator stands between the two.
        present = [
            each.flow[each.flow["side"].eq("cost")].groupby("source_row")["present_gbp"].sum()
            for each in (old, new)
        ]
        for one, other in zip(*spent, strict=True):
            ratio = index[one.price_year] / index[other.price_year]
            expected = present[0][one.source_row] * ratio
            assert present[1][other.source_row] == pytest.approx(expected, rel=1e-9)
        key = "present_value_benefits_gbp"
        assert new.results[key] == pytest.approx(old.results[key], rel=1e-9)


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
