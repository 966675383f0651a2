"""The counts that `police_uk` takes while it reads, and what it notices of rows and names.

Which months are on record is decided in `coverage`, from the counts alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mtf_eval.records.dataset import Finding


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
