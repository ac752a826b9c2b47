"""What if: steps as people write them ("line:jingbin_south"), checked against the levers and what the region has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.data import nothing
from xietong.core.declare import Column, Lever, Step
from xietong.core.errors import Fault, NotFound, UsageError

if TYPE_CHECKING:
    from xietong.core.declare import Frame
    from xietong.core.region import Region
    from xietong.core.workstream import Provider

SHOWN = 12
MAX_STEPS = 200


def step_text(step: Step) -> str:
    """A step as it is written: LEVER:KEY:AMOUNT, parts of the key joined by commas."""
    return f"{step.lever}:{','.join(step.key)}:{step.amount:.15g}"


def read_steps(region: Region, provider: Provider, given: Iterable[str | Step]) -> tuple[Step, ...]:
    """Steps as data, in an order that does not depend on how they were given. UsageError lists every fault.

    One that is given twice counts once, unless it adds. Rules are set between wide areas first, so that the narrower wins.
    """
    given = list(given) if not isinstance(given, str | Step) else [given]
    faults: list[Fault] = []
    if len(given) > MAX_STEPS:
        raise UsageError(f"{len(given)} steps are too many; give at most {MAX_STEPS}")
    found: dict[tuple[str, tuple[str, ...]], Step] = {}
    for one in given:
        try:
            step = _read(region, provider, one)
            lever = provider.levers[step.lever]
            before = found.get((step.lever, step.key))
            if before and lever.op == "add":
                step = Step(step.lever, step.key, before.amount + step.amount, before.cost_cny + step.cost_cny, step.payer)
            elif before and before.amount != step.amount:
                raise UsageError(f"is set twice, to {before.amount:g} and {step.amount:g}. Set it once.")
            found[step.lever, step.key] = step
        except UsageError as error:
            faults.append(_fault(one, error))
    for key, step in found.items():
        try:
            _check_amount(region, provider, step)
        except UsageError as error:
            faults.append(_fault(found[key], error))
    if faults:
        raise UsageError(f"{len(faults)} of the steps cannot be taken by {provider.name}", faults)
    return tuple(sorted(found.values(), key=lambda step: (-_width(region, provider, step), step.lever, step.key)))


def _fault(step: str | Step, error: UsageError) -> Fault:
    what, _, mend = str(error).partition(". ")
    return Fault(what, mend, file="step", column=step_text(step) if isinstance(step, Step) else str(step)[:200])


def _read(region: Region, provider: Provider, given: str | Step) -> Step:
    if isinstance(given, Step):
        lever = _lever(provider, given.lever)
        return Step(given.lever, _key(region, provider, lever, tuple(map(str, given.key))), float(given.amount), float(given.cost_cny), given.payer)
    if not isinstance(given, str):
        raise UsageError(f"is neither a text nor a Step. {_pattern(provider)}")
    name, colon, rest = given.partition(":")
    lever = _lever(provider, name)
    if not colon or not rest:
        raise UsageError(f"names no key. {_pattern(provider, name)}")
    # What stands last and reads as a number is the amount; a key that ends so needs its amount written after it.
    key, colon, tail = rest.rpartition(":")
    amount = _amount(tail) if colon else None
    if amount is None:
        key, amount = rest, lever.amount
    if amount is None:
        raise UsageError(f"names no amount, and the lever has no natural one. {_pattern(provider, name)}")
    # A key of one part may hold commas itself.
    parts = key.split(",") if len(key_names(provider, lever)) > 1 else [key]
    return Step(name, _key(region, provider, lever, tuple(part.strip() for part in parts)), float(amount), 0.0, "")


def _amount(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _lever(provider: Provider, name: str) -> Lever:
    if name not in provider.levers:
        raise UsageError(f"{provider.name} has no lever {str(name)[:80]!r}. It has {', '.join(provider.levers) or 'none'}.")
    return provider.levers[name]


def key_names(provider: Provider, lever: Lever) -> tuple[str, ...]:
    """What the parts of a step's key are called; an item of a rule may be left out."""
    table, column = lever.target
    if table != "rules":
        return provider.tables[table].key
    return ("origin", "destination", "item") if provider.rules[column].item else ("origin", "destination")


def _pattern(provider: Provider, name: str = "") -> str:
    """How a step is written, for the end of an error."""
    if name not in provider.levers:
        return "Write LEVER:KEY or LEVER:KEY:AMOUNT, parts of a key joined by commas."
    lever = provider.levers[name]
    amount = "[:AMOUNT]" if lever.amount is not None else ":AMOUNT"
    return f"Write {name}:{','.join(part.upper() for part in key_names(provider, lever))}{amount}."


# -- keys --------------------------------------------------------------------------------------------------------------


def _key(region: Region, provider: Provider, lever: Lever, key: tuple[str, ...]) -> tuple[str, ...]:
    """The key with areas as ids; UsageError where it is not the key of anything."""
    names = key_names(provider, lever)
    name = next(one for one, declared in provider.levers.items() if declared is lever)
    pair = lever.changes.startswith("rules.")
    if len(key) != len(names) and not (pair and len(key) == 2):
        raise UsageError(f"has a key of {len(key)} part(s), not of {len(names)}. {_pattern(provider, name)}")
    if pair:
        return _pair(region, provider, lever, key)
    table = lever.target[0]
    columns = provider.tables[table].columns
    key = tuple(_area(region, part) if columns[one].kind == "area" else part for one, part in zip(names, key, strict=True))
    frame = _frame(region, provider, table)
    if frame is None:
        raise UsageError(f"changes table {table!r}, which region {region.name!r} does not have. Add the table to the region.")
    if not _hit(frame, names, key).any():
        if lever.op == "set":
            raise UsageError(f"finds no row {', '.join(key)} in table {table!r}. There {_there(frame, names)}.")
        for one, part in zip(names, key, strict=True):
            _check_part(region, provider, frame, table, one, columns[one], part)
    return key


def _pair(region: Region, provider: Provider, lever: Lever, key: tuple[str, ...]) -> tuple[str, ...]:
    origin, destination = (_area(region, part) for part in key[:2])
    home = region.areas.jurisdiction(origin)
    if home is not None and home == region.areas.jurisdiction(destination):
        raise UsageError(f"changes a rule within {home}. At home every rule is open: name two areas of different jurisdictions.")
    items = region.rule(provider, lever.target[1]).items if len(key) > 2 else ()
    if len(key) > 2 and key[2] not in items:
        raise UsageError(f"names {key[2]!r}, which is no item of the rule. It has {_some(items)}.")
    return (origin, destination, *key[2:])


def _area(region: Region, name: str) -> str:
    try:
        return region.areas.find(name).area
    except NotFound:
        raise UsageError(f"names {name[:80]!r}, which is no area. `xietong region show` lists the areas.") from None


def _check_part(region: Region, provider: Provider, frame: Frame, table: str, name: str, column: Column, part: str) -> None:
    """Part of the key of a row that is not there yet: something new may be built, but only where there is such a place."""
    if column.kind == "area":
        if column.level == "place" and part not in region.areas.places:
            raise UsageError(f"names {part}, which is not a place. Name one of the lowest level.")
        if column.level == "jurisdiction" and part not in region.areas.jurisdictions:
            raise UsageError(f"names {part}, which is not a jurisdiction. There are {_some(region.areas.jurisdictions)}.")
        return
    other, _, referred = column.refers.partition(".")
    known = _frame(region, provider, other) if other else None
    values = column.values or tuple(dict.fromkeys((frame if known is None else known)[name if known is None else referred].astype(str)))
    if part not in values:
        raise UsageError(f"names {part[:80]!r} as {table}.{name}. There are {_some(values)}.")


def _frame(region: Region, provider: Provider, table: str) -> Frame | None:
    """A table; an optional one that the region lacks has no rows yet. None where the region would have to have it."""
    declared = provider.tables.get(table)
    if table not in region.tables and declared is not None and declared.optional:
        return nothing(declared)
    return region.tables.get(table)


def _hit(frame: Frame, names: Sequence[str], key: Sequence[str]) -> np.ndarray:
    hit = np.ones(len(frame), dtype=bool)
    for name, wanted in zip(names, key, strict=True):
        hit &= frame[name].astype(str).to_numpy() == wanted
    return hit


def _there(frame: Frame, names: Sequence[str]) -> str:
    rows = [",".join(row) for row in frame[list(names)].head(SHOWN).astype(str).itertuples(index=False, name=None)]
    more = f" and {len(frame) - len(rows)} more" if len(frame) > len(rows) else ""
    return f"{'are' if len(frame) != 1 else 'is'} {'; '.join(rows) or 'none'}{more}"


def _some(values: Iterable[Any]) -> str:
    found = [str(value) for value in values]
    return ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "") or "none"


# -- amounts -----------------------------------------------------------------------------------------------------------


def _check_amount(region: Region, provider: Provider, step: Step) -> None:
    """UsageError where the amount, or what it makes of what is there, cannot be."""
    lever = provider.levers[step.lever]
    table, name = lever.target
    if not math.isfinite(step.amount):
        raise UsageError(f"has the amount {step.amount}. Give a number.")
    if table == "rules":
        rule = provider.rules[name]
        if not rule.admits(step.amount):
            raise UsageError(f"sets {lever.changes} to {step.amount:g}. Give a value between {rule.closed:g} (closed) and {rule.open:g} (open).")
        return
    column = provider.tables[table].columns[name]
    frame = _frame(region, provider, table)
    assert frame is not None, "its key was found"
    before = frame[name].to_numpy(dtype=float)[_hit(frame, provider.tables[table].key, step.key)]
    if lever.op == "add" and np.isnan(before).any():
        raise UsageError(f"adds to {lever.changes}, which is unknown for {', '.join(step.key)}. Nothing can be added to what is unknown.")
    value = step.amount + (before[0] if lever.op == "add" and len(before) else 0.0)
    low, high = (0.0, 1.0) if column.kind == "boolean" else (column.low, column.high)
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = " ".join(f"{side} {edge:g}" for side, edge in (("from", low), ("to", high)) if edge is not None)
        raise UsageError(f"makes {lever.changes} {value:g}, which lies outside its bounds. It takes values {bounds}.")
    if column.kind in ("integer", "boolean") and value != int(value):
        raise UsageError(f"makes {lever.changes} {value:g}, which is not a whole number. Give a whole number.")


def _width(region: Region, provider: Provider, step: Step) -> int:
    """How many pairs of places (and items) a step sets; 0 of a table."""
    if not provider.levers[step.lever].changes.startswith("rules."):
        return 0
    origin, destination = (int(region.areas.leaves(area).sum()) for area in step.key[:2])
    return origin * destination * (2 if len(step.key) < 3 else 1)


# -- what there is to switch on ----------------------------------------------------------------------------------------


def options(region: Region, provider: Provider, name: str, steps: Sequence[Step] = ()) -> list[dict[str, Any]]:
    """What a lever with a natural amount can still be used on: the step, titles, the value today, whether ``steps`` hold it."""
    lever = provider.levers[name]
    if lever.amount is None or lever.op != "set":
        return []
    applied = {step.key for step in steps if step.lever == name and step.amount == lever.amount}
    found = _candidates(region, provider, lever)
    return [{"step": f"{name}:{','.join(one['key'])}", **one, "amount": lever.amount, "applied": tuple(one["key"]) in applied} for one in found]


def _candidates(region: Region, provider: Provider, lever: Lever) -> list[dict[str, Any]]:
    table, column = lever.target
    if table == "rules":
        return _pairs(region, provider, lever)
    frame = _frame(region, provider, table)
    if frame is None:
        return []
    left = frame[frame[column].to_numpy(dtype=float) != lever.amount]
    keys = left[list(provider.tables[table].key)].astype(str).itertuples(index=False, name=None)
    titles = {lang: left[f"name_{lang}"].astype(str).tolist() if f"name_{lang}" in left else None for lang in ("zh", "en")}
    rows = []
    for position, (key, value) in enumerate(zip(keys, left[column].to_numpy(dtype=float), strict=True)):
        names = [region.areas.by_id[part].title if part in region.areas else None for part in key]
        spoken = {lang: " · ".join(getattr(one, lang) if one else part for one, part in zip(names, key, strict=True)) for lang in titles}
        title = {lang: (found[position] if found else "") or spoken[lang] for lang, found in titles.items()}
        rows.append({"key": list(key), "title": title, "value": None if np.isnan(value) else float(value)})
    return rows


def _pairs(region: Region, provider: Provider, lever: Lever) -> list[dict[str, Any]]:
    """Ordered pairs of jurisdictions between which the rule is not yet what the lever sets; for every item alike."""
    if provider.rules[lever.target[1]].item:
        return []
    names = np.array(region.areas.jurisdictions, dtype=str)
    values = region.data(provider).rule(lever.target[1], names[:, None], names[None, :])
    rows = []
    for first, second in np.argwhere((values != lever.amount) & ~np.eye(len(names), dtype=bool)):
        key = [str(names[first]), str(names[second])]
        zh, en = (" → ".join(getattr(region.areas.by_id[one].title, lang) for one in key) for lang in ("zh", "en"))
        rows.append({"key": key, "title": {"zh": zh, "en": en}, "value": float(values[first, second])})
    return rows


__all__ = ["key_names", "options", "read_steps", "step_text"]
