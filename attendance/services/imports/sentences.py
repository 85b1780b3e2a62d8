"""What became of a file, in words."""

from attendance.imports import layouts
from attendance.models import ImportBatch, ImportState


def _were(number: int, noun: str) -> str:
    """A number of things and their verb: 1 row was, 2 rows were."""
    return f"1 {noun} was" if number == 1 else f"{number:,} {noun}s were"


def sentence_of(batch: ImportBatch) -> str:
    """What became of a file, or would, in one or two sentences."""
    report = batch.report
    if batch.state == ImportState.HELD:
        return f"The file is held until a person releases it. {batch.held_because}"
    if "rows" not in report:
        return str(report.get("unreadable", "The file was not checked yet."))
    rows = report["rows"]
    if batch.state == ImportState.REFUSED:
        return (
            f"Nothing was imported: {rows['refused']:,} of {rows['total']:,} rows cannot be taken."
        )
    if batch.state == ImportState.UNDONE:
        return f"This import was undone. {report['undone']}"
    if batch.state != ImportState.TAKEN:
        return f"{_were(rows['total'], 'row')} checked. Nothing was imported."
    written = report["written"]
    if not written["new"] and not written["changed"]:
        again = f" The same file was imported before, as {report['same_as']}."
        return "Nothing changed: all of this was recorded already." + again * bool(
            report["same_as"]
        )
    left_out = f" {_were(rows['refused'], 'row')} left out." if rows["refused"] else ""
    return f"Imported: {what_was_written(batch)}.{left_out}"


def what_was_written(batch: ImportBatch) -> str:
    """How much a file wrote, with the noun: 60 new marks, 13 changed. None before it is taken."""
    written = batch.report.get("written", {"new": 0, "changed": 0})
    noun = "mark" if layouts.is_marks(batch.layout) else "record"
    plural = "" if written["new"] == 1 else "s"
    return f"{written['new']:,} new {noun}{plural}, {written['changed']:,} changed"


def is_whole(batch: ImportBatch) -> bool:
    """Whether the whole file was taken: no row left out."""
    return batch.state == ImportState.TAKEN and not batch.report["rows"]["refused"]
