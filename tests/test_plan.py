"""What is due and why, and everything that is refused before a kernel starts."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.records.home import HOME, versions
from mtf_eval.records.load import load
from mtf_eval.run import facts as facts_module
from mtf_eval.run.facts import Facts, address_of, fingerprint, located
from mtf_eval.run.parameters import Template, read_template
from mtf_eval.run.plan import Report, Wanted, decide, make_plan, related, safe_name, title_of
from mtf_eval.run.store import Store

TINY = Path(__file__).parent / "notebooks"
FACTS = Facts(
    name="example",
    title="Example",
    source="s",
    digest="d",
    projects=("EX-1", "EX-2"),
    as_at="2021-12-31",
    months=("2012-05", "2020-01", "2020-02", "2020-03", "2021-01", "2021-02", "2021-07"),
    units={"costs": "c", "costs[EX-1]": "c1", "costs[EX-2]": "c2", "incidents": "i"},
)


def book(folder: Path, name: str, cell: str, tags: tuple[str, ...] = ("parameters",)) -> Template:
    path = folder / f"{name}.ipynb"
    cells = [{"cell_type": "code", "source": cell, "metadata": {"tags": list(tags)}, "outputs": []}]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    return read_template(path)


def planned(*books: Template, facts: Facts = FACTS, **wanted: Any) -> list[Report]:
    return make_plan(facts, books, Wanted(**wanted), address="data/example", salt="salt")


def test_parameters_are_read_with_type_default_and_comment(tmp_path: Path) -> None:
    cell = 'data: str = "x"  # folder\nyear: int = 2021  # a year\nrate: float | None = None\nn = 3'
    found = book(tmp_path, "b", cell).parameters
    assert {n: p.types for n, p in found.items()} == {
        "data": ("str",),
        "year": ("int",),
        "rate": ("float", "None"),
        "n": ("int",),
    }
    assert found["year"].comment == "a year"
    assert found["year"].default == 2021


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"yaer": 2021}, "yaer: the notebook has no such parameter; did you mean year?"),
        ({"year": "2021"}, "year: found str; expected a whole number"),
        ({"year": True}, "year: found bool"),
        ({"year": 2021.5}, "year: found float"),
        ({"rate": math.nan}, "rate: not plain JSON"),
        ({"rate": math.inf}, "rate: not plain JSON"),
        ({"many": [1, Path("x")]}, "many: not plain JSON"),
        ({"named": {1: "x"}}, "named: not plain JSON"),
        ({"named": {"x": [math.nan]}}, "named: not plain JSON"),
        ({}, "who: has no default and was not given"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    tmp_path: Path, values: dict[str, Any], words: str
) -> None:
    cell = "who: str\nyear: int = 2021\nrate: float = 0.5\nmany: list[int] = []\nnamed: dict = {}"
    template = book(tmp_path, "b", cell)
    assert template.checked({"who": "x", "named": {"x": [1.5, None, "y"]}})["named"]
    given = {} if words.startswith("who") else {"who": "x"}
    with pytest.raises(BadArgument, match="problem") as refused:
        template.checked({**given, **values})
    assert words in str(refused.value)


def test_only_names_that_are_given_a_plain_value_are_parameters(tmp_path: Path) -> None:
    cell = "import os\nyear: int  # which\nfolder = None\na, b = 1, 2\nos.name = 'x'\nname = 'n'\n"
    found = book(tmp_path, "b", cell).parameters
    told = {n: (p.types, p.required, p.default, p.comment) for n, p in found.items()}
    assert told == {
        "year": (("int",), True, None, "which"),
        "folder": (("None",), False, None, ""),
        "name": (("str",), False, "n", ""),
    }


def test_all_problems_stand_in_one_message(tmp_path: Path) -> None:
    template = book(tmp_path, "b", "year: int = 1")
    with pytest.raises(BadArgument, match="2 problem"):
        template.checked({"year": "x", "other": 1})
    with pytest.raises(BadArgument, match=r"no such parameter; it has none$"):
        book(tmp_path, "bare", "").checked({"other": 1})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: read_template(TINY / "not_json.ipynb"), "not a Jupyter notebook"),
        (lambda f: read_template(TINY / "no_parameters.ipynb"), "0 cells tagged `parameters`"),
        (lambda f: read_template(f / "absent.ipynb"), "cannot be read"),
        (lambda f: book(f, "b", "year: int = now()"), "default of year is not a plain value"),
        (lambda f: book(f, "b", "day: date = None"), "annotated date"),
        (lambda f: book(f, "b", "year: int ="), "not Python"),
    ],
)
def test_notebooks_that_cannot_be_templates(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    with pytest.raises(RunRefused, match=words):
        make(tmp_path)


def test_parameters_say_how_many_reports(tmp_path: Path) -> None:
    books = [
        book(tmp_path, "page", 'data: str = ""\nproject_id: str = ""'),
        book(tmp_path, "review", 'data: str = ""\nyear: int = 0'),
        book(tmp_path, "half", 'data: str = ""\nperiod: str = ""'),
        book(tmp_path, "once", 'data: str = ""'),
    ]
    names = [r.name for r in planned(*books)]
    assert names == [
        "page-EX-1",
        "page-EX-2",
        "review-2020",
        "review-2021",
        "half-2020-H1",
        "half-2021-H1",
        "half-2021-H2",
        "once",
    ]
    assert [r.name for r in planned(*books, projects=("EX-2",))] == ["page-EX-2"]
    assert [r.name for r in planned(*books, years=(2021,))] == ["review-2021"]
    assert [r.name for r in planned(*books, reports=("once",))] == ["once"]
    both = planned(*books, projects=("EX-2",), reports=("page", "once"))
    assert [r.name for r in both] == ["page-EX-2", "once"]
    assert planned(*books)[0].parameters == {"data": "data/example", "project_id": "EX-1"}


@pytest.mark.parametrize(
    ("as_of", "as_at", "years", "halves"),
    [
        ("", "", [2020, 2021], ["2020-H1", "2020-H2", "2021-H1", "2021-H2"]),
        ("2020-08-31", "2021-12-31", [2020], ["2020-H1"]),
        ("2021-12-31", "2020-08-31", [2020], ["2020-H1"]),  # the records go no further
        ("2020-12-31", "2021-12-31", [2020], ["2020-H1", "2020-H2"]),
        ("2012-12-31", "2021-12-31", [2012], ["2012-H1"]),  # the only year, however little of it
    ],
)
def test_years_and_halves_end_with_the_day_looked_back_from(
    as_of: str, as_at: str, years: list[int], halves: list[str]
) -> None:
    months = ("2012-05", "2020-01", "2020-05", "2020-06", "2021-01", "2021-06", "2021-07")
    facts = replace(FACTS, as_at=as_at, months=months, begun=("2020-09",))
    few = {} if years == [2012] else {"2012": "referrals in 1 of its months; a review needs 3"}
    assert facts.calendar(as_of) == (years, halves, few)
    assert replace(facts, projects=()).calendar(as_of) == (years, [], few), "no project, no half"
    short = replace(FACTS, months=("2019-04", "2020-05"))
    assert short.calendar()[0] == [2020], "the last, where none has months enough"


def test_a_report_points_to_those_near_it_that_are_made_or_stand(tmp_path: Path) -> None:
    books = [book(tmp_path, name, 'project_id: str = ""') for name in ("page", "money")]
    books.append(book(tmp_path, "year", "year: int = 0"))
    made = {r.name: r.related for r in planned(*books)}
    assert made["page-EX-1"] == ("money-EX-1", "year-2020", "year-2021")
    assert made["year-2020"] == ("page-EX-1", "page-EX-2", "money-EX-1", "money-EX-2")
    (alone,) = planned(*books, projects=("EX-1",), reports=("page",))
    assert alone.related == ()
    wanted = Wanted(projects=("EX-1",), reports=("page",))
    standing = make_plan(FACTS, books, wanted, address="data/example", salt="salt",
                         published=["year-2021", "money-EX-2"])  # fmt: skip
    assert standing[0].related == ("year-2021",)


def test_a_day_is_needed_only_where_the_records_have_none(tmp_path: Path) -> None:
    dated = book(tmp_path, "dated", 'data: str = ""\nas_of: str = ""')
    assert [r.name for r in planned(dated)] == ["dated"]
    undated = replace(FACTS, as_at="")
    with pytest.raises(RunRefused, match="--as-of"):
        planned(dated, facts=undated)
    (made,) = planned(dated, facts=undated, as_of="2021-03-31")
    assert made.parameters["as_of"] == "2021-03-31"


def test_a_notebook_of_ones_own_is_run_as_written_only_where_asked(tmp_path: Path) -> None:
    own = book(tmp_path, "own", "year: int = 2020")
    assert [r.name for r in planned(own)] == ["own-2020", "own-2021"]
    assert [r.name for r in planned(own, as_written=True)] == ["own-2020"]
    for kind, name in (("project_id", "project"), ("plan_id", "plan"), ("period", "period")):
        own = book(tmp_path, f"own_{name}", f'{kind}: str = "none"')
        with pytest.raises(BadArgument, match=f"^example: no {name} none; there is"):
            planned(own, as_written=True)


def test_the_day_of_the_records_and_what_was_read(tmp_path: Path) -> None:
    def facts(**tables: str) -> Facts:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, rows in tables.items():
            (folder / f"{name}.csv").write_text(rows.replace(" ", "\n"))
        return facts_module.facts_of(load(folder), "s")

    counted = "month,area_code,measure,count 2021-01,A1,Theft,3 2021-03,A1,Theft,4"
    one = facts(incidents=counted)
    assert one.as_at == "2021-03-31", "a month counts when it is over"
    assert [(r["table"], r["file"]) for r in one.read] == [("incidents", "incidents.csv")]
    day = "referral_id,received,agency,decision R1,2021-04-12,Police,pending"
    both = facts(incidents=counted, referrals=day)
    assert both.as_at == "2021-04-12", "a day is no month"
    assert both.months == ("2021-04",)
    said = facts(incidents=counted, referrals=day, about="key,value as_at,2021-02-10")
    assert said.as_at == "2021-02-10"


def test_a_library_that_is_not_there_is_called_absent() -> None:
    assert "absent" not in versions(facts_module.LIBRARIES).values()
    found = versions(("pytest", "no-such-library"))
    assert found == {"pytest": pytest.__version__, "no-such-library": "absent"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"projects": ("EX-9",)}, "no project EX-9; there is EX-1, EX-2"),
        ({"years": (2012,)}, r"no year 2012 \(referrals in 1 of its months"),
        ({"periods": ("2030-H1",)}, "no period 2030-H1"),
        ({"reports": ("pgae",)}, "no report pgae; there is page"),
        ({"parameters": {"projct_id": "x"}}, "did you mean project_id"),
    ],
)
def test_what_is_not_there_is_refused(tmp_path: Path, wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(BadArgument, match=words):
        planned(book(tmp_path, "page", 'project_id: str = ""'), **wanted)


def test_what_no_report_asked_for_would_use_is_refused(tmp_path: Path) -> None:
    page = book(tmp_path, "page", 'project_id: str = ""\nrate: float = 0.5\nas_of: str = ""')
    once, other = (book(tmp_path, name, 'data: str = ""') for name in ("once", "other"))
    ending = ": none of the reports asked for has such a parameter"
    for wanted, words in (
        ({"years": (2021,)}, f"--year{ending}"),
        ({"periods": ("2021-H1",)}, f"--period{ending}"),
        ({"projects": ("EX-1",), "reports": ("once",)}, f"--project{ending}"),
        ({"parameters": {"rate": "1"}, "reports": ("once",)}, f"-p rate{ending}"),
        ({"as_of": "2021-03-31"}, "--as-of 2021-03-31: once, other cannot be made as of a day"),
    ):
        with pytest.raises(BadArgument) as refused:
            planned(page, once, other, **wanted)
        assert str(refused.value).startswith(words)
    used = planned(page, once, parameters={"rate": "1"})
    assert [r.parameters.get("rate") for r in used] == [1.0, 1.0, None]
    (one,) = planned(page, once, as_of="2021-03-31", projects=("EX-2",), reports=("page",))
    assert one.parameters["as_of"] == "2021-03-31"


def test_a_plan_id_is_a_project_to_ask_for(tmp_path: Path) -> None:
    books = [
        book(tmp_path, "page", 'project_id: str = ""'),
        book(tmp_path, "ahead", "plan_id: str = ''"),
    ]
    facts = replace(FACTS, plans=("PL-1",))
    assert [r.name for r in planned(*books, facts=facts)] == [
        "page-EX-1",
        "page-EX-2",
        "ahead-PL-1",
    ]
    (made,) = planned(*books, facts=facts, projects=("PL-1",))
    assert (made.name, made.parameters) == ("ahead-PL-1", {"plan_id": "PL-1"})


@pytest.mark.parametrize(
    "hostile",
    [
        "../../x",
        "CON",
        "con.txt",
        "A" * 300,
        "two words £5",
        "",
        ".",
        "a/b",
        "a\\b",
        "nul",
        "é",
        "x.",
    ],
)
def test_hostile_ids_make_safe_names(hostile: str) -> None:
    name = safe_name(hostile)
    assert name == Path(name).name
    assert 0 < len(name) <= 70
    assert name.isascii()
    assert name.split(".")[0].lower() not in ("con", "nul")
    assert name[0].isalnum()


@given(st.text(max_size=100), st.text(max_size=100))
def test_two_ids_never_share_a_name(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) == (one == other)


def test_names_that_differ_in_capitals_only_are_refused(tmp_path: Path) -> None:
    facts = replace(FACTS, projects=("EX-1", "ex-1"))
    with pytest.raises(RunRefused, match="page-EX-1, page-ex-1"):
        planned(book(tmp_path, "page", 'project_id: str = ""'), facts=facts)


def keys(*books: Template, facts: Facts = FACTS, **wanted: Any) -> dict[str, str]:
    return {r.name: r.key for r in planned(*books, facts=facts, **wanted)}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_notebook_and_parameters_change_the_key(tmp_path: Path) -> None:
    before = keys(book(tmp_path, "page", 'project_id: str = ""\nprice_year: int = 1'))
    assert changed(
        before, keys(book(tmp_path, "page", 'project_id: str = ""\nprice_year: int = 2'))
    )
    again = book(tmp_path, "page", 'project_id: str = ""\nprice_year: int = 1')
    assert keys(again) == before
    assert changed(before, keys(again, parameters={"price_year": "3"}))


def test_decide_says_why(tmp_path: Path) -> None:
    store = Store(tmp_path / "reports")
    report = planned(book(tmp_path, "once", 'data: str = ""'))[0]
    assert decide(report, store, {}, FACTS) == "new"
    entry = {"outcome": "ok", "key": report.key, "sha256": "0"}
    record = {"reports": {"once": entry}}
    assert decide(report, store, record, FACTS) == "its page is missing or was changed by hand"
    assert (
        decide(report, store, {"reports": {"once": {**entry, "outcome": "died"}}}, FACTS)
        == "last run died"
    )
    store.remember("example.parts", {"once": {**report.parts, "table costs": "old"}})
    moved = {"reports": {"once": {**entry, "key": "other"}}}
    assert decide(report, store, moved, FACTS) == "changed: table costs"
    page = store.out / "example" / "once-internal.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"page")
    digest = hashlib.sha256(b"page").hexdigest()
    good = {**entry, "sha256": digest}
    assert decide(report, store, {"reports": {"once": good}}, FACTS) == ""
    salt = store.salt()
    reads = FACTS.asked(["costs[EX-1]", "incidents", "outcomes[EX-1]"], salt)
    record = {"reports": {"once": {**good, "reads": reads}}}
    assert decide(report, store, record, FACTS) == ""

    def after(**units: str) -> str:
        return decide(report, store, record, replace(FACTS, units={**FACTS.units, **units}))

    assert after(**{"costs": "c*", "costs[EX-2]": "c2*"}) == "", "another project's rows"
    assert after(**{"costs[EX-1]": "c1*"}) == "changed: costs[EX-1]"
    assert after(**{"outcomes[EX-1]": "o"}) == "changed: outcomes[EX-1]", "rows that were not there"
    assert after(incidents="i*") == "changed: incidents"


def test_a_report_is_due_for_what_it_lacks_and_says_of_many_changes_how_many(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "reports")
    once, slides = (planned(book(tmp_path, n, 'data: str = ""'))[0] for n in ("once", "tlg_report"))
    entry = {"files": ["once.html", "once/once.xlsx", "once/a.csv"]}
    every = ("xlsx", "docx", "pdf", "pptx")
    assert once.lacking(entry, every) == ["docx", "pdf"]
    assert slides.lacking(entry, every) == ["docx", "pdf", "pptx"]
    assert once.lacking({}, ("docx",)) == ["docx"]
    page = store.out / "example" / "once-internal.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"page")
    entry |= {"outcome": "ok", "key": once.key, "sha256": hashlib.sha256(b"page").hexdigest()}
    record = {"reports": {"once": entry}}
    assert decide(once, store, record, FACTS, ("xlsx",)) == ""
    assert decide(once, store, record, FACTS, ("docx",)) == "no docx beside its page yet"
    assert decide(once, store, record, FACTS, every) == "no docx and pdf beside its page yet"
    for n in (5, 7):
        entry["reads"] = FACTS.asked([f"t{i}" for i in range(n)], "another salt")
        more = "" if n == 5 else " and 2 more"
        assert decide(once, store, record, FACTS) == f"changed: t0, t1, t2, t3, t4{more}"
    entry["key"] = "other"
    assert decide(once, store, record, FACTS).startswith("changed: "), "nothing known of last time"
    store.remember("example.parts", {"once": once.parts})
    assert decide(once, store, record, FACTS) == "changed: inputs"


def test_a_key_is_of_the_content_and_no_place(tmp_path: Path) -> None:
    once = book(tmp_path, "once", 'data: str = ""')

    def made(**given: str) -> Report:
        asked = {"address": "data/example", "salt": "s", **given}
        (report,) = make_plan(FACTS, [once], Wanted(), **asked)
        return report

    elsewhere = made(address="sqlite://elsewhere")
    assert elsewhere.key == made().key
    assert elsewhere.parameters == {"data": "sqlite://elsewhere"}
    assert made(salt="t").key != made().key
    assert made(salt="t").parts == made().parts, "no part tells of the salt"
    assert made().parts.keys() >= {"notebook", "our code", "reference values", "library versions"}


def test_addresses(tmp_path: Path) -> None:
    assert address_of("data/thanet_2021") == "data/thanet_2021"
    assert address_of(str(tmp_path)) == str(tmp_path.resolve())
    with pytest.raises(RunRefused, match="there is no such folder"):
        address_of("data/absent")
    assert address_of("postgresql+psycopg://me@host/db") == "postgresql+psycopg://me@host/db"
    with pytest.raises(RunRefused, match="holds a password") as refused:
        address_of("postgresql+psycopg://me:hunter2@host/db")
    assert "hunter2" not in str(refused.value)


def test_an_address_is_the_same_place_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "example").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    whole = str(HOME / "data" / "example")
    assert address_of(whole) == "data/example"
    assert located(address_of(whole)) == HOME / "data" / "example"
    assert address_of("data/example") == str(tmp_path / "data" / "example")


def test_the_fingerprint_is_of_content_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    before = fingerprint(str(tmp_path))
    os.utime(tmp_path / "a.csv", (0, 4_000_000_000))
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "~$open.xlsx").write_text("x")
    assert fingerprint(str(tmp_path)) == before
    (tmp_path / "a.csv").write_text("x\n2\n")
    assert fingerprint(str(tmp_path)) != before


def test_a_project_its_benefit_and_the_year_point_to_one_another() -> None:
    known = [
        ("project_evaluation-EX01", {"project_id": "EX01"}),
        ("project_evaluation-EX02", {"project_id": "EX02"}),
        ("benefit_analysis-EX01", {"project_id": "EX01"}),
        ("annual_review-2021", {"year": 2021}),
        ("tlg_report-2021-H2", {"period": "2021-H2"}),
        ("tlg_report-2022-H1", {"period": "2022-H1"}),
        ("data_quality", {}),
    ]
    there = {name for name, _ in known}

    def of(name: str, names: set[str] = there) -> set[str]:
        return set(related(name, dict(known)[name], known, names))

    assert of("project_evaluation-EX01") == {"benefit_analysis-EX01", "annual_review-2021"}
    assert of("benefit_analysis-EX01") == {"project_evaluation-EX01", "annual_review-2021"}
    assert "tlg_report-2021-H2" in of("annual_review-2021")
    assert "tlg_report-2022-H1" not in of("annual_review-2021")
    assert {"project_evaluation-EX02", "annual_review-2021"} <= of("tlg_report-2021-H2")
    assert of("project_evaluation-EX01", {"data_quality"}) == set(), "no link to what is not there"
    assert title_of("tlg_report-2021-H2") == "TLG report 2021-H2"


def test_nothing_to_do_imports_nothing_heavy(tmp_path: Path) -> None:
    """What a data set holds is known from last time: no table is read to say that it stands."""
    line = (
        "import sys; from mtf_eval.run.facts import fingerprint; from mtf_eval.run import batch;"
        f"fingerprint({str(TINY / 'data')!r}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "pyarrow"} & set(done.stdout.split())
