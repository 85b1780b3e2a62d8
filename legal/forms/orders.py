"""Forms about education supervision orders: one for each thing that happens to one."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from attendance.addressing import Way
from cases.selectors.letters import Addressee
from frontend.fields import DateField, PlainText
from legal.forms.penalties import box
from legal.models import OrderDirection, SupervisionOrder
from legal.models.orders import SUPERVISION_STATES
from legal.services.papers import Release
from letters.models import Route
from rules.dates import in_words
from rules.moves import Reason

YES_NO = [("yes", "Yes"), ("no", "No")]


def _choice(label: str, choices: Any, error: str, **more: Any) -> forms.ChoiceField:
    """Radios, one of which must be chosen."""
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": error},
        **more,
    )


class ConsiderForm(PlainText, forms.Form):
    """The day an order was considered, and what was found."""

    on = DateField(label="When was it considered?", what="the day it was considered")
    words = box(
        "What did you find, and why would an order help or not?",
        "A prosecution later needs this on record",
        rows=6,
        max_length=4000,
        error_messages={"required": "Write what you found, and why"},
    )
    attendance = box(
        "What shows that the child does not attend regularly?",
        error_messages={"required": "Write what shows it"},
    )
    safeguarding = _choice(
        "Are there safeguarding concerns?",
        YES_NO,
        "Select whether there are safeguarding concerns",
        help_text="What the pupil's record says counts besides",
    )
    home = forms.CharField(
        label="Which other council does the child live in? (optional)",
        help_text="Leave empty where the child lives with this council",
        max_length=120,
        required=False,
    )


def _named(parents: Sequence[Addressee]) -> list[tuple[str, str]]:
    """Parents to choose from, each with what they are to the child."""
    return [(one.adult.reference, f"{one.adult.name}, {one.link.relationship}") for one in parents]


class OrderForm(PlainText, forms.Form):
    """A form about one order: it goes stale when somebody changes the order."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: SupervisionOrder, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": order.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.order, self.today = order, today


class WordsForm(OrderForm):
    """A step that needs words alone."""

    words = box(
        "Why, and what is done?",
        rows=5,
        error_messages={"required": "Write why, and what is done"},
    )


class NewsForm(OrderForm):
    """A step of which the parents are told in words."""

    words = box(
        "What happens now?",
        "The parents read this. Name no other adult",
        rows=5,
        error_messages={"required": "Write what happens now"},
    )


class DayForm(WordsForm):
    """A step on a day."""

    on = DateField(label="On which day?", what="the day")
    field_order: tuple[str, ...] = ("version", "on", "words")


class DayNewsForm(NewsForm):
    """A step on a day, of which the parents are told."""

    on = DateField(label="On which day?", what="the day")
    field_order: tuple[str, ...] = ("version", "on", "words")


class Doubtful(OrderForm):
    """A form whose letter may go to a parent about whom there is a doubt."""

    def ask_how(self, parents: Sequence[Addressee]) -> None:
        """Ask of each doubt how the letter reaches the parent safely."""
        self.doubts = [one for one in parents if one.decision.way == Way.HOLD]
        for one in self.doubts:
            at = one.adult.reference
            self.fields[f"route_{at}"] = forms.ChoiceField(
                label=f"How does a letter reach {one.adult.name} safely? (only if you write)",
                help_text=one.decision.reason,
                choices=[("", "Not decided: do not write"), *Route.choices],
                required=False,
            )
            self.fields[f"reason_{at}"] = forms.CharField(
                label=f"Why is that safe for {one.adult.name}?", max_length=300, required=False
            )

    def releases(self) -> dict[str, Release]:
        """What a person took on. Only after `is_valid`."""
        given = self.cleaned_data
        return {
            one.adult.reference: Release(
                Route(given[f"route_{one.adult.reference}"]),
                given[f"reason_{one.adult.reference}"],
                one.decision.codes,
            )
            for one in self.doubts
            if given[f"route_{one.adult.reference}"]
        }


class ConsultForm(Doubtful):
    """How social services and the parents are asked."""

    asked_on = DateField(
        label="When did you ask children's social services?", what="the day you asked"
    )
    whom = box(
        "Whom did you ask, and how?", rows=2, error_messages={"required": "Write whom you asked"}
    )
    adults = forms.MultipleChoiceField(
        label="Which parents do we write to?",
        help_text="Each gets a letter that names no other parent",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select the parent to whom we write"},
    )
    reason = box(
        "Why is an order thought of?",
        "This goes into the letter as you write it. Name no other adult",
        error_messages={"required": "Write why an order is thought of"},
    )
    meeting = box(
        "When and where do you offer to meet?",
        "Such as: Please meet us on Tuesday 1 December 2026 at 10am, at the school.",
        rows=2,
        error_messages={"required": "Write when and where you offer to meet"},
    )

    def __init__(self, *args: Any, parents: Sequence[Addressee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adults = self.fields["adults"]
        assert isinstance(adults, forms.MultipleChoiceField)  # noqa: S101 - declared above
        adults.choices = _named(parents)
        self.ask_how(parents)


class HearForm(OrderForm):
    """What social services and the family say. Each part may come on its own day."""

    answered_on = DateField(
        label="When did social services answer? (optional)",
        what="the day they answered",
        required=False,
    )
    social_care = box("What did they say? (optional)", required=False)
    safeguarding = _choice(
        "Are there safeguarding concerns?", YES_NO, "Select whether there are concerns"
    )
    joint_view = _choice(
        "Does social care agree with an order?",
        [("yes", "Yes"), ("no", "No, or not asked")],
        "Select whether social care agrees",
    )
    family = box("What do the child and the parents say? (optional)", required=False)
    agreed_on = DateField(
        label="When did the council of the child's home agree in writing that ours applies?"
        " (optional)",
        what="the day it agreed",
        required=False,
    )

    def __init__(self, *args: Any, order: SupervisionOrder, **kwargs: Any) -> None:
        said = {True: "yes", False: "no"}
        initial = {
            "safeguarding": said[order.safeguarding],
            "joint_view": said[order.joint_view],
            "family": order.family,
            "agreed_on": order.agreed_on,
        }
        super().__init__(*args, order=order, initial=initial, **kwargs)
        if not order.home:
            del self.fields["agreed_on"]


class ReasonForm(OrderForm):
    """Why, from the table of reasons, and in words."""

    reason = forms.ChoiceField(
        label="Why?", widget=forms.RadioSelect, error_messages={"required": "Select why"}
    )
    words = box(
        "In your own words",
        "Parents who were written to read this too. Name no other adult",
        error_messages={"required": "Say why, in your own words"},
    )

    def __init__(self, *args: Any, reasons: Sequence[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.key, one.words) for one in reasons]


class EndForm(ReasonForm):
    """How it came to its end."""

    on = DateField(
        label="On which day was the care order made? (only for a care order)",
        what="the day of the care order",
        required=False,
    )
    field_order: tuple[str, ...] = ("version", "reason", "on", "words")

    def clean(self) -> dict[str, Any]:
        """A care order has its day; the other ends follow from the order's own."""
        cleaned = super().clean() or {}
        if cleaned.get("reason") != "care_order":
            cleaned["on"] = self.today
        elif not cleaned.get("on") and "on" not in self.errors:
            self.add_error("on", "Enter the day of the care order")
        return cleaned


class ApplyForm(OrderForm):
    """The application, with what the page showed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=20_000)
    on = DateField(label="On which day do you apply?", what="the day of the application")
    court = forms.CharField(
        label="To which family court?",
        max_length=200,
        error_messages={"required": "Enter which family court"},
    )
    beside = _choice(
        "Is it instead of a prosecution, or beside one?",
        [("no", "Instead of one"), ("yes", "Beside one")],
        "Select whether it is instead of a prosecution",
    )


class MakeForm(NewsForm):
    """What the court made."""

    on = DateField(label="On which day did the court make it?", what="the day of the order")
    supervisor = forms.CharField(
        label="Which officer supervises?",
        max_length=200,
        error_messages={"required": "Enter which officer supervises"},
    )
    field_order: tuple[str, ...] = ("version", "on", "supervisor", "words")


class DirectForm(Doubtful):
    """A direction to the child, or to one parent."""

    adult = forms.ChoiceField(
        label="To whom is it given?",
        help_text="A parent gets a letter. It names no other parent",
        widget=forms.RadioSelect,
        error_messages={"required": "Select to whom it is given"},
    )
    given_on = DateField(label="On which day?", what="the day of the direction")
    words = box(
        "What is directed?",
        "One thing that can be done and seen. The parent reads it as you write it",
        error_messages={"required": "Write the direction"},
    )
    asked = box(
        "What did the child and the parents say when you asked them?",
        "The law asks for their views first",
        error_messages={"required": "Write what the child and the parents said"},
    )

    def __init__(self, *args: Any, parents: Sequence[Addressee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adult = self.fields["adult"]
        assert isinstance(adult, forms.ChoiceField)  # noqa: S101 - declared above
        adult.choices = [("child", "The child"), *_named(parents)]
        self.ask_how(parents)


class FailForm(OrderForm):
    """One time that a direction was not followed."""

    direction = forms.TypedChoiceField(
        label="Which direction?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Select which direction"},
    )
    on = DateField(label="On which day was it not followed?", what="the day")
    words = box(
        "What happened, and how do you know?", error_messages={"required": "Write what happened"}
    )

    def __init__(self, *args: Any, directions: Sequence[OrderDirection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["direction"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.pk, _direction(one)) for one in directions]


def _direction(one: OrderDirection) -> str:
    """A direction, short enough for a choice."""
    whom = one.adult.name if one.adult else "the child"
    short = one.words if len(one.words) <= 80 else f"{one.words[:79]}…"
    return f"{short} (to {whom}, {in_words(one.given_on)})"


class ProsecuteForm(WordsForm):
    """A prosecution for not following directions."""

    adult = forms.ChoiceField(
        label="Which parent?",
        widget=forms.RadioSelect,
        error_messages={"required": "Select which parent"},
    )
    on = DateField(label="On which day were they charged?", what="the day of the charge")
    court = forms.CharField(
        label="At which magistrates' court?",
        max_length=200,
        error_messages={"required": "Enter which court"},
    )
    field_order: tuple[str, ...] = ("version", "adult", "on", "court", "words")

    def __init__(self, *args: Any, directions: Sequence[OrderDirection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["adult"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        named = {one.adult.reference: one.adult.name for one in directions if one.adult}
        field.choices = list(named.items())


class ReviewForm(OrderForm):
    """One review."""

    on = DateField(label="When was the review?", what="the day of the review")
    words = box(
        "What was found?",
        "Who came, what works and what does not",
        rows=6,
        max_length=4000,
        error_messages={"required": "Write what was found"},
    )
    next_steps = box(
        "What is done until the next review?",
        error_messages={"required": "Write what is done until the next review"},
    )


class ExtensionForm(DayForm):
    """Asking the court for a longer order."""

    until = DateField(label="What last day do you ask for?", what="the last day")
    field_order: tuple[str, ...] = ("version", "on", "until", "words")


class ExtendedForm(DayNewsForm):
    """What the court made of it."""

    until = DateField(label="What last day did the court give it?", what="the last day")
    field_order: tuple[str, ...] = ("version", "on", "until", "words")


class OrderFilters(forms.Form):
    """Narrows the list of orders."""

    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any"), *SUPERVISION_STATES]
    )
    due = forms.ChoiceField(
        label="What is due",
        required=False,
        choices=[
            ("", "Any"),
            ("decide", "A decision to seek one or not"),
            ("review", "A review, within 14 days or late"),
            ("ending", "Its end, within 90 days"),
            ("breach", "What follows: directions not followed"),
        ],
    )
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)
