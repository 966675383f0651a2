"""The arrows between the layers, read from the imports (decision 0001)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mtf_eval"
NOTEBOOKS = PACKAGE.parent / "notebooks"
LAYERS = {
    "errors": set(),
    "records": {"errors"},
    "analysis": {"errors", "records"},
    "publish": {"errors", "records", "analysis"},
    "run": {"errors", "records", "publish"},
}
# Inside a layer a package, or a module beside the packages, may import only what is below it.
LEVELS = {
    "records": [
        {"home"},
        {"dataset", "aliases"},
        {"tables", "prices"},
        {"as_of", "plans", "cache"},
        {"reading", "coverage"},
        {"reads"},
        {"load"},
        {"desk"},
    ],
    "analysis": [
        {"results"},
        {"effects", "counts"},
        {"project", "surveys"},
        {"benefit"},
        {"year"},
    ],
    "publish": [
        {"disclosure"},
        {"cells", "look", "shell"},
        {"charts", "exports"},
        {"display"},
        {"workbench"},
        {"pages"},
    ],
    "run": [
        {"store", "session", "verdict", "parameters", "facts"},
        {"execute", "plan"},
        {"pool", "record"},
        {"warm"},
        {"batch"},
        {"schedule", "desk"},
        {"cli_desk"},
        {"cli"},
    ],
}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "_home" not in p.parts)


def imported(path: Path) -> set[tuple[str, ...]]:
    """Rooms of the package a file imports, as parts below `mtf_eval`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = (node.module or "").split(".")
            names = [[*base, alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        else:
            continue
        found |= {tuple(n[1:]) for n in names if n[0] == "mtf_eval" and len(n) > 1}
    return found


def test_some_modules_are_read() -> None:
    assert len(modules()) > 5


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_between_layers(path: Path) -> None:
    layer = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if layer == "__init__":
        return
    for target in imported(path):
        if target[0] != layer:
            assert target[0] in LAYERS[layer], f"{path.name} in {layer} imports {'.'.join(target)}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_inside_a_layer(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if len(parts) == 1 or parts[1] == "__init__":
        return
    layer, group = parts[0], parts[1]
    level = {g: i for i, groups in enumerate(LEVELS[layer]) for g in groups}
    assert group in level, f"{layer}/{group} has no level: name it in LEVELS"
    for target in imported(path):
        if target[0] == layer and len(target) > 1 and target[1] in level and target[1] != group:
            assert level[target[1]] < level[group], (
                f"{group} imports {target[1]}, which is not below it"
            )


def test_no_circle_inside_a_package() -> None:
    names = {p.relative_to(PACKAGE).with_suffix("").parts for p in modules()}
    below = {
        path.relative_to(PACKAGE).with_suffix("").parts: {
            t for target in imported(path) for t in (target, target[:-1]) if t in names
        }
        for path in modules()
    }
    while below:
        free = {m for m, targets in below.items() if not (targets & below.keys() - {m})}
        assert free, f"these import one another: {sorted(below)}"
        below = {m: targets for m, targets in below.items() if m not in free}


def test_no_notebook_imports_run() -> None:
    for notebook in NOTEBOOKS.rglob("*.ipynb"):
        assert "mtf_eval.run" not in notebook.read_text(encoding="utf-8"), notebook.name


#: What Python has not on Windows, in modules that are there.
ABSENT = {
    "os": {"fork", "getuid", "geteuid", "setsid", "killpg", "getpgid", "sched_getaffinity"},
    "signal": {"SIGKILL", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGUSR1"},
}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_needs_what_windows_lacks(path: Path) -> None:
    """No `%-d`, no `Path.is_mount` (before 3.12), and what POSIX alone has is asked for first."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not re.findall(r"%[-#][a-zA-Z]", text)
    assert ".is_mount(" not in text
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        own = ast.get_source_segment(text, function) or ""
        asked = re.search(r"hasattr\(os, |sys\.platform|os\.name", own)
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert asked or node.attr not in ABSENT.get(node.value.id, set()), ast.unparse(node)


def test_small_modules() -> None:
    large = {
        str(p.relative_to(PACKAGE)): n
        for p in modules()
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not large, f"split along a seam of the field: {large}"


def test_no_date_is_written_as_one_system_alone_can() -> None:
    # `%-d` is glibc's, `%#d` is Windows's: each raises or misprints on the other.
    files = [*modules(), *NOTEBOOKS.rglob("*.ipynb"), *PACKAGE.rglob("*.j2")]
    known = re.compile("%[-#_][dmyHIMSj]")
    assert not [p.name for p in files if known.search(p.read_text(encoding="utf-8"))]


def test_no_text_is_in_the_machines_own_encoding() -> None:
    """On Windows that is cp1252, in which a page, a notebook and a record are not written."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                own = {"read_text": 0, "write_text": 1}.get(node.func.attr)
                said = {keyword.arg for keyword in node.keywords}
                if own is not None and "encoding" not in said and len(node.args) <= own:
                    found.append(f"{path.name}, line {node.lineno}")
    assert found == []


def test_no_private_member_of_another_library_is_used() -> None:
    used, own = set(), {"_exit"}  # `os._exit` is documented
    for node in (n for path in modules() for n in ast.walk(ast.parse(path.read_text("utf-8")))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr):
            used.add(node.attr)
    assert not used - own
