"""The output folder: locked, swapped whole, brought to rest after a kill at any step."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from mtf_eval.errors import RunRefused
from mtf_eval.run import store as module
from mtf_eval.run.store import Store

NAMES = ("one", "two", "three")


def set_of(version: str) -> Callable[[Path], None]:
    """Write a set of pages of one version."""

    def assemble(root: Path) -> None:
        (root / "example").mkdir(exist_ok=True)
        for name in NAMES:
            page = root / "example" / name
            page.unlink(missing_ok=True)
            page.write_text(version)
        (root / "example" / "run.json").unlink(missing_ok=True)
        (root / "example" / "run.json").write_text("{}")

    return assemble


def seen(out: Path) -> set[str]:
    return {(out / "example" / name).read_text() for name in NAMES}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "reports")
    with made.locked():
        made.publish(set_of("old"))
    return made


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "two renames"])
def test_publish_swaps_and_keeps_what_is_not_ours(
    store: Store, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda one, other: False)
    (store.out / "README.md").write_text("ours to keep")
    inode = (store.out / "README.md").stat().st_ino
    with store.locked():
        store.publish(set_of("new"))
    assert seen(store.out) == {"new"}
    assert (store.out / "README.md").read_text() == "ours to keep"
    assert (store.out / "README.md").stat().st_ino == inode
    assert sorted(p.name for p in store.state.iterdir()) == ["lock"]


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it, and clean-up code is skipped below."""


@pytest.mark.parametrize(
    ("exchange", "step"),
    [
        (exchange, step)
        for exchange, steps in ((True, 5), (False, 8))
        for step in range(1, steps + 1)
    ],
)
def test_a_kill_at_any_step_leaves_a_whole_set(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: int, exchange: bool
) -> None:
    """The process is really killed: a child does the publishing and ends itself at the step."""
    code = f"""
import os, signal, sys, shutil
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_store import set_of
from mtf_eval.run import store as module
steps = -1000
def assemble(root):
    global steps
    set_of("new")(root)
    steps = 0
def counted(function):
    def inner(*a, **k):
        global steps
        steps += 1
        if steps == {step}:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*a, **k)
    return inner
if not {exchange}:
    module._exchange = lambda one, other: False
module._exchange = counted(module._exchange)
Path.rename = counted(Path.rename)
Path.unlink = counted(Path.unlink)
shutil.rmtree = counted(shutil.rmtree)
store = module.Store(Path({str(store.out)!r}))
with store.locked():
    store.publish(assemble)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL, "there is no such step"
    before = seen(store.out) if store.out.exists() else None
    with store.locked():
        assert len(seen(store.out)) == 1
        if before is not None:
            assert before == seen(store.out)
        store.publish(set_of("newer"))
    assert seen(store.out) == {"newer"}


def test_a_full_disk_leaves_the_old_set(store: Store) -> None:
    def full(root: Path) -> None:
        set_of("new")(root)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with store.locked(), pytest.raises(OSError, match="space"):
        store.publish(full)
    assert seen(store.out) == {"old"}
    with store.locked():
        store.publish(set_of("new"))
    assert seen(store.out) == {"new"}


def test_a_second_run_is_told_who_holds_the_lock(store: Store) -> None:
    said = pytest.raises(RunRefused, match=rf"process {os.getpid()} on .* minutes ago")
    with store.locked(), said, Store(store.out).locked():
        pass


def test_a_dead_owners_lock_is_taken_over(store: Store) -> None:
    code = (
        "import os, signal; from pathlib import Path; from mtf_eval.run.store import Store\n"
        f"with Store(Path({str(store.out)!r})).locked(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    with store.locked() as said:
        assert said.startswith("took over from a run that did not end: process")
    with store.locked() as said:
        assert said == ""


def test_an_owner_from_the_future_does_no_harm(store: Store) -> None:
    owner = {"pid": 1, "host": "elsewhere", "since": 4_000_000_000}
    (store.state / "owner.json").write_text(json.dumps(owner))
    with store.locked() as said:
        assert "(0 minutes ago)" in said


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("x")
    with pytest.raises(RunRefused, match="holds other files"), Store(tmp_path).locked():
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("name", ["README.md", ".gitkeep", ".gitignore"])
def test_a_folder_of_a_repository_is_taken_and_a_file_is_not(tmp_path: Path, name: str) -> None:
    out = tmp_path / "new" / "reports"
    out.mkdir(parents=True)
    (out / name).touch()
    with Store(out).locked() as said:
        assert said == ""
    with pytest.raises(RunRefused, match="holds other files"), Store(out / name).locked():
        pass


def test_the_folder_of_work_is_the_owners_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "not" / "there" / "reports")
    with store.locked():
        assert store.state.stat().st_mode & 0o777 == 0o700
        assert (store.state / "lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", [True, False])
def test_a_salt_that_others_could_read_is_no_secret_any_more(store: Store, kept: bool) -> None:
    with store.locked():
        before = store.salt()
    if not kept:
        (store.state / "salt").unlink()
    store.state.chmod(0o755)
    with store.locked():
        assert store.state.stat().st_mode & 0o777 == 0o700
        assert store.salt() != before


def test_what_a_killed_swap_left_is_taken_away(store: Store) -> None:
    for left in (store.next, store.old):
        (left / "example").mkdir(parents=True)
    with store.locked():
        assert not store.next.exists()
        assert not store.old.exists()
    assert seen(store.out) == {"old"}


def test_a_link_in_the_output_stays_a_link(store: Store) -> None:
    links = {"README.md": "example/one", "latest": "example"}
    for name, place in links.items():
        (store.out / name).symlink_to(place)
    with store.locked():
        store.publish(set_of("new"))
    assert {name: os.readlink(store.out / name) for name in links} == links


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSPC])
def test_without_hard_links_pages_are_copied(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(source: str, target: str) -> None:
        raise OSError(number, os.strerror(number))

    (store.out / "README.md").write_text("ours to keep")
    monkeypatch.setattr(os, "link", refused)
    full = number == errno.ENOSPC
    with store.locked(), pytest.raises(OSError, match="space") if full else nullcontext():
        store.publish(set_of("new"))
    assert seen(store.out) == {"old" if full else "new"}
    assert (store.out / "README.md").read_text() == "ours to keep"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renameat2 is of Linux")
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EACCES])
def test_a_file_system_without_exchange_swaps_by_two_renames(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def call(*_: object) -> int:
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(renameat2=call))
    denied = number == errno.EACCES
    with store.locked(), pytest.raises(OSError, match="denied") if denied else nullcontext():
        store.publish(set_of("new"))
    assert seen(store.out) == {"old" if denied else "new"}


@pytest.mark.parametrize("spoilt", [b'{"a": 1', b"\xff\xfe", b"[1]", b""])
def test_a_spoilt_record_is_none(store: Store, spoilt: bytes) -> None:
    store.remember("x", {"a": 1})
    (store.state / "facts" / "x.json").write_bytes(spoilt)
    assert store.recall("x") == {}


def test_a_finished_report_is_kept_whole_or_not_at_all(store: Store) -> None:
    store.keep("example", "page", {"page.html": b"1", "page/a.csv": b"2"}, {"key": "k"})
    assert store.kept("example", "page") == {"key": "k"}
    half = store.done / "example" / ".other"
    half.mkdir()
    (half / "other.html").write_text("half")
    assert store.kept("example", "other") == {}
    with store.locked():
        assert not half.exists()
        assert store.kept("example", "page") == {"key": "k"}


def test_where_nothing_can_be_written_there_is_still_a_salt(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path, content: bytes) -> None:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr("mtf_eval.run.store._write", closed)
    assert len(store.salt()) == 32
    store.remember("data", {"a": 1})
    assert store.recall("data") == {}


def test_what_is_remembered_comes_back(store: Store) -> None:
    store.remember("x", {"a": 1})
    assert store.recall("x") == {"a": 1}
    assert store.recall("absent") == {}
    assert store.salt() == store.salt()
    assert len(store.salt()) == 32


def test_a_folder_of_others_and_a_mount_point_are_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "reports"
    out.mkdir()
    for name in ("README.md", ".gitkeep", ".gitignore"):
        (out / name).write_text("")
    with Store(out).locked():
        pass
    (out / "thesis.docx").write_text("mine")
    with pytest.raises(RunRefused, match="holds other files and no reports"), Store(out).locked():
        pass
    assert {p.name for p in out.iterdir()} == {"README.md", ".gitkeep", ".gitignore", "thesis.docx"}
    (out / "example").mkdir()
    (out / "example" / "run.json").write_text("{}")
    with Store(out).locked():  # ours, with a file of theirs
        pass
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunRefused, match="holds other files"), Store(tmp_path / "file").locked():
        pass
    monkeypatch.setattr(os.path, "ismount", lambda path: True)
    with pytest.raises(RunRefused, match="is a mount point"), Store(out).locked():
        pass
