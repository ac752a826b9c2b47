"""Where to add capacity, and which gates to open, within a budget, so that weighted demand is left unserved least.

    minimise    sum_i w_i u_i  +  tiny * travel
    subject to  sum_j x_ij + u_i = d_i,   sum_i x_ij <= c_j + z_j,   sum_{ij in gate g} x_ij <= C_g y_g,
                sum_j cost_j z_j + sum_g cost_g y_g <= budget,   x, u, z >= 0,   y in {0, 1}

A linear program with a few binaries (HiGHS). Its bound holds for every plan: any allocation of the same demand over the
same pairs leaves at least that much unserved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

from xietong.models.highs import minimise

MAX_NODES = 200
RELATIVE_GAP = 1e-4
TRAVEL = 1e-6
"""Weight of a unit of cost relative to one unserved: it decides between equals only."""

THRIFT = 1e-4
"""What a middling site's unit of capacity counts, relative to one unserved."""


class Gate(NamedTuple):
    """Pairs (positions in the pair list) that may carry flow only once ``cost`` has been paid."""

    arcs: np.ndarray
    cost: float


class Expansion(NamedTuple):
    """``added`` capacity per site, whether each gate is ``open``, and a lower ``bound`` on the weighted unserved."""

    added: np.ndarray
    gates: tuple[bool, ...]
    bound: float


def expand(
    demand: np.ndarray,
    capacity: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
    cost: np.ndarray,
    weight: np.ndarray,
    site: np.ndarray,
    site_cost: np.ndarray,
    taste: np.ndarray,
    gates: Sequence[Gate],
    budget: float,
    tick: Callable[[float], None] = lambda done: None,
) -> Expansion:
    """Solve; ``site`` [k] names the capacity node that each site adds to, ``site_cost`` its cost a unit (inf: never),
    ``taste`` [k] in [0, 1) a number that settles ties between sites of equal cost.

    Units of flow are those of ``demand``; ``weight`` [n] is what one unserved unit counts.
    """
    n, m, arcs, k = len(demand), len(capacity), len(i), len(site)
    usable = np.isfinite(site_cost) & (site_cost > 0) & (site_cost <= budget)
    sites = np.flatnonzero(usable)
    columns = arcs + n + len(sites) + len(gates)
    first_u, first_z, first_y = arcs, arcs + n, arcs + n + len(sites)
    # More than enough for everybody cannot be spent: beyond that a budget would only spoil the scaling.
    enough = float(site_cost[sites].max(initial=0.0) * demand.sum() + sum(gate.cost for gate in gates))
    budget = min(budget, max(enough, 1.0))
    # Money counts, a little, so that none is spent in vain; equally cheap sites differ by their taste, a little less.
    thrift = THRIFT / max(float(np.median(site_cost[sites])) if len(sites) else 1.0, 1e-9)
    money = np.concatenate([thrift * site_cost[sites] * (1 + taste[sites] / 10), thrift * np.array([gate.cost for gate in gates])])
    objective = np.concatenate([TRAVEL * cost / max(float(cost.max(initial=1.0)), 1e-9), weight, money])
    upper = np.full(columns, np.inf)
    upper[first_z:first_y] = np.minimum(budget / site_cost[sites], float(demand.sum()))
    upper[first_y:] = 1.0
    entries = [
        (i, np.arange(arcs), np.ones(arcs)),
        (np.arange(n), first_u + np.arange(n), np.ones(n)),
        (n + j, np.arange(arcs), np.ones(arcs)),
        (n + site[sites], first_z + np.arange(len(sites)), -np.ones(len(sites))),
        (np.full(len(sites), n + m), first_z + np.arange(len(sites)), site_cost[sites] / max(budget, 1.0)),
        (np.full(len(gates), n + m), first_y + np.arange(len(gates)), np.array([gate.cost for gate in gates]) / max(budget, 1.0)),
    ]
    for g, gate in enumerate(gates):
        most = min(float(demand[np.unique(i[gate.arcs])].sum()), float(capacity[np.unique(j[gate.arcs])].sum()))
        line = n + m + 1 + g
        entries += [(np.full(len(gate.arcs), line), gate.arcs, np.ones(len(gate.arcs))), (np.array([line]), np.array([first_y + g]), np.array([-most]))]
    rows = n + m + 1 + len(gates)
    lower = np.concatenate([demand, np.full(m + 1 + len(gates), -np.inf)])
    top = np.concatenate([demand, capacity, [budget / max(budget, 1.0)], np.zeros(len(gates))])
    row, column, value = (np.concatenate([entry[part] for entry in entries]) for part in range(3))
    matrix = csr_matrix((value.astype(float), (row.astype(np.intp), column.astype(np.intp))), shape=(rows, columns))
    tick(0.1)
    found = minimise(objective, matrix, lower, top, upper, np.arange(columns) >= first_y, MAX_NODES, RELATIVE_GAP, tight=not gates)
    tick(0.6)
    bound = found.bound if found else 0.0
    if found and gates:
        # The gates are settled; what remains is a linear program, solved to its one best vertex.
        lower_y = np.round(found.x[first_y:])
        upper[first_y:], fixed = lower_y, lower.copy()
        settled = vstack([matrix, csr_matrix((np.ones(len(gates)), (np.arange(len(gates)), first_y + np.arange(len(gates)))), shape=(len(gates), columns))])
        found = minimise(objective, settled, np.append(fixed, lower_y), np.append(top, lower_y), upper) or found
    tick(0.95)
    added = np.zeros(k)
    if found is None:  # doing nothing always is feasible, and nothing is a valid bound
        return Expansion(added, (False,) * len(gates), 0.0)
    added[sites] = found.x[first_z:first_y]
    ties = TRAVEL * float(demand.sum()) + thrift * budget * 1.1  # what settles ties may have raised the objective by this
    return Expansion(added, tuple(bool(one > 0.5) for one in found.x[first_y:]), max(0.0, bound - ties))
