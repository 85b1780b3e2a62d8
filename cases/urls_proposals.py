"""What the policies propose: the list, one of them, and leaving many."""

from django.urls import path

from cases.views import proposals

ONE = "proposals/<slug:reference>/"

urlpatterns = [
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/leave/", proposals.proposals_leave, name="proposals_leave"),
    path("proposals/look/", proposals.proposals_look, name="proposals_look"),
    path(ONE, proposals.proposal, name="proposal"),
    path(f"{ONE}done/", proposals.proposal_done, name="proposal_done"),
    path(f"{ONE}hold/", proposals.proposal_hold, name="proposal_hold"),
]
