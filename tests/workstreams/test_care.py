"""Elderly care, computed again from the raw tables in plain Python and a linear program that share nothing with it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

import xietong
from xietong.core.declare import Step
from xietong.core.region import Memo, Region
from xietong.core.result import Result
from xietong.io.skeleton import write_skeleton
from xietong.workstreams import catalogue

MEANS = [1000, 1600, 2500, 4000, 6300, 10000]


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """Six made-up places on two banks, with half of everything open across the river."""
    folder = tmp_path_factory.mktemp("care") / "twin"
    write_skeleton(folder, catalogue())
    rules = folder / "rules.csv"
    lines = rules.read_text().splitlines()
    halves = {"care.recognised": "0.4", "care.follows": "0.5", "care.insured": "0.25"}
    mended = [",".join([cells[0], *cells[1:4], halves[cells[0]], *cells[5:]]) if (cells := line.split(","))[0] in halves else line for line in lines]
    mended.append("care.recognised,n1,s1,,0.9,2000-01-01,,a pilot,example,illustrative")
    rules.write_text("\n".join(mended) + "\n")
    return xietong.load(folder, "2026-01-15")


def rule(region: Region, name: str, origin: str, destination: str, regime: str) -> float:
    home = region.areas.jurisdiction
    if regime == "open" or home(origin) == home(destination):
        return 1.0
    if regime == "closed":
        return 0.0
    pilot = name == "recognised" and (origin, destination) == ("n1", "s1")
    return {"recognised": 0.9 if pilot else 0.4, "follows": 0.5, "insured": 0.25}[name]


def minutes(region: Region, origin: str, destination: str) -> float:
    """The road model by the haversine formula."""
    a, b = region.areas.by_id[origin], region.areas.by_id[destination]
    p = {name: param.value for name, param in region.params(region.catalogue["road"]).items()}
    lat1, lat2, dlon = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    km = 2 * 6371.0088 * math.asin(math.sqrt(h)) if origin != destination else 2 / 3 * math.sqrt(a.area_km2 / math.pi)
    return p["start_min"] + km * p["detour"] / p["speed_kmh"] * 60


def phi(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def groups(region: Region) -> dict[tuple[str, str, int], float]:
    """People by place, grade and step of means, straight from the census rows."""
    p = {name: param.value for name, param in region.params(region.catalogue["care"]).items()}
    found: dict[tuple[str, str, int], float] = {}
    for row in region.table("census").to_dict("records"):
        ages = (row["pop_60_plus"] - row["pop_65_plus"], row["pop_65_plus"] - row["pop_80_plus"], row["pop_80_plus"])
        need = sum(people * p[rate] for people, rate in zip(ages, ("disabled_60", "disabled_65", "disabled_80"), strict=True)) * p["seek_share"]
        for grade, share in (("moderate", 1 - p["severe_share"]), ("severe", p["severe_share"])):
            for step in range(6):
                part = 0.0
                for weight, median in ((row["urban_share"], p["means_urban_cny"]), (1 - row["urban_share"], p["means_rural_cny"])):
                    above = lambda k, median=median: phi(math.log(median / MEANS[k]) / p["means_spread"]) if k < 6 else 0.0  # noqa: E731
                    part += weight * ((1.0 if step == 0 else above(step)) - above(step + 1))
                found[row["area"], grade, step] = need * share * part
    return found


def least_unserved(region: Region, regime: str, beds: dict[tuple[str, str], float], prices: dict[tuple[str, str], float]) -> float:
    """The fewest people that any allocation leaves without a bed, by linear programming over single groups and homes."""
    p = {name: param.value for name, param in region.params(region.catalogue["care"]).items()}
    people = groups(region)
    arcs = []
    for (place, grade, step), home in product(people, beds):
        if minutes(region, place, home[0]) > p["limit_min"] or rule(region, "recognised", place, home[0], regime) == 0:
            continue
        price = prices[home] - p["subsidy_cny"] * rule(region, "follows", place, home[0], regime)
        price -= p["insurance_cny"] * rule(region, "insured", place, home[0], regime) if grade == "severe" else 0
        if max(price, 0) <= MEANS[step]:
            arcs.append(((place, grade, step), home, rule(region, "recognised", place, home[0], regime)))
    limits: dict[object, tuple[float, list[int]]] = {group: (count, []) for group, count in people.items()}
    for number, (group, home, admitted) in enumerate(arcs):
        limits[group][1].append(number)
        for level in {one for *_, one in arcs}:
            if admitted <= level:
                limits.setdefault((home, level), (beds[home] * level, []))[1].append(number)
    rows, bounds = lil_matrix((len(limits), len(arcs))), []
    for row, (bound, members) in enumerate(limits.values()):
        rows[row, members] = 1
        bounds.append(bound)
    served = -linprog(-np.ones(len(arcs)), A_ub=rows.tocsr(), b_ub=bounds).fun
    return sum(people.values()) - served


def stock(region: Region) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    rows = region.table("beds").to_dict("records")
    return {(row["area"], row["tier"]): row["beds"] for row in rows}, {(row["area"], row["tier"]): row["price_cny_month"] for row in rows}


def scarce(region: Region, factor: float) -> Region:
    beds = region.table("beds")
    return replace(region, tables={**region.tables, "beds": beds.assign(beds=beds["beds"] * factor)}, memo=Memo())


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_no_allocation_leaves_fewer_unserved_under_any_regime(twin: Region, factor: float) -> None:
    region = scarce(twin, factor)
    result = region.care.border()
    for regime in ("closed", "current", "open"):
        assert result.value("unserved", regime) == pytest.approx(least_unserved(region, regime, *stock(region)), rel=1e-6, abs=1e-3)
        assert result.outcomes[regime].status == "proved"


def check_flows(result: Result, regime: str) -> None:
    people, homes, flows = (result.table(name, regime) for name in ("people", "homes", "flows"))
    assert flows.groupby("origin")["people"].sum().to_dict() == pytest.approx(
        (people.set_index("place")["need"] - people.set_index("place")["unserved"])[flows["origin"].unique()].to_dict(), rel=1e-6
    )
    assert (homes["used"] <= homes["beds"] * (1 + 1e-6) + 1e-6).all()
    assert homes["used"].sum() == pytest.approx(flows["people"].sum())


def test_everybody_is_placed_once_and_no_home_is_overfull(jjj: Region) -> None:
    result = jjj.care.border()
    for regime in ("closed", "current", "open"):
        check_flows(result, regime)
    assert not result.table("flows", "closed")["crosses"].any()


def test_need_by_age_and_grade_adds_up_to_need(jjj: Region) -> None:
    result = jjj.care.status()
    needs = result.table("needs")
    assert set(needs["age_group"]) == {"60-64", "65-79", "80+"}
    assert needs["need"].sum() == pytest.approx(result.table("people")["need"].sum())


def test_access_sums_to_the_beds_that_can_be_reached_whatever_the_border(jjj: Region) -> None:
    result = jjj.care.border()
    totals = []
    for regime in ("closed", "current", "open"):
        people = result.table("people", regime)
        totals.append((people["access"] * people["need"]).sum() / 1000)
        assert totals[-1] == pytest.approx(result.table("homes", regime)["beds"].sum(), rel=1e-9)


def test_a_plan_counted_again_by_the_linear_program_gives_the_same_result(twin: Region) -> None:
    region = scarce(twin, 0.3)
    plan = region.care.plan(2e7).plan
    assert plan is not None
    for cell in plan.cells:
        beds, prices = (defaultdict(float, one) for one in stock(region))
        opened = {step.key for step in cell.steps if step.lever == "pact"}
        if opened and cell.rules == "current":
            continue  # the oracle knows the rules as written, not a new pact
        for step in cell.steps:
            beds[step.key] += step.amount
        assert cell.whole == pytest.approx(least_unserved(region, cell.rules, dict(beds), dict(prices)), rel=1e-6, abs=1e-3)
        assert cell.bound is None or cell.bound <= cell.whole + 1e-3


def test_more_money_never_serves_fewer(twin: Region) -> None:
    region = scarce(twin, 0.3)
    everyone = frozenset(region.areas.jurisdictions)
    care = region.workstreams["care"]
    results = [care.choose(region.data(care), everyone, budget, 0).objective for budget in (0, 5e6, 2e7, 1e8)]
    assert results == sorted(results, reverse=True)
    assert results[0] > results[-1]


def test_a_pact_opens_all_beds_of_the_other_side(twin: Region) -> None:
    care = twin.workstreams["care"]
    data = twin.data(care)
    pacts = [Step("pact", pair, 1.0, 0.0, pair[0]) for pair in (("northbank", "southbank"), ("southbank", "northbank"))]
    places = np.array(twin.areas.places)
    assert (data.apply(pacts).rule("recognised", places[:, None], places[None, :]) == 1).all()


def test_beds_whose_number_is_unknown_follow_the_assumption_and_stay_marked(jjj: Region) -> None:
    more = replace(jjj, assumptions={**jjj.assumptions, "care.unknown_beds": replace(jjj.params(jjj.catalogue["care"])["unknown_beds"], value=27)}, memo=Memo())
    assert more.care.status().value("unserved") < jjj.care.status().value("unserved")
    assert jjj.care.status().value("unserved", area="tianjin") is not None


def test_a_home_at_a_place_of_its_own_can_be_added_where_none_stood(jjj: Region) -> None:
    care = jjj.workstreams["care"]
    data = jjj.data(care)
    built = data.apply([Step("beds", ("130827", "basic"), 100.0, 0.0, "hebei")])
    assert len(built["beds"]) == len(data["beds"]) + 1
    before, after = (care.solve(one).tables["people"]["unserved"].sum() for one in (data, built))
    assert before - after == pytest.approx(100, rel=0.01)


def test_the_folder_of_a_region_is_all_it_takes(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    write_skeleton(folder, catalogue())
    assert xietong.load(folder).care.border().value("unserved", "open") > 0
