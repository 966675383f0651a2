"""The arrows between the rooms, read from the imports (docs/decisions/0001-rooms-and-arrows.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mtf_eval"
NOTEBOOKS = PACKAGE.parent / "notebooks"
WINGS = {
    "errors": set(),
    "records": {"errors"},
    "analysis": {"errors", "records"},
    "publish": {"errors", "records", "analysis"},
    "run": {"errors", "records", "publish"},
}
# Inside a wing a room may import only rooms on a lower floor.
FLOORS = {
    "records": [
        {"dataset", "schema", "aliases", "unit_costs", "zips"},
        {"reference", "tables"},
        {"cells", "grids"},
        {"checks", "police_months", "scanner", "unit_cost_import"},
        {"pseudonyms"},
        {"tidy"},
        {
            "relations",
            "police_uk",
            "boundaries",
            "database",
            "csv_files",
            "workbook",
            "cache",
            "blank",
        },
        {"load"},
        {"annotate"},
    ],
    "analysis": [
        {"tables"},
        {"marks", "findings", "claims"},
        {"effects"},
        {"concerns", "design"},
        {"checks", "estimation", "harm"},
        {
            "referral_log",
            "surveys",
            "projects",
            "maps",
            "funding",
            "overlaps",
            "delivery",
        },
        {"process", "referrals"},
        {
            "activity",
            "assessment",
            "caseload",
            "planning",
            "quality",
            "leadership",
            "survey_words",
            "follow_up",
        },
        {"priorities", "readings"},
        {"reconcile"},
        {"contacts"},
        {"benefit", "portfolio"},
        {"worth"},
        {"summary"},
    ],
    "publish": [
        {"feasible", "merging", "published", "scanner", "suppression"},
        {"book"},
        {"disclosure"},
        {"audit", "cells", "sheets"},
        {"charts", "grid", "shell"},
        {"elements"},
        {"survey_page"},
        {"exports", "index", "project_page", "benefit_page", "year_page"},
        {"corrections"},
        {"pages"},
        {"pdf"},
    ],
    "run": [
        {"store", "zygote", "parameters", "facts", "links"},
        {"kernels", "plan"},
        {"engine"},
        {"execute"},
        {"record"},
        {"batch"},
        {"schedule", "desk"},
        {"cli_desk"},
        {"cli"},
    ],
}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "_notebooks" not in p.parts)


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
def test_arrows_between_wings(path: Path) -> None:
    wing = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if wing == "__init__":
        return
    for target in imported(path):
        if target[0] != wing:
            assert target[0] in WINGS[wing], f"{path.name} in {wing} imports {'.'.join(target)}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_inside_a_wing(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if len(parts) == 1 or parts[1] == "__init__":
        return
    wing, room = parts[0], parts[1]
    floor = {r: i for i, rooms in enumerate(FLOORS[wing]) for r in rooms}
    assert room in floor, f"{wing}/{room} has no floor: name it in FLOORS"
    for target in imported(path):
        if target[0] == wing and len(target) > 1 and target[1] in floor and target[1] != room:
            assert floor[target[1]] < floor[room], (
                f"{room} imports {target[1]}, which is not below it"
            )


def test_no_notebook_imports_run() -> None:
    for notebook in NOTEBOOKS.rglob("*.ipynb"):
        assert "mtf_eval.run" not in notebook.read_text(encoding="utf-8"), notebook.name


def test_small_rooms() -> None:
    large = {
        str(p.relative_to(PACKAGE)): n
        for p in modules()
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not large, f"split along a seam of the field: {large}"
