"""Connection Scan on the oracle's world: both oracles answer the same question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tests.travel.oracle import INF, Oracle, Point, World
from xietong.kernels.connection_scan import NEVER, Connections, Legs, connections, travel_times


def csr(rows: Sequence[Mapping[str, int]], number: Mapping[str, int]) -> Legs:
    """Legs of rows of stop -> seconds."""
    ptr = np.cumsum([0, *(len(row) for row in rows)])
    return Legs(ptr, np.array([number[stop] for row in rows for stop in row], dtype=int), np.array([took for row in rows for took in row.values()], dtype=int))


def scannable(world: World) -> tuple[Connections, dict[str, int]]:
    """The world's connections, and the position of each stop."""
    number = {stop: position for position, stop in enumerate(world.place)}
    calls = [call for trip in world.trips.values() for call in trip]
    offsets = np.cumsum([0, *(len(trip) for trip in world.trips.values())])
    fields = [np.array([getattr(call, name) for call in calls]) for name in ("arrive", "leave", "board", "alight")]
    return connections(np.array([number[call.stop] for call in calls]), *fields, offsets, len(number)), number


def scan_s(asked: Oracle, origins: Sequence[Point], destinations: Sequence[Point], departures: Sequence[int], limit_s: int = 10**6) -> np.ndarray:
    """Seconds [origin, destination, departure], inf where unreached."""
    scan, number = scannable(asked.world)
    feet = csr([asked.footpaths.get(stop, {}) for stop in number], number)
    access, egress = (csr([asked.legs(one) for one in points], number) for points in (origins, destinations))
    found = []
    for row, origin in enumerate(origins):
        walked = [asked.direct(origin, one) for one in destinations]
        direct = np.array([NEVER if one == INF else one for one in walked])
        found.append(travel_times(scan, feet, access, egress, direct, np.array(departures), limit_s, row))
    times = np.array(found).astype(float)
    times[times >= NEVER] = INF
    return times
