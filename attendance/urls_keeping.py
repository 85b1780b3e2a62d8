"""Pages for keeping the register: correcting marks, and finding out why a pupil is away."""

from django.urls import path

from attendance.views import amending, protections, reasons

CHANGE = "corrections/<slug:reference>/"

urlpatterns = [
    path(
        "pupils/<slug:reference>/register/<slug:day>/<slug:half>/change/",
        amending.mark_change,
        name="mark_change",
    ),
    path("absences/", reasons.absences, name="absences"),
    path("absences/overdue/", reasons.absences_overdue, name="absences_overdue"),
    path("pupils/<slug:reference>/contacts/", reasons.contacts, name="pupil_contacts"),
    path("pupils/<slug:reference>/contacts/add/", reasons.contact_add, name="contact_add"),
    path("pupils/<slug:reference>/told/", reasons.worker_told, name="worker_told"),
    path("protection/", protections.protections, name="protections"),
    path("protection/answer/", protections.protections_answer, name="protections_answer"),
    path("corrections/", amending.corrections, name="corrections"),
    path("corrections/new/", amending.correction_new, name="correction_new"),
    path(CHANGE, amending.correction, name="correction"),
    path(f"{CHANGE}confirm/", amending.correction_confirm, name="correction_confirm"),
    path(f"{CHANGE}discard/", amending.correction_discard, name="correction_discard"),
    path(f"{CHANGE}agree/", amending.correction_agree, name="correction_agree"),
    path(f"{CHANGE}decline/", amending.correction_decline, name="correction_decline"),
    path(f"{CHANGE}withdraw/", amending.correction_withdraw, name="correction_withdraw"),
    path(f"{CHANGE}undo/", amending.correction_undo, name="correction_undo"),
]
