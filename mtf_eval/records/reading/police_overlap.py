"""Street-level files that overlap: a month of a force that several of them hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from mtf_eval.errors import Problem
from mtf_eval.records.dataset import Finding
from mtf_eval.records.reading.police_months import summed

_NAME = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<force>.+)-street[^/]*$")
#: Behind the force of rows that their file's month does not put on record.
MISFILED = ", filed under another month"
#: A month of a force, and counts by area, its name and crime type.
_Key = tuple[str, str]
_Sums = dict[tuple[Any, ...], int]


@dataclass(frozen=True, slots=True)
class Member:
    """One monthly file, `of` a folder or a zip."""

    of: str
    label: str
    size: int
    open: Callable[[], Any]

    @property
    def name(self) -> tuple[str, str] | None:
        """Month and force by the file's name; `None` where it does not give both."""
        found = _NAME.search(self.label.casefold())
        return (found["month"], found["force"]) if found else None


def once(
    members: list[Member],
    done: Iterable[pa.Table | Problem],
    read: Callable[[Member], pa.Table | Problem],
    problems: list[Problem],
    findings: list[Finding],
) -> Iterator[pa.Table]:
    """Pass on what was counted, of a month of one force that is there twice the first.

    Files of one download that hold no area of it in common are parts of it. What went wrong is put
    with the problems, as are two that do not hold the same.
    """
    whose: dict[_Key, list[Member]] = {}
    sums = lru_cache(2)(lambda other: _sums(read(other)))
    read_once: list[_Key] = []
    parted: set[_Key] = set()
    for member, part in zip(members, done, strict=True):
        if isinstance(part, Problem):
            problems.append(part)
            continue
        keys = _keys_of(member, part)
        others = dict.fromkeys(other for key in keys for other in whose.get(key, ()))
        mine = _sums(part) if others else {}
        known: set[_Key] = set()
        unlike: list[Problem] = []
        for other in others:
            theirs = sums(other)
            if mine == theirs:
                known, unlike = {*(mine or keys)}, []
                break
            # Two of one name are of one month, whatever their rows say.
            for key in [key for key in mine if key in theirs] or keys[: member.name == other.name]:
                if key in mine and mine[key] == theirs[key]:
                    known.add(key)
                elif key in mine and member.of == other.of and _are_parts(mine[key], theirs[key]):
                    parted.add(key)
                elif key[1] or other.name is None or member.name in (None, other.name):
                    several = len({month for month, _ in (*mine, *theirs)}) > 1
                    unlike.append(_unlike(member, other, key, several=several))
        problems += unlike
        read_once += known
        for key in {*keys} - known:
            whose.setdefault(key, []).append(member)
        yield _without(part, known)
    for number, kind, how in (
        (len(read_once), "repaired", "there twice, with the same counts: read once"),
        (len(parted), "note", "in files that hold no area in common: added up"),
    ):
        if number:
            text = f"{number} month(s) of a force {how}"
            findings.append(Finding(kind=kind, table="incidents", text=text))


def _unlike(member: Member, other: Member, key: _Key, *, several: bool) -> Problem:
    month, force = key
    found = f"{month} of {force or 'a force that is not named'} a second time, with other counts"
    todo = "Keep that of the newer download"
    if several:
        todo = f"Take the rows of {month} out of the file of the older download; keep its others"
    return Problem(
        file=member.of,
        sheet=member.label,
        found=f"{found} (also in {other.of}, {other.label})",
        expected="each month of a force once, in a file YYYY-MM-force-street.csv",
        todo=todo,
    )


def _are_parts(one: _Sums, other: _Sums) -> bool:
    """Whether both hold areas and none in common, rows without one included."""
    here, there = ({str(area or "").strip().upper() for area, *_ in sums} for sums in (one, other))
    return {*here, *there} != {""} and here.isdisjoint(there)


def _without(part: pa.Table, known: set[_Key]) -> pa.Table:
    """Leave out some months of a force, and the texts that only they hold."""
    if not known:
        return part
    kept = part.filter(pa.array([key not in known for key in _pairs(part)], pa.bool_()))
    texts = [kept[name].cast(pa.string()).combine_chunks() for name in kept.column_names[:-1]]
    columns = [*(text.dictionary_encode() for text in texts), kept["n"]]
    return pa.table(columns, names=kept.column_names)


def _pairs(part: pa.Table) -> list[_Key]:
    """Return of which month of which force each row is, wherever it was filed."""
    months, forces = (part[key].to_pylist() for key in ("month", "force"))
    return [(m, f.removesuffix(MISFILED)) for m, f in zip(months, forces, strict=True)]


def _keys_of(member: Member, part: pa.Table) -> list[_Key]:
    """Return the months of a force that a file is of: named by both that in its name."""
    month, force = (part[key].chunk(0) for key in ("month", "force"))
    texts = [column.dictionary.to_pylist() for column in (month, force)]
    places = [column.indices.to_numpy() for column in (month, force)]
    codes, n = summed(places, map(len, texts), part["n"].to_numpy())
    pairs = [(texts[0][m], texts[1][f].removesuffix(MISFILED)) for m, f in zip(*codes, strict=True)]
    if member.name is None:
        return pairs
    # Of a named file the rows of other months and forces are strays.
    own = [each for each in zip(n, pairs, strict=True) if each[1][0] == member.name[0]]
    return [member.name, *([max(own)[1]] if own else pairs)]


def _sums(part: pa.Table) -> dict[_Key, _Sums]:
    """Return what a file counts of each month of a force, by area, its name and crime type."""
    found: dict[_Key, _Sums] = {}
    columns = [part[key].to_pylist() for key in ("area", "name", "measure", "n")]
    for pair, *key, n in zip(_pairs(part), *columns, strict=True):
        if n:
            found.setdefault(pair, {})[tuple(key)] = n
    return found
