"""Every page. All but sign-in and health stand under /la/<code>/."""

from django.conf import settings
from django.urls import include, path

from config import health

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.fault"

urlpatterns = [
    path("health/", health.ready, name="health"),
    path("accounts/", include("allauth.urls")),
    path("", include("authorities.urls")),
    path("la/<slug:la>/", include("attendance.urls")),
    path("la/<slug:la>/", include("cases.urls")),
    path("la/<slug:la>/", include("legal.urls")),
    path("api/v1/", include("config.api_urls")),
]

if settings.DEBUG:
    from frontend import gallery

    urlpatterns.append(path("gallery/", gallery.gallery, name="gallery"))
