"""Sites for every objective: the best of all there are, whatever limits them, or why there is none."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.siting.oracle import brute, random_pairs
from xietong.core.errors import Cancelled
from xietong.models.pairs import Border, Pairs
from xietong.models.siting import site
from xietong.models.siting.check import evaluate, verify

INSTANCES = Path(__file__).resolve().parents[3].parent / "shared" / "instances"
OBJECTIVES = ("median", "cover", "center", "cvar", "cost")


def asked(seed: int, objective: str) -> tuple[Pairs, dict]:
    """A random small problem: sites fixed and forbidden, p, a budget or neither, capacities and floors or none."""
    rng = np.random.default_rng([seed, OBJECTIVES.index(objective)])
    pairs = random_pairs(seed, int(rng.integers(3, 10)), int(rng.integers(2, 7)), rng.choice([0.4, 0.7, 1.0]), rng.choice([np.inf, 18.0]), rng.random() < 0.5)
    names = rng.permutation(pairs.site).tolist()
    fixed, shut = names[: rng.integers(0, 2)], names[2 : 2 + rng.integers(0, 2)]
    with_limits: dict = {"fixed": fixed, "forbidden": shut, "radius": float(rng.integers(5, 20)), "share": float(rng.choice([0.1, 0.3, 1.0]))}
    limit = rng.integers(0, 3 if objective in ("cover", "cost") else 2)
    if limit == 0:
        with_limits["p"] = int(rng.integers(1, len(names) - len(fixed) - len(shut) + 1))
    elif limit == 1:
        with_limits["budget"] = float(rng.integers(15, 250))
    if rng.random() < 0.4:
        with_limits["capacity"] = pairs.capacity
    if rng.random() < 0.4:
        with_limits["floors"] = {str(pairs.demand_area[0]): float(rng.random())}
    return pairs, with_limits


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("first", [0, 25])
def test_no_set_of_sites_is_better(objective: str, first: int) -> None:
    infeasible = 0
    for seed in range(first, first + 25):
        pairs, limits = asked(seed, objective)
        plan, best = site(pairs, objective=objective, **limits), brute(pairs, objective, **limits)
        if best is None:
            infeasible += 1
            assert plan.status.startswith("infeasible ("), (seed, plan)
            assert plan.sites == () and np.isnan(plan.objective) and "infeasible" in plan.explain()
        else:
            assert plan.status == "proved" and plan.objective == pytest.approx(best, rel=1e-6, abs=1e-9), (seed, plan)
            assert plan.bound == pytest.approx(best, rel=1e-6, abs=1e-6) and plan.gap <= 1e-6
    assert infeasible < 20


def relabelled(pairs: Pairs, rng: np.random.Generator) -> Pairs:
    """The same table in another order of rows and of sites."""
    i, j = rng.permutation(len(pairs.demand)), rng.permutation(len(pairs.site))
    demand = {"id": np.array(pairs.demand)[i], "weight": pairs.weight[i], "area": pairs.demand_area[i]}
    sites = {"id": np.array(pairs.site)[j], "capacity": pairs.capacity[j], "opening_cost": pairs.opening_cost[j]}
    return Pairs.from_times(demand, sites, pairs.dense()[np.ix_(i, j)], outside_min=pairs.outside[i])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_order_of_rows_and_sites_changes_no_objective_and_no_figure_of_the_same_sites(objective: str) -> None:
    for seed in range(6):
        pairs, limits = asked(seed, objective)
        limits.pop("capacity", None)
        plan, again = site(pairs, objective=objective, **limits), site(relabelled(pairs, np.random.default_rng(seed)), objective=objective, **limits)
        assert again.objective == pytest.approx(plan.objective, rel=1e-9, nan_ok=True)
        if set(again.sites) == set(plan.sites) and plan.sites:
            for area, figures in plan.by_area.items():
                assert again.by_area[area] == pytest.approx(figures)
            named = dict(zip(plan.problem.pairs.demand, [plan.problem.pairs.site[one] if one >= 0 else "" for one in plan.assignment], strict=True))
            assert named == dict(zip(again.problem.pairs.demand, [again.problem.pairs.site[one] if one >= 0 else "" for one in again.assignment], strict=True))


def crossing(pairs: Pairs, added: float, shut: bool):
    def border(i: np.ndarray, j: np.ndarray) -> Border:
        crosses = (i + j) % 2 == 1
        return Border(crosses & shut, crosses * added, np.zeros(len(i)))

    return border


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_opening_a_border_never_worsens_the_optimum(objective: str) -> None:
    better = 0
    for seed in range(8):
        pairs, limits = asked(100 + seed, objective)
        limits.pop("floors", None)
        pairs = replace(pairs, outside=np.full(len(pairs.weight), 40.0))
        rules = {"closed": crossing(pairs, 0, True), "current": crossing(pairs, 6, False), "open": crossing(pairs, 0, False)}
        pairs = replace(pairs, rules=rules)
        found = [site(pairs.under(regime), objective=objective, **limits).objective for regime in ("closed", "current", "open")]
        if np.isnan(found).any():
            assert np.isnan(found[0])  # what cannot be done with a border may become possible without it
            continue
        worse = [-one for one in found] if objective == "cover" and ("p" in limits or "budget" in limits) else found
        assert worse[0] >= worse[1] - 1e-7 * abs(worse[1]) and worse[1] >= worse[2] - 1e-7 * abs(worse[2]), (seed, found)
        better += worse[0] > worse[2] + 1e-6
    assert better


# -- published answers and a peer ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not (INSTANCES / "cflp" / "cap41.txt").exists(), reason="the shared instances are not here")
def test_cap41_is_proved_to_its_published_optimum() -> None:
    numbers = [float(one) for one in (INSTANCES / "cflp" / "cap41.txt").read_text().split()]
    m, n = int(numbers[0]), int(numbers[1])
    sites = np.array(numbers[2 : 2 + 2 * m]).reshape(m, 2)
    rows = np.array(numbers[2 + 2 * m :]).reshape(n, m + 1)
    demand = {"id": range(n), "weight": rows[:, 0]}
    pairs = Pairs.from_times(demand, {"id": range(m), "capacity": sites[:, 0], "opening_cost": sites[:, 1]}, rows[:, 1:] / rows[:, :1])
    plan = site(pairs, objective="cost", capacity=pairs.capacity)
    with (INSTANCES / "cflp" / "optima.csv").open() as file:
        published = {row["instance"]: float(row["optimum"]) for row in csv.DictReader(file)}
    assert plan.status == "proved" and plan.objective == pytest.approx(published["cap41"], abs=1e-3)
    assert (plan.load <= pairs.capacity[plan.positions] * (1 + 1e-9)).all() and plan.load.sum() == pytest.approx(rows[:, 0].sum())


@pytest.mark.parametrize("seed", range(3))
def test_spopt_finds_the_same(seed: int) -> None:
    import warnings

    pairs = random_pairs(seed, 12, 7, density=1.0)
    pairs = replace(pairs, weight=pairs.weight + 1)
    cost, radius = pairs.dense(), 9.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt.locate import LSCP, MCLP, PCenter, PMedian

        solver = pulp.HiGHS(msg=False, threads=1)
        everybody = float(cost.min(axis=1).max())
        peers = {
            "lscp": LSCP.from_cost_matrix(cost, everybody).solve(solver).problem.objective.value(),
            "mclp": MCLP.from_cost_matrix(cost, pairs.weight, radius, 2).solve(solver).problem.objective.value(),
            "center": PCenter.from_cost_matrix(cost, 3).solve(solver).problem.objective.value(),
            "median": PMedian.from_cost_matrix(cost, pairs.weight, 3).solve(solver).problem.objective.value(),
        }
    free = replace(pairs, opening_cost=np.zeros(7))
    assert site(free, objective="cover", radius=everybody).objective == pytest.approx(peers["lscp"])
    assert site(pairs, 2, objective="cover", radius=radius).objective == pytest.approx(peers["mclp"])
    assert site(pairs, 3, objective="center").objective == pytest.approx(peers["center"])
    assert site(pairs, 3).objective == pytest.approx(peers["median"])


# -- figures ------------------------------------------------------------------------------------------------------------


def town(**columns) -> Pairs:
    """Four demands on a line, two areas; sites at 0, 10 and 20 minutes along it."""
    demand = {"id": ["a", "b", "c", "d"], "weight": [10, 20, 30, 40], "area": ["west", "west", "east", "east"]}
    sites = {"id": ["z", "y", "x"], "opening_cost": [5, 6, 7], **columns}
    return Pairs.from_times(demand, sites, np.abs(np.array([0, 5, 15, 22])[:, None] - np.array([0, 10, 20])), outside_min=11.0)


def test_ties_are_split_in_figures_and_go_to_the_first_id_in_the_assignment() -> None:
    plan = site(town(), p=0, fixed=["z", "y", "x"], radius=4)
    # b lies between z and y, c between y and x; y and x come first by id.
    assert [plan.problem.pairs.site[one] for one in plan.assignment] == ["z", "y", "x", "x"]
    assert plan.load.tolist() == [10 + 10, 10 + 15, 15 + 40] and plan.sites == ("z", "y", "x")
    west, east = plan.by_area["west"], plan.by_area["east"]
    assert west.weight == 30 and west.mean_cost == pytest.approx(20 * 5 / 30) and west.within == pytest.approx(10 / 30) and west.left == 0
    assert east.mean_cost == pytest.approx((30 * 5 + 40 * 2) / 70) and east.within == pytest.approx(40 / 70)
    assert plan.objective == 20 * 5 + 30 * 5 + 40 * 2


def test_who_is_too_far_stays_outside_at_the_cost_of_that() -> None:
    plan = site(town(), 1, forbidden=["y", "x"])
    assert plan.sites == ("z",) and plan.assignment.tolist() == [0, 0, -1, -1]
    assert plan.objective == 20 * 5 + 30 * 11 + 40 * 11 and plan.by_area["east"].left == 1 and plan.by_area["east"].mean_cost == 11


def test_where_capacities_bind_figures_come_from_the_fairest_allocation() -> None:
    plan = site(town(), p=0, fixed=["y"], capacity=45)
    assert plan.flow is not None and plan.flow.sum() == pytest.approx(45) and plan.load.tolist() == [pytest.approx(45)]
    # a at 10, b and c at 5 minutes are served before d, which is at 12, dearer than outside: 45 of 60, at an even share.
    assert plan.by_area["east"].left == pytest.approx((40 + 7.5) / 70, abs=0.02) and plan.by_area["west"].left == pytest.approx(7.5 / 30, abs=0.02)
    assert plan.objective == pytest.approx(45 * 5 + 15 * 11 + 40 * 11)


def test_p_counts_new_sites_and_a_fixed_site_costs_nothing() -> None:
    assert site(town(), 1, fixed=["z"]).sites == ("z", "x")
    assert site(town(), budget=6, fixed=["x"], objective="median").sites in {("z", "x"), ("y", "x")}
    assert site(town(), objective="cost", fixed=["x"]).objective <= site(town(), objective="cost").objective
    assert site(town(), objective="cover", radius=5, fixed=["x"]).objective == 5  # z reaches a and b, x the others


def test_a_plan_says_in_two_languages_what_it_is() -> None:
    plan = site(town(), 2, objective="cover", radius=4)
    assert "2 new sites" in plan.explain() and "people covered 50" in plan.explain() and "proved" in plan.explain()
    assert "新开 2 处" in plan.explain("zh")


# -- the re-evaluation ----------------------------------------------------------------------------------------------------


def test_the_check_catches_a_plan_that_is_not_what_it_says() -> None:
    pairs = town()
    limits = {"objective": "median", "p": 1, "budget": None, "fixed": (), "forbidden": (), "capacity": None, "floors": None, "radius": None, "share": 0.1}
    value = evaluate(pairs, ["y"], "median")
    assert value == 10 * 10 + 20 * 5 + 30 * 5 + 40 * 11
    verify(pairs, ("y",), value, None, **limits)
    for wrong in ({"value": value * 1.001}, {"sites": ("y", "x")}, {"forbidden": ["y"]}, {"fixed": ["z"]}, {"p": None, "budget": 5.9},
                  {"floors": {"west": 0.9}, "radius": 5}):  # fmt: skip
        with pytest.raises(AssertionError):
            verify(**{"pairs": pairs, "sites": ("y",), "value": value, "flow": None, **limits, **wrong})
    flow = np.zeros(12)
    flow[4] = 20.0
    within = evaluate(pairs, ["y"], "median", flow=flow)
    assert within == 20 * 5 + 80 * 11
    with pytest.raises(AssertionError, match="capacity"):
        verify(pairs, ("y",), within, flow, **{**limits, "capacity": np.array([0, 19.0, 0])})


# -- interrupted ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
def test_a_search_that_is_stopped_returns_the_best_so_far_with_an_honest_gap(objective: str, stop: type[BaseException]) -> None:
    pairs = replace(random_pairs(3, 12, 8, density=1.0), outside=np.full(12, 60.0))
    best = site(pairs, 3, objective=objective, radius=6)
    calls = []

    def tick(done: float) -> None:
        calls.append(done)
        raise stop

    plan = site(pairs, 3, objective=objective, radius=6, tick=tick)
    assert plan.interrupted and len(calls) == 1 and not best.interrupted
    assert plan.bound >= best.objective - 1e-6 if objective == "cover" else plan.bound <= best.objective + 1e-6
    assert plan.gap >= 0 and (plan.status == "proved" or plan.status.startswith("gap<="))
    assert site(pairs, 3, objective=objective, radius=6, time_limit_s=0.0).interrupted


def test_progress_only_grows_and_ends_at_one() -> None:
    said: list[float] = []
    site(random_pairs(1, 12, 8, density=1.0), 3, objective="center", tick=said.append)
    assert said[-1] == 1.0 and all(0 <= one <= 1 for one in said)


def test_the_same_seed_and_effort_give_the_same_plan() -> None:
    pairs = random_pairs(5, 12, 8, density=1.0)
    for objective in OBJECTIVES:
        one, two = (site(pairs, 3, objective=objective, radius=6, effort=3, seed=4) for _ in range(2))
        assert one.sites == two.sites and one.bound == two.bound and one.status == two.status
