"""Which pupil of a school each row of a file of marks names: by UPN, else by a linked number.

Never by name. Knows no database; `attendance.selectors.imports` says who is on roll.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from attendance.imports.naming import Naming, naming_columns, naming_of
from attendance.imports.problems import Kind, Problems
from attendance.imports.reading import Flags, Indices, Table
from attendance.imports.values import BadValue, read_upn_cell


@dataclass(frozen=True, slots=True)
class OnRoll:
    """One enrolment at the school, as the file must name it."""

    enrolment_id: int
    pupil_id: int
    upn: str
    former_upn: str
    external_id: str
    starts_on: date
    ends_on: date | None


@dataclass(slots=True)
class Pupils:
    """The different pupils that a file names, each with the enrolments it may mean.

    at          for each row of the table, which pupil
    namings     for each pupil, how the file names them
    enrolments  for each pupil, their enrolments at the school; empty when not known
    reasons     for each pupil, why they are not known
    said        for each pupil, whether it took a person to say who it is
    """

    at: Indices
    namings: list[Naming] = field(default_factory=list)
    enrolments: list[tuple[OnRoll, ...]] = field(default_factory=list)
    reasons: list[tuple[Kind, str] | None] = field(default_factory=list)
    said: list[bool] = field(default_factory=list)


def find_pupils(
    table: Table,
    mapping: Mapping[str, str],
    roll: Iterable[OnRoll],
    said: Mapping[Naming, int] | None = None,
) -> Pupils:
    """Which pupil on the school's roll each row names: by UPN, else by a number already linked.

    said  whom people said the source means (naming → pupil's id) where neither tells

    Never by name. `reasons` says for each pupil that is not found why.
    """
    upn, external = naming_columns(table, mapping)
    keys = upn.at.astype(np.int64) * len(external.values or [""]) + external.at
    distinct, at = np.unique(keys, return_inverse=True)
    known = _Known(roll)
    pupils = Pupils(at.astype(np.int32))
    for key in distinct.tolist():
        by_upn, by_number = divmod(key, len(external.values or [""]))
        texts = upn.values[by_upn], external.values[by_number]
        naming = naming_of(*texts)
        found, reason = known.find(*texts)
        pupil_id = (said or {}).get(naming)
        if pupil_id is not None:
            found, reason = known.as_said(pupil_id, found)
        pupils.namings.append(naming)
        pupils.enrolments.append(found)
        pupils.reasons.append(reason)
        pupils.said.append(pupil_id is not None and reason is None)
    return pupils


class _Known:
    """The roll by UPN, former UPN and number."""

    def __init__(self, roll: Iterable[OnRoll]) -> None:
        self.by_upn: dict[str, list[OnRoll]] = {}
        self.by_former: dict[str, list[OnRoll]] = {}
        self.by_number: dict[str, list[OnRoll]] = {}
        self.by_pupil: dict[int, list[OnRoll]] = {}
        for row in roll:
            self.by_pupil.setdefault(row.pupil_id, []).append(row)
            for index, key in (
                (self.by_upn, row.upn),
                (self.by_former, row.former_upn),
                (self.by_number, row.external_id.casefold()),
            ):
                if key:
                    index.setdefault(key, []).append(row)

    def as_said(
        self, pupil_id: int, found: Sequence[OnRoll]
    ) -> tuple[tuple[OnRoll, ...], tuple[Kind, str] | None]:
        """The enrolments of the pupil a person chose, unless the roll has come to say otherwise."""
        if found and found[0].pupil_id != pupil_id:
            reason = "This is now the UPN or number of another pupil than the one chosen for it."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        if pupil_id not in self.by_pupil:
            reason = "The pupil chosen for this is not on your roll any more, past or present."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        return tuple(self.by_pupil[pupil_id]), None

    def find(
        self, upn_text: str, number_text: str
    ) -> tuple[tuple[OnRoll, ...], tuple[Kind, str] | None]:
        """The enrolments of the pupil meant, or why there are none."""
        try:
            upn = read_upn_cell(upn_text)
        except BadValue as problem:
            return (), (Kind.BAD_UPN, str(problem))
        number = number_text.strip().casefold()
        if not upn and not number:
            return (), (Kind.UNKNOWN_PUPIL, "The row names no pupil. Add the UPN.")
        numbered = self.by_number.get(number, []) if number else []
        if len({row.pupil_id for row in numbered}) > 1:
            return (), (Kind.UNKNOWN_PUPIL, "Two pupils have this number. Use the UPN.")
        if not upn:
            if not numbered:
                return (), (Kind.UNKNOWN_PUPIL, "No pupil on your roll has this number.")
            return tuple(self.by_pupil[numbered[0].pupil_id]), None
        return self._by_upn(upn, numbered)

    def _by_upn(
        self, upn: str, numbered: Sequence[OnRoll]
    ) -> tuple[tuple[OnRoll, ...], tuple[Kind, str] | None]:
        named = self.by_upn.get(upn, [])
        if named and numbered and named[0].pupil_id != numbered[0].pupil_id:
            reason = "The UPN and the number belong to two pupils. Correct one of them."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        if named:
            return tuple(named), None
        if numbered and not numbered[0].upn:
            return tuple(self.by_pupil[numbered[0].pupil_id]), None
        if numbered:
            reason = "The pupil with this number has another UPN. Settle which is right first."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        if upn in self.by_former:
            reason = "This is the former UPN of a pupil here. Use the present one."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        return (), (Kind.UNKNOWN_PUPIL, "No pupil on your roll, past or present, has this UPN.")


def list_unknown_pupils(
    table: Table, mapping: Mapping[str, str], pupils: Pupils, problems: Problems
) -> Flags:
    """Write down each row whose pupil is not known. Returns which rows those are."""
    unknown = np.array([reason is not None for reason in pupils.reasons], np.bool_)
    bad = unknown[pupils.at] if len(unknown) else np.zeros(len(pupils.at), np.bool_)
    found = np.flatnonzero(bad)
    title = mapping.get("upn") or mapping["external_id"]
    column = table.columns[title]
    for row in found.tolist():
        reason = pupils.reasons[int(pupils.at[row])]
        if reason is None:
            continue
        value = column.values[int(column.at[row])]
        problems.add(reason[0], reason[1], line=int(table.lines[row]), column=title, value=value)
    return bad
