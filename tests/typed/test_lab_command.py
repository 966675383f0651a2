"""`mtf-eval lab` as it is typed: JupyterLab answers on its port, with the copies in its folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
from place import BIN, Place

from mtf_eval.run.parameters import read_template

WAYS = {
    "mtf-eval lab": ("checkout", "annual_review.ipynb"),
    "make lab": ("checkout", "annual_review.ipynb"),
    "mtf-eval lab --data data/example --project EX01": (
        "installed",
        "project_evaluation-EX01.ipynb",
    ),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listed(port: int, seconds: float = 120) -> set[str]:
    """Return the names of the files JupyterLab shows, once it answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/api/contents?token=typed", timeout=20
            ) as answer:
                return {each["name"] for each in json.load(answer)["content"]}
        except (URLError, OSError):
            assert time.monotonic() < end, "JupyterLab does not answer"
            time.sleep(0.3)


@pytest.mark.slow
@pytest.mark.parametrize("line", WAYS)
def test_jupyterlab_answers(line: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    kind, book = WAYS[line]
    place: Place = request.getfixturevalue(kind)
    port = free_port()
    settings = {"JUPYTER_TOKEN": "typed", "JUPYTER_PORT": str(port), "BROWSER": "true"}
    settings |= {"HOME": str(tmp_path)}
    lab = place.start(line, **settings)
    try:
        assert book in listed(port)
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        said, _ = lab.communicate(timeout=120)
    assert "JupyterLab opens in your browser" in said
    made = read_template(place.folder / "lab" / book).parameters
    assert made["as_of"].default == "", "the data's own day"


def test_the_copies_are_about_what_is_in_the_data(checkout: Place) -> None:
    checkout.type("mtf-eval lab --data data/thanet_2021 --no-open --fresh")
    made = read_template(checkout.folder / "lab" / "annual_review.ipynb").parameters
    assert (made["data"].default, made["year"].default) == ("data/thanet_2021", 2021)


def test_a_port_in_use_is_said_before_jupyterlab_starts(checkout: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = checkout.type(f"mtf-eval lab --port {taken.getsockname()[1]}", code=2)
    assert "give another with --port" in said
    assert "Traceback" not in said


def test_without_a_browser_the_address_is_to_be_opened(checkout: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = f"mtf-eval lab --port {taken.getsockname()[1]}"
        said = Place(checkout.folder, checkout.code, {"BROWSER": "", "PATH": ""}).type(
            f"{BIN}/{line}", code=2
        )
    assert "no browser here: open the address" in said


def test_a_folder_that_cannot_be_written(checkout: Place, tmp_path: Path) -> None:
    (tmp_path / "lab").write_text("a file in its place")
    said = Place(tmp_path, checkout.code).type("mtf-eval lab --no-open", code=2)
    assert "cannot be written" in said


def test_a_data_set_without_a_day(checkout: Place, tmp_path: Path) -> None:
    data = tmp_path / "none"
    data.mkdir()
    (data / "projects.csv").write_text(
        "project_id,title,problem,lead_agency,response_start,stage,primary_measure\n"
        "P-1,A plan,Noise,Kent Police,2099-01-01,scanning,Noise\n"
    )
    for line in ("lab --no-open --data", "run"):
        said = Place(tmp_path, checkout.code).type(f"mtf-eval {line} {data}", code=2)
        assert "has no day of its own; write as_at into the table about" in said
