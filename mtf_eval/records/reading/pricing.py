"""What the tables say in pounds, held against the prices in force: what has none, what is odd.

A cost no deflator reaches and a code nobody knows are refused: nothing may rest on the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mtf_eval.errors import BadArgument
from mtf_eval.records.aliases import called
from mtf_eval.records.prices.reference import Reference, financial_year
from mtf_eval.records.reading.grids import Tidied

#: Columns of `outcomes` whose blank is counted as the most that can be claimed.
BLANKS = called("blank share")
#: Words of an item that tell of money given for a project, and of money paid that came back.
_GIVEN = re.compile(r"\b(?:grants?|fund(?:ing|ed|s)?|award(?:ed|s)?|contributions?|income)\b", re.I)
#: Money that only changes hands, or stands where a page of an account begins or ends.
_MOVED = re.compile(
    r"\brecharge[ds]?\b(?! points?\b)|\b(?:brought|carried) forward\b|\b[bc]/f\b|^\W*balance\W*$",
    re.I,
)
_RETURNED = re.compile(r"\b(?:refund|return|repa(?:id|y)|credit|recover|reclaim|revers)", re.I)


def hold_prices(read: Mapping[str, Tidied], reference: Reference) -> None:
    """Check what is in pounds; problems and findings are added to each table."""
    if "about" in read:
        _about(read["about"], reference)
    if "funding" in read:
        frame = read["funding"].frame
        open_ = frame["status"].isin(["awarded", "part_awarded"]) & frame["awarded_gbp"].isna()
        text = "an award without its amount: no sum of awards that it belongs to can be given"
        read["funding"].ask(frame.index[open_], "awarded_gbp", text)
        lost = ~frame["status"].isin(["awarded", "part_awarded"]) & (frame["awarded_gbp"] > 0)
        text = "an award of a bid that was not won: it is counted as awarded; correct one of them"
        read["funding"].ask(frame.index[lost], "awarded_gbp", text)
        text, more = "more awarded than asked for: is it right?", frame["awarded_gbp"]
        read["funding"].ask(frame.index[more > frame["requested_gbp"]], "awarded_gbp", text)
    if "costs" in read:
        _costs(read["costs"], reference)
        if "projects" in read:
            _far(read["costs"], read["projects"], reference.horizon_years())
    for name in ("project_measures", "outcomes"):
        if name in read:
            _codes(read[name], reference)
            _without_costs(read[name], read.get("costs"))
    if "project_measures" in read:
        measures = read["project_measures"].frame
        rise = (measures["target_change"] > 0) & measures["unit_cost_code"].notna()
        text = "a rise is aimed at and a unit cost is set: it is not used, for more is no loss"
        read["project_measures"].ask(measures.index[rise], "target_change", text)
    if "outcomes" in read:
        _outcomes(read["outcomes"], read.get("project_areas"), reference)


def _about(about: Tidied, reference: Reference) -> None:
    given = about.frame.dropna()
    for key, read, expected in (
        ("price_year", reference.price_year, "a financial year of the deflator, such as 2023/24"),
        ("crime_costs", reference.in_edition, "the year of an edition's prices, such as 2019/20"),
    ):
        for row, value in given.loc[given["key"].str.casefold() == key, "value"].items():
            try:
                read(value)
            except BadArgument as error:
                about.problem(str(error), expected, row=row, column="value")


def _costs(costs: Tidied, reference: Reference) -> None:
    frame = costs.frame
    for row, day in frame["date"].dropna().items():
        year = financial_year(day)
        try:
            reference.index(year)
        except BadArgument:
            years = list(reference.covered)
            found = f"{day:%Y-%m-%d}, a cost of {year}, which has no price"
            expected = f"a financial year of the deflator, {years[0]} to {years[-1]}"
            todo = "correct the date, or give a newer deflator: mtf-eval prices DATA --update FILE"
            costs.problem(found, expected, todo, row=row, column="date")
    text = "amounts of one item that only grow: sums to date? give what each day cost alone"
    for _, each in frame.sort_values("date").groupby(["project_id", "agency", "item"]):
        if len(each) > 5 and (each["amount_gbp"].diff()[1:] > 0).all():
            costs.ask(each.index[-1:], "amount_gbp", text)
    text = "a rate of 0: these hours are counted as free; leave it out where it is not known"
    costs.ask(frame.index[(frame["rate_gbp"] == 0) & (frame["hours"] > 0)], "rate_gbp", text)
    back = frame["amount_gbp"] < 0
    items = frame["item"].fillna("").astype("str")
    text = "a recharge or a balance, by its words: leave one row for what was spent, by who bore it"
    costs.ask(frame.index[items.str.contains(_MOVED) & ~back], "item", text)
    given = back & items.str.contains(_GIVEN) & ~items.str.contains(_RETURNED)
    for row in frame.index[given]:
        found, expected = "a negative amount for money given", "a cost, or one that came back"
        todo = "a grant lowers no cost: take it out, and enter it in the table funding; or write "
        todo += "refund beside what came back of the cost itself"
        costs.problem(found, expected, todo, row=row, column="amount_gbp")
    text = "a negative amount: read as money that came back (a refund)"
    costs.ask(frame.index[back & ~given], "amount_gbp", text)


def _far(costs: Tidied, projects: Tidied, horizon: int) -> None:
    """Tell of costs years before a response or past the horizon: perhaps a year mistyped."""
    starts = projects.frame.drop_duplicates("project_id").set_index("project_id")["response_start"]
    begun = starts.reindex(costs.frame["project_id"]).set_axis(costs.frame.index)
    years = (costs.frame["date"] - begun).dt.days / 365.25
    text = "over two years before the response began: counted in its first year"
    costs.ask(years.index[years < -2], "date", text)
    text = f"over {horizon} years after the response began, past the usual horizon: once "
    text += "that day has come there is no ratio, net value or chance"
    costs.ask(years.index[years >= horizon], "date", text)


def _codes(tidied: Tidied, reference: Reference) -> None:
    for row, code in tidied.frame["unit_cost_code"].dropna().items():
        if code not in reference.unit_costs:
            near = reference.near(code)
            unread = [str(t) for t in reference.told if t.found.startswith(f"{code}:")]
            found = "a code that is not in the reference data"
            expected = f"a unit cost code{f'; did you mean {near}?' if near else ''}"
            todo = unread[-1] if unread else "see mtf-eval prices DATA for the codes in force"
            tidied.problem(found, expected, todo, row=row, column="unit_cost_code")


def _without_costs(tidied: Tidied, costs: Tidied | None) -> None:
    frame = tidied.frame[tidied.frame["unit_cost_code"].notna()].drop_duplicates("project_id")
    bare = ~frame["project_id"].isin([] if costs is None else costs.frame["project_id"])
    for row, name in frame.loc[bare, "project_id"].items():
        text = f"no costs are on record for {name}: no ratio, net value or chance can be given"
        tidied.finding("warning", text, row=row, column="project_id")


def _outcomes(outcomes: Tidied, areas: Tidied | None, reference: Reference) -> None:
    frame = outcomes.frame
    for row in frame.index[frame["years"] == 0]:
        outcomes.problem("0", "more than 0, or a blank for one year", row=row, column="years")
    for row, code in frame["unit_cost_code"].dropna().items():
        cost = reference.unit_costs.get(code)
        if cost is not None and (cost.role == "input" or cost.rare):
            why = "a rare, dear event: shown alone" if cost.rare else "what it costs to act"
            outcomes.ask([row], "unit_cost_code", f"{why}, outside every total")
    for column, text in BLANKS.items():
        outcomes.ask(frame.index[frame[column].isna()], column, text)
    lag = frame["lag_years"]
    text = "a part of a year: benefits are counted from the next whole year on"
    outcomes.ask(frame.index[lag.notna() & (lag % 1 > 0)], "lag_years", text)
    again = frame.duplicated(["project_id", "unit_cost_code"]) & ~frame.duplicated()
    text = "the same outcome of the same project as a row before: both are counted"
    outcomes.ask(frame.index[again], "unit_cost_code", text)
    if areas is None:
        return
    target = areas.frame[areas.frame["role"] == "target"]
    living = target.groupby("project_id")["population"].agg(lambda p: p.sum(skipna=False))
    there = frame["project_id"].map(living)
    text = "more people than live in the project's target areas"
    outcomes.ask(frame.index[(frame["people"] > there).fillna(False)], "people", text)
