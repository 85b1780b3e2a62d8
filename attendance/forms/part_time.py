"""Forms for part-time timetables: the agreement, a review, telling the council."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.forms.arrangements import pattern_of, ticks_of, week_field
from attendance.models import AdultLink, PartTimeAgreement, ReviewOutcome
from attendance.services.part_time import Agreed, Held
from frontend.fields import DateField, PlainText


class AgreementForm(PlainText, forms.Form):
    """What a part-time timetable is agreed as."""

    for_behaviour = forms.ChoiceField(
        label="Is managing behaviour a reason for it?",
        choices=[("no", "No"), ("yes", "Yes")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether managing behaviour is a reason"},
    )
    aim = forms.CharField(
        label="What is it to achieve?",
        help_text="How the pupil gets back to full time, and by when",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what it is to achieve"},
    )
    why = forms.CharField(
        label="Why is it likely to work for this pupil?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why it is likely to work"},
    )
    extended_because = forms.CharField(
        label="Why must it go on?",
        max_length=600,
        error_messages={"required": "Say why it must go on"},
    )
    consent_by = forms.ChoiceField(
        label="Which parent agreed?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select the parent who agreed"},
    )
    consent_on = DateField(label="When did they agree?", what="the day they agreed")
    starts_on = DateField(label="First day", what="the first day")
    ends_on = DateField(
        label="Last day", what="the last day", help_text="It ends by itself on this day"
    )
    pattern = week_field(
        "On which half days does the pupil not come in?", help_text="Tick the half days away"
    )
    review_on = DateField(label="First review", what="the day of the first review")
    council_told_on = DateField(
        label="When was the council told? (optional)",
        what="the day the council was told",
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        adults: Sequence[AdultLink],
        every: int,
        extends: PartTimeAgreement | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.extends = extends
        self.adults = {link.adult.reference: link.adult for link in adults}
        fields: dict[str, Any] = self.fields
        fields["consent_by"].choices = [
            (link.adult.reference, f"{link.adult.name} ({link.relationship})") for link in adults
        ]
        fields["review_on"].help_text = f"At most {every} school days after the first day"
        self.looks = {"for_behaviour": {"inline": True}}
        if extends is None:
            del fields["extended_because"]
        else:
            self.initial = {
                "aim": extends.aim,
                "why": extends.why,
                "pattern": ticks_of(extends.arrangement.pattern),
                **self.initial,
            }

    def clean(self) -> dict[str, Any]:
        """Half days must be ticked."""
        cleaned = super().clean() or {}
        if not cleaned.get("pattern"):
            self.add_error("pattern", "Tick the half days on which the pupil does not come in")
        return cleaned

    def agreed(self) -> Agreed:
        """The agreement as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Agreed(
            aim=typed["aim"],
            why=typed["why"],
            for_behaviour=typed["for_behaviour"] == "yes",
            consent_by=self.adults[typed["consent_by"]],
            consent_on=typed["consent_on"],
            pattern=pattern_of(typed["pattern"]),
            first=typed["starts_on"],
            last=typed["ends_on"],
            review_on=typed["review_on"],
            council_told_on=typed["council_told_on"],
            extends=self.extends,
            extended_because=typed.get("extended_because", ""),
        )


class ReviewForm(PlainText, forms.Form):
    """What a review came to."""

    held_on = DateField(label="When was it held?", what="the day it was held")
    outcome = forms.ChoiceField(
        label="What was decided?",
        choices=ReviewOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what was decided"},
    )
    next_on = DateField(
        label="When is the next review?", what="the day of the next review", required=False
    )
    note = forms.CharField(
        label="What did it find?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what the review found"},
    )
    looks = {"outcome": {"reveals": {ReviewOutcome.GOES_ON.value: "next_on"}}}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"held_on": today, **self.initial}

    def held(self) -> Held:
        """The review as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Held(
            held_on=typed["held_on"],
            outcome=ReviewOutcome(typed["outcome"]),
            note=typed["note"],
            next_on=typed["next_on"],
        )


class CouncilForm(forms.Form):
    """On which day the council was told."""

    told_on = DateField(label="When was the council told?", what="the day the council was told")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"told_on": today, **self.initial}


class PartTimeFilters(forms.Form):
    """What narrows the list of part-time timetables."""

    state = forms.ChoiceField(
        label="Which",
        required=False,
        choices=[
            ("", "In force or to come"),
            ("due", "Review due"),
            ("untold", "Council not told"),
            ("all", "All, with those ended"),
        ],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.choices = [("", "All schools"), *schools]
        if len(schools) < 2:
            del self.fields["school"]
