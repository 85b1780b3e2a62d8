"""Education supervision orders: the list, a new one of a case, and each by its own reference."""

from django.urls import path

from legal.views import orders

ONE = "legal/orders/<slug:reference>/"

urlpatterns = [
    path("legal/orders/", orders.orders, name="orders"),
    path("legal/cases/<slug:reference>/order/", orders.order_new, name="order_new"),
    path(ONE, orders.order, name="order"),
    path(f"{ONE}apply/", orders.order_apply, name="order_apply"),
    path(f"{ONE}now/<slug:step>/", orders.order_step, name="order_step"),
]
