"""Elderly care counted again from the raw tables, in plain Python and a linear program that share nothing with the engine."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

from xietong.core.region import Region

MEANS = [1000, 1600, 2500, 4000, 6300, 10000]
AGES = {"60-64": ("pop_60_plus", "pop_65_plus"), "65-79": ("pop_65_plus", "pop_80_plus"), "80+": ("pop_80_plus", None)}
RULES = ("recognised", "follows", "starred", "insured", "settled", "certified")

Home = tuple[str, str, str]


class Oracle:
    """One region under one regime: ``current`` gives each rule's value across the border, ``pilot`` single pairs of recognition."""

    def __init__(self, region: Region, regime: str, current: dict[str, float], pilot: dict[tuple[str, str], float] | None = None) -> None:
        self.region, self.regime, self.current, self.pilot = region, regime, current, pilot or {}
        self.p = {name: param.value for name, param in region.params(region.catalogue["care"]).items()}
        self.supplies = {row["supply"]: row for row in self.rows("supplies")}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.region.table(table).to_dict("records")

    def rule(self, name: str, origin: str, destination: str) -> float:
        home = self.region.areas.jurisdiction
        if self.regime == "open" or home(origin) == home(destination):
            return 1.0
        if self.regime == "closed":
            return 0.0
        return self.pilot.get((origin, destination), self.current[name]) if name == "recognised" else self.current[name]

    def minutes(self, origin: str, destination: str) -> float:
        """The road model by the haversine formula."""
        a, b = self.region.areas.by_id[origin], self.region.areas.by_id[destination]
        p = {name: param.value for name, param in self.region.params(self.region.catalogue["road"]).items()}
        lat1, lat2, dlon = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
        h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
        km = 2 * 6371.0088 * math.asin(math.sqrt(h)) if origin != destination else 2 / 3 * math.sqrt(a.area_km2 / math.pi)
        return p["start_min"] + km * p["detour"] / p["speed_kmh"] * 60

    # -- people ---------------------------------------------------------------------------------------------------------

    def people(self) -> dict[tuple[str, str, str, int], float]:
        """People by place, supply, class and step of means."""
        rates = {(row["age_group"], row["grade"]): row["share"] for row in self.rows("care_rates")}
        settings = {(row["grade"], row["supply"]): row["share"] for row in self.rows("care_settings")}
        medians = {row["area"]: (row["urban_cny_month"], row["rural_cny_month"]) for row in self.rows("means")}
        found: dict[tuple[str, str, str, int], float] = defaultdict(float)
        for row in self.rows("census"):
            urban, rural = medians.get(row["area"], (self.p["means_urban_cny"], self.p["means_rural_cny"]))
            for (age, grade), rate in rates.items():
                upper, lower = AGES[age]
                count = (row[upper] - (row[lower] if lower else 0)) * rate
                for supply in self.supplies:
                    for step in range(6):
                        share = sum(
                            weight * ((1.0 if step == 0 else self.above(median, step)) - self.above(median, step + 1))
                            for weight, median in ((row["urban_share"], urban), (1 - row["urban_share"], rural))
                        )
                        grade_class = "heavy" if grade in ("severe", "total") else "light"
                        found[row["area"], supply, grade_class, step] += count * settings.get((grade, supply), 0.0) * share
        return found

    def above(self, median: float, step: int) -> float:
        """Share of people whose means reach a step."""
        return 0.5 * (1 + math.erf(math.log(median / MEANS[step]) / self.p["means_spread"] / math.sqrt(2))) if step < 6 else 0.0

    # -- homes ----------------------------------------------------------------------------------------------------------

    def beds(self, added: dict[Home, float], converted: dict[Home, float], trained: dict[tuple[Home, str], float]) -> dict[tuple[Home, str], float]:
        """Beds with carers by home and kind."""
        found = {}
        for row in self.rows("homes"):
            home, supply = (row["area"], row["supply"], row["tier"]), self.supplies[row["supply"]]
            share = {"ordinary": supply["residents_per_carer"], "nursing": supply["residents_per_nurse"]}
            nursing = row["nursing"] if row["nursing"] == row["nursing"] else supply["nursing_share"] * row["beds"]
            nursing = min(nursing, row["beds"])
            kinds = {"ordinary": row["beds"] - nursing, "nursing": nursing}
            foreign = [one for one in self.rows("workforce") if one["area"] == row["area"]]
            counts = 1 - sum(one["share"] * (1 - self.rule("certified", one["origin"], row["area"])) for one in foreign)
            kinds["ordinary"], plain = kinds["ordinary"] + added.get(home, 0) - converted.get(home, 0), dict(kinds)
            kinds["nursing"] += converted.get(home, 0)
            for kind, column, skill in (("ordinary", "carers", "general"), ("nursing", "nurses", "nursing")):
                known = row[column]
                carers = known if known == known else self.p["staffed"] * plain[kind] / share[kind]
                found[home, kind] = min(kinds[kind], (carers * counts + trained.get((home, skill), 0)) * share[kind])
        return found

    def price(self, origin: str, row: dict[str, Any], heavy: bool) -> float:
        supply, there = self.supplies[row["supply"]], row["area"]
        star = row["star"] if row["star"] == row["star"] else self.p["star_unknown"]
        clinic = 1.0 if not supply["residential"] else row["clinic_share"] if row["clinic_share"] == row["clinic_share"] else self.p["clinic_unknown"]
        full = row["price_cny_month"] + (supply["nursing_fee_cny_month"] if heavy else 0)
        paid = supply["subsidy_cny_month"] * self.rule("follows", origin, there)
        paid += (self.p["star_cny"] * star if supply["residential"] else 0) * self.rule("starred", origin, there)
        paid += (supply["insurance_cny_month"] if heavy else 0) * self.rule("insured", origin, there)
        paid += full * supply["medical_share"] * clinic * self.rule("settled", origin, there)
        return max(full - paid, 0.0)

    # -- the answer -----------------------------------------------------------------------------------------------------

    def least_unserved(
        self,
        added: dict[Home, float] | None = None,
        converted: dict[Home, float] | None = None,
        trained: dict[tuple[Home, str], float] | None = None,
        vouchers: dict[tuple[str, str, str, str], float] | None = None,
    ) -> float:
        """The fewest people that any allocation leaves out, by linear programming over single groups and beds."""
        people: dict[Any, float] = {(*key, 0.0): count for key, count in self.people().items()}
        for (place, supply, grade, means), count in (vouchers or {}).items():
            plain = (place, supply, grade, MEANS.index(int(means)), 0.0)
            held = min(count, people[plain])
            people[plain] -= held
            people[(*plain[:4], self.p["voucher_cny"])] = held
        beds = self.beds(added or {}, converted or {}, trained or {})
        homes = {(row["area"], row["supply"], row["tier"]): row for row in self.rows("homes")}
        arcs = []
        for group in people:
            place, supply, grade, step, extra = group
            for home, row in homes.items():
                if home[1] != supply or self.minutes(place, home[0]) > self.supplies[supply]["limit_min"]:
                    continue
                admitted = self.rule("recognised", place, home[0])
                if admitted == 0 or self.price(place, row, grade == "heavy") > MEANS[step] + extra:
                    continue
                arcs += [(group, (home, kind), admitted) for kind in (("nursing",) if grade == "heavy" else ("ordinary", "nursing"))]
        limits: dict[object, tuple[float, list[int]]] = {group: (count, []) for group, count in people.items()}
        levels = {one for *_, one in arcs}
        for number, (group, bed, admitted) in enumerate(arcs):
            limits[group][1].append(number)
            for level in levels:
                if admitted <= level:
                    limits.setdefault((bed, level), (beds[bed] * level, []))[1].append(number)
        rows, bounds = lil_matrix((len(limits), len(arcs))), []
        for row, (bound, members) in enumerate(limits.values()):
            rows[row, members] = 1
            bounds.append(bound)
        served = -linprog(-np.ones(len(arcs)), A_ub=rows.tocsr(), b_ub=bounds).fun
        return sum(people.values()) - served
