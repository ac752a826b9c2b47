"""What a scenario changes: lines added, trips removed or cut, other change times."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.errors import UsageError
from xietong.travel.asking import number
from xietong.travel.compiling import HORIZON_S, compile_timetable, joined

if TYPE_CHECKING:
    from xietong.core.declare import Frame
    from xietong.io.gtfs import Feed
    from xietong.travel.asking import Points
    from xietong.travel.network import Network

Array = np.ndarray


MOST_MIN = 1440


class Unreached(UserWarning):
    """A point from which no stop can be walked to: it is reached on foot only."""


@dataclass(frozen=True)
class Line:
    """A line to be added: ids of its stops, minutes from the first stop (arrival and departure are one), departures from
    the first stop in minutes after midnight. Give two lines for two directions. ``leave_min``: where it stands, when it leaves."""

    name: str
    stops: tuple[str, ...]
    minutes: tuple[float, ...]
    departures_min: tuple[float, ...]
    leave_min: tuple[float, ...] = ()


def warn_unreached(network: Network, points: Points, role: str) -> None:
    """Say loudly that some points have no stop in reach; UsageError where none of them has."""
    legs = network.walking.legs(points.lon, points.lat, network.feed)
    alone = np.flatnonzero(np.diff(legs.ptr) == 0)
    if len(alone) == len(points):
        raise UsageError(f"{role}: no stop lies within {network.walking.max_m:g} m of any point, so nobody could ride; raise max_walk_m or check lon and lat")
    if len(alone):
        named = ", ".join(str(points.id[one]) for one in alone[:3])
        warnings.warn(f"{role}: {len(alone)} of {len(points)} points have no stop within {network.walking.max_m:g} m ({named}...)", Unreached, stacklevel=3)


def change_times(given: Any, feed: Feed, before: Array | None = None) -> Array:
    """Seconds [S] from one number of minutes, an array by stop, or a mapping from stop ids (others stay, or are 0)."""
    size = len(feed.stop_id)
    if hasattr(given, "items") and hasattr(given, "index"):
        given = dict(given.items())  # a pandas Series: by stop id, not by position
    if isinstance(given, Mapping):
        index = {one: position for position, one in enumerate(feed.stop_id)}
        unknown = [str(one) for one in given if one not in index]
        if unknown:
            raise UsageError(f"change_time_min: the feed has no stop {', '.join(unknown[:5])}; net.stops lists them")
        seconds = np.zeros(size) if before is None else before.astype(float)
        for one, minutes in given.items():
            seconds[index[one]] = float(minutes) * 60 if number(minutes) else np.nan
    else:
        try:
            seconds = np.broadcast_to(np.asarray(given, dtype=float) * 60, (size,))
        except (ValueError, TypeError):
            raise UsageError(f"change_time_min must be a number, one for each of {size} stops, or a mapping from stop ids") from None
    if not np.isfinite(seconds).all() or (seconds < 0).any() or (seconds > 86_400).any():
        raise UsageError("change_time_min must lie between 0 and 1440 minutes")
    return np.floor(seconds + 0.5).astype(np.int32)


def edges(frame: Frame, feed: Feed) -> tuple[Array, Array, Array]:
    """A user's own footpaths (origin, destination, minutes) between stops as positions and seconds. One from a stop to itself
    says nothing: that is its change time."""
    missing = [name for name in ("origin", "destination", "minutes") if name not in frame.columns]
    if missing:
        raise UsageError(f"footpaths have no column {', '.join(missing)}; they need origin, destination (stop ids) and minutes")
    index = {one: position for position, one in enumerate(feed.stop_id)}
    unknown = sorted({str(one) for name in ("origin", "destination") for one in frame[name] if one not in index})
    sound = [number(one) and 0 <= one <= MOST_MIN for one in frame["minutes"]]
    if unknown or not all(sound):
        raise UsageError(f"footpaths: {'the feed has no stop ' + ', '.join(unknown[:5]) if unknown else f'minutes must lie between 0 and {MOST_MIN}'}")
    minutes = frame["minutes"].to_numpy(dtype=float)
    at = [np.array([index[one] for one in frame[name]], dtype=np.int32) for name in ("origin", "destination")]
    return at[0], at[1], np.floor(minutes * 60 + 0.5).astype(np.int32)


def legs(feed: Feed) -> tuple[Array, Array]:
    """Stops [C] that each call leaves and reaches next; -1 as the next stop of a trip's last call."""
    after = np.append(feed.stop[1:], np.int32(-1))[: len(feed.stop)]  # a feed may have lost every trip
    after[feed.offsets[1:] - 1] = -1
    return feed.stop, after


def without(feed: Feed, remove: Sequence[str], cut_pairs: Any = None) -> Feed:
    """The feed without some trips (ids or names), and with trips cut in two where they pass a cut pair."""
    keep = np.ones(len(feed.trip_id), bool)
    if len(remove):
        wanted = set(map(str, remove))
        unknown = wanted - set(map(str, feed.trip_id)) - set(map(str, feed.trip_name))
        if unknown:
            raise UsageError(f"remove: no trip is called {', '.join(sorted(unknown)[:5])}; net.trips lists them")
        keep = ~(np.isin(feed.trip_id.astype(str), list(wanted)) | np.isin(feed.trip_name.astype(str), list(wanted)))
    cut = _cut_legs(feed, cut_pairs)
    calls = np.diff(feed.offsets)
    owner = np.repeat(np.arange(len(calls)), calls)
    begins = np.zeros(len(feed.stop), bool)
    begins[feed.offsets[:-1]] = True
    begins[1:] |= cut[:-1]
    part = np.cumsum(begins) - 1
    length = np.bincount(part)
    useful = (length[part] >= 2) & keep[owner]  # a part with one call carries nobody
    first = np.flatnonzero(begins & useful)
    offsets = np.concatenate([[0], np.cumsum(length[part[first]])]).astype(np.int64)
    trip = owner[first]
    pieces = np.arange(len(first)) - np.searchsorted(trip, trip)
    ids = feed.trip_id[trip].copy()
    ids[pieces > 0] = _unused([str(one) for one in ids[pieces > 0]], set(feed.trip_id))
    return replace(
        feed, trip_id=ids, trip_name=feed.trip_name[trip], offsets=offsets, stop=feed.stop[useful], arrive=feed.arrive[useful],
        leave=feed.leave[useful], board=feed.board[useful], alight=feed.alight[useful],
    )  # fmt: skip


def _cut_legs(feed: Feed, pairs: Any) -> Array:
    """Which legs [C] (from a call to the next) are cut."""
    size = len(feed.stop_id)
    if pairs is None:
        return np.zeros(len(feed.stop), bool)
    if isinstance(pairs, np.ndarray) and pairs.dtype == bool:
        if pairs.shape != feed.stop.shape:
            raise UsageError(f"cut_pairs has {pairs.shape} legs; the feed has {feed.stop.shape}")
        return pairs
    index = {one: position for position, one in enumerate(feed.stop_id)}
    unknown = sorted({str(one) for pair in pairs for one in pair if one not in index})
    if unknown:
        raise UsageError(f"cut_pairs: the feed has no stop {', '.join(unknown[:5])}; net.stops lists them")
    here, after = legs(feed)
    wanted = np.array([index[a] * size + index[b] for a, b in pairs], dtype=np.int64)
    return np.isin(here.astype(np.int64) * size + after, wanted) & (after >= 0)


def with_lines(network: Network, lines: Sequence[Line]) -> Network:
    """The network with lines added; only these are compiled."""
    feed = network.feed
    more = _feed_of(feed, lines)
    extra = compile_timetable(more, network.paths)
    first = len(feed.trip_id)
    table = joined(network.table, extra._replace(trip=extra.trip + np.int32(first)))
    names = ("trip_id", "trip_name", "stop", "arrive", "leave", "board", "alight")
    both: dict[str, Any] = {name: np.concatenate([getattr(feed, name), getattr(more, name)]) for name in names}
    grown = replace(feed, **both, offsets=np.concatenate([feed.offsets, feed.offsets[-1] + more.offsets[1:]]))
    return replace(network, feed=grown, table=table)


def _feed_of(feed: Feed, lines: Sequence[Line]) -> Feed:
    """Trips of lines on the stops of a feed; all faults of all lines at once."""
    index = {one: position for position, one in enumerate(feed.stop_id)}
    wrong: list[str] = []
    if isinstance(lines, Line):
        lines = [lines]
    for line in lines:
        unknown = [one for one in line.stops if one not in index]
        wrong += [f"line {line.name!r}: the feed has no stop {', '.join(map(str, unknown))}"] if unknown else []
        leave = line.leave_min or line.minutes
        times = [minute for pair in zip(line.minutes, leave, strict=False) for minute in pair]
        if len(line.stops) < 2 or len(line.minutes) != len(line.stops) or len(leave) != len(line.stops):
            wrong.append(f"line {line.name!r}: it needs at least two stops and a time for each")
        elif all(number(one) for one in times) and any(b < a for a, b in pairwise(times)):
            wrong.append(f"line {line.name!r}: times decrease along it")
        begins = list(line.departures_min)
        if not begins:
            wrong.append(f"line {line.name!r}: it has no departure")
        if not all(number(one) and 0 <= one <= HORIZON_S / 60 for one in (*times, *begins)):
            wrong.append(f"line {line.name!r}: minutes and departures_min must be numbers between 0 and {HORIZON_S // 60}")
    if wrong:
        raise UsageError("; ".join(wrong))
    stop, arrive, leave_s, ids, names, sizes = [], [], [], [], [], []
    for line in lines:
        at = np.array([index[one] for one in line.stops], dtype=np.int32)
        for begin in sorted(line.departures_min):
            stop.append(at)
            arrive.append(_seconds(begin, line.minutes))
            leave_s.append(_seconds(begin, line.leave_min or line.minutes))
            ids.append(f"{line.name}@{int(begin) // 60:02d}:{begin % 60:05.2f}")
            names.append(line.name)
            sizes.append(len(at))
    ids = _unused(ids, set(feed.trip_id))
    calls = int(np.sum(sizes))
    flags = np.ones(calls, bool)
    return replace(
        feed, trip_id=np.array(ids, dtype=object), trip_name=np.array(names, dtype=object), offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        stop=np.concatenate(stop), arrive=np.concatenate(arrive), leave=np.concatenate(leave_s), board=flags, alight=flags.copy(),
    )  # fmt: skip


def _unused(ids: Sequence[str], taken: set[Any]) -> list[str]:
    """The ids, numbered where one is taken."""
    found = []
    for one in ids:
        name, number_ = one, 2
        while name in taken:
            name, number_ = f"{one}/{number_}", number_ + 1
        taken.add(name)
        found.append(name)
    return found


def _seconds(begin_min: float, minutes: Sequence[float]) -> Array:
    return np.floor((begin_min + np.asarray(minutes, dtype=float)) * 60 + 0.5).astype(np.int32)
