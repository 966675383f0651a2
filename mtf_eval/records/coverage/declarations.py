"""What is declared of the records: the table `coverage`, its rows matched to what they are about.

Says what is wrong with it, and which months a table of the task force's own was kept; `on_record`
weighs it against the other evidence of incidents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from mtf_eval.records.aliases import fold
from mtf_eval.records.coverage.gaps import first_of
from mtf_eval.records.coverage.silences import silent_runs
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import TABLES

#: Takes what is wrong at a place in the table, as `Tidied.problem` does.
Problem = Callable[..., None]
_TABLES = {fold(t) for t in TABLES} - {"incidents"}

_FORCE_WORDS = ("police", "constabulary", "service", "force", "the", "of", "and")


def declared(data: Dataset, measure: str, table: str = "incidents") -> pd.DataFrame:
    """Return what is declared of a table and measure, forces as the records name them.

    `source` may name a table, a force or source of the incidents, or be the publisher's name.
    """
    rows = data.table("coverage").copy()
    for column in ("source", "force", "area_code", "reason"):
        rows[column] = rows[column].fillna("")
    own = rows["source"].map(fold).isin(_TABLES)
    if table != "incidents":
        rows = rows[rows["source"].map(fold) == fold(table)]
    else:
        rows = rows[~own & (rows["measure"].isna() | (rows["measure"] == measure))]
        known = sources(data.table("incidents")["source"])
        named_so = rows["source"].map(lambda s: known.get(force_key(s), ""))
        named_so = named_so.where(rows["area_code"] == "", "")
        forces = rows["force"].map(lambda s: known.get(force_key(s), s))
        rows["force"] = forces.where(rows["force"] != "", named_so)
    return rows.assign(complete=rows["complete"].fillna("yes") == "yes")


def force_key(name: str) -> str:
    """Fold a force's name as records and files write it: Kent Police, kent."""
    words = fold(name).split()
    return " ".join([w for w in words if w not in _FORCE_WORDS] or words)


def sources(column: pd.Series[str]) -> Mapping[str, str]:
    """Return the sources that records name, by the folded name."""
    return {force_key(s): s for s in column.dropna().unique() if s}


_NAMES = {"area_code": "an area", "measure": "a measure"}
#: What `source` may say where all records of incidents are meant.
_WHOLE = ("", "incidents", "police uk", "data police uk", "all")


def check(read: Mapping[str, pd.DataFrame], *, by_file: bool, problem: Problem) -> None:
    """Tell what is wrong with the table `coverage`.

    The index of `coverage` holds its rows in the file; `by_file`: incidents come in a file for each
    month of a force.
    """
    if "coverage" not in read:
        return
    none = pd.DataFrame(columns=["source", "area_code", "measure", "month", "project_id", "role"])
    incidents, areas = read.get("incidents", none), read.get("project_areas", none)
    if "date" in incidents:
        days = incidents["date"].dt.to_period("M").dt.to_timestamp()
        incidents = incidents.assign(month=incidents["month"].fillna(days))
        read = {**read, "incidents": incidents}
    forces = sources(incidents["source"])
    known = {
        "area_code": {*incidents["area_code"], *areas["area_code"]},
        "measure": {
            *incidents["measure"],
            *read.get("project_measures", none)["measure"],
            *(read["projects"]["primary_measure"] if "projects" in read else ()),
        },
    }
    rows = read["coverage"].dropna(subset=["source", "first", "last"])
    rows = rows.assign(complete=rows["complete"].fillna("yes") == "yes")
    rows["table"] = rows["source"].map(lambda s: fold(s) if fold(s) in _TABLES else "incidents")
    for at, row in rows.iterrows():
        if row["first"] > pd.Timestamp.today():
            found, expected = f"{row['first']:%B %Y}, which has not begun", "a month of the records"
            problem(found, expected, "is the year right?", row=at, column="first")
        if row["table"] != "incidents":
            continue
        for column, names in known.items():
            if pd.notna(row[column]) and row[column] not in names:
                found = f"{_NAMES[column]} that no incident or project has"
                expected = f"{_NAMES[column]} of the records"
                problem(found, expected, "correct it", row=at, column=column)
        given = row["source"] if pd.isna(row["force"]) else row["force"]
        column = "source" if pd.isna(row["force"]) else "force"
        free = column == "source" and (fold(given) in _WHOLE or pd.notna(row["area_code"]))
        if forces and not free and force_key(given) not in forces:
            expected = f"one of {', '.join(sorted(forces.values())[:8])}"
            found = f"a {column} that no incident has"
            problem(found, expected, "correct it", row=at, column=column)
        rows.at[at, "force"] = forces.get(force_key(given), "")
    _disagree(rows, problem)
    if by_file:
        _without_file(rows, incidents, problem)
    _nothing_left(rows, read, problem)


def _disagree(rows: pd.DataFrame, problem: Problem) -> None:
    """Refuse two rows of which one says complete and one not, of the same months and records."""
    scope = rows[["force", "area_code", "measure"]].fillna("")
    for place, (at, row) in enumerate(rows.iterrows()):
        before = rows.iloc[:place]
        clash = (before["table"] == row["table"]) & (before["complete"] != row["complete"])
        clash &= (before["first"] <= row["last"]) & (before["last"] >= row["first"])
        for column in scope:
            theirs, own = scope.loc[before.index, column], scope.at[at, column]
            clash &= (theirs == own) | (theirs == "") | (own == "")
        if clash.any():
            found = f"complete where row {before.index[clash][0]} says otherwise of the same months"
            problem(found, "one word for each month", "keep one of them", row=at, column="complete")


def _without_file(rows: pd.DataFrame, incidents: pd.DataFrame, problem: Problem) -> None:
    """Refuse what is declared complete for months without a file."""
    held = {s: {*part["month"]} for s, part in incidents.groupby("source")}
    all_months = pd.date_range(incidents["month"].min(), incidents["month"].max(), freq="MS")
    whole = rows[rows["complete"] & (rows["table"] == "incidents")]
    for at, row in whole.iterrows():
        of = incidents[incidents["area_code"] == row["area_code"]]["source"].mode()
        force = row["force"] or (of.iloc[0] if len(of) else "")
        months = all_months[(all_months >= row["first"]) & (all_months <= row["last"])]
        absent = [m for m in months if force and m not in held.get(force, set())]
        if absent:
            found = f"complete, but there is no file of {force} for {absent[0]:%B %Y}"
            expected, todo = "months that are there", "add the file, or write no"
            problem(found, expected, todo, row=at, column="complete")


def _nothing_left(rows: pd.DataFrame, read: Mapping[str, pd.DataFrame], problem: Problem) -> None:
    """Refuse what leaves a project no month before or after its start."""
    if not {"projects", "project_areas", "incidents"} <= read.keys():
        return
    incidents, areas = read["incidents"], read["project_areas"]
    targets = areas[areas["role"] == "target"]
    for project in read["projects"].dropna(subset=["response_start"]).itertuples():
        own = {*targets.loc[targets["project_id"] == project.project_id, "area_code"]}
        of = incidents[incidents["area_code"].isin(own)]
        # One begun in its second half is a month before.
        start = project.response_start.to_period("M") + int(project.response_start.day > 15)
        later = of["month"] >= start.to_timestamp()
        sides = {"before": {*of.loc[~later, "month"]}, "after": {*of.loc[later, "month"]}}
        gone = rows[~rows["complete"] & (rows["table"] == "incidents")]
        gone = gone[gone["area_code"].isna() | gone["area_code"].isin(own)]
        gone = gone[(gone["force"] == "") | gone["force"].isin({*of["source"].dropna()})]
        gone = gone[gone["measure"].isna() | (gone["measure"] == project.primary_measure)]
        for side, months in sides.items():
            covered = {m for m in months if ((gone["first"] <= m) & (gone["last"] >= m)).any()}
            if months and covered == months:
                found = f"no month {side} the start of project {project.project_id} left on record"
                todo = "correct first or last, or take the project out"
                problem(found, f"some months {side}", todo, row=gone.index[0], column="first")


def kept(data: Dataset, table: str) -> pd.Series[bool]:
    """Return which months a table of the task force's own was kept.

    A month with a row was. One without is nought up to the day the table was last updated, unless
    it lies in a run that chance does not explain or that `coverage` declares missing; with no such
    day, only where `coverage` declares it complete. Returns true or False by month, from the first
    to the last that has a row, was up to date or is declared; any other month was not kept.
    """
    frame, source = data.table(table), data.source(table)
    days = frame[TABLES[table].event].dropna()
    until = source.as_at if source else None
    words = declared(data, "", table)
    ends = [days.min(), days.max(), *words["first"], *words["last"]]
    if len(days) and until:
        ends.append(pd.Timestamp(until))
        ends[1] = min(days.max(), pd.Timestamp(until))
    ends = [first_of(day) for day in ends if pd.notna(day)]
    months = pd.date_range(min(ends), max(ends), freq="MS") if ends else pd.DatetimeIndex([])
    counts = days.dt.to_period("M").dt.to_timestamp().value_counts().reindex(months, fill_value=0)
    on_record = counts > 0
    if until:
        on_record |= (months >= first_of(days.min())) & (months <= first_of(until))
    for _, first, last in silent_runs(counts.to_numpy(dtype=float)[:, None]):
        on_record.iloc[first : last + 1] = False
    for row in words.sort_values("complete", ascending=False).itertuples():
        on_record |= row.complete & (months >= row.first) & (months <= row.last)
        on_record &= row.complete | (months < row.first) | (months > row.last)
    return on_record.rename_axis("month").rename("kept")
