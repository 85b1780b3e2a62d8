"""The period of a registration certificate."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from frontend.fields import DateField

LONGEST = timedelta(days=800)  # two school years and some days


class CertificatePeriod(forms.Form):
    """From when to when."""

    first = DateField(label="From", what="the first day of the certificate")
    last = DateField(label="To", what="the last day of the certificate")
    known_on = DateField(
        label="As known on (optional)",
        what="the day to go back to",
        help_text="Leave this empty for the register as it stands now",
        required=False,
    )
    known_at = forms.TimeField(
        label="At what time? (optional)",
        help_text="For example 16:30. Leave it empty for the end of that day",
        required=False,
        input_formats=["%H:%M", "%H.%M"],
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5"}),
        error_messages={"invalid": "Enter a time such as 16:30"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last", "known_on"):
            field: Any = self.fields[name]
            field.not_after, field.because = today, "today"

    def clean(self) -> dict[str, Any]:
        """The days in order, and not too many for one certificate."""
        cleaned = super().clean() or {}
        first: date | None = cleaned.get("first")
        last: date | None = cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day must be on or after the first day")
        elif first and last and last - first > LONGEST:
            self.add_error("first", "A certificate can cover two school years at most")
        known_on: date | None = cleaned.get("known_on")
        if known_on and last and known_on < last:
            self.add_error(
                "known_on", "The certificate must end on or before the day it was known on"
            )
        if cleaned.get("known_at") and not known_on and "known_on" not in self.errors:
            self.add_error("known_on", "Enter the day to go back to")
        return cleaned

    @property
    def moment(self) -> datetime | None:
        """The past moment in London time, if one was asked for. Only after `is_valid`."""
        on: date | None = self.cleaned_data["known_on"]
        if on is None:
            return None
        at: time = self.cleaned_data["known_at"] or time.max
        return timezone.make_aware(datetime.combine(on, at))
