"""Forms about payments: what came in, which notice it is for, what goes back, what is decided."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from frontend.fields import DateField, PlainText
from legal.forms.penalties import box
from legal.models import PaidBy
from legal.services.payment_layouts import pence_of
from rules.errors import InvalidInput
from rules.notice_references import read_reference

MOST_BYTES = 10 * 1024 * 1024
WHERE = [("", "Any"), ("suspense", "In suspense"), ("matched", "Matched or sent back")]
SHARES = 3


class PoundsField(forms.CharField):
    """An amount as people write it, cleaned to pence; None where it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {}).setdefault(
            "required", "Enter the amount, such as 80.00"
        )
        super().__init__(
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-5"}),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """The pence. Raises ValidationError in words."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return pence_of(text)
        except InvalidInput as problem:
            raise ValidationError("Enter pounds, or pounds and pence such as 80.00") from problem


class ReferenceField(forms.CharField):
    """The reference of a notice, forgiving of spaces and case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {}).setdefault(
            "required", "Enter the reference of the notice. It starts with PN"
        )
        super().__init__(
            max_length=20,
            widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        """The reference. Raises ValidationError that says what is wrong with it."""
        text = super().clean(value)
        if not text:
            return ""
        reading = read_reference(text)
        if reading.wrong:
            raise ValidationError(reading.wrong)
        return reading.reference


class PaymentFilters(forms.Form):
    """Where the money is, and how it was paid."""

    where = forms.ChoiceField(label="Where", choices=WHERE, required=False)
    method = forms.ChoiceField(
        label="How it was paid", choices=[("", "Any"), *PaidBy.choices], required=False
    )


class PaymentForm(PlainText, forms.Form):
    """A payment by hand."""

    pence = PoundsField(label="How much was paid?", help_text="In pounds, such as 80.00")
    paid_on = DateField(
        label="When did the parent pay?",
        what="the day the parent paid",
        help_text="The day of paying decides, not the day it reached you",
    )
    method = forms.ChoiceField(
        label="How?",
        choices=PaidBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it was paid"},
    )
    reference = ReferenceField(
        label="Reference of the notice (optional)",
        help_text="Leave empty if you do not know it: the money waits in suspense",
        required=False,
    )
    external = forms.CharField(
        label="Number of the cheque or transaction (optional)",
        help_text="It keeps the same payment from being counted twice",
        max_length=60,
        required=False,
    )
    given = forms.CharField(
        label="What else came with it (optional)",
        help_text="Such as the name on the cheque",
        max_length=200,
        required=False,
    )


class MatchForm(PlainText, forms.Form):
    """Which notices a payment is for: one, or up to three that share it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, SHARES + 1):
            more = "" if number == 1 else f" {number} (optional)"
            self.fields[f"reference_{number}"] = ReferenceField(
                label=f"Reference of notice{more}", required=number == 1
            )
            self.fields[f"pence_{number}"] = PoundsField(
                label=f"Amount for notice{more}", required=number == 1
            )
        self.fields["words"] = box(
            "How do you know? (optional)", rows=2, max_length=300, required=False
        )

    def clean(self) -> dict[str, Any]:
        """Each further notice has a reference and an amount."""
        cleaned = super().clean() or {}
        for number in range(2, SHARES + 1):
            pair = (f"reference_{number}", f"pence_{number}")
            filled = [bool(cleaned.get(name)) for name in pair]
            if any(filled) and not all(filled) and not any(name in self.errors for name in pair):
                missing = pair[filled.index(False)]
                self.add_error(missing, "Enter both a reference and an amount, or neither")
        return cleaned

    def shares(self) -> list[tuple[str, int]]:
        """Each reference with its pence."""
        typed = self.cleaned_data
        return [
            (typed[f"reference_{number}"], typed[f"pence_{number}"])
            for number in range(1, SHARES + 1)
            if typed.get(f"reference_{number}")
        ]


class PlaceForm(PlainText, forms.Form):
    """Some of a payment, at one of the places where it lies."""

    place = forms.ChoiceField(
        label="Where is the money now?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select where the money is"},
    )
    pence = PoundsField(label="How much?")
    words = box("Why?", rows=3, max_length=500, error_messages={"required": "Write why"})

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = list(places)
        if len(places) == 1:
            field.initial = places[0][0]


class WhyForm(PlainText, forms.Form):
    """A reason alone."""

    words = box("How do you know?", rows=3, max_length=500)


class AsideForm(PlainText, forms.Form):
    """Which notice a payment is not for, and why."""

    reference = ReferenceField(label="Reference of the notice that it is not for")
    words = box("How do you know?", rows=3, max_length=500)


class AnswerForm(PlainText, forms.Form):
    """What is decided, and why."""

    decision = forms.ChoiceField(
        label="What do you decide?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide"},
    )
    reason = box("Why?", rows=3, max_length=500, error_messages={"required": "Write why"})

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = list(choices)


class RefundForm(PlainText, forms.Form):
    """Whether the money goes back."""

    agreed = forms.ChoiceField(
        label="Does the money go back?",
        choices=[("yes", "Yes, and I have had it sent"), ("no", "No, for the reason below")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether the money goes back"},
    )
    reason = box("Reason, if it does not (optional)", rows=3, max_length=500, required=False)


class FileForm(forms.Form):
    """A bank or card file."""

    file = forms.FileField(
        label="The file",
        help_text="A CSV file with headings, up to 10 MB",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={"required": "Choose a file", "empty": "The file is empty. Export it again"},
    )

    def clean_file(self) -> UploadedFile:
        """The file, if it is not too large."""
        sent: UploadedFile = self.cleaned_data["file"]
        if (sent.size or 0) > MOST_BYTES:
            raise ValidationError("The file is larger than 10 MB. Export fewer days at a time")
        return sent


class MonthForm(forms.Form):
    """The day up to which the books are read."""

    until = DateField(label="Up to and including", what="the last day of the books")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].not_after = today  # type: ignore[attr-defined]
