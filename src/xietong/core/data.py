"""What ``solve`` and ``choose`` see: a declared view of a region under one regime, with steps applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.declare import Regime, Step, Table
from xietong.core.digest import digest
from xietong.core.errors import Undeclared, UsageError
from xietong.core.progress import Progress
from xietong.core.rulebook import Lift, Resolved, with_steps

if TYPE_CHECKING:
    from datetime import date

    from xietong.core.areas import Areas
    from xietong.core.declare import Frame
    from xietong.core.region import Region
    from xietong.core.workstream import Provider


class Params(dict[str, float]):
    """Declared assumptions by name; one that is not declared is refused."""

    def __missing__(self, name: str) -> float:
        raise Undeclared(f"param {name!r} is read but not declared")


@dataclass(frozen=True)
class Data:
    """A view of a region as ``provider`` declares it. Reading anything undeclared raises Undeclared."""

    _region: Region
    provider: Provider
    regime: Regime
    p: Params
    steps: tuple[Step, ...] = ()
    lifted: frozenset[Lift] = frozenset()
    progress: Progress = field(default_factory=Progress)

    def __getitem__(self, table: str) -> Frame:
        """The declared columns of a table, ordered by key, with scaling params and steps applied."""
        if table not in self.provider.tables:
            raise Undeclared(f"{self.provider.name} reads table {table!r} without declaring it")
        if table not in self._frames:
            self._frames[table] = self._view(table)
        return self._frames[table]

    @cached_property
    def _frames(self) -> dict[str, Frame]:
        return {}

    def _view(self, table: str) -> Frame:
        declared = self.provider.tables[table]
        absent = declared.optional and table not in self._region.tables
        frame = nothing(declared) if absent else self._region.table(table)[list(declared.columns)]
        for name, param in self.provider.params.items():
            scaled, _, column = param.scales.partition(".")
            if scaled == table:
                frame = frame.assign(**{column: frame[column] * self.p[name]})
        for step in self.steps:
            frame = _apply(frame, step, self.provider, table)
        return frame

    @property
    def places(self) -> Frame:
        """Place, jurisdiction, lon, lat, area_km2 of every place; row numbers are the positions that ``rule`` takes."""
        return self.areas.frame

    @property
    def areas(self) -> Areas:
        """The hierarchy of areas."""
        return self._region.areas

    @property
    def day(self) -> date:
        """The day whose rules are current."""
        return self._region.day

    def quality(self, table: str) -> np.ndarray:
        """The quality of each row of a declared table, in the order of its rows before any step."""
        if table not in self.provider.tables:
            raise Undeclared(f"{self.provider.name} reads table {table!r} without declaring it")
        known = self._region.tables.get(table)
        return np.array([] if known is None else known["quality"], dtype=object)

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        return self.areas.jurisdictions

    def jurisdiction_of(self, areas: Sequence[str]) -> np.ndarray:
        """The jurisdiction (id) of each area; None where one spans several."""
        known = {area: self.areas.jurisdiction(area) for area in set(areas)}
        return np.array([known[area] for area in areas], dtype=object)

    def leaves(self, area: str) -> np.ndarray:
        """Positions of the places that lie in ``area``."""
        return np.flatnonzero(self.areas.leaves(area))

    def product(self, name: str) -> Any:
        """What another workstream provides under this name, under its own current rules."""
        if name not in self.provider.needs:
            raise Undeclared(f"{self.provider.name} reads product {name!r} without declaring it in needs")
        return self._region.product(name)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """What ``compute`` gives, kept under this name for all that is asked of the same inputs, regime, steps and lifted rules.

        For what ``solve`` and several queries all need, such as a network. It may depend on ``self`` and nothing else.
        """
        region, inputs = self._region, self._region.inputs_digest(self.provider)
        view = (self.regime, [vars(step) for step in self.steps], sorted(self.lifted))
        return region.memo.get(digest("once", name, inputs, sorted(self.p.items()), view), compute)

    def rule(self, name: str, origin: Any, destination: Any, item: Any = None) -> np.ndarray:
        """Values of a rule for pairs; the arguments broadcast against one another as NumPy arrays do.

        ``origin`` and ``destination`` hold positions in ``places`` (integers) or ids of any areas (text). Between larger
        areas the value is the mean over the pairs of places that they hold, each pair counting once.
        """
        resolved = self._resolved(name)
        values = self._values(name)
        rows, left = self._units(origin, resolved)
        columns, right = self._units(destination, resolved)
        table = np.einsum("uc,icd,vd->iuv", left, values, right, optimize=True)
        if not resolved.rule.item:
            return np.asarray(table[0, rows, columns])
        index = {known: position for position, known in enumerate(resolved.items)}
        layer = np.array([index[str(one)] for one in np.ravel(item)]).reshape(np.shape(item))
        return np.asarray(table[layer, rows, columns])

    def _units(self, areas: Any, resolved: Resolved) -> tuple[np.ndarray, np.ndarray]:
        """For each area the row of a matrix [unit, class] of the shares of its places by class."""
        areas = np.asarray(areas)
        classes = resolved.values.shape[1]
        if areas.dtype.kind in "iu":
            return resolved.classes[areas], np.eye(classes)
        units, index = np.unique(areas.astype(str), return_inverse=True)
        shares = np.empty((len(units), classes))
        for row, unit in enumerate(units):
            counts = np.bincount(resolved.classes[self.leaves(str(unit))], minlength=classes)
            shares[row] = counts / max(counts.sum(), 1)
        return index.reshape(areas.shape), shares

    def _resolved(self, name: str) -> Resolved:
        if name not in self.provider.rules:
            raise Undeclared(f"{self.provider.name} reads rule {name!r} without declaring it")
        if name not in self._rules:
            steps = [step for step in self.steps if self.provider.lever(step).changes == f"rules.{name}"]
            self._rules[name] = with_steps(self._region.rule(self.provider, name), steps, self._region.areas)
        return self._rules[name]

    @cached_property
    def _rules(self) -> dict[str, Resolved]:
        return {}

    def _values(self, name: str) -> np.ndarray:
        """Values [item, class, class] of a rule in this view."""
        if name not in self._ruled:
            resolved = self._resolved(name)
            lifts = [lift for lift in sorted(self.lifted) if lift.rule in ("", name)]
            self._ruled[name] = resolved.lifted(resolved.under(self.regime), lifts, self.areas)
        return self._ruled[name]

    @cached_property
    def _ruled(self) -> dict[str, np.ndarray]:
        return {}

    @property
    def rules_digest(self) -> str:
        """Digest of what all rules say in this view; two views of one region whose rules say the same give the same figures."""
        return digest([(name, self._values(name).tobytes().hex()) for name in sorted(self.provider.rules)])

    def blocs(self, rule: str) -> list[frozenset[str]]:
        """Who decides together: jurisdictions joined by pairs that are open in both directions."""
        names = np.array(self.jurisdictions, dtype=str)
        is_open = self.rule(rule, names[:, None], names[None, :]) == self.provider.rules[rule].open
        group = np.arange(len(names))
        for first, second in np.argwhere(is_open & is_open.T):
            group[group == group[first]] = group[second]
        return sorted((frozenset(names[group == one].tolist()) for one in np.unique(group)), key=sorted)

    def apply(self, steps: Sequence[Step]) -> Data:
        """The same view with more steps applied."""
        return replace(self, steps=(*self.steps, *steps))

    def tick(self, done: float) -> None:
        """Report progress in [0, 1]; raises Cancelled where the user stopped the computation."""
        self.progress.tick(done)


def nothing(table: Table) -> Frame:
    """An optional table that the region does not have: no rows, the declared columns."""
    import pandas as pd

    kinds = {name: float if column.kind in ("number", "integer", "boolean") else object for name, column in table.columns.items()}
    return pd.DataFrame({name: np.array([], dtype=kind) for name, kind in kinds.items()})


def _apply(frame: Frame, step: Step, provider: Provider, table: str) -> Frame:
    lever = provider.lever(step)
    changed, column = lever.target
    if changed != table:
        return frame
    key = provider.tables[table].key
    hit = np.ones(len(frame), dtype=bool)
    for name, wanted in zip(key, step.key, strict=True):
        hit &= frame[name].astype(str).to_numpy() == wanted
    if not hit.any() and lever.op == "add":
        return _with_row(frame, key, step, column)
    if not hit.any():
        raise UsageError(f"step {step.lever!r}: table {table!r} has no row with key {step.key}")
    values = frame[column].to_numpy(dtype=float, copy=True)
    # Adding to what is unknown would hide that it is unknown: the model's assumption stays, and the step is refused.
    if lever.op == "add" and np.isnan(values[hit]).any():
        raise UsageError(f"step {step.lever!r}: {table}.{column} is unknown for {step.key}, so nothing can be added to it")
    values[hit] = step.amount if lever.op == "set" else values[hit] + step.amount
    return frame.assign(**{column: values})


def _with_row(frame: Frame, key: Sequence[str], step: Step, column: str) -> Frame:
    """Building where nothing stood: a new row, known by its key and what was added; all else about it is unknown."""
    import pandas as pd

    row: dict[str, list[Any]] = {name: [np.nan if frame[name].dtype.kind in "fiu" else ""] for name in frame.columns}
    row |= {name: [part] for name, part in zip(key, step.key, strict=True)} | {column: [step.amount]}
    frame = pd.concat([frame, pd.DataFrame(row)[list(frame.columns)]], ignore_index=True)
    return frame.sort_values(list(key), kind="stable", ignore_index=True)
