"""Forms for asking for medical evidence, with the law on the screen."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.models import AdultLink, EvidenceOutcome
from attendance.services.arrangements_evidence import Asking
from frontend.fields import DateField, PlainText
from rules.medical_evidence import GROUNDS


class AskForm(PlainText, forms.Form):
    """Whom, about which days, and on which ground."""

    first_day = DateField(label="First day of the illness", what="the first day of the illness")
    last_day = DateField(label="Last day of the illness so far", what="the last day")
    ground = forms.ChoiceField(
        label="Why do you want to ask?",
        choices=[(row.key, row.label) for row in GROUNDS.values()],
        widget=forms.RadioSelect,
        error_messages={"required": "Select why you want to ask"},
    )
    doubt = forms.CharField(
        label="What gives rise to the doubt, or how would it help?",
        help_text="No diagnosis",
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    known_at_school = forms.BooleanField(
        label="Staff saw that the pupil was unwell, or the illness is going round", required=False
    )
    asked_of = forms.ChoiceField(
        label="Whom do you ask?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select whom you ask"},
    )
    asked_on = DateField(label="On which day?", what="the day you ask")

    def __init__(self, *args: Any, adults: Sequence[AdultLink], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adults = {link.adult.reference: link.adult for link in adults}
        self.initial = {"asked_on": today, **self.initial}
        fields: dict[str, Any] = self.fields
        fields["asked_of"].choices = [
            (link.adult.reference, f"{link.adult.name} ({link.relationship})") for link in adults
        ]
        self.looks = {
            "ground": {
                "hints": {
                    row.key: row.says if row.lawful else f"Not a reason to ask. {row.says}"
                    for row in GROUNDS.values()
                }
            }
        }

    def asking(self) -> Asking:
        """What is asked. Only after `is_valid`."""
        typed = dict(self.cleaned_data)
        return Asking(**{**typed, "asked_of": self.adults[typed["asked_of"]]})


class OutcomeForm(PlainText, forms.Form):
    """What came of it."""

    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=[row for row in EvidenceOutcome.choices if row[0] != EvidenceOutcome.WAITING],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what came of it"},
    )
    on = DateField(label="When?", what="the day")
    note = forms.CharField(
        label="Note (optional)",
        help_text="What kind of evidence. No diagnosis",
        required=False,
        max_length=600,
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"on": today, **self.initial}


class EvidenceFilters(forms.Form):
    """What narrows the list."""

    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "All"), *EvidenceOutcome.choices]
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.choices = [("", "All schools"), *schools]
        if len(schools) < 2:
            del self.fields["school"]
