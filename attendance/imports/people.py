"""How each column of a file of pupils, enrolments or adults is read: our field → its reader."""

from collections.abc import Callable
from typing import Any

from django.db import models

from attendance.imports import values
from attendance.imports.problems import Kind
from attendance.imports.values import BadValue, DateOrder
from attendance.models.imports import ImportLayout
from attendance.models.people import CareOrder, EnrolmentStatus

Reader = Callable[[str, DateOrder | None], Any]


def _text(most: int, *, lines: bool = False) -> Reader:
    return lambda text, order: values.read_text(text, most=most, lines=lines)


def _choice(choices: type[models.TextChoices], empty: str) -> Reader:
    allowed = {str(value): str(label) for value, label in choices.choices}
    return lambda text, order: values.read_choice(text, allowed, empty=empty)


def _yes_no(text: str, order: DateOrder | None) -> str:
    return values.read_yes_no(text)


SEXES = {"M": "Male", "F": "Female"}
SEN = {
    "N": "No special educational need",
    "K": "SEN support",
    "E": "Education, health and care plan",
}
NAMES: dict[str, Reader] = {
    "surname": lambda text, order: values.read_name(text, what="the surname"),
    "forenames": lambda text, order: values.read_name(text, what="the forenames"),
}
IDENTITY: dict[str, Reader] = {
    "upn": lambda text, order: values.read_upn_cell(text),
    "external_id": _text(60),
}
ENROLMENT: dict[str, Reader] = {
    "starts_on": lambda text, order: values.read_optional_date(text, order),
    "ends_on": lambda text, order: values.read_optional_date(text, order),
    "status": _choice(EnrolmentStatus, EnrolmentStatus.CURRENT),
    "year_group": lambda text, order: values.read_year_group(text),
    "registration_group": _text(30),
    "leaving_reason": _text(120),
}
FLAGS: dict[str, Reader] = {
    "sen": lambda text, order: values.read_choice(text, SEN, empty=""),
    **dict.fromkeys(
        ("free_meals", "looked_after", "young_carer", "eal", "medical", "social_worker"), _yes_no
    ),
}


def _council(text: str, order: DateOrder | None) -> str:
    tidy = text.strip()
    if tidy and not (tidy.isascii() and tidy.isdecimal() and len(tidy) == 3):
        raise BadValue("This must be the three digits of a council.")
    return tidy


READERS: dict[str, dict[str, Reader]] = {
    ImportLayout.PUPILS: {
        **IDENTITY,
        **NAMES,
        "former_upn": lambda text, order: values.read_upn_cell(text),
        "known_as": _text(200),
        "born_on": lambda text, order: values.read_date(text, order),
        "sex": lambda text, order: values.read_choice(text, SEXES, empty=""),
        "home_authority": _council,
        "home_language": _text(60),
        **ENROLMENT,
        **FLAGS,
    },
    ImportLayout.ENROLMENTS: {
        **IDENTITY,
        **ENROLMENT,
        "starts_on": lambda text, order: values.read_date(text, order),
    },
    ImportLayout.ADULTS: {
        **IDENTITY,
        "adult_id": _text(60),
        "title": _text(40),
        "forenames": _text(200),
        "surname": NAMES["surname"],
        "relationship": lambda text, order: values.read_name(
            text, what="the relationship", most=60
        ),
        "parental_responsibility": _yes_no,
        "has_care": _yes_no,
        "priority": lambda text, order: values.read_whole(
            text, what="The priority", least=1, most=99, empty=1
        ),
        "may_contact": _yes_no,
        "court_order": _choice(CareOrder, CareOrder.UNKNOWN),
        "court_order_note": _text(300),
        "protected_address": _yes_no,
        "emergency_contact": _yes_no,
        "language": _text(60),
        "needs": _text(300),
        "address": _text(500, lines=True),
        "address_2": _text(120),
        "address_3": _text(120),
        "address_4": _text(120),
        "postcode": lambda text, order: values.read_postcode(text),
        "email": lambda text, order: values.read_email(text),
        "phone": lambda text, order: values.read_phone(text),
    },
}
KIND_OF_FIELD = {
    "upn": Kind.BAD_UPN,
    "former_upn": Kind.BAD_UPN,
    **dict.fromkeys(("born_on", "starts_on", "ends_on"), Kind.BAD_DATE),
}
