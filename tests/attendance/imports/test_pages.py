"""Importing by browser: upload, columns, check, import, result, undo. No script is needed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance.models import CodeMapping, ImportBatch, ImportState, RegisterTaken
from attendance.services.imports import jobs as import_jobs
from audit.models import Event
from authorities.models import Job
from authorities.permissions import Role
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn
from tests.cast import sign_in

GOOD = long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "I"))
BAD = long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "7"))


@pytest.fixture
def officer(cast, client):
    open_school(cast)
    roll(cast, 3)
    return sign_in(client, cast.officer)


def address(page, **more):
    return reverse(f"attendance:{page}", kwargs={"la": "990", **more})


def upload(client, cast, text, layout="long"):
    sent = SimpleUploadedFile("week 1.csv", text.encode(), "text/csv")
    return client.post(
        address("import_new"), {"school": cast.hillside.pk, "layout": layout, "file": sent}
    )


def the_batch() -> ImportBatch:
    return ImportBatch.objects.latest("pk")


def run(work, **options) -> None:
    """Do the newest job as the worker would."""
    work(Job.objects.latest("pk"), today=TODAY, **options)


def checked(client, cast, text, **columns) -> ImportBatch:
    """Upload, choose the columns and let the worker check."""
    upload(client, cast, text)
    batch = the_batch()
    page = address("import_mapping", reference=batch.reference)
    form = client.get(page).context["form"]
    answers = {name: form[name].value() or "" for name in form.fields}
    response = client.post(page, {**answers, **columns})
    assert response.status_code == 302, response.context["form"].errors
    run(import_jobs.check)
    return the_batch()


def test_a_file_goes_from_upload_to_register_and_back(cast, officer):
    batch = checked(officer, cast, GOOD)
    here = address("import_batch", reference=batch.reference)

    page = officer.get(here).content.decode()
    assert "2 rows were checked. Nothing was imported." in page
    assert "new marks" in page

    officer.post(address("import_take", reference=batch.reference))
    run(import_jobs.take, now=NOW)
    page = officer.get(here).content.decode()
    assert "Imported: 2 new marks, 0 changed." in page
    assert "within a minute" in page
    assert page.index("Go to the worklist") < page.index("About the file")
    assert page.index("About the file") < page.index("Undo this import")
    assert RegisterTaken.objects.count() == 1

    undo = address("import_undo", reference=batch.reference)
    assert "This file wrote 2 new marks, 0 changed." in officer.get(undo).content.decode()
    assert "Say why you are undoing" in officer.post(undo, {"reason": ""}).content.decode()
    officer.post(undo, {"reason": "The wrong week"})
    page = officer.get(here).content.decode()
    assert page.count("2 marks are as they were before the import.") == 1
    assert "Nothing was imported" not in page
    assert "new marks" not in page
    assert "Go to the worklist" not in page
    kinds = Event.objects.filter(kind__startswith="import").values_list("kind", flat=True)
    assert sorted(kinds) == ["import.checked", "import.taken", "import.undone"]


def test_the_columns_page_shows_the_first_rows_and_asks_for_the_order_of_dates(cast, officer):
    upload(officer, cast, GOOD.replace("2026-09-02", "02/09/2026"))
    page = address("import_mapping", reference=the_batch().reference)

    shown = officer.get(page)
    assert upn(1) in shown.content.decode()
    assert shown.context["form"]["column_mark"].value() == "Mark"
    answers = {
        f"column_{name}": title
        for name, title in (
            ("upn", "UPN"),
            ("day", "Date"),
            ("session", "Session"),
            ("mark", "Mark"),
        )
    }
    refused = officer.post(page, answers)
    assert "Select whether the day or the month comes first" in refused.content.decode()

    officer.post(page, {**answers, "order": "day first", "name": "School Manager"})
    run(import_jobs.check)
    assert the_batch().report["marks"]["new"] == 2
    assert the_batch().source.options["order"] == "day first"


def test_totals_are_asked_about_only_where_a_column_is_left_for_them(cast, officer):
    def asked(text):
        upload(officer, cast, text)
        shown = officer.get(address("import_mapping", reference=the_batch().reference))
        return [name for name in shown.context["form"].fields if "percent" in name]

    spare = GOOD.replace("Mark\r\n", "Mark,Overall\r\n").replace("/\r\n", "/,100\r\n")
    share = GOOD.replace("Mark\r\n", "Mark,Attendance %\r\n").replace("/\r\n", "/,100\r\n")

    assert asked(GOOD) == []
    assert len(asked(spare)) == 4
    assert asked(share) == ["column_attended_percent"]


def test_a_column_chosen_twice_is_refused_beside_the_column(cast, officer):
    upload(officer, cast, GOOD)
    page = address("import_mapping", reference=the_batch().reference)

    response = officer.post(
        page,
        {
            "column_upn": "UPN",
            "column_day": "Date",
            "column_session": "Date",
            "column_mark": "Mark",
        },
    )

    assert response.context["form"].errors["column_session"] == [
        "The column “Date” is chosen twice."
    ]


def test_a_remembered_layout_offers_the_check_above_the_columns_too(cast, officer):
    checked(officer, cast, GOOD)
    upload(officer, cast, GOOD)
    page = address("import_mapping", reference=the_batch().reference)

    shown = officer.get(page).content.decode()

    assert shown.index("We remember this layout") < shown.index('form="columns"')
    assert shown.index('form="columns"') < shown.index('id="columns"')
    assert shown.count("Check the file") == 2


def test_each_kind_of_file_says_what_stands_in_it(cast, officer):
    shown = officer.get(address("import_new")).content.decode()

    assert shown.count('class="govuk-hint govuk-radios__hint"') == shown.count('type="radio"')


def test_an_unreadable_file_is_refused_on_the_upload_page(cast, officer):
    response = upload(officer, cast, "%PDF-1.7 not a table")

    assert "This is a PDF, not a CSV file." in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_unknown_marks_wait_until_a_person_says_what_they_mean(cast, officer):
    batch = checked(officer, cast, BAD)
    page = officer.get(address("import_batch", reference=batch.reference)).content.decode()
    assert "Marks we do not know" in page
    codes = address("import_codes", reference=batch.reference)
    assert "“7” (once)" in officer.get(codes).content.decode()
    assert officer.get(codes).context["form"]["mark_0"].value() is None

    officer.post(codes, {"mark_0": "I"})
    run(import_jobs.check)

    assert the_batch().report["rows"]["refused"] == 0
    assert CodeMapping.objects.get().code == "I"


def test_refused_rows_need_a_decision_before_the_rest_goes_in(cast, officer):
    batch = checked(officer, cast, BAD)
    take = address("import_take", reference=batch.reference)

    assert "Select the box to import the rest" in officer.post(take, follow=True).content.decode()
    assert the_batch().state == ImportState.CHECKED
    officer.post(take, {"leave_out": "on"})
    run(import_jobs.take, now=NOW)

    assert the_batch().report["written"] == {"new": 1, "changed": 0}


def test_a_second_import_of_the_same_check_does_nothing(cast, officer):
    batch = checked(officer, cast, GOOD)
    take = address("import_take", reference=batch.reference)
    officer.post(take)

    assert "is not waiting to be imported" in officer.post(take, follow=True).content.decode()


def test_a_file_that_is_not_wanted_is_put_aside(cast, officer):
    batch = checked(officer, cast, GOOD)

    officer.post(address("import_discard", reference=batch.reference))

    assert the_batch().state == ImportState.DISCARDED
    page = officer.post(address("import_check", reference=batch.reference), follow=True)
    assert "already settled" in page.content.decode()


def test_a_held_file_is_released_with_a_reason(cast, officer):
    totals = f"UPN,2026-09-02 AM,Possible\n{upn(1)},/,2\n"
    batch = send(cast, "dated", totals, by=cast.reach(cast.officer)).batch
    here = address("import_batch", reference=batch.reference)
    assert "Held: nothing of this file is used yet" in officer.get(here).content.decode()
    release = address("import_release", reference=batch.reference)

    officer.post(release, {"reason": " "})
    assert the_batch().state == ImportState.HELD
    officer.post(release, {"reason": "The system counts the closed afternoon"})
    run(import_jobs.take, now=NOW)

    assert the_batch().state == ImportState.TAKEN
    assert RegisterTaken.objects.count() == 1


def test_lists_of_imports_problems_changes_and_totals(cast, officer):
    send(cast, "long", GOOD)
    batch = send(
        cast, "long", long_file((2, "2026-09-02", "AM", "M"), (9, "x", "AM", "=1+1"))
    ).batch

    listed = officer.get(address("imports")).content.decode()
    assert listed.count("marks.csv") == 2
    problems = address("import_problems", reference=batch.reference)
    assert "This is not a date" in officer.get(problems).content.decode()
    csv = officer.get(f"{problems}?export=csv").content.decode("utf-8-sig")
    assert "This is not a date" in csv
    changes = officer.get(address("import_changes", reference=batch.reference)).content.decode()
    assert "Robin" in changes
    assert "2 September 2026" in changes
    totals = officer.get(address("import_totals", reference=batch.reference)).content.decode()
    assert "Robin" in totals


def test_names_and_sensitive_codes_are_only_for_those_who_may_see_them(cast, client):
    open_school(cast)
    pupils = roll(cast, 3)
    send(cast, "long", GOOD)
    batch = send(cast, "long", long_file((2, "2026-09-02", "AM", "M"))).batch
    changes = address("import_changes", reference=batch.reference)
    totals = address("import_totals", reference=batch.reference)

    office = sign_in(client, cast.officer).get(changes).content.decode()
    assert pupils[1].name in office
    assert ">M<" in office
    administrator = sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))
    for page in (changes, totals):
        shown = administrator.get(page).content.decode()
        assert pupils[1].name not in shown
        assert pupils[1].reference in shown
        assert ">M<" not in shown


def test_what_an_undo_leaves_alone_is_listed(cast, officer):
    batch = send(cast, "long", GOOD).batch
    send(cast, "long", long_file((2, "2026-09-02", "AM", "M")))

    officer.post(address("import_undo", reference=batch.reference), {"reason": "Wrong week"})

    page = officer.get(address("import_batch", reference=batch.reference)).content.decode()
    assert "Marks that were changed since, and stay" in page
    assert "2 September 2026" in page


def test_a_formula_in_a_file_leaves_as_text(cast, officer):
    batch = send(cast, "long", long_file((1, "2026-09-02", "AM", "=1+1"))).batch

    page = address("import_problems", reference=batch.reference)

    assert ",'=1+1," in officer.get(f"{page}?export=csv").content.decode("utf-8-sig")


PAGES = ["import_batch", "import_mapping", "import_codes", "import_problems", "import_changes",
         "import_totals", "import_undo"]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_file_is_for_those_who_may_import_at_its_school(cast, client, page):
    open_school(cast)
    roll(cast, 3)
    batch = send(cast, "long", GOOD).batch
    here = address(page, reference=batch.reference)

    for user, status in (
        (cast.officer, 200 if page != "import_mapping" else 302),
        (cast.person(Role.ATTENDANCE_OFFICER, "brook"), 404),
        (cast.person(Role.TUTOR, "hillside"), 404),
        (cast.stranger, 404),
    ):
        assert sign_in(client, user).get(here).status_code == status


def test_nobody_without_the_permission_sees_the_list(cast, client):
    assert (
        sign_in(client, cast.person(Role.TUTOR, "hillside")).get(address("imports")).status_code
        == 403
    )


def test_progress_is_shown_while_the_worker_works(cast, officer):
    upload(officer, cast, GOOD)
    batch = the_batch()
    form = officer.get(address("import_mapping", reference=batch.reference)).context["form"]
    answers = {name: form[name].value() or "" for name in form.fields}
    officer.post(address("import_mapping", reference=batch.reference), answers)
    here = address("import_batch", reference=batch.reference)

    assert "Waiting for its turn" in officer.get(here).content.decode()
    assert "hx-get" in officer.get(here, headers={"HX-Request": "true"}).content.decode()
    run(import_jobs.check)
    refreshed = officer.get(here, headers={"HX-Request": "true"})
    assert refreshed["HX-Refresh"] == "true"
