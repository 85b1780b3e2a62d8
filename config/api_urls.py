"""/api/v1/: read-only so far; changes are named actions."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("la/<slug:la>/", include("attendance.api_urls")),
]
