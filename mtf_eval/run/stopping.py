"""What SIGTERM and Ctrl-C do to a run: end it, at once or at its next step.

An exception out of nowhere may leave a lock held that the threads of a pool wait for, and may be
thrown away by a library in the middle of an import.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


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
