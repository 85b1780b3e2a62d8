"""Forms of the yearly return: which year and school, and why a sum is right all the same."""

from collections.abc import Sequence
from typing import Any

from django import forms

from frontend.fields import PlainText
from legal.forms.penalties import box
from rules.legal_returns import COLUMNS, IDENTITIES, Failing

# What each sum is about, in words.
_GROUPS = {column.key: column.group for column in COLUMNS}
WHOLE = {one.key: _GROUPS[one.total] for one in IDENTITIES}


class YearForm(forms.Form):
    """The year of the return, and one school or all."""

    year = forms.ChoiceField(label="School year", required=False)
    school = forms.ChoiceField(label="School", required=False)

    def __init__(
        self,
        *args: Any,
        years: Sequence[tuple[str, str]],
        schools: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = years  # type: ignore[attr-defined]
        self.fields["school"].choices = [("", "The whole council"), *schools]  # type: ignore[attr-defined]


class ReturnForm(PlainText, forms.Form):
    """One box for each sum that does not hold and may be right all the same."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, warnings: Sequence[Failing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in warnings:
            self.fields[one.key] = box(
                f"{WHOLE[one.key]}: why is this right all the same?",
                one.sentence,
                rows=3,
                max_length=1000,
                error_messages={"required": "Say why this is right all the same"},
            )
