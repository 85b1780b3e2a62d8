"""Referrals to the authority."""

from django.urls import path

from cases.views import referrals

ONE = "referrals/<slug:reference>/"

urlpatterns = [
    path("cases/<slug:reference>/referrals/", referrals.case_referrals, name="case_referrals"),
    path("referrals/", referrals.referrals, name="referrals"),
    path(ONE, referrals.referral, name="referral"),
    path(f"{ONE}write/", referrals.referral_write, name="referral_write"),
    path(f"{ONE}send/", referrals.referral_send, name="referral_send"),
    path(f"{ONE}withdraw/", referrals.referral_withdraw, name="referral_withdraw"),
    path(f"{ONE}receive/", referrals.referral_receive, name="referral_receive"),
    path(f"{ONE}answer/", referrals.referral_answer, name="referral_answer"),
    path(f"{ONE}referral.pdf", referrals.referral_pdf, name="referral_pdf"),
    path(f"{ONE}copy/<slug:adult>/", referrals.referral_copy, name="referral_copy"),
]
