"""The question: which policy, where, and for which days."""

from datetime import date
from typing import Any

from django import forms

from cases.services.what_if import wrong_days
from frontend.fields import DateField

Choices = list[tuple[str, str]]


class WhatIfForm(forms.Form):
    """Which policy to try, at which schools, on which past days."""

    pack = forms.ChoiceField(
        label="Which policy do you want to try?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select the policy to try"},
    )
    school = forms.ChoiceField(label="Where?", required=False)
    first = DateField(label="First day", what="the first day")
    last = DateField(label="Last day", what="the last day")

    def __init__(
        self, *args: Any, packs: Choices, schools: Choices, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["pack"].choices = packs  # type: ignore[attr-defined]
        self.fields["school"].choices = schools  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Days that can be replayed."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last and (problem := wrong_days(first, last, self.today)):
            self.add_error("last", problem)
        return found
