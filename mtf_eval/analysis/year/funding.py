"""Money asked for, awarded, spent and still to be accounted for."""

from __future__ import annotations

from datetime import date

import pandas as pd

from mtf_eval.analysis.results.columns import as_at_of, day, lay
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset

STATUS_WORDS = called("bid")
WON = ("awarded", "part_awarded")
DECIDED = (*WON, "refused")
#: A rate on fewer decisions than this would swing by 20 points or more with each one.
SMALL = 5
NOT_SENT = ", not on record as sent"


def standing(data: Dataset, as_of: date) -> pd.DataFrame:
    """Return the bids sent by `as_of`, each as it stood then: a later decision is not yet known."""
    rows = data.table("funding")
    rows = rows[rows["submitted"] <= pd.Timestamp(as_of)].copy()
    later = rows["decided"].notna() & (rows["decided"] > pd.Timestamp(as_of))
    rows.loc[later, "status"] = "submitted"
    rows.loc[later, ["awarded_gbp", "spent_gbp"]] = float("nan")
    rows.loc[later, ["report_due", "report_sent"]] = pd.NaT
    rows.loc[rows["report_sent"] > pd.Timestamp(as_of), "report_sent"] = pd.NaT
    return rows.sort_values(["submitted", "bid_id"]).reset_index(drop=True)


def _report(due: pd.Timestamp, sent: pd.Timestamp, late: bool) -> str:
    """Say of a funder's report when it went, or by when it is to go."""
    if pd.notna(sent):
        return f"sent on {day(sent)}"
    return "none due" if pd.isna(due) else f"due {day(due)}{NOT_SENT if late else ''}"


def bids(data: Dataset, *, as_of: date) -> Table:
    """Every bid as it stood on a day, with the funder's report where one is due."""
    rows = standing(data, as_of)
    late = rows["report_due"] <= pd.Timestamp(as_of)
    each = zip(rows["report_due"], rows["report_sent"], late, strict=True)
    rows = rows.rename(columns=lambda name: name.removesuffix("_gbp")).assign(
        project_id=rows["project_id"].astype("object").fillna("all"),
        status=rows["status"].map(STATUS_WORDS),
        report=[_report(due, sent, late) for due, sent, late in each],
    )
    return lay("bids", rows, data, as_of=as_of, as_at=as_at_of(rows["submitted"]))


def _awards(rows: pd.DataFrame) -> float:
    """Add up what was awarded; missing where the amount of an award is."""
    unknown = rows["status"].isin(WON) & rows["awarded_gbp"].isna()
    return float("nan") if unknown.any() else float(rows["awarded_gbp"].sum())


def pipeline(data: Dataset, *, as_of: date) -> Table:
    """Bids by status: number, requested and awarded; a row for each status and a total."""
    rows = standing(data, as_of)
    parts = [(words, rows[rows["status"] == status]) for status, words in STATUS_WORDS.items()]
    lines = [
        (words, len(part), part["requested_gbp"].sum(), _awards(part))
        for words, part in [*parts, ("Total", rows)]
        if len(part) or words == "Total"
    ]
    return lay("bids_by_status", lines, data, as_of=as_of, as_at=as_at_of(rows["submitted"]))


def bids_finding(data: Dataset, *, as_of: date) -> str:
    """Say how many decided bids succeeded; a rate only from five decided bids on."""
    rows = standing(data, as_of)
    if rows.empty:
        return "No bids are on record."
    decided = rows[rows["status"].isin(DECIDED)]
    won = int(decided["status"].isin(WON).sum())
    waiting = int((rows["status"] == "submitted").sum())
    words = f"{won} of {len(decided)} decided bids succeeded, in whole or in part"
    if len(decided) < SMALL:
        words += "; too few for a success rate"
    await_ = "awaits" if waiting == 1 else "await"
    return f"{words}. {waiting} {await_} a decision." if waiting else f"{words}."


def budget(data: Dataset, *, as_of: date) -> Table:
    """Awarded against cost by project up to a day, cash and in kind apart."""
    bid = standing(data, as_of)
    cost = data.table("costs")
    cost = cost[cost["date"] <= pd.Timestamp(as_of)].copy()
    cost["gbp"] = cost["amount_gbp"].fillna(cost["hours"] * cost["rate_gbp"])
    by_kind = cost.pivot_table(index="project_id", columns="kind", values="gbp", aggfunc="sum")
    asked = bid[bid["status"].isin(WON) | bid["awarded_gbp"].notna()].groupby("project_id")
    awarded = pd.Series({name: _awards(rows) for name, rows in asked}, dtype="float64")
    spent = pd.Series({name: rows["spent_gbp"].sum(skipna=False) for name, rows in asked})
    shared = _awards(bid[bid["project_id"].isna()])
    names = sorted({*by_kind.index, *bid["project_id"].dropna()})
    frame = pd.DataFrame({"project_id": pd.Series(names, dtype="object")})
    frame["awarded"] = awarded.reindex(names).to_numpy()
    frame["spent"] = spent.reindex(names).to_numpy()
    for kind in ("cash", "in_kind"):
        costs = by_kind[kind] if kind in by_kind else pd.Series(dtype="float64")
        frame[kind] = costs.reindex(by_kind.index).fillna(0.0).reindex(names).to_numpy()
    frame["left"] = frame["awarded"] - frame["cash"]
    notes = [f"£{shared:,.0f} awarded to no one project is not in it."] if shared > 0 else []
    for what, column in (("The amount", "awarded_gbp"), ("What was spent", "spent_gbp")):
        if len(open_ := bid[bid["status"].isin(WON) & bid[column].isna()]):
            notes.append(f"{what} is not on record of the awards {listing([*open_['bid_id']])}.")
    as_at = as_at_of(cost["date"])
    return lay("budget", frame, data, as_of=as_of, as_at=as_at, notes=tuple(notes))


def budget_finding(data: Dataset, *, as_of: date) -> str:
    """Say which projects have cost more cash than they were awarded."""
    frame = budget(data, as_of=as_of).frame
    over = frame.loc[frame["left"] < 0, "project_id"]
    bid = standing(data, as_of)
    won = frame["project_id"].isin(bid.loc[bid["status"].isin(WON), "project_id"])
    unfunded = frame.loc[frame["awarded"].isna() & ~won & (frame["cash"] > 0), "project_id"]
    words = []
    if len(over):
        words.append(f"Cash cost above the award: {', '.join(over)}.")
    if len(unfunded):
        words.append(f"Cash cost without an award on record: {', '.join(unfunded)}.")
    if len(open_ := frame.loc[frame["awarded"].isna() & won, "project_id"]):
        words.append(f"We cannot say of {listing([*open_])}: an amount awarded is not on record.")
    return " ".join(words) or "No project has cost more cash than it was awarded."
