"""Taking a name off the roll: grounds, the council told first, moves, undo and coming back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from attendance.models import Enrolment, Leaving, ReturnMade
from attendance.selectors import yearend as selectors
from attendance.selectors.returns import returns_due
from attendance.services import yearend_leaving as services
from attendance.services.registers import record_marks
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from rules.errors import Conflict, RuleNotMet
from tests import factories
from tests.attendance import agreed
from tests.attendance.moved import goodbye, leave
from tests.attendance.registers import frame, school_year
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, sign_in

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def school(cast):
    """Hillside with its calendar and a year of marks."""
    calendar(cast)
    a_year_of_marks(cast)
    return cast


def office(cast):
    return cast.reach(cast.officer)


def test_a_name_comes_off_after_its_last_day_and_the_council_was_told(school) -> None:
    row = leave(school)

    school.enrolment.refresh_from_db()
    assert school.enrolment.ends_on == FRIDAY
    assert school.enrolment.leaving_reason == "Goes to another school"
    made = ReturnMade.objects.get()
    assert (made.kind, made.first_day, made.told) == ("deletion", FRIDAY, "Admissions team")
    assert "Elm" not in str(made.facts)  # where the child goes is not for every reader
    event = Event.objects.get(kind="roll.left")
    assert (event.facts["ground"], event.facts["reference"]) == ("other-school", row.reference)
    states = [(one.kind.value, one.state) for one in returns_due(office(school), [school.hillside])]
    assert states == [("deletion", "made")]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"told": None}, "The council must be told before"),
        ({"confirmed": ()}, "This must be true, and confirmed"),
        ({"ground": "poor attendance", "confirmed": ()}, "Select a lawful ground"),
        ({"where": ""}, "Say where the child goes"),
        ({"last_day": date(2026, 11, 13)}, "the pupil was here on 16 November 2026"),
        ({"last_day": date(2028, 1, 1)}, "more than a year away"),
        ({"last_day": date(2025, 8, 31)}, "on or after the day the pupil joined"),
    ],
)
def test_what_is_not_lawful_is_refused_and_nothing_is_kept(school, changes, says) -> None:
    given = goodbye()
    with pytest.raises(RuleNotMet, match=says):
        services.leave(
            reach=office(school),
            enrolment=school.enrolment,
            goodbye=replace(given, **changes),
            now=NOW,
        )
    assert (Leaving.objects.count(), ReturnMade.objects.count()) == (0, 0)
    school.enrolment.refresh_from_db()
    assert school.enrolment.ends_on is None


def test_two_people_take_the_name_off_once(school) -> None:
    leave(school)
    with pytest.raises(Conflict, match="has taken this name off the roll already"):
        leave(school)
    assert Leaving.objects.count() == 1


def days_away(number):
    """The latest `number` school days before today, back over half term."""
    first, second = date(2026, 11, 16), date(2026, 10, 23)
    days = []
    day = first
    while len(days) < number:
        if day.weekday() < 5 and not second < day < date(2026, 11, 3):
            days.append(day)
        day -= timedelta(days=1)
    return days


@pytest.mark.parametrize(("number", "open_"), [(19, False), (20, True)])
def test_twenty_unexplained_days_are_read_from_the_register(cast, number, open_) -> None:
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("O", *days_away(number)))

    def go():
        return leave(cast, ground="unexplained", last_day=date(2026, 11, 16))

    if open_:
        assert go().ground == "unexplained"
    else:
        with pytest.raises(RuleNotMet, match="The register shows 19 school days"):
            go()


def test_ten_days_after_leave_are_read_from_leave_and_register(cast) -> None:
    calendar(cast)
    away = [date(2026, 11, day) for day in (3, 4, 5, 6, 9, 10, 11, 12, 13, 16)]
    a_year_of_marks(cast, absences=days_of("O", *away))
    with pytest.raises(RuleNotMet, match="No leave was granted"):
        leave(cast, ground="leave-not-returned", last_day=date(2026, 11, 16))
    factories.adult(cast.pupil)
    asked = agreed.a_request(cast)
    asked.state, asked.granted_first, asked.granted_last = "granted", TODAY, date(2026, 10, 23)
    asked.save()

    row = leave(cast, ground="leave-not-returned", last_day=date(2026, 11, 16))

    assert row.ground == "leave-not-returned"


def test_a_pupil_who_came_back_from_leave_cannot_be_taken_off_for_it(school) -> None:
    factories.adult(school.pupil)
    asked = agreed.a_request(school)
    asked.state, asked.granted_last = "granted", date(2026, 10, 23)
    asked.save()
    with pytest.raises(RuleNotMet, match="The register shows 0 school days"):
        leave(school, ground="leave-not-returned", last_day=date(2026, 11, 16))


# Moving within the authority


def test_one_step_moves_a_pupil_to_another_school(school) -> None:
    row = leave(school, moves_to=school.brook, where="")

    there = Enrolment.objects.get(school=school.brook)
    assert (there.pupil, there.starts_on) == (school.pupil, date(2026, 11, 21))
    assert row.moved_to == there
    joined = Event.objects.get(kind="roll.joined")
    assert joined.school == school.brook


@pytest.mark.parametrize(
    ("changes", "problem", "says"),
    [
        ({"joins_on": FRIDAY}, RuleNotMet, "must be after the last day here"),
        ({"moves_to": "hillside"}, RuleNotMet, "another school than this one"),
    ],
)
def test_a_move_that_cannot_be_is_refused(school, changes, problem, says) -> None:
    to = getattr(school, changes.get("moves_to", "brook"))
    with pytest.raises(problem, match=says):
        leave(school, **{**changes, "moves_to": to})


def test_a_pupil_on_the_other_roll_already_is_not_put_there_twice(school) -> None:
    factories.enrolment(school.pupil, school.brook)
    with pytest.raises(Conflict, match="on that roll already"):
        leave(school, moves_to=school.brook)


# Taking it back


def test_the_name_goes_back_as_it_was_with_the_move(school) -> None:
    row = leave(school, moves_to=school.brook)

    services.take_back(reach=office(school), leaving=row, because="Wrong child", now=NOW)

    school.enrolment.refresh_from_db()
    assert (school.enrolment.ends_on, school.enrolment.leaving_reason) == (None, "")
    assert not Enrolment.objects.filter(school=school.brook).exists()
    assert selectors.leaving_of(school.enrolment) is None
    (one,) = returns_due(office(school), [school.hillside])
    assert one.differs.endswith("it no longer calls for one.")  # the council must hear of it
    with pytest.raises(Conflict, match="already"):
        services.take_back(reach=office(school), leaving=row, because="Again", now=NOW)
    leave(school)  # and it may be taken off again; the return stands
    assert ReturnMade.objects.count() == 1


def test_it_is_not_taken_back_when_the_new_school_has_begun(school) -> None:
    row = leave(school, moves_to=school.brook, last_day=date(2026, 11, 16))
    there = Enrolment.objects.get(school=school.brook)
    school_year(school.brook, 2026)
    record_marks(
        school=school.brook,
        marks=frame([(there.pk, TODAY, 0, "/")]),
        batch=None,
        by=school.officer,
        reason="start",
        now=NOW,
    )

    with pytest.raises(Conflict, match="The new school has begun"):
        services.take_back(reach=office(school), leaving=row, because="Wrong child", now=NOW)


def test_it_is_not_taken_back_when_the_pupil_came_again(school) -> None:
    row = leave(school, last_day=date(2026, 11, 16))
    services.admit_again(
        reach=office(school),
        enrolment=school.enrolment,
        starts_on=TODAY,
        year_group="5",
        group="5B",
    )
    with pytest.raises(Conflict, match="put on this roll again since"):
        services.take_back(reach=office(school), leaving=row, because="Wrong child", now=NOW)


@pytest.mark.parametrize(("days", "open_"), [(14, True), (15, False)])
def test_fourteen_days_are_left_to_take_it_back(school, days, open_) -> None:
    row = leave(school)
    later = NOW + timedelta(days=days)

    def go():
        services.take_back(reach=office(school), leaving=row, because="Wrong", now=later)

    if open_:
        go()
        assert selectors.leaving_of(school.enrolment) is None
    else:
        with pytest.raises(Conflict, match="More than 14 days"):
            go()


# Coming back


def test_a_pupil_who_left_comes_back_on_a_new_enrolment(school) -> None:
    leave(school, last_day=date(2026, 11, 16))

    services.admit_again(
        reach=office(school),
        enrolment=school.enrolment,
        starts_on=TODAY,
        year_group="5",
        group="5B",
    )

    assert [
        row.starts_on for row in Enrolment.objects.filter(pupil=school.pupil).order_by("pk")
    ] == [
        date(2025, 9, 1),
        TODAY,
    ]
    kinds = {one.kind.value for one in returns_due(office(school), [school.hillside])}
    assert kinds == {"deletion", "new-pupil"}


def test_a_pupil_on_roll_is_not_put_on_it_again(school) -> None:
    again = {"enrolment": school.enrolment, "year_group": "", "group": ""}
    with pytest.raises(Conflict, match="on that roll already"):
        services.admit_again(reach=office(school), starts_on=TODAY, **again)
    with pytest.raises(RuleNotMet, match="more than a year away"):
        services.admit_again(reach=office(school), starts_on=date(2028, 1, 1), **again)


# Who may, and what is kept back


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.SAFEGUARDING_LEAD, "hillside"),
        (Role.TUTOR, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
        (Role.ATTENDANCE_OFFICER, "brook"),
    ],
)
def test_only_the_schools_office_takes_names_off(school, role, place) -> None:
    reach = school.reach(school.person(role, place))
    with pytest.raises(Forbidden):
        services.leave(reach=reach, enrolment=school.enrolment, goodbye=goodbye(), now=NOW)


@pytest.mark.parametrize(
    ("protected", "order", "shown"),
    [
        ("no", "none", True),
        ("unknown", "none", False),
        ("yes", "none", False),
        ("no", "no contact", False),
        ("no", "unknown", False),
    ],
)
def test_where_a_child_goes_is_kept_back_unless_everybody_is_known_to_be_safe(
    client, school, protected, order, shown
) -> None:
    factories.adult(school.pupil, protected_address=protected, link={"court_order": order})
    leave(school)
    address = reverse("attendance:pupil_rolls", args=["990", school.pupil.reference])

    sign_in(client, school.officer)
    assert ("Elm School" in client.get(address).content.decode()) is shown
    sign_in(client, school.person(Role.SAFEGUARDING_LEAD, "hillside"))
    assert "Elm School" in client.get(address).content.decode()


# Pages

SENT = {
    "ground": "other-school",
    "confirmed_other-school": ["registered"],
    "confirmed_excluded": ["final"],  # of a ground that was not chosen
    "last_day_day": "20",
    "last_day_month": "11",
    "last_day_year": "2026",
    "where": "Elm School",
    "moves_to": "",
    "told": "Admissions team",
    "way": "form",
    "told_on_day": "17",
    "told_on_month": "11",
    "told_on_year": "2026",
}


def test_the_pages_take_off_put_back_and_admit(client, school) -> None:
    sign_in(client, school.officer)
    args = ["990", school.pupil.reference]
    address = reverse("attendance:pupil_leaving", args=args)

    assert "Check this ground against it" in client.get(address).content.decode()
    half = client.post(address, SENT | {"told": ""}).content.decode()
    assert "Say who was told, how and when" in half
    refused = client.post(address, SENT | {"confirmed_other-school": []}).content.decode()
    assert "This must be true, and confirmed" in refused
    done = client.post(address, SENT, follow=True).content.decode()
    assert "The name is off the roll after 20 November 2026" in done
    row = Leaving.objects.get()
    assert row.confirmed == ["registered"]
    assert client.get(address).status_code == 302  # it is off already

    undo = reverse("attendance:pupil_leaving_undo", args=[*args, row.reference])
    assert client.get(undo).status_code == 200
    back = client.post(undo, {"because": "Wrong child"}, follow=True).content.decode()
    assert "The name is on the roll as before" in back
    assert "already" in client.post(undo, {"because": "Wrong child"}).content.decode()
    other = reverse("attendance:pupil_leaving_undo", args=[*args, "nothing"])
    assert client.get(other).status_code == 404

    leave(school, last_day=date(2026, 11, 16))
    again = reverse("attendance:pupil_again", args=args)
    assert client.get(again).status_code == 200
    sent = {"starts_on_day": "17", "starts_on_month": "11", "starts_on_year": "2026"}
    done = client.post(again, sent | {"year_group": "5", "group": "5B"}, follow=True)
    assert "on the roll again" in done.content.decode()
    clash = client.post(again, sent | {"year_group": "5", "group": "5B"})
    assert "on that roll already" in clash.content.decode()


def test_a_move_is_made_on_the_page(client, school) -> None:
    sign_in(client, school.officer)
    address = reverse("attendance:pupil_leaving", args=["990", school.pupil.reference])

    client.post(address, SENT | {"moves_to": str(school.brook.pk), "where": ""})

    assert Enrolment.objects.get(school=school.brook).starts_on == date(2026, 11, 21)
