"""What applies to a pupil, and what applied when a case was opened."""

from django.urls import path

from cases.views import policies

urlpatterns = [
    path("pupils/<slug:reference>/policy/", policies.pupil_policy, name="pupil_policy"),
    path("cases/<slug:reference>/policy/", policies.policy, name="policy"),
]
