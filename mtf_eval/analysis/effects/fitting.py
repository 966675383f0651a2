"""Fit a statsmodels model, or refuse in words where the library could only warn."""

from __future__ import annotations

import warnings
from typing import Any

from mtf_eval.errors import NotEnoughData


def fitted(model: Any, measure: str, **options: Any) -> Any:
    """Return `model.fit(**options)`; a warning from the library is a `NotEnoughData`."""
    from statsmodels.tools import sm_exceptions

    raised = (RuntimeWarning, sm_exceptions.ModelWarning)
    with warnings.catch_warnings():
        for category in (*raised, sm_exceptions.PerfectSeparationWarning):
            warnings.simplefilter("error", category)
        try:
            return model.fit(**options)
        except (*raised, sm_exceptions.PerfectSeparationError, ZeroDivisionError) as problem:
            raise NotEnoughData(
                f"{measure}: too few incidents, or too little variation, for this model"
            ) from problem
