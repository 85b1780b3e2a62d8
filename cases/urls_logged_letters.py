"""Letters of a case that the school sent itself."""

from django.urls import path

from cases.views import logged_letters

CASE = "cases/<slug:reference>/"

urlpatterns = [
    path(f"{CASE}letters/log/", logged_letters.letter_log, name="letter_log"),
    path(
        f"{CASE}letters/logged/<slug:letter>/", logged_letters.letter_logged, name="letter_logged"
    ),
]
