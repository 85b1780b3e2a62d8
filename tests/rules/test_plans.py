"""Plans: review days, targets, and attendance before, during and after."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from rules.absence import Tally
from rules.dates import DateRange
from rules.errors import UnknownTerm
from rules.marks import Mark, Session
from rules.plans import Aim, change_over, review_day_refusal, target_advice, target_refusal
from rules.school_calendar import build_calendar

# Two terms: 2 November to 18 December 2026, and 4 to 29 January 2027; an INSET day on 4 December.
CALENDAR = build_calendar(
    [
        DateRange(date(2026, 11, 2), date(2026, 12, 18)),
        DateRange(date(2027, 1, 4), date(2027, 1, 29)),
    ],
    inset=[date(2026, 12, 4)],
    holidays=(),
)


@pytest.mark.rule("PLAN-1")
@pytest.mark.parametrize(
    ("day", "says", "why"),
    [
        ("2026-12-03", "", "a school day after the start"),
        ("2026-11-02", "after 2 November 2026", "the day it starts"),
        ("2026-11-01", "after 2 November 2026", "before it starts"),
        ("2026-12-04", "Choose 7 December 2026", "an INSET day: the Monday after"),
        ("2026-12-05", "Choose 7 December 2026", "a Saturday"),
        ("2026-12-25", "Choose 4 January 2027", "in the holidays: the first day of the next term"),
    ],
)
def test_a_plan_is_looked_at_on_a_school_day_after_it_starts(day, says, why):
    found = review_day_refusal(CALENDAR, date.fromisoformat(day), since=date(2026, 11, 2))

    assert (says in found) if says else (found == ""), why


def test_a_day_after_the_last_term_asks_for_the_next_terms_dates():
    with pytest.raises(UnknownTerm, match="Add the next term first"):
        review_day_refusal(CALENDAR, date(2027, 2, 10), since=date(2026, 11, 2))


def aim(**changes) -> Aim:
    """From 70% to 90% by 11 December."""
    return Aim(
        **{
            "what": "In school by 8:50 each day",
            "percent": True,
            "start": Decimal(70),
            "goal": Decimal(90),
            "by": date(2026, 12, 11),
            **changes,
        }
    )


@pytest.mark.rule("PLAN-2")
@pytest.mark.parametrize(
    ("changes", "says", "why"),
    [
        ({}, "", "what, from, to and by when"),
        ({"what": "  "}, "Say what will be different", "nothing said"),
        ({"start": Decimal(-1)}, "0 or more", "less than nothing"),
        ({"goal": Decimal(101)}, "100 or less", "more than all"),
        ({"goal": Decimal(101), "percent": False}, "", "a count may be more than a hundred"),
        ({"goal": Decimal(70)}, "another number", "no way to go"),
        ({"by": date(2026, 11, 2)}, "after 2 November 2026", "on the first day"),
        ({"by": date(2026, 12, 18)}, "", "on the day of the review"),
        ({"by": date(2026, 12, 19)}, "on or before 18 December 2026", "after the review"),
        ({"steps": [(date(2026, 11, 20), Decimal(80))]}, "", "a step between"),
        (
            {"steps": [(date(2026, 12, 4), Decimal(85)), (date(2026, 11, 20), Decimal(80))]},
            "",
            "steps in any order",
        ),
        ({"steps": [(date(2026, 12, 11), Decimal(80))]}, "a day of its own", "a step on its day"),
        (
            {"steps": [(date(2026, 11, 20), Decimal(80)), (date(2026, 11, 20), Decimal(85))]},
            "a day of its own",
            "two steps on one day",
        ),
        ({"steps": [(date(2026, 11, 20), Decimal(60))]}, "must be between", "a step backwards"),
        ({"steps": [(date(2026, 11, 20), Decimal(95))]}, "must be between", "past the goal"),
        (
            {
                "percent": False,
                "start": Decimal(8),
                "goal": Decimal(2),
                "steps": [(date(2026, 11, 20), Decimal(5))],
            },
            "",
            "fewer lates: downwards",
        ),
        (
            {
                "percent": False,
                "start": Decimal(8),
                "goal": Decimal(2),
                "steps": [(date(2026, 11, 20), Decimal(9))],
            },
            "must be between",
            "downwards, and the step goes up",
        ),
    ],
)
def test_a_target_says_what_from_where_to_where_and_by_when(changes, says, why):
    found = target_refusal(aim(**changes), first=date(2026, 11, 2), last=date(2026, 12, 18))

    assert (says in found) if says else (found == ""), why


@pytest.mark.parametrize(
    ("changes", "said", "why"),
    [
        ({}, 0, "twenty points are within reach"),
        ({"start": Decimal("69.9")}, 1, "more than twenty are not"),
        (
            {"start": Decimal(25), "steps": [(date(2026, 11, 20), Decimal(50))]},
            0,
            "with steps they are",
        ),
        ({"by": date(2027, 1, 25)}, 0, "exactly twelve weeks"),
        ({"by": date(2027, 1, 26)}, 1, "a day longer"),
    ],
)
def test_advice_on_a_target_follows_the_guide(changes, said, why):
    assert len(target_advice(aim(**changes), first=date(2026, 11, 2))) == said, why


def attended(*days: date) -> list[Mark]:
    """Present on whole days."""
    return [Mark(day, half, "/\\"[half]) for day in days for half in Session]


def november(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


# 2 to 6 November: away two days. 9 to 13: away one. 16 to 20: late once, else there.
WEEK_1 = [
    *(Mark(day, half, "O") for day in november(2, 3) for half in Session),
    *attended(*november(4, 5, 6)),
]
WEEK_2 = [
    *(Mark(day, half, "I") for day in november(9) for half in Session),
    *attended(*november(10, 11, 12, 13)),
]
WEEK_3 = [
    Mark(date(2026, 11, 16), Session.AM, "L"),
    Mark(date(2026, 11, 16), Session.PM, "\\"),
    *attended(*november(17, 18, 19, 20)),
]


@pytest.mark.rule("PLAN-3")
def test_a_plan_is_compared_with_as_many_school_days_before_and_after():
    change = change_over(
        [*WEEK_1, *WEEK_2, *WEEK_3],
        CALENDAR,
        first=date(2026, 11, 9),
        last=date(2026, 11, 13),
        as_of=date(2026, 11, 30),
    )

    assert change.before.tally == Tally(attended=6, unauthorised=4)
    assert change.during.tally == Tally(attended=8, authorised=2)
    assert change.after.tally == Tally(attended=10, late_before=1)
    assert (change.after.first, change.after.last) == (date(2026, 11, 16), date(2026, 11, 20))
    assert [part.days for part in (change.before, change.during, change.after)] == [5, 5, 5]


def test_a_plan_that_goes_on_is_compared_with_as_many_days_as_it_has_had():
    change = change_over(
        [*WEEK_1, *WEEK_2],
        CALENDAR,
        first=date(2026, 11, 9),
        last=date(2026, 12, 18),
        as_of=date(2026, 11, 10),
    )

    assert change.during.tally == Tally(attended=2, authorised=2)
    assert (change.before.first, change.before.tally) == (
        date(2026, 11, 5),
        Tally(attended=4),
    )
    assert change.after.days == 0
    assert change.after.first is None


def test_a_plan_that_has_had_no_day_shows_as_long_before_as_it_will_be():
    change = change_over(
        WEEK_1,
        CALENDAR,
        first=date(2026, 11, 9),
        last=date(2026, 11, 11),
        as_of=date(2026, 11, 8),
    )

    assert change.before.days == 3
    assert change.before.tally == Tally(attended=6)
    assert change.during.tally == Tally()


def test_days_off_roll_and_days_to_come_are_in_none():
    change = change_over(
        [*WEEK_1, *WEEK_2, *WEEK_3],
        CALENDAR,
        first=date(2026, 11, 9),
        last=date(2026, 11, 13),
        as_of=date(2026, 11, 16),
        on_roll=DateRange(date(2026, 11, 4), None),
    )

    assert change.before.tally == Tally(attended=6)
    assert change.after.days == 1
    assert change.after.tally == Tally(attended=2, late_before=1)


def test_a_plan_at_the_start_of_the_calendar_has_no_days_before():
    change = change_over(
        WEEK_1,
        CALENDAR,
        first=date(2026, 11, 2),
        last=date(2026, 11, 6) + timedelta(days=1),
        as_of=date(2026, 11, 30),
    )

    assert change.before.days == 0
    assert change.during.tally == Tally(attended=6, unauthorised=4)
