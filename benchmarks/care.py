"""What ``care border`` costs to compute, warm, beside a linear program of HiGHS on the same pairs in the same run.

    python benchmarks/care.py [--region NAME|DIR] [--runs N] [--no-peer]
    python benchmarks/care.py --counties 5000 --homes 5000 [--seed S] [--keep DIR]

*Computation*: ``solve`` under closed, current and open rules, from loaded tables to outcome tables; rules and travel times
are resolved before. *Loading* is timed apart. The *peer* answers less: the largest number served, by the simplex method
(``highspy``), without the second stage that makes the answer unique and least in travel. It is compared with our kernel
alone (``allocate``), and both must leave equally many unserved. Times are CPU seconds, medians.

With ``--counties`` a valid region is generated: places scattered around towns, one on every 430 km2 (``--km2``; half of
the places of the bundled region have less than 680), five jurisdictions, one home (place and price tier) a row.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import xietong
from xietong.core.declare import REGIMES
from xietong.core.errors import XietongError
from xietong.core.region import Region
from xietong.io.describe import describe, write
from xietong.io.schema import FRAMEWORK
from xietong.kernels.allocation import allocate
from xietong.workstreams import catalogue
from xietong.workstreams.care.allocation import Placement
from xietong.workstreams.care.market import Market
from xietong.workstreams.care.tables import GRADES, HOMES, SUPPLIES

SIDES = 5
TIERS = (("basic", 3000), ("standard", 5500), ("premium", 10000))
SOURCED = ("generated", "illustrative")
INSTITUTION = ("institution", "机构", "Care in a home", "true", 90, 20, 0.5, 7, 3, 600, 1200, 0.15, 1000, 40)
RATES = {"60-64": (0.0, 0.012, 0.005, 0.003), "65-79": (0.0, 0.036, 0.014, 0.010), "80+": (0.0, 0.15, 0.06, 0.04)}


# -- a region of any size ----------------------------------------------------------------------------------------------


def generate(folder: Path, counties: int, homes: int, seed: int, km2: float) -> None:
    """Write a valid region: ``counties`` places of ``km2`` each around towns, ``homes`` rows of beds, 5 jurisdictions side by side."""
    rng = np.random.default_rng(seed)
    side_km = math.sqrt(counties * km2)
    towns = rng.random((max(counties // 20, SIDES), 2)) * side_km
    spread = rng.normal(0, side_km / math.sqrt(len(towns)) / 2.2, (counties, 2))
    xy = np.clip(towns[rng.integers(0, len(towns), counties)] + spread, 0, side_km)
    lat = 38 + (xy[:, 1] - side_km / 2) / 111.195
    lon = 114 + (xy[:, 0] - side_km / 2) / (111.195 * np.cos(np.radians(lat)))
    strip = np.argsort(np.argsort(xy[:, 0])) * SIDES // counties
    people = np.round(rng.lognormal(math.log(400_000), 0.6, counties))
    elders = np.round(people * rng.uniform(0.15, 0.25, counties))
    names = [f"p{number:06d}" for number in range(counties)]
    areas: list[Sequence[Any]] = [("all", "全域", "All", "region", "", "", "", "")]
    areas += [(f"j{one}", f"辖区{one + 1}", f"Side {one + 1}", "side", "all", "", "", "") for one in range(SIDES)]
    areas += [
        (name, f"地点{row}", f"Place {row}", "place", f"j{strip[row]}", f"{lon[row]:.5f}", f"{lat[row]:.5f}", round(km2)) for row, name in enumerate(names)
    ]
    tables: dict[str, tuple[str, Iterable[Sequence[Any]]]] = {
        "areas": ("area,name_zh,name_en,level,parent,lon,lat,area_km2", areas),
        "population": ("area,year,pop", ((name, 2020, int(people[row])) for row, name in enumerate(names))),
        "census": ("area,year,pop_60_plus,pop_65_plus,pop_80_plus,urban_share,other_province_share", _census(names, elders, rng)),
        "supplies": (",".join(SUPPLIES.columns), [INSTITUTION]),
        "care_rates": ("age_group,grade,share", [(age, grade, rate) for age, rates in RATES.items() for grade, rate in zip(GRADES, rates, strict=True)]),
        "care_settings": ("grade,supply,share", [(grade, "institution", 0.33) for grade in GRADES]),
        "homes": (",".join(HOMES.columns), _homes(names, elders, homes, rng)),
        "rules": ("rule,origin,destination,item,value,valid_from,valid_to,reference", _rules()),
    }
    for name, (header, rows) in tables.items():
        _write(folder / f"{name}.csv", [*header.split(","), "source", "quality"], ([*row, *SOURCED] for row in rows))
    _write(folder / "sources.csv", list(FRAMEWORK["sources"].columns), [["generated", "Made up for a benchmark", "", "2020", "", "CC0-1.0"]])
    levels = [{"level": level, "title": {"zh": zh, "en": level}} for level, zh in (("region", "区域"), ("side", "辖区"), ("place", "地点"))]
    bbox = [float(lon.min()) - 1, float(lat.min()) - 1, float(lon.max()) + 1, float(lat.max()) + 1]
    block = {"title": {"zh": "生成区域", "en": "Generated"}, "levels": levels, "bbox": bbox}
    write(folder, describe(folder, catalogue(), {"name": "generated", "xietong": block}))


def _census(names: Sequence[str], elders: np.ndarray, rng: np.random.Generator) -> Iterator[Sequence[Any]]:
    over65, over80 = elders * rng.uniform(0.6, 0.75, len(elders)), elders * rng.uniform(0.1, 0.18, len(elders))
    for row, name in enumerate(names):
        yield name, 2020, int(elders[row]), int(over65[row]), int(over80[row]), round(float(rng.uniform(0.3, 1)), 3), 0.1


def _homes(names: Sequence[str], elders: np.ndarray, homes: int, rng: np.random.Generator) -> Iterator[Sequence[Any]]:
    """``homes`` different pairs of a place and a tier; 24 beds per 1,000 aged 60+ in all."""
    if homes > len(names) * len(TIERS):
        sys.exit(f"at most {len(TIERS)} homes a county: {len(names) * len(TIERS)} for {len(names)} counties")
    picked = rng.permutation(len(names) * len(TIERS))[:homes]
    weight = elders[picked // len(TIERS)] * rng.lognormal(0, 0.5, homes)
    beds = np.maximum(np.round(weight / weight.sum() * elders.sum() * 0.024), 1)
    for pick, count in sorted(zip(picked.tolist(), beds.tolist(), strict=True)):
        tier, price = TIERS[pick % len(TIERS)]
        yield names[pick // len(TIERS)], "institution", tier, int(count), "", round(price * float(rng.uniform(0.8, 1.3))), "", "", "", "", "", 2020


def _rules() -> Iterator[Sequence[Any]]:
    for rule, value in (("recognised", 0.5), ("follows", 0.4), ("starred", 0), ("insured", 0), ("settled", 0.5), ("certified", 1)):
        yield f"care.{rule}", "all", "all", "", value, "2000-01-01", "", ""
    yield "care.recognised", "j0", "j1", "", 0.8, "2000-01-01", "", ""


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


# -- the peer ----------------------------------------------------------------------------------------------------------


def most_served(demand: np.ndarray, capacity: np.ndarray, i: np.ndarray, j: np.ndarray) -> float:
    """The fewest unserved by a linear program: HiGHS, one thread, its own choice of method."""
    import highspy
    from scipy.sparse import csc_matrix

    n, m, arcs = len(demand), len(capacity), len(i)
    columns = np.arange(arcs)
    matrix = csc_matrix((np.ones(2 * arcs), (np.concatenate([i, n + j]), np.concatenate([columns, columns]))), shape=(n + m, arcs))
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = n + m, arcs
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = -np.ones(arcs), np.zeros(arcs), np.full(arcs, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = np.full(n + m, -highspy.kHighsInf), np.concatenate([demand, capacity])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        sys.exit(f"the peer ended with {solver.modelStatusToString(solver.getModelStatus())}")
    return float(demand.sum() + solver.getInfo().objective_function_value)


# -- measuring ---------------------------------------------------------------------------------------------------------


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median CPU seconds of ``work``, and what it returned last."""
    taken = []
    value = None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return median(taken), value


def compare(region: Region, runs: int) -> str:
    """Our kernel and the peer, summed over the regimes; ends the program where they disagree."""
    own = peer = 0.0
    most = 0
    for regime in REGIMES:
        placement = Placement(Market(region.data(region.workstreams["care"], regime=regime)))
        layers, cost = placement.layers, placement.cost_min
        demand, capacity, i, j = layers.demand, layers.capacity, layers.i, layers.j
        seconds, found = timed(lambda d=demand, c=capacity, i=i, j=j, t=cost: allocate(d, c, i, j, t), runs)
        other, left = timed(lambda d=demand, c=capacity, i=i, j=j: most_served(d, c, i, j), runs)
        unserved = float(found.unserved.sum())
        if abs(unserved - left) > 1e-6 * max(1.0, float(demand.sum())):
            sys.exit(f"{regime}: we leave {unserved:.6f} unserved, the peer {left:.6f}")
        own, peer, most = own + seconds, peer + other, max(most, len(i))
    return f"; kernel {own:.3f} CPU s, HiGHS LP on the same pairs (at most {most:,}) {peer:.3f}, equally many unserved, ratio {peer / own:.1f}x"


def measure(folder: str, runs: int, peer: bool) -> str:
    """One line about one region."""
    loading, region = timed(lambda: xietong.load(folder), 1 if runs == 1 else 2)
    care = region.workstreams["care"]
    region.require(care)
    first, _ = timed(lambda: region.bind("care").border(), 1)

    def border() -> list[str]:
        return [care.solve(region.data(care, regime=regime)).status for regime in REGIMES]

    computing, statuses = timed(border, runs)
    size = f"{len(region.areas.places)} places x {len(region.tables['homes'])} homes"
    line = f"care border on {region.name} ({size}): computation {computing:.3f} CPU s ({', '.join(statuses)}), first call {first:.3f}, loading {loading:.3f}"
    return f"{line}{compare(region, runs) if peer else ''}; {runs} runs"


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--region", default="jjj", help="a bundled region or a folder")
    parser.add_argument("--counties", type=int, help="generate a region with this many places instead")
    parser.add_argument("--homes", type=int, help="rows of beds of the generated region (default: as many as counties)")
    parser.add_argument("--km2", type=float, default=430, help="area of a place of the generated region")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the generated region here and leave it there")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    asked = parser.parse_args()
    if asked.counties is not None and asked.counties < SIDES:
        parser.error(f"--counties: at least {SIDES}, one for each jurisdiction")
    with contextlib.ExitStack() as stack:
        folder = asked.region
        if asked.counties:
            place = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            place.mkdir(parents=True, exist_ok=True)
            generate(place, asked.counties, asked.homes or asked.counties, asked.seed, asked.km2)
            folder = str(place)
        try:
            print(measure(folder, asked.runs, asked.peer))
        except XietongError as error:
            sys.exit(f"care: {error}")


if __name__ == "__main__":
    main()
