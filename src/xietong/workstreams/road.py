"""Road times: the simple model behind the product ``times`` until real travel times replace it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Param
from xietong.core.text import T
from xietong.core.workstream import Provider
from xietong.kernels.sphere import chord_to_km, km_to_chord, unit_vectors


@dataclass(frozen=True)
class RoadTimes:
    """Minutes between places. ``points`` are unit vectors of the places, ``start_km`` what a trip within a place takes."""

    points: np.ndarray
    start_km: np.ndarray
    minutes_per_km: float
    fixed_min: float

    def minutes(self, origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
        """Minutes between positions of places; the arguments broadcast."""
        chord = np.sqrt(np.sum((self.points[origin] - self.points[destination]) ** 2, axis=-1))
        return self._minutes(chord_to_km(chord), origin, destination)

    def within(self, origin: np.ndarray, destination: np.ndarray, limit_min: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pairs within ``limit_min``: positions in ``origin``, positions in ``destination`` and minutes, ordered."""
        from scipy.spatial import cKDTree

        reach_km = max(limit_min - self.fixed_min, 0.0) / self.minutes_per_km
        pairs = cKDTree(self.points[origin]).sparse_distance_matrix(cKDTree(self.points[destination]), km_to_chord(reach_km), output_type="ndarray")
        pairs = pairs[np.lexsort((pairs["j"], pairs["i"]))]
        first, second = pairs["i"], pairs["j"]
        minutes = self._minutes(chord_to_km(pairs["v"]), origin[first], destination[second])
        keep = minutes <= limit_min
        return first[keep], second[keep], minutes[keep]

    def _minutes(self, km: np.ndarray, origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
        inside = np.where(origin == destination, self.start_km[origin], 0.0)
        return np.asarray(self.fixed_min + np.maximum(km, inside) * self.minutes_per_km)


class Road(Provider):
    """Door-to-door minutes by road: great-circle distance x detour / speed + a fixed start. A trip within one place is
    taken to be two thirds of the radius of a disc of its area. It leaves out congestion, the road network itself, rivers,
    mountains and the sea, and all public transport.
    ---
    门到门公路时间:大圆距离×绕行系数/速度+固定起步时间;同一地点内部取等面积圆半径的三分之二。未考虑拥堵、实际路网、山河海湾以及公共交通。
    """

    title = T("公路时间", "Road times")
    provides = "times"
    params = {
        "detour": Param(T("绕行系数", "detour factor"), "ratio", 1.3, 1.2, 1.45, "assumption"),
        "speed_kmh": Param(T("平均行驶速度", "mean driving speed"), "km/h", 60, 45, 75, "assumption"),
        "start_min": Param(T("起步与停车时间", "time to start and park"), "min", 10, 5, 15, "assumption"),
    }

    def product(self, data: Data) -> Any:
        places = data.places
        radius = np.sqrt(places["area_km2"].fillna(0).to_numpy() / np.pi)
        points = unit_vectors(places["lon"].to_numpy(), places["lat"].to_numpy())
        return RoadTimes(points, radius * 2 / 3, data.p["detour"] * 60 / data.p["speed_kmh"], data.p["start_min"])
