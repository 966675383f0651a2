"""Read a police.uk archive: our reader against pandas, speed as a ratio in one run, peak memory.

    python benchmarks/police_uk.py ARCHIVE.zip [ROUNDS]

Both read the same members of the same zip and need the same columns; pandas only reads them, our
reader also counts, checks the months and returns the counts. The two take turns; the figures are
medians of elapsed seconds, and of the seconds all cores spent (`cpu`). Memory is the peak of a
fresh process, for the archive as it is and for the same months three and six times over under later
years, beside that of a process that only imports what reads.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

COLUMNS = ["Month", "Falls within", "LSOA code", "LSOA name", "Crime type"]


def with_pandas(archive: Path) -> int:
    import pandas as pd

    rows = 0
    frames = []
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if name.endswith("-street.csv"):
                with opened.open(name) as member:
                    frames.append(pd.read_csv(member, usecols=COLUMNS))
                    rows += len(frames[-1])
    return rows


def with_reader(archive: Path) -> int:
    from mtf_eval.records.reading.police_uk import aggregate

    frame, *_ = aggregate(archive)
    return int(frame["count"].sum())


def longer(archive: Path, folder: Path, times: int, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Return the archive's months repeated under later years, as a new zip."""
    target = folder / f"times_{times}.zip"
    with (
        zipfile.ZipFile(archive) as source,
        zipfile.ZipFile(target, "w", method, compresslevel=1) as out,
    ):
        for name in source.namelist():
            if not name.endswith("-street.csv"):
                continue
            content = source.read(name).decode()
            year = name[:4]
            for more in range(times):
                later = str(int(year) + more)
                moved = content.replace(f",{year}-", f",{later}-")
                out.writestr(name.replace(year, later), moved)
    return target


def peak_mib(archive: Path | str) -> float:
    """Return the peak memory of a fresh process that reads, or with no archive only imports."""
    code = (
        "import sys; from mtf_eval.records.reading.police_uk import aggregate; "
        "import pandas, pyarrow.csv, pyarrow.compute; "
        "sys.argv[1] and aggregate(sys.argv[1]); "
        "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(archive)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def turns(files: Path, rounds: int) -> dict[str, float]:
    """Return medians of both, taking turns, and ours as a share of theirs."""
    spent: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, run in (("reader", with_reader), ("pandas", with_pandas)):
            start, used = time.perf_counter(), time.process_time()
            run(files)
            spent.setdefault(f"{name}_s", []).append(time.perf_counter() - start)
            spent.setdefault(f"{name}_cpu_s", []).append(time.process_time() - used)
    found = {name: round(statistics.median(times), 3) for name, times in spent.items()}
    found["ratio"] = round(found["reader_s"] / found["pandas_s"], 2)
    found["ratio_cpu"] = round(found["reader_cpu_s"] / found["pandas_cpu_s"], 2)
    return found


def main() -> None:
    archive = Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        result: dict[str, object] = {"rounds": rounds, "imports_mib": round(peak_mib(""))}
        for times in (1, 3, 6):
            files = longer(archive, Path(folder), times)
            found: dict[str, float] = {}
            if times < 6:
                assert with_reader(files) == with_pandas(files)
                found = turns(files, rounds)
            result[f"months_{12 * times}"] = found | {"peak_mib": round(peak_mib(files))}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
