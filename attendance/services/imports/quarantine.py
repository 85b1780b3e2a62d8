"""What waits until a person says what it means."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from attendance.models import CodeMapping, ImportBatch
from attendance.selectors import imports as selectors
from attendance.services.imports.batches import require, user_of
from attendance.services.imports.receiving import ColumnsNotChosen
from audit.record import Kind, record
from authorities.access import Reach
from rules.attendance_codes import code_on
from rules.errors import InvalidInput


@transaction.atomic
def map_codes(
    *,
    batch: ImportBatch,
    codes: Mapping[str, str],
    by: Reach | None,
    starts_on: date | None = None,
) -> int:
    """Say what marks of the file's source mean, from a day on. Returns how many.

    codes      mark → attendance code; an empty code means no mark
    starts_on  None takes for each mark the first day it stands in the file

    Raises Forbidden, and UnknownCode for a code that was not in force on that day.
    """
    require(by, batch.school)
    if batch.source is None:
        raise ColumnsNotChosen("Choose the columns first.")
    first_days = {one.mark: one.first_day for one in selectors.unknown_marks(batch)}
    for mark, code in codes.items():
        day = starts_on or first_days.get(mark)
        if day is None:
            raise InvalidInput("This mark is not in the file. Check it and try again.")
        if code:
            code_on(code, day)
        CodeMapping.objects.update_or_create(
            authority_id=batch.authority_id,
            source=batch.source,
            mark=mark[:20],
            starts_on=day,
            defaults={"code": code, "made_by": user_of(by)},
        )
        record(
            Kind.CODE_MAPPED,
            by=user_of(by),
            authority=batch.school.authority,
            school=batch.school,
            on=batch.source,
            mark=mark[:20],
            code=code or "(no mark)",
        )
    return len(codes)
