"""The look of the product: components, forms, list pages and charts. Knows no model."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"
    verbose_name = "Frontend"
