"""The police.uk reader, on small files in the official header and on a real archive where there."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from itertools import count
from pathlib import Path

import pandas as pd
import pytest

from mtf_eval.errors import BadArgument, DataProblems
from mtf_eval.records.dataset import Finding
from mtf_eval.records.load import load
from mtf_eval.records.reading import police_uk
from mtf_eval.records.reading.police_uk import HEADER, aggregate

KENT = Path(
    os.environ.get(
        "MTF_POLICE_UK",
        Path(__file__).parent.parent.parent / "shared" / "police_uk" / "kent_2022_street.zip",
    )
)
ASB, BURGLARY = "Anti-social behaviour", "Burglary"
NUMBERS = count()


def row(
    month: str, code: str, kind: str, *, name: str = "Sandmere 001A", force: str = "Kent Police"
) -> str:
    ident = "" if kind == ASB else f"{next(NUMBERS):064x}"
    cells = [ident, month, force, force, "1.5", "51.5", "On or near Made Up Road", code, name]
    return ",".join([*cells, kind, "", ""])


def month_file(rows: list[str], header: str = ",".join(HEADER)) -> str:
    return "\n".join([header, *rows]) + "\n"


def folder(tmp_path: Path, months: dict[str, list[str]], force: str = "kent") -> Path:
    for month, rows in months.items():
        place = tmp_path / "police" / month
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{month}-{force}-street.csv").write_text(month_file(rows), encoding="utf-8")
    return tmp_path / "police"


def months_of_2021(rows_a_month: dict[str, int] | None = None) -> dict[str, list[str]]:
    usual = rows_a_month or {BURGLARY: 30}
    return {
        f"2021-{m:02d}": [row(f"2021-{m:02d}", "E1", k) for k, n in usual.items() for _ in range(n)]
        for m in range(1, 13)
    }


def warnings_of(findings: tuple[Finding, ...]) -> list[str]:
    return [f.text for f in findings if f.kind == "warning"]


def test_counts_by_month_area_and_type_and_drops_nothing(tmp_path: Path) -> None:
    same = row("2021-01", "E1", ASB)
    where = folder(
        tmp_path,
        {
            "2021-01": [same, same, same, row("2021-01", "E2", BURGLARY), row("2021-01", "", ASB)],
            "2021-02": [row("2021-02", "E1", BURGLARY)],
        },
    )
    frame, findings, _ = aggregate(where)
    got = {
        (f"{r.month:%Y-%m}", r.area_code, r.measure): int(r.count_)
        for r in frame.rename(columns={"count": "count_"}).itertuples()
    }
    assert got == {
        ("2021-01", "E1", ASB): 3,
        ("2021-01", "E2", BURGLARY): 1,
        ("2021-01", "", ASB): 1,
        ("2021-02", "E1", BURGLARY): 1,
    }
    assert list(frame.columns) == ["month", "area_code", "source", "measure", "count"]
    assert any("1 of 6 rows have no area" in f.text for f in findings)


@pytest.mark.parametrize("kind", ["zip", "zip of one folder", "zip in a folder"])
def test_a_zip_gives_what_the_folder_gives(tmp_path: Path, kind: str) -> None:
    where = folder(tmp_path, months_of_2021({BURGLARY: 3, ASB: 2}))
    archive = tmp_path / "inside" / "archive.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as out:
        for file in where.rglob("*.csv"):
            prefix = "latest/" if kind == "zip of one folder" else ""
            out.write(file, prefix + str(file.relative_to(where)))
    from_zip, *_ = aggregate(archive.parent if kind == "zip in a folder" else archive)
    from_folder, *_ = aggregate(where)
    pd.testing.assert_frame_equal(from_zip, from_folder)


def test_agrees_with_counting_row_by_row(tmp_path: Path) -> None:
    rows = [
        row("2021-03", f"E{i % 7}", (ASB, BURGLARY, "Drugs")[i % 3], force=f"Force {i % 2}")
        for i in range(500)
    ]
    frame, *_ = aggregate(folder(tmp_path, {"2021-03": rows}))
    wanted = Counter((r.split(",")[7], r.split(",")[3], r.split(",")[9]) for r in rows)
    got = {(a, f, m): int(n) for _, a, f, m, n in frame.itertuples(index=False)}
    assert got == wanted


def test_quoted_cells_and_windows_line_ends_and_a_mark_at_the_start(tmp_path: Path) -> None:
    line = row("2021-01", "E1", ASB).replace("On or near Made Up Road", '"On or near ""A"", B"')
    place = tmp_path / "2021-01"
    place.mkdir()
    text = "\ufeff" + month_file([line]).replace("\n", "\r\n")
    (place / "2021-01-kent-street.csv").write_bytes(text.encode("utf-8"))
    frame, *_ = aggregate(tmp_path)
    assert frame["count"].tolist() == [1]
    assert frame["measure"].tolist() == [ASB]


def test_other_files_of_the_download_are_passed_over(tmp_path: Path) -> None:
    where = folder(tmp_path, {"2021-01": [row("2021-01", "E1", ASB)]})
    (where / "2021-01" / "2021-01-kent-outcomes.csv").write_text("Crime ID,Month\nx,2021-01\n")
    frame, findings, _ = aggregate(where)
    assert frame["count"].sum() == 1
    assert any("passed over" in f.text for f in findings)


def test_downloads_that_overlap_are_read_once_or_refused(tmp_path: Path) -> None:
    def download(name: str, months: dict[str, list[str]]) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as out:
            for month, rows in months.items():
                out.writestr(f"{month}/{month}-kent-street.csv", month_file(rows))
            out.writestr(f"__MACOSX/{month}/._{month}-kent-street.csv", "\0\5")
        return tmp_path / name

    rows = [row("2021-01", "E1", ASB), row("2021-01", "E2", ASB)]
    first = download("a.zip", {"2021-01": rows})
    later = download("b.zip", {"2021-01": rows[::-1], "2021-02": [row("2021-02", "E1", ASB)]})
    for paths in ((first, later), (tmp_path,)):
        frame, findings, _ = aggregate(*paths)
        assert frame.groupby(frame["month"].dt.month)["count"].sum().to_dict() == {1: 2, 2: 1}
        assert [f.text for f in findings if "there twice" in f.text] == [
            "1 month(s) of a force there twice, with the same counts: read once"
        ]
    where = folder(tmp_path, {"2021-03": [row("2021-03", "E1", ASB)]})
    (march,) = where.rglob("2021-03-kent-street.csv")
    frame, *_ = aggregate(march.rename(march.with_name("2021-03-kent-street (1).csv")).parent)
    assert frame["count"].tolist() == [1]
    other = download("c.zip", {"2021-01": rows[:1]})
    with pytest.raises(
        DataProblems, match=r"c\.zip.*second time, with other counts \(also in a.zip"
    ):
        aggregate(first, other)
    moved = download("e.zip", {"2021-01": [row("2021-01", "E3", ASB)] * 2})
    with pytest.raises(DataProblems, match=r"second time, with other counts \(also in a.zip"):
        aggregate(first, moved)
    with zipfile.ZipFile(other, "w") as out:
        out.writestr("2021-01/2021-01-Kent-street.csv", month_file(rows))
    assert aggregate(first, other)[0]["count"].sum() == 2
    bare = tmp_path / "bare.zip"
    for place in (other, bare):
        with zipfile.ZipFile(place, "w") as out:
            out.writestr("2021-01/kent-street.csv", month_file(rows[:1]))
    for paths in ((first, other), (other, first)):
        with pytest.raises(DataProblems, match="2021-01 of Kent Police a second time, with other"):
            aggregate(*paths)
    assert aggregate(other, bare)[0]["count"].sum() == 1
    assert aggregate(other, download("d.zip", {"2021-02": rows[:0]}))[0]["count"].sum() == 1
    with zipfile.ZipFile(other, "w") as out:
        out.writestr("referrals.csv", "referral_id")
    with pytest.raises(DataProblems, match=r"c\.zip: found no file whose name ends in"):
        aggregate(first, other)


@pytest.mark.parametrize(
    "name", ["kent-street", "2021-01-kent-police-street", "2020-12-kent-street", "a-street"]
)
def test_a_month_of_a_force_counts_once_whatever_its_file_is_called(
    tmp_path: Path, name: str
) -> None:
    """By hand: two rows in January, one in February."""
    january = [row("2021-01", "E1", ASB), row("2021-01", "E2", ASB)]
    where = folder(tmp_path, {"2021-01": january, "2021-02": [row("2021-02", "E1", ASB)]})
    again = where / f"{name}.csv"
    again.write_text(month_file(january[::-1]))
    frame, findings, _ = aggregate(where)
    assert frame.groupby(frame["month"].dt.month)["count"].sum().to_dict() == {1: 2, 2: 1}
    assert any("there twice, with the same counts: read once" in f.text for f in findings)
    again.write_text(month_file([*january, january[0]]))
    with pytest.raises(DataProblems, match="2021-01 of Kent Police a second time") as caught:
        aggregate(where)
    assert f"{name}.csv" in str(caught.value)
    again.write_text(month_file([row("2021-01", "E9", ASB, force="Essex Police")]))
    assert aggregate(where)[0]["count"].sum() == 4


JANUARY = [row("2021-01", "E1", ASB)] * 5
FEBRUARY = [row("2021-02", "E1", ASB)] * 6
BESIDE = [row("2021-01", "E2", ASB)] * 5


@pytest.mark.parametrize(
    ("files", "hand"),
    [
        ({"kent-a": JANUARY, "kent-b": BESIDE}, [10]),
        ({"2021-01-kent-thanet": JANUARY, "2021-01-kent-dover": BESIDE}, [10]),
        ({"all-kent": JANUARY + FEBRUARY, "2021-01-kent": JANUARY}, [5, 6]),
        ({"2021-02-kent": FEBRUARY, "z": JANUARY + FEBRUARY}, [5, 6]),
        ({"a": JANUARY + FEBRUARY, "b": FEBRUARY + [row("2021-03", "E1", ASB)] * 2}, [5, 6, 2]),
        ({"2021-01-kent": FEBRUARY, "kent": FEBRUARY}, [6]),
        ({"2021-01-kent": JANUARY + FEBRUARY[:1], "2021-02-kent": FEBRUARY}, [5, 7]),
    ],
)
def test_files_are_parts_of_a_month_or_hold_it_again(
    tmp_path: Path, files: dict[str, list[str]], hand: list[int]
) -> None:
    """By hand: five rows an area in January, six in February; in either order of the files."""
    for turn in (1, -1):
        where = tmp_path / str(turn)
        for number, name in enumerate([*files][::turn]):
            (where / str(number)).mkdir(parents=True)
            (where / str(number) / f"{name}-street.csv").write_text(month_file(files[name]))
        frame, findings, _ = aggregate(where)
        assert frame.groupby("month")["count"].sum().tolist() == hand
        assert set(frame["source"]) == {"Kent Police"}
        parts = any("no area in common: added up" in f.text for f in findings)
        assert parts == (BESIDE in files.values())


def test_a_month_with_other_counts_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    for name, rows in (("all-kent", JANUARY + FEBRUARY), ("2021-02-kent", FEBRUARY[:5])):
        (tmp_path / f"{name}-street.csv").write_text(month_file(rows))
    with pytest.raises(DataProblems) as caught:
        aggregate(tmp_path)
    (problem,) = caught.value.problems
    assert problem.found.startswith("2021-02 of Kent Police a second time, with other counts")
    assert problem.todo.startswith("Take the rows of 2021-02 out of the file of the older")


def test_files_named_for_two_forces_that_their_rows_do_not_name_are_of_two(tmp_path: Path) -> None:
    """By hand: five of one and seven of the other, of an area that both have."""
    for name, number in (("kent", 5), ("essex", 7)):
        rows = [row("2021-01", "E1", ASB, force="")] * number
        (tmp_path / f"2021-01-{name}-street.csv").write_text(month_file(rows))
    assert aggregate(tmp_path)[0]["count"].sum() == 12


def test_two_forces_may_share_a_month(tmp_path: Path) -> None:
    folder(tmp_path, {"2021-01": [row("2021-01", "E1", ASB)]})
    where = folder(tmp_path, {"2021-01": [row("2021-01", "E1", ASB, force="Essex")]}, force="essex")
    frame, *_ = aggregate(where)
    assert frame["source"].tolist() == ["Essex", "Kent Police"]
    assert frame["count"].tolist() == [1, 1]


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        {"2021-01": [row("2021-01", "E1", ASB)], "2021-02": [row("2021-02", "E1", ASB)]},
    )
    first = where / "2021-01" / "2021-01-kent-street.csv"
    first.write_text("Reference,When\n1,2021-01\n")
    second = where / "2021-02" / "2021-02-kent-street.csv"
    second.write_text(second.read_text() + "a,b\n")
    with pytest.raises(DataProblems) as caught:
        aggregate(where)
    found = [str(p) for p in caught.value.problems]
    assert len(found) == 2
    assert "a header without" in found[0]
    assert "2021-02-kent-street.csv" in found[1]


def test_a_month_that_is_no_month_is_refused(tmp_path: Path) -> None:
    where = folder(tmp_path, {"2021-01": [row("2021-13", "E1", ASB), row("2021-01", "E1", ASB)]})
    with pytest.raises(DataProblems, match="1 rows without a month"):
        aggregate(where)


def test_a_broken_member_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    rows = [row("2021-01", f"E{i}", ASB) for i in range(400)]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        out.writestr("2021-01/2021-01-kent-street.csv", month_file(rows))
    content = bytearray(archive.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = b"XXXXXXXX"
    archive.write_bytes(content)
    with pytest.raises(DataProblems, match="cannot be read") as caught:
        aggregate(archive)
    assert caught.value.problems[0].sheet == "2021-01/2021-01-kent-street.csv"


@pytest.mark.parametrize("what", ["nothing", "empty folder", "no zip"])
def test_what_is_no_download_is_refused(tmp_path: Path, what: str) -> None:
    where = tmp_path / "x.zip"
    if what == "empty folder":
        where = tmp_path
    elif what == "no zip":
        where.write_bytes(b"PK but not really")
    with pytest.raises(DataProblems):
        aggregate(where)


def test_a_file_with_a_header_only_is_a_month_of_noughts(tmp_path: Path) -> None:
    where = folder(tmp_path, {"2021-01": [], "2021-02": [row("2021-02", "E1", ASB)]})
    frame, *_ = aggregate(where)
    assert frame["count"].sum() == 1


def test_misfiled_months_are_said(tmp_path: Path) -> None:
    months = months_of_2021()
    months["2021-06"].append(row("2021-07", "E1", BURGLARY))
    frame, findings, _ = aggregate(folder(tmp_path, months))
    assert "1 rows are of 2021-07" in " ".join(warnings_of(findings))
    assert int(frame.loc[frame["month"] == "2021-07-01", "count"].sum()) == 31
    assert set(frame["source"]) == {"Kent Police"}


def test_a_misfiled_row_does_not_make_its_month_one_on_record(tmp_path: Path) -> None:
    months = months_of_2021()
    months["2021-06"].append(row("2021-07", "E1", BURGLARY))
    del months["2021-07"]
    frame, *_ = aggregate(folder(tmp_path, months))
    july = frame[frame["month"] == "2021-07-01"]
    assert july["source"].tolist() == ["Kent Police, filed under another month"]


def with_id(line: str, ident: str) -> str:
    return ",".join([ident, *line.split(",")[1:]])


def test_equal_rows_with_one_crime_id_are_one_incident(tmp_path: Path) -> None:
    burglary = with_id(row("2021-01", "E1", BURGLARY), "b" * 64)
    elsewhere = with_id(row("2021-01", "E2", BURGLARY), "c" * 64)
    asb = row("2021-01", "E1", ASB)
    rows = [*[burglary] * 13, *[asb] * 2, elsewhere, elsewhere.replace("E2", "E3")]
    again = {"2021-02": [burglary.replace("2021-01", "2021-02")]}
    frame, findings, _ = aggregate(folder(tmp_path, {"2021-01": rows, **again}))
    got = {(f"{m:%m}", a, k): int(n) for m, a, _, k, n in frame.itertuples(index=False)}
    assert got == {
        ("01", "E1", BURGLARY): 1, ("01", "E1", ASB): 2, ("01", "E2", BURGLARY): 1,
        ("01", "E3", BURGLARY): 1, ("02", "E1", BURGLARY): 1,
    }  # fmt: skip
    said = {f.kind: f.text for f in findings}
    assert "12 rows that repeat another to the letter" in said["repaired"]
    assert "1 rows share a Crime ID" in said["warning"]


def test_a_renamed_district_is_said(tmp_path: Path) -> None:
    months = {}
    for m in range(1, 5):
        name = "Shepway 001A" if m < 3 else "Folkestone and Hythe 001A"
        months[f"2021-{m:02d}"] = [row(f"2021-{m:02d}", "E1", ASB, name=name)]
    _, findings, _ = aggregate(folder(tmp_path, months))
    assert any(
        "Shepway are named Folkestone and Hythe from 2021-03" in t for t in warnings_of(findings)
    )


def test_a_file_too_large_for_one_go_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row("2021-01", f"E{i % 7}", (ASB, BURGLARY)[i % 2]) for i in range(900)]
    where = folder(tmp_path, {"2021-01": rows, "2021-02": [row("2021-02", "E1", ASB)] * 500})
    whole, *_ = aggregate(where)
    monkeypatch.setattr(police_uk, "WHOLE", 20_000)
    monkeypatch.setattr(police_uk, "BLOCK", 4_000)
    in_parts, *_ = aggregate(where)
    pd.testing.assert_frame_equal(in_parts, whole)


needs_kent = pytest.mark.skipif(
    not KENT.exists(), reason="no police.uk archive beside the checkout"
)


@needs_kent
def test_the_published_counts_of_kent_2022() -> None:
    frame, findings, _ = aggregate(KENT)
    by_month = frame.groupby("month")["count"].sum().tolist()
    assert by_month == [
        16338, 15383, 17310, 17144, 17546, 17388, 17950, 18365, 16574, 16172, 15799, 14976,
    ]  # fmt: skip
    assert frame.loc[frame["area_code"] == "", "count"].sum() == 2116
    said = " ".join(f.text for f in findings)
    assert "2,116 of 200,945 rows have no area" in said
    assert "Shepway are named Folkestone and Hythe" in said


@needs_kent
def test_the_table_returned_is_small() -> None:
    frame, *_ = aggregate(KENT)
    assert frame.memory_usage(index=False, deep=False).sum() / len(frame) < 25
    assert all(frame[c].cat.categories.is_monotonic_increasing for c in ("area_code", "measure"))


@needs_kent
def test_thanet_rows_of_kent_2022_stay_separate() -> None:
    import io

    rows = []
    with zipfile.ZipFile(KENT) as archive:
        for name in archive.namelist():
            if name.endswith("-street.csv"):
                rows.append(pd.read_csv(io.BytesIO(archive.read(name)), dtype=str))
    raw = pd.concat(rows, ignore_index=True)
    thanet = raw[raw["LSOA name"].fillna("").str.startswith("Thanet ")]
    assert len(thanet) == 19488
    assert thanet.duplicated().sum() == 764
    assert thanet["Crime ID"].isna().sum() == 2714
    frame, *_ = aggregate(KENT)
    ours = frame[frame["area_code"].isin(set(thanet["LSOA code"]))]
    assert ours["count"].sum() == raw["LSOA code"].isin(set(thanet["LSOA code"])).sum()


@needs_kent
@pytest.mark.slow
def test_memory_stays_low_and_does_not_grow_with_months(tmp_path: Path) -> None:
    from benchmarks.police_uk import longer, peak_mib

    # What an allocator keeps differs from process to process, upwards: the least of two is meant.
    files = {n: longer(KENT, tmp_path, n, zipfile.ZIP_STORED) for n in (1, 12)}
    peak = {12 * n: min(peak_mib(path) for _ in range(2)) for n, path in files.items()}
    assert max(peak.values()) < 400
    # The table returned and the counts it is made from take some 0.3 MiB a month; nothing else
    # may stay. The first reader, which kept wide tables of texts, took more than 1 MiB a month.
    assert peak[144] < peak[12] + 132 * 0.5


def test_counts_by_ward_with_a_column_a_month_are_incidents(tmp_path: Path) -> None:
    path = tmp_path / "wards.csv.gz"
    rows = pd.DataFrame({
        "ward": ["E05000001", "E05000002"], "borough": ["A", "A"], "measure": ["Theft", "Theft"],
        "2023-01": [3, 0], "2023-02": [1, 5],
    })  # fmt: skip
    rows.to_csv(path, index=False)
    got = load(path).table("incidents")
    cells = {(r.area_code, f"{r.month:%Y-%m}"): int(r.count) for r in got.itertuples(index=False)}
    assert cells[("E05000001", "2023-01")] == 3
    assert cells[("E05000002", "2023-02")] == 5
    assert sum(cells.values()) == 9
    rows.assign(ward=["0101", "0102"]).to_csv(path, index=False)
    assert set(load(path).table("incidents")["area_code"]) == {"0101", "0102"}
    rows.drop(columns="measure").to_csv(path, index=False)
    with pytest.raises(BadArgument, match="expected columns ward"):
        load(path)
