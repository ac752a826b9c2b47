"""Who needs care: people by place, age, grade and means, and which of the supplies they look for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Frame
from xietong.core.errors import UsageError
from xietong.workstreams.care.tables import AGES, CLASSES, GRADES, HEAVY, MEANS_CNY

STEPS = len(MEANS_CNY)


@dataclass(frozen=True)
class Groups:
    """People who are alike: row arrays of place (position), supply, whether in heavy need, step of means, whether they hold
    a voucher, and how many they are."""

    place: np.ndarray
    supply: np.ndarray
    heavy: np.ndarray
    step: np.ndarray
    voucher: np.ndarray
    people: np.ndarray

    def __len__(self) -> int:
        return len(self.people)

    @property
    def kind(self) -> np.ndarray:
        """One number for (place, supply, heavy): groups of one kind can use the same homes, if they can pay."""
        return (self.place * (int(self.supply.max(initial=0)) + 1) + self.supply) * 2 + self.heavy

    def with_people(self, people: np.ndarray) -> Groups:
        return Groups(self.place, self.supply, self.heavy, self.step, self.voucher, people)


@dataclass(frozen=True)
class People:
    """Need of care as the census and the assumed rates give it."""

    data: Data

    @cached_property
    def supplies(self) -> Frame:
        return self.data["supplies"].reset_index(drop=True)

    def number_of(self, supply: str) -> int:
        """The number of a supply; UsageError names those that there are."""
        names = list(self.supplies["supply"])
        if supply not in names:
            raise UsageError(f"supply is {supply!r}; there is {', '.join(names)}")
        return names.index(supply)

    @cached_property
    def place(self) -> np.ndarray:
        """Positions of the places with a census row."""
        return self.data.areas.positions(self.data["census"]["area"])

    @cached_property
    def ages(self) -> np.ndarray:
        """People [age group, census row]. Where the oldest are not counted apart, they are as many among the 65+ as elsewhere."""
        census = self.data["census"]
        over60, over65, over80 = (census[name].to_numpy() for name in ("pop_60_plus", "pop_65_plus", "pop_80_plus"))
        known = ~np.isnan(over65) & ~np.isnan(over80)
        over65 = np.where(np.isnan(over65), over60 * np.nansum(over65[known]) / max(np.nansum(over60[known]), 1), over65)
        over80 = np.where(np.isnan(over80), over65 * np.nansum(over80[known]) / max(np.nansum(over65[known]), 1), over80)
        return np.asarray(np.stack([over60 - over65, over65 - over80, over80]).clip(0))

    @cached_property
    def by_grade(self) -> np.ndarray:
        """People who look for care [age group, census row, grade, supply]."""
        rates = _matrix(self.data["care_rates"], "age_group", AGES, "grade", GRADES)
        settings = _matrix(self.data["care_settings"], "grade", GRADES, "supply", tuple(self.supplies["supply"]))
        return np.einsum("ar,ag,gs->args", self.ages, np.minimum(rates, 1.0), np.minimum(settings, 1.0))

    @cached_property
    def needs(self) -> Frame:
        """People looking for care by place, age group, grade and supply."""
        import pandas as pd

        age, row, grade, supply = (one.ravel() for one in np.indices(self.by_grade.shape))
        return pd.DataFrame(
            {
                "place": self.data["census"]["area"].to_numpy()[row],
                "age_group": np.array(AGES)[age],
                "grade": np.array(GRADES)[grade],
                "supply": self.supplies["supply"].to_numpy()[supply],
                "need": self.by_grade.ravel(),
            }
        )

    @cached_property
    def means(self) -> np.ndarray:
        """Share of people by step of means [census row, step]: log-normal, urban and rural apart."""
        census, p = self.data["census"], self.data.p
        urban = census["urban_share"].to_numpy()
        people = self.by_grade.sum(axis=(0, 2, 3))
        known = ~np.isnan(urban)
        urban = np.where(known, urban, np.nansum(urban * people) / max(people[known].sum(), 1e-12) if known.any() else 0.5)
        medians = [np.array([self._median(area, column, p[name]) for area in census["area"]]) for column, name in (("urban_cny_month", "means_urban_cny"), ("rural_cny_month", "means_rural_cny"))]  # fmt: skip
        rich, poor = (lognormal_steps(median, p["means_spread"]) for median in medians)
        return np.asarray(urban[:, None] * rich + (1 - urban)[:, None] * poor)

    def _median(self, area: str, column: str, otherwise: float) -> float:
        """That of the smallest area around which one is given."""
        at, areas = area, self.data.areas
        while at not in self._medians and at in areas and areas.by_id[at].parent:
            at = areas.by_id[at].parent
        return float(self._medians[at][column]) if at in self._medians else otherwise

    @cached_property
    def _medians(self) -> dict[str, dict[str, float]]:
        return {row["area"]: row for row in self.data["means"].to_dict("records")}

    @cached_property
    def groups(self) -> Groups:
        """Everybody in need, by place, supply, class of care and means; those who hold a voucher apart."""
        heavy = np.array([grade in HEAVY for grade in GRADES])
        by_class = np.stack([self.by_grade[:, :, ~heavy].sum(axis=(0, 2)), self.by_grade[:, :, heavy].sum(axis=(0, 2))], axis=-1)
        people = by_class[..., None] * self.means[:, None, None, :]
        row, supply, grade, step = (one.ravel() for one in np.indices(people.shape))
        all_of = Groups(self.place[row], supply, grade, step, np.zeros(len(row), dtype=bool), people.ravel())
        return self._with_vouchers(all_of, people.shape)

    def _with_vouchers(self, groups: Groups, shape: tuple[int, ...]) -> Groups:
        table = self.data["vouchers"]
        if not len(table):
            return groups
        row_of = {place: row for row, place in enumerate(self.place)}
        supply_of = {name: number for number, name in enumerate(self.supplies["supply"])}
        steps = {str(means): number for number, means in enumerate(MEANS_CNY)}
        at = [
            (row_of[place], supply_of[supply], CLASSES.index(grade), steps[str(means)])
            for place, supply, grade, means in zip(self.data.areas.positions(table["area"]), table["supply"], table["grade"], table["means"], strict=True)
            if place in row_of
        ]
        kept = np.isin(self.data.areas.positions(table["area"]), self.place)
        group = np.ravel_multi_index(tuple(np.array(at, dtype=np.intp).reshape(-1, 4).T), shape)
        hold = np.minimum(np.bincount(group, table["people"].to_numpy()[kept], len(groups)), groups.people)
        some = np.flatnonzero(hold > 0)
        pair = [np.concatenate([values, values[some]]) for values in (groups.place, groups.supply, groups.heavy, groups.step)]
        voucher = np.concatenate([groups.voucher, np.ones(len(some), dtype=bool)])
        return Groups(*pair, voucher, np.concatenate([groups.people - hold, hold[some]]))

    @property
    def able(self) -> np.ndarray:
        """People of 60-79 who need no care, by census row: who goes on stays."""
        rates = np.minimum(_matrix(self.data["care_rates"], "age_group", AGES, "grade", GRADES).sum(axis=1), 1.0)
        return np.asarray((self.ages * (1 - rates)[:, None])[:2].sum(axis=0))


def _matrix(table: Frame, row: str, rows: tuple[str, ...], column: str, columns: tuple[str, ...]) -> np.ndarray:
    """The column ``share`` as a matrix; a pair that the table lacks is 0: nobody looks for it."""
    found = np.zeros((len(rows), len(columns)))
    for one, other, share in zip(table[row], table[column], table["share"], strict=True):
        found[rows.index(one), columns.index(other)] = share
    return found


def lognormal_steps(median: np.ndarray, spread: float) -> np.ndarray:
    """Shares of people whose means lie in each step of MEANS_CNY [n, step]; the poorest are counted at the first: they need
    care too. ``median`` [n] in CNY a month, ``spread`` the standard deviation of the logarithm."""
    from scipy.special import ndtr

    above = ndtr((np.log(median)[:, None] - np.log(MEANS_CNY)) / spread)
    shares = above - np.append(above[:, 1:], np.zeros((len(above), 1)), axis=1)
    shares[:, 0] += 1 - above[:, 0]
    return np.asarray(shares)
