"""Print a report's page to a tagged PDF with the browser that is on the machine.

The page is the product; the PDF is for those who must have one. Downloads no browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mtf_eval.errors import RunRefused

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
WINDOWS = (
    r"Microsoft\Edge\Application\msedge.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
)
MAC = [
    f"/Applications/{name}.app/Contents/MacOS/{name}"
    for name in ("Google Chrome", "Microsoft Edge", "Chromium")
]
FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer"),
    *("--export-tagged-pdf", "--generate-pdf-document-outline"),
)
SECONDS = 120


def find_browser() -> str | None:
    """Return the path of an installed Chromium, Chrome or Edge, `None` when there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    roots = [os.environ.get(v, "") for v in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    usual: Sequence[str] = [str(Path(r, p)) for r in roots if r for p in WINDOWS] + MAC
    return next((path for path in usual if Path(path).is_file()), None)


def need_browser() -> str:
    """Return the path of a browser that prints, or refuse and say what to install."""
    browser = find_browser()
    if browser is None:
        raise RunRefused(
            "PDF needs Chromium, Chrome or Edge and none was found: install one (Debian: "
            "apt install chromium), or open the page in any browser and print it to PDF"
        )
    return browser


def print_pdf(html_path: Path, pdf_path: Path) -> Path:
    """Print a page to PDF: A4, tagged, with an outline of its headings."""
    browser = need_browser()
    # Chromium will not start as root with its sandbox on; nobody else needs it off.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with TemporaryDirectory(prefix="mtf-pdf-") as profile:
        command = [browser, *FLAGS, *(["--no-sandbox"] if root else []),
                   f"--user-data-dir={profile}", f"--print-to-pdf={pdf_path.resolve()}",
                   html_path.resolve().as_uri()]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise RunRefused(f"{browser} did not print {html_path.name} in {SECONDS} s") from None
    if done.returncode != 0 or not pdf_path.is_file():
        raise RunRefused(f"{browser} could not print {html_path.name} (code {done.returncode})")
    return pdf_path
