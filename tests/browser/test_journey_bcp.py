"""BCP's graduated response in a browser: from below 95% to the door of a notice, and back out.

The order is that of the document's three stages: targeted communication, a cycle of ten weeks with
a contract, then a team around the family and the inclusion service. Its letters are known by name
only: the school sends its own, and logs them.
"""

from datetime import date

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Case, Contract, LoggedLetter, Meeting, Referral
from tests.attendance.scenes import days_of
from tests.browser.journey import (
    MOTHER,
    agree_contract,
    arrange,
    close,
    council_answers,
    days_on,
    door,
    finish_contract,
    go,
    invited_by_letter,
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
    type_day,
)

pytestmark = pytest.mark.browser

# Three days of 48: attendance is 93.75%, below 95% and not below 90%.
AWAY = days_of("O", *(date(2026, 11, day) for day in (3, 4, 10)))
LIMBS = "The family took part"


@pytest.fixture
def cast(live_cast):
    start(live_cast, "bcp", AWAY)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    return days_on(page_for, cast)


def test_from_targeted_support_to_the_door_of_a_notice_and_back_out(on, page_for, cast):
    # Stage One is every pupil's. Below 95% the policy proposes Stage Two.
    with on(2026, 11, 17) as page:
        case = open_case(page, cast, "stage")
        read(page, "Stage One: universal")
        move(page, case, "Stage Two: targeted support", "Attendance crossed a line of the policy")

        # Targeted communication: a letter of the school's own, and a call.
        page.get_by_role("link", name="Log a letter that your school sent itself").click()
        page.get_by_label("Letter about attendance (targeted)").check()
        log_letter(page)
        read(page, "Sent by the school, 17 November 2026")

        # Support in school, then assess and plan: ten weeks, with a look midway.
        go(page, case, "Barriers and support")
        press(page, "Give support")
        page.select_option("[name=entry]", "bcp:pastoral_2")
        page.get_by_label("Who gives it?").fill("The pastoral team")
        type_day(page, "review_on", 8, 12, 2026)
        press(page, "Save the support")
        read(page, "Pastoral support and reasonable adjustments")
        plan(page, case, "Robin comes in on Mondays", review=("26", "1", "2027"))
        agree_contract(page, case, first=(23, 11, 2026), length=10)

        # The door of legal action is shut: no cycle is whole yet.
        assert "1 thing missing" in door(page, case, "a Notice to Improve", LIMBS)
        assert "Missing" in item(page, "The family took part", "one whole cycle").inner_text()
        assert "missing" in door(page, case, "a referral to the council", "Before asking")

    # The review at the end of ten weeks finds no improvement: Stage Three.
    register(cast, date(2026, 11, 17), date(2027, 1, 25), away=(0, 1))
    with on(2027, 1, 26) as page:
        review(page, case, improved=False)
        finish_contract(page, case, "not enough improvement", "Away each Monday and Tuesday")
        move(page, case, "Stage Three: intensive support")
        go(page, case, "Contacts and meetings")
        press(page, "Arrange a meeting")
        taf = arrange(page, "Team around the family", (4, 2, 2027))
        letter = "Invitation to a team around the family meeting"
        invited_by_letter(page, taf, letter)
    with on(2027, 2, 4, 15) as page:
        decided = "Barriers found and next steps shared out"
        settle(page, taf, "It took place", came=(MOTHER,), decided=decided)
        plan(page, case, "Breakfast club and the nurse", review=("15", "4", "2027"))
        # A whole cycle is behind them: the inclusion service can be asked, and it answers.
        assert door(page, case, "a referral to the council", "Before asking") == "All shown"
        refer(page, case, "Pupil referral form")
    with on(2027, 2, 8):
        council = page_for(cast.person(Role.SUPPORT_WORKER))
        words = "Our team works with the family"
        council_answers(council, cast, "send_on", words, "School attendance support")

    # The door of legal action: sufficient support is shown, each item with its dated records.
    with on(2027, 2, 9) as page:
        assert door(page, case, "a Notice to Improve", LIMBS) == "All shown"
        assert door(page, case, "a penalty notice", LIMBS) == "All shown"
        for words in ("An assessment with the family", "one whole cycle", "In-school support"):
            assert "Shown" in item(page, "The family took part", words).inner_text()
        assert door(page, case, "prosecution", "A contract was explored") == "All shown"

    # And back out: two reviews find improvement, and the case steps down to every pupil's support.
    register(cast, date(2027, 1, 26), date(2027, 4, 14))
    with on(2027, 4, 15) as page:
        review(page, case, improved=True)
        why = "Attendance is better, and support goes on"
        move(page, case, "Stage Two: targeted support", why)
        plan(page, case, "Robin keeps coming in", review=("24", "6", "2027"))
    register(cast, date(2027, 4, 15), date(2027, 6, 23))
    with on(2027, 6, 24) as page:
        review(page, case, improved=True)
        move(page, case, "Stage One: universal", why)
        close(page, case, "Not a day missed since the summer term began")

    with scope(cast.ids):
        letters = LoggedLetter.objects.order_by("sent_on").values_list("key", flat=True)
        assert list(letters) == ["targeted_concern", "taf_invitation"]
        assert [one.key for one in Meeting.objects.all()] == ["taf"]
        assert Referral.objects.get().form == "pupil_referral"
        assert Contract.objects.get().state == "ended"
        found = Case.objects.get()
        stood = [one.places["bcp"] for one in found.moves.order_by("made_at", "pk")]
        assert stood == ["stage_1", "stage_2", "stage_3", "stage_2", "stage_1", "stage_1"]
        assert found.closing_reason.startswith("Attendance is good again")
