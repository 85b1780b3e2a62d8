"""What the five journeys share: each step is a page; between the days only the register is kept."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import time_machine
from playwright.sync_api import Locator, Page

from attendance.services.registers import record_marks
from authorities import packs
from authorities.tenancy import scope
from cases.services import proposing
from letters.tasks import hand_over_waiting
from rules.dates import DateRange, days_between
from rules.school_calendar import build_calendar
from tests import factories
from tests.attendance.registers import TERMS, frame
from tests.attendance.scenes import a_year_of_marks, calendar
from tests.cast import Cast

MOTHER = "Ms Ada Larkfield"
IN_TERM = {one.day for one in build_calendar([DateRange(*ends) for ends in TERMS[2026]]).sessions}


def start(cast: Cast, pack: str, absences: dict[tuple[date, int], str], **whose: object) -> None:
    """A school that works by a pack, and a pupil who lives with the mother. The night has looked.

    whose  school, trust or nothing for the authority: who adopted the pack
    """
    with scope(cast.ids):
        school = cast.hillside
        school.attendance_contact, school.phone = "Jo Lark", "01632 960123"
        if "trust" in whose:
            school.trust = cast.trust
        school.save()
        calendar(cast)
        a_year_of_marks(cast, absences=absences)
        first = date(2026, 9, 1)
        packs.adopt(authority=cast.northmoor, pack=pack, starts_on=first, reach=None, **whose)
        factories.adult(
            cast.pupil, title="Ms", forenames="Ada", surname="Larkfield", link={"priority": 1}
        )
    night(cast, date(2026, 11, 16))


def night(cast: Cast, day: date) -> None:
    """The night after a day: the policy looks at every register."""
    now = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    with scope(cast.ids):
        proposing.look(cast.northmoor.pk, as_of=day, now=now)


def register(cast: Cast, first: date, last: date, *, away: tuple[int, ...] = ()) -> None:
    """The register from day to day, away on these weekdays (0 is Monday) without leave."""
    rows = [
        (cast.enrolment.pk, day, half, "O" if day.weekday() in away else "/\\"[half])
        for day in days_between(first, last)
        if day in IN_TERM
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


def days_on(page_for: Callable[..., Page], cast: Cast) -> Callable:
    """The officer's page on a day, at a time of it that stands still."""

    @contextmanager
    def one_day(year: int, month: int, day: int, hour: int = 9) -> Iterator[Page]:
        with time_machine.travel(datetime(year, month, day, hour, tzinfo=UTC), tick=False):
            yield page_for(cast.officer)

    return one_day


def press(page: Page, words: str) -> None:
    """A button of the main part, or a link that looks like one."""
    page.locator("main").get_by_role("button", name=words).first.click()


def read(page: Page, *wanted: str) -> None:
    """Each of these stands on the page."""
    for words in wanted:
        page.get_by_text(words).first.wait_for()


def go(page: Page, case: str, to: str = "") -> None:
    """A page of the case from its own menu."""
    page.goto(f"/la/990/cases/{case}/")
    if to:
        menu = page.get_by_role("navigation", name="This case")
        menu.get_by_role("link", name=to, exact=True).click()


def type_day(page: Page, name: str, day: int, month: int, year: int) -> None:
    """Three boxes."""
    for part, number in (("day", day), ("month", month), ("year", year)):
        page.locator(f"[name={name}_{part}]").fill(str(number))


def typed_day(page: Page, name: str) -> tuple[str, ...]:
    """What stands in three boxes."""
    parts = ("day", "month", "year")
    return tuple(page.locator(f"[name={name}_{part}]").input_value() for part in parts)


def open_case(page: Page, cast: Cast, kind: str) -> str:
    """From the list of what the policies propose: its reference."""
    page.goto(f"/la/990/proposals/?kind={kind}")
    page.get_by_role("link", name=cast.pupil.name).first.click()
    press(page, "Open a case")
    press(page, "Open the case")
    read(page, "Where the case stands")
    return page.url.rstrip("/").rsplit("/", 1)[1]


def take_up(page: Page, case: str, proposed: str) -> None:
    """Do what the policy proposes on the case."""
    go(page, case)
    page.get_by_role("link", name=re.compile(f"Take up or leave.*{proposed}")).first.click()
    page.get_by_label("Do it").check()
    press(page, "Continue")


def move(page: Page, case: str, step: str, why: str = "The review found no improvement") -> None:
    """Move the case as proposed, for a reason."""
    take_up(page, case, f"Move to {step}")
    assert page.get_by_label(step).is_checked()
    page.get_by_label(why).check()
    press(page, "Move the case")
    read(page, "Case moved to")


# Letters that the school sends itself


def log_letter(
    page: Page, *, way: str = "By post", to: tuple[str, ...] = (MOTHER,), meeting: str = ""
) -> None:
    """On the page to log a letter, with the letter chosen: it went to these today.

    meeting  the planned meeting that it invites to, where the page does not know
    """
    assert page.locator("[name=letter]:checked").count() == 1
    if meeting:
        page.get_by_role("radio", name=meeting).check()
    for name in to:
        page.get_by_role("checkbox", name=name).check()
    page.get_by_label(way, exact=True).check()
    press(page, "Log the letter")
    read(page, "Letter logged" if len(to) == 1 else f"{len(to)} letters logged")


def send_own(page: Page, case: str, letter: str, **sent: object) -> None:
    """Take up a letter for which there is no wording: the school sends its own and logs it."""
    take_up(page, case, f"Send: {letter}")
    log_letter(page, **sent)


def post() -> None:
    """The worker makes the letters that were approved, and hands them over."""
    hand_over_waiting()


# Meetings


def arrange(page: Page, kind: str, day: tuple[int, int, int]) -> str:
    """On the page to arrange a meeting: its address."""
    page.get_by_label(kind).check()
    type_day(page, "day", *day)
    page.get_by_label("At what time?").fill("10:00")
    page.get_by_label("Where?").fill("Room 4")
    press(page, "Arrange the meeting")
    read(page, "Meeting arranged. Nobody has been told yet.")
    return page.url


def invite_by_letter(
    page: Page, case: str, letter: str, kind: str, day: tuple[int, int, int], **sent: object
) -> str:
    """The policy proposes a letter that invites: the meeting is arranged, then the letter goes."""
    take_up(page, case, f"Send: {letter}")
    page.get_by_role("link", name="Arrange the meeting first").click()
    assert page.get_by_label(kind).is_checked()
    meeting = arrange(page, kind, day)
    invited_by_letter(page, meeting, letter, **sent)
    return meeting


def invited_by_letter(page: Page, meeting: str, letter: str, **sent: object) -> None:
    """The policy's letter of invitation goes, and counts as the invitation too."""
    page.goto(meeting)
    press(page, "Somebody was invited")
    read(page, letter)
    page.get_by_role("link", name="Log the letter").click()
    assert page.get_by_label(letter).is_checked()
    assert page.locator("[name=meeting]:checked").get_attribute("value") != "none"
    log_letter(page, **sent)


def settle(
    page: Page,
    meeting: str,
    became: str,
    *,
    came: tuple[str, ...],
    decided: str,
    copies: str = "Letter by post",
) -> None:
    """What became of it, its minutes, and the copies that the policy gives, if it gives any."""
    page.goto(meeting)
    press(page, "What became of it")
    page.get_by_label(became).check()
    for name in came:
        page.get_by_label(name).check()
    press(page, "Write it down")
    press(page, "Write the minutes")
    page.get_by_label("Education: what are we worried about?").fill("Mondays")
    if came:
        page.get_by_label("What did the parents say?").fill("Mornings are hard")
    page.get_by_label(decided, exact=True).check()
    press(page, "Keep the minutes")
    read(page, "Minutes kept. Give everybody a copy.")
    if not copies:
        return
    press(page, "Somebody has a copy")
    page.get_by_label(copies).check()
    press(page, "Write it down")
    read(page, "Copies given")


# Plans


def plan(page: Page, case: str, aim: str, *, review: tuple[str, str, str]) -> None:
    """A plan for the policy's review period, where it has one, with both voices and an action."""
    go(page, case, "Plan")
    page.get_by_role("button", name=re.compile("Start a(nother)? plan")).click()
    if any(typed_day(page, "review_on")):
        assert typed_day(page, "review_on") == review
    else:  # the policy names no time
        type_day(page, "review_on", *(int(part) for part in review))
    page.get_by_label("What is the plan for?").fill(aim)
    press(page, "Start the plan")
    press(page, "Add an assessment")
    page.get_by_label("What does the pupil say?").fill("Mornings are hard")
    page.get_by_label("What does a parent say?").fill("The bus is late")
    press(page, "Keep the assessment")
    press(page, "Agree an action")
    page.get_by_label("What will be done?").fill("A check-in at the gate")
    page.get_by_label("Who else?").fill("The tutor")
    type_day(page, "due_on", *(int(part) for part in review))
    press(page, "Save")
    read(page, "A check-in at the gate")


def review(page: Page, case: str, *, improved: bool) -> None:
    """The review at the end of the plan that goes on. No other follows at once."""
    go(page, case, "Plan")
    page.locator("main").get_by_role("link", name=re.compile("^Plan [0-9]")).first.click()
    press(page, "Review the plan")
    page.get_by_label("Who was there?").fill("Robin, the mother, the officer")
    page.get_by_label("What worked?").fill("The check-in")
    page.get_by_label("What happens next?").fill("As the policy says")
    words = "Yes, attendance improved" if improved else "No, or not enough"
    page.get_by_label(words).check()
    page.get_by_label("No: this was the last plan for now").check()
    press(page, "Save")
    read(page, "This plan has ended")


def plan_with_target(page: Page, case: str, aim: str, *, review: tuple[int, int, int]) -> None:
    """A plan with both voices and one target, half days missed, until a day."""
    go(page, case, "Plan")
    page.get_by_role("button", name=re.compile("Start a(nother)? plan")).click()
    page.get_by_label("What is the plan for?").fill(aim)
    for part in ("day", "month", "year"):
        page.locator(f"[name=midway_on_{part}]").fill("")
    type_day(page, "review_on", *review)
    press(page, "Start the plan")
    press(page, "Add an assessment")
    page.get_by_label("What does the pupil say?").fill("Lunch is loud")
    page.get_by_label("What does a parent say?").fill("Mornings are hard")
    press(page, "Keep the assessment")
    press(page, "Set a target")
    page.get_by_label("What will be different?").fill("Mondays in school")
    page.get_by_label("Half days missed").check()
    page.get_by_label("Where does it stand now?").fill("10")
    page.get_by_label("Where should it get to?").fill("0")
    type_day(page, "by", *review)
    press(page, "Save")
    read(page, "Mondays in school")


def review_targets(page: Page, case: str, *, met: bool) -> None:
    """The review at the end of a plan with one target."""
    go(page, case, "Plan")
    page.locator("main").get_by_role("link", name=re.compile("^Plan [0-9]")).first.click()
    press(page, "Review the plan")
    page.get_by_label("Who was there?").fill("The mother, the officer")
    page.get_by_label("What worked?").fill("The walk from the gate")
    page.get_by_label("What happens next?").fill("As the policy says")
    target = page.get_by_role("group", name="Was this target met?")
    target.get_by_label("Yes" if met else "No", exact=True).check()
    page.get_by_label("Yes, attendance improved" if met else "No, or not enough").check()
    page.get_by_label("No: this was the last plan for now").check()
    press(page, "Save")
    read(page, "This plan has ended")


# Contracts


def agree_contract(page: Page, case: str, *, first: tuple[int, int, int], length: int) -> None:
    """A contract, offered to the mother and signed on paper in her presence."""
    go(page, case, "Contracts")
    press(page, "Offer a contract")
    page.get_by_label(MOTHER).check()
    type_day(page, "starts_on", *first)
    page.get_by_label("How long is it for?").fill(str(length))
    page.get_by_label("Which attendance is to be reached?").fill("95")
    page.get_by_label("What will the parent do?").fill("Ring on a first day away")
    page.get_by_label("What will the school do?").fill("A check-in each Monday")
    press(page, "Offer this contract")
    press(page, "Record the meeting")
    page.get_by_role("group", name="Which parents were there?").get_by_role("checkbox").check()
    page.get_by_role("group", name="Who signed on paper").get_by_label(MOTHER).check()
    press(page, "Save the meeting")
    read(page, "Meeting recorded")


def finish_contract(page: Page, case: str, came: str, how: str) -> None:
    """What came of the contract: the target was met, or there was not enough improvement."""
    go(page, case, "Contracts")
    page.get_by_role("table", name="Contracts").get_by_role("link").first.click()
    press(page, f"Finish: {came}")
    page.get_by_label("How did it go?").fill(how)
    press(page, "Save")


# Checklists and the doors of the law


def door(page: Page, case: str, step: str, lists: str) -> str:
    """How a gate stands on the page of checklists: "All shown", or how much is missing."""
    go(page, case, "Checklists")
    row = page.get_by_role("row", name=f"Before {step}").filter(has_text=lists)
    return row.get_by_role("cell").first.inner_text().strip()


def item(page: Page, checklist: str, words: str) -> Locator:
    """One item of a checklist on its page; of any list where none is named."""
    section = page.locator("section")
    if checklist:
        section = section.filter(has=page.get_by_role("heading", name=checklist))
    return section.locator("li.govuk-task-list__item").filter(has_text=words)


def state(page: Page, case: str, checklist: str, words: str, how: str) -> None:
    """A named person's statement on an item that no record can show."""
    go(page, case, "Checklists")
    item(page, checklist, words).get_by_role("link", name="State it").click()
    page.get_by_label("It was done").check()
    page.locator("[name=words]").fill(how)
    press(page, "Save the statement")
    read(page, "Your statement is on file")


def state_rest(page: Page, case: str, checklist: str) -> None:
    """A named person's statement on each item of a list that has no record yet."""
    while True:
        go(page, case, "Checklists")
        missing = item(page, checklist, "Missing")
        if not missing.count():
            return
        missing.first.get_by_role("link", name="State it").click()
        page.get_by_label("It was done").check()
        page.locator("[name=words]").fill("Done by the school; the file holds it")
        press(page, "Save the statement")
        read(page, "Your statement is on file")


def refer(page: Page, case: str, form: str) -> None:
    """A referral form of the policy, written and sent to the council."""
    go(page, case, "Referrals")
    page.get_by_role("button", name=re.compile(f"Begin.*{form}")).click()
    for box in page.locator("main form textarea").all():
        if not box.input_value():
            box.fill("As the plan and the minutes say.")
    press(page, "Save and go on")
    why = page.get_by_label("Why do you send it all the same?")
    if why.count():
        why.fill("Everybody around the family asks for it.")
    press(page, "Send to the council")
    read(page, "It is the turn of the council.")


def council_answers(page: Page, cast: Cast, event: str, words: str, team: str = "") -> None:
    """On the council's page: what it does with the pupil's referral."""
    page.goto("/la/990/referrals/")
    page.get_by_role("link", name=cast.pupil.name).first.click()
    page.locator(f"[name=event][value={event}]").check()
    if team:
        page.select_option("[name=team]", team)
    page.get_by_label("What do you want to say?").fill(words)
    press(page, "Answer the school")
    read(page, words)


def close(page: Page, case: str, shows: str) -> None:
    """Attendance is good again: close the case."""
    go(page, case)
    page.get_by_role("link", name="Close the case").first.click()
    page.get_by_label("Attendance is good again").check()
    page.get_by_label("What shows it?").fill(shows)
    press(page, "Close the case")
    read(page, f"Attendance is good again. {shows}")
