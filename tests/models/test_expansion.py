"""The best purchase, against every purchase in whole units, each judged by a linear program of its own."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from xietong.core.errors import Cancelled
from xietong.models.expansion import Expansion, Gate, Menu, Setting, expand


def least_left(setting: Setting, menu: Menu, bought: Expansion) -> float:
    """The least weighted unserved once ``bought`` stands: groups, levels of stocks, vouchers and gates, written out one by one."""
    arcs = len(setting.i)
    stock = setting.stock + bought.place - bought.convert
    for k, into in enumerate(menu.into):
        if into >= 0:
            stock[into] += bought.convert[k]
    effective = np.minimum(stock, setting.staff + bought.staff)
    rows, limits = [], []
    for group in range(len(setting.demand)):
        rows.append((setting.i == group).astype(float))
        limits.append(setting.demand[group])
        rows.append(((setting.i == group) & setting.voucher).astype(float))
        limits.append(bought.voucher[group])
    for k, level in product(range(len(stock)), np.unique(setting.admitted)):
        rows.append(((setting.k == k) & (setting.admitted <= level)).astype(float))
        limits.append(level * effective[k])
    for gate, is_open in zip(menu.gates, bought.gates, strict=True):
        if not is_open:
            for arc in gate.arcs:
                rows.append((np.arange(arcs) == arc).astype(float))
                limits.append(0.0)
    found = linprog(-setting.weight[setting.i], A_ub=np.array(rows), b_ub=np.maximum(limits, 0))
    return float(setting.demand @ setting.weight + found.fun)


def tiny(seed: int) -> tuple[Setting, Menu, float]:
    """Two groups, an ordinary and a nursing stock here, one across the border behind a gate."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(2, 6, 2).astype(float)
    #       group, stock, admitted, voucher, gated: the second group needs a nursing place, the first may have any
    pairs = [(0, 0, 1.0, False, False), (0, 1, 1.0, False, False), (1, 1, 1.0, False, False), (1, 1, 1.0, True, False), (0, 2, 0.5, False, False), (1, 2, 1.0, False, True)]  # fmt: skip
    pairs = [pair for pair in pairs if rng.random() < 0.85] or pairs
    i, k, admitted, voucher, gated = (np.array(column) for column in zip(*pairs, strict=True))
    setting = Setting(
        demand, i, k, rng.random(len(i)), admitted, voucher, rng.integers(0, 4, 3).astype(float), rng.integers(0, 4, 3).astype(float), np.ones(2), np.zeros(2, int), np.zeros(1)
    )  # fmt: skip
    inf = np.inf
    gates = [Gate(np.flatnonzero(gated), 3.0)] if gated.any() else []
    menu = Menu(
        np.array([2.0, inf, inf]), np.array([1.0, inf, inf]), np.array([1, -1, -1]), np.array([1.0, 2.0, inf]), np.array([inf, 4.0]), gates, rng.random(3)
    )
    return setting, menu, float(rng.integers(0, 9))


def cost(menu: Menu, bought: Expansion) -> float:
    pairs = [(menu.place, bought.place), (menu.convert, bought.convert), (menu.staff, bought.staff), (menu.voucher, bought.voucher)]
    spent = sum(float(np.where(amount > 0, amount * np.where(np.isfinite(price), price, 0), 0).sum()) for price, amount in pairs)
    return spent + sum(gate.cost for gate, is_open in zip(menu.gates, bought.gates, strict=True) if is_open)


@pytest.mark.parametrize("seed", range(40))
def test_no_whole_purchase_within_the_budget_leaves_fewer(seed: int) -> None:
    setting, menu, budget = tiny(seed)
    best = expand(setting, menu, budget)
    assert cost(menu, best) <= budget + 1e-6
    reached = least_left(setting, menu, best)
    assert best.bound <= reached + 1e-6
    assert reached - best.bound <= 0.01 * float(setting.demand.sum()) + 0.01, "the bound is close"
    for place, convert, general, nursing, voucher in product(range(4), range(4), range(5), range(3), range(2)):
        for gates in product((False, True), repeat=len(menu.gates)):
            one = Expansion(
                np.array([place, 0, 0.0]), np.array([convert, 0, 0.0]), np.array([general, nursing, 0.0]), np.array([0.0, voucher]), gates, 0.0, np.zeros(1)
            )
            if cost(menu, one) <= budget and convert <= setting.stock[0] + place:
                assert best.bound <= least_left(setting, menu, one) + 1e-6


def test_a_floor_is_met_before_more_are_served_elsewhere() -> None:
    """Serving the near group is cheaper; the floor of the far one's area takes half of the money all the same."""
    one = np.ones(2)
    setting = Setting(
        np.array([10.0, 10.0]), np.array([0, 1]), np.array([0, 1]), one, one, np.zeros(2, bool), np.zeros(2), np.full(2, 99.0), one, np.array([0, 1]), np.array([0.0, 0.5])
    )  # fmt: skip
    inf = np.full(2, np.inf)
    menu = Menu(np.array([1.0, 2.0]), inf, np.full(2, -1), inf, inf)
    with_floor = expand(setting, menu, 14.0)
    assert with_floor.place == pytest.approx([4, 5], abs=1e-6) and with_floor.short == pytest.approx([0, 0], abs=1e-6)
    poor = expand(setting, menu, 6.0)
    assert poor.place == pytest.approx([0, 3], abs=1e-6) and poor.short == pytest.approx([0, 2], abs=1e-6), "what is missed is told"


def test_nothing_to_buy_with_or_nothing_to_buy_is_no_fault() -> None:
    setting, menu, _ = tiny(1)
    assert cost(menu, expand(setting, menu, 0.0)) == 0
    inf = np.full(3, np.inf)
    nothing = Menu(inf, inf, np.full(3, -1), inf, np.full(2, np.inf))
    assert cost(nothing, expand(setting, nothing, 100.0)) == 0


def test_a_purchase_can_be_cancelled() -> None:
    def stop(done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        expand(*tiny(3), stop)
