"""What a bloc builds within its budget: sets of levers, each evaluated whole, by branch and bound.

No lever lengthens a trip. So what is still possible at a node, all at once and regardless of what it costs together, is a
lower bound of everything below it; and where it can be paid for together, it is the node's optimum.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Step, proof_status
from xietong.workstreams._tables import records
from xietong.workstreams.rail.network import Grid, Railway

EXTRA_TRAINS = 12
"""Trains a day each way that can be added to a line at once."""

TIMED_STATIONS = 6
"""Stations with the most trains at which timed connections are considered."""

SEARCHED = 60
"""Sets that a search evaluates beside those of single options; what is then left open is told as a gap."""

Value = Callable[[frozenset[int]], float]


@dataclass(frozen=True)
class Option:
    """Something that can be bought: steps (several where several pay), and a name that depends on no id of an area."""

    kind: int
    name: str
    steps: tuple[Step, ...]

    @property
    def cost(self) -> float:
        return sum(step.cost_cny for step in self.steps)


def choose(data: Data, bloc: frozenset[str], budget_cny: float) -> Choice:
    """The set of options that lowers the bloc's own hours most, within its budget."""
    from xietong.workstreams.rail import HOUR, mean_minutes, population

    grid = Grid(data)
    before = Railway(data, grid)
    people = population(before)
    own = np.flatnonzero(np.isin(data.places["jurisdiction"].to_numpy(), list(bloc)) & ~np.isnan(people))
    options = sorted((one for one in Menu(before, bloc).options() if one.cost <= budget_cny), key=lambda one: (-one.cost, one.kind, one.name))
    known: dict[frozenset[int], float] = {}

    def value(chosen: frozenset[int]) -> float:
        if chosen not in known:
            steps = [step for one in sorted(chosen) for step in options[one].steps]
            railway = Railway(data.apply(steps), grid) if steps else before
            known[chosen] = float((mean_minutes(railway, people, own) * people[own] / HOUR).sum())
            data.tick(min(len(known) / (len(options) + SEARCHED + 10), 0.99))
        return known[chosen]

    found, bound = search([one.cost for one in options], budget_cny, value)
    steps = [step for one in sorted(found, key=lambda one: (options[one].kind, options[one].name)) for step in options[one].steps]
    objective = value(found)
    return Choice(tuple(steps), objective, proof_status(objective, bound, 1e-9), bound)


def search(costs: Sequence[float], budget: float, value: Value, limit: int = SEARCHED) -> tuple[frozenset[int], float]:
    """The set of least value that the budget pays for, and a lower bound of all such sets.

    ``value`` never rises when a set grows. Options are numbered by falling cost. At most ``limit`` nodes are opened.
    """
    everything = frozenset(one for one, cost in enumerate(costs) if cost <= budget)
    if _cost(everything, costs) <= budget:
        return _cheapest(everything, costs, value), value(everything)
    alone = {one: value(frozenset()) - value(frozenset({one})) for one in everything}

    def fill(chosen: frozenset[int], free: frozenset[int]) -> frozenset[int]:
        """``chosen`` and, by gain for the money, what of ``free`` can still be paid for."""
        left = budget - sum(costs[one] for one in sorted(chosen))
        for one in sorted(free, key=lambda one: (-alone[one] / costs[one] if costs[one] else -np.inf, costs[one], one)):
            if costs[one] <= left:
                chosen, left = chosen | {one}, left - costs[one]
        return chosen

    best = min((fill(frozenset(), everything), frozenset()), key=lambda one: (value(one), _cost(one, costs)))
    waiting = [(value(everything), 0, frozenset[int](), everything)]
    number, opened, bound = 0, 0, value(everything)
    while waiting and opened < limit:
        bound, _, chosen, free = heapq.heappop(waiting)
        if bound >= value(best) * (1 - 1e-12):
            waiting = []
            break
        opened += 1
        if not free or _cost(chosen | free, costs) <= budget:
            best = chosen | free  # all that is possible here can be paid for
            continue
        filled = fill(chosen, free)
        best = filled if value(filled) < value(best) else best
        dearest = min(free)
        rest = free - {dearest}
        left = budget - _cost(chosen, costs) - costs[dearest]
        for now, then in ((chosen | {dearest}, frozenset(one for one in rest if costs[one] <= left)), (chosen, rest)):
            number += 1
            low = max(value(now | then), bound)
            if low < value(best):
                heapq.heappush(waiting, (low, number, now, then))
    bound = min([value(best), *(one[0] for one in waiting)])
    return _cheapest(best, costs, value), bound


def _cost(chosen: frozenset[int], costs: Sequence[float]) -> float:
    return sum(costs[one] for one in sorted(chosen))


def _cheapest(chosen: frozenset[int], costs: Sequence[float], value: Value) -> frozenset[int]:
    """Without what makes no difference, the dearest first: of two sets that do the same, the cheaper is meant."""
    for one in sorted(chosen, key=lambda one: (-costs[one], one)):
        if value(chosen - {one}) <= value(chosen) * (1 + 1e-12):
            chosen = chosen - {one}
    return chosen


@dataclass(frozen=True)
class Menu:
    """The options of a bloc. It builds only what lies wholly on its members' ground, and recognition needs both sides.

    What crosses a border is paid for by the kilometre on each side (half of a leg to each end).
    """

    railway: Railway
    bloc: frozenset[str]

    def options(self) -> list[Option]:
        return [*self._lines(), *self._motorways(), *self._timed(), *self._pacts()]

    def _names(self) -> list[str]:
        return list(self.railway.data.jurisdictions)

    def _may(self, homes: np.ndarray) -> bool:
        return {self._names()[one] for one in homes} <= self.bloc

    def _title(self, jurisdiction: str) -> str:
        return self.railway.data.areas.by_id[jurisdiction].title.zh

    def _paid(self, cost: float, shares: dict[str, float]) -> list[tuple[str, float]]:
        """Who pays what, by share; in an order that no id decides."""
        whole = sum(shares.values())
        return [(one, cost * part / whole) for one, part in sorted(shares.items(), key=lambda one: self._title(one[0])) if part > 0]

    def _lines(self) -> list[Option]:
        grid, data = self.railway.grid, self.railway.data
        found = []
        for row in records(data["rail_lines"]):
            at = grid.lines.get(row["line"])
            if at is None or not self._may(grid.home[at]) or str(row["opened"] or "") > data.day.isoformat():
                continue
            km = grid.legs_km(row)
            shares: dict[str, float] = {}
            own = grid.own[row["line"]]
            for leg, length in enumerate(np.where(own, km, 0.0)):
                for end in at[leg : leg + 2]:
                    name = self._names()[grid.home[end]]
                    shares[name] = shares.get(name, 0.0) + float(length) / 2
            built, key = row["built"] >= 0.5, (row["line"],)
            if built:
                # Each side pays for its part of the trains.
                price = data.p["train_cny"]
                steps = [Step("trains", key, cost / price, cost, payer) for payer, cost in self._paid(EXTRA_TRAINS * price, shares)]
            else:
                cost = row["cost_cny"] if np.isfinite(row["cost_cny"]) else float(km[own].sum()) * data.p["line_cny_km"]
                steps = [Step("line", key, 1.0, part, payer) for payer, part in self._paid(cost + row["trains_a_day"] * data.p["train_cny"], shares)]
            found.append(Option(int(built), str(row["line"]), tuple(steps)))
        return found

    def _motorways(self) -> list[Option]:
        data, found = self.railway.data, []
        for row in records(data["motorways"]):
            homes = data.areas.jurisdiction_index[data.areas.positions([row["origin"], row["destination"]])]
            if row["built"] >= 0.5 or not self._may(homes):
                continue
            cost = row["cost_cny"] if np.isfinite(row["cost_cny"]) else row["length_km"] * data.p["motorway_cny_km"]
            shares = {self._names()[home]: float(np.mean(homes == home)) for home in homes}
            steps = [Step("motorway", (row["road"],), 1.0, part, payer) for payer, part in self._paid(cost, shares)]
            found.append(Option(2, str(row["road"]), tuple(steps)))
        return found

    def _timed(self) -> list[Option]:
        railway, grid, data = self.railway, self.railway.grid, self.railway.data
        calls = np.bincount(railway.network.feed.stop, minlength=len(grid.stations))
        mine = np.isin(np.array(self._names(), dtype=object)[grid.home], list(self.bloc))
        could = np.flatnonzero(mine & (calls > 0) & (railway.change_min > data.p["timed_min"]))
        busiest = sorted(could, key=lambda one: (-calls[one], one))[:TIMED_STATIONS]
        names = grid.stations["station"]
        return [Option(3, names[one], (Step("timed", (names[one],), 1.0, data.p["timed_cny"], self._names()[grid.home[one]]),)) for one in busiest]

    def _pacts(self) -> list[Option]:
        data, found = self.railway.data, []
        names = sorted(self.bloc, key=self._title)
        is_open = self.railway.data.provider.rules["recognised"].open
        for number, one in enumerate(names):
            for other in names[number + 1 :]:
                now = data.rule("recognised", np.array([one, other]), np.array([other, one]))
                if (now < is_open).any():
                    half = data.p["pact_cny"] / 2
                    steps = (Step("recognition", (one, other), is_open, half, one), Step("recognition", (other, one), is_open, half, other))
                    found.append(Option(4, f"{self._title(one)}-{self._title(other)}", steps))
        return found


__all__ = ["Menu", "Option", "choose", "search"]
