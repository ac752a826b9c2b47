"""Homes, their staff, and the pairs of people and places in them: what an allocation of care is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Frame
from xietong.core.errors import DataError, Fault
from xietong.workstreams.care.people import Groups, People
from xietong.workstreams.care.tables import MEANS_CNY

ORDINARY, NURSING = 0, 1
CENTS = 2
"""Digits of a price: whether somebody can pay it must not hang on the last bits of a mean."""

PARTS = ("subsidy", "insurance", "medical")
"""What the public pays of a price, in the order in which it is paid."""


@dataclass(frozen=True)
class Homes:
    """Beds by place, supply and tier, and how many of them have carers. Beds without carers do not count."""

    data: Data
    people: People

    @cached_property
    def frame(self) -> Frame:
        """position, supply (number), tier, beds, nursing, price, star, clinic, occupied, carers, nurses: a row a place, supply and tier.

        A row of a larger area is spread over its places like the people of 60 and over.
        """
        import pandas as pd

        parts = [self._listed(), *self._built()]
        frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
        keys = [frame[name] for name in ("position", "supply", "tier")]
        sums = frame[["beds", "nursing", "carers", "nurses"]].groupby(keys, sort=True).sum()
        # Prices and the like are means over beds; where no bed stands, over rows. What is unknown counts for nothing in them.
        for name in ("price", "star", "clinic", "occupied"):
            known = frame[name].notna()
            weight = (frame["beds"] + 1e-9) * known
            total = weight.groupby(keys, sort=True).sum()
            sums[name] = (frame[name].fillna(0) * weight).groupby(keys, sort=True).sum() / total.where(total > 0)
        found = sums.reset_index()
        found["price"] = np.where(found["price"].isna(), self._prices(found["position"], found["supply"], found["tier"]), found["price"])
        return found.assign(nursing=np.minimum(found["nursing"], found["beds"]), price=np.round(found["price"], CENTS))

    @cached_property
    def elders(self) -> np.ndarray:
        """People aged 60 and over by place (position)."""
        count = np.zeros(len(self.data.areas.places))
        count[self.people.place] = self.data["census"]["pop_60_plus"].to_numpy()
        return count

    def _listed(self) -> Frame:
        import pandas as pd

        data, table, supplies = self.data, self.data["homes"], self.people.supplies
        supply = self._numbers(table["supply"])
        price = inherited(table, data.areas, "price_cny_month")
        _refuse_unpriced(table, price)
        parts = []
        for row, area in enumerate(table["area"]):
            places = data.leaves(area)
            weight = self.elders[places]
            beds = table["beds"].iloc[row]
            if np.isnan(beds):
                beds = supplies["rate"].iloc[supply[row]] * weight.sum() / 1000 * self._mix(row, table, supply)
            share = weight / weight.sum() if weight.sum() > 0 else np.full(len(places), 1 / len(places))
            parts.append((places, np.full(len(places), row), beds * share, share))
        place, row, beds, share = (np.concatenate(column) for column in zip(*parts, strict=True))
        take = {name: table[name].to_numpy()[row] for name in ("nursing", "star", "clinic_share", "occupancy", "carers", "nurses")}
        rate = {name: supplies[name].to_numpy()[supply[row]] for name in ("nursing_share", "residents_per_carer", "residents_per_nurse")}
        nursing = np.where(np.isnan(take["nursing"]), rate["nursing_share"] * beds, np.minimum(take["nursing"] * share, beds))
        staffed = data.p["staffed"]
        carers = np.where(np.isnan(take["carers"]), staffed * (beds - nursing) / rate["residents_per_carer"], take["carers"] * share)
        nurses = np.where(np.isnan(take["nurses"]), staffed * nursing / rate["residents_per_nurse"], take["nurses"] * share)
        counted = self._certified[place]
        return pd.DataFrame(
            {
                "position": place, "supply": supply[row], "tier": table["tier"].to_numpy(dtype=object)[row], "beds": beds, "nursing": nursing, "price": price[row],
                "star": take["star"], "clinic": take["clinic_share"], "occupied": take["occupancy"], "carers": carers * counted, "nurses": nurses * counted,
            }
        )  # fmt: skip

    def _mix(self, row: int, table: Frame, supply: np.ndarray) -> float:
        """The share of a tier where the beds of an area are unknown: as where they are known, else alike."""
        same = supply == supply[row]
        known = table["beds"].to_numpy(dtype=float)
        listed = same & ~np.isnan(known)
        tier = table["tier"].to_numpy(dtype=object)
        if listed.any() and known[listed].sum() > 0:
            return float(known[listed & (tier == tier[row])].sum() / known[listed].sum())
        return 1 / len(np.unique(tier[same].astype(str)))

    def _built(self) -> list[Frame]:
        """What has been built, converted and trained beyond the homes that are listed. Carers trained count where they work."""
        import pandas as pd

        parts = []
        for table, column, into in (("added_beds", "beds", "beds"), ("converted_beds", "beds", "nursing"), ("trained_carers", "carers", "")):
            frame = self.data[table]
            if not len(frame):
                continue
            names = [into] * len(frame) if into else ["nurses" if skill == "nursing" else "carers" for skill in frame["skill"]]
            amounts = {name: np.where(np.array(names) == name, frame[column].to_numpy(dtype=float), 0.0) for name in ("beds", "nursing", "carers", "nurses")}
            # What is added at an area is added at its places, like the people of 60 and over.
            for row, area in enumerate(frame["area"]):
                places = self.data.leaves(area)
                weight = self.elders[places]
                share = weight / weight.sum() if weight.sum() > 0 else np.full(len(places), 1 / len(places))
                one = {"position": places, "supply": self._numbers([frame["supply"].iloc[row]])[0], "tier": frame["tier"].iloc[row]}
                unknown = dict.fromkeys(("price", "star", "clinic", "occupied"), np.nan)
                parts.append(pd.DataFrame({**one, **{name: amount[row] * share for name, amount in amounts.items()}, **unknown}))
        return parts

    def _prices(self, position: Frame, supply: Frame, tier: Frame) -> np.ndarray:
        """What a tier costs where it does not stand yet: as in the smallest area around that has it, else its mean."""
        import pandas as pd

        names = self.data.places["place"].to_numpy()
        table = self.data["homes"]
        asked = pd.DataFrame({"area": names[position], "supply": self.people.supplies["supply"].to_numpy()[supply], "tier": tier, "price_cny_month": np.nan})
        both = pd.concat([table[list(asked.columns)], asked], ignore_index=True)
        price = inherited(both, self.data.areas, "price_cny_month")[len(table) :]
        of_supply = pd.Series(inherited(table, self.data.areas, "price_cny_month")).groupby(table["supply"].to_numpy()).mean()
        return np.where(np.isnan(price), of_supply.reindex(asked["supply"]).to_numpy(), price)

    def _numbers(self, names: Frame) -> np.ndarray:
        known = {name: number for number, name in enumerate(self.people.supplies["supply"])}
        return np.array([known[name] for name in names], dtype=np.intp)

    @cached_property
    def _certified(self) -> np.ndarray:
        """Share of the carers at each place (position) whose certificate counts there."""
        data, table = self.data, self.data["workforce"]
        foreign, counted = np.zeros(len(data.places)), np.zeros(len(data.places))
        for area, origin, share in zip(table["area"], table["origin"], table["share"], strict=True):
            places = data.leaves(area)
            foreign[places] += share
            counted[places] += share * data.rule("certified", np.array(origin), places)
        if (foreign > 1 + 1e-9).any():
            worst = data.places["place"].iloc[int(np.argmax(foreign))]
            fault = Fault(
                f"the shares of where carers at {worst} were certified add up to {foreign.max():g}",
                "Let them add up to 1 or less.",
                "workforce.csv",
                None,
                "share",
            )
            raise DataError("more carers were certified elsewhere than there are", [fault])
        return 1 - foreign + counted

    # -- arrays ---------------------------------------------------------------------------------------------------------

    def column(self, name: str) -> np.ndarray:
        return self.frame[name].to_numpy()

    @cached_property
    def by_kind(self) -> np.ndarray:
        """Beds [home, ordinary or nursing]."""
        return np.stack([self.column("beds") - self.column("nursing"), self.column("nursing")], axis=1)

    @cached_property
    def staff_for(self) -> np.ndarray:
        """People whom the carers can look after [home, ordinary or nursing]."""
        rates = self.people.supplies[["residents_per_carer", "residents_per_nurse"]].to_numpy()[self.column("supply")]
        return np.stack([self.column("carers"), self.column("nurses")], axis=1) * rates

    @cached_property
    def staffed(self) -> np.ndarray:
        """Beds that have carers [home, ordinary or nursing]."""
        return np.minimum(self.by_kind, self.staff_for)


def inherited(table: Frame, areas, column: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    """A column of ``homes``; where it is unknown, that of the same supply and tier in the nearest larger area, else their mean."""
    rows = list(zip(table["area"], table["supply"], table["tier"], table[column], strict=True))
    known = {(area, supply, tier): value for area, supply, tier, value in rows if value == value}
    mean = table.groupby(["supply", "tier"])[column].mean()
    found = []
    for area, supply, tier, _ in rows:
        at = area
        while (at, supply, tier) not in known and at in areas and areas.by_id[at].parent:
            at = areas.by_id[at].parent
        found.append(known.get((at, supply, tier), mean[supply, tier]))
    return np.array(found, dtype=float)


def _refuse_unpriced(table: Frame, price: np.ndarray) -> None:
    if np.isnan(price).any():
        at = np.flatnonzero(np.isnan(price))
        nameless = ", ".join(sorted({f"{table['supply'].iloc[row]} {table['tier'].iloc[row]}" for row in at}))
        fault = Fault("price_cny_month is empty in every row of the tier", "Give at least one price.", "homes.csv", None, "price_cny_month")
        raise DataError(f"no price is known for any bed of tier {nameless}", [fault])


@dataclass(frozen=True)
class Offers:
    """Places in homes as people of one kind see them: pair of places, home, kind of bed, who may use it, and what it costs.

    ``could``: two jurisdictions that do not admit one another fully could agree to.
    """

    o: np.ndarray
    d: np.ndarray
    minutes: np.ndarray
    supply: np.ndarray
    home: np.ndarray
    nursing: np.ndarray
    heavy: np.ndarray
    price: np.ndarray
    paid: np.ndarray
    admitted: np.ndarray
    could: np.ndarray

    def at(self, keep: np.ndarray) -> Offers:
        return Offers(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Market:
    """Need, beds and the pairs between them under the rules of ``data``.

    ``gates`` names jurisdictions between which full recognition could be agreed; the offers that this would open are kept,
    marked ``could``.
    """

    data: Data
    gates: frozenset[str] = frozenset()
    people: People = field(init=False)
    homes: Homes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", People(self.data))
        object.__setattr__(self, "homes", Homes(self.data, self.people))

    @property
    def groups(self) -> Groups:
        return self.people.groups

    @cached_property
    def near(self) -> dict[str, np.ndarray]:
        """Pairs of places within the time limit of each supply, whoever is admitted: o, d, minutes, supply."""
        times = self.data.product("times")
        parts: list[tuple[np.ndarray, ...]] = []
        pairs: dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        origins, destinations = np.unique(self.people.place), np.unique(self.homes.column("position"))
        for number, limit in enumerate(self.people.supplies["limit_min"]):
            if limit not in pairs:
                i, j, minutes = times.within(origins, destinations, limit)
                pairs[limit] = origins[i], destinations[j], minutes
            o, d, minutes = pairs[limit]
            parts.append((o, d, minutes, np.full(len(o), number)))
        return dict(zip(("o", "d", "minutes", "supply"), (np.concatenate(column) for column in zip(*parts, strict=True)), strict=True))

    @cached_property
    def offers(self) -> Offers:
        """Every place in a home within reach, for those in light and in heavy need."""
        o, d, minutes, supply = (self.near[name] for name in ("o", "d", "minutes", "supply"))
        homes, supplies = self.homes, len(self.people.supplies)
        pair, home = join(d * supplies + supply, homes.column("position") * supplies + homes.column("supply"))
        # Those in light need may use either kind of bed, those in heavy need a nursing bed.
        pair, home = np.tile(pair, 3), np.tile(home, 3)
        third = len(pair) // 3
        heavy = np.repeat([0, 0, 1], third)
        nursing = np.repeat([ORDINARY, NURSING, NURSING], third)
        keep = homes.by_kind[home, nursing] > 0 if not self.gates else np.ones(len(pair), dtype=bool)
        pair, home, heavy, nursing = pair[keep], home[keep], heavy[keep], nursing[keep]
        price, paid = self._prices(pair, home, heavy)
        return Offers(
            o[pair], d[pair], minutes[pair], supply[pair], home, nursing, heavy, price, paid, self.data.rule("recognised", o, d)[pair], self._could(o, d)[pair]
        )

    def _prices(self, pair: np.ndarray, home: np.ndarray, heavy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What people pay a month, and what each public purse pays [offer, part]."""
        data, homes, supplies = self.data, self.homes, self.people.supplies
        o, d, supply = self.near["o"], self.near["d"], self.near["supply"][pair]
        rule = {name: data.rule(name, o, d)[pair] for name in ("follows", "starred", "insured", "settled")}
        take = {
            name: supplies[name].to_numpy(dtype=float)[supply]
            for name in ("subsidy_cny_month", "insurance_cny_month", "medical_share", "nursing_fee_cny_month")
        }
        residential = supplies["residential"].to_numpy(dtype=bool)[supply]
        star = np.nan_to_num(homes.column("star"), nan=data.p["star_unknown"])[home]
        clinic = np.where(residential, np.nan_to_num(homes.column("clinic"), nan=data.p["clinic_unknown"])[home], 1.0)
        full = homes.column("price")[home] + heavy * take["nursing_fee_cny_month"]
        wanted = np.stack(
            [
                take["subsidy_cny_month"] * rule["follows"] + residential * data.p["star_cny"] * star * rule["starred"],
                heavy * take["insurance_cny_month"] * rule["insured"],
                full * take["medical_share"] * clinic * rule["settled"],
            ],
            axis=1,
        )
        before = np.cumsum(wanted, axis=1) - wanted
        paid = np.clip(full[:, None] - before, 0, wanted)
        return np.round(full - paid.sum(axis=1), CENTS), paid

    def _could(self, o: np.ndarray, d: np.ndarray) -> np.ndarray:
        home = self.data.places["jurisdiction"].to_numpy()
        members = list(self.gates)
        return np.isin(home[o], members) & np.isin(home[d], members) & (home[o] != home[d])

    def purse(self, groups: Groups) -> np.ndarray:
        """What each group can pay a month; a voucher adds to it."""
        return np.asarray(MEANS_CNY[groups.step] + groups.voucher * self.data.p["voucher_cny"])

    def arcs(self, offers: Offers, groups: Groups, affordable: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (group, offer) of people who could use an offer and can pay it (or, otherwise, cannot)."""
        supplies = len(self.people.supplies)
        group, offer = join((groups.place * supplies + groups.supply) * 2 + groups.heavy, (offers.o * supplies + offers.supply) * 2 + offers.heavy)
        keep = ((offers.price[offer] <= self.purse(groups)[group]) == affordable) & (groups.people[group] > 0)
        return group[keep], offer[keep]


def join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (position in left, position in right) with equal values, ordered by left, then right."""
    order = np.argsort(right, kind="stable")
    sorted_right = right[order]
    start, end = np.searchsorted(sorted_right, left, "left"), np.searchsorted(sorted_right, left, "right")
    count = end - start
    first = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
    return first, order[np.repeat(start, count) + offset]
