"""What least-cost transport costs, proved over all pairs and with a price for every site, beside OR-Tools and HiGHS on all arcs.

    python benchmarks/transport.py [--demands 100000] [--sites 1000] [--seed S] [--runs N]
    python benchmarks/transport.py --use 0.95 --spread clustered --peer-demands 5000 --peer-sites 200

Points lie on a square of 60 minutes, scattered or around towns; capacity is filled to the share ``--use`` (default: 0.6, 0.95 and 1
of both kinds). Times are CPU seconds of ``allocate`` on the built table, its certificate included; the first call compiles and is
not counted. *Proved* means: ``check``, which knows nothing of the solver, found a feasible dual of the same value over all pairs. The
peers get every arc of a smaller instance (they cannot hold the large one), costs in whole 1e-6 minutes; all objectives must agree.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from xietong.models.pairs import Pairs
from xietong.models.transport import allocate

WHOLE = 1e6
"""Costs of the peers are whole numbers of this part of a minute; so are ours where they are compared."""


def generate(demands: int, sites: int, use: float, clustered: bool, seed: int) -> Pairs:
    """Every demand with every site; minutes are whole millionths, people and capacities whole numbers."""
    rng = np.random.default_rng(seed)
    if clustered:
        towns = rng.random((max(sites // 20, 3), 2))
        here = towns[rng.integers(0, len(towns), demands)] + rng.normal(0, 0.04, (demands, 2))
        there = towns[rng.integers(0, len(towns), sites)] + rng.normal(0, 0.06, (sites, 2))
    else:
        here, there = rng.random((demands, 2)), rng.random((sites, 2))
    minutes = np.empty((demands, sites))
    for start in range(0, demands, 4096):
        part = here[start : start + 4096, None] - there[None]
        minutes[start : start + 4096] = np.round(60 * WHOLE * np.hypot(part[:, :, 0], part[:, :, 1])) / WHOLE
    weight, share = rng.integers(1, 100, demands), rng.lognormal(0, 0.6, sites)
    capacity = np.floor(share / share.sum() * weight.sum() / use)
    capacity[0] += max(np.ceil(weight.sum() / use) - capacity.sum(), 0)
    return Pairs.from_times({"id": range(demands), "weight": weight}, {"id": range(sites), "capacity": capacity}, minutes)


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median CPU seconds of ``work``, and what it returned last."""
    taken = []
    value = None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return median(taken), value


def min_cost_flow(weight: np.ndarray, capacity: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """CPU seconds and optimum of OR-Tools' cost-scaling push-relabel on all arcs; building is not part of what is timed."""
    from ortools.graph.python import min_cost_flow as flows

    n, m = cost.shape
    solver = flows.SimpleMinCostFlow()
    i, j = np.divmod(np.arange(n * m), m)
    solver.add_arcs_with_capacity_and_unit_cost(i, n + j, weight[i], np.rint(cost.ravel() * WHOLE).astype(np.int64))
    solver.add_arcs_with_capacity_and_unit_cost(n + np.arange(m), np.full(m, n + m), capacity, np.zeros(m, np.int64))
    solver.set_nodes_supplies(np.arange(n + m + 1), np.concatenate([weight, np.zeros(m, np.int64), [-weight.sum()]]))
    taken, status = timed(solver.solve, 1)
    if status != solver.OPTIMAL:
        sys.exit("OR-Tools found no optimum")
    return taken, float(solver.optimal_cost()) / WHOLE


def linear_program(weight: np.ndarray, capacity: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """CPU seconds and optimum of HiGHS on all arcs, one thread, its own choice of method; building is not part of what is timed."""
    import highspy
    from scipy.sparse import csc_matrix

    n, m = cost.shape
    arcs, none = np.arange(n * m), np.full(m, -highspy.kHighsInf)
    matrix = csc_matrix((np.ones(2 * n * m), (np.concatenate([arcs // m, n + arcs % m]), np.concatenate([arcs, arcs]))), shape=(n + m, n * m))
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = n + m, n * m
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost.ravel(), np.zeros(n * m), np.full(n * m, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = np.concatenate([weight, none]), np.concatenate([weight, capacity])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(lp)
    taken, _ = timed(solver.run, 1)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        sys.exit(f"HiGHS ended with {solver.modelStatusToString(solver.getModelStatus())}")
    return taken, float(solver.getInfo().objective_function_value)


def measure(pairs: Pairs, name: str, runs: int) -> float:
    """One line about one instance; ends the program where it is not proved."""
    taken, found = timed(lambda: allocate(pairs), runs)
    if found.status != "proved":
        sys.exit(f"{name}: {found.status}")
    proof, dear = found.certificate, int((found.bed_price > 0).sum())
    size = f"{len(pairs.weight):,} x {len(pairs.capacity):,}"
    print(
        f"{name}, {size}: {taken:.2f} CPU s, {found.status} (gap {proof.gap:.0e}, slackness {proof.slackness:.0e}), {found.pivots:,} pivots, {dear} prices > 0"
    )
    return taken


def compare(pairs: Pairs, name: str, runs: int) -> None:
    """Ours beside both peers on all arcs; ends the program where the objectives differ."""
    own, found = timed(lambda: allocate(pairs), runs)
    parts = []
    for peer, solve in (("OR-Tools", min_cost_flow), ("HiGHS", linear_program)):
        # Each in a process of its own: the HiGHS within OR-Tools and that of highspy cannot be loaded into one.
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            taken, cost = alone.submit(solve, pairs.weight.astype(np.int64), pairs.capacity.astype(np.int64), pairs.dense()).result()
        if abs(cost - found.objective) > 1e-9 * abs(cost):
            sys.exit(f"{name}: we find {found.objective!r}, {peer} {cost!r}")
        parts.append(f"{peer} {taken:.2f} ({taken / own:.0f}x)")
    print(f"{name}, {len(pairs.weight):,} x {len(pairs.capacity):,}, all arcs: {own:.3f} CPU s, {found.status}; {', '.join(parts)}; same objective")


def main() -> None:
    """Measure and print one line an instance, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demands", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=1_000)
    parser.add_argument("--use", type=float, action="append", help="share of the capacity that is needed, at most 1; may be given again")
    parser.add_argument("--spread", choices=("clustered", "uniform"), action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--peer-demands", type=int, default=2_000, help="0: no peer")
    parser.add_argument("--peer-sites", type=int, default=100)
    asked = parser.parse_args()
    allocate(generate(2_000, 20, 0.9, True, 0))
    kinds = [(spread, use) for spread in asked.spread or ("clustered", "uniform") for use in asked.use or (0.6, 0.95, 1.0)]
    taken = [
        measure(generate(asked.demands, asked.sites, use, spread == "clustered", asked.seed), f"{spread}, {use:.0%} used", asked.runs) for spread, use in kinds
    ]
    for spread, use in kinds if asked.peer_demands else []:
        compare(generate(asked.peer_demands, asked.peer_sites, use, spread == "clustered", asked.seed), f"{spread}, {use:.0%} used", asked.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"transport, {asked.demands:,} x {asked.sites:,}: {len(taken)} instances proved, at most {max(taken):.2f} CPU s, {peak:.1f} GB at the peak")


if __name__ == "__main__":
    main()
