"""Absence to explain: who is on the list, its clock, what is logged, and who may not."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import (
    ChangeState,
    Contact,
    MarkChange,
    PupilFlag,
    RegisterTimes,
    Worker,
    WorkerTold,
)
from attendance.selectors import reasons as selectors
from attendance.selectors.registers import marks_of
from attendance.services import reasons as services
from attendance.services.amending import Wanted
from attendance.services.marking import Said
from attendance.services.reasons import Attempt
from attendance.services.registers import amend_mark, save_register
from audit.models import Event
from authorities.access import Forbidden as NotAllowed
from authorities.permissions import Role
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar, days_of
from tests.cast import TODAY, sign_in

AM, PM = Session.AM, Session.PM
NOW = datetime(2026, 11, 17, 10, 42, tzinfo=UTC)
OPEN = datetime(2026, 11, 17, 8, 50, tzinfo=UTC)
FRIDAY, MONDAY = date(2026, 11, 13), date(2026, 11, 16)
NINTH, TENTH = date(2026, 11, 9), date(2026, 11, 10)


@pytest.fixture
def school(cast):
    """Hillside closes its morning register at 9:10. Its pupil is N on Friday and Monday."""
    calendar(cast)
    for half, opens, closes in ((0, time(8, 45), time(9, 10)), (1, time(13), time(13, 25))):
        RegisterTimes.objects.create(
            authority=cast.northmoor,
            school=cast.hillside,
            session=half,
            starts_on=date(2025, 9, 1),
            opens_at=opens,
            closes_at=closes,
        )
    a_year_of_marks(cast, absences=days_of("N", FRIDAY, MONDAY))
    return cast


def rows(cast, now=NOW, by=None):
    """The list as (day, halves, days left, length of the run)."""
    found = selectors.absences(cast.reach(by or cast.officer), [cast.hillside], now=now)
    return [(row.day, len(row.sessions), row.days_left, len(row.run)) for row in found]


def read(cast, day=MONDAY):
    return " ".join(mark.code for mark in marks_of(cast.enrolment, day, day))


def register(cast, code_of_other="/", enrolment=None):
    """This morning's register with one classmate's mark only."""
    other = enrolment or factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)
    save_register(
        school=cast.hillside,
        when=DatedSession(TODAY, AM),
        codes={other.pk: code_of_other},
        by=cast.officer,
        now=NOW,
    )
    return other


# The list


def test_each_n_has_five_school_days(school) -> None:
    # Friday 13: by Friday 20, three school days from Tuesday 17. Monday 16: by Monday 23, four.
    assert rows(school) == [(FRIDAY, 2, 3, 0), (MONDAY, 2, 4, 2)]


def test_an_n_whose_days_are_over_is_overdue(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", NINTH, TENTH))

    (ninth, tenth) = selectors.absences(cast.reach(cast.officer), [cast.hillside], now=NOW)

    # Monday 9: five school days end on Monday 16. Tuesday 10: today is the last.
    assert (ninth.overdue, ninth.due_words) == (True, "Overdue by 1 school day")
    assert (tenth.overdue, tenth.due_words) == (False, "Today is the last day")


def test_a_missing_mark_counts_once_the_register_closed_and_the_class_was_taken(school) -> None:
    assert (TODAY, 1, 5, 3) not in rows(school)  # nobody's register was taken

    register(school)

    assert (TODAY, 1, 5, 3) in rows(school)
    assert all(day != TODAY for day, *_ in rows(school, now=OPEN))  # still open at 8:50


def test_a_pupil_who_is_only_missing_today_is_listed_with_this_years_marks(cast) -> None:
    calendar(cast)
    RegisterTimes.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        session=0,
        starts_on=date(2025, 9, 1),
        opens_at=time(8, 45),
        closes_at=time(9, 10),
    )
    a_year_of_marks(cast, absences=days_of("O", MONDAY))
    register(cast)

    assert rows(cast) == [(TODAY, 1, 5, 2)]  # the O of Monday is part of the same absence


def test_a_marked_pupil_and_another_class_are_not_missing(school) -> None:
    other = factories.enrolment(
        factories.pupil(school.northmoor), school.hillside, registration_group="4B"
    )
    register(school)

    found = selectors.absences(school.reach(school.officer), [school.hillside], now=NOW)

    assert other.pk not in {row.enrolment.pk for row in found}


def test_a_calendar_that_ends_too_soon_says_so(cast) -> None:
    from attendance.models import Calendar

    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", MONDAY))
    held = Calendar.objects.get(school=cast.hillside, year=2026)
    cut = bytearray(held.sessions)
    cut[16 * 14 :] = bytes(len(cut) - 16 * 14)  # the year's grid from 16 November on
    held.sessions = bytes(cut)
    held.save()

    (row,) = selectors.absences(cast.reach(cast.officer), [cast.hillside], now=NOW)

    assert row.due_words == "The calendar ends too soon to tell"


def test_nobody_without_the_permission_gets_a_row(school) -> None:
    tutor = school.person(Role.TUTOR, "hillside")
    assert rows(school, by=tutor) == []
    elsewhere = school.reach(school.person(Role.ATTENDANCE_OFFICER, "brook"))
    assert selectors.absences(elsewhere, [school.hillside], now=NOW) == []


# Whom to call


@pytest.mark.parametrize(
    ("link", "adult", "may"),
    [
        ({}, {}, True),
        ({}, {"protected_address": "unknown"}, True),  # an address is not needed for a call
        ({}, {"address": ""}, True),
        ({"may_contact": "no"}, {}, False),
        ({"may_contact": "unknown"}, {}, False),
        ({"court_order": "no information"}, {}, False),
        ({"court_order": "no contact"}, {}, False),
        ({"court_order": "unknown"}, {}, False),
        ({"parental_responsibility": "no", "has_care": "no"}, {}, False),
    ],
)
def test_only_adults_that_may_be_contacted_are_offered(school, link, adult, may) -> None:
    factories.adult(school.pupil, link=link, **adult)

    (person,) = selectors.people_of(school.enrolment, TODAY)

    assert person.may is may
    assert bool(person.because) is not may


def attempt(**fields) -> Attempt:
    """A call to somebody else that found out that the pupil is ill."""
    return Attempt(
        **{
            "about": FRIDAY,
            "way": "call",
            "made_at": NOW,
            "outcome": "spoke",
            "with_whom": "Grandmother",
            "reason_given": "A cold",
        }
        | fields
    )


def log(cast, by=None, **fields) -> Contact:
    return services.log_contact(
        reach=cast.reach(by or cast.officer),
        enrolment=cast.enrolment,
        attempt=attempt(**fields),
        now=NOW,
    )


def both(*days):
    return tuple(DatedSession(day, half) for day in days for half in (AM, PM))


def test_a_contact_that_finds_the_reason_changes_the_marks_in_the_same_step(school) -> None:
    factories.adult(school.pupil, surname="Aspen")
    mother = factories.adult(school.pupil, surname="Willow")

    contact = log(
        school,
        adult=mother.reference,
        sessions=both(FRIDAY, MONDAY),
        wanted=Wanted("I", "A cold"),
        expected_back=date(2026, 11, 18),
    )

    assert (read(school, FRIDAY), read(school)) == ("I I", "I I")
    assert (contact.adult, contact.with_whom, contact.code) == (mother, "", "I")
    assert contact.change.state == ChangeState.DONE
    assert rows(school) == []
    event = Event.objects.get(kind="contact.logged")
    assert event.facts["way"] == "phone call"
    assert "cold" not in str(event.facts).lower()


def test_a_contact_without_a_reason_leaves_the_marks(school) -> None:
    log(school, outcome="no answer", reason_given="")

    assert read(school) == "N N"
    newest = selectors.absences(school.reach(school.officer), [school.hillside], now=NOW)[-1]
    assert newest.contact.outcome == "no answer"
    assert newest.contacted_today


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"adult": "NOBODY0000"}, InvalidInput, "Choose one of the people"),
        ({"child_seen": True}, RuleNotMet, "A pupil is seen on a visit or in person"),
        ({"made_at": datetime(2026, 11, 17, 11, tzinfo=UTC)}, RuleNotMet, "has not been yet"),
        ({"made_at": datetime(2025, 1, 1, tzinfo=UTC)}, RuleNotMet, "more than a year ago"),
        ({"sessions": both(FRIDAY)}, RuleNotMet, "Choose the code"),
        (
            {"sessions": both(date(2026, 11, 12)), "wanted": Wanted("I", "x")},
            Conflict,
            "Somebody has recorded a reason",
        ),
        (
            {"sessions": both(FRIDAY), "wanted": Wanted("B", "x", Said())},
            RuleNotMet,
            "Say what the activity is",
        ),
    ],
)
def test_what_cannot_be_logged_is_said_in_words_and_nothing_is_kept(
    school, fields, error, sentence
) -> None:
    with pytest.raises(error, match=sentence):
        log(school, **fields)

    assert not Contact.objects.exists()
    assert not MarkChange.objects.exists()
    assert read(school, FRIDAY) == "N N"


def test_an_adult_who_may_not_be_contacted_is_refused_by_the_service_too(school) -> None:
    father = factories.adult(school.pupil, link={"court_order": "no information"})

    with pytest.raises(RuleNotMet, match="A court order says this adult must not be told"):
        log(school, adult=father.reference)


def test_old_marks_wait_though_the_contact_is_kept(cast) -> None:
    calendar(cast)
    old = date(2026, 10, 5)
    a_year_of_marks(cast, absences=days_of("N", old))

    contact = log(cast, about=old, sessions=both(old), wanted=Wanted("I", "A letter"))

    assert contact.change.state == ChangeState.WAITING
    assert read(cast, old) == "N N"


def test_a_register_that_moved_between_preview_and_writing_is_a_conflict(
    school, monkeypatch
) -> None:
    from attendance.services import amending

    monkeypatch.setattr(amending, "confirm", lambda **more: False)

    with pytest.raises(Conflict, match="Somebody changed one of these marks just now"):
        log(school, sessions=both(FRIDAY), wanted=Wanted("I", "x"))


@pytest.mark.parametrize("role", [Role.SAFEGUARDING_LEAD, Role.SUPPORT_WORKER])
def test_who_may_log_but_not_amend_leaves_the_marks(school, role) -> None:
    by = school.person(role, "hillside" if role == Role.SAFEGUARDING_LEAD else "northmoor")

    log(school, by=by)
    with pytest.raises(NotAllowed):
        log(school, by=by, sessions=both(FRIDAY), wanted=Wanted("I", "x"))

    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "place"), [(Role.TUTOR, "hillside"), (Role.LEGAL_OFFICER, "northmoor")]
)
def test_others_may_not_log(school, role, place) -> None:
    with pytest.raises(NotAllowed):
        log(school, by=school.person(role, place))


# Visits and workers


def test_a_home_visit_is_due_on_the_third_day_without_contact(school) -> None:
    register(school)

    def visits():
        found = selectors.absences(school.reach(school.officer), [school.hillside], now=NOW)
        return [row.day for row in found if row.visit]

    assert visits() == [TODAY]
    log(school, outcome="left message")
    assert visits() == [TODAY]
    log(school, way="visit", outcome="no answer", child_seen=True)
    assert visits() == []


def flag(cast, kind):
    PupilFlag.objects.create(
        authority=cast.northmoor, pupil=cast.pupil, kind=kind, starts_on=date(2026, 9, 1)
    )


def tell(cast, worker="social", by=None, **more):
    return services.tell_worker(
        reach=cast.reach(by or cast.officer),
        enrolment=cast.enrolment,
        worker=worker,
        about=more.pop("about", FRIDAY),
        told="Duty team",
        way="call",
        told_at=more.pop("told_at", NOW),
        note="",
        now=NOW,
    )


@pytest.mark.parametrize(
    ("kind", "worker"),
    [
        ("social worker", Worker.SOCIAL),
        ("child protection", Worker.SOCIAL),
        ("child in need", Worker.SOCIAL),
        ("looked after", Worker.SOCIAL),
        ("youth justice", Worker.YOUTH_JUSTICE),
    ],
)
def test_a_worker_must_be_told_until_they_are(school, kind, worker) -> None:
    flag(school, kind)

    def to_tell():
        found = selectors.absences(school.reach(school.officer), [school.hillside], now=NOW)
        return [row.tell for row in found]

    assert to_tell() == [(), (worker,)]
    tell(school, worker, about=date(2026, 9, 7))  # of an earlier absence
    assert to_tell() == [(), (worker,)]
    tell(school, worker)
    assert to_tell() == [(), ()]


def test_telling_needs_a_flag_a_past_moment_and_the_permission(school) -> None:
    with pytest.raises(RuleNotMet, match="No flag of this pupil names such a worker"):
        tell(school)
    flag(school, "social worker")
    with pytest.raises(RuleNotMet, match="has not been yet"):
        tell(school, told_at=datetime(2026, 11, 18, tzinfo=UTC))
    with pytest.raises(NotAllowed):
        tell(school, by=school.person(Role.TUTOR, "hillside"))

    assert not WorkerTold.objects.exists()


def test_a_flag_without_a_worker_asks_for_nobody(school) -> None:
    flag(school, "young carer")

    assert selectors.workers_of([school.pupil.pk], TODAY) == {school.pupil.pk: ()}


# N becomes O


@pytest.fixture
def overdue(cast):
    """Hillside's pupil was N on Monday the 9th, and is N on Monday the 16th."""
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", NINTH, MONDAY))
    return cast


def test_overdue_n_becomes_o_only_by_a_person_and_a_preview(overdue) -> None:
    reach = overdue.reach(overdue.officer)
    found = selectors.absences(reach, [overdue.hillside], now=NOW)

    change = services.settle_overdue(reach=reach, rows=found, now=NOW)

    assert change.state == ChangeState.DRAFT
    assert set(change.rows.values_list("day", "code")) == {(NINTH, "O")}
    assert read(overdue, NINTH) == "N N"


def test_rows_that_are_not_overdue_or_of_two_schools_are_refused(overdue) -> None:
    reach = overdue.reach(overdue.officer)
    found = selectors.absences(reach, [overdue.hillside], now=NOW)
    with pytest.raises(InvalidInput, match="Tick rows that are overdue"):
        services.settle_overdue(reach=reach, rows=found[1:], now=NOW)

    elsewhere = factories.enrolment(factories.pupil(overdue.northmoor), overdue.brook)
    from dataclasses import replace

    twin = replace(found[0], enrolment=elsewhere)
    with pytest.raises(InvalidInput, match="one school at a time"):
        services.settle_overdue(reach=reach, rows=[found[0], twin], now=NOW)


# The pages


def text_of(response):
    return " ".join(response.content.decode().split())


def page(name, *more):
    return reverse(f"attendance:{name}", args=["990", *more])


def test_the_list_shows_the_clock_in_words_and_never_changes_anything(overdue, client) -> None:
    shown = text_of(sign_in(client, overdue.officer).get(page("absences")))

    assert "Overdue by 1 school day" in shown
    assert "by 16 November 2026" in shown
    assert "4 school days left" in shown
    assert shown.index("Mon 9 Nov 2026") < shown.index("Mon 16 Nov 2026")
    assert read(overdue, NINTH) == "N N"


def test_ticked_overdue_rows_become_o_after_the_preview(overdue, client) -> None:
    sign_in(client, overdue.officer)
    key = f"{overdue.enrolment.pk}:2026-11-09"

    preview = client.post(page("absences_overdue"), {"row": [key, "x", "999:2026-11-09"]})
    change = MarkChange.objects.get()
    assert preview.headers["Location"] == page("correction", change.reference)
    client.post(page("correction_confirm", change.reference))

    assert read(overdue, NINTH) == "O O"
    assert read(overdue) == "N N"
    none = client.post(page("absences_overdue"), {}, follow=True)
    assert "Tick rows that are overdue first." in text_of(none)


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ({"tab": "overdue"}, "1 day to explain"),
        ({"tab": "in-time"}, "1 day to explain"),
        ({"tab": "today"}, "0 days to explain"),
        ({"tab": "rubbish"}, "2 days to explain"),
        ({"needs": "visit"}, "0 days to explain"),
        ({"needs": "contact"}, "1 day to explain"),
        ({"needs": "tell"}, "0 days to explain"),
        ({"year_group": "4"}, "0 days to explain"),
        ({"group": "9Z"}, "2 days to explain"),
        ({"school": "990001"}, "2 days to explain"),
        ({"sort": "pupil"}, "2 days to explain"),
        ({"sort": "-day"}, "2 days to explain"),
        ({"sort": "contact"}, "2 days to explain"),
        ({"sort": "year"}, "2 days to explain"),
        ({"sort": "school"}, "2 days to explain"),
    ],
)
def test_the_list_sorts_and_filters(overdue, client, query, counted) -> None:
    shown = text_of(sign_in(client, overdue.officer).get(page("absences"), query))

    assert f"<strong>{counted}</strong>" in shown


def test_the_list_exports_and_writes_it_down(overdue, client) -> None:
    answer = sign_in(client, overdue.officer).get(page("absences"), {"export": "csv"})

    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Pupil,School,Year and group,Absent,Part of the day,Resolve by")
    assert len(lines) == 3
    assert "All day" in lines[1]
    assert Event.objects.filter(kind="list.exported").count() == 1


def test_the_list_asks_the_database_as_often_for_one_pupil_as_for_many(overdue, client) -> None:
    sign_in(client, overdue.officer)
    log(overdue, about=NINTH)
    with CaptureQueriesContext(connection) as for_one:
        client.get(page("absences"))
    for number in range(6):
        other = factories.enrolment(
            factories.pupil(overdue.northmoor, forenames=f"Twin{number}"), overdue.hillside
        )
        a_year_of_marks(overdue, other, absences=days_of("N", NINTH, MONDAY))

    with CaptureQueriesContext(connection) as for_many:
        answer = client.get(page("absences"))

    assert "14 days to explain" in text_of(answer)
    assert len(for_many) == len(for_one)


def log_page(cast, **more):
    return page("contact_add", cast.pupil.reference) + "?about=2026-11-13"


CALL = {
    "way": "call", "whom": "other", "with_whom": "Grandmother", "outcome": "spoke",
    "on_day": "17", "on_month": "11", "on_year": "2026", "at": "8.05",
}  # fmt: skip


def test_the_officer_logs_a_call_on_the_page_and_the_marks_follow(school, client) -> None:
    factories.adult(school.pupil, surname="Larchwood", phone="01632 960001")
    factories.adult(
        school.pupil, surname="Thornwood", phone="01632 960002", link={"may_contact": "no"}
    )
    sign_in(client, school.officer)
    shown = text_of(client.get(log_page(school)))
    assert "01632 960001" in shown
    assert "Thornwood (mother): The record says not to contact this adult." in shown
    assert "01632 960002" not in shown

    answer = client.post(
        log_page(school),
        CALL
        | {
            "reason_given": "A cold",
            "sessions": ["2026-11-13:0", "2026-11-13:1"],
            "code": "I",
        },
        follow=True,
    )

    assert "Contact logged and marks changed." in text_of(answer)
    assert (read(school, FRIDAY), read(school)) == ("I I", "N N")
    pupil = text_of(client.get(page("pupil", school.pupil.reference)))
    assert "Contacts about absence" in pupil
    assert "Phone call: Grandmother" in pupil
    listed = text_of(client.get(page("pupil_contacts", school.pupil.reference)))
    assert "A cold" in listed
    assert "1 contact" in listed


def test_ticked_sessions_without_a_code_stay_as_they_are(school, client) -> None:
    sign_in(client, school.officer).post(
        log_page(school), CALL | {"outcome": "no answer", "sessions": ["2026-11-13:0"]}
    )

    assert Contact.objects.get().outcome == "no answer"
    assert read(school, FRIDAY) == "N N"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"way": ""}, "Select how"),
        ({"whom": ""}, "Select with whom"),
        ({"with_whom": ""}, "Say who it was"),
        ({"outcome": ""}, "Select what came of it"),
        ({"at": "25:00"}, "Enter a time such as 9:40"),
        ({"at": "23:00"}, "That moment has not been yet"),
        ({"on_day": "18"}, "must be on or before 17 November 2026"),
        ({"child_seen": "on"}, "A pupil is seen on a visit or in person"),
        ({"code": "I"}, "Tick the sessions"),
        ({"code": "B", "sessions": ["2026-11-13:0"]}, "Say what the activity is"),
        ({"code": "N", "sessions": ["2026-11-13:0"]}, "N is not one of the available choices"),
        ({"sessions": ["2026-11-12:0"], "code": "I"}, "is not one of the available choices"),
        ({"reason_given": "a\u202eb"}, "hidden character"),
    ],
)
def test_what_is_wrong_with_a_contact_is_said_in_words(school, client, wrong, sentence) -> None:
    answer = sign_in(client, school.officer).post(log_page(school), CALL | wrong)

    assert sentence in text_of(answer)
    assert not Contact.objects.exists()


def test_another_pupils_parent_is_no_choice(school, client) -> None:
    stranger = factories.adult(factories.pupil(school.northmoor))

    answer = sign_in(client, school.officer).post(
        log_page(school), CALL | {"whom": stranger.reference}
    )

    assert "is not one of the available choices" in text_of(answer)
    assert not Contact.objects.exists()


def test_a_safeguarding_lead_logs_without_choosing_codes(school, client) -> None:
    sign_in(client, school.person(Role.SAFEGUARDING_LEAD, "hillside"))

    assert "Code for these sessions" not in text_of(client.get(log_page(school)))
    client.post(
        log_page(school), CALL | {"way": "visit", "child_seen": "on", "code": "I",
                                  "sessions": ["2026-11-13:0"]}
    )  # fmt: skip

    contact = Contact.objects.get()
    assert (contact.child_seen, contact.change) == (True, None)
    assert read(school, FRIDAY) == "N N"


def test_a_tutor_sees_no_contacts(school, client) -> None:
    log(school)
    sign_in(client, school.person(Role.TUTOR, "hillside"))

    pupil = text_of(client.get(page("pupil", school.pupil.reference)))

    assert "Grandmother" not in pupil
    assert client.get(page("pupil_contacts", school.pupil.reference)).status_code == 403
    assert client.get(log_page(school)).status_code == 403


def test_a_worker_is_told_on_the_page(school, client) -> None:
    sign_in(client, school.officer)
    address = page("worker_told", school.pupil.reference) + "?about=2026-11-13"
    assert "No worker to tell" in text_of(client.get(address))
    flag(school, "youth justice")
    assert "Youth justice worker not told" in text_of(client.get(page("absences")))

    sent = {key: CALL[key] for key in ("on_day", "on_month", "on_year", "at", "way")}
    wrong = text_of(client.post(address, sent | {"worker": "youth justice", "told": ""}))
    late = text_of(
        client.post(address, sent | {"worker": "youth justice", "told": "Team", "at": "23:00"})
    )
    client.post(address, sent | {"worker": "youth justice", "told": "Team North"})

    assert "Enter who was told" in wrong
    assert "has not been yet" in late
    assert WorkerTold.objects.get().told == "Team North"
    assert "Youth justice worker not told" not in text_of(client.get(page("absences")))
    listed = text_of(client.get(page("pupil_contacts", school.pupil.reference)))
    assert "Youth justice worker: Team North, phone call" in listed
    assert "Youth justice worker told" in text_of(client.get(page("pupil", school.pupil.reference)))


def test_contacts_export_and_an_address_that_is_no_day(school, client) -> None:
    log(school)
    sign_in(client, school.officer)

    exported = client.get(page("pupil_contacts", school.pupil.reference), {"export": "csv"})

    assert "A cold" in exported.content.decode("utf-8-sig")
    assert (
        client.get(page("contact_add", school.pupil.reference), {"about": "soon"}).status_code
        == 404
    )
    assert (
        client.get(page("contact_add", school.pupil.reference), {"about": "2027-01-01"}).status_code
        == 200
    )


def test_a_mark_that_waits_is_said_so_on_the_page(cast, client) -> None:
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", date(2026, 10, 5)))

    answer = sign_in(client, cast.officer).post(
        page("contact_add", cast.pupil.reference) + "?about=2026-10-05",
        CALL | {"sessions": ["2026-10-05:0"], "code": "I"},
        follow=True,
    )

    assert "they change when a second person agrees" in text_of(answer)


def test_the_contact_page_remembers_a_mark_changed_meanwhile(school, client) -> None:
    sign_in(client, school.officer)
    client.get(log_page(school))
    amend_mark(
        school=school.hillside,
        enrolment_id=school.enrolment.pk,
        when=DatedSession(FRIDAY, AM),
        expected="N",
        code="M",
        reason="A letter",
        by=school.person(Role.HEADTEACHER, "hillside"),
        now=NOW,
    )

    answer = client.post(
        log_page(school), CALL | {"sessions": ["2026-11-13:0", "2026-11-13:1"], "code": "I"}
    )

    assert "is not one of the available choices" in text_of(answer)
    assert read(school, FRIDAY) == "M N"
