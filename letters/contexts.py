"""Exactly what each letter says: frozen dataclasses, filled by the caller, read by one template.

Every field is a plain value. `placeholders()` gives the words that wording may use.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, Self

from frontend.templatetags.govuk import sessions_as_days
from letters.wording import Said
from rules.errors import RuleNotMet


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
class LetterContext:
    """What every letter's context is: plain values, frozen with the letter, and read back alike.

    KIND  its key in the catalogue; a tuple of a context is the lines of somebody's address
    """

    KIND: ClassVar[str]

    letter_date: date

    def placeholders(self) -> dict[str, str]:
        """What ((placeholders)) of the wording stand for: every text of the context."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, str)}

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {**asdict(self), "letter_date": self.letter_date.isoformat()}

    def enclosed(self) -> list[Said]:
        """What goes with the letter on sheets of its own, whatever its wording is: nothing."""
        return []

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The context as it was frozen."""
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**{**kept, "letter_date": date.fromisoformat(data["letter_date"])})


@dataclass(frozen=True, slots=True)
class ConcernLetter(LetterContext):
    """A first, friendly letter about attendance.

    sessions_missed  half-days missed since the start, for any reason
    since            when counting starts, in words: "September", "12 January 2026"
    review_period    when the school looks again, in words; empty where the policy sets none
    contact_details  a phone number, an email address, or both, as one phrase
    """

    KIND: ClassVar[str] = "initial_concern"

    pupil_first_name: str
    sessions_missed: int
    since: str
    review_period: str
    contact_name: str
    contact_details: str
    school_name: str
    school_lines: tuple[str, ...]

    def placeholders(self) -> dict[str, str]:
        """As of every letter, with the sessions as days."""
        days = {"days_missed": sessions_as_days(self.sessions_missed)}
        return LetterContext.placeholders(self) | days


@dataclass(frozen=True, slots=True)
class LeaveLetter(LetterContext):
    """The headteacher's answer to one adult's request for leave. The kinds below fill it alike.

    asked_days, granted_days  in words, such as "Monday 7 December to Friday 11 December 2026"
    ground   the lawful ground in words; empty on a refusal
    reason   what the headteacher gave as the reason
    back_on  the school day on which the pupil is expected again, in words
    """

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


class FromCouncil:
    """What the page of a notice prints of the council that issues it."""

    __slots__ = ()
    council_name: str
    council_contact: str
    council_lines: tuple[str, ...]

    @property
    def issuer(self) -> str:
        """Its name."""
        return self.council_name

    @property
    def issuer_contact(self) -> str:
        """How to reach it."""
        return self.council_contact

    @property
    def issuer_lines(self) -> tuple[str, ...]:
        """Its address."""
        return self.council_lines


@dataclass(frozen=True, slots=True)
class PenaltyLetter(FromCouncil, LetterContext):
    """A penalty notice to one parent for one child; the kinds below differ in their tariff.

    Every field is one that the regulations ask for; an empty one is refused. Dates are London
    days in words with their weekday; amounts are as "£80".

    notice_reference  in groups, as the parent types it to pay
    parent_address    the parent's own, in one line, or why it is not printed
    child_address     only where the parent lives with the child, else why it is not printed
    places            the school, and any place of alternative provision
    offence, days     what happened, and each day of it
    officer           who issues it: name and official details
    early_amount, early_by   the lower amount and its last day; the flat kind has none of its own
                      and repeats the full ones
    serving           how and when it is given, and day 1 that follows from it
    counting          how the days are counted from there
    council_address, ways    where to write, and how to pay, each in one line
    """

    notice_reference: str
    parent_name: str
    parent_address: str
    child_name: str
    child_address: str
    school_name: str
    places: str
    offence: str
    days: str
    officer: str
    issued_on: str
    early_amount: str
    early_by: str
    full_amount: str
    full_by: str
    serving: str
    counting: str
    ways: str
    council_name: str
    council_address: str
    council_contact: str
    council_lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a blank particular. Raises RuleNotMet, naming it."""
        for name, value in asdict(self).items():
            if not value or (isinstance(value, str) and not value.strip()):
                what = name.replace("_", " ")
                raise RuleNotMet(f"A penalty notice must give: {what}. Add it, then try again.")


class PenaltyFirst(PenaltyLetter):
    """A first notice: a lower amount at first."""

    __slots__ = ()
    KIND = "penalty_notice"


class PenaltySecond(PenaltyLetter):
    """A second notice in the three years: one amount."""

    __slots__ = ()
    KIND = "penalty_notice_second"


class PenaltyExcluded(PenaltyLetter):
    """A notice for an excluded child in a public place."""

    __slots__ = ()
    KIND = "penalty_notice_excluded"


@dataclass(frozen=True, slots=True)
class CouncilLetter(FromCouncil, LetterContext):
    """What became of a penalty notice, to its parent alone. The kinds below fill it alike.

    issued_on  the day of the notice, in words
    reason     what was decided and why, as the officer wrote it
    what_next  what the parent must do now, or that nothing is left to do, in a sentence
    """

    notice_reference: str
    child_name: str
    issued_on: str
    reason: str
    what_next: str
    officer: str
    council_name: str
    council_contact: str
    council_lines: tuple[str, ...]


class PenaltyWithdrawn(CouncilLetter):
    """The written notice that a penalty notice is withdrawn."""

    __slots__ = ()
    KIND = "penalty_withdrawn"


class PenaltyStands(CouncilLetter):
    """The answer to a representation that did not succeed."""

    __slots__ = ()
    KIND = "penalty_stands"


class PenaltyEnded(CouncilLetter):
    """No further action is taken."""

    __slots__ = ()
    KIND = "penalty_ended"


@dataclass(frozen=True, slots=True)
class ImprovementLetter(LetterContext):
    """A Notice to Improve to one parent, with each of its seven contents. Texts as it was decided.

    record, duty, support, offer, success, early  the contents, each a text of its own
    weeks   "6 school weeks"; starts_on, ends_on  its first and last day, in words
    issuer  the school or the council that issues it, with its contact and address
    """

    KIND: ClassVar[str] = "notice_to_improve"

    notice_reference: str
    child_name: str
    school_name: str
    record: str
    duty: str
    support: str
    offer: str
    success: str
    weeks: str
    starts_on: str
    ends_on: str
    early: str
    officer: str
    issuer: str
    issuer_contact: str
    issuer_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImprovementNews(LetterContext):
    """What became of a Notice to Improve, to one parent. The kinds below fill it alike.

    issued_on  the day of the notice, in words; result  how the weeks went, in a sentence
    reason     why it is so; what_next  what happens now
    """

    notice_reference: str
    child_name: str
    issued_on: str
    result: str
    reason: str
    what_next: str
    officer: str
    issuer: str
    issuer_contact: str
    issuer_lines: tuple[str, ...]


class ImprovementEndsEarly(ImprovementNews):
    """Told before the weeks are over: the notice may end early."""

    __slots__ = ()
    KIND = "improvement_ends_early"


class ImprovementOutcome(ImprovementNews):
    """How the weeks of a Notice to Improve went."""

    __slots__ = ()
    KIND = "improvement_outcome"


@dataclass(frozen=True, slots=True)
class SupervisionLetter(FromCouncil, LetterContext):
    """About an education supervision order, to one parent. The kinds below say what of it."""

    reference_of: ClassVar[str] = "Order"

    notice_reference: str
    child_name: str
    school_name: str
    officer: str
    council_name: str
    council_contact: str
    council_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupervisionProposed(SupervisionLetter):
    """That the council thinks of asking for an order, before anything else.

    reason   why, as the officer wrote it; meeting  when and where to meet, in a sentence
    """

    KIND: ClassVar[str] = "supervision_order"

    reason: str
    meeting: str


@dataclass(frozen=True, slots=True)
class SupervisionDirection(SupervisionLetter):
    """One direction to this parent. given_on, until  its day and the order's last one, in words."""

    KIND: ClassVar[str] = "supervision_direction"

    direction: str
    given_on: str
    until: str


@dataclass(frozen=True, slots=True)
class SupervisionNews(SupervisionLetter):
    """What became of an order: what happened, why, and what happens now, each a text of its own."""

    KIND: ClassVar[str] = "supervision_news"

    result: str
    reason: str
    what_next: str


@dataclass(frozen=True, slots=True)
class CautionLetter(FromCouncil, LetterContext):
    """The letter under caution before a prosecution, to one parent, with its questions.

    section   of the Education Act 1996; offence  what the parent is said to have done
    days      each half day of it; penalty  the most a court may impose, in a sentence
    answer_by the last day to answer, in words with its weekday
    caution   the words of the caution; rights, questions  each a whole sentence
    """

    KIND: ClassVar[str] = "prosecution_caution"
    reference_of: ClassVar[str] = "File"

    notice_reference: str
    parent_name: str
    child_name: str
    school_name: str
    section: str
    offence: str
    days: str
    penalty: str
    answer_by: str
    caution: str
    rights: tuple[str, ...]
    questions: tuple[str, ...]
    officer: str
    council_name: str
    council_address: str
    council_contact: str
    council_lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a letter without one of its parts. Raises RuleNotMet, naming it."""
        for name, value in asdict(self).items():
            if not value or (isinstance(value, str) and not value.strip()):
                what = name.replace("_", " ")
                raise RuleNotMet(f"A letter under caution must give: {what}. Add it, then go on.")

    def enclosed(self) -> list[Said]:
        """The sheet of questions, which no policy's wording can leave out."""
        return [
            Said("title", "Questions for you"),
            Said("paragraph", self.caution),
            Said("list", "", self.rights),
            Said("questions", "", self.questions),
            Said("signature", "I have read the words in the first paragraph of this sheet."),
        ]


class ProsecutionEnded(CouncilLetter):
    """That a parent who was cautioned is not prosecuted, or not any more.

    issued_on  the day of the letter under caution, in words
    """

    __slots__ = ()
    KIND = "prosecution_ended"
    reference_of: ClassVar[str] = "File"
