"""The words keep up with the code: commands in README and docs parse, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

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


STAND_INS = {
    "ARCHIVE.zip": "x.zip",
    "CLEAN.csv": "clean.csv",
    "DATA": "data/private/records.xlsx",
    "FILE.xlsx": "blank.xlsx",
    "FOLDER": "reports",
    "HEADING": "case_ref",
    "KEYFILE": "../task-force.key",
    "KIND": "cron",
    "LOG.csv": "log.csv",
}


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


def test_the_architecture_names_what_is_there() -> None:
    """Files, and after a file the functions, classes and constants that stand in it."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    names = re.findall(r"`([\w/.]+\.(?:py|csv))`(?:((?: |, | and )?(?:`\w+`)))?", text)
    assert len(names) > 40
    for file, name in names:
        path = ROOT / file if file.startswith(("data/", "tests/")) else ROOT / "mtf_eval" / file
        assert path.is_file(), file
        if found := re.search(r"`(\w+)`", name):
            words = path.read_text(encoding="utf-8")
            assert re.search(rf"^\s*(?:class |def )?{found[1]}\b", words, re.M), (file, found[1])
