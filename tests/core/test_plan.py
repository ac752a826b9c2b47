"""The two by two, the dividend, the settlement, quality and scope, on a region and a workstream small enough for hand-work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from xietong.core.areas import Area, Areas
from xietong.core.data import Data
from xietong.core.declare import Choice, Column, Lever, Measure, Outcome, Param, Quality, Rule, Step, Table, proof_status
from xietong.core.region import Region
from xietong.core.rulebook import EVER, RuleRow
from xietong.core.text import T, same
from xietong.core.verbs import gain
from xietong.core.workstream import Workstream

OWNER = T("所有者", "owner")
TWO = T("二", "two")


class Wells(Workstream):
    """Dry wells. A repair costs 10 and makes a well that serves its own side; jointly, one repair serves two. Left out: all else.
    ---
    枯井。修一口井花费10,只供本方使用;共同修一口可供两方。其余一概未考虑。
    """

    title = T("水井", "Wells")
    target = "dry"
    worth = "worth"
    tables = {
        "wells": Table(TWO, ("area",), {"area": Column(TWO, "area"), "dry": Column(TWO, low=0), "year": Column(TWO, "integer")}),
        "bills": Table(TWO, ("area",), {"area": Column(TWO, "area"), "cny": Column(TWO, low=0)}),
    }
    rules = {"shared": Rule(TWO, "share", 0, 1)}
    params = {"worth": Param(TWO, "cny", 30, 20, 40, "s", Quality.DERIVED)}
    measures = {
        "dry": Measure(TWO, "items", "wells", "area", OWNER, lambda f: f["dry"].sum(), "lower", ("wells",)),
        "drift": Measure(TWO, "items", "wells", "area", OWNER, lambda f: f["dry"].sum(), "neutral", ("wells", "params.worth")),
        "paid": Measure(TWO, "cny", "bills", "payer", OWNER, lambda f: f["cny"].sum(), "lower", ("bills",)),
    }
    levers = {"repair": Lever(TWO, "wells.dry", "add", "items")}

    def solve(self, data: Data) -> Outcome:
        bills = data["bills"]
        toll = {"closed": 1.0, "current": 0.0, "open": -0.5}[data.regime]
        wells = data["wells"]
        return Outcome({"wells": wells.assign(dry=wells["dry"] + toll), "bills": bills.assign(payer=data.jurisdiction_of(bills["area"]))}, "proved", 0.0)

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        wells = data["wells"]
        own = [area for area in wells["area"] if data.jurisdiction_of([area])[0] in bloc]
        repairs = int(budget_cny // 10)
        together = len(bloc) > 1
        steps = []
        for number, area in enumerate(own):
            if number < repairs * (2 if together else 1):
                # Jointly the west pays for both.
                payer = "west" if together else data.jurisdiction_of([area])[0]
                steps.append(Step("repair", (area,), -1.0, 5.0 if together else 10.0, payer))
        left = float(wells["dry"][wells["area"].isin(own)].sum()) - len(steps)
        return Choice(tuple(steps), left, proof_status(left, left), left)


def region(**changes: Any) -> Region:
    areas = Areas(
        [
            Area("all", same("All"), "region"),
            Area("west", same("West"), "side", "all"),
            Area("east", same("East"), "side", "all"),
            *(Area(f"{side[0]}{number}", same(f"{side}{number}"), "town", side, 1.0 + number, 2.0, 10.0) for side in ("west", "east") for number in (1, 2)),
            Area("cross", same("Cross"), "set", members=("e1", "w1")),
        ],
        ("region", "side", "town"),
    )
    frame = lambda **columns: pd.DataFrame({**columns, "source": "s", "quality": "published"})  # noqa: E731
    wells = frame(area=["e1", "e2", "w1", "w2"], dry=[3.0, 4.0, 5.0, 6.0], year=[2020, 2020, 2021, 2022])
    bills = frame(area=["e1", "e2", "w1", "w2"], cny=[1.0, 2.0, 3.0, 4.0])
    wells_one = Wells()
    wells_one.check()
    row = RuleRow("wells.shared", "all", "all", "", 0.5, date(2000, 1, 1), EVER, "", "s", Quality.ILLUSTRATIVE, 2)
    whole = Region(
        "toy",
        same("Toy"),
        same(""),
        areas,
        {},
        {"wells": wells, "bills": bills},
        dict(Wells.tables),
        (row,),
        {},
        {"s": {}},
        {"wells": wells_one},
        date(2020, 6, 1),
    )
    return replace(whole, **changes)


def test_the_dividend_compares_deciders_at_equal_rules_and_equal_budget() -> None:
    plan = region().wells.plan(40).plan
    assert plan is not None
    current = {cell.deciders: cell for cell in plan.cells if cell.rules == "current"}
    # 40 split in halves: each repairs 2 of its own; jointly 4 repairs would serve 8, and there are 4 towns: all 4, for 5 each.
    assert plan.before["current"]["all"] == 18
    assert current["alone"].whole == 14 and current["jointly"].whole == 14
    assert plan.dividend["current"] == 0
    poor = region().wells.plan(20).plan
    assert poor is not None
    # 20: each alone repairs 1 (18 - 2); jointly 2 repairs serve 4 (18 - 4).
    # Open rules spare half a well in each of 4 towns.
    assert [cell.whole for cell in poor.cells] == [16, 14, 14, 12]
    assert poor.dividend == {"current": 2, "open": 2}


def test_a_plan_says_what_its_money_goes_to_and_what_a_unit_costs() -> None:
    result = region().wells.plan(20, rules=("current",))
    assert result.plan is not None
    joint = result.plan.cells[-1]
    assert joint.by_lever == {"repair": (-4.0, 20.0)}
    (sentence,) = (one for one in result.texts["en"] if one.startswith("The money goes to"))
    assert "(20 CNY)" in sentence and "each unit gained costs 5 CNY" in sentence  # 20 for 18 - 14
    assert any("每改善一个单位花费5元" in one for one in result.texts["zh"])
    nothing = region().wells.plan(0, rules=("current",))
    assert not any(one.startswith("The money goes to") for one in nothing.texts["en"])


def test_a_settlement_worked_by_hand() -> None:
    plan = region().wells.plan(20).plan
    assert plan is not None
    sides = {side.jurisdiction: side for side in plan.sides}
    # Alone each gains 1 well (worth 30) and pays 10: 20. Jointly each gains 2 (60); the west pays all 20: west 40, east 60.
    # Surplus 100 - 40 = 60, half each: 50 and 50, so the east hands the west 10.
    assert (sides["west"].gain, sides["west"].pays_cny, sides["west"].alone_net_cny) == (2, 20, 20)
    assert (sides["east"].gain, sides["east"].pays_cny, sides["east"].alone_net_cny) == (2, 0, 20)
    assert (sides["west"].transfer_cny, sides["east"].transfer_cny) == (10, -10)
    assert all(side.exists for side in plan.sides)


def test_a_budget_is_split_by_the_declared_column_or_in_equal_parts() -> None:
    assert region().wells._split(100) == {"east": 50, "west": 50}

    class Weighted(Wells):
        shares = "wells.dry"

    one = region()
    bound = replace(one.wells, workstream=Weighted())
    assert bound._split(18) == pytest.approx({"east": 7, "west": 11})


def test_gain_is_signed_by_what_is_better_and_neutral_is_the_plain_difference() -> None:
    measures = Wells.measures
    assert gain(measures["dry"], 5, 3) == 2
    assert gain(measures["drift"], 5, 3) == -2
    assert gain(replace(measures["dry"], better="higher"), 5, 3) == -2
    assert gain(measures["dry"], None, 3) is None
    figures = region().wells.border().figures
    assert figures["dry"].gained["all"] == 4 and figures["drift"].gained["all"] == -4


def test_a_figure_is_as_good_as_the_worst_that_it_uses() -> None:
    figures = region().wells.status().figures
    assert figures["dry"].quality == "published"
    assert figures["drift"].quality == "derived", "its param is derived"
    assert figures["dry"].year == "2020–2022"
    one = region()
    mixed = one.tables["wells"].assign(quality=["published", "illustrative", "derived", "published"])
    assert replace(one, tables={**one.tables, "wells": mixed}).wells.status().figures["dry"].quality == "illustrative"
    ruled = replace(Wells.measures["dry"], uses=("wells", "rules.shared"))
    assert one.qualities(one.workstreams["wells"], ruled.uses[1]) == {Quality.ILLUSTRATIVE}


def test_an_area_holds_the_rows_that_lie_in_it_whole() -> None:
    across = region().wells.for_("cross").status()
    assert across.bound.columns == ("cross", "east", "west")
    assert across.value("dry") == 8 and across.value("dry", area="west") == 5
    assert across.value("paid") is None, "who pays is a jurisdiction, which does not lie in the set"
    assert across.to_dict()["areas"][1]["title"]["en"] == "east (part)" or across.to_dict()["areas"][1]["title"]["en"].endswith("(part)")
    side = region().wells.for_("west").status()
    assert side.value("dry") == 11 and side.value("paid") == 7


def test_a_gap_is_rounded_up_so_that_it_stays_a_bound() -> None:
    assert proof_status(100.0, 100.0) == "proved"
    assert proof_status(100.0, 99.98926) == "gap<=0.02%"
    with pytest.raises(ValueError, match="no lower bound"):
        proof_status(90.0, 100.0)


def test_what_a_caller_does_to_a_table_stays_with_the_caller() -> None:
    one = region()
    table = one.wells.status().table("wells")
    table["dry"] = 0.0
    assert one.wells.status().value("dry") == 18


def test_whether_joint_beats_alone_is_judged_for_the_region_not_for_the_place_asked_about() -> None:
    class Skewed(Wells):
        """Jointly everyone is served but the first town.
        ---
        共同决定时除第一处外都得到供水。
        """

        def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
            if len(bloc) == 1:
                return super().choose(data, bloc, budget_cny, seed)
            steps = tuple(Step("repair", (area,), -1.0, 5.0, "west") for area in ("e2", "w1", "w2"))
            return Choice(steps, 15.0, "proved", 15.0)

    one = region()
    renamed = replace(one, rows=tuple(row._replace(rule="skewed.shared") for row in one.rows))
    bound = replace(renamed.wells, workstream=Skewed())
    plan = bound.for_("e1").plan(20).plan
    assert plan is not None
    alone, joint = (cell for cell in plan.cells if cell.rules == "current")
    assert (alone.whole, joint.whole) == (2, 3), "the town does worse jointly, and that is shown"
    assert (alone.total, joint.total) == (16, 15)
    assert plan.dividend["current"] == -1
