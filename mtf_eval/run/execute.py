"""One report: a notebook run by papermill on a kernel of its own, then its page and files.

`run_one` is what every executor calls, threads here or a Dask worker elsewhere: it takes plain
values, returns bytes, and never raises for what a notebook does. Chooses nothing, publishes
nothing.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import MtfError, RunRefused
from mtf_eval.publish.shell import page_name
from mtf_eval.run.engine import Watch, engine, runtime_folder

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Job", "Result", "at_work", "run_one", "warm_up"]

# Seconds a kernel may take to answer for the first time, on a machine busy with others.
START = 180
# New objects before the garbage collector looks at the youngest; and the seconds one report's
# thread may hold up the others, whose kernels wait for an answer after every cell.
COLLECT_AFTER = 7_000
SWITCH = 0.0005
# Errors whose message is ours and quotes no personal value.
OUR_ERRORS = {"DataProblems", "BadArgument", "NotEnoughData", "RunRefused", "MtfError"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything one report needs; picklable.

    Attributes
    ----------
    source
        The notebook itself, JSON text: what was planned is what runs, wherever that is.
    cwd
        The kernel's working folder: the notebook's own, as in JupyterLab.
    cell_seconds, seconds
        Deadlines of one cell and of the whole report.
    previous
        What the published edition says, as `corrections.edition` gives it.
    release
        The disclosure rule the run is for, whether or not the notebook has such a parameter.
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
    kernel: str = "warm"
    cell_seconds: float = 600
    seconds: float = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job.

    Attributes
    ----------
    outcome
        `ok`, `failed` (a cell raised, or stopped the notebook), `timeout`, `died`.
    message
        In words, without any value of the data.
    files
        What is to be published, by path below the data set's folder.
    partial
        The notebook as far as it came, for the analyst; never published.
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


_at_work: set[Watch] = set()
_ended = threading.Event()


@contextmanager
def at_work() -> Iterator[None]:
    """While this lasts reports are run; after it none is tried again, and what runs is stopped."""
    _ended.clear()
    try:
        yield
    finally:
        _ended.set()
        for watch in tuple(_at_work):
            watch.stop("the run ended")


def run_one(job: Job) -> Result:
    """Run a notebook and render it; whatever it does, say so in the result.

    A kernel that does not start, or whose warm parent dies, is tried once more; a cell that fails
    is not.
    """
    from mtf_eval.run.kernels import WARM_DIED

    start = time.monotonic()
    watch, error = Watch(), None
    for attempt in (1, 2):
        watch = Watch()
        _at_work.add(watch)
        timer = threading.Timer(job.seconds, watch.stop, ["the report's deadline"])
        timer.daemon = True
        timer.start()
        try:
            error = _execute(job, watch)
        finally:
            timer.cancel()
            _at_work.discard(watch)
        lost = error is not None and (not watch.ready or watch.code() == WARM_DIED)
        if attempt == 2 or watch.stopped or not lost or _ended.is_set():
            break
    seconds = round(time.monotonic() - start, 2)
    notebook = watch.notebook
    outcome, message, kind, cell = _judge(job, watch, error)
    try:
        if outcome == "ok":
            assert notebook is not None
            files, summary = _render(job, notebook)
            return Result(
                dataset=job.dataset,
                name=job.name,
                outcome="ok",
                seconds=seconds,
                files=files,
                summary=summary,
            )
    except Exception as problem:
        outcome, kind, cell = "failed", type(problem).__name__, None
        said = f": {problem}" if isinstance(problem, MtfError) else ""
        message = f"the notebook ran, its page could not be made ({kind}{said})"
    return _failure(job, notebook, outcome, message, kind, cell, seconds)


def _execute(job: Job, watch: Watch) -> BaseException | None:
    """Run the notebook; return what went wrong, if anything."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        source = _read_notebook(job.source)
        import papermill
        from papermill.engines import papermill_engines

        papermill_engines.register("mtf-eval", engine())
        papermill.execute_notebook(
            source,
            None,
            dict(job.parameters),
            engine_name="mtf-eval",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=START,
            execution_timeout=job.cell_seconds,
            iopub_timeout=60,
            shutdown_kernel="immediate",
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            record_timing=False,
            watch=watch,
            kernel=job.kernel,
            kernel_cwd=job.cwd,
        )
    except (Exception, asyncio.CancelledError) as problem:
        return problem
    return None


def warm_up() -> None:
    """Import what every report needs, and keep it out of the garbage collector's rounds."""
    _leave_out_grammar()
    import papermill  # noqa: F401

    from mtf_eval.publish.exports import files as exports  # noqa: F401
    from mtf_eval.publish.pages import corrections  # noqa: F401

    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 5, 2)
    sys.setswitchinterval(SWITCH)


def _leave_out_grammar() -> None:
    # Half of what a run takes to start: a grammar compiled to check web addresses, which a
    # notebook has none of. jsonschema does without when it is not there.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _read_notebook(source: str) -> NotebookNode:
    return copy.deepcopy(_read_once(source))


@lru_cache(maxsize=16)
def _read_once(source: str) -> NotebookNode:
    _leave_out_grammar()
    import nbformat

    reads: Callable[..., NotebookNode] = nbformat.reads
    return reads(source, as_version=4)


def _judge(job: Job, watch: Watch, error: BaseException | None) -> tuple[str, str, str, int | None]:
    """Say how it went: outcome, message, class of error, cell counted from 1 without ours.

    The saved metadata are never asked: papermill marks a notebook that timed out as completed.
    """
    from mtf_eval.run.kernels import death

    cells = [] if watch.notebook is None else _own_cells(watch.notebook)
    here = next((i for i, c in enumerate(cells, 1) if c is (watch.at or watch.running)), None)
    kind = type(error).__name__ if error else ""
    if watch.stopped:
        outcome = "timeout" if "deadline" in watch.stopped else "failed"
        return outcome, f"stopped at {_at(here)}: {watch.stopped}", "Stopped", here
    if kind == "CellTimeoutError":
        return "timeout", f"{_at(here)} took longer than {job.cell_seconds:g} seconds", kind, here
    for place, cell in enumerate(cells, 1):
        for out in cell.get("outputs", ()):
            if out.output_type != "error":
                continue
            if out.ename == "SystemExit":
                return "failed", f"{_at(place)} called sys.exit()", out.ename, place
            ours = out.ename in OUR_ERRORS and out.evalue and _from_us(out.traceback)
            note = f": {out.evalue.splitlines()[0][:200]}" if ours else ""
            return "failed", f"{_at(place)} raised {out.ename}{note}", out.ename, place
    if kind == "DeadKernelError" or (error and watch.code() not in (None, 0)):
        return "died", f"{death(watch.code())} at {_at(here)}", kind, here
    if error:
        return "failed", f"the notebook could not be run ({kind})", kind, here
    for place, cell in enumerate(cells, 1):
        started = cell.get("execution_count") is not None
        if cell.cell_type == "code" and cell.source.strip() and not started:
            why = f"{_at(place)} did not run: the notebook ended early"
            return "failed", why, "NotRun", place
    return "ok", "", "", None


def _from_us(traceback: Sequence[str]) -> bool:
    """Whether the last frame is of this package: what a cell raises itself may quote anything."""
    frames = [f for f in traceback if re.search(r"(File|Cell)\b", f.splitlines()[0] if f else "")]
    return bool(frames) and re.search(r"[\\/]mtf_eval[\\/]", frames[-1].splitlines()[0]) is not None


def _at(cell: int | None) -> str:
    return "the start" if cell is None else f"cell {cell}"


def _own_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells as the analyst knows them, without those papermill put in."""
    added = {"papermill-error-cell-tag", "injected-parameters"}
    return [c for c in notebook.cells if not added & set(c.metadata.get("tags", ()))]


# The page and what lies beside it

_render_lock = threading.Lock()


def _render(job: Job, notebook: NotebookNode) -> tuple[dict[str, bytes], dict[str, Any]]:
    from mtf_eval.publish.exports import files as exports
    from mtf_eval.publish.pages import corrections
    from mtf_eval.publish.pages import exporter as pages

    summary = pages.read_summary(notebook)
    _need_rule(job, notebook)
    with tempfile.TemporaryDirectory(dir=runtime_folder()) as scratch, _render_lock:
        folder = Path(scratch) / job.name
        called, head = exports.csv_name, exports.head(notebook)
        file = page_name(job.name, "internal" if head.get("banner") else job.release)
        stem = file.removesuffix(".html")
        written = pages.write_exports(notebook, folder, stem)
        files = {f"{job.name}/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in written}
        book = f"{job.name}/{stem}.ipynb"
        titles = {
            f"{job.name}/{called(n, head)}": t["title"] for n, t in exports.tables(notebook).items()
        }
        downloads = [(_called(f, titles), f) for f in (*files, book)]
        corrected = corrections.listed(
            job.previous, notebook, parameters=job.parameters, run_time=job.run_time
        )
        if corrected:
            files[f"{job.name}/{corrections.FILE}"] = corrections.as_csv(corrected)
            summary["corrections"] = len(corrections.distinct(corrected))
        page = pages.render(
            notebook,
            run_time=job.run_time,
            related=job.related,
            downloads=downloads,
            corrected=corrected,
        )
        files[book] = _notebook_bytes(pages.cleaned(notebook))
    files[file] = page.encode()
    return files, dict(summary)


def _need_rule(job: Job, notebook: NotebookNode) -> None:
    """Refuse a notebook that showed anything by another rule than the one asked for."""
    from mtf_eval.publish.disclosure.release import ALIASES
    from mtf_eval.publish.exports import files as exports

    asked = job.release or str(job.parameters.get("release", "internal"))
    shown = {str(data.get("rule", "")) for _, data in exports.contents(notebook)}
    other = shown - {"", ALIASES.get(asked, asked)}
    if asked != "internal" and other:
        names = ", ".join(sorted(other))
        raise RunRefused(f"asked for release={asked}, the notebook showed {names} figures")


def _called(file: str, titles: Mapping[str, str]) -> str:
    ending = file.rsplit(".", 1)[1]
    named = {"xlsx": "All tables (Excel)", "ipynb": "The notebook as run (Jupyter)"}
    return named.get(ending) or titles[file]


def _failure(
    job: Job,
    notebook: NotebookNode | None,
    outcome: str,
    message: str,
    kind: str,
    cell: int | None,
    seconds: float,
) -> Result:
    """Make the page that says what failed; a failure there leaves a plainer one."""
    from mtf_eval.publish.pages import exporter as pages

    try:
        book = notebook or _read_notebook(job.source)
        with _render_lock:
            page = pages.render(
                book, run_time=job.run_time, failed=pages.Failure(cell=cell, error=kind or outcome)
            )
            summary = dict(pages.read_summary(book))
    except Exception:
        page, summary = f"<!doctype html><title>{job.name}</title><h1>{job.name} failed</h1>", {}
    return Result(
        dataset=job.dataset,
        name=job.name,
        outcome=outcome,
        message=message,
        error=kind,
        cell=cell,
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
