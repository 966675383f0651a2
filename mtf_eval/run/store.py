"""Where reports are put: lock, staging and the swap that readers never see half done.

Everything unpublished stands in one hidden folder beside the output folder (same file system):
the lock, finished reports waiting for the swap, what is known of each data set, partial notebooks
of failures. Knows files only; not what is in them.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtf_eval.errors import RunRefused
from mtf_eval.records.home import is_ours


class Store:
    """The output folder and the hidden folder of work beside it."""

    def __init__(self, out: Path) -> None:
        self.out = out.resolve()
        self.state = self.out.parent / f".{self.out.name}.mtf"
        self.done = self.state / "done"
        self.next = self.state / "next"
        self.old = self.state / "old"
        self.journal = self.state / "swap"

    # The lock

    @contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the output folder; yields a sentence when a dead run's lock was taken over."""
        if os.path.ismount(self.out):
            raise RunRefused(f"{self.out}: is a mount point; give a folder inside it as --out")
        if self.out.exists() and not self._is_ours():
            raise RunRefused(
                f"{self.out}: holds other files and no reports; give a new or empty folder as --out"
            )
        try:
            self._private()
            handle = os.open(self.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RunRefused(f"{self.out}: cannot be written ({error.strerror})") from None
        owner = self.state / "owner.json"
        try:
            if not _lock(handle):
                raise RunRefused(f"another run is at work on {self.out.name}: {_describe(owner)}")
            before = _describe(owner) if owner.exists() else ""
            mine = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
            _write(owner, json.dumps(mine).encode())
            try:
                self._recover()
                yield f"took over from a run that did not end: {before}" if before else ""
            finally:
                owner.unlink(missing_ok=True)
        finally:
            os.close(handle)

    def _private(self) -> None:
        """Make the hidden folder, or refuse one of another user, who could plant things in it."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not is_ours(self.state):
            raise RunRefused(
                f"{self.state}: is not a folder of yours, and what lies in it cannot be trusted; "
                "have its owner remove it, or give a folder of your own as --out"
            )
        if hasattr(os, "geteuid") and self.state.stat().st_mode & 0o077:
            self.state.chmod(0o700)
            (self.state / "salt").unlink(missing_ok=True)  # others may have read it

    def _is_ours(self) -> bool:
        if not self.out.is_dir():
            return False
        free = {"README.md", ".gitkeep", ".gitignore"}
        return bool(self.datasets()) or all(p.name in free for p in self.out.iterdir())

    def _recover(self) -> None:
        """Bring the folders to rest after a run that was killed at any moment."""
        if self.journal.exists():
            if not self.out.exists():
                (self.next if self.next.exists() else self.old).rename(self.out)
            self.journal.unlink()
        for left in (self.next, self.old, *self.done.glob("*/.*")):
            shutil.rmtree(left, ignore_errors=True)

    # What is remembered between runs

    def salt(self) -> str:
        """Return this store's secret: mixed into keys, so that no published key can be guessed."""
        path = self.state / "salt"
        fresh = secrets.token_hex(16)
        with suppress(OSError):  # nothing will be published here either
            self._private()
            if not path.exists():
                _write(path, fresh.encode())
        return path.read_text(encoding="ascii") if path.exists() else fresh

    def remember(self, name: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a data set, unpublished; where that cannot be, it is read again."""
        folder = self.state / "facts"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / f"{name}.json", json.dumps(facts).encode())

    def recall(self, name: str) -> dict[str, Any]:
        """Return what `remember` kept; empty when nothing readable is there."""
        return _read(self.state / "facts" / f"{name}.json")

    def record(self, dataset: str) -> dict[str, Any]:
        """Return the published run record of a data set."""
        return _read(self.out / dataset / "run.json")

    def datasets(self) -> list[str]:
        """Return the names of the data sets published here."""
        return sorted(p.parent.name for p in self.out.glob("*/run.json"))

    # Finished reports waiting to be published

    def keep(self, dataset: str, name: str, files: Mapping[str, bytes], entry: Any) -> None:
        """Put a finished report by; complete or not there at all."""
        folder = self.done / dataset
        draft = folder / f".{name}"
        shutil.rmtree(draft, ignore_errors=True)
        for relative, content in files.items():
            target = draft / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        _write(draft / "entry.json", json.dumps(entry).encode())
        shutil.rmtree(folder / name, ignore_errors=True)
        draft.rename(folder / name)

    def kept(self, dataset: str, name: str) -> dict[str, Any]:
        """Return the entry of a finished report that was not published, or an empty one."""
        return _read(self.done / dataset / name / "entry.json")

    def keep_partial(self, dataset: str, name: str, notebook: bytes) -> Path:
        """Keep what a failed notebook did, never published; best effort."""
        target = self.state / "failed" / dataset / f"{name}.ipynb"
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(notebook)
        return target

    # Publishing

    def publish(self, assemble: Callable[[Path], None]) -> None:
        """Copy the present set (by hard links), let `assemble` change the copy, swap it in.

        Readers see the old set until one rename, and the new one after it. Whatever `assemble`
        writes must replace files, never change them in place.
        """
        if self.out.exists():
            shutil.copytree(self.out, self.next, copy_function=_link, symlinks=True)
        else:
            self.next.mkdir()
        assemble(self.next)
        if not self.out.exists():
            self.next.rename(self.out)
        elif not _exchange(self.next, self.out):
            self._swap_by_two_renames()
        for left in (self.next, self.old, self.done):
            shutil.rmtree(left, ignore_errors=True)

    def _swap_by_two_renames(self) -> None:
        """Swap where the system has no exchange; `_recover` ends it when killed in between."""
        self.journal.touch()
        try:
            _patiently(self.out, self.old)
            try:
                _patiently(self.next, self.out)
            except OSError:
                self.old.rename(self.out)
                raise
        finally:
            self.journal.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step (Linux renameat2); False where that cannot be done."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if call(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _patiently(source: Path, target: Path, seconds: float = 10.0) -> None:
    """Rename, waiting for a reader to close its file where the system insists (Windows)."""
    end = time.monotonic() + seconds
    while True:
        try:
            source.rename(target)
        except PermissionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        shutil.copy2(source, target)
    return target


def _lock(handle: int) -> bool:
    """Lock an open file for as long as this process lives; the system lets go when it dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _describe(owner: Path) -> str:
    facts = _read(owner)
    if not facts:
        return "it has only just begun"
    since = datetime.fromtimestamp(facts["since"], UTC).astimezone()
    minutes = max(0.0, time.time() - facts["since"]) / 60
    when = f"{since:%Y-%m-%d %H:%M} ({minutes:.0f} minutes ago)"
    return f"process {facts['pid']} on {facts['host']}, since {when}"


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
