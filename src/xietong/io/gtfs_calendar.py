"""On which days the services of a GTFS feed run: calendar.txt, calendar_dates.txt, or both."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from xietong.io._gtfs_files import Column, Faults, Sheet, Source, positions, repeats

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEVER = -(2**31)


def weekday(day: int | np.ndarray) -> np.ndarray:
    """Monday 0 to Sunday 6 of days since 1970-01-01, a Thursday."""
    return np.asarray((np.asarray(day) + 3) % 7)


def iso(day: int) -> str:
    """A day since 1970-01-01 as text."""
    return str(np.datetime64(int(day), "D"))


@dataclass(frozen=True)
class Calendar:
    """Services by position; days count from 1970-01-01. A service of calendar_dates.txt alone has a regular period that holds no day."""

    service: np.ndarray
    start: np.ndarray
    end: np.ndarray
    week: np.ndarray
    exception_service: np.ndarray
    exception_day: np.ndarray
    exception_add: np.ndarray

    def active(self, day: int) -> np.ndarray:
        """Mask of the services that run on a day."""
        runs = (self.start <= day) & (day <= self.end) & self.week[:, weekday(day)]
        today = self.exception_day == day
        runs[self.exception_service[today]] = self.exception_add[today]
        return np.asarray(runs)

    def counts(self, weight: np.ndarray) -> tuple[int, np.ndarray]:
        """The first day of the calendar, and for each day from it on the sum of ``weight`` over the services that run."""
        regular = self.start <= self.end
        days = np.concatenate([self.start[regular], self.end[regular], self.exception_day])
        if not days.size:
            return 0, np.zeros(0, dtype=np.int64)
        first, last = int(days.min()), int(days.max())
        total = np.zeros(last - first + 1, dtype=np.int64)
        of_day = weekday(np.arange(first, last + 1))
        for number in range(7):
            on = regular & self.week[:, number]
            steps = np.zeros(last - first + 2, dtype=np.int64)
            np.add.at(steps, self.start[on] - first, weight[on])
            np.add.at(steps, self.end[on] + 1 - first, -weight[on])
            total += np.where(of_day == number, np.cumsum(steps)[:-1], 0)
        service, day = self.exception_service, self.exception_day
        usual = (self.start[service] <= day) & (day <= self.end[service]) & self.week[service, weekday(day)]
        np.add.at(total, day - first, weight[service] * (self.exception_add.astype(np.int64) - usual))
        return first, total


def parse_days(sheet: Sheet, name: str, faults: Faults) -> np.ndarray:
    """A column of YYYYMMDD as days since 1970-01-01; anything else is a fault (and ``NEVER``)."""
    column = sheet[name]
    values = np.asarray(np.array([_day(text) for text in column.values], dtype=np.int64)[column.codes])
    faults.rows(sheet, name, values == NEVER, "{cell!r} is not a day", "Write it as YYYYMMDD.")
    return values


def _day(text: str) -> int:
    try:
        if len(text) != 8 or not (text.isascii() and text.isdigit()):
            return NEVER
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return NEVER


def read_calendar(source: Source, faults: Faults) -> Calendar | None:
    """The calendar of a feed; None where there is none that can be read (a fault)."""
    before = faults.count
    usual = source.sheet("calendar.txt", ("service_id", *WEEKDAYS, "start_date", "end_date"), (), faults, needed=False)
    dates = source.sheet("calendar_dates.txt", ("service_id", "date", "exception_type"), (), faults, needed=False)
    if usual is None and dates is None:
        if faults.count == before:
            faults.add("neither calendar.txt nor calendar_dates.txt is there", "A feed needs one of them: no trip has a day.", source.file("calendar.txt"))
        return None
    if faults.count > before:
        return None
    ids: list[str] = sorted({str(value) for sheet in (usual, dates) if sheet is not None for value in _used(sheet["service_id"])})
    position = {service: number for number, service in enumerate(ids)}
    start, end, week = np.full(len(ids), 0, dtype=np.int64), np.full(len(ids), -1, dtype=np.int64), np.zeros((len(ids), 7), dtype=bool)
    if usual is not None:
        at = positions(usual["service_id"], position)
        _unique_services(usual, at, faults)
        days = {name: parse_days(usual, name, faults) for name in ("start_date", "end_date")}
        late = (days["start_date"] > days["end_date"]) & (days["end_date"] != NEVER)
        faults.rows(usual, "end_date", late, "the period ends before it starts", "Swap start_date and end_date.")
        start[at], end[at] = days["start_date"], days["end_date"]
        for number, name in enumerate(WEEKDAYS):
            week[at, number] = usual.choice(name, 1, faults) == 1
    exceptions = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))
    if dates is not None:
        exceptions = _exceptions(dates, position, faults)
    return None if faults.count > before else Calendar(np.array(ids, dtype=object), start, end, week, *exceptions)


def _used(column: Column) -> np.ndarray:
    return np.asarray(column.values[np.unique(column.codes)])


def _unique_services(sheet: Sheet, at: np.ndarray, faults: Faults) -> None:
    first = np.zeros(len(at), dtype=bool)
    first[np.unique(at, return_index=True)[1]] = True
    faults.rows(sheet, "service_id", ~first, "service {service_id!r} occurs twice", "Keep one row for each service.")


def _exceptions(sheet: Sheet, position: dict[str, int], faults: Faults) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Service, day and whether it is added, each pair once; a pair both added and removed is a fault."""
    column = sheet["exception_type"]
    kind = np.array([{"1": 1, "2": 2}.get(value, 0) for value in column.values], dtype=np.int64)[column.codes]
    faults.rows(sheet, "exception_type", kind == 0, "{exception_type!r} is neither 1 nor 2", "1 adds the day, 2 removes it.")
    day, service = parse_days(sheet, "date", faults), positions(sheet["service_id"], position)
    order = np.lexsort((np.arange(len(day)), day, service))
    service, day, kind = service[order], day[order], kind[order]
    same = repeats(service, day)
    clash = same & ~repeats(kind)
    faults.rows(sheet, "exception_type", order[clash], "this service is both added and removed on this day", "Keep one of the two rows.")
    return service[~same], day[~same], kind[~same] == 1


def span(calendar: Calendar, weight: np.ndarray) -> dict[int, int]:
    """Trips by day; ``weight`` are the trips of each service. Days without any are left out."""
    first, counts = calendar.counts(weight)
    return {first + int(offset): int(counts[offset]) for offset in np.flatnonzero(counts > 0)}
