"""Exactly what each letter says: frozen dataclasses, filled by the caller, read by one template.

Every field is a plain value. `placeholders()` gives the words that wording may use.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, Self

from frontend.templatetags.govuk import sessions_as_days


@dataclass(frozen=True, slots=True)
class Recipient:
    """One adult. Another adult gets another letter, with another Recipient.

    address_lines  as on the envelope, the name first and the postcode last; empty when the
                   letter is not to be posted
    """

    name: str
    greeting: str
    address_lines: tuple[str, ...]
    language: str = "English"


@dataclass(frozen=True, slots=True)
class ConcernLetter:
    """A first, friendly letter about attendance.

    sessions_missed  half-days missed since the start, for any reason
    since            when counting starts, in words: "September", "12 January 2026"
    review_period    when the school looks again, in words; empty where the policy sets none
    contact_details  a phone number, an email address, or both, as one phrase
    """

    KIND: ClassVar[str] = "initial_concern"

    letter_date: date
    pupil_first_name: str
    sessions_missed: int
    since: str
    review_period: str
    contact_name: str
    contact_details: str
    school_name: str
    school_lines: tuple[str, ...]

    def placeholders(self) -> dict[str, str]:
        """What ((placeholders)) of the wording stand for."""
        return {
            "pupil_first_name": self.pupil_first_name,
            "days_missed": sessions_as_days(self.sessions_missed),
            "since": self.since,
            "review_period": self.review_period,
            "contact_name": self.contact_name,
            "contact_details": self.contact_details,
            "school_name": self.school_name,
        }

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {**asdict(self), "letter_date": self.letter_date.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The context as it was frozen."""
        day = date.fromisoformat(data["letter_date"])
        lines = tuple(data["school_lines"])
        return cls(**{**data, "letter_date": day, "school_lines": lines})


@dataclass(frozen=True, slots=True)
class LeaveLetter:
    """The headteacher's answer to one adult's request for leave. The kinds below fill it alike.

    asked_days, granted_days  in words, such as "Monday 7 December to Friday 11 December 2026"
    ground   the lawful ground in words; empty on a refusal
    reason   what the headteacher gave as the reason
    back_on  the school day on which the pupil is expected again, in words
    """

    KIND: ClassVar[str]

    letter_date: date
    pupil_first_name: str
    asked_days: str
    granted_days: str
    ground: str
    reason: str
    back_on: str
    contact_name: str
    contact_details: str
    school_name: str
    school_lines: tuple[str, ...]

    def placeholders(self) -> dict[str, str]:
        """What ((placeholders)) of the wording stand for."""
        kept = asdict(self)
        return {name: kept[name] for name in kept if name not in ("letter_date", "school_lines")}

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {**asdict(self), "letter_date": self.letter_date.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The context as it was frozen."""
        day = date.fromisoformat(data["letter_date"])
        lines = tuple(data["school_lines"])
        return cls(**{**data, "letter_date": day, "school_lines": lines})


class LeaveGranted(LeaveLetter):
    """Every day that was asked for."""

    __slots__ = ()
    KIND = "leave_granted"


class LeavePartGranted(LeaveLetter):
    """Some of the days."""

    __slots__ = ()
    KIND = "leave_part_granted"


class LeaveRefused(LeaveLetter):
    """None of them."""

    __slots__ = ()
    KIND = "leave_refused"


LetterContext = ConcernLetter | LeaveLetter
