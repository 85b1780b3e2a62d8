"""Forms for contracts: the offer, the words, the meeting, a signature, and what happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from authorities.models import User
from authorities.packs import Layer
from authorities.packs.schema import ContractTerms
from cases.models import Side
from cases.selectors.contracts import Possible, Signer
from cases.services.contracts import Met, Offer, Told, Wording
from frontend.fields import DateField, PlainText
from rules.contracts import Length

NOT_YET = "-"


def lines_of(text: str) -> list[str]:
    """One promise a line; empty lines are none."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def box(label: str, hint: str, *, rows: int = 4, **options: Any) -> forms.CharField:
    """A box for several lines."""
    options.setdefault("required", False)
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": rows}),
        **options,
    )


class WordingForm(PlainText, forms.Form):
    """What a contract says."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    parent = box(
        "What will the parent do?",
        "One promise a line, in words that they use",
        required=True,
        error_messages={"required": "Write what the parent promises, one thing a line"},
    )
    school = box("What will the school do?", "One promise a line: who does what, and when")
    authority = box("What will the council do? (optional)", "One promise a line", rows=2)
    pupil = box("What will the pupil do? (optional)", "One promise a line", rows=2)
    target_percent = forms.IntegerField(
        label="Which attendance is to be reached?",
        help_text="Over the days of the contract. The page shows it in days",
        min_value=1,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-3"}),
        error_messages={
            "required": "Enter the attendance to reach",
            "invalid": "Enter the attendance to reach as a whole number, such as 95",
            "min_value": "The attendance to reach must be from 1 to 100",
            "max_value": "The attendance to reach must be from 1 to 100",
        },
    )
    targets = box("Other targets (optional)", "One a line, each with its date", rows=2)
    reasons = box("Why was the pupil away, as the parent says? (optional)", "", rows=3)
    pupil_says = box("What does the pupil say? (optional)", "", rows=3)
    looks: dict[str, Any] = {"target_percent": {"suffix": "%"}}

    def clean(self) -> dict[str, Any]:
        """School or council promises something too."""
        cleaned = super().clean() or {}
        if not any(lines_of(cleaned.get(side) or "") for side in ("school", "authority")):
            self.add_error("school", "Write what the school or the council will do to help")
        for side in Side.values:
            if any(len(line) > 300 for line in lines_of(cleaned.get(side) or "")):
                self.add_error(side, "Each promise must be 300 characters or fewer")
        return cleaned

    def wording(self) -> Wording:
        """The words as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Wording(
            promises={side: lines_of(typed[side]) for side in Side.values},
            target_percent=typed["target_percent"],
            targets=typed["targets"],
            reasons=typed["reasons"],
            pupil_says=typed["pupil_says"],
        )


class OfferForm(WordingForm):
    """A contract to offer."""

    adults = forms.MultipleChoiceField(
        label="Which parents is it with?",
        help_text="Each gets a copy of their own, which names nobody else. Make two contracts "
        "where each parent promises something different.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select the parent or parents whom the contract is with"},
    )
    terms = forms.ChoiceField(
        label="Which policy's contract is it?",
        widget=forms.RadioSelect,
        required=False,
    )
    starts_on = DateField(label="First day", what="the first day")
    length = forms.IntegerField(
        label="How long is it for?",
        min_value=1,
        max_value=400,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-3"}),
        error_messages={
            "required": "Enter how long it is for",
            "invalid": "Enter how long it is for as a whole number, such as 6",
            "min_value": "A contract must last for at least 1",
            "max_value": "Enter a shorter time",
        },
    )
    field_order = ["version", "adults", "terms", "starts_on", "length", "target_percent"]

    def __init__(
        self,
        *args: Any,
        around: Sequence[Possible],
        choices: Sequence[tuple[Layer, ContractTerms]],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        may = [one for one in around if not one.refusal]
        fields["adults"].choices = [
            (one.adult.reference, f"{one.adult.name} ({one.link.relationship})") for one in may
        ]
        self.initial = {"starts_on": today, **self.initial}
        self.looks = dict(self.looks)
        if not choices:
            del fields["terms"]
            fields["length"].help_text = "No policy in force sets it. Most last 3 to 12 months"
            self.looks["length"] = {"suffix": "weeks"}
            return
        fields["terms"].choices = [
            (f"{layer.pack.name}:{terms.key}", f"{terms.label}, {layer.pack.pack.title}")
            for layer, terms in choices
        ]
        fields["terms"].required = True
        fields["terms"].error_messages["required"] = "Select which policy's contract it is"
        fields["length"].help_text = "Count in the unit of the policy that you chose"
        self.looks["terms"] = {
            "hints": {
                f"{layer.pack.name}:{terms.key}": f"{capital(length_words(terms))} ({terms.source})"
                for layer, terms in choices
            }
        }
        self.initial.setdefault("terms", fields["terms"].choices[0][0])
        if len(choices) == 1:
            only = choices[0][1]
            self.looks["length"] = {"suffix": only.unit}
            fields["length"].help_text = f"The policy says {length_words(only)}"

    def offer(self) -> Offer:
        """The offer as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Offer(
            adults=typed["adults"],
            terms=typed.get("terms", ""),
            starts_on=typed["starts_on"],
            length=typed["length"],
            wording=self.wording(),
        )


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def length_words(terms: ContractTerms) -> str:
    """How long the policy makes its contracts."""
    return Length(terms.unit, terms.lowest, terms.highest).words


class NoneForm(PlainText, forms.Form):
    """Why no contract is offered."""

    why = forms.CharField(
        label="Why is no contract offered?",
        help_text="A court may ask. Say what was considered and what is done instead",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Say why no contract is offered",
            "max_length": "The reason must be 600 characters or fewer",
        },
    )


class MeetForm(PlainText, forms.Form):
    """The meeting at which a contract was talked through."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    on = DateField(label="When was the meeting?", what="the day of the meeting")
    present = forms.MultipleChoiceField(
        label="Which parents were there?",
        help_text="A contract cannot be agreed in a parent's absence",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select the parent who was there. If none came, do not agree"},
    )
    signed = forms.MultipleChoiceField(
        label="Who signed on paper at the meeting?",
        help_text="Leave empty for those who sign later",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    staff = forms.ChoiceField(label="Who signed for the school or the council?")
    words = box("Notes of the meeting (optional)", "Where it was, and who else was there", rows=3)

    def __init__(
        self,
        *args: Any,
        parties: Mapping[str, str],
        staff: Iterable[Signer],
        me: User,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        self.people = {str(one.user.pk): one.user for one in staff}
        fields["present"].choices = list(parties.items())
        fields["signed"].choices = [*parties.items(), (Side.PUPIL.value, "The pupil")]
        fields["staff"].choices = [
            (NOT_YET, "Nobody yet"),
            *((key, user.name) for key, user in self.people.items()),
        ]
        mine = str(me.pk) if str(me.pk) in self.people else NOT_YET
        self.initial = {"on": today, "staff": mine, **self.initial}

    def met(self) -> Met:
        """The meeting as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Met(
            on=typed["on"],
            present=typed["present"],
            signed=[one for one in typed["signed"] if one != Side.PUPIL.value],
            staff=self.people.get(typed["staff"]),
            pupil_signed=Side.PUPIL.value in typed["signed"],
            words=typed["words"],
        )


class SignForm(forms.Form):
    """A signature on another day."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    who = forms.ChoiceField(
        label="Who signed?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select who signed"},
    )
    on = DateField(label="When?", what="the day they signed")

    def __init__(
        self, *args: Any, people: Sequence[tuple[str, str]], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["who"].choices = people
        self.initial = {"on": today, **self.initial}


# What each move asks: the label and the hint of its words.
ASKS: Mapping[str, tuple[str, str]] = {
    "refuse": ("Why does the parent not want it?", "In their words. Nobody can be made to sign"),
    "end": ("Why does it end?", ""),
    "keep": ("What did the parent say of the changes?", "The promises stay as they were agreed"),
    "breach": ("Which promise was not kept?", "What happened and when"),
    "ask": ("How was the parent asked?", "By phone, in a letter, at a meeting"),
    "answer": ("What does the parent say?", "In their words"),
    "reasonable": ("Why is it a good reason?", ""),
    "unreasonable": ("Why is it not a good reason?", "Or: what was done to get an answer"),
    "go_on": ("Why does it go on as it is?", ""),
    "amend": (
        "Why are the promises changed?",
        "Next you change the words, and a parent agrees to them at a meeting",
    ),
    "warn": (
        "What was the parent told?",
        "What may follow if it is not kept, and how they were told",
    ),
    "review": ("What did the review find?", "What is kept, what is not, what helps"),
    "complete": ("How did it go?", "What helped, and what goes on"),
    "fail": ("How did it go?", "What was kept and what was not, and what comes next"),
}


class ToldForm(PlainText, forms.Form):
    """One thing that happened to a contract."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    on = DateField(label="When?", what="the day it happened")
    words = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what happened, and why"},
    )
    by_day = DateField(
        label="By when do you ask for an answer?",
        what="the day by which you ask for an answer",
    )

    def __init__(
        self, *args: Any, event: str, today: date, by_day: date | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        fields: dict[str, Any] = self.fields
        fields["words"].label, fields["words"].help_text = ASKS[event]
        self.initial = {"on": today, "by_day": by_day, **self.initial}
        if event != "ask":
            del fields["by_day"]

    def told(self) -> Told:
        """What is told. Only after `is_valid`."""
        typed = self.cleaned_data
        return Told(self.event, typed["on"], typed["words"], typed.get("by_day"))
