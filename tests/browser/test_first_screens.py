"""What a reader meets first: how long the main part of a page is, and how it begins."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typed_here import typed

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parent.parent.parent
SHEETS = {"tlg_report": 2}
NO_RESULT = ("project_evaluation-EX09", "benefit_analysis-EX07")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every kind of report, with a result and without one."""
    out = tmp_path_factory.mktemp("first") / "reports"
    run = ["run", "--out", str(out), str(ROOT / "data" / "example")]
    projects = [f"--project={name}" for name in ("EX01", "EX06", "EX09")]
    of_projects = ["--report=project_evaluation", "--report=benefit_analysis", *projects]
    for more in (
        [*of_projects, "--report=tlg_report", "--period=2024-H2", "--report=data_quality"],
        ["--report=benefit_analysis", "--project=EX07"],
        [str(ROOT / "data" / "thanet_2021"), "--report=annual_review", "--report=dashboard"],
    ):
        assert typed(*run, *more).returncode == 0
    found = [p for p in sorted(out.rglob("*-internal.html")) if "summary" not in p.name]
    assert len(found) == 15
    return found


MAIN = """() => {
    const made = document.querySelector('.mtf-made');
    const main = [...made.parentElement.children].filter(e => e.offsetTop < made.offsetTop);
    const shown = [...document.querySelectorAll('figure')].filter(e => e.checkVisibility());
    return {
        height: made.offsetTop,
        text: main.map(e => e.innerText).join('\\n'),
        pictures: shown.length,
        titles: shown.map(e => e.querySelector('figcaption strong').innerText),
        tables: [...document.querySelectorAll('table')].filter(e => e.checkVisibility())
            .map(e => e.tBodies[0].innerText),
    };
}"""


def test_the_main_part_is_five_screens_and_four_sheets(browser: Any, pages: list[Path]) -> None:
    from pypdf import PdfReader

    for path in pages:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        main = page.evaluate(MAIN)
        printed = page.pdf(prefer_css_page_size=True)
        page.close()
        name = path.stem
        assert main["height"] <= 900 * (1.5 if name.startswith(NO_RESULT) else 5), name
        assert len(main["text"].split()) <= 900, name
        assert main["pictures"] <= 10, name
        for title in main["titles"]:
            assert len(title.split()) <= 15, f"{name}: {title}"
        assert len(set(main["tables"])) == len(main["tables"]), f"{name}: a table stands twice"
        assert not re.search(r"\[(x|c|k|z|low|p|u)\]", main["text"]), f"{name}: a symbol, no word"
        assert not re.search(r"\b[EWS]0\d{7}\b", main["text"].replace("(E01990030)", "")), name
        sheets = len(PdfReader(BytesIO(printed)).pages)
        assert sheets <= SHEETS.get(name.split("-")[0], 4), name


def test_the_first_screen_has_a_finding_and_a_figure(browser: Any, pages: list[Path]) -> None:
    for path in pages:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        found = page.locator(".mtf-result")
        assert found.count() == 1, path.stem
        assert found.bounding_box()["y"] < 500, path.stem
        if path.stem.startswith("project_evaluation"):
            said = [s.strip() for s in re.findall(r"^([^:]+):", found.inner_text(), re.M)]
            rest = ["Where", "What it is worth", "What next"]
            assert [s for s in said if s != "Since then"] == ["In one line", *rest], path.stem
            assert page.locator("main .mtf-plate").first.bounding_box()["y"] < 750, path.stem
        first = page.locator("main table, main figure, main .mtf-headline").first.bounding_box()
        cards = [b.bounding_box() for b in page.locator(".mtf-headline dl > div").all()]
        page.close()
        assert first["y"] < 800, path.stem
        if path.stem.startswith("benefit_analysis") and cards:
            ends = max(card["y"] + card["height"] for card in cards)
            assert ends <= 900, f"{path.stem}: a figure is cut by the fold"
