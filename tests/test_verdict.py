"""How a report is said to have ended, and what becomes of it: from the log of its process."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from mtf_eval.errors import RunRefused
from mtf_eval.run import execute
from mtf_eval.run.execute import Job, Result, result_of
from mtf_eval.run.verdict import Verdict, judge

OURS = ["Cell In[2], line 1\n  x", "File /a/mtf_eval/records/load.py:7, in load\n  y"]
THEIRS = [OURS[1], OURS[0]]


def failing(name: str, words: str, traceback: list[str]) -> Any:
    return nbformat.v4.new_output("error", ename=name, evalue=words, traceback=traceback)


def notebook(*, ran: int = 3, last: Any = None, tags: tuple[str, ...] = ()) -> Any:
    """Three code cells of an analyst, with words, an empty cell and the run's own between them."""
    new, words = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [words("Title"), new("a = 1"), new("b = 2", metadata={"tags": ["injected-parameters"]}),
             new("c = 3"), new(" "), new("d = 4", metadata={"tags": list(tags)})]  # fmt: skip
    for place in (1, 2, 3, 5)[: ran + (ran > 1)]:
        cells[place].execution_count = place
    if last is not None:
        cells[5].outputs = [nbformat.v4.new_output("stream", text="x"), last]
    return nbformat.v4.new_notebook(cells=cells)


SAID = "a file is missing"


@pytest.mark.parametrize(
    ("book", "running", "stopped", "error", "code", "expected"),
    [
        (notebook(), 5, "", None, None, Verdict()),
        # An analyst's fifth cell: the one that the run put in is not counted.
        (notebook(ran=2), 3, "", None, None,
         Verdict("failed", "cell 5 did not run: the notebook ended early", "NotRun", 5)),
        (notebook(last=failing("KeyError", SAID, OURS)), 5, "", None, None,
         Verdict("failed", "cell 5 raised KeyError", "KeyError", 5)),  # may quote the data
        (notebook(last=failing("RunRefused", f"{SAID}\nmore", OURS)), 5, "", None, None,
         Verdict("failed", f"cell 5 raised RunRefused: {SAID}", "RunRefused", 5)),
        (notebook(last=failing("RunRefused", SAID, THEIRS)), 5, "", None, None,
         Verdict("failed", "cell 5 raised RunRefused", "RunRefused", 5)),
        (notebook(last=failing("RunRefused", "w" * 300, OURS)), 5, "", None, None,
         Verdict("failed", f"cell 5 raised RunRefused: {'w' * 200}", "RunRefused", 5)),
        (notebook(last=failing("SystemExit", "0", OURS)), 5, "", None, None,
         Verdict("failed", "cell 5 called sys.exit()", "SystemExit", 5)),
        (notebook(last=failing("KeyError", SAID, OURS), tags=("raises-exception",)), 5, "", None,
         None, Verdict()),
        # What ended the process goes before what its cells show, and an error before a death.
        (notebook(ran=2, last=failing("KeyError", SAID, OURS)), 3, "the report's deadline", None,
         -9, Verdict("timeout", "stopped at cell 3: the report's deadline", "Stopped", 3)),
        (notebook(ran=1), 1, "it took longer than 5 seconds", None, -9,
         Verdict("timeout", "cell 2 took longer than 5 seconds", "Stopped", 2)),
        (notebook(ran=1), None, "the run ended", None, -9,
         Verdict("failed", "stopped at the start: the run ended", "Stopped", None)),
        (notebook(last=failing("KeyError", SAID, OURS)), 5, "", None, 3,
         Verdict("failed", "cell 5 raised KeyError", "KeyError", 5)),
        (notebook(ran=2), 3, "", ValueError(SAID), 3,
         Verdict("died", "its process ended by itself (exit code 3) at cell 3", "Died", 3)),
        (notebook(ran=1), 1, "", ValueError(SAID), None,
         Verdict("failed", "the notebook could not be run (ValueError)", "ValueError", 2)),
        (None, 1, "", None, None,
         Verdict("failed", "the notebook could not be run (Unreadable)", "Unreadable", None)),
        (None, None, "", None, 0,
         Verdict("died", "its process ended by itself (exit code 0) at the start", "Died", None)),
    ],
)  # fmt: skip
def test_how_it_ended(book: Any, running: int | None, stopped: str, error: BaseException | None,
                      code: int | None, expected: Verdict) -> None:  # fmt: skip
    assert judge(book, running, stopped, error, code) == expected


def job(**more: Any) -> Job:
    source = nbformat.writes(notebook(ran=0))
    return Job(dataset="d", name="n", source=source, parameters={}, run_time="", **more)


def told(folder: Path, made: object, *lines: dict[str, Any], **more: Any) -> Result:
    """What became of a job whose process said these lines, and was cut short in another."""
    log = folder / "log"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"at": ', "utf-8")
    return result_of(job(**more), str(log), made, time.monotonic() - 7)


def done(place: int, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"done": place, "count": place, "outputs": list(outputs)}


PAGE_DATA = "application/vnd.mtf.page+json"
PAGE = {"n.html": b"page"}, {"title": "T"}


def test_what_became_of_a_report(tmp_path: Path) -> None:
    every = [line for p in (1, 2, 3, 5) for line in ({"at": p}, done(p))]
    good = told(tmp_path, PAGE, *every)
    assert (good.outcome, good.files, good.summary, good.partial) == ("ok", *PAGE, b"")
    assert 7 <= good.seconds < 60
    bad = told(tmp_path, "KeyError", *every)
    why = "the notebook ran, its page could not be made (KeyError)"
    assert (bad.outcome, bad.error, bad.message) == ("failed", "KeyError", why)
    for release, page in (("internal", "n-failed-internal.html"), ("public", "n-failed.html")):
        assert [*told(tmp_path, "KeyError", *every, release=release).files] == [page]
    late = told(tmp_path, TimeoutError(), *every[:2], {"at": 2})
    assert (late.cell, late.message) == (None, "stopped at the start: the report's deadline")
    text = {"output_type": "stream", "name": "stdout", "text": "so far"}
    ended = told(tmp_path, TimeoutError(), {"at": 1}, done(1, text), {"at": 2}, done(2), {"at": 3})
    assert (ended.outcome, ended.message) == ("timeout", "stopped at cell 3: the report's deadline")
    kept = nbformat.reads(ended.partial.decode(), as_version=4)
    assert [c.get("execution_count") for c in kept.cells] == [None, 1, 2, None, None, None]
    assert kept.cells[1].outputs[0].text == "so far"
    assert [c.id for c in kept.cells] == [f"cell-{n}" for n in range(1, 7)]
    assert result_of(job(), str(tmp_path / "none"), PAGE, 0.0).outcome == "failed", (
        "nothing is told"
    )


def test_the_log_of_a_report_says_which_cell_runs_and_why_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process reads it: of one that died it is all there is."""
    log = execute._Log(str(tmp_path / "log"))
    guard = execute._Guard(log, 600.0)
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    guard.begun(2)
    guard.done(2, SimpleNamespace(execution_count=5, outputs=outputs))  # type: ignore[arg-type]
    guard.begun(3)
    ended: list[int] = []
    monkeypatch.setattr(execute, "end_group", lambda _: None)
    monkeypatch.setattr(execute.os, "_exit", ended.append)
    guard.stop("a cell took too long")
    assert ended == [1]
    assert log.lines() == [
        {"at": 2}, {"done": 2, "count": 5, "outputs": outputs}, {"at": 3},
        {"stop": "a cell took too long"},
    ]  # fmt: skip


def test_figures_of_another_rule_than_the_one_asked_for_are_refused() -> None:
    def showing(rule: str) -> Any:
        data = {PAGE_DATA: {"rule": rule}}
        output = nbformat.v4.new_output("display_data", data=data)
        cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
        return nbformat.v4.new_notebook(cells=[cell])

    for asked, rule in (("public", "public"), ("nhs", "public"), ("internal", "local"),
                        ("public", ""), ("", "public")):  # fmt: skip
        execute._need_rule(job(release=asked), showing(rule))
    for asked, rule in (("public", "local"), ("local", "internal")):
        with pytest.raises(
            RunRefused, match=f"asked for release={asked}, .* showed {rule} figures"
        ):
            execute._need_rule(job(release=asked), showing(rule))
