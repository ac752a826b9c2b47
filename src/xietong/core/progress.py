"""Progress and cancellation: a computation says how far it is and learns whether it should stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Report = Callable[[float], None]


def silent(done: float) -> None:
    """A report that nobody reads."""


@dataclass(frozen=True)
class Progress:
    """A span of the whole computation. ``tick(done)`` with done in [0, 1] of the span; the report may raise Cancelled."""

    report: Report = silent
    start: float = 0.0
    end: float = 1.0

    def tick(self, done: float) -> None:
        self.report(self.start + min(max(done, 0.0), 1.0) * (self.end - self.start))

    def part(self, position: int, parts: int) -> Progress:
        """The ``position``-th of ``parts`` equal parts of this span."""
        width = (self.end - self.start) / parts
        return Progress(self.report, self.start + position * width, self.start + (position + 1) * width)
