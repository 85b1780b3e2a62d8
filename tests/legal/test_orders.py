"""An education supervision order until the court decides: considered, asked about, applied for."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from attendance.models import Flag, PupilFlag
from authorities import packs
from authorities.access import Forbidden, NotFound
from authorities.permissions import Permission, Role
from cases.models import Case, Deadline
from legal.access import order_for, subject_for
from legal.models import LegalEvent, NoticeOffice, SupervisionOrder
from legal.selectors.gates import gate_of
from legal.selectors.orders import considered, outcome_of, subject_of
from legal.services import order_letters as letters
from legal.services import orders
from legal.services.papers import Release
from letters.models import Letter, Route
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cast import TODAY
from tests.legal import order_scenes as scenes
from tests.legal.gate_scenes import who
from tests.legal.penalty_scenes import office


@pytest.fixture(autouse=True)
def council(family):
    office(family.cast)


def flag(family, kind):
    PupilFlag.objects.create(
        authority=family.cast.northmoor,
        pupil=family.cast.pupil,
        kind=kind,
        starts_on=date(2026, 9, 1),
    )


# Considering


def test_considering_one_is_on_record_with_its_day_and_its_reasons(family):
    order = scenes.considered(family)

    assert (order.state, order.considered_on, order.considered) == (
        "considered",
        TODAY,
        scenes.WHY,
    )
    event = LegalEvent.objects.get(subject=subject_of(order))
    assert (event.event, event.words) == ("consider", scenes.WHY)
    assert Deadline.objects.get(about=subject_of(order)).due_on == date(2026, 12, 1)
    assert considered(family.cast.pupil, TODAY) == order
    assert considered(family.cast.pupil, date(2026, 11, 16)) is None


def test_one_that_is_only_thought_of_has_no_outcome_and_opens_no_gate(family):
    order = scenes.considered(family)

    assert outcome_of(order) == ""
    answer = gate_of(
        enrolment=family.cast.enrolment, step="prosecution", today=TODAY, case=family.case
    )
    assert "order_considered" in [one.key for one in answer.blocking]


def test_while_social_services_and_the_family_are_asked_nothing_is_decided(family):
    order = scenes.consulted(family)

    assert outcome_of(order) == ""
    answer = gate_of(
        enrolment=family.cast.enrolment, step="prosecution", today=TODAY, case=family.case
    )
    assert "order_considered" in [one.key for one in answer.blocking]


def test_one_that_is_not_sought_meets_the_gate_before_a_prosecution(family):
    order = scenes.considered(family)

    order = orders.not_seek(
        reason="prosecution_better", words="Robin is never there.", **scenes.edge(family, order)
    )

    assert (order.state, order.ended_on) == ("not sought", TODAY)
    assert outcome_of(order) == (
        "Not sought: prosecution fits this case better. Help at home would get mornings going."
    )
    answer = gate_of(
        enrolment=family.cast.enrolment, step="prosecution", today=TODAY, case=family.case
    )
    met = next(one for one in answer.requirements if one.key == "order_considered")
    assert met.met
    assert met.records[0].words == "Education supervision order: not sought"
    assert not Letter.objects.filter(kind="supervision_news").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"words": " "}, "Write what you found"),
        ({"attendance": ""}, "Write what shows that the child does not attend regularly"),
        ({"on": date(2026, 11, 18)}, "must be today or before"),
    ],
)
def test_considering_without_a_reason_or_on_a_day_to_come_is_refused(family, change, says):
    with pytest.raises(InvalidInput, match=says):
        scenes.considered(family, **change)


@pytest.mark.parametrize("role", [Role.AUTHORISING_OFFICER, Role.SUPPORT_WORKER])
def test_only_who_prepares_proceedings_considers(family, role):
    family.open_case()

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        scenes.considered(family, reach=who(family, role))


def test_a_child_has_one_order_at_a_time(family):
    scenes.considered(family)

    with pytest.raises(Conflict, match="There is an order for this child already"):
        scenes.considered(family)


def test_a_closed_case_has_none(family):
    case = family.open_case()
    Case.objects.filter(pk=case.pk).update(closed_on=TODAY, stage="closed")

    with pytest.raises(Conflict, match="This case is closed"):
        scenes.considered(family)


def test_the_records_own_flags_say_that_a_child_is_in_care_or_at_risk(family):
    flag(family, Flag.LOOKED_AFTER)
    flag(family, Flag.CHILD_PROTECTION)

    order = scenes.considered(family)

    assert (order.in_care, order.safeguarding) == (True, True)


# Not seeking


def test_parents_who_were_written_to_are_told_that_none_is_sought(family):
    order = scenes.consulted(family)

    orders.not_seek(
        reason="family_works_with_us", words="You take part now.", **scenes.edge(family, order)
    )

    told = Letter.objects.filter(kind="supervision_news")
    assert [one.state for one in told] == ["approved", "approved"]
    assert "We do not ask the family court" in told[0].context["result"]


@pytest.mark.parametrize(
    ("reason", "words", "says"),
    [
        ("time_up", "It is over.", "Choose a reason that goes with this step"),
        ("too_old", " ", "Say in your own words why no order is sought"),
    ],
)
def test_not_seeking_needs_a_reason_of_its_own(family, reason, words, says):
    order = scenes.considered(family)

    with pytest.raises(InvalidInput, match=says):
        orders.not_seek(reason=reason, words=words, **scenes.edge(family, order))


# Asking social services and the family


def test_each_parent_gets_a_letter_of_their_own_with_the_offer_of_a_meeting(family):
    order = scenes.consulted(family)

    assert (order.state, order.consulted_on, order.parent_told_on) == (
        "consulting",
        TODAY,
        TODAY,
    )
    mother, father = Letter.objects.filter(kind="supervision_order").order_by("recipient_name")
    assert mother.state == father.state == "approved"
    assert "Reedham" not in str(mother.context)
    assert "Larkfield" not in str(father.context).replace("Robin Larkfield", "")
    assert "at 10am" in mother.context["meeting"]


def test_the_letter_meets_what_a_school_s_policy_asks_for_before_an_order(family):
    case = family.open_case()
    packs.adopt(
        authority=family.cast.northmoor,
        school=family.cast.hillside,
        pack="chaucer",
        starts_on=TODAY,
        reach=None,
    )
    scenes.consulted(family)
    asked = "chaucer:before_order:parents_told"

    def told() -> bool:
        answer = gate_of(enrolment=case.enrolment, step=scenes.STEP, today=TODAY, case=case)
        return next(one.met for one in answer.requirements if one.key == asked)

    assert told() is False  # approved, and not gone yet
    Letter.objects.filter(kind="supervision_order").update(
        state="handed over", handed_over_at=scenes.at(TODAY)
    )
    assert told() is True


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"whom": ""}, "Write whom you asked"),
        ({"reason": ""}, "the parent reads it"),
        ({"meeting": " "}, "Write when and where you offer to meet"),
        ({"adults": []}, "Choose the parent to whom we write"),
        ({"adults": ["NOBODY0000"]}, "Choose from the parents on the record"),
        ({"asked_on": date(2026, 11, 18)}, "must be today or before"),
    ],
)
def test_asking_by_halves_is_refused(family, change, says):
    with pytest.raises(InvalidInput, match=says):
        scenes.consulted(family, **change)

    assert not Letter.objects.filter(kind="supervision_order").exists()


def test_a_parent_of_whom_there_is_a_doubt_gets_nothing_until_a_person_takes_it_on(family):
    family.mother.protected_address = "yes"
    family.mother.save()
    order = scenes.considered(family)

    with pytest.raises(RuleNotMet, match="until a person says how"):
        scenes.consulted(family, order)
    assert not Letter.objects.filter(kind="supervision_order").exists()

    release = Release(Route.IN_PERSON, "At the office, alone", ["address_protected"])
    order = scenes.consulted(family, order, releases={family.mother.reference: release})

    assert order.state == "consulting"
    assert not any(
        "Orchard" in str(one.address_lines)
        for one in Letter.objects.filter(kind="supervision_order")
    )


@pytest.mark.parametrize("text", ["Mr Reedham agrees.", "We met at 3 Mill Street.", "See ZZ992BB"])
def test_a_letter_that_names_the_other_parent_or_their_home_is_refused(family, text):
    with pytest.raises(RuleNotMet, match="names another adult of the child"):
        scenes.consulted(family, reason=text, adults=[family.mother.reference])


@pytest.mark.parametrize(
    ("surname", "text", "refused"),
    [
        ("Long", "Robin missed school for a long time.", False),
        ("Day", "Robin missed school again today.", False),
        ("May", "Robin missed school on 4 May 2026.", False),
        ("May", "Mr May has not answered.", True),
        ("Reedham", "Reedham has not answered.", True),
    ],
)
def test_a_name_that_is_a_word_too_keeps_nobody_from_writing(family, surname, text, refused):
    family.father.surname = surname
    family.father.save()
    order = scenes.considered(family)

    if refused:
        with pytest.raises(RuleNotMet, match="names another adult of the child"):
            letters.refuse_others(order, (text,), family.mother)
    else:
        letters.refuse_others(order, (text,), family.mother)
    letters.refuse_others(order, (text,), family.father)  # their own name is no news


def test_an_order_is_not_asked_about_without_the_councils_details(family):
    NoticeOffice.objects.all().delete()

    with pytest.raises(RuleNotMet, match="Say first who parents write to"):
        scenes.consulted(family)


def test_what_was_said_is_on_the_order_and_not_in_the_history(family):
    order = scenes.heard(family)

    assert (order.answered_on, order.social_care) == (TODAY, "No plan of ours is open.")
    assert order.family == "Robin wants help in the mornings."
    event = LegalEvent.objects.get(subject=subject_of(order), event="hear")
    assert event.words == ""
    assert event.facts == {"heard": ["social_care", "family"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"social_care": ""}, "Record both"),
        ({"answered_on": None}, "Record both"),
        ({"answered_on": date(2026, 11, 16)}, "The day of the answer must be from 17 November"),
        ({"agreed_on": date(2026, 11, 18)}, "both councils agreed must be today or before"),
        (
            {"answered_on": None, "social_care": "", "said": " "},
            "Write what was said",
        ),
    ],
)
def test_half_an_answer_is_refused(family, change, says):
    with pytest.raises(InvalidInput, match=says):
        scenes.heard(family, **change)


def test_the_other_councils_agreement_and_the_shared_view_are_kept(family):
    order = scenes.heard(family, agreed_on=TODAY, joint_view=True, safeguarding=True)

    assert (order.agreed_on, order.joint_view, order.safeguarding) == (TODAY, True, True)


@pytest.mark.parametrize("agrees", [True, False])
def test_that_social_care_agrees_shows_at_the_gate(family, agrees):
    scenes.heard(family, joint_view=agrees)

    answer = gate_of(
        enrolment=family.cast.enrolment, step=scenes.STEP, today=TODAY, case=family.case
    )

    view = next(one for one in answer.requirements if one.key == "safeguarding_view")
    assert view.met is agrees


# Applying


def test_another_officer_applies_once_all_is_done(family):
    order = scenes.applied(family)

    assert (order.state, order.applied_on) == ("applied", TODAY)
    assert order.applied_by == family.cast.person(Role.AUTHORISING_OFFICER)
    event = LegalEvent.objects.get(subject=subject_of(order), event="apply")
    assert event.facts["gate"]["open"] is True


def test_who_considered_it_cannot_apply(family):
    order = scenes.heard(family)
    scenes.gate_opens(family)
    SupervisionOrder.objects.filter(pk=order.pk).update(
        made_by=family.cast.person(Role.AUTHORISING_OFFICER)
    )

    with pytest.raises(Forbidden, match="You considered this order"):
        scenes.apply(family, order)


def test_the_database_refuses_that_who_considered_it_applies(family):
    order = scenes.heard(family)

    with (
        pytest.raises(IntegrityError, match="order_is_applied_for_by_another"),
        transaction.atomic(),
    ):
        SupervisionOrder.objects.filter(pk=order.pk).update(
            applied_on=TODAY, applied_by=order.made_by
        )


def test_the_database_refuses_an_order_that_nobody_applied_for(family):
    order = scenes.heard(family)

    with pytest.raises(IntegrityError, match="order_was_applied_for_before"), transaction.atomic():
        SupervisionOrder.objects.filter(pk=order.pk).update(made_on=TODAY)


def test_the_database_refuses_a_second_order_for_the_same_child(family):
    order = scenes.considered(family)
    copy = SupervisionOrder.objects.get(pk=order.pk)
    copy.pk, copy.reference = None, "ANOTHER000"

    with pytest.raises(IntegrityError, match="one_order_at_a_time"), transaction.atomic():
        copy.save()


def test_who_prepares_it_does_not_apply(family):
    order = scenes.heard(family)

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        scenes.apply(family, order, reach=scenes.legal(family))


def test_a_role_that_the_policy_does_not_name_does_not_apply(family, monkeypatch):
    order = scenes.heard(family)
    scenes.gate_opens(family)
    monkeypatch.setattr(orders, "officer_of", lambda *_: (None, False))

    with pytest.raises(Forbidden, match="The policy gives this decision to: Authorised officer"):
        scenes.apply(family, order)


def test_the_gate_must_be_open(family):
    order = scenes.heard(family)

    with pytest.raises(RuleNotMet, match="This step cannot be taken yet"):
        scenes.apply(family, order)


def test_a_page_that_shows_an_older_gate_is_refused_with_what_changed(family):
    order = scenes.heard(family)
    seen = scenes.seen(order)
    scenes.gate_opens(family)

    with pytest.raises(Conflict, match="was missing and is there now"):
        orders.apply(
            application=orders.Application(TODAY, "The family court"),
            seen=seen,
            **scenes.edge(family, order, reach=scenes.second(family)),
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answered_on": None}, "Record what children's social services answered"),
        ({"consulted_on": None}, "Ask children's social services first"),
        ({"parent_told_on": None}, "Write to the parent first"),
        ({"in_care": True}, "There can be no order for a child in care"),
        ({"safeguarding": True}, "social care agrees with an order"),
        ({"attendance": ""}, "does not attend regularly"),
        ({"home": "Southvale"}, "The council where the child lives applies"),
        (
            {"home": "Southvale", "agreed_on": date(2026, 11, 18)},
            "The council where the child lives applies",
        ),
    ],
)
def test_each_thing_that_must_come_first_is_named(family, change, says):
    order = scenes.heard(family)
    scenes.gate_opens(family)
    SupervisionOrder.objects.filter(pk=order.pk).update(**change)

    with pytest.raises(RuleNotMet, match=says):
        scenes.apply(family, order)


def test_with_the_other_councils_agreement_ours_applies(family):
    order = scenes.heard(family, agreed_on=TODAY)
    scenes.gate_opens(family)
    SupervisionOrder.objects.filter(pk=order.pk).update(home="Southvale")

    assert scenes.apply(family, order).state == "applied"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"court": " "}, "Write which family court"),
        ({"on": date(2026, 11, 16)}, "The day of the application must be from 17 November 2026"),
        ({"on": date(2026, 11, 18)}, "The day of the application must be from 17 November 2026"),
    ],
)
def test_an_application_names_its_court_and_a_day_that_has_come(family, change, says):
    order = scenes.heard(family)
    scenes.gate_opens(family)

    with pytest.raises(InvalidInput, match=says):
        scenes.apply(family, order, **change)


def test_nothing_is_asked_or_applied_for_once_the_case_is_closed(family):
    order = scenes.heard(family)
    scenes.gate_opens(family)
    Case.objects.filter(pk=family.case.pk).update(closed_on=TODAY, stage="closed")

    with pytest.raises(Conflict, match="This case is closed"):
        scenes.apply(family, order)


def test_a_stale_form_is_refused(family):
    order = scenes.considered(family)
    edge = scenes.edge(family, order)
    orders.not_seek(reason="in_care", words="He is in care now.", **edge)

    with pytest.raises(Conflict, match="Somebody changed this order"):
        orders.not_seek(reason="in_care", words="He is in care now.", **edge)


# The court


def test_the_court_makes_it_and_the_family_and_the_school_are_told(family):
    order = scenes.made(family)

    assert (order.state, order.made_on, order.ends_on) == ("in force", TODAY, date(2027, 11, 16))
    assert order.review_due == date(2027, 2, 17)
    told = Letter.objects.filter(kind="supervision_news")
    assert [one.state for one in told] == ["approved", "approved"]
    assert told[0].context["reason"] == (
        "Its last day is 16 November 2027, unless the court changes that."
    )
    assert LegalEvent.objects.filter(subject=subject_of(order), event="tell_school").count() == 1
    clocks = {
        one.about.partition(subject_of(order))[2]: one.due_on
        for one in Deadline.objects.filter(about__startswith=subject_of(order), done_on=None)
    }
    assert clocks == {
        ":review": date(2027, 2, 17),
        ":extension": date(2027, 8, 16),
        ":end": date(2027, 11, 16),
        ":outcome": date(2026, 11, 24),
    }


def test_the_court_refuses_it(family):
    order = scenes.applied(family)

    order = orders.refuse(on=TODAY, words="Too little was tried.", **scenes.edge(family, order))

    assert (order.state, order.ended_on, order.ends_on) == ("refused", TODAY, None)
    open_clocks = Deadline.objects.filter(about__startswith=subject_of(order), done_on=None)
    assert [one.about for one in open_clocks] == [f"{subject_of(order)}:outcome"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"supervisor": ""}, "Write which officer supervises"),
        ({"words": ""}, "Write what happens now"),
        ({"on": date(2026, 11, 16)}, "The day of the order must be from 17 November 2026"),
    ],
)
def test_what_the_court_made_is_written_down_whole(family, change, says):
    order = scenes.applied(family)
    given = {"on": TODAY, "supervisor": "Jo Lark", "words": "She visits.", **change}

    with pytest.raises(InvalidInput, match=says):
        orders.make(**given, **scenes.edge(family, order))


def test_the_court_cannot_make_what_nobody_applied_for(family):
    order = scenes.heard(family)

    with pytest.raises(Conflict, match="From there you can"):
        orders.make(on=TODAY, supervisor="Jo", words="So", **scenes.edge(family, order))


# Doors


def test_strangers_find_no_order(family):
    order = scenes.considered(family)
    stranger = family.cast.reach(family.cast.stranger, family.cast.southvale)

    with pytest.raises(NotFound, match="We cannot find that order"):
        order_for(stranger, order.reference, Permission.VIEW_LEGAL)


def test_a_letter_or_an_event_leads_to_its_order(family):
    order = scenes.considered(family)

    assert subject_for(scenes.legal(family), subject_of(order)) == order
