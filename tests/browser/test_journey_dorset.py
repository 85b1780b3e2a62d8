"""Dorset's process in a browser: from below 95% to the door of legal action, and back out again.

Each step is a page; between the days only the register is arranged. The order of the letters and
meetings is that of the document's flow chart, steps 5 to 7.
"""

from datetime import date

import pytest

from authorities.tenancy import scope
from cases.models import Case, LoggedLetter, Meeting, Proposal
from cases.services import proposing
from tests.browser.journey import (
    MOTHER,
    close,
    days_on,
    door,
    invite_by_letter,
    item,
    move,
    open_case,
    plan,
    post,
    press,
    read,
    register,
    review,
    send_own,
    settle,
    state_rest,
    take_up,
)
from tests.cases.family import NOW, family

pytestmark = pytest.mark.browser

BOTH = (MOTHER, "Mr Tom Reedham")
PANEL, LIST = "Inclusion Panel", "Inclusion Panel checklist"


@pytest.fixture
def cast(live_cast):
    """Robin has missed 10 of 96 sessions. The night has looked at it."""
    with scope(live_cast.ids):
        family(live_cast)
        proposing.look(live_cast.northmoor.pk, as_of=date(2026, 11, 16), now=NOW)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    return days_on(page_for, cast)


def test_from_the_first_letter_to_the_panel_and_back_out(on, cast):
    # Step 5. Below 95%: the policy proposes letter 2, and a case is opened for it.
    with on(2026, 11, 17) as page:
        case = open_case(page, cast, "letter")
        read(page, "Step 5: initial concern")
        take_up(page, case, "Send: Letter 2")
        page.get_by_label("Mr Tom Reedham").uncheck()
        press(page, "Prepare")
        read(page, "Letter 2: initial attendance concern", "Ms Ada Larkfield")
        press(page, "Approve and send")
        read(page, "Letter approved.")
        post()
        plan(page, case, "Robin comes in on Mondays", review=("8", "12", "2026"))

    # Step 6. Fifteen school days on there is no improvement: letter 4 and the meeting.
    register(cast, date(2026, 11, 17), date(2026, 12, 7), away=(0,))
    with on(2026, 12, 8) as page:
        review(page, case, improved=False)
        letter, kind = "Letter 4: attendance meeting", "Attendance meeting"
        meeting = invite_by_letter(page, case, letter, kind, (11, 12, 2026), to=BOTH)
        move(page, case, "Step 6: attendance meeting")
    with on(2026, 12, 11, 15) as page:
        settle(page, meeting, "It took place", came=(MOTHER,), decided="Support agreed")
        plan(page, case, "The bus is on time", review=("18", "1", "2027"))

    # Step 7. No improvement again: letter 5 a week before the Inclusion Panel.
    register(cast, date(2026, 12, 8), date(2027, 1, 15), away=(0, 1))
    with on(2027, 1, 18) as page:
        review(page, case, improved=False)
        letter = "Letter 5: invitation to the Inclusion Panel"
        panel = invite_by_letter(page, case, letter, PANEL, (27, 1, 2027), to=BOTH)
        move(page, case, "Step 7: Inclusion Panel")
    # The parents did not come: it goes ahead, and letter 6 tells them what was decided.
    with on(2027, 1, 27, 15) as page:
        decided = "More support, a time for improvement and another panel if needed"
        settle(page, panel, "It went ahead without the family", came=(), decided=decided)
        send_own(page, case, "Letter 6: what was decided at the Inclusion Panel", to=BOTH)
        # The door of legal action is shut until each step before the panel is shown.
        assert "missing" in door(page, case, "a Notice to Improve", LIST)
        for words in ("Letter 2 was sent", "Letter 4 was sent", "Support or a plan was agreed"):
            assert "Shown" in item(page, LIST, words).inner_text(), words
        assert "Missing" in item(page, LIST, "The Inclusion Lead was told").inner_text()
        state_rest(page, case, LIST)
        assert door(page, case, "a Notice to Improve", LIST) == "All shown"
        assert door(page, case, "prosecution", LIST) == "All shown"
        assert "missing" in door(page, case, "a penalty notice", LIST)
        assert "Shown" in item(page, "", "It was agreed at the Inclusion Panel").inner_text()
        assert "Missing" in item(page, "", "The council's request form").inner_text()
        plan(page, case, "A taxi for six weeks", review=("24", "2", "2027"))

    # And back out: each review finds improvement, letter 3 says so, and the case steps back.
    better = "Attendance is better, and support goes on"
    register(cast, date(2027, 1, 18), date(2027, 2, 23))
    with on(2027, 2, 24) as page:
        review(page, case, improved=True)
        send_own(page, case, "Letter 3: attendance improvement")
        move(page, case, "Step 6: attendance meeting", better)
        plan(page, case, "Robin keeps coming in", review=("17", "3", "2027"))
    register(cast, date(2027, 2, 24), date(2027, 3, 16))
    with on(2027, 3, 17) as page:
        review(page, case, improved=True)
        send_own(page, case, "Letter 3: attendance improvement", way="By email")
        move(page, case, "Step 5: initial concern", better)
        close(page, case, "Not a day missed since the panel")

    with scope(cast.ids):
        letters = Proposal.objects.filter(pack="dorset", proposes="letter").order_by("decided_at")
        assert [(one.target, one.state) for one in letters] == [
            ("letter_2", "taken"),
            ("letter_4", "taken"),
            ("letter_5", "taken"),
            ("letter_6", "taken"),
            ("letter_3", "taken"),
            ("letter_3", "taken"),
        ]
        went = LoggedLetter.objects.order_by("sent_on", "pk").values_list("key", flat=True)
        assert list(went) == [*(key for key in ("letter_4", "letter_5", "letter_6") for _ in BOTH),
                              "letter_3", "letter_3"]  # fmt: skip
        held = Meeting.objects.order_by("starts_at").values_list("key", "without_family")
        assert list(held) == [("attendance_meeting", False), ("inclusion_panel", True)]
        moves = Case.objects.get().moves.order_by("made_at", "pk")
        ends = ["stage 1", "stage 2", "stage 3", "stage 2", "stage 1", "closed"]
        assert [one.end for one in moves] == ends
