"""An officer imports a file in a real browser; each state of the page is accessible and fits."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from attendance.models import ImportBatch, Pupil
from attendance.services.imports import jobs as import_jobs
from authorities.models import Job
from authorities.tenancy import scope
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]

MIXED = long_file(
    (1, "02/09/2026", "AM", "/"),
    (2, "02/09/2026", "AM", "I"),
    (3, "02/09/2026", "AM", "7"),
    (1, "05/09/2026", "AM", "/"),
)


@pytest.fixture
def shot(tmp_path):
    """Keeps what each page looks like, for whoever wants to see why a test failed."""
    return lambda page, name: page.screenshot(path=tmp_path / f"{name}.png", full_page=True)


@pytest.fixture
def school(live_cast):
    with scope(live_cast.ids):
        open_school(live_cast)
        roll(live_cast, 3)
    return live_cast


def work(cast, job, **options):
    """What the worker would do with the newest job."""
    with scope([cast.northmoor.pk]):
        newest = Job.objects.latest("pk")
        Job.objects.filter(pk=newest.pk).update(state="done")
        job(newest, today=TODAY, **options)


def problems_of(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    wrong = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return wrong + ([f"{wide} pixels wide"] if wide > page.viewport_size["width"] else [])


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1280, True), (1280, False)])
def test_an_officer_imports_a_file(page_for, school, width, scripts, tmp_path, shot):
    file = tmp_path / "week.csv"
    file.write_text(MIXED, encoding="utf-8")
    page = page_for(school.officer, width=width, scripts=scripts)
    check = problems_of if scripts else lambda page: []

    page.goto(reverse("attendance:import_new", kwargs={"la": "990"}))
    shot(page, f"new-{width}")
    assert check(page) == []
    page.get_by_label("Marks: one row for each pupil, date and session").check()
    page.get_by_label("The file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    shot(page, f"columns-{width}")
    assert check(page) == []
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("heading", name="There is a problem").wait_for()
    page.get_by_label("The day: 3 September 2026").check()
    page.get_by_role("button", name="Check the file").click()
    page.get_by_text("Waiting for its turn").first.wait_for()
    shot(page, f"progress-{width}")
    work(school, import_jobs.check)
    if scripts:
        page.get_by_text("4 rows were checked.").wait_for()
    else:
        page.reload()
    shot(page, f"checked-{width}")
    assert check(page) == []
    page.get_by_role("link", name="Say what they mean").click()
    shot(page, f"codes-{width}")
    assert check(page) == []
    page.get_by_label("“7” (once)").select_option("I")
    page.get_by_role("button", name="Save and check again").click()
    work(school, import_jobs.check)
    page.goto(page.url)
    page.get_by_role("link", name="Marks on days without school").click()
    shot(page, f"problems-{width}")
    page.go_back()
    page.get_by_label("Import the rest and leave these rows out").check()
    page.get_by_role("button", name="Import", exact=True).click()
    work(school, import_jobs.take, now=NOW)
    page.goto(page.url)
    page.get_by_text("Imported: 3 new marks, 0 changed. 1 row was left out.").wait_for()
    shot(page, f"taken-{width}")
    assert check(page) == []
    page.get_by_role("button", name="Undo this import").click()
    shot(page, f"undo-{width}")
    assert check(page) == []
    page.get_by_label("Why are you undoing this import?").fill("The wrong week")
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_text("3 marks are as they were before the import.").wait_for()
    shot(page, f"undone-{width}")
    assert check(page) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_a_held_file_and_the_lists(page_for, school, width, shot):
    with scope([school.northmoor.pk]):
        send(school, "long", long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "I")))
        send(school, "long", long_file((1, "2026-09-02", "AM", "M"), (2, "x", "AM", "=1")))
        totals = f"UPN,2026-09-02 AM,Possible\n{upn(1)},M,2\n"
        send(school, "dated", totals, by=school.reach(school.officer))
        held, refused = ImportBatch.objects.order_by("-pk")[:2]
    page = page_for(school.officer, width=width)

    for name, batch in (
        ("imports", None),
        ("import_batch", held),
        ("import_batch", refused),
        ("import_problems", refused),
        ("import_changes", held),
        ("import_totals", held),
    ):
        more = {"reference": batch.reference} if batch else {}
        page.goto(reverse(f"attendance:{name}", kwargs={"la": "990", **more}))
        shot(page, f"{name}-{batch.state if batch else 'list'}-{width}")
        assert problems_of(page) == []


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1280, True), (1280, False)])
def test_an_officer_says_which_pupil_a_file_means(page_for, school, width, scripts, shot):
    with scope([school.northmoor.pk]):
        text = long_file(
            (1, "2026-09-02", "AM", "/"),
            (upn(900), "2026-09-02", "AM", "I"),
            (upn(900), "2026-09-03", "AM", "/"),
            (upn(900), "2026-09-05", "AM", "/"),
        )
        officer = school.reach(school.officer)
        batch = send(school, "long", text, by=officer, leave_out_refused=True).batch
        send(school, "long", long_file((3, "2026-09-02", "AM", "N")), by=officer)
        third = Pupil.objects.get(upn=upn(3))
    page = page_for(school.officer, width=width, scripts=scripts)
    check = problems_of if scripts else lambda page: []

    page.goto(
        reverse("attendance:import_batch", kwargs={"la": "990", "reference": batch.reference})
    )
    shot(page, f"left-out-{width}")
    page.get_by_role("link", name="Say who they are").click()
    shot(page, f"pupils-{width}")
    assert check(page) == []
    page.get_by_role("link", name=f"UPN {upn(900)}").click()
    page.get_by_label("Name or UPN").fill("example")
    page.get_by_role("button", name="Search").click()
    shot(page, f"found-{width}")
    assert check(page) == []
    page.get_by_role("link", name=third.name).click()
    page.get_by_text("I, now N").wait_for()
    shot(page, f"confirm-{width}")
    assert check(page) == []
    page.get_by_role("button", name="This is the pupil").click()
    page.get_by_role("heading", name="There is a problem").wait_for()
    assert check(page) == []
    page.get_by_label("How do you know that this is the pupil?").fill("The school told us")
    page.get_by_role("button", name="This is the pupil").click()
    page.get_by_text("Imported: 2 new marks, 1 changed.").wait_for()
    shot(page, f"named-{width}")
    assert check(page) == []
    page.get_by_role("link", name="See who").click()
    page.get_by_role("button", name=f"Take back UPN {upn(900)}").wait_for()
    shot(page, f"said-{width}")
    assert check(page) == []
    page.get_by_role("button", name=f"Take back UPN {upn(900)}").click()
    page.goto(
        reverse("attendance:import_pupils", kwargs={"la": "990", "reference": batch.reference})
    )
    page.get_by_text("Every pupil in the file is known.").wait_for()
