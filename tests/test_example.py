"""The illustrative partnership: rebuilt byte for byte, checked, and told by its pages as it is."""

from __future__ import annotations

import csv
import runpy
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load

FOLDER = Path(__file__).parent.parent / "data" / "example"
AS_OF = "2024-12-31"
Truth = Mapping[tuple[str, str], Mapping[str, str]]


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load(FOLDER, as_of=AS_OF)


@pytest.fixture(scope="module")
def truth() -> Truth:
    with (FOLDER / "truth.csv").open(encoding="utf-8") as file:
        return {(r["project_id"], r["measure"]): r for r in csv.DictReader(file)}


@pytest.fixture(scope="module")
def found(data: Dataset) -> Mapping[str, Evaluation]:
    return {
        str(p): projects.evaluate(data, str(p), as_of=AS_OF, rng=np.random.default_rng(7))
        for p in data.table("projects")["project_id"]
    }


def test_the_generator_rebuilds_every_file_byte_for_byte(tmp_path: Path) -> None:
    runpy.run_path(str(FOLDER / "generate.py"))["main"](tmp_path)
    built = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    committed = {p.name: p.read_bytes() for p in FOLDER.glob("*.csv")}
    assert sorted(built) == sorted(committed)
    assert [n for n in built if built[n] != committed[n]] == []


def test_it_says_that_it_is_made_up_and_stays_small(data: Dataset) -> None:
    assert data.illustrative
    assert (FOLDER / "incidents.csv").stat().st_size < 1_200_000
    assert not [f for f in data.findings if f.kind == "repaired"]


def test_it_has_the_size_it_claims(data: Dataset) -> None:
    incidents = data.table("incidents")
    assert incidents["month"].nunique() == 36
    assert incidents["area_code"].nunique() == 120
    assert incidents["area_code"].str.startswith("E0199").all()
    referrals = data.table("referrals")
    assert referrals["received"].dt.year.value_counts().between(190, 260).all()
    assert set(referrals["stream"].dropna()) == {"core", "home_security"}


def test_counts_are_overdispersed_seasonal_and_autocorrelated(data: Dataset) -> None:
    rows = data.table("incidents")
    asb = rows[rows["measure"] == "Anti-social behaviour"]
    table = asb.pivot_table(index="month", columns="area_code", values="count", fill_value=0)
    table = table.astype(float)
    fitted = np.outer(table.sum(axis=1), table.sum()) / table.to_numpy().sum()
    residual = (table - fitted) / fitted**0.5
    assert (residual**2).to_numpy().mean() > 1.2
    lag = np.mean([residual[a].autocorr(1) for a in residual if table[a].mean() > 8])
    assert lag > 0.1
    by_month = table.sum(axis=1).groupby(table.index.month).mean()
    assert by_month.max() / by_month.min() > 1.3


def test_statuses(found: Mapping[str, Evaluation]) -> None:
    status = {p: e.status for p, e in found.items()}
    assert status.pop("EX07") == "running"
    assert status.pop("EX09") == "no_records"
    assert status.pop("EX10") == "planning"
    assert set(status.values()) == {"complete"}


def test_months_compared_are_those_of_the_truth(
    found: Mapping[str, Evaluation], truth: Truth
) -> None:
    for (project, measure), row in truth.items():
        window = found[project].window
        if window is None or measure != found[project].project.primary_measure:
            continue
        ends = (window.before_first, window.before_last, window.start, window.last)
        wanted = (row["before_first"], row["before_last"], row["after_first"], row["after_last"])
        assert tuple(f"{m:%Y-%m}" for m in ends) == wanted, project


def test_intervals_cover_the_truth(found: Mapping[str, Evaluation], truth: Truth) -> None:
    held = 0
    for project, evaluation in found.items():
        for measure, effect in evaluation.effects.items():
            row = truth[project, measure]
            ratio, avoided = float(row["true_rate_ratio"]), float(row["avoided"])
            assert effect.low <= ratio <= effect.high, (project, measure)
            assert effect.avoided_low is not None
            assert effect.avoided_high is not None
            assert effect.avoided_low <= avoided <= effect.avoided_high, (project, measure)
            held += 1
    assert held == 9


@pytest.mark.parametrize("project", ["EX01", "EX03", "EX04", "EX08", "EX11"])
def test_a_real_fall_is_found(found: Mapping[str, Evaluation], project: str) -> None:
    effect = found[project].primary
    assert effect is not None
    assert effect.high < 1
    assert "fall of" in found[project].headline


def test_the_rise_in_reporting_is_found(found: Mapping[str, Evaluation]) -> None:
    effect = found["EX05"].primary
    assert effect is not None
    assert effect.low > 1


def test_a_bad_year_is_not_called_a_success(found: Mapping[str, Evaluation]) -> None:
    hot = found["EX02"]
    assert hot.primary is not None
    assert not hot.primary.distinguishable
    assert "no change that can be told from chance" in hot.headline
    naive = [e for e in hot.sensitivity if e.method.startswith("Before and after")]
    assert naive[0].high < 1, "a simple comparison would have called it one"
    drift = hot.primary.details["drift"]
    assert drift < 0.97, "areas as bad fell on their own"
    said = next(c.text for c in hot.checks if c.name == "Chosen after a bad year?")
    assert "146" in said
    assert "58" in said


def test_too_few_incidents_give_no_answer_but_what_could_be_seen(
    found: Mapping[str, Evaluation],
) -> None:
    few = found["EX06"]
    assert few.primary is None
    assert "we cannot say" in few.headline
    assert few.mde["Robbery"] > 0.75
    assert "could have been seen" in few.cannot_say["Robbery"]


@pytest.mark.parametrize("project", ["EX07", "EX09", "EX10"])
def test_no_effect_where_none_may_be_claimed(found: Mapping[str, Evaluation], project: str) -> None:
    assert not found[project].effects
    assert not found[project].sensitivity
    assert found[project].cannot_say


def test_designs_follow_what_is_on_record(found: Mapping[str, Evaluation]) -> None:
    methods = {p: e.design.method for p, e in found.items() if e.design is not None}
    assert methods.pop("EX08") == "series"
    assert methods.pop("EX11") == "did"
    assert set(methods.values()) == {"placebo"}


def test_displacement_and_diffusion_point_the_right_way(found: Mapping[str, Evaluation]) -> None:
    nets = {name: found[name].net[found[name].project.primary_measure] for name in ("EX03", "EX04")}
    moved, diffused, spread = nets["EX03"].beside, nets["EX04"].beside, found["EX04"].spill
    assert moved is not None
    assert diffused is not None
    assert moved.estimate > 1 > diffused.estimate
    assert moved.low <= 1.45 <= moved.high
    assert diffused.low <= 0.70 <= diffused.high
    assert nets["EX03"].avoided < nets["EX03"].gross
    assert nets["EX04"].avoided == nets["EX04"].gross, "a fall next door is never credited"
    assert (nets["EX03"].evidence, nets["EX04"].evidence) == ("doubtful", "effect")
    assert spread is not None
    assert spread.quotient is not None
    assert spread.quotient.estimate > 0
