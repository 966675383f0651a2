"""Notebooks are templates: call, show, prose; committed stripped; and nbval runs each of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KEPT = {"keep_output", "nbval-check-output"}
REPORTS = {"annual_review", "dashboard", "data_quality"}
FORBIDDEN = {
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "def",
    ast.Lambda: "lambda",
    ast.ClassDef: "class",
    ast.BinOp: "arithmetic",
    ast.AugAssign: "arithmetic",
    ast.If: "if",
    ast.For: "loop",
    ast.While: "loop",
    ast.Try: "try",
    ast.With: "with",
}
READERS = re.compile(r"\b(read_csv|read_excel|read_sql|read_parquet|open|connect|urlopen)\(")


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", ()))


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [c for c in notebook.cells if c.cell_type == "code"]


def complaints(notebook: NotebookNode) -> list[str]:
    """Say what a report notebook must not hold, or lacks."""
    found = []
    parameters = [c for c in code(notebook) if "parameters" in tags(c)]
    if len(parameters) != 1:
        found.append(f"{len(parameters)} cells tagged parameters, not one")
    for cell in parameters:
        for node in ast.parse(cell.source).body:
            if not isinstance(node, ast.AnnAssign):
                found.append("a parameter without a type")
        if any("#" not in line for line in cell.source.splitlines()):
            found.append("a parameter without a comment")
    for cell in code(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            name = FORBIDDEN.get(type(node))
            if name:
                found.append(f"{name} in: {ast.unparse(node)[:60]}")
            if isinstance(node, ast.ImportFrom | ast.Import):
                module = getattr(node, "module", None) or node.names[0].name
                if module != "mtf_eval":
                    found.append(f"import of {module}")
        if READERS.search(cell.source) or "plt." in cell.source:
            found.append(f"a reader or plt in: {cell.source[:60]}")
        if (cell.outputs or cell.execution_count) and not tags(cell) >= KEPT:
            found.append("outputs of a cell that is not kept for nbval")
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"^# ", cell.source, re.M):
            found.append("a first-level heading: page() makes it")
    if "papermill" in notebook.metadata:
        found.append("papermill's metadata")
    return found


def test_the_reports_of_this_line_are_there() -> None:
    assert {n.stem for n in NOTEBOOKS} >= REPORTS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_a_thin_template(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert complaints(notebook) == []
    first, last = code(notebook)[0], code(notebook)[-1]
    assert "parameters" in tags(first)
    assert "report.made_by()" in last.source
    assert len(code(notebook)) <= 30
    assert all(len(cell.source.splitlines()) <= 10 for cell in code(notebook)[1:]), path.name
    assert not any("display(" in cell.source for cell in code(notebook)), "a result shows itself"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x = 1 + 1", "arithmetic"),
        ("def f():\n    return 1", "def"),
        ("class A:\n    pass", "class"),
        ("for x in y:\n    x", "loop"),
        ("import pandas as pd", "import of pandas"),
        ("frame = read_csv('x')", "a reader"),
        ("plt.plot(x)", "a reader or plt"),
    ],
)
def test_the_lint_sees(source: str, complaint: str) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("data: str = 'x'  # data", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    assert any(c.startswith(complaint) for c in complaints(notebook))


def test_the_lint_sees_outputs_and_missing_parameters() -> None:
    cell = nbformat.v4.new_code_cell("1", execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    found = complaints(notebook)
    assert "0 cells tagged parameters, not one" in found
    assert "outputs of a cell that is not kept for nbval" in found


def test_stripping_changes_nothing(tmp_path: Path) -> None:
    """What the commit hook would do has been done."""
    hook = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entry = re.search(r"nbstripout (.*)$", hook, re.M)
    assert entry is not None
    options = re.findall(r'--[\w-]+|"[^"]*"', entry.group(1))
    for path in NOTEBOOKS:
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        strip = [sys.executable, "-m", "nbstripout", *(o.strip('"') for o in options), str(copy)]
        subprocess.run(strip, check=True, capture_output=True)
        assert nbformat.read(copy, 4) == nbformat.read(path, 4), path.name


@pytest.mark.slow
def test_nbval_runs_the_notebooks_and_checks_the_key_figures(tmp_path: Path) -> None:
    chosen = [n for n in NOTEBOOKS if n.stem in REPORTS]
    log = tmp_path / "nbval.xml"
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", f"--junitxml={log}"]
    done = subprocess.run([*command, *map(str, chosen)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    cases = list(ET.parse(log).iter("testcase"))
    assert not list(ET.parse(log).iter("skipped"))
    cells = sum(len(code(nbformat.read(n, 4))) for n in chosen)
    assert len(cases) == cells
    assert len({c.get("classname") for c in cases}) == len(REPORTS)


@pytest.mark.slow
def test_nbval_fails_when_a_key_figure_moves(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "data_quality.ipynb", 4)
    kept = [c for c in code(notebook) if tags(c) >= KEPT]
    assert kept
    text = kept[0].outputs[0].data["text/plain"]
    kept[0].outputs[0].data["text/plain"] = text.replace("5 comparisons", "4 comparisons")
    first = code(notebook)[0]
    first.source = first.source.replace("data/thanet_2021", str(ROOT / "data" / "thanet_2021"))
    end = notebook.cells.index(kept[0]) + 1
    notebook.cells = [c for c in notebook.cells[:end] if "agreement" not in c.source]
    copy = tmp_path / "moved.ipynb"
    nbformat.write(notebook, copy)
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout
