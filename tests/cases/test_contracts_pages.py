"""The pages of contracts, as the officer goes through them, and the copy in plain words."""

import pytest
from django.urls import reverse

from audit.models import Event
from authorities import packs
from authorities.permissions import Role
from cases.models import Contract
from letters.render import PRESS
from tests.cases.contracts import in_force, may, meet, offer, tell
from tests.cases.family import ADOPTED
from tests.cast import sign_in
from tests.letters.test_render import text_of

WORDS = {
    "parent": "Bring Robin by 8.40\n\nRing on a first day away",
    "school": "A check-in each Monday",
    "authority": "",
    "pupil": "",
    "target_percent": "95",
    "targets": "",
    "reasons": "Anxious mornings",
    "pupil_says": "",
}
STARTS = {"starts_on_day": "23", "starts_on_month": "11", "starts_on_year": "2026"}


def day(name, number, month=11):
    return {f"{name}_day": str(number), f"{name}_month": str(month), f"{name}_year": "2026"}


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in."""
    return sign_in(client, family.cast.officer)


def go(client, name, *args):
    return client.get(reverse(f"cases:{name}", args=["990", *args]))


def send(client, name, *args, **data):
    return client.post(reverse(f"cases:{name}", args=["990", *args]), data, follow=True)


def says(response):
    return " ".join(response.content.decode().split())


def test_the_officer_offers_talks_through_and_sees_a_contract_in_force(officer, family):
    case = family.open_case()
    may(family)
    page = go(officer, "contracts", case.reference)
    assert "No contract yet" in says(page)
    page = go(officer, "contract_offer", case.reference)
    assert "Ideas for promises" in says(page)

    page = send(
        officer,
        "contract_offer",
        case.reference,
        adults=[family.mother.reference],
        length="10",
        **STARTS,
        **WORDS,
    )
    contract = Contract.objects.get()
    assert "Contract offered. Nothing is agreed yet" in says(page)
    assert "Ring on a first day away" in says(page)
    assert "23 November 2026 to 31 January 2027" in says(page)

    page = go(officer, "contract_meet", contract.reference)
    assert "A contract cannot be agreed in a parent&#x27;s absence" in says(page)
    page = send(
        officer,
        "contract_meet",
        contract.reference,
        version="1",
        present=[family.mother.reference],
        signed=[family.mother.reference, "pupil"],
        staff=str(family.cast.officer.pk),
        words="In room 4",
        **day("on", 17),
    )
    assert "Meeting recorded" in says(page)
    assert "In force" in says(page)
    assert "On paper at the meeting" in says(page)
    assert "In force" in says(go(officer, "contracts", case.reference))
    assert "Contract agreed" in says(go(officer, "case", case.reference))


def test_a_meeting_without_a_parent_is_sent_back_in_words(officer, family):
    contract = offer(family)

    page = send(
        officer,
        "contract_meet",
        contract.reference,
        version="1",
        staff="-",
        words="",
        **day("on", 17),
    )

    assert "Select the parent who was there" in says(page)
    contract.refresh_from_db()
    assert contract.state == "offered"


def test_a_wrong_length_comes_back_in_words(officer, family):
    case = family.open_case()
    may(family)

    page = send(
        officer,
        "contract_offer",
        case.reference,
        adults=[family.mother.reference],
        length="0",
        **day("starts_on", 16),
        **{**WORDS, "school": ""},
    )

    assert "A contract must last for at least 1" in says(page)
    assert "Write what the school or the council will do to help" in says(page)
    page = send(
        officer,
        "contract_offer",
        case.reference,
        adults=[family.mother.reference],
        length="3",
        **day("starts_on", 16),
        **WORDS,
    )
    assert "cannot start in the past" in says(page)
    assert not Contract.objects.exists()


def test_the_policy_says_how_long_and_refuses_what_is_not(officer, family):
    case = family.open_case()
    may(family)
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=ADOPTED,
        reach=None,
        school=family.cast.hillside,
    )
    page = says(go(officer, "contract_offer", case.reference))
    assert "The policy says 4 to 6 weeks" in page

    asked = {"adults": [family.mother.reference], "terms": "chaucer:contract", **STARTS, **WORDS}
    page = says(send(officer, "contract_offer", case.reference, length="7", **asked))
    assert "makes contracts of 4 to 6 weeks" in page
    assert not Contract.objects.exists()

    page = says(send(officer, "contract_offer", case.reference, length="6", **asked))
    assert "Parenting contract for attendance" in page
    assert "3 January 2027" in page


def test_a_closed_case_says_so(officer, family):
    contract = in_force(family)
    case = contract.case
    case.stage, case.closed_on = "closed", "2026-11-17"
    case.save()

    assert "This case is closed" in says(go(officer, "contract_offer", case.reference))
    page = send(officer, "contract_none", case.reference, why="They moved")
    assert "This case is closed" in says(page)
    page = go(officer, "contract_sign", contract.reference)
    assert "This case is closed" in says(officer.get(page.url))


def test_a_long_promise_is_sent_back(officer, family):
    case = family.open_case()
    may(family)

    page = send(
        officer,
        "contract_offer",
        case.reference,
        adults=[family.mother.reference],
        length="3",
        **STARTS,
        **{**WORDS, "parent": "x" * 301},
    )

    assert "Each promise must be 300 characters or fewer" in says(page)


def test_where_nobody_may_sign_the_page_says_what_to_do(officer, family):
    case = family.open_case()
    for adult in (family.mother, family.father):
        link = family.link(adult)
        link.parental_responsibility = link.has_care = "no"
        link.save()

    page = says(go(officer, "contract_offer", case.reference))

    assert "There is no parent to make it with" in page
    assert "neither parental responsibility nor care" in page


def test_a_school_that_may_make_none_says_so(officer, family):
    case = family.open_case()
    family.cast.hillside.kind = "independent"
    family.cast.hillside.save()

    assert "No contract can be made" in says(go(officer, "contracts", case.reference))
    assert "No contract can be offered" in says(go(officer, "contract_offer", case.reference))


def test_the_reason_for_none_is_kept(officer, family):
    case = family.open_case()
    assert "Why is no contract offered?" in says(go(officer, "contract_none", case.reference))

    page = send(officer, "contract_none", case.reference, why="Early help works")

    assert "The reason is on file" in says(page)
    made = Contract.objects.get()
    assert "Early help works" in says(go(officer, "contract", made.reference))
    assert go(officer, "contract_progress", made.reference).status_code == 404


def test_a_breach_is_worked_through_on_its_pages(officer, family):
    contract = in_force(family)

    def move(event, **data):
        contract.refresh_from_db()
        return send(
            officer,
            "contract_move",
            contract.reference,
            event,
            version=str(contract.version),
            words=f"About {event}",
            **day("on", 17),
            **data,
        )

    assert "A promise was not kept" in says(move("breach"))
    assert "Waiting for the parent to explain" in says(move("ask", **day("by_day", 24)))
    assert "The parent has explained" in says(move("answer"))
    assert "In force" in says(move("reasonable"))


def test_a_form_that_was_read_before_a_move_is_refused(officer, family):
    contract = in_force(family)

    page = send(
        officer,
        "contract_move",
        contract.reference,
        "breach",
        version="1",
        words="Late",
        **day("on", 17),
    )

    assert "Somebody changed this contract while you read it" in says(page)


def test_a_page_that_no_longer_fits_leads_back(officer, family):
    contract = in_force(family)

    for page in (
        go(officer, "contract_meet", contract.reference),
        go(officer, "contract_reword", contract.reference),
        go(officer, "contract_move", contract.reference, "refuse"),
    ):
        assert page.url == reverse("cases:contract", args=["990", contract.reference])
    assert "now stands at: in force" in says(officer.get(page.url))
    assert go(officer, "contract_move", contract.reference, "dance").status_code == 404


def test_changed_words_wait_for_a_new_signature(officer, family):
    contract = tell(family, in_force(family), "amend")
    assert "Bring Robin to school by 8.40" in says(
        go(officer, "contract_reword", contract.reference)
    )

    page = send(
        officer,
        "contract_reword",
        contract.reference,
        **{**WORDS, "version": str(contract.version), "parent": "Ring at eight"},
    )

    assert "These words are not agreed yet" in says(page)
    assert "Ring at eight" in says(page)
    assert "Bring Robin to school by 8.40" in says(page)


def test_a_signature_on_another_day(officer, family):
    contract = meet(family, offer(family), staff=None)
    page = says(go(officer, "contract_sign", contract.reference))
    assert "Ms Ada Larkfield" not in page  # she has signed
    assert "Mr Tom Reedham" not in page  # he was not there

    head = family.cast.person(Role.HEADTEACHER, "hillside")
    page = send(
        officer,
        "contract_sign",
        contract.reference,
        version=str(contract.version),
        who=f"staff-{head.pk}",
        **day("on", 17),
    )

    assert "Signature recorded" in says(page)
    assert "In force" in says(page)


def test_progress_is_drawn_once_it_has_begun(officer, family):
    contract = in_force(family)
    Contract.objects.filter(pk=contract.pk).update(starts_on="2026-11-09", ends_on="2026-12-18")

    page = says(go(officer, "contract", contract.reference))
    picture = go(officer, "contract_progress", contract.reference)

    assert "The target leaves 1½ days in all" in page
    assert "Week beginning" in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert "Larkfield" not in picture.content.decode()


def test_what_a_family_tells_is_kept_from_those_who_may_not_read_it(client, family):
    contract = in_force(family)
    tell(family, contract, "breach", words="Robin was unwell")
    sign_in(client, family.cast.person(Role.NOTICE_CLERK))

    page = says(go(client, "contract", contract.reference))

    assert "Robin was unwell" not in page
    assert "anxious in the mornings" not in page
    assert "A promise was not kept" in page
    assert "Ask the parent why" not in page.replace("Ask the parent why, before", "")


def test_each_parents_copy_is_theirs_alone_and_in_plain_words(officer, family):
    contract = meet(
        family,
        offer(family),
        present=[family.mother.reference, family.father.reference],
        signed=[family.mother.reference, family.father.reference],
    )

    made = go(officer, "contract_copy", contract.reference, family.mother.reference)
    text = " ".join(text_of(made.content).split())

    assert "Ms Ada Larkfield" in text
    assert "Reedham" not in text
    assert "Orchard Row" not in text
    assert "anxious in the mornings" not in text  # one of the two told it
    assert "no more than 1½ days missed in this time" in text
    assert "had missed 5 days of" in text
    assert "Nobody can make you sign it" in text
    assert made["Content-Disposition"] == f'inline; filename="contract-{contract.reference}.pdf"'
    assert Event.objects.filter(kind="contract.copied").count() == 1
    PRESS.stop()


def test_no_copy_for_those_who_are_no_party_or_must_not_be_told(officer, family):
    contract = offer(family, family.mother)

    assert (
        go(officer, "contract_copy", contract.reference, family.father.reference).status_code == 404
    )
    link = family.link(family.mother)
    link.court_order = "no information"
    link.save()
    assert (
        go(officer, "contract_copy", contract.reference, family.mother.reference).status_code == 422
    )
