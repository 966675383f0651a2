"""The published set: what a run leaves behind beside the reports, and how the new set is put up.

run.json (what ran, with what result; no value of the data), catalogue.json (what each page says of
itself), the index, and the marks on pages that are out of date. Works on the copy that `Store`
swaps in; runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.publish.shell import page_name, page_of
from mtf_eval.records.home import HOME, versions
from mtf_eval.run.facts import LIBRARIES, Facts, code_digest
from mtf_eval.run.plan import Planned, Report
from mtf_eval.run.store import Store

if TYPE_CHECKING:
    from mtf_eval.run.execute import Result


MARK = re.compile(r"<!-- out of date -->.*?<!-- / -->", flags=re.S)


def entry_of(
    report: Report, result: Result, moment: str, facts: Facts, salt: str
) -> dict[str, Any]:
    """Return what is recorded of one report that ran.

    What it read of the data set is what its last cell says; of a notebook that does not say it, and
    of one of the analyst's own, which may read anything, it is all there is.
    """
    ours = report.template.path.resolve().is_relative_to((HOME / "notebooks").resolve())
    read = result.summary.get("reads") if ours else None
    page = next((b for f, b in result.files.items() if f.endswith(".html") and "/" not in f), b"")
    page = page if result.outcome == "ok" else b""
    return {
        "notebook": report.template.name,
        "title": report.title,
        "parameters": report.parameters,
        "key": report.key,
        "reads": facts.asked(read or ["*"], salt),
        "outcome": result.outcome,
        "cell": result.cell,
        "error": result.error,
        "ran": moment,
        "seconds": result.seconds,
        "sha256": hashlib.sha256(page).hexdigest() if page else "",
        "files": sorted(result.files),
        "summary": {k: v for k, v in result.summary.items() if k != "reads"},
        "why": result.message,
    }


def run_records(
    plans: Sequence[Planned],
    entries: Mapping[tuple[str, str], dict[str, Any]],
    store: Store,
    *,
    release: str,
    executor: str,
    moment: str,
    seconds: float,
) -> dict[str, dict[str, Any]]:
    """Return each data set's new run record: what stood, less what was dropped, with what ran."""
    records = {}
    for planned in plans:
        before = store.record(planned.folder).get("reports", {})
        reports = {n: e for n, e in before.items() if n not in planned.dropped}
        for (dataset, name), entry in entries.items():
            if dataset != planned.folder:
                continue
            good = before.get(name, {})
            good = good if good.get("outcome") == "ok" else good.get("last_good")
            reports[name] = dict(entry)
            if entry["outcome"] != "ok" and good:
                reports[name]["last_good"] = good
        records[planned.folder] = {
            "format": 1,
            "dataset": planned.facts.name,
            "title": planned.facts.title,
            "release": release,
            "read_from": planned.address,
            # Guesses at rows of people could be tried against a digest.
            "read": [
                {k: v for k, v in source.items() if k != "sha256" or release == "internal"}
                for source in planned.facts.read
            ],
            "run": moment,
            "seconds": seconds,
            "executor": executor,
            "versions": versions(LIBRARIES),
            "code": code_digest(),
            "reports": dict(sorted(reports.items())),
        }
    return records


def assemble(
    root: Path,
    store: Store,
    plans: Sequence[Planned],
    entries: Mapping[tuple[str, str], dict[str, Any]],
    records: Mapping[str, dict[str, Any]],
    moment: str,
) -> None:
    """Turn the copy of the old set into the new one."""
    for planned in plans:
        (root / planned.folder).mkdir(exist_ok=True)
        for name in planned.dropped:
            _remove(root / planned.folder, name)
            _unlink(root / planned.folder, f"{name}-failed")
    for (dataset, name), entry in entries.items():
        folder, finished = root / dataset, store.done / dataset / name
        _unlink(folder, f"{name}-failed")
        if entry["outcome"] == "ok":
            _remove(folder, name)
        elif (last := page_of(folder, name)).exists():
            _mark_out_of_date(last, page_name(f"{name}-failed", records[dataset]["release"]))
        for relative in entry["files"]:
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(finished / relative, target)
    for dataset, record in records.items():
        catalogue = _catalogue(root / dataset / "catalogue.json", record["reports"])
        _tell_corrections(root / dataset, record["reports"], catalogue)
        _put(root / dataset / "run.json", _without_words(record))
        _put(root / dataset / "catalogue.json", catalogue)
    write_index(root, moment)


def _catalogue(path: Path, reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what each page says of itself; of one that was not run again, what it said before."""
    before = json.loads(path.read_bytes()) if path.exists() else {}
    said = {}
    for name, entry in reports.items():
        good = f"{name} (last good)"
        said[name] = entry.get("summary", before.get(name, {}))
        if "last_good" in entry:
            said[good] = entry["last_good"].get("summary", before.get(good, before.get(name, {})))
    return said


def _tell_corrections(
    folder: Path, reports: Mapping[str, dict[str, Any]], said: Mapping[str, Mapping[str, Any]]
) -> None:
    """Put what every other report corrected on the pages that leave room for it."""
    from mtf_eval.publish.pages import corrections

    good = {n: e for n, e in reports.items() if e["outcome"] == "ok"}
    titles = {n: said[n].get("title") or e["title"] for n, e in good.items()}
    rules = {n: said[n].get("rule") or "internal" for n in good}
    for name, text in corrections.elsewhere(folder, titles, rules).items():
        page = page_of(folder, name)
        page.unlink()
        page.write_text(text, encoding="utf-8", newline="")
        good[name]["sha256"] = hashlib.sha256(text.encode()).hexdigest()


def _remove(folder: Path, name: str) -> None:
    _unlink(folder, name)
    shutil.rmtree(folder / name, ignore_errors=True)


def _unlink(folder: Path, name: str) -> None:
    for rule in ("internal", ""):
        (folder / page_name(name, rule)).unlink(missing_ok=True)


def _mark_out_of_date(page: Path, failed: str) -> None:
    """Say at the top of a report's last good page that a later run failed."""
    banner = (
        '<!-- out of date --><div class="mtf-banner mtf-failed" role="note"><p><strong>Out of date.'
        "</strong> The last run of this report failed; these are the figures from before it. "
        f'<a href="{escape(failed)}">What failed</a></p></div><!-- / -->'
    )
    text = MARK.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"(<main\b[^>]*>|<body\b[^>]*>(?!.*<main))", r"\1" + banner, text, count=1)
    page.unlink()
    page.write_text(text, encoding="utf-8", newline="")


def _put(path: Path, value: object) -> None:
    # A new file each time: the old one is shared with the set that readers still see.
    path.unlink(missing_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_words(record: dict[str, Any]) -> dict[str, Any]:
    """Drop what a report says from the run record: it holds no value of the data."""

    def bare(entry: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in entry.items() if k not in ("summary", "why")}
        if "last_good" in kept:
            kept["last_good"] = bare(kept["last_good"])
        return kept

    return {**record, "reports": {n: bare(e) for n, e in record["reports"].items()}}


def write_index(root: Path, moment: str = "") -> None:
    """Write the catalogue of all data sets; the moment of the last run unless another is given."""
    from mtf_eval.publish.pages.index import index

    entries, last = [], moment
    for path in sorted(root.glob("*/run.json")):
        record = json.loads(path.read_bytes())
        last = max(last, record["run"])
        said = json.loads((path.parent / "catalogue.json").read_bytes())
        for name, entry in record["reports"].items():
            shown = partial(_index_entry, path.parent, record["title"], name)
            if entry["outcome"] == "ok":
                entries.append(shown(entry, said[name]))
                continue
            where = f"cell {entry['cell']}" if entry["cell"] else "the start"
            why = f"{entry['outcome']} at {where} ({entry['error']})"
            entries.append(shown(entry, said[name], "failed", why))
            if "last_good" in entry:
                words, why = said[f"{name} (last good)"], "a later run failed"
                entries.append(shown(entry["last_good"], words, "out_of_date", why))
    target = root / "index.html"
    page = index(entries, run_time=moment or last)
    target.unlink(missing_ok=True)
    target.write_text(page, encoding="utf-8", newline="")


def _index_entry(
    folder: Path,
    dataset_title: str,
    name: str,
    entry: Mapping[str, Any],
    said: Mapping[str, Any],
    state: Any = "current",
    why: str = "",
) -> Any:
    from mtf_eval.publish.pages.index import Entry

    named = ("project_id", "year", "period")
    subject = [str(v) for k, v in entry["parameters"].items() if k in named]
    beside = folder / name
    there = state != "failed"
    html = f"{folder.name}/{page_of(folder, name if there else f'{name}-failed').name}"
    files = {ending: next(beside.glob(f"*.{ending}"), None) for ending in ("xlsx", "pdf")}
    links = {e: f.relative_to(folder.parent).as_posix() for e, f in files.items() if f and there}
    return Entry(
        dataset=folder.name,
        dataset_title=dataset_title,
        title=said.get("title") or " ".join([entry["title"], *subject]),
        period=said.get("period") or " ".join(subject),
        kind=said.get("kind") or entry["notebook"],
        run_time=entry["ran"],
        html=html,
        status=said.get("status") or "complete",
        result=said.get("result") or "" if there else "",
        maryland=said.get("maryland") if there else None,
        corrections=said.get("corrections", 0) if there else 0,
        rule=said.get("rule") or "",
        illustrative=bool(said.get("illustrative")),
        state=state,
        why=why,
        workbook=links.get("xlsx", ""),
        pdf=links.get("pdf", ""),
        csv=f"{html}#download" if there and beside.is_dir() else "",
        project=str(entry["parameters"].get("project_id", "")),
    )
