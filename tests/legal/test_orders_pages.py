"""The pages of education supervision orders, walked as the officers walk them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authorities.permissions import Role
from legal.models import SupervisionOrder
from letters.models import Letter
from tests.cast import TODAY, sign_in
from tests.legal import order_scenes as scenes
from tests.legal.penalty_scenes import office

L, A = Role.LEGAL_OFFICER, Role.AUTHORISING_OFFICER


@pytest.fixture(autouse=True)
def council(family):
    office(family.cast)


def page(client, family, role, address, place="northmoor", /, **posted):
    """What somebody sees, or gets for what they post."""
    sign_in(client, family.cast.person(role, place))
    at = f"/la/990/legal/{address}"
    return client.post(at, posted, follow=True) if posted else client.get(at)


def body(answer) -> str:
    return answer.content.decode()


def day(name: str, on: date = TODAY) -> dict[str, str]:
    return {
        f"{name}_day": str(on.day),
        f"{name}_month": str(on.month),
        f"{name}_year": str(on.year),
    }


def step(client, family, order, key, role=L, /, **posted):
    order.refresh_from_db()
    return page(
        client,
        family,
        role,
        f"orders/{order.reference}/now/{key}/",
        version=order.version,
        **posted,
    )


def test_from_the_case_to_the_court(client, family):
    case = family.open_case()
    start = f"cases/{case.reference}/order/"
    shown = body(page(client, family, L, start))
    assert "Record that it was considered" in shown
    assert (
        "Ten half days without leave in ten school weeks: met on Friday 9 October" in shown
    )  # what the record gives, to begin with

    wrong = body(page(client, family, L, start, **day("on"), words="", safeguarding="no"))
    assert "Write what you found, and why" in wrong
    assert "Write what shows it" in wrong
    page(
        client,
        family,
        L,
        start,
        **day("on"),
        words=scenes.WHY,
        attendance=scenes.SHOWS,
        safeguarding="no",
    )
    order = SupervisionOrder.objects.get()
    assert "Go on with the one that is open" in body(page(client, family, L, start))

    asked = step(
        client,
        family,
        order,
        "consult",
        **day("asked_on"),
        whom="The duty manager",
        adults=[family.mother.reference],
        reason="Ten half days were missed.",
        meeting="Please meet us on Tuesday 24 November 2026.",
    )
    assert "Each parent is being written to" in body(asked)
    assert "to Ms Ada Larkfield: approved" in body(asked)
    heard = step(
        client,
        family,
        order,
        "hear",
        **day("answered_on"),
        social_care="Northsecret of social care",
        safeguarding="no",
        joint_view="no",
        family="Northsecret of the family",
    )
    assert "Northsecret of the family" in body(heard)

    shut = body(page(client, family, A, f"orders/{order.reference}/apply/"))
    assert "It cannot be applied for yet" in shut
    assert "An officer of the council decides" in shut
    scenes.gate_opens(family)
    answer = page(client, family, A, f"orders/{order.reference}/apply/")
    assert "Everything that it needs is there" in body(answer)
    order.refresh_from_db()
    done = page(
        client,
        family,
        A,
        f"orders/{order.reference}/apply/",
        version=order.version,
        seen=answer.context["form"].initial["seen"],
        **day("on"),
        court="The family court at Northmoor",
        beside="no",
    )
    assert "The family court decides" in body(done)

    made = step(
        client,
        family,
        order,
        "make",
        **day("on"),
        supervisor="Jo Lark",
        words="Jo Lark visits you.",
    )
    text = body(made)
    assert "16 November 2027" in text
    assert "The next review is due by 17 February 2027." in text
    assert "What the court decided" not in text


def test_an_officer_who_considered_it_is_not_offered_to_apply(client, family):
    order = scenes.heard(family)
    at = f"orders/{order.reference}/"
    assert "Apply to the court" in body(page(client, family, A, at))
    assert "Apply to the court" not in body(page(client, family, L, at))

    SupervisionOrder.objects.update(made_by=family.cast.person(A))

    assert "Apply to the court" not in body(page(client, family, A, at))


def test_what_is_refused_stands_above_the_form(client, family):
    order = scenes.considered(family)

    wrong = step(client, family, order, "not_seek", reason="in_care", words="In care.")
    assert "The reason is on record" in body(wrong)
    order = SupervisionOrder.objects.get()
    stale = page(
        client,
        family,
        L,
        f"orders/{order.reference}/now/not_seek/",
        version=order.version - 1,
        reason="in_care",
        words="In care.",
    )
    assert "Somebody changed this order since you opened the page" in body(stale)


def test_a_refused_consideration_stands_above_its_form(client, family):
    case = family.open_case()

    answer = page(
        client,
        family,
        L,
        f"cases/{case.reference}/order/",
        **day("on", date(2026, 11, 18)),
        words="x",
        attendance="x",
        safeguarding="yes",
    )

    assert "must be today or before" in body(answer)


def test_a_stale_application_is_refused_on_its_page(client, family):
    order = scenes.heard(family)
    scenes.gate_opens(family)

    answer = page(
        client,
        family,
        A,
        f"orders/{order.reference}/apply/",
        version=order.version,
        seen="{}",
        **day("on"),
        court="The family court",
        beside="yes",
    )

    assert "Things have changed since you opened this page" in body(answer)


@pytest.mark.parametrize("key", ["make", "tell_end", "prosecute", "seek_extension"])
def test_a_step_that_cannot_be_taken_leads_back_to_the_order(client, family, key):
    order = scenes.considered(family)
    role = A if key == "prosecute" else L

    answer = page(client, family, role, f"orders/{order.reference}/now/{key}/")

    assert answer.status_code == 302
    assert answer.url.endswith(f"/orders/{order.reference}/")


def test_nobody_applies_before_everybody_was_asked(client, family):
    order = scenes.considered(family)

    answer = page(client, family, A, f"orders/{order.reference}/apply/")

    assert answer.url.endswith(f"/orders/{order.reference}/")


def test_the_other_council_is_asked_about_where_the_child_lives_there(client, family):
    order = scenes.consulted(family, scenes.considered(family, home="Southvale"))
    asked = "agree in writing that ours applies?"
    at = f"orders/{order.reference}/now/hear/"
    assert asked in body(page(client, family, L, at))

    SupervisionOrder.objects.update(home="")

    assert asked not in body(page(client, family, L, at))


def test_a_step_that_there_is_none_of_is_not_found(client, family):
    order = scenes.considered(family)

    assert page(client, family, L, f"orders/{order.reference}/now/fly/").status_code == 404


def test_a_life_in_force(client, family):
    order = scenes.made(family)
    at = f"orders/{order.reference}/"

    shown = body(page(client, family, L, f"{at}now/direct/"))
    assert "Ms Ada Larkfield, mother" in shown
    given = step(
        client,
        family,
        order,
        "direct",
        adult=family.mother.reference,
        **day("given_on"),
        words="Bring Robin by 8.40am.",
        asked="She agrees.",
    )
    assert "Bring Robin by 8.40am." in body(given)
    child = step(
        client,
        family,
        order,
        "direct",
        adult="child",
        **day("given_on"),
        words="Sign in at the office.",
        asked="Robin agrees.",
    )
    assert "To the child, 17 November 2026" in body(child)
    assert Letter.objects.filter(kind="supervision_direction").count() == 1
    assert "Sign in at the office. (to the child, 17 November 2026)" in body(
        page(client, family, L, f"{at}now/fail/")
    )
    reviewed = step(
        client,
        family,
        order,
        "review",
        **day("on"),
        words="It works.",
        next_steps="Go on.",
    )
    assert "17 November 2026, due by 17 February 2027" in body(reviewed)


def test_directions_that_are_not_followed(client, family):
    order = scenes.breached(family)
    at = f"orders/{order.reference}/"

    shown = body(page(client, family, A, at))
    assert "The highest fine is £1,000." in shown
    assert "The direction was unreasonable." in shown
    assert "Not followed on 18 November 2026" in shown
    assert "Record a prosecution for it" in shown
    assert "Ms Ada Larkfield" in body(page(client, family, A, f"{at}now/prosecute/"))
    assert "Go on with the order" in body(page(client, family, L, at))


def test_a_protected_parent_is_asked_about_before_a_direction_goes(client, family):
    order = scenes.made(family)
    family.mother.protected_address = "yes"
    family.mother.save()
    address = f"orders/{order.reference}/now/direct/"
    assert "How does a letter reach Ms Ada Larkfield safely?" in body(
        page(client, family, L, address)
    )
    said = {
        "adult": family.mother.reference,
        **day("given_on"),
        "words": "Bring Robin by 8.40am.",
        "asked": "She agrees.",
    }

    held = step(client, family, order, "direct", **said)
    assert "until a person says how it is given to them safely" in body(held)
    at = family.mother.reference
    safe = {f"route_{at}": "in person", f"reason_{at}": "At the office, alone"}
    assert "A parent gets it by letter" in body(
        step(client, family, order, "direct", **said, **safe)
    )


@pytest.mark.parametrize(
    ("reason", "on", "says"),
    [
        ("care_order", {}, "Enter the day of the care order"),
        ("care_order", {"on": TODAY}, "Recorded. The parents and the school are told"),
        ("time_up", {}, "The order is in force until 16 November 2027"),
    ],
)
def test_a_care_order_has_its_day(client, family, reason, on, says):
    order = scenes.made(family)
    typed = day("on", on["on"]) if on else {}

    answer = step(client, family, order, "end", reason=reason, words="We stay.", **typed)

    assert says in body(answer)


def test_an_order_that_ends_soon_says_so(client, family):
    order = scenes.made(family)
    SupervisionOrder.objects.update(made_on=date(2025, 12, 1), applied_on=date(2025, 11, 20))
    SupervisionOrder.objects.update(
        ends_on=date(2026, 11, 30), review_due=date(2026, 11, 10), home="Southvale"
    )

    shown = body(page(client, family, L, f"orders/{order.reference}/"))

    assert "The next review was due on 10 November 2026." in shown
    assert "The court can be asked to extend it until 30 November 2026." in shown
    assert shown.index("Record a review") < shown.index("Give a direction")
    assert "Apply to extend it" in shown


def test_a_school_sees_the_order_and_not_what_was_said(client, family):
    order = scenes.heard(
        family, social_care="Northsecret of social care", said="Northsecret of the family"
    )
    at = f"orders/{order.reference}/"

    lead = body(page(client, family, Role.ATTENDANCE_OFFICER, at, "hillside"))
    clerk = body(page(client, family, Role.NOTICE_CLERK, at))

    assert "No plan of ours" not in clerk
    assert "Northsecret" not in clerk
    assert "is shown to those who may see sensitive details" in clerk
    assert "Give a direction" not in lead


# The list


def test_the_list_filters_searches_and_exports(client, family):
    empty = body(page(client, family, L, "orders/"))
    assert "An order is considered from a case" in empty
    order = scenes.made(family)

    shown = body(page(client, family, L, "orders/"))
    assert family.cast.pupil.name in shown
    assert "16 November 2027" in shown
    for query, there in (
        ("state=in force", True),
        ("state=considered", False),
        ("due=decide", False),
        ("due=review", False),
        ("due=ending", False),
        ("due=breach", False),
        (f"q={order.reference[:4]}", True),
        ("q=NOSUCH", False),
    ):
        found = f"/orders/{order.reference}/" in body(page(client, family, L, f"orders/?{query}"))
        assert found is there, query
    sheet = page(client, family, L, "orders/?export=csv")
    text = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
    assert b"In force" in text
    assert order.reference.encode() in text


def test_the_list_asks_the_same_number_of_queries_for_one_order_and_for_many(client, family):
    order = scenes.considered(family)
    sign_in(client, family.cast.person(L))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/la/990/legal/orders/")
        return len(found)

    queries()
    one = queries()
    for number in range(12):
        copy = SupervisionOrder.objects.get(pk=order.pk)
        copy.pk, copy.reference, copy.ended_on = None, f"ANOTHER{number:03}", TODAY
        copy.state = "not sought"
        copy.save()

    assert queries() == one


def test_the_case_page_leads_to_its_orders(client, family):
    order = scenes.considered(family)

    shown = body(page(client, family, L, f"cases/{family.case.reference}/"))

    assert f"/legal/orders/{order.reference}/" in shown
    assert f"/legal/cases/{family.case.reference}/order/" in shown


def test_a_letter_leads_to_its_order(client, family):
    order = scenes.consulted(family)
    letter = Letter.objects.filter(kind="supervision_order").first()

    answer = page(client, family, L, f"letters/{letter.reference}/")

    assert answer.url.endswith(f"/legal/orders/{order.reference}/")
