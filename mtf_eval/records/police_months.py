"""What looks wrong with months of police.uk records: gaps, short months, recoded areas, new names.

Works on the counts that `police_uk` takes while it reads (`Counts`); says what it sees and changes
nothing, save that `map_areas` counts recoded areas together when a look-up is supplied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Finding

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Counts", "map_areas", "noticed"]

SHORT_SHARE = 0.6  # a month with less than this share of its neighbours' median looks incomplete
SHORT_SIGMAS = 5.0  # ... when chance (standard deviations of a Poisson count) does not explain it
SURELY = 10.0  # incidents expected of an area whose absence is then no chance: exp(-10)
SHOWN = 5


class Counts:
    """Counts kept as whole numbers that stand for texts: 28 bytes a row, whatever the texts."""

    def __init__(self, parts: Iterable[pa.Table]) -> None:
        """Join tables of texts as dictionaries, the count (`n`) last, of which one may be empty."""
        import pyarrow as pa
        import pyarrow.compute as pc

        joined = pa.concat_tables(parts).unify_dictionaries()
        *keys, _ = joined.column_names
        self.words: dict[str, pa.Array] = {}
        codes: dict[str, pa.Array] = {}
        for key in keys:
            column = joined[key].combine_chunks()
            rank = pc.rank(column.dictionary, tiebreaker="dense").cast(pa.int32())
            self.words[key] = column.dictionary.sort()
            codes[key] = pc.subtract(rank, pa.scalar(1, pa.int32())).take(column.indices)
        self._codes = pa.table(codes | {"n": joined["n"].combine_chunks()})

    def by(self, *keys: str) -> pd.DataFrame:
        """Return the sums by some keys, sorted: each key a categorical column, the sum `n`.

        `first` and `last` are the months each stands in, as places in `words["month"]`.
        """
        import pandas as pd

        asked = [("n", "sum"), ("month", "min"), ("month", "max")]
        sums = self._codes.group_by(list(keys), use_threads=False).aggregate(asked)
        sums = sums.sort_by([(key, "ascending") for key in keys])
        columns = {
            key: pd.Categorical.from_codes(sums[key].to_numpy(), self.words[key].to_pylist())
            for key in keys
        }
        for name, source in (("n", "n_sum"), ("first", "month_min"), ("last", "month_max")):
            columns[name] = sums[source].to_numpy()
        return pd.DataFrame(columns)

    def texts(self, *keys: str) -> pd.DataFrame:
        """Return the sums by some keys, sorted, each key as text; made to need little memory."""
        import numpy as np
        import pandas as pd
        import pyarrow as pa

        shape = [len(self.words[key]) for key in keys]
        places = np.ravel_multi_index([self._codes[key].to_numpy() for key in keys], shape)
        order = places.argsort(kind="stable")
        places, n = places[order], self._codes["n"].to_numpy()[order]
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        n = np.add.reduceat(n, starts) if len(starts) else n
        codes = zip(keys, np.unravel_index(places[starts], shape), strict=True)
        columns = {k: self.words[k].cast(pa.large_string()).take(pa.array(c)) for k, c in codes}
        return pd.DataFrame({k: text.to_pandas() for k, text in columns.items()} | {"n": n})

    def together(self, key: str, names: Mapping[str, str]) -> None:
        """Count under another text what stands under some."""
        import pyarrow as pa

        words = [names.get(word, word) for word in self.words[key].to_pylist()]
        self.words[key] = pa.array(sorted(set(words)), pa.string())
        place = {word: n for n, word in enumerate(self.words[key].to_pylist())}
        moved = pa.array([place[word] for word in words], pa.int32()).take(self._codes[key])
        self._codes = self._codes.set_column(self._codes.column_names.index(key), key, moved)


def noticed(counts: Counts) -> list[Finding]:
    """Everything that the counted months show."""
    return [
        *_rows(counts),
        *_months(counts),
        *_short(counts),
        *_recoded(counts),
        *_renamed(counts),
    ]


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


def _ordinal(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:]) - 1


def _months(counts: Counts) -> list[Finding]:
    """Months that are missing between a force's first and last."""
    found = []
    for force, group in counts.by("force", "month").groupby("force", observed=True):
        have = {_ordinal(m) for m in group["month"].unique()}
        gaps = [m for m in range(min(have), max(have)) if m not in have]
        if gaps:
            named = ", ".join(f"{m // 12}-{m % 12 + 1:02d}" for m in gaps)
            found.append(
                _finding("warning", f"{force or 'force not named'}: no records for {named}")
            )
    return found


def _short(counts: Counts) -> list[Finding]:
    """Months of a crime type that hold far fewer incidents than the months around them.

    The median of up to three months on either side is what is expected; a month without a row
    is nought only where the force gave anything at all that month.
    """
    found = []
    for force, group in counts.by("force", "measure", "month").groupby("force", observed=True):
        table = group.pivot(index="measure", columns="month", values="n").fillna(0)
        for measure, row in zip(table.index, table.to_numpy(dtype=float), strict=True):
            for i, month in enumerate(table.columns):
                beside = [*row[max(0, i - 3) : i], *row[i + 1 : i + 4]]
                if len(beside) < 2:
                    continue
                expected = median(beside)
                chance = SHORT_SIGMAS * expected**0.5
                if row[i] < SHORT_SHARE * expected and expected - row[i] > chance:
                    found.append(
                        _finding(
                            "warning",
                            f"{force or 'force not named'}, {measure}, {month}: {row[i]:,.0f} "
                            f"incidents where the months around it have about {expected:,.0f}; "
                            "the month looks incomplete",
                        )
                    )
    return found


def _recoded(counts: Counts) -> list[Finding]:
    """Areas that end and areas that begin between two months, beyond what chance would do."""
    months = counts.words["month"].to_pylist()
    spans = counts.by("area").set_index("area").drop(index="", errors="ignore")
    spans = spans[spans["n"] >= 2 * SURELY]
    rate = spans["n"] / (spans["last"] - spans["first"] + 1)
    ended = spans["last"][(len(months) - 1 - spans["last"]) * rate > SURELY] + 1
    began = spans["first"][spans["first"] * rate > SURELY]
    found = []
    for i in sorted({*ended, *began}):
        gone, new = list(ended.index[ended == i]), list(began.index[began == i])
        found.append(
            _finding(
                "warning",
                f"From {months[i]} on {len(gone)} areas are no longer recorded ({_some(gone)}) and "
                f"{len(new)} begin ({_some(new)}): areas may have been recoded (2011 to 2021). Put "
                "the ONS look-up beside the records as lsoa_lookup.csv, or compare nothing across",
            )
        )
    return found


def _renamed(counts: Counts) -> list[Finding]:
    """Districts that change name while the areas keep their codes (Shepway, Folkestone)."""
    import pandas as pd

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


def _some(codes: list[str]) -> str:
    if not codes:
        return "none"
    tail = ", ..." if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + tail


def map_areas(counts: Counts, lookup: Path) -> list[Finding]:
    """Count recoded areas together: split areas under the old code, merged ones under the new.

    Raises
    ------
    DataProblems
        The look-up lacks its two columns.
    """
    import pandas as pd

    table = pd.read_csv(lookup, dtype=str, encoding="utf-8-sig")
    if not {"LSOA11CD", "LSOA21CD"} <= set(table.columns):
        problem = Problem(
            file=lookup.name,
            row=1,
            found="another header",
            expected="columns LSOA11CD and LSOA21CD",
        )
        raise DataProblems([problem])
    pairs = table[["LSOA11CD", "LSOA21CD"]].dropna().drop_duplicates()
    olds, news = pairs["LSOA11CD"].value_counts(), pairs["LSOA21CD"].value_counts()
    changed = pairs[pairs["LSOA11CD"] != pairs["LSOA21CD"]]
    split = changed["LSOA11CD"].map(olds) > 1
    merged = changed["LSOA21CD"].map(news) > 1
    into_old, into_new = changed[split & ~merged], changed[~split]
    mapping = dict(zip(into_old["LSOA21CD"], into_old["LSOA11CD"], strict=True))
    mapping |= dict(zip(into_new["LSOA11CD"], into_new["LSOA21CD"], strict=True))
    present = set(counts.words["area"].to_pylist())
    moved = {was: now for was, now in mapping.items() if was in present}
    counts.together("area", moved)
    found = [_finding("note", f"{len(moved)} recoded areas are counted together")]
    tangled = changed[split & merged]
    if left := sorted(present & {*tangled["LSOA11CD"], *tangled["LSOA21CD"]}):
        text = f"{len(left)} areas were redrawn in ways no adding up repairs ({_some(left)})"
        found.append(_finding("warning", text))
    return found
