"""Choosing a registration group."""

from typing import Any

from django import forms


class ChooseGroup(forms.Form):
    """A school, and one of its registration groups."""

    school = forms.ChoiceField(label="School", required=False)
    group = forms.ChoiceField(label="Registration group", required=False)

    def __init__(
        self,
        *args: Any,
        schools: list[tuple[str, str]],
        groups: list[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
        self.fields["group"] = forms.ChoiceField(
            label="Registration group",
            required=False,
            choices=[("", "Choose a group"), *((group, group) for group in groups)],
        )
