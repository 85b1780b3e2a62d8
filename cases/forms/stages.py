"""The questions that are asked when a case moves, closes or changes hands."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from authorities.models import User
from cases.selectors.places import Destination
from frontend.fields import PlainText
from rules.case_stages import DOWN, REASONS, UP, reasons_for

MOVING = [
    (reason.key, reason.words)
    for reason in REASONS
    if reason.events & (UP | DOWN) and "close" not in reason.events
]
CLOSING = [(reason.key, reason.words) for reason in reasons_for("close")]
TOO_LONG = {"max_length": "Reasons must be 600 characters or fewer"}


def _reason(label: str, help_text: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what shows that this is right", **TOO_LONG},
    )


class MoveForm(PlainText, forms.Form):
    """Where a case goes, and why."""

    to = forms.ChoiceField(
        label="Where does the case go?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select where the case goes"},
    )
    why = forms.ChoiceField(
        label="Why?",
        choices=MOVING,
        widget=forms.RadioSelect,
        error_messages={"required": "Select why the case moves"},
    )
    reason = _reason(
        "What shows it?",
        "This stays with the case. You can leave it empty where the policy proposes the step.",
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Sequence[Destination], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one.value, one.label) for one in places]  # type: ignore[attr-defined]
        self.looks = {"to": {"hints": {one.value: one.hint for one in places}}}


class CloseForm(PlainText, forms.Form):
    """Why a case is closed."""

    why = forms.ChoiceField(
        label="Why is the case closed?",
        choices=CLOSING,
        widget=forms.RadioSelect,
        error_messages={"required": "Select why the case is closed"},
    )
    reason = _reason("What shows it?", "This stays with the case. Say what you know and from whom.")
    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class SendOnForm(PlainText, forms.Form):
    """What was agreed with the new school."""

    reason = _reason(
        "What was agreed with the new school?", "Whom you spoke with, and what they know."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class DecideForm(PlainText, forms.Form):
    """Whether what the policy proposes is done."""

    decision = forms.ChoiceField(
        label="What do you decide?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide"},
    )
    reason = _reason(
        "Why, or what you do instead",
        "You need a reason only if nothing is done.",
        required=False,
    )

    def __init__(self, *args: Any, take_up: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = [("take", take_up), ("leave", "Leave it, with a reason")]  # type: ignore[attr-defined]


class OwnerForm(forms.Form):
    """Who carries a case."""

    owner = forms.ChoiceField(label="Who carries this case?", required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.pk), one.name) for one in people]
        self.fields["owner"].choices = [("", "Nobody yet"), *names]  # type: ignore[attr-defined]
