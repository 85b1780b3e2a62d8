"""The questions between two schools about a brother or sister."""

from datetime import date, timedelta
from typing import Any

from django import forms

from cases.models import Basis, ShareState
from cases.services.siblings import LONGEST, LONGEST_SHARE
from frontend.fields import DateField, PlainText

USUAL = timedelta(days=91)


class AskForm(PlainText, forms.Form):
    """Why a school needs to know, on what basis, and for how long."""

    basis = forms.ChoiceField(
        label="What is the lawful basis?",
        help_text="Ask your data protection lead if you are not sure.",
        choices=Basis.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the lawful basis"},
    )
    why = forms.CharField(
        label="Why do you need to know?",
        help_text="The other school reads this. Name nobody.",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say why you need to know",
            "max_length": f"Write {LONGEST} characters or fewer",
        },
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"] = DateField(
            what="the last day on which you need to know",
            label="Until when?",
            help_text="A year at most. For example, 31 3 2027.",
            not_before=today,
            not_after=today + LONGEST_SHARE,
            because="a year at most",
            initial=today + USUAL,
        )


class AnswerForm(PlainText, forms.Form):
    """What the other school says."""

    answer = forms.ChoiceField(
        label="May they know?",
        choices=[
            ("accept", "Yes, until the day they ask for"),
            ("refuse", "No"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether they may know"},
    )
    words = forms.CharField(
        label="Why, or what they should know first",
        help_text="The school that asks reads this. Say nothing about the pupil here.",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": f"Write {LONGEST} characters or fewer"},
    )

    def clean(self) -> dict[str, Any]:
        """A refusal says why."""
        typed = super().clean() or {}
        if typed.get("answer") == "refuse" and not typed.get("words", "").strip():
            self.add_error("words", "Say why you refuse")
        return typed


class ShareFilters(forms.Form):
    """Narrows the list of questions."""

    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any"), *ShareState.choices]
    )
