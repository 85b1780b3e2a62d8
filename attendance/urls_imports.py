"""The pages of imports, under /la/<code>/imports/. Included by attendance.urls."""

from django.urls import path

from attendance.views.imports import arriving, batch, codes, deciding, lists, pupils

BATCH = "imports/<slug:reference>/"

urlpatterns = [
    path("imports/", arriving.imports, name="imports"),
    path("imports/new/", arriving.import_new, name="import_new"),
    path(BATCH, batch.import_batch, name="import_batch"),
    path(f"{BATCH}columns/", arriving.import_mapping, name="import_mapping"),
    path(f"{BATCH}check/", deciding.import_check, name="import_check"),
    path(f"{BATCH}codes/", codes.import_codes, name="import_codes"),
    path(f"{BATCH}pupils/", pupils.import_pupils, name="import_pupils"),
    path(f"{BATCH}pupils/<slug:key>/", pupils.import_pupil, name="import_pupil"),
    path(
        f"{BATCH}pupils/<slug:key>/is/<slug:pupil>/",
        pupils.import_pupil_confirm,
        name="import_pupil_confirm",
    ),
    path(
        f"{BATCH}pupils/<slug:key>/take-back/",
        pupils.import_pupil_unname,
        name="import_pupil_unname",
    ),
    path(f"{BATCH}problems/", lists.import_problems, name="import_problems"),
    path(f"{BATCH}changes/", lists.import_changes, name="import_changes"),
    path(f"{BATCH}totals/", lists.import_totals, name="import_totals"),
    path(f"{BATCH}take/", deciding.import_take, name="import_take"),
    path(f"{BATCH}release/", deciding.import_release, name="import_release"),
    path(f"{BATCH}discard/", deciding.import_discard, name="import_discard"),
    path(f"{BATCH}undo/", deciding.import_undo, name="import_undo"),
]
