"""How a report ended, in words, without any value of the data."""

from __future__ import annotations

import signal
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
