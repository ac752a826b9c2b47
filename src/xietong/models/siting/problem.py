"""A siting problem as every solver sees it: people only, pairs that can be used only, sites by position; bad input refused."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from xietong.core.errors import Fault, UsageError
from xietong.models.pairs import Pairs

Objective = Literal["median", "cover", "center", "cvar", "cost"]
OBJECTIVES: tuple[Objective, ...] = ("median", "cover", "center", "cvar", "cost")
ROUNDING = 1e-9
"""Share by which sums of money, people and capacity may differ and still count as equal."""


class Floor(NamedTuple):
    """At least ``share`` of the weight of ``rows`` (positions among the problem's demands) must be within the radius."""

    area: str
    rows: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class Problem:
    """``n`` demands with people (``demand``: their positions in ``pairs``), ``m`` sites; usable pairs in CSR (by demand, then site).

    Open sites of least ``price`` [m] within ``limit``: one a new site where p is given, opening costs where a budget is, and no
    limit where neither is. ``fixed`` sites are open and cost nothing; ``allowed`` [m] says which may be open at all. ``opening``
    [m] is what the objective "cost" pays. ``near`` [pairs] says which lie within the radius. ``capacity`` [m] is None where nobody is turned away.
    """

    pairs: Pairs = field(repr=False)
    objective: Objective
    demand: np.ndarray
    weight: np.ndarray
    indptr: np.ndarray
    index: np.ndarray
    cost: np.ndarray
    near: np.ndarray
    outside: np.ndarray
    price: np.ndarray
    limit: float
    counted: bool
    opening: np.ndarray
    fixed: np.ndarray
    allowed: np.ndarray
    capacity: np.ndarray | None
    floors: tuple[Floor, ...]
    radius: float
    share: float
    effort: int | None
    seed: int

    @cached_property
    def row(self) -> np.ndarray:
        """Position of the demand of each pair."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.indptr))

    @property
    def full(self) -> bool:
        """Whether every demand has a usable pair with every site."""
        return len(self.cost) == len(self.weight) * len(self.allowed)

    @cached_property
    def people(self) -> float:
        """The whole weight."""
        return float(self.weight.sum())

    @cached_property
    def whole(self) -> bool:
        """Whether every plan's value is a whole number, so that bounds may be rounded up."""
        numbers: list[np.ndarray] = [self.weight] if self.objective in ("median", "cover", "cost") else []
        numbers += [] if self.objective == "cover" else [self.cost, self.outside[np.isfinite(self.outside)]]
        numbers += [self.opening] if self.objective == "cost" else []
        split = self.capacity is not None or self.objective == "cvar" or (self.objective == "cover" and not np.isfinite(self.limit))
        return not split and all(bool((one == np.round(one)).all()) for one in numbers)

    @property
    def p(self) -> int | None:
        """How many new sites may be opened; None where a budget limits them, or nothing."""
        return int(self.limit) if self.counted else None

    @property
    def buyable(self) -> np.ndarray:
        """Positions of the sites that may be opened anew, as far as one alone is within the limit."""
        open_to = self.allowed & (self.price <= self.limit * (1 + ROUNDING))
        open_to[self.fixed] = False
        return np.flatnonzero(open_to)

    def nearest(self, positions: np.ndarray) -> np.ndarray:
        """Least cost of every demand [n] with these sites open, the outside option included; inf where there is none."""
        return np.asarray(np.minimum(self._least(positions), self.outside))

    def within(self, positions: np.ndarray) -> np.ndarray:
        """Which demands [n] have one of these sites within the radius."""
        if self.full:
            return np.asarray(self.near.reshape(len(self.weight), -1)[:, positions].any(axis=1))
        opened = np.zeros(len(self.allowed), dtype=bool)
        opened[positions] = True
        return np.asarray(np.bincount(self.row, self.near & opened[self.index], len(self.weight)) > 0)

    def _least(self, positions: np.ndarray) -> np.ndarray:
        if self.full:
            return np.asarray(self.cost.reshape(len(self.weight), -1)[:, positions].min(axis=1, initial=np.inf))
        opened = np.zeros(len(self.allowed), dtype=bool)
        opened[positions] = True
        least = np.full(len(self.weight), np.inf)
        taken = opened[self.index]
        np.minimum.at(least, self.row[taken], self.cost[taken])
        return least


def posed(
    pairs: Pairs, objective: str, p: float | None, budget: float | None, fixed: Collection[Any], forbidden: Collection[Any],
    capacity: Any, floors: Mapping[Any, float] | None, radius: float | None, share: float, effort: int | None, seed: int,
) -> Problem:  # fmt: skip
    """The problem that these arguments of ``site`` pose; UsageError with every fault in them."""
    faults: list[Fault] = []
    if objective not in OBJECTIVES:
        faults.append(Fault(f"There is no objective {objective!r}", f"Give one of: {', '.join(OBJECTIVES)}", column="objective"))
    at = {name: position for position, name in enumerate(pairs.site)}
    kept, shut = _sites(fixed, "fixed", at, faults), _sites(forbidden, "forbidden", at, faults)
    if both := sorted(set(kept.tolist()) & set(shut.tolist())):
        faults.append(Fault(f"Fixed and forbidden: {', '.join(pairs.site[one] for one in both)}", "Leave them in one of the two", column="forbidden"))
    allowed = np.ones(len(at), dtype=bool)
    allowed[shut] = False
    _check_limits(objective, p, budget, len(kept), int(allowed.sum()) - len(kept), faults)
    room = _capacity(capacity, pairs, at, faults)
    if floors and radius is None:
        faults.append(Fault("Floors are given without a radius", "Say within which cost people must be", column="radius"))
    if objective == "cover" and radius is None:
        faults.append(Fault("Nothing says what covered means", "Give the radius, in the unit of the costs", column="radius"))
    if radius is not None and not (_number(radius) and radius >= 0):
        faults.append(Fault(f"The radius is {radius}", "Give a number that is not negative", column="radius"))
    if not (_number(share) and 0 < share <= 1):
        faults.append(Fault(f"The share is {share}", "Give a number above 0 and up to 1: the worst part of the people", column="share"))
    if effort is not None and not (_number(effort) and effort >= 1):
        faults.append(Fault(f"The effort is {effort}", "Give a whole number of nodes or iterations from 1 on", column="effort"))
    rows = np.flatnonzero(pairs.weight > 0)
    bounds = _floors(floors or {}, pairs.demand_area, rows, faults)
    if faults:
        raise UsageError("The sites cannot be chosen", faults)
    opening = pairs.opening_cost.copy()
    opening[kept] = 0.0
    counted = p is not None
    # Where nothing limits the sites, the cheapest of those that cover everybody are sought, or the fewest where none has a price.
    price = np.ones(len(at)) if counted or (budget is None and not opening[allowed].any()) else opening.copy()
    price[kept] = 0.0
    indptr, index, cost = pairs.indptr, pairs.index, pairs.cost
    if not (len(rows) == len(pairs.weight) and allowed.all() and np.isfinite(cost).all()):
        kept_pairs = used(pairs, allowed)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(pairs.row[kept_pairs], minlength=len(pairs.weight))[rows])])
        index, cost = index[kept_pairs], cost[kept_pairs]
    return Problem(
        pairs, cast(Objective, objective), rows, pairs.weight[rows], indptr, index, cost,
        np.broadcast_to(False, len(cost)) if radius is None else cost <= radius, pairs.outside[rows],
        price, float(p if p is not None else np.inf if budget is None else budget), counted, opening, kept, allowed, room, bounds,
        np.inf if radius is None else float(radius), float(share), None if effort is None else int(effort), int(seed),
    )  # fmt: skip


def used(pairs: Pairs, allowed: np.ndarray) -> np.ndarray:
    """Which pairs of the table take part: those of people with sites that are ``allowed`` [m], as far as the regime admits them."""
    return np.asarray((pairs.weight[pairs.row] > 0) & np.isfinite(pairs.cost) & allowed[pairs.index])


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) and not math.isnan(value)


def _sites(given: Collection[Any], column: str, at: Mapping[str, int], faults: list[Fault]) -> np.ndarray:
    """Positions of the sites named, ascending."""
    names = [str(one) for one in ([given] if isinstance(given, str) else given)]
    if unknown := [one for one in dict.fromkeys(names) if one not in at]:
        faults.append(Fault(f"No site is called {', '.join(unknown)}", "Give ids of sites", column=column))
    if twice := [one for one in dict.fromkeys(names) if names.count(one) > 1]:
        faults.append(Fault(f"Given twice: {', '.join(twice)}", "Give every site once", column=column))
    return np.array(sorted({at[one] for one in names if one in at}), dtype=np.intp)


def _check_limits(objective: str, p: float | None, budget: float | None, fixed: int, free: int, faults: list[Fault]) -> None:
    if p is not None and budget is not None:
        faults.append(Fault("Both p and a budget are given", "Give one of them", column="budget"))
    if p is None and budget is None and objective not in ("cover", "cost"):
        faults.append(Fault("Neither p nor a budget is given", "Say how many new sites there may be, or what they may cost", column="p"))
    if p is not None:
        if not (_number(p) and p >= 0 and p == math.floor(p)):
            faults.append(Fault(f"p is {p}", "Give a whole number of new sites", column="p"))
        elif p == 0 and not fixed:
            faults.append(Fault("p is 0 and no site is fixed", "Give at least 1, or the sites that there are", column="p"))
        elif p > free:
            faults.append(Fault(f"p is {p}, and only {free} sites may be opened", f"Give at most {free}", column="p"))
    if budget is not None and not (_number(budget) and budget >= 0):
        faults.append(Fault(f"The budget is {budget}", "Give an amount that is not negative", column="budget"))


def _capacity(given: Any, pairs: Pairs, at: Mapping[str, int], faults: list[Fault]) -> np.ndarray | None:
    """Capacities by site [m] from a number, [m] numbers or a mapping of ids; None where none limits anybody."""
    if given is None:
        return None
    room = np.full(len(at), np.inf)
    if isinstance(given, Mapping):
        if unknown := [str(one) for one in given if str(one) not in at]:
            faults.append(Fault(f"No site is called {', '.join(unknown)}", "Give ids of sites", column="capacity"))
        given = {at[str(one)]: value for one, value in given.items() if str(one) in at}
    try:
        if isinstance(given, dict):
            room[list(given)] = np.array(list(given.values()), dtype=float)
        else:
            room[:] = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        faults.append(Fault("Capacities are neither numbers nor one for each site", f"Give one number, {len(at)} numbers, or a mapping", column="capacity"))
        return None
    if (bad := ~(room >= 0)).any():
        named = ", ".join(pairs.site[one] for one in np.flatnonzero(bad)[:5])
        faults.append(Fault(f"Negative or unknown at {named}", "Give a number that is not negative (inf: no limit)", column="capacity"))
    return room if np.isfinite(room).any() else None


def _floors(given: Mapping[Any, float], area: np.ndarray, rows: np.ndarray, faults: list[Fault]) -> tuple[Floor, ...]:
    found = []
    known = set(area.tolist())
    for name, share in sorted((str(name), share) for name, share in given.items()):
        if name not in known:
            faults.append(Fault(f"No demand lies in the area {name}", f"Give one of: {', '.join(sorted(known))}", column="floors"))
        if not (_number(share) and 0 <= share <= 1):
            faults.append(Fault(f"The floor of {name} is {share}", "Give a share from 0 to 1", column="floors"))
        found.append(Floor(name, np.flatnonzero(area[rows] == name), share))
    return tuple(one for one in found if len(one.rows) and _number(one.share) and one.share > 0)
