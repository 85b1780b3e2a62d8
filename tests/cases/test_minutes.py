"""Minutes, actions, copies, contacts of a case and the private calendar, as services keep them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from attendance.models import AdultLink, Contact, Sighting
from attendance.selectors.sightings import sightings_of
from attendance.services.reasons import Attempt
from authorities import packs
from authorities.access import Forbidden, NotFound
from authorities.models import Membership
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import CalendarFeed, Case, Deadline, DeadlineKind, Meeting, Minutes, Part
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.meetings import cases_of, next_of
from cases.services import contacts, deadlines, feeds, meetings, minutes
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases.family import NOW
from tests.cases.meeting_scenes import (
    AFTER,
    SAID,
    THURSDAY,
    TODAY,
    arranged,
    case_of,
    held,
    parent_of,
    plan,
    settled,
    told,
    when,
    written,
)

CALL = Attempt(about=None, way="call", made_at=NOW, outcome="spoke", note="She will come in")


def log(family, now=NOW, **changes):
    return contacts.log(
        reach=family.reach, case=case_of(family), attempt=replace(CALL, **changes), now=now
    )


def kinds(case) -> list[str]:
    """What is on file but for the register, which is there for every case."""
    return [one.kind for one in evidence_of(case) if one.kind != "register"]


# Minutes


def test_minutes_keep_what_was_written_and_nothing_empty(family) -> None:
    row = held(family)

    kept = written(family, row)

    assert kept.grid == {"health": {"worried": "Sleeps badly", "next": "See the nurse"}}
    assert (kept.number, kept.outcome) == (1, "Support agreed")
    assert {"parent_voice", "pupil_voice", "meeting_held", "meeting_offered"} <= set(
        kinds(row.case)
    )


def test_minutes_are_put_right_by_the_next_number_and_the_first_stay(family) -> None:
    row = held(family)
    written(family, row)

    with pytest.raises(Conflict, match="Somebody has written the minutes"):
        written(family, row)
    second = written(family, row, replace(SAID, outcome="Review period agreed"), number=1)

    assert second.number == 2
    assert list(Minutes.objects.order_by("number").values_list("outcome", flat=True)) == [
        "Support agreed",
        "Review period agreed",
    ]


def test_minutes_need_a_meeting_that_was_held_and_something_in_them(family) -> None:
    planned = arranged(family)
    with pytest.raises(Conflict, match="Minutes are of a meeting that was held"):
        written(family, planned.about.get())
    row = settled(family, told(family, planned)).about.get()
    with pytest.raises(InvalidInput, match="Say what was decided"):
        written(family, row, replace(SAID, outcome=" "))
    with pytest.raises(InvalidInput, match="Write what was said"):
        written(family, row, minutes.Said(outcome="Support agreed"))
    with pytest.raises(InvalidInput, match="boxes of the page"):
        written(family, row, replace(SAID, grid={"money": {"worried": "x"}}))


def test_minutes_of_a_closed_case_stay_as_they_are(family) -> None:
    row = held(family)
    Case.objects.filter(pk=row.case_id).update(
        stage="closed", closed_on=TODAY, closing_reason="Better", closed_by=family.cast.officer
    )

    with pytest.raises(Conflict, match="This case is closed"):
        written(family, row)


def test_people_of_another_school_write_no_minutes(family) -> None:
    row = held(family)
    for role, place, problem in (
        (Role.ATTENDANCE_OFFICER, "brook", InvalidInput),
        (Role.LEGAL_OFFICER, "northmoor", Forbidden),
    ):
        reach = family.cast.reach(family.cast.person(role, place))
        with pytest.raises(problem):
            minutes.write(reach=reach, row=row, number=0, said=SAID, now=AFTER)


# Actions


def agree(family, row, **changes):
    facts = {
        "words": "Ring at 8 each morning",
        "user": family.cast.officer.pk,
        "who": "",
        "due_on": date(2026, 12, 4),
        "now": AFTER,
    }
    return minutes.agree(reach=family.reach, row=row, **{**facts, **changes})


def test_an_action_runs_as_a_deadline_until_it_is_done(family) -> None:
    row = held(family)
    action = agree(family, row)
    due = Deadline.objects.get(kind="action")
    assert (due.due_on, due.owner) == (date(2026, 12, 4), family.cast.officer)
    assert due.words == f"{family.cast.officer.name}: Ring at 8 each morning"

    minutes.done(reach=family.reach, action=action, came_of_it="He came on time", now=AFTER)

    due.refresh_from_db()
    assert (due.done_on, due.done_by) == (TODAY, family.cast.officer)
    with pytest.raises(Conflict, match="already that this was done"):
        minutes.done(reach=family.reach, action=action, came_of_it="", now=AFTER)


def test_a_parents_action_has_no_colleague_as_owner(family) -> None:
    row = held(family)

    assert agree(family, row, user=None, who="Ms Ada Larkfield").who == "Ms Ada Larkfield"
    assert Deadline.objects.get(kind="action").owner is None


@pytest.mark.parametrize(
    ("change", "problem", "words"),
    [
        ({"words": " "}, InvalidInput, "what is to be done"),
        ({"user": None, "who": " "}, InvalidInput, "who does it"),
        ({"user": 999_999}, InvalidInput, "works with cases"),
        ({"due_on": date(2026, 11, 25)}, RuleNotMet, "earliest day is 26 November 2026"),
    ],
)
def test_an_action_that_cannot_be_is_refused(family, change, problem, words) -> None:
    row = held(family)

    with pytest.raises(problem, match=words):
        agree(family, row, **change)


# Copies


def give(family, row, *people, **changes):
    facts = {"way": "by hand", "given_on": date(2026, 11, 26), "now": AFTER, **changes}
    reach = replace(family.reach, today=date(2026, 11, 27))
    return minutes.give(reach=reach, row=row, to=[one.pk for one in people], **facts)


def test_a_copy_for_the_parent_ends_the_clock_of_the_minutes(family) -> None:
    row = held(family)
    written(family, row)
    assert Deadline.objects.filter(kind="minutes", done_on=None).exists()

    (copy,) = give(family, row, parent_of(row.meeting))

    assert (copy.name, copy.way) == ("Ms Ada Larkfield", "by hand")
    assert not Deadline.objects.filter(kind="minutes", done_on=None).exists()
    assert "minutes_sent" in kinds(row.case)


def test_what_comes_next_goes_on_from_the_copies_to_the_actions_and_ends(family) -> None:
    row = held(family)
    meeting = row.meeting
    written(family, row)
    action = agree(family, row)

    def says() -> str:
        return next_of(meeting, cases_of(meeting, family.reach), TODAY)

    assert says().startswith("Give everybody a copy of the minutes")
    give(family, row, parent_of(meeting))
    assert says() == "See that the actions are done."
    minutes.done(reach=family.reach, action=action, came_of_it="He came on time", now=AFTER)
    assert says() == "Nothing more to do here."


def test_a_copy_fails_closed(family) -> None:
    row = held(family)
    written(family, row)
    parent = parent_of(row.meeting)
    family.mother.protected_address = "unknown"
    family.mother.save()
    with pytest.raises(RuleNotMet, match="by post"):
        give(family, row, parent, way="letter")
    AdultLink.objects.filter(adult=family.mother).update(court_order="no information")
    with pytest.raises(RuleNotMet, match="may not have a copy"):
        give(family, row, parent)
    AdultLink.objects.filter(adult=family.mother).delete()
    with pytest.raises(RuleNotMet, match="no longer on the pupil's record"):
        give(family, row, parent)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"given_on": date(2026, 11, 28)}, "has not been yet"),
        ({"given_on": date(2026, 11, 25)}, "before the minutes were written"),
    ],
)
def test_a_copy_on_a_day_that_cannot_be_is_refused(family, change, words) -> None:
    row = held(family)
    written(family, row)

    with pytest.raises(RuleNotMet, match=words):
        give(family, row, parent_of(row.meeting), **change)


def test_a_copy_needs_minutes_and_somebody_who_was_asked(family) -> None:
    row = held(family)
    with pytest.raises(Conflict, match="Write the minutes first"):
        give(family, row, parent_of(row.meeting))
    written(family, row)
    with pytest.raises(InvalidInput, match="Select who was given a copy"):
        give(family, row)


def test_minutes_that_nobody_is_to_have_end_their_clock_when_written(family) -> None:
    agenda = meetings.arrange_agenda(
        reach=family.reach,
        school=family.cast.hillside,
        plan=plan(family, kind="dorset:inclusion_meeting", adults=(), pupil=False),
        now=NOW,
    )
    row = meetings.add_case(reach=family.reach, meeting=agenda, case=case_of(family), version=1)
    settled(family, Meeting.objects.get())

    written(family, row)

    assert not Deadline.objects.filter(done_on=None).exists()


# Contacts of a case


def test_a_contact_of_a_case_is_one_of_the_pupils_contacts(family) -> None:
    logged = log(family)

    assert Contact.objects.get() == logged
    assert logged.about is None
    assert kinds(family.case) == ["call"]
    titles = [one.title for one in chronology(family.case, family.reach)]
    assert "Phone call: spoke to them" in titles


def test_each_way_shows_what_it_is(family) -> None:
    for way in ("message", "email", "in person", "letter", "visit"):
        log(family, way=way, outcome="no answer")

    assert sorted(kinds(family.case)) == ["call", "call", "call", "letter", "visit"]


def test_reaching_the_family_ends_the_clock_of_a_contact_and_no_answer_does_not(family) -> None:
    case = case_of(family)
    deadlines.start(case=case, kind=DeadlineKind.CONTACT, words="Ring them", since=TODAY, by=TODAY)

    log(family, outcome="no answer")
    assert Deadline.objects.filter(done_on=None).exists()
    log(family)
    assert not Deadline.objects.filter(done_on=None).exists()


def test_a_lone_visit_is_refused_where_the_policy_says_never_alone(family) -> None:
    visit = {"way": "visit", "outcome": "spoke", "child_seen": True}
    assert log(family, **visit)  # Dorset does not ask for two
    family.cast.hillside.trust = family.cast.trust
    family.cast.hillside.save()
    packs.adopt(
        authority=family.cast.northmoor,
        trust=family.cast.trust,
        pack="pdet",
        starts_on=date(2026, 9, 1),
        reach=None,
    )

    with pytest.raises(RuleNotMet, match=r"never made by one person alone .* at least two people"):
        log(family, **visit, visitors=("Jo Lark", "jo lark"))
    with pytest.raises(RuleNotMet, match=r"follows a risk assessment .* how the risk was assessed"):
        log(family, **visit, visitors=("Jo Lark", "Sam Reed"))
    kept = log(family, **visit, visitors=("Jo Lark", "Sam Reed"), risks="Dog: rang first")

    assert (kept.visitors, kept.risks) == (["Jo Lark", "Sam Reed"], "Dog: rang first")
    seen = sightings_of([family.cast.enrolment.pk])[family.cast.enrolment.pk]
    assert seen[-1].words == "Home visit, by Jo Lark and Sam Reed"


def test_a_call_has_no_visitors_whatever_was_sent(family) -> None:
    assert log(family, visitors=("Jo Lark",), risks="None").visitors == []


def test_a_closed_case_gets_no_contact(family) -> None:
    case = case_of(family)
    Case.objects.filter(pk=case.pk).update(
        stage="closed", closed_on=TODAY, closing_reason="Better", closed_by=family.cast.officer
    )

    with pytest.raises(Conflict, match="This case is closed"):
        log(family)


def test_a_visit_at_home_that_saw_the_pupil_shows_a_visit(family) -> None:
    case = case_of(family)
    Sighting.objects.create(
        authority=family.cast.northmoor,
        school=family.cast.hillside,
        enrolment=family.cast.enrolment,
        seen_on=TODAY,
        way="home",
        seen_by="Jo Lark",
        logged_by=family.cast.officer,
        logged_at=NOW,
    )

    assert kinds(case) == ["visit"]
    assert "The pupil was seen on 17 November 2026: visit at home" in [
        one.title for one in chronology(case, family.reach)
    ]


def test_the_history_costs_the_same_however_much_there_is(family) -> None:
    row = held(family)
    written(family, row)
    give(family, row, parent_of(row.meeting))

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            chronology(row.case, family.reach)
            evidence_of(row.case)
        return len(queries)

    count()  # what the case itself fetches once
    before = count()
    for hour in range(1, 4):
        held(family, when=when(THURSDAY - timedelta(hours=hour)))
        log(family)
    assert count() == before


def test_who_may_not_read_what_was_said_reads_that_it_was(family) -> None:
    row = held(family)
    written(family, row, replace(SAID, outcome="Camhs referral"))
    log(family)
    clerk = family.cast.reach(family.cast.person(Role.NOTICE_CLERK))

    texts = " ".join(one.text for one in chronology(row.case, clerk))

    assert "Camhs" not in texts
    assert "She will come in" not in texts
    assert "Attendance meeting: minutes written" in [
        one.title for one in chronology(row.case, clerk)
    ]


# Calendars


def read(content: bytes) -> list[dict[str, str]]:
    return [
        {key: event.decoded(key) for key in ("summary", "location", "dtstart", "dtend")}
        for event in Calendar.from_ical(content).walk("VEVENT")
    ]


def test_a_calendar_file_names_the_meeting_and_no_child(family) -> None:
    meeting = arranged(family)

    content = feeds.calendar_of([meeting], family.reach)

    assert read(content) == [
        {
            "summary": f"Attendance meeting (case {family.case.reference})".encode(),
            "location": b"Room 4",
            "dtstart": THURSDAY,
            "dtend": datetime(2026, 11, 26, 14, 45, tzinfo=UTC),
        }
    ]
    for name in ("Robin", "Larkfield", family.cast.pupil.surname):
        assert name.encode() not in content


def test_a_name_of_ones_own_stays_out_of_calendars(family) -> None:
    meeting = arranged(family, kind="own", label="About Robin")

    (event,) = read(feeds.calendar_of([meeting], family.reach))

    assert event["summary"] == f"Meeting (case {family.case.reference})".encode()


def fetch(family, secret: str, day: date = TODAY) -> bytes:
    return feeds.feed_file(authority=family.cast.northmoor, secret=secret, today=day, now=NOW)


def test_a_private_address_gives_the_persons_meetings_until_it_ends(family) -> None:
    arranged(family)
    secret = feeds.make(reach=family.reach, now=NOW)

    assert len(read(fetch(family, secret))) == 1
    assert CalendarFeed.objects.get().digest != secret
    assert len(read(fetch(family, secret, TODAY + feeds.LASTS))) == 1
    with pytest.raises(NotFound):
        fetch(family, secret, TODAY + feeds.LASTS + timedelta(days=1))


def test_a_new_address_ends_the_old_one_and_any_can_be_revoked(family) -> None:
    first = feeds.make(reach=family.reach, now=NOW)
    second = feeds.make(reach=family.reach, now=NOW)

    for wrong in (first, "nonsense", ""):
        with pytest.raises(NotFound):
            fetch(family, wrong)
    assert feeds.current(family.reach) is not None
    assert feeds.revoke(reach=family.reach, now=NOW)
    with pytest.raises(NotFound):
        fetch(family, second)
    assert not feeds.revoke(reach=family.reach, now=NOW)


def test_a_calendar_holds_only_ones_own_meetings(family) -> None:
    arranged(family)
    lead = family.cast.reach(family.cast.person(Role.ATTENDANCE_LEAD, "hillside"))

    assert read(fetch(family, feeds.make(reach=lead, now=NOW))) == []


def test_somebody_who_has_left_reads_nothing(family) -> None:
    secret = feeds.make(reach=family.reach, now=NOW)
    mine = Membership.objects.filter(user=family.cast.officer)
    mine.update(role=Role.TUTOR)
    with pytest.raises(NotFound):
        fetch(family, secret)
    mine.update(role=Role.ATTENDANCE_OFFICER, ends_on=TODAY - timedelta(days=1))
    with pytest.raises(NotFound):
        fetch(family, secret)


def test_a_meeting_that_was_called_off_says_so_in_the_calendar(family) -> None:
    meeting = settled(family, told(family, arranged(family)), "cancel", because="Ill", now=NOW)

    content = feeds.calendar_of([meeting], family.reach)

    assert b"STATUS:CANCELLED" in content
    assert meeting.invited.filter(part=Part.ADULT).exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_writing_minutes_at_once_write_one(live_family) -> None:
    family = live_family
    with scope(family.cast.ids):
        row = held(family)

    def press(_):
        try:
            with scope(family.cast.ids):
                written(family, row)
            return "written"
        except Conflict:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, range(2))) == ["refused", "written"]


def test_a_colleague_can_have_a_copy_too_and_the_clock_waits_for_the_family(family) -> None:
    row = held(family)
    written(family, row)

    give(family, row, row.meeting.invited.get(part=Part.STAFF), way="email")

    assert Deadline.objects.filter(kind="minutes", done_on=None).exists()


def test_what_comes_after_a_case_was_closed_shows_nothing_on_it(family) -> None:
    case = case_of(family)
    log(family)
    Case.objects.filter(pk=case.pk).update(
        stage="closed", closed_on=TODAY, closing_reason="Better", closed_by=family.cast.officer
    )
    Contact.objects.create(
        authority=case.authority,
        school=case.school,
        enrolment=case.enrolment,
        way="call",
        made_at=NOW + timedelta(days=1),
        outcome="spoke",
        logged_by=family.cast.officer,
        logged_at=NOW + timedelta(days=1),
    )

    assert kinds(Case.objects.get(pk=case.pk)) == ["call"]
