"""Adults whose protection nobody has answered: who is listed, who answers, what an answer does."""

from datetime import date

import pytest
from django.urls import reverse

from attendance.models import Adult, AdultLink
from attendance.selectors import protections as selectors
from attendance.services import protections as services
from attendance.services import reveals
from attendance.services.imports import import_file, receive
from attendance.services.pupils import NotConfirmed
from attendance.views import calling
from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.models import Membership
from authorities.permissions import Role
from tests import factories
from tests.attendance import scenes
from tests.cast import TODAY, sign_in

LIST = reverse("attendance:protections", args=["990"])
ANSWER = reverse("attendance:protections_answer", args=["990"])
MAY_ANSWER = (
    Role.HEADTEACHER,
    Role.ATTENDANCE_LEAD,
    Role.ATTENDANCE_OFFICER,
    Role.SAFEGUARDING_LEAD,
)
MAY_NOT = (
    (Role.TUTOR, "hillside"),
    (Role.GOVERNOR, "hillside"),
    (Role.SUPPORT_WORKER, "northmoor"),
    (Role.LEGAL_OFFICER, "northmoor"),
    (Role.NOTICE_CLERK, "northmoor"),
    (Role.AUTHORISING_OFFICER, "northmoor"),
    (Role.AUTHORITY_ADMINISTRATOR, "northmoor"),
)


def text_of(response):
    return " ".join(response.content.decode().split())


def unknown(pupil, **fields):
    return factories.adult(pupil, protected_address="unknown", **fields)


def said(adult):
    return Adult.objects.get(pk=adult.pk).protected_address


@pytest.fixture
def jo(cast):
    """A mother of Hillside's pupil, of whom nobody has said anything."""
    return unknown(cast.pupil, forenames="Jo", surname="Unasked", phone="01632 960912")


# The list


def test_the_list_names_those_whom_nobody_has_answered_for_and_no_number(cast, client, jo) -> None:
    answered = factories.adult(cast.pupil, surname="Settled")
    protected = factories.adult(cast.pupil, surname="Sheltered", protected_address="yes")
    blank = factories.adult(cast.pupil, surname="Blank", protected_address="")

    page = text_of(sign_in(client, cast.officer).get(LIST))

    assert jo.name in page
    assert blank.name in page
    assert answered.name not in page
    assert protected.name not in page
    assert f"{cast.pupil.name} (mother)" in page
    assert jo.phone not in page
    assert jo.postcode not in page


def test_an_adult_of_two_pupils_is_one_row_at_each_school(cast, jo) -> None:
    sister = factories.pupil(cast.northmoor)
    factories.enrolment(sister, cast.hillside)
    AdultLink.objects.create(authority=cast.northmoor, pupil=sister, adult=jo, relationship="aunt")

    (row,) = selectors.unanswered(cast.reach(cast.officer))

    assert row.school == cast.hillside
    assert [link.relationship for link in row.links] == ["mother", "aunt"]


def test_pupils_who_left_and_other_schools_are_not_listed(cast, jo) -> None:
    brook = factories.pupil(cast.northmoor)
    factories.enrolment(brook, cast.brook)
    there = unknown(brook)
    left = factories.pupil(cast.northmoor)
    factories.enrolment(left, cast.hillside, ends_on=scenes.HALF_TERM[0])
    unknown(left)

    def seen_by(person):
        return [row.adult for row in selectors.unanswered(cast.reach(person))]

    assert seen_by(cast.officer) == [jo]
    assert seen_by(cast.person(Role.ATTENDANCE_OFFICER, "brook")) == [there]
    assert seen_by(cast.person(Role.SUPPORT_WORKER)) == []


def test_the_list_asks_the_same_queries_for_many(cast, client, jo, django_assert_max_num_queries):
    sign_in(client, cast.officer)
    for _ in range(40):
        unknown(cast.pupil)

    with django_assert_max_num_queries(25):
        client.get(LIST)


def test_one_who_works_at_two_schools_narrows_the_list_to_one(cast, client, jo) -> None:
    Membership.objects.create(
        user=cast.officer,
        role=Role.ATTENDANCE_OFFICER,
        authority=cast.northmoor,
        school=cast.brook,
        starts_on=date(2026, 9, 1),
    )
    there = factories.pupil(cast.northmoor)
    factories.enrolment(there, cast.brook)
    second = unknown(there)
    sign_in(client, cast.officer)

    both = text_of(client.get(LIST))
    one = text_of(client.get(LIST, {"school": cast.brook.urn}))

    assert jo.name in both
    assert second.name in both
    assert jo.name not in one
    assert second.name in one


def test_an_empty_list_says_so(cast, client) -> None:
    assert "Somebody has answered for every adult here." in text_of(
        sign_in(client, cast.officer).get(LIST)
    )


# Answering


@pytest.mark.parametrize("role", MAY_ANSWER)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_the_office_and_the_safeguarding_lead_answer_after_a_confirmation(
    cast, client, jo, role, answer
) -> None:
    sign_in(client, cast.person(role, "hillside"))

    asks = text_of(client.post(ANSWER, {"row": jo.reference, "answer": answer}))

    assert said(jo) == "unknown"
    assert jo.name in asks
    sentence = {"yes": "will be kept from everybody", "no": "will show to everybody whose role"}
    assert sentence[answer] in asks

    client.post(ANSWER, {"row": jo.reference, "answer": answer, "confirmed": "yes"})

    assert said(jo) == answer
    event = Event.objects.get(kind="pupil.changed")
    assert event.facts["fields"] == f"protected address (unknown to {answer})"
    assert event.facts["pupil"] == cast.pupil.reference
    assert event.subject == f"attendance.Adult:{jo.pk}"


@pytest.mark.parametrize(("role", "place"), MAY_NOT)
def test_nobody_else_answers(cast, client, jo, role, place) -> None:
    sign_in(client, cast.person(role, place))

    assert client.get(LIST).status_code == 403
    answer = client.post(ANSWER, {"row": jo.reference, "answer": "no", "confirmed": "yes"})

    assert answer.status_code == 403
    assert said(jo) == "unknown"


@pytest.mark.parametrize("place", ["brook", "coast"])
def test_another_school_cannot_answer_nor_learn_that_the_adult_exists(
    cast, client, jo, place
) -> None:
    sign_in(client, cast.person(Role.ATTENDANCE_OFFICER, place))

    answer = client.post(ANSWER, {"row": jo.reference, "answer": "no", "confirmed": "yes"})

    assert answer.status_code == 404
    assert said(jo) == "unknown"
    with pytest.raises(NotFound):
        selectors.adults_for(
            cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook")), [jo.reference]
        )


def test_one_of_them_out_of_reach_stops_the_whole_answer(cast, client, jo) -> None:
    elsewhere = factories.pupil(cast.northmoor)
    factories.enrolment(elsewhere, cast.brook)
    theirs = unknown(elsewhere)
    sign_in(client, cast.officer)
    sent = {"row": [jo.reference, theirs.reference], "answer": "no", "confirmed": "yes"}

    assert client.post(ANSWER, sent).status_code == 404
    assert (said(jo), said(theirs)) == ("unknown", "unknown")


def test_a_button_in_a_row_and_a_whole_page_lead_to_the_same_confirmation(cast, client, jo) -> None:
    second = unknown(cast.pupil)
    sign_in(client, cast.officer)
    listed = {"shown": [jo.reference, second.reference]}

    one = text_of(client.post(ANSWER, {**listed, "one": f"{jo.reference}:yes"}))
    page = text_of(client.post(ANSWER, {**listed, "all": "yes", "answer": "no"}))

    assert "of 1 person will be kept" in one
    assert second.name not in one
    assert "of 2 people will show" in page
    assert second.name in page


@pytest.mark.parametrize("sent", [{}, {"answer": "no"}, {"row": "x", "answer": "perhaps"}])
def test_no_tick_or_no_answer_changes_nothing(cast, client, jo, sent) -> None:
    page = text_of(sign_in(client, cast.officer).post(ANSWER, sent, follow=True))

    assert "Tick at least one person" in page
    assert said(jo) == "unknown"


def test_yes_wins_over_a_no_and_no_never_over_a_yes(cast, client, jo) -> None:
    second = unknown(cast.pupil)
    Adult.objects.filter(pk=jo.pk).update(protected_address="no")
    Adult.objects.filter(pk=second.pk).update(protected_address="yes")
    reach = cast.reach(cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    rows = selectors.adults_for(reach, [jo.reference, second.reference])

    done = services.answer(rows=rows, protected=False, by=reach, confirmed=True)
    assert (done.written, done.protected) == (0, 1)
    assert (said(jo), said(second)) == ("no", "yes")

    done = services.answer(rows=rows, protected=True, by=reach, confirmed=True)
    assert (done.written, done.protected) == (1, 0)
    assert (said(jo), said(second)) == ("yes", "yes")

    sign_in(client, cast.officer)
    page = client.post(
        ANSWER, {"row": second.reference, "answer": "no", "confirmed": "yes"}, follow=True
    )
    assert "others are protected, and they stay so" in text_of(page)


def test_the_service_refuses_what_the_pages_refuse(cast, jo) -> None:
    officer = cast.reach(cast.officer)
    rows = selectors.adults_for(officer, [jo.reference])

    with pytest.raises(NotConfirmed):
        services.answer(rows=rows, protected=True, by=officer, confirmed=False)
    with pytest.raises(Forbidden):
        services.answer(
            rows=rows,
            protected=True,
            by=cast.reach(cast.person(Role.TUTOR, "hillside")),
            confirmed=True,
        )
    assert said(jo) == "unknown"


def test_a_number_that_nobody_protects_needs_no_record(cast, jo) -> None:
    stale = Adult.objects.get(pk=jo.pk)
    Adult.objects.filter(pk=jo.pk).update(protected_address="no", phone="01632 960913")

    shown = reveals.reveal_channels(
        adult=stale,
        pupil=cast.pupil.reference,
        school=cast.hillside,
        by=cast.reach(cast.officer),
        why=reveals.WhyCall.SAFE,
    )

    assert shown.words == "01632 960913"
    assert not Event.objects.filter(kind="adult.numbers_shown").exists()


def test_an_adult_without_a_number_says_so(cast, client, jo) -> None:
    Adult.objects.filter(pk=jo.pk).update(phone="")
    page = reverse("attendance:contact_add", args=["990", cast.pupil.reference])

    assert "No number on record" in text_of(
        sign_in(client, cast.officer).post(page, {"call": "absence"})
    )


def test_a_yes_between_reading_and_showing_hides_that_number_alone(
    cast, client, jo, monkeypatch
) -> None:
    second = unknown(cast.pupil, phone="01632 960914")
    really = reveals.reveal_channels

    def protected_meanwhile(*, adult, **more):
        Adult.objects.filter(pk=jo.pk).update(protected_address="yes")
        return really(adult=adult, **more)

    monkeypatch.setattr(calling, "reveal_channels", protected_meanwhile)
    page = reverse("attendance:contact_add", args=["990", cast.pupil.reference])

    shown = text_of(sign_in(client, cast.officer).post(page, {"call": "absence"}))

    assert jo.phone not in shown
    assert second.phone in shown


# The list of absences


@pytest.fixture
def absent(cast, jo):
    """The pupil has an N yesterday."""
    scenes.calendar(cast)
    day = TODAY.replace(day=16)
    scenes.a_year_of_marks(cast, absences=scenes.days_of("N", day))
    return cast


def test_a_row_of_the_absences_shows_the_numbers_at_one_press(absent, client, jo) -> None:
    sign_in(client, absent.officer)

    page = text_of(client.get(reverse("attendance:absences", args=["990"])))
    address = reverse("attendance:contact_add", args=["990", absent.pupil.reference])

    assert f'formaction="{address}?about=2026-11-16' in page
    assert jo.phone not in page
    assert jo.phone in text_of(client.post(f"{address}?about=2026-11-16", {"call": "absence"}))


@pytest.mark.parametrize(
    ("fields", "link"),
    [
        ({"protected_address": "yes"}, {}),
        ({"protected_address": "no"}, {}),
        ({"protected_address": "unknown"}, {"may_contact": "no"}),
        ({"protected_address": "unknown"}, {"court_order": "unknown"}),
    ],
)
def test_no_press_is_offered_where_it_would_show_nothing(absent, client, jo, fields, link) -> None:
    Adult.objects.filter(pk=jo.pk).update(**fields)
    jo.pupil_links.update(**link)

    page = text_of(
        sign_in(client, absent.officer).get(reverse("attendance:absences", args=["990"]))
    )

    assert "Log contact" in page
    assert "Show numbers" not in page


def test_what_was_typed_wrongly_does_not_hide_the_numbers_again(absent, client, jo) -> None:
    address = reverse("attendance:contact_add", args=["990", absent.pupil.reference])
    sign_in(client, absent.officer)

    page = text_of(client.post(address, {"call": "absence", "way": "call"}))

    assert "There is a problem" in page
    assert jo.phone in page


# The file of adults


@pytest.mark.parametrize(("heading", "open_"), [("", True), (",Protected address", False)])
def test_the_columns_page_says_what_follows_when_a_file_says_nothing_of_protection(
    cast, client, heading, open_
) -> None:
    content = f"UPN,Surname,Relationship,Phone{heading}\r\n,x,mother,1{',no' * (not open_)}\r\n"
    batch = receive(
        school=cast.hillside,
        layout="adults",
        file_name="adults.csv",
        content=content.encode(),
        by=cast.reach(cast.officer),
        now=scenes.NOW,
    )
    sign_in(client, cast.officer)
    columns = reverse("attendance:import_mapping", args=["990", batch.reference])

    page = text_of(client.get(columns))

    assert ("stay hidden until somebody answers under" in page) is open_
    assert (f'href="{LIST}"' in page.split("<main")[1]) is open_


def test_the_check_page_says_it_too_and_offers_no_link_to_who_may_not_answer(cast, client) -> None:
    batch = import_file(
        school=cast.hillside,
        layout="adults",
        file_name="adults.csv",
        content=b"UPN,Surname,Relationship,Phone\r\n,x,mother,1\r\n",
        by=cast.reach(cast.officer),
        now=scenes.NOW,
        today=TODAY,
        dry_run=True,
    ).batch
    sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))

    page = text_of(client.get(reverse("attendance:import_batch", args=["990", batch.reference])))

    assert "stay hidden until somebody answers under “Protection to answer”" in page
    assert f'href="{LIST}"' not in page
