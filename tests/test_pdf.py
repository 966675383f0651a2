"""Printing by an installed browser: tagged A4 with an outline, or a word on what to install."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import made_up
import pytest

from mtf_eval.errors import RunRefused
from mtf_eval.publish.pages import exporter as pages
from mtf_eval.publish.pages import pdf

RUN = "2026-01-05T10:00:00+00:00"


@pytest.mark.browser
def test_prints_tagged_a4_with_outline(tmp_path: Path) -> None:
    if pdf.find_browser() is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from pypdf import PdfReader

    source = tmp_path / "a report.html"
    source.write_text(pages.render(made_up.notebook(), run_time=RUN), encoding="utf-8")
    made = PdfReader(pdf.print_pdf(source, tmp_path / "out.pdf"))
    assert made.metadata is not None
    assert made.metadata.title == "Annual review 2021"
    assert made.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert made.trailer["/Root"]["/Lang"] == "en-GB"
    assert round(float(made.pages[0].mediabox.width)) == 595
    titles = [o.title for o in made.outline if not isinstance(o, list)]
    titles += [o.title for part in made.outline if isinstance(part, list) for o in part
               if not isinstance(o, list)]  # fmt: skip
    assert "Annual review 2021" in titles
    assert "Referrals by month" in titles
    text = "\n".join(p.extract_text() for p in made.pages)
    assert "September 2021" not in text, "the data of figures are left out of print"
    assert _alternative(made)


def _alternative(made: Any) -> bool:
    """Whether some object of the file carries the picture's alternative."""
    for number in range(1, len(made.xref[0]) + 1):
        found = made.get_object(number)
        if isinstance(found, dict) and made_up.WORDS["alt"] in str(found.get("/Alt", "")):
            return True
    return False


def test_without_a_browser_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(RunRefused, match="install one"):
        pdf.print_pdf(tmp_path / "x.html", tmp_path / "x.pdf")


def test_a_browser_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(pdf, "find_browser", lambda: str(broken))
    with pytest.raises(RunRefused, match=r"could not print x\.html \(code 3\)"):
        pdf.print_pdf(tmp_path / "x.html", tmp_path / "x.pdf")


@pytest.mark.parametrize(("user", "boxed"), [(0, False), (1000, True)])
def test_nobody_but_root_goes_without_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, boxed: bool
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text(f"#!/bin/sh\necho $* > {tmp_path}/asked\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(pdf, "find_browser", lambda: str(broken))
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    with pytest.raises(RunRefused):
        pdf.print_pdf(tmp_path / "x.html", tmp_path / "x.pdf")
    assert ("--no-sandbox" not in (tmp_path / "asked").read_text()) == boxed


def test_edge_is_found_where_windows_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = tmp_path / pdf.WINDOWS[0]
    edge.parent.mkdir(parents=True, exist_ok=True)
    edge.write_text("")
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert pdf.find_browser() == str(edge)
