"""The facts of everybody equal the rules' facts of each."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from attendance import facts as batch
from attendance import marks as codec
from attendance import sweep
from attendance.differential import generated
from authorities.packs.schema import Line
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange
from rules.facts import facts_of
from rules.school_calendar import Calendar, grid_start, year_end
from rules.thresholds import Who


def registers_of(history, year):
    """One pupil's registers."""
    first, last = sweep.compulsory_ages(np.array([history.born_on.toordinal()]))
    return batch.Registers(
        year,
        (
            np.frombuffer(history.marks[0], np.uint8)[None],
            np.frombuffer(history.marks[1], np.uint8)[None],
        ),
        history.sessions,
        batch.Pupils(
            ids=np.array([1]),
            first_day=np.array([(history.starts_on or date.min).toordinal()]),
            last_day=np.array([(history.ends_on or date.max).toordinal()]),
            compulsory_first=first,
            compulsory_last=last,
            relied_on=relied_on(history),
        ),
    )


def relied_on(history):
    """The sessions that an earlier notice rests on, as the batch takes them; None for none."""
    if not history.relied_on:
        return None
    return (
        np.zeros(len(history.relied_on), np.int64),
        np.array([when.day.toordinal() for when in history.relied_on], np.int64),
        np.array([int(when.session) for when in history.relied_on], np.int64),
    )


def by_the_rules(history, as_of):
    """The same by the rules."""
    year = codec.year_of(as_of)
    return facts_of(
        [mark for at in (0, 1) for mark in codec.decode(year - 1 + at, history.marks[at])],
        Calendar(
            sessions=tuple(
                codec.session_at(year - 1 + at, place)
                for at in (0, 1)
                for place, held in enumerate(history.sessions[at])
                if held
            )
        ),
        as_of,
        who=Who(
            on_roll=DateRange(history.starts_on, history.ends_on),
            compulsory=compulsory_days(history.born_on),
            relied_on=history.relied_on,
        ),
    )


def as_value(fact):
    """A fact of the batch as the rules give it."""
    got = fact.at(0)
    if fact.of is None:
        return got
    part, whole = got
    return Fraction(100 * part, whole) if whole >= fact.floor else None


def same(ours, law):
    if law is None or ours is None:
        return ours is law
    return abs(Fraction(law) - ours) < Fraction(1, 10**20)


def days_of(as_of):
    """The day itself, and days near the year's edges, where weeks begin."""
    start = grid_start(codec.year_of(as_of))
    near = [as_of + timedelta(days=more) for more in (-8, -1, 1, 2, 3)]
    held = [as_of, *near, start, start + timedelta(days=45), year_end(start)]
    return [day for day in held if start <= day <= year_end(start) and day >= date(2024, 8, 19)]


@pytest.mark.parametrize("group", range(6))
def test_the_facts_of_everybody_equal_the_facts_of_each(group):
    as_of, cases = generated(417, group)

    for number, history in enumerate(cases[:12]):
        registers = registers_of(history, codec.year_of(as_of))
        for day in days_of(as_of):
            law = by_the_rules(history, day)
            ours = registers.facts(day)
            wrong = {
                name: (as_value(ours[name]), value)
                for name, value in law.items()
                if not same(as_value(ours[name]), value)
            }
            assert wrong == {}, f"group {group}, history {number}, {day}"


def test_the_histories_hold_sessions_that_were_used():
    """Otherwise the test above would not see whether they are left out."""
    found = [one for group in range(6) for one in generated(417, group)[1][:12] if one.relied_on]
    assert len(found) >= 3


@pytest.mark.parametrize("group", range(6))
def test_a_day_said_to_be_as_the_day_before_is(group):
    as_of, cases = generated(418, group)
    year = codec.year_of(as_of)
    first = max(grid_start(year), date(2024, 8, 19)) + timedelta(days=1)
    skipped = []

    for number, history in enumerate(cases[:4]):
        registers = registers_of(history, year)
        for day in (first + timedelta(days=more) for more in range(300)):
            if not registers.as_before(day):
                continue
            skipped.append(day)
            now, before = registers.facts(day), registers.facts(day - timedelta(days=1))
            moved = {name for name in now if now[name].at(0) != before[name].at(0)}
            assert moved == set(), f"group {group}, history {number}, {day}"
            here = registers.pupils.on_roll(day - timedelta(days=1))
            assert registers.pupils.on_roll(day).tolist() == here.tolist()

    assert len(skipped) > 300
    assert {day.weekday() for day in skipped} >= {5, 6}


@pytest.mark.parametrize("operator", ["lt", "lte", "gt", "gte"])
@pytest.mark.parametrize("number", ["95", "92.5", "20"])
@pytest.mark.parametrize(("part", "of"), [(19, 20), (37, 40), (18, 19), (94, 100), (20, 100)])
def test_a_line_is_crossed_where_the_schema_says_so(operator, number, part, of):
    fact = batch.Fact(np.array([part], np.int16), np.array([of], np.int16), floor=20)
    line = Line(fact="attendance_percent", operator=operator, number=Decimal(number))
    percent = Decimal(part) * 100 / Decimal(of) if of >= 20 else None

    assert bool(fact.crosses(operator, Decimal(number))[0]) == line.crossed_by(
        {"attendance_percent": percent}
    )


def test_a_count_is_compared_without_rounding():
    fact = batch.Fact(np.array([5, 6, 7], np.int16))

    assert fact.crosses("gte", Decimal("6")).tolist() == [False, True, True]
    assert fact.crosses("lt", Decimal("6.5")).tolist() == [True, True, False]
