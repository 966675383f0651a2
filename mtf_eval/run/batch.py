"""A run: what is due goes over an executor, what comes back is published in one swap and recorded.

Plans nothing and draws nothing; `run` is what the command line calls.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import MtfError, RunRefused
from mtf_eval.run.facts import (
    Facts,
    code_digest,
    facts_of,
    fingerprint,
    located,
    reader_digest,
    versions,
)
from mtf_eval.run.parameters import Template
from mtf_eval.run.plan import Report, Wanted, decide, make_plan, safe_name
from mtf_eval.run.store import Store

if TYPE_CHECKING:
    from mtf_eval.run.execute import Job, Result

__all__ = ["Options", "Outcome", "Planned", "plan", "run", "run_many"]

MARK = re.compile(r"<!-- out of date -->.*?<!-- / -->", flags=re.S)
log = logging.getLogger("mtf_eval.run")


class CannotFinish(MtfError):
    """The machine, not the input, is in the way: nothing was published, finished work is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run."""

    kernel: str = "warm"
    in_flight: int = 0
    dask: str = ""
    cell_seconds: float = 600
    seconds: float = 1800
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A data set's plan: its facts, every report that was asked for, and why some are due."""

    address: str
    facts: Facts
    reports: list[Report]
    due: dict[str, str]
    dropped: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The data set's folder in the output."""
        return safe_name(self.facts.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    made: int
    resumed: int
    unchanged: int
    failed: list[tuple[str, str]]
    seconds: float
    changed_while_running: list[str]


def plan(
    addresses: Sequence[str],
    books: Sequence[Template],
    wanted: Wanted,
    store: Store,
    *,
    force: bool = False,
) -> list[Planned]:
    """Plan every data set; read those whose content is not known from last time."""
    plans: list[Planned] = []
    for address in addresses:
        facts = _facts(address, store)
        folder = safe_name(facts.name)
        if any(p.folder.lower() == folder.lower() for p in plans):
            raise RunRefused(f"two data sets would have one folder of reports: {folder}")
        reports = make_plan(facts, books, wanted, address=address, salt=store.salt())
        before = store.record(folder)
        due = {r.name: "forced" if force else decide(r, store, before) for r in reports}
        names = {r.name for r in reports}
        gone = [] if wanted.narrow else [n for n in before.get("reports", {}) if n not in names]
        plans.append(
            Planned(
                address=address,
                facts=facts,
                reports=reports,
                due={name: why for name, why in due.items() if why},
                dropped=gone,
            )
        )
    _refuse_mixed(plans, wanted, store)
    return plans


def _facts(address: str, store: Store) -> Facts:
    source = fingerprint(address)
    place = f"source-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    known = store.recall(place)
    if source and known.get("source") == source and known.get("reader") == reader_digest():
        with suppress(KeyError, TypeError):
            return Facts.from_json(known)
    from mtf_eval.records.load import load

    facts = facts_of(load(located(address) if source else address), source)
    if source:
        store.remember(place, facts.to_json())
    return facts


def _refuse_mixed(plans: Sequence[Planned], wanted: Wanted, store: Store) -> None:
    """One folder of reports, one release: internal pages never land among public ones."""
    replaced = {p.folder for p in plans} if not wanted.narrow else set()
    for name in store.datasets():
        was = store.record(name).get("release")
        if name not in replaced and was and was != wanted.release:
            raise RunRefused(
                f"{store.out.name} holds {was} reports of {name}; {wanted.release} ones go into a "
                "folder of their own (--out), or run all its data sets at once"
            )


def run(
    plans: Sequence[Planned],
    store: Store,
    wanted: Wanted,
    options: Options,
    *,
    progress: Callable[[Result], None] = lambda result: None,
) -> Outcome:
    """Make what is due, publish it, record it.

    Raises
    ------
    CannotFinish
        The disk is full or cannot be written; the published set stands as it was.
    """
    began = time.monotonic()
    moment = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    jobs, resumed = [], 0
    for planned in plans:
        titles = {r.name: _title(r) for r in planned.reports}
        for report in planned.reports:
            if report.name not in planned.due:
                continue
            kept = store.kept(report.dataset, report.name)
            if kept.get("key") == report.key and kept["outcome"] == "ok":
                entries[report.dataset, report.name] = kept
                resumed += 1
                continue
            jobs.append(_job(report, titles, options, moment))
    by_name = {(r.dataset, r.name): r for p in plans for r in p.reports}
    failed: list[tuple[str, str]] = []
    try:
        for result in run_many(jobs, options):
            where = (result.dataset, result.name)
            entry = _entry(by_name[where], result, moment)
            store.keep(*where, result.files, entry)
            if result.partial:
                store.keep_partial(*where, result.partial)
            if result.outcome != "ok":
                failed.append((f"{result.dataset}/{result.name}", result.message))
            log.info("%s/%s: %s %s", *where, result.outcome, result.message)
            entries[where] = entry
            progress(result)
        changed = _changed_meanwhile(plans)
        for (dataset, _), entry in entries.items():
            if dataset in changed:
                entry["key"] = ""  # made of two states of the data: never a hit
        record = _records(plans, entries, store, wanted, options, moment, began)
        store.publish(lambda root: _assemble(root, store, plans, entries, record, moment))
        for planned in plans:
            parts = store.recall(f"{planned.folder}.parts")
            parts |= {r.name: r.parts for r in planned.reports}
            store.remember(f"{planned.folder}.parts", parts)
    except OSError as error:
        raise CannotFinish(
            f"{error.strerror or error}: nothing was published, the reports stand as they were. "
            f"{len(entries) - len(failed)} finished report(s) are kept; make room and run again"
        ) from error
    total = sum(len(p.reports) for p in plans)
    return Outcome(
        made=len(jobs) - len(failed),
        resumed=resumed,
        unchanged=total - len(entries),
        failed=failed,
        seconds=time.monotonic() - began,
        changed_while_running=changed,
    )


def run_many(jobs: Sequence[Job], options: Options) -> Iterator[Result]:
    """Run jobs over an executor, yield results as they come; one code path for all executors."""
    from mtf_eval.run.execute import Result, run_one

    if not jobs:
        return
    with _executor(options) as executor:
        futures = {executor.submit(run_one, job): job for job in jobs}
        for future in as_completed(futures):
            job = futures.pop(future)
            try:
                yield future.result()
            except Exception as error:
                # A worker that was lost, an executor that broke: the report's failure, not ours.
                kind = type(error).__name__
                yield Result(
                    dataset=job.dataset,
                    name=job.name,
                    outcome="died",
                    error=kind,
                    message=f"the worker was lost ({kind})",
                )


@contextmanager
def _executor(options: Options) -> Iterator[Executor]:
    if options.dask:
        import distributed

        connect: Any = distributed.Client
        try:
            client = connect(options.dask, timeout=10)
        except (OSError, ValueError) as error:
            raise RunRefused(f"{options.dask}: no Dask scheduler answers ({error})") from None
        with client:
            other = {w for w, d in client.run(code_digest).items() if d != code_digest()}
            if other:
                raise RunRefused(
                    f"{len(other)} Dask worker(s) have another version of mtf_eval: "
                    + ", ".join(sorted(other))
                )
            yield client.get_executor(pure=False)
        return
    from mtf_eval.run.kernels import close_warm

    workers = options.in_flight or (os.cpu_count() or 1) + 1
    pool = ThreadPoolExecutor(workers, thread_name_prefix="report")
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        close_warm()


def _job(report: Report, titles: Mapping[str, str], options: Options, moment: str) -> Job:
    from mtf_eval.run.execute import Job

    return Job(
        dataset=report.dataset,
        name=report.name,
        source=report.template.path.read_text(encoding="utf-8"),
        cwd=str(report.template.path.parent.resolve()),
        parameters=report.parameters,
        run_time=moment,
        related=tuple((titles[name], f"{name}.html") for name in report.related),
        kernel=options.kernel,
        cell_seconds=options.cell_seconds,
        seconds=options.seconds,
    )


def _title(report: Report) -> str:
    return report.template.name.replace("_", " ").capitalize()


# The record, and the pages around the reports


def _entry(report: Report, result: Result, moment: str) -> dict[str, Any]:
    page = result.files.get(f"{result.name}.html", b"")
    return {
        "notebook": report.template.name,
        "title": _title(report),
        "parameters": report.parameters,
        "key": report.key,
        "outcome": result.outcome,
        "cell": result.cell,
        "error": result.error,
        "ran": moment,
        "seconds": result.seconds,
        "sha256": hashlib.sha256(page).hexdigest() if page else "",
        "files": sorted(result.files),
        "summary": dict(result.summary),
        "why": result.message,
    }


def _changed_meanwhile(plans: Iterable[Planned]) -> list[str]:
    changed = []
    for planned in plans:
        if planned.facts.source:
            try:
                now = fingerprint(planned.address)
            except (RunRefused, OSError):
                now = "gone"
            if now != planned.facts.source:
                changed.append(planned.folder)
    return changed


def _records(
    plans: Sequence[Planned],
    entries: Mapping[tuple[str, str], dict[str, Any]],
    store: Store,
    wanted: Wanted,
    options: Options,
    moment: str,
    began: float,
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
            "release": wanted.release,
            "run": moment,
            "seconds": round(time.monotonic() - began, 1),
            "kernel": options.kernel,
            "executor": "dask" if options.dask else "threads",
            "versions": versions(),
            "code": code_digest(),
            "reports": dict(sorted(reports.items())),
        }
    return records


def _assemble(
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
            (root / planned.folder / f"{name}-failed.html").unlink(missing_ok=True)
    for (dataset, name), entry in entries.items():
        folder, finished = root / dataset, store.done / dataset / name
        (folder / f"{name}-failed.html").unlink(missing_ok=True)
        if entry["outcome"] == "ok":
            _remove(folder, name)
        elif (folder / f"{name}.html").exists():
            _mark_out_of_date(folder / f"{name}.html", name)
        for relative in entry["files"]:
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(finished / relative, target)
    for dataset, record in records.items():
        _put(root / dataset / "run.json", _without_words(record))
        catalogue = {n: e.get("summary", {}) for n, e in record["reports"].items()}
        catalogue |= {
            f"{n} (last good)": e["last_good"].get("summary", {})
            for n, e in record["reports"].items()
            if "last_good" in e
        }
        _put(root / dataset / "catalogue.json", catalogue)
    _write_index(root, moment)


def _remove(folder: Path, name: str) -> None:
    (folder / f"{name}.html").unlink(missing_ok=True)
    shutil.rmtree(folder / name, ignore_errors=True)


def _mark_out_of_date(page: Path, name: str) -> None:
    """Say at the top of a report's last good page that a later run failed."""
    banner = (
        '<!-- out of date --><div class="mtf-banner mtf-failed" role="note"><p><strong>Out of date.'
        "</strong> The last run of this report failed; these are the figures from before it. "
        f'<a href="{escape(name)}-failed.html">What failed</a></p></div><!-- / -->'
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


def _write_index(root: Path, moment: str) -> None:
    from mtf_eval.publish import pages

    entries = []
    for path in sorted(root.glob("*/run.json")):
        record = json.loads(path.read_bytes())
        said = json.loads((path.parent / "catalogue.json").read_bytes())
        for name, entry in record["reports"].items():
            shown = partial(_index_entry, root, path.parent, record)
            if entry["outcome"] == "ok":
                entries.append(shown(name, entry, said[name]))
                continue
            where = f"cell {entry['cell']}" if entry["cell"] else "the start"
            why = f"{entry['outcome']} at {where} ({entry['error']})"
            entries.append(shown(f"{name}-failed", entry, said[name], "failed", why, of=name))
            if "last_good" in entry:
                words = said[f"{name} (last good)"]
                why = "a later run failed"
                entries.append(shown(name, entry["last_good"], words, "out_of_date", why))
    target = root / "index.html"
    page = pages.index(entries, run_time=moment)
    target.unlink(missing_ok=True)
    target.write_text(page, encoding="utf-8", newline="")


def _index_entry(
    root: Path,
    folder: Path,
    record: Mapping[str, Any],
    page: str,
    entry: Mapping[str, Any],
    said: Mapping[str, Any],
    state: Any = "current",
    why: str = "",
    of: str = "",
) -> Any:
    from mtf_eval.publish import pages

    subject = [
        str(v) for k, v in entry["parameters"].items() if k in ("project_id", "year", "period")
    ]
    beside = folder / (of or page)
    there = state != "failed"
    workbook = beside / f"{beside.name}.xlsx"
    return pages.Entry(
        dataset=folder.name,
        dataset_title=record["title"],
        title=said.get("title") or " ".join([entry["title"], *subject]),
        period=said.get("period") or " ".join(subject),
        kind=said.get("kind") or entry["notebook"],
        run_time=entry["ran"],
        html=f"{folder.name}/{page}.html",
        status=said.get("status") or "complete",
        result=said.get("result") or "" if there else "",
        maryland=said.get("maryland") if there else None,
        rule=said.get("rule") or "",
        illustrative=bool(said.get("illustrative")),
        state=state,
        why=why,
        workbook=workbook.relative_to(root).as_posix() if there and workbook.exists() else "",
        csv=f"{folder.name}/{beside.name}/" if there and beside.is_dir() else "",
    )
