"""Payments: the days that decide, part, over, late, after withdrawal, and refunds by two."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from authorities.access import Forbidden
from authorities.permissions import Role
from legal.models import LedgerEntry, PaymentQuestion, Refund
from legal.selectors.payments import position_of, stopped, stops_prosecution
from legal.services import payment_refunds, payment_settling, payments
from legal.services.payments import Paid, at_midnight
from legal.services.penalty_moves import locked, moved
from rules.errors import Conflict, InvalidInput, NotFound, RuleNotMet
from rules.notice_references import in_groups
from tests import cast as casts
from tests.legal.payment_scenes import Till, again, utc
from tests.legal.penalty_scenes import at, room


@pytest.fixture
def till(cast) -> Till:
    return Till(room(cast))


def for_prosecution(till: Till, notice, today: date) -> None:
    held = locked(notice, None, today=today, now=at(today))
    moved(held, "prepare", by=till.legal.user, on=today, now=at(today))


# The days that decide


@pytest.mark.parametrize(
    ("number", "pence", "state", "asked", "why"),
    [
        (1, 80_00, "paid", [], "the day of receipt"),
        (21, 80_00, "paid", [], "the last day of the lower amount"),
        (21, 79_99, "issued", ["part payment"], "a penny short"),
        (22, 80_00, "issued", ["part payment"], "the lower amount a day late"),
        (22, 160_00, "paid", [], "the full amount after day 21"),
        (28, 160_00, "paid", [], "the last day of all"),
        (28, 159_99, "issued", ["part payment"], "a penny short on the last day"),
        (29, 160_00, "unpaid", ["late payment"], "the full amount a day late"),
    ],
)
def test_the_day_of_paying_decides(till, number, pence, state, asked, why):
    notice = till.notice()

    till.pay(notice, pence, till.day(number))

    assert (again(notice).state, till.questions(notice)) == (state, asked), why
    assert till.sums(till.day(number)).sums


@pytest.mark.parametrize(
    ("moment", "pence", "state"),
    [
        (utc(2026, 12, 7, 23, 59, 59), 80_00, "paid"),  # day 21, a second before midnight
        (utc(2026, 12, 8, 0, 0, 0), 80_00, "issued"),  # day 22
        (utc(2026, 12, 14, 23, 59, 59), 160_00, "paid"),  # day 28
        (utc(2026, 12, 15, 0, 0, 0), 160_00, "unpaid"),  # day 29
    ],
)
def test_midnight_in_london_decides(till, moment, pence, state):
    notice = till.notice()

    till.online(notice, pence, moment)

    assert again(notice).state == state


def test_in_summer_half_past_eleven_in_utc_is_the_next_day_in_london(till):
    line = payments.receive(
        authority=till.room.cast.northmoor,
        external_reference="pay:summer",
        pence=1,
        paid_at=utc(2026, 7, 1, 23, 30),
        notice_reference="",
        now=utc(2026, 7, 2, 9),
    )

    assert line.on == date(2026, 7, 2)


def test_paid_in_time_and_booked_late_is_paid(till):
    notice = till.notice()

    till.pay(notice, 160_00, till.day(28), today=till.day(40))

    assert again(notice).state == "paid"


def test_a_person_who_books_a_payment_made_in_time_ends_the_way_to_prosecution(till):
    notice = till.notice()
    for_prosecution(till, notice, till.day(30))

    till.pay(notice, 80_00, till.day(21), today=till.day(31))

    assert again(notice).state == "paid"
    assert "paid in time" in stops_prosecution(notice, till.day(31))


def test_the_service_cannot_end_a_prosecution_and_asks_a_person(till):
    notice = till.notice()
    for_prosecution(till, notice, till.day(30))

    till.online(notice, 80_00, utc(2026, 12, 1, 9), now=utc(2026, 12, 20, 9))
    assert (again(notice).state, till.questions(notice)) == ("for prosecution", ["paid in time"])
    assert stops_prosecution(notice, till.day(34))

    till.answer(PaymentQuestion.objects.get(notice=notice), "pay", till.day(34))
    assert (again(notice).state, till.questions(notice)) == ("paid", [])


def test_before_it_is_served_any_day_is_in_time(till):
    notice = till.room.one()

    till.pay(notice, 80_00, till.day(2))

    assert again(notice).state == "paid"


# Part, over, late


def test_two_parts_in_time_pay_it(till):
    notice = till.notice()
    till.pay(notice, 50_00, till.day(2))
    assert till.questions(notice) == ["part payment"]

    till.pay(notice, 30_00, till.day(21))

    assert (again(notice).state, till.questions(notice)) == ("paid", [])


def test_what_was_decided_is_not_asked_again_until_more_money_comes(till):
    notice = till.notice()
    till.pay(notice, 50_00, till.day(2))
    till.answer(PaymentQuestion.objects.get(notice=notice), "keep", till.day(3))

    payment_settling.settle_again(notice=notice, today=till.day(4), now=at(till.day(4)))
    assert till.questions(notice) == []

    till.pay(notice, 1_00, till.day(5))
    assert till.questions(notice) == ["part payment"]


def test_a_question_is_answered_once_with_a_reason_and_a_choice_of_its_own(till):
    notice = till.notice()
    till.pay(notice, 50_00, till.day(2))
    question = PaymentQuestion.objects.get(notice=notice)
    edge = {"reach": till.clerk, "question": question, "today": till.day(3), "now": at(till.day(3))}

    with pytest.raises(InvalidInput, match="Say why"):
        payment_refunds.answer(decision="keep", reason=" ", **edge)
    with pytest.raises(InvalidInput, match="Select"):
        payment_refunds.answer(decision="pay", reason="So.", **edge)
    till.answer(question, "keep", till.day(3))
    with pytest.raises(Conflict, match="decided already"):
        till.answer(question, "keep", till.day(3))


def test_what_is_over_goes_back_by_two_people(till):
    notice = till.notice()
    till.pay(notice, 80_00, till.day(2))
    till.pay(notice, 80_00, till.day(3))
    assert till.questions(notice) == ["refund what is over"]

    till.answer(PaymentQuestion.objects.get(notice=notice), "send back", till.day(4))
    refund = Refund.objects.get(notice=notice)
    with pytest.raises(Forbidden, match="other than the person who asked"):
        till.agree(refund, till.day(5), by=till.clerk)
    till.agree(refund, till.day(5))

    assert (refund.pence, again(notice).state) == (80_00, "paid")
    assert position_of(notice, till.day(5)).over == 0
    with pytest.raises(Conflict, match="Nothing was sent twice"):
        till.agree(refund, till.day(5))


def test_the_database_too_asks_for_a_second_person(till):
    line = till.pay(None, 10_00, till.day(2))
    refund = till.ask_back(line, None, 10_00, till.day(2))

    with pytest.raises(IntegrityError, match="refund_is_agreed_by_another"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(decided_by=till.clerk.user)


def test_late_money_never_pays_and_goes_back_when_a_person_says_so(till):
    notice = till.notice()
    till.pay(notice, 160_00, till.day(29))
    assert "Decide what becomes of the money" in stops_prosecution(notice, till.day(30))

    till.answer(PaymentQuestion.objects.get(notice=notice), "send back", till.day(30))
    till.agree(Refund.objects.get(notice=notice), till.day(31))

    assert again(notice).state == "unpaid"
    assert stops_prosecution(notice, till.day(31)) == ""
    assert till.questions(notice) == []


def test_money_that_pays_a_notice_stays_until_it_is_withdrawn(till):
    notice = till.notice()
    line = till.pay(notice, 100_00, till.day(2))

    with pytest.raises(RuleNotMet, match="Only £20 is over"):
        till.ask_back(line, notice, 21_00, till.day(3))
    till.ask_back(line, notice, 20_00, till.day(3))
    with pytest.raises(Conflict, match="waits already"):
        till.ask_back(line, notice, 1_00, till.day(3))


# Withdrawn


def test_a_withdrawal_asks_for_all_of_it_back(till):
    notice = till.notice()
    till.pay(notice, 80_00, till.day(2))
    till.pay(notice, 5_00, till.day(3))

    till.room.withdraw(again(notice), till.day(4))

    waiting = Refund.objects.filter(notice=notice, done=None)
    assert sorted(row.pence for row in waiting) == [5_00, 80_00]
    assert till.questions(notice) == []
    for refund in waiting:
        till.agree(refund, till.day(5), by=till.clerk)
    sums = till.sums(till.day(5))
    assert (sums.charged, sums.withdrawn, sums.refunded, sums.sums) == (160_00, 160_00, 85_00, True)


def test_a_withdrawal_takes_the_place_of_a_refund_of_a_part(till):
    notice = till.notice()
    line = till.pay(notice, 100_00, till.day(2))
    till.ask_back(line, notice, 20_00, till.day(3))

    till.room.withdraw(again(notice), till.day(4))

    assert Refund.objects.get(notice=notice, done=None).pence == 100_00


def test_what_the_law_gives_back_cannot_be_refused(till):
    notice = till.notice()
    till.pay(notice, 80_00, till.day(2))
    till.room.withdraw(again(notice), till.day(4))

    with pytest.raises(RuleNotMet, match="the law gives all of it back"):
        till.agree(Refund.objects.get(), till.day(5), agreed=False, reason="No.")


def test_money_after_the_withdrawal_goes_back_as_well(till):
    notice = till.notice()
    till.room.withdraw(notice, till.day(4))

    till.pay(again(notice), 80_00, till.day(6))

    assert Refund.objects.get(notice=notice, done=None).pence == 80_00
    assert "withdrawn" in stops_prosecution(again(notice), till.day(6))

    till.pay(again(notice), 5_00, till.day(7))
    waiting = Refund.objects.filter(notice=notice, done=None)
    assert sorted(row.pence for row in waiting) == [5_00, 80_00]


# Matching, splitting, taking off, bouncing


def test_a_payment_is_split_and_no_more_than_came(till):
    ours, other = till.notice(), till.room.issue(till.room.father)[0]
    line = till.pay(None, 160_00, till.day(2))

    with pytest.raises(RuleNotMet, match="There is £160"):
        till.match(line, till.day(3), {ours: 160_01})
    till.match(line, till.day(3), {ours: 80_00, other: 80_00})

    assert (again(ours).state, again(other).state) == ("paid", "paid")
    with pytest.raises(RuleNotMet, match="There is £0"):
        till.match(line, till.day(3), {ours: 1})


def test_a_split_that_cannot_be_is_not_half_done(till):
    ours, other = till.notice(), till.room.issue(till.room.father)[0]
    line = till.pay(None, 100_00, till.day(2))

    with pytest.raises(RuleNotMet):
        till.match(line, till.day(3), {ours: 80_00, other: 80_00})
    assert LedgerEntry.objects.filter(payment=line.payment).count() == 1
    with pytest.raises(InvalidInput, match="each notice once"):
        till.match(line, till.day(3), {})


def test_money_for_another_notice_is_taken_off_and_the_notice_is_open_again(till):
    notice = till.notice()
    line = till.pay(notice, 80_00, till.day(2))

    payments.release(
        reach=till.clerk,
        payment=line.payment,
        notice=again(notice),
        pence=80_00,
        words="It is for the notice of the sister.",
        today=till.day(40),
        now=at(till.day(40)),
    )

    assert again(notice).state == "unpaid"
    assert "may be for this notice" not in stops_prosecution(notice, till.day(40))
    assert till.sums(till.day(40)).suspense == 80_00


def test_taking_off_and_bouncing_need_a_reason(till):
    notice = till.notice()
    line = till.pay(notice, 80_00, till.day(2))
    edge = {
        "reach": till.clerk,
        "payment": line.payment,
        "today": till.day(3),
        "now": at(till.day(3)),
    }

    with pytest.raises(InvalidInput, match="not for this notice"):
        payments.release(notice=notice, pence=1, words="", **edge)
    with pytest.raises(InvalidInput, match="did not clear"):
        payments.bounce(words=" ", **edge)


def test_a_payment_that_bounces_pays_nothing(till):
    notice, other = till.notice(), till.room.issue(till.room.father)[0]
    line = till.pay(None, 200_00, till.day(2))
    till.match(line, till.day(2), {notice: 80_00, other: 80_00})
    edge = {"reach": till.clerk, "payment": line.payment, "words": "The bank says so."}

    back = payments.bounce(today=till.day(9), now=at(till.day(9)), **edge)

    assert (back.pence, back.reverses_id) == (200_00, line.pk)
    assert (again(notice).state, again(other).state) == ("issued", "issued")
    assert till.sums(till.day(9)).sums
    with pytest.raises(Conflict, match="Nothing of this payment is left"):
        payments.bounce(today=till.day(9), now=at(till.day(9)), **edge)


def test_a_refund_of_money_that_was_taken_off_is_not_sent(till):
    notice = till.notice()
    line = till.pay(notice, 50_00, till.day(2))
    refund = till.ask_back(line, notice, 50_00, till.day(3))
    payments.bounce(
        reach=till.clerk,
        payment=line.payment,
        words="It did not clear.",
        today=till.day(4),
        now=at(till.day(4)),
    )

    with pytest.raises(Conflict):
        till.agree(refund, till.day(5))


def test_a_refund_is_refused_with_a_reason(till):
    line = till.pay(None, 50_00, till.day(2))
    refund = till.ask_back(line, None, 50_00, till.day(3))

    with pytest.raises(InvalidInput, match="Say why"):
        till.agree(refund, till.day(4), agreed=False)
    till.agree(refund, till.day(4), agreed=False, reason="We found the notice.")

    assert till.sums(till.day(4)).suspense == 50_00


def test_money_in_suspense_goes_back_by_two_people(till):
    line = till.pay(None, 50_00, till.day(2))

    with pytest.raises(InvalidInput, match="up to that"):
        till.ask_back(line, None, 50_01, till.day(3))
    with pytest.raises(InvalidInput, match="Say why"):
        payment_refunds.ask(
            reach=till.clerk,
            payment=line.payment,
            notice=None,
            pence=1,
            words="",
            today=till.day(3),
            now=at(till.day(3)),
        )
    till.agree(till.ask_back(line, None, 50_00, till.day(3)), till.day(4))

    assert till.sums(till.day(4)).refunded == 50_00


# What stops a prosecution


@pytest.mark.parametrize(
    ("given", "stops", "why"),
    [
        ("{reference}", True, "the whole reference"),
        ("REF {slipped} THANKS", True, "one slip from the reference"),
        ("{groups}", True, "in groups as it is printed"),
        ("MS A LARKFIELD SCHOOL FINE", True, "the surname of the parent"),
        ("FINE FOR SOMEBODY", False, "nothing of ours"),
        ("LARKFIELDS BAKERY", False, "another word"),
    ],
)
def test_money_in_suspense_that_may_be_for_it_stops_it(till, given, stops, why):
    notice = till.notice()
    swapped = notice.reference[:-1] + ("0" if notice.reference[-1] != "0" else "1")
    text = given.format(
        reference=notice.reference, slipped=swapped, groups=in_groups(notice.reference)
    )
    till.pay(None, 80_00, till.day(20), given=text)

    assert bool(stops_prosecution(again(notice), till.day(30))) is stops, why


def test_a_payment_from_before_the_notice_does_not_stop_it(till):
    till.pay(None, 80_00, date(2026, 11, 1), given="LARKFIELD")

    assert stops_prosecution(till.notice(), till.day(30)) == ""


def test_a_person_says_that_a_payment_is_not_for_it(till):
    notice = till.notice()
    line = till.pay(None, 80_00, till.day(20), given="LARKFIELD")
    edge = {
        "reach": till.clerk,
        "payment": line.payment,
        "notice": notice,
        "today": till.day(30),
        "now": at(till.day(30)),
    }

    with pytest.raises(InvalidInput, match="how you know"):
        payment_refunds.set_aside(reason="", **edge)
    payment_refunds.set_aside(reason="Another family of that name.", **edge)

    assert stops_prosecution(notice, till.day(30)) == ""
    with pytest.raises(Conflict, match="said that already"):
        payment_refunds.set_aside(reason="Again.", **edge)


def test_a_dispute_and_a_withdrawal_that_waits_stop_it(till):
    disputed, leaving = till.notice(), till.room.issue(till.room.father)[0]
    till.room.represent(disputed, till.day(3))
    till.room.ask_withdrawal(leaving, till.day(3))

    why = stopped([again(disputed), again(leaving)], till.day(3))

    assert "disputes" in why[disputed.pk]
    assert "asked to withdraw" in why[leaving.pk]
    assert stopped([disputed], date(2026, 1, 1)) == {}


# Coming in


def test_the_same_report_of_the_service_counts_once(till):
    notice = till.notice()

    first = till.online(notice, 80_00, utc(2026, 11, 20, 9))
    second = till.online(notice, 80_00, utc(2026, 11, 20, 9))

    assert first.pk == second.pk
    assert LedgerEntry.objects.filter(kind="received").count() == 1
    with pytest.raises(Conflict, match="Ask the payment service"):
        till.online(notice, 90_00, utc(2026, 11, 20, 9))
    with pytest.raises(InvalidInput, match="must name"):
        till.online(notice, 90_00, utc(2026, 11, 20, 9), name=" ")


def test_a_report_that_lost_the_race_is_answered_with_the_one_that_won(till, monkeypatch):
    notice = till.notice()
    first = till.online(notice, 80_00, utc(2026, 11, 20, 9))
    looks = iter([None, first])
    monkeypatch.setattr(payments, "_known", lambda *_: next(looks))

    assert till.online(notice, 80_00, utc(2026, 11, 20, 9)) == first

    monkeypatch.setattr(payments, "_known", lambda *_: None)
    with pytest.raises(Conflict, match="recorded already"):
        till.online(notice, 80_00, utc(2026, 11, 20, 9))


def test_a_reference_that_is_not_ours_leaves_the_money_in_suspense(till):
    notice = till.notice()

    till.online(notice, 80_00, utc(2026, 11, 20, 9), notice_reference="PN00000000")

    assert till.sums(till.day(4)).suspense == 80_00
    assert again(notice).state == "issued"


@pytest.mark.parametrize(
    ("pence", "paid_on", "says"),
    [
        (0, date(2026, 11, 17), "more than nothing"),
        (100_000_001, date(2026, 11, 17), "more than nothing"),
        (1, date(2026, 11, 18), "after today"),
    ],
)
def test_an_impossible_payment_is_refused_in_words(till, pence, paid_on, says):
    with pytest.raises(InvalidInput, match=says):
        till.pay(None, pence, paid_on, today=casts.TODAY)


def test_by_hand_the_same_name_counts_once(till):
    till.pay(None, 1, till.day(1), external="cheque 7")

    with pytest.raises(Conflict, match="Nothing has been counted twice"):
        till.pay(None, 1, till.day(1), external="cheque 7")


def test_only_those_who_keep_payments_may(till):
    for reach in (till.room.head, till.room.officer, till.role(Role.SUPPORT_WORKER)):
        with pytest.raises(Forbidden):
            payments.record_payment(
                reach=reach,
                paid=Paid(1, at_midnight(till.day(1)), "bank"),
                notice=None,
                today=till.day(1),
                now=at(till.day(1)),
            )
    with pytest.raises(NotFound, match="Check its reference"):
        payments.payment_line(till.clerk, "NOSUCHPAID")


# The days to pay move


def test_a_notice_that_came_later_than_thought_was_paid_in_time(till):
    notice = till.notice()
    till.pay(notice, 160_00, till.day(29))
    assert again(notice).state == "unpaid"

    again(notice).received_on = till.day(3)
    notice.save()
    payment_settling.settle_by_key(notice_id=notice.pk, today=till.day(30), now=at(till.day(30)))

    assert (again(notice).state, till.questions(notice)) == ("paid", [])


def test_a_paid_notice_whose_days_are_put_right_asks_a_person(till):
    notice = till.notice()
    till.pay(notice, 160_00, till.day(28))
    again(notice).received_on -= timedelta(days=2)
    notice.save()

    payment_settling.settle_again(notice=notice, today=till.day(30), now=at(till.day(30)))
    assert (again(notice).state, till.questions(notice)) == (
        "paid",
        ["late payment", "not paid after all"],
    )

    till.answer(
        PaymentQuestion.objects.get(notice=notice, kind="not paid after all"), "pay", till.day(30)
    )
    assert again(notice).state in ("issued", "unpaid")


def test_a_notice_whose_money_stands_as_it_should_is_left_alone(till):
    notice = till.notice()
    till.pay(notice, 80_00, till.day(2))
    before = again(notice).version

    payment_settling.settle_again(notice=notice, today=till.day(3), now=at(till.day(3)))

    assert again(notice).version == before


def test_a_notice_without_money_is_left_alone(till):
    notice = till.notice()

    payment_settling.settle_again(notice=notice, today=till.day(2), now=at(till.day(2)))

    assert again(notice).version == notice.version
    assert not PaymentQuestion.objects.exists()
