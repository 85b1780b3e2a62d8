"""The family of a case, and questions between schools."""

from django.urls import path

from cases.views import family

urlpatterns = [
    path("cases/<slug:reference>/family/", family.family, name="family"),
    path("cases/<slug:reference>/family/<slug:sibling>/", family.family_ask, name="family_ask"),
    path("sibling-questions/", family.sibling_requests, name="sibling_requests"),
    path("sibling-questions/<slug:reference>/", family.sibling_request, name="sibling_request"),
]
