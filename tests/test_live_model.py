"""The live model of a benefit workbook, worked out anew by LibreOffice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import recalculate
import xlsxwriter
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome
from recalculate import NAMES, Change, Results, set_input

from mtf_eval.analysis.benefit import appraisal
from mtf_eval.analysis.benefit.appendix import model
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.publish.exports.sheets import add_model
from mtf_eval.records.load import load
from mtf_eval.records.prices.reference import Reference, load_reference


def analysed(price_year: str = "2023/24", **changed: Any) -> Benefit:
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
    return appraisal.analyse(
        data, evaluation(estimate()), load_reference(), price_year=price_year,
        horizon_years=5, rng=np.random.default_rng(1), draws=0,
    )  # fmt: skip


EXAMPLE = Path(__file__).parents[1] / "data" / "example"
Priced = Callable[..., Benefit]


@pytest.fixture(scope="module")
def priced() -> Priced:
    """Return what prices a project of the example under changed prices or tables."""
    data = load(EXAMPLE)
    known: dict[str, Any] = {}

    def price(project: str, reference: Reference, **tables: pd.DataFrame) -> Benefit:
        if project not in known:
            known[project] = projects.evaluate(
                data, project, as_of="2024-12-31", rng=np.random.default_rng(1)
            )
        return appraisal.analyse(
            replace(data, tables={**data.tables, **tables}), known[project], reference,
            price_year="2023/24", horizon_years=5, rng=np.random.default_rng(1), draws=0,
        )  # fmt: skip

    return price


def with_rows(table: str, change: Callable[[dict[str, str]], dict[str, str]]) -> Reference:
    """Return the reference data with the rows of one table changed."""
    ours = load_reference()
    rows = tuple({**row, **change(dict(row))} for row in ours.tables[table])
    return replace(ours, tables={**ours.tables, table: rows})


def test_three_changed_inputs_of_the_example(priced: Priced, tmp_path: Path) -> None:
    """Each changed cell gives what the package gives from a changed table or price."""
    names = ["EX03", "EX06", "EX09"]  # in doubt, without a benefit, claimed
    done = {name: priced(name, load_reference()) for name in names}
    asked: dict[str, tuple[Path, Change]] = {}
    for name, each in done.items():
        if found := model(each):
            with xlsxwriter.Workbook(tmp_path / f"{name}.xlsx") as book:
                add_model(book, found)
            asked[name] = tmp_path / f"{name}.xlsx", lambda book: None

    def deadweight(book: Any) -> None:
        set_input(book, "outcomes row 2", "Deadweight", 0.5)

    def rate(book: Any) -> None:
        for column in "CDEF":
            book["Discount factors"][f"{column}2"] = 0.06

    def unit_cost(book: Any) -> None:
        for column in "DF":
            book["Unit costs"][f"{column}2"] = 1.5 * float(book["Unit costs"][f"{column}2"].value)

    def dearer(row: dict[str, str]) -> dict[str, str]:
        if row["code"] != "crime_domestic_burglary":
            return {}
        amounts = [k for k in row if k.endswith("_gbp") and row[k]]
        return {k: str(1.5 * float(row[k])) for k in amounts}

    outcomes = load(EXAMPLE).table("outcomes").copy()
    outcomes.loc[outcomes.index[0], "deadweight"] = 0.5
    for name, change, other in (
        ("EX09", deadweight, priced("EX09", load_reference(), outcomes=outcomes)),
        ("EX09", rate, priced("EX09", with_rows("discount_rates", lambda row: {"rate": "0.06"}))),
        ("EX03", unit_cost, priced("EX03", with_rows("unit_costs", dearer))),
    ):
        key = f"{name}-{change.__name__}"
        asked[key] = asked[name][0], change
        done[key] = other
        was = done[name].results["net_present_public_value_gbp"]
        assert abs(other.results["net_present_public_value_gbp"] - was) > 500
    books = recalculate.recalculated(asked, tmp_path / "office")
    for name in asked:
        for title, results in books[name].items():
            own = done[name].claims if "claims" in title else None
            for key, value in results.items():
                expected = (own or done[name]).results[key]
                assert value == pytest.approx(expected, abs=0.5), (name, key)


def recalculated(done: Benefit, folder: Path, change: Change) -> Results:
    """Write the model, change a cell, have LibreOffice work it out, and read the results."""
    folder.mkdir()
    with xlsxwriter.Workbook(folder / "written.xlsx") as book:
        add_model(book, model(done))
    return recalculate.recalculated({"model": (folder / "written.xlsx", change)}, folder)["model"]


def assert_same(found: Results, done: Benefit) -> None:
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


def test_every_sheet_of_the_model_says_what_its_cells_are(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "written.xlsx") as written:
        add_model(written, model(analysed()))
    book = openpyxl.load_workbook(tmp_path / "written.xlsx")
    factors = [[cell.value for cell in row[:4]] for row in book["Discount factors"].iter_rows()]
    assert factors[0] == ["Project year", 0, 1, 2]
    # Green Book 2026, table 8: 3.5 per cent, 1.5 where what is valued is health.
    for row, kind, rate in ((1, "standard", 0.035), (3, "health", 0.015)):
        assert factors[row][:2] == [f"Discount rate, {kind}", 0]
        assert factors[row][2:] == pytest.approx([rate, rate])
    assert [row[0] for row in factors[2::2]] == [
        "Discount factor, standard",
        "Discount factor, health",
    ]
    assert [cell.value for cell in book["Unit costs"][1]] == [
        "Code", "What it is", "Price year", "Public value (£)", "Of which at the health rate",
        "Fiscal value (£)",
    ]  # fmt: skip
    # Who reads it without doing sums finds the results of the page there.
    kept = openpyxl.load_workbook(tmp_path / "written.xlsx", data_only=True)["Model"]
    told = [tuple(cell.value for cell in row[:2]) for row in kept.iter_rows()]
    done = analysed()
    assert done.claims is not None
    values = {name: [v for n, v in told if n == name] for name in NAMES}
    for name, key in NAMES.items():
        expected = [float(of.results[key]) for of in (done, done.claims)]
        assert values[name] == pytest.approx(expected), name
    wide = {sheet.title: sheet.column_dimensions["A"].width for sheet in book}
    assert min(wide.values()) > len("crime_domestic_burglary"), wide
    heads = [cell.value for cell in book["Model inputs"][1]]
    assert len(set(heads)) == len(heads)
    assert heads[-3:] == ["Uprated by", "Present value (£)", "Present fiscal value (£)"]


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
    done = appraisal.analyse(
        data, evaluation(estimate()), load_reference(), price_year="2023/24",
        horizon_years=5, rng=np.random.default_rng(1), draws=0,
    )  # fmt: skip
    assert done.unpriced
    assert model(done) == {}
