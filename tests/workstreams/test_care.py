"""Elderly care, computed again from the raw tables in plain Python and a linear program that share nothing with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import xietong
from tests.workstreams.care_oracle import RULES, Oracle
from xietong.core.declare import Step
from xietong.core.errors import DataError
from xietong.core.region import Memo, Region
from xietong.core.result import Result
from xietong.io.skeleton import write_skeleton
from xietong.workstreams import catalogue
from xietong.workstreams.care.reasons import REASONS

CURRENT = {"recognised": 0.4, "follows": 0.5, "starred": 0.3, "insured": 0.25, "settled": 0.8, "certified": 0.6}
PILOT = {("n1", "s1"): 0.9}
REGIMES = ("closed", "current", "open")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """Six made-up places on two banks, with part of everything open across the river."""
    folder = tmp_path_factory.mktemp("care") / "twin"
    write_skeleton(folder, catalogue())
    rules = folder / "rules.csv"
    lines = rules.read_text().splitlines()
    values = {f"care.{name}": str(CURRENT[name]) for name in RULES}
    mended = [",".join([cells[0], *cells[1:4], values[cells[0]], *cells[5:]]) if (cells := line.split(","))[0] in values else line for line in lines]
    mended.append("care.recognised,n1,s1,,0.9,2000-01-01,,a pilot,example,illustrative")
    rules.write_text("\n".join(mended) + "\n")
    return xietong.load(folder, "2026-01-15")


def oracle(region: Region, regime: str) -> Oracle:
    return Oracle(region, regime, CURRENT, PILOT)


def changed(region: Region, table: str, **columns: float) -> Region:
    frame = region.table(table)
    frame = frame.assign(**{name: frame[name] * factor for name, factor in columns.items()})
    return replace(region, tables={**region.tables, table: frame}, memo=Memo())


def scarce(region: Region, factor: float) -> Region:
    return changed(region, "homes", beds=factor, nursing=factor, carers=factor, nurses=factor)


# -- the allocation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_no_allocation_leaves_fewer_out_under_any_regime(twin: Region, factor: float) -> None:
    region = scarce(twin, factor)
    result = region.care.border()
    for regime in REGIMES:
        assert result.value("unserved", regime) == pytest.approx(oracle(region, regime).least_unserved(), rel=1e-6, abs=1e-3)
        assert result.outcomes[regime].status == "proved"


@pytest.mark.parametrize("name", RULES)
def test_each_rule_counts_as_the_oracle_counts_it(twin: Region, name: str) -> None:
    region = scarce(twin, 2.0)
    rows = tuple(row._replace(value=1.0) if row.rule == f"care.{name}" else row for row in region.rows)
    lifted = replace(region, rows=rows, memo=Memo())
    pilot = {} if name == "recognised" else PILOT
    assert lifted.care.status().value("unserved") == pytest.approx(
        Oracle(region, "current", {**CURRENT, name: 1.0}, pilot).least_unserved(), rel=1e-6, abs=1e-3
    )


def test_need_by_age_grade_and_supply_adds_up_to_what_the_oracle_counts(twin: Region) -> None:
    needs = twin.care.status().table("needs")
    people = oracle(twin, "current").people()
    assert needs["need"].sum() == pytest.approx(sum(people.values()))
    by_supply = needs.groupby("supply")["need"].sum()
    for supply, count in by_supply.items():
        assert count == pytest.approx(sum(value for key, value in people.items() if key[1] == supply))
    assert set(needs["age_group"]) == {"60-64", "65-79", "80+"} and set(needs["grade"]) == {"mild", "moderate", "severe", "total"}


def check_flows(result: Result, regime: str) -> None:
    people, homes, flows = (result.table(name, regime) for name in ("people", "homes", "flows"))
    served = (people.set_index("place")["need"] - people.set_index("place")["unserved"])[flows["origin"].unique()]
    assert flows.groupby("origin")["people"].sum().to_dict() == pytest.approx(served.to_dict(), rel=1e-6)
    assert (homes["used"] <= homes["staffed"] * (1 + 1e-6) + 1e-6).all()
    assert (homes["staffed"] <= homes["beds"] * (1 + 1e-9)).all()
    assert homes["used"].sum() == pytest.approx(flows["people"].sum())


def test_everybody_is_placed_once_and_no_home_is_overfull(jjj: Region) -> None:
    result = jjj.care.border()
    for regime in REGIMES:
        check_flows(result, regime)
    assert not result.table("flows", "closed")["crosses"].any()


def test_the_folder_of_a_region_is_all_it_takes(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    write_skeleton(folder, catalogue())
    assert xietong.load(folder).care.border().value("unserved", "open") > 0


# -- staff -------------------------------------------------------------------------------------------------------------


def test_beds_without_carers_do_not_count(twin: Region) -> None:
    known = twin.table("homes").assign(carers=0.0, nurses=0.0)
    empty = replace(twin, tables={**twin.tables, "homes": known}, memo=Memo()).care.status()
    assert empty.value("use") == 0
    assert empty.value("unserved") == pytest.approx(empty.table("people")["need"].sum())
    assert empty.value("no_staff") > 0
    assert any("without carers" in note.en for outcome in empty.outcomes.values() for note in outcome.notes)


def test_carers_certified_elsewhere_than_there_are_is_a_fault(twin: Region) -> None:
    rows = twin.table("workforce")
    import pandas as pd

    more = pd.concat([rows, rows.assign(area="northbank")], ignore_index=True).assign(share=0.5)
    broken = replace(twin, tables={**twin.tables, "workforce": more}, memo=Memo())
    with pytest.raises(DataError, match="certified elsewhere"):
        broken.care.status()


# -- why people are left out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_reasons_add_up_to_the_people_left_out(twin: Region, factor: float) -> None:
    result = scarce(twin, factor).care.border()
    for regime in REGIMES:
        for area in ("northbank", "southbank", None):
            parts = [result.value(name, regime, area) for name in REASONS]
            assert all(part >= 0 for part in parts)
            assert sum(parts) == pytest.approx(result.value("unserved", regime, area), rel=1e-6, abs=1e-4)


def test_with_an_open_border_nobody_is_left_out_for_want_of_recognition(jjj: Region) -> None:
    assert jjj.care.border().value("unrecognised", "open") == 0


def test_each_obstacle_is_named_where_it_is_the_only_one(twin: Region) -> None:
    """One obstacle at a time is put in the way of everybody; the reason that grows is the one that bears its name."""
    plenty = scarce(twin, 30.0)
    base = plenty.care.status()
    assert base.value("no_bed") == pytest.approx(0, abs=1e-6)
    dear = changed(plenty, "homes", price_cny_month=50.0).care.status()
    assert dear.value("unaffordable") == pytest.approx(dear.value("unserved"), rel=1e-6) and dear.value("unserved") > base.value("unserved")
    none = scarce(twin, 1e-6).care.status()
    assert none.value("no_bed") == pytest.approx(none.value("unserved"), rel=1e-3)
    near = plenty.table("supplies").assign(limit_min=1.0)
    far = replace(plenty, tables={**plenty.tables, "supplies": near}, memo=Memo()).care.status()
    assert far.value("too_far") > 0.3 * far.value("unserved") and far.value("unserved") == pytest.approx(far.table("people")["need"].sum())


def test_shortage_and_imbalance_make_up_the_people_left_out_of_a_region(jjj: Region) -> None:
    """People left out less beds that stand empty = need less beds with carers, supply by supply."""
    for regime, outcome in jjj.care.border().outcomes.items():
        balance = outcome.tables["balance"].groupby("supply")[["need", "unserved", "staffed", "used", "free"]].sum()
        assert (balance["unserved"] - balance["free"]).to_dict() == pytest.approx((balance["need"] - balance["staffed"]).to_dict(), rel=1e-6, abs=1e-2), regime
    result = jjj.care.status()
    assert result.value("shortage") + result.value("imbalance") == pytest.approx(result.value("unserved"), rel=1e-6)


def test_unevenness_is_nothing_where_each_place_has_as_many_for_its_need() -> None:
    import pandas as pd

    from xietong.workstreams.care.measures import gini, unevenness

    frame = pd.DataFrame({"supply": ["a", "a", "b"], "need": [100.0, 300.0, 10.0], "staffed": [10.0, 30.0, 5.0]})
    assert unevenness(frame) == pytest.approx(0)
    assert unevenness(frame.assign(staffed=[40.0, 0.0, 5.0])) == pytest.approx(0.75 * 400 / 410)
    assert gini("x", "w")(pd.DataFrame({"x": [1.0, 1.0], "w": [3.0, 5.0]})) == pytest.approx(0)
    assert gini("x", "w")(pd.DataFrame({"x": [0.0, 1.0], "w": [1.0, 1.0]})) == pytest.approx(0.5)


def test_access_sums_to_the_beds_with_carers_that_can_be_reached_whatever_the_border(jjj: Region) -> None:
    result = jjj.care.border()
    for regime in REGIMES:
        people, homes = result.table("people", regime), result.table("homes", regime)
        reached = (people["access"] * people["home_need"]).sum() / 1000
        assert reached == pytest.approx(homes[homes["supply"] == "institution"]["staffed"].sum(), rel=1e-9)


# -- money -------------------------------------------------------------------------------------------------------------


def test_what_people_and_the_public_pay_adds_up_to_the_price(twin: Region) -> None:
    status = twin.care.status()
    flows = status.table("flows")
    parts = flows[["price_cny", "voucher_cny", "subsidy_cny", "insurance_cny", "medical_cny"]].sum(axis=1)
    homes = twin.table("homes")
    low, high = homes["price_cny_month"].min(), homes["price_cny_month"].max() + twin.table("supplies")["nursing_fee_cny_month"].max()
    assert ((parts >= low - 1e-6) & (parts <= high + 1e-6)).all()
    total = status.value("public_subsidy") + status.value("public_insurance") + status.value("public_medical")
    assert status.value("public") == pytest.approx(total)


def test_subsidies_of_a_side_are_paid_across_the_border_only_as_far_as_they_follow(twin: Region) -> None:
    border = twin.care.border()
    closed, opened = (border.table("flows", regime) for regime in ("closed", "open"))
    assert not closed["crosses"].any()
    across = opened[opened["crosses"] & (opened["supply"] == "institution")]
    assert len(across) and (across["subsidy_cny"] > 600).all(), "with an open border the whole subsidy follows, that for stars too"


# -- stays -------------------------------------------------------------------------------------------------------------


def test_a_bed_that_residents_leave_empty_serves_guests_by_season(jjj: Region) -> None:
    result = jjj.care.border()
    for regime in REGIMES:
        stays, homes = result.table("stays", regime), result.table("homes", regime)
        free = homes[homes["supply"] == "institution"].groupby("place")[["free", "free_nursing"]].sum()
        room = free["free"] - free["free_nursing"]
        for season, rows in stays.groupby("season"):
            taken = rows.groupby("destination")["people"].sum()
            assert (taken <= room[taken.index] + 1e-6).all(), season
        assert (stays["people"] <= stays["wanted"] * (1 + 1e-9)).all()
        shared = result.table("shared_beds", regime)
        assert shared["beds"].sum() > 0, "the same beds serve other people in winter than in summer"


def test_a_region_without_stays_says_nothing_about_them(twin: Region) -> None:
    without = replace(twin, tables={name: frame for name, frame in twin.tables.items() if name != "stays"}, memo=Memo())
    assert without.care.status().value("stays") is None
    assert without.care.status().value("unserved") == twin.care.status().value("unserved")


# -- plans -------------------------------------------------------------------------------------------------------------


def bought(steps: tuple[Step, ...]) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for step in steps:
        found[step.lever][step.key] = step.amount
    return found


def test_a_plan_counted_again_by_the_linear_program_gives_the_same_result(twin: Region) -> None:
    region = scarce(twin, 0.5)
    plan = region.care.plan(3e7).plan
    assert plan is not None
    for cell in plan.cells:
        levers = bought(cell.steps)
        if levers["pact"] and cell.rules == "current":
            continue  # the oracle knows the rules as written, not a new pact
        trained = {(key[:3], key[3]): amount for key, amount in levers["train"].items()}
        again = oracle(region, cell.rules).least_unserved(levers["beds"], levers["convert"], trained, levers["voucher"])
        assert cell.whole == pytest.approx(again, rel=1e-6, abs=1e-3)
        assert cell.bound is None or cell.bound <= cell.whole + 1e-3


def test_a_plan_comes_close_to_its_bound(twin: Region) -> None:
    region = scarce(twin, 0.5)
    care, everyone = region.workstreams["care"], frozenset(region.areas.jurisdictions)
    for budget in (3e6, 3e7, 3e8):
        choice = care.choose(region.data(care), everyone, budget, 0)
        assert choice.bound is not None and choice.objective - choice.bound <= 0.01 * choice.objective + 5


def test_every_lever_is_used_where_it_is_what_is_lacking(twin: Region) -> None:
    care, everyone = twin.workstreams["care"], frozenset(twin.areas.jurisdictions)

    def levers(region: Region, budget: float = 5e6) -> set[str]:
        return {step.lever for step in care.choose(region.data(care), everyone, budget, 0).steps}

    plenty = scarce(twin, 30.0)
    unstaffed = replace(plenty, tables={**plenty.tables, "homes": plenty.table("homes").assign(carers=0.0, nurses=0.0)}, memo=Memo())
    assert levers(unstaffed) == {"train"}
    assert {"beds", "train"} <= levers(scarce(twin, 0.01), 1e9)
    ordinary = replace(plenty, tables={**plenty.tables, "homes": plenty.table("homes").assign(nursing=0.0, nurses=1e6)}, memo=Memo())
    assert "convert" in levers(ordinary)
    dear = changed(plenty, "homes", price_cny_month=1.6)
    assert "voucher" in levers(dear, 1e8)


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


def test_a_pact_is_agreed_where_the_other_side_has_the_beds(twin: Region) -> None:
    beds = twin.table("homes")
    south = beds["area"].str.startswith("s")
    uneven = {name: beds[name] * np.where(south, 60.0, 0.02) for name in ("beds", "nursing", "carers", "nurses")}
    rows = tuple(row._replace(value=0.0) if row.rule == "care.recognised" else row for row in twin.rows if row.reference != "a pilot")
    region = replace(twin, tables={**twin.tables, "homes": beds.assign(**uneven)}, rows=rows, memo=Memo())
    care = region.workstreams["care"]
    steps = care.choose(region.data(care), frozenset(region.areas.jurisdictions), 2.5e7, 0).steps
    assert ("northbank", "southbank") in {step.key for step in steps if step.lever == "pact"}


# -- what if -----------------------------------------------------------------------------------------------------------


def test_beds_count_once_there_are_carers_for_them(twin: Region) -> None:
    region = scarce(twin, 0.3)
    base = region.care.status().value("unserved")
    beds, carers = "beds:n1,institution,basic:70", "train:n1,institution,basic,general:10"
    assert region.care.with_steps([beds]).status().value("unserved") == pytest.approx(base)
    assert base - region.care.with_steps([beds, carers]).status().value("unserved") == pytest.approx(70, rel=1e-6)


def test_a_voucher_lets_people_pay_and_is_paid_by_their_own_side(jjj: Region) -> None:
    place = jjj.areas.jurisdiction("110101")
    before = jjj.care.status()
    after = jjj.care.with_steps(["voucher:110101,home,light,1000:20"]).status()
    assert before.value("unserved") - after.value("unserved") == pytest.approx(20, rel=0.05)
    assert after.value("public_subsidy", area=place) > before.value("public_subsidy", area=place)


def test_beds_whose_number_is_unknown_follow_the_assumption_and_stay_marked(jjj: Region) -> None:
    scale = jjj.params(jjj.catalogue["care"])["supply_scale"]
    more = replace(jjj, assumptions={**jjj.assumptions, "care.supply_scale": replace(scale, value=1.3)}, memo=Memo())
    assert more.care.status().value("unserved") < jjj.care.status().value("unserved")
    assert jjj.care.status().value("unserved", area="tianjin") is not None


# -- look-ups ----------------------------------------------------------------------------------------------------------


def test_new_homes_stand_where_the_people_left_out_are_and_serve_them(jjj: Region) -> None:
    found = jjj.care.ask("site", supply="community", p=5, beds=300).value
    assert found["status"] == "proved" and len(found["sites"]) == 5
    assert found["bound"] == pytest.approx(found["objective"], rel=1e-5)
    whole = found["sides"][0]
    assert whole["area"] == "jjj" and whole["before"] == pytest.approx(jjj.care.status().value("left_community"))
    served = whole["before"] - whole["after"]
    assert served == pytest.approx(5 * 300, rel=1e-3), "the new beds stand where people who lack one can reach them, and no bed serves two"
    limit = jjj.table("supplies").set_index("supply")["limit_min"]["community"]
    assert all(site["minutes"] <= limit for site in found["sites"])
    for objective in ("center", "cvar"):
        worst = jjj.care.ask("site", supply="community", objective=objective, p=5).value
        assert len(worst["sites"]) == 5 and worst["objective"] > limit
    more = jjj.care.ask("site", supply="community", p=20, beds=300).value
    assert more["objective"] < found["objective"] and more["sides"][0]["after"] <= whole["after"] + 1e-6
    poor = jjj.care.ask("site", supply="community", p=0, beds=300, budget_cny=5e7).value
    assert poor["cost_cny"] <= 5e7 and len(poor["sites"]) < 20


def test_each_alone_may_only_site_at_home(jjj: Region) -> None:
    """With the border closed nobody may use a site across it: people travel no less than when it is open."""
    closed, opened = (jjj.care.ask("site", regime, supply="community", p=6).value for regime in ("closed", "open"))
    assert opened["mean_min"] is not None and closed["mean_min"] is not None
    whole = jjj.care.ask("site", "closed", who="all", p=6).value, jjj.care.ask("site", "open", who="all", p=6).value
    assert whole[1]["objective"] <= whole[0]["objective"] * (1 + 1e-6)


def test_what_people_choose_is_stable_and_never_serves_more_than_the_plan(jjj: Region) -> None:
    answer = jjj.care.ask("choice").value
    rows = {(row["allocation"], row["area"]): row for row in answer["sides"]}
    planned, chosen = rows["planned", "jjj"], rows["chosen", "jjj"]
    assert planned["unserved"] == pytest.approx(jjj.care.status().value("unserved"), rel=1e-6)
    assert chosen["unserved"] >= planned["unserved"] - 1e-6, "no allocation leaves fewer out than the planner's"
    assert chosen["minutes"] < planned["minutes"], "people travel less when they choose"
    assert answer["would_swap"]["chosen"] < answer["would_swap"]["planned"]
    assert all(row["gain_min"] > 0 and row["people"] > 0 for row in answer["swaps"])


def test_a_bed_is_worth_something_only_where_all_are_in_use(jjj: Region) -> None:
    answer = jjj.care.ask("bed_prices", supply="community").value
    assert answer["status"] == "proved" and answer["bound"] == pytest.approx(answer["objective"], rel=1e-9)
    for row in answer["places"]:
        assert row["bed_price_min"] >= 0
        assert row["worth"] in (None, 0) or row["used"] == pytest.approx(row["staffed"], rel=1e-4)


def test_the_directory_lists_what_a_person_could_use_nearest_and_cheapest_first(jjj: Region) -> None:
    homes = jjj.care.ask("directory", place="110101", grade="total", means_cny=3000.0).value["homes"]
    weight = jjj.params(jjj.catalogue["care"])["price_weight"].value
    order = [row["minutes"] + row["price_cny"] / 1000 * weight for row in homes]
    assert order == sorted(order) and all(row["nursing"] for row in homes)
    assert all(row["affordable"] == (row["price_cny"] <= 3000) for row in homes)
    across = next(row for row in homes if jjj.areas.jurisdiction(row["place"]) == "hebei")
    assert across["open_share"] < 1 and across["insurance_cny"] < homes[0]["insurance_cny"]
    closed = jjj.care.ask("directory", "closed", place="110101").value["homes"]
    assert {jjj.areas.jurisdiction(row["place"]) for row in closed} == {"beijing"}
