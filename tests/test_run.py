"""A run without its processes: in which order, what is taken from last time, what it came to."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.records.home import HOME
from mtf_eval.run import batch, cli, cli_desk
from mtf_eval.run.batch import Options, Outcome
from mtf_eval.run.execute import Job, Result
from mtf_eval.run.facts import Facts
from mtf_eval.run.parameters import read_template
from mtf_eval.run.plan import Planned, Wanted, make_plan
from mtf_eval.run.store import Store
from mtf_eval.run.verdict import Stop


def facts(name: str, *projects: str) -> Facts:
    months = tuple(f"2021-{m:02d}" for m in range(1, 7))
    return Facts(name=name, title=name.title(), source="", digest="d", projects=projects,
                 as_at="2021-12-31", months=months)  # fmt: skip


def planned(folder: Path, of: Facts, *names: str, due: Iterable[str] | None = None) -> Planned:
    """A plan of notebooks by what they are about: `once`, `year`, others of projects."""
    cells = {"once": "", "year": "\nyear: int = 0", "page": '\nproject_id: str = ""'}
    books = []
    for name in names:
        path = folder / f"{name}.ipynb"
        cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [],
                "source": 'data: str = ""' + cells.get(name, cells["page"])}  # fmt: skip
        path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
        books.append(read_template(path))
    reports = make_plan(of, books, Wanted(), address=f"sqlite://{of.name}", salt="s")
    why = {r.name: "new" for r in reports if due is None or r.name in due}
    return Planned(address=f"sqlite://{of.name}", facts=of, reference="", reports=reports, due=why)


class Worker:
    """In place of processes: notes what it is given, makes a page of every report but some."""

    def __init__(self, *bad: str) -> None:
        self.bad, self.names, self.rehearsed = bad, list[str](), list[tuple[str, str]]()
        self.data: Sequence[str] = ()

    def __call__(
        self, jobs: Iterable[Job], options: Options, data: Sequence[str], rehearsed: Sequence[Job]
    ) -> Iterator[Result]:
        self.data, self.rehearsed = data, [(j.dataset, j.name) for j in rehearsed]
        for job in jobs:
            self.names.append(job.name)
            made = {"dataset": job.dataset, "name": job.name}
            if job.name in self.bad:
                files = {f"{job.name}-failed-internal.html": b"failed"}
                yield Result(**made, outcome="died", message="why", files=files, partial=b"{}")
            else:
                yield Result(**made, outcome="ok", files={f"{job.name}-internal.html": b"page"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "reports")
    made.salt()
    return made


def go(
    monkeypatch: pytest.MonkeyPatch, store: Store, plans: list[Planned], *bad: str, **wanted: Any
) -> tuple[Worker, Outcome]:
    worker = Worker(*bad)
    monkeypatch.setattr(batch, "run_many", worker)
    shown: list[str] = []
    outcome = batch.run(plans, store, Wanted(**wanted), Options(),
                        progress=lambda result: shown.append(result.name))  # fmt: skip
    assert shown == worker.names
    return worker, outcome


def test_one_report_of_each_project_then_what_is_about_all_then_the_rest(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, facts("north", "A", "B"), "once", "page", "money", "year")
    worker, outcome = go(monkeypatch, store, [plan])
    assert worker.names == ["page-A", "page-B", "once", "year-2021", "money-A", "money-B"]
    assert (worker.data, worker.rehearsed) == (["sqlite://north"], []), "few are not rehearsed"
    assert (outcome.made, outcome.resumed, outcome.unchanged, outcome.failed) == (6, 0, 0, [])
    again = replace(plan, due={})
    assert go(monkeypatch, store, [again])[1].unchanged == 6


def test_many_are_rehearsed_by_one_of_the_kind_most_are_of(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = planned(tmp_path, facts("north", "A", "B", "C", "D"), "once", "year", "page")
    south = planned(tmp_path, facts("south", "A", "B"), "once", "page", "money", due={
        "once", "money-A", "money-B", "page-B"})  # fmt: skip
    worker, _ = go(monkeypatch, store, [north, south])
    assert len(worker.names) == 10
    assert worker.rehearsed == [], "from eleven on"
    south = replace(south, due={**south.due, "page-A": "new"})
    worker, _ = go(monkeypatch, Store(tmp_path / "other"), [north, south])
    assert len(worker.names) == 11
    assert sorted(worker.rehearsed) == [("north", "page-A"), ("south", "page-A")]


def test_what_was_finished_before_is_taken_where_it_is_the_same(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, facts("north"), "once")
    (report,) = plan.reports

    def finished(**more: Any) -> Outcome:
        entry = {"key": report.key, "outcome": "ok", "reads": {}, "files": ["once-internal.html"],
                 "notebook": "once", "title": "Once", "parameters": {}, "cell": None, "error": "",
                 "ran": "2026-01-05T09:00:00+00:00", "seconds": 1.0, "sha256": "", "summary": {},
                 "why": ""}  # fmt: skip
        store.keep("north", "once", {"once-internal.html": b"kept"}, {**entry, **more})
        return go(monkeypatch, store, [plan], beside=beside)[1]

    beside: tuple[str, ...] = ()
    page = store.out / "north" / "once-internal.html"
    assert (finished().resumed, page.read_bytes()) == (1, b"kept")
    assert store.kept("north", "once") == {}, "published, and waits no more"
    known = plan.facts.asked(["*"], store.salt())
    assert finished(reads=known).resumed == 1
    for more in ({"key": "other"}, {"outcome": "failed"}, {"reads": {"*": "other"}}):
        outcome = finished(**more)
        assert (outcome.resumed, outcome.made, page.read_bytes()) == (0, 1, b"page"), more
    beside = ("docx",)
    assert finished().made == 1, "a document is wanted beside it"
    beside, plan = (), replace(plan, due={"once": "forced"})
    assert finished().made == 1


def test_what_failed_and_what_changed_meanwhile(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = (planned(tmp_path, facts(n, "A"), "once", "page") for n in ("north", "south"))
    south = replace(south, facts=replace(south.facts, source="was"))
    monkeypatch.setattr(batch, "fingerprint", lambda address, reference: f"now {address}")
    _, outcome = go(monkeypatch, store, [north, south], "page-A")
    assert outcome.failed == [("north/page-A", "why"), ("south/page-A", "why")]
    assert (outcome.made, outcome.unchanged) == (2, 0)
    assert outcome.changed_while_running == ["south"]
    assert (store.state / "failed" / "north" / "page-A.ipynb").read_bytes() == b"{}"
    keys = {d: store.record(d)["reports"]["once"]["key"] for d in ("north", "south")}
    assert keys == {"north": north.reports[0].key, "south": ""}, "made of two states of the data"
    parts = store.recall("north.parts")
    assert parts == {r.name: r.parts for r in north.reports}

    def gone(address: str, reference: str) -> str:
        raise RunRefused("gone")

    monkeypatch.setattr(batch, "fingerprint", gone)
    assert go(monkeypatch, store, [south])[1].changed_while_running == ["south"]
    monkeypatch.setattr(batch, "fingerprint", lambda *_: "was")
    assert go(monkeypatch, store, [south])[1].changed_while_running == []


def test_a_full_disk_is_the_machines_fault_and_says_what_is_kept(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tmp_path, facts("north", "A", "B"), "page", "once")

    def full(self: Store, assemble: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "publish", full)
    with pytest.raises(batch.CannotFinish, match=r"^No space left on device: .*\. 2 finished"):
        go(monkeypatch, store, [plan], "page-A")


def test_jobs_are_handed_over_a_few_at_a_time_and_a_lost_worker_is_a_failed_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "AHEAD", 3)
    waiting: list[Job] = []

    def submit(job: Job) -> Future[Result]:
        waiting.append(job)
        done: Future[Result] = Future()
        if job.name == "2":
            done.set_exception(KeyError("a value of the data"))
        else:
            done.set_result(Result(dataset="d", name=job.name, outcome="ok"))
        return done

    class Handing:
        def __enter__(self) -> Any:
            return submit

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(batch, "_submitting", lambda *_: Handing())
    jobs = (Job(dataset="d", name=str(n), source="", parameters={}, run_time="") for n in range(9))
    results = batch.run_many(jobs, Options())
    found = [next(results)]
    assert len(waiting) == 3
    found += results
    assert sorted(r.name for r in found) == [str(n) for n in range(9)]
    (lost,) = (r for r in found if r.outcome != "ok")
    assert (lost.dataset, lost.name, lost.outcome, lost.error, lost.message) == (
        "d", "2", "died", "KeyError", "the worker was lost (KeyError)")  # fmt: skip
    assert [*batch.run_many(iter(()), Options())] == []


def test_data_sets_are_planned_each_in_a_folder_of_its_own(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"sqlite://a": facts("north", "A"), "sqlite://b": facts("south"),
            "sqlite://c": facts("North")}  # fmt: skip
    monkeypatch.setattr(batch, "_facts", lambda address, *_: held[address])
    books = [r.template for r in planned(tmp_path, facts("x"), "once", "year").reports]

    def plan(*names: str, force: bool = False, **wanted: Any) -> dict[str, Planned]:
        made = batch.plan([f"sqlite://{n}" for n in names], books, Wanted(**wanted), store,
                          force=force)  # fmt: skip
        return {p.folder: p for p in made}

    found = plan("a", "b")
    assert {n: p.due for n, p in found.items()} == {
        n: {"once": "new", "year-2021": "new"} for n in ("north", "south")}  # fmt: skip
    with pytest.raises(RunRefused, match="two data sets would have one folder of reports: North"):
        plan("a", "c")
    go(monkeypatch, store, [*found.values()])
    assert plan("a")["north"].due == plan("b")["south"].due == {}
    assert plan("a", force=True)["north"].due == {"once": "forced", "year-2021": "forced"}
    held["sqlite://a"] = replace(facts("north"), months=())
    assert plan("a")["north"].dropped == ["year-2021"], "no month is on record now"
    assert plan("a", reports=("once",))["north"].dropped == [], "it was not asked for"


def test_reports_of_two_rules_never_share_a_folder(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = planned(tmp_path, facts("north"), "once")
    for name, record in (("north", {"release": "public"}), ("south", {}),
                         ("east", {"release": "internal"})):  # fmt: skip
        (store.out / name).mkdir(parents=True)
        (store.out / name / "run.json").write_text(json.dumps(record))
    batch._refuse_mixed([north], Wanted(), store)  # made anew by this rule
    with pytest.raises(RunRefused, match="holds public reports of north; internal ones go"):
        batch._refuse_mixed([north], Wanted(reports=("once",)), store)
    (store.out / "south" / "run.json").write_text('{"release": "local"}')
    with pytest.raises(RunRefused, match="holds local reports of south"):
        batch._refuse_mixed([north], Wanted(), store)
    with pytest.raises(RunRefused, match="holds internal reports of east"):
        batch._refuse_mixed([north], Wanted(release="local"), store)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [(256, 4096, 1024), (256, 512, 512), (1024, 4096, None), (2048, 4096, None),
     (256, -1, 1024), (-1, -1, None), (256, 256, None)],
)  # fmt: skip
def test_as_many_files_may_be_open_as_a_run_needs(
    soft: int, hard: int, raised: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    done: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "RLIM_INFINITY", -1)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: done.append(limits))
    batch._need_files()
    assert done == ([(raised, hard)] if raised else [])
    monkeypatch.setattr(resource, "getrlimit", lambda _: (200, 255))
    with pytest.raises(
        RunRefused, match="only 255 files may be open at once here; a run needs 256"
    ):
        batch._need_files()


def test_how_a_run_went_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, index = Store(tmp_path / "reports"), tmp_path / "index.html"

    def said(made: int, resumed: int, unchanged: int, **more: Any) -> tuple[int, str, str]:
        counts = {"made": made, "resumed": resumed, "unchanged": unchanged, "seconds": 12.4}
        more = {"failed": [], "changed_while_running": [], **more}
        code = cli._say(Outcome(**counts, **more), index, store)
        return code, *capsys.readouterr()

    assert said(3, 0, 2) == (0, f"Reports: 3 made, 2 unchanged, in 12 s.\n{index}\n", "")
    assert said(0, 0, 0)[1].startswith("Reports: none, in 12 s.")
    code, out, err = said(1, 1, 0, failed=[("d/n", "why")], changed_while_running=["d"])
    assert (code, out.partition(", in")[0]) == (
        1, "Reports: 1 made, 1 taken from an interrupted run, 1 failed")  # fmt: skip
    assert err.startswith(f"failed: d/n: why\nThe notebooks as far as they came: {store.state}")
    assert "caution: d changed while it was read" in err


ASKED: dict[str, Any] = {
    "parameter": (), "as_of": "", "release": "internal", "year": (), "project": (), "period": (),
    "report": (), "notebook": (), "group": (), "reference": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"parameter": ("year=2021",), "year": (2020,)}, {"years": (2020, 2021)}),
        ({"parameter": ("period=2021-H1",), "period": ("2020-H2",)},
         {"periods": ("2020-H2", "2021-H1")}),
        ({"parameter": ("project_id=A", "plan_id=B"), "project": ("C",)},
         {"projects": ("C", "A", "B")}),
        ({"parameter": ("as_of=2021-05-31",)}, {"as_of": "2021-05-31"}),
        ({"parameter": ("as_of=2021-05-31",), "as_of": "2021-05-31"}, {"as_of": "2021-05-31"}),
        ({"parameter": ("release=nhs",)}, {"release": "public"}),
        ({"parameter": ("release=public",), "release": "public"}, {"release": "public"}),
        ({"parameter": ("rate=a=b",)}, {"parameters": {"rate": "a=b"}}),
        ({"group": ("quarter", "agency"), "parameter": ("n=1",)},
         {"parameters": {"group": "quarter;agency", "n": "1"}}),
        ({"report": ("once",)}, {"reports": ("once",)}),
        ({"reference": Path("prices")}, {"reference": str(Path.cwd() / "prices")}),
    ],
)  # fmt: skip
def test_what_options_ask_for(options: dict[str, Any], expected: dict[str, Any]) -> None:
    wanted, books = cli._wanted(SimpleNamespace(**{**ASKED, **options}))
    assert wanted == Wanted(**expected)
    assert {b.name for b in books} >= {"project_evaluation", "annual_review"}
    assert wanted.narrow == bool({"years", "periods", "projects", "reports"} & expected.keys())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"parameter": ("year", "n=1", "rate")}, "--parameter year, rate: expected NAME=VALUE"),
        ({"parameter": ("data=x",)}, "-p data: name the data set as DATA"),
        ({"parameter": ("as_of=2021-05-31",), "as_of": "2021-06-30"},
         "-p as_of=2021-05-31: the option --as_of says 2021-06-30"),
        ({"parameter": ("release=local",), "release": "public"},
         "-p release=local: the option --release says public"),
        ({"as_of": "31/05/2021"}, "--as-of 31/05/2021: expected a day"),
        ({"parameter": ("year=last",)}, "-p year: expected a year"),
        ({"release": "off"}, "internal, public, local"),
    ],
)  # fmt: skip
def test_what_options_cannot_ask_for(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadArgument, match=words):
        cli._wanted(SimpleNamespace(**{**ASKED, **options}))


# The command, without its work


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    return int(end.value.code or 0)


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (click.exceptions.Exit(7), 7),
     (BadArgument("no"), 3), (RunRefused("no"), 2), (batch.CannotFinish("no"), 1),
     (click.UsageError("no"), 3)],
)  # fmt: skip
def test_what_a_command_ends_with(
    raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(**_: Any) -> None:
        raise raised

    monkeypatch.setitem(cli.commands.commands, "run", click.Command("run", callback=run))
    assert ended("run") == code
    monkeypatch.setitem(cli.commands.commands, "run", click.Command("run", callback=lambda: None))
    assert ended("run") == 0


@pytest.mark.parametrize("when", ["at once", "at a step", "at the end"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop_says_so(
    number: signal.Signals, code: int, when: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stop, reached = Stop(), []

    def run(**_: Any) -> None:
        with stop.listening():
            with stop.later() if when != "at once" else nullcontext():
                signal.raise_signal(number)
                reached.append("not broken off")
                if when == "at a step":
                    stop.heed()
                    reached.append("not heeded")
            reached.append("not heeded")

    class Left(Exception):
        pass

    def leave(code: int) -> None:
        raise Left(code)

    before = signal.getsignal(number)
    monkeypatch.setattr(cli.os, "_exit", leave)
    monkeypatch.setitem(cli.commands.commands, "run", click.Command("run", callback=run))
    with pytest.raises(Left) as left:
        cli.main(["run"])
    assert left.value.args == (code,)
    assert f"stopped by {number.name}; the reports stand as they were" in capsys.readouterr().err
    assert signal.getsignal(number) == before
    assert reached == ["not broken off"] * (when != "at once")


def test_a_plan_is_shown_with_what_goes_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = planned(tmp_path, facts("north", "A"), "once", "page", due=["page-A"])
    plan = replace(plan, dropped=["page-B"], without={"2012": "referrals in 1 of its months"})
    cli._show_plan([plan], why=True)
    assert capsys.readouterr().out.splitlines() == [
        "North (sqlite://north)",
        f"  {'once':<44} up to date",
        f"  {'page-A':<44} due: new",
        f"  {'page-B':<44} will be taken out: no longer in the data",
        "  no annual report for 2012: referrals in 1 of its months",
        "1 of 2 reports are due",
    ]
    cli._show_plan([plan], why=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:5] == [f"  {'page-A':<44} due",
                          '    {"data": "sqlite://north", "project_id": "A"}']  # fmt: skip


def test_copies_are_about_the_first_project_and_plan_and_the_last_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = tuple(f"{year}-{month:02}" for year in (2020, 2021) for month in range(1, 13))
    held = replace(facts("north", "A", "B"), months=months, plans=("X", "Y"), as_at="2021-12-31")
    monkeypatch.setattr(cli_desk, "read", lambda address: None)
    monkeypatch.setattr(cli_desk, "facts_of", lambda data, address: held)
    last = {"year": 2021, "plan_id": "X", "period": "2021-H2"}
    assert cli_desk._subject("here", None) == {"data": "here", "project_id": "A"} | last
    assert cli_desk._subject("here", "B")["project_id"] == "B"


@pytest.mark.parametrize("gone", [[], ["page-B"]])
def test_a_page_that_goes_is_a_change_though_no_report_is_due(
    gone: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    plan = replace(planned(tmp_path, facts("north", "A"), "once", due=[]), dropped=gone)
    (tmp_path / "data").mkdir()

    def plans(*_: Any, **__: Any) -> list[Planned]:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "index.html").touch()
        return [plan]

    monkeypatch.setattr(batch, "plan", plans)
    done = Outcome(made=0, resumed=0, unchanged=1, failed=[], seconds=0.0, changed_while_running=[])
    monkeypatch.setattr(batch, "run", lambda *_, **__: done)
    with pytest.raises(SystemExit) as left:
        cli.main(["run", str(tmp_path / "data"), "--out", str(tmp_path / "out")])
    assert left.value.code == 0
    said = "Reports: 1 unchanged" if gone else "Nothing has changed: 1 reports"
    assert said in capsys.readouterr().out


def test_a_validation_runs_its_own_notebook_for_as_long_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    run = click.Command("run", callback=lambda **given: asked.append(given) or 4)
    monkeypatch.setitem(cli.commands.commands, "run", run)
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"")
    given = ("--start", "2022-10", "--release", "public", "--out", str(tmp_path))
    assert ended("validate", str(archive), *given) == 4
    (made,) = asked
    (book,) = made.pop("notebook")
    assert book.stem == "estimator_validation"
    assert book.is_file()
    assert made == {"data": (str(archive),), "parameter": ("start=2022-10",), "out": tmp_path,
                    "release": "public", "cell_timeout": 3600, "report_timeout": 7200}  # fmt: skip


def test_an_audit_says_what_it_could_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mtf_eval.publish.disclosure import audit
    from mtf_eval.publish.disclosure.attacker import Leak, Reach

    (tmp_path / "t.csv").write_text("a,b\n")
    leak = Leak(file="t.csv", table="t", row="a", column="b", low=1, high=1)
    wide = replace(leak, high=9)
    for release, found, code, words in (
        ("internal", Reach(counts=()), 0, "internal reports; nothing is hidden in them"),
        ("public", Reach(counts=(wide,)), 0, "can be worked out (1 tried, rule public)"),
        ("public", Reach(counts=(wide,), unsolved=2), 1, "2 hidden count(s) not solved in time"),
        ("public", Reach(counts=(leak, wide)), 1, "1 hidden count(s) can be worked out: do not"),
    ):
        monkeypatch.setattr(audit, "reach", lambda *_, found=found, **__: found)
        assert ended("audit", str(tmp_path), "--release", release) == code
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "aim"),
    [("", None), ("20%", -0.2), ("-20%", -0.2), ("+20%", 0.2), (" 12.5 % ", -0.125), ("20", -0.2),
     ("0.2", -0.2), ("+0.2", 0.2), ("1%", -0.01), ("99%", -0.99)],
)  # fmt: skip
def test_a_change_aimed_at_however_it_is_written(text: str, aim: float | None) -> None:
    assert cli._aim(text) == aim


@pytest.mark.parametrize("text", ["100%", "0", "0%", "1", "120", "a fifth", "20%%", "--20%", "+"])
def test_a_change_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="expected a change such as 20%"):
        cli._aim(text)


def test_codes_of_areas_however_they_are_listed() -> None:
    assert cli._codes("e1,E2; e1  e3\nE4,,") == "E1; E2; E3; E4"
    assert cli._codes("") == ""


def test_a_data_set_is_read_from_its_place_once_while_it_and_the_code_stand(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    content = {"source": "one", "reader": "r"}

    def load(place: object, *, reference: str) -> object:
        seen.append((str(place), reference))
        return place

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mtf_eval.records.load.load", load)
    monkeypatch.setattr(batch, "reader_digest", lambda: content["reader"])
    monkeypatch.setattr(
        batch, "fingerprint", lambda address, _: "" if "://" in address else content["source"]
    )
    monkeypatch.setattr(batch, "facts_of", lambda data, source: replace(
        facts("north", "A"), source=source, reader=content["reader"]))  # fmt: skip

    def read(address: str) -> list[object]:
        seen.clear()
        begun: list[int] = []
        found = batch._facts(address, store, "own", lambda: begun.append(1))
        assert found.projects == ("A",)
        assert len(begun) == len(seen), "told before it is read, and only then"
        return [*seen]

    example = (str(HOME / "data" / "example"), "own")
    assert read("data/example") == [example], "from any folder"
    assert read("data/example") == []
    content["source"] = "two"
    assert read("data/example") == [example]
    content["reader"] = "s"
    assert read("data/example") == [example]
    assert read("data/example") == []
    for _ in range(2):
        assert read("sqlite:///d.db") == [("sqlite:///d.db", "own")], "a database each time"
