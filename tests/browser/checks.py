"""What a page must pass in a real browser; `check_page(browser, path)` does all of it.

axe-core holds WCAG 2.0 to 2.2 A and AA and its best practices; the rest is what axe does not see:
requests, width, print, scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 375)]
HEAVIEST = 350 * 1024


@dataclass
class Found:
    """What a page did and said; `problems` is empty for a good one."""

    problems: list[str]
    text: str
    printed: str
    pages: int


def check_page(browser: Any, path: Path, *, looks: list[tuple[str, int]] | None = None) -> Found:
    """Open a page as readers do and return what is wrong with it."""
    problems = _bytes(path)
    for scheme, width in looks or LOOKS:
        problems += [f"{scheme} {width}: {p}" for p in _look(browser, path, scheme, width)]
    problems += [f"320: {p}" for p in _wide(browser, path, 320)]
    text = _without_scripts(browser, path)
    printed, pages, more = print_check(browser, path)
    return Found(problems + more, text, printed, pages)


def _bytes(path: Path) -> list[str]:
    raw = path.read_bytes()
    problems = []
    if len(raw) > HEAVIEST:
        problems.append(f"{len(raw) // 1024} KiB, at most {HEAVIEST // 1024}")
    for bad in (b"No description has been provided", b"<script", b"javascript:"):
        if bad in raw:
            problems.append(f"holds {bad!r}")
    return problems


def _open(browser: Any, path: Path, seen: list[str], **context: Any) -> Any:
    opened = browser.new_context(**context)
    page = opened.new_page()
    page.on("request", lambda r: seen.append(r.url))
    page.on("console", lambda m: m.type == "error" and seen.append(f"console: {m.text}"))
    page.on("dialog", lambda d: (seen.append(f"dialog: {d.message}"), d.dismiss()))
    page.goto(path.resolve().as_uri())
    return page


def _look(browser: Any, path: Path, scheme: str, width: int) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    seen: list[str] = []
    size = {"width": width, "height": 900}
    page = _open(browser, path, seen, viewport=size, color_scheme=scheme, bypass_csp=True)
    options = {"runOnly": {"type": "tag", "values": TAGS}}
    result = Axe().run(page, options=options).response
    problems = [
        f"{v['id']}: {n['target']} {n.get('failureSummary', '')}"
        for v in result["violations"]
        for n in v["nodes"][:3]
    ]
    own = path.resolve().as_uri()
    problems += [f"asked for {url}" for url in seen if url != own]
    problems += _overflow(page)
    page.context.close()
    return problems


def _wide(browser: Any, path: Path, width: int) -> list[str]:
    page = _open(browser, path, [], viewport={"width": width, "height": 800})
    problems = _overflow(page)
    page.context.close()
    return problems


def _overflow(page: Any) -> list[str]:
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{wide} pixels wide in a window of {room}"] if wide > room else []


def _without_scripts(browser: Any, path: Path) -> str:
    page = _open(browser, path, [], java_script_enabled=False)
    text: str = page.locator("main").inner_text()
    page.context.close()
    return text


def print_check(browser: Any, path: Path) -> tuple[str, int, list[str]]:
    """Print to A4 and return the text, the number of pages and what is wrong."""
    import io

    from pypdf import PdfReader

    page = _open(browser, path, [])
    page.emulate_media(media="print")
    # 180 mm between the margins, at 96 pixels an inch.
    page.set_viewport_size({"width": 680, "height": 900})
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main table, main svg, main dl, main pre, main p')]
        .filter(e => e.offsetParent !== null || e.tagName === 'svg')
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.tagName + ' ' + (e.textContent || '').slice(0, 40))"""
    )
    raw = page.pdf(prefer_css_page_size=True, print_background=False, tagged=True, outline=True)
    page.context.close()
    pdf = PdfReader(io.BytesIO(raw))
    problems = [f"cut in print: {what}" for what in cut]
    box = pdf.pages[0].mediabox
    if (round(float(box.width)), round(float(box.height))) != (595, 842):
        problems.append(f"paper is {box.width} x {box.height}, not A4")
    return "\n".join(p.extract_text() for p in pdf.pages), len(pdf.pages), problems
