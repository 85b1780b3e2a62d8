"""Sessions that were used already: an earlier notice or prosecution rests on them.

They are in every figure of absence and count no more towards the threshold. Attendance knows no
notices: the package that does registers a Source, and is asked in bulk.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from authorities.access import Reach
from rules.marks import DatedSession, Session

Used = Mapping[DatedSession, tuple[str, ...]]
UNNAMED = "an earlier notice or prosecution"


@dataclass(frozen=True, slots=True)
class Row:
    """One session of one enrolment that was used, and the subject that rests on it."""

    enrolment: int
    day: date
    session: int
    subject: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a package above answers.

    rows   the sessions used since a day: of some enrolments, or of all of some schools (the other
           is None). One query, however many are asked for.
    named  subjects in words, of those that a person may see
    """

    rows: Callable[[int, Collection[int] | None, Collection[int] | None, date], Iterable[Row]]
    named: Callable[[Reach, Collection[str]], Mapping[str, str]]


SOURCES: list[Source] = []


def rows_since(
    authority_id: int,
    since: date,
    *,
    enrolments: Collection[int] | None = None,
    schools: Collection[int] | None = None,
) -> list[Row]:
    """The sessions used since a day, of some enrolments or of all of some schools."""
    return [
        row for source in SOURCES for row in source.rows(authority_id, enrolments, schools, since)
    ]


def used_of(authority_id: int, enrolments: Collection[int], since: date) -> dict[int, Used]:
    """The sessions used of each of some enrolments, with all that rests on them. One query."""
    found: dict[int, dict[DatedSession, tuple[str, ...]]] = {}
    for row in rows_since(authority_id, since, enrolments=enrolments):
        when = DatedSession(row.day, Session(row.session))
        of = found.setdefault(row.enrolment, {})
        of[when] = (*of.get(when, ()), row.subject)
    return dict(found)


def names_for(reach: Reach, subjects: Collection[str]) -> dict[str, str]:
    """Subjects in words, of those that the person may see. No query for none."""
    if not subjects:
        return {}
    return {
        subject: words
        for source in SOURCES
        for subject, words in source.named(reach, subjects).items()
    }


def in_words(subjects: Iterable[tuple[str, ...]], names: Mapping[str, str]) -> str:
    """What used them, each named once: "penalty notice PN 7K3M 9QXT and an earlier notice …"."""
    said = dict.fromkeys(names.get(one, UNNAMED) for row in subjects for one in row)
    *most, last = [one for one in said if one != UNNAMED] + [one for one in said if one == UNNAMED]
    return f"{', '.join(most)} and {last}" if most else last


def used_words(used: Used, names: Mapping[str, str]) -> str:
    """How many more there were, and for what they were used; "" for none."""
    if not used:
        return ""
    count = f"{len(used)} more {'was' if len(used) == 1 else 'were'}"
    return f"{count} used for {in_words(used.values(), names)}"
