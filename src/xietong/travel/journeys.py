"""Journeys read back from the labels of a search: which trips, from where to where, when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from xietong.kernels.timetable import CHUNK, FAR, Legs, rounds
from xietong.travel.asking import Window
from xietong.travel.compiling import blocks

if TYPE_CHECKING:
    from xietong.travel.network import Network

Array = np.ndarray


@dataclass(frozen=True)
class Leg:
    """One part of a journey: a ride (``trip`` and ``name`` say which) or a walk (both empty). Stops are ids, "" being the
    origin or destination itself; times are seconds after midnight."""

    kind: str
    origin: str
    destination: str
    departure_s: int
    arrival_s: int
    trip: str = ""
    name: str = ""


@dataclass(frozen=True)
class Journey:
    """A journey that no other of its window beats. Times are seconds after midnight; ``departure_s`` is the last whole
    minute at which one can set out."""

    departure_s: int
    arrival_s: int
    rides: int
    legs: tuple[Leg, ...] = field(default=())

    @property
    def minutes(self) -> float:
        return (self.arrival_s - self.departure_s) / 60


def pareto(network: Network, window: Window, access: Legs, egress: Legs, direct: Array) -> list[Journey]:
    """All journeys of a window that differ in departure, arrival or rides and are beaten by none; by departure."""
    inf = FAR - max(int(network.table.foot_s.max(initial=0)), int(egress.seconds.max(initial=0))) - 1
    width = -(-window.minutes // CHUNK) * CHUNK
    arrive, leave = blocks(network.table, window.start_s, width, width, inf, np.int32)
    labels = rounds(network.table, arrive[0], leave[0], width, access.stop, access.seconds, window.max_rides, inf)
    reader = _Reader(network, window, access, egress, labels, arrive[0], leave[0])
    found: list[Journey] = []
    before = np.full(window.minutes, FAR, np.int64)  # the earliest arrival with fewer rides
    minute = np.arange(window.minutes)
    for rides in range(len(labels)):
        if rides == 0:
            times = minute * 60 + np.int64(direct[0, 0]) if direct[0, 0] != FAR else np.full(window.minutes, FAR, np.int64)
        else:
            times = reader.arrivals(rides)
        times = np.where(times - 60 * minute <= window.limit_s, times, FAR)
        better = times < before
        # Of the minutes with one arrival the last is the departure; the way on foot may start whenever one likes.
        last = better & (np.append(times[1:], FAR + 1) > times) & (times < FAR)
        for at in np.flatnonzero(last):
            found.append(reader.journey(int(at), rides, int(times[at])))
        before = np.minimum(before, times)
    return sorted(_unbeaten(found), key=lambda one: (one.departure_s, one.arrival_s, one.rides))


def _unbeaten(found: list[Journey]) -> list[Journey]:
    def beaten(one: Journey) -> bool:
        return any(
            other.departure_s >= one.departure_s and other.arrival_s <= one.arrival_s and other.rides <= one.rides
            and (other.departure_s, other.arrival_s, other.rides) != (one.departure_s, one.arrival_s, one.rides)
            for other in found
        )  # fmt: skip

    return [one for one in found if not beaten(one)]


@dataclass(frozen=True)
class _Reader:
    """Reads journeys backwards: at each label, what led there."""

    network: Network
    window: Window
    access: Legs
    egress: Legs
    labels: list[tuple[Array, Array]]
    arrive: Array
    leave: Array

    def arrivals(self, rides: int) -> Array:
        """Earliest arrivals [W] with at most ``rides`` rides, one at least."""
        best = np.full(self.window.minutes, FAR, np.int64)
        for stop, seconds in zip(self.egress.stop, self.egress.seconds, strict=True):
            best = np.minimum(best, self.labels[rides][0][stop, : self.window.minutes].astype(np.int64) + seconds)
        return best

    def journey(self, minute: int, rides: int, time: int) -> Journey:
        """The journey that arrives at ``time`` (relative), read from its end."""
        start = self.window.start_s
        if rides == 0:
            leg = Leg("walk", "", "", start + 60 * minute, start + time)
            return Journey(start + 60 * minute, start + time, 0, (leg,))
        ends = [(int(seconds), int(stop)) for stop, seconds in zip(self.egress.stop, self.egress.seconds, strict=True)]
        seconds, stop = min(one for one in ends if self.labels[rides][0][one[1], minute] + one[0] == time)
        legs = [Leg("walk", self._id(stop), "", start + time - seconds, start + time)]
        arrival = time - seconds
        count = 0
        while rides:
            rides = self._first(0, rides, stop, minute, arrival)
            origin, trip, left = self._ride(rides, stop, minute, arrival)
            count += 1
            legs.append(self._leg("ride", origin, stop, left, arrival, trip))
            # Where one waits: the label of the boarding stop, as early as a round gave it.
            ready = int(self.labels[rides - 1][1][origin, minute])
            rides = self._first(1, rides - 1, origin, minute, ready)
            if rides:
                stop, arrival, walked = self._footpath(rides, origin, minute, ready)
                if stop != origin:
                    legs.append(self._leg("walk", stop, origin, arrival, arrival + walked, -1))
            else:
                walk = ready - 60 * minute
                legs.append(Leg("walk", "", self._id(origin), start + 60 * minute, start + 60 * minute + walk))
        return Journey(start + 60 * minute, start + time, count, tuple(reversed(legs)))

    def _first(self, kind: int, rides: int, stop: int, minute: int, time: int) -> int:
        """The fewest rides whose label is ``time`` already."""
        while rides and self.labels[rides - 1][kind][stop, minute] == time:
            rides -= 1
        return rides

    def _ride(self, rides: int, stop: int, minute: int, arrival: int) -> tuple[int, int, int]:
        """(boarding stop, trip, departure) of a ride that arrives then; the latest departure, so that one waits before."""
        table, ready = self.network.table, self.labels[rides - 1][1]
        best: tuple[int, int, int, int] | None = None
        for served in range(table.at_ptr[stop], table.at_ptr[stop + 1]):
            lane, call = int(table.at_lane[served]), int(table.at_call[served])
            first, trips = int(table.stop_ptr[lane]), int(table.trips[lane])
            if not table.alight[first + call]:
                continue
            row = int(table.time_ptr[lane])
            times = self.arrive[row + call * trips : row + (call + 1) * trips]
            for trip in range(int(np.searchsorted(times, arrival, "left")), int(np.searchsorted(times, arrival, "right"))):
                for on in range(call):
                    origin, left = int(table.stop[first + on]), int(self.leave[row + on * trips + trip])
                    if table.board[first + on] and ready[origin, minute] <= left and left >= 0:
                        known = int(table.trip[table.trip_ptr[lane] + trip])
                        best = max(best, (left, -origin, -known, on)) if best else (left, -origin, -known, on)
        assert best is not None, "a label without a ride that leads to it"
        return -best[1], -best[2], best[0]

    def _footpath(self, rides: int, stop: int, minute: int, ready: int) -> tuple[int, int, int]:
        """(stop alighted at, arrival there, seconds walked) before being ready at ``stop``."""
        table = self.network.table
        source = np.repeat(np.arange(table.stops), np.diff(table.foot_ptr))
        for path in np.flatnonzero(table.foot_to == stop):
            came, seconds = int(source[path]), int(table.foot_s[path])
            arrival = int(self.labels[rides][0][came, minute])
            if arrival + seconds == ready:
                return came, arrival, int(table.walk_s[path])
        raise AssertionError("a label without a footpath that leads to it")

    def _leg(self, kind: str, origin: int, destination: int, departure: int, arrival: int, trip: int) -> Leg:
        feed, start = self.network.feed, self.window.start_s
        names = (str(feed.trip_id[trip]), str(feed.trip_name[trip])) if trip >= 0 else ("", "")
        return Leg(kind, self._id(origin), self._id(destination), start + departure, start + arrival, *names)

    def _id(self, stop: int) -> str:
        return str(self.network.feed.stop_id[stop])
