"""Isochrones hold what can be reached in time, and nothing that cannot be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given

from tests.travel.case import Case, drawn
from tests.travel.timetables import Country, countries
from xietong.core.errors import UsageError

pytest.importorskip("geopandas", reason="the extra geo is not installed")

CUTOFFS = (5, 15, 40)


@drawn(15)
@given(countries(1))
def test_the_ground_within_reach_is_where_a_walk_from_a_stop_in_time_ends(made: Country) -> None:
    import shapely

    case = Case(made)
    origin = made.stops[0][0]
    found = case.network.isochrone(origin, CUTOFFS, case.base_min, 10, percentile=50)
    assert found["cutoff_min"].tolist() == sorted(CUTOFFS, reverse=True) and found.crs.to_epsg() == 4326
    assert all(outer.buffer(1e-9).covers(inner) for outer, inner in itertools.pairwise(found.geometry))
    rng = np.random.default_rng(0)
    lon, lat = 10 + rng.uniform(-0.004, 0.022, 40), 0.5 + rng.uniform(-0.004, 0.022, 40)
    reach = case.oracle.travel_s(origin, list(zip(lon.tolist(), lat.tolist(), strict=True)), case.departures, (8,))[8]
    for cutoff, shape in zip(found["cutoff_min"], found.geometry, strict=True):
        inside = shapely.contains_xy(shape, lon, lat)
        for times, is_in in zip(reach, inside, strict=True):
            # The ground is drawn with medians of stops: what it holds is in reach at least as often (up to a chord of its discs).
            if is_in:
                assert sorted(times)[4] <= cutoff * 60 + 1
    assert shapely.contains_xy(found.geometry.iloc[-1], *case.oracle.world.place[origin])


def test_an_isochrone_has_one_origin_and_cutoffs_within_the_time() -> None:
    from tests.travel.timetables import Island, country

    case = Case(country([Island(5, 6, 8, frozenset())]))
    stop = case.country.stops[0][0]
    for origin, cutoffs in ((stop, ()), (stop, (0,)), (stop, (-5,)), (stop, (500,)), (case.country.stops[0][:2], (30,))):
        with pytest.raises(UsageError):
            case.network.isochrone(origin, cutoffs)
