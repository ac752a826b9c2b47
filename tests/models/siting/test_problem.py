"""What cannot be asked is refused with every fault at once; what cannot be done is infeasible, and the reason says by how much."""

from __future__ import annotations

import re

import numpy as np
import pytest

from xietong.core.errors import UsageError
from xietong.models.pairs import Pairs
from xietong.models.siting import site


def line(outside: float | None = None, **columns) -> Pairs:
    """Four demands and three sites on a line; site z reaches west only, x east only."""
    demand = {"id": ["a", "b", "c", "d"], "weight": [10, 20, 30, 40], "area": ["west", "west", "east", "east"]}
    sites = {"id": ["z", "y", "x"], "opening_cost": [5e6, 6e6, 7e6], **columns}
    minutes = np.array([[0, 10, np.nan], [5, 5, np.nan], [np.nan, 5, 5], [np.nan, np.nan, 2]])
    return Pairs.from_times(demand, sites, minutes, outside_min=np.inf if outside is None else outside)


def refused(*parts: str, **arguments) -> None:
    with pytest.raises(UsageError) as caught:
        site(line(), **arguments)
    said = str(caught.value)
    assert len(caught.value.faults) == len(parts), said
    for part in parts:
        assert part in said, (part, said)


def test_every_fault_is_named_at_once() -> None:
    refused(
        "no objective 'fair'", "No site is called w", "Given twice: y", "Fixed and forbidden: y", "Both p and a budget", "p is 9, and only 0",
        "The budget is -1", "Negative or unknown at z", "No demand lies in the area north", "The floor of west is 1.5",
        "Floors are given without a radius", "The share is 0", "The effort is 0",
        objective="fair", fixed=["y", "w", "y", "x"], forbidden=["y"], p=9, budget=-1, capacity=[-1, np.nan, 2], floors={"north": 0.5, "west": 1.5},
        share=0, effort=0,
    )  # fmt: skip


def test_limits_that_make_no_sense_are_refused() -> None:
    refused("Neither p nor a budget", objective="median")
    refused("Neither p nor a budget", objective="center")
    refused("p is 0 and no site is fixed", p=0)
    refused("p is 4, and only 3 sites may be opened", p=4)
    refused("p is 2, and only 1 sites may be opened", p=2, fixed=["z"], forbidden=["y"])
    for p in (-1, 1.5, float("nan"), True, "two"):
        refused(f"p is {p}", p=p)
    for budget in (-5.0, float("nan")):
        refused("The budget is", budget=budget)
    refused("what covered means", objective="cover", p=1)
    refused("The radius is -3", objective="cover", p=1, radius=-3)
    refused("The radius is nan", p=1, radius=float("nan"))
    refused("Capacities are neither", p=1, capacity=[1, 2])
    refused("No site is called q", p=1, capacity={"q": 4})
    refused("The floor of west is nan", p=1, floors={"west": float("nan")}, radius=3)


def reason(pairs: Pairs, **arguments) -> str:
    plan = site(pairs, **arguments)
    assert plan.status.startswith("infeasible (") and plan.sites == () and np.isnan(plan.bound)
    return plan.status


def test_a_budget_below_the_cheapest_site_says_what_is_lacking() -> None:
    assert reason(line(60), budget=4e6) == "infeasible (the budget of 4,000,000 is below the cheapest site at 5,000,000: 1,000,000 is lacking)"
    assert site(line(60), budget=4e6, fixed=["y"]).sites == ("y",)
    assert site(line(60), budget=5e6).sites == ("z",)


def test_too_few_sites_to_reach_everybody_say_how_many_it_takes() -> None:
    for objective in ("median", "center", "cvar", "cost"):
        assert "p = 1 is not enough to reach everybody: at least 2 is needed, 1 is lacking" in reason(line(), p=1, objective=objective)
    assert "the budget of 11,000,000 is not enough to reach everybody: at least 12,000,000" in reason(line(), budget=11e6)
    assert site(line(), budget=12e6).sites == ("z", "x") and site(line(), p=1, fixed=["x"]).sites == ("z", "x")


def test_demand_without_a_site_is_named() -> None:
    assert "40 people at d have no site within reach" in reason(line(), p=2, forbidden=["x"])
    assert "people at b, c, d have no site within 1" in reason(line(), objective="cover", radius=1)


def test_floors_that_contradict_the_rest_are_named() -> None:
    best = reason(line(60), p=2, floors={"west": 0.5, "east": 0.6}, radius=4)
    said = "the floor of {} is {}, and with every site open only {} are within 4"
    assert best == f"infeasible ({said.format('east', '60.00%', '57.14%')}; {said.format('west', '50.00%', '33.33%')})"
    assert "p = 1 is not enough to keep all floors: at least 2 is needed" in reason(line(60), p=1, floors={"west": 0.3, "east": 0.5}, radius=4)
    east = reason(line(60), budget=6.5e6, floors={"west": 0.3, "east": 0.5}, radius=4)
    assert "the budget of 6,500,000 is not enough to keep the floor of east (50.00%): at least 7,000,000 is needed, 500,000 is lacking" in east
    assert site(line(60), p=2, floors={"west": 0.3, "east": 0.5}, radius=4).sites == ("z", "x")


def test_capacities_that_are_too_small_say_by_how_much() -> None:
    assert "capacities of 60 are 40 below the 100 people" in reason(line(), p=3, capacity=20)
    assert "capacities within reach leave at least 10 people unserved" in reason(line(), p=3, capacity={"z": 10, "y": 60, "x": 30})
    left = re.search(r"p = 2 leaves at least (\S+) people unserved", reason(line(), p=2, capacity={"z": 25, "y": 50, "x": 40}))
    assert left and 0 < float(left[1]) <= 10
    assert site(line(), p=3, capacity={"z": 25, "y": 50, "x": 40}).status == "proved"


def test_demand_without_people_asks_for_nothing() -> None:
    pairs = Pairs.from_times({"id": ["a", "b"], "weight": [3, 0]}, {"id": ["s", "t"]}, np.array([[4.0, np.nan], [np.nan, 9.0]]))
    for objective, value in (("median", 12.0), ("center", 4.0), ("cvar", 4.0)):
        plan = site(pairs, 1, objective=objective)
        assert plan.sites == ("s",) and plan.objective == value and plan.assignment.tolist() == [0, -1]
