"""Schools, their calendars, and the authority's own calendar."""

from django.urls import path

from attendance.views import calendars, schools

SCHOOL = "schools/<slug:urn>/calendar/"
OWN = "calendar/"

urlpatterns = [
    path("schools/", schools.schools, name="schools"),
    path("schools/<slug:urn>/", schools.school, name="school"),
    path(SCHOOL, calendars.calendar, name="calendar"),
    path(f"{SCHOOL}<int:year>/", calendars.calendar_year, name="calendar_year"),
    path(f"{SCHOOL}<int:year>/copy/", calendars.calendar_copy, name="calendar_copy"),
    path(f"{SCHOOL}<int:year>/import/", calendars.calendar_import, name="calendar_import"),
    path(f"{SCHOOL}<int:year>/terms/add/", calendars.calendar_term, name="calendar_term_add"),
    path(f"{SCHOOL}<int:year>/terms/<int:term>/", calendars.calendar_term, name="calendar_term"),
    path(f"{SCHOOL}<int:year>/days/add/", calendars.calendar_day, name="calendar_day_add"),
    path(f"{SCHOOL}<int:year>/days/<int:day>/", calendars.calendar_day, name="calendar_day"),
    path(OWN, calendars.calendar, name="authority_calendar"),
    path(f"{OWN}<int:year>/", calendars.calendar_year, name="authority_calendar_year"),
    path(f"{OWN}<int:year>/import/", calendars.calendar_import, name="authority_calendar_import"),
    path(
        f"{OWN}<int:year>/terms/add/", calendars.calendar_term, name="authority_calendar_term_add"
    ),
    path(
        f"{OWN}<int:year>/terms/<int:term>/",
        calendars.calendar_term,
        name="authority_calendar_term",
    ),
    path(f"{OWN}<int:year>/days/add/", calendars.calendar_day, name="authority_calendar_day_add"),
    path(f"{OWN}<int:year>/days/<int:day>/", calendars.calendar_day, name="authority_calendar_day"),
]
