"""Make the illustrative partnership: every table of this folder, from one seed.

Nothing here is real: the districts, the areas (codes from E01990001 that no place has), the
agencies, the projects and every count are invented, and `about.csv` says so. What is known,
because it was put there, is what each project truly did: `truth.csv`. The same seed and the
pinned numpy give the same bytes:

    python data/example/generate.py [FOLDER]

Monthly counts per area are Poisson around a rate that is the product of the area's level, a
season, a yearly drift of the area, a month-to-month wander shared by neighbours, and an
autocorrelated wander of its own. A project removes a share of what would have happened
(binomial thinning) or adds to it, from the first month of its response.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import shapely

from mtf_eval.records.plans import write as fix

SEED = 20250136
YEARS = (2022, 2023, 2024)
MONTHS = [f"{year}-{month:02d}" for year in YEARS for month in range(1, 13)]
AREAS = [f"E0199{n:04d}" for n in range(1, 121)]
PER_MSOA = 5

ASB, VIOLENCE, DAMAGE = (
    "Anti-social behaviour",
    "Violence and sexual offences",
    "Criminal damage and arson",
)
BURGLARY, VEHICLE, ROBBERY = "Burglary", "Vehicle crime", "Robbery"
SHOPLIFTING = "Shoplifting"
# measure: (mean a month in the median area, spread of levels, seasonal swing, peak month)
EVERYWHERE = {
    ASB: (5.0, 0.75, 0.30, 7),
    VIOLENCE: (5.5, 0.65, 0.12, 7),
    DAMAGE: (1.8, 0.60, 0.10, 5),
    BURGLARY: (0.9, 0.50, 0.20, 12),
    VEHICLE: (1.1, 0.55, 0.12, 11),
    ROBBERY: (0.12, 0.70, 0.05, 11),
    SHOPLIFTING: (0.7, 1.20, 0.08, 11),
}
FLY_TIPPING, FIRES = "Fly-tipping", "Deliberate fires"


def lsoas(*numbers: int) -> list[str]:
    """Return the codes of areas by number."""
    return [AREAS[n - 1] for n in numbers]


# project: (measure, target, buffer, comparison, first month, true rate ratio there, in the buffer)
EFFECTS: list[tuple[str, str, list[str], list[str], str, float, float]] = [
    ("EX01", ASB, lsoas(11, 12, 13, 14, 15), lsoas(16, 17, 18), "2023-10", 0.62, 1.0),
    ("EX01", DAMAGE, lsoas(11, 12, 13, 14, 15), lsoas(16, 17, 18), "2023-10", 0.75, 1.0),
    ("EX03", BURGLARY, lsoas(31, 32, 33, 34, 35, 36), lsoas(37, 38, 39, 40), "2023-11", 0.55, 1.45),
    ("EX04", VEHICLE, lsoas(51, 52, 53, 54, 55, 56), lsoas(57, 58, 59, 60), "2024-01", 0.55, 0.70),
    ("EX05", VIOLENCE, lsoas(71, 72, 73, 74, 75), lsoas(76, 77), "2023-09", 1.65, 1.0),
    ("EX06", ROBBERY, lsoas(93), lsoas(94), "2024-02", 0.80, 1.0),
    ("EX07", ASB, lsoas(81, 82, 83), lsoas(84, 85), "2024-08", 0.75, 1.0),
    ("EX08", FLY_TIPPING, lsoas(101, 102), [], "2024-01", 0.65, 1.0),
    ("EX11", FIRES, lsoas(111, 112), [], "2024-01", 0.50, 1.0),
]
LAST_AFTER = {
    "EX01": "2024-09", "EX02": "2024-12", "EX03": "2024-10", "EX04": "2024-12", "EX05": "2024-08",
    "EX06": "2024-12", "EX07": "2024-12", "EX08": "2024-12", "EX11": "2024-12",
    "EX12": "2024-12",
}  # fmt: skip
# EX12 works in half of EX04's areas at the same time and adds nothing of its own there.
PROMENADE = ("EX12", VEHICLE, lsoas(51, 52, 53), [], "2024-01", 0.55, 1.0)
LEVELS = {  # a month, where the story needs a level that chance would not give
    ("EX01", ASB): (11, 9, 12, 10, 8),
    ("EX01", DAMAGE): (5, 4, 5, 4, 3),
    ("EX03", BURGLARY): (3.0, 2.6, 2.2, 2.8, 2.4, 2.0, 1.8, 1.7, 2.0, 1.6),
    ("EX04", VEHICLE): (3.2, 2.8, 3.0, 2.5, 2.2, 2.6, 2.0, 2.2, 1.8, 2.1),
    ("EX05", VIOLENCE): (12, 10, 11, 9, 8),
    ("EX06", ROBBERY): (0.3,),
    ("EX07", ASB): (9, 8, 10),
}
LOCAL = {FLY_TIPPING: lsoas(101, 102), FIRES: lsoas(111, 112, 113, 114, 115, 116)}
LOCAL_LEVEL = {FLY_TIPPING: 14.0, FIRES: 6.0}


def wander(
    rng: np.random.Generator, shape: tuple[int, int], sd: float, memory: float
) -> np.ndarray:
    """Autocorrelated noise of constant spread, areas x months."""
    noise = rng.normal(0, 1, shape)
    out = np.empty(shape)
    out[:, 0] = noise[:, 0]
    for month in range(1, shape[1]):
        out[:, month] = memory * out[:, month - 1] + np.sqrt(1 - memory**2) * noise[:, month]
    return sd * out


def rates(rng: np.random.Generator, measure: str) -> np.ndarray:
    """Return the expected count per area and month with no project anywhere."""
    mean, spread, swing, peak = EVERYWHERE[measure]
    n, months = len(AREAS), len(MONTHS)
    level = mean * np.exp(rng.normal(0, spread, n))
    for (project, what), values in LEVELS.items():
        if what == measure:
            effect = next(e for e in EFFECTS if e[0] == project and e[1] == measure)
            places = [AREAS.index(a) for a in effect[2] + effect[3]]
            level[places[: len(values)]] = values
    season = 1 + swing * np.cos(2 * np.pi * (np.arange(months) % 12 + 1 - peak) / 12)
    years = np.repeat(0.12 * rng.standard_t(4, (n, len(YEARS))), 12, axis=1)
    trend = np.exp(-0.02 * np.arange(months) / 12)
    shared = np.repeat(wander(rng, (n // PER_MSOA, months), 0.07, 0.7), PER_MSOA, axis=0)
    own = wander(rng, (n, months), 0.14, 0.5)
    return level[:, None] * season * trend * np.exp(years + shared + own)


def counts_without(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw counts per measure, areas x months, with no project anywhere."""
    found = {measure: rng.poisson(rates(rng, measure)) for measure in EVERYWHERE}
    for measure, places in LOCAL.items():
        rows = [AREAS.index(a) for a in places]
        months = np.arange(len(MONTHS))
        level = LOCAL_LEVEL[measure] * np.exp(rng.normal(0, 0.25, (len(rows), 1)))
        season = 1 + 0.15 * np.cos(2 * np.pi * (months % 12 - 5) / 12)
        counts = np.zeros((len(AREAS), len(MONTHS)), dtype=np.int64)
        own = wander(rng, (len(rows), len(MONTHS)), 0.10, 0.3)
        counts[rows] = rng.poisson(level * season * np.exp(own))
        found[measure] = counts
    return found


def with_projects(
    rng: np.random.Generator, without: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return counts as recorded: what the projects took away or brought to light."""
    recorded = {measure: counts.copy() for measure, counts in without.items()}
    for _, measure, target, buffer, first, ratio, beside in EFFECTS:
        start = MONTHS.index(first)
        for places, change in ((target, ratio), (buffer, beside)):
            rows = [AREAS.index(a) for a in places]
            block = recorded[measure][rows, start:]
            if change < 1:
                recorded[measure][rows, start:] = rng.binomial(block, change)
            elif change > 1:
                recorded[measure][rows, start:] = block + rng.poisson((change - 1) * block)
    return recorded


def bad_year(recorded: dict[str, np.ndarray]) -> str:
    """Return the area a partnership would pick: much worse in 2023 than in 2022."""
    taken = {a for e in EFFECTS for a in e[2] + e[3]}
    asb = recorded[ASB]
    first, second = asb[:, :12].sum(axis=1), asb[:, 12:24].sum(axis=1)
    worsening = (second + 0.5) / (first + 0.5)
    picks = [i for i in np.argsort(-worsening) if second[i] >= 110 and AREAS[i] not in taken]
    return AREAS[int(picks[0])]


def window(project: str, first: str) -> tuple[str, str, str, str]:
    """First and last month before, first and last month after."""
    last = LAST_AFTER[project]
    return f"{int(first[:4]) - 1}{first[4:]}", f"{int(last[:4]) - 1}{last[4:]}", first, last


def truth(
    hot_spot: str, without: dict[str, np.ndarray], recorded: dict[str, np.ndarray]
) -> Iterable[Sequence[object]]:
    """Return what each project truly did, over the months its page compares."""
    notes = {
        "EX01": "A real fall.",
        "EX02": "Nothing at all: a hot spot chosen after a bad year.",
        "EX03": "A fall, and part of it moved to the buffer (there 1.45).",
        "EX04": "A fall that spread to the buffer (there 0.70).",
        "EX05": "More is reported: the rise is what the project wanted.",
        "EX06": "Too few incidents to see anything.",
        "EX07": "The response is still running: no effect may be claimed.",
        "EX08": "A fall with no other area on record to compare with.",
        "EX11": "A fall with too few other areas for placebos: comparison areas only.",
        "EX12": "Nothing of its own: the fall is EX04's, which works in the same areas.",
    }
    calm = ("EX02", ASB, [hot_spot], [], "2024-01", 1.0, 1.0)
    effects = sorted([*EFFECTS, calm, PROMENADE], key=lambda e: e[0])
    for project, measure, target, _, first, ratio, _ in effects:
        window_months = window(project, first)
        span = slice(MONTHS.index(first), MONTHS.index(window_months[3]) + 1)
        rows = [AREAS.index(a) for a in target]
        expected = int(without[measure][rows, span].sum())
        observed = int(recorded[measure][rows, span].sum())
        yield (
            project, measure, f"{ratio:.2f}", expected, observed, expected - observed,
            *window_months, notes[project],
        )  # fmt: skip
    yield "EX09", "Missing episodes", "", "", "", "", "", "", "", "", "No records at all."
    yield "EX10", VEHICLE, "", "", "", "", "", "", "", "", "Still in scanning: nothing was done."


def incident_rows(recorded: dict[str, np.ndarray]) -> Iterable[Sequence[object]]:
    """Return the rows with something in them; a month without a row is a nought."""
    for m, month in enumerate(MONTHS):
        for measure, counts in recorded.items():
            for a in np.flatnonzero(counts[:, m]):
                yield month, AREAS[int(a)], measure, int(counts[a, m])


PROJECT_COLUMNS = (
    "project_id", "title", "mtf_priority", "problem", "lead_agency", "partners", "tlg_signoff",
    "scanning_start", "analysis_start", "response_start", "response_end", "assessment_date",
    "stage", "consolidation_plan", "follow_up_date", "primary_measure", "mechanism", "moderators",
)  # fmt: skip
POLICE, COUNCIL, COUNTY = "Police", "District Council", "County Council"
FIRE, HOUSING, NHS = "Fire and Rescue Service", "Housing Association", "NHS Trust"
OASIS, JOBS = "Domestic Abuse Service", "Job Centre"


EMMIE = {
    "EX01": (
        "Light and sight lines make offending more likely to be seen; the youth evenings give "
        "somewhere else to be.",
        "Works after dark and in term time; less in July and August, when visitors fill the "
        "square.",
    ),
}


def project_rows(hot_spot: str) -> Iterable[Sequence[object]]:
    """Tell the projects, one row each."""
    yield (
        "EX01",
        "Harbour Square evenings",
        "3",
        "Groups gather around Harbour Square from early evening; residents report noise, "
        "damage and intimidation, and shops close early.",
        POLICE,
        f"{COUNCIL}; {HOUSING}; {COUNTY}",
        "2023-08-21",
        "2023-03-06",
        "2023-06-05",
        "2023-10-01",
        "2024-09-30",
        "2024-11-15",
        "consolidation",
        "The housing association keeps the lighting and the weekly walk; the district council "
        "reopens the project if a quarter exceeds 150 recorded incidents.",
        "2025-05-15",
        ASB,
    )
    yield (
        "EX02",
        f"Station Road hot spot ({hot_spot})",
        "3",
        "Anti-social behaviour around Station Road rose sharply in 2023; it was the area with the "
        "steepest rise in the district.",
        POLICE,
        COUNCIL,
        "2023-12-04",
        "2023-10-02",
        "2023-11-06",
        "2024-01-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "",
        "2025-06-30",
        ASB,
    )
    yield (
        "EX03",
        "Northgate homes made safe",
        "2",
        "Homes on the Northgate estate are burgled through rear doors that face unlit paths.",
        COUNCIL,
        f"{POLICE}; {HOUSING}",
        "2023-09-11",
        "2023-04-03",
        "2023-07-03",
        "2023-11-01",
        "2024-10-31",
        "2024-12-02",
        "assessment",
        "Door sets are part of the planned maintenance.",
        "2025-06-02",
        BURGLARY,
    )
    yield (
        "EX04",
        "Seafront car parks",
        "3",
        "Thefts from cars in the seafront car parks and the streets around them.",
        POLICE,
        f"{COUNCIL}; {FIRE}",
        "2023-11-20",
        "2023-06-05",
        "2023-09-04",
        "2024-01-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "",
        "2025-06-30",
        VEHICLE,
    )
    yield (
        "EX05",
        "Speaking up on the Weavers estate",
        "2",
        "Domestic abuse is thought to be under-reported on the Weavers estate; the project "
        "wants more of it to come to notice.",
        OASIS,
        f"{POLICE}; {NHS}; {COUNTY}",
        "2023-07-10",
        "2023-02-06",
        "2023-05-01",
        "2023-09-01",
        "2024-08-31",
        "2024-10-21",
        "assessment",
        "Drop-in stays open, paid by the county council.",
        "2025-04-21",
        VIOLENCE,
    )
    yield (
        "EX06",
        "Underpass robberies",
        "3",
        "Several young people were robbed in the underpass by the college within a few months.",
        POLICE,
        f"{COUNCIL}; {COUNTY}",
        "2024-01-15",
        "2023-11-13",
        "2023-12-11",
        "2024-02-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "",
        "2025-06-30",
        ROBBERY,
    )
    yield (
        "EX07",
        "Quayside summer response",
        "1",
        "Noise, street drinking and fires on the quayside through the summer season.",
        COUNCIL,
        f"{POLICE}; {FIRE}; {NHS}",
        "2024-07-08",
        "2024-03-04",
        "2024-05-06",
        "2024-08-01",
        "",
        "",
        "response",
        "",
        "",
        ASB,
    )
    yield (
        "EX08",
        "Clean alleys",
        "1",
        "Fly-tipping in the alleys behind two estates; recorded by the housing association "
        "on these two estates only.",
        HOUSING,
        f"{COUNCIL}",
        "2023-11-20",
        "2023-06-05",
        "2023-09-04",
        "2024-01-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "Alley gates are looked after by the residents' association.",
        "2025-06-30",
        FLY_TIPPING,
    )
    yield (
        "EX09",
        "Families stepping down",
        "2",
        "Families leave child protection plans without a lead worker and come back within "
        "the year.",
        COUNTY,
        f"{NHS}; {HOUSING}; {JOBS}",
        "2023-03-13",
        "2022-11-07",
        "2023-01-09",
        "2023-04-01",
        "2024-09-30",
        "2024-11-29",
        "assessment",
        "A lead worker post is in the county's base budget.",
        "2025-05-30",
        "Missing episodes",
    )
    yield (
        "EX10",
        "Garage courts",
        "3",
        "Vans are broken into in the garage courts of three estates; tools are taken.",
        POLICE,
        f"{COUNCIL}; {HOUSING}",
        "",
        "2024-10-07",
        "",
        "2025-04-01",
        "",
        "",
        "scanning",
        "",
        "",
        VEHICLE,
    )
    yield (
        "EX11",
        "Bins and bonfires",
        "1",
        "Deliberate fires of bins and rubbish on two estates; recorded by the fire and rescue "
        "service for six areas.",
        FIRE,
        f"{COUNCIL}; {HOUSING}",
        "2023-11-20",
        "2023-06-05",
        "2023-09-04",
        "2024-01-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "",
        "2025-06-30",
        FIRES,
    )
    yield (
        "EX12",
        "Lights on the promenade",
        "3",
        "Visitors do not feel safe walking back to the seafront car parks after dark.",
        COUNCIL,
        POLICE,
        "2023-12-04",
        "2023-09-04",
        "2023-10-16",
        "2024-01-01",
        "2024-12-31",
        "2024-12-31",
        "assessment",
        "The lamps are in the council's maintenance plan.",
        "2025-06-30",
        VEHICLE,
    )


NAMES = dict(
    zip(
        lsoas(*range(11, 19)),
        ("Harbour Square", "Pier Street", "Fish Market", "Custom House", "Old Quay",
         "Chapel Hill", "Rope Walk", "Station Green"),
        strict=True,
    )
)  # fmt: skip


def centres() -> np.ndarray:
    """Return the middle of each area, out at sea where nobody lives: neighbours by number."""
    rng = np.random.default_rng((SEED, 9))
    row, along = np.divmod(np.arange(len(AREAS)), 12)
    column = np.where(row % 2, 11 - along, along)
    grid = np.column_stack([1.98 + 0.006 * column, 51.79 + 0.004 * row])
    return grid + rng.uniform(-1, 1, grid.shape) * (0.0018, 0.0012)


def boundary_rows() -> Iterable[Sequence[object]]:
    """Return the outline of each area: what is nearer to its middle than to any other."""
    middles = shapely.points(centres())
    sea = shapely.buffer(shapely.convex_hull(shapely.union_all(middles)), 0.004)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.union_all(middles), extend_to=sea))
    for area, middle in zip(AREAS, middles, strict=True):
        cell = next(c for c in cells if shapely.contains(c, middle))
        corners = shapely.get_coordinates(shapely.intersection(cell, sea))
        for number, (lon, lat) in enumerate(corners, 1):
            yield area, 1, number, f"{lon:.5f}", f"{lat:.5f}"


def area_rows(rng: np.random.Generator, hot_spot: str) -> Iterable[Sequence[object]]:
    """Return the areas of each project with their role."""
    people = {area: int(rng.integers(1400, 1950)) for area in AREAS}
    roles = [(e[0], e[2], e[3]) for e in EFFECTS if (e[0], e[1]) != ("EX01", DAMAGE)]
    roles += [("EX02", [hot_spot], []), ("EX10", lsoas(25, 26, 27), [])]
    roles += [("EX09", lsoas(1, 2), []), ("EX12", PROMENADE[2], PROMENADE[3])]
    compared = {
        "EX01": lsoas(41, 42, 43, 44, 45), "EX03": lsoas(61, 62, 63, 64, 65),
        "EX04": lsoas(66, 67, 68, 69, 70), "EX05": lsoas(86, 87, 88, 89, 90),
        "EX11": lsoas(113, 114, 115, 116),
    }  # fmt: skip
    for project, target, buffer in sorted(roles):
        for role, places in (
            ("target", target),
            ("buffer", buffer),
            ("comparison", compared.get(project, [])),
        ):
            for area in places:
                yield project, area, role, people[area]


MEASURES = (
    ("EX01", ASB, "-0.25", "asb_no_further_action"),
    ("EX01", DAMAGE, "-0.10", "crime_criminal_damage_other"),
    ("EX02", ASB, "-0.20", "asb_no_further_action"),
    ("EX03", BURGLARY, "-0.25", "crime_domestic_burglary"),
    ("EX04", VEHICLE, "-0.25", "crime_theft_from_vehicle"),
    ("EX05", VIOLENCE, "0.20", ""),
    ("EX06", ROBBERY, "-0.30", "crime_robbery"),
    ("EX07", ASB, "-0.20", "asb_no_further_action"),
    ("EX08", FLY_TIPPING, "-0.30", ""),
    ("EX09", "Missing episodes", "-0.30", ""),
    ("EX10", VEHICLE, "-0.25", "crime_theft_from_vehicle"),
    ("EX11", FIRES, "-0.30", "fire_response_arson"),
    ("EX12", VEHICLE, "-0.15", "crime_theft_from_vehicle"),
)


def plan_rows(hot_spot: str) -> Iterable[Mapping[str, object]]:
    """Fix two projects before their start, as `mtf-eval plan` would have."""
    told = {str(row[0]): row for row in project_rows(hot_spot)}
    for project, buffer, months, cost, fixed_on in (
        ("EX01", lsoas(16, 17, 18), 12, 45_000, date(2023, 8, 21)),
        ("EX10", (), 9, 26_000, date(2024, 12, 16)),
    ):
        row = told[project]
        own = [m for m in MEASURES if m[0] == project]
        target = lsoas(11, 12, 13, 14, 15) if project == "EX01" else lsoas(25, 26, 27)
        yield {
            "project_id": project,
            "problem": row[3],
            "measures": "; ".join(m[1] for m in own),
            "aim": float(own[0][2]),
            "areas": "; ".join(target),
            "buffer": "; ".join(buffer),
            "start": date.fromisoformat(str(row[9])),
            "months": months,
            "design": "placebo",
            "unit_costs": "; ".join(m[3] for m in own),
            "cost_gbp": cost,
            "horizon_years": 5,
            "fixed_on": fixed_on,
        }


def cost_rows() -> Iterable[Sequence[object]]:
    """Cash and hours; one row an agency, item and quarter."""
    cash = (
        ("EX01", HOUSING, "Lighting and sight lines", "2023-10-16", 18500, "yes", 2),
        ("EX01", COUNCIL, "Youth provision, two evenings a week", "2023-10-30", 9600, "no", 2),
        ("EX02", COUNCIL, "Mobile camera hire", "2024-01-22", 7200, "no", 2),
        ("EX03", HOUSING, "Door sets and locks, 140 homes", "2023-11-20", 31000, "yes", 1),
        ("EX03", COUNCIL, "Path lighting", "2023-12-11", 8400, "yes", 2),
        ("EX04", COUNCIL, "Car park cameras and barriers", "2024-01-15", 16800, "yes", 2),
        ("EX05", OASIS, "Drop-in rent and running costs", "2023-09-18", 6200, "no", 3),
        ("EX05", COUNTY, "Training for front-line staff", "2023-10-09", 3400, "no", 3),
        ("EX06", COUNTY, "Underpass mirrors and paint", "2024-02-19", 2900, "yes", 2),
        ("EX07", COUNCIL, "Seasonal wardens", "2024-08-12", 11200, "no", 3),
        ("EX08", HOUSING, "Alley gates", "2024-01-29", 12400, "yes", 1),
        ("EX09", COUNTY, "Lead worker, first year", "2023-04-17", 46500, "no", 2),
        ("EX09", COUNTY, "Lead worker, second year", "2024-04-15", 48200, "no", 2),
        ("EX09", NHS, "Family group sessions", "2023-06-12", 5200, "no", 3),
        ("EX11", COUNCIL, "Bin stores", "2024-01-22", 8800, "yes", 2),
        ("EX12", COUNCIL, "Lamps on the promenade", "2024-01-29", 14200, "yes", 2),
    )
    hours = (
        ("EX01", POLICE, "Patrol and problem-solving officer", 260, 38.43, 4),
        ("EX01", COUNCIL, "Community safety officer", 160, 27.60, 4),
        ("EX01", COUNTY, "Youth worker", 90, 26.20, 4),
        ("EX02", POLICE, "Directed patrol", 210, 30.41, 4),
        ("EX03", POLICE, "Crime prevention visits", 120, 30.41, 3),
        ("EX04", POLICE, "Car park patrol", 140, 30.41, 4),
        ("EX05", OASIS, "Outreach worker", 230, 24.80, 3),
        ("EX06", POLICE, "College liaison", 60, 38.43, 4),
        ("EX07", POLICE, "Evening patrol", 130, 30.41, 4),
        ("EX08", COUNCIL, "Clearance crew", 90, 22.50, 3),
        ("EX09", NHS, "Health visitor", 140, 41.00, 3),
        ("EX11", FIRE, "Home and street visits", 150, 29.70, 3),
        ("EX12", COUNCIL, "Street care officer", 60, 27.60, 4),
    )
    starts = {e[0]: e[4] for e in EFFECTS} | {
        "EX02": "2024-01",
        "EX09": "2023-04",
        "EX12": "2024-01",
    }
    for project, agency, item, day, amount, capital, grade in cash:
        yield project, agency, item, day, "cash", amount, "", "", capital, grade
    for project, agency, item, quantity, rate, grade in hours:
        first = MONTHS.index(starts[project])
        for quarter in range(2 if project == "EX07" else 4):
            day = f"{MONTHS[min(first + 3 * quarter, len(MONTHS) - 1)]}-28"
            yield (
                project,
                agency,
                item,
                day,
                "in_kind",
                "",
                quantity // 4,
                f"{rate:.2f}",
                "no",
                grade,
            )


OUTCOMES = (
    ("EX09", "child_protection_plan_year", 14, 0.45, 0.25, 0.80, 0, 2, 0.30, 3),
    ("EX09", "child_in_need_year", 22, 0.35, 0.25, 0.80, 0, 2, 0.30, 4),
    ("EX05", "domestic_abuse_victim", 31, 0.20, 0.30, 0.60, 0, 1, 0.00, 5),
    ("EX09", "jsa_claimant_into_work", 6, 0.40, 0.35, 0.50, 1, 2, 0.40, 5),
)


ACTIONS = (
    ("EX01", "Light the square and cut back hedges", "More can see and be seen", HOUSING, 1),
    ("EX01", "Youth evenings twice a week", "Somewhere else to be", COUNCIL, 2),
    ("EX01", "Foot patrol at the hours named by residents", "Risk of being caught", POLICE, 3),
    ("EX01", "Acceptable behaviour contracts, four", "Rules are known", COUNCIL, 4),
    ("EX01", "Shop watch and a shared radio", "Guardians act together", POLICE, 5),
    ("EX02", "Mobile camera", "Risk of being caught", COUNCIL, 1),
    ("EX02", "Directed patrol", "Risk of being caught", POLICE, 2),
    ("EX03", "New door sets in 140 homes", "Harder to get in", HOUSING, 1),
    ("EX03", "Light the rear paths", "More can see and be seen", COUNCIL, 2),
    ("EX03", "Crime prevention visits", "Residents lock and mark", POLICE, 4),
    ("EX04", "Barriers and cameras in the car parks", "Harder to get in", COUNCIL, 1),
    ("EX04", "Patrol on market days", "Risk of being caught", POLICE, 3),
    ("EX05", "Drop-in on the estate", "Reporting is easy and safe", OASIS, 1),
    ("EX05", "Train front-line staff to ask", "Staff know the signs", COUNTY, 3),
    ("EX05", "Home visits after a report", "Victims are believed", POLICE, 5),
    ("EX06", "Mirrors, paint and lamps in the underpass", "More can see and be seen", COUNTY, 1),
    ("EX06", "College safety talks", "Victims avoid the hour", POLICE, 3),
    ("EX07", "Seasonal wardens", "Guardians at hand", COUNCIL, 1),
    ("EX07", "Fire-safe barbecue places", "Somewhere else to be", FIRE, 2),
    ("EX07", "Outreach to street drinkers", "Causes are met", NHS, 6),
    ("EX08", "Alley gates", "Harder to get in", HOUSING, 1),
    ("EX08", "Fortnightly clearance", "Rubbish does not draw rubbish", COUNCIL, 2),
    ("EX09", "Lead worker for fourteen families", "One person holds the plan", COUNTY, 1),
    ("EX09", "Family group sessions", "Kin keep the plan", NHS, 4),
    ("EX10", "Survey of the garage courts", "Analysis before response", POLICE, 1),
    ("EX11", "Lockable bin stores", "Nothing to light", COUNCIL, 1),
    ("EX11", "Street visits by the crew", "Neighbours report early", FIRE, 3),
    ("EX12", "Lamps from the promenade to the car parks", "More can see and be seen", COUNCIL, 1),
)  # fmt: skip
PRIORITIES = (
    ("POL-1", POLICE, "Keep neighbourhoods safe"),
    ("POL-2", POLICE, "Protect people from exploitation and abuse"),
    ("DC-1", COUNCIL, "Clean and safe streets"),
    ("DC-2", COUNCIL, "Prevent homelessness"),
    ("CC-1", COUNTY, "Children stay safely with their families"),
    ("FRS-1", FIRE, "Fewer deliberate fires"),
    ("NHS-1", NHS, "Reduce inequalities in health"),
    ("HA-1", HOUSING, "Homes and estates people want to live in"),
)
CRITERIA = (
    ("Drug and alcohol issues", 0.10),
    ("Physical and mental health conditions", 0.32),
    ("Social issues", 0.45),
    ("Criminal activity or association", 0.12),
    ("Risk or harm", 0.22),
)
QUESTIONS = (
    ("Q1", "How safe do you feel outside here after dark?",
     "Very unsafe; Fairly unsafe; Neither; Fairly safe; Very safe", "high"),
    ("Q2", "How much of a problem are people being noisy or rowdy here?",
     "A very big problem; A fairly big problem; Not a very big problem; Not a problem at all",
     "high"),
    ("Q3", "The agencies here deal with the things that matter to people",
     "Strongly disagree; Disagree; Neither; Agree; Strongly agree", "high"),
    ("Q4", "Have you avoided going out here in the last three months?", "No; Yes", "low"),
)  # fmt: skip
# project, wave, respondents, day, tilt of the answers towards the high end of each scale
WAVES = (
    ("EX01", "entry", 148, "2023-08-14", -0.35),
    ("EX01", "exit", 131, "2024-10-14", 0.45),
    ("EX06", "entry", 12, "2024-01-22", -0.30),
    ("EX06", "exit", 9, "2024-12-09", 0.10),
    ("EX07", "entry", 84, "2024-07-15", -0.20),
)


def day_after(day: str, days: int) -> str:
    """Return an ISO day some days later."""
    return (date.fromisoformat(day) + timedelta(days=int(days))).isoformat()


def action_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return the actions: due in the order of the response, some late, some not done."""
    starts = {e[0]: f"{e[4]}-01" for e in [*EFFECTS, PROMENADE]}
    starts |= {"EX02": "2024-01-01", "EX09": "2023-04-01", "EX10": "2024-11-01"}
    codes: dict[str, list[str]] = {}
    for code, agency, _ in PRIORITIES:
        codes.setdefault(agency, []).append(code)
    for number, (project, what, how, agency, month) in enumerate(ACTIONS, 1):
        due = day_after(starts[project], 30 * month)
        done, status = day_after(due, rng.integers(-20, 25)), "completed"
        if project in ("EX07", "EX10") and month > 1:
            done, status = "", "in_progress"
        elif project == "EX06" and month > 1:
            done, status = "", "stopped"
        elif done > "2024-12-31":
            done, status = "", "planned"
        served = sorted({rng.choice(codes.get(agency, ["DC-1"])), *codes.get(agency, [])[:1]})
        yield (
            f"A{number:03d}", project, what, how, agency, due, done, status, ";".join(served),
        )  # fmt: skip


def delivery_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return the two-weekly updates of three providers: one good, one slipping, one silent."""
    providers = (
        ("EX01", "Harbour Youth Trust", "youth sessions", "2023-10-16", 24, 4, 0.97, 0.02),
        ("EX04", "Coast Security", "patrol hours", "2024-01-15", 24, 20, 0.72, 0.15),
        ("EX07", "Quayside Outreach", "outreach contacts", "2024-08-12", 10, 15, 0.60, 0.40),
    )
    for project, provider, what, first, updates, agreed, kept, silent in providers:
        for n in range(updates):
            due = day_after(first, 14 * n)
            missed = rng.random() < silent
            came = "" if missed else day_after(due, rng.integers(0, 5))
            delivered = "" if missed else int(rng.binomial(agreed, kept))
            yield project, provider, due, came, what, agreed, delivered


def referral_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return about 220 referrals a year for two years, and the home security stream."""
    agencies = (POLICE, HOUSING, NHS, COUNTY, FIRE, OASIS, COUNCIL, JOBS)
    shares = np.array([0.26, 0.18, 0.16, 0.14, 0.08, 0.06, 0.07, 0.05])
    wards = ("Harbour", "Northgate", "Seafront", "Weavers", "Quayside", "Hillside")
    number = 0
    for year, expected in ((2023, 205), (2024, 232)):
        days = np.sort(rng.integers(0, 365, rng.poisson(expected)))
        for offset in days:
            number += 1
            received = day_after(f"{year}-01-01", offset)
            home = rng.random() < 0.22
            agency = OASIS if home and rng.random() < 0.5 else str(rng.choice(agencies, p=shares))
            decision = str(
                rng.choice(("accepted", "rejected", "sara"), p=(0.95, 0.05, 0.0))
                if home
                else rng.choice(("accepted", "rejected", "sara"), p=(0.69, 0.29, 0.02))
            )
            if received > "2024-12-15" and rng.random() < 0.4:
                decision = "pending"
            themes = [name for name, share in CRITERIA if rng.random() < share]
            status = closed = ""
            if decision == "accepted":
                finished = day_after(received, 10 + int(rng.gamma(2.0, 25.0)))
                done = finished <= "2024-12-31"
                status, closed = ("completed", finished) if done else ("ongoing", "")
            yield (
                f"R{year}-{number:04d}", received, agency, decision, status, closed,
                "" if home else ";".join(themes or ["Social issues"]),
                "home_security" if home else "core", str(rng.choice(wards)),
                str(rng.choice(("high", "medium", "low"), p=(0.45, 0.35, 0.2))) if home else "", "",
            )  # fmt: skip


def with_decisions(
    rng: np.random.Generator, rows: Iterable[Sequence[object]]
) -> Iterable[Sequence[object]]:
    """Put the day of the decision after each decision: most within a week, some after weeks."""
    for number, received, agency, decision, status, closed, *rest in rows:
        days = int(rng.gamma(1.3, 6.0))
        latest = str(closed) or "2024-12-31"
        decided = "" if decision == "pending" else min(day_after(str(received), days), latest)
        yield number, received, agency, decision, decided, status, closed, *rest


def activity_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return safe and well visits by quarter, domestic abuse visits, and priorities fulfilled."""
    for year in (2023, 2024):
        whole = (f"{year}-01-01", f"{year}-12-31")
        for quarter in range(4):
            first = f"{year}-{3 * quarter + 1:02d}-01"
            last = f"{year}-{('03-31', '06-30', '09-30', '12-31')[quarter]}"
            n = int(rng.poisson(58 + 6 * (quarter in (0, 3))))
            yield "safe_and_well", "visits", "", "", first, last, n, "yes", f"{year}-12-31"
        for measure, n in (("additional_visits", 14 + year % 5), ("visits", 52 + year % 7)):
            yield "domestic_abuse_visits", measure, "", "high", *whole, n, "yes", f"{year}-12-31"
        for code, agency, _ in PRIORITIES:
            n = int(rng.poisson(22))
            yield "agency_priorities", "fulfilled", agency, code, *whole, n, "no", f"{year}-12-31"


def response_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return the answers of the survey waves, a person a number of the wave."""
    for project, wave, people, first, tilt in WAVES:
        for person in range(1, people + 1):
            mood = rng.normal(tilt, 1.0)
            day = day_after(first, rng.integers(0, 12))
            channel = str(rng.choice(("doorstep", "online"), p=(0.7, 0.3)))
            for question, _, scale, favourable in QUESTIONS:
                if rng.random() < 0.04:
                    continue
                answers = [a.strip() for a in scale.split(";")]
                lean = mood if favourable == "high" else -mood
                place = 1 / (1 + np.exp(-(0.9 * lean + rng.normal(0, 0.7))))
                answer = answers[min(int(place * len(answers)), len(answers) - 1)]
                number = f"{project}-{wave}-{person:03d}"
                yield project, wave, day, question, answer, number, channel, ""


def step_rows(rng: np.random.Generator) -> Iterable[Sequence[object]]:
    """Return families and people on their way down two ladders; some go up again."""
    ladders = (
        ("EX09", "children",
         ("child_protection_plan", "child_in_need", "team_around_the_family", "closed"), 14, 0.85),
        ("", "housing", ("rough_sleeping", "temporary_accommodation", "tenancy"), 9, 0.75),
    )  # fmt: skip
    number = 0
    for project, domain, ladder, cases, onward in ladders:
        for _ in range(cases):
            number += 1
            place, day = 0, day_after("2023-04-10", rng.integers(0, 150))
            while day <= "2024-12-31":
                yield f"C{number:03d}", project, domain, day, ladder[place]
                if place == len(ladder) - 1:
                    break
                place = place + 1 if rng.random() < onward else max(0, place - 1)
                day = day_after(day, 60 + int(rng.gamma(3.0, 35.0)))


STORY = (
    "S001", "EX09", "yes", "lead worker, County Council", "service manager, County Council",
    "2024-10-15", "a young mother; her two children; their lead worker",
    "The children were on a child protection plan for the second time in a year. Three services "
    "called on different days, rent was owed, and the mother opened the door to none.",
    "One lead worker came every week and brought the others along. The housing association took "
    "the rent in small sums; the health visitor and the school met at the kitchen table.",
    "After seven months the plan was no longer needed. The rent is paid, the children are at "
    "school every day, and the mother rings the lead worker before things go wrong.",
    "children", "child_protection_plan; child_in_need; team_around_the_family",
)  # fmt: skip


def point_rows(
    rng: np.random.Generator, recorded: dict[str, np.ndarray]
) -> Iterable[Sequence[object]]:
    """Return map points for Harbour Square and around it, out at sea where nobody lives."""
    places = [AREAS.index(a) for a in lsoas(11, 12, 13, 14, 15, 16, 17, 18)]
    rng.uniform(size=2 * len(places))  # once the middles: what follows is drawn as before
    spots = centres()[places][:, None, :] + rng.normal(0, 0.0011, (len(places), 6, 2))
    first = MONTHS.index("2022-10")
    for m in range(first, first + 24):
        for p, area in enumerate(places):
            weights = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
            shares = rng.multinomial(recorded[ASB][area, m], weights)
            for spot, n in zip(spots[p], shares, strict=True):
                if n:
                    yield MONTHS[m], f"{spot[0]:.5f}", f"{spot[1]:.5f}", ASB, int(n), "EX01"


FUNDING = (
    ("B01", "EX01", "Safer Places Fund", "2023-07-03", "awarded", "2023-09-04", 32000, 28000, 27650,
     "2024-12-20", ""),
    ("B02", "EX03", "Housing Improvement Fund", "2023-08-07", "part_awarded", "2023-10-16", 60000,
     40000, 39400, "2025-01-31", ""),
    ("B03", "EX05", "Victims' Fund", "2023-06-05", "awarded", "2023-08-14", 12000,
     12000, 9600, "2024-11-29", "2024-11-27"),
    ("B04", "EX06", "Young People's Fund", "2024-01-08", "refused", "2024-03-11", 15000, "", "",
     "", ""),
    ("B05", "EX07", "Coastal Towns Fund", "2024-05-20", "awarded", "2024-07-22", 22000, 18000, 7300,
     "2025-06-30", ""),
    ("B06", "EX10", "Safer Places Fund", "2024-11-18", "submitted", "", 26000, "", "", "", ""),
    ("B07", "", "Community Lottery", "2024-02-12", "withdrawn", "", 9000, "", "", "", ""),
)  # fmt: skip
ABOUT = (
    ("title", "Saltmere Multi-agency Task Force (illustrative)"),
    ("publisher", "Saltmere Multi-agency Task Force, which does not exist"),
    ("area", "Saltmere and Oldhaven, two districts that do not exist"),
    ("description",
     "A made-up partnership for trying the workbench: 120 areas over 36 months and twelve projects "
     "whose true effect is known and written down in truth.csv"),
    ("illustrative", "yes"),
    ("source", "Generated by data/example/generate.py from a fixed seed; no record is real"),
    ("licence", "As the rest of this repository"),
    ("as_at", "2024-12-31"),
)  # fmt: skip


def write(folder: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write one table as CSV."""
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(folder: Path) -> None:
    """Write every table into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    streams = np.random.default_rng(SEED).spawn(8)
    without = counts_without(streams[0])
    recorded = with_projects(streams[1], without)
    hot_spot = bad_year(recorded)
    write(folder, "incidents", ("month", "area_code", "measure", "count"), incident_rows(recorded))
    rows = ((*row, *EMMIE.get(str(row[0]), ("", ""))) for row in project_rows(hot_spot))
    write(folder, "projects", PROJECT_COLUMNS, rows)
    fix(folder / "plans.csv", plan_rows(hot_spot))
    write(
        folder, "project_areas", ("project_id", "area_code", "role", "population"),
        area_rows(streams[2], hot_spot),
    )  # fmt: skip
    write(folder, "area_names", ("area_code", "area_name"), sorted(NAMES.items()))
    write(
        folder, "project_measures", ("project_id", "measure", "target_change", "unit_cost_code"),
        MEASURES,
    )  # fmt: skip
    write(
        folder, "costs",
        ("project_id", "agency", "item", "date", "kind", "amount_gbp", "hours", "rate_gbp",
         "capital", "evidence_grade"),
        cost_rows(),
    )  # fmt: skip
    write(
        folder, "outcomes",
        ("project_id", "unit_cost_code", "people", "impact", "deadweight", "attribution",
         "lag_years", "years", "drop_off", "evidence_grade"),
        OUTCOMES,
    )  # fmt: skip
    write(
        folder, "truth",
        ("project_id", "measure", "true_rate_ratio", "expected_without", "observed", "avoided",
         "before_first", "before_last", "after_first", "after_last", "note"),
        truth(hot_spot, without, recorded),
    )  # fmt: skip

    columns = ("action_id", "project_id", "description", "mechanism", "agency", "due", "completed")
    write(
        folder, "actions", (*columns, "status", "priority_codes"), action_rows(streams[3])
    )  # fmt: skip
    write(
        folder, "deliveries",
        ("project_id", "provider", "due", "reported", "activity", "agreed", "delivered"),
        delivery_rows(streams[4]),
    )  # fmt: skip
    write(folder, "agency_priorities", ("code", "agency", "priority"), PRIORITIES)
    write(
        folder, "referrals",
        ("referral_id", "received", "agency", "decision", "decided", "status", "closed", "criteria",
         "stream", "ward", "risk", "project_id"),
        with_decisions(np.random.default_rng((SEED, 8)), referral_rows(streams[5])),
    )  # fmt: skip
    write(
        folder, "activity",
        ("block", "measure", "agency", "category", "period_start", "period_end", "count",
         "counts_people", "as_at"),
        activity_rows(streams[6]),
    )  # fmt: skip
    surveys, cases, points = streams[7].spawn(3)
    write(folder, "survey_questions", ("question_id", "text", "scale", "favourable"), QUESTIONS)
    write(
        folder, "survey_responses",
        ("project_id", "wave", "date", "question_id", "answer", "respondent_id", "channel",
         "weight"),
        response_rows(surveys),
    )  # fmt: skip
    write(
        folder, "case_steps", ("case_id", "project_id", "domain", "date", "step"), step_rows(cases)
    )  # fmt: skip
    write(
        folder, "case_stories",
        ("story_id", "project_id", "consent", "author", "signed_off_by", "signed_off_on", "roles",
         "before", "done", "after", "domain", "steps"),
        [STORY],
    )  # fmt: skip
    write(
        folder, "area_boundaries", ("area_code", "ring", "point", "lon", "lat"), boundary_rows()
    )  # fmt: skip
    write(
        folder, "incident_points", ("month", "lon", "lat", "measure", "count", "project_id"),
        point_rows(points, recorded),
    )  # fmt: skip
    write(
        folder, "funding",
        ("bid_id", "project_id", "funder", "submitted", "status", "decided", "requested_gbp",
         "awarded_gbp", "spent_gbp", "report_due", "report_sent"),
        FUNDING,
    )  # fmt: skip
    write(folder, "about", ("key", "value"), ABOUT)
    agencies = (POLICE, COUNCIL, COUNTY, FIRE, HOUSING, NHS, OASIS, JOBS)
    write(folder, "aliases", ("alias", "name", "scope"), [(a, a, "agency") for a in agencies])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
