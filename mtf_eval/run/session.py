"""A notebook run in this process on IPython's shell: what each cell shows, as a kernel sends it.

For a process that ends with its report: it takes over standard output and the figures. Judges
nothing and publishes nothing.
"""

from __future__ import annotations

import builtins
import io
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


#: A report whose notebook writes more than this is stopped: nobody reads it, and a page of it would
#: not open.
MOST_OUTPUT = 20_000_000
_LANGUAGE = {
    "name": "python",
    "version": platform.python_version(),
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "codemirror_mode": {"name": "ipython", "version": 3},
}


def parameterised(source: str, parameters: Mapping[str, Any]) -> NotebookNode:
    """Return the notebook with its parameters injected as papermill does."""
    import nbformat
    from papermill.parameterize import parameterize_notebook

    book: NotebookNode = nbformat.reads(source, as_version=4)  # type: ignore[no-untyped-call]
    book.metadata.setdefault("papermill", {})
    for cell in book.cells:
        cell.metadata.setdefault("tags", [])
    named = {"kernel_name": "python3", "language": "python"}
    book = parameterize_notebook(book, dict(parameters), **named) if parameters else book
    for cell in book.cells:
        if not cell.metadata["tags"]:
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    book.metadata.language_info = dict(_LANGUAGE)
    return book


def run_cells(
    book: NotebookNode,
    begun: Callable[[int], None],
    done: Callable[[int, NotebookNode], None],
    stop: Callable[[str], None],
) -> None:
    """Run the code cells in turn, until one raises.

    `begun` and `done` are called with a cell's place; `stop` with the reason when it writes more
    than `MOST_OUTPUT`.
    """
    outputs = _Outputs(stop)
    with _shell(outputs) as shell:
        for place, cell in enumerate(book.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            begun(place)
            outputs.items = cell.outputs
            cell.execution_count = shell.execution_count
            shell.unshown = None
            result = shell.run_cell(cell.source, store_history=True)
            outputs.written()
            error = result.error_before_exec or result.error_in_exec or shell.unshown
            if error is not None:
                outputs.add({"output_type": "error", **_error(shell, error)})
            done(place, cell)
            if error is not None and "raises-exception" not in cell.metadata.get("tags", ()):
                return


def _error(shell: Any, error: BaseException) -> dict[str, Any]:
    name = type(error).__name__
    formatter = shell.SyntaxTB if isinstance(error, SyntaxError) else shell.InteractiveTB
    lines = [f"{name}: {error}"]
    with suppress(Exception):
        lines = formatter.structured_traceback(type(error), error, error.__traceback__, tb_offset=1)
    return {"ename": name, "evalue": str(error), "traceback": [str(line) for line in lines]}


class _Outputs:
    """What the cell at work has shown so far, in order."""

    def __init__(self, stop: Callable[[str], None]) -> None:
        self.items: list[Any] = []
        self.size = 0
        self.stop = stop
        # What is written past Python (a child, `os.write`) goes to a file and is read cell by cell.
        self.raw = {
            name: tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            for name in ("stdout", "stderr")
        }
        self.read = dict.fromkeys(self.raw, 0)

    def add(self, output: dict[str, Any]) -> None:
        from nbformat import from_dict

        data = output.get("data", {})
        self.grow(sum(len(v) for v in data.values() if isinstance(v, str)))
        self.items.append(from_dict(output))  # type: ignore[no-untyped-call]

    def grow(self, size: int) -> None:
        self.size += size
        if self.size > MOST_OUTPUT:
            self.stop(f"it wrote more than {MOST_OUTPUT // 1_000_000} MB of output")

    def stream(self, name: str, text: str) -> None:
        self.grow(len(text))
        last = self.items[-1] if self.items else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.add({"output_type": "stream", "name": name, "text": text})

    def written(self) -> None:
        for name, file in self.raw.items():
            more = os.fstat(file.fileno()).st_size - self.read[name]
            if more > 0:
                self.grow(max(0, more - MOST_OUTPUT))
                file.seek(self.read[name])
                self.stream(name, file.read().decode(errors="replace"))
                self.read[name] = file.tell()


class _Stream(io.TextIOBase):
    """Standard output or error of a cell."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, outputs: _Outputs, name: str, number: int) -> None:
        self.name, self._outputs, self._number = name, outputs, number

    def write(self, text: str) -> int:
        self._outputs.stream(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number


@cache
def _classes() -> Any:
    """Make the shell's class when it is first used: its imports are heavy."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Any as AnyTrait
    from traitlets import Type

    class Publisher(DisplayPublisher):
        """Keeps what is displayed."""

        def publish(self, data: Any, metadata: Any = None, *_: Any, **given: Any) -> None:
            outputs, known = self.shell.outputs, (given.get("transient") or {}).get("display_id")
            shown = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
            if known is not None and given.get("update"):
                for old in self.shell.by_id.get(known, ()):
                    old.update(data=data, metadata=metadata or {})
                return
            outputs.add(shown)
            if known is not None:
                self.shell.by_id.setdefault(known, []).append(outputs.items[-1])

        def clear_output(self, wait: bool = False) -> None:
            self.shell.outputs.items.clear()

    class Hook(DisplayHook):
        """Keeps a cell's value."""

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            value = {"data": format_dict, "metadata": md_dict or {}}
            count = self.prompt_count
            value |= {"output_type": "execute_result", "execution_count": count}
            shell: Any = self.shell
            shell.outputs.add(value)

        def finish_displayhook(self) -> None:
            pass

    class Shell(InteractiveShell):
        """IPython's shell; what it would print goes to `outputs`."""

        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)
        outputs = AnyTrait()
        by_id = AnyTrait()
        unshown = AnyTrait()

        def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
            """Keep the error of a result that cannot be shown; IPython passes it over."""
            self.unshown = exc_tuple[1] if exc_tuple else None

        def showsyntaxerror(self, *_: Any, **__: Any) -> None:
            pass

        def showindentationerror(self) -> None:
            pass

        def enable_gui(self, gui: Any = None) -> None:
            pass

    return Shell


@contextmanager
def _shell(outputs: _Outputs) -> Iterator[Any]:
    """Have a fresh shell, and this process's standard output, error and input in its hands."""
    from IPython.core.error import StdinNotImplementedError
    from traitlets.config import Config

    def refuse(prompt: object = "") -> str:
        raise StdinNotImplementedError("a report asks nobody")

    quiet = Config({"HistoryManager": {"enabled": False}})
    _classes().clear_instance()
    before = sys.stdout, sys.stderr, sys.displayhook, builtins.input
    sys.stdout, sys.stderr = _Stream(outputs, "stdout", 1), _Stream(outputs, "stderr", 2)
    builtins.input = refuse
    handles = [os.dup(1), os.dup(2)]
    for number, file in enumerate(outputs.raw.values(), 1):
        os.dup2(file.fileno(), number)
    try:
        shell = _classes().instance(config=quiet, outputs=outputs, by_id={})
        try:
            _figures(shell)
            yield shell
        finally:
            shell.restore_sys_module_state()
    finally:
        for number, handle in enumerate(handles, 1):
            os.dup2(handle, number)
            os.close(handle)
        sys.stdout, sys.stderr, sys.displayhook, builtins.input = before
        for file in outputs.raw.values():
            file.close()


def _figures(shell: Any) -> None:
    """Show figures in the cell that drew them, also where an earlier shell of this process did."""
    if "matplotlib_inline.backend_inline" in sys.modules:
        from IPython.core.pylabtools import select_figure_formats
        from matplotlib_inline import backend_inline
        from matplotlib_inline.config import InlineBackend

        setups: list[Any] = [backend_inline.configure_inline_support, select_figure_formats]
        setups[0](shell, os.environ["MPLBACKEND"])
        chosen = InlineBackend.instance()
        setups[1](shell, chosen.figure_formats, **chosen.print_figure_kwargs)
