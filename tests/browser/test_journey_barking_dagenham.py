"""Barking and Dagenham's staged approach in a browser: to the door of a prosecution, and back out.

The order is that of the document's flow chart: concern letter and meeting, plan, warning and review
meeting, hot clinic, Stage 3. Its letters are known by name only: the school sends its own, and logs
them. The mother does not come at first.
"""

from datetime import date

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Case, LoggedLetter, Meeting, Referral
from tests.attendance.scenes import TEN
from tests.browser.journey import (
    MOTHER,
    arrange,
    close,
    council_answers,
    days_on,
    door,
    go,
    invite_by_letter,
    item,
    log_letter,
    move,
    open_case,
    plan,
    press,
    read,
    refer,
    register,
    review,
    settle,
    start,
    state,
    take_up,
)

pytestmark = pytest.mark.browser

MEETING = "Team around the child, attendance clinic or improvement meeting"
LEAST = "The least before prosecution"
BETTER = "Attendance is better, and support goes on"


@pytest.fixture
def cast(live_cast):
    """The pupil has missed 10 of 96 sessions: below 90% over the last twelve school weeks."""
    start(live_cast, "barking_dagenham", TEN)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    return days_on(page_for, cast)


def test_from_the_concern_letter_to_the_door_of_a_prosecution_and_back_out(on, page_for, cast):
    # Below 90% over twelve school weeks: Stage 2, a letter of concern and an invitation.
    with on(2026, 11, 17) as page:
        case = open_case(page, cast, "letter")
        read(page, "Stage 1: prevention")
        move(page, case, "Stage 2: early help", "Attendance crossed a line of the policy")
        letter = "Letter: concern, and invitation to a meeting"
        first = invite_by_letter(page, case, letter, MEETING, (20, 11, 2026))

    # The mother does not come. The meeting goes ahead, she has the minutes and another date.
    with on(2026, 11, 20, 15) as page:
        became = "It went ahead without the family"
        settle(page, first, became, came=(), decided="Improvement plan with a review date")
        go(page, case, "Contacts and meetings")
        press(page, "Arrange a meeting")
        second = arrange(page, MEETING, (27, 11, 2026))
        take_up(page, case, "Send: Letter: another meeting or a home visit")
        log_letter(page, way="By hand", meeting="27 November 2026")

    # She comes: reasons are found, and a plan is made that is looked at after four weeks.
    with on(2026, 11, 27, 15) as page:
        decided = "Improvement plan with a review date"
        settle(page, second, "It took place", came=(MOTHER,), decided=decided)
        plan(page, case, "Robin comes in on Mondays", review=("5", "1", "2027"))
        assert "2 things missing" in door(page, case, "prosecution", LEAST)

    # Further absences: a letter of warning that asks to a review meeting.
    register(cast, date(2026, 11, 17), date(2027, 1, 5), away=(0, 1))
    with on(2027, 1, 6) as page:
        review(page, case, improved=False)
        letter = "Letter: attendance warning, and invitation to a review"
        meeting = invite_by_letter(page, case, letter, "Review meeting", (12, 1, 2027))

    # The review meeting: what was tried is exhausted. The hot clinic, then Stage 3.
    with on(2027, 1, 12, 15) as page:
        decided = "Hot clinic, then Stage 3"
        settle(page, meeting, "It took place", came=(MOTHER,), decided=decided)
        take_up(page, case, "Hold: Vulnerable Pupils Hot Clinic")
        clinic = arrange(page, "Vulnerable Pupils Hot Clinic", (19, 1, 2027))
    with on(2027, 1, 19, 15) as page:
        settle(page, clinic, "It took place", came=(), decided="Stage 3 considered", copies="")

        # The door of a prosecution: six of the seven minimums have records, one is stated.
        assert "1 thing missing" in door(page, case, "prosecution", LEAST)
        for words in (
            "Reasons for absence",
            "A letter told the parent",
            "A first meeting was called",
            "A plan or a contract",
            "A review meeting",
            "Copies of letters",
        ):
            assert "Shown" in item(page, LEAST, words).inner_text(), words
        how = "Offered at the review meeting; the mother said that she would think about it"
        state(page, case, LEAST, "early help hub", how)
        assert door(page, case, "prosecution", LEAST) == "All shown"
        assert door(page, case, "a referral to the council", LEAST) == "All shown"
        assert "missing" in door(page, case, "prosecution", "A referral for prosecution")
        refer(page, case, "Referral for Stage 3")
        council = page_for(cast.person(Role.SUPPORT_WORKER))
        council_answers(council, cast, "accept", "The papers are complete")
        move(page, case, "Stage 3: statutory", "Every other way to help has been tried")

        # Support of Stage 2 goes on after the referral.
        plan(page, case, "The bus is on time", review=("22", "2", "2027"))

    # And back out: the reviews find improvement, and the case steps down, stage by stage.
    register(cast, date(2027, 1, 6), date(2027, 2, 22))
    with on(2027, 2, 23) as page:
        review(page, case, improved=True)
        council = page_for(cast.person(Role.SUPPORT_WORKER))
        council_answers(council, cast, "end", "No further action: attendance is good again")
        move(page, case, "Stage 2: early help", BETTER)
        plan(page, case, "Robin keeps coming in", review=("23", "3", "2027"))
    register(cast, date(2027, 2, 23), date(2027, 3, 23))
    with on(2027, 3, 24) as page:
        review(page, case, improved=True)
        move(page, case, "Stage 1: prevention", BETTER)
        close(page, case, "Not a day missed since January")

    with scope(cast.ids):
        letters = LoggedLetter.objects.order_by("sent_on").values_list("key", flat=True)
        assert list(letters) == ["concern_and_invitation", "further_meeting", "warning"]
        held = Meeting.objects.order_by("starts_at").values_list("key", "without_family")
        assert list(held) == [
            ("improvement_meeting", True),
            ("improvement_meeting", False),
            ("review_meeting", False),
            ("hot_clinic", False),
        ]
        assert Referral.objects.get().form == "stage_3"
        found = Case.objects.get()
        stood = [one.places["barking_dagenham"] for one in found.moves.order_by("made_at", "pk")]
        assert stood == ["stage_1", "stage_2", "stage_3", "stage_2", "stage_1", "stage_1"]
        assert found.closing_reason.startswith("Attendance is good again")
