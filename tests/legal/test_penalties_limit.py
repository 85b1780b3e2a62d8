"""The three-year limit through the services: the law's worked vectors, and the database alone."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from authorities.access import NotFound
from legal.access import external_for
from legal.models import BorderCheck, ExternalNotice, Lane, NoticeSlot, PenaltyNotice, ReliedSession
from legal.services import borders, slots
from legal.services.borders import Answered, Declared
from rules.errors import Conflict, RuleNotMet
from rules.service import Method
from tests import factories
from tests.cast import TODAY
from tests.legal.penalty_scenes import Room, at, room


@pytest.fixture(name="room")
def a_room(cast) -> Room:
    return room(cast)


def clock(notice: PenaltyNotice) -> tuple[date | None, ...]:
    notice.refresh_from_db()
    return notice.received_on, notice.early_until, notice.full_until, notice.enforce_from


# T34 to T36: the clock


def test_t34_handed_over_on_a_friday(room):
    day = date(2026, 11, 27)

    notice = room.served(day, Method.BY_HAND)

    assert clock(notice) == (
        date(2026, 11, 27),
        date(2026, 12, 17),
        date(2026, 12, 24),
        date(2026, 12, 25),
    )


def test_t35_posted_on_a_thursday_ends_on_sundays(room):
    notice = room.served(date(2026, 12, 17))

    assert clock(notice) == (
        date(2026, 12, 21),
        date(2027, 1, 10),
        date(2027, 1, 17),
        date(2027, 1, 18),
    )


def test_t36_posted_before_christmas_skips_the_bank_holidays(room):
    notice = room.served(date(2026, 12, 23))

    assert clock(notice)[:3] == (date(2026, 12, 29), date(2027, 1, 18), date(2027, 1, 25))


# T37 to T41: the edges of three years


def issued_before(room: Room, *days: date) -> list[PenaltyNotice]:
    return [room.one(today=day) for day in days]


def test_t37_a_notice_of_three_years_less_a_day_counts(room):
    issued_before(room, date(2024, 9, 10))

    second = room.one(today=date(2027, 9, 9))

    assert (second.step, second.early_pence, second.full_pence) == ("second", 0, 16000)


def test_t38_on_the_third_anniversary_it_does_not(room):
    issued_before(room, date(2024, 9, 10))

    first = room.one(today=date(2027, 9, 10))

    assert (first.step, first.early_pence, first.full_pence) == ("first", 8000, 16000)


def test_t39_a_third_is_refused_with_who_counts_and_until_when(room):
    issued_before(room, date(2024, 9, 10), date(2026, 2, 1))

    with pytest.raises(RuleNotMet) as refused:
        room.one(today=date(2027, 9, 9))
    after = room.one(today=date(2027, 9, 10))

    assert refused.value.sentence == (
        "Another penalty notice cannot be issued to this parent for this pupil before "
        "10 September 2027: those of 10 September 2024 and 1 February 2026 count. "
        "Consider prosecution or another way."
    )
    assert (after.step, after.full_pence) == ("second", 16000)
    assert PenaltyNotice.objects.count() == 3


@pytest.mark.parametrize(
    ("issued", "proposed", "step"),
    [
        (date(2028, 2, 29), date(2031, 2, 28), "second"),
        (date(2028, 2, 29), date(2031, 3, 1), "first"),
        (date(2029, 2, 28), date(2032, 2, 29), "first"),
        (date(2029, 3, 1), date(2032, 2, 29), "second"),
    ],
)
def test_t40_and_t41_leap_days(room, cast, issued, proposed, step):
    """So late no bank holiday is known and no paper can be dated: the limit alone is asked."""
    borders.declare(
        reach=room.clerk,
        school=cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        declared=Declared("Eastbank Council", "", issued, "paid", "Their e-mail"),
        today=proposed,
        now=at(proposed),
    )

    answer = slots.step_for(room.pupil.pk, room.mother.pk, proposed)
    slot = slots.take(
        authority_id=cast.northmoor.pk,
        pupil_id=room.pupil.pk,
        adult_id=room.mother.pk,
        today=proposed,
    )

    assert (answer.step, slot.slot) == (step, {"first": 1, "second": 2}[step])


# T42 to T45: what counts


def test_t42_a_withdrawn_notice_gives_its_place_back(room):
    first, _paid = issued_before(room, TODAY, TODAY)
    room.withdraw(first)

    third = room.one()

    assert (third.step, third.full_pence) == ("second", 16000)


def test_t43_a_notice_for_an_excluded_child_is_outside_the_limit(room):
    excluded = room.one(
        lane=Lane.EXCLUDED, sessions=[], answers={"circumstances": "Seen in the town centre."}
    )

    absence = room.one()

    assert (excluded.step, excluded.early_pence, excluded.full_pence) == (
        "excluded pupil",
        6000,
        12000,
    )
    assert excluded.slot is None
    assert absence.step == "first"


def test_t44_each_parent_and_each_child_counts_alone(room, cast):
    other = factories.pupil(cast.northmoor)
    mothers = factories.enrolment(other, cast.hillside)
    room.mother.pupil_links.create(
        authority=cast.northmoor,
        pupil=other,
        relationship="mother",
        parental_responsibility="yes",
        has_care="yes",
        may_contact="yes",
        court_order="none",
    )
    both = room.issue(room.mother, room.father)

    room.pupil, room.enrolment = other, mothers
    room.nowhere_else()
    sibling = room.one()

    assert [notice.step for notice in (*both, sibling)] == ["first", "first", "first"]
    assert len({notice.reference for notice in (*both, sibling)}) == 3


def test_t45_another_councils_notice_counts_once_its_answer_is_logged(room, cast):
    since = date(2026, 4, 13)
    borders.name_place(
        reach=room.head,
        school=cast.hillside,
        pupil=room.pupil,
        council="Eastbank Council",
        since=None,
        until=since,
        words="The family moved here at Easter.",
        today=TODAY,
        now=at(TODAY),
    )
    with pytest.raises(RuleNotMet, match=r"^Ask Eastbank Council about penalty notices"):
        room.one()
    borders.declare(
        reach=room.clerk,
        school=cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        declared=Declared("Eastbank Council", "E/1", date(2025, 3, 3), "paid", "Their e-mail"),
        today=TODAY,
        now=at(TODAY),
    )
    ask(room)

    notice = room.one()

    assert notice.step == "second"
    assert BorderCheck.objects.get().found == 1


def ask(room: Room, council: str = "Eastbank Council", on: date = TODAY) -> None:
    borders.check(
        reach=room.clerk,
        school=room.cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        answered=Answered(council, on, on, date(2023, 11, 17), on, 1, "Their e-mail"),
        today=on,
        now=at(on),
    )


def test_nothing_is_issued_while_nobody_has_said_where_the_child_lived(cast):
    room_ = room(cast)
    later = TODAY + timedelta(days=1)

    with pytest.raises(RuleNotMet, match=r"^Record where the child lived"):
        room_.one(today=later, sessions=[(str(later), 0)])


def test_an_answer_from_before_the_absence_says_nothing_of_it(room, cast):
    cast.pupil.home_authority = "992"
    cast.pupil.save()
    council = "The council with the code 992"
    ask(room, council, on=date(2026, 9, 1))

    with pytest.raises(RuleNotMet, match=council):
        room.one(sessions=[("2026-10-05", 0)])
    ask(room, council.upper())

    assert room.one(sessions=[("2026-10-05", 0)]).step == "first"


# More than two at once, declared late


def declare(room: Room, issued_on: date, outcome: str = "paid"):
    return borders.declare(
        reach=room.clerk,
        school=room.cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        declared=Declared("Eastbank Council", "", issued_on, outcome, "Their e-mail"),
        today=TODAY,
        now=at(TODAY),
    )


def held() -> list[tuple[int, str]]:
    return [
        (row.slot, f"{row.during.lower} {row.during.upper}")
        for row in NoticeSlot.objects.filter(freed_on=None).order_by("during")
    ]


def test_a_notice_that_overfills_the_limit_asks_a_person_and_undoes_nothing(room):
    _first, second = issued_before(room, date(2025, 1, 6), date(2026, 3, 2))

    _external, asked = declare(room, date(2025, 6, 2))

    assert asked == [second]
    second.refresh_from_db()
    assert second.state == "issued"
    assert second.review == (
        "Another council issued a notice to this parent for this pupil on 2 June 2025. With it, "
        "more than two count at once. Decide whether this one ought not to have been issued."
    )
    assert held() == [
        (1, "2025-01-06 2028-01-06"),
        (2, "2025-06-02 2026-03-02"),
        (2, "2026-03-02 2029-03-02"),
        (1, "2028-01-06 2028-06-02"),
    ]


def test_a_notice_between_two_of_ours_that_outlast_it_holds_the_days_before_them(room):
    """Two of ours count from 2 March 2026 on, until after the other would have ended."""
    issued_before(room, date(2025, 9, 1), date(2026, 3, 2))

    declare(room, date(2025, 6, 2))

    assert held() == [
        (1, "2025-06-02 2025-09-01"),
        (2, "2025-09-01 2026-03-02"),
        (1, "2025-09-01 2028-09-01"),
        (2, "2026-03-02 2029-03-02"),
    ]


def test_a_notice_of_another_parent_is_not_found_here(room):
    external, _asked = declare(room, date(2026, 6, 1))

    assert external_for(room.clerk, room.pupil, room.mother, external.pk) == external
    with pytest.raises(NotFound, match="It may be of another parent"):
        external_for(room.clerk, room.pupil, room.father, external.pk)


def test_a_withdrawn_notice_lets_another_councils_move_up(room):
    _first, second = issued_before(room, date(2025, 1, 6), date(2026, 3, 2))
    declare(room, date(2025, 6, 2))

    room.withdraw(second)

    assert held() == [(1, "2025-01-06 2028-01-06"), (2, "2025-06-02 2028-06-02")]


def test_another_councils_withdrawn_notice_holds_nothing(room, cast):
    external, _asked = declare(room, date(2026, 6, 1))

    borders.settle_external(
        reach=room.clerk,
        school=cast.hillside,
        notice=external,
        outcome="withdrawn",
        today=TODAY,
    )

    assert held() == []
    assert ExternalNotice.objects.get().outcome == "withdrawn"


# Sessions


def test_a_session_is_relied_on_once_for_each_parent(room):
    days = [("2026-10-05", 0), ("2026-10-05", 1)]
    room.one(sessions=days)

    with pytest.raises(RuleNotMet, match="relied on already"):
        room.one(sessions=[("2026-10-05", 1)])
    (fathers,) = room.issue(room.father, sessions=days)

    assert ReliedSession.objects.filter(adult=room.father).count() == 2
    assert fathers.step == "first"


@pytest.mark.parametrize("ground", ["ought_not", "wrong_person", "material_error"])
def test_a_withdrawn_notice_carries_no_new_one_to_that_parent_for_a_half_day_of_it(room, ground):
    days = [("2026-10-05", 0), ("2026-10-05", 1)]
    first = room.one(sessions=days)
    room.ask_withdrawal(first, ground=ground)
    room.decide(first)

    with pytest.raises(RuleNotMet, match=r"was withdrawn.*not be enforced: 5 October 2026\."):
        room.one(sessions=[("2026-10-05", 1), ("2026-10-06", 0)])
    assert PenaltyNotice.objects.get() == first
    assert not ReliedSession.objects.filter(freed_on=None).exists()
    (fathers,) = room.issue(room.father, sessions=days)
    assert fathers.step == "first"
    assert room.one(sessions=[("2026-10-06", 0)]).step == "first"


# The database alone: what the application's role can do with SQL of its own


def test_direct_sql_cannot_hold_a_third_slot(room):
    issued_before(room, TODAY, TODAY)
    row = NoticeSlot.objects.first()

    for slot in (1, 2):
        with (
            pytest.raises(IntegrityError, match="two_notices_in_three_years"),
            transaction.atomic(),
        ):
            NoticeSlot.objects.create(
                authority=room.cast.northmoor,
                pupil=room.pupil,
                adult=room.mother,
                slot=slot,
                during=row.during,
            )
    with pytest.raises(IntegrityError, match="slot_is_one_of_two"), transaction.atomic():
        NoticeSlot.objects.create(
            authority=room.cast.northmoor,
            pupil=room.pupil,
            adult=room.mother,
            slot=3,
            during=row.during,
        )


def copy_of(notice: PenaltyNotice, **changes) -> None:
    """Write a row like it, with SQL that no service has seen."""
    values = {
        field.column: getattr(notice, field.attname)
        for field in PenaltyNotice._meta.concrete_fields
        if field.column != "id"
    }
    copy = {**values, "reference": "PN00000000", "letter_id": None, **changes}
    PenaltyNotice.objects.bulk_create(
        [PenaltyNotice(**{("slot_id" if key == "slot_id" else key): copy[key] for key in copy})]
    )


def test_direct_sql_cannot_make_a_notice_without_a_slot(room):
    first, _second = issued_before(room, TODAY, TODAY)
    other = room.request()

    with pytest.raises(IntegrityError, match="penalty_holds_a_slot"), transaction.atomic():
        copy_of(first, request_id=other.pk, slot_id=None)
    with pytest.raises(IntegrityError, match="slot_id"), transaction.atomic():
        copy_of(first, request_id=other.pk)


def test_direct_sql_cannot_borrow_the_slot_of_another_parent_or_free_one(room):
    (mothers, fathers) = room.issue(room.mother, room.father)
    other = room.request()
    NoticeSlot.objects.create(
        authority=room.cast.northmoor,
        pupil=room.pupil,
        adult=room.father,
        slot=2,
        during=fathers.slot.during,
    )
    spare = NoticeSlot.objects.latest("pk")

    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        copy_of(mothers, request_id=other.pk, slot_id=spare.pk)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        NoticeSlot.objects.filter(pk=mothers.slot_id).update(freed_on=TODAY)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        NoticeSlot.objects.filter(pk=mothers.slot_id).update(during=("2026-01-01", "2026-01-02"))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM legal_noticeslot WHERE id = %s", [mothers.slot_id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# Who may issue


def test_only_the_officer_who_approves_issues_and_only_once(room):
    request = room.request()

    with pytest.raises(Conflict, match=r"^Only the officer who approves"):
        room.issue(asked=room.request(state="sent", decided_by=None))
    room.issue(asked=request)
    with pytest.raises(Conflict, match="already"):
        room.issue(asked=request)
