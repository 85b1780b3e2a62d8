"""What `import_marks`, `import_pupils`, `import_enrolments` and `import_adults` share.

Progress goes to standard error, the answer to standard output. The exit status is 0 only when the
whole file was taken (or with --dry-run: could be).
"""

import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from attendance.imports.problems import MEANINGS, Kind
from attendance.imports.values import DateOrder
from attendance.selectors import imports as selectors
from attendance.services import imports
from attendance.services.imports import Choices, Outcome
from authorities.models import School
from authorities.tenancy import scope
from rules.errors import DomainError

MOST_SHOWN = 20
ORDERS = {"day": DateOrder.DAY_FIRST, "month": DateOrder.MONTH_FIRST}


class ImportCommand(BaseCommand):
    """One file into one school. A command names its layout, or asks for it."""

    layout = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The arguments that all four take."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--school", required=True, metavar="URN", help="the school's URN")
        parser.add_argument("--authority", metavar="CODE", default="", help="if the URN is in two")
        parser.add_argument("--dry-run", action="store_true", help="check only, change nothing")
        parser.add_argument("--json", action="store_true", help="answer in JSON, on one line")
        parser.add_argument("--source", metavar="NAME", default="", help="the register system")
        parser.add_argument(
            "--date-order", choices=sorted(ORDERS), help="what comes first in 03/09/2026"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=HEADING",
            help="choose a column yourself; may be given again",
        )
        parser.add_argument(
            "--leave-out-refused",
            action="store_true",
            help="take the rest when rows cannot be taken (the exit status is then not 0)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, or say why not."""
        try:
            content = options["file"].read_bytes()
        except OSError as problem:
            raise CommandError(f"We cannot read that file: {problem.strerror}.") from None
        try:
            with scope(selectors.authority_ids(options["authority"])):
                school = the_school(options["school"], options["authority"])
            with scope([school.authority_id]):
                outcome = self.take(school, content, options)
                answer = answer_of(outcome)
        except DomainError as problem:
            self.refuse(problem, options)
        self.tell(answer, options)

    def take(self, school: School, content: bytes, options: dict[str, Any]) -> Outcome:
        """Run the import with progress."""
        layout = self.layout or options["layout"]
        return imports.import_file(
            school=school,
            layout=layout,
            file_name=options["file"].name,
            content=content,
            now=timezone.now(),
            today=timezone.localdate(),
            choices=choices_from(school, layout, content, options),
            codes=codes_from(options.get("map_codes")),
            dry_run=options["dry_run"],
            leave_out_refused=options["leave_out_refused"],
            progress=self.progress,
        )

    def progress(self, done: int, total: int | None, doing: str) -> None:
        """One line a report."""
        share = f" {100 * done // total}%" if total else ""
        self.stderr.write(f"{doing}:{share}")

    def refuse(self, problem: DomainError, options: dict[str, Any]) -> None:
        """A file that cannot be read at all."""
        if options["json"]:
            self.stdout.write(
                json.dumps({"state": "refused", "taken": False, "sentence": problem.sentence})
            )
        raise CommandError(problem.sentence)

    def tell(self, answer: dict[str, Any], options: dict[str, Any]) -> None:
        """Print the answer, and fail unless the whole file was taken."""
        self.stdout.write(json.dumps(answer) if options["json"] else in_words(answer))
        could = options["dry_run"] and not answer["rows"]["refused"] and not answer["held_because"]
        if not (answer["taken"] or could):
            raise CommandError(answer["sentence"])


def the_school(urn: str, code: str) -> School:
    """The one school with this URN, in an authority when its code is given."""
    found = selectors.schools_by_urn(selectors.authority_ids(code), urn, code)
    if not found:
        raise CommandError("There is no school with that URN. Check it and the authority.")
    if len(found) > 1:
        raise CommandError("Two authorities have a school with that URN. Add --authority CODE.")
    return found[0]


def choices_from(
    school: School, layout: str, content: bytes, options: dict[str, Any]
) -> Choices | None:
    """The choices that the arguments make over the remembered or guessed ones."""
    columns = dict(_pair(text) for text in options["column"])
    asked = columns or any(
        options.get(name) for name in ("date_order", "source", "fold_case", "present_both")
    )
    if not asked:
        return None
    remembered = imports.remembered(school, layout, content)
    return Choices(
        mapping={**remembered.mapping, **columns},
        order=ORDERS.get(options["date_order"], remembered.order),
        fold_case=options.get("fold_case") or remembered.fold_case,
        present_both=options.get("present_both") or remembered.present_both,
        name=options["source"] or remembered.name,
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, title = text.partition("=")
    if not equals:
        raise CommandError("Write a column as FIELD=HEADING, such as mark=Code.")
    return name.strip(), title.strip()


def codes_from(path: Path | None) -> dict[str, str]:
    """What marks mean, from a JSON object or a CSV file of mark and code."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise CommandError("We cannot read the file of codes.") from None
    if text.lstrip().startswith("{"):
        try:
            return {str(mark): str(code) for mark, code in json.loads(text).items()}
        except ValueError:
            raise CommandError("The file of codes is not JSON that can be read.") from None
    rows = [row for row in csv.reader(text.splitlines()) if any(row)]
    if any(len(row) != 2 for row in rows):
        raise CommandError("Each line of the file of codes must be mark,code.")
    return {mark.strip(): code.strip() for mark, code in rows if mark.lower() != "mark"}


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """The report as a program reads it. Names no person."""
    batch, report = outcome.batch, dict(outcome.report)
    report.pop("by_pupil", None)
    problems = outcome.plan.problems if outcome.plan else None
    return {
        "reference": batch.reference,
        "state": str(batch.state),
        "taken": imports.is_whole(batch),
        "sentence": outcome.sentence,
        "sha256": batch.sha256,
        **report,
        "listed": [
            {
                "line": one.line,
                "column": one.column,
                "value": one.value,
                "kind": str(one.kind),
                "reason": one.reason,
            }
            for one in (problems.listed if problems else [])
        ],
    }


def in_words(answer: dict[str, Any]) -> str:
    """The answer for a person."""
    rows = answer["rows"]
    lines = [
        f"{rows['total']:,} rows: {rows['accepted']:,} to take, {rows['unchanged']:,} as they "
        f"were, {rows['refused']:,} refused."
    ]
    if "marks" in answer:
        marks = answer["marks"]
        lines.append(", ".join(f"{number:,} {word}" for word, number in marks.items()) + " marks.")
    for kind, number in answer["problems"].items():
        meaning = MEANINGS[Kind(kind)]
        lines.append(f"{meaning.title}: {number:,}. {meaning.help}")
        shown = [one for one in answer["listed"] if one["kind"] == kind][:MOST_SHOWN]
        lines += [f"  line {one['line']}, {one['column']}: {one['reason']}" for one in shown]
        if number > len(shown):
            lines.append(f"  … and {number - len(shown):,} more")
    lines.append(answer["sentence"])
    return "\n".join(lines)
