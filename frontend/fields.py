"""Form fields whose errors say what to do."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from rules.plain_text import hidden_character

PARTS = ("day", "month", "year")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class PlainText(forms.BaseForm):
    """A form whose texts hold no control or hidden characters, and line breaks in boxes only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                box = isinstance(field.widget, forms.Textarea)
                field.validators = [*field.validators, no_hidden if box else no_hidden_or_break]


def no_hidden(text: str) -> None:
    """Refuse a text with a hidden character, and say which."""
    character = hidden_character(text.replace("\r\n", "\n"))
    if character:
        raise ValidationError(
            f"This holds a hidden character (U+{ord(character):04X}). Type it again"
        )


def no_hidden_or_break(text: str) -> None:
    """As `no_hidden`, for a text of one line."""
    no_hidden(text)
    if "\n" in text or "\r" in text:
        raise ValidationError("This must be one line. Type it again")


class DateInput(forms.MultiWidget):
    """Day, month and year in three boxes, as the GOV.UK date input."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            part: forms.TextInput(attrs={"inputmode": "numeric"}) for part in PARTS
        }
        super().__init__(boxes, attrs)

    def decompress(self, value: date | None) -> list[str]:
        return [str(value.day), str(value.month), str(value.year)] if value else ["", "", ""]


class DateField(forms.Field):
    """A date typed in three boxes. `what` names it inside the errors.

    what        in words and lower case, such as "the date the term starts"
    not_before  the earliest date allowed, if any; because says why ("the day it was issued")
    not_after   the latest date allowed, if any
    Cleans to a `date` or None. A month may be a number or a name.
    """

    widget = DateInput

    def __init__(
        self,
        *,
        what: str,
        not_before: date | None = None,
        not_after: date | None = None,
        because: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("error_messages", {}).setdefault("required", f"Enter {what}")
        self.what = what
        self.not_before, self.not_after, self.because = not_before, not_after, because
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        typed = dict(zip(PARTS, (str(part or "").strip() for part in value), strict=True))
        if not any(typed.values()):
            return None
        missing = [part for part in PARTS if not typed[part]]
        if missing:
            raise self._wrong(f"must include {_and(f'a {part}' for part in missing)}", missing)
        if len(typed["year"]) != 4:
            raise self._wrong("must have a year with 4 numbers, such as 2026", ["year"])
        try:
            return date(int(typed["year"]), _month(typed["month"]), int(typed["day"]))
        except (ValueError, OverflowError):
            raise self._wrong("must be a real date", list(PARTS)) from None

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        reason = f", {self.because}" if self.because else ""
        if self.not_before and value < self.not_before:
            raise self._wrong(f"must be on or after {_in_words(self.not_before)}{reason}", [])
        if self.not_after and value > self.not_after:
            raise self._wrong(f"must be on or before {_in_words(self.not_after)}{reason}", [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True

    def _wrong(self, problem: str, parts: list[str]) -> ValidationError:
        return ValidationError(
            f"{self.what[0].upper()}{self.what[1:]} {problem}", code="date", params={"parts": parts}
        )


def _month(typed: str) -> int:
    return int(typed) if typed.isdecimal() else MONTHS.index(typed[:3].lower()) + 1


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
