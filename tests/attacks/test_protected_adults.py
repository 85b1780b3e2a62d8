"""How to reach a protected adult stands on no page, list or file until somebody says why."""

import pypdfium2
import pytest
from django.core import mail
from django.urls import reverse

from attendance.services import pupils as services
from attendance.services import reveals
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from letters.models import Letter
from tests import factories
from tests.cast import sign_in
from tests.tenancy import world as worlds
from tests.tenancy.matrix import ROUTES

SECRET = {
    "address": "Flat 3, 17 Lanternhide",
    "postcode": "ZZ99 7QX",
    "email": "kept.away@example.org",
    "phone": "01632 960977",
}
WHERE_AN_OPEN_ADDRESS_STANDS = {
    "attendance:pupil",
    "attendance:pupil_details",
    "attendance:pupil_adult",
    "attendance:pupil_adult_change",
    "attendance:contact_add",
    "cases:letter",
    "cases:letter_pdf",
}
# Who may do most: what the others may open, one of these may too.
STAFF = (
    (Role.HEADTEACHER, "hillside"),
    (Role.SAFEGUARDING_LEAD, "hillside"),
    (Role.SUPPORT_WORKER, "northmoor"),
)
LIST_QUERIES = ("", "?export=csv", "?view=print")


def words_of(response):
    """All that an answer says; of a PDF, the text of its pages."""
    if response.headers.get("Content-Type") != "application/pdf":
        return response.content.decode("utf-8", "replace")
    pages = pypdfium2.PdfDocument(response.content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def tells(response):
    """Whether an answer holds any of the secrets, however it is spaced or written."""
    text = "".join(words_of(response).casefold().split())
    return any("".join(secret.casefold().split()) in text for secret in SECRET.values())


@pytest.fixture
def world(cast):
    """The world of every route; its adult can be reached, and a letter to them has the address."""
    made = worlds.build(cast)
    adult = made.things["adult"]
    for name, value in SECRET.items():
        setattr(adult, name, value)
    adult.save()
    lines = [adult.name, SECRET["address"], SECRET["postcode"]]
    Letter.objects.filter(pk=made.things["letter"].pk).update(address_lines=lines)
    return made


def protect(world, answer):
    adult = world.things["adult"]
    adult.protected_address = answer
    adult.save()


def routes_that_tell(client, world):
    """The routes that tell a secret to any of the staff: as a page, as a CSV or to be printed."""
    found = set()
    for role, place in STAFF:
        sign_in(client, world.cast.person(role, place))
        for name, route in ROUTES.items():
            if route.method != "GET":
                continue
            address = reverse(name, kwargs=world.arguments(name, route.needs))
            for query in ("",) if route.needs else LIST_QUERIES:
                if tells(client.get(address + query)):
                    found.add(name)
    return found


def test_an_address_that_is_not_protected_stands_where_staff_need_it(client, world):
    assert routes_that_tell(client, world) == WHERE_AN_OPEN_ADDRESS_STANDS


@pytest.mark.parametrize("answer", ["yes", "unknown", ""])
def test_no_route_tells_how_to_reach_a_protected_adult(client, world, answer):
    protect(world, answer)

    assert routes_that_tell(client, world) == set()


# Showing it


@pytest.fixture
def hidden(cast):
    """An adult of Hillside's pupil whom nobody may find."""
    return factories.adult(cast.pupil, protected_address="yes", **SECRET)


def page_of(cast, adult, name="pupil_adult"):
    return reverse(f"attendance:{name}", args=["990", cast.pupil.reference, adult.reference])


@pytest.fixture
def lead(cast, client):
    """The safeguarding lead, signed in."""
    return sign_in(client, cast.person(Role.SAFEGUARDING_LEAD, "hillside"))


@pytest.mark.parametrize("answer", ["yes", "unknown"])
def test_the_safeguarding_lead_says_why_and_sees_it(cast, lead, hidden, answer):
    hidden.protected_address = answer
    hidden.save()

    page = words_of(lead.post(page_of(cast, hidden), {"why": "safety"}))

    assert all(secret in page for secret in SECRET.values())
    event = Event.objects.get(kind="adult.revealed")
    assert event.subject == f"attendance.Adult:{hidden.pk}"
    assert event.facts["why"] == "to see that somebody is safe"
    assert event.school == cast.hillside


@pytest.mark.parametrize("sent", [{}, {"why": ""}, {"why": "curious"}, {"why": "letter"}])
def test_without_a_reason_nothing_is_shown(cast, lead, hidden, sent):
    answer = lead.post(page_of(cast, hidden), sent)

    assert not tells(answer)
    assert not Event.objects.filter(kind="adult.revealed").exists()


def test_what_was_shown_once_is_hidden_on_the_next_page(cast, lead, hidden):
    lead.post(page_of(cast, hidden), {"why": "safety"})

    assert not tells(lead.get(page_of(cast, hidden)))


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (Role.HEADTEACHER, "hillside", 403),
        (Role.ATTENDANCE_OFFICER, "hillside", 403),
        (Role.TUTOR, "hillside", 403),
        (Role.SUPPORT_WORKER, "northmoor", 403),
        (Role.SAFEGUARDING_LEAD, "brook", 404),
        (Role.SAFEGUARDING_LEAD, "coast", 404),
    ],
)
def test_nobody_else_is_shown_it_whatever_they_say(cast, client, hidden, role, place, status):
    sign_in(client, cast.person(role, place))

    answer = client.post(page_of(cast, hidden), {"why": "safety"})

    assert answer.status_code == status
    assert not tells(answer)
    assert not Event.objects.filter(kind="adult.revealed").exists()


def test_a_second_person_is_told_and_the_mail_names_no_family(
    cast, lead, hidden, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(page_of(cast, hidden), {"why": "ordered"})

    (sent,) = mail.outbox
    assert sent.to == ["headteacher.hillside@example.org"]
    assert "Safeguarding lead at Hillside was shown a parent's details" in sent.body
    assert "a court or the police asked for it" in sent.body
    for word in (hidden.surname, cast.pupil.surname, *SECRET.values()):
        assert word not in sent.body


def test_a_school_without_a_head_has_the_authority_told(
    cast, lead, hidden, django_capture_on_commit_callbacks
):
    cast.person(Role.HEADTEACHER, "hillside").memberships.all().delete()

    with django_capture_on_commit_callbacks(execute=True):
        lead.post(page_of(cast, hidden), {"why": "ordered"})

    assert [sent.to for sent in mail.outbox] == [["authority.administrator.northmoor@example.org"]]


# Changing it unseen


def form_of(adult, **changes):
    link = adult.pupil_links.get()
    return {
        "surname": adult.surname,
        "protected_address": adult.protected_address,
        "relationship": link.relationship,
        "priority": "1",
        "parental_responsibility": link.parental_responsibility,
        "has_care": link.has_care,
        "may_contact": link.may_contact,
        "court_order": link.court_order,
        **changes,
    }


def kept(adult):
    adult.refresh_from_db()
    return {name: getattr(adult, name) for name in SECRET}


def test_what_is_left_empty_stays(cast, client, hidden):
    sign_in(client, cast.officer)

    client.post(page_of(cast, hidden, "pupil_adult_change"), form_of(hidden, language="Polish"))

    assert kept(hidden) == SECRET
    assert hidden.language == "Polish"


def test_a_new_address_is_written_over_the_old_one_unseen(cast, client, hidden):
    sign_in(client, cast.officer)
    sent = form_of(hidden, address="2 New Row", phone="01632 960911")

    client.post(page_of(cast, hidden, "pupil_adult_change"), sent)

    assert kept(hidden) == {
        "address": "2 New Row",
        "postcode": "",  # the old one belongs to the old address
        "email": SECRET["email"],
        "phone": "01632 960911",
    }


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_the_office_cannot_take_a_protection_away(cast, client, hidden, answer):
    sign_in(client, cast.officer)
    sent = form_of(hidden, protected_address=answer, confirmed="yes")

    page = client.post(page_of(cast, hidden, "pupil_adult_change"), sent)

    assert "Ask the safeguarding lead to take this protection away" in words_of(page)
    hidden.refresh_from_db()
    assert hidden.protected_address == "yes"
    with pytest.raises(Forbidden):
        services.change_adult(
            link=hidden.pupil_links.get(),
            school=cast.hillside,
            by=cast.reach(cast.officer),
            changes={"protected_address": answer},
            confirmed=True,
        )


def test_the_safeguarding_lead_takes_a_protection_away(cast, lead, hidden):
    sent = form_of(hidden, protected_address="no", confirmed="yes")

    lead.post(page_of(cast, hidden, "pupil_adult_change"), sent)

    assert tells(lead.get(page_of(cast, hidden)))


def test_the_office_may_answer_what_nobody_had_answered(cast, client, hidden):
    hidden.protected_address = "unknown"
    hidden.save()
    sign_in(client, cast.officer)
    sent = form_of(hidden, protected_address="no", confirmed="yes")

    client.post(page_of(cast, hidden, "pupil_adult_change"), sent)

    assert kept(hidden) == SECRET
    assert tells(client.get(page_of(cast, hidden)))
    facts = Event.objects.get(kind="pupil.changed").facts
    assert facts["fields"] == "protected address (unknown to no)"


# Calling about an absence before anybody has answered


@pytest.fixture
def unanswered(cast):
    """An adult of Hillside's pupil; the file said nothing of protection."""
    return factories.adult(cast.pupil, protected_address="unknown", **SECRET)


def contact_page(cast):
    return reverse("attendance:contact_add", args=["990", cast.pupil.reference])


def shows_numbers_alone(response):
    text = words_of(response)
    return (
        SECRET["phone"] in text
        and SECRET["email"] in text
        and SECRET["address"] not in text
        and SECRET["postcode"] not in text
    )


CALLERS = (
    (Role.HEADTEACHER, "hillside"),
    (Role.ATTENDANCE_LEAD, "hillside"),
    (Role.ATTENDANCE_OFFICER, "hillside"),
    (Role.SAFEGUARDING_LEAD, "hillside"),
    (Role.SUPPORT_WORKER, "northmoor"),
    (Role.LEGAL_OFFICER, "northmoor"),
    (Role.NOTICE_CLERK, "northmoor"),
    (Role.AUTHORISING_OFFICER, "northmoor"),
)
NOT_CALLERS = (
    (Role.TUTOR, "hillside", 403),
    (Role.GOVERNOR, "hillside", 404),
    (Role.AUTHORITY_ADMINISTRATOR, "northmoor", 404),
    (Role.TRUST_LEAD, "trust", 404),
    (Role.ATTENDANCE_OFFICER, "brook", 404),
    (Role.SAFEGUARDING_LEAD, "coast", 404),
    (Role.SUPPORT_WORKER, "southvale", 404),
)


@pytest.mark.parametrize(("role", "place"), CALLERS)
def test_those_who_see_contacts_press_a_reason_and_see_phone_and_email(
    cast, client, unanswered, role, place, django_capture_on_commit_callbacks
):
    sign_in(client, cast.person(role, place))
    assert not tells(client.get(page_of(cast, unanswered)))

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page_of(cast, unanswered), {"call": "absence"})

    assert answer.status_code == 200
    assert shows_numbers_alone(answer)
    event = Event.objects.get(kind="adult.numbers_shown")
    assert event.subject == f"attendance.Adult:{unanswered.pk}"
    assert event.facts["why"] == "calling about an absence today"
    assert event.facts["pupil"] == cast.pupil.reference
    assert event.school == cast.hillside
    assert not Event.objects.filter(kind="adult.revealed").exists()
    assert mail.outbox == []
    assert not tells(client.get(page_of(cast, unanswered)))  # the next page hides it again


@pytest.mark.parametrize(("role", "place", "status"), NOT_CALLERS)
def test_nobody_else_sees_a_number_whatever_they_press(
    cast, client, unanswered, role, place, status
):
    sign_in(client, cast.person(role, place))

    answer = client.post(page_of(cast, unanswered), {"call": "absence"})

    assert answer.status_code == status
    assert not tells(answer)
    assert not Event.objects.filter(kind="adult.numbers_shown").exists()


@pytest.mark.parametrize(("role", "place"), CALLERS)
def test_a_protected_number_shows_to_nobody_who_presses_that_they_call(
    cast, client, hidden, role, place
):
    sign_in(client, cast.person(role, place))

    answer = client.post(page_of(cast, hidden), {"call": "absence"})

    assert answer.status_code == 403
    assert not tells(answer)
    assert not Event.objects.filter(kind="adult.numbers_shown").exists()


@pytest.mark.parametrize("sent", [{"call": ""}, {"call": "curious"}, {"call": "letter"}, {}])
def test_a_reason_that_is_not_on_the_list_shows_no_number(cast, client, unanswered, sent):
    sign_in(client, cast.officer)

    for page in (page_of(cast, unanswered), contact_page(cast)):
        assert not tells(client.post(page, sent))
    assert not Event.objects.filter(kind="adult.numbers_shown").exists()


def test_an_answer_that_is_no_answer_stays_with_the_safeguarding_lead(cast, client, unanswered):
    unanswered.protected_address = ""
    unanswered.save()
    sign_in(client, cast.officer)

    assert not tells(client.post(page_of(cast, unanswered), {"call": "absence"}))
    assert not tells(client.post(contact_page(cast), {"call": "absence"}))


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.HEADTEACHER, "hillside"),
        (Role.ATTENDANCE_LEAD, "hillside"),
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.SAFEGUARDING_LEAD, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
    ],
)
def test_the_contact_form_shows_numbers_at_a_press_and_each_adult_is_written_down(
    cast, client, unanswered, role, place
):
    kept = factories.adult(cast.pupil, protected_address="yes", phone="01632 960999")
    second = factories.adult(cast.pupil, protected_address="unknown", phone="01632 960955")
    sign_in(client, cast.person(role, place))
    assert not tells(client.get(contact_page(cast)))

    answer = client.post(contact_page(cast), {"call": "absence"})

    assert shows_numbers_alone(answer)
    assert "01632 960955" in words_of(answer)
    assert kept.phone not in words_of(answer)
    assert "There is a problem" not in words_of(answer)
    shown = Event.objects.filter(kind="adult.numbers_shown").values_list("subject", flat=True)
    assert set(shown) == {f"attendance.Adult:{one.pk}" for one in (unanswered, second)}


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [*NOT_CALLERS, (Role.LEGAL_OFFICER, "northmoor", 403), (Role.NOTICE_CLERK, "northmoor", 403)],
)
def test_those_who_log_no_contacts_see_no_number_on_that_form(
    cast, client, unanswered, role, place, status
):
    sign_in(client, cast.person(role, place))

    answer = client.post(contact_page(cast), {"call": "absence"})

    assert answer.status_code == status
    assert not tells(answer)


def test_one_whom_a_court_keeps_away_is_not_among_the_numbers(cast, client, unanswered):
    unanswered.pupil_links.update(court_order="no contact")
    sign_in(client, cast.officer)

    assert not tells(client.post(contact_page(cast), {"call": "absence"}))
    assert not Event.objects.filter(kind="adult.numbers_shown").exists()


def test_a_yes_that_comes_between_two_presses_wins_at_once(cast, client, unanswered):
    sign_in(client, cast.officer)
    assert tells(client.post(contact_page(cast), {"call": "absence"}))

    client.post(
        reverse("attendance:protections_answer", args=["990"]),
        {"row": unanswered.reference, "answer": "yes", "confirmed": "yes"},
    )

    assert not tells(client.post(contact_page(cast), {"call": "absence"}))
    assert client.post(page_of(cast, unanswered), {"call": "absence"}).status_code == 403
    with pytest.raises(Forbidden):  # even from a row that was read before
        reveals.reveal_channels(
            adult=unanswered,
            pupil=cast.pupil.reference,
            school=cast.hillside,
            by=cast.reach(cast.officer),
            why=reveals.WhyCall.ABSENCE,
        )


def test_a_number_and_its_record_stand_or_fall_together(cast, client, unanswered, monkeypatch):
    def fails(*args, **facts):
        raise RuntimeError("the history cannot be written")

    monkeypatch.setattr(reveals, "record", fails)
    sign_in(client, cast.officer)
    client.raise_request_exception = False

    answer = client.post(page_of(cast, unanswered), {"call": "absence"})

    assert answer.status_code == 500
    assert not tells(answer)
