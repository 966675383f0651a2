"""One cell to one value: dates, months, numbers, money, listed words.

What is certain is read, with a note of what was mended; what is not is refused. Knows no table,
no file and no row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from numbers import Integral, Real
from typing import Any

from mtf_eval.records.aliases import NO_TEXT, Aliases, fold, plain
from mtf_eval.records.schema import KINDS

__all__ = ["CellError", "Context", "Unreadable", "describe", "is_blank", "read_cell"]

_NAMES = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|"
    "sep sept september|oct october|nov november|dec december"
)
MONTHS = {
    name: number
    for number, names in enumerate(re.split(r"\|", _NAMES), start=1)
    for name in names.split()
}
_BLANK = {"", "n/a", "na", "#n/a", "-", "--", "---", "nan"}
_NOT_KNOWN = {"nil", "none", "null", "tbc", "tba", "tbd", "not known", "unknown", "?"}
_TYPED = {"date", "month", "whole", "money", "number", "share", "choice"}
_WORD_DATE = re.compile(
    r"(?:[a-z]{3,9},? )?([0-9]{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -]([0-9]{4}|[0-9]{2})"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})(?:[t ]([0-9:.]+)(z|[+-][0-9:]+)?)?")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
# Excel numbers days from here; a serial below the first or above the last is not a date of ours.
_EPOCH = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_TOO_LARGE = 10**12
#: A page holds no more in one cell, nor does a sheet (32,767).
LONGEST = 10_000
_FIRST_YEAR, _LAST_YEAR = 1950, 2099


class Unreadable(Exception):
    """A cell that cannot be read with certainty."""

    def __init__(self, expected: str, todo: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.todo = todo


@dataclass(frozen=True, slots=True)
class CellError:
    """A spreadsheet cell that holds an error, or a formula that was never worked out."""

    text: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What reading a cell may lean on.

    Attributes
    ----------
    year
        Year of months written without one; `None` refuses them.
    date1904
        Whether serial numbers count from 1904.
    decimal_comma
        Whether a comma may be a decimal comma (files separated by semicolons): then refused.
    scope, allowed
        Of a choice: the column's name, for aliases, and its closed set.
    """

    aliases: Aliases
    year: int | None = None
    date1904: bool = False
    decimal_comma: bool = False
    scope: str = ""
    allowed: tuple[str, ...] = ()


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing at all, not even a mark for nothing."""
    if value is None or (isinstance(value, float) and value != value):
        return True
    if not isinstance(value, str):
        return False
    return not value.strip() or (not value.isascii() and not plain(value))


def read_cell(value: object, kind: str, context: Context) -> tuple[Any, str]:
    """Read one cell.

    Returns
    -------
    The value (`None` when missing) and what was mended (empty when nothing was).

    Raises
    ------
    Unreadable
        The cell is neither empty nor certainly a value of this kind.
    """
    if is_blank(value) or type(value).__name__ in ("NaTType", "NAType"):
        return None, ""
    if isinstance(value, CellError):
        raise Unreadable(KINDS[kind].expected, value.todo)
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise Unreadable(f"a text of at most {LONGEST:,} characters", "shorten it")
        text = plain(value)
        mark = text.casefold()
        if mark in _BLANK or (kind in _TYPED and mark in _NOT_KNOWN and kind != "choice"):
            return None, "a mark for nothing (such as N/A, -, nil) read as missing, not as 0"
        if text.startswith("#") and text.endswith(("!", "?", "/A")):
            raise Unreadable("a value, not a spreadsheet error", "mend the formula")
    return _READERS[kind](value, context)


def describe(value: object, kind: str, quotable: bool) -> str:
    """Say what a cell holds without quoting what may be personal."""
    if is_blank(value):
        return "nothing"
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, str):
        text = plain(value)
        harmless = len(text) <= 12 and (
            re.fullmatch(r"[-+(£]*[0-9][0-9.,/:)%-]*[kKmM]?", text) is not None
            or fold(text).split(" ")[0] in MONTHS
            or (kind == "choice" and re.fullmatch(r"[A-Za-z_/ -]+", text) is not None)
            or text.casefold() in _BLANK | _NOT_KNOWN
        )
        # Long runs of digits may be telephone or identity numbers.
        harmless = harmless and sum(c.isdigit() for c in text) <= 8
        return f"{text!r}" if quotable and harmless else f"text of {len(text)} characters"
    if isinstance(value, bool):
        return "a true/false value"
    if isinstance(value, datetime | date | time):
        return "a date" if kind not in ("date", "month") else f"{value}"
    if quotable and isinstance(value, Real) and abs(float(value)) < 1e8:
        return f"{float(value):g}"
    return "a number" if isinstance(value, Real) else f"a value of type {type(value).__name__}"


# Text


def _text(value: object, context: Context) -> tuple[str, str]:
    if isinstance(value, str):
        text = re.sub(f"[\u200b{NO_TEXT}]", "", value)
        text = re.sub(r"[ \t\u00a0\u2007\u202f\u2009]+", " ", text).strip()
        spaces = "spaces around or inside the text tidied" if text != value else ""
        return text, spaces
    return _as_text(value), ""


def _code(value: object, context: Context) -> tuple[str, str]:
    if not isinstance(value, str):
        return _as_text(value), ""
    text = plain(value)
    return text, "spaces, quotes or dashes tidied" if text != value else ""


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _texts(value: object, context: Context) -> tuple[str, str]:
    text, note = _text(value, context)
    if "\n" in text or "|" in text:
        text, note = re.sub(r"\s*[\n|]\s*", "; ", text), "lines within a cell separated by ;"
    parts = [p.strip() for p in text.split(";")]
    tidy = "; ".join(p for p in parts if p)
    return tidy, note


def _agency(value: object, context: Context) -> tuple[str, str]:
    text, note = _code(value, context)
    name = context.aliases.find("agency", text)
    if name is None or name == text:
        return text, note
    return name, "agency written under its usual name"


def _agencies(value: object, context: Context) -> tuple[str, str]:
    text, note = _texts(value, context)
    parts = text.split("; ")
    by_comma = [p.strip() for p in text.split(",")]
    known = all(context.aliases.find("agency", p) for p in by_comma)
    if len(parts) == 1 and len(by_comma) > 1 and known:
        parts, note = by_comma, "agencies separated by ; instead of commas"
    read = [_agency(p, context) for p in parts]
    return "; ".join(n for n, _ in read), next((m for _, m in read if m), note)


def _choice(value: object, context: Context) -> tuple[str, str]:
    text = plain(_as_text(value))
    if text in context.allowed:
        return text, ""
    word = fold(text).replace(" ", "_")
    if word in context.allowed:
        return word, "listed word in another spelling"
    name = context.aliases.find(context.scope, text)
    if name in context.allowed:
        return str(name), "listed word in another spelling"
    if context.scope == "rag" and "/" in text:
        sides = [_choice(side, context)[0] for side in text.split("/")]
        if set(sides) <= {"red", "amber", "green"}:
            return "amber", "two ratings in one cell read as amber"
    if text.casefold() in _NOT_KNOWN:
        return None, "a mark for nothing (such as TBC) read as missing"  # type: ignore[return-value]
    raise Unreadable(f"one of {', '.join(context.allowed)}")


# Dates


def _date(value: object, context: Context) -> tuple[datetime, str]:
    if isinstance(value, datetime):
        day, note = value.replace(tzinfo=None), ""
        if day.time() != time(0):
            note = "time of day left off"
        return _checked(day.year, day.month, day.day), note
    if isinstance(value, date):
        return _checked(value.year, value.month, value.day), ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(float(value), context)
    if not isinstance(value, str):
        raise Unreadable("a date")
    text = plain(value).casefold()
    if re.fullmatch(r"[0-9]{5}(?:\.0+)?", text):
        return _serial(float(text), context)
    if found := _ISO.fullmatch(text):
        year, _, month, day_number, clock, _ = found.groups()
        note = "" if found.group(2) == "-" and not clock else "date in another form of ISO"
        if clock and not re.fullmatch(r"[0:.]+", clock):
            note = "time of day left off"
        return _checked(int(year), int(month), int(day_number)), note
    if found := _DAY_FIRST.fullmatch(text):
        first, _, second, year = found.groups()
        if int(second) > 12 >= int(first):
            raise Unreadable(
                "day/month/year",
                "the column seems to be month first: write year-month-day",
            )
        return _checked(_year(year), int(second), int(first)), "date read as day/month/year"
    if (found := _WORD_DATE.fullmatch(text)) and found.group(2) in MONTHS:
        note = "date with the month in words"
        return _checked(_year(found.group(3)), MONTHS[found.group(2)], int(found.group(1))), note
    raise Unreadable("a date, year-month-day or day/month/year")


def _month(value: object, context: Context) -> tuple[datetime, str]:
    if isinstance(value, str):
        text = plain(value).casefold()
        if found := re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})", text):
            note = "" if "-" in text and len(text) == 7 else "month in another form"
            return _checked(int(found.group(1)), int(found.group(2)), 1), note
        if found := re.fullmatch(r"([0-9]{1,2})[-/]([0-9]{4})", text):
            number, year = found.groups()
            return _checked(int(year), int(number), 1), "month in another form"
        if found := re.fullmatch(r"([a-z]{3,9})\.?(?:[ '/-]{0,2}([0-9]{4}|[0-9]{2}))?", text):
            word, year = found.groups()
            if word in MONTHS:
                if year is None and context.year is None:
                    raise Unreadable(
                        "a month with its year",
                        "write it as 2021-09, or give `year` in the table about",
                    )
                chosen = _year(year) if year else int(context.year or 0)
                return _checked(chosen, MONTHS[word], 1), "month in words"
    try:
        day, note = _date(value, context)
    except Unreadable as error:
        raise Unreadable("a month, such as 2021-09 or Sep 2021", error.todo) from None
    if day.day != 1:
        raise Unreadable(
            "a month", "a day within the month was given: write the month, such as 2021-09"
        )
    return day, note


def _serial(number: float, context: Context) -> tuple[datetime, str]:
    if not number.is_integer() and number < 100_000:
        number = float(int(number))
    if number.is_integer() and 1 <= number < 100_000:
        day = _EPOCH[context.date1904] + timedelta(days=int(number))
        if 1990 <= day.year <= _LAST_YEAR:
            base = "1904" if context.date1904 else "1900"
            return _checked(day.year, day.month, day.day), f"Excel day number (from {base})"
    text = f"{number:.0f}"
    if len(text) == 8 and 1990 <= int(text[:4]) <= _LAST_YEAR:
        note = "date in another form of ISO"
        return _checked(int(text[:4]), int(text[4:6]), int(text[6:])), note
    raise Unreadable("a date, not a bare number")


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    # 05/06/07 could be three things; from 13 on the last part can only be a year.
    if 13 <= int(text) <= 49:
        return 2000 + int(text)
    raise Unreadable("a year of four digits", "write the year in full")


def _checked(year: int, month: int, day: int) -> datetime:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Unreadable(f"a year between {_FIRST_YEAR} and {_LAST_YEAR}")
    try:
        return datetime(year, month, day)
    except ValueError:
        raise Unreadable("a day of the calendar") from None


# Numbers


def _decimal(value: object, context: Context, *, unit: str = "") -> tuple[Decimal, str]:
    number, note = _any_decimal(value, context, unit)
    if abs(number) >= _TOO_LARGE:
        raise Unreadable("a number below a million million")
    return number, note


def _any_decimal(value: object, context: Context, unit: str) -> tuple[Decimal, str]:
    if isinstance(value, bool | date | time):
        raise Unreadable("a number", "format the cell as a number")
    if isinstance(value, Real | Decimal):
        number = Decimal(str(value)) if not isinstance(value, Integral) else Decimal(int(value))
        if not number.is_finite():
            raise Unreadable("a number")
        return number, ""
    if not isinstance(value, str):
        raise Unreadable("a number")
    text, notes = plain(value), []
    if re.fullmatch(r".*[0-9] ?(?:[kKmM]|bn|mn)", text):
        raise Unreadable("the number in full", "write 1200 instead of 1.2k")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1].strip(), True
        notes.append("brackets read as minus")
    if unit == "£":
        bare = re.sub(r"^([-+]?) ?(?:£|gbp)|(?:£|gbp)$", r"\1", text, flags=re.I).strip()
        notes += ["pound sign left off"] if bare != text else []
        text = bare
    percent = unit == "%" and text.endswith("%")
    if percent:
        text = text[:-1].strip()
        notes.append("per cent read as a proportion")
    if text[:1] in ("-", "+"):
        negative, text = negative != (text[0] == "-"), text[1:].strip()
    if "," in text:
        if context.decimal_comma:
            raise Unreadable("a number without a comma", "a comma may mean two things here")
        if not _GROUPED.fullmatch(text):
            raise Unreadable("a number", "commas stand before every third digit, or not at all")
        text = text.replace(",", "")
        notes.append("thousands comma left off")
    if not _NUMBER.fullmatch(text):
        raise Unreadable("a number")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable("a number") from None
    if percent:
        number /= 100
    return -number if negative else number, "; ".join(notes)


def _whole(value: object, context: Context) -> tuple[int, str]:
    number, note = _decimal(value, context)
    if number != number.to_integral_value():
        raise Unreadable("a whole number")
    return int(number), note


def _float(unit: str) -> Callable[[object, Context], tuple[float, str]]:
    def read(value: object, context: Context) -> tuple[float, str]:
        number, note = _decimal(value, context, unit=unit)
        return float(number), note

    return read


_READERS: dict[str, Callable[[object, Context], tuple[Any, str]]] = {
    "id": _code,
    "area": _code,
    "measure": _code,
    "text": _text,
    "texts": _texts,
    "agency": _agency,
    "agencies": _agencies,
    "choice": _choice,
    "date": _date,
    "month": _month,
    "whole": _whole,
    "money": _float("£"),
    "number": _float(""),
    "share": _float("%"),
}
