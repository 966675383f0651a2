"""Every command and line that README and docs show, typed into a fresh copy of the checkout.

The first afternoon is replayed first: the others go on with the workbook and reports it made.
"""

from __future__ import annotations

import re
from pathlib import Path

import afternoon
import openpyxl
import pytest
import test_database
from place import Place, copied
from test_docs import STAND_INS, commands

RECORDS = "data/private/records.xlsx"
#: What a test cannot do here, and why; everything else that is shown is typed.
BUILDS = "builds the environment, then does what `mtf-eval run` here and the unattended run do"
WINDOWS = "only on Windows"
DASK = "needs hosts of its own; test_dask runs it on a scheduler and workers of this machine"
LONG = "takes minutes; a fixed tenth of each study is among the tests"
NOT_RUN = {
    "make reports": BUILDS,
    "make reports RELEASE=public": BUILDS,
    "make test": "is this",
    "make lab": "test_lab_command types it",
    "make docs": "test_api runs every example and compares",
    "make validate": LONG,
    "make bench": "takes minutes and fails at nothing: it measures",
    "py -m venv .venv": WINDOWS,
    r".venv\Scripts\python -m pip install --require-hashes -r requirements.lock": WINDOWS,
    r".venv\Scripts\python -m pip install --no-deps --no-build-isolation -e .": WINDOWS,
    r".venv\Scripts\mtf-eval run data\thanet_2021 data\example --release public": WINDOWS,
    "dask scheduler": DASK,
    "dask worker tcp://host:8786": DASK,
    "mtf-eval run data/example --dask tcp://host:8786": DASK,
    "mtf-eval validate ARCHIVE.zip": "test_desk runs it on an archive made small",
    "python benchmarks/validation.py": LONG,
    "mtf-eval validate kent_2022_street.zip --start 2022-10": LONG,
    "mtf-eval plan DATA --areas CODE,CODE --measure M --start 2026-04 --months 6": (
        "test_planning types plans on an archive"
    ),
}
ENDS = {"mtf-eval schedule airflow": 3}
#: What a line says, and what it leaves below the folder; every line that is shown has its own.
EFFECTS: dict[str, tuple[str, str]] = {
    f"mtf-eval workbook {RECORDS}": ("start with its first sheet", RECORDS),
    f"mtf-eval check {RECORDS}": ("Harbour Task Force: 7 tables, 130 rows, no errors", ""),
    f"mtf-eval run {RECORDS}": ("8 reports are up to date", "reports/index.html"),
    "mtf-eval audit reports": ("internal reports; nothing is hidden in them", ""),
    "mtf-eval check DATA": ("no errors", ""),
    "mtf-eval prices DATA": ("gdp_deflator      HM Treasury June 2026", ""),
    "mtf-eval run DATA": ("8 reports are up to date", ""),
    "mtf-eval run DATA --dry-run": ("up to date", ""),
    "mtf-eval list DATA": ("benefit_analysis-HB-01 ", ""),
    "mtf-eval workbook FILE.xlsx": ("blank.xlsx: blank", "blank.xlsx"),
    "mtf-eval workbook records.xlsx": ("records.xlsx: blank", "records.xlsx"),
    "mtf-eval schedule KIND": ("30 6 * * * ", ""),
    "mtf-eval schedule cron data/example": ("30 6 * * * ", ""),
    "mtf-eval schedule systemd data/example": ("OnCalendar=", ""),
    "mtf-eval schedule windows data/example": ("schtasks /Create /TN", ""),
    "mtf-eval schedule github data/example": ("cron: ", ""),
    "mtf-eval schedule airflow": ("no file is made for Airflow", ""),
    "mtf-eval pseudonymise LOG.csv CLEAN.csv --column HEADING --key KEYFILE": (
        "1 references replaced",
        "clean.csv",
    ),
    "mtf-eval audit FOLDER": ("internal reports; nothing is hidden in them", ""),
    f"mtf-eval lab --data {RECORDS} --project HB-01": (
        "made  lab/project_evaluation-HB-01.ipynb",
        "lab/benefit_analysis-HB-01.ipynb",
    ),
    "mtf-eval run --notebook lab/project_evaluation-HB-01.ipynb --out mine": (
        "1 made",
        "mine/records/project_evaluation-HB-01-internal.html",
    ),
    f"mtf-eval run {RECORDS} --pdf": ("PDF: 8 printed", "reports/records/*/*.pdf"),
    f"mtf-eval run {RECORDS} --release public --out public": (
        "8 made",
        "public/records/annual_review-2024.html",
    ),
    "mtf-eval audit public": ("public: no hidden count can be worked out", ""),
    "papermill notebooks/annual_review.ipynb out.ipynb -p data data/thanet_2021 -p year 2021": (
        "",
        "out.ipynb",
    ),
    "mtf-eval run data/example --project EX01 --notebook lab/project_evaluation-EX01.ipynb --out "
    "mine": ("1 made", "mine/example/project_evaluation-EX01-internal.html"),
    "mtf-eval lab --data data/example --project EX01": (
        "made  lab/project_evaluation-EX01.ipynb",
        "lab/benefit_analysis-EX01.ipynb",
    ),
    "mtf-eval check postgresql+psycopg://analyst@server/mtf": ("no errors", ""),
    "mtf-eval adopt tracker.xlsx": ("Referral Log 23-24: referrals", "tracker.mapping.csv"),
    "mtf-eval adopt tracker.xlsx --yes": ("SARA Tracker: projects", "tracker.mapping.before.csv"),
    "mtf-eval check DATA --fix-report to-mend.xlsx": ("no errors", "to-mend.xlsx"),
    "mtf-eval run data/thanet_2021 --docx --pptx": ("made", "reports/thanet_2021/*/*.docx"),
}
server = test_database.postgres


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A checkout of its own, with what the texts take for granted."""
    found = copied(tmp_path_factory.mktemp("shown") / "mtf")
    (found.folder / "log.csv").write_text("case_ref,received\nC-17,2024-01-09\n")
    kept = found.folder / "tests/field/trackers/17_partnership_tracker.xlsx"
    (found.folder / "tracker.xlsx").write_bytes(kept.read_bytes())
    found.type("mtf-eval pseudonymise --new-key ../task-force.key")
    return found


@pytest.mark.slow
def test_the_first_afternoon_is_what_happens(place: Place) -> None:
    path, said = place.folder / RECORDS, []
    for console, filled, sheet, cell, value in afternoon.STEPS:
        if filled:
            afternoon.fill(path)
        if sheet:
            put(path, sheet, cell, value)
        for line in console.splitlines():
            if line.startswith("$ "):
                code = 2 if "3 problem(s)" in console or "--fix-report" in line else 0
                said = place.type(line.removeprefix("$ "), code=code).splitlines()
            else:
                assert any(re.fullmatch(afternoon.shown(line), each) for each in said), (line, said)
    page = (place.folder / "reports/records/project_evaluation-HB-01-internal.html").read_text(
        encoding="utf-8"
    )
    # As the rows of the text: 8 + 13 + 10 + 17 + 16 + 8, from January to June 2024.
    assert "Anti-social behaviour: 72 recorded after the start" in page
    assert "Official-Sensitive" in page
    assert (place.folder / "reports/records/benefit_analysis-HB-01-internal.html").is_file()


def put(path: Path, sheet: str, cell: str, value: str) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet][cell].value = afternoon.typed(value)
    book.save(path)


def shown() -> list[str]:
    """Every command shown, once, without remarks; the first afternoon and planning are replayed."""
    found = [(n, c.split("  #")[0].strip()) for n, c in commands() if n != "docs/planning.md"]
    replayed = {c.removeprefix("$ ") for s in afternoon.STEPS for c in s[0].splitlines()}
    lines = dict.fromkeys(c for n, c in found if "afternoon" not in n or c not in replayed)
    return sorted(lines, key=lambda line: "--notebook" in line)  # once `lab` has made the copies


def line_of(shown: str, server: str) -> str:
    """The line with what a reader would put for the words in capitals."""
    words = [STAND_INS.get(word, word) for word in shown.split()]
    line = " ".join(words).replace("postgresql+psycopg://analyst@server/mtf", f"{server}/example")
    if words[1] == "lab":
        line += " --no-open"  # test_lab_command opens it
    return f"{line} --help" if words[0] == "mtf-eval" and len(words) == 2 else line


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.browser
def test_every_other_command_shown_does_what_it_should(place: Place, server: str) -> None:
    left = dict(NOT_RUN)
    records = place.folder / RECORDS
    kept = records.read_bytes()
    for shown_line in shown():
        if left.pop(shown_line, None) or shown_line in NOT_RUN:
            continue
        line = line_of(shown_line, server)
        if line == f"mtf-eval workbook {RECORDS}":
            records.unlink()
        said = place.type(line, code=ENDS.get(shown_line, 0))
        bare = ("Usage: mtf-eval", "") if line.endswith(" --help") else ("?", "?")
        words, left_behind = EFFECTS.get(shown_line, bare)
        assert words in said, (shown_line, said)
        assert not left_behind or list(place.folder.glob(left_behind)), shown_line
        records.write_bytes(kept)
    assert not left, "no longer shown"
