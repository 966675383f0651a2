"""Zip files from outside, opened within bounds: what an archive or a workbook comes as.

Nothing is ever unpacked to disk, so a name inside a zip is a label here and never a path.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

try:
    from isal import isal_zlib
except ImportError:  # what is quicker is not everywhere
    isal_zlib = None  # type: ignore[assignment]

from mtf_eval.errors import DataProblems, Problem

__all__ = ["DAMAGED", "open_zip", "shown", "unpacked"]

#: What reading a damaged file of a zip raises.
DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    # Its stub declares a value.
    *([cast("type[Exception]", isal_zlib.error)] if isal_zlib else []),
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
#: Files in one zip: every force's files of every kind since 2010 are some 25,000.
MAX_FILES = 100_000


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip.

    Raises
    ------
    DataProblems
        It is damaged, no zip, or holds more files than any that is meant to be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        todo = "Download it again, or save it again"
        raise _refused(path, "a damaged zip", "a whole zip", todo) from None
    if (count := len(archive.infolist())) > MAX_FILES:
        archive.close()
        found, expected = f"a zip of {count:,} files", f"at most {MAX_FILES:,}"
        raise _refused(path, found, expected, "Take out what is no data")
    return archive


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip to read its content, unpacked by a faster library where it is there.

    The checks of `zipfile` (sizes, checksum) stay as they are.
    """
    handle = archive.open(member)
    quick = isal_zlib and member.compress_type == zipfile.ZIP_DEFLATED
    if quick and hasattr(handle, "_decompressor"):
        handle._decompressor = isal_zlib.decompressobj(-15)
    return handle


def shown(name: str) -> str:
    """Return a name from inside a zip as it may be printed: one line, of reasonable length."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= 120 else f"...{text[-117:]}"


def _refused(path: Path, found: str, expected: str, todo: str) -> DataProblems:
    return DataProblems([Problem(file=path.name, found=found, expected=expected, todo=todo)])
