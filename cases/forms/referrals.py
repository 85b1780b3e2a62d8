"""The questions of a referral: the form of a policy, and what the council decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from cases.forms.cases import school_choices
from cases.models import REFERRAL_STATES, Referral
from cases.services.referrals import LONGEST_ANSWER, LONGEST_DESPITE, LONGEST_WORDS
from frontend.fields import PlainText, no_hidden
from rules.referral_lint import REASONS
from rules.referral_stages import ReferralState, events_from

__all__ = [
    "AnswerForm",
    "ReferralFilters",
    "SendForm",
    "WithdrawForm",
    "WriteForm",
    "school_choices",
]
LONG = f"Each answer must be {LONGEST_ANSWER:,} characters or fewer"
AGES = [("", "Any"), *((str(age), str(age)) for age in range(4, 19))]


class ReferralFilters(forms.Form):
    """Narrows the list of referrals."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Any"),
            ("council", "The council's turn"),
            ("school", "The school's turn"),
            *REFERRAL_STATES,
        ],
    )
    team = forms.ChoiceField(label="Team", required=False)
    age = forms.ChoiceField(label="Age of the pupil", required=False, choices=AGES)
    school = forms.ChoiceField(label="School", required=False)

    def __init__(
        self, *args: Any, schools: list[tuple[str, str]], teams: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
        self.fields["team"] = forms.ChoiceField(
            label="Team", required=False, choices=[("", "Any"), *((team, team) for team in teams)]
        )


class WriteForm(PlainText, forms.Form):
    """One box for each thing asked, and which answers the family's copy holds."""

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in referral.asks:
            self.fields[f"answer_{one['key']}"] = forms.CharField(
                label=one["words"],
                help_text=one["source"] and f"Asked by the form: {one['source']}",
                required=False,
                max_length=LONGEST_ANSWER,
                initial=referral.answers.get(one["key"], ""),
                widget=forms.Textarea(attrs={"rows": 5}),
                error_messages={"max_length": LONG},
            )
        self.fields["in_copy"] = forms.MultipleChoiceField(
            label="What may the family's copy hold?",
            help_text="Leave out what one parent must not read of another, and what the pupil said"
            " in confidence. Each parent may be given a copy of their own.",
            required=False,
            choices=[(one["key"], one["words"]) for one in referral.asks],
            widget=forms.CheckboxSelectMultiple,
            initial=referral.in_copy,
        )
        self.fields["seen"] = forms.IntegerField(initial=referral.version, widget=forms.HiddenInput)
        for name in self.fields:
            if name.startswith("answer_"):  # added after PlainText looked at the fields
                self.fields[name].validators.append(no_hidden)

    @property
    def answers(self) -> dict[str, str]:
        """The answers by key."""
        return {
            name.removeprefix("answer_"): text
            for name, text in self.cleaned_data.items()
            if name.startswith("answer_")
        }


class SendForm(PlainText, forms.Form):
    """The last look before it goes."""

    despite = forms.CharField(
        label="Why do you send it all the same?",
        help_text="The council reads this beside what speaks against it.",
        required=False,
        max_length=LONGEST_DESPITE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": f"Write {LONGEST_DESPITE} characters or fewer"},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, found: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if found:
            self.fields["despite"].required = True
            self.fields["despite"].error_messages["required"] = (
                "Say why you send it although something speaks against it"
            )
        else:
            del self.fields["despite"]


class WithdrawForm(PlainText, forms.Form):
    """Why a referral is taken back."""

    words = forms.CharField(
        label="Why is it withdrawn?",
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why it is withdrawn",
            "max_length": f"Write {LONGEST_WORDS:,} characters or fewer",
        },
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


# What the council may do → the words of the choice.
ANSWERS: Mapping[str, str] = {
    "accept": "Accept it",
    "send_on": "Send it to the right team",
    "return": "Return it with reasons",
    "end": "End it: say what it led to",
}


class AnswerForm(PlainText, forms.Form):
    """What the council does with a referral. Only the parts of the chosen answer count."""

    event = forms.ChoiceField(
        label="What do you do with it?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what you do with it",
            "invalid_choice": "Somebody changed this referral while you were reading. Read it "
            "again, then choose",
        },
    )
    team = forms.ChoiceField(label="Which team?", required=False)
    reasons = forms.MultipleChoiceField(
        label="What sends it back?",
        required=False,
        choices=list(REASONS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label="What do you want to say?",
        help_text="The school reads this. When you end it, say what it led to.",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": f"Write {LONGEST_WORDS:,} characters or fewer"},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, referral: Referral, proposed: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        can = events_from(ReferralState(referral.state))
        teams = [team for team in referral.routes if team != referral.team]
        events = [
            (event, words)
            for event, words in ANSWERS.items()
            if event in can and (event != "send_on" or teams)
        ]
        self.fields["event"].choices = events  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", "Choose a team"), *((t, t) for t in teams)]  # type: ignore[attr-defined]
        self.fields["reasons"].initial = list(proposed)
        self.fields["seen"].initial = referral.version
        shown = dict(events)
        reveals = {"send_on": "team", "return": "reasons"}
        self.looks = {"event": {"reveals": {k: v for k, v in reveals.items() if k in shown}}}
        for event, name in reveals.items():
            if event not in shown:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Each answer needs its own part."""
        typed = super().clean() or {}
        event = typed.get("event")
        if event == "send_on" and not typed.get("team"):
            self.add_error("team", "Choose the team")
        if event == "return" and not typed.get("reasons"):
            self.add_error("reasons", "Choose at least one reason")
        if event == "end" and not typed.get("words", "").strip():
            self.add_error("words", "Say what it led to")
        return typed
