"""Every clock of a case: started when something begins, done when a person does it, or dropped."""

from datetime import date

from django.db.models import QuerySet

from attendance.selectors.calendars import calendars_in_force, rules_calendar
from authorities.models import School, User
from authorities.packs import pack_in_force
from cases.models import Case, Deadline, DeadlineKind
from rules.deadlines import due_on
from rules.school_calendar import Calendar


def calendar_of(school: School) -> Calendar:
    """The school's calendar, as the rules read it."""
    return rules_calendar(calendars_in_force(school))


def start(
    *,
    case: Case,
    kind: DeadlineKind,
    words: str,
    since: date,
    by: date | None = None,
    clock: str = "",
    about: str = "",
    owner: User | None = None,
    nothing: str = "",
) -> Deadline:
    """Start a clock on a case. One that runs already for the same subject is moved to the new day.

    by     the last day, agreed by people; or
    clock  key of the policy's clock that counts from `since`

    Raises NoValue when no policy sets the clock, and UnknownTerm when the calendar ends first.
    """
    source: dict[str, str] = {}
    if by is None:
        layer, length = pack_in_force(case.school, since).clock(clock)
        by = due_on(since, length.length, length.unit, calendar_of(case.school))
        source = {
            "pack": layer.pack.name,
            "edition": layer.pack.edition,
            "key": length.key,
            "words": length.words,
            "source": length.source,
        }
    running, _ = Deadline.objects.update_or_create(
        authority=case.authority,
        case=case,
        kind=kind.value,
        about=about,
        done_on=None,
        defaults={
            "school": case.school,
            "words": words,
            "since": since,
            "due_on": by,
            "owner": owner,
            "nothing": nothing,
            "clock": source,
            "paused": 0,
            "paused_since": None,
            "paused_because": "",
        },
    )
    return running


def running(case: Case, kind: DeadlineKind | None = None, about: str = "") -> QuerySet[Deadline]:
    """The clocks of a case that have not ended, the next first."""
    rows = Deadline.objects.filter(case=case, done_on=None).order_by("due_on", "pk")
    return rows if kind is None else rows.filter(kind=kind.value, about=about)


def finish(*, case: Case, kind: DeadlineKind, today: date, by: User | None, about: str = "") -> int:
    """Say that it was done. Answers how many clocks ended: none when none ran."""
    return running(case, kind, about).update(done_on=today, done_by=by)


def drop(*, case: Case, kind: DeadlineKind, today: date, because: str, about: str = "") -> int:
    """End a clock that no longer matters, with the reason."""
    return running(case, kind, about).update(done_on=today, dropped_because=because)
