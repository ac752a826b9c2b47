"""Road times: what the roads of a region take, and `times` by road alone where no timetable is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Param
from xietong.core.text import T
from xietong.core.workstream import Provider
from xietong.kernels.sphere import unit_vectors
from xietong.workstreams._roads import RoadTimes
from xietong.workstreams._tables import MOTORWAYS


class Road(Provider):
    """Door-to-door minutes by road: great-circle distance x detour / speed + a fixed start, or by motorways of a given
    length and speed where that is quicker. A trip within one place is taken to be two thirds of the radius of a disc of its
    area. It leaves out congestion, the road network other than those motorways, rivers, mountains and the sea, and all
    public transport.
    ---
    门到门公路时间:大圆距离×绕行系数/速度+固定起步时间;若走给定长度与速度的高速公路更快,则走高速。同一地点内部取等面积圆半径的三分之二。
    未考虑拥堵、所列高速公路以外的实际路网、山河海湾以及公共交通。
    """

    title = T("公路时间", "Road times")
    provides = "road"
    tables = {"motorways": MOTORWAYS}
    params = {
        "detour": Param(T("绕行系数", "detour factor"), "ratio", 1.3, 1.2, 1.45, "assumption"),
        "speed_kmh": Param(T("平均行驶速度", "mean driving speed"), "km/h", 60, 45, 75, "assumption"),
        "start_min": Param(T("起步与停车时间", "time to start and park"), "min", 10, 5, 15, "assumption"),
    }

    def product(self, data: Data) -> Any:
        places = data.places
        radius = np.sqrt(places["area_km2"].fillna(0).to_numpy() / np.pi)
        points = unit_vectors(places["lon"].to_numpy(), places["lat"].to_numpy())
        start_km, minutes_per_km = radius * 2 / 3, data.p["detour"] * 60 / data.p["speed_kmh"]
        plain = RoadTimes(tuple(places["place"]), points, start_km, minutes_per_km, data.p["start_min"])
        return plain.with_motorways(data["motorways"])


class Drive(Provider):
    """Door-to-door minutes where a region has no timetable: those by road. It leaves out all public transport.
    ---
    区域没有列车时刻表时的门到门时间:即公路时间。未考虑公共交通。
    """

    title = T("门到门时间(公路)", "Door-to-door times (road)")
    provides = "times"
    needs = ("road",)

    def product(self, data: Data) -> Any:
        return data.product("road")
