"""One school's standings on a day as a CSV file."""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from attendance.selectors import standings
from authorities.models import Authority, School
from authorities.tenancy import scope
from rules.errors import DomainError


class Command(BaseCommand):
    """Worked out for the day asked about, whether or not that day was ever swept."""

    help = "Write one row for each enrolment of a school: where the pupil stands on a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which school, which day, where to."""
        parser.add_argument("--school", required=True, metavar="URN")
        parser.add_argument("--authority", metavar="CODE", default="", help="if the URN is in two")
        parser.add_argument("--as-of", required=True, type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--csv", required=True, metavar="FILE", help="- for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the school, then write."""
        found = Authority.objects.all()
        if options["authority"]:
            found = found.filter(code=options["authority"])
        with scope([authority.pk for authority in found]):
            schools = list(School.objects.filter(urn=options["school"], authority__in=found))
            if len(schools) != 1:
                raise CommandError(
                    f"There is no school with the URN {options['school']}."
                    if not schools
                    else f"{options['school']} is in two authorities. Say which with --authority."
                )
            try:
                rows = standings.as_rows(schools[0], options["as_of"])
            except DomainError as problem:
                raise CommandError(problem.sentence) from problem
            with opened(options["csv"]) as file:
                writer = csv.writer(file)
                writer.writerow(standings.TITLES)
                writer.writerows(rows)
        self.stderr.write(f"{len(rows)} enrolments written.")


@contextmanager
def opened(name: str) -> Iterator[TextIO]:
    """The file to write, or standard output for “-”."""
    if name == "-":
        yield sys.stdout
        return
    with open(name, "w", encoding="utf-8", newline="") as file:
        yield file
