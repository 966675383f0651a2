"""Days and months as people and systems write them; day first, and certain or refused.

A time of day is given apart, a year that is not written is taken from a heading only where that
leaves one day. Knows no table and no file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mtf_eval.records.aliases import plain

_NAMES = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|"
    "sep sept september|oct october|nov november|dec december"
)
MONTHS = {
    name: number for number, names in enumerate(_NAMES.split("|"), 1) for name in names.split()
}
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)[a-z]*\.?,? )?"
_WORD_DATE = re.compile(
    _WEEKDAY + r"([0-9]{1,2})(?:st|nd|rd|th)?(?: of)?[ -]?([a-z]{3,9})\.?(?:,?[ -]"
    r"([0-9]{4}|[0-9]{2}))?"
)
#: Month before day, in words, and so certain.
_WORD_FIRST = re.compile(
    _WEEKDAY + r"([a-z]{3,9})\.? ([0-9]{1,2})(?:(?:st|nd|rd|th)?,? ([0-9]{4})|(?:st|nd|rd|th))"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2}) ?([/.-]) ?([0-9]{1,2})(?: ?\2 ?([0-9]{4}|[0-9]{2}))?")
_ISO = re.compile(r"([0-9]{4})(?:([-/])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{2})([0-9]{2}))")
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?(?:[:.](?P<second>[0-9]{2})"
    r"(?:[.,][0-9]+)?)? ?(?P<half>[ap]\.?m\.?)?(?P<sure> ?(?:hrs|hours|h)\b)?"
)
_ZONE = r"(?: ?(?P<zone>z|utc|gmt|bst|[+-][0-9]{2}:?[0-9]{2}))?"
_AFTER = re.compile(rf"(?P<day>.*?[0-9a-z])(?:,? (?:at |- )?|t){_CLOCK}{_ZONE}")
_BEFORE = re.compile(rf"{_CLOCK},? (?:on )?(?P<day>[0-9a-z].*)")
_WEEK = re.compile(r"(?:wk|week)(?: no)?\.? ?([0-9]{1,2})(?:[ ,/-]+([0-9]{4}|[0-9]{2}))?")
_COMMENCING = re.compile(r"(?:w/?c|wk|week) ?(?:commencing|beginning|starting)?:? (.*[0-9a-z])")
_NOT_A_DAY = {
    r"q[1-4]\b.*|.*\bquarter\b.*": "a quarter",
    r"[0-9]{4}(/|-)[0-9]{2}([0-9]{2})?|fy.*": "a year",
    r"[a-z]{3,9}\.?( ?[-/&] ?| (to|and) )[a-z]{3,9}\.?( [0-9]{2,4})?": "several months",
    r"(early|mid|late|end|beginning|start)\b.*": "about a day",
}
#: The day on which a sheet was printed is none that its rows lie around.
_STAMP = re.compile(
    r"\b(?:print|produc|extract|export|generat|creat|updat)ed\b[a-z ]{,9}"
    r"[0-9]{1,2}(?:st|nd|rd|th)? [a-z]{3,9} 20[0-9]{2}"
)
_LONGER = ("a quarter", "a year", "several months")
# Excel numbers days from here; a serial below the first or above the last is not a date of ours.
_EPOCH = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_FIRST_YEAR, _LAST_YEAR = 1950, 2099
_LONDON = ZoneInfo("Europe/London")
DAY = "a date, year-month-day or day/month/year"


class Unreadable(Exception):
    """A cell that cannot be read with certainty."""

    def __init__(self, expected: str, todo: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.todo = todo


@dataclass(frozen=True, slots=True)
class Span:
    """Days that a heading speaks of; what is written without a year lies in them.

    Of a month's heading it reaches from the month before to six months after, for the day a thing
    was closed may stand under the month it began. `said` is the heading in words.
    """

    first: date
    last: date
    said: str

    def year_of(self, month: int, day: int = 1) -> int:
        """Return the one year in which this day lies in the span."""
        fitting = [
            year
            for year in range(self.first.year, self.last.year + 1)
            if self.first <= _checked(year, month, day).date() <= self.last
        ]
        if len(fitting) != 1:
            raise Unreadable(f"a day of {self.said}, or one with its year", "write the year")
        return fitting[0]


def span_of(text: str) -> Span | None:
    """Read the month or the year a heading speaks of; `None` where it speaks of none, or of two.

    `2023/24` and `23-24` are financial years, from April to March.
    """
    words = _STAMP.sub(" ", re.sub(r"[_(),:]", " ", plain(text).casefold()))
    financial = {
        2000 + int(first) % 100
        for first, last in re.findall(
            r"(?<![0-9/.-])(20[0-9]{2}|[0-9]{2}) ?[/-] ?(20[0-9]{2}|[0-9]{2})(?![0-9/.-])", words
        )
        if (int(first) + 1) % 100 == int(last) % 100 and int(first) % 100 >= 13
    }
    if len(financial) == 1:
        year = financial.pop()
        return Span(date(year, 4, 1), date(year + 1, 3, 31), f"{year}/{(year + 1) % 100:02}")
    if financial:
        return None
    months = {
        (_year(year), MONTHS[word])
        for word, year in re.findall(
            r"\b([a-z]{3,9})[ '-]{0,2}(20[0-9]{2}|[0-9]{2})(?![0-9/.:-])", words
        )
        if word in MONTHS and (len(year) == 4 or 13 <= int(year) <= 49)
    }
    if len(months) == 1:
        year, month = months.pop()
        before, after = 12 * year + month - 2, 12 * year + month + 6
        return Span(
            date(before // 12, before % 12 + 1, 1),
            date(after // 12, after % 12 + 1, 1) - timedelta(days=1),
            f"{date(year, month, 1):%B %Y}",
        )
    if len(months) == 2 and re.search(r"[0-9] ?(?:-|\bto\b|\buntil\b) ?[a-z]", words):
        (year, month), (end, close) = sorted(months)
        after = 12 * end + close
        last = date(after // 12, after % 12 + 1, 1) - timedelta(days=1)
        return Span(date(year, month, 1), last, f"{date(year, month, 1):%B %Y} to {last:%B %Y}")
    years = {int(y) for y in re.findall(r"(?<![0-9/.-])(20[0-9]{2})(?![0-9/.-])", words)}
    if months or len(years) != 1:
        return None
    year = years.pop()
    return Span(date(year, 1, 1), date(year, 12, 31), str(year))


def _sure(found: re.Match[str], clock: str) -> bool:
    return bool((":" in clock and found["minute"]) or found["half"] or found["sure"])


def _time(found: re.Match[str]) -> time:
    hour, half = int(found["hour"]), (found["half"] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise Unreadable("a time of day", "hours of a 12-hour clock run from 1 to 12")
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        raise Unreadable("a time of day") from None


def _parted(text: str) -> tuple[str, time | None, str | None]:
    """Part a day from its time of day and zone."""
    after = _AFTER.fullmatch(text)
    if after and _sure(after, text[after.start("hour") :]):
        return after["day"], _time(after), after["zone"]
    before = _BEFORE.fullmatch(text)
    if before and _sure(before, text[: before.start("day")]):
        return before["day"], _time(before), None
    return text, None, None


def read_day(
    value: object, *, within: Span | None = None, date1904: bool = False, weeks: bool = False
) -> tuple[datetime, str, time | None]:
    """Read a day.

    Of a text, a day or a day number of Excel; one without its year lies `within`. Returns it, what
    was mended, and the time of day (British) where one was written; raises `Unreadable` where it is
    not certain.
    """
    if isinstance(value, datetime):
        at = value.time() if value.time() != time(0) else None
        return _checked(value.year, value.month, value.day), "", at
    if isinstance(value, date):
        return _checked(value.year, value.month, value.day), "", None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(float(value), date1904)
    if not isinstance(value, str):
        raise Unreadable(DAY)
    text, at, zone = _parted(plain(value).casefold())
    day, note = _written(text, within, date1904, weeks)
    if zone and zone not in ("bst", "gmt"):
        offset = "+0000" if zone in ("z", "utc") else zone.replace(":", "")
        stamp = datetime.strptime(
            f"{day:%Y-%m-%d} {at or time(0):%H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z"
        )
        local = stamp.astimezone(UTC).astimezone(_LONDON)
        if local.date() != day.date():
            note = f"{note}; " if note else ""
            note += "a time of another zone read in British time, a day apart"
        day, at = _checked(local.year, local.month, local.day), local.time()
    return day, note, at


def beside(note: str, at: time | None, what: str = "left off") -> str:
    """Say what was mended of a day, and what became of the time of day beside it."""
    return note if at is None else "; ".join(filter(None, [note, f"time of day {what}"]))


def read_time(value: object) -> float:
    """Read a time of day, as hours since midnight: a text, a time, or a part of Excel's day."""
    if isinstance(value, int | float) and 100 <= value == int(value):  # 930 and 2130
        value = str(int(value))
    if isinstance(value, str):
        text = plain(value).casefold()
        if bare := re.fullmatch(r"([0-9]{1,2})([0-5][0-9]) ?(?:hrs|hours|h)?", text):
            text = f"{bare[1]}:{bare[2]}"
        found = re.fullmatch(_CLOCK, text)
        sure = found and (found["minute"] or found["half"] or found["sure"])
        at = _time(found) if found and sure else _parted(text)[1]
    elif isinstance(value, datetime):
        at = value.time()
    elif isinstance(value, timedelta) and timedelta(0) <= value < timedelta(days=1):
        at = (datetime(2000, 1, 1) + value).time()
    elif isinstance(value, float) and 0 <= value < 1:
        at = _serial(40_000 + value, date1904=False)[2] or time(0)
    else:
        at = value if isinstance(value, time) else None
    if at is None:
        raise Unreadable("a time of day, such as 21:30 or 9.30pm", "write hours and minutes")
    return at.hour + at.minute / 60 + at.second / 3600


def _written(text: str, within: Span | None, date1904: bool, weeks: bool) -> tuple[datetime, str]:
    if re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?", text):
        return _serial(float(text), date1904)[:2]
    if found := _ISO.fullmatch(text):
        note = "" if found[2] == "-" and len(text) == 10 else "date in another form of ISO"
        return _checked(int(found[1]), *(int(found[n] or found[n + 2]) for n in (3, 4))), note
    if found := _DAY_FIRST.fullmatch(text):
        first, _, second, year = found.groups()
        if int(second) > 12 >= int(first):
            todo = "the column seems to be month first: write year-month-day"
            raise Unreadable("day/month/year", todo)
        note = "date read as day/month/year"
        return _dated(year, int(second), int(first), within, note)
    if (found := _WORD_DATE.fullmatch(text)) and found[2] in MONTHS:
        note = "date with the month in words"
        return _dated(found[3], MONTHS[found[2]], int(found[1]), within, note)
    if (found := _WORD_FIRST.fullmatch(text)) and found[1] in MONTHS:
        note = "date with the month in words"
        return _dated(found[3], MONTHS[found[1]], int(found[2]), within, note)
    if found := _WEEK.fullmatch(text):
        if not weeks:
            todo = "write the day; which one of the week was meant is not known"
            raise Unreadable("a day, not a week", todo)
        return _week(int(found[1]), found[2], within), "a week read as its Monday"
    if found := _COMMENCING.fullmatch(text):
        day, note = _written(found[1], within, date1904, weeks=False)
        if not weeks:
            raise Unreadable("a day, not a week", "write the day, or only the date if it was that")
        return day, f"{note + '; ' if note else ''}a week read as its first day"
    month = re.fullmatch(r"([a-z]{3,9})\.?[ '-]{0,2}[0-9]{2,4}", text)
    if month and month[1] in MONTHS:
        raise Unreadable("a day, not a month", "write the day, such as 2021-09-01")
    for pattern, what in _NOT_A_DAY.items():
        if re.fullmatch(pattern, text):
            raise Unreadable(f"a day, not {what}", "write the day, such as 2021-09-01")
    raise Unreadable(DAY)


def _dated(
    year: str | None, month: int, day: int, within: Span | None, note: str
) -> tuple[datetime, str]:
    if year:
        return _checked(_year(year), month, day), note
    if within is None:
        raise Unreadable("a date with its year", "write the year, or give it in the sheet's title")
    return _checked(within.year_of(month, day), month, day), f"year taken from {within.said}"


def _week(number: int, year: str | None, within: Span | None) -> datetime:
    if not year and within is None:
        raise Unreadable("a week with its year", "write the day")
    years = [_year(year)] if year else range(within.first.year, within.last.year + 1)  # type: ignore[union-attr]
    try:
        days = [datetime.fromisocalendar(y, number, 1) for y in years]
    except ValueError:
        raise Unreadable("a week of the year") from None
    days = [d for d in days if year or within.first <= d.date() <= within.last]  # type: ignore[union-attr]
    if len(days) != 1:
        raise Unreadable("a week that lies in one year", "write the day")
    return days[0]


def read_month(
    value: object, *, within: Span | None = None, date1904: bool = False
) -> tuple[datetime, str]:
    """Read a month, as its first day, and say what was mended; a day within one is refused."""
    if isinstance(value, int | float) and 200_000 < value < 210_000 and value == int(value):
        value = f"{value:.0f}"
    if isinstance(value, str):
        text = re.sub(
            r"^(20[0-9]{2})(?:[ -]?m)?(0[1-9]|1[0-2])$", r"\1/\2", plain(value).casefold()
        )
        text = re.sub(r"^(20[0-9]{2})[ /-]?([a-z]{3,9})\.?$", r"\2 \1", text)
        if found := re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})", text):
            if len(found[2]) == 2 and int(found[2]) > 12:
                raise Unreadable("a month, not a year", "write it as 2021-09")
            note = "" if "-" in text and len(text) == 7 else "month in another form"
            return _checked(int(found[1]), int(found[2]), 1), note
        if found := re.fullmatch(r"([0-9]{1,2})[-/]([0-9]{4})", text):
            return _checked(int(found[2]), int(found[1]), 1), "month in another form"
        if found := re.fullmatch(r"([a-z]{3,9})\.?(?:[ '/-]{0,2}([0-9]{4}|[0-9]{2}))?", text):
            word, year = found.groups()
            if word in MONTHS:
                if year is None and within is None:
                    raise Unreadable(
                        "a month with its year",
                        "write it as 2021-09, or give `year` in the table about",
                    )
                chosen = _year(year) if year else within.year_of(MONTHS[word])  # type: ignore[union-attr]
                return _checked(chosen, MONTHS[word], 1), "month in words"
    try:
        day, note, at = read_day(value, date1904=date1904)
    except Unreadable as error:
        other = error.expected.partition(", not ")[2]
        todo = "ask for the counts by month" if other in _LONGER else "write it as 2021-09"
        raise Unreadable("a month, such as 2021-09 or Sep 2021", todo) from None
    if day.day != 1:
        todo = "a day within the month was given: write the month, such as 2021-09"
        raise Unreadable("a month", todo)
    return day, beside(note, at)


def _serial(number: float, date1904: bool) -> tuple[datetime, str, time | None]:
    at = None
    if not number.is_integer() and 0 < number < 100_000:
        at = (datetime(2000, 1, 1) + timedelta(days=number % 1, seconds=0.5)).time()
        at, number = at.replace(microsecond=0), float(int(number))
    if number.is_integer() and 1 <= number < 100_000:
        day = _EPOCH[date1904] + timedelta(days=int(number))
        if 1990 <= day.year <= _LAST_YEAR:
            base = "1904" if date1904 else "1900"
            found = _checked(day.year, day.month, day.day)
            return found, f"Excel day number (from {base})", at
    text = f"{number:.0f}"
    if len(text) == 8 and 1990 <= int(text[:4]) <= _LAST_YEAR:
        day = _checked(int(text[:4]), int(text[4:6]), int(text[6:]))
        return day, "date in another form of ISO", None
    if 1 <= number <= 53:
        todo = "write the day in full: the number of a week or of a day alone is no date"
        raise Unreadable("a date, not a bare number", todo)
    raise Unreadable("a date, not a bare number", "format the cell as a date, or write it out")


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
