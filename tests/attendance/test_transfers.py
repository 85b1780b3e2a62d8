"""A pupil's attendance elsewhere: other schools here, and files between authorities."""

import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance.access import pupil_here
from attendance.models import EarlierHistory
from attendance.selectors import transfers as selectors
from attendance.selectors.books import book_of
from attendance.services import transfers as services
from attendance.services.registers import amend_mark, record_marks
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from rules.transfers import checked, marks_in
from tests import factories
from tests.attendance.moved import content, leave
from tests.attendance.registers import frame, school_year
from tests.attendance.scenes import NOW, calendar
from tests.cast import TODAY, sign_in

UPN = "G990000126001"
OTHER_UPN = "T990000126000"


@pytest.fixture
def pupil(cast):
    """Hillside's pupil with a UPN and the file's date of birth."""
    cast.pupil.upn, cast.pupil.born_on = UPN, date(2016, 5, 4)
    cast.pupil.save()
    calendar(cast)
    return cast


def office(cast):
    return cast.reach(cast.officer)


def here(cast, by=None):
    return pupil_here(by or office(cast), cast.pupil.reference)


def mark(cast, enrolment, rows):
    record_marks(
        school=enrolment.school,
        marks=frame([(enrolment.pk, *row) for row in rows]),
        batch=None,
        by=cast.officer,
        reason="start",
        now=NOW,
    )


def unauthorised(days):
    return [(day, half, "O") for day in days for half in (0, 1)]


def test_each_school_has_its_own_threshold_and_the_sum_is_information(pupil) -> None:
    """T14: six sessions at the first school, four at the second: not met, ten together."""
    school_year(pupil.brook, 2026)
    mark(pupil, pupil.enrolment, unauthorised([date(2026, 9, day) for day in (21, 22, 23)]))
    there = factories.enrolment(pupil.pupil, pupil.brook, starts_on=date(2026, 9, 28))
    mark(pupil, there, unauthorised([date(2026, 9, 28), date(2026, 9, 29)]))
    book = book_of(there, pupil.pupil.born_on, today=date(2026, 10, 9))

    found = selectors.across(book, pupil.pupil)

    assert (found.here, found.elsewhere, found.together, found.met_here) == (4, 6, 10, False)


def test_sessions_outside_the_window_and_another_pupils_are_not_in_the_sum(pupil) -> None:
    school_year(pupil.brook, 2026)
    mark(pupil, pupil.enrolment, unauthorised([date(2026, 10, 12)]))  # after the day asked about
    other = factories.enrolment(factories.pupil(pupil.northmoor), pupil.hillside)
    mark(pupil, other, unauthorised([date(2026, 9, 21)]))
    there = factories.enrolment(pupil.pupil, pupil.brook, starts_on=date(2026, 9, 28))

    found = selectors.across(
        book_of(there, pupil.pupil.born_on, today=date(2026, 10, 9)), pupil.pupil
    )

    assert found.elsewhere == 0


def test_without_a_school_week_there_is_nothing_to_add(cast) -> None:
    book = book_of(cast.enrolment, cast.pupil.born_on, today=TODAY)
    assert selectors.across(book, cast.pupil).together == 0


# Handing over


def test_the_file_holds_marks_changes_and_days_and_nobody_else(pupil) -> None:
    secret = factories.adult(pupil.pupil, surname="Hidden", address="9 Secret Lane")
    mark(pupil, pupil.enrolment, unauthorised([date(2026, 10, 5)]))
    amend_mark(
        school=pupil.hillside,
        enrolment_id=pupil.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="O",
        code="I",
        reason="Mother rang from 9 Secret Lane",
        by=pupil.officer,
        now=NOW,
    )
    leave(pupil, where="Elm School")
    elsewhere = factories.enrolment(pupil.pupil, pupil.brook)
    school_year(pupil.brook, 2026)
    mark(pupil, elsewhere, [(date(2026, 10, 6), 0, "U")])

    text = services.hand_over(reach=office(pupil), here=here(pupil))

    found = checked(text)
    (one,) = found["enrolments"]
    assert [(str(m.day), int(m.session), m.code) for m in marks_in(found)] == [
        ("2026-10-05", 0, "I"),
        ("2026-10-05", 1, "O"),
    ]
    assert one["amendments"] == [["2026-10-05", 0, "O", "I", "2026-11-17"]]
    assert (one["from"], one["to"]) == ("2025-09-01", "2026-11-20")
    for hidden in ("Hidden", "Secret", "Elm", "Brook", secret.reference, pupil.officer.name):
        assert hidden not in text
    event = Event.objects.get(kind="history.sent")
    assert event.facts["sha256"] == found["digest"]


def test_a_pupil_without_a_upn_has_no_file(cast) -> None:
    with pytest.raises(RuleNotMet, match="UPN"):
        services.hand_over(reach=office(cast), here=here(cast))


@pytest.mark.parametrize("role", [Role.TUTOR, Role.LEGAL_OFFICER])
def test_who_may_not_change_pupils_makes_no_file(pupil, role) -> None:
    place = "hillside" if role == Role.TUTOR else "northmoor"
    reach = pupil.reach(pupil.person(role, place))
    with pytest.raises(Forbidden):
        services.hand_over(reach=reach, here=here(pupil, reach))


# Taking


def take(cast, held=None):
    text = json.dumps(content()) if held is None else held
    return services.take(
        reach=office(cast),
        here=here(cast),
        held=text.encode() if isinstance(text, str) else text,
        now=NOW,
    )


def test_a_file_is_kept_beside_the_register_and_counted_as_information_only(pupil) -> None:
    row = take(pupil)

    assert (row.origin, row.first_day, row.last_day) == (
        "Ash School, Eastmoor",
        date(2026, 10, 5),
        date(2026, 10, 6),
    )
    (one,) = selectors.earlier_of(pupil.pupil)
    assert (one.tally.attended, one.tally.absent, one.amendments) == (2, 2, 1)
    book = book_of(pupil.enrolment, pupil.pupil.born_on, today=TODAY)
    assert book.tally.possible == 0
    assert selectors.across(book, pupil.pupil).elsewhere == 1
    assert Event.objects.get(kind="history.taken").facts["sha256"] == row.digest


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (json.dumps(content(pupil={"upn": OTHER_UPN, "born_on": "2016-05-04"})), "another child"),
        (json.dumps(content(pupil={"upn": UPN, "born_on": "2016-05-05"})), "another child"),
        (json.dumps(content(enrolments=[{"from": "2025-09-01", "to": None, "marks": [],
                                         "amendments": []}])), "holds no marks"),
        (b"\xff\xfe", "not a file"),
        (b"x" * 5_000_001, "too big"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_this_pupils_is_refused(pupil, held, says) -> None:
    with pytest.raises(InvalidInput, match=says):
        take(pupil, held)
    assert EarlierHistory.objects.count() == 0


def test_the_same_file_is_taken_once(pupil) -> None:
    take(pupil)
    with pytest.raises(Conflict, match="already"):
        take(pupil)


def test_a_former_upn_is_the_same_child(pupil) -> None:
    pupil.pupil.upn, pupil.pupil.former_upn = "T990000126000", UPN
    pupil.pupil.save()
    assert take(pupil).pupil == pupil.pupil


def test_a_file_goes_from_one_authority_to_the_other(cast) -> None:
    """Made at Hillside, taken at Coast School: the same marks, read only."""
    cast.pupil.upn = UPN
    cast.pupil.save()
    calendar(cast)
    mark(cast, cast.enrolment, unauthorised([date(2026, 10, 5)]))
    text = services.hand_over(reach=office(cast), here=here(cast))
    child = factories.pupil(cast.southvale, upn=UPN)
    factories.enrolment(child, cast.coast, starts_on=date(2026, 11, 16))
    theirs = cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "coast"), cast.southvale)

    services.take(
        reach=theirs, here=pupil_here(theirs, child.reference), held=text.encode(), now=NOW
    )

    (one,) = selectors.earlier_of(child)
    assert (one.tally.unauthorised, one.row.origin) == (2, "Hillside School, Northmoor")
    assert selectors.earlier_of(cast.pupil) == []


# Pages


def test_the_pages_send_take_and_show(client, pupil) -> None:
    sign_in(client, pupil.officer)
    mark(pupil, pupil.enrolment, unauthorised([date(2026, 10, 5)]))
    args = ["990", pupil.pupil.reference]
    sent = client.post(reverse("attendance:pupil_history_file", args=args))
    assert sent["Content-Type"] == "application/json"
    assert UPN not in sent["Content-Disposition"]

    add = reverse("attendance:pupil_history_add", args=args)
    assert client.get(add).status_code == 200
    wrong = client.post(add, {"file": SimpleUploadedFile("x.json", b"{}")})
    assert "not a file of a pupil" in wrong.content.decode()
    file = SimpleUploadedFile("x.json", json.dumps(content()).encode())
    done = client.post(add, {"file": file}, follow=True).content.decode()
    assert "Kept beside the register" in done
    assert "Ash School, Eastmoor" in done
    row = EarlierHistory.objects.get()
    shown = client.get(reverse("attendance:pupil_history", args=[*args, row.reference]))
    assert "Read only" in shown.content.decode()
    assert client.get(reverse("attendance:pupil_history", args=[*args, "no"])).status_code == 404


def test_without_a_upn_the_page_says_what_to_do(client, cast) -> None:
    sign_in(client, cast.officer)
    answer = client.post(
        reverse("attendance:pupil_history_file", args=["990", cast.pupil.reference]), follow=True
    )
    assert "UPN first" in answer.content.decode()
