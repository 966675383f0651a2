"""Areas that were redrawn: followed by their codes before anything is counted; and their names.

Takes the package's look-up of 2011 and 2021 areas, with a user's own in its place where it names
an area. What was split or merged is counted as one, in whatever vintage records and projects name
it, where both vintages are in use; a part of it that a project names cannot be followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from mtf_eval.errors import refused
from mtf_eval.records.aliases import CHANGED_AREAS, fold
from mtf_eval.records.dataset import Finding
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.plans import listed, named_areas
from mtf_eval.records.reading.grids import Tidied

#: Name of a user's own look-up.
LOOK_UP = "lsoa_lookup.csv"

OLD, NEW = "LSOA11CD", "LSOA21CD"
_NAMED = ((NEW, "LSOA21NM"), (OLD, "LSOA11NM"))

Group = tuple[frozenset[str], frozenset[str]]


def area_kind(code: str) -> str:
    """Return what a code says it is of: `01` of a small area, `05` of a ward, `06` of a district.

    Nothing of a code that is none of the Office for National Statistics.

    >>> area_kind("E01024687"), area_kind("E07000114"), area_kind("Beat 7")
    ('01', '06', '')
    """
    found = re.match(r"[EWNS](\d{2})\d{6}(?!\w)", code)
    kind = found[1] if found else ""
    return "06" if kind in ("07", "08", "09") else kind


def own_look_up(place: Path) -> Path | None:
    """Return the user's own look-up: in the folder of the records or of its archive, or beside."""
    folder = place if place.is_dir() else place.parent
    beside = (folder / LOOK_UP, folder / "police_uk" / LOOK_UP) if place.exists() else ()
    return next((p for p in beside if p.is_file()), None)


def follow(read: Mapping[str, Tidied], own: Path | None) -> tuple[dict[str, str], list[Finding]]:
    """Count redrawn areas together, in every table, where records or projects name both vintages.

    Codes are changed in place. Returns the parts that projects name and that cannot be followed,
    each with what became of what; and what was counted together.
    """
    there = read["incidents"].frame["area_code"].dropna() if "incidents" in read else ()
    recorded = {*there}
    if not recorded:
        return {}, []
    planned = named_areas(read["plans"].frame) if "plans" in read else pd.DataFrame()
    areas = read["project_areas"].frame if "project_areas" in read else pd.DataFrame()
    areas = pd.concat([areas, planned]) if len(planned) else areas
    here = recorded | ({*areas["area_code"].dropna()} if len(areas) else set())
    units: dict[str, str] = {}
    parts: dict[str, str] = {}
    for old, new in _groups(_look_up(own), here):
        if not (here & old and here & new):
            continue
        if apart := _apart(areas, old, new):
            became = f"{_listed(old)} became {_listed(new)}"
            parts |= {a: f"it was redrawn, {became}, and is only a part of that" for a in apart}
            continue
        unit = min(old) if len(old) == 1 else min(new) if len(new) == 1 else "/".join(sorted(old))
        units |= dict.fromkeys(old | new, unit)
    units = {code: unit for code, unit in units.items() if code != unit}
    moved = units.keys() & here
    for name, tidied in read.items():
        if "area_code" in tidied.frame:
            tidied.frame = _moved(name, tidied.frame, units)
        for column in ("areas", "buffer") if name == "plans" and moved else ():
            codes = tidied.frame[column].map(
                lambda cell: "; ".join(dict.fromkeys(units.get(a, a) for a in listed(cell)))
            )
            tidied.frame = tidied.frame.assign(**{column: codes})
    text = f"{len(moved)} area codes of 2011 or 2021 are counted with what they were redrawn from"
    return parts, [Finding(kind="note", table="incidents", text=text)] if moved else []


def _listed(codes: Iterable[str]) -> str:
    return " and ".join(sorted(codes))


def _apart(areas: pd.DataFrame, old: frozenset[str], new: frozenset[str]) -> set[str]:
    """Return the codes that a project names in one role without the rest of their group."""
    apart: set[str] = set()
    named = areas[areas["area_code"].isin(old | new)] if len(areas) else areas
    for _, part in named.groupby(["project_id", "role"]) if len(named) else ():
        codes = {*part["area_code"]}
        if not (codes >= old or codes >= new):
            apart |= codes
    return apart


def _moved(name: str, frame: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    codes = frame["area_code"]
    new = codes.map({c: units.get(c, c) for c in codes.dropna().unique()}).astype("str")
    if not (changed := new != codes).any():
        return frame
    if name == "area_boundaries":  # outlines of one area are numbered through
        pairs = codes.astype(str) + " " + frame["ring"].astype(str)
        ring = pairs.groupby(new).transform(lambda p: pd.factorize(p)[0] + 1)
        frame = frame.assign(ring=frame["ring"].mask(new.isin({*new[changed]}), ring))
    frame = frame.assign(area_code=new)
    if name != "project_areas":
        return frame
    key = ["project_id", "area_code", "role"]
    people = frame.groupby(key)["population"].transform(lambda p: p.sum(skipna=False))
    return frame.assign(population=people).drop_duplicates(key)


def _look_up(own: Path | None) -> pd.DataFrame:
    """Return pairs of codes that changed; the user's rows in place of ours of the same areas."""
    pairs = _ours()
    if own is not None:
        theirs = _read(own)
        known = {*theirs[OLD], *theirs[NEW]}
        ours = pairs[~(pairs[OLD].isin(known) | pairs[NEW].isin(known))]
        pairs = pd.concat([ours, theirs])
    return pairs[pairs[OLD] != pairs[NEW]]


@cache
def districts() -> frozenset[str]:
    """Return the names of districts, folded: of those with an area that was redrawn."""
    return frozenset(map(fold, pd.read_csv(REFERENCE / CHANGED_AREAS)["LAD22NM"].unique()))


@cache
def _ours() -> pd.DataFrame:
    return _read(REFERENCE / CHANGED_AREAS)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except ValueError:
        table = pd.DataFrame()
    if not {OLD, NEW} <= set(table.columns):
        raise refused(path.name, "another header", f"columns {OLD} and {NEW}", row=1)
    pairs = table[[OLD, NEW]].dropna().apply(lambda c: c.str.strip().str.upper())
    changed = pairs[pairs[OLD] != pairs[NEW]]
    both = changed[OLD].isin(pairs[NEW]) | changed[NEW].isin(pairs[OLD])
    if both.any():
        rows = [int(r) + 2 for r in changed.index[both]]
        found = f"a code that is old in one row and new in another ({len(rows)} rows, first here)"
        expected = f"{OLD} of the older areas only, {NEW} of the newer ones only"
        todo = "keep the columns apart, one change of boundaries to a file"
        raise refused(path.name, found, expected, todo, row=rows[0])
    return pairs.drop_duplicates()


def _groups(pairs: pd.DataFrame, wanted: set[str]) -> list[Group]:
    """Return the groups of areas that hold the same ground in both vintages, of codes wanted."""
    from scipy.cluster.hierarchy import DisjointSet

    sides = [[(side, code) for code in pairs[side]] for side in (OLD, NEW)]
    whole = DisjointSet([*sides[0], *sides[1]])
    for one, other in zip(*sides, strict=True):
        whole.merge(one, other)
    found: dict[tuple[str, str], Group] = {}
    for code in sorted(wanted):
        at = (OLD, code) if (OLD, code) in whole else (NEW, code)
        if at in whole and whole[at] not in found:
            group = whole.subset(at)
            old, new = (frozenset(c for own, c in group if own == s) for s in (OLD, NEW))
            found[whole[at]] = old, new
    return list(found.values())


def area_names(read: Mapping[str, Tidied], look_up: Path | None) -> pd.DataFrame:
    """Return the name of each area: the first given, the table of names before all others."""
    names: dict[str, str] = {}
    for table in ("area_names", "project_areas", "incidents"):
        if table in read and "area_name" in read[table].frame:
            _names_of(read[table], names)
    for table in ("area_boundaries", "incidents"):
        for code, name in read[table].grid.names.items() if table in read else ():
            names.setdefault(code, name)
    if look_up is not None:
        frame = pd.read_csv(look_up, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        for pair in (p for p in _NAMED if {*p} <= {*frame.columns}):
            for code, name in frame[[*pair]].dropna().itertuples(index=False):
                names.setdefault(code.strip().upper(), name.strip())
    held = [(code, name) for code, name in names.items() if name and name != code]
    return pd.DataFrame(held, columns=["area_code", "area_name"], dtype="str")


def _names_of(tidied: Tidied, names: dict[str, str]) -> None:
    own = tidied.frame[["area_code", "area_name"]].dropna().drop_duplicates()
    if len(again := own[own["area_code"].duplicated()]):
        text = f"{again['area_code'].nunique()} area(s) with several names: the first is used"
        tidied.finding("warning", text, row=again.index[0], column="area_name")
    for code, name in own.itertuples(index=False):
        names.setdefault(code, name)
