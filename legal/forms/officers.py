"""The questions about who may authorise penalty notices at a school."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from authorities.models import User
from frontend.fields import DateField, PlainText
from legal.services.officers import Naming
from rules.officers import Position

POSITIONS = [
    (one.value, one.value.capitalize())
    for one in (Position.DEPUTY, Position.ASSISTANT, Position.OTHER)
]


class NamingForm(PlainText, forms.Form):
    """Who is named, as what, and for which days."""

    user = forms.TypedChoiceField(
        label="Who is it?",
        coerce=int,
        error_messages={"required": "Select who it is"},
    )
    position = forms.ChoiceField(
        label="Which position do they hold?",
        choices=POSITIONS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select the position they hold"},
    )
    starts_on = DateField(label="From which day?", what="the first day")
    ends_on = DateField(
        label="Until which day?", what="the last day", required=False, help_text="If it is known."
    )
    words = forms.CharField(
        label="Where is it written?",
        help_text="Such as a letter or minutes, with its date.",
        max_length=300,
        error_messages={"required": "Say where it is written"},
    )

    def __init__(self, *args: Any, staff: Iterable[User], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose one"), *((str(one.pk), one.name) for one in staff)]
        self.fields["user"].choices = choices  # type: ignore[attr-defined]
        self.initial = {"starts_on": today, **self.initial}

    def naming(self) -> Naming:
        """What was typed. Only after `is_valid`."""
        return Naming(**self.cleaned_data)


class EndForm(forms.Form):
    """The last day of a naming."""

    on = DateField(label="What is the last day?", what="the last day")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"on": today, **self.initial}
