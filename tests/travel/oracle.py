"""A second opinion on the timetable engine: its own GTFS loader and a Dijkstra over rides and moments, in plain Python.

Nothing of the product is imported and nothing is fast. All times are whole seconds after midnight of the service day.
"""

from __future__ import annotations

import bisect
import csv
import datetime
import heapq
import io
import itertools
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

INF = math.inf
Point = str | tuple[float, float]
DAY_S = 86400
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class Call:
    stop: str
    arrive: int
    leave: int
    board: bool = True
    alight: bool = True


@dataclass
class World:
    """Stops, trips of one day and what transfers.txt says: (from, to) -> seconds, "no", "walk" or "timed"."""

    place: dict[str, tuple[float, float]] = field(default_factory=dict)
    trips: dict[str, list[Call]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], int | str] = field(default_factory=dict)

    @cached_property
    def by_lat(self) -> list[tuple[float, str]]:
        return sorted((lat, stop) for stop, (_, lat) in self.place.items())


# -- GTFS --------------------------------------------------------------------------------------------------------------


def read_rows(source: Path, name: str) -> list[dict[str, str]]:
    """Rows of a table of a folder or zip, cells stripped; no rows where there is no such table."""
    if source.is_dir():
        path = source / name
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    else:
        with zipfile.ZipFile(source) as archive:
            inside = [entry for entry in archive.namelist() if entry == name or entry.endswith("/" + name)]
            text = archive.read(inside[0]).decode("utf-8-sig") if inside else ""
    rows = csv.DictReader(io.StringIO(text))
    return [{(key or "").strip(): (value or "").strip() for key, value in row.items()} for row in rows]


def seconds(text: str) -> int | None:
    if not text:
        return None
    hour, minute, second = text.split(":")
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def services_on(source: Path, day: datetime.date) -> set[str]:
    stamp = day.strftime("%Y%m%d")
    running = set()
    for row in read_rows(source, "calendar.txt"):
        if row["start_date"] <= stamp <= row["end_date"] and row[WEEKDAYS[day.weekday()]] == "1":
            running.add(row["service_id"])
    for row in read_rows(source, "calendar_dates.txt"):
        if row["date"] == stamp:
            (running.add if row["exception_type"] == "1" else running.discard)(row["service_id"])
    return running


def great_circle_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    lon1, lat1, lon2, lat2 = (math.radians(x) for x in (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371008.8 * math.asin(min(1.0, math.sqrt(h)))


def timed_calls(rows: list[dict[str, str]], place: Mapping[str, tuple[float, float]]) -> list[Call]:
    """The calls of a trip; where neither time is given, by distance between the timed calls around it."""
    rows = sorted(rows, key=lambda row: int(row["stop_sequence"]))
    along = [0.0]
    for one, two in itertools.pairwise(rows):
        along.append(along[-1] + great_circle_m(place[one["stop_id"]], place[two["stop_id"]]))
    arrive = [seconds(row["arrival_time"]) for row in rows]
    leave = [seconds(row["departure_time"]) for row in rows]
    arrive, leave = (
        [a if a is not None else b for a, b in zip(arrive, leave, strict=True)],
        [b if b is not None else a for a, b in zip(arrive, leave, strict=True)],
    )
    calls = []
    for i, row in enumerate(rows):
        when, then = arrive[i], leave[i]
        if when is None or then is None:
            before = max(j for j in range(i) if leave[j] is not None)
            after = min(j for j in range(i, len(rows)) if arrive[j] is not None)
            start, end = leave[before], arrive[after]
            assert start is not None and end is not None
            whole = along[after] - along[before]
            share = (along[i] - along[before]) / whole if whole > 0 else (i - before) / (after - before)
            when = then = round(start + share * (end - start))
        calls.append(Call(row["stop_id"], when, then, row.get("pickup_type", "") != "1", row.get("drop_off_type", "") != "1"))
    return calls


def shifted(calls: Iterable[Call], by: int) -> list[Call]:
    return [Call(call.stop, call.arrive + by, call.leave + by, call.board, call.alight) for call in calls]


def load(source: Path, date: str) -> World:
    """The world of a feed on a day: what runs from its midnight until noon of the next."""
    world = World()
    stations: dict[str, list[str]] = {}
    for row in read_rows(source, "stops.txt"):
        if row.get("location_type", "") in ("", "0"):
            world.place[row["stop_id"]] = (float(row["stop_lon"]), float(row["stop_lat"]))
            stations.setdefault(row.get("parent_station", ""), []).append(row["stop_id"])
    times: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(source, "stop_times.txt"):
        times.setdefault(row["trip_id"], []).append(row)
    runs: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(source, "frequencies.txt"):
        runs.setdefault(row["trip_id"], []).append(row)
    today = datetime.date.fromisoformat(date)
    for shift in (-1, 0, 1):
        running = services_on(source, today + datetime.timedelta(days=shift))
        for row in read_rows(source, "trips.txt"):
            trip = row["trip_id"]
            if row["service_id"] not in running or trip not in times:
                continue
            calls = timed_calls(times[trip], world.place)
            for name, one in instances(trip, calls, runs.get(trip)):
                moved = shifted(one, shift * DAY_S)
                if shift == 0 or (shift == -1 and any(call.leave >= 0 for call in moved)) or (shift == 1 and one[0].leave < DAY_S // 2):
                    world.trips[name + ("", " (+1)", " (-1)")[shift]] = moved
    for row in read_rows(source, "transfers.txt"):
        ends = [stations.get(row[end]) or [stop for stop in (row[end],) if stop in world.place] for end in ("from_stop_id", "to_stop_id")]
        for one, two in itertools.product(*ends):
            world.pairs[one, two] = transfer(row, one == two)
    return world


def transfer(row: Mapping[str, str], same: bool) -> int | str:
    kind, least = row["transfer_type"], row.get("min_transfer_time", "")
    if kind == "3":
        return "no"
    if kind == "1":
        return 0 if same else "timed"
    return int(least) if kind == "2" and least else "walk"


def instances(trip: str, calls: list[Call], runs: list[dict[str, str]] | None) -> list[tuple[str, list[Call]]]:
    """The trip itself, or one run every headway where frequencies.txt names it."""
    if runs is None:
        return [(trip, calls)]
    found = []
    for run in runs:
        start, end = seconds(run["start_time"]), seconds(run["end_time"])
        assert start is not None and end is not None
        for at in range(start, end, int(run["headway_secs"])):
            name = f"{trip}@{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}"
            found.append((name, shifted(calls, at - calls[0].leave)))
    return found


# -- walking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walking:
    """How people walk and change: straight line times detour, rounded to whole seconds; a change is timed where it ends."""

    speed_kmh: float = 3.6
    max_m: float = 600
    detour: float = 1.0
    change_s: int | Mapping[str, int] = 0

    def change(self, stop: str) -> int:
        return self.change_s if isinstance(self.change_s, int) else self.change_s.get(stop, 0)

    def seconds(self, a: tuple[float, float], b: tuple[float, float]) -> int:
        return math.floor(great_circle_m(a, b) * self.detour / (self.speed_kmh / 3.6) + 0.5)

    def within(self, a: tuple[float, float], b: tuple[float, float]) -> bool:
        return great_circle_m(a, b) * self.detour <= self.max_m

    def near(self, world: World, here: tuple[float, float]) -> list[str]:
        """Stops within reach; only those of the same latitudes are looked at."""
        by_lat, spare = world.by_lat, self.max_m / 110_000 + 1e-6
        low, high = bisect.bisect_left(by_lat, (here[1] - spare, "")), bisect.bisect_right(by_lat, (here[1] + spare, ""))
        return [stop for _, stop in by_lat[low:high] if self.within(here, world.place[stop])]

    def footpaths(self, world: World) -> dict[str, dict[str, int]]:
        """Between stops, each to itself included (its change time)."""
        found: dict[str, dict[str, int]] = {one: {} for one in world.place}
        named: dict[str, set[str]] = {}
        for one, two in world.pairs:
            named.setdefault(one, set()).add(two)
        for one, here in world.place.items():
            for two in {one, *self.near(world, here), *named.get(one, ())}:
                said = world.pairs.get((one, two))
                if said == "no":
                    continue
                if isinstance(said, int):
                    took = said
                elif one == two:
                    took = self.change(one)
                else:
                    took = self.seconds(here, world.place[two]) + (0 if said == "timed" else self.change(two))
                found[one][two] = took
        return found

    def legs(self, world: World, point: Point) -> dict[str, int]:
        """Stops that a point reaches on foot; a stop is itself a point."""
        here = world.place[point] if isinstance(point, str) else point
        return {stop: self.seconds(here, world.place[stop]) for stop in self.near(world, here)}

    def direct(self, world: World, one: Point, two: Point) -> float:
        here, there = (world.place[point] if isinstance(point, str) else point for point in (one, two))
        return self.seconds(here, there) if self.within(here, there) else INF


# -- searching ---------------------------------------------------------------------------------------------------------


def boardings(world: World) -> dict[str, list[tuple[str, int]]]:
    """The calls (trip, number) at each stop where one may board."""
    found: dict[str, list[tuple[str, int]]] = {}
    for trip, calls in world.trips.items():
        for i, call in enumerate(calls):
            if call.board:
                found.setdefault(call.stop, []).append((trip, i))
    return found


def reach(
    world: World, calling: Mapping[str, list[tuple[str, int]]], footpaths: Mapping[str, Mapping[str, int]], ready: Mapping[str, int], most: int
) -> list[dict[str, int]]:
    """From stops ready at given moments: for each number of rides 0..most, the earliest arrival by vehicle at each stop.

    A Dijkstra over (moment, rides, where): where is "ready at a stop", "on a trip at a call" or "alighted at a stop".
    """
    alighted: list[dict[str, int]] = [{} for _ in range(most + 1)]
    queue: list[tuple[int, int, tuple[Any, ...]]] = [(when, 0, ("ready", stop)) for stop, when in ready.items()]
    heapq.heapify(queue)
    fewest: dict[tuple[Any, ...], int] = {}
    while queue:
        now, rides, where = heapq.heappop(queue)
        # Popped in the order of time: a state met before, with as few rides, was no worse.
        if fewest.get(where, most + 1) <= rides:
            continue
        fewest[where] = rides
        if where[0] == "ready" and rides < most:
            for trip, i in calling.get(where[1], ()):
                call = world.trips[trip][i]
                if call.leave >= now:
                    heapq.heappush(queue, (call.leave, rides + 1, ("on", trip, i)))
        elif where[0] == "on":
            _, trip, i = where
            if i + 1 < len(world.trips[trip]):
                call = world.trips[trip][i + 1]
                if call.alight:
                    heapq.heappush(queue, (call.arrive, rides, ("alighted", call.stop)))
                # Riding on: the moment of the next departure, or one could board a train that is already gone.
                heapq.heappush(queue, (max(call.leave, call.arrive), rides, ("on", trip, i + 1)))
        elif where[0] == "alighted":
            alighted[rides].setdefault(where[1], now)
            for stop, took in footpaths.get(where[1], {}).items():
                heapq.heappush(queue, (now + took, rides, ("ready", stop)))
    for fewer, more in itertools.pairwise(alighted):
        for stop, when in fewer.items():
            more[stop] = min(more.get(stop, when), when)
    return alighted


def arrival(alighted: Mapping[str, int], egress: Mapping[str, int], walked: float) -> float:
    """Earliest moment at a destination by vehicle, or ``walked``."""
    return min([walked, *(alighted[stop] + took for stop, took in egress.items() if stop in alighted)])


@dataclass
class Oracle:
    """A world and how people walk in it; what several questions need is worked out once."""

    world: World
    walking: Walking
    known: dict[Point, dict[str, int]] = field(default_factory=dict)

    @cached_property
    def footpaths(self) -> dict[str, dict[str, int]]:
        return self.walking.footpaths(self.world)

    @cached_property
    def calling(self) -> dict[str, list[tuple[str, int]]]:
        return boardings(self.world)

    def legs(self, point: Point) -> dict[str, int]:
        if point not in self.known:
            self.known[point] = self.walking.legs(self.world, point)
        return self.known[point]

    def direct(self, one: Point, two: Point) -> float:
        return self.walking.direct(self.world, one, two)

    def reach(self, origin: Point, depart: int, most: int) -> list[dict[str, int]]:
        """See ``reach``."""
        return reach(self.world, self.calling, self.footpaths, {stop: depart + took for stop, took in self.legs(origin).items()}, most)

    def travel_s(
        self, origin: Point, destinations: Sequence[Point], departures: Sequence[int], most: Sequence[int], limit_s: float = INF
    ) -> dict[int, list[list[float]]]:
        """Seconds [destination][departure] for each number in ``most`` (the most rides)."""
        found: dict[int, list[list[float]]] = {limit: [[INF] * len(departures) for _ in destinations] for limit in most}
        walked = [self.direct(origin, one) for one in destinations]
        for column, depart in enumerate(departures):
            alighted = self.reach(origin, depart, max(most))
            for row, one in enumerate(destinations):
                legs = {stop: took for stop, took in self.legs(one).items() if stop in alighted[-1]}
                for limit in most if legs or walked[row] < INF else ():
                    took = arrival(alighted[limit], legs, depart + walked[row]) - depart
                    found[limit][row][column] = took if took <= limit_s else INF
        return found

    def latest_s(self, origin: Point, destination: Point, by: int, most: int, limit_s: int) -> float:
        """Seconds before ``by`` at which one must set out at the latest, found by asking forward again and again; INF where
        ``limit_s`` are not enough."""

        def arrives(depart: int) -> bool:
            return arrival(self.reach(origin, depart, most)[most], self.legs(destination), depart + self.direct(origin, destination)) <= by

        # Who leaves later arrives no earlier: bisect between a departure in time and one too late.
        early, late = by - limit_s, by + 1
        if not arrives(early):
            return INF
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if arrives(middle) else (early, middle)
        return by - early


def nearest_rank(times: Sequence[float], percent: float) -> float:
    return sorted(times)[max(math.ceil(percent * len(times) / 100) - 1, 0)]


# -- every journey there is --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A journey: arrival, rides and its seconds walked, waited for the first vehicle, ridden, and spent changing."""

    arrive: int
    rides: int
    walk: int
    wait: int
    ride: int
    change: int


def ways(asked: Oracle, origin: Point, destination: Point, depart: int, most: int, until: float) -> set[Way]:
    """All journeys that arrive by ``until`` with at most ``most`` rides, however silly."""
    world, walking, footpaths, calling = asked.world, asked.walking, asked.footpaths, asked.calling
    egress, direct = asked.legs(destination), asked.direct(origin, destination)
    found = {Way(depart + int(direct), 0, int(direct), 0, 0, 0)} if depart + direct <= until else set()
    seen: set[tuple[Any, ...]] = set()

    def on_foot(one: str, two: str) -> int:
        return 0 if one == two else min(footpaths[one][two], walking.seconds(world.place[one], world.place[two]))

    def board(stop: str, ready: int, rides: int, walk: int, wait: int, ride: int) -> None:
        state = (stop, ready, rides, walk, wait, ride)
        if rides == most or state in seen:
            return
        seen.add(state)
        for trip, i in calling.get(stop, ()):
            calls = world.trips[trip]
            if ready <= calls[i].leave <= until:
                waited = wait if rides else calls[i].leave - ready
                for call in calls[i + 1 :]:
                    if call.alight and call.arrive <= until:
                        alight(call.stop, call.arrive, rides + 1, walk, waited, ride + call.arrive - calls[i].leave)

    def alight(stop: str, now: int, rides: int, walk: int, wait: int, ride: int) -> None:
        if stop in egress and now + egress[stop] <= until:
            there = now + egress[stop]
            walked = walk + egress[stop]
            found.add(Way(there, rides, walked, wait, ride, there - depart - walked - wait - ride))
        for other, took in footpaths.get(stop, {}).items():
            board(other, now + took, rides, walk + on_foot(stop, other), wait, ride)

    for stop, took in asked.legs(origin).items():
        board(stop, depart + took, 0, took, 0, 0)
    return found
