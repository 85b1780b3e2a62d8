"""Requests for penalty notices, and the lane of leave in term time."""

from django.urls import path

from legal.views import leave_lane, requests

ONE = "legal/requests/<slug:reference>/"

urlpatterns = [
    path("legal/requests/", requests.requests, name="requests"),
    path(ONE, requests.request, name="request"),
    path(f"{ONE}write/", requests.request_write, name="request_write"),
    path(f"{ONE}register/", requests.request_register, name="request_register"),
    path(f"{ONE}documents/", requests.request_attach, name="request_attach"),
    path(f"{ONE}documents/<int:pk>/", requests.request_document, name="request_document"),
    path(f"{ONE}declare/", requests.request_declare, name="request_declare"),
    path(f"{ONE}send/", requests.request_send, name="request_send"),
    path(f"{ONE}back/", requests.request_take_back, name="request_take_back"),
    path(f"{ONE}review/", requests.request_review, name="request_review"),
    path(f"{ONE}request.pdf", requests.request_pdf, name="request_pdf"),
    path("legal/cases/<slug:reference>/request/", requests.case_request, name="case_request"),
    path(
        "legal/pupils/<slug:reference>/excluded/",
        leave_lane.request_excluded,
        name="request_excluded",
    ),
    path("legal/leave/", leave_lane.leave_absences, name="leave_absences"),
    path("legal/leave/<slug:reference>/", leave_lane.leave_lane, name="leave_lane"),
    path(
        "legal/pupils/<slug:reference>/absence/",
        leave_lane.absence_request,
        name="leave_absence_request",
    ),
]
