"""Court bundles: the page of a prosecution's, its files, and the program that checks them."""

from django.urls import path

from legal.views import bundles

urlpatterns = [
    path("legal/prosecutions/<slug:reference>/bundle/", bundles.bundle, name="bundle"),
    path("legal/bundles/<slug:reference>/<slug:part>/", bundles.bundle_file, name="bundle_file"),
    path("legal/bundles/check/", bundles.bundle_checker, name="bundle_checker"),
]
