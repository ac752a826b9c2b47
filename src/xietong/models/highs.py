"""HiGHS, called one way: effort in nodes so that answers repeat, one thread, the solution's own status believed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix


class Found(NamedTuple):
    """A feasible solution, a bound that no solution beats, and whether the two were proved equal."""

    x: np.ndarray
    bound: float
    optimal: bool


def minimise(
    cost: np.ndarray,
    rows: Any,
    low: np.ndarray,
    high: np.ndarray,
    upper: np.ndarray,
    integer: np.ndarray | None = None,
    nodes: int = 200,
    relative_gap: float = 0.0,
    seed: int = 0,
    tight: bool = True,
) -> Found | None:
    """Minimise ``cost @ x`` with ``low <= rows @ x <= high`` and ``0 <= x <= upper``; None where nothing feasible was found.

    ``rows`` is dense or sparse; ``integer`` marks the columns that take whole numbers. ``tight`` asks for feasibility to
    1e-9. A model status alone may deceive at a limit: only the status of the solution itself counts.
    """
    import highspy

    matrix = csr_matrix(rows)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_, program.col_upper_ = np.asarray(cost, float), np.zeros(len(cost)), np.asarray(upper, float)
    program.row_lower_, program.row_upper_ = np.asarray(low, float), np.asarray(high, float)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_, program.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    mixed = integer is not None and bool(np.any(integer))
    if mixed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        program.integrality_ = [kinds[int(one)] for one in np.asarray(integer)]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _options(nodes, relative_gap, seed, tight).items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = float(info.mip_dual_bound if mixed else info.objective_function_value if optimal else -np.inf)
    return Found(np.array(solver.getSolution().col_value), bound, optimal)


def _options(nodes: int, relative_gap: float, seed: int, tight: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": seed % 2**31,
        "mip_max_nodes": nodes,
        "mip_rel_gap": relative_gap,
        "mip_abs_gap": 1e-9,
    }
    names = ("mip_feasibility_tolerance", "primal_feasibility_tolerance", "dual_feasibility_tolerance")
    return options | (dict.fromkeys(names, 1e-9) if tight else {})
