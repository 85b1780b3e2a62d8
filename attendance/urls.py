"""The attendance officer's pages, all under /la/<code>/."""

from django.urls import path

from attendance.urls_arrangements import urlpatterns as arrangement_pages
from attendance.urls_calendars import urlpatterns as calendar_pages
from attendance.urls_imports import urlpatterns as import_pages
from attendance.urls_keeping import urlpatterns as keeping_pages
from attendance.urls_registers import urlpatterns as register_pages
from attendance.urls_returns import urlpatterns as return_pages
from attendance.urls_yearend import urlpatterns as year_end_pages
from attendance.views import charts, home, patterns, proof, pupil, pupils

PUPIL = "pupils/<slug:reference>/"

app_name = "attendance"
urlpatterns = [
    path("", home.home, name="home"),
    path("worklist/search/", home.search, name="home_search"),
    path("worklist/seen/", home.seen, name="home_seen"),
    path("worklist/unseen/", home.unseen, name="home_unseen"),
    path("pupils/", pupils.pupils, name="pupils"),
    path("pupils/search/", pupils.search, name="pupils_search"),
    path(PUPIL, pupil.pupil, name="pupil"),
    path(f"{PUPIL}patterns/", patterns.pupil_patterns, name="pupil_patterns"),
    path("patterns/", patterns.group_patterns, name="group_patterns"),
    path(f"{PUPIL}details/", pupil.pupil_details, name="pupil_details"),
    path(f"{PUPIL}change/", pupil.pupil_change, name="pupil_change"),
    path(f"{PUPIL}flags/add/", pupil.pupil_flag_add, name="pupil_flag_add"),
    path(f"{PUPIL}flags/<int:flag>/", pupil.pupil_flag, name="pupil_flag"),
    path(f"{PUPIL}adults/<slug:adult>/", pupil.pupil_adult, name="pupil_adult"),
    path(
        f"{PUPIL}adults/<slug:adult>/change/", pupil.pupil_adult_change, name="pupil_adult_change"
    ),
    path(f"{PUPIL}proof/", proof.pupil_proof, name="pupil_proof"),
    path(f"{PUPIL}register/", proof.pupil_register, name="pupil_register"),
    path(f"{PUPIL}register/<slug:day>/<slug:half>/", proof.pupil_session, name="pupil_session"),
    path(f"{PUPIL}charts/<slug:chart>.svg", charts.pupil_chart, name="pupil_chart"),
    *arrangement_pages,
    *calendar_pages,
    *import_pages,
    *register_pages,
    *keeping_pages,
    *return_pages,
    *year_end_pages,
]
