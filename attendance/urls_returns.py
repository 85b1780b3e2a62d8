"""Returns to the council, sightings, and every clock of a pupil."""

from django.urls import path

from attendance.views import clocks, returns, sightings

PUPIL = "pupils/<slug:reference>/"

urlpatterns = [
    path("returns/", returns.returns, name="returns"),
    path("returns/<slug:reference>/", returns.returns_made, name="returns_made"),
    path(f"{PUPIL}returns/<slug:kind>/<slug:day>/", returns.returns_make, name="returns_make"),
    path(f"{PUPIL}long-sickness/", returns.returns_sickness, name="returns_sickness"),
    path("not-seen/", sightings.not_seen, name="not_seen"),
    path(f"{PUPIL}sightings/add/", sightings.sighting_add, name="sighting_add"),
    path(f"{PUPIL}clocks/", clocks.pupil_clocks, name="pupil_clocks"),
]
