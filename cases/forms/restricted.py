"""The questions about who alone sees a case."""

from collections.abc import Iterable
from typing import Any

from django import forms

from authorities.models import User
from frontend.fields import DateField, PlainText


def choices_of(people: Iterable[User]) -> list[tuple[str, str]]:
    """People as a form offers them."""
    return [(str(one.pk), one.name) for one in people]


class WhyForm(PlainText, forms.Form):
    """Why a case is restricted, or opened again."""

    reason = forms.CharField(
        label="Why?",
        help_text="Only those who may see the case can read this.",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why",
            "max_length": "Reasons must be 600 characters or fewer",
        },
    )


class TakeOverForm(PlainText, forms.Form):
    """Why a restricted case is taken over."""

    reason = forms.CharField(
        label="Why do you take it over?",
        help_text="For example: I am the new safeguarding lead from 1 November",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why you take it over",
            "max_length": "Reasons must be 500 characters or fewer",
        },
    )


class RestrictForm(WhyForm):
    """Who alone sees a case."""

    people = forms.MultipleChoiceField(
        label="Who sees this case, besides you?",
        help_text="Nobody else sees that there is a case, in no list and no count.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["people", "reason"]

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = choices_of(people)  # type: ignore[attr-defined]


class NameForm(forms.Form):
    """One more person on a restricted case."""

    person = forms.ChoiceField(
        label="Name one more person", error_messages={"required": "Select a person"}
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "Choose"), *choices_of(people)]  # type: ignore[attr-defined]


class ShareForm(PlainText, forms.Form):
    """An outside professional, and until when they see the case."""

    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Write their name"}
    )
    email = forms.EmailField(
        label="Work email address",
        max_length=254,
        error_messages={
            "required": "Write their email address",
            "invalid": "Write an email address, like name@example.org",
        },
    )
    profession = forms.CharField(
        label="What they are",
        help_text="For example: social worker, educational psychologist",
        max_length=80,
        error_messages={"required": "Say what they are"},
    )
    why = forms.CharField(
        label="What was agreed, and with whom?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say what was agreed",
            "max_length": "This must be 300 characters or fewer",
        },
    )
    ends_on = DateField(label="Last day on which they see the case", what="the last day")


class SafeguardingForm(PlainText, forms.Form):
    """A safeguarding note, and who else reads it."""

    text = forms.CharField(
        label="Add a safeguarding note",
        help_text="Only the safeguarding lead, and the people you name here, can read it."
        " It cannot be changed later.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Write the note",
            "max_length": "The note must be 4,000 characters or fewer",
        },
    )
    readers = forms.MultipleChoiceField(
        label="Who else reads it?", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["readers"].choices = choices_of(people)  # type: ignore[attr-defined]
