"""The questions about a letter that the school sent itself."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.addressing import Way, may_write_to
from attendance.selectors.reasons import Person
from cases.models import LetterWay, Meeting
from cases.selectors.logged_letters import Loggable, meeting_choice
from cases.services.logged_letters import Sent
from frontend.fields import DateField, PlainText

NO_MEETING = "none"


class LogLetterForm(PlainText, forms.Form):
    """Which letter went, to whom, when and how."""

    letter = forms.ChoiceField(
        label="Which letter?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select which letter went"},
    )
    adults = forms.MultipleChoiceField(
        label="Who did it go to?",
        help_text="Each person gets a letter of their own.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select who the letter went to"},
    )
    way = forms.ChoiceField(
        label="How did it go?",
        choices=LetterWay.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it went"},
    )
    sent_on = DateField(label="On which day did it go?", what="the day it went")
    meeting = forms.ChoiceField(
        label="Does it invite to a meeting?",
        help_text="Then it is written down as the invitation too.",
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether it invites to a meeting"},
    )
    own_reference = forms.CharField(
        label="Your own reference (optional)",
        help_text="What your files call it. Write no name here.",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Notes (optional)",
        help_text="Write no address or phone number here.",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        letters: Sequence[Loggable],
        people: Sequence[Person],
        planned: Sequence[Meeting],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["letter"].choices = [(one.value, one.letter.title) for one in letters]
        fields["adults"].choices = [
            (one.link.adult.reference, f"{one.link.adult.name} ({one.link.relationship})")
            for one in people
            if one.may
        ]
        fields["sent_on"].initial = today
        fields["sent_on"].not_after, fields["sent_on"].because = today, "today"
        if planned:
            fields["meeting"].choices = [
                *((one.reference, meeting_choice(one)) for one in planned),
                (NO_MEETING, "No, to none of these"),
            ]
        else:
            del fields["meeting"]
        self.looks = {
            "letter": {
                "small": True,
                "hints": {one.value: "You can also prepare it here" for one in letters if one.here},
            },
            "adults": {
                "small": True,
                "hints": {
                    one.link.adult.reference: f"Not by post. {decision.reason}"
                    for one in people
                    if one.may
                    and (decision := may_write_to(one.link.adult, one.link, today)).way != Way.POST
                },
            },
            "way": {"small": True},
            "meeting": {"small": True},
        }

    @property
    def sent(self) -> Sent:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        meeting = typed.get("meeting", NO_MEETING)
        return Sent(
            letter=typed["letter"],
            adults=tuple(typed["adults"]),
            way=typed["way"],
            sent_on=typed["sent_on"],
            meeting="" if meeting == NO_MEETING else meeting,
            own_reference=typed["own_reference"],
            note=typed["note"],
        )


class TakeBackForm(PlainText, forms.Form):
    """Why a log is taken back."""

    because = forms.CharField(
        label="Why is it taken back?",
        help_text="It stays in the history, and counts as never sent.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why it is taken back"},
    )
