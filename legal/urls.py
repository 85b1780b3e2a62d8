"""Notices and what follows them, all under /la/<code>/legal/."""

from legal.urls_bundles import urlpatterns as bundle_pages
from legal.urls_corrections import urlpatterns as correction_pages
from legal.urls_gates import urlpatterns as gate_pages
from legal.urls_improvements import urlpatterns as improvement_pages
from legal.urls_orders import urlpatterns as order_pages
from legal.urls_payments import urlpatterns as payment_pages
from legal.urls_penalties import urlpatterns as penalty_pages
from legal.urls_prosecutions import urlpatterns as prosecution_pages
from legal.urls_requests import urlpatterns as request_pages
from legal.urls_returns import urlpatterns as return_pages

app_name = "legal"
urlpatterns = [
    *request_pages,
    *penalty_pages,
    *payment_pages,
    *gate_pages,
    *improvement_pages,
    *prosecution_pages,
    *order_pages,
    *bundle_pages,
    *correction_pages,
    *return_pages,
]
