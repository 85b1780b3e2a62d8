"""What the review after a letter found, and what happened that only a person knows."""

from collections.abc import Sequence
from typing import Any

from django import forms

from cases.selectors.happenings import Sayable
from cases.selectors.letter_reviews import Came
from frontend.fields import PlainText


class LetterReviewForm(PlainText, forms.Form):
    """Whether attendance improved since a letter."""

    outcome = forms.ChoiceField(
        label="Has attendance improved?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether attendance improved"},
    )
    words = forms.CharField(
        label="What did you see?",
        help_text="Whom you spoke with, and what helped or did not. This stays with the case.",
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say what you saw",
            "max_length": "Write 240 characters or fewer",
        },
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, outcomes: Sequence[Came], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["outcome"]
        field.choices = [(one.value, one.words) for one in outcomes]


class HappenedForm(PlainText, forms.Form):
    """Something that the policy answers to."""

    happening = forms.ChoiceField(
        label="What happened?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what happened"},
    )
    words = forms.CharField(
        label="What shows it?",
        help_text=(
            "A note on the case that all who work on it read. What a safeguarding concern is about"
            " belongs in a safeguarding note: say here only whom you told."
        ),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say what shows it",
            "max_length": "Write 600 characters or fewer",
        },
    )

    def __init__(self, *args: Any, told: Sequence[Sayable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["happening"]
        field.choices = [(one.value, one.words) for one in told]
        hints = {one.value: f"Then proposed: {'; '.join(one.then)}" for one in told}
        self.looks = {"happening": {"hints": hints}}
