"""Penalty notices, the limit of each parent and child, and what the council says on its notices."""

from django.urls import path

from legal.views import borders, letters, penalties

ONE = "legal/penalties/<slug:reference>/"
PUPIL = "legal/pupils/<slug:reference>/border/"

urlpatterns = [
    path("legal/penalties/", penalties.penalties, name="penalties"),
    path(ONE, penalties.penalty, name="penalty"),
    path(f"{ONE}served/", penalties.penalty_serve, name="penalty_serve"),
    path(f"{ONE}arrived/", penalties.penalty_rebut, name="penalty_rebut"),
    path(f"{ONE}says/", penalties.penalty_say, name="penalty_say"),
    path(f"{ONE}answer/", penalties.penalty_answer, name="penalty_answer"),
    path(f"{ONE}withdraw/", penalties.penalty_withdraw, name="penalty_withdraw"),
    path(f"{ONE}withdraw/agree/", penalties.penalty_agree, name="penalty_agree"),
    path(f"{ONE}withdraw/decide/", penalties.penalty_decide, name="penalty_decide"),
    path(f"{ONE}stop/", penalties.penalty_stop, name="penalty_stop"),
    path(f"{ONE}stands/", penalties.penalty_stands, name="penalty_stands"),
    path("legal/letters/<slug:reference>/", letters.of_letter, name="of_letter"),
    path("legal/council/", penalties.office, name="office"),
    path(PUPIL, borders.border, name="border"),
    path(f"{PUPIL}place/", borders.place_add, name="border_place"),
    path(f"{PUPIL}<slug:adult>/check/", borders.check_add, name="border_check"),
    path(f"{PUPIL}<slug:adult>/notice/", borders.external_add, name="external_add"),
    path(f"{PUPIL}<slug:adult>/notice/<int:external>/", borders.external_settle, name="external"),
]
