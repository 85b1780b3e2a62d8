"""The smallest valid row of each model. What matters to a test is written in the test."""

from datetime import date
from itertools import count
from typing import Any

from attendance.models import Adult, AdultLink, Enrolment, Pupil
from authorities.models import Authority, Phase, School, SchoolKind

_numbers = count(1)


def school(authority: Authority, **fields: Any) -> School:
    """An open maintained primary school."""
    number = next(_numbers)
    fields.setdefault("urn", f"{800_000 + number}")
    # Four digits for ever: a whole run of the suite makes more than eight thousand rows.
    fields.setdefault("number", f"{2000 + number % 8000}")
    fields.setdefault("name", f"School {number}")
    fields.setdefault("phase", Phase.PRIMARY)
    fields.setdefault("kind", SchoolKind.MAINTAINED)
    return School.objects.create(authority=authority, **fields)


def pupil(authority: Authority, **fields: Any) -> Pupil:
    """A pupil of compulsory school age without a UPN."""
    number = next(_numbers)
    fields.setdefault("forenames", f"Robin{number}")
    fields.setdefault("surname", "Example")
    fields.setdefault("born_on", date(2016, 5, 4))
    fields.setdefault("sort_name", f"{fields['surname']}, {fields['forenames']}".lower())
    return Pupil.objects.create(authority=authority, **fields)


def enrolment(pupil: Pupil, school: School, **fields: Any) -> Enrolment:
    """On roll since September 2025."""
    fields.setdefault("starts_on", date(2025, 9, 1))
    return Enrolment.objects.create(
        authority_id=school.authority_id, school=school, pupil=pupil, **fields
    )


def adult(pupil: Pupil, *, link: dict[str, Any] | None = None, **fields: Any) -> Adult:
    """A parent with an address that is known not to be protected."""
    number = next(_numbers)
    fields.setdefault("surname", f"Parent{number}")
    fields.setdefault("address", f"{number} Orchard Row\nNorthmoor")
    fields.setdefault("postcode", "ZZ99 1AA")
    fields.setdefault("protected_address", "no")
    made = Adult.objects.create(authority_id=pupil.authority_id, **fields)
    AdultLink.objects.create(
        authority_id=pupil.authority_id,
        pupil=pupil,
        adult=made,
        **{
            "relationship": "mother",
            "parental_responsibility": "yes",
            "has_care": "yes",
            "may_contact": "yes",
            "court_order": "none",
            **(link or {}),
        },
    )
    return made
