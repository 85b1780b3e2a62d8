"""Prosecutions: the list, a file, how one begins, and a page for each step."""

from django.urls import path

from legal.views import prosecution_steps as steps
from legal.views import prosecutions

ONE = "legal/prosecutions/<slug:reference>/"

urlpatterns = [
    path("legal/prosecutions/", prosecutions.prosecutions, name="prosecutions"),
    path(
        "legal/cases/<slug:reference>/prosecution/",
        prosecutions.prosecution_new,
        name="prosecution_new",
    ),
    path(
        "legal/penalties/<slug:reference>/prosecution/",
        prosecutions.prosecution_from,
        name="prosecution_from",
    ),
    path(ONE, prosecutions.prosecution, name="prosecution"),
    path(f"{ONE}sessions/", steps.prosecution_sessions, name="prosecution_sessions"),
    path(f"{ONE}order/", steps.prosecution_consider, name="prosecution_consider"),
    path(f"{ONE}letter/", steps.prosecution_ask, name="prosecution_ask"),
    path(f"{ONE}answer/", steps.prosecution_answer, name="prosecution_answer"),
    path(f"{ONE}no-answer/", steps.prosecution_no_answer, name="prosecution_no_answer"),
    path(f"{ONE}defences/", steps.prosecution_weigh, name="prosecution_weigh"),
    path(f"{ONE}papers/", steps.prosecution_papers, name="prosecution_papers"),
    path(f"{ONE}evidence/", steps.prosecution_evidential, name="prosecution_evidential"),
    path(f"{ONE}interest/", steps.prosecution_interest, name="prosecution_interest"),
    path(f"{ONE}authority/", steps.prosecution_authorise, name="prosecution_authorise"),
    path(f"{ONE}back/", steps.prosecution_back, name="prosecution_back"),
    path(f"{ONE}charge/", steps.prosecution_charge, name="prosecution_charge"),
    path(f"{ONE}hearing/", steps.prosecution_hearing, name="prosecution_hearing"),
    path(f"{ONE}decision/", steps.prosecution_decide, name="prosecution_decide"),
    path(f"{ONE}discontinue/", steps.prosecution_discontinue, name="prosecution_discontinue"),
    path(f"{ONE}end/", steps.prosecution_drop, name="prosecution_drop"),
    path(f"{ONE}school/", steps.prosecution_report, name="prosecution_report"),
    path(f"{ONE}parenting-order/", steps.prosecution_carried_out, name="prosecution_carried_out"),
    path(f"{ONE}stands/", steps.prosecution_stands, name="prosecution_stands"),
]
