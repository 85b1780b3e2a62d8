from django.apps import AppConfig


class Attendance(AppConfig):
    name = "attendance"
