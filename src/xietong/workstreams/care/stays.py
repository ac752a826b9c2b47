"""Stays by season (候鸟式养老): the beds that residents leave empty serve other people in summer than in winter."""

from __future__ import annotations

import numpy as np

from xietong.core.declare import Frame
from xietong.kernels.allocation import allocate
from xietong.workstreams.care.allocation import Placement
from xietong.workstreams.care.market import CENTS, ORDINARY, join
from xietong.workstreams.care.tables import MEANS_CNY

COLUMNS = ("origin", "destination", "season", "months", "wanted", "people", "subsidy_cny")


def stays(placement: Placement) -> Frame:
    """Stays by pair of places and season: people who would go, people who find a bed, and subsidies a month of stay.

    Able people of 60-79 take what residents leave: an ordinary bed with carers, within reach of a stay, open to them and
    within their means. A season is allocated at once, as residents are; residents always come first.
    """
    import pandas as pd

    market = placement.market
    data, table = market.data, market.data["stays"]
    parts = [_season(placement, season, rows) for season, rows in table.groupby("season", sort=True)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({name: np.array([], dtype=object if name in ("origin", "destination", "season") else float) for name in COLUMNS})
    found = pd.concat(parts, ignore_index=True)
    names = data.places["place"].to_numpy()
    return found.assign(origin=names[found["origin"].to_numpy()], destination=names[found["destination"].to_numpy()])


def beds_shared(placement: Placement, found: Frame) -> Frame:
    """By place: beds that serve different people in more than one season (all but the fullest season's guests)."""
    import pandas as pd

    by_season = found.groupby(["destination", "season"])["people"].sum().unstack(fill_value=0.0)
    shared = by_season.sum(axis=1) - by_season.max(axis=1) if len(by_season) else pd.Series(dtype=float)
    return pd.DataFrame({"place": by_season.index.astype(object), "beds": shared.to_numpy(dtype=float)})


def _season(placement: Placement, season: str, rows: Frame) -> Frame:
    import pandas as pd

    market, people, homes = placement.market, placement.market.people, placement.market.homes
    data, p, supplies = market.data, market.data.p, people.supplies
    residential = supplies["residential"].to_numpy(dtype=bool)
    able = np.zeros(len(data.places))
    able[people.place] = people.able
    share, months = np.zeros((len(able), len(able))), np.zeros((len(able), len(able)))
    for origin, destination, part, length in zip(rows["origin"], rows["destination"], rows["share"], rows["months"], strict=True):
        block = np.ix_(data.leaves(origin), data.leaves(destination))
        # People who would go to an area spread over its places as its beds do.
        weight = np.bincount(homes.column("position"), homes.column("beds") * residential[homes.column("supply")], len(able))[block[1].ravel()]
        share[block] = part * (weight / weight.sum() if weight.sum() > 0 else 0.0)
        months[block] = length
    wanted = able[:, None] * share
    o, d = np.nonzero(wanted > 0)
    minutes = data.product("times").minutes(o, d)
    keep = (minutes <= p["stay_limit_min"]) & (data.rule("recognised", o, d) > 0)
    full = pd.DataFrame({"origin": o, "destination": d, "season": season, "months": months[o, d], "wanted": wanted[o, d], "people": 0.0, "subsidy_cny": 0.0})
    # Whoever goes to one place with one subsidy and the same means competes for the same beds on the same terms.
    follows = data.rule("follows", o, d)
    pairs = np.flatnonzero(keep)
    terms, term = np.unique(np.stack([d[pairs], follows[pairs]], axis=1), axis=0, return_inverse=True)
    term = term.reshape(-1)
    means = np.zeros((len(able), len(MEANS_CNY)))
    means[people.place] = people.means
    going = wanted[o[pairs], d[pairs], None] * means[o[pairs]]
    demand = np.stack([np.bincount(term, going[:, step], len(terms)) for step in range(len(MEANS_CNY))], axis=1)
    at, home = join(terms[:, 0].astype(np.intp), homes.column("position"))
    use = residential[homes.column("supply")[home]] & (placement.free[home, ORDINARY] > 0)
    at, home = np.repeat(at[use], len(MEANS_CNY)), np.repeat(home[use], len(MEANS_CNY))
    step = np.tile(np.arange(len(MEANS_CNY)), int(use.sum()))
    subsidy = np.minimum(supplies["subsidy_cny_month"].to_numpy()[homes.column("supply")[home]] * terms[at, 1], homes.column("price")[home])
    price = np.round(homes.column("price")[home] - subsidy, CENTS)
    pays = price <= MEANS_CNY[step]
    at, home, step, subsidy, price = at[pays], home[pays], step[pays], subsidy[pays], price[pays]
    if not len(at):
        return full
    found = allocate(demand.ravel(), placement.free[:, ORDINARY], at * len(MEANS_CNY) + step, home, 1 + price, data.tick)
    served = 1 - np.divide(found.unserved, demand.ravel(), out=np.ones(demand.size), where=demand.ravel() > 0).reshape(demand.shape)
    paid = np.bincount(at, found.flow * subsidy, len(terms)) / np.maximum(np.bincount(at, found.flow, len(terms)), 1e-12)
    got = np.zeros(len(o))
    got[pairs] = (going * served[term]).sum(axis=1)
    money = np.zeros(len(o))
    money[pairs] = got[pairs] * paid[term]
    return full.assign(people=got, subsidy_cny=money)


__all__ = ["beds_shared", "stays"]
