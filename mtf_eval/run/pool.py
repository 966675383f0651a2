"""Reports over processes: a fresh one each, forked where that can be from one that has rehearsed.

The standard library's `forkserver` (`spawn` where there is none) through `pebble`, which gives each
process its deadline and says how it ended. One that dies is one failed report.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import itertools
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from mtf_eval.run import execute

# What every report imports, and what it uses only when it shows something.
PRELOAD = (
    "numpy pandas pandas.io.formats.style scipy.stats scipy.optimize scipy.sparse.csgraph "
    "statsmodels.api statsmodels.formula.api matplotlib.pyplot matplotlib.backends.backend_svg "
    "seaborn IPython.core.interactiveshell nbconvert bs4 "
    "papermill.parameterize mtf_eval.publish.pages.exporter mtf_eval.publish.exports.files "
    "mtf_eval.publish.exports.sheets mtf_eval.publish.workbench.records "
    "mtf_eval.publish.workbench.project mtf_eval.publish.workbench.year mtf_eval.records.load"
)
REHEARSAL = "MTF_REHEARSAL"  # the file that tells the process all others are forked from what to do
LOST = 255  # what a process is taken to have ended with when the one that forked it is gone
FORKED = "forkserver" in multiprocessing.get_all_start_methods()
_counter = itertools.count()
_folder: list[Path] = []


class Pool:
    """Runs jobs, so many at a time."""

    def __init__(self, workers: int, environment: Mapping[str, str]) -> None:
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=1,
            initializer=_environment,
            initargs=[environment],
            context=multiprocessing.get_context("forkserver" if FORKED else "spawn"),
        )
        self._logs: list[Path] = []

    def submit(self, job: execute.Job) -> Future[execute.Result]:
        """Hand over a job; one whose process never began is tried once more."""
        result: Future[execute.Result] = Future()
        self._schedule(job, result, time.monotonic(), tries=2)
        return result

    def _schedule(
        self, job: execute.Job, result: Future[execute.Result], began: float, tries: int
    ) -> None:
        log = runtime_folder() / f"{next(_counter)}.log"
        self._logs.append(log)

        def ended(process: Future[Any]) -> None:
            made: object
            code = None
            try:
                made = process.result()
            except CancelledError:
                result.cancel()
                return
            except ProcessExpired as lost:
                made, code = lost, lost.exitcode
            except Exception as problem:
                made = problem
            lost_before = code is not None and (code == LOST or not log.exists())
            if lost_before and tries > 1 and self._pool.active:
                self._schedule(job, result, began, tries - 1)
                return
            result.set_result(execute.result_of(job, str(log), made, began, code))

        scheduled = self._pool.schedule(execute.work, args=[job, str(log)], timeout=job.seconds)
        scheduled.add_done_callback(ended)

    def close(self, *, at_once: bool) -> None:
        """Wait for what runs, or end it; end what notebooks have left running."""
        end: Any = self._pool.stop if at_once else self._pool.close
        end()
        self._pool.join()
        for log in self._logs:
            execute.end_group(str(log))
            log.unlink(missing_ok=True)


def _environment(wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)
    time.tzset() if hasattr(time, "tzset") else None
    threading.Thread(target=_end_with_the_run, args=[execute.leash()], daemon=True).start()


def _end_with_the_run(gone: Callable[[], bool]) -> None:
    """End this process after its run, whatever it waits for: another's lock, killed with it."""
    while not gone():
        time.sleep(execute.TICK)
    # A report's own guard is first: it ends what the notebook started too.
    time.sleep(5 * execute.TICK)
    os._exit(LOST)


@contextmanager
def pool(
    workers: int, data: Sequence[str] = (), jobs: Sequence[execute.Job] = ()
) -> Iterator[Pool]:
    """Have a pool while this lasts; what runs when it is left early is ended.

    The process all others are forked from holds `data` in memory and makes `jobs` once for itself.
    """
    plan = _plan()
    draft = plan.with_suffix(".draft")
    draft.write_bytes(pickle.dumps((list(data), list(jobs))))
    draft.replace(plan)
    wanted = {**os.environ, **execute.ENVIRONMENT}
    with _started():
        made = Pool(workers, wanted)
        try:
            yield made
        except BaseException:
            made.close(at_once=True)
            raise
        made.close(at_once=False)


def begin() -> None:
    """Start the process all others are forked from: it imports while the data are still read."""
    _plan().unlink(missing_ok=True)
    with _started():
        pass


@contextmanager
def _started() -> Iterator[None]:
    # What is read once, at the start of a process: also of one that takes the place of another.
    # Arrow's allocator is to have no thread of its own: what has two should not be forked.
    one_thread = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
    wanted = {**execute.ENVIRONMENT, **one_thread, REHEARSAL: str(_plan())}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        if FORKED:
            multiprocessing.set_forkserver_preload(["mtf_eval.run.warm"])
            multiprocessing.resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                multiprocessing.forkserver.ensure_running()
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _plan() -> Path:
    return runtime_folder() / "rehearsal"


def rehearse() -> None:
    """Import what reports need and make those of the plan once, for every process forked later."""
    plan = Path(os.environ[REHEARSAL])
    run = _owner(plan.parent)
    for name in os.environ.get("MTF_PRELOAD", PRELOAD).split():
        if os.getppid() != run:
            os._exit(LOST)
        with suppress(ImportError):
            importlib.import_module(name)
    where = os.getcwd()
    with suppress(Exception):
        while not plan.exists() and os.getppid() == run:
            time.sleep(execute.TICK / 10)
        data, jobs = pickle.loads(plan.read_bytes())
        from mtf_eval.records.load import hold

        for path in data:
            with suppress(Exception):  # the notebook that loads it will say what is wrong
                hold(path)
        for job in jobs:
            with suppress(Exception):
                execute.practise(job, plan.parent)
    os.chdir(where)
    gc.collect()
    gc.freeze()


def runtime_folder() -> Path:
    """Return this process's private folder; sweep those of processes that are gone."""
    if _folder and _folder[0].is_dir() and _owner(_folder[0]) == os.getpid():
        return _folder[0]
    root = Path(tempfile.gettempdir())
    for left in root.glob("mtf-run-*") if sys.platform != "win32" else ():
        with suppress(OSError, ValueError, IndexError):
            if left.stat().st_uid == os.getuid() and not _alive(_owner(left)):
                shutil.rmtree(left, ignore_errors=True)
    _folder[:] = [Path(tempfile.mkdtemp(prefix=f"mtf-run-{os.getpid()}-"))]
    atexit.register(shutil.rmtree, _folder[0], ignore_errors=True)
    return _folder[0]


def _owner(folder: Path) -> int:
    """Return the process whose runtime folder this is."""
    return int(folder.name.split("-")[2])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # gone, or its number is another user's
        return False
    return True
