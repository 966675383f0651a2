"""One cell to one value: dates, months, numbers, money, listed words.

What is certain is read, with a note of what was mended; what is not is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from numbers import Integral, Real
from typing import Any

from mtf_eval.records.aliases import UNSEEN, Aliases, fold, plain
from mtf_eval.records.reading.days import (
    MONTHS,
    Span,
    Unreadable,
    beside,
    read_day,
    read_month,
    read_time,
)
from mtf_eval.records.tables import KINDS

NOT_YET = "a mark for not yet (such as ongoing) read as empty"
#: What statistical tables write in place of a number, and beside one.
_SYMBOLS = {"..", ":", "*", "[x]", "[z]", "[c]", "[low]", "[w]", "[u]", "[:]"}
_BESIDE = re.compile(r"(.*[0-9)%]) ?\[[a-z]\]")
_FALL = frozenset(
    ["reduction", "reduce", "reduced", "fall", "fewer", "less", "decrease", "down", "drop", "cut"]
)
_RISE = frozenset(["rise", "increase", "increased", "more", "up", "growth"])
_DURATION = re.compile(
    r"(?:(?P<h>[0-9]+(?:\.[0-9]+)?) ?(?:hours?|hrs?|h)\.?)?[ ,]*"
    r"(?:(?P<m>[0-9]+) ?(?:minutes?|mins?|m)?\.?)?"
)
_HOURS = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?")
_BLANK = {"", "n/a", "na", "-", "--", "---", "nan"}
_NOT_KNOWN = {"nil", "none", "null", "tbc", "tba", "tbd", "not known", "unknown", "?", "n/k", "nk"}
#: Words of dates and amounts: no name of anybody.
_COMMON = {*MONTHS} | set(
    re.findall(
        "[a-z]+",
        "wk week wc w c q to of am pm hrs ongoing open still not yet vat ex exc inc incl excl plus "
        "st nd rd th pa per annum year month approx est circa about gbp net gross k m tbc",
    )
)
_TYPED = {"date", "time", "month", "whole", "money", "number", "share", "choice"}
_ERROR = re.compile(r"#[A-Z0/]+[!?A]|#{3,}|=.+|Err:[0-9]+")
#: What stands for the cell above; "same" may be an answer to a question. Texts that are counted.
_DITTO = re.compile(
    r"[-–. (]*(''|´´|,,|[\"〃″↓„^]+|ditto|dto|same|((same|see|as|same as) )?above"
    r"|(same )?as before)[-–. )]*|do\.|[-–]+ ?do ?[-–]+\.?"
)
_COUNTED = {
    *("activity", "area_name", "category", "channel", "force", "funder", "mtf_priority"),
    *("priority", "provider", "source", "ward"),
}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
#: `<5`, `1-4`, `5+`, `fewer than 5`, `4 or less`: no number.
_HIDDEN = re.compile(
    r"^[<>≤≥]|[0-9] ?(?:[-–]|to) ?[0-9]|[0-9]\+$|\b(?:fewer|less|more|under|below|over|above|up to"
    r"|at least|at most)\b.*[0-9]|[0-9].*\b(?:fewer|less|more|under|below|over|above)\b",
    re.I,
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_TOO_LARGE = 10**12
#: A page holds no more in one cell, nor does a sheet (32,767).
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class CellError:
    """A spreadsheet cell that holds an error, or a formula that was never worked out."""

    text: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What reading a cell may lean on.

    `within` are the days that a date without a year lies in; `timed` keeps the time of day; `weeks`
    may stand for their first day; an `optional` cell may stay empty; of the `unit` hours, times and
    durations are read; with `decimal_comma` a comma is refused; a choice has `scope` and `table`
    for aliases, and its `allowed` set.
    """

    aliases: Aliases
    within: Span | None = None
    timed: bool = False
    weeks: bool = False
    optional: bool = False
    unit: str = ""
    date1904: bool = False
    decimal_comma: bool = False
    scope: str = ""
    table: str = ""
    allowed: tuple[str, ...] = ()


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing at all, not even a mark for nothing."""
    if isinstance(value, str):
        return not value.strip() or (not value.isascii() and not plain(value))
    return value is None or (isinstance(value, float) and value != value)


def is_mark(value: object) -> bool:
    """Whether a cell holds nothing, or a mark for nothing or for what is not known."""
    marks = _BLANK | _NOT_KNOWN | _SYMBOLS
    return is_blank(value) or (isinstance(value, str) and plain(value).casefold() in marks)


def read_cell(value: object, kind: str, context: Context) -> tuple[Any, str]:
    """Read one cell.

    Returns the value (`None` when missing) and what was mended; raises `Unreadable` where it is not
    certain.
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
        if _DITTO.fullmatch(mark) and (kind != "text" or context.scope in _COUNTED):
            raise Unreadable("the value itself, not a mark for the one above", "write it out")
        if mark in _SYMBOLS and kind in _TYPED:
            return None, "a statistical symbol (such as [x] or ..) read as missing, not as 0"
        if _ERROR.fullmatch(text) and (kind in _TYPED or text[0] == "#"):
            raise Unreadable("a value, not a spreadsheet error", "mend the formula")
        if kind in _TYPED and text.startswith("'"):  # as Excel marks a number kept as text
            value = text[1:]
    return _READERS[kind](value, context)


#: Two words with capitals, as of a forename and a surname, where a listed word belongs.
_CALLED = re.compile(r"\b(?!(?i:in|no|not|on|to|under|yet)\b)[A-Z][A-Za-z]+ [A-Z][A-Za-z]+")


def describe(value: object, kind: str, quotable: bool) -> str:
    """Say what a cell holds without quoting what may be personal."""
    if is_blank(value):
        return "nothing"
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, str):
        text = plain(value)
        harmless = len(text) <= 20 and (
            re.fullmatch(r"[-+(£]*[0-9][0-9.,/:)%-]*[kKmM]?|#[A-Z0/]*[!?A]", text) is not None
            or fold(text).split(" ")[0] in MONTHS
            or {*re.findall("[a-z]+", text.casefold())} <= _COMMON
            or (
                kind == "choice"
                and re.fullmatch(r"[A-Za-z_/ -]+", text) is not None
                and not _CALLED.search(text)
            )
            or text.casefold() in _BLANK | _NOT_KNOWN | _SYMBOLS
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
        text = re.sub(f"\u200b|{UNSEEN}", "", value)
        text = re.sub(r"[ \t\u00a0\u2007\u202f\u2009]+", " ", text).strip()
        spaces = "spaces around or inside the text tidied" if text != value else ""
        return text, spaces
    return _as_text(value), ""


def _code(value: object, context: Context) -> tuple[str, str]:
    if not isinstance(value, str):
        return _as_text(value), ""
    text = plain(value)
    if re.fullmatch(r"[0-9](?:\.[0-9]+)?E\+[0-9]+", text):
        todo = "Excel made a number of it: format the column as text and write the code again"
        raise Unreadable("the code in full", todo)
    return text, "spaces, quotes or dashes tidied" if text != value else ""


def _area(value: object, context: Context) -> tuple[str, str]:
    """Read an area; of a name with its code the code, as pages write both."""
    text, note = _code(value, context)
    codes = re.findall(r"(?<![\w/-])[EWNS][0-9]{8}(?![\w/-])", text, flags=re.I)
    if len(re.findall(r"[EWNS][0-9]{8}", text, flags=re.I)) > 1:
        raise Unreadable("one area", "give each area a row of its own")
    if re.fullmatch(r"[EWNS](?=.*[OIl])(?=(?:\w*[0-9]){6})[0-9OIl]{8}", text, flags=re.I):
        raise Unreadable("eight digits after the letter", "write 0 and 1 for the letters O and l")
    if codes and len(text) > len(codes[0]):
        return codes[0], "the code read of an area's name and code"
    return text, note


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
    tidy = re.sub(r"\s*(?:[\n|]|;#)\s*", "; ", text)  # `;#` as SharePoint exports choices
    if tidy != text:
        text, note = tidy, "parts of a cell (lines, | or ;#) separated by ;"
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
    find = context.aliases.find
    name = find(f"{context.table} {context.scope}", text) or find(context.scope, text)
    if name in context.allowed:
        return str(name), f"{text!r} read as {name}"
    first = re.split(r" ?[-:;(] | - | of | ?\(", text, maxsplit=1)[0].strip()
    begun = _listed(first, context) if first not in ("", text) else None
    if begun and _listed(text[len(first) :].strip(" -:;()"), context) in (None, begun):
        return begun, "listed word read without the words after it"
    if context.scope == "rag" and "/" in text:
        sides = [_choice(side, context)[0] for side in text.split("/")]
        if set(sides) <= {"red", "amber", "green"}:
            return "amber", "two ratings in one cell read as amber"
    if text.casefold() in _NOT_KNOWN:
        return None, "a mark for nothing (such as TBC) read as missing"  # type: ignore[return-value]
    todo = f"correct it, or name it as one of them in the table aliases (scope {context.scope})"
    raise Unreadable(f"one of {', '.join(context.allowed)}", todo)


def _listed(text: str, context: Context) -> str | None:
    with suppress(Unreadable):
        return _choice(text, context)[0]
    return None


# Dates


def _date(value: object, context: Context) -> tuple[datetime | None, str]:
    if isinstance(value, str) and context.optional and _not_yet(plain(value), context.aliases):
        return None, NOT_YET
    try:
        day, note, at = read_day(
            value, within=context.within, date1904=context.date1904, weeks=context.weeks
        )
    except Unreadable as why:
        todo = "write the day as in 2021-09-01" + ", or leave it empty" * context.optional
        raise Unreadable(why.expected, why.todo or todo) from why
    if context.timed:
        return datetime.combine(day, at or time(0)), beside(note, at, "read apart")
    return day, beside(note, at)


def _not_yet(text: str, aliases: Aliases) -> bool:
    """Whether a text without a figure says that the day has not come: `Open (for review)`."""
    said = [p.strip(" )") for p in re.split(r" ?[:;(] ?| - ", text)]
    marks = [aliases.find("date", p) for p in said if p.casefold() not in _BLANK]
    return bool(marks and marks[0]) and not any(c.isdigit() for c in text)


# Numbers


def _decimal(value: object, context: Context, *, unit: str = "") -> tuple[Decimal, str]:
    number, note = _any_decimal(value, context, unit)
    if abs(number) >= _TOO_LARGE:
        raise Unreadable("a number below a million million")
    return number, note


def _any_decimal(value: object, context: Context, unit: str) -> tuple[Decimal, str]:
    if context.unit == "hours" and (hours := _hours(value)) is not None:
        return hours, "a time or duration read as hours"
    if isinstance(value, bool | date | time | timedelta):
        raise Unreadable("a number", "write the number; the cell is formatted as a date or time")
    if isinstance(value, Real | Decimal):
        number = Decimal(str(value)) if not isinstance(value, Integral) else Decimal(int(value))
        if not number.is_finite():
            raise Unreadable("a number")
        return number, ""
    if not isinstance(value, str):
        raise Unreadable("a number")
    text, notes = plain(value), []
    if beside := _BESIDE.fullmatch(text.casefold()):
        text = beside[1]
        notes.append("a statistical symbol beside the number left off")
    if re.fullmatch(r".*[0-9] ?(?:[kKmM]|bn|mn)", text):
        raise Unreadable("the number in full", "write 1200 instead of 1.2k")
    negative = False
    if unit == "£":
        bare = re.sub(r"^(\(?[-+]?) ?(?:£|gbp)|(?:£|gbp)(\)?)$", r"\1\2", text, flags=re.I).strip()
        notes += ["pound sign left off"] if bare != text else []
        text = bare
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1].strip(), True
        notes.append("brackets read as minus")
    if unit == "%":
        text, words = _worded(text)
        notes += words
    percent = unit == "%" and text.endswith("%")
    if percent:
        text = text[:-1].strip()
        notes.append("per cent read as a proportion")
    if text[:1] in ("-", "+"):
        negative, text = negative or text[0] == "-", text[1:].strip()
    if (unit != "£" or not re.search("[a-z]", text, re.I)) and _HIDDEN.search(text):
        todo = "hidden or a range, which cannot be counted: ask who keeps it for the number"
        raise Unreadable("a number", todo)
    if re.search(r"[0-9]", text) and re.search(r"[a-z]|[€$]", text, flags=re.I):
        todo = "words beside the number: write the number alone"
        todo += "; net or gross, as your accounts do" if unit == "£" else ""
        todo = "convert it to pounds" if re.search("[€$]", text) else todo
        raise Unreadable("an amount in pounds" if unit == "£" else "a number", todo)
    if "," in text:
        if context.decimal_comma:
            raise Unreadable("a number without a comma", "a comma may mean two things here")
        if not _GROUPED.fullmatch(text):
            raise Unreadable("a number", "commas stand before every third digit, or not at all")
        text = text.replace(",", "")
        notes.append("thousands comma left off")
    if not _NUMBER.fullmatch(text):
        free = "; 0 where it cost nothing" if unit == "£" else ""
        raise Unreadable("a number", f"write the number alone, in digits{free}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable("a number") from None
    if percent:
        number /= 100
    return -number if negative else number, "; ".join(notes)


def _worded(text: str) -> tuple[str, list[str]]:
    """Turn `20% reduction` into `-20%`; a share with other words stays as it is."""
    text = re.sub(r"(?<=[0-9]) ?(?:per ?cent|pct)\b", "%", text, flags=re.I)
    found = re.fullmatch(r"([a-z ]*?)([0-9.]+ ?%)([a-z ]*)", text.casefold())
    words = set(f"{found[1]} {found[3]}".split()) - {"a", "by", "of", "in"} if found else set()
    if found and words and (words <= _FALL or words <= _RISE):
        sign, what = ("-", "fall") if words <= _FALL else ("", "rise")
        return f"{sign}{found[2]}", [f"words of a {what} read as its sign"]
    return text, []


def _hours(value: object) -> Decimal | None:
    """Hours of a time of day, a duration, or a text of either; `None` of anything else.

    Excel keeps 7:30 as a time; in a column of hours it can only be seven and a half of them.
    """
    seconds: float | None = None
    if isinstance(value, datetime):
        if value.year > 1904:
            return None
        raise Unreadable("hours as a number", "format the cell as a number and multiply by 24")
    if isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        text = plain(value).casefold()
        if found := _HOURS.fullmatch(text):
            seconds = sum(
                int(n or 0) * w for n, w in zip(found.groups(), (3600, 60, 1), strict=True)
            )
        elif re.search("[a-z]", text) and (worded := _DURATION.fullmatch(text)):
            seconds = float(worded["h"] or 0) * 3600 + int(worded["m"] or 0) * 60
    return None if seconds is None else Decimal(str(round(seconds / 3600, 6)))


def _whole(value: object, context: Context) -> tuple[int, str]:
    number, note = _decimal(value, context)
    if number != number.to_integral_value():
        raise Unreadable("a whole number")
    return int(number), note


def _float(value: object, context: Context, *, unit: str) -> tuple[float, str]:
    number, note = _decimal(value, context, unit=unit)
    return float(number), note


_READERS: dict[str, Callable[[object, Context], tuple[Any, str]]] = {
    "id": _code,
    "area": _area,
    "measure": _code,
    "text": _text,
    "texts": _texts,
    "agency": _agency,
    "agencies": _agencies,
    "choice": _choice,
    "date": _date,
    "month": lambda value, c: read_month(value, within=c.within, date1904=c.date1904),
    "time": lambda value, _: (read_time(value), ""),
    "whole": _whole,
    "money": partial(_float, unit="£"),
    "number": partial(_float, unit=""),
    "share": partial(_float, unit="%"),
}
