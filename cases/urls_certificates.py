"""Registration certificates."""

from django.urls import path

from cases.views import certificates

urlpatterns = [
    path("pupils/<slug:reference>/certificate/", certificates.certificate, name="certificate"),
    path(
        "pupils/<slug:reference>/certificate.pdf",
        certificates.certificate_pdf,
        name="certificate_pdf",
    ),
]
