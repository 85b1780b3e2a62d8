"""What every letter to a family shares: the draft to one adult, the contact, the greeting."""

from datetime import datetime

from attendance.addressing import Decision, Way, address_lines
from attendance.models import Adult
from authorities.access import Reach
from authorities.models import School
from authorities.packs import Layer, PackLetter, PolicyInForce
from letters import preflight
from letters.contexts import LetterContext, Recipient
from letters.models import Letter
from letters.services import drafting
from rules.errors import RuleNotMet


def draft(
    *,
    reach: Reach | None,
    school: School,
    adult: Adult,
    decision: Decision,
    context: LetterContext,
    layer: Layer,
    letter: PackLetter,
    now: datetime,
) -> Letter:
    """Draft one letter to one adult. A held one carries no address: nobody reads it off the draft.

    Raises Forbidden, and RuleNotMet where the policy's wording would not pass.
    """
    posts = decision.way == Way.POST
    lines = tuple(address_lines(adult)) if posts else ()
    held = decision.reason if not posts else preflight.address_problem(lines)
    return drafting.prepare(
        reach=reach,
        school=school,
        recipient=Recipient(
            name=adult.name,
            greeting=greeting(adult),
            address_lines=lines,
            language=adult.language or "English",
        ),
        context=context,
        words=drafting.LocalWording(
            pack=layer.pack.name,
            edition=layer.pack.edition,
            letter=letter.key,
            title=letter.title,
            source=f"{layer.pack.pack.document}: {letter.source}"[:300],
            text=layer.pack.wordings[letter.key],
        ),
        now=now,
        held_because=held,
    )


def wording(policy: PolicyInForce, kind: str) -> tuple[Layer, PackLetter]:
    """The most local letter of this kind in force. Raises RuleNotMet where none has it."""
    for layer, letter in policy.letters():
        if letter.kind == kind:
            return layer, letter
    raise RuleNotMet("No policy in force has this letter. Ask your administrator to adopt one.")


def greeting(adult: Adult) -> str:
    """After "Dear": title and surname, or the whole name of somebody without a title."""
    return f"{adult.title} {adult.surname}" if adult.title else adult.name


def contact_of(school: School) -> str:
    """Whom the family can ask. Raises RuleNotMet when the school has not said."""
    name = school.attendance_contact or school.headteacher
    if not name:
        raise RuleNotMet(
            f"Add the name of the person to contact at {school.name} first: letters must name one."
        )
    return name


def details_of(school: School) -> str:
    """How to reach them. Raises RuleNotMet when the school has not said."""
    details = [part for part in (school.phone, school.email) if part]
    if not details:
        raise RuleNotMet(
            f"Add a phone number or an email address of {school.name} first: letters must give one."
        )
    return " or ".join(details)


def lines_of(school: School) -> list[str]:
    """The school's address, for the head of the letter."""
    lines = [*school.address.splitlines(), school.postcode]
    return [line.strip() for line in lines if line.strip()]
