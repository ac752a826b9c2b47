"""What `rail` computes with: the trains of a day under the rules, the roads to and from stations, and times from door to door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Frame
from xietong.core.errors import DataError, Fault
from xietong.core.text import T
from xietong.kernels.sphere import great_circle_km, unit_vectors
from xietong.workstreams._roads import RoadTimes
from xietong.workstreams._tables import records

if TYPE_CHECKING:
    from xietong.io.gtfs import Feed
    from xietong.kernels.timetable import Legs
    from xietong.travel.network import Network
    from xietong.travel.scenario import Line

Array = np.ndarray
FIRST_MIN, LAST_MIN = 360, 1320
"""The day over which times are taken: departures from home from 06:00 to 22:00; trains of new lines run then too."""


def seconds(minutes: Array) -> Array:
    """Whole seconds, as the engine counts."""
    return np.floor(np.asarray(minutes, dtype=float) * 60 + 0.5).astype(np.int32)


def select(legs: Legs, points: Array) -> Legs:
    """The ways of some points."""
    parts = [np.arange(legs.ptr[point], legs.ptr[point + 1]) for point in points]
    at = np.concatenate([np.zeros(0, np.int64), *parts])
    ptr = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
    return type(legs)(ptr, legs.stop[at], legs.seconds[at])


def spread(usual: int, count: int) -> tuple[float, ...]:
    """Departures of ``count`` trains: the ``usual`` ones evenly, what is added between them.

    Each that is added takes the middle of the largest gap and leaves those that run where they are: so more trains make
    nobody's trip longer, which the bound of a plan rests on.
    """
    shares = [0.0, *((number + 0.5) / usual for number in range(usual)), 1.0]
    for _ in range(count - usual):
        gaps = [round(after - before, 9) for before, after in pairwise(shares)]
        widest = gaps.index(max(gaps))
        shares.insert(widest + 1, (shares[widest] + shares[widest + 1]) / 2)
    return tuple(FIRST_MIN + (LAST_MIN - FIRST_MIN) * share for share in shares[1:-1])


@dataclass(frozen=True)
class Grid:
    """What no rule and no step changes: the stations, and the calls of the timetable that is used on the region's day."""

    data: Data

    @cached_property
    def stations(self) -> Frame:
        """The stations in an order that no id decides: by longitude, latitude, name."""
        return self.data["rail_stations"].sort_values(["lon", "lat", "station"], kind="stable", ignore_index=True)

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each station stands in that order."""
        return {station: row for row, station in enumerate(self.stations["station"])}

    @cached_property
    def place(self) -> Array:
        """[S] the place (position) in which each station lies."""
        return self.data.areas.positions(self.stations["area"])

    @cached_property
    def home(self) -> Array:
        """[S] the jurisdiction (position) of each station."""
        return np.asarray(self.data.areas.jurisdiction_index[self.place])

    @cached_property
    def points(self) -> Array:
        return unit_vectors(self.stations["lon"].to_numpy(), self.stations["lat"].to_numpy())

    @cached_property
    def timetable(self) -> dict[str, Any]:
        """The row of the timetable that is used: the last that is valid on the day, before the first one the first."""
        known = self.data["timetables"].sort_values(["valid_from", "timetable"], kind="stable")
        valid = known[known["valid_from"] <= self.data.day.isoformat()]
        row = (valid.iloc[-1] if len(valid) else known.iloc[0]).to_dict()
        return {str(name): value for name, value in row.items()} | {"early": not len(valid)}

    @cached_property
    def road(self) -> RoadTimes:
        """The region's roads as they are."""
        found: RoadTimes = self.data.product("road")
        return found

    @property
    def notes(self) -> tuple[T, ...]:
        """Which timetable stands behind the figures."""
        row = self.timetable
        notes = [T(f"所用时刻表:{row['title_zh']}。", f"Timetable used: {row['title_en']}.")]
        if row["early"]:
            zh = f"{self.data.day}早于最早的时刻表,故用最早的一张({row['valid_from']}起)。"
            notes.append(T(zh, f"{self.data.day} is before the first timetable, so the first one is used (valid from {row['valid_from']})."))
        return tuple(notes)

    @cached_property
    def feed(self) -> Feed:
        """The trains of the timetable. Raises DataError where a train's times decrease or it calls once only."""
        from xietong.io.gtfs import Feed

        name = self.timetable["timetable"]
        calls = self.data["train_stops"]
        calls = calls[calls["timetable"].to_numpy() == name]
        trains = self.data["trains"]
        numbers = trains[trains["timetable"].to_numpy() == name].set_index("train")["name"]
        trip, first = np.unique(calls["train"].to_numpy(dtype=object).astype(str), return_index=True)
        offsets = np.append(first, len(calls)).astype(np.int64)  # rows come ordered by timetable, train and order
        arrive, leave = (seconds(calls[column].to_numpy()) for column in ("arrive_min", "leave_min"))
        _check_trains(trip, offsets, arrive, leave)
        stop = np.array([self.position[one] for one in calls["station"]], dtype=np.int32)
        frame, none, all_ = self.stations, np.zeros(0, np.int32), np.ones(len(calls), bool)
        return Feed(
            frame["station"].to_numpy(dtype=object), frame["name_zh"].to_numpy(dtype=object), frame["lon"].to_numpy(), frame["lat"].to_numpy(),
            trip.astype(object), numbers.reindex(trip).fillna("").to_numpy(dtype=object), offsets, stop, arrive, leave, all_, all_, none, none, none,
        )  # fmt: skip

    @cached_property
    def lines(self) -> dict[str, Array]:
        """Positions of the stations of each line, in order; lines with fewer than two are left out."""
        stops = self.data["rail_line_stops"]
        found = {line: np.array([self.position[one] for one in part["station"]], dtype=np.int32) for line, part in stops.groupby("line", sort=True)}
        return {str(line): at for line, at in found.items() if len(at) >= 2}

    @cached_property
    def usual(self) -> dict[str, int]:
        """The trains a day of each line before any step."""
        frame = replace(self.data, steps=())["rail_lines"]
        return {line: round(trains) for line, trains in zip(frame["line"], frame["trains_a_day"], strict=True)}

    @cached_property
    def own(self) -> dict[str, Array]:
        """For each leg of each line whether it belongs to the line: elsewhere its trains run on another."""
        stops = self.data["rail_line_stops"]
        return {str(line): part["own"].to_numpy()[1:] >= 0.5 for line, part in stops.groupby("line", sort=True)}

    @cached_property
    def joined(self) -> list[tuple[Array, Array]]:
        """Sets of jurisdictions that trains join, and the stations at which such trains call.

        Trains are those of the timetable; at stations that it does not serve, those of the lines there, built or not. So what
        is built never makes a change longer, which the bound of a plan rests on.
        """
        feed = self.feed
        serves = np.zeros((len(feed.trip_id), len(self.data.jurisdictions)), dtype=bool)
        trip = np.repeat(np.arange(len(feed.trip_id)), np.diff(feed.offsets))
        serves[trip, self.home[feed.stop]] = True
        # A region has at most 50 jurisdictions: a set of them is one number.
        code = serves @ (1 << np.arange(serves.shape[1], dtype=np.int64))
        _, first, kind = np.unique(code, return_index=True, return_inverse=True)
        found = [(np.flatnonzero(serves[one]), np.unique(feed.stop[kind.reshape(-1)[trip] == number])) for number, one in enumerate(first)]
        new = np.ones(len(self.home), dtype=bool)
        new[feed.stop] = False
        return found + [(np.unique(self.home[at]), at[new[at]]) for at in self.lines.values()]

    def legs_km(self, line: dict[str, Any]) -> Array:
        """Kilometres between the stations of a line's trains. On its own legs its length is shared out by great circles;
        elsewhere, and where the length is unknown, they are great circles x the detour."""
        at, own = self.lines[line["line"]], self.own[line["line"]]
        km = great_circle_km(self.points[at[:-1]], self.points[at[1:]])
        known = line["whole"] >= 0.5 and np.isfinite(line["length_km"]) and km[own].sum() > 0
        stretch = max(line["length_km"] / km[own].sum(), 1.0) if known else self.data.p["rail_detour"]
        return np.asarray(km * np.where(own, stretch, self.data.p["rail_detour"]))


def _check_trains(trip: Array, offsets: Array, arrive: Array, leave: Array) -> None:
    faults = [] if len(trip) else [Fault("a timetable has no train", "Give its trains and their calls.", "train_stops.csv", None, "timetable")]
    for train, first, end in zip(trip, offsets[:-1], offsets[1:], strict=True):
        times = np.stack([arrive[first:end], leave[first:end]], axis=1).ravel()
        if end - first < 2 or (np.diff(times) < 0).any():
            faults.append(Fault(f"train {train} calls once only, or its times decrease", "Mend its rows.", "train_stops.csv", None, "arrive_min"))
    if faults:
        raise DataError("the timetable cannot be used", faults[:20])


@dataclass(frozen=True)
class Railway:
    """The trains that run under ``data``'s rules and steps, the ways to them, and what both make of every trip."""

    data: Data
    grid: Grid

    # -- lines that are built ------------------------------------------------------------------------------------------

    @cached_property
    def added(self) -> list[dict[str, Any]]:
        """Rows of the lines that run trains besides those of the timetable on this day."""
        day = self.data.day.isoformat()
        return [
            row
            for row in records(self.data["rail_lines"])
            if row["built"] >= 0.5 and row["trains_a_day"] >= 1 and str(row["opened"] or "") <= day and row["line"] in self.grid.lines
        ]

    def line_trains(self, row: dict[str, Any]) -> tuple[Line, Line]:
        """The trains of a line, there and back: all of them call everywhere, from FIRST_MIN to LAST_MIN."""
        from xietong.travel.scenario import Line

        p = self.data.p
        ride = self.grid.legs_km(row) / (p["commercial_share"] * row["design_speed_kmh"]) * 60
        departures = spread(min(self.grid.usual.get(row["line"], 0), round(row["trains_a_day"])), round(row["trains_a_day"]))
        stations = self.grid.stations["station"].to_numpy(dtype=object)[self.grid.lines[row["line"]]]
        both = []
        for order in (1, -1):
            arrive = np.concatenate([[0], np.cumsum(ride[::order] + p["dwell_min"]) - p["dwell_min"]])
            leave = arrive + np.where(np.arange(len(arrive)) % (len(arrive) - 1) == 0, 0, p["dwell_min"])
            name = row["line"] if order == 1 else f"{row['line']} back"
            both.append(Line(name, tuple(stations[::order]), tuple(arrive.tolist()), departures, tuple(leave.tolist())))
        return both[0], both[1]

    # -- rules ---------------------------------------------------------------------------------------------------------

    @cached_property
    def running(self) -> Feed:
        """All trains, before any border cuts them."""
        if not self.added:
            return self.grid.feed
        from xietong.travel.network import Network

        return Network.of(self.grid.feed, max_walk_m=0.001).with_(add_lines=[line for row in self.added for line in self.line_trains(row)]).feed

    @cached_property
    def change_min(self) -> Array:
        """[S] minutes to change trains at a station, under the rules between the jurisdictions that its trains join."""
        p, frame = self.data.p, self.data["rail_stations"]
        own = frame.set_index("station").loc[self.grid.stations["station"]]
        plain = own["change_min"].fillna(p["change_min"]).to_numpy(dtype=float)
        again = p["recheck_min"] * (1 - self._worst("recognised")) + p["ticket_min"] * (1 - self._worst("through"))
        usual = plain + again
        return np.asarray(np.where(own["timed"].to_numpy() >= 0.5, np.minimum(usual, p["timed_min"]), usual))

    def _worst(self, rule: str) -> Array:
        """[S] the lowest value of a rule over the ordered pairs of jurisdictions that a station's trains join."""
        names = np.array(self.data.jurisdictions, dtype=str)
        value = self.data.rule(rule, names[:, None], names[None, :])
        found = value[self.grid.home, self.grid.home].astype(float)
        for members, stops in self.grid.joined:
            np.minimum.at(found, stops, value[np.ix_(members, members)].min())
        return np.asarray(found)

    def _cut(self, feed: Feed) -> Array:
        """Which legs a closed border cuts out: those between two jurisdictions between which no train crosses."""
        from xietong.travel.scenario import legs

        here, after = legs(feed)
        end = np.where(after >= 0, after, here)
        crossing = self.grid.home[here] != self.grid.home[end]
        cut = np.zeros(len(here), bool)
        cut[crossing] = self.data.rule("crosses", self.grid.place[here[crossing]], self.grid.place[end[crossing]]) < 0.5
        return cut

    @cached_property
    def network(self) -> Network:
        """The trains that run, with changes at stations and, by road, between stations that are near one another."""
        import pandas as pd

        from xietong.travel.network import Network

        p, names = self.data.p, self.grid.stations["station"].to_numpy(dtype=object)
        km = great_circle_km(self.grid.points[:, None], self.grid.points[None])
        drive = self.road.fixed_min + km * self.road.minutes_per_km
        one, other = np.nonzero((drive <= p["transfer_max_min"]) & ~np.eye(len(names), dtype=bool))
        change = self.change_min[other]
        # Whoever comes by road enters the station anew: no quicker than from home. The engine adds the change time itself.
        minutes = p["leave_min"] + drive[one, other] + np.maximum(p["board_min"] - change, 0)
        ends = {name: pd.Series(names[at], dtype=object) for name, at in (("origin", one), ("destination", other))}
        edges = pd.DataFrame({**ends, "minutes": minutes})
        found = Network.of(self.running, change_time_min=self.change_min, footpaths=edges)
        cut = self._cut(found.feed)
        return found.with_(cut_pairs=cut) if cut.any() else found

    # -- roads ---------------------------------------------------------------------------------------------------------

    @cached_property
    def road(self) -> RoadTimes:
        """Roads with the motorways that this view has (a step may have built one)."""
        return self.grid.road.with_motorways(self.data["motorways"])

    @cached_property
    def _drive(self) -> Array:
        """[place, station] minutes."""
        frame = self.grid.stations
        return self.road.minutes_to(frame["lon"].to_numpy(), frame["lat"].to_numpy(), self.grid.place)

    @cached_property
    def access(self) -> Legs:
        """Ways from places to the platform: by road within reach, and in time for the checks."""
        return self._legs(self.data.p["board_min"])

    @cached_property
    def egress(self) -> Legs:
        """Ways from the platform to places."""
        return self._legs(self.data.p["leave_min"])

    def _legs(self, more_min: float) -> Legs:
        from xietong.kernels.timetable import Legs

        place, station = np.nonzero(self._drive <= self.data.p["access_max_min"])
        ptr = np.searchsorted(place, np.arange(len(self._drive) + 1))
        return Legs(ptr.astype(np.int32), station.astype(np.int32), seconds(self._drive[place, station] + more_min))

    @cached_property
    def direct(self) -> Array:
        """[O, D] seconds by road all the way."""
        place = np.arange(len(self.data.places))
        return np.ascontiguousarray(seconds(self.road.minutes(place[:, None], place[None, :])))

    # -- times ---------------------------------------------------------------------------------------------------------

    def times(self, first_min: float, window_min: int, percentiles: tuple[float, ...], origins: Array | None = None) -> tuple[Array, Array]:
        """Minutes [O, D, R] from door to door over a window of departure minutes, by road or rail, whichever is quicker; and
        sums over the minutes at which rail is (``kernels.profile.day_times``). ``origins``: positions of places, default all."""
        from xietong.kernels import profile
        from xietong.travel.asking import Window

        net = self.network
        feed, table = net.feed, net.table
        ranks = Window(0, window_min, percentiles, 0, 0).ranks
        rides = profile.connections(feed.offsets, feed.stop, feed.arrive, feed.leave)
        size = len(feed.stop_id)
        ends = profile.by_stop(self.egress, size)
        profiles = profile.scan(rides, len(feed.trip_id), size, table.foot_ptr, table.foot_to, table.foot_s, ends, len(self.direct))
        access = self.access if origins is None else select(self.access, origins)
        direct = self.direct if origins is None else np.ascontiguousarray(self.direct[origins])
        found, sums = profile.day_times(profiles, access, direct, round(first_min * 60), window_min, ranks)
        return found / 60, sums

    @cached_property
    def day(self) -> tuple[Array, Array]:
        """Median minutes [O, D] of the whole day, and the sums."""
        found, sums = self.times(FIRST_MIN, LAST_MIN - FIRST_MIN, (50,))
        return found[:, :, 0], sums

    def median(self, origins: Array) -> Array:
        """Median minutes [origin, D] of the whole day from some places (positions)."""
        return self.times(FIRST_MIN, LAST_MIN - FIRST_MIN, (50,), origins)[0][:, :, 0]
