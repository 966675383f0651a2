"""Tables of places: incidents, map points, outlines and names of areas."""

from __future__ import annotations

from mtf_eval.records.schema import EVERY_MONTH, table
from mtf_eval.records.schema import column as c

INCIDENTS = table(
    "incidents",
    "Recorded incidents by area and month; summed to one row per month, area and measure. "
    "A folder police_uk, as downloaded from data.police.uk, may stand in its place.",
    {
        "month": c("month", "Month; or give the date", past=True),
        "date": c("date", "Day, with its time where known; or give the month", past=True),
        "area_code": c("area", "Area, such as an LSOA", required=True),
        "measure": c("measure", "Kind of incident", required=True),
        "count": c("whole", "Number; without this column each row is one", low=0),
        "source": c("text", "Who recorded it, where there are several, such as a force"),
        "area_name": c("text", "Name of the area, said beside the code"),
        "time": c("time", "Time of day, or the earliest it may have been"),
        "date_to": c("date", "Last day it may have been, where only a span is known"),
        "time_to": c("time", "Latest time of day it may have been"),
    },
    event="month",
    either=("month", "date"),
    marks=(EVERY_MONTH,),
)
#: Columns that are gone once names and hours have been taken from them.
APART = ("area_name", "time", "date_to", "time_to")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
INCIDENT_HOURS = table(
    "incident_hours",
    "Incidents by hour of the week, for the picture of it only; made from the times in incidents, "
    "one of a span spread evenly over its hours, or given in their place.",
    {
        "month": c("month", "Month", required=True),
        "area_code": c("area", "Area, as in incidents", required=True),
        "measure": c("measure", "Kind of incident", required=True),
        "weekday": c("choice", "Day; empty where 00:00 stands for not known", allowed=WEEKDAYS),
        "hour": c("whole", "Hour it began in; empty where the day is", low=0, high=23),
        "count": c("number", "Number; parts of one where a span is known", required=True, low=0),
    },
    event="month",
)
INCIDENT_POINTS = table(
    "incident_points",
    "Anonymised map points, for the map only.",
    {
        "month": c("month", "Month", required=True),
        "lon": c("number", "Longitude, degrees east", required=True, low=-180, high=180),
        "lat": c("number", "Latitude, degrees north", required=True, low=-90, high=90),
        "measure": c("measure", "Kind of incident", required=True),
        "count": c("whole", "Number; without this column each row is one", low=0),
        "project_id": c("id", "Project whose map it is; empty for any"),
    },
    event="month",
)
AREA_BOUNDARIES = table(
    "area_boundaries",
    "Outlines of areas, for the map only; a file boundaries.geojson may stand in its place.",
    {
        "area_code": c("area", "Area, as in project_areas", required=True),
        "ring": c("whole", "Number of the outline", required=True, low=1),
        "point": c("whole", "Number of the corner", required=True, low=1),
        "lon": c("number", "Longitude, degrees east", required=True, low=-180, high=180),
        "lat": c("number", "Latitude, degrees north", required=True, low=-90, high=90),
    },
    key=("area_code", "ring", "point"),
)
AREA_NAMES = table(
    "area_names",
    "Names of areas, said beside their codes. They are also taken from the columns area_name, from "
    "the names in boundaries.geojson and lsoa_lookup.csv, and from records of data.police.uk.",
    {
        "area_code": c("area", "Area, as in incidents", required=True),
        "area_name": c("text", "Its name", required=True),
    },
    key=("area_code",),
)
