"""What becomes of a penalty notice when its prosecution ends, and what its file is told of it."""

from datetime import date

import pytest

from legal.models import LegalEvent, PenaltyNotice, Prosecution, ReliedSession, Withdrawal
from legal.selectors import prosecutions as selectors
from legal.services import withdrawals
from rules.court_outcomes import Outcome
from rules.errors import RuleNotMet
from rules.prosecution_stages import ProsecutionState
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import at
from tests.legal.prosecution_scenes import BEGUN, CHARGED, DECIDED, WEIGHED, Desk, desk

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


# What the file is told


def told(file: Prosecution) -> list[str]:
    """What the history of a file says of its notice, oldest first."""
    rows = LegalEvent.objects.filter(subject=selectors.subject_of(file), event="look_again")
    return list(rows.order_by("pk").values_list("words", flat=True))


def test_a_withdrawal_is_told_to_the_open_file(desk):
    file = desk.until(S.ASKED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.withdraw(notice, BEGUN)
    file.refresh_from_db()
    assert file.review.startswith("Its penalty notice was withdrawn.")
    assert told(file) == [file.review]
    desk.drop(file, "more_support")
    file.refresh_from_db()
    assert (file.state, file.review) == ("not proceeded with", "")


def test_a_dispute_is_told_to_a_charged_file_and_a_person_says_that_it_goes_on(desk):
    file = desk.until(S.CHARGED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.represent(notice, CHARGED)
    file.refresh_from_db()
    assert file.review.startswith("The parent disputes its penalty notice.")
    desk.stands(file, CHARGED)
    file.refresh_from_db()
    assert file.review == ""
    assert told(file) == [
        "The parent disputes its penalty notice. Read what they say, and what they are answered."
    ]


def test_a_payment_is_told_once_to_the_open_file_and_to_none_that_ended(desk):
    notice = desk.unpaid()
    dropped = desk.until(S.ASKED, notice=notice)
    desk.drop(dropped, "more_support")
    settled = {"decided_by": desk.senior.user, "decided_on": WEIGHED, "reason": "It goes on."}
    Withdrawal.objects.update(done=False, **settled)
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="unpaid")
    file = desk.begin(notice, today=WEIGHED)
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 14), today=WEIGHED)
    file.refresh_from_db()
    dropped.refresh_from_db()
    assert file.review.startswith("Its penalty notice was paid in time.")
    assert (dropped.review, told(dropped), len(told(file))) == ("", [], 1)


def test_a_court_that_decides_after_a_payment_leaves_it_on_the_file(desk):
    file = desk.until(S.LISTED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 14), today=date(2027, 2, 9))
    desk.decide(file)
    file.refresh_from_db()
    notice.refresh_from_db()
    assert (file.state, notice.state, notice.review) == ("decided", "paid", "")
    assert file.review.startswith("The court decided while the penalty notice was not among")
    desk.stands(file, DECIDED)
    file.refresh_from_db()
    assert file.review == ""


# What the parent is told


def test_a_file_without_a_notice_names_no_other_parent_when_it_ends(desk):
    file = desk.until(S.ASKED, notice=desk.unpaid())
    Prosecution.objects.filter(pk=file.pk).update(notice=None)
    father = desk.room.father
    with pytest.raises(RuleNotMet, match="names another adult of the child"):
        desk.drop(file, "more_support", words=f"{father.forenames} {father.surname} told us why.")
    file.refresh_from_db()
    assert file.state == "caution letter sent"
