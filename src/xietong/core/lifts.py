"""What border rules are worth: each lifted alone, all of them together, and all of them between two jurisdictions only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from xietong.core.rulebook import Lift
from xietong.core.text import T

if TYPE_CHECKING:
    import pandas as pd

    from xietong.core.result import Figure

PAIRED = 10
"""Up to so many jurisdictions each pair is opened alone: there are n (n - 1) / 2 of them, and each is solved."""

TOLERANCE, NOISE = 1e-6, 1e-8
"""Gains differ only by more than this share of the largest of them and of the figures behind them: a solver's last digits say nothing."""

Values = Mapping[str, float | None]
Pair = tuple[str, str]
Kind = Literal["rules", "pairs"]
Interaction = Literal["complements", "substitutes", "independent"]


def openings(rules: Iterable[str], jurisdictions: Sequence[str]) -> tuple[Lift, ...]:
    """Each rule alone, everywhere; then all rules between each pair of jurisdictions, where those are few enough."""
    few = len(jurisdictions) <= PAIRED
    return (*(Lift(rule) for rule in rules), *(Lift("", one, other) for one, other in (combinations(jurisdictions, 2) if few else ())))


@dataclass(frozen=True)
class Worth:
    """By how much one measure gains, by area: with each rule lifted alone, each pair opened alone, and all together.

    ``figure`` has the measure as it is and open. Positive is better; of a neutral measure it is the plain change; None is
    unknown.
    """

    figure: Figure
    rules: Mapping[str, Values]
    pairs: Mapping[Pair, Values]

    @property
    def together(self) -> Values:
        return self.figure.remains

    @property
    def _kinds(self) -> tuple[Kind, ...]:
        return ("rules", "pairs") if self.pairs else ("rules",)

    def added(self, area: str, kind: Kind = "rules") -> float | None:
        """What the rules (or the pairs) are worth one by one, added up; None where one of them is unknown."""
        gains = [values[area] for values in (self.rules if kind == "rules" else self.pairs).values()]
        return None if None in gains else float(sum(one for one in gains if one is not None))

    def interaction(self, area: str, kind: Kind = "rules") -> Interaction | None:
        """How rules (or pairs) work on one another, by what they are worth together beside what they add up to.

        ``complements``: together they are worth more; ``substitutes``: less, for one does part of another's work;
        ``independent``: as much. Of a neutral measure the sizes of the changes are compared. None where a figure is unknown.
        """
        together, added = self.together[area], self.added(area, kind)
        if together is None or added is None:
            return None
        gains = [together, *(values[area] for values in (self.rules if kind == "rules" else self.pairs).values())]
        figures = [values[area] for values in self.figure.values.values()]
        if abs(together - added) <= TOLERANCE * _largest(gains) + NOISE * _largest(figures):
            return "independent"
        more = abs(together) > abs(added) if self.figure.measure.better == "neutral" else together > added
        return "complements" if more else "substitutes"

    def to_dict(self, name: str) -> dict[str, Any]:
        """The worths as plain data."""
        return {
            "measure": name,
            "rules": {rule: dict(values) for rule, values in self.rules.items()},
            "pairs": [{"areas": list(pair), "gains": dict(values)} for pair, values in self.pairs.items()],
            "together": dict(self.together),
            "added": {kind: {area: self.added(area, kind) for area in self.together} for kind in self._kinds},
            "interaction": {kind: {area: self.interaction(area, kind) for area in self.together} for kind in self._kinds},
        }


def _largest(values: Iterable[float | None]) -> float:
    return max((abs(value) for value in values if value is not None), default=0.0)


@dataclass(frozen=True)
class Lifts:
    """What lifting rules is worth to every measure. ``opened`` are the rules that are open everywhere as it is."""

    measures: Mapping[str, Worth]
    opened: frozenset[str]
    jurisdictions: int

    @property
    def note(self) -> T | None:
        """What was left out, in words."""
        if self.jurisdictions <= PAIRED:
            return None
        return T(
            f"区域有{self.jurisdictions}个辖区,超过{PAIRED}个,未逐对计算。",
            f"The region has {self.jurisdictions} jurisdictions; above {PAIRED} the pairs are not opened one by one.",
        )

    @property
    def frame(self) -> pd.DataFrame:
        """The gains, tidy: measure, lifted (rule, pair, together), rule, one, other, area, gain."""
        import pandas as pd

        rows = [
            (name, kind, *lift, area, gain)
            for name, worth in self.measures.items()
            for kind, lift, values in (
                *(("rule", Lift(rule), values) for rule, values in worth.rules.items()),
                *(("pair", Lift("", *pair), values) for pair, values in worth.pairs.items()),
                ("together", Lift(), worth.together),
            )
            for area, gain in values.items()
        ]
        frame = pd.DataFrame(rows, columns=["measure", "lifted", "rule", "one", "other", "area", "gain"])
        return frame.assign(gain=frame["gain"].astype(float))
