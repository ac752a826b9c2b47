"""``site``: one door to all siting problems."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from xietong.core.declare import proof_status
from xietong.core.errors import Cancelled
from xietong.models.pairs import Pairs
from xietong.models.siting import limits
from xietong.models.siting.center import center
from xietong.models.siting.check import verify
from xietong.models.siting.cover import cover_everybody, cover_most
from xietong.models.siting.improve import interchange
from xietong.models.siting.median import median
from xietong.models.siting.plan import Plan
from xietong.models.siting.problem import Problem, posed, used
from xietong.models.siting.search import ENOUGH, Search
from xietong.models.siting.tail import tail
from xietong.models.siting.why import infeasible

SMALL = 2_000
"""Pairs up to which a median is a program for HiGHS: solved before the compiled engine would be loaded."""


def site(
    pairs: Pairs, p: int | None = None, budget: float | None = None, objective: str = "median", *, fixed: Collection[Any] = (),
    forbidden: Collection[Any] = (), capacity: Any = None, floors: Mapping[Any, float] | None = None, radius: float | None = None, share: float = 0.1,
    effort: int | None = None, seed: int = 0, time_limit_s: float = np.inf, tick: Callable[[float], None] = lambda done: None,
) -> Plan:  # fmt: skip
    """Choose at most ``p`` new sites, or new sites whose opening costs are within ``budget`` (CNY), beside the ``fixed`` ones (ids).

    Objectives, over the people of ``pairs`` under its regime, each going to the cheapest open site or to the outside option:

    - ``median``: the least sum of weight x cost (Hakimi 1964); its mean is that divided by the people.
    - ``cover``: the most weight with an open site within ``radius`` (in the unit of cost); the bound is then an upper one. Without
      p and budget: the fewest new sites that cover everybody, or the least opening cost where sites have one.
    - ``center``: the smallest largest cost.
    - ``cvar``: the least mean cost of the worst-off ``share`` of the people.
    - ``cost``: the least opening costs plus sum of weight x cost; p and budget are optional.

    ``floors`` {area: share}: at least that share of the area's people has an open site within ``radius``, whatever the objective.
    ``capacity``: a number, one a site [m], or {id: number}; the people of a demand may then go to several sites. Those of
    ``pairs`` count only where given here (``capacity=pairs.capacity``). Demand without people never counts.

    ``effort`` (default 20,000) limits branch-and-bound nodes, of which large programs take fewer in proportion, and
    iterations, so that answers repeat; ``time_limit_s`` is a safety stop. A stop is noticed between programs, not inside
    one. When ``tick`` raises Cancelled, on Ctrl-C and at the time limit the best plan so far comes back with its gap;
    Cancelled is raised where there is none yet. Raises UsageError with every fault of the arguments. Every plan is counted
    again before it is returned.
    """
    problem = posed(pairs, objective, p, budget, fixed, forbidden, capacity, floors, radius, share, effort, seed)
    search = Search(problem, tick, time_limit_s)
    why = ""
    try:
        why = infeasible(problem, search)
        if not why:
            search.tick(0.05)
            _solve(problem, search)
            search.tick(1.0)
    except (Cancelled, KeyboardInterrupt):
        search.interrupted = True
        if search.positions is None:
            raise
    if search.positions is None:
        return _nothing(problem, f"infeasible ({why})" if why else f"unknown (an effort of {search.effort} neither found a plan nor proved that there is none)")
    plan = _plan(problem, search)
    verify(pairs, plan.sites, plan.objective, plan.flow, objective, p, budget, fixed, forbidden, problem.capacity, floors, radius, share)
    return plan


def _solve(problem: Problem, search: Search) -> None:
    """Hand the problem to the method that is made for it."""
    flowing = problem.capacity is not None
    if problem.objective == "center":
        (limits.center if flowing else center)(problem, search)
    elif problem.objective == "cvar":
        tail(problem, search, _solve)
    elif flowing:
        limits.prove(problem, search)
    elif problem.objective == "cover":
        (cover_most if np.isfinite(problem.limit) else cover_everybody)(problem, search)
    elif problem.objective == "median" and not problem.floors and len(problem.cost) > SMALL:
        _median(problem, search)
    else:
        if problem.objective == "median" and len(problem.cost) > limits.PAIRS:
            _median(problem, search)
        interchange(problem, search, search.positions)
        if len(problem.cost) <= limits.PAIRS:
            limits.prove(problem, search)


def _median(problem: Problem, search: Search) -> None:
    """Without floors the answer; with floors a bound, and perhaps a plan."""
    found = median(problem, problem.weight, search)
    search.prove(found.bound)
    if found.positions is not None:
        search.offer(found.positions)
    if search.interrupted:  # the engine has returned what it had
        raise Cancelled


def _plan(problem: Problem, search: Search) -> Plan:
    assert search.positions is not None
    value, sign = search.value, 1.0
    slack = 1e-6 * abs(value) + 1e-9 * problem.people
    assert search.bound <= value + slack, f"{search.bound} is no bound: {value} was reached"
    # What rounding leaves is no gap; of covered weight it is a share of all people, of whom none may be covered.
    bound = value if value - search.bound <= ENOUGH * (problem.people if problem.objective == "cover" else abs(value)) else search.bound
    if problem.objective == "cover" and np.isfinite(problem.limit):
        value, bound, sign = problem.people - value, problem.people - bound, -1.0
    flow = None
    if search.flow is not None:
        flow = np.zeros(len(problem.pairs.cost))
        flow[used(problem.pairs, problem.allowed)] = search.flow
    gap = sign * (value - bound) / max(abs(value), 1e-12)
    status = proof_status(sign * value, sign * bound)
    names = tuple(problem.pairs.site[one] for one in search.positions)
    return Plan(problem.objective, names, search.positions, value, bound, gap, status, search.interrupted, flow, problem)


def _nothing(problem: Problem, status: str) -> Plan:
    return Plan(problem.objective, (), np.zeros(0, dtype=np.intp), np.nan, np.nan, np.nan, status, False, None, problem)
