"""The questions that the pages of cases and letters ask."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from attendance.addressing import Way
from authorities.models import School
from cases.models import STAGES
from cases.selectors.letters import Addressee, LetterChoice
from frontend.fields import PlainText
from letters.models import STATES, Route, WhyWithdrawn


def school_choices(schools: Iterable[School]) -> list[tuple[str, str]]:
    """Any school, or one of these."""
    return [("", "Any"), *((school.urn, school.name) for school in schools)]


class CaseFilters(forms.Form):
    """Narrows the list of cases."""

    state = forms.ChoiceField(
        label="Open or closed",
        required=False,
        choices=[("", "Both"), ("open", "Open"), ("closed", "Closed")],
    )
    stage = forms.ChoiceField(label="Stage", required=False, choices=[("", "Any"), *STAGES])
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class LetterFilters(forms.Form):
    """Narrows the list of letters."""

    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *STATES])
    route = forms.ChoiceField(
        label="How it leaves", required=False, choices=[("", "Any"), *Route.choices]
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class NoteForm(PlainText, forms.Form):
    """A note on a case."""

    text = forms.CharField(
        label="Add a note",
        help_text="What was said or done, and by whom. Notes cannot be changed later.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Write the note",
            "max_length": "The note must be 4,000 characters or fewer",
        },
    )


class PrepareForm(forms.Form):
    """Which letter, and to whom."""

    letter = forms.ChoiceField(
        label="Which letter?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select which letter to prepare"},
    )
    adults = forms.MultipleChoiceField(
        label="Who is it to?",
        help_text="Each person gets a letter of their own.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select who the letter is to"},
    )

    def __init__(
        self,
        *args: Any,
        letters: Sequence[LetterChoice],
        around: Sequence[Addressee],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        writable = [one for one in around if one.decision.way != Way.DO_NOT_WRITE]
        letter = self.fields["letter"]
        adults = self.fields["adults"]
        letter.choices = [(one.value, one.letter.title) for one in letters]  # type: ignore[attr-defined]
        adults.choices = [  # type: ignore[attr-defined]
            (one.adult.reference, f"{one.adult.name} ({one.link.relationship})") for one in writable
        ]
        self.looks = {
            "letter": {"hints": {one.value: one.why and f"Proposed: {one.why}" for one in letters}},
            "adults": {
                "hints": {
                    one.adult.reference: one.decision.reason
                    if one.decision.way == Way.POST
                    else f"Will be held for a person. {one.decision.reason}"
                    for one in writable
                }
            },
        }
        if not self.is_bound:
            letter.initial = letters[0].value if letters else None
            adults.initial = [
                one.adult.reference for one in writable if one.decision.way == Way.POST
            ]

    @property
    def chosen(self) -> tuple[str, str]:
        """The pack and the letter."""
        pack, _, letter = self.cleaned_data["letter"].partition(":")
        return pack, letter


class WithdrawForm(forms.Form):
    """Why a letter is stopped for good."""

    why = forms.ChoiceField(
        label="Why is this letter not to be sent?",
        choices=WhyWithdrawn.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select why the letter is not to be sent"},
    )


class ReleaseForm(PlainText, forms.Form):
    """How a held letter may go after all, and why that is safe."""

    route = forms.ChoiceField(
        label="How will it go?",
        choices=[
            (Route.POST.value, "By post, to the address on record: I have checked that it is safe"),
            (Route.IN_PERSON.value, "Given by hand: no address is printed on it"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select how the letter will go"},
    )
    reason = forms.CharField(
        label="Why is it safe to send?",
        help_text="Who you asked and what they said. Do not write an address here.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why it is safe to send",
            "max_length": "The reason must be 300 characters or fewer",
        },
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
