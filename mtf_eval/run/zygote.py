"""The warm process: imports the heavy libraries once, then forks a kernel for each notebook.

Runs as a process of its own with one thread, answers one client over a socket it was born with,
and ends with all its kernels when that client goes. Linux only; `kernels` starts it and falls back
to ordinary kernels whenever it says no.
"""

from __future__ import annotations

import array
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, NoReturn

import mtf_eval

__all__ = ["PRELOAD", "main", "threads"]

# Never the inline backend: loaded before a shell exists, figures would not be captured.
PRELOAD = (
    "ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.iostream "
    "IPython.core.completer IPython.core.completerlib IPython.core.debugger IPython.core.oinspect "
    "IPython.extensions.storemagic tornado.platform.asyncio tornado.locks tornado.queues sqlite3 "
    "encodings.idna encodings.latin_1 encodings.utf_8_sig faulthandler mimetypes "
    "numpy pandas pandas.io.formats.style scipy.stats scipy.optimize scipy.sparse.csgraph "
    "pandas.core.reshape.reshape pandas.core.arrays.arrow._arrow_utils pyarrow.vendored.version "
    "statsmodels.api statsmodels.formula.api matplotlib.pyplot matplotlib.backends.backend_agg "
    "IPython.core.logger matplotlib.backends.backend_svg seaborn pandera.pandas pyarrow.parquet "
    "pyarrow.pandas_compat"
)
COLLECT_AFTER = 7_000  # new objects before the garbage collector looks at them
# Rooms of ours that others bring in only when they use them, which every report does.
WHEN_USED = [f"mtf_eval.records.{name}" for name in ("cache", "tables", "prices.unit_cost_import")]


def threads() -> int:
    """Count this process's threads."""
    return len(os.listdir("/proc/self/task"))


def main(control: int, *data: str) -> None:
    """Warm up, say so, and fork on request until the client is gone."""
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _without_debugger()
    ours = sorted({*(h.partition(":")[0] for h in mtf_eval._HOMES.values()), *WHEN_USED})
    for name in os.environ.get("MTF_WARM_PRELOAD", " ".join([PRELOAD, *ours])).split():
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    _modules()
    _launcher()
    for path in data:
        with suppress(Exception):  # the notebook that loads it will say what is wrong
            importlib.import_module("mtf_eval.records.load").hold(path)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    line = socket.socket(fileno=control)
    _send(line, {"ready": threads() == 1 and hasattr(os, "pidfd_open")})
    _serve(line)


def _without_debugger() -> None:
    """Have ipykernel find no debugger, whose import takes longer than all else of a kernel's start.

    Nobody steps through a report. A notebook may still import it.
    """
    if "debugpy" not in sys.modules:
        sys.modules["debugpy"] = None  # type: ignore[assignment]
        with suppress(ImportError):
            importlib.import_module("ipykernel.debugger")
        del sys.modules["debugpy"]


def _serve(line: socket.socket) -> None:
    """Answer requests; report each kernel's exit code on the pipe that came with its request."""
    kernels: dict[int, tuple[int, int]] = {}  # pidfd -> pid, pipe
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready == line.fileno():
                request, handles = _receive(line)
                if request is None:
                    for pid, _pipe in kernels.values():
                        _kill_group(pid)
                        os.kill(pid, signal.SIGKILL)  # it may not have its own group yet
                    os._exit(0)
                if threads() != 1:
                    _send(line, {"error": "more than one thread"})
                    for handle in handles:
                        os.close(handle)
                    continue
                output, errors, pipe = handles
                parent = os.getpid()
                pid = os.fork()
                if pid == 0:
                    pipes = [pipe, *(p for _, p in kernels.values())]
                    for handle in {line.detach(), *kernels, *pipes} - {output, errors}:
                        os.close(handle)
                    _become_kernel(request, output, errors, parent)
                os.close(output)
                os.close(errors)
                pidfd = os.pidfd_open(pid)
                kernels[pidfd] = (pid, pipe)
                poll.register(pidfd, select.POLLIN)
                _send(line, {"pid": pid})
            elif ready in kernels:
                pid, pipe = kernels.pop(ready)
                poll.unregister(ready)
                os.close(ready)
                _, status = os.waitpid(pid, 0)
                # What a notebook left running must not outlive its report.
                _kill_group(pid)
                with suppress(BrokenPipeError):
                    os.write(pipe, struct.pack("i", os.waitstatus_to_exitcode(status)))
                os.close(pipe)


def _become_kernel(request: dict[str, Any], output: int, errors: int, parent: int) -> NoReturn:
    """In the child: be what a freshly started kernel is, and run as one."""
    code = 1
    try:
        os.setsid()
        _die_with_parent()
        if os.getppid() != parent:  # it died before it could be told
            os._exit(1)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
                signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (errors, 2)):
            os.dup2(source, target)
            if source > 2:
                os.close(source)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        os.chdir(request["cwd"])
        _set_environment(request["env"])
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # fork copies its state; python's own is reseeded
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = [_launcher(), *request["arguments"]]
        app: Any = IPKernelApp.instance()
        with _no_modules():
            app.initialize([*request["arguments"], f"--IPKernelApp.parent_handle={parent}"])
        app.shell._sys_modules_keys = _modules()
        app.start()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        import atexit

        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


@contextmanager
def _no_modules() -> Iterator[None]:
    """Have the kernel find no modules when it goes through them all, as it does twice.

    Every object of the warm process that is looked at has its page copied: some 25 MiB a kernel.
    """
    from ipykernel import ipkernel
    from IPython.core import shellapp

    rooms: list[Any] = [shellapp, ipkernel]
    few = SimpleNamespace(**{**vars(sys), "modules": {}})
    for room in rooms:
        room.sys = few
    try:
        yield
    finally:
        for room in rooms:
            room.sys = sys


@cache
def _modules() -> frozenset[str]:
    return frozenset(sys.modules)


@cache
def _launcher() -> str:
    found = importlib.util.find_spec("ipykernel_launcher")
    return found.origin if found and found.origin else "ipykernel_launcher"


def _set_environment(wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _send(line: socket.socket, message: dict[str, Any]) -> None:
    # A client that is gone is noticed when the next request is read, and everything ended there.
    with suppress(BrokenPipeError):
        line.sendall(json.dumps(message).encode() + b"\n")


def _receive(line: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Read one request, a line of JSON, with the three handles that came with it."""
    handles = array.array("i")
    text = b""
    while not text.endswith(b"\n"):
        try:
            part, ancillary, _flags, _address = line.recvmsg(65536, socket.CMSG_SPACE(12))
        except ConnectionResetError:
            return None, []
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
        if not part:
            return None, list(handles)
        text += part
    for handle in handles:
        os.set_inheritable(handle, False)
    return json.loads(text), list(handles)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
