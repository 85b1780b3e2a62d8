"""Writing the plan of a file of people, and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, models
from django.db.models import ProtectedError, RestrictedError

from attendance.models import Adult, AdultLink, Enrolment, ImportBatch, Pupil, PupilFlag
from attendance.services import registers
from attendance.services.imports.people_known import PeoplePlan, Values
from rules.errors import Conflict

MODELS: tuple[type[models.Model], ...] = (Pupil, Enrolment, PupilFlag, Adult, AdultLink)
BY_NAME = {model._meta.model_name: model for model in MODELS}


def write(plan_: PeoplePlan) -> Values:
    """Make and change the rows of a plan. Returns the effects, from which `undo` goes back."""
    effects: Values = {"made": {}, "changed": []}
    # Changes first: one enrolment must end before the pupil's next can begin.
    for change in plan_.changed.values():
        change.row.save(update_fields=list(change.before))
        effects["changed"].append(
            {
                "model": change.row._meta.model_name,
                "pk": change.row.pk,
                "before": {name: _plain(value) for name, value in change.before.items()},
                "after": {name: _plain(getattr(change.row, name)) for name in change.before},
            }
        )
    for model in MODELS:
        rows = [row for row in plan_.made if isinstance(row, model)]
        for row in rows:  # what was new when the plan was made has its number now
            for key in row._meta.concrete_fields:
                if isinstance(key, models.ForeignKey) and key.is_cached(row):
                    setattr(row, key.attname, getattr(row, key.name).pk)
        model._default_manager.bulk_create(rows, batch_size=1000)
        if rows:
            effects["made"][model._meta.model_name] = [row.pk for row in rows]
    registers.refresh_statistics()
    return effects


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did. `kept` rows stay, because somebody has changed them since."""

    removed: int
    restored: int
    kept: int

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        done = f"{self.removed} records were removed and {self.restored} are as they were before."
        if not self.kept:
            return done
        return f"{done} {self.kept} stay, because somebody has changed them since."


def undo(batch: ImportBatch) -> Undone:
    """Take back what a file of people made and changed, in the caller's transaction.

    Raises Conflict when something depends on a record by now (a mark, a case, a letter), or no
    longer fits with what was there before.
    """
    removed = _remove(batch.effects.get("made", {}))  # the reverse of `write`, step by step
    restored = kept = 0
    for change in reversed(batch.effects.get("changed", [])):
        model = BY_NAME[change["model"]]
        row = model._default_manager.select_for_update().filter(pk=change["pk"]).first()
        if row is None:
            continue
        if any(_plain(getattr(row, name)) != value for name, value in change["after"].items()):
            kept += 1
            continue
        for name, value in change["before"].items():
            column = row._meta.get_field(name)
            assert isinstance(column, models.Field)  # noqa: S101 (effects name columns)
            setattr(row, name, column.to_python(value))
        try:
            row.save(update_fields=list(change["before"]))
        except IntegrityError:
            raise Conflict(
                "Something recorded since stands in the way, such as a new date of joining. "
                "Nothing was undone. Correct the records on the pupils' pages instead."
            ) from None
        restored += 1
    return Undone(removed, restored, kept)


def _remove(made: Mapping[str, Sequence[int]]) -> int:
    """Remove the rows that a file made, links before people. Returns how many."""
    removed = 0
    try:
        for model in reversed(MODELS):
            pks = made.get(str(model._meta.model_name), [])
            _, counts = model._default_manager.filter(pk__in=pks).delete()
            removed += counts.get(model._meta.label, 0)
    except (ProtectedError, RestrictedError):
        raise Conflict(
            "Something has been recorded for these people since: marks, a case or a letter. "
            "Nothing was undone. End the enrolments instead, on the pupils' pages."
        ) from None
    return removed
