"""What a workstream declares. Each thing is declared once; validation, docs, API and pages derive from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from xietong.core.text import T

if TYPE_CHECKING:
    import pandas as pd

    Frame: TypeAlias = pd.DataFrame
else:
    Frame = Any  # importing pandas costs half a second: only what reads tables does

Regime = Literal["closed", "current", "open"]
REGIMES: tuple[Regime, ...] = ("closed", "current", "open")
Kind = Literal["text", "integer", "number", "boolean", "date", "area"]
Better = Literal["lower", "higher", "neutral"]


class Quality(StrEnum):
    """How a figure is known, best first. A result shows the worst of what it uses."""

    PUBLISHED = "published"
    DERIVED = "derived"
    ILLUSTRATIVE = "illustrative"

    @property
    def rank(self) -> int:
        return list(Quality).index(self)


def worst(qualities: set[Quality]) -> Quality:
    """The worst of ``qualities``; of none, illustrative: nothing vouches for the figure."""
    return max(qualities, key=lambda quality: quality.rank, default=Quality.ILLUSTRATIVE)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``low`` and ``high`` bound numbers (inclusive), ``values`` lists what a text may be, ``level`` is
    "jurisdiction" or "place" (a leaf) where only such areas will do, ``refers`` another table's column ("items.item") in which each value must occur.
    ``optional``: an empty cell means unknown; otherwise it is a fault. ``examples`` are what a new region's skeleton holds
    until it is filled with real figures; those of a key column are all used.
    """

    title: T
    kind: Kind = "number"
    unit: str = ""
    optional: bool = False
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    level: Literal["", "jurisdiction", "place"] = ""
    refers: str = ""
    examples: tuple[str | float, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of a region: one CSV file named after it. ``source`` and ``quality`` columns are always there.

    A workstream works without an ``optional`` table, which then reads as empty.
    """

    title: T
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    asset: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        if missing := [name for name in self.key if name not in self.columns]:
            raise ValueError(f"table key {missing} is not among its columns {list(self.columns)}")


@dataclass(frozen=True)
class Rule:
    """What a border does, for an ordered pair of areas (and an ``item``, "table.column", where it needs to).

    ``closed`` and ``open`` are declared; ``current`` is data (``rules.csv``) and lies between them.
    """

    title: T
    unit: str
    closed: float
    open: float
    item: str = ""

    def admits(self, value: float) -> bool:
        return min(self.closed, self.open) <= value <= max(self.closed, self.open)


@dataclass(frozen=True)
class Param:
    """An assumption with its range and source. ``scales`` ("table.column"): the value multiplies that column."""

    title: T
    unit: str
    value: float
    low: float
    high: float
    source: str
    quality: Quality = Quality.ILLUSTRATIVE
    scales: str = ""

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"param {self.title.en!r}: {self.value} is outside [{self.low}, {self.high}]")


@dataclass(frozen=True)
class Measure:
    """A figure and how it adds up: ``of`` maps the rows of an outcome table to a number (None = unknown).

    It is applied to all rows and to each jurisdiction's, so that a mean of the region is not a mean of means.
    ``by`` names the column with the area to which a row belongs, ``whose`` says in words who that is (resident, host,
    payer). ``uses`` names the tables, rules and params ("table", "rules.x", "params.y") on which the figure rests.
    ``group`` is the heading under which surfaces list it; measures without one come first.
    """

    title: T
    unit: str
    table: str
    by: str
    whose: T
    of: Callable[[Frame], float | None]
    better: Better
    uses: tuple[str, ...]
    group: T | None = None


def listed(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Measures as surfaces list them: those without a group, then group by group, otherwise in the order declared."""
    groups = dict.fromkeys((None, *(measure.group for measure in measures.values())))
    return {name: measure for group in groups for name, measure in measures.items() if measure.group == group}


@dataclass(frozen=True)
class Layer:
    """What the map draws: column ``value`` of an outcome table. Areas and points need a column ``place``, lines and
    flows ``origin`` and ``destination``. Rows of one place are added up, or averaged with column ``weight``."""

    title: T
    table: str
    kind: Literal["area", "point", "line", "flow"]
    value: str
    unit: str
    better: Better = "neutral"
    weight: str = ""
    place: str = "place"


@dataclass(frozen=True)
class Lever:
    """Something that can be done: it changes a column ("homes.beds") or a rule ("rules.recognised").

    ``amount`` is the natural amount of one that is switched on (1 for "built"): what a step takes that names none.
    """

    title: T
    changes: str
    op: Literal["add", "set"]
    unit: str
    amount: float | None = None

    @property
    def target(self) -> tuple[str, str]:
        """``changes`` in two parts: (table, column), or ("rules", rule)."""
        table, _, column = self.changes.partition(".")
        return table, column


@dataclass(frozen=True)
class Step:
    """One use of a lever: ``key`` is the table's key, or (origin, destination[, item]) of a rule."""

    lever: str
    key: tuple[str, ...]
    amount: float
    cost_cny: float
    payer: str


@dataclass(frozen=True)
class Input:
    """What a query is asked with: an area (id or title), a number, or a text.

    ``low`` and ``high`` bound numbers (inclusive), ``values`` lists what a text may be, ``level`` is "jurisdiction" or
    "place" (a leaf) where only such areas will do. Without a ``default`` the input is required.
    """

    title: T
    kind: Literal["area", "integer", "number", "text"]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    default: Any = None
    level: Literal["", "place", "jurisdiction"] = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A quick look-up beside the measures: ``of(data, **inputs)`` gives a mapping of plain values, arrays and frames.

    It is pure, as ``solve`` is. ``uses`` says what the answer rests on, as in ``Measure.uses``; ``units`` gives the unit
    of what the answer names (a key or a column).
    """

    title: T
    inputs: Mapping[str, Input]
    of: Callable[..., Mapping[str, Any]]
    uses: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What ``solve`` found: tables, and how well it is proved. ``status``: computed | proved | gap<=x | infeasible (why).

    ``notes`` are sentences that must stand beside the figures: a published total, a misfit, what was left out.
    """

    tables: Mapping[str, Frame]
    status: str = "computed"
    bound: float | None = None
    notes: tuple[T, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What ``choose`` picked. ``objective`` is what the target will be for the bloc once the steps are applied."""

    steps: tuple[Step, ...]
    objective: float
    status: str
    bound: float | None = None


def proof_status(value: float, bound: float, tolerance: float = 1e-6) -> str:
    """``proved`` where value and lower bound agree, else ``gap<=x%``, rounded up so that it stays a bound."""
    gap = (value - bound) / max(abs(value), 1e-12)
    if gap < -tolerance:
        raise ValueError(f"{bound} is no lower bound: {value} was reached")
    return "proved" if gap <= tolerance else f"gap<={math.ceil(gap * 1e4) / 100:.2f}%"


@dataclass(frozen=True)
class Matter:
    """A kind of case: the process that it follows, what it must compute and which dated rows it leads to."""

    title: T
    process: str
    compute: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
