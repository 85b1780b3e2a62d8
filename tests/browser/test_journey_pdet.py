"""The trust's process in a browser: from below 96% to formal support, and back out again.

Each step is a page; between the days only the register is arranged. The order of the letters and
meetings is that of the policy's chart, appendix B1.
"""

from datetime import date

import pytest

from authorities.tenancy import scope
from cases.models import Case, LoggedLetter, Meeting, Proposal
from tests.attendance.scenes import TEN
from tests.browser.journey import (
    MOTHER,
    agree_contract,
    close,
    days_on,
    door,
    finish_contract,
    go,
    invite_by_letter,
    item,
    move,
    open_case,
    plan,
    plan_with_target,
    post,
    press,
    read,
    register,
    review,
    review_targets,
    settle,
    start,
    state_rest,
    take_up,
)

pytestmark = pytest.mark.browser

LIST = "Before formal support"


@pytest.fixture
def cast(live_cast):
    """A school of the trust. The pupil has missed 10 of 96 sessions, and the night has looked."""
    start(live_cast, "pdet", TEN, trust=live_cast.trust)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    return days_on(page_for, cast)


def test_from_the_first_letter_to_formal_support_and_back_out(on, cast):
    # Below 96% the parents are told; below 90% they are asked to a meeting that sets targets.
    with on(2026, 11, 17) as page:
        case = open_case(page, cast, "letter")
        read(page, "Below 96%: parents are told")
        take_up(page, case, "Send: Attendance below 96%")
        press(page, "Prepare")
        press(page, "Approve and send")
        read(page, "Letter approved.")
        post()
        letter, kind = "Attendance below 90%: invitation to a meeting", "Meeting to set targets"
        meeting = invite_by_letter(page, case, letter, kind, (20, 11, 2026))
        why = "Attendance crossed a line of the policy"
        move(page, case, "Below 90%: meeting and targets", why)
    with on(2026, 11, 20, 15) as page:
        settle(page, meeting, "It took place", came=(MOTHER,), decided="Targets set")
        plan_with_target(page, case, "In every morning", review=(11, 12, 2026))

    # The targets are missed: a formal meeting, and a contract of six weeks.
    register(cast, date(2026, 11, 17), date(2026, 12, 10), away=(0,))
    with on(2026, 12, 11) as page:
        review_targets(page, case, met=False)
        letter, kind = "Invitation to a formal attendance meeting", "Formal attendance meeting"
        formal = invite_by_letter(page, case, letter, kind, (15, 12, 2026))
        move(page, case, "Formal meeting and contract", "The targets were not met")
    with on(2026, 12, 15, 15) as page:
        settle(page, formal, "It took place", came=(MOTHER,), decided="Contract of six weeks")
        agree_contract(page, case, first=(5, 1, 2027), length=6)

    # It did not help enough: the door of legal action, and what is still missing before it.
    register(cast, date(2026, 12, 11), date(2027, 2, 19), away=(0, 1))
    with on(2027, 2, 22) as page:
        finish_contract(page, case, "not enough improvement", "Away each Monday and Tuesday")
        step = "Formal support and legal intervention"
        move(page, case, step, "The contract did not work, or was not agreed")
        assert "1 thing missing" in door(page, case, "a penalty notice", LIST)
        for words in ("Parents were told", "Targets were set", "A contract of six weeks"):
            assert "Shown" in item(page, LIST, words).inner_text(), words
        assert "Missing" in item(page, LIST, "Every other way to help").inner_text()
        state_rest(page, case, LIST)
        assert door(page, case, "a penalty notice", LIST) == "All shown"
        assert door(page, case, "an education supervision order", LIST) == "All shown"
        assert "missing" in door(page, case, "prosecution", LIST)
        plan(page, case, "The bus is on time", review=("24", "3", "2027"))

    # And back out: every day in school, so the case steps down and is closed.
    register(cast, date(2027, 2, 22), date(2027, 3, 23))
    with on(2027, 3, 24) as page:
        review(page, case, improved=True)
        go(page, case)
        press(page, "Move the case")
        page.get_by_label("Below 96%: parents are told").check()
        page.get_by_label("Attendance is better, and support goes on").check()
        page.get_by_label("What shows it?").fill("Not a day missed since February")
        press(page, "Move the case")
        read(page, "Case moved to: Stage 1: early support")
        close(page, case, "Not a day missed since February")

    with scope(cast.ids):
        letters = Proposal.objects.filter(pack="pdet", proposes="letter").order_by("decided_at")
        assert [(one.target, one.state) for one in letters] == [
            ("letter_96", "taken"),
            ("letter_90", "taken"),
            ("letter_formal", "taken"),
        ]
        went = LoggedLetter.objects.order_by("sent_on").values_list("key", "meeting__key")
        assert list(went) == [("letter_90", "targets"), ("letter_formal", "formal")]
        held = Meeting.objects.order_by("starts_at").values_list("key", flat=True)
        assert list(held) == ["targets", "formal"]
        moves = Case.objects.get().moves.order_by("made_at", "pk")
        ends = ["stage 1", "stage 2", "stage 3", "stage 3", "stage 1", "closed"]
        assert [one.end for one in moves] == ends
