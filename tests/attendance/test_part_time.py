"""Part-time timetables: agreed, in the register, reviewed, ended, told to the council."""

from datetime import date
from typing import Any

import pytest

from attendance.models import PartTimeAgreement, PartTimeReview, ReviewOutcome
from attendance.selectors import part_time as selectors
from attendance.selectors.arrangements import known_for
from attendance.selectors.registers import marks_of
from attendance.services import part_time as services
from attendance.services.part_time import Held
from audit.models import Event
from audit.record import Kind
from authorities.permissions import Permission, Role
from rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.agreed import a_timetable, agreed, office
from tests.attendance.scenes import NOW, a_year_of_marks, calendar
from tests.cast import TODAY, Cast

AM, PM = Session.AM, Session.PM
REVIEW, NEXT = date(2026, 12, 7), date(2026, 12, 14)


@pytest.fixture(name="family")
def a_family(cast: Cast) -> Cast:
    """Hillside has its calendar, and the pupil a parent."""
    calendar(cast)
    factories.adult(cast.pupil)
    return cast


def hold(cast: Cast, row: PartTimeAgreement, **changes: Any) -> PartTimeReview:
    """The review of 7 December, as the officer records it that day."""
    fields: dict[str, Any] = {
        "held_on": REVIEW,
        "outcome": ReviewOutcome.GOES_ON,
        "note": "She copes well",
        "next_on": NEXT,
    }
    return services.review(
        row, reach=office(cast), held=Held(**fields | changes), now=NOW, today=REVIEW
    )


def test_the_pattern_is_known_to_the_register_until_its_last_day(family):
    a_timetable(family)

    def code(day: date, half: Session) -> list[str]:
        return [row.code for row in known_for(family.enrolment, DatedSession(day, half))]

    assert code(date(2026, 11, 23), PM) == ["C2"]
    assert code(date(2026, 11, 23), AM) == []
    assert code(date(2026, 12, 18), PM) == ["C2"]
    assert code(date(2027, 1, 5), PM) == []
    assert Event.objects.filter(kind=Kind.PART_TIME_AGREED).count() == 1


@pytest.mark.parametrize(("amend", "codes"), [(True, ["C2"]), (False, ["N"])])
def test_marks_of_past_days_change_when_the_person_says_so(family, amend, codes):
    monday = date(2026, 11, 16)
    a_year_of_marks(family, absences={(monday, 1): "N"})

    first = {"first": monday, "consent_on": monday, "review_on": date(2026, 11, 27)}
    a_timetable(family, amend=amend, **first)

    marks = marks_of(family.enrolment, monday, monday)
    assert [mark.code for mark in marks if mark.session is PM] == codes


def test_outside_compulsory_age_the_code_is_x(family):
    family.pupil.born_on = date(2022, 5, 4)
    family.pupil.save()
    family.enrolment.refresh_from_db()

    assert a_timetable(family).arrangement.code == "X"


def test_a_timetable_over_the_start_of_compulsory_age_is_two(family):
    family.pupil.born_on = date(2021, 10, 1)  # five in October: of age from 31 December 2026
    family.pupil.save()
    family.enrolment.refresh_from_db()

    with pytest.raises(RuleNotMet, match="For an agreed part-time timetable use C2"):
        a_timetable(family, last=date(2027, 1, 8))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"for_behaviour": True}, "manage a pupil's behaviour"),
        ({"consent_on": date(2026, 11, 24)}, "before the timetable starts"),
        ({"review_on": date(2026, 12, 8)}, "by 7 December 2026: every 10 school days"),
        ({"pattern": "0" * 14}, "Tick the half days"),
        ({"pattern": "0" * 10 + "1100"}, "does not meet on the half days"),
    ],
)
def test_an_agreement_is_refused_in_words(family, changes, says):
    with pytest.raises(RuleNotMet, match=says):
        a_timetable(family, **changes)


def test_the_parent_who_agreed_is_the_pupils(family):
    stranger = factories.adult(factories.pupil(family.northmoor))

    with pytest.raises(InvalidInput, match="this pupil's record"):
        a_timetable(family, consent_by=stranger)


def test_what_changed_since_the_preview_is_shown_again(family):
    with pytest.raises(Conflict, match="Something changed"):
        services.agree(
            reach=office(family),
            enrolment=family.enrolment,
            agreed=agreed(family),
            seen="",
            amend=True,
            now=NOW,
            today=TODAY,
        )


def test_a_review_that_lets_it_go_on_sets_the_next(family):
    row = a_timetable(family)

    hold(family, row)

    (again,) = selectors.agreements_visible(office(family))
    assert again.review_on == NEXT
    held = [(one.due_on, one.outcome) for one in selectors.reviews_of(row)]
    assert held == [(NEXT, ""), (REVIEW, "goes on")]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"note": " "}, InvalidInput, "what the review found"),
        ({"held_on": date(2026, 12, 8)}, InvalidInput, "once it was held"),
        ({"next_on": None}, InvalidInput, "the next review"),
        ({"next_on": date(2026, 12, 19)}, RuleNotMet, "by 18 December 2026"),
    ],
)
def test_a_review_is_refused_in_words_and_leaves_the_first_due(family, changes, error, says):
    row = a_timetable(family)

    with pytest.raises(error, match=says):
        hold(family, row, **changes)

    assert PartTimeReview.objects.get().held_on is None


def test_going_back_to_full_time_ends_it_that_day(family):
    row = a_timetable(family)

    hold(family, row, outcome=ReviewOutcome.FULL_TIME, next_on=None)

    row.arrangement.refresh_from_db()
    assert row.arrangement.last_day == REVIEW
    assert not known_for(family.enrolment, DatedSession(date(2026, 12, 8), PM))
    with pytest.raises(Conflict, match="No review is due"):
        hold(family, row)


def test_the_last_review_needs_no_next_and_ends_nothing_early(family):
    last = {"last": REVIEW, "review_on": REVIEW}
    on = a_timetable(family, **last)

    hold(family, on, next_on=None)

    on.arrangement.refresh_from_db()
    assert on.arrangement.ended_on is None
    assert [row.held_on for row in selectors.reviews_of(on)] == [REVIEW]


def test_full_time_on_the_last_day_ends_nothing_early(family):
    row = a_timetable(family, last=REVIEW, review_on=REVIEW)

    hold(family, row, outcome=ReviewOutcome.FULL_TIME, next_on=None)

    row.arrangement.refresh_from_db()
    assert row.arrangement.ended_on is None


def test_going_on_is_a_new_agreement_with_a_reason(family):
    first = a_timetable(family)
    more = {
        "first": date(2027, 1, 5),
        "last": date(2027, 1, 29),
        "review_on": date(2027, 1, 15),
        "extends": first,
    }

    with pytest.raises(RuleNotMet, match="why the timetable must go on"):
        a_timetable(family, **more)
    second = a_timetable(family, **more, extended_because="She was in hospital at Christmas")

    assert second.extends == first
    assert second.arrangement.instead_of == first.arrangement


def test_reviews_due_and_timetables_in_force_follow_from_the_dates(family):
    row = a_timetable(family)
    rows = selectors.agreements_visible(office(family))

    def due(day: date) -> int:
        return rows.filter(selectors.review_due(day)).count()

    assert (due(date(2026, 12, 6)), due(REVIEW), due(date(2026, 12, 19))) == (0, 1, 0)
    assert rows.filter(selectors.in_force_on(date(2026, 12, 18))).get() == row
    assert not rows.filter(selectors.in_force_on(date(2026, 12, 19))).exists()


def test_the_council_is_told_once_it_was(family):
    row = a_timetable(family)

    with pytest.raises(InvalidInput, match="in the future"):
        services.tell_council(row, reach=office(family), told_on=REVIEW, today=TODAY)
    done = services.tell_council(row, reach=office(family), told_on=TODAY, today=TODAY)

    assert done.council_told_on == TODAY


def test_the_wrong_people_agree_review_and_tell_nothing(family):
    row = a_timetable(family)
    tutor = family.reach(family.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        services.preview(
            reach=tutor, enrolment=family.enrolment, agreed=agreed(family), today=TODAY
        )
    with pytest.raises(Forbidden):
        services.agree(
            reach=tutor,
            enrolment=family.enrolment,
            agreed=agreed(family),
            seen="",
            amend=False,
            now=NOW,
            today=TODAY,
        )
    with pytest.raises(Forbidden):
        held = Held(REVIEW, ReviewOutcome.GOES_ON, "Well", NEXT)
        services.review(row, reach=tutor, held=held, now=NOW, today=REVIEW)
    with pytest.raises(Forbidden):
        services.tell_council(row, reach=tutor, told_on=TODAY, today=TODAY)
    with pytest.raises(NotFound):
        selectors.agreement_for(tutor, row.reference, Permission.VIEW_SENSITIVE)


def test_how_often_to_review_is_the_policys(family):
    every, source = selectors.review_every(family.hillside, TODAY)

    assert every == 10
    assert source.startswith("National expectations")
