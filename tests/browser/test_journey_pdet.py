"""The trust's process in a browser: from below 96% to formal support, and back out again.

Each step is a page; between the days only the register is arranged. The order of the letters and
meetings is that of the policy's chart, appendix B1.
"""

from datetime import UTC, date, datetime

import pytest
import time_machine

from authorities import packs
from authorities.tenancy import scope
from cases.models import Case, Contract, Meeting, Proposal
from cases.services import proposing
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks, calendar
from tests.browser.test_journey_dorset import (
    arrange,
    go,
    press,
    read,
    register,
    settle,
    take_up,
    type_day,
)

pytestmark = pytest.mark.browser

MOTHER = "Ms Ada Larkfield"


@pytest.fixture
def cast(live_cast):
    """A school of the trust. The pupil has missed 10 of 96 sessions, and the night has looked."""
    with scope(live_cast.ids):
        school = live_cast.hillside
        school.trust, school.attendance_contact, school.phone = (
            live_cast.trust,
            "Jo Lark",
            "01632 960123",
        )
        school.save()
        calendar(live_cast)
        a_year_of_marks(live_cast, absences=TEN)
        packs.adopt(
            authority=live_cast.northmoor,
            trust=live_cast.trust,
            pack="pdet",
            starts_on=date(2026, 9, 1),
            reach=None,
        )
        factories.adult(
            live_cast.pupil,
            title="Ms",
            forenames="Ada",
            surname="Larkfield",
            link={"priority": 1, "parental_responsibility": "yes"},
        )
        now = datetime(2026, 11, 17, 9, tzinfo=UTC)
        proposing.look(live_cast.northmoor.pk, as_of=date(2026, 11, 16), now=now)
    return live_cast


def move(page, case: str, step: str, why: str) -> None:
    """Move the case to the step that is proposed, for a reason."""
    take_up(page, case, f"Move to {step}")
    assert page.get_by_label(step).is_checked()
    page.get_by_label(why).check()
    press(page, "Move the case")
    read(page, "Case moved to")


def plan_with_a_target(page, case: str) -> None:
    """Targets set at the meeting, as a plan that is reviewed on 11 December."""
    go(page, case, "Plan")
    press(page, "Start a plan")
    page.get_by_label("What is the plan for?").fill("In every morning")
    type_day(page, "review_on", 11, 12, 2026)
    press(page, "Start the plan")
    press(page, "Add an assessment")
    page.get_by_label("What does a parent say?").fill("Mornings are hard")
    press(page, "Keep the assessment")
    press(page, "Set a target")
    page.get_by_label("What will be different?").fill("Mondays in school")
    page.get_by_label("Half days missed").check()
    page.get_by_label("Where does it stand now?").fill("10")
    page.get_by_label("Where should it get to?").fill("0")
    type_day(page, "by", 11, 12, 2026)
    press(page, "Save")
    read(page, "Mondays in school")


def test_from_the_first_letter_to_formal_support_and_back_out(page_for, cast):
    # Below 96% the parents are told; below 90% they are asked to a meeting that sets targets.
    with time_machine.travel(datetime(2026, 11, 17, 9, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        page.goto("/la/990/proposals/?kind=letter")
        page.get_by_role("link", name=cast.pupil.name).first.click()
        press(page, "Open a case")
        press(page, "Open the case")
        read(page, "Below 96%: parents are told")
        with scope(cast.ids):
            case = Case.objects.get().reference
        take_up(page, case, "Send: Attendance below 96%")
        press(page, "Prepare")
        press(page, "Approve and send")
        read(page, "Letter approved.")
        take_up(page, case, "Send: Attendance below 90%")
        go(page, case)
        press(page, "Move the case")
        page.get_by_label("Below 90%: meeting and targets").check()
        page.get_by_label("Attendance crossed a line of the policy").check()
        page.get_by_label("What shows it?").fill("86 of 96 sessions")
        press(page, "Move the case")
        day, letter = (20, 11, 2026), "Attendance below 90%"
        meeting = arrange(page, case, "Meeting to set targets", day, letter=letter)
    with time_machine.travel(datetime(2026, 11, 20, 15, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        settle(page, meeting, "It took place", came=(MOTHER,), decided="Targets set")
        plan_with_a_target(page, case)

    # The targets are missed: a formal meeting, and a contract of six weeks.
    register(cast, date(2026, 11, 17), date(2026, 12, 10), away=(0,))
    with time_machine.travel(datetime(2026, 12, 11, 9, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        go(page, case, "Plan")
        page.get_by_role("link", name="Plan 1").click()
        press(page, "Review the plan")
        page.get_by_label("Who was there?").fill("The mother, the officer")
        page.get_by_label("What worked?").fill("Nothing yet")
        page.get_by_label("What happens next?").fill("A formal meeting")
        target = page.get_by_role("group", name="Was this target met?")
        target.get_by_label("No", exact=True).check()
        page.get_by_label("No, or not enough").check()
        page.get_by_label("No: this was the last plan for now").check()
        press(page, "Save")
        read(page, "This plan has ended")
        take_up(page, case, "Send: Invitation to a formal attendance meeting")
        move(page, case, "Formal meeting and contract", "The targets were not met")
        day, letter = (15, 12, 2026), "Invitation to a formal attendance meeting"
        formal = arrange(page, case, "Formal attendance meeting", day, letter=letter)
    with time_machine.travel(datetime(2026, 12, 15, 15, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        settle(page, formal, "It took place", came=(MOTHER,), decided="Contract of six weeks")
        go(page, case, "Contracts")
        press(page, "Offer a contract")
        page.get_by_label(MOTHER).check()
        type_day(page, "starts_on", 5, 1, 2027)
        page.get_by_label("How long is it for?").fill("6")
        page.get_by_label("Which attendance is to be reached?").fill("95")
        page.get_by_label("What will the parent do?").fill("Ring on a first day away")
        page.get_by_label("What will the school do?").fill("A check-in each Monday")
        press(page, "Offer this contract")
        press(page, "Record the meeting")
        page.get_by_role("group", name="Which parents were there?").get_by_role("checkbox").check()
        page.get_by_role("group", name="Who signed on paper").get_by_label(MOTHER).check()
        press(page, "Save the meeting")
        read(page, "Meeting recorded")

    # It did not help enough: the door of legal action, and what is still missing before it.
    register(cast, date(2026, 12, 11), date(2027, 2, 19), away=(0, 1))
    with time_machine.travel(datetime(2027, 2, 22, 9, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        go(page, case, "Contracts")
        with scope(cast.ids):
            contract = Contract.objects.get().reference
        page.goto(f"/la/990/contracts/{contract}/")
        press(page, "Finish: not enough improvement")
        page.get_by_label("How did it go?").fill("Away each Monday and Tuesday")
        press(page, "Save")
        step = "Formal support and legal intervention"
        move(page, case, step, "The contract did not work, or was not agreed")
        go(page, case, "Checklists")
        lists = page.locator("li.govuk-task-list__item")
        assert "Shown" in lists.filter(has_text="A contract of six weeks").inner_text()
        assert "Missing" in lists.filter(has_text="Every other way to help").inner_text()
        door = page.get_by_role("row", name="Before a penalty notice")
        assert "missing" in door.inner_text()

    # And back out: every day in school, so the case steps down and is closed.
    register(cast, date(2027, 2, 22), date(2027, 3, 23))
    with time_machine.travel(datetime(2027, 3, 24, 9, tzinfo=UTC), tick=False):
        page = page_for(cast.officer)
        go(page, case)
        press(page, "Move the case")
        page.get_by_label("Below 96%: parents are told").check()
        page.get_by_label("Attendance is better, and support goes on").check()
        page.get_by_label("What shows it?").fill("Not a day missed since February")
        press(page, "Move the case")
        read(page, "Case moved to: Stage 1: early support")
        page.get_by_role("link", name="Close the case").first.click()
        page.get_by_label("Attendance is good again").check()
        page.get_by_label("What shows it?").fill("Not a day missed since February")
        press(page, "Close the case")
        read(page, "Attendance is good again. Not a day missed since February")

    with scope(cast.ids):
        letters = Proposal.objects.filter(pack="pdet", proposes="letter").order_by("decided_at")
        assert [(one.target, one.state) for one in letters] == [
            ("letter_96", "taken"),
            ("letter_90", "taken"),
            ("letter_formal", "taken"),
        ]
        held = Meeting.objects.order_by("starts_at").values_list("key", flat=True)
        assert list(held) == ["targets", "formal"]
        moves = Case.objects.get().moves.order_by("made_at", "pk")
        ends = ["stage 1", "stage 2", "stage 3", "stage 3", "stage 1", "closed"]
        assert [one.end for one in moves] == ends
