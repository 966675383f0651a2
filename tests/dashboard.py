"""The dashboard of 2021 as typed for the tests: where its tables stand, and its months."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent.parent / "data" / "thanet_2021"

# Typed from the dashboard: received, accepted, rejected, SARAs, completed.
MONTHS = {
    "January 2021": (17, 10, 7, 0, 10),
    "February 2021": (16, 15, 1, 0, 15),
    "March 2021": (22, 20, 2, 0, 20),
    "April 2021": (21, 15, 6, 0, 15),
    "May 2021": (12, 10, 2, 0, 10),
    "June 2021": (17, 11, 6, 0, 11),
    "July 2021": (21, 11, 10, 0, 11),
    "August 2021": (14, 8, 6, 0, 8),
    "September 2021": (16, 11, 3, 1, 10),
    "October 2021": (7, 2, 4, 1, 2),
    "November 2021": (19, 11, 8, 1, 9),
    "December 2021": (6, 4, 2, 0, 3),
    "Total": (188, 128, 57, 3, 124),
}


def as_dict(frame: pd.DataFrame, key: str) -> dict[str, tuple[object, ...]]:
    return {
        row[0]: tuple(None if pd.isna(v) else v for v in row[1:])
        for row in frame.set_index(key).itertuples(name=None)
    }
