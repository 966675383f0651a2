"""The errors of one treated area on real records: clustered by area against quasi-Poisson.

A pretended project on 1 July 2022 in Thanet, anti-social behaviour by month, Thanet against the
other twelve districts of Kent and Medway: nothing was done, and the panel's clustered error is
.024 where the quasi-Poisson one is .065. With one treated area the clustered error knows nothing
of that area's own drift: its residuals add up to nought before and after, by construction (Conley
& Taber 2011). The records are police.uk's, Open Government Licence v3.0, and not part of this
project.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from mtf_eval.analysis import effects

KENT = Path(
    os.environ.get(
        "MTF_POLICE_UK",
        Path(__file__).parents[3] / "shared" / "police_uk" / "kent_2022_street.zip",
    )
)
START = pd.Timestamp("2022-07-01")
pytestmark = pytest.mark.skipif(
    not KENT.exists(), reason="no police.uk archive beside the checkout"
)


@pytest.fixture(scope="module")
def districts() -> pd.DataFrame:
    """Anti-social behaviour, months x districts; rows placed in another force's area left out."""
    columns = ["Month", "LSOA code", "LSOA name", "Crime type"]
    with zipfile.ZipFile(KENT) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith("-street.csv"))
        rows = pd.concat([pd.read_csv(archive.open(n), usecols=columns) for n in names])
    rows = rows.dropna(subset=["LSOA code"])
    # One district was renamed during the year: areas are followed by code, under their last name.
    last = rows.drop_duplicates("LSOA code", keep="last").set_index("LSOA code")["LSOA name"]
    district = last.str[:-5]
    rows["district"] = rows["LSOA code"].map(district[district.map(district.value_counts()) >= 20])
    asb = rows[rows["Crime type"] == "Anti-social behaviour"]
    table = pd.crosstab(pd.to_datetime(asb["Month"]), asb["district"])
    return table.rename_axis(index="month", columns="district")


def test_a_clustered_error_is_far_too_small_with_one_treated_area(districts: pd.DataFrame) -> None:
    assert districts.shape == (12, 13)
    long = districts.stack().rename("value").reset_index()
    long["tp"] = ((long["month"] >= START) & (long["district"] == "Thanet")).astype(int)
    model = smf.glm("value ~ C(district) + C(month) + tp", long, family=sm.families.Poisson())
    quasi = model.fit(scale="X2")
    groups = pd.factorize(long["district"])[0]
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    assert round(clustered.bse["tp"], 3) == 0.024
    assert round(quasi.bse["tp"], 3) == 0.065
    found = effects.difference_in_differences(
        panel=effects.Panel(counts=districts, target=("Thanet",), start=START)
    )
    assert found.se_log == pytest.approx(quasi.bse["tp"], rel=1e-6)
