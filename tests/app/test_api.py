"""The HTTP API: every route answers, the surfaces agree, errors are problem details, jobs can be followed and stopped."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
import shapely.geometry
from tools.openapi import TARGET, text

from tests.app.conftest import Ask
from tests.asks import sample
from tests.conftest import DAY
from tests.regions import Folder
from xietong.app.api import SECURITY, create_app
from xietong.app.jobs import Jobs
from xietong.core.errors import Cancelled, UsageError
from xietong.core.region import Region
from xietong.core.workstream import Workstream
from xietong.io.export import csv_text, geojson
from xietong.workstreams import catalogue

API = "/api/v1"
WORKSTREAMS = [name for name, one in catalogue().items() if isinstance(one, Workstream)]
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def openapi(http: httpx.Client) -> dict[str, Any]:
    return dict(http.get(f"{API}/openapi.json").json())


def region_for(workstream: str, loaded: dict[str, Region]) -> str:
    """The smallest region that has what a workstream reads."""
    return next(name for name, region in loaded.items() if not region.missing(region.workstreams[workstream]))


def wait(http: httpx.Client, job: str, seconds: float = 60) -> dict[str, Any]:
    """A job once it has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        view = dict(http.get(f"{API}/jobs/{job}").json())
        if view["state"] in ("done", "failed", "cancelled"):
            return view
        time.sleep(0.05)
    pytest.fail(f"job {job} has not ended")


def problem(answer: httpx.Response, status: int, *words: str) -> dict[str, Any]:
    """The answer is a problem (RFC 9457) with this status, in these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    details = dict(answer.json())
    assert details["status"] == status and details["type"].startswith("urn:xietong:problem:") and details["title"]
    assert "Traceback" not in answer.text and all(word in answer.text for word in words), answer.text
    return details


# -- every route ---------------------------------------------------------------------------------------------------------


def test_every_route_of_the_description_answers(http: httpx.Client, openapi: dict[str, Any], loaded: dict[str, Region]) -> None:
    job = http.get(f"{API}/regions/sound/care/status", headers=ASYNC).json()["job"]
    assert wait(http, job)["state"] == "done"
    asked = 0
    for path, operations in openapi["paths"].items():
        name = path.removeprefix(f"{API}/regions/{{region}}/").partition("/")[0]
        region = region_for(name, loaded) if name in WORKSTREAMS else "sound"
        outcome = f"{API}/regions/{{region}}/{name}/border"
        table = http.get(outcome.format(region=region)).json()["tables"][0]["table"] if path.startswith(outcome) and name in WORKSTREAMS else "census"
        url = path.format(region=region, table=table, workstream="care", job=job)
        query = path.partition("/ask/")[2]
        inputs = sample(loaded[region].workstreams[name].queries[query], loaded[region]) if query else {}
        for method in operations:
            late = ASYNC if url.endswith(("/lifts", "/plan", "/sensitivity", "/headline")) else {}
            answer = http.request(method, url, headers=late, params=inputs)
            assert answer.status_code == (202 if late else 200), (method, url, answer.text)
            assert answer.headers["content-type"].startswith("application/json")
            if late:
                http.delete(answer.headers["location"])
            asked += 1
    assert asked >= 10 + 4 * len(WORKSTREAMS)


def test_the_committed_description_has_not_drifted() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run `python tools/openapi.py`"


def test_what_is_served_is_what_is_described(openapi: dict[str, Any]) -> None:
    assert openapi == json.loads(text())


def test_the_description_names_the_problems_of_every_operation(openapi: dict[str, Any]) -> None:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            assert {"400", "404", "422"} <= set(operation["responses"]), (method, path)
            assert operation.get("summary") and operation["operationId"]


# -- the surfaces agree --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["status", "border"])
@pytest.mark.parametrize("name", WORKSTREAMS)
def test_python_command_line_and_http_give_the_same_result(
    http: httpx.Client, ask: Ask, loaded: dict[str, Region], folders: dict[str, str], name: str, verb: str
) -> None:
    where = region_for(name, loaded)
    in_python = getattr(loaded[where].bind(name), verb)().to_dict()
    over_http = http.get(f"{API}/regions/{where}/{name}/{verb}", params={"as_of": DAY}).json()
    on_the_line = ask(name, verb, "--region", folders[where], "--as-of", DAY, "--json").json
    assert over_http["measures"] == on_the_line["measures"] == in_python["measures"]
    assert over_http == {**on_the_line, "region": where} == {**json.loads(json.dumps(in_python)), "region": where}


def test_they_agree_on_one_area_on_another_day(http: httpx.Client, ask: Ask, sound: Folder) -> None:
    over_http = http.get(f"{API}/regions/sound/care/border", params={"as_of": "2015-06-30", "area": "Bridge pilot"}).json()
    on_the_line = ask("care", "border", "--region", str(sound.path), "--as-of", "2015-06-30", "--area", "pilot", "--json").json
    in_python = sound.load("2015-06-30").care.for_("跨海试点").border().to_dict()
    assert over_http["measures"] == on_the_line["measures"] == in_python["measures"]


def test_they_agree_on_a_plan(http: httpx.Client, ask: Ask, sound: Folder) -> None:
    over_http = http.get(f"{API}/regions/sound/care/plan", params={"as_of": DAY, "budget_cny": 1e8}).json()
    on_the_line = ask("care", "plan", "--region", str(sound.path), "--as-of", DAY, "--budget", "100000000", "--json").json
    assert over_http == {**on_the_line, "region": "sound"} and over_http["plan"]["cells"]


def test_the_headline_is_the_same_in_the_terminal_and_over_http(http: httpx.Client, ask: Ask, sound: Folder) -> None:
    over_http = http.get(f"{API}/regions/sound/headline", params={"as_of": DAY}).json()["rows"]
    assert over_http == ask("headline", "--region", str(sound.path), "--as-of", DAY, "--json").json
    assert {row["workstream"]: row["error"] is None for row in over_http}["care"]


def test_a_region_is_shown_alike(http: httpx.Client, ask: Ask, sound: Folder) -> None:
    params = {"as_of": DAY}
    assert http.get(f"{API}/regions/sound", params=params).json() == ask("region", "show", "--region", str(sound.path), "--as-of", DAY, "--json").json


@pytest.mark.parametrize("name", WORKSTREAMS)
def test_a_workstream_is_described_alike(http: httpx.Client, ask: Ask, name: str) -> None:
    assert http.get(f"{API}/workstreams/{name}").json() == ask("describe", name, "--json").json


@pytest.mark.parametrize("name", WORKSTREAMS)
def test_a_workstream_is_described_alike_as_a_region_has_it(
    http: httpx.Client, ask: Ask, folders: dict[str, str], loaded: dict[str, Region], name: str
) -> None:
    where = region_for(name, loaded)
    over_http = http.get(f"{API}/regions/{where}/{name}", params={"as_of": DAY}).json()
    assert over_http == {**ask("describe", name, "--region", folders[where], "--as-of", DAY, "--json").json, "region": where}
    assert over_http["available"] and all("options" in lever for lever in over_http["levers"])


STEPS = ["beds:fyr,institution,basic:100", "pact:Skogland,Holmland:0.9"]


def test_they_agree_on_what_if(http: httpx.Client, ask: Ask, sound: Folder) -> None:
    over_http = http.get(f"{API}/regions/sound/care/border", params={"as_of": DAY, "step": STEPS}).json()
    words = [word for step in STEPS for word in ("--step", step)]
    on_the_line = ask("care", "border", "--region", str(sound.path), "--as-of", DAY, *words, "--json").json
    in_python = sound.load(DAY).care.with_steps(STEPS).border().to_dict()
    assert over_http == {**on_the_line, "region": "sound"} == {**json.loads(json.dumps(in_python)), "region": "sound"}
    assert over_http["measures"] != http.get(f"{API}/regions/sound/care/border", params={"as_of": DAY}).json()["measures"]
    assert over_http["provenance"]["steps"] == ["pact:skog,holm:0.9", "beds:fyr,institution,basic:100"]
    tables = [http.get(f"{API}/regions/sound/care/border/tables/people", params={"as_of": DAY, "step": steps}).json() for steps in (STEPS, [])]
    assert tables[0]["total"] == tables[1]["total"] and tables[0] != tables[1]


# -- problems ------------------------------------------------------------------------------------------------------------

PROBLEMS = [
    (400, "/regions/sound/care/status?as_of=tomorrow", "YYYY-MM-DD"), (400, "/regions/sound/care/plan?budget_cny=-1", "budget_cny"),
    (400, "/regions/sound/care/plan?budget_cny=nan", "budget_cny"), (400, "/regions/sound/care/plan?budget_cny=inf", "budget_cny"),
    (400, "/regions/sound/care/status?step=beds:fyr,institution,golden:1", "basic"), (400, "/regions/sound/care/border?step=beds:fyr,institution,basic", "AMOUNT"),
    (400, "/regions/sound/care/plan?step=beds:fyr,institution,basic:1", "takes no steps"), (400, "/regions/sound/care/sensitivity?step=x", "takes no steps"),
    (400, "/regions/sound/care?step=levitate:fyr", "pact"), (400, "/regions/sound/care/border/tables/people?step=pact:skog,norr:1", "At home"),
    (404, "/regions/sound/care/ask/weather", "no query"), (409, "/regions/sound/air?step=retrofit:x:1", "emissions"),
    (404, "/regions/atlantis", "sound"), (404, "/regions/atlantis/care/status", "atlantis"), (404, "/regions/sound/tables/atlantis", "census"),
    (404, "/regions/sound/care/status?area=atlantis", "atlantis"), (404, "/regions/sound/care/border/tables/atlantis", "people"),
    (404, "/workstreams/telepathy", "care"), (404, "/regions/sound/telepathy/status", "openapi.json"), (404, "/jobs/none", "no such job"),
    (404, "/jobs/none/result", "no such job"), (404, "/nowhere", "openapi.json"), (404, "/../v2", "openapi.json"),
    (409, "/regions/sound/air/status", "emissions"), (409, "/regions/sound/air/plan", "emissions"), (409, "/regions/sound/air/border/tables/x", "emissions"),
    (422, "/regions/sound/care/status?as_of=1900-01-01", "1900-01-01"), (422, "/regions/sound/care/status?as_of=20260115T00", "as_of"),
    (422, "/regions/sound/care/plan?budget_cny=much", "budget_cny"), (422, "/regions/sound/care/plan?seed=-1", "seed"),
    (422, "/regions/sound/tables/census?limit=0", "limit"), (422, "/regions/sound/tables/census?limit=1001", "limit"),
    (422, "/regions/sound/tables/census?offset=-1", "offset"), (422, "/regions/sound/tables/census?format=xml", "format"),
    (422, "/regions/sound/care/border/tables/people?regime=ajar", "regime"), (422, f"/regions/sound/care/status?area={'x' * 201}", "area"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "path", "word"), PROBLEMS, ids=[f"{status} {path:.60}" for status, path, _ in PROBLEMS])
def test_a_wrong_question_is_answered_with_a_problem_in_words(http: httpx.Client, status: int, path: str, word: str) -> None:
    problem(http.get(API + path), status, word)


def test_a_method_that_is_not_there_is_a_405_that_says_which_is(http: httpx.Client) -> None:
    answer = http.post(f"{API}/regions/sound/care/status")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET"
    problem(http.put(f"{API}/nowhere"), 405)


def test_an_async_question_that_is_wrong_is_refused_at_once(http: httpx.Client) -> None:
    problem(http.get(f"{API}/regions/sound/care/plan?budget_cny=-1", headers=ASYNC), 400)
    problem(http.get(f"{API}/regions/sound/air/plan", headers=ASYNC), 409)
    problem(http.get(f"{API}/regions/sound/care/plan?area=atlantis", headers=ASYNC), 404)


def test_a_mistake_of_the_server_shows_no_traceback_and_keeps_the_security_headers(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    import anyio

    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("xietong.app.api.region_view", broken)

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(f"{API}/regions/jjj")

    answer = anyio.run(get)
    problem(answer, 500, "log")
    assert "secret" not in answer.text and "the secret inside" in caplog.text
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


# -- what cannot be reached ----------------------------------------------------------------------------------------------

TRICKS = [
    "..%2f..%2fjjj",
    "..",
    "%2e%2e",
    "....//",
    "..%5c..%5c",
    "%00",
    "jjj%00",
    "sound%2f",
    "%2fetc%2fpasswd",
    "sound%2f..%2fjjj",
    "C:%5c",
    "~",
    "%ff%fe",
    "a" * 4000,
]


@pytest.mark.parametrize("trick", TRICKS, ids=[trick[:20] for trick in TRICKS])
@pytest.mark.parametrize("below", ["", "/cells", "/tables/census", "/care/status"])
def test_no_trick_reaches_a_region_that_is_not_served(http: httpx.Client, trick: str, below: str) -> None:
    answer = http.get(httpx.URL(str(http.base_url), raw_path=f"{API}/regions/{trick}{below}".encode()))
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("trick", [*TRICKS, "..%2fapi.py", "..%2f..%2f..%2f..%2fetc%2fpasswd", ".digest", "..%2fsettings.py", "assets%2f..%2f..%2fapi.py"])
@pytest.mark.parametrize("below", ["", "assets/"])
def test_no_trick_reaches_a_file_beside_the_page(http: httpx.Client, trick: str, below: str) -> None:
    answer = http.get(httpx.URL(str(http.base_url), raw_path=f"/{below}{trick}".encode()))
    assert answer.status_code in (200, 404, 503)
    assert "import " not in answer.text[:2000] and "root:" not in answer.text and "digest" not in answer.headers.get("content-type", "")


def test_only_the_served_regions_are_listed(http: httpx.Client) -> None:
    assert [one["region"] for one in http.get(f"{API}/regions").json()] == ["sound", "jjj"]


@pytest.mark.parametrize("path", ["/", f"{API}/regions", f"{API}/nowhere", f"{API}/regions/sound/tables/census?format=csv"])
def test_every_answer_carries_the_security_headers(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY and "access-control-allow-origin" not in headers


def test_the_page_answers_head_too(http: httpx.Client) -> None:
    answer = http.head("/")
    assert answer.status_code in (200, 503) and answer.content == b""


# -- tables --------------------------------------------------------------------------------------------------------------


def all_rows(http: httpx.Client, path: str) -> list[dict[str, Any]]:
    return list(http.get(path, params={"limit": 1000}).json()["rows"])


@pytest.mark.parametrize("table", ["census", "homes", "population"])
def test_csv_of_a_table_says_the_same_as_json(http: httpx.Client, table: str) -> None:
    path = f"{API}/regions/sound/tables/{table}"
    answer = http.get(path, params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and f"{table}.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    expected = all_rows(http, path)
    assert len(rows) == len(expected) and list(rows[0]) == list(expected[0])
    for row, other in zip(rows, expected, strict=True):
        for column, value in other.items():
            assert row[column] == ("" if value is None else value) if not isinstance(value, float | int) else float(row[column]) == value


@pytest.mark.parametrize("name", WORKSTREAMS)
def test_every_outcome_table_can_be_had_as_json_csv_and_geojson(http: httpx.Client, loaded: dict[str, Region], name: str) -> None:
    where = region_for(name, loaded)
    path = f"{API}/regions/{where}/{name}/border"
    for entry in http.get(path, params={"as_of": DAY}).json()["tables"]:
        params = {"as_of": DAY, "regime": "open"}
        rows = http.get(f"{path}/tables/{entry['table']}", params={**params, "limit": 1000}).json()
        assert rows["total"] == entry["rows"]["open"]
        as_csv = http.get(f"{path}/tables/{entry['table']}", params={**params, "format": "csv"})
        assert len(list(csv.reader(io.StringIO(as_csv.text, newline="")))) == rows["total"] + 1
        if rows["total"] <= 1000:
            places = http.get(f"{path}/tables/{entry['table']}", params={**params, "format": "geojson"})
            assert places.headers["content-type"] == "application/geo+json"
            assert [feature["properties"] for feature in places.json()["features"]] == rows["rows"]


def test_geojson_of_a_table_lies_where_its_places_lie(http: httpx.Client, loaded: dict[str, Region]) -> None:
    found = http.get(f"{API}/regions/sound/tables/census", params={"format": "geojson"}).json()
    assert [feature["properties"] for feature in found["features"]] == all_rows(http, f"{API}/regions/sound/tables/census")
    for feature in found["features"]:
        area = loaded["sound"].areas.by_id[feature["properties"]["area"]]
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid and shape.contains(shapely.geometry.Point(area.lon, area.lat))


def test_geojson_is_read_by_geopandas(http: httpx.Client) -> None:
    geopandas = pytest.importorskip("geopandas")
    for path in (f"{API}/regions/sound/cells", f"{API}/regions/sound/tables/census?format=geojson"):
        frame = geopandas.GeoDataFrame.from_features(http.get(path).json()["features"], crs="EPSG:4326")
        assert len(frame) == 8 and frame.geometry.is_valid.all()


def test_pages_of_a_table_add_up_to_the_whole(http: httpx.Client) -> None:
    path = f"{API}/regions/sound/tables/census"
    whole = all_rows(http, path)
    pages = [http.get(path, params={"limit": 3, "offset": offset}).json() for offset in (0, 3, 6, 9)]
    assert [row for page in pages for row in page["rows"]] == whole and {page["total"] for page in pages} == {8}
    assert [len(page["rows"]) for page in pages] == [3, 3, 2, 0]


def test_unknown_is_null_in_json_and_empty_in_csv(http: httpx.Client) -> None:
    path = f"{API}/regions/sound/tables/census"
    assert {row["other_province_share"] for row in all_rows(http, path)} == {None}
    rows = csv.DictReader(io.StringIO(http.get(path, params={"format": "csv"}).text))
    assert {row["other_province_share"] for row in rows} == {""}


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "＝1+1", "－2+3", "\t=1", '=HYPERLINK("http://x")'])
def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(cell: str) -> None:
    frame = pd.DataFrame({"a": np.array([cell, "plain", None, "-5", "a=b"], dtype=object), "n": [-1.5, 2.0, np.nan, 0.0, 3.0]})
    rows = list(csv.reader(io.StringIO(csv_text(frame), newline="")))
    assert rows[1] == ["'" + cell, "-1.5"] and [row[0] for row in rows[2:]] == ["plain", "", "-5", "a=b"]
    assert csv_text(frame.rename(columns={"a": cell})).lstrip('"').startswith("'")


def test_a_table_with_a_chinese_name_can_be_downloaded(tmp_path: Path) -> None:
    import anyio

    from tests.regions import second_region

    folder = second_region(tmp_path / "海峡")
    folder.list_table("名录", ["名称"], ["=1+1"])
    folder.describe(lambda meta: meta["resources"][-1].update(schema={"fields": [{"name": "名称"}]}))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app([str(folder.path)])), base_url="http://test") as client:
            return await client.get(f"{API}/regions/海峡/tables/名录", params={"format": "csv"})

    answer = anyio.run(get)
    assert answer.status_code == 200 and "UTF-8''%E5%90%8D%E5%BD%95.csv" in answer.headers["content-disposition"]
    assert answer.text.splitlines()[1].startswith("'=1+1")


def test_a_row_without_a_place_has_no_geometry(loaded: dict[str, Region]) -> None:
    found = geojson(pd.DataFrame({"x": [1.0, np.nan]}), loaded["sound"])
    assert [feature["geometry"] for feature in found["features"]] == [None, None] and found["features"][1]["properties"] == {"x": None}


# -- jobs ----------------------------------------------------------------------------------------------------------------


def test_a_client_that_waits_a_moment_gets_a_quick_answer_at_once(http: httpx.Client) -> None:
    answer = http.get(f"{API}/regions/sound/care/status", params={"as_of": DAY}, headers={"Prefer": "respond-async, wait=10"})
    assert answer.status_code == 200
    assert answer.json()["verb"] == "status"


def test_a_job_gives_the_same_answer_as_the_question_itself(http: httpx.Client) -> None:
    path, params = f"{API}/regions/sound/care/status", {"as_of": DAY}
    started = http.get(path, params=params, headers={"Prefer": "Respond-Async"})
    assert started.status_code == 202 and started.headers["preference-applied"] == "respond-async"
    assert started.headers["location"] == f"{API}/jobs/{started.json()['job']}"
    view = wait(http, started.json()["job"])
    assert (view["state"], view["done"], view["problem"]) == ("done", 1.0, None)
    assert http.get(view["result"]).json() == http.get(path, params=params).json()


def test_a_running_job_can_be_stopped_and_leaves_no_result(http: httpx.Client) -> None:
    started = http.get(f"{API}/regions/sound/care/sensitivity", params={"as_of": "2020-02-02", "seed": 7}, headers=ASYNC)
    url = started.headers["location"]
    until = time.monotonic() + 30
    while http.get(url).json()["done"] == 0 and time.monotonic() < until:
        time.sleep(0.02)
    running = http.get(url).json()
    assert running["state"] == "running" and 0 < running["done"] < 1 and running["result"] is None
    problem(http.get(f"{url}/result"), 400, "running")
    assert http.delete(url).status_code == 200
    assert wait(http, started.json()["job"])["state"] == "cancelled"
    problem(http.get(f"{url}/result"), 400, "cancelled")
    assert http.delete(url).json()["state"] == "cancelled"


def test_a_failed_job_tells_its_problem(http: httpx.Client) -> None:
    started = http.get(f"{API}/regions/sound/care/status", params={"as_of": "1900-01-01"}, headers=ASYNC)
    if started.status_code == 202:
        view = wait(http, started.json()["job"])
        assert view["state"] == "failed" and view["problem"]["status"] == 422 and "1900-01-01" in view["problem"]["detail"]
        problem(http.get(started.headers["location"] + "/result"), 422, "1900-01-01")
    else:
        problem(started, 422, "1900-01-01")


@pytest.fixture
def jobs() -> Any:
    made = Jobs(1)
    yield made
    made.close()


def ended(job: Any) -> str:
    until = time.monotonic() + 10
    while not job.ended and time.monotonic() < until:
        time.sleep(0.005)
    return str(job.state)


def test_a_queued_job_can_be_stopped_before_it_begins(jobs: Jobs) -> None:
    import threading

    go = threading.Event()
    first = jobs.submit(lambda report: go.wait(10))
    second = jobs.submit(lambda report: pytest.fail("it ran"))
    assert jobs.cancel(second.job).state == "cancelled"
    go.set()
    assert ended(first) == "done" and second.state == "cancelled"


def test_a_job_that_was_stopped_in_its_last_moment_is_stopped(jobs: Jobs) -> None:
    def work(report: Any) -> str:
        job.stop.set()
        return "too late"

    job = jobs.submit(lambda report: (time.sleep(0.05), work(report))[1])
    assert ended(job) == "cancelled" and job.result is None


def test_a_job_never_runs_backwards(jobs: Jobs) -> None:
    job = jobs.submit(lambda report: [report(done) for done in (0.5, 0.2, 0.1)])
    ended(job)
    job.done = 0.5
    job.report(0.2)
    assert job.done == 0.5
    job.stop.set()
    with pytest.raises(Cancelled):
        job.report(0.9)


def test_the_oldest_ended_jobs_leave_and_too_many_waiting_ones_are_refused(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xietong.app.jobs.MAX_JOBS", 3)
    import threading

    quick = [jobs.submit(lambda report: None) for _ in range(3)]
    assert [ended(one) for one in quick] == ["done"] * 3
    go = threading.Event()
    waiting = [jobs.submit(lambda report: go.wait(10)) for _ in range(3)]
    with pytest.raises(UsageError, match="3 jobs"):
        jobs.submit(lambda report: None)
    go.set()
    assert [ended(one) for one in waiting] == ["done"] * 3
