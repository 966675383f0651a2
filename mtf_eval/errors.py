"""The error families and their exit codes.

Two kinds of thing go wrong: the input is wrong (`MtfError` and below: one message in the
analyst's words, no traceback) and we are wrong (anything else: a bug may look like a bug).
Nothing here ever holds a value that could identify a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

#: Further places of a kind that a message names; `check --fix-report` marks all of them.
PLACES = 5
#: What two texts of one kind need not have in common.
_LENGTH = re.compile(r"(?<=text of )[0-9]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input, as the analyst can find it.

    `row` is the row as the spreadsheet numbers it (the header is row 1). `found` describes the
    value and quotes it only where it cannot be personal (a month, a decision, a count).
    """

    file: str
    found: str
    expected: str
    todo: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    @property
    def kind(self) -> tuple[str, ...]:
        """What problems of one kind have in common: where, what is expected, what to do."""
        return self.file, self.sheet, self.column, self.expected, self.todo

    def __str__(self) -> str:
        place = place_of(self.file, self.sheet, self.row, self.column)
        text = f"{place}: found {self.found}; expected {self.expected}"
        return f"{text}. {self.todo}" if self.todo else text


def place_of(file: str, sheet: str, row: int | None, column: str) -> str:
    """Say where in the input something stands."""
    parts = {"": file, "sheet ": sheet, "row ": row, "column ": column}
    return ", ".join(f"{what}{part}" for what, part in parts.items() if part not in ("", None))


def typed(place: object) -> str:
    """Return a file or folder as it is typed after a command."""
    return f'"{place}"' if " " in str(place) else str(place)


class MtfError(Exception):
    """Root of everything that is the input's or the caller's fault, not ours."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook's cell: where we raised it helps nobody there."""
        return [f"{type(self).__name__}: {self}"]


class DataProblems(MtfError):
    """The input tables are wrong; holds every problem found, not only the first.

    Parameters
    ----------
    problems
        All of them. The message tells each kind once: how many, what stands at the first place, and
        the next few.
    unread
        What was not read at all, so that a missing column can be seen among it.
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], unread: Iterable[str] = ()) -> None:
        self.problems, self.unread = tuple(problems), tuple(unread)
        lines = [f"  - {_told(kind)}" for kind in grouped(self.problems)]
        lines += [f"  not read: {each}" for each in self.unread]
        super().__init__("\n".join([f"{len(self.problems)} problem(s) in the input:", *lines]))

    def __reduce__(self) -> tuple[type[DataProblems], tuple[tuple[Problem, ...], tuple[str, ...]]]:
        return type(self), (self.problems, self.unread)


def refused(
    file: str, found: str, expected: str, todo: str = "", *, row: int | None = None
) -> DataProblems:
    """Return the refusal of a whole file, for one thing in it."""
    return DataProblems([Problem(file=file, row=row, found=found, expected=expected, todo=todo)])


def grouped(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Put problems of one kind together, files that differ in numbers alike; in order."""
    kinds: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        file, *kind = problem.kind
        kinds.setdefault((re.sub("[0-9]+", "9", file), *kind), []).append(problem)
    return list(kinds.values())


def _told(kind: list[Problem]) -> str:
    first = kind[0]
    if len(kind) == 1:
        return str(first)
    places = [(p.row if p.file == first.file else None, p.found) for p in kind]
    return str(replace(first, found=first.found + how_often(places)))


def how_often(places: Sequence[tuple[int | None, str]]) -> str:
    """Say how often a thing stands in the input and in which rows after the first, what differs."""
    (_, first), *rest = places
    runs: list[tuple[int, int, str]] = []
    for row, text in rest:
        if _LENGTH.sub("", text) == _LENGTH.sub("", first):
            text = first
        if runs and runs[-1][1:] == (row and row - 1, text):
            runs[-1] = runs[-1][0], row or 0, text
        elif row and row != (runs[-1][1] if runs else places[0][0]):
            runs.append((row, row, text))
    shown = runs[:PLACES]
    where = ", ".join(
        (f"row {a}" if a == b else f"rows {a} to {b}") + (f": {text}" if text != first else "")
        for a, b, text in shown
    )
    left = len(rest) - sum(b - a + 1 for a, b, _ in shown)
    more = f" and {left:,} more" if left and where else ""
    return f" (and so {len(places):,} times, first here{where and '; then '}{where}{more})"


class BadArgument(MtfError, ValueError):
    """An option or parameter outside its closed set; the message lists what is allowed."""

    exit_code = 3


class NotEnoughData(MtfError):
    """The data cannot carry this estimate. "We cannot say" is a result: callers print it."""

    exit_code = 1


class RunRefused(MtfError):
    """The run cannot start: another run holds the lock, or the plan does not hold."""

    exit_code = 2


def our_words(name: str, message: str, traceback: Sequence[str]) -> str:
    """Return the first line of an error's message where it is ours.

    Parameters
    ----------
    name, message, traceback
        As a notebook keeps the error of a cell. What a cell raises itself may quote anything: only
        where the last frame is of this package are the words ours.
    """
    kind = globals().get(name)
    mine = isinstance(kind, type) and issubclass(kind, MtfError)
    heads = [frame.partition("\n")[0] for frame in traceback]
    frames = [head for head in heads if re.search(r"(File|Cell)\b", head)]
    here = bool(frames) and re.search(r"[\\/]mtf_eval[\\/]", frames[-1])
    return message.partition("\n")[0][:200] if mine and here else ""
