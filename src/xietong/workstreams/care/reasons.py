"""Why people are left out: what stands between them and the beds that remain empty.

The people whom an allocation leaves out are matched once more to the beds that it leaves empty, with one obstacle lifted at
a time, in the order of REASONS: a bed across the border that does not admit them, a bed without carers, a bed that costs more
than they can pay, a bed further than they would go. Each match is the unique one of the kernel ``allocation`` and takes its
beds away from the next. Who is still left lacks a bed: lifting a single obstacle would not give them one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xietong.core.declare import Frame
from xietong.kernels.allocation import allocate
from xietong.workstreams.care.allocation import Placement, merge
from xietong.workstreams.care.market import CENTS, Offers
from xietong.workstreams.care.people import Groups

REASONS = ("unrecognised", "no_staff", "unaffordable", "too_far", "no_bed")
NOISE = 1e-6


@dataclass
class _Waiting:
    """Who waits and what is empty; both shrink as obstacles are lifted."""

    placement: Placement
    groups: Groups
    free: np.ndarray

    def lift(self, offers: Offers, affordable: bool = True) -> np.ndarray:
        """People of each group who get one of these offers [group]; they leave the queue, the beds are taken."""
        market, n = self.placement.market, len(self.groups)
        bed = offers.home * 2 + offers.nursing
        offers = offers.at(self.free.ravel()[bed] > NOISE)
        group, offer = market.arcs(offers, self.groups, affordable)
        if not len(group):
            return np.zeros(n)
        bed = offers.home[offer] * 2 + offers.nursing[offer]
        # Who waits at one place for the same beds shares alike, whatever they can pay.
        node_of, stands = merge(group, bed, np.zeros(len(bed)), n, self.groups.place)
        keep = stands[group]
        node, bed, minutes = node_of[group[keep]], bed[keep], offers.minutes[offer[keep]]
        demand = np.bincount(node_of, self.groups.people)
        found = allocate(demand, self.free.ravel(), node, bed, minutes, market.data.tick)
        rate = np.divide(demand - found.unserved, demand, out=np.zeros(len(demand)), where=demand > 0)
        got = np.clip(self.groups.people * rate[node_of], 0.0, self.groups.people)
        taken = np.bincount(bed, found.flow, self.free.size).reshape(self.free.shape)
        self.free = np.maximum(self.free - taken, 0.0)
        self.groups = self.groups.with_people(np.maximum(self.groups.people - got, 0.0))
        return got


def reasons(placement: Placement) -> np.ndarray:
    """People left out by group and reason [group, reason]; rows add up to ``placement.unserved``."""
    market = placement.market
    left = np.where(placement.unserved > NOISE, placement.unserved, 0.0)
    waiting = _Waiting(placement, market.groups.with_people(left), placement.free.copy())
    offers = market.offers
    admits = offers.admitted > 0
    found = np.zeros((len(left), len(REASONS)))
    found[:, 0] = waiting.lift(offers.at(offers.admitted < 1))
    kept = waiting.free
    waiting.free = market.homes.by_kind - market.homes.staffed
    found[:, 1] = waiting.lift(offers.at(admits))
    waiting.free = kept
    found[:, 2] = waiting.lift(offers.at(admits), affordable=False)
    found[:, 3] = _too_far(waiting)
    found[:, 4] = np.maximum(placement.unserved - found[:, :4].sum(axis=1), 0.0)
    return found


def _too_far(waiting: _Waiting) -> np.ndarray:
    """Who could take an empty bed anywhere in the region. Places are no obstacle any more: people of one jurisdiction, supply,
    class and means share alike, and so do beds of one jurisdiction, supply, tier and kind at their mean price."""
    market, groups = waiting.placement.market, waiting.groups
    data, homes = market.data, market.homes
    names = list(data.jurisdictions)
    home = data.places["jurisdiction"].to_numpy()
    index = {name: number for number, name in enumerate(names)}
    side = np.array([index.get(one, -1) for one in home])
    people_key = np.stack([side[groups.place], groups.supply, groups.heavy, groups.step, groups.voucher], axis=1)
    kinds, of_group = np.unique(people_key, axis=0, return_inverse=True)
    of_group = of_group.reshape(-1)
    demand = np.bincount(of_group, groups.people, len(kinds))
    tier = np.unique(homes.column("tier").astype(str), return_inverse=True)[1]
    bed_key = np.stack([side[homes.column("position")], homes.column("supply"), tier], axis=1)
    stocks, of_home = np.unique(bed_key, axis=0, return_inverse=True)
    of_home = of_home.reshape(-1)
    free = np.stack([np.bincount(of_home, waiting.free[:, kind], len(stocks)) for kind in range(2)], axis=1)
    weight = homes.column("beds") + 1e-9
    price = np.round(np.bincount(of_home, homes.column("price") * weight, len(stocks)) / np.bincount(of_home, weight, len(stocks)), CENTS)
    kind, stock, nursing = (one.ravel() for one in np.meshgrid(np.arange(len(kinds)), np.arange(len(stocks)), np.arange(2), indexing="ij"))
    supplies = market.people.supplies
    origin, supply, heavy, step, voucher = kinds[kind].T
    destination = stocks[stock, 0]
    sides = np.array(names)
    rule = {name: data.rule(name, sides[origin], sides[destination]) for name in ("recognised", "follows", "insured")}
    full = price[stock] + heavy * supplies["nursing_fee_cny_month"].to_numpy()[supply]
    paid = supplies["subsidy_cny_month"].to_numpy()[supply] * rule["follows"] + heavy * supplies["insurance_cny_month"].to_numpy()[supply] * rule["insured"]
    purse = market.purse(Groups(origin, supply, heavy, step, voucher.astype(bool), demand))
    keep = (
        (supply == stocks[stock, 1])
        & (nursing >= heavy)
        & (rule["recognised"] > 0)
        & (np.round(full - paid, CENTS) <= purse)
        & (origin >= 0)
        & (destination >= 0)
    )
    if not keep.any():
        return np.zeros(len(groups))
    found = allocate(demand, free.ravel(), kind[keep], (stock * 2 + nursing)[keep], np.ones(int(keep.sum())), data.tick)
    share = np.divide(demand - found.unserved, demand, out=np.zeros(len(demand)), where=demand > 0)
    return np.asarray(np.clip(groups.people * share[of_group], 0.0, groups.people))


def by_place(placement: Placement, found: np.ndarray) -> Frame:
    """People left out by place, supply and reason."""
    import pandas as pd

    market, groups = placement.market, placement.market.groups
    supplies = len(market.people.supplies)
    key = groups.place * supplies + groups.supply
    kinds, at = np.unique(key, return_inverse=True)
    table = np.stack([np.bincount(at, found[:, reason], len(kinds)) for reason in range(len(REASONS))], axis=1)
    frame = pd.DataFrame(table, columns=list(REASONS))
    frame.insert(0, "supply", market.people.supplies["supply"].to_numpy()[kinds % supplies])
    frame.insert(0, "place", market.data.places["place"].to_numpy()[kinds // supplies])
    return frame
