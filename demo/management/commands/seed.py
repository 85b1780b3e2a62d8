"""`seed --seed N`: make the demo world of a number. The same number makes the same world."""

import json
import sys
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from authorities.models import Authority
from demo import story
from demo.draws import table
from demo.world import SIZES, build
from rules.errors import DomainError

USUAL_SEED = 1


class Command(BaseCommand):
    help = "Make a demo world from a number, through the importer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=USUAL_SEED, help="the world's number")
        parser.add_argument("--size", choices=SIZES, default=SIZES[0])
        parser.add_argument("--json", type=Path, help="where to write the accounts and ids as well")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there is any authority"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        there = set(Authority.objects.values_list("code", flat=True))
        if there and options["if_empty"]:
            self.stderr.write("There are authorities already: nothing was made.")
            return
        refuse_company(there)
        started = time.monotonic()
        state = Path(settings.STATE_DIR)
        folder = state / "demo" / "files"
        folder.mkdir(parents=True, exist_ok=True)
        today = timezone.localdate()
        world = build(options["seed"], options["size"], today)
        try:
            answer = story.tell(world, now=this_morning(), folder=folder, tell=self._say)
        except DomainError as problem:
            raise CommandError(problem.sentence) from None
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        for path in {state / "demo.json", options["json"] or state / "demo.json"}:
            path.write_text(text + "\n", encoding="utf-8")
        self._say(f"Made in {time.monotonic() - started:.0f} seconds.")
        self.stdout.write(text)

    def _say(self, line: str) -> None:
        """Progress goes beside the answer, which stays JSON alone."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def refuse_company(there: set[str]) -> None:
    """Raise CommandError unless the database is empty: the invented stay apart."""
    invented = {authority["code"] for authority in table("places")["authority"]}
    if there - invented:
        raise CommandError(
            "This database holds real authorities. A demo world is never added to them: "
            "use an empty database."
        )
    if there:
        raise CommandError(
            "There is a demo world here already. Start with an empty database: stop Onroll, "
            "remove var/, and start it again."
        )


def this_morning() -> datetime:
    """Half past seven today: when last night's files came in."""
    now = timezone.localtime()
    morning = datetime.combine(now.date(), clock(7, 30), tzinfo=now.tzinfo)
    return min(now - timedelta(minutes=1), morning)
