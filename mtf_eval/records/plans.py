"""Plans that were fixed before a project starts: their table, their file, and the hash of a row.

The command `plan` writes the file beside the data; the hash says whether a row still is what it
wrote. Judges nothing else.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.errors import BadArgument
from mtf_eval.records.tables import TABLES

BY_HAND = "changed by hand"  # stands for a hash that the row does not bear out


def listed(value: object) -> tuple[str, ...]:
    """Return the parts of a cell of several."""
    text = "" if value is None or pd.isna(value) else str(value)
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _plain(value: object) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return "; ".join(listed(value))
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return np.format_float_positional(float(value), trim="-")  # type: ignore[arg-type]


def hash_of(row: Mapping[str, Any]) -> str:
    """Digest what a plan says, however it is written down."""
    text = "\n".join(f"{n}: {_plain(row.get(n))}" for n in TABLES["plans"].columns if n != "hash")
    return f"h{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write plans with their hashes, in place of older ones of the same project and day."""
    names = list(TABLES["plans"].columns)
    try:
        held: list[dict[str, str]] = []
        if file.is_file():
            with file.open(newline="", encoding="utf-8-sig") as handle:
                reader = csv.DictReader(handle)
                held = list(reader)
            if not {"project_id", "fixed_on", "hash"} <= {*(reader.fieldnames or ())}:
                raise BadArgument(
                    f"{file}: its headings are not those of plans; save it as CSV with commas, as "
                    "it was written, or move it away"
                )
        for row in rows:
            new = {n: _plain(row.get(n)) for n in names} | {"hash": hash_of(row)}
            # Excel may have written the day it was fixed on day first.
            same = [(h["project_id"], "-".join(reversed(h["fixed_on"].split("/")))) for h in held]
            at = (new["project_id"], new["fixed_on"])
            held = [h for h, key in zip(held, same, strict=True) if key != at] + [new]
        part = file.with_name(f".{file.name}.part")
        with part.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(
                handle, names, restval="", extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(held)
        part.replace(file)
    except OSError as error:
        raise BadArgument(
            f"{file}: cannot be written ({error.strerror}); plan on a copy of the records in a "
            "folder of yours"
        ) from None


def named_areas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the areas of plans as `project_areas` has them: a row an area, with its role."""
    rows = [
        (row["project_id"], area, role)
        for row in frame.to_dict("records")
        for role, column in (("target", "areas"), ("buffer", "buffer"))
        for area in listed(row[column])
    ]
    return pd.DataFrame(rows, columns=["project_id", "area_code", "role"], dtype="str")
