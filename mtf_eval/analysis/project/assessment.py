"""One evaluation as tables: everything shown in the assessment of a project's page."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from mtf_eval.analysis.counts import on_record as counts
from mtf_eval.analysis.effects import Estimate, placebo_controls
from mtf_eval.analysis.effects.result import limits
from mtf_eval.analysis.project.delivery import actions_then
from mtf_eval.analysis.project.design import months_words
from mtf_eval.analysis.project.evaluation import UNFINISHED, Evaluation, page_table
from mtf_eval.analysis.project.plans import fixed
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.dataset import Dataset

NOT_ASSESSED = "not assessed"
NO_BUFFER = "The project names no buffer areas."
COMPARED = ("placebo", "did")  # designs that set the project's areas against others
PASSED = {True: "As it should be", False: "Look here", None: "For information"}


def headline(data: Dataset, evaluation: Evaluation) -> Table:
    """Cards of the first screen: before, after, expected, avoided; one row."""
    project, window = evaluation.project, evaluation.window
    effect = evaluation.primary
    if window is None or evaluation.compared is None:
        raise NotEnoughData(f"{project.project_id}: no months are compared")
    before, after = evaluation.compared.same_season().totals(project.target)
    row: dict[str, object] = {"project": project.title, "before": before, "after": after}
    earlier, later = (
        f"{f'{len(u)} months of ' * (len(u) < len(m))}{m[0]:%b %Y} to {m[-1]:%b %Y}"
        for u, m in zip(window.used(), window.sides(), strict=True)
    )
    words: dict[str, str] = {"earlier": earlier, "later": later}
    if effect is not None and effect.avoided is not None:
        net = evaluation.net[project.primary_measure]
        row |= {"expected": after + round(effect.avoided), "avoided": round(abs(net.avoided))}
        row["ratio"] = effect.estimate
        interval = f"95% interval {limits(effect.low, effect.high)}; below 1 is fewer"
        words["said"] = "Expected" if effect.maryland > 2 else "As the months before suggest"
        words["against"] = f"{'Fewer' if net.avoided >= 0 else 'More'} than {_against(effect)}"
        words |= {"net": net.sentence(), "interval": interval}
    elif (seen := evaluation.smallest(project.primary_measure)) is not None:
        row["mde"], words["way"] = 100 * seen[0], seen[1]
    return page_table(data, evaluation, "headline", [row], **words)


def _against(*effects: Estimate) -> str:
    """Say what the counts after are held against; only a comparison tells what to expect."""
    compared = {effect.maryland > 2 for effect in effects} or {True}
    words = {True: "expected", False: "the months before suggest"}
    return " or ".join(words[each] for each in sorted(compared, reverse=True))


def short(data: Dataset, evaluation: Evaluation, done: str) -> Table:
    """Answer in few lines: the problem, what was done, what changed, how sure."""
    project, effect = evaluation.project, evaluation.primary
    claims = bool(len(data.own("outcomes", project.project_id)))
    sure = f"The records show nothing{'; what it claims of people is not measured' * claims}."
    if evaluation.status in UNFINISHED:
        sure = f"Nothing is claimed yet: {UNFINISHED[evaluation.status]}."
    elif effect is not None:
        sure = f"Maryland level {effect.maryland} of 5; {evaluation.design.reason} "  # type: ignore[union-attr]
        sure += " ".join(_doubts(evaluation)) or "No check speaks against it."
    elif evaluation.gated is not None:
        remedy = evaluation.gated.remedy or "complete the records"
        sure = f"Nothing may be claimed. To mend it: {remedy}."
    elif project.primary_measure in evaluation.unclear:
        sure = f"Too few incidents to be sure of anything: {evaluation.headline}."
    elif evaluation.design is not None:
        why = evaluation.cannot_say.get(project.primary_measure, evaluation.headline)
        sure = f"No estimate can be made: {why}."
    rows = (
        ("The problem", project.problem),
        ("What was done", f"{done}; led by {project.lead_agency}."),
        ("What changed", f"{evaluation.headline}."),
        ("How sure", sure),
    )
    return page_table(data, evaluation, "short", rows)


def _doubts(evaluation: Evaluation) -> Iterator[str]:
    """Say all that speaks against the result, and what could not be looked at."""
    effect = evaluation.primary
    assert effect is not None
    if wrong := [c.name.lower() for c in evaluation.checks if c.passed is False]:
        yield f"Look at: {', '.join(wrong)}."
    if untried := sum(not c.tried for c in evaluation.checks):
        yield f"{untried} of {len(evaluation.checks)} checks could not be tried."
    yield from (*effect.cautions, *evaluation.cautions)
    net = evaluation.net[evaluation.project.primary_measure]
    if net.moved and net.effect.estimate < 1:
        yield f"{net.sentence()}: {net.doubt or 'a fall is left'}."


def changes(data: Dataset, evaluation: Evaluation) -> Table:
    """Each measure: counts, ratio with interval, incidents avoided, target; or why not."""
    rows: list[tuple[object, ...]] = []
    rises = {(wanted or 0) > 0 for wanted in evaluation.project.measures.values()}
    sign = 1 if rises == {True} else -1
    for measure, wanted in evaluation.project.measures.items():
        effect = evaluation.effects.get(measure)
        aim = "" if wanted is None else percent(wanted, signed=True)
        smallest = 100 * (evaluation.smallest(measure) or (math.nan,))[0]
        if effect is None:
            missing = evaluation.cannot_say.get(measure, "no estimate")
            rows.append((measure, None, None, None, None, None, None, aim, smallest, missing))
        else:
            said = evaluation.net[measure].met
            rows.append(
                (measure, effect.n_before, effect.n_after, effect.estimate, effect.low,
                 effect.high, round(-sign * evaluation.net[measure].avoided), aim, smallest, said)
            )  # fmt: skip
    ways = " or ".join(("fall", "rise")[way] for way in sorted(rises))
    against = f"{'More' if sign > 0 else 'Fewer'} than {_against(*evaluation.effects.values())}"
    notes = _ratio_words(evaluation)
    return page_table(data, evaluation, "changes", rows, against=against, ways=ways, notes=notes)


def _ratio_words(evaluation: Evaluation) -> Iterator[str]:
    levels = [effect.maryland for effect in evaluation.effects.values()]
    if not levels or max(levels) > 2:
        yield (
            "Rate ratio: after over before in the project's areas, over the same where nothing was "
            "done. Below 1 is fewer incidents."
        )
    if levels and max(levels) > 2 and evaluation.window is not None:
        before, after = map(len, evaluation.window.used())
        if before != after:
            yield f"Before is counted over {before} months, after over {after}: those on record."
    if levels and min(levels) <= 2:
        yield (
            "Without a comparison the rate ratio is the rate after over the rate before, in the "
            "project's areas alone; the two counts may be of unequal numbers of months, which the "
            "ratio allows for. Below 1 is fewer incidents."
        )
    if evaluation.design is not None and evaluation.design.method == "series":
        yield f"Months used: {_periods(evaluation)[1]}."


def estimates(data: Dataset, evaluation: Evaluation) -> Table:
    """Every estimate of the primary measure, the primary one first and marked."""
    rows = []
    for i, effect in enumerate(evaluation.sensitivity):
        role = "Primary" if i == 0 and evaluation.primary is effect else "Sensitivity"
        name = effect.method if role == "Sensitivity" else f"{effect.method} (primary)"
        rows.append((name, effect.estimate, effect.low, effect.high, effect.n, effect.maryland))
    design = evaluation.design
    notes = () if design is None else (
        f"Design, fixed before the outcome was looked at: {design.text}. {design.reason}",
        "The others are shown so that nobody has to wonder; they do not decide.",
    )  # fmt: skip
    return page_table(data, evaluation, "estimates", rows, notes=notes)


def series(data: Dataset, evaluation: Evaluation) -> Table:
    """Monthly counts of the project's areas, what was expected after the start, and its band."""
    panel = evaluation.panel
    if panel is None:
        raise NotEnoughData(f"{evaluation.project.project_id}: no monthly series")
    observed = panel.monthly(panel.target)
    frame = pd.DataFrame({"month": [f"{m:%B %Y}" for m in observed.index]})
    frame["observed"] = observed.to_numpy()
    words: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    effect = evaluation.primary
    if effect is not None and effect.avoided is not None and evaluation.window is not None:
        compared = effect.maryland > 2
        word = "Expected" if compared else "As the months before suggest"
        share = _shape(evaluation)
        after = observed[share.notna()].sum()
        for name, avoided in (
            ("expected", effect.avoided), ("low", effect.avoided_low), ("high", effect.avoided_high)
        ):  # fmt: skip
            frame[name] = max(0.0, after + (avoided or 0.0)) * share.to_numpy()
        words = {"word": word, "without": " without the project" * compared}
        others = len(panel.counts.columns) > len({*panel.target, *panel.buffer})
        notes = (
            f"{word}: the total that the {'effect' if compared else 'ratio'} implies, spread over "
            f"the months {'as in the other areas' if others else 'evenly'}; the band is spread in "
            "the same way from the 95% interval of that total.",
        )
    return page_table(data, evaluation, "months", frame, notes=notes, **words)


def _shape(evaluation: Evaluation) -> pd.Series[float]:
    """Share of each month compared after the start, as in all other areas; NaN in the others."""
    panel, window, compared = evaluation.panel, evaluation.window, evaluation.compared
    assert panel is not None
    assert window is not None
    assert compared is not None
    rest = [a for a in compared.counts.columns if a not in {*panel.target, *panel.buffer}]
    shape = compared.counts[rest].sum(axis=1).reindex(window.used()[1])
    shape = shape if shape.sum() else shape * 0 + 1.0
    return (shape / shape.sum()).reindex(panel.counts.index)


def series_alt(evaluation: Evaluation) -> str:
    """Describe the monthly picture in words."""
    panel = evaluation.panel
    if panel is None:
        return "No monthly series."
    monthly = panel.monthly(panel.target)
    said = f"Line of {len(monthly)} months"
    if monthly.isna().all():
        return "Nothing is on record."
    before, after = monthly[~panel.post].dropna(), monthly[panel.post].dropna()
    if len(before):
        said += f", on average {before.mean():.1f} a month before the start"
    if gone := months_words(monthly.index[monthly.isna()]):
        said += f"; broken where nothing is on record: {gone}"
    if evaluation.gated is not None:  # the one average beside the other would be the claim
        return f"{said}."
    if len(after):
        said += f"; {after.mean():.1f} from {panel.start:%B %Y} on"
    return f"{said}; highest {monthly.max():.0f} in {monthly.idxmax():%B %Y}."


def on_record(data: Dataset, evaluation: Evaluation) -> Table:
    """Return which months are on record in each of the project's areas, and in the others."""
    assert evaluation.coverage is not None
    project, columns = evaluation.project, evaluation.coverage.counts.columns
    rows = {
        data.area(area, role): (area,)
        for role in ("target", "buffer", "comparison")
        for area in project.areas.get(role, ())
    }
    own = {area for areas in project.areas.values() for area in areas}
    if rest := tuple(a for a in columns if a not in own):
        rows[f"Other areas ({len(rest):,})"] = rest
    title = f"Months on record: {project.primary_measure}"
    name = f"{project.key}_on_record"
    return counts.strip(
        data, evaluation.coverage, rows, name=name, title=title, as_at=evaluation.as_of
    )


def controls(data: Dataset, evaluation: Evaluation) -> Table:
    """Change of every control group and of the project, against what the controls did on average.

    Raises `NotEnoughData` where the placebo-calibrated effect cannot be formed.
    """
    if evaluation.record is None or evaluation.primary is None:
        raise NotEnoughData(f"{evaluation.project.project_id}: nothing may be said")
    frame = placebo_controls(panel=evaluation.record)
    frame.insert(0, "group", np.where(frame["role"] == "project", "This project", ""))
    blank = frame["group"] == ""
    frame.loc[blank, "group"] = [f"Control {i}" for i in range(1, int(blank.sum()) + 1)]
    frame["areas"] = ["; ".join(map(data.area, codes)) for codes in frame["areas"].str.split(";")]
    return page_table(data, evaluation, "controls", frame)


def controls_alt(table: Table) -> str:
    """Describe the dots in words."""
    frame = table.frame
    own = float(frame.loc[frame["group"] == "This project", "against_controls"].iloc[0])
    others = frame.loc[frame["group"] != "This project", "against_controls"]
    return (
        f"{len(others)} control groups between {others.min():.2f} and {others.max():.2f} of what "
        f"they did on average; the project's areas at {own:.2f}; {int((others < own).sum())} "
        "control groups lie below it."
    )


def spill(data: Dataset, evaluation: Evaluation) -> Table:
    """Show the net effect and what it is made of; figures of four counts stand as working."""
    net, four = evaluation.net.get(evaluation.project.primary_measure), evaluation.spill
    working, none = "working: no verdict rests on it", (math.nan, math.nan)
    rows: list[tuple[object, ...]] = []
    if net is not None:
        ends = net.effect.avoided_low, net.effect.avoided_high
        rows = [
            ("Incidents avoided, net of next door", net.avoided, *net.interval, "on every page"),
            ("Incidents avoided in the project's areas, gross", net.gross, *ends, "working"),
        ]
        if (near := net.beside) is not None:
            way = "above 1: its excess is taken off; below 1: shown, not credited"
            rows.append(("Rate ratio next door", near.estimate, near.low, near.high, way))
    if four is not None and (each := four.difference) is not None:
        name = "Weighted displacement difference (Poisson, too narrow)"
        rows.append((name, each.estimate, each.low, each.high, working))
    if four is not None and (each := four.quotient) is not None:
        total = each.details.get("total_net_effect", math.nan)
        rows.append(("Displacement quotient", each.estimate, *none, working))
        rows.append(("Total net effect by quotient", total, *none, working))
    why = "No buffer area could be measured." if evaluation.project.buffer else NO_BUFFER
    notes = four.reasons if four else (why,)
    return page_table(data, evaluation, "spill", rows, notes=notes)


def checks_table(data: Dataset, evaluation: Evaluation) -> Table:
    """Every check with its verdict."""
    rows = [(c.name, PASSED[c.passed], c.text) for c in evaluation.checks]
    for measure in evaluation.mde:
        size, way = evaluation.smallest(measure) or (math.nan, "")
        said = f"A true {way} of {percent(size)} would be found four times in five."
        rows.append((f"Smallest {way} that could be seen: {measure}", PASSED[None], said))
    return page_table(data, evaluation, "checks", rows)


def emmie(data: Dataset, evaluation: Evaluation) -> Table:
    """Fill the EMMIE fields, or say that they were not assessed."""
    actions = actions_then(data, evaluation.as_of, evaluation.project.project_id)
    own = data.own("projects", evaluation.project.project_id)
    told = {n: "; ".join(own[n].dropna()) for n in ("mechanism", "moderators")}
    each = "; ".join(sorted({str(m) for m in actions["mechanism"].dropna()}))
    n, done = len(actions), int(actions["state"].isin(["done", "late"]).sum())
    spent = len(data.own("costs", evaluation.project.project_id)) > 0
    effect = evaluation.primary
    fields = {
        "Effect": evaluation.headline + (f" (Maryland {effect.maryland} of 5)" if effect else ""),
        "Mechanism": told["mechanism"] or each or NOT_ASSESSED,
        "Moderators": told["moderators"] or NOT_ASSESSED,
        "Implementation": f"{done} of {n} actions completed" if n else NOT_ASSESSED,
        "Economics": "see the benefit analysis" if spent else NOT_ASSESSED,
    }
    return page_table(data, evaluation, "emmie", fields.items())


def _periods(evaluation: Evaluation) -> tuple[bool, str]:
    """Say whether the primary estimate compares as many months before as after, and which."""
    window, panel = evaluation.window, evaluation.panel
    if window is None or panel is None:
        return False, ""
    if evaluation.design is not None and evaluation.design.method == "series":
        used = f"{panel.counts.index[0]:%B %Y} to {window.last:%B %Y}"
        return False, f"{panel.months_before} months before, {window.months} after: {used}"
    return len(window.used()[0]) == window.months, window.words()


def check_list(data: Dataset, evaluation: Evaluation) -> Table:
    """List what an assessment must contain, and where this one stands."""
    project, effect, design = evaluation.project, evaluation.primary, evaluation.design
    passed = {c.name: c.passed for c in evaluation.checks}
    waves = set(data.own("survey_responses", project.project_id)["wave"].dropna())
    ended, again = project.response_end, project.follow_up_date
    dates = f"{day(project.response_start)} to " if project.response_start is not None else ""
    dates += day(ended) if ended is not None else "still running"
    rows = (
        ("Problem and measure fixed in advance", *fixed(data, evaluation)),
        ("Response dates", project.response_start is not None, dates),
        ("Equal periods", *_periods(evaluation)),
        ("Comparison, and why", design is not None and design.method in COMPARED,
         design.reason if design else ""),
        ("Trend before the start", passed.get("Trend before the start") is not None, ""),
        ("Effect with interval", effect is not None, effect.method if effect else ""),
        ("Displacement and diffusion", evaluation.spill is not None, ""),
        ("Entry and exit survey", waves >= {"entry", "exit"}, " and ".join(sorted(waves))),
        ("Costs", len(data.own("costs", project.project_id)) > 0, ""),
        ("Smallest fall that could be seen", bool(evaluation.mde), ""),
        ("Consolidation", bool(project.consolidation_plan), ""),
        ("Follow-up date", again is not None, "" if again is None else day(again)),
    )  # fmt: skip
    words = {True: "yes", False: "no", None: "not on record"}
    answers = ((item, words[held], which) for item, held, which in rows)
    return page_table(data, evaluation, "check_list", answers)
