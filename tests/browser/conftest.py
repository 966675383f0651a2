"""A Chromium for the tests; absent, they are skipped, but never where CI=true."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from checks import FLAGS

    from mtf_eval.publish.pages.pdf import find_browser

    found = find_browser()
    if found is None or shutil.which(found) is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed, and CI needs it")
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()
