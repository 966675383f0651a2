"""The live model of a benefit workbook, worked out anew by LibreOffice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome

from mtf_eval.analysis import benefit
from mtf_eval.analysis.benefit.model import model
from mtf_eval.publish.exports.live import add_model
from mtf_eval.records.prices.reference import load_reference

Change = Callable[[Any], None]
NAMES = {
    "Present value of costs": "present_value_costs_gbp",
    "Present value of public value benefits": "present_value_benefits_gbp",
    "Present value of fiscal benefits": "present_value_fiscal_gbp",
    "Net present public value": "net_present_public_value_gbp",
    "Public value return on investment (BCR)": "public_value_bcr",
    "Overall financial return on investment (fiscal BCR)": "fiscal_bcr",
    "Net present budget impact": "net_present_budget_impact_gbp",
}


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


def recalculated(done: benefit.Benefit, folder: Path, change: Change) -> dict[str, dict[str, Any]]:
    """Write the model, change a cell, have LibreOffice work it out, and read the results."""
    folder.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(folder / "model.xlsx") as book:
        add_model(book, model(done))
    opened = openpyxl.load_workbook(folder / "model.xlsx")
    change(opened)
    opened.save(folder / "model.xlsx")  # without stored values, so that all is worked out
    office = ["soffice", f"-env:UserInstallation={(folder / 'office').as_uri()}", "--headless"]
    convert = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    subprocess.run([*office, *convert, str(folder / "model.xlsx")], check=True, timeout=120)
    sheet = openpyxl.load_workbook(folder / "out" / "model.xlsx", data_only=True)["Model"]
    found: dict[str, dict[str, Any]] = {}
    for label, value, *_ in sheet.iter_rows(min_row=4, values_only=True):
        if value is None and label:
            found[label] = own = {}
        elif label in NAMES:
            own[NAMES[label]] = value
    return found


def assert_same(found: dict[str, dict[str, Any]], done: benefit.Benefit) -> None:
    assert done.claims is not None
    for title, of in (
        ("What the records show", done), ("What the project claims", done.claims),
    ):  # fmt: skip
        for name, value in found[title].items():
            assert value == pytest.approx(of.results[name], rel=1e-9), (title, name)
        assert len(found[title]) == len(NAMES)


def set_input(book: Any, row: str, heading: str, value: float) -> None:
    sheet = book["Model inputs"]
    heads = [cell.value for cell in sheet[1]]
    (line,) = [c.row for c in sheet["B"] if c.value == row]
    sheet.cell(line, heads.index(heading) + 1).value = value


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
