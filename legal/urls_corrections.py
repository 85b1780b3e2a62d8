"""What rests on marks that were corrected."""

from django.urls import path

from legal.views import corrections

urlpatterns = [
    path("legal/checks/", corrections.rechecks, name="rechecks"),
    path("legal/checks/<slug:reference>/", corrections.recheck, name="recheck"),
]
