"""Surveys against hand-made waves, scipy and statsmodels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from mtf_eval.analysis.surveys import surveys
from mtf_eval.errors import NotEnoughData
from mtf_eval.publish.cells import texts
from mtf_eval.publish.disclosure import release as door
from mtf_eval.publish.display.elements import Element
from mtf_eval.publish.workbench.effect import Surveys
from mtf_eval.publish.workbench.view import Report
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load
from mtf_eval.records.prices.rules import rule_of
from mtf_eval.records.tables import TABLES, empty

SCALE = ("Never", "Seldom", "Often", "Always")


def dataset(
    responses: pd.DataFrame, *, favourable: str = "high", end: str = "2021-06-30"
) -> Dataset:
    """A project P1 with one question Q and the given answers."""
    given = {
        "projects": pd.DataFrame(
            {
                "project_id": ["P1"],
                "response_start": pd.to_datetime(["2021-01-01"]),
                "response_end": pd.to_datetime([end]),
            }
        ),
        "survey_questions": pd.DataFrame(
            {
                "question_id": ["Q"],
                "text": ["Do you feel safe?"],
                "scale": ["; ".join(SCALE)],
                "favourable": [favourable],
            }
        ),
        "survey_responses": responses,
    }
    tables = {}
    for name, schema in TABLES.items():
        blank = empty(schema)
        frame = given.get(name, blank)
        tables[name] = frame.reindex(columns=list(blank.columns))
    return Dataset(name="made", path=Path("made"), tables=tables, sources=())


def wave(
    name: str, counts: tuple[int, ...], *, ids: str | None = None, **more: object
) -> pd.DataFrame:
    """Rows of one wave with so many of each answer of the scale."""
    answers = [a for a, n in zip(SCALE, counts, strict=True) for _ in range(n)]
    day = "2020-12-01" if name == "entry" else "2021-07-15"
    frame = pd.DataFrame({"answer": answers})
    frame["project_id"], frame["question_id"], frame["wave"] = "P1", "Q", name
    frame["date"] = pd.Timestamp(day)
    frame["respondent_id"] = [f"{ids or name}-{i}" for i in range(len(answers))]
    frame["channel"], frame["weight"] = "doorstep", float("nan")
    return frame.assign(**more)


def both(entry: pd.DataFrame, exit_: pd.DataFrame, **more: str) -> Dataset:
    return dataset(pd.concat([entry, exit_], ignore_index=True), **more)


def question(data: Dataset) -> surveys.Question:
    (found,) = surveys.questions(data, "P1")
    return found


def test_shares_by_hand() -> None:
    data = both(wave("entry", (20, 10, 6, 4)), wave("exit", (10, 10, 12, 8)))
    row = surveys.shares(data, "P1").frame.iloc[0]
    assert (row["entry_yes"], row["entry_base"]) == (10, 40)
    assert (row["exit_yes"], row["exit_base"]) == (20, 40)


def test_favourable_low_turns_the_scale_round() -> None:
    entry, exit_ = wave("entry", (20, 10, 6, 4)), wave("exit", (10, 10, 12, 8))
    row = surveys.shares(both(entry, exit_, favourable="low"), "P1").frame.iloc[0]
    assert (row["entry_yes"], row["exit_yes"]) == (30, 20)


@pytest.mark.parametrize(
    ("scale", "upper"),
    [("ABCDE", "DE"), ("ABCD", "CD"), ("ABC", "C"), ("AB", "B")],  # the middle is on neither side
)
def test_the_better_half_of_a_scale(scale: str, upper: str) -> None:
    asked = surveys.Question(question_id="Q", text="T", scale=tuple(scale))
    assert asked.favourable == tuple(upper)


def test_the_published_newcombe_interval_comes_through() -> None:
    # Newcombe 1998, Stat Med 17:873, table II, example (a): 56/70 and 48/80, .0524 to .3339.
    data = both(wave("entry", (16, 16, 24, 24)), wave("exit", (7, 7, 28, 28)))
    change, _ = surveys.change_of(data, "P1", question(data))
    assert change.estimate == pytest.approx(56 / 70 - 48 / 80)
    assert (round(change.low, 4), round(change.high, 4)) == (0.0524, 0.3339)


def test_the_scale_change_is_brunner_and_munzel() -> None:
    data = both(wave("entry", (20, 12, 10, 8)), wave("exit", (8, 12, 14, 16)))
    _, scale = surveys.change_of(data, "P1", question(data))
    x = [0] * 20 + [1] * 12 + [2] * 10 + [3] * 8
    y = [0] * 8 + [1] * 12 + [2] * 14 + [3] * 16
    assert scale is not None
    assert scale.p == pytest.approx(stats.brunnermunzel(x, y).pvalue)
    greater = sum((b > a) - (b < a) for a in x for b in y)
    assert scale.estimate == pytest.approx(greater / (len(x) * len(y)))


def test_the_same_people_are_compared_with_themselves() -> None:
    entry = wave("entry", (20, 0, 0, 20), ids="r")
    exit_ = wave("exit", (10, 0, 0, 30), ids="r")
    change, scale = surveys.change_of(*(d := both(entry, exit_), "P1"), question(d))
    assert scale is None
    # Ten of the forty changed, all for the better: McNemar, exact, two-sided.
    assert change.p == pytest.approx(stats.binomtest(10, 10, 0.5).pvalue)
    assert change.estimate == pytest.approx(0.25)


def test_equal_weights_change_nothing_and_unequal_ones_shrink_the_base() -> None:
    entry, exit_ = wave("entry", (20, 10, 10, 20)), wave("exit", (10, 10, 20, 20))
    plain, _ = surveys.change_of(d := both(entry, exit_), "P1", question(d))
    same = both(entry.assign(weight=2.0), exit_.assign(weight=2.0))
    assert surveys.change_of(same, "P1", question(same))[0].low == pytest.approx(plain.low)
    uneven = [0.5, 1.5] * 30
    other = both(entry.assign(weight=uneven), exit_.assign(weight=uneven))
    wider, _ = surveys.change_of(other, "P1", question(other))
    assert wider.n == 2 * int(60**2 / (30 * 0.25 + 30 * 2.25))
    assert wider.high - wider.low > plain.high - plain.low


def test_do_not_know_is_in_no_base() -> None:
    entry = wave("entry", (10, 10, 10, 10))
    unsure = entry.head(5).assign(answer="Don't know")
    data = dataset(pd.concat([entry, unsure], ignore_index=True))
    row = surveys.answers(data, "P1", question(data)).frame.iloc[0]
    assert (row["base"], row["apart"]) == (40, 5)


def test_who_gave_no_answer_is_not_said_to_have_answered() -> None:
    example = load(Path(__file__).parents[1] / "data" / "example")
    # EX01, entry: 148 people by hand, of whom two have no row for the first question.
    rows = example.table("survey_responses")
    rows = rows[rows["project_id"].eq("EX01") & rows["wave"].eq("entry")]
    asked = surveys.questions(example, "EX01")[0]
    answered = rows[rows["question_id"].eq(asked.question_id)]
    made = surveys.answers(example, "EX01", asked)
    first = made.frame.iloc[0]
    assert rows["respondent_id"].nunique() == 148
    assert first["base"] + first["apart"] == len(answered) == 146
    heading = next(c.heading for c in made.columns if c.name == "apart")
    assert "did not say" not in heading.lower()
    assert "neither column" in made.notes[0]


def test_the_p_shown_is_that_of_the_whole_scale() -> None:
    # The share does not move; the scale does: only Brunner and Munzel's test can see it.
    entry, exit_ = wave("entry", (40, 0, 0, 40)), wave("exit", (0, 40, 40, 0))
    moved = both(entry, wave("exit", (0, 40, 0, 40)))
    same = both(entry, exit_)
    for data in (moved, same):
        made = surveys.changes(data, "P1")
        row = made.frame.iloc[0]
        before = [0] * 40 + [3] * 40
        after = [1] * 40 + ([3] * 40 if data is moved else [2] * 40)
        assert row["change"] == pytest.approx(0)
        assert row["p"] == pytest.approx(stats.brunnermunzel(before, after).pvalue)
        heading = next(c.heading for c in made.columns if c.name == "p")
        assert heading.startswith("p of the whole scale")
    far = both(wave("entry", (60, 10, 5, 5)), wave("exit", (5, 5, 10, 60)))
    made = surveys.changes(far, "P1")
    assert 0 < made.frame.loc[0, "p"] < 0.0005  # which is not nought
    assert texts(door.release(made, rule_of("internal")))["p"] == ["<0.001"]


@pytest.mark.parametrize(
    ("entry", "exit_", "why"),
    [
        ((3, 2, 2, 2), (1, 1, 1, 1), "base under 30"),
        ((38, 0, 1, 1), (10, 10, 10, 10), "fewer than 8"),
        ((10, 10, 10, 10), (0, 0, 0, 0), "wave only"),
    ],
    ids=["tiny", "lopsided", "one wave"],
)
def test_what_cannot_be_said_has_no_interval(
    entry: tuple[int, ...], exit_: tuple[int, ...], why: str
) -> None:
    data = both(wave("entry", entry), wave("exit", exit_))
    frame = surveys.changes(data, "P1").frame
    assert frame[["change", "low", "high", "delta", "p"]].isna().all(axis=None)
    assert why in frame.loc[0, "note"]
    assert "favourably" not in surveys.finding(frame, surveys.waves(data, "P1"))


def test_cautions_name_timing_mode_and_people() -> None:
    entry = wave("entry", (10, 10, 10, 10))
    exit_ = wave("exit", (10, 10, 10, 10), channel="online")
    found = " ".join(
        surveys.cautions(both(entry, exit_, end="2021-12-31"), "P1", rule_of("internal"))
    )
    assert "before the response had ended" in found
    assert "How people were asked changed" in found
    assert "Different people" in found


def test_cautions_of_weights_of_the_same_people_and_of_one_wave() -> None:
    rule = rule_of("internal")
    entry, exit_ = wave("entry", (10, 10, 10, 10), ids="r"), wave("exit", (10, 10, 10, 10), ids="r")
    # 36 of the 40 of the exit had answered before: nine tenths; then 4 of 40.
    many, few = ([f"{'r' if n < k else 'x'}-{n}" for n in range(40)] for k in (36, 4))
    same = both(entry.assign(weight=1.0), exit_.assign(respondent_id=many))
    assert surveys.cautions(same, "P1", rule) == (
        "Answers are weighted; intervals use the effective base.",
        "Most who answered at exit had answered at entry; only they are compared.",
    )
    other = surveys.cautions(both(entry, exit_.assign(respondent_id=few)), "P1", rule)
    assert other == ("Different people may have answered at entry and at exit.",)
    late = dataset(entry.assign(date=pd.Timestamp("2021-01-02")).head(29))
    assert surveys.cautions(late, "P1", rule) == (
        "Entry survey only: nothing can be said about change.",
        "Some bases are under 30: counts only, no interval [u].",
        "Some entry answers came after the response had begun.",
    )
    assert surveys.cautions(late, "P1", rule_of("public"))[1:] == (
        "Some entry answers came after the response had begun.",
    )
    assert surveys.cautions(late, "P2", rule) == ("No survey is on record.",)
    with pytest.raises(NotEnoughData, match=r"^entry wave only$"):
        surveys.change_of(late, "P1", question(late))


def test_words_of_changes_by_hand() -> None:
    columns = ["question", "change", "low", "high", "p"]
    rows = [("Safe?", 25, 5, 45, 0.01), ("Tidy", -20, -30, -10, None), ("Lit", 30, 5, 55, 0.05),
            ("Busy", 2, -10, 14, 0.01), ("Kind", None, None, None, None)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    assert surveys.finding(frame, surveys.WAVES) == (
        "Of 5 questions, 1 were answered more favourably at exit and 1 less favourably; "
        "of 3 no change can be said."
    )
    assert surveys.finding(frame.head(1), surveys.WAVES) == (
        "Of 1 questions, 1 were answered more favourably at exit."
    )
    assert surveys.finding(frame, ("exit",)) == "Exit survey only."
    assert [surveys.question_finding(frame, name) for name in frame["question"]] == [
        "Safe? More favourable answers at exit, +25 points",
        "Tidy: fewer favourable answers at exit, -20 points",
        "Lit: no change that can be told from chance",
        "Busy: no change that can be told from chance",
        "Kind: nothing can be said of change",
    ]


def test_holm_over_the_questions() -> None:
    from mtf_eval.analysis.effects import holm

    # Holm 1979 by hand: .01 x 5, .02 x 4, .03 x 3, then never below the one before.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx((0.05, 0.08, 0.09, 0.09, 0.09))


def shown(data: Dataset, release: str) -> list[Element]:
    """Return everything a page shows of the surveys of a project."""
    own = {"title": "T", "period": "P", "release": release, "parameters": {}}
    Report(data, "project_evaluation", counts=["survey_responses"], **own)
    asked = Surveys(data, "P1")
    parts = [asked, asked.answers(), asked.changes()]
    return [part.element() for part in parts]


def test_a_public_page_rests_on_shown_counts_alone() -> None:
    """One answer more or less that the rounding takes in changes nothing on the page."""
    pages = []
    for entry, exit_ in (
        ((20, 10, 9, 13), (12, 10, 12, 23)),
        ((21, 9, 8, 14), (11, 9, 12, 24)),
        ((20, 10, 9, 3), (11, 10, 12, 3)),
        ((20, 11, 9, 2), (12, 10, 12, 2)),
    ):
        data = both(wave("entry", entry), wave("exit", exit_))
        section = shown(data, "public")
        pages.append((" ".join(e.text for e in section), "".join(e.html for e in section)))
    assert pages[0] == pages[1]
    assert pages[2] == pages[3]
    assert "[x]\t[x]\tNewcombe" in pages[2][0], "the scale is compared by its shown answers alone"
    assert "<svg" in pages[0][1]
    assert "<svg" not in pages[2][1], "no picture of a part of the answers"


@pytest.mark.parametrize(
    "waves", ["entry", "exit", "tiny", "lopsided", "one person", "all alike", "none favourable"]
)
def test_every_case_gives_a_section(waves: str) -> None:
    given = {
        "entry": [wave("entry", (10, 10, 10, 10))],
        "exit": [wave("exit", (10, 10, 10, 10))],
        "tiny": [wave("entry", (1, 1, 0, 1)), wave("exit", (0, 1, 1, 0))],
        "lopsided": [wave("entry", (40, 0, 0, 0)), wave("exit", (0, 0, 0, 40))],
        "one person": [wave("entry", (0, 0, 0, 1)), wave("exit", (1, 0, 0, 0))],
        "all alike": [wave("entry", (0, 0, 0, 40)), wave("exit", (0, 0, 0, 40))],
        "none favourable": [wave("entry", (40, 0, 0, 0)), wave("exit", (20, 20, 0, 0))],
    }[waves]
    data = dataset(pd.concat(given, ignore_index=True))
    frame = surveys.changes(data, "P1").frame
    assert frame[["low", "high", "p"]].isna().all(axis=None)
    assert "favourably at exit" not in surveys.finding(frame, surveys.waves(data, "P1"))
    for release in ("internal", "public"):
        text = " ".join(e.text for e in shown(data, release))
        assert "nan" not in text.lower().split()
        assert any(
            w in text
            for w in ("survey only", "base under", "Some bases", "fewer than", "not given")
        )


def test_the_same_month_of_two_years_is_not_one_month() -> None:
    entry = wave("entry", (0, 0, 5, 5))
    entry.loc[3:, "date"] = pd.Timestamp("2021-12-04")
    made = surveys.respondents(dataset(entry), "P1").frame
    assert list(made["days"]) == ["December 2020 to December 2021"]
