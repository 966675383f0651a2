"""How a report ended, in words, without any value of the data; and how a run is made to end.

SIGTERM and Ctrl-C end a run at once or at its next step: an exception out of nowhere may leave a
lock held that the threads of a pool wait for, and may be thrown away by a library in the middle of
an import.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtf_eval.errors import our_words

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a report ended: the class of error, and the cell, counted from 1 without ours."""

    outcome: str = "ok"
    message: str = ""
    error: str = ""
    cell: int | None = None


def judge(
    book: NotebookNode | None,
    running: int | None,
    stopped: str,
    error: BaseException | None,
    code: int | None = None,
) -> Verdict:
    """Say how it went."""
    cells = [] if book is None else _own_cells(book)
    at = None if book is None or running is None else book.cells[running]
    here = next((i for i, c in enumerate(cells, 1) if c is at), None)
    if stopped:
        outcome = "timeout" if "deadline" in stopped or "longer" in stopped else "failed"
        if "longer" in stopped:
            return Verdict(outcome, f"{_at(here)} {stopped.removeprefix('it ')}", "Stopped", here)
        return Verdict(outcome, f"stopped at {_at(here)}: {stopped}", "Stopped", here)
    for place, cell in enumerate(cells, 1):
        for out in cell.get("outputs", ()):
            if out.output_type != "error" or "raises-exception" in cell.metadata.get("tags", ()):
                continue
            if out.ename == "SystemExit":
                return Verdict("failed", f"{_at(place)} called sys.exit()", out.ename, place)
            said = our_words(out.ename, out.evalue, out.traceback)
            note = f"{_at(place)} raised {out.ename}" + f": {said}" * bool(said)
            return Verdict("failed", note, out.ename, place)
    if code is not None:
        return Verdict("died", f"{death(code)} at {_at(here)}", "Died", here)
    if error is not None or book is None:
        kind = type(error).__name__ if error else "Unreadable"
        return Verdict("failed", f"the notebook could not be run ({kind})", kind, here)
    for place, cell in enumerate(cells, 1):
        started = cell.get("execution_count") is not None
        if cell.cell_type == "code" and cell.source.strip() and not started:
            why = f"{_at(place)} did not run: the notebook ended early"
            return Verdict("failed", why, "NotRun", place)
    return Verdict()


def death(code: int) -> str:
    """Say what the exit code of a report's process means."""
    if code >= 0:
        return f"its process ended by itself (exit code {code})"
    if code == -9:  # SIGKILL, which Windows has no name for
        return "its process was killed (signal 9), probably out of memory"
    try:
        return f"its process crashed ({signal.Signals(-code).name})"
    except ValueError:
        return f"its process died (signal {-code})"


def _at(cell: int | None) -> str:
    return "the start" if cell is None else f"cell {cell}"


def _own_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells as the analyst knows them, without those papermill put in."""
    added = {"papermill-error-cell-tag", "injected-parameters"}
    return [c for c in notebook.cells if not added & set(c.metadata.get("tags", ()))]


class Stopped(BaseException):
    """The run was told to stop (Ctrl-C, SIGTERM)."""


class Stop:
    """Whether the run was told to stop."""

    def __init__(self) -> None:
        self._by = ""
        self._at_once = True

    def heed(self) -> None:
        """Raise `Stopped` if the run was told to stop."""
        if self._by:
            raise Stopped(self._by)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGTERM and Ctrl-C for a word to stop."""

        def told(number: int, frame: object) -> None:
            self._by = signal.Signals(number).name
            if self._at_once:
                self.heed()

        before = {}
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError):  # not the main thread: a test, a scheduler's own
                before[number] = signal.signal(number, told)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def later(self) -> Iterator[None]:
        """Stop at the next `heed`, or at the end of this, and nowhere between.

        What breaks after the word, in processes that got it too, is part of the stop.
        """
        self._at_once = False
        try:
            yield
        except Exception:
            self.heed()
            raise
        finally:
            self._at_once = True
        self.heed()
