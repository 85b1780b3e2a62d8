"""Rolls: leaving, coming back, moving up at the end of a year, and histories from elsewhere."""

from django.urls import path

from attendance.views import transfers, yearend, yearend_leaving

PUPIL = "pupils/<slug:reference>/"
ONE = "year-end/<slug:reference>/"

urlpatterns = [
    path(f"{PUPIL}rolls/", transfers.pupil_rolls, name="pupil_rolls"),
    path(f"{PUPIL}rolls/leaving/", yearend_leaving.pupil_leaving, name="pupil_leaving"),
    path(
        f"{PUPIL}rolls/leaving/<slug:leaving>/undo/",
        yearend_leaving.pupil_leaving_undo,
        name="pupil_leaving_undo",
    ),
    path(f"{PUPIL}rolls/again/", yearend_leaving.pupil_again, name="pupil_again"),
    path(f"{PUPIL}rolls/file/", transfers.pupil_history_file, name="pupil_history_file"),
    path(f"{PUPIL}rolls/add/", transfers.pupil_history_add, name="pupil_history_add"),
    path(f"{PUPIL}rolls/former/<slug:history>/", transfers.pupil_history, name="pupil_history"),
    path("schools/<slug:urn>/year-end/", yearend.year_end, name="year_end"),
    path(ONE, yearend.year_end_one, name="year_end_one"),
    path(f"{ONE}groups/", yearend.year_end_groups, name="year_end_groups"),
    path(f"{ONE}pupils/<int:row>/", yearend.year_end_row, name="year_end_row"),
    path(f"{ONE}confirm/", yearend.year_end_confirm, name="year_end_confirm"),
    path(f"{ONE}discard/", yearend.year_end_discard, name="year_end_discard"),
    path(f"{ONE}undo/", yearend.year_end_undo, name="year_end_undo"),
]
