"""`import_marks --school URN --layout long|week|dated FILE`: session marks from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path

from attendance.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import session marks. Exits with 0 only when the whole file was taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--layout", required=True, choices=("long", "week", "dated"))
        parser.add_argument(
            "--map-codes", type=Path, metavar="FILE", help="mark,code a line, or a JSON object"
        )
        parser.add_argument(
            "--fold-case", action="store_true", help="lower-case marks mean the capitals"
        )
        parser.add_argument(
            "--present-both", action="store_true", help="the source writes / for afternoons too"
        )
