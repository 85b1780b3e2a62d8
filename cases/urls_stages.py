"""Moving a case, closing it, and who alone sees it."""

from django.urls import path

from cases.views import happenings, restricted, shared, stages

CASE = "cases/<slug:reference>/"

urlpatterns = [
    path(f"{CASE}move/", stages.case_move, name="case_move"),
    path(f"{CASE}close/", stages.case_close, name="case_close"),
    path(f"{CASE}send-on/", stages.case_send_on, name="case_send_on"),
    path(f"{CASE}before/", stages.case_before, name="case_before"),
    path(f"{CASE}owner/", stages.case_owner, name="case_owner"),
    path(f"{CASE}happened/", happenings.case_happened, name="case_happened"),
    path(f"{CASE}letter-review/", happenings.case_letter_review, name="case_letter_review"),
    path(f"{CASE}proposals/<slug:proposal>/", stages.case_proposal, name="case_proposal"),
    path(f"{CASE}people/", restricted.case_people, name="case_people"),
    path(f"{CASE}people/add/", restricted.case_name, name="case_name"),
    path(f"{CASE}people/<int:person>/off/", restricted.case_unname, name="case_unname"),
    path(f"{CASE}take-over/", restricted.case_take_over, name="case_take_over"),
    path(f"{CASE}share/", restricted.case_share, name="case_share"),
    path(f"{CASE}share/<slug:grant>/end/", restricted.case_share_end, name="case_share_end"),
    path(f"{CASE}safeguarding/", restricted.case_safeguarding, name="case_safeguarding"),
    path("shared/", shared.shared_cases, name="shared_cases"),
    path("shared/<slug:reference>/", shared.shared_case, name="shared_case"),
]
