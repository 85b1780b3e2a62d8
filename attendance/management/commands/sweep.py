"""Work out standings and crossings: of what changed, or with --full of everybody."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from attendance.services import sweeps
from attendance.services.sweeps import Swept
from authorities.models import Authority
from authorities.tenancy import scope
from rules.errors import DomainError


class Command(BaseCommand):
    """Says what it does on standard error. Running it twice changes nothing."""

    help = "Work out where every pupil stands, and who crossed a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to sweep, and for which day."""
        parser.add_argument("--authority", metavar="CODE", help="one authority; all by default")
        parser.add_argument("--full", action="store_true", help="everybody, changed or not")
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="DATE",
            help="count sessions up to and with this day (2026-11-23); today by default",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep each authority in turn."""
        found = Authority.objects.order_by("code")
        if options["authority"]:
            found = found.filter(code=options["authority"])
            if not found:
                raise CommandError(f"There is no authority with the code {options['authority']}.")
        as_of = options["as_of"] or timezone.localdate()
        for authority in found:
            try:
                with scope([authority.pk]):
                    swept = self.sweep(authority, as_of, full=options["full"])
            except DomainError as problem:
                raise CommandError(problem.sentence) from problem
            for sentence in swept.problems:
                self.stderr.write(sentence)
            self.stderr.write(
                f"Authority {authority.code}: {swept.pupils} pupils swept, "
                f"{swept.crossings} crossings."
            )

    def sweep(self, authority: Authority, as_of: date, *, full: bool) -> Swept:
        """One authority, in the scope that is open. A full one counts as that night's sweep."""

        def progress(done: int, total: int) -> None:
            self.stderr.write(f"Authority {authority.code}: part {done} of {total} done")

        now = timezone.now()
        if full:
            return (
                sweeps.nightly(authority.pk, as_of=as_of, now=now, again=True, progress=progress)
                or Swept()
            )
        return sweeps.sweep_authority(
            authority.pk, as_of=as_of, full=False, now=now, progress=progress
        )
