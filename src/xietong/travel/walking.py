"""Ways on foot: from points to stops, between stops, and from point to point.

A walk takes floor(metres x detour / speed + 0.5) seconds, metres being the great circle; it exists up to ``max_walk_m``
(metres x detour). Changing from ``s`` to another stop ``n`` takes the walk and the change time of ``n``; staying at ``s``
takes the change time of ``s``. transfers.txt comes on top: a given minimum replaces all of that for its pair, a forbidden
pair is no way, a recommended one is a way at any distance, and a timed one (the vehicle waits) needs no change time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xietong.kernels.sphere import chord_to_km, km_to_chord, unit_vectors
from xietong.kernels.timetable import FAR, Legs

if TYPE_CHECKING:
    from xietong.io.gtfs import Feed

Array = np.ndarray
FORBIDDEN, WALK, TIMED = -1, -2, -3
"""What ``Feed.pair_s`` says instead of seconds."""


@dataclass(frozen=True)
class Walking:
    """How people walk: km/h, the furthest that they do in metres, and how much longer than the straight line."""

    speed_kmh: float = 3.6
    max_m: float = 600.0
    detour: float = 1.0

    def seconds(self, km: Array) -> Array:
        """Whole seconds for great-circle kilometres."""
        return np.minimum(np.floor(km * 1000 * self.detour / (self.speed_kmh / 3.6) + 0.5), FAR // 4).astype(np.int32)

    def pairs(self, lon: Array, lat: Array, other_lon: Array, other_lat: Array) -> tuple[Array, Array, Array]:
        """All pairs within reach: position, position in the other set, seconds; ordered."""
        from scipy.spatial import cKDTree

        if not len(lon) or not len(other_lon):
            return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32)
        reach_km = self.max_m / 1000 / self.detour
        one, other = unit_vectors(lon, lat), unit_vectors(other_lon, other_lat)
        found = cKDTree(one).sparse_distance_matrix(cKDTree(other), km_to_chord(reach_km * (1 + 1e-9)), output_type="ndarray")
        found = found[np.lexsort((found["j"], found["i"]))]
        return found["i"].astype(np.int32), found["j"].astype(np.int32), self.seconds(chord_to_km(found["v"]))

    def legs(self, lon: Array, lat: Array, feed: Feed) -> Legs:
        """Ways between points and the feed's stops."""
        point, stop, seconds = self.pairs(lon, lat, feed.lon, feed.lat)
        return Legs(_pointers(point, len(lon)), stop, seconds)

    def direct(self, lon: Array, lat: Array, other_lon: Array, other_lat: Array) -> Array:
        """Seconds [O, D] on foot all the way; FAR where that is too far."""
        origin, destination, seconds = self.pairs(lon, lat, other_lon, other_lat)
        table = np.full((len(lon), len(other_lon)), FAR, np.int32)
        table[origin, destination] = seconds
        return table


def footpaths(feed: Feed, walking: Walking, change_s: Array, edges: tuple[Array, Array, Array] | None = None) -> tuple[Array, Array, Array, Array]:
    """Footpaths of a Timetable (foot_ptr, foot_to, foot_s, walk_s). ``change_s`` [S] are change times; ``edges``
    (from, to, seconds), where given, replace straight lines."""
    size = len(feed.stop_id)
    origin, destination, walk = edges if edges is not None else walking.pairs(feed.lon, feed.lat, feed.lon, feed.lat)
    other = origin != destination
    stay = np.arange(size, dtype=np.int32)
    origin, destination = np.concatenate([stay, origin[other]]), np.concatenate([stay, destination[other]])
    walk = np.concatenate([np.zeros(size, np.int32), walk[other]]).astype(np.int32)
    total = walk + change_s[destination]
    if len(feed.pair_from):
        origin, destination, total, walk = _with_pairs(feed, walking, change_s, origin, destination, total, walk)
    order = np.lexsort((destination, origin))
    return _pointers(origin, size), destination[order].astype(np.int32), total[order].astype(np.int32), walk[order].astype(np.int32)


def _with_pairs(
    feed: Feed, walking: Walking, change_s: Array, origin: Array, destination: Array, total: Array, walk: Array
) -> tuple[Array, Array, Array, Array]:
    a, b, given = feed.pair_from.astype(np.int64), feed.pair_to.astype(np.int64), feed.pair_s
    size = len(feed.stop_id)
    # The last row of a pair wins, as in a file that corrects itself.
    _, last = np.unique((a * size + b)[::-1], return_index=True)
    keep = len(a) - 1 - last
    a, b, given = a[keep], b[keep], given[keep]
    chord = np.sqrt(np.sum((unit_vectors(feed.lon[a], feed.lat[a]) - unit_vectors(feed.lon[b], feed.lat[b])) ** 2, axis=1))
    walked = walking.seconds(chord_to_km(chord))
    needed = np.where(given >= 0, given, np.where(given == TIMED, walked, walked + change_s[b]))
    replaced = np.isin(origin.astype(np.int64) * size + destination, a * size + b)
    allowed = given != FORBIDDEN
    return (
        np.concatenate([origin[~replaced], a[allowed]]),
        np.concatenate([destination[~replaced], b[allowed]]),
        np.concatenate([total[~replaced], needed[allowed]]),
        np.concatenate([walk[~replaced], np.minimum(walked, needed)[allowed]]),
    )


def _pointers(owner: Array, size: int) -> Array:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=size))]).astype(np.int32)
