"""Compare the sweep's kernel with the rules on generated histories."""

from argparse import ArgumentParser
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from os import cpu_count
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance.differential import GROUP, differing, generated

MOST_SHOWN = 20


def compared(task: tuple[int, int]) -> tuple[date, list[str]]:
    """One group of histories of a seed: its day, and what differs."""
    as_of, cases = generated(*task)
    return as_of, list(differing(as_of, cases))


class Command(BaseCommand):
    """Exit status 0 only when every column of every history is equal."""

    help = "Compare the sweep with the rules on generated histories: every column must be equal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, and from which number."""
        parser.add_argument("--histories", type=int, default=1000, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="N")
        parser.add_argument("--processes", type=int, default=cpu_count() or 1, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare group by group, on every core."""
        groups = -(-options["histories"] // GROUP)
        with ProcessPoolExecutor(options["processes"]) as pool:
            tasks = [(options["seed"], number) for number in range(groups)]
            wrong = self.report(pool.map(compared, tasks, chunksize=8), groups)
        if wrong:
            raise CommandError(f"{wrong} differences. The sweep does not equal the rules.")
        self.stdout.write(f"{groups * GROUP} histories: every column is equal.")

    def report(self, results: Iterable[tuple[date, list[str]]], groups: int) -> int:
        """Show the first differences, and how far we are."""
        wrong = 0
        for done, (_, sentences) in enumerate(results, 1):
            for sentence in sentences[: max(0, MOST_SHOWN - wrong)]:
                self.stderr.write(f"group {done - 1}: {sentence}")
            wrong += len(sentences)
            if done % 100 == 0:
                self.stderr.write(f"{done * GROUP} of {groups * GROUP} histories compared")
        return wrong
