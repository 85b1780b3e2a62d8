"""Inviting a person and ending a role."""

from datetime import date
from typing import Any, cast

from django import forms

from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Role
from frontend.fields import DateField, PlainText

SHOWN_ROLES = [
    ("At a school", [(role.value, role.label) for role in SCHOOL_ROLES]),
    ("For the whole authority", [(role.value, role.label) for role in AUTHORITY_ROLES]),
]


class InviteForm(PlainText, forms.Form):
    """Who, as what, where, from when."""

    name = forms.CharField(
        label="Full name",
        max_length=120,
        error_messages={"required": "Enter the person's full name"},
    )
    email = forms.EmailField(
        label="Work email address",
        max_length=254,
        help_text="We send the way in to this address.",
        error_messages={
            "required": "Enter the person's work email address",
            "invalid": "Enter an email address in the right form, like name@example.org",
        },
    )
    place = forms.ChoiceField(
        label="Where will they work?", error_messages={"required": "Select where they will work"}
    )
    role = forms.ChoiceField(
        label="What will they do?",
        choices=[("", "Choose a role"), *SHOWN_ROLES],
        error_messages={"required": "Select what they will do"},
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = cast(forms.ChoiceField, self.fields["place"])
        place.choices = [("", "Choose a place"), *places]

    def clean_role(self) -> Role:
        """The role itself."""
        return Role(self.cleaned_data["role"])


class EndRoleForm(forms.Form):
    """From when the role is gone."""

    last_day = DateField(
        label="What is the last day they need it?",
        help_text="They lose access at the end of this day. To end it at once, enter yesterday.",
        what="the last day they need the role",
    )

    def __init__(self, *args: Any, starts_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.starts_on = starts_on
