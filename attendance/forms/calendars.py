"""Forms for terms, days that differ, and calendar files."""

from typing import Any

from django import forms

from attendance.models import DayKind
from attendance.services.calendars import DayEntry, TermDates
from frontend.fields import DateField, PlainText
from rules.marks import Session

SESSIONS = [("", "The whole day"), ("0", "The morning only"), ("1", "The afternoon only")]


class Confirmed(forms.Form):
    """Ends with a question that is asked only when marks would lose their session."""

    confirmed = forms.BooleanField(
        label="The school did not meet then: those marks should no longer count",
        required=False,
    )

    def __init__(self, *args: Any, ask: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask:
            self.fields["confirmed"].widget = forms.HiddenInput()

    def ask_to_confirm(self, sentence: str) -> None:
        """Show why the change was not made, and the box that makes it all the same."""
        self.fields["confirmed"].widget = forms.CheckboxInput()
        self.add_error("confirmed", sentence)


class TermForm(PlainText, Confirmed):
    """One term or half term."""

    name = forms.CharField(
        label="Name",
        help_text="For example, autumn first half",
        max_length=60,
        error_messages={"required": "Enter a name for the term"},
    )
    starts_on = DateField(
        label="First day", what="the first day of the term", help_text="For example, 2 9 2026"
    )
    ends_on = DateField(label="Last day", what="the last day of the term")
    field_order = ["name", "starts_on", "ends_on", "confirmed"]

    def term(self) -> TermDates:
        """The term as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return TermDates(typed["starts_on"], typed["ends_on"], typed["name"])


class DayForm(PlainText, Confirmed):
    """One day that differs from its term."""

    day = DateField(label="Which day?", what="the day", help_text="For example, 2 11 2026")
    kind = forms.ChoiceField(
        label="What happens?",
        choices=DayKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what happens on the day"},
    )
    session = forms.ChoiceField(
        label="How much of the day?", choices=SESSIONS, widget=forms.RadioSelect, required=False
    )
    note = forms.CharField(
        label="Note (optional)",
        help_text="For example, polling day. Do not name anyone.",
        max_length=120,
        required=False,
    )
    field_order = ["day", "kind", "session", "note", "confirmed"]
    looks = {
        "kind": {
            "hints": {
                DayKind.INSET.value: "No pupils: the day is not a school day",
                DayKind.CLOSED.value: "Known before: snow and floods are code Y4 in the register",
                DayKind.OPEN.value: "School on a weekend, a bank holiday or in the holidays",
            }
        },
    }

    def entry(self) -> DayEntry:
        """The day as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        half = Session(int(typed["session"])) if typed["session"] else None
        return DayEntry(typed["day"], DayKind(typed["kind"]), half, typed["note"])


class CalendarFileForm(forms.Form):
    """A file to check."""

    file = forms.FileField(
        label="Calendar file",
        help_text="CSV or .ics, up to 1 MB",
        error_messages={
            "required": "Choose a file",
            "empty": "The file is empty. Choose another.",
        },
    )


class CheckedFileForm(Confirmed):
    """What a check found, carried to its import. It is read and checked again."""

    content = forms.CharField(widget=forms.HiddenInput, strip=False)
