"""Forms for what is agreed beforehand: questions by kind, half days of the week, ending early."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.models.arrangements import EVERY_SESSION
from attendance.services.arrangements import OTHER_CODES, TRIP_CODES, Told
from frontend.fields import DateField, PlainText
from rules.known_absence import PROVISIONS

K = ArrangementKind
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HALVES = ("morning", "afternoon")
WEEK = [
    (str(day * 2 + half), f"{name} {HALVES[half]}")
    for half in (0, 1)
    for day, name in enumerate(WEEKDAYS)
]
HOW_MUCH = {"whole": EVERY_SESSION, "mornings": "10" * 7, "afternoons": "01" * 7}

# Kinds that this form agrees, with what they are for. Leave and part-time have pages of their own.
OFFERED: Mapping[ArrangementKind, str] = {
    K.TRIP: "A trip, a match or another activity of the school, for one pupil or a class",
    K.WORK_EXPERIENCE: "A placement in working life, arranged by the school (W)",
    K.MEDICAL: "A doctor, dentist or hospital, known beforehand (M)",
    K.ILLNESS: "The parent has already said how long the illness will last (I)",
    K.RELIGIOUS: "A day set apart by the parent's religious body (R)",
    K.STUDY: "Study for a public exam, from year 11 (S)",
    K.MOBILE: "A family that travels for its trade (T)",
    K.DUAL: "Half days at the other school where the pupil is on roll too (D)",
    K.ALTERNATIVE: "Education arranged somewhere else (K, B or D)",
    K.SUSPENSION: "Suspended, until something else is arranged (E)",
    K.EXCLUSION: "Permanently excluded, until something else is arranged (E)",
    K.OTHER: "No transport, custody, public health or another unavoidable cause",
}
WHOLE_DAYS = frozenset({K.RELIGIOUS})
PATTERNED = frozenset({K.DUAL, K.ALTERNATIVE, K.WORK_EXPERIENCE, K.OTHER})
# Which questions each kind asks beside its days, with their words.
QUESTIONS: Mapping[ArrangementKind, Mapping[str, tuple[str, str]]] = {
    K.TRIP: {
        "code": ("What kind of activity is it?", ""),
        "nature": ("What is the activity, and where?", "For example, Museum of Mills, year 7"),
    },
    K.WORK_EXPERIENCE: {"nature": ("Where is the placement?", "The employer and the place")},
    K.MEDICAL: {"nature": ("What is known? (optional)", "For example, hospital. No diagnosis")},
    K.ILLNESS: {"nature": ("What did the parent say? (optional)", "A few words. No diagnosis")},
    K.RELIGIOUS: {
        "nature": ("Which day of observance is it?", "For example, Eid al-Fitr"),
        "body": (
            "Which religious body sets the day apart?",
            "The body that the parent belongs to. It is the body that decides, not the family",
        ),
    },
    K.STUDY: {
        "nature": ("Which public exam?", "For example, GCSE"),
        "last_paper": ("When is the last paper?", ""),
    },
    K.MOBILE: {
        "nature": ("What is the parent's trade?", "For example, showman or boat worker"),
        "requires_travel": ("The trade requires the family to travel then", ""),
        "educated_elsewhere": ("The pupil is known to attend another school meanwhile", ""),
    },
    K.DUAL: {"other_school": ("Which other school?", "")},
    K.ALTERNATIVE: {
        "arranged_by": ("Who arranged it?", ""),
        "in_person": ("It is in person and supervised, not learning at home or by screen", ""),
        "nature": ("What is the provision?", "Its name, and what the pupil does there"),
        "other_school": ("Where, if the pupil is registered there too? (optional)", ""),
    },
    K.SUSPENSION: {
        "nothing_arranged": (
            "Education is due from the sixth school day, and nothing has been arranged yet",
            "",
        )
    },
    K.EXCLUSION: {
        "nothing_arranged": (
            "Education is due from the sixth school day, and nothing has been arranged yet",
            "",
        )
    },
    K.OTHER: {
        "code": ("Which of these is it?", ""),
        "nature": ("What is the cause?", "What happened, in a few words"),
    },
}
CODE_CHOICES = {K.TRIP: TRIP_CODES, K.OTHER: OTHER_CODES}
OPTIONAL = {K.MEDICAL: {"nature"}, K.ILLNESS: {"nature"}, K.ALTERNATIVE: {"other_school"}}


def slug_of(kind: ArrangementKind) -> str:
    """A kind as it stands in an address."""
    return kind.value.replace(" ", "-")


def kind_of_slug(slug: str) -> ArrangementKind | None:
    """The kind of an address; None for one that this form does not agree."""
    return {slug_of(kind): kind for kind in OFFERED}.get(slug)


def week_field(label: str, **more: Any) -> forms.MultipleChoiceField:
    """Half days of a week, to tick."""
    return forms.MultipleChoiceField(
        label=label, choices=WEEK, widget=forms.CheckboxSelectMultiple, required=False, **more
    )


def pattern_of(ticked: Sequence[str]) -> str:
    """Ticked half days as fourteen 0s and 1s."""
    return "".join("1" if str(at) in ticked else "0" for at in range(14))


def ticks_of(pattern: str) -> list[str]:
    """The half days to tick for a pattern."""
    return [str(at) for at in range(10) if pattern[at] == "1"]


class ArrangementForm(PlainText, forms.Form):
    """Days, half days, and the questions of one kind, for one pupil or some."""

    pupils = forms.MultipleChoiceField(
        label="Which pupils?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select at least one pupil"},
    )
    starts_on = DateField(label="First day", what="the first day")
    ends_on = DateField(
        label="Last day", what="the last day", help_text="It always ends. You can end it earlier"
    )
    how_much = forms.ChoiceField(
        label="How much of each day?",
        choices=[
            ("whole", "The whole day"),
            ("mornings", "Mornings only"),
            ("afternoons", "Afternoons only"),
            ("week", "Some half days of each week"),
        ],
        initial="whole",
        widget=forms.RadioSelect,
    )
    pattern = week_field("Which half days of each week?")
    code = forms.ChoiceField(
        widget=forms.RadioSelect, error_messages={"required": "Select which of these it is"}
    )
    arranged_by = forms.ChoiceField(
        choices=[(row.key, row.label) for row in PROVISIONS.values()],
        widget=forms.RadioSelect,
        error_messages={"required": "Select who arranged it"},
    )
    nature = forms.CharField(max_length=200)
    body = forms.CharField(max_length=100)
    other_school = forms.CharField(max_length=120)
    last_paper = DateField(what="the day of the last paper")
    in_person = forms.BooleanField(required=False)
    requires_travel = forms.BooleanField(required=False)
    educated_elsewhere = forms.BooleanField(required=False)
    nothing_arranged = forms.BooleanField(required=False)

    def __init__(
        self,
        *args: Any,
        kind: ArrangementKind,
        group: Sequence[Enrolment] = (),
        former: Arrangement | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        asked = QUESTIONS[kind]
        always = {"starts_on", "ends_on"} | ({"pupils"} if group else set())
        always |= {"how_much"} if kind not in WHOLE_DAYS else set()
        always |= {"pattern"} if kind in PATTERNED else set()
        for name in [name for name in self.fields if name not in always | set(asked)]:
            del self.fields[name]
        for name, (label, hint) in asked.items():
            self.fields[name].label, self.fields[name].help_text = label, hint
            if name in OPTIONAL.get(kind, ()):
                self.fields[name].required = False
        self._choices(group)
        if former is not None:
            self.initial = {**_told_before(former), **self.initial}

    def _choices(self, group: Sequence[Enrolment]) -> None:
        """The pupils to tick, the codes to choose from, and how it all looks."""
        fields: dict[str, Any] = self.fields
        if group:
            names = [(row.pupil.reference, row.pupil.name) for row in group]
            fields["pupils"].choices = names
            fields["pupils"].initial = [reference for reference, _ in names]
        if "code" in fields:
            fields["code"].choices = [
                (code, f"{words} ({code})") for code, words in CODE_CHOICES[self.kind].items()
            ]
        if self.kind not in PATTERNED | WHOLE_DAYS:
            fields["how_much"].choices = fields["how_much"].choices[:3]
        if self.kind == K.ALTERNATIVE:
            fields["arranged_by"].initial, fields["in_person"].initial = "school", True
        self.looks = {
            "pupils": {"small": True},
            "arranged_by": {"hints": {row.key: row.says for row in PROVISIONS.values()}},
        }

    def clean(self) -> dict[str, Any]:
        """Half days must be ticked where they are asked for."""
        cleaned = super().clean() or {}
        if cleaned.get("how_much") == "week" and not cleaned.get("pattern"):
            self.add_error("pattern", "Tick the half days of each week that it covers")
        return cleaned

    def told(self) -> Told:
        """What the person says. Only after `is_valid`."""
        typed = dict(self.cleaned_data)
        typed.pop("pupils", None)
        how_much, ticked = typed.pop("how_much", "whole"), typed.pop("pattern", [])
        pattern = HOW_MUCH.get(how_much) or pattern_of(ticked)
        return Told(kind=self.kind, pattern=pattern, **typed)


def _told_before(former: Arrangement) -> dict[str, Any]:
    """The answers that an earlier arrangement was agreed with, as far as it keeps them."""
    same = {pattern: key for key, pattern in HOW_MUCH.items()}
    return {
        "starts_on": former.starts_on,
        "ends_on": former.last_day,
        "how_much": same.get(former.pattern, "week"),
        "pattern": ticks_of(former.pattern),
        "code": former.code,
        "nature": former.nature,
        "other_school": former.other_school,
    }


class EndForm(PlainText, forms.Form):
    """When an arrangement ends after all, and why."""

    last_day = DateField(
        label="What is its last day?",
        what="the last day",
        help_text="The day before it began means that it never counted",
    )
    because = forms.CharField(
        label="Why does it end early?",
        max_length=300,
        error_messages={"required": "Say why it ends early"},
    )
    everybody = forms.BooleanField(label="End it for the whole group", required=False)

    def __init__(self, *args: Any, group: int, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"last_day": today, **self.initial}
        if group < 2:
            del self.fields["everybody"]
        else:
            self.fields["everybody"].label = f"End it for all {group} pupils"


class GroupForm(forms.Form):
    """Which class."""

    group = forms.ChoiceField(
        label="Which registration group?", error_messages={"required": "Select a group"}
    )

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        several = len({urn for urn, _, _ in groups}) > 1
        field: Any = self.fields["group"]
        field.choices = [
            (f"{urn}:{group}", f"{group}, {school}" if several else group)
            for urn, school, group in groups
        ]


class ArrangementFilters(forms.Form):
    """What narrows the list of arrangements."""

    when = forms.ChoiceField(
        label="When",
        required=False,
        choices=[
            ("", "In force or to come"),
            ("now", "In force today"),
            ("ended", "Ended"),
            ("all", "All"),
        ],
    )
    kind = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "All"), *ArrangementKind.choices]
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.choices = [("", "All schools"), *schools]
        if len(schools) < 2:
            del self.fields["school"]
