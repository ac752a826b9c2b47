"""The trips of one GTFS feed that run about one day: those of the day, of the nights before, of the morning after; headways made runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xietong.io._gtfs_calls import Calls, clocks
from xietong.io._gtfs_files import Faults, Source, positions, repeats, unique_ids
from xietong.io.gtfs_calendar import Calendar

DAY_S = 86_400
MORNING_S = 43_200


@dataclass(frozen=True)
class Trips:
    """trips.txt in the order of the ids. ``service`` is a position in the calendar."""

    id: np.ndarray
    name: np.ndarray
    service: np.ndarray

    @property
    def at(self) -> dict[str, int]:
        """Position of each id."""
        return {trip: position for position, trip in enumerate(self.id.tolist())}


@dataclass(frozen=True)
class Headways:
    """frequencies.txt: a run of ``trip`` every ``headway`` seconds from ``start`` (inclusive) to ``end`` (exclusive)."""

    trip: np.ndarray
    start: np.ndarray
    end: np.ndarray
    headway: np.ndarray

    def runs(self) -> np.ndarray:
        """Number of runs of each row."""
        return np.asarray(-((self.start - self.end) // self.headway), dtype=np.int64)


@dataclass(frozen=True)
class Runs:
    """Vehicles on their way: a trip of the feed, moved by ``shift`` seconds."""

    id: np.ndarray
    trip: np.ndarray
    shift: np.ndarray


def read_trips(source: Source, calendar: Calendar | None, faults: Faults) -> Trips | None:
    """trips.txt with the names that passengers know; None where it cannot be read."""
    sheet = source.sheet("trips.txt", ("trip_id", "route_id", "service_id"), ("trip_short_name",), faults)
    routes = source.sheet("routes.txt", ("route_id",), ("route_short_name",), faults)
    if sheet is None:
        return None
    ids = unique_ids(sheet, "trip_id", faults)
    short = np.full(len(sheet), "", dtype=object)
    if routes is not None:
        route_ids = unique_ids(routes, "route_id", faults)
        route = positions(sheet["route_id"], {name: number for number, name in enumerate(route_ids.tolist())})
        faults.rows(sheet, "route_id", route < 0, "route {route_id!r} is not in routes.txt", "Add the route, or correct the id.")
        short = routes["route_short_name"].texts()[route]
    service = np.zeros(len(sheet), dtype=np.int32)
    if calendar is not None:
        service = positions(sheet["service_id"], {name: number for number, name in enumerate(calendar.service.tolist())})
        faults.rows(
            sheet,
            "service_id",
            service < 0,
            "service {service_id!r} is in neither calendar.txt nor calendar_dates.txt",
            "Add its days, or correct the id.",
        )
    own = sheet["trip_short_name"].texts()
    name = np.where(own != "", own, np.where(short != "", short, ids))
    order = np.argsort(ids, kind="stable")
    return Trips(ids[order], name[order], service[order])


def read_headways(source: Source, trip_at: dict[str, int] | None, faults: Faults) -> Headways:
    """frequencies.txt, or nothing where it is absent. Windows of a trip that overlap are a fault: the same run would be twice there."""
    required = ("trip_id", "start_time", "end_time", "headway_secs")
    sheet = source.sheet("frequencies.txt", required, ("exact_times",), faults, needed=False)
    nothing = np.zeros(0, dtype=np.int64)
    if sheet is None or not len(sheet):
        return Headways(nothing, nothing, nothing, nothing)
    before = faults.count
    trip = positions(sheet["trip_id"], trip_at or {})
    if trip_at is not None:
        faults.rows(sheet, "trip_id", trip < 0, "trip {trip_id!r} is not in trips.txt", "Add the trip, or remove the row.")
    start, end = clocks(sheet, "start_time", faults, empty=False), clocks(sheet, "end_time", faults, empty=False)
    faults.rows(sheet, "end_time", (end <= start) & (end >= 0) & (start >= 0), "the window ends before it starts", "Hours go on to 24, 25 after midnight.")
    headway = sheet.numbers("headway_secs", faults)
    bad = (headway <= 0) | (headway % 1 > 0) | ~sheet["headway_secs"].filled()
    faults.rows(sheet, "headway_secs", bad, "headway {headway_secs!r} is not a number of seconds above 0", "Write whole seconds.")
    sheet.choice("exact_times", 1, faults)
    order = np.lexsort((start, trip))
    overlap = repeats(trip[order])
    overlap[1:] &= start[order][1:] < end[order][:-1]
    faults.rows(sheet, "start_time", order[overlap], "the window overlaps another one of the same trip", "End one where the next begins.")
    if faults.count > before or trip_at is None:
        return Headways(nothing, nothing, nothing, nothing)
    return Headways(trip[order].astype(np.int64), start[order].astype(np.int64), end[order].astype(np.int64), headway[order].astype(np.int64))


def runs_about(day: int, calendar: Calendar, trips: Trips, calls: Calls, headways: Headways) -> Runs:
    """The runs of a day, those of earlier days that are still on their way at midnight, those of the next day that leave before noon."""
    length = np.diff(calls.offsets)
    whole = length >= 2
    first, last = np.zeros(len(length), dtype=np.int64), np.zeros(len(length), dtype=np.int64)
    first[whole], last[whole] = calls.leave[calls.offsets[:-1][whole]], calls.arrive[calls.offsets[1:][whole] - 1]
    # Trips with headways: their times only say how long they take.
    number = headways.runs()
    repeated = np.repeat(np.arange(len(number)), number)
    turn = np.arange(len(repeated)) - np.repeat(np.cumsum(number) - number, number)
    start = headways.start[repeated] + turn * headways.headway[repeated]
    plain = np.setdiff1d(np.flatnonzero(whole), headways.trip)
    run = whole[headways.trip[repeated]]
    trip = np.concatenate([plain, headways.trip[repeated][run]])
    shift = np.concatenate([np.zeros(len(plain), dtype=np.int64), start[run] - first[headways.trip[repeated][run]]])
    ids = np.concatenate([trips.id[plain], [f"{trips.id[one]}@{_hms(at)}" for one, at in zip(headways.trip[repeated][run], start[run], strict=True)]])
    ids = ids.astype(object)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    latest = int((last[trip] + shift).max(initial=0))
    for delta in range(-max(latest // DAY_S, 1), 2):
        moved = shift + delta * DAY_S
        keep = calendar.active(day + delta)[trips.service[trip]]
        if delta < 0:
            keep &= last[trip] + moved >= 0
        elif delta > 0:
            keep &= first[trip] + moved < DAY_S + MORNING_S
        suffix = f" ({delta:+d})" if delta else ""
        parts.append((ids[keep] + suffix, trip[keep], moved[keep]))
    return Runs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def trips_by_service(trips: Trips, headways: Headways, services: int, whole: np.ndarray | None = None) -> np.ndarray:
    """Runs that each service makes on a day on which it runs; of the trips that ``whole`` marks only."""
    count = np.ones(len(trips.id), dtype=np.int64)
    count[headways.trip] = 0
    np.add.at(count, headways.trip, headways.runs())
    if whole is not None:
        count[~whole] = 0
    return np.bincount(trips.service, weights=count, minlength=services).astype(np.int64)


def _hms(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
