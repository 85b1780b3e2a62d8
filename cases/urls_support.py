"""Barriers, support and plans of a case."""

from django.urls import path

from cases.views import cycles, support

SUPPORT = "cases/<slug:reference>/support/"
PLAN = "cases/<slug:reference>/plan/"
CYCLE = f"{PLAN}<int:number>/"

urlpatterns = [
    path(SUPPORT, support.support, name="support"),
    path(f"{SUPPORT}barrier/", support.barrier_add, name="barrier_add"),
    path(f"{SUPPORT}barriers/<int:barrier>/", support.barrier, name="barrier"),
    path(f"{SUPPORT}considerations/", support.considerations, name="considerations"),
    path(f"{SUPPORT}catalogue/", support.catalogue, name="support_catalogue"),
    path(f"{SUPPORT}give/", support.support_add, name="support_add"),
    path(f"{SUPPORT}<int:support>/", support.support_one, name="support_one"),
    path(PLAN, cycles.plan, name="plan"),
    path(f"{PLAN}start/", cycles.plan_start, name="plan_start"),
    path(f"{PLAN}attendance.svg", cycles.plan_chart, name="plan_chart"),
    path(CYCLE, cycles.cycle, name="cycle"),
    path(f"{CYCLE}assess/", cycles.cycle_assess, name="cycle_assess"),
    path(f"{CYCLE}target/", cycles.cycle_target, name="cycle_target"),
    path(f"{CYCLE}action/", cycles.cycle_action, name="cycle_action"),
    path(f"{CYCLE}actions/<int:action>/", cycles.cycle_action_end, name="cycle_action_end"),
    path(f"{CYCLE}log/", cycles.cycle_log, name="cycle_log"),
    path(f"{CYCLE}midway/", cycles.cycle_midway, name="cycle_midway"),
    path(f"{CYCLE}review/", cycles.cycle_review, name="cycle_review"),
    path(f"{CYCLE}plan.pdf", cycles.cycle_pdf, name="cycle_pdf"),
]
