"""Routes of the queries: one a query, with its inputs as parameters, so that the description of the API lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request

from xietong.core import declare
from xietong.core.asking import MAX_TEXT
from xietong.core.errors import Fault, NotFound, UsageError
from xietong.core.glossary import unit
from xietong.core.progress import Progress, Report
from xietong.core.region import Region
from xietong.core.workstream import Workstream

AsOf = Annotated[str | None, Query(description="The day whose rules are current, YYYY-MM-DD", examples=["2014-02-26"], max_length=10)]
Prefer = Annotated[str | None, Header(description="respond-async: answer 202 with a job at once")]
RegimeName = Annotated[Literal["closed", "current", "open"], Query(description="The rules under which it is asked")]
Steps = Annotated[list[str] | None, Query(alias="step", description="What if: LEVER:KEY or LEVER:KEY:AMOUNT, parts of a key joined by commas; repeatable")]
"""What a question may carry beside its own inputs."""

FIXED = ("as_of", "regime", "step")


def query_routes(router: APIRouter, workstream: Workstream, find: Callable[[str, str | None], Region], answer: Callable[..., Any], responses: Any) -> None:
    """Add the routes of a workstream's queries, and one that says which there are to whoever asks for another."""
    name = workstream.name
    for query, declared in workstream.queries.items():
        router.add_api_route(
            f"/regions/{{region}}/{name}/ask/{query}", _endpoint(name, query, declared, find, answer), methods=["GET"], tags=[name],
            name=f"{name}_ask_{query}", operation_id=f"{name}_ask_{query}", summary=f"{workstream.title.en}: {declared.title.en}",
            response_model=dict[str, Any], responses=responses,
        )  # fmt: skip

    @router.get(f"/regions/{{region}}/{name}/ask/{{query}}", include_in_schema=False)
    def unknown(region: str, query: str) -> None:
        raise NotFound(f"{name} has no query {query[:80]!r}; it has {', '.join(workstream.queries) or 'none'}")


def _endpoint(name: str, query: str, declared: declare.Query, find: Callable[[str, str | None], Region], answer: Callable[..., Any]) -> Callable[..., Any]:
    def ask(request: Request, region: str, as_of: str | None, regime: declare.Regime, step: list[str] | None, prefer: str | None, **inputs: str | None) -> Any:
        bound = find(region, as_of).bind(name)
        bound.region.require(bound.workstream)
        bound = bound.with_steps(step or [])
        others = {one: value for one, value in request.query_params.items() if one not in FIXED and one not in declared.inputs}
        if twice := [one for one in declared.inputs if len(request.query_params.getlist(one)) > 1]:
            raise UsageError(f"query {query!r} cannot be asked so", [Fault("is given more than once", "Give it once.", column=one) for one in twice])
        given = {one: value for one, value in {**inputs, **others}.items() if value is not None}
        bound.check_ask(query, regime, given)  # now, and not in a job that fails later

        def compute(report: Report) -> Any:
            return {**replace(bound, progress=Progress(report)).ask(query, regime, **given).to_dict(), "region": region}

        return answer(prefer, compute)

    fixed = {"request": Request, "region": str, "as_of": AsOf, "regime": RegimeName, "step": Steps, "prefer": Prefer}
    defaults = {"as_of": None, "regime": "current", "step": None, "prefer": None}
    own = {one: Annotated[str | None, Query(description=_description(spec), max_length=MAX_TEXT)] for one, spec in declared.inputs.items()}
    parameters = [Parameter(one, Parameter.KEYWORD_ONLY, annotation=kind, default=defaults.get(one, Parameter.empty)) for one, kind in fixed.items()]
    parameters += [Parameter(one, Parameter.KEYWORD_ONLY, annotation=kind, default=None) for one, kind in own.items()]
    # FastAPI reads the signature: the inputs become parameters without one function a query being written.
    ask.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return ask


def _description(declared: declare.Input) -> str:
    """An input in one line."""
    name = unit(declared.unit).en
    parts = [declared.title.en + (f" ({name})" if name else ""), declared.kind if not declared.level else f"{declared.kind} ({declared.level})"]
    parts += [f"{word} {edge:g}" for word, edge in (("from", declared.low), ("to", declared.high)) if edge is not None]
    parts += [f"one of {', '.join(declared.values)}"] if declared.values else []
    parts.append("required" if declared.default is None else f"default {declared.default!r}")
    return "; ".join(parts)


__all__ = ["AsOf", "Prefer", "RegimeName", "Steps", "query_routes"]
