"""What a question to a Network must look like: moments, windows, percentiles, points. All faults are told at once."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from xietong.core.errors import DataError, Fault, UsageError
from xietong.kernels.timetable import Legs
from xietong.travel.compiling import HORIZON_S

if TYPE_CHECKING:
    from xietong.io.gtfs import Feed
    from xietong.travel.walking import Walking

Array = np.ndarray
DAY_MIN = 1440
OUTSIDE_KM = 50.0
"""A point further than this from every stop (and than ten walks) is taken for a mistake: at sea, or lon and lat swapped."""


@dataclass(frozen=True)
class Window:
    """The departure (or arrival) minutes that a question is about, and what is asked of them."""

    start_s: int
    minutes: int
    percentiles: tuple[float, ...]
    max_rides: int
    limit_s: int

    @property
    def ranks(self) -> Array:
        """Nearest ranks, counted from 0, ascending."""
        rank = [max(math.ceil(round(p * self.minutes / 100, 9)), 1) - 1 for p in sorted(self.percentiles)]
        return np.array(rank, dtype=np.int32)


MOST_RIDES = 1000


def number(value: Any) -> TypeGuard[float]:
    """Whether it is a finite number; NumPy's count, truth values do not."""
    return not isinstance(value, bool | np.bool_) and isinstance(value, numbers.Real) and math.isfinite(value)


def window(departure: str | float, window_min: float, percentiles: Sequence[float], max_rides: int, max_time_min: float, backwards: bool = False) -> Window:
    """A checked Window. ``departure`` is "HH:MM" or minutes after midnight; UsageError says all that is wrong."""
    wrong = []
    minute = _minute(departure)
    if minute is None:
        wrong.append(f"departure {departure!r} is no time; write it as HH:MM, for example 08:30")
    if not _whole(window_min) or not 1 <= window_min <= DAY_MIN:
        wrong.append(f"window_min is {window_min!r}; it must be a whole number of minutes from 1 to {DAY_MIN}")
    asked: list[Any] = list(percentiles) if hasattr(percentiles, "__iter__") else [percentiles]
    bad = [p for p in asked if not number(p) or not 0 <= p <= 100]
    if bad:
        wrong.append(f"percentiles {bad} are no numbers from 0 to 100")
    if not _whole(max_rides) or not 0 <= max_rides <= MOST_RIDES:
        wrong.append(f"max_rides is {max_rides!r}; it must be a whole number from 0 to {MOST_RIDES}")
    if not number(max_time_min) or not 0 < max_time_min <= DAY_MIN:
        wrong.append(f"max_time_min is {max_time_min!r}; it must lie between 0 and {DAY_MIN}")
    if not wrong and minute is not None and backwards and minute < max_time_min:
        wrong.append(f"a trip of max_time_min ({max_time_min:g}) may begin before midnight; shorten it to {minute:g}")
    if not wrong and minute is not None:
        end = minute + window_min + (0 if backwards else max_time_min)
        if end * 60 > HORIZON_S:
            wrong.append(
                f"departure, window and max_time_min reach {end / 60:.1f} hours after midnight; a feed holds {HORIZON_S // 3600}: shorten max_time_min"
            )
    if wrong:
        raise UsageError("; ".join(wrong))
    return Window(round((minute or 0) * 60), int(window_min), tuple(float(p) for p in asked), int(max_rides), round(max_time_min * 60))


def _whole(value: Any) -> bool:
    return number(value) and float(value).is_integer()


def _minute(text: str | float) -> float | None:
    """Minutes after midnight of "HH:MM" (or a number of minutes)."""
    if not isinstance(text, str):
        return float(text) if number(text) and 0 <= text < 2 * DAY_MIN else None
    hours, colon, minutes = text.partition(":")
    if not colon or not text.isascii() or not hours.isdigit() or not minutes.isdigit() or len(minutes) != 2 or int(minutes) > 59 or int(hours) > 47:
        return None
    return int(hours) * 60.0 + int(minutes)


@dataclass(frozen=True)
class Points:
    """Points of a question: names and coordinates in degrees."""

    id: Array
    lon: Array
    lat: Array

    def __len__(self) -> int:
        return len(self.id)

    def part(self, positions: Array) -> Points:
        return Points(self.id[positions], self.lon[positions], self.lat[positions])


def points(given: Any, feed: Feed, role: str) -> Points:
    """Points from stop ids, a table with lon and lat (and id), or a GeoDataFrame of points. UsageError where there is none,
    DataError with every point that cannot be."""
    if isinstance(given, Points):
        return given
    if isinstance(given, str) or not hasattr(given, "columns"):
        if given is None or not hasattr(given, "__iter__"):
            raise UsageError(f"{role} are {given!r}; give stop ids, or a table with lon and lat")
        return _stops([given] if isinstance(given, str) else list(given), feed, role)
    frame = given
    if hasattr(frame, "crs") and not {"lon", "lat"} <= set(frame.columns):
        if not (frame.geometry.geom_type == "Point").all():
            raise UsageError(f"{role} hold geometries that are no points; use their centroids")
        shapes = frame.geometry if frame.crs is None or frame.crs.to_epsg() == 4326 else frame.geometry.to_crs(4326)
        frame = frame.assign(lon=shapes.x.to_numpy(), lat=shapes.y.to_numpy())
    missing = [name for name in ("lon", "lat") if name not in frame.columns]
    if missing:
        raise UsageError(f"{role} have no column {' and no column '.join(missing)}; they need lon and lat in degrees (WGS 84)")
    if not len(frame):
        raise UsageError(f"{role} are empty: give at least one point")
    try:
        lon, lat = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in ("lon", "lat"))
    except (ValueError, TypeError):
        raise UsageError(f"{role}: lon and lat must be numbers, degrees (WGS 84)") from None
    ids = frame["id"].to_numpy(dtype=object) if "id" in frame.columns else np.arange(len(frame)).astype(object)
    found = Points(ids, lon, lat)
    _check(found, feed, role)
    return found


def _stops(ids: list[Any], feed: Feed, role: str) -> Points:
    if not ids:
        raise UsageError(f"{role} are empty: give at least one stop")
    index = {one: position for position, one in enumerate(feed.stop_id)}
    unknown = [str(one) for one in ids if not isinstance(one, str) or one not in index]
    if unknown:
        raise UsageError(f"{role}: the feed has no stop {', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}; net.stops lists them")
    at = np.array([index[one] for one in ids])
    return Points(feed.stop_id[at], feed.lon[at], feed.lat[at])


def _check(found: Points, feed: Feed, role: str) -> None:
    from scipy.spatial import cKDTree

    from xietong.kernels.sphere import chord_to_km, unit_vectors

    seen: set[Any] = set()
    twice = {one for one in found.id if one in seen or seen.add(one)}  # type: ignore[func-returns-value]
    faults = [Fault(f"{role}: point {one!r} is given twice", "Name every point once.") for one in sorted(map(str, twice))]
    sound = np.isfinite(found.lon) & np.isfinite(found.lat) & (np.abs(found.lon) <= 180) & (np.abs(found.lat) <= 90)
    for one in np.flatnonzero(~sound):
        faults.append(Fault(f"{role}: point {found.id[one]!r} lies at lon {found.lon[one]}, lat {found.lat[one]}", "Give degrees, WGS 84."))
    if sound.any():
        tree = cKDTree(unit_vectors(feed.lon, feed.lat))
        away, _ = tree.query(unit_vectors(found.lon[sound], found.lat[sound]))
        swapped, _ = tree.query(unit_vectors(np.where(sound, found.lat, 0)[sound], np.clip(np.where(sound, found.lon, 0)[sound], -90, 90)))
        for one, km, other in zip(np.flatnonzero(sound), chord_to_km(np.asarray(away)), chord_to_km(np.asarray(swapped)), strict=True):
            if km > OUTSIDE_KM:
                hint = "Are lon and lat swapped?" if other < OUTSIDE_KM else "Leave it out, or load a feed that serves it."
                faults.append(
                    Fault(f"{role}: point {found.id[one]!r} (lon {found.lon[one]:.5f}, lat {found.lat[one]:.5f}) is {km:.0f} km from the nearest stop", hint)
                )
    if faults:
        raise DataError(f"{role} cannot be used", faults)


def check_walking(walking: Walking) -> None:
    """UsageError where people could not walk like that."""
    wrong = []
    for name, value, low in (("walk_speed_kmh", walking.speed_kmh, 0.0999), ("max_walk_m", walking.max_m, -1.0), ("detour", walking.detour, 0.999999)):
        if not number(value) or value <= low:
            wrong.append(f"{name} is {value!r}; it must be a number, at least {max(round(low, 1), 0):g}")
    if wrong:
        raise UsageError("; ".join(wrong))


def check_legs(legs: Legs, points_: int, stops: int, role: str) -> Legs:
    """Ways given by the caller instead of walks."""
    whole = len(legs.ptr) == points_ + 1 and len(legs.stop) == len(legs.seconds) == int(legs.ptr[-1])
    if not whole or (len(legs.stop) and (legs.stop.min() < 0 or legs.stop.max() >= stops or legs.seconds.min() < 0)):
        raise UsageError(f"{role} legs do not fit: they need a pointer for each of {points_} points and stops below {stops}, with seconds of 0 or more")
    return Legs(legs.ptr.astype(np.int32), legs.stop.astype(np.int32), legs.seconds.astype(np.int32))
