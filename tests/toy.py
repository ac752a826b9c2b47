"""A whole workstream in one file, installed the way a user installs one: by an entry point."""

from __future__ import annotations

from pathlib import Path

MODULE = '''
"""A toy: firms that may buy from the other side."""

import xietong as x
from xietong import T


class Toy(x.Workstream):
    """Firms buy where it is cheapest among the sellers that they may buy from. A toy: it leaves out everything else.
    ---
    企业在允许购买的卖方中选择最便宜的。这是一个示例,其余一概未考虑。
    """

    title = T("玩具", "Toy trade")
    target = "spending"
    tables = {
        "firms": x.Table(T("企业", "Firms"), ("area",), {
            "area": x.Column(T("地点", "place"), "area", level="place"),
            "price_cny": x.Column(T("价格", "price"), unit="cny", low=0, examples=(7.0, 5.0, 9.0, 3.0, 6.0, 8.0)),
            "demand": x.Column(T("需求", "demand"), unit="items", low=0, examples=(10.0, 20.0)),
        }),
    }
    rules = {"trade": x.Rule(T("准入", "market access"), "share", 0, 1)}
    measures = {
        "spending": x.Measure(T("支出", "Spending"), "cny", "bought", "place", T("买方", "buyer"), lambda f: f["cny"].sum(), "lower", ("firms", "rules.trade")),
    }
    layers = {"spending": x.Layer(T("支出", "Spending"), "bought", "area", "cny", "cny", "lower")}

    def solve(self, data):
        firms = data["firms"]
        place = data.areas.positions(firms["area"])
        access = data.rule("trade", place[:, None], place[None, :])
        price = firms["price_cny"].to_numpy()
        # What one may buy across the border is a share; the rest is bought from the cheapest seller at home.
        home = price[None, :] + (access < 1) * 1e9
        cheapest, abroad = home.min(axis=1), price.min()
        share = access.min(axis=1)
        paid = firms["demand"].to_numpy() * ((1 - share) * cheapest + share * abroad)
        return x.Outcome({"bought": firms.assign(place=firms["area"], cny=paid)})
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
