"""The pages of imports, under /la/<code>/imports/. Included by attendance.urls."""

from django.urls import path

from attendance.views import imports

BATCH = "imports/<slug:reference>/"

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path(BATCH, imports.import_batch, name="import_batch"),
    path(f"{BATCH}columns/", imports.import_mapping, name="import_mapping"),
    path(f"{BATCH}check/", imports.import_check, name="import_check"),
    path(f"{BATCH}codes/", imports.import_codes, name="import_codes"),
    path(f"{BATCH}problems/", imports.import_problems, name="import_problems"),
    path(f"{BATCH}changes/", imports.import_changes, name="import_changes"),
    path(f"{BATCH}totals/", imports.import_totals, name="import_totals"),
    path(f"{BATCH}take/", imports.import_take, name="import_take"),
    path(f"{BATCH}release/", imports.import_release, name="import_release"),
    path(f"{BATCH}discard/", imports.import_discard, name="import_discard"),
    path(f"{BATCH}undo/", imports.import_undo, name="import_undo"),
]
