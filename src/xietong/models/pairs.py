"""Demand, sites, and the pairs between them: the one table on which access, siting and allocation are computed.

A border is a function on pairs (forbidden, time added, price changed). The structure is built once; ``under`` puts another
border on it and shares every array that the border does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xietong.core.declare import REGIMES
from xietong.core.errors import Fault, UsageError

NAMED = 5
"""Ids that a fault names before it only counts."""


class Border(NamedTuple):
    """What a border does to pairs: one entry a pair, in the order asked; minutes are >= 0, a price may fall."""

    forbidden: np.ndarray
    added_min: np.ndarray
    added_price: np.ndarray


Rules = Mapping[str, Callable[[np.ndarray, np.ndarray], Border]]
"""The border of every regime: a function of the positions of demand and site of each pair."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """A sparse table of ``n`` demands and ``m`` sites under one regime. Pairs of demand ``i`` are ``indptr[i]:indptr[i + 1]``, by site.

    ``weight`` [n] people, ``capacity`` [m] (inf: no limit) in the same unit, ``opening_cost`` [m] CNY. ``minutes`` and
    ``price`` [pairs] are what a pair takes with the border; ``cost`` = minutes + price_weight * price, inf where the pair is
    forbidden, beyond the time limit, or dearer than the ``means`` of the demand. ``outside`` [n] is the cost of being served
    by nobody (inf: must be served). ``complete`` says that every demand has a pair with every site.
    """

    demand: tuple[str, ...]
    weight: np.ndarray
    site: tuple[str, ...]
    capacity: np.ndarray
    opening_cost: np.ndarray
    demand_area: np.ndarray
    site_area: np.ndarray
    indptr: np.ndarray
    index: np.ndarray
    cost: np.ndarray
    minutes: np.ndarray
    price: np.ndarray
    outside: np.ndarray
    complete: bool
    regime: str
    means: np.ndarray = field(repr=False)
    base_min: np.ndarray = field(repr=False)
    base_price: np.ndarray = field(repr=False)
    rules: Rules = field(repr=False)
    limit_min: float = np.inf
    price_weight: float = 0.0

    @classmethod
    def from_times(
        cls, demand: Any, sites: Any, times: Any, border: Rules | None = None, *,
        limit_min: float = np.inf, price_weight: float = 0.0, outside_min: float | np.ndarray = np.inf,
    ) -> Pairs:  # fmt: skip
        """The table, under ``current`` rules (without ``border``: the same under every regime; without ``current``: its first).

        ``demand``: columns id, weight[, area, means: the highest price that it can pay][, at]; ``sites``: id[, capacity,
        opening_cost, price, area, at]; a DataFrame or a mapping of columns. ``times``, in minutes: a matrix [n, m] (NaN and inf:
        no pair), a SciPy sparse matrix (what is not stored: no pair), arrays (i, j, minutes), or an object with ``within(origins,
        destinations, limit_min)``, asked about the positions in the columns ``at``. ``limit_min`` holds with the border's minutes.
        ``price_weight``: minutes that a unit of price is worth. ``outside_min``: one for all or [n].

        Raises UsageError with every fault: columns missing, ids given twice, numbers negative or unknown, shapes that do not fit,
        demand without any pair that must be served.
        """
        faults: list[Fault] = []
        demand_id, site_id = _ids(demand, "demand", faults), _ids(sites, "sites", faults)
        n, m = len(demand_id), len(site_id)
        weight = _numbers(demand, "weight", "demand", demand_id, None, faults)
        means = _numbers(demand, "means", "demand", demand_id, np.inf, faults)
        capacity = _numbers(sites, "capacity", "sites", site_id, np.inf, faults)
        opening = _numbers(sites, "opening_cost", "sites", site_id, 0.0, faults)
        price = _numbers(sites, "price", "sites", site_id, 0.0, faults)
        for name, number in (("limit_min", limit_min), ("price_weight", price_weight)):
            if not number >= 0:
                faults.append(Fault(f"{name} is {number}", "Give a number that is not negative", column=name))
        outside = _outside(outside_min, demand_id, faults)
        i, j, minutes = _triples(times, demand, sites, (n, m), limit_min, faults)
        _check_triples(i, j, minutes, demand_id, site_id, faults)
        if faults:
            raise UsageError("The pairs cannot be built", faults)
        indptr, index, minutes = _compress(i, j, minutes, (n, m), limit_min, faults)
        _check_reach(indptr, weight, outside, demand_id, faults)
        if faults:
            raise UsageError("The pairs cannot be built", faults)
        same: Rules = {} if border is None else border
        regime = "current" if not same or "current" in same else next(iter(same))
        base_price = price[index] if price.any() else np.broadcast_to(0.0, len(index))
        areas = (_labels(demand, n), _labels(sites, m))
        built = cls(
            demand_id, weight, site_id, capacity, opening, *areas, indptr, index, minutes, minutes, base_price, outside,
            len(index) == n * m, regime, means, minutes, base_price, same, float(limit_min), float(price_weight),
        )  # fmt: skip
        return built.under(regime)

    def under(self, regime: str) -> Pairs:
        """The same pairs with the border of ``regime``. UsageError: no such regime, or a border that does not fit the pairs."""
        if regime not in (self.rules or REGIMES):
            known = ", ".join(self.rules or REGIMES)
            raise UsageError(f"No regime {regime!r}", [Fault(f"The regimes are: {known}", "Give one of them", column="regime")])
        minutes, price, forbidden = self.base_min, self.base_price, None
        if self.rules:
            border = Border(*(np.asarray(part) for part in self.rules[regime](self.row, self.index)))
            _check_border(border, minutes, regime)
            minutes = minutes + border.added_min if border.added_min.any() else minutes
            price = price + border.added_price if border.added_price.any() else price
            forbidden = np.asarray(border.forbidden, dtype=bool)
        cost = minutes + self.price_weight * price if self.price_weight and price.any() else minutes
        shut = [] if forbidden is None or not forbidden.any() else [forbidden]
        if minutes is not self.base_min and np.isfinite(self.limit_min):
            shut.append(minutes > self.limit_min)
        if np.isfinite(self.means).any():
            shut.append(price > self.means[self.row])
        for closed in shut:
            cost = np.where(closed, np.inf, cost)
        return replace(self, regime=regime, minutes=minutes, price=price, cost=cost)

    @cached_property
    def row(self) -> np.ndarray:
        """Position of the demand of each pair [pairs]; ``index`` is that of its site."""
        return np.repeat(np.arange(len(self.weight), dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def stranded(self) -> np.ndarray:
        """Positions of the demands with people who must be served and have no pair that this regime allows."""
        none = np.diff(self.indptr) == 0
        if len(self.cost) and np.isinf(self.cost.max()):
            some = np.flatnonzero(~none)
            none[some] = np.isinf(np.minimum.reduceat(self.cost, self.indptr[some]))
        return np.flatnonzero(none & (self.weight > 0) & np.isinf(self.outside))

    def dense(self) -> np.ndarray:
        """Costs as a matrix [n, m], inf where there is no pair. Of a complete table it is a view."""
        if self.complete:
            return self.cost.reshape(len(self.weight), len(self.capacity))
        matrix = np.full((len(self.weight), len(self.capacity)), np.inf)
        matrix[self.row, self.index] = self.cost
        return matrix


# -- reading columns -----------------------------------------------------------------------------------------------------


def _ids(table: Any, name: str, faults: list[Fault]) -> tuple[str, ...]:
    if "id" not in table:
        faults.append(Fault("There is no column id", "Give every row a name of its own", file=name, column="id"))
        return ()
    found = tuple(str(one) for one in table["id"])
    if not found:
        faults.append(Fault("There are no rows", "Give at least one", file=name))
    if len(set(found)) < len(found):
        seen: set[str] = set()
        twice = dict.fromkeys(one for one in found if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        faults.append(Fault(f"Given twice: {_some(twice)}", "Give every row a name of its own", file=name, column="id"))
    return found


def _numbers(table: Any, column: str, name: str, ids: tuple[str, ...], default: float | None, faults: list[Fault]) -> np.ndarray:
    """A column of numbers >= 0; ``default`` where it is absent (None: it must be there). inf is a number where it is the default."""
    fallback = np.full(len(ids), 0.0 if default is None else default)
    if column not in table:
        if default is None:
            faults.append(Fault(f"There is no column {column}", "Add it", file=name, column=column))
        return fallback
    try:
        values = np.array(table[column], dtype=float)
    except (TypeError, ValueError):
        faults.append(Fault("Not all are numbers", "Give numbers", file=name, column=column))
        return fallback
    if values.shape != (len(ids),):
        faults.append(Fault(f"{values.shape} numbers for {len(ids)} ids", "Give one a row", file=name, column=column))
        return fallback
    bad = ~(values >= 0) | (np.isinf(values) & (default != np.inf))
    if bad.any():
        mend = "Give a number that is not negative" + (" (inf: no limit)" if default == np.inf else "")
        faults.append(Fault(f"Negative or unknown at {_at(bad, ids)}", mend, file=name, column=column))
    return values


def _labels(table: Any, size: int) -> np.ndarray:
    return np.array([str(one) for one in table["area"]] if "area" in table else [""] * size, dtype=object)


def _outside(outside_min: float | np.ndarray, ids: tuple[str, ...], faults: list[Fault]) -> np.ndarray:
    given = np.asarray(outside_min, dtype=float)
    if given.shape not in ((), (len(ids),)):
        faults.append(Fault(f"outside_min has shape {given.shape}", f"Give one number or {len(ids)}", column="outside_min"))
        return np.full(len(ids), np.inf)
    found = np.array(np.broadcast_to(given, len(ids)))
    if (bad := ~(found >= 0)).any():
        faults.append(Fault(f"Negative or unknown at {_at(bad, ids)}", "Give a number that is not negative (inf: must be served)", column="outside_min"))
    return found


# -- reading pairs -------------------------------------------------------------------------------------------------------


def _triples(
    times: Any, demand: Any, sites: Any, shape: tuple[int, int], limit_min: float, faults: list[Fault]
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
    """Positions and minutes of the pairs. Of a matrix without a gap: no positions, and its cells row by row, without a copy."""
    none = np.zeros(0, dtype=np.int32)
    if hasattr(times, "within"):
        missing = [Fault("There is no column at", "Give the positions that times.within understands", file=name, column="at")
                   for name, table in (("demand", demand), ("sites", sites)) if "at" not in table]  # fmt: skip
        faults += missing
        if missing:
            return none, none, np.zeros(0)
        times = times.within(np.asarray(demand["at"]), np.asarray(sites["at"]), limit_min)
    if hasattr(times, "tocoo"):
        given = times.shape
        sparse = times.tocoo()
        times = (sparse.row, sparse.col, sparse.data)
    elif isinstance(times, tuple) and len(times) == 3:
        given = shape
    else:
        matrix = np.asarray(times, dtype=float)
        given = matrix.shape
        if given == shape and np.isfinite(matrix).all():
            return None, None, matrix.ravel()
        times = (*np.nonzero(np.isfinite(matrix)), matrix[np.isfinite(matrix)]) if given == shape else (none, none, none)
    i, j, minutes = np.asarray(times[0]), np.asarray(times[1]), np.asarray(times[2], dtype=float)
    if given != shape or not i.shape == j.shape == minutes.shape or i.ndim != 1:
        faults.append(Fault(f"The times have shape {given if given != shape else (i.shape, j.shape, minutes.shape)}",
                            f"Give {shape[0]} demands x {shape[1]} sites, or three lists of equal length", column="times"))  # fmt: skip
        return none, none, np.zeros(0)
    outside = (i < 0) | (i >= shape[0]) | (j < 0) | (j >= shape[1])
    if outside.any():
        faults.append(Fault(f"{int(outside.sum())} pairs name a row that there is not", "Count demands and sites from 0", column="times"))
        return none, none, np.zeros(0)
    return i, j, minutes


def _check_triples(
    i: np.ndarray | None, j: np.ndarray | None, minutes: np.ndarray, demand: tuple[str, ...], site: tuple[str, ...], faults: list[Fault]
) -> None:
    if not len(minutes) or not demand or not site or minutes.min() >= 0:
        return
    bad = np.flatnonzero(~(minutes >= 0))
    rows, columns = (bad // len(site), bad % len(site)) if i is None or j is None else (i[bad], j[bad])
    named = [f"{demand[row]} - {site[column]}" for row, column in zip(rows[:NAMED].tolist(), columns[:NAMED].tolist(), strict=True)]
    faults.append(Fault(f"Negative or unknown minutes of {len(bad)} pairs: {_some(named, len(bad))}", "Give minutes, or leave the pair out", column="times"))


def _compress(
    i: np.ndarray | None, j: np.ndarray | None, minutes: np.ndarray, shape: tuple[int, int], limit_min: float, faults: list[Fault]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR of the pairs within the limit, ordered by demand, then site."""
    n, m = shape
    if i is None or j is None:
        if minutes.max() <= limit_min:
            return np.arange(0, n * m + 1, m, dtype=np.int64), np.tile(np.arange(m, dtype=np.int32), n), minutes
        inside = (minutes <= limit_min).reshape(n, m)
        indptr = np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int64)
        return indptr, np.broadcast_to(np.arange(m, dtype=np.int32), (n, m))[inside], minutes[inside.ravel()]
    within = np.isfinite(minutes) & (minutes <= limit_min)
    if not within.all():
        i, j, minutes = i[within], j[within], minutes[within]
    key = i.astype(np.int64) * m + j
    if not (np.diff(key) > 0).all():
        order = np.argsort(key, kind="stable")
        key, j, minutes = key[order], j[order], minutes[order]
        if count := int((np.diff(key) == 0).sum()):
            faults.append(Fault(f"{count} pairs are given twice", "Give every pair once", column="times"))
    indptr = np.searchsorted(key, np.arange(n + 1, dtype=np.int64) * m)
    return indptr.astype(np.int64), j.astype(np.int32), np.ascontiguousarray(minutes)


def _check_reach(indptr: np.ndarray, weight: np.ndarray, outside: np.ndarray, ids: tuple[str, ...], faults: list[Fault]) -> None:
    lost = (np.diff(indptr) == 0) & (weight > 0) & np.isinf(outside)
    if lost.any():
        mend = "Give outside_min (what it costs to be served by nobody), a higher limit_min, or more times"
        faults.append(Fault(f"{int(lost.sum())} demands have no site within reach: {_at(lost, ids)}", mend, column="times"))


def _check_border(border: Border, minutes: np.ndarray, regime: str) -> None:
    faults = []
    for name, part in zip(Border._fields, border, strict=True):
        if part.shape != minutes.shape:
            faults.append(Fault(f"{name} has shape {part.shape}", f"Give one entry for each of the {len(minutes)} pairs", column=name))
        elif name != "forbidden" and not np.isfinite(part).all():
            faults.append(Fault(f"{name} holds what is not a finite number", "Give numbers; forbidden says which pairs are shut", column=name))
    if not faults and len(minutes) and border.added_min.min() < 0 and (minutes + border.added_min).min() < 0:
        faults.append(Fault("A pair would take less than no time", "Take away at most its minutes", column="added_min"))
    if faults:
        raise UsageError(f"The border of {regime!r} does not fit the pairs", faults)


def _at(bad: np.ndarray, ids: tuple[str, ...]) -> str:
    return _some((ids[row] for row in np.flatnonzero(bad)[:NAMED].tolist()), int(bad.sum()))


def _some(names: Iterable[str], count: int | None = None) -> str:
    listed = list(names)
    more = (len(listed) if count is None else count) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {more} more" if more > 0 else "")
