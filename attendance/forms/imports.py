"""Forms of an import: which file, which columns, what marks mean, why."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from attendance.imports import layouts
from attendance.imports.reading import MOST_BYTES, Opening
from attendance.imports.values import DateOrder
from attendance.models import ImportLayout, ImportState
from attendance.selectors.imports import UnknownMark
from attendance.services.imports import Choices
from authorities.models import School
from frontend.fields import DateField, PlainText
from rules.attendance_codes import offered_on

LAYOUTS = [choice for choice in ImportLayout.choices if choice[0] != ImportLayout.CALENDAR]
NO_MARK, LATER = "no mark", ""


class SchoolChoice(forms.ModelChoiceField):
    """A school by its name."""

    def label_from_instance(self, obj: School) -> str:
        """The name, with the URN that tells two alike apart."""
        return f"{obj.name} ({obj.urn})"


class UploadForm(forms.Form):
    """A file, what is in it and whose it is."""

    school = SchoolChoice(
        label="Which school is it about?",
        queryset=School.objects.none(),
        empty_label="Choose a school",
        error_messages={"required": "Choose the school the file is about"},
    )
    layout = forms.ChoiceField(
        label="What is in the file?",
        choices=LAYOUTS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what is in the file"},
    )
    file = forms.FileField(
        label="The file",
        help_text="A CSV file with headings, up to 50 MB",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={
            "required": "Choose a file",
            "empty": "The file is empty. Export it again and try again.",
        },
    )
    looks = {
        "layout": {
            "hints": {
                ImportLayout.PUPILS: "Names, dates of birth, UPNs; dates on roll if it has them",
                ImportLayout.ENROLMENTS: "UPN, the day each pupil joined, and the day they left",
                ImportLayout.ADULTS: "With relationship, parental responsibility and address",
                ImportLayout.MARKS_LONG: "UPN, date, AM or PM, mark",
                ImportLayout.MARKS_WEEK: "UPN, the Monday of the week, ten marks",
                ImportLayout.MARKS_DATED: "UPN, then headings such as 2026-09-02 AM",
            }
        }
    }

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared above)
        field.queryset = schools
        only = list(schools[:2])
        if len(only) == 1:
            field.initial = only[0]

    def clean_file(self) -> UploadedFile:
        """The file, if it is not too large."""
        sent: UploadedFile = self.cleaned_data["file"]
        if (sent.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 50 MB. Export fewer weeks at a time and try again."
            )
        return sent


class ColumnsForm(forms.Form):
    """Which column is which, and how the source writes dates and marks."""

    order = forms.ChoiceField(
        label="In dates such as 03/09/2026, which comes first?",
        choices=[
            (DateOrder.DAY_FIRST.value, "The day: 3 September 2026"),
            (DateOrder.MONTH_FIRST.value, "The month: 9 March 2026"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether the day or the month comes first"},
    )
    fold_case = forms.BooleanField(
        label="Marks in lower case mean the same as capitals", required=False
    )
    present_both = forms.BooleanField(
        label="The file writes / for present in the afternoon too", required=False
    )
    name = forms.CharField(
        label="What do you call this source?",
        help_text="For example, the name of your register system. We remember the columns for it.",
        max_length=80,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        layout: str,
        opening: Opening,
        choices: Choices,
        ask_order: bool,
        **kwargs: Any,
    ) -> None:
        initial = {
            "order": choices.order.value if choices.order else None,
            "fold_case": choices.fold_case,
            "present_both": choices.present_both,
            "name": choices.name,
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        fields = layouts.worth_asking(layout, opening.header, choices.mapping)
        self.columns = [field.name for field in fields]
        titles = [("", "Not in the file"), *((title, title) for title in opening.header)]
        for field in fields:
            self.fields[f"column_{field.name}"] = forms.ChoiceField(
                label=field.label,
                choices=titles,
                required=field.needed,
                initial=choices.mapping.get(field.name, ""),
                error_messages={"required": f"Choose the column for: {field.label}"},
            )
        if not ask_order:
            del self.fields["order"]
        if not layouts.is_marks(layout):
            del self.fields["fold_case"], self.fields["present_both"]
        self.order_fields([*(f"column_{name}" for name in self.columns), *self.fields])
        self.kept_order = choices.order

    def choices(self) -> Choices:
        """What the person said. Only after `is_valid`."""
        typed = self.cleaned_data
        order = typed.get("order")
        return Choices(
            mapping={
                name: typed[f"column_{name}"]
                for name in self.columns
                if typed.get(f"column_{name}")
            },
            order=DateOrder(order) if order else self.kept_order,
            fold_case=bool(typed.get("fold_case")),
            present_both=bool(typed.get("present_both")),
            name=typed.get("name", ""),
        )

    def add_column_error(self, about: str, sentence: str) -> None:
        """Put an error beside the column it is about."""
        name = about if about in self.fields else f"column_{about}"
        self.add_error(name if name in self.fields else None, sentence)


class CodesForm(forms.Form):
    """What each mark that we do not know stands for. Nothing is chosen beforehand: no guesses."""

    def __init__(self, *args: Any, marks: Sequence[UnknownMark], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.marks = marks
        for number, unknown in enumerate(marks):
            times = "once" if unknown.count == 1 else f"{unknown.count:,} times"
            self.fields[f"mark_{number}"] = forms.ChoiceField(
                label=f"“{unknown.mark}” ({times})",
                choices=[
                    (LATER, "Leave in quarantine"),
                    (NO_MARK, "No mark"),
                    *(
                        (code.code, f"{code.code}: {code.meaning}")
                        for code in offered_on(unknown.first_day)
                    ),
                ],
                required=False,
            )

    def codes(self) -> dict[str, str]:
        """Mark → code, for the marks that were answered."""
        answers = {
            unknown.mark: self.cleaned_data[f"mark_{number}"]
            for number, unknown in enumerate(self.marks)
        }
        return {
            mark: "" if code == NO_MARK else code for mark, code in answers.items() if code != LATER
        }


class TakeForm(forms.Form):
    """The last question before a file goes in."""

    leave_out = forms.BooleanField(label="Import the rest and leave these rows out", required=False)

    def __init__(self, *args: Any, refused: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not refused:
            del self.fields["leave_out"]
        else:
            self.fields["leave_out"].required = True
            self.fields["leave_out"].error_messages["required"] = (
                "Select the box to import the rest, or correct the file and upload it again"
            )


class FindPupilForm(PlainText, forms.Form):
    """Finds a pupil of the school. Sent by POST: a name or UPN must not stand in an address."""

    q = forms.CharField(
        label="Name or UPN",
        max_length=60,
        error_messages={"required": "Enter a surname, a forename or a UPN"},
    )


class ReasonForm(PlainText, forms.Form):
    """Why a person does something that others will ask about."""

    reason = forms.CharField(label="Why?", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: str, missing: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].error_messages["required"] = missing


class ImportFilters(forms.Form):
    """Narrows the list of imports."""

    state = forms.MultipleChoiceField(
        label="Status", required=False, choices=ImportState, widget=forms.CheckboxSelectMultiple
    )
    layout = forms.MultipleChoiceField(
        label="What is in the file",
        required=False,
        choices=LAYOUTS,
        widget=forms.CheckboxSelectMultiple,
    )
    school = forms.ChoiceField(label="School", required=False)
    since = DateField(label="Uploaded on or after", what="the first day", required=False)

    def __init__(self, *args: Any, schools: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (declared above)
        field.choices = [("", "All schools"), *schools]


class ProblemFilters(forms.Form):
    """Narrows the list of problems."""

    kind = forms.MultipleChoiceField(
        label="Problem", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, kinds: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 (declared above)
        field.choices = list(kinds)
