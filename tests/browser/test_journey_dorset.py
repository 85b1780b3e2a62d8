"""Dorset's process in a browser: from below 95% to the door of legal action, and back out again.

Each step is a page; between the days only the register is arranged. The order of the letters and
meetings is that of the document's flow chart, steps 5 to 7.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import Page

from attendance.services.registers import record_marks
from authorities.tenancy import scope
from cases.models import Case, Meeting, Proposal
from cases.services import proposing
from rules.dates import days_between
from tests.attendance.registers import frame
from tests.cases.family import NOW, family

pytestmark = pytest.mark.browser

HOLIDAY = days_between(date(2026, 12, 19), date(2027, 1, 4))
HALF_TERM = days_between(date(2027, 2, 13), date(2027, 2, 21))
CLOSED = {*HOLIDAY, *HALF_TERM}


@pytest.fixture
def cast(live_cast):
    """Robin has missed 10 of 96 sessions. The night has looked at it."""
    with scope(live_cast.ids):
        family(live_cast)
        proposing.look(live_cast.northmoor.pk, as_of=date(2026, 11, 16), now=NOW)
    return live_cast


@pytest.fixture
def on(page_for, cast):
    """The officer's page on a day at a time of it, which stands still."""

    @contextmanager
    def one_day(year: int, month: int, day: int, hour: int = 9) -> Iterator[Page]:
        with time_machine.travel(datetime(year, month, day, hour, tzinfo=UTC), tick=False):
            yield page_for(cast.officer)

    return one_day


def register(cast, first: date, last: date, *, away: tuple[int, ...] = ()) -> None:
    """The register from day to day, away on these weekdays (0 is Monday) without leave."""
    rows = [
        (cast.enrolment.pk, day, half, "O" if day.weekday() in away else "/\\"[half])
        for day in days_between(first, last)
        if day.weekday() < 5 and day not in CLOSED
        for half in (0, 1)
    ]
    with scope(cast.ids):
        record_marks(
            school=cast.hillside,
            marks=frame(rows),
            batch=None,
            by=cast.officer,
            reason="The register",
            now=datetime(last.year, last.month, last.day, 17, tzinfo=UTC),
        )


def press(page, words: str) -> None:
    """A button of the main part, or a link that looks like one."""
    page.locator("main").get_by_role("button", name=words).first.click()


def read(page, *wanted: str) -> None:
    """Each of these stands on the page."""
    for words in wanted:
        page.get_by_text(words).first.wait_for()


def go(page, case: str, to: str = "") -> None:
    """A page of the case from its own menu."""
    page.goto(f"/la/990/cases/{case}/")
    if to:
        menu = page.get_by_role("navigation", name="This case")
        menu.get_by_role("link", name=to, exact=True).click()


def type_day(page, name: str, day: int, month: int, year: int) -> None:
    """Three boxes."""
    for part, number in (("day", day), ("month", month), ("year", year)):
        page.locator(f"[name={name}_{part}]").fill(str(number))


def take_up(page, case: str, proposed: str) -> None:
    """Do what the policy proposes on the case."""
    go(page, case)
    page.get_by_role("link", name=re.compile(f"Take up or leave.*{proposed}")).first.click()
    page.get_by_label("Do it").check()
    press(page, "Continue")


def move(page, case: str, step: str) -> None:
    """Move the case as proposed after a review that found no improvement."""
    take_up(page, case, f"Move to {step}")
    assert page.get_by_label(step).is_checked()
    page.get_by_label("The review found no improvement").check()
    press(page, "Move the case")
    read(page, "Case moved to")


def plan(page, case: str, aim: str, *, review: tuple[str, str, str]) -> None:
    """A plan for the review period that the policy proposes, with a voice and an action."""
    go(page, case, "Plan")
    page.get_by_role("button", name=re.compile("Start a(nother)? plan")).click()
    proposed = [f"review_on_{part}" for part in ("day", "month", "year")]
    assert tuple(page.locator(f"[name={name}]").input_value() for name in proposed) == review
    page.get_by_label("What is the plan for?").fill(aim)
    press(page, "Start the plan")
    press(page, "Add an assessment")
    page.get_by_label("What does the pupil say?").fill("Mornings are hard")
    press(page, "Keep the assessment")
    press(page, "Agree an action")
    page.get_by_label("What will be done?").fill("A check-in at the gate")
    page.get_by_label("Who else?").fill("The tutor")
    type_day(page, "due_on", *(int(part) for part in review))
    press(page, "Save")
    read(page, "A check-in at the gate")


def review(page, case: str, *, improved: str) -> None:
    """The review at the end of the plan that goes on. No other follows at once."""
    go(page, case, "Plan")
    page.locator("main").get_by_role("link", name=re.compile("^Plan [0-9]")).first.click()
    press(page, "Review the plan")
    page.get_by_label("Who was there?").fill("Robin, the mother, the officer")
    page.get_by_label("What worked?").fill("The check-in")
    page.get_by_label("What happens next?").fill("As the school's policy says")
    page.get_by_label(improved).check()
    page.get_by_label("No: this was the last plan for now").check()
    press(page, "Save")
    read(page, "This plan has ended")


def arrange(page, case: str, kind: str, day: tuple[int, int, int], *, letter: str) -> str:
    """Arrange a meeting and write down that the policy's letter invited to it: its address."""
    go(page, case, "Contacts and meetings")
    press(page, "Arrange a meeting")
    page.get_by_label(kind).check()
    type_day(page, "day", *day)
    page.get_by_label("At what time?").fill("10:00")
    page.get_by_label("Where?").fill("Room 4")
    press(page, "Arrange the meeting")
    read(page, "Meeting arranged. Nobody has been told yet.")
    address = page.url
    press(page, "Somebody was invited")
    read(page, letter)
    page.get_by_label("Letter by post").check()
    press(page, "Write it down")
    read(page, "Invitation written down")
    return address


def settle(page, meeting: str, became: str, *, came: tuple[str, ...], decided: str) -> None:
    """What became of it, its minutes, and the copies that the policy gives."""
    page.goto(meeting)
    press(page, "What became of it")
    page.get_by_label(became).check()
    for name in came:
        page.get_by_label(name).check()
    press(page, "Write it down")
    press(page, "Write the minutes")
    page.get_by_label("Education: what are we worried about?").fill("Mondays")
    page.get_by_label(decided).check()
    press(page, "Keep the minutes")
    read(page, "Minutes kept. Give everybody a copy.")
    press(page, "Somebody has a copy")
    page.get_by_label("Letter by post").check()
    press(page, "Write it down")
    read(page, "Copies given")


def test_from_the_first_letter_to_the_panel_and_back_out(on, cast):
    # Step 5. Below 95%: the policy proposes letter 2, and a case is opened for it.
    with on(2026, 11, 17) as page:
        page.goto("/la/990/proposals/?kind=letter")
        read(page, "Attendance is below 95%")
        page.get_by_role("link", name=cast.pupil.name).first.click()
        press(page, "Open a case")
        press(page, "Open the case")
        read(page, "Step 5: initial concern")
        with scope(cast.ids):
            case = Case.objects.get().reference
        take_up(page, case, "Send: Letter 2")
        page.get_by_label("Mr Tom Reedham").uncheck()
        press(page, "Prepare")
        read(page, "Letter 2: initial attendance concern", "Ms Ada Larkfield")
        press(page, "Approve and send")
        read(page, "Letter approved.")
        plan(page, case, "Robin comes in on Mondays", review=("8", "12", "2026"))

    # Step 6. Fifteen school days on there is no improvement: letter 4 and the meeting.
    register(cast, date(2026, 11, 17), date(2026, 12, 7), away=(0,))
    with on(2026, 12, 8) as page:
        review(page, case, improved="No, or not enough")
        take_up(page, case, "Send: Letter 4: attendance meeting")
        move(page, case, "Step 6: attendance meeting")
        meeting = arrange(page, case, "Attendance meeting", (11, 12, 2026), letter="Letter 4")
    with on(2026, 12, 11, 15) as page:
        came = ("Ms Ada Larkfield",)
        settle(page, meeting, "It took place", came=came, decided="Support agreed")
        plan(page, case, "The bus is on time", review=("18", "1", "2027"))

    # Step 7. No improvement again: letter 5 a week before the Inclusion Panel.
    register(cast, date(2026, 12, 8), date(2027, 1, 15), away=(0, 1))
    with on(2027, 1, 18) as page:
        review(page, case, improved="No, or not enough")
        take_up(page, case, "Send: Letter 5: invitation to the Inclusion Panel")
        move(page, case, "Step 7: Inclusion Panel")
        panel = arrange(page, case, "Inclusion Panel", (27, 1, 2027), letter="Letter 5")
    # The parents did not come: it goes ahead, and letter 6 tells them what was decided.
    with on(2027, 1, 27, 15) as page:
        decided = "More support, a time for improvement and another panel if needed"
        settle(page, panel, "It went ahead without the family", came=(), decided=decided)
        take_up(page, case, "Send: Letter 6: what was decided at the Inclusion Panel")
        # The door of legal action is shut until each of these is shown.
        go(page, case, "Checklists")
        door = page.get_by_role("row", name="Before a penalty notice")
        assert "missing" in door.inner_text()
        lists = page.locator("li.govuk-task-list__item")
        panel_held = lists.filter(has_text="It was agreed at the Inclusion Panel")
        assert "Shown" in panel_held.inner_text()
        form = lists.filter(has_text="The council's request form")
        assert "Missing" in form.inner_text()
        plan(page, case, "A taxi for six weeks", review=("24", "2", "2027"))

    # And back out: the review finds improvement, letter 3 says so, and the case steps back.
    register(cast, date(2027, 1, 18), date(2027, 2, 23))
    with on(2027, 2, 24) as page:
        review(page, case, improved="Yes, attendance improved")
        take_up(page, case, "Send: Letter 3: attendance improvement")
        press(page, "Move the case")
        page.get_by_label("Step 5: initial concern").check()
        page.get_by_label("Attendance is better, and support goes on").check()
        page.get_by_label("What shows it?").fill("Not a day missed since the panel")
        press(page, "Move the case")
        read(page, "Case moved to: Stage 1: early support")
        page.get_by_role("link", name="Close the case").first.click()
        page.get_by_label("Attendance is good again").check()
        page.get_by_label("What shows it?").fill("Not a day missed since the panel")
        press(page, "Close the case")
        read(page, "Attendance is good again. Not a day missed since the panel")

    with scope(cast.ids):
        letters = Proposal.objects.filter(pack="dorset", proposes="letter").order_by("decided_at")
        assert [(one.target, one.state) for one in letters] == [
            ("letter_2", "taken"),
            ("letter_4", "taken"),
            ("letter_5", "taken"),
            ("letter_6", "taken"),
            ("letter_3", "taken"),
        ]
        held = Meeting.objects.order_by("starts_at").values_list("key", "without_family")
        assert list(held) == [("attendance_meeting", False), ("inclusion_panel", True)]
        moves = Case.objects.get().moves.order_by("made_at", "pk")
        assert [one.end for one in moves] == [
            "stage 1",
            "stage 2",
            "stage 3",
            "stage 1",
            "closed",
        ]
