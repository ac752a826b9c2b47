"""The contract: a workstream declares, and writes two pure functions; everything else is derived."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from xietong.core.asking import query_problems
from xietong.core.data import Data
from xietong.core.declare import Choice, Layer, Lever, Matter, Measure, Outcome, Param, Query, Rule, Step, Table
from xietong.core.errors import NotFound
from xietong.core.text import T

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Provider:
    """Something that reads tables and provides a named product to others (``provides``), such as travel times.

    Where several can provide a product for a region, the one with the highest ``rank`` does. A product that takes long may
    be kept between two starts: ``product_type`` is its class, with ``arrays()``, which gives arrays of numbers or fixed-width
    text by name, and a classmethod ``from_arrays(arrays)``, which makes the same product of them. ``rests_on`` says what it
    rests on where that is not all that is declared, in the words of ``Measure.uses``.
    """

    title: ClassVar[T]
    tables: ClassVar[Mapping[str, Table]] = NOTHING
    rules: ClassVar[Mapping[str, Rule]] = NOTHING
    params: ClassVar[Mapping[str, Param]] = NOTHING
    levers: ClassVar[Mapping[str, Lever]] = NOTHING
    needs: ClassVar[tuple[str, ...]] = ()
    provides: ClassVar[str] = ""
    rank: ClassVar[int] = 0
    product_type: ClassVar[type | None] = None
    rests_on: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    @property
    def product_uses(self) -> tuple[str, ...]:
        """What the product rests on, as in ``Measure.uses``: ``rests_on``, or all that is declared."""
        return self.rests_on or (*self.tables, *(f"params.{param}" for param in self.params), *(f"rules.{rule}" for rule in self.rules), *self.needs)

    @property
    def about(self) -> T:
        """What is computed and what is left out: the docstring, English first, then a Chinese paragraph after ``---``."""
        english, _, chinese = (type(self).__doc__ or "").partition("---")
        # Chinese is written without spaces: a line that is broken in the source is joined without one.
        joined = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", " ".join(chinese.split()))
        return T(joined, " ".join(english.split()))

    def lever(self, step: Step) -> Lever:
        """The lever that a step uses. Raises NotFound."""
        if step.lever not in self.levers:
            raise NotFound(f"{self.name} has no lever {step.lever!r}; it has {', '.join(self.levers) or 'none'}")
        return self.levers[step.lever]

    def product(self, data: Data) -> Any:
        """Compute the product; pure."""
        raise NotImplementedError(f"{self.name} provides no product")

    def check(self) -> None:
        """Refuse a declaration that cannot work, naming what is wrong; called once when a workstream is registered."""
        problems = [*_dangling(self), *(self._problems())]
        if problems:
            raise ValueError(f"workstream {self.name!r}: " + "; ".join(problems))

    def _problems(self) -> list[str]:
        return _unkeepable(self) if self.provides else ["a provider must name what it provides"]


class Workstream(Provider):
    """A field in which jurisdictions work together.

    ``queries`` are look-ups that are asked with inputs and answered at once (a journey, a map from one place).
    ``target`` is the measure that a plan improves. ``worth`` names the param that values one unit of it in CNY (for the
    split of a dividend), ``shares`` the column by which a total budget is split where each decides alone, ``budget_cny``
    the (default, largest) budget that surfaces offer.
    """

    measures: ClassVar[Mapping[str, Measure]] = NOTHING
    layers: ClassVar[Mapping[str, Layer]] = NOTHING
    matters: ClassVar[Mapping[str, Matter]] = NOTHING
    queries: ClassVar[Mapping[str, Query]] = NOTHING
    target: ClassVar[str] = ""
    worth: ClassVar[str] = ""
    shares: ClassVar[str] = ""
    budget_cny: ClassVar[tuple[float, float]] = (1e8, 1e9)

    def solve(self, data: Data) -> Outcome:
        """What happens under ``data``'s rules; pure and independent of the order of rows."""
        raise NotImplementedError

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        """The steps with which ``bloc`` improves the target for its own members most, within its budget; pure."""
        raise NotImplementedError

    @property
    def can_choose(self) -> bool:
        return type(self).choose is not Workstream.choose

    def _problems(self) -> list[str]:
        problems = [] if self.measures else ["declares no measure"]
        if self.target not in self.measures:
            problems.append(f"target {self.target!r} is not a measure")
        if self.worth and self.worth not in self.params:
            problems.append(f"worth {self.worth!r} is not a param")
        if self.shares and self.shares.partition(".")[0] not in self.tables:
            problems.append(f"shares {self.shares!r} is not a column of a declared table")
        return problems + _unkeepable(self)


def _unkeepable(provider: Provider) -> list[str]:
    kind = provider.product_type
    lacking = [name for name in ("arrays", "from_arrays") if kind is not None and not callable(getattr(kind, name, None))]
    return [f"product_type {kind.__name__} lacks {' and '.join(lacking)}"] if kind is not None and lacking else []


def _dangling(provider: Provider) -> list[str]:
    """Names in the declarations that refer to nothing."""
    known = {*provider.tables, *(f"rules.{name}" for name in provider.rules), *(f"params.{name}" for name in provider.params), *provider.needs}
    problems = [f"rests_on names {one!r}, which is not declared" for one in provider.rests_on if one not in known]
    for name, measure in getattr(provider, "measures", {}).items():
        problems += [f"measure {name!r} uses {one!r}, which is not declared" for one in measure.uses if one not in known]
    for name, query in getattr(provider, "queries", {}).items():
        problems += [f"query {name!r} uses {one!r}, which is not declared" for one in query.uses if one not in known]
        problems += query_problems(name, query)
    columns = {f"{table}.{column}" for table, declared in provider.tables.items() for column in declared.columns}
    for name, rule in provider.rules.items():
        if rule.item and rule.item not in columns:
            problems.append(f"rule {name!r} has items {rule.item!r}, which is not a declared column")
    for name, param in provider.params.items():
        if param.scales and param.scales not in columns:
            problems.append(f"param {name!r} scales {param.scales!r}, which is not a declared column")
    for name, lever in provider.levers.items():
        if lever.changes not in columns and lever.changes not in known:
            problems.append(f"lever {name!r} changes {lever.changes!r}, which is not declared")
        if lever.changes.startswith("rules.") and lever.op != "set":
            problems.append(f"lever {name!r} must set the rule that it changes: a rule is never added to")
    return problems
