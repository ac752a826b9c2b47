"""Look-ups of `care`: where a person finds a place, what people would choose themselves, where the next homes should stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Input, Query
from xietong.core.text import T
from xietong.workstreams.care.allocation import Placement, placement
from xietong.workstreams.care.market import ORDINARY, PARTS
from xietong.workstreams.care.measures import MARKET
from xietong.workstreams.care.siting import SITING, bed_prices, site
from xietong.workstreams.care.tables import GRADES, HEAVY

LISTED = 200
SWAPS = 50
EASE_MIN = 1.0
"""People would rather swap where both gain more than this, in minutes of travel and price at ``price_weight``."""


# -- the directory ------------------------------------------------------------------------------------------------------


def directory(data: Data, place: str, supply: str, grade: str, means_cny: float) -> dict[str, Any]:
    """Places of a supply within reach of a person: what they would pay a month and who pays the rest, the trip, and free beds."""
    found = placement(data)
    market, homes = found.market, found.market.homes
    number, heavy = market.people.number_of(supply), int(grade in HEAVY)
    here = int(data.areas.positions([place])[0])
    offers = market.offers
    offers = offers.at((offers.o == here) & (offers.supply == number) & (offers.heavy == heavy) & (offers.admitted > 0))
    order = np.lexsort((offers.home, offers.nursing, offers.minutes + offers.price / 1000 * data.p["price_weight"]))
    offers = offers.at(order[:LISTED])
    places = data.places
    free = found.free[offers.home, offers.nursing]
    observed = homes.column("occupied")[offers.home]
    rows = [
        {
            "place": str(places["place"].iloc[offers.d[row]]), "tier": str(homes.column("tier")[offers.home[row]]), "nursing": bool(offers.nursing[row]),
            "minutes": float(offers.minutes[row]), "price_cny": float(offers.price[row]), "affordable": bool(offers.price[row] <= means_cny),
            **{f"{part}_cny": float(offers.paid[row, column]) for column, part in enumerate(PARTS)},
            "beds": float(homes.by_kind[offers.home[row], offers.nursing[row]]), "staffed": float(homes.staffed[offers.home[row], offers.nursing[row]]),
            "free": float(free[row]), "occupancy": None if np.isnan(observed[row]) else float(observed[row]), "open_share": float(offers.admitted[row]),
        }
        for row in range(len(offers.home))
    ]  # fmt: skip
    return {"homes": rows}


# -- people's own choice ------------------------------------------------------------------------------------------------


def choice(data: Data) -> dict[str, Any]:
    """The planner's allocation beside what people would choose: each asks for the place that is best for them, and homes take
    those who live nearest. By side: left out, mean trip, price; and the pairs who would rather swap, under both."""
    from xietong.kernels.choice import choose

    found = placement(data)
    one, offers = found.layers, found.offers
    ordinary = offers.nursing[one.offer] == ORDINARY
    # Of a home's beds, people take an ordinary one first, and of these one that is open to fewer: it makes no difference to them.
    ties = np.lexsort((-one.j, ~ordinary))
    i, j, cost, minutes = one.i[ties], one.j[ties], found.cost_min[ties], offers.minutes[one.offer][ties]
    flow = np.empty(len(ties))
    flow[ties] = choose(one.demand, one.capacity, i, j, np.round(cost, 9), np.round(minutes, 9), data.tick)
    rows = []
    for who, of in (("planned", found.found.flow), ("chosen", flow)):
        rows += [{"allocation": who, **row} for row in _sides(found, of)]
    swaps = {who: _swaps(found, of) for who, of in (("planned", found.found.flow), ("chosen", flow))}
    return {
        "sides": rows, "would_swap": {who: one["people"] for who, one in swaps.items()},
        "swaps": [{"allocation": who, **row} for who, one in swaps.items() for row in one["pairs"]],
    }  # fmt: skip


def _sides(found: Placement, flow: np.ndarray) -> list[dict[str, Any]]:
    """Left out, mean trip and price of an allocation, for the region and each jurisdiction."""
    one, offers, groups = found.layers, found.offers, found.market.groups
    data = found.market.data
    place = np.zeros(len(one.demand), dtype=np.intp)
    place[one.node_of] = groups.place
    home = data.places["jurisdiction"].to_numpy()[place]
    served = np.bincount(one.i, flow, len(one.demand))
    rows = []
    for area in (data.areas.region, *data.jurisdictions):
        mine = np.ones(len(home), dtype=bool) if area == data.areas.region else home == area
        arcs = mine[one.i]
        people = float(flow[arcs].sum())
        mean = {name: float(flow[arcs] @ values[one.offer][arcs]) / people if people > 0 else None for name, values in (("minutes", offers.minutes), ("price_cny", offers.price))}  # fmt: skip
        rows.append({"area": area, "need": float(one.demand[mine].sum()), "unserved": float((one.demand - served)[mine].sum().clip(0)), **mean})
    return rows


def _swaps(found: Placement, flow: np.ndarray) -> dict[str, Any]:
    """People who have somebody with whom to swap so that both gain, and the pairs of places where most would."""
    one, offers = found.layers, found.offers
    data = found.market.data
    live = np.flatnonzero(flow > 1e-3)
    n, m = len(one.demand), int(one.bed.max(initial=0)) + 1
    cost = np.full((n, m), np.inf, dtype=np.float32)
    bed = one.bed[one.j]
    np.minimum.at(cost, (one.i, bed), found.cost_min.astype(np.float32))
    who, where, mass = one.i[live], bed[live], flow[live]
    now = cost[who, where]
    swaps = np.zeros(len(live), dtype=bool)
    pairs: dict[tuple[int, int, int, int], list[float]] = {}
    o, d = offers.o[one.offer[live]], offers.d[one.offer[live]]
    for row in range(len(live)):
        mine, theirs = now[row] - cost[who[row], where], now - cost[who, where[row]]
        both = np.flatnonzero((mine > EASE_MIN) & (theirs > EASE_MIN))
        swaps[row] = len(both) > 0
        for other in both[both > row]:
            key = (int(o[row]), int(d[row]), int(o[other]), int(d[other]))
            people = float(min(mass[row], mass[other]))
            sums = pairs.setdefault(key, [0.0, 0.0])
            sums[0] += people
            sums[1] += people * float(mine[other] + theirs[other])
    names = data.places["place"].to_numpy()
    best = sorted(pairs.items(), key=lambda item: (-item[1][1], item[0]))[:SWAPS]
    rows = [
        {"origin": str(names[a]), "destination": str(names[x]), "other_origin": str(names[b]), "other_destination": str(names[y]), "people": sums[0], "gain_min": sums[1] / sums[0]}
        for (a, x, b, y), sums in best
    ]  # fmt: skip
    return {"people": float(mass[swaps].sum()), "pairs": rows}


SUPPLY = Input(T("供给类型", "supply"), "text", default="institution")

QUERIES = {
    "directory": Query(
        T("找一个合适的去处", "Find a place"),
        {
            "place": Input(T("居住地", "home"), "area", level="place"),
            "supply": SUPPLY,
            "grade": Input(T("照护等级", "grade of care"), "text", default="severe", values=GRADES),
            "means_cny": Input(T("每月支付能力", "monthly means"), "number", "cny/month", 0, 1e6, 4000),
        },
        directory,
        MARKET,
        {
            "minutes": "min", "price_cny": "cny/month", **{f"{part}_cny": "cny/month" for part in PARTS}, "beds": "beds", "staffed": "beds", "free": "beds",
            "occupancy": "share", "open_share": "share",
        },
    ),
    "choice": Query(
        T("老人自己的选择与规划者的安排", "What people would choose, beside the plan"), {}, choice, MARKET,
        {"need": "people", "unserved": "people", "minutes": "min", "price_cny": "cny/month", "would_swap": "people", "people": "people", "gain_min": "min"},
    ),
    "site": Query(T("下一批机构建在哪里", "Where the next homes should stand"), SITING, site, MARKET, {
        "people": "people", "minutes": "min", "beds": "beds", "cost_cny": "cny", "objective": "min", "bound": "min", "before": "people", "after": "people",
        "mean_min": "min", "within": "share",
    }),
    "bed_prices": Query(T("多一张床位值多少", "What one more bed is worth"), {"supply": SUPPLY}, bed_prices, MARKET, {
        "bed_price_min": "min", "worth": "people/bed", "staffed": "beds", "used": "beds", "objective": "min", "bound": "min",
    }),
}  # fmt: skip
