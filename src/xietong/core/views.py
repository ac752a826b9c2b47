"""Declarations, regions and Results as plain data, written once: CLI, HTTP, pages and docs all read these."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from xietong.core.declare import listed, worst
from xietong.core.glossary import unit_view
from xietong.core.naming import named
from xietong.core.result import Cell, PlanResult, Result, pair_title, title_of
from xietong.core.steps import key_names, options
from xietong.core.text import T, same

if TYPE_CHECKING:
    from xietong.core.answer import Answer
    from xietong.core.areas import Area
    from xietong.core.declare import Query, Rule
    from xietong.core.region import Region
    from xietong.core.rulebook import RuleRow
    from xietong.core.verbs import Bound
    from xietong.core.workstream import Provider, Workstream


def declaration_view(workstream: Workstream) -> dict[str, Any]:
    """What a workstream declares."""
    workstream = named(workstream, {})
    default, largest = workstream.budget_cny
    return {
        "workstream": workstream.name,
        "title": workstream.title._asdict(),
        "about": workstream.about._asdict(),
        "target": workstream.target,
        "can_plan": workstream.can_choose,
        "budget_cny": {"default": default, "max": largest},
        "needs": list(workstream.needs),
        "measures": [
            {
                "measure": name, "title": one.title._asdict(), "group": one.group._asdict() if one.group else None, "unit": unit_view(one.unit),
                "whose": one.whose._asdict(), "better": one.better, "uses": list(one.uses),
            }
            for name, one in listed(workstream.measures).items()
        ],
        "rules": [{"rule": name, "title": one.title._asdict(), "unit": unit_view(one.unit), "closed": one.closed, "open": one.open, "item": one.item} for name, one in workstream.rules.items()],
        "params": params_view(workstream, dict(workstream.params)),
        "levers": [lever_view(workstream, name) for name in workstream.levers],
        "queries": [query_view(name, one) for name, one in workstream.queries.items()],
        "layers": [{"layer": name, "title": one.title._asdict(), "kind": one.kind, "unit": unit_view(one.unit)} for name, one in workstream.layers.items()],
        "tables": [
            {"table": name, "title": one.title._asdict(), "key": list(one.key), "columns": [column_view(column, declared) for column, declared in one.columns.items()]}
            for name, one in workstream.tables.items()
        ],
    }  # fmt: skip


def column_view(name: str, column: Any) -> dict[str, Any]:
    """A column as declared."""
    return {"column": name, "title": column.title._asdict(), "type": column.kind, "unit": unit_view(column.unit), "optional": column.optional}


def lever_view(provider: Provider, name: str) -> dict[str, Any]:
    """A lever: what it changes, how, what a step's key consists of, and its natural amount (None: a step must name one)."""
    one = provider.levers[name]
    key = list(key_names(provider, one))
    return {"lever": name, "title": one.title._asdict(), "unit": unit_view(one.unit), "changes": one.changes, "op": one.op, "key": key, "amount": one.amount}


def query_view(name: str, query: Query) -> dict[str, Any]:
    """A query and its inputs: all that a form needs."""
    inputs = [
        {
            "input": one, "title": declared.title._asdict(), "type": declared.kind, "unit": unit_view(declared.unit), "required": declared.default is None,
            "default": declared.default, "low": declared.low, "high": declared.high, "level": declared.level, "values": list(declared.values),
        }
        for one, declared in query.inputs.items()
    ]  # fmt: skip
    return {"query": name, "title": query.title._asdict(), "inputs": inputs, "units": _units(query), "uses": list(query.uses)}


def _units(query: Query) -> dict[str, Any]:
    return {name: unit_view(unit) for name, unit in query.units.items()}


def bound_view(bound: Bound) -> dict[str, Any]:
    """What a workstream declares, as one region has it: its own assumptions, and what its levers can still be used on."""
    region, workstream = bound.region, bound.workstream
    missing = region.missing(workstream)
    view = declaration_view(workstream)
    levers = [{**one, "options": [] if missing else options(region, workstream, one["lever"], bound.steps)} for one in view["levers"]]
    return {
        **view, "region": region.name, "as_of": region.day.isoformat(), "available": not missing, "missing": missing,
        "params": params_view(workstream, region.params(workstream)), "levers": levers, "steps": [_step(bound, step) for step in bound.steps],
    }  # fmt: skip


def answer_view(answer: Answer) -> dict[str, Any]:
    """A whole Answer as plain data."""
    bound = answer.bound
    return {
        "workstream": bound.workstream.name,
        "query": answer.name,
        "region": bound.region.name,
        "title": answer.query.title._asdict(),
        "as_of": bound.region.day.isoformat(),
        "regime": answer.regime,
        "inputs": dict(answer.inputs),
        "answer": answer.value,
        "units": _units(answer.query),
        "quality": str(answer.quality),
        "year": answer.year,
        "steps": [_step(bound, step) for step in bound.steps],
        "provenance": answer.provenance,
    }


def params_view(provider: Provider, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Assumptions with their ranges, as a region has them."""
    return [
        {
            "param": name, "title": one.title._asdict(), "unit": unit_view(one.unit), "low": one.low, "value": one.value,
            "high": one.high, "source": one.source, "quality": str(one.quality),
        }
        for name, one in params.items()
    ]  # fmt: skip


def area_view(area: Area, region: Region) -> dict[str, Any]:
    """An area; coordinates are None where they are unknown."""
    lon, lat = (None if value != value else value for value in (area.lon, area.lat))
    return {
        "area": area.area, "title": area.title._asdict(), "level": area.level, "parent": area.parent or None,
        "jurisdiction": region.areas.jurisdiction(area.area), "lon": lon, "lat": lat, "members": list(area.members),
    }  # fmt: skip


def region_view(region: Region) -> dict[str, Any]:
    """A region: its areas, levels, days worth asking about, and which workstreams its data can feed."""
    return {
        "region": region.name,
        "title": region.title._asdict(),
        "note": region.note._asdict(),
        "as_of": region.day.isoformat(),
        "timezone": region.timezone,
        "currency": region.currency,
        "levels": [{"level": level, "title": title._asdict()} for level, title in region.levels.items()],
        "jurisdictions": list(region.areas.jurisdictions),
        "areas": [area_view(area, region) for area in region.areas.by_id.values()],
        "events": [{"day": event.day.isoformat(), "title": event.title._asdict()} for event in region.events],
        "workstreams": [
            {"workstream": name, "title": one.title._asdict(), "available": not region.missing(one), "missing": region.missing(one)} for name, one in region.workstreams.items()
        ],
    }  # fmt: skip


def rules_view(region: Region) -> list[dict[str, Any]]:
    """The rows that hold on the region's day, each with what its rule would be closed and open."""
    declared = {f"{name}.{rule}": (name, one) for name, workstream in region.workstreams.items() for rule, one in workstream.rules.items()}
    return [rule_view(row, *declared[row.rule], region) for row in region.rows if row.holds(region.day) and row.rule in declared]


def rule_view(row: RuleRow, workstream: str, rule: Rule, region: Region) -> dict[str, Any]:
    """A row of ``rules.csv`` beside what its rule would be closed and open."""
    return {
        "workstream": workstream, "rule": row.rule.partition(".")[2], "title": rule.title._asdict(), "unit": unit_view(rule.unit),
        "origin": row.origin, "destination": row.destination, "item": row.item or None,
        "item_title": _name(region, rule.item, row.item)._asdict() if row.item else None, "closed": rule.closed, "value": row.value,
        "open": rule.open, "valid_from": row.valid_from.isoformat(), "valid_to": None if row.valid_to.year == 9999 else row.valid_to.isoformat(),
        "reference": row.reference, "source": row.source, "quality": str(row.quality),
    }  # fmt: skip


def _name(region: Region, reference: str, identifier: str) -> T:
    """What an id is called: an area's title, or the titles that its own table gives ("items.item"); else the id."""
    if identifier in region.areas:
        return region.areas.by_id[identifier].title
    table, _, column = reference.partition(".")
    frame = region.tables.get(table)
    if frame is None or not {"title_zh", "title_en", column} <= set(frame.columns):
        return same(identifier)
    found = frame[frame[column] == identifier]
    return T(str(found["title_zh"].iloc[0]), str(found["title_en"].iloc[0])) if len(found) else same(identifier)


def binding_view(bound: Bound) -> list[dict[str, Any]]:
    """The rules of the workstream that bind the asked area (all of them, where none is asked for) and are not open yet."""
    areas = bound.region.areas
    inside = areas.leaves(bound.columns[0])
    rows = [row for row in rules_view(bound.region) if row["workstream"] == bound.workstream.name and row["value"] != row["open"]]
    return [row for row in rows if any((areas.leaves(row[side]) & inside).any() for side in ("origin", "destination"))]


def result_view(result: Result) -> dict[str, Any]:
    """A whole Result as plain data."""
    bound = result.bound
    workstream = bound.workstream
    return {
        "workstream": workstream.name,
        "verb": result.verb,
        "region": bound.region.name,
        "title": workstream.title._asdict(),
        "as_of": bound.region.day.isoformat(),
        "area": bound.area or None,
        "areas": [{"area": column, "title": title_of(bound, column)._asdict()} for column in bound.columns],
        "regimes": list(result.outcomes),
        "steps": [_step(bound, step) for step in bound.steps],
        "measures": [figure.to_dict() for figure in result.figures.values()],
        "layers": [
            {
                "layer": name, "title": layer.title._asdict(), "kind": layer.kind, "unit": unit_view(layer.unit), "better": layer.better,
                "quality": _layer_quality(result, layer.table),
                "features": {regime: result.layer_values(name, regime) for regime in result.outcomes},
            }
            for name, layer in workstream.layers.items()
        ],
        "outcomes": {regime: {"status": outcome.status, "bound": None if bound.area else outcome.bound} for regime, outcome in result.outcomes.items()},
        "notes": [note._asdict() for note in dict.fromkeys(note for outcome in result.outcomes.values() for note in outcome.notes)],
        "tables": _tables(result),
        "plan": _plan(result, result.plan) if result.plan else None,
        "sensitivity": _sensitivity(result),
        "lifts": _lifts(result),
        "params": params_view(workstream, bound.region.params(workstream)),
        "binding": binding_view(bound),
        "explain": dict(result.texts),
        "about": workstream.about._asdict(),
        "provenance": result.provenance,
    }  # fmt: skip


def _layer_quality(result: Result, table: str) -> str:
    """A layer is as good as the worst measure of the table that it draws (of all measures, where none reads it)."""
    same_table = {figure.quality for figure in result.figures.values() if figure.measure.table == table}
    return str(worst(same_table or {figure.quality for figure in result.figures.values()}))


def _tables(result: Result) -> list[dict[str, Any]]:
    first = next(iter(result.outcomes.values()))
    return [
        {"table": name, "columns": list(map(str, frame.columns)), "rows": {regime: len(outcome.tables[name]) for regime, outcome in result.outcomes.items()}}
        for name, frame in first.tables.items()
    ]


def _sensitivity(result: Result) -> dict[str, Any] | None:
    if result.sensitivity is None:
        return None
    return {
        "runs": result.sensitivity.runs,
        "seed": result.sensitivity.seed,
        "measures": [swing.to_dict(name) for name, swing in result.sensitivity.measures.items()],
    }


def _lifts(result: Result) -> dict[str, Any] | None:
    if result.lifts is None:
        return None
    rules = result.bound.workstream.rules
    pairs = next(iter(result.lifts.measures.values())).pairs
    return {
        "rules": [{"rule": name, "title": rule.title._asdict(), "open": name in result.lifts.opened} for name, rule in rules.items()],
        "pairs": [{"areas": list(pair), "title": pair_title(result.bound, pair)._asdict()} for pair in pairs],
        "note": result.lifts.note._asdict() if result.lifts.note else None,
        "measures": [worth.to_dict(name) for name, worth in result.lifts.measures.items()],
    }


def _plan(result: Result, plan: PlanResult) -> dict[str, Any]:
    from xietong.core.explain import plan_quality

    first = plan.sides[0] if plan.sides else None
    worth = result.bound.workstream.worth
    settlement = first and {
        "worth_cny": first.worth_cny,
        "quality": str(result.bound.region.params(result.bound.workstream)[worth].quality),
        "exists": first.exists,
        "sides": [side.to_dict() for side in plan.sides],
    }
    return {
        "budget_cny": plan.budget_cny,
        "measure": plan.measure,
        "quality": str(plan_quality(result)),
        "before": {rules: dict(values) for rules, values in plan.before.items()},
        "cells": [_cell(result.bound, cell) for cell in plan.cells],
        "dividend": dict(plan.dividend),
        "settlement": settlement,
    }


def _cell(bound: Bound, cell: Cell) -> dict[str, Any]:
    return {
        "rules": cell.rules,
        "deciders": cell.deciders,
        "target": dict(cell.target),
        "measures": {name: dict(values) for name, values in cell.measures.items()},
        "budget_split": dict(cell.split),
        "spent": dict(cell.spent),
        "spent_cny": sum(cell.spent.values()),
        "status": cell.status,
        "bound": cell.bound,
        "gap": cell.gap,
        "steps": [_step(bound, step) for step in cell.steps],
    }


def _step(bound: Bound, step: Any) -> dict[str, Any]:
    lever = bound.workstream.levers[step.lever]
    areas = bound.region.areas
    pair = lever.changes.startswith("rules.")
    places = [part for part in step.key if part in areas]
    table, column = lever.target
    references = ["", "", bound.workstream.rules[column].item] if pair else [f"{table}.{name}" for name in bound.workstream.tables[table].key]
    references = [bound.workstream.tables[table].columns[one.partition(".")[2]].refers or one if not pair else one for one in references]
    titles = [_name(bound.region, reference, part) for reference, part in zip(references, step.key, strict=False)]
    joiner = " → " if pair else " · "
    return {
        "lever": step.lever, "title": lever.title._asdict(), "key": list(step.key),
        "area": None if pair or not places else places[0],
        "origin": step.key[0] if pair else None, "destination": step.key[1] if pair else None,
        "item": step.key[2] if pair and len(step.key) > 2 else None,
        "label": {"zh": joiner.join(title.zh for title in titles), "en": joiner.join(title.en for title in titles)},
        "amount": step.amount, "unit": unit_view(lever.unit), "cost_cny": step.cost_cny, "payer": step.payer,
    }  # fmt: skip


def result_html(result: Result) -> str:
    """A Result as a small table for notebooks."""
    from xietong.core.explain import amount

    bound = result.bound
    regimes = list(result.outcomes)
    heads = "".join(f"<th>{escape(regime)}</th>" for regime in regimes)
    rows, group = [], None
    for figure in result.figures.values():
        if figure.measure.group != group and (group := figure.measure.group):
            rows.append(f"<tr><th colspan='{len(regimes) + 3}' style='text-align:left'>{escape(group.en)}</th></tr>")
        for column in bound.columns:
            cells = "".join(
                f"<td style='text-align:right'>{escape(amount(figure.values[regime][column], figure.measure.unit, 'en'))}</td>" for regime in regimes
            )
            title, place = escape(figure.measure.title.en), escape(title_of(bound, column).en)
            rows.append(f"<tr><td>{title}</td><td>{place}</td>{cells}<td>{figure.quality}</td></tr>")
    caption = escape(result.texts["en"][0])
    return f"<table><caption>{caption}</caption><tr><th>measure</th><th>area</th>{heads}<th>quality</th></tr>{''.join(rows)}</table>"


__all__ = ["answer_view", "area_view", "binding_view", "bound_view", "declaration_view", "region_view", "result_html", "result_view", "rules_view"]
