from django.apps import AppConfig


class Legal(AppConfig):
    name = "legal"
