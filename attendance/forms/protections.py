"""The filter of the adults whose protection nobody has answered."""

from typing import Any

from django import forms


class ProtectionFilters(forms.Form):
    """Narrows the list to one school. Only where there are several."""

    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = [("", "All schools"), *schools]  # type: ignore[attr-defined]
