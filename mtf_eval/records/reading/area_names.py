"""Names of areas, wherever a data set has them, to one name a code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mtf_eval.records.reading.grids import Tidied

_LOOK_UP = (("LSOA21CD", "LSOA21NM"), ("LSOA11CD", "LSOA11NM"))


def area_names(read: Mapping[str, Tidied], look_up: Path | None) -> pd.DataFrame:
    """Return the name of each area: the first given, the table of names before all others."""
    names: dict[str, str] = {}
    for table in ("area_names", "project_areas", "incidents"):
        if table in read and "area_name" in read[table].frame:
            _of_column(read[table], names)
    for table in ("area_boundaries", "incidents"):
        for code, name in read[table].grid.names.items() if table in read else ():
            names.setdefault(code, name)
    if look_up is not None:
        frame = pd.read_csv(look_up, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        for pair in (p for p in _LOOK_UP if {*p} <= {*frame.columns}):
            for code, name in frame[[*pair]].dropna().itertuples(index=False):
                names.setdefault(code.strip().upper(), name.strip())
    held = [(code, name) for code, name in names.items() if name and name != code]
    return pd.DataFrame(held, columns=["area_code", "area_name"], dtype="str")


def _of_column(tidied: Tidied, names: dict[str, str]) -> None:
    own = tidied.frame[["area_code", "area_name"]].dropna().drop_duplicates()
    if len(again := own[own["area_code"].duplicated()]):
        text = f"{again['area_code'].nunique()} area(s) with several names: the first is used"
        tidied.finding("warning", text, row=again.index[0], column="area_name")
    for code, name in own.itertuples(index=False):
        names.setdefault(code, name)
