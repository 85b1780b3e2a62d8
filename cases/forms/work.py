"""The questions that the pages of work ask."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from authorities.models import User
from cases.selectors.work import LABELS
from cases.services.deadlines import LONGEST_REASON
from frontend.fields import DateField, PlainText

MOST_DAYS = 60


class WorkFilters(forms.Form):
    """Narrows the list of work. Nothing here is personal, so it may stand in the address."""

    whose = forms.ChoiceField(
        label="Whose",
        required=False,
        choices=[("", "Everybody's"), ("mine", "Mine"), ("nobody", "Nobody's yet")],
    )
    kind = forms.MultipleChoiceField(
        label="Kind", required=False, widget=forms.CheckboxSelectMultiple
    )
    school = forms.ChoiceField(label="School", required=False)
    looks = {"kind": {"small": True}}

    def __init__(
        self,
        *args: Any,
        schools: list[tuple[str, str]],
        kinds: Iterable[tuple[str, int]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = schools  # type: ignore[attr-defined]
        if len(schools) < 3:  # "Any" and one school
            del self.fields["school"]
        asked = self.data.getlist("kind") if hasattr(self.data, "getlist") else []
        counts = dict.fromkeys(LABELS, 0) if kinds is None else dict(kinds)
        shown = [key for key in LABELS if key in counts or key in asked]
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (key, LABELS[key] if kinds is None else f"{LABELS[key]} ({counts.get(key, 0):,})")
            for key in shown
        ]
        if not shown:
            del self.fields["kind"]


class KeepOpenForm(PlainText, forms.Form):
    """Why a case stays open although its ground has ended."""

    why = forms.CharField(
        label="Why does the case stay open?",
        help_text="For example: a meeting about the move is on 3 December",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why the case stays open",
            "max_length": "Write 200 characters or fewer",
        },
    )
    until = DateField(label="When do you look at this again?", what="the day you look again")


def _reason(label: str, hint: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": missing,
            "max_length": f"Write {LONGEST_REASON} characters or fewer",
        },
    )


class VersionForm(PlainText, forms.Form):
    """A form that is refused when somebody changed the thing since it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class MoveForm(VersionForm):
    """Another last day."""

    to = DateField(label="Which day is it due instead?", what="the new day")
    because = _reason(
        "Why is the day moved?", "This stays in the history of the case.", "Say why it is moved"
    )


class PauseForm(VersionForm):
    """Let a clock stand still."""

    because = _reason(
        "Why is it paused?",
        "For example: the pupil is in hospital. Days are given back when it runs again.",
        "Say why it is paused",
    )


class DoneForm(VersionForm):
    """What was done."""

    note = _reason(
        "What was done?", "This stays in the history of the case.", "Write what was done"
    )


class GiveForm(VersionForm):
    """Who does it."""

    owner = forms.ChoiceField(
        label="Who does it?",
        required=False,
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "Whoever carries the case"),
            *((key, person.name) for key, person in self.people.items()),
        ]

    @property
    def chosen(self) -> User | None:
        """The person, or None."""
        return self.people.get(self.cleaned_data["owner"])


# What is done to many rows together: the same questions once, without a version.


class GiveMany(GiveForm):
    """Who does them all."""

    version = None  # type: ignore[assignment]


class DoneMany(PlainText, forms.Form):
    """What was done, for them all."""

    note = _reason(
        "What was done?", "The same words go into the history of each case.", "Write what was done"
    )


class MoveMany(PlainText, forms.Form):
    """By how many school days they all move."""

    days = forms.IntegerField(
        label="By how many school days?",
        help_text="From the day it is due; from today where that has passed.",
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-2", "inputmode": "numeric"}),
        error_messages={
            "required": "Enter a number of school days",
            "invalid": "Enter a number of school days, such as 5",
            "min_value": "Enter 1 or more school days",
            "max_value": f"Enter {MOST_DAYS} school days or fewer",
        },
    )
    because = _reason(
        "Why are they moved?",
        "The same words go into the history of each case.",
        "Say why they are moved",
    )
