"""What becomes of a penalty notice when its prosecution ends, and what its file is told of it."""

from datetime import date

import pytest

from legal.models import PenaltyNotice, ReliedSession, Withdrawal
from legal.services import withdrawals
from rules.court_outcomes import Outcome
from rules.errors import RuleNotMet
from rules.prosecution_stages import ProsecutionState
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import at
from tests.legal.prosecution_scenes import DECIDED, WEIGHED, Desk, desk

S = ProsecutionState


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


# How the notice ends


def test_a_charge_that_a_defence_answers_takes_its_notice_back(desk):
    file = desk.until(S.CHARGED)
    desk.discontinue(file, "defence")
    asked = Withdrawal.objects.get()
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert (asked.ground, asked.done, notice.state) == ("ought_not", None, "for prosecution")
    desk.room.decide(notice, DECIDED)
    notice.refresh_from_db()
    assert (notice.state, notice.slot.freed_on) == ("withdrawn", DECIDED)


def test_a_charge_is_stopped_for_a_payment_only_where_the_payment_is_on_record(desk):
    file = desk.until(S.CHARGED)
    with pytest.raises(RuleNotMet, match="not on record as paid"):
        desk.discontinue(file, "paid_in_time")
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 14), today=DECIDED)
    desk.discontinue(file, "paid_in_time")
    file.refresh_from_db()
    notice.refresh_from_db()
    assert (file.state, notice.state) == ("discontinued", "paid")


def test_a_notice_whose_charge_the_court_withdrew_can_still_be_withdrawn(desk):
    file = desk.until(S.LISTED)
    desk.decide(file, Outcome.WITHDRAWN)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    with pytest.raises(RuleNotMet, match="only when the time to pay is over"):
        desk.room.ask_withdrawal(notice, DECIDED, ground="no_prosecution")
    desk.room.withdraw(notice, DECIDED)
    notice.refresh_from_db()
    assert (notice.state, notice.withdrawn_ground) == ("withdrawn", "ought_not")
    assert notice.slot.freed_on == DECIDED
    assert not ReliedSession.objects.filter(freed_on=None).exists()


def no_further_action(desk, notice, reason="discontinued"):
    notice.refresh_from_db()
    return withdrawals.stop(
        reach=desk.senior,
        notice=notice,
        version=notice.version,
        reason=reason,
        words="Nothing more happens.",
        today=WEIGHED,
        now=at(WEIGHED),
    )


def test_a_notice_that_is_not_prosecuted_is_withdrawn_and_nothing_else(desk):
    file = desk.until(S.ASKED)
    desk.drop(file, "more_support")
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    with pytest.raises(RuleNotMet, match="the law asks that it is withdrawn"):
        desk.room.decide(notice, WEIGHED, withdraw=False, reason="It counts.")
    with pytest.raises(RuleNotMet, match="never charged on this notice"):
        no_further_action(desk, notice)
    assert Withdrawal.objects.get().done is None
    desk.room.decide(notice, WEIGHED)
    notice.refresh_from_db()
    assert notice.state == "withdrawn"


def test_a_notice_that_was_paid_after_its_file_was_dropped_need_not_be_withdrawn(desk):
    file = desk.until(S.ASKED)
    desk.drop(file, "more_support")
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 14), today=WEIGHED)
    desk.room.decide(notice, WEIGHED, withdraw=False, reason="It was paid in time.")
    notice.refresh_from_db()
    assert (notice.state, Withdrawal.objects.get().done) == ("paid", False)


def test_a_notice_whose_charge_was_stopped_may_end_without_further_action(desk):
    file = desk.until(S.CHARGED)
    desk.discontinue(file, "defence")
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.decide(notice, DECIDED, withdraw=False, reason="The defence covers one day only.")
    no_further_action(desk, notice)
    notice.refresh_from_db()
    assert notice.state == "no further action"
