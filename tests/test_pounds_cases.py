"""Money as it is really recorded: none, nothing, refunds, mistyped codes; in `check` and on pages.

The illustrative partnership with one thing changed a project, published once.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.publish.workbench.benefit import Money
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.run import cli

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
Change = Callable[[pd.DataFrame], pd.DataFrame]
CLAIM = {
    "unit_cost_code": "child_in_need_year", "people": "10", "impact": "0.5", "deadweight": "0.2",
    "attribution": "1", "lag_years": "0", "years": "1", "drop_off": "0", "evidence_grade": "6",
}  # fmt: skip


def changed(folder: Path, **changes: Change) -> Path:
    """Copy the example and change tables of it, as text."""
    shutil.copytree(EXAMPLE, folder)
    for table, change in changes.items():
        path = folder / f"{table}.csv"
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    return folder


def adding(*rows: dict[str, str]) -> Change:
    return lambda frame: pd.concat(
        [frame, pd.DataFrame(rows, columns=frame.columns, dtype=object).fillna("")]
    )


def paying(**amounts: tuple[str, ...]) -> Change:
    """Put these amounts in place of the costs of some projects, of grade 1; refunds of grade 6."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        rows = [
            {
                "project_id": project, "agency": "Police", "item": "x", "date": "2024-01-15",
                "kind": "cash", "amount_gbp": amount, "capital": "no",
                "evidence_grade": "6" if amount.startswith("-") else "1",
            }
            for project, each in amounts.items()
            for amount in each
        ]  # fmt: skip
        return adding(*rows)(frame[~frame["project_id"].isin(amounts)])

    return change


def ran(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(ended.value.code or 0)


REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "a code nobody knows": (
        "outcomes", CLAIM | {"unit_cost_code": "child_in_ned_year"},
        "outcomes.csv, row 6, column unit_cost_code: found a code that is not in the reference",
    ),
    "a share of fifty": (
        "outcomes", CLAIM | {"impact": "50"}, "outcomes.csv, row 6, column impact: found '50'",
    ),
    "hours without a rate": (
        "costs", {"hours": "10"}, "costs.csv, row 68, column rate_gbp: found nothing",
    ),
    "another currency": (
        "costs", {"amount_gbp": "€700"}, "costs.csv, row 68, column amount_gbp: found '€700'",
    ),
    "a cost after the deflator ends": (
        "costs", {"amount_gbp": "700", "date": "2035-05-01"},
        "costs.csv, row 68, column date: found 2035-05-01, a cost of 2035/36, which has no price",
    ),
    "a cost before it begins": (
        "costs", {"amount_gbp": "700", "date": "1990-05-01"}, "1990/91, which has no price",
    ),
    "no years at all": ("outcomes", CLAIM | {"years": "0"}, "column years: found 0; expected more"),
    "an edition nobody knows": (
        "about", {"key": "crime_costs", "value": "2021/22"},
        "about.csv, row 10, column value: found crime_costs '2021/22': expected 2015/16 or 2019/20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_priced_is_refused_by_cell(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, row, said = REFUSED[case]
    usual = {"project_id": "EX03", "agency": "Police", "item": "x", "date": "2024-01-15",
             "kind": "cash", "capital": "no"}  # fmt: skip
    data = changed(tmp_path / "data", **{table: adding(usual | row)})
    assert ran("check", str(data)) == 2
    assert said in capsys.readouterr().err


def currencies(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(currency=["EUR", "GBP", "eur", *[""] * (len(frame) - 3)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (currencies, "row 2, column currency: found another currency; expected pounds. convert"),
        (lambda f: f.rename(columns={"amount_gbp": "amount (€)"}), "row 1, column amount (€): "),
        (lambda f: f.rename(columns={"rate_gbp": "rate_usd"}), "row 1, column rate_usd: found an"),
    ],
)
def test_another_currency_in_a_heading_or_a_column_is_refused(
    change: Change, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("check", str(changed(tmp_path / "data", costs=change))) == 2
    assert f"costs.csv, {said}" in capsys.readouterr().err


TOLD: dict[str, tuple[dict[str, str], str]] = {
    "half a year's lag": ({"lag_years": "0.5"}, "lag_years: a part of a year"),
    "no impact": ({"impact": ""}, "impact: blank: counted as 1"),
    "no deadweight": ({"deadweight": ""}, "deadweight: blank: counted as 0"),
    "no attribution": ({"attribution": ""}, "attribution: blank: counted as 1"),
    "a crowd": ({"people": "90000"}, "people: more people than live in the project's target"),
    "a cost": ({"unit_cost_code": "pcso_hour"}, "unit_cost_code: what it costs to act, outside"),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_odd_is_told_by_cell(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, said = TOLD[case]
    row = CLAIM | {"project_id": "EX02"} | row
    data = changed(
        tmp_path / "data", outcomes=adding(row), costs=lambda f: f[f.project_id > "EX03"]
    )
    assert ran("check", str(data)) == 0
    out = capsys.readouterr().out
    assert f"outcomes.csv, row 6, column {said}" in out
    assert "project_measures.csv, row 5, column project_id: no costs are on record" in out


def test_a_cost_far_from_the_response_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("2014-01-15", "2030-05-01")
    rows = [{"project_id": "EX02", "agency": "Police", "item": "x", "date": day, "kind": "cash",
             "amount_gbp": "10", "capital": "no"} for day in days]  # fmt: skip
    assert ran("check", str(changed(tmp_path / "data", costs=adding(*rows)))) == 0
    out = capsys.readouterr().out
    assert "costs.csv, row 68, column date: over two years before the response began" in out
    assert "costs.csv, row 69, column date: over 5 years after the response began" in out


@pytest.mark.parametrize("year", ["2035/36", "1990/91", "2023-25"])
def test_a_price_year_out_of_reach_is_refused_before_anything_starts(
    year: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reports"
    assert ran("run", str(EXAMPLE), "-p", f"price_year={year}", "--out", str(out)) == 2
    assert "price_year" in capsys.readouterr().err
    assert not list(out.glob("**/*.html"))


# Every step of the page, whatever was paid and gained

FIRE = CLAIM | {
    "unit_cost_code": "fire_domestic_building",
    "people": "2",
}  # not split by its source
WORK = CLAIM | {"unit_cost_code": "jsa_claimant_into_work"}  # a transfer for the most part
#: By project: what was paid, what is claimed of people. EX01 and EX04 have an effect, EX06 none.
MIXED: dict[str, tuple[tuple[str, ...], dict[str, str] | None]] = {
    "EX01": (("0",), None),
    "EX04": (("50", "-50"), CLAIM | {"people": "0"}),
    "EX06": ((), None),
    "EX07": (("0", "0"), FIRE),
    "EX08": (("-5000",), WORK),
    "EX09": (("0", "0"), FIRE),
    "EX10": (("0.30",), CLAIM | {"deadweight": "1"}),
}
STEPS = [name for name, step in vars(Money).items() if callable(step) and name[0] != "_"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    claims = [claim | {"project_id": p} for p, (_, claim) in MIXED.items() if claim]
    folder = changed(
        tmp_path_factory.mktemp("mixed") / "data",
        costs=paying(**{project: paid for project, (paid, _) in MIXED.items()}),
        outcomes=lambda frame: adding(*claims)(frame[:0]),
    )
    return load(folder)


@pytest.mark.parametrize("project", MIXED)
def test_every_step_shows_itself_whatever_was_paid_and_gained(project: str, mixed: Dataset) -> None:
    money = mixed.project(project).benefit()
    shown = {name: getattr(money, name)().element() for name in STEPS if name != "element"}
    for name, element in shown.items():
        assert element.text.strip(), name
        assert not re.search(r"£nan|\bnan\b|£-|-£", element.text), name
    text = money.costs().element().text
    if not MIXED[project][0]:
        assert "No costs are on record for this project" in text
    elif set(MIXED[project][0]) == {"0"}:
        assert "It cost £0" in text
    if (
        project == "EX09"
    ):  # EX07 still runs; 2 fires x 0.5 x (1 - 0.2) x £44,523 of 2011/12, and more since
        assert "Not split" in money.gains().element().html


# As published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Benefit pages: EX01 beyond all sense, EX02 free, EX03 without costs, EX11 with a refund.

    EX04 pays in years to come, EX12 got more back than it paid; crime at the costs of 2019/20.
    """
    home = tmp_path_factory.mktemp("cases")
    pay = paying(
        EX01=("£999,999,999,999",), EX02=("0",), EX03=(), EX11=("20000", "-5000"),
        EX12=("3000", "-8000"),
    )  # fmt: skip
    ahead = {"project_id": "EX04", "agency": "Police", "item": "x", "date": "2030-05-01",
            "kind": "cash", "amount_gbp": "10", "capital": "no"}  # fmt: skip
    data = changed(
        home / "data", costs=lambda frame: adding(ahead)(pay(frame)),
        outcomes=adding(CLAIM | {"project_id": "EX02"}),
        about=adding({"key": "crime_costs", "value": "2019/20"},
                     {"key": "price_year", "value": "2023-24"}),
    )  # fmt: skip
    out = home / "reports"
    named = [f"--project={p}" for p in ("EX01", "EX02", "EX03", "EX04", "EX11", "EX12")]
    assert ran("run", str(data), "--out", str(out), "--report=benefit_analysis", *named) == 0
    return out / "data"


def text_of(published: Path, project: str) -> str:
    (path,) = published.glob(f"benefit_analysis-{project}-internal.html")
    return re.sub(r"\s+", " ", BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text(" "))


def headline(published: Path, project: str) -> dict[str, str]:
    folder = published / f"benefit_analysis-{project}"
    path = folder / f"benefit_headline_{project.lower()}-internal.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        heads, row = list(csv.reader(stream))[:2]
    return dict(zip(heads, row, strict=True))


def test_without_costs_on_record_nothing_that_needs_one_is_given(published: Path) -> None:
    said = headline(published, "EX03")
    assert float(said["Present value of benefits (£)"]) > 0
    for name, value in said.items():
        if any(word in name for word in ("costs", "BCR", "Net", "Chance")):
            assert value == "not given", name
    text = text_of(published, "EX03")
    assert "no costs are on record: we cannot say what is left, nor for each £1" in text
    assert not re.search(r"[−£\d.]+ for each £1", text)


def test_of_what_was_free_no_ratio_and_no_chance_beside_no_saving(published: Path) -> None:
    text = text_of(published, "EX02")
    assert "No saving can be claimed, £0" in text
    assert "It cost £0 (2023/24 prices)." in text
    assert "£0 as paid" not in text, "nothing leads from nothing to nothing"
    assert headline(published, "EX02")["Chance that benefits exceed costs"] == "not given"
    assert "nothing was paid on balance, so there is no ratio" in text
    assert "none within the horizon" not in text
    assert "nothing to pay back" in text
    assert "nan" not in text.lower().split()
    assert "£nan" not in text


def test_a_refund_lowers_the_cost_by_itself(published: Path) -> None:
    """20,000 of grade 1 and 5,000 back, of grade 6: 15,000, in the year they were paid."""
    assert float(headline(published, "EX11")["Present value of costs (£)"]) == 15_000


def test_large_sums_are_written_in_words_with_one_minus(published: Path) -> None:
    text = text_of(published, "EX01")
    assert "against costs of £1 trillion" in text
    assert not re.search(r"\de\+", text)
    assert "£-" not in text
    assert not re.search(r"-£|£−", text)


def test_a_cost_still_ahead_is_told_on_the_first_screen(published: Path) -> None:
    text = text_of(published, "EX04")
    caution = "Costs dated after 31 December 2024 are on record and not counted yet."
    assert caution in text[text.rindex("In one line:") : text.rindex("What it cost Costs of")]


def test_more_back_than_was_paid_is_said_in_words(published: Path) -> None:
    text = text_of(published, "EX12")
    assert "while £5,000 more came back than was paid" in text
    assert "£5,000 more came back than was paid" in text
    assert "nothing to pay back" in text
    assert "It cost −" not in text
    assert "costs of −" not in text


def test_crime_at_the_costs_of_the_other_edition(published: Path) -> None:
    """A burglary is 7,720 in 2019/20 prices, not 5,930 in 2015/16 ones."""
    ours = load_reference()
    each = 7_720 * ours.covered["2023/24"] / ours.covered["2019/20"]
    folder = published / "benefit_analysis-EX03"
    with (folder / "benefit_ex03_standing-internal.csv").open(encoding="utf-8-sig") as stream:
        avoided = float(next(row for row in csv.reader(stream) if row[0][:4] == "EX03")[2])
    bias = ours.optimism_bias("benefit", ours.unit_cost("crime_domestic_burglary_2019_20").grade)
    value = float(headline(published, "EX03")["Present value of benefits (£)"])
    assert value == pytest.approx(avoided * each * (1 + bias), rel=0.002)
    text = text_of(published, "EX03")
    assert "Home Office 2019/20 edition, May 2026, whose fiscal part is provisional" in text
    assert "is usual" not in text
    assert "Crime at the costs of the older Home Office edition (2015/16)" in text_of(
        published, "EX12"
    )


def test_an_edition_that_is_not_there_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reports"
    assert ran("run", str(EXAMPLE), "-p", "crime_costs=2018", "--out", str(out)) == 2
    assert "crime_costs" in capsys.readouterr().err
    assert not list(out.glob("**/*.html"))


@pytest.mark.parametrize(
    ("item", "refused"),
    [
        ("Grant - Safer Streets Fund", True),
        ("Safer Streets funding", True),
        ("PCC contribution", True),
        ("VAT recovered", False),
        ("Unspent grant returned", False),
        ("Refund of barrier hire", False),
        ("x", False),
    ],
)
def test_a_grant_among_the_costs_lowers_none(tmp_path: Path, item: str, refused: bool) -> None:
    """By hand: of 8,000 paid and 3,000 back 5,000 are left; a grant of 3,000 leaves 8,000 paid."""
    costs = paying(EX01=("8000", "-3000"))

    def named(frame: pd.DataFrame) -> pd.DataFrame:
        frame = costs(frame)
        frame.loc[frame["amount_gbp"] == "-3000", "item"] = item
        return frame

    folder = changed(tmp_path / "d", costs=named)
    if refused:
        with pytest.raises(DataProblems, match="table funding") as told:
            load(folder)
        (problem,) = told.value.problems
        assert (problem.file, problem.column) == ("costs.csv", "amount_gbp")
        return
    rows = load(folder).table("costs")
    assert rows.loc[rows["project_id"] == "EX01", "amount_gbp"].sum() == 5_000
