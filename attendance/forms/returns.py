"""Forms for returns to the council and for sightings."""

from datetime import date
from typing import Any

from django import forms

from attendance.forms.amending import TEXT
from attendance.forms.pupils import SchoolAndYear
from attendance.models import ReturnKind, ReturnWay, SightingWay
from attendance.services.returns import Told
from frontend.fields import DateField, PlainText


class ReturnFilters(SchoolAndYear):
    """What narrows the list of returns."""

    kind = forms.MultipleChoiceField(
        label="Return",
        required=False,
        choices=ReturnKind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "To make"),
            ("late", "Late"),
            ("made", "Made"),
            ("corrected", "Corrected since"),
            ("all", "All"),
        ],
    )
    looks = {"kind": {"small": True}}


class NotSeenFilters(SchoolAndYear):
    """What narrows the list of pupils whom nobody has seen."""

    state = forms.ChoiceField(
        label="Clock",
        required=False,
        choices=[("", "All"), ("red", "Must be seen now"), ("soon", "In the last two days")],
    )


class ReturnForm(PlainText, forms.Form):
    """How the council was told."""

    way = forms.ChoiceField(
        label="How was the council told?",
        choices=ReturnWay.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how the council was told"},
    )
    told = forms.CharField(
        label="Who was told?",
        help_text="A team or a person at the council",
        max_length=120,
        widget=forms.TextInput(attrs=TEXT),
        error_messages={"required": "Enter who was told"},
    )
    made_on = DateField(label="On which day?", what="the day the council was told")
    note = forms.CharField(
        label="Note (optional)",
        help_text="A reference that the council gave, for example",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    looks = {"way": {"small": True}}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"made_on": today, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        field: Any = self.fields["made_on"]
        field.not_after, field.because = today, "today"

    def told_as(self) -> Told:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Told(typed["made_on"], typed["way"], typed["told"], typed["note"])


class SicknessForm(PlainText, forms.Form):
    """Why fifteen school days of illness are to be expected."""

    first_day = DateField(label="First day of the illness", what="the first day of the illness")
    expected_back = DateField(
        label="When is the pupil expected back? (optional)",
        what="the day the pupil is expected back",
        required=False,
    )
    why = forms.CharField(
        label="Why do you expect fifteen school days or more?",
        help_text="For example: the hospital says four weeks. Do not name the illness",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Enter why you expect fifteen school days or more"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["first_day"]
        field.not_after, field.because = today, "today"


class SightingForm(PlainText, forms.Form):
    """Who saw the pupil, when and how."""

    seen_on = DateField(label="When was the pupil seen?", what="the day the pupil was seen")
    way = forms.ChoiceField(
        label="How?",
        choices=SightingWay.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how the pupil was seen"},
    )
    seen_by = forms.CharField(
        label="Who saw the pupil?",
        help_text="Name and position. It may be somebody of another service",
        max_length=120,
        widget=forms.TextInput(attrs=TEXT),
        error_messages={"required": "Enter who saw the pupil"},
    )
    note = forms.CharField(
        label="What did they see? (optional)",
        help_text="What a colleague needs to know tomorrow",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    looks = {"way": {"small": True}}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"seen_on": today, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        field: Any = self.fields["seen_on"]
        field.not_after, field.because = today, "today"
