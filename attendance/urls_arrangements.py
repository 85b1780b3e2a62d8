"""What is agreed before a register: arrangements, leave, part-time timetables, medical evidence."""

from django.urls import path

from attendance.views import arrangements, arrangements_evidence, dual, leave, part_time

PUPIL = "pupils/<slug:reference>/"

urlpatterns = [
    path("arrangements/", arrangements.arrangements, name="arrangements"),
    path("arrangements/add/", arrangements.arrangement_add, name="arrangement_add"),
    path("arrangements/add/<slug:kind>/", arrangements.arrangement_new, name="arrangement_new"),
    path("arrangements/<slug:reference>/", arrangements.arrangement, name="arrangement"),
    path(
        "arrangements/<slug:reference>/end/", arrangements.arrangement_end, name="arrangement_end"
    ),
    path(f"{PUPIL}arrangements/", arrangements.pupil_arrangements, name="pupil_arrangements"),
    path("leave/", leave.leave, name="leave"),
    path("leave/form/", leave.leave_form, name="leave_form"),
    path(f"{PUPIL}leave/add/", leave.leave_add, name="leave_add"),
    path("leave/<slug:reference>/", leave.leave_request, name="leave_request"),
    path("leave/<slug:reference>/correct/", leave.leave_correct, name="leave_correct"),
    path("leave/<slug:reference>/decide/", leave.leave_decide, name="leave_decide"),
    path("leave/<slug:reference>/withdraw/", leave.leave_withdraw, name="leave_withdraw"),
    path("leave/<slug:reference>/return/", leave.leave_return, name="leave_return"),
    path("part-time/", part_time.part_time, name="part_time"),
    path(f"{PUPIL}part-time/add/", part_time.part_time_add, name="part_time_add"),
    path("part-time/<slug:reference>/", part_time.part_time_one, name="part_time_one"),
    path("part-time/<slug:reference>/review/", part_time.part_time_review, name="part_time_review"),
    path(
        "part-time/<slug:reference>/council/", part_time.part_time_council, name="part_time_council"
    ),
    path("medical-evidence/", arrangements_evidence.evidence, name="evidence"),
    path(f"{PUPIL}medical-evidence/add/", arrangements_evidence.evidence_add, name="evidence_add"),
    path(
        "medical-evidence/<slug:reference>/",
        arrangements_evidence.evidence_request,
        name="evidence_request",
    ),
    path("two-schools/", dual.dual, name="dual"),
    path(f"{PUPIL}two-schools/", dual.pupil_dual, name="pupil_dual"),
]
