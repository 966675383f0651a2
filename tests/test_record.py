"""What a run leaves beside the reports: its record, the index, marks on pages out of date."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup

from mtf_eval.publish.pages import corrections
from mtf_eval.publish.pages import index as index_module
from mtf_eval.records.home import HOME
from mtf_eval.run.execute import Result
from mtf_eval.run.facts import Facts
from mtf_eval.run.plan import Planned
from mtf_eval.run.record import (
    _index_entry,
    _mark_out_of_date,
    _without_words,
    assemble,
    entry_of,
    run_records,
    write_index,
)
from mtf_eval.run.store import Store

MORNING, NOON = "2026-01-05T09:00:00+00:00", "2026-01-05T12:00:00+00:00"
FACTS = Facts(
    name="north", title="North", source="s", digest="all", units={"costs": "c"},
    read=({"table": "costs", "file": "costs.csv", "rows": 3, "sha256": "f" * 64},),
)  # fmt: skip


def entry(outcome: str = "ok", **more: Any) -> dict[str, Any]:
    return {
        "notebook": "page", "title": "Page", "parameters": {"project_id": "P1"}, "key": "k",
        "outcome": outcome, "cell": None, "error": "", "ran": MORNING, "seconds": 1.0,
        "sha256": "", "files": [], "reads": {}, "summary": {}, "why": "", **more,
    }  # fmt: skip


def plan(**more: Any) -> Planned:
    return Planned(address="data/north", facts=FACTS, reference="", reports=[], due={}, **more)


def records(
    store: Store, entries: dict[tuple[str, str], dict[str, Any]], release: str = "internal",
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    found = run_records(
        [plan(**more)], entries, store, release=release, executor="processes", moment=NOON,
        seconds=2.0,
    )  # fmt: skip
    return found["north"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


def before(store: Store, **reports: dict[str, Any]) -> None:
    (store.out / "north").mkdir(parents=True, exist_ok=True)
    (store.out / "north" / "run.json").write_text(json.dumps({"reports": reports}))


def test_a_failed_report_keeps_the_last_that_was_good_however_often_it_fails(store: Store) -> None:
    good, failed = entry(key="good"), entry("failed")
    before(store, page=good, other=good, gone=good)
    found = records(
        store, {("north", "page"): failed, ("south", "page"): entry()}, dropped=["gone"]
    )
    assert found["reports"] == {"other": good, "page": {**failed, "last_good": good}}
    before(store, page=found["reports"]["page"])
    again = entry("died")
    assert records(store, {("north", "page"): again})["reports"]["page"]["last_good"] == good
    mended = entry(key="mended")
    assert records(store, {("north", "page"): mended})["reports"]["page"] == mended
    before(store)
    assert "last_good" not in records(store, {("north", "page"): failed})["reports"]["page"]


def test_what_a_report_said_is_in_no_run_record_of_now_or_before() -> None:
    said = {"summary": {"result": "of 3 people"}, "why": "row 7: 3 people"}
    old = {"outcome": "ok", "key": "a", **said}
    last = {"outcome": "failed", "key": "b", **said, "last_good": old}
    record = {"title": "North", "reports": {"page": last, "other": old}}
    assert _without_words(record) == {
        "title": "North",
        "reports": {
            "page": {"outcome": "failed", "key": "b",
                     "last_good": {"outcome": "ok", "key": "a"}},
            "other": {"outcome": "ok", "key": "a"},
        },
    }  # fmt: skip
    assert old["why"], "what is handed over is left as it was"


def test_digests_of_what_was_read_are_told_inside_only(store: Store) -> None:
    inside, outside = (records(store, {}, release) for release in ("internal", "public"))
    assert inside["read"] == [*FACTS.read]
    assert outside["read"] == [{"table": "costs", "file": "costs.csv", "rows": 3}]
    assert outside["release"] == "public"
    assert (inside["dataset"], inside["run"], inside["seconds"]) == ("north", NOON, 2.0)


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("outcome", ["ok", "failed"])
def test_what_a_report_read_is_what_it_says_where_the_notebook_is_ours(
    ours: bool, outcome: str, tmp_path: Path
) -> None:
    home = HOME / "notebooks" if ours else tmp_path
    template: Any = SimpleNamespace(path=home / "page.ipynb", name="page")
    report: Any = SimpleNamespace(template=template, title="Page", parameters={}, key="k")
    files = {"page/table.csv": b"1", "page/page.html": b"no page", "page.html": b"<main>"}
    summary = {"reads": ["costs"], "result": "Fewer"}
    result = Result(
        dataset="north", name="page", outcome=outcome, files=files, summary=summary, cell=3,
        message="why", seconds=4.0,
    )  # fmt: skip
    made = entry_of(report, result, NOON, FACTS, "salt")
    assert made["reads"] == FACTS.asked(["costs"] if ours else ["*"], "salt")
    digest = hashlib.sha256(b"<main>").hexdigest()
    assert made["sha256"] == (digest if outcome == "ok" else "")
    assert made["files"] == sorted(files)
    assert made["summary"] == {"result": "Fewer"}
    assert (made["ran"], made["cell"], made["why"], made["seconds"]) == (NOON, 3, "why", 4.0)


def shown(root: Path, monkeypatch: pytest.MonkeyPatch, moment: str = "") -> tuple[list[Any], str]:
    """Return the entries of the index and when it says that it was made."""
    seen: list[Any] = []

    def index(entries: list[Any], *, run_time: str) -> str:
        seen.append((entries, run_time))
        return "page"

    monkeypatch.setattr(index_module, "index", index)
    write_index(root, moment)
    assert (root / "index.html").read_text() == "page"
    (found,) = seen
    return found


def put(root: Path, dataset: str, run: str, said: dict[str, Any], **reports: Any) -> Path:
    folder = root / dataset
    folder.mkdir(parents=True)
    record = {"title": dataset.title(), "run": run, "reports": reports}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "catalogue.json").write_text(json.dumps(said))
    return folder


SAID = {
    "title": "What P1 changed", "period": "2024", "kind": "project_evaluation", "maryland": 3,
    "status": "running", "result": "A fifth fewer", "corrections": 2, "rule": "internal",
    "illustrative": True,
}  # fmt: skip


def test_the_index_says_of_each_report_what_it_said_and_when_the_last_run_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path, "north", NOON, {"page": SAID, "bare": {}}, page=entry(), bare=entry())
    put(tmp_path, "south", MORNING, {"page": SAID}, page=entry())
    (folder / "page").mkdir()
    for file in ("page-internal.html", "page/page.xlsx", "page/page.pdf", "page/table.csv"):
        (folder / file).write_text("")
    (page, bare, south), run = shown(tmp_path, monkeypatch)
    assert run == NOON
    assert shown(tmp_path, monkeypatch, "now")[1] == "now"
    assert {name: getattr(page, name) for name in SAID} == SAID
    assert (page.dataset, page.dataset_title, page.project) == ("north", "North", "P1")
    assert (page.html, page.csv) == (
        "north/page-internal.html", "north/page-internal.html#download"
    )  # fmt: skip
    assert (page.workbook, page.pdf) == ("north/page/page.xlsx", "north/page/page.pdf")
    assert (page.state, page.why, page.run_time) == ("current", "", MORNING)
    # Of one that says nothing of itself: what it was made from.
    assert (bare.title, bare.period, bare.kind, bare.status) == (
        "Page P1",
        "P1",
        "page",
        "complete",
    )
    assert (bare.result, bare.maryland, bare.corrections, bare.rule) == ("", None, 0, "")
    assert (bare.html, bare.workbook, bare.pdf, bare.csv) == ("north/bare.html", "", "", "")
    assert not bare.illustrative
    assert south.dataset == "south"


def test_the_index_gives_no_result_of_what_failed_and_the_last_good_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = entry("failed", cell=4, error="KeyError", last_good=entry(ran="before"))
    said = {"page": SAID, "page (last good)": SAID, "start": SAID}
    reports = {"page": broken, "start": entry("died", error="Killed")}
    folder = put(tmp_path, "north", NOON, said, **reports)
    (folder / "page").mkdir()
    (folder / "page" / "page.xlsx").write_text("")
    (failed, good, start), _ = shown(tmp_path, monkeypatch)
    assert (failed.state, failed.why) == ("failed", "failed at cell 4 (KeyError)")
    assert failed.html == "north/page-failed.html"
    assert (failed.result, failed.maryland, failed.corrections) == ("", None, 0)
    assert (failed.workbook, failed.csv) == ("", "")
    assert (good.state, good.why, good.run_time) == (
        "out_of_date", "a later run failed", "before"
    )  # fmt: skip
    assert (good.result, good.maryland) == ("A fifth fewer", 3)
    assert (good.html, good.workbook) == ("north/page.html", "north/page/page.xlsx")
    assert (start.state, start.why) == ("failed", "died at the start (Killed)")


def test_a_mark_is_made_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Readers still see the old set, which shares its files with the new one."""
    old, new = tmp_path / "old.html", tmp_path / "new.html"
    old.write_text("<main><p>figures</p></main>")
    os.link(old, new)
    _mark_out_of_date(new, "what <failed>.html")
    assert old.read_text() == "<main><p>figures</p></main>"
    text = new.read_text()
    assert text.startswith("<main><!-- out of date -->")
    assert text.endswith("<!-- / --><p>figures</p></main>")
    assert 'href="what &lt;failed&gt;.html"' in text


@pytest.mark.parametrize(
    ("parameters", "about"),
    [({"project_id": "P1", "data": "x"}, "P1"), ({"year": 2021}, "2021"),
     ({"period": "2021-H2", "release": "public"}, "2021-H2"), ({"data": "x"}, "")],
)  # fmt: skip
def test_a_report_that_says_nothing_of_itself_is_named_by_what_it_is_about(
    parameters: dict[str, Any], about: str, tmp_path: Path
) -> None:
    made = _index_entry(tmp_path, "North", "page", entry(parameters=parameters), {})
    assert (made.title, made.period) == (f"Page {about}".rstrip(), about)
    assert (made.kind, made.status) == ("page", "complete")
    assert made.project == parameters.get("project_id", "")
    said = {"title": "T", "period": "P", "kind": "K", "status": "running", "result": "R",
            "maryland": 3, "corrections": 2, "rule": "public", "illustrative": True}  # fmt: skip
    made = _index_entry(tmp_path, "North", "page", entry(parameters=parameters), said)
    assert {name: getattr(made, name) for name in said} == said
    failed = _index_entry(tmp_path, "North", "page", entry(), said, "failed", "why")
    assert (failed.result, failed.maryland, failed.corrections, failed.why) == ("", None, 0, "why")


def test_a_page_out_of_date_says_so_once_and_one_made_again_not_at_all(store: Store) -> None:
    page = b"<html><body><main><h1>P1</h1></main></body></html>"

    def finished(outcome: str, name: str, content: bytes) -> None:
        made = entry(outcome, files=[name], summary=SAID, why="a word of the data")
        store.keep("north", "page", {name: content}, made)
        entries = {("north", "page"): made}
        record = {"north": records(store, entries)}
        store.publish(lambda root: assemble(root, store, [plan()], entries, record, NOON))

    def tops() -> list[str]:
        text = (store.out / "north" / "page-internal.html").read_text()
        return [
            b.get_text() for b in BeautifulSoup(text, "html.parser").select("main > .mtf-failed")
        ]

    store.state.mkdir(parents=True)
    finished("ok", "page-internal.html", page)
    assert tops() == []
    for _ in range(2):
        finished("failed", "page-failed-internal.html", b"<main>what failed</main>")
        (top,) = tops()
        assert top.startswith("Out of date. The last run of this report failed; these are the")
        text = (store.out / "north" / "page-internal.html").read_text()
        assert 'href="page-failed-internal.html"' in text
        assert (store.out / "north" / "page-failed-internal.html").is_file()
    record = (store.out / "north" / "run.json").read_text()
    assert "a word of the data" not in record
    assert "A fifth fewer" not in record, "what a page says stands in the catalogue alone"
    said = json.loads((store.out / "north" / "catalogue.json").read_text())
    assert said["page (last good)"]["result"] == "A fifth fewer"
    finished("ok", "page-internal.html", page)
    assert tops() == []
    assert not (store.out / "north" / "page-failed-internal.html").exists()


def test_what_others_corrected_is_told_on_the_pages_that_stand_and_on_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def elsewhere(folder: Path, titles: Any, rules: Any) -> dict[str, str]:
        asked.append((folder.name, titles, rules))
        return {"page": "<main>told</main>"}

    monkeypatch.setattr(corrections, "elsewhere", elsewhere)
    entries = {}
    for name, outcome, said in (("page", "ok", SAID | {"rule": "public"}), ("bare", "ok", {}),
                                ("lost", "failed", SAID)):  # fmt: skip
        files = {f"{name if outcome == 'ok' else f'{name}-failed'}.html": b"<main>1</main>"}
        entries["north", name] = entry(outcome, files=[*files], summary=said)
        store.keep("north", name, files, entries["north", name])
    record = records(store, entries, "public")
    store.publish(lambda root: assemble(root, store, [plan()], entries, {"north": record}, NOON))
    titles = {"page": "What P1 changed", "bare": "Page"}
    assert asked == [("north", titles, {"page": "public", "bare": "internal"})]
    page = (store.out / "north" / "page.html").read_bytes()
    assert page == b"<main>told</main>"
    kept = json.loads((store.out / "north" / "run.json").read_text())["reports"]
    assert kept["page"]["sha256"] == hashlib.sha256(page).hexdigest(), "as it was changed"


def test_nothing_is_left_of_what_is_dropped_or_made_anew(store: Store) -> None:
    old = ("gone-internal.html", "gone/gone.csv", "gone-failed-internal.html", "page.html",
           "page/old.csv", "page-failed.html", "stays.html", "stays/table.csv")  # fmt: skip
    for name in old:
        path = store.out / "north" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    before(store, gone=entry(), page=entry(), stays=entry())
    made = entry(files=["page-internal.html", "page/new.csv"], summary=SAID)
    store.keep("north", "page", dict.fromkeys(made["files"], b"new"), made)
    entries, of = {("north", "page"): made}, {"dropped": ["gone"]}
    record = {"north": records(store, entries, **of)}
    folder, seen = store.out / "north", store.out.parent / "seen.json"
    os.link(folder / "run.json", seen)
    first = seen.read_text()
    store.publish(lambda root: assemble(root, store, [plan(**of)], entries, record, NOON))
    assert seen.read_text() == first, "whoever reads the old set reads its record"
    pages = [p for p in folder.rglob("*.*") if p.suffix in (".html", ".csv")]
    left = {p.relative_to(folder).as_posix(): p.read_text() for p in pages}
    assert left == {
        "page-internal.html": "new", "page/new.csv": "new", "stays.html": "old",
        "stays/table.csv": "old",
    }  # fmt: skip
    kept = json.loads((store.out / "north" / "run.json").read_text())["reports"]
    assert kept.keys() == {"page", "stays"}
