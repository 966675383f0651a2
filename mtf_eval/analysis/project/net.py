"""The net effect of a project: what it avoided, less what moved next door. The one definition.

An excess in the buffer is taken off; a fall there is printed and never credited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from mtf_eval.analysis.effects import Panel
from mtf_eval.analysis.effects.result import Estimate, critical
from mtf_eval.analysis.results.columns import MINUS
from mtf_eval.analysis.results.findings import percent
from mtf_eval.records.aliases import called

Array = npt.NDArray[np.float64]
#: What stands behind a sum of money; the first alone is a total of what worked.
Evidence = Literal["effect", "doubtful", "claimed", "against", "not_shown"]
KINDS: dict[Evidence, str] = {e: called("evidence")[e] for e in get_args(Evidence)}
UNSAVED = ("against", "not_shown")  # of these no saving can be claimed: no ratio, no chance
WITH_COMPARISON = 3  # Maryland level from which a change may be taken for an effect
GRID = 400  # quantiles of each error from which the interval of the net is made


def avoided_in(effect: Estimate, noise: Array) -> Array:
    """Incidents avoided where the log ratio is off by `noise` of its errors: expected - recorded.

    Without a standard error each half of the interval is a half-normal on the log scale that
    meets the limit; where a ratio of zero forbids logs, on the scale of incidents avoided.
    """
    assert effect.avoided is not None
    held = effect.n_after + effect.added
    limit = critical(level=effect.level, df=effect.df)
    if effect.estimate > 0 and effect.low > 0 and held > 0:
        if effect.se_log is not None:
            steps = noise * effect.se_log
        else:
            below = np.log(effect.estimate / effect.low) / limit
            above = np.log(effect.high / effect.estimate) / limit
            steps = noise * np.where(noise < 0, below, above)
        return effect.avoided + held / effect.estimate * (np.exp(-steps) - 1)
    low = effect.avoided if effect.avoided_low is None else effect.avoided_low
    high = effect.avoided if effect.avoided_high is None else effect.avoided_high
    width = np.where(noise < 0, effect.avoided - low, high - effect.avoided)
    return np.asarray(effect.avoided + noise * width / limit)


def net_avoided(
    effect: Estimate, buffer: Estimate | None, noise: tuple[Array, Array], *, share: float = 1.0
) -> Array:
    """Incidents avoided, net, where both log ratios are off by their own `noise`.

    `buffer`: effect in the buffer, where its excess counts; no draw credits a fall there. `share`:
    of the excess, what is taken off.
    """
    avoided = avoided_in(effect, noise[0])
    if buffer is None:
        return avoided
    return avoided + share * np.minimum(avoided_in(buffer, noise[1]), 0.0)


@dataclass(frozen=True, kw_only=True)
class Net:
    """What one measure's effect comes to when the areas beside it are taken in.

    `effect`: effect in the project's areas, gross of what moved.
    `beside`: effect in the buffer by the same estimator, the project's areas left out; `None` where
        there is no buffer or it cannot be said.
    `wanted`: change aimed at, as a share; above nought more is to be recorded, and nothing is
        netted.
    `failed`: checks that speak against the effect: what was looked at, and what was seen.
    `cells`, `near`: share of the incidents that falls to each area and month, by the counts before;
        the same of the buffer's.
    `share`: of the excess next door, what is taken off: all, but for what another project of the
        same total has taken off already.
    """

    effect: Estimate
    beside: Estimate | None = None
    wanted: float | None = None
    failed: tuple[str, ...] = ()
    cells: Mapping[tuple[str, pd.Timestamp], float] = field(default_factory=dict)
    near: Mapping[tuple[str, pd.Timestamp], float] = field(default_factory=dict)
    share: float = 1.0

    @property
    def rise_wanted(self) -> bool:
        """Whether more is to be recorded."""
        return (self.wanted or 0) > 0

    def aim(self, reached: str) -> str:
        """Say how the change stands to a rise that was wanted, `reached` where it is one."""
        missed = ", where a rise was wanted"
        return "" if not self.rise_wanted else reached if self.effect.estimate > 1 else missed

    @property
    def buffer(self) -> Estimate | None:
        """Effect in the buffer where its excess is taken off: its estimate is above 1."""
        counts = self.beside is not None and self.beside.estimate > 1 and not self.rise_wanted
        return self.beside if counts else None

    @property
    def moved(self) -> float:
        """Incidents more than expected in the buffer, 0 or more."""
        excess = 0.0 if self.buffer is None else max(0.0, -float(self.buffer.avoided or 0))
        return self.share * excess

    @property
    def gross(self) -> float:
        """Incidents avoided in the project's areas."""
        assert self.effect.avoided is not None
        return float(self.effect.avoided)

    @property
    def avoided(self) -> float:
        """Incidents avoided, net: the figure of every page."""
        return self.gross - self.moved

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Interval of the net at the effect's level, both errors drawn together."""
        effect, buffer = self.effect, self.buffer
        if buffer is None:
            low, high = effect.avoided_low, effect.avoided_high
            return (self.gross if low is None else low), (self.gross if high is None else high)
        errors = _grid(effect)[:, None], _grid(buffer)[None, :]
        drawn = net_avoided(effect, buffer, errors, share=self.share)
        tail = (1 - effect.level) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        return float(low), float(high)

    @property
    def evidence(self) -> Evidence:
        """What the records show: an effect, sure or doubtful, one the other way, or none."""
        effect = self.effect
        as_wanted = (effect.estimate > 1) == self.rise_wanted
        if effect.maryland < WITH_COMPARISON or not effect.distinguishable:
            return "not_shown"
        if not as_wanted:
            return "not_shown" if self.failed else "against"
        return "doubtful" if self.may_have_moved or self.failed else "effect"

    @property
    def may_have_moved(self) -> bool:
        """Whether no net fall lies inside the interval although the project's areas fell."""
        fell = self.effect.distinguishable and self.effect.estimate < 1
        return fell and self.moved > 0 and self.interval[0] <= 0

    @property
    def met(self) -> str:
        """Whether the change aimed at was reached, in words."""
        effect, wanted = self.effect, self.wanted
        if not effect.distinguishable:
            return "Cannot be told from no change"
        way = f"{'Fell' if effect.estimate < 1 else 'Rose'}, beyond chance"
        if wanted is None:
            return way
        if not wanted:
            return f"{way}; no change was aimed at"
        if (wanted < 0) != (effect.estimate < 1):
            return f"{way}; a {'fall' if wanted < 0 else 'rise'} was aimed at"
        sign = -1 if wanted < 0 else 1
        low, point, high = (
            sign * (each - 1 - wanted) for each in (effect.low, effect.estimate, effect.high)
        )
        if point >= 0:
            sure = "" if min(low, high) >= 0 else "; the interval does not exclude less"
            return f"{way}; the estimate is as much as aimed at{sure}"
        sure = "" if max(low, high) < 0 else "; the interval does not exclude as much"
        return f"{way}; the estimate is less than aimed at{sure}"

    @property
    def doubt(self) -> str:
        """What speaks against the effect, in a few words; empty where nothing does."""
        other_way = self.effect.maryland >= WITH_COMPARISON and self.effect.distinguishable
        if self.evidence in ("effect", "against") or not other_way:
            return ""
        said = ["part or all may have moved next door"] if self.may_have_moved else []
        return "; ".join([*said, *(f"look at: {each}" for each in self.failed)])

    def sentence(self) -> str:
        """Say the net figure with its interval, and what it is net of."""
        (low, high), effect = self.interval, self.effect
        against = "expected" if effect.maryland >= WITH_COMPARISON else "the months before suggest"
        more = self.avoided < 0
        value, low, high = (-self.avoided, -high, -low) if more else (self.avoided, low, high)
        text = f"{value:,.0f} {'more' if more else 'fewer'} incidents than {against} "
        text += f"({percent(effect.level)} interval {_count(low)} to {_count(high)})"
        if self.rise_wanted:
            return f"{text}; more was wanted"
        if self.moved:
            return f"{text}, net of {self.moved:,.0f} more next door"
        if self.beside is None:
            return f"{text}; next door was not measured"
        return f"{text}; nothing is taken off for next door (ratio {self.beside.estimate:.2f})"


def cells_of(compared: Panel, areas: tuple[str, ...]) -> dict[tuple[str, pd.Timestamp], float]:
    """Share out the incidents of areas over them and the months after, by the counts before."""
    months = compared.counts.index[compared.post]
    before = compared.counts.loc[~compared.post, list(areas)].sum() + 0.5
    shares = before / before.sum() / len(months)
    return {(str(a), m): float(share) for a, share in shares.items() for m in months}


def _count(value: float) -> str:
    return f"{value:,.0f}".replace("-", MINUS)


def smallest(fall: float, wanted: float | None) -> tuple[float, str]:
    """Smallest change that could be seen, in the direction wanted: its share and its word."""
    return (fall / (1 - fall), "rise") if (wanted or 0) > 0 else (fall, "fall")


def _grid(effect: Estimate) -> Array:
    """Evenly spaced quantiles of the error an estimate is drawn with."""
    from scipy import special

    at = (np.arange(GRID) + 0.5) / GRID
    return np.asarray(special.ndtri(at) if effect.df is None else special.stdtrit(effect.df, at))
