"""Look-ups of `rail` that answer while somebody looks at a map: times from a place, all times, journeys, lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Input, Query
from xietong.core.errors import UsageError
from xietong.core.text import T
from xietong.workstreams._tables import records
from xietong.workstreams.rail.network import Grid, Railway, select

if TYPE_CHECKING:
    from xietong.travel.journeys import Leg

DAY_MIN = 1440
MAX_RIDES = 6
"""Rides of a journey that is told train by train; times themselves know no limit."""

ORIGIN = Input(T("出发地", "origin"), "area", level="place")
DESTINATION = Input(T("目的地", "destination"), "area", level="place")
DEPARTURE = Input(T("最早出发(零点起分钟)", "earliest departure (minutes after midnight)"), "integer", "min", 0, 1439, 480)
WINDOW = Input(T("出发时段长度", "length of the departure window"), "integer", "min", 1, 960, 60)
SPELL = Input(WINDOW.title, "integer", "min", 1, 360, 60)
PERCENTILE = Input(T("时段内的百分位", "percentile over the window"), "number", "percent", 0, 100, 50)


def _same_day(departure_min: int, window_min: int) -> None:
    """A timetable holds one day: what leaves after midnight would look as if nothing ran."""
    if departure_min + window_min > DAY_MIN:
        raise UsageError(
            f"departure_min + window_min is {departure_min + window_min}; a timetable holds one day, so the window must end by {DAY_MIN} (midnight)"
        )


def time_map(data: Data, origin: str, departure_min: int, window_min: int, percentile: float) -> dict[str, Any]:
    """Minutes from a place to every place, and whether rail is quicker than road there."""
    _same_day(departure_min, window_min)
    railway = Railway(data, Grid(data))
    row = data.areas.positions([origin])
    minutes, _ = railway.times(departure_min, window_min, (percentile,), row)
    whole = np.floor(minutes[0, :, 0] + 0.5).astype(int)
    return {"place": list(data.areas.places), "minutes": whole, "rail": (minutes[0, :, 0] < railway.direct[row[0]] / 60).astype(int)}


def matrix(data: Data, departure_min: int, window_min: int, percentile: float) -> dict[str, Any]:
    """Whole minutes from all places (rows) to all places, and one string of 0 (road) and 1 (rail) a row."""
    _same_day(departure_min, window_min)
    railway = Railway(data, Grid(data))
    minutes, _ = railway.times(departure_min, window_min, (percentile,))
    rail = np.where(minutes[:, :, 0] < railway.direct / 60, "1", "0")
    return {"place": list(data.areas.places), "minutes": np.floor(minutes[:, :, 0] + 0.5).astype(int), "rail": ["".join(row) for row in rail]}


def journeys(data: Data, origin: str, destination: str, departure_min: int, window_min: int) -> dict[str, Any]:
    """The journeys by rail of the window that neither another (later departure, earlier arrival, fewer trains) nor the road
    beats, each with its legs, and how long the road takes.

    Times are minutes after midnight; a way by road begins or ends at the door and holds the time that the station takes.
    """
    from xietong.kernels.timetable import FAR
    from xietong.travel.asking import window
    from xietong.travel.journeys import pareto

    _same_day(departure_min, window_min)
    railway = Railway(data, Grid(data))
    start, end = (int(data.areas.positions([area])[0]) for area in (origin, destination))
    limit = min(2 * DAY_MIN - DAY_MIN // 2 - departure_min - window_min, DAY_MIN)  # a day and a half is what a timetable holds
    asked = window(departure_min, window_min, (), MAX_RIDES, limit)
    # The road is open at every minute: it is told once, and a journey by rail has to be quicker.
    road = int(railway.direct[start, end])
    nowhere = np.full((1, 1), FAR, np.int32)
    found = pareto(railway.network, asked, select(railway.access, np.array([start])), select(railway.egress, np.array([end])), nowhere)
    found = [one for one in found if one.arrival_s - one.departure_s < road]
    names = _names(railway, origin, destination)
    rows = [_leg(number, leg, names) for number, one in enumerate(found, 1) for leg in one.legs]
    heads = [
        {
            "journey": number,
            "departure_min": _minutes(one.departure_s),
            "arrival_min": _minutes(one.arrival_s),
            "minutes": round(one.minutes, 2),
            "trains": one.rides,
        }
        for number, one in enumerate(found, 1)
    ]
    return {"road_min": _minutes(road), "journeys": _columns(heads), "legs": _columns(rows)}


def lines(data: Data) -> dict[str, Any]:
    """The lines with their stations, to be drawn: status, whether they are built, and points in order."""
    stops = data["rail_line_stops"]
    # A line begins where its first own leg does: what lies before is another line, on which its trains run.
    after = stops["own"].shift(-1).where(stops["line"] == stops["line"].shift(-1))
    stops = stops[(after >= 0.5) | ((stops["own"] >= 0.5) & stops["line"].duplicated())]
    stops = stops.merge(data["rail_stations"], on="station").sort_values(["line", "seq"], kind="stable")
    points = {line: part[["lon", "lat"]].round(5).to_numpy().tolist() for line, part in stops.groupby("line", sort=True)}
    names = {line: part["station"].tolist() for line, part in stops.groupby("line", sort=True)}
    return {
        "lines": [
            {
                **{name: row[name] for name in ("line", "name_zh", "name_en", "status", "opened", "length_km", "design_speed_kmh", "trains_a_day")},
                "note_zh": row["note_zh"], "note_en": row["note_en"],
                "built": bool(row["built"] >= 0.5), "stations": names.get(row["line"], []), "points": points.get(row["line"], []),
            }
            for row in records(data["rail_lines"])
        ]
    }  # fmt: skip


def _names(railway: Railway, origin: str, destination: str) -> dict[str, dict[str, T]]:
    """Titles by what a leg names: stations, the two ends ("from", "to"), and lines that are not in the timetable."""
    frame, areas = railway.grid.stations, railway.data.areas.by_id
    stations = {one: T(zh, en) for one, zh, en in zip(frame["station"], frame["name_zh"], frame["name_en"], strict=True)}
    added = {f"{row['line']}{back}": T(row["name_zh"], row["name_en"]) for row in railway.added for back in ("", " back")}
    return {"stations": stations, "ends": {"from": areas[origin].title, "to": areas[destination].title}, "trains": added}


def _leg(number: int, leg: Leg, names: dict[str, dict[str, T]]) -> dict[str, Any]:
    start = names["stations"].get(leg.origin, names["ends"]["from"])
    end = names["stations"].get(leg.destination, names["ends"]["to"])
    train = names["trains"].get(leg.name, T(leg.name, leg.name))
    return {
        "journey": number, "mode": "rail" if leg.kind == "ride" else "road", "origin_zh": start.zh, "origin_en": start.en,
        "destination_zh": end.zh, "destination_en": end.en, "departure_min": _minutes(leg.departure_s), "arrival_min": _minutes(leg.arrival_s),
        "train_zh": train.zh, "train_en": train.en, "origin": leg.origin, "destination": leg.destination,
    }  # fmt: skip


def _minutes(seconds: int) -> float:
    return round(seconds / 60, 2)


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as columns and rows, as tables are served."""
    names = list(rows[0]) if rows else []
    return {"columns": names, "rows": [[row[name] for name in names] for row in rows]}


USES = (
    "rail_stations", "timetables", "trains", "train_stops", "rail_lines", "motorways", "road", "rules.crosses", "rules.recognised", "rules.through",
    *(f"params.{name}" for name in ("access_max_min", "board_min", "leave_min", "transfer_max_min", "change_min", "recheck_min", "ticket_min")),
)  # fmt: skip
"""What a time from door to door rests on."""

ASKED = {"departure_min": DEPARTURE, "window_min": WINDOW}
QUERIES = {
    "time_map": Query(
        T("从一地到各地的时间", "Times from one place"), {"origin": ORIGIN, **ASKED, "percentile": PERCENTILE}, time_map, USES, {"minutes": "min", "rail": "flag"}
    ),
    "matrix": Query(T("各地之间的时间", "Times between all places"), {**ASKED, "percentile": PERCENTILE}, matrix, USES, {"minutes": "min"}),
    "journeys": Query(
        T("行程与车次", "Journeys and trains"), {"origin": ORIGIN, "destination": DESTINATION, **ASKED, "window_min": SPELL}, journeys, USES,
        {"road_min": "min", "departure_min": "min", "arrival_min": "min", "minutes": "min"},
    ),
    "lines": Query(T("线路图", "Lines to be drawn"), {}, lines, ("rail_stations", "rail_lines", "rail_line_stops"), {"length_km": "km", "design_speed_kmh": "km/h", "trains_a_day": "trips/day"}),
}  # fmt: skip
