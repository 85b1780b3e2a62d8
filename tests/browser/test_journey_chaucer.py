"""Chaucer's process in a browser: from the first trigger to the door of the court, and back out.

The order is that of `policies/chaucer`: letters 1, 2, 2b, 3, 3b and 3c, and meetings 1 to 3. Its
letters are known by name only: the school sends its own, and logs them.
"""

from datetime import date

import pytest

from authorities.tenancy import scope
from cases.models import Case, Contract, LoggedLetter, Meeting, Proposal
from tests.attendance.scenes import days_of
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
    plan_with_target,
    read,
    register,
    review_targets,
    send_own,
    settle,
    start,
    state_rest,
)

pytestmark = pytest.mark.browser

# Three times two days ill, weeks apart: three separate absences, and 12 of 96 half days.
ILL = days_of("I", *(date(2026, month, day) for month, day in
                     ((9, 15), (9, 16), (10, 6), (10, 7), (11, 10), (11, 11))))  # fmt: skip
MISSED, MET = "The targets were not met", "The targets were met"
FIRST, SECOND, THIRD = "Meeting 1: initial", "Meeting 2: school", "Meeting 3: school"


@pytest.fixture
def cast(live_cast):
    """Hillside works by Chaucer's policy. A pupil has been ill, and lives with the mother."""
    start(live_cast, "chaucer", ILL, school=live_cast.hillside)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    return days_on(page_for, cast)


def test_from_three_absences_to_the_door_of_the_court_and_back(on, cast):
    # The register sets off the policy: three separate absences. Letter 1 asks to meeting 1.
    with on(2026, 11, 17) as page:
        case = open_case(page, cast, "stage")
        read(page, "Level 1: initial concerns")
        letter = "Letter 1: initial concerns"
        first = invite_by_letter(page, case, letter, FIRST, (26, 11, 2026), way="By hand")
        go(page, case, "Checklists")
        assert "Shown" in item(page, "Tier 2", "Letters sent").inner_text()
        assert "Missing" in item(page, "Tier 2", "Met the parents").inner_text()
    with on(2026, 11, 26, 15) as page:
        decided = "Worried about, going well and next steps, by education, health and care"
        settle(page, first, "It took place", came=(MOTHER,), decided=decided)
        plan_with_target(page, case, "In by the first bell", review=(8, 12, 2026))
        go(page, case, "Checklists")
        assert "Shown" in item(page, "Tier 2", "Met the parents").inner_text()
        assert "Shown" in item(page, "Tier 2", "An improvement plan").inner_text()

    # It did not work: level 2, letter 2 and the school attendance meeting, letter 2b.
    register(cast, date(2026, 11, 17), date(2026, 12, 7), away=(0,))
    with on(2026, 12, 8) as page:
        review_targets(page, case, met=False)
        letter = "Letter 2: invitation to a school attendance meeting"
        second = invite_by_letter(page, case, letter, SECOND, (10, 12, 2026), way="By email")
        move(page, case, "Level 2")
    with on(2026, 12, 10, 15) as page:
        settle(page, second, "It took place", came=(MOTHER,), decided="Targets set")
        send_own(page, case, "Letter 2b: targets of the meeting")
        # A contract of six weeks, offered and agreed with the mother there.
        agree_contract(page, case, first=(14, 12, 2026), length=6)
        plan_with_target(page, case, "In every morning", review=(28, 1, 2027))

    # The targets were missed: letter 3, level 3 and the panel, letter 3b.
    register(cast, date(2026, 12, 8), date(2027, 1, 27), away=(0, 1))
    with on(2027, 1, 28) as page:
        finish_contract(page, case, "not enough improvement", "Away each Monday and Tuesday")
        review_targets(page, case, met=False)
        letter = "Letter 3: invitation to a school attendance panel"
        panel = invite_by_letter(page, case, letter, THIRD, (4, 2, 2027))
        move(page, case, "Level 3", MISSED)
    with on(2027, 2, 4, 15) as page:
        settle(page, panel, "It took place", came=(MOTHER,), decided="Targets set")
        send_own(page, case, "Letter 3b: targets of the panel")
        plan_with_target(page, case, "A quiet room at lunch", review=(18, 3, 2027))

        # The door of the court: what has records, what is missing, and what a person states.
        assert "missing" in door(page, case, "prosecution", "Tier 3")
        for words in ("at least two meetings", "A contract, or the reason", "What the parent says"):
            assert "Shown" in item(page, "Tier 3", words).inner_text(), words
        assert "Missing" in item(page, "Tier 3", "whole-school inclusion").inner_text()
        for checklist in ("Tier 2", "Tier 3"):
            state_rest(page, case, checklist)
        assert door(page, case, "prosecution", "Tier 3") == "All shown"

    # It helped. Letter 3c, a step down to level 2, and the way out.
    register(cast, date(2027, 1, 28), date(2027, 3, 17))
    with on(2027, 3, 18) as page:
        review_targets(page, case, met=True)
        send_own(page, case, "Letter 3c: targets of the panel met")
        move(page, case, "Level 2", MET)
        close(page, case, "Six weeks without an absence")

    with scope(cast.ids):
        found = Case.objects.get()
        assert found.closing_reason.startswith("Attendance is good again")
        moves = found.moves.order_by("made_at", "pk").exclude(event="close")
        stood = [one.places["chaucer"] for one in moves]
        assert stood == ["level_1", "level_2", "level_3", "level_2"]
        order = ["letter_1", "letter_2", "letter_2b", "letter_3", "letter_3b", "letter_3c"]
        went = LoggedLetter.objects.order_by("sent_on", "pk").values_list("key", flat=True)
        assert list(went) == order
        taken = Proposal.objects.filter(proposes="letter", state="taken").order_by("decided_at")
        assert [row.target for row in taken] == order
        held = Meeting.objects.order_by("starts_at").values_list("key", flat=True)
        assert list(held) == ["initial", "sam", "sap"]
        assert Contract.objects.get().state == "ended"
