"""Turns references to persons into keyed hashes, for those who must bring identifiable logs.

The same reference gives the same pseudonym wherever it stands, as long as the key is the same;
without the key nobody can tell which reference a pseudonym came from, or test a guess. The key
lies outside the checkout and is readable by its owner only. Pseudonyms are still personal data.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import secrets
import stat
import unicodedata
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from mtf_eval.errors import BadArgument, DataProblems, RunRefused, refused
from mtf_eval.records.reading.grids import read_csv
from mtf_eval.records.reading.scanner import scan

BYTES = 32
MARK = "p"  # a letter first: a spreadsheet does not turn it into a number


def new_key(path: Path) -> Path:
    """Write a new random key, readable by its owner only; never over another."""
    _outside(path)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RunRefused(f"{path.name} is there already: a key is never written over") from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(BYTES) + "\n")
    return path


def read_key(path: Path) -> bytes:
    """Read a key."""
    _outside(path)
    if not path.is_file():
        raise RunRefused(f"{path.name}: no such key file; make one first")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise RunRefused(f"{path.name} can be read by others: chmod 600 it, or make a new key")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) < BYTES:
        raise RunRefused(f"{path.name} is not a key: expected {2 * BYTES} hexadecimal digits")
    return key


def _outside(path: Path) -> None:
    for folder in path.resolve().parents:
        if (folder / ".git").exists() or (folder / "mtf_eval" / "__init__.py").exists():
            raise RunRefused(f"{path.name} lies inside a checkout: keep the key outside of it")


def pseudonym(reference: str, key: bytes) -> str:
    """Return the pseudonym of a reference; blanks, case and look-alike characters do not matter.

    HMAC-SHA256 (RFC 2104), the first 80 bits in hexadecimal.
    """
    plain = " ".join(unicodedata.normalize("NFKC", reference).casefold().split())
    digest = hmac.new(key, plain.encode("utf-8"), hashlib.sha256).hexdigest()
    return MARK + digest[:20]


def pseudonymise(
    source: Path,
    target: Path,
    *,
    columns: Collection[str],
    key_file: Path,
    drop: Collection[str] = (),
) -> int:
    """Write a CSV log again with the references in some columns replaced by pseudonyms.

    `columns` hold references; `drop` (names, addresses, dates of birth) are left out. Returns how
    many cells were replaced; raises `DataProblems`, and writes nothing, where what is left still
    holds direct identifiers.
    """
    key = read_key(key_file)
    if source.resolve() == target.resolve():
        raise BadArgument("the new log cannot take the place of the old one: name another file")
    head, *rows = read_csv(source, "log").rows
    missing = sorted({*columns, *drop} - set(head))
    if missing:
        raise BadArgument(
            f"{source.name} has no column {', '.join(missing)}; it has {', '.join(head)}"
        )
    ragged = next((n for n, row in enumerate(rows, start=2) if len(row) > len(head)), None)
    if ragged is not None:
        found, todo = "more cells than headings", "check the separators in this row"
        raise refused(source.name, found, "one cell a heading", todo, row=ragged)
    keep = [i for i, name in enumerate(head) if name not in drop]
    replaced, written = 0, []
    for row in rows:
        new = []
        for i in keep:
            cell = row[i] if i < len(row) else ""
            if head[i] in columns and cell.strip():
                cell, replaced = pseudonym(cell, key), replaced + 1
            new.append(cell)
        written.append(new)
    names = [head[i] for i in keep]
    frame = pd.DataFrame(written, columns=names, index=range(2, len(written) + 2), dtype=object)
    problems = scan("the log", frame.replace("", None), source.name, known=columns)
    if problems:
        raise DataProblems(problems)
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([names, *written])
    return replaced
