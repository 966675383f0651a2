"""Months by areas: the series every panel estimator takes, and the regression on it."""

from __future__ import annotations

import math
from collections.abc import Collection
from copy import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.rates import need_counts, ratio_estimate
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.errors import BadArgument, NotEnoughData

FEW_TREATED_AREAS = 10  # below this a cluster-robust error is far too small (Conley & Taber 2011)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Monthly counts of one measure for the project's areas and the others on record.

    Attributes
    ----------
    counts
        One row a month (first of the month), one column an area code; whole numbers, NaN where the
        area is not on record in the month. Areas that lie together should stand together (codes
        in order do). Estimators take panels without NaN only: see `complete`.
    target, comparison, buffer
        Area codes by role; an area has one role. `comparison` empty = every area that is neither
        target nor buffer.
    start
        First month of the response; months from here on are "after".
    measure
        As shown to a reader.
    """

    counts: pd.DataFrame
    target: tuple[str, ...]
    start: pd.Timestamp
    comparison: tuple[str, ...] = ()
    buffer: tuple[str, ...] = ()
    measure: str = "incidents"

    def __post_init__(self) -> None:
        frame = self.counts.sort_index().set_axis(pd.DatetimeIndex(sorted(self.counts.index)))
        frame.columns = pd.Index([str(c) for c in frame.columns], dtype=object)
        if frame.index.has_duplicates or frame.columns.has_duplicates:
            raise BadArgument("panel: a month or an area is there twice")
        values = frame.to_numpy(dtype=float)
        held = values[~np.isnan(values)]
        if not np.isfinite(held).all() or (held < 0).any() or (held % 1 != 0).any():
            raise BadArgument("panel: a count is infinite, negative or not whole")
        known = set(frame.columns)
        roles = [*self.target, *self.comparison, *self.buffer]
        if len(set(roles)) != len(roles):
            raise BadArgument("panel: an area stands in two roles")
        if absent := sorted(set(roles) - known):
            raise NotEnoughData(f"{self.measure}: no record of area {', '.join(absent)}")
        if not self.target:
            raise NotEnoughData(f"{self.measure}: the project names no target area")
        whole = len(held) == values.size
        object.__setattr__(self, "counts", frame.astype(np.int64 if whole else np.float64))
        object.__setattr__(self, "start", pd.Timestamp(self.start).to_period("M").to_timestamp())
        if not self.comparison:
            rest = tuple(c for c in frame.columns if c not in {*self.target, *self.buffer})
            object.__setattr__(self, "comparison", rest)

    @property
    def post(self) -> np.ndarray:
        """Whether each month lies after the start."""
        return np.asarray(self.counts.index >= self.start)

    @property
    def months_before(self) -> int:
        """Number of months before the start."""
        return int((~self.post).sum())

    @property
    def months_after(self) -> int:
        """Number of months from the start on."""
        return int(self.post.sum())

    @property
    def unbroken(self) -> bool:
        """Whether no month is left out between the first and the last."""
        months = pd.DatetimeIndex(self.counts.index).to_period("M")
        return len(months) == 0 or (months[-1] - months[0]).n == len(months) - 1

    def values(self, areas: tuple[str, ...]) -> np.ndarray:
        """Monthly counts of these areas, shape (months, areas)."""
        return np.asarray(self.counts.to_numpy()[:, self.counts.columns.get_indexer(list(areas))])

    def totals(self, areas: tuple[str, ...]) -> tuple[int, int]:
        """Sum the counts over areas, before and after."""
        values = self.values(areas).sum(axis=1)
        return int(values[~self.post].sum()), int(values[self.post].sum())

    def monthly(self, areas: tuple[str, ...]) -> pd.Series:
        """Sum the monthly counts over areas; NaN where one of them is not on record."""
        return self.counts[list(areas)].sum(axis=1, skipna=False).rename(self.measure)

    def between(self, first: pd.Timestamp | None, last: pd.Timestamp | None) -> Panel:
        """Return the same panel with the months from `first` to `last` only."""
        return self._with(counts=self.counts.loc[first:last])

    def complete(self, months: pd.DatetimeIndex) -> Panel:
        """Reduce the panel to what is on record: whole in areas and months.

        Parameters
        ----------
        months
            An area stays that is on record in all of these, whatever its role; then every month
            stays in which all areas that stayed are on record. Without any named comparison
            area left, every other one is compared.

        Raises
        ------
        NotEnoughData
            When a target area is not on record in one of the months.
        """
        there = self.counts.reindex(months.union(self.counts.index)).notna()
        kept = there.columns[there.loc[months].all()]
        if absent := [a for a in self.target if a not in kept]:
            raise NotEnoughData(f"{self.measure}: {', '.join(absent)} not on record throughout")
        rows = there[kept].all(axis=1)
        named = tuple(a for a in self.comparison if a in set(kept))
        own = {*self.target, *self.buffer}
        return self._with(
            counts=self.counts.loc[rows[rows].index, kept].astype(np.int64),
            comparison=named or tuple(a for a in kept if a not in own),
            buffer=tuple(a for a in self.buffer if a in set(kept)),
        )

    def without(self, months: Collection[pd.Timestamp]) -> Panel:
        """Return the same panel without some months."""
        return self._with(counts=self.counts.loc[~self.counts.index.isin(list(months))])

    def same_season(self) -> Panel:
        """Keep the months before that are calendar months of the period after, if all are there.

        A hot spot's summer is then compared with its own summers. Months between are dropped, so
        the result serves before/after totals, not a monthly series.
        """
        months = pd.DatetimeIndex(self.counts.index).month
        wanted = set(months[self.post])
        if not wanted <= set(months[~self.post]):
            return self
        return self._with(counts=self.counts.loc[self.post | months.isin(list(wanted))])

    def with_start(self, start: pd.Timestamp) -> Panel:
        """Return the same panel with another (pretended) start."""
        return self._with(start=pd.Timestamp(start).to_period("M").to_timestamp())

    def with_target(self, target: tuple[str, ...]) -> Panel:
        """Return the same panel with another (pretended) target, all other areas compared."""
        known = set(target)
        rest = tuple(c for c in self.counts.columns if c not in known)
        return self._with(target=target, comparison=rest, buffer=())

    def with_values(self, values: np.ndarray) -> Panel:
        """Return the same panel around other counts of the same shape, unchecked (simulation)."""
        frame = pd.DataFrame(values, index=self.counts.index, columns=self.counts.columns)
        return self._with(counts=frame)

    def _with(self, **changes: object) -> Panel:
        """Change what needs no checking again: fewer months, other roles."""
        other = copy(self)
        for name, value in changes.items():
            object.__setattr__(other, name, value)
        return other

    def need(self, *, before: int = 1, after: int = 1, comparison: int = 0) -> None:
        """Raise `NotEnoughData` when months or comparison areas are too few.

        Raises
        ------
        BadArgument
            When something in the panel is not on record: no estimator takes that for nought.
        """
        if self.counts.to_numpy().dtype.kind == "f" and self.counts.isna().to_numpy().any():
            raise BadArgument(f"{self.measure}: area-months not on record; use `complete` first")
        for have, least, words in (
            (self.months_before, before, "month(s) on record before the start"),
            (self.months_after, after, "month(s) on record from the start on"),
            (len(self.comparison), comparison, "comparison area(s) on record"),
        ):
            if have < least:
                raise NotEnoughData(f"{self.measure}: {have} {words}; at least {least} needed")


def overdispersion(panel: Panel) -> float:
    """Pearson X2 / df of the area + month Poisson model over the months before the start.

    1 is Poisson. Areas and months without any incident are left out, as they cannot vary.
    """
    panel.need()
    values = panel.values((*panel.target, *panel.comparison))[~panel.post].astype(float)
    values = values[values.sum(axis=1) > 0][:, values.sum(axis=0) > 0]
    df = (values.shape[0] - 1) * (values.shape[1] - 1)
    if df < 1:
        raise NotEnoughData(f"{panel.measure}: too few areas or months to measure the dispersion")
    fitted = np.outer(values.sum(axis=1), values.sum(axis=0)) / values.sum()
    return float(((values - fitted) ** 2 / fitted).sum() / df)


def difference_in_differences(*, panel: Panel, level: float = 0.95) -> Estimate:
    """Two-way Poisson regression on the monthly panel, quasi-Poisson or clustered by area.

    `log E[count] = area + month + beta * target * post`. In a panel without gaps its maximum has
    a closed form: `beta` is the log ratio of the four sums, the Poisson variance the sum of their
    reciprocals, and the fitted counts follow from the margins. The error is that times the Pearson
    dispersion of the panel (t interval); with ten or more target areas it is clustered by area
    instead. With few target areas a clustered error is far too small and is not offered.

    Raises
    ------
    NotEnoughData
        When a period or the comparison is missing, or one of the four sums is zero.
    """
    panel.need(before=2, after=2, comparison=1)
    a, b = panel.totals(panel.target)
    c, d = panel.totals(panel.comparison)
    need_counts(panel.measure, a, b, c, d)
    values = panel.values((*panel.target, *panel.comparison)).astype(float)
    treated = np.arange(values.shape[1]) < len(panel.target)
    used_months, used_areas = values.sum(axis=1) > 0, values.sum(axis=0) > 0
    values, treated = values[used_months][:, used_areas], treated[used_areas]
    post = panel.post[used_months]
    of_target = np.where(post, b / (b + d), a / (a + c)) * values.sum(axis=1)
    of_comparison = values.sum(axis=1) - of_target
    share = values.sum(axis=0) / np.where(treated, a + b, c + d)
    fitted = np.where(treated, of_target[:, None], of_comparison[:, None]) * share
    df = (values.shape[0] - 1) * (values.shape[1] - 1) - 1
    if df < 1:
        raise NotEnoughData(f"{panel.measure}: too few months or areas for an error")
    dispersion = float(((values - fitted) ** 2 / fitted).sum() / df)
    poisson = 1 / a + 1 / b + 1 / c + 1 / d
    clustered = len(panel.target) >= FEW_TREATED_AREAS
    if clustered:
        residual = values - fitted
        totals = np.where(treated, [[a], [b]], [[c], [d]])
        moved = residual[post].sum(axis=0) / totals[1] - residual[~post].sum(axis=0) / totals[0]
        variance, error_df = float((moved**2).sum()), min(treated.sum(), (~treated).sum()) - 1
    else:
        variance, error_df = max(dispersion, 1.0) * poisson, df
    cautions = []
    if dropped := int((~used_areas).sum() + (~used_months).sum()):
        cautions.append(f"{dropped} area(s) or month(s) without any incident were left out.")
    if not clustered and len(panel.target) == 1:
        cautions.append(
            "One target area: the interval knows how areas vary month by month, not how much one "
            "area drifts for its own reasons; see the fake-area check."
        )
    return ratio_estimate(
        measure=panel.measure,
        log_ratio=math.log(b / a) - math.log(d / c),
        se=math.sqrt(variance),
        df=float(error_df),
        level=level,
        n=a + b + c + d,
        n_before=a,
        n_after=b,
        method="Difference-in-differences on the monthly panel ("
        + ("clustered by area)" if clustered else "quasi-Poisson)"),
        cautions=tuple(cautions),
        details={"dispersion": dispersion},
    )
