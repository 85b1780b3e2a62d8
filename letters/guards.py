"""Who decides, at the last moment, whether a letter may go. Letters know no pupils and no adults:
the package that prepares a letter registers the guard that knows whom it is about.

No guard, or one that does not know the letter, means: hold. A guard locks what it reads, so that a
protection flag set at the same time is either seen or waits until the letter is out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from letters.models import Letter


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a letter may go: `post`, `hold` or `do not write`, with codes and a sentence."""

    way: str
    codes: tuple[str, ...]
    reason: str


GO = "post"
Guard = Callable[[Letter, date], Verdict | None]
GUARDS: list[Guard] = []


def verdict_on(letter: Letter, day: date) -> Verdict:
    """What the guards say of a letter as things stand on `day`. Must run in a transaction."""
    for guard in GUARDS:
        verdict = guard(letter, day)
        if verdict is not None:
            return _as_released(letter, verdict)
    return Verdict("hold", ("nobody_knows",), "Nothing says who this letter is about.")


def _as_released(letter: Letter, verdict: Verdict) -> Verdict:
    """A doubt that a person has accepted holds no more; a new one does."""
    if verdict.way == "hold" and set(verdict.codes) <= set(letter.accepted):
        return Verdict(GO, (), "Released by a person.")
    return verdict
