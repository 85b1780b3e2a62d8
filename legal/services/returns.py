"""Making the yearly return: refused while a sure sum fails, kept for ever as it was made."""

import csv
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from io import StringIO

from django.db import connection, transaction

from audit.record import Kind, record
from authorities.access import Reach
from legal.access import make_returns
from legal.models import LegalReturn
from legal.selectors.returns import (
    Measures,
    made_for_year,
    measures,
    rate_of,
    references_behind,
)
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.legal_returns import COLUMNS, begun_in

LONGEST = 1000
CHANGED = (
    "The figures changed since you read the page: somebody worked on a notice. Read them again, "
    "then save the return."
)


@transaction.atomic
def make(
    *,
    reach: Reach,
    year: int,
    seen: str,
    reasons: Mapping[str, str],
    today: date,
    now: datetime,
) -> LegalReturn:
    """Count the year again, and keep it with its file.

    year     the calendar year in which the academic year began
    seen     what `stamp` said of the figures that the person read
    reasons  key of a sum that does not hold → why it is right all the same

    Raises Forbidden; Conflict where the figures changed, or are as they were in the last return;
    RuleNotMet for a year not begun and while a sure sum fails, naming its cells; InvalidInput for
    another sum that fails without a reason.
    """
    make_returns(reach)
    if year > begun_in(today):
        raise RuleNotMet("That year has not begun. Choose an earlier one.")
    _lock(reach.authority.pk)
    found = measures(reach.authority.pk, year, today)
    if stamp(found) != seen:
        raise Conflict(CHANGED)
    cells, behind = found.cells(), references_behind(found)
    notes = _notes(found, reasons)
    last = made_for_year(reach.authority.pk, year).first()
    if last and (last.cells, last.behind, last.as_on) == (cells, behind, today):
        raise Conflict(
            f"This return was saved today already, with the same figures: {last.reference}."
        )
    content = as_csv(cells)
    made = LegalReturn.objects.create(
        authority=reach.authority,
        year=year,
        as_on=today,
        cells=cells,
        schools={
            school.urn: of_school
            for school, of_school in zip(found.schools, found.by_school().values(), strict=True)
        },
        behind=behind,
        notes=notes,
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        made_by=reach.user,
        made_at=now,
    )
    record(
        Kind.LEGAL_RETURN_MADE,
        by=reach.user,
        authority=reach.authority,
        on=made,
        year=year_words(year),
    )
    return made


def year_words(year: int) -> str:
    """A year of the return, as people write it: 2026 to 2027."""
    return f"{year} to {year + 1}"


def stamp(found: Measures) -> str:
    """A short name for the figures of the whole council and what they count."""
    things = sorted((one.model.__name__, one.pk, one.columns) for one in found.things)
    text = repr((found.cells(), things))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def as_csv(cells: Mapping[str, int]) -> str:
    """The return as it is sent: one line of the council's figures under the columns' names."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(column.key for column in COLUMNS)
    writer.writerow(
        f"{rate_of(cells):.1f}" if column.is_rate else cells[column.key] for column in COLUMNS
    )
    return out.getvalue()


@transaction.atomic
def take_file(*, reach: Reach, made: LegalReturn) -> str:
    """The file of a return, and a line in the audit trail that somebody took it away."""
    make_returns(reach)
    record(
        Kind.EXPORTED,
        by=reach.user,
        authority=reach.authority,
        on=made,
        count=1,
        what="the return of parental responsibility measures",
    )
    return made.content


def _lock(authority_id: int) -> None:
    """Nobody else makes a return of this council until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7311))",
            [f"legal return {authority_id}"],
        )


def _notes(found: Measures, reasons: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Why sums that do not hold are right all the same. Raises where one may not fail."""
    failing = found.failing()
    blocking = [one.sentence for one in failing if one.blocks]
    if blocking:
        raise RuleNotMet(f"This return cannot be saved or sent yet. {' '.join(blocking)}")
    notes = {}
    for one in failing:
        reason = reasons.get(one.key, "").strip()
        if not reason:
            raise InvalidInput(f"Say why this is right all the same. {one.sentence}")
        if len(reason) > LONGEST:
            raise InvalidInput(f"Write {LONGEST:,} characters or fewer.")
        notes[one.key] = {"sentence": one.sentence, "reason": reason}
    return notes
