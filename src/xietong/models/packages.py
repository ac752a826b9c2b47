"""Choosing options within a budget, where each target takes the best package of options that is complete.

    maximise    sum_k gain_k z_k
    subject to  sum over the packages k of a target of z_k <= 1,   z_k <= y_o for every option o that package k needs,
                sum_o cost_o y_o <= budget,   y binary,  0 <= z <= 1

(a maximum coverage problem with packages; z is integral by itself once y is). Among the best choices the cheapest is
taken. Options are put into an order that depends on their costs and gains only, so that neither their names nor the order
in which they are given decides between equals. Solved by HiGHS to proof, or to a node limit with bound and gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from xietong.models.highs import Found, minimise

NODES = 20_000
"""Branch-and-bound nodes per stage: a limit that gives the same answer on every machine."""

DIGITS = 9
"""Decimals of gains relative to the largest that count; what is below is rounding, and would break ties at random."""

PROVED = 1e-6
"""A gap below this share of the gain counts as none: it is what rounding leaves."""


@dataclass(frozen=True)
class Package:
    """What ``target`` gains where all options of ``needs`` are chosen."""

    target: int
    gain: float
    needs: tuple[int, ...]


@dataclass(frozen=True)
class Selection:
    """Chosen options (ascending), what they cost and gain, and a bound that no choice within the budget exceeds."""

    options: tuple[int, ...]
    cost: float
    gain: float
    bound: float

    @property
    def proved(self) -> bool:
        return self.bound - self.gain <= PROVED * max(self.gain, 1e-300)


def select(
    cost: Sequence[float], packages: Sequence[Package], budget: float, nodes: int = NODES, tick: Callable[[float], None] = lambda done: None
) -> Selection:
    """The options of the largest gain within ``budget``; ``cost`` (>= 0) is by option."""
    price = np.asarray(cost, dtype=float)
    useful = [one for one in packages if one.gain > 0 and sum(price[list(set(one.needs))]) <= budget * (1 + 1e-12)]
    if not useful:
        return Selection((), 0.0, 0.0, 0.0)
    scale = max(one.gain for one in useful)
    rounded = [Package(one.target, round(one.gain / scale, DIGITS), tuple(sorted(set(one.needs)))) for one in useful]
    order = _canonical(price, rounded)
    problem = _Problem(price, rounded, order, budget)
    tick(0.1)
    first, bound = problem.most(nodes)
    tick(0.6)
    best = gain_of(first, rounded)
    second = problem.cheapest(best * (1 - 1e-9), nodes)
    if second is not None and gain_of(second, rounded) >= best * (1 - 1e-8) and price[list(second)].sum() <= price[list(first)].sum():
        first = second
    chosen = tuple(sorted(_used(first, rounded)))
    gain = gain_of(frozenset(chosen), useful)
    slack = 10.0**-DIGITS * len({one.target for one in rounded})
    return Selection(chosen, float(price[list(chosen)].sum()), gain, max(gain, (bound + slack) * scale))


def gain_of(chosen: frozenset[int] | set[int], packages: Sequence[Package]) -> float:
    """What the targets gain together from ``chosen``."""
    best: dict[int, float] = {}
    for one in packages:
        if one.gain > best.get(one.target, 0.0) and chosen.issuperset(one.needs):
            best[one.target] = one.gain
    return float(np.sum(np.sort(list(best.values()))))


def _used(chosen: frozenset[int], packages: Sequence[Package]) -> set[int]:
    """The options that the targets' best packages need; the solver may also have set some that serve nobody."""
    best: dict[int, Package] = {}
    for one in packages:
        if chosen.issuperset(one.needs) and (one.target not in best or (-one.gain, len(one.needs)) < (-best[one.target].gain, len(best[one.target].needs))):
            best[one.target] = one
    return {option for one in best.values() for option in one.needs}


def _canonical(price: np.ndarray, packages: Sequence[Package]) -> list[int]:
    """Options ordered by what they are: cost, then the gains and company of their packages (colour refinement)."""
    colour: list[Any] = _ranks([round(float(one), 6) for one in price])
    members: dict[int, list[int]] = {}
    for position, one in enumerate(packages):
        members.setdefault(one.target, []).append(position)
    for _ in range(3):
        inner = _ranks([(-one.gain, tuple(sorted(colour[option] for option in one.needs))) for one in packages])
        group = {target: tuple(sorted(inner[one] for one in rows)) for target, rows in members.items()}
        outer: list[list[Any]] = [[] for _ in price]
        for position, one in enumerate(packages):
            for option in one.needs:
                outer[option].append((inner[position], group[one.target]))
        colour = _ranks([(colour[option], tuple(sorted(found))) for option, found in enumerate(outer)])
    return sorted(range(len(price)), key=lambda option: colour[option])


def _ranks(keys: list[Any]) -> list[int]:
    index = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return [index[key] for key in keys]


class _Problem:
    """The mixed-integer program in a canonical order of columns and rows."""

    def __init__(self, price: np.ndarray, packages: Sequence[Package], order: list[int], budget: float) -> None:
        used = {option for one in packages for option in one.needs}
        self.options = [option for option in order if option in used]
        self.price, self.budget = price, budget
        at = {option: position for position, option in enumerate(self.options)}
        needs = sorted((-one.gain, sorted(at[option] for option in one.needs), one.target) for one in packages)
        # Targets in the order of their packages, so that their numbers do not matter.
        targets: dict[int, list[int]] = {}
        for position, (_, _, target) in enumerate(needs):
            targets.setdefault(target, []).append(position)
        self.gains = np.array([-gain for gain, _, _ in needs])
        self.needs = [need for _, need, _ in needs]
        self.targets = list(targets.values())

    def _solve(self, cost: np.ndarray, nodes: int, least: float | None = None) -> Found | None:
        """Minimise over options and packages; ``least`` asks for a total gain of at least that."""
        n, m = len(self.options), len(self.needs)
        unit = max(float(self.price[self.options].max()), 1e-300)
        rows: list[tuple[float, list[int], list[float]]] = [(self.budget / unit, list(range(n)), (self.price[self.options] / unit).tolist())]
        rows += [(1.0, [n + k for k in group], [1.0] * len(group)) for group in self.targets]
        rows += [(0.0, [need, n + k], [-1.0, 1.0]) for k, needed in enumerate(self.needs) for need in needed]
        rows += [] if least is None else [(-least, list(range(n, n + m)), (-self.gains).tolist())]
        starts = np.cumsum([0, *(len(index) for _, index, _ in rows)])
        index = np.concatenate([one for _, one, _ in rows]).astype(int)
        matrix = csr_matrix((np.concatenate([one for _, _, one in rows]), index, starts), shape=(len(rows), n + m))
        high = np.array([upper for upper, _, _ in rows])
        return minimise(cost, matrix, np.full(len(rows), -np.inf), high, np.ones(n + m), np.arange(n + m) < n, nodes)

    def most(self, nodes: int) -> tuple[frozenset[int], float]:
        """Options of the largest gain found, and an upper bound on it."""
        found = self._solve(np.concatenate([np.zeros(len(self.options)), -self.gains]), nodes)
        trivial = float(sum(self.gains[group].max() for group in self.targets))
        bound = trivial if found is None or not np.isfinite(found.bound) else min(trivial, -found.bound)
        return self._chosen(found) or frozenset(), bound

    def cheapest(self, gain: float, nodes: int) -> frozenset[int] | None:
        """The cheapest options that gain at least ``gain``; None where none was found within the limit."""
        price = self.price[self.options] / max(float(self.price[self.options].max()), 1e-300)
        return self._chosen(self._solve(np.concatenate([price, np.zeros(len(self.needs))]), nodes, gain))

    def _chosen(self, found: Found | None) -> frozenset[int] | None:
        """The options of a solution, checked; None where there is none that the budget allows."""
        if found is None:
            return None
        chosen = frozenset(self.options[position] for position in np.flatnonzero(found.x[: len(self.options)] > 0.5))
        # Whole numbers within a tolerance could spend a little too much.
        return chosen if self.price[list(chosen)].sum() <= self.budget * (1 + 1e-9) + 1e-7 else None
