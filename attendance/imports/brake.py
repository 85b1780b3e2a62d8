"""The feed brake: a file that changes an unlikely share of a school's marks waits for a person.

Source of the figures: Onroll's own requirement R35 (a fault or fraud in a register system must not
become letters and notices before somebody has looked). Below `LEAST_…` a share says nothing.
"""

from dataclasses import dataclass
from datetime import date

from rules.dates import in_words

CHANGED_PERCENT = 5  # of the marks that the school holds for the academic years of the file
LEAST_CHANGED = 20
ABSENT_PERCENT = 20  # of the possible sessions in the file
USUALLY_UNDER_PERCENT = 10  # over the four weeks before
USUAL_WEEKS = 4
LEAST_POSSIBLE = 40  # in the file, of at least LEAST_PUPILS pupils
LEAST_PUPILS = 10


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file would do, beside what the school holds.

    recorded            marks the school holds for the academic years of the file
    changed             recorded marks that the file changes
    first_changed       the earliest of them
    term_starts         first day of the present term, None when there is none
    possible, absent    of the file's marks
    pupils              in the file
    usual_possible, usual_absent  recorded in the four weeks before the file's last day
    """

    recorded: int
    changed: int
    first_changed: date | None
    term_starts: date | None
    possible: int
    absent: int
    pupils: int
    usual_possible: int
    usual_absent: int


def why_held(facts: Facts) -> list[str]:
    """The reasons to hold the file, as sentences; none when it may go in."""
    reasons = []
    if facts.changed >= LEAST_CHANGED and facts.changed * 100 > CHANGED_PERCENT * facts.recorded:
        reasons.append(
            f"It changes {facts.changed:,} of the {facts.recorded:,} marks recorded, "
            f"more than {CHANGED_PERCENT}%."
        )
    if facts.first_changed and facts.term_starts and facts.first_changed < facts.term_starts:
        reasons.append(f"It changes marks of a past term, from {in_words(facts.first_changed)}.")
    if _many_absent(facts):
        reasons.append(
            f"In it {facts.absent:,} of {facts.possible:,} sessions are absences, more than "
            f"{ABSENT_PERCENT}%; in the {USUAL_WEEKS} weeks before it was under "
            f"{USUALLY_UNDER_PERCENT}%."
        )
    return reasons


def _many_absent(facts: Facts) -> bool:
    if facts.possible < LEAST_POSSIBLE or facts.pupils < LEAST_PUPILS or not facts.usual_possible:
        return False
    return (
        facts.absent * 100 > ABSENT_PERCENT * facts.possible
        and facts.usual_absent * 100 < USUALLY_UNDER_PERCENT * facts.usual_possible
    )
