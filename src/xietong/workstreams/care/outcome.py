"""The tables of an outcome of care: people, homes, flows, what each side has and lacks, and who pays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xietong.core.declare import Frame
from xietong.core.text import T
from xietong.kernels.access import e2sfca
from xietong.workstreams._tables import records
from xietong.workstreams.care.allocation import Placement
from xietong.workstreams.care.market import NURSING, ORDINARY, PARTS
from xietong.workstreams.care.reasons import REASONS, by_place, reasons
from xietong.workstreams.care.stays import beds_shared, stays


def tables(placement: Placement) -> dict[str, Frame]:
    """Every table of the outcome, by name."""
    found = reasons(placement)
    why = by_place(placement, found)
    season = stays(placement)
    flows = _flows(placement)
    return {
        "people": _people(placement, why),
        "needs": placement.market.people.needs,
        "reasons": why,
        "homes": _homes(placement),
        "balance": _balance(placement, why),
        "flows": flows,
        "crossings": flows[flows["crosses"]],
        "stays": season,
        "shared_beds": beds_shared(placement, season),
    }


def notes(placement: Placement) -> tuple[T, ...]:
    """What was left out, or counts for nothing."""
    market = placement.market
    found = []
    missing = len(market.data.places) - len(np.unique(market.people.place))
    if missing:
        found.append(T(f"{missing}个地点没有普查数据,未计入。", f"{missing} places have no census row and are left out."))
    if float((market.homes.by_kind - market.homes.staffed).sum()) >= 1:
        found.append(T("没有护理员的床位不计入供给,见“没有护理员的床位”。", "Beds without carers do not count; see the measure of that name."))
    return (*found, *(_published(placement) if market.data.regime == "current" else ()))


def _published(placement: Placement) -> Iterator[T]:
    """What was published of people who live in homes elsewhere, beside what the model places there today."""
    data = placement.market.data
    flows, supplies = _flows(placement), placement.market.people.supplies
    flows = flows[flows["supply"].isin(supplies["supply"][supplies["residential"].astype(bool)])]
    for row in records(data["care_residents"]):
        inside = [np.array([data.areas.within(place, row[side]) for place in flows[side]], dtype=bool) for side in ("origin", "destination")]
        modelled = f"{float(flows['people'][inside[0] & inside[1]].sum()):,.0f}"
        one, other = (data.areas.by_id[row[side]].title for side in ("origin", "destination"))
        text = str(row["value_text"] or f"{row['residents']:,.0f}")
        yield T(
            f"公布数:截至{row['as_of']},{one.zh}老人入住{other.zh}机构{text};模型安置{modelled}人,仅供对照。",
            f"Published: as of {row['as_of']}, {row['residents']:,.0f} people ({text}) of {one.en} live in homes in {other.en}; the model places {modelled}. To compare only.",
        )


def _people(placement: Placement, why: Frame) -> Frame:
    """By place: need, people left out (in all and for want of a home), access to beds in homes."""
    import pandas as pd

    market = placement.market
    groups, n = market.groups, len(market.data.places)
    names = market.data.places["place"].to_numpy()
    need, left = (np.bincount(groups.place, weights=one, minlength=n) for one in (groups.people, placement.unserved))
    counted = np.zeros(n, dtype=bool)
    counted[market.people.place] = True
    # A place that was not counted is unknown, not without need.
    need, left, access = (np.where(counted, one, np.nan) for one in (need, left, _access(placement)))
    residential = market.people.supplies["residential"].to_numpy(dtype=bool)[groups.supply]
    of_homes = np.where(counted, np.bincount(groups.place, groups.people * residential, n), np.nan)
    return pd.DataFrame(
        {"place": names, "need": need, "unserved": left, "unserved_share": left / np.where(need > 0, need, np.nan), "access": access, "home_need": of_homes}
    )


def _access(placement: Placement) -> np.ndarray:
    """Beds in homes with carers per 1,000 people who look for one, by place: E2SFCA, Gaussian decay, the share of beds open to them."""
    market = placement.market
    data, supplies, groups, homes = market.data, market.people.supplies, market.groups, market.homes
    residential = np.flatnonzero(supplies["residential"].to_numpy(dtype=bool))
    n, total = len(data.places), np.zeros(len(data.places))
    for number in residential:
        at = market.near["supply"] == number
        o, d, minutes = (market.near[name][at] for name in ("o", "d", "minutes"))
        limit = float(supplies["limit_min"].iloc[number])
        decay = np.clip((np.exp(-0.5 * (minutes / (limit / 2)) ** 2) - np.exp(-2)) / (1 - np.exp(-2)), 0, 1)
        need = np.bincount(groups.place, groups.people * (groups.supply == number), n)
        beds = np.bincount(homes.column("position"), homes.staffed.sum(axis=1) * (homes.column("supply") == number), n)
        total += 1000 * e2sfca(need, beds, o, d, decay * data.rule("recognised", o, d))
    return total


def _homes(placement: Placement) -> Frame:
    """By place, supply and tier: beds, of which nursing, with carers, in use, free, price, observed occupancy, what one more is worth."""
    import pandas as pd

    homes, market = placement.market.homes, placement.market
    names = market.data.places["place"].to_numpy()
    worth = placement.worth
    return pd.DataFrame(
        {
            "place": names[homes.column("position")], "supply": market.people.supplies["supply"].to_numpy()[homes.column("supply")], "tier": homes.column("tier"),
            "beds": homes.column("beds"), "nursing": homes.column("nursing"), "staffed": homes.staffed.sum(axis=1), "used": placement.used.sum(axis=1),
            "free": placement.free.sum(axis=1), "free_nursing": placement.free[:, NURSING], "price": homes.column("price"), "star": homes.column("star"),
            "occupancy": homes.column("occupied"), "worth_bed": worth[:, ORDINARY], "worth_nursing_bed": worth[:, NURSING],
        }
    )  # fmt: skip


def _balance(placement: Placement, why: Frame) -> Frame:
    """What each place has and lacks of each supply: need, people left out, beds, with carers, in use, free."""
    import pandas as pd

    market = placement.market
    groups, homes, supplies = market.groups, market.homes, len(market.people.supplies)
    size = len(market.data.places) * supplies
    of_group, of_home = groups.place * supplies + groups.supply, homes.column("position") * supplies + homes.column("supply")
    columns = {
        "need": np.bincount(of_group, groups.people, size), "unserved": np.bincount(of_group, placement.unserved, size),
        "beds": np.bincount(of_home, homes.column("beds"), size), "staffed": np.bincount(of_home, homes.staffed.sum(axis=1), size),
        "used": np.bincount(of_home, placement.used.sum(axis=1), size), "free": np.bincount(of_home, placement.free.sum(axis=1), size),
    }  # fmt: skip
    some = np.flatnonzero((columns["need"] > 0) | (columns["beds"] > 0))
    return pd.DataFrame(
        {
            "place": market.data.places["place"].to_numpy()[some // supplies],
            "supply": market.people.supplies["supply"].to_numpy()[some % supplies],
            **{name: column[some] for name, column in columns.items()},
        }
    )


def _flows(placement: Placement) -> Frame:
    """By pair of places and supply: people, mean minutes, what they and each public purse pay a month for one of them."""
    import pandas as pd

    market, one, offers, flow = placement.market, placement.layers, placement.offers, placement.found.flow
    offer, n, supplies = one.offer, len(market.data.places), len(market.people.supplies)
    key = (offers.o[offer] * n + offers.d[offer]) * supplies + offers.supply[offer]
    pair, at = np.unique(key, return_inverse=True)
    total = np.bincount(at, flow, len(pair))
    keep = total > 1e-6
    voucher = _voucher(placement)
    paid = {"minutes": offers.minutes[offer], "price_cny": offers.price[offer] - voucher, "voucher_cny": voucher}
    paid |= {f"{part}_cny": offers.paid[offer, number] for number, part in enumerate(PARTS)}
    mean = {name: np.bincount(at, flow * values, len(pair))[keep] / total[keep] for name, values in paid.items()}
    origin, destination = pair[keep] // supplies // n, pair[keep] // supplies % n
    home, names = market.data.places["jurisdiction"].to_numpy(), market.data.places["place"].to_numpy()
    return pd.DataFrame(
        {
            "origin": names[origin], "destination": names[destination], "supply": market.people.supplies["supply"].to_numpy()[pair[keep] % supplies],
            "people": total[keep], **mean, "crosses": home[origin] != home[destination],
        }
    )  # fmt: skip


def _voucher(placement: Placement) -> np.ndarray:
    """What a voucher pays of each pair's price [pair of layers]: the part beyond the means of those who hold one."""
    market, one = placement.market, placement.layers
    groups = market.groups
    if not groups.voucher.any():
        return np.zeros(len(one.i))
    from xietong.workstreams.care.tables import MEANS_CNY

    purse = np.full(len(one.demand), np.inf)
    purse[one.node_of] = np.where(groups.voucher, MEANS_CNY[groups.step], np.inf)
    return np.asarray(np.maximum(placement.offers.price[one.offer] - purse[one.i], 0.0))


__all__ = ["REASONS", "notes", "tables"]
