"""The ground within reach: what is left of the time at every stop, walked in all directions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.errors import UsageError
from xietong.kernels.sphere import EARTH_KM
from xietong.kernels.timetable import FAR
from xietong.travel import asking
from xietong.travel.asking import Points
from xietong.travel.scenario import warn_unreached
from xietong.travel.searching import Wanted

if TYPE_CHECKING:
    from xietong.travel.network import Network

CORNERS = 8
"""Segments of a quarter circle."""


def reachable(
    network: Network,
    origin: Any,
    cutoffs_min: tuple[float, ...],
    departure: str | float,
    window_min: int,
    percentile: float,
    max_rides: int,
    max_time_min: float,
) -> Any:
    """See ``Network.isochrone``."""
    import geopandas

    if not cutoffs_min or any(not asking.number(one) or not 0 < one <= max_time_min for one in cutoffs_min):
        raise UsageError(f"cutoffs_min are {cutoffs_min}; each must lie between 0 and max_time_min ({max_time_min:g})")
    start = asking.points(origin, network.feed, "origin")
    if len(start) != 1:
        raise UsageError(f"an isochrone has one origin; {len(start)} were given")
    warn_unreached(network, start, "origin")
    window = asking.window(departure, window_min, (percentile,), max_rides, max_time_min)
    feed = network.feed
    stops = Points(feed.stop_id, feed.lon, feed.lat)
    access = network.walking.legs(start.lon, start.lat, feed)
    every = np.arange(len(stops) + 1, dtype=np.int32)
    egress = type(access)(every, every[:-1].copy(), np.zeros(len(stops), np.int32))
    direct = np.full((1, len(stops)), FAR, np.int32)  # a stop that is walked to is no place to set out on another walk
    seconds = network._search(window, access, egress, direct, Wanted(), "from", None, asking_silent)[0][0, :, 0]
    cutoffs = sorted(cutoffs_min, reverse=True)
    shapes = [_ground(network, start, seconds, cutoff) for cutoff in cutoffs]
    return geopandas.GeoDataFrame({"cutoff_min": cutoffs, "percentile": percentile}, geometry=shapes, crs=4326)


def asking_silent(done: float) -> None:
    """No progress is told."""


def _ground(network: Network, start: Points, seconds: np.ndarray, cutoff: float) -> Any:
    """The union of discs, in degrees; drawn on a plane that touches the globe at the origin."""
    import shapely

    feed, walking = network.feed, network.walking
    lon, lat = np.append(feed.lon, start.lon), np.append(feed.lat, start.lat)
    left_s = cutoff * 60 - np.append(np.where(seconds == FAR, np.inf, seconds), 0.0)
    metres = np.minimum(left_s * walking.speed_kmh / 3.6, walking.max_m) / walking.detour
    reached = metres > 0
    scale = math.radians(1) * EARTH_KM * 1000
    squeeze = math.cos(math.radians(float(start.lat[0])))
    points = shapely.points((lon[reached] - start.lon[0]) * scale * squeeze, (lat[reached] - start.lat[0]) * scale)
    union = shapely.union_all(shapely.buffer(points, metres[reached], quad_segs=CORNERS))
    origin, factor = np.array([start.lon[0], start.lat[0]]), np.array([scale * squeeze, scale])
    return shapely.transform(union, lambda xy: xy / factor + origin)
