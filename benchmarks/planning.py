"""Whether a plan keeps its promise: the power promised before a start, and the share found after.

    python benchmarks/planning.py --wards mps_ward_counts.csv.gz --archive kent_2022_street.zip

A project is pretended in every area, or group of neighbours, of records in which nothing was done.
What it could show is promised from the months before its start alone; then a known share of its
incidents after the start is taken out, and the evaluation finds the fall or not (expected over
every way of taking them out). Every area and every start is taken: about seven minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from mtf_eval.analysis.effects import Panel, planned
from mtf_eval.analysis.effects.forecast import LEAST_MONTHS
from mtf_eval.analysis.effects.placebo import placebo_limits
from mtf_eval.analysis.effects.validation import month_by_area, pretended_targets
from mtf_eval.analysis.project.planning import Choice, spread_of
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.prices.reference import load_reference

FALLS = (0.2, 0.3)
WARDS, STREETS = "London wards", "Kent 2022"
#: Records, measure, areas of a project, months before at least, months after. One shock moves every
#: area at once, so a start tells little: every start is tried that leaves both.
DESIGNS = (
    (WARDS, "all recorded", 1, 24, 6),
    (WARDS, "all recorded", 1, 24, 12),
    (WARDS, "Violence against the person", 1, 24, 6),
    (WARDS, "Violence against the person", 1, 24, 12),
    (WARDS, "Theft", 1, 24, 6),
    (WARDS, "Burglary", 3, 24, 6),
    (STREETS, "all recorded", 1, 6, 4),
    (STREETS, "all recorded", 3, 6, 4),
    (STREETS, "all recorded", 8, 6, 4),
)


def kept(
    counts: pd.DataFrame,
    *,
    starts: Sequence[pd.Timestamp],
    months: int,
    size: int,
    falls: Sequence[float] = FALLS,
) -> pd.DataFrame:
    """Promise and outcome of a design, over groups of `size` neighbours as its target.

    Returns
    -------
    DataFrame
        A row per fall: `fall`, `targets`, `promised`, `low` and `high` (the range promised) and
        `found` (shares over all starts), `error` (standard error of the share found, were the
        targets independent).
    """
    groups = {str(c): str(i // size) for i, c in enumerate(counts.columns)}
    rows, spread = [], spread_of(load_reference())
    for start in starts:
        at = int(counts.index.get_loc(start))
        seen = counts.iloc[: at + months]
        targets = pretended_targets(counts=seen, start=start, groups=groups)
        for target in targets:
            if len(target) != size:
                continue
            with suppress(NotEnoughData):
                rows += _tried(
                    Panel(counts=seen, target=target, start=start), months, falls, spread
                )
    frame = pd.DataFrame(rows, columns=["fall", "promised", "low", "high", "found"])
    by = frame.groupby("fall")
    return by.agg(
        targets=("found", "size"),
        promised=("promised", "mean"),
        low=("low", "mean"),
        high=("high", "mean"),
        found=("found", "mean"),
        error=("found", "sem"),
    ).reset_index()


def _tried(
    panel: Panel, months: int, falls: Sequence[float], spread: float
) -> list[tuple[float, float, float, float, float]]:
    """Return of one target each fall, the chance promised of it, and how often it is found."""
    before = panel.counts.index[~panel.post]
    able = planned(panel=panel.between(None, before[-1]), months=months)
    made = Choice(name="", target=panel.target, months=months, spread=spread, able=able)
    if len(before) < LEAST_MONTHS:  # as many months before as after are compared then
        panel = panel.between(before[-months], None)
    after = panel.totals(panel.target)[1]
    left = np.arange(after + 1)
    found = placebo_limits(panel=panel, after=left)[1] < 1
    rows = []
    for fall in falls:
        chance = made.chance(-fall)
        assert chance is not None
        taken = stats.binom.pmf(left, after, 1 - fall)
        rows.append((fall, *chance, float(taken @ found)))
    return rows


def wards_of(path: Path) -> dict[str, pd.DataFrame]:
    """Read counts by ward and month, by measure."""
    from mtf_eval.records.reading.sources import read_area_counts

    rows = read_area_counts(path)
    wanted = [measure for source, measure, *_ in DESIGNS if source == WARDS]
    return {
        m: month_by_area(incidents=rows, measure=None if m == "all recorded" else m) for m in wanted
    }


def study(records: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Try every design of the records given, months x areas by source and measure."""
    parts = []
    for source, measure, size, before, months in DESIGNS:
        if source in records:
            counts = records[source][measure]
            starts = counts.index[before : len(counts) - months + 1]
            found = kept(counts, starts=starts, months=months, size=size)
            name = f"{source}, {measure.lower()}, {size} area{'s' * (size > 1)}, {months} months"
            name += f", {len(starts)} starts"
            parts.append(found.assign(design=name))
    return pd.concat(parts, ignore_index=True)


def text_of(frame: pd.DataFrame) -> str:
    """Write the study for docs/validation.md."""
    lines = [
        "\n## Plans: power promised before, share found after\n",
        "What `mtf-eval plan` promises from the months before a start, and how often the fall was "
        "found; in per cent, each over all pretended projects of the design.\n",
        "| design | targets | true fall | promised | range | found | error of the share |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r.design} | {r.targets} | {100 * r.fall:.0f} | {100 * r.promised:.1f} | "
        f"{100 * r.low:.1f} to {100 * r.high:.1f} | {100 * r.found:.1f} | {100 * r.error:.1f} |"
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
