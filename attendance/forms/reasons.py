"""Forms for finding out why a pupil is away: a contact, a worker told, the list's filters."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from attendance.forms.amending import TEXT, Details, code_choices
from attendance.forms.pupils import SchoolAndYear
from attendance.models import ContactOutcome, ContactWay, Worker
from attendance.selectors.reasons import Person
from attendance.services.amending import Wanted
from attendance.services.reasons import Attempt
from frontend.fields import DateField, PlainText
from rules.marks import DatedSession, Session

SOMEONE_ELSE = "other"
MOST_VISITORS, LONGEST_NAME = 6, 120
NOT_YET = ("N", "Z", "#", "/", "\\", "L")  # no reason, or no absence


class AbsenceFilters(SchoolAndYear):
    """What narrows the list of absences to explain."""

    group = forms.ChoiceField(label="Registration group", required=False)
    needs = forms.MultipleChoiceField(
        label="Needs",
        required=False,
        choices=[
            ("contact", "A contact today"),
            ("visit", "A home visit"),
            ("tell", "A worker told"),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    looks = {"needs": {"small": True}}

    def __init__(self, *args: Any, groups: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", "All"), *((name, name) for name in groups)]  # type: ignore[attr-defined]


class Moment(PlainText, forms.Form):
    """When something happened: a day and a time, today and now unless told."""

    on = DateField(label="On which day?", what="the day")
    at = forms.TimeField(
        label="At what time?",
        help_text="For example 9:40",
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5", **TEXT}),
        input_formats=["%H:%M", "%H.%M"],
        error_messages={
            "required": "Enter the time, such as 9:40",
            "invalid": "Enter a time such as 9:40",
        },
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        local = timezone.localtime(now)
        kwargs["initial"] = {
            "on": local.date(),
            "at": f"{local:%H:%M}",
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        day: Any = self.fields["on"]
        day.not_after, day.because = local.date(), "today"

    @property
    def moment(self) -> datetime:
        """The moment in London time. Only after `is_valid`."""
        on: date = self.cleaned_data["on"]
        at: time = self.cleaned_data["at"]
        return timezone.make_aware(datetime.combine(on, at))


class ContactForm(Moment, Details):
    """One attempt to reach a family, and what it taught."""

    way = forms.ChoiceField(
        label="How?",
        choices=ContactWay.choices,
        widget=forms.RadioSelect,
        initial=ContactWay.CALL,
        error_messages={"required": "Select how"},
    )
    visitors = forms.CharField(
        label="Who went? (optional)",
        help_text="One name on each line",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    risks = forms.CharField(
        label="For a home visit: how was the risk assessed? (optional)",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    whom = forms.ChoiceField(
        label="With whom?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select with whom"},
    )
    with_whom = forms.CharField(
        label="Who was it?",
        help_text="For example, a grandmother who answered the phone",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=ContactOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what came of it"},
    )
    child_seen = forms.BooleanField(
        label="The pupil was seen (on a visit or in person)", required=False
    )
    note = forms.CharField(
        label="What was said or done? (optional)",
        help_text="Write no address or phone number here",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason_given = forms.CharField(
        label="What reason did they give? (optional)",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    expected_back = DateField(
        label="When is the pupil expected back? (optional)",
        what="the day the pupil is expected back",
        required=False,
    )
    sessions = forms.MultipleChoiceField(
        label="Which sessions does the reason explain?",
        help_text="They change only when you choose a code below",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    code = forms.ChoiceField(label="Code for these sessions", required=False)
    field_order = [
        "way", "visitors", "risks", "whom", "with_whom", "outcome", "on", "at", "child_seen",
        "note", "reason_given", "expected_back", "sessions", "code", "nature", "other_school",
    ]  # fmt: skip
    looks = {
        "whom": {"reveals": {SOMEONE_ELSE: "with_whom"}, "small": True},
        "sessions": {"small": True},
        "outcome": {"small": True},
        "way": {"small": True, "reveals": {ContactWay.VISIT.value: "visitors"}},
    }

    def __init__(
        self,
        *args: Any,
        people: Sequence[Person],
        sessions: Sequence[tuple[DatedSession, str]],
        chosen: Sequence[str],
        may_amend: bool,
        today: date,
        words: Any,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {"sessions": list(chosen), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["whom"].choices = [
            *((one.link.adult.reference, _person(one)) for one in people if one.may),
            (SOMEONE_ELSE, "Somebody else"),
        ]
        if may_amend and sessions:
            fields["sessions"].choices = [
                (key_of(when), f"{words(when)}{'' if code else ', no mark yet'}")
                for when, code in sessions
            ]
            fields["code"].choices = _reason_codes(today)
        else:
            for name in ("sessions", "code", "nature", "other_school"):
                del fields[name]

    def clean(self) -> dict[str, Any]:
        """A code goes with sessions; somebody else has words."""
        cleaned = super().clean() or {}
        if cleaned.get("code") and not cleaned.get("sessions"):
            self.add_error("sessions", "Tick the sessions that the reason explains")
        other = cleaned.get("whom") == SOMEONE_ELSE
        if other and not cleaned.get("with_whom") and "with_whom" not in self.errors:
            self.add_error("with_whom", "Say who it was")
        return cleaned

    def clean_visitors(self) -> tuple[str, ...]:
        """The names, one a line."""
        names = [" ".join(line.split()) for line in self.cleaned_data["visitors"].splitlines()]
        names = [name for name in names if name]
        if len(names) > MOST_VISITORS or any(len(name) > LONGEST_NAME for name in names):
            raise forms.ValidationError(
                f"Enter up to {MOST_VISITORS} names of {LONGEST_NAME} letters or fewer"
            )
        return tuple(names)

    def attempt(self, about: date | None) -> Attempt:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        someone_else = typed["whom"] == SOMEONE_ELSE
        chosen = typed.get("sessions", ()) if typed.get("code") else ()
        sessions = tuple(session_of_key(key) for key in chosen)
        reason = typed["reason_given"] or ContactOutcome(typed["outcome"]).label
        return Attempt(
            about=about,
            way=typed["way"],
            made_at=self.moment,
            outcome=typed["outcome"],
            adult="" if someone_else else typed["whom"],
            with_whom=typed["with_whom"] if someone_else else "",
            reason_given=typed["reason_given"],
            expected_back=typed["expected_back"],
            child_seen=typed["child_seen"],
            visitors=typed.get("visitors", ()),
            risks=typed["risks"],
            note=typed["note"],
            sessions=sessions,
            wanted=Wanted(typed["code"], reason[:220], self.said()) if sessions else None,
        )


def _person(one: Person) -> str:
    return f"{one.link.adult.name} ({one.link.relationship})"


def _reason_codes(today: date) -> list[tuple[str, Any]]:
    """The codes that a reason may become."""
    groups = code_choices(today, Session.AM)
    kept: list[tuple[str, Any]] = [("", "Leave them as they are")]
    for label, rows in groups[1:]:
        rows = [row for row in rows if row[0] not in NOT_YET]
        if rows:
            kept.append((label, rows))
    return kept


def key_of(when: DatedSession) -> str:
    """A session as a form sends it."""
    return f"{when.day.isoformat()}:{int(when.session)}"


def session_of_key(key: str) -> DatedSession:
    """The session of a key that `key_of` made."""
    day, _, half = key.partition(":")
    return DatedSession(date.fromisoformat(day), Session(int(half)))


class WorkerForm(Moment):
    """Who was told of an absence, when and how."""

    worker = forms.ChoiceField(
        label="Who was told?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select who was told"},
    )
    told = forms.CharField(
        label="Name or team",
        max_length=120,
        widget=forms.TextInput(attrs=TEXT),
        error_messages={"required": "Enter who was told"},
    )
    way = forms.ChoiceField(
        label="How?",
        choices=[choice for choice in ContactWay.choices if choice[0] != ContactWay.VISIT],
        widget=forms.RadioSelect,
        initial=ContactWay.CALL,
        error_messages={"required": "Select how"},
    )
    note = forms.CharField(
        label="What did they say? (optional)",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ["worker", "told", "way", "on", "at", "note"]
    looks = {"way": {"small": True}}

    def __init__(self, *args: Any, workers: Sequence[Worker], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["worker"]
        field.choices = [(one.value, one.label) for one in workers]
        if len(workers) == 1:
            field.initial = workers[0].value
