"""What one table says of another: projects that exist, areas in one role, stories to be shown.

Works on tables already tidied. Row sums of published figures are not its matter: they are
reported, never refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import pandas as pd

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.plans import BY_HAND, hash_of
from mtf_eval.records.reading.grids import Tidied
from mtf_eval.records.reading.redrawn import area_kind, districts
from mtf_eval.records.reading.scanner import first_name, without_person
from mtf_eval.records.reading.spellings import of_kind, one_spelling
from mtf_eval.records.reading.sums import hold_sums
from mtf_eval.records.tables import AGENCIES, TABLES

#: (table, column) of a reference, and (table, column) it must be found in.
_REFERENCES = (
    *(
        ((name, "project_id"), ("projects", "project_id"))
        for name, schema in TABLES.items()
        if "project_id" in schema.columns and name not in ("projects", "plans")
    ),
    (("survey_responses", "question_id"), ("survey_questions", "question_id")),
)
#: Rows of the usual area or measure from which one that stands alone is asked about.
_MANY = 5
#: Where names stand that are no person's.
_NAMING = {
    "about": ("value",),
    "projects": ("title", "lead_agency", "partners"),
    "referrals": ("agency", "ward"),
    "agency_priorities": ("agency", "priority"),
}
_TOLD = ("author", "signed_off_by", "roles", "before", "done", "after")
_AGREED = (
    ("consent", "without consent", "ask those it tells of, and write yes"),
    ("signed_off_by", "without a sign-off", "write the role of who agreed to it"),
    ("signed_off_on", "without the day of the sign-off", "write the day"),
)


def relate(
    read: Mapping[str, Tidied],
    *,
    aliases: Aliases,
    as_at: date | None,
    year: int | None = None,
    redrawn: Collection[str] = (),
) -> None:
    """Check the tables against one another; problems and findings are added to each.

    `as_at` is the day the data set was last updated, `year` the one its monthly totals lie in,
    where it says so; areas `redrawn` are told of already.
    """
    _in_year(read, year)
    for (name, column), (home, key) in _REFERENCES:
        if name in read:
            _known(read[name], column, read.get(home), home, key)
    one_spelling(read, aliases)
    _aims(read)
    _primary_measures(read)
    _targets(read)
    _on_the_scale(read, aliases)
    _counted(read, redrawn)
    if "incidents" in read:
        _alone(read["incidents"])
    hold_sums(read)
    if "incidents" in read and read["incidents"].grid.frame is None:
        _kinds(read["incidents"])
    named = [t.frame[c] for t in read.values() for c in ("ward", "area_name") if c in t.frame]
    places = districts().union(*(map(fold, c.dropna().unique()) for c in named)) - {""}
    for tidied in read.values():
        _agencies(tidied, aliases, places)
        _future(tidied, as_at)
    if "projects" in read:
        _stale(read["projects"], as_at)
    if "about" in read and as_at and as_at > date.today():
        keys = read["about"].frame["key"].fillna("").map(fold)
        text = "after today: is the year right? A short time without a record counts as none"
        read["about"].ask(keys.index[keys == "as at"], "value", text)
    keep_agreed(read, aliases)


def declared(read: Mapping[str, Tidied], measures: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return areas, questions and `measures` that tables name, by column and by folded name."""
    names: dict[str, dict[str, str]] = {"area_code": {}, "measure": {fold(m): m for m in measures}}
    for of, kind in (("area_code", "area"), ("measure", "measure")):
        for tidied, column in of_kind(read, kind):
            names[of] |= {fold(v): v for v in tidied.frame[column].dropna()}
    for tidied in read.values():
        if {"area_code", "area_name"} <= {*tidied.frame}:
            rows = tidied.frame[["area_name", "area_code"]].dropna()
            names["area_code"] |= {fold(name): code for name, code in rows.to_numpy()}
    if "survey_questions" in read:
        rows = read["survey_questions"].frame[["question_id", "text"]].dropna()
        names["question_id"] = {fold(text): of for of, text in rows.to_numpy()}
        names["question_id"] |= {fold(of): of for of in rows["question_id"]}
    return names


def hold_plans(read: Mapping[str, Tidied]) -> None:
    """Hold each plan to its hash, before its areas are followed; one of another plan is told."""
    if "plans" not in read:
        return
    tidied = read["plans"]
    sure = [str(row["hash"]) == hash_of(row) for row in tidied.frame.to_dict("records")]
    for number in tidied.frame.index[[not one for one in sure]]:
        text = "the plan was changed by hand after it was fixed: its hash is of another"
        tidied.finding("warning", text, row=number, column="hash")
    tidied.frame = tidied.frame.assign(hash=tidied.frame["hash"].where(sure, BY_HAND))


def _in_year(read: Mapping[str, Tidied], year: int | None) -> None:
    """Refuse a month of the monthly totals outside the year the data set is about."""
    if year is None or "monthly_referrals" not in read:
        return
    tidied = read["monthly_referrals"]
    months = tidied.frame["month"].dropna()
    for row, month in months[months.dt.year != year].items():
        expected = f"a month of {year}, the year in about"
        todo = "correct the month, or take the year out of about"
        tidied.problem(f"{month:%B %Y}", expected, todo, row=row, column="month")


def _known(tidied: Tidied, column: str, home: Tidied | None, table: str, key: str) -> None:
    """Hold a reference to the table it refers to, and give it that table's spelling."""
    if home is not None and any(
        p.column == key and p.found.startswith("no ") for p in home.problems
    ):
        return  # the column is missing there, which is told there
    names = {} if home is None else {n.casefold(): n for n in home.frame[key].dropna()}
    for row, value in tidied.frame[column].dropna().items():
        name = names.get(value.casefold())
        if name is None:
            found, todo = f"a {column} that is not in {table}", f"correct it, or add it to {table}"
            tidied.problem(found, f"a {key} of the table {table}", todo, row=row, column=column)
        elif name != value:
            tidied.frame.at[row, column] = name
            tidied.mend([row], f"{column} spelt as in {table}", column)
    tidied.tell_mended()


def _aims(read: Mapping[str, Tidied]) -> None:
    """Ask whether a rise was meant."""
    if "project_measures" not in read:
        return
    tidied = read["project_measures"]
    aims = tidied.frame["target_change"]
    for row, aim in aims[aims > 0].items():
        fall = f"{-aim:.0%}" if aim <= 1 else f"-{aim:g}%"
        text = f"{aim:+.0%} means more of it, not less; for a fall write {fall}"
        tidied.finding("warning", text, row=row, column="target_change")


def _primary_measures(read: Mapping[str, Tidied]) -> None:
    if "projects" not in read or "project_measures" not in read:
        return
    measures, projects = read["project_measures"].frame, read["projects"]
    listed = measures.groupby("project_id")["measure"].agg(set)
    found = "a primary_measure that project_measures does not list for this project"
    todo = "add it to project_measures, or correct it"
    for row in projects.frame.itertuples():
        if row.primary_measure not in listed.get(row.project_id, {row.primary_measure}):
            expected = "one of the project's measures"
            projects.problem(found, expected, todo, row=row.Index, column="primary_measure")


def _targets(read: Mapping[str, Tidied]) -> None:
    """Warn of projects judged by incidents for which no target area is named."""
    if {"projects", "project_areas", "incidents"} <= {*read}:
        frame, areas = read["projects"].frame, read["project_areas"].frame
        judged = frame["primary_measure"].isin(read["incidents"].frame["measure"])
        named = frame["project_id"].isin(areas.loc[areas["role"] == "target", "project_id"])
        text = "no target area in project_areas: nothing can be evaluated"
        read["projects"].ask(frame.index[judged & ~named], "project_id", text)


def _on_the_scale(read: Mapping[str, Tidied], aliases: Aliases) -> None:
    """Hold answers to their question's scale; those who did not know or say stand apart."""
    if "survey_questions" not in read or "survey_responses" not in read:
        return
    scales = {
        row.question_id: {fold(a): a.strip() for a in row.scale.split(";")}
        for row in read["survey_questions"]
        .frame.dropna(subset=["question_id", "scale"])
        .itertuples()
    }
    responses = read["survey_responses"]
    for row in responses.frame.dropna(subset=["question_id", "answer"]).itertuples():
        scale = scales.get(row.question_id)
        if scale is None:
            continue
        answer = scale.get(fold(row.answer)) or aliases.find("answer", row.answer)
        number = int(str(row.Index))
        if answer is None:
            found = f"text of {len(row.answer)} characters"
            todo = "correct it, or add it to the scale"
            expected = "an answer on the question's scale, or that none was given"
            responses.problem(found, expected, todo, row=number, column="answer")
        elif answer != row.answer:
            responses.frame.at[row.Index, "answer"] = answer
            responses.mend([number], "spelt as in the scale", "answer")
    responses.tell_mended()
    marks = pd.to_numeric(responses.frame["answer"], errors="coerce")
    for (of, wave), own in marks.groupby([responses.frame[c] for c in ("question_id", "wave")]):
        top = max((float(a) for a in scales.get(of, ()) if a.isdecimal()), default=0.0)
        above = marks[responses.frame["question_id"] == of].max() > top / 2
        if above and top > 6 and len(own) >= _MANY and own.max() <= top / 2:
            text = f"no answer of {wave} above {own.max():g} of {top:g}: asked on that scale?"
            responses.ask(own.index[:1], "answer", text)
    named = responses.frame.dropna(subset=["respondent_id"])
    again = named.index[named.duplicated(["project_id", "wave", "question_id", "respondent_id"])]
    if len(again):
        text = f"{len(again)} answer(s) of a respondent who answered the question in the same wave"
        how = "all count, but in a change of the same people the first of each alone"
        responses.finding("warning", f"{text} before, first here: {how}", row=again[0])


#: What of a project the incidents must name, and what is said where none does. Areas are matched by
#: code alone.
_COUNTED = (
    ("project_measures", "measure", "measure", "no incident has this measure"),
    ("projects", "primary_measure", "measure", "no incident has this measure"),
    (
        "project_areas",
        "area_code",
        "area_code",
        "no incident has this area: check the code, or the level of area (LSOA, MSOA)",
    ),
)


def _counted(read: Mapping[str, Tidied], redrawn: Collection[str]) -> None:
    told: set[str] = set()
    for table, column, of, text in _COUNTED:
        if table not in read or "incidents" not in read:
            continue
        on_record = set(read["incidents"].frame[of].dropna())
        named = read[table].frame[column].dropna()
        absent = named[~named.isin(on_record | told | {*redrawn})]
        told |= {*absent}
        if on_record and len(absent):
            more = f" ({len(absent)} rows, first here)" if len(absent) > 1 else ""
            row = int(str(absent.index[0]))
            read[table].finding("warning", f"{text}{more}", row=row, column=column)


def _alone(incidents: Tidied) -> None:
    """Ask about an area or a measure by name in one row alone, where the others are in many."""
    for column in ("area_code", "measure"):
        values = incidents.frame[column].dropna()
        counts = values.value_counts()
        once = [v for v in counts.index[counts == 1] if v and not any(c.isdigit() for c in str(v))]
        if once and counts.median() >= _MANY:
            row = int(str(values.index[values == once[0]][0]))
            text = f"{len(once)} {column} stand(s) in one row alone, first here: spelt right?"
            incidents.finding("warning", text, row=row, column=column)


def _kinds(incidents: Tidied) -> None:
    """Warn of codes of several kinds of area, as one may lie within another."""
    codes = incidents.frame["area_code"].dropna().unique()
    kinds = {kind: c[:3] for c in codes if (kind := area_kind(c))}
    if len(kinds) > 1:
        text = f"codes of several kinds of area ({', '.join(sorted(kinds.values()))}): a project "
        text += "is compared with its own kind, where there is any, and what lies in areas of two "
        text += "kinds is counted twice in sums; keep one kind"
        incidents.finding("warning", text, column="area_code")


def _agencies(tidied: Tidied, aliases: Aliases, places: Collection[str]) -> None:
    schema = TABLES[tidied.grid.table]
    words = {w for of, alias in aliases.names if of == "agency" for w in alias.split()}
    for column in schema.of_kind(AGENCIES):
        names = tidied.frame[column].dropna().str.split(";").explode().str.strip()
        unknown = [n for n in names.drop_duplicates() if n and not aliases.find("agency", n)]
        left = {n: without_person(n, words, places) for n in unknown}
        if bare := {n: rest for n, rest in left.items() if rest is not None}:
            text = f"what looks like a person's name is left out of {len(bare)} agency name(s), "
            text += "first here: the agency known beside it is kept, without one it reads 'An "
            text += "individual'; one that is called so goes into the table of aliases"
            row = names.index[names.isin(bare)][0]
            alone = {fold(n): n for n in unknown if n not in bare}
            known = {n: aliases.find("agency", b) or alone.get(fold(b)) for n, b in bare.items()}
            kept = {n: agency or "An individual" for n, agency in known.items()}
            mine = names[names.index.isin(names.index[names.isin(bare)])].replace(kept)
            whole = mine.groupby(level=0).agg(lambda n: "; ".join(dict.fromkeys(filter(None, n))))
            tidied.frame.loc[whole.index, column] = whole
            key = [*schema.key]
            if column in key and (alike := tidied.frame.duplicated(key, keep=False).sum()):
                text += f"; {alike} rows that differ by it alone are added up"
            tidied.finding("warning", text, row=row, column=column)
        if unknown := [n for n in unknown if n not in bare]:
            text = f"{len(unknown)} agency name(s) not in the table of aliases, kept as written: "
            odd = [len(n) > 50 or "@" in n or sum(map(str.isdigit, n)) > 3 for n in unknown[:20]]
            said = zip(unknown, odd, strict=False)
            text += "; ".join(f"(text of {len(n)} characters)" if o else n for n, o in said)
            row = names.index[names == unknown[0]][0]
            tidied.finding("note", text, row=row, column=column)


def _future(tidied: Tidied, as_at: date | None) -> None:
    """Warn of what has happened after the day the data run to, or after today."""
    frame, today = tidied.frame, pd.Timestamp(date.today())
    updated = min(pd.Timestamp(as_at), today) if as_at else today
    for column in (*TABLES[tidied.grid.table].past, "as_at"):
        if column not in frame:
            continue
        own = "as_at" in frame and column != "as_at"
        limit = frame["as_at"] if own else today if column == "as_at" else updated
        late = frame.index[frame[column] > limit]
        if len(late):
            day = "today" if limit is today else "the day the data were last updated"
            text = f"{len(late)} date(s) after {day}, first here: is the year right?"
            tidied.finding("warning", text, row=late[0], column=column)


def _stale(projects: Tidied, as_at: date | None) -> None:
    """Warn of a stage that a passed day contradicts, and of a close without a day: dates decide."""
    frame, limit = projects.frame, pd.Timestamp(as_at or date.today())
    for day, stages in ("response_start", ["scanning", "analysis"]), ("response_end", ["response"]):
        for row in frame.index[frame["stage"].isin(stages) & (frame[day] <= limit)]:
            stage, passed = frame.at[row, "stage"], f"{frame.at[row, day]:%d %B %Y}"
            text = f"stage is {stage}, and {day} ({passed}) has passed: the dates are followed; "
            projects.ask([row], "stage", f"{text}correct the one or the other")
    text = "closed without a response_end: counted as still running; write its last day"
    open_ = frame.index[(frame["stage"] == "closed") & frame["response_end"].isna()]
    projects.ask(open_, "response_end", text)


def keep_agreed(read: Mapping[str, Tidied], aliases: Aliases) -> None:
    """Leave out the stories that may not be shown, and say why."""
    if "case_stories" not in read:
        return
    stories, known = read["case_stories"], _names(read, aliases)
    frame = stories.frame
    out = pd.Series(False, index=frame.index)
    for column, why, todo in _AGREED:
        given = frame[column] == "yes" if column == "consent" else frame[column].notna()
        out |= _left_out(stories, ~given & ~out, column, why, todo)
    todo = "write a role; names of places and services go into aliases, scope story"
    for column in _TOLD:
        for row, text in frame.loc[~out, column].dropna().items():
            if place := first_name(text, known):
                named = pd.Series(frame.index == row, index=frame.index)
                out |= _left_out(stories, named, column, f"whose word {place} may be a name", todo)
    stories.frame = frame[~out]


def _names(read: Mapping[str, Tidied], aliases: Aliases) -> set[str]:
    """Return names of agencies, places and projects, and what the data set says is no name."""
    names = {
        text for (scope, _), text in aliases.names.items() if scope in ("agency", "ward", "story")
    }
    for table, columns in _NAMING.items():
        if table in read:
            frame = read[table].frame
            names |= {str(t) for column in columns for t in frame[column].dropna().unique()}
    return names


def _left_out(
    stories: Tidied, rows: pd.Series[bool], column: str, why: str, todo: str
) -> pd.Series[bool]:
    if count := int(rows.sum()):
        text = f"{count} {'story' if count == 1 else 'stories'} {why} left out"
        more = "; the first is here" if count > 1 else ""
        stories.finding("warning", f"{text}{more}: {todo}", row=int(rows.idxmax()), column=column)
    return rows
