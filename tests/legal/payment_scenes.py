"""Payments on notices, for the tests: the clerk and the legal officer keep them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from authorities.access import Reach
from authorities.permissions import Role
from legal.models import LedgerEntry, PaidBy, PaymentQuestion, PenaltyNotice, Refund
from legal.selectors import payments as selectors
from legal.services import payment_files, payment_refunds, payments
from legal.services.payments import Paid, Share, at_midnight
from rules.service import Method
from tests.cast import TODAY, Cast
from tests.legal.penalty_scenes import Room, at

DAY_1 = date(2026, 11, 17)  # handed over: the day of receipt is day 1


@dataclass
class Till:
    """A room with people who keep its money."""

    room: Room

    @property
    def clerk(self) -> Reach:
        """Who asks: Northmoor's notice clerk."""
        return self.room.clerk

    @property
    def legal(self) -> Reach:
        """Who agrees: Northmoor's legal officer."""
        return self.room.legal

    def notice(self) -> PenaltyNotice:
        """A first notice to the mother, handed over on day 1: 80 pounds, then 160."""
        return self.room.served(DAY_1, Method.BY_HAND)

    def day(self, number: int) -> date:
        """Day 1 is the day of receipt."""
        return DAY_1 + timedelta(days=number - 1)

    def pay(
        self,
        notice: PenaltyNotice | None,
        pence: int,
        paid_on: date,
        *,
        today: date | None = None,
        **more: Any,
    ) -> LedgerEntry:
        """The clerk records a payment by hand, on the day it was made or later."""
        today = today or paid_on
        return payments.record_payment(
            reach=self.clerk,
            paid=Paid(pence, at_midnight(paid_on), PaidBy.CHEQUE, **more),
            notice=notice,
            today=today,
            now=at(today),
        )

    def online(
        self, notice: PenaltyNotice, pence: int, moment: datetime, name: str = "pay:1", **more: Any
    ) -> LedgerEntry:
        """The payment service reports one."""
        return payments.receive(
            **{
                "authority": self.room.cast.northmoor,
                "external_reference": name,
                "pence": pence,
                "paid_at": moment,
                "notice_reference": notice.reference,
                "now": moment + timedelta(minutes=1),
                **more,
            }
        )

    def match(self, line: LedgerEntry, today: date, shares: Mapping[Any, int]) -> None:
        """The clerk matches a payment, or splits it: pence by notice."""
        payments.allocate(
            reach=self.clerk,
            payment=line.payment,
            shares=[Share(notice, pence) for notice, pence in shares.items()],
            words="The parent said so by phone.",
            today=today,
            now=at(today),
        )

    def ask_back(
        self, line: LedgerEntry, notice: PenaltyNotice | None, pence: int, today: date
    ) -> Refund:
        """The clerk asks that it goes back."""
        return payment_refunds.ask(
            reach=self.clerk,
            payment=line.payment,
            notice=notice,
            pence=pence,
            words="Paid too much.",
            today=today,
            now=at(today),
        )

    def agree(self, refund: Refund, today: date, by: Reach | None = None, **more: Any) -> Refund:
        """The legal officer agrees."""
        return payment_refunds.decide(
            **{
                "reach": by or self.legal,
                "refund": refund,
                "agreed": True,
                "reason": "",
                "today": today,
                "now": at(today),
                **more,
            }
        )

    def answer(self, question: PaymentQuestion, decision: str, today: date) -> PaymentQuestion:
        """The clerk decides."""
        return payment_refunds.answer(
            reach=self.clerk,
            question=question,
            decision=decision,
            reason="The parent was told.",
            today=today,
            now=at(today),
        )

    def file(self, text: str, today: date, name: str = "bank.csv") -> Any:
        """The clerk brings a file."""
        return payment_files.upload(
            reach=self.clerk,
            file_name=name,
            content=text.encode(),
            today=today,
            now=at(today),
        )

    def take(self, text: str, today: date) -> Any:
        """The clerk brings a file and takes it."""
        return payment_files.take(
            reach=self.clerk, file=self.file(text, today), today=today, now=at(today)
        )

    def questions(self, notice: PenaltyNotice) -> list[str]:
        """What is open about a notice."""
        rows = PaymentQuestion.objects.filter(notice=notice, closed_on=None)
        return sorted(rows.values_list("kind", flat=True))

    def sums(self, today: date) -> Any:
        """All the money of the council."""
        return selectors.reconciled(self.room.cast.northmoor.pk, today).sums

    def role(self, role: Role) -> Reach:
        """Somebody of Northmoor."""
        return self.room.reach(role)


def again(notice: PenaltyNotice) -> PenaltyNotice:
    """The notice as it is now."""
    notice.refresh_from_db()
    return notice


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)


def of_the_world(cast: Cast, notice: PenaltyNotice) -> dict[str, Any]:
    """A payment that waits, a part payment to decide about, a refund to agree to, and a file."""
    till = Till(Room(cast, notice.adult, notice.adult, cast.pupil, cast.enrolment))
    line = till.pay(None, 80_00, TODAY, given="Northsecret fine")
    till.pay(again(notice), 1_00, TODAY)
    return {
        "payment": line,
        "payment_question": PaymentQuestion.objects.get(notice=notice, closed_on=None),
        "refund": till.ask_back(line, None, 80_00, TODAY),
        "payment_file": till.file("Date,Description,Paid in\n17/11/2026,Fine,80.00\n", TODAY),
    }
