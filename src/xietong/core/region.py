"""A region: its areas, tables, rules and assumptions, as of a day. Immutable; changed views are cheap copies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xietong.core.areas import Areas
from xietong.core.data import Data, Params
from xietong.core.declare import Param, Quality, Step, Table
from xietong.core.digest import digest, frame_digest, plain, source_digest
from xietong.core.errors import MissingTables, NotFound, UsageError
from xietong.core.naming import named
from xietong.core.rulebook import Resolved, RuleRow, resolve
from xietong.core.text import T
from xietong.core.workstream import Provider, Workstream

if TYPE_CHECKING:
    from xietong.core.declare import Frame
    from xietong.core.verbs import Bound


class Memo:
    """Results by digest, the least recently used leaving first. An interrupted computation is never kept.

    ``weight`` bounds roughly how many bytes they take together: whoever asks "what if" asks many questions once.
    """

    def __init__(self, size: int = 512, weight: int = 1 << 29) -> None:
        self._size, self._weight, self._total = size, weight, 0
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, compute: Callable[[], Any]) -> Any:
        """What is kept under ``key``, computed first where nothing is; an exception leaves nothing behind."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        value = compute()
        weight = _weigh(value)
        with self._lock:
            self._total += weight - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = value, weight
            while len(self._kept) > 1 and (len(self._kept) > self._size or self._total > self._weight):
                self._total -= self._kept.popitem(last=False)[1][1]
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._total = 0


def _weigh(value: Any, depth: int = 4) -> int:
    """About how many bytes a value takes; of long sequences the first item stands for all."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(getattr(value, "nbytes", None), int):
        return int(value.nbytes)
    if callable(usage := getattr(value, "memory_usage", None)):  # a frame
        return int(usage().sum())
    if depth and isinstance(value, Mapping):
        return 64 + sum(64 + _weigh(one, depth - 1) for one in value.values())
    if depth and isinstance(value, list | tuple):
        return 64 + (sum(_weigh(one, depth - 1) for one in value) if len(value) < 64 else len(value) * _weigh(value[0], depth - 1))
    if depth and hasattr(value, "__dict__") and not isinstance(value, type):
        return 64 + sum(_weigh(one, depth - 1) for one in vars(value).values())
    return 64


@dataclass(frozen=True)
class Event:
    """A day that is worth asking about."""

    day: date
    title: T


@dataclass(frozen=True)
class Region:
    """A loaded region. ``day`` is the day whose rules are ``current``; ``at(day)`` gives another.

    ``tables`` maps a table's name to its rows, ordered by key, each with ``source`` and ``quality``; ``schemas`` says what
    its columns mean, be it declared by a workstream or by the region's own package. ``catalogue`` holds
    the workstreams and other providers that are installed.
    """

    name: str
    title: T
    note: T
    areas: Areas
    levels: Mapping[str, T]
    tables: Mapping[str, Frame]
    schemas: Mapping[str, Table]
    rows: tuple[RuleRow, ...]
    assumptions: Mapping[str, Param]
    sources: Mapping[str, Mapping[str, str]]
    catalogue: Mapping[str, Provider]
    day: date
    events: tuple[Event, ...] = ()
    timezone: str = "UTC"
    currency: str = "CNY"
    folder: str = ""
    draw: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)  # io's map: core knows no geometry
    keep: Callable[[str, type, Callable[[], Any]], Any] | None = field(default=None, compare=False, repr=False)  # io's shelf: core knows no disk
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)

    # -- views ---------------------------------------------------------------------------------------------------------

    def at(self, day: date | str) -> Region:
        """The same region under the rules of another day (a date or "YYYY-MM-DD")."""
        return replace(self, day=parse_day(day))

    def __getattr__(self, name: str) -> Bound:
        # Only names that are no fields come here: jjj.care is the workstream `care` bound to this region.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.bind(name)
        except NotFound as error:
            raise AttributeError(str(error)) from error

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.workstreams]

    def bind(self, name: str) -> Bound:
        """A workstream bound to this region: what ``region.care`` gives. Raises NotFound."""
        from xietong.core.verbs import Bound

        if name not in self.workstreams:
            raise NotFound(f"there is no workstream {name!r}; there are {', '.join(self.workstreams)}")
        return Bound(self, self.workstreams[name])

    @cached_property
    def workstreams(self) -> dict[str, Workstream]:
        """The installed workstreams by name, their titles naming what this region names."""
        return {name: named(one, self.tables) for name, one in sorted(self.catalogue.items()) if isinstance(one, Workstream)}

    # -- reading -------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Frame:
        """A table's rows with ``source`` and ``quality``."""
        if name not in self.tables:
            raise NotFound(f"region {self.name!r} has no table {name!r}; it has {', '.join(sorted(self.tables)) or 'none'}")
        return self.tables[name]

    def missing(self, provider: Provider) -> list[str]:
        """What the region lacks for a workstream: tables, and products that nobody can provide."""
        lacking = [name for name, table in provider.tables.items() if name not in self.tables and not table.optional]
        return lacking + [f"product {need}" for need in provider.needs if self._provider(need) is None]

    def require(self, provider: Provider) -> None:
        if lacking := self.missing(provider):
            raise MissingTables(
                f"{provider.name} needs {', '.join(lacking)}, which region {self.name!r} does not have. "
                f"`xietong describe {provider.name}` lists the columns; add the file(s) and validate the region."
            )

    def params(self, provider: Provider) -> dict[str, Param]:
        """The declared assumptions, with the region's own values where it gives them (``params.csv``)."""
        return {name: self.assumptions.get(f"{provider.name}.{name}", param) for name, param in provider.params.items()}

    def rule(self, provider: Provider, name: str) -> Resolved:
        """A rule resolved on this region's day."""
        rule = provider.rules[name]
        items: list[str] = []
        if rule.item:
            table, _, column = rule.item.partition(".")
            items = sorted({str(item) for item in self.table(table)[column]})
        full = f"{provider.name}.{name}"
        rows = [row for row in self.rows if row.rule == full]
        key = digest("rule", self._rows_digest, id(self.areas), full, items, self.day)
        return self.memo.get(key, lambda: resolve(full, rule, rows, self.areas, items, self.day))  # type: ignore[no-any-return]

    # -- products ------------------------------------------------------------------------------------------------------

    def _provider(self, product: str) -> Provider | None:
        able = [one for one in self.catalogue.values() if one.provides == product and not self.missing(one)]
        return max(able, key=lambda one: (one.rank, one.name), default=None)

    def provider(self, product: str) -> Provider:
        """Who provides a product for this region."""
        found = self._provider(product)
        if found is None:
            raise MissingTables(f"nothing provides {product!r} for region {self.name!r}")
        return found

    def product(self, name: str) -> Any:
        """A named product under its provider's current rules; computed once per digest of its inputs."""
        provider = self.provider(name)
        return self.memo.get(f"product:{name}:{self.inputs_digest(provider)}", lambda: self._kept(provider))

    def _kept(self, provider: Provider) -> Any:
        """A product as it was kept between two starts, where its provider says how; else computed."""

        def compute() -> Any:
            return provider.product(self.data(provider))

        if self.keep is None or provider.product_type is None:
            return compute()
        return self.keep(f"product-{provider.provides}-{self.inputs_digest(provider)}", provider.product_type, compute)

    def data(self, provider: Provider, **changes: Any) -> Data:
        """The view that ``provider`` declares, under current rules unless ``changes`` say otherwise."""
        self.require(provider)
        values = Params({name: param.value for name, param in self.params(provider).items()})
        view = Data(self, provider, "current", values)
        return replace(view, **changes) if changes else view

    # -- digests -------------------------------------------------------------------------------------------------------

    def table_digest(self, name: str) -> str:
        """The digest of a table's content, computed once per loaded frame."""
        frame = self.table(name)
        return self.memo.get(f"table:{id(frame)}:{name}", lambda: (frame, frame_digest(frame)))[1]  # type: ignore[no-any-return]

    @cached_property
    def _rows_digest(self) -> str:
        return digest([tuple(row) for row in self.rows])

    @cached_property
    def _areas_digest(self) -> str:
        return digest([tuple(area) for area in self.areas.by_id.values()])

    def rules_digest(self, provider: Provider) -> str:
        """Digest of the rules that a workstream reads, as they hold on the region's day."""
        resolved = [self.rule(provider, name) for name in sorted(provider.rules)]
        return digest([(one.items, one.values.tobytes().hex(), one.classes.tobytes().hex()) for one in resolved])

    def inputs_digest(self, provider: Provider) -> str:
        """Digest of everything declared that a computation of ``provider`` under current rules depends on."""
        return digest(
            provider.name,
            source_digest(type(provider).__module__),
            self._areas_digest,
            [(table, self.table_digest(table)) for table in sorted(provider.tables) if table in self.tables],
            self.rules_digest(provider),
            # Rows with a period of validity are read as of the region's day.
            self.day.isoformat() if any("valid_from" in table.columns for table in provider.tables.values()) else "",
            plain({name: param.value for name, param in self.params(provider).items()}),
            [self.inputs_digest(self.provider(need)) for need in provider.needs],
        )

    @cached_property
    def digest(self) -> str:
        """Digest of the whole region."""
        tables = [(name, self.table_digest(name)) for name in sorted(self.tables)]
        return digest(self._areas_digest, self._rows_digest, tables, plain(self.assumptions))

    # -- quality -------------------------------------------------------------------------------------------------------

    def qualities(self, provider: Provider, use: str) -> set[Quality]:
        """The qualities found behind one name of ``Measure.uses``."""
        kind, _, name = use.partition(".")
        if kind == "params" and name:
            return {self.params(provider)[name].quality}
        if kind == "rules" and name:
            return {row.quality for row in self.rows if row.rule == f"{provider.name}.{name}" and row.holds(self.day)}
        if use in provider.needs:
            source = self.provider(use)
            return set().union(*(self.qualities(source, one) for one in source.product_uses)) or {Quality.DERIVED}
        return {Quality(value) for value in self.tables[use]["quality"].unique()} if use in self.tables else set()

    def years(self, uses: Sequence[str]) -> str | None:
        """The span of the data's years behind ``Measure.uses``, None where no table carries one."""
        frames = [self.tables[use] for use in uses if use in self.tables]
        found = {int(year) for frame in frames if "year" in frame for year in frame["year"].dropna()}
        found |= {int(str(day)[:4]) for frame in frames if "day" in frame for day in frame["day"] if day}
        years = sorted(found)
        if not years:
            return None
        return str(years[0]) if years[0] == years[-1] else f"{years[0]}–{years[-1]}"


def parse_day(day: date | str) -> date:
    """A day from a date or ISO text; UsageError says how to write one."""
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (ValueError, TypeError):
        raise UsageError(f"{day!r} is not a day; write it as YYYY-MM-DD, for example 2014-02-26") from None


def steps_digest(steps: Sequence[Step]) -> str:
    """Digest of what steps change, whatever their order; cost and payer change no outcome."""
    return digest(sorted((step.lever, step.key, step.amount) for step in steps))
