"""Clean air: whoever emits and whoever breathes are seldom in one jurisdiction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Column, Frame, Layer, Lever, Measure, Outcome, Param, Rule, Step, Table
from xietong.core.errors import UsageError
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.kernels.covering import cover
from xietong.kernels.puff import centre_and_spread, least, puff
from xietong.kernels.sphere import great_circle_km, unit_vectors
from xietong.workstreams._tables import POPULATION, YEAR

POLLUTANTS = ("NMVOC", "NOx", "PM25", "SO2")
WIDTHS_KM = (5.0, 500.0)
EDGE = 1e-6
"""ug/m3 by which a computed concentration may pass the limit and still count as at the limit (rounding)."""

AREA, DATE = Column(T("地点", "area"), "area"), Column(T("日期", "day"), "date")
RECEPTOR = T("受体地:呼吸空气的人所在地", "receptor: where the air is breathed")
PAYER = T("付费方:排放源所在辖区", "payer: the jurisdiction of the source")
SOURCE = T("排放地:污染源所在地", "source: where it is emitted")


def _sum(column: str) -> Callable[[Frame], float | None]:
    return lambda frame: float(frame[column].sum())


def _people_mean(frame: Frame) -> float | None:
    total = frame["pop"].sum()
    return float((frame["pm25"] * frame["pop"]).sum() / total) if total > 0 else None


def _misfit(frame: Frame) -> float | None:
    return float(np.sqrt(((frame["modelled"] - (frame["low"] + frame["high"]) / 2) ** 2).mean()))


def share(zh: str, en: str, optional: bool = False) -> Column:
    return Column(T(zh, en), unit="share", low=0, high=1, optional=optional)


SPREAD = ("emissions", "source_shares", "population", "params.outside_share", "params.reach", "params.yield_so2", "params.yield_nox", "params.yield_voc")
AIR = (*SPREAD, "stations", "episode", "iaqi", "air_controls", "retrofits", "alert_levels", "alert_conditions", "params.limit_iaqi", "rules.acts_jointly", "rules.common_alert")
COST = (*AIR, "params.cost_scale", "params.rise")


class Air(Workstream):
    """Clean air over an observed episode of fine particles (PM2.5): who cuts what, at what cost, and who breathes cleaner
    air. Cities emit and receive. Each day's observed city mean is split into a part from outside the region and parts by
    city and sector, in proportion to emissions (gases counted by an assumed yield of particles) and to a Gaussian puff
    kernel, the same in all directions, whose one width is calibrated on published local shares (the misfit is a measure).
    A cut removes its part of that day's value; without cuts the observations are reproduced exactly. The limit is the
    concentration at a given index under the air-quality standard of the day that is asked about. Jurisdictions that decide
    together take the least-cost cuts that bring every city-day that they can below the limit; one alone does so for its own
    cities and counts on nobody else; alone but under a common alert, it cuts what the alert level prescribes, as the
    worst city of those who share the alert calls it from the observed index (retrofits do not lower the alert). A plan
    buys lasting retrofits. It leaves out wind and weather of the day, chemistry (linear, no ammonia or ozone, other
    pollutants), delay between days, forecasts that err, and whatever a retrofit does on other days.
    ---
    清洁空气:在一次实测的细颗粒物(PM2.5)污染过程中,谁减排、花费多少、谁的空气变好。城市既是源也是受体。每日城市均值按排放量(气态前体物按假定的生成率折算)
    和各向同性的高斯烟团核,拆分为区域外部分与各城市各部门的贡献;烟团宽度只有一个参数,按公布的本地贡献率校准,其误差作为指标列出。减排即去掉相应份额;不减排时
    严格再现实测值。限值为所问日期适用的空气质量指数标准下给定指数对应的浓度。共同决策的辖区以最低成本使所有能够达标的“城市·天”达标;单独决策者只顾本地城市,不
    指望他人;单独但加入统一预警者,按预警级别规定的比例减排,级别由共享预警的城市中最差者的实测指数决定(改造不会降低预警级别)。方案购买长期改造。未考虑当日风和
    天气、化学非线性(氨、臭氧及其他污染物)、跨日滞后、预报误差,以及改造在其他日子的效果。
    """

    title = T("大气联防联控", "Clean air")
    target = "over_days"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (5e9, 5e10)
    tables = {
        "population": POPULATION,
        "emissions": Table(
            T("排放清单", "Emissions"),
            ("area", "sector", "pollutant"),
            {
                "area": AREA,
                "sector": Column(T("部门", "sector"), "text", refers="air_controls.sector"),
                "pollutant": Column(T("污染物", "pollutant"), "text", values=POLLUTANTS),
                "tonnes_year": Column(T("年排放量", "a year"), unit="t/year", low=0, high=1e9),
                "year": YEAR,
            },
        ),
        "retrofits": Table(
            T("在清单之外的长期减排", "Lasting reductions beyond the inventory"),
            ("area", "sector"),
            {"area": AREA, "sector": Column(T("部门", "sector"), "text", refers="air_controls.sector"), "share": share("减排比例", "share removed")},
        ),
        "air_controls": Table(
            T("减排措施", "Controls"),
            ("sector",),
            {
                "sector": Column(T("部门", "sector"), "text"),
                "title_zh": Column(T("中文名", "title in Chinese"), "text"),
                "title_en": Column(T("英文名", "title in English"), "text"),
                "cut_max": share("应急减排上限", "largest cut in an episode"),
                "cut_cost_cny_t": Column(T("应急减排起始边际成本", "cost of the first tonne cut"), unit="cny/t", low=0, high=1e9),
                "retrofit_max": share("长期改造上限", "largest retrofit"),
                "retrofit_cost_cny_t": Column(T("长期改造成本(每吨年排放)", "cost of a retrofit, a tonne a year"), unit="cny/t", low=0, high=1e9),
            },
        ),
        "stations": Table(T("监测站", "Stations"), ("station",), {"station": Column(T("站点", "station"), "text"), "area": AREA}),
        "episode": Table(
            T("污染过程实测值", "Observed episode"),
            ("day", "station"),
            {
                "day": DATE,
                "station": Column(T("站点", "station"), "text", refers="stations.station"),
                "pm25_ug_m3": Column(T("PM2.5日均值", "PM2.5, daily mean"), unit="ug/m3", low=0, high=2000, optional=True),
            },
        ),
        "iaqi": Table(
            T("空气质量分指数断点", "Breakpoints of the air-quality index"),
            ("standard", "pollutant", "averaging", "iaqi"),
            {
                "standard": Column(T("标准", "standard"), "text"),
                "valid_from": Column(T("生效日", "valid from"), "date"),
                "valid_to": Column(T("失效日", "valid to (exclusive)"), "date", optional=True),
                "pollutant": Column(T("污染物", "pollutant"), "text"),
                "averaging": Column(T("平均时间", "averaging time"), "text"),
                "iaqi": Column(T("分指数", "index"), low=0, high=500),
                "concentration": Column(T("浓度", "concentration"), low=0, high=1e5),
            },
        ),
        "alert_levels": Table(
            T("预警级别与减排比例", "Alert levels and their cuts"),
            ("level",),
            {
                "level": Column(T("级别", "level"), "text"),
                "rank": Column(T("次序", "rank"), "integer", low=1, high=9),
                "cut_so2": share("二氧化硫减排比例", "cut of SO2"),
                "cut_nox": share("氮氧化物减排比例", "cut of NOx"),
                "cut_pm": share("颗粒物减排比例", "cut of particles"),
                "cut_voc": share("挥发性有机物减排比例", "cut of VOC"),
            },
        ),
        "alert_conditions": Table(
            T("预警启动条件", "When an alert is called"),
            ("scheme", "level", "alternative", "aqi_over"),
            {
                "scheme": Column(T("方案", "scheme"), "text"),
                "level": Column(T("级别", "level"), "text", refers="alert_levels.level"),
                "alternative": Column(T("并列条件(满足任一组)", "alternative (any one suffices)"), "integer", low=1, high=9),
                "aqi_over": Column(T("指数大于", "index above"), low=0, high=500),
                "days": Column(T("天数", "days"), "integer", unit="days", low=1, high=99),
                "valid_from": Column(T("生效日", "valid from"), "date"),
                "valid_to": Column(T("失效日", "valid to (exclusive)"), "date", optional=True),
            },
        ),
        "source_shares": Table(
            T("公布的来源解析", "Published source shares"),
            ("receptor", "period"),
            {
                "receptor": Column(T("受体地", "receptor"), "area"),
                "period": Column(T("时期", "period"), "text"),
                "local_low": share("本地贡献下限", "local share, low", True),
                "local_high": share("本地贡献上限", "local share, high", True),
                "regional_low": share("外来贡献下限", "transported share, low", True),
                "regional_high": share("外来贡献上限", "transported share, high", True),
            },
        ),
    }
    rules = {
        "acts_jointly": Rule(T("共同制定减排措施", "measures chosen together"), "flag", 0, 1),
        "common_alert": Rule(T("统一预警分级与减排比例", "one grading of alerts and cuts"), "flag", 0, 1),
    }
    params = {
        "limit_iaqi": Param(T("限值(分指数)", "limit (index)"), "", 100, 100, 100, "assumption"),
        "outside_share": Param(T("来自区域外的比例", "share from outside the region"), "share", 0.25, 0.13, 0.45, "assumption"),
        "reach": Param(T("烟团宽度(相对校准值)", "width of the puff against the calibrated one"), "ratio", 1, 0.7, 1.4, "assumption"),
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
            T("其中达到同样结果本可节省", "Of that avoidable: the same city-days at least joint cost"), "cny", "sources", "payer", PAYER, _sum("avoidable_cny"), "lower", COST
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
        joint, also = (cut, True) if episode.one_bloc else episode.joint_equal(cut)
        data.tick(0.9)
        tables = episode.tables(cut, cost, cost - episode.cost(joint))
        bound = float(episode.over(episode.air(episode.most)).sum()) if episode.one_bloc else None
        return Outcome(tables, "proved" if proved and also else "computed (an optimum could not be verified)", bound)

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.models.coverage import cover_most

        episode = Episode(data)
        own = np.isin(episode.payer, sorted(bloc))
        city, day, gain, need = episode.retrofit_needs(own)
        room = np.where(np.isin(episode.source_payer, sorted(bloc)), episode.retrofit_room, 0.0)
        price = episode.retrofit_cost * episode.base * 365.0
        found = cover_most(gain, need, episode.people[city], price, room, budget_cny * (1 - 1e-9), seed, data.tick)
        steps = tuple(
            Step("retrofit", (episode.cities[episode.source_city[s]], episode.sectors[episode.source_sector[s]]), float(found.x[s]), float(price[s] * found.x[s]), str(episode.source_payer[s]))
            for s in np.flatnonzero(found.x > 1e-9)
        )  # fmt: skip
        rows = self.solve(data.apply(steps)).tables["receptors"]
        objective = float(rows["over"][np.isin(data.jurisdiction_of(rows["place"]), sorted(bloc))].sum())
        if not episode.certain:
            # Neighbours who plan for themselves answer to the steps: their help is in the objective, but no bound is known.
            return Choice(steps, objective, "computed", None)
        bound = float(episode.over(episode.air(episode.sure_cut(own)))[own].sum()) - found.most
        return Choice(steps, objective, "proved" if objective <= bound + 1e-9 else f"gap<={(objective - bound) / max(objective, 1):.2%}", bound)


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
        raise UsageError(f"{rows['standard'].nunique()} standards for {pollutant} ({averaging}) hold on {day}; iaqi.csv must give exactly one, with its breakpoints")
    return rows["concentration"].to_numpy(dtype=float), rows["iaqi"].to_numpy(dtype=float)


def iaqi(concentration: np.ndarray | float, table: Frame, day: date, pollutant: str = "PM25", averaging: str = "24h") -> np.ndarray:
    """Individual air-quality index: linear between breakpoints, rounded up (HJ 633); above the last one, the last index."""
    points, index = breakpoints(table, day, pollutant, averaging)
    return np.asarray(np.ceil(np.interp(np.asarray(concentration, dtype=float), points, index) - 10 * EDGE))


def concentration_at(index: float, table: Frame, day: date, pollutant: str = "PM25", averaging: str = "24h") -> float:
    """The concentration at which the index is ``index``."""
    points, values = breakpoints(table, day, pollutant, averaging)
    return float(np.interp(index, values, points))


def alert_ranks(index: np.ndarray, days: Sequence[str], conditions: Frame, ranks: Mapping[str, int]) -> np.ndarray:
    """For each day the rank of the alert (0: none): the highest level whose condition the run of bad days meets.

    ``index`` [day] is the daily index, unknown as 0. A run is consecutive days above the lowest threshold; it is under one
    level from its first day to its last. Rows of one alternative must all hold, one alternative is enough.
    """
    found = np.zeros(len(days), dtype=int)
    if not len(conditions):
        return found
    bad = index > conditions["aqi_over"].min()
    ordinal = np.array([date.fromisoformat(day).toordinal() for day in days])
    run = np.cumsum(np.concatenate([[True], (np.diff(ordinal) != 1) | ~bad[1:] | ~bad[:-1]]))
    alternatives = list(conditions.groupby(["level", "alternative"]))
    for one in np.unique(run[bad]):
        inside = bad & (run == one)
        met = [ranks[level] for (level, _), rows in alternatives if all((index[inside] > over).sum() >= n for over, n in zip(rows["aqi_over"], rows["days"], strict=True))]
        found[inside] = max(met, default=0)
    return found


# -- the episode -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Episode:
    """Cities [c] as receptors, sources [s] = city x sector, days [d]; cuts in t of PM2.5 equivalent, [s, d]."""

    data: Data

    @cached_property
    def cities(self) -> list[str]:
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
        people[self.data.region.areas.positions(table["area"])] = table["pop"].to_numpy()
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
    def calibration(self) -> Frame:
        """Published local shares of cities and jurisdictions: receptor, period, low, high. Ranges over a region are left out."""
        table = self.data["source_shares"]
        inside = np.array([bool(self._inside(area).any()) for area in table["receptor"]])
        usable = table[["local_low", "local_high", "regional_low"]].notna().all(axis=1) & inside
        if not usable.any():
            raise UsageError("source_shares.csv has no row with a local and a transported share for an area with emissions: nothing to calibrate the model on")
        return table[usable].rename(columns={"receptor": "place", "local_low": "low", "local_high": "high"})

    def _inside(self, area: str) -> np.ndarray:
        return np.array([self.data.region.areas.within(city, area) for city in self.cities])

    def _local(self, width_km: np.ndarray | float, receptors: Sequence[str]) -> np.ndarray:
        """The local share of each of ``receptors`` [..., receptor]: mean over its cities, weighted by people."""
        shares = self._shares(width_km)
        inside = np.array([self._inside(area) for area in receptors], dtype=float)
        weight = inside * np.where(self.people.sum() > 0, self.people, 1.0)
        return np.asarray(np.einsum("kr,...rs,ks->...k", weight / weight.sum(axis=1, keepdims=True), shares, inside, optimize=True))

    @cached_property
    def width_km(self) -> float:
        """The width of the puff: least squares against the published local shares, each receptor counting once."""
        table = self.calibration
        middle = ((table["low"] + table["high"]) / 2).groupby(table["place"]).mean()
        fitted = least(lambda widths: ((self._local(widths, list(middle.index)) - middle.to_numpy()) ** 2).sum(axis=-1), *WIDTHS_KM)
        return fitted * self.data.p["reach"]

    @cached_property
    def shares(self) -> np.ndarray:
        """Share of a receptor's concentration that comes from each source [receptor, source], before any reduction."""
        total = np.bincount(self.source_city, weights=self.base, minlength=len(self.cities))[self.source_city]
        return self._shares(self.width_km)[:, self.source_city] * np.divide(self.base, total, out=np.zeros(len(self.base)), where=total > 0)

    # -- what was observed ---------------------------------------------------------------------------------------------

    @cached_property
    def _observed(self) -> tuple[list[str], np.ndarray]:
        stations, rows = self.data["stations"], self.data["episode"]
        home = {area: next((position for position, city in enumerate(self.cities) if self.data.region.areas.within(area, city)), -1) for area in set(stations["area"])}
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
    def limit(self) -> float:
        return concentration_at(self.data.p["limit_iaqi"], self.data["iaqi"], self.data.region.day)

    def air(self, cut: np.ndarray) -> np.ndarray:
        """Concentrations [receptor, day] under cuts [source, day]."""
        removed = self.retrofit[:, None] + np.divide(cut, self.base[:, None], out=np.zeros_like(cut), where=self.base[:, None] > 0)
        return np.asarray(self.observed * (1 - self.shares @ removed))

    def over(self, air: np.ndarray) -> np.ndarray:
        return np.asarray(air > self.limit + EDGE)

    # -- who decides ---------------------------------------------------------------------------------------------------

    @cached_property
    def blocs(self) -> list[frozenset[str]]:
        return self.data.blocs("acts_jointly")

    @property
    def one_bloc(self) -> bool:
        return len(self.blocs) == 1

    @cached_property
    def followers(self) -> frozenset[str]:
        """Jurisdictions that decide alone but share the common alert with another."""
        sharing = frozenset().union(*(group for group in self.data.blocs("common_alert") if len(group) > 1))
        alone = frozenset().union(*(bloc for bloc in self.blocs if len(bloc) == 1))
        return frozenset() if self.one_bloc else sharing & alone

    @cached_property
    def planners(self) -> list[frozenset[str]]:
        return [bloc for bloc in self.blocs if not bloc <= self.followers]

    @property
    def certain(self) -> bool:
        """Whether what everybody does is known without solving anybody's plan, up to reaching the limit where possible."""
        return self.one_bloc or not self.planners

    @cached_property
    def most(self) -> np.ndarray:
        """The largest cut of each source [source, day]."""
        return np.repeat((self._control("cut_max") * (1 - self.retrofit) * self.base)[:, None], len(self.days), axis=1)

    @cached_property
    def alerts(self) -> np.ndarray:
        """Cuts of those who follow a common alert [source, day]; zero for the others."""
        cut = np.zeros((len(self.base), len(self.days)))
        levels = self.data["alert_levels"].sort_values("rank")
        ranks = dict(zip(levels["level"], levels["rank"].astype(int), strict=True))
        by_rank = {rank: levels.iloc[row][["cut_voc", "cut_nox", "cut_pm", "cut_so2"]].to_numpy(dtype=float) for row, rank in enumerate(ranks.values())}
        conditions = standing(self.data["alert_conditions"], self.data.region.day)
        index = np.nan_to_num(iaqi(self.observed, self.data["iaqi"], self.data.region.day))
        for group in self.data.blocs("common_alert"):
            if not group & self.followers:
                continue
            rank = alert_ranks(index[np.isin(self.payer, sorted(group))].max(axis=0, initial=0), self.days, conditions, ranks)
            follows = np.isin(self.source_payer, sorted(group & self.followers))
            for day in np.flatnonzero(rank):
                cut[follows, day] = ((self.by_pollutant @ by_rank[rank[day]]) * (1 - self.retrofit))[follows]
        return np.minimum(cut, self.most)

    # -- what they do --------------------------------------------------------------------------------------------------

    def respond(self, tick: Callable[[float], None]) -> tuple[np.ndarray, bool]:
        """Everybody's cuts [source, day], and whether each plan is proved to be the cheapest."""
        cut, proved = self.alerts.copy(), True
        for position, bloc in enumerate(self.planners):
            sources, cities = np.isin(self.source_payer, sorted(bloc)), np.isin(self.payer, sorted(bloc))
            # An alert is announced, so planners count on it; they count on nothing else that others may do.
            reach = self.air(np.where(sources[:, None], self.most, self.alerts))
            wanted = cities[:, None] & (reach <= self.limit + EDGE / 10)
            part, fine = self._cheapest(sources, wanted, self.alerts)
            cut, proved = cut + part, proved and fine
            tick((1 + position) / (2 * len(self.planners)))
        return cut, proved

    def joint_equal(self, cut: np.ndarray) -> tuple[np.ndarray, bool]:
        """The cheapest cuts of all sources together with which the same city-days are at or below the limit."""
        return self._cheapest(np.ones(len(self.base), dtype=bool), ~self.over(self.air(cut)) & ~np.isnan(self.observed), np.zeros_like(cut))

    def _cheapest(self, sources: np.ndarray, wanted: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, bool]:
        """Least-cost cuts of ``sources`` that keep the ``wanted`` [receptor, day] within the limit, beside ``given`` cuts."""
        cut, proved = np.zeros_like(given), True
        price, before = self._control("cut_cost_cny_t"), self.air(given)
        live = sources & (self.base > 0)
        price = np.maximum(price, 1e-3)
        for day in np.flatnonzero((wanted & (before > self.limit)).any(axis=0)):
            rows = np.flatnonzero(wanted[:, day] & (before[:, day] > self.limit))
            effect = self.observed[rows, day][:, None] * self.shares[np.ix_(rows, np.flatnonzero(live))] / self.base[live]
            upper = self.most[live, day]
            curve = self.data.p["rise"] * price[live] / np.where(upper > 0, upper, 1.0)
            need = np.minimum(before[rows, day] - self.limit, effect @ upper)
            found = cover(price[live], curve, upper, effect, need)
            cut[live, day] = found.x
            proved = proved and found.proved
        return cut, proved

    def cost(self, cut: np.ndarray) -> np.ndarray:
        """CNY of cuts [source, day]: the marginal cost rises linearly from the first tonne to the largest cut."""
        rise = self.data.p["rise"] * np.divide(cut, self.most, out=np.zeros_like(cut), where=self.most > 0)
        return np.asarray(self._control("cut_cost_cny_t")[:, None] * cut * (1 + rise / 2))

    def sure_cut(self, own: np.ndarray) -> np.ndarray:
        """What receptors ``own`` can count on [source, day]: announced alerts, and all that their own planning bloc can do."""
        blocs = [bloc for bloc in self.planners if bloc & set(self.payer[own])]
        inside = np.isin(self.source_payer, sorted(frozenset().union(*blocs)))
        return np.where(inside[:, None], self.most, self.alerts)

    def retrofit_needs(self, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """City-days of ``own`` cities that stay over the limit: city, day, fall for a full retrofit [k, source], need."""
        parts = []
        # Whoever plans alone counts only on its own cuts, so each of the bloc's members has its own view of the air.
        for member in sorted(set(self.payer[own])):
            cities = own & (self.payer == member)
            cut = self.sure_cut(cities)
            city, day = np.nonzero(self.over(self.air(cut)) & cities[:, None])
            left = 1 - np.divide(cut, ((1 - self.retrofit) * self.base)[:, None], out=np.zeros_like(cut), where=((1 - self.retrofit) * self.base)[:, None] > 0)
            gain = self.observed[city, day][:, None] * self.shares[city] * left[:, day].T
            parts.append((city, day, gain, self.air(cut)[city, day] - self.limit))
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]

    # -- tables --------------------------------------------------------------------------------------------------------

    def tables(self, cut: np.ndarray, cost: np.ndarray, avoidable: np.ndarray) -> dict[str, Frame]:
        import pandas as pd

        air, names = self.air(cut), np.array(self.cities, dtype=object)
        city, day = np.nonzero(~np.isnan(air))
        receptors = pd.DataFrame({
            "place": names[city], "day": np.array(self.days, dtype=object)[day], "observed": self.observed[city, day], "pm25": air[city, day],
            "iaqi": iaqi(air[city, day], self.data["iaqi"], self.data.region.day), "over": self.over(air)[city, day].astype(float), "pop": self.people[city],
        })  # fmt: skip
        base = (1 - self.retrofit) * self.base
        sources = pd.DataFrame({
            "place": names[self.source_city], "sector": np.array(self.sectors, dtype=object)[self.source_sector], "base_t_day": base,
            "cut_share": np.divide(cut.mean(axis=1), base, out=np.zeros(len(base)), where=base > 0), "cut_t": cut.sum(axis=1), "cost_cny": cost.sum(axis=1),
            "avoidable_cny": avoidable.sum(axis=1), "payer": self.source_payer.astype(object),
        })  # fmt: skip
        calibration = self.calibration[["place", "period", "low", "high"]].assign(modelled=self._local(self.width_km, list(self.calibration["place"])), width_km=self.width_km)
        return {"receptors": receptors, "sources": sources, "calibration": calibration, **self._maps(cut, air)}

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
