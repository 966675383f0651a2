"""Promises of the project's own files: pins, routes of set-up, what the wheel holds."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared() -> dict[str, Requirement]:
    lines = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        lines += extra
    lines += PROJECT["dependency-groups"]["test"]
    return {r.name.lower(): r for r in map(Requirement, lines)}


def pinned() -> dict[str, Version]:
    pins = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if "==" not in line or line.startswith(" "):
            continue
        requirement = Requirement(line.rstrip(" \\"))
        if requirement.marker is None or requirement.marker.evaluate(default_environment()):
            (pin,) = requirement.specifier
            pins[requirement.name.lower()] = Version(pin.version)
    return pins


def test_lock_satisfies_every_declared_dependency() -> None:
    pins = pinned()
    for name, requirement in declared().items():
        assert name in pins, f"{name} is not in requirements.lock; run make lock"
        assert pins[name] in requirement.specifier, f"{name} {pins[name]} is outside {requirement}"


def test_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=\S)", text)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)


def test_environment_yml_names_the_same_dependencies() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    entries = [e for e in environment["dependencies"] if isinstance(e, str)]
    (pip,) = [e["pip"] for e in environment["dependencies"] if isinstance(e, dict)]
    assert pip[-1] == "-e ."
    with (ROOT / "tests" / "conda_forge.csv").open(encoding="utf-8", newline="") as listed:
        names = {row["conda_forge"]: row["pypi"] for row in csv.DictReader(listed)}
    assert {r.name for r in map(Requirement, entries)} <= {*names, "pip"}
    found = {
        names.get(r.name.lower(), r.name.lower()): str(r.specifier)
        for r in map(Requirement, entries + pip[:-1])
    }
    assert found.pop("python") == PROJECT["project"]["requires-python"]
    found.pop("pip")
    assert found == {name: str(r.specifier) for name, r in declared().items()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_wheel_holds_templates_notebooks_and_reference_values(wheel: list[str]) -> None:
    held = set(wheel)
    for pattern in ("publish/templates/**/*", "py.typed"):
        for path in (ROOT / "mtf_eval").glob(pattern):
            if path.is_file():
                assert str(path.relative_to(ROOT)) in held, path
    notebooks = list((ROOT / "notebooks").glob("*.ipynb"))
    assert {f"mtf_eval/_home/notebooks/{n.name}" for n in notebooks} <= held
    values = list((ROOT / "data" / "reference").glob("*.csv"))
    assert {f"mtf_eval/_home/data/reference/{v.name}" for v in values} <= held
    data = {name.split("/")[3] for name in held if name.startswith("mtf_eval/_home/data/")}
    assert data == {"example", "reference", "thanet_2021"}, "nobody's own records"


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, mtf_eval, mtf_eval.run.cli; "
        "print(*sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "numpy",
        "pandas",
        "scipy",
        "matplotlib",
        "papermill",
        "nbformat",
        "nbconvert",
    }
    assert not heavy & set(done.stdout.split())


def test_the_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    shown = set(re.findall(r"^make (\w+)$", text, re.M))
    assert {"reports", "test"} <= shown
    assert shown <= targets


def test_ci_calls_the_readme_test_command() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")
