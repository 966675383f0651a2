"""The analyst's own desk: the notebooks in JupyterLab, on a working copy, with their parameters.

What is changed there can be run like the built-in notebooks (`mtf-eval run --notebook`). Runs
nothing itself and never touches our notebooks.
"""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtf_eval.errors import RunRefused
from mtf_eval.run.parameters import Template
from mtf_eval.run.plan import safe_name

#: JupyterLab's own calls to the internet, switched off.
QUIET = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "checkForUpdates": False,
        "fetchNews": "false",
    }
}
#: Stands above a working copy, and not on its page.
HOW_TO = Path(__file__).with_name("how_to.md")


def working_copies(
    books: Sequence[Template], folder: Path, values: Mapping[str, Any], *, fresh: bool = False
) -> tuple[list[Path], list[Path]]:
    """Copy notebooks into a folder with parameters set in their `parameters` cell.

    Each notebook takes the `values` it has; with `fresh`, copies that are there get `.old` added to
    their names. Returns the copies made, and those left as they were.
    """
    made, left = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for book in books:
            mine = book.checked({k: v for k, v in values.items() if k in book.parameters})
            label = safe_name(str(mine["project_id"])) if "project_id" in mine else ""
            target = folder / f"{book.name}{'-' if label else ''}{label}.ipynb"
            if target.exists() and not fresh:
                left.append(target)
                continue
            if target.exists():
                target.replace(target.with_suffix(".old.ipynb"))
            target.write_text(_copy(book, mine, target.name), encoding="utf-8")
            made.append(target)
    except OSError as error:
        raise RunRefused(
            f"{folder.resolve()}: cannot be written ({error.strerror}); call this from a folder of "
            "your own"
        ) from None
    return made, left


def _copy(book: Template, values: Mapping[str, Any], name: str) -> str:
    """Return a notebook with its parameters set, under a cell that tells how to go on."""
    notebook = json.loads(book.path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            source = _with_values("".join(cell["source"]), values)
            cell["source"] = source.splitlines(keepends=True)
    told = HOW_TO.read_text(encoding="utf-8").rstrip("\n")
    how = told.format(name=name).splitlines(keepends=True)
    tags = {"tags": ["remove-cell"]}
    top = {"cell_type": "markdown", "id": "how-to", "metadata": tags, "source": how}
    notebook["cells"].insert(0, top)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _with_values(source: str, values: Mapping[str, Any]) -> str:
    """Return a parameters cell with other defaults; comments and annotations stay."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            end = node.value.end_lineno
            if isinstance(target, ast.Name) and target.id in values and node.lineno == end:
                line = lines[node.lineno - 1]
                # Offsets of `ast` count bytes.
                raw = line.encode()
                head, tail = raw[: node.value.col_offset], raw[node.value.end_col_offset :]
                new = head + repr(values[target.id]).encode() + tail
                lines[node.lineno - 1] = new.decode()
    return "\n".join(lines)


def lab_command(
    folder: Path, first: Path, *, port: int | None = None, browser: bool = True
) -> list[str]:
    """Return the command that opens JupyterLab on a folder, without calls to the internet."""
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder.resolve()}"),
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.answer_yes=True",
    ]
    if port is not None:
        command += [f"--port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return [*command, f"--LabApp.default_url=/lab/tree/{first.name}"]


def lab_environment(folder: Path) -> dict[str, str]:
    """Write the quiet settings beside the working copies; return the environment to start in."""
    settings = folder.resolve() / ".jupyterlab"
    for name, value in QUIET.items():
        path = settings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    return {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(settings)}


def has_browser() -> bool:
    """Whether there is a browser that could be opened here."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def open_lab(folder: Path, first: Path, *, port: int | None = None) -> int:
    """Open JupyterLab and stay until it is closed; return its exit code.

    Where the system can, this process becomes JupyterLab's, so that ending one ends the other.
    """
    if port is not None:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise RunRefused(
                    f"port {port} cannot be had ({error.strerror}): give another with --port, or "
                    "leave it out and a free one is taken"
                ) from None
    try:
        environment = lab_environment(folder)
        command = lab_command(folder, first, port=port, browser=has_browser())
        if os.name == "posix":
            os.execve(command[0], command, environment)
        return subprocess.run(command, env=environment, check=False).returncode
    except OSError as error:
        raise RunRefused(f"JupyterLab cannot be started ({error.strerror})") from None
