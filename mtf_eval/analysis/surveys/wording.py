"""Entry and exit surveys in words: what they show in a sentence, and what speaks against it."""

from __future__ import annotations

import pandas as pd

from mtf_eval.analysis.surveys import surveys
from mtf_eval.analysis.surveys.surveys import WAVES
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.rules import Rule

#: A channel whose share moves by more than this has changed how people were asked.
MODE_SHIFT = 0.25
#: Level of the Holm-adjusted tests.
ALPHA = 0.05


def cautions(data: Dataset, project_id: str, rule: Rule) -> tuple[str, ...]:
    """Return what a reader must know before believing the survey."""
    rows = surveys.responses(data, project_id)
    if rows.empty:
        return ("No survey is on record.",)
    there = surveys.waves(data, project_id)
    found = []
    if len(there) == 1:
        one = surveys.WORDS[there[0]]
        found.append(f"{one} survey only: nothing can be said about change.")
    if rule.off:
        found += _of_answers(rows)
    found += _timing(data, project_id, rows)
    if rows["weight"].notna().any():
        found.append("Answers are weighted; intervals use the effective base.")
    if there == WAVES:
        ids = [set(rows.loc[rows["wave"] == w, "respondent_id"].dropna()) for w in WAVES]
        known, of = rule.shown(len(ids[0] & ids[1])), rule.shown(len(ids[1]))
        same = bool(known and of) and (known or 0) >= surveys.MATCHED * (of or 0)
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
    if (bases < surveys.SMALL_BASE).any():
        found.append(f"Some bases are under {surveys.SMALL_BASE}: counts only, no interval [u].")
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
        return "No survey is on record." if not there else f"{surveys.WORDS[there[0]]} survey only."
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
