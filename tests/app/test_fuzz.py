"""Schemathesis against every operation of the API: whatever is asked, the server makes no mistake of its own.

Nothing is left out: verbs are asked of a region that can feed them; long ones are started as jobs and stopped at once.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, PhasesConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig, StatefulPhaseConfig

from tests.app.conftest import toy_app
from xietong.app.api import create_app
from xietong.core.region import Region

API = "/api/v1"
LONG = ("/lifts", "/plan", "/sensitivity", "/headline")
EXAMPLES = 5
CONFIG = SchemathesisConfig(
    seed=1,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(deterministic=True, max_examples=EXAMPLES, no_shrink=True, database="none"),
            phases=PhasesConfig(stateful=StatefulPhaseConfig(enabled=False)),
        )
    ),
)
SCHEMA = schemathesis.openapi.from_dict(create_app().openapi(), config=CONFIG)
TOY = toy_app().openapi()
TOY["paths"] = {path: operations for path, operations in TOY["paths"].items() if "/toy" in path}
TOY_SCHEMA = schemathesis.openapi.from_dict(TOY, config=CONFIG)


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_question_makes_the_server_fail(case: Any, http: httpx.Client, loaded: dict[str, Region]) -> None:
    address = str(http.base_url)
    send(case, address)
    # The same question of a region that is there: random names alone would never get past a 404.
    name = case.operation.path.removeprefix(f"{API}/regions/{{region}}").strip("/").partition("/")[0]
    if "region" in (case.path_parameters or {}):
        able = [where for where, region in loaded.items() if name in region.workstreams and not region.missing(region.workstreams[name])]
        case.path_parameters["region"] = (able or list(loaded))[0]
        send(case, address)


@TOY_SCHEMA.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_query_and_no_step_makes_the_server_fail(case: Any, toy_http: httpx.Client) -> None:
    case.path_parameters["region"] = "twin"
    send(case, str(toy_http.base_url))


def send(case: Any, address: str) -> None:
    """Ask, a long question as a job that is stopped again; an error is a problem in words."""
    late = case.operation.path.endswith(LONG) and case.method == "GET"
    answer = case.call_and_validate(base_url=address, checks=[not_a_server_error], headers={"Prefer": "respond-async"} if late else None)
    if answer.status_code == 202:
        assert httpx.delete(address.rstrip("/") + answer.headers["location"][0]).status_code == 200
    if answer.status_code >= 400 and answer.content != b"Invalid HTTP request received.":  # uvicorn's own: it never reached us
        assert answer.headers["content-type"] == ["application/problem+json"], (answer.headers, answer.content)


DAYS = st.one_of(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.dates()).map(str)
AREAS = st.one_of(st.sampled_from(["pilot", "sound", "skog", "norr", "fyr", "桥头", "HOLMLAND"]), st.text(max_size=20))
PATHS = st.sampled_from(
    ["", "/rules", "/headline", "/care/status", "/care/border", "/care/plan", "/care/border/tables/people", "/care/border/tables/flows", "/tables/homes"]
)
QUESTIONS = st.fixed_dictionaries(
    {},
    optional={
        "as_of": DAYS, "area": AREAS, "regime": st.sampled_from(["closed", "current", "open"]), "format": st.sampled_from(["json", "csv", "geojson"]),
        "limit": st.integers(1, 1000), "offset": st.integers(0, 10**9), "budget_cny": st.one_of(st.floats(), st.integers(0, 10**10)), "seed": st.integers(0, 2**31 - 1),
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(path=PATHS, question=QUESTIONS)
def test_no_sensible_question_makes_the_server_fail(http: httpx.Client, path: str, question: dict[str, Any]) -> None:
    late = {"Prefer": "respond-async"} if path.endswith(LONG) else {}
    answer = http.get(f"{API}/regions/sound{path}", params=question, headers=late)
    assert answer.status_code in (200, 202, 400, 404, 422), answer.text
    if answer.status_code == 202:
        http.delete(answer.headers["location"])
    if "json" in answer.headers["content-type"]:
        json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


PLACES = st.sampled_from(["n1", "n2", "s3", "North Harbour", "南港", "twin", "northbank", "southbank"])
WORDS = st.one_of(st.text(max_size=30), st.sampled_from(["", "0", "-1", "1e999", "nan", "0x10", "٣", " 3 ", "3.0", "n1,n2", ":", ","]))
PARTS = st.one_of(PLACES, WORDS)
STEPS = st.one_of(
    WORDS,
    st.builds(
        lambda lever, key, amount: f"{lever}:{','.join(key)}{amount}", st.sampled_from(["modernise", "demand", "market", "levitate"]), st.lists(PARTS, max_size=3),
        st.one_of(st.just(""), st.floats().map(lambda value: f":{value!r}"), st.integers(-3, 3).map(lambda value: f":{value}")),
    ),
)  # fmt: skip
ASKED = st.fixed_dictionaries(
    {"buyer": PARTS},
    optional={
        "count": st.one_of(WORDS, st.integers(-2, 60).map(str)), "above_cny": st.one_of(WORDS, st.floats().map(repr)), "sort": st.one_of(WORDS, st.just("dearest")),
        "regime": st.sampled_from(["closed", "current", "open"]), "step": st.lists(STEPS, max_size=3), "as_of": DAYS,
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(question=ASKED, path=st.sampled_from(["/ask/sellers", "/status", "/border", ""]))
def test_a_query_is_answered_or_refused_in_words(toy_http: httpx.Client, path: str, question: dict[str, Any]) -> None:
    answer = toy_http.get(f"{API}/regions/twin/toy{path}", params=question)
    assert answer.status_code in (200, 400, 422), answer.text
    found = json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    if answer.status_code == 400:
        assert found["detail"] and all(fault["what"] and fault["mend"] for fault in found["faults"])
