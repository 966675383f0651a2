"""Finds direct identifiers in input and refuses them: says where, never what.

No table needs a name, an address, a date of birth, a telephone number or an e-mail address. This
module looks at headings and at values, of known and of unknown columns alike. It cannot promise
that a text says nothing about a person: what it only doubts becomes a warning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

import pandas as pd

from mtf_eval.errors import Problem
from mtf_eval.records.aliases import fold
from mtf_eval.records.dataset import Finding
from mtf_eval.records.home import REFERENCE, read_rows
from mtf_eval.records.reading.cells import is_blank

_WHO = (
    r"(full|first|last|middle|given|family|maiden|client|victim|offender|suspect|child|person|"
    r"resident|tenant|customer|service user|contact|parent|carer|patient|pupil|referrer|applicant|"
    r"next of kin)('?s)?"
)
_NO = "(no|number)"
_HEADINGS = {
    "names of persons": rf"({_WHO} )?((sur|fore)?names?|initials)",
    "addresses": rf"({_WHO} |home |house |postal |street )?address(es)?( (line )?\d)?|house {_NO}",
    "dates of birth": r"d ?o ?b|(date of birth|birth ?(date|day)|born)( .*)?",
    "telephone numbers": (
        rf"({_WHO} |home |work )?((tele)?phones?|mobile)|"
        rf".*\b(mobile|phone|telephone|tel|contact) {_NO}"
    ),
    "e-mail addresses": r".*\be ?mail( address(es)?)?",
    "full postcodes": r"(.* )?post ?codes?",
    "NHS numbers": r"nhs( (no|number|id))?",
    "National Insurance numbers": rf"(ni|nino|national insurance)( {_NO})?",
    "passport or bank numbers": rf"passport( {_NO})?|sort code|account {_NO}",
}
_HEADING = {what: re.compile(pattern) for what, pattern in _HEADINGS.items()}

_NHS = re.compile(r"(?<![\w.-])(\d{3})([ -]?)(\d{3})\2(\d{4})(?![\w-]|\.\d)")
_ROAD = (
    "Street|St|Road|Rd|Avenue|Ave|Close|Lane|Drive|Court|Terrace|Gardens|Crescent|Way|Place|Square|"
    "Grove|Hill|Mews|Walk|Parade|House"
)
_VALUES = {
    "an e-mail address": re.compile(r"[^\s@,;<>]+@[\w-]+(\.[\w-]+)+"),
    "a telephone number": re.compile(
        r"(?<![\w.,/-])(\+44[ -]?(\(0\)[ -]?)?|0044[ -]?|\(?0)[123578]\)?"
        r"([ -]?\d\)?){8,9}(?![\w/-]|[.,]\d)"
    ),
    # Great Britain and Northern Ireland: outward part, blank, inward part.
    "a full postcode": re.compile(
        r"(?<![\w-])(GIR|[A-PR-UWYZ]([A-HK-Y]?\d[\dA-HJKMNPR-Y]?)) \d[ABD-HJLNP-UW-Z]{2}(?![\w-])",
        re.IGNORECASE,
    ),
    "a National Insurance number": re.compile(
        r"(?<![\w-])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
        r"( ?\d\d){3} ?[A-D](?![\w-])"
    ),
    "a date of birth": re.compile(
        r"\b(d\.?o\.?b\.?|date of birth|born)\b\D{0,12}\d{1,4}[/. -]\w{1,9}[/. -]\d{2,4}",
        re.IGNORECASE,
    ),
}
_CLOSED_POSTCODE = re.compile(r"[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKMNPR-Y]?\d[ABD-HJLNP-UW-Z]{2}")
_ADDRESS = re.compile(
    rf"(?<![\w/-])(Flat \d+\w?,? )?\d{{1,4}}[A-Za-z]?,? ([A-Z][\w'’]+ ){{1,3}}({_ROAD})\b"
)
_COURTESY, _RANKS = "Mr|Mrs|Miss|Ms|Mx|Dr|Rev|Cllr", "PC|PCSO|Sgt|Insp"
_TITLED = re.compile(rf"\b({_COURTESY}|{_RANKS})\.? ([A-Z]\.? ?)*[A-Z][\w'’-]+")
_JOINING = r"and|at|by|for|from|in|of|the|to|via|with"
_NAME = rf"([.:#/-]? ?(?!({_JOINING})\b)\w[\w.'’-]*)"
_NOBODY = (
    r"(?!\W?\W?(team|service|unit|office|station|council|housing|community|society|trust|therapy"
    r"|centre|clinic|surgery|support|clerk|standards|world|enquir\w+|referral|foundation|gallery"
    r"|counselling|registrar)s?\b)(?!['’]s\b)"
)
#: "Dr Ash & Partners", "Dr Ash's Hospital": a body, which no other title tells from a post.
_PRACTICE = (
    r"(?!(?<=Dr)\.? \w[\w-]*(['’]s| (&|and) (partners?|associates)"
    r"| ((&|and) )?(practice|surgery)(?! \w))\b)"
)
_DETECTIVE = r"(^|(?<=[(\[,/])|(?<=[,:/–-] )|(?<=police )|(?<=CID ))D(CI?|I|S)"
_FREQUENT = "|".join(r["surname"] for r in read_rows(REFERENCE / "frequent_surnames.csv"))
#: A title and the initials, numbers, names of it. "Ash PC", "Ward Councillor", "Dover DC": nobody.
_OFFICER = re.compile(
    rf"\b((({_COURTESY}|Prof|Councillor|Reverend)\b{_PRACTICE}|(W?({_RANKS}|Supt)|{_DETECTIVE}"
    rf"|Constable|Sergeant|Superintendent|Inspector)(?=\d|\b)){_NOBODY}{_NAME}+"
    rf"|({_COURTESY})(?=\)))",
    re.IGNORECASE,
)
#: A surname before a first name, or before a title in brackets, as far as that goes.
_SURNAME = re.compile(
    r"[A-Z][\w'’-]+, [A-Z][\w'’-]*\.?( [A-Z]\.?)?(?=$| ?[(\[/–-])"
    rf"|[A-Z][\w'’-]+ \((W?({_RANKS}|Supt)|D(CI|I|S)|{_COURTESY})\)"
)
#: An initial and a frequent surname, with nothing beside them: "J Ash Ltd" is a firm.
_INITIAL = re.compile(
    rf"(?<![^([,:;/–-]) ?([A-Z](\.? |\.)({_FREQUENT})|({_FREQUENT}) [A-Z]\.?) ?(?![^()[\],:;/–-])",
    re.IGNORECASE,
)
_ENDS = re.compile(rf"^(\W|({_JOINING})\b)+|(\W|\b({_JOINING}))+$", re.IGNORECASE)
_PERSON = "a person's name"
_CALLED = re.compile(r"\b(called|named|known as|name (is|was)) [A-Z][\w'’-]+")
#: Few people, counted in a text: what a table would hide.
_FEW = re.compile(
    r"(?<![\w.,-])(?<!year )(?<!stage )(?<!phase )(?<!ward )(?<!tier )(?<!level )"
    r"([1-7]|one|two|three|four|five|six|seven) ([\w-]+ )?(people|persons|residents?|tenants?"
    r"|victims?|suspects?|offenders?|nominals?|child(ren)?|famil(y|ies)|households?|boys?|girls?"
    r"|m[ae]n|wom[ae]n|patients?|clients?|adults?|individuals)\b",
    re.IGNORECASE,
)
_DOUBTED = (
    (_ADDRESS, "an address"),
    (_TITLED, _PERSON),
    (_CALLED, "what somebody is called"),
    (_FEW, "a small number of people"),
)
# Cheap first look: without one of these no pattern above can match.
_WORTH = re.compile(
    r"@|\d[\d ()-]{5,}|[A-Za-z]\d|\b(d\.?o\.?b|born|birth)|\d+\w?,? [A-Z]|\bM(r|s|x|iss)|"
    r"\b(Dr|Rev|Cllr|PC|PCSO|Sgt|Insp)\b|"
    rf"\b(called|named|known as|name is|name was) |{_FEW.pattern}",
    re.IGNORECASE,
)
#: Words with a capital that name nobody, also where no sentence begins.
_PRONOUN = re.compile(
    r"(a|all|an|and|another|any|as|at|both|but|by|each|every|everybody|everyone|he|her|here|"
    r"his|how|if|in|it|its|no|nobody|nothing|now|on|one|our|she|so|some|somebody|someone|"
    r"that|the|their|there|these|they|this|those|to|today|two|three|we|what|when|where|"
    r"which|who|with|you|your)",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"['’]s\b|,? (who|is|was|has|had|said|says|told|lives|lived|moved|became|left|went|came|got|"
    r"did|does|and h(is|er))\b"
)

AWAY = "leave the column out; nothing here needs it"


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits carry the NHS number's check digit (modulus 11, NHS Data Dictionary)."""
    if not re.fullmatch(r"\d{10}", digits):
        return False
    weighted = sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=False))
    return (11 - weighted % 11) % 11 == int(digits[9])


def scan(
    table: str,
    frame: pd.DataFrame,
    file: str,
    sheet: str = "",
    *,
    known: Collection[str] = (),
    strict: bool = False,
) -> list[Problem]:
    """Say where a table holds what would identify a person.

    The index of `frame` holds the rows as the spreadsheet numbers them. Headings that are `known`
    are not judged, their values are; when `strict`, addresses and names are refused that elsewhere
    are only doubted. One problem for each column and kind, at its first row.
    """
    found: list[tuple[str, int | None, str]] = []
    for place, heading in enumerate(map(str, frame.columns)):
        values = frame.iloc[:, place]
        what = None if heading in known else _forbidden(heading)
        if what and not all(map(is_blank, values)):
            found.append((heading, None, f"a column for {what}"))
            continue
        found += [(heading, row, text) for row, text in _refused(heading, values)]
        if strict:
            found += [(heading, row, what) for row, what in _doubted(values, few=False)]
    out, none = "take it out, or use a pseudonym (mtf-eval pseudonymise)", f"nothing in {table}"
    problem = partial(Problem, file=file, sheet=sheet, expected=f"{none} that identifies a person")
    return [
        problem(row=row, column=heading, found=text, todo=out if row else AWAY)
        for heading, row, text in found
    ]


def doubts(
    table: str, frame: pd.DataFrame, file: str, sheet: str = "", agencies: Collection[str] = ()
) -> list[Finding]:
    """Say where a text may speak of a person: an address, a title with a name.

    Names under headings of `agencies` are left out, and told of, where tables are related.
    """
    text = "something that looks like {}; see that nobody can be recognised"
    finding = partial(Finding, kind="warning", table=table, file=file, sheet=sheet)
    return [
        finding(text=text.format(what), row=row, column=str(heading))
        for place, heading in enumerate(frame.columns)
        for row, what in _doubted(frame.iloc[:, place])
        if what != _PERSON or str(heading) not in agencies
    ]


def first_name(text: str, known: Collection[str]) -> int:
    """Return which word of a text may be a person's name, counted from 1; 0 where none may.

    A word with a capital within a sentence; at its start, one that has or does something.
    `known` are names of agencies and places, whose words are nobody's.
    """
    nobody = {w.casefold() for name in known for w in re.findall(r"\w+", name)}
    words = list(re.finditer(r"[^\W\d_](?:[\w-]|['’](?!s\b))*", text))
    capital = [w[0][0].isupper() and not w[0].isupper() for w in words]
    told = [w[0].casefold().split("-")[0] in nobody for w in words]
    first = [not (b := text[: w.start()].rstrip(" \"'“‘(")) or b[-1] in ".!?\n" for w in words]
    for n, word in enumerate(words):
        beside = [m for m in (n - 1, n + 1) if 0 <= m < len(words) and capital[m] and told[m]]
        if not capital[n] or told[n] or beside or _PRONOUN.fullmatch(word[0]):
            continue
        if not first[n] or _ACTS.match(text, word.end()):
            return n + 1
    return 0


def without_person(name: str, words: Collection[str], places: Collection[str]) -> str | None:
    """Return what stands beside a person in an agency's name, `None` where no person is seen.

    A surname and first name are none where one of the `words` of agencies is among them, or where
    the name of one of `places` stands for the first name and the surname is not a frequent one.
    """
    if surname := _SURNAME.match(name):
        last, _, first = surname[0].split("(")[0].partition(",")
        place = fold(first) in places and not re.fullmatch(_FREQUENT, last)
        surname = None if place or {*words} & {*fold(f"{last} {first}").split()} else surname
    found = _OFFICER.search(name) or surname or _INITIAL.search(name)
    return found and _ENDS.sub("", found.re.sub("", name, count=found is surname))


def identifiers(text: str) -> list[str]:
    """Kinds of direct identifiers that stand in a text."""
    found = [what for what, pattern in _VALUES.items() if pattern.search(text)]
    if any(is_nhs_number("".join(m.group(1, 3, 4))) for m in _NHS.finditer(text)):
        found.append("an NHS number")
    return found


def _forbidden(heading: str) -> str | None:
    bare = " ".join(re.sub(r"[_\W]+", " ", heading.replace("'", "")).lower().split())
    return next((what for what, pattern in _HEADING.items() if pattern.fullmatch(bare)), None)


def _texts(values: pd.Series) -> dict[str, int]:
    """Distinct texts worth a look, with the first row of each."""
    first: dict[str, int] = {}
    distinct = values.drop_duplicates()
    for row, value in zip(distinct.index, distinct, strict=True):
        if isinstance(value, float) and value == value and value.is_integer():
            value = int(value)
        if isinstance(value, str) or (type(value) is int and value > 10**8):
            first.setdefault(str(value), row)
    return {text: row for text, row in first.items() if _WORTH.search(text)}


def _doubted(values: pd.Series, *, few: bool = True) -> Iterator[tuple[int, str]]:
    """Return what in a column may speak of a person, each at the first row it stands in."""
    texts = _texts(values)
    for pattern, what in _DOUBTED if few else _DOUBTED[:-1]:
        if rows := [row for text, row in texts.items() if pattern.search(text)]:
            yield min(rows), what


def _refused(heading: str, values: pd.Series) -> Iterator[tuple[int, str]]:
    """Each kind of identifier in a column, with the first row it stands in."""
    texts = _texts(values)
    rows: dict[str, list[int]] = {}
    for text, row in texts.items():
        for what in identifiers(text):
            rows.setdefault(what, []).append(row)
        reference = re.search(r"(id|ref|reference|code|no|number)$", heading.lower())
        if not reference and _CLOSED_POSTCODE.fullmatch(text):
            rows.setdefault("a full postcode", []).append(row)
        if not reference and _ADDRESS.match(text) and len(text) < 60:
            rows.setdefault("a house address", []).append(row)
    # One in eleven references of ten digits carries the check digit by chance.
    plain = [t for t in texts if re.fullmatch(r"\d{10}", t)]
    if plain and sum(map(is_nhs_number, plain)) < len(plain) / 2:
        rows.pop("an NHS number", None)
    for what, where in rows.items():
        more = f" (in {len(where)} rows)" if len(where) > 1 else ""
        yield min(where), f"{what}{more}"
