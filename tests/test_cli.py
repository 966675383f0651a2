"""The command line: what it says, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tiny_desk import COMMAND, TINY, Desk

from mtf_eval.run import cli


def call(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_alone_it_says_the_three_things_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys=capsys)
    assert code == 0
    for command in ("mtf-eval check", "mtf-eval run", "mtf-eval lab"):
        assert command in out


def test_a_file_holds_every_letter_of_what_is_said(tmp_path: Path) -> None:
    """Python on Windows writes to a file in a code page without the letters of Ll\u0177n."""
    told, data = tmp_path / "told", tmp_path / "Ll\u0177n"
    data.mkdir()
    code = f"from mtf_eval.run.cli import main; main(['schedule', 'windows', {str(data)!r}])"
    windows = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    with told.open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, env=windows, check=True)
    assert f"run {data} --release" in told.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(cli.commands.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = CliRunner().invoke(cli.commands, [name, "--help"])
    assert done.exit_code == 0
    assert f"mtf-eval {name}" in done.output.split("Example")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["rnu"], 3, "No such command 'rnu'"),
        (["schedule", "cold"], 3, "'cold' is not one of"),
        (["run", "data/absent", "--dry-run"], 2, "there is no such folder or workbook"),
        (["run", "--as-of", "tomorrow", "--dry-run"], 3, "expected a day as in 2021-12-31"),
        (["run", "-p", "year", "--dry-run"], 3, "expected NAME=VALUE"),
        (["run", "--notebook", str(TINY / "no_parameters.ipynb")], 2, "tagged `parameters`"),
        (["run", "--notebook", str(TINY / "not_json.ipynb")], 2, "not a Jupyter notebook"),
        (["check", "data/absent"], 2, "there is no such folder or workbook"),
        (["schedule", "cron", "--at", "noon"], 3, "expected a time"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, out, err = call(*arguments, capsys=capsys)
    assert ended == code
    assert words in err
    assert "Traceback" not in out + err


def test_check_lists_tables_and_findings(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("check", str(desk.data), capsys=capsys)
    assert code == 0
    assert "A tiny partnership: 4 tables, 14 rows, no errors" in out


def test_wrong_data_stop_a_run_before_anything_is_written(desk: Desk) -> None:
    path = desk.data / "projects.csv"
    path.write_text(path.read_text().replace("2021-04-01", "not a day"))
    done = desk.run()
    assert done.returncode == 2
    assert "projects.csv, row 2, column response_start" in done.stderr
    assert not desk.out.exists()


def test_a_misspelt_parameter_is_refused_before_a_kernel(desk: Desk) -> None:
    done = desk.run("-p", "project=EX-1")
    assert done.returncode == 3
    assert "did you mean project_id?" in done.stderr
    assert not desk.out.exists()


def test_list_shows_parameters(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["list", *desk.arguments()[1:]]
    code, out, _ = call(*arguments, capsys=capsys)
    assert code == 0
    assert json.dumps("EX-2") in out
    assert "4 of 4 reports are due" in out


def test_importing_the_command_line_brings_nothing_heavy() -> None:
    code = (
        "import sys; import mtf_eval.run.cli; "
        "heavy = {'pandas', 'numpy', 'papermill', 'nbformat', 'nbconvert', 'matplotlib', 'rich',"
        " 'jupyter_client', 'zmq'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_with_nothing_to_do_is_quick(desk: Desk) -> None:
    """It takes at most 0.3 s of CPU on a machine where importing pandas, once compiled, takes 0.43.

    A machine with other work is slower at either, now this, now that: so each is taken at its best,
    turn about, as often as it needs.
    """
    head, *rows = (desk.data / "projects.csv").read_text().splitlines()
    many = [rows[0].replace("EX-1", f"P-{n:03}") for n in range(50)]
    (desk.data / "projects.csv").write_text("\n".join([head, *many]) + "\n")
    (desk.data / "costs.csv").unlink()
    assert desk.run(books=("tiny_project",)).returncode == 0

    import resource

    def seconds(*command: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=compiled)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.stdout == "" or "Nothing has changed: 50 reports" in done.stdout
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = [*COMMAND, *desk.arguments(books=("tiny_project",))]
    bare, pandas, nothing = np.inf, np.inf, np.inf
    for turn in range(25):
        bare = min(bare, seconds(sys.executable, "-c", "pass"))
        pandas = min(pandas, seconds(sys.executable, "-c", "import pandas"))
        nothing = min(nothing, seconds(*run))
        if turn > 3 and nothing - bare < 0.3 / 0.43 * (pandas - bare):
            return
    pytest.fail(f"{nothing - bare:.3f} s, where importing pandas takes {pandas - bare:.3f} s")


def test_quiet_when_not_a_terminal(desk: Desk) -> None:
    done = desk.run()
    assert done.stdout.count("\n") == 2
    assert done.stderr == ""


def test_the_command_is_installed() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "mtf-eval"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("mtf-eval, version ")
