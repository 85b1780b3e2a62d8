"""What if we worked by another policy: asking, the answer, its picture."""

from django.urls import path

from cases.views import what_if

ONE = "what-if/<slug:reference>/"

urlpatterns = [
    path("what-if/", what_if.what_ifs, name="what_ifs"),
    path(ONE, what_if.what_if, name="what_if"),
    path(f"{ONE}picture.svg", what_if.what_if_chart, name="what_if_chart"),
    path(f"{ONE}pupils/", what_if.what_if_pupils, name="what_if_pupils"),
]
