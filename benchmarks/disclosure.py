"""What an attacker can work out of published figures: spiteful made-up logs, all tables of a run.

    python -m benchmarks.disclosure [LOGS]

Each log has 14 to 400 referrals over one to three years, with what gives counts away: wards of one
person, agencies of two, one SARA project, months of nought, surveys of three, outcomes of few
people with unit costs. All tables of people of all reports, and of their pounds, are released and
attacked together, alone, with the edition of one referral fewer, or with one as the first edition
published it. What the attacker holds for true is also held against the log.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from mtf_eval import load
from mtf_eval.analysis.benefit import appendix, appraisal, journeys, statement
from mtf_eval.analysis.counts import activity, caseload, priorities, referrals
from mtf_eval.analysis.project.evaluation import evaluated
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.surveys import surveys
from mtf_eval.publish.cells import payload
from mtf_eval.publish.disclosure.attacker import FEWEST, Reach
from mtf_eval.publish.disclosure.audit import reach
from mtf_eval.publish.disclosure.release import COUNTED, Disclosure
from mtf_eval.records.dataset import Dataset, Source
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.records.tables import TABLES, empty

SEED = 17
EDITIONS = {
    "one": "one edition",
    "two": "and one with a referral fewer",
    "first": "and one under the first rule",
}
AGENCIES = ("Police", "District Council", "Fire", "Housing", "Health", "Abuse Service", "School")
WARDS = ("Harbour", "Northgate", "Quayside", "Seafront", "Dane Park", "Cliffsend")
THEMES = ("Complex needs", "Vulnerable young people and families", "Crime", "Environment")
CODES = ("child_in_need_year", "domestic_abuse_victim", "jsa_claimant_into_work")
SCALE = ("Very unsafe", "Unsafe", "Neither", "Safe", "Very safe")


def made(number: int) -> dict[str, pd.DataFrame]:
    """Return the tables of one spiteful log."""
    rng = np.random.default_rng([SEED, number])
    size = int(np.geomspace(14, 400, 8)[number % 8] + rng.integers(0, 10))
    first = pd.Timestamp("2022-01-01")
    days = 365 * int(rng.integers(1, 4))
    # Some logs come in bursts, so that whole months are nought.
    when = np.sort(rng.integers(0, days, size))
    if number % 3 == 0:
        when = np.sort(rng.choice(rng.integers(0, days - 31, 4), size) + rng.integers(0, 31, size))
    several = int(rng.integers(2, len(AGENCIES) + 1))
    agency = rng.choice(several, size, p=rng.dirichlet(np.full(several, 0.6)))
    wards = int(rng.integers(1, len(WARDS) + 1))
    ward = rng.choice(wards, size, p=rng.dirichlet(np.full(wards, 0.6)))
    if wards > 1:
        ward[ward == wards - 1] = 0
        ward[int(rng.integers(size))] = wards - 1  # one person
    if several > 2:
        agency[agency == several - 1] = 0
        agency[rng.choice(size, 2, replace=False)] = several - 1  # two
    chances = rng.dirichlet([6.0, 3.0, 0.02, 0.2])
    decision = rng.choice(["accepted", "rejected", "sara", "pending"], size, p=chances)
    decision[int(rng.integers(size))] = "sara"
    frame = pd.DataFrame(
        {
            "referral_id": [f"R{i:04d}" for i in range(size)],
            "received": first + pd.to_timedelta(when, "D"),
            "agency": np.array(AGENCIES)[agency],
            "ward": np.array(WARDS)[ward],
            "decision": decision,
            "criteria": [
                ";".join(rng.choice(THEMES, 1 + int(rng.random() < 0.2), replace=False))
                for _ in range(size)
            ],
            "stream": np.where(rng.random(size) < 0.03 * (number % 2), "home_security", "core"),
        }
    )
    end = first + pd.Timedelta(days=days - 1)
    waited = pd.to_timedelta(rng.geometric(0.1, size), "D")
    if number % 4:
        decided = (frame["received"] + waited).where(frame["decision"] != "pending")
        late = decided > end
        frame.loc[late, "decision"] = "pending"
        frame["decided"] = decided.mask(late)
    accepted = frame["decision"] == "accepted"
    done = accepted & (rng.random(size) < rng.choice([0.3, 0.7, 0.95]))
    closed = frame["received"] + waited + pd.to_timedelta(rng.geometric(0.02, size), "D")
    frame["closed"] = closed.where(done & (closed <= end))
    frame["status"] = np.where(frame["closed"].notna(), "completed", "ongoing")
    frame["status"] = frame["status"].where(accepted)
    answers = []
    for wave, people in zip(("entry", "exit"), rng.choice([3, 8, 25, 60], 2), strict=True):
        for person in range(people):
            answer = rng.choice(SCALE, p=rng.dirichlet(np.full(5, 0.7)))
            answers.append(("P1", wave, "2023-03-01", "Q1", answer, f"{wave}{person}"))
    columns = ["project_id", "wave", "date", "question_id", "answer", "respondent_id"]
    survey = pd.DataFrame(answers, columns=columns)
    questions = pd.DataFrame(
        [["Q1", "How safe do you feel?", "; ".join(SCALE), "high"]],
        columns=["question_id", "text", "scale", "favourable"],
    )
    # Nothing taken off: pounds are people times their unit cost.
    sure = {"impact": 1.0, "deadweight": 0.0, "attribution": 1.0, "lag_years": 0.0, "years": 1.0}
    outcomes = pd.DataFrame(
        {"project_id": "P1", "unit_cost_code": CODES, "people": rng.integers(0, 16, len(CODES))}
        | sure | {"drop_off": 0.0, "evidence_grade": 1}
    )  # fmt: skip
    projects = pd.DataFrame(
        {
            "project_id": ["P1"], "title": "A house each", "problem": "Made up",
            "lead_agency": "Police", "response_start": first, "response_end": end,
            "stage": "response", "primary_measure": "Anti-social behaviour",
        }
    )  # fmt: skip
    return {
        "referrals": frame, "survey_responses": survey, "survey_questions": questions,
        "outcomes": outcomes, "projects": projects,
    }  # fmt: skip


def data_of(given: dict[str, pd.DataFrame]) -> Dataset:
    """Return the data set of some tables, as `load` would read it."""
    tables = {}
    for name, schema in TABLES.items():
        frame = empty(schema)
        if name in given:
            frame = given[name].reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
        tables[name] = frame.reset_index(drop=True)
    received, decided = given["referrals"]["received"], given["referrals"].get("closed")
    until = max(received.max(), *(d.max() for d in [decided] if d is not None and d.notna().any()))
    until = (until + pd.offsets.YearEnd(0)).date()
    source = Source(table="referrals", file="x", sha256="", rows=len(received), as_at=until)
    return Dataset(name="made", path=Path("made"), tables=tables, sources=(source,))


def years(data: Dataset) -> tuple[int, ...]:
    """Years an annual review can be about: any with referrals, activity, or projects running."""
    found = set(referrals.years(data))
    found |= {int(y) for y in data.table("activity")["period_start"].dt.year}
    found |= {int(y) for y in data.table("projects")["response_start"].dropna().dt.year}
    return tuple(sorted(found))


def yearly(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Every table of a year that has rows, in the order of the annual review."""
    tables = (
        referrals.headline(data, year=year),
        referrals.by_month(data, year=year),
        referrals.by_quarter(data, year=year),
        referrals.year_on_year(data, year=year),
        caseload.expected_range(data, year=year),
        *caseload.groups(data, year=year),
        *(caseload.days_to(data, end=end, year=year) for end in caseload.ends(data, year)),
        activity.themes(data, year=year),
        activity.streams(data, year=year),
        activity.support_by_agency(data, year=year),
        activity.support_by_risk(data, year=year),
        activity.support_visits(data, year=year),
        activity.visits(data, year=year),
        activity.contacts_by_channel(data, year=year),
        activity.contacts_in_all(data, year=year),
        activity.contacts_by_period(data, year=year),
        activity.incoming(data, year=year),
        activity.incoming_by_year(data, year=year),
        priorities.fulfilled(data, year=year),
        priorities.fulfilled_by_agency(data, year=year),
    )
    return tuple(t for t in tables if len(t.frame))


def of_people(data: Dataset) -> Iterator[Table]:
    """Yield every table of people that the reports of a data set show."""
    for year in years(data):
        yield from yearly(data, year=year)
        for half in (1, 2):
            yield referrals.headline(data, year=year, half=half)
            yield referrals.by_month(data, year=year, half=half)
            yield caseload.waits(data, year=year, half=half)
    for project in data.table("projects")["project_id"]:
        if len(data.own("survey_responses", project)):
            yield surveys.respondents(data, project)
            yield surveys.shares(data, project)
            for question in surveys.questions(data, project):
                yield surveys.answers(data, project, question)
        if len(data.own("outcomes", project)):
            yield journeys.people_claimed(data, project)


def tables_of(data: Dataset, disclosure: Disclosure) -> Iterator[Table]:
    """Yield every table of people, or of their pounds, that the reports of a data set show."""
    yield from of_people(data)
    until = max(s.as_at for s in data.sources if s.as_at)
    for project in data.table("outcomes")["project_id"].unique():
        done = appraisal.analyse(
            data, evaluated(data, project, until), load_reference(), price_year="2023/24",
            horizon_years=5, rng=np.random.default_rng(SEED), draws=0, people=disclosure.counted,
        )  # fmt: skip
        shown = [appendix.calculation, statement.cash_flow, statement.by_agency_and_year]
        yield from (make(done) for make in shown if done.claimed)


def still_shown(data: Dataset, rule: str) -> tuple[int, int, int]:
    """Count the cells of people: on record, not hidden for their own size, and shown."""
    recorded = many = shown = 0
    inside, outside = Disclosure("internal", COUNTED), Disclosure(rule, COUNTED)
    for table in of_people(data):
        true, told = inside(table), outside(table)
        for name in table.people:
            counts = true.frame[name]
            recorded += int(counts.notna().sum())
            many += int((counts > outside.rule.hide_up_to).sum())
            if name in told.frame:
                shown += int(told.frame[name].notna().sum())
    return recorded, many, shown


def publish(data: Dataset, rule: str, folder: Path) -> Path:
    """Write every table as released, as a run's records hold them.

    Under `first` counts of 1 to 4 people are hidden and no other rounded, as in the first edition.
    """
    folder.mkdir(parents=True)
    disclosure = Disclosure("internal" if rule == "first" else rule, COUNTED)
    for each in tables_of(data, disclosure):
        if len(each.frame):
            told = payload(disclosure(each))
            if rule == "first":
                counts = [c["name"] in each.people for c in told["columns"]]
                told["rows"] = [
                    ["[c]" if n and 0 < (v if isinstance(v, int) else 0) < 5 else v
                     for n, v in zip(counts, row, strict=True)] for row in told["rows"]
                ]  # fmt: skip
            (folder / f"{each.name}.json").write_text(json.dumps(told), encoding="utf-8")
    if rule == "first":
        (folder / "run.json").write_text('{"release": "local_lt5"}', encoding="utf-8")
    return folder


def attacked(given: dict[str, pd.DataFrame], rule: str, edition: str = "one") -> Reach:
    """Return what each hidden count can be, of one edition or beside one of `EDITIONS`."""
    with tempfile.TemporaryDirectory() as place:
        now = publish(data_of(given), rule, Path(place) / "now")
        before = apart = None
        if edition == "two":
            fewer, apart = given | {"referrals": given["referrals"].iloc[:-1]}, 1
            before = publish(data_of(fewer), rule, Path(place) / "before")
        if edition == "first":
            before, apart = publish(data_of(given), "first", Path(place) / "before"), 0
        return reach(now, before, release=rule, apart=apart)


def study(logs: int, rule: str, edition: str = "one") -> pd.DataFrame:
    """Return one row a hidden count: log, place, how many values it can be; missing if unsolved."""
    rows: list[tuple[object, ...]] = []
    for number in range(logs):
        found = attacked(made(number), rule, edition)
        rows += [
            (number, k.table, k.row, k.column, k.low, k.high, k.high - k.low + 1)
            for k in found.counts
        ]
        rows += [(number, "", "", "", None, None, None)] * found.unsolved
    return pd.DataFrame(rows, columns=["log", "table", "row", "column", "low", "high", "values"])


def text_of(logs: int) -> str:
    """Write what can be worked out in Markdown."""
    lines = [
        f"\n## Hidden counts under attack: {logs} spiteful made-up logs\n",
        "| rule | published | hidden counts | not solved in time | known exactly | two values | "
        "three | four or more |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule, (edition, words) in product(("public", "local"), EDITIONS.items()):
        left = study(logs, rule, edition)["values"].astype("float64")
        counts = left.clip(upper=FEWEST).value_counts()
        counts = counts.reindex(range(1, FEWEST + 1), fill_value=0)
        cells = " | ".join(f"{n:,}" for n in (len(left), left.isna().sum(), *counts))
        lines.append(f"| {rule} | {words} | {cells} |")
    for name in ("example", "thanet_2021"):
        recorded, many, shown = still_shown(load(REFERENCE.parent / name), "public")
        lines.append(
            f"\nOf {recorded:,} counts of people in the internal tables of {name} {many:,} "
            f"({many / recorded:.0%}) are 8 or more, and {shown:,} are shown: {shown / many:.0%} "
            f"of those, {shown / recorded:.0%} of all."
        )
    return "\n".join(lines)


def main() -> None:
    print(text_of(int(sys.argv[1]) if len(sys.argv) > 1 else 40))


if __name__ == "__main__":
    main()
