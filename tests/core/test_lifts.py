"""What a rule is worth, lifted alone, with all others and between two jurisdictions, on a workstream small enough for hand-work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xietong.core.areas import Area, Areas
from xietong.core.data import Data
from xietong.core.declare import Column, Lever, Measure, Outcome, Quality, Rule, Table
from xietong.core.errors import Cancelled
from xietong.core.lifts import PAIRED, openings
from xietong.core.progress import Progress
from xietong.core.region import Memo, Region
from xietong.core.result import Result
from xietong.core.rulebook import EVER, Lift, RuleRow
from xietong.core.text import T, same
from xietong.core.workstream import Workstream

OWNER, TWO = T("旅客", "traveller"), T("二", "two")
PEOPLE = {"ab": 10.0, "ba": 20.0, "ac": 30.0, "ca": 0.0, "bc": 40.0, "cb": 0.0}


def _sum(column: str) -> Any:
    return lambda rows: float(rows[column].sum(skipna=False))


def _measure(column: str, better: Any = "higher") -> Measure:
    return Measure(T(f"指标{column}", column.title()), "people", "trips", "origin", OWNER, _sum(column), better, ("trips", "rules.permit"))


class Ferry(Workstream):
    """Travellers between banks. A crossing needs a permit and a seat; a fee and a wait add up. Left out: all else.
    ---
    渡口:过河既要许可又要座位,费用与等候相加。其余一概未考虑。
    """

    title = T("渡口", "Ferry")
    target = "crossed"
    tables = {
        "trips": Table(
            TWO, ("origin", "destination"), {"origin": Column(TWO, "area"), "destination": Column(TWO, "area"), "people": Column(TWO, low=0, optional=True)}
        ),
        "modes": Table(TWO, ("mode",), {"mode": Column(TWO, "text")}),
    }
    rules = {
        "permit": Rule(T("许可", "permits"), "share", 0, 1),
        "seat": Rule(T("座位", "seats"), "share", 0, 1, "modes.mode"),
        "fee": Rule(T("费用", "the fee"), "cny", 4, 0),
        "wait": Rule(T("等候", "the wait"), "min", 20, 0),
        "tides": Rule(T("潮汐", "tides"), "share", 0, 1),
        "flags": Rule(T("旗帜", "flags"), "share", 0, 1),
    }
    measures = {
        "crossed": _measure("crossed"),  # needs both: complements
        "reached": _measure("reached"),  # either will do: substitutes
        "burden": _measure("burden", "lower"),  # adds up
        "moved": _measure("crossed", "neutral"),
    }
    levers = {"treaty": Lever(TWO, "rules.permit", "set", "share")}
    solved: list[frozenset[Lift]] = []

    def solve(self, data: Data) -> Outcome:
        self.solved.append(data.lifted)
        trips = data["trips"]
        permit, fee, wait = data.once("ways", lambda: [data.rule(name, trips["origin"], trips["destination"]) for name in ("permit", "fee", "wait")])
        seat = data.rule("seat", trips["origin"], trips["destination"], np.full(len(trips), "boat"))
        people = trips["people"]
        reached = people * (1 - (1 - permit) * (1 - seat))
        return Outcome({"trips": trips.assign(crossed=people * permit * seat, reached=reached, burden=people * (fee + wait))})


def region(sides: str = "abc", **changes: Any) -> Region:
    """One place a side; permits and seats for half of the travellers, a fee of 2, a wait of 10, tides and flags as they will."""
    areas = Areas(
        [
            Area("all", same("All"), "region"),
            *(Area(side, same(side.upper()), "side", "all") for side in sides),
            *(Area(f"{side}1", same(f"{side}1"), "town", side, 1.0, 2.0, 10.0) for side in sides),
        ],
        ("region", "side", "town"),
    )
    rows = [(f"{pair[0]}1", f"{pair[1]}1", people) for pair, people in PEOPLE.items() if set(pair) <= set(sides)]
    trips = pd.DataFrame(rows, columns=["origin", "destination", "people"]).sort_values(["origin", "destination"], ignore_index=True)
    modes = pd.DataFrame({"mode": ["boat", "raft"]})
    current = {"permit": 0.5, "seat": 0.5, "fee": 2.0, "wait": 10.0, "tides": 0.0, "flags": 1.0}
    rules = tuple(RuleRow(f"ferry.{rule}", "all", "all", "", value, date(2000, 1, 1), EVER, "", "s", Quality.DERIVED, 2) for rule, value in current.items())
    ferry = Ferry()
    ferry.check()
    ferry.solved = []
    tables = {name: frame.assign(source="s", quality="published") for name, frame in (("trips", trips), ("modes", modes))}
    whole = Region("toy", same("Toy"), same(""), areas, {}, tables, dict(Ferry.tables), rules, {}, {"s": {}}, {"ferry": ferry}, date(2020, 6, 1))
    return replace(whole, **changes)


def found(result: Result, measure: str, area: str = "all") -> tuple[dict[str, float | None], dict[str, float | None], float | None]:
    """What is worth what: rules, pairs, all together."""
    assert result.lifts is not None
    worth = result.lifts.measures[measure]
    return (
        {rule: values[area] for rule, values in worth.rules.items()},
        {"".join(pair): values[area] for pair, values in worth.pairs.items()},
        worth.together[area],
    )


def test_the_worths_of_rules_and_pairs_worked_by_hand() -> None:
    result = region().ferry.lifts()
    # 100 travellers. Of them 1/4 cross as it is, 1/2 once either rule is lifted, all once both are.
    rules, pairs, together = found(result, "crossed")
    assert rules == {"permit": 25, "seat": 25, "fee": 0, "wait": 0, "tides": 0, "flags": 0} and together == 75
    # Between a and b 30 people travel, 30 between a and c, 40 between b and c; an open pair frees 3/4 of its own.
    assert pairs == {"ab": 22.5, "ac": 22.5, "bc": 30}
    rules, _, together = found(result, "reached")
    assert rules == {"permit": 25, "seat": 25, "fee": 0, "wait": 0, "tides": 0, "flags": 0} and together == 25
    rules, pairs, together = found(result, "burden")
    assert (rules["fee"], rules["wait"], together) == (200, 1000, 1200) and pairs == {"ab": 360, "ac": 360, "bc": 480}
    # By jurisdiction of the traveller; both directions of a pair are opened.
    assert found(result, "crossed", "b")[:2] == ({"permit": 15, "seat": 15, "fee": 0, "wait": 0, "tides": 0, "flags": 0}, {"ab": 15, "ac": 0, "bc": 30})


def test_rules_complete_each_other_replace_each_other_or_add_up() -> None:
    lifts = region().ferry.lifts().lifts
    assert lifts is not None
    said = {name: (worth.added("all"), worth.interaction("all")) for name, worth in lifts.measures.items()}
    assert said["crossed"] == (50, "complements") and said["reached"] == (50, "substitutes") and said["burden"] == (1200, "independent")
    assert said["moved"] == (50, "complements"), "of a neutral measure the sizes are compared"
    assert all(worth.interaction("all", "pairs") == "independent" for worth in lifts.measures.values()), "no trip touches two pairs"


def test_all_rules_lifted_together_are_the_open_border() -> None:
    whole = region()
    result, border = whole.ferry.lifts(), whole.ferry.border()
    assert list(result.outcomes) == ["current", "open"]
    for name, figure in border.figures.items():
        assert result.lifts is not None and result.lifts.measures[name].together == figure.remains
        assert result.figures[name].values["open"] == figure.values["open"]
    data = whole.data(whole.ferry.workstream, lifted=frozenset({Lift()}))
    pd.testing.assert_frame_equal(whole.ferry.workstream.solve(data).tables["trips"], border.table("trips", "open"))


def test_a_rule_that_is_open_everywhere_is_worth_nothing_and_is_not_solved_for() -> None:
    bound = region().ferry
    result = bound.lifts()
    solved = bound.workstream.solved  # type: ignore[attr-defined]
    assert result.lifts is not None and result.lifts.opened == {"flags"}
    assert frozenset({Lift("tides")}) in solved and frozenset({Lift("flags")}) not in solved
    assert len(solved) == 2 + 5 + 3, "as it is, open, five rules, three pairs"
    bound.lifts()
    assert len(solved) == 10, "kept"
    open_already = region(rows=tuple(row._replace(value=float(Ferry.rules[row.rule.partition(".")[2]].open)) for row in region().rows)).ferry
    assert found(open_already.lifts(), "crossed") == (dict.fromkeys(Ferry.rules, 0.0), {"ab": 0, "ac": 0, "bc": 0}, 0)


def test_what_was_lifted_never_answers_for_how_things_are() -> None:
    bound = region().ferry
    before = replace(bound, region=replace(bound.region, memo=Memo())).status().value("crossed")
    bound.lifts()
    assert bound.status().value("crossed") == before == 25
    assert bound.border().value("burden", "closed") == 2400


def test_unknown_stays_unknown() -> None:
    whole = region()
    trips = whole.table("trips")
    unknown = trips.assign(people=trips["people"].where((trips["origin"] != "a1") | (trips["destination"] != "b1")))
    result = replace(whole, tables={**whole.tables, "trips": unknown}, memo=Memo()).ferry.lifts()
    rules, pairs, together = found(result, "crossed")
    assert set(rules.values()) == {None} and set(pairs.values()) == {None} and together is None
    assert found(result, "crossed", "b")[0]["permit"] == 15, "what is known elsewhere is still told"
    assert result.lifts is not None
    worth = result.lifts.measures["crossed"]
    assert worth.added("all") is None and worth.interaction("all") is None and worth.interaction("all", "pairs") is None
    assert "unknown" in result.explain("en") and "不明" in result.explain("zh")
    assert result.to_dict()["lifts"]["measures"][0]["rules"]["permit"]["all"] is None


def test_too_many_jurisdictions_are_not_opened_pair_by_pair_and_a_note_says_so() -> None:
    sides = "abcdefghijklm"
    assert len(openings(["permit"], sides[:PAIRED])) == 1 + PAIRED * (PAIRED - 1) // 2 and len(openings(["permit"], sides[: PAIRED + 1])) == 1
    result = region(sides).ferry.lifts()
    assert found(result, "crossed") == ({"permit": 25, "seat": 25, "fee": 0, "wait": 0, "tides": 0, "flags": 0}, {}, 75)
    view = result.to_dict()["lifts"]
    assert view["pairs"] == [] and "13" in view["note"]["en"] and view["note"]["zh"]
    assert result.texts["en"][-1] and any("13 jurisdictions" in sentence for sentence in result.texts["en"])
    assert region().ferry.lifts().to_dict()["lifts"]["note"] is None


def test_steps_taken_before_are_how_things_are() -> None:
    result = region().ferry.with_steps(["treaty:a,b:1"]).lifts()
    # From a to b all ten have a permit: five cross, and lifting permits gains nothing there.
    assert result.value("crossed") == 27.5
    assert found(result, "crossed")[0]["permit"] == 22.5


def test_an_area_asked_for_sees_its_own_worth() -> None:
    result = region().ferry.for_("a").lifts()
    assert result.bound.columns == ("a",) and found(result, "crossed", "a")[0]["permit"] == 10
    assert found(result, "crossed", "a")[1] == {"ab": 7.5, "ac": 22.5, "bc": 0}


@pytest.mark.parametrize(
    ("lift", "blocs"), [(Lift("permit", "a", "b"), ["ab", "c"]), (Lift("", "b", "c"), ["a", "bc"]), (Lift("seat"), ["a", "b", "c"]), (Lift(), ["abc"])]
)
def test_who_decides_together_follows_what_is_lifted(lift: Lift, blocs: list[str]) -> None:
    whole = region()
    data = whole.data(whole.ferry.workstream, lifted=frozenset({lift}))
    assert ["".join(sorted(bloc)) for bloc in data.blocs("permit")] == blocs


def test_lifts_hold_for_every_item_and_under_every_regime() -> None:
    whole = region()
    data = whole.data(whole.ferry.workstream, regime="closed", lifted=frozenset({Lift("seat", "a", "c")}))
    seat = data.rule("seat", np.array(["a1", "c1", "a1", "b1"]), np.array(["c1", "a1", "b1", "b1"]), np.array(["boat", "raft", "raft", "boat"]))
    assert seat.tolist() == [1, 1, 0, 1]
    assert data.rule("permit", "a1", "c1") == 0


def test_the_words_say_what_each_is_worth_and_never_more_than_the_data_bear() -> None:
    english = region().ferry.lifts().texts["en"]
    assert english[1] == (
        "Crossed: 25 people today; lifting all rules together would improve it by 75 people; "
        "one by one they add up to 50 people, so they are worth more together than one by one (derived)."
    )
    assert "Lifting “permits” alone would improve it by 25 people (derived)." in english
    assert "Lifting “the fee” alone would leave it unchanged (derived)." in english and "“flags” is open everywhere already." in english
    assert any("A – B 22.5 people, A – C 22.5 people, B – C 30 people; one by one they add up to 75 people" in sentence for sentence in english)
    rough = region(rows=tuple(row._replace(quality=Quality.ILLUSTRATIVE) for row in region().rows)).ferry.lifts()
    for lang, hedge in (("en", "illustrative: an example, not a finding"), ("zh", "示意，不作结论")):
        assert len(rough.texts["zh"]) == len(rough.texts["en"])
        assert all(hedge in sentence for sentence in rough.texts[lang] if "Lifting" in sentence or "只放开" in sentence)


def test_the_gains_come_as_a_frame() -> None:
    result = region().ferry.lifts()
    assert result.lifts is not None
    frame = result.lifts.frame
    assert list(frame.columns) == ["measure", "lifted", "rule", "one", "other", "area", "gain"]
    assert len(frame) == 4 * (6 + 3 + 1) * 4
    assert frame.query("measure == 'burden' and lifted == 'pair' and one == 'b' and area == 'all'")["gain"].tolist() == [480]


def test_a_stop_takes_effect_between_two_solves_and_progress_never_falls() -> None:
    bound = region().ferry
    seen: list[float] = []

    def report(done: float) -> None:
        seen.append(done)
        if done > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        replace(bound, progress=Progress(report)).lifts()
    assert seen == sorted(seen) and len(bound.workstream.solved) < 10  # type: ignore[attr-defined]
    assert found(bound.lifts(), "crossed")[2] == 75
