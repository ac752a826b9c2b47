"""stop_times.txt: the calls of every trip in order, checked, with times for the stops that have none."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from xietong.io._gtfs_files import Column, Faults, Sheet, Source, positions, repeats
from xietong.io._gtfs_stops import Stops
from xietong.kernels.sphere import great_circle_km, unit_vectors

UNTIMED = -1
UNREADABLE = -2
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
_SNAP = 6
"""Decimals of a second kept before rounding, so that a half second is one whatever the last bits of the distances are."""


@dataclass(frozen=True)
class Calls:
    """The calls of all trips of a feed: those of trip t are ``offsets[t]:offsets[t + 1]``. Seconds after midnight of the service day."""

    offsets: np.ndarray
    stop: np.ndarray
    arrive: np.ndarray
    leave: np.ndarray
    board: np.ndarray
    alight: np.ndarray


def clock(text: str) -> int:
    """H:MM:SS as seconds; ``UNTIMED`` where empty, ``UNREADABLE`` for anything else."""
    if not text:
        return UNTIMED
    match = _CLOCK.fullmatch(text)
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]) if match else UNREADABLE


def clocks(sheet: Sheet, name: str, faults: Faults, empty: bool = True) -> np.ndarray:
    """A column of times as seconds; what cannot be read (and what is empty, unless allowed) is a fault."""
    column = sheet[name]
    seconds = np.asarray(np.array([clock(value) for value in column.values], dtype=np.int32)[column.codes])
    bad = seconds == UNREADABLE if empty else seconds < 0
    faults.rows(sheet, name, bad, "{cell!r} is not a time", "Write H:MM:SS; after midnight hours go on to 24, 25.")
    return seconds


@dataclass
class _Rows:
    """stop_times.txt in the order of trips and stop_sequence; ``trip`` counts the file's own ids, dangling ones too."""

    sheet: Sheet
    row: np.ndarray
    trip: np.ndarray
    first: np.ndarray
    last: np.ndarray
    arrive: np.ndarray
    leave: np.ndarray


def read_calls(source: Source, trip_at: dict[str, int] | None, stops: Stops | None, faults: Faults, notes: list[str]) -> Calls | None:
    """All calls of a feed; None where something is wrong with them (faults are added)."""
    times = ("arrival_time", "departure_time")
    optional = (*times, "pickup_type", "drop_off_type", "shape_dist_traveled", "location_id", "location_group_id")
    before = faults.count
    sheet = source.sheet("stop_times.txt", ("trip_id", "stop_id", "stop_sequence"), optional, faults)
    if sheet is None:
        return None
    if not any(name in sheet for name in times):
        faults.add("column 'arrival_time' is missing", "Add arrival_time and departure_time.", sheet.file, 1, "arrival_time")
        return None
    sheet = _without_flexible(sheet, source, notes)
    trip, stop = positions(sheet["trip_id"], trip_at or {}), positions(sheet["stop_id"], stops.at if stops is not None else {})
    if trip_at is not None:
        faults.rows(sheet, "trip_id", trip < 0, "trip {trip_id!r} is not in trips.txt", "Add the trip, or remove its stop times.")
    if stops is not None:
        faults.rows(sheet, "stop_id", stop < 0, "stop {stop_id!r} is not in stops.txt", "Add the stop, or correct the id.")
        nowhere = (stop >= 0) & ~(stops.placed | (stops.kind == 0))[stop]
        faults.rows(sheet, "stop_id", nowhere, "stop {stop_id!r}, where a trip calls, has no coordinates", "Give its place in stops.txt.")
    pickup, drop = sheet.choice("pickup_type", 3, faults), sheet.choice("drop_off_type", 3, faults)
    rows = _ordered(sheet, trip, faults)
    _check_times(rows, faults)
    if faults.count > before or trip_at is None or stops is None or not np.all(np.isfinite(stops.lon + stops.lat)[stop]):
        return None
    trip, stop = trip[rows.row], stop[rows.row]
    _interpolate(rows, sheet["shape_dist_traveled"].take(rows.row), stop, stops.lon, stops.lat)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(trip, minlength=len(trip_at)))]).astype(np.int64)
    return Calls(offsets, stop, rows.arrive, rows.leave, pickup[rows.row] != 1, drop[rows.row] != 1)


def _without_flexible(sheet: Sheet, source: Source, notes: list[str]) -> Sheet:
    """Trips that call at zones instead of stops are no timetable: left out, and said."""
    zone = (sheet["location_id"].filled() | sheet["location_group_id"].filled()) & ~sheet["stop_id"].filled()
    if not zone.any():
        return sheet
    codes = sheet["trip_id"].codes
    flexible = np.unique(codes[zone])
    notes.append(f"{source.path.name}: trips on demand, which call at zones, are left out ({len(flexible):,}).")
    return sheet.take(~np.isin(codes, flexible))


def _ordered(sheet: Sheet, trip: np.ndarray, faults: Faults) -> _Rows:
    """Rows by trip and stop_sequence, wherever they stand in the file; a sequence number that occurs twice is a fault."""
    sequence = sheet.numbers("stop_sequence", faults)
    odd = np.isnan(sequence) & ~sheet["stop_sequence"].filled() | (sequence < 0) | (sequence % 1 > 0)
    faults.rows(sheet, "stop_sequence", odd, "{stop_sequence!r} is not a whole number", "Count the calls of a trip upwards.")
    # Known trips in the order of their ids, so that nothing depends on the order of the file; unknown ones after them.
    codes = sheet["trip_id"].codes
    key = np.where(trip >= 0, trip, codes.astype(np.int64) + np.iinfo(np.int32).max)
    order = np.lexsort((sequence, key))
    # The order of a trip with a faulty number is unknown: it is not judged further.
    order = order[~np.isin(codes, codes[odd | np.isnan(sequence)])[order]]
    key, ordered = key[order], sequence[order]
    faults.rows(
        sheet,
        "stop_sequence",
        order[repeats(key, ordered)],
        "stop_sequence {stop_sequence} occurs twice in trip {trip_id!r}",
        "Number the calls of a trip differently.",
    )
    arrive, leave = clocks(sheet, "arrival_time", faults)[order], clocks(sheet, "departure_time", faults)[order]
    # One time of two means that the vehicle does not wait.
    arrive, leave = np.where(arrive == UNTIMED, leave, arrive), np.where(leave == UNTIMED, arrive, leave)
    first = ~repeats(key)
    return _Rows(sheet, order, key, first, np.append(first[1:], True)[: len(first)], arrive, leave)


def _check_times(rows: _Rows, faults: Faults) -> None:
    """The first and the last call have times, and no time is before the one before."""
    sheet = rows.sheet
    for what, ends in (("the first call of trip {trip_id!r} has no time", rows.first), ("the last call of trip {trip_id!r} has no time", rows.last)):
        untimed = rows.row[ends & (rows.arrive == UNTIMED)]
        faults.rows(sheet, "arrival_time", untimed, what, "Only calls in between may be untimed.")
    timed = np.flatnonzero((rows.arrive >= 0) & (rows.leave >= 0))
    arrive, leave, trip = rows.arrive[timed], rows.leave[timed], rows.trip[timed]
    stays = leave < arrive
    faults.rows(
        sheet,
        "departure_time",
        rows.row[timed[stays]],
        "departure {departure_time} is before arrival {arrival_time}",
        "Times never decrease; after midnight hours go on to 24, 25.",
    )
    back = repeats(trip)
    back[1:] &= arrive[1:] < np.maximum(arrive, leave)[:-1]
    faults.rows(
        sheet,
        "arrival_time",
        rows.row[timed[back]],
        "trip {trip_id!r} arrives before it left the call before",
        "Times never decrease; after midnight hours go on to 24, 25.",
    )


def _interpolate(rows: _Rows, travelled: Column, stop: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> None:
    """Times for untimed calls: in proportion to the distance between the timed neighbours, in whole seconds."""
    import pandas as pd

    timed = rows.arrive >= 0
    if timed.all():
        return
    at = np.arange(len(timed))
    before = np.maximum.accumulate(np.where(timed, at, 0))
    after = np.minimum.accumulate(np.where(timed, at, len(at))[::-1])[::-1]
    untimed = np.flatnonzero(~timed)
    gap_from, gap_to = before[untimed], after[untimed]
    # Only calls of gaps are measured: most of a large feed is timed.
    leg = np.zeros(len(at))
    ends = np.union1d(untimed, gap_to)
    place = unit_vectors(lon, lat)
    leg[ends] = great_circle_km(place[stop[ends - 1]], place[stop[ends]])
    along = np.cumsum(leg)
    part, whole = along[untimed] - along[gap_from], along[gap_to] - along[gap_from]
    measured = np.asarray(pd.to_numeric(pd.Series(travelled.values, dtype=object), errors="coerce"), dtype=float)[travelled.codes]
    steps = np.concatenate([[0.0], np.diff(measured)])
    # A gap is measured by shape_dist_traveled where all its calls have one and it never decreases.
    faulty = np.zeros(len(at), dtype=np.int64)
    faulty[ends] = ~(steps[ends] >= 0)
    faulty = np.cumsum(faulty)
    shaped = (faulty[gap_to] == faulty[gap_from]) & (measured[gap_to] > measured[gap_from])
    part = np.where(shaped, measured[untimed] - measured[gap_from], part)
    whole = np.where(shaped, measured[gap_to] - measured[gap_from], whole)
    # Stops on one spot: evenly, as nothing else is known.
    spot = ~(whole > 0)
    part, whole = np.where(spot, untimed - gap_from, part), np.where(spot, gap_to - gap_from, whole)
    time = rows.leave[gap_from] + (rows.arrive[gap_to] - rows.leave[gap_from]) * (part / whole)
    seconds = np.rint(np.round(time, _SNAP)).astype(np.int32)
    rows.arrive[untimed], rows.leave[untimed] = seconds, seconds
