"""Times of day: read, spread over what is known, and drawn where enough is known."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from books import book, write_xlsx

import mtf_eval as mtf
from mtf_eval.analysis.project.maps import Week, hours, week_of
from mtf_eval.publish.workbench.records import load
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reading.hours import spread
from mtf_eval.records.tables import WEEKDAYS

EXAMPLE = Path(__file__).parent.parent / "data" / "example"


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def counted(data: Dataset) -> dict[tuple[str, int], float]:
    rows = data.table("incident_hours").dropna()
    sums = rows.groupby(["weekday", "hour"])["count"].sum()
    return {(str(d), int(h)): round(float(n), 6) for (d, h), n in sums.items()}


def read(folder: Path, head: str, *rows: str) -> Dataset:
    lines = [f"{head},area_code,measure", *(f"{r},E01000001,disorder" for r in rows)]
    (folder / "incidents.csv").write_text("\n".join(lines) + "\n")
    return mtf.load(folder)


def told(data: Dataset) -> str:
    return "\n".join(f.text for f in data.findings)


def test_an_incident_of_a_span_is_spread_evenly_over_it() -> None:
    # Saturday 22:15 to Sunday 00:45: 45, 60 and 45 of 150 minutes (Ratcliffe 2002).
    # Monday 10:00 sharp; Sunday 23:30 to Monday 00:30, over the end of the week; ten days.
    start = pd.Series(pd.to_datetime(["2021-05-01 22:15", "2021-05-03 10:00", "2021-05-02 23:30",
                                      "2021-05-01 08:00"]))  # fmt: skip
    end = pd.Series(pd.to_datetime(["2021-05-02 00:45", "2021-05-03 10:00", "2021-05-03 00:30",
                                    "2021-05-11 08:00"]))  # fmt: skip
    place, hour, weight = spread(start, end)
    found = [
        {
            int(h): round(float(w), 9)
            for h, w in zip(hour[place == p], weight[place == p], strict=True)
        }
        for p in range(4)
    ]
    assert found[0] == {5 * 24 + 22: 0.3, 5 * 24 + 23: 0.4, 6 * 24: 0.3}
    assert found[1] == {10: 1.0}
    assert found[2] == {6 * 24 + 23: 0.5, 0: 0.5}
    assert found[3] == dict.fromkeys(range(168), round(1 / 168, 9))


def test_weights_are_those_of_minutes_counted_one_by_one() -> None:
    rng = np.random.default_rng(5)
    start = pd.Timestamp(2021, 1, 1) + pd.to_timedelta(rng.integers(0, 10**6, 200), unit="min")
    length = pd.to_timedelta(rng.integers(1, 9000, 200), unit="min")
    place, hour, weight = spread(pd.Series(start), pd.Series(start + length))
    for each in range(0, 200, 7):
        minutes = pd.date_range(start[each], start[each] + length[each], freq="min")[:-1]
        expected = (minutes.day_of_week * 24 + minutes.hour).value_counts() / len(minutes)
        own = pd.Series(weight[place == each]).groupby(hour[place == each]).sum()
        assert own.to_dict() == pytest.approx(expected.to_dict())


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("01/05/2021 22:15", 22),
        ("2021-05-01T22:15:00", 22),
        ("1 May 2021 10.15pm", 22),
        ("01/05/2021 09:15 hrs", 9),
        ("2021-05-01T22:15:00Z", 23),  # British summer time
    ],
)
def test_a_time_written_with_the_day_is_read(tmp_path: Path, written: str, hour: int) -> None:
    assert counted(read(tmp_path, "date", written)) == {("Saturday", hour): 1}


@pytest.mark.parametrize(
    ("written", "hour"),
    [("21:30", 21), ("9.30pm", 21), ("12:05 am", 0), ("2130", 21), ("930", 9), ("21.30", 21)],
)
def test_a_time_in_a_column_of_its_own_is_read(tmp_path: Path, written: str, hour: int) -> None:
    assert counted(read(tmp_path, "date,time", f"2021-05-01,{written}")) == {("Saturday", hour): 1}


def test_spans_with_and_without_a_last_day(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        "date,time,date_to,time_to",
        "2021-05-01,22:00,,",  # Saturday
        "2021-05-03,22:30,,00:30",  # Monday, over midnight
        "2021-05-05,22:00,2021-05-06,",  # Wednesday to the end of Thursday: 26 hours
        "2021-05-07,,2021-05-08,09:00",  # no earliest time: none is known
        "2021-05-07,,,",
        "2021-05-07,some time,,",
        "2021-05-09,22:00,2021-05-08,21:00",
    )
    found = counted(data)
    thursday = {("Thursday", h): round(1 / 26, 6) for h in range(24)}
    late = {("Wednesday", h): round(1 / 26, 6) for h in (22, 23)}
    own = {("Saturday", 22): 1, ("Monday", 22): 0.25, ("Monday", 23): 0.5, ("Tuesday", 0): 0.25}
    assert found == own | thursday | late
    assert "1 incident(s) end before they begin" in told(data)
    (unread,) = (f for f in data.findings if "1 time(s) of day not read" in f.text)
    assert (unread.row, unread.column) == (7, "time")
    assert int(data.table("incidents")["count"].sum()) == 7
    assert len(data.table("incidents")) == 1


def test_excel_keeps_times_as_cells(tmp_path: Path) -> None:
    tables = book()
    days: list[list[Any]] = [
        [dt.date(2021, 5, 1), dt.time(21, 30)],
        [dt.datetime(2021, 5, 1, 20, 15), None],
        [dt.datetime(2021, 5, 1), dt.datetime(1899, 12, 30, 7, 0)],
    ]
    tables["incidents"] = [
        ["Date", "Time", "Incident type", "LSOA code"],
        *([*d, "disorder", "E01000001"] for d in days),
    ]
    data = mtf.load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert counted(data) == {("Saturday", 21): 1, ("Saturday", 20): 1, ("Saturday", 7): 1}


def test_days_alone_have_no_time(tmp_path: Path) -> None:
    data = read(tmp_path, "date", "2021-05-01", "2021-05-02 00:00:00", "03/05/2021 00:00")
    assert data.table("incident_hours").empty


def midnights(n: int, every: str) -> Iterator[str]:
    yield from (f"2021-05-{d:02} {every.format(h=h)}" for d in range(1, 11) for h in range(24))
    yield from (f"2021-05-{1 + d % 28:02} 00:00" for d in range(n))


def test_midnight_in_place_of_no_time_is_told_and_left_out(tmp_path: Path) -> None:
    data = read(tmp_path, "date", *midnights(60, "{h:02}:20"))
    assert "60 of 300 times are 00:00" in told(data)
    rows = data.table("incident_hours")
    assert rows[rows["hour"].isna()]["count"].sum() == 60
    assert sum(counted(data).values()) == 240
    assert {h for _, h in counted(data)} == set(range(24))


@pytest.mark.parametrize(("extra", "every"), [(9, "{h:02}:20"), (15, "{h:02}:00")])
def test_midnight_of_its_share_is_a_time(tmp_path: Path, extra: int, every: str) -> None:
    """Ten an hour: nine more at midnight, or times that are all rounded to the hour."""
    data = read(tmp_path, "date", *midnights(extra, every))
    assert sum(counted(data).values()) == 240 + extra
    assert "00:00" not in told(data)


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, of which half the incidents of EX01 have a time: Fridays from 20:00 to 22:00."""
    place = tmp_path_factory.mktemp("timed") / "example"
    shutil.copytree(EXAMPLE, place)
    rows: list[tuple[object, ...]] = []
    for month in pd.period_range("2022-10", "2023-09", freq="M"):
        own = (str(month), "E01990011", "Anti-social behaviour")
        rows += [(*own, "Friday", hour, 8) for hour in (20, 21, 22)]
        rows += [(*own, day, hour, 0.25) for day in WEEKDAYS for hour in (9, 15)]
        rows += [(*own, "", "", 2), (str(month), "E01990099", own[2], "Monday", 3, 500)]
    with (place / "incident_hours.csv").open("w", newline="") as file:
        head = ("month", "area_code", "measure", "weekday", "hour", "count")
        csv.writer(file).writerows([head, *rows])
    return place


def test_the_project_says_when_it_came_and_of_how_many_that_is_known(timed: Path) -> None:
    records = load(timed)
    project = records.project("EX01")
    panel = project.evaluation.panel
    assert panel is not None
    early = panel.monthly(panel.target)[:"2023-09"]
    total = int(early.iloc[-24:].sum())
    # By hand: 12 x (24 + 3.5) = 330 with a time, 288 on Friday evenings, 6 more on Fridays.
    said = project.hours().sentence()
    assert "between 19:00 and 22:59 (87%), and on Fridays (89%)" in said
    assert f"known for 330 of {total:,} ({330 / total:.0%})" in said
    assert "24 are written as 00:00" in said
    frame = project.hours().frame.set_index("hour")
    assert frame.loc["20:00", "Fri"] == 96
    assert frame.loc["09:00", "Mon"] == pytest.approx(3)
    assert frame.to_numpy().sum() == pytest.approx(330)
    assert project.hours().element().kind == "figure"
    assert "no hour" not in project.calendar().element().text
    assert "Fridays" in records.plan("EX01").hours().sentence()


def test_too_few_times_and_none_draw_nothing(timed: Path) -> None:
    records = load(timed)
    few = records.project("EX03").hours()
    assert few.element().kind == "absent"
    assert "No time of day" in few.sentence()
    tables = {**records.tables, "incident_hours": records.table("incident_hours").head(2)}
    some = replace(records, tables=tables).project("EX01").hours()
    assert "16 of" in some.sentence()
    assert "too few" in some.sentence()
    assert some.element().kind == "absent"


@pytest.mark.parametrize(("known", "drawn"), [(49, False), (50, True)])
def test_fifty_times_are_enough_for_a_picture(timed: Path, known: int, drawn: bool) -> None:
    records = load(timed)
    rows = records.table("incident_hours").query("hour.notna()").head(1).assign(count=known)
    tables = {**records.tables, "incident_hours": rows}
    found = replace(records, tables=tables).project("EX01").hours()
    assert ("too few" not in found.sentence()) is drawn


def week(**cells: float) -> Week:
    counts = pd.DataFrame(0.0, index=range(24), columns=list(WEEKDAYS))
    counts += cells.pop("each", 0.0)
    for place, n in cells.items():
        day, hour = place.split("_")
        counts.loc[int(hour), day] += n
    months = pd.date_range("2021-01", periods=12, freq="MS")
    return Week(counts=counts, months=months, recorded=1000, midnight=0)


def test_noise_is_no_peak() -> None:
    assert week(each=1, Monday_3=2).peak() == "No time of day and no day of the week stands out"
    # Over midnight: 22:00 to 01:59.
    found = week(each=0.5, Monday_22=20, Wednesday_1=20, Friday_23=20, Sunday_0=20).peak()
    assert found.startswith("It came most between 22:00 and 01:59")
    assert "on " not in found


def test_a_map_of_hours_is_of_areas_and_passes_the_rule(timed: Path) -> None:
    records = load(timed)
    mtf.report(records, "project_evaluation", release="public", project="EX01")
    try:
        shown = records.project("EX01").hours().released
    finally:
        mtf.report(records, "project_evaluation", release="internal", project="EX01")
    assert shown.hidden == 0
    assert shown.frame["Fri"].sum() == pytest.approx(294)
    said = "An incident of which only a span is known is spread evenly over its hours."
    judged = records.project("EX01").evaluation
    held = week_of(records, judged)  # of whole numbers
    for each, digits in ((held, 0), (replace(held, counts=held.counts + 0.5), 1)):
        made = hours(records, judged, each)
        assert (said in made.notes) == bool(digits)
        assert {c.decimals for c in made.columns[1:]} == {digits}


def test_times_come_from_a_database(tmp_path: Path) -> None:
    connection = duckdb.connect(tmp_path / "d.duckdb")
    connection.execute(
        "create table incidents as select timestamp '2021-05-01 22:15' + interval (n) hour as date,"
        " 'E01000001' as area_code, 'disorder' as measure from range(3) t(n)"
    )
    connection.close()
    data = mtf.load(f"duckdb:///{tmp_path / 'd.duckdb'}")
    assert counted(data) == {("Saturday", 22): 1, ("Saturday", 23): 1, ("Sunday", 0): 1}
    assert data.table("incidents")["count"].to_list() == [3]
