"""The gates before legal steps, of a case and of a pupil, and who may authorise notices."""

from django.urls import path

from legal.views import gates, officers

CASE = "legal/cases/<slug:reference>/"
PUPIL = "legal/pupils/<slug:reference>/"
STATEMENT = "<slug:step>/statement/<str:test>/"
OF_CASE, OF_PUPIL = {"of": "case"}, {"of": "pupil"}

urlpatterns = [
    path(CASE, gates.case, name="case"),
    path(f"{CASE}gates.pdf", gates.gates_pdf, OF_CASE, name="case_gates_pdf"),
    path(
        CASE + STATEMENT,
        gates.gate_state,
        OF_CASE,
        name="case_gate_state",
    ),
    path(f"{CASE}circumstances/", gates.brake, OF_CASE, name="case_brake"),
    path(f"{CASE}<slug:step>/past/", gates.override_ask, OF_CASE, name="case_override_ask"),
    path(f"{CASE}<slug:step>/tasks/", gates.gate_tasks_page, name="case_gate_tasks"),
    path(PUPIL, gates.pupil, name="pupil"),
    path(f"{PUPIL}gates.pdf", gates.gates_pdf, OF_PUPIL, name="pupil_gates_pdf"),
    path(
        PUPIL + STATEMENT,
        gates.gate_state,
        OF_PUPIL,
        name="pupil_gate_state",
    ),
    path(f"{PUPIL}circumstances/", gates.brake, OF_PUPIL, name="pupil_brake"),
    path(f"{PUPIL}<slug:step>/past/", gates.override_ask, OF_PUPIL, name="pupil_override_ask"),
    path("legal/past/<slug:reference>/", gates.override, name="override"),
    path("legal/officers/", officers.officers, name="officers"),
    path("legal/officers/name/<slug:urn>/", officers.officer_name, name="officer_name"),
    path("legal/officers/<int:pk>/end/", officers.officer_end, name="officer_end"),
]
