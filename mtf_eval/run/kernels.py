"""Warm kernels: a kernel provisioner that forks each kernel from one warm process.

Found by jupyter_client under the name `mtf-warm`, so papermill, nbval and `nbconvert --execute`
can use it too (`JUPYTER_DEFAULT_PROVISIONER_NAME=mtf-warm`). Where forking is not safe or not
possible it starts an ordinary kernel, and says nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = [
    "KERNEL_ENV",
    "WARM_DIED",
    "WarmProvisioner",
    "close_warm",
    "death",
    "start_warm",
    "warm_pid",
]

# The same for warm and ordinary kernels, so that both give the same digits: one thread for linear
# algebra (a kernel a core is in flight already), one order of sets, no window for figures.
KERNEL_ENV = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
# For the warm process: what an ordinary kernel sets before matplotlib is imported; and no thread
# of its own for arrow's allocator, which pandas brings (a process with two threads is not forked).
WARM_ENV = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
WARM_DIED = -255
GOING = 0.2  # seconds a killed process may take to be gone
# Read once at import: a kernel that wants another value cannot come from the warm process.
AT_IMPORT = tuple(
    [
        "PYTHON",
        "LD_",
        "LC_",
        "LANG",
        "TZ",
        "MPL",
        "MATPLOTLIB",
        "OPENBLAS",
        "OMP_",
        "MKL_",
        "NUMEXPR_",
        "IPYTHON",
        "HOME",
    ]
)


class _Forked:
    """A forked kernel, as LocalProvisioner knows processes: what `subprocess.Popen` offers."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._pipe = pipe
        self._lock = threading.Lock()  # a deadline's thread may ask while the client does

    def poll(self) -> int | None:
        """Return the exit code of a kernel that has ended; `WARM_DIED` when its parent died."""
        with self._lock:
            if self.returncode is None and select.select([self._pipe], [], [], 0)[0]:
                told = os.read(self._pipe, 4)
                os.close(self._pipe)
                self.returncode = struct.unpack("i", told)[0] if len(told) == 4 else WARM_DIED
        return self.returncode

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for the end, so many seconds at most."""
        if self.poll() is None:
            select.select([self._pipe], [], [], seconds)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Signal the kernel, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class _Warm:
    """The client's end of one warm process."""

    def __init__(self, env: dict[str, str], data: Sequence[str] = ()) -> None:
        mine, theirs = socket.socketpair()
        self.env = env
        self.usable = True
        self.lock = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mtf_eval.run.zygote", str(theirs.fileno()), *data],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**WARM_ENV, **env},
                start_new_session=True,
            )
        self.line = mine
        self.reader = mine.makefile("rb")
        self._told = self._ready = False

    def ready(self) -> bool:
        """Wait until it has imported everything; say whether it will fork."""
        with self.lock:
            if not self._told:
                self._ready = bool(self._answer().get("ready"))
                self._told = True
                self.usable = self.usable and self._ready
        return self.usable

    def _answer(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.reader.readline() or b"{}"))
        except (OSError, ValueError):
            return {}

    def fork(self, arguments: list[str], env: dict[str, str], cwd: str) -> _Forked | None:
        """Fork one kernel; None when the warm process will not or cannot."""
        request = {"arguments": arguments, "env": env, "cwd": cwd}
        read, write = os.pipe()
        with self.lock:
            silent = os.open(os.devnull, os.O_WRONLY)
            try:
                # What a notebook writes past its own output may be a row of data: not our log.
                handles = struct.pack("3i", silent, silent, write)
                self.line.sendmsg(
                    [json.dumps(request).encode() + b"\n"],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)],
                )
                pid = self._answer().get("pid")
            except OSError:
                pid = None
            finally:
                os.close(write)
                os.close(silent)
        if pid is None:
            os.close(read)
            self.usable = False
            return None
        return _Forked(pid, read)

    def hang_up(self) -> None:
        """Have whoever waits for an answer go on without one; it ends when it notices."""
        self.usable = False
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the warm process and every kernel it has; safe to call twice."""
        self.hang_up()
        if self._ready:  # else it is importing, and has no kernels to end
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=5)
        self.process.kill()
        self.process.wait()


_guard = threading.Lock()
_warm: list[_Warm] = []
_held: list[str] = []
_attempts = 0
ATTEMPTS = 3  # a warm process that dies is replaced; one that keeps dying is not


def start_warm(data: Sequence[str]) -> None:
    """Start the warm process, where there can be one, and do not wait until it is ready.

    It holds these folders or workbooks, so that not every kernel has to read them.
    """
    if sys.platform.startswith("linux"):
        with _guard:
            _held[:] = data
            _start({**os.environ, **KERNEL_ENV})


def _start(env: dict[str, str]) -> None:
    global _attempts
    if not _warm and _attempts < ATTEMPTS:
        _attempts += 1
        _warm.append(_Warm(env, _held))


def _warm_for(env: dict[str, str]) -> _Warm | None:
    """Return a usable warm process that has the environment a kernel wants."""
    global _attempts
    with _guard:
        if _warm and (not _warm[0].usable or _warm[0].process.poll() is not None):
            _warm.pop().close()
        _start(env)
        if not _warm:
            return None
        if not _warm[0].ready():
            try:
                _warm[0].process.wait(GOING)
            except subprocess.TimeoutExpired:
                _attempts = ATTEMPTS  # it lives and will not fork: it is not safe here
            return None
        return _warm[0] if _at_import(env) == _at_import(_warm[0].env) else None


def _at_import(env: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in env.items() if k.startswith(AT_IMPORT)}


def warm_pid() -> int | None:
    """Return the warm process's number, if there is one."""
    return _warm[0].process.pid if _warm else None


def close_warm() -> None:
    """End the warm process and its kernels; it lives for one batch, so its code is never old."""
    global _attempts
    for warm in tuple(_warm):
        warm.hang_up()  # before the guard: its holder may be waiting for it
    with _guard:
        _attempts = 0
        _held.clear()
        while _warm:
            _warm.pop().close()


class WarmProvisioner(LocalProvisioner):
    """Launches kernels by forking; in all else LocalProvisioner."""

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel; wait for a forked one, as its manager looks only ten times a second."""
        forked: Any = self.process
        await super().kill(restart=restart)
        if isinstance(forked, _Forked):
            forked.wait(GOING)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, or launch it in the ordinary way."""
        env = {**os.environ, **KERNEL_ENV, **(kwargs.pop("env", None) or {})}
        if sys.platform.startswith("linux") and _is_plain_kernel(cmd):
            cwd = str(kwargs.get("cwd") or Path.cwd())
            warm = _warm_for(env)
            forked = warm.fork(cmd[3:], env, cwd) if warm else None
            if forked is not None:
                self.process = forked  # type: ignore[assignment]
                self.pid = self.pgid = forked.pid
                self.cwd = cwd
                return self.connection_info
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return await super().launch_kernel(cmd, env=env, **(kwargs | silent))


def _is_plain_kernel(cmd: list[str]) -> bool:
    """Whether the command starts the very Python kernel the warm process holds."""
    return cmd[1:3] == ["-m", "ipykernel_launcher"] and os.path.realpath(
        cmd[0]
    ) == os.path.realpath(sys.executable)


def death(code: int | None) -> str:
    """Say what an exit code of a kernel means."""
    if code is None or code >= 0:
        return f"the kernel ended by itself (exit code {code})"
    if code == -signal.SIGKILL:
        return "the kernel was killed (signal 9), probably out of memory"
    if code == WARM_DIED:
        return "the warm process died"
    try:
        return f"the kernel crashed ({signal.Signals(-code).name})"
    except ValueError:
        return f"the kernel died (signal {-code})"
