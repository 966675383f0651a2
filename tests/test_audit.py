"""The attacker: what it reads, and what it works out from exact figures of the first edition."""

from __future__ import annotations

import csv
import json
import shutil
from calendar import month_name
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook

from mtf_eval.errors import BadArgument
from mtf_eval.publish.disclosure import feasible, published
from mtf_eval.publish.disclosure.attacker import Leak
from mtf_eval.publish.disclosure.audit import reach


def attack(folder: Path, previous: Path | None = None, release: str | None = None) -> list[Leak]:
    return reach(folder, previous, release=release).leaks


def audit(folder: Path, previous: Path | None = None) -> list[Leak]:
    """Attack figures as they are: the first edition hid a count and rounded none."""
    return attack(folder, previous, "local_lt5")


def write_csv(folder: Path, name: str, rows: Iterable[Iterable[object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows(rows)
    return folder


def places(leaks: list[Leak]) -> set[tuple[str, str]]:
    return {(k.row, k.column) for k in leaks}


def test_total_row(tmp_path: Path) -> None:
    rows = [["Agency", "People"], ["A", 20], ["B", "[c]"], ["C", 9], ["Total", 32]]
    (leak,) = audit(write_csv(tmp_path, "t", rows))
    assert (leak.row, leak.low, leak.high) == ("b", 3, 3)
    rows[1][1] = "[c]"
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    assert audit(write_csv(tmp_path, "t", rows)) == []


def test_two_hidden_counts_that_leave_little_room(tmp_path: Path) -> None:
    rows = [["Agency", "People"], ["A", "[c]"], ["B", "[c]"], ["C", 9], ["Total", 11]]
    leaks = audit(write_csv(tmp_path, "t", rows))
    assert {(k.low, k.high) for k in leaks} == {(0, 2)}


def test_what_is_found_is_told_by_file_and_place(tmp_path: Path) -> None:
    rows = [["Agency", "Police", "Council"], ["B", 30, "[c]"], ["A", "[c]", 20], ["Total", 33, 23]]
    for name in ("two", "one"):
        more = [[f"{name}{row[0]}", *row[1:]] for row in rows[1:3]]
        write_csv(tmp_path, name, [rows[0], *more, rows[3]])
    found = audit(tmp_path)
    assert [(k.file, k.row, k.column) for k in found] == [
        ("one.csv", "onea", "police"), ("one.csv", "oneb", "council"),
        ("two.csv", "twoa", "police"), ("two.csv", "twob", "council"),
    ]  # fmt: skip
    assert str(found[0]) == (
        "one.csv: table “one”, row “onea”, column “police”: the hidden count can be worked out "
        "from the other figures"
    )


def test_across_files_of_one_table(tmp_path: Path) -> None:
    head = [["Agency", "People", "Visits"], ["A", 20, 3], ["C", 9, 1]]
    write_csv(tmp_path, "one", [*head, ["B", "[c]", 2]])
    two = [*head, ["B", 4, 2]]
    for more in ((), ("[x]",)):  # a column in which nothing is given names no row
        rows = [[*row, *(more if n else ["Due"] * len(more))] for n, row in enumerate(two)]
        write_csv(tmp_path / "deep", "two", rows)
        (leak,) = audit(tmp_path)
        assert (leak.file, leak.row, leak.low) == ("one.csv", "b", 4)


def test_other_years_under_the_same_names_are_other_counts(tmp_path: Path) -> None:
    rows = [["Agency", "People"], ["A", 20], ["C", 9]]
    for year, found in ((2020, 0), (2021, 1)):
        write_csv(tmp_path, "one", [[f"Referrals by agency, {year}"], *rows, ["B", "[c]"]])
        write_csv(tmp_path, "two", [["Referrals by agency, 2021"], *rows, ["B", 4]])
        assert len([k for k in audit(tmp_path) if k.low == k.high]) == found


def test_data_sets_beside_one_another_are_tried_apart(tmp_path: Path) -> None:
    """Other records under the same titles: neither gives back a count of the other."""
    rows = [["Agency", "People"], ["A", 20], ["C", 9]]
    write_csv(tmp_path / "north", "t", [*rows, ["B", "[c]"], ["D", "[c]"], ["Total", 39]])
    write_csv(tmp_path / "south", "t", [*rows, ["B", 7], ["D", 3], ["Total", 39]])
    for name in ("north", "south"):
        run = {"dataset": name, "release": "public"}
        (tmp_path / name / "run.json").write_text(json.dumps(run), "utf-8")
    assert audit(tmp_path) == []
    write_csv(tmp_path / "north", "t", [*rows, ["B", "[c]"], ["D", 3], ["Total", 39]])
    (leak,) = audit(tmp_path)
    assert (leak.file, leak.row, leak.low, leak.high) == ("north/t.csv", "b", 7, 7)
    assert leak.reason == "the other figures", "no earlier edition was given"


def test_workbook_and_notebook_and_page_are_read(tmp_path: Path) -> None:
    write_csv(tmp_path, "one", [["Agency", "People"], ["A", 20], ["C", 9], ["B", "[c]"]])
    book = Workbook()
    for row in (["A title"], ["Agency", "People"], ["A", 20], ["C", 9], ["B", 4]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert len(audit(tmp_path)) == 1
    (tmp_path / "t.xlsx").unlink()
    rows = (("Agency", "People"), ("A", 20), ("C", 9), ("B", 4))
    cells = "".join(f"<tr><th>{name}</th><td>{count}</td></tr>" for name, count in rows)
    html = f"<table><caption>A title</caption>{cells}</table>"
    (tmp_path / "p.html").write_text(html, encoding="utf-8")
    assert len(audit(tmp_path)) == 1
    (tmp_path / "p.html").unlink()
    cell = {"outputs": [{"data": {"text/html": [html]}}]}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    assert len(audit(tmp_path)) == 1
    (tmp_path / "n.ipynb").unlink()
    assert audit(tmp_path) == []


def test_a_summary_in_text_is_one_row_of_figures(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("The half-year\n\n- Received: 188\n- Accepted, of\n  those: 23\n")
    head = ["", "Received", "Accepted, of\n  those"]
    assert [*published.summary(path)] == [("The half-year", [head, ["headline", "188", "23"]])]


def test_months_within_a_quarter(tmp_path: Path) -> None:
    months = [
        ["Month", "Accepted"],
        ["January 2021", 10],
        ["February 2021", "[c]"],
        ["March 2021", 9],
    ]
    write_csv(tmp_path, "months", [*months, ["April 2021", 8]])
    write_csv(tmp_path, "quarters", [["Quarter", "Accepted"], ["Q1 2021", 22], ["Q2 2021", 50]])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.low, leak.high) == ("february 2021", 3, 3)
    write_csv(tmp_path, "months", [*months[:3], ["April 2021", 8]])
    assert audit(tmp_path) == [], "March is not printed: two months are no quarter"


def test_months_within_a_year_that_another_table_totals(tmp_path: Path) -> None:
    title, received = "Referrals by {}, 2021", [10, 9, 8, "[c]", *[10] * 8]
    months = [[f"{month_name[m]} 2021", n] for m, n in enumerate(received, start=1)]
    write_csv(tmp_path, "months", [[title.format("month")], ["Month", "Received"], *months])
    # A referral may have several criteria: the rows do not add up to their total.
    criteria = [["Crime", 60], ["Health", 70], ["Total", 110]]
    write_csv(tmp_path, "by", [[title.format("criterion")], ["Criterion", "Received"], *criteria])
    (leak,) = audit(tmp_path)  # 110 less the 107 of the other months
    assert (leak.row, leak.low, leak.high) == ("april 2021", 3, 3)


def test_headline_and_total(tmp_path: Path) -> None:
    rows = [["Agency", "Accepted", "Rejected"], ["A", 20, 30], ["B", "[c]", 9]]
    write_csv(tmp_path, "split", [*rows, ["Total", "[c]", 39]])
    assert audit(tmp_path) == []
    for name in ("headline", "year"):  # read before the table it is the total of, and after it
        path = write_csv(tmp_path, name, [["Period", "Accepted", "Rejected"], ["2021", 23, 39]])
        found = {(k.row, k.column): (k.low, k.high) for k in audit(tmp_path)}
        assert found == {("b", "accepted"): (3, 3), ("total", "accepted"): (23, 23)}, name
        (path / f"{name}.csv").unlink()


def test_shares(tmp_path: Path) -> None:
    rows = [["k", "Part", "Whole", "Share (%)"], ["a", 20, 40, 50], ["b", 10, 30, 33]]
    write_csv(tmp_path, "t", [*rows, ["c", "[c]", 50, 6]])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.low, leak.high) == ("c", 3, 3)
    write_csv(tmp_path, "t", [*rows, ["c", "[c]", 50, "[c]"]])
    assert audit(tmp_path) == []
    # Of 2,000 are 20% between 390 and 410, and 20.0% between 399 and 401.
    for share, found in (("20", []), ("20.0", [(399, 401)])):
        first = [["k", "Part", "Whole", "Share (%)"], ["a", 20, 40, 50], ["b", 10, 30, 33]]
        write_csv(tmp_path, "t", [*first, ["c", "[c]", "2,000", share]])
        assert [(k.low, k.high) for k in audit(tmp_path)] == found
    # One per cent of another that is half of a count in two rows by chance counts nobody.
    rows = [["k", "Whole", "Share (%)", "Other (%)"], ["a", 60, 50, 30], ["b", 40, 50, 20]]
    write_csv(tmp_path, "t", [*rows, ["c", "[c]", 50, 3]])
    assert audit(tmp_path) == []
    # Of a whole kept back: 36 are 92% of 39 and of no other, so the rest are 3.
    rows = [["k", "Part", "Rest", "Whole", "Share (%)"], ["a", 20, 20, 40, 50]]
    rows += [["b", 10, 20, 30, 33], ["c", 36, "[c]", "[k]", 92]]
    for more in ([], [["d", "[c]", 9, "[k]", 50]]):  # half of what, nobody knows: not 8 alone
        write_csv(tmp_path, "t", [*rows, *more])
        found = {(k.row, k.column, k.low, k.high) for k in audit(tmp_path) if k.row == "c"}
        assert found == {("c", "rest", 3, 3), ("c", "whole", 39, 39)}


def test_pounds_over_what_one_person_is_worth(tmp_path: Path) -> None:
    write_csv(tmp_path, "people", [["Row", "Code", "People"], ["row 2", "jsa", "[c]"]])
    head = ["Row", "What", "Value of one person (£)", "Public value (£)"]
    write_csv(tmp_path, "pounds", [head, ["row 2", "into work", "2908.22", "8724.66"]])
    (leak,) = audit(tmp_path)
    assert (leak.low, leak.high) == (3, 3)
    write_csv(tmp_path, "pounds", [head, ["row 2", "into work", "12.50", "50.00"]])
    (leak,) = audit(tmp_path)  # to the penny, however little one is worth
    assert (leak.low, leak.high) == (4, 4)


def test_worths_are_believed_where_every_printed_count_bears_them_out(tmp_path: Path) -> None:
    head = ["Row", "What", "Value of one person (£)", "Public value (£)"]
    for value, found in ((58164.40, 1), (58164.41, 1), (60000, 0)):  # 20 times 2,908.22
        rows = [["row 2", "jsa", "[c]"], ["row 3", "jsa", 20]]
        write_csv(tmp_path, "people", [["Row", "Code", "People"], *rows])
        pounds = [["row 2", "into work", "2908.22", "8724.66"], ["row 3", "more", 2908.22, value]]
        write_csv(tmp_path, "pounds", [head, *pounds])
        assert [(k.low, k.high) for k in audit(tmp_path)] == [(3, 3)] * found, value


def test_the_base_of_answers_is_their_sum(tmp_path: Path) -> None:
    """By hand: 5 is 5 to 7, so of a base of 5 no more than 2 are left for the other answer."""
    for name, found in (("Base", [(0, 2)]), ("Asked", [])):
        rows = [["Question", "Yes", "No", name], ["q1", "[c]", 5, 5], ["q2", 20, 10, 30]]
        write_csv(tmp_path, "t", rows)
        assert [(k.low, k.high) for k in attack(tmp_path, release="local")] == found


def test_a_count_kept_back_that_is_not_few_is_no_leak(tmp_path: Path) -> None:
    """30 is 28 to 32 and 10 is 8 to 12: the rest, 16 or more, was never one of the few."""
    rows = [["Agency", "People"], ["A", 10], ["B", "[k]"], ["Total", 30]]
    assert reach(write_csv(tmp_path, "t", rows), release="public").counts == ()
    write_csv(tmp_path, "t", [*rows[:3], ["Total", 20]])
    (one,) = reach(tmp_path, release="public").counts
    assert one.low <= 7, "18 less 12 is one of the few"


def test_previous_edition(tmp_path: Path) -> None:
    now, before = tmp_path / "now", tmp_path / "before"
    rows = [["Agency", "People"], ["A", 20], ["C", 9], ["D", 7]]
    write_csv(now, "t", [*rows, ["B", "[c]"]])
    write_csv(before, "t", [*rows, ["B", 4]])
    assert audit(now) == []
    (leak,) = audit(now, before)
    assert leak.reason == "the other figures and an earlier edition"
    write_csv(before, "t", [["Agency", "People"], ["A", 15], ["C", 4], ["D", 7], ["B", 4]])
    assert audit(now, before) == []  # other figures: not the same counts
    even = [["Agency", "People"], ["A", 20], ["C", 10], ["D", 5]]
    for home, own, rule in ((now, "[c]", "public"), (before, 4, "local_lt5")):
        write_csv(home, "t", [*even, ["B", own]])
        (home / "run.json").write_text(json.dumps({"release": rule}), "utf-8")
    (leak,) = attack(now, before)  # a rule that rounds to 5 prints no 4; the one before did
    assert (leak.row, leak.low, leak.high) == ("b", 4, 4)


def test_an_earlier_edition_and_how_many_were_added_since(tmp_path: Path) -> None:
    """Of 8 and 9 received before and 3 since, 20 in all, 10 in February leave 10 for January."""
    now, before = tmp_path / "now", tmp_path / "before"
    head = [["Referrals by month"], ["Month", "Received", "Accepted"]]
    for place, january, february in ((now, "[c]", 10), (before, 8, 9)):
        rows = [["January 2021", january, "[c]"], ["February 2021", february, "[c]"]]
        write_csv(place, "months", [*head, *rows])
    found = {n: reach(now, before, release="local_lt5", apart=n).counts for n in (3, 4, None)}
    ends = {n: next((k.low, k.high) for k in counts if k.column == "received")
            for n, counts in found.items()}  # fmt: skip
    assert (ends[3], ends[4]) == ((10, 10), (11, 11))
    assert ends[None][1] > 20, "nobody knows how many were added"
    for place, january in ((tmp_path / "later", "[c]"), (tmp_path / "earlier", 8)):
        rows = [["January 2021", january, "[c]"], ["February 2021", 10, "[c]"]]
        write_csv(place, "months", [*head, *rows, ["March 2021", 5, "[c]"]])
    # All three came in January: the other months are as they were, and it is not.
    known = reach(tmp_path / "later", tmp_path / "earlier", release="local_lt5", apart=3).counts
    assert [(k.low, k.high) for k in known if k.column == "received"] == [(11, 11)]
    for home in (now, before):  # the same beside another data set
        for name in ("north", "south"):
            own = tmp_path / "sets" / home.name / name
            shutil.copytree(home, own)
            (own / "run.json").write_text(json.dumps({"dataset": name}), "utf-8")
    sets = tmp_path / "sets"
    both = reach(sets / "now", sets / "before", release="local_lt5", apart=3).counts
    known = {k.file: (k.low, k.high) for k in both if k.column == "received"}
    assert known == {"north/months.csv": (10, 10), "south/months.csv": (10, 10)}


def test_figures_that_contradict_each_other_do_not_blind_it(tmp_path: Path) -> None:
    rows = [
        ["k", "All", "One", "Two"],
        *(["a", 30, 10, 20], ["b", 25, 10, 15], ["c", 40, 20, 20], ["d", 9, 9, 8]),
        ["e", 14, 11, "[c]"],
    ]
    (leak,) = audit(write_csv(tmp_path, "t", rows))
    assert (leak.row, leak.low) == ("e", 3)


def test_sums_that_cannot_hold_are_bent_as_far_as_they_must_and_no_others() -> None:
    system = feasible.System()
    for low, high, given in ((0, 5, 20), (10, 30, 2), (0, 9, 7)):
        system.add([(system.unknown(low, high), 1.0)], given=given)
    assert system.bends() == pytest.approx([20 - 5, 10 - 2, 0])


def test_which_sums_of_columns_are_believed(tmp_path: Path) -> None:
    """Three rows bear one out, or half of a short table; of two that share parts the better."""

    def leaks(head: str, *rows: str) -> set[tuple[str, str, int]]:
        lines = [line.split() for line in (f"k {head}", *rows)]
        found = audit(write_csv(tmp_path, "t", lines))
        return {(k.row, k.column, k.low) for k in found if k.low == k.high}

    bear, hidden = ("a 10 5 15", "b 20 6 26", "c 31 7 38"), [f"{n} 11 [c] 14" for n in "defg"]
    assert leaks("One Two Both", *bear[:2], *hidden) == set(), "two of six may be chance"
    assert leaks("One Two Both", *bear, *hidden) == {(n, "two", 3) for n in "defg"}
    assert leaks("One Two Both", *bear[:2], hidden[0]) == {("d", "two", 3)}
    assert leaks("One Two Both", *bear, "x 9 9 8", hidden[0]) == {("d", "two", 3)}
    assert leaks("One Two Both", *bear, "x 9 9 8", "y 8 9 8", hidden[0]) == set()
    empty, wrong = ("u 0 0 0", "v 0 0 0", "w 0 0 0"), ("x 9 9 8", "y 8 9 8")
    assert leaks("One Two Both", *bear, *empty, *wrong, hidden[0]) == set(), "noughts bear out none"
    noughts = ("a 10 0 10", "b 20 0 20", "c 31 0 31")
    assert leaks("One Two Both", *noughts, hidden[0]) == set(), "they compare two columns"
    both = ("a 10 5 5 15", "b 20 6 6 26", "c 30 7 7 37", "d 11 8 9 19")
    assert leaks("One Two Three Both", *both, "e 10 [c] [c] 13") == {("e", "two", 3)}
    twice = ("a 10 5 8 7 15", "b 20 6 13 13 26", "c 31 7 18 20 38", "x 12 4 9 9 16")
    found = leaks("One Two Three Four Both", *twice, "d 11 3 [c] 9 14")
    assert found == {("d", "three", 5)}, "two sums of one count that share no part"
    many = ("a 10 5 3 2 1 21", "b 20 6 2 4 5 37", "c 31 7 9 8 6 61")
    found = leaks("One Two Three Four Five Both", *many, "d 11 [c] 12 13 14 53")
    assert found == {("d", "two", 3)}
    shares = ("a 40 60 100", "b 30 61 91", "c 50 22 72")
    assert leaks("One_(%) Two_(%) People", *shares, "d 10 20 [c]") == set(), "shares count nobody"
    pounds = ("a 40.5 60 100.5", "b 30.5 61 91.5", "c 50.5 22 72.5")
    assert leaks("One Two People", *pounds, "d 10.5 20 [c]") == set()


def test_the_rule_is_read_from_the_run_record(tmp_path: Path) -> None:
    rows = [["Agency", "People"], ["A", 20], ["B", "[c]"], ["C", 9], ["Total", 32]]
    write_csv(tmp_path, "t", rows)
    (tmp_path / "run.json").write_text('{"release": "internal"}', encoding="utf-8")
    assert attack(tmp_path) == []
    (tmp_path / "run.json").write_text('{"release": "local_lt5"}', encoding="utf-8")
    assert len(attack(tmp_path)) == 1


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="not a folder"):
        audit(tmp_path / "none")
    with pytest.raises(BadArgument, match="expected one of"):
        attack(tmp_path, release="none")
    for release in ("public", "nhs", "opensafely", "local", "local_lt5", "internal"):
        assert attack(tmp_path, release=release) == []


def test_what_is_not_solved_in_time_is_not_called_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Agency", "People"], ["A", 20], ["B", "[c]"], ["C", 9], ["Total", 32]]
    write_csv(tmp_path, "t", rows)
    monkeypatch.setattr(feasible, "ALL_SECONDS", 0.0)
    found = reach(tmp_path, release="local_lt5")
    assert (found.unsolved, found.counts) == (1, ())


FIELD = Path(__file__).parent / "field" / "disclosure"


@pytest.mark.parametrize(
    ("case", "known"),
    [
        # 19 decided less 15 accepted and 1 SARA project; 12 less 8.
        ("quarter_half", {("july to september", "rejected"): 3,
                          ("october to december", "rejected"): 4}),
        # 20 decided less 11 and 2; 18, 7 and 26 rejected; less 15, 11 and 21 of the other quarters.
        ("merged_sara", {("domestic abuse service", "rejected"): 7, ("total", "rejected"): 51,
                         ("april to june", "rejected"): 4}),
    ],
)  # fmt: skip
def test_it_finds_what_the_first_edition_let_out(
    case: str, known: dict[tuple[str, str], int]
) -> None:
    """Tables as the first edition published them, worked out by hand from the printed pages."""
    found = {(k.row, k.column): (k.low, k.high) for k in audit(FIELD / case)}
    assert {place: found.get(place) for place in known} == {p: (n, n) for p, n in known.items()}


def test_a_hidden_count_beside_rounded_ones(tmp_path: Path) -> None:
    """By hand: 30 is 28 to 32 and 20 is 18 to 22, so the rest is 6 to 14, and hidden up to 7."""
    rows = [["Agency", "People"], ["A", 20], ["B", "[c]"], ["Total", 30]]
    write_csv(tmp_path, "t", [*rows[:1], *rows[1:3], ["C", "[c]"], rows[3]])
    assert attack(tmp_path) == [], "two hidden counts share what is left"
    write_csv(tmp_path, "t", rows)
    (leak,) = attack(tmp_path)
    assert (leak.low, leak.high) == (6, 7)


def test_captions_and_titles_give_the_year_that_rows_leave_out(tmp_path: Path) -> None:
    """A page, a notebook's table as data and a table of JSON: 22 less 10 and 9 of the months."""
    months = [["Month", "Accepted"], ["January", "10"], ["February", "[c]"], ["March", "9"]]
    quarters = [["Quarter", "Accepted"], ["Q1", "22"], ["Q2", "50"]]

    def page(year: int) -> str:
        return "".join(
            f"<table><caption>By {rows[0][0]}, <b>{year}</b></caption>"
            + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
            + "</table>"
            for rows in (months, quarters)
        )

    def data(year: int) -> str:
        made: list[dict[str, Any]] = [
            {"title": f"By {r[0][0]}, {year}", "columns": [{"heading": c} for c in r[0]],
             "data": [*r[1:], *([["June", None]] if r is months else ())]}
            for r in (months, quarters)
        ]  # fmt: skip
        made[1]["columns"] = quarters[0]  # as pandas writes them
        return json.dumps({"tables": made})

    path = tmp_path / "of.html"
    for name, made in (("of.html", page), ("of.json", data)):
        path.unlink(missing_ok=True)
        path = tmp_path / name
        path.write_text(made(2021), encoding="utf-8")
        (leak,) = audit(tmp_path)
        assert (leak.row, leak.low, leak.high) == ("february", 3, 3), name
        assert leak.table.startswith("By Month, 2021")
        path.write_text(made(1821), encoding="utf-8")
        assert audit(tmp_path) == [], "without a year, nobody knows that they add up"


@pytest.mark.parametrize(
    ("name", "title", "first", "last"),
    [
        ("march 2021", "", (2021, 3), (2021, 3)),
        ("mar-2021", "of 2019", (2021, 3), (2021, 3)),  # its own year goes before the title's
        ("may", "of 2021", (2021, 5), (2021, 5)),
        ("april to june", "of 2021", (2021, 4), (2021, 6)),
        ("q4, 2021", "", (2021, 10), (2021, 12)),
        ("q1", "2022", (2022, 1), (2022, 3)),
        ("h1 2021", "", (2021, 1), (2021, 6)),
        ("2021-h2", "", (2021, 7), (2021, 12)),
        ("2021", "", (2021, 1), (2021, 12)),
    ],
)
def test_months_that_a_row_speaks_of(
    name: str, title: str, first: tuple[int, int], last: tuple[int, int]
) -> None:
    begin, end = (12 * year + month - 1 for year, month in (first, last))
    assert published.months_of(name, title) == {*range(begin, end + 1)}


def test_other_names_speak_of_no_months_and_titles_of_a_year_or_half() -> None:
    for name, title in (
        ("march", ""),
        ("marching", "of 2021"),
        ("police 2021", ""),
        ("q5", "2021"),
    ):
        assert published.months_of(name, title) is None
    year = 12 * 2021
    for title, months in (
        ("Referrals, 2021", range(year, year + 12)),
        ("Referrals, January to June 2021", range(year, year + 6)),
        ("Referrals, July to December 2021", range(year + 6, year + 12)),
        ("Referrals 2021 H1", range(year, year + 6)),
        ("referrals 2021 h2", range(year + 6, year + 12)),
    ):
        assert published.span_of(title) == {*months}, title
    assert published.span_of("Referrals") is None


def test_what_pages_say_of_how_referrals_are_counted_is_read_from_all_of_them(
    tmp_path: Path,
) -> None:
    assert published.told(tmp_path) == published.Told()
    (tmp_path / "a.html").write_text("in no\n total: March, May 2021; in no total: June 2022.")
    (tmp_path / "b.ipynb").write_text("outcomes count by the\nday decided")
    (tmp_path / "c.txt").write_text("in no total: July 2021")
    gone = {12 * 2021 + 2, 12 * 2021 + 4, 12 * 2022 + 5}
    assert published.told(tmp_path) == published.Told(dated=True, gone=frozenset(gone))
    (tmp_path / "b.ipynb").unlink()
    assert published.told(tmp_path) == published.Told(gone=frozenset(gone))


def test_ranges_of_sums_by_hand() -> None:
    """Two that make 10 within 1, one of them 4 at most; three times a third is 12."""
    system = feasible.System()
    one, other, third, alone = (system.unknown(0, 4), system.unknown(), system.unknown(-3, 50),
                                system.unknown(2, 3))  # fmt: skip
    system.add([(one, 1.0), (other, 1.0)], given=10, slack=1)
    system.add([(third, 2.0), (third, 1.0)], given=12)
    wanted = [one, other, third, alone]
    assert system.ranges(wanted, 100) == {one: (0, 4), other: (5, 11), third: (4, 4), alone: (2, 3)}
    low, high = system.ranges([other], 3)[other]
    assert 5 <= low <= high <= 11
    assert high - low + 1 >= 3, "sought no further than asked"
    assert system.low[third] == 0, "nobody is less than none"
    system.add([(third, 1.0)], given=9, belief=0.5)  # contradicts; the less believed goes
    assert system.ranges([third], 100) == {third: (4, 4)}
    system.add([(third, 1.0)], given=9, belief=5.0)
    assert system.ranges([third], 100) == {third: (9, 9)}


def test_a_count_less_itself_says_nothing_whatever_was_printed() -> None:
    system = feasible.System()
    one, other = system.unknown(0, 9), system.unknown()
    system.add([(one, 1.0), (other, 1.0)], given=10)
    system.add([(other, 1.0), (other, -1.0)], given=4, belief=50.0)
    assert system.ranges([one, other], 100) == {one: (0, 9), other: (1, 10)}


def test_ends_that_were_not_found_leave_a_count_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its bounds alone say is known; of the other one end could not be sought to its end."""
    system = feasible.System()
    one, other = system.unknown(0, 4), system.unknown()
    system.add([(one, 1.0), (other, 1.0)], given=10, slack=1)
    solve, calls = feasible._solve, []

    def stopped(goal: Any, **more: Any) -> Any:
        calls.append(goal)
        if len(calls) > 1 + feasible.TURNS:
            return SimpleNamespace(status=1, x=None)
        return solve(goal, **more)

    monkeypatch.setattr(feasible, "_solve", stopped)
    assert system.ranges([one, other], 100) == {one: (0, 4)}
    monkeypatch.undo()
    assert system.ranges([one, other], 100) == {one: (0, 4), other: (5, 11)}
    system.add([(system.unknown(5, 3), 1.0)], given=4)
    assert system.ranges([one], 100) == {}, "no count can be 5 or more and 3 or fewer"


def test_a_log_over_two_years_is_one_log(tmp_path: Path) -> None:
    """Of 22 received in the last quarter of 2020 the hidden month is what 9 and 10 leave."""
    months = [("October 2020", 9), ("November 2020", 10), ("December 2020", "[c]"),
              ("January 2021", 8), ("February 2021", 7)]  # fmt: skip
    head = [["Referrals by month"], ["Month", "Received", "Accepted"]]
    write_csv(tmp_path, "months", [*head, *((m, n, "[c]") for m, n in months)])
    quarters = [["Referrals by quarter"], ["Quarter", "Received", "Accepted"], ["Q4 2020", 22, 20]]
    write_csv(tmp_path, "quarters", quarters)
    (leak,) = (k for k in audit(tmp_path) if k.column == "received")
    assert (leak.row, leak.low, leak.high) == ("december 2020", 3, 3)


def test_outcomes_by_the_month_received_add_up_in_it_and_by_the_day_decided_do_not(
    tmp_path: Path,
) -> None:
    """By hand: of 20 received in March 11, 2 and 3 are known; the rest, 4, were rejected.

    Where outcomes count by the day decided some of the 20 may still be in hand in April.
    """
    head = ["Month", "Received", "Accepted", "Rejected", "SARA projects", "Not yet decided"]
    rows = [["March 2021", 20, 11, "[c]", 2, 3], ["April 2021", 30, *["[x]"] * 4]]
    write_csv(tmp_path, "log", [["Referrals by month"], head, *rows])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.column, leak.low, leak.high) == ("march 2021", "rejected", 4, 4)
    (tmp_path / "page.html").write_text("<p>Outcomes count by the day decided.</p>", "utf-8")
    assert audit(tmp_path) == []
    # With 5 still to decide 2 of the 20 are left: none was received after it was decided.
    rows[0][-1] = 5
    write_csv(tmp_path, "log", [["Referrals by month"], head, *rows])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.column, leak.low, leak.high) == ("march 2021", "rejected", 0, 2)


def test_agencies_make_up_the_months_of_their_year(tmp_path: Path) -> None:
    """Of 20 and 12 received in the halves of the year, 20 and 9 by two agencies, 3 are left."""
    sent = [["Agency", "Received"], ["Police", 20], ["Council", "[c]"], ["NHS", 9]]
    write_csv(tmp_path, "agencies", [["Referrals by agency 2021"], *sent])
    halves = [["Period", "Received"], ["January to June 2021", 20], ["July to December 2021", 12]]
    write_csv(tmp_path, "halves", [["Referrals by half-year, 2021"], *halves])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.low, leak.high) == ("council", 3, 3)


def test_what_one_agency_sent_became_something_unless_months_are_missing(tmp_path: Path) -> None:
    head = ["Agency", "Received", "Accepted", "Rejected", "SARA projects", "Not yet decided"]
    rows = [["Police", 20, 11, "[c]", 2, 3], ["Council", 30, *["[x]"] * 4]]
    write_csv(tmp_path, "log", [["Referrals by agency 2021"], head, *rows])
    (leak,) = audit(tmp_path)
    assert (leak.row, leak.column, leak.low, leak.high) == ("police", "rejected", 4, 4)
    (tmp_path / "page.html").write_text("<p>Months in no total: March 2021.</p>", "utf-8")
    assert audit(tmp_path) == []


def test_two_halves_that_agree_by_chance_are_not_one(tmp_path: Path) -> None:
    head = ["Received", "Accepted", "Rejected", "Not yet decided"]
    year, half = [60, 20, "[k]", 15], [30, 10, "[k]", "[k]"]
    write_csv(tmp_path, "referrals_headline_2023", [["Period", *head], ["2023", *year]])
    for n, period in enumerate(("January to June 2023", "July to December 2023"), 1):
        write_csv(tmp_path, f"referrals_headline_2023_h{n}", [["Period", *head], [period, *half]])
        few = [["Ward A", *["[c]"] * 4], ["Ward B", *["[c]"] * 4], ["Ward C", *["[k]"] * 4]]
        rows = [["Ward", *head], *few, ["Total", *half]]
        write_csv(tmp_path, f"referrals_by_ward_2023_h{n}", rows)
        cards = "".join(f"<dt>{h}</dt><dd>{v}</dd>" for h, v in zip(head, half, strict=True))
        (tmp_path / f"tlg_report-2023-H{n}.html").write_text(f"<dl>{cards}</dl>")

    found = [k for k in reach(tmp_path, release="public").counts if k.column == "not yet decided"]
    assert found
    assert [k for k in found if k.high - k.low + 1 < 4] == []
