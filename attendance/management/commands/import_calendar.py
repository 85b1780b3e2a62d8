"""`import_calendar --school URN FILE`: take a year's calendar from a CSV or .ics file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance.selectors import calendars as selectors
from attendance.services import calendar_files, calendars
from authorities.models import Authority, School
from authorities.selectors import every_authority_id
from authorities.tenancy import scope
from rules.errors import DomainError


class Command(BaseCommand):
    help = "Import a year's school calendar. Exits with 0 only when the whole file was taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--school", metavar="URN", help="the school whose calendar it is")
        place.add_argument("--authority-own", metavar="CODE", help="the authority's own calendar")
        parser.add_argument("--authority", metavar="CODE", help="needed when two share the URN")
        parser.add_argument("--year", type=int, help="2026 for 2026/27; else the file's first date")
        parser.add_argument("--dry-run", action="store_true", help="check and change nothing")
        parser.add_argument(
            "--confirm", action="store_true", help="even if marks lose their session"
        )
        parser.add_argument("--json", action="store_true", help="answer in JSON")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as problem:
            raise CommandError(f"We cannot read that file: {problem.strerror}.") from None
        with scope(every_authority_id()):
            authority, school = _place(options)
            reading = calendar_files.read(content, options["year"])
            taken = not reading.problems and not options["dry_run"]
            problems = [vars_of(problem) for problem in reading.problems]
            if taken:
                problems = _take(authority, school, reading, options["confirm"])
            answer = {
                "year": reading.year,
                "terms": len(reading.plan.terms),
                "days": len(reading.plan.days),
                "sessions": reading.sessions,
                "passed_over": reading.passed_over,
                "dry_run": options["dry_run"],
                "taken": taken and not problems,
                "problems": problems,
            }
        self.stdout.write(json.dumps(answer) if options["json"] else _words(answer))
        if problems:
            raise CommandError("The calendar was not imported. Nothing was changed.")


def vars_of(problem: calendar_files.Problem) -> dict[str, Any]:
    """A problem as plain data."""
    return {"line": problem.line, "value": problem.value, "reason": problem.reason}


def _take(
    authority: Authority, school: School | None, reading: calendar_files.Reading, confirm: bool
) -> list[dict[str, Any]]:
    """Save what was read; the refusal as a problem, or nothing."""
    assert reading.year is not None  # noqa: S101 (a reading without problems has a year)
    try:
        calendars.save(
            authority=authority,
            school=school,
            year=reading.year,
            plan=reading.plan,
            by=None,
            change="imported a file",
            confirmed=confirm,
        )
    except DomainError as problem:
        return [{"line": 0, "value": "", "reason": problem.sentence}]
    return []


def _place(options: dict[str, Any]) -> tuple[Authority, School | None]:
    """The authority, and the school unless it is for the authority itself."""
    if options["authority_own"]:
        authority = Authority.objects.filter(code=options["authority_own"]).first()
        if authority is None:
            raise CommandError("There is no authority with that code.")
        return authority, None
    schools = School.objects.filter(urn=options["school"]).select_related("authority")
    if options["authority"]:
        schools = schools.filter(authority__code=options["authority"])
    found = list(schools[:2])
    if len(found) != 1:
        reason = "is no school" if not found else "are two schools"
        raise CommandError(f"There {reason} with that URN. Check it, or name the authority.")
    return found[0].authority, found[0]


def _words(answer: dict[str, Any]) -> str:
    """The answer for a person."""
    lines = [
        f"{answer['terms']} terms, {answer['days']} other days, {answer['sessions']} sessions"
        + (f" in {selectors.year_words(answer['year'])}." if answer["year"] else "."),
        *(
            f"Line {problem['line']}: {problem['value']}: {problem['reason']}"
            for problem in answer["problems"]
        ),
    ]
    if answer["taken"]:
        lines.append("Imported.")
    return "\n".join(lines)
