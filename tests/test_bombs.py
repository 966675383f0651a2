"""Files made to exhaust whoever opens them: refused in words, in little memory, nothing written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

ROOM = 1_000  # MiB, of which importing what reads takes some 150
CHECK = (
    "import pathlib, sys\n"
    "from mtf_eval.errors import MtfError\n"
    "from mtf_eval.records.load import load\n"
    "try:\n"
    "    load(sys.argv[1])\n"
    "    code, said = 0, ''\n"
    "except MtfError as error:\n"
    "    code, said = error.exit_code, str(error)\n"
    "import json\n"
    # Of this program alone; elsewhere than on Linux the memory is not looked at.
    "status = pathlib.Path('/proc/self/status')\n"
    "held = status.read_text() if status.exists() else 'VmHWM: 0'\n"
    "peak = int(held.split('VmHWM:')[1].split()[0]) / 1024\n"
    "print(json.dumps({'code': code, 'said': said, 'peak': peak}))\n"
)
HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
HEADER += "Crime type,Last outcome category,Context\n"
STREET = "2021-01/2021-01-kent-street.csv"
MIB = bytes(2**20)


def sparse_table(place: Path) -> Path:
    """Ten thousand million bytes and no line end, which take no room on the disk."""
    place.mkdir()
    with (place / "referrals.csv").open("wb") as out:
        out.write(b"referral_id,received\n")
        out.truncate(10**10)
    return place


def long_cell(place: Path) -> Path:
    place.mkdir()
    (place / "referrals.csv").write_text("referral_id,received\n" + "x" * 2 * 10**7)
    return place


def million_columns(place: Path) -> Path:
    place.mkdir()
    (place / "referrals.csv").write_text("referral_id,received" + "," * 10**6 + "\n1,2021-01-05\n")
    return place


def blank_lines(place: Path) -> Path:
    place.mkdir()
    (place / "referrals.csv").write_text("referral_id,received\n" + "\n" * 10**7)
    return place


def deep_outlines(place: Path) -> Path:
    place.mkdir()
    (place / "referrals.csv").write_text("referral_id,received\nR1,2021-01-05\n")
    (place / "boundaries.geojson").write_text('{"features":' + "[" * 10**6)
    return place


def huge_outlines(place: Path) -> Path:
    place.mkdir()
    (place / "referrals.csv").write_text("referral_id,received\nR1,2021-01-05\n")
    with (place / "boundaries.geojson").open("wb") as out:
        out.truncate(10**10)
    return place


def street_zip(place: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    archive = place.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        fill(out)
    return archive


def zip_bomb(place: Path) -> Path:
    def fill(out: zipfile.ZipFile) -> None:
        with out.open(STREET, "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(MIB)

    return street_zip(place, fill)


def endless_first_line(place: Path) -> Path:
    return street_zip(place, lambda out: out.writestr(STREET, bytes(40 * 2**20)))


def endless_row(place: Path) -> Path:
    return street_zip(place, lambda out: out.writestr(STREET, HEADER + "x" * 6 * 10**7))


def understated(place: Path) -> Path:
    """A member that unfolds to far more than the zip says."""
    archive = street_zip(place, lambda out: out.writestr(STREET, HEADER + "x" * 6 * 10**7))
    raw = archive.read_bytes()
    true = (6 * 10**7 + len(HEADER)).to_bytes(4, "little")
    assert true in raw
    archive.write_bytes(raw.replace(true, (5000).to_bytes(4, "little")))
    return archive


def names_that_climb(place: Path) -> Path:
    return street_zip(
        place, lambda out: out.writestr("../../\x1b[2J2021-01-kent-street.csv", HEADER + "a,b\n")
    )


def many_members(place: Path) -> Path:
    def fill(out: zipfile.ZipFile) -> None:
        for number in range(100_001):
            out.writestr(f"{number}", b"")

    return street_zip(place, fill)


def book(place: Path, part: str, change: Callable[[bytes], bytes], more: int = 0) -> Path:
    """Write a small workbook, one part of it changed."""
    path = place.with_suffix(".xlsx")
    wb = openpyxl.Workbook()
    sheet = wb.active
    assert sheet is not None
    sheet.title = "referrals"
    sheet.append(["referral_id", "received"])
    sheet.append(["R1", "2021-01-05"])
    wb.save(path)
    with zipfile.ZipFile(path) as source:
        parts = {"xl/sharedStrings.xml": b"<sst></sst>"}
        parts |= {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name, content in parts.items():
            out.writestr(name, change(content) if name == part else content)
    return path


def shared_texts(place: Path) -> Path:
    filler = b"<si><t>" + b"x" * 310 * 2**20 + b"</t></si></sst>"
    return book(place, "xl/sharedStrings.xml", lambda xml: xml.replace(b"</sst>", filler))


def understated_texts(place: Path) -> Path:
    size = 60 * 2**20
    filler = b"<si><t>" + b"x" * size + b"</t></si></sst>"
    path = book(place, "xl/sharedStrings.xml", lambda xml: xml.replace(b"</sst>", filler))
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("xl/sharedStrings.xml").file_size.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, (700).to_bytes(4, "little")))
    return path


def far_corner(place: Path) -> Path:
    cell = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    return book(place, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", cell))


def entities(place: Path) -> Path:
    """Texts that name texts that name texts."""
    named = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    kind = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{named}]>'.encode()

    def change(xml: bytes) -> bytes:
        return kind + re.sub(rb"^<\?xml[^>]*>", b"", xml).replace(b"R1", b"&l9;")

    return book(place, "xl/worksheets/sheet1.xml", change)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (sparse_table, "referrals.csv: found a file of 9,537 MB; expected at most 200 MB"),
        (long_cell, "row 2: found a cell of more than 131,072 characters"),
        (million_columns, "found 1,000,002 columns or more; expected at most 1,000"),
        (blank_lines, "found 1,048,577 rows or more; expected at most 1,048,576"),
        (deep_outlines, "boundaries.geojson: found no GeoJSON"),
        (huge_outlines, "boundaries.geojson: found 9,537 MB; expected at most 20 MB"),
        (zip_bomb, "found 300 MB when unpacked; expected at most 256 MB"),
        (endless_first_line, "row 1: found a first line of more than 4,096 characters"),
        (endless_row, "found a row of more than 262,144 characters"),
        (understated, "a member that cannot be read"),
        (names_that_climb, "../../?[2J2021-01-kent-street.csv"),
        (many_members, "found a zip of 100,001 files; expected at most 100,000"),
        (shared_texts, "found a workbook that unfolds to"),
        (understated_texts, "found a file that is no Excel workbook"),
        (far_corner, "found cells as far as row 1,048,576 and column 16,384"),
        (entities, "found a document type declaration"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bomb_is_refused_in_bounded_memory(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    where = make(tmp_path / "data")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    env = {**os.environ, "MTF_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(where)], capture_output=True, text=True, env=env
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["code"] == 2
    assert words in found["said"]
    assert len(found["said"]) < 1_000
    assert found["peak"] < ROOM
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
