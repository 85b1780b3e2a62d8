"""The questions about a plan: starting, assessing, targets, actions, reviews."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from authorities.models import User
from authorities.packs.schema import Tool
from cases.forms.support import long_text, staff_choices
from cases.models import Barrier, CycleOutcome, Measure, Target
from cases.selectors.cycles import value_words
from frontend.fields import DateField, PlainText

STEPS = (1, 2)
DONE, DROPPED = "done", "dropped"
FOLLOWS, ENDS = "next", "none"
NUMBER = {"invalid": "Enter a number, such as 92 or 92.5"}


def number(label: str, missing: str, **kwargs: Any) -> forms.DecimalField:
    """A number with one decimal, with its errors."""
    return forms.DecimalField(
        label=label,
        max_digits=6,
        decimal_places=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-5"}),
        error_messages={
            **NUMBER,
            "required": missing,
            "max_decimal_places": "Enter a number with one decimal at most",
            "max_digits": "Enter a smaller number",
            "max_whole_digits": "Enter a smaller number",
        },
        **kwargs,
    )


class StartForm(PlainText, forms.Form):
    """A plan to start."""

    aim = long_text(
        "What is the plan for?",
        "Say what the plan is for",
        600,
        help_text="In the family's words if you can.",
    )
    starts_on = DateField(label="When does it start?", what="the day it starts")
    midway_on = DateField(
        label="When do you look at it midway?",
        help_text="A school day. Leave it empty if there is no look midway.",
        required=False,
        what="the day of the mid-point review",
    )
    review_on = DateField(
        label="When do you review it?", help_text="A school day.", what="the day of the review"
    )


class AssessForm(PlainText, forms.Form):
    """What was found. A tool adds a box for each of its headings."""

    on = DateField(label="When?", what="the day of the assessment")
    pupil_voice = long_text("What does the pupil say?", "", 2000, required=False)
    parent_voice = long_text("What does a parent say?", "", 2000, required=False)
    professional_view = long_text("What do you and others think?", "", 2000, required=False)
    barriers = forms.MultipleChoiceField(
        label="Which barriers did you find, or find still there?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(
        self, *args: Any, barriers: Sequence[Barrier], tool: Tool | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tool = tool
        if barriers:
            choices = [(str(row.pk), f"{row.label}: {row.text}"[:200]) for row in barriers]
            self.fields["barriers"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["barriers"]
        if tool is not None:
            self._ask(tool)

    def _ask(self, tool: Tool) -> None:
        if tool.scale:
            self.fields["score"] = forms.IntegerField(
                label=f"Which number, from 0 to {tool.scale}?",
                widget=forms.TextInput(
                    attrs={"inputmode": "numeric", "class": "govuk-input--width-2"}
                ),
                error_messages={
                    "required": f"Enter a number from 0 to {tool.scale}",
                    "invalid": f"Enter a number from 0 to {tool.scale}",
                },
            )
        for place, part in enumerate(tool.parts):
            self.fields[f"part_{place}"] = long_text(part, "", required=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """What was written under each heading of the tool."""
        headings = self.tool.parts if self.tool else ()
        return tuple(self.cleaned_data[f"part_{place}"] for place, _ in enumerate(headings))


class TargetForm(PlainText, forms.Form):
    """One target that can be checked, with up to two steps on the way."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    what = forms.CharField(
        label="What will be different?",
        help_text="For example: in school by 8:50 every day; the family calls if that fails.",
        max_length=300,
        error_messages={"required": "Say what will be different"},
    )
    why = forms.CharField(label="Why does it matter to the pupil?", max_length=300, required=False)
    measure = forms.ChoiceField(
        label="How is it measured?",
        choices=Measure.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select how it is measured"},
    )
    unit = forms.CharField(
        label="What do you count?",
        help_text="For example: mornings with breakfast club.",
        required=False,
        max_length=60,
    )
    start = number("Where does it stand now?", "Enter where it stands now")
    goal = number("Where should it get to?", "Enter where it should get to")
    by = DateField(label="By when?", what="the day by which it is reached")
    step_1 = number("First step on the way", "", required=False)
    step_1_by = DateField(label="First step: by when?", required=False, what="the day of the step")
    step_2 = number("Second step on the way", "", required=False)
    step_2_by = DateField(label="Second step: by when?", required=False, what="the day of the step")

    looks = {
        "measure": {
            "hints": {
                Measure.ATTENDANCE.value: "The register shows where it stands.",
                Measure.MISSED.value: "The register shows where it stands.",
                Measure.UNAUTHORISED.value: "The register shows where it stands.",
                Measure.LATES.value: "The register shows where it stands.",
            },
            "reveals": {Measure.OTHER.value: "unit"},
        }
    }

    def clean(self) -> dict[str, Any]:
        """A step has a number and a day, or neither."""
        typed: dict[str, Any] = super().clean() or {}
        for place in STEPS:
            value, by = typed.get(f"step_{place}"), typed.get(f"step_{place}_by")
            if value is not None and by is None and f"step_{place}_by" not in self.errors:
                self.add_error(f"step_{place}_by", "Enter the day of the step")
            if by is not None and value is None and f"step_{place}" not in self.errors:
                self.add_error(f"step_{place}", "Enter the number of the step")
        return typed

    @property
    def steps(self) -> list[tuple[date, Decimal]]:
        """The steps that were filled in."""
        typed = self.cleaned_data
        return [
            (typed[f"step_{place}_by"], typed[f"step_{place}"])
            for place in STEPS
            if typed[f"step_{place}"] is not None
        ]


class ActionForm(PlainText, forms.Form):
    """Who does what by when."""

    words = forms.CharField(
        label="What will be done?",
        max_length=300,
        error_messages={"required": "Say what will be done"},
    )
    owner = forms.ChoiceField(label="Who of the staff does it?", required=False)
    who = forms.CharField(
        label="Who else?",
        help_text="The pupil, a parent or somebody outside. They are partners in the plan.",
        max_length=120,
        required=False,
    )
    due_on = DateField(label="By when?", what="the day by which it is done")
    target = forms.ChoiceField(label="For which target?", required=False)

    def __init__(
        self, *args: Any, staff: list[User], targets: Sequence[Target], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = staff_choices(staff)  # type: ignore[attr-defined]
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("", "The plan as a whole"),
            *((str(row.pk), row.what) for row in targets),
        ]


class ActionEndForm(PlainText, forms.Form):
    """What came of an action."""

    result = forms.ChoiceField(
        label="What came of it?",
        choices=[(DONE, "It is done"), (DROPPED, "It will not be done")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what came of it"},
    )
    words = long_text("In words", "Say what came of it, or why it will not be done", 600)
    on = DateField(label="When?", what="the day")


class LogForm(PlainText, forms.Form):
    """What was done on a day."""

    words = long_text("What was done?", "Say what was done")
    on = DateField(label="When?", what="the day it was done")


class ReviewForm(PlainText, forms.Form):
    """What a review found."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    on = DateField(label="When was the review?", what="the day of the review")
    present = forms.CharField(
        label="Who was there?",
        max_length=300,
        help_text="The pupil and the family are partners in it.",
        error_messages={"required": "Say who was there"},
    )
    worked = long_text("What worked?", "Say what worked. If nothing did, say so")
    did_not_work = long_text("What did not work?", "", required=False)
    next_steps = long_text("What happens next?", "Say what happens next")


class EndForm(ReviewForm):
    """The review at the end: each target's end, and the next plan."""

    outcome = forms.ChoiceField(
        label="Did attendance improve?",
        choices=[
            (CycleOutcome.IMPROVED.value, "Yes, attendance improved"),
            (CycleOutcome.NOT_IMPROVED.value, "No, or not enough"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether attendance improved"},
    )
    following = forms.ChoiceField(
        label="Does another plan follow?",
        choices=[
            (FOLLOWS, "Yes: targets that were not met and open actions go into it"),
            (ENDS, "No: this was the last plan for now"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether another plan follows"},
    )
    aim = long_text(
        "What is the next plan for?", "", 600, required=False, help_text="If one follows."
    )
    midway_on = DateField(
        label="When do you look at the next plan midway?",
        help_text="If one follows. A school day, or empty.",
        required=False,
        what="the day of the mid-point review",
    )
    review_on = DateField(
        label="When do you review the next plan?",
        help_text="If one follows. A school day.",
        required=False,
        what="the day of the review",
    )

    def __init__(self, *args: Any, targets: Sequence[Target], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets = targets
        before = list(self.fields)
        for row in targets:
            self.fields[f"met_{row.pk}"] = forms.ChoiceField(
                label=f"Was this target met? {row.what}",
                choices=[("yes", "Yes"), ("no", "No")],
                widget=forms.RadioSelect,
                error_messages={"required": f"Select whether this was met: {row.what}"},
            )
            self.fields[f"value_{row.pk}"] = number(
                "Where does it stand now?",
                "",
                required=False,
                help_text=f"From {value_words(row, row.from_value)} to"
                f" {value_words(row, row.to_value)}.",
            )
        asked = [name for name in self.fields if name not in before]
        place = before.index("outcome")
        self.order_fields([*before[:place], *asked, *before[place:]])

    def clean(self) -> dict[str, Any]:
        """A plan that follows has an aim and a review."""
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("following") == FOLLOWS:
            if not typed.get("aim"):
                self.add_error("aim", "Say what the next plan is for")
            if not typed.get("review_on") and "review_on" not in self.errors:
                self.add_error("review_on", "Enter the day of the next plan's review")
        return typed

    def ends(self) -> Iterator[tuple[int, bool, Decimal | None]]:
        """Each target's number, whether it was met, and where it stands."""
        for row in self.targets:
            yield (
                row.pk,
                self.cleaned_data[f"met_{row.pk}"] == "yes",
                self.cleaned_data[f"value_{row.pk}"],
            )
