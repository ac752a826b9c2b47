"""Government services across the border: whose case is handled elsewhere, and what the trips home cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Column, Frame, Layer, Lever, Measure, Outcome, Param, Quality, Rule, Step, Table, proof_status
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.kernels.agreement import codes, with_majority
from xietong.workstreams._tables import CENSUS, POPULATION

if TYPE_CHECKING:
    from xietong.models.packages import Package

PUBLISHED = {
    "same_standard_items": T("同事同标", "items to one standard"),
    "cross_province_items": T("跨省通办", "items handled across provinces"),
}
"""Published totals that stand beside the loaded items."""

FIELDS = ("materials", "legal_days", "promised_days", "fee_cny", "visits", "applicant_form")
"""What is compared when items are aligned."""

RESIDENT = T("居住地:住在当地、户籍在区域内其他辖区的人", "resident: people who live here and are registered in another jurisdiction of the region")
COMPETENT = T("主管地:负责办理事项的辖区", "competent side: the jurisdiction that decides the case")
HOLDER = T(
    "主管地;区域值为各地目录完全一致的事项,各地值为与多数辖区一致的事项",
    "competent side; of the region: items on which all catalogues agree; of a jurisdiction: items on which it is with the majority",
)


def _sum(column: str):  # type: ignore[no-untyped-def]
    def of(frame: Frame) -> float | None:
        return float(frame[column].sum(min_count=1))

    return of


def _mean_days(frame: Frame) -> float | None:
    cases = frame["dated_cases"].sum()
    return float(frame["case_days"].sum() / cases) if cases > 0 else None


def _aligned(frame: Frame) -> float | None:
    return float(frame.groupby("item")["agrees"].all().sum())


def _crossing(frame: Frame) -> float | None:
    return float(frame.loc[frame["crosses"], "item"].nunique())


def _beside(data: Data, items: Frame) -> tuple[T, ...]:
    """The published totals, as sentences that stand beside what is loaded; they count other items than those loaded."""
    totals = data["published_totals"]
    totals = totals[totals["metric"].isin(PUBLISHED) & (data.quality("published_totals") == Quality.PUBLISHED)]
    if not len(totals):
        return ()
    loaded = items["item"].nunique()
    rows = totals.to_dict("records")
    zh = ";".join(f"{PUBLISHED[one['metric']].zh}{one['value_text']}项({one['scope']},{one['as_of']})" for one in rows)
    en = "; ".join(f"{one['value_text']} {PUBLISHED[one['metric']].en} ({one['scope_en']}, {one['as_of']})" for one in rows)
    return (
        T(
            f"公布的总数:{zh}。本区域载入{loaded}项事项,并非上述事项,两者不可比。",
            f"Published totals: {en}. The {loaded} items loaded here are not those; the two cannot be compared.",
        ),
    )


def _left_out(frame: Frame) -> float | None:
    return float(frame.loc[frame["people"].isna(), "pop"].sum()) if frame["pop"].notna().any() else None


PEOPLE = ("population", "census", "items", "params.from_region", "params.home_cases")
TRIPS = (*PEOPLE, "catalogue", "rules.handled")
CATALOGUE_FIELDS = {
    "materials": Column(T("申请材料数", "documents to hand in"), low=0, high=1000, optional=True, examples=(3, 5, 4)),
    "legal_days": Column(T("法定时限", "legal time limit"), unit="working days", low=0, high=1000, optional=True, examples=(20, 30, 20)),
    "promised_days": Column(T("承诺时限", "promised time"), unit="working days", low=0, high=1000, optional=True, examples=(10, 15, 5, 10)),
    "fee_cny": Column(T("收费", "fee"), unit="cny", low=0, high=1e6, optional=True, examples=(20, 0, 0)),
    "visits": Column(T("到场次数", "visits in person"), unit="trips", low=0, high=100, optional=True, examples=(2, 1, 1)),
    "applicant_form": Column(T("申请表版本", "version of the application form"), "text", optional=True, examples=("A", "A", "B")),
}


class Services(Workstream):
    """Government services: people registered in one jurisdiction of the region and living in another need something that
    only their home jurisdiction may decide. Each visit that an item asks for is a trip home (there and back) and a wait,
    unless the item is handled across the border in some mode; reception windows where the person lives avoid a share of
    the trips that remain, for items that the home side handles in some mode at all. How many people live away from their
    province comes from the census; how many of them come from within the region, and how many of their cases belong to
    their home side, are assumptions. They are split among the other jurisdictions by population, and within their home
    jurisdiction too: a trip's length is the mean over its places, weighted by population. Places without the census figure
    are left out and counted as left out, not as zero; so are items whose visits or days are unknown. A rule between a
    jurisdiction and a place is the mean over the jurisdiction's places. Items are aligned where all fields are known and
    equal in all catalogues, or where the sides follow one common standard. A plan chooses among: windows (the place of
    residence alone), online handling (the home side alone, or one shared system for sides that keep one standard), joint
    handling (sides that keep one standard); no option is offered where it would lower what a pair has already. A bloc
    counts the hours of those who live in its territory, so that a home side alone gains nothing by opening. Costs are
    assumptions. Left out: time at a window or screen near home, trips within the home side, companies, people registered
    outside the region, fees, and that some give up rather than travel. The loaded items are not the items counted in
    announcements; those totals stand in the region's table published_totals, where it has one, and are not comparable.
    ---
    政务服务:户籍在区域内某地、居住在另一地的人,有些事项只能由户籍地办理。事项要求到场几次,就往返几次并排队等候,除非该事项可以异地办理;居住地的代收窗口可在
    户籍地已支持异地办理的事项上再免去一部分往返。人户分离人数来自人口普查;其中来自区域内其他辖区的比例、以及由户籍地主管的办件比例为假设,按其他辖区人口分摊,
    路程按户籍地各地点人口加权平均。普查缺数的地点不计入,并单列其人口,不按零处理;到场次数或时限未知的事项同样不计入。辖区与地点之间的规则取该辖区各地点的平均。
    各地目录所有要素均已知且相同,或各方执行同一标准,视为“同事同标”。方案可选:居住地单独设代收窗口;户籍地单独全程网办,或执行同一标准的各方共建一个系统;执行同
    一标准的各方联办;凡会降低某对地区已有水平的做法不列入。各方只计住在本地者节省的时间,因此户籍地单独开放自身并无收益。成本均为假设。未考虑:就近窗口或网上
    办理所花时间、户籍地内部路程、企业、户籍在区域外的人、收费以及因路远而放弃办理的人。载入的事项并非公布数字所指的事项;公布总数见该区域的published_totals表(如
    有),两者不可比。
    """

    title = T("政务服务", "Government services")
    target = "hours"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (5e6, 2e7)
    needs = ("times",)
    tables = {
        "population": POPULATION,
        "census": Table(CENSUS.title, CENSUS.key, {name: CENSUS.columns[name] for name in ("area", "year", "other_province_share")}),
        "items": Table(
            T("政务服务事项", "Service items"),
            ("item",),
            {
                "item": Column(T("事项", "item"), "text", examples=("id_card", "pension_record", "school_place")),
                "title_zh": Column(T("中文名", "Chinese title"), "text", examples=("换领身份证", "养老记录转移", "入学登记")),
                "title_en": Column(T("英文名", "English title"), "text", examples=("Renew an identity card", "Transfer a pension record", "Register for school")),
                "agency_zh": Column(T("部门", "agency (Chinese)"), "text", optional=True),
                "agency_en": Column(T("部门英文名", "agency"), "text", optional=True),
                "list_year": Column(T("清单年份", "year of the list"), "integer", low=1900, high=2200, optional=True),
                "requests_per_1000_year": Column(T("办件量", "requests"), unit="cases/1000/year", low=0, high=1e5, examples=(60, 15, 30)),
            },
        ),
        "catalogue": Table(
            T("事项办理要素", "Catalogue of items"),
            ("jurisdiction", "item"),
            {
                "jurisdiction": Column(T("辖区", "jurisdiction"), "area", level="jurisdiction"),
                "item": Column(T("事项", "item"), "text", refers="items.item"),
                **CATALOGUE_FIELDS,
                "common_standard": Column(T("执行共同标准", "follows the common standard"), unit="flag", low=0, high=1, optional=True, examples=("",)),
                "windows": Column(T("代收窗口免去其余往返的比例", "share of remaining trips that reception windows avoid"), unit="share", low=0, high=1, optional=True, examples=("",)),
            },
        ),
        "published_totals": Table(
            T("公布的总数", "Published totals"),
            ("metric", "scope", "as_of"),
            {
                "metric": Column(T("指标", "metric"), "text", examples=("same_standard_items",)),
                "scope": Column(T("范围", "scope"), "text"),
                "scope_en": Column(T("范围(英文)", "scope in English"), "text"),
                "value": Column(T("数值", "value"), low=0),
                "value_text": Column(T("原文", "as printed"), "text"),
                "as_of": Column(T("截至", "as of"), "text"),
            },
            optional=True,
        ),
        "modes": Table(
            T("异地办理方式", "Modes of handling away from home"),
            ("mode",),
            {
                "mode": Column(T("方式", "mode"), "text", examples=("none", "assisted", "joint", "remote")),
                "rank": Column(T("次序", "rank"), "integer", low=0, high=100, examples=(0, 1, 2, 3)),
                "title_zh": Column(T("中文名", "Chinese title"), "text", examples=("办不了", "代收代办", "多地联办", "全程网办")),
                "title_en": Column(T("英文名", "English title"), "text", examples=("Not available", "Passed on", "Handled jointly", "Fully online")),
                "handled": Column(T("免往返比例", "share of home trips avoided"), unit="share", low=0, high=1, examples=(0, 0.6, 0.8, 1)),
                "acts": Column(T("由谁建立", "who must act"), "text", values=("residence", "both", "competent"), optional=True, examples=("", "residence", "both", "competent")),
            },
        ),
    }  # fmt: skip
    rules = {
        "handled": Rule(T("异地可办(免去的回户籍地往返比例)", "handled across the border (share of home trips avoided)"), "share", 0, 1, item="items.item")
    }
    params = {
        "from_region": Param(T("省外户籍人口中来自区域内其他辖区的比例", "of those registered in another province, from this region"), "share", 0.25, 0.15, 0.4, "assumption"),
        "home_cases": Param(T("其办件中由户籍地主管的比例", "share of their cases that the home side decides"), "share", 0.5, 0.3, 0.7, "assumption"),
        "wait_hours": Param(T("每次到场的排队与办理时间", "wait at the counter, per visit"), "hours", 1, 0.5, 2, "assumption"),
        "handover_days": Param(T("异地收件转递时间", "days for passing a case between windows"), "working days", 3, 1, 5, "assumption"),
        "window_share": Param(T("代收窗口免去其余往返的比例", "share of remaining trips that reception windows avoid"), "share", 0.5, 0.3, 0.7, "assumption"),
        "window_cny": Param(T("一个地点一个事项的代收窗口成本", "reception windows, per item and place"), "cny", 2e3, 1e3, 5e3, "assumption"),
        "align_cny": Param(T("每个不一致要素的统一成本", "aligning one field of one item, per side"), "cny", 3e4, 1e4, 6e4, "assumption"),
        "joint_cny": Param(T("联办成本(每项每方)", "joint handling, per item and side"), "cny", 1e5, 5e4, 2e5, "assumption"),
        "online_cny": Param(T("全程网办系统成本(每项)", "system for online handling, per item"), "cny", 6e5, 3e5, 1.2e6, "assumption"),
        "link_cny": Param(T("接入共建系统成本(每项每方)", "joining a shared system, per item and side"), "cny", 1e5, 5e4, 2e5, "assumption"),
        "worth_cny": Param(T("节省一小时的价值", "worth of an hour saved"), "cny/hour", 40, 20, 80, "assumption"),
    }  # fmt: skip
    measures = {
        "hours": Measure(T("回户籍地办事的时间", "Hours on trips home"), "hours/year", "places", "place", RESIDENT, _sum("hours"), "lower", (*TRIPS, "params.wait_hours", "times")),
        "trips": Measure(T("回户籍地办事的往返", "Trips home"), "trips/year", "places", "place", RESIDENT, _sum("trips"), "lower", TRIPS),
        "days": Measure(T("平均办理时限", "Mean processing time"), "days/case", "places", "place", RESIDENT, _mean_days, "lower", (*TRIPS, "params.handover_days")),
        "cases": Measure(T("由户籍地主管的办件", "Cases that the home side decides"), "cases/year", "places", "place", RESIDENT, _sum("cases"), "neutral", (*PEOPLE, "catalogue")),
        "crosses": Measure(T("可异地办理的载入事项", "Loaded items handled across the border"), "items", "items", "jurisdiction", COMPETENT, _crossing, "higher", ("items", "catalogue", "rules.handled")),
        "aligned": Measure(T("要素一致的载入事项", "Loaded items that are aligned"), "items", "items", "jurisdiction", HOLDER, _aligned, "higher", ("items", "catalogue")),
        "left_out": Measure(T("普查缺数而未计入的常住人口", "Residents left out for want of a census figure"), "people", "places", "place", T("居住地", "resident"), _left_out, "lower", ("population", "census")),
    }  # fmt: skip
    layers = {
        "hours": Layer(T("每千名常住人口回户籍地办事的时间", "Hours on trips home per 1,000 residents"), "places", "area", "hours_per_1000", "hours/1000/year", "lower", weight="pop"),
        "trips": Layer(T("回户籍地办事的往返", "Trips home"), "flows", "flow", "trips", "trips/year", "lower"),
    }  # fmt: skip
    levers = {
        "windows": Lever(T("居住地代收窗口", "Reception windows where people live"), "catalogue.windows", "set", "share"),
        "align": Lever(T("执行共同标准", "Adopting the common standard"), "catalogue.common_standard", "set", "flag"),
        "open_item": Lever(T("事项异地可办", "Handling an item across the border"), "rules.handled", "set", "share"),
    }

    def solve(self, data: Data) -> Outcome:
        tables = Desk(data).tables()
        return Outcome(tables, notes=_beside(data, tables["items"]))

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.models.packages import select

        desk = Desk(data)
        menu = Menu(desk, bloc)
        found = select([cost for _, cost in menu.options], menu.packages, budget_cny, tick=data.tick)
        steps = menu.steps({menu.options[position][0] for position in found.options})
        before, objective = (one.hours_of(bloc) for one in (desk, Desk(data.apply(steps))))
        bound = max(before - found.bound, 0.0)
        return Choice(tuple(steps), objective, "proved" if found.proved else proof_status(objective, bound), min(bound, objective))


@dataclass(frozen=True)
class Desk:
    """Cases and trips as arrays: p = places, h = home (competent) jurisdictions, i = items, in the order of their ids."""

    data: Data

    @cached_property
    def homes(self) -> list[str]:
        return list(self.data.jurisdictions)

    @cached_property
    def titles(self) -> Frame:
        return self.data["items"].sort_values("item", ignore_index=True)

    @cached_property
    def items(self) -> list[str]:
        return self.titles["item"].astype(str).tolist()  # type: ignore[no-any-return]

    @cached_property
    def residence(self) -> np.ndarray:
        """[p] position of the jurisdiction in which a place lies."""
        return np.array([self.homes.index(one) for one in self.data.places["jurisdiction"]])

    def by_place(self, table: str, column: str) -> np.ndarray:
        """[p] a column of a table keyed by place; NaN where it is unknown."""
        frame = self.data[table]
        return frame.set_index("area")[column].reindex(self.data.places["place"]).to_numpy(dtype=float)  # type: ignore[no-any-return]

    @cached_property
    def entries(self) -> dict[str, np.ndarray]:
        """[h, i] fields of the catalogues, NaN or None where unknown, and ``offered``: whether the item is there at all."""
        frame = self.data["catalogue"]
        row = np.array([self.homes.index(one) for one in frame["jurisdiction"]], dtype=int)
        position = {item: at for at, item in enumerate(self.items)}
        at = np.array([position[item] for item in frame["item"].astype(str)], dtype=int)
        found: dict[str, np.ndarray] = {"offered": np.zeros((len(self.homes), len(self.items)), dtype=bool)}
        found["offered"][row, at] = True
        for name in (*FIELDS, "common_standard", "windows"):
            text = name == "applicant_form"
            found[name] = np.full(found["offered"].shape, None if text else np.nan, dtype=object if text else float)
            found[name][row, at] = frame[name].to_numpy(dtype=object if text else float)
        return found

    @cached_property
    def differs(self) -> np.ndarray:
        """[h, i, field] fields in which a catalogue is not with the majority; none where it follows the common standard."""
        with_most = np.stack([with_majority(codes(self.entries[name])) for name in FIELDS], axis=-1)
        return np.asarray(~with_most & ~(self.entries["common_standard"] == 1)[..., None])

    @cached_property
    def population(self) -> np.ndarray:
        return self.by_place("population", "pop")

    @cached_property
    def people(self) -> np.ndarray:
        """[p, h] people who live in p and are registered in h, another jurisdiction of the region; NaN where unknown."""
        total = np.bincount(self.residence, weights=np.nan_to_num(self.population), minlength=len(self.homes))
        weight = np.where(np.arange(len(self.homes)) == self.residence[:, None], 0.0, total)
        whole = weight.sum(axis=1, keepdims=True)
        away = self.population * self.by_place("census", "other_province_share") * self.data.p["from_region"]
        return np.asarray(away[:, None] * np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0))

    @cached_property
    def trip_hours(self) -> np.ndarray:
        """[p, h] hours of one visit home: there, back and the wait; mean over the places of h, weighted by population."""
        position = np.arange(len(self.residence))
        minutes = self.data.product("times").minutes(position[:, None], position[None, :])
        weight = (self.residence[:, None] == np.arange(len(self.homes))) * np.nan_to_num(self.population)[:, None]
        weight = weight / np.maximum(weight.sum(axis=0), 1e-300)
        return np.asarray((minutes @ weight + minutes.T @ weight) / 60 + self.data.p["wait_hours"])

    @cached_property
    def cases(self) -> np.ndarray:
        """[p, h, i] cases a year; NaN where the people are unknown."""
        rate = self.titles["requests_per_1000_year"].to_numpy(dtype=float) / 1000 * self.data.p["home_cases"]
        return np.asarray(self.people[:, :, None] * (rate * self.entries["offered"]))

    @cached_property
    def handled(self) -> np.ndarray:
        """[p, h, i] the rule: share of home trips avoided for people of h who live in p."""
        places = np.arange(len(self.residence))
        homes, items = np.array(self.homes), np.array(self.items, dtype=object)
        return self.data.rule("handled", homes[None, :, None], places[:, None, None], items[None, None, :])

    @cached_property
    def windows(self) -> np.ndarray:
        """[h, i] share of the remaining trips that reception windows of the place of residence avoid; unrecorded: none."""
        return np.nan_to_num(self.entries["windows"])

    @cached_property
    def remaining(self) -> np.ndarray:
        """[p, h, i] share of home trips that remain."""
        return left(self.handled, self.windows[self.residence][:, None, :])

    @cached_property
    def full_hours(self) -> np.ndarray:
        """[p, h, i] hours a year if every visit were a trip home; 0 where people or visits are unknown (left out)."""
        return np.nan_to_num(self.cases * self.entries["visits"] * self.trip_hours[:, :, None])

    def hours_of(self, bloc: frozenset[str]) -> float:
        """The target for people who live in the bloc's territory."""
        own = np.isin(self.homes, list(bloc))[self.residence]
        return float((self.full_hours * self.remaining)[own].sum())

    def tables(self) -> dict[str, Frame]:
        """``places``; ``flows`` (origin = home jurisdiction, destination = place); ``items``; ``alignment`` by field."""
        trips = self.cases * self.entries["visits"] * self.remaining
        hours = trips * self.trip_hours[:, :, None]
        # Passing papers between windows takes days; handling that is online throughout needs none.
        avoided = 1 - self.remaining
        days = self.cases * (self.entries["promised_days"] + self.data.p["handover_days"] * avoided * (avoided < 1))
        dated = np.where(np.isnan(days), np.nan, self.cases)
        grids = {"cases": self.cases, "trips": trips, "hours": hours, "case_days": days, "dated_cases": dated}
        flows = {name: np.where(np.isnan(self.people), np.nan, np.nansum(grid, axis=2)) for name, grid in grids.items()}
        return {"places": self._places(flows), "flows": self._flows(flows), "items": self._items(grids), "alignment": self._alignment()}

    def _places(self, flows: dict[str, np.ndarray]) -> Frame:
        import pandas as pd

        columns = {name: values.sum(axis=1) for name, values in {"people": self.people, **flows}.items()}
        per = np.divide(columns["hours"] * 1000, self.population, out=np.full(len(self.population), np.nan), where=self.population > 0)
        names = self.data.places[["place", "jurisdiction"]].to_dict("series")
        return pd.DataFrame(
            {**names, "pop": self.population, "other_province_share": self.by_place("census", "other_province_share"), **columns, "hours_per_1000": per}
        )

    def _flows(self, flows: dict[str, np.ndarray]) -> Frame:
        import pandas as pd

        place, home = np.nonzero(np.arange(len(self.homes)) != self.residence[:, None])
        columns = {name: values[place, home] for name, values in {"people": self.people, "trip_hours": self.trip_hours, **flows}.items()}
        names = {"origin": np.array(self.homes, dtype=object)[home], "destination": self.data.places["place"].to_numpy(dtype=object)[place]}
        return pd.DataFrame({**names, **columns})

    def _items(self, grids: dict[str, np.ndarray]) -> Frame:
        """By item and competent jurisdiction; ``handled`` is the mean over the people of that jurisdiction."""
        import pandas as pd

        offered, modes = self.entries["offered"], self.data["modes"].sort_values(["handled", "rank"])
        weight = np.nan_to_num(self.people)
        handled = np.einsum("ph,phi->hi", weight, self.handled) / np.maximum(weight.sum(axis=0), 1e-300)[:, None]
        away = self.residence[:, None] != np.arange(len(self.homes))
        best = np.where(away[:, :, None], self.handled, 0).max(axis=0)
        step = np.searchsorted(modes["handled"].to_numpy(), handled + 1e-9, side="right") - 1
        count = self.differs.sum(axis=2)
        home, item = (axis.ravel(order="F") for axis in np.indices(offered.shape))
        listed = [", ".join(np.array(FIELDS)[row]) for row in self.differs[home, item]]
        columns = {
            "offered": offered, "agrees": offered & (count == 0), "differs": count, "handled": handled, "crosses": offered & (best > 0),
            "mode": np.where(offered & (step >= 0), modes["mode"].to_numpy(dtype=object)[np.maximum(step, 0)], ""),
            **{name: np.where(np.isnan(grids[name]).all(axis=0), np.nan, np.nansum(grids[name], axis=0)) for name in ("cases", "trips", "hours")},
        }  # fmt: skip
        titles = self.titles[["item", "title_zh", "title_en"]].iloc[item].reset_index(drop=True)
        frame = titles.assign(jurisdiction=np.array(self.homes, dtype=object)[home], **{name: values[home, item] for name, values in columns.items()})
        return pd.DataFrame(frame).assign(differing=listed)

    def _alignment(self) -> Frame:
        """By field and jurisdiction: items on which it is with the majority, and items on which all agree."""
        import pandas as pd

        agree = self.entries["offered"][..., None] & ~self.differs
        field, home = (axis.ravel() for axis in np.indices((len(FIELDS), len(self.homes))))
        counts = {
            "items": self.entries["offered"].sum(axis=1)[home],
            "with_majority": agree.sum(axis=1)[home, field],
            "all_agree": agree.all(axis=0).sum(axis=0)[field],
        }
        return pd.DataFrame({"field": np.array(FIELDS, dtype=object)[field], "jurisdiction": np.array(self.homes, dtype=object)[home], **counts})


Option = tuple[str, int, int]
"""What can be paid for: kind, jurisdiction (position; -1: the bloc together), item (position)."""


class Menu:
    """The options of a bloc, and what packages of them would save in each (place of residence, home, item)."""

    def __init__(self, desk: Desk, bloc: frozenset[str]) -> None:
        self.desk = desk
        self.members = [position for position, home in enumerate(desk.homes) if home in bloc]
        self.options: list[tuple[Option, float]] = []
        self.packages: list[Package] = []
        self._at: dict[Option, int] = {}
        modes, self.modes = desk.data["modes"], {}
        for acts in ("both", "competent"):
            # Where a region knows several modes of one kind, the one that avoids most trips is offered.
            if (modes["acts"] == acts).any():
                self.modes[acts] = float(modes.loc[modes["acts"] == acts, "handled"].max())
        self._build()

    def cost(self, option: Option) -> float:
        """CNY. Windows are paid for in every place of a jurisdiction, alignment by the fields that differ."""
        kind, member, item = option
        p = self.desk.data.p
        if kind == "windows":
            return p["window_cny"] * int((self.desk.residence == member).sum())
        if kind == "align":
            return p["align_cny"] * int(self.desk.differs[member, item].sum())
        return p[{"joint": "joint_cny", "online": "online_cny", "system": "online_cny", "link": "link_cny"}[kind]]

    def _build(self) -> None:
        desk, handled, residence = self.desk, self.desk.handled, self.desk.residence
        share = desk.data.p["window_share"]
        wider = np.maximum(desk.windows, share)
        mine = [residence == member for member in self.members]
        levels: dict[tuple[str, bool], np.ndarray] = {}
        for kind, flat in (("now", None), *self.modes.items()):
            for window, avoided in ((False, desk.windows), (True, wider)):
                rest = left(handled if flat is None else np.full_like(handled, flat), avoided[residence][:, None, :])
                levels[kind, window] = np.stack([(desk.full_hours * rest)[own].sum(axis=0) for own in mine])
        offered = desk.entries["offered"]
        away = [[residence != home] for home in range(len(desk.homes))]
        top = np.stack([handled[one[0], home].max(axis=0) for home, one in enumerate(away)])
        pairs = [(row, d, h) for row, d in enumerate(self.members) for h in range(len(desk.homes)) if h != d]
        scheme = top[self.members].max(axis=0) <= self.modes.get("both", -1.0)
        target = 0
        for item in range(len(desk.items)):
            for row, d, h in pairs:
                target += 1
                base = levels["now", False][row, h, item]
                saves = {key: base - values[row, h, item] for key, values in levels.items()}
                window = [("windows", d, item)] if offered[d, item] and desk.windows[d, item] < share else []
                ways: list[tuple[str, list[Option]]] = [("now", [])]
                if h in self.members and offered[h, item]:
                    if top[h, item] <= self.modes.get("competent", -1.0):
                        ways += [("competent", [("online", h, item)]), ("competent", [("system", -1, item), ("link", h, item), ("align", h, item)])]
                    if scheme[item] and offered[d, item]:
                        ways.append(("both", [(kind, one, item) for kind in ("joint", "align") for one in (h, d)]))
                for kind, needs in ways:
                    for extra in (False, True) if window else (False,):
                        self._offer(target, saves[kind, extra], [*needs, *(window if extra else [])])

    def _offer(self, target: int, saved: float, needs: list[Option]) -> None:
        from xietong.models.packages import Package

        needs = [option for option in needs if option[0] != "align" or self.cost(option) > 0 or self.desk.differs[option[1:]].any()]
        if saved <= 0 or not needs:
            return
        for option in needs:
            if option not in self._at:
                self._at[option] = len(self.options)
                self.options.append((option, self.cost(option)))
        self.packages.append(Package(target, saved, tuple(self._at[option] for option in needs)))

    def steps(self, chosen: set[Option]) -> list[Step]:
        """Steps, joint handling before online handling, which goes further; a shared system is paid for in equal parts."""
        homes, items, p = self.desk.homes, self.desk.items, self.desk.data.p
        joins = {item: [h for kind, h, one in chosen if kind == "link" and one == item] for _, _, item in chosen}
        steps: list[Any] = []
        for kind, member, item in sorted(chosen):
            name, cost = homes[max(member, 0)], self.cost((kind, member, item))
            if kind == "windows":
                steps.append((0, Step("windows", (name, items[item]), p["window_share"], cost, name)))
            elif kind == "align":
                steps.append((1, Step("align", (name, items[item]), 1.0, cost, name)))
            elif kind == "joint":
                others = [one for which, one, at in chosen if which == "joint" and at == item and one != member]
                steps += [(2, Step("open_item", (name, homes[one], items[item]), self.modes["both"], cost / len(others), name)) for one in sorted(others)]
            elif kind in ("online", "link"):
                cost += p["online_cny"] / len(joins[item]) if kind == "link" else 0.0
                steps.append((3, Step("open_item", (name, self.desk.data.areas.region, items[item]), self.modes["competent"], cost, name)))
        return [step for _, step in sorted(steps, key=lambda one: (one[0], one[1].key))]


def left(handled: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Share of home trips that remain. Windows can pass on only what the home side handles across the border at all."""
    return np.asarray((1 - handled) * np.where(handled > 0, 1 - windows, 1.0))
