"""The questions that are asked about what the policies propose."""

from typing import Any

from django import forms

from cases.forms.cases import school_choices
from cases.models import ProposalKind, ProposalState
from frontend.fields import PlainText

__all__ = ["DoneForm", "LeaveForm", "ProposalFilters", "school_choices"]

Choices = list[tuple[str, str]]


class ProposalFilters(forms.Form):
    """Narrows the list."""

    state = forms.ChoiceField(
        label="Decision",
        required=False,
        choices=[
            ("", "To decide"),
            (ProposalState.TAKEN.value, "Taken up"),
            (ProposalState.LEFT.value, "Left, with the reason"),
            (ProposalState.GONE.value, "No longer so"),
            ("all", "All"),
        ],
    )
    kind = forms.ChoiceField(
        label="What is proposed",
        required=False,
        choices=[("", "Anything"), *ProposalKind.choices],
    )
    alone = forms.ChoiceField(
        label="Letters that go by themselves",
        required=False,
        choices=[("", "With all others"), ("yes", "Only these")],
    )
    school = forms.ChoiceField(label="School", required=False)
    pack = forms.ChoiceField(label="Policy", required=False)

    def __init__(self, *args: Any, schools: Choices, packs: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
        self.fields["pack"] = forms.ChoiceField(label="Policy", required=False, choices=packs)


class LeaveForm(PlainText, forms.Form):
    """Why nothing is done."""

    reason = forms.CharField(
        label="Why is nothing done?",
        help_text="For example: the pupil was in hospital, and is back. This stays on record.",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why nothing is done",
            "max_length": "Reasons must be 600 characters or fewer",
        },
    )


class DoneForm(PlainText, forms.Form):
    """What was done about a warning."""

    reason = forms.CharField(
        label="What did you do?",
        help_text="For example: spoke to the tutor. This stays on record.",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say what you did",
            "max_length": "This must be 600 characters or fewer",
        },
    )
