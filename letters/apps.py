from django.apps import AppConfig


class Letters(AppConfig):
    name = "letters"
