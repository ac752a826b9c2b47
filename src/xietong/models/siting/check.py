"""A plan counted again, slowly and by other means: what is reported must be what the sites give.

Nothing of the solvers is used here: tables are read pair by pair as they were given, and tails are counted person by person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from xietong.models.pairs import Pairs

AGREED = 1e-6
"""Share by which the two may differ."""


def evaluate(
    pairs: Pairs, sites: Iterable[str], objective: str, *, radius: float | None = None, share: float = 0.1,
    flow: np.ndarray | None = None, fixed: Iterable[Any] = (),
) -> float:  # fmt: skip
    """The objective that ``sites`` (ids) give: people go to the cheapest open site or outside; or as ``flow`` [pairs] says.

    "cover" is the weight covered within ``radius``; "cost" adds the opening costs of all sites that are not ``fixed``.
    """
    opened = _mask(pairs, sites)
    spells = [spell for one in range(len(pairs.demand)) if pairs.weight[one] > 0 for spell in _spells(pairs, one, opened, objective, flow)]
    if objective == "cover":
        return math.fsum(people for people, cost in spells if radius is not None and cost <= radius)
    if objective == "center":
        return max((cost for people, cost in spells if people > 0), default=0.0)
    if objective == "cvar":
        return _worst(spells, share)
    total = math.fsum(people * cost for people, cost in spells if people > 0)
    if objective == "cost":
        total += float(pairs.opening_cost[opened & ~_mask(pairs, fixed)].sum())
    return total


def _mask(pairs: Pairs, sites: Iterable[Any]) -> np.ndarray:
    """Which sites [m] are named."""
    names = {str(one) for one in sites}
    return np.array([name in names for name in pairs.site])


def _spells(pairs: Pairs, one: int, opened: np.ndarray, objective: str, flow: np.ndarray | None) -> list[tuple[float, float]]:
    """(People, cost) of a demand: at which cost how many of it are served."""
    weight, outside = float(pairs.weight[one]), math.inf if objective == "cover" else float(pairs.outside[one])
    span = slice(int(pairs.indptr[one]), int(pairs.indptr[one + 1]))
    if flow is None:
        return [(weight, float(pairs.cost[span][opened[pairs.index[span]]].min(initial=outside)))]
    served = [(people, cost) for people, cost in zip(flow[span].tolist(), pairs.cost[span].tolist(), strict=True) if people > 0]
    left = weight - math.fsum(people for people, _ in served)
    return [*served, (left, outside)] if left > AGREED * weight else served


def _worst(spells: list[tuple[float, float]], share: float) -> float:
    """Mean cost of the worst-off ``share``, taking people from the dearest on."""
    whole = left = share * math.fsum(people for people, _ in spells)
    total = 0.0
    for people, cost in sorted(spells, key=lambda spell: -spell[1]):
        taken = min(people, left)
        if taken <= 0:
            break
        total, left = total + taken * cost, left - taken
    return total / whole


def verify(
    pairs: Pairs, sites: tuple[str, ...], value: float, flow: np.ndarray | None, objective: str, p: float | None, budget: float | None,
    fixed: Iterable[Any], forbidden: Iterable[Any], capacity: np.ndarray | None, floors: Mapping[Any, float] | None, radius: float | None, share: float,
) -> None:  # fmt: skip
    """AssertionError where a plan breaks what was asked, or is not worth what it says. ``capacity`` [m], as the plan used it."""
    kept, opened = {str(one) for one in fixed}, set(sites)
    new = opened - kept
    at = {name: position for position, name in enumerate(pairs.site)}
    paid = math.fsum(pairs.opening_cost[at[one]] for one in new)
    assert kept <= opened and not opened & {str(one) for one in forbidden}, "fixed or forbidden sites are not as asked"
    assert p is None or len(new) <= p, f"{len(new)} new sites, p is {p}"
    assert budget is None or paid <= budget * (1 + AGREED), f"{paid} spent of {budget}"
    for area, floor in (floors or {}).items():
        rows = [one for one in range(len(pairs.demand)) if str(pairs.demand_area[one]) == str(area) and pairs.weight[one] > 0]
        held = math.fsum(people for one in rows for people, cost in _spells(pairs, one, _mask(pairs, sites), "cover", None) if cost <= (radius or 0.0))
        assert held >= (floor - AGREED) * math.fsum(pairs.weight[rows]), f"the floor of {area} is not kept"
    if flow is not None and capacity is not None:
        assert (flow >= 0).all() and np.isfinite(pairs.cost[flow > 0]).all(), "flow over a pair that is forbidden"
        load = dict.fromkeys(range(len(pairs.site)), 0.0)
        for pair in np.flatnonzero(flow).tolist():
            load[int(pairs.index[pair])] += float(flow[pair])
        for site, people in load.items():
            assert people <= (capacity[site] if pairs.site[site] in opened else 0.0) * (1 + AGREED) + AGREED, f"{pairs.site[site]} is over its capacity"
    again = evaluate(pairs, sites, objective, radius=radius, share=share, flow=flow, fixed=kept)
    if objective == "cover" and p is None and budget is None:
        everybody = math.fsum(pairs.weight)
        assert abs(again - everybody) <= AGREED * everybody, f"{everybody - again} people are not covered"
        again = paid if any(cost > 0 and name not in kept for name, cost in zip(pairs.site, pairs.opening_cost, strict=True)) else float(len(new))
    assert abs(again - value) <= AGREED * max(abs(value), 1e-9), f"the plan says {value}, its sites give {again}"
