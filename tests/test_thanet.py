"""The published figures of 2021, compared with the dashboard they were typed from."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from dashboard import HERE, MONTHS, as_dict

from mtf_eval import load
from mtf_eval.analysis.counts import activity, priorities, referrals
from mtf_eval.records.dataset import Dataset


@pytest.fixture(scope="module")
def thanet() -> Dataset:
    return load(HERE)


def test_it_reads_without_a_finding(thanet: Dataset) -> None:
    assert thanet.findings == ()
    assert not thanet.illustrative
    assert thanet.about["publisher"] == "Thanet Multi-agency Task Force"


def test_months(thanet: Dataset) -> None:
    table = referrals.by_month(thanet, year=2021)
    assert as_dict(table.frame, "period") == MONTHS
    assert table.as_at == date(2021, 12, 15)


def test_themes(thanet: Dataset) -> None:
    table = activity.themes(thanet, year=2021)
    assert as_dict(table.frame, "theme") == {
        "Drug and alcohol issues": (4,),
        "Physical and mental health conditions": (41,),
        "Social issues": (64,),
        "Criminal activity or association": (8,),
        "Risk or harm": (11,),
        "Home security referrals": (46,),
        "Total": (174,),
    }
    assert table.as_at == date(2021, 12, 14)
    assert as_dict(activity.streams(thanet, year=2021).frame, "stream") == {
        "Key criteria": (128,),
        "Home security": (46,),
        "Total": (174,),
    }


def test_support_after_domestic_abuse(thanet: Dataset) -> None:
    table = activity.support_by_agency(thanet, year=2021)
    assert as_dict(table.frame, "agency") == {
        "Social Housing": (4, 2),
        "Oasis Domestic Abuse Service": (18, 32),
        "Kent Police": (8, 9),
        "Kent Fire & Rescue Service": (9, 2),
        "Early Help (KCC Children's Services)": (2, 1),
        "Department for Work & Pensions": (3, 2),
        "NHS": (0, 3),
        "TDC Community Safety Unit": (3, None),
        "Total": (47, 51),
    }
    assert "Listed in 2021 only: TDC Community Safety Unit." in table.notes
    assert "2021 as at 14 December 2021; 2020 as at 25 February 2021." in table.notes
    assert as_dict(activity.support_by_risk(thanet, year=2021).frame, "risk") == {
        "High risk": (None, 33),
        "Low or medium risk": (None, 18),
        "Total": (None, 51),
    }
    visits = activity.support_visits(thanet, year=2021).frame
    assert visits["previous"].tolist() == [33, 15, 48]


def test_contacts(thanet: Dataset) -> None:
    table = activity.contacts_by_channel(thanet, year=2021)
    assert as_dict(table.frame, "channel") == {
        "Visits": (660, 159, 0),
        "Contact attempts": (19247, None, None),
        "Calls": (None, 2933, 13),
        "Texts": (None, 2752, 1250),
        "Emails": (None, 3116, 923),
        "Letters": (None, 1492, 268),
    }
    totals = as_dict(activity.contacts_in_all(thanet, year=2021).frame, "period")
    assert totals == {"2020": (819, 29540), "2021": (0, 2454)}
    assert "unlike things are compared" in activity.contacts_caution(thanet, year=2021)
    requests = as_dict(activity.incoming(thanet, year=2021).frame, "period")
    assert requests == {
        "January 2021": (210,),
        "February 2021": (127,),
        "March 2021": (61,),
        "April 2021": (23,),
        "Total": (421,),
    }
    years = as_dict(activity.incoming_by_year(thanet, year=2021).frame, "period")
    assert years == {"March to December 2020": (4020,), "January to April 2021": (421,)}


def test_safe_and_well_visits_have_no_numbers(thanet: Dataset) -> None:
    assert activity.visits(thanet, year=2021).frame.empty
    assert "without numbers" in activity.visits_note(thanet, year=2021)


def test_agency_priorities(thanet: Dataset) -> None:
    fine = priorities.fulfilled(thanet, year=2021)
    assert len(fine.frame) == 30
    assert fine.as_at == date(2021, 9, 7)
    assert as_dict(priorities.fulfilled_by_agency(thanet, year=2021).frame, "agency") == {
        "TCSP": (3, 192),
        "Department for Work & Pensions": (4, 137),
        "Kent Fire & Rescue Service": (5, 177),
        "Police & Crime Commissioner": (6, 225),
        "Community Agreement": (2, 85),
        "Kent Cor Safety Ag": (2, 105),
        "Kent Police - The Chief Constable": (6, 196),
        "Thanet LCPG": (2, 34),
        "Total": (30, 1151),
    }
    counts = Counter(fine.frame["count"])
    published = [90, 23, 79, 3, 58, 3, 73, 59, 52, 6, 12, 48, 26, 43, 56, 51, 47, 2, 10, 75]
    published += [60, 45, 47, 19, 45, 5, 56, 24, 20, 14]
    assert counts == Counter(published)


def test_progress_rows(thanet: Dataset) -> None:
    tables = priorities.progress(thanet)
    assert [len(t.frame) for t in tables] == [8, 9, 10, 7]
    assert not any("rag" in t.frame for t in tables), "none is rated: no column of nothing"
    assert {t.as_at for t in tables} == {date(2021, 8, 25)}
    said = priorities.progress_finding(thanet)
    assert said.startswith("34 actions: 34 not rated.")
    assert "shown as colours that are lost" in said
    assert "wording of the narratives is ours" in said


def test_every_block_has_its_own_date(thanet: Dataset) -> None:
    dates = {d.date() for d in thanet.table("activity")["as_at"]}
    dates |= {d.date() for d in thanet.table("monthly_referrals")["as_at"]}
    dates |= {d.date() for d in thanet.table("priority_progress")["updated"]}
    assert dates == {
        date(2021, 2, 25),
        date(2021, 5, 20),
        date(2021, 8, 25),
        date(2021, 9, 7),
        date(2021, 12, 14),
        date(2021, 12, 15),
    }
