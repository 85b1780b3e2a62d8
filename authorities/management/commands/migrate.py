"""Django's migrate, as the owner of the tables, and then the database's own rules."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from authorities import database_rules


class Command(migrate.Command):
    """Migrates with the owner's connection and applies authorities.database_rules."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        database_rules.prepare(options["database"])
        super().handle(*args, **options)
        database_rules.apply(options["database"])
