"""Where the next homes should stand, and what one more bed is worth where homes stand: questions to the siting models."""

from __future__ import annotations

from typing import Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Frame, Input, Step
from xietong.core.errors import UsageError
from xietong.core.text import T
from xietong.models.pairs import Pairs
from xietong.workstreams._tables import records
from xietong.workstreams.care.allocation import Placement, placement
from xietong.workstreams.care.market import Market
from xietong.workstreams.care.tables import SKILLS

WHO = ("left_out", "all")
OBJECTIVES = ("median", "cover", "center", "cvar")
SUMS = ("median", "cover")
"""Objectives in which a trip beyond the longest acceptable one counts as none."""

WORST = 0.1
"""The share of people whose mean trip is the objective "cvar"."""

SITING = {
    "supply": Input(T("供给类型", "supply"), "text", default="community"),
    "who": Input(T("为谁选址", "for whom"), "text", default="left_out", values=WHO),
    "objective": Input(T("目标", "objective"), "text", default="median", values=OBJECTIVES),
    "p": Input(T("新建几处(为0时按预算)", "how many (0: by the budget)"), "integer", "", 0, 200, 5),
    "budget_cny": Input(T("预算", "budget"), "number", "cny", 0, 1e12, 1e9),
    "beds": Input(T("每处床位", "beds at each"), "integer", "beds", 1, 100000, 300),
    "radius_min": Input(T("覆盖的路程", "trip that counts as covered"), "number", "min", 1, 600, 60),
}


def site(data: Data, supply: str, who: str, objective: str, p: int, budget_cny: float, beds: int, radius_min: float) -> dict[str, Any]:
    """The best places for new homes: p of them, or as many as a budget pays for, with the proof of the siting model; and what
    the whole model of care says once they stand with all their carers.

    For those left out whom a new home could serve: who could pay its price at home. Or for all in need, as if nothing stood yet.
    Trips are those of the time model, to places that admit people under the rules asked about. Median and cover take trips within
    the longest acceptable one, and people without one count with twice that; center and cvar take trips of any length.
    """
    from xietong.models.siting import site as best

    before = placement(data)
    market = before.market
    number = market.people.number_of(supply)
    homes = _new_homes(market, number, beds)
    weight = np.bincount(market.groups.place, _wanted(before, number, homes, who), len(data.places))
    if not weight.sum() > 1e-6:
        sides = records(_before_after(data, before, before, number))
        return {"sites": [], "sides": sides, "status": "proved", "objective": 0.0, "bound": 0.0, "gap": 0.0, "cost_cny": 0.0, "mean_min": None, "within": None}
    limit = float(market.people.supplies["limit_min"].iloc[number])
    # Aims that look at the worst trips would end at the limit: for them it is no limit, but every trip counts as long as it is.
    pairs = _pairs(data, weight, homes, limit, 2 * limit) if objective in SUMS else _pairs(data, weight, homes)
    options: dict[str, Any] = {"radius": radius_min} if objective == "cover" else {"share": WORST} if objective == "cvar" else {}
    amount: dict[str, Any] = {"p": p} if p else {"budget": budget_cny}
    plan = best(pairs, objective=objective, tick=data.tick, **amount, **options)
    if plan.status.startswith("infeasible"):
        raise UsageError(f"no such plan: {plan.status}")
    chosen = np.asarray(plan.positions, dtype=np.intp)
    at = np.asarray(plan.assignment)
    minutes = np.full(len(weight), np.nan)
    cost = pairs.dense()
    served = np.flatnonzero(at >= 0)
    minutes[served] = cost[served, at[served]]
    people = np.bincount(at[served], pairs.weight[served], len(homes))
    rows = [
        {
            "place": str(homes["place"].iloc[row]), "tier": str(homes["tier"].iloc[row]), "beds": beds, "people": float(people[row]),
            "minutes": float(np.nansum(np.where(at == row, pairs.weight * minutes, 0)) / people[row]) if people[row] > 0 else None,
            "cost_cny": float(homes["opening_cost"].iloc[row]),
        }
        for row in chosen
    ]  # fmt: skip
    after = Placement(Market(data.apply(_steps(market, number, homes.iloc[chosen], beds))))
    reached = np.isfinite(minutes)
    return {
        "sites": rows, "status": plan.status, "objective": float(plan.objective), "bound": float(plan.bound), "gap": float(plan.gap),
        "cost_cny": float(homes["opening_cost"].iloc[chosen].sum()),
        "mean_min": float(pairs.weight[reached] @ minutes[reached] / pairs.weight[reached].sum()) if reached.any() else None,
        "within": float(pairs.weight[reached & (minutes <= radius_min)].sum() / pairs.weight.sum()),
        "sides": records(_before_after(data, before, after, number)),
    }  # fmt: skip


def bed_prices(data: Data, supply: str) -> dict[str, Any]:
    """What one more bed with a carer is worth at each place: minutes of travel that the least travel of all saves (the dual
    price of a transport problem, proved over all pairs), and people who would be served besides (the cut of the allocation)."""
    from xietong.models.transport import allocate

    found = placement(data)
    market, homes = found.market, found.market.homes
    number, n = market.people.number_of(supply), len(data.places)
    limit = float(market.people.supplies["limit_min"].iloc[number])
    need = np.bincount(market.groups.place, market.groups.people * (market.groups.supply == number), n)
    mine = homes.column("supply") == number
    position = homes.column("position")
    staffed, used = (np.bincount(position, one.sum(axis=1) * mine, n) for one in (homes.staffed, found.used))
    frame = _places(data).assign(capacity=staffed)
    pairs = _pairs(data, need, frame, limit_min=limit, outside_min=2 * limit)
    plan = allocate(pairs, tick=data.tick)
    scarce = np.nan_to_num(found.worth) * homes.staffed
    worth = np.bincount(position, scarce.sum(axis=1) * mine, n)
    rows = [
        {
            "place": str(frame["place"].iloc[row]), "staffed": float(staffed[row]), "used": float(used[row]), "bed_price_min": float(plan.bed_price[row]),
            "worth": float(worth[row] / staffed[row]) if staffed[row] > 0 else None,
        }
        for row in range(n)
        if staffed[row] > 0
    ]  # fmt: skip
    return {"places": rows, "status": plan.status, "objective": float(plan.objective), "bound": float(plan.certificate.dual)}


def _places(data: Data) -> Frame:
    return data.places[["place", "jurisdiction"]].assign(id=data.places["place"], area=data.places["jurisdiction"].astype(str), at=np.arange(len(data.places)))


def _pairs(data: Data, weight: np.ndarray, sites: Frame, limit_min: float = np.inf, outside_min: float | None = None) -> Pairs:
    """Trips between all places to those that admit people; nobody is left without an answer."""
    here = np.arange(len(weight))
    minutes = data.product("times").minutes(here[:, None], sites["at"].to_numpy()[None, :])
    admitted = data.rule("recognised", here[:, None], sites["at"].to_numpy()[None, :]) > 0
    demand = _places(data).assign(weight=weight)
    return Pairs.from_times(
        demand, sites, np.where(admitted, minutes, np.inf), limit_min=limit_min, outside_min=float(minutes.max()) if outside_min is None else outside_min
    )


def _new_homes(market: Market, number: int, beds: int) -> Frame:
    """One possible home a place: of the cheapest tier of the supply there, with what it costs to build and to staff."""
    data, homes, supplies = market.data, market.homes, market.people.supplies
    rows = homes.frame[homes.frame["supply"] == number].sort_values(["position", "price", "tier"]).groupby("position").first()
    frame = _places(data).join(rows[["tier", "price"]], on="at")
    cheapest = rows.sort_values("price").iloc[0]
    frame["tier"], frame["price"] = frame["tier"].fillna(cheapest["tier"]), frame["price"].fillna(cheapest["price"])
    carers = sum(_carers(market, number, beds))
    cost = (
        beds * frame["price"] * float(supplies["build_months"].iloc[number])
        + carers * data.p["train_cny"]
        + _nursing(market, number, beds) * data.p["convert_cny"]
    )
    return frame.assign(opening_cost=cost)


def _nursing(market: Market, number: int, beds: int) -> int:
    return round(beds * float(market.people.supplies["nursing_share"].iloc[number]))


def _carers(market: Market, number: int, beds: int) -> tuple[int, int]:
    """Carers and nursing carers for so many beds."""
    supply = market.people.supplies.iloc[number]
    nursing = _nursing(market, number, beds)
    return int(np.ceil((beds - nursing) / supply["residents_per_carer"])), int(np.ceil(nursing / supply["residents_per_nurse"]))


def _steps(market: Market, number: int, homes: Frame, beds: int) -> list[Step]:
    """The new homes as steps: beds, of which nursing, and carers for all of them."""
    supply = str(market.people.supplies["supply"].iloc[number])
    found = []
    for place, tier, payer in zip(homes["place"], homes["tier"], homes["jurisdiction"], strict=True):
        key = (str(place), supply, str(tier))
        found += [Step("beds", key, float(beds), 0.0, payer), Step("convert", key, float(_nursing(market, number, beds)), 0.0, payer)]
        found += [Step("train", (*key, skill), float(count), 0.0, payer) for skill, count in zip(SKILLS, _carers(market, number, beds), strict=True)]
    return found


def _wanted(before: Placement, number: int, homes: Frame, who: str) -> np.ndarray:
    """People of each group for whom sites are sought [group]."""
    market, groups = before.market, before.market.groups
    mine = groups.supply == number
    if who == "all":
        return np.where(mine, groups.people, 0.0)
    supply = market.people.supplies.iloc[number]
    price = np.full(len(market.data.places), np.inf)
    price[homes["at"].to_numpy()] = homes["price"].to_numpy()
    full = price[groups.place] + groups.heavy * supply["nursing_fee_cny_month"]
    paid = supply["subsidy_cny_month"] + groups.heavy * supply["insurance_cny_month"] + full * supply["medical_share"] * (0.0 if supply["residential"] else 1.0)
    return np.where(mine & (full - paid <= market.purse(groups)), before.unserved, 0.0)


def _before_after(data: Data, before: Placement, after: Placement, number: int) -> Frame:
    """People of the supply who are left out, before and after, for the region and each jurisdiction."""
    import pandas as pd

    def left(one: Placement) -> np.ndarray:
        groups = one.market.groups
        return np.bincount(groups.place, one.unserved * (groups.supply == number), len(data.places))

    home = data.places["jurisdiction"].to_numpy()
    rows = []
    for area in (data.areas.region, *data.jurisdictions):
        mine = np.ones(len(home), dtype=bool) if area == data.areas.region else home == area
        rows.append({"area": area, "before": float(left(before)[mine].sum()), "after": float(left(after)[mine].sum())})
    return pd.DataFrame(rows)
