"""Random people tables through the door, then attacked from their files alone."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtf_eval.analysis.results.tables import Column, Link, Sum, Table
from mtf_eval.publish.cells import payload
from mtf_eval.publish.disclosure.audit import audit
from mtf_eval.publish.disclosure.merging import declared
from mtf_eval.publish.disclosure.release import RULES, Door

AGENCIES = sorted(declared()["agency"])
COUNTS = st.one_of(st.integers(0, 9), st.integers(0, 60))
QUIET = settings(
    deadline=None, derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck)
)


@st.composite
def runs(draw: st.DrawFn) -> list[Table]:
    """A table of agencies by outcome, its quarter totals split again, and a headline."""
    rows = draw(st.integers(2, 7))
    outcomes = [draw(st.lists(COUNTS, min_size=rows, max_size=rows)) for _ in range(3)]
    # Published figures do not always add up.
    slip = draw(st.sampled_from([0, 0, 0, 1, -1]))
    frame = pd.DataFrame(dict(zip(("yes", "no", "wait"), outcomes, strict=True)))
    frame.insert(0, "total", frame.sum(axis=1))
    frame.loc[0, "total"] = max(int(frame.loc[0, "total"]) + slip, 0)
    frame.insert(1, "done", [draw(st.integers(0, n)) for n in frame["yes"]])
    frame.loc[rows] = frame.sum()
    frame = frame.astype("Int64")
    frame.insert(0, "agency", [*(f"agency {chr(97 + i)}" for i in range(rows)), "Total"])
    label = Column(name="agency", heading="Agency", kind="label")
    share = Column(name="share", heading="Share", kind="share", unit="%", of=("yes", "total"))
    names = ("total", "done", "yes", "no", "wait")
    people = [Column(name=n, heading=n.capitalize(), kind="people") for n in names]
    main = Table(
        name="main",
        title="Main",
        source="made up",
        frame=frame,
        columns=(label, *people, share),
        total_row=True,
        sums=(
            Sum(total="total", parts=("yes", "no", "wait")),
            Sum(total="yes", parts=("done",), rest=True),
        ),
    )
    head = frame.iloc[[-1]][["agency", "total", "yes"]].reset_index(drop=True)
    head["agency"] = "2024"
    headline = Table(
        name="headline",
        title="Headline",
        source="made up",
        frame=head,
        columns=(label, people[0], people[2]),
        links=tuple(
            Link(total=f"headline/2024/{c}", parts=(f"main/Total/{c}",)) for c in ("total", "yes")
        ),
    )
    return [main, headline]


def write(folder: Path, tables: list[Table], rule: str) -> Path:
    door = Door(rule, tables)
    for table in tables:
        content = payload(door(table))
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow([c["heading"] for c in content["columns"]])
            rows.writerows(content["rows"])
    return folder


@QUIET
@given(runs(), st.sampled_from(["local_lt5", "local_lt5", "nhs", "opensafely"]))
def test_no_small_count_comes_back(tables: list[Table], rule: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        leaks = audit(write(Path(folder), tables, rule), release=rule)
    # An addition that the attacker only believes may mislead it; what it finds must be no fact.
    for leak in leaks:
        table = next(t for t in tables if t.name == leak.table)
        row = [k.lower() for k in table.row_keys()].index(leak.row)
        assert not leak.low <= table.frame[leak.column].iloc[row] <= leak.high


@QUIET
@given(runs(), st.sampled_from(sorted(RULES)))
def test_what_is_shown_is_true_and_no_small_count_is_shown(tables: list[Table], rule: str) -> None:
    door = Door(rule, tables)
    for table in tables:
        released = door(table)
        limits = released.rule
        for name in table.people:
            true = table.frame[name].reset_index(drop=True)
            shown = released.frame[name]
            assert not shown.between(limits.low, limits.high).any()
            assert (released.symbols[name] == "[c]").tolist() == shown.isna().tolist()
            if limits.totals == "kept":
                off = (true - shown).abs().dropna()
                assert (off <= limits.base / 2).all()
        hidden = int((released.symbols[list(table.people)] == "[c]").sum().sum())
        assert hidden == released.hidden_primary + released.hidden_secondary


@QUIET
@given(runs())
def test_shares_follow_from_what_is_shown(tables: list[Table]) -> None:
    released = Door("public", tables)(tables[0])
    for shown, part, whole in released.frame[["share", "yes", "total"]].itertuples(index=False):
        if pd.isna(part) or pd.isna(whole):
            assert pd.isna(shown)
        elif whole:
            assert np.isclose(shown, part / whole)


@st.composite
def years(draw: st.DrawFn) -> list[Table]:
    """Two years of agencies that have groups: the later table repeats the earlier year."""
    names = draw(st.lists(st.sampled_from(AGENCIES), min_size=3, max_size=7, unique=True))
    counts = [draw(st.lists(COUNTS, min_size=len(names), max_size=len(names))) for _ in "ab"]
    frame = pd.DataFrame({"agency": names, "y2023": counts[0], "y2024": counts[1]})
    frame.loc[len(frame)] = ["Total", sum(counts[0]), sum(counts[1])]
    frame = frame.astype({"y2023": "Int64", "y2024": "Int64"})
    label = Column(name="agency", heading="Agency", kind="label")
    made = []
    for columns in (("y2023",), ("y2024", "y2023")):
        name = columns[0]
        links = [Link(total=f"{name}/{k}/y2023", parts=(f"y2023/{k}/y2023",)) for k in names]
        marks = (Column(name=c, heading=c[1:], kind="people") for c in columns)
        made.append(
            Table(
                name=name,
                title=name,
                source="made up",
                frame=frame[["agency", *columns]],
                columns=(label, *marks),
                total_row=True,
                links=tuple(links) if len(columns) > 1 else (),
                dimension=("agency", "agency"),
            )
        )
    return made


@QUIET
@given(years(), st.sampled_from(["local_lt5", "nhs", "opensafely"]))
def test_rows_put_together_give_none_of_their_own_away(tables: list[Table], rule: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        leaks = audit(write(Path(folder), tables, rule), release=rule)
    truth = tables[1].frame.set_index("agency")
    truth.index = truth.index.str.lower()
    together = {k.lower(): v.lower() for k, v in declared()["agency"].items()}
    sums = truth.groupby(lambda k: together.get(k, k)).sum()
    for leak in leaks:
        true = (truth if leak.row in truth.index else sums).loc[leak.row, f"y{leak.column}"]
        assert not leak.low <= true <= leak.high


def test_two_years_of_which_one_is_put_together(tmp_path: Path) -> None:
    """The differences between a fine table and one put together are no small counts."""
    names = ["Police", "Fire and Rescue Service", "NHS", "Job Centre"]
    frame = pd.DataFrame({"agency": names, "n": [3, 20, 2, 30]}).astype({"n": "Int64"})
    label = Column(name="agency", heading="Agency", kind="label")
    mark = Column(name="n", heading="N", kind="people")
    parts = {"source": "made up", "columns": (label, mark), "frame": frame}
    fine = Table(name="fine", title="Fine", **parts)  # type: ignore[arg-type]
    other = Table(name="other", title="Other", dimension=("agency", "agency"), **parts)  # type: ignore[arg-type]
    door = Door("local_lt5", [fine, other])
    assert door(other).table.name == "other_merged"
    shown = door(fine)
    for pair in (names[:2], names[2:]):  # each pair's sum is shown, so both of it are hidden
        assert (shown.symbols.set_axis(names)["n"][pair] == "[c]").all()
    assert audit(write(tmp_path, [fine, other], "local_lt5"), release="local_lt5") == []
