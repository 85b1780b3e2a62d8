"""What the offer of a contract starts with: the plan, the support and the barriers of the case."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from authorities import packs
from cases.models import GivenSupport, SaidBy
from cases.selectors.contract_suggestions import suggestions
from cases.services import support
from tests.cases import contracts, planned
from tests.cases.family import NOW
from tests.cast import TODAY, sign_in


@pytest.fixture
def case(family):
    """A plan with two targets and three actions, support, and barriers that each side named."""
    case = family.open_case()
    plan = planned.start(family.reach, case)
    planned.target(family.reach, plan)
    planned.target(
        family.reach,
        plan,
        what="On time",
        measure="lates",
        start=Decimal(6),
        goal=Decimal(2),
        steps=[],
    )
    planned.action(family.reach, plan)
    planned.action(family.reach, plan, words="A check-in at the gate", who="The tutor")
    planned.action(family.reach, plan, words="Pack the bag", who="Pupil", due_on=date(2026, 11, 24))
    offer = support.Offer("", "Ms Finch", TODAY, planned.REVIEW, label="A walk from the gate")
    support.give_support(reach=family.reach, case=case, offer=offer, now=NOW, today=TODAY)
    for kind, who in (("national:friendships", SaidBy.PUPIL), ("national:travel", SaidBy.PARENT)):
        support.find_barrier(
            reach=family.reach,
            case=case,
            found=support.Found(kind, "Told in confidence", who, TODAY),
            now=NOW,
            today=TODAY,
        )
    return case


def test_promises_targets_and_barriers_are_drawn_from_the_case(case):
    assert suggestions(case) == {
        "school": "A walk from the gate: Ms Finch\nA check-in at the gate, by 23 November 2026",
        "parent": "Call by 8:45 if Robin is ill, by 23 November 2026",
        "pupil": "Pack the bag, by 24 November 2026",
        "target_percent": 95,
        "targets": "On time: 2 late arrivals by 15 December 2026",
        "reasons": "Distance and travel to school",
        "pupil_says": "Friendships, or being alone at break",
    }


def test_a_case_with_nothing_on_file_suggests_nothing(family):
    assert suggestions(family.open_case()) == {}


def test_what_is_sensitive_or_told_is_never_filled_in(case):
    GivenSupport.objects.update(sensitive=True)
    case.barriers.update(sensitive=True)

    found = suggestions(case)

    assert "A walk" not in found["school"]
    assert "reasons" not in found
    assert "Told in confidence" not in str(found)


def test_support_by_others_is_not_the_schools_to_promise(case):
    GivenSupport.objects.update(area="outside")

    assert suggestions(case)["school"] == "A check-in at the gate, by 23 November 2026"


def test_the_form_starts_with_them_and_says_so(client, family, case):
    contracts.may(family)
    sign_in(client, family.cast.officer)
    address = reverse("cases:contract_offer", args=["990", case.reference])

    page = client.get(address).content.decode()

    assert "Some boxes start with what is on this case" in page
    assert "A walk from the gate: Ms Finch" in page
    assert 'value="95"' in page
    wrong = client.post(address, {"parent": "Mine"}).content.decode()
    assert "A walk from the gate: Ms Finch" not in wrong


def test_an_empty_case_says_nothing_of_suggestions(client, family):
    case = family.open_case()
    contracts.may(family)
    sign_in(client, family.cast.officer)

    page = client.get(reverse("cases:contract_offer", args=["990", case.reference]))

    assert "Some boxes start" not in page.content.decode()


def test_what_the_policys_form_has_and_what_it_says_of_a_breach_are_shown(client, family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 9, 1),
        reach=None,
        school=family.cast.hillside,
    )
    contract = contracts.offer(family, terms="chaucer:contract", length=6)
    sign_in(client, family.cast.officer)

    offer = client.get(reverse("cases:contract_offer", args=["990", family.case.reference]))
    one = client.get(reverse("cases:contract", args=["990", contract.reference]))

    assert "Consent to share information" in offer.content.decode()
    assert "Consent to share information" in one.content.decode()
    assert "Work with the parent to win them back" in one.content.decode()
