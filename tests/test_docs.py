"""The words keep up with the code: commands in README and docs parse, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import click
import openpyxl
import pytest
import test_database
import test_tutorial

from mtf_eval.run import cli

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "data" / "README.md",
    ROOT / "reports" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELLS = ("", "sh", "shell", "bash", "console")
CALL = re.compile(r"(?:[\w./\\]*[/\\])?mtf-eval\b(.*)")


def commands() -> list[tuple[str, str]]:
    """Every command line of a fenced block, and every `mtf-eval …` in running text."""
    found = []
    for name, text in TEXTS.items():
        for language, block in FENCED.findall(text):
            if language not in SHELLS:
                continue
            joined = block.replace("\\\n", " ")
            lines = [line.removeprefix("$ ") for line in joined.splitlines()]
            told = any(line.startswith("$ ") for line in joined.splitlines())
            shown = [x.removeprefix("$ ") for x in joined.splitlines() if x.startswith("$ ")]
            found += [(name, line) for line in (shown if told else lines) if line.strip()]
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        found += [
            (name, " ".join(span.split()))
            for span in re.findall(r"`([^`]+)`", prose)
            if re.match(r"(mtf-eval|make|python) \w", span)
        ]
    return list(dict.fromkeys(found))


OURS = [(n, c) for n, c in commands() if CALL.match(c)]
MADE = [(n, c) for n, c in commands() if c.startswith("make ")]


#: What a test cannot do here, and why; everything else that is shown is run.
BUILDS = "builds the environment, then does what `mtf-eval run` here and the unattended run do"
WINDOWS = "only on Windows"
DASK = "needs hosts of its own; test_dask runs it on a scheduler and workers of this machine"
NOT_RUN = {
    "make reports": BUILDS,
    "make reports RELEASE=public": BUILDS,
    "make test": "is this",
    "make lab": "opens JupyterLab; the test in the browser does",
    "py -m venv .venv": WINDOWS,
    r".venv\Scripts\python -m pip install --require-hashes -r requirements.lock": WINDOWS,
    r".venv\Scripts\python -m pip install --no-deps --no-build-isolation -e .": WINDOWS,
    r".venv\Scripts\mtf-eval run data\thanet_2021 data\example --release public": WINDOWS,
    "dask scheduler": DASK,
    "dask worker tcp://host:8786": DASK,
    "mtf-eval run data/example --dask tcp://host:8786": DASK,
    "mtf-eval validate ARCHIVE.zip": "test_desk runs it on an archive made small",
    "make validate": "takes minutes; a fixed tenth of each study is among the tests",
}
RECORDS = "data/private/records.xlsx"
STAND_INS = {
    "ARCHIVE.zip": "x.zip",
    "CLEAN.csv": "clean.csv",
    "DATA": RECORDS,
    "FILE.xlsx": "blank.xlsx",
    "FOLDER": "reports",
    "HEADING": "case_ref",
    "KEYFILE": "task-force.key",
    "KIND": "cron",
    "LOG.csv": "log.csv",
}
ENDS = {"mtf-eval schedule airflow": 3}
server = test_database.postgres


def shown() -> list[str]:
    """Every command shown, once, without remarks; those of the first afternoon are replayed."""
    found = [(n, c.split("  #")[0].strip()) for n, c in commands()]
    replayed = {c.removeprefix("$ ") for s in test_tutorial.STEPS for c in s[0].splitlines()}
    return list(dict.fromkeys(c for n, c in found if "afternoon" not in n or c not in replayed))


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.browser
def test_every_command_shown_does_what_it_should(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "notebooks"):
        (tmp_path / folder).mkdir()
    for name in ("data/example", "data/thanet_2021", "notebooks/annual_review.ipynb"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "log.csv").write_text("case_ref,received\nC-17,2024-01-09\n")
    kept = ROOT / "tests/field/trackers/17_partnership_tracker.xlsx"
    (tmp_path / "tracker.xlsx").write_bytes(kept.read_bytes())
    assert ended(["pseudonymise", "--new-key", "task-force.key"]) == 0
    left = dict(NOT_RUN)
    for line in shown():
        if left.pop(line, None) or line in NOT_RUN:
            continue
        if not CALL.match(line):
            paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            subprocess.run(line, shell=True, check=True, env={**os.environ, "PATH": paths})
            continue
        words = [STAND_INS.get(w, w) for w in shlex.split(line)[1:]]
        words = [w.replace("postgresql+psycopg://analyst@server/mtf", f"{server}/example")
                 for w in words]  # fmt: skip
        if words[0] == "lab":
            words.append("--no-open")  # the test in the browser opens it
        if words[:2] == ["workbook", RECORDS]:
            (tmp_path / RECORDS).unlink(missing_ok=True)
        # A bare name in running text names the command.
        alone = len(words) == 1
        end = ended([*words, *(["--help"] if alone else [])])
        assert end == ENDS.get(line, 0), line
        if words[:2] == ["workbook", RECORDS]:
            filled_in(tmp_path / RECORDS)
    assert not left, "no longer shown"


def filled_in(path: Path) -> None:
    """Fill in the project of the first afternoon, corrections and all."""
    test_tutorial.fill(path)
    book = openpyxl.load_workbook(path)
    for _, _, sheet, cell, value in test_tutorial.STEPS:
        if sheet:
            book[sheet][cell].value = test_tutorial.typed(value)
    book.save(path)


def ended(words: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    return int(stop.value.code or 0)


def complaint(line: str) -> str:
    """Say what the program would say against a command line; run nothing."""
    match = CALL.match(line)
    assert match is not None
    words = shlex.split(match[1].split("  #")[0].replace("\\", "/"))
    words = [STAND_INS.get(w, w) for w in words]
    command = cli.commands.get_command(click.Context(cli.commands), words[0])
    if command is None:
        return f"no command {words[0]}"
    try:
        command.make_context(words[0], words[1:])
    except click.exceptions.Exit:  # --help and the like
        return ""
    except click.MissingParameter as error:
        # In running text a command may stand alone: `mtf-eval pseudonymise`.
        return "" if len(words) == 1 else error.message
    except click.UsageError as error:
        return error.message
    return ""


def test_there_is_something_to_check() -> None:
    assert len(OURS) > 20
    assert len(MADE) > 3


@pytest.mark.parametrize(("page", "line"), OURS, ids=[f"{n}:{c}" for n, c in OURS])
def test_every_command_shown_is_one(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in re.findall(r"[\w./-]+\.(?:ipynb|zip|csv|xlsx)", line):
        (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / word).write_text("")
    for word in ("x.zip", "log.csv"):
        (tmp_path / word).write_text("")
    for word in ("public", "reports", "last-year/reports", "reports/thanet_2021"):
        (tmp_path / word).mkdir(parents=True, exist_ok=True)
    assert complaint(line) == "", page


@pytest.mark.parametrize(("page", "line"), MADE, ids=[f"{n}:{c}" for n, c in MADE])
def test_every_make_target_shown_is_one(page: str, line: str) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert line.split()[1] in targets, f"{page}: {line}"


def test_make_reports_and_make_lab_call_commands_that_are_there() -> None:
    for target in ("reports", "lab"):
        done = subprocess.run(
            ["make", "-n", "-o", ".venv/.ready", target],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "mtf-eval" in done.stdout


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", TEXTS[page], flags=re.DOTALL | re.MULTILINE)
    here = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (here / path).resolve() if path else ROOT / page
        assert found.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{page}: {target}"


@pytest.mark.parametrize("name", sorted(cli.commands.commands))
def test_every_command_is_written_about(name: str) -> None:
    assert any(re.search(rf"mtf-eval {name}\b", text) for text in TEXTS.values()), name


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {
        (ROOT / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)\)", TEXTS["README.md"])
    }
    missing = [p.name for p in (ROOT / "docs").glob("*.md") if p.resolve() not in linked]
    assert missing == []


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < 200_000, picture.name


def test_the_power_said_is_the_power_of_the_tables() -> None:
    text = TEXTS["docs/validation.md"]
    said = " ".join(text.split("## Pretended projects")[0].split())

    def found(unit: str, fall: int, column: int) -> list[str]:
        """Per cent by kind of incident (all, anti-social behaviour, violence), from the tables."""
        cells = []
        for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
            row = re.search(rf"^\| Placebo-calibrated \| {fall} \|.*$", part, re.MULTILINE)
            if f"one {unit}" in part.splitlines()[0] and row:
                cells.append(f"{float(row[0].split('|')[column]):.0f} %")
        return cells

    every, asb, violence = found("LSOA", 50, 6)
    assert f"{every} of the time for all crime, {violence} for violence, {asb} for anti" in said
    every, asb, violence = found("MSOA", 30, 6)
    assert f"{every} of the time for all crime, {violence} for violence, {asb} for anti" in said
