"""Reference data: published check figures, refusals, and what a figure must carry."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mtf_eval.errors import BadArgument, DataProblems, NotEnoughData
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.own import own_folder, own_reference, reference_for
from mtf_eval.records.prices.reference import FILES, Reference, load_reference
from mtf_eval.records.prices.unit_cost_import import read_unit_cost_database
from mtf_eval.records.prices.unit_costs import STATUSES

FOLDER = Path(__file__).parent.parent / "data" / "reference"


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference()


def test_at_least_sixty_unit_costs_and_not_the_whole_database(reference: Reference) -> None:
    assert 60 <= len(reference.unit_costs) < 200


def test_every_row_says_where_it_comes_from(reference: Reference) -> None:
    for name in FILES:
        for row in reference.tables[name]:
            for column in ("source", "edition", "verified", "retrieved"):
                assert row[column], f"{name}: {row}"
            assert "note" in row
            assert row["verified"] in STATUSES


def test_every_row_has_a_cell_for_each_heading() -> None:
    """A comma in a text without quotes cut the text off there, on the page too."""
    root, odd = FOLDER.parent.parent, []
    for path in [*root.glob("data/*/*.csv"), *root.glob("mtf_eval/**/*.csv")]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading, *rows = csv.reader(file)
        odd += [(path.name, n) for n, r in enumerate(rows, 2) if r and len(r) != len(heading)]
    assert odd == []


def test_published_figures(reference: Reference) -> None:
    # Home Office Research Report 99, Table 1; Unit Cost Database v1.4; Green Book Annex 6.
    burglary = reference.unit_cost("crime_domestic_burglary")
    assert (burglary.total_gbp, burglary.price_year) == (5930, "2015/16")
    assert reference.unit_cost("crime_homicide").total_gbp == 3_217_740
    assert reference.unit_cost("domestic_abuse_victim").total_gbp == 34_015
    jsa = reference.unit_cost("jsa_claimant_into_work")
    assert jsa.total_gbp == jsa.fiscal_gbp - jsa.transfer_gbp + jsa.economic_gbp == 14_610
    assert reference.unit_cost("asb_further_action").total_gbp == 500
    for year, factor in {0: 1.0, 1: 0.966184, 5: 0.841973, 31: 0.345901}.items():
        assert reference.discount_factors(year + 1)[-1] == pytest.approx(factor, abs=5e-7)
    assert reference.discount_factors(6, "health")[-1] == pytest.approx(0.928260, abs=5e-7)


def test_uprating_agrees_with_the_published_deflator(reference: Reference) -> None:
    # Other parsers of HM Treasury's tables: 1.3693 and 1.2692 (June 2026), 1.1751 (March 2026),
    # 1.2876 (December 2025).
    assert reference.uprate(1.0, "2013/14", "2024/25") == pytest.approx(1.3693, abs=5e-5)
    assert reference.uprate(1.0, "2018/19", "2024/25") == pytest.approx(1.2692, abs=5e-5)
    assert reference.uprate(1.0, "2020/21", "2024/25") == pytest.approx(1.1751, abs=5e-4)
    assert reference.uprate(1.0, "2015/16", "2023/24") == pytest.approx(1.2876, rel=1e-3)
    assert reference.uprate(14_050, "2015/16", "2025/26") == pytest.approx(19_489, abs=0.5)
    there = reference.uprate(10.0, "2010/11", "2019/20")
    assert reference.uprate(there, "2019/20", "2010/11") == pytest.approx(10.0)


def test_years_that_are_not_covered_are_refused(reference: Reference) -> None:
    for year in ("1996/97", "2031/32", "2015", "2015-16"):
        with pytest.raises(BadArgument, match="not covered"):
            reference.uprate(1.0, "2015/16", year)


def test_unknown_names_are_refused_and_near_ones_named(reference: Reference) -> None:
    with pytest.raises(BadArgument, match="did you mean crime_robbery"):
        reference.unit_cost("crime_robery")
    for wrong in (0, 7, 2.5, "a"):
        with pytest.raises(BadArgument, match="expected 1, 2, 3"):
            reference.optimism_bias("cost", wrong)  # type: ignore[arg-type]
    with pytest.raises(BadArgument):
        reference.optimism_bias("both", 1)
    with pytest.raises(BadArgument):
        reference.maryland(6)
    with pytest.raises(BadArgument):
        reference.ladder("stairs")
    with pytest.raises(BadArgument):
        reference.severity_weight("Robbery", "own")
    with pytest.raises(BadArgument):
        reference.discount_factors(1, "private")
    assert reference.discount_factors(0) == ()
    with pytest.raises(BadArgument, match="expected 0 or more"):
        reference.discount_factors(-1)
    with pytest.raises(BadArgument):
        reference.assumption("luck")


def test_optimism_bias_is_the_published_list(reference: Reference) -> None:
    up = [reference.optimism_bias("cost", grade) for grade in range(1, 7)]
    down = [reference.optimism_bias("benefit", grade) for grade in range(1, 7)]
    assert up == [0, 0.05, 0.10, 0.15, 0.25, 0.40]
    assert down == [-x for x in up]


def test_newer_figures_stand_beside_the_older(reference: Reference) -> None:
    # Home Office 2019/20 Table 1; fraud 2023/24; MoJ 2024/25; NAO September 2025
    for code, gbp, year in (
        ("crime_robbery_2019_20", 10_490, "2019/20"),
        ("crime_fraud_2023_24", 2_884, "2023/24"),
        ("prison_place_year_2024_25", 59_026, "2024/25"),
        ("childrens_home_year_2023_24", 318_400, "2023/24"),
    ):
        cost = reference.unit_cost(code)
        assert (cost.total_gbp, cost.price_year, cost.verified) == (gbp, year, "stored-secondary")
    assert reference.unit_cost("prison_place_year").total_gbp == 38_042  # codes keep their figure
    assert "superseded by crime_fraud_2023_24" in reference.unit_cost("crime_fraud").caution
    fraud = reference.unit_cost("crime_fraud_2023_24")
    assert (fraud.fiscal_gbp, fraud.anticipation_gbp, fraud.not_split_gbp) == (354, 274, 2256)


def test_an_edition_is_not_named_by_a_figure_of_the_users_own(tmp_path: Path) -> None:
    """Homicide, the first of the list, in 2024/25 prices: the editions are what they were."""
    (tmp_path / "unit_costs.csv").write_text(
        "code,label,unit,total_gbp,price_year,source,edition,retrieved\n"
        "crime_homicide_2019_20,Homicide,per incident,4000000,2024/25,Force,Own,2026-11-21\n",
        encoding="utf-8",
    )
    mine = own_reference(tmp_path)
    assert mine.unit_cost("crime_homicide_2019_20").price_year == "2024/25"
    assert mine.in_edition("2019/20").newer
    assert not mine.in_edition("2015/16").newer
    with pytest.raises(BadArgument, match=r"expected 2015/16 or 2019/20"):
        mine.in_edition("2024/25")


def test_a_weight_says_what_it_stands_for(reference: Reference) -> None:
    violence = reference.severity_weight("Violence and sexual offences")
    assert (violence.low, violence.high) == (1, 5475)
    assert reference.severity_weight("Bicycle theft").high == 2


def test_a_step_in_recording_is_data(reference: Reference) -> None:
    (kent,) = reference.tables["recording_changes"]
    step = float(kent["rate_after"]) / float(kent["rate_before"])
    assert (kent["slug"], round(step, 3)) == ("kent", 1.156)


def test_a_multiplier_goes_with_its_own_edition_only(reference: Reference) -> None:
    assert reference.multiplier("crime_domestic_burglary_2019_20").value == 2.17
    with pytest.raises(NotEnoughData, match="edition"):
        reference.multiplier("crime_domestic_burglary")


def test_harm_weights(reference: Reference) -> None:
    assert reference.severity_weight("Robbery").value == 365
    assert reference.severity_weight("Robbery", "ons_css").value == 746
    assert reference.severity_weight("violent-crime").value == pytest.approx(167.61)
    with pytest.raises(NotEnoughData):
        reference.severity_weight("Anti-social behaviour")
    with pytest.raises(NotEnoughData):
        reference.severity_weight("Violence and sexual offences", "ons_css")
    with pytest.raises(NotEnoughData):
        reference.severity_weight("Fly-tipping")


def test_police_uk_categories_by_name_and_slug(reference: Reference) -> None:
    for name in ("Vehicle crime", "vehicle-crime", "VEHICLE CRIME"):
        kind = reference.crime_type(name)
        assert kind is not None
        assert kind.unit_cost_code == "crime_theft_from_vehicle"
    assert reference.crime_type("Fly-tipping") is None
    for row in reference.tables["crime_types"]:
        found = reference.crime_type(row["crime_type"])
        assert found is not None
        if found.monetise:
            cost = reference.unit_cost(found.unit_cost_code)
            assert found.price_year == cost.price_year
            assert found.low_gbp is not None
            assert found.high_gbp is not None
            assert found.low_gbp <= cost.total_gbp <= found.high_gbp


def test_ladders_lead_down_to_no_cost(reference: Reference) -> None:
    for domain in reference.ladders:
        rungs = reference.ladder(domain)
        assert [rung.position for rung in rungs] == list(range(1, len(rungs) + 1))
        assert rungs[-1].unit_cost_code == ""
        for rung in rungs:
            if rung.unit_cost_code:
                assert reference.unit_cost(rung.unit_cost_code).period_months


def test_superseded_and_secondary_figures_say_so(reference: Reference) -> None:
    assert (
        "superseded by domestic_abuse_victim"
        in reference.unit_cost("domestic_violence_incident").caution
    )
    assert "stored-secondary" in reference.unit_cost("crime_robbery_2019_20").caution
    assert "stored-secondary" in reference.unit_cost("domestic_abuse_victim").caution
    assert reference.unit_cost("crime_robbery").caution == ""


def spoilt(tmp_path: Path, file: str, change: dict[str, str]) -> Path:
    """Copy the reference data with one column of the first row changed."""
    folder = tmp_path / "reference"
    shutil.copytree(FOLDER, folder)
    path = folder / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    rows[0] |= change
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("unit_costs", {"source": ""}, "unit_costs.csv, row 2, column source"),
        ("unit_costs", {"price_year": ""}, "unit_costs.csv, row 2, column price_year"),
        ("unit_costs", {"price_year": "1985/86"}, "price year 1985/86"),
        ("unit_costs", {"grade": "7"}, "column grade: found 7"),
        ("unit_costs", {"verified": "sure"}, "column verified"),
        ("unit_costs", {"code": "crime_robbery"}, "the code twice"),
        ("unit_costs", {"total_gbp": "12"}, "no smaller than its parts"),
        ("unit_costs", {"total_gbp": "twelve"}, "no number"),
        ("bearers", {"share": "0.9"}, "shares that add up to 1"),
        ("gdp_deflator", {"source": " "}, "gdp_deflator.csv, row 2, column source"),
    ],
)
def test_a_figure_that_is_not_sound_does_not_load(
    file: str, change: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataProblems, match=words):
        load_reference(spoilt(tmp_path, file, change))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    folder = spoilt(tmp_path, "bearers", {})
    (folder / "ladders.csv").unlink()
    with pytest.raises(DataProblems, match=r"ladders\.csv: found no such file"):
        load_reference(folder)


# --- a user's own workbook -----------------------------------------------------------------------

HEADINGS = (
    "Outcome detail|Code|Cost / saving detail|Unit|Agency bearing cost / making saving (level 1)|"
    "Fiscal value|Fiscal year|Economic value|Economic year|Social value|Social year|"
    "Updated fiscal value 2024/25|RAG confidence|Original source|Comment"
)
THREE_VALUES: list[list[Any]] = [
    ["Unit Cost Database", None, None],
    [None],
    HEADINGS.split("|"),
    *(
        [*head, *values, 9999, rag, "a report", ""]
        for head, values, rag in (
            (["ASB", "CR1.0", "Incident, further action", "Per incident", "Police"],
             [500, "2002-03", None, None, None, None], "Red"),
            (["Crime", "CR8.0", "Average crime", "Per incident", "Multiple"],
             ["£609", "2010/11", 676, "2010/11", 1648, "2010/11"], "G"),
            (["Crime", "CR9.9", "Two years", "Per incident", "Police"],
             [10, "2010/11", 10, "2012/13", None, None], "G"),
            (["Care", "SS2.0", "Foster care", "Per week", "Local Authority"],
             [700.5, "2013/2014", None, None, None, None], "A"),
            (["Care", "SS3.0", "Calendar year", "Per week", "Local Authority"],
             [1, "2013", None, None, None, None], "A"),
        )
    ),
    ["Total", None, None],
]  # fmt: skip
TWO_HEADINGS = [
    ["Reference", "Description", "Units", "Agency", "Estimated cost", None],
    [None, None, None, None, "Unit cost", "Year"],
    ["HE4.0", "A&E attendance", "Per attendance", "NHS", 109, "2011/12"],
]


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Guidance"
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Data")
    for row in rows:
        sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def test_a_workbook_with_three_values(tmp_path: Path, reference: Reference) -> None:
    path = workbook(tmp_path / "ucd.xlsx", THREE_VALUES)
    found = read_unit_cost_database(path, reference, retrieved="2026-01-01")
    assert [row["code"] for row in found.rows] == ["CR1.0", "CR8.0", "SS2.0"]
    assert [p.row for p in found.skipped] == [None, 6, 8]  # the sheet Guidance, two rows
    both = reference.with_unit_costs(found.rows)
    assert both.unit_cost("CR1.0").fiscal_gbp == 500  # the original, never the updated figure
    assert both.unit_cost("CR1.0").grade == 6
    crime = both.unit_cost("CR8.0")
    assert (crime.fiscal_gbp, crime.economic_gbp, crime.social_gbp) == (609, 676, 1648)
    assert crime.total_gbp == 2933
    care = both.unit_cost("SS2.0")
    assert care.price_year == "2013/14"
    assert 12 / (care.period_months or 0) == pytest.approx(52.18, abs=0.01)
    assert "user-copy" in care.caution
    assert both.unit_cost("crime_robbery") == reference.unit_cost("crime_robbery")


def test_a_workbook_with_one_value_under_two_heading_rows(
    tmp_path: Path, reference: Reference
) -> None:
    path = workbook(tmp_path / "ucd.xlsx", TWO_HEADINGS)
    found = read_unit_cost_database(path, reference, retrieved="2026-01-01")
    assert [(r["code"], r["fiscal_gbp"], r["price_year"]) for r in found.rows] == [
        ("HE4.0", "109", "2011/12")
    ]


def test_what_the_workbook_cannot_say_is_taken_from_ours(
    tmp_path: Path, reference: Reference
) -> None:
    head = ["Code", "Cost description", "Unit", "Fiscal cost", "Fiscal year", "Economic cost",
            "Economic year"]  # fmt: skip
    rows = [
        head,
        ["E&E1.0", "Job Seeker's Allowance", "Per claimant per year", 9800, "2012/13", 14044,
         "2012/13"],
        ["E&E2.0", "Another vintage", "Per claimant per year", 9000, "2013/14", "", ""],
        ["HE2.2", "Drug treatment", "Per person per year", 2604, "2012/13", "", ""],
        ["CR8.1", "Homicide", "Per incident", 1000000, "2010/11", "", ""],
    ]  # fmt: skip
    found = read_unit_cost_database(
        workbook(tmp_path / "ucd.xlsx", rows), reference, retrieved="2026-01-01"
    )
    both = reference.with_unit_costs(found.rows)
    # The comment of the cell: public value of the JSA row is 566 + 14,044, the rest moves money
    assert both.unit_cost("E&E1.0").total_gbp == 14610
    assert both.unit_cost("E&E1.0").transfer_gbp == 9234
    assert "transfers are not marked" in both.unit_cost("E&E2.0").caution
    assert both.unit_cost("HE2.2").role == "input"
    assert both.unit_cost("CR8.1").rare


def test_another_workbook_is_refused(tmp_path: Path, reference: Reference) -> None:
    path = workbook(tmp_path / "other.xlsx", [["month", "count"], [1, 2]])
    with pytest.raises(DataProblems, match="no sheet with the headings"):
        read_unit_cost_database(path, reference, retrieved="2026-01-01")


def test_a_code_of_ours_is_not_overwritten(reference: Reference) -> None:
    with pytest.raises(BadArgument, match="already in use"):
        reference.with_unit_costs([reference.tables["unit_costs"][0]])


def test_a_data_set_brings_its_own_workbook(tmp_path: Path) -> None:
    bare = Dataset(name="bare", path=tmp_path, tables={}, sources=())
    assert "CR1.0" not in reference_for(bare).unit_costs
    workbook(tmp_path / "reference" / "unit_cost_database.xlsx", THREE_VALUES)
    own = replace(bare, own_prices=own_folder(tmp_path))
    assert reference_for(own).unit_cost("CR1.0").total_gbp == 500
