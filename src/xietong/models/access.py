"""Spatial access to capacity under every regime: floating catchment areas, and the rational agent access model.

- ``2sfca``: two-step floating catchment area. Luo and Wang, Environment and Planning B 30 (2003), 865-884.
- ``e2sfca``: with weights by distance. Luo and Qi, Health & Place 15 (2009), 1100-1107.
- ``3sfca``: with the probability that a site is chosen. Wan, Zou and Sternberg, Int. J. of Geographical Information Science
  26 (2012), 1073-1089, in the form of PySAL's ``access``: weight x (weight / sum of the demand's weights), in both steps.
- ``raam``: everybody goes where travel and congestion together cost least. Saxon and Snow, Annals of the American
  Association of Geographers 110 (2020), 205-222. Here as an equilibrium with a residual, not as a fixed number of rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from xietong.core.errors import Fault, UsageError
from xietong.models.pairs import Pairs

METHODS = ("2sfca", "e2sfca", "3sfca", "raam")
Decay = str | Mapping[float, float] | Callable[[np.ndarray], np.ndarray]

ROUNDS = 1_000
RESIDUAL = 1e-6
"""RAAM ends where people pay at most this share above their cheapest site."""

CHECKED = 5
"""Rounds between two looks at the residual."""


@dataclass(frozen=True, eq=False)
class Access:
    """Access by demand and crowding by site under one ``regime``.

    Catchment methods: ``access`` [n] is capacity a head (0: nothing within reach), ``crowd`` [m] the weighted demand of a site's
    catchment and ``ratio`` [m] = capacity / crowd (0 where nobody can come). Invariant: sum(demand x access) = ``reachable``, the
    capacity of the sites that anyone can reach.

    ``raam``: ``access`` is a cost (less is better; inf: no site), in mean loads: the congestion of the site + minutes / tau;
    ``crowd`` is how many go to a site, ``ratio`` its load per capacity relative to the mean, ``residual`` what people pay above
    their cheapest site, as a share.
    """

    method: str
    regime: str
    access: np.ndarray
    crowd: np.ndarray
    ratio: np.ndarray
    reachable: float
    residual: float = 0.0


def access(
    pairs: Pairs, method: str = "2sfca", decay: Decay | None = None, *, limit_min: float | None = None, regimes: Iterable[str] | None = None,
    tau_min: float = 60.0, effort: int = ROUNDS, tick: Callable[[float], None] = lambda done: None,
) -> Access | dict[str, Access]:  # fmt: skip
    """Access under the regime of ``pairs``, or with ``regimes`` under each of these (a dict), in one pass over the pairs.

    ``decay`` is the weight of minutes (the border's included; a forbidden pair weighs nothing): ``"binary"`` (1 up to the limit),
    ``"gaussian"`` ((exp(-t2 / 2 L2) - exp(-1/2)) / (1 - exp(-1/2)) up to the limit L; Dai, Health & Place 16 (2010), 1038-1052),
    steps ``{10: 1, 20: 0.68, 30: 0.22}`` (weight up to so many minutes; Luo and Qi), or a function of an array of minutes. Default:
    binary for 2sfca, gaussian for the others. ``limit_min`` defaults to that of the pairs. ``raam`` knows no decay: its
    ``tau_min`` are the minutes that weigh as much as a mean load, its ``effort`` the most rounds.

    Raises UsageError: an unknown method, decay or regime, a Gaussian without limit, a capacity without limit, weights that are
    negative or unknown.
    """
    limit = pairs.limit_min if limit_min is None else limit_min
    decay = decay if decay is not None else "binary" if method in ("2sfca", "raam") else "gaussian"
    _check(pairs, method, decay, limit, tau_min, effort)
    asked = [pairs] if regimes is None else [pairs.under(regime) for regime in dict.fromkeys(regimes)]
    if not asked:
        raise UsageError("No regime is asked for", [Fault("regimes is empty", "Name at least one", column="regimes")])
    found = [_equilibrium(one, limit, tau_min, effort, tick) for one in asked] if method == "raam" else catchment_areas(asked, method, decay, limit)
    return found[0] if regimes is None else {one.regime: one for one in found}


def _check(pairs: Pairs, method: str, decay: Decay, limit: float, tau_min: float, effort: int) -> None:
    faults = []
    if method not in METHODS:
        faults.append(Fault(f"No method {method!r}", f"Give one of {', '.join(METHODS)}", column="method"))
    if isinstance(decay, str) and decay not in ("binary", "gaussian"):
        faults.append(Fault(f"No decay {decay!r}", "Give binary, gaussian, steps {minutes: weight} or a function of minutes", column="decay"))
    if method == "2sfca" and decay != "binary":
        faults.append(Fault("2sfca does not weigh distance", "Leave decay out, or ask for e2sfca", column="decay"))
    if method == "raam" and decay != "binary":
        faults.append(Fault("raam does not weigh distance", "Leave decay out; tau_min weighs minutes against congestion", column="decay"))
    if not limit > 0 or (decay == "gaussian" and np.isinf(limit)):
        faults.append(Fault(f"limit_min is {limit}", "Give a positive number of minutes, for a Gaussian a finite one", column="limit_min"))
    if isinstance(decay, Mapping) and not (decay and all(step >= 0 and 0 <= weight < np.inf for step, weight in decay.items())):
        faults.append(Fault("A step or weight is missing, negative or unknown", "Give {minutes: weight}", column="decay"))
    if not 0 < tau_min < np.inf:
        faults.append(Fault(f"tau_min is {tau_min}", "Give a positive number of minutes", column="tau_min"))
    if effort < 1:
        faults.append(Fault(f"effort is {effort}", "Give at least one round", column="effort"))
    if np.isinf(pairs.capacity).any():
        faults.append(Fault("A site has no limit of capacity", "Give every site a capacity: access is capacity a head", column="capacity"))
    if faults:
        raise UsageError("Access cannot be computed", faults)


def _effective(pairs: Pairs) -> np.ndarray:
    """Minutes [pairs], inf where the regime forbids the pair; not a copy where minutes are all that a pair costs."""
    if pairs.cost is pairs.minutes or not pairs.price_weight:
        return np.ascontiguousarray(pairs.cost)
    return np.where(np.isinf(pairs.cost), np.inf, pairs.minutes)


def catchment_areas(asked: list[Pairs], method: str, decay: Decay, limit: float) -> list[Access]:
    """Access by a catchment method under each of ``asked``, which are one table under several regimes; arguments as for ``access``."""
    from xietong.kernels.catchment import GAUSSIAN, GIVEN, STEP, catchments

    first = asked[0]
    minutes = tuple(_effective(one) for one in asked)
    kind, limits, weights = STEP, np.array([limit]), np.ones(1)
    if decay == "gaussian":
        kind = GAUSSIAN
    elif isinstance(decay, Mapping):
        # Beyond the limit nothing counts, whatever the steps say.
        limits = np.minimum(np.array(sorted(decay), dtype=float), limit)
        weights = np.array([decay[step] for step in sorted(decay)], dtype=float)
    elif callable(decay):
        kind, minutes = GIVEN, tuple(_weights(decay, one, limit) for one in minutes)
    reach, crowd = catchments(first.indptr, first.index, first.weight, first.capacity, minutes, kind, limits, weights, method == "3sfca")
    ratio = np.divide(first.capacity[:, None], crowd, out=np.zeros_like(crowd), where=crowd > 0)
    reachable = ((crowd > 0) * first.capacity[:, None]).sum(axis=0)
    return [Access(method, one.regime, reach[:, r].copy(), crowd[:, r].copy(), ratio[:, r].copy(), float(reachable[r])) for r, one in enumerate(asked)]


def _weights(decay: Callable[[np.ndarray], np.ndarray], minutes: np.ndarray, limit: float) -> np.ndarray:
    within = np.isfinite(minutes) & (minutes <= limit)
    found = np.zeros(len(minutes))
    given = np.asarray(decay(minutes[within]), dtype=float)
    if given.shape not in ((), (int(within.sum()),)) or not ((given >= 0) & np.isfinite(given)).all():
        fault = Fault("decay gave weights that are negative, unknown or too few", "Give one weight >= 0 for each of the minutes", column="decay")
        raise UsageError("Access cannot be computed", [fault])
    found[within] = given
    return found


def _equilibrium(pairs: Pairs, limit: float, tau_min: float, effort: int, tick: Callable[[float], None]) -> Access:
    """Block coordinate descent on Beckmann's convex program, whose minimum is the equilibrium: min sum x2 / 2 s + sum x t / tau."""
    from xietong.kernels.catchment import least_cost, respond

    minutes = _effective(pairs)
    toll = np.where(minutes <= limit, minutes / tau_min, np.inf)
    served = pairs.weight.sum()
    supply = pairs.capacity * (served / max(float(pairs.capacity.sum()), 1e-300) if served > 0 else 1.0)
    flow, load = np.zeros(len(toll)), np.zeros(len(supply))
    least, residual = least_cost(pairs.indptr, pairs.index, supply, toll, flow, load)
    for number in range(effort):
        respond(pairs.indptr, pairs.index, pairs.weight, supply, toll, flow, load)
        if number % CHECKED == CHECKED - 1 or number == effort - 1:
            load[:] = np.bincount(pairs.index, flow, len(supply))  # without the rounding of so many additions
            least, residual = least_cost(pairs.indptr, pairs.index, supply, toll, flow, load)
            tick(min((number + 1) / effort, 1.0))
            if residual <= RESIDUAL:
                break
    ratio = np.divide(load, supply, out=np.zeros(len(supply)), where=supply > 0)
    return Access("raam", pairs.regime, least, load, ratio, float(pairs.capacity[load > 0].sum()), residual)
