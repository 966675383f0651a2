"""The counts that `police_uk` takes while it reads, months that files share, what it notices.

Which months are on record is decided in `coverage`, from the counts alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mtf_eval.errors import Problem
from mtf_eval.records.dataset import Finding

_NAME = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<force>.+)-street[^/]*$")
#: Behind the force of rows that their file's month does not put on record.
MISFILED = ", filed under another month"
#: A month of a force, and counts by area, its name and crime type.
_Key = tuple[str, str]
_Sums = dict[tuple[Any, ...], int]


class Counts:
    """Counts kept as whole numbers that stand for texts, each as narrow as it can be.

    A row of a month takes some ten bytes; the texts are held once, whatever the months.
    """

    def __init__(self, keys: Iterable[str], parts: Iterable[pa.Table]) -> None:
        """Take tables of texts as dictionaries and a count (`n`), each let go before the next."""
        places = {key: defaultdict[str, int](count().__next__) for key in keys}
        held: dict[str, list[Any]] = {name: [] for name in (*places, "n")}
        for part in parts:
            for key, known in places.items():
                column = part[key].chunk(0)
                words = column.dictionary.to_numpy(zero_copy_only=False)
                codes = np.fromiter(map(known.__getitem__, words), "int32", len(words))
                held[key].append(_narrow(codes, len(known))[column.indices.to_numpy()])
            n = part["n"].to_numpy()
            held["n"].append(_narrow(n, n.max(initial=0)))
        self.words: dict[str, pa.Array] = {}
        self._codes: dict[str, Any] = {}
        for key, known in places.items():
            order = sorted(known)
            rank = _narrow(np.argsort([known[word] for word in order]), len(order))
            self.words[key] = pa.array(order, pa.string())
            self._codes[key] = rank[np.concatenate([*held.pop(key), np.array([], "uint8")])]
        self._codes["n"] = np.concatenate([*held.pop("n"), np.array([], "uint8")])

    def by(self, *keys: str) -> pd.DataFrame:
        """Return the sums by some keys, sorted: each key a categorical column, the sum `n`.

        `first` and `last` are the months each stands in, as places in `words["month"]`.
        """
        asked = [("n", "sum"), ("month", "min"), ("month", "max")]
        sums = pa.table(self._codes).group_by(list(keys), use_threads=False).aggregate(asked)
        sums = sums.sort_by([(key, "ascending") for key in keys])
        columns = {
            key: pd.Categorical.from_codes(sums[key].to_numpy(), self.words[key].to_pylist())
            for key in keys
        }
        for name, source in (("n", "n_sum"), ("first", "month_min"), ("last", "month_max")):
            columns[name] = sums[source].to_numpy().astype("int64")
        return pd.DataFrame(columns)

    def sums(self, *keys: str) -> tuple[dict[str, Any], Any]:
        """Return the sums by month and some keys, sorted: places in `words`, and the sum.

        Made to need little memory: a month at a time, and no text written out.
        """
        months = self._codes["month"]
        held: dict[str, list[Any]] = {name: [months[:0]] for name in ("month", *keys, "n")}
        sizes = {key: len(self.words[key]) for key in keys}
        for month in range(len(self.words["month"])):
            rows = np.flatnonzero(months == month)
            places, n = summed(
                [self._codes[key][rows] for key in keys], sizes.values(), self._codes["n"][rows]
            )
            for key, codes in zip(keys, places, strict=True):
                held[key].append(codes)
            held["n"].append(n)
            held["month"].append(np.full(len(n), month, months.dtype))
        joined = {name: np.concatenate(held.pop(name)) for name in [*held]}
        n = joined.pop("n").astype("int64", copy=False)
        return joined, n


def summed(texts: Iterable[Any], sizes: Iterable[int], n: Any = None) -> tuple[list[Any], Any]:
    """Return each combination of some numbers that stand for texts once, sorted, and its sum.

    Each text is given as its place among `sizes` different ones; `n` is what each row counts, else
    one.
    """
    texts, sizes = list(texts), [max(1, size) for size in sizes]
    places = np.zeros(len(texts[0]), "int64")
    for text, size in zip(texts, sizes, strict=True):
        places *= size
        places += text
    if n is None:
        places.sort()
        n = np.ones(len(places), "int64")
    else:
        order = places.argsort()
        places, n = places[order], n[order]
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    if len(starts):
        places, n = places[starts], np.add.reduceat(n, starts, dtype="int64")
    codes = np.unravel_index(places, sizes)
    return [c.astype(t.dtype) for c, t in zip(codes, texts, strict=True)], n


def _narrow(numbers: Any, largest: int) -> Any:
    return numbers.astype(np.min_scalar_type(largest))


def noticed(counts: Counts) -> list[Finding]:
    """Everything that the counted months show."""
    return [*_rows(counts), *_renamed(counts)]


def named_areas(counts: Counts) -> dict[str, str]:
    """Return the name of each area; of several the one it has last."""
    rows = counts.by("area", "name").astype({"area": "str", "name": "str"})
    rows = rows[(rows["area"] != "") & (rows["name"] != "")].sort_values("last", kind="stable")
    return dict(zip(rows["area"], rows["name"], strict=True))


def _finding(kind: str, text: str) -> Finding:
    return Finding(kind=kind, table="incidents", text=text)


def _rows(counts: Counts) -> list[Finding]:
    """Rows without an area, and rows of another month than their file."""
    found = []
    areas = counts.by("area")
    total, nowhere = areas["n"].sum(), areas["n"][areas["area"] == ""].sum()
    if nowhere:
        text = f"{nowhere:,} of {total:,} rows have no area: counted, but in no area's figures"
        found.append(_finding("note", text))
    for label, month, n, *_ in counts.by("label", "month").itertuples(index=False):
        named = re.search(r"(\d{4}-\d{2})-[^/\\]*$", label)
        if named and named[1] != month:
            text = f"{label}: {n:,} rows are of {month}, not of the file's month; counted there"
            found.append(_finding("warning", text))
    return found


def _renamed(counts: Counts) -> list[Finding]:
    """Districts that change name while the areas keep their codes (Shepway, Folkestone)."""
    months = counts.words["month"].to_pylist()
    rows = counts.by("area", "name")
    rows = rows[rows["area"].duplicated(keep=False)].astype({"area": "str", "name": "str"})
    rows = rows[(rows["area"] != "") & (rows["name"] != "")]
    table = rows.sort_values(["area", "first"])
    table["district"] = table["name"].str.replace(r" \d{3}[A-Z]$", "", regex=True)
    table["was"] = table.groupby("area")["district"].shift()
    table["before"] = table.groupby("area")["first"].shift()
    later = table["before"] < table["first"]
    moved = table[later & (table["was"] != table["district"])]
    return [
        _finding(
            "warning",
            f"{len(group)} areas named {was} are named {now} from {months[group['first'].min()]} "
            "on: the district was renamed or redrawn; areas are followed by their code",
        )
        for (was, now), group in moved.groupby(["was", "district"])
        if isinstance(group, pd.DataFrame)
    ]


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
    found += f" (also in {other.of}, {other.label})"
    expected = "each month of a force once, in a file YYYY-MM-force-street.csv"
    return Problem(member.of, found, expected, todo, member.label)


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
