"""School calendars: terms and days become sessions, and nothing lost without a word."""

from datetime import date

import pytest

from attendance.models import DayKind
from attendance.selectors import calendars as selectors
from attendance.services import calendars as services
from attendance.services.calendars import DayEntry, MarksWouldVanish, Plan, TermDates
from attendance.services.registers import record_marks
from audit.models import Event
from rules.errors import Conflict, InvalidInput, NotFound
from rules.marks import DatedSession, Session
from tests.attendance.registers import NOW, frame, week_of

AUTUMN = (
    TermDates(date(2026, 9, 1), date(2026, 10, 23), "Autumn first half"),
    TermDates(date(2026, 11, 2), date(2026, 12, 18), "Autumn second half"),
)
INSET = (
    DayEntry(date(2026, 9, 1), DayKind.INSET),
    DayEntry(date(2026, 11, 2), DayKind.INSET),
)


def save(cast, plan, **fields):
    fields = {"school": cast.hillside, "year": 2026, "by": cast.officer, **fields}
    return services.save(authority=cast.northmoor, plan=plan, change="test", **fields)


def test_terms_and_days_become_sessions_on_the_year_grid(cast):
    calendar = save(cast, Plan(AUTUMN, INSET))

    grid = bytes(calendar.sessions)
    assert len(grid) == 742
    # 39 + 35 weekdays, two of them training days, two sessions each
    assert sum(grid) == (39 + 35 - 2) * 2
    # the grid starts on Monday 27 July 2026: Wednesday 2 September is 37 days on
    assert grid[36 * 2 : 38 * 2] == b"\0\0\1\1"
    assert calendar.revision == 1


def test_a_half_day_closure_takes_one_session(cast):
    polling = DayEntry(date(2026, 11, 10), DayKind.CLOSED, Session.PM, "polling station")

    calendar = save(cast, Plan(AUTUMN, (polling,)))

    sessions = selectors.sessions_of(calendar)
    assert DatedSession(date(2026, 11, 10), Session.AM) in sessions
    assert DatedSession(date(2026, 11, 10), Session.PM) not in sessions


def test_an_extra_day_may_be_a_saturday(cast):
    fair = DayEntry(date(2026, 11, 14), DayKind.OPEN, Session.AM)

    calendar = save(cast, Plan(AUTUMN, (fair,)))

    assert DatedSession(date(2026, 11, 14), Session.AM) in selectors.sessions_of(calendar)


def test_bank_holidays_inside_a_term_have_no_school(cast):
    summer = TermDates(date(2027, 4, 12), date(2027, 5, 28), "Summer first half")

    calendar = save(cast, Plan((summer,)))

    days = {session.day for session in selectors.sessions_of(calendar)}
    assert date(2027, 5, 3) not in days
    assert date(2027, 5, 4) in days


@pytest.mark.parametrize(
    ("terms", "days", "words"),
    [
        (
            (TermDates(date(2026, 9, 1), date(2026, 8, 1), "Autumn"),),
            (),
            "Autumn ends on 1 August 2026, before it starts on 1 September 2026",
        ),
        (
            (*AUTUMN, TermDates(date(2026, 10, 23), date(2026, 10, 30), "Extra")),
            (),
            "Extra starts on 23 October 2026, before Autumn first half ends on 23 October 2026",
        ),
        (
            (TermDates(date(2025, 9, 1), date(2025, 12, 19), "Last year"),),
            (),
            "Last year is not inside the school year 2026/27",
        ),
        (AUTUMN, (DayEntry(date(2026, 10, 27), DayKind.INSET),), "27 October 2026 has no school"),
        (AUTUMN, (DayEntry(date(2026, 9, 5), DayKind.CLOSED),), "5 September 2026 has no school"),
        (AUTUMN, (DayEntry(date(2026, 9, 7), DayKind.OPEN),), "already has school"),
        (AUTUMN, (DayEntry(date(2028, 9, 7), DayKind.OPEN),), "is not in the school year"),
        (
            AUTUMN,
            (
                DayEntry(date(2026, 9, 7), DayKind.CLOSED, Session.AM),
                DayEntry(date(2026, 9, 7), DayKind.INSET),
            ),
            "entered more than once",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(cast, terms, days, words):
    with pytest.raises(InvalidInput) as refusal:
        save(cast, Plan(terms, days))

    assert words in refusal.value.sentence
    assert selectors.own_calendar(cast.northmoor, cast.hillside, 2026) is None


def test_years_whose_bank_holidays_are_unknown_are_refused(cast):
    far = TermDates(date(2031, 9, 2), date(2031, 12, 18), "Autumn")

    with pytest.raises(InvalidInput, match="do not know the bank holidays"):
        save(cast, Plan((far,)), year=2031)


def test_saving_the_same_again_makes_no_new_revision(cast):
    save(cast, Plan(AUTUMN, INSET))

    again = save(cast, Plan(AUTUMN, INSET))

    assert again.revision == 1
    assert again.terms.count() == 2


def test_a_change_is_written_into_the_history(cast):
    save(cast, Plan(AUTUMN))

    event = Event.objects.get(kind="calendar.changed")
    assert event.by == cast.officer
    assert event.facts["change"] == "test (2026/27)"
    assert event.school == cast.hillside


def test_the_schools_own_calendar_stands_before_the_authoritys(cast):
    theirs = save(cast, Plan(AUTUMN), school=None)
    assert selectors.calendar_in_force(cast.hillside, 2026) == theirs

    own = save(cast, Plan(AUTUMN, INSET))

    assert selectors.calendar_in_force(cast.hillside, 2026) == own
    assert selectors.calendar_in_force(cast.brook, 2026) == theirs
    assert selectors.calendar_in_force(cast.coast, 2026) is None


def test_the_calendars_in_force_are_one_a_year(cast):
    save(cast, Plan(AUTUMN), school=None)
    own = save(cast, Plan(AUTUMN, INSET))
    summer = TermDates(date(2026, 6, 1), date(2026, 7, 21), "Summer second half")
    last = save(cast, Plan((summer,)), school=None, year=2025)

    assert selectors.calendars_in_force(cast.hillside) == [last, own]


def test_a_school_copies_the_authoritys_once(cast):
    save(cast, Plan(AUTUMN, INSET), school=None)

    copy = services.copy_from_authority(school=cast.hillside, year=2026, by=cast.officer)

    assert copy.school == cast.hillside
    assert services.plan_of(copy) == Plan(AUTUMN, INSET)
    with pytest.raises(Conflict, match="already has its own"):
        services.copy_from_authority(school=cast.hillside, year=2026, by=cast.officer)


def test_there_must_be_something_to_copy(cast):
    with pytest.raises(NotFound, match="has no calendar for 2026/27"):
        services.copy_from_authority(school=cast.hillside, year=2026, by=cast.officer)


def test_a_term_taken_out_takes_its_closures_with_it():
    plan = services.without_term(Plan(AUTUMN, INSET), date(2026, 11, 2))

    assert plan == Plan(AUTUMN[:1], INSET[:1])


def test_a_day_changed_replaces_its_entry():
    moved = DayEntry(date(2026, 9, 2), DayKind.INSET)

    plan = services.with_day(Plan(AUTUMN, INSET), moved, instead_of=INSET[0])

    assert plan.days == (INSET[1], moved)


def test_a_year_at_a_glance_numbers_school_weeks_and_lists_the_short_ones(cast):
    calendar = save(cast, Plan(AUTUMN, INSET))

    year = selectors.year_at_a_glance(calendar)

    assert (year.sessions, year.days, year.weeks) == (144, 72, 15)
    assert [(week.number, week.sessions) for week in year.short_weeks] == [(1, 6), (9, 8)]
    assert year.short_weeks[1].because == ("Monday: staff training day",)
    assert year.months[0].first == date(2026, 9, 1)
    half_term = [w for m in year.months for w in m.weeks if w.cells[0].day == date(2026, 10, 26)]
    assert half_term[0].number is None


def recorded(cast):
    """Two marks on Monday 14 September 2026 at Hillside, by the authority's calendar."""
    save(cast, Plan(AUTUMN), school=None)
    rows = week_of(cast.enrolment.pk, date(2026, 9, 14), "/\\")
    record_marks(
        school=cast.hillside, marks=frame(rows), batch=None, by=cast.officer, reason="", now=NOW
    )


CLOSED = Plan(AUTUMN, (DayEntry(date(2026, 9, 14), DayKind.CLOSED),))


def test_a_change_that_takes_marks_away_says_how_many_and_waits(cast):
    recorded(cast)

    with pytest.raises(MarksWouldVanish) as refusal:
        save(cast, CLOSED, school=None)

    assert refusal.value.marks == 2
    assert "2 marks are recorded on 14 September 2026" in refusal.value.sentence
    theirs = selectors.own_calendar(cast.northmoor, None, 2026)
    assert DatedSession(date(2026, 9, 14), Session.AM) in selectors.sessions_of(theirs)


def test_marks_on_several_days_are_named_by_the_first_and_last(cast):
    recorded(cast)

    with pytest.raises(MarksWouldVanish, match="between 1 September 2026 and 18 December 2026"):
        save(cast, Plan(()), school=None)


def test_a_schools_first_own_calendar_is_held_against_the_one_it_replaces(cast):
    recorded(cast)

    with pytest.raises(MarksWouldVanish):
        save(cast, CLOSED)
    other_school = save(cast, CLOSED, school=cast.brook)

    assert other_school.revision == 1


def test_a_confirmed_change_goes_through(cast):
    recorded(cast)

    calendar = save(cast, CLOSED, school=None, confirmed=True)

    sessions = selectors.sessions_of(calendar)
    assert DatedSession(date(2026, 9, 14), Session.AM) not in sessions


def test_the_rules_read_years_of_calendars_as_one(cast):
    save(cast, Plan(AUTUMN, INSET))
    summer = TermDates(date(2026, 6, 1), date(2026, 7, 21), "Summer second half")
    save(cast, Plan((summer,)), year=2025)

    law = selectors.rules_calendar(selectors.calendars_in_force(cast.hillside))

    assert law.days[0] == date(2026, 6, 1)
    assert law.days[-1] == date(2026, 12, 18)
