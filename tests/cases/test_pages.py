"""The pages of cases and letters, as the officer goes through them."""

import pytest
from django.urls import reverse

from attendance.models import AdultLink
from audit.models import Event
from authorities.models import PackAdoption, School
from authorities.permissions import Role
from cases.models import Case
from letters import tasks
from letters.models import Letter
from rules.errors import NoValue
from tests import factories
from tests.cast import sign_in
from tests.letters.test_render import text_of


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in."""
    return sign_in(client, family.cast.officer)


def go(client, name, **kwargs):
    return client.get(reverse(f"cases:{name}", kwargs={"la": "990", **kwargs}))


def send(client, name, data=None, **kwargs):
    return client.post(reverse(f"cases:{name}", kwargs={"la": "990", **kwargs}), data or {})


def says(response):
    return " ".join(response.content.decode().split())


def test_the_officer_goes_from_the_worklist_to_a_letter_in_the_spool(officer, family):
    page = go(officer, "open", crossing=family.crossing.pk)
    assert "Attendance is below 95%" in says(page)
    assert "Nobody is told, and no letter is sent" in says(page)
    page = send(officer, "open", crossing=family.crossing.pk)
    case = Case.objects.get()
    assert page.url == reverse("cases:case", args=["990", case.reference])

    page = officer.get(page.url)
    assert f"Case {case.reference} opened" in says(page)
    assert "Monday 5 October 2026, morning" in says(page)
    page = go(officer, "letter_prepare", reference=case.reference)
    assert "Proposed: Attendance is below 95%" in says(page)
    page = send(
        officer,
        "letter_prepare",
        {"letter": "dorset:letter_2", "adults": [family.mother.reference]},
        reference=case.reference,
    )
    letter = Letter.objects.get()
    page = officer.get(page.url)
    assert "Robin has missed 5 days of school since September" in says(page)
    assert "12 Orchard Row" in says(page)
    assert "Approve and send" in says(page)

    preview = go(officer, "letter_pdf", reference=letter.reference)
    assert preview.content.startswith(b"%PDF-")
    assert f"preview-{letter.reference}.pdf" in preview["Content-Disposition"]
    page = send(officer, "letter_approve", reference=letter.reference)
    page = officer.get(page.url)
    assert "Letter approved" in says(page)
    assert "Approve and send" not in says(page)

    tasks.hand_over_waiting()
    kept = go(officer, "letter_pdf", reference=letter.reference)
    letter.refresh_from_db()
    assert kept.content == bytes(letter.document.pdf)
    assert letter.sha256 in says(go(officer, "letter", reference=letter.reference))
    assert "was handed over to the print spool" in says(
        go(officer, "case", reference=case.reference)
    )
    assert set(Event.objects.values_list("kind", flat=True)) >= {
        "case.opened",
        "case.read",
        "letter.previewed",
        "letter.read",
    }


def test_both_parents_chosen_lead_back_to_the_case_that_lists_both(officer, family):
    case = family.open_case()

    page = send(
        officer,
        "letter_prepare",
        {
            "letter": "dorset:letter_2",
            "adults": [family.mother.reference, family.father.reference],
        },
        reference=case.reference,
    )

    page = officer.get(page.url)
    assert "2 letters prepared" in says(page)
    assert "to Ms Ada Larkfield" in says(page)
    assert "to Mr Tom Reedham" in says(page)


def test_opening_from_the_pupils_page_finds_the_line(officer, family):
    page = send(officer, "open_for_pupil", reference=family.cast.pupil.reference)

    assert page.status_code == 302
    assert Case.objects.get().crossing == family.crossing


def test_an_open_case_is_shown_and_not_opened_again(officer, family):
    case = family.open_case()
    there = reverse("cases:case", args=["990", case.reference])

    assert go(officer, "open", crossing=family.crossing.pk).url == there
    page = send(officer, "open", crossing=family.crossing.pk)
    assert page.url == there
    assert "Nothing was opened twice" in says(officer.get(there))


def test_an_officer_without_a_case_permission_is_told_so(client, family):
    tutor = sign_in(client, family.cast.person(Role.TUTOR, "hillside"))

    assert send(tutor, "open", crossing=family.crossing.pk).status_code == 403


def test_a_pupil_without_any_marks_can_have_a_case_too(officer, family):
    pupil = factories.pupil(family.cast.northmoor)
    factories.enrolment(pupil, family.cast.hillside)

    page = says(go(officer, "open_for_pupil", reference=pupil.reference))

    assert "Open the case" in page
    assert "The policy of Hillside School asks" not in page


def test_what_cannot_be_known_yet_is_said_before_opening(officer, family, monkeypatch):
    def no_policy(school, day):
        raise NoValue("There is no national policy pack for 1 May 2020.")

    monkeypatch.setattr("cases.views.cases.pack_in_force", no_policy)

    page = says(go(officer, "open", crossing=family.crossing.pk))

    assert "A case cannot be opened yet" in page
    assert "There is no national policy pack" in page


def test_a_note_is_kept_and_an_empty_one_refused(officer, family):
    case = family.open_case()

    page = send(officer, "case", {"text": ""}, reference=case.reference)
    assert "Write the note" in says(page)
    page = send(officer, "case", {"text": "Rang home <b>twice</b>."}, reference=case.reference)
    assert "Rang home &lt;b&gt;twice&lt;/b&gt;." in says(officer.get(page.url))


def test_a_correction_shows_beside_the_kept_facts(officer, family):
    from tests.cases.test_casework import correct

    case = family.open_case()
    correct(family)

    page = says(go(officer, "case", reference=case.reference))
    assert "The register has changed since this case was opened" in page
    assert "O became I" in page


def test_choosing_nothing_says_what_to_choose(officer, family):
    case = family.open_case()

    page = says(send(officer, "letter_prepare", reference=case.reference))

    assert "Select which letter to prepare" in page
    assert "Select who the letter is to" in page


def test_an_adult_whom_an_order_shuts_out_is_listed_and_cannot_be_chosen(officer, family):
    AdultLink.objects.filter(adult=family.father).update(court_order="no information")
    family.mother.protected_address = "yes"
    family.mother.save()
    case = family.open_case()

    page = says(go(officer, "letter_prepare", reference=case.reference))

    assert "Mr Tom Reedham (father): A court order says" in page
    assert "Will be held for a person. This adult&#x27;s address is protected." in page
    assert family.father.reference not in page


def test_a_letter_already_waiting_is_said(officer, family):
    family.prepare(family.mother)

    page = send(
        officer,
        "letter_prepare",
        {"letter": "dorset:letter_2", "adults": [family.mother.reference]},
        reference=family.case.reference,
    )

    assert "already waits on this case" in says(page)


def test_without_a_pack_or_without_adults_the_page_says_what_to_do(officer, family):
    case = family.open_case()
    AdultLink.objects.all().delete()
    assert "There is nobody to write to" in says(
        go(officer, "letter_prepare", reference=case.reference)
    )
    PackAdoption.objects.all().delete()
    assert "There is no letter to choose" in says(
        go(officer, "letter_prepare", reference=case.reference)
    )


@pytest.fixture
def held(family):
    """A letter held because the mother's address is protected."""
    family.mother.protected_address = "yes"
    family.mother.save()
    (row,) = family.prepare(family.mother)
    return row.letter


def test_a_held_letter_is_released_by_hand_with_a_reason(officer, held):
    page = go(officer, "letter", reference=held.reference)
    assert "This adult&#x27;s address is protected." in says(page)
    assert "12 Orchard Row" not in says(page)
    article = says(page).split("<main")[1]
    assert article.count(">This adult&#x27;s address is protected.") == 1
    assert "Ask the safeguarding lead of the school before you release this letter." in article
    seen = page.context["release_form"].initial["seen"]

    page = send(officer, "letter_release", {"seen": seen}, reference=held.reference)
    assert "Select how the letter will go" in says(page)
    assert "Say why it is safe to send" in says(page)
    page = send(
        officer,
        "letter_release",
        {"route": "post", "reason": "x", "seen": ""},
        reference=held.reference,
    )
    assert "has changed. Read it again" in says(page)
    page = send(
        officer,
        "letter_release",
        {"route": "in person", "reason": "She comes in on Friday.", "seen": seen},
        reference=held.reference,
    )
    page = says(officer.get(page.url))
    assert "Letter released" in page
    assert "She comes in on Friday." in page
    assert "No address is printed on this letter" in page


def test_an_approval_that_finds_a_new_flag_says_why_nothing_was_sent(officer, family):
    (row,) = family.prepare(family.mother)
    AdultLink.objects.filter(adult=family.mother).update(may_contact="no")

    page = send(officer, "letter_approve", reference=row.letter.reference)

    page = says(officer.get(page.url))
    assert "The letter was not sent. It is held for a person." in page
    assert page.count(">The record says not to contact this adult.<") == 1


def test_a_letter_is_held_withdrawn_and_its_reason_shown(officer, family):
    (row,) = family.prepare(family.mother)
    reference = row.letter.reference

    page = says(officer.get(send(officer, "letter_hold", reference=reference).url))
    assert "Letter held" in page
    assert "A person asked to wait." in page
    assert "safeguarding lead" not in page
    page = says(send(officer, "letter_withdraw", reference=reference))
    assert "Select why the letter is not to be sent" in page
    page = send(officer, "letter_withdraw", {"why": "wrong"}, reference=reference)
    page = says(officer.get(page.url))
    assert "Letter withdrawn" in page
    assert "Something in it is wrong" in page
    assert send(officer, "letter_approve", reference=reference).status_code == 409


def test_a_failed_letter_offers_to_try_again(officer, family):
    (row,) = family.prepare(family.mother)
    Letter.objects.filter(pk=row.letter_id).update(state="failed", reason="It did not work.")

    assert "Try again" in says(go(officer, "letter", reference=row.letter.reference))
    page = send(officer, "letter_again", reference=row.letter.reference)
    assert "The letter is tried again" in says(officer.get(page.url))


def test_an_adult_taken_off_the_record_is_said_on_the_held_letter(officer, family, held):
    AdultLink.objects.filter(adult=family.mother).delete()

    assert "no longer on the pupil" in says(go(officer, "letter", reference=held.reference))


def test_the_lists_find_filter_and_export(officer, family):
    family.prepare()

    page = says(go(officer, "cases"))
    assert family.case.reference in page
    assert "Robin Example" in page
    rows = officer.get("/la/990/cases/?state=closed")
    assert family.case.reference not in says(rows)
    for query in ("state=open", "stage=stage+1", "school=990001", f"q={family.case.reference}"):
        assert family.case.reference in says(officer.get(f"/la/990/cases/?{query}"))
    page = says(go(officer, "letters"))
    assert "Ms Ada Larkfield" in page
    assert "Mr Tom Reedham" in page
    for row in family.letters:
        assert f'href="/la/990/letters/{row.letter.reference}/"' in page
    assert f'href="/la/990/cases/{family.case.reference}/"' in page
    for query in ("state=draft", "route=post", "school=990001"):
        assert "Mr Tom Reedham" in says(officer.get(f"/la/990/letters/?{query}"))
    assert "Mr Tom Reedham" not in says(officer.get("/la/990/letters/?state=held"))
    for name in ("cases", "letters"):
        csv = officer.get(f"/la/990/{name}/?export=csv")
        assert csv["Content-Type"].startswith("text/csv")
    assert Event.objects.filter(kind="list.exported").count() == 2


def test_letters_that_wait_too_long_head_the_list(officer, family, monkeypatch):
    from datetime import timedelta

    (row,) = family.prepare(family.mother)
    Letter.objects.filter(pk=row.letter_id).update(
        state="approved",
        approved_by=family.cast.officer,
        approved_at=row.letter.created_at - timedelta(hours=1),
    )

    assert "1 letter has waited for more than 30 minutes" in says(go(officer, "letters"))


def test_one_pupils_cases_are_listed_from_the_pupils_page(officer, family):
    case = family.open_case()

    page = says(go(officer, "pupil_cases", reference=family.cast.pupil.reference))

    assert "Cases of Robin Example" in page
    assert case.reference in page


def test_who_may_not_see_addresses_sees_none(client, family, monkeypatch):
    from authorities import permissions

    (row,) = family.prepare(family.mother)
    some = frozenset({permissions.Permission.VIEW_CASE, permissions.Permission.VIEW_SCHOOL})
    monkeypatch.setitem(permissions.ROLES, Role.GOVERNOR, some)
    governor = sign_in(client, family.cast.person(Role.GOVERNOR, "hillside"))

    page = says(go(governor, "letter", reference=row.letter.reference))
    assert "Your role does not show contact details" in page
    assert "12 Orchard Row" not in page
    assert go(governor, "letter_pdf", reference=row.letter.reference).status_code == 403


def test_an_address_that_became_protected_is_covered_on_the_letter_and_its_preview(officer, family):
    (row,) = family.prepare(family.mother)
    family.mother.protected_address = "yes"
    family.mother.save()

    page = says(go(officer, "letter", reference=row.letter.reference))
    preview = text_of(go(officer, "letter_pdf", reference=row.letter.reference).content)

    assert "Protected: address, phone and email are kept from others." in page
    assert "Address kept from others" in preview
    assert "Ms Ada Larkfield" in preview
    for words in (page, preview):
        assert "Orchard Row" not in words
        assert "ZZ99 1AA" not in words


def test_a_letter_made_for_a_protected_address_opens_for_the_safeguarding_lead_alone(
    client, family, officer
):
    (row,) = family.prepare(family.mother)
    send(officer, "letter_approve", reference=row.letter.reference)
    tasks.hand_over_waiting()
    family.mother.protected_address = "unknown"
    family.mother.save()

    assert "Open the letter as it was made" not in says(
        go(officer, "letter", reference=row.letter.reference)
    )
    assert go(officer, "letter_pdf", reference=row.letter.reference).status_code == 403
    assert not Event.objects.filter(kind="adult.revealed").exists()
    lead = sign_in(client, family.cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    assert "Open the letter as it was made" in says(
        go(lead, "letter", reference=row.letter.reference)
    )
    kept = go(lead, "letter_pdf", reference=row.letter.reference)
    assert "12 Orchard Row" in text_of(kept.content)
    event = Event.objects.get(kind="adult.revealed")
    assert event.subject == f"attendance.Adult:{family.mother.pk}"
    assert event.facts["why"] == "to read a letter as it was made"


def test_the_history_says_to_whom_a_letter_is_for_those_who_may_see_contacts(
    client, family, monkeypatch
):
    from authorities import permissions

    (row,) = family.prepare(family.mother)
    said = f"prepared letter {row.letter.reference}"

    office = sign_in(client, family.cast.officer)
    assert f"{said} to Ms Ada Larkfield" in says(
        go(office, "case", reference=family.case.reference)
    )
    some = frozenset({permissions.Permission.VIEW_CASE, permissions.Permission.VIEW_SCHOOL})
    monkeypatch.setitem(permissions.ROLES, Role.GOVERNOR, some)
    governor = sign_in(client, family.cast.person(Role.GOVERNOR, "hillside"))
    page = says(go(governor, "case", reference=family.case.reference))
    assert said in page
    assert f"{said} to" not in page


@pytest.mark.parametrize("page", ["case", "letter_prepare"])
def test_somebody_from_elsewhere_finds_no_case(client, family, page):
    case = family.open_case()
    for user in (family.cast.person(Role.ATTENDANCE_OFFICER, "brook"), family.cast.stranger):
        stranger = sign_in(client, user)
        assert go(stranger, page, reference=case.reference).status_code == 404


def test_the_lists_ask_as_often_for_thirty_as_for_one(officer, family, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    family.prepare()
    for name in ("cases", "letters"):
        with CaptureQueriesContext(connection) as few:
            go(officer, name)
        thirty_more(family)
        with django_assert_num_queries(len(few)):
            assert go(officer, name).status_code == 200


def thirty_more(family):
    first = family.case
    for _ in range(30):
        pupil = factories.pupil(family.cast.northmoor)
        enrolment = factories.enrolment(pupil, School.objects.get(urn="990001"))
        Case.objects.create(
            authority=first.authority,
            school=first.school,
            enrolment=enrolment,
            pupil=pupil,
            facts=first.facts,
            policy=first.policy,
            opened_on=first.opened_on,
            opened_at=first.opened_at,
            opened_by=first.opened_by,
        )


def test_a_case_page_asks_little_and_as_often_for_a_long_history(officer, family):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from cases.models import CaseNote
    from tests.cases.family import NOW

    family.prepare()
    go(officer, "case", reference=family.case.reference)
    with CaptureQueriesContext(connection) as short:
        go(officer, "case", reference=family.case.reference)
    CaseNote.objects.bulk_create(
        CaseNote(
            authority=family.case.authority,
            case=family.case,
            text=f"Note {number}",
            written_by=family.cast.officer,
            written_at=NOW,
        )
        for number in range(300)
    )

    with CaptureQueriesContext(connection) as long:
        assert "Note 299" in says(go(officer, "case", reference=family.case.reference))

    assert len(long) == len(short)
    assert len(long) <= 40
