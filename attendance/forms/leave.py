"""Forms for leave: what the parent asked, the headteacher's answer, the return."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.models import Adult, AdultLink, LeaveRequest
from attendance.services.leave import Answer, Asked
from frontend.fields import DateField, PlainText
from rules.leave import PURPOSES, Ground, Purpose

REASON = {
    "required": "Write down what the parent said",
    "max_length": "The reason must be 1,000 characters or fewer",
}


class CorrectForm(PlainText, forms.Form):
    """What is asked for: days, purpose and the parent's words."""

    first_day = DateField(label="First day of leave", what="the first day of leave")
    last_day = DateField(label="Last day of leave", what="the last day of leave")
    purpose = forms.ChoiceField(
        label="What is the leave for?",
        choices=[(key.value, label) for key, label in PURPOSES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what the leave is for"},
    )
    reason = forms.CharField(
        label="What did the parent say?",
        help_text="In their words, as far as you can",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages=REASON,
    )
    looks = {"purpose": {"small": True}}

    def clean(self) -> dict[str, Any]:
        """The last day may not stand before the first."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day of leave must be on or after the first day")
        return cleaned


class RequestForm(CorrectForm):
    """A request that came on paper or by phone."""

    asked_by = forms.ChoiceField(
        label="Who asks?",
        widget=forms.RadioSelect,
        help_text="The answer goes to this person and to nobody else",
        error_messages={"required": "Select who asks"},
    )
    way = forms.ChoiceField(
        label="How did they ask?",
        choices=[
            ("paper", "On paper"),
            ("online", "By email or an online form"),
            ("phone", "By phone"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select how they asked"},
    )
    asked_on = DateField(label="When did they ask?", what="the day they asked")
    field_order = ["asked_by", "way", "asked_on", "first_day", "last_day", "purpose", "reason"]
    looks = {**CorrectForm.looks, "way": {"inline": True}}

    def __init__(self, *args: Any, adults: Sequence[AdultLink], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adults = {link.adult.reference: link.adult for link in adults}
        fields: dict[str, Any] = self.fields
        fields["asked_by"].choices = [
            (link.adult.reference, f"{link.adult.name} ({link.relationship})") for link in adults
        ]
        fields["asked_on"].initial = today
        fields["asked_on"].not_after, fields["asked_on"].because = today, "today"

    def asked(self) -> Asked:
        """What is asked for. Only after `is_valid`."""
        typed = self.cleaned_data
        adult: Adult = self.adults[typed["asked_by"]]
        return Asked(
            asked_by=adult,
            asked_on=typed["asked_on"],
            way=typed["way"],
            first_day=typed["first_day"],
            last_day=typed["last_day"],
            purpose=Purpose(typed["purpose"]),
            reason=typed["reason"],
        )


class DecideForm(PlainText, forms.Form):
    """Grant on a lawful ground, all days or some, or refuse; with the reason."""

    answer = forms.ChoiceField(
        label="What do you decide?",
        choices=[("grant", "Grant leave"), ("refuse", "Refuse leave")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide"},
    )
    ground = forms.ChoiceField(label="On which ground?", required=False, widget=forms.RadioSelect)
    said = forms.CharField(
        label="What makes it so?",
        help_text="What the ground asks you to state. It stands beside the mark in the register",
        required=False,
        max_length=200,
    )
    first = DateField(label="First day granted", what="the first day granted", required=False)
    last = DateField(label="Last day granted", what="the last day granted", required=False)
    reason = forms.CharField(
        label="Your reason",
        help_text="The parent reads it. Needed when you refuse all days or some",
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, *args: Any, leave: LeaveRequest, grounds: Sequence[Ground], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"first": leave.first_day, "last": leave.last_day, **self.initial}
        fields: dict[str, Any] = self.fields
        fields["ground"].choices = [
            (ground.key, f"{ground.label} ({ground.code})") for ground in grounds
        ]
        self.looks = {
            "answer": {"inline": True},
            "ground": {
                "hints": {ground.key: f"{ground.says} {ground.must_say}" for ground in grounds}
            },
        }

    @property
    def grants(self) -> bool:
        """Whether leave is granted."""
        return bool(self.cleaned_data.get("answer") == "grant")

    def clean(self) -> dict[str, Any]:
        """A grant needs its ground and days, a refusal its reason."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "grant":
            if not cleaned.get("ground"):
                self.add_error("ground", "Select the ground on which you grant leave")
            for name in ("first", "last"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, f"Enter the {name} day granted")
        if cleaned.get("answer") == "refuse" and not cleaned.get("reason"):
            self.add_error("reason", "Say why you refuse. The parent reads it")
        return cleaned

    def decision(self) -> Answer:
        """The answer. Only after `is_valid`, and for a grant."""
        typed = self.cleaned_data
        return Answer(
            ground=typed["ground"],
            said=typed["said"],
            first=typed["first"],
            last=typed["last"],
            reason=typed["reason"],
        )


class ReturnForm(forms.Form):
    """Whether the pupil came back."""

    back = forms.ChoiceField(
        label="Is the pupil back in school?",
        choices=[("yes", "Yes"), ("no", "No, not yet")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether the pupil is back"},
    )
    returned_on = DateField(
        label="On which day did the pupil come back?",
        what="the day the pupil came back",
        required=False,
    )
    looks = {"back": {"reveals": {"yes": "returned_on"}}}

    def clean(self) -> dict[str, Any]:
        """A day when the pupil is back, and none otherwise."""
        cleaned = super().clean() or {}
        if cleaned.get("back") == "no":
            cleaned["returned_on"] = None
        elif cleaned.get("back") and not (
            cleaned.get("returned_on") or self.has_error("returned_on")
        ):
            self.add_error("returned_on", "Enter the day the pupil came back")
        return cleaned


class LeaveFilters(forms.Form):
    """What narrows the list of requests."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "All"),
            ("asked", "To decide"),
            ("decided", "Decided"),
            ("return", "Return to check"),
        ],
    )
    purpose = forms.ChoiceField(
        label="What for",
        required=False,
        choices=[("", "Anything"), *((key.value, label) for key, label in PURPOSES.items())],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.choices = [("", "All schools"), *schools]
        if len(schools) < 2:
            del self.fields["school"]
