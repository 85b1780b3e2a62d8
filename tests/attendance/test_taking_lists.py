"""The registers of a day, the missing ones, their times and who takes which group."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.urls import reverse

from attendance.models import GroupTutor, RegisterTimes
from attendance.selectors.register_times import tutor_history, who_may_take
from attendance.selectors.registers_due import State, day_of, missing_registers
from attendance.selectors.taking import times_on, tutors_on
from attendance.services.register_times import (
    DifferentLengths,
    WrongTimes,
    end_tutor,
    set_times,
    set_tutor,
)
from attendance.services.registers import save_register
from audit.models import Event
from audit.record import Kind, sentence
from authorities.access import Forbidden, NotFound
from authorities.models import Membership
from authorities.permissions import Role
from rules.errors import Conflict, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.classes import (
    AFTERNOON,
    GROUP,
    MORNING,
    YESTERDAY,
    a_class,
    at,
    its_tutor,
)
from tests.cast import TODAY, Cast, sign_in

AM, PM = Session.AM, Session.PM
HALF_HOUR = {AM: (time(8, 30), time(9)), PM: (time(13), time(13, 30))}


@pytest.fixture(autouse=True)
def a_quarter_to_nine(standing_clock):
    with time_machine.travel(at(8, 45), tick=False):
        yield


@pytest.fixture
def three(cast: Cast):
    """7B, and the cast's own pupil who has no group."""
    return a_class(cast)


@pytest.fixture
def office(cast: Cast):
    return cast.reach(cast.officer)


def mark(cast, pupils, when=MORNING, code="/", by=None, now=None) -> None:
    """Marks that somebody saved."""
    code = {"/": "/\\"[when.session]}.get(code, code)
    save_register(
        school=cast.hillside,
        when=when,
        codes={pupil.pk: code for pupil in pupils},
        by=by or cast.person(Role.TUTOR, "hillside"),
        now=now or at(8, 45),
    )


def states(cast, now, day=TODAY) -> dict[str, list[State]]:
    """Each group's states on a day."""
    return {
        row.group: [half.state for half in row.halves] for row in day_of(cast.hillside, day, now)
    }


def test_where_each_register_of_the_day_stands(cast, three):
    assert states(cast, at(8, 45)) == {
        GROUP: [State.NOT_TAKEN, State.NOT_YET],
        "": [State.NOT_TAKEN, State.NOT_YET],
    }
    mark(cast, three[:2])
    assert states(cast, at(9, 0))[GROUP] == [State.PART, State.NOT_YET]
    assert states(cast, at(9, 1))[GROUP] == [State.PART_MISSING, State.NOT_YET]
    mark(cast, three[2:])
    assert states(cast, at(9, 1))[GROUP] == [State.TAKEN, State.NOT_YET]
    assert states(cast, at(13, 5))[""] == [State.MISSING, State.NOT_TAKEN]


def test_a_register_first_saved_after_it_closed_is_late(cast, three):
    mark(cast, three, now=at(9, 1))

    assert states(cast, at(9, 5))[GROUP][0] is State.TAKEN_LATE


def test_a_day_without_school_has_no_registers(cast, three):
    assert states(cast, at(8, 45), date(2026, 11, 15))[GROUP] == [State.NO_SESSION] * 2


def test_the_first_saver_is_shown_and_whether_they_covered(cast, three):
    its_tutor(cast)
    mark(cast, three[:1], by=cast.officer)
    mark(cast, three[1:])

    (group, _) = day_of(cast.hillside, TODAY, at(8, 50))
    morning, afternoon = group.halves

    assert (morning.saved.by, morning.saved.covering) == ("Attendance officer at Hillside", True)
    assert afternoon.saved is None


def test_groups_stand_by_number_and_those_without_one_last(cast, three):
    for name in ("10A", "7A"):
        factories.enrolment(factories.pupil(cast.northmoor), cast.hillside, registration_group=name)

    assert list(states(cast, at(8, 45))) == ["7A", "7B", "10A", ""]


# Missing


def missing(cast, days=2, now=None) -> list[tuple]:
    return [
        (row.when, row.group, row.left, row.pupils)
        for row in missing_registers(cast.hillside, days, now or at(9, 1))
    ]


def test_a_closed_register_with_pupils_without_a_mark_is_missing(cast, three):
    everybody = [*three, cast.enrolment]
    mark(cast, everybody, DatedSession(YESTERDAY.day, PM))
    mark(cast, [*three[:2], cast.enrolment], YESTERDAY)
    mark(cast, [cast.enrolment])

    assert missing(cast, now=at(9, 0)) == [(YESTERDAY, GROUP, 1, 3)]
    assert missing(cast) == [(MORNING, GROUP, 3, 3), (YESTERDAY, GROUP, 1, 3)]
    assert missing(cast, days=1) == [(MORNING, GROUP, 3, 3)]


def test_without_times_todays_register_is_missing_from_tomorrow(cast):
    a_class(cast, 1, times=False)

    assert missing(cast, days=1, now=at(20, 0)) == []
    tomorrow = [row[0] for row in missing(cast, days=2, now=at(8, 0, TODAY + timedelta(days=1)))]
    assert tomorrow == [MORNING, MORNING, AFTERNOON, AFTERNOON]


def test_a_pupil_who_was_not_on_roll_yet_is_not_missing(cast, three):
    three[0].starts_on = TODAY
    three[0].save()
    its_tutor(cast)

    found = {row.when: row for row in missing_registers(cast.hillside, 2, at(9, 1)) if row.group}

    assert (found[YESTERDAY].pupils, found[MORNING].pupils) == (2, 3)
    assert found[MORNING].tutors == ("Tutor at Hillside",)


def test_a_school_without_a_calendar_misses_nothing(cast):
    assert missing_registers(cast.brook, 10, at(9, 1)) == []


# Times


def test_times_are_set_from_a_day_on_and_the_former_ones_stay(cast, three, office):
    later = {AM: (time(8, 40), time(9)), PM: (time(13), time(13, 20))}

    set_times(school=cast.hillside, openings=later, starts_on=TODAY, by=office)

    assert times_on(cast.hillside, YESTERDAY.day)[AM].opens_at == time(8, 30)
    assert times_on(cast.hillside, TODAY)[AM].opens_at == time(8, 40)
    event = Event.objects.get(kind=Kind.REGISTER_TIMES_SET)
    assert sentence(event) == (
        "Attendance officer at Hillside set the times of the registers: morning 8:40am to 9:00am,"
        " afternoon 1:00pm to 1:20pm from 17 November 2026"
    )
    assert event.facts["former"] == "morning 8:30am to 9:00am, afternoon 1:00pm to 1:30pm"


def test_times_of_one_day_can_be_set_again(cast, three, office):
    for opens in (time(8, 40), time(8, 45)):
        openings = {AM: (opens, time(9)), PM: (time(13), time(13, 15))}
        set_times(
            school=cast.hillside, openings=openings, starts_on=TODAY, by=office, confirmed=True
        )

    assert times_on(cast.hillside, TODAY)[AM].opens_at == time(8, 45)
    assert RegisterTimes.objects.filter(starts_on=TODAY).count() == 2


@pytest.mark.parametrize(
    ("half", "opening", "says"),
    [
        (AM, (time(8, 30), time(9, 1)), "30 minutes at most"),
        (PM, (time(13), time(13)), "close after it opens"),
    ],
)
def test_times_that_the_guidance_forbids_are_refused(cast, office, half, opening, says):
    with pytest.raises(WrongTimes, match=says) as refused:
        set_times(
            school=cast.hillside, openings=HALF_HOUR | {half: opening}, starts_on=TODAY, by=office
        )

    assert refused.value.session is half
    assert RegisterTimes.objects.count() == 0


def test_different_lengths_must_be_confirmed(cast, office):
    openings = HALF_HOUR | {PM: (time(13), time(13, 20))}

    with pytest.raises(DifferentLengths):
        set_times(school=cast.hillside, openings=openings, starts_on=TODAY, by=office)
    set_times(school=cast.hillside, openings=openings, starts_on=TODAY, by=office, confirmed=True)

    assert times_on(cast.hillside, TODAY)[PM].closes_at == time(13, 20)


def test_the_first_times_may_start_earlier_and_later_ones_not(cast, office):
    set_times(school=cast.hillside, openings=HALF_HOUR, starts_on=date(2026, 9, 1), by=office)

    with pytest.raises(RuleNotMet, match="today or later"):
        set_times(school=cast.hillside, openings=HALF_HOUR, starts_on=YESTERDAY.day, by=office)


def test_a_tutor_sets_neither_times_nor_tutors(cast, three):
    by = cast.reach(cast.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        set_times(school=cast.hillside, openings=HALF_HOUR, starts_on=TODAY, by=by)
    with pytest.raises(Forbidden):
        set_tutor(school=cast.hillside, group=GROUP, tutor=by.user, starts_on=TODAY, by=by)
    with pytest.raises(Forbidden):
        end_tutor(school=cast.hillside, group=GROUP, pk=1, by=by)


# Tutors


def test_a_new_tutor_takes_over_from_a_day_on(cast, three, office):
    its_tutor(cast)
    head = cast.person(Role.HEADTEACHER, "hillside")

    set_tutor(school=cast.hillside, group=GROUP, tutor=head, starts_on=TODAY, by=office)

    assert [t.tutor for t in tutors_on(cast.hillside, TODAY)[GROUP]] == [head]
    assert [t.tutor.name for t in tutors_on(cast.hillside, YESTERDAY.day)[GROUP]] == [
        "Tutor at Hillside"
    ]
    event = Event.objects.get(kind=Kind.GROUP_TUTOR_SET)
    assert event.facts["change"] == "7B from 17 November 2026"
    assert head.name not in str(event.facts)


def test_two_tutors_may_share_a_group(cast, three, office):
    its_tutor(cast)
    head = cast.person(Role.HEADTEACHER, "hillside")

    set_tutor(
        school=cast.hillside, group=GROUP, tutor=head, starts_on=TODAY, by=office, together=True
    )

    assert len(tutors_on(cast.hillside, TODAY)[GROUP]) == 2
    with pytest.raises(Conflict, match="already"):
        set_tutor(school=cast.hillside, group=GROUP, tutor=head, starts_on=TODAY, by=office)


def test_a_change_in_the_past_is_refused(cast, office):
    with pytest.raises(RuleNotMet, match="today or later"):
        set_tutor(
            school=cast.hillside,
            group=GROUP,
            tutor=cast.officer,
            starts_on=YESTERDAY.day,
            by=office,
        )


def test_ending_a_tutor_keeps_the_days_before(cast, three, office):
    row = its_tutor(cast)

    end_tutor(school=cast.hillside, group=GROUP, pk=row.pk, by=office)

    assert GROUP not in tutors_on(cast.hillside, TODAY)
    assert GROUP in tutors_on(cast.hillside, YESTERDAY.day)
    with pytest.raises(NotFound):
        end_tutor(school=cast.hillside, group=GROUP, pk=row.pk, by=office)


def test_ending_one_who_has_not_begun_leaves_nothing(cast, three, office):
    later = set_tutor(
        school=cast.hillside,
        group=GROUP,
        tutor=cast.officer,
        starts_on=TODAY + timedelta(days=7),
        by=office,
    )

    end_tutor(school=cast.hillside, group=GROUP, pk=later.pk, by=office)

    assert tutor_history(cast.hillside, GROUP) == []


def test_only_people_who_may_take_registers_here_can_be_named(cast):
    names = {person.name for person in who_may_take(cast.hillside, TODAY)}

    assert names == {
        "Headteacher at Hillside",
        "Attendance lead at Hillside",
        "Attendance officer at Hillside",
        "Tutor at Hillside",
    }


# The pages


def page(client, name: str, *args: str, **query: str) -> str:
    url = reverse(f"attendance:{name}", args=["990", *args])
    return client.get(url, query).content.decode()


def test_the_list_of_the_day_puts_a_tutors_own_groups_first(client, cast, three):
    its_tutor(cast)
    mark(cast, three[:1])
    sign_in(client, cast.person(Role.TUTOR, "hillside"))

    said = page(client, "registers")

    assert said.index("Your groups") < said.index(">7B<") < said.index("Other groups")
    assert "2 without a mark; 8:45am, Tutor at Hillside" in said
    assert "Finish" in said
    assert "Register times" not in said
    assert "Earlier: Monday 16 November 2026" in said


def test_the_list_opens_earlier_days_and_never_days_to_come(client, cast, three):
    sign_in(client, cast.officer)

    earlier = page(client, "registers", day="2026-11-13")
    later = page(client, "registers", day="2026-12-01")
    nonsense = page(client, "registers", day="yesterday")
    sunday = page(client, "registers", day="2026-11-15")

    assert "Registers, Friday 13 November 2026" in earlier
    assert "Later: Monday 16 November 2026" in earlier
    assert "Registers, Tuesday 17 November 2026" in later
    assert "Registers, Tuesday 17 November 2026" in nonsense
    assert "The school has no session on this day." in sunday
    assert "Missing registers (36)" in earlier


def test_somebody_with_two_schools_chooses_one(client, cast, three):
    Membership.objects.create(
        authority=cast.northmoor,
        school=cast.brook,
        user=cast.officer,
        role=Role.TUTOR,
        starts_on=date(2026, 9, 1),
    )
    sign_in(client, cast.officer)

    first = page(client, "registers")
    second = page(client, "registers", school="990001")

    assert "Nobody is on roll" in first
    assert ">7B<" in second
    assert "Later: Tuesday" not in first


def test_missing_registers_are_listed_filtered_and_exported(client, cast, three):
    mark(cast, [cast.enrolment])
    sign_in(client, cast.officer)
    with time_machine.travel(at(9, 1), tick=False):
        everything = page(client, "registers_missing")
        part = page(client, "registers_missing", state="Part missing")
        group = page(client, "registers_missing", group="7B", half="0", sort="-day")
        sent = page(client, "registers_missing", export="csv", group="7B", half="0")

    assert "37 missing registers" in everything
    assert "No register is missing" in part
    assert "10 missing registers" in group
    lines = sent.splitlines()
    assert lines[0].endswith("Register,Day,Session,School,Tutor,Without a mark,In the class")
    assert lines[1] == "7B,2026-11-17,Morning,Hillside School,,3,3"
    assert len(lines) == 11
    assert Event.objects.get(kind=Kind.EXPORTED).facts == {
        "count": 10,
        "what": "missing registers",
    }


def test_missing_registers_of_two_schools_can_be_told_apart(client, cast, three):
    Membership.objects.create(
        authority=cast.northmoor,
        school=cast.brook,
        user=cast.officer,
        role=Role.ATTENDANCE_OFFICER,
        starts_on=date(2026, 9, 1),
    )
    sign_in(client, cast.officer)
    with time_machine.travel(at(9, 1), tick=False):
        here = page(client, "registers_missing", school="990001")
        there = page(client, "registers_missing", school="990002")

    assert "38 missing registers" in here
    assert "No register is missing" in there


def typed(**more: str) -> dict[str, str]:
    return {
        "opens_am": "8:30",
        "closes_am": "9:00",
        "opens_pm": "1:00",
        "closes_pm": "1:30",
        "starts_on_day": "17",
        "starts_on_month": "11",
        "starts_on_year": "2026",
    } | more


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"closes_am": "9:15"}, "30 minutes at most"),
        ({"opens_pm": "noon"}, "Enter the time as hours and minutes"),
        ({"closes_pm": ""}, "Enter when the afternoon register closes"),
        ({"closes_pm": "1:20"}, "should stay open for the same length"),
        ({"starts_on_day": "16"}, "New times start today or later"),
    ],
)
def test_times_are_refused_in_words(client, cast, three, more, says):
    sign_in(client, cast.officer)

    answer = client.post(
        reverse("attendance:register_times", args=["990", "990001"]), typed(**more)
    )

    assert says in answer.content.decode()
    assert RegisterTimes.objects.filter(starts_on=TODAY).count() == 0


def test_times_are_saved_on_the_page_and_different_lengths_after_a_tick(client, cast):
    sign_in(client, cast.officer)
    url = reverse("attendance:register_times", args=["990", "990001"])

    assert "No times are set" in client.get(url).content.decode()
    client.post(url, typed())
    client.post(url, typed(closes_pm="1:20", confirmed="on"))

    assert times_on(cast.hillside, TODAY)[PM].opens_at == time(13)
    assert times_on(cast.hillside, TODAY)[PM].closes_at == time(13, 20)
    assert "1:20pm" in client.get(url).content.decode()


def test_the_office_names_who_takes_a_group(client, cast, three):
    sign_in(client, cast.officer)
    tutor = cast.person(Role.TUTOR, "hillside")
    url = reverse("attendance:register_group", args=["990", "990001", GROUP])
    sent = {
        "tutor": str(tutor.pk),
        "starts_on_day": "17",
        "starts_on_month": "11",
        "starts_on_year": "2026",
    }

    assert "Nobody is named for this group yet." in client.get(url).content.decode()
    saved = client.post(url, sent, follow=True).content.decode()
    again = client.post(url, sent).content.decode()
    row = GroupTutor.objects.get()
    client.post(url, {"end": "x"})
    ended = client.post(url, {"end": str(row.pk)}, follow=True).content.decode()

    assert "Tutor at Hillside takes the register of 7B from 17 November 2026" in saved
    assert "takes the group&#x27;s register already" in again
    assert "one tutor fewer" in ended
    assert GroupTutor.objects.count() == 0


def test_somebody_of_another_school_cannot_be_named(client, cast, three):
    sign_in(client, cast.officer)
    url = reverse("attendance:register_group", args=["990", "990001", GROUP])
    stranger = cast.person(Role.TUTOR, "brook")
    sent = {"tutor": str(stranger.pk), "starts_on_day": "17", "starts_on_month": "11"}

    said = client.post(url, sent | {"starts_on_year": "2026"}).content.decode()

    assert "Select somebody who may take registers at this school" in said
    assert GroupTutor.objects.count() == 0


def test_a_group_that_nobody_is_in_cannot_be_found(client, cast, three):
    sign_in(client, cast.officer)

    assert (
        client.get(reverse("attendance:register_group", args=["990", "990001", "9Z"])).status_code
        == 404
    )


def test_groups_are_listed_with_who_takes_them(client, cast, three):
    its_tutor(cast)
    sign_in(client, cast.officer)

    said = page(client, "register_groups", "990001")

    assert said.index(">7B<") < said.index("Tutor at Hillside") < said.index("No group")
    assert "Nobody is named" in said
