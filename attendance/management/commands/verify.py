"""Replay the ledger against the current marks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance.models import RegisterYear
from attendance.selectors import registers
from authorities.models import Authority, School
from authorities.tenancy import scope
from rules.dates import in_words

MOST_SHOWN = 20


class Command(BaseCommand):
    """Exit status 0 only when every mark is what the ledger says."""

    help = "Replay the ledger of registers and amendments against every pupil's marks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """All authorities, or one."""
        parser.add_argument("--authority", metavar="CODE", help="one authority; all by default")
        parser.add_argument("--school", metavar="URN", help="one school; all by default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every school and year."""
        found = Authority.objects.order_by("code")
        if options["authority"]:
            found = found.filter(code=options["authority"])
        wrong = checked = 0
        for authority in found:
            with scope([authority.pk]):
                schools = School.objects.filter(authority=authority).order_by("pk")
                if options["school"]:
                    schools = schools.filter(urn=options["school"])
                for school in schools:
                    checked += 1
                    wrong += self.differing(school)
        if wrong:
            raise CommandError(f"{wrong} marks differ from the ledger in {checked} schools.")
        self.stdout.write(f"{checked} schools: every mark is what the ledger says.")

    def differing(self, school: School) -> int:
        """How many marks of a school differ; the first of them are named on standard error."""
        years = RegisterYear.objects.filter(authority=school.authority_id, school=school)
        wrong = 0
        for year in years.order_by("year").values_list("year", flat=True).distinct():
            for difference in registers.differences(school, year):
                wrong += 1
                if wrong <= MOST_SHOWN:
                    day, session = difference.when
                    self.stderr.write(
                        f"School {school.urn}, enrolment {difference.enrolment_id}, "
                        f"{in_words(day)}, {session.words}: the ledger says "
                        f"“{difference.ledger}”, the row “{difference.row}”."
                    )
        return wrong
