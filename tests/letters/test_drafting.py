"""Preparing, approving, holding, releasing and withdrawing: each adult alone, failing closed."""

import dataclasses
from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist

from attendance.models import AdultLink
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden, NotFound
from authorities.permissions import Permission, Role
from cases.access import case_letter_for, case_letters_for
from cases.services import concern_letters
from letters import guards
from letters.contexts import Recipient
from letters.models import Letter, Outbox, Route, WhyWithdrawn
from letters.selectors import late, letters_for
from letters.services import delivery, drafting
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases.family import ADOPTED, NOW
from tests.cast import TODAY


def approve(family, letter):
    return drafting.approve(letter, reach=family.reach, now=NOW)


def test_each_parent_gets_a_letter_of_their_own(family):
    mother, father = (row.letter for row in family.prepare())

    assert mother.address_lines == [
        "Ms Ada Larkfield",
        "12 Orchard Row",
        "Northmoor",
        "ZZ99 1AA",
    ]
    assert father.address_lines == [
        "Mr Tom Reedham",
        "3 Mill Street",
        "Sampleton",
        "ZZ99 2BB",
    ]
    assert (mother.greeting, father.greeting) == ("Ms Larkfield", "Mr Reedham")
    assert mother.state == father.state == "draft"
    for mine, other in ((mother, family.father), (father, family.mother)):
        everything = str(Letter.objects.filter(pk=mine.pk).values().get())
        assert other.surname not in everything
        assert other.postcode not in everything


def test_a_letter_says_what_the_register_says_in_days(family):
    (row,) = family.prepare(family.mother)

    page = drafting.page_of(row.letter)

    assert page["blocks"][1].text == (
        "Robin has missed 5 days of school since September. "
        "We would like to help Robin to be in school more."
    )
    assert page["letter"].contact_details == "01632 960123"
    assert page["letter"].school_lines == ("1 School Lane", "Northmoor", "ZZ99 9ZZ")
    assert page["letter"].review_period == "15 school days"


def test_a_letter_keeps_pack_edition_source_and_wording(family):
    (row,) = family.prepare(family.mother)
    letter = row.letter

    assert (letter.pack, letter.edition, letter.pack_letter) == ("dorset", "2022", "letter_2")
    assert letter.source.endswith("School attendance flow chart, step 5 (action)")
    assert letter.wording == packs.load("dorset").wordings["letter_2"]
    assert len(letter.wording_sha256) == 64


def test_a_pupil_who_joined_late_is_counted_from_that_day(family):
    enrolment = family.cast.enrolment
    enrolment.starts_on = date(2026, 10, 5)
    enrolment.save()
    (row,) = family.prepare(family.mother)

    assert row.letter.context["since"] == "5 October 2026"


def test_a_parent_without_a_title_is_greeted_by_the_whole_name(family):
    family.mother.title = ""
    family.mother.save()
    (row,) = family.prepare(family.mother)

    assert row.letter.greeting == "Ada Larkfield"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"attendance_contact": "", "headteacher": ""}, "Add the name of the person to contact"),
        ({"phone": "", "email": ""}, "Add a phone number or an email address"),
    ],
)
def test_a_letter_must_name_somebody_and_how_to_reach_them(family, change, says):
    case = family.open_case()
    for name, value in change.items():
        setattr(family.cast.hillside, name, value)
    family.cast.hillside.save()
    case.refresh_from_db()

    with pytest.raises(RuleNotMet, match=says):
        family.prepare(family.mother)


def test_the_headteacher_stands_in_and_both_ways_to_reach_the_school_are_named(family):
    school = family.cast.hillside
    school.attendance_contact, school.headteacher = "", "Mx Wren"
    school.email = "office@hillside.example"
    school.save()
    (row,) = family.prepare(family.mother)

    assert row.letter.context["contact_name"] == "Mx Wren"
    assert row.letter.context["contact_details"] == "01632 960123 or office@hillside.example"


def test_a_pupil_who_missed_nothing_gets_no_letter(family):
    case = family.open_case()
    enrolment = family.cast.enrolment
    enrolment.starts_on = date(2026, 10, 20)
    enrolment.save()
    case.refresh_from_db()

    with pytest.raises(RuleNotMet, match="has not missed any school"):
        family.prepare(family.mother)


def test_a_closed_case_sends_no_letters(family):
    case = family.open_case()
    case.stage, case.closed_on = "closed", TODAY
    case.save()

    with pytest.raises(Conflict, match="is closed"):
        family.prepare(family.mother)


def test_nobody_chosen_or_somebody_elses_parent_is_refused(family):
    case = family.open_case()

    def choose(*references):
        concern_letters.prepare(
            reach=family.reach,
            case=case,
            pack="dorset",
            letter="letter_2",
            adults=references,
            now=NOW,
            today=TODAY,
        )

    with pytest.raises(InvalidInput, match="Select who"):
        choose()
    with pytest.raises(InvalidInput, match="this pupil's record"):
        choose("NOTHERE234")


def test_an_adult_whom_an_order_shuts_out_is_never_written_to(family):
    AdultLink.objects.filter(adult=family.father).update(court_order="no information")

    with pytest.raises(RuleNotMet, match="must not be told"):
        family.prepare()

    assert Letter.objects.count() == 0


def test_the_same_letter_is_not_prepared_twice_while_one_waits(family):
    (row,) = family.prepare(family.mother)
    with pytest.raises(Conflict, match="to 1 person already waits"):
        family.prepare()
    family.prepare(family.father)
    with pytest.raises(Conflict, match="to 2 people already waits"):
        family.prepare()

    drafting.withdraw(row.letter, reach=family.reach, why=WhyWithdrawn.WRONG, now=NOW)

    assert len(family.prepare(family.mother)) == 1


def test_wording_that_would_not_pass_is_refused_with_its_line(family):
    with pytest.raises(RuleNotMet, match="line 1: start with one title"):
        drafting.prepare(
            reach=family.reach,
            school=family.cast.hillside,
            recipient=Recipient("A", "A", ()),
            context=letter_context(family),
            words=drafting.LocalWording("p", "1", "l", "Letter 2", "Step 5", "Hello"),
            now=NOW,
        )


def letter_context(family):
    case = family.case or family.open_case()
    policy = packs.pack_in_force(family.cast.hillside, TODAY)
    layer, found = policy.letter("dorset", "letter_2")
    return concern_letters.concern(case, found, layer, TODAY)


def test_a_protected_address_is_held_and_stands_nowhere_on_the_draft(family):
    family.mother.protected_address = "yes"
    family.mother.save()

    (row,) = family.prepare(family.mother)

    assert row.letter.state == "held"
    assert row.letter.reason == "This adult's address is protected."
    assert row.letter.address_lines == []
    with pytest.raises(Conflict, match="held for a person"):
        approve(family, row.letter)


def test_an_address_no_print_room_takes_is_held(family):
    family.mother.postcode = "NOT ONE"
    family.mother.save()

    (row,) = family.prepare(family.mother)

    assert (row.letter.state, row.letter.reason) == (
        "held",
        "The last line of the address must be a UK postcode.",
    )


def test_approving_writes_who_when_and_one_entry_of_the_outbox(family):
    (row,) = family.prepare(family.mother)

    letter = approve(family, row.letter)

    assert (letter.state, letter.approved_by, letter.approved_at) == (
        "approved",
        family.cast.officer,
        NOW,
    )
    entry = Outbox.objects.get()
    assert (entry.key, entry.state) == (f"letter:{letter.reference}", "waiting")
    event = Event.objects.get(kind="letter.approved")
    assert event.facts == {"reference": letter.reference}


def test_two_approvals_send_one_letter(family):
    (row,) = family.prepare(family.mother)
    approve(family, row.letter)

    with pytest.raises(Conflict, match="is now: approved"):
        approve(family, row.letter)
    assert Outbox.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda f: type(f.mother).objects.filter(pk=f.mother.pk).update(protected_address="yes"),
            "This adult's address is protected.",
        ),
        (
            lambda f: AdultLink.objects.filter(adult=f.mother).update(may_contact="no"),
            "The record says not to contact this adult.",
        ),
        (
            lambda f: AdultLink.objects.filter(adult=f.mother).delete(),
            "This adult is no longer on the pupil's record.",
        ),
        (
            lambda f: type(f.mother).objects.filter(pk=f.mother.pk).update(address="9 New Road"),
            "The address on record has changed since this letter was prepared.",
        ),
    ],
)
def test_what_changed_since_the_draft_holds_it_at_approval(family, change, reason):
    (row,) = family.prepare(family.mother)
    change(family)

    letter = approve(family, row.letter)

    assert (letter.state, letter.reason) == ("held", reason)
    assert Outbox.objects.count() == 0


def test_a_letter_that_no_guard_knows_is_held(family, monkeypatch):
    (row,) = family.prepare(family.mother)
    monkeypatch.setattr(guards, "GUARDS", [lambda letter, day: None])

    assert approve(family, row.letter).reason == "Nothing says who this letter is about."


@pytest.mark.parametrize("role", [Role.SUPPORT_WORKER])
def test_who_may_prepare_may_not_always_approve(family, role):
    (row,) = family.prepare(family.mother)
    worker = family.cast.reach(family.cast.person(role))

    with pytest.raises(Forbidden, match="approve letters"):
        drafting.approve(row.letter, reach=worker, now=NOW)


def release(family, row, route=Route.POST, reason="Rang her: it is safe.", seen=None):
    return concern_letters.release(
        reach=family.reach,
        case_letter=row,
        route=route,
        reason=reason,
        seen=("address_protected",) if seen is None else seen,
        now=NOW,
        today=TODAY,
    )


@pytest.fixture
def protected(family):
    """A held letter to a mother whose address is protected."""
    family.mother.protected_address = "yes"
    family.mother.save()
    (row,) = family.prepare(family.mother)
    return row


def test_a_person_may_release_to_the_post_what_they_have_checked(family, protected):
    letter = release(family, protected)

    assert (letter.state, letter.route) == ("draft", "post")
    assert letter.address_lines[1] == "12 Orchard Row"
    assert (letter.released_by, letter.release_reason) == (
        family.cast.officer,
        "Rang her: it is safe.",
    )
    assert approve(family, letter).state == "approved"


def test_a_letter_by_hand_never_carries_the_address(family, protected):
    letter = release(family, protected, Route.IN_PERSON)

    assert letter.address_lines == []
    assert approve(family, letter).state == "approved"
    event = Event.objects.get(kind="letter.released")
    assert event.facts["route"] == "given by hand"


def test_a_new_doubt_after_the_release_holds_the_letter_again(family, protected):
    letter = release(family, protected)
    AdultLink.objects.filter(adult=family.mother).update(court_order="unknown")

    letter = approve(family, letter)

    assert letter.state == "held"
    assert "court order" in letter.reason


def test_a_release_over_doubts_that_were_not_read_is_refused(family, protected):
    AdultLink.objects.filter(adult=family.mother).update(court_order="other")

    with pytest.raises(Conflict, match="has changed"):
        release(family, protected)


def test_a_release_needs_a_reason_a_parent_and_a_real_address(family, protected):
    with pytest.raises(InvalidInput, match="Say why"):
        release(family, protected, reason="  ")
    type(family.mother).objects.filter(pk=family.mother.pk).update(postcode="")
    protected.adult.refresh_from_db()
    with pytest.raises(RuleNotMet, match="Correct it on the pupil's record"):
        release(family, protected, seen=("address_protected", "no_address"))
    AdultLink.objects.filter(adult=family.mother).update(may_contact="no")
    with pytest.raises(RuleNotMet, match="Withdraw the letter"):
        release(family, protected)
    AdultLink.objects.filter(adult=family.mother).delete()
    with pytest.raises(RuleNotMet, match="no longer on the pupil's record"):
        release(family, protected)


def test_a_person_may_hold_and_release_an_approved_letter(family):
    (row,) = family.prepare(family.mother)
    letter = approve(family, row.letter)

    letter = drafting.hold(letter, reach=family.reach, now=NOW)

    assert (letter.state, Outbox.objects.get().state) == ("held", "stopped")
    row.refresh_from_db()
    assert release(family, row, seen=()).state == "draft"
    assert approve(family, row.letter).state == "approved"
    assert Outbox.objects.get().state == "waiting"


def test_a_withdrawn_letter_says_why_and_leaves_the_outbox(family):
    (row,) = family.prepare(family.mother)
    letter = approve(family, row.letter)

    letter = drafting.withdraw(letter, reach=family.reach, why=WhyWithdrawn.FAMILY_ASKED, now=NOW)

    assert (letter.state, letter.reason) == ("withdrawn", "The family asked us to wait")
    assert Outbox.objects.get().state == "stopped"
    with pytest.raises(Conflict, match="is now: withdrawn"):
        approve(family, letter)


def test_letters_of_other_schools_cannot_be_found(family):
    (row,) = family.prepare(family.mother)
    elsewhere = family.cast.reach(family.cast.person(Role.ATTENDANCE_OFFICER, "brook"))

    assert list(case_letters_for(elsewhere)) == list(letters_for(elsewhere)) == []
    with pytest.raises(NotFound):
        case_letter_for(elsewhere, row.letter.reference, Permission.VIEW_CASE)
    assert case_letter_for(family.reach, row.letter.reference, Permission.VIEW_CASE) == row


def test_an_approved_letter_that_waits_too_long_is_seen(family):
    (row,) = family.prepare(family.mother)
    approve(family, row.letter)

    assert list(late(family.reach, NOW + timedelta(minutes=30))) == []
    assert list(late(family.reach, NOW + timedelta(minutes=31))) == [row.letter]


def test_a_correction_is_a_new_letter_that_names_the_old(family):
    (row,) = family.prepare(family.mother)
    policy = packs.pack_in_force(family.cast.hillside, TODAY)
    layer, found = policy.letter("dorset", "letter_2")
    words = drafting.LocalWording(
        "dorset", "2022", found.key, found.title, found.source, layer.pack.wordings[found.key]
    )

    again = drafting.prepare(
        reach=family.reach,
        school=family.cast.hillside,
        recipient=Recipient("A", "A", ()),
        context=dataclasses.replace(letter_context(family), sessions_missed=9),
        words=words,
        now=NOW,
        corrects=row.letter,
    )

    assert again.corrects == row.letter
    assert again.context["sessions_missed"] == 9


def test_the_trusts_letter_is_offered_beside_the_authoritys(family):
    policy = packs.pack_in_force(family.cast.hillside, TODAY)
    national = [letter.key for letter in packs.load("national").letters if letter.wording]
    assert "leave_refused" in national  # every school's
    assert [letter.key for _, letter in policy.letters()] == ["letter_2", *national]

    packs.adopt(
        authority=family.cast.northmoor,
        pack="pdet",
        starts_on=ADOPTED,
        reach=None,
        trust=family.cast.trust,
    )

    policy = packs.pack_in_force(family.cast.brook, TODAY)
    assert [letter.key for _, letter in policy.letters()] == ["letter_96", "letter_2", *national]


def test_reading_and_previewing_are_written_down(family):
    (row,) = family.prepare(family.mother)

    drafting.read(row.letter, reach=family.reach, preview=True)
    drafting.read(row.letter, reach=family.reach, preview=False)

    kinds = Event.objects.filter(subject=f"letters.Letter:{row.letter.pk}")
    assert set(kinds.values_list("kind", flat=True)) >= {"letter.previewed", "letter.read"}


def test_nothing_was_made_before_a_worker_came(family):
    (row,) = family.prepare(family.mother)
    approve(family, row.letter)

    with pytest.raises(ObjectDoesNotExist):
        _ = row.letter.document
    assert delivery.check_kept(authority_id=family.cast.northmoor.pk) == []
