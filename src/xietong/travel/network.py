"""Travel times through a timetable: how long it takes people from here to there, at any minute of the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.errors import UsageError
from xietong.kernels.timetable import FAR, PARTS, Answers, Legs, Timetable
from xietong.travel import asking, scenario
from xietong.travel.asking import Points, Window
from xietong.travel.compiling import HORIZON_S, Paths, compile_timetable, mirrored
from xietong.travel.searching import Wanted, search
from xietong.travel.walking import Walking, footpaths

if TYPE_CHECKING:
    from datetime import date

    from xietong.core.declare import Frame
    from xietong.io.gtfs import Feed
    from xietong.travel.journeys import Journey

Array = np.ndarray
Tick = Callable[[float], None]
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Network:
    """The trips of one service day, compiled for search, and how people walk and change. Immutable; ``with_`` gives a
    scenario that shares what it does not change.

    >>> net = Network.from_gtfs(["bus.zip", "rail.zip"], date="2019-05-13")  # doctest: +SKIP
    >>> net.matrix(homes, hospitals, departure="14:00", window_min=120)  # doctest: +SKIP
    """

    feed: Feed
    walking: Walking
    change_s: Array
    paths: Paths
    table: Timetable
    edges: tuple[Array, Array, Array] | None = None

    # -- making --------------------------------------------------------------------------------------------------------

    @classmethod
    def from_gtfs(
        cls, paths: str | Path | Sequence[str | Path], date: str | date, *, walk_speed_kmh: float = 3.6, max_walk_m: float = 600.0, detour: float = 1.0,
        change_time_min: Any = 0, footpaths: Frame | None = None, cache: bool = True,
    ) -> Network:  # fmt: skip
        """Read GTFS feeds (zip or folder) for one service day.

        ``change_time_min``: minutes to change vehicles, one number or a mapping from stop ids. ``footpaths``: edges
        (origin, destination, minutes) between stops that replace straight lines. ``cache``: keep the compiled trips on
        disk, by the digest of the files. Raises DataError with every fault of the feeds, UsageError where an argument is wrong.
        """
        from xietong.travel.kept import compiled

        walking = Walking(walk_speed_kmh, max_walk_m, detour)
        asking.check_walking(walking)
        files = [paths] if isinstance(paths, str | Path) else list(paths)
        feed, table = compiled(files, date if isinstance(date, str) else date.isoformat()[:10], cache)
        return cls._made(feed, walking, change_time_min, footpaths, table)

    @classmethod
    def of(
        cls,
        feed: Feed,
        *,
        walk_speed_kmh: float = 3.6,
        max_walk_m: float = 600.0,
        detour: float = 1.0,
        change_time_min: Any = 0,
        footpaths: Frame | None = None,
    ) -> Network:
        """A network of a Feed that is at hand; arguments as in ``from_gtfs``, where ``change_time_min`` may also be an array by stop."""
        walking = Walking(walk_speed_kmh, max_walk_m, detour)
        asking.check_walking(walking)
        return cls._made(feed, walking, change_time_min, footpaths, None)

    @classmethod
    def _made(cls, feed: Feed, walking: Walking, change_time_min: Any, edges: Frame | None, table: Timetable | None) -> Network:
        known = scenario.edges(edges, feed) if edges is not None else None
        change_s = scenario.change_times(change_time_min, feed)
        paths = footpaths(feed, walking, change_s, known)
        return cls(feed, walking, change_s, paths, compile_timetable(feed, paths) if table is None else _on(table, paths), known)

    # -- what it holds -------------------------------------------------------------------------------------------------

    @property
    def stops(self) -> Frame:
        """The stops: stop, name, lon, lat and the minutes that a change takes there."""
        import pandas as pd

        feed = self.feed
        return pd.DataFrame({"stop": feed.stop_id, "name": feed.stop_name, "lon": feed.lon, "lat": feed.lat, "change_min": self.change_s / 60})

    @property
    def trips(self) -> Frame:
        """The trips that run: trip, name, first stop, last stop, departure and arrival in minutes after midnight."""
        import pandas as pd

        feed = self.feed
        first, last = feed.offsets[:-1], feed.offsets[1:] - 1
        return pd.DataFrame(
            {
                "trip": feed.trip_id, "name": feed.trip_name, "origin": feed.stop_id[feed.stop[first]], "destination": feed.stop_id[feed.stop[last]],
                "departure_min": feed.leave[first] / 60, "arrival_min": feed.arrive[last] / 60,
            }
        )  # fmt: skip

    @cached_property
    def _mirror(self) -> Timetable:
        return mirrored(self.table)

    def __repr__(self) -> str:
        return f"Network({len(self.feed.stop_id)} stops, {len(self.feed.trip_id)} trips, {len(self.table.trips)} lanes, {self.feed.date})"

    # -- questions -----------------------------------------------------------------------------------------------------

    def matrix(
        self, origins: Any, destinations: Any = None, departure: str | float = "08:00", window_min: int = 120, percentiles: Sequence[float] = PERCENTILES,
        max_rides: int = 8, max_time_min: float = 360, breakdown: bool = False, direction: str = "from", threads: int | None = None, executor: Any = None,
        progress: Tick | None = None,
    ) -> Frame:  # fmt: skip
        """Minutes from all origins to all destinations (default: the same points), one row each.

        Columns ``p5``... are nearest-rank percentiles over the departure minutes of the window; NaN where it takes longer
        than ``max_time_min`` or no way leads there. ``breakdown`` adds means over the departure minutes that arrive:
        minutes walked (access, egress, footpaths), waited for the first vehicle, ridden and spent changing, and rides.
        ``direction="to"``: the window holds *arrival* minutes and each destination is one search. ``executor``: a Dask
        client, whose workers then share the origins; results are identical. Points: stop ids, or a table with lon and
        lat (and id). Raises UsageError and DataError; a point without a stop in walking reach is told by a warning.
        """
        window = asking.window(departure, window_min, percentiles, max_rides, max_time_min, direction == "to")
        start, end = self._ends(origins, destinations)
        wanted = Wanted(parts=breakdown)
        found = self._answer(start, end, window, wanted, direction, threads, executor, progress or _silent)
        return _long(start, end, window, found, breakdown)

    def arrive_by(self, origins: Any, destinations: Any = None, arrival: str | float = "09:00", window_min: int = 60, **more: Any) -> Frame:
        """Minutes that it takes to arrive within the ``window_min`` minutes that end at ``arrival``; see ``matrix``."""
        checked = asking.window(arrival, window_min, (), 1, 1, True)
        if checked.start_s % 60:
            raise UsageError(f"arrival is {arrival!r}; it must be a whole minute")
        begin = (checked.start_s // 60) - checked.minutes + 1
        if begin < 0:
            raise UsageError(f"arriving at {arrival} within {window_min} minutes begins before midnight; shorten window_min")
        return self.matrix(origins, destinations, begin, window_min, direction="to", **more)

    def arrays(
        self, access: Legs, egress: Legs, direct: Array, departure: str | float, window_min: int, percentiles: Sequence[float] = (50,), *, max_rides: int = 8,
        max_time_min: float = 360, every: bool = False, parts: bool = False, direction: str = "from", threads: int | None = None, tick: Tick | None = None,
        origins: Array | None = None,
    ) -> Answers:  # fmt: skip
        """The same question between points whose ways to stops are given: ``access`` [O] and ``egress`` [D] in seconds,
        ``direct`` [O, D] seconds without a vehicle (FAR: none). Answers in seconds, FAR where unreachable; ``every`` asks
        for each departure minute, ``parts`` for sums (PARTS). ``origins``: positions to be answered, default all."""
        window = asking.window(departure, window_min, percentiles, max_rides, max_time_min, direction == "to")
        size = len(self.feed.stop_id)
        access = asking.check_legs(access, direct.shape[0], size, "access")
        egress = asking.check_legs(egress, direct.shape[1], size, "egress")
        return self._search(window, access, egress, np.ascontiguousarray(direct, np.int32), Wanted(every, parts), direction, threads, tick or _silent, origins)

    def isochrone(
        self, origin: Any, cutoffs_min: Sequence[float] = (30, 60, 90), departure: str | float = "08:00", window_min: int = 120, percentile: float = 50,
        max_rides: int = 8, max_time_min: float = 360,
    ) -> Any:  # fmt: skip
        """The ground within reach of ``origin`` (a stop id, or a one-row table) as a GeoDataFrame: a row for each cutoff,
        largest first, from discs of what is left of the time at every stop on foot."""
        from xietong.travel.isochrones import reachable

        return reachable(self, origin, tuple(cutoffs_min), departure, window_min, percentile, max_rides, max_time_min)

    def journeys(
        self, origin: Any, destination: Any, departure: str | float = "08:00", window_min: int = 120, max_rides: int = 8, max_time_min: float = 360
    ) -> list[Journey]:
        """The journeys of the window that no other beats: later departure, earlier arrival or fewer rides. Each lists its
        legs with trip names, stops and times."""
        from xietong.travel.journeys import pareto

        start, end = self._ends(origin, destination)
        if len(start) != 1 or len(end) != 1:
            raise UsageError("journeys are told from one origin to one destination")
        window = asking.window(departure, window_min, (), max_rides, max_time_min)
        return pareto(self, window, *self._walks(start, end))

    def audit(
        self,
        origins: Any,
        destinations: Any = None,
        departure: str | float = "08:00",
        window_min: int = 120,
        max_time_min: float = 360,
        sample: int = 5,
        seed: int = 0,
    ) -> tuple[int, int]:
        """Check the search against a plain Connection Scan on a seeded sample of origins: (travel times that differ, travel
        times compared), over all destinations and departure minutes. The first is 0, or there is a fault to report."""
        from xietong.travel.audit import MANY_RIDES, mismatches

        start, end = self._ends(origins, destinations)
        window = asking.window(departure, window_min, (), MANY_RIDES, max_time_min)
        if not asking.number(sample) or sample < 1 or not asking.number(seed) or seed < 0:
            raise UsageError(f"sample is {sample!r} and seed {seed!r}; give at least one origin and a seed of 0 or more")
        chosen = np.sort(np.random.default_rng(int(seed)).permutation(len(start))[: int(sample)])
        return mismatches(self, window, *self._walks(start, end), chosen)

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def with_(self, add_lines: Sequence[scenario.Line] = (), remove: Sequence[str] = (), cut_pairs: Any = None, change_time_min: Any = None) -> Network:
        """A scenario: more lines, fewer trips (ids or names), trips cut between pairs of stops, other change times.

        ``cut_pairs``: pairs of stop ids between which, as neighbouring calls, no vehicle runs any more, or an array of
        bool by leg (see ``scenario.legs``). Arrays that do not change are shared. Raises UsageError for what is not there.
        """
        network = self
        add_lines = [add_lines] if isinstance(add_lines, scenario.Line) else list(add_lines)
        remove = [remove] if isinstance(remove, str) else list(remove)
        if len(remove) or cut_pairs is not None:
            feed = scenario.without(network.feed, remove, cut_pairs)
            network = replace(network, feed=feed, table=compile_timetable(feed, network.paths))
        if len(add_lines):
            network = scenario.with_lines(network, add_lines)
        if change_time_min is not None:
            change_s = scenario.change_times(change_time_min, network.feed, self.change_s)
            paths = footpaths(network.feed, network.walking, change_s, network.edges)
            network = replace(network, change_s=change_s, paths=paths, table=_on(network.table, paths))
        return network

    # -- inside --------------------------------------------------------------------------------------------------------

    def _ends(self, origins: Any, destinations: Any) -> tuple[Points, Points]:
        start = asking.points(origins, self.feed, "origins")
        end = start if destinations is None else asking.points(destinations, self.feed, "destinations")
        scenario.warn_unreached(self, start, "origins")
        if end is not start:
            scenario.warn_unreached(self, end, "destinations")
        return start, end

    def _walks(self, start: Points, end: Points) -> tuple[Legs, Legs, Array]:
        legs = (self.walking.legs(one.lon, one.lat, self.feed) for one in (start, end))
        return (*legs, self.walking.direct(start.lon, start.lat, end.lon, end.lat))  # type: ignore[return-value]

    def _answer(self, start: Points, end: Points, window: Window, wanted: Wanted, direction: str, threads: int | None, executor: Any, tick: Tick) -> Answers:
        if executor is not None:
            from xietong.travel.cluster import spread

            return spread(self, start, end, window, wanted, direction, executor, tick)
        return self._search(window, *self._walks(start, end), wanted, direction, threads, tick)

    def _search(
        self,
        window: Window,
        access: Legs,
        egress: Legs,
        direct: Array,
        wanted: Wanted,
        direction: str,
        threads: int | None,
        tick: Tick,
        origins: Array | None = None,
    ) -> Answers:
        if direction == "from":
            return search(self.table, window, access, egress, direct, wanted, threads, tick, origins)
        if direction != "to":
            raise UsageError(f"direction is {direction!r}; it is 'from' (departure minutes) or 'to' (arrival minutes)")
        # Arriving at minute a is leaving at horizon - a in the mirror: the last arrival minute comes first.
        first = HORIZON_S - window.start_s - 60 * (window.minutes - 1)
        flipped = search(self._mirror, replace(window, start_s=first), egress, access, np.ascontiguousarray(direct.T), wanted, threads, tick, origins)
        ranks, every, parts = (np.swapaxes(one, 0, 1) if one.shape[0] else one for one in flipped)
        return Answers(ranks, every[:, :, ::-1], parts)


def _silent(done: float) -> None:
    pass


def _on(table: Timetable, paths: Paths) -> Timetable:
    """The same lanes with other footpaths."""
    return table._replace(**dict(zip(("foot_ptr", "foot_to", "foot_s", "walk_s"), paths, strict=True)))


def minutes(seconds: Array) -> Array:
    """Seconds as float32 minutes, NaN where unreachable."""
    return np.where(seconds == FAR, np.float32(np.nan), (seconds / 60).astype(np.float32))


def _long(start: Points, end: Points, window: Window, found: Answers, breakdown: bool) -> Frame:
    """One row for each origin and destination."""
    import pandas as pd

    shape = (len(start), len(end))
    columns: Mapping[str, Array] = {"origin": np.repeat(start.id, shape[1]), "destination": np.tile(end.id, shape[0])}
    named = {f"p{p:g}": minutes(found.ranks[:, :, at]).ravel() for at, p in enumerate(sorted(window.percentiles))}
    columns = {**columns, **{f"p{p:g}": named[f"p{p:g}"] for p in window.percentiles}}
    if breakdown:
        count = found.parts[:, :, 0].ravel()
        with np.errstate(invalid="ignore", divide="ignore"):
            for at, name in enumerate(PARTS[1:], 1):
                mean = found.parts[:, :, at].ravel() / count
                columns[name if name == "rides" else f"{name}_min"] = mean if name == "rides" else mean / 60
    return pd.DataFrame(columns)
