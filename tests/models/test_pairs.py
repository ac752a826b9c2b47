"""The table of demand, sites and pairs: built once, whatever the times look like, and refused with every fault named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_matrix

from xietong.core.errors import UsageError
from xietong.models.pairs import Border, Pairs

DEMAND = {"id": ["a", "b", "c"], "weight": [10, 20.5, 0], "area": ["x", "x", "y"]}
SITES = {"id": ["s", "t"], "capacity": [5, 40], "opening_cost": [1e6, 2e6], "price": [100, 300], "area": ["x", "y"]}
MINUTES = np.array([[10.0, 30], [20, np.nan], [np.inf, 5]])


def crossing(added_min: float = 0.0, added_price: float = 0.0, shut: bool = False):
    """A border between areas, as a function of positions."""

    def border(i: np.ndarray, j: np.ndarray) -> Border:
        crosses = np.array(DEMAND["area"])[i] != np.array(SITES["area"])[j]
        return Border(crosses & shut, crosses * added_min, crosses * added_price)

    return border


RULES = {"closed": crossing(shut=True), "current": crossing(7.0, 50.0), "open": crossing()}


def listed(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.row.tolist(), pairs.index.tolist(), pairs.minutes.tolist(), strict=True))


class Road:
    """Travel times that are asked for what lies within a limit."""

    def within(self, origins, destinations, limit_min):
        i, j = np.nonzero(np.abs(origins[:, None] - destinations[None]) <= limit_min)
        return i, j, np.abs(origins[i] - destinations[j]).astype(float)


def faults(call) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    return str(caught.value)


def test_every_form_of_times_gives_the_same_table() -> None:
    i, j = np.nonzero(np.isfinite(MINUTES))
    shuffled = np.random.default_rng(0).permutation(len(i))
    triples = (i[shuffled], j[shuffled], MINUTES[i, j][shuffled])
    expected = [(0, 0, 10.0), (0, 1, 30.0), (1, 0, 20.0), (2, 1, 5.0)]
    for times in (
        MINUTES,
        MINUTES.tolist(),
        triples,
        coo_matrix((triples[2], triples[:2]), shape=(3, 2)),
        coo_matrix((triples[2], triples[:2]), shape=(3, 2)).tocsr(),
    ):
        for demand, sites in ((DEMAND, SITES), (pd.DataFrame(DEMAND), pd.DataFrame(SITES))):
            pairs = Pairs.from_times(demand, sites, times)
            assert listed(pairs) == expected and pairs.indptr.tolist() == [0, 2, 3, 4]
            assert not pairs.complete and pairs.demand == ("a", "b", "c") and pairs.site_area.tolist() == ["x", "y"]


def test_times_may_be_asked_of_an_object_and_zero_minutes_are_a_pair() -> None:
    demand = {"id": [1, 2], "weight": [1, 1], "at": [3, 8]}
    pairs = Pairs.from_times(demand, {"id": ["s", "t"], "at": [3, 7]}, Road(), limit_min=3)
    assert listed(pairs) == [(0, 0, 0.0), (1, 1, 1.0)] and pairs.demand == ("1", "2")
    assert np.isinf(pairs.capacity).all() and not pairs.opening_cost.any()


def test_a_full_matrix_is_complete_and_its_costs_are_not_copied() -> None:
    matrix = np.arange(6.0).reshape(3, 2)
    pairs = Pairs.from_times(DEMAND, SITES, matrix)
    assert pairs.complete and np.shares_memory(pairs.cost, matrix) and (pairs.dense() == matrix).all()
    limited = Pairs.from_times(DEMAND, SITES, matrix, limit_min=3, outside_min=9)
    assert not limited.complete and listed(limited) == [(0, 0, 0.0), (0, 1, 1.0), (1, 0, 2.0), (1, 1, 3.0)]
    assert np.isinf(limited.dense()[2]).all()


def test_a_border_forbids_delays_and_prices_on_the_same_structure() -> None:
    pairs = Pairs.from_times(DEMAND, SITES, MINUTES, RULES, price_weight=0.1)
    assert pairs.regime == "current"
    assert pairs.minutes.tolist() == [10, 37, 20, 5] and pairs.price.tolist() == [100, 350, 100, 300]
    assert pairs.cost.tolist() == [20, 72, 30, 35]
    closed, opened = pairs.under("closed"), pairs.under("open")
    assert closed.cost.tolist() == [20, np.inf, 30, 35] and opened.cost.tolist() == [20, 60, 30, 35]
    assert closed.index is pairs.index and closed.minutes is opened.minutes
    assert (opened.under("current").cost == pairs.cost).all()
    assert np.isinf(closed.dense()[0, 1])


def test_the_limit_holds_with_the_minutes_at_the_border() -> None:
    pairs = Pairs.from_times(DEMAND, SITES, MINUTES, RULES, limit_min=33)
    assert np.isinf(pairs.cost).tolist() == [False, True, False, False]
    assert np.isfinite(pairs.under("open").cost).all()


def test_a_price_above_the_means_shuts_a_pair_until_a_subsidy_lowers_it() -> None:
    demand = {**DEMAND, "means": [320, 1000, 1000]}
    pairs = Pairs.from_times(demand, SITES, MINUTES, {"current": crossing(), "closed": crossing(added_price=50), "open": crossing(added_price=-50)})
    assert np.isfinite(pairs.cost).all() and np.isfinite(pairs.under("open").cost).all()
    assert np.isinf(pairs.under("closed").cost).tolist() == [False, True, False, False]


def test_who_must_be_served_and_has_no_pair_left_is_named() -> None:
    demand = {"id": ["a", "b", "c"], "weight": [1, 1, 1], "area": ["x", "y", "y"]}
    sites = {"id": ["s", "t"], "area": ["x", "x"]}
    rules = {"closed": lambda i, j: Border(i > 0, np.zeros(len(i)), np.zeros(len(i))), "open": lambda i, j: Border(i < 0, np.zeros(len(i)), np.zeros(len(i)))}
    pairs = Pairs.from_times(demand, sites, np.ones((3, 2)), rules, outside_min=np.array([np.inf, np.inf, 60]))
    assert pairs.regime == "closed" and pairs.stranded.tolist() == [1] and not len(pairs.under("open").stranded)


def test_every_fault_is_named_at_once() -> None:
    demand = {"id": ["a", "a", "c"], "weight": [1, -1, np.nan], "means": [1, 1, np.nan]}
    sites = {"id": ["s", "t"], "capacity": [np.nan, 1], "price": ["dear", 1], "opening_cost": [np.inf, 1]}
    said = faults(lambda: Pairs.from_times(demand, sites, -np.ones((3, 2)), limit_min=-1, price_weight=np.nan, outside_min=[1, -1, 2]))
    for part in ("Given twice: a", "demand:weight", "at a, c", "demand:means", "sites:capacity", "at s", "sites:price", "sites:opening_cost",
                 "limit_min is -1", "price_weight is nan", "outside_min", "minutes of 6 pairs: a - s, a - t", "and 1 more"):  # fmt: skip
        assert part in said, part


def test_empty_tables_missing_columns_and_shapes_that_do_not_fit_are_named() -> None:
    said = faults(lambda: Pairs.from_times({"id": [], "weight": []}, {"capacity": [1]}, np.ones((3, 2))))
    assert "demand: There are no rows" in said and "sites:id: There is no column id" in said
    assert "Give 3 demands x 2 sites" in faults(lambda: Pairs.from_times(DEMAND, SITES, np.ones((2, 2))))
    assert "no column weight" in faults(lambda: Pairs.from_times({"id": ["a"]}, SITES, np.ones((1, 2))))
    assert "(2,) numbers for 3 ids" in faults(lambda: Pairs.from_times({"id": ["a", "b", "c"], "weight": [1, 2]}, SITES, np.ones((3, 2))))
    assert "three lists" in faults(lambda: Pairs.from_times(DEMAND, SITES, ([0, 1], [0], [1.0])))
    assert "name a row" in faults(lambda: Pairs.from_times(DEMAND, SITES, ([0, 3], [0, 1], [1.0, 1.0])))
    assert "no column at" in faults(lambda: Pairs.from_times(DEMAND, SITES, Road()))
    assert "shape (2,)" in faults(lambda: Pairs.from_times(DEMAND, SITES, MINUTES, outside_min=np.ones(2)))


def test_pairs_given_twice_and_demand_out_of_reach_are_named() -> None:
    said = faults(lambda: Pairs.from_times(DEMAND, SITES, ([0, 0, 2], [0, 0, 1], [1.0, 2, 3])))
    assert "1 pairs are given twice" in said and "1 demands have no site within reach: b" in said
    assert Pairs.from_times(DEMAND, SITES, ([0, 2], [0, 1], [1.0, 3]), outside_min=90).outside.tolist() == [90, 90, 90]
    # Nobody lives at c: it needs no site.
    assert Pairs.from_times(DEMAND, SITES, ([0, 1], [0, 1], [1.0, 3])).indptr.tolist() == [0, 1, 2, 2]


def test_a_regime_or_a_border_that_does_not_fit_is_refused() -> None:
    pairs = Pairs.from_times(DEMAND, SITES, MINUTES, RULES)
    assert "The regimes are: closed, current, open" in faults(lambda: pairs.under("ajar"))
    assert Pairs.from_times(DEMAND, SITES, MINUTES).under("open").regime == "open"
    bad = {"current": lambda i, j: Border(np.zeros(1, bool), np.full(len(i), -99.0), np.full(len(i), np.nan))}
    said = faults(lambda: Pairs.from_times(DEMAND, SITES, MINUTES, bad))
    assert "forbidden has shape (1,)" in said and "added_price" in said
    early = {"current": lambda i, j: Border(i < 0, np.full(len(i), -6.0), np.zeros(len(i)))}
    assert "less than no time" in faults(lambda: Pairs.from_times(DEMAND, SITES, MINUTES, early))
