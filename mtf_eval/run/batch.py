"""A run: what is due goes over an executor, what comes back is published in one swap and recorded.

Plans nothing and draws nothing; `run` is what the command line calls.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import BadArgument, MtfError, RunRefused
from mtf_eval.publish.look import Look, read_look
from mtf_eval.publish.shell import page_name
from mtf_eval.records.prices.own import own_folder, own_reference
from mtf_eval.run.facts import Facts, code_digest, facts_of, fingerprint, located, reader_digest
from mtf_eval.run.parameters import Template
from mtf_eval.run.plan import (
    Planned,
    Report,
    Wanted,
    changed,
    decide,
    make_plan,
    safe_name,
    title_of,
)
from mtf_eval.run.record import assemble, entry_of, run_records
from mtf_eval.run.store import Store
from mtf_eval.run.verdict import Stop

if TYPE_CHECKING:
    from mtf_eval.run.execute import Job, Result


log = logging.getLogger("mtf_eval.run")

FILES, FILES_LEAST = 1024, 256
AHEAD = 64  # jobs handed over before they can run: enough to keep a cluster busy
FEW = 10  # reports up to which none is rehearsed: that would take longer than it spares


class CannotFinish(MtfError):
    """The machine, not the input, is in the way: nothing was published, finished work is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run."""

    in_flight: int = 0
    dask: str = ""
    cell_seconds: float = 600
    seconds: float = 1800
    stop: Stop = field(default_factory=Stop)


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
    reading: Callable[[], None] = lambda: None,
) -> list[Planned]:
    """Plan every data set; read those whose content is not known from last time.

    `reading` is called before one is read, which takes a while.
    """
    plans: list[Planned] = []
    for address in addresses:
        place = own_folder(address if "://" in address else located(address), wanted.reference)
        look = read_look(place)
        _hold_prices(place, wanted)
        facts = _facts(address, store, wanted.reference, reading)
        folder = safe_name(facts.name)
        if any(p.folder.lower() == folder.lower() for p in plans):
            raise RunRefused(f"two data sets would have one folder of reports: {folder}")
        before = store.record(folder)
        standing = [n for n, e in before.get("reports", {}).items() if e["outcome"] == "ok"]
        reports = make_plan(
            facts, books, wanted, address=address, salt=store.salt(), published=standing
        )
        due = {
            r.name: "forced" if force else decide(r, store, before, facts, wanted.beside)
            for r in reports
        }
        log.info("%s: read from %s, content %s", folder, address, facts.digest[:12])
        names = {r.name for r in reports}
        gone = [] if wanted.narrow else [n for n in before.get("reports", {}) if n not in names]
        plans.append(
            Planned(
                address=address,
                facts=facts,
                reference=wanted.reference,
                reports=reports,
                due={name: why for name, why in due.items() if why},
                without=facts.calendar(wanted.as_of)[2],
                dropped=gone,
                look=look,
            )
        )
    _refuse_mixed(plans, wanted, store)
    return plans


def _hold_prices(own: Path | None, wanted: Wanted) -> None:
    """Refuse a price year, an edition or a horizon that there is not before anything starts."""
    values = own_reference(own)
    years = wanted.parameters.get("horizon_years", "")
    known: dict[str, Callable[[str], object]] = {
        "price_year": values.price_year,
        "crime_costs": values.in_edition,
    }
    if years.lstrip("-").isdecimal():
        known["horizon_years"] = lambda given: values.horizon_years(int(given))
    for name, read in known.items():
        if given := wanted.parameters.get(name):
            try:
                read(given)
            except BadArgument as error:
                raise RunRefused(f"-p {name}={given}: {error}") from None


def _facts(address: str, store: Store, reference: str, reading: Callable[[], None]) -> Facts:
    source = fingerprint(address, reference)
    place = f"source-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    known = store.recall(place)
    if source and known.get("source") == source and known.get("reader") == reader_digest():
        with suppress(KeyError, TypeError):
            return Facts.from_json(known)
    reading()
    from mtf_eval.records.load import load

    data = load(located(address) if source else address, reference=reference)
    facts = facts_of(data, source)
    if source:
        store.remember(place, asdict(facts))
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


def _need_files() -> None:
    """Have enough files open at once allowed, or refuse: a kernel's sockets abort without."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if enough < FILES_LEAST:
        raise RunRefused(
            f"only {hard} files may be open at once here; a run needs {FILES_LEAST}: raise the "
            f"limit (ulimit -n {FILES}) and run again"
        )
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def run(
    plans: Sequence[Planned],
    store: Store,
    wanted: Wanted,
    options: Options,
    *,
    progress: Callable[[Result], None] = lambda result: None,
) -> Outcome:
    """Make what is due, publish it, record it.

    On a full or closed disk (`CannotFinish`) the published set stands as it was.
    """
    _need_files()
    began = time.monotonic()
    moment = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    due: list[Report] = []
    resumed = 0
    for planned in plans:
        for report in planned.reports:
            if report.name not in planned.due:
                continue
            kept = store.kept(report.dataset, report.name)
            done = kept.get("key") == report.key and kept["outcome"] == "ok"
            done = done and not changed(kept, planned.facts, store.salt())
            done = done and not report.lacking(kept, wanted.beside)
            if done and planned.due[report.name] != "forced":
                entries[report.dataset, report.name] = kept
                resumed += 1
                continue
            due.append(report)
    # Those about every project ask for every evaluation, and take the longest: after one report of
    # each project, so that each is made once, and before the rest, so that none is last alone.
    first = {(r.dataset, r.parameters.get("project_id")): r.name for r in reversed(due)}
    due.sort(key=lambda r: _turn(r, first))
    by_name = {(r.dataset, r.name): (r, p.facts) for p in plans for r in p.reports}
    looks = {p.folder: p.look for p in plans}

    def job(report: Report) -> Job:
        return _job(report, store, options, moment, wanted, looks[report.dataset])

    failed: list[tuple[str, str]] = []
    try:
        jobs = map(job, due)
        # One a data set, of the kind most are of: another kind would make the rest no quicker.
        kinds = Counter((r.dataset, r.template.name) for r in due)
        order = sorted(reversed(due), key=lambda r: kinds[r.dataset, r.template.name])
        tried = {r.dataset: r for r in order} if len(due) > FEW else {}
        rehearsed = list(map(job, tried.values()))
        for result in run_many(jobs, options, [p.address for p in plans], rehearsed):
            where = (result.dataset, result.name)
            report, facts = by_name[where]
            entry = entry_of(report, result, moment, facts, store.salt())
            store.keep(*where, result.files, entry)
            if result.partial:
                store.keep_partial(*where, result.partial)
            if result.outcome != "ok":
                failed.append((f"{result.dataset}/{result.name}", result.message))
            log.info("%s/%s: %s %s", *where, result.outcome, result.message)
            entries[where] = entry
            progress(result)
        meanwhile = _changed_meanwhile(plans)
        for (dataset, _), entry in entries.items():
            if dataset in meanwhile:
                entry["key"] = ""  # made of two states of the data: never a hit
        record = run_records(
            plans,
            entries,
            store,
            release=wanted.release,
            executor="dask" if options.dask else "processes",
            moment=moment,
            seconds=round(time.monotonic() - began, 1),
        )
        store.publish(lambda root: assemble(root, store, plans, entries, record, moment))
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
        made=len(entries) - resumed - len(failed),
        resumed=resumed,
        unchanged=total - len(entries),
        failed=failed,
        seconds=time.monotonic() - began,
        changed_while_running=meanwhile,
    )


def _turn(report: Report, first: Mapping[tuple[str, Any], str]) -> int:
    project = report.parameters.get("project_id")
    return 1 if project is None else 2 * (first[report.dataset, project] != report.name)


def run_many(
    jobs: Iterable[Job], options: Options, data: Sequence[str] = (), rehearsed: Sequence[Job] = ()
) -> Iterator[Result]:
    """Run jobs, yield results as they come; one code path for processes here and a cluster.

    Only so many jobs are held at a time, each with what its last edition said.
    """
    from mtf_eval.run.execute import Result

    left = iter(jobs)
    if (first := next(left, None)) is None:
        return
    with _submitting(options, data, rehearsed) as submit:
        running = {submit(first): first}
        while True:
            for job in islice(left, AHEAD - len(running)):
                running[submit(job)] = job
            if not running:
                return
            options.stop.heed()
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                try:
                    yield future.result()
                except Exception as error:
                    # A worker that was lost, an executor that broke: the report's failure.
                    kind = type(error).__name__
                    yield Result(
                        dataset=job.dataset,
                        name=job.name,
                        outcome="died",
                        error=kind,
                        message=f"the worker was lost ({kind})",
                    )


@contextmanager
def _submitting(
    options: Options, data: Sequence[str], rehearsed: Sequence[Job]
) -> Iterator[Callable[[Job], Future[Result]]]:
    if options.dask:
        import distributed

        from mtf_eval.run.execute import run_apart

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
            executor = client.get_executor(pure=False)
            yield lambda job: executor.submit(run_apart, job)
        return
    from mtf_eval.run.pool import pool

    workers = options.in_flight or os.cpu_count() or 1
    with options.stop.later(), pool(workers, data, rehearsed) as made:
        yield made.submit


def _job(
    report: Report, store: Store, options: Options, moment: str, wanted: Wanted, look: Look
) -> Job:
    from mtf_eval.publish.pages import corrections
    from mtf_eval.run.execute import Job

    return Job(
        dataset=report.dataset,
        name=report.name,
        source=report.template.source,
        cwd=str(report.template.path.parent.resolve()),
        previous=corrections.edition(store.out / report.dataset, report.name),
        parameters=report.parameters,
        release=wanted.release,
        run_time=moment,
        related=tuple((title_of(name), page_name(name, wanted.release)) for name in report.related),
        beside=tuple(report.lacking({}, wanted.beside)),
        look=look,
        cell_seconds=options.cell_seconds,
        seconds=options.seconds,
    )


def _changed_meanwhile(plans: Iterable[Planned]) -> list[str]:
    changed = []
    for planned in plans:
        if planned.facts.source:
            try:
                now = fingerprint(planned.address, planned.reference)
            except (RunRefused, OSError):
                now = "gone"
            if now != planned.facts.source:
                changed.append(planned.folder)
    return changed
