"""What the policy says of a meeting: its agenda, what is on file before it, and the next one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from authorities import packs
from cases.models import Meeting
from cases.selectors.meeting_policy import agenda_of, next_day, on_file, proposed_day, rhythm_of
from cases.selectors.meetings import kind_of
from cases.services import meetings
from tests.cases import meeting_scenes
from tests.cases.family import NOW
from tests.cases.test_stages_moves import move
from tests.cast import TODAY, sign_in

FORTNIGHT = date(2026, 12, 10)  # two weeks after Thursday 26 November


@pytest.fixture
def chaucer(family):
    """Hillside holds a referral meeting of its pastoral staff every two weeks."""
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 9, 1),
        reach=None,
        school=family.cast.hillside,
    )
    return family


def referral_meeting(family, when=meeting_scenes.THURSDAY):
    plan = meeting_scenes.plan(
        family,
        kind="chaucer:referral_meeting",
        adults=(),
        pupil=False,
        when=meeting_scenes.when(when),
    )
    return meetings.arrange_agenda(
        reach=family.reach, school=family.cast.hillside, plan=plan, now=NOW
    )


def hold(family, meeting):
    meetings.settle(
        reach=family.reach,
        meeting=meeting,
        version=meeting.version,
        event="hold",
        now=meeting.starts_at + timedelta(hours=1),
    )
    return Meeting.objects.get(pk=meeting.pk)


def test_the_agenda_is_that_of_the_policy(chaucer):
    meeting = meeting_scenes.arranged(chaucer, kind="chaucer:sam")

    assert "What is agreed, who does it and by when" in agenda_of(meeting)


def test_a_meeting_of_ones_own_has_neither_agenda_nor_rhythm(family):
    meeting = meeting_scenes.arranged(family, kind="own", label="A chat")

    assert agenda_of(meeting) == ()
    assert rhythm_of(meeting, TODAY) is None
    assert on_file(meeting, family.case) is None


def test_the_page_and_the_minutes_show_what_to_talk_about(client, chaucer):
    row = meeting_scenes.held(chaucer, kind="chaucer:sam")
    sign_in(client, chaucer.cast.officer)
    at = ["990", row.meeting.reference]

    page = client.get(reverse("cases:meeting", args=at)).content.decode()
    minutes = client.get(reverse("cases:meeting_minutes", args=[*at, row.case.reference]))

    assert "What to talk about" in page
    assert "How the family shows an appointment" in page
    assert "How the family shows an appointment" in minutes.content.decode()


def test_the_panel_lists_what_is_on_file_by_its_records(client, family):
    family.open_case()
    move(family, "dorset:panel")
    december = datetime(2026, 12, 3, 14, tzinfo=UTC)
    meeting = meeting_scenes.arranged(
        family, kind="dorset:inclusion_panel", when=meeting_scenes.when(december)
    )
    state = on_file(meeting, family.case)
    assert state.checklist.label == "Inclusion Panel checklist"
    assert {one.item.key for one in state.missing} >= {"letter_2", "first_review"}
    # A new policy changes nothing of a meeting that was arranged before.
    later = date(2026, 9, 2)
    packs.adopt(
        authority=family.cast.northmoor, pack="barking_dagenham", starts_on=later, reach=None
    )
    sign_in(client, family.cast.officer)

    page = client.get(reverse("cases:meeting", args=["990", meeting.reference])).content.decode()

    assert "On file before the meeting" in page
    assert "Letter 2 was sent" in page
    assert "Missing" in page
    assert reverse("cases:checklists", args=["990", family.case.reference]) in page


def test_a_meeting_with_a_rhythm_says_when_the_next_is(client, chaucer):
    meeting = hold(chaucer, referral_meeting(chaucer))

    rhythm = rhythm_of(meeting, TODAY)

    assert rhythm.words == "Every 2 weeks (Chaucer School attendance policy: Section 9.4)"
    assert (rhythm.next, rhythm.there) == (FORTNIGHT, None)
    sign_in(client, chaucer.cast.officer)
    page = client.get(reverse("cases:meeting", args=["990", meeting.reference])).content.decode()
    assert "The next by 10 December 2026" in page
    assert "Arrange the next one" in page


def test_the_next_one_is_proposed_on_its_day(client, chaucer):
    hold(chaucer, referral_meeting(chaucer))
    sign_in(client, chaucer.cast.officer)
    address = reverse("cases:meeting_new", args=["990"])

    page = client.get(
        address, {"school": chaucer.cast.hillside.urn, "kind": "chaucer:referral_meeting"}
    ).content.decode()

    for part, value in (("day", "10"), ("month", "12"), ("year", "2026")):
        assert f'name="day_{part}"' in page
        assert f'value="{value}"' in page
    assert "Held every 2 weeks" in page


def test_one_that_is_arranged_already_is_named(chaucer):
    first = hold(chaucer, referral_meeting(chaucer))
    second = referral_meeting(chaucer, datetime(2026, 12, 10, 14, tzinfo=UTC))

    assert rhythm_of(first, TODAY).there == second


def test_a_day_that_has_passed_is_proposed_as_the_next_school_day(chaucer):
    hold(chaucer, referral_meeting(chaucer))
    policy = packs.pack_in_force(chaucer.cast.hillside, TODAY)
    kind = kind_of(policy, "chaucer:referral_meeting")
    school = chaucer.cast.hillside

    assert proposed_day(school, kind, date(2026, 12, 12)) == date(2026, 12, 14)  # a Monday
    assert proposed_day(school, kind, date(2028, 1, 1)) is None  # the calendar has ended
    assert next_day(school, kind, date(2027, 7, 20)) is None
    assert proposed_day(school, kind_of(policy, "chaucer:sam"), TODAY) is None
