"""One report: a notebook run in a process of its own, then its page and files.

`work` is what that process does; `result_of` says what became of it, from what it returned, the log
it kept and how it ended, and never raises for what a notebook does. Chooses nothing, publishes
nothing.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import MtfError, RunRefused
from mtf_eval.publish.look import Look
from mtf_eval.publish.shell import page_name
from mtf_eval.records.aliases import called
from mtf_eval.run.session import parameterised, run_cells
from mtf_eval.run.verdict import Verdict, judge

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from mtf_eval.publish.pages.corrections import Correction


# The same for every report, so that all give the same digits: one thread for linear algebra (there
# is a process a core already), one order of sets, figures shown in the cell. No file of the folder
# a run is started in stands for a module of Python's.
ENVIRONMENT = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMEXPR")},
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
#: New objects until those that nothing leads to are looked for: a report's process soon ends.
RARELY = 1_000_000
TICK = 0.2  # seconds between two looks at a deadline and at whether the run is still there


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything one report needs; picklable.

    `source` is the notebook's own text: what was planned is what runs. `cwd` is its folder, as in
    JupyterLab; `previous` what the published edition says (`corrections.edition`); `release` the
    rule the run is for, whether or not the notebook has such a parameter; `beside` the endings of
    further files wanted.
    """

    dataset: str
    name: str
    source: str
    parameters: Mapping[str, Any]
    run_time: str
    related: tuple[tuple[str, str], ...] = ()
    cwd: str = ""
    previous: str = ""
    release: str = ""
    beside: tuple[str, ...] = ()
    look: Look = field(default_factory=Look)
    cell_seconds: float = 600
    seconds: float = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job.

    `outcome` is `ok`, `failed`, `timeout` or `died`; `message` holds no value of the data; `files`
    are by path below the data set's folder; `partial` is the notebook as far as it came, never
    published.
    """

    dataset: str
    name: str
    outcome: str
    message: str = ""
    error: str = ""
    cell: int | None = None
    seconds: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    partial: bytes = b""


class _Log:
    """What a report's process says of itself while it runs: a line of JSON a step.

    It outlives the process, so that one that dies has left what its notebook showed until then.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def say(self, **line: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError:
            return []
        return [json.loads(line) for line in text.split("\n")[:-1]]


class _Guard:
    """Ends this process when a cell takes too long, or when the run it belongs to is gone."""

    def __init__(self, log: _Log, seconds: float) -> None:
        self._log, self._seconds = log, seconds
        self._until: float | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def begun(self, place: int) -> None:
        self._log.say(at=place)
        self._until = time.monotonic() + self._seconds

    def done(self, place: int, cell: NotebookNode) -> None:
        self._until = None
        self._log.say(done=place, count=cell.execution_count, outputs=cell.outputs)

    def stop(self, why: str) -> None:
        self._log.say(stop=why)
        end_group(str(self._log.path))
        os._exit(1)

    def _watch(self) -> None:
        gone = leash()
        while True:
            time.sleep(TICK)
            if gone():
                self.stop("the run ended")
            if self._until is not None and time.monotonic() > self._until:
                self.stop(f"it took longer than {self._seconds:g} seconds")


def leash() -> Callable[[], bool]:
    """Return what tells whether the run that this process belongs to is gone."""
    parent, run = os.getppid(), multiprocessing.parent_process()
    return lambda: os.getppid() != parent or not (run is None or run.is_alive())


def end_group(log: str) -> None:
    """Kill a report's process, as its log names it, and whatever its notebook started."""
    for line in _Log(log).lines():
        if "pid" in line and hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(line["pid"], signal.SIGKILL)


def work(job: Job, log: str) -> tuple[dict[str, bytes], dict[str, Any]] | str:
    """Run a job in this process, which is the report's own and ends with it.

    Returns files and summary of the page; what went wrong in making it; or nothing of either when a
    cell failed, which the log then tells.
    """
    told = _Log(log)
    told.say(pid=os.getpid())
    gc.set_threshold(RARELY)
    _settle(job)
    guard = _Guard(told, job.cell_seconds)
    book = parameterised(job.source, job.parameters)
    run_cells(book, guard.begun, guard.done, guard.stop)
    if judge(book, None, "", None).outcome != "ok":
        return {}, {}
    try:
        return _render(job, book, Path(log).parent)
    except MtfError as problem:
        return f"{type(problem).__name__}: {problem}"
    except Exception as problem:
        return type(problem).__name__


def practise(job: Job, folder: Path) -> None:
    """Make a report and throw it away: what it imports and keeps is then there for the next."""
    if job.cwd and Path(job.cwd).is_dir():
        os.chdir(job.cwd)
    book = parameterised(job.source, job.parameters)
    run_cells(book, lambda _: None, lambda *_: None, lambda _: None)
    _render(job, book, folder)


def _settle(job: Job) -> None:
    """Be what a freshly started kernel is: a session of one's own, quiet, with its own chance."""
    multiprocessing.current_process().daemon = False  # a notebook may have processes of its own
    if hasattr(os, "setsid"):
        with suppress(OSError):
            os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "numpy" in sys.modules:
        import_module("numpy").random.seed()  # a fork copies its state; Python reseeds its own
    if job.cwd and Path(job.cwd).is_dir():
        os.chdir(job.cwd)
    if "" not in sys.path:
        sys.path.append("")


def result_of(job: Job, log: str, made: object, began: float, code: int | None = None) -> Result:
    """Say what became of a job."""
    lines = _Log(log).lines()
    stopped = next((line["stop"] for line in lines if "stop" in line), "")
    book = None
    with suppress(Exception):
        book = parameterised(job.source, job.parameters)
        for line in lines:
            if "done" in line:
                cell = book.cells[line["done"]]
                cell.execution_count, cell.outputs = line["count"], _nodes(line["outputs"])
    running = next((line["at"] for line in reversed(lines) if "at" in line), None)
    if isinstance(made, TimeoutError):
        stopped = "the report's deadline"
    error = made if isinstance(made, BaseException) else None
    seconds = round(time.monotonic() - began, 2)
    verdict = judge(book, running, stopped, error, code)
    if verdict.outcome == "ok" and isinstance(made, str):
        why = f"the notebook ran, its page could not be made ({made})"
        verdict = Verdict("failed", why, made)
    elif verdict.outcome == "ok" and isinstance(made, tuple) and made[0]:
        done = partial(Result, dataset=job.dataset, name=job.name, outcome="ok", seconds=seconds)
        return done(files=made[0], summary=made[1])
    return _failure(job, book, verdict, seconds)


def _nodes(outputs: list[dict[str, Any]]) -> list[Any]:
    from nbformat import from_dict

    return [from_dict(out) for out in outputs]  # type: ignore[no-untyped-call]


def run_apart(job: Job) -> Result:
    """Run a job in a fresh interpreter, as a Dask worker does: it may have no child by fork."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mtf-run-") as folder:
        log = str(Path(folder) / "log")
        code = "from mtf_eval.run.execute import apart; apart()"
        command = [sys.executable, "-c", code, log]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        env = {**os.environ, **ENVIRONMENT}
        child = subprocess.Popen(command, stdin=subprocess.PIPE, env=env, **quiet)  # type: ignore[call-overload]
        made: object
        died: int | None = None
        try:
            made = pickle.loads(child.communicate(pickle.dumps(job), timeout=job.seconds)[0])
        except subprocess.TimeoutExpired:
            made = TimeoutError()
        except (EOFError, pickle.UnpicklingError) as lost:
            made, died = lost, child.wait()
        finally:
            end_group(log)
            child.kill()
            child.wait()
        return result_of(job, log, made, began, died)


def apart() -> None:
    """Read a job from standard input, do it, write what came of it to standard output."""
    job = pickle.load(sys.stdin.buffer)
    made = work(job, sys.argv[1])
    sys.stdout.buffer.write(pickle.dumps(made))


# The page and what lies beside it


def _render(
    job: Job, notebook: NotebookNode, folder: Path
) -> tuple[dict[str, bytes], dict[str, Any]]:
    from mtf_eval.publish.exports import files as exports
    from mtf_eval.publish.pages import corrections
    from mtf_eval.publish.pages import exporter as pages

    summary = pages.read_summary(notebook)
    _need_rule(job, notebook)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        folder = Path(scratch) / job.name
        called, head = exports.csv_name, exports.head(notebook)
        file = page_name(job.name, "internal" if head.get("banner") else job.release)
        stem = file.removesuffix(".html")
        written = exports.write_exports(notebook, folder, stem)
        files = {f"{job.name}/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in written}
        book = f"{job.name}/{stem}.ipynb"
        shown = exports.tables(notebook).items()
        titles = {f"{job.name}/{called(name, head)}": held["title"] for name, held in shown}
        corrected = corrections.listed(
            job.previous, notebook, parameters=job.parameters, run_time=job.run_time
        )
        clean = pages.cleaned(notebook)
        files |= _for_the_office(job, clean, f"{job.name}/{stem}", file, corrected)
        downloads = [(_called(f, titles), f) for f in (*files, book)]
        if corrected:
            files[f"{job.name}/{corrections.FILE}"] = corrections.as_csv(corrected)
            summary["corrections"] = len(corrections.distinct(corrected))
        page = pages.render(
            notebook, run_time=job.run_time, related=job.related, downloads=downloads,
            corrected=corrected, look=job.look,
        )  # fmt: skip
        files[book] = _notebook_bytes(clean)
    files[file] = page.encode()
    return files, dict(summary)


def _for_the_office(
    job: Job, clean: NotebookNode, stem: str, page: str, corrected: tuple[Correction, ...]
) -> dict[str, bytes]:
    """Return the summary, and the document and slides that were asked for."""
    from mtf_eval.publish.cells import payload
    from mtf_eval.publish.disclosure.release import Disclosure
    from mtf_eval.publish.exports.files import head, summary
    from mtf_eval.publish.pages import corrections
    from mtf_eval.publish.pages.exporter import without_empty_sections

    given: dict[str, Any] = {"look": job.look, "run_time": job.run_time}
    text, html = summary(clean, page=page, **given)
    files = {f"{stem}-summary.txt": text.encode(), f"{stem}-summary.html": html.encode()}
    if job.beside:
        clean = deepcopy(clean)
        clean.cells = without_empty_sections(clean.cells)
    if "docx" in job.beside:
        from mtf_eval.publish.exports.word import write_word

        disclosure = Disclosure(str(head(clean).get("rule") or "internal"))
        listed = payload(disclosure(corrections.as_table(corrected))) if corrected else None
        files[f"{stem}.docx"] = write_word(clean, corrected=listed, **given)
    if "pptx" in job.beside:
        from mtf_eval.publish.exports.slides import write_slides

        files[f"{stem}.pptx"] = write_slides(clean, **given)
    return files


def _need_rule(job: Job, notebook: NotebookNode) -> None:
    """Refuse a notebook that showed anything by another rule than the one asked for."""
    from mtf_eval.publish.exports import files as exports
    from mtf_eval.records.prices.rules import ALIASES

    asked = job.release or str(job.parameters.get("release", "internal"))
    shown = {str(data.get("rule", "")) for _, data in exports.contents(notebook)}
    other = shown - {"", ALIASES.get(asked, asked)}
    if asked != "internal" and other:
        names = ", ".join(sorted(other))
        raise RunRefused(f"asked for release={asked}, the notebook showed {names} figures")


def _called(file: str, titles: Mapping[str, str]) -> str:
    return called("download").get(file.rsplit(".", 1)[1]) or titles[file]


def _failure(job: Job, notebook: NotebookNode | None, verdict: Verdict, seconds: float) -> Result:
    """Make the page that says what failed; a failure there leaves a plainer one."""
    from mtf_eval.publish.pages import exporter as pages

    try:
        book = notebook or parameterised(job.source, {})
        failed = pages.Failure(cell=verdict.cell, error=verdict.error or verdict.outcome)
        page = pages.render(book, run_time=job.run_time, failed=failed)
        summary = dict(pages.read_summary(book))
    except Exception:
        page, summary = f"<!doctype html><title>{job.name}</title><h1>{job.name} failed</h1>", {}
    return Result(
        dataset=job.dataset,
        name=job.name,
        **asdict(verdict),
        seconds=seconds,
        files={page_name(f"{job.name}-failed", job.release): page.encode()},
        summary=summary,
        partial=b"" if notebook is None else _notebook_bytes(notebook),
    )


def _notebook_bytes(notebook: NotebookNode) -> bytes:
    """Return the notebook's file, the same bytes for the same run (cell ids are random)."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells, 1):
        if "id" in cell:
            cell["id"] = f"cell-{number}"
        cell.metadata.pop("papermill", None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
