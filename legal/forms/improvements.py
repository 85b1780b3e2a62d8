"""Forms for Notices to Improve: what one says, one step of it, and how it goes to a parent."""

from collections.abc import Sequence
from typing import Any

from django import forms

from attendance.addressing import Way
from cases.selectors.letters import Addressee
from frontend.fields import DateField, PlainText
from legal.models.improvement import IMPROVEMENT_STATES
from legal.services.improvements import LONGEST, Wording
from letters.models import Route
from rules.moves import Reason

TEXTS = {
    "record": ("What does the register show?", "The attendance, and the sessions without leave"),
    "duty": ("Why does it matter, and what does the law ask?", ""),
    "support": ("What help was given so far?", "Each with its day. The parent knows this best"),
    "offer": (
        "What help is there from now on?",
        "Who does what, and when. An offer made again counts too",
    ),
    "success": ("What is enough improvement?", "In half days or days, so that a family can count"),
    "early": ("What would end it early?", "The parent is always told before"),
}


def _box(label: str, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ImprovementForm(PlainText, forms.Form):
    """What a notice says, its weeks and its parents."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    adults = forms.MultipleChoiceField(
        label="Which parents is it for?",
        help_text="Each gets a letter that names no other parent",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the parent whom it is for"},
    )
    weeks = forms.TypedChoiceField(
        label="How many school weeks does it run?",
        help_text="Holidays are passed over. The law has 3 to 6",
        coerce=int,
        choices=[(number, f"{number} school weeks") for number in (3, 4, 5, 6)],
    )
    starts_on = DateField(
        what="the first day",
        label="Which is its first day?",
        help_text="We suggest the Monday after a letter posted today arrives",
    )
    at_most_percent = forms.IntegerField(
        label="How much may be missed without leave?",
        help_text="The most, in percent of the half days. 10 is usual; choose less or more by case",
        min_value=0,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-3"}),
        error_messages={
            "required": "Enter the most that may be missed, such as 10",
            "invalid": "Enter a whole number, such as 10",
            "min_value": "Enter a number from 0 to 100",
            "max_value": "Enter a number from 0 to 100",
        },
    )
    record = _box(*TEXTS["record"])
    duty = _box(*TEXTS["duty"])
    support = _box(*TEXTS["support"])
    offer = _box(*TEXTS["offer"])
    success = _box(*TEXTS["success"])
    early = _box(*TEXTS["early"])
    looks: dict[str, Any] = {"at_most_percent": {"suffix": "%"}}

    def __init__(self, *args: Any, around: Sequence[Addressee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["adults"].choices = [  # type: ignore[attr-defined]
            (one.adult.reference, f"{one.adult.name}, {one.link.relationship}")
            for one in around
            if one.decision.way != Way.DO_NOT_WRITE
        ]

    def wording(self) -> Wording:
        """What was typed. Only after `is_valid`."""
        given = self.cleaned_data
        return Wording(
            weeks=given["weeks"],
            starts_on=given["starts_on"],
            at_most_percent=given["at_most_percent"],
            texts={name: given[name] for name in TEXTS},
            adults=given["adults"],
        )


class StepForm(PlainText, forms.Form):
    """One step: a reason from the table where it has some, and words."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.ChoiceField(
        label="Why?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why"},
    )
    words = forms.CharField(
        label="In your own words",
        help_text="How do you know? The parent and a court may read this",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say why, in your own words"},
    )

    def __init__(self, *args: Any, reasons: Sequence[Reason], words: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reasons:
            self.fields["why"].choices = [  # type: ignore[attr-defined]
                (one.key, one.words) for one in reasons
            ]
        else:
            del self.fields["why"]
        if words == "none":
            del self.fields["words"]
        elif words == "may":
            self.fields["words"].required = False


class NotUsedForm(StepForm):
    """Why no notice is used at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, words="must", **kwargs)
        del self.fields["version"]


class IssueForm(PlainText, forms.Form):
    """Issue it: what the page showed, and how it goes to a parent of whom there is a doubt."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=20_000)

    def __init__(self, *args: Any, doubts: Sequence[Addressee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in doubts:
            reference = one.adult.reference
            self.fields[f"route_{reference}"] = forms.ChoiceField(
                label=f"How does it reach {one.adult.name}?",
                help_text=one.decision.reason,
                choices=[("", "Choose"), *Route.choices],
                error_messages={"required": "Choose how it reaches them"},
            )
            self.fields[f"reason_{reference}"] = forms.CharField(
                label="Why is that safe?",
                max_length=300,
                error_messages={"required": "Say why it is safe"},
            )


class ImprovementFilters(forms.Form):
    """Narrows the list of notices."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), ("due", "The weeks are over: say how it went"), *IMPROVEMENT_STATES],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
