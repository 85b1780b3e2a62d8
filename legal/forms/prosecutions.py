"""Forms about prosecutions: one for each step, each stale when somebody changed the file."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.timezone import localtime

from frontend.fields import DateField, PlainText
from legal.forms.payments import PoundsField
from legal.forms.penalties import WAYS, box
from legal.models import Prosecution
from legal.models.prosecutions import NOT_CARRIED_OUT
from legal.selectors.prosecutions import Offered
from legal.services.prosecutions import Found
from letters.models import Route as LetterRoute
from rules.court_outcomes import Outcome, Plea, outcomes_open
from rules.dates import in_words
from rules.defences import Weighed, defences_for, questionnaire
from rules.marks import DatedSession, Session
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import (
    ALTERNATIVES,
    OFFENCES,
    CodeTest,
    Offence,
    Route,
    questions_of,
)
from rules.tariffs import LONDON

POST = 200
NUMBER = {"inputmode": "numeric", "class": "govuk-input--width-3"}
OFFENCE_CHOICES = [
    (one.offence.value, f"Section {one.offence}: {one.words[:1].lower()}{one.words[1:]}")
    for one in OFFENCES.values()
]
OFFENCE_HINTS = {
    Offence.FAILS.value: "No proof of knowledge is needed. It can go by the single justice"
    " procedure.",
    Offence.KNOWS.value: "You must prove that the parent knew. A court may send the parent to"
    " prison, so it goes by summons.",
}
FOUND = (
    (Weighed.NOT_RAISED.value, "It was not raised, and nothing shows it"),
    (Weighed.DOES_NOT.value, "It was raised, and does not apply"),
    (Weighed.APPLIES.value, "It applies"),
)
PLEAS = (
    (Plea.GUILTY.value, "Guilty"),
    (Plea.NOT_GUILTY.value, "Not guilty"),
    (Plea.NONE.value, "None was entered"),
)


def session_words(one: Offered) -> str:
    """A half day as a choice."""
    day = one.mark.day
    said = f"{day:%A} {in_words(day)}, {one.mark.session.words}: code {one.mark.code}"
    return f"{said} (in the penalty notice)" if one.of_notice else said


def sessions_from(keys: Sequence[str]) -> list[DatedSession]:
    """The half days of a form's answer."""
    return [
        DatedSession(date.fromisoformat(key[:10]), Session(int(key[11:]))) for key in sorted(keys)
    ]


class BeginForm(PlainText, forms.Form):
    """What a new prosecution is about. `parents` is empty where the notice names the parent."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    adult = forms.ChoiceField(
        label="Which parent is it about?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select the parent"},
    )
    offence = forms.ChoiceField(
        label="Which offence?",
        choices=OFFENCE_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": "Select the offence"},
    )
    sessions = forms.MultipleChoiceField(
        label="Which half days?",
        help_text="Absence without leave that nothing else rests on",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select at least one half day"},
    )
    words = box(
        "Why does the council prepare a prosecution?",
        "Keep to facts: the file may be read in court",
        error_messages={"required": "Write why the council prepares a prosecution"},
    )
    looks: dict[str, Any] = {"offence": {"hints": OFFENCE_HINTS}, "sessions": {"small": True}}

    def __init__(
        self,
        *args: Any,
        offered: Sequence[Offered],
        parents: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        sessions, adult = self.fields["sessions"], self.fields["adult"]
        assert isinstance(sessions, forms.MultipleChoiceField)  # noqa: S101 - declared above
        assert isinstance(adult, forms.ChoiceField)  # noqa: S101 - declared above
        sessions.choices = [(one.key, session_words(one)) for one in offered]
        chosen = [one.key for one in offered if one.of_notice]
        sessions.initial = chosen or [one.key for one in offered]
        if parents:
            adult.choices = list(parents)
        else:
            del self.fields["adult"]


class FileForm(PlainText, forms.Form):
    """A form about one prosecution: it goes stale when somebody changes the file."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, prosecution: Prosecution, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": prosecution.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.prosecution, self.today = prosecution, today
        self.looks: dict[str, Any] = {}
        self.build()

    def build(self) -> None:
        """Add what depends on the file."""

    @property
    def offence(self) -> Offence:
        """Under which section."""
        return Offence(self.prosecution.offence)


class ConfirmForm(FileForm):
    """Nothing but the button."""


class SessionsForm(FileForm):
    """The offence and its half days, anew."""

    offence_chosen = forms.ChoiceField(
        label="Which offence?",
        choices=OFFENCE_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": "Select the offence"},
    )
    sessions = forms.MultipleChoiceField(
        label="Which half days?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select at least one half day"},
    )

    def __init__(self, *args: Any, offered: Sequence[Offered], **kwargs: Any) -> None:
        self.offered = offered
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """Those on file are chosen."""
        field = self.fields["sessions"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.key, session_words(one)) for one in self.offered]
        field.initial = [f"{one['day']}.{one['session']}" for one in self.prosecution.sessions]
        self.fields["offence_chosen"].initial = self.prosecution.offence
        self.looks = {"offence_chosen": {"hints": OFFENCE_HINTS}, "sessions": {"small": True}}


class ConsiderForm(FileForm):
    """That an education supervision order was considered."""

    record = forms.ChoiceField(
        label="Where is it on record?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select where it is on record"},
    )
    on = DateField(label="When?", what="the day it was considered", required=False)
    words = box("What was decided, and why?", required=False)

    def __init__(self, *args: Any, order: str, **kwargs: Any) -> None:
        self.order = order
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """The order's own record is one way, where there is one."""
        field = self.fields["record"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        here = ("here", "I write it here")
        field.choices = [("order", self.order), here] if self.order else [here]
        field.initial = field.choices[0][0]
        self.looks = {"record": {"reveals": {"here": "words"}}}

    def clean(self) -> dict[str, Any]:
        """Writing it here needs the day and the words."""
        cleaned = super().clean() or {}
        if cleaned.get("record") == "here":
            if not cleaned.get("on") and "on" not in self.errors:
                self.add_error("on", "Enter the day it was considered")
            if not cleaned.get("words"):
                self.add_error("words", "Write what was decided, and why")
        return cleaned


class AskForm(FileForm):
    """The letter under caution."""

    officer = forms.CharField(
        label="Who sends it?",
        help_text="Name and post, as the letter prints them",
        max_length=POST,
        error_messages={"required": "Enter who sends it"},
    )
    answer_by = DateField(label="Until when may the parent answer?", what="the last day to answer")
    route = forms.ChoiceField(
        label="How does the letter reach this parent?",
        choices=[("", "Not decided"), *LetterRoute.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    safe = forms.CharField(label="Why is that safe?", max_length=600, required=False)
    codes = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, doubt: str, codes: Sequence[str], **kwargs: Any) -> None:
        self.doubt, self.known = doubt, codes
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """The way is asked for only where there is a doubt about writing to them."""
        if not self.doubt:
            for name in ("route", "safe", "codes"):
                del self.fields[name]
            return
        self.fields["route"].help_text = self.doubt
        self.fields["codes"].initial = " ".join(self.known)


class AnswerForm(FileForm):
    """What the parent said, question by question."""

    on = DateField(label="When did it come?", what="the day it came")
    way = forms.ChoiceField(
        label="How did it come?",
        choices=WAYS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it came"},
    )

    def build(self) -> None:
        """A box for each question of the letter; what was answered before is there."""
        for question in questionnaire(self.offence):
            self.fields[f"q_{question.key}"] = box(
                question.words,
                rows=2,
                required=False,
                initial=self.prosecution.answers.get(question.key, ""),
            )

    @property
    def given(self) -> dict[str, str]:
        """The answers that are there."""
        return {
            name[2:]: text
            for name, text in self.cleaned_data.items()
            if name.startswith("q_") and text
        }


class WeighForm(FileForm):
    """What was found of each defence in law."""

    def build(self) -> None:
        """A choice and a reason for each."""
        for defence in defences_for(self.offence):
            before = self.prosecution.defences.get(defence.key, {})
            found, reason = f"found_{defence.key}", f"reason_{defence.key}"
            self.fields[found] = forms.ChoiceField(
                label=defence.words,
                help_text=f"Section {defence.section}. To be proved by {defence.proved_by}. Look"
                f" for: {defence.look_for}",
                choices=FOUND,
                widget=forms.RadioSelect,
                initial=before.get("found"),
                error_messages={"required": f"Select what you found: {defence.words.lower()}"},
            )
            self.fields[reason] = box(
                f"Why? ({defence.words})", rows=2, required=False, initial=before.get("reason", "")
            )

    @property
    def found(self) -> dict[str, Found]:
        """By the key of the defence."""
        typed = self.cleaned_data
        return {
            defence.key: Found(
                Weighed(typed[f"found_{defence.key}"]), typed[f"reason_{defence.key}"]
            )
            for defence in defences_for(self.offence)
        }


class PapersForm(FileForm):
    """Which papers are on file."""

    on = DateField(label="Since when are they complete?", what="the day they were complete")
    words = box(
        "Which papers are on file?",
        "The headteacher's certificate, and each witness statement with its day",
        error_messages={"required": "Write which papers are on file"},
    )


class TestForm(FileForm):
    """One of the two tests: each question in writing, then whether it is passed."""

    __test__ = False  # no test class of pytest's

    def __init__(self, *args: Any, test: CodeTest, **kwargs: Any) -> None:
        self.which = test
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """A box for each question, then the day and the result."""
        for question in questions_of(self.which, self.offence):
            self.fields[f"q_{question.key}"] = box(
                question.words,
                rows=3,
                error_messages={"required": f"Answer this question: {question.words}"},
            )
        self.fields["on"] = DateField(
            label="When did you make the test?", what="the day you made it", initial=self.today
        )
        self.fields["passed"] = forms.ChoiceField(
            label=f"Is the {self.which} test passed?",
            choices=[("yes", "Yes"), ("no", "No: there is no prosecution on these papers")],
            widget=forms.RadioSelect,
            error_messages={"required": "Select whether the test is passed"},
        )

    @property
    def given(self) -> dict[str, str]:
        """The answer to each question."""
        return {name[2:]: text for name, text in self.cleaned_data.items() if name.startswith("q_")}


class AuthoriseForm(FileForm):
    """The authority of the named senior officer."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    officer = forms.CharField(
        label="Your post",
        help_text="As the council's scheme of delegation names it",
        max_length=POST,
        error_messages={"required": "Enter your post"},
    )
    words = box(
        "Why do you authorise it?", error_messages={"required": "Write why you authorise it"}
    )


class WordsForm(FileForm):
    """A reason in words. The view says what it is asked for."""

    words = box("Why?", error_messages={"required": "Write why"})

    def __init__(self, *args: Any, label: str, hint: str = "", **kwargs: Any) -> None:
        self.asked, self.hint = label, hint
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """What is asked."""
        self.fields["words"].label, self.fields["words"].help_text = self.asked, self.hint


class ChargeForm(FileForm):
    """The charge as it is sent."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    route = forms.ChoiceField(
        label="How does it go to court?",
        choices=[
            (Route.SINGLE_JUSTICE.value, "By a single justice procedure notice"),
            (Route.SUMMONS.value, "By an information for a summons"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it goes to court"},
    )
    on = DateField(label="When was it sent?", what="the day it was sent")
    court = forms.CharField(
        label="To which court?",
        max_length=POST,
        error_messages={"required": "Enter the court"},
    )
    adult = forms.ChoiceField(
        label="Is the parent 18 or over?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether the parent is 18 or over"},
    )
    age = forms.CharField(
        label="How do you know?",
        max_length=300,
        error_messages={"required": "Enter how you know the parent's age"},
    )

    def build(self) -> None:
        """What each way is for."""
        self.looks = {
            "route": {
                "hints": {
                    Route.SINGLE_JUSTICE.value: "For adults, and for section 444(1) alone",
                    Route.SUMMONS.value: "For section 444(1A), and wherever there is a hearing",
                }
            }
        }


class HearingForm(FileForm):
    """Where and when the hearing is."""

    court = forms.CharField(
        label="Which court?", max_length=POST, error_messages={"required": "Enter the court"}
    )
    on = DateField(label="Which day?", what="the day of the hearing")
    time = forms.TimeField(
        label="What time?",
        help_text="Such as 10:00 or 14:30",
        input_formats=["%H:%M", "%H.%M", "%H"],
        widget=forms.TextInput(attrs={"class": "govuk-input--width-4"}),
        error_messages={
            "required": "Enter the time of the hearing",
            "invalid": "Enter the time such as 10:00 or 14:30",
        },
    )

    def build(self) -> None:
        """What is on record."""
        self.fields["court"].initial = self.prosecution.court
        if self.prosecution.hearing_at is not None:
            here = localtime(self.prosecution.hearing_at)
            self.fields["on"].initial, self.fields["time"].initial = here.date(), f"{here:%H:%M}"

    @property
    def at(self) -> datetime:
        """The moment, in London."""
        return datetime.combine(self.cleaned_data["on"], self.cleaned_data["time"], tzinfo=LONDON)


class DecideForm(FileForm):
    """What the court decided."""

    decided_on = DateField(label="When did the court decide?", what="the day the court decided")
    plea = forms.ChoiceField(
        label="What did the parent plead?",
        choices=PLEAS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select the plea"},
    )
    outcomes = forms.MultipleChoiceField(
        label="What did the court decide?",
        help_text="A discharge follows a conviction. It does not mean that the case was dismissed",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select what the court decided"},
    )
    fine_pence = PoundsField(label="How high is the fine, in pounds?", required=False)
    discharge_months = forms.IntegerField(
        label="How many months does the conditional discharge run?",
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs=NUMBER),
    )
    custody_days = forms.IntegerField(
        label="How many days in prison?",
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs=NUMBER),
    )
    parenting_months = forms.IntegerField(
        label="How many months does the parenting order run?",
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs=NUMBER),
    )
    requirements = box(
        "What does the parenting order ask of the parent?",
        "Leave empty where there is none",
        required=False,
    )
    officer = forms.CharField(
        label="Who is responsible for the parenting order?", max_length=POST, required=False
    )
    costs_pence = PoundsField(label="Costs in pounds (optional)", required=False)
    surcharge_pence = PoundsField(label="Surcharge in pounds (optional)", required=False)
    words = box("Anything else (optional)", required=False)

    def build(self) -> None:
        """Only what a court may decide under this section."""
        field = self.fields["outcomes"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [
            (one.value, one.value[:1].upper() + one.value[1:])
            for one in outcomes_open(self.offence)
        ]
        self.looks = {
            "outcomes": {
                "small": True,
                "reveals": {
                    Outcome.FINE.value: "fine_pence",
                    Outcome.CONDITIONAL_DISCHARGE.value: "discharge_months",
                    Outcome.CUSTODY.value: "custody_days",
                    Outcome.PARENTING_ORDER.value: "parenting_months",
                },
            }
        }
        if Outcome.CUSTODY not in outcomes_open(self.offence):
            del self.fields["custody_days"]
            del self.looks["outcomes"]["reveals"][Outcome.CUSTODY.value]

    def figure(self, name: str) -> int:
        """A number of the form; 0 where it is empty."""
        return self.cleaned_data.get(name) or 0


class DropForm(FileForm):
    """Not going on before a charge."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=[(one.key, one.words) for one in PROSECUTION.reasons_for("drop")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select why"},
    )
    instead = forms.ChoiceField(
        label="What happens instead?",
        choices=[(one.key, one.words) for one in ALTERNATIVES],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what happens instead"},
    )
    words = box(
        "What are the parent and the school told?",
        "A penalty notice that is unpaid is withdrawn: this goes into that letter as you write it",
        error_messages={"required": "Write what the parent and the school are told"},
    )

    def build(self) -> None:
        """When each alternative is open."""
        self.looks = {
            "reason": {"small": True},
            "instead": {"hints": {one.key: one.needs for one in ALTERNATIVES}},
        }


class DiscontinueForm(FileForm):
    """Discontinuing a charge."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=[(one.key, one.words) for one in PROSECUTION.reasons_for("discontinue")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select why"},
    )
    words = box(
        "What are the parent and the school told?",
        error_messages={"required": "Write what the parent and the school are told"},
    )

    def build(self) -> None:
        """Eight reasons."""
        self.looks = {"reason": {"small": True}}


class CarriedOutForm(FileForm):
    """How a parenting order was carried out."""

    what = forms.ChoiceField(
        label="Was it carried out?",
        choices=[
            ("begun", "Yes, it has begun"),
            *NOT_CARRIED_OUT,
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether it was carried out"},
    )
    begun_on = DateField(label="Since when?", what="the day it began", required=False)
    words = box("What happened (optional)", required=False)

    def build(self) -> None:
        """The day goes with a beginning."""
        self.looks = {"what": {"reveals": {"begun": "begun_on"}}}

    def clean(self) -> dict[str, Any]:
        """One that has begun has a day; one that was not has none."""
        cleaned = super().clean() or {}
        if cleaned.get("what") != "begun":
            cleaned["begun_on"] = None
        elif not cleaned.get("begun_on") and "begun_on" not in self.errors:
            self.add_error("begun_on", "Enter the day it began")
        return cleaned


class ProsecutionFilters(forms.Form):
    """Narrows the list."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Any"),
            ("open", "Open"),
            ("court", "In court"),
            ("over", "Ended"),
            ("tell", "School to be told"),
            ("look", "To look at again"),
            *((one.value, PROSECUTION.labels[one]) for one in ProsecutionState),
        ],
    )
    offence = forms.ChoiceField(
        label="Offence",
        required=False,
        choices=[("", "Any"), *((one.value, f"Section {one}") for one in Offence)],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
