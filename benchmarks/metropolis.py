"""Travel times in a made-up metropolis: 30,000 stops and 3 million stop times, the same ones for every seed.

    python benchmarks/metropolis.py [--stops 30000] [--stop-times 3000000] [--origins 40] [--gtfs FILE.zip] [--dask]

Buses run along the streets of a grid, each direction with a stop of its own; railways run from the centre outwards and around
it. Headways lie between 2 and 30 minutes, shorter in the two peaks, when buses are slower. Reported: CPU milliseconds of one
core for an origin (all stops as destinations, 120 departure minutes, five percentiles), CPU seconds to build the network, the
peak memory, and the cells in which a plain Connection Scan says otherwise (exit code 1 where any does). ``--dask`` asks the
same question of a local cluster of processes: the answers must be identical. ``--gtfs`` writes the timetable as a feed.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from timetable import PERCENTILES, Peer, compare, peak_mb, timed

from xietong.io.gtfs import Feed
from xietong.travel.network import Network

CENTRE = (116.4, 39.9)
BLOCK_KM = 0.5
KM_A_DEGREE = 111.195
DAY = (5 * 3600, 24 * 3600)
DATE = "2026-01-14"
RAIL_SHARE = 0.15
"""Of the stop times."""

FASTEST_S, SLOWEST_S = 120.0, 1800.0
RAIL_KMH = 25.0
"""What is faster is a railway."""


@dataclass
class Lines:
    """What has been laid out: for each line its stops, km between them, km/h, dwell in seconds and a weight for its frequency."""

    stops: list[np.ndarray]
    speed: list[float]
    dwell: list[int]
    weight: list[float]

    def add(self, stops: np.ndarray, speed: float, dwell: int, weight: float) -> None:
        """Both directions share nothing but their form: each has stops of its own."""
        self.stops.append(stops)
        self.speed.append(speed)
        self.dwell.append(dwell)
        self.weight.append(weight)


def grid(stops: int) -> tuple[np.ndarray, int]:
    """Corners [n, 2] of a round city with about a quarter as many corners as stops, and the blocks of its radius."""
    radius = max(int(np.sqrt(stops * (1 - 0.03) / 4 / np.pi)), 4)
    axis = np.arange(-radius, radius + 1)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    inside = x**2 + y**2 <= radius**2 + radius
    return np.stack([x[inside], y[inside]], axis=1), radius


def streets(corners: np.ndarray, lines: Lines, rng: np.random.Generator) -> int:
    """Bus lines along all streets, cut into pieces of 20 to 45 corners; returns how many stops they have."""
    number = np.full((2 * corners.max() + 1, 2 * corners.max() + 1), -1)
    shift = corners.max()
    number[corners[:, 0] + shift, corners[:, 1] + shift] = np.arange(len(corners))
    for across in (False, True):
        for row in number.T if across else number:
            along = row[row >= 0]
            at = 0
            while at < len(along) - 1:
                long = int(rng.integers(20, 46))
                # Pieces overlap by a few corners, so that one can change; a short rest joins the last piece.
                end = len(along) if at + long + 10 >= len(along) else at + long
                piece, speed, weight = along[at:end], float(rng.uniform(13, 20)), float(rng.lognormal(0, 0.5))
                first = 2 * across * len(corners)
                lines.add(first + piece, speed, 15, weight)
                lines.add(first + len(corners) + piece[::-1], speed, 15, weight)
                at = end if end == len(along) else end - 3
    return 4 * len(corners)


def railways(radius: int, first: int, lines: Lines, rng: np.random.Generator) -> np.ndarray:
    """Radial and ring lines; returns where [n, 2], in blocks, their stations lie."""
    stations: list[np.ndarray] = []

    def lay(path: np.ndarray) -> None:
        number = first + sum(map(len, stations)) + np.arange(len(path))
        stations.append(path)
        lines.add(number, 36.0, 35, 5.0)
        lines.add(number[::-1], 36.0, 35, 5.0)

    for angle in np.arange(max(radius // 5, 2)) * np.pi / max(radius // 5, 2):
        far = np.arange(-radius, radius + 0.1, 2.4)
        bent = angle + rng.normal(0, 0.05) * far / radius
        lay(np.stack([far * np.cos(bent), far * np.sin(bent)], axis=1) + rng.normal(0, 0.2, 2))
    for ring in np.linspace(0.2, 0.8, max(radius // 12, 1)) * radius:
        around = np.linspace(0, 2 * np.pi, max(int(2 * np.pi * ring / 2.4), 4) + 1)
        lay(np.stack([ring * np.cos(around), ring * np.sin(around)], axis=1))
    return np.concatenate(stations)


def slower(seconds: np.ndarray) -> np.ndarray:
    """How much longer buses take and how many more run at a moment of the day: two peaks."""
    hours = np.asarray(seconds) / 3600
    return 1 + 0.35 * np.exp(-(((hours - 8) / 1.2) ** 2)) + 0.3 * np.exp(-(((hours - 18) / 1.5) ** 2))


def departures(headway_s: float, rng: np.random.Generator) -> np.ndarray:
    """Moments of the day at which a line leaves: more of them in the peaks."""
    moments = np.arange(DAY[0], DAY[1], 60)
    rate = np.cumsum(slower(moments) ** 2 * 60 / headway_s)
    wanted = np.arange(rng.uniform(0, 1), rate[-1], 1.0)
    return np.interp(wanted, rate, moments).astype(np.int64)


def runs(place: np.ndarray, stops: np.ndarray, speed: float, dwell: int, leave: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Arrivals and departures [trip, call] of a line that leaves its first stop at ``leave``."""
    km = np.sqrt((np.diff(place[stops], axis=0) ** 2).sum(axis=1)) * BLOCK_KM
    pace = slower(leave)[:, None] if speed < RAIL_KMH else np.ones((len(leave), 1))
    legs = np.maximum(np.round(km / speed * 3600 * pace * rng.normal(1, 0.03, (len(leave), 1)).clip(0.9, 1.1)), 20).astype(np.int64)
    arrive = leave[:, None] + np.concatenate([np.zeros((len(leave), 1), np.int64), np.cumsum(legs + dwell, axis=1) - dwell], axis=1)
    wait = np.zeros(len(stops), np.int64)
    wait[1:-1] = dwell
    return arrive, arrive + wait


def metropolis(stops: int = 30_000, stop_times: int = 3_000_000, seed: int = 1) -> Feed:
    """The timetable as a Feed: about so many stops and stop times."""
    rng = np.random.default_rng(seed)
    corners, radius = grid(stops)
    lines = Lines([], [], [], [])
    count = streets(corners, lines, rng)
    # A stop of each direction stands a few metres from its corner.
    kerbs = [corners + np.array(side) * 0.03 for side in ((1, 1), (-1, -1), (1, -1), (-1, 1))]
    place = np.concatenate([*kerbs, railways(radius, count, lines, rng)])
    place[:count] += rng.normal(0, 0.05, (count, 2))
    headway = headways(lines, stop_times)
    made = [runs(place, path, lines.speed[line], lines.dwell[line], departures(headway[line], rng), rng) for line, path in enumerate(lines.stops)]
    return _feed(place, lines.stops, made)


def headways(lines: Lines, stop_times: int) -> np.ndarray:
    """Mean seconds between the runs of each line so that all together make about so many stop times."""
    rail, weight = np.array(lines.speed) > RAIL_KMH, np.array(lines.weight)
    calls = np.array([len(one) for one in lines.stops])
    busy = float((slower(np.arange(*DAY, 60)) ** 2).sum() * 60)
    found = np.empty(len(calls))
    for kind, share in ((rail, RAIL_SHARE), (~rail, 1 - RAIL_SHARE)):
        low, high = 1e-6, 1e6
        for _ in range(80):  # bisection: headways have bounds, so that the total is not simply proportional
            middle = np.sqrt(low * high)
            found[kind] = np.clip(middle / weight[kind], FASTEST_S, SLOWEST_S)
            many = (calls[kind] * busy / found[kind]).sum() > stop_times * share
            low, high = (middle, high) if many else (low, middle)
    return found


def _feed(place: np.ndarray, paths: list[np.ndarray], made: list[tuple[np.ndarray, np.ndarray]]) -> Feed:
    """Lines and their runs as a Feed, whose stops are ordered by where they are."""
    lat = np.round(CENTRE[1] + place[:, 1] * BLOCK_KM / KM_A_DEGREE, 6)
    lon = np.round(CENTRE[0] + place[:, 0] * BLOCK_KM / (KM_A_DEGREE * np.cos(np.radians(CENTRE[1]))), 6)
    order = np.lexsort((lat, lon))
    position = np.empty(len(order), np.int32)
    position[order] = np.arange(len(order))
    trips = [len(arrive) for arrive, _ in made]
    stop = np.concatenate([np.tile(position[path], count) for path, count in zip(paths, trips, strict=True)])
    offsets = np.concatenate([[0], np.cumsum(np.repeat([len(path) for path in paths], trips))]).astype(np.int64)
    line = np.repeat(np.arange(len(paths)), trips)
    flags = np.ones(len(stop), bool)
    none = np.zeros(0, np.int32)
    return Feed(
        stop_id=np.array([f"s{number:06d}" for number in range(len(order))], dtype=object),
        stop_name=np.array([f"Stop {number}" for number in range(len(order))], dtype=object),
        lon=lon[order],
        lat=lat[order],
        trip_id=np.array([f"t{number:06d}" for number in range(len(line))], dtype=object),
        trip_name=np.array([f"Line {number}" for number in line], dtype=object),
        offsets=offsets,
        stop=stop.astype(np.int32),
        arrive=np.concatenate([arrive.ravel() for arrive, _ in made]).astype(np.int32),
        leave=np.concatenate([leave.ravel() for _, leave in made]).astype(np.int32),
        board=flags,
        alight=flags.copy(),
        pair_from=none,
        pair_to=none,
        pair_s=none,
        date=DATE,
    )


def write_gtfs(feed: Feed, target: Path) -> None:
    """The timetable as GTFS; what cannot be told from a Feed (routes) is one route."""
    calls = np.diff(feed.offsets)

    def rows(*columns: Any) -> str:
        out = io.StringIO()
        out.writelines(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))
        return out.getvalue()

    def clock(seconds: np.ndarray) -> list[str]:
        return [f"{one // 3600:02d}:{one // 60 % 60:02d}:{one % 60:02d}" for one in seconds.tolist()]

    stamp = DATE.replace("-", "")
    number = np.arange(len(feed.stop)) - np.repeat(feed.offsets[:-1], calls)
    trip = np.repeat(feed.trip_id, calls)
    tables = {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\na,Made up,https://example.org,Asia/Shanghai\n",
        "routes.txt": "route_id,agency_id,route_short_name,route_type\nr,a,R,3\n",
        "calendar_dates.txt": f"service_id,date,exception_type\nd,{stamp},1\n",
        "stops.txt": "stop_id,stop_name,stop_lon,stop_lat\n" + rows(feed.stop_id, feed.stop_name, feed.lon, feed.lat),
        "trips.txt": "route_id,service_id,trip_id,trip_short_name\n" + rows(*(["r"] * len(calls), ["d"] * len(calls)), feed.trip_id, feed.trip_name),
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + rows(trip, clock(feed.arrive), clock(feed.leave), feed.stop_id[feed.stop], number),
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            archive.writestr(name, text)


# -- measuring ---------------------------------------------------------------------------------------------------------


def over_dask(network: Network, question: dict[str, Any], alone: Any) -> str:
    """The same question to two processes of a local cluster; ends the program where an answer differs."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster, Client(cluster) as client:
        began = time.perf_counter()
        found = network.matrix(**question, executor=client)
        taken = time.perf_counter() - began
    if not found.equals(alone):
        sys.exit("the cluster's answers differ from those of one process")
    return f"  2 Dask workers        {taken:8.2f} s by the clock, the network's shipping and their compiled code's loading included; identical answers"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stops", type=int, default=30_000)
    parser.add_argument("--stop-times", type=int, default=3_000_000)
    parser.add_argument("--origins", type=int, default=40, help="seeded sample; destinations are all stops")
    parser.add_argument("--sample", type=int, default=2, help="origins from which Connection Scan is asked, too")
    parser.add_argument("--departure", default="08:00")
    parser.add_argument("--window", type=int, default=120)
    parser.add_argument("--max-rides", type=int, default=64)
    parser.add_argument("--max-time", type=float, default=360)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gtfs", type=Path, metavar="FILE", help="write the timetable here, and measure nothing")
    parser.add_argument("--dask", action="store_true")
    asked = parser.parse_args()
    if min(asked.stops, asked.stop_times, asked.origins, asked.sample, asked.runs) < 1:
        parser.error("all numbers must be 1 or more")
    making, feed = timed(lambda: metropolis(asked.stops, asked.stop_times, asked.seed), 1)
    print(f"{len(feed.stop_id):,} stops, {len(feed.stop):,} stop times, {len(feed.trip_id):,} trips; made up in {making:.1f} CPU s")
    if asked.gtfs:
        return write_gtfs(feed, asked.gtfs)
    before = peak_mb()
    Network.of(metropolis(200, 20_000))  # compiles what is not yet in the cache
    building, network = timed(lambda: Network.of(feed), 1)
    picked = np.sort(np.random.default_rng(asked.seed).permutation(len(feed.stop_id))[: asked.origins])
    where = feed.stop_id.tolist()
    question: dict[str, Any] = {
        "origins": feed.stop_id[picked].tolist(), "destinations": where, "departure": asked.departure, "window_min": asked.window,
        "percentiles": PERCENTILES, "max_rides": asked.max_rides, "max_time_min": asked.max_time,
    }  # fmt: skip
    network.matrix(**{**question, "origins": question["origins"][:1]}, threads=1)
    cpu, found = timed(lambda: network.matrix(**question, threads=1), asked.runs)
    memory = peak_mb()
    print(f"{network}; built in {building:.2f} CPU s, {len(network.table.foot_to):,} footpaths")
    print(f"  engine                {cpu / len(picked) * 1000:8.1f} CPU ms an origin ({len(picked)} origins, median of {asked.runs} runs)")
    print(f"  peak memory           {memory:8.0f} MB, of which {before:.0f} for making the timetable up")
    hours, minutes = asked.departure.split(":")
    peer = Peer(network, where, int(hours) * 3600 + int(minutes) * 60, asked.window, round(asked.max_time * 60))
    other, wrong, cells = compare(network, peer, found, picked[: asked.sample], asked, picked)
    print(f"  Connection Scan       {other * 1000:8.1f} CPU ms an origin ({asked.sample} origins), ratio {other / (cpu / len(picked)):.1f}x")
    print(f"  mismatches of cells   {wrong} of {cells:,}")
    if asked.dask:
        print(over_dask(network, question, found))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
