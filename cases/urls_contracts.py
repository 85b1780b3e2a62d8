"""Contracts under a case, and each by its own reference."""

from django.urls import path

from cases.views import contracts

CASE = "cases/<slug:reference>/contracts/"
ONE = "contracts/<slug:reference>/"

urlpatterns = [
    path(CASE, contracts.contracts, name="contracts"),
    path(f"{CASE}offer/", contracts.contract_offer, name="contract_offer"),
    path(f"{CASE}none/", contracts.contract_none, name="contract_none"),
    path(ONE, contracts.contract, name="contract"),
    path(f"{ONE}words/", contracts.contract_reword, name="contract_reword"),
    path(f"{ONE}meeting/", contracts.contract_meet, name="contract_meet"),
    path(f"{ONE}signature/", contracts.contract_sign, name="contract_sign"),
    path(f"{ONE}progress.svg", contracts.contract_progress, name="contract_progress"),
    path(f"{ONE}copy/<slug:adult>.pdf", contracts.contract_copy, name="contract_copy"),
    path(f"{ONE}now/<slug:event>/", contracts.contract_move, name="contract_move"),
]
