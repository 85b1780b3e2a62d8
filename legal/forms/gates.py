"""The questions before a legal step: a statement, the family's circumstances, going past."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms

from frontend.fields import DateField, PlainText
from legal.models import GateAnswerKind
from legal.selectors.gate_facts import Thought
from legal.selectors.gate_tests import QUESTIONS
from legal.services.gates import Statement, Thinking
from rules.gates import ASPECTS

LONGEST = 2000


def _text(label: str, missing: str = "", **kwargs: Any) -> forms.CharField:
    """A box for some sentences."""
    kwargs.setdefault("max_length", LONGEST)
    longest = kwargs["max_length"]
    return forms.CharField(
        label=label,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": missing,
            "max_length": f"Use {longest:,} characters or fewer",
        },
        **kwargs,
    )


class StatementForm(PlainText, forms.Form):
    """What a named person states about one requirement, how they know it, and for which day."""

    answer = forms.ChoiceField(
        label="What do you state?",
        choices=GateAnswerKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you state"},
    )
    on = DateField(label="For which day?", what="the day it is about")

    def __init__(
        self, *args: Any, step: str, test: str, question: str, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.step, self.test = step, test
        self.fields["answer"].help_text = question
        if test == "framework_questions":
            for key, words in QUESTIONS.items():
                self.fields[key] = _text(words, required=False, max_length=1000)
        self.fields["words"] = _text(
            "How do you know, and why?",
            "Say how you know it, or why you take it back",
            help_text="Your name and today's date stand under it. It counts for 60 days and cannot "
            "be changed, only stated again.",
        )
        self.order_fields(["answer", *QUESTIONS, "words", "on"])
        self.initial = {"on": today, **self.initial}

    def statement(self) -> Statement:
        """The statement as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return Statement(
            step=self.step,
            test=self.test,
            answer=typed["answer"],
            words=typed["words"],
            on=typed["on"],
            answers={key: typed[key] for key in QUESTIONS if typed.get(key)},
        )


class BrakeForm(PlainText, forms.Form):
    """Seven circumstances of a family: does each apply, what was considered, what was tried?"""

    on = DateField(label="When did you look at this?", what="the day you looked at this")

    def __init__(
        self,
        *args: Any,
        thoughts: Mapping[str, Thought],
        on_record: Mapping[str, str],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for aspect, label in ASPECTS.items():
            known = on_record.get(aspect, "")
            self.fields[f"{aspect}_applies"] = forms.ChoiceField(
                label=f"{label}: does it apply?",
                help_text=f"On the record: {known}." if known else "",
                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known yet")],
                widget=forms.RadioSelect,
                error_messages={"required": f"{label}: select whether it applies"},
            )
            self.fields[f"{aspect}_considered"] = _text(
                f"{label}: what was considered, or how do you know it does not apply?",
                required=False,
                max_length=1000,
            )
            self.fields[f"{aspect}_adjusted"] = _text(
                f"{label}: which adjustments were tried, or why does none fit?",
                required=False,
                max_length=1000,
            )
            self._fill(aspect, thoughts.get(aspect), known)
        self.order_fields([*(one for one in self.fields if one != "on"), "on"])
        self.initial.setdefault("on", today)

    def _fill(self, aspect: str, thought: Thought | None, known: str) -> None:
        if thought is not None:
            self.initial = {
                **self.initial,
                f"{aspect}_applies": thought.applies,
                f"{aspect}_considered": thought.considered,
                f"{aspect}_adjusted": thought.adjusted,
            }
        elif known:
            self.initial[f"{aspect}_applies"] = "yes"

    def thoughts(self) -> list[Thinking]:
        """The answers as typed. Only after `is_valid`."""
        typed = self.cleaned_data
        return [
            Thinking(
                aspect,
                typed[f"{aspect}_applies"],
                typed[f"{aspect}_considered"],
                typed[f"{aspect}_adjusted"],
            )
            for aspect in ASPECTS
        ]


class OverrideForm(PlainText, forms.Form):
    """Which requirements are gone past, and why the step is right although they are not shown."""

    tests = forms.MultipleChoiceField(
        label="What do you go past?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select what you go past"},
    )
    reason = _text(
        "Why is the step right although this is not shown?",
        "Say why the step is right although this is not shown",
        help_text="It stays on the case, and on all that is decided under it, for ever.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20_000)

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tests"].choices = list(choices)  # type: ignore[attr-defined]


class SettleForm(PlainText, forms.Form):
    """A second officer agrees, or not."""

    agree = forms.TypedChoiceField(
        label="Do you agree?",
        choices=[("yes", "Yes, the step may go on"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Select whether you agree"},
    )
    words = _text("Why?", "Say why you agree, or why not", max_length=1000)


class TasksForm(forms.Form):
    """By when the school sees to what is missing."""

    by = DateField(label="By which day?", what="the day by which it is done")
