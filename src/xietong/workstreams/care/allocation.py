"""Who is allocated to which bed: people on the same terms merged, beds split into layers, one unique optimum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.kernels.allocation import Allocation, allocate
from xietong.workstreams.care.market import Market, Offers


@dataclass(frozen=True)
class Layers:
    """A bipartite problem: ``demand`` of merged groups, ``capacity`` of layers of beds, and the pairs ``i``, ``j``.

    Where only a share of a home's beds is open to outsiders, its beds are split into layers, innermost for all: a layer is
    open to whoever is admitted to at least that share. ``offer`` names what each pair takes, ``bed`` [layer] the bed
    (home * 2 + kind) and ``node_of`` [group] the merged group.
    """

    demand: np.ndarray
    capacity: np.ndarray
    i: np.ndarray
    j: np.ndarray
    offer: np.ndarray
    bed: np.ndarray
    node_of: np.ndarray


@dataclass(frozen=True)
class Placement:
    """A market allocated. Flows are by pair of a merged group and an offer."""

    market: Market

    @cached_property
    def offers(self) -> Offers:
        """What people may use: offers of places that admit them, with beds that have carers."""
        offers = self.market.offers
        return offers.at((offers.admitted > 0) & (self.market.homes.staffed[offers.home, offers.nursing] > 0))

    @cached_property
    def layers(self) -> Layers:
        return layer(self.market, self.offers)

    @cached_property
    def cost_min(self) -> np.ndarray:
        """What a pair costs, in minutes: the trip, and the price paid at ``price_weight``."""
        offer = self.layers.offer
        return np.asarray(self.offers.minutes[offer] + self.offers.price[offer] / 1000 * self.market.data.p["price_weight"])

    @cached_property
    def found(self) -> Allocation:
        """The allocation: the most served, then least cost, evenly where both leave a choice."""
        one = self.layers
        return allocate(one.demand, one.capacity, one.i, one.j, self.cost_min, self.market.data.tick)

    @cached_property
    def unserved(self) -> np.ndarray:
        """People of each group (before merging) who are left out: those on the same terms share alike."""
        people = self.market.groups.people
        rate = self.found.unserved / np.where(self.layers.demand > 0, self.layers.demand, 1.0)
        return np.asarray(people * rate[self.layers.node_of])

    @cached_property
    def used(self) -> np.ndarray:
        """Beds in use [home, ordinary or nursing]."""
        one = self.layers
        total = np.bincount(one.bed[one.j], weights=self.found.flow, minlength=2 * len(self.market.homes.frame))
        return np.asarray(total.reshape(-1, 2))

    @cached_property
    def free(self) -> np.ndarray:
        """Beds with carers that stand empty [home, ordinary or nursing]."""
        left = self.market.homes.staffed - self.used
        return np.where(left > 1e-6 * np.maximum(self.market.homes.staffed, 1), left, 0.0)

    @cached_property
    def worth(self) -> np.ndarray:
        """How many more people one more bed with carers would serve [home, ordinary or nursing], by the cut that proves the
        allocation. NaN where no such bed stands."""
        one = self.layers
        # One more bed is spread over the layers as the others are: it serves as many as the scarce layers' share of it.
        share = np.bincount(one.bed, weights=one.capacity * self.found.scarce, minlength=2 * len(self.market.homes.frame)).reshape(-1, 2)
        staffed = self.market.homes.staffed
        return np.where(staffed > 0, share / np.where(staffed > 0, staffed, 1.0), np.nan)


def layer(market: Market, offers: Offers) -> Layers:
    """The bipartite problem of a market over some of its offers."""
    groups = market.groups
    group, offer = market.arcs(offers, groups)
    bed = offers.home[offer] * 2 + offers.nursing[offer]
    node_of, stands = merge(group, bed, offers.price[offer], len(groups), groups.place * 2 + groups.voucher)
    keep = stands[group]
    group, offer, bed = group[keep], offer[keep], bed[keep]
    admitted = offers.admitted[offer]
    beds = 2 * len(market.homes.frame)
    # The levels of a bed: every share that is open to someone who could come, and all of it (to those at home).
    shares, rank = np.unique(np.append(admitted, 1.0), return_inverse=True)
    nodes = np.unique(np.concatenate([bed * len(shares) + rank[:-1], np.arange(beds) * len(shares) + rank[-1]]))
    of_bed, level = nodes // len(shares), shares[nodes % len(shares)]
    start = np.searchsorted(of_bed, np.arange(beds))
    before = np.where(np.diff(of_bed, prepend=-1) > 0, 0.0, np.concatenate([[0.0], level[:-1]]))
    reach = np.searchsorted(of_bed + level / 2, bed + admitted / 2, side="right") - start[bed]
    arc = np.repeat(np.arange(len(reach)), reach)
    step = np.arange(len(arc)) - np.repeat(np.cumsum(reach) - reach, reach)
    return Layers(
        np.bincount(node_of, weights=groups.people), market.homes.staffed.ravel()[of_bed] * (level - before),
        node_of[group[arc]], start[bed[arc]] + step, offer[arc], of_bed, node_of,
    )  # fmt: skip


def merge(group: np.ndarray, bed: np.ndarray, price: np.ndarray, n: int, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups of one ``kind`` (a place, with or without a voucher) that can use the same beds at the same prices become one node.

    Returns the node of each group, and which groups stand for their node.
    """
    # A commutative hash of each group's terms: equal terms give equal sums, unequal ones differ with near certainty.
    terms = (bed.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) ^ np.round(price * 100).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    terms ^= terms >> np.uint64(29)
    terms *= np.uint64(0xBF58476D1CE4E5B9)
    terms ^= terms >> np.uint64(32)
    sums = np.zeros(n, dtype=np.uint64)
    np.add.at(sums, group, terms)
    keys = (sums ^ (sums >> np.uint64(31))) * np.uint64(0x94D049BB133111EB) + kind.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _, first, node = np.unique(keys, return_index=True, return_inverse=True)
    stands = np.zeros(n, dtype=bool)
    stands[first] = True
    return node.reshape(-1), stands


def placement(data: Data) -> Placement:
    """The allocation under the rules of ``data``, computed once for all that is asked of it."""
    found: Placement = data.once("placement", lambda: Placement(Market(data)))
    return found
