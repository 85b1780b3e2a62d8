"""The checklists of a case."""

from django.urls import path

from cases.views import checklists

CASE = "cases/<slug:reference>/checklists"

urlpatterns = [
    path(f"{CASE}/", checklists.checklists, name="checklists"),
    path(f"{CASE}/statement/", checklists.checklist_state, name="checklist_state"),
    path(f"{CASE}.csv", checklists.checklists_csv, name="checklists_csv"),
    path(f"{CASE}.pdf", checklists.checklists_pdf, name="checklists_pdf"),
]
