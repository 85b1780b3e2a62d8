"""Do the kept letters still have their hashes, and has everything approved gone somewhere?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from authorities.selectors import every_authority_id
from letters.services import delivery


class Command(BaseCommand):
    help = "Check every kept letter against its hash, and name letters that wait too long."

    def handle(self, **options: Any) -> None:
        """Exit 1, with each reference, when anything is wrong."""
        wrong = 0
        for authority_id in every_authority_id():
            for reference in delivery.check_kept(authority_id=authority_id):
                wrong += 1
                self.stderr.write(f"{reference}: the kept PDF does not have its hash")
            for reference in delivery.stuck(authority_id=authority_id, now=timezone.now()):
                wrong += 1
                self.stderr.write(f"{reference}: approved, and not handed over for 30 minutes")
        if wrong:
            raise CommandError("Some letters need a person. See the runbook.")
        self.stdout.write("Every kept letter is as it was made, and none waits.")
