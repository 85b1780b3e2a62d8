"""A form tutor takes the register: by keyboard alone, without scripts, on a line that breaks."""

from datetime import date, time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from attendance.models import Calendar, Enrolment, GroupTutor, RegisterTimes
from attendance.selectors.registers import marks_of
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.marks import Session
from tests import factories

DRAFTS = "Object.keys(sessionStorage).filter((key) => key.startsWith('onroll-')).length"

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]


@pytest.fixture
def class_of_four(live_cast) -> list[Enrolment]:
    """Hillside's 7B, its tutor, and a register that is open all day: the clock here is real."""
    today = timezone.localdate()
    with scope(live_cast.ids):
        school = live_cast.hillside
        own = {"authority": live_cast.northmoor, "school": school}
        year = today.year if today >= date(today.year, 8, 3) else today.year - 1
        Calendar.objects.create(**own, year=year, sessions=b"\x01" * 742)
        RegisterTimes.objects.create(
            **own, session=0, starts_on=today, opens_at=time(0), closes_at=time(23, 58)
        )
        GroupTutor.objects.create(
            **own,
            registration_group="7B",
            tutor=live_cast.person(Role.TUTOR, "hillside"),
            starts_on=today,
        )
        return [
            factories.enrolment(
                factories.pupil(
                    live_cast.northmoor, surname=f"Alder{n}", sort_name=f"alder{n}", forenames="Jo"
                ),
                school,
                registration_group="7B",
            )
            for n in range(4)
        ]


def codes(cast, enrolments) -> list[str]:
    """What the register holds this morning."""
    today = timezone.localdate()
    with scope(cast.ids):
        found = [marks_of(one, today, today) for one in enrolments]
    return ["".join(m.code for m in marks if m.session is Session.AM) for marks in found]


def violations(page) -> list[str]:
    """What the accessibility checker finds."""
    return [one["id"] for one in Axe().run(page).response["violations"]]


def opened(page_for, cast, scripts: bool = True):
    """The tutor comes to the class from the list of the day."""
    page = page_for(cast.person(Role.TUTOR, "hillside"), scripts=scripts)
    page.goto("/la/990/registers/")
    page.get_by_role("link", name="Take the morning register of 7B").click()
    page.wait_for_selector("form[data-register]")
    return page


def test_a_tutor_takes_the_register_with_the_keyboard_alone(page_for, live_cast, class_of_four):
    page = page_for(live_cast.person(Role.TUTOR, "hillside"))
    page.goto("/la/990/registers/")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Take"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-register]")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || ''").startswith("mark-"):
            break

    page.keyboard.press("p")
    page.keyboard.press("n")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("i")
    page.keyboard.press("l")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.hasAttribute('data-save')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".govuk-notification-banner--success")

    # The officer keeps the reasons: a tutor's page shows a dot, the register holds the code.
    assert codes(live_cast, class_of_four)[:2] == ["/", "I"]
    assert codes(live_cast, class_of_four)[2] in ("/", "L")  # at midnight itself it is in time
    assert "7B" in page.inner_text(".govuk-notification-banner")


def test_a_tutor_takes_the_register_without_scripts(page_for, live_cast, class_of_four):
    one, two, three, _ = (pupil.pk for pupil in class_of_four)
    page = opened(page_for, live_cast, scripts=False)

    page.check(f"#mark-{one}-N")
    page.check(f"#mark-{two}-other")
    page.select_option(f"#other-{two}", "V")
    page.fill(f"#detail-{two}", "Museum of the sea")
    assert not page.is_visible(f"#at-{three}")
    page.check(f"#mark-{three}-late")
    assert page.is_visible(f"#at-{three}")
    page.click("text=Mark everyone else present")
    page.click("[data-save]")
    assert "Enter the time the pupil arrived" in page.inner_text(".govuk-error-summary")
    assert page.is_checked(f"#mark-{one}-N")
    assert page.input_value(f"#detail-{two}") == "Museum of the sea"
    page.fill(f"#at-{three}", "0:01")
    page.click("[data-save]")

    assert "4 marks saved" in page.inner_text(".govuk-notification-banner")
    assert codes(live_cast, class_of_four) == ["N", "V", "L", "/"]


def test_everyone_is_present_with_two_presses(page_for, live_cast, class_of_four):
    page = opened(page_for, live_cast)

    page.click("text=Mark everyone else present")
    assert page.inner_text("[data-count]") == "4 here, 0 not here, 0 without a mark"
    page.click("[data-save]")
    page.wait_for_selector(".govuk-notification-banner--success")

    assert codes(live_cast, class_of_four) == ["/", "/", "/", "/"]


def test_a_save_on_a_broken_line_is_kept_and_tried_again(page_for, live_cast, class_of_four):
    page = opened(page_for, live_cast)
    page.click("text=Mark everyone else present")
    page.check(f"#mark-{class_of_four[0].pk}-N")
    there = page.url

    page.evaluate("() => { window.fetch = async () => { throw new TypeError('no line') } }")
    page.click("[data-save]")

    said = page.locator("[data-said]")
    said.wait_for()
    assert "not saved yet" in said.inner_text()
    assert codes(live_cast, class_of_four) == [""] * 4
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "Alder" not in kept
    assert str(class_of_four[0].pk) in kept

    page.goto(there)
    assert "filled in again" in page.inner_text("[data-said]")
    assert page.is_checked(f"#mark-{class_of_four[0].pk}-N")
    page.click("[data-save]")
    page.wait_for_selector(".govuk-notification-banner--success")

    assert codes(live_cast, class_of_four) == ["N", "/", "/", "/"]
    assert page.evaluate(DRAFTS) == 0


def test_a_draft_goes_with_its_sign_in(page_for, live_cast, class_of_four):
    page = opened(page_for, live_cast)
    page.check(f"#mark-{class_of_four[0].pk}-N")
    assert page.evaluate(DRAFTS) == 1

    page.evaluate("sessionStorage.setItem('onroll-register:another:/x', '{}')")
    page.reload()
    keys = page.evaluate("Object.keys(sessionStorage).join()")
    page.evaluate(
        "document.querySelector('.onroll-header__form')"
        ".addEventListener('submit', (event) => event.preventDefault())"
    )
    page.click("text=Sign out")

    assert "another" not in keys
    assert page.evaluate(DRAFTS) == 0
    assert codes(live_cast, class_of_four) == [""] * 4


def test_a_refused_register_is_accessible_on_a_phone(page_for, live_cast, class_of_four):
    page = page_for(live_cast.person(Role.TUTOR, "hillside"), width=320)
    page.goto(f"/la/990/registers/990001/{timezone.localdate()}/am/7B/")
    page.check(f"#mark-{class_of_four[1].pk}-other")
    page.click("[data-save]")
    page.wait_for_selector(".govuk-error-summary")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_two_people_meet_and_one_chooses(page_for, live_cast, class_of_four):
    page = opened(page_for, live_cast)
    page.check(f"#mark-{class_of_four[0].pk}-N")
    office = page_for(live_cast.officer, scripts=False)
    office.goto(page.url)
    office.check(f"#mark-{class_of_four[0].pk}-I")
    office.click("[data-save]")

    page.click("[data-save]")
    page.wait_for_selector("text=Two people marked the same pupils")
    assert "Keep • Authorised absence, recorded by Attendance officer" in page.inner_text("main")
    assert violations(page) == []
    page.check(f"#mine-{class_of_four[0].pk}")
    page.select_option("#reason", "Corrected while taking the register")
    page.click("text=Save the chosen marks")
    page.wait_for_selector(".govuk-notification-banner--success")

    assert codes(live_cast, class_of_four)[0] == "N"
