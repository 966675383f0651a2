"""What an estimator returns: a frozen record with its counts, level, method and cautions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from mtf_eval.analysis.results.findings import inside, percent
from mtf_eval.errors import BadArgument

TIDY_COLUMNS = ("measure", "estimate", "low", "high", "level", "n", "method")


def critical(*, level: float, df: float | None = None) -> float:
    """Two-sided critical value: normal, or Student's t where `df` is given."""
    from scipy import special

    if not 0 < level < 1:
        raise BadArgument(f"level={level!r}: expected a share between 0 and 1, such as 0.95")
    tail = 0.5 + level / 2
    return float(special.ndtri(tail) if df is None else special.stdtrit(df, tail))


def two_sided_p(statistic: float, df: float | None = None) -> float:
    """P value of a z statistic, or of a t statistic where `df` is given."""
    from scipy import special

    far = -abs(statistic)
    return float(2 * (special.ndtr(far) if df is None else special.stdtr(df, far)))


def avoided_incidents(
    *, after: float, expected: float, estimate: float, low: float, high: float, added: float = 0.0
) -> tuple[float, float, float]:
    """Incidents avoided = expected - observed, with the interval the ratio implies.

    The observed count is taken as known, so the limits are `(after + added) / ratio - added -
    after`, `added` being what the ratio was formed with; where no incident was observed and none
    added, or the ratio reaches zero, they are `expected * (1 - ratio)`.
    """
    if after + added > 0 and low > 0 and estimate > 0:
        limits = (max(0.0, (after + added) / ratio - added) for ratio in (high, low))
        return expected - after, next(limits) - after, next(limits) - after
    return expected - after, expected * (1 - high), expected * (1 - low)


def _tidy(result: Estimate | Quantity) -> pd.DataFrame:
    return pd.DataFrame([{name: getattr(result, name) for name in TIDY_COLUMNS}])


def limits(low: float, high: float) -> str:
    """Write the interval of a ratio; one decimal more where a limit would read as no change.

    >>> limits(0.617, 0.838), limits(0.62, 0.9954)
    ('0.62 to 0.84', '0.62 to 0.995')
    """
    near = [f"{end:.2f}" == "1.00" and end != 1 for end in (low, high)]
    return f"{low:.{2 + near[0]}f} to {high:.{2 + near[1]}f}"


def _direction(ratio: float) -> str:
    change = percent(abs(1 - ratio))
    if change == "0%":
        return "no change"
    return f"a fall of {change}" if ratio < 1 else f"a rise of {change}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate ratio with everything a reader needs to trust or doubt it.

    Attributes
    ----------
    measure
        What was counted, as shown to a reader: `"Anti-social behaviour"`.
    estimate, low, high
        Rate ratio and its interval: after / before of the target, over the same of the
        comparison where there is one. Below 1 is fewer incidents.
    level
        Level of the interval as a share, 0.95.
    n
        Incidents the estimate rests on, comparison included.
    n_before, n_after
        Incidents of the target in each period.
    method
        Name of the method in words.
    maryland
        Level on the Maryland Scientific Methods Scale, 1 to 5; it caps the wording.
    p
        Two-sided p value that agrees with the interval; `None` where the method has none.
    se_log, df
        Standard error of the log ratio and its degrees of freedom (`None` = normal); `se_log` is
        `None` where there is no incident after and none was added. An exact interval does not
        rest on it; its `se_log` serves pooling and draws.
    added
        Added to the count after to form the ratio (half an incident, or nothing).
    avoided, avoided_low, avoided_high
        Incidents avoided in the period after, expected - observed; negative = more than expected.
    cautions
        Sentences the report must print.
    details
        Named numbers of the method (dispersion, drift of the controls, ...).
    """

    measure: str
    estimate: float
    low: float
    high: float
    level: float
    n: int
    n_before: int
    n_after: int
    method: str
    maryland: int
    p: float | None = None
    se_log: float | None = None
    df: float | None = None
    avoided: float | None = None
    avoided_low: float | None = None
    avoided_high: float | None = None
    added: float = 0.0
    cautions: tuple[str, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.high) and 0 <= self.low <= self.estimate <= self.high):
            raise BadArgument(
                f"{self.method}: ratio {self.estimate} with limits {self.low} and {self.high} is "
                "not a finite ratio inside its own interval"
            )
        if not 0 < self.level < 1:
            raise BadArgument(f"level={self.level!r}: expected a share between 0 and 1")
        if self.maryland not in (1, 2, 3, 4, 5):
            raise BadArgument(f"maryland={self.maryland!r}: expected 1, 2, 3, 4 or 5")

    @property
    def expected(self) -> float | None:
        """Incidents expected in the period after; `None` where none can be said."""
        return None if self.avoided is None else self.n_after + self.avoided

    @property
    def distinguishable(self) -> bool:
        """Whether the interval excludes "no change"."""
        return self.high < 1 or self.low > 1

    def tidy(self) -> pd.DataFrame:
        """One row; the same columns for every estimator."""
        return _tidy(self)

    def with_cautions(self, *cautions: str) -> Estimate:
        """Return the same result with more cautions to print."""
        return replace(self, cautions=(*self.cautions, *cautions))

    def sentence(self) -> str:
        """Say the result in words, no stronger than the Maryland level allows."""
        interval = f"{percent(self.level)} interval {limits(self.low, self.high)}"
        ratio = f"ratio {self.estimate:.2f}, {interval}; below 1 means fewer incidents"
        moved = _direction(self.estimate)
        subject = f"Recorded {inside(self.measure)}"
        if self.maryland <= 2:
            tail = "" if self.distinguishable else " The interval includes no change."
            return f"{subject} changed: {moved} in the rate ({ratio}).{tail} Nothing here says why."
        if not self.distinguishable:
            span = f"from {_direction(self.low)} to {_direction(self.high)}"
            return (
                f"{subject}: we cannot tell {moved} from no change at all ({ratio}); the records "
                f"fit anything {span}."
            )
        if self.maryland == 3:
            text = f"{subject} shows {moved} against what the comparison led us to expect "
            text += f"({ratio}), consistent with an effect of the project."
        else:
            text = f"The effect of the project on {inside(subject)} was {moved} ({ratio})."
        return f"{text} {self._avoided_words()}".rstrip()

    def _avoided_words(self) -> str:
        if self.avoided is None or self.avoided_low is None or self.avoided_high is None:
            return ""
        low, high = self.avoided_low, self.avoided_high
        if self.avoided >= 0:
            word, value = "fewer", self.avoided
        else:
            word, value, low, high = "more", -self.avoided, -high, -low
        return f"That is {value:,.0f} {word} incidents than expected ({low:,.0f} to {high:,.0f})."

    def _repr_html_(self) -> str:
        from html import escape

        cautions = "".join(f"<li>{escape(c)}</li>" for c in self.cautions)
        listed = f"<ul>{cautions}</ul>" if cautions else ""
        return f"<p>{escape(self.sentence())}</p>{listed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with an interval that is not a rate ratio.

    Attributes
    ----------
    unit
        What one is: `"incidents"`, `"proportion"`, `"Cliff's delta"`; the sentence prints it.
    low, high
        `None` where the method has no interval; `level` is then `None` too.
    """

    measure: str
    estimate: float
    n: int
    method: str
    unit: str
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p: float | None = None
    se: float | None = None
    cautions: tuple[str, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.low is None) != (self.level is None) or (self.low is None) != (self.high is None):
            raise BadArgument(f"{self.method}: an interval and its level go together")
        if not math.isfinite(self.estimate):
            raise BadArgument(f"{self.method}: {self.estimate} is not a number to show")

    def tidy(self) -> pd.DataFrame:
        """One row; the same columns for every estimator."""
        return _tidy(self)

    def sentence(self) -> str:
        """Say the number, its interval and what it rests on."""
        shares = self.unit in ("proportion", "difference of proportions")
        digits = "{:.2f}" if abs(self.estimate) < 10 else "{:,.0f}"

        def words(value: float) -> str:
            return percent(value) if shares else digits.format(value)

        unit = "" if shares else f" {self.unit}"
        if shares and self.unit != "proportion":
            unit = " points"
        text = f"{self.measure}: {words(self.estimate)}{unit}"
        if self.low is not None and self.high is not None and self.level is not None:
            text += (
                f" ({percent(self.level)} interval {words(self.low)} to {words(self.high)}, "
                f"n = {self.n:,})"
            )
        return f"{text}; {self.method}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check on an assumption: `passed` is `None` where it informs and does not judge.

    `tried` is false where the records cannot carry the check: it then speaks for nothing. `size`
    says what was seen and which way it went, where a few words can.
    """

    name: str
    passed: bool | None
    text: str
    tried: bool = True
    p: float | None = None
    size: str = ""
    details: Mapping[str, float] = field(default_factory=dict)
