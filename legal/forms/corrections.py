"""The questions that are asked when marks were corrected that something legal rests on."""

from typing import Any

from django import forms

from frontend.fields import PlainText
from legal.selectors.corrections import KINDS


class RecheckFilters(forms.Form):
    """Narrows the list."""

    state = forms.ChoiceField(
        label="Decision",
        required=False,
        choices=[
            ("", "To be decided"),
            ("ended", "Decided, or ended otherwise"),
            ("same", "Nothing differs"),
            ("all", "All"),
        ],
    )
    kind = forms.ChoiceField(
        label="What rests on the marks",
        required=False,
        choices=[("", "Any")]
        + [(key, f"{one.label[:1].upper()}{one.label[1:]}") for key, one in KINDS.items()],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class DecideForm(PlainText, forms.Form):
    """What a person decides, and why."""

    decision = forms.ChoiceField(
        label="What do you decide?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you decide"},
    )
    reason = forms.CharField(
        label="Why?",
        help_text="This stays in its history. For example: four more half days without leave are "
        "on record, so the threshold is met all the same.",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say why",
            "max_length": "Reasons must be 600 characters or fewer",
        },
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = choices
        if len(choices) == 1:  # the button says it
            field.widget = forms.HiddenInput()
            self.initial["decision"] = choices[0][0]
