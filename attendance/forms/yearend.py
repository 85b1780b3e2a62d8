"""Forms for leaving, coming back, moving up, and a file from another authority."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.forms.amending import TEXT
from attendance.forms.pupils import YEAR_GROUPS, year_group_words
from attendance.models import ReturnWay, RollOverOutcome
from attendance.services.returns import Told
from attendance.services.yearend_leaving import Goodbye
from authorities.models import School
from frontend.fields import DateField, PlainText
from rules.deletions import GROUNDS

OPEN_GROUNDS = [(ground.key, ground.label) for ground in GROUNDS.values()]
YEARS = [("", "None"), *((key, year_group_words(key)) for key in YEAR_GROUPS)]


class LeavingForm(PlainText, forms.Form):
    """How a pupil leaves: the ground first, then what it needs."""

    ground = forms.ChoiceField(
        label="On which lawful ground does the name come off?",
        choices=OPEN_GROUNDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select a lawful ground"},
    )
    last_day = DateField(label="Last day on roll", what="the last day on roll")
    where = forms.CharField(
        label="Where does the child go? (if known)",
        help_text="The new school or place. It is kept back where an adult may be in hiding",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    moves_to = forms.ChoiceField(
        label="Put the name on the roll of a school here? (optional)",
        help_text="The school sees the pupil at once, and its new-pupil return becomes due",
        required=False,
    )
    joins_on = DateField(
        label="First day there (the day after, unless you say)",
        what="the first day there",
        required=False,
    )
    told = forms.CharField(
        label="Who at the council was told?",
        help_text="The council is told before the name comes off",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    way = forms.ChoiceField(
        label="How was the council told?",
        choices=[("", "Choose"), *ReturnWay.choices],
        required=False,
    )
    told_on = DateField(
        label="On which day was it told?", what="the day the council was told", required=False
    )

    def __init__(
        self, *args: Any, schools: Sequence[School], told: bool, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["moves_to"].choices = [
            ("", "No"),
            *((str(school.pk), f"{school.name} ({school.urn})") for school in schools),
        ]
        fields["told_on"].not_after, fields["told_on"].because = today, "today"
        self._schools = {str(school.pk): school for school in schools}
        asks = {key: f"confirmed_{key}" for key, ground in GROUNDS.items() if ground.must_be}
        for key, name in asks.items():
            fields[name] = forms.MultipleChoiceField(
                label="What is true?",
                help_text="Tick what you know and can show",
                required=False,
                choices=list(GROUNDS[key].must_be.items()),
                widget=forms.CheckboxSelectMultiple,
            )
        self.looks: dict[str, dict[str, Any]] = {
            "ground": {
                "hints": {key: ground.says for key, ground in GROUNDS.items()},
                "reveals": asks,
            },
            **{name: {"small": True} for name in asks.values()},
        }
        if not told:
            for name in ("told", "way", "told_on"):
                fields[name].label = f"{fields[name].label} (not needed at the usual time)"

    def clean(self) -> dict[str, Any]:
        """Who, how and when go together."""
        cleaned = super().clean() or {}
        given = [name for name in ("told", "way", "told_on") if cleaned.get(name)]
        for name in ("told", "way", "told_on"):
            if given and name not in given and name not in self.errors:
                self.add_error(name, "Say who was told, how and when")
        return cleaned

    def goodbye(self) -> Goodbye:
        """What was typed. Only after `is_valid`."""
        typed = self.cleaned_data
        ground = typed["ground"]
        told = Told(typed["told_on"], typed["way"], typed["told"]) if typed["told"] else None
        return Goodbye(
            last_day=typed["last_day"],
            ground=ground,
            confirmed=tuple(typed.get(f"confirmed_{ground}", ())),
            where=typed["where"],
            told=told,
            moves_to=self._schools.get(typed["moves_to"]),
            joins_on=typed["joins_on"],
        )


class BecauseForm(PlainText, forms.Form):
    """Why something is put back."""

    because = forms.CharField(
        label="Why do you put it back?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Enter why you put it back"},
    )


class AgainForm(PlainText, forms.Form):
    """A pupil who left comes back onto the roll."""

    starts_on = DateField(label="First day on roll", what="the first day on roll")
    year_group = forms.ChoiceField(label="Year group", choices=YEARS, required=False)
    group = forms.CharField(
        label="Registration group (optional)",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={**TEXT, "class": "govuk-input--width-10"}),
    )


class HistoryForm(forms.Form):
    """A file from the authority where the pupil was before."""

    file = forms.FileField(
        label="The file",
        help_text="A .json file that the former authority made",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"required": "Choose a file", "empty": "The file is empty. Choose another"},
    )


class StartForm(PlainText, forms.Form):
    """Out of which school year a school rolls over."""

    last_day = DateField(
        label="Last day of the school year",
        help_text="Those who leave are on roll until this day",
        what="the last day of the school year",
    )


class RowForm(PlainText, forms.Form):
    """What becomes of one pupil."""

    outcome = forms.ChoiceField(
        label="What becomes of the pupil?",
        choices=RollOverOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what becomes of the pupil"},
    )
    year_group = forms.ChoiceField(label="New year group", choices=YEARS, required=False)
    group = forms.CharField(
        label="New registration group",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={**TEXT, "class": "govuk-input--width-10"}),
    )
    ground = forms.ChoiceField(
        label="Lawful ground, if the pupil leaves",
        choices=[("", "Choose"), *OPEN_GROUNDS],
        required=False,
    )
    destination = forms.CharField(
        label="Where to, if known",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )


class GroupsForm(PlainText, forms.Form):
    """The new name of each registration group."""

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = [group for group, _ in groups]
        for number, (group, name) in enumerate(groups):
            self.fields[f"group_{number}"] = forms.CharField(
                label=f"{group} becomes",
                initial=name,
                max_length=30,
                widget=forms.TextInput(attrs={**TEXT, "class": "govuk-input--width-10"}),
                error_messages={"required": f"Enter the new name of {group}"},
            )

    def names(self) -> dict[str, str]:
        """Old group → new name. Only after `is_valid`."""
        return {
            group: self.cleaned_data[f"group_{number}"] for number, group in enumerate(self._groups)
        }


class RowFilters(forms.Form):
    """What narrows the pupils of a roll-over."""

    outcome = forms.ChoiceField(
        label="What becomes of them",
        required=False,
        choices=[("", "All"), *RollOverOutcome.choices],
    )
    group = forms.ChoiceField(label="Registration group now", required=False)
    look = forms.ChoiceField(
        label="To look at", required=False, choices=[("", "All"), ("yes", "Only these")]
    )

    def __init__(self, *args: Any, groups: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["group"]
        field.choices = [("", "All"), *((name, name) for name in groups)]
