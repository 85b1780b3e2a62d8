from django.apps import AppConfig


class Authorities(AppConfig):
    name = "authorities"
