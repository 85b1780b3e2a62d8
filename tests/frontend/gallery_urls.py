"""The gallery's own addresses: config/urls.py offers it only in DEBUG."""

from django.urls import include, path

from frontend import gallery

urlpatterns = [
    path("gallery/", gallery.gallery, name="gallery"),
    path("accounts/", include("allauth.urls")),
]
