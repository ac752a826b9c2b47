"""How figures of many rows become one: what several workstreams measure with."""

from __future__ import annotations

from collections.abc import Callable

from xietong.core.declare import Frame


def ratio(part: str, whole: str) -> Callable[[Frame], float | None]:
    """The sum of one column over the sum of another; unknown where there is nothing to divide by."""

    def of(frame: Frame) -> float | None:
        total = frame[whole].sum()
        return float(frame[part].sum() / total) if total > 0 else None

    return of


def mean(value: str, weight: str) -> Callable[[Frame], float | None]:
    """The mean of a column, weighted by another; what is unknown in the value counts as nothing. Unknown where nothing weighs."""

    def of(frame: Frame) -> float | None:
        total = frame[weight].sum()
        return float((frame[value].fillna(0) * frame[weight]).sum() / total) if total > 0 else None

    return of
