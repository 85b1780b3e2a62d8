"""The three-year limit: at most two penalty notices to one parent for one child.

A notice counts on each day of `window(issued)`, from its issue to the day before the third
anniversary. `slot_for` and `slots` say which of two slots it holds in those days, which is how the
database refuses a third whatever the application does:

    each counting notice    a row with slot 1 or 2 and the days it holds it, half open
    EXCLUDE USING gist      (authority, parent, child, slot, days) WITH =, =, =, =, &&
                            for the rows that were not freed
    withdrawn or acquitted  the row is freed: it holds nothing any more
    end of the days         greatest((issued + interval '3 years')::date,
                                     (issued - 1 + interval '3 years')::date + 1)

The last line is `window` in SQL, 29 February included. A new notice takes what `slot_for` gives. A
notice of another council that is declared late may find no room; `slots` then places the whole
history again, oldest first: free all its rows, then write each one as given, in one transaction.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules.dates import ONE_DAY, in_words, months_after
from rules.errors import InvalidInput
from rules.register import rule
from rules.tariffs import Step
from rules.values import VALUES, value_on


class Kind(enum.StrEnum):
    """What a notice was for."""

    ABSENCE = "absence"
    EXCLUDED = "excluded pupil"


class Outcome(enum.StrEnum):
    """What came of a notice."""

    OPEN = "open"
    PAID = "paid"
    UNPAID = "unpaid"
    PROSECUTED = "prosecuted"
    CONVICTED = "convicted"
    ACQUITTED = "acquitted"
    WITHDRAWN = "withdrawn"


# What is left when no third notice can be issued.
OTHER_WAY = "Consider prosecution or another way."
GONE = frozenset({Outcome.WITHDRAWN, Outcome.ACQUITTED})


@dataclass(frozen=True, slots=True)
class PastNotice:
    """A notice already issued, by us or by another council.

    key            what the caller knows it by; shown to nobody
    parent, child  the records it was issued to and for
    council        the other council that issued it; empty for our own
    offence_until  the last day of the absence, where known; without it the day of issue decides
                   which scheme it was under
    """

    key: int
    parent: int
    child: int
    issued: date
    outcome: Outcome = Outcome.OPEN
    kind: Kind = Kind.ABSENCE
    council: str = ""
    offence_until: date | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which a notice counts: from `first` on, until before `until`."""

    first: date
    until: date

    def __contains__(self, day: object) -> bool:
        """Whether a day is one of them."""
        return isinstance(day, date) and self.first <= day < self.until


@rule("LIM-1", source="PN2024/three-years")
def window(issued: date) -> Window:
    """The days on which a notice counts: from its issue to the day before the third anniversary.

    One issued on 29 February counts until the end of 28 February. It equals `counts` for every
    day. Raises NoValue for a day before the scheme.
    """
    years = value_on("notice_limit", issued)["years"]
    until = months_after(issued, 12 * years)
    if until.day < issued.day:
        until += ONE_DAY
    return Window(issued, until)


def under_the_scheme(notice: PastNotice) -> bool:
    """Whether it is a notice of the present scheme: the limit counts no older ones."""
    start: date = min(row["from"] for row in VALUES["notice_limit"])
    return notice.issued >= start and (notice.offence_until or notice.issued) >= start


def may_count(notice: PastNotice) -> bool:
    """Whether it counts on any day: an absence notice of this scheme, not withdrawn or lost."""
    return notice.kind is Kind.ABSENCE and notice.outcome not in GONE and under_the_scheme(notice)


@rule("LIM-2", source="PN2024/three-years")
def counts(notice: PastNotice, proposed_on: date) -> bool:
    """Whether a notice counts against another one proposed on a day.

    It does when issued in the three years that end with that day: after the same day three years
    before, which for 29 February is 28 February. Those of other councils count like our own.
    Withdrawn, acquitted, excluded-pupil and older ones never do.
    """
    if not may_count(notice):
        return False
    years = value_on("notice_limit", proposed_on)["years"]
    return months_after(proposed_on, -12 * years) < notice.issued <= proposed_on


@dataclass(frozen=True, slots=True)
class Counting:
    """A notice that counts, and the first day on which it does not any more."""

    notice: PastNotice
    stops_on: date


@dataclass(frozen=True, slots=True)
class NextStep:
    """What may be issued next to one parent for one child.

    step      first or second; None when nothing may be
    sentence  the answer for the officer, with what to do instead
    counting  the notices that count, oldest first
    free_on   the first day on which another may be issued; None when one may now
    """

    step: Step | None
    sentence: str
    counting: tuple[Counting, ...]
    free_on: date | None


@rule("LIM-3", source="PN2024/three-years")
def next_step(
    history: Iterable[PastNotice], *, parent: int, child: int, proposed_on: date
) -> NextStep:
    """First, second or blocked: what a notice to this parent for this child would be on a day.

    history  may hold notices to others and for others: they are passed over.
    Raises InvalidInput when a counting notice was issued after the proposed day, and NoValue for
    a day before the scheme.
    """
    ours = [one for one in history if (one.parent, one.child) == (parent, child)]
    later = max((one.issued for one in ours if may_count(one)), default=proposed_on)
    if later > proposed_on:
        raise InvalidInput(
            f"A notice was issued on {in_words(later)}. Choose that day or a later one."
        )
    counting = tuple(
        Counting(one, window(one.issued).until)
        for one in sorted(ours, key=lambda one: (one.issued, one.key))
        if counts(one, proposed_on)
    )
    most = value_on("notice_limit", proposed_on)["notices"]
    if len(counting) < most:
        step = (Step.FIRST, Step.SECOND)[len(counting)]
        return NextStep(step, _allowed(step, counting), counting, None)
    free_on = counting[-most].stops_on
    days = " and ".join(in_words(one.notice.issued) for one in counting)
    return NextStep(
        None,
        f"Another penalty notice cannot be issued to this parent for this pupil before "
        f"{in_words(free_on)}: those of {days} count. {OTHER_WAY}",
        counting,
        free_on,
    )


def _allowed(step: Step, counting: Sequence[Counting]) -> str:
    if step is Step.FIRST:
        return "This is a first notice: none to this parent for this pupil counts."
    only = counting[0]
    return (
        f"This is a second notice: the one of {in_words(only.notice.issued)} counts until "
        f"{in_words(only.stops_on - ONE_DAY)}."
    )


@rule("LIM-4", source="WTISA/cross-border")
def councils_to_ask(elsewhere: Collection[str], asked: Mapping[str, date]) -> str:
    """Which other councils must still be asked about notices of theirs; empty when all have been.

    elsewhere  every other council where the child lived or was registered in the three years
    asked      the day each one's answer was recorded for this request
    """
    missing = sorted(set(elsewhere) - set(asked))
    if not missing:
        return ""
    return (
        f"Ask {' and '.join(missing)} about penalty notices to this parent for this pupil, "
        "and record the answer."
    )


@dataclass(frozen=True, slots=True)
class Held:
    """The slot that one notice holds, and for which days."""

    key: int
    slot: int
    window: Window


@rule("LIM-5", source="ONROLL/slots")
def slots(history: Iterable[PastNotice]) -> tuple[Held, ...]:
    """Which slot each notice of one parent and child holds, oldest first.

    Windows end in the order they began, so every notice takes the slot of the one two before it:
    from its issue, or, where there are more than two at once (other councils' notices, declared
    late), from the day that one frees it. On each day as many slots are held as notices count,
    and never more than two. One that gets no day at all is left out.
    """
    most = value_on("notice_limit", date.max)["notices"]
    placed = sorted(
        (one for one in history if may_count(one)), key=lambda one: (one.issued, one.key)
    )
    windows = [window(one.issued) for one in placed]
    held = []
    for number, (one, days) in enumerate(zip(placed, windows, strict=True)):
        first = days.first
        if number >= most:
            first = max(first, windows[number - most].until)
        if first < days.until:
            held.append(Held(one.key, number % most + 1, Window(first, days.until)))
    return tuple(held)


def slot_for(held: Iterable[Held], issued: date) -> Held | None:
    """The lowest slot free for the whole window of a notice issued on a day; None when none is.

    The key of the answer is 0: the notice has none yet.
    """
    days = window(issued)
    taken = {
        one.slot for one in held if one.window.first < days.until and days.first < one.window.until
    }
    most = value_on("notice_limit", issued)["notices"]
    free = [slot for slot in range(1, most + 1) if slot not in taken]
    return Held(0, free[0], days) if free else None
