"""The yearly return: its figures, what is behind each, and the returns that were made."""

from django.urls import path

from legal.views import returns

MADE = "legal/returns/<slug:reference>/"

urlpatterns = [
    path("legal/return/", returns.legal_return, name="return"),
    path("legal/return/<int:year>/save/", returns.return_make, name="return_make"),
    path("legal/return/<int:year>/<slug:cell>/", returns.return_cell, name="return_cell"),
    path(MADE, returns.return_made, name="return_made"),
    path(f"{MADE}return.csv", returns.return_file, name="return_file"),
]
