"""A notebook that crashes publishes no value of the data, in no file and on no line of its log.

Each of our notebooks is given a cell that says a value in every way a cell can, and then fails with
it in its message; all five are run for real, for both releases, and everything is searched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from canaries import canaries

from mtf_eval.errors import our_words

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-c", "from mtf_eval.run.cli import main; main()"]
VALUE = "CANARY-Q7731"
SAYS = """
import logging, os, subprocess, sys, threading, warnings
from IPython.display import HTML, display
from mtf_eval.errors import BadArgument, DataProblems, Problem
row = records.table("priority_progress").iloc[0]
said = str(row["action"])
print(said)
print(said, file=sys.stderr)
sys.__stdout__.write(said), sys.__stderr__.write(said)
os.write(1, said.encode()), os.write(2, said.encode())
subprocess.run(["echo", said], check=True)
subprocess.run(["sh", "-c", f"echo {said} >&2"], check=True)
warnings.warn(said)
logging.basicConfig(level=0), logging.getLogger("papermill").critical(said)
logging.getLogger("mtf_eval.run").critical(said)
threading.Thread(target=lambda: print(said, file=sys.__stderr__)).start()
threading.Thread(target=lambda: [][said]).start()
sys.displayhook(said)
display(row, row.to_frame(), HTML(f"<b>{said}</b>"), {"text/plain": said}, metadata={"m": said})
"""
#: How it ends, one way a notebook.
ENDS = {
    "annual_review": "raise ValueError(row)",
    "benefit_analysis": "raise BadArgument(said)",
    "dashboard": "raise BadArgument(said)",
    "data_quality": "records.table('priority_progress').astype({'action': 'int64'})",
    "project_evaluation": "{}[said]",
    "tlg_report": "error = DataProblems([Problem(file=said, found=said, expected='', todo='')])\n"
    "error.add_note(said)\nraise error from KeyError(said)",
}


def crashing(folder: Path) -> list[Path]:
    """Our notebooks with a cell that fails after the first one, which has read the data."""
    made = []
    for name, end in ENDS.items():
        book = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
        code = [i for i, c in enumerate(book["cells"]) if c["cell_type"] == "code"]
        cell = {"cell_type": "code", "id": "crash", "metadata": {}, "outputs": []}
        cell |= {"execution_count": None, "source": SAYS + end}
        book["cells"].insert(code[1] + 1, cell)
        path = folder / f"{name}.ipynb"
        path.write_text(json.dumps(book), encoding="utf-8")
        made.append(path)
    return made


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "small"
    folder.mkdir()
    rows = {
        "projects": [
            "project_id,title,problem,lead_agency,response_start,stage,primary_measure",
            "P1,A project,A problem,Police,2024-01-01,response,Theft",
        ],
        "monthly_referrals": [
            "month,received,accepted,rejected,saras,completed,as_at",
            *(f"2024-{m:02d},20,12,8,0,10,2024-12-31" for m in range(1, 13)),
        ],
        "priority_progress": ["priority,number,action", f"1,1,{VALUE}"],
    }
    for name, lines in rows.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("release", ["public", "internal"])
def test_a_crash_publishes_no_value(release: str, data: Path, tmp_path: Path) -> None:
    books = [word for path in crashing(tmp_path) for word in ("--notebook", str(path))]
    books += ["-p", "as_of=2024-12-31"]
    done = subprocess.run(
        [*COMMAND, "run", str(data), "--out", "out", "--release", release, *books],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "7 failed" in told  # the leadership's report has two half-years
    assert VALUE not in told
    out, state = tmp_path / "out", tmp_path / ".out.mtf"
    assert not canaries([VALUE], out)
    assert VALUE not in (state / "log.txt").read_text(encoding="utf-8")
    # What helps the analyst is kept beside, for the owner of the folder alone.
    kept = list((state / "failed").rglob("*.ipynb"))
    assert len(kept) == 7
    assert all(VALUE in path.read_text(encoding="utf-8") for path in kept)
    assert state.stat().st_mode & 0o077 == 0
    for page in out.glob("small/*-failed*.html"):
        text = page.read_text(encoding="utf-8")
        assert "This report is not complete." in text
        banner = "Official-Sensitive" in text
        assert banner == (release == "internal")


def test_the_search_finds_a_value_in_a_page(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<p>{VALUE.replace('-', '&#45;')}</p>", encoding="utf-8")
    assert canaries([VALUE], tmp_path)
    assert canaries([VALUE + "x"], tmp_path) == []


def test_our_own_messages_are_told_and_others_are_not() -> None:
    inside = [
        "---",
        "File ~/x/mtf_eval/errors.py:99, in f()\n 1",
        "BadArgument: z",
    ]
    cell = ["---", "Cell In[3], line 1\n----> 1 raise", "BadArgument: z"]
    assert our_words("BadArgument", "z\ny", inside) == "z"
    assert our_words("KeyError", "z", inside) == ""
    for frames in ([*inside[:2], cell[1], cell[2]], cell, []):
        assert our_words("BadArgument", "z", frames) == ""
