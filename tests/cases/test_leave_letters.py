"""The answer to a request for leave: to the adult who asked, by the rules that protect people."""

from dataclasses import replace
from datetime import date

import pytest

from attendance.models import AdultLink, LeaveRequest
from attendance.services import leave
from attendance.services.leave import Answer
from authorities import packs
from authorities.permissions import Role
from cases.access import case_letters_for
from cases.models import CaseLetter
from cases.services import concern_letters, leave_letters
from letters import lint, wording
from letters.catalogue import KINDS
from letters.services import drafting
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet
from rules.leave import Purpose
from tests import factories
from tests.attendance.agreed import FRIDAY, MONDAY, a_request, head, office
from tests.attendance.scenes import NOW, calendar
from tests.cast import TODAY, Cast

FUNERAL = Answer("exceptional", "Funeral of a grandparent", MONDAY, FRIDAY, "")


@pytest.fixture(name="family")
def a_family(cast: Cast) -> Cast:
    """A parent with an address, and a school that says whom to ask."""
    cast.hillside.attendance_contact = "Jo Lark"
    cast.hillside.phone = "01632 960123"
    cast.hillside.save()
    cast.pupil.forenames, cast.pupil.known_as = "Robin Ash", "Robin"
    cast.pupil.save()
    calendar(cast)
    factories.adult(cast.pupil, title="Ms", forenames="Ada", surname="Larkfield")
    return cast


def refused(cast: Cast, **changes) -> LeaveRequest:
    row = a_request(cast, purpose=Purpose.HOLIDAY, **changes)
    return leave.refuse(row, reach=head(cast), reason="A holiday is no ground.", now=NOW)


def granted(cast: Cast, answer: Answer = FUNERAL) -> LeaveRequest:
    row = a_request(cast)
    seen = leave.preview(row, answer, reach=head(cast), today=TODAY).digest
    return leave.grant(
        row, reach=head(cast), answer=answer, seen=seen, amend=True, now=NOW, today=TODAY
    )


def prepare(cast: Cast, row: LeaveRequest) -> CaseLetter:
    return leave_letters.prepare(reach=office(cast), leave=row, now=NOW, today=TODAY)


def said(made: CaseLetter) -> str:
    return wording.words_of(drafting.page_of(made.letter)["blocks"])


def test_a_refusal_says_what_absence_would_be(family):
    made = prepare(family, refused(family))

    words = said(made)
    assert made.letter.kind == "leave_refused"
    assert "Monday 7 December to Friday 11 December 2026" in words
    assert "A holiday is no ground." in words
    assert "penalty notice for each parent" in words
    assert "Talk to Jo Lark: 01632 960123" in words
    assert (made.letter.greeting, made.letter.state) == ("Ms Larkfield", "draft")


def test_a_grant_says_which_days_and_when_the_pupil_is_expected(family):
    words = said(prepare(family, granted(family)))

    assert "We have agreed to it: Monday 7 December to Friday 11 December 2026." in words
    assert "The ground is: exceptional circumstances." in words
    assert "again on Monday 14 December 2026" in words
    assert "penalty" not in words


def test_a_part_grant_says_both(family):
    part = replace(FUNERAL, last=date(2026, 12, 8), reason="Two days are enough.")

    made = prepare(family, granted(family, part))

    assert made.letter.kind == "leave_part_granted"
    assert "some of it: Monday 7 December to Tuesday 8 December 2026." in said(made)
    assert "Two days are enough." in said(made)


def test_the_answer_is_prepared_once_and_again_only_after_it_was_withdrawn(family):
    row = refused(family)
    first = prepare(family, row)

    with pytest.raises(Conflict, match="waits already"):
        prepare(family, row)
    drafting.withdraw(first.letter, reach=office(family), why="wrong", now=NOW)
    second = prepare(family, row)
    drafting.approve(second.letter, reach=head(family), now=NOW)

    assert CaseLetter.objects.count() == 2
    with pytest.raises(Conflict):
        prepare(family, row)


def test_an_answer_that_was_sent_is_not_written_again(family):
    row = refused(family)
    made = prepare(family, row)
    made.letter.state, made.letter.handed_over_at = "handed over", NOW
    made.letter.save()

    with pytest.raises(Conflict, match="sent already"):
        prepare(family, row)


def test_a_request_without_an_answer_has_no_letter(family):
    with pytest.raises(Conflict, match="no answer to write"):
        prepare(family, a_request(family))


def test_a_protected_address_holds_the_answer_without_its_address(family):
    row = refused(family)
    row.asked_by.protected_address = "yes"
    row.asked_by.save()

    made = prepare(family, row)

    assert (made.letter.state, made.letter.address_lines) == ("held", [])


def test_an_adult_who_may_not_be_written_to_gets_no_answer(family):
    row = refused(family)
    AdultLink.objects.filter(adult=row.asked_by).update(court_order="no information")

    with pytest.raises(RuleNotMet, match="court order"):
        prepare(family, row)


def test_an_adult_who_left_the_record_gets_no_answer(family):
    row = refused(family)
    AdultLink.objects.filter(adult=row.asked_by).delete()

    with pytest.raises(RuleNotMet, match="no longer on the pupil's record"):
        prepare(family, row)


def test_nobody_named_means_no_letter(family):
    row = refused(family)
    LeaveRequest.objects.update(asked_by=None)

    with pytest.raises(RuleNotMet, match="Nobody is named"):
        prepare(family, row)


def test_a_protection_set_after_the_draft_holds_it(family):
    made = prepare(family, refused(family))
    AdultLink.objects.filter(adult=made.adult).update(may_contact="no")

    letter = drafting.approve(made.letter, reach=head(family), now=NOW)

    assert letter.state == "held"


def test_the_other_parent_is_told_nothing(family):
    factories.adult(family.pupil, surname="Reedham", link={"relationship": "father"})

    prepare(family, refused(family))

    assert [row.adult.surname for row in CaseLetter.objects.all()] == ["Larkfield"]


def test_who_may_not_prepare_letters_prepares_none(family):
    row = refused(family)

    with pytest.raises(Forbidden):
        tutor = family.reach(family.person(Role.TUTOR, "hillside"))
        leave_letters.prepare(reach=tutor, leave=row, now=NOW, today=TODAY)
    elsewhere = family.reach(family.person(Role.HEADTEACHER, "brook"))
    prepare(family, row)
    assert not case_letters_for(elsewhere).exists()


def test_a_school_that_says_nobody_to_ask_cannot_answer(family):
    row = refused(family)
    family.hillside.attendance_contact = ""
    family.hillside.save()

    with pytest.raises(RuleNotMet, match="person to contact"):
        prepare(family, LeaveRequest.objects.get(pk=row.pk))


def test_a_school_that_says_no_way_to_reach_it_cannot_answer(family):
    row = refused(family)
    family.hillside.phone = family.hillside.email = ""
    family.hillside.save()

    with pytest.raises(RuleNotMet, match="phone number or an email address"):
        prepare(family, LeaveRequest.objects.get(pk=row.pk))


def test_without_the_wording_in_force_there_is_no_letter(family, monkeypatch):
    row = refused(family)
    monkeypatch.setattr(packs.PolicyInForce, "letters", lambda self: [])

    with pytest.raises(RuleNotMet, match="No policy in force has this letter"):
        prepare(family, row)


def test_leave_past_the_calendar_is_expected_back_on_the_first_school_day(family):
    row = granted(family)
    LeaveRequest.objects.filter(pk=row.pk).update(
        granted_last=date(2027, 7, 21), last_day=date(2027, 7, 21)
    )

    row.arrangement.ends_on = date(2027, 7, 21)
    row.arrangement.save()

    made = prepare(family, LeaveRequest.objects.get(pk=row.pk))

    assert "again on the first school day after it" in said(made)


def test_the_answers_are_no_letters_for_a_case(family):
    from cases.services import casework

    case = casework.open_case(
        reach=office(family), enrolment=family.enrolment, crossing=None, now=NOW, today=TODAY
    )

    with pytest.raises(InvalidInput, match="letters for a case"):
        concern_letters.prepare(
            reach=office(family),
            case=case,
            pack="national",
            letter="leave_refused",
            adults=["x"],
            now=NOW,
            today=TODAY,
        )


@pytest.mark.parametrize("key", ["leave_granted", "leave_part_granted", "leave_refused"])
def test_the_national_wording_passes_and_reads_easily(key):
    text = packs.load("national").wordings[key]
    kind = KINDS[key]

    words = wording.words_of(wording.fill(text, kind.sample.placeholders()))

    assert list(lint.problems(text, kind)) == []
    assert lint.reading_age(words) <= 11
    assert kind.context.from_json(kind.sample.as_json()) == kind.sample
