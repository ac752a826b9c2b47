"""An Answer: what a query found, frozen, with all that is needed to check it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xietong.core.declare import Quality, Query, Regime, worst
from xietong.core.result import provenance, step_words

if TYPE_CHECKING:
    from xietong.core.verbs import Bound


@dataclass(frozen=True)
class Answer:
    """What a query found under one regime. ``text`` is the answer as JSON, so that nobody can change what others get."""

    bound: Bound
    name: str
    regime: Regime
    inputs: Mapping[str, Any]
    text: str

    @cached_property
    def value(self) -> dict[str, Any]:
        """The answer as plain data; unknown is None."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    def __getitem__(self, name: str) -> Any:
        return self.value[name]

    @property
    def query(self) -> Query:
        return self.bound.workstream.queries[self.name]

    @property
    def quality(self) -> Quality:
        """The worst quality of what the answer rests on."""
        bound = self.bound
        return worst(set().union(*(bound.region.qualities(bound.workstream, use) for use in self.query.uses)))

    @property
    def year(self) -> str | None:
        """The span of the data's years; None where no table carries one."""
        return self.bound.region.years(self.query.uses)

    @property
    def provenance(self) -> dict[str, Any]:
        """All that is needed to ask again, or to see that two answers rest on the same inputs."""
        return {**provenance(self.bound), "command": self.command}

    @property
    def command(self) -> str:
        """The command line that gives this answer again."""
        bound = self.bound
        parts = ["xietong", bound.workstream.name, "ask", self.name, "--region", bound.region.folder or bound.region.name]
        parts += ["--as-of", bound.region.day.isoformat(), "--regime", self.regime]
        parts += [word for name, value in self.inputs.items() for word in ("--set", f"{name}={value}")]
        return shlex.join([*parts, *step_words(bound.steps)])

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data: what the CLI prints with ``--json`` and the API serves."""
        from xietong.core.views import answer_view

        return answer_view(self)
