"""Journeys: none is missing, none is beaten, and each could be made."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.travel.case import LIMIT_MIN, MINUTES, Case, drawn
from tests.travel.oracle import INF, Point, arrival
from tests.travel.timetables import Country, countries
from xietong.core.errors import UsageError
from xietong.travel.journeys import Journey, Leg

pytestmark = pytest.mark.filterwarnings("ignore::xietong.travel.scenario.Unreached")

Triple = tuple[int, float, int]


def best(case: Case, one: Point, two: Point, most: int) -> list[Triple]:
    """(departure, arrival, rides) that no other departure minute and no other number of rides beats."""
    found: list[Triple] = []
    walked = case.oracle.direct(one, two)
    for depart in case.departures:
        alighted = case.oracle.reach(one, depart, most)
        for rides in range(most + 1):
            when = depart + walked if rides == 0 else arrival(alighted[rides], case.oracle.legs(two), INF)
            if when - depart <= LIMIT_MIN * 60:
                found.append((depart, when, rides))

    def beaten(one: Triple) -> bool:
        return any(other != one and other[0] >= one[0] and other[1] <= one[1] and other[2] <= one[2] for other in found)

    return sorted(one for one in set(found) if not beaten(one))


def check(case: Case, one: Point, two: Point, journey: Journey) -> None:
    """Every leg exists, begins where the last one ended, and not before."""
    rides = [leg for leg in journey.legs if leg.kind == "ride"]
    assert len(rides) == journey.rides
    assert all(a.destination == b.origin and a.arrival_s <= b.departure_s for a, b in itertools.pairwise(journey.legs)), journey
    first, last = journey.legs[0], journey.legs[-1]
    assert (first.origin, last.destination) == ("", "") and (first.kind, last.kind) == ("walk", "walk")
    assert first.departure_s == journey.departure_s and last.arrival_s == journey.arrival_s
    if not rides:
        assert len(journey.legs) == 1 and first.arrival_s - first.departure_s == case.oracle.direct(one, two)
        return
    assert first.arrival_s - first.departure_s == case.oracle.legs(one)[first.destination]
    assert last.arrival_s - last.departure_s == case.oracle.legs(two)[last.origin] and last.departure_s == rides[-1].arrival_s
    for leg in rides:
        calls = case.oracle.world.trips[leg.trip]
        on = [i for i, call in enumerate(calls) if (call.stop, call.leave) == (leg.origin, leg.departure_s) and call.board]
        off = [i for i, call in enumerate(calls) if (call.stop, call.arrive) == (leg.destination, leg.arrival_s) and call.alight]
        assert on and off and min(on) < max(off), leg
        assert leg.name
    for before, after in itertools.pairwise(rides):
        needed = case.oracle.footpaths[before.destination][after.origin]
        assert before.arrival_s + needed <= after.departure_s, (before, after)


@drawn(80)
@given(countries(1), st.sampled_from([1, 2, 3, 8]))
def test_journeys_are_the_pareto_set_and_each_can_be_made(made: Country, most: int) -> None:
    case = Case(made)
    for origin, destination in itertools.product(case.origins, case.destinations[:6]):
        one, two = case.at([origin, destination])
        ends = case.table([origin]), case.table([destination])
        try:
            found = case.network.journeys(*ends, case.base_min, MINUTES, max_rides=most, max_time_min=LIMIT_MIN)
        except UsageError as error:  # an end without a stop in reach is told, never answered with silence
            assert "nobody could ride" in str(error) and all(rides == 0 for *_, rides in best(case, one, two, most))
            continue
        triples = [(journey.departure_s, journey.arrival_s, journey.rides) for journey in found]
        assert triples == best(case, one, two, most), f"{origin} to {destination}, at most {most} rides; {made.islands}, begin {made.base_s}"
        for journey in found:
            check(case, one, two, journey)


def test_a_leg_tells_trip_and_times() -> None:
    leg = Leg("ride", "a", "b", 3600, 7200, "t", "G1")
    assert Journey(3600, 7200, 1, (leg,)).minutes == 60
