"""Walk every authority's chain of events and name the links that no longer fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.selectors import broken_links
from authorities.models import Authority
from authorities.tenancy import scope


class Command(BaseCommand):
    """Exits with an error when a chain is broken."""

    help = "Check that nobody has changed the audit trail."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = {}
        for authority in Authority.objects.order_by("code"):
            with scope([authority.pk]):
                links = broken_links(authority)
            if links:
                broken[authority.code] = links
        for code, links in broken.items():
            self.stderr.write(f"{code}: links {', '.join(map(str, links[:20]))} do not fit")
        if broken:
            raise CommandError("The audit trail was changed. Keep this copy; see the runbook.")
        self.stdout.write("Every authority's audit trail is whole.")
