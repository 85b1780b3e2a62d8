"""Taking back what a file wrote."""

from datetime import datetime

from django.db import transaction

from attendance.imports import layouts, values
from attendance.models import ImportBatch, ImportState
from attendance.selectors import imports as selectors
from attendance.services import registers
from attendance.services.imports import people_written
from attendance.services.imports.batches import locked, note, queue_sweep, require, user_of
from attendance.services.imports.quarantine import forget_said_for
from audit.record import Kind
from authorities.access import Reach
from rules.errors import Conflict, InvalidInput


@transaction.atomic
def undo(*, batch: ImportBatch, reason: str, by: Reach | None, now: datetime) -> str:
    """Take back what a file wrote. Returns what was done, in a sentence.

    What somebody has changed since stays. Raises Forbidden, InvalidInput without a reason, and
    Conflict for a file that is not in force or whose people have marks by now.
    """
    require(by, batch.school)
    reason = values.read_text(reason, most=300)
    if not reason:
        raise InvalidInput("Say why you are undoing this import.")
    batch = locked(batch)
    if batch.state != ImportState.TAKEN:
        raise Conflict("This import is not in force, so there is nothing to undo.")
    if layouts.is_marks(batch.layout):
        undone = registers.undo(batch=batch, by=user_of(by), now=now, reason=reason)
        sentence, kept = undone.sentence, selectors.kept_marks(undone.kept)
    else:
        sentence, kept = people_written.undo(batch).sentence, []
    if forgotten := forget_said_for(batch, by):
        whom = "a pupil" if forgotten == 1 else f"{forgotten} pupils"
        sentence += f" Who {whom} in it is, nobody has said any more."
    batch.state, batch.undone_at = ImportState.UNDONE, now
    batch.report = {**batch.report, "undone": sentence, "kept": kept}
    batch.save(update_fields=["state", "undone_at", "report"])
    note(Kind.IMPORT_UNDONE, batch, by, reason=reason)
    queue_sweep(batch.school)
    return sentence
