"""Elderly care: people in one city, beds in another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Column, Frame, Layer, Lever, Measure, Outcome, Param, Rule, Step, Table, proof_status
from xietong.core.errors import DataError, Fault
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.kernels.access import e2sfca
from xietong.kernels.allocation import allocate
from xietong.workstreams._measures import ratio
from xietong.workstreams._tables import CENSUS, POPULATION, YEAR

GRADES = ("moderate", "severe")
AGES = ("60-64", "65-79", "80+")
MEANS_CNY = np.array([1000, 1600, 2500, 4000, 6300, 10000])
"""Steps of what a person can spend a month; everyone is counted at the lower end of a step (geometric, ratio 1.6)."""

MIN_BEDS = 1.0
OTHERS = 0.99
"""What an outsider without a bed counts in a bloc's plan, beside 1 for its own residents."""
RESIDENT = T("居住地:老人", "resident: where the elder lives")
HOST = T("接收地:床位", "host: where the bed is")


def _mean(value: str, weight: str):  # type: ignore[no-untyped-def]
    def of(frame: Frame) -> float | None:
        total = frame[weight].sum()
        return float((frame[value].fillna(0) * frame[weight]).sum() / total) if total > 0 else None

    return of


NEED = ("census", "params.disabled_60", "params.disabled_65", "params.disabled_80", "params.severe_share", "params.seek_share")
MARKET = (
    *NEED, "beds", "rules.recognised", "rules.follows", "rules.insured", "times",
    *(f"params.{name}" for name in ("unknown_beds", "means_urban_cny", "means_rural_cny", "means_spread", "subsidy_cny", "insurance_cny", "limit_min", "price_weight")),
)  # fmt: skip
"""What an allocation rests on."""


class Care(Workstream):
    """Elderly care: who finds a bed that suits, is affordable and within reach, when the border is closed, as it is, or
    open. Need comes from the census by age and assumed rates of care grades; a row of beds that stands for a whole city is
    spread over its places like the people aged 60 and over. Everyone is allocated at once so that the fewest stay without
    a bed, then with little travel and at little cost, weighed against an even spread; the optimum is unique, and a cut proves
    that no allocation serves more. Access adds up to the same total whatever the border: only its distribution moves.
    It leaves out home and community care, staff, waiting over time, families' own wishes (people do not always take the
    place that a planner would give them) and occupancy limits of single homes.
    ---
    养老:在边界关闭、现行和开放三种情形下,谁能找到合适、负担得起、路程可及的床位。需求由普查年龄结构和假定的失能比例推算;以城市为单位的床位按60岁及以上
    人口分摊到各地点。所有人一次性统筹分配:先使得不到床位的人最少,再兼顾路程、费用与均衡;最优解唯一,并由割集证明没有任何分配能让更多人入住。可及性的区域总量不随边界变化,变化的只是各地之间的分布。未考虑居家与社区养老、
    护理人员、排队等待、家庭意愿(人们未必接受规划者的安排)以及单个机构的入住限制。
    """

    title = T("养老", "Elderly care")
    target = "unserved"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (3e8, 1e10)
    needs = ("times",)
    tables = {
        "population": POPULATION,
        "census": CENSUS,
        "beds": Table(
            T("养老床位", "Care beds"),
            ("area", "tier"),
            {
                "area": Column(T("所在地", "area"), "area"),
                "tier": Column(T("档次", "price tier"), "text", examples=("basic", "standard")),
                "beds": Column(T("床位", "beds"), unit="beds", low=0, high=1e7, optional=True, examples=(900, 400, 1500, 700)),
                "price_cny_month": Column(T("月费", "price a month"), unit="cny/month", low=0, high=1e6, optional=True, examples=(2200, 4000)),
                "year": YEAR,
            },
        ),
    }
    rules = {
        "recognised": Rule(T("评估结果与证明互认(向对方开放的床位比例)", "grades recognised (share of beds open to the other side)"), "share", 0, 1),
        "follows": Rule(T("补贴随人走(异地仍发放的比例)", "subsidy follows the person (share still paid)"), "share", 0, 1),
        "insured": Rule(T("长期护理保险异地支付比例", "long-term-care insurance paid across the border (share)"), "share", 0, 1),
    }
    params = {
        "disabled_60": Param(T("60–64岁中度及以上失能率", "moderate or worse disability, 60-64"), "share", 0.02, 0.012, 0.03, "assumption"),
        "disabled_65": Param(T("65–79岁中度及以上失能率", "moderate or worse disability, 65-79"), "share", 0.06, 0.04, 0.08, "assumption"),
        "disabled_80": Param(T("80岁及以上中度及以上失能率", "moderate or worse disability, 80+"), "share", 0.25, 0.18, 0.32, "assumption"),
        "severe_share": Param(T("其中重度及完全失能的比例", "of these severe or total"), "share", 0.4, 0.3, 0.5, "assumption"),
        "seek_share": Param(T("其中寻求机构床位的比例", "of these looking for a bed in a home"), "share", 0.33, 0.25, 0.42, "assumption"),
        "unknown_beds": Param(T("床位数未知之处的床位率", "beds where their number is unknown"), "beds per 1,000 aged 60+", 20, 13, 27, "elderly_report_2026"),
        "means_urban_cny": Param(T("城镇老人月可支付额中位数", "median monthly means, urban"), "cny/month", 4200, 3500, 5000, "assumption"),
        "means_rural_cny": Param(T("农村老人月可支付额中位数", "median monthly means, rural"), "cny/month", 1700, 1300, 2200, "assumption"),
        "means_spread": Param(T("支付能力离散度(对数标准差)", "spread of means (log standard deviation)"), "ratio", 0.5, 0.4, 0.6, "assumption"),
        "subsidy_cny": Param(T("户籍地每月补贴", "home subsidy a month"), "cny/month", 600, 300, 1000, "assumption"),
        "insurance_cny": Param(T("长护险每月支付(重度)", "long-term-care insurance a month (severe)"), "cny/month", 1200, 800, 1800, "assumption"),
        "limit_min": Param(T("可接受的单程时间", "longest acceptable trip"), "min", 90, 60, 120, "assumption"),
        "price_weight": Param(T("每千元月费相当的路程", "travel that CNY 1,000 a month is worth"), "min/1000 cny", 10, 5, 20, "assumption"),
        "bed_cost_months": Param(T("每张床位建设成本(月费的倍数)", "cost of a bed, in months of its price"), "ratio", 40, 30, 60, "assumption"),
        "pact_cny": Param(T("两地互认的建设成本(每个方向)", "cost of recognition, per direction"), "cny", 2e7, 1e7, 4e7, "assumption"),
        "worth_cny": Param(T("多服务一人的价值", "worth of one more person served"), "cny/person", 200000, 100000, 300000, "assumption"),
    }
    measures = {
        "unserved": Measure(
            T("没有合适床位的老人", "People without a suitable bed"), "people", "people", "place", RESIDENT, lambda f: f["unserved"].sum(min_count=1), "lower", MARKET,
        ),
        "unserved_share": Measure(T("其占需求的比例", "As a share of those in need"), "share", "people", "place", RESIDENT, ratio("unserved", "need"), "lower", MARKET),
        "access": Measure(
            T("床位可及性(E2SFCA)", "Access to beds (E2SFCA)"), "beds per 1,000", "people", "place", RESIDENT, _mean("access", "need"), "higher",
            (*NEED, "beds", "rules.recognised", "params.unknown_beds", "params.limit_min", "times"),
        ),
        "minutes": Measure(T("平均路程", "Mean trip"), "min", "flows", "origin", RESIDENT, _mean("minutes", "people"), "lower", MARKET),
        "price": Measure(T("平均自付月费", "Mean price paid"), "cny/month", "flows", "origin", RESIDENT, _mean("price_cny", "people"), "lower", MARKET),
        "use": Measure(T("床位使用率", "Use of beds"), "share", "homes", "place", HOST, ratio("used", "beds"), "higher", MARKET),
        "crossing": Measure(T("到其他辖区入住的老人", "People placed in another jurisdiction"), "people", "flows", "origin", RESIDENT, lambda f: f["people"][f["crosses"]].sum(), "neutral", MARKET),
    }  # fmt: skip
    layers = {
        "unserved_share": Layer(T("没有合适床位的比例", "Share without a suitable bed"), "people", "area", "unserved_share", "share", "lower", weight="need"),
        "access": Layer(T("床位可及性", "Access to beds"), "people", "area", "access", "beds per 1,000", "higher", weight="need"),
        "beds": Layer(T("床位", "Beds"), "homes", "point", "beds", "beds", "higher"),
        "flows": Layer(T("异地入住", "Placements across the border"), "crossings", "flow", "people", "people"),
    }
    levers = {
        "beds": Lever(T("新增床位", "New beds"), "beds.beds", "add", "beds"),
        "pact": Lever(T("两地互认", "Mutual recognition"), "rules.recognised", "set", "share"),
    }

    def solve(self, data: Data) -> Outcome:
        market = Market(data)
        found = allocate(market.need, market.capacity, market.i, market.j, market.cost_min, data.tick)
        status = "proved" if found.proved else proof_status(float(found.unserved.sum()), found.bound)
        return Outcome(market.tables(found.flow, found.unserved), status, found.bound, market.notes)

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.models.expansion import Expansion, Gate, expand

        market = Market(data, gates=bloc if data.regime == "current" else frozenset(), coarse=True)
        own = np.isin(data.places["jurisdiction"].to_numpy(), list(bloc))
        # A bloc builds on its own ground and recognises its own members' papers; it minds its own residents first.
        build_cost = market.bed_price * data.p["bed_cost_months"]
        gates = [Gate(arcs, data.p["pact_cny"]) for arcs in market.gated.values()]

        def plan_for(others: float) -> Expansion:
            weight = np.where(own[market.demand_place], 1.0, others)
            cost = np.where(own[market.bed_place], build_cost, np.inf)
            return expand(
                market.need, market.capacity, market.i, market.j, market.cost_min, weight, market.bed_node, cost, market.taste, gates, budget_cny, data.tick
            )

        # Beds serve whoever comes: a bloc plans with the allocation as it is, in which its own residents have no precedence.
        plan = plan_for(OTHERS)
        # What it could reach at best is a bound in which outsiders do not count at all.
        best = plan.bound if own.all() else plan_for(0.0).bound
        steps = [
            Step("pact", pair, self.rules["recognised"].open, data.p["pact_cny"], pair[0])
            for pair, chosen in zip(market.gated, plan.gates, strict=True)
            if chosen
        ]
        for bed in np.flatnonzero(np.floor(plan.added + 1e-6) >= MIN_BEDS):
            beds, place = float(np.floor(plan.added[bed] + 1e-6)), market.bed_place[bed]
            key = (data.places["place"].iloc[place], market.bed_tier[bed])
            steps.append(Step("beds", key, beds, beds * build_cost[bed], data.places["jurisdiction"].iloc[place]))
        people = self.solve(data.apply(steps)).tables["people"]
        objective = float(people["unserved"][own[data.areas.positions(people["place"])]].sum())
        return Choice(tuple(steps), objective, proof_status(objective, best), best)


@dataclass(frozen=True)
class Market:
    """Need, beds and the pairs between them. People who can use exactly the same beds on the same terms are one node.

    Where only a share of a place's beds is open to outsiders, its beds are split into layers, innermost for all: a layer
    is open to whoever is admitted to at least that share. ``gates`` names jurisdictions between which full recognition
    could be agreed: the pairs that this would open are in ``gated`` and belong to the problem of ``choose`` only.
    ``coarse`` merges people who can use the same beds at whatever price: who is served does not depend on it.
    """

    data: Data
    gates: frozenset[str] = frozenset()
    coarse: bool = False

    # -- people --------------------------------------------------------------------------------------------------------

    @cached_property
    def needs(self) -> Frame:
        """People looking for a bed by place, age group and care grade."""
        census, p = self.data["census"], self.data.p
        over60, over65, over80 = (census[name].to_numpy() for name in ("pop_60_plus", "pop_65_plus", "pop_80_plus"))
        known = ~np.isnan(over65) & ~np.isnan(over80)
        # Where the oldest are not counted apart, they are taken to be as many among the 65+ as elsewhere in the region.
        over65 = np.where(np.isnan(over65), over60 * np.nansum(over65[known]) / max(np.nansum(over60[known]), 1), over65)
        over80 = np.where(np.isnan(over80), over65 * np.nansum(over80[known]) / max(np.nansum(over65[known]), 1), over80)
        people = np.stack([over60 - over65, over65 - over80, over80]).clip(0)
        disabled = people * np.array([p["disabled_60"], p["disabled_65"], p["disabled_80"]])[:, None] * p["seek_share"]
        by_grade = np.stack([disabled * (1 - p["severe_share"]), disabled * p["severe_share"]], axis=-1)
        age, place, grade = np.indices(by_grade.shape)
        import pandas as pd

        return pd.DataFrame(
            {
                "place": census["area"].to_numpy()[place.ravel()],
                "age_group": np.array(AGES)[age.ravel()],
                "grade": np.array(GRADES)[grade.ravel()],
                "need": by_grade.ravel(),
            }
        )

    @cached_property
    def _demand(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Place (position), grade, means and number of people of every group, before groups are merged."""
        census, p = self.data["census"], self.data.p
        place = self.data.areas.positions(census["area"])
        by_grade = self.needs.groupby(["place", "grade"], sort=False)["need"].sum().unstack().loc[census["area"], list(GRADES)].to_numpy()
        urban = census["urban_share"].to_numpy()
        urban = np.where(np.isnan(urban), np.nansum(urban * by_grade.sum(1)) / by_grade.sum(1)[~np.isnan(urban)].sum(), urban)
        rich, poor = (_lognormal_steps(p[name], p["means_spread"]) for name in ("means_urban_cny", "means_rural_cny"))
        shares = urban[:, None] * rich + (1 - urban)[:, None] * poor
        people = by_grade[:, :, None] * shares[:, None, :]
        row, grade, step = np.indices(people.shape)
        return place[row.ravel()], grade.ravel(), step.ravel(), people.ravel()

    # -- beds ----------------------------------------------------------------------------------------------------------

    @cached_property
    def _beds(self) -> Frame:
        """Beds by place (position) and tier, with their price; rows of larger areas spread like the people aged 60+."""
        import pandas as pd

        data = self.data
        areas, table = data.areas, data["beds"]
        elders = np.zeros(len(areas.places))
        elders[areas.positions(data["census"]["area"])] = data["census"]["pop_60_plus"].to_numpy()
        tiers = table["tier"].to_numpy()
        price = _inherited_price(table, areas)
        listed = table.loc[table["beds"].notna() & table["price_cny_month"].notna()]
        mix = listed.groupby("tier")["beds"].sum()
        if np.isnan(price).any():
            nameless = ", ".join(sorted({str(tier) for tier, one in zip(tiers, price, strict=True) if np.isnan(one)}))
            raise DataError(
                f"no price is known for any bed of tier {nameless}",
                [Fault("price_cny_month is empty in every row of the tier", "Give at least one price.", "beds.csv", None, "price_cny_month")],
            )
        parts = []
        for row, (area, beds) in enumerate(zip(table["area"], table["beds"], strict=True)):
            places = data.leaves(area)
            weight = elders[places]
            if np.isnan(beds):
                share = mix.get(tiers[row], 0.0) / mix.sum() if mix.sum() > 0 else 1 / len(np.unique(tiers))
                beds = data.p["unknown_beds"] * weight.sum() / 1000 * share
            share = weight / weight.sum() if weight.sum() > 0 else np.full(len(places), 1 / len(places))
            parts.append((places, np.full(len(places), row), beds * share))
        place, row, beds = (np.concatenate(column) for column in zip(*parts, strict=True))
        frame = pd.DataFrame({"position": place, "tier": tiers[row], "beds": beds, "worth": beds * price[row], "price": price[row]})
        frame = frame.groupby(["position", "tier"], as_index=False).agg(beds=("beds", "sum"), worth=("worth", "sum"), price=("price", "mean"))
        return frame.assign(price=np.where(frame["beds"] > 0, frame["worth"] / frame["beds"].clip(lower=1e-9), frame["price"]))

    @cached_property
    def bed_place(self) -> np.ndarray:
        return self._beds["position"].to_numpy()

    @cached_property
    def bed_tier(self) -> np.ndarray:
        return self._beds["tier"].to_numpy(dtype=object)

    @cached_property
    def bed_price(self) -> np.ndarray:
        return self._beds["price"].to_numpy()

    # -- pairs ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _near(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of places within the time limit: origin and destination (positions) and minutes."""
        origins, destinations = np.unique(self._demand[0]), np.unique(self.bed_place)
        i, j, minutes = self.data.product("times").within(origins, destinations, self.data.p["limit_min"])
        return origins[i], destinations[j], minutes

    @cached_property
    def _arcs(self) -> dict[str, np.ndarray]:
        """Every group of people x bed that it can reach and pay, with the share of those beds that is open to it."""
        data, p = self.data, self.data.p
        o, d, minutes = self._near
        admitted = data.rule("recognised", o, d)
        could = self._could_open(o, d)
        keep = (admitted > 0) | could
        o, d, minutes, admitted, could = o[keep], d[keep], minutes[keep], admitted[keep], could[keep]
        follows, insured = data.rule("follows", o, d), data.rule("insured", o, d)
        pair, bed = _join(d, self.bed_place)
        # Price by pair of places and bed, for either grade; then who of each means can pay it.
        base = self.bed_price[bed] - p["subsidy_cny"] * follows[pair]
        place, grade, step, people = self._demand
        groups, pair_of = _join(place, o[pair])
        price = np.maximum(base[pair_of] - (grade[groups] == 1) * p["insurance_cny"] * insured[pair[pair_of]], 0.0)
        pays = (price <= MEANS_CNY[step[groups]]) & (people[groups] > 0)
        groups, pair_of, price = groups[pays], pair_of[pays], price[pays]
        at = pair[pair_of]
        return {
            "group": groups,
            "bed": bed[pair_of],
            "minutes": minutes[at],
            "price": price,
            "admitted": admitted[at],
            "could": could[at],
            "o": o[at],
            "d": d[at],
        }

    def _could_open(self, o: np.ndarray, d: np.ndarray) -> np.ndarray:
        home = self.data.places["jurisdiction"].to_numpy()
        members = list(self.gates)
        return np.isin(home[o], members) & np.isin(home[d], members) & (home[o] != home[d])

    @cached_property
    def _nodes(self) -> dict[str, np.ndarray]:
        """Merged groups, layered beds and the pairs between them."""
        arcs = self._arcs
        price = np.zeros_like(arcs["price"]) if self.coarse else arcs["price"]
        group = _merge_groups(arcs["group"], arcs["bed"], price, len(self._demand[3]), self._demand[0])
        node_of, first = group
        keep = first[arcs["group"]]
        arcs = {name: values[keep] for name, values in arcs.items()}
        # The levels of a bed: every share that is open to someone who could come, and all of it (to those at home).
        beds = len(self.bed_place)
        shares, rank = np.unique(np.append(arcs["admitted"], 1.0), return_inverse=True)
        some = arcs["admitted"] > 0
        nodes = np.unique(np.concatenate([arcs["bed"][some] * len(shares) + rank[:-1][some], np.arange(beds) * len(shares) + rank[-1]]))
        bed, level = nodes // len(shares), shares[nodes % len(shares)]
        start = np.searchsorted(bed, np.arange(beds))
        before = np.where(np.diff(bed, prepend=-1) > 0, 0.0, np.concatenate([[0.0], level[:-1]]))
        opened = np.searchsorted(bed + level / 2, arcs["bed"] + arcs["admitted"] / 2, side="right") - start[arcs["bed"]]
        reach = np.where(arcs["could"], np.bincount(bed, minlength=beds)[arcs["bed"]], opened)
        arc = np.repeat(np.arange(len(reach)), reach)
        layer = np.arange(len(arc)) - np.repeat(np.cumsum(reach) - reach, reach)
        return {
            **{name: values[arc] for name, values in arcs.items()},
            "gated": layer >= opened[arc], "i": node_of[arcs["group"][arc]], "j": start[arcs["bed"][arc]] + layer, "node_of": node_of,
            "start": start, "capacity": self._beds["beds"].to_numpy()[bed] * (level - before),
        }  # fmt: skip

    @property
    def i(self) -> np.ndarray:
        return self._nodes["i"]

    @property
    def j(self) -> np.ndarray:
        return self._nodes["j"]

    @cached_property
    def cost_min(self) -> np.ndarray:
        """What a pair costs, in minutes: the trip, and the price paid at ``price_weight``."""
        if self.coarse:
            return self._nodes["minutes"]
        return self._nodes["minutes"] + self._nodes["price"] / 1000 * self.data.p["price_weight"]

    @cached_property
    def need(self) -> np.ndarray:
        """People per merged node."""
        return np.bincount(self._nodes["node_of"], weights=self._demand[3])

    @cached_property
    def demand_place(self) -> np.ndarray:
        """Place (position) of each merged node."""
        place = np.zeros(len(self.need), dtype=np.intp)
        place[self._nodes["node_of"]] = self._demand[0]
        return place

    @cached_property
    def capacity(self) -> np.ndarray:
        return self._nodes["capacity"]

    @cached_property
    def bed_node(self) -> np.ndarray:
        """The node that new beds join: the innermost layer, open to everyone admitted at all."""
        return self._nodes["start"]

    @cached_property
    def gated(self) -> dict[tuple[str, str], np.ndarray]:
        """For each ordered pair of jurisdictions that could agree on recognition, the pairs (positions) it would open."""
        home = self.data.places["jurisdiction"].to_numpy()
        found: dict[tuple[str, str], np.ndarray] = {}
        at = np.flatnonzero(self._nodes["gated"])
        origin, destination = home[self._nodes["o"][at]], home[self._nodes["d"][at]]
        for one in sorted(self.gates):
            for other in sorted(self.gates):
                arcs = at[(origin == one) & (destination == other)]
                if len(arcs):
                    found[one, other] = arcs
        return found

    @property
    def taste(self) -> np.ndarray:
        """A number in [0, 1) for each bed that depends on where it stands and what it costs, not on names or the order of
        rows: it settles ties between plans that serve equally many at equal cost."""
        places = self.data.places
        at = places["lon"].to_numpy()[self.bed_place] * 12.9898 + places["lat"].to_numpy()[self.bed_place] * 78.233 + self.bed_price * 0.0137
        return np.asarray(np.modf(np.abs(np.sin(at)) * 43758.5453)[0])

    @property
    def notes(self) -> tuple[T, ...]:
        """What was left out: places without a census row."""
        missing = len(self.data.places) - len(np.unique(self._demand[0]))
        return (T(f"{missing}个地点没有普查数据,未计入。", f"{missing} places have no census row and are left out."),) if missing else ()

    # -- tables --------------------------------------------------------------------------------------------------------

    @cached_property
    def access(self) -> np.ndarray:
        """Beds per 1,000 people in need by place (position): E2SFCA, Gaussian decay, the share of beds open to them."""
        o, d, minutes = self._near
        limit = self.data.p["limit_min"]
        decay = (np.exp(-0.5 * (minutes / (limit / 2)) ** 2) - np.exp(-2)) / (1 - np.exp(-2))
        places = len(self.data.places)
        need = np.bincount(self._demand[0], weights=self._demand[3], minlength=places)
        beds = np.bincount(self.bed_place, weights=self._beds["beds"], minlength=places)
        return 1000 * e2sfca(need, beds, o, d, np.clip(decay, 0, 1) * self.data.rule("recognised", o, d))

    def tables(self, flow: np.ndarray, unserved: np.ndarray) -> dict[str, Frame]:
        """People by place, homes by place and tier, flows between places, and those that cross a border."""
        import pandas as pd

        names, n = self.data.places["place"].to_numpy(), len(self.data.places)
        home = self.data.places["jurisdiction"].to_numpy()
        need = np.bincount(self.demand_place, weights=self.need, minlength=n)
        left = np.bincount(self.demand_place, weights=unserved, minlength=n)
        counted = np.zeros(n, dtype=bool)
        counted[self._demand[0]] = True
        need, left, access = (np.where(counted, one, np.nan) for one in (need, left, self.access))  # not counted is unknown, not nobody
        people = pd.DataFrame({"place": names, "need": need, "unserved": left, "unserved_share": left / np.where(need > 0, need, np.nan), "access": access})
        used = np.bincount(self._nodes["bed"], weights=flow, minlength=len(self.bed_place))
        homes = self._beds.assign(place=names[self.bed_place], used=used)[["place", "tier", "beds", "used", "price"]]
        o, d = self._nodes["o"], self._nodes["d"]
        pair, at = np.unique(o * n + d, return_inverse=True)
        total = np.bincount(at, weights=flow, minlength=len(pair))
        mean = {name: np.bincount(at, weights=flow * self._nodes[name], minlength=len(pair)) for name in ("minutes", "price")}
        keep = total > 1e-6
        origin, destination, total = pair[keep] // n, pair[keep] % n, total[keep]
        flows = pd.DataFrame(
            {
                "origin": names[origin], "destination": names[destination], "people": total, "minutes": mean["minutes"][keep] / total,
                "price_cny": mean["price"][keep] / total, "crosses": home[origin] != home[destination],
            }
        )  # fmt: skip
        return {"people": people, "needs": self.needs, "homes": homes, "flows": flows, "crossings": flows[flows["crosses"]]}


def _lognormal_steps(median: float, spread: float) -> np.ndarray:
    """Shares of people whose means lie in each step of MEANS_CNY; those below the first step belong to none of them."""
    from scipy.special import ndtr

    above = ndtr((np.log(median) - np.log(MEANS_CNY)) / spread)
    shares = above - np.append(above[1:], 0.0)
    shares[0] += 1 - above[0]  # the poorest are counted at the first step's means: they still need a bed
    return np.asarray(shares)


def _inherited_price(table: Frame, areas) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Prices; where one is unknown, that of the same tier in the nearest larger area, else the tier's mean."""
    known = {(area, tier): price for area, tier, price in zip(table["area"], table["tier"], table["price_cny_month"], strict=True) if price == price}
    mean = table.groupby("tier")["price_cny_month"].mean()
    prices = []
    for area, tier in zip(table["area"], table["tier"], strict=True):
        at = area
        while (at, tier) not in known and at in areas and areas.by_id[at].parent:
            at = areas.by_id[at].parent
        prices.append(known.get((at, tier), mean[tier]))
    return np.array(prices, dtype=float)


def _join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (position in left, position in right) with equal values, ordered by left, then right."""
    order = np.argsort(right, kind="stable")
    sorted_right = right[order]
    start, end = np.searchsorted(sorted_right, left, "left"), np.searchsorted(sorted_right, left, "right")
    count = end - start
    first = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
    return first, order[np.repeat(start, count) + offset]


def _merge_groups(group: np.ndarray, bed: np.ndarray, price: np.ndarray, n: int, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups of one place that can use the same beds at the same prices become one node.

    Returns the node of each group, and which groups stand for their node.
    """
    # A commutative hash of each group's terms: equal terms give equal sums, unequal ones differ with near certainty.
    terms = (bed.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) ^ np.round(price * 100).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    terms ^= terms >> np.uint64(29)
    terms *= np.uint64(0xBF58476D1CE4E5B9)
    terms ^= terms >> np.uint64(32)
    sums = np.zeros(n, dtype=np.uint64)
    np.add.at(sums, group, terms)
    keys = (sums ^ (sums >> np.uint64(31))) * np.uint64(0x94D049BB133111EB) + place.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _, first, node = np.unique(keys, return_index=True, return_inverse=True)
    stands = np.zeros(n, dtype=bool)
    stands[first] = True
    return node.reshape(-1), stands
