"""The questions that are asked when marks were corrected."""

from typing import Any

from django import forms

from cases.forms.cases import school_choices
from cases.models import Decision
from frontend.fields import PlainText

__all__ = ["DecideForm", "RecheckFilters", "school_choices"]


class RecheckFilters(forms.Form):
    """Narrows the list."""

    state = forms.ChoiceField(
        label="Decision",
        required=False,
        choices=[
            ("", "To be decided"),
            ("decided", "Decided by a person"),
            ("same", "Nothing differs"),
            ("all", "All"),
        ],
    )
    kind = forms.ChoiceField(
        label="What relied on the marks",
        required=False,
        choices=[
            ("", "Any"),
            ("case", "A case"),
            ("letter", "A letter"),
            ("worklist", "An entry of the worklist"),
        ],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class DecideForm(PlainText, forms.Form):
    """What a person decides, and why."""

    decision = forms.ChoiceField(
        label="What do you decide?",
        choices=[
            (Decision.STANDS.value, "It still stands"),
            (Decision.PUT_RIGHT.value, "I have put it right"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether it still stands or has been put right"},
    )
    reason = forms.CharField(
        label="Why, or what you did",
        help_text="This stays with the case. For example: withdrew the letter and rang the family.",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why, or what you did",
            "max_length": "Reasons must be 600 characters or fewer",
        },
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
