"""Reconciliation: what arithmetic finds in the published figures, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

import pandas as pd
import pytest
from dashboard import HERE

from mtf_eval import load
from mtf_eval.analysis.counts import activity, on_record, reconcile
from mtf_eval.records.dataset import Dataset, Finding


@pytest.fixture(scope="module")
def thanet() -> Dataset:
    return load(HERE)


def changed(data: Dataset, **tables: pd.DataFrame) -> Dataset:
    kept: Mapping[str, pd.DataFrame] = {**data.tables, **tables}
    return dataclasses.replace(data, tables=kept)


def differences(data: Dataset) -> dict[str, tuple[int, int]]:
    return {c.what: (c.stated, c.found) for c in reconcile.reconcile(data) if not c.agrees}


def test_the_published_figures_differ_in_five_places_and_no_other(thanet: Dataset) -> None:
    assert differences(thanet) == {
        "September 2021: received against accepted, rejected and SARA projects": (16, 15),
        "November 2021: received against accepted, rejected and SARA projects": (19, 20),
        "Interventions, 2021: number of rows stated against rows given": (5, 6),
        "2021: themes, all rows, against accepted referrals": (174, 128),
        "2021: home security among the themes against support by agency": (46, 47),
    }


def test_what_agrees_was_compared_too(thanet: Dataset) -> None:
    agreeing = {c.what: c.stated for c in reconcile.reconcile(thanet) if c.agrees}
    for what, figure in {
        "2021: themes, key criteria only, against accepted referrals": 128,
        "2020: support by risk against support by agency": 51,
        "2020: visits stated against first and additional visits": 48,
        "COVID-19 incoming, 2021: total stated against the sum of the rows": 421,
        "Referrals, 2021: change in per cent stated against computed": 124,
        "Referrals received, 2021: total stated against the sum of the months": 188,
    }.items():
        assert agreeing[what] == figure


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("Referrals by month, 2021", "September and November do not add up across, but the errors"),
        ("Referrals by month", "October 2021, but are already among"),
        ("Referrals, 2021", "a part year with a whole one. It is stated as 124%"),
        ("Referrals by month, 2021", "ends on 15 December 2021 and is not marked as provisional"),
        ("All tables", "6 different dates"),
        ("Support by agency", "TDC Community Safety Unit"),
        ("Support by risk", "No split by risk is on record for 2021"),
        ("COVID-19 outgoing", "Nothing is given for 1 August 2020 to 31 October 2020"),
        ("COVID-19 incoming", "end on 30 April 2021 although the figures are as at 20 May 2021"),
        ("Progress", "None of the 34 progress rows is rated"),
        ("Progress, 2 Protecting vulnerable groups, action 9", "3 December 2021, later than"),
        ("Not published", "Safe and well home visits"),
    ],
)
def test_readings(thanet: Dataset, where: str, words: str) -> None:
    assert any(r.where == where and words in r.text for r in reconcile.readings(thanet))


def test_readings_hold_no_counts_of_people(thanet: Dataset) -> None:
    """Only dates, years, numbers of rows, and a percentage of two totals that are shown."""
    allowed = {"2020", "2021", "124%", "34", "6", "15", "14", "25", "20", "7", "1", "31", "30"}
    allowed |= {"3", "2", "9"}  # days and action numbers
    for reading in reconcile.readings(thanet):
        words = re.sub(r"[.,;:]", " ", reading.text).split()
        numbers = {w.strip("()") for w in words if any(ch.isdigit() for ch in w)}
        assert numbers - {"COVID-19"} <= allowed, reading


def test_nothing_is_repaired(thanet: Dataset) -> None:
    before = thanet.table("monthly_referrals").copy()
    reconcile.sums(thanet)
    assert thanet.table("monthly_referrals").equals(before)


def test_a_mended_table_is_silent(thanet: Dataset) -> None:
    months = thanet.table("monthly_referrals").copy()
    months.loc[8, "received"], months.loc[10, "received"] = 15, 20
    mended = changed(thanet, monthly_referrals=months)
    assert not any("2021: received" in what for what in differences(mended))
    assert not any("cancel" in r.text for r in reconcile.readings(mended))


def test_contacts_counted_by_other_channels_are_cautioned_of(thanet: Dataset) -> None:
    said = activity.contacts_caution(thanet, year=2021)
    assert said == (
        "Lockdown 1 gives calls and attempts to make contact as one figure, Lockdown 2 and "
        "Lockdown 3 calls, texts, emails and letters apart: unlike things are compared."
    )
    rows = thanet.table("activity")
    lump = rows["measure"] == "contact_attempts"
    calls = changed(thanet, activity=rows.assign(measure=rows["measure"].mask(lump, "fax")))
    assert activity.contacts_caution(calls, year=2021) == (
        "The periods were not counted by the same channels: unlike things are compared."
    )
    one = changed(thanet, activity=rows[rows["category"] != "lockdown_1"])
    assert activity.contacts_caution(one, year=2021) == ""


def test_months_without_records_between_those_with_are_named(thanet: Dataset) -> None:
    months = thanet.table("monthly_referrals")
    march, to_may = (months["month"].dt.month.isin(of) for of in ([3], [3, 4, 5]))
    rows = {}
    for name, gone in (("none", march & ~march), ("one", march), ("three", to_may)):
        data = changed(thanet, monthly_referrals=months[~gone])
        (row,) = on_record.completeness(data).frame.to_numpy().tolist()
        rows[name] = row[2:]
    assert rows == {
        "none": [12, 0, "none"],
        "one": [11, 1, "March 2021"],
        "three": [9, 3, "March 2021, April 2021, May 2021"],
    }
    ahead = months.assign(month=months["month"].where(months["month"].dt.month != 12,
                                                      pd.Timestamp("2023-12-01")))  # fmt: skip
    row = on_record.completeness(changed(thanet, monthly_referrals=ahead)).frame.iloc[0]
    assert row["named"].startswith("December 2021, January 2022, ")
    assert row["named"].endswith("November 2022, and 12 more"), "24 months, twelve of them named"
    assert on_record.covered(thanet) == "January 2020 to December 2021"


def test_what_reading_noticed_is_listed_by_kind_and_place(thanet: Dataset) -> None:
    given = [("note", "costs", 3), ("warning", "costs", 1200), ("warning", "actions", 7),
             ("warning", "costs", None), ("warning", "costs", 30)]  # fmt: skip
    noticed = tuple(Finding(kind=k, table=t, row=r, text="x") for k, t, r in given)
    listed = on_record.reading_notes(dataclasses.replace(thanet, findings=noticed)).frame
    assert listed["no"].tolist() == [*"12345"]
    assert list(zip(listed["table"], listed["place"], strict=True)) == [
        ("actions", "row 7"), ("costs", ""), ("costs", "row 30"), ("costs", "row 1,200"),
        ("costs", "row 3"),
    ]  # fmt: skip


def test_errors_that_cancel_are_explained_by_a_later_decision_alone(thanet: Dataset) -> None:
    """A referral decided a month after it came; never one decided before it came."""
    months = thanet.table("monthly_referrals").copy()
    months = months[months["month"].dt.year == 2021].head(3).reset_index(drop=True)
    for column in ("accepted", "rejected", "saras", "pending"):
        months[column] = 0
    told = {}
    for late, received in ((True, [5, 4, 4]), (False, [4, 4, 5])):
        months["received"], months["accepted"] = received, [4, 4, 4] if late else [5, 4, 4]
        months.loc[2, "accepted"] = 5 if late else 4
        (told[late],) = (
            r.text for r in reconcile.readings(changed(thanet, monthly_referrals=months))
            if "cancel" in r.text
        )  # fmt: skip
        assert told[late].startswith("January and March do not add up across, ")
    own = "They would, if referrals received in the one month were decided in the other."
    assert told[True].endswith(own)
    assert own not in told[False]


def test_errors_that_do_not_cancel_show_in_the_total(thanet: Dataset) -> None:
    months = thanet.table("monthly_referrals").copy()
    months.loc[10, "received"] = 20
    found = differences(changed(thanet, monthly_referrals=months))
    key = "Referrals received, 2021: total stated against the sum of the months"
    assert found[key] == (188, 189)


def test_more_completed_than_accepted_is_found(thanet: Dataset) -> None:
    months = thanet.table("monthly_referrals").copy()
    months.loc[0, "completed"] = 11
    found = differences(changed(thanet, monthly_referrals=months))
    assert found["January 2021: accepted against completed"] == (10, 11)


def test_an_empty_data_set_has_nothing_to_compare(thanet: Dataset) -> None:
    empty = changed(thanet, **{name: frame.iloc[:0] for name, frame in thanet.tables.items()})
    empty = dataclasses.replace(empty, about={})
    assert reconcile.reconcile(empty) == ()
    assert reconcile.readings(empty) == ()
    assert len(reconcile.sums(empty).frame) == 0
    assert len(reconcile.blocks(empty).frame) == 0
