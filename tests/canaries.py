"""Search everything published, byte by byte, for values that identify people."""

from __future__ import annotations

import base64
import binascii
import csv
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mtf_eval.errors import RunRefused

# Columns whose values name one person, family or answer; a project's id is no secret.
PERSONAL = ("case_id", "referral_id", "respondent_id")
LARGEST = 500_000_000  # bytes that one published file may unpack to


@dataclass(frozen=True, slots=True)
class Hit:
    """An identifying value in something published: where, and of which kind; never the value."""

    file: str
    part: str
    kind: str

    def __str__(self) -> str:
        inside = f", in {self.part}" if self.part else ""
        return f"{self.file}{inside}: a value of {self.kind}"


def identifying(folder: Path) -> dict[str, str]:
    """Values of a data set's CSV files that name a person, with the column each stands in.

    Numbers of fewer than six digits are left out: they cannot be told from counts and years.
    """
    values: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for row in csv.DictReader(lines):
                for column in PERSONAL:
                    value = (row.get(column) or "").strip()
                    if len(value) > 3 and not re.fullmatch(r"\d{1,5}", value):
                        values.setdefault(value, column)
    return values


def canaries(source: Path | Iterable[str], published: Path) -> list[Hit]:
    """Search everything published for values that identify a person.

    Parameters
    ----------
    source
        The folder of a data set, see `identifying`, or the values themselves.
    published
        A folder or one file. Every file is read, whatever its kind: text with its escapes undone,
        parts of workbooks and archives, data addresses, compressed streams of a PDF. File names
        are read too.

    Raises
    ------
    RunRefused
        A file unpacks to more than it should.
    """
    values = identifying(source) if isinstance(source, Path) else dict.fromkeys(source, "a value")
    wanted: dict[str, list[tuple[str, str]]] = {}
    for value, kind in values.items():
        pieces = re.findall(r"\w+", value.casefold())
        if pieces:
            wanted.setdefault(max(pieces, key=len), []).append((value.casefold(), kind))
    files = [published] if published.is_file() else sorted(published.rglob("*"))
    hits: dict[Hit, None] = {}
    for path in (p for p in files if p.is_file()):
        name = path.relative_to(published).as_posix() if path != published else path.name
        parts = _texts(path.read_bytes(), "")
        for part, text in [("its name", name.casefold()), *parts]:
            words = set(re.findall(r"\w+", text))
            for word in sorted(wanted.keys() & words):
                for value, kind in wanted[word]:
                    if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                        hits[Hit(name, part, kind)] = None
    return list(hits)


def _texts(content: bytes, part: str) -> Iterator[tuple[str, str]]:
    """Every reading of some bytes, in lower case: as they are, unescaped, unpacked."""
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(i.file_size for i in archive.infolist()) > LARGEST:
                raise RunRefused("a published archive unpacks to more than 500 MB")
            for info in archive.infolist():
                yield from _texts(archive.read(info), f"{part}{info.filename}")
        return
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            unpacked = zlib.decompressobj().decompress(stream, LARGEST)
        except zlib.error:
            continue
        yield f"{part} stream", unpacked.decode("latin-1").casefold()
    for encoding in (
        ("utf-8", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8",)
    ):
        text = content.decode(encoding, errors="replace")
        # Soft hyphens and zero-width blanks are there to be seen through.
        plain = re.sub("[\u00ad\u200b-\u200d\u2060]", "", unquote(html.unescape(text)))
        plain = re.sub(
            r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), re.sub(r"\\[nrt]", " ", plain)
        )
        yield part, plain.casefold()
        for found in re.finditer(r"base64,([A-Za-z0-9+/=\s]{40,})", text):
            try:
                yield from _texts(base64.b64decode(found[1]), f"{part} data address")
            except (binascii.Error, ValueError):
                continue
