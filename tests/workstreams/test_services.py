"""Services: trips home recomputed in plain Python, alignment counted naively, plans against brute force."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import xietong
from xietong.core.areas import Areas
from xietong.core.declare import Step
from xietong.core.glossary import UNITS
from xietong.core.region import Memo, Region
from xietong.kernels.agreement import codes, with_majority
from xietong.models.packages import Package, gain_of, select
from xietong.workstreams.services import FIELDS, Desk, Menu

PARTS = ("hours", "trips", "cases", "days", "aligned", "crosses", "left_out")


@pytest.fixture(scope="module")
def jjj() -> Region:
    return xietong.load("jjj", "2026-01-01")


def services(region: Region):
    return region.workstreams["services"]


def with_tables(region: Region, **tables) -> Region:
    return replace(region, tables={**region.tables, **tables}, memo=Memo())


def only(region: Region, items: list[str]) -> Region:
    """The region with a few of its items."""
    kept = {name: region.tables[name][region.tables[name]["item"].isin(items)].reset_index(drop=True) for name in ("items", "catalogue")}
    rows = tuple(row for row in region.rows if not row.rule.startswith("services.") or not row.item or row.item in items)
    return replace(with_tables(region, **kept), rows=rows)


def blank(region: Region, table: str, column: str, **key: str) -> Region:
    """The region with one cell unknown."""
    frame = region.tables[table].copy()
    hit = np.logical_and.reduce([frame[name].astype(str) == value for name, value in key.items()])
    assert hit.sum() == 1
    frame.loc[hit, column] = np.nan
    return with_tables(region, **{table: frame})


# -- status and border -------------------------------------------------------------------------------------------------


def by_hand(region: Region, regime: str) -> dict[str, float]:
    """Hours, trips and cases of the region: loops over people and items, sharing nothing with the workstream but inputs."""
    work = services(region)
    p = {name: param.value for name, param in region.params(work).items()}
    areas, times, data = region.areas, region.product("times"), region.data(work, regime=regime)
    pop = dict(zip(region.tables["population"]["area"], region.tables["population"]["pop"], strict=True))
    share = dict(zip(region.tables["census"]["area"], region.tables["census"]["other_province_share"], strict=True))
    held: dict[str, float] = {}
    for place in areas.places:
        held[areas.jurisdiction(place)] = held.get(areas.jurisdiction(place), 0) + pop[place]
    catalogue = {(row.jurisdiction, row.item): row for row in region.tables["catalogue"].itertuples()}
    minutes = times.minutes(np.arange(len(areas.places))[:, None], np.arange(len(areas.places))[None, :])
    sums = {"hours": 0.0, "trips": 0.0, "cases": 0.0}
    for d, place in enumerate(areas.places):
        if math.isnan(share[place]):
            continue
        for home in areas.jurisdictions:
            if home == areas.jurisdiction(place):
                continue
            others = sum(count for one, count in held.items() if one != areas.jurisdiction(place))
            people = pop[place] * share[place] * p["from_region"] * held[home] / others
            trip = (
                sum((minutes[d, o] + minutes[o, d]) / 60 * pop[one] for o, one in enumerate(areas.places) if areas.jurisdiction(one) == home) / held[home]
                + p["wait_hours"]
            )
            for row in region.tables["items"].itertuples():
                entry = catalogue[home, row.item]
                cases = people * row.requests_per_1000_year / 1000 * p["home_cases"]
                handled = float(data.rule("handled", np.array(home), np.array(place), np.array(row.item)))
                trips = cases * entry.visits * (1 - handled)
                sums = {"hours": sums["hours"] + trips * trip, "trips": sums["trips"] + trips, "cases": sums["cases"] + cases}
    return sums


@pytest.mark.parametrize("regime", ["closed", "current", "open"])
def test_hours_trips_and_cases_equal_a_plain_recomputation(jjj, regime):
    small = only(jjj, ["identity_card_replacement", "social_security_card", "degree_notarisation"])
    border = small.services.border()
    for name, expected in by_hand(small, regime).items():
        assert border.value(name, regime) == pytest.approx(expected, rel=1e-9), name


def test_jurisdictions_add_up_to_the_region_and_the_open_border_needs_no_trip(jjj):
    border = jjj.services.border()
    for name in ("hours", "trips", "cases", "left_out"):
        parts = sum(border.value(name, "current", one) for one in jjj.areas.jurisdictions)
        assert parts == pytest.approx(border.value(name), rel=1e-9), name
    assert border.value("hours", "open") == border.value("trips", "open") == 0
    assert border.value("crosses", "closed") == 0 and border.value("crosses", "open") == len(jjj.tables["items"])


def test_opening_a_rule_anywhere_never_costs_hours(jjj):
    work = services(jjj)
    before = Desk(jjj.data(work))
    random = np.random.default_rng(5)
    items, sides = before.items, [*jjj.areas.jurisdictions, "131000", "110112"]
    steps: list[Step] = []
    last = before.hours_of(frozenset(before.homes))
    for _ in range(25):
        steps = [*steps, Step("windows", (str(random.choice(before.homes)), str(random.choice(items))), 0.5, 0, "")]
        hours = Desk(jjj.data(work, steps=tuple(steps))).hours_of(frozenset(before.homes))
        assert hours <= last + 1e-6
        last = hours
        key = (str(random.choice(before.homes)), str(random.choice(sides)), str(random.choice(items)))
        now = Desk(jjj.data(work, steps=tuple(steps))).handled
        place, home = jjj.areas.leaves(key[1]), before.homes.index(key[0])
        top = now[place & (before.residence != home), home, items.index(key[2])]
        steps.append(Step("open_item", key, float(min(1, top.max(initial=0) + random.random() * 0.2)), 0, ""))
        hours = Desk(jjj.data(work, steps=tuple(steps))).hours_of(frozenset(before.homes))
        assert hours <= last + 1e-6
        last = hours


def test_windows_pass_on_only_what_the_home_side_handles(jjj):
    work = services(jjj)
    step = (Step("windows", ("beijing", "identity_card_replacement"), 0.5, 0, "beijing"),)
    for regime, factor in (("closed", 1.0), ("current", 0.5)):
        plain, wide = (Desk(jjj.data(work, regime=regime, steps=steps)) for steps in ((), step))
        item = plain.items.index("identity_card_replacement")
        inside = plain.residence == plain.homes.index("beijing")
        assert np.allclose(wide.remaining[inside][:, 1:, item], plain.remaining[inside][:, 1:, item] * factor)
        assert np.array_equal(wide.remaining[~inside], plain.remaining[~inside])


def test_at_home_nobody_travels(jjj):
    desk = Desk(jjj.data(services(jjj), regime="closed"))
    assert (desk.people[np.arange(len(desk.residence)), desk.residence][~np.isnan(desk.people[:, 0])] == 0).all()
    flows = jjj.services.status().table("flows")
    assert not (jjj.data(services(jjj)).jurisdiction_of(flows["destination"]) == flows["origin"]).any()


# -- unknown stays unknown ---------------------------------------------------------------------------------------------


def test_a_place_without_the_census_figure_is_left_out_and_reported(jjj):
    status = jjj.services.status()
    places = status.table("places").set_index("place")
    gone = blank(jjj, "census", "other_province_share", area="131082")
    after = gone.services.status()
    row = after.table("places").set_index("place").loc["131082"]
    assert all(math.isnan(row[name]) for name in ("people", "cases", "trips", "hours", "hours_per_1000"))
    assert after.value("left_out") - status.value("left_out") == pytest.approx(places.loc["131082", "pop"])
    assert status.value("hours") - after.value("hours") == pytest.approx(places.loc["131082", "hours"])
    assert places["hours"].isna().sum() == 23 and status.value("left_out", area="hebei") == 2978929
    area = {feature["area"]: feature["value"] for feature in after.layer_values("hours", "current")}
    assert area["131082"] is None


def test_unknown_visits_are_not_zero_visits(jjj):
    item = "identity_card_replacement"
    gone = blank(jjj, "catalogue", "visits", jurisdiction="hebei", item=item)
    row = gone.services.status().table("items").set_index(["item", "jurisdiction"]).loc[(item, "hebei")]
    assert math.isnan(row["trips"]) and math.isnan(row["hours"]) and row["cases"] > 0
    assert not row["agrees"] and "visits" in row["differing"]


def test_an_item_that_a_catalogue_lacks_is_neither_aligned_nor_handled_there(jjj):
    item = "household_registration_certificate"
    frame = jjj.tables["catalogue"]
    region = with_tables(jjj, catalogue=frame[~((frame["item"] == item) & (frame["jurisdiction"] == "hebei"))])
    before, after = jjj.services.status(), region.services.status()
    assert after.value("crosses", area="hebei") == before.value("crosses", area="hebei") - 1
    assert after.value("aligned") == before.value("aligned") - 1
    assert after.value("crosses") == before.value("crosses")
    assert after.value("cases") < before.value("cases")
    region.services.plan(3e6)


# -- alignment ---------------------------------------------------------------------------------------------------------


def test_alignment_counts_equal_a_naive_loop(jjj):
    catalogue = jjj.tables["catalogue"].set_index(["item", "jurisdiction"])
    names = list(jjj.areas.jurisdictions)
    whole, single = 0, dict.fromkeys(names, 0)
    for item in jjj.tables["items"]["item"]:
        with_most = dict.fromkeys(names, True)
        for field in FIELDS:
            values = [catalogue.loc[(item, one), field] for one in names]
            for one, value in zip(names, values, strict=True):
                with_most[one] &= values.count(value) * 2 > len(names)
        whole += all(with_most.values())
        for one in names:
            single[one] += with_most[one]
    status = jjj.services.status()
    assert status.value("aligned") == whole == 18
    assert {one: status.value("aligned", area=one) for one in names} == single
    table = status.table("alignment")
    assert (table["with_majority"] >= table["all_agree"]).all() and (table["items"] == 44).all()


def test_following_the_common_standard_aligns_an_item(jjj):
    status = jjj.services.status().table("items")
    rows = status[(status["item"] == "social_security_card") & ~status["agrees"]]
    steps = tuple(Step("align", (one, "social_security_card"), 1.0, 0, one) for one in rows["jurisdiction"])
    tables = services(jjj).solve(jjj.data(services(jjj), steps=steps)).tables
    assert services(jjj).measures["aligned"].of(tables["items"]) == 19


def test_unknown_values_agree_with_nothing():
    versions = codes(np.array([[1.0, np.nan], [1.0, np.nan], [2.0, np.nan]]))
    assert with_majority(versions).tolist() == [[True, False], [True, False], [False, False]]
    assert with_majority(codes(np.array([["A"], [None], ["A"], [""]], dtype=object)))[:, 0].tolist() == [False] * 4
    assert with_majority(codes(np.array([["A"], ["B"]], dtype=object))).tolist() == [[False], [False]]


# -- choosing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_packages_are_chosen_as_well_as_by_trying_everything(seed):
    random = np.random.default_rng(seed)
    cost = random.integers(1, 9, 9).astype(float)
    packages = [
        Package(int(random.integers(6)), float(random.integers(1, 30)), tuple(random.choice(9, random.integers(1, 4), replace=False).tolist()))
        for _ in range(20)
    ]
    budget = 14.0
    every = [frozenset(one) for size in range(10) for one in itertools.combinations(range(9), size) if cost[list(one)].sum() <= budget]
    best = max(gain_of(one, packages) for one in every)
    cheapest = min(cost[list(one)].sum() for one in every if gain_of(one, packages) == best)
    found = select(cost, packages, budget)
    assert found.gain == pytest.approx(best) and found.cost == pytest.approx(cheapest) and found.proved
    assert gain_of(frozenset(found.options), packages) == pytest.approx(found.gain) and found.bound >= found.gain
    # Other names for options and targets, another order of packages: the same options are chosen.
    name, target = random.permutation(9), random.permutation(6)
    shuffled = [packages[at] for at in random.permutation(len(packages))]
    renamed = [Package(int(target[one.target]), one.gain, tuple(int(name[need]) for need in one.needs)) for one in shuffled]
    again = select(cost[np.argsort(name)], renamed, budget)
    assert sorted(cost[np.argsort(name)][list(again.options)]) == sorted(cost[list(found.options)]) and again.gain == pytest.approx(found.gain)


def test_nothing_to_choose_or_nothing_to_spend_is_no_error():
    assert select([], [], 1e6).options == ()
    assert select([1.0], [Package(0, 5.0, (0,))], 0.0) == select([1.0], [Package(0, 0.0, (0,))], 9.0)


def brute_force(region: Region, budget: float) -> float:
    """The fewest hours of the region with one item, over every way of combining what the docstring offers."""
    work = services(region)
    p = {name: param.value for name, param in region.params(work).items()}
    desk = Desk(region.data(work))
    homes, n = desk.homes, range(len(desk.homes))
    handled = float(np.unique(desk.handled[desk.residence != 0][:, 0])[0])
    full = {(d, h): float(desk.full_hours[desk.residence == d, h, 0].sum()) for d in n for h in n if d != h}
    catalogue = region.tables["catalogue"].set_index("jurisdiction")
    differs = {}
    for h in n:
        values = {field: [catalogue.loc[one, field] for one in homes] for field in FIELDS}
        differs[h] = sum(values[field].count(values[field][h]) * 2 <= len(homes) for field in FIELDS)
    counties = [int((desk.residence == d).sum()) for d in n]
    best = math.inf
    for windows in itertools.product((0, 1), repeat=len(homes)):
        for online in itertools.product(("", "own", "shared"), repeat=len(homes)):
            for joint in itertools.product((0, 1), repeat=len(homes)):
                cost = sum(p["window_cny"] * counties[d] for d in n if windows[d]) + p["online_cny"] * (online.count("own") + ("shared" in online))
                cost += p["link_cny"] * online.count("shared") + p["joint_cny"] * sum(joint)
                cost += sum(p["align_cny"] * differs[h] for h in n if online[h] == "shared" or joint[h])
                if cost > budget:
                    continue
                hours = 0.0
                for (d, h), base in full.items():
                    share = 1.0 if online[h] else max(handled, 0.8) if joint[d] and joint[h] else handled
                    hours += base * (1 - share) * (1 - p["window_share"] * windows[d])
                best = min(best, hours)
    return best


@pytest.mark.parametrize("item", ["academic_record_notarisation", "social_security_card", "degree_notarisation", "household_move_job_transfer"])
@pytest.mark.parametrize("budget", [0.0, 1e5, 4e5, 7e5, 9e5, 1.3e6, 2e6])
def test_the_joint_plan_is_as_good_as_any_that_exists(jjj, item, budget):
    day = "2022-01-01"  # before the three northern counties are told apart
    small = only(jjj.at(day), [item])
    everyone = frozenset(small.areas.jurisdictions)
    choice = services(small).choose(small.data(services(small)), everyone, budget, 0)
    assert choice.objective == pytest.approx(brute_force(small, budget), rel=1e-9, abs=1e-6)
    assert choice.status == "proved" and choice.bound == pytest.approx(choice.objective, rel=1e-5, abs=1e-3)
    assert sum(step.cost_cny for step in choice.steps) <= budget + 1e-6


@pytest.mark.parametrize("day", ["2014-02-26", "2022-06-01", "2026-01-01"])
@pytest.mark.parametrize("bloc", [("beijing",), ("beijing", "hebei"), ("beijing", "hebei", "tianjin")])
def test_applying_the_steps_gives_what_was_promised_and_harms_nobody(jjj, day, bloc):
    region = jjj.at(day)
    work, members = services(region), frozenset(bloc)
    choice = work.choose(region.data(work), members, 3e6, 0)
    before, after = Desk(region.data(work)), Desk(region.data(work, steps=choice.steps))
    assert after.hours_of(members) == pytest.approx(choice.objective)
    assert choice.bound is not None and choice.bound <= choice.objective + 1e-6
    assert (after.remaining <= before.remaining + 1e-12).all()
    assert sum(step.cost_cny for step in choice.steps) <= 3e6 and {step.payer for step in choice.steps} <= members
    assert all(step.cost_cny > 0 for step in choice.steps)
    if len(bloc) == 1:
        assert {step.lever for step in choice.steps} <= {"windows"}


def test_acting_jointly_beats_each_alone_and_opens_items_that_nobody_opens_alone(jjj):
    plan = jjj.services.plan().plan
    cells = {(cell.rules, cell.deciders): cell for cell in plan.cells}
    alone, jointly = cells["current", "alone"], cells["current", "jointly"]
    assert jointly.whole < alone.whole < plan.before["current"]["jjj"]
    assert "open_item" in {step.lever for step in jointly.steps} and "open_item" not in {step.lever for step in alone.steps}
    assert jointly.measures["aligned"]["jjj"] > alone.measures["aligned"]["jjj"] == 18


# -- order and labels --------------------------------------------------------------------------------------------------


def relabelled(region: Region) -> tuple[Region, dict[str, str]]:
    """The region with other ids for areas and items, which sort the other way round."""
    areas = {one: f"z{999999 - at:06d}" for at, one in enumerate(sorted(region.areas.by_id))}
    items = {one: f"k{9999 - at}" for at, one in enumerate(sorted(region.tables["items"]["item"]))}
    names = {**areas, **items, "": ""}
    units = [
        one._replace(area=names[one.area], parent=names[one.parent], members=tuple(names[member] for member in one.members))
        for one in region.areas.by_id.values()
    ]
    rows = tuple(
        row._replace(origin=names[row.origin], destination=names[row.destination], item=names[row.item])
        for row in region.rows
        if row.rule.startswith("services.")
    )
    tables = {}
    for name in ("population", "census", "items", "catalogue", "modes"):
        frame = region.tables[name]
        changed = frame.assign(**{column: frame[column].map(names) for column in ("area", "jurisdiction", "item") if column in frame})
        tables[name] = changed.sort_values(list(frame.columns[:2]), ignore_index=True)
    return replace(region, areas=Areas(units, region.areas.levels), rows=rows, tables=tables, memo=Memo()), names


def test_names_change_no_figure_and_no_plan(jjj):
    other, names = relabelled(jjj)
    jjj = replace(jjj, tables={name: jjj.tables[name] for name in other.tables}, memo=Memo())  # both then travel by road
    budget = 2.5e6
    one, two = jjj.services.plan(budget), other.services.plan(budget)
    for name in PARTS:
        for area in ("jjj", *jjj.areas.jurisdictions):
            assert two.value(name, area=names[area]) == pytest.approx(one.value(name, area=area), rel=1e-9, abs=1e-9), (name, area)
    for left, right in zip(one.plan.cells, two.plan.cells, strict=True):
        assert {(step.lever, tuple(names[part] for part in step.key), step.amount) for step in left.steps} == {
            (step.lever, step.key, step.amount) for step in right.steps
        }
        for area, value in left.target.items():
            assert right.target[names[area]] == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_the_order_of_rows_changes_nothing(jjj):
    mixed = with_tables(jjj, **{name: jjj.tables[name].sample(frac=1, random_state=3, ignore_index=True) for name in services(jjj).tables})
    one, two = jjj.services.border(), mixed.services.border()
    assert np.allclose(one.frame["value"].astype(float), two.frame["value"].astype(float), rtol=1e-12, equal_nan=True)


def test_units_and_texts_are_there(jjj):
    work = services(jjj)
    units = {one.unit for group in (work.measures, work.params, work.levers, work.layers, work.rules) for one in group.values()}
    units |= {column.unit for table in work.tables.values() for column in table.columns.values()}
    assert units <= set(UNITS)
    assert all(work.about) and "published_totals" in work.about.en and "published_totals" in work.about.zh


def test_announced_totals_are_not_needed(jjj):
    bare = replace(jjj, tables={name: frame for name, frame in jjj.tables.items() if name != "published_totals"}, memo=Memo())
    assert bare.services.status().value("aligned") == 18
    assert Menu(Desk(bare.data(services(bare), regime="open")), frozenset(bare.areas.jurisdictions)).packages == []
