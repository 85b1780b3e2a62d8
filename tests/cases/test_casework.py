"""Opening a case, writing on it, and what it says afterwards."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from attendance.models import Enrolment
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.permissions import Permission, Role
from authorities.tenancy import scope
from cases.access import case_for, cases_for, crossing_for
from cases.models import Case, CaseLetter, CaseNote, Deadline, DeadlineKind
from cases.selectors.chronology import chronology
from cases.selectors.facts import book_for, crossing_of, facts_of, figures_of
from cases.selectors.overview import next_steps
from cases.services import casework
from letters.models import Letter
from rules.errors import InvalidInput
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import crossing
from tests.cases.family import NOW
from tests.cast import TODAY


def test_opening_keeps_the_facts_the_proof_and_the_policy_of_the_day(family):
    case = family.open_case()

    assert case.stage == "stage 1"
    assert case.facts["as_of"] == "2026-11-17"
    assert case.facts["unauthorised"] == 10
    assert case.facts["threshold"]["state"] == "yes"
    assert len(case.facts["threshold"]["sessions"]) == 10
    assert case.facts["threshold"]["sessions"][0]["day"] == "2026-10-05"
    assert case.facts["crossing"]["label"] == "10 unauthorised sessions in 10 school weeks"
    assert [layer["pack"] for layer in case.policy["layers"]] == ["national", "dorset"]


def test_opening_is_written_down_without_a_name(family):
    case = family.open_case()

    event = Event.objects.get(kind="case.opened")
    assert (event.by, event.school) == (family.cast.officer, family.cast.hillside)
    assert event.facts == {"reference": case.reference}


def test_a_later_correction_changes_the_register_and_not_the_case(family):
    case = family.open_case()

    correct(family)

    case.refresh_from_db()
    now = facts_of(book_for(case.enrolment, TODAY), None)
    assert case.facts["unauthorised"] == 10
    assert now["unauthorised"] == 9


def correct(family):
    amend_mark(
        school=family.cast.hillside,
        enrolment_id=family.cast.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="O",
        code="I",
        reason="Letter from the surgery",
        by=family.cast.officer,
        now=NOW + timedelta(hours=2),
    )


def test_a_second_opening_is_refused_and_names_who_was_first(family):
    first = family.open_case()

    with pytest.raises(casework.AlreadyOpen) as refused:
        family.open_case()

    assert refused.value.reference == first.reference
    assert str(refused.value) == (
        "Attendance officer at Hillside opened a case for this pupil already. "
        "Nothing was opened twice."
    )


def test_a_person_may_open_a_case_without_a_crossing(family):
    case = casework.open_case(
        reach=family.reach,
        enrolment=family.cast.enrolment,
        crossing=None,
        now=NOW,
        today=TODAY,
    )

    assert case.facts["crossing"] is None
    assert [entry.title for entry in chronology(case, family.reach)] == ["Case opened"]


@pytest.mark.parametrize("role", [Role.TUTOR, Role.GOVERNOR])
def test_somebody_without_the_permission_cannot_open_a_case(family, role):
    reach = family.cast.reach(family.cast.person(role, "hillside"))

    with pytest.raises(Forbidden):
        casework.open_case(
            reach=reach,
            enrolment=family.cast.enrolment,
            crossing=family.crossing,
            now=NOW,
            today=TODAY,
        )


def test_two_officers_at_once_open_one_case(live_family):
    cast, together, told = live_family.cast, Barrier(2), []

    def press(role):
        try:
            together.wait()
            with scope(cast.ids):
                casework.open_case(
                    reach=cast.reach(cast.person(role, "hillside")),
                    enrolment=Enrolment.objects.get(pk=cast.enrolment.pk),
                    crossing=live_family.crossing,
                    now=NOW,
                    today=TODAY,
                )
            told.append("opened")
        except casework.AlreadyOpen:
            told.append("already open")
        finally:
            connection.close()

    officers = [Thread(target=press, args=[r]) for r in (Role.ATTENDANCE_OFFICER, Role.HEADTEACHER)]
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join()

    assert sorted(told) == ["already open", "opened"]
    with scope(cast.ids):
        assert Case.objects.count() == 1


def test_the_doors_open_for_the_school_and_the_authority_only(family):
    case, cast = family.open_case(), family.cast

    for user in (cast.officer, cast.person(Role.SUPPORT_WORKER)):
        assert case_for(cast.reach(user), case.reference, Permission.VIEW_CASE) == case
    elsewhere = cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook"))
    assert list(cases_for(elsewhere)) == []
    with pytest.raises(NotFound):
        case_for(elsewhere, case.reference, Permission.VIEW_CASE)
    with pytest.raises(Forbidden):
        case_for(
            cast.reach(cast.person(Role.LEGAL_OFFICER)), case.reference, Permission.CHANGE_CASE
        )


def test_a_crossing_of_another_school_is_not_found(family):
    elsewhere = family.cast.reach(family.cast.person(Role.ATTENDANCE_OFFICER, "brook"))

    with pytest.raises(NotFound):
        crossing_for(elsewhere, family.crossing.pk, Permission.CHANGE_CASE)
    assert crossing_for(family.reach, family.crossing.pk, Permission.CHANGE_CASE)


def test_notes_stay_as_they_were_written(family):
    case = family.open_case()
    note = casework.add_note(reach=family.reach, case=case, text="  Rang home. ", now=NOW)

    assert note.text == "Rang home."
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseNote.objects.filter(pk=note.pk).update(text="Something else")


@pytest.mark.parametrize(
    ("text", "says"), [("   ", "Write the note"), ("x" * 4001, "4,000 characters or fewer")]
)
def test_an_empty_or_endless_note_is_refused(family, text, says):
    case = family.open_case()

    with pytest.raises(InvalidInput, match=says):
        casework.add_note(reach=family.reach, case=case, text=text, now=NOW)


def test_the_chronology_tells_everything_newest_first(family):
    case = family.open_case()
    casework.add_note(
        reach=family.reach, case=case, text="Rang home.", now=NOW + timedelta(hours=1)
    )
    correct(family)

    entries = chronology(case, family.reach)

    assert [entry.title for entry in entries] == [
        "The register was changed",
        "Note",
        "Case opened",
        "10 unauthorised sessions in 10 school weeks: met",
    ]
    assert entries[0].text == "Monday 5 October 2026, morning: O became I."
    assert entries[1].text == "Rang home."


def test_a_sensitive_code_is_a_dot_to_those_who_may_not_read_it(family):
    case = family.open_case()
    correct(family)
    clerk = family.cast.reach(family.cast.person(Role.NOTICE_CLERK))

    entries = chronology(case, clerk)

    assert entries[0].text == "Monday 5 October 2026, morning: O became •."


def test_the_chronology_asks_as_often_for_a_long_case_as_for_a_short_one(family):
    case, reach = family.open_case(), family.reach
    casework.add_note(reach=reach, case=case, text="One.", now=NOW)
    family.prepare(family.mother)
    with CaptureQueriesContext(connection) as short:
        chronology(case, reach)
    family.prepare(family.father)
    for number in range(30):
        casework.add_note(reach=reach, case=case, text=f"{number}", now=NOW)

    with CaptureQueriesContext(connection) as long:
        assert len(chronology(case, reach)) == 35
    assert len(long) == len(short) < 25


def test_the_crossing_to_show_is_the_most_pressing_one(family):
    near = crossing(family.cast, kind="persistent", state="near", since=date(2026, 11, 1))
    crossing(family.cast, kind="severe", state="gone", since=date(2026, 11, 2))

    assert crossing_of(family.cast.enrolment) == family.crossing
    family.crossing.delete()
    assert crossing_of(family.cast.enrolment) == near


def test_ten_in_ten_goes_before_newer_severe_and_persistent_absence(family):
    persistent = crossing(family.cast, kind="persistent", since=date(2026, 11, 9))
    severe = crossing(family.cast, kind="severe", since=date(2026, 11, 2))

    assert crossing_of(family.cast.enrolment) == family.crossing
    family.crossing.delete()
    assert crossing_of(family.cast.enrolment) == severe
    severe.delete()
    assert crossing_of(family.cast.enrolment) == persistent


def test_too_few_sessions_make_no_percentage(cast):
    pupil = factories.pupil(cast.northmoor)
    enrolment = factories.enrolment(pupil, cast.hillside)

    figures = figures_of(book_for(enrolment, TODAY))

    assert figures == {
        "attendance_percent": None,
        "look_back_percent": None,
        "absent_sessions": 0,
        "unauthorised_in_ten_weeks": 0,
        "separate_absences_in_ten_weeks": 0,
        "absent_sessions_in_ten_weeks": 0,
        "lates_this_week": 0,
        "absent_sessions_in_a_row": 0,
        "unexplained_days": 0,
        "unresolved": 0,
    }


@pytest.mark.parametrize(
    ("states", "says", "page"),
    [
        ([], "Talk to the family, and write down", "cases:case_contact_add"),
        (["withdrawn"], "Talk to the family, and write down", "cases:case_contact_add"),
        (["draft", "held"], "Read why this letter is held", "cases:letter"),
        (["held", "failed"], "Read why this letter could not be made", "cases:letter"),
        (["draft", "handed over"], "Read this letter and approve it", "cases:letter"),
        (["handed over"], "what the family says to the letter", "cases:case_contact_add"),
        (["made"], "while the letter is on its way", "cases:case_contact_add"),
    ],
)
def test_an_open_case_always_says_what_to_do_next_and_where(family, states, says, page):
    case = family.open_case()
    letters = [CaseLetter(letter=Letter(state=state)) for state in states]

    first = next_steps(case, letters, [], [], family.reach)[0]

    assert says in first.words
    assert first.route == page


@pytest.mark.parametrize(
    ("kind", "about", "page"),
    [
        (DeadlineKind.PLAN_REVIEW, "cases.Cycle:1", "cases:plan"),
        (DeadlineKind.ACTION, "cases.PlannedAction:1", "cases:plan"),
        (DeadlineKind.ACTION, "cases.MeetingAction:1", "cases:case_contacts"),
        (DeadlineKind.CONTRACT_REVIEW, "cases.Contract:1", "cases:contracts"),
        (DeadlineKind.LEGAL, "legal.PenaltyNotice:1", "legal:case"),
        (DeadlineKind.ENDING, "", "cases:due"),
    ],
)
@pytest.mark.parametrize("due_on", [date(2026, 11, 16), date(2026, 11, 20)])
def test_what_is_due_leads_to_where_it_is_done(family, kind, about, page, due_on):
    case = family.open_case()
    row = Deadline(case=case, kind=kind, about=about, words="Look again", due_on=due_on)

    (found,) = next_steps(case, [], [row], [], family.reach)

    assert (found.words, found.route, found.at) == ("Look again", page, (case.reference,))
    assert found.late is (due_on < TODAY)


def test_a_legal_step_leads_nobody_to_a_page_that_they_may_not_open(family):
    case = family.open_case()
    row = Deadline(case=case, kind="legal", words="Serve it", due_on=TODAY)
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))

    assert next_steps(case, [], [row], [], tutor)[0].route == "cases:due"


def test_a_closed_case_says_when(family):
    case = family.open_case()
    case.closed_on = TODAY

    (only,) = next_steps(case, [], [], [], family.reach)
    assert (only.words, only.route) == ("This case was closed on 17 November 2026.", "")
