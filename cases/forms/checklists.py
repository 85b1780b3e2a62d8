"""The form of a statement on an item of a checklist."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from cases.models import ItemAnswer
from cases.selectors.checklists import ListState
from cases.services.checklists import Statement
from frontend.fields import DateField, PlainText


class StatementForm(PlainText, forms.Form):
    """One item, the answer, how the person knows, and the day."""

    item = forms.ChoiceField(
        label="Which item?", error_messages={"required": "Select which item you speak of"}
    )
    answer = forms.ChoiceField(
        label="What do you state?",
        choices=ItemAnswer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you state"},
    )
    words = forms.CharField(
        label="What was done or why does it not apply, and how do you know?",
        help_text="Your name and today's date stand under it. It cannot be changed, only stated "
        "again",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Say what was done or why it does not apply, and how you know",
            "max_length": "Use 1,000 characters or fewer",
        },
    )
    on = DateField(label="On which day?", what="the day it was done or looked at")
    looks = {
        "answer": {
            "hints": {ItemAnswer.NOT_APPLYING.value: "Only where the policy says “if” of the item"}
        }
    }

    def __init__(
        self, *args: Any, lists: Sequence[ListState], chosen: str, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        self.editions = {
            requirement.key: requirement.edition
            for one in lists
            for requirement in one.requirements
        }
        fields["item"].choices = [
            ("", "Choose one"),
            *(
                (
                    f"{one.checklist.label}, {one.layer.pack.pack.title}",
                    [(item.key, item.item.words) for item in one.requirements],
                )
                for one in lists
            ),
        ]
        self.initial = {
            "item": chosen if chosen in self.editions else "",
            "on": today,
            **self.initial,
        }

    def statement(self) -> Statement:
        """The statement as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Statement(
            item=typed["item"],
            edition=self.editions[typed["item"]],
            answer=typed["answer"],
            words=typed["words"],
            on=typed["on"],
        )
