"""A run from plan to published set: what is made, what is left alone, what is recorded."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny_desk import TINY, Desk, run_one, without_time

from mtf_eval.run import batch
from mtf_eval.run.execute import Job, Result
from mtf_eval.run.store import Store

BOOKS = ("tiny_project", "tiny_year", "tiny_once")
ALL = {"tiny_project-EX-1", "tiny_project-EX-2", "tiny_project-EX-3", "tiny_year-2021", "tiny_once"}


def made(desk: Desk) -> set[str]:
    """Return the reports that the last run made anew."""
    record = desk.record()
    return {n for n, e in record["reports"].items() if e["ran"] == record["run"]}


@pytest.fixture
def published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    done = desk.run(books=BOOKS)
    assert done.returncode == 0, done.stderr
    return desk


def edit(desk: Desk, table: str, old: str, new: str) -> None:
    path = desk.data / f"{table}.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def test_a_run_makes_everything_once(published: Desk) -> None:
    assert set(published.outcomes()) == ALL
    published.assert_whole()
    again = published.run(books=BOOKS)
    assert again.stdout.startswith("Nothing has changed: 5 reports are up to date.")
    assert str(published.out / "index.html") in again.stdout


def test_a_notebook_that_does_not_say_what_it_read_is_due_when_any_row_is_another(
    published: Desk,
) -> None:
    edit(
        published,
        "costs",
        "EX-2,Police,Patrols,2021-05-10,cash,200",
        "EX-2,Police,Patrols,2021-05-10,cash,201",
    )
    done = published.run("--why", books=BOOKS)
    assert done.stdout.count("due: changed: *") == 5
    assert "Reports: 5 made" in done.stdout
    published.assert_whole()


def test_a_project_that_is_gone_is_taken_out(published: Desk) -> None:
    keep = [
        r for r in (published.data / "projects.csv").read_text().splitlines() if "EX-3" not in r
    ]
    (published.data / "projects.csv").write_text("\n".join(keep) + "\n")
    costs = [r for r in (published.data / "costs.csv").read_text().splitlines() if "EX-3" not in r]
    (published.data / "costs.csv").write_text("\n".join(costs) + "\n")
    assert published.run(books=BOOKS).returncode == 0
    # Named notebooks are part of a set: nothing else is dropped.
    assert "tiny_project-EX-1" in published.outcomes()


def test_a_page_that_was_changed_by_hand_is_made_again(published: Desk) -> None:
    page = published.out / "data" / "tiny_once-internal.html"
    page.write_text("changed")
    done = published.run("--why", books=BOOKS)
    assert "due: its page is missing or was changed by hand" in done.stdout
    assert "1 made, 4 unchanged" in done.stdout
    published.assert_whole()


def test_dry_run_runs_nothing(desk: Desk) -> None:
    done = desk.run("--dry-run", books=BOOKS)
    assert done.returncode == 0
    assert "5 of 5 reports are due" in done.stdout
    assert not desk.out.exists()


def test_narrowing_leaves_the_others_alone(published: Desk) -> None:
    done = published.run("--project", "EX-1", "--force", books=BOOKS)
    assert "1 made" in done.stdout
    assert set(published.outcomes()) == ALL
    published.assert_whole()


def test_public_and_internal_never_share_a_folder(published: Desk) -> None:
    done = published.run("--release", "public", "--project", "EX-1", books=BOOKS)
    assert done.returncode == 2
    assert "reports holds internal reports of data" in done.stderr
    assert set(published.outcomes().values()) == {"ok"}


def test_a_page_says_in_its_name_whether_it_is_internal(published: Desk) -> None:
    def pages() -> set[str]:
        return {p.stem for p in published.out.glob("*/*.html")}

    assert pages() == {f"{name}-internal" for name in ALL}
    shutil.rmtree(published.out)
    done = published.run("--release", "public", books=BOOKS)
    assert done.returncode == 0, done.stderr
    assert pages() == ALL


def test_two_runs_give_the_same_bytes(desk: Desk) -> None:
    sets = []
    for _ in range(2):
        assert desk.run("--force", books=BOOKS).returncode == 0
        sets.append(
            {
                p.relative_to(desk.out): without_time(p.read_bytes())
                for p in desk.out.rglob("*")
                if p.is_file() and p.name not in ("run.json", "index.html")
            }
        )
    assert sets[0] == sets[1]


def test_the_record_says_what_ran_and_holds_no_words_of_a_report(published: Desk) -> None:
    record = published.record()
    assert (record["dataset"], record["release"]) == ("data", "internal")
    assert record["executor"] == "processes"
    assert record["versions"]["pandas"]
    entry = record["reports"]["tiny_project-EX-1"]
    assert entry["notebook"] == "tiny_project"
    assert entry["parameters"]["project_id"] == "EX-1"
    assert len(entry["key"]) == len(entry["sha256"]) == 64
    assert entry["seconds"] > 0
    assert "summary" not in entry


def test_keys_cannot_be_recomputed_without_the_stores_secret(
    published: Desk, tmp_path: Path
) -> None:
    before = published.record()["reports"]["tiny_once"]["key"]
    (published.state / "salt").unlink()
    published.run("--force", books=BOOKS)
    assert published.record()["reports"]["tiny_once"]["key"] != before


def test_a_disk_that_fills_while_keeping_results(
    published: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    keep = Store.keep

    def full(self: Store, dataset: str, name: str, files: Any, entry: Any) -> None:
        if len(kept) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kept.append(name)
        keep(self, dataset, name, files, entry)

    before = published.record()
    monkeypatch.setattr(Store, "keep", full)
    done = published.run("-p", "version=second", "--force", books=BOOKS)
    assert done.returncode == 1
    assert "No space left on device: nothing was published" in done.stderr
    assert "2 finished report(s) are kept" in done.stderr
    assert published.record() == before
    monkeypatch.undo()
    rest = published.run("-p", "version=second", books=BOOKS)
    assert rest.returncode == 0
    published.assert_whole()


def test_every_job_is_run_even_when_all_in_flight_end_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "AHEAD", 1)
    jobs = [
        Job(dataset="d", name=str(n), source="{}", parameters={}, run_time="") for n in range(3)
    ]
    results = batch.run_many(iter(jobs), batch.Options(in_flight=1))
    assert [r.name for r in results] == ["0", "1", "2"]


def test_a_notebook_edited_while_others_run_is_run_as_planned(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "tiny_project.ipynb"
    book.write_text((TINY / "tiny_project.ipynb").read_text())
    plan = batch.plan
    monkeypatch.setattr(
        batch, "plan", lambda *a, **k: (plan(*a, **k), book.write_text("edited"))[0]
    )
    done = desk.run("--notebook", str(book), books=())
    assert done.returncode == 0, done.stderr
    assert set(desk.outcomes().values()) == {"ok"}


def test_jobs_and_results_travel() -> None:
    job = Job(
        dataset="d",
        name="n",
        source=(TINY / "not_json.ipynb").read_text(),
        parameters={},
        run_time="",
    )
    result = run_one(pickle.loads(pickle.dumps(job)))
    assert isinstance(pickle.loads(pickle.dumps(result)), Result)
    assert (result.outcome, result.cell) == ("failed", None)


def test_a_notebook_that_shows_internal_figures_in_a_public_run_fails(desk: Desk) -> None:
    source = json.loads((TINY / "tiny_once.ipynb").read_text())
    source["cells"][2]["source"] = [
        "import mtf_eval as mtf\n",
        "mtf.report(mtf.load(data), 'tiny', title='T', covers='P', release='internal')",
    ]
    job = Job(
        dataset="d",
        name="n",
        source=json.dumps(source),
        parameters={"data": str(desk.data), "release": "public"},
        run_time="",
    )
    result = run_one(job)
    assert result.outcome == "failed"
    assert "showed internal figures" in result.message
