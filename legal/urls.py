"""Notices and what follows them, all under /la/<code>/legal/."""

from legal.urls_corrections import urlpatterns as correction_pages
from legal.urls_gates import urlpatterns as gate_pages
from legal.urls_improvements import urlpatterns as improvement_pages
from legal.urls_payments import urlpatterns as payment_pages
from legal.urls_penalties import urlpatterns as penalty_pages
from legal.urls_requests import urlpatterns as request_pages

app_name = "legal"
urlpatterns = [
    *request_pages,
    *penalty_pages,
    *payment_pages,
    *gate_pages,
    *improvement_pages,
    *correction_pages,
]
