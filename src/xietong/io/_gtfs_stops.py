"""stops.txt and transfers.txt: where one may board, and what a change between two stops takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xietong.io._gtfs_files import Faults, Source, positions, unique_ids

FORBIDDEN = -1
"""``pair_s``: nobody may change here (type 3)."""
WALK = -2
"""``pair_s``: one may change, it takes the walk (type 0, or type 2 without a time)."""
TIMED = -3
"""``pair_s`` between two stops: the connection waits, so that only the walk counts and no change time (type 1)."""
_STRICTEST = 2**31 - 1
_DAY_S = 86_400

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Stops:
    """stops.txt as it stands. ``kind`` is location_type, ``parent`` a position (-1: none), ``placed`` false where the coordinates are empty."""

    id: np.ndarray
    name: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    kind: np.ndarray
    parent: np.ndarray
    placed: np.ndarray

    @property
    def at(self) -> dict[str, int]:
        """Position of each id."""
        return {stop: position for position, stop in enumerate(self.id.tolist())}


def read_stops(source: Source, faults: Faults) -> Stops | None:
    """stops.txt. Places that no one boards at (stations, entrances, nodes of pathways) may lack coordinates, but not have wrong ones."""
    sheet = source.sheet("stops.txt", ("stop_id", "stop_lat", "stop_lon"), ("stop_name", "location_type", "parent_station"), faults)
    if sheet is None:
        return None
    ids = unique_ids(sheet, "stop_id", faults)
    kind = sheet.choice("location_type", 4, faults)
    lat, lon = sheet.numbers("stop_lat", faults), sheet.numbers("stop_lon", faults)
    for name, values, bound in (("stop_lat", lat, 90), ("stop_lon", lon, 180)):
        mend = "Write degrees of WGS 84; are latitude and longitude swapped?"
        faults.rows(sheet, name, np.abs(values) > bound, f"{{cell}} is not between -{bound} and {bound}", mend)
        missing = (kind == 0) & ~sheet[name].filled()
        faults.rows(sheet, name, missing, "stop {stop_id!r} has no coordinates", "Give its place in degrees.")
    nowhere = (np.abs(lat) < 1e-6) & (np.abs(lon) < 1e-6)
    faults.rows(sheet, "stop_lat", nowhere, "stop {stop_id!r} lies at (0, 0), in the ocean", "Give its place in degrees.")
    parents = positions(sheet["parent_station"], {stop: number for number, stop in enumerate(ids.tolist())})
    lost = (parents < 0) & sheet["parent_station"].filled()
    faults.rows(sheet, "parent_station", lost, "parent {parent_station!r} is no stop", "Add the station, or correct the id.")
    names = sheet["stop_name"].texts()
    placed = sheet["stop_lat"].filled() & sheet["stop_lon"].filled()
    return Stops(ids, np.where(names != "", names, ids), lon, lat, kind, parents, placed)


def read_pairs(source: Source, stops: Stops | None, faults: Faults, notes: list[str]) -> Pairs:
    """Rows of transfers.txt as (from, to, seconds or a sign), stations not yet expanded."""
    special = ("from_trip_id", "to_trip_id", "from_route_id", "to_route_id")
    nothing = np.zeros(0, dtype=np.int64)
    sheet = source.sheet("transfers.txt", ("from_stop_id", "to_stop_id"), ("transfer_type", "min_transfer_time", *special), faults, needed=False)
    if sheet is None or not len(sheet):
        return nothing, nothing, nothing
    file = source.path.name
    kind = sheet.choice("transfer_type", 5, faults)
    seats, only = kind > 3, np.any([sheet[name].filled() for name in special], axis=0)
    if seats.any():
        notes.append(f"{file}: {int(seats.sum()):,} in-seat transfers (types 4 and 5) are left out: a change is a change.")
    if (only & ~seats).any():
        notes.append(f"{file}: {int((only & ~seats).sum()):,} transfers that hold for certain trips or routes only are left out.")
    sheet, kind = sheet.take(~seats & ~only), kind[~seats & ~only]
    ends, at = [], stops.at if stops is not None else {}
    for name in ("from_stop_id", "to_stop_id"):
        end = positions(sheet[name], at)
        if stops is not None:
            faults.rows(sheet, name, end < 0, "stop {cell!r} is not in stops.txt", "Add the stop, or correct the id.")
        ends.append(end.astype(np.int64))
    time = sheet.numbers("min_transfer_time", faults)
    faults.rows(sheet, "min_transfer_time", (time < 0) | (time > _DAY_S), "a change takes from 0 to 86400 seconds", "Write whole seconds.")
    seconds = np.where(np.isnan(time), WALK, np.ceil(np.nan_to_num(time))).astype(np.int64)
    signs = np.select([kind == 3, kind == 1, kind == 0], [FORBIDDEN, TIMED, WALK], seconds)
    return ends[0], ends[1], signs


def expand(rows: Pairs, stops: Stops, kept: np.ndarray) -> Pairs:
    """A row that names a station holds for each of its stops; a row that names the stops themselves goes before it."""
    children: dict[int, list[int]] = {}
    for child in np.flatnonzero(kept & (stops.parent >= 0)).tolist():
        children.setdefault(int(stops.parent[child]), []).append(child)
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for origin, destination, value in zip(*(part.tolist() for part in rows), strict=True):
        for a, far in _stands_for(origin, kept, children):
            for b, away in _stands_for(destination, kept, children):
                sign = 0 if value == TIMED and a == b else value
                # The most specific row holds; of equally specific ones the strictest.
                rank = (-far - away, _STRICTEST if sign == FORBIDDEN else sign, sign)
                found[a, b] = max(found.get((a, b), rank), rank)
    pairs = np.array([[a, b, rank[2]] for (a, b), rank in sorted(found.items())], dtype=np.int64).reshape(-1, 3)
    return pairs[:, 0], pairs[:, 1], pairs[:, 2]


def _stands_for(place: int, kept: np.ndarray, children: dict[int, list[int]]) -> list[tuple[int, int]]:
    """The stops that a place of transfers.txt stands for, and whether by their station (1) or themselves (0)."""
    own = [(place, 0)] if kept[place] else []
    return own + [(child, 1) for child in children.get(place, [])]
