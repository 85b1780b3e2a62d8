"""The clocks of a case: another day, a pause, an owner, done; and a calendar that changes."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Permission

from attendance import marks
from attendance.models import Calendar
from attendance.services import calendars
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases import tasks
from cases.models import Case, CaseGrant, Deadline, DeadlineKind, WorkChange
from cases.services import deadlines
from rules.errors import Conflict, DomainError, InvalidInput, NotFound
from rules.marks import Session
from tests.cast import TODAY

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
A_DAY = date(2026, 11, 27)
K = DeadlineKind


@pytest.fixture
def case(family):
    return family.open_case()


def begin(case, *, kind=K.CONTACT, by=A_DAY, **more):
    return deadlines.start(
        case=case, kind=kind, words="Ring the family", since=TODAY, by=by, **more
    )


def counted(case, **more):
    """Fifteen school days, by a policy's clock: 8 December in an unbroken half term."""
    row = begin(case, by=date(2026, 12, 8), **more)
    row.length, row.unit = 15, "school days"
    row.save()
    return row


def last_change():
    return WorkChange.objects.order_by("-pk").first()


def test_a_clock_of_the_policy_keeps_where_its_length_comes_from(case):
    layer, clock = packs.pack_in_force(case.school, TODAY).clock("review_period")

    row = deadlines.start(
        case=case, kind=K.LETTER_REVIEW, words="Look again", since=TODAY, clock="review_period"
    )

    assert (row.length, row.unit) == (clock.length, clock.unit)
    assert row.clock["pack"] == layer.pack.name


def test_starting_again_moves_the_day_keeps_the_owner_and_makes_old_forms_stale(case, family):
    row = begin(case)
    deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=family.cast.officer, now=NOW)

    again = begin(case, by=date(2026, 12, 1))

    assert again.pk == row.pk
    assert (again.due_on, again.owner, again.version) == (
        date(2026, 12, 1),
        family.cast.officer,
        3,
    )


def test_a_day_is_moved_with_its_reason_and_the_old_day_stays_in_the_history(case, family):
    row = begin(case)

    deadlines.move(
        reach=family.reach,
        pk=row.pk,
        version=1,
        to=date(2026, 12, 2),
        because="  The family is   away. ",
        today=TODAY,
        now=NOW,
    )

    row.refresh_from_db()
    change = last_change()
    assert (row.due_on, row.version) == (date(2026, 12, 2), 2)
    assert (change.what, change.was_on, change.now_on) == ("moved", A_DAY, date(2026, 12, 2))
    assert (change.reason, change.made_by) == ("The family is away.", family.cast.officer)
    event = Event.objects.get(kind="deadline.changed")
    assert event.facts == {"what": "moved to another day", "reference": case.reference}


@pytest.mark.parametrize(
    ("to", "because", "says"),
    [
        (date(2026, 11, 16), "Away", "Choose today or a later day"),
        (A_DAY, "Away", "due on that day already"),
        (date(2026, 12, 2), " ", "Say why the day is moved"),
        (date(2026, 12, 2), "a" * 301, "300 characters"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(case, family, to, because, says):
    row = begin(case)

    with pytest.raises(InvalidInput, match=says):
        deadlines.move(
            reach=family.reach, pk=row.pk, version=1, to=to, because=because, today=TODAY, now=NOW
        )

    row.refresh_from_db()
    assert (row.due_on, row.version) == (A_DAY, 1)


def test_today_is_late_enough(case, family):
    row = begin(case)

    deadlines.move(
        reach=family.reach, pk=row.pk, version=1, to=TODAY, because="Now", today=TODAY, now=NOW
    )

    row.refresh_from_db()
    assert row.due_on == TODAY


def test_the_day_of_a_meeting_is_moved_at_the_meeting(case, family):
    row = begin(case, kind=K.MEETING, about="cases.Meeting:1")

    with pytest.raises(InvalidInput, match="meeting's own page"):
        deadlines.move(
            reach=family.reach,
            pk=row.pk,
            version=1,
            to=date(2026, 12, 2),
            because="Away",
            today=TODAY,
            now=NOW,
        )


def test_a_pause_is_given_back_in_school_days(case, family):
    row = counted(case)
    deadlines.pause(
        reach=family.reach, pk=row.pk, version=1, because="In hospital", today=TODAY, now=NOW
    )

    deadlines.resume(reach=family.reach, pk=row.pk, version=2, today=date(2026, 11, 20), now=NOW)

    row.refresh_from_db()
    assert row.due_on == date(2026, 12, 11)  # Tuesday, Wednesday and Thursday were lost
    assert row.paused_since is None
    assert row.pauses == [
        {"first": "2026-11-17", "last": "2026-11-20", "because": "In hospital"},
    ]
    assert last_change().what == "resumed"


def test_a_pause_of_a_day_that_people_agreed_is_given_back_in_days(case, family):
    row = begin(case)
    deadlines.pause(reach=family.reach, pk=row.pk, version=1, because="Ill", today=TODAY, now=NOW)

    deadlines.resume(reach=family.reach, pk=row.pk, version=2, today=date(2026, 11, 20), now=NOW)

    row.refresh_from_db()
    assert row.due_on == date(2026, 11, 30)


def test_what_is_paused_or_runs_or_is_overdue_is_refused_with_why(case, family):
    row = begin(case, by=TODAY)
    with pytest.raises(Conflict, match="not paused"):
        deadlines.resume(reach=family.reach, pk=row.pk, version=1, today=TODAY, now=NOW)
    with pytest.raises(InvalidInput, match="has passed"):
        deadlines.pause(
            reach=family.reach,
            pk=row.pk,
            version=1,
            because="Ill",
            today=date(2026, 11, 18),
            now=NOW,
        )
    deadlines.pause(reach=family.reach, pk=row.pk, version=1, because="Ill", today=TODAY, now=NOW)
    with pytest.raises(Conflict, match="paused since 17 November 2026"):
        deadlines.pause(
            reach=family.reach, pk=row.pk, version=2, because="Ill", today=TODAY, now=NOW
        )


def test_work_is_given_only_to_somebody_who_may_do_it_there(case, family):
    row = begin(case)
    cast = family.cast
    for stranger in (
        cast.person(Role.ATTENDANCE_OFFICER, "brook"),
        cast.person(Role.TUTOR, "hillside"),
    ):
        with pytest.raises(InvalidInput, match="cannot change cases at"):
            deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=stranger, now=NOW)
    with pytest.raises(InvalidInput, match="no owner of its own"):
        deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=None, now=NOW)

    worker = cast.person(Role.SUPPORT_WORKER)
    deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=worker, now=NOW)

    with pytest.raises(InvalidInput, match="has it already"):
        deadlines.give(reach=family.reach, pk=row.pk, version=2, owner=worker, now=NOW)
    assert (last_change().was_owner, last_change().now_owner) == (None, worker)


def test_work_on_a_restricted_case_is_given_to_those_named_on_it(case, family):
    row, cast = begin(case), family.cast
    lead = cast.person(Role.ATTENDANCE_LEAD, "hillside")
    see = Permission.objects.get(codename="see_restricted", content_type__app_label="cases")
    CaseGrant.objects.create(content_object=case, user=cast.officer, permission=see)
    Case.objects.update(restricted=True)

    with pytest.raises(InvalidInput, match="is not named on this restricted case"):
        deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=lead, now=NOW)

    deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=cast.officer, now=NOW)


def test_what_no_longer_matters_is_dropped_with_the_reason(case):
    row, other = begin(case), begin(case, about="other")

    deadlines.drop(case=case, kind=K.CONTACT, today=TODAY, because="They moved away.")

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.done_on, row.dropped_because, other.done_on) == (TODAY, "They moved away.", None)


def test_what_was_done_is_written_with_it(case, family):
    row = begin(case)

    deadlines.mark_done(
        reach=family.reach, pk=row.pk, version=1, note="Rang, all is well", today=TODAY, now=NOW
    )

    row.refresh_from_db()
    assert (row.done_on, row.done_by) == (TODAY, family.cast.officer)
    assert last_change().reason == "Rang, all is well"


def test_what_a_record_closes_is_not_closed_by_a_note(case, family):
    review = begin(case, kind=K.CONTRACT_REVIEW, about="cases.Contract:1")
    alone = begin(case, kind=K.CONTRACT_REVIEW)

    with pytest.raises(InvalidInput, match="contract's page"):
        deadlines.mark_done(
            reach=family.reach, pk=review.pk, version=1, note="Done", today=TODAY, now=NOW
        )

    deadlines.mark_done(
        reach=family.reach, pk=alone.pk, version=1, note="Done", today=TODAY, now=NOW
    )


def give_away(reach, row, version=1):
    return deadlines.give(reach=reach, pk=row.pk, version=version, owner=reach.user, now=NOW)


def test_a_stale_form_is_refused_and_nothing_changes(case, family):
    row = begin(case)
    give_away(family.reach, row)

    with pytest.raises(Conflict, match="Somebody changed this"):
        deadlines.mark_done(
            reach=family.reach, pk=row.pk, version=1, note="Done", today=TODAY, now=NOW
        )

    row.refresh_from_db()
    assert row.done_on is None


def test_what_is_over_cannot_be_changed(case, family):
    row, other = begin(case), begin(case, about="x")
    deadlines.finish(case=case, kind=K.CONTACT, today=TODAY, by=None)
    with pytest.raises(Conflict, match="done or dropped on 17 November 2026"):
        give_away(family.reach, row)
    Case.objects.update(closed_on=TODAY, stage="closed")
    with pytest.raises(Conflict, match="case was closed"):
        give_away(family.reach, other)


def test_the_wrong_people_are_refused(case, family):
    row = begin(case)
    cast = family.cast
    with pytest.raises(NotFound):
        give_away(cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook")), row)
    with pytest.raises(Forbidden):
        give_away(cast.reach(cast.person(Role.LEGAL_OFFICER)), row)


def close(day):
    """The school does not meet on a day on which its calendar had it open."""
    kept = Calendar.objects.get(year=2026)
    grid = bytearray(kept.sessions)
    for half in Session:
        grid[marks.position(day, half)] = 0
    Calendar.objects.filter(pk=kept.pk).update(sessions=bytes(grid))


def test_a_closure_moves_what_is_counted_in_school_days_and_says_so(case, family):
    row, agreed = counted(case), begin(case, by=date(2026, 12, 8), about="agreed")
    deadlines.recount(case.authority_id, now=NOW)
    assert not WorkChange.objects.exists()  # the calendar says what it said

    close(date(2026, 11, 25))
    tasks.recount_clocks(authority_id=case.authority_id)
    tasks.recount_clocks(authority_id=case.authority_id)

    row.refresh_from_db()
    agreed.refresh_from_db()
    assert (row.due_on, agreed.due_on) == (date(2026, 12, 9), date(2026, 12, 8))
    change = WorkChange.objects.get()  # once, though it ran twice
    assert (change.what, change.was_on, change.now_on) == (
        "recounted",
        date(2026, 12, 8),
        date(2026, 12, 9),
    )
    assert change.made_by is None


def test_a_day_that_a_person_moved_stays_when_the_calendar_changes(case, family):
    row = counted(case)
    deadlines.move(
        reach=family.reach,
        pk=row.pk,
        version=1,
        to=date(2026, 12, 4),
        because="Sooner",
        today=TODAY,
        now=NOW,
    )

    close(date(2026, 11, 25))

    assert deadlines.recount(case.authority_id, now=NOW) == 0


def test_a_calendar_that_ends_first_leaves_the_day_as_it_is(case):
    row = counted(case)
    Deadline.objects.update(length=900)

    assert deadlines.recount(case.authority_id, now=NOW) == 0

    row.refresh_from_db()
    assert row.due_on == date(2026, 12, 8)


def test_a_changed_calendar_asks_for_the_count(
    case, django_capture_on_commit_callbacks, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        "authorities.queue.current_app.send_task", lambda name, **more: asked.append(name)
    )
    term = calendars.TermDates(date(2026, 9, 2), date(2026, 12, 18), "Autumn")

    with django_capture_on_commit_callbacks(execute=True):
        calendars.save(
            authority=case.authority,
            school=case.school,
            year=2026,
            plan=calendars.Plan((term,)),
            by=None,
            change="shortened a term",
            confirmed=True,
        )

    assert asked == ["cases.recount_clocks"]


def test_every_refusal_is_a_sentence(case, family):
    with pytest.raises(DomainError, match=r"^We cannot find that deadline\. .*\.$"):
        deadlines.locked(family.reach, 0, 1)
