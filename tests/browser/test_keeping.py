"""An attendance officer's morning in a real browser: absences, corrections, the register then."""

from datetime import date, time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from attendance.models import MarkChange, PupilFlag, RegisterTimes
from attendance.selectors.registers import marks_of
from attendance.services.registers import record_marks
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.dates import days_between
from tests import factories
from tests.attendance.registers import frame, school_year

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]
MONDAY, TUESDAY = date(2026, 11, 9), date(2026, 11, 10)


@pytest.fixture
def shot(tmp_path):
    """Keeps what each page looks like, for whoever wants to see why a test failed."""
    return lambda page, name: page.screenshot(path=tmp_path / f"{name}.png", full_page=True)


@pytest.fixture
def school(live_cast):
    """Hillside's pupil has been N for two days of November; another was there."""
    with scope(live_cast.ids):
        for year in (2025, 2026):
            school_year(live_cast.hillside, year)
        for half, opens, closes in ((0, time(8, 45), time(9, 10)), (1, time(13), time(13, 25))):
            RegisterTimes.objects.create(
                authority=live_cast.northmoor,
                school=live_cast.hillside,
                session=half,
                starts_on=date(2025, 9, 1),
                opens_at=opens,
                closes_at=closes,
            )
        other = factories.enrolment(factories.pupil(live_cast.northmoor), live_cast.hillside)
        factories.adult(live_cast.pupil, surname="Larchwood", phone="01632 960001")
        rows = [
            (one.pk, day, half, "N" if one == live_cast.enrolment and day.day in (9, 10) else code)
            for one in (live_cast.enrolment, other)
            for day in days_between(date(2026, 11, 3), date(2026, 11, 13))
            if day.weekday() < 5
            for half, code in enumerate("/\\")
        ]
        record_marks(
            school=live_cast.hillside,
            marks=frame(rows),
            batch=None,
            by=live_cast.officer,
            reason="",
            now=timezone.now() - timedelta(days=2),
        )
    return live_cast


def problems_of(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    wrong = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return wrong + ([f"{wide} pixels wide"] if wide > page.viewport_size["width"] else [])


def read(cast, day) -> str:
    with scope(cast.ids):
        return " ".join(mark.code for mark in marks_of(cast.enrolment, day, day))


def address(cast, name, *more):
    return reverse(f"attendance:{name}", args=["990", *more])


def press(page, control):
    """Reach a control with the keyboard alone and press it."""
    control.focus()
    assert control.evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1280, True), (1280, False)])
def test_an_officer_explains_absences_and_corrects_the_register(
    page_for, school, width, scripts, shot
):
    page = page_for(school.officer, width=width, scripts=scripts)
    check = problems_of if scripts else lambda page: []

    # The list: Monday's and Tuesday's N are overdue, and a call finds Tuesday's reason.
    page.goto(address(school, "absences"))
    shot(page, f"absences-{width}")
    assert check(page) == []
    press(page, page.get_by_role("link", name="Log contact about").last)
    shot(page, f"contact-{width}")
    assert check(page) == []
    page.get_by_role("radio", name="Larchwood (mother)").press("Space")
    page.get_by_role("radio", name="Spoke to them").press("Space")
    page.get_by_label("What reason did they give?").fill("A cold")
    page.get_by_role("checkbox", name="Monday 9 November 2026, morning").uncheck()
    page.get_by_role("checkbox", name="Monday 9 November 2026, afternoon").uncheck()
    page.get_by_label("Code for these sessions").select_option("I")
    press(page, page.get_by_role("button", name="Log the contact"))
    page.get_by_text("Contact logged and marks changed.").wait_for()
    assert (read(school, MONDAY), read(school, TUESDAY)) == ("N N", "I I")

    # Nobody knows why on Monday: N becomes O, by a preview.
    page.get_by_role("checkbox", name="To O").first.press("Space")
    press(page, page.get_by_role("button", name="Change ticked rows from N to O"))
    page.get_by_text("Nothing has changed yet.").wait_for()
    shot(page, f"preview-{width}")
    assert check(page) == []
    assert read(school, MONDAY) == "N N"
    press(page, page.get_by_role("button", name="Change the marks"))
    page.get_by_text("Marks changed.").wait_for()
    shot(page, f"done-{width}")
    assert check(page) == []
    assert read(school, MONDAY) == "O O"

    # One mark on its own page, with its history.
    page.goto(address(school, "pupil_session", school.pupil.reference, "2026-11-11", "am"))
    shot(page, f"mark-{width}")
    assert check(page) == []
    page.get_by_label("New code").select_option("B")
    page.get_by_label("Why are you changing it?").fill("At the farm with the class")
    press(page, page.get_by_role("button", name="Change this mark"))
    page.get_by_role("heading", name="There is a problem").wait_for()
    shot(page, f"refused-{width}")
    assert check(page) == []
    page.get_by_label("What is it? (some codes need this)").fill("Farm visit")
    press(page, page.get_by_role("button", name="Change this mark"))
    page.get_by_text("Mark changed. Figures follow within a minute.").wait_for()
    shot(page, f"changed-{width}")
    assert check(page) == []
    assert read(school, date(2026, 11, 11)) == "B \\"

    # The register as it was known yesterday, beside today's.
    page.goto(address(school, "pupil_register", school.pupil.reference))
    yesterday = timezone.localdate() - timedelta(days=1)
    for label, value in (("Day", yesterday.day), ("Month", yesterday.month), ("Year", 2026)):
        page.get_by_label(label, exact=True).fill(str(value))
    press(page, page.get_by_role("button", name="Show", exact=True))
    page.get_by_role("heading", name="What has changed since").wait_for()
    shot(page, f"known-{width}")
    assert check(page) == []
    assert page.get_by_text("5 sessions that read otherwise now").is_visible()

    # The pupil's own page tells of the call.
    page.goto(address(school, "pupil_contacts", school.pupil.reference))
    shot(page, f"contacts-{width}")
    assert check(page) == []
    page.get_by_role("cell", name="A cold").wait_for()


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1280, True), (1280, False)])
def test_a_snow_day_is_previewed_agreed_and_undone(page_for, school, width, scripts, shot):
    page = page_for(school.officer, width=width, scripts=scripts)
    check = problems_of if scripts else lambda page: []

    page.goto(address(school, "correction_new"))
    shot(page, f"many-{width}")
    assert check(page) == []
    for label, value in (("Day", "12"), ("Month", "11"), ("Year", "2026")):
        page.get_by_role("group", name="First day").get_by_label(label).fill(value)
    page.get_by_role("radio", name="Everybody on roll").press("Space")
    page.get_by_label("Code for all of them").select_option("Y4")
    page.get_by_label("Why are these marks changed?").fill("Snow")
    press(page, page.get_by_role("button", name="Show what would change"))
    page.get_by_text("Change 4 marks?").wait_for()
    assert check(page) == []
    press(page, page.get_by_role("button", name="Change the marks"))
    page.get_by_text("Marks changed.").wait_for()
    assert read(school, date(2026, 11, 12)) == "Y4 Y4"
    press(page, page.locator("summary", has_text="Undo this correction"))
    page.get_by_label("Why are you undoing it?").fill("It was Friday")
    press(page, page.get_by_role("button", name="Undo this correction"))
    page.get_by_text("4 marks are as they were before this correction.").wait_for()
    shot(page, f"undone-{width}")
    assert check(page) == []
    assert read(school, date(2026, 11, 12)) == "/ \\"

    # A closure of October is old: it waits, and the head agrees.
    page.goto(address(school, "correction_new"))
    for label, value in (("Day", "2"), ("Month", "10"), ("Year", "2026")):
        page.get_by_role("group", name="First day").get_by_label(label).fill(value)
    page.get_by_role("radio", name="Everybody on roll").press("Space")
    page.get_by_label("Code for all of them").select_option("Y4")
    page.get_by_label("Why are these marks changed?").fill("The heating failed")
    press(page, page.get_by_role("button", name="Show what would change"))
    press(page, page.get_by_role("button", name="Ask a second person"))
    page.get_by_text("Somebody else must agree").wait_for()
    shot(page, f"waiting-{width}")
    assert check(page) == []
    with scope(school.ids):
        change = MarkChange.objects.get(state="waiting")
    head = page_for(school.person(Role.HEADTEACHER, "hillside"), width=width, scripts=scripts)
    head.goto(address(school, "corrections"))
    shot(head, f"corrections-{width}")
    assert check(head) == []
    press(head, head.get_by_role("link", name=change.reference))
    shot(head, f"agree-{width}")
    assert check(head) == []
    press(head, head.get_by_role("button", name="Agree and change the marks"))
    head.get_by_text("You agreed: 4 marks changed.").wait_for()
    assert read(school, date(2026, 10, 2)) == "Y4 Y4"


@pytest.mark.parametrize("width", [320, 1280])
def test_a_social_worker_is_told(page_for, school, width, shot):
    with scope(school.ids):
        PupilFlag.objects.create(
            authority=school.northmoor,
            pupil=school.pupil,
            kind="social worker",
            starts_on=date(2026, 9, 1),
        )
    page = page_for(school.officer, width=width)

    page.goto(address(school, "worker_told", school.pupil.reference) + "?about=2026-11-09")
    shot(page, f"worker-{width}")
    assert problems_of(page) == []
    page.get_by_label("Name or team").fill("Duty team")
    press(page, page.get_by_role("button", name="Save"))
    page.get_by_text("Recorded that they were told.").wait_for()
    page.goto(address(school, "pupil_contacts", school.pupil.reference))
    assert page.get_by_text("Social worker: Duty team, phone call").is_visible()
    assert problems_of(page) == []
