"""What can go wrong, as sentences a person can act on.

Each error carries a stable `code` for machines, an HTTP `status` for the edges and a `sentence`
for people. The sentence never holds a name, an address, a date of birth or a UPN.
"""

from http import HTTPStatus


class DomainError(Exception):
    """Something the rules or the services refuse. Raise one of the kinds below, not this."""

    code = "refused"
    status = int(HTTPStatus.BAD_REQUEST)
    default = "This cannot be done."

    def __init__(self, sentence: str = "", **facts: object) -> None:
        """Keep the sentence to show, and any plain facts (no personal data) for the log."""
        self.sentence = sentence or self.default
        self.facts = facts
        super().__init__(self.sentence)

    @property
    def message(self) -> str:
        """The sentence, under the name that forms and API bodies use."""
        return self.sentence


class NotFound(DomainError):
    """No such thing, or not one this person may know of: we never say which."""

    code = "not_found"
    status = int(HTTPStatus.NOT_FOUND)
    default = "We cannot find that page."


class Forbidden(DomainError):
    """The person may see the thing but may not do this to it."""

    code = "forbidden"
    status = int(HTTPStatus.FORBIDDEN)
    default = "You cannot do this. Ask your team manager if you need to."


class Conflict(DomainError):
    """Someone or something got there first; nothing has been done twice."""

    code = "conflict"
    status = int(HTTPStatus.CONFLICT)
    default = "This changed while you were working on it. Open it again and check before you go on."


class InvalidInput(DomainError):
    """What was typed or sent cannot be read as what was asked for."""

    code = "invalid"
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    default = "Check what you entered and try again."


class RuleNotMet(DomainError):
    """The law or the adopted policy does not allow this yet. The sentence says what is missing."""

    code = "rule_not_met"
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    default = "The rules do not allow this."


class NoValue(DomainError):
    """No dated row covers the day asked about. We never guess with the nearest one."""

    code = "no_value"
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    default = "There is no figure for that day."


class UnknownCode(InvalidInput):
    """An attendance code that was not in force on the day it was used."""

    code = "unknown_attendance_code"
    default = "This is not an attendance code."


class UnknownTerm(NoValue):
    """The calendar does not reach the day asked about."""

    code = "no_calendar"
    default = "The school calendar does not reach that day. Add the next terms first."
