"""Where to add capacity, staff and vouchers, and which gates to open, within a budget, so that fewest are left unserved.

    minimise    sum_i w_i u_i + M sum_a s_a + tiny * travel + tiny * money
    subject to  sum_j x_ij + u_i = d_i                                            every group i
                sum_{ij at stock k, admitted_ij <= l} x_ij <= l E_k               every stock k and level l
                E_k <= stock_k + z_k - c_k + c_into_k,   E_k <= staff_k + t_k     a place counts only with staff
                sum_{ij by voucher} x_ij <= v_i,   sum_{ij in gate g} x_ij <= C_g y_g
                sum_{i in area a} u_i <= (1 - floor_a) d_a + s_a                  the floor of every area, as far as it can be met
                what z, c, t, v and y cost <= budget,   x, u, E, z, c, t, v, s >= 0,   y in {0, 1}

A linear program with a few binaries (HiGHS). Its bound holds for every plan: any allocation of the same demand over the same
pairs leaves at least that much unserved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

from xietong.models.highs import Found, minimise

MAX_NODES = 200
RELATIVE_GAP = 1e-4
TRAVEL = 1e-6
"""Weight of a unit of cost relative to one unserved: it decides between equals only."""

THRIFT = 1e-4
"""What the money for a middling place counts, relative to one unserved."""

FLOOR = 10.0
"""What one person short of a floor counts, relative to one unserved."""

_NONE = np.zeros(0)


class Gate(NamedTuple):
    """Pairs (positions in the pair list) that may carry flow only once ``cost`` has been paid."""

    arcs: np.ndarray
    cost: float


@dataclass(frozen=True)
class Setting:
    """What there is: ``demand`` [n]; pairs ``i``, ``k`` of demand and stock with ``cost``, ``admitted`` in (0, 1] and whether they
    take a ``voucher``; ``stock`` [m] of places and ``staff`` [m] for so many of them, all in units of demand; ``weight`` [n] is
    what one unserved unit counts, ``area`` [n] numbers the areas whose ``floor`` [areas] is the least share to be served."""

    demand: np.ndarray
    i: np.ndarray
    k: np.ndarray
    cost: np.ndarray
    admitted: np.ndarray
    voucher: np.ndarray
    stock: np.ndarray
    staff: np.ndarray
    weight: np.ndarray
    area: np.ndarray
    floor: np.ndarray


@dataclass(frozen=True)
class Menu:
    """What can be bought, by its price a unit (inf: not at all): a place of stock k, making a place of stock k one of stock
    ``into`` [m] (-1: of none), staff for one at k, a voucher for one of group i, and gates. ``taste`` [m] in [0, 1) settles ties."""

    place: np.ndarray
    convert: np.ndarray
    into: np.ndarray
    staff: np.ndarray
    voucher: np.ndarray
    gates: Sequence[Gate] = ()
    taste: np.ndarray = field(default_factory=lambda: _NONE)


class Expansion(NamedTuple):
    """What to buy, in units, whether each gate is open, a lower ``bound`` on the weighted unserved, and by how much floors are missed."""

    place: np.ndarray
    convert: np.ndarray
    staff: np.ndarray
    voucher: np.ndarray
    gates: tuple[bool, ...]
    bound: float
    short: np.ndarray


def expand(setting: Setting, menu: Menu, budget: float, tick: Callable[[float], None] = lambda done: None) -> Expansion:
    """The best purchase. Doing nothing is always possible, so there is always an answer."""
    program = _Program(setting, menu, budget)
    tick(0.1)
    found = program.solve()
    tick(0.6)
    if found is None:
        return _answer(program, np.zeros(program.columns), 0.0)
    bound = max(0.0, found.bound - program.ties)
    if menu.gates:
        # The gates are settled; what remains is a linear program, solved to its one best vertex.
        found = program.solve(np.round(found.x[program.at["gate"]])) or found
    tick(0.95)
    return _answer(program, found.x, bound)


def _answer(program: _Program, x: np.ndarray, bound: float) -> Expansion:
    place, convert, staff, voucher = (program.bought(name, x) for name in ("place", "convert", "staff", "voucher"))
    return Expansion(place, convert, staff, voucher, tuple(bool(one > 0.5) for one in x[program.at["gate"]]), bound, x[program.at["short"]])


class _Program:
    """Columns by name, each a slice: x, u, effective, what is bought (only what has a price), gates and floors missed."""

    def __init__(self, setting: Setting, menu: Menu, budget: float) -> None:
        self.setting, self.menu = setting, menu
        n, m, areas = len(setting.demand), len(setting.stock), len(setting.floor)
        self.prices = {"place": menu.place, "convert": np.where(menu.into >= 0, menu.convert, np.inf), "staff": menu.staff, "voucher": menu.voucher}
        self.kept = {name: np.flatnonzero(np.isfinite(price) & (price <= budget)) for name, price in self.prices.items()}
        sizes = {"x": len(setting.i), "u": n, "effective": m, **{name: len(kept) for name, kept in self.kept.items()}, "gate": len(menu.gates), "short": areas}
        ends = np.cumsum(list(sizes.values()))
        self.at = {name: slice(int(end - size), int(end)) for (name, size), end in zip(sizes.items(), ends, strict=True)}
        self.columns = int(ends[-1])
        money = np.zeros(self.columns)
        for name, kept in self.kept.items():
            money[self.at[name]] = self.prices[name][kept]
        money[self.at["gate"]] = [gate.cost for gate in menu.gates]
        # More than enough for everybody cannot be spent: beyond that a budget would only spoil the scaling.
        dearest = sum(float(self.prices[name][kept].max(initial=0.0)) for name, kept in self.kept.items())
        self.budget = min(budget, max(dearest * float(setting.demand.sum()) + sum(gate.cost for gate in menu.gates), 1.0))
        # Money counts, a little, so that none is spent in vain; equally cheap stocks differ by their taste, a little less.
        places = self.prices["place"][self.kept["place"]]
        thrift = THRIFT / max(float(np.median(places)) if len(places) else 1.0, 1e-9)
        taste = np.ones(self.columns)
        for name in ("place", "convert", "staff"):
            taste[self.at[name]] += (menu.taste if len(menu.taste) else np.zeros(m))[self.kept[name]] / 10
        self.objective = thrift * money * taste
        self.objective[self.at["x"]] = TRAVEL * setting.cost / max(float(setting.cost.max(initial=1.0)), 1e-9)
        self.objective[self.at["u"]] = setting.weight
        self.objective[self.at["short"]] = FLOOR * float(setting.weight.max(initial=1.0))
        self.ties = TRAVEL * float(setting.demand.sum()) + thrift * self.budget * 1.1  # what settles ties may have raised the objective by this
        self.money = money / max(self.budget, 1.0)
        self._rows()

    def _rows(self) -> None:
        setting, menu, at, first = self.setting, self.menu, self.at, {name: one.start for name, one in self.at.items()}
        n, m, arcs = len(setting.demand), len(setting.stock), np.arange(len(setting.i))
        self.entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []
        self._add([(setting.i, arcs, 1.0), (np.arange(n), first["u"] + np.arange(n), 1.0)], setting.demand, setting.demand)
        self._levels(arcs)
        convert, into = self.kept["convert"], menu.into[self.kept["convert"]]
        columns = first["convert"] + np.arange(len(convert))
        effective = (np.arange(m), first["effective"] + np.arange(m), 1.0)
        places = (self.kept["place"], first["place"] + np.arange(len(self.kept["place"])), -1.0)
        staff = (self.kept["staff"], first["staff"] + np.arange(len(self.kept["staff"])), -1.0)
        self._add([effective, places, (convert, columns, 1.0), (into, columns, -1.0)], None, setting.stock)
        self._add([effective, staff], None, setting.staff)
        with_voucher = np.flatnonzero(setting.voucher)
        self._add(
            [(setting.i[with_voucher], with_voucher, 1.0), (self.kept["voucher"], first["voucher"] + np.arange(len(self.kept["voucher"])), -1.0)],
            None,
            np.zeros(n),
        )
        for number, gate in enumerate(menu.gates):
            most = float(setting.demand[np.unique(setting.i[gate.arcs])].sum())
            self._add([(np.zeros(len(gate.arcs), int), gate.arcs, 1.0), (np.zeros(1, int), np.array([first["gate"] + number]), -most)], None, np.zeros(1))
        areas = len(setting.floor)
        whole = np.bincount(setting.area, setting.demand, areas)
        self._add(
            [(setting.area, first["u"] + np.arange(n), 1.0), (np.arange(areas), first["short"] + np.arange(areas), -1.0)], None, (1 - setting.floor) * whole
        )
        self._add([(np.zeros(self.columns, int), np.arange(self.columns), self.money)], None, np.array([self.budget / max(self.budget, 1.0)]))
        self.upper = np.full(self.columns, np.inf)
        self.upper[at["gate"]] = 1.0
        for name in self.kept:
            self.upper[at[name]] = float(setting.demand.sum())

    def _levels(self, arcs: np.ndarray) -> None:
        """A pair that is admitted to a share l of a stock competes, at every level from l on, for that share of it."""
        setting = self.setting
        shares, rank = np.unique(np.append(setting.admitted, 1.0), return_inverse=True)
        rank = rank[:-1]
        some = np.unique(setting.k * len(shares) + rank)
        whole = np.arange(len(setting.stock)) * len(shares) + len(shares) - 1
        rows = np.unique(np.concatenate([some, whole]))
        start = np.searchsorted(rows, setting.k * len(shares) + rank)
        end = np.searchsorted(rows, (setting.k + 1) * len(shares))
        count = end - start
        arc = np.repeat(arcs, count)
        row = np.repeat(start, count) + np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count)
        limit = (np.arange(len(rows)), self.at["effective"].start + rows // len(shares), -shares[rows % len(shares)])
        self._add([(row, arc, 1.0), limit], None, np.zeros(len(rows)))

    def _add(self, parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray | float]], low: np.ndarray | None, high: np.ndarray) -> None:
        base = sum(len(one) for one in self.high)
        self.entries += [(base + row, column, np.broadcast_to(np.asarray(value, float), np.shape(column))) for row, column, value in parts]
        self.low.append(np.full(len(high), -np.inf) if low is None else low)
        self.high.append(high)

    def solve(self, gates: np.ndarray | None = None) -> Found | None:
        """Minimise; ``gates`` fixes which are open."""
        rows = sum(len(one) for one in self.high)
        row, column, value = (np.concatenate([entry[part] for entry in self.entries]) for part in range(3))
        matrix = csr_matrix((value, (row.astype(np.intp), column.astype(np.intp))), shape=(rows, self.columns))
        low, high = np.concatenate(self.low), np.concatenate(self.high)
        integer = np.zeros(self.columns, dtype=bool)
        if gates is None:
            integer[self.at["gate"]] = True
        else:
            count = len(gates)
            fixed = csr_matrix((np.ones(count), (np.arange(count), np.arange(self.columns)[self.at["gate"]])), shape=(count, self.columns))
            matrix, low, high = vstack([matrix, fixed]), np.append(low, gates), np.append(high, gates)
        return minimise(self.objective, matrix, low, high, self.upper, integer, MAX_NODES, RELATIVE_GAP, tight=not integer.any())

    def bought(self, name: str, x: np.ndarray) -> np.ndarray:
        """Units of one thing that are bought, for all of them."""
        found = np.zeros(len(self.prices[name]))
        found[self.kept[name]] = x[self.at[name]]
        return found
