"""Notices and what follows them, all under /la/<code>/legal/."""

from django.urls import URLPattern

app_name = "legal"
urlpatterns: list[URLPattern] = []
