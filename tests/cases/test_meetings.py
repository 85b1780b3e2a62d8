"""Arranging a meeting, inviting to it, and what became of it: as the services keep it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from attendance.models import AdultLink
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.access import meetings_for
from cases.models import Case, Deadline, Invited, Meeting, Part, Proposal
from cases.selectors.evidence import evidence_of
from cases.selectors.meetings import family_of, kinds_of, next_of
from cases.services import casework, meetings, restricted
from rules.errors import Conflict, InvalidInput, RuleNotMet, UnknownTerm
from rules.meeting_stages import MeetingState
from tests import factories
from tests.cases.family import NOW
from tests.cases.meeting_scenes import (
    LATER,
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
)


def refused(family, problem=RuleNotMet, **changes) -> str:
    """The sentence, with nothing kept."""
    with pytest.raises(problem) as raised:
        arranged(family, **changes)
    assert not Meeting.objects.exists()
    assert not Invited.objects.exists()
    return raised.value.message


# Arranging


def test_a_meeting_holds_what_the_policy_says_of_it_and_who_is_to_come(family) -> None:
    meeting = arranged(family)

    assert meeting.label == "Attendance meeting"
    assert meeting.minutes_to == ["parent"]
    assert meeting.outcomes == ["Support agreed", "Review period agreed"]
    assert [(one.part, one.name) for one in meeting.invited.order_by("pk")] == [
        ("adult", "Ms Ada Larkfield"),
        ("pupil", family.cast.pupil.name),
        ("staff", family.cast.officer.name),
    ]
    due = Deadline.objects.get()
    assert (due.kind, due.due_on) == ("meeting", date(2026, 11, 26))
    assert due.owner == family.cast.officer
    assert Event.objects.get(kind="meeting.arranged").facts["day"] == "26 November 2026"


def test_a_kind_of_ones_own_has_a_name(family) -> None:
    assert arranged(family, kind="own", label="A talk over tea").label == "A talk over tea"
    with pytest.raises(InvalidInput, match="Say what the meeting is called"):
        arranged(family, kind="own", label=" ", when=when(LATER))


def test_a_kind_that_no_policy_here_has_is_refused(family) -> None:
    assert "kinds of meeting that this school uses" in refused(
        family, InvalidInput, kind="chaucer:sam"
    )


def test_a_time_that_has_been_is_refused(family) -> None:
    assert "That time has been already" in refused(family, when=when(NOW))


def test_a_day_on_which_the_school_is_shut_is_refused_with_the_next_one(family) -> None:
    saturday = datetime(2026, 11, 28, 10, tzinfo=UTC)

    said = refused(family, when=when(saturday))

    assert "closed on 28 November 2026" in said
    assert "The next school day is 30 November 2026." in said


def test_a_day_more_than_a_year_ahead_is_refused(family) -> None:
    assert "more than a year" in refused(family, when=when(NOW + timedelta(days=401)))


def test_too_short_a_notice_is_refused_with_the_earliest_day(family) -> None:
    friday = datetime(2026, 11, 20, 10, tzinfo=UTC)

    said = refused(family, kind="dorset:inclusion_panel", when=when(friday))

    # The panel is announced one week before: Tuesday 17 November to Tuesday 24 November.
    assert "1 week of notice" in said
    assert "The earliest day is 24 November 2026." in said
    on_time = when(datetime(2026, 11, 24, 10, tzinfo=UTC))
    assert arranged(family, kind="dorset:inclusion_panel", when=on_time).goes_ahead


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"may_contact": "unknown"}, "Nobody has said whether this adult may be contacted"),
        ({"court_order": "no information"}, "must not be told about the pupil"),
        ({"may_contact": "no"}, "not to contact this adult"),
    ],
)
def test_an_adult_who_may_not_be_contacted_is_never_invited(family, change, words) -> None:
    AdultLink.objects.filter(adult=family.mother).update(**change)

    assert words in refused(family)


def test_an_adult_of_another_family_is_refused(family) -> None:
    stranger = factories.adult(factories.pupil(family.cast.northmoor))

    assert "this pupil's record" in refused(family, InvalidInput, adults=(stranger.reference,))


def test_a_leader_who_does_not_work_with_cases_there_is_refused(family) -> None:
    tutor = family.cast.person(Role.TUTOR, "hillside")

    assert "works with cases at this school" in refused(family, InvalidInput, leader=tutor.pk)


def test_a_closed_case_gets_no_meeting(family) -> None:
    case = case_of(family)
    Case.objects.filter(pk=case.pk).update(
        stage="closed", closed_on=TODAY, closing_reason="Better", closed_by=family.cast.officer
    )

    assert "This case is closed" in refused(family, Conflict)


def test_a_person_who_may_not_change_cases_arranges_nothing(family) -> None:
    case = case_of(family)
    for role, place in ((Role.LEGAL_OFFICER, "northmoor"), (Role.TUTOR, "hillside")):
        reach = family.cast.reach(family.cast.person(role, place))
        with pytest.raises(Forbidden):
            meetings.arrange(reach=reach, case=case, plan=plan(family), now=NOW)


def test_the_family_cannot_be_in_two_meetings_at_once_not_even_about_a_sister(family) -> None:
    arranged(family)
    sister = factories.pupil(family.cast.northmoor, forenames="Wren")
    AdultLink.objects.create(
        authority=family.cast.northmoor,
        pupil=sister,
        adult=family.mother,
        relationship="mother",
        parental_responsibility="yes",
        has_care="yes",
        may_contact="yes",
        court_order="none",
    )
    enrolment = factories.enrolment(sister, family.cast.hillside)
    case = casework.open_case(
        reach=family.reach, enrolment=enrolment, crossing=None, now=NOW, today=TODAY
    )

    def another(starts_at):
        return meetings.arrange(
            reach=family.reach, case=case, plan=plan(family, when=when(starts_at)), now=NOW
        )

    with pytest.raises(Conflict, match="has another meeting at that time"):
        another(THURSDAY + timedelta(minutes=30))
    assert another(THURSDAY + timedelta(minutes=45)).label == "Attendance meeting"


def test_every_kind_of_meeting_of_the_seeds_is_there(family) -> None:
    names = ("bcp", "chaucer", "pdet", "dorset", "barking_dagenham")
    policies = [packs.load(name) for name in names]

    labels = {entry.label for pack in policies for entry in pack.meetings}

    for wanted in (
        "Meeting 1: initial concerns",
        "Meeting 2: school attendance meeting (SAM)",
        "Meeting 3: school attendance panel (SAP)",
        "Attendance meeting",
        "Team around the family, or around the child",
        "Inclusion Meeting with the Inclusion Lead",
        "Inclusion Panel, held at the school",
        "Vulnerable Pupils Hot Clinic",
        "Attendance legal planning meeting",
        "Targeting Support Meeting",
    ):
        assert wanted in labels


def test_a_kind_says_who_is_to_come_and_how_long_before(family) -> None:
    (panel,) = [
        one
        for one in kinds_of(packs.pack_in_force(family.cast.hillside, TODAY))
        if one.entry.key == "inclusion_panel"
    ]

    assert panel.hint.startswith("With: ")
    assert "Parent or carer, Pupil" in panel.hint
    assert "Notice: 1 week. Goes ahead without the family too" in panel.hint
    assert [letter.key for letter in panel.letters] == ["letter_5"]


# Inviting


def test_an_invitation_is_written_down_with_how_and_when(family) -> None:
    meeting = told(family, arranged(family))

    row = parent_of(meeting)
    assert (row.way, row.told_on, row.told_by) == ("call", TODAY, family.cast.officer)
    assert Event.objects.get(kind="meeting.invited").facts["way"] == "phone call"


def test_nothing_goes_by_post_to_an_address_that_is_kept_or_in_doubt(family) -> None:
    meeting = arranged(family)
    for answer in ("yes", "unknown"):
        family.mother.protected_address = answer
        family.mother.save()
        with pytest.raises(RuleNotMet, match="Nothing may go to Ms Ada Larkfield by post"):
            told(family, meeting, "letter")
        assert parent_of(meeting).way == ""

    assert parent_of(told(family, meeting, "by hand")).way == "by hand"


def test_an_adult_who_has_become_forbidden_is_not_told(family) -> None:
    meeting = arranged(family)
    AdultLink.objects.filter(adult=family.mother).update(court_order="no information")

    with pytest.raises(RuleNotMet, match="You may not invite"):
        told(family, meeting)
    AdultLink.objects.filter(adult=family.mother).delete()
    with pytest.raises(RuleNotMet, match="no longer on the pupil's record"):
        told(family, meeting)


@pytest.mark.parametrize(
    ("day", "words"),
    [(TODAY + timedelta(days=1), "has not been yet"), (TODAY - timedelta(days=1), "before the")],
)
def test_a_day_of_an_invitation_that_cannot_be_is_refused(family, day, words) -> None:
    meeting = arranged(family)

    with pytest.raises(RuleNotMet, match=words):
        meetings.tell(
            reach=family.reach,
            meeting=meeting,
            version=1,
            told=[parent_of(meeting).pk],
            way="call",
            told_on=day,
        )


def test_somebody_who_was_not_asked_cannot_be_told(family) -> None:
    meeting = arranged(family)

    for wrong in ([], [999_999]):
        with pytest.raises(InvalidInput, match="Select who was told"):
            meetings.tell(
                reach=family.reach,
                meeting=meeting,
                version=1,
                told=wrong,
                way="call",
                told_on=TODAY,
            )


# What became of it


def test_a_meeting_that_was_held_waits_for_its_minutes(family) -> None:
    row = held(family)

    assert row.meeting.state == MeetingState.HELD
    assert parent_of(row.meeting).came is True
    kinds = {one.kind: one for one in Deadline.objects.filter(done_on=None)}
    assert set(kinds) == {"minutes"}
    # five school days after Tuesday 17 November, the standing day
    assert kinds["minutes"].due_on == date(2026, 11, 24)
    assert next_of(row.meeting, [row], TODAY) == "Write the minutes."


def test_a_meeting_that_has_not_been_has_no_outcome_but_can_be_called_off(family) -> None:
    meeting = told(family, arranged(family))

    for event in ("hold", "miss"):
        with pytest.raises(RuleNotMet, match="has not been yet"):
            settled(family, meeting, event, now=NOW)
    with pytest.raises(InvalidInput, match="Say why"):
        settled(family, meeting, "cancel", now=NOW)
    done = settled(family, meeting, "cancel", because="She is in hospital", now=NOW)
    assert done.state == MeetingState.CANCELLED
    assert Deadline.objects.get().dropped_because == "Cancelled"


def test_held_needs_somebody_of_the_family(family) -> None:
    meeting = told(family, arranged(family))
    staff = meeting.invited.get(part=Part.STAFF)

    with pytest.raises(RuleNotMet, match="Nobody of the family is ticked"):
        settled(family, meeting, came=[staff.pk])
    with pytest.raises(InvalidInput, match="Tick people who were invited"):
        settled(family, meeting, came=[parent_of(meeting).pk, 999_999])


def test_who_was_never_told_has_not_stayed_away(family) -> None:
    with pytest.raises(RuleNotMet, match="was not told has not stayed away"):
        settled(family, arranged(family), "miss")


def test_a_missed_meeting_asks_for_a_second_date_and_the_policy_answers(
    family, monkeypatch
) -> None:
    said = []
    monkeypatch.setattr(
        "cases.services.proposals.happened", lambda **facts: said.append(facts["happening"])
    )
    meeting = told(family, arranged(family))

    missed = settled(family, meeting, "miss")

    assert said == ["parent_did_not_come"]
    assert missed.state == MeetingState.MISSED
    assert parent_of(missed).came is False
    due = Deadline.objects.get(done_on=None)
    assert "Offer a second date" in due.words
    assert "second date" in next_of(missed, [], TODAY)


def at_the_panel(family) -> None:
    """The case stands at Dorset's panel, where its policy answers to a parent who stays away."""
    Case.objects.filter(pk=case_of(family).pk).update(places={"dorset": "panel"})


def test_the_panel_goes_ahead_without_the_family_and_an_attendance_meeting_does_not(family) -> None:
    with pytest.raises(RuleNotMet, match="does not let this meeting go ahead"):
        settled(family, told(family, arranged(family)), "hold_without")
    at_the_panel(family)
    panel = told(family, arranged(family, kind="dorset:inclusion_panel", when=when(LATER)))

    gone = settled(family, panel, "hold_without", now=LATER + timedelta(hours=1))

    assert (gone.state, gone.without_family) == (MeetingState.HELD, True)
    assert parent_of(gone).came is False
    assert list(Proposal.objects.values_list("happening", "target")) == [
        ("parent_did_not_come", "letter_6")
    ]


def test_a_missed_panel_can_still_go_ahead_and_proposes_once(family) -> None:
    at_the_panel(family)
    panel = told(family, arranged(family, kind="dorset:inclusion_panel"))
    missed = settled(family, panel, "miss")

    assert settled(family, missed, "hold_without").state == MeetingState.HELD
    assert Proposal.objects.count() == 1


def test_an_outcome_is_written_once(family) -> None:
    meeting = told(family, arranged(family))
    settled(family, meeting)

    with pytest.raises(Conflict, match="Read it again"):
        settled(family, meeting)
    with pytest.raises(Conflict, match="what became of this meeting: held"):
        settled(family, Meeting.objects.get())


# Another date


def moved(family, meeting, **changes):
    facts = {"when": when(LATER), "because": "Mum works", "now": NOW, "version": meeting.version}
    return meetings.move(reach=family.reach, meeting=meeting, **{**facts, **changes})


def test_another_date_is_a_new_meeting_where_everybody_is_told_again(family) -> None:
    meeting = told(family, arranged(family))

    new = moved(family, meeting)

    old = Meeting.objects.get(pk=meeting.pk)
    assert (old.state, old.because, new.before) == (MeetingState.MOVED, "Mum works", old)
    assert [one.way for one in new.invited.all()] == ["", "", ""]
    (open_one,) = Deadline.objects.filter(done_on=None)
    assert open_one.due_on == date(2026, 12, 3)


def test_another_date_leaves_out_who_may_no_longer_be_contacted(family) -> None:
    meeting = told(family, arranged(family))
    AdultLink.objects.filter(adult=family.mother).update(may_contact="no")

    assert not moved(family, meeting).invited.filter(part=Part.ADULT).exists()


def test_another_date_is_held_to_the_same_rules(family) -> None:
    meeting = told(family, arranged(family))

    with pytest.raises(RuleNotMet, match="been already"):
        moved(family, meeting, when=when(NOW))
    with pytest.raises(InvalidInput, match="Say why it is moved"):
        moved(family, meeting, because=" ")
    with pytest.raises(Conflict, match="Read it again"):
        moved(family, meeting, version=1)
    assert Meeting.objects.count() == 1
    assert moved(
        family, meeting, when=when(THURSDAY + timedelta(minutes=15))
    )  # no clash with itself


def test_a_second_date_follows_a_missed_meeting(family) -> None:
    missed = settled(family, told(family, arranged(family)), "miss")

    new = moved(family, missed)

    assert new.before_id == missed.pk
    offered = [one for one in evidence_of(case_of(family)) if one.kind == "meeting_offered"]
    assert [one.on for one in offered] == [TODAY]  # the second counts once the family is told
    told(family, new)
    offered = [one for one in evidence_of(case_of(family)) if one.kind == "meeting_offered"]
    assert [one.key for one in offered] == ["attendance_meeting", "attendance_meeting"]


# About many pupils


def agenda(family, **changes):
    facts = {"kind": "dorset:inclusion_meeting", "adults": (), "pupil": False, **changes}
    return meetings.arrange_agenda(
        reach=family.reach, school=family.cast.hillside, plan=plan(family, **facts), now=NOW
    )


def test_a_meeting_about_many_pupils_takes_cases_one_by_one_and_each_once(family) -> None:
    meeting, case = agenda(family), case_of(family)
    assert next_of(meeting, [], TODAY) == "Put the pupils on the agenda."

    meetings.add_case(reach=family.reach, meeting=meeting, case=case, version=1)

    with pytest.raises(Conflict, match="on the agenda already"):
        meetings.add_case(reach=family.reach, meeting=meeting, case=case, version=1)
    done = settled(family, meeting)
    assert done.state == MeetingState.HELD
    shown = {one.kind: one.key for one in evidence_of(case)}
    assert shown["meeting_held"] == "inclusion_meeting"
    assert "meeting_offered" not in shown


def test_a_case_that_was_spoken_of_unplanned_joins_the_agenda_without_a_clock(family) -> None:
    meeting = agenda(family)
    settled(family, meeting)

    meetings.add_case(reach=family.reach, meeting=meeting, case=case_of(family), version=2)

    assert [one.kind for one in evidence_of(family.case)].count("meeting_held") == 1
    assert Deadline.objects.filter(kind="meeting").count() == 0


def test_no_family_comes_to_a_meeting_about_many_pupils(family) -> None:
    with pytest.raises(InvalidInput, match="No family comes"):
        agenda(family, adults=(family.mother.reference,))
    meeting = agenda(family)
    with pytest.raises(RuleNotMet, match="No family was invited"):
        settled(family, meeting, "miss")


def test_a_meeting_about_one_pupil_takes_no_other(family) -> None:
    meeting = arranged(family)

    with pytest.raises(RuleNotMet, match="about one pupil"):
        meetings.add_case(reach=family.reach, meeting=meeting, case=case_of(family), version=1)


def test_an_agenda_closes_with_its_meeting(family) -> None:
    meeting = agenda(family)
    settled(family, meeting, "cancel", because="Nobody could come")

    with pytest.raises(Conflict, match="This meeting is over: cancelled"):
        meetings.add_case(reach=family.reach, meeting=meeting, case=case_of(family), version=2)


def test_the_adults_are_judged_each_alone(family) -> None:
    AdultLink.objects.filter(adult=family.father).update(may_contact="unknown")

    assert [(one.link.adult.surname, one.may) for one in family_of(case_of(family), TODAY)] == [
        ("Larkfield", True),
        ("Reedham", False),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_people_arranging_at_once_get_one_meeting(live_family) -> None:
    family = live_family
    with scope(family.cast.ids):
        case = family.open_case()
        asked = plan(family)

    def press(_):
        try:
            with scope(family.cast.ids):
                meetings.arrange(reach=family.reach, case=case, plan=asked, now=NOW)
            return "arranged"
        except Conflict:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, range(2))) == ["arranged", "refused"]
    with scope(family.cast.ids):
        assert Meeting.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_writing_the_outcome_at_once_write_one(live_family) -> None:
    family = live_family
    with scope(family.cast.ids):
        meeting = told(family, arranged(family))

    def press(event):
        try:
            with scope(family.cast.ids):
                settled(family, meeting, event)
            return event
        except Conflict:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, ("hold", "miss")))
    assert answers.count("refused") == 1
    with scope(family.cast.ids):
        assert Event.objects.filter(kind="meeting.settled").count() == 1


def test_a_restricted_case_is_met_by_the_people_named_on_it(family) -> None:
    lead = family.cast.person(Role.SAFEGUARDING_LEAD, "hillside")
    officer = family.cast.officer
    case = case_of(family)
    restricted.restrict(
        reach=family.cast.reach(lead), case=case, people=[], reason="A threat", now=NOW
    )

    for asked in ({"leader": officer.pk}, {"leader": lead.pk, "staff": (officer.pk,)}):
        with pytest.raises(InvalidInput, match="is not named on this restricted case"):
            meetings.arrange(
                reach=family.cast.reach(lead), case=case, plan=plan(family, **asked), now=NOW
            )
    meeting = meetings.arrange(
        reach=family.cast.reach(lead),
        case=case,
        plan=plan(family, leader=lead.pk, staff=()),
        now=NOW,
    )

    assert meetings_for(family.cast.reach(lead)).get() == meeting
    assert not meetings_for(family.reach).exists()


def test_arranging_what_the_policy_proposed_takes_the_proposal_up(family) -> None:
    case = case_of(family)
    proposal = Proposal.objects.create(
        authority=case.authority,
        school=case.school,
        enrolment=case.enrolment,
        case=case,
        pack="dorset",
        edition="2022",
        trigger="to_attendance_meeting",
        proposes="meeting",
        target="attendance_meeting",
        why="No improvement",
        since=TODAY,
        found_at=NOW,
    )

    arranged(family)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("taken", family.cast.officer)


def test_a_kind_that_a_policy_no_longer_has_can_still_be_moved(family) -> None:
    meeting = arranged(family)
    Meeting.objects.filter(pk=meeting.pk).update(pack="chaucer", key="sam")

    assert moved(family, meeting).key == "sam"


def test_the_clock_of_the_minutes_runs_a_week_where_the_calendar_ends(family, monkeypatch) -> None:
    def ends(*_):
        raise UnknownTerm("The school calendar ends.")

    meeting = told(family, arranged(family))
    monkeypatch.setattr("cases.services.meetings.school_day_after", ends)
    monkeypatch.setattr("cases.services.meetings.due_on", ends)

    settled(family, meeting)

    assert Deadline.objects.get(kind="minutes").due_on == TODAY + timedelta(days=7)
    with pytest.raises(RuleNotMet, match="The school calendar ends before then"):
        arranged(family, when=when(datetime(2026, 11, 28, 10, tzinfo=UTC)))


def test_what_a_form_never_sends_is_refused_too(family) -> None:
    meeting = told(family, arranged(family))

    with pytest.raises(InvalidInput, match="Choose the new date first"):
        settled(family, meeting, "move")
    with pytest.raises(InvalidInput, match="Say where the meeting is"):
        arranged(family, when=when(LATER, place=" "))
    done = settled(family, meeting)
    with pytest.raises(Conflict, match="Only somebody of a planned meeting"):
        told(family, done)


def test_an_agenda_and_a_kind_of_ones_own_move_with_whoever_was_asked(family) -> None:
    meeting = agenda(family, kind="own", label="Monday round")
    meetings.add_case(reach=family.reach, meeting=meeting, case=case_of(family), version=1)

    new = moved(family, Meeting.objects.get())

    assert (new.label, new.agenda) == ("Monday round", True)
    assert [row.case for row in new.about.all()] == [family.case]
    assert [one.user for one in new.invited.all()] == [family.cast.officer]


@pytest.mark.parametrize(
    ("starts_at", "tell", "words"),
    [
        (LATER, False, "Invite everybody"),
        (LATER, True, "Everybody has been told"),
    ],
)
def test_what_to_do_next_before_a_meeting(family, starts_at, tell, words) -> None:
    meeting = arranged(family, when=when(starts_at))
    meeting = told(family, meeting) if tell else meeting

    assert words in next_of(meeting, list(meeting.about.all()), TODAY)
    after = starts_at.date() + timedelta(days=1)
    assert "The day has passed" in next_of(meeting, list(meeting.about.all()), after)
