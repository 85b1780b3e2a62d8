"""Whatever happens to the money, in whatever order: both sums of the books hold to the penny."""

import random
from datetime import date
from typing import Any

import pytest

from authorities.tenancy import scope
from legal.models import LedgerEntry, PaymentQuestion, Refund
from legal.services import payments
from legal.services.payment_refunds import DECISIONS
from rules.errors import DomainError
from tests.legal.payment_scenes import Till, again
from tests.legal.penalty_scenes import at, room

LONG = 40


@pytest.fixture
def till(cast) -> Till:
    return Till(room(cast))


PENCE = (1, 40_00, 80_00, 80_01, 160_00, 200_00)


class Walk:
    """What may happen, one method each; each takes the day. None chosen is an AttributeError."""

    def __init__(self, till: Till, notices: list, dice: random.Random) -> None:
        self.till, self.notices, self.dice = till, notices, dice

    def some(self, rows) -> Any:
        return self.dice.choice(list(rows) or [None])

    def came(self) -> Any:
        return self.some(LedgerEntry.objects.filter(kind="received"))

    def pence(self) -> int:
        return self.dice.choice(PENCE)

    def pay(self, day: date) -> None:
        self.till.pay(self.some([None, *self.notices]), self.pence(), day)

    def book_late(self, day: date) -> None:
        self.till.pay(self.some(self.notices), self.pence(), self.till.day(5), today=day)

    def split(self, day: date) -> None:
        shares = dict.fromkeys(self.dice.sample(self.notices, 2), self.pence())
        self.till.match(self.came(), day, shares)

    def take_off(self, day: date) -> None:
        payments.release(
            reach=self.till.clerk,
            payment=self.came().payment,
            notice=self.some(self.notices),
            pence=self.pence(),
            words="Another.",
            today=day,
            now=at(day),
        )

    def bounce(self, day: date) -> None:
        payments.bounce(
            reach=self.till.clerk, payment=self.came().payment, words="So.", today=day, now=at(day)
        )

    def ask_back(self, day: date) -> None:
        self.till.ask_back(self.came(), self.some([None, *self.notices]), self.pence(), day)

    def agree(self, day: date) -> None:
        self.till.agree(self.some(Refund.objects.filter(done=None)), day)

    def answer(self, day: date) -> None:
        question = self.some(PaymentQuestion.objects.filter(closed_on=None))
        self.till.answer(question, self.some(DECISIONS[question.kind])[0], day)

    def withdraw(self, day: date) -> None:
        self.till.room.withdraw(again(self.some(self.notices)), day)


STEPS = ("pay", "pay", "book_late", "book_late", "split", "take_off", "bounce", "ask_back", "agree")
LATER = (*STEPS, "answer", "withdraw")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_books_balance_after_every_step(till, seed):
    dice = random.Random(seed)
    notices = [till.notice(), *till.room.issue(till.room.father)]
    walk = Walk(till, notices, dice)
    done = 0

    for number in range(LONG):
        day = till.day(6 + number)
        name = dice.choice(STEPS if number < LONG // 2 else LATER)
        try:
            with scope([till.room.cast.northmoor.pk]):
                getattr(walk, name)(day)
            done += 1
        except (DomainError, AttributeError):  # refused in words, or nothing there to choose
            pass
        sums = till.sums(day)
        assert sums.sums, (seed, number, name)
        assert min(sums.suspense, sums.over, sums.settled, sums.outstanding) >= 0

    assert done > LONG // 4
