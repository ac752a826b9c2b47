"""Access against PySAL's ``access``, against plain loops, and against what must hold whatever the numbers."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from xietong.core.errors import UsageError
from xietong.models.access import Access, access
from xietong.models.pairs import Border, Pairs

STEPS = {10: 1.0, 20: 0.68, 30: 0.22}
LIMIT = 30.0
REGIMES = ("closed", "current", "open")


def dai(minutes, limit: float = LIMIT):
    """The Gaussian of Dai (2010)."""
    return (np.exp(-0.5 * (minutes / limit) ** 2) - math.exp(-0.5)) / (1 - math.exp(-0.5)) * (minutes <= limit)


def step(minutes: float) -> float:
    return next((weight for limit, weight in sorted(STEPS.items()) if minutes <= limit), 0.0)


def town(seed: int, n: int = 40, m: int = 15, border: bool = True, whole: bool = False) -> Pairs:
    """Points on a plane, 60 minutes across; the west and the east are two jurisdictions."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((n, 2)) * 60, rng.random((m, 2)) * 60
    minutes = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    demand = {"id": [f"d{i}" for i in range(n)], "weight": rng.integers(0, 50, n) * (1 if whole else 1.37)}
    sites = {"id": [f"s{j}" for j in range(m)], "capacity": rng.integers(0, 30, m) * (1 if whole else 0.81)}

    def rule(added: float, shut: bool):
        def of(i: np.ndarray, j: np.ndarray) -> Border:
            crosses = (here[i, 0] < 30) != (there[j, 0] < 30)
            return Border(crosses & shut, crosses * added, np.zeros(len(i)))

        return of

    rules = {"closed": rule(0, True), "current": rule(8, False), "open": rule(0, False)} if border else None
    return Pairs.from_times(demand, sites, minutes, rules, limit_min=55, outside_min=100)


def by_hand(pairs: Pairs, weigh, select: bool) -> np.ndarray:
    """Two steps in plain Python over the matrix of costs, which are minutes here."""
    minutes = pairs.dense()
    n, m = minutes.shape
    weight = [[weigh(minutes[i, j]) if math.isfinite(minutes[i, j]) else 0.0 for j in range(m)] for i in range(n)]
    if select:
        weight = [[w * w / sum(row) if w else 0.0 for w in row] for row in weight]
    crowd = [sum(pairs.weight[i] * weight[i][j] for i in range(n)) for j in range(m)]
    return np.array([sum(pairs.capacity[j] / crowd[j] * weight[i][j] for j in range(m) if crowd[j] > 0) for i in range(n)])


CASES = [
    ("2sfca", None, lambda t: float(t <= LIMIT), False),
    ("e2sfca", STEPS, step, False),
    ("e2sfca", None, dai, False),
    ("e2sfca", lambda t: 1 / (1 + t), lambda t: 1 / (1 + t) if t <= LIMIT else 0.0, False),
    ("3sfca", STEPS, step, True),
    ("3sfca", "gaussian", dai, True),
]


@pytest.mark.parametrize(("method", "decay", "weigh", "select"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_all_regimes_in_one_pass_agree_with_plain_loops_over_each(method, decay, weigh, select, seed) -> None:
    pairs = town(seed)
    found = access(pairs, method, decay, limit_min=LIMIT, regimes=REGIMES)
    assert tuple(found) == REGIMES
    for regime, one in found.items():
        expected = by_hand(pairs.under(regime), weigh, select)
        assert one.access == pytest.approx(expected, rel=1e-12, abs=1e-14)
        alone = access(pairs.under(regime), method, decay, limit_min=LIMIT)
        assert isinstance(alone, Access) and (alone.access == one.access).all() and (alone.ratio == one.ratio).all()
    assert found["closed"].access != pytest.approx(found["open"].access, rel=0.05)


@pytest.mark.parametrize(("method", "decay", "weigh", "select"), CASES)
@pytest.mark.parametrize("seed", range(5))
def test_what_is_shared_out_is_the_capacity_that_anyone_can_reach(method, decay, weigh, select, seed) -> None:
    pairs = town(seed, n=6)
    for one in access(pairs, method, decay, limit_min=15, regimes=REGIMES).values():
        within = pairs.under(one.regime).dense() < 15
        assert one.reachable == pytest.approx(pairs.capacity[(within & (pairs.weight > 0)[:, None]).any(axis=0)].sum())
        assert (pairs.weight * one.access).sum() == pytest.approx(one.reachable, rel=1e-12)
        assert one.reachable < pairs.capacity.sum()


@pytest.mark.parametrize(("method", "decay", "weigh", "select"), CASES)
def test_it_agrees_with_pysal(method, decay, weigh, select) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from access import fca

        pairs = town(7, border=False)
        demand = pd.DataFrame({"demand": pairs.weight}, index=list(pairs.demand))
        supply = pd.DataFrame({"supply": pairs.capacity}, index=list(pairs.site))
        cost = pd.DataFrame({"origin": np.array(pairs.demand)[pairs.row], "dest": np.array(pairs.site)[pairs.index], "cost": pairs.minutes})
        # Beyond the limit its three-stage preferences still count: leave such pairs out.
        cost = cost[cost["cost"] <= LIMIT].reset_index(drop=True)
        peer = fca.three_stage_fca if select else fca.two_stage_fca
        expected = peer(demand, supply, cost, LIMIT, demand_index=True, weight_fn=None if method == "2sfca" else weigh)
    found = access(pairs, method, decay, limit_min=LIMIT).access
    assert found[[pairs.demand.index(one) for one in expected.index]] == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-12)
    assert len(expected) > 30 and expected.max() > 0


def equilibrium_holds(pairs: Pairs, found: Access, tau: float, rel: float) -> None:
    """What an equilibrium is, without a flow: the loads are the only ones under which each demand's cheapest sites take it in."""
    supply = pairs.capacity * pairs.weight.sum() / pairs.capacity.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = pairs.dense() / tau + np.where(supply > 0, found.crowd / supply, np.inf)
    assert found.access == pytest.approx(cost.min(axis=1), rel=1e-12)
    assert found.crowd.sum() == pytest.approx(pairs.weight[np.isfinite(found.access)].sum())
    # Beckmann's program and its dual have equal values there and nowhere else.
    potential = (pairs.weight * np.where(np.isfinite(found.access), found.access, 0)).sum() - (found.crowd**2 / 2 / np.where(supply > 0, supply, np.inf)).sum()
    travel = (pairs.weight * np.where(np.isfinite(found.access), found.access, 0)).sum() - (found.crowd * found.ratio).sum()
    assert potential == pytest.approx(travel + (found.crowd * found.ratio).sum() / 2, rel=rel)


@pytest.mark.parametrize("seed", range(3))
def test_rational_agents_end_where_nobody_would_rather_go_elsewhere(seed) -> None:
    pairs = town(seed)
    for regime, one in access(pairs, "raam", regimes=REGIMES, effort=5000).items():
        assert one.residual <= 1e-6
        equilibrium_holds(pairs.under(regime), one, 60.0, 1e-5)


def test_rational_agents_agree_with_pysal_as_far_as_its_rounds_go() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from access import raam

        pairs = town(3, n=60, m=8, border=False, whole=True)
        many = Pairs.from_times(
            {"id": pairs.demand, "weight": pairs.weight * 1000},
            {"id": pairs.site, "capacity": pairs.capacity + 1},
            (pairs.row, pairs.index, pairs.minutes),
            outside_min=9,
        )
        demand = pd.DataFrame({"demand": many.weight.astype(int)}, index=list(many.demand))
        supply = pd.DataFrame({"supply": many.capacity}, index=list(many.site))
        cost = pd.DataFrame({"origin": np.array(many.demand)[many.row], "dest": np.array(many.site)[many.index], "cost": many.minutes})
        expected = raam.raam(demand, supply, cost, tau=60, max_cycles=2000, min_step=0.0005)
    found = access(many, "raam", tau_min=60).access[[many.demand.index(one) for one in expected.index]]
    assert found == pytest.approx(expected.to_numpy(), rel=0.02)
    assert np.abs(found / expected.to_numpy() - 1).mean() < 0.003


def test_the_order_of_rows_changes_nothing() -> None:
    pairs = town(1)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(len(pairs.demand)), rng.permutation(len(pairs.site))
    moved = Pairs.from_times(
        {"id": np.array(pairs.demand)[rows], "weight": pairs.weight[rows]}, {"id": np.array(pairs.site)[columns], "capacity": pairs.capacity[columns]},
        pairs.dense()[np.ix_(rows, columns)], limit_min=55, outside_min=100,
    )  # fmt: skip
    for method, rel in (("2sfca", 1e-12), ("e2sfca", 1e-12), ("3sfca", 1e-12), ("raam", 1e-4)):
        assert access(moved, method).access == pytest.approx(access(pairs, method).access[rows], rel=rel, abs=1e-12)


def test_nobody_and_nothing_is_no_division_by_zero() -> None:
    pairs = Pairs.from_times({"id": ["a", "b"], "weight": [0, 0]}, {"id": ["s", "t"], "capacity": [0, 3]}, [[1.0, 2], [np.nan, np.nan]])
    assert access(pairs).access.tolist() == [0, 0] and access(pairs).reachable == 0
    assert access(pairs, "raam").access.tolist() == [pytest.approx(2 / 60), np.inf]


def test_every_fault_is_named_at_once() -> None:
    pairs = Pairs.from_times({"id": ["a"], "weight": [1]}, {"id": ["s"]}, [[1.0]])
    with pytest.raises(UsageError) as caught:
        access(pairs, "4sfca", "cubic", limit_min=-1, tau_min=0, effort=0)
    assert all(part in str(caught.value) for part in ("'4sfca'", "'cubic'", "limit_min is -1", "tau_min is 0", "effort is 0", "no limit of capacity"))
    bounded = town(0)
    for arguments, part in (
        (("2sfca", "gaussian"), "does not weigh"), (("raam", STEPS), "does not weigh"), (("e2sfca", {}), "missing"), (("e2sfca", {5: -1}), "negative"),
        (("e2sfca", lambda t: t - 20), "negative"), (("e2sfca", lambda t: t[:3]), "too few"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=part):
            access(bounded, *arguments)
    with pytest.raises(UsageError, match="finite"):
        access(Pairs.from_times({"id": ["a"], "weight": [1]}, {"id": ["s"], "capacity": [1]}, [[1.0]]), "e2sfca")
    with pytest.raises(UsageError, match="Name at least one"):
        access(bounded, regimes=())
