"""A whole workstream in one file, installed the way a user installs one: by an entry point."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

MODULE = '''
"""A toy: firms that may buy from the other side."""

import numpy as np

import xietong as x
from xietong import T


class Toy(x.Workstream):
    """Firms buy where it is cheapest among the sellers that they may buy from. A toy: it leaves out everything else.
    ---
    企业在允许购买的卖方中选择最便宜的。这是一个示例,其余一概未考虑。
    """

    title = T("玩具", "Toy trade")
    target = "spending"
    needs = ("tolls",)
    tables = {
        "firms": x.Table(T("企业", "Firms"), ("area",), {
            "area": x.Column(T("地点", "place"), "area", level="place"),
            "price_cny": x.Column(T("价格", "price"), unit="cny", low=0, examples=(7.0, 5.0, 9.0, 3.0, 6.0, 8.0)),
            "demand": x.Column(T("需求", "demand"), unit="items", low=0, high=1e6, examples=(10.0, 20.0)),
            "modern": x.Column(T("已改造", "modernised"), "integer", unit="flag", low=0, high=1, examples=(0, 0, 1)),
        }),
    }
    rules = {"trade": x.Rule(T("准入", "market access"), "share", 0, 1)}
    measures = {
        "items": x.Measure(
            T("购入量", "Items bought"), "items", "bought", "place", T("买方", "buyer"), lambda f: f["demand"].sum(), "neutral", ("firms",), T("数量", "Amounts")
        ),
        "dearest": x.Measure(
            T("最高单价", "Dearest item"), "cny/item", "bought", "place", T("买方", "buyer"),
            lambda f: (f["cny"] / f["demand"]).max(), "lower", ("firms", "rules.trade"), T("单价", "Prices"),
        ),
        "spending": x.Measure(T("支出", "Spending"), "cny", "bought", "place", T("买方", "buyer"), lambda f: f["cny"].sum(), "lower", ("firms", "rules.trade")),
    }
    layers = {"spending": x.Layer(T("支出", "Spending"), "bought", "area", "cny", "cny", "lower")}
    levers = {
        "modernise": x.Lever(T("改造", "Modernise"), "firms.modern", "set", "flag", amount=1),
        "demand": x.Lever(T("新增需求", "More demand"), "firms.demand", "add", "items"),
        "market": x.Lever(T("开放市场", "Open the market"), "rules.trade", "set", "share", amount=1),
    }

    def solve(self, data):
        firms = data["firms"]
        offers = self._offers(data)
        return x.Outcome({"bought": firms.assign(place=firms["area"], cny=firms["demand"].to_numpy() * offers.min(axis=1))})

    def _offers(self, data):
        """What an item costs [buyer, seller]: a share may come across the border, the rest comes from the cheapest at home."""
        firms = data["firms"]
        place = data.areas.positions(firms["area"])
        access = data.rule("trade", place[:, None], place[None, :])
        # A modern seller asks a tenth less.
        price = (firms["price_cny"] * (1 - 0.1 * firms["modern"])).to_numpy() + data.product("tolls").per_item
        home = np.where(access < 1, np.inf, price[None, :]).min(axis=1)
        return access * price[None, :] + (1 - access) * home[:, None]

    def sellers(self, data, buyer, count, above_cny, sort):
        firms = data["firms"]
        row = np.flatnonzero(firms["area"] == buyer)
        if not len(row):
            return {"buyer": buyer, "sellers": None, "cheapest_cny": float("nan")}
        cny = self._offers(data)[row[0]]
        kept = firms.assign(cny=np.where(cny > above_cny, cny, np.nan))[["area", "cny"]]
        kept = kept.sort_values(["cny", "area"], ascending=sort == "cheapest", ignore_index=True).head(count)
        return {"buyer": buyer, "sellers": kept, "cheapest_cny": cny.min(), "offers": cny.astype("float32")}

    queries = {
        "sellers": x.Query(
            T("卖方", "Sellers"),
            {
                "buyer": x.Input(T("买方", "buyer"), "area", level="place"),
                "count": x.Input(T("数量", "how many"), "integer", low=1, high=50, default=3),
                "above_cny": x.Input(T("高于", "above"), "number", unit="cny", low=0, default=0.0),
                "sort": x.Input(T("排序", "order"), "text", values=("cheapest", "dearest"), default="cheapest"),
            },
            lambda data, **inputs: data.provider.sellers(data, **inputs),
            uses=("firms", "rules.trade"),
            units={"cny": "cny", "cheapest_cny": "cny"},
        ),
    }


class Tolls:
    """What every item pays on its way."""

    def __init__(self, per_item):
        self.per_item = per_item

    def arrays(self):
        return {"per_item": np.array([self.per_item])}

    @classmethod
    def from_arrays(cls, arrays):
        return cls(float(arrays["per_item"][0]))


class Booth(x.Provider):
    """Tolls. A toy: it leaves out everything else.
    ---
    通行费。这是一个示例,其余一概未考虑。
    """

    title = T("收费站", "Toll booth")
    provides = "tolls"
    product_type = Tolls
    params = {"toll_cny": x.Param(T("通行费", "toll"), "cny", 0.5, 0.25, 1, "assumption")}
    computed = []

    def product(self, data):
        self.computed.append(data.p["toll_cny"])
        return Tolls(data.p["toll_cny"])
'''


def install_toy(folder: Path) -> Path:
    """Write the toy and its entry point into ``folder``, which then belongs on PYTHONPATH."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xietong_toy.py").write_text(MODULE, encoding="utf-8")
    info = folder / "xietong_toy-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xietong-toy\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[xietong.workstreams]\ntoy = xietong_toy\n", encoding="utf-8")
    return folder


@cache
def toy_module() -> ModuleType:
    """The toy in this process, without being installed."""
    module = ModuleType("xietong_toy")
    exec(compile(MODULE, "xietong_toy.py", "exec"), module.__dict__)
    return module


def with_toy() -> dict[str, Any]:
    """The installed workstreams and the toy, as ``load`` takes them."""
    from xietong.workstreams import catalogue

    module = toy_module()
    found = {**catalogue(), "toy": module.Toy(), "booth": module.Booth()}
    for name in ("toy", "booth"):
        found[name].check()
    return dict(sorted(found.items()))
