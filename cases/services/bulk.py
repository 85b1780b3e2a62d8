"""The same done to many rows of a list together: first what would happen, then all of it at once.

`plan` says what will happen to which row and what will not, and why. `carry_out` does it in one
transaction, for the rows that still are as they were when the plan was read.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School, User
from authorities.permissions import Permission
from authorities.references import new_reference
from cases.access import cases_for, deadlines_for
from cases.models import Case, Deadline, WorkChange, WorkChangeKind
from cases.selectors.owners import named_on
from cases.selectors.work import BY_KEY
from cases.services import deadlines, record_days
from rules.dates import in_words
from rules.errors import InvalidInput, UnknownTerm
from rules.school_calendar import Calendar, school_day_after

MOST = 500
CASE = "case"
W = WorkChangeKind


@dataclass(frozen=True, slots=True)
class Token:
    """One row as a form sends it: what it is, which, and how it stood when the list was read."""

    kind: str
    pk: int
    state: str


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done: "give" to an owner, "done" with a note, or "move" by school days."""

    key: str
    owner: User | None = None
    note: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a plan: whose and what, and what will happen, or why nothing will."""

    pupil: str
    school: str
    what: str
    then: str = ""
    why_not: str = ""
    do: Callable[[str, datetime], object] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen, and what will not. `unseen`: rows that this person cannot see any more."""

    will: list[Line] = field(default_factory=list)
    wont: list[Line] = field(default_factory=list)
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What happened. `batch` takes it back."""

    batch: str
    done: int
    left: list[Line]


def read_tokens(sent: Iterable[str]) -> list[Token]:
    """The rows of a form, each once. Raises InvalidInput for none, nonsense and too many."""
    found = []
    for text in dict.fromkeys(sent):
        kind, _, rest = text.partition("|")
        pk, _, state = rest.partition("|")
        if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
            raise InvalidInput(
                "We cannot read which rows you chose. Go back and choose them again."
            )
        found.append(Token(kind, int(pk), state))
    if not found:
        raise InvalidInput("Choose at least one row first.")
    if len(found) > MOST:
        raise InvalidInput(
            f"Choose {MOST} rows or fewer at a time. Use the filters to narrow them."
        )
    return found


def case_token(case: Case) -> str:
    """A case as a row of a form."""
    return f"{CASE}|{case.pk}|{_case_state(case)}"


def _case_state(case: Case) -> str:
    return f"{case.version}-{case.owner_id or 0}"


def plan(*, reach: Reach, action: Action, tokens: Sequence[Token], today: date) -> Plan:
    """What an action would do to each row today. Raises Forbidden. Changes nothing."""
    reach.require(Permission.CHANGE_CASE)
    return _plan(reach, action, tokens, today)


@transaction.atomic
def carry_out(
    *, reach: Reach, action: Action, tokens: Sequence[Token], today: date, now: datetime
) -> Result:
    """Do it to every row that can be changed and is as it was read; all of it or nothing.

    Raises Forbidden. What was left, and why, is in the result.
    """
    reach.require(Permission.CHANGE_CASE)
    found = _plan(reach, action, tokens, today, lock=True)
    batch = new_reference()
    for do in [line.do for line in found.will if line.do]:
        do(batch, now)
    return Result(batch, len(found.will), found.wont)


def _plan(
    reach: Reach, action: Action, tokens: Sequence[Token], today: date, *, lock: bool = False
) -> Plan:
    judge = _Judge(reach, action, today)
    clocks = deadlines_for(reach).filter(
        pk__in=_pks(tokens, lambda kind: kind != CASE and kind not in BY_KEY)
    )
    cases = cases_for(reach).filter(pk__in=_pks(tokens, lambda kind: kind == CASE))
    if lock:  # in one order, so that two people cannot wait for each other
        record_days.hold(clocks)
        clocks = clocks.select_for_update(of=("self",))
        cases = cases.select_for_update(of=("self",), no_key=True)
    by_clock = {row.pk: row for row in clocks.order_by("pk")}
    by_case = {row.pk: row for row in cases.select_related("owner").order_by("pk")}
    found = Plan()
    unseen = 0
    for token in tokens:
        line: Line | None = None
        if token.kind == CASE:
            case = by_case.get(token.pk)
            line = judge.case(case, token.state) if case else None
        elif token.kind in BY_KEY:
            line = Line("", "", BY_KEY[token.kind].label, why_not=BY_KEY[token.kind].alone)
        elif token.pk in by_clock:
            line = judge.deadline(by_clock[token.pk], token.state)
        if line is None:
            unseen += 1
        else:
            (found.wont if line.why_not else found.will).append(line)
    return Plan(found.will, _grouped(found.wont), unseen)


def _pks(tokens: Sequence[Token], which: Callable[[str], bool]) -> list[int]:
    return [token.pk for token in tokens if which(token.kind)]


def _grouped(lines: Sequence[Line]) -> list[Line]:
    """Rows that are of no pupil here (each is done alone) as one line with their number."""
    counted: dict[Line, int] = {}
    for line in lines:
        counted[line] = counted.get(line, 0) + 1
    return [
        line
        if count == 1
        else Line(line.pupil, line.school, f"{line.what}: {count}", "", line.why_not)
        for line, count in counted.items()
    ]


class _Judge:
    """What an action means for each row; what it asks of a school is asked once."""

    def __init__(self, reach: Reach, action: Action, today: date) -> None:
        self.reach, self.action, self.today = reach, action, today
        self.calendar: Callable[[School], Calendar] = cache(deadlines.calendar_of)
        self.may_own: Callable[[School], str] = cache(self._may_own)

    def _may_own(self, school: School) -> str:
        return deadlines.why_not_for(-1, self.action.owner, school, self.today)

    def case(self, row: Case, state: str) -> Line:
        """A row of the list of cases: it can be given."""
        why = self._refused(row) or self._not_given(row, row.owner_id)
        if not why and state != _case_state(row):
            why = "Somebody changed this since you opened the list. Look at it again first."
        to = self.action.owner.name if self.action.owner else "nobody"
        was = row.owner.name if row.owner else "nobody"
        return Line(
            row.pupil.name,
            row.school.name,
            f"Case {row.reference}",
            f"Goes to {to} (now with {was}).",
            why,
            lambda batch, now: give_case(row, self.reach, self.action.owner, now, batch),
        )

    def _refused(self, row: Case) -> str:
        if not self.reach.may(Permission.CHANGE_CASE, row.school):
            return "You cannot change cases at this school."
        if self.action.key != "give":
            return "A case can be given to somebody, and nothing else, from a list."
        if row.closed_on is not None:
            return f"This case was closed on {in_words(row.closed_on)}."
        return ""

    def _not_given(self, case: Case, was: int | None) -> str:
        """Why work on a case cannot be given."""
        owner = self.action.owner
        if owner is not None and not named_on(owner, case):
            return f"{owner.name} is not named on this restricted case."
        if was == (owner.pk if owner else None):
            return f"{owner.name} has it already." if owner else "It has no owner already."
        return self.may_own(case.school) if owner else ""

    def deadline(self, row: Deadline, state: str) -> Line:
        """A row of the list of work."""
        version = int(state) if state.isascii() and state.isdecimal() and len(state) < 9 else 0
        why = deadlines.why_not(row, version)
        if not self.reach.may(Permission.CHANGE_CASE, row.case.school):
            why = "You cannot change cases at this school."
        then, do = "", None
        if not why:
            then, why, do = getattr(self, f"_{self.action.key}")(row)
        return Line(row.case.pupil.name, row.case.school.name, row.words, then, why, do)

    def _give(self, row: Deadline) -> Any:
        owner = self.action.owner
        to = owner.name if owner else "whoever carries the case"
        return (
            f"Goes to {to}.",
            self._not_given(row.case, row.owner_id)
            or deadlines.why_not_to_council(row, owner, self.today),
            lambda batch, now: deadlines.given(row, self.reach, owner, now, batch=batch),
        )

    def _done(self, row: Deadline) -> Any:
        note = self.action.note
        return (
            "Marked as done today.",
            deadlines.why_not_done(row),
            lambda batch, now: deadlines.done(row, self.reach, note, self.today, now, batch=batch),
        )

    def _move(self, row: Deadline) -> Any:
        if row.paused_since is not None:
            return "", "It is paused. Let it run again first.", None
        calendar = self.calendar(row.case.school)
        try:
            to = school_day_after(calendar, max(row.due_on, self.today), self.action.days)
            why = deadlines.why_not_to(row, to, self.today, calendar)
        except UnknownTerm as unknown:
            return "", unknown.sentence, None
        return (
            f"From {in_words(row.due_on)} to {in_words(to)}.",
            why,
            lambda batch, now: deadlines.moved(
                row, self.reach, to, self.action.note, now, batch=batch
            ),
        )


def give_case(case: Case, reach: Reach, owner: User | None, now: datetime, batch: str = "") -> None:
    """Say who carries a case that was locked and may be given."""
    was, case.owner = case.owner, owner
    case.save(update_fields=["owner"])
    WorkChange.objects.create(
        authority=case.authority,
        case=case,
        what=W.GIVEN,
        was_owner=was,
        now_owner=owner,
        batch=batch,
        made_by=reach.user,
        made_at=now,
    )
    record(
        Kind.CASE_GIVEN,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        reference=case.reference,
    )


# Taking it back


@transaction.atomic
def take_back(*, reach: Reach, batch: str, now: datetime) -> tuple[int, int]:
    """Undo what this person did together. Answers how many went back, and how many could not.

    What somebody changed since stays as they left it.
    """
    reach.require(Permission.CHANGE_CASE)
    changes = list(
        WorkChange.objects.filter(authority=reach.authority, batch=batch, made_by=reach.user)
        .exclude(batch="")
        .exclude(what=W.UNDONE)
    )
    clocks = deadlines_for(reach).filter(pk__in=[c.deadline_id for c in changes if c.deadline_id])
    cases = cases_for(reach).filter(pk__in=[c.case_id for c in changes if not c.deadline_id])
    record_days.hold(clocks)
    by_clock = {row.pk: row for row in clocks.select_for_update(of=("self",)).order_by("pk")}
    by_case = {
        row.pk: row for row in cases.select_for_update(of=("self",), no_key=True).order_by("pk")
    }
    back = 0
    for change in changes:
        if change.deadline_id:
            row = by_clock.get(change.deadline_id)
            back += bool(row and _deadline_back(row, change, reach, now))
        else:
            case = by_case.get(change.case_id)
            back += bool(case and _case_back(case, change, reach, now))
    if back:
        record(
            Kind.WORK_TAKEN_BACK,
            by=reach.user,
            authority=reach.authority,
            on="cases.WorkChange:batch",
            count=back,
        )
    return back, len(changes) - back


def _case_back(case: Case, change: WorkChange, reach: Reach, now: datetime) -> bool:
    if case.owner_id != change.now_owner_id or case.closed_on is not None:
        return False
    give_case(case, reach, change.was_owner, now)
    return True


def _deadline_back(row: Deadline, change: WorkChange, reach: Reach, now: datetime) -> bool:
    newer = WorkChange.objects.filter(deadline=row, pk__gt=change.pk).exists()
    if newer or row.case.closed_on is not None:
        return False
    if change.what == W.DONE:
        again = Deadline.objects.filter(case=row.case, kind=row.kind, about=row.about, done_on=None)
        if again.exists():
            return False
        row.done_on, row.done_by = None, None
    elif row.done_on is not None:
        return False
    elif change.was_on is not None:  # it was moved
        if not _day_back(row, change.was_on):
            return False
    else:
        row.owner = change.was_owner
    deadlines.undone(row, reach, change, now)
    return True


def _day_back(row: Deadline, was_on: date) -> bool:
    """Give a clock its former day, unless what was agreed since stands against it."""
    try:
        problem = record_days.why_not_on(row, was_on, deadlines.calendar_of(row.case.school))
    except UnknownTerm:
        return False
    if not problem:
        row.due_on, row.length = was_on, row.clock.get("length")
    return not problem
