"""What placing incidents takes, against what pandas takes to read them: processor time, one run.

python -m benchmarks.places [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mtf_eval.records.aliases import packaged
from mtf_eval.records.reading.grids import read_csv
from mtf_eval.records.reading.places import placed

#: Ninety areas of a hundredth of a degree each, named after the column and line they lie in.
COLUMNS, LINES, WEST, SOUTH, SIZE = 10, 9, 1.3, 51.3, 0.01


def outlines() -> pd.DataFrame:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    rows = [
        (f"E{i:03}{j:05}", 1, n, WEST + SIZE * (i + a), SOUTH + SIZE * (j + b))
        for i in range(COLUMNS)
        for j in range(LINES)
        for n, (a, b) in enumerate(corners, 1)
    ]
    return pd.DataFrame(rows, columns=["area_code", "ring", "point", "lon", "lat"])


def written(path: Path, rows: int) -> pd.DataFrame:
    """Write incidents as a system exports them and return them."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"reference": np.arange(rows)})
    frame["longitude"] = rng.uniform(WEST, WEST + SIZE * COLUMNS, rows).round(6)
    frame["latitude"] = rng.uniform(SOUTH, SOUTH + SIZE * LINES, rows).round(6)
    frame["date"] = pd.Timestamp(2023, 1, 1) + pd.to_timedelta(frame.index * 97, unit="s")
    frame["measure"], frame["ward"] = "ASB - Nuisance", "Cliftonville West"
    frame.to_csv(path, index=False)
    return frame


def by_hand(frame: pd.DataFrame) -> pd.Series:
    """Return the area of each incident: the one its coordinates round down to."""
    column = np.floor((frame["longitude"] - WEST) / SIZE).clip(0, COLUMNS - 1).astype(int)
    line = np.floor((frame["latitude"] - SOUTH) / SIZE).clip(0, LINES - 1).astype(int)
    return "E" + column.map("{:03}".format) + line.map("{:05}".format)


def measure(path: Path, rounds: int = 3) -> tuple[float, list[object]]:
    """Return how many times the reading the placing takes, at best, and the areas."""
    areas, aliases = outlines(), packaged()
    reading, placing = [], []
    for _ in range(rounds):
        start = time.process_time()
        pd.read_csv(path, parse_dates=["date"])
        reading.append(time.process_time() - start)
        grid = read_csv(path, "incidents")
        start = time.process_time()
        done = placed(grid, aliases, areas, path.parent)
        placing.append(time.process_time() - start)
    return min(placing) / min(reading), [row[-1] for row in done.rows[1:]]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incidents.csv"
        written(path, rows := int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
        print(f"{rows:,} incidents placed in {measure(path)[0]:.1f} times the time of reading")
