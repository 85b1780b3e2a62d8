"""Cases and their letters, all under /la/<code>/."""

from django.urls import path

from cases.urls_certificates import urlpatterns as certificate_pages
from cases.urls_checklists import urlpatterns as checklist_pages
from cases.urls_contracts import urlpatterns as contract_pages
from cases.urls_family import urlpatterns as family_pages
from cases.urls_logged_letters import urlpatterns as logged_letter_pages
from cases.urls_meetings import urlpatterns as meeting_pages
from cases.urls_policies import urlpatterns as policy_pages
from cases.urls_proposals import urlpatterns as proposal_pages
from cases.urls_referrals import urlpatterns as referral_pages
from cases.urls_stages import urlpatterns as stage_pages
from cases.urls_support import urlpatterns as support_pages
from cases.urls_what_if import urlpatterns as what_if_pages
from cases.urls_work import urlpatterns as work_pages
from cases.views import cases, leave_letters, letters, rechecks

CASE = "cases/<slug:reference>/"
LETTER = "letters/<slug:reference>/"

app_name = "cases"
urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/open/<int:crossing>/", cases.open_from_crossing, name="open"),
    path("cases/open/pupil/<slug:reference>/", cases.open_for_pupil, name="open_for_pupil"),
    path("pupils/<slug:reference>/cases/", cases.pupil_cases, name="pupil_cases"),
    path(CASE, cases.case, name="case"),
    path(f"{CASE}letters/", letters.letter_prepare, name="letter_prepare"),
    path("leave/<slug:reference>/letter/", leave_letters.leave_letter, name="leave_letter"),
    path("letters/", letters.letters, name="letters"),
    path(LETTER, letters.letter, name="letter"),
    path(f"{LETTER}letter.pdf", letters.letter_pdf, name="letter_pdf"),
    path(f"{LETTER}approve/", letters.letter_approve, name="letter_approve"),
    path(f"{LETTER}hold/", letters.letter_hold, name="letter_hold"),
    path(f"{LETTER}withdraw/", letters.letter_withdraw, name="letter_withdraw"),
    path(f"{LETTER}release/", letters.letter_release, name="letter_release"),
    path(f"{LETTER}again/", letters.letter_again, name="letter_again"),
    path("checks/", rechecks.rechecks, name="rechecks"),
    path("checks/<slug:reference>/", rechecks.recheck, name="recheck"),
    *certificate_pages,
    *policy_pages,
    *proposal_pages,
    *what_if_pages,
    *meeting_pages,
    *logged_letter_pages,
    *checklist_pages,
    *contract_pages,
    *family_pages,
    *referral_pages,
    *stage_pages,
    *support_pages,
    *work_pages,
]
