"""GTFS as it is in the wild: one or several feeds, checked, as the trips of one service day (https://gtfs.org/documentation/schedule/reference/).

Left out, with a sentence in ``Feed.notes``: trips with fewer than two calls, on-demand zones, in-seat transfers (types 4 and 5), transfers
between certain trips or routes. Not read: fares, shapes, pathways, translations. A vehicle of ``frequencies.txt`` leaves at ``start_time`` and every
headway from then on, whatever ``exact_times`` says: over a window of departures a fixed phase gives the same waits as a random one.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from xietong.core.errors import DataError, UsageError
from xietong.io._gtfs_calls import Calls, read_calls
from xietong.io._gtfs_files import Faults, Source
from xietong.io._gtfs_stops import FORBIDDEN, TIMED, WALK, Pairs, Stops, expand, read_pairs, read_stops
from xietong.io._gtfs_trips import Runs, Trips, read_headways, read_trips, runs_about, trips_by_service
from xietong.io.gtfs_calendar import iso, read_calendar, span, weekday

_EPOCH = datetime.date(1970, 1, 1).toordinal()

__all__ = ["FORBIDDEN", "TIMED", "WALK", "Feed", "busiest_weekday", "digest", "read", "service_days", "stations"]

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class Feed:
    """Trips of one service day. Times are int32 seconds after midnight (noon minus 12 h) of that day; runs of the night before may have negative ones."""

    stop_id: np.ndarray
    """object [S], unique; stops are sorted by (lon, lat, id), so that the order of rows changes nothing"""
    stop_name: np.ndarray
    """object [S]"""
    lon: np.ndarray
    """float64 [S], degrees"""
    lat: np.ndarray
    """float64 [S], degrees"""
    trip_id: np.ndarray
    """object [T], unique and sorted; "trip@HH:MM:SS" for runs of a headway, with " (-1)" or " (+1)" for those of the days beside"""
    trip_name: np.ndarray
    """object [T]: what a passenger knows it by (trip_short_name, else the route's short name, else the id)"""
    offsets: np.ndarray
    """int64 [T + 1]: the calls of trip t are ``offsets[t]:offsets[t + 1]``, in order, at least two"""
    stop: np.ndarray
    """int32 [C], position of the stop"""
    arrive: np.ndarray
    """int32 [C], seconds"""
    leave: np.ndarray
    """int32 [C], seconds; never before ``arrive``, nor after the next call's"""
    board: np.ndarray
    """bool [C]: passengers may get on (pickup_type is not 1)"""
    alight: np.ndarray
    """bool [C]: passengers may get off (drop_off_type is not 1)"""
    pair_from: np.ndarray
    """int32 [P], position of the stop from which transfers.txt leads"""
    pair_to: np.ndarray
    """int32 [P]"""
    pair_s: np.ndarray
    """int32 [P], seconds that a change needs, or ``FORBIDDEN``, ``WALK``, ``TIMED``; a timed connection at one stop is 0"""
    date: str = ""
    """ISO"""
    digest: str = ""
    """SHA-256 of the files' bytes and the date"""
    notes: tuple[str, ...] = ()
    """What was left out, in sentences"""


@dataclass
class _Part:
    """One feed of several, read. Pairs are positions in ``stops``."""

    source: Source
    stops: Stops
    kept: np.ndarray
    trips: Trips
    calls: Calls
    runs: Runs
    pairs: Pairs
    days: dict[int, int]
    today: int
    prefix: str = ""


def read(paths: Paths, date: str | datetime.date) -> Feed:
    """The trips of one day of one or several feeds (zip files or folders), merged.

    Runs of earlier days that are still on their way at midnight and those of the next day that leave before noon are part of it. Ids that
    clash between feeds make all ids of these feeds begin with the feed's name and a colon. Raises ``DataError`` with every fault, its file
    and line; ``UsageError`` where ``date`` is no day or no path is given.
    """
    day = _day(date)
    faults, notes = Faults(), list[str]()
    sources = _sources(paths, faults)
    faults.stop()
    parts = [part for source in sources if (part := _read_part(source, day, faults, notes)) is not None]
    faults.stop()
    idle = [part.source.path.name for part in parts if not part.today]
    if len(idle) == len(parts):
        faults.add(f"no trip runs on {iso(day)}", _advice([part.days for part in parts]), ", ".join(idle))
        faults.stop()
    notes += [f"{name}: no trip runs on {iso(day)}." for name in idle]
    _tell_apart(parts, notes)
    return _merge(parts, iso(day), _digest(sources, iso(day)), notes)


def service_days(paths: Paths) -> dict[str, int]:
    """Number of trips that run on each day (ISO) on which any does, by calendar and headways; stop_times.txt is not read."""
    total: dict[int, int] = {}
    for days in _all_days(paths):
        for day, count in days.items():
            total[day] = total.get(day, 0) + count
    return {iso(day): total[day] for day in sorted(total)}


def busiest_weekday(paths: Paths) -> str:
    """The day from Monday to Friday with the most trips, the earliest of equals; of days on which all feeds run where there are such."""
    days = _all_days(paths)
    if (best := _busiest(days)) is None:
        raise DataError("No trip runs on any day from Monday to Friday.")
    return iso(best)


def stations(paths: Paths, feed: Feed) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each stop of ``feed``, read from these paths, the station that it is part of (parent_station, to the top), or itself: id, name, lon, lat."""
    faults = Faults()
    sources = _sources(paths, faults)
    found = {stop: row for row, stop in enumerate(feed.stop_id.tolist())}
    ids, names, lon, lat = feed.stop_id.copy(), feed.stop_name.copy(), feed.lon.copy(), feed.lat.copy()
    for source in sources:
        stops = read_stops(source, faults)
        faults.stop()
        assert stops is not None
        # Ids begin with the feed's name where they clashed with another feed's.
        prefixed = any(f"{source.name}:{stop}" in found for stop in stops.id)
        prefix = f"{source.name}:" if prefixed else ""
        for number, stop in enumerate(stops.id.tolist()):
            top, row = number, found.get(prefix + stop)
            for _ in range(3):  # a boarding area, its platform, the station
                top = int(stops.parent[top]) if stops.parent[top] >= 0 else top
            if row is None or top == number:
                continue
            ids[row], names[row] = prefix + stops.id[top], stops.name[top]
            if stops.placed[top]:
                lon[row], lat[row] = stops.lon[top], stops.lat[top]
    return ids, names, lon, lat


def digest(paths: Paths, date: str | datetime.date) -> str:
    """SHA-256 of the files' bytes and the date, which ``read`` writes into the feed; takes no longer than reading the bytes."""
    day, faults = _day(date), Faults()
    sources = _sources(paths, faults)
    faults.stop()
    return _digest(sources, iso(day))


def _digest(sources: Sequence[Source], date: str) -> str:
    # The names are part of it as they may become part of ids; the order of the feeds is not.
    feeds = sorted(f"{source.name}:{source.digest()}" for source in sources)
    return hashlib.sha256("\n".join([date, *feeds]).encode()).hexdigest()


def _day(date: str | datetime.date) -> int:
    try:
        parsed = date if isinstance(date, datetime.date) else datetime.date.fromisoformat(date)
    except (TypeError, ValueError):
        raise UsageError(f"{date!r} is not a day. Write it as YYYY-MM-DD.") from None
    return parsed.toordinal() - _EPOCH


def _sources(paths: Paths, faults: Faults) -> list[Source]:
    """The feeds under names that differ."""
    several = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not several:
        raise UsageError("No feed is given. Name at least one GTFS zip or folder.")
    sources = [Source(path, faults) for path in several]
    places = [path.resolve() for path in several]
    for number, place in enumerate(places):
        if place in places[:number]:
            faults.add("the feed is given twice", "Name each feed once.", str(several[number]))
    for depth in range(2, max(len(place.parts) for place in places) + 1):
        names = [source.name for source in sources]
        for source, place in zip(sources, places, strict=True):
            if names.count(source.name) > 1:
                source.name = "/".join((*place.parts[-depth:-1], place.stem if place.suffix.lower() == ".zip" else place.name))
    return sources


def _all_days(paths: Paths) -> list[dict[int, int]]:
    faults = Faults()
    sources = _sources(paths, faults)
    faults.stop()
    found: list[dict[int, int]] = []
    for source in sources:
        calendar = read_calendar(source, faults)
        trips = read_trips(source, calendar, faults)
        if calendar is not None and trips is not None:
            headways = read_headways(source, trips.at, faults)
            if not faults.found:
                found.append(span(calendar, trips_by_service(trips, headways, len(calendar.service))))
    faults.stop()
    return found


def _busiest(feeds: Sequence[dict[int, int]]) -> int | None:
    """The weekday with the most trips of all feeds together."""
    everywhere = set.intersection(*(set(days) for days in feeds))
    for days in (everywhere, set().union(*feeds)):
        if working := sorted(day for day in days if weekday(day) < 5):
            return max(working, key=lambda day: sum(days.get(day, 0) for days in feeds))
    return None


def _advice(feeds: Sequence[dict[int, int]]) -> str:
    days = sorted(set().union(*feeds))
    if not days:
        return "No service of it ever runs: look at the calendar."
    best = _busiest(feeds)
    tip = "" if best is None else f"; the weekday with the most trips is {iso(best)}"
    return f"Choose a day between {iso(days[0])} and {iso(days[-1])}{tip}."


def _read_part(source: Source, day: int, faults: Faults, notes: list[str]) -> _Part | None:
    """One feed, all its files even where the first of them has faults; None where there is any."""
    before = faults.count
    calendar = read_calendar(source, faults)
    trips = read_trips(source, calendar, faults)
    trip_at = trips.at if trips is not None else None
    headways = read_headways(source, trip_at, faults)
    days: dict[int, int] = {}
    if calendar is not None and trips is not None and faults.count == before:
        days = span(calendar, trips_by_service(trips, headways, len(calendar.service)))
        if not days or not min(days) <= day <= max(days):
            faults.add(f"{iso(day)} is outside the calendar of the feed", _advice([days]), source.path.name)
    stops = read_stops(source, faults)
    calls = read_calls(source, trip_at, stops, faults, notes)
    rows = read_pairs(source, stops, faults, notes)
    if calls is None or calendar is None or trips is None or stops is None or faults.count > before:
        return None
    length = np.diff(calls.offsets)
    for number, what in ((0, "no call at all"), (1, "one call only")):
        if count := int((length == number).sum()):
            first = trips.id[np.flatnonzero(length == number)[0]]
            notes.append(f"{source.path.name}: {count:,} trip{'s have' if count > 1 else ' has'} {what} (first: {first!r}); left out.")
    called = np.zeros(len(stops.id), dtype=bool)
    called[calls.stop] = True
    kept = called | (stops.kind == 0)
    today = trips_by_service(trips, headways, len(calendar.service), length >= 2)[calendar.active(day)].sum()
    runs = runs_about(day, calendar, trips, calls, headways)
    return _Part(source, stops, kept, trips, calls, runs, expand(rows, stops, kept), days, int(today))


def _tell_apart(parts: Sequence[_Part], notes: list[str]) -> None:
    """Feeds that share an id of a stop or a trip: all ids of each of them begin with its name."""
    for key in ("stops", "trips"):
        ids = [set(getattr(part, key).id.tolist()) for part in parts]
        for one, two in combinations(range(len(parts)), 2):
            if not ids[one].isdisjoint(ids[two]):
                for part in (parts[one], parts[two]):
                    part.prefix = f"{part.source.name}:"
    notes += [f"{part.source.path.name}: ids clash with another feed, so that all of them begin with {part.prefix!r}." for part in parts if part.prefix]


def _merge(parts: Sequence[_Part], date: str, digest: str, notes: Sequence[str]) -> Feed:
    """The feeds as one: stops by place, trips by id."""
    lon, lat, name = (np.concatenate([getattr(part.stops, key)[part.kept] for part in parts]) for key in ("lon", "lat", "name"))
    stop_id = np.concatenate([part.prefix + part.stops.id[part.kept] for part in parts])
    by_id = np.argsort(stop_id, kind="stable")
    order = by_id[np.lexsort((lat[by_id], lon[by_id]))]
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    starts = np.cumsum([0, *(int(part.kept.sum()) for part in parts)])
    # Position of each stop of stops.txt in the merged feed.
    where = [place[start + np.maximum(np.cumsum(part.kept) - 1, 0)] for start, part in zip(starts, parts, strict=False)]
    trip_id = np.concatenate([part.prefix + part.runs.id for part in parts])
    trip_name = np.concatenate([part.trips.name[part.runs.trip] for part in parts])
    begin, length, shift, base = [], [], [], 0
    for part in parts:
        begin.append(part.calls.offsets[part.runs.trip] + base)
        length.append(np.diff(part.calls.offsets)[part.runs.trip])
        shift.append(part.runs.shift)
        base += len(part.calls.stop)
    row = np.argsort(trip_id, kind="stable")
    if (twice := np.flatnonzero(trip_id[row][1:] == trip_id[row][:-1])).size:
        raise DataError(f"Two runs have the id {trip_id[row][twice[0]]!r}: a trip is called like a run of a headway or of another day. Rename it.")
    begins, lengths, shifts = np.concatenate(begin)[row], np.concatenate(length)[row], np.concatenate(shift)[row]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    call = np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], lengths)
    moved = np.repeat(shifts, lengths)

    def all_calls(key: str) -> np.ndarray:
        return np.asarray(np.concatenate([getattr(part.calls, key) for part in parts])[call])

    stop = np.concatenate([at[part.calls.stop] for at, part in zip(where, parts, strict=True)])[call]
    pairs = np.concatenate([np.stack([at[part.pairs[0]], at[part.pairs[1]], part.pairs[2]]) for at, part in zip(where, parts, strict=True)], axis=1)
    pairs = pairs[:, np.lexsort(pairs[1::-1])].astype(np.int32)
    arrive, leave = ((all_calls(key) + moved).astype(np.int32) for key in ("arrive", "leave"))
    stops = (stop_id[order], name[order], lon[order], lat[order])
    calls = (stop.astype(np.int32), arrive, leave, all_calls("board"), all_calls("alight"))
    return Feed(*stops, trip_id[row], trip_name[row], offsets, *calls, pairs[0], pairs[1], pairs[2], date, digest, tuple(sorted(notes)))
