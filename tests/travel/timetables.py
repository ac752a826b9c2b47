"""Random timetables, small and nasty, written as GTFS.

A timetable is made of *islands* that lie too far apart to walk: each is a random timetable of its own, so that one feed (read
and compiled once) tests many. What an island may hold is a set of traits, so that hypothesis can take them away one by one.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

Tables = dict[str, list[dict[str, str]]]

DATE = "2024-05-14"
"""A Tuesday."""

TRAITS = ("loops", "overtaking", "instant", "types", "neighbours", "frequencies", "transfers", "stations", "untimed", "together")
CALENDAR = {"today": "20240514", "yesterday": "20240513", "tomorrow": "20240515"}
SHIFT_S = {"today": 0, "yesterday": 86400, "tomorrow": -86400}
COLUMNS = {
    "agency.txt": ("agency_id", "agency_name", "agency_url", "agency_timezone"),
    "stops.txt": ("stop_id", "stop_name", "stop_lon", "stop_lat", "location_type", "parent_station"),
    "routes.txt": ("route_id", "agency_id", "route_short_name", "route_long_name", "route_type"),
    "trips.txt": ("route_id", "service_id", "trip_id", "trip_short_name"),
    "stop_times.txt": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence", "pickup_type", "drop_off_type"),
    "calendar.txt": ("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "start_date", "end_date"),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs", "exact_times"),
    "transfers.txt": ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"),
}


@dataclass(frozen=True)
class Island:
    """What a random timetable is made from; the same values always make the same timetable."""

    seed: int
    stops: int
    trips: int
    traits: frozenset[str]


@dataclass
class Country:
    """Islands as GTFS rows. ``stops`` by island; ``change_min`` a change time by stop; ``base_s`` when the window begins."""

    tables: Tables
    stops: list[list[str]]
    change_min: dict[str, float]
    base_s: int
    islands: tuple[Island, ...] = field(default_factory=tuple)


def islands(traits: Iterable[str] = TRAITS) -> st.SearchStrategy[Island]:
    """Islands of 3 to 9 stops and 1 to 10 trips."""
    some = st.sets(st.sampled_from(sorted(traits))).map(frozenset)
    return st.builds(Island, st.integers(0, 10**9), st.integers(3, 9), st.integers(1, 10), some)


def countries(size: int = 1, traits: Iterable[str] = TRAITS) -> st.SearchStrategy[Country]:
    """A country of ``size`` islands whose window begins in the morning or just before midnight."""
    return st.builds(country, st.lists(islands(traits), min_size=size, max_size=size), st.sampled_from([28200, 85500]))


def country(parts: Iterable[Island], base_s: int = 28200) -> Country:
    """The timetable of some islands."""
    parts = tuple(parts)
    made = Country({name: [] for name in COLUMNS}, [], {}, base_s, parts)
    made.tables["agency.txt"].append({"agency_id": "a", "agency_name": "A", "agency_url": "http://a.example", "agency_timezone": "Asia/Shanghai"})
    made.tables["routes.txt"].append({"route_id": "r", "agency_id": "a", "route_short_name": "R", "route_type": "3"})
    week = dict.fromkeys(("monday", "wednesday", "thursday", "friday", "saturday", "sunday"), "0")
    made.tables["calendar.txt"].append({"service_id": "today", **week, "tuesday": "1", "start_date": "20240101", "end_date": "20241231"})
    for service in ("yesterday", "tomorrow"):
        made.tables["calendar_dates.txt"].append({"service_id": service, "date": CALENDAR[service], "exception_type": "1"})
    for number, island in enumerate(parts):
        _Maker(made, island, number).make()
    return made


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


class _Maker:
    """Draws one island into the tables of a country."""

    def __init__(self, made: Country, island: Island, number: int) -> None:
        self.made, self.island, self.number = made, island, number
        self.random = random.Random(f"{island.seed}/{island.stops}/{island.trips}")
        self.stops = [f"s{number}_{i}" for i in range(island.stops)]

    def make(self) -> None:
        self.place_stops()
        for number in range(self.island.trips):
            self.add_trip(f"t{self.number}_{number}")
        if "transfers" in self.island.traits:
            self.add_transfers()
        self.made.stops.append(self.stops)

    def place_stops(self) -> None:
        """On a map of two by two kilometres; some on one spot, some below one station."""
        draw, station = self.random, f"p{self.number}"
        if "stations" in self.island.traits:
            self.row("stops.txt", stop_id=station, stop_name=station, stop_lon=str(10 + self.number), stop_lat="0.5", location_type="1")
        spot = ("", "")
        for stop in self.stops:
            if not spot[0] or "together" not in self.island.traits or draw.random() < 0.7:
                spot = (f"{10 + self.number + draw.randrange(1800) / 1e5:.5f}", f"{0.5 + draw.randrange(1800) / 1e5:.5f}")
            parent = station if "stations" in self.island.traits and draw.random() < 0.4 else ""
            self.row("stops.txt", stop_id=stop, stop_name=stop.upper(), stop_lon=spot[0], stop_lat=spot[1], parent_station=parent)
            change = draw.choice((0, 0, 1, 2.5))
            if "transfers" in self.island.traits and change:
                self.made.change_min[stop] = change

    def add_trip(self, trip: str) -> None:
        draw, traits = self.random, self.island.traits
        service = draw.choice(("today", "today", "yesterday", "tomorrow")) if "neighbours" in traits else "today"
        start = self.made.base_s + SHIFT_S[service] + 30 * draw.randrange(-20, 90)
        if service == "tomorrow" and start < 0:
            service, start = "today", start + 86400
        route = self.route()
        times = self.times(start, len(route))
        self.row("trips.txt", route_id="r", service_id=service, trip_id=trip, trip_short_name=trip.upper())
        self.call_at(trip, route, times)
        if "overtaking" in traits and draw.random() < 0.5:
            # A faster run of the same stops that begins later.
            quick = [(start + 60 + (one - start) // 3, start + 60 + (two - start) // 3) for one, two in times]
            self.row("trips.txt", route_id="r", service_id=service, trip_id=trip + "x")
            self.call_at(trip + "x", route, quick)
        if "frequencies" in traits and service == "today" and draw.random() < 0.4:
            for run in range(draw.choice((1, 1, 2))):
                begin = start + 1200 * run
                end = begin + draw.choice((600, 900, 1170))
                exact = draw.choice(("", "0", "1"))
                self.row(
                    "frequencies.txt", trip_id=trip, start_time=clock(begin), end_time=clock(end), headway_secs=str(draw.choice((300, 420))), exact_times=exact
                )

    def route(self) -> list[str]:
        """Stops in the order of a trip; with loops a stop may come twice, even at once."""
        draw, most = self.random, len(self.stops)
        if "loops" in self.island.traits:
            return [draw.choice(self.stops) for _ in range(draw.randint(2, most + 2))]
        return draw.sample(self.stops, draw.randint(2, most))

    def times(self, start: int, calls: int) -> list[tuple[int, int]]:
        draw, instant = self.random, "instant" in self.island.traits
        legs = (0, 0, 60, 120) if instant else (30, 60, 90, 120, 180, 300)
        now, found = start, []
        for call in range(calls):
            arrive = now + (draw.choice(legs) if call else 0)
            now = arrive + draw.choice((0, 0, 0, 30, 60))
            found.append((arrive, now))
        return found

    def call_at(self, trip: str, route: list[str], times: list[tuple[int, int]]) -> None:
        draw, traits = self.random, self.island.traits
        for number, (stop, (arrive, leave)) in enumerate(zip(route, times, strict=True)):
            inner = 0 < number < len(route) - 1
            untimed = inner and "untimed" in traits and draw.random() < 0.3
            pickup, drop = (draw.choice(("", "0", "0", "1")) for _ in range(2)) if "types" in traits else ("", "")
            self.row(
                "stop_times.txt", trip_id=trip, arrival_time="" if untimed else clock(arrive), departure_time="" if untimed else clock(leave),
                stop_id=stop, stop_sequence=str(number * 3 + 1), pickup_type=pickup, drop_off_type=drop,
            )  # fmt: skip

    def add_transfers(self) -> None:
        """Pairs of stops (a stop with itself, too) or of stations."""
        draw = self.random
        ends = [*self.stops, f"p{self.number}"] if any(row["stop_id"] == f"p{self.number}" for row in self.made.tables["stops.txt"]) else self.stops
        named: set[tuple[str, str]] = set()
        children = {row["stop_id"] for row in self.made.tables["stops.txt"] if row.get("parent_station") == f"p{self.number}"}
        for _ in range(draw.randint(1, 2 * len(self.stops))):
            one, two = draw.choice(ends), draw.choice(ends)
            pairs = {(a, b) for a in (children if one[0] == "p" else [one]) for b in (children if two[0] == "p" else [two])}
            if pairs & named:  # each pair once: what holds where rows contradict one another is nobody's to say
                continue
            named |= pairs
            kind = draw.choice("01233")
            least = str(draw.choice((0, 60, 150, 240))) if kind == "2" else ""
            self.row("transfers.txt", from_stop_id=one, to_stop_id=two, transfer_type=kind, min_transfer_time=least)

    def row(self, table: str, **cells: str) -> None:
        self.made.tables[table].append(cells)


# -- files -------------------------------------------------------------------------------------------------------------


def texts(tables: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    """Each table as CSV; optional tables without rows are left out."""
    found = {}
    for name, rows in tables.items():
        if rows:
            out = io.StringIO()
            writer = csv.DictWriter(out, COLUMNS[name], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            found[name] = out.getvalue()
    return found


def write(tables: Mapping[str, list[dict[str, str]]], target: Path) -> Path:
    """As a zip where the name says so, else as a folder."""
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w") as archive:
            for name, text in texts(tables).items():
                archive.writestr(name, text)
    else:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in texts(tables).items():
            (target / name).write_text(text, encoding="utf-8")
    return target


def shuffled(tables: Mapping[str, list[dict[str, str]]], seed: int) -> Tables:
    """The same rows in another order."""
    draw = random.Random(seed)
    return {name: draw.sample(rows, len(rows)) for name, rows in tables.items()}


def relabelled(tables: Mapping[str, list[dict[str, str]]]) -> Tables:
    """Other ids of stops and trips, whose alphabetical order is another one."""
    columns = {"stop_id", "from_stop_id", "to_stop_id", "parent_station", "trip_id"}
    return {name: [{key: new_id(value) if key in columns else value for key, value in row.items()} for row in rows] for name, rows in tables.items()}


def new_id(old: str) -> str:
    """The id that ``relabelled`` gives."""
    return old[::-1] + "z" if old else old
