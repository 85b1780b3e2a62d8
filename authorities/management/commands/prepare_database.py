"""Make the application's role in an outside PostgreSQL."""

from typing import Any

from django.core.management.base import BaseCommand

from authorities import database_rules


class Command(BaseCommand):
    """Idempotent; run before the first migrate."""

    help = "Make the role that the application uses, where it is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        database_rules.prepare()
