"""What proving the smallest largest distance (p-center) costs, on OR-Library p-median instances, beside PySAL's ``spopt``.

    python benchmarks/pcenter.py DIR [--only pmed1 pmed3] [--peer NODES] [--seed S]

DIR holds pmed*.txt and, where the answers are known, optima.csv (instance, p_center_radius). Times are CPU seconds of the whole
call, the check of the plan included; a first call on a toy is not counted. The peer (spopt with HiGHS) solves the instances with
at most ``--peer`` nodes; its times include building its model.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.sparse.csgraph import shortest_path

from xietong.models.pairs import Pairs
from xietong.models.siting import Plan, site


def read(path: Path) -> tuple[np.ndarray, int]:
    """Distances between all nodes along the shortest paths, and p. Of an edge given twice the last length holds."""
    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=float)
    n, edges, p = (int(one) for one in numbers[:3])
    graph = np.zeros((n, n))
    for i, j, length in numbers[3 : 3 + 3 * edges].reshape(edges, 3):
        graph[int(i) - 1, int(j) - 1] = graph[int(j) - 1, int(i) - 1] = length
    return shortest_path(graph, directed=False), p


def solve(distance: np.ndarray, p: int, seed: int) -> tuple[float, Plan]:
    """CPU seconds and the plan."""
    n = len(distance)
    pairs = Pairs.from_times({"id": range(n), "weight": np.ones(n)}, {"id": range(n)}, distance)
    start = time.process_time()
    plan = site(pairs, p, objective="center", seed=seed)
    return time.process_time() - start, plan


def peer(distance: np.ndarray, p: int) -> tuple[float, float]:
    """CPU seconds of spopt with HiGHS, and its radius."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt.locate import PCenter

        start = time.process_time()
        model = PCenter.from_cost_matrix(distance, p_facilities=p).solve(pulp.HiGHS(msg=False, threads=1))
        return time.process_time() - start, float(model.problem.objective.value())


def known(directory: Path) -> dict[str, float]:
    """Published radii by instance, as far as the directory has them."""
    path = directory / "optima.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as rows:
        return {row["instance"]: float(row["p_center_radius"]) for row in csv.DictReader(rows)}


def main() -> None:
    """Measure every instance and print a line each, then a summary; ends in failure where an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--peer", type=int, default=100, help="largest instance for the peer (0: no peer)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    published, total, wrong, proved = known(asked.directory), 0.0, [], 0
    paths = sorted(asked.directory.glob("pmed*.txt"), key=lambda path: int(re.sub(r"\D", "", path.stem)))
    paths = [path for path in paths if not asked.only or path.stem in asked.only]
    solve(np.array([[0.0, 1], [1, 0]]), 1, 0)
    for path in paths:
        distance, p = read(path)
        seconds, plan = solve(distance, p, asked.seed)
        total, proved = total + seconds, proved + (plan.status == "proved")
        line = f"{path.stem}: n {len(distance)}, p {p}, radius {plan.objective:g}, {plan.status}, {seconds:.2f} CPU s"
        if path.stem in published:
            line += f", published {published[path.stem]:g}"
            wrong += [path.stem] if plan.objective != published[path.stem] else []
        if len(distance) <= asked.peer:
            other, radius = peer(distance, p)
            line += f"; spopt {radius:g} in {other:.1f} CPU s, ratio {other / seconds:.0f}x"
            wrong += [path.stem] if abs(radius - plan.objective) > 1e-6 else []
        print(line, flush=True)
    print(f"p-center: {proved} of {len(paths)} proved in {total:.1f} CPU s, {len(wrong)} disagree")
    sys.exit(f"these disagree: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
