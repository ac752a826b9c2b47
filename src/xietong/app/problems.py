"""Errors as RFC 9457 problem details: what is wrong, where, and how to mend it; never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from xietong.core.errors import Fault, Undeclared, XietongError

PROBLEM = "application/problem+json"
log = logging.getLogger("xietong")


def problem(error: Exception) -> dict[str, Any]:
    """An error as problem details."""
    if isinstance(error, XietongError) and not isinstance(error, Undeclared):
        return _details(type(error).__name__, error.status, str(error.args[0]), error.faults)
    if isinstance(error, RequestValidationError):
        faults = [Fault(one["msg"], "See /api/v1/openapi.json for what the parameter takes.", column=".".join(map(str, one["loc"]))) for one in error.errors()]
        return _details("ValidationError", 422, "The request's parameters are wrong.", faults)
    if isinstance(error, HTTPException):
        return _details("HTTPException", error.status_code, str(error.detail), ())
    log.error("internal error", exc_info=error)
    return _details("InternalError", 500, "The server made a mistake; its log says more.", ())


def problem_response(error: Exception) -> JSONResponse:
    """The answer over HTTP to an error, as application/problem+json."""
    details = problem(error)
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(details, details["status"], media_type=PROBLEM, headers=dict(headers) if headers else None)


def _details(kind: str, status: int, detail: str, faults: Any) -> dict[str, Any]:
    title = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 409: "Data missing", 422: "Cannot be processed"}.get(status, "Error")
    return {"type": f"urn:xietong:problem:{kind}", "title": title, "status": status, "detail": detail, "faults": [fault._asdict() for fault in faults]}
