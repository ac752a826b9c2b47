"""Queries: inputs checked against their declaration, answers as plain data that is the same on every surface."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.declare import Input, Query
from xietong.core.errors import Fault, NotFound, UsageError

if TYPE_CHECKING:
    from xietong.core.areas import Areas

RESERVED = frozenset({"regime", "step", "steps", "as_of", "area", "region", "set", "lang", "json", "prefer"})
"""Names that surfaces use for the question itself: no input may be called so."""

MAX_TEXT = 500


def query_problems(name: str, query: Query) -> list[str]:
    """What is wrong with the declaration of a query."""
    problems = [] if name.isidentifier() else [f"query {name!r} is not a name (letters, digits, _)"]
    for one, declared in query.inputs.items():
        where = f"query {name!r}, input {one!r}"
        if one in RESERVED or not one.isidentifier():
            problems.append(f"{where}: the name is taken or no name; use letters, digits, _ and none of {', '.join(sorted(RESERVED))}")
        if declared.kind != "area" and declared.default is not None:
            value, fault = _checked(declared, declared.default, None)
            problems += [f"{where}: the default: {fault}"] if fault or value is None else []
    return problems


def check_inputs(name: str, query: Query, given: Mapping[str, Any], areas: Areas) -> dict[str, Any]:
    """The inputs as ``of`` takes them, in the order declared: areas as ids, numbers as numbers. UsageError lists every fault."""
    faults = [_unknown(one, query) for one in given if one not in query.inputs]
    found: dict[str, Any] = {}
    for one, declared in query.inputs.items():
        value = given.get(one)
        if isinstance(value, str) and not value.strip() and declared.kind != "text":
            value = None  # a field of a form that was left empty
        if value is None and declared.default is None:
            faults.append(Fault("is missing", f"Give {_wanted(declared)}.", column=one))
            continue
        if value is None and declared.default == "":
            found[one] = ""
            continue
        found[one], fault = _checked(declared, declared.default if value is None else value, areas)
        if fault:
            faults.append(Fault(fault, f"Give {_wanted(declared)}.", column=one))
    if faults:
        count = len(faults)
        raise UsageError(f"query {name!r} cannot be asked so: {count} fault{'s' if count != 1 else ''}", faults)
    return found


def _unknown(one: str, query: Query) -> Fault:
    return Fault("is no input of this query", f"It takes {', '.join(query.inputs) or 'none'}.", column=str(one)[:MAX_TEXT])


def _wanted(declared: Input) -> str:
    """How to write an input, for the end of an error."""
    if declared.kind == "area":
        level = f" of level {declared.level}" if declared.level else ""
        return f"the id or title of an area{level}; `xietong region show` lists them"
    if declared.kind == "text":
        return f"one of {', '.join(declared.values)}" if declared.values else "a text"
    word = "a whole number" if declared.kind == "integer" else "a number"
    bounds = [f"{side} {edge:g}" for side, edge in (("from", declared.low), ("to", declared.high)) if edge is not None]
    return " ".join([word, *bounds])


def _checked(declared: Input, value: Any, areas: Areas | None) -> tuple[Any, str]:
    """The value as ``of`` takes it, and what is wrong with it."""
    shown = repr(value)[:80]
    if declared.kind == "area":
        return _area(declared, value, areas, shown)
    if declared.kind == "text":
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            return None, f"{shown} is not a text of at most {MAX_TEXT} characters"
        return value, f"{shown} is none of them" if declared.values and value not in declared.values else ""
    return _number(declared, value, shown)


def _area(declared: Input, value: Any, areas: Areas | None, shown: str) -> tuple[Any, str]:
    if not isinstance(value, str) or areas is None:
        return None, f"{shown} is not an area's id or title"
    try:
        found = areas.find(value).area
    except NotFound:
        return None, f"no area is called {shown}"
    if declared.level == "place" and found not in areas.places:
        # A city that is one place may bear the name of the larger unit, which is found first.
        inside = [one for one in areas.places if areas.by_id[one].title == areas.by_id[found].title]
        if value == found or len(inside) != 1:
            return None, f"{shown} is not a place: it holds several, or lies above them"
        found = inside[0]
    if declared.level == "jurisdiction" and found not in areas.jurisdictions:
        return None, f"{shown} is not a jurisdiction"
    return found, ""


def _number(declared: Input, value: Any, shown: str) -> tuple[Any, str]:
    kind = "whole number" if declared.kind == "integer" else "number"
    try:
        number = math.nan if isinstance(value, bool | np.bool_) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or (declared.kind == "integer" and number != int(number)):
        return None, f"{shown} is not a {kind}"
    if (declared.low is not None and number < declared.low) or (declared.high is not None and number > declared.high):
        return None, f"{shown} lies outside its range"
    return (int(number) if declared.kind == "integer" else number), ""


def answer_text(found: Mapping[str, Any]) -> str:
    """What ``of`` gave, as JSON: numbers that are not finite are null, frames are columns and rows."""
    return json.dumps(_plain(found), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "itertuples"):  # a frame
        columns = [_plain(value[name].to_numpy()) for name in value.columns]
        return {"columns": [str(name) for name in value.columns], "rows": [list(row) for row in zip(*columns, strict=True)]}
    raise TypeError(f"a query may answer with plain values, arrays and frames, not with {type(value).__name__}")


def _array(values: np.ndarray) -> Any:
    if values.dtype.kind in "iubU":
        return values.tolist()
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        if finite.all():
            return values.tolist()
        known = values.astype(object)
        known[~finite] = None
        return known.tolist()
    return _plain(values.tolist())


__all__ = ["MAX_TEXT", "RESERVED", "answer_text", "check_inputs", "query_problems"]
