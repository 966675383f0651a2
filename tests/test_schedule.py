"""Schedules: checked by the tools they are for, or against the elements those tools take."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mtf_eval.errors import BadArgument
from mtf_eval.run.schedule import KINDS, schedule

TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
DOCS = Path(__file__).parent.parent / "docs" / "scheduling.md"


def made(kind: str, *, data: tuple[str, ...] = ("data/example",), at: str = "06:30") -> str:
    return schedule(kind, data=data, release="public", out="published", at=at)


@pytest.mark.parametrize("kind", KINDS)
def test_every_schedule_is_complete(kind: str) -> None:
    text = made(kind)
    assert not re.findall(r"\$\{\w+\}", text)
    assert "data/example" in text
    assert "0 done, 1 some" in text or kind == "github"


@pytest.mark.parametrize("at", ["6:30", "24:00", "06:60", "noon"])
def test_a_time_of_day_that_is_none(at: str) -> None:
    with pytest.raises(BadArgument, match="expected a time as in 06:30"):
        made("cron", at=at)


def test_an_unknown_kind() -> None:
    with pytest.raises(BadArgument, match="expected one of cron, systemd, windows, github"):
        made("launchd")


def test_airflow_is_told_what_to_do_instead(capsys: pytest.CaptureFixture[str]) -> None:
    from mtf_eval.run import cli

    with pytest.raises(SystemExit) as ended:
        cli.main(["schedule", "airflow", "data/example"])
    told = capsys.readouterr().err
    assert ended.value.code == 3
    assert "not among our libraries" in told
    assert "BashOperator" in told
    assert "## Airflow" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["data/example", "data/two words", "data/100%", "data/$HOME"])
def test_cron_passes_awkward_names_whole(name: str, tmp_path: Path) -> None:
    lines = [li for li in made("cron", data=(name,)).splitlines() if li.startswith("30 6 * * *")]
    assert len(lines) == 1
    command = lines[0].removeprefix("30 6 * * * ").replace(r"\%", "%")
    inner = re.search(r"\{ (.*?) > ", command)
    assert inner is not None
    assert shlex.split(inner[1])[1:] == ["run", name, "--release", "public", "--out", "published"]
    subprocess.run(["sh", "-n", "-c", command], check=True)


def test_cron_mails_the_summaries_of_what_was_made_and_no_others(tmp_path: Path) -> None:
    text = made("cron")
    (line,) = [li for li in text.splitlines() if li.startswith("30 6 * * *")]
    (more,) = re.findall(r"(?m)^#   (; find .*)$", text)
    folder = tmp_path / "published" / "example" / "annual"
    folder.mkdir(parents=True)
    for name, days in (("old", 3), ("new", -1)):
        summary = folder / f"{name}-summary.txt"
        summary.write_text(f"The {name} report\n")
        os.utime(summary, times=(summary.stat().st_mtime - 86400 * days,) * 2)
    command = line.removeprefix("30 6 * * * ") + more
    command = re.sub(r"cd \S+", f"cd {tmp_path}", re.sub(r"\{ .*? > \S+", "{ true > log", command))
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert told.stdout == "The new report\n"


def test_cron_takes_awkward_folders_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unescaped per cent sign ends the line for cron, wherever it stands."""
    here = tmp_path / "100% sure"
    here.mkdir()
    monkeypatch.chdir(here)
    text = schedule("cron", data=("data/example",), release="public", out="50% off", at="06:30")
    lines = [li for li in text.splitlines() if "50" in li or "100" in li]
    assert len(lines) == 3, "two lines of cron, and how summaries are mailed"
    assert text.count("%") == text.count(r"\%") == 9
    for line in lines[1:]:
        command = line.replace(r"\%", "%")
        folder, log = re.findall(r"cd (.*?) && .* > (.*?) 2>&1", command)[0]
        assert shlex.split(folder) == [str(here)]
        assert shlex.split(log) == [str(here / ".cache" / "schedule.log")]
        assert "--out '50% off' > " in command


@pytest.mark.parametrize("name", ["data/example", "data/two words", "data/100%", "data/$HOME"])
def test_systemd_takes_the_units(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is not installed")
        pytest.skip("systemd-analyze is not installed")
    parts = re.split(r"# ===== (\S+) =====\n", made("systemd", data=(name,)))[1:]
    files = {parts[i]: parts[i + 1] for i in range(0, len(parts), 2)}
    assert set(files) == {"mtf-eval.service", "mtf-eval.timer", "mtf-eval-failed.service"}
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    told = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / f) for f in files)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in told.stderr.splitlines() if "mtf-eval" in line]
    assert (told.returncode, ours) == (0, [])
    when = subprocess.run(
        ["systemd-analyze", "calendar", "*-*-* 06:30:00"], capture_output=True, check=False
    )
    assert when.returncode == 0
    assert "OnCalendar=*-*-* 06:30:00\nPersistent=true" in files["mtf-eval.timer"]


def test_windows_task_has_what_task_scheduler_takes() -> None:
    """Elements and their order as in the schema of version 1.2 (MS-TSCH, section 2.5)."""
    root = ElementTree.fromstring(made("windows", data=("data/two words", "data/a&b")))
    assert root.tag == f"{TASK}Task"
    assert root.get("version") == "1.2"
    assert [c.tag.removeprefix(TASK) for c in root] == [
        "RegistrationInfo",
        "Triggers",
        "Principals",
        "Settings",
        "Actions",
    ]
    known = (
        "MultipleInstancesPolicy DisallowStartIfOnBatteries StopIfGoingOnBatteries "
        "StartWhenAvailable RunOnlyIfNetworkAvailable Enabled ExecutionTimeLimit Priority"
    )
    settings = root.find(f"{TASK}Settings")
    assert settings is not None
    assert {c.tag.removeprefix(TASK) for c in settings} == set(known.split())
    assert settings.findtext(f"{TASK}StartWhenAvailable") == "true"
    assert settings.findtext(f"{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    start = root.findtext(f"{TASK}Triggers/{TASK}CalendarTrigger/{TASK}StartBoundary")
    assert start == "2025-01-01T06:30:00"
    arguments = root.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Arguments")
    assert arguments == 'run "data/two words" data/a&b --release public --out published'


def test_github_workflow_is_well_formed() -> None:
    import yaml

    flow = yaml.safe_load(made("github"))
    # YAML 1.1 reads the key `on` as True.
    assert flow[True]["schedule"] == [{"cron": "30 6 * * *"}]
    runs = [step.get("run") for step in flow["jobs"]["reports"]["steps"]]
    assert 'make reports DATA="data/example" RELEASE="public"' in runs
    assert flow["permissions"] == {"contents": "read"}


def test_the_airflow_example_in_the_docs_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), flags=re.S)
    dags = [b for b in blocks if "BashOperator" in b]
    assert len(dags) == 1
    ast.parse(dags[0])
