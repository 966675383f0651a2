"""How tables of pounds are laid out, and the one of every page: where each project stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit.appraisal import Benefit, analyse
from mtf_eval.analysis.benefit.cashflow import Assumptions
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.net import KINDS
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import AS_RECORDED, Shown, Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference, slug

Rows = Iterable[Mapping[str, Any] | tuple[Any, ...]]
WAITING = called("project without pounds")


def table(benefit: Benefit, name: str, rows: Rows | pd.DataFrame, **words: Any) -> Table:
    """Lay out a table of the analysis, with its name, source and price year; see `columns.lay`."""
    own = f"{slug(benefit.project_id, '_')}{'_claimed' * benefit.beside}"
    words |= {"benefit": benefit, "own": own, "as_at": benefit.as_of, "basis": basis(benefit)}
    return lay(f"benefit_{name}", rows, benefit.source, **words)


def tabled(make: Callable[[Benefit], Rows | pd.DataFrame]) -> Callable[[Benefit], Table]:
    """Make a function that yields rows of a benefit into one that returns the table of its name."""

    @wraps(make)
    def made(benefit: Benefit) -> Table:
        return table(benefit, make.__name__, make(benefit))

    return made


def basis(benefit: Benefit) -> str:
    """Name the rule by which people were counted for the pounds; `""` where none were."""
    beside = () if benefit.claims is None else benefit.claims.claimed
    return next((line.counted for line in (*benefit.claimed, *beside) if line.counted), "")


def sides(benefit: Benefit) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of cost and the rows of benefit of the cash flow."""
    cost = benefit.flow["side"].eq("cost")
    return benefit.flow[cost], benefit.flow[~cost]


def with_total(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append the row `Total` to rows by agency."""
    if not rows:
        return rows
    sums = {key: sum(row[key] for row in rows) for key in rows[0] if key != "agency"}
    return [*rows, {"agency": "Total", **sums}]


def by_records(
    data: Dataset,
    evaluation: Evaluation,
    reference: Reference,
    chosen: Assumptions | None = None,
    people: Shown = AS_RECORDED,
) -> Benefit:
    """Work out the pounds of a page that is not about pounds: undrawn, priced as the data set says.

    `chosen`: price year and horizon of a page that has them. `people`: as in `analyse`.
    """
    year = chosen.price_year if chosen else reference.price_year("", data.about)
    horizon = reference.horizon_years(chosen.horizon_years if chosen else 0)
    return analyse(
        data, evaluation, reference, price_year=year, horizon_years=horizon, people=people,
        rng=np.random.default_rng(0), draws=0,
    )  # fmt: skip


def standing(benefits: Sequence[Benefit], *, name: str = "") -> Table:
    """Give each project's net effect, its pounds by the records, and what it claims beside them.

    `name`: the page, as tables are named by it; without it that of the one project.
    """
    first = benefits[0]
    rows = [_row(each.judged, each) for each in benefits if each.judged is not None]
    return lay(
        "standing", rows, first.source, page=name or f"benefit_{slug(first.project_id, '_')}",
        year=first.assumptions.price_year, as_at=first.as_of,
        basis=next(filter(None, map(basis, benefits)), ""),
    )  # fmt: skip


def _row(evaluation: Evaluation, own: Benefit) -> tuple[object, ...]:
    net, kind = evaluation.net.get(evaluation.project.primary_measure), evaluation.evidence()
    claim = WAITING.get(evaluation.status, KINDS[kind])
    if net is not None and net.doubt:
        claim = f"{claim}: {net.doubt}"
    places = any(line.route == "places" for line in own.claimed)
    key, claims = "present_value_benefits_gbp", own.claims or (own if not places else None)
    outcomes = claims.results[key] if claims is not None and claims.claimed else math.nan
    value = own.results[key] if places else math.nan
    ratio = own.results["public_value_bcr"] if places else math.nan
    numbers = (math.nan,) * 3 if net is None else (net.avoided, *net.interval)
    return (evaluation.project.named, claim, *numbers, value, ratio, outcomes)
