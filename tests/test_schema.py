"""The tables as data, and the dictionary made from them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.dictionary import dictionary
from mtf_eval.records.tables import CORE, KINDS, TABLES, empty

ROOT = Path(__file__).parent.parent
#: Tables and required columns as the design of the data set names them.
REQUIRED = {
    "about": "key value",
    "aliases": "alias name",
    "referrals": "referral_id received agency decision",
    "monthly_referrals": "month received accepted rejected saras completed as_at",
    "activity": "block measure period_start period_end count counts_people as_at",
    "priority_progress": "priority number action",
    "agency_priorities": "code agency priority",
    "projects": "project_id title problem lead_agency response_start stage primary_measure",
    "project_areas": "project_id area_code role",
    "project_measures": "project_id measure",
    "plans": "project_id measures areas start months fixed_on",
    "incidents": "area_code measure",
    "coverage": "source first last",
    "incident_hours": "month area_code measure count",
    "incident_points": "month lon lat measure",
    "area_boundaries": "area_code ring point lon lat",
    "area_names": "area_code area_name",
    "actions": "action_id project_id description agency status",
    "deliveries": "project_id provider due activity",
    "costs": "project_id agency item date kind",
    "funding": "bid_id funder submitted status requested_gbp",
    "outcomes": "project_id unit_cost_code people",
    "survey_questions": "question_id text scale",
    "survey_responses": "project_id wave date question_id answer",
    "case_steps": "case_id domain date step",
    "case_stories": "story_id before done after",
}


@pytest.mark.parametrize("name", TABLES)
def test_required_columns(name: str) -> None:
    columns = TABLES[name].columns
    required = [n for n, c in columns.items() if c.required]
    assert required == REQUIRED[name].split()


def test_every_table_is_there() -> None:
    assert set(TABLES) == set(REQUIRED)
    assert set(CORE) <= set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_described(name: str) -> None:
    schema = TABLES[name]
    for column, described in schema.columns.items():
        assert described.meaning, column
        assert schema.columns[column].kind in KINDS
        if schema.columns[column].kind == "choice":
            assert described.allowed, column
    assert set(schema.key) <= set(schema.columns)
    assert schema.event in ("", *schema.columns)


def test_what_counts_people_says_so() -> None:
    people = {
        (table, column)
        for table, schema in TABLES.items()
        for column, described in schema.columns.items()
        if described.people
    }
    totals = ("received", "accepted", "rejected", "saras", "pending", "completed")
    assert people == {*(("monthly_referrals", c) for c in totals), ("outcomes", "people")}


def test_no_column_asks_for_who_somebody_is() -> None:
    for schema in TABLES.values():
        for column in schema.columns:
            assert column not in ("first_name", "surname", "address", "postcode", "date_of_birth")


def test_empty_tables_have_their_types() -> None:
    frame = empty(TABLES["costs"])
    assert frame.empty
    assert frame["date"].dtype == "datetime64[us]"
    assert frame["amount_gbp"].dtype == "float64"
    assert frame["evidence_grade"].dtype == pd.Int64Dtype()


def test_the_dictionary_is_the_one_generated() -> None:
    written = (ROOT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert written == dictionary(TABLES), "run make docs"
