"""What starting costs: CPU seconds of ``import xietong`` and of ``xietong care border`` in a process of its own.

    python benchmarks/startup.py [--region NAME|DIR] [--runs N]

Medians over fresh processes, byte code being compiled already; user and system time of all threads. Names the heavy
libraries that the second command imported.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from statistics import median

HEAVY = ("geopandas", "numba", "pandas", "scipy.optimize", "highspy", "shapely", "fastapi", "matplotlib")
LISTED = """
import json, sys
from xietong.app import cli
try:
    cli.main()
except SystemExit as ended:
    assert not ended.code, ended.code
json.dump([name for name in {heavy!r} if name in sys.modules], sys.stderr)
"""


def cpu_s(command: list[str], environment: Mapping[str, str]) -> float:
    """CPU seconds (user and system, all threads) of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def middle(command: list[str], runs: int, environment: Mapping[str, str]) -> float:
    """The median over ``runs``, after one run that does not count."""
    cpu_s(command, environment)
    return median(cpu_s(command, environment) for _ in range(runs))


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--region", default="jjj", help="a bundled region or a folder")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    own = dict(os.environ)
    single = {**own, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    border = ["care", "border", "--region", asked.region, "--json"]
    bare = middle([sys.executable, "-c", "pass"], asked.runs, own)
    imports = middle([sys.executable, "-c", "import xietong"], asked.runs, own)
    command = [sys.executable, "-m", "xietong.app.cli", *border]
    whole, one_thread = middle(command, asked.runs, own), middle(command, asked.runs, single)
    listing = subprocess.run(
        [sys.executable, "-c", LISTED.format(heavy=HEAVY), *border], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(listing.stderr.strip().splitlines()[-1])
    absent = ", ".join(f"{name} {'imported' if name in found else 'not imported'}" for name in ("geopandas", "numba"))
    print(
        f"startup: import xietong {imports:.3f} CPU s (Python alone {bare:.3f}); xietong {' '.join(border[:4])} {whole:.2f} CPU s "
        f"({one_thread:.2f} with one BLAS thread); {absent}; imported: {', '.join(found)}; {asked.runs} runs"
    )


if __name__ == "__main__":
    main()
