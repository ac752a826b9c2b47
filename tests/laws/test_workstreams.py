"""Laws that every workstream must keep, those that users add included: nothing here knows any of them by name."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from tests.asks import sample
from tests.relabel import relabel
from xietong.core.declare import REGIMES
from xietong.core.errors import Undeclared
from xietong.core.glossary import UNITS
from xietong.core.region import Memo, Region
from xietong.core.rulebook import Lift
from xietong.core.steps import options
from xietong.core.verbs import gain
from xietong.core.workstream import Workstream
from xietong.workstreams import catalogue

WORKSTREAMS = [name for name, one in catalogue().items() if isinstance(one, Workstream)]
every_workstream = pytest.mark.parametrize("name", WORKSTREAMS)


def close(one: float | None, other: float | None, tolerance: float = 1e-6) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


@every_workstream
def test_every_declaration_carries_known_units_and_both_languages(name: str) -> None:
    one = catalogue()[name]
    declared = [*one.measures.values(), *one.params.values(), *one.rules.values(), *one.levers.values(), *one.layers.values()]
    declared += [column for table in one.tables.values() for column in table.columns.values()]
    for thing in declared:
        assert thing.unit in UNITS, (thing.title.en, thing.unit)
        assert thing.title.zh and thing.title.en, thing
    assert one.about.zh and one.about.en and one.title.zh and one.title.en
    for query in getattr(one, "queries", {}).values():
        assert all(unit in UNITS for unit in (*query.units.values(), *(given.unit for given in query.inputs.values())))
        assert all(text.zh and text.en for text in (query.title, *(given.title for given in query.inputs.values())))
        assert query.uses, f"{query.title.en}: an answer that rests on nothing"


@every_workstream
def test_border_gives_every_measure_for_every_jurisdiction_under_three_regimes(jjj: Region, name: str) -> None:
    result = jjj.bind(name).border()
    assert list(result.outcomes) == ["closed", "current", "open"]
    for figure in result.figures.values():
        for values in figure.values.values():
            assert set(values) == {jjj.areas.region, *jjj.areas.jurisdictions}
    json.dumps(result.to_dict(), allow_nan=False)


@every_workstream
def test_lifting_every_rule_is_the_open_border_and_a_rule_that_changes_nothing_is_worth_nothing(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    result, border = bound.lifts(), bound.border()
    # Solved rule by rule and pair by pair, and not looked up: the mechanism must give the open border by itself.
    lifted = {lift: jjj.data(bound.workstream, lifted=frozenset(lift)) for lift in ((Lift(),), tuple(map(Lift, bound.workstream.rules)))}
    both = [Lift("", one, other) for position, one in enumerate(jjj.areas.jurisdictions) for other in jjj.areas.jurisdictions[position + 1 :]]
    lifted[tuple(both)] = jjj.data(bound.workstream, lifted=frozenset(both))
    opened = jjj.data(bound.workstream, regime="open")
    assert {data.rules_digest for data in lifted.values()} == {opened.rules_digest}
    outcome = bound.workstream.solve(lifted[(Lift(),)])
    assert result.lifts is not None and set(result.lifts.measures) == set(border.figures)
    for measure, figure in border.figures.items():
        worth = result.lifts.measures[measure]
        assert worth.together == figure.remains
        found = bound.evaluate(figure.measure, outcome)
        assert all(close(gain(figure.measure, figure.values["current"][area], found[area]), figure.remains[area]) for area in found)
        for rule in bound.workstream.rules:
            assert set(worth.rules[rule]) == set(figure.remains)
            if rule in result.lifts.opened:
                assert set(worth.rules[rule].values()) <= {0.0, None}
        if set(worth.rules) == result.lifts.opened:
            assert set(worth.together.values()) <= {0.0, None}
    json.dumps(result.to_dict(), allow_nan=False)


@every_workstream
def test_a_lift_does_not_depend_on_ids_or_the_order_of_rows(jjj: Region, name: str) -> None:
    shuffled, ids = relabel(jjj, seed=2)
    one, other = jjj.bind(name).lifts().lifts, shuffled.bind(name).lifts().lifts
    assert one is not None and other is not None
    for measure, worth in one.measures.items():
        same, scale = other.measures[measure], max(abs(value or 0) for values in worth.figure.values.values() for value in values.values())
        mirrored = {frozenset(pair): values for pair, values in same.pairs.items()}
        pairs = [(values, mirrored[frozenset(ids[side] for side in pair)]) for pair, values in worth.pairs.items()]
        for values, found in [*((values, same.rules[rule]) for rule, values in worth.rules.items()), *pairs]:
            for area, value in values.items():
                known = found[ids[area]]
                assert (value is None) == (known is None) and math.isclose(value or 0, known or 0, rel_tol=1e-5, abs_tol=1e-5 * max(scale, 1)), (measure, area)


@every_workstream
def test_status_is_the_current_regime_of_border(jjj: Region, name: str) -> None:
    status, border = jjj.bind(name).status(), jjj.bind(name).border()
    for measure, figure in status.figures.items():
        assert figure.values["current"] == border.figures[measure].values["current"]


@every_workstream
def test_the_same_question_twice_gives_the_same_digits(jjj: Region, name: str) -> None:
    fresh = replace(jjj, memo=Memo())
    one, other = jjj.bind(name).border(), fresh.bind(name).border()
    assert one.to_dict() == other.to_dict()


@every_workstream
def test_other_ids_and_another_order_of_rows_change_no_figure(jjj: Region, name: str) -> None:
    shuffled, ids = relabel(jjj, seed=1)
    one, other = jjj.bind(name).border(), shuffled.bind(name).border()
    for measure, figure in one.figures.items():
        for regime, values in figure.values.items():
            for area, value in values.items():
                assert close(value, other.figures[measure].values[regime][ids[area]], 1e-5), (measure, regime, area)


@every_workstream
def test_reading_anything_undeclared_is_refused(jjj: Region, name: str) -> None:
    data = jjj.data(catalogue()[name])
    with pytest.raises(Undeclared):
        data["no_such_table"]
    with pytest.raises(Undeclared):
        data.p["no_such_param"]
    with pytest.raises(Undeclared):
        data.rule("no_such_rule", 0, 1)
    with pytest.raises(Undeclared):
        data.product("no_such_product")


@every_workstream
def test_opening_never_worsens_the_target_for_the_region_as_a_whole(jjj: Region, name: str) -> None:
    for day in ("2015-06-01", "2026-01-15"):
        figure = jjj.at(day).bind(name).border().figures[catalogue()[name].target]
        whole = jjj.areas.region
        noise = 1e-6 * max(abs(figure.values["closed"][whole]), 1)
        assert figure.gained[whole] >= -noise
        assert figure.remains[whole] >= -noise


@every_workstream
def test_at_a_day_without_opening_nothing_was_gained(jjj: Region, name: str) -> None:
    before = jjj.at("2014-01-01").bind(name)
    if all(
        row.value == before.workstream.rules[row.rule.partition(".")[2]].closed
        for row in jjj.rows
        if row.rule.startswith(f"{name}.") and row.holds(before.region.day)
    ):
        assert before.border().figures[before.workstream.target].gained[jjj.areas.region] == 0


@every_workstream
def test_what_choose_promises_is_what_solve_finds(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    workstream = bound.workstream
    if not workstream.can_choose:
        pytest.skip("has no levers")
    budget = workstream.budget_cny[0]
    everyone = frozenset(jjj.areas.jurisdictions)
    for bloc in (everyone, frozenset([min(everyone)])):
        data = jjj.data(workstream)
        choice = workstream.choose(data, bloc, budget, 0)
        outcome = workstream.solve(data.apply(choice.steps))
        values = bound.evaluate(workstream.measures[workstream.target], outcome)
        found = values[jjj.areas.region] if bloc == everyone else values[min(bloc)]
        assert close(found, choice.objective, 1e-6)
        assert sum(step.cost_cny for step in choice.steps) <= budget * (1 + 1e-9)
        assert all(step.cost_cny >= 0 and step.payer in bloc for step in choice.steps)
        assert choice.bound is None or choice.bound <= choice.objective * (1 + 1e-6) + 1e-6


@every_workstream
def test_deciding_jointly_is_never_worse_than_each_alone_at_the_same_budget(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    if not bound.workstream.can_choose:
        pytest.skip("has no levers")
    plan = bound.plan().plan
    assert plan is not None
    assert [(cell.rules, cell.deciders) for cell in plan.cells] == [(rules, deciders) for rules in ("current", "open") for deciders in ("alone", "jointly")]
    measure = bound.workstream.measures[plan.measure]
    for rules in ("current", "open"):
        assert plan.dividend[rules] >= -1e-6
        for cell in plan.cells:
            if cell.rules == rules:
                assert sum(cell.spent.values()) <= plan.budget_cny * (1 + 1e-9)
                assert gain(measure, plan.before[rules][jjj.areas.region], cell.whole) >= -1e-6 * max(1, abs(cell.whole))
    if plan.sides and plan.sides[0].exists:
        assert abs(sum(side.transfer_cny for side in plan.sides)) < 1
        assert all(side.worth_net_cny + side.transfer_cny >= side.alone_net_cny - 1 for side in plan.sides)


@every_workstream
def test_a_budget_of_nothing_buys_nothing(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    if not bound.workstream.can_choose:
        pytest.skip("has no levers")
    choice = bound.workstream.choose(jjj.data(bound.workstream), frozenset(jjj.areas.jurisdictions), 0.0, 0)
    assert sum(step.cost_cny for step in choice.steps) == 0


@every_workstream
def test_an_area_asked_for_holds_only_its_own(jjj: Region, name: str) -> None:
    whole = jjj.bind(name).border()
    place = jjj.areas.jurisdictions[0]
    part = jjj.bind(name).for_(place).border()
    for measure, figure in part.figures.items():
        assert close(figure.values["current"][place], whole.figures[measure].values["current"][place], 1e-9)


@every_workstream
def test_explain_speaks_both_languages_and_never_words_an_example_as_a_finding(jjj: Region, name: str) -> None:
    result = jjj.bind(name).border()
    assert len(result.texts["zh"]) == len(result.texts["en"]) >= 5
    for figure in result.figures.values():
        if figure.quality == "illustrative":
            sentence = next(one for one in result.texts["en"] if one.startswith(figure.measure.title.en))
            assert "illustrative" in sentence


@every_workstream
def test_a_plan_does_not_depend_on_ids_or_the_order_of_rows(jjj: Region, name: str) -> None:
    if not jjj.bind(name).workstream.can_choose:
        pytest.skip("has no levers")
    shuffled, ids = relabel(jjj, seed=3)
    one, other = (region.bind(name).plan(rules=("current",)).plan for region in (jjj, shuffled))
    assert one is not None and other is not None
    for cell, same in zip(one.cells, other.cells, strict=True):
        assert close(cell.total, same.total, 1e-5)
        for jurisdiction, spent in cell.spent.items():
            assert math.isclose(spent, same.spent[ids[jurisdiction]], rel_tol=1e-4, abs_tol=one.budget_cny * 1e-4)
    transfers = {side.jurisdiction: side.transfer_cny for side in other.sides}
    for side in one.sides:
        assert math.isclose(side.transfer_cny, transfers[ids[side.jurisdiction]], rel_tol=1e-3, abs_tol=one.budget_cny * 1e-3)


@every_workstream
def test_asking_for_one_place_changes_no_plan(jjj: Region, name: str) -> None:
    if not jjj.bind(name).workstream.can_choose:
        pytest.skip("has no levers")
    whole, part = (bound.plan(rules=("current",)).plan for bound in (jjj.bind(name), jjj.bind(name).for_(jjj.areas.jurisdictions[0])))
    assert whole is not None and part is not None
    for one, other in zip(whole.cells, part.cells, strict=True):
        assert one.steps == other.steps
        assert other.bound is None and other.gap is None, "a bound for the region is none for a place"


@every_workstream
def test_every_query_answers_the_same_twice_under_every_regime(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    for query, declared in bound.workstream.queries.items():
        inputs = sample(declared, jjj)
        for regime in REGIMES:
            one, other = bound.ask(query, regime, **inputs), replace(jjj, memo=Memo()).bind(name).ask(query, regime, **inputs)
            assert one.to_dict() == other.to_dict() and one.value
            assert set(one.inputs) == set(declared.inputs)


@every_workstream
def test_whatever_can_be_switched_on_can_be_and_is_another_question(jjj: Region, name: str) -> None:
    bound = jjj.bind(name)
    for lever in bound.workstream.levers:
        for option in options(jjj, bound.workstream, lever)[:1]:
            after = bound.with_steps([option["step"]])
            (step,) = after.steps
            assert list(step.key) == option["key"] and step.amount == option["amount"]
            assert set(after.status().figures) == set(bound.status().figures)
            assert after.status().provenance["steps"] and not bound.status().provenance["steps"]
            assert next(one for one in options(jjj, bound.workstream, lever, after.steps) if one["key"] == option["key"])["applied"]


@pytest.mark.parametrize("name", [name for name, one in catalogue().items() if one.product_type is not None])
def test_a_product_that_is_kept_comes_back_the_same(jjj: Region, name: str) -> None:
    provider = catalogue()[name]
    assert provider.product_type is not None and not jjj.missing(provider)
    arrays = provider.product(jjj.data(provider)).arrays()
    again = provider.product_type.from_arrays(arrays).arrays()
    assert set(arrays) == set(again)
    for one, array in arrays.items():
        assert not array.dtype.hasobject, f"{one} holds objects: it cannot be kept"
        assert array.dtype == again[one].dtype and array.tobytes() == again[one].tobytes()
