"""A random country beside the three that answer for it: the engine, Connection Scan and the Dijkstra of the oracle."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, reject, settings

from tests.travel import oracle, timetables
from tests.travel.oracle import INF, Oracle, Point, Walking
from tests.travel.scan import csr, scan_s
from xietong.core.errors import DataError
from xietong.kernels.timetable import FAR, Legs
from xietong.travel.network import Network

MINUTES = 10
EVERY = tuple(range(0, 101, MINUTES))[1:]
"""Percentiles that name each of ``MINUTES`` departure minutes."""

LIMIT_MIN = 180
UNLIMITED = 64


def drawn(examples: int) -> settings:
    """Settings of a test on so many random countries: the same ones every time."""
    return settings(
        max_examples=examples, derandomize=True, deadline=None, database=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
    )


class Case:
    """One country asked from some points of each island (a stop, a corner and a place beside the road) to all its stops and a point."""

    def __init__(self, country: timetables.Country, walking: Walking | None = None, tables: timetables.Tables | None = None) -> None:
        self.country = country
        change_s = {stop: int(minutes * 60) for stop, minutes in country.change_min.items()}
        self.walking = walking or Walking(change_s=change_s)
        with tempfile.TemporaryDirectory() as folder:
            # A folder or a zip, as luck would have it.
            name = "feed.zip" if country.islands[0].seed % 2 else "feed"
            path = timetables.write(tables or country.tables, Path(folder) / name)
            self.oracle = Oracle(oracle.load(path, timetables.DATE), self.walking)
            try:
                self.network = self.from_gtfs(path)
            except DataError as error:
                if "no trip runs on" in str(error):
                    reject()  # a country at rest that day: the reader says so, and there is nothing to ask
                raise
        draw = random.Random(country.islands[0].seed)
        self.points: dict[str, Point] = {}
        for number in range(len(country.stops)):
            self.points[f"x{number}"] = (10 + number + draw.randrange(1800) / 1e5, 0.5 + draw.randrange(1800) / 1e5)
        self.origins = [one for number, stops in enumerate(country.stops) for one in (stops[0], f"x{number}")]
        self.destinations = [*(stop for stops in country.stops for stop in stops), *self.points]
        self.departures = [country.base_s + 60 * minute for minute in range(MINUTES)]

    def from_gtfs(self, path: Path) -> Network:
        walking, change = self.walking, self.walking.change_s
        minutes = change / 60 if isinstance(change, int) else {stop: seconds / 60 for stop, seconds in change.items()}
        return Network.from_gtfs(
            path, timetables.DATE, walk_speed_kmh=walking.speed_kmh, max_walk_m=walking.max_m, detour=walking.detour, change_time_min=minutes, cache=False
        )

    @property
    def base_min(self) -> int:
        return self.country.base_s // 60

    def at(self, names: Iterable[str]) -> list[Point]:
        return [self.points.get(name, name) for name in names]

    def table(self, names: Iterable[str]) -> pd.DataFrame:
        """Points as a user gives them."""
        names = list(names)
        where = [self.oracle.world.place[point] if isinstance(point, str) else point for point in self.at(names)]
        return pd.DataFrame({"id": names, "lon": [lon for lon, _ in where], "lat": [lat for _, lat in where]})

    # -- the engine ----------------------------------------------------------------------------------------------------

    def engine_s(self, most: int = UNLIMITED, direction: str = "from", network: Network | None = None, window: int = MINUTES) -> np.ndarray:
        """Seconds [origin, destination, minute] of the engine, which is given the oracle's walks."""
        network = network or self.network
        number = {stop: position for position, stop in enumerate(network.feed.stop_id)}
        ways = [Legs(*(one.astype(np.int32) for one in csr([self.oracle.legs(point) for point in points], number))) for points in self.ends]
        direct = np.where(np.isfinite(self.direct), self.direct, FAR).astype(np.int32)
        asked = {"max_rides": most, "max_time_min": LIMIT_MIN, "every": True, "direction": direction, "threads": 1}
        every = network.arrays(*ways, direct, self.base_min, window, (), **asked).every  # type: ignore[arg-type]
        return np.where(every == FAR, INF, every)

    @property
    def ends(self) -> tuple[list[Point], list[Point]]:
        return self.at(self.origins), self.at(self.destinations)

    @cached_property
    def direct(self) -> np.ndarray:
        start, end = self.ends
        return np.array([[self.oracle.direct(one, two) for two in end] for one in start])

    def matrix_min(self, most: int = UNLIMITED, percentiles: Sequence[float] = EVERY, network: Network | None = None, direction: str = "from") -> np.ndarray:
        """Minutes [origin, destination, percentile] of a table asked as a user asks."""
        asked = {"max_rides": most, "max_time_min": LIMIT_MIN, "percentiles": percentiles, "direction": direction, "threads": 1}
        frame = (network or self.network).matrix(self.table(self.origins), self.table(self.destinations), self.base_min, MINUTES, **asked)
        assert frame["origin"].tolist() == [one for one in self.origins for _ in self.destinations]
        assert frame["destination"].tolist() == self.destinations * len(self.origins)
        return frame[[f"p{one:g}" for one in percentiles]].to_numpy().reshape(len(self.origins), len(self.destinations), -1)

    # -- the oracles ---------------------------------------------------------------------------------------------------

    def dijkstra_s(self, most: Sequence[int]) -> dict[int, np.ndarray]:
        """Seconds [origin, destination, minute] for each number of rides."""
        start, end = self.ends
        found = [self.oracle.travel_s(one, end, self.departures, most, LIMIT_MIN * 60) for one in start]
        return {limit: np.array([one[limit] for one in found]) for limit in most}

    def scan_s(self) -> np.ndarray:
        return scan_s(self.oracle, *self.ends, self.departures, LIMIT_MIN * 60)

    # -- where they part -----------------------------------------------------------------------------------------------

    def same(self, found: np.ndarray, expected: np.ndarray, what: str) -> None:
        """Fail with the island, the points and both figures where two answers differ."""
        wrong = np.argwhere(~((found == expected) | (np.isnan(found) & ~np.isfinite(expected))))
        if len(wrong):
            o, d, minute = wrong[0]
            number = int(self.origins[o].strip("sx").split("_")[0])
            raise AssertionError(
                f"{what}: {len(wrong)} cells differ, first {self.origins[o]} to {self.destinations[d]} at {minute}: {found[o, d, minute]} instead of "
                f"{expected[o, d, minute]}; {self.country.islands[number]}, begin {self.country.base_s}"
            )


def sorted_minutes(seconds: np.ndarray) -> np.ndarray:
    """What percentiles of every minute must be: float32 minutes, NaN where unreached."""
    ordered = np.sort(seconds, axis=2)
    return np.where(np.isfinite(ordered), (ordered / 60).astype(np.float32), np.float32(np.nan))
