"""Clean air: whoever emits and whoever breathes are seldom in one jurisdiction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Frame, Layer, Lever, Measure, Outcome, Param, Rule, Step, proof_status
from xietong.core.errors import UsageError
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.kernels.covering import cover
from xietong.kernels.puff import centre_and_spread, least, puff
from xietong.kernels.runs import run_levels
from xietong.kernels.sphere import great_circle_km, unit_vectors
from xietong.workstreams.air.tables import POLLUTANTS, TABLES

WIDTHS_KM = (5.0, 500.0)
EDGE = 1e-3
"""ug/m3: what counts as at the limit. Far sources matter by less than this, and would make plans ill-conditioned."""

ROUNDING = 1e-6

RECEPTOR = T("受体地:呼吸空气的人所在地", "receptor: where the air is breathed")
PAYER = T("付费方:排放源所在辖区", "payer: the jurisdiction of the source")
SOURCE = T("排放地:污染源所在地", "source: where it is emitted")


def _sum(column: str) -> Callable[[Frame], float | None]:
    return lambda frame: float(frame[column].sum())


def _people_mean(frame: Frame) -> float | None:
    total = frame["pop"].sum()
    return float((frame["pm25"] * frame["pop"]).sum() / total) if total > 0 else None


def _misfit(frame: Frame) -> float:
    return float(np.sqrt(((frame["modelled"] - (frame["low"] + frame["high"]) / 2) ** 2).mean()))


SPREAD = ("emissions", "source_shares", "population", "params.outside_share", "params.reach", "params.yield_so2", "params.yield_nox", "params.yield_voc")
AIR = (
    *SPREAD,
    "stations",
    "episode",
    "iaqi",
    "air_controls",
    "retrofits",
    "alert_levels",
    "alert_conditions",
    "params.limit_iaqi",
    "params.rise",
    "rules.acts_jointly",
    "rules.common_alert",
)
COST = (*AIR, "params.cost_scale", "params.rise")


class Air(Workstream):
    """Clean air over an observed episode of fine particles (PM2.5): who cuts what, at what cost, and who breathes cleaner
    air. Cities emit and receive. Each day's observed city mean is split into a part from outside the region and parts by
    city and sector, in proportion to emissions (gases counted by an assumed yield of particles) and to a Gaussian puff
    kernel, the same in all directions, whose one width is calibrated on published local shares (the misfit is a measure).
    A cut removes its part of that day's value; without cuts the observations are reproduced exactly. The limit is the
    concentration at a given index under the air-quality standard of the day that is asked about. Jurisdictions that decide
    together take the least-cost cuts that bring every city-day that they can below the limit; one alone does so for its own
    cities and counts on nobody else. Under a common alert each first cuts what the level prescribes, counts on the others
    doing so, and then plans for its own cities; the worst city of those who share the alert calls it, from the observed
    index (retrofits do not lower it). Those who all decide together plan freely, without an alert. A plan
    buys lasting retrofits. It leaves out wind and weather of the day, chemistry (linear, no ammonia or ozone, other
    pollutants), delay between days, forecasts that err, and whatever a retrofit does on other days.
    ---
    清洁空气:在一次实测的细颗粒物(PM2.5)污染过程中,谁减排、花费多少、谁的空气变好。城市既是源也是受体。每日城市均值按排放量(气态前体物按假定的生成率折算)
    和各向同性的高斯烟团核,拆分为区域外部分与各城市各部门的贡献;烟团宽度只有一个参数,按公布的本地贡献率校准,其误差作为指标列出。减排即去掉相应份额;不减排时
    严格再现实测值。限值为所问日期适用的空气质量指数标准下给定指数对应的浓度。共同决策的辖区以最低成本使所有能够达标的“城市·天”达标;单独决策者只顾本地城市,不
    指望他人。加入统一预警者先按预警级别规定的比例减排,并可指望他方同样减排,再为本地城市补足;级别由共享预警的城市中最差者的实测指数决定(改造不会降低级别)。
    全体共同决策时不再套用预警比例。方案购买长期改造。未考虑当日风和
    天气、化学非线性(氨、臭氧及其他污染物)、跨日滞后、预报误差,以及改造在其他日子的效果。
    """

    title = T("大气联防联控", "Clean air")
    target = "over_days"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (5e9, 2e10)
    tables = TABLES
    rules = {
        "acts_jointly": Rule(T("共同制定减排措施", "measures chosen together"), "flag", 0, 1),
        "common_alert": Rule(T("统一预警分级与减排比例", "one grading of alerts and cuts"), "flag", 0, 1),
    }
    params = {
        "limit_iaqi": Param(T("限值(分指数)", "limit (index)"), "", 100, 100, 100, "assumption"),
        "outside_share": Param(T("来自区域外的比例", "share from outside the region"), "share", 0.25, 0.13, 0.45, "assumption"),
        "reach": Param(T("烟团宽度(相对校准值)", "width of the puff against the calibrated one"), "ratio", 1, 0.7, 3, "assumption"),
        "yield_so2": Param(T("二氧化硫的颗粒物生成率", "particles a tonne of SO2 yields"), "ratio", 0.3, 0.15, 0.5, "assumption"),
        "yield_nox": Param(T("氮氧化物的颗粒物生成率", "particles a tonne of NOx yields"), "ratio", 0.2, 0.1, 0.4, "assumption"),
        "yield_voc": Param(T("挥发性有机物的颗粒物生成率", "particles a tonne of VOC yields"), "ratio", 0.05, 0.02, 0.1, "assumption"),
        "cost_scale": Param(T("应急减排成本(倍数)", "cost of cuts in an episode (multiple)"), "ratio", 1, 0.5, 2, "assumption", scales="air_controls.cut_cost_cny_t"),
        "rise": Param(T("减排到上限时边际成本的增幅", "rise of the marginal cost up to the largest cut"), "ratio", 1, 0.3, 2, "assumption"),
        "worth_cny": Param(
            T("少一个超标“城市·天”的价值(代表改造寿命内的同类过程)", "worth of one city-day less over the limit (for all episodes of the kind in a retrofit's life)"),
            "cny", 5e8, 1e8, 1.5e9, "assumption",
        ),
    }  # fmt: skip
    measures = {
        "over_days": Measure(T("超过限值的城市·天", "City-days over the limit"), "receptor-days", "receptors", "place", RECEPTOR, _sum("over"), "lower", AIR),
        "mean_pm25": Measure(T("PM2.5人口加权均值", "PM2.5, mean over people"), "ug/m3", "receptors", "place", RECEPTOR, _people_mean, "lower", COST),
        "cost_cny": Measure(T("应急减排成本", "Cost of the cuts"), "cny", "sources", "payer", PAYER, _sum("cost_cny"), "lower", COST),
        "avoidable_cny": Measure(
            T("其中可免:共同以最低成本达到处处不差的空气", "Of that avoidable: no worse air anywhere, at least joint cost"), "cny", "sources", "payer", PAYER, _sum("avoidable_cny"), "lower", COST
        ),
        "tonnes_cut": Measure(T("减排量(PM2.5当量)", "Cut (PM2.5 equivalent)"), "t", "sources", "place", SOURCE, _sum("cut_t"), "neutral", COST),
        "misfit": Measure(T("本地贡献率的模型误差(均方根)", "Misfit of the local share (root mean square)"), "share", "calibration", "place", RECEPTOR, _misfit, "neutral", SPREAD),
    }  # fmt: skip
    layers = {
        "pm25": Layer(T("过程平均PM2.5", "PM2.5, mean of the episode"), "places", "area", "pm25", "ug/m3", "lower", weight="days"),
        "over": Layer(T("超过限值的天数", "Days over the limit"), "places", "area", "over_days", "days", "lower"),
        "transport": Layer(T("谁影响谁:他市贡献的PM2.5", "Who affects whom: PM2.5 from another city"), "transport", "flow", "pm25", "ug/m3"),
    }
    levers = {"retrofit": Lever(T("长期改造", "Lasting retrofit"), "retrofits.share", "add", "share")}

    def solve(self, data: Data) -> Outcome:
        episode = Episode(data)
        cut, proved = episode.respond(data.tick)
        cost = episode.cost(cut)
        joint, also = (cut, True) if episode.one_bloc else episode.same_air(cut)
        data.tick(0.9)
        bound = float(episode.over(episode.settled(episode.most)).sum())
        tables = episode.tables(cut, cost, cost - episode.cost(joint))
        misfit = _misfit(tables["calibration"])
        note = T(
            f"传输矩阵以公布的本地贡献率校准,均方根误差为{misfit:.0%}。",
            f"The source-receptor matrix is calibrated on published local shares; its misfit (root mean square) is {misfit:.0%}.",
        )
        status = "proved" if proved and also else "computed (an optimum could not be verified)"
        return Outcome(tables, status, bound if episode.one_bloc else None, (note,) if np.isfinite(misfit) else ())

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.models.coverage import cover_most

        episode = Episode(data)
        own = np.isin(episode.payer, sorted(bloc))
        room = np.where(np.isin(episode.source_payer, sorted(bloc)), episode.retrofit_room, 0.0)
        price = episode.retrofit_cost * episode.base * 365.0
        budget = budget_cny * (1 - 1e-9)
        people, gain, need = episode.retrofit_needs(own, episode.at_best)
        found = cover_most(gain, need, people, price, room, budget, seed, data.tick)
        most, over = found.most, len(need)
        if not episode.one_bloc:
            # What others do for their own cities may help beyond what the bloc counts on: the bound lets all do their utmost.
            people, gain, need = episode.retrofit_needs(own, lambda cities: episode.most)
            most, over = cover_most(gain, need, people, price, room, budget, seed).most, len(need)
        steps = tuple(
            Step("retrofit", episode.source(s), float(found.x[s]), float(price[s] * found.x[s]), str(episode.source_payer[s])) for s in np.flatnonzero(found.x > 1e-9)
        )  # fmt: skip
        rows = self.solve(data.apply(steps)).tables["receptors"]
        objective = float(rows["over"][np.isin(data.jurisdiction_of(rows["place"]).astype(str), sorted(bloc))].sum())
        bound = min(float(over - most), objective)
        return Choice(steps, objective, proof_status(objective, bound), bound)


# -- the index ---------------------------------------------------------------------------------------------------------


def standing(frame: Frame, day: date) -> Frame:
    """The rows that are valid on ``day``; ``valid_to`` is exclusive, empty means still valid."""
    begin, end = frame["valid_from"].astype(str), frame["valid_to"].fillna("").astype(str)
    return frame[(begin <= day.isoformat()) & ((end == "") | (end > day.isoformat()))]


def breakpoints(table: Frame, day: date, pollutant: str, averaging: str = "24h") -> tuple[np.ndarray, np.ndarray]:
    """Concentrations and indices of a pollutant under the standard of ``day``, ascending; ``table`` as ``iaqi.csv``."""
    rows = standing(table, day)
    rows = rows[(rows["pollutant"] == pollutant) & (rows["averaging"] == averaging)].sort_values("iaqi")
    if rows["standard"].nunique() != 1 or len(rows) < 2:
        raise UsageError(
            f"{rows['standard'].nunique()} standards for {pollutant} ({averaging}) hold on {day}; iaqi.csv must give exactly one, with its breakpoints"
        )
    return rows["concentration"].to_numpy(dtype=float), rows["iaqi"].to_numpy(dtype=float)


def iaqi(concentration: np.ndarray | float, table: Frame, day: date, pollutant: str = "PM25", averaging: str = "24h") -> np.ndarray:
    """Individual air-quality index: linear between breakpoints, rounded up (HJ 633); above the last one, the last index."""
    return index_of(concentration, *breakpoints(table, day, pollutant, averaging))


def index_of(concentration: np.ndarray | float, points: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The index at a concentration, given a standard's breakpoints."""
    return np.asarray(np.ceil(np.interp(np.asarray(concentration, dtype=float), points, index) - ROUNDING))


# -- the episode -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Episode:
    """Cities [c] as receptors, sources [s] = city x sector, days [d]; cuts in t of PM2.5 equivalent, [s, d]."""

    data: Data

    @cached_property
    def cities(self) -> list[str]:
        """The areas with emissions, ordered by id. Raises UsageError where one spans jurisdictions."""
        cities = sorted(set(self.data["emissions"]["area"]))
        if spanning := [city for city, payer in zip(cities, self.data.jurisdiction_of(cities), strict=True) if payer is None]:
            raise UsageError(f"emissions of {', '.join(spanning)} belong to several jurisdictions; give them for areas that lie in one")
        return cities

    @cached_property
    def payer(self) -> np.ndarray:
        return self.data.jurisdiction_of(self.cities).astype(str)

    @cached_property
    def sectors(self) -> list[str]:
        return self.data["air_controls"]["sector"].tolist()

    @cached_property
    def source_city(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.cities)), len(self.sectors))

    @cached_property
    def source_sector(self) -> np.ndarray:
        return np.tile(np.arange(len(self.sectors)), len(self.cities))

    @cached_property
    def source_payer(self) -> np.ndarray:
        return self.payer[self.source_city]

    def source(self, position: int) -> tuple[str, str]:
        return self.cities[self.source_city[position]], self.sectors[self.source_sector[position]]

    def _control(self, column: str) -> np.ndarray:
        return self.data["air_controls"][column].to_numpy(dtype=float)[self.source_sector]

    @cached_property
    def by_pollutant(self) -> np.ndarray:
        """Tonnes of PM2.5 equivalent a day [source, pollutant], before retrofits."""
        table, p = self.data["emissions"], self.data.p
        yields = np.array([p["yield_voc"], p["yield_nox"], 1.0, p["yield_so2"]])
        city, sector = _positions(table["area"], self.cities), _positions(table["sector"], self.sectors)
        kind = _positions(table["pollutant"], POLLUTANTS)
        found = np.zeros((len(self.source_city), len(POLLUTANTS)))
        np.add.at(found, (city * len(self.sectors) + sector, kind), table["tonnes_year"].to_numpy() / 365.0 * yields[kind])
        return found

    @cached_property
    def base(self) -> np.ndarray:
        return self.by_pollutant.sum(axis=1)

    @cached_property
    def retrofit(self) -> np.ndarray:
        """What share of each source has been cut for good [source]."""
        table = self.data["retrofits"]
        known = table[table["area"].isin(self.cities)]
        found = np.zeros(len(self.base))
        found[_positions(known["area"], self.cities) * len(self.sectors) + _positions(known["sector"], self.sectors)] = known["share"].to_numpy()
        return found.clip(0, 1)

    @cached_property
    def retrofit_room(self) -> np.ndarray:
        """How much further each source can be retrofitted; a source without a row cannot be."""
        table = self.data["retrofits"]
        listed = set(zip(table["area"], table["sector"], strict=True))
        able = [(self.cities[city], self.sectors[sector]) in listed for city, sector in zip(self.source_city, self.source_sector, strict=True)]
        return np.where(able, self._control("retrofit_max") - self.retrofit, 0).clip(min=0)

    @cached_property
    def retrofit_cost(self) -> np.ndarray:
        return self._control("retrofit_cost_cny_t")

    # -- who lives where, who breathes whose air -----------------------------------------------------------------------

    @cached_property
    def _leaf_people(self) -> np.ndarray:
        people = np.zeros(len(self.data.places))
        table = self.data["population"]
        people[self.data.areas.positions(table["area"])] = table["pop"].to_numpy()
        return people

    @cached_property
    def people(self) -> np.ndarray:
        return np.array([self._leaf_people[self.data.leaves(city)].sum() for city in self.cities])

    @cached_property
    def _geometry(self) -> tuple[np.ndarray, np.ndarray]:
        points = unit_vectors(self.data.places["lon"].to_numpy(), self.data.places["lat"].to_numpy())
        parts = [centre_and_spread(points[leaves], self._leaf_people[leaves]) for leaves in map(self.data.leaves, self.cities)]
        centres = np.array([centre for centre, _ in parts])
        return great_circle_km(centres[:, None], centres[None, :]), np.array([spread for _, spread in parts])

    def _shares(self, width_km: np.ndarray | float) -> np.ndarray:
        """Share of a receptor city's concentration that comes from each source city [..., receptor, source]."""
        total = np.bincount(self.source_city, weights=self.base, minlength=len(self.cities))
        weight = puff(*self._geometry, width_km) * total
        whole = weight.sum(axis=-1, keepdims=True)
        return np.asarray((1 - self.data.p["outside_share"]) * np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0))

    @cached_property
    def _receptors(self) -> tuple[list[str], np.ndarray]:
        """Areas with a published split into a local and a transported share, and which cities lie in each [receptor, city]."""
        table = self.data["source_shares"]
        areas = sorted(set(table["receptor"][table[["local_low", "local_high", "regional_low"]].notna().all(axis=1)]))
        inside = np.array([[self.data.areas.within(city, area) for city in self.cities] for area in areas]).reshape(len(areas), -1)
        if not inside.any():
            raise UsageError("source_shares.csv has no row with a local and a transported share for an area with emissions: nothing to calibrate the model on")
        some = inside.any(axis=1)
        return [area for area, found in zip(areas, some, strict=True) if found], inside[some].astype(float)

    @cached_property
    def calibration(self) -> Frame:
        """Published local shares: place (a city or larger), period, low, high, modelled. Ranges over a region are left out."""
        table, (areas, _) = self.data["source_shares"], self._receptors
        table = table[table["receptor"].isin(areas) & table[["local_low", "local_high", "regional_low"]].notna().all(axis=1)]
        modelled = dict(zip(areas, self._local(self.width_km), strict=True))
        names = {"receptor": "place", "local_low": "low", "local_high": "high"}
        return table.rename(columns=names)[["place", "period", "low", "high"]].assign(modelled=table["receptor"].map(modelled), width_km=self.width_km)

    def _local(self, width_km: np.ndarray | float) -> np.ndarray:
        """The modelled local share of each published receptor [..., receptor]: mean over its cities, weighted by people."""
        inside = self._receptors[1]
        weight = inside * (self.people + ROUNDING)
        return np.asarray(np.einsum("kr,...rs,ks->...k", weight / weight.sum(axis=1, keepdims=True), self._shares(width_km), inside, optimize=True))

    @cached_property
    def width_km(self) -> float:
        """The width of the puff: least squares against the published local shares, each receptor counting once."""
        table = self.data["source_shares"]
        middle = ((table["local_low"] + table["local_high"]) / 2)[table["regional_low"].notna()].groupby(table["receptor"]).mean()
        wanted = middle.loc[self._receptors[0]].to_numpy()
        return least(lambda widths: ((self._local(widths) - wanted) ** 2).sum(axis=-1), *WIDTHS_KM) * self.data.p["reach"]

    @cached_property
    def shares(self) -> np.ndarray:
        """Share of a receptor's concentration that comes from each source [receptor, source], before any reduction."""
        total = np.bincount(self.source_city, weights=self.base, minlength=len(self.cities))[self.source_city]
        return self._shares(self.width_km)[:, self.source_city] * np.divide(self.base, total, out=np.zeros(len(self.base)), where=total > 0)

    # -- what was observed ---------------------------------------------------------------------------------------------

    @cached_property
    def _observed(self) -> tuple[list[str], np.ndarray]:
        stations, rows = self.data["stations"], self.data["episode"]
        home = {area: next((position for position, city in enumerate(self.cities) if self.data.areas.within(area, city)), -1) for area in set(stations["area"])}
        where = dict(zip(stations["station"], (home[area] for area in stations["area"]), strict=True))
        days = sorted(set(rows["day"]))
        city = np.array([where[station] for station in rows["station"]])
        value = rows["pm25_ug_m3"].to_numpy(dtype=float)
        keep = (city >= 0) & ~np.isnan(value)
        cell = city[keep] * len(days) + _positions(rows["day"][keep], days)
        size = len(self.cities) * len(days)
        count = np.bincount(cell, minlength=size)
        total = np.bincount(cell, weights=value[keep], minlength=size)
        return days, np.divide(total, count, out=np.full(size, np.nan), where=count > 0).reshape(-1, len(days))

    @property
    def days(self) -> list[str]:
        return self._observed[0]

    @property
    def observed(self) -> np.ndarray:
        """Mean of the stations with a reading [receptor, day]; unknown where there is none."""
        return self._observed[1]

    @cached_property
    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        return breakpoints(self.data["iaqi"], self.data.day, "PM25")

    @cached_property
    def limit(self) -> float:
        """The concentration (ug/m3) at the index that counts as the limit, under the standard of the day."""
        points, index = self._scale
        return float(np.interp(self.data.p["limit_iaqi"], index, points))

    def air(self, cut: np.ndarray) -> np.ndarray:
        """Concentrations [receptor, day] under cuts [source, day]."""
        removed = self.retrofit[:, None] + np.divide(cut, self.base[:, None], out=np.zeros_like(cut), where=self.base[:, None] > 0)
        return np.asarray(self.observed * (1 - self.shares @ removed))

    def over(self, air: np.ndarray) -> np.ndarray:
        return np.asarray(air > self.limit + EDGE)

    def settled(self, cut: np.ndarray) -> np.ndarray:
        """Concentrations [receptor, day]; a plan that aims at the limit ends at the limit, not a rounding above it."""
        air = self.air(cut)
        return np.where((air > self.limit) & (air <= self.limit + 2 * EDGE), self.limit, air)

    # -- who decides ---------------------------------------------------------------------------------------------------

    @cached_property
    def blocs(self) -> list[frozenset[str]]:
        return self.data.blocs("acts_jointly")

    @property
    def one_bloc(self) -> bool:
        return len(self.blocs) == 1

    @cached_property
    def most(self) -> np.ndarray:
        """The largest cut of each source [source, day]."""
        return np.repeat((self._control("cut_max") * (1 - self.retrofit) * self.base)[:, None], len(self.days), axis=1)

    @cached_property
    def alerts(self) -> np.ndarray:
        """What a common alert prescribes [source, day]; zero for jurisdictions that share none or decide with others."""
        cut = np.zeros((len(self.base), len(self.days)))
        alone = frozenset().union(*(bloc for bloc in self.blocs if len(bloc) == 1 and not self.one_bloc))
        groups = [group for group in self.data.blocs("common_alert") if len(group) > 1 and group & alone]
        if not groups:
            return cut
        levels, conditions = self.data["alert_levels"], standing(self.data["alert_conditions"], self.data.day)
        rank = dict(zip(levels["level"], levels["rank"].astype(int), strict=True))
        cuts = dict(zip(rank.values(), levels[["cut_voc", "cut_nox", "cut_pm", "cut_so2"]].to_numpy(dtype=float), strict=True))
        called = [(rank[level], list(zip(rows["aqi_over"], rows["days"], strict=True))) for (level, _), rows in conditions.groupby(["level", "alternative"])]
        index = np.nan_to_num(index_of(self.observed, *self._scale))
        ordinal = np.array([date.fromisoformat(day).toordinal() for day in self.days])
        for group in groups:
            found = run_levels(index[np.isin(self.payer, sorted(group))].max(axis=0, initial=0), ordinal, called)
            follows = np.isin(self.source_payer, sorted(group & alone))
            for day in np.flatnonzero(found):
                cut[follows, day] = ((self.by_pollutant @ cuts[found[day]]) * (1 - self.retrofit))[follows]
        return np.minimum(cut, self.most)

    # -- what they do --------------------------------------------------------------------------------------------------

    def at_best(self, cities: np.ndarray) -> np.ndarray:
        """Cuts that ``cities`` of one bloc can count on [source, day]: all that the bloc can do, and announced alerts."""
        bloc = next(bloc for bloc in self.blocs if bloc >= set(self.payer[cities]))
        return np.where(np.isin(self.source_payer, sorted(bloc))[:, None], self.most, self.alerts)

    def respond(self, tick: Callable[[float], None]) -> tuple[np.ndarray, bool]:
        """Everybody's cuts [source, day], and whether each bloc's plan is proved to be its cheapest."""
        cut, proved = self.alerts.copy(), True
        for position, bloc in enumerate(self.blocs):
            cities = np.isin(self.payer, sorted(bloc))
            if not cities.any():
                continue
            reached = cities[:, None] & ~self.over(self.air(self.at_best(cities)))
            more, fine = self._cheapest(np.isin(self.source_payer, sorted(bloc)), np.where(reached, self.limit, np.inf), self.alerts)
            cut, proved = cut + more, proved and fine
            tick((1 + position) / (2 * len(self.blocs)))
        return cut, proved

    def same_air(self, cut: np.ndarray) -> tuple[np.ndarray, bool]:
        """The cheapest cuts of all sources together with which no city-day is worse than under ``cut``."""
        return self._cheapest(np.ones(len(self.base), dtype=bool), self.air(cut), np.zeros_like(cut))

    def _cheapest(self, sources: np.ndarray, ceiling: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, bool]:
        """Least-cost cuts of ``sources`` beyond ``given`` ones that keep concentrations within ``ceiling`` [receptor, day]."""
        cut, proved, before = np.zeros_like(given), True, self.air(given)
        live = np.flatnonzero(sources & (self.base > 0))
        effect = self.shares[:, live] / self.base[live]
        price = np.maximum(self._control("cut_cost_cny_t")[live], 1e-3)
        excess = np.where(np.isnan(before), 0, before - ceiling)
        for day in np.flatnonzero((excess > 0).any(axis=0)):
            rows = np.flatnonzero(excess[:, day] > 0)
            most, start = self.most[live, day], given[live, day]
            curve = self.data.p["rise"] * price / np.where(most > 0, most, 1.0)
            pull = self.observed[rows, day][:, None] * effect[rows]
            found = cover(price + curve * start, curve, most - start, pull, np.minimum(excess[rows, day], pull @ (most - start) - EDGE / 2).clip(min=0))
            cut[live, day] = found.x
            proved = proved and found.proved
        return cut, proved

    def cost(self, cut: np.ndarray) -> np.ndarray:
        """CNY of cuts [source, day]: the marginal cost rises linearly from the first tonne to the largest cut."""
        rise = self.data.p["rise"] * np.divide(cut, self.most, out=np.zeros_like(cut), where=self.most > 0)
        return np.asarray(self._control("cut_cost_cny_t")[:, None] * cut * (1 + rise / 2))

    def retrofit_needs(self, own: np.ndarray, cuts: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """City-days of ``own`` cities over the limit under ``cuts(cities)``: people, fall for a full retrofit [k, source], need."""
        people, gains, needs = [], [], []
        left = np.divide(1.0, (1 - self.retrofit) * self.base, out=np.zeros(len(self.base)), where=(1 - self.retrofit) * self.base > 0)
        # Each bloc counts on its own cuts only, so each has its own view of the air.
        for bloc in self.blocs:
            cities = own & np.isin(self.payer, sorted(bloc))
            if not cities.any():
                continue
            cut = cuts(cities)
            air = self.air(cut)
            city, day = np.nonzero(self.over(air) & cities[:, None])
            people.append(self.people[city])
            gains.append(self.observed[city, day][:, None] * self.shares[city] * (1 - cut * left[:, None])[:, day].T)
            needs.append(air[city, day] - self.limit)
        return np.concatenate(people), np.concatenate(gains), np.concatenate(needs)

    # -- tables --------------------------------------------------------------------------------------------------------

    def tables(self, cut: np.ndarray, cost: np.ndarray, avoidable: np.ndarray) -> dict[str, Frame]:
        """The outcome tables: receptors by day, sources, calibration, and what the map draws."""
        import pandas as pd

        air, names = self.settled(cut), np.array(self.cities, dtype=object)
        city, day = np.nonzero(~np.isnan(air))
        receptors = pd.DataFrame({
            "place": names[city], "day": np.array(self.days, dtype=object)[day], "observed": self.observed[city, day], "pm25": air[city, day],
            "iaqi": index_of(air[city, day], *self._scale), "over": self.over(air)[city, day].astype(float), "pop": self.people[city],
        })  # fmt: skip
        base = (1 - self.retrofit) * self.base
        sources = pd.DataFrame({
            "place": names[self.source_city], "sector": np.array(self.sectors, dtype=object)[self.source_sector], "base_t_day": base,
            "cut_share": np.divide(cut.mean(axis=1), base, out=np.zeros(len(base)), where=base > 0), "cut_t": cut.sum(axis=1), "cost_cny": cost.sum(axis=1),
            "avoidable_cny": avoidable.sum(axis=1), "payer": self.source_payer.astype(object),
        })  # fmt: skip
        return {"receptors": receptors, "sources": sources, "calibration": self.calibration, **self._maps(cut, air)}

    def _maps(self, cut: np.ndarray, air: np.ndarray) -> dict[str, Frame]:
        """Tables for the map: leaf places carry their city's mean, flows the mean concentration that one city causes in another."""
        import pandas as pd

        names, known = np.array(self.cities, dtype=object), ~np.isnan(air)
        left = 1 - self.retrofit[:, None] - np.divide(cut, self.base[:, None], out=np.zeros_like(cut), where=self.base[:, None] > 0)
        days = known.sum(axis=1)
        caused = self.shares * (np.where(known, self.observed, 0) @ left.T) / np.maximum(days, 1)[:, None]
        by_city = np.add.reduceat(caused, np.arange(0, len(self.base), len(self.sectors)), axis=1)
        to, origin = np.indices(by_city.shape).reshape(2, -1)
        matrix = pd.DataFrame({"origin": names[origin], "destination": names[to], "share": self._shares(self.width_km).ravel(), "pm25": by_city.ravel()})
        leaves = [self.data.leaves(city) for city in self.cities]
        place, city = np.concatenate(leaves), np.repeat(np.arange(len(names)), [len(one) for one in leaves])
        mean = np.divide(np.where(known, air, 0).sum(axis=1), days, out=np.full(len(names), np.nan), where=days > 0)
        places = pd.DataFrame({
            "place": self.data.places["place"].to_numpy()[place], "pm25": mean[city], "days": days[city],
            "over_days": np.where(days > 0, self.over(air).sum(axis=1), np.nan)[city],
        })  # fmt: skip
        return {"matrix": matrix, "transport": matrix[(origin != to) & (days[to] > 0)].reset_index(drop=True), "places": places}


def _positions(values: Sequence[str], known: Sequence[str]) -> np.ndarray:
    index = {one: position for position, one in enumerate(known)}
    return np.array([index[one] for one in values], dtype=np.intp)
