"""Forms about penalty notices: how one was served, what the parent says, what is decided."""

from datetime import date
from typing import Any

from django import forms

from frontend.fields import DateField, PlainText
from legal.models import PenaltyNotice
from rules.notice_limit import Outcome
from rules.notice_stages import PENALTY, PenaltyState
from rules.representations import GROUNDS, PLEAS, plea_for
from rules.service import Method

LONG = 2000
METHODS = (
    (Method.POST.value, "First-class post"),
    (Method.BY_HAND.value, "Handed over"),
    (Method.EMAIL.value, "E-mail, as the parent agreed in writing"),
)
WAYS = (
    ("letter", "By letter"),
    ("e-mail", "By e-mail"),
    ("phone", "By phone"),
    ("in person", "In person"),
)
OUTCOMES = (
    (Outcome.PAID.value, "Paid"),
    (Outcome.OPEN.value, "Still to be paid, or not known"),
    (Outcome.UNPAID.value, "Not paid in time"),
    (Outcome.PROSECUTED.value, "Prosecuted, or convicted"),
    (Outcome.WITHDRAWN.value, "Withdrawn: it does not count"),
    (Outcome.ACQUITTED.value, "The court acquitted: it does not count"),
)


def box(label: str, hint: str = "", *, rows: int = 4, **options: Any) -> forms.CharField:
    """A box for several lines."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=options.pop("max_length", LONG),
        widget=forms.Textarea(attrs={"rows": rows}),
        **options,
    )


class NoticeForm(PlainText, forms.Form):
    """A form about one notice: it goes stale when somebody changes the notice."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, notice: PenaltyNotice, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": notice.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.notice, self.today = notice, today


class ServeForm(NoticeForm):
    """How it went to the parent."""

    method = forms.ChoiceField(
        label="How was it served?",
        choices=METHODS,
        widget=forms.RadioSelect,
        initial=Method.POST.value,
        error_messages={"required": "Select how it was served"},
    )
    sent_on = DateField(label="When?", what="the day it was posted, handed over or sent")
    proof = forms.CharField(
        label="What proves it?",
        help_text="The number of the certificate of posting, or who handed it over and who saw it",
        max_length=300,
        error_messages={"required": "Enter what proves it"},
    )


class RebutForm(NoticeForm):
    """That it came later, or never."""

    what = forms.ChoiceField(
        label="What is shown?",
        choices=[("later", "It arrived on a later day"), ("never", "It never arrived")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what is shown"},
    )
    shown_on = DateField(label="Which day?", what="the day it arrived", required=False)
    reason = box(
        "What shows it?",
        "Such as the postmark, the returned envelope, or what the parent declared",
        max_length=600,
        error_messages={"required": "Write what shows it"},
    )
    looks: dict[str, Any] = {"what": {"reveals": {"later": "shown_on"}}}

    def clean(self) -> dict[str, Any]:
        """A later day needs the day; one that never came has none."""
        cleaned = super().clean() or {}
        if cleaned.get("what") == "never":
            cleaned["shown_on"] = None
        elif not cleaned.get("shown_on") and "shown_on" not in self.errors:
            self.add_error("shown_on", "Enter the day it arrived")
        return cleaned


class SayForm(NoticeForm):
    """What the parent says against it."""

    received_on = DateField(label="When did it come?", what="the day it came")
    way = forms.ChoiceField(
        label="How did it come?",
        choices=WAYS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it came"},
    )
    plea = forms.ChoiceField(
        label="What does the parent say?",
        choices=[(plea.key, plea.words) for plea in PLEAS],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what the parent says"},
    )
    words = box(
        "In the parent's own words",
        "Keep the letter itself with the case",
        rows=6,
        max_length=4000,
        error_messages={"required": "Write what the parent says"},
    )
    looks: dict[str, Any] = {"plea": {"small": True}}


class AnswerForm(NoticeForm):
    """The answer to what the parent said."""

    upheld = forms.ChoiceField(
        label="Is the parent right?",
        choices=[
            ("yes", "Yes: the notice is withdrawn"),
            ("no", "No: the notice stands, and the days to pay go on"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether the parent is right"},
    )
    ground = forms.ChoiceField(
        label="On which ground is it withdrawn?", required=False, widget=forms.RadioSelect
    )
    words = box(
        "What is the parent told, and why?",
        "This goes into the letter as you write it",
        rows=6,
        error_messages={"required": "Write what the parent is told, and why"},
    )

    def __init__(self, *args: Any, plea: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        follow = plea_for(plea).grounds
        ground = self.fields["ground"]
        assert isinstance(ground, forms.ChoiceField)  # noqa: S101 - declared above
        ground.choices = [(one.ground.value, one.words) for one in GROUNDS if one.ground in follow]
        if follow:
            self.looks = {"upheld": {"reveals": {"yes": "ground"}}}
        else:
            del self.fields["ground"]

    def clean(self) -> dict[str, Any]:
        """A ground goes with a withdrawal and with nothing else."""
        cleaned = super().clean() or {}
        if cleaned.get("upheld") != "yes":
            cleaned["ground"] = ""
        return cleaned


class WithdrawForm(NoticeForm):
    """Asking for a withdrawal."""

    ground = forms.ChoiceField(
        label="On which ground of the law?",
        choices=[(one.ground.value, one.words) for one in GROUNDS],
        widget=forms.RadioSelect,
        error_messages={"required": "Select the ground"},
    )
    words = box(
        "What is the parent told?",
        "Why it is withdrawn. This goes into the letter as you write it",
        error_messages={"required": "Write what the parent is told"},
    )


class DecideForm(NoticeForm):
    """Deciding on a withdrawal that somebody asked for."""

    withdraw = forms.ChoiceField(
        label="What do you decide?",
        choices=[
            ("yes", "Withdraw it, tell the parent, and pay back what was paid"),
            ("no", "Do not withdraw it"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide"},
    )
    reason = forms.CharField(label="Why not?", max_length=600, required=False)
    looks: dict[str, Any] = {"withdraw": {"reveals": {"no": "reason"}}}


class StopForm(NoticeForm):
    """Taking no further action after a prosecution was stopped."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=[(one.key, one.words) for one in PENALTY.reasons_for("stop")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select why"},
    )
    words = box(
        "What is the parent told?", error_messages={"required": "Write what the parent is told"}
    )


class ReviewForm(NoticeForm):
    """That the notice stands, after somebody looked again."""

    reason = box(
        "Why does it stand?",
        "To withdraw it instead, go back and ask for its withdrawal",
        max_length=600,
        error_messages={"required": "Write why it stands"},
    )


class PenaltyFilters(forms.Form):
    """Narrows the list of notices."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), *((one.value, PENALTY.labels[one]) for one in PenaltyState)],
    )
    due = forms.ChoiceField(
        label="What is due",
        required=False,
        choices=[
            ("", "Any"),
            ("serve", "Service to record"),
            ("answer", "A parent to answer"),
            ("week", "Time to pay ends in 7 days"),
            ("decide", "Unpaid: decide"),
            ("look", "To look at again"),
        ],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class OfficeForm(PlainText, forms.Form):
    """What the council says of itself on its notices."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name of the council", max_length=120)
    address = box("Address to write to, without the postcode", rows=3, max_length=400)
    postcode = forms.CharField(label="Postcode", max_length=10)
    contact = forms.CharField(label="Phone number or e-mail address", max_length=200)
    ways = box("Ways to pay", "One way a line, such as: Online at …", max_length=1000)
    post_days = forms.IntegerField(
        label="Working days from the decision until a notice is posted",
        min_value=0,
        max_value=10,
        initial=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-2"}),
    )
    deemed_days = forms.IntegerField(
        label="Working days from posting until it counts as received (optional)",
        help_text="Leave empty for the national number: 2",
        min_value=1,
        max_value=10,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-2"}),
    )
    stops_clock = forms.ChoiceField(
        label="Does the time to pay stop while a parent waits for an answer?",
        choices=[("", "As nationally: yes"), ("yes", "Yes"), ("no", "No")],
        required=False,
        widget=forms.RadioSelect,
    )


class PlaceForm(PlainText, forms.Form):
    """Where else the child lived or was on a roll."""

    other = forms.ChoiceField(
        label="Did the child live, or go to school, with another council in the last three years?",
        choices=[("no", "No, with no other"), ("yes", "Yes")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether there was another council"},
    )
    council = forms.CharField(label="Which council?", max_length=120, required=False)
    since = DateField(label="From (optional)", what="the first day there", required=False)
    until = DateField(label="Until (optional)", what="the last day there", required=False)
    words = box(
        "How do you know?", max_length=600, error_messages={"required": "Write how you know"}
    )
    looks: dict[str, Any] = {"other": {"reveals": {"yes": "council"}}}

    def clean(self) -> dict[str, Any]:
        """Another council has a name; none has no days."""
        cleaned = super().clean() or {}
        if cleaned.get("other") == "no":
            cleaned |= {"council": "", "since": None, "until": None}
        elif not (cleaned.get("council") or "").strip():
            self.add_error("council", "Enter which council")
        return cleaned


class CheckForm(PlainText, forms.Form):
    """What another council answered."""

    council = forms.ChoiceField(label="Which council?")
    asked_on = DateField(label="When was it asked?", what="the day it was asked")
    answered_on = DateField(label="When did it answer?", what="the day it answered")
    covers_from = DateField(label="First day it answered for", what="the first day")
    covers_to = DateField(label="Last day it answered for", what="the last day")
    found = forms.IntegerField(
        label="How many notices did it name?",
        help_text="Record each of them on its own afterwards",
        min_value=0,
        max_value=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-2"}),
    )
    words = box(
        "Who answered, and how?", max_length=600, error_messages={"required": "Write who answered"}
    )

    def __init__(self, *args: Any, councils: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["council"] = forms.ChoiceField(
            label="Which council?",
            choices=[(name, name) for name in councils],
            widget=forms.RadioSelect,
            error_messages={"required": "Select which council answered"},
        )


class ExternalForm(PlainText, forms.Form):
    """A notice of another council."""

    council = forms.CharField(label="Which council issued it?", max_length=120)
    their_reference = forms.CharField(
        label="Its reference (optional)", max_length=60, required=False
    )
    issued_on = DateField(label="When was it issued?", what="the day it was issued")
    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what came of it"},
    )
    words = box(
        "How do you know of it?", max_length=600, error_messages={"required": "Write how you know"}
    )


class SettleExternalForm(PlainText, forms.Form):
    """What came of another council's notice."""

    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what came of it"},
    )
