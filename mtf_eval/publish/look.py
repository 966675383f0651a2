"""An own look, from one file: colours, font, logo, who the leadership report is for.

`reference/look.toml` beside the data, and `template.docx` for Word. Ours where there is none.
"""

from __future__ import annotations

import re
import tomllib
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from mtf_eval.errors import DataProblems, Problem

#: Government Analysis Function palette, whose neighbours in this order differ by 3:1
#: (https://analysisfunction.civilservice.gov.uk/policy-store/data-visualisation-colours-in-charts/).
PALETTE = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
DARK = {"#12436D", "#801650", "#3D3D3D"}  # white text reads on these, black on the others
FILE, TEMPLATE = "look.toml", "template.docx"
#: Styles of paragraphs that a report in Word is set in, by the names Word gives them in English.
STYLES = (
    *("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Caption"),
    *("List Bullet", "Header", "Footer"),
)
LEAST = 4.5  # contrast of text on a colour: WCAG 2.2, 1.4.3
LARGEST = 500_000  # bytes of a logo, which stands in every page
PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How reports look.

    `colours` take the places of `PALETTE`, the first that of headings; `font` is one that readers
    have; `logo` a PNG or JPEG, `logo_words` what it shows; `members` sit on the `leadership_group`,
    by role; `template` is a Word file, empty for ours.
    """

    colours: tuple[str, ...] = PALETTE
    font: str = ""
    logo: bytes = b""
    logo_words: str = ""
    leadership_group: str = ""
    members: tuple[str, ...] = ()
    template: bytes = b""

    @property
    def logo_kind(self) -> str:
        """`png` or `jpeg`."""
        return next((k for start, k in PICTURES.items() if self.logo.startswith(start)), "")

    def coloured(self, text: str) -> str:
        """Return SVG, CSS or HTML with these colours in the place of ours."""
        if self.colours == PALETTE:
            return text
        own = dict(zip((c.lower() for c in PALETTE), self.colours, strict=True))
        return re.sub(f"(?i){'|'.join(own)}", lambda found: own[found[0].lower()], text)

    def dressed(self, html: str, kind: str) -> str:
        """Return a page in this look: colours, font, logo, and who it is for."""
        html = self.coloured(html)
        if self.font:
            html = html.replace('Arial,"Liberation Sans"', f'"{self.font}",Arial,"Liberation Sans"')
        if self.logo:
            image = f"data:image/{self.logo_kind};base64,{b64encode(self.logo).decode()}"
            top = '<header class="mtf-top">'
            logo = f'<img src="{image}" alt="{escape(self.logo_words)}" height="48">'
            html = html.replace(top, top + logo, 1)
        if audience := self.audience(kind):
            line = f'<p class="mtf-for">{escape(audience)}</p>'
            html = re.sub(r'<p class="mtf-period">.*?</p>', lambda m: m[0] + line, html, count=1)
        return html

    def audience(self, kind: str) -> str:
        """Say who a report is for; empty where that is not known."""
        if kind != "tlg_report" or not (self.leadership_group or self.members):
            return ""
        sit = f" ({'; '.join(self.members)})" if self.members else ""
        return f"For the {self.leadership_group or 'leadership group'}{sit}"


def read_look(folder: Path | None) -> Look:
    """Read the look of a data set's reports from its folder, or refuse it with every fault."""
    if folder is None:
        return Look()
    problems: list[Problem] = []
    given = _given(folder / FILE, problems)
    template = folder / TEMPLATE
    made = Look(
        colours=_colours(given, problems),
        font=_text(given, "font", 60, problems),
        logo=_logo(folder, given, problems),
        logo_words=_text(given, "logo_words", 120, problems),
        leadership_group=_text(given, "leadership_group", 120, problems),
        members=_members(given, problems),
        template=template.read_bytes() if template.is_file() else b"",
    )
    if made.logo and not made.logo_words:
        problems.append(_fault("logo_words", "a logo without words", "what it shows, in words"))
    if made.template:
        problems += _template(made.template)
    if problems:
        raise DataProblems(problems)
    return made


def _fault(key: str, found: str, expected: str) -> Problem:
    return Problem(file=f"{FILE}, {key}", found=found, expected=expected)


def _given(path: Path, problems: list[Problem]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    known = ("colours", "font", "logo", "logo_words", "leadership_group", "members")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        told = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8"
        problems.append(Problem(file=FILE, found=told, expected='lines as in font = "Arial"'))
        return {}
    for key in sorted(set(given) - set(known)):
        problems.append(_fault(key, "not known", f"one of {', '.join(known)}"))
    return given


def _plain(value: object, longest: int) -> bool:
    shape = rf'[^<>{{}};"\\\n]{{0,{longest}}}'
    return isinstance(value, str) and bool(re.fullmatch(shape, value))


def _text(given: dict[str, Any], key: str, longest: int, problems: list[Problem]) -> str:
    value = given.get(key, "")
    if _plain(value, longest):
        return str(value).strip()
    problems.append(_fault(key, "no such text", f"a text of at most {longest} plain characters"))
    return ""


def _members(given: dict[str, Any], problems: list[Problem]) -> tuple[str, ...]:
    value = given.get("members", [])
    if isinstance(value, list) and all(_plain(m, 80) for m in value):
        return tuple(m.strip() for m in value)
    expected = 'a list as in ["Chair", "Police"], each at most 80 plain characters'
    problems.append(_fault("members", "no list of such texts", expected))
    return ()


def _colours(given: dict[str, Any], problems: list[Problem]) -> tuple[str, ...]:
    from seaborn.utils import relative_luminance

    value = given.get("colours", list(PALETTE))
    whole = isinstance(value, list) and len(value) == len(PALETTE)
    if not whole or not all(re.fullmatch(r"#[0-9A-Fa-f]{6}", str(c)) for c in value):
        problems.append(_fault("colours", "no six colours", f"six as in {list(PALETTE)}"))
        return PALETTE
    for place, (ours, own) in enumerate(zip(PALETTE, value, strict=True), start=1):
        on, text = (1.0, "white") if ours in DARK else (0.0, "black")
        held = (max(on, light := relative_luminance(own)) + 0.05) / (min(on, light) + 0.05)
        if held < LEAST:
            expected = f"a {'darker' if on else 'lighter'} one: {text} text on it needs {LEAST}:1"
            found = f"{own}, a contrast of {held:.1f}:1"
            problems.append(_fault(f"colours, {place}", found, expected))
    return tuple(value)


def _logo(folder: Path, given: dict[str, Any], problems: list[Problem]) -> bytes:
    name = _text(given, "logo", 60, problems)
    if not name:
        return b""
    path = folder / Path(name).name
    content = path.read_bytes() if path.is_file() else b""
    if content.startswith(tuple(PICTURES)) and len(content) <= LARGEST:
        return content
    found = "not there" if not content else "too large, or neither PNG nor JPEG"
    expected = f"a PNG or JPEG file beside {FILE}, at most {LARGEST // 1000} kB"
    problems.append(_fault("logo", found, expected))
    return b""


def _template(content: bytes) -> list[Problem]:
    """Tell what a Word file lacks to be a template."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE

    try:
        styles = Document(BytesIO(content)).styles
        there = {s.name for s in styles if s.type == WD_STYLE_TYPE.PARAGRAPH}
    except Exception:  # whatever a broken package makes of itself
        return [Problem(file=TEMPLATE, found="cannot be opened", expected="a .docx file of Word")]
    lacking = [name for name in STYLES if name not in there]
    found = f"no paragraph style {', '.join(lacking)}"
    todo = "in Word, use each once and save, or take the file away to have ours"
    expected = f"all of {', '.join(STYLES)}: {todo}"
    return [Problem(file=TEMPLATE, found=found, expected=expected)] if lacking else []
