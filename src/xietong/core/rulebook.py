"""Border rules, resolved: the most specific row wins, for every ordered pair of places and every item.

A row says that a rule has a value from an area to an area, for one item or for all, between two dates. Row ``a`` is more
specific than row ``b`` when its origin, its destination and its item are all contained in ``b``'s. Where two rows hold
for the same pair and neither is more specific, there is no right answer: that is a fault, as is a pair without a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from xietong.core.areas import Areas
from xietong.core.declare import Quality, Regime, Rule, Step
from xietong.core.errors import DataError, Fault

EVER = date.max


class Lift(NamedTuple):
    """An opening: a rule ("" for every rule) reads as open between two jurisdictions, both ways ("" for everywhere)."""

    rule: str = ""
    one: str = ""
    other: str = ""


class RuleRow(NamedTuple):
    """One row of ``rules.csv``. ``valid_to`` is exclusive; ``item`` is empty where the row holds for all items."""

    rule: str
    origin: str
    destination: str
    item: str
    value: float
    valid_from: date
    valid_to: date
    reference: str
    source: str
    quality: Quality
    line: int

    def holds(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True)
class Resolved:
    """A rule on one day. Places that no row tells apart form a class; ``values`` is [item, class, class]."""

    rule: Rule
    classes: np.ndarray
    items: tuple[str, ...]
    values: np.ndarray
    home: np.ndarray
    rows: tuple[RuleRow, ...]

    def under(self, regime: Regime) -> np.ndarray:
        """Values [item, class, class] under a regime. At home a rule is always open."""
        if regime == "current":
            return self.values
        border = np.full(self.values.shape, self.rule.closed if regime == "closed" else self.rule.open, dtype=float)
        return np.where(self.home, self.rule.open, border)

    def lifted(self, values: np.ndarray, lifts: Iterable[Lift], areas: Areas) -> np.ndarray:
        """``values`` [item, class, class] where ``lifts``, all of this rule, hold too."""
        side = np.empty(self.home.shape[0], dtype=int)
        side[self.classes] = areas.jurisdiction_index  # all places of a class lie in one jurisdiction
        for lift in lifts:
            there, back = (side == areas.jurisdictions.index(one) if one else np.ones(len(side), bool) for one in (lift.one, lift.other))
            crossed = np.outer(there, back)
            values = np.where(crossed | crossed.T, self.rule.open, values)
        return values


def resolve(name: str, rule: Rule, rows: Iterable[RuleRow], areas: Areas, items: Sequence[str], day: date) -> Resolved:
    """Resolve rule ``name`` on ``day``; raise DataError with every fault found."""
    held = tuple(sorted((row for row in rows if row.holds(day)), key=lambda row: row.line))
    classes, sample = _classes(areas, {area for row in held for area in (row.origin, row.destination)})
    home = areas.jurisdiction_index[sample][:, None] == areas.jurisdiction_index[sample][None, :]
    index = {item: position for position, item in enumerate(items)} if rule.item else {"": 0}
    shape = (max(len(index), 1), len(sample), len(sample))
    winner = np.full(shape, -1)
    inside = {area: areas.leaves(area)[sample] for row in held for area in (row.origin, row.destination)}

    def size(position: int) -> tuple[int, int]:
        row = held[position]
        return int(areas.leaves(row.origin).sum() * areas.leaves(row.destination).sum()), 0 if row.item else 1

    faults: list[Fault] = []
    # Wide rows first: whatever a later row finds in its cells must contain it, or the two contradict each other.
    for position in sorted(range(len(held)), key=size, reverse=True):
        row = held[position]
        layer = slice(None) if not row.item else index.get(row.item)
        if layer is None:
            continue  # the item's absence is reported where references are checked
        cells = np.ix_(np.arange(shape[0])[layer].reshape(-1), np.flatnonzero(inside[row.origin]), np.flatnonzero(inside[row.destination]))
        for other in np.unique(winner[cells]):
            if other >= 0 and not _contains(held[other], row, inside) and not home[cells[1][0], cells[2][0]].all():
                faults.append(_contradiction(held[other], row))
        winner[cells] = position
    values = np.array([row.value for row in held] or [np.nan])[winner]
    values[winner < 0] = np.nan
    values = np.where(home, rule.open, values)
    faults += _uncovered(name, values, sample, areas, tuple(index), day)
    if faults:
        raise DataError(f"rule {name!r} cannot be resolved on {day}", dict.fromkeys(faults))
    values.setflags(write=False)
    return Resolved(rule, classes, tuple(index), values, home, held)


def _classes(areas: Areas, named: set[str]) -> tuple[np.ndarray, np.ndarray]:
    """Class of each place, and one place (position) of each class: same jurisdiction, same named areas."""
    membership = np.column_stack([areas.jurisdiction_index, *(areas.leaves(area) for area in sorted(named))])
    _, sample, classes = np.unique(membership, axis=0, return_index=True, return_inverse=True)
    return classes.reshape(-1), sample


def _contains(wide: RuleRow, narrow: RuleRow, inside: Mapping[str, np.ndarray]) -> bool:
    origin = not (inside[narrow.origin] & ~inside[wide.origin]).any()
    destination = not (inside[narrow.destination] & ~inside[wide.destination]).any()
    item = not wide.item or wide.item == narrow.item
    same = (inside[narrow.origin] == inside[wide.origin]).all() and (inside[narrow.destination] == inside[wide.destination]).all() and wide.item == narrow.item
    return bool(origin and destination and item and not same)


def _contradiction(first: RuleRow, second: RuleRow) -> Fault:
    pair = f"{second.origin} -> {second.destination}" + (f" ({second.item})" if second.item else "")
    return Fault(
        f"rule {second.rule!r} for {pair} and line {first.line} ({first.origin} -> {first.destination}"
        f"{f' ({first.item})' if first.item else ''}) hold for the same pair at the same time and neither is more specific",
        "Narrow one of them so that it lies inside the other, or end its validity.",
        "rules.csv",
        second.line,
        "origin",
    )


def _uncovered(name: str, values: np.ndarray, sample: np.ndarray, areas: Areas, items: tuple[str, ...], day: date) -> list[Fault]:
    missing = np.argwhere(np.isnan(values))
    if not len(missing):
        return []
    item, origin, destination = missing[0]
    pair = " -> ".join(f"{areas.places[sample[one]]} ({areas.by_id[areas.places[sample[one]]].title.zh})" for one in (origin, destination))
    more = f" (and {len(missing) - 1} more groups of pairs)" if len(missing) > 1 else ""
    return [
        Fault(
            f"rule {name!r} has no row for {pair}{f', item {items[item]}' if items[item] else ''} on {day}{more}",
            f"Add a row from {areas.region} to {areas.region} that is valid on that day as the general case.",
            "rules.csv",
        )
    ]


def with_steps(resolved: Resolved, steps: Iterable[Step], areas: Areas) -> Resolved:
    """The rule once ``steps`` have set it between areas (key: origin, destination[, item])."""
    steps = tuple(steps)
    if not steps:
        return resolved
    named = {area for row in resolved.rows for area in (row.origin, row.destination)} | {key for step in steps for key in step.key[:2]}
    classes, sample = _classes(areas, named)
    old = resolved.classes[sample]
    values = np.array(resolved.values[:, old[:, None], old[None, :]])
    for step in steps:
        layer = np.arange(len(resolved.items)) if len(step.key) < 3 else np.array([resolved.items.index(step.key[2])])
        origins, destinations = (np.flatnonzero(areas.leaves(area)[sample]) for area in step.key[:2])
        values[np.ix_(layer, origins, destinations)] = step.amount
    home = resolved.home[old[:, None], old[None, :]]
    return Resolved(resolved.rule, classes, resolved.items, np.where(home, resolved.rule.open, values), home, resolved.rows)


def check_rows(rows: Sequence[RuleRow], rules: Mapping[str, Rule]) -> list[Fault]:
    """Faults that single rows and pairs of rows show: values outside [closed, open], periods that overlap."""
    faults = []
    for row in rows:
        rule = rules.get(row.rule)
        if rule is not None and not rule.admits(row.value):
            mend = f"Give a value between {rule.closed:g} (closed) and {rule.open:g} (open)."
            faults.append(Fault(f"{row.value:g} lies outside the rule's range", mend, "rules.csv", row.line, "value"))
        if row.valid_to <= row.valid_from:
            faults.append(Fault("the row ends before it begins", "valid_to is the first day on which it no longer holds.", "rules.csv", row.line, "valid_to"))
        if rule is not None and row.item and not rule.item:
            faults.append(Fault(f"rule {row.rule!r} has no items", "Leave the item empty.", "rules.csv", row.line, "item"))
    last: dict[tuple[str, ...], RuleRow] = {}
    for row in sorted(rows, key=lambda row: (row[:4], row.valid_from)):
        before = last.get(row[:4])
        if before is not None and row.valid_from < before.valid_to:
            what = f"overlaps in time with line {before.line}, which holds for the same pair until {before.valid_to}"
            faults.append(Fault(what, "End the earlier row (valid_to) on the day on which the later begins.", "rules.csv", row.line, "valid_from"))
        last[row[:4]] = row
    return faults
