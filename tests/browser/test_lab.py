"""JupyterLab as `mtf-eval lab` opens it: runs top to bottom, calls nobody, exports the report."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from typed_here import typed

ROOT = Path(__file__).parent.parent.parent
FIRST = "data_quality.ipynb"
SECOND = "project_evaluation-EX01.ipynb"
AFTERNOON = (ROOT / "docs" / "second_afternoon.md").read_text(encoding="utf-8")


@dataclass
class Lab:
    """A server of our own on this machine, and a proxy that nobody should ask for."""

    address: str
    token: str
    proxy: socket.socket
    folder: Path

    def called(self) -> bool:
        """Whether the server or a kernel tried to reach the internet."""
        self.proxy.settimeout(0)
        try:
            self.proxy.accept()
        except OSError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab as the command starts it, typed in a folder of one's own."""
    command, folder = Path(sys.executable).with_name("mtf-eval"), tmp_path / "lab"
    port, token = free_port(), secrets.token_hex(16)
    proxy = socket.create_server(("127.0.0.1", 0))
    through = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    settings = {
        **os.environ,
        "HOME": str(tmp_path),
        "BROWSER": "true",
        "JUPYTER_TOKEN": token,
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), through),
        "NO_PROXY": "127.0.0.1",
    }
    example, year = ROOT / "data" / "example", ROOT / "data" / "thanet_2021"
    project = [command, "lab", "--data", example, "--project", "EX01", "--no-open"]
    subprocess.run(project, env=settings, cwd=tmp_path, check=True, capture_output=True)
    assert (folder / SECOND).is_file()
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [command, "lab", "--data", year, "--port", str(port)],
            env=settings, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/api?token={token}", timeout=2).close()
                    break
                except (URLError, OSError):
                    assert server.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.25)
            yield Lab(address, token, proxy, folder)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=120)
            proxy.close()


@pytest.mark.browser
@pytest.mark.slow
def test_the_notebook_runs_and_exports_the_report_and_calls_nobody(browser: Any, lab: Lab) -> None:
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{lab.address}/lab/tree/{FIRST}?token={lab.token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    # The kernel starts by itself; running before it does would ask for one.
    page.locator("#jp-main-statusbar", has_text="| Idle").wait_for()

    menu(page, "Run")
    item(page, "Run All Cells").click()
    page.wait_for_selector(".jp-OutputArea .mtf-made", state="attached")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert "Data quality" in page.locator(".jp-OutputArea h1").text_content()

    assert "Your working copy" in page.locator(".jp-MarkdownOutput").first.text_content()
    # JupyterLab would set every cell of a table to the right.
    cell = page.locator(".mtf-scroll tbody th:not(.n)").first
    assert cell.evaluate("cell => getComputedStyle(cell).textAlign") == "left"

    menu(page, "File")
    item(page, "Save Notebook").click()
    page.wait_for_selector(".jp-Notebook")
    menu(page, "File")
    item(page, "Save and Export Notebook As").hover()
    item(page, "Mtf").wait_for()

    exported = context.request.get(f"{lab.address}/nbconvert/mtf/{FIRST}?token={lab.token}")
    assert exported.ok
    html = exported.text()
    assert "How this report was made" in html
    assert "default-src 'none'" in html
    assert "Your working copy" not in html
    context.close()

    outside = [url for url in asked if not url.startswith((lab.address, "data:", "blob:"))]
    assert outside == []
    assert not lab.called()


@pytest.mark.browser
@pytest.mark.slow
def test_the_second_afternoon_is_what_happens(browser: Any, lab: Lab, tmp_path: Path) -> None:
    """What docs/second_afternoon.md types, typed; its page exported, and made by the command."""
    tried, own = re.findall(r"^```python\n(.*?)^```", AFTERNOON, re.DOTALL | re.MULTILINE)[:2]
    context = browser.new_context(viewport={"width": 1400, "height": 6000})  # every cell in sight
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(f"{lab.address}/lab/tree/{SECOND}?token={lab.token}")
    page.locator("#jp-main-statusbar", has_text="| Idle").wait_for()

    cell = page.locator(".jp-CodeCell", has_text="Try another comparison")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(tried.strip())
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(own.strip())
    menu(page, "Run")
    item(page, "Run All Cells").click()
    page.wait_for_selector(".jp-OutputArea .mtf-made", state="attached")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0

    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    saved = lab.folder / SECOND
    end = time.monotonic() + 120
    while "Changed by hand" not in saved.read_text(encoding="utf-8"):
        assert time.monotonic() < end, "not saved"
        time.sleep(0.2)
    exported = context.request.get(f"{lab.address}/nbconvert/mtf/{SECOND}?token={lab.token}").text()
    context.close()

    command = ("run", str(ROOT / "data" / "example"), "--project", "EX01", "--notebook", str(saved))
    done = typed(*command, "--out", str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    made = next((tmp_path / "mine" / "example").glob("*-internal.html"))
    for html in (exported, made.read_text(encoding="utf-8")):
        top = html[html.index("<main") : html.index("<h1")]
        assert "Changed by hand in its notebook:" in top
        assert "compared with E01990003, E01990004" in top
        assert "Evenings at the square" in html, "the picture restyled"
        assert "Mean of three months" in html, "the picture of one's own"


def menu(page: Any, name: str) -> None:
    page.keyboard.press("Escape")
    page.locator(".lm-MenuBar-itemLabel", has_text=name).first.click()


def item(page: Any, name: str) -> Any:
    return page.locator(".lm-Menu-itemLabel", has_text=name).first
