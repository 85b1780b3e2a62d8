"""The questions about meetings: when, who, what became of it, minutes, actions and copies."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from attendance.selectors.reasons import Person
from authorities.models import School, User
from cases.models import MEETING_STATES, Case, Invited, InviteWay, Meeting, Part
from cases.selectors.meetings import AREAS, COLUMNS, OWN, MeetingKind
from cases.services.meetings import Plan, When
from cases.services.minutes import LONGEST, Said
from frontend.fields import DateField, PlainText, no_hidden
from rules.errors import InvalidInput
from rules.meeting_stages import MeetingState, moves_from

TEXT = {"autocomplete": "off", "spellcheck": "false"}
LENGTHS = [("15", "15 minutes"), ("30", "30 minutes"), ("45", "45 minutes"), ("60", "1 hour"),
           ("90", "1 hour 30 minutes"), ("120", "2 hours")]  # fmt: skip
TIMES = ["%H:%M", "%H.%M", "%I:%M%p", "%I.%M%p", "%I%p", "%I:%M %p", "%I %p"]
SOMEBODY_ELSE = "other"
MOST_OTHERS, LONGEST_LINE = 20, 120


class WhenForm(PlainText, forms.Form):
    """When and where."""

    day = DateField(label="On which day?", what="the day of the meeting")
    at = forms.TimeField(
        label="At what time?",
        help_text="For example 9:30 or 2:15pm",
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5", **TEXT}),
        input_formats=TIMES,
        error_messages={
            "required": "Enter the time, such as 9:30",
            "invalid": "Enter a time such as 9:30 or 2:15pm",
        },
    )
    length = forms.ChoiceField(label="How long?", choices=LENGTHS, initial="45")
    place = forms.CharField(
        label="Where?",
        help_text="A room at the school, or how to join. Never the home of a family.",
        max_length=200,
        widget=forms.TextInput(attrs=TEXT),
        error_messages={"required": "Say where the meeting is"},
    )
    online = forms.BooleanField(label="Online or by phone", required=False)

    @property
    def when(self) -> When:
        """The typed time and place. Only after `is_valid`."""
        typed = self.cleaned_data
        day: date = typed["day"]
        at: time = typed["at"]
        moment = timezone.make_aware(datetime.combine(day, at))
        return When(moment, int(typed["length"]), typed["place"], typed["online"])


def _people(label: str) -> Any:
    return forms.MultipleChoiceField(
        label=label, required=False, widget=forms.CheckboxSelectMultiple
    )


class ArrangeForm(WhenForm):
    """A meeting about one case: what kind, when, where, who."""

    kind = forms.ChoiceField(
        label="What kind of meeting?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what kind of meeting"},
    )
    label = forms.CharField(
        label="What is it called?",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    adults = _people("Which parents or carers?")
    pupil = forms.BooleanField(label="The pupil comes too", required=False)
    leader = forms.ChoiceField(label="Who leads it?")
    staff = _people("Which colleagues?")
    others = forms.CharField(
        label="Who else? (optional)",
        help_text="One on each line: name, then what they are. For example: Jo Park, school nurse",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = [
        "kind", "label", "day", "at", "length", "place", "online", "adults", "pupil", "leader",
        "staff", "others",
    ]  # fmt: skip

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[MeetingKind],
        family: Sequence[Person],
        colleagues: Sequence[User],
        me: User,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["kind"].choices = [
            *((one.value, one.entry.label) for one in kinds),
            (OWN, "Another kind"),
        ]
        staff = [(str(one.pk), one.name) for one in colleagues]
        fields["leader"].choices = staff
        fields["staff"].choices = staff
        fields["adults"].choices = [
            (one.link.adult.reference, f"{one.link.adult.name} ({one.link.relationship})")
            for one in family
            if one.may
        ]
        if not fields["adults"].choices:
            del fields["adults"]
        if not self.is_bound:
            fields["leader"].initial = str(me.pk)
            asked = {one.value: one.with_family for one in kinds}
            # A kind that the policy holds without the family does not ask them by itself.
            if "adults" in fields and asked.get(self.initial.get("kind", ""), True):
                fields["adults"].initial = [value for value, _ in fields["adults"].choices]
        self.looks = {
            "kind": {
                "hints": {one.value: one.hint for one in kinds},
                "reveals": {OWN: "label"},
                "small": True,
            },
            "adults": {"small": True},
            "staff": {"small": True},
        }

    def clean_others(self) -> list[tuple[str, str]]:
        """(name, what they are) of each line."""
        rows = []
        for line in self.cleaned_data["others"].splitlines():
            name, _, role = (part.strip() for part in line.partition(","))
            if name:
                rows.append((name, role))
        if len(rows) > MOST_OTHERS or any(
            len(name) > LONGEST_LINE or len(role) > LONGEST_LINE for name, role in rows
        ):
            raise forms.ValidationError(
                f"Enter up to {MOST_OTHERS} people, {LONGEST_LINE} letters for each part"
            )
        return rows

    def clean(self) -> dict[str, Any]:
        """A kind of one's own has a name."""
        cleaned = super().clean() or {}
        if cleaned.get("kind") == OWN and not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", "Say what the meeting is called")
        return cleaned

    @property
    def plan(self) -> Plan:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Plan(
            kind=typed["kind"],
            when=self.when,
            leader=int(typed["leader"]),
            label=typed["label"] if typed["kind"] == OWN else "",
            adults=tuple(typed.get("adults", ())),
            pupil=typed.get("pupil", False),
            staff=tuple(int(pk) for pk in typed["staff"]),
            others=tuple(typed["others"]),
        )


class AgendaForm(ArrangeForm):
    """A meeting about many pupils of a school: no family comes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, family=(), **kwargs)
        del self.fields["pupil"]


class SchoolForm(forms.Form):
    """At which school."""

    school = forms.ChoiceField(
        label="At which school?", error_messages={"required": "Select the school"}
    )

    def __init__(self, *args: Any, schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.choices = [(one.urn, one.name) for one in schools]


class AddCaseForm(forms.Form):
    """One case for the agenda."""

    case = forms.ChoiceField(label="Which case?", error_messages={"required": "Select a case"})
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, cases: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["case"]
        field.choices = [
            (one.reference, f"{one.pupil.name}, {one.get_stage_display()}") for one in cases
        ]


class TellForm(PlainText, forms.Form):
    """Who was invited, how and when."""

    told = forms.MultipleChoiceField(
        label="Who was told?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select who was told"},
    )
    way = forms.ChoiceField(
        label="How?",
        choices=InviteWay.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how they were told"},
    )
    on = DateField(label="On which day?", what="the day they were told")
    version = forms.IntegerField(widget=forms.HiddenInput)
    looks = {"told": {"small": True}, "way": {"small": True}}

    def __init__(self, *args: Any, people: Sequence[Invited], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["told"].choices = [(str(one.pk), _called(one)) for one in people]
        fields["on"].initial = today
        if not self.is_bound:
            fields["told"].initial = [str(one.pk) for one in people if not one.way]


def _called(one: Invited) -> str:
    return f"{one.name} ({one.role.lower()})" if one.role else one.name


class SettleForm(PlainText, forms.Form):
    """What became of a meeting."""

    event = forms.ChoiceField(
        label="What became of it?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what became of it"},
    )
    came = _people("Who came?")
    also_there = forms.CharField(
        label="Who else was there? (optional)",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    because = forms.CharField(
        label="Why?",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        meeting: Meeting,
        people: Sequence[Invited],
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        been = meeting.starts_at <= now
        family = any(one.part in (Part.ADULT, Part.PUPIL) for one in people)
        fields: Any = self.fields
        fields["event"].choices = [
            (move.event, move.words)
            for move in moves_from(MeetingState(meeting.state))
            if move.event != "move"
            and (been or move.event == "cancel")
            and _possible(move.event, meeting, family=family)
        ]
        fields["came"].choices = [(str(one.pk), _called(one)) for one in people]
        if not people or not been:
            del fields["came"]
        if not been:  # it can only be called off
            del fields["also_there"]
            fields["event"].initial = "cancel"
        self.looks = {"came": {"small": True}, "event": {"reveals": {"cancel": "because"}}}

    def clean(self) -> dict[str, Any]:
        """Cancelling has a reason."""
        cleaned = super().clean() or {}
        if cleaned.get("event") == "cancel" and not cleaned.get("because"):
            self.add_error("because", "Say why")
        return cleaned


def _possible(event: str, meeting: Meeting, *, family: bool) -> bool:
    if event == "hold_without":
        return meeting.goes_ahead and family
    return family if event == "miss" else True


class MoveForm(WhenForm):
    """Another date, and why."""

    because = forms.CharField(
        label="Why is it moved?",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why it is moved"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


def _box(column: str, area: str) -> str:
    return f"{column}_{area}"


class MinutesForm(PlainText, forms.Form):
    """The grid of the seeds, both voices, and what was decided."""

    parent_said = forms.CharField(
        label="What did the parents say?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pupil_said = forms.CharField(
        label="What did the pupil say?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    more = forms.CharField(
        label="Anything else? (optional)",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    decided = forms.ChoiceField(
        label="What was decided?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select what was decided"},
    )
    outcome = forms.CharField(
        label="In your words",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    number = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, outcomes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        boxes = {}
        for area, area_words in AREAS.items():
            for column, words in COLUMNS.items():
                boxes[_box(column, area)] = forms.CharField(
                    label=f"{area_words}: {words[0].lower()}{words[1:]}",
                    max_length=LONGEST,
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 2}),
                    validators=[no_hidden],
                )
        self.fields = {**boxes, **self.fields}
        fields: Any = self.fields
        fields["decided"].choices = [
            *((words, words) for words in outcomes),
            (SOMEBODY_ELSE, "Something else"),
        ]
        self.looks = {"decided": {"reveals": {SOMEBODY_ELSE: "outcome"}, "small": True}}

    def clean(self) -> dict[str, Any]:
        """Something else has words."""
        cleaned = super().clean() or {}
        if cleaned.get("decided") == SOMEBODY_ELSE and not cleaned.get("outcome"):
            self.add_error("outcome", "Say what was decided")
        return cleaned

    @property
    def said(self) -> Said:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        own = typed["decided"] == SOMEBODY_ELSE
        return Said(
            outcome=typed["outcome"] if own else typed["decided"],
            grid={
                area: {column: typed[_box(column, area)] for column in COLUMNS} for area in AREAS
            },
            parent=typed["parent_said"],
            pupil=typed["pupil_said"],
            more=typed["more"],
        )


class ActionForm(PlainText, forms.Form):
    """One thing agreed."""

    words = forms.CharField(
        label="What is to be done?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what is to be done"},
    )
    user = forms.ChoiceField(
        label="Who does it?", error_messages={"required": "Select who does it"}
    )
    who = forms.CharField(
        label="Who, if it is somebody else?",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    due_on = DateField(label="By when?", what="the day by which it is done")

    def __init__(
        self, *args: Any, colleagues: Sequence[User], people: Sequence[Invited], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {f"invited:{one.pk}": one.name for one in people if one.user_id is None}
        field: Any = self.fields["user"]
        field.choices = [
            *((str(one.pk), one.name) for one in colleagues),
            *self.people.items(),
            (SOMEBODY_ELSE, "Somebody else"),
        ]

    def clean(self) -> dict[str, Any]:
        """Somebody else has a name."""
        cleaned = super().clean() or {}
        if cleaned.get("user") == SOMEBODY_ELSE and not cleaned.get("who"):
            self.add_error("who", "Say who does it")
        return cleaned

    @property
    def owner(self) -> tuple[int | None, str]:
        """A colleague, or somebody in words."""
        chosen = self.cleaned_data["user"]
        if chosen in self.people:
            return None, self.people[chosen]
        if chosen == SOMEBODY_ELSE:
            return None, self.cleaned_data["who"]
        return int(chosen), ""


class DoneForm(PlainText, forms.Form):
    """What came of an action."""

    came_of_it = forms.CharField(
        label="What came of it? (optional)",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CopiesForm(PlainText, forms.Form):
    """Who was given a copy, how and when."""

    to = forms.MultipleChoiceField(
        label="Who has a copy now?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select who was given a copy"},
    )
    way = forms.ChoiceField(
        label="How?",
        choices=[one for one in InviteWay.choices if one[0] not in ("call", "message")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select how they were given it"},
    )
    on = DateField(label="On which day?", what="the day they were given it")
    looks = {"to": {"small": True}, "way": {"small": True}}

    def __init__(
        self,
        *args: Any,
        people: Sequence[Invited],
        expected: Sequence[int],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["to"].choices = [(str(one.pk), _called(one)) for one in people]
        fields["on"].initial = today
        if not self.is_bound:
            fields["to"].initial = [str(pk) for pk in expected]


class MeetingFilters(forms.Form):
    """Narrows the list of meetings."""

    whose = forms.ChoiceField(
        label="Whose", required=False, choices=[("", "All"), ("mine", "Mine")]
    )
    when = forms.ChoiceField(
        label="When",
        required=False,
        choices=[
            ("", "Any time"),
            ("week", "This week"),
            ("coming", "To come"),
            ("open", "Past, and not written down"),
        ],
    )
    minutes = forms.ChoiceField(
        label="Minutes",
        required=False,
        choices=[("", "Any"), ("missing", "To be written"), ("copies", "No copy given yet")],
    )
    state = forms.ChoiceField(
        label="What became of it", required=False, choices=[("", "Any"), *MEETING_STATES]
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


def same_case(cases: Sequence[Case], reference: str) -> Case:
    """The chosen one of those offered. Raises InvalidInput for any other."""
    for one in cases:
        if one.reference == reference:
            return one
    raise InvalidInput("Choose one of the cases.")
