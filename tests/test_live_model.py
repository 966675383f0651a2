"""The live model of a benefit workbook, worked out anew by LibreOffice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recalculate
import xlsxwriter
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome
from recalculate import NAMES, Change, Results, set_input

from mtf_eval.analysis import benefit
from mtf_eval.analysis.benefit.model import model
from mtf_eval.publish.exports.live import add_model
from mtf_eval.records.prices.reference import load_reference


def analysed(price_year: str = "2023/24", **changed: Any) -> benefit.Benefit:
    people: dict[str, Any] = {
        "unit_cost_code": "alcohol_dependency_year", "people": 10, "impact": 0.5,
        "deadweight": 0.2, "attribution": 0.8, "years": 3, "drop_off": 0.25, "lag_years": 1,
    }  # fmt: skip
    data = dataset(
        costs=[cost(amount_gbp=20_000.0), cost(amount_gbp=3_000.0, date="2024-07-01")],
        outcomes=[
            outcome(**people | changed),
            outcome(unit_cost_code="jsa_claimant_into_work", people=3),
        ],
        project_measures=[measure()],
    )
    return benefit.analyse(
        data, evaluation(estimate()), load_reference(), price_year=price_year,
        horizon_years=5, rng=np.random.default_rng(1), draws=0,
    )  # fmt: skip


def recalculated(done: benefit.Benefit, folder: Path, change: Change) -> Results:
    """Write the model, change a cell, have LibreOffice work it out, and read the results."""
    folder.mkdir()
    with xlsxwriter.Workbook(folder / "written.xlsx") as book:
        add_model(book, model(done))
    return recalculate.recalculated({"model": (folder / "written.xlsx", change)}, folder)["model"]


def assert_same(found: Results, done: benefit.Benefit) -> None:
    assert done.claims is not None
    for title, of in (
        ("What the records show", done), ("What the project claims", done.claims),
    ):  # fmt: skip
        for name, value in found[title].items():
            assert value == pytest.approx(of.results[name], rel=1e-9), (title, name)
        assert len(found[title]) == len(NAMES)


def test_as_it_is_it_gives_the_pages_pounds(tmp_path: Path) -> None:
    done = analysed()
    assert_same(recalculated(done, tmp_path / "a", lambda book: None), done)


def test_a_changed_input_gives_the_packages_own_result(tmp_path: Path) -> None:
    def dead(book: Any) -> None:
        set_input(book, "outcomes row 2", "Deadweight", 0.5)

    before, after = analysed(), analysed(deadweight=0.5)
    found = recalculated(before, tmp_path / "b", dead)
    assert_same(found, after)
    assert before.claims is not None
    bcr = found["What the project claims"]["public_value_bcr"]
    assert bcr < before.claims.results["public_value_bcr"]

    def price_year(book: Any) -> None:
        book["Model"]["B2"] = "2025/26"

    assert_same(recalculated(before, tmp_path / "c", price_year), analysed("2025/26"))


def test_nothing_is_modelled_where_a_price_is_missing() -> None:
    data = dataset(costs=[], project_measures=[measure()])
    done = benefit.analyse(
        data, evaluation(estimate()), load_reference(), price_year="2023/24",
        horizon_years=5, rng=np.random.default_rng(1), draws=0,
    )  # fmt: skip
    assert done.unpriced
    assert model(done) == {}
