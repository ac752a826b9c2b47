"""What to build, convert, train, hand out and agree within a budget: the plan of care."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Step, proof_status
from xietong.models.expansion import Expansion, Gate, Menu, Setting, expand
from xietong.workstreams.care.allocation import Placement, merge
from xietong.workstreams.care.market import NURSING, ORDINARY, Market, Offers
from xietong.workstreams.care.tables import CLASSES, MEANS_CNY, SKILLS

OTHERS = 0.99
"""What an outsider left out counts in a bloc's plan, beside 1 for its own residents."""


def choose(data: Data, bloc: frozenset[str], budget_cny: float) -> Choice:
    """The steps of a bloc: it builds and trains on its own ground, hands vouchers to its own residents, and recognises its
    own members' assessments."""
    shop = Shop(Market(data, gates=bloc if data.regime == "current" else frozenset()), bloc)
    # Beds serve whoever comes: a bloc plans with the allocation as it is, in which its own residents have no precedence.
    plan = expand(shop.setting(OTHERS), shop.menu, budget_cny, data.tick)
    # What it could reach at best is a bound in which outsiders do not count at all.
    best = plan.bound if shop.own.all() else expand(shop.setting(0.0), shop.menu, budget_cny, data.tick).bound
    steps = shop.steps(plan, budget_cny)
    after = Placement(Market(data.apply(steps)))
    left = after.unserved[shop.own[after.market.groups.place]]
    objective = float(left.sum())
    return Choice(tuple(steps), objective, proof_status(objective, min(best, objective)), min(best, objective))


@dataclass(frozen=True)
class Shop:
    """A market as a bloc of jurisdictions can change it. People who can use the same beds, at whatever price, are one group."""

    market: Market
    bloc: frozenset[str]

    @cached_property
    def own(self) -> np.ndarray:
        """Places (position) of the bloc."""
        return np.isin(self.market.data.places["jurisdiction"].to_numpy(), list(self.bloc))

    @cached_property
    def offers(self) -> Offers:
        """Places that admit people, or could, where the bloc's money or somebody's beds may serve them."""
        offers = self.market.offers
        useful = (self.market.homes.staffed[offers.home, offers.nursing] > 0) | self.own[offers.d]
        return offers.at(((offers.admitted > 0) | offers.could) & useful)

    @cached_property
    def _arcs(self) -> dict[str, np.ndarray]:
        """Pairs of merged groups and offers; those that need a voucher, and those that an agreement would open."""
        market, groups = self.market, self.market.groups
        voucher = market.data.p["voucher_cny"]
        group, offer = market.arcs(self.offers, groups)
        poor, dear = market.arcs(self.offers, groups, affordable=False)
        helped = ~groups.voucher[poor] & self.own[groups.place[poor]] & (self.offers.price[dear] <= MEANS_CNY[groups.step[poor]] + voucher)
        group, offer = np.concatenate([group, poor[helped]]), np.concatenate([offer, dear[helped]])
        with_voucher = np.arange(len(group)) >= len(group) - int(helped.sum())
        bed = self.offers.home[offer] * 2 + self.offers.nursing[offer]
        node_of, stands = merge(group, bed, with_voucher.astype(float), len(groups), groups.place * 2 + groups.voucher)
        keep = stands[group]
        group, offer, with_voucher = group[keep], offer[keep], with_voucher[keep]
        admitted, could = self.offers.admitted[offer], self.offers.could[offer] & (self.offers.admitted[offer] < 1)
        now, then = np.flatnonzero(admitted > 0), np.flatnonzero(could)
        arc = np.concatenate([now, then])
        gated = np.arange(len(arc)) >= len(now)
        return {
            "i": node_of[group[arc]], "offer": offer[arc], "voucher": with_voucher[arc], "gated": gated,
            "admitted": np.where(gated, 1.0, admitted[arc]), "node_of": node_of,
        }  # fmt: skip

    @cached_property
    def demand(self) -> np.ndarray:
        return np.bincount(self._arcs["node_of"], weights=self.market.groups.people)

    @cached_property
    def demand_place(self) -> np.ndarray:
        """Place (position) of each merged group."""
        place = np.zeros(len(self.demand), dtype=np.intp)
        place[self._arcs["node_of"]] = self.market.groups.place
        return place

    def setting(self, others: float) -> Setting:
        """What there is, with an outsider counting ``others``."""
        market, arcs, homes = self.market, self._arcs, self.market.homes
        names = list(market.data.jurisdictions)
        side = np.array([names.index(one) if one in names else len(names) for one in market.data.places["jurisdiction"]])
        floor = np.array([market.data.p["floor_share"] if one in self.bloc else 0.0 for one in (*names, "")])
        offer = arcs["offer"]
        return Setting(
            self.demand, arcs["i"], self.offers.home[offer] * 2 + self.offers.nursing[offer], self.offers.minutes[offer], arcs["admitted"], arcs["voucher"],
            homes.by_kind.ravel(), homes.staff_for.ravel(), np.where(self.own[self.demand_place], 1.0, others), side[self.demand_place], floor,
        )  # fmt: skip

    # -- what can be bought ---------------------------------------------------------------------------------------------

    @cached_property
    def _residents(self) -> np.ndarray:
        """People whom one carer can look after [stock]."""
        return np.asarray(self.market.people.supplies[["residents_per_carer", "residents_per_nurse"]].to_numpy()[self.market.homes.column("supply")].ravel())

    @cached_property
    def menu(self) -> Menu:
        """What the bloc can buy, and at what price; a nursing bed is an ordinary one that is built and then converted."""
        market, homes, p = self.market, self.market.homes, self.market.data.p
        months = market.people.supplies["build_months"].to_numpy()[homes.column("supply")]
        ground = self.own[homes.column("position")]
        kind = np.tile([ORDINARY, NURSING], len(ground))
        here = np.repeat(ground, 2)
        place = np.where(here & (kind == ORDINARY), np.maximum(np.repeat(homes.column("price") * months, 2), 1.0), np.inf)
        convert = np.where(here & (kind == ORDINARY), p["convert_cny"], np.inf)
        into = np.where(kind == ORDINARY, np.arange(len(kind)) + 1, -1)
        staff = np.where(here, p["train_cny"] / self._residents, np.inf)
        voucher = np.where(self.own[self.demand_place], p["voucher_cny"] * p["voucher_months"], np.inf)
        gates = [Gate(arcs, p["pact_cny"]) for arcs in self.gated.values()]
        return Menu(place, convert, into, staff, voucher, gates, np.repeat(self._taste, 2))

    @cached_property
    def gated(self) -> dict[tuple[str, str], np.ndarray]:
        """For each ordered pair of jurisdictions that could agree on recognition, the pairs (positions) it would open."""
        home = self.market.data.places["jurisdiction"].to_numpy()
        at = np.flatnonzero(self._arcs["gated"])
        offer = self._arcs["offer"][at]
        origin, destination = home[self.offers.o[offer]], home[self.offers.d[offer]]
        found = {}
        for one in sorted(self.bloc):
            for other in sorted(self.bloc):
                arcs = at[(origin == one) & (destination == other)]
                if len(arcs):
                    found[one, other] = arcs
        return found

    @property
    def _taste(self) -> np.ndarray:
        """A number in [0, 1) for each home that depends on where it stands and what it costs, not on names or the order of
        rows: it settles ties between plans that serve equally many at equal cost."""
        places, homes = self.market.data.places, self.market.homes
        position = homes.column("position")
        at = places["lon"].to_numpy()[position] * 12.9898 + places["lat"].to_numpy()[position] * 78.233 + homes.column("price") * 0.0137
        return np.asarray(np.modf(np.abs(np.sin(at)) * 43758.5453)[0])

    # -- steps ----------------------------------------------------------------------------------------------------------

    def steps(self, plan: Expansion, budget_cny: float) -> list[Step]:
        """The plan in whole beds, carers and vouchers, within the budget."""
        p = self.market.data.p
        pacts = [Step("pact", pair, 1.0, p["pact_cny"], pair[0]) for pair, chosen in zip(self.gated, plan.gates, strict=True) if chosen]
        carers = plan.staff / self._residents
        wanted = [("beds", plan.place, self.menu.place), ("convert", plan.convert, self.menu.convert), ("train", carers, np.full(len(carers), p["train_cny"]))]
        groups = self.market.groups
        share = plan.voucher / np.where(self.demand > 0, self.demand, 1.0)
        vouchers = groups.people * share[self._arcs["node_of"]]
        wanted.append(("voucher", vouchers, np.full(len(vouchers), p["voucher_cny"] * p["voucher_months"])))
        amounts = _whole([amount for _, amount, _ in wanted], [price for *_, price in wanted], budget_cny - sum(step.cost_cny for step in pacts))
        bought = []
        for (lever, _, price), amount in zip(wanted, amounts, strict=True):
            for row in np.flatnonzero(amount):
                key, place = self._key(lever, int(row))
                bought.append(Step(lever, key, float(amount[row]), float(amount[row] * price[row]), self.market.data.places["jurisdiction"].iloc[place]))
        return pacts + bought

    def _key(self, lever: str, row: int) -> tuple[tuple[str, ...], int]:
        """The key of a step, and the place (position) at which it is taken."""
        market, names = self.market, self.market.data.places["place"]
        supplies = market.people.supplies["supply"]
        if lever == "voucher":
            groups = market.groups
            place = int(groups.place[row])
            return (names.iloc[place], supplies.iloc[groups.supply[row]], CLASSES[groups.heavy[row]], str(MEANS_CNY[groups.step[row]])), place
        home = market.homes.frame.iloc[row // 2]
        place = int(home["position"])
        key = (str(names.iloc[place]), str(supplies.iloc[int(home["supply"])]), str(home["tier"]))
        return (*key, SKILLS[row % 2]) if lever == "train" else key, place


def _whole(amounts: list[np.ndarray], prices: list[np.ndarray], budget: float) -> list[np.ndarray]:
    """Whole amounts: rounded down, then up again from the largest fraction on, while the budget lasts."""
    amount, price = np.concatenate(amounts), np.concatenate(prices)
    price = np.where(np.isfinite(price), price, 0.0)
    whole = np.floor(amount + 1e-6)
    left = budget * (1 - 1e-12) - float(whole @ price)
    fraction = amount - whole
    for row in np.lexsort((price, -np.round(fraction, 6))):
        if fraction[row] > 0.05 and price[row] <= left:
            whole[row] += 1
            left -= price[row]
    return np.split(whole, np.cumsum([len(one) for one in amounts])[:-1])
