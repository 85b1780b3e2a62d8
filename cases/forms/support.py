"""The questions about barriers and support."""

from typing import Any

from django import forms

from authorities.models import User
from cases.models import Answer, SaidBy
from cases.models.support import SAID_OUTCOMES
from cases.selectors.support import Choices
from frontend.fields import DateField, PlainText

OWN = {"own:in school": "Something else in school", "own:outside school": "Something else outside"}
GOES_ON = "goes on"


def long_text(label: str, missing: str, longest: int = 1000, **kwargs: Any) -> forms.CharField:
    """A box for some sentences, with its errors."""
    kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
    return forms.CharField(
        label=label,
        max_length=longest,
        error_messages={
            "required": missing,
            "max_length": f"This must be {longest:,} characters or fewer",
        },
        **kwargs,
    )


def staff_choices(staff: list[User]) -> list[tuple[str, str]]:
    """The people who work on cases here, with nobody first."""
    return [("", "Nobody yet"), *((str(person.pk), person.name) for person in staff)]


class BarrierForm(PlainText, forms.Form):
    """What keeps the pupil from school."""

    kind = forms.ChoiceField(
        label="What kind of barrier is it?",
        error_messages={"required": "Select the kind of barrier"},
    )
    label = forms.CharField(
        label="If it is something else, what?",
        help_text="A few words.",
        required=False,
        max_length=120,
    )
    text = long_text(
        "What is it for this pupil?", "Say what it is for this pupil", help_text="In their words."
    )
    said_by = forms.ChoiceField(
        label="Who said so?",
        choices=SaidBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select who said so"},
    )
    found_on = DateField(label="When was it found?", what="the day it was found")
    sensitive = forms.BooleanField(
        label="It is about health or social care: keep it for those who may see that",
        required=False,
    )

    def __init__(self, *args: Any, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [("", "Choose one"), *kinds, ("Not in the list", list(OWN.items()))]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something else needs a name."""
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("kind") in OWN and not typed.get("label"):
            self.add_error("label", "Give the barrier a name")
        return typed

    @property
    def own_place(self) -> str:
        """Where a barrier of one's own is, "" for a kind of the list."""
        kind = str(self.cleaned_data["kind"])
        return kind.removeprefix("own:") if kind in OWN else ""


class ResolveForm(PlainText, forms.Form):
    """What took a barrier away."""

    how = long_text("What took it away?", "Say what took the barrier away", 600)
    on = DateField(label="When was it gone?", what="the day it was gone")


class ConsiderForm(PlainText, forms.Form):
    """The answer to something that the policy asks."""

    which = forms.CharField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        label="What is the answer?",
        choices=Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select the answer"},
    )
    text = long_text(
        "In words",
        "Say what was done, what is planned, or why it is not right here",
        help_text="What was done, what is planned, or why it is not right for this pupil.",
    )
    on = DateField(label="When?", what="the day")


class SupportForm(PlainText, forms.Form):
    """Support to give: from the catalogue, or of one's own."""

    entry = forms.ChoiceField(
        label="Which support?", required=False, help_text="From the policies of this school."
    )
    label = forms.CharField(
        label="If it is something of your own, what?", required=False, max_length=200
    )
    who = forms.CharField(
        label="Who gives it?",
        help_text="For example the school nurse, or a name.",
        max_length=200,
        error_messages={"required": "Say who gives the support"},
    )
    owner = forms.ChoiceField(label="Who of the staff sees to it?", required=False)
    starts_on = DateField(label="When does it start?", what="the day it starts")
    review_on = DateField(
        label="When do you look at it again?",
        help_text="A school day. It goes on the list of what is due.",
        what="the day you look at it again",
    )
    notes = long_text("Notes", "", required=False)
    link = forms.URLField(
        label="Link",
        help_text="For example to the service's page.",
        required=False,
        max_length=300,
        assume_scheme="https",
        error_messages={"invalid": "Enter a web address, such as https://example.org"},
    )
    sensitive = forms.BooleanField(
        label="It is about health or social care: keep what it is for those who may see that",
        required=False,
    )

    def __init__(self, *args: Any, support: Choices, staff: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [("", "Something of our own"), *support]
        self.fields["entry"].choices = choices  # type: ignore[attr-defined]
        self.fields["owner"].choices = staff_choices(staff)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One's own needs a name."""
        typed: dict[str, Any] = super().clean() or {}
        if not typed.get("entry") and not typed.get("label"):
            self.add_error("label", "Choose support from the list, or say what yours is")
        return typed


class SupportReviewForm(PlainText, forms.Form):
    """What a look at support found: it goes on, or it ends with an outcome."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="What did you find?",
        choices=[(GOES_ON, "It goes on"), *SAID_OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you found"},
    )
    next_on = DateField(
        label="When do you look again?", required=False, what="the day you look again"
    )
    words = long_text("In words", "Say what you saw", help_text="What pupil and family say counts.")
    on = DateField(label="When did you look?", what="the day you looked")

    looks = {
        "outcome": {
            "hints": {value: "This ends the support." for value, _ in SAID_OUTCOMES},
            "reveals": {GOES_ON: "next_on"},
        }
    }

    def clean(self) -> dict[str, Any]:
        """What goes on is looked at again."""
        typed: dict[str, Any] = super().clean() or {}
        wanted = typed.get("outcome") == GOES_ON and "next_on" not in self.errors
        if wanted and not typed.get("next_on"):
            self.add_error("next_on", "Enter the day you look again")
        return typed
