"""What looks wrong with months of police.uk records: gaps, short months, recoded areas, new names.

Works on the counts that `police_uk` takes while it reads (`Tally`); says what it sees and changes
nothing, save that `map_areas` counts recoded areas together when a look-up is supplied.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Finding

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Tally", "map_areas", "noticed"]

SHORT_SHARE = 0.6  # a month with less than this share of its neighbours' median looks incomplete
SHORT_SIGMAS = 5.0  # ... when chance (standard deviations of a Poisson count) does not explain it
SURELY = 10.0  # incidents expected of an area whose absence is then no chance: exp(-10)
SHOWN = 5


class Tally:
    """Counts kept as whole numbers that stand for texts: 28 bytes a row, whatever the texts."""

    def __init__(self, *columns: str) -> None:
        self._codes: dict[str, dict[str, int]] = {column: {} for column in columns}
        self._parts: dict[str, list[np.ndarray]] = {c: [] for c in (*columns, "n")}

    def add(self, label: str, tables: list[pa.Table]) -> None:
        """Take the counts of one file: its key columns in our order, the count last."""
        first, *keys = self._codes
        for table in tables:
            code = self._codes[first].setdefault(label, len(self._codes[first]))
            self._parts[first].append(np.full(len(table), code, dtype=np.int32))
            for key, column in zip(keys, table.columns[:-1], strict=True):
                known = self._codes[key]
                coded = column.combine_chunks().fill_null("").dictionary_encode()
                ours = [known.setdefault(v, len(known)) for v in coded.dictionary.to_pylist()]
                positions = np.array(ours, dtype=np.int32)
                self._parts[key].append(positions[coded.indices.to_numpy()])
            self._parts["n"].append(table.column(-1).to_numpy().astype(np.int32))

    def frame(self) -> pd.DataFrame:
        """Return the counts: a categorical column (in order of text) for each key, and `n`."""
        import pandas as pd

        columns: dict[str, pd.Categorical | np.ndarray] = {}
        for key, known in self._codes.items():
            names = np.array(list(known), dtype=object)
            order = np.argsort(names.astype(str), kind="stable")
            rank = np.empty(len(order), dtype=np.int32)
            rank[order] = np.arange(len(order), dtype=np.int32)
            joined = np.concatenate([*self._parts[key], np.empty(0, np.int32)])
            columns[key] = pd.Categorical.from_codes(rank[joined], list(names[order]))
        columns["n"] = np.concatenate([*self._parts["n"], np.empty(0, np.int32)])
        return pd.DataFrame(columns)


def noticed(counts: pd.DataFrame) -> list[Finding]:
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


def _rows(counts: pd.DataFrame) -> list[Finding]:
    """Rows without an area, and rows of another month than their file."""
    found = []
    total, nowhere = counts["n"].sum(), counts["n"][counts["area"] == ""].sum()
    if nowhere:
        text = f"{nowhere:,} of {total:,} rows have no area: counted, but in no area's figures"
        found.append(_finding("note", text))
    sums = counts.groupby(["label", "month"], observed=True)["n"].sum()
    for (label, month), n in sums.items():
        named = re.search(r"(\d{4}-\d{2})-[^/\\]*$", label)
        if named and named[1] != month:
            text = f"{label}: {n:,} rows are of {month}, not of the file's month; counted there"
            found.append(_finding("warning", text))
    return found


def _ordinal(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:]) - 1


def _months(counts: pd.DataFrame) -> list[Finding]:
    """Months that are missing between a force's first and last."""
    found = []
    for force, group in counts.groupby("force", observed=True):
        have = {_ordinal(m) for m in group["month"].unique()}
        gaps = [m for m in range(min(have), max(have)) if m not in have]
        if gaps:
            named = ", ".join(f"{m // 12}-{m % 12 + 1:02d}" for m in gaps)
            found.append(
                _finding("warning", f"{force or 'force not named'}: no records for {named}")
            )
    return found


def _short(counts: pd.DataFrame) -> list[Finding]:
    """Months of a crime type that hold far fewer incidents than the months around them.

    The median of up to three months on either side is what is expected; a month without a row
    is nought only where the force gave anything at all that month.
    """
    found = []
    for force, group in counts.groupby("force", observed=True):
        table = group.groupby(["measure", "month"], observed=True)["n"].sum().unstack(fill_value=0)
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


def _recoded(counts: pd.DataFrame) -> list[Finding]:
    """Areas that end and areas that begin between two months, beyond what chance would do."""
    months = list(counts["month"].cat.categories)
    inside = counts[counts["area"] != ""]
    by_area = inside.assign(m=inside["month"].cat.codes).groupby("area", observed=True)
    spans = by_area.agg(first=("m", "min"), last=("m", "max"), n=("n", "sum"))
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


def _renamed(counts: pd.DataFrame) -> list[Finding]:
    """Districts that change name while the areas keep their codes (Shepway, Folkestone)."""
    import pandas as pd

    months = list(counts["month"].cat.categories)
    named = counts[(counts["area"] != "") & (counts["name"] != "")]
    first = named.assign(m=named["month"].cat.codes).groupby(["area", "name"], observed=True)["m"]
    table = first.min().reset_index().sort_values(["area", "m"])
    table["district"] = table["name"].astype("str").str.replace(r" \d{3}[A-Z]$", "", regex=True)
    table["was"] = table.groupby("area", observed=True)["district"].shift()
    table["before"] = table.groupby("area", observed=True)["m"].shift()
    later = table["before"] < table["m"]
    moved = table[later & (table["was"] != table["district"])]
    return [
        _finding(
            "warning",
            f"{len(group)} areas named {was} are named {now} from {months[group['m'].min()]} on: "
            "the district was renamed or redrawn; areas are followed by their code",
        )
        for (was, now), group in moved.groupby(["was", "district"])
        if isinstance(group, pd.DataFrame)
    ]


def _some(codes: list[str]) -> str:
    if not codes:
        return "none"
    tail = ", ..." if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + tail


def map_areas(counts: pd.DataFrame, lookup: Path) -> tuple[pd.DataFrame, list[Finding]]:
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
    present = set(counts["area"].cat.categories)
    moved = {was: now for was, now in mapping.items() if was in present}
    mapped = counts.assign(area=counts["area"].astype("str").replace(moved).astype("category"))
    found = [_finding("note", f"{len(moved)} recoded areas are counted together")]
    tangled = changed[split & merged]
    if left := sorted(present & {*tangled["LSOA11CD"], *tangled["LSOA21CD"]}):
        text = f"{len(left)} areas were redrawn in ways no adding up repairs ({_some(left)})"
        found.append(_finding("warning", text))
    return mapped, found
