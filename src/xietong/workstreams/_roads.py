"""Minutes by road: great-circle distances and an edge list of motorways, the shortest way over both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from xietong.core.declare import Frame
from xietong.kernels.sphere import chord_to_km, great_circle_km, km_to_chord, unit_vectors

ROWS = 512
"""Origins that are looked at together where a search among all pairs is needed."""


@dataclass(frozen=True)
class RoadTimes:
    """Minutes between places. ``points`` are unit vectors of the places, ``start_km`` what a trip within a place takes.

    A motorway leads from place ``ends[2 k]`` to place ``ends[2 k + 1]`` and back in ``motorway_min[k]``: a trip goes the
    shortest way over both, with ordinary roads to, from and between motorways.
    """

    places: tuple[str, ...]
    points: np.ndarray
    start_km: np.ndarray
    minutes_per_km: float
    fixed_min: float
    ends: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    motorway_min: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def with_motorways(self, motorways: Frame) -> RoadTimes:
        """The same with the motorways that are built (columns origin, destination, length_km, speed_kmh, built) and no others."""
        built = motorways[motorways["built"] >= 0.5]
        position = {place: row for row, place in enumerate(self.places)}
        ends = [position[str(end)] for pair in zip(built["origin"], built["destination"], strict=True) for end in pair]
        minutes = (built["length_km"] / built["speed_kmh"] * 60).to_numpy(dtype=float)
        return replace(self, ends=np.array(ends, dtype=np.intp), motorway_min=minutes)

    def minutes(self, origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
        """Minutes between positions of places; the arguments broadcast."""
        km = great_circle_km(self.points[origin], self.points[destination])
        found = self._direct(km, origin, destination)
        # A trip within a place stays within it: an end of a motorway at its point is no way round.
        leaves = np.not_equal(origin, destination)
        for end in range(len(self.ends)):
            found = np.minimum(found, np.where(leaves, self._over[origin, end] + self._to_end[destination, end], np.inf))
        return found

    def minutes_to(self, lon: np.ndarray, lat: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Minutes [place, point] between every place and points; ``inside`` is the position of the place in which each lies."""
        points = unit_vectors(lon, lat)
        km = great_circle_km(self.points[:, None], points[None])
        stays = np.arange(len(self.points))[:, None] == inside
        start = np.where(stays, self.start_km[:, None], 0.0)
        found = self.fixed_min + np.maximum(km, start) * self.minutes_per_km
        for end, place in enumerate(self.ends):
            last = great_circle_km(self.points[place], points) * self.minutes_per_km
            found = np.minimum(found, np.where(stays, np.inf, self._over[:, end, None] + last))
        return np.asarray(found)

    def within(self, origin: np.ndarray, destination: np.ndarray, limit_min: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pairs within ``limit_min``: positions in ``origin``, positions in ``destination`` and minutes, ordered."""
        if len(self.ends):
            return self._within_over(origin, destination, limit_min)
        from scipy.spatial import cKDTree

        reach_km = max(limit_min - self.fixed_min, 0.0) / self.minutes_per_km
        pairs = cKDTree(self.points[origin]).sparse_distance_matrix(cKDTree(self.points[destination]), km_to_chord(reach_km), output_type="ndarray")
        pairs = pairs[np.lexsort((pairs["j"], pairs["i"]))]
        first, second = pairs["i"], pairs["j"]
        minutes = self._direct(chord_to_km(pairs["v"]), origin[first], destination[second])
        keep = minutes <= limit_min
        return first[keep], second[keep], minutes[keep]

    def _within_over(self, origin: np.ndarray, destination: np.ndarray, limit_min: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """With motorways no distance bounds a time, so that every pair is looked at."""
        parts = []
        for start in range(0, len(origin), ROWS):
            minutes = self.minutes(origin[start : start + ROWS, None], destination[None])
            first, second = np.nonzero(minutes <= limit_min)
            parts.append((first + start, second, minutes[first, second]))
        first, second, found = (np.concatenate(column) for column in zip(*parts, strict=True))
        return first, second, found

    def _direct(self, km: np.ndarray, origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
        inside = np.where(origin == destination, self.start_km[origin], 0.0)
        return np.asarray(self.fixed_min + np.maximum(km, inside) * self.minutes_per_km)

    @cached_property
    def _to_end(self) -> np.ndarray:
        """[place, end] minutes by ordinary roads, without the fixed start."""
        return np.asarray(great_circle_km(self.points[:, None], self.points[self.ends][None]) * self.minutes_per_km)

    @cached_property
    def _over(self) -> np.ndarray:
        """[place, end] minutes from a place to an end that is reached over motorways, the fixed start included."""
        between = self._to_end[self.ends].copy()
        for number, minutes in enumerate(self.motorway_min):
            one, other = 2 * number, 2 * number + 1
            between[one, other] = between[other, one] = min(between[one, other], minutes)
        for via in range(len(self.ends)):
            between = np.minimum(between, between[:, [via]] + between[[via]])
        return np.asarray(self.fixed_min + np.min(self._to_end[:, :, None] + between[None], axis=1))
