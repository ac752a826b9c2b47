"""The HTTP API and the page. Routes of the verbs are made from the declarations: a new workstream appears by itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from xietong import __version__
from xietong.app.asking import AsOf, Prefer, RegimeName, Steps, query_routes
from xietong.app.headline import headline
from xietong.app.jobs import Jobs
from xietong.app.problems import PROBLEM, problem, problem_response
from xietong.app.settings import settings
from xietong.core.digest import digest
from xietong.core.errors import NotFound, UsageError, XietongError
from xietong.core.progress import Progress, Report, silent
from xietong.core.region import Region, steps_digest
from xietong.core.result import Result
from xietong.core.verbs import check_budget
from xietong.core.views import bound_view, column_view, declaration_view, region_view, rules_view
from xietong.core.workstream import Workstream
from xietong.io import cells, export, kept, package
from xietong.io.schema import SOURCE
from xietong.workstreams import catalogue

STATIC = Path(__file__).parent / "static"
PREFIX = "/api/v1"
MAX_ROWS = 1000
MAX_WAIT_S = 10
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

AreaName = Annotated[str | None, Query(alias="area", description="Narrow every figure to one area (id or title)", max_length=200)]
Budget = Annotated[float | None, Query(alias="budget_cny", description="Total budget in CNY", examples=[3e8])]
Seed = Annotated[int, Query(ge=0, le=2**31 - 1, description="Seed of random draws")]
Format = Annotated[Literal["json", "csv", "geojson"], Query()]
Limit = Annotated[int, Query(ge=1, le=MAX_ROWS)]
Offset = Annotated[int, Query(ge=0, le=10**9)]


class Regions:
    """The regions that this server may show, loaded when first asked for. Nothing else on disk can be reached."""

    def __init__(self, names: Sequence[str]) -> None:
        self._paths: dict[str, str] = {}
        for name in names:
            known = package.locate(name).resolve().name
            if self._paths.setdefault(known, name) != name:
                raise UsageError(f"two of the regions to show are called {known!r}: {self._paths[known]} and {name}; rename one of the folders")
        self._loaded: dict[str, Region] = {}

    @property
    def names(self) -> list[str]:
        return list(self._paths)

    def get(self, name: str, day: str | None = None) -> Region:
        """A region by its name, as of a day; loaded at most once. Raises NotFound for one that is not shown."""
        if name not in self._paths:
            raise NotFound(f"this server shows no region {name!r}; it shows {', '.join(self._paths)}")
        if name not in self._loaded:
            self._loaded[name] = package.load(self._paths[name], catalogue())
        region = self._loaded[name]
        return region.at(day) if day else region


def create_app(regions: Sequence[str] | Regions = ("jjj",)) -> FastAPI:
    """The application; ``regions`` are bundled names or folders, the first one being shown first."""
    shown, jobs = regions if isinstance(regions, Regions) else Regions(regions), Jobs(settings().jobs)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()

    app = FastAPI(
        title="xietong 协同",
        version=__version__,
        description=__doc__,
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={
            status: {"description": what, "content": {PROBLEM: {}}} for status, what in ((400, "Bad request"), (404, "Not found"), (422, "Unprocessable"))
        },
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.include_router(_region_routes(shown, jobs), prefix=PREFIX)
    app.include_router(_workstream_routes(shown, jobs), prefix=PREFIX)
    app.include_router(_job_routes(jobs), prefix=PREFIX)
    _handlers(app)
    _pages(app)
    return app


def _region_routes(shown: Regions, jobs: Jobs) -> APIRouter:
    router = APIRouter(tags=["regions"])

    @router.get("/regions")
    def list_regions() -> list[dict[str, Any]]:
        """The regions that this server shows."""
        return [{"region": name, "title": shown.get(name).title._asdict()} for name in shown.names]

    @router.get("/regions/{region}")
    def show_region(region: str, as_of: AsOf = None) -> dict[str, Any]:
        """Areas, levels, days worth asking about, and which workstreams the region's data can feed."""
        return {**region_view(shown.get(region, as_of)), "region": region}

    @router.get("/regions/{region}/cells")
    def show_cells(region: str) -> dict[str, Any]:
        """GeoJSON of the service cells: computed from points, not administrative boundaries."""
        return cells.feature_collection(shown.get(region))

    @router.get("/regions/{region}/headline")
    def show_headline(region: str, as_of: AsOf = None, prefer: Prefer = None) -> Any:
        """One row a workstream: where we stand, what the border has cost and still costs, what acting jointly gains."""
        view = shown.get(region, as_of)
        return _answer(jobs, prefer, lambda report: {"rows": headline(view, report)})

    @router.get("/regions/{region}/rules")
    def show_rules(region: str, as_of: AsOf = None) -> dict[str, Any]:
        """The border rules that hold on a day."""
        view = shown.get(region, as_of)
        return {"as_of": view.day.isoformat(), "rules": rules_view(view)}

    @router.get("/regions/{region}/tables")
    def list_tables(region: str) -> list[dict[str, Any]]:
        """The region's tables: rows, columns, quality, years, sources."""
        return [_table_view(shown.get(region), name) for name in sorted(shown.get(region).tables)]

    @router.get("/regions/{region}/tables/{table}", responses=_FILES)
    def show_table(region: str, table: str, format: Format = "json", limit: Limit = 100, offset: Offset = 0) -> Any:
        """Rows of a table, page by page, or the whole of it as CSV or GeoJSON."""
        view = shown.get(region)
        return _table_answer(view.table(table), table, view, format, limit, offset)

    return router


def _workstream_routes(shown: Regions, jobs: Jobs) -> APIRouter:
    router = APIRouter()
    workstreams = {name: one for name, one in catalogue().items() if isinstance(one, Workstream)}

    @router.get("/workstreams", tags=["workstreams"])
    def list_workstreams() -> list[dict[str, Any]]:
        """What every workstream declares."""
        return [declaration_view(one) for one in workstreams.values()]

    @router.get("/workstreams/{workstream}", tags=["workstreams"])
    def show_workstream(workstream: str) -> dict[str, Any]:
        """What a workstream declares: measures, rules, params, levers, layers, tables."""
        if workstream not in workstreams:
            raise NotFound(f"there is no workstream {workstream!r}; there are {', '.join(workstreams)}")
        return declaration_view(workstreams[workstream])

    for name, one in workstreams.items():
        _verb_routes(router, name, one, shown, jobs)
    return router


def _verb_routes(router: APIRouter, name: str, workstream: Workstream, shown: Regions, jobs: Jobs) -> None:
    def ask(region: str, as_of: str | None, area: str | None, verb: Callable[[Any], Result], prefer: str | None, long: tuple[Any, ...] = (),
            step: list[str] | None = None) -> Any:  # fmt: skip
        bound = shown.get(region, as_of).bind(name)
        bound.region.require(workstream)
        bound = bound.with_steps(step or [])
        bound = bound.for_(area) if area else bound

        def compute(report: Report) -> Any:
            return {**verb(replace(bound, progress=Progress(report))).to_dict(), "region": region}

        if not long:
            return _answer(jobs, prefer, compute)
        # What takes long is kept between two starts, under the digest of all that it depends on.
        view = bound.region
        key = digest(__version__, name, region, view.folder, view.day, bound.area, steps_digest(bound.steps), long, view.digest, view.inputs_digest(workstream))
        return _answer(jobs, prefer, lambda report: kept.answer(f"answer-{key}", lambda: compute(report)))

    def status(region: str, as_of: AsOf = None, area: AreaName = None, step: Steps = None, prefer: Prefer = None) -> Any:
        return ask(region, as_of, area, lambda bound: bound.status(), prefer, step=step)

    def border(region: str, as_of: AsOf = None, area: AreaName = None, step: Steps = None, prefer: Prefer = None) -> Any:
        return ask(region, as_of, area, lambda bound: bound.border(), prefer, step=step)

    def lifts(region: str, as_of: AsOf = None, area: AreaName = None, step: Steps = None, prefer: Prefer = None) -> Any:
        return ask(region, as_of, area, lambda bound: bound.lifts(), prefer, ("lifts",), step)

    def plan(request: Request, region: str, as_of: AsOf = None, area: AreaName = None, budget: Budget = None, seed: Seed = 0, prefer: Prefer = None) -> Any:
        _no_steps(request, "plan")
        if budget is not None:
            check_budget(budget)  # now, and not in a job that fails later
        return ask(region, as_of, area, lambda bound: bound.plan(budget, seed), prefer, ("plan", budget, seed))

    def sensitivity(request: Request, region: str, as_of: AsOf = None, area: AreaName = None, seed: Seed = 0, prefer: Prefer = None) -> Any:
        _no_steps(request, "sensitivity")
        return ask(region, as_of, area, lambda bound: bound.sensitivity(seed), prefer, ("sensitivity", seed))

    def table(region: str, table: str, regime: RegimeName = "current", format: Format = "json", as_of: AsOf = None, step: Steps = None,
              limit: Limit = 100, offset: Offset = 0) -> Any:  # fmt: skip
        view = shown.get(region, as_of)
        view.require(workstream)
        tables = view.bind(name).with_steps(step or []).border().outcomes[regime].tables
        if table not in tables:
            raise NotFound(f"{name} has no outcome table {table!r}; it has {', '.join(tables)}")
        return _table_answer(tables[table], table, view, format, limit, offset)

    def describe(region: str, as_of: AsOf = None, step: Steps = None) -> Any:
        bound = shown.get(region, as_of).bind(name)
        if step:
            bound.region.require(workstream)
        return {**bound_view(bound.with_steps(step or [])), "region": region}

    asynchronous = {202: {"description": "A job was started; see its Location"}, 409: {"description": "The region lacks tables", "content": {PROBLEM: {}}}}
    verbs: Mapping[str, Callable[..., Any]] = {"status": status, "border": border, "lifts": lifts, "plan": plan, "sensitivity": sensitivity}
    for verb, endpoint in verbs.items():
        if verb == "plan" and not workstream.can_choose:
            continue
        router.add_api_route(
            f"/regions/{{region}}/{name}/{verb}", endpoint, methods=["GET"], tags=[name], name=f"{name}_{verb}", operation_id=f"{name}_{verb}",
            summary=f"{workstream.title.en}: {verb}", response_model=dict[str, Any], responses=asynchronous,
        )  # fmt: skip
    router.add_api_route(
        f"/regions/{{region}}/{name}/border/tables/{{table}}", table, methods=["GET"], tags=[name], name=f"{name}_table", operation_id=f"{name}_table",
        summary=f"{workstream.title.en}: an outcome table", responses={**_FILES, 409: asynchronous[409]},
    )  # fmt: skip
    router.add_api_route(
        f"/regions/{{region}}/{name}", describe, methods=["GET"], tags=[name], name=f"{name}_describe", operation_id=f"{name}_describe",
        summary=f"{workstream.title.en}: what it declares, and what its levers can be used on here", response_model=dict[str, Any],
    )  # fmt: skip
    query_routes(router, workstream, shown.get, lambda prefer, compute: _answer(jobs, prefer, compute), asynchronous)


def _no_steps(request: Request, verb: str) -> None:
    if "step" in request.query_params:
        raise UsageError(f"{verb} takes no steps: it is asked of things as they are. Steps hold for status, border, lifts and ask.")


def _job_routes(jobs: Jobs) -> APIRouter:
    router = APIRouter(prefix="/jobs", tags=["jobs"])

    def view(name: str) -> dict[str, Any]:
        job = jobs.get(name)
        return {
            "job": name, "state": job.state, "done": job.done, "problem": problem(job.error) if job.error else None,
            "result": f"{PREFIX}/jobs/{name}/result" if job.state == "done" else None,
        }  # fmt: skip

    @router.get("/{job}")
    def show_job(job: str) -> dict[str, Any]:
        """How far a job is."""
        return view(job)

    @router.delete("/{job}")
    def cancel_job(job: str) -> dict[str, Any]:
        """Cancel a job; what it had computed is thrown away."""
        jobs.cancel(job)
        return view(job)

    @router.get("/{job}/result")
    def show_result(job: str) -> Any:
        """What a finished job found."""
        found = jobs.get(job)
        if found.error:
            raise found.error
        if found.state == "cancelled":
            raise UsageError("the job was cancelled, so it has no result; ask again to start another")
        if found.state != "done":
            raise UsageError(f"the job is {found.state}; its result is there once it is done")
        return JSONResponse(found.result)

    return router


_FILES: dict[int | str, dict[str, Any]] = {200: {"description": "Rows", "content": {"application/json": {}, "text/csv": {}, "application/geo+json": {}}}}


def _answer(jobs: Jobs, prefer: str | None, work: Callable[[Report], Any]) -> Any:
    """The result now, or a job where the client prefers that; with ``wait=SECONDS``, a job only if it takes longer (RFC 7240)."""
    if prefer and "respond-async" in prefer.lower():
        job = jobs.submit(work)
        patience = re.search(r"\bwait=(\d{1,2})\b", prefer.lower())
        if patience and job.over.wait(min(int(patience[1]), MAX_WAIT_S)):
            if job.error:
                raise job.error
            if job.state == "done":
                return JSONResponse(job.result)
        location = f"{PREFIX}/jobs/{job.job}"
        return JSONResponse(
            {"job": job.job, "state": job.state, "done": 0.0, "problem": None, "result": None},
            202,
            {"Location": location, "Preference-Applied": "respond-async"},
        )
    return JSONResponse(work(silent))


def _table_view(region: Region, name: str) -> dict[str, Any]:
    frame, schema = region.table(name), region.schemas[name]
    counts = frame["quality"].value_counts()
    return {
        "table": name,
        "title": schema.title._asdict(),
        "rows": len(frame),
        "columns": [column_view(column, spec) for column, spec in (*schema.columns.items(), *SOURCE.items())],
        "quality": {quality: int(counts.get(quality, 0)) for quality in ("published", "derived", "illustrative")},
        "years": region.years([name]),
        "sources": [region.sources[source] for source in sorted(set(frame["source"])) if source in region.sources],
    }


def _table_answer(frame: Any, name: str, region: Region, format: str, limit: int, offset: int) -> Response:
    if format == "csv":
        # RFC 6266: a name in any script, which a header itself could not hold.
        disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"}
        return Response(export.csv_text(frame), media_type="text/csv; charset=utf-8", headers=disposition)
    if format == "geojson":
        return JSONResponse(export.geojson(frame, region), media_type="application/geo+json")
    return JSONResponse({"table": name, "total": len(frame), "rows": export.records(frame.iloc[offset : offset + limit])})


def _handlers(app: FastAPI) -> None:
    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Any]) -> Response:
        response: Response = await call_next(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(XietongError)
    def known(request: Request, error: XietongError) -> Response:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(error)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        return problem_response(error)

    @app.exception_handler(Exception)
    def unknown(request: Request, error: Exception) -> Response:
        response = problem_response(error)
        response.headers.update(SECURITY)  # answered outside the middleware
        return response


def _pages(app: FastAPI) -> None:
    """The built page: files under /assets, and index.html for every other path, which the page itself routes."""
    if (STATIC / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=STATIC / "assets"), name="assets")

    files = {one.name for one in STATIC.iterdir() if one.is_file() and not one.name.startswith(".")} if STATIC.is_dir() else set()

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(path: str) -> Response:
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404, "There is no such address; /api/v1/openapi.json lists them.")
        index = STATIC / "index.html"
        if not index.is_file():
            return Response("The web page has not been built. Run `make run`, or `python hatch_build.py`.\n", 503, media_type="text/plain")
        if path in files:
            return FileResponse(STATIC / path)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})


__all__ = ["Regions", "create_app"]
