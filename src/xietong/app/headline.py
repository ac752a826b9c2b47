"""The headline table: one row a workstream, the same in the terminal, on the home page and over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xietong import __version__
from xietong.core.digest import digest
from xietong.core.errors import XietongError
from xietong.core.glossary import unit_view
from xietong.core.progress import Progress, Report, silent
from xietong.core.region import Region
from xietong.io import kept


def headline(region: Region, report: Report = silent) -> list[dict[str, Any]]:
    """Where we stand, what opening has gained and would still gain, what acting jointly gains, and how good the data is."""
    rows = []
    names = list(region.workstreams)
    for position, name in enumerate(names):
        progress = Progress(report).part(position, len(names))
        rows.append(_row(region, name, progress) if region.missing(region.workstreams[name]) else _kept_row(region, name, progress))
    return rows


def _kept_row(region: Region, name: str, progress: Progress) -> dict[str, Any]:
    workstream = region.workstreams[name]
    key = digest("headline", __version__, workstream.title, sorted(workstream.measures), workstream.budget_cny, region.digest, region.inputs_digest(workstream))
    progress.tick(0)
    row: dict[str, Any] = region.memo.get(f"headline:{key}", lambda: kept.answer(f"headline-{key}", lambda: _row(region, name, progress)))
    return row


def _row(region: Region, name: str, progress: Progress) -> dict[str, Any]:
    bound = region.bind(name)
    workstream = bound.workstream
    measure = workstream.measures[workstream.target]
    row: dict[str, Any] = {
        "workstream": name, "title": workstream.title._asdict(), "measure": workstream.target, "measure_title": measure.title._asdict(),
        "unit": unit_view(measure.unit), "unit_id": measure.unit, "better": measure.better, "current": None, "gained": None, "remains": None,
        "dividend": None, "budget_cny": None, "quality": None, "year": None, "error": None,
    }  # fmt: skip
    try:
        figure = replace(bound, progress=progress.part(0, 4)).border().figures[workstream.target]
        whole = bound.columns[0]
        row |= {"current": figure.values["current"][whole], "gained": figure.gained[whole], "remains": figure.remains[whole]}
        row |= {"quality": str(figure.quality), "year": figure.year}
        if workstream.can_choose:
            plan = replace(bound, progress=replace(progress.part(1, 4), end=progress.end)).plan(rules=("current",)).plan
            assert plan is not None
            row |= {"dividend": plan.dividend["current"], "budget_cny": plan.budget_cny}
    except XietongError as error:
        row["error"] = str(error)
    return row
