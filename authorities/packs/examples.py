"""Worked examples: a pack's own stories, run against its triggers, clocks and gates and the law.

They run before a pack is adopted and in the tests. The calendar is invented, and the same for all:
summer 2026, and the school year 2026 to 2027.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

from authorities.packs.schema import Example, Pack, Story
from rules.dates import DateRange, days_between, in_words
from rules.deadlines import due_on
from rules.errors import DomainError
from rules.facts import facts_of
from rules.marks import Mark, Session
from rules.school_calendar import Calendar, build_calendar
from rules.values import value_on

TERMS = (
    (date(2026, 4, 13), date(2026, 5, 22)),
    (date(2026, 6, 1), date(2026, 7, 21)),
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 3), date(2026, 12, 18)),
    (date(2027, 1, 5), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
PRESENT = {Session.AM: "/", Session.PM: "\\"}
HALVES = {"morning": Session.AM, "afternoon": Session.PM}


@cache
def calendar() -> Calendar:
    """The calendar of every example."""
    return build_calendar([DateRange(first, last) for first, last in TERMS])


def register_of(example: Example) -> list[Mark]:
    """Every session from joining to the day of the example: as the story says, else attended."""
    told = {
        (day, half): story.code
        for story in example.marks
        for day in days_between(story.first, story.last)
        for half in _halves(story)
    }
    return [
        Mark(day, session, told.get((day, session), PRESENT[session]))
        for day, session in calendar().held
        if day <= example.as_of and (example.joined is None or day >= example.joined)
    ]


def _halves(story: Story) -> tuple[Session, ...]:
    return (HALVES[story.session],) if story.session else (Session.AM, Session.PM)


def problems(pack: Pack, national: Pack) -> Iterator[str]:
    """Each thing that an example of a pack says and that does not come of it, in sentences."""
    for number, example in enumerate(pack.examples, start=1):
        where = f"{pack.name}: examples[{number}] ({example.key})"
        try:
            for sentence in _wrong(pack, national, example):
                yield f"{where}: {sentence}"
        except (DomainError, KeyError, ValueError) as problem:
            yield f"{where}: this cannot be worked out: {problem}."


def _wrong(pack: Pack, national: Pack, example: Example) -> Iterator[str]:
    facts = facts_of(register_of(example), calendar(), example.as_of)
    for whose, source, expected in (
        ("proposes", pack, example.proposes),
        ("national", national, example.national),
    ):
        found = tuple(trigger.key for trigger in source.triggers if trigger.met_by(facts))
        if pack is not national or whose == "proposes":
            yield from _differs(whose, expected, found)
    for one in example.happenings:
        answers = tuple(t.key for t in pack.triggers if t.met_on(one.on, one.at))
        yield from _differs(f"{one.on} at {one.at or 'any stage'} proposes", one.proposes, answers)
    for due in example.due:
        clock = pack.clock(due.clock)
        by = due_on(due.since, clock.length, clock.unit, calendar())
        yield from _differs(f"{due.clock} runs out", (in_words(due.by),), (in_words(by),))
    for gated in example.gates:
        gate = pack.gate(gated.gate)
        missing = tuple(pack.missing(gate, gated.shown))
        yield from _differs(f"{gated.gate} misses", gated.missing, missing)
    yield from _wrong_amounts(example)


def _wrong_amounts(example: Example) -> Iterator[str]:
    for pays in example.pays:
        row = value_on("penalty_notice", pays.on, step=pays.step)
        said = {"full_pounds": pays.full_pounds, "early_pounds": pays.early_pounds}
        for name, pounds in said.items():
            yield from _differs(f"{pays.step} {name}", (str(pounds),), (str(row.get(name)),))


def _differs(what: str, expected: tuple[str, ...], found: tuple[str, ...]) -> Iterator[str]:
    if expected != found:
        yield (
            f"{what}: the example says {', '.join(expected) or 'nothing'}, "
            f"and it comes to {', '.join(found) or 'nothing'}."
        )
