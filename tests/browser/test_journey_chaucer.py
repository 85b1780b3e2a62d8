"""Chaucer's process in a browser: from the first trigger to the door of the court, and back out.

The order is that of `policies/chaucer`. Its letters are known by name only: the school sends its
own, and writes down that they went.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from attendance.services.registers import record_marks
from authorities import packs
from authorities.tenancy import scope
from cases.models import Case, Contract, Proposal
from cases.services import proposing
from rules.dates import days_between
from tests import factories
from tests.attendance.registers import frame
from tests.attendance.scenes import a_year_of_marks, calendar, days_of
from tests.cast import Cast

pytestmark = pytest.mark.browser

# Three times two days ill, weeks apart: three separate absences, and 12 of 96 half days.
ILL = days_of("I", *(date(2026, month, day) for month, day in
                     ((9, 15), (9, 16), (10, 6), (10, 7), (11, 10), (11, 11))))  # fmt: skip
MOTHER = "Ms Ada Larkfield"


@pytest.fixture
def hillside(live_cast) -> Cast:
    """Hillside works by Chaucer's policy. A pupil has been ill, and lives with the mother."""
    with scope(live_cast.ids):
        school = live_cast.hillside
        school.attendance_contact, school.phone = "Jo Lark", "01632 960123"
        school.save()
        calendar(live_cast)
        a_year_of_marks(live_cast, absences=ILL)
        packs.adopt(
            authority=live_cast.northmoor,
            school=school,
            pack="chaucer",
            starts_on=date(2026, 9, 1),
            reach=None,
        )
        factories.adult(
            live_cast.pupil, title="Ms", forenames="Ada", surname="Larkfield", link={"priority": 1}
        )
        proposing.look(
            live_cast.northmoor.pk,
            as_of=date(2026, 11, 16),
            now=datetime(2026, 11, 17, 9, tzinfo=UTC),
        )
    return live_cast


@pytest.fixture
def on_day(page_for, hillside) -> Callable:
    """The officer's page on a day, in the afternoon."""

    @contextmanager
    def at(*day: int) -> Iterator[Page]:
        with time_machine.travel(datetime(*day, 15, 30, tzinfo=UTC), tick=False):
            yield page_for(hillside.officer, scripts=False)

    return at


def type_day(page: Page, name: str, day: date) -> None:
    """Type a date into its three boxes."""
    for part in ("day", "month", "year"):
        page.locator(f"[name={name}_{part}]").fill(str(getattr(day, part)))


def button(page: Page, name: str) -> None:
    """Press a button, or a link that looks like one."""
    page.get_by_role("button", name=name, exact=True).click()


def take_up(page: Page, case: str, words: str) -> None:
    """Do what the policy proposes on the case."""
    page.goto(f"{case}/")
    page.get_by_role("link", name=re.compile(f"Take up or leave.*{words}")).click()
    page.get_by_label("Do it").check()
    button(page, "Continue")


def sends(page: Page, case: str, letter: str) -> None:
    """Take up a letter of the school's own wording, and write down that the mother has it."""
    take_up(page, case, letter)
    expect(page.get_by_text("Taken up")).to_be_visible()
    page.goto(f"{case}/contacts/add/")
    page.locator("[name=way][value=letter]").check()
    page.get_by_label(re.compile(MOTHER)).check()
    page.locator("[name=outcome][value='handed over']").check()
    page.locator("[name=at]").fill("15:00")
    page.locator("[name=note]").fill(letter)
    page.locator("main form").get_by_role("button").last.click()
    expect(page.get_by_text("Letter by hand logged")).to_be_visible()


def steps(page: Page, case: str, to: str, why: str) -> None:
    """Take up a step of the policy, with the reason."""
    take_up(page, case, to)
    expect(page.get_by_label(re.compile(to))).to_be_checked()
    page.get_by_label(why).check()
    button(page, "Move the case")
    expect(page.get_by_role("heading", name=re.compile(f"^{to}"))).to_be_visible()


def invite(page: Page, case: str, kind: str, day: date) -> str:
    """Arrange a meeting at two, and tell the mother. Answers its address."""
    page.goto(f"{case}/meetings/add/")
    page.get_by_label(re.compile(f"^{kind}")).check()
    type_day(page, "day", day)
    page.locator("[name=at]").fill("14:00")
    page.locator("[name=place]").fill("Room 4")
    page.get_by_label(re.compile(MOTHER)).check()
    button(page, "Arrange the meeting")
    address = page.url
    button(page, "Somebody was invited")
    page.get_by_label("Phone call").check()
    button(page, "Write it down")
    expect(page.get_by_text("Invitation written down")).to_be_visible()
    return address


def held(page: Page, meeting: str, decided: str) -> None:
    """The mother came; minutes are written, and she has a copy."""
    page.goto(meeting)
    button(page, "What became of it")
    page.locator("[name=event][value=hold]").check()
    page.get_by_label(re.compile(MOTHER)).check()
    page.locator("main form").get_by_role("button").last.click()
    button(page, "Write the minutes")
    page.locator("[name=parent_said]").fill("Mornings are hard.")
    page.locator("[name=pupil_said]").fill("I like art.")
    page.get_by_label(decided, exact=True).check()
    button(page, "Keep the minutes")
    button(page, "Somebody has a copy")
    page.get_by_label(re.compile(MOTHER)).check()
    page.locator("[name=way][value=letter]").check()
    page.locator("main form").get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="Copies given")).to_be_visible()


def plan(page: Page, case: str, review: date) -> str:
    """Assess and plan: both voices, a target and an action. Answers the plan's address."""
    page.goto(f"{case}/plan/start/")
    page.locator("[name=aim]").fill("In by the first bell")
    for part in ("day", "month", "year"):
        page.locator(f"[name=midway_on_{part}]").fill("")
    type_day(page, "review_on", review)
    button(page, "Start the plan")
    address = page.url
    button(page, "Add an assessment")
    page.locator("[name=pupil_voice]").fill("Lunch is loud.")
    page.locator("[name=parent_voice]").fill("Mornings are hard.")
    button(page, "Keep the assessment")
    button(page, "Set a target")
    page.locator("[name=what]").fill("In school every morning")
    page.locator("[name=measure][value=score]").check()
    page.locator("[name=start]").fill("4")
    page.locator("[name=goal]").fill("8")
    type_day(page, "by", review)
    button(page, "Save")
    button(page, "Agree an action")
    page.locator("[name=words]").fill("Breakfast club")
    page.locator("[name=who]").fill("Ada Larkfield")
    type_day(page, "due_on", review)
    button(page, "Save")
    expect(page.get_by_text("Action agreed")).to_be_visible()
    return address


def reviewed(page: Page, plan: str, *, improved: bool) -> None:
    """Do is over: the plan is reviewed with the family, and ends."""
    page.goto(plan)
    button(page, "Review the plan")
    page.locator("[name=present]").fill("The pupil, the mother, the officer")
    page.locator("[name=worked]").fill("The walk from the gate")
    page.locator("[name=next_steps]").fill("We meet again")
    page.locator(f"[name^=met_][value={'yes' if improved else 'no'}]").check()
    page.locator(f"[name=outcome][value={'improved' if improved else 'not_improved'}]").check()
    page.locator("[name=following][value=none]").check()
    button(page, "Save")
    expect(page.get_by_text("This plan has ended").first).to_be_visible()


def item(page: Page, checklist: str, words: str) -> Locator:
    """The row of an item of a checklist."""
    section = page.locator("section").filter(has=page.get_by_role("heading", name=checklist))
    return section.get_by_role("listitem").filter(has_text=words)


def test_from_three_absences_to_the_door_of_the_court_and_back(on_day, hillside):
    with on_day(2026, 11, 17) as page:
        # The register sets off the policy: three separate absences. A person opens the case.
        page.goto("/la/990/proposals/?kind=stage")
        page.get_by_role("link", name=hillside.pupil.name).first.click()
        button(page, "Open a case")
        button(page, "Open the case")
        case = page.url.rstrip("/")
        expect(page.get_by_role("heading", name="Level 1: initial concerns")).to_be_visible()

        # Letter 1 goes home, and the family is asked to meeting 1.
        sends(page, case, "Letter 1: initial concerns")
        first = invite(page, case, "Meeting 1", date(2026, 11, 26))

        # Tier 2 of the checklist: the letter is there, the rest is to be done.
        page.goto(f"{case}/checklists/")
        expect(item(page, "Tier 2", "Letters sent")).to_contain_text("Shown")
        expect(item(page, "Tier 2", "Met the parents")).to_contain_text("Missing")

    with on_day(2026, 11, 26) as page:
        held(page, first, "Worried about, going well and next steps, by education, health and care")
        one = plan(page, case, date(2026, 12, 8))
        page.goto(f"{case}/checklists/")
        expect(item(page, "Tier 2", "Met the parents")).to_contain_text("Shown")
        expect(item(page, "Tier 2", "An improvement plan")).to_contain_text("Shown")

    with on_day(2026, 12, 8) as page:
        # It did not work: level 2, letter 2 and the school attendance meeting.
        reviewed(page, one, improved=False)
        sends(page, case, "Letter 2: invitation")
        steps(page, case, "Level 2", "The review found no improvement")
        second = invite(page, case, "Meeting 2", date(2026, 12, 10))

    with on_day(2026, 12, 10) as page:
        held(page, second, "Targets set")
        # A contract of six weeks, offered and agreed with the mother there.
        page.goto(f"{case}/contracts/offer/")
        page.get_by_label(re.compile(MOTHER)).check()
        type_day(page, "starts_on", date(2026, 12, 14))
        page.locator("[name=length]").fill("6")
        page.locator("[name=target_percent]").fill("95")
        page.locator("[name=parent]").fill("Ring on a first day away")
        page.locator("[name=school]").fill("A check-in each Monday")
        button(page, "Offer this contract")
        button(page, "Record the meeting")
        page.get_by_role("group", name="Which parents were there?").get_by_role("checkbox").check()
        page.locator("[name=signed]").first.check()
        button(page, "Save the meeting")
        expect(page.get_by_text("Meeting recorded").first).to_be_visible()
        with scope(hillside.ids):
            assert Contract.objects.get().state == "in force"
        two = plan(page, case, date(2027, 1, 28))

    with on_day(2027, 1, 28) as page:
        # The targets were missed: letter 3, level 3 and the panel.
        reviewed(page, two, improved=False)
        sends(page, case, "Letter 3: invitation")
        steps(page, case, "Level 3", "The targets were not met")
        panel = invite(page, case, "Meeting 3", date(2027, 2, 4))

    with on_day(2027, 2, 4) as page:
        held(page, panel, "Targets set")
        three = plan(page, case, date(2027, 3, 18))

        # The door of the court is shut: the list says what is there and what is missing.
        page.goto(f"{case}/checklists/")
        door = page.get_by_role("row").filter(has_text="Before prosecution").first
        expect(door).to_contain_text("missing")
        for words in ("at least two meetings", "A contract, or the reason", "What the parent says"):
            expect(item(page, "Tier 3", words)).to_contain_text("Shown")
        expect(item(page, "Tier 3", "whole-school inclusion")).to_contain_text("Missing")

    with on_day(2027, 3, 18) as page:
        attended(hillside, date(2027, 2, 22), date(2027, 3, 17))
        # It helped. Letter 3c, a step down to level 2, and the way out.
        reviewed(page, three, improved=True)
        sends(page, case, "Letter 3c")
        steps(page, case, "Level 2", "The targets were met")
        page.get_by_role("link", name="Close the case").first.click()
        page.get_by_label("Attendance is good again").check()
        page.get_by_label("What shows it?").fill("Six weeks without an absence")
        button(page, "Close the case")
        expect(page.get_by_text("Six weeks without an absence").first).to_be_visible()

    with scope(hillside.ids):
        found = Case.objects.get()
        assert found.closing_reason.startswith("Attendance is good again")
        moves = found.moves.order_by("made_at", "pk").exclude(event="close")
        stood = [move.places["chaucer"] for move in moves]
        assert stood == ["level_1", "level_2", "level_3", "level_2"]
        letters = Proposal.objects.filter(proposes="letter", state="taken").order_by("decided_at")
        assert [row.target for row in letters] == ["letter_1", "letter_2", "letter_3", "letter_3c"]


def attended(cast: Cast, first: date, last: date) -> None:
    """The pupil was there at each session."""
    days = [day for day in days_between(first, last) if day.weekday() < 5]
    marks = [(cast.enrolment.pk, day, half, "/\\"[half]) for day in days for half in (0, 1)]
    with scope(cast.ids):
        record_marks(
            school=cast.hillside,
            marks=frame(marks),
            batch=None,
            by=cast.officer,
            reason="taken",
            now=datetime(last.year, last.month, last.day, 16, tzinfo=UTC),
        )
