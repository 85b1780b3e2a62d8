"""Leave: recorded by the office or a parent, decided by the headteacher alone, checked after."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from attendance.models import Amendment, Arrangement, LeaveRequest, MarkNote
from attendance.selectors import leave as selectors
from attendance.selectors.arrangements import known_for
from attendance.selectors.registers import marks_of
from attendance.services import arrangements, leave
from attendance.services.leave import Answer
from audit.models import Event
from audit.record import Kind
from authorities.permissions import Permission, Role
from rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleNotMet
from rules.leave import Purpose
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.agreed import FRIDAY, MONDAY, a_request, asked, head, office
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, Cast

AM = Session.AM
FUNERAL = Answer("exceptional", "Funeral of a grandparent", MONDAY, FRIDAY, "")
THURSDAY, LAST_FRIDAY = date(2026, 11, 12), date(2026, 11, 13)


@pytest.fixture(name="family")
def a_family(cast: Cast) -> Cast:
    """Hillside has its calendar, and the pupil a parent."""
    calendar(cast)
    factories.adult(cast.pupil)
    return cast


def grant(cast: Cast, row: LeaveRequest, answer: Answer = FUNERAL, **more: Any) -> LeaveRequest:
    """Preview it and grant it, as the headteacher does."""
    seen = leave.preview(row, answer, reach=head(cast), today=more.get("today", TODAY)).digest
    more = {"amend": True, "now": NOW, "today": TODAY, **more}
    return leave.grant(row, reach=head(cast), answer=answer, seen=seen, **more)


def test_a_request_on_paper_waits_for_the_headteacher(family):
    row = a_request(family)

    assert (row.state, row.way, row.recorded_by) == ("asked", "paper", family.officer)
    assert list(selectors.leave_visible(head(family)).filter(selectors.to_decide())) == [row]
    assert Event.objects.filter(kind=Kind.LEAVE_RECORDED).count() == 1


def test_a_parent_online_needs_nobody_to_record_it(family):
    row = leave.receive(
        enrolment=family.enrolment,
        asked=asked(family, way="online"),
        recorded_by=None,
        now=NOW,
        today=TODAY,
    )

    assert (row.way, row.recorded_by) == ("online", None)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"last_day": date(2026, 12, 4)}, InvalidInput, "on or after the first"),
        ({"asked_on": date(2026, 11, 18)}, InvalidInput, "in the future"),
        ({"reason": "  "}, InvalidInput, "what the parent said"),
        ({"reason": "x" * 1001}, InvalidInput, "1000 characters"),
        ({"last_day": date(2027, 9, 3)}, InvalidInput, "one school year"),
        (
            {"first_day": date(2026, 12, 5), "last_day": date(2026, 12, 6)},
            RuleNotMet,
            "does not meet",
        ),
    ],
)
def test_what_cannot_be_a_request_is_refused(family, changes, error, says):
    with pytest.raises(error, match=says):
        a_request(family, **changes)


def test_only_an_adult_of_the_pupil_can_ask(family):
    stranger = factories.adult(factories.pupil(family.northmoor))

    with pytest.raises(InvalidInput, match="this pupil's record"):
        a_request(family, asked_by=stranger)


def test_days_after_the_calendar_may_be_asked_for(family):
    row = a_request(family, first_day=date(2027, 7, 22), last_day=date(2027, 7, 23))

    assert selectors.sessions_asked(row) == 0


def test_the_same_request_is_recorded_once(family):
    a_request(family)

    with pytest.raises(Conflict, match="recorded twice"):
        a_request(family)


def test_a_tutor_records_nothing_and_an_officer_decides_nothing(family):
    row = a_request(family)
    tutor = family.reach(family.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        leave.record_request(
            reach=tutor, enrolment=family.enrolment, asked=asked(family), now=NOW, today=TODAY
        )
    with pytest.raises(Forbidden):
        leave.refuse(row, reach=office(family), reason="No", now=NOW)
    with pytest.raises(Forbidden):
        leave.preview(row, FUNERAL, reach=office(family), today=TODAY)
    with pytest.raises(Forbidden):
        leave.grant(
            row,
            reach=office(family),
            answer=FUNERAL,
            seen="",
            amend=False,
            now=NOW,
            today=TODAY,
        )
    with pytest.raises(NotFound):
        other = family.reach(family.person(Role.HEADTEACHER, "brook"))
        selectors.leave_for(other, row.reference, Permission.VIEW_SENSITIVE)


def test_granted_leave_is_known_to_the_register_with_its_ground(family):
    row = grant(family, a_request(family))

    assert (row.state, row.ground) == ("granted", "exceptional")
    assert (row.granted_first, row.granted_last) == (MONDAY, FRIDAY)
    (known,) = known_for(family.enrolment, DatedSession(FRIDAY, AM))
    assert (known.code, known.nature, known.kind) == ("C", "Funeral of a grandparent", "leave")
    assert known == row.arrangement
    assert not known_for(family.enrolment, DatedSession(date(2026, 12, 4), AM))


def test_some_days_may_be_granted_with_a_reason_for_the_others(family):
    row = a_request(family)
    part = replace(FUNERAL, last=date(2026, 12, 8))

    with pytest.raises(RuleNotMet, match="why the other days"):
        leave.preview(row, part, reach=head(family), today=TODAY)
    done = grant(family, row, replace(part, reason="Two days are enough to travel"))

    assert done.granted_last == date(2026, 12, 8)
    assert done.decision_reason == "Two days are enough to travel"
    assert not known_for(family.enrolment, DatedSession(date(2026, 12, 9), AM))


def test_study_leave_is_a_kind_of_its_own(family):
    family.enrolment.year_group = "11"
    family.enrolment.save()
    row = a_request(family, purpose=Purpose.STUDY)

    done = grant(family, row, replace(FUNERAL, ground="study", said="GCSE, 11 December"))

    assert (done.arrangement.kind, done.arrangement.code) == ("study", "S")


def test_a_holiday_cannot_be_granted_until_it_is_something_else(family):
    row = a_request(family, purpose=Purpose.HOLIDAY)

    with pytest.raises(RuleNotMet, match="not a lawful ground"):
        leave.preview(row, FUNERAL, reach=head(family), today=TODAY)
    row = leave.correct(
        row,
        reach=office(family),
        purpose=Purpose.EMERGENCY,
        first_day=MONDAY,
        last_day=FRIDAY,
        reason="A parent posted abroad is home for these days only",
        today=TODAY,
    )

    assert leave.preview(row, FUNERAL, reach=head(family), today=TODAY).sessions == 10
    assert Event.objects.filter(kind=Kind.LEAVE_CHANGED).count() == 1


def test_what_the_code_needs_must_be_stated(family):
    with pytest.raises(RuleNotMet, match="what the exceptional circumstance is"):
        leave.preview(
            a_request(family), replace(FUNERAL, said=" "), reach=head(family), today=TODAY
        )


def past_request(cast: Cast) -> LeaveRequest:
    """Asked after the pupil was away: Thursday and Friday of last week, marked N, N, G and I."""
    absences = days_of("N", THURSDAY) | {(LAST_FRIDAY, 0): "G", (LAST_FRIDAY, 1): "I"}
    a_year_of_marks(cast, absences=absences)
    return a_request(cast, first_day=THURSDAY, last_day=LAST_FRIDAY)


def test_marks_of_past_days_are_put_right_when_the_head_says_so(family):
    row = past_request(family)

    done = grant(family, row, replace(FUNERAL, first=THURSDAY, last=LAST_FRIDAY))

    codes = [mark.code for mark in marks_of(family.enrolment, THURSDAY, LAST_FRIDAY)]
    assert codes == ["C", "C", "C", "I"]
    changed = Amendment.objects.filter(enrolment=family.enrolment)
    assert {entry.reason for entry in changed} == {f"Leave granted ({done.arrangement.reference})"}
    assert MarkNote.objects.filter(nature="Funeral of a grandparent").count() == 3


def test_marks_stay_when_the_head_does_not_say_so(family):
    row = past_request(family)

    grant(family, row, replace(FUNERAL, first=THURSDAY, last=LAST_FRIDAY), amend=False)

    codes = [mark.code for mark in marks_of(family.enrolment, THURSDAY, LAST_FRIDAY)]
    assert codes == ["N", "N", "G", "I"]


def test_a_mark_that_changes_meanwhile_stops_the_grant(family):
    row = past_request(family)
    answer = replace(FUNERAL, first=THURSDAY, last=LAST_FRIDAY)

    with pytest.raises(Conflict, match="Something changed"):
        leave.grant(
            row, reach=head(family), answer=answer, seen="x", amend=True, now=NOW, today=TODAY
        )

    assert not Arrangement.objects.exists()


def test_a_refusal_has_a_reason_and_leaves_the_register_alone(family):
    row = a_request(family, purpose=Purpose.HOLIDAY)

    with pytest.raises(InvalidInput, match="Say why"):
        leave.refuse(row, reach=head(family), reason=" ", now=NOW)
    done = leave.refuse(row, reach=head(family), reason="A holiday is no ground", now=NOW)

    assert (done.state, done.decision_reason) == ("refused", "A holiday is no ground")
    assert not Arrangement.objects.exists()
    with pytest.raises(Conflict, match="refused"):
        leave.refuse(row, reach=head(family), reason="Again", now=NOW)


def test_the_history_says_when_the_head_decides_what_they_recorded(family):
    own = leave.record_request(
        reach=head(family),
        enrolment=family.enrolment,
        asked=asked(family),
        now=NOW,
        today=TODAY,
    )

    leave.refuse(own, reach=head(family), reason="No ground", now=NOW)

    assert Event.objects.filter(kind=Kind.LEAVE_DECIDED_OWN).count() == 1
    assert not Event.objects.filter(kind=Kind.LEAVE_DECIDED).exists()


def test_a_decided_request_is_not_corrected(family):
    row = leave.refuse(a_request(family), reach=head(family), reason="No ground", now=NOW)

    with pytest.raises(Conflict):
        leave.correct(
            row,
            reach=office(family),
            purpose=Purpose.OTHER,
            first_day=MONDAY,
            last_day=FRIDAY,
            reason="Later",
            today=TODAY,
        )


def test_a_request_without_a_name_is_not_corrected(family):
    row = a_request(family)
    LeaveRequest.objects.filter(pk=row.pk).update(asked_by=None)

    with pytest.raises(InvalidInput, match="Select an adult"):
        leave.correct(
            row,
            reach=office(family),
            purpose=Purpose.OTHER,
            first_day=MONDAY,
            last_day=FRIDAY,
            reason="Later",
            today=TODAY,
        )
    assert selectors.earlier_of_family(office(family), LeaveRequest.objects.get()) == []


def test_a_parent_takes_back_what_waits_and_what_has_not_begun(family):
    waiting = leave.withdraw(a_request(family), reach=office(family), now=NOW, today=TODAY)
    granted = grant(family, a_request(family))
    taken = leave.withdraw(granted, reach=office(family), now=NOW, today=TODAY)

    assert waiting.state == taken.state == "withdrawn"
    assert not known_for(family.enrolment, DatedSession(MONDAY, AM))
    with pytest.raises(Conflict, match="withdrawn"):
        leave.withdraw(taken, reach=office(family), now=NOW, today=TODAY)


def test_leave_that_began_is_ended_not_taken_back(family):
    granted = grant(family, a_request(family))

    with pytest.raises(Conflict, match="began on 7 December 2026"):
        leave.withdraw(granted, reach=office(family), now=NOW, today=MONDAY)


MONDAY_AFTER = date(2026, 12, 14)


def test_the_return_is_due_after_the_leave_and_checked(family):
    granted = grant(family, a_request(family))

    def due(today: date) -> int:
        return selectors.leave_visible(office(family)).filter(selectors.return_due(today)).count()

    assert (due(FRIDAY), due(date(2026, 12, 12))) == (0, 1)
    assert selectors.expected_back(granted) == MONDAY_AFTER
    with pytest.raises(Conflict, match="not ended"):
        leave.check_return(granted, reach=office(family), returned_on=None, today=FRIDAY)
    not_yet = leave.check_return(
        granted, reach=office(family), returned_on=None, today=MONDAY_AFTER
    )
    assert (not_yet.returned_on, not_yet.return_checked_on) == (None, MONDAY_AFTER)
    assert due(MONDAY_AFTER) == 1
    for wrong in (FRIDAY, date(2026, 12, 16)):
        with pytest.raises(InvalidInput, match="day of return"):
            leave.check_return(
                granted, reach=office(family), returned_on=wrong, today=date(2026, 12, 15)
            )
    back = leave.check_return(
        granted, reach=office(family), returned_on=MONDAY_AFTER, today=date(2026, 12, 15)
    )
    assert back.returned_on == MONDAY_AFTER
    assert due(date(2026, 12, 16)) == 0


def test_leave_that_was_ended_early_is_checked_from_its_own_last_day(family):
    granted = grant(family, a_request(family))
    arrangements.end_early(
        reach=office(family),
        arrangements=[granted.arrangement],
        last_day=date(2026, 12, 8),
        because="The family came home",
        now=NOW,
    )
    row = LeaveRequest.objects.get()
    rows = selectors.leave_visible(office(family))

    assert rows.filter(selectors.return_due(date(2026, 12, 9))).get() == row
    assert not rows.filter(selectors.return_due(date(2026, 12, 8))).exists()
    assert selectors.expected_back(row) == date(2026, 12, 9)
    wednesday = date(2026, 12, 9)
    back = leave.check_return(row, reach=office(family), returned_on=wednesday, today=wednesday)
    assert back.returned_on == wednesday


def test_the_register_says_when_the_pupil_was_seen_again(family):
    a_year_of_marks(family, absences=days_of("C", THURSDAY))
    row = a_request(family, first_day=THURSDAY, last_day=THURSDAY)
    done = grant(family, row, replace(FUNERAL, first=THURSDAY, last=THURSDAY))

    assert selectors.seen_back(done) == LAST_FRIDAY
    assert selectors.seen_back(a_request(family)) is None
    assert selectors.expected_back(a_request(family, last_day=MONDAY)) is None


def test_leave_to_the_end_of_the_calendar_has_no_day_of_return(family):
    last = date(2027, 7, 21)
    row = a_request(family, first_day=last, last_day=last)

    done = grant(family, row, replace(FUNERAL, first=last, last=last))

    assert selectors.expected_back(done) is None


def test_other_requests_of_the_family_are_shown(family):
    sister = factories.pupil(family.northmoor)
    enrolment = factories.enrolment(sister, family.hillside)
    parent = selectors.adults_of(family.enrolment)[0].adult
    factories.AdultLink.objects.create(
        authority=family.northmoor, pupil=sister, adult=parent, relationship="mother"
    )
    hers = leave.record_request(
        reach=office(family), enrolment=enrolment, asked=asked(family), now=NOW, today=TODAY
    )
    elsewhere = factories.pupil(family.northmoor)
    factories.adult(elsewhere)
    other = factories.enrolment(elsewhere, family.hillside)
    leave.record_request(
        reach=office(family),
        enrolment=other,
        asked=asked(family, asked_by=selectors.adults_of(other)[0].adult),
        now=NOW,
        today=TODAY,
    )

    assert selectors.earlier_of_family(office(family), a_request(family)) == [hers]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (MONDAY, MONDAY, "Monday 7 December 2026"),
        (MONDAY, FRIDAY, "Monday 7 December to Friday 11 December 2026"),
        (
            date(2026, 12, 18),
            date(2027, 1, 5),
            "Friday 18 December 2026 to Tuesday 5 January 2027",
        ),
    ],
)
def test_days_read_as_a_letter_says_them(first, last, words):
    assert selectors.days_in_words(first, last) == words
