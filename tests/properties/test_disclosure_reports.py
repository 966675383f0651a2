"""The tables of the annual review and of the surveys, from random records, through the door.

What is written to files is attacked from the files alone, for every rule; the truth is what the
same tables are under `internal`.
"""

from __future__ import annotations

import csv
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mtf_eval.analysis.counts import caseload
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.analysis.year import summary
from mtf_eval.publish.cells import payload
from mtf_eval.publish.disclosure.audit import audit
from mtf_eval.publish.disclosure.published import Figure, read_grids
from mtf_eval.publish.disclosure.release import RULES, Door, Released
from mtf_eval.publish.exports.files import csv_name
from mtf_eval.publish.exports.scanner import canaries, neutralise
from mtf_eval.records.dataset import Dataset, Source
from mtf_eval.records.schema import empty
from mtf_eval.records.tables import TABLES

FEW = settings(
    deadline=None, derandomize=True, max_examples=2, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
AGENCIES = ("Police", "County Council", "Fire and Rescue", "Housing Association")
CRITERIA = ("Social issues", "Risk or harm", "Criminal activity")
PUBLIC = ("local_lt5", "nhs", "opensafely")


def log(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """A log of referrals over two years, most agencies and themes with few."""
    pick = lambda of, p=None: rng.choice(np.array(of, dtype=object), size, p=p)  # noqa: E731
    received = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 360, size), "D")
    decision = pick(["accepted", "rejected", "sara", "pending"], [0.6, 0.2, 0.15, 0.05])
    status = np.where(decision == "accepted", pick(["ongoing", "completed"]), None)
    closed = pd.Series(received + pd.to_timedelta(rng.integers(1, 90, size), "D"))
    frame = empty(TABLES["referrals"]).reindex(range(size))
    frame["referral_id"] = [f"CANARY-{i:05d}" for i in range(size)]
    frame["received"], frame["decision"], frame["status"] = received, decision, status
    frame["agency"] = pick(AGENCIES, [0.6, 0.25, 0.1, 0.05])
    frame["closed"] = closed.where(status == "completed")
    if "decided" in frame:
        after = pd.Series(received + pd.to_timedelta(rng.integers(0, 20, size), "D"))
        frame["decided"] = after.where(decision != "pending")
    frame["criteria"] = pick(CRITERIA, [0.7, 0.2, 0.1])
    frame["stream"] = pick(["core", "home_security"], [0.9, 0.1])
    frame["ward"] = pick(["Quayside", "Hill", "Marsh"], [0.8, 0.15, 0.05])
    frame["risk"] = np.where(frame["stream"] == "home_security", pick(["high", "low"]), None)
    return frame.astype(empty(TABLES["referrals"]).dtypes.to_dict())


def survey(rng: np.random.Generator, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One question asked before and after."""
    questions = pd.DataFrame(
        {"question_id": ["Q1"], "text": ["How safe?"], "scale": ["Not; Fairly; Very"],
         "favourable": ["high"]}
    )  # fmt: skip
    answers = empty(TABLES["survey_responses"]).reindex(range(size))
    answers["project_id"], answers["question_id"] = "P1", "Q1"
    answers["wave"] = rng.choice(["entry", "exit"], size)
    answers["date"] = pd.Timestamp("2024-02-01")
    answers["answer"] = rng.choice(["Not", "Fairly", "Very"], size, p=[0.1, 0.3, 0.6])
    answers["respondent_id"] = [f"CANARY-R{i:04d}" for i in range(size)]
    return questions, answers.astype(empty(TABLES["survey_responses"]).dtypes.to_dict())


def dataset(seed: int, referred: int, asked: int) -> Dataset:
    rng = np.random.default_rng(seed)
    tables = {name: empty(schema) for name, schema in TABLES.items()}
    tables["referrals"] = log(rng, referred)
    questions, answers = survey(rng, asked)
    tables |= {"survey_questions": questions, "survey_responses": answers}
    at = pd.Timestamp("2024-12-31").date()
    sources = tuple(
        Source(table=n, file=f"{n}.csv", sha256="", rows=len(f), as_at=at)
        for n, f in tables.items()
        if len(f)
    )
    return Dataset(name="made", path=Path("made"), tables=tables, sources=sources)


RECORDS = st.builds(dataset, st.integers(0, 10**6), st.integers(150, 400), st.integers(20, 60))


def release(data: Dataset, rule: str) -> list[Released]:
    tables = list(summary.people_tables(data))
    door = Door(rule, tables)
    return [door(t) for t in tables if t.name not in {c.name for c in caseload.carried_over(data)}]


def write(folder: Path, found: list[Released]) -> Path:
    for released in found:
        content = payload(released)
        path = folder / csv_name(content["name"], {})
        with path.open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow([c["heading"] for c in content["columns"]])
            rows.writerows(map(neutralise, row) for row in content["rows"])
    return folder


def truth(folder: Path) -> dict[tuple[str, str, str], float]:
    """Every figure by file, row and column."""
    return {
        (grid.file, row, column): cell.value
        for grid in read_grids(folder)
        for row, cells in zip(grid.rows, grid.cells, strict=True)
        for column, cell in zip(grid.columns, cells, strict=True)
        if isinstance(cell, Figure)
    }


@pytest.mark.parametrize("rule", PUBLIC)
@FEW
@given(data=RECORDS)
def test_the_review_gives_nobody_away(rule: str, data: Dataset) -> None:
    tables, found = list(summary.people_tables(data)), release(data, rule)
    nothing_comes_back(data, rule, found)
    left_out_where_hidden(found)
    if rule == "local_lt5":
        totals_are_sums(tables, found)
        shown_alike(tables, found)


def nothing_comes_back(data: Dataset, rule: str, found: list[Released]) -> None:
    """No small count from the files alone, no reference of a person in any byte of them."""
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        leaks = audit(write(Path(a), found), release=rule)
        known = truth(write(Path(b), release(data, "internal"))) if leaks else {}
        # What the attacker believes may be wrong; what it finds must be no fact.
        real = [k for k in leaks if k.low <= known.get((k.file, k.row, k.column), -1) <= k.high]
        # A count of projects may be hidden to protect people; nothing is promised of it.
        headed = {
            (csv_name(r.table.name, {}), " ".join(c.heading.lower().split()))
            for r in found
            for c in r.table.columns
            if c.kind == "people"
        }
        real = [k for k in real if (k.file, k.column) in headed]
        assert not real, list(map(str, real))
        personal = [*data.table("referrals")["referral_id"]]
        personal += [*data.table("survey_responses")["respondent_id"]]
        assert canaries(personal, Path(a)) == []


def test_the_attack_succeeds_where_only_small_counts_are_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dataclasses import replace

    naive = replace(RULES["local_lt5"], name="naive", secondary=False, coarser_above=1.0)
    monkeypatch.setitem(RULES, "naive", naive)
    data = dataset(7, 150, 40)
    assert audit(write(tmp_path, release(data, "naive")), release="public")


def cells_of(found: list[Released]) -> dict[str, int]:
    """Shown counts by `table/row/column`."""
    return {
        name: int(released.frame[column].iloc[row])
        for released in found
        for name, row, column in released.table.cells()
        if not pd.isna(released.frame[column].iloc[row])
    }


def additions(tables: list[Table]) -> list[tuple[str, tuple[str, ...]]]:
    """Each total that is exactly its parts, as the tables declare."""
    made: list[tuple[str, tuple[str, ...]]] = []
    for table in tables:
        keys = table.row_keys()
        made += [
            (f"{table.name}/{k}/{s.total}", tuple(f"{table.name}/{k}/{p}" for p in s.parts))
            for s in table.sums
            if not s.rest
            for k in keys
        ]
        made += [(link.total, link.parts) for link in table.links if not link.rest]
        if table.total_row:
            made += [
                (f"{table.name}/{keys[-1]}/{c}", tuple(f"{table.name}/{k}/{c}" for k in keys[:-1]))
                for c in table.people
            ]
    return made


def totals_are_sums(tables: list[Table], found: list[Released]) -> None:
    shown = cells_of(found)
    whole = [(t, p) for t, p in additions(tables) if t in shown and set(p) <= set(shown)]
    assert whole
    for total, parts in whole:
        assert shown[total] == sum(shown[p] for p in parts), (total, parts)


def shown_alike(tables: list[Table], found: list[Released]) -> None:
    """A cell that equals one other cell is hidden with it, or comes back from it."""
    there = {name for r in found for name, _, _ in r.table.cells()}
    shown = cells_of(found)
    pairs = [(t, p[0]) for t, p in additions(tables) if len(p) == 1 and {t, p[0]} <= there]
    assert pairs
    for one, other in pairs:
        assert shown.get(one) == shown.get(other), (one, other)


def left_out_where_hidden(found: list[Released]) -> None:
    """A mean over all months gives a hidden one back; a median says how many there are at least."""
    for released in found:
        counted = list(released.table.people)
        hidden = released.symbols[counted] == "[c]"
        for column in released.table.columns:
            shown = released.frame[column.name].notna()
            if column.over == "row":
                assert not (shown & hidden.any(axis=1)).any()
            if column.over == "table" and hidden.any(axis=None):
                assert not shown.any()


def test_what_rests_on_a_hidden_month_is_left_out() -> None:
    frame = pd.DataFrame({"month": list("abcd"), "n": [20, 3, 30, 9], "mean": 15.5, "half": 2.5})
    columns = (
        Column(name="month", heading="Month", kind="label"),
        Column(name="n", heading="People", kind="people"),
        Column(name="mean", heading="Mean", kind="number", over="table"),
        Column(name="half", heading="Median", kind="number", over="row"),
    )
    frame["n"] = frame["n"].astype("Int64")
    table = Table(name="t", title="T", source="S", frame=frame, columns=columns)
    shown = {r: Door(r, [table])(table).frame for r in ("internal", "local_lt5", "nhs")}
    assert shown["internal"]["mean"].notna().all()
    assert shown["local_lt5"]["mean"].isna().all()
    assert shown["local_lt5"]["half"].isna().tolist() == [False, True, False, False]
    # Rounded counts beside a mean of the others.
    frame.loc[1, "n"] = 33
    assert Door("nhs", [table])(table).frame["mean"].isna().all()
    assert Door("local_lt5", [table])(table).frame["mean"].notna().all()


def test_a_range_gives_a_hidden_month_back_unless_it_is_left_out() -> None:
    """Why: twelve months of which one is hidden, and their mean to one decimal."""
    months = [20, 31, 18, 25, 3, 22, 19, 30, 24, 21, 26, 30]
    mean = round(sum(months) / 12, 1)
    fits = [x for x in range(1, 5) if math.isclose((sum(months) - 3 + x) / 12, mean, abs_tol=0.05)]
    assert fits == [3]
