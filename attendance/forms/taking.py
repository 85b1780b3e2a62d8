"""What a register's form sends, row by row, and the forms for its times and its tutors."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from django import forms
from django.http import QueryDict

from attendance.services.taking import (
    KEEP,
    KNOWN,
    LATE,
    OTHER,
    PRESENT,
    QUICK,
    REASONS,
    Sent,
)
from authorities.models import User
from frontend.fields import DateField
from rules.attendance_codes import Code, offered_on
from rules.marks import DatedSession, Session
from rules.plain_text import hidden_character

CHOICES = frozenset({PRESENT, LATE, KNOWN, KEEP, OTHER, *QUICK})
NEVER_FOR_A_PUPIL = frozenset({"#", "Z"})  # the calendar and the roll say these
LONGEST_DETAIL = 120
CLOCK = re.compile(r"^(\d{1,2})[:.\s]?(\d{2})\s*(am|pm)?$", re.IGNORECASE)
BASED = re.compile(r"^based-(\d{1,18})$")
NOT_A_TIME = "Enter the time as hours and minutes, such as 8:52 or 13:05."


def other_codes(when: DatedSession) -> list[Code]:
    """The codes of the list beside the quick ones."""
    quick = {"/", "\\", "L", *QUICK} | NEVER_FOR_A_PUPIL
    return [row for row in offered_on(when.day) if row.code not in quick]


def read_time(typed: str, session: Session) -> time | None:
    """A time of day as people type it: 8:52, 8.52, 0852, 1:05 in the afternoon. None for nothing.

    An hour from 1 to 6 without am or pm is meant in the afternoon when the session is.
    Raises ValueError for anything else.
    """
    typed = typed.strip()
    if not typed:
        return None
    found = CLOCK.match(typed)
    if not found:
        raise ValueError(NOT_A_TIME)
    hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif session is Session.PM and 1 <= hour <= 6:
        hour += 12
    if hour > 23 or minute > 59:
        raise ValueError(NOT_A_TIME)
    return time(hour, minute)


@dataclass(frozen=True, slots=True)
class ClassForm:
    """A register's form as it came: what it says of each pupil, and rows that cannot be read.

    typed     enrolment id → field → text as typed, so that a page can show it again
    problems  enrolment id → sentence
    """

    sent: tuple[Sent, ...] = ()
    reason: str = ""
    typed: dict[int, dict[str, str]] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, post: QueryDict, when: DatedSession) -> "ClassForm":
        """The form's rows: a row for each pupil that it says what it was made from."""
        rows, typed, problems = [], {}, {}
        for key in post:
            named = BASED.match(key)
            if not named:
                continue
            pk = int(named[1])
            said = {name: post.get(f"{name}-{pk}", "").strip() for name in FIELDS}
            typed[pk] = said
            try:
                rows.append(_row(pk, said, when))
            except ValueError as problem:
                problems[pk] = str(problem)
        reason = post.get("reason", "")
        return cls(tuple(rows), reason if reason in REASONS else "", typed, problems)

    def with_everyone_else_present(self, unmarked: Sequence[int]) -> "ClassForm":
        """The same form with every pupil present for whom nothing is known, marked or chosen."""
        free = {pk for pk in unmarked if not self.typed.get(pk, {}).get("mark")}
        typed = {
            pk: {**said, "mark": PRESENT} if pk in free else said for pk, said in self.typed.items()
        }
        return replace(self, typed=typed)


FIELDS = ("based", "mark", "other", "at", "detail")


def _row(pk: int, said: dict[str, str], when: DatedSession) -> Sent:
    """One pupil's row. Raises ValueError with a sentence."""
    if said["mark"] and said["mark"] not in CHOICES:
        raise ValueError("Choose one of the marks.")
    code = said["other"] if said["mark"] == OTHER else ""
    if code and code not in {row.code for row in other_codes(when)}:
        raise ValueError("Choose a code from the list.")
    if len(said["detail"]) > LONGEST_DETAIL or hidden_character(said["detail"]):
        raise ValueError(f"Use {LONGEST_DETAIL} letters or fewer, on one line.")
    asked = said["mark"] == LATE or code == "U"
    return Sent(
        pk=pk,
        based=said["based"],
        choice=said["mark"],
        code=code,
        arrived=read_time(said["at"], when.session) if asked else None,
        detail=said["detail"] if code else "",
    )


class ClockField(forms.CharField):
    """A time of day typed in one box."""

    def __init__(self, *, session: Session, what: str, example: str, **kwargs: Any) -> None:
        self.session = session
        super().__init__(
            max_length=8,
            help_text=f"For example, {example}",
            widget=forms.TextInput(attrs={"class": "govuk-input--width-5"}),
            error_messages={"required": f"Enter when the {session.words} register {what}"},
            **kwargs,
        )

    def clean(self, value: Any) -> time:
        """The time, or an error that says how to type it."""
        text = super().clean(value)
        try:
            found = read_time(text, self.session)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        assert found is not None  # noqa: S101 (a required field is not empty)
        return found


class TimesForm(forms.Form):
    """When a school's registers open and close, from a day on."""

    opens_am = ClockField(
        session=Session.AM, what="opens", example="8:30", label="The morning register opens"
    )
    closes_am = ClockField(
        session=Session.AM, what="closes", example="9:00", label="The morning register closes"
    )
    opens_pm = ClockField(
        session=Session.PM, what="opens", example="1:05", label="The afternoon register opens"
    )
    closes_pm = ClockField(
        session=Session.PM, what="closes", example="1:35", label="The afternoon register closes"
    )
    starts_on = DateField(label="From which day?", what="the first day of these times")
    confirmed = forms.BooleanField(
        label="Save them all the same: the two registers stay open for different lengths",
        required=False,
        widget=forms.HiddenInput,
    )

    def ask_to_confirm(self, sentence: str) -> None:
        """Show why the times were not saved, and the box that saves them all the same."""
        self.fields["confirmed"].widget = forms.CheckboxInput()
        self.add_error("confirmed", sentence)


class TutorForm(forms.Form):
    """Who takes a group's register, from a day on."""

    tutor = forms.ModelChoiceField(
        label="Who takes this group's register?",
        queryset=User.objects.none(),
        help_text="People who may take registers at this school",
        error_messages={
            "required": "Select who takes the register",
            "invalid_choice": "Select somebody who may take registers at this school",
        },
    )
    starts_on = DateField(label="From which day?", what="the first day")
    together = forms.BooleanField(
        label="Somebody takes it already: they share it from then on", required=False
    )

    def __init__(self, *args: Any, people: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tutor = self.fields["tutor"]
        tutor.queryset = people  # type: ignore[attr-defined]
        tutor.label_from_instance = lambda person: person.name  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = today
