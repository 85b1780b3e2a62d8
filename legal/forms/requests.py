"""The questions of a request for a penalty notice, and what the council decides."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from cases.forms.cases import school_choices
from frontend.fields import DateField, PlainText, no_hidden
from legal.models import Lane, NoticeRequest, RequestParent
from legal.models.requests import REQUEST_STATES
from legal.selectors.request_asks import Ask
from legal.services.papers import Release
from legal.services.request_documents import LONGEST_TITLE
from legal.services.requests import (
    LONGEST_ANSWER,
    LONGEST_DESPITE,
    LONGEST_WORDS,
    Approval,
    ParentAnswer,
    Review,
)
from letters.models import Route
from rules.notice_stages import REQUEST, RequestState

__all__ = [
    "AttachForm",
    "ExcludedForm",
    "RequestFilters",
    "ReviewForm",
    "SendForm",
    "TakeBackForm",
    "WriteForm",
    "school_choices",
]
AGES = [("", "Any"), ("5", "5 days or more"), ("10", "10 days or more"), ("20", "20 days or more")]
TOO_LONG = f"Write {LONGEST_WORDS:,} characters or fewer"


class RequestFilters(forms.Form):
    """Narrows the list of requests."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Any"),
            ("council", "The council's turn"),
            ("school", "The school's turn"),
            ("over", "Decided or taken back"),
            *REQUEST_STATES,
        ],
    )
    lane = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), *Lane.choices])
    waiting = forms.ChoiceField(label="Waiting for a decision for", required=False, choices=AGES)
    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = forms.ChoiceField(label="School", required=False, choices=schools)


class SchoolForm(forms.Form):
    """Whose absences are listed."""

    school = forms.ChoiceField(label="School", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = schools  # type: ignore[attr-defined]


class WriteForm(PlainText, forms.Form):
    """Only what the record does not answer, and what is said of each parent."""

    def __init__(
        self,
        *args: Any,
        request: NoticeRequest,
        asks: Sequence[Ask],
        parents: Sequence[RequestParent],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.parents = parents
        for one in asks:
            origin = request.origins.get(one.key, "")
            self.fields[f"answer_{one.key}"] = forms.CharField(
                label=one.words,
                help_text=f"Filled in from: {origin}. {one.helps}" if origin else one.helps,
                required=False,
                max_length=LONGEST_ANSWER,
                initial=request.answers.get(one.key, ""),
                widget=forms.Textarea(attrs={"rows": 3}),
                validators=[no_hidden],
                error_messages={
                    "max_length": f"Each answer must be {LONGEST_ANSWER:,} characters or fewer"
                },
            )
        for parent in parents:
            self._add_parent(parent, today)
        self.fields["seen"] = forms.IntegerField(initial=request.version, widget=forms.HiddenInput)

    def _add_parent(self, parent: RequestParent, today: date) -> None:
        name, key = parent.adult.name, parent.adult.reference
        self.fields[f"included_{key}"] = forms.ChoiceField(
            label=f"{name}: is a notice asked for?",
            choices=[("yes", "Yes"), ("no", "No")],
            widget=forms.RadioSelect,
            initial="yes" if parent.included else "no",
            error_messages={"required": f"Say whether a notice is asked for {name}"},
        )
        self.fields[f"allowed_{key}"] = forms.ChoiceField(
            label=f"{name}: did they allow the absence?",
            choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")],
            widget=forms.RadioSelect,
            initial=parent.allowed,
            error_messages={"required": f"Say whether {name} allowed the absence"},
        )
        self.fields[f"words_{key}"] = forms.CharField(
            label=f"{name}: how you know, or why they are left out",
            required=False,
            max_length=600,
            initial=parent.words,
            validators=[no_hidden],
            error_messages={"max_length": "Write 600 characters or fewer"},
        )
        self.fields[f"verified_{key}"] = DateField(
            label=f"{name}: when was the address last checked with the family?",
            what="the day the address was checked",
            not_after=today,
            because="today",
            required=False,
            initial=parent.verified_on,
        )

    @property
    def answers(self) -> dict[str, str]:
        """The answers by key."""
        return {
            name.removeprefix("answer_"): text
            for name, text in self.cleaned_data.items()
            if name.startswith("answer_")
        }

    @property
    def of_parents(self) -> list[ParentAnswer]:
        """What is said of each parent."""
        typed = self.cleaned_data
        return [
            ParentAnswer(
                key,
                typed[f"included_{key}"] == "yes",
                typed[f"allowed_{key}"],
                typed[f"words_{key}"],
                typed[f"verified_{key}"],
            )
            for key in (parent.adult.reference for parent in self.parents)
        ]


class AttachForm(PlainText, forms.Form):
    """A file, or a record of ours."""

    record = forms.ChoiceField(label="A record that is here already", required=False)
    title = forms.CharField(
        label="What is the file?",
        required=False,
        max_length=LONGEST_TITLE,
        error_messages={"max_length": f"Write {LONGEST_TITLE} characters or fewer"},
    )
    file = forms.FileField(
        label="A file",
        help_text="A PDF, or a picture as JPEG or PNG, up to 10 MB",
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        error_messages={"empty": "The file is empty. Choose another."},
    )

    def __init__(self, *args: Any, records: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(key, shown.words) for key, shown in records.items()]
        self.fields["record"].choices = [("", "None"), *found]  # type: ignore[attr-defined]
        if not found:
            del self.fields["record"]

    def clean(self) -> dict[str, Any]:
        """One of the two; a file is named."""
        typed = super().clean() or {}
        file, chosen = typed.get("file"), typed.get("record")
        if not file and not chosen and "file" not in self.errors:
            self.add_error("file", "Choose a record or a file")
        if file and not typed.get("title", "").strip():
            self.add_error("title", "Say what the file is")
        return typed


class SendForm(PlainText, forms.Form):
    """The last look before it goes."""

    despite = forms.CharField(
        label="Why do you send it all the same?",
        help_text="The council reads this beside what speaks against it.",
        max_length=LONGEST_DESPITE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why you send it although something speaks against it",
            "max_length": f"Write {LONGEST_DESPITE} characters or fewer",
        },
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, found: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not found:
            del self.fields["despite"]


class TakeBackForm(PlainText, forms.Form):
    """Why a request is taken back."""

    reason = forms.ChoiceField(
        label="Why do you take it back?",
        choices=[(one.key, one.words) for one in REQUEST.reasons_for("take_back")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why you take it back"},
    )
    words = forms.CharField(
        label="In your own words",
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why it is taken back", "max_length": TOO_LONG},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ExcludedForm(PlainText, forms.Form):
    """When an excluded pupil was seen in a public place."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("first", "first"), ("last", "last")):
            self.fields[name] = DateField(
                label=f"{words.capitalize()} day on which the pupil was seen",
                what=f"the {words} day",
                not_after=today,
                because="today",
            )


def _reasons(event: str) -> list[tuple[str, str]]:
    return [(one.key, one.words) for one in REQUEST.reasons_for(event)]


class ReviewForm(PlainText, forms.Form):
    """What the council found and decides. Only the parts of the chosen decision count."""

    event = forms.ChoiceField(
        label="What do you decide?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what you decide",
            "invalid_choice": "Somebody changed this request while you were reading. Read it "
            "again, then choose",
        },
    )
    return_reasons = forms.MultipleChoiceField(
        label="What sends it back?",
        required=False,
        choices=_reasons("return"),
        widget=forms.CheckboxSelectMultiple,
    )
    refuse_reasons = forms.MultipleChoiceField(
        label="Why is it refused?",
        required=False,
        choices=_reasons("refuse"),
        widget=forms.CheckboxSelectMultiple,
    )
    code = forms.CharField(
        label="How does it stand against the code of conduct?",
        help_text="Needed to approve or refuse. Name the part of the code.",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
    interest = forms.CharField(
        label="Is a notice in the public interest?",
        help_text="Needed to approve or refuse. The council prosecutes if it is not paid.",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
    words = forms.CharField(
        label="What do you want to say to the school?",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        request: NoticeRequest,
        proposed: Sequence[str],
        gates: Mapping[str, str],
        held: Sequence[dict[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        moves = REQUEST.moves_from(RequestState(request.state))
        events = [(one.event, one.words) for one in moves if one.second_person]
        self.fields["event"].choices = events  # type: ignore[attr-defined]
        self.fields["return_reasons"].initial = list(proposed)
        self.fields["seen"].initial = request.version
        self.gates, self.held = gates, held
        for reference, seen in gates.items():
            self.fields[f"gate_{reference}"] = forms.CharField(
                required=False, widget=forms.HiddenInput, initial=seen
            )
        for one in held:
            self._add_release(one)
        self.looks = {
            "event": {"reveals": {"return": "return_reasons", "refuse": "refuse_reasons"}}
        }

    def _add_release(self, one: dict[str, Any]) -> None:
        """How a notice goes to a parent about whom there is a doubt."""
        key = one["row"].adult.reference
        self.fields[f"route_{key}"] = forms.ChoiceField(
            label=f"{one['name']}: how is it given to them?",
            help_text=one["safe"],
            required=False,
            choices=[("", "Not decided"), *Route.choices],
        )
        self.fields[f"safe_{key}"] = forms.CharField(
            label=f"{one['name']}: why is that safe?",
            required=False,
            max_length=600,
            validators=[no_hidden],
            error_messages={"max_length": "Write 600 characters or fewer"},
        )
        self.fields[f"codes_{key}"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=" ".join(one["codes"])
        )

    def clean(self) -> dict[str, Any]:
        """Each decision needs its own part."""
        typed = super().clean() or {}
        event = typed.get("event")
        for needed, name, says in NEEDS:
            if event in needed and not typed.get(name):
                self.add_error(name, says)
        return typed

    @property
    def review(self) -> Review:
        """What was found."""
        return Review(self.cleaned_data["code"], self.cleaned_data["interest"])

    @property
    def approval(self) -> Approval:
        """What an approval rests on."""
        typed = self.cleaned_data
        releases = {
            one["row"].adult_id: Release(
                Route(typed[f"route_{key}"]), typed[f"safe_{key}"], typed[f"codes_{key}"].split()
            )
            for one in self.held
            if typed[f"route_{(key := one['row'].adult.reference)}"]
        }
        shown = {reference: typed[f"gate_{reference}"] for reference in self.gates}
        return Approval(self.review, shown, typed["words"], releases)


NEEDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("return",), "return_reasons", "Choose at least one reason"),
    (("refuse",), "refuse_reasons", "Choose at least one reason"),
    (("return",), "words", "Say what has to be put right"),
    (("refuse",), "words", "Say why it is refused"),
    (("approve", "refuse"), "code", "Say how it stands against the code of conduct"),
    (("approve", "refuse"), "interest", "Say whether a notice is in the public interest, and why"),
)
