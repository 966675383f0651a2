"""Entry and exit surveys: who answered, how favourably, what changed, what speaks against it.

Answers outside the scale (do not know, no answer) stand apart and are in no base.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Quantity
from mtf_eval.analysis.results.columns import as_at_of, column, lay, span
from mtf_eval.analysis.results.tables import AS_RECORDED, Shown, Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.plans import listed
from mtf_eval.records.prices.reference import slug
from mtf_eval.records.prices.rules import Rule, few

WAVES = ("entry", "exit")
WORDS = {"entry": "Entry", "exit": "Exit"}
#: Below this base only counts are given (DOMAIN practice of public surveys, marked [u]).
SMALL_BASE = 30
#: Share of exit respondents found in the entry wave from which the waves count as the same people.
MATCHED = 0.5
#: A channel whose share moves by more than this has changed how people were asked.
MODE_SHIFT = 0.25
#: Level of the Holm-adjusted tests.
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and its scale, from the least to the most favourable answer."""

    question_id: str
    text: str
    scale: tuple[str, ...]

    @property
    def favourable(self) -> tuple[str, ...]:
        """The upper half of the scale; the middle answer of an odd scale is neither."""
        return self.scale[-(len(self.scale) // 2) :]


@once
def questions(data: Dataset, project_id: str) -> tuple[Question, ...]:
    """Return the questions that a project's respondents were asked, in the order of the table."""
    asked = set(responses(data, project_id)["question_id"])
    found = []
    for row in data.table("survey_questions").itertuples():
        scale = listed(row.scale)
        ordered = scale[::-1] if row.favourable == "low" else scale
        if row.question_id in asked and len(scale) > 1:
            question = Question(question_id=row.question_id, text=row.text, scale=ordered)
            found.append(question)
    return tuple(found)


def waves(data: Dataset, project_id: str) -> tuple[str, ...]:
    """Return which waves have answers, in order."""
    there = set(responses(data, project_id)["wave"])
    return tuple(wave for wave in WAVES if wave in there)


@once
def responses(data: Dataset, project_id: str) -> pd.DataFrame:
    """Return the answers given to a project's surveys, those outside the scale included."""
    return data.own("survey_responses", project_id)


@once
def _of(data: Dataset, project_id: str, question: Question, wave: str) -> pd.DataFrame:
    """Rows of one wave that answered on the scale, with the answer's place and weight."""
    rows = responses(data, project_id)
    rows = rows[(rows["wave"] == wave) & (rows["question_id"] == question.question_id)].copy()
    place = {answer.casefold(): i for i, answer in enumerate(question.scale)}
    rows["place"] = rows["answer"].str.strip().str.casefold().map(place)
    rows["yes"] = rows["place"] >= len(question.scale) - len(question.favourable)
    rows["weight"] = rows["weight"].fillna(1.0)
    return rows


# Tables


def _table(data: Dataset, project_id: str, name: str, rows: Any, **more: Any) -> Table:
    """Lay out a table of one project's survey, with its day."""
    as_at, key = as_at_of(responses(data, project_id)["date"]), slug(project_id, "_")
    return lay(f"survey_{name}", rows, data, as_at=as_at, key=key, project_id=project_id, **more)


def respondents(data: Dataset, project_id: str) -> Table:
    """Who answered: people by wave, with the days and channels."""
    rows = responses(data, project_id)
    who = rows["respondent_id"].fillna(rows["date"].astype(str) + rows.index.astype(str))
    given = {w: rows["wave"] == w for w in waves(data, project_id)}
    lines = []
    for wave, of in given.items():
        asked = rows.loc[of, "date"]
        lines.append((WORDS[wave], who[of].nunique(), span(asked.min(), asked.max())))
    return _table(data, project_id, "respondents", lines)


def answers(data: Dataset, project_id: str, question: Question) -> Table:
    """People by answer and wave, the least favourable answer first."""
    names = [f"answer_{i}" for i in range(len(question.scale))]
    rows, tallies = [], []
    for wave in waves(data, project_id):
        given = _of(data, project_id, question, wave)
        counts = given["place"].value_counts()
        tally = [int(counts.get(i, 0)) for i in range(len(names))]
        tallies.append(tally)
        rows.append((WORDS[wave], *tally, sum(tally), len(given) - sum(tally)))

    def kept_back(rule: Rule) -> pd.DataFrame:
        """Answers are parts of the base, and of the favourable and the others apart."""
        rest = len(names) - len(question.favourable)
        kept = [
            not all(rule.may_split(sum(part), part) for part in (tally, tally[:rest], tally[rest:]))
            for tally in tallies
        ]
        return pd.DataFrame({n: pd.Series(kept, dtype=bool) for n in names})

    marks = [column("people", n, a) for n, a in zip(names, question.scale, strict=True)]
    words = {"question": question, "question_key": slug(question.question_id, "_")}
    given = {"columns": marks, "kept_back": kept_back, **words}
    return _table(data, project_id, "answers", rows, **given)


def shares(data: Dataset, project_id: str) -> Table:
    """People who answered favourably, by question and wave, with their share of the base."""
    there = waves(data, project_id)
    rows = []
    for question in questions(data, project_id):
        row: list[object] = [question.text]
        for wave in there:
            given = _of(data, project_id, question, wave).dropna(subset=["place"])
            row += [int(given["yes"].sum()), len(given)]
        rows.append(row)
    sides = [f"{wave}_{side}" for wave in there for side in ("yes", "base")]
    return _table(data, project_id, "shares", pd.DataFrame(rows, columns=["question", *sides]))


@once
def changes(data: Dataset, project_id: str, *, shown: Shown = AS_RECORDED) -> Table:
    """Change in the favourable share and on the whole scale, a row a question, Holm-adjusted.

    Questions whose bases cannot carry an interval have no figures and say why. `shown`: how counts
    of people enter: as they are shown, and not at all where hidden.
    """
    rows: list[tuple[object, ...]] = []
    for question in questions(data, project_id):
        try:
            of, scale = change_of(data, project_id, question, shown)
        except NotEnoughData as reason:
            rows.append((question.text, *(None,) * 5, str(reason)))
            continue
        delta, p = (None, of.p) if scale is None else (scale.estimate, scale.p)
        rows.append((question.text, *_points(of), delta, p, of.method))
    made = _table(data, project_id, "changes", rows, basis=shown.rule)
    p_values = made.frame["p"].dropna()
    made.frame.loc[p_values.index, "p"] = list(effects.holm(p_values=list(p_values)))
    return made


def _points(of: Quantity) -> tuple[float | None, ...]:
    """Return a share or a change with its interval, in per cent."""
    return tuple(None if v is None else 100 * v for v in (of.estimate, of.low, of.high))


# Change


def change_of(
    data: Dataset, project_id: str, question: Question, shown: Shown = AS_RECORDED
) -> tuple[Quantity, Quantity | None]:
    """Change in the favourable share, and on the whole scale where that can be said.

    Returns Newcombe's interval for different people or McNemar's test for the same people; Cliff's
    delta with Brunner and Munzel's test, `None` for the same people or where the scale does not
    vary. Raises `NotEnoughData`: one wave only, a base under 30, few answers on a side of a share,
    or counts not shown.
    """
    if waves(data, project_id) != WAVES:
        only = "".join(waves(data, project_id)) or "no"
        raise NotEnoughData(f"{only} wave only")
    entry, exit_ = (_of(data, project_id, question, w).dropna(subset=["place"]) for w in WAVES)
    both = _matched(entry, exit_, shown)
    if both is not None:
        return _paired(both, question, shown), None
    (yes0, n0), (yes1, n1) = (
        _side(given, wave, shown) for wave, given in zip(WAVES, (entry, exit_), strict=True)
    )
    changed = effects.proportion_change(
        yes_before=yes0, n_before=n0, yes_after=yes1, n_after=n1, measure=question.text
    )
    try:
        scale = effects.ordinal_change(
            before=_places(entry, shown), after=_places(exit_, shown), measure=question.text
        )
    except NotEnoughData:
        scale = None
    return changed, scale


def _as_shown(shown: Shown, *counts: int) -> tuple[int, ...]:
    """Return counts of people as they are shown."""
    found = tuple(shown.of(count) for count in counts)
    if None in found:
        raise NotEnoughData("not given: it rests on counts that are not shown")
    return tuple(n for n in found if n is not None)


def _both_sides(yes: int, base: int) -> None:
    if min(yes, base - yes) < few():
        raise NotEnoughData(f"fewer than {few()} answers on one side: no interval")


def _side(given: pd.DataFrame, wave: str, shown: Shown) -> tuple[int, int]:
    """Favourable answers and base, as shown; with weights, of Kish's effective base."""
    yes, base = _as_shown(shown, int(given["yes"].sum()), len(given))
    if base < SMALL_BASE:
        raise NotEnoughData(f"{wave} base under {SMALL_BASE}: counts only [u]")
    _both_sides(yes, base)
    weight = given["weight"]
    if (weight == weight.iloc[0]).all():
        return yes, base
    if shown is not AS_RECORDED and shown.rule != AS_RECORDED.rule:
        raise NotEnoughData("not given: weighted answers are more than the counts that are shown")
    effective = math.floor(weight.sum() ** 2 / (weight**2).sum() + 1e-9)
    share_yes = float((weight * given["yes"]).sum() / weight.sum())
    return round(share_yes * effective), effective


def _places(given: pd.DataFrame, shown: Shown) -> list[float]:
    """Return the answers' places on the scale, each as often as its count is shown."""
    counts = given["place"].value_counts().sort_index()
    times = _as_shown(shown, *(int(n) for n in counts))
    return [float(place) for place, n in zip(counts.index, times, strict=True) for _ in range(n)]


def _matched(entry: pd.DataFrame, exit_: pd.DataFrame, shown: Shown) -> pd.DataFrame | None:
    """Return people of both waves, where most of the exit wave is known from the entry wave."""
    left = entry.dropna(subset=["respondent_id"]).drop_duplicates("respondent_id")
    right = exit_.dropna(subset=["respondent_id"]).drop_duplicates("respondent_id")
    both = left.merge(right, on="respondent_id", suffixes=("_entry", "_exit"))
    known, of = shown.of(len(both)), shown.of(len(exit_))
    return both if known and of and known >= MATCHED * of else None


def _paired(both: pd.DataFrame, question: Question, shown: Shown) -> Quantity:
    before, after = both["yes_entry"].astype(bool), both["yes_exit"].astype(bool)
    cells = (before & after, ~before & after, before & ~after, ~before & ~after)
    stayed, gained, lost, neither = _as_shown(shown, *(int(cell.sum()) for cell in cells))
    people = stayed + gained + lost + neither
    if people < SMALL_BASE:
        raise NotEnoughData(f"{SMALL_BASE} people in both waves needed: counts only [u]")
    for side in (stayed + lost, stayed + gained):
        _both_sides(side, people)
    return effects.paired_change(
        both=stayed, gained=gained, lost=lost, neither=neither, measure=question.text
    )


def level(
    data: Dataset, project_id: str, question: Question, wave: str, shown: Shown = AS_RECORDED
) -> Quantity:
    """Favourable share of one wave with Wilson's interval."""
    given = _of(data, project_id, question, wave).dropna(subset=["place"])
    yes, base = _side(given, wave, shown)
    return effects.proportion(yes=yes, n=base, measure=question.text)


def levels(data: Dataset, project_id: str, *, shown: Shown = AS_RECORDED) -> Table:
    """Favourable share with Wilson's interval, a row a question and wave that can carry one.

    `shown`: as in `changes`.
    """
    rows = []
    for question in questions(data, project_id):
        for wave in waves(data, project_id):
            try:
                figures = *_points(level(data, project_id, question, wave, shown)), ""
            except NotEnoughData as reason:
                figures = *(None,) * 3, str(reason)
            rows.append((question.text, WORDS[wave], *figures))
    return _table(data, project_id, "levels", rows, basis=shown.rule)


# In words


def cautions(data: Dataset, project_id: str, rule: Rule) -> tuple[str, ...]:
    """Return what a reader must know before believing the survey."""
    rows = responses(data, project_id)
    if rows.empty:
        return ("No survey is on record.",)
    there = waves(data, project_id)
    found = []
    if len(there) == 1:
        one = WORDS[there[0]]
        found.append(f"{one} survey only: nothing can be said about change.")
    if rule.off:
        found += _of_answers(rows)
    found += _timing(data, project_id, rows)
    if rows["weight"].notna().any():
        found.append("Answers are weighted; intervals use the effective base.")
    if there == WAVES:
        ids = [set(rows.loc[rows["wave"] == w, "respondent_id"].dropna()) for w in WAVES]
        known, of = rule.shown(len(ids[0] & ids[1])), rule.shown(len(ids[1]))
        same = bool(known and of) and (known or 0) >= MATCHED * (of or 0)
        found.append(
            "Most who answered at exit had answered at entry; only they are compared."
            if same
            else "Different people may have answered at entry and at exit."
        )
    return tuple(found)


def _of_answers(rows: pd.DataFrame) -> list[str]:
    """Return what the numbers of answers, by question and channel, speak against."""
    found = []
    bases = rows.groupby(["wave", "question_id"]).size()
    if (bases < SMALL_BASE).any():
        found.append(f"Some bases are under {SMALL_BASE}: counts only, no interval [u].")
    if shift := _mode_shift(rows):
        found.append(f"How people were asked changed between the waves ({shift}).")
    return found


def _timing(data: Dataset, project_id: str, rows: pd.DataFrame) -> list[str]:
    project, found = data.own("projects", project_id).iloc[0], []
    last_entry = rows.loc[rows["wave"] == "entry", "date"].max()
    first_exit = rows.loc[rows["wave"] == "exit", "date"].min()
    if pd.notna(last_entry) and last_entry > project["response_start"]:
        found.append("Some entry answers came after the response had begun.")
    ended = project["response_end"]
    if pd.notna(first_exit) and (pd.isna(ended) or first_exit < ended):
        found.append("Exit answers came before the response had ended.")
    return found


def _mode_shift(rows: pd.DataFrame) -> str:
    """Name the channel whose share moved most, where it moved enough to matter."""
    asked = rows.dropna(subset=["channel"])
    part = asked.groupby("wave")["channel"].value_counts(normalize=True).unstack(fill_value=0.0)
    if set(WAVES) - set(part.index):
        return ""
    moved = (part.loc["exit"] - part.loc["entry"]).abs()
    return str(moved.idxmax()) if moved.max() > MODE_SHIFT else ""


def finding(frame: pd.DataFrame, there: tuple[str, ...]) -> str:
    """Say in one sentence what the released changes show, no more than they can carry."""
    if there != WAVES:
        return "No survey is on record." if not there else f"{WORDS[there[0]]} survey only."
    said = frame.dropna(subset=["change"])
    if said.empty:
        return "Too few answered, or answered otherwise than the rest, to say what changed."
    better = said[(said["low"] > 0) & (said["p"].isna() | (said["p"] < ALPHA))]
    worse = said[(said["high"] < 0) & (said["p"].isna() | (said["p"] < ALPHA))]
    words = f"Of {len(frame)} questions, {len(better)} were answered more favourably at exit"
    if len(worse):
        words += f" and {len(worse)} less favourably"
    rest = len(frame) - len(better) - len(worse)
    return f"{words}; of {rest} no change can be said." if rest else f"{words}."


def question_finding(frame: pd.DataFrame, question: str) -> str:
    """Say what one question shows, from the released table of changes; the title of its figure."""
    row = frame.set_index("question").loc[question]
    if pd.isna(row["change"]):
        said = "Nothing can be said of change"
    elif row["low"] <= 0 <= row["high"] or (pd.notna(row["p"]) and row["p"] >= ALPHA):
        said = "No change that can be told from chance"
    else:
        more = "More" if row["change"] > 0 else "Fewer"
        said = f"{more} favourable answers at exit, {row['change']:+.0f} points"
    return f"{question} {said}" if question.endswith("?") else f"{question}: {said.lower()}"


def answers_alt(frame: pd.DataFrame, question: str) -> str:
    """Describe the bars of one question in words."""
    bases = zip(frame["wave"], frame["base"], strict=True)
    said = ", ".join(f"{w}: {_answers(base)}" for w, base in bases)
    return f"A bar a wave from the least to the most favourable answer to: {question} {said}."


def _answers(base: object) -> str:
    if pd.isna(base):
        return "hidden answers"
    return "1 answer" if base == 1 else f"{base} answers"
