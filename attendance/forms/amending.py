"""Forms that change marks: one mark, many marks, and the answers of a second person."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from attendance.forms.imports import SchoolChoice
from attendance.forms.pupils import year_group_words
from attendance.models import ChangeState, RowOutcome
from attendance.selectors.amending import Who
from attendance.services.amending import Wanted
from attendance.services.marking import Said
from authorities.models import School
from frontend.fields import DateField, PlainText
from rules.attendance_codes import Kind, offered_on
from rules.errors import InvalidInput
from rules.marking import NATURE, OTHER_SCHOOL
from rules.marks import Session
from rules.upn import read_upn

MOST_UPNS = 2000
NEVER_ENTERED = frozenset({"Z"})  # the roll's dates say it
GROUPS = (
    ("Present", (Kind.PRESENT,)),
    ("At an approved activity elsewhere", (Kind.APPROVED,)),
    ("Authorised absence", (Kind.AUTHORISED,)),
    ("Unauthorised absence", (Kind.UNAUTHORISED,)),
    ("Not counted", (Kind.NOT_POSSIBLE, Kind.NOT_COLLECTED)),
)
WHO = (
    ("all", "Everybody on roll"),
    ("years", "Year groups"),
    ("groups", "Registration groups"),
    ("list", "A list of UPNs"),
)
TEXT = {"autocomplete": "off"}


def code_choices(
    day: date, session: Session | None, kinds: Sequence[Kind] = tuple(Kind)
) -> list[tuple[str, Any]]:
    """The codes that may be chosen for a day, under headings, each with its meaning.

    session  None where both halves are meant: present is then one choice
    """
    other_half = "\\" if session is not Session.PM else "/"
    left_out = NEVER_ENTERED | {other_half}
    found: list[tuple[str, Any]] = [("", "Choose a code")]
    for label, members in GROUPS:
        rows = [
            (code.code, f"{code.code}: {code.meaning}" if session is not None else _both(code))
            for code in offered_on(day)
            if code.kind in members and code.kind in kinds and code.code not in left_out
        ]
        if rows:
            found.append((label, rows))
    return found


def _both(code: Any) -> str:
    """A code for whole days."""
    return "/ \\: Present" if code.code == "/" else f"{code.code}: {code.meaning}"


class Details(PlainText, forms.Form):
    """What must be said beside some codes."""

    nature = forms.CharField(
        label="What is it? (some codes need this)",
        help_text="The activity for B, K, P, V, W. The circumstance for C. The licence for C1. The"
        " emergency for Y2. The cause for Y7.",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    other_school = forms.CharField(
        label="Which other school? (for code D)",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )

    def said(self) -> Said:
        """What was typed beside the code. Only after `is_valid`."""
        typed = self.cleaned_data
        return Said(
            nature=typed["nature"],
            other_school=typed["other_school"],
            arrived_at=typed.get("arrived_at"),
            text=typed.get("text", ""),
        )

    def refuse(self, sentence: str) -> None:
        """Put a refusal beside the box that it asks for, else at the head of the form."""
        code = self.cleaned_data.get("code", "")
        if sentence == NATURE.get(code):
            self.add_error("nature", sentence)
        elif sentence == OTHER_SCHOOL:
            self.add_error("other_school", sentence)
        else:
            self.add_error(None, sentence)

    def wanted(self) -> Wanted:
        """The code with its details and the reason. Only after `is_valid`."""
        typed = self.cleaned_data
        return Wanted(typed["code"], typed["reason"], self.said())


class MarkForm(Details):
    """One mark's new code. `expected` is what the page showed."""

    expected = forms.CharField(required=False, widget=forms.HiddenInput)
    code = forms.ChoiceField(
        label="New code", error_messages={"required": "Choose the code it should be"}
    )
    arrived_at = forms.TimeField(
        label="When did the pupil arrive? (for L and U)",
        help_text="For example 9:40",
        required=False,
        input_formats=["%H:%M", "%H.%M"],
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5", **TEXT}),
        error_messages={"invalid": "Enter a time such as 9:40"},
    )
    reason = forms.CharField(
        label="Why are you changing it?",
        help_text="Anyone who reads this register's history will read this, a court too",
        max_length=220,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you are changing this mark"},
    )
    field_order = ["expected", "code", "nature", "other_school", "arrived_at", "reason"]

    def __init__(self, *args: Any, day: date, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = code_choices(day, session)  # type: ignore[attr-defined]


class CorrectionForm(Details):
    """Which marks of a school to change, to what, and why."""

    school = SchoolChoice(
        label="School",
        queryset=School.objects.none(),
        empty_label="Choose a school",
        error_messages={"required": "Choose the school"},
    )
    first = DateField(label="First day", what="the first day")
    last = DateField(
        label="Last day (optional)",
        what="the last day",
        help_text="Leave this empty for one day",
        required=False,
    )
    halves = forms.MultipleChoiceField(
        label="Which half of the day?",
        choices=[("0", "Morning"), ("1", "Afternoon")],
        widget=forms.CheckboxSelectMultiple,
        initial=["0", "1"],
        error_messages={"required": "Select the morning, the afternoon or both"},
    )
    who = forms.ChoiceField(
        label="Which pupils?",
        choices=WHO,
        widget=forms.RadioSelect,
        error_messages={"required": "Select which pupils"},
    )
    years = forms.MultipleChoiceField(
        label="Year groups", required=False, widget=forms.CheckboxSelectMultiple
    )
    groups = forms.MultipleChoiceField(
        label="Registration groups", required=False, widget=forms.CheckboxSelectMultiple
    )
    upns = forms.CharField(
        label="UPNs, one a line",
        required=False,
        max_length=MOST_UPNS * 16,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", **TEXT}),
    )
    code = forms.ChoiceField(
        label="Code for all of them", error_messages={"required": "Choose the code"}
    )
    reason = forms.CharField(
        label="Why are these marks changed?",
        max_length=220,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why these marks are changed"},
    )
    field_order = [
        "school", "first", "last", "halves", "who", "years", "groups", "upns", "code", "nature",
        "other_school", "reason",
    ]  # fmt: skip
    looks = {
        "who": {"reveals": {"years": "years", "groups": "groups", "list": "upns"}},
        "halves": {"inline": True, "small": True},
        "years": {"small": True},
        "groups": {"small": True},
    }

    def __init__(
        self,
        *args: Any,
        schools: QuerySet[School],
        years: Sequence[str],
        groups: Sequence[str],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.queryset = schools
        only = list(schools[:2])
        if len(only) == 1:
            field.initial = only[0]
        for name in ("first", "last"):
            box: Any = self.fields[name]
            box.not_after, box.because = today, "today"
        self.fields["years"].choices = [(key, year_group_words(key)) for key in years]  # type: ignore[attr-defined]
        self.fields["groups"].choices = [(name, name) for name in groups]  # type: ignore[attr-defined]
        self.fields["code"].choices = code_choices(today, None)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The days in order, and pupils for the way they were chosen."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day must be on or after the first day")
        chosen = {
            "years": ("years", "Select at least one year group"),
            "groups": ("groups", "Select at least one registration group"),
            "list": ("upns", "Enter at least one UPN"),
        }.get(cleaned.get("who", ""))
        if chosen and not cleaned.get(chosen[0]) and chosen[0] not in self.errors:
            self.add_error(*chosen)
        return cleaned

    def clean_upns(self) -> list[str]:
        """The numbers, checked. What is wrong is named by its line: a UPN is personal."""
        if self.data.get("who") != "list":
            return []
        lines = [line.strip() for line in self.cleaned_data["upns"].splitlines()]
        found, wrong = [], []
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                found.append(read_upn(line).text)
            except InvalidInput:
                wrong.append(str(number))
        if wrong:
            raise forms.ValidationError(
                f"Check these lines: {', '.join(wrong[:20])}. A UPN is a letter and 12 digits."
            )
        return list(dict.fromkeys(found))

    @property
    def chosen_halves(self) -> list[Session]:
        """The chosen halves of the day."""
        return [Session(int(one)) for one in self.cleaned_data["halves"]]

    @property
    def days(self) -> tuple[date, date]:
        """The first and last day."""
        first: date = self.cleaned_data["first"]
        return first, self.cleaned_data["last"] or first

    @property
    def chosen_pupils(self) -> Who:
        """The chosen pupils: only what belongs to the way they were chosen."""
        typed, way = self.cleaned_data, self.cleaned_data["who"]
        return Who(
            everybody=way == "all",
            years=tuple(typed["years"]) if way == "years" else (),
            groups=tuple(typed["groups"]) if way == "groups" else (),
            upns=tuple(typed["upns"]) if way == "list" else (),
        )


class ConfirmForm(forms.Form):
    """The last question of a preview that holds refused marks."""

    leave_out = forms.BooleanField(
        label="Change the rest and leave out the marks that are not possible", required=False
    )

    def __init__(self, *args: Any, refused: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not refused:
            del self.fields["leave_out"]


class BecauseForm(PlainText, forms.Form):
    """Why somebody declines or undoes."""

    because = forms.CharField(
        max_length=220,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["because"].label = label
        self.fields["because"].error_messages["required"] = "Say why"


class CorrectionFilters(forms.Form):
    """What narrows the list of corrections."""

    state = forms.MultipleChoiceField(
        label="State",
        required=False,
        choices=[choice for choice in ChangeState.choices if choice[0] != ChangeState.DRAFT],
        widget=forms.CheckboxSelectMultiple,
    )
    school = forms.ChoiceField(label="School", required=False)
    looks = {"state": {"small": True}}

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = [("", "All schools"), *schools]  # type: ignore[attr-defined]
        if len(schools) < 2:
            del self.fields["school"]


class RowFilters(forms.Form):
    """What narrows the marks of a correction."""

    outcome = forms.MultipleChoiceField(
        label="What happens",
        required=False,
        choices=RowOutcome.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    looks = {"outcome": {"small": True}}
