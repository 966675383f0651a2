"""Measure how often the estimators are wrong, on real records and on simulated ones.

    python benchmarks/validation.py --archive kent_2022_street.zip \
        --wards mps_ward_counts.csv.gz --write docs/validation.md

The archive is a zip or folder as data.police.uk gives it, the wards a table of counts by month;
without them only what is made up runs.
Everything is seeded; the same archive and versions give the same tables. About ten minutes on a
quiet machine, half of it the simulation.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import disclosure
import numpy as np
import pandas as pd
import planning
import shifts
from gaps import answers, study, text_of
from simulation import coverage

from mtf_eval.analysis.effects.validation import (
    ESTIMATORS,
    PRIMARY,
    performance,
    pretended_targets,
)

MEASURES = {
    "all recorded": None,
    "anti-social behaviour": "Anti-social behaviour",
    "violence and sexual offences": "Violence and sexual offences",
}
SEED = 20_220_701
FORCES = 200  # made-up forces with a gap in their records
LOGS = 40  # spiteful made-up logs whose released tables are attacked
MARK = "<!-- tables: benchmarks/validation.py writes below this line -->"


def area_names(archive: Path) -> dict[str, str]:
    """LSOA code to name; only the codes and names of the archive are read."""
    names: dict[str, str] = {}
    with zipfile.ZipFile(archive) as folder:
        for member in folder.namelist():
            if member.endswith("-street.csv"):
                with folder.open(member) as handle:
                    part = pd.read_csv(handle, usecols=["LSOA code", "LSOA name"]).dropna()
                names |= dict(zip(part["LSOA code"], part["LSOA name"], strict=True))
    return names


def matrices(archive: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Month x area counts by measure, and MSOA by LSOA, neighbours together (sorted by name)."""
    from mtf_eval.records.reading.police_uk import aggregate

    counts, *_ = aggregate(archive)
    names = area_names(archive)
    counts = counts[counts["area_code"] != ""]
    everything = counts.pivot_table(
        index="month", columns="area_code", values="count", aggfunc="sum", fill_value=0
    )
    # Districts of the force hold many areas; rows placed elsewhere in the country by mistake few.
    district = pd.Series({code: names[code][:-5] for code in everything.columns})
    large = district.map(district.value_counts()) >= 20
    # Areas recoded during the year have months of nothing; they are not areas that changed.
    half = len(everything) // 2
    whole = (everything.iloc[:half].sum() >= 5) & (everything.iloc[half:].sum() >= 5)
    codes = sorted(everything.columns[(large & whole).to_numpy()], key=lambda c: (names[c], c))
    tables = {}
    for title, measure in MEASURES.items():
        part = counts if measure is None else counts[counts["measure"] == measure]
        tables[title] = (
            part.pivot_table(index="month", columns="area_code", values="count", aggfunc="sum")
            .reindex(columns=codes)
            .fillna(0)
            .astype(int)
        )
    return tables, {code: names[code][:-1] for code in codes}


def measured(tables: dict[str, pd.DataFrame], msoa: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for title, counts in tables.items():
        start = pd.Timestamp(counts.index[len(counts) // 2])
        for kind, groups in (("LSOA", None), ("MSOA", msoa)):
            targets = pretended_targets(counts=counts, start=start, groups=groups)
            began = time.perf_counter()
            primary = {PRIMARY: ESTIMATORS[PRIMARY]}
            others = {k: v for k, v in ESTIMATORS.items() if k not in primary}
            rng = np.random.default_rng(SEED)
            found = performance(
                counts=counts, start=start, targets=targets, rng=rng, estimators=primary
            )
            beside = performance(
                counts=counts, start=start, targets=targets, rng=rng, falls=(0.0, 0.3),
                estimators=others,
            )  # fmt: skip
            table = pd.concat([found, beside], ignore_index=True)
            rows.append(table.assign(measure=title, target=kind))
            print(f"{title}, {kind}: {time.perf_counter() - began:.0f} s", flush=True)
    return pd.concat(rows, ignore_index=True)


def percent(value: float) -> str:
    return "-" if pd.isna(value) else f"{100 * value:.1f}"


def measured_text(table: pd.DataFrame) -> str:
    lines = []
    for (measure, target), part in table.groupby(["measure", "target"], sort=False):
        head = f"### {str(measure).capitalize()}, one {target} ({part['targets'].iloc[0]} targets)"
        lines += [
            f"\n{head}\n",
            "| estimator | true fall | could not say | interval covers | false or true change | "
            "fall found | rise found | covers, worst tenth | fall found, worst tenth | "
            "median error |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for row in part.itertuples():
            lines.append(
                f"| {row.estimator} | {100 * row.fall:.0f} | "
                f"{row.cannot_say} of {row.targets} | {percent(row.covers)} | "
                f"{percent(row.changes)} | {percent(row.falls)} | {percent(row.rises)} | "
                f"{percent(row.covers_worst)} | {percent(row.falls_worst)} | "
                f"{'-' if pd.isna(row.se) else f'{row.se:.3f}'} |"
            )
    return "\n".join(lines)


def simulated_text(table: pd.DataFrame, draws: int) -> str:
    lines = [
        f"\n{draws:,} data sets per scenario, seed {SEED}; true ratio 0.75 (a fall of 25 %).\n",
        "| scenario | estimator | could not say | interval covers | median ratio off by | "
        "fall found |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in table.itertuples():
        lines.append(
            f"| {row.scenario} | {row.estimator} | {percent(row.cannot_say)} | "
            f"{percent(row.covers)} | {100 * row.bias:+.1f} | {percent(row.falls)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--wards", type=Path)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    parts, plans = [MARK], {}
    if given.archive:
        tables, msoa = matrices(given.archive)
        first = next(iter(tables.values()))
        parts.append(
            f"\n## Pretended projects on {given.archive.name}\n\n"
            f"{first.index[0]:%B %Y} to {first.index[-1]:%B %Y}, {first.shape[1]} LSOAs, "
            f"{first.to_numpy().sum():,} incidents, seed {SEED}. All figures in per cent save the "
            "error (of the log ratio) and the number that could not say."
        )
        parts.append(measured_text(measured(tables, msoa)))
        plans[planning.STREETS] = tables
    if given.wards:
        plans[planning.WARDS] = planning.wards_of(given.wards)
    if plans:
        parts.append(planning.text_of(planning.study(plans)))
    parts.append("\n## Simulated data sets")
    parts.append(simulated_text(coverage(draws=given.draws, seed=SEED), given.draws))
    parts.append(text_of(study(FORCES), answers(FORCES)))
    parts.append(disclosure.text_of(LOGS))
    parts.append(shifts.text_of(shifts.study()))
    text = "\n".join(parts) + "\n"
    print(text)
    if given.write:
        kept = given.write.read_text("utf-8").partition(MARK)[0] if given.write.exists() else ""
        given.write.write_text(kept + text, "utf-8")


if __name__ == "__main__":
    main()
