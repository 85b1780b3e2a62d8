"""The period of a registration certificate."""

from datetime import date, timedelta
from typing import Any

from django import forms

from frontend.fields import DateField

LONGEST = timedelta(days=800)  # two school years and some days


class CertificatePeriod(forms.Form):
    """From when to when."""

    first = DateField(label="From", what="the first day of the certificate")
    last = DateField(label="To", what="the last day of the certificate")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
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
        return cleaned
