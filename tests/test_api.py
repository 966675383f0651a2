"""docs/api.md holds what an analyst reaches, as it is now: each example is run."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import mtf_eval as mtf

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def api() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api", ROOT / "benchmarks" / "api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_page_is_what_the_examples_give(api: ModuleType) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert api.page() == page, "run make docs"
    assert "Error:" not in page, "an example that cannot be run"


def test_the_page_names_all_that_is_offered(api: ModuleType) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in mtf.__all__:
        assert name in page, name
    from mtf_eval.analysis import effects

    functions = {n for n in effects.__all__ if n[0].islower()}
    assert functions - set(api.ESTIMATORS) <= {"controls_needed"}


@pytest.mark.parametrize("name", ["analysis.effects", "publish.charts", "records.coverage"])
def test_a_package_offers_all_that_it_gathers(name: str) -> None:
    package = importlib.import_module(f"mtf_eval.{name}")
    held = vars(package).items()
    gathered = {n for n, v in held if n[0] != "_" and not isinstance(v, ModuleType)}
    assert gathered - {"annotations"} == {*package.__all__}


def test_what_is_offered_is_there_and_nothing_else() -> None:
    assert dir(mtf) == sorted(mtf.__all__)
    assert all(getattr(mtf, name) is not None for name in mtf.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mtf.nothing
