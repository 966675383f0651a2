"""Zip files from outside, opened within bounds: what an archive or a workbook comes as.

Nothing is ever unpacked to disk, so a name inside a zip is a label here and never a path.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, cast

try:
    from isal import isal_zlib
except ImportError:  # what is quicker is not everywhere
    isal_zlib = None  # type: ignore[assignment]

from mtf_eval.errors import refused

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
#: A month of data.police.uk; a browser writes ` (1)` behind the name of a file that is there.
STREET = re.compile(r"(^|/)(?!\._)[^/]*-street(?: ?\(\d+\))?\.csv$", re.I)
#: Files in one zip: every force's files of every kind since 2010 are some 25,000.
MAX_FILES = 100_000


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip; one that is damaged or holds too many files is refused."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        todo = "Download it again, or save it again"
        raise refused(path.name, "a damaged zip", "a whole zip", todo) from None
    if (count := len(archive.infolist())) > MAX_FILES:
        archive.close()
        found, expected = f"a zip of {count:,} files", f"at most {MAX_FILES:,}"
        raise refused(path.name, found, expected, "Take out what is no data")
    return archive


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip to read its content, unpacked by a faster library where it is there.

    Sizes and checksum are held to what the zip says, as `zipfile` does.
    """
    plain = archive.open(member)
    if not isal_zlib or member.compress_type != zipfile.ZIP_DEFLATED or not archive.filename:
        return plain
    plain.close()
    return io.BufferedReader(_Inflated(archive.filename, member), 2**17)


class _Inflated(io.RawIOBase):
    """The content of a deflated file of a zip; its local header has been checked."""

    def __init__(self, path: str, member: zipfile.ZipInfo) -> None:
        self._file = io.FileIO(path)
        self._file.seek(member.header_offset + 26)  # the lengths of a name and of what follows it
        name, extra = struct.unpack("<HH", self._file.read(4))
        self._file.seek(name + extra, io.SEEK_CUR)
        self._member, self._left, self._sum, self._size = member, member.compress_size, 0, 0
        self._stream = isal_zlib.decompressobj(-15)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = b""
        while not content and not self._stream.eof:
            packed = self._stream.unconsumed_tail
            if not packed and self._left:
                packed = self._file.read(min(self._left, 2**16))
                self._left -= len(packed)
            content = self._stream.decompress(packed, len(buffer))
            if not packed and not content:
                raise EOFError("a file of the zip ends early")
        self._sum, self._size = isal_zlib.crc32(content, self._sum), self._size + len(content)
        if self._size > self._member.file_size or (not content and self._sum != self._member.CRC):
            raise zipfile.BadZipFile("a file of the zip is not what its sum says")
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()


def shown(name: str) -> str:
    """Return a name from inside a zip as it may be printed: one line, of reasonable length."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= 120 else f"...{text[-117:]}"
