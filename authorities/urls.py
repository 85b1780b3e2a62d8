"""Places, people, the audit trail and the progress of long work."""

from django.urls import path

from authorities.views import audit, jobs, people, places, saved_views

app_name = "authorities"
urlpatterns = [
    path("", places.places, name="places"),
    path("trust/<slug:trust>/", places.trust, name="trust"),
    path("la/<slug:la>/people/", people.people, name="people"),
    path("la/<slug:la>/people/invite/", people.invite, name="people_invite"),
    path("la/<slug:la>/people/<int:membership>/", people.change, name="people_change"),
    path("la/<slug:la>/audit/", audit.trail, name="audit"),
    path("la/<slug:la>/views/", saved_views.views, name="views"),
    path("la/<slug:la>/views/keep/", saved_views.keep, name="view_keep"),
    path("la/<slug:la>/views/<int:pk>/", saved_views.change, name="view_change"),
    path("la/<slug:la>/jobs/<slug:reference>/", jobs.job, name="job"),
    path("la/<slug:la>/jobs/<slug:reference>/cancel/", jobs.cancel, name="job_cancel"),
    path("la/<slug:la>/jobs/<slug:reference>/again/", jobs.again, name="job_again"),
]
