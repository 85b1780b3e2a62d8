"""Agreeing beforehand: each kind with its code and rule, groups, overlaps, ending early."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from attendance.models import (
    Arrangement,
    ArrangementKind,
    ChangeState,
    MarkChange,
    MarkNote,
    PartTimeReview,
)
from attendance.selectors import arrangements as selectors
from attendance.selectors.arrangements import known_for
from attendance.selectors.registers import marks_of
from attendance.services import arrangements as services
from attendance.services.registers import record_marks
from audit.models import Event
from audit.record import Kind
from authorities.permissions import Permission, Role
from rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.agreed import (
    FRIDAY,
    MONDAY,
    a_request,
    a_timetable,
    agree,
    evidence,
    office,
    told,
)
from tests.attendance.registers import frame
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, Cast

K = ArrangementKind
AM, PM = Session.AM, Session.PM
WEEKENDS_TOO = "1" * 14
MORNINGS = "10" * 7
THURSDAY = date(2026, 11, 12)


@pytest.fixture(name="school")
def a_school(cast: Cast) -> Cast:
    """Hillside with its calendar; the pupil is in year 11."""
    calendar(cast)
    cast.enrolment.year_group = "11"
    cast.enrolment.save()
    return cast


def check(cast: Cast, one, *enrolments, **more: Any):
    return services.preview(
        reach=office(cast),
        school=cast.hillside,
        enrolments=list(enrolments) or [cast.enrolment],
        told=one,
        today=TODAY,
        **more,
    )


FAITH = {"nature": "Diwali", "body": "The temple"}
EXAM = {"nature": "GCSE", "last_paper": MONDAY}
TRADE = {"nature": "Showman", "requires_travel": True}


@pytest.mark.parametrize(
    ("kind", "fields", "code", "nature"),
    [
        (K.TRIP, {"code": "P", "nature": "Netball"}, "P", "Netball"),
        (K.TRIP, {"code": "B", "nature": "Taster day"}, "B", "Taster day"),
        (K.WORK_EXPERIENCE, {"nature": "A garage"}, "W", "A garage"),
        (K.MEDICAL, {}, "M", ""),
        (K.ILLNESS, {}, "I", ""),
        (K.RELIGIOUS, FAITH, "R", "Diwali (The temple)"),
        (K.STUDY, EXAM, "S", "GCSE, last paper 7 December 2026"),
        (K.MOBILE, TRADE, "T", "Showman"),
        (K.DUAL, {"other_school": "The Unit"}, "D", ""),
        (K.ALTERNATIVE, {"nature": "Farm school"}, "B", "Farm school"),
        (K.ALTERNATIVE, {"nature": "Tuition", "arranged_by": "council"}, "K", "Tuition"),
        (K.ALTERNATIVE, {"arranged_by": "registered", "other_school": "The Unit"}, "D", ""),
        (K.SUSPENSION, {}, "E", ""),
        (K.EXCLUSION, {}, "E", ""),
        (K.OTHER, {"code": "Y7", "nature": "A flood at home"}, "Y7", "A flood at home"),
        (K.OTHER, {"code": "Q"}, "Q", ""),
    ],
)
def test_each_kind_gives_its_code(school, kind, fields, code, nature):
    (row,) = agree(school, told(kind, **fields))

    assert (row.code, row.nature) == (code, nature)
    assert [found.code for found in known_for(school.enrolment, DatedSession(MONDAY, PM))] == [code]


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        (K.TRIP, {"nature": ""}, "what the trip or visit is"),
        (K.TRIP, {"code": "I"}, "which of these"),
        (K.LEAVE, {}, "which of these"),
        (K.WORK_EXPERIENCE, {}, "where the work experience is"),
        (K.RELIGIOUS, {**FAITH, "pattern": MORNINGS}, "whole days"),
        (K.RELIGIOUS, {"nature": "Diwali"}, "which religious body"),
        (K.STUDY, {"nature": "GCSE"}, "the day of the last paper"),
        (K.STUDY, {**EXAM, "ends_on": FRIDAY}, "ends with the last paper"),
        (K.MOBILE, {**TRADE, "educated_elsewhere": True}, "code D"),
        (K.DUAL, {}, "which other school"),
        (K.ALTERNATIVE, {"nature": "Online", "in_person": False}, "not attendance"),
        (K.OTHER, {"code": "Y7"}, "what the unavoidable cause is"),
        (K.MEDICAL, {"ends_on": date(2026, 12, 4)}, "on or after the first"),
        (K.MEDICAL, {"starts_on": date(2026, 12, 5), "ends_on": date(2026, 12, 6)}, "not meet"),
    ],
)
def test_each_kind_is_refused_in_words(school, kind, fields, says):
    with pytest.raises((RuleNotMet, InvalidInput), match=says):
        check(school, told(kind, **{"starts_on": MONDAY, **fields}))


def test_a_trip_for_a_group_is_agreed_together_and_ended_together(school):
    friends = [
        factories.enrolment(factories.pupil(school.northmoor), school.hillside) for _ in range(2)
    ]
    rows = agree(school, told(), school.enrolment, *friends)

    assert len({row.together for row in rows}) == 1
    assert len(rows) == len(selectors.together_with(rows[0])) == 3
    ended = services.end_early(
        reach=office(school),
        arrangements=selectors.together_with(rows[0]),
        last_day=date(2026, 12, 6),
        because="The coach broke down",
        now=NOW,
    )
    assert ended == 3
    assert not known_for(friends[0], DatedSession(MONDAY, AM))
    assert selectors.state_on(Arrangement.objects.first(), TODAY) == "Never began"


def test_a_refusal_in_a_group_names_the_pupil(school):
    young = factories.enrolment(
        factories.pupil(school.northmoor, forenames="Ash"), school.hillside, year_group="9"
    )

    with pytest.raises(RuleNotMet, match="Ash Example: Study leave is for pupils in year 11"):
        check(school, told(K.STUDY, **EXAM), school.enrolment, young)


def test_nobody_chosen_is_nobody_agreed(school):
    with pytest.raises(InvalidInput, match="at least one pupil"):
        services.preview(
            reach=office(school),
            school=school.hillside,
            enrolments=[],
            told=told(),
            today=TODAY,
        )


def test_a_pupil_off_roll_that_day_is_left_out(school):
    left = factories.enrolment(
        factories.pupil(school.northmoor), school.hillside, ends_on=date(2026, 11, 30)
    )

    shown = check(school, told(), school.enrolment, left)
    rows = agree(school, told(), school.enrolment, left)

    assert [row.enrolment for row in shown.without] == [left]
    assert [row.enrolment for row in rows] == [school.enrolment]


def test_overlaps_are_shown_before_they_are_agreed(school):
    (trip,) = agree(school, told())
    (shown,) = check(school, told(K.MEDICAL)).pupils
    (later,) = check(school, told(K.MEDICAL, starts_on=FRIDAY, ends_on=FRIDAY)).pupils

    assert shown.overlaps == (trip,)
    assert later.overlaps == ()


def test_the_same_thing_is_not_agreed_twice(school):
    agree(school, told(K.MEDICAL))

    with pytest.raises(Conflict, match="agreed already"):
        agree(school, told(K.MEDICAL))


def test_what_changed_since_the_preview_is_shown_again(school):
    with pytest.raises(Conflict, match="Something changed"):
        services.agree(
            reach=office(school),
            school=school.hillside,
            enrolments=[school.enrolment],
            told=told(),
            seen="former",
            amend=False,
            now=NOW,
            today=TODAY,
        )


def test_marks_without_reason_are_put_right_and_others_stay(school):
    a_year_of_marks(school, absences=days_of("N", THURSDAY) | {(date(2026, 11, 13), 0): "I"})
    one = told(K.MEDICAL, starts_on=THURSDAY, ends_on=date(2026, 11, 13), nature="Hospital")

    (shown,) = check(school, one).pupils
    agree(school, one)

    assert [cell.mark for cell in shown.to_amend] == ["N", "N"]
    assert [cell.mark for cell in shown.stays] == ["I", "\\"]
    assert [cell.mark for cell in shown.attended] == ["\\"]
    codes = [mark.code for mark in marks_of(school.enrolment, THURSDAY, date(2026, 11, 13))]
    assert codes == ["M", "M", "I", "\\"]
    assert MarkNote.objects.filter(code="M", nature="Hospital").count() == 2


def test_an_old_mark_is_left_to_a_second_person(school):
    old, not_old = date(2026, 10, 9), date(2026, 10, 12)
    a_year_of_marks(school, absences=days_of("N", old, not_old))
    one = told(K.MEDICAL, starts_on=old, ends_on=not_old)

    shown = check(school, one)
    agree(school, one)

    # The twentieth school day after 9 October is 16 November; after 12 October it is today.
    assert (shown.too_old, shown.to_amend) == (2, 2)
    codes = [mark.code for mark in marks_of(school.enrolment, old, not_old)]
    assert codes == ["N", "N", "M", "M"]
    waiting = MarkChange.objects.get(state=ChangeState.WAITING)
    assert [row.day for row in waiting.rows.all()] == [old, old]


def test_marks_stay_unless_the_person_says_so(school):
    a_year_of_marks(school, absences=days_of("N", THURSDAY))

    agree(school, told(K.MEDICAL, starts_on=THURSDAY, ends_on=THURSDAY), amend=False)

    assert [mark.code for mark in marks_of(school.enrolment, THURSDAY, THURSDAY)] == ["N", "N"]


def test_what_reaches_a_log_names_nobody(school):
    factories.adult(school.pupil)
    rows = [*agree(school, told()), a_request(school), a_timetable(school), evidence(school)]
    review = PartTimeReview.objects.get()

    assert [str(row) for row in rows] == [row.reference for row in rows]
    assert str(review) == f"part-time review {review.pk}"


def test_nothing_to_put_right_writes_nothing(school):
    agree(school, told(K.MEDICAL))

    assert not MarkNote.objects.exists()


def test_changing_ends_the_one_and_agrees_the_other(school):
    (first,) = agree(school, told(K.DUAL, ends_on=FRIDAY, other_school="The Unit"))
    wednesday = date(2026, 12, 9)

    (second,) = agree(
        school,
        told(
            K.DUAL, starts_on=wednesday, ends_on=FRIDAY, other_school="The Unit", pattern=MORNINGS
        ),
        instead_of=first,
    )

    first.refresh_from_db()
    assert (first.ended_on, second.instead_of) == (date(2026, 12, 8), first)
    assert first.ended_because == "Another arrangement took its place"
    assert [row.pk for row in known_for(school.enrolment, DatedSession(wednesday, AM))] == [
        second.pk
    ]
    assert not known_for(school.enrolment, DatedSession(wednesday, PM))


def test_an_end_needs_a_reason_and_comes_once(school):
    rows = agree(school, told(K.MEDICAL, ends_on=FRIDAY))

    def end(day: date, because: str = "Cancelled") -> int:
        return services.end_early(
            reach=office(school), arrangements=rows, last_day=day, because=because, now=NOW
        )

    with pytest.raises(InvalidInput, match="Say why"):
        end(MONDAY, " ")
    assert end(MONDAY) == 1
    with pytest.raises(Conflict, match="ends on 7 December 2026 already"):
        end(MONDAY)
    assert Event.objects.filter(kind=Kind.ARRANGEMENT_ENDED).count() == 1


def test_the_wrong_people_agree_and_end_nothing(school):
    (row,) = agree(school, told())
    tutor = school.reach(school.person(Role.TUTOR, "hillside"))
    other = school.reach(school.person(Role.ATTENDANCE_OFFICER, "brook"))

    for reach in (tutor, other):
        with pytest.raises(Forbidden):
            services.preview(
                reach=reach,
                school=school.hillside,
                enrolments=[school.enrolment],
                told=told(),
                today=TODAY,
            )
        with pytest.raises(Forbidden):
            services.agree(
                reach=reach,
                school=school.hillside,
                enrolments=[school.enrolment],
                told=told(),
                seen="",
                amend=False,
                now=NOW,
                today=TODAY,
            )
        with pytest.raises(Forbidden):
            services.end_early(
                reach=reach, arrangements=[row], last_day=TODAY, because="No", now=NOW
            )
        with pytest.raises(NotFound):
            selectors.arrangement_for(reach, row.reference, Permission.VIEW_SENSITIVE)


# Suspension

MORE = {"starts_on": date(2026, 11, 23)}


def test_a_suspension_of_five_days_needs_nothing_more(school):
    (row,) = agree(school, told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 27)))

    assert row.code == "E"


def test_from_the_sixth_day_something_is_due(school):
    long = told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 30))

    with pytest.raises(RuleNotMet, match="From 30 November 2026, the sixth school day"):
        check(school, long)
    assert check(school, replace(long, nothing_arranged=True)).sessions == 12


def test_days_in_a_row_are_counted_over_several_suspensions(school):
    agree(school, told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 25)))
    next_days = {"starts_on": date(2026, 11, 26), "ends_on": date(2026, 12, 1)}

    with pytest.raises(RuleNotMet, match="From 30 November 2026"):
        check(school, told(K.SUSPENSION, **next_days))
    with pytest.raises(RuleNotMet, match="From 30 November 2026"):
        check(school, told(K.EXCLUSION, **next_days))


def suspended_before(cast: Cast, half_days: int) -> None:
    """Marks of E from the first day of term on: from a register that was imported."""
    a_year_of_marks(cast)
    first = marks_of(cast.enrolment, date(2026, 9, 2), date(2026, 11, 16))[:half_days]
    rows = [(cast.enrolment.pk, mark.day, mark.session, "E") for mark in first]
    record_marks(school=cast.hillside, marks=frame(rows), batch=None, by=None, reason="E", now=NOW)


@pytest.mark.parametrize(("half_days", "refused"), [(80, False), (81, True)])
def test_at_most_45_school_days_in_a_year_count_what_the_register_says(school, half_days, refused):
    suspended_before(school, half_days)
    five_days = told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 27))

    if refused:
        with pytest.raises(RuleNotMet, match="at most 45 school days"):
            check(school, five_days)
    else:
        assert check(school, five_days).sessions == 10


def test_a_permanent_exclusion_is_not_counted_in_the_45_days(school):
    suspended_before(school, 81)

    shown = check(school, told(K.EXCLUSION, **MORE, ends_on=date(2026, 11, 27)))

    assert shown.sessions == 10


def test_changing_a_suspension_does_not_count_it_twice(school):
    suspended_before(school, 78)
    (first,) = agree(school, told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 27)))
    shorter = told(K.SUSPENSION, **MORE, ends_on=date(2026, 11, 26))

    assert check(school, shorter, instead_of=first).sessions == 8


# What the lists say


def test_an_arrangement_stands_as_the_day_has_it(school):
    (row,) = agree(school, told(K.MEDICAL, ends_on=FRIDAY))

    states = [selectors.state_on(row, day) for day in (TODAY, MONDAY, FRIDAY, date(2026, 12, 12))]
    row.ended_on = MONDAY
    states.append(selectors.state_on(row, FRIDAY))

    assert states == ["To come", "In force", "In force", "Ended", "Ended early"]


def test_what_is_over_and_what_is_not(school):
    (ahead,) = agree(school, told(K.MEDICAL))
    (never,) = agree(school, told(K.ILLNESS))
    services.end_early(
        reach=office(school), arrangements=[never], last_day=TODAY, because="No", now=NOW
    )
    rows = selectors.arrangements_visible(office(school))

    assert list(selectors.not_over(rows, TODAY)) == [ahead]
    assert list(selectors.over(rows, TODAY)) == [never]
    assert list(selectors.over(rows, date(2026, 12, 8)).order_by("pk")) == [ahead, never]


def test_the_groups_of_the_school_alone(school):
    school.enrolment.registration_group = "11A"
    school.enrolment.save()
    brook = factories.enrolment(
        factories.pupil(school.northmoor), school.brook, registration_group="7B"
    )

    assert selectors.groups_of(office(school), TODAY) == [("990001", "Hillside School", "11A")]
    assert selectors.group_of(office(school), "990001", "11A", TODAY) == [school.enrolment]
    assert selectors.group_of(office(school), brook.school.urn, "7B", TODAY) == []
