"""On which day: for the page of what applies."""

from datetime import date
from typing import Any

from django import forms

from frontend.fields import DateField


class DayForm(forms.Form):
    """The day to look at."""

    on = DateField(label="On which day?", what="the day", required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        """Today when no day is given; the register of a later day is not known."""
        found: date | None = self.cleaned_data.get("on")
        if found and found > self.today:
            raise forms.ValidationError("The day must be today or in the past")
        return found or self.today
