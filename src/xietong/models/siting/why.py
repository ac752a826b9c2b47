"""Why a problem has no plan, in words; or a first plan, which shows that it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xietong.models.siting import limits
from xietong.models.siting.problem import ROUNDING, Floor, Problem
from xietong.models.siting.reach import reach
from xietong.models.siting.search import Search

NAMED = 5
"""Ids that a reason names before it only counts."""


def infeasible(problem: Problem, search: Search) -> str:
    """What is lacking, and how much of it; "" where a plan was found (and offered) or none is known to be impossible."""
    must = _must(problem)
    usable = problem.near if problem.objective == "cover" else np.ones(len(problem.cost), dtype=bool)
    reason = _no_site(problem) or _out_of_reach(problem, usable, must) or _floor_out_of_reach(problem)
    if reason:
        return reason
    if problem.capacity is not None:
        return _too_small(problem, usable, must, search)
    if not must.any() and not problem.floors:
        search.offer(problem.fixed)
        return ""
    if not np.isfinite(problem.limit):
        return ""
    if problem.full and not problem.floors and problem.objective != "cover":
        # Any site reaches everybody.
        search.offer(problem.buyable[: int(not len(problem.fixed))])
        return ""
    found = reach(problem, usable, must, search.effort, elastic=True)
    if found.positions is not None:
        search.offer(found.positions)
    return _too_few(problem, usable, must, search.effort) if found.bound > 0 else ""


def _must(problem: Problem) -> np.ndarray:
    """Who must be served: everybody without an outside option; where cover is sought, everybody or, within a limit, nobody."""
    if problem.objective == "cover":
        return np.full(len(problem.weight), not np.isfinite(problem.limit))
    return np.asarray(np.isinf(problem.outside))


def _no_site(problem: Problem) -> str:
    if len(problem.fixed) or len(problem.buyable):
        return ""
    if problem.counted or not np.isfinite(problem.limit):
        return "no site is allowed"
    cheapest = float(problem.price[problem.allowed].min(initial=np.inf))
    if not np.isfinite(cheapest):
        return "no site is allowed"
    return f"the budget of {_amount(problem.limit)} is below the cheapest site at {_amount(cheapest)}: {_amount(cheapest - problem.limit)} is lacking"


def _out_of_reach(problem: Problem, usable: np.ndarray, must: np.ndarray) -> str:
    lost = np.zeros(0, dtype=np.intp)
    if must.any() and not (problem.full and usable.all()):
        lost = np.flatnonzero(must & (np.bincount(problem.row, usable, len(must)) == 0))
    if not len(lost):
        return ""
    names = [problem.pairs.demand[one] for one in problem.demand[lost[:NAMED]]]
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    where = f"within {_amount(problem.radius)}" if problem.objective == "cover" else "within reach and no outside option"
    return f"{_amount(float(problem.weight[lost].sum()))} people at {', '.join(names)}{more} have no site {where}"


def _floor_out_of_reach(problem: Problem) -> str:
    within = problem.within(np.flatnonzero(problem.allowed))
    reasons = []
    for floor in problem.floors:
        weight = problem.weight[floor.rows]
        best = float(weight @ within[floor.rows]) / float(weight.sum())
        if best < floor.share - ROUNDING:
            reasons.append(f"the floor of {floor.area} is {floor.share:.2%}, and with every site open only {best:.2%} are within {_amount(problem.radius)}")
    return "; ".join(reasons)


def _too_small(problem: Problem, usable: np.ndarray, must: np.ndarray, search: Search) -> str:
    """Capacities that do not hold everybody who must be served: all of them, those within reach, or those within the limit."""
    assert problem.capacity is not None
    room, people = float(problem.capacity[problem.allowed].sum()), float(problem.weight[must].sum())
    if room < people * (1 - ROUNDING):
        return f"capacities of {_amount(room)} are {_amount(people - room)} below the {_amount(people)} people who must be served"
    if must.any():
        short = limits.shortfall(replace(problem, limit=np.inf, floors=()), usable, must, search.effort).bound
        if short > 0:
            return f"capacities within reach leave at least {_amount(short)} people unserved who must be served, with every site open"
    found = limits.shortfall(problem, usable, must, search.effort)
    flow = None if found.positions is None else limits.spread(problem, found.positions)
    if found.positions is not None and flow is not None:
        search.offer(found.positions, flow)
    if found.bound > 0:
        return f"{_limit(problem)} leaves at least {_amount(found.bound)} people unserved who must be served"
    return "" if found.positions is not None or not problem.floors else _too_few(problem, usable, np.zeros(len(must), dtype=bool), search.effort)


def _too_few(problem: Problem, usable: np.ndarray, must: np.ndarray, nodes: int) -> str:
    """Which of what is asked needs more than the limit: everybody reached, each floor, or only all together."""
    free = replace(problem, limit=np.inf)
    nobody = np.zeros(len(must), dtype=bool)
    asked: list[tuple[str, np.ndarray, tuple[Floor, ...]]] = [("to reach everybody", must, ())] if must.any() else []
    asked += [(f"to keep the floor of {floor.area} ({floor.share:.2%})", nobody, (floor,)) for floor in problem.floors]
    asked += [("to keep all floors" + (" and reach everybody" if must.any() else ""), must, problem.floors)] if len(asked) > 1 else []
    for what, rows, floors in asked:
        least = reach(replace(free, floors=floors), usable, rows, nodes).bound
        if least > problem.limit * (1 + ROUNDING):
            return f"{_limit(problem)} is not enough {what}: at least {_amount(least)} is needed, {_amount(least - problem.limit)} is lacking"
    return ""


def _limit(problem: Problem) -> str:
    return f"p = {_amount(problem.limit)}" if problem.counted else f"the budget of {_amount(problem.limit)}"


def _amount(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
