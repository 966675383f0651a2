"""Whether a plan keeps its promise: the power promised before a start, and the share found after.

    python benchmarks/planning.py --wards mps_ward_counts.csv.gz --archive kent_2022_street.zip

A project is pretended in every area, or group of neighbours, of records in which nothing was done.
What it could show is promised from the months before its start alone; then a known share of its
incidents after the start is taken out, and the evaluation finds the fall or not (expected over
every way of taking them out). About a minute and a half.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from mtf_eval.analysis.effects import Panel, planned
from mtf_eval.analysis.effects.forecast import LEAST_MONTHS
from mtf_eval.analysis.effects.placebo import placebo_limits
from mtf_eval.analysis.effects.validation import month_by_area, pretended_targets
from mtf_eval.errors import NotEnoughData

FALLS = (0.2, 0.3)
WARDS, STREETS = "London wards", "Kent 2022"
#: Records, measure, areas of a project, first month after, months after.
DESIGNS = (
    (WARDS, "all recorded", 1, "2023-07-01", 6),
    (WARDS, "Violence against the person", 1, "2023-07-01", 12),
    (WARDS, "Burglary", 3, "2023-07-01", 6),
    (STREETS, "all recorded", 1, "2022-09-01", 4),
    (STREETS, "all recorded", 3, "2022-09-01", 4),
    (STREETS, "all recorded", 8, "2022-09-01", 4),
)


def kept(
    counts: pd.DataFrame,
    *,
    start: pd.Timestamp,
    months: int,
    size: int,
    falls: Sequence[float] = FALLS,
) -> pd.DataFrame:
    """Promise and outcome of a design, over every group of `size` neighbours as its target.

    Returns
    -------
    DataFrame
        A row per fall: `fall`, `targets`, `promised` and `found` (shares), `error` (standard
        error of the share found, were the targets independent).
    """
    at = int(counts.index.get_loc(start))
    groups = {str(c): str(i // size) for i, c in enumerate(counts.columns)}
    seen = counts.iloc[: at + months]
    rows = []
    for target in pretended_targets(counts=seen, start=start, groups=groups):
        if len(target) < size:
            continue
        whole = Panel(counts=seen, target=target, start=start)
        # With less than a year before, as many months as after are compared (METHODS, section 13).
        panel = whole if at >= LEAST_MONTHS else whole.between(counts.index[at - months], None)
        try:
            able = planned(panel=whole.between(None, counts.index[at - 1]), months=months)
            after = panel.totals(target)[1]
            left = np.arange(after + 1)
            high = placebo_limits(panel=panel, after=left)[1]
        except NotEnoughData:
            continue
        for fall in falls:
            chance = stats.binom.pmf(left, after, 1 - fall)
            rows.append((fall, able.chance(1 - fall), float(chance @ (high < 1))))
    frame = pd.DataFrame(rows, columns=["fall", "promised", "found"])
    by = frame.groupby("fall")
    return by.agg(
        targets=("found", "size"),
        promised=("promised", "mean"),
        found=("found", "mean"),
        error=("found", "sem"),
    ).reset_index()


def wards_of(path: Path) -> dict[str, pd.DataFrame]:
    """Read counts by ward and month, by measure."""
    from mtf_eval.records.reading.area_counts import read_area_counts

    rows = read_area_counts(path)
    wanted = [measure for source, measure, *_ in DESIGNS if source == WARDS]
    return {
        m: month_by_area(incidents=rows, measure=None if m == "all recorded" else m) for m in wanted
    }


def study(records: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Try every design of the records given, months x areas by source and measure."""
    parts = []
    for source, measure, size, start, months in DESIGNS:
        if source in records:
            counts = records[source][measure]
            found = kept(counts, start=pd.Timestamp(start), months=months, size=size)
            name = f"{source}, {measure.lower()}, {size} area{'s' * (size > 1)}, {months} months"
            parts.append(found.assign(design=name))
    return pd.concat(parts, ignore_index=True)


def text_of(frame: pd.DataFrame) -> str:
    """Write the study for docs/validation.md."""
    lines = [
        "\n## Plans: power promised before, share found after\n",
        "What `mtf-eval plan` promises from the months before a start, and how often the fall was "
        "found; in per cent, each over all pretended projects of the design.\n",
        "| design | targets | true fall | promised | found | error of the share |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r.design} | {r.targets} | {100 * r.fall:.0f} | {100 * r.promised:.1f} | "
        f"{100 * r.found:.1f} | {100 * r.error:.1f} |"
        for r in frame.itertuples()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wards", type=Path)
    parser.add_argument("--archive", type=Path)
    given = parser.parse_args()
    records = {}
    if given.wards:
        records[WARDS] = wards_of(given.wards)
    if given.archive:
        from validation import matrices

        records[STREETS] = matrices(given.archive)[0]
    print(text_of(study(records)))


if __name__ == "__main__":
    main()
