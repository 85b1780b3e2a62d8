"""Forms about pupils: the search, the filters, and changing what is known of a family."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from attendance.imports.values import read_phone, read_postcode
from attendance.models import (
    Adult,
    AdultLink,
    CareOrder,
    CrossingKind,
    Flag,
    Pupil,
    PupilFlag,
    YesNoUnknown,
)
from attendance.services.reveals import Why
from authorities.models import School
from frontend.fields import DateField, PlainText
from rules.absence import Band, five_point_words
from rules.errors import InvalidInput
from rules.upn import read_upn

YEAR_GROUPS = ("N1", "N2", "R", *(str(number) for number in range(1, 15)))
LONGEST_SEARCH = 60

# How to reach an adult, in what is typed anew together.
KEPT_BACK = (("address", "postcode"), ("email",), ("phone",))


def year_group_words(year_group: str) -> str:
    """A year group as people say it: Year 7, Reception, Nursery."""
    named = {"R": "Reception", "N1": "Nursery, first year", "N2": "Nursery, second year"}
    return named.get(year_group, f"Year {year_group}" if year_group else "")


class PupilSearch(forms.Form):
    """Finds pupils by name or UPN. Sent by POST: a name or UPN must not stand in an address."""

    q = forms.CharField(label="Name or UPN", required=False, max_length=LONGEST_SEARCH)


class SchoolAndYear(forms.Form):
    """A school, where there are several, and a year group."""

    school = forms.ChoiceField(label="School", required=False)
    year_group = forms.ChoiceField(label="Year group", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = [("", "All schools"), *schools]  # type: ignore[attr-defined]
        if len(schools) < 2:
            del self.fields["school"]
        self.fields["year_group"].choices = [  # type: ignore[attr-defined]
            ("", "All"),
            *((key, year_group_words(key)) for key in YEAR_GROUPS),
        ]


class PupilFilters(SchoolAndYear):
    """What narrows the list of pupils. Nothing here is personal, so it may stand in the address."""

    group = forms.ChoiceField(label="Registration group", required=False)
    band = forms.MultipleChoiceField(
        label="Attendance band",
        required=False,
        choices=[(str(band.value), band.words.capitalize()) for band in Band],
        widget=forms.CheckboxSelectMultiple,
    )
    five = forms.ChoiceField(
        label="Absence, five-point band",
        required=False,
        choices=[("", "Any"), *((str(n), five_point_words(n)) for n in range(11))],
    )
    threshold = forms.ChoiceField(
        label="10 sessions in 10 school weeks",
        required=False,
        choices=[
            ("", "Any"),
            ("yes", "Met this year"),
            ("now", "Met in the current 10 weeks"),
            ("provisional", "Provisional: rests on code N"),
            ("near", "Near"),
        ],
    )
    flag = forms.ChoiceField(label="Flag", required=False)
    roll = forms.ChoiceField(
        label="On roll",
        required=False,
        choices=[("", "Today"), ("all", "Today or in the past"), ("left", "Left")],
    )
    looks = {"band": {"small": True}}

    def __init__(
        self,
        *args: Any,
        groups: list[str],
        flags: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if groups:
            self.fields["group"].choices = [("", "All"), *((name, name) for name in groups)]  # type: ignore[attr-defined]
        else:
            del self.fields["group"]
        self.fields["flag"].choices = [("", "Any"), *flags]  # type: ignore[attr-defined]


class CrossingFilters(SchoolAndYear):
    """What narrows the worklist beside its tabs."""

    line = forms.ChoiceField(
        label="Line", required=False, choices=[("", "All lines"), *CrossingKind.choices]
    )
    field_order = ["line", "school", "year_group"]


class KnownAt(forms.Form):
    """A past moment at which to show a register."""

    on = DateField(label="As it was known on", what="the day to go back to")
    at = forms.TimeField(
        label="At what time? (optional)",
        required=False,
        help_text="For example 16:30. Leave it empty for the end of the day",
        input_formats=["%H:%M", "%H.%M"],
        widget=forms.TextInput(attrs={"class": "govuk-input--width-5"}),
        error_messages={"invalid": "Enter a time such as 16:30"},
    )

    def __init__(self, *args: Any, latest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["on"]
        field.not_after, field.because = latest, "today"

    @property
    def moment(self) -> datetime:
        """The moment in London time, once the form is valid."""
        on: date = self.cleaned_data["on"]
        at: time = self.cleaned_data["at"] or time.max
        return timezone.make_aware(datetime.combine(on, at))


class ChangePupil(PlainText, forms.ModelForm):
    """A pupil's own details."""

    class Meta:
        model = Pupil
        fields = ["forenames", "surname", "known_as", "upn", "sex", "home_language"]
        labels = {
            "forenames": "Legal forenames",
            "surname": "Legal surname",
            "known_as": "Known as (optional)",
            "upn": "UPN",
            "home_language": "Language at home (optional)",
        }
        help_texts = {
            "known_as": "The forename the pupil uses, where it is not the legal one",
            "upn": "Unique pupil number: a letter and 12 digits. Leave it empty if there is none",
        }
        error_messages = {
            "forenames": {"required": "Enter the pupil's legal forenames"},
            "surname": {"required": "Enter the pupil's legal surname"},
        }

    sex = forms.ChoiceField(
        label="Sex in the register",
        required=False,
        choices=[("F", "Female"), ("M", "Male"), ("", "Not recorded")],
        widget=forms.RadioSelect,
    )
    looks = {"sex": {"inline": True}}

    def clean_upn(self) -> str:
        """The number, checked and without spaces."""
        typed = self.cleaned_data["upn"]
        if not typed:
            return ""
        try:
            return read_upn(typed).text
        except InvalidInput as problem:
            raise forms.ValidationError(str(problem)) from problem

    def _post_clean(self) -> None:
        """Leave the row alone: the service checks and writes it under a lock."""


class FlagForm(PlainText, forms.Form):
    """A flag from one day to another."""

    kind = forms.ChoiceField(
        label="What should staff know?",
        choices=[("", "Choose"), *Flag.choices],
        error_messages={"required": "Select what staff should know"},
    )
    starts_on = DateField(label="From when?", what="the date it starts")
    ends_on = DateField(
        label="Until when? (optional)",
        what="the date it ends",
        required=False,
        help_text="Leave this empty while it goes on",
    )
    note = forms.CharField(
        label="Note (optional)",
        required=False,
        max_length=300,
        help_text="Who told you and where the details are kept. Do not write the details here",
    )

    def __init__(self, *args: Any, flag: PupilFlag | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if flag is not None:
            del self.fields["kind"]
            self.initial = {
                "starts_on": flag.starts_on,
                "ends_on": flag.ends_on,
                "note": flag.note,
                **self.initial,
            }

    def clean(self) -> dict[str, Any]:
        """The end may not stand before the start."""
        cleaned = super().clean() or {}
        starts_on: date | None = cleaned.get("starts_on")
        ends_on: date | None = cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "The date it ends must be on or after the date it starts")
        return cleaned


class ChangeAdult(PlainText, forms.Form):
    """An adult and what they are to the pupil. Unknown is treated as protected."""

    title = forms.CharField(label="Title (optional)", required=False, max_length=40)
    forenames = forms.CharField(label="Forenames (optional)", required=False, max_length=200)
    surname = forms.CharField(
        label="Surname",
        max_length=200,
        error_messages={"required": "Enter the adult's surname"},
    )
    relationship = forms.CharField(
        label="What are they to the pupil?",
        max_length=60,
        help_text="For example mother, father, foster carer",
        error_messages={"required": "Enter what the adult is to the pupil"},
    )
    priority = forms.IntegerField(
        label="Order in which to contact them",
        min_value=1,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-2"}),
        error_messages={
            "required": "Enter the order in which to contact them, such as 1",
            "invalid": "Enter the order as a number, such as 1",
        },
    )
    parental_responsibility = forms.ChoiceField(
        label="Do they have parental responsibility?",
        choices=YesNoUnknown.choices,
        widget=forms.RadioSelect,
    )
    has_care = forms.ChoiceField(
        label="Does the pupil live with them or do they look after the pupil?",
        choices=YesNoUnknown.choices,
        widget=forms.RadioSelect,
    )
    may_contact = forms.ChoiceField(
        label="May the school contact them?", choices=YesNoUnknown.choices, widget=forms.RadioSelect
    )
    address = forms.CharField(
        label="Address (optional)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One line for each line on the envelope, without the postcode",
    )
    postcode = forms.CharField(
        label="Postcode (optional)",
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
    )
    email = forms.EmailField(
        label="Email (optional)",
        required=False,
        max_length=254,
        error_messages={"invalid": "Enter an email address such as name@example.com"},
    )
    phone = forms.CharField(label="Phone (optional)", required=False, max_length=30)
    language = forms.CharField(
        label="Language they read best (optional)", required=False, max_length=60
    )
    needs = forms.CharField(
        label="What helps them to read or meet? (optional)",
        required=False,
        max_length=300,
        help_text="For example an interpreter, large print, someone to read the letter aloud",
    )
    protected_address = forms.ChoiceField(
        label="Must their address be kept from others?",
        choices=YesNoUnknown.choices,
        widget=forms.RadioSelect,
        help_text="“Not known” is treated as yes",
    )
    court_order = forms.ChoiceField(
        label="Is there a court order about contact?",
        choices=CareOrder.choices,
        widget=forms.RadioSelect,
    )
    court_order_note = forms.CharField(
        label="What does the order say? (optional)", required=False, max_length=300
    )
    emergency_contact = forms.BooleanField(label="Call them in an emergency", required=False)

    looks = {
        "parental_responsibility": {"inline": True},
        "has_care": {"inline": True},
        "may_contact": {"inline": True},
        "protected_address": {"inline": True},
        "court_order": {"small": True},
    }

    def __init__(self, *args: Any, link: AdultLink, may_lower: bool, **kwargs: Any) -> None:
        """Fill the form, but for what is kept from others: that can be written over unseen.

        may_lower  whether the person may say that an address is protected no longer
        """
        super().__init__(*args, **kwargs)
        adult: Adult = link.adult
        self.initial = {
            name: getattr(adult if hasattr(adult, name) else link, name) for name in self.fields
        }
        self.kept = KEPT_BACK if adult.kept_back else ()
        for name in (name for together in self.kept for name in together):
            self.initial[name] = ""
            self.fields[name].help_text = "Kept from others. Leave this empty to keep what we hold"
        self.stays_protected = adult.protected_address == YesNoUnknown.YES and not may_lower

    def clean_protected_address(self) -> str:
        """The answer, unless it takes a protection away and the person may not."""
        answer: str = self.cleaned_data["protected_address"]
        if self.stays_protected and answer != YesNoUnknown.YES:
            raise forms.ValidationError("Ask the safeguarding lead to take this protection away")
        return answer

    def clean(self) -> dict[str, Any]:
        """What was left empty and is kept from others stays as it is."""
        cleaned = super().clean() or {}
        for together in self.kept:
            if not any(cleaned.get(name) for name in together):
                cleaned = {name: cleaned[name] for name in cleaned if name not in together}
        return cleaned

    def clean_postcode(self) -> str:
        """The postcode, in capitals and with its space."""
        return _as_read(read_postcode, self.cleaned_data["postcode"])

    def clean_phone(self) -> str:
        """The number as typed, if it can be one."""
        return _as_read(read_phone, self.cleaned_data["phone"])


class RevealForm(forms.Form):
    """Why a person needs to see what is kept from others."""

    why = forms.ChoiceField(
        label="Why do you need to see how to reach this person?",
        choices=[(why.value, why.label) for why in Why if why != Why.LETTER],
        widget=forms.RadioSelect,
        error_messages={"required": "Select why you need to see it"},
    )


def _as_read(read: Callable[[str], str], typed: str) -> str:
    """What the importer would make of a value; its refusal as an error of the field."""
    try:
        return read(typed)
    except InvalidInput as problem:
        raise forms.ValidationError(problem.sentence) from problem


def school_choices(schools: list[School]) -> list[tuple[str, str]]:
    """Schools as choices, by URN: a key that may stand in an address."""
    return [(school.urn, school.name) for school in schools]
