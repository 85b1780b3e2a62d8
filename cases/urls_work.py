"""What waits for a person, and the deadlines of a case."""

from django.urls import path

from cases.views import bulk, work

urlpatterns = [
    path("work/", work.work, name="work"),
    path("work/search/", work.search, name="work_search"),
    path("work/together/", bulk.bulk, name="bulk"),
    path("work/undo/", bulk.undo, name="bulk_undo"),
    path("work/<int:pk>/", work.deadline, name="deadline"),
    path("cases/<slug:reference>/due/", work.due, name="due"),
    path("cases/<slug:reference>/keep-open/", work.keep_open, name="case_keep"),
]
