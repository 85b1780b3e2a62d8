"""/api/v1/la/<code>/: reading only."""

from typing import Any

from django.urls import path

from attendance import api

READ: dict[str, Any] = {"get": "list"}

urlpatterns = [
    path("schools/", api.Schools.as_view(READ), name="api-schools"),
    path("pupils/", api.Pupils.as_view(READ), name="api-pupils"),
    path("standings/", api.Standings.as_view(READ), name="api-standings"),
    path("crossings/", api.Crossings.as_view(READ), name="api-crossings"),
    path("jobs/", api.Jobs.as_view(READ), name="api-jobs"),
    path("jobs/<slug:reference>/", api.Jobs.as_view({"get": "retrieve"}), name="api-job"),
]
