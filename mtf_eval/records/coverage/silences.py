"""Months of counts that chance does not explain: silent, incomplete, or without their areas.

Arrays in, runs of months out. Knows no table, force or project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

#: What is less likely than this, over all that was looked at, is no chance; may be none.
CHANCE, DOUBT = 1e-6, 0.05
#: A month of a whole force below this share of its usual is incomplete; of one kind of incident.
WHOLE, KIND = 0.8, 0.6
HOLLOW = 0.2  # of its usual: a month of an area holds next to nothing
TWICE = 1.8  # of its usual: a month of a source is counted twice
SIGMAS = 5.0
#: Months in a row that may be held against their own of another year; a kind too rare to be asked.
LONGEST, RARE = 6, 25
#: Least count that may be the least an extract gives; cells that must hold it, and hold nothing.
SMALL, OFTEN = 3, 10
#: Share by which a kind of incident steps when another takes its rows; months needed to tell.
STEP, LEAST = 0.1, 3
#: Change in the share of rows without an area that moves a ratio by more than rounding does.
MATERIAL = 0.03


def runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Yield first and last place of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(end) - 1


def silent_runs(
    values: Counts,
    sure: Flags | None = None,
    groups: Sequence[Sequence[int]] = (),
    of: Sequence[int] | None = None,
) -> list[tuple[tuple[int, ...], int, int]]:
    """Find runs of noughts that the series' own months and the others' shape do not explain.

    Given how many incidents a series has outside a run, none of them falls into it by chance with
    the probability of a beta-binomial count of nought; its spread is that of the months outside all
    noughts. Runs are looked at again with those that were seen left out of the shape. `values`:
    months x series; NaN where not on record already. `sure`: cells that are on record whatever they
    hold. `groups`: columns that are looked at together as well, as one series. `of`: the only
    columns that are looked at, for what may be no chance. Returns list of (columns, first month,
    last month).
    """
    values = values.copy()
    silent = (values == 0) & ~(np.zeros(values.shape, bool) if sure is None else sure)
    chance = np.log(CHANCE if of is None else DOUBT)
    some = np.arange(values.shape[1]) if of is None else np.asarray(of)
    single = [(int(c),) for c in some[np.nansum(values[:, some], axis=0) > 0]]
    zeros = [
        (columns, first, last)
        for columns in [*single, *(tuple(g) for g in groups)]
        for first, last in runs(silent[:, list(columns)].all(axis=1))
    ]
    # Of few columns every run that might have been is allowed for, of all those that are.
    places = len(zeros) if of is None else len(values) * (len(some) + len(groups))
    looked, seen = np.log(max(1, places)), []
    while zeros:
        judged = _judged(values, zeros)
        new = [run for run, p in judged if p + looked < chance]
        if not new:
            break
        for columns, first, last in new:
            values[first : last + 1, list(columns)] = np.nan
        seen += new
        zeros = [run for run in zeros if run not in set(new)]
    return sorted(seen)


def _judged(
    values: Counts, zeros: list[tuple[tuple[int, ...], int, int]]
) -> list[tuple[tuple[tuple[int, ...], int, int], float]]:
    """Return each run with the log probability of nought."""
    from scipy.special import betaln

    known: Flags = ~np.isnan(values)
    held: Counts = np.where(known, values, 0.0)
    total = held.sum(axis=0)
    rate = total / np.maximum(known.sum(axis=0), 1)
    # Months as shares of a usual month, over the series on record in each.
    sums, usual = held.sum(axis=1), (known * rate).sum(axis=1)
    shape = sums / np.maximum(usual, 1e-9)
    spread = _spread(held, known, shape, rate)
    pooled = float(np.median(spread[total > 0])) if (total > 0).any() else 0.0
    out = []
    for columns, first, last in zeros:
        c = list(columns)
        own_known, n = known[:, c].all(axis=1), held[:, c].sum(axis=1)
        others = sums - n
        if others.sum() > 5 * len(others):
            level = usual - (known[:, c] * rate[c]).sum(axis=1)
            course = np.where(level > 0, others / np.maximum(level, 1e-9), 1.0)
        else:
            course = np.ones(len(others))
        weight = np.where(own_known, course, 0.0)
        inside = weight[first : last + 1].sum()
        outside, total_out = weight.sum() - inside, (n * own_known).sum()
        if inside <= 0 or outside <= 0 or total_out <= 0:
            continue
        # Negative binomial months of size `size` have this spread between them.
        size = 1 / max(pooled, spread[c].max(), 1e-6)
        a, b = size * inside, size * outside
        log_p = float(betaln(a, b + total_out) - betaln(a, b))
        out.append(((columns, first, last), log_p))
    return out


def _spread(held: Counts, known: Flags, shape: Counts, rate: Counts) -> Counts:
    """Return the squared variation between months beyond chance (1/size), of each series.

    Months without any are left out where there are three or more a month: they may be a gap.
    """
    told = known & ((held > 0) | (rate < 3))
    weight = told * shape[:, None]
    level = (told * held).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
    expected = weight * level
    excess = np.where(told, (held - expected) ** 2 - held, 0.0).sum(axis=0)
    spread: Counts = np.clip(excess / np.maximum((expected**2).sum(axis=0), 1e-9), 0.0, 1.0)
    return spread


def small_left_out(given: Counts, none: Flags) -> bool:
    """Whether counts below the least that is given look left out of an extract.

    By chance there are never many noughts, many of one count, and not one between the two.
    `given`: counts as they stand in rows; `none`: whether a cell has none, or no row.
    """
    least = given[given > 0].min(initial=np.inf)
    often = min((given == least).sum(), none.sum()) >= OFTEN
    return bool(often and least >= SMALL)


def hollow_runs(values: Counts, rest: Counts) -> list[tuple[int, int]]:
    """Find months with next to nothing, beyond chance, between months that have their usual.

    `values`: counts of one series by month, NaN where not on record; `rest`: of all others, whose
    course it is held to. Returns list of (first month, last month); of noughts alone there is none.
    """
    course = rest / np.mean(rest) if len(rest) and (rest > 0).all() else np.ones(len(values))
    level = values / course
    if not (level == level).any():
        return []
    low, found = level < HOLLOW * np.nanmedian(level), []
    spread = 1.4826 * np.nanmedian(abs(level - np.nanmedian(level)))
    for first, last in runs(low):
        run = slice(first, last + 1)
        sides = level[max(0, first - 6) : first], level[last + 1 : last + 7]
        sides = tuple(side[(side == side)] for side in sides)
        if min(map(len, sides)) < LEAST or not values[run].any():
            continue
        usual = min(float(side.mean()) for side in sides) * course[run].sum()
        chance = max(np.sqrt(max(usual, 1.0)), spread * np.sqrt(last + 1 - first))
        if usual - values[run].sum() > SIGMAS * chance:
            found.append((first, last))
    return found


def incomplete_months(values: Counts, *, share: float) -> Flags:
    """Find months with far fewer incidents than the series' own year and the months around.

    A month already held for incomplete is no measure for its neighbour. What every year on record
    does in a calendar month is season. `values`: counts by month, in order; NaN where not on
    record. `share`: of the usual; below it, and beyond chance, a month is incomplete.
    """
    broken = np.zeros(len(values), bool)
    for _ in range(len(values)):
        usual = np.array([_usual(values, broken, i) for i in range(len(values))])
        chance = SIGMAS * np.sqrt(np.maximum(usual, 1.0))
        low = (values < share * usual) & (usual - values > chance) & ~broken
        if not low.any():
            break
        deepest = int(np.nanargmin(np.where(low, values / usual, np.inf)))
        broken[deepest] = True
    return broken


def doubled_months(values: Counts) -> Flags:
    """Find months with nearly twice what is expected: rows there twice, or under another month."""
    none = np.zeros(len(values), bool)
    if np.isnan(values).all():
        return none
    usual = np.array([_usual(values, none, i, max) for i in range(len(values))])
    spread = 1.4826 * np.nanmedian(abs(values - np.nanmedian(values)))
    chance = SIGMAS * np.maximum(np.sqrt(np.maximum(usual, 1.0)), spread)
    found: Flags = (values > TWICE * usual) & (values - usual > chance)
    return found


def odd_runs(values: Counts, kinds: Counts, *, least: int) -> Flags:
    """Find months in a row with far too few, or twice as many, incidents of every kind in step.

    Each is the other's measure in `incomplete_months`; here all are held against the same months of
    another year, at the level of the months around. What one kind alone does is no sign of it.
    `values`: counts by month, NaN where not on record; `kinds`: months x kinds of incident.
    `least`: kinds that must be there to be asked.
    """
    found = np.zeros(len(values), bool)
    bend = abs(values[1:-1] - (values[:-2] + values[2:]) / 2)
    spread = 1.2 * np.nanmedian(bend) if (bend == bend).any() else 0.0  # of a month, no trend
    for length in range(2, LONGEST + 1):
        for first in range(len(values) - length + 1):
            run = np.arange(first, first + length)
            held, (years, around) = values[run], _usual_run(values, run)
            if not years or np.isnan(held).any():
                continue
            few = held.mean() < around
            share, usual = (KIND, np.min(years, 0)) if few else (TWICE, np.max(years, 0))
            far = held < share * usual if few else held > share * usual
            chance = max(np.sqrt(usual.sum()), spread * np.sqrt(2 * length))
            if not far.all() or abs(usual - held).sum() < SIGMAS * chance:
                continue
            beside = np.delete(kinds, run, axis=0)
            mean = np.nansum(beside, axis=0) / np.maximum((~np.isnan(beside)).sum(axis=0), 1)
            asked = mean * length > RARE
            course = kinds[run][:, asked].mean(axis=0) / mean[asked]
            each = np.r_[held.mean() / around, course]
            step = each < (1 + share) / 2 if few else each > (1 + share) / 2
            found[run] |= len(course) >= least and bool(step.all())
    return found


def _usual_run(values: Counts, run: Places) -> tuple[list[Counts], float]:
    """Return what other years lead to expect of a run of months, and the median around it.

    The same months of the year before, of the year after, at the level of the months around; not of
    a year in which they stand out more than here.
    """
    near = np.r_[run[0] - 3 : run[0], run[-1] + 1 : run[-1] + 4]
    near = near[(near >= 0) & (near < len(values))]
    near = near[~np.isnan(values[near])]
    around = max(float(np.median(values[near])), 0.5) if len(near) else float("nan")
    years = []
    for shift in (-12, 12):
        there = near[(near + shift >= 0) & (near + shift < len(values))]
        if len(there) < LEAST or run[0] + shift < 0 or run[-1] + shift >= len(values):
            continue
        then, level = values[run + shift], max(np.nansum(values[there + shift]) / len(there), 0.5)
        held, other = (
            np.log(max(v, 0.5)) for v in (values[run].mean() / around, then.mean() / level)
        )
        if abs(held) > abs(other):
            years.append(then * values[there].mean() / level)
    return years, around


def _usual(
    values: Counts, broken: Flags, at: int, pick: Callable[[list[float]], float] = min
) -> float:
    """Return the least of what a month's year, its neighbours and the same month of others hold."""
    good = np.flatnonzero(~np.isnan(values) & ~broken)
    good = good[good != at]
    year = values[good[abs(good - at) <= 11]]
    before, after = good[good < at][-3:], good[good > at][:3]
    around = [float(np.median(values[side])) for side in (before, after) if len(side)]
    if len(year) < 5 or not around:
        return float("nan")
    usual = [float(np.median(year)), *around]
    for year_on in (at - 12, at + 12):
        if year_on in good:
            usual.append(float(values[year_on]))
    return pick(usual)


def steps(values: Counts, rest: Counts, before: Places, after: Places) -> tuple[float, float]:
    """Say by how much a series steps between two times, beyond chance and beside the others.

    Returns counts a month more or fewer, and as a share of what the others' course led to expect; 0
    where there is no step, or fewer than three months on a side.
    """
    if min(len(before), len(after)) < LEAST or not (values[before].sum() and values[after].sum()):
        return 0.0, 0.0
    course = rest if (rest[[*before, *after]] > 0).all() else np.ones(len(rest))
    level = values / np.maximum(course, 1e-9) * course[before].mean()
    usual, now = level[before].mean(), level[after].mean()
    chance = sum(
        max(float(np.var(level[side], ddof=1)), float(level[side].mean())) / len(side)
        for side in (before, after)
    )
    share = float(abs(now - usual) / usual)
    if share < STEP or abs(now - usual) < SIGMAS * np.sqrt(chance):
        return 0.0, 0.0
    return float((now - usual) * course[after].mean() / course[before].mean()), share


def jumps(without: Counts, rows: Counts) -> Flags:
    """Mark months whose share of rows without an area is above the rest's beyond chance.

    Any months that stand out, or months in a row: of those there are fewer, so less is asked.
    """
    from scipy.stats import hypergeom

    told, none = rows > 0, np.zeros(len(rows), dtype=bool)
    share = np.where(told, without / np.maximum(rows, 1), np.nan)
    if told.sum() < 2:
        return none
    # Two levels, cut where they differ most between the months in order of share.
    order = np.argsort(share[told])
    n, x = rows[told][order], without[told][order]
    low = np.cumsum(x)[:-1] / np.cumsum(n)[:-1]
    high = (x.sum() - np.cumsum(x)[:-1]) / (n.sum() - np.cumsum(n)[:-1])
    weight = np.sqrt(np.cumsum(n)[:-1] * (n.sum() - np.cumsum(n)[:-1]))
    cut = int(np.argmax((high - low) * weight))
    below, above = float(low[cut]), float(high[cut])
    many = n.sum() - np.cumsum(n)[cut]
    # As many rows without an area, dealt out over all months: so many, or more, in these.
    beyond = hypergeom.sf(x.sum() - np.cumsum(x)[cut] - 1, n.sum(), x.sum(), many)
    ways = comb(len(n), cut + 1) * (len(n) - 1)  # so many choices of months might have stood out
    if above - below < MATERIAL or beyond * ways > CHANCE / 2:
        return _raised_run(without, rows)
    raised: Flags = told & (share > (below + above) / 2)
    return raised


def _raised_run(without: Counts, rows: Counts) -> Flags:
    """Mark the run of months whose share of rows without an area stands out most, beyond chance."""
    from scipy.stats import hypergeom

    x, n = (np.r_[0.0, np.cumsum(each)] for each in (without, rows))
    first, end = np.triu_indices(len(n), 1)
    many, found, none = n[end] - n[first], x[end] - x[first], np.zeros(len(rows), dtype=bool)
    rest = n[-1] - many
    some = (many > 0) & (rest > 0)
    if not some.any():
        return none
    first, end, many, found, rest = (each[some] for each in (first, end, many, found, rest))
    beyond = hypergeom.sf(found - 1, n[-1], x[-1], many) * len(many)
    best = int(np.argmin(beyond))
    step = found[best] / many[best] - (x[-1] - found[best]) / rest[best]
    if step < MATERIAL or beyond[best] > CHANCE / 2:
        return none
    none[first[best] : end[best]] = rows[first[best] : end[best]] > 0
    return none
