"""Registers that are taken here, under /la/<code>/registers/. Included by attendance.urls."""

from django.urls import path

from attendance.views import register_lists, register_times, taking

SCHOOL = "registers/<slug:urn>/"

urlpatterns = [
    path("registers/", register_lists.registers, name="registers"),
    path("registers/missing/", register_lists.missing, name="registers_missing"),
    path(f"{SCHOOL}times/", register_times.times, name="register_times"),
    path(f"{SCHOOL}groups/", register_times.groups, name="register_groups"),
    path(f"{SCHOOL}groups/<path:group>/", register_times.group, name="register_group"),
    path(f"{SCHOOL}<slug:day>/<slug:half>/<path:group>/", taking.register, name="register"),
]
