"""Notices to Improve: the list, a new one of a case, and each by its own reference."""

from django.urls import path

from legal.views import improvements

CASE = "legal/cases/<slug:reference>/improvement/"
ONE = "legal/improvements/<slug:reference>/"

urlpatterns = [
    path("legal/improvements/", improvements.improvements, name="improvements"),
    path(CASE, improvements.improvement_new, name="improvement_new"),
    path(f"{CASE}none/", improvements.improvement_none, name="improvement_none"),
    path(ONE, improvements.improvement, name="improvement"),
    path(f"{ONE}write/", improvements.improvement_write, name="improvement_write"),
    path(f"{ONE}issue/", improvements.improvement_issue, name="improvement_issue"),
    path(f"{ONE}progress.svg", improvements.improvement_progress, name="improvement_progress"),
    path(f"{ONE}now/<slug:event>/", improvements.improvement_step, name="improvement_step"),
]
